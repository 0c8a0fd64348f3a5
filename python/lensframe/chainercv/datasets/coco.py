"""MS COCO: :class:`COCOBboxDataset`, :class:`COCOInstanceSegmentationDataset`, :class:`COCOSemanticSegmentationDataset`.

``data_dir`` has ``annotations/instances_SPLITYEAR.json`` and ``images/SPLITYEAR`` (``val`` for ``minival`` and ``valminusminival``).
For anything else that lensframe opens, as an annotation file or a dataset that was converted before, rows are those whose
``split`` is SPLITYEAR or SPLIT, or all where there are no splits. Rows come by image id, those without objects among them.
"""

from __future__ import annotations

import os
from typing import Any, Tuple

import numpy as np

from ..sliceable import GetterDataset
from .opened import Opened
from .place import one_of, place


def _opened(data_dir: Any, kind: str, split: str, images: str, year: str) -> Opened:
    folder = place(data_dir, "coco")
    file = os.path.join(folder, "annotations", f"{kind}_{split}{year}.json")
    if os.path.exists(file):
        root = os.path.join(folder, "images", f"{images}{year}")
        opened = Opened(file, image_root=root if os.path.isdir(root) else None)
        rows: Any = range(len(opened))
    elif os.fspath(data_dir) == "auto" or os.path.isdir(os.path.join(folder, "annotations")):
        raise FileNotFoundError(f"{file}: there is no such file of annotations")
    else:
        opened = Opened(folder)
        rows = _of_split(opened.dataset, (f"{split}{year}", split))
    ids = opened.dataset.slice[:, "image_id"]
    return opened.choose(sorted(rows, key=lambda row: ids[row]))


def _of_split(dataset: Any, names: Tuple[str, str]) -> Any:
    if "split" not in dataset.keys:
        return range(len(dataset))
    splits = dataset.slice[:, "split"]
    said = [splits[row] for row in range(len(dataset))]
    for name in names:
        if name in said:
            return [row for row, split in enumerate(said) if split == name]
    if any(split is not None for split in said):
        raise ValueError(f"the dataset has the splits {sorted({str(split) for split in said})}, not {names[0]!r}")
    return range(len(dataset))


class _Instances(GetterDataset):
    """Objects of an annotation file. One rule says which are kept, for boxes, masks and all else alike (ChainerCV filters
    masks by another one, so that they lose their labels): a box with an area, and not a crowd unless ``use_crowded``."""

    def __init__(self, data_dir: Any, split: str, year: str, use_crowded: bool) -> None:
        super().__init__()
        one_of("year", year, ("2014", "2017"))
        one_of("split", split, ("train", "val") + (("minival", "valminusminival") if year == "2014" else ()))
        self._rows = _opened(data_dir, "instances", split, "train" if split == "train" else "val", year)
        self.use_crowded = use_crowded
        self.label_names = tuple(self._rows.dataset.classes() or ())
        self.add_getter("img", self._rows.image)
        self.add_getter("mask", self._masks)
        self.add_getter(("bbox", "label"), self._boxes)
        self.add_getter("area", self._areas)
        self.add_getter("crowded", self._crowds)

    def __len__(self) -> int:
        return len(self._rows)

    def _kept(self, row: int) -> Tuple[Any, Any, Any]:
        """Which objects are kept, and of all of them boxes and crowds."""
        # Single precision from here on, as ChainerCV reckons.
        x, y, width, height = self._rows.boxes(row).astype(np.float32).T
        bbox = np.stack((y, x, y + height, x + width), axis=1)
        sides = bbox[:, 2:] - bbox[:, :2]
        crowded = self._rows.flags("crowded", row, len(bbox))
        kept = (sides >= 0).all(axis=1) & (sides.prod(axis=1) > 0)
        return kept & (~crowded | self.use_crowded), bbox, crowded

    def _boxes(self, row: int) -> Tuple[Any, Any]:
        kept, bbox, _ = self._kept(row)
        return bbox[kept], self._rows.numbers("label", row, np.int32)[kept]

    def _crowds(self, row: int) -> Any:
        kept, _, crowded = self._kept(row)
        return crowded[kept]

    def _areas(self, row: int) -> Any:
        return self._rows.numbers("area", row, np.float32)[self._kept(row)[0]]

    def _masks(self, row: int) -> Any:
        return self._rows.masks(row, "segmentation", self._kept(row)[0])


class COCOBboxDataset(_Instances):
    """Boxes: rows of ``img``, ``bbox`` (R, 4) float32, ``label`` (R,) int32 and, as asked for, ``area`` (R,) float32 and ``crowded``
    (R,) bool, in this order.

    A label is the place of the category in the file. ``label_names`` are the names of the categories.

    Args:
        data_dir: see the head of the module.
        split: ``"train"``, ``"val"``; of 2014 also ``"minival"``, ``"valminusminival"``.
        year: ``"2014"`` or ``"2017"``.
        use_crowded: false leaves crowds out.
        return_area: also the areas, of masks.
        return_crowded: also which objects are crowds.
    """

    def __init__(
        self, data_dir: Any = "auto", split: str = "train", year: str = "2017", use_crowded: bool = False,
        return_area: bool = False, return_crowded: bool = False,
    ) -> None:
        super().__init__(data_dir, split, year, use_crowded)
        self.keys = ("img", "bbox", "label") + ("area",) * return_area + ("crowded",) * return_crowded


class COCOInstanceSegmentationDataset(_Instances):
    """Masks: rows of ``img``, ``mask`` (R, H, W) bool, ``label`` (R,) int32 and, as asked for, ``area``, ``crowded`` and ``bbox``, in
    this order.

    Polygons are drawn by COCO's rule, as its own tools do (ChainerCV draws them by Pillow's, outline included, which is a
    little larger). Arguments as :class:`COCOBboxDataset`.
    """

    def __init__(
        self, data_dir: Any = "auto", split: str = "train", year: str = "2017", use_crowded: bool = False,
        return_crowded: bool = False, return_area: bool = False, return_bbox: bool = False,
    ) -> None:
        super().__init__(data_dir, split, year, use_crowded)
        self.keys = (
            ("img", "mask", "label") + ("area",) * return_area + ("crowded",) * return_crowded + ("bbox",) * return_bbox)


class COCOSemanticSegmentationDataset(GetterDataset):
    """Label maps of panoptic annotations: rows of ``img`` and ``label`` (H, W) int32, -1 where there is no segment.

    A label is the place of the category in the file. Reads ``annotations/panoptic_SPLIT2017.json`` with its PNGs.

    Args:
        data_dir: see the head of the module.
        split: ``"train"`` or ``"val"``.
    """

    def __init__(self, data_dir: Any = "auto", split: str = "train") -> None:
        super().__init__()
        one_of("split", split, ("train", "val"))
        self._rows = _opened(data_dir, "panoptic", split, split, "2017")
        self._set = "panoptic." if self._rows.has("panoptic.object_id") else ""
        if not self._rows.has("panoptic"):
            raise ValueError(f"{os.fspath(data_dir)}: there is no panoptic picture, and so no label map")
        self.label_names = tuple(self._rows.dataset.classes(self._set.rstrip(".")) or ())
        self.add_getter("img", self._rows.image)
        self.add_getter("label", self._map)

    def __len__(self) -> int:
        return len(self._rows)

    def _map(self, row: int) -> Any:
        ids = np.asarray(self._rows.needed("panoptic", row))
        segments = self._rows.numbers(f"{self._set}object_id", row, np.int64)
        labels = self._rows.numbers(f"{self._set}label", row, np.int32)
        order = np.argsort(segments)
        segments, labels = np.append(segments[order], np.iinfo(np.int64).max), np.append(labels[order], -1)
        at = np.searchsorted(segments, ids)
        return np.where(segments[at] == ids, labels[at], -1).astype(np.int32)
