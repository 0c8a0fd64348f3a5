"""Datasets one after another and side by side: :class:`ConcatenatedDataset`, :class:`TupleDataset`."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import Any, List, Tuple

from .selection import as_tuple, bounded
from .sliceable import SliceableDataset, sliceable


class ConcatenatedDataset(SliceableDataset):
    """The rows of datasets, one after another. All have the same keys in the same order.

    Raises:
        ValueError: without a dataset, or where keys differ.
        TypeError: for what cannot be sliced.
    """

    def __init__(self, *datasets: Any) -> None:
        if not datasets:
            raise ValueError("a concatenation takes at least one dataset")
        self._datasets: List[SliceableDataset] = []
        for at, dataset in enumerate(datasets):
            one = sliceable(dataset)
            if one is None:
                raise TypeError(f"dataset {at}, a {type(dataset).__name__}, cannot be sliced")
            if self._datasets and one.keys != self._datasets[0].keys:
                raise ValueError(f"dataset {at} has the keys {one.keys!r}, the first {self._datasets[0].keys!r}")
            self._datasets.append(one)

    def __len__(self) -> int:
        return sum(len(dataset) for dataset in self._datasets)

    @property
    def keys(self) -> Any:
        return self._datasets[0].keys

    def get_example_by_keys(self, index: int, key_indices: Tuple[int, ...]) -> tuple:
        ends = list(accumulate(len(dataset) for dataset in self._datasets))
        index = bounded(index, ends[-1])
        part = bisect_right(ends, index)
        return self._datasets[part].get_example_by_keys(index - (ends[part - 1] if part else 0), key_indices)


class TupleDataset(SliceableDataset):
    """The keys of datasets side by side: sliceable datasets with their keys, arrays and lists with the name that a pair
    ``(name, array)`` gives them or with none.

    Raises:
        ValueError: without a dataset, or where lengths differ.
    """

    def __init__(self, *datasets: Any) -> None:
        if not datasets:
            raise ValueError("a tuple takes at least one dataset")
        # Name, number of the dataset, and position of the key in it (None: a list).
        self._keys: List[Tuple[Any, int, Any]] = []
        self._datasets: List[Any] = []
        for number, dataset in enumerate(datasets):
            one = sliceable(dataset)
            if one is not None:
                self._keys.extend((key, number, position) for position, key in enumerate(as_tuple(one.keys)))
            else:
                name, one = dataset if isinstance(dataset, tuple) else (None, dataset)
                self._keys.append((name, number, None))
            self._datasets.append(one)
            if len(one) != len(self._datasets[0]):
                raise ValueError(f"dataset {number} has {len(one)} rows, the first {len(self._datasets[0])}")

    def __len__(self) -> int:
        return len(self._datasets[0])

    @property
    def keys(self) -> tuple:
        return tuple(name for name, _, _ in self._keys)

    def get_example_by_keys(self, index: int, key_indices: Tuple[int, ...]) -> tuple:
        index = bounded(index, len(self))
        # Each dataset is asked once, for all that is wanted of it.
        wanted: dict = {}
        for position in key_indices:
            _, number, own = self._keys[position]
            wanted.setdefault(number, {})[own] = None
        for number, positions in wanted.items():
            dataset = self._datasets[number]
            if None in positions:
                positions[None] = dataset[index]
            else:
                positions.update(zip(positions, dataset.get_example_by_keys(index, tuple(positions))))
        return tuple(wanted[number][own] for _, number, own in (self._keys[position] for position in key_indices))
