"""VOC's protocol: precision, recall and average precision of boxes and masks.

Each detection is held against the truth of its class that it overlaps most, taken or not; from ``iou_thresh`` on it is a
match. Boxes are of whole pixels, the far one included: 1 is added to y_max and x_max of all before they are compared.
Equal scores keep the order of images and of detections (ChainerCV's order among them is that of an unstable sort).

| truths of a class | detections | precision | recall | AP |
|---|---|---|---|---|
| none | none | ``None`` | ``None`` | NaN |
| none | some | zeros | ``None`` | NaN |
| difficult ones alone | any | an array, NaN as long as all were left out | ``None`` | NaN |
| some that count | none | empty | empty | 0 |
| some that count | some | an array | an array | a number |

ChainerCV's manual says that AP is NaN where a class is missing from the predictions *or* the truth; the table is what it
computes. Where it fails, on data without a single label, the lists are empty and the mean is NaN.
"""

from __future__ import annotations

import warnings
from typing import Any, List, Optional, Tuple

import numpy as np

from ... import _lensframe as native
from ._images import Side, images

__all__ = [
    "calc_detection_voc_ap",
    "calc_detection_voc_prec_rec",
    "calc_instance_segmentation_voc_prec_rec",
    "eval_detection_voc",
    "eval_instance_segmentation_voc",
]

Curves = Tuple[List[Optional[Any]], List[Optional[Any]]]


def eval_detection_voc(
    pred_bboxes: Any, pred_labels: Any, pred_scores: Any, gt_bboxes: Any, gt_labels: Any,
    gt_difficults: Any = None, iou_thresh: float = 0.5, use_07_metric: bool = False,
) -> dict:
    """Average precision of boxes.

    Args:
        pred_bboxes, gt_bboxes: (R, 4) float32 an image.
        pred_labels, gt_labels: (R,) int32 an image.
        pred_scores: (R,) float32 an image.
        gt_difficults: (R,) bool an image; ``None``: nothing is difficult.
        iou_thresh: from which overlap on a detection matches.
        use_07_metric: the mean of eleven precisions instead of the area under the curve.

    Returns:
        dict: ``ap``, (L,) float64, NaN for a class without a truth that counts; ``map``, the mean of the others.
    """
    prec, rec = calc_detection_voc_prec_rec(
        pred_bboxes, pred_labels, pred_scores, gt_bboxes, gt_labels, gt_difficults, iou_thresh=iou_thresh)
    return _scores(prec, rec, use_07_metric)


def calc_detection_voc_prec_rec(
    pred_bboxes: Any, pred_labels: Any, pred_scores: Any, gt_bboxes: Any, gt_labels: Any,
    gt_difficults: Any = None, iou_thresh: float = 0.5,
) -> Curves:
    """Precision and recall after each detection, in descending scores: two lists with an array or ``None`` a class.

    The arguments are those of :func:`eval_detection_voc`. Boxes are compared in the type of their arrays.
    """
    found, truth = Side(), Side()
    own: List[Any] = []
    there: List[Any] = []
    single = True
    read = images(
        pred_bboxes=pred_bboxes, pred_labels=pred_labels, pred_scores=pred_scores,
        gt_bboxes=gt_bboxes, gt_labels=gt_labels, gt_difficults=gt_difficults)
    for at, (pred_bbox, pred_label, pred_score, gt_bbox, gt_label, gt_difficult) in enumerate(read):
        found.add(at, "pred_bboxes", pred_bbox, pred_label, pred_score)
        truth.add(at, "gt_bboxes", gt_bbox, gt_label, difficult=gt_difficult)
        for boxes, into in ((pred_bbox, own), (gt_bbox, there)):
            boxes = np.asarray(boxes)
            if boxes.shape != (0,) and boxes.shape[1:] != (4,):
                raise ValueError(f"image {at}: boxes are (R, 4), not {boxes.shape}")
            # numpy reckons integers in double precision, and so do boxes of which some are double.
            single = single and (boxes.size == 0 or boxes.dtype == np.float32)
            into.append(boxes.astype(np.float64).ravel())
    flat = [np.concatenate(boxes) if boxes else np.zeros(0) for boxes in (own, there)]
    prec, rec = native.voc_box_curves(found, flat[0], truth, flat[1], single, float(iou_thresh))
    return _arrays(prec), _arrays(rec)


def calc_detection_voc_ap(prec: Any, rec: Any, use_07_metric: bool = False) -> Any:
    """Average precision of each class, (L,) float64; NaN where precision or recall is ``None``.

    Args:
        prec, rec: a list with an array or ``None`` a class.
        use_07_metric: the mean of the greatest precisions at recall 0, 0.1, … 1 and above instead of the area under
            the envelope of the curve.
    """
    prec, rec = list(prec), list(rec)
    if len(prec) != len(rec):
        raise ValueError(f"precision of {len(prec)} classes, recall of {len(rec)}")
    lists = []
    for curves in (prec, rec):
        lists.append([None if curve is None else np.asarray(curve, dtype=np.float64).tolist() for curve in curves])
    for label, (one, other) in enumerate(zip(*lists)):
        if one is not None and other is not None and len(one) != len(other):
            raise ValueError(f"class {label}: {len(one)} precisions, {len(other)} recalls")
    return np.array(native.voc_ap(lists[0], lists[1], bool(use_07_metric)), dtype=np.float64)


def eval_instance_segmentation_voc(
    pred_masks: Any, pred_labels: Any, pred_scores: Any, gt_masks: Any, gt_labels: Any,
    iou_thresh: float = 0.5, use_07_metric: bool = False,
) -> dict:
    """Average precision of masks; no truth is difficult.

    Args:
        pred_masks, gt_masks: (R, H, W) bool an image.
        pred_labels, gt_labels: (R,) int32 an image.
        pred_scores: (R,) float32 an image.

    Returns:
        dict: as :func:`eval_detection_voc`.
    """
    prec, rec = calc_instance_segmentation_voc_prec_rec(
        pred_masks, pred_labels, pred_scores, gt_masks, gt_labels, iou_thresh)
    return _scores(prec, rec, use_07_metric)


def calc_instance_segmentation_voc_prec_rec(
    pred_masks: Any, pred_labels: Any, pred_scores: Any, gt_masks: Any, gt_labels: Any, iou_thresh: float,
) -> Curves:
    """Precision and recall of masks, as :func:`calc_detection_voc_prec_rec` gives those of boxes."""
    found, truth = Side(), Side()
    own: List[Any] = []
    there: List[Any] = []
    read = images(
        pred_masks=pred_masks, pred_labels=pred_labels, pred_scores=pred_scores, gt_masks=gt_masks, gt_labels=gt_labels)
    for at, (pred_mask, pred_label, pred_score, gt_mask, gt_label) in enumerate(read):
        found.add(at, "pred_masks", pred_mask, pred_label, pred_score)
        truth.add(at, "gt_masks", gt_mask, gt_label)
        for masks, into in ((pred_mask, own), (gt_mask, there)):
            masks = np.asarray(masks)
            if masks.ndim != 3:
                raise ValueError(f"image {at}: masks are (R, H, W), not {masks.shape}")
            into.append(np.ascontiguousarray(masks != 0).view(np.uint8))
        if own[-1].shape[1:] != there[-1].shape[1:] and len(own[-1]) and len(there[-1]):
            raise ValueError(f"image {at}: predicted masks of {own[-1].shape[1:]}, true ones of {there[-1].shape[1:]}")
    prec, rec = native.voc_mask_curves(found, own, truth, there, float(iou_thresh))
    return _arrays(prec), _arrays(rec)


def _arrays(curves: Any) -> List[Optional[Any]]:
    return [None if curve is None else np.array(curve, dtype=np.float64) for curve in curves]


def _scores(prec: Any, rec: Any, use_07_metric: bool) -> dict:
    ap = calc_detection_voc_ap(prec, rec, use_07_metric=use_07_metric)
    with warnings.catch_warnings():
        # A mean of no class is NaN, and no news.
        warnings.simplefilter("ignore", RuntimeWarning)
        return {"ap": ap, "map": np.nanmean(ap)}
