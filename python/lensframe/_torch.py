"""Datasets as PyTorch's loaders take them."""

from __future__ import annotations

from typing import Any, Callable, Optional

from ._lensframe import Dataset


class MapDataset:
    """A map-style dataset: ``len`` and ``[i]``, each row through ``transform`` if there is one.

    A row is a dict of its keys; arrays are writable copies, as collating wants them. It is pickled by path and view, so
    that workers that are spawned open it again.
    """

    def __init__(self, dataset: Dataset, transform: Optional[Callable[[Any], Any]] = None) -> None:
        self.dataset = dataset
        self.transform = transform

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, row: int) -> Any:
        example = self.dataset[row]
        if hasattr(example, "items"):
            example = {name: _own(value) for name, value in example.items()}
        elif isinstance(example, tuple):
            example = tuple(_own(value) for value in example)
        else:
            example = _own(example)
        return example if self.transform is None else self.transform(example)


def _own(value: Any) -> Any:
    flags = getattr(value, "flags", None)
    return value.copy() if flags is not None and not flags.writeable else value
