"""Models in tests: what ``predict`` has to give, and a model that gives what it was told.

A link is anything with ``predict(imgs)``, imgs being a list of (3, H, W) float32.
"""

from __future__ import annotations

from typing import Any, List, Tuple

import numpy as np

from .assertions import _array, _must, assert_is_bbox, assert_labels


def _pictures() -> List[Any]:
    return [np.random.randint(0, 256, size=size).astype(np.float32) for size in ((3, 480, 640), (3, 480, 320))]


def _predicted(link: Any, names: Tuple[str, ...]) -> list:
    """Pictures and what is predicted of each."""
    imgs = _pictures()
    result = link.predict(imgs)
    _must(len(result) == len(names), f"predict gives {', '.join(names)}, not {len(result)} things")
    for name, values in zip(names, result):
        _must(len(values) == len(imgs), f"{name} of {len(imgs)} images, not {len(values)}")
    return list(zip(imgs, *result))


def _scores(score: Any, count: int) -> None:
    _array(score, "score", np.float32)
    _must(score.shape == (count,), f"score is ({count},), not {score.shape}")


def assert_is_detection_link(link: Any, n_fg_class: int) -> None:
    """``predict`` gives, an image, boxes (R, 4) float32, labels (R,) int32 of 0..n_fg_class-1, scores (R,) float32."""
    for _, bbox, label, score in _predicted(link, ("bboxes", "labels", "scores")):
        assert_is_bbox(bbox)
        assert_labels(label, n_fg_class, len(bbox))
        _scores(score, len(bbox))


def assert_is_instance_segmentation_link(link: Any, n_fg_class: int) -> None:
    """``predict`` gives, an image, masks (R, H, W) bool, labels and scores as those of a detector."""
    for img, mask, label, score in _predicted(link, ("masks", "labels", "scores")):
        _array(mask, "mask", bool)
        _must(mask.ndim == 3 and mask.shape[1:] == img.shape[1:], f"mask is (R,) + {img.shape[1:]}, not {mask.shape}")
        assert_labels(label, n_fg_class, len(mask))
        _scores(score, len(mask))


def assert_is_semantic_segmentation_link(link: Any, n_class: int) -> None:
    """``predict`` gives a map of labels an image, (H, W) int32 of 0..n_class-1."""
    imgs = _pictures()
    labels = link.predict(imgs)
    _must(len(labels) == len(imgs), f"labels of {len(imgs)} images, not {len(labels)}")
    for img, label in zip(imgs, labels):
        _array(label, "label", np.int32)
        _must(label.shape == img.shape[1:], f"label is {img.shape[1:]}, not {label.shape}")
        _must(label.min() >= 0 and label.max() < n_class, f"labels {label.min()} to {label.max()} of {n_class} classes")


class ConstantStubLink:
    """Gives the same arrays whatever it is called with: an array, or a tuple of them."""

    def __init__(self, outputs: Any) -> None:
        for output in outputs if isinstance(outputs, tuple) else (outputs,):
            if not isinstance(output, np.ndarray):
                raise ValueError(f"outputs are an array or a tuple of arrays, not of {type(output).__name__}")
        self._outputs = outputs

    def forward(self, *_: Any) -> Any:
        return self._outputs

    __call__ = forward

    def to_cpu(self) -> "ConstantStubLink":
        return self


def generate_random_bbox(n: int, img_size: Tuple[int, int], min_length: float, max_length: float) -> Any:
    """Boxes inside an image of (height, width), (n, 4) float32, each side from ``min_length`` to below ``max_length``."""
    height, width = img_size
    top = np.random.uniform(0, height - max_length, size=n)
    left = np.random.uniform(0, width - max_length, size=n)
    bottom = top + np.random.uniform(min_length, max_length, size=n)
    right = left + np.random.uniform(min_length, max_length, size=n)
    return np.stack((top, left, bottom, right), axis=1).astype(np.float32)
