"""Predictions against the truth, as functions of arrays.

Every argument is an iterable with an array an image, all read in step: generators will do. Boxes are (R, 4), y_min, x_min,
y_max, x_max; masks (R, H, W) bool; labels (R,) integers from 0; scores (R,); label maps (H, W) integers. Iterables that end
at different images are a ValueError in every function.
"""

from .coco import eval_detection_coco, eval_instance_segmentation_coco
from .semantic import (
    calc_semantic_segmentation_confusion,
    calc_semantic_segmentation_iou,
    eval_semantic_segmentation,
)
from .voc import (
    calc_detection_voc_ap,
    calc_detection_voc_prec_rec,
    calc_instance_segmentation_voc_prec_rec,
    eval_detection_voc,
    eval_instance_segmentation_voc,
)

__all__ = [
    "calc_detection_voc_ap",
    "calc_detection_voc_prec_rec",
    "calc_instance_segmentation_voc_prec_rec",
    "calc_semantic_segmentation_confusion",
    "calc_semantic_segmentation_iou",
    "eval_detection_coco",
    "eval_detection_voc",
    "eval_instance_segmentation_coco",
    "eval_instance_segmentation_voc",
    "eval_semantic_segmentation",
]
