"""Writes the seeds of fuzz/corpus/weights: tiny archives and headers, and maps of names. Needs numpy.

    python make_seeds.py
"""

import hashlib
import io
import json
from pathlib import Path

import numpy as np

OUT = Path(__file__).parents[2] / "corpus/weights"
OUT.mkdir(parents=True, exist_ok=True)


def save(data):
    (OUT / hashlib.sha256(data).hexdigest()[:12]).write_bytes(data)


def archive(write, **arrays):
    file = io.BytesIO()
    write(file, **arrays)
    save(file.getvalue())


def tensors(entries, data, **more):
    header = json.dumps(entries | more).encode()
    save(len(header).to_bytes(8, "little") + header + data)


archive(np.savez, a=np.arange(3, dtype="<f4"))
archive(np.savez, **{"predictor/conv1/W": np.zeros((1, 1, 2, 2), ">f4"), "n": np.array(7, "<i8")})
archive(np.savez, f=np.asfortranarray(np.arange(6, dtype="<f2").reshape(2, 3)), b=np.array([True, False]))
archive(np.savez_compressed, a=np.zeros((4, 64), "<f8"), empty=np.zeros((0, 5), "u1"))
archive(np.savez_compressed, o=np.array([None, {}], object))
file = io.BytesIO()
np.lib.format.write_array(file, np.arange(4, dtype="<u2"), version=(3, 0))
save(file.getvalue())
entry = lambda dtype, shape, first, end: {"dtype": dtype, "shape": shape, "data_offsets": [first, end]}
tensors({"a": entry("F32", [2], 0, 8)}, bytes(8))
tensors({"b": entry("BF16", [1, 3], 4, 10), "a": entry("I32", [], 0, 4), "c": entry("BOOL", [0], 10, 10)}, bytes(10),
        __metadata__={"format": "pt"})
tensors({"q": entry("F8_E4M3", [4], 0, 4)}, bytes(4))
tensors({}, b"")
save(b'unused = ["*.n"]\nreplace = true\ninputs = ["x"]\n[names]\n"a.*.w" = "b/*/W"\nfc = { key = "f", axes = [1, 0], shape = [2] }\n')
print(len(list(OUT.iterdir())), "seeds,", sum(p.stat().st_size for p in OUT.iterdir()), "bytes")
