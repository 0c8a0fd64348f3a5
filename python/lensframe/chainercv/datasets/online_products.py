"""Stanford Online Products: :class:`OnlineProductsDataset`."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ..sliceable import GetterDataset
from ..utils.image import read_image
from .place import lines, one_of, place


class OnlineProductsDataset(GetterDataset):
    """Products and what kind they are: rows of ``img``, ``label`` and ``super_label``, int32.

    The products of ``test`` are others than those of ``train``, and their labels go on where those end.

    Args:
        data_dir: has ``Stanford_Online_Products``, or is that folder, with ``Ebay_SPLIT.txt``.
        split: ``"train"`` or ``"test"``.
    """

    def __init__(self, data_dir: Any = "auto", split: str = "train") -> None:
        super().__init__()
        one_of("split", split, ("train", "test"))
        root = place(data_dir, "online_products")
        inner = os.path.join(root, "Stanford_Online_Products")
        root = inner if os.path.isdir(inner) else root
        # Number of the image, class, super class, path; a line of titles first.
        fields = [line.split() for line in lines(os.path.join(root, f"Ebay_{split}.txt"))[1:]]
        self.paths = [os.path.join(root, line[3]) for line in fields]
        self.class_ids = np.array([int(line[1]) for line in fields], dtype=np.int32) - 1
        self.super_class_ids = np.array([int(line[2]) for line in fields], dtype=np.int32) - 1
        self.add_getter("img", self._image)
        self.add_getter(("label", "super_label"), self._labels)

    def __len__(self) -> int:
        return len(self.paths)

    def _image(self, row: int) -> Any:
        return read_image(self.paths[row])

    def _labels(self, row: int) -> Any:
        return self.class_ids[row], self.super_class_ids[row]
