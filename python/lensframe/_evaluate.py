"""``evaluate``: predictions held against the truth."""

from __future__ import annotations

import os
from typing import Any, Union

from ._commands import words
from ._lensframe import Dataset, command
from .report import Report

Side = Union[Dataset, str, "os.PathLike[str]"]


def evaluate(gt: Side, pred: Side, metric: str = "coco/bbox", **options: Any) -> Report:
    """Holds predictions against the truth, with the reference tools' numbers to the last bit.

    Args:
        gt: a dataset, or a path: a dataset, ``name.lf#set``, or a file in any known format.
        pred: a path to predictions (COCO results, YOLO text files, CSV, Parquet, ``name.lf#set``, ...), or a dataset; of
            a dataset that is the truth too, ``"#set"`` names the set of predictions.
        metric: the protocol; ``lensframe eval --list`` tells them all.
        options: those of ``lensframe eval``, as ``bootstrap=True``, ``by="split"``, ``max_dets=[1, 10, 100]``,
            ``match_by="file_name"``, ``corrected=True``.
    """
    import tempfile

    with tempfile.TemporaryDirectory(prefix="lensframe-") as folder:
        truth = _stored(gt, os.path.join(folder, "gt.lf"))
        if isinstance(pred, str) and pred.startswith("#"):
            found = truth + pred
        else:
            found = _stored(pred, os.path.join(folder, "pred.lf"))
        return Report.from_json(command(words("eval", gt=truth, pred=found, metric=metric, **options)))


def _stored(side: Side, path: str) -> str:
    """A side as a path: a view is stored for the moment."""
    if not isinstance(side, Dataset):
        return os.fspath(side)
    light = [name for name in side.keys if name not in ("img", "label_map", "instance_map", "panoptic")]
    side.select(light).save(path, links=True)
    return path
