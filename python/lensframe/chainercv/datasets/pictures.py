"""Datasets of files that lie beside each other: :class:`Pictures`, :class:`Maps`."""

from __future__ import annotations

import os
from typing import Any, List, Sequence

import numpy as np

from ..sliceable import GetterDataset
from ..utils.image import read_image, read_label


def listed(folder: str, ending: str) -> List[str]:
    """The files of a folder with an ending, in order.

    Raises:
        ValueError: if there is no such folder.
    """
    if not os.path.isdir(folder):
        raise ValueError(f"{folder}: there is no such folder")
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(ending)]


class Pictures(GetterDataset):
    """Images alone: rows are bare images, (3, H, W) float32."""

    def __init__(self, img_paths: Sequence[str]) -> None:
        super().__init__()
        self.img_paths = list(img_paths)
        self.add_getter("img", self._image)
        self.keys = "img"

    def __len__(self) -> int:
        return len(self.img_paths)

    def _image(self, row: int) -> Any:
        return read_image(self.img_paths[row])


class Maps(GetterDataset):
    """Images and label maps: rows of ``img`` and ``label`` (H, W) int32."""

    def __init__(self, img_paths: Sequence[str], label_paths: Sequence[str]) -> None:
        super().__init__()
        self.img_paths, self.label_paths = list(img_paths), list(label_paths)
        if len(self.img_paths) != len(self.label_paths):
            raise ValueError(f"{len(self.img_paths)} images and {len(self.label_paths)} label maps")
        self.add_getter("img", self._image)
        self.add_getter("label", self._map)

    def __len__(self) -> int:
        return len(self.img_paths)

    def _image(self, row: int) -> Any:
        return read_image(self.img_paths[row])

    def _map(self, row: int) -> Any:
        return self._classes(read_label(self.label_paths[row]))

    def _classes(self, numbers: Any) -> Any:
        """The classes of a file's numbers."""
        return np.asarray(numbers)
