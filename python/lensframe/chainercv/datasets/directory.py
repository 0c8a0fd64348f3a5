"""A class a folder: :class:`DirectoryParsingLabelDataset`."""

from __future__ import annotations

import os
from typing import Any, Callable, List, Optional

import numpy as np

from ..sliceable import GetterDataset
from ..utils.image import read_image

_ENDINGS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp")


def _is_image(path: str) -> bool:
    return os.path.splitext(path)[1].lower() in _ENDINGS


def directory_parsing_label_names(root: Any, numerical_sort: bool = False) -> List[str]:
    """The folders below ``root`` in order: the names of classes, whose places are labels.

    Args:
        numerical_sort: they are whole numbers, and 2 comes before 10.
    """
    names = [entry.name for entry in os.scandir(root) if entry.is_dir()]
    if not numerical_sort:
        return sorted(names)
    odd = [name for name in names if not name.lstrip("-").isdecimal()]
    if odd:
        raise ValueError(f"{os.fspath(root)}: the folder {odd[0]!r} is no number; numerical_sort wants numbers")
    return sorted(names, key=int)


class DirectoryParsingLabelDataset(GetterDataset):
    """Images whose class is the folder below ``root`` they are in, however deep: rows of ``img`` (C, H, W) float32 and ``label``,
    an int32.

    Attributes: ``img_paths``, a list of paths, and ``labels``, (N,) int32. Folders come in the order of their paths, files in
    that of their names.

    Args:
        root: the folder of folders; files right below it are not looked at.
        check_img_file: says of a path whether it is an image; by default endings of images do.
        color: RGB, or one channel of luma.
        numerical_sort: as in :func:`directory_parsing_label_names`.
    """

    def __init__(
        self, root: Any, check_img_file: Optional[Callable[[str], bool]] = None, color: bool = True, numerical_sort: bool = False,
    ) -> None:
        super().__init__()
        self.color = color
        self.img_paths: List[str] = []
        labels: List[int] = []
        is_image = check_img_file or _is_image
        for label, name in enumerate(directory_parsing_label_names(root, numerical_sort)):
            folders = sorted(os.walk(os.path.join(os.fspath(root), name)), key=lambda entry: entry[0])
            paths = (os.path.join(folder, file) for folder, _, files in folders for file in sorted(files))
            found = [path for path in paths if is_image(path)]
            self.img_paths.extend(found)
            labels.extend([label] * len(found))
        self.labels = np.array(labels, dtype=np.int32)
        self.add_getter("img", self._image)
        self.add_getter("label", self._label)

    def __len__(self) -> int:
        return len(self.img_paths)

    def _image(self, row: int) -> Any:
        return read_image(self.img_paths[row], color=self.color)

    def _label(self, row: int) -> Any:
        return self.labels[row]
