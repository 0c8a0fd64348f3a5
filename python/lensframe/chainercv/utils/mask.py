"""Masks: their overlaps, their boxes, and masks in another size."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import _lensframe as native


def _planes(mask: Any, name: str) -> Any:
    mask = np.asarray(mask)
    if mask.ndim != 3:
        raise IndexError(f"{name} is (R, H, W), not {mask.shape}")
    return np.ascontiguousarray(mask != 0).view(np.uint8)


def mask_iou(mask_a: Any, mask_b: Any) -> Any:
    """Shared pixels over joint pixels of masks with masks: (N, H, W) and (K, H, W) bool to (N, K) float32.

    NaN for two masks without a pixel. Masks of different sizes are an IndexError.
    """
    a, b = _planes(mask_a, "mask_a"), _planes(mask_b, "mask_b")
    if a.shape[1:] != b.shape[1:]:
        raise IndexError(f"masks of {a.shape[1:]} are compared with masks of {b.shape[1:]}")
    return native.plane_iou(a, b).reshape(len(a), len(b))


def mask_to_bbox(mask: Any) -> Any:
    """The tight boxes of masks, (R, H, W) bool to (R, 4) float32: y_min, x_min, and one past the last row and column.

    Zeros for a mask without a pixel.
    """
    return np.array(native.plane_bbox(_planes(mask, "mask")), dtype=np.float32).reshape(-1, 4)


def _outward(bbox: Any) -> Any:
    """Boxes widened to whole pixels."""
    return np.concatenate((np.floor(bbox[:, :2]), np.ceil(bbox[:, 2:])), axis=1).astype(int)


def scale_mask(mask: Any, bbox: Any, size: int) -> Any:
    """Masks in another size, in which the shorter edge is ``size``; only what lies in the boxes is looked at.

    Args:
        mask: (R, H, W) bool.
        bbox: (R, 4), the boxes of the masks, widened to whole pixels. It is not changed (ChainerCV rounds it in place).
        size: the new length of the shorter edge; the other one is cut to a whole number.

    Returns:
        (R, H', W') bool; each pixel is the nearest one.
    """
    mask = np.asarray(mask)
    count, height, width = mask.shape
    if height < width:
        out_size, scale = (size, int(size * width / height)), size / height
    else:
        out_size, scale = (int(size * height / width), size), size / width
    bbox = np.array(bbox, dtype=np.float64).reshape(-1, 4)
    if len(bbox) != count:
        raise ValueError(f"{len(bbox)} boxes of {count} masks")
    bbox = _outward(bbox)
    scaled = _outward(bbox * scale)
    out = np.zeros((count,) + out_size, dtype=bool)
    for to, plane, own, (top, left, bottom, right) in zip(out, mask, bbox, scaled):
        part = np.ascontiguousarray(plane[None, own[0] : own[2], own[1] : own[3]], dtype=np.float32)
        if part.size and bottom > top and right > left:
            part = native.resize_planes(part, int(bottom - top), int(right - left), "nearest")[0] != 0
            room = to[top:bottom, left:right]
            room[...] = part[: room.shape[0], : room.shape[1]]
    return out
