"""Caltech-UCSD Birds 200-2011: :class:`CUBLabelDataset`, :class:`CUBKeypointDataset`."""

from __future__ import annotations

import os
from typing import Any, Dict, List, Tuple

import numpy as np

from ..sliceable import GetterDataset
from ..utils.image import read_image, read_label
from .place import lines, place


class _Birds(GetterDataset):
    """A bird an image."""

    def __init__(self, data_dir: Any, prob_map_dir: Any) -> None:
        super().__init__()
        self._root = place(data_dir, "cub")
        inner = os.path.join(self._root, "CUB_200_2011")
        self._root = inner if os.path.isdir(inner) else self._root
        if os.fspath(prob_map_dir) == "auto":
            prob_map_dir = os.path.join(os.path.dirname(self._root), "segmentations")
        ids, names = zip(*self._fields("images.txt"))
        self._place = {number: row for row, number in enumerate(ids)}
        self.paths = [os.path.join(self._root, "images", name) for name in names]
        self.prob_map_paths = [os.path.join(os.fspath(prob_map_dir), os.path.splitext(name)[0] + ".png") for name in names]
        x, y, width, height = np.array([line[1:5] for line in self._ordered("bounding_boxes.txt")], dtype=np.float64).T
        self.bbs = np.stack((y, x, y + height, x + width), axis=1).astype(np.float32)

    def __len__(self) -> int:
        return len(self.paths)

    def _fields(self, name: str) -> List[List[str]]:
        return [line.split() for line in lines(os.path.join(self._root, name))]

    def _ordered(self, name: str) -> List[List[str]]:
        """The lines of a file, one an image, in the order of images."""
        own: Dict[str, List[str]] = {line[0]: line for line in self._fields(name)}
        missing = [number for number in self._place if number not in own]
        if missing:
            raise ValueError(f"{os.path.join(self._root, name)}: there is no line of image {missing[0]}")
        return [own[number] for number in self._place]

    def _more(self, return_bbox: bool, return_prob_map: bool, keys: Tuple[str, ...]) -> None:
        self.add_getter("bbox", self._box)
        self.add_getter("prob_map", self._likely)
        self.keys = keys + ("bbox",) * return_bbox + ("prob_map",) * return_prob_map

    def _image(self, row: int) -> Any:
        return read_image(self.paths[row])

    def _box(self, row: int) -> Any:
        return self.bbs[row : row + 1]

    def _likely(self, row: int) -> Any:
        return read_label(self.prob_map_paths[row]).astype(np.float32) / 255


class CUBLabelDataset(_Birds):
    """Species: rows of ``img``, ``label``, an int32 of 200, and as asked for ``bbox`` (1, 4) float32 and ``prob_map`` (H, W) float32, how
    likely a pixel is bird.

    Args:
        data_dir: has ``CUB_200_2011``, or is that folder.
        return_bbox, return_prob_map: also the box, and the map.
        prob_map_dir: where the maps lie; by default ``segmentations`` beside ``CUB_200_2011``.
    """

    def __init__(
        self, data_dir: Any = "auto", return_bbox: bool = False, prob_map_dir: Any = "auto", return_prob_map: bool = False,
    ) -> None:
        super().__init__(data_dir, prob_map_dir)
        self._labels = np.array([int(line[1]) - 1 for line in self._ordered("image_class_labels.txt")], dtype=np.int32)
        self.add_getter("img", self._image)
        self.add_getter("label", self._label)
        self._more(return_bbox, return_prob_map, ("img", "label"))

    def _label(self, row: int) -> Any:
        return self._labels[row]


class CUBKeypointDataset(_Birds):
    """Parts of birds: rows of ``img``, ``point`` (1, 15, 2) float32, y and x, ``visible`` (1, 15) bool, and as asked for ``bbox`` and
    ``prob_map``. A point outside of its image is not visible, and so these three are read together.

    Arguments as :class:`CUBLabelDataset`.
    """

    def __init__(
        self, data_dir: Any = "auto", return_bbox: bool = False, prob_map_dir: Any = "auto", return_prob_map: bool = False,
    ) -> None:
        super().__init__(data_dir, prob_map_dir)
        parts: Dict[str, List[List[str]]] = {number: [] for number in self._place}
        for line in self._fields(os.path.join("parts", "part_locs.txt")):
            if line[0] in parts:
                parts[line[0]].append(line[2:5])
        # x, y, whether it is seen.
        self._parts = [np.array(parts[number], dtype=np.float32).reshape(-1, 3) for number in self._place]
        self.add_getter(("img", "point", "visible"), self._points)
        self._more(return_bbox, return_prob_map, ("img", "point", "visible"))

    def _points(self, row: int) -> Tuple[Any, Any, Any]:
        img = self._image(row)
        point = self._parts[row][:, 1::-1].copy()
        inside = ((point >= 0) & (point <= img.shape[1:])).all(axis=1)
        return img, point[None], ((self._parts[row][:, 2] != 0) & inside)[None]
