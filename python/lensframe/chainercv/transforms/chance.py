"""Transforms by chance. They draw from ``random``, and :func:`pca_lighting` and :func:`random_rotate` from ``numpy.random``,
as many numbers and in the order that ChainerCV does: the same seeds give the same windows."""

from __future__ import annotations

import math
import random
import warnings
from typing import Any, List, Optional, Sequence, Tuple

import numpy as np

from ..utils.bbox import bbox_iou
from .image import check_window, crop, filled, flip

# Of the colours of ImageNet.
_EIGEN_VALUE = (0.2175, 0.0188, 0.0045)
_EIGEN_VECTOR = ((-0.5675, -0.5808, -0.5836), (0.7192, -0.0045, -0.6948), (0.4009, -0.814, 0.4203))


def random_crop(img: Any, size: Tuple[int, int], return_param: bool = False, copy: bool = False) -> Any:
    """A window of exactly (height, width), anywhere; with ``return_param`` also ``y_slice`` and ``x_slice``."""
    check_window(img, size)
    slices = []
    for whole, part in zip(img.shape[1:], size):
        start = random.randint(0, whole - part)
        slices.append(slice(start, start + part))
    out = crop(img, slices[0], slices[1], copy)
    return (out, {"y_slice": slices[0], "x_slice": slices[1]}) if return_param else out


def random_flip(img: Any, y_random: bool = False, x_random: bool = False, return_param: bool = False, copy: bool = False) -> Any:
    """The image turned over or not, each direction that is asked for by a coin; with ``return_param`` also ``y_flip`` and
    ``x_flip``."""
    y_flip = random.choice([True, False]) if y_random else False
    x_flip = random.choice([True, False]) if x_random else False
    out = flip(img, y_flip=y_flip, x_flip=x_flip, copy=copy)
    return (out, {"y_flip": y_flip, "x_flip": x_flip}) if return_param else out


def random_expand(img: Any, max_ratio: float = 4, fill: Any = 0, return_param: bool = False) -> Any:
    """The image anywhere on a canvas that is 1 to ``max_ratio`` times as high and wide.

    Args:
        max_ratio: at 1 and below the image itself is given back.
        fill: a number, or one a channel.

    Returns:
        (C, H', W'); with ``return_param`` also ``ratio``, ``y_offset`` and ``x_offset``.
    """
    if max_ratio <= 1:
        return (img, {"ratio": 1, "y_offset": 0, "x_offset": 0}) if return_param else img
    ratio = random.uniform(1, max_ratio)
    size = (int(img.shape[1] * ratio), int(img.shape[2] * ratio))
    y_offset = random.randint(0, size[0] - img.shape[1])
    x_offset = random.randint(0, size[1] - img.shape[2])
    out = filled(img, size, y_offset, x_offset, fill)
    return (out, {"ratio": ratio, "y_offset": y_offset, "x_offset": x_offset}) if return_param else out


def random_rotate(img: Any, return_param: bool = False) -> Any:
    """The image turned counter-clockwise by 0 to 3 quarters; with ``return_param`` also ``k``, how many.

    ChainerCV calls it deprecated, and so is it here.
    """
    warnings.warn("random_rotate is deprecated: draw k, and turn by numpy.rot90", DeprecationWarning, stacklevel=2)
    k = np.random.randint(4)
    out = np.rot90(img, k, axes=(1, 2))
    return (out, {"k": k}) if return_param else out


def random_sized_crop(
    img: Any, scale_ratio_range: Tuple[float, float] = (0.08, 1), aspect_ratio_range: Tuple[float, float] = (3 / 4, 4 / 3),
    return_param: bool = False, copy: bool = False,
) -> Any:
    """A window of a random share of the image and of a random shape, anywhere.

    The share s is uniform in its range; the shape a, height to width, is uniform in its range or one over that. Height is
    ⌊√(s·H·W·a)⌋ and width ⌊√(s·H·W/a)⌋. If ten draws give no window that fits, one is made that does, of the last shape, be
    its share below the range.

    Returns:
        (C, H', W'); with ``return_param`` also ``y_slice``, ``x_slice``, ``scale_ratio`` and ``aspect_ratio``.
    """
    _, height, width = img.shape
    share, shape = _share_and_shape(height, width, scale_ratio_range, aspect_ratio_range)
    pixels = share * height * width
    crop_height = int(math.floor(np.sqrt(pixels * shape)))
    crop_width = int(math.floor(np.sqrt(pixels / shape)))
    y_start = random.randint(0, height - crop_height)
    x_start = random.randint(0, width - crop_width)
    y_slice, x_slice = slice(y_start, y_start + crop_height), slice(x_start, x_start + crop_width)
    out = crop(img, y_slice, x_slice, copy)
    if not return_param:
        return out
    return out, {"y_slice": y_slice, "x_slice": x_slice, "scale_ratio": share, "aspect_ratio": shape}


def _share_and_shape(height: int, width: int, shares: Tuple[float, float], shapes: Tuple[float, float]) -> Tuple[float, float]:
    most = shape = 0.0
    for _ in range(10):
        shape = random.uniform(shapes[0], shapes[1])
        if random.uniform(0, 1) < 0.5:
            shape = 1 / shape
        # The greatest share whose window is neither higher nor wider than the image.
        most = min(shares[1], height / (width * shape), shape * width / height)
        share = random.uniform(shares[0], shares[1])
        if shares[0] <= share <= most:
            return share, shape
    return random.uniform(min(shares[0], most), most), shape


def pca_lighting(img: Any, sigma: float, eigen_value: Any = None, eigen_vector: Any = None) -> Any:
    """The image with one colour added to all pixels, along the directions in which the colours of pictures vary.

    Args:
        img: (3, H, W) float.
        sigma: how much; 25.5 is usual for values of 0 to 255. At 0 and below the image itself is given back.
        eigen_value, eigen_vector: (3,) and (3, 3) of the colours; those of ImageNet by default.
    """
    if sigma <= 0:
        return img
    value = np.asarray(_EIGEN_VALUE if eigen_value is None else eigen_value)
    vector = np.asarray(_EIGEN_VECTOR if eigen_vector is None else eigen_vector)
    colour = vector.dot(value * np.random.normal(0, sigma, size=3))
    out = img.copy()
    out += colour.reshape(-1, 1, 1)
    return out


def random_crop_with_bbox_constraints(
    img: Any, bbox: Any, min_scale: float = 0.3, max_scale: float = 1, max_aspect_ratio: float = 2,
    constraints: Optional[Sequence[Tuple[Optional[float], Optional[float]]]] = None, max_trial: int = 50,
    return_param: bool = False,
) -> Any:
    """A window that overlaps the boxes as one of the constraints says, or the whole image; SSD's augmentation.

    Args:
        bbox: (R, 4) float32; without a box it is the whole image.
        min_scale, max_scale: height and width of windows as shares of the image's, before their shape.
        max_aspect_ratio: the most that a window is wider or higher than the image's shape.
        constraints: pairs of the least and the greatest overlap (IoU) with any box, ``None`` for no bound; for each one up to
            ``max_trial`` windows are drawn. By default at least .1, .3, .5, .7, .9, and any.

    Returns:
        (C, H', W'); with ``return_param`` also ``constraint``, ``y_slice`` and ``x_slice``.
    """
    if constraints is None:
        constraints = ((0.1, None), (0.3, None), (0.5, None), (0.7, None), (0.9, None), (None, 1))
    _, height, width = img.shape
    found: List[dict] = [{"constraint": None, "y_slice": slice(0, height), "x_slice": slice(0, width)}]
    for least, most in constraints if len(bbox) else ():
        least, most = 0 if least is None else least, 1 if most is None else most
        for _ in range(max_trial):
            share = random.uniform(min_scale, max_scale)
            shape = random.uniform(max(1 / max_aspect_ratio, share * share), min(max_aspect_ratio, 1 / (share * share)))
            crop_height, crop_width = int(height * share / np.sqrt(shape)), int(width * share * np.sqrt(shape))
            # Windows as high or as wide as the image have one place; ChainerCV fails on them.
            top = random.randrange(max(height - crop_height, 1))
            left = random.randrange(max(width - crop_width, 1))
            iou = bbox_iou(bbox, np.array([[top, left, top + crop_height, left + crop_width]]))
            if least <= iou.min() and iou.max() <= most:
                y_slice, x_slice = slice(top, top + crop_height), slice(left, left + crop_width)
                found.append({"constraint": (least, most), "y_slice": y_slice, "x_slice": x_slice})
                break
    param = random.choice(found)
    out = img[:, param["y_slice"], param["x_slice"]]
    return (out, param) if return_param else out
