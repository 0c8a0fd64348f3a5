"""``evaluate``: predictions held against the truth."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, List, Optional, Union

from ._commands import words
from ._lensframe import Dataset, command, open as open_dataset
from .errors import UsageError
from .report import Report

Side = Union[Dataset, str, "os.PathLike[str]"]
Found = Union[Side, List[Dict[str, Any]]]

#: Options with which the program prints something else than a report.
_OTHER = {"list": "`lensframe eval --list` prints them", "keys": "the report's flat() has all numbers by their names"}


def evaluate(gt: Side, pred: Found, metric: str = "coco/bbox", **options: Any) -> Report:
    """Holds predictions against the truth, with the reference tools' numbers to the last bit.

    Args:
        gt: a dataset, or a path: a dataset, ``name.lf#set``, or a file in any known format.
        pred: a path to predictions (COCO results, YOLO text files, CSV, Parquet, ``name.lf#set``, ...), or a dataset; of
            a dataset that is the truth too, ``"#set"`` names the set of predictions; or a list of dicts as COCO's
            results have them (``image_id``, ``category_id``, ``bbox`` or ``segmentation`` or ``keypoints``, ``score``).
        metric: the protocol; ``lensframe eval --list`` tells them all.
        options: those of ``lensframe eval``, as ``bootstrap=True``, ``by="split"``, ``max_dets=[1, 10, 100]``,
            ``match_by="file_name"``, ``corrected=True``.
    """
    import tempfile

    for name, instead in _OTHER.items():
        if options.get(name):
            raise UsageError(f"evaluate gives a report, and takes no {name}: {instead}", kind="Usage")
    with tempfile.TemporaryDirectory(prefix="lensframe-") as folder:
        truth = _stored(gt, os.path.join(folder, "gt.lf"))
        if isinstance(pred, str) and pred.startswith("#"):
            found = truth + pred
        elif isinstance(pred, (list, tuple)):
            found = _written(pred, os.path.join(folder, "results.json"))
        else:
            found = _stored(pred, os.path.join(folder, "pred.lf"))
        return Report.from_json(command(words("eval", gt=truth, pred=found, metric=metric, **options)))


def _stored(side: Side, path: str) -> str:
    """A side as a path: a view is stored for the moment, a whole dataset is where it is."""
    if not isinstance(side, Dataset):
        return os.fspath(side)
    whole = _whole(side)
    if whole is not None:
        return whole
    names = side.keys if isinstance(side.keys, tuple) else (side.keys,)
    light = [name for name in names if name not in ("img", "label_map", "instance_map", "panoptic")]
    side.select(light).save(path, links=True)
    return path


def _whole(side: Dataset) -> Optional[str]:
    """The path and version of a stored dataset of which this is every row and key; ``None`` for other views."""
    try:
        _, (path, version, rows, names, form, *_told) = side.__reduce__()
    except TypeError:  # joins and functions: a view that no path tells of
        return None
    place = f"{path}@{version}"
    if version is None or not path.endswith(".lf") or rows != (0, 1, len(side)) or form == "bare":
        return None
    stored = open_dataset(place)
    return place if len(stored) == len(side) and list(stored.keys) == list(names) else None


def _written(results: Any, path: str) -> str:
    """Results as COCO's file of them."""
    for at, one in enumerate(results):
        if not isinstance(one, dict):
            what = f"result {at} is of type {type(one).__name__}: a result is a dict with image_id, category_id, bbox, score"
            raise UsageError(what, kind="Usage", row=at)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(list(results), file, default=_plain)
    return path


def _plain(value: Any) -> Any:
    """Numbers of NumPy and PyTorch, and the bytes of run lengths, as JSON has them."""
    if isinstance(value, bytes):
        return value.decode("ascii")
    if hasattr(value, "tolist"):
        return value.tolist()
    raise UsageError(f"a result holds a value of type {type(value).__name__}", kind="Usage")
