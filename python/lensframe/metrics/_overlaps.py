"""Overlaps of the cells of a batch, for those who ask torchmetrics for ``ious``."""

from __future__ import annotations

from typing import Any, Dict, List

import numpy as np

from .. import _lensframe as native


def overlaps(truth: dict, found: dict, most: int, is_one_class: bool) -> List[Dict[int, Any]]:
    """An image a dict of labels and (D, G) float32, detections by descending scores; what has only one side is ``[]``."""
    out: List[Dict[int, Any]] = []
    ends = [np.concatenate([[0], np.cumsum(side["counts"])]).tolist() for side in (truth, found)]
    crowd = truth.get("flags", np.zeros(ends[0][-1], np.uint8)) != 0
    for image in range(len(truth["counts"])):
        there, own = (slice(end[image], end[image + 1]) for end in ends)
        labels = [side["labels"][part] * (not is_one_class) for side, part in ((truth, there), (found, own))]
        cells: Dict[int, Any] = {}
        for label in np.intersect1d(*labels).tolist():
            gt = np.flatnonzero(labels[0] == label) + there.start
            dt = np.flatnonzero(labels[1] == label) + own.start
            dt = dt[np.argsort(-found["score"][dt], kind="stable")][:most]
            if "bbox" in truth:
                theirs, ours = (side["bbox"].reshape(-1, 4)[of] for side, of in ((truth, gt), (found, dt)))
                shared = native.box_iou(ours, theirs, crowd[gt].tolist())
            else:
                masks = [[side["masks"][at] for at in of.tolist()] for side, of in ((found, dt), (truth, gt))]
                shared = native.mask_iou(masks[0], masks[1], crowd[gt].tolist())
            cells[label] = shared.astype(np.float32)
        out.append(cells)
    return out
