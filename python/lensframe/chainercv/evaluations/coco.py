"""COCO's protocol: average precision and recall of boxes and masks, class by class.

ChainerCV's manual prints two keys of recall that it never gives, ``ar/iou=0.50/area=all/max_dets=10`` and
``ar/iou=0.75/area=all/max_dets=100`` (and their means). What it gives is the mean over all overlaps, under
``iou=0.50:0.95``. So do we, and take the printed spellings where a result is asked: ``result[key]``. Iterables that end at
different images are a ValueError (ChainerCV stops at the shortest). Without a single label arrays are empty and means NaN.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from typing import Any, Callable, List

import numpy as np

from ...coco import COCO, COCOeval
from ...coco import mask as masks_of
from ._images import count, images

__all__ = ["eval_detection_coco", "eval_instance_segmentation_coco"]

_ALIASES = {
    f"{m}ar/iou={iou}/area=all/max_dets={dets}": f"{m}ar/iou=0.50:0.95/area=all/max_dets={dets}"
    for m in ("", "m")
    for iou, dets in (("0.50", 10), ("0.75", 100))
}
_ALL = "0.50:0.95"
# Kind, overlap, area, most detections an image.
_METRICS = [
    ("ap", _ALL, "all", 100), ("ap", "0.50", "all", 100), ("ap", "0.75", "all", 100),
    ("ar", _ALL, "all", 1), ("ar", _ALL, "all", 10), ("ar", _ALL, "all", 100),
]
_AREA_METRICS = [(kind, _ALL, area, 100) for kind in ("ap", "ar") for area in ("small", "medium", "large")]


class _Result(dict):
    """A result that is also asked by the keys that ChainerCV's manual prints."""

    def __missing__(self, key: Any) -> Any:
        return self[_ALIASES[key]] if key in _ALIASES else _refuse(key)


def _refuse(key: Any) -> Any:
    raise KeyError(key)


def eval_detection_coco(
    pred_bboxes: Any, pred_labels: Any, pred_scores: Any, gt_bboxes: Any, gt_labels: Any,
    gt_areas: Any = None, gt_crowdeds: Any = None,
) -> dict:
    """Average precision and recall of boxes.

    Args:
        pred_bboxes, gt_bboxes: (R, 4) float32 an image, y_min, x_min, y_max, x_max.
        pred_labels, gt_labels: (R,) int32 an image.
        pred_scores: (R,) float32 an image.
        gt_areas: (R,) float32 an image, areas of masks; without them the metrics of small, medium and large are left out.
        gt_crowdeds: (R,) bool an image; without them nothing is a crowd.

    Returns:
        dict: ``ap/…`` and ``ar/…``, arrays with a place for each class up to the greatest, NaN where there is no truth that
        counts; ``map/…`` and ``mar/…``, the means of the others; ``coco_eval``, a :class:`lensframe.coco.COCOeval`;
        ``existent_labels``, the classes met, in order. The ``…`` are ``iou=0.50:0.95/area=all/max_dets=100`` and its kin.
    """
    read = images(
        pred_bboxes=pred_bboxes, pred_labels=pred_labels, pred_scores=pred_scores,
        gt_bboxes=gt_bboxes, gt_labels=gt_labels, gt_areas=gt_areas, gt_crowdeds=gt_crowdeds)
    return _evaluated("bbox", read, _box, gt_areas is not None)


def eval_instance_segmentation_coco(
    pred_masks: Any, pred_labels: Any, pred_scores: Any, gt_masks: Any, gt_labels: Any,
    gt_areas: Any = None, gt_crowdeds: Any = None,
) -> dict:
    """Average precision and recall of masks, (R, H, W) bool an image; the rest as :func:`eval_detection_coco`.

    The size of an image is that of its predicted masks: without any they are (0, H, W).
    """
    read = images(
        pred_masks=pred_masks, pred_labels=pred_labels, pred_scores=pred_scores,
        gt_masks=gt_masks, gt_labels=gt_labels, gt_areas=gt_areas, gt_crowdeds=gt_crowdeds)
    return _evaluated("segm", read, _mask, gt_areas is not None)


def _box(places: Any, at: int) -> List[dict]:
    places = np.asarray(places)
    if len(places) and places.shape[1:] != (4,):
        raise ValueError(f"image {at}: boxes are (R, 4), not {places.shape}")
    out = []
    for y_min, x_min, y_max, x_max in places:
        height, width = y_max - y_min, x_max - x_min
        # Rounded as COCO's own files are.
        out.append({"bbox": [np.round(x, 2) for x in (x_min, y_min, width, height)], "area": height * width})
    return out


def _mask(places: Any, at: int) -> List[dict]:
    places = np.asarray(places)
    if places.ndim != 3:
        raise ValueError(f"image {at}: masks are (R, H, W), not {places.shape}")
    if not len(places):
        return []
    coded = masks_of.encode(np.ascontiguousarray((places != 0).transpose(1, 2, 0)).view(np.uint8))
    return [{"segmentation": one, "area": area} for one, area in zip(coded, masks_of.area(coded))]


def _evaluated(kind: str, read: Any, made: Callable[[Any, int], List[dict]], with_areas: bool) -> dict:
    found: List[dict] = []
    truth: List[dict] = []
    ids: List[dict] = []
    for at, (pred, pred_label, pred_score, gt, gt_label, gt_area, gt_crowded) in enumerate(read):
        count(at, {"predictions": pred, "pred_labels": pred_label, "pred_scores": pred_score})
        count(at, {"truths": gt, "gt_labels": gt_label, "gt_areas": gt_area, "gt_crowdeds": gt_crowded})
        image: dict = {"id": at + 1}
        if kind == "segm":
            image["height"], image["width"] = np.shape(pred)[1:]
        ids.append(image)
        for annotation, label, score in zip(made(pred, at), pred_label, pred_score):
            _add(found, annotation, at, label, score=float(score), iscrowd=0)
        for n, (annotation, label) in enumerate(zip(made(gt, at), gt_label)):
            if gt_area is not None:
                annotation["area"] = gt_area[n]
            _add(truth, annotation, at, label, iscrowd=int(gt_crowded is not None and bool(gt_crowded[n])))
    labels = sorted({annotation["category_id"] for annotation in found + truth})
    evaluator = _run(kind, ids, labels, truth, found)
    result: Any = _Result(coco_eval=evaluator)
    for metric in _METRICS + (_AREA_METRICS if with_areas else []):
        name, overlap, area, dets = metric
        key = f"{name}/iou={overlap}/area={area}/max_dets={dets}"
        classes, mean = _summary(evaluator, *metric) if labels else (np.zeros(0), np.nan)
        # Labels in between that nobody used have a place too.
        result[key] = np.full(labels[-1] + 1 if labels else 0, np.nan)
        result[key][labels] = classes
        result["m" + key] = mean
    result["existent_labels"] = labels
    return result


def _add(annotations: List[dict], annotation: dict, at: int, label: Any, **rest: Any) -> None:
    label = label.__index__()
    if label < 0:
        raise ValueError(f"image {at}: label {label} is below 0")
    annotations.append({**annotation, **rest, "id": len(annotations) + 1, "image_id": at + 1, "category_id": label})


def _run(kind: str, ids: List[dict], labels: List[int], truth: List[dict], found: List[dict]) -> Any:
    sides = []
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        for annotations in (truth, found):
            side = COCO()
            side.dataset = {"images": ids, "categories": [{"id": label} for label in labels], "annotations": annotations}
            side.createIndex()
            sides.append(side)
        evaluator = COCOeval(sides[0], sides[1], kind)
        if labels:
            evaluator.evaluate()
            evaluator.accumulate()
    return evaluator


def _summary(evaluator: Any, name: str, overlap: str, area: str, dets: int) -> Any:
    """A score of each class that was met, (K,) float32, and their mean; NaN where there is no truth."""
    p = evaluator.params
    values = evaluator.eval["precision" if name == "ap" else "recall"]
    values = values[..., p.areaRngLbl.index(area), p.maxDets.index(dets)]
    if overlap != _ALL:
        values = values[p.iouThrs == float(overlap)]
    values = np.where(values == -1, np.nan, values).reshape(-1, values.shape[-1])
    with warnings.catch_warnings():
        # A mean of nothing is NaN, and no news.
        warnings.simplefilter("ignore", RuntimeWarning)
        classes = np.nanmean(values, axis=0).astype(np.float32)
        return classes, np.nanmean(classes)
