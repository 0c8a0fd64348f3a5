"""Iterables that are read image by image, in step: :func:`images`, :class:`Side`."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional, Tuple

import numpy as np

_END = object()


def images(**lists: Any) -> Iterator[Tuple[Any, ...]]:
    """The values of each image, in the order of the arguments; of an argument that is ``None``, ``None``.

    Raises:
        ValueError: where one iterable ends before another.
    """
    iterators = {name: iter(values) for name, values in lists.items() if values is not None}
    at = 0
    while True:
        values = {name: next(iterator, _END) for name, iterator in iterators.items()}
        ended = [name for name, value in values.items() if value is _END]
        if len(ended) == len(values):
            return
        if ended:
            more = [name for name in values if name not in ended]
            raise ValueError(f"{' and '.join(ended)} end after {at} images, {' and '.join(more)} go on")
        yield tuple(values.get(name) for name in lists)
        at += 1


def count(at: int, own: Dict[str, Any]) -> int:
    """How many objects an image has; all arrays of it say the same."""
    counts = {name: len(values) for name, values in own.items() if values is not None}
    if len(set(counts.values())) != 1:
        raise ValueError(f"image {at}: " + ", ".join(f"{number} {name}" for name, number in counts.items()))
    return next(iter(counts.values()))


class Side:
    """Detections or truths as columns: ``counts`` an image, ``labels`` uint32, ``scores`` float64, ``difficult`` bool."""

    def __init__(self) -> None:
        self.counts: List[int] = []
        self._labels: List[Any] = []
        self._scores: List[Any] = []
        self._difficult: List[Any] = []

    def add(self, at: int, name: str, places: Any, label: Any, score: Any = None, difficult: Any = None) -> None:
        """Adds the objects of image ``at``; ``name`` is what their places are called: ``gt_masks``."""
        side = name.split("_")[0]
        others = {"labels": label, "scores": score, "difficults": difficult}
        self.counts.append(count(at, {name: places, **{f"{side}_{what}": values for what, values in others.items()}}))
        label = np.asarray(label)
        if label.ndim != 1:
            raise ValueError(f"image {at}: labels are (R,), not {label.shape}")
        if label.size and not np.issubdtype(label.dtype, np.integer):
            raise ValueError(f"image {at}: labels are integers, not {label.dtype}")
        if label.size and label.min() < 0:
            raise ValueError(f"image {at}: label {label.min()} is below 0")
        self._labels.append(label.astype(np.uint32))
        if score is not None:
            self._scores.append(np.asarray(score, dtype=np.float64))
        if difficult is not None:
            self._difficult.append(np.asarray(difficult, dtype=bool))

    @property
    def labels(self) -> Any:
        return _joined(self._labels, np.uint32)

    @property
    def scores(self) -> Any:
        return _joined(self._scores, np.float64)

    @property
    def difficult(self) -> Optional[Any]:
        return _joined(self._difficult, bool) if self._difficult else None


def _joined(arrays: List[Any], dtype: Any) -> Any:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=dtype)
