"""Datasets through a function: :class:`TransformDataset`."""

from __future__ import annotations

from typing import Any, Callable, Optional

from .getter import GetterDataset
from .selection import is_many


class TransformDataset(GetterDataset):
    """What ``transform`` makes of each row of a dataset, under the names ``keys``.

    ``transform`` is handed what ``dataset[i]`` gives; the dataset needs a length and rows, nothing else. Whichever key is
    asked for, the whole row is read and transformed. Without ``keys``, as ``TransformDataset(dataset, transform)``, the first
    row is transformed to see how many there are, and they have no names.
    """

    def __init__(self, dataset: Any, keys: Any, transform: Optional[Callable[[Any], Any]] = None) -> None:
        super().__init__()
        if transform is None:
            keys, transform = None, keys
        self._dataset, self._transform = dataset, transform
        if keys is None:
            if len(dataset) == 0:
                raise IndexError("without keys the first row is looked at, and there is none: name the keys")
            first = self._transformed(0)
            keys = (None,) * len(first) if isinstance(first, tuple) else None
        self.add_getter(keys, self._transformed)
        if not is_many(keys):
            self.keys = 0

    def __len__(self) -> int:
        return len(self._dataset)

    def _transformed(self, index: int) -> Any:
        return self._transform(self._dataset[index])
