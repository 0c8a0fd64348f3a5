"""A model held against the truth that comes with its inputs.

An evaluator has an iterator and a target. The iterator gives batches: lists of samples, tuples whose first value is the image
and whose others are the truth. The target has ``predict(imgs)``. Called, or by ``evaluate()``, the evaluator goes through the
iterator (after ``reset()``, where it has that; else through a copy) and gives a dict; images are let go of as soon as they are
predicted. Keys begin with ``main/``, and with ``NAME/main/`` where the attribute ``name`` is set.

With ``label_names`` there is a key a class and metric; a class that the result does not reach is NaN.
"""

from __future__ import annotations

import contextlib
import copy
from typing import Any, Dict, Optional, Sequence, Tuple

import numpy as np

from ..evaluations import (
    eval_detection_coco,
    eval_detection_voc,
    eval_instance_segmentation_coco,
    eval_instance_segmentation_voc,
    eval_semantic_segmentation,
)
from ..utils.iterator import apply_to_iterator


class _Evaluator:
    """What evaluators share."""

    trigger = (1, "epoch")
    default_name = "validation"
    name: Optional[str] = None
    # How many values of truth a sample may have, and what the target predicts.
    _arities: Tuple[int, ...] = (2,)
    _predicted: Tuple[str, ...] = ()

    def __init__(self, iterator: Any, target: Any, label_names: Optional[Sequence[str]] = None, comm: Any = None) -> None:
        if comm is not None:
            raise NotImplementedError("comm: batches are not handed to other processes")
        self.iterator, self.target, self.label_names = iterator, target, label_names

    def evaluate(self) -> Dict[str, Any]:
        """The numbers, by name."""
        iterator = self.iterator
        if hasattr(iterator, "reset"):
            iterator.reset()
        else:
            # A generator cannot be copied, and is used up.
            with contextlib.suppress(TypeError):
                iterator = copy.copy(iterator)
        inputs, predicted, truth = apply_to_iterator(self.target.predict, iterator)
        no_batch = not inputs
        # Images that nobody will ask for are not kept.
        del inputs
        if no_batch:
            predicted, truth = ((),) * len(self._predicted), ((),) * self._arities[0]
        if len(predicted) != len(self._predicted):
            raise ValueError(f"predict gives {', '.join(self._predicted)}, not {len(predicted)} things")
        if len(truth) not in self._arities:
            allowed = " or ".join(str(count + 1) for count in self._arities)
            raise ValueError(f"a sample has {allowed} values, not {len(truth) + 1}")
        prefix = f"{self.name}/main/" if self.name else "main/"
        return {prefix + key: value for key, value in self._report(predicted, truth).items()}

    def __call__(self, trainer: Any = None) -> Dict[str, Any]:
        return self.evaluate()

    def _report(self, predicted: tuple, truth: tuple) -> Dict[str, Any]:
        raise NotImplementedError

    def _classes(self, key: str, values: Any) -> Dict[str, Any]:
        """A number a class."""
        names = self.label_names or ()
        return {f"{key}/{name}": values[at] if at < len(values) else np.nan for at, name in enumerate(names)}


class DetectionVOCEvaluator(_Evaluator):
    """VOC's protocol for boxes, overlaps of 0.5: samples of img, bbox, label and, it may be, difficult; ``predict`` gives bboxes,
    labels, scores. Keys ``map`` and ``ap/NAME``."""

    _arities = (2, 3)
    _predicted = ("bboxes", "labels", "scores")

    def __init__(
        self, iterator: Any, target: Any, use_07_metric: bool = False, label_names: Optional[Sequence[str]] = None, comm: Any = None,
    ) -> None:
        super().__init__(iterator, target, label_names, comm)
        self.use_07_metric = use_07_metric

    def _report(self, predicted: tuple, truth: tuple) -> Dict[str, Any]:
        options: Dict[str, Any] = {"use_07_metric": self.use_07_metric}
        result = eval_detection_voc(*predicted, *truth, **options)
        return {"map": result["map"], **self._classes("ap", result["ap"])}


class InstanceSegmentationVOCEvaluator(_Evaluator):
    """VOC's protocol for masks: samples of img, mask, label; ``predict`` gives masks, labels, scores. Keys as those of
    :class:`DetectionVOCEvaluator`. (ChainerCV's manual speaks of boxes here; it is masks.)"""

    _predicted = ("masks", "labels", "scores")

    def __init__(
        self, iterator: Any, target: Any, iou_thresh: float = 0.5, use_07_metric: bool = False,
        label_names: Optional[Sequence[str]] = None, comm: Any = None,
    ) -> None:
        super().__init__(iterator, target, label_names, comm)
        self.iou_thresh, self.use_07_metric = iou_thresh, use_07_metric

    def _report(self, predicted: tuple, truth: tuple) -> Dict[str, Any]:
        options: Dict[str, Any] = {"iou_thresh": self.iou_thresh, "use_07_metric": self.use_07_metric}
        result = eval_instance_segmentation_voc(*predicted, *truth, **options)
        return {"map": result["map"], **self._classes("ap", result["ap"])}


class _COCO(_Evaluator):
    _arities = (2, 4)

    def _scores(self, result: dict) -> Dict[str, Any]:
        report = {key: value for key, value in result.items() if key.startswith(("map/", "mar/"))}
        for key, values in result.items():
            if key.startswith(("ap/", "ar/")):
                report.update(self._classes(key, values))
        return report


class DetectionCOCOEvaluator(_COCO):
    """COCO's protocol for boxes: samples of img, bbox, label and, both or neither, area and crowded; ``predict`` gives bboxes, labels,
    scores. Keys ``map/…``, ``mar/…``, ``ap/…/NAME`` and ``ar/…/NAME``."""

    _predicted = ("bboxes", "labels", "scores")

    def _report(self, predicted: tuple, truth: tuple) -> Dict[str, Any]:
        return self._scores(eval_detection_coco(*predicted, *truth))


class InstanceSegmentationCOCOEvaluator(_COCO):
    """COCO's protocol for masks: as :class:`DetectionCOCOEvaluator`, masks in the place of boxes."""

    _predicted = ("masks", "labels", "scores")

    def _report(self, predicted: tuple, truth: tuple) -> Dict[str, Any]:
        return self._scores(eval_instance_segmentation_coco(*predicted, *truth))


class SemanticSegmentationEvaluator(_Evaluator):
    """Label maps: samples of img, label; ``predict`` gives labels. Keys ``miou``, ``pixel_accuracy``, ``mean_class_accuracy``,
    ``iou/NAME`` and ``class_accuracy/NAME``."""

    _arities = (1,)
    _predicted = ("labels",)

    def _report(self, predicted: tuple, truth: tuple) -> Dict[str, Any]:
        result = eval_semantic_segmentation(*predicted, *truth)
        report = {key: result[key] for key in ("miou", "pixel_accuracy", "mean_class_accuracy")}
        return {**report, **self._classes("iou", result["iou"]), **self._classes("class_accuracy", result["class_accuracy"])}
