"""VOC's colours: :func:`voc_colormap`."""

from __future__ import annotations

from typing import Any

import numpy as np


def voc_colormap(labels: Any) -> Any:
    """The colours of ids, (N,) integers from 0 to (N, 3) float32, 0 to 255: red, green and blue are every third bit of an
    id, the lowest bit foremost."""
    ids = np.asarray(labels, dtype=np.int64).reshape(-1, 1)
    if ids.size and ids.min() < 0:
        raise ValueError(f"id {ids.min()} is below 0")
    colours = np.zeros((len(ids), 3), dtype=np.int64)
    for place in range(8):
        colours |= (ids >> np.arange(3) + 3 * place & 1) << 7 - place
    return colours.astype(np.float32)
