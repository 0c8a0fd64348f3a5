"""What Pillow, NumPy and pycocotools say of real label images.

    python labels.py record DATA      read the PNGs below DATA, write labels.json beside this file
    python labels.py corpus FOLDER    write small PNGs of every kind for the fuzzer

Answers of an image: its size, the CRC-32 of its numbers as little-endian 32-bit integers (palette indices, gray
values, or R + 256 G + 65536 B), and for each number its area, tight box and compressed mask. Of a panoptic PNG also
the CRC-32 of its classes (see `semantic`).
The file in the repository was recorded with Pillow 12.3.0, numpy 2 and pycocotools 2.0.11.
"""

import json
import struct
import sys
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
FILES = [
    "panopticapi/panoptic_examples/000000142238.png",
    "panopticapi/panoptic_examples/000000439180.png",
    "datumaro-voc/SegmentationClass/2007_000001.png",
    "datumaro-voc/SegmentationObject/2007_000001.png",
    "datumaro-coco/annotations/panoptic_val/b.png",
    "datumaro-coco/annotations/panoptic_train/a.png",
    "datumaro-cityscapes/train-ids/gtFine/test/defaultcity/defaultcity_000001_000031_gtFine_instanceIds.png",
    "datumaro-cityscapes/train-ids/gtFine/test/defaultcity/defaultcity_000001_000032_gtFine_instanceIds.png",
    "datumaro-cityscapes/train-ids/gtFine/train/defaultcity/defaultcity_000002_000045_gtFine_labelTrainIds.png",
    "photos/palette_color.png",
    "photos/palette_gray.png",
    "photos/checker_bilevel.png",
    "codec-cases/basi0g16.png",
]


def ids(path):
    import numpy as np
    from PIL import Image

    pixels = np.array(Image.open(path)).astype("<u4")
    return pixels if pixels.ndim == 2 else pixels[..., 0] + 256 * pixels[..., 1] + 65536 * pixels[..., 2]


def answer(path):
    import numpy as np
    from pycocotools import mask as api

    numbers = ids(path)
    out = {"size": list(numbers.shape), "crc": zlib.crc32(numbers.tobytes()), "segments": []}
    for number in np.unique(numbers)[:64]:
        mask = api.encode(np.asfortranarray((numbers == number).astype(np.uint8)))
        out["segments"].append(
            [int(number), int(api.area(mask)), [float(v) for v in api.toBbox(mask)], mask["counts"].decode("ascii")]
        )
    return out


def semantic(data, name):
    """The CRC-32 of the classes of a panoptic PNG: by category id with void 0, and by position with void 255."""
    import numpy as np

    panoptic = json.loads((data / "panopticapi/panoptic_examples.json").read_text())
    position = {category["id"]: at for at, category in enumerate(panoptic["categories"])}
    record = next(r for r in panoptic["annotations"] if r["file_name"] == name.rsplit("/", 1)[1])
    numbers = ids(data / name)
    by_id, by_position = np.zeros_like(numbers), np.full_like(numbers, 255)
    for segment in record["segments_info"]:
        by_id[numbers == segment["id"]] = segment["category_id"]
        by_position[numbers == segment["id"]] = position[segment["category_id"]]
    return [zlib.crc32(by_id.tobytes()), zlib.crc32(by_position.tobytes())]


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(kind, depth, interlaced, width=9, height=3, palette=b"", extra=b"", raw=None):
    """The samples are the bytes of the rows as they come: any bytes are samples."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    rows = b""
    for top, left, down, right in passes if interlaced else [(0, 0, 1, 1)]:
        wide = len(range(left, width, right))
        for y in range(top, height, down):
            if wide:
                rows += b"\0" + bytes((7 * y + 37 * i) % 256 for i in range((wide * channels * depth + 7) // 8))
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, int(interlaced))
    body = chunk(b"PLTE", palette) if palette else b""
    body += extra + chunk(b"IDAT", zlib.compress(rows if raw is None else raw)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body


def corpus(folder):
    palette = bytes(range(48))
    for kind, depths in {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}.items():
        for depth in depths:
            colours = palette if kind == 3 else b""
            for interlaced in (False, True):
                name = f"kind{kind}-{depth}{'-interlaced' if interlaced else ''}"
                (folder / name).write_bytes(png(kind, depth, interlaced, palette=colours[: 3 << min(depth, 4)]))
    (folder / "transparent").write_bytes(png(3, 4, False, palette=palette, extra=chunk(b"tRNS", b"\0\x80")))
    (folder / "no-palette").write_bytes(png(3, 8, False))
    (folder / "short-rows").write_bytes(png(0, 8, False, raw=b"\0123"))
    (folder / "claims-much").write_bytes(png(0, 1, False, width=60000, height=1, raw=b""))
    (folder / "cut").write_bytes(png(2, 8, False)[:-30])
    animated = chunk(b"acTL", struct.pack(">II", 1, 0))
    animated += chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 9, 3, 0, 0, 1, 1, 0, 0))
    (folder / "animated").write_bytes(png(3, 8, False, palette=palette, extra=animated))


def main(what, folder):
    folder = Path(folder)
    if what == "corpus":
        folder.mkdir(parents=True, exist_ok=True)
        return corpus(folder)
    answers = {name: answer(folder / name) for name in FILES}
    for name in FILES[:2]:
        answers[name]["semantic"] = semantic(folder, name)
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(found)}" for name, found in answers.items())
    (HERE / "labels.json").write_text("{\n" + lines + "\n}\n")


main(*sys.argv[1:])
