"""Assertions about arrays and datasets. All raise AssertionError and say which example and what of it.

They are checks of tests, and checks of a dataset after it was converted: each takes ``n_example`` random examples, or all.
"""

from __future__ import annotations

from typing import Any, Optional, Tuple

import numpy as np


def _must(holds: Any, what: str) -> None:
    if not holds:
        raise AssertionError(what)


def _array(value: Any, name: str, dtype: Any) -> None:
    _must(isinstance(value, np.ndarray), f"{name} is an array, not a {type(value).__name__}")
    _must(value.dtype == dtype, f"{name} is {np.dtype(dtype).name}, not {value.dtype}")


def assert_labels(label: Any, n_class: int, count: int) -> None:
    """(R,) int32 of ``count`` classes 0..n_class-1."""
    _array(label, "label", np.int32)
    _must(label.shape == (count,), f"label is ({count},), not {label.shape}")
    if count:
        _must(label.min() >= 0 and label.max() < n_class, f"labels {label.min()} to {label.max()} of {n_class} classes")


def assert_is_bbox(bbox: Any, size: Optional[Tuple[int, int]] = None) -> None:
    """(R, 4) float32, y_min < y_max and x_min < x_max, and inside an image of ``size`` (height, width) if it is given."""
    _array(bbox, "bbox", np.float32)
    _must(bbox.shape[1:] == (4,), f"bbox is (R, 4), not {bbox.shape}")
    _must((bbox[:, 0] < bbox[:, 2]).all(), "the top of each box is above its bottom")
    _must((bbox[:, 1] < bbox[:, 3]).all(), "the left of each box is left of its right")
    if size is not None:
        _must((bbox[:, :2] >= 0).all() and (bbox[:, 2:] <= size).all(), f"boxes lie inside an image of {tuple(size)}")


def assert_is_image(img: Any, color: bool = True, check_range: bool = True) -> None:
    """(3, H, W), or (1, H, W) without ``color``; values of 0 to 255."""
    _must(isinstance(img, np.ndarray), f"img is an array, not a {type(img).__name__}")
    _must(img.ndim == 3, f"img is (C, H, W), not {img.shape}")
    channels = 3 if color else 1
    _must(img.shape[0] == channels, f"img has {channels} channels, not {img.shape[0]}")
    if check_range and img.size:
        _must(img.min() >= 0 and img.max() <= 255, f"img has values from {img.min()} to {img.max()}")


def assert_is_point(point: Any, visible: Any = None, size: Optional[Tuple[int, int]] = None, n_point: Optional[int] = None) -> None:
    """(K, 2) float32 an instance, K being ``n_point`` if given; ``visible`` (K,) bool an instance. What is visible lies inside
    an image of ``size`` (height, width), its far edges included."""
    if visible is not None:
        _must(len(point) == len(visible), f"points of {len(point)} instances, visibility of {len(visible)}")
    for at, pnt in enumerate(point):
        _array(pnt, f"point {at}", np.float32)
        _must(pnt.shape[1:] == (2,), f"point {at} is (K, 2), not {pnt.shape}")
        if n_point is not None:
            _must(len(pnt) == n_point, f"instance {at} has {len(pnt)} points, not {n_point}")
        if visible is not None:
            _array(visible[at], f"visible {at}", bool)
            _must(visible[at].shape == (len(pnt),), f"visible {at} is ({len(pnt)},), not {visible[at].shape}")
            pnt = pnt[visible[at]]
        if size is not None:
            _must((pnt >= 0).all() and (pnt <= size).all(), f"visible points lie inside an image of {tuple(size)}")


def _each(dataset: Any, n_example: Optional[int], least: int, check: Any) -> None:
    _must(len(dataset) > 0, "the dataset has a row")
    rows = np.random.randint(0, len(dataset), size=n_example) if n_example else range(len(dataset))
    for row in rows:
        example = dataset[int(row)]
        try:
            _must(len(example) >= least, f"a row has {least} values or more, not {len(example)}")
            check(*example)
        except AssertionError as error:
            raise AssertionError(f"row {row}: {error}") from error


def assert_is_bbox_dataset(dataset: Any, n_fg_class: int, n_example: Optional[int] = None) -> None:
    """Rows begin with img (3, H, W), bbox (R, 4) float32 and label (R,) int32, 0..n_fg_class-1."""

    def check(img: Any, bbox: Any, label: Any, *rest: Any) -> None:
        assert_is_image(img, color=True)
        assert_is_bbox(bbox, size=img.shape[1:])
        assert_labels(label, n_fg_class, len(bbox))

    _each(dataset, n_example, 3, check)


def assert_is_instance_segmentation_dataset(dataset: Any, n_fg_class: int, n_example: Optional[int] = None) -> None:
    """Rows begin with img (3, H, W), mask (R, H, W) bool and label (R,) int32, 0..n_fg_class-1."""

    def check(img: Any, mask: Any, label: Any, *rest: Any) -> None:
        assert_is_image(img, color=True)
        _array(mask, "mask", bool)
        _must(mask.ndim == 3 and mask.shape[1:] == img.shape[1:], f"mask is (R,) + {img.shape[1:]}, not {mask.shape}")
        assert_labels(label, n_fg_class, len(mask))

    _each(dataset, n_example, 3, check)


def assert_is_label_dataset(dataset: Any, n_class: int, n_example: Optional[int] = None, color: bool = True) -> None:
    """Rows begin with img and label, one int32 of 0..n_class-1."""

    def check(img: Any, label: Any, *rest: Any) -> None:
        assert_is_image(img, color=color)
        _must(isinstance(label, np.int32), f"label is an int32, not a {type(label).__name__}")
        _must(0 <= label < n_class, f"label {label} of {n_class} classes")

    _each(dataset, n_example, 2, check)


def assert_is_point_dataset(
    dataset: Any, n_point: Optional[int] = None, n_example: Optional[int] = None, no_visible: bool = False,
) -> None:
    """Rows begin with img, point and, unless ``no_visible`` or they end there, visible."""

    def check(img: Any, point: Any, *rest: Any) -> None:
        assert_is_image(img, color=True)
        visible = rest[0] if rest and not no_visible else None
        assert_is_point(point, visible, img.shape[1:], n_point)

    _each(dataset, n_example, 2, check)


def assert_is_semantic_segmentation_dataset(dataset: Any, n_class: int, n_example: Optional[int] = None) -> None:
    """Rows begin with img (3, H, W) and label (H, W) int32, -1..n_class-1; the background is a class."""

    def check(img: Any, label: Any, *rest: Any) -> None:
        assert_is_image(img, color=True)
        _array(label, "label", np.int32)
        _must(label.shape == img.shape[1:], f"label is {img.shape[1:]}, not {label.shape}")
        _must(label.min() >= -1 and label.max() < n_class, f"labels {label.min()} to {label.max()} of {n_class} classes")

    _each(dataset, n_example, 2, check)
