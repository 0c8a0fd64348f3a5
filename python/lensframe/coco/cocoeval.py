"""``COCOeval``: COCO's average precision and recall of boxes, masks and points, with pycocotools' names and bits.

All images are matched in one go. Where a program has put a method of its own in the place of ``computeIoU``,
``computeOks`` or ``evaluateImg``, it is called for every cell instead, and what it gives is what is counted on with.
"""

from __future__ import annotations

import copy
import datetime
import time
from collections import defaultdict
from typing import Any, List

import numpy as np

from .. import _lensframe as native
from ..errors import LensframeError
from . import mask as maskUtils
from ._cells import CROWD, IGNORED, NAMELESS, Cells, Overlaps, entry, similarity

__all__ = ["COCOeval", "Params"]


class COCOeval:
    """Results held against the truth: ``evaluate()``, ``accumulate()``, ``summarize()``.

    Attributes: ``params`` may be changed before each step. ``evalImgs`` has an entry a category, area range and image;
    ``eval`` the arrays ``precision`` and ``scores`` (T × R × K × A × M) and ``recall`` (T × K × A × M), −1 where there
    is no truth; ``stats`` the numbers that ``summarize`` prints; ``ious`` the overlaps by image and category.
    """

    def __init__(self, cocoGt: Any = None, cocoDt: Any = None, iouType: Any = "segm") -> None:
        if not iouType:
            print("iouType not specified. use default iouType segm")
        self.cocoGt, self.cocoDt = cocoGt, cocoDt
        self.evalImgs: Any = defaultdict(list)
        self.eval: dict = {}
        self._gts: Any = defaultdict(list)
        self._dts: Any = defaultdict(list)
        self.params = Params(iouType=iouType)
        self._paramsEval: Any = {}
        self.stats: Any = []
        self.ious: Any = {}
        if cocoGt is not None:
            self.params.imgIds = sorted(cocoGt.getImgIds())
            self.params.catIds = sorted(cocoGt.getCatIds())

    def _prepare(self) -> None:
        """Sorts annotations into ``_gts`` and ``_dts`` by image and category, says which are ignored, draws masks."""
        p = self.params
        chosen = {"imgIds": p.imgIds, "catIds": p.catIds} if p.useCats else {"imgIds": p.imgIds}
        sides = []
        for coco in (self.cocoGt, self.cocoDt):
            sides.append(coco.loadAnns(coco.getAnnIds(**chosen)))
        if p.iouType == "segm":
            for coco, anns in zip((self.cocoGt, self.cocoDt), sides):
                for ann in anns:
                    ann["segmentation"] = coco.annToRLE(ann)
        truth, found = sides
        for gt in truth:
            # What the file says of it itself does not count.
            gt["ignore"] = "iscrowd" in gt and gt["iscrowd"]
            if p.iouType == "keypoints":
                gt["ignore"] = (gt["num_keypoints"] == 0) or gt["ignore"]
        self._gts, self._dts = defaultdict(list), defaultdict(list)
        for cells, anns in ((self._gts, truth), (self._dts, found)):
            for ann in anns:
                cells[ann["image_id"], ann["category_id"]].append(ann)
        self.evalImgs, self.eval = defaultdict(list), {}

    def evaluate(self) -> None:
        """Matches results with truths, image by image and category by category."""
        started = time.time()
        print("Running per image evaluation...")
        p = self.params
        if p.useSegm is not None:
            p.iouType = "segm" if p.useSegm == 1 else "bbox"
            print(f"useSegm (deprecated) is not None. Running {p.iouType} evaluation")
        print(f"Evaluate annotation type *{p.iouType}*")
        p.imgIds = list(np.unique(p.imgIds))
        if p.useCats:
            p.catIds = list(np.unique(p.catIds))
        p.maxDets = sorted(p.maxDets)
        self._prepare()
        cells = self._matched()
        if cells is None:
            self._one_by_one()
            self._paramsEval = copy.deepcopy(self.params)
        else:
            asked = self._paramsEval = copy.deepcopy(self.params)
            own = self._points if p.iouType == "keypoints" else self._regions
            self.ious = Overlaps(cells.images, cells.classes, lambda img, cat: own(asked, img, cat))
            self.evalImgs = cells
        print(f"DONE (t={time.time() - started:0.2f}s).")

    def _matched(self) -> Any:
        """All cells in one go; ``None`` where they have to be gone through one by one."""
        p = self.params
        replaced = any(
            name in self.__dict__ or getattr(type(self), name) is not own for name, own in _OWN.items()
        )
        plain = all(type(cells) in (dict, defaultdict) for cells in (self._gts, self._dts))
        # Points without categories are never compared in the reference: it looks for a category −1.
        if replaced or not plain or (p.iouType == "keypoints" and not p.useCats):
            return None
        try:
            return Cells(p, self._gts, self._dts)
        except (LensframeError, AttributeError, KeyError, OverflowError, TypeError, ValueError):
            return None  # Cell by cell this raises what it would there, or there is a number after all.

    def _one_by_one(self) -> None:
        p = self.params
        cats = p.catIds if p.useCats else [-1]
        if p.iouType in ("segm", "bbox"):
            compute = self.computeIoU
        elif p.iouType == "keypoints":
            compute = self.computeOks
        else:
            raise Exception("unknown iouType for iou computation")
        self.ious = {(img, cat): compute(img, cat) for img in p.imgIds for cat in cats}
        most = p.maxDets[-1]
        self.evalImgs = [
            self.evaluateImg(img, cat, area, most) for cat in cats for area in p.areaRng for img in p.imgIds
        ]

    def _cell(self, p: Any, imgId: Any, catId: Any) -> Any:
        """The truths and detections of a cell; without categories those of all."""
        if p.useCats:
            return self._gts[imgId, catId], self._dts[imgId, catId]
        return tuple([ann for cat in p.catIds for ann in cells[imgId, cat]] for cells in (self._gts, self._dts))

    def computeIoU(self, imgId: Any, catId: Any) -> Any:
        """Overlaps of boxes or masks of a cell: detections, best first, by truths."""
        return self._regions(self.params, imgId, catId)

    def _regions(self, p: Any, imgId: Any, catId: Any) -> Any:
        gt, dt = self._cell(p, imgId, catId)
        if len(gt) == 0 and len(dt) == 0:
            return []
        dt = _best(dt, p.maxDets[-1])
        if p.iouType not in ("segm", "bbox"):
            raise Exception("unknown iouType for iou computation")
        key = "segmentation" if p.iouType == "segm" else "bbox"
        crowd = [int(one["iscrowd"]) for one in gt]
        return maskUtils.iou([one[key] for one in dt], [one[key] for one in gt], crowd)

    def computeOks(self, imgId: Any, catId: Any) -> Any:
        """Object keypoint similarity of a cell: detections, best first, by truths."""
        return self._points(self.params, imgId, catId)

    def _points(self, p: Any, imgId: Any, catId: Any) -> Any:
        gts, dts = self._gts[imgId, catId], self._dts[imgId, catId]
        dts = _best(dts, p.maxDets[-1])
        if len(gts) == 0 or len(dts) == 0:
            return []
        return similarity([float(sigma) for sigma in p.kpt_oks_sigmas], gts, dts)

    def evaluateImg(self, imgId: Any, catId: Any, aRng: Any, maxDet: Any) -> Any:
        """Matches one cell in one area range: an entry of ``evalImgs``, or ``None`` without an object."""
        p = self.params
        gt, dt = self._cell(p, imgId, catId)
        if len(gt) == 0 and len(dt) == 0:
            return None

        def outside(one: dict) -> bool:
            return one["area"] < aRng[0] or one["area"] > aRng[1]

        for one in gt:
            one["_ignore"] = 1 if one["ignore"] or outside(one) else 0
        order = np.argsort([one["_ignore"] for one in gt], kind="mergesort")
        gt, dt = [gt[at] for at in order], _best(dt, maxDet)
        ious = self.ious[imgId, catId]
        ious = ious[: len(dt), order] if len(ious) > 0 else np.zeros(0)
        ignored = [one["_ignore"] for one in gt]
        truth_flags = [
            (int(one["iscrowd"]) != 0) * CROWD | own * IGNORED | (one["id"] == 0) * NAMELESS
            for one, own in zip(gt, ignored)
        ]
        found_flags = [outside(one) * IGNORED | _is_nameless(one["id"]) * NAMELESS for one in dt]
        ious = np.asarray(ious, dtype=np.float64).reshape(-1)
        who = native.coco_assign(ious, truth_flags, found_flags, [float(t) for t in p.iouThrs])
        dt_ids, gt_ids = [one["id"] for one in dt], [one["id"] for one in gt]
        return entry(imgId, catId, aRng, maxDet, dt_ids, gt_ids, [one["score"] for one in dt], ignored, who)

    def accumulate(self, p: Any = None) -> None:
        """Makes the curves of ``evalImgs``: ``eval``. Other parameters choose among what was evaluated."""
        print("Accumulating evaluation results...")
        started = time.time()
        if not self.evalImgs:
            print("Please run evaluate() first")
        p = self.params if p is None else p
        p.catIds = p.catIds if p.useCats == 1 else [-1]
        T, R, A, M = len(p.iouThrs), len(p.recThrs), len(p.areaRng), len(p.maxDets)
        K = len(p.catIds) if p.useCats else 1
        precision, recall, scores = (-np.ones(shape) for shape in ((T, R, K, A, M), (T, K, A, M), (T, R, K, A, M)))
        for part, own in self._curves(p):
            for whole, values in zip((precision, recall, scores), own):
                of = whole[(slice(values.shape[0]), *(slice(None),) * (whole.ndim - 4), *part)]
                if values.shape[0] > T:
                    raise IndexError(f"index {T} is out of bounds for axis 0 with size {T}")
                of[...] = values
        self.eval = {
            "params": p,
            "counts": [T, R, K, A, M],
            "date": datetime.datetime.now().strftime("%Y-%m-%d %H:%M:%S"),
            "precision": precision,
            "recall": recall,
            "scores": scores,
        }
        print(f"DONE (t={time.time() - started:0.2f}s).")

    def _curves(self, p: Any) -> Any:
        """Parts of K, A and M, and what precision, recall and scores are there."""
        asked = self._paramsEval
        cats: Any = set(asked.catIds if asked.useCats else [-1])
        areas: Any = set(map(tuple, asked.areaRng))
        caps: Any = set(asked.maxDets)
        images: Any = set(asked.imgIds)
        # Places among what is asked for now are places among what was evaluated: so it is in the reference.
        cats = [at for at, cat in enumerate(p.catIds) if cat in cats]
        areas = [at for at, area in enumerate(map(tuple, p.areaRng)) if area in areas]
        images = [at for at, img in enumerate(p.imgIds) if img in images]
        caps = [cap for cap in p.maxDets if cap in caps]
        per_class, per_range = len(asked.areaRng) * len(asked.imgIds), len(asked.imgIds)
        if not (cats and areas and caps):
            return
        cells = self.evalImgs
        recalls = [float(recall) for recall in p.recThrs]
        if isinstance(cells, Cells):
            grid = [list(range(len(of))) for of in (cells.classes, cells.ranges, cells.images)]
            evaluated = [len(cells.ranges), len(cells.images)] == [len(asked.areaRng), len(asked.imgIds)]
            if cells.untouched and evaluated and [cats, areas, images] == grid and caps == cells.caps:
                try:
                    own = cells.matched.tensors(recalls)
                    yield (slice(len(cats)), slice(len(areas)), slice(len(caps))), own
                    return
                except LensframeError:
                    pass  # Points of recall in no order: those are read one curve after the other.
        get = cells.entry if isinstance(cells, Cells) else cells.__getitem__
        for k, cat in enumerate(cats):
            for a, area in enumerate(areas):
                entries = [get(cat * per_class + area * per_range + image) for image in images]
                own = _curve([one for one in entries if one is not None], recalls, caps)
                if own is not None:
                    yield (slice(k, k + 1), slice(a, a + 1), slice(len(caps))), own

    def summarize(self) -> None:
        """Prints the twelve numbers (ten of points) and keeps them as ``stats``."""
        if not self.eval:
            raise Exception("Please run accumulate() first")
        if self.params.iouType in ("segm", "bbox"):
            lines, caps = _LINES, self.params.maxDets
        elif self.params.iouType == "keypoints":
            lines, caps = _POINT_LINES, None
        else:
            raise Exception("unknown iouType for iou computation")
        stats = np.zeros(len(lines))
        for at, (is_precision, iou, area, cap) in enumerate(lines):
            # The headline is of 100 detections whatever the caps are.
            most = cap if caps is None or cap == 100 else caps[cap]
            stats[at] = self._quote(is_precision, iou, area, most)
        self.stats = stats

    def _quote(self, is_precision: bool, iou: Any, area: str, most: Any) -> Any:
        p = self.params
        values = self.eval["precision" if is_precision else "recall"]
        if iou is not None:
            values = values[np.where(iou == p.iouThrs)[0]]
        areas = [at for at, label in enumerate(p.areaRngLbl) if label == area]
        caps = [at for at, cap in enumerate(p.maxDets) if cap == most]
        values = values[..., areas, caps]
        values = values[values > -1]
        mean = np.mean(values) if len(values) else -1
        title = "Average Precision" if is_precision else "Average Recall"
        short = "(AP)" if is_precision else "(AR)"
        at = f"{p.iouThrs[0]:0.2f}:{p.iouThrs[-1]:0.2f}" if iou is None else f"{iou:0.2f}"
        print(f" {title:<18} {short} @[ IoU={at:<9} | area={area:>6s} | maxDets={most:>3d} ] = {mean:0.3f}")
        return mean

    def __str__(self) -> str:
        """Prints the numbers. There this is all it does, and ``str()`` fails on it."""
        self.summarize()
        return ""


def _best(dt: list, most: Any) -> list:
    """Detections from high scores to low, no more than so many."""
    return [dt[at] for at in np.argsort([-one["score"] for one in dt], kind="mergesort")[:most]]


def _is_nameless(id: Any) -> bool:
    """Ids that are not above 0 hold no truth; those that are no numbers fail only where they are stored."""
    try:
        return not float(id) > 0
    except (TypeError, ValueError):
        return False


def _curve(entries: List[dict], recalls: List[float], caps: List[int]) -> Any:
    """The curves of the entries of a category and area range; ``None`` without truths that count."""
    if not entries:
        return None
    truths = int(np.count_nonzero(np.concatenate([one["gtIgnore"] for one in entries]) == 0))
    if truths == 0:
        return None
    matched = np.concatenate([np.asarray(one["dtMatches"]) for one in entries], axis=1) != 0
    left_out = np.concatenate([np.asarray(one["dtIgnore"]) for one in entries], axis=1) != 0
    scores = np.concatenate([np.asarray(one["dtScores"], dtype=np.float64) for one in entries])
    counts = [len(one["dtScores"]) for one in entries]
    own = native.coco_curves(
        counts, scores, matched.reshape(-1), left_out.reshape(-1), truths, len(matched), recalls, caps
    )
    precision, recall, scores = own
    return precision[:, :, None, None], recall[:, None, None], scores[:, :, None, None]


# Precision or recall, threshold, area, and the place of the cap among three (100: itself).
_LINES = [
    (True, None, "all", 100), (True, 0.5, "all", 2), (True, 0.75, "all", 2),
    (True, None, "small", 2), (True, None, "medium", 2), (True, None, "large", 2),
    (False, None, "all", 0), (False, None, "all", 1), (False, None, "all", 2),
    (False, None, "small", 2), (False, None, "medium", 2), (False, None, "large", 2),
]
# The same of points, whose cap is 20.
_POINT_LINES = [
    (is_precision, iou, area, 20) for is_precision in (True, False)
    for iou, area in ((None, "all"), (0.5, "all"), (0.75, "all"), (None, "medium"), (None, "large"))
]


class Params:
    """What is evaluated: images, categories, thresholds, points of recall, caps, area ranges. All may be changed."""

    def __init__(self, iouType: Any = "segm") -> None:
        if iouType in ("segm", "bbox"):
            self.setDetParams()
        elif iouType == "keypoints":
            self.setKpParams()
        else:
            raise Exception("iouType not supported")
        self.iouType = iouType
        self.useSegm = None

    def setDetParams(self) -> None:
        """The parameters of boxes and masks."""
        self._common()
        self.maxDets = [1, 10, 100]
        self.areaRng = [[0, 1e10], [0, 32**2], [32**2, 96**2], [96**2, 1e10]]
        self.areaRngLbl = ["all", "small", "medium", "large"]

    def setKpParams(self) -> None:
        """The parameters of points."""
        self._common()
        self.maxDets = [20]
        self.areaRng = [[0, 1e10], [32**2, 96**2], [96**2, 1e10]]
        self.areaRngLbl = ["all", "medium", "large"]
        tenths = [.26, .25, .25, .35, .35, .79, .79, .72, .72, .62, .62, 1.07, 1.07, .87, .87, .89, .89]
        self.kpt_oks_sigmas = np.array(tenths) / 10.0

    def _common(self) -> None:
        self.imgIds: Any = []
        self.catIds: Any = []
        self.iouThrs: Any = np.linspace(0.5, 0.95, 10)
        self.recThrs: Any = np.linspace(0.0, 1.0, 101)
        self.useCats: Any = 1


# Methods in whose place a program may have put its own.
_OWN = {name: getattr(COCOeval, name) for name in ("computeIoU", "computeOks", "evaluateImg")}
