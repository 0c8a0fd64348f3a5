"""Semantic segmentation: the confusion matrix and what follows from it.

There are as many classes as the greatest label met, in truth or prediction, and one more. Pixels whose truth is below 0 are
left out. A class whose IoU is 0/0 (in neither) has IoU NaN; one without a pixel of truth has class accuracy NaN, and IoU 0
if it was predicted (ChainerCV's manual says NaN for both; this is what it computes). Means leave NaN out.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import _lensframe as native
from ._images import images

__all__ = [
    "calc_semantic_segmentation_confusion",
    "calc_semantic_segmentation_iou",
    "eval_semantic_segmentation",
]


def _counts(pred_labels: Any, gt_labels: Any) -> Any:
    counts = native.SemanticCounts()
    for at, (pred, truth) in enumerate(images(pred_labels=pred_labels, gt_labels=gt_labels)):
        pred, truth = _map(at, "pred_labels", pred), _map(at, "gt_labels", truth)
        if pred.shape != truth.shape:
            raise ValueError(f"image {at}: the prediction is {pred.shape}, the truth {truth.shape}")
        counts.update(str(at), truth, pred)
    return counts.scores()


def _map(at: int, name: str, labels: Any) -> Any:
    labels = np.asarray(labels)
    if labels.ndim != 2:
        raise ValueError(f"image {at}: {name} are (H, W), not {labels.shape}")
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"image {at}: {name} are integers, not {labels.dtype}")
    most = np.iinfo(np.int32).max
    if labels.dtype.itemsize >= 4 and labels.size and labels.max() > most:
        raise ValueError(f"image {at}: {name} has {labels.max()}, which is no label")
    # Whatever is below 0 is one and the same.
    return np.ascontiguousarray(np.maximum(labels, -1) if labels.dtype.kind == "i" else labels, dtype=np.int32)


def eval_semantic_segmentation(pred_labels: Any, gt_labels: Any) -> dict:
    """Scores of label maps.

    Args:
        pred_labels: (H, W) int32 an image, 0..L-1.
        gt_labels: (H, W) int32 an image, -1..L-1; -1 is left out.

    Returns:
        dict: ``iou`` and ``class_accuracy``, (L,) float64; ``miou``, ``mean_class_accuracy`` and ``pixel_accuracy``.
    """
    scores = _counts(pred_labels, gt_labels)
    del scores["confusion"]
    return scores


def calc_semantic_segmentation_confusion(pred_labels: Any, gt_labels: Any) -> Any:
    """Pixels by class of truth (row) and prediction (column): (L, L) int64. Arguments as :func:`eval_semantic_segmentation`."""
    return _counts(pred_labels, gt_labels)["confusion"]


def calc_semantic_segmentation_iou(confusion: Any) -> Any:
    """Intersection over union of each class of a confusion matrix: (L, L) to (L,) float64."""
    confusion = np.asarray(confusion)
    if confusion.ndim != 2 or confusion.shape[0] != confusion.shape[1]:
        raise ValueError(f"a confusion matrix is (L, L), not {confusion.shape}")
    hit = np.diag(confusion)
    with np.errstate(invalid="ignore"):
        return hit / (confusion.sum(axis=1) + confusion.sum(axis=0) - hit)
