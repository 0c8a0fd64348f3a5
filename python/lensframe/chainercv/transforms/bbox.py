"""Boxes that follow their images: (R, 4), y_min, x_min, y_max, x_max. Arguments are not changed."""

from __future__ import annotations

from typing import Any, Optional, Tuple

import numpy as np


def crop_bbox(
    bbox: Any, y_slice: Optional[slice] = None, x_slice: Optional[slice] = None,
    allow_outside_center: bool = True, return_param: bool = False,
) -> Any:
    """Boxes in a window: moved to its corner, cut at its edges, without those of which nothing is left.

    Args:
        bbox: (R, 4) float32.
        y_slice, x_slice: the window; ``None`` is all.
        allow_outside_center: false leaves out boxes whose centre, before they are cut, is outside the window. Near edges
            belong to the window, far ones do not.
        return_param: also a dict: ``index``, (S,), the places of the boxes that are left, and ``truncated_index``, the places
            *among those* that were cut (ChainerCV's manual spells it ``trancated_index``).
    """
    (top, bottom), (left, right) = _bounds(y_slice), _bounds(x_slice)
    near, far = np.array((top, left)), np.array((bottom, right))
    kept = np.ones(len(bbox), dtype=bool)
    if not allow_outside_center:
        center = (bbox[:, :2] + bbox[:, 2:]) / 2
        kept = ((near <= center) & (center < far)).all(axis=1)
    cut = bbox.copy()
    cut[:, :2] = np.maximum(cut[:, :2], near)
    cut[:, 2:] = np.minimum(cut[:, 2:], far)
    truncated = (cut != bbox).any(axis=1)
    cut -= np.concatenate((near, near)).astype(cut.dtype)
    kept &= (cut[:, :2] < cut[:, 2:]).all(axis=1)
    if not return_param:
        return cut[kept]
    return cut[kept], {"index": np.flatnonzero(kept), "truncated_index": np.flatnonzero(truncated[kept])}


def _bounds(window: Optional[slice]) -> Tuple[float, float]:
    if window is None:
        return 0, np.inf
    if window.step not in (None, 1):
        raise ValueError(f"a window has no step: {window}")
    return window.start or 0, np.inf if window.stop is None else window.stop


def flip_bbox(bbox: Any, size: Tuple[int, int], y_flip: bool = False, x_flip: bool = False) -> Any:
    """Boxes in an image of (height, width) that was turned over: y becomes height - y, x width - x."""
    out = bbox.copy()
    for axis, flipped in enumerate((y_flip, x_flip)):
        if flipped:
            out[:, axis], out[:, axis + 2] = size[axis] - bbox[:, axis + 2], size[axis] - bbox[:, axis]
    return out


def resize_bbox(bbox: Any, in_size: Tuple[int, int], out_size: Tuple[int, int]) -> Any:
    """Boxes in an image of (height, width) that was resized."""
    out = bbox.copy()
    for axis in (0, 1):
        factor = float(out_size[axis]) / in_size[axis]
        out[:, axis] = factor * bbox[:, axis]
        out[:, axis + 2] = factor * bbox[:, axis + 2]
    return out


def rotate_bbox(bbox: Any, angle: float, size: Tuple[int, int]) -> Any:
    """Boxes in an image of (height, width) before it was turned counter-clockwise, by quarter turns only (in degrees).

    Raises:
        ValueError: for another angle.
    """
    if angle % 90 != 0:
        raise ValueError(f"boxes are turned by multiples of 90 degrees, not by {angle}")
    height, width = size
    y_min, x_min, y_max, x_max = bbox.T
    turns = int(angle % 360) // 90
    if turns == 0:
        return bbox
    if turns == 1:
        edges = (width - x_max, y_min, width - x_min, y_max)
    elif turns == 2:
        edges = (height - y_max, width - x_max, height - y_min, width - x_min)
    else:
        edges = (x_min, height - y_max, x_max, height - y_min)
    return np.stack(edges, axis=1).astype(bbox.dtype)


def translate_bbox(bbox: Any, y_offset: float = 0, x_offset: float = 0) -> Any:
    """Boxes in an image whose corner was moved to (y_offset, x_offset)."""
    out = bbox.copy()
    out[:, 0::2] += y_offset
    out[:, 1::2] += x_offset
    return out
