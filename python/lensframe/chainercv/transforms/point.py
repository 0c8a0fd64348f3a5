"""Points that follow their images: (R, K, 2), or a list of (K, 2); y, x. The form stays, arguments are not changed, and
what was visible stays so."""

from __future__ import annotations

from typing import Any, Callable, Tuple

import numpy as np


def _each(point: Any, change: Callable[[Any], None]) -> Any:
    """A copy, changed: of an array as a whole, of a list one by one."""
    if isinstance(point, np.ndarray):
        out = point.copy()
        change(out)
        return out
    return [_each(np.asarray(pnt), change) for pnt in point]


def flip_point(point: Any, size: Tuple[int, int], y_flip: bool = False, x_flip: bool = False) -> Any:
    """Points in an image of (height, width) that was turned over: y becomes height - y, x width - x."""

    def change(out: Any) -> None:
        for axis, flipped in enumerate((y_flip, x_flip)):
            if flipped:
                out[..., axis] = size[axis] - out[..., axis]

    return _each(point, change)


def resize_point(point: Any, in_size: Tuple[int, int], out_size: Tuple[int, int]) -> Any:
    """Points in an image of (height, width) that was resized."""

    def change(out: Any) -> None:
        for axis in (0, 1):
            out[..., axis] = float(out_size[axis]) / in_size[axis] * out[..., axis]

    return _each(point, change)


def translate_point(point: Any, y_offset: float = 0, x_offset: float = 0) -> Any:
    """Points in an image whose corner was moved to (y_offset, x_offset)."""

    def change(out: Any) -> None:
        out[..., 0] += y_offset
        out[..., 1] += x_offset

    return _each(point, change)
