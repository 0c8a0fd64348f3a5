"""Pascal VOC: :class:`VOCBboxDataset`, :class:`VOCInstanceSegmentationDataset`, :class:`VOCSemanticSegmentationDataset`.

``data_dir`` is the folder of a year (``VOCdevkit/VOC2012``): rows are those of the list ``ImageSets/Main/SPLIT.txt`` (of
``ImageSets/Segmentation`` for the others), in its order. For anything else that lensframe opens, rows are those whose ``split``
is the one that is asked for.
"""

from __future__ import annotations

import os
from typing import Any, Tuple

import numpy as np

from ..sliceable import GetterDataset
from .names import voc_bbox_label_names, voc_semantic_segmentation_label_names
from .opened import Opened
from .place import lines, one_of, place

_VOID = 255


def _opened(data_dir: Any, year: str, split: str, lists: str) -> Opened:
    """What is at a place, and the rows of a list of images."""
    folder = place(data_dir, "voc")
    if os.fspath(data_dir) == "auto":
        folder = os.path.join(folder, "VOCdevkit", f"VOC{year}")
    listed = os.path.join(folder, "ImageSets", lists, f"{split}.txt")
    if not os.path.isdir(os.path.join(folder, "ImageSets")):
        return Opened(folder, split=[split])
    if not os.path.exists(listed):
        raise FileNotFoundError(f"{listed}: there is no such list of images")
    opened = Opened(folder)
    ids = opened.dataset.slice[:, "image_id"]
    rows = {str(ids[row]): row for row in range(len(ids))}
    wanted = [line.split()[0] for line in lines(listed)]
    missing = [name for name in wanted if name not in rows]
    if missing:
        raise ValueError(f"{listed}: {missing[0]} is no image of {folder}")
    return opened.choose([rows[name] for name in wanted])


def _labels(dataset: Any, set: str = "") -> Tuple[Any, Tuple[str, ...]]:
    """What each of the dataset's labels is here, and the names of the classes: VOC's, where all names are VOC's, or the
    dataset's own."""
    own = dataset.classes(set) or []
    names = [name.strip().lower() for name in own]
    if all(name in voc_bbox_label_names for name in names):
        return np.array([voc_bbox_label_names.index(name) for name in names], dtype=np.int32), voc_bbox_label_names
    return np.arange(len(own), dtype=np.int32), tuple(own)


class VOCBboxDataset(GetterDataset):
    """Boxes: rows of ``img``, ``bbox`` (R, 4) float32, ``label`` (R,) int32 and, with ``return_difficult``, ``difficult`` (R,) bool.

    Corners are VOC's less 1, the far ones included in the box: what the evaluator of VOC counts with. A row without an object
    has arrays of none (ChainerCV fails there). ``label_names`` are the names of the classes: VOC's twenty, or, of data with
    other names, its own (ChainerCV fails there too).

    Args:
        data_dir: see the head of the module.
        split: ``"train"``, ``"val"``, ``"trainval"``, of 2007 ``"test"``; the name of any list there is will do.
        year: ``"2007"`` or ``"2012"``; only ``data_dir="auto"`` looks at it.
        use_difficult: false leaves difficult objects out.
        return_difficult: also says which are difficult.
    """

    def __init__(
        self, data_dir: Any = "auto", split: str = "train", year: str = "2012", use_difficult: bool = False,
        return_difficult: bool = False,
    ) -> None:
        super().__init__()
        self._rows = _opened(data_dir, year, split, "Main")
        self._label, self.label_names = _labels(self._rows.dataset)
        self.use_difficult = use_difficult
        self.add_getter("img", self._rows.image)
        self.add_getter(("bbox", "label", "difficult"), self._annotations)
        if not return_difficult:
            self.keys = ("img", "bbox", "label")

    def __len__(self) -> int:
        return len(self._rows)

    def _annotations(self, row: int) -> Tuple[Any, Any, Any]:
        x, y, width, height = self._rows.boxes(row).T
        bbox = np.stack((y, x, y + height - 1, x + width - 1), axis=1).astype(np.float32)
        label = self._label[self._rows.numbers("label", row, np.int64)]
        difficult = self._rows.flags("difficult", row, len(label))
        if self.use_difficult:
            return bbox, label, difficult
        return bbox[~difficult], label[~difficult], difficult[~difficult]


class VOCInstanceSegmentationDataset(GetterDataset):
    """Masks: rows of ``img``, ``mask`` (R, H, W) bool and ``label`` (R,) int32, in ascending numbers of instances.

    The class of an instance is that of most of its pixels (ChainerCV takes the least there is). ``label_names`` as those of
    :class:`VOCBboxDataset`.

    Args:
        data_dir: see the head of the module.
        split: ``"train"``, ``"val"`` or ``"trainval"``.
    """

    def __init__(self, data_dir: Any = "auto", split: str = "train") -> None:
        super().__init__()
        one_of("split", split, ("train", "trainval", "val"))
        self._rows = _opened(data_dir, "2012", split, "Segmentation")
        if not self._rows.has("masks.segmentation"):
            raise ValueError(f"{os.fspath(data_dir)}: there is no SegmentationObject, and so no mask")
        self._label, self.label_names = _labels(self._rows.dataset, "masks")
        self.add_getter("img", self._rows.image)
        self.add_getter(("mask", "label"), self._instances)

    def __len__(self) -> int:
        return len(self._rows)

    def _instances(self, row: int) -> Tuple[Any, Any]:
        order = np.argsort(self._rows.numbers("masks.object_id", row, np.int64), kind="stable")
        label = self._label[self._rows.numbers("masks.label", row, np.int64)]
        return self._rows.masks(row, "masks.segmentation", np.ones(len(label), dtype=bool))[order], label[order]


class VOCSemanticSegmentationDataset(GetterDataset):
    """Label maps: rows of ``img`` and ``label`` (H, W) int32, 0 the background, -1 what is void.

    ``label_names`` are ``background`` and the names of :class:`VOCBboxDataset`. Arguments as
    :class:`VOCInstanceSegmentationDataset`.
    """

    def __init__(self, data_dir: Any = "auto", split: str = "train") -> None:
        super().__init__()
        one_of("split", split, ("train", "trainval", "val"))
        self._rows = _opened(data_dir, "2012", split, "Segmentation")
        if not self._rows.has("label_map"):
            raise ValueError(f"{os.fspath(data_dir)}: there is no SegmentationClass, and so no label map")
        names = _labels(self._rows.dataset)[1]
        self.label_names = voc_semantic_segmentation_label_names if names is voc_bbox_label_names else ("background",) + names
        self.add_getter("img", self._rows.image)
        self.add_getter("label", self._map)

    def __len__(self) -> int:
        return len(self._rows)

    def _map(self, row: int) -> Any:
        label = np.array(self._rows.needed("label_map", row), dtype=np.int32)
        if label.max() > _VOID:
            raise ValueError(f"{self._rows.name(row)}: the label map holds colours, not indices of a palette")
        label[label == _VOID] = -1
        return label
