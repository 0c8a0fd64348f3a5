"""Overlaps of boxes, and the boxes that no better one stands on: :func:`bbox_iou`, :func:`non_maximum_suppression`."""

from __future__ import annotations

from typing import Any, Optional

import numpy as np

from ... import _lensframe as native


def _flat(bbox: Any, name: str) -> Any:
    """Boxes as numbers in a row, and their type: single precision or double."""
    bbox = np.asarray(bbox)
    if bbox.ndim != 2 or bbox.shape[1] != 4:
        raise IndexError(f"{name} is (R, 4), not {bbox.shape}")
    return np.ascontiguousarray(bbox, dtype=np.float64).ravel(), bbox.dtype


def _is_single(*dtypes: Any) -> bool:
    return all(dtype in (np.float32, np.float16) for dtype in dtypes)


def bbox_iou(bbox_a: Any, bbox_b: Any) -> Any:
    """Shared area over joint area of boxes with boxes.

    Args:
        bbox_a: (N, 4), y_min, x_min, y_max, x_max.
        bbox_b: (K, 4).

    Returns:
        (N, K), in the type of the boxes; of integers, and of two types, float64. NaN for two boxes without area.

    Raises:
        IndexError: for boxes that are not of four numbers.
    """
    (a, of_a), (b, of_b) = _flat(bbox_a, "bbox_a"), _flat(bbox_b, "bbox_b")
    single = _is_single(of_a, of_b)
    shared = native.corners_iou(a, b, single)
    return shared.reshape(len(a) // 4, len(b) // 4).astype(np.float32 if single else np.float64)


def non_maximum_suppression(bbox: Any, thresh: float, score: Any = None, limit: Optional[int] = None) -> Any:
    """The boxes that are left when each one suppresses what overlaps it by ``thresh`` or more.

    Args:
        bbox: (R, 4) float32, y_min, x_min, y_max, x_max.
        thresh: from which overlap on a box is suppressed.
        score: (R,) float32; boxes are taken in descending scores, equal ones in their order. Without it in their order.
        limit: the most boxes that are kept.

    Returns:
        (S,) int32: places in ``bbox``, in the order in which boxes were taken.
    """
    if len(bbox) == 0:
        return np.zeros(0, dtype=np.int32)
    flat, dtype = _flat(bbox, "bbox")
    if score is not None:
        score = np.ascontiguousarray(score, dtype=np.float64)
        if score.shape != (len(flat) // 4,):
            raise ValueError(f"scores are ({len(flat) // 4},), not {score.shape}")
    if limit is not None and limit < 0:
        raise ValueError(f"a limit of {limit} boxes")
    return np.array(native.suppress(flat, _is_single(dtype), float(thresh), score, limit), dtype=np.int32)
