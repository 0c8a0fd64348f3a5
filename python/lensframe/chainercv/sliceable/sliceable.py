"""The interface of datasets that can be sliced, and their views: :class:`SliceableDataset`."""

from __future__ import annotations

from typing import Any, Iterator, Sequence, Tuple

import numpy as np

from ..._lensframe import Dataset
from .selection import as_tuple, bounded, is_many, key_indices, rows_of


class SliceableDataset:
    """Rows of keys. A subclass gives ``len``, ``keys`` and :meth:`get_example_by_keys`.

    ``dataset[i]`` is a row: a tuple, or a bare value where ``keys`` is one name. ``dataset[a:b]`` and ``dataset[[3, 1]]``
    read rows into a list. ``dataset.slice[rows]`` and ``dataset.slice[rows, keys]`` are views, of which nothing is read.
    """

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} has no __len__")

    @property
    def keys(self) -> Any:
        """The name of the one key, or a tuple of names; a name may be ``None``."""
        raise NotImplementedError(f"{type(self).__name__} has no keys")

    def get_example_by_keys(self, index: int, key_indices: Tuple[int, ...]) -> tuple:
        """The values of some keys of a row, keys by position, always as a tuple."""
        raise NotImplementedError(f"{type(self).__name__} has no get_example_by_keys")

    def get_example(self, index: int) -> Any:
        """A row: a tuple, or the bare value of the one key."""
        if isinstance(self.keys, tuple):
            return self.get_example_by_keys(index, tuple(range(len(self.keys))))
        return self.get_example_by_keys(index, (0,))[0]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, (slice, list, np.ndarray)) and getattr(index, "ndim", 1) == 1:
            return [self.get_example(at) for at in rows_of(index, len(self))]
        return self.get_example(bounded(_row(index), len(self)))

    @property
    def slice(self) -> "_Slicer":
        """``dataset.slice[rows]``, ``dataset.slice[rows, keys]``: views."""
        return _Slicer(self)

    def __iter__(self) -> Iterator[Any]:
        return (self.get_example(at) for at in range(len(self)))


def _row(index: Any) -> int:
    if not hasattr(index, "__index__"):
        raise TypeError(f"a row is a number, not {index!r}")
    return index.__index__()


class _Slicer:
    def __init__(self, dataset: SliceableDataset) -> None:
        self._dataset = dataset

    def __getitem__(self, item: Any) -> "_View":
        names = self._dataset.keys
        if not isinstance(item, tuple):
            # All keys are taken by position: names may be repeated or missing.
            positions = tuple(range(len(as_tuple(names))))
            return _View(self._dataset, rows_of(item, len(self._dataset)), positions, is_many(names))
        if len(item) != 2:
            raise TypeError(f"slice takes rows, or rows and keys, not {len(item)} things")
        rows, keys = item
        return _View(self._dataset, rows_of(rows, len(self._dataset)), key_indices(keys, names), is_many(keys))


class _View(SliceableDataset):
    """Rows and keys of another dataset."""

    def __init__(self, dataset: SliceableDataset, rows: Sequence[int], keys: Tuple[int, ...], many: bool) -> None:
        if isinstance(dataset, _View):
            # Views of views are views of what lies below.
            rows, keys = _of(dataset._rows, rows), tuple(dataset._keys[key] for key in keys)
            dataset = dataset._dataset
        self._dataset: SliceableDataset = dataset
        self._rows: Sequence[int] = rows
        self._keys: Tuple[int, ...] = keys
        self._many = many

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def keys(self) -> Any:
        names = as_tuple(self._dataset.keys)
        chosen = tuple(names[key] for key in self._keys)
        return chosen if self._many else chosen[0]

    def get_example_by_keys(self, index: int, key_indices: Tuple[int, ...]) -> tuple:
        row = self._rows[bounded(index, len(self._rows))]
        return self._dataset.get_example_by_keys(row, tuple(self._keys[key] for key in key_indices))


def _of(parent: Sequence[int], rows: Sequence[int]) -> Sequence[int]:
    """Rows among rows; a range of a range stays one, where it counts up."""
    if isinstance(parent, range) and isinstance(rows, range) and rows.step > 0:
        return parent[rows.start : rows.stop : rows.step]
    return [parent[row] for row in rows]


class _Native(SliceableDataset):
    """A view of lensframe as one of these."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset

    def __len__(self) -> int:
        return len(self._dataset)

    @property
    def keys(self) -> Any:
        return self._dataset.keys

    def get_example_by_keys(self, index: int, key_indices: Tuple[int, ...]) -> tuple:
        return self._dataset.slice[[index], list(key_indices)][0]


def sliceable(dataset: Any) -> Any:
    """A dataset as a :class:`SliceableDataset`: itself, or a view of lensframe as one. ``None`` for what is neither."""
    if isinstance(dataset, Dataset):
        return _Native(dataset)
    if isinstance(dataset, SliceableDataset) or hasattr(dataset, "get_example_by_keys"):
        return dataset
    return None
