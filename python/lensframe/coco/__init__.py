"""pycocotools by another name: change the import, and the program runs.

``COCO``, ``COCOeval``, ``Params`` and ``mask`` have the names, arguments, printed lines and numbers of pycocotools 2.0.11.
:func:`init_as_pycocotools` puts them in its place, for programs whose imports cannot be changed.
"""

from __future__ import annotations

import sys
import types
from typing import Any

from . import mask
from .coco import COCO
from .cocoeval import COCOeval, Params


__all__ = ["COCO", "COCOeval", "Params", "init_as_pycocotools", "mask"]


def init_as_pycocotools() -> None:
    """Makes ``import pycocotools`` mean this package, in this process and from now on."""
    from . import coco as coco_module, cocoeval as eval_module

    package: Any = types.ModuleType("pycocotools", "lensframe.coco in the place of pycocotools")
    package.__path__ = []  # a package, so that its modules are found
    package.coco, package.cocoeval, package.mask = coco_module, eval_module, mask
    sys.modules["pycocotools"] = package
    sys.modules["pycocotools.coco"] = coco_module
    sys.modules["pycocotools.cocoeval"] = eval_module
    sys.modules["pycocotools.mask"] = mask
