"""Pairs of images: :class:`SiameseDataset`."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from ..sliceable import GetterDataset


def _labels_of(dataset: Any) -> Any:
    """The labels of a dataset of images and labels; of a sliceable one no image is read."""
    if hasattr(dataset, "slice"):
        return np.array(list(dataset.slice[:, 1]))
    return np.array([example[1] for example in dataset])


def _places(labels: Any) -> Dict[int, List[int]]:
    """The rows of each label, labels in the order in which they are met."""
    places: Dict[int, List[int]] = {}
    for row, label in enumerate(labels.tolist()):
        places.setdefault(label, []).append(row)
    return places


class SiameseDataset(GetterDataset):
    """Pairs of examples of two datasets of images and labels, by chance: rows of ``img_0``, ``label_0``, ``img_1``, ``label_1``.

    A pair is drawn anew at each access, from ``numpy.random``, whatever the row. A class is drawn first, each equally likely, and
    then an example of it.

    Args:
        dataset_0, dataset_1: of images and labels; may be the same.
        pos_ratio: how likely a pair of one class is; ``None`` draws both without looking at classes.
        length: how many rows there are; by default those of ``dataset_0``.
        labels_0, labels_1: (N,) int32. Where they are needed and not given, the datasets are read for them; one will do where
            the datasets are the same.

    Raises:
        ValueError: for labels that are not (N,) int32, and where there is no pair of the kind that is asked for.
    """

    def __init__(
        self, dataset_0: Any, dataset_1: Any, pos_ratio: Optional[float] = None, length: Optional[int] = None,
        labels_0: Any = None, labels_1: Any = None,
    ) -> None:
        super().__init__()
        self._datasets = (dataset_0, dataset_1)
        self._pos_ratio = pos_ratio
        self._length = len(dataset_0) if length is None else length
        if pos_ratio is not None:
            self._prepare(pos_ratio, labels_0, labels_1)
        self.add_getter(("img_0", "label_0", "img_1", "label_1"), self._pair)

    def _prepare(self, pos_ratio: float, labels_0: Any, labels_1: Any) -> None:
        first, second = self._datasets
        if first is second:
            labels_0 = labels_1 if labels_0 is None else labels_0
            labels_0 = _labels_of(first) if labels_0 is None else labels_0
            labels_1 = labels_0 if labels_1 is None else labels_1
        else:
            labels_0 = _labels_of(first) if labels_0 is None else labels_0
            labels_1 = _labels_of(second) if labels_1 is None else labels_1
        for name, labels, dataset in (("labels_0", labels_0, first), ("labels_1", labels_1, second)):
            if labels.dtype != np.int32 or labels.shape != (len(dataset),):
                raise ValueError(f"{name} are ({len(dataset)},) int32, not {labels.shape} {labels.dtype}")
        self._places = (_places(labels_0), _places(labels_1))
        here, there = self._places
        # The labels of the first dataset that have a partner of the same class, and of another one.
        self._with_same = np.array([label for label in here if label in there])
        self._with_other = np.array([label for label in here if any(other != label for other in there)])
        if len(self._with_same) == 0 and pos_ratio > 0:
            raise ValueError("there is no pair of one class; with pos_ratio=None classes are not looked at")
        if len(self._with_other) == 0 and pos_ratio < 1:
            raise ValueError("there is no pair of two classes; with pos_ratio=None classes are not looked at")

    def __len__(self) -> int:
        return self._length

    def _pair(self, row: int) -> Tuple[Any, Any, Any, Any]:
        if self._pos_ratio is None:
            rows = [np.random.choice(np.arange(len(dataset))) for dataset in self._datasets]
        else:
            here, there = self._places
            if np.random.binomial(1, self._pos_ratio):
                label = np.random.choice(self._with_same)
                other = label
            else:
                label = np.random.choice(self._with_other)
                other = np.random.choice([one for one in there if one != label])
            rows = [np.random.choice(here[int(label)]), np.random.choice(there[int(other)])]
        (img_0, label_0), (img_1, label_1) = (dataset[int(at)] for dataset, at in zip(self._datasets, rows))
        return img_0, label_0, img_1, label_1
