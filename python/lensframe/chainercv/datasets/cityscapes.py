"""Cityscapes: :class:`CityscapesSemanticSegmentationDataset`, :class:`CityscapesTestImageDataset`.

:func:`lensframe.open` reads these trees too, with instances, and keeps the better label map of each image.
"""

from __future__ import annotations

import os
from typing import Any, List, Optional

import numpy as np

from .names import source_ids
from .pictures import Maps, Pictures, listed
from .place import one_of, place


def _cities(folder: str) -> List[str]:
    if not os.path.isdir(folder):
        raise ValueError(f"{folder}: there is no such folder; Cityscapes is fetched from its own site by hand")
    return sorted(entry.name for entry in os.scandir(folder) if entry.is_dir())


class CityscapesSemanticSegmentationDataset(Maps):
    """Label maps: rows of ``img`` and ``label`` (H, W) int32, by city and name.

    Args:
        data_dir: has ``leftImg8bit`` and ``gtFine`` or ``gtCoarse``.
        label_resolution: ``"fine"`` or ``"coarse"``; it has to be given.
        split: ``"train"`` or ``"val"``, of coarse labels also ``"train_extra"``.
        ignore_labels: 19 classes, and -1 what is not evaluated. False gives the ids of the files.
    """

    def __init__(
        self, data_dir: Any = "auto", label_resolution: Optional[str] = None, split: str = "train", ignore_labels: bool = True,
    ) -> None:
        one_of("label_resolution", label_resolution, ("fine", "coarse"))
        root = place(data_dir, "cityscapes")
        truth = "gtFine" if label_resolution == "fine" else "gtCoarse"
        self.ignore_labels = ignore_labels
        ending = f"_{truth}_labelIds.png"
        imgs, labels = [], []
        for city in _cities(os.path.join(root, truth, split)):
            for label in listed(os.path.join(root, truth, split, city), ending):
                name = os.path.basename(label)[: -len(ending)] + "_leftImg8bit.png"
                labels.append(label)
                imgs.append(os.path.join(root, "leftImg8bit", split, city, name))
        if not os.path.isdir(os.path.join(root, "leftImg8bit", split)):
            raise ValueError(f"{os.path.join(root, 'leftImg8bit', split)}: there is no such folder")
        super().__init__(imgs, labels)

    def _classes(self, numbers: Any) -> Any:
        if not self.ignore_labels:
            return numbers
        classes = np.full(256, -1, dtype=np.int32)
        ids = source_ids("cityscapes_joined")
        classes[ids] = np.arange(len(ids))
        return classes[numbers]


class CityscapesTestImageDataset(Pictures):
    """Images without labels: rows are bare images, by city and name.

    Args:
        data_dir: has ``leftImg8bit``.
    """

    def __init__(self, data_dir: Any = "auto") -> None:
        root = os.path.join(place(data_dir, "cityscapes"), "leftImg8bit", "test")
        super().__init__([path for city in _cities(root) for path in listed(os.path.join(root, city), "_leftImg8bit.png")])
