"""Writes the files beside it, by the packages that the formats come from: NumPy and safetensors.

    python make_samples.py

Element k of a tensor, counted along the last axis first, is k - 3; of truth values k % 3 == 0.
"""

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

HERE = Path(__file__).parent


def counted(shape, dtype):
    k = np.arange(int(np.prod(shape))).reshape(shape)
    if dtype == bool:
        return k % 3 == 0
    return (k - 3).astype(dtype) if np.dtype(dtype).kind != "u" else k.astype(dtype)


arrays = {
    "predictor/conv1/W": counted((2, 3, 2, 2), "<f4"),
    "predictor/conv1/b": counted((2,), "<f8"),
    "half": counted((3, 2), "<f2"),
    "big.f4": counted((2, 3), ">f4"),
    "big.f8": counted((4,), ">f8"),
    "big.i8": counted((2, 2), ">i8"),
    "big.u2": counted((5,), ">u2"),
    "fortran": np.asfortranarray(counted((2, 3, 4), "<f4")),
    "scalar": np.array(-3, "<i4"),
    "none": counted((0, 4), "<f4"),
    "truth": counted((7,), bool),
    **{f"{kind}{size}": counted((2, 3), f"<{kind}{size}") for kind in "iu" for size in (1, 2, 4, 8)},
}
np.savez(HERE / "stored.npz", **arrays)
np.savez_compressed(HERE / "deflated.npz", **arrays)
plain = {name: np.ascontiguousarray(a.astype(a.dtype.newbyteorder("<"))) for name, a in arrays.items()}
# It takes arrays by their bytes, so that a scalar stays one.
plain["scalar"] = np.array(-3, "<i4")
save_file(plain, HERE / "plain.safetensors", metadata={"format": "np"})
