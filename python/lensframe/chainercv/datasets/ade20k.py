"""ADE20K's scene parsing: :class:`ADE20KSemanticSegmentationDataset`, :class:`ADE20KTestImageDataset`."""

from __future__ import annotations

import os
from typing import Any

from .pictures import Maps, Pictures, listed
from .place import one_of, place


class ADE20KSemanticSegmentationDataset(Maps):
    """Label maps of 150 classes: rows of ``img`` and ``label`` (H, W) int32, -1 what has no class.

    Args:
        data_dir: has ``ADEChallengeData2016`` with ``images`` and ``annotations``.
        split: ``"train"`` or ``"val"``.
    """

    def __init__(self, data_dir: Any = "auto", split: str = "train") -> None:
        one_of("split", split, ("train", "val"))
        root = os.path.join(place(data_dir, "ade20k"), "ADEChallengeData2016")
        folder = "training" if split == "train" else "validation"
        super().__init__(
            listed(os.path.join(root, "images", folder), ".jpg"), listed(os.path.join(root, "annotations", folder), ".png"))

    def _classes(self, numbers: Any) -> Any:
        return numbers - 1


class ADE20KTestImageDataset(Pictures):
    """Images without labels: rows are bare images.

    Args:
        data_dir: has ``release_test``.
    """

    def __init__(self, data_dir: Any = "auto") -> None:
        super().__init__(listed(os.path.join(place(data_dir, "ade20k"), "release_test", "testing"), ".jpg"))
