"""What lensframe opened, in ChainerCV's conventions: :class:`Opened`."""

from __future__ import annotations

import os
from typing import Any, List, Optional, Sequence

import numpy as np

from ... import _lensframe as native


class Opened:
    """Rows of what :func:`lensframe.open` gives, a key at a time. Nothing is read before it is asked for.

    Pickled, it is what was opened and how, and the rows: another process opens it again.
    """

    def __init__(self, path: str, **options: Any) -> None:
        self.dataset = native.open(path, **options)
        path = os.path.abspath(path)
        if self.dataset.version is not None and os.path.exists(path):
            path = f"{path}@{self.dataset.version}"
        self._how = (path, options)
        self._chosen: Optional[List[int]] = None
        self._views: dict = {}

    def __reduce__(self) -> Any:
        return _again, (*self._how, self._chosen)

    def choose(self, rows: Sequence[int]) -> "Opened":
        """Narrowed to these rows, in this order."""
        self._chosen = list(rows)
        self.dataset = self.dataset.slice[self._chosen]
        self._views = {}
        return self

    def __len__(self) -> int:
        return len(self.dataset)

    def has(self, key: str) -> bool:
        return key in self.dataset.keys

    def value(self, key: str, row: int) -> Any:
        """The value of a key; ``None`` where there is no such key."""
        if key not in self._views:
            self._views[key] = self.dataset.slice[:, key] if self.has(key) else None
        view = self._views[key]
        return None if view is None else view[row]

    def needed(self, key: str, row: int) -> Any:
        """The value of a key, which has to be there."""
        value = self.value(key, row)
        if value is None:
            raise ValueError(f"{self.name(row)} has no {key}")
        return value

    def name(self, row: int) -> str:
        """The row in messages."""
        return f"image {self.value('image_id', row)!r}"

    def image(self, row: int) -> Any:
        """(3, H, W) float32."""
        return np.ascontiguousarray(self.needed("img", row).transpose(2, 0, 1), dtype=np.float32)

    def size(self, row: int) -> Any:
        """(height, width), as declared."""
        return int(self.needed("height", row)), int(self.needed("width", row))

    def numbers(self, key: str, row: int, dtype: Any) -> Any:
        """A number an object, (R,)."""
        values = self.needed(key, row)
        if any(value is None for value in values):
            raise ValueError(f"{self.name(row)} has an object without {key}")
        return np.array(values, dtype=dtype).reshape(-1)

    def flags(self, key: str, row: int, count: int) -> Any:
        """A flag an object, (R,) bool; what is not said is false."""
        values = self.value(key, row)
        return np.zeros(count, dtype=bool) if values is None else np.array([bool(value) for value in values], dtype=bool)

    def boxes(self, row: int, key: str = "bbox") -> Any:
        """x, y, width, height: (R, 4) float64."""
        values = self.needed(key, row)
        if any(value is None for value in values):
            raise ValueError(f"{self.name(row)} has an object without {key}")
        return np.array(values, dtype=np.float64).reshape(-1, 4)

    def masks(self, row: int, key: str, kept: Any) -> Any:
        """The masks of the objects that are kept, (R, H, W) bool."""
        size = self.size(row)
        coded = []
        for at, (segmentation, keep) in enumerate(zip(self.needed(key, row), kept)):
            if not keep:
                continue
            if segmentation is None:
                raise ValueError(f"{self.name(row)}: object {at} has no {key}")
            height, width, counts = _coded(segmentation, size)
            if (height, width) != size:
                raise ValueError(f"{self.name(row)} is {size}, its object {at} has a mask of {(height, width)}")
            coded.append((height, width, counts))
        if not coded:
            return np.zeros((0,) + size, dtype=bool)
        return np.ascontiguousarray(native.mask_decode(coded).transpose(0, 2, 1)).astype(bool)


def _again(path: str, options: dict, rows: Optional[List[int]]) -> Opened:
    opened = Opened(path, **options)
    return opened if rows is None else opened.choose(rows)


def _coded(segmentation: dict, size: Any) -> tuple:
    """A segmentation as (height, width, compressed run lengths)."""
    height, width = size if segmentation["size"] is None else (int(n) for n in segmentation["size"])
    if segmentation["rle"] is not None:
        return height, width, segmentation["rle"].encode("ascii")
    if segmentation["counts"] is not None:
        return height, width, native.mask_of_counts([int(n) for n in segmentation["counts"]], height, width)
    outlines = [native.mask_of_polygon([float(x) for x in one], height, width) for one in segmentation["polygon"] or []]
    return height, width, native.mask_merge([(height, width, one) for one in outlines], False) if outlines else b""
