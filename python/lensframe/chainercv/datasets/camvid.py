"""CamVid: :class:`CamVidDataset`."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from .pictures import Maps
from .place import lines, one_of, place

_VOID = 11


class CamVidDataset(Maps):
    """Label maps of 11 classes: rows of ``img`` and ``label`` (H, W) int32, -1 what is void.

    Args:
        data_dir: has the lists ``train.txt``, ``val.txt`` and ``test.txt``, whose lines name an image and a label map.
        split: ``"train"``, ``"val"`` or ``"test"``.
    """

    def __init__(self, data_dir: Any = "auto", split: str = "train") -> None:
        one_of("split", split, ("train", "val", "test"))
        root = place(data_dir, "camvid")
        # The lists were made on another computer.
        pairs = [line.replace("/SegNet/CamVid/", "").split() for line in lines(os.path.join(root, f"{split}.txt"))]
        super().__init__(*([os.path.join(root, pair[column]) for pair in pairs] for column in (0, 1)))

    def _classes(self, numbers: Any) -> Any:
        return np.where(numbers == _VOID, -1, numbers).astype(np.int32)
