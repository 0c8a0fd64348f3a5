"""Transforms of images (C, H, W) and of what lies on them: boxes (R, 4), points (R, K, 2) or lists of (K, 2).

Sizes are (height, width). With ``return_param=True`` an image transform also gives a dict of what it did, for boxes, points
and masks to follow. Without ``copy=True`` a result may be a view of its argument. Random ones draw from ``random`` and
``numpy.random``, seeded there.

Not here, for want of the pixel operations: ``rotate`` by any angle (``random_rotate`` is by quarter turns), and of the SSD
link ``random_distort`` and ``resize_with_random_interpolation``. Its ``random_crop_with_bbox_constraints`` is here.
"""

from .bbox import crop_bbox, flip_bbox, resize_bbox, rotate_bbox, translate_bbox
from .chance import (
    pca_lighting,
    random_crop,
    random_crop_with_bbox_constraints,
    random_expand,
    random_flip,
    random_rotate,
    random_sized_crop,
)
from .image import center_crop, flip, resize, resize_contain, scale, ten_crop
from .point import flip_point, resize_point, translate_point

__all__ = [
    "center_crop",
    "crop_bbox",
    "flip",
    "flip_bbox",
    "flip_point",
    "pca_lighting",
    "random_crop",
    "random_crop_with_bbox_constraints",
    "random_expand",
    "random_flip",
    "random_rotate",
    "random_sized_crop",
    "resize",
    "resize_bbox",
    "resize_contain",
    "resize_point",
    "rotate_bbox",
    "scale",
    "ten_crop",
    "translate_bbox",
    "translate_point",
]
