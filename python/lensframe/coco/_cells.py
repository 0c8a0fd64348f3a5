"""What ``COCOeval`` leaves of its cells: entries and overlaps, made when they are asked for."""

from __future__ import annotations

from collections.abc import MutableMapping, MutableSequence
from typing import Any, Iterator, List

import numpy as np

from .. import _lensframe as native
from . import mask as maskUtils

CROWD, IGNORED, NAMELESS = 1, 2, 4


def entry(imgId: Any, catId: Any, aRng: Any, maxDet: Any, dtIds: list, gtIds: list, dtScores: list, ignored: list, who: tuple) -> dict:
    """An entry of ``evalImgs``, of places that say who got whom."""
    truth_of, found_of, left_out = who
    return {
        "image_id": imgId,
        "category_id": catId,
        "aRng": aRng,
        "maxDet": maxDet,
        "dtIds": dtIds,
        "gtIds": gtIds,
        "dtMatches": _named(truth_of, gtIds),
        "gtMatches": _named(found_of, dtIds),
        "dtScores": dtScores,
        "gtIgnore": np.array([int(one) for one in ignored]),
        "dtIgnore": left_out,
    }


def _named(places: Any, ids: list) -> Any:
    """Ids in the place of places, 0 for none. Only ids that somebody got have to be numbers."""
    got = set(places.ravel().tolist()) - {-1}
    if not got:
        return np.zeros(places.shape)
    values = np.zeros(len(ids) + 1)
    for place in got:
        values[place] = ids[place]
    return values[places]


def _column(objects: list, key: str, width: int) -> Any:
    values = np.array([one[key] for one in objects], dtype=np.float64)
    if len(objects) and values.shape != (len(objects), width):
        raise ValueError(f"{key} of other lengths than {width}")
    return values.reshape(-1)


class _Side:
    """One side as columns: objects image after image, class after class, each cell in its own order."""

    def __init__(self, p: Any, cells: Any) -> None:
        images = {img: at for at, img in enumerate(p.imgIds)}
        if p.useCats:
            classes = {cat: at for at, cat in enumerate(p.catIds)}
            own = [(images[img], classes[cat], anns) for (img, cat), anns in cells.items() if img in images and cat in classes]
            own.sort(key=lambda cell: cell[:2])
        else:
            own = [(at, 0, cells[img, cat]) for img, at in images.items() for cat in p.catIds if (img, cat) in cells]
        self.objects = [ann for _, _, anns in own for ann in anns]
        lengths = [len(anns) for _, _, anns in own]
        counts = np.zeros(len(images), dtype=np.int64)
        np.add.at(counts, [image for image, _, _ in own], lengths)
        label = np.repeat(np.array([cat for _, cat, _ in own], dtype=np.uint32), lengths)
        self.ids = [ann["id"] for ann in self.objects]
        self.numbers = np.array(self.ids, dtype=np.float64)
        self.columns = {"counts": counts, "label": label, "area": np.array([ann["area"] for ann in self.objects], dtype=np.float64)}

    def compare(self, kind: str, sigmas: list, is_truth: bool) -> None:
        """Adds what is compared."""
        if kind == "segm":
            self.columns["masks"] = maskUtils._coded([ann["segmentation"] for ann in self.objects])
        elif kind == "bbox":
            self.columns["bbox"] = _column(self.objects, "bbox", 4)
        else:
            self.columns["points"] = _column(self.objects, "keypoints", 3 * len(sigmas))
            if is_truth:
                self.columns["bbox"] = _column(self.objects, "bbox", 4)


def _bits(*flags: Any) -> Any:
    crowd, ignored, nameless = flags
    return (crowd * CROWD | ignored * IGNORED | nameless * NAMELESS).astype(np.uint8)


def similarity(sigmas: list, gts: list, dts: list) -> Any:
    """Object keypoint similarity of detections (rows) with truths (columns)."""
    sides = []
    for objects in (gts, dts):
        sides.append({
            "counts": np.array([len(objects)], dtype=np.int64),
            "label": np.zeros(len(objects), dtype=np.uint32),
            "points": _column(objects, "keypoints", 3 * len(sigmas)),
        })
    sides[0]["bbox"] = _column(gts, "bbox", 4)
    sides[0]["area"] = np.array([gt["area"] for gt in gts], dtype=np.float64)
    return native.coco_oks(sigmas, *sides)


class Cells(MutableSequence):
    """``evalImgs``: an entry a category, area range and image, in this order; ``None`` where there is no object.

    Entries are made when they are asked for, and kept from then on. Changed as a list, it is one.
    """

    def __init__(self, p: Any, gts: Any, dts: Any) -> None:
        """Matches all cells.

        Raises:
            Exception: for objects of which not all can be columns; whoever calls goes from cell to cell then.
        """
        kind = p.iouType
        sigmas = [float(sigma) for sigma in p.kpt_oks_sigmas] if kind == "keypoints" else []
        truth, found = _Side(p, gts), _Side(p, dts)
        crowd = np.array([int(gt["iscrowd"]) != 0 for gt in truth.objects], dtype=bool)
        ignored = np.array([bool(gt["ignore"]) for gt in truth.objects], dtype=bool)
        if (crowd & ~ignored).any():
            raise ValueError("a crowd that counts")
        if not (found.numbers > 0).all():
            raise ValueError("a detection whose id is not above 0")
        truth.columns["flags"] = _bits(crowd, ignored, truth.numbers == 0)
        self._scores = [dt["score"] for dt in found.objects]
        found.columns["score"] = np.array(self._scores, dtype=np.float64)
        truth.compare(kind, sigmas, True)
        found.compare(kind, sigmas, False)
        self.images = list(p.imgIds)
        self.classes = list(p.catIds) if p.useCats else [-1]
        self.ranges, self.caps = list(p.areaRng), list(p.maxDets)
        self.thresholds = len(p.iouThrs)
        self.matched = native.coco_match(
            kind, sigmas, len(self.classes), [float(t) for t in p.iouThrs],
            [(float(low), float(high)) for low, high in self.ranges], self.caps, truth.columns, found.columns,
        )
        self._gt_ids, self._dt_ids = truth.ids, found.ids
        self._seen: dict = {}
        self._list: Any = None

    @property
    def untouched(self) -> bool:
        """True as long as nobody can have changed an entry."""
        return self._list is None and not self._seen

    def entry(self, at: int) -> Any:
        """The entry at a place, not kept."""
        if self._list is not None:
            return self._list[at]
        if at in self._seen:
            return self._seen[at]
        at, image = divmod(at, len(self.images))
        cat, area = divmod(at, len(self.ranges))
        cell = self.matched.cell(image, cat, area)
        if cell is None:
            return None
        truths, ignored, found, who = cell
        gt_ids, dt_ids = [self._gt_ids[one] for one in truths], [self._dt_ids[one] for one in found]
        scores = [self._scores[one] for one in found]
        place = (self.images[image], self.classes[cat], self.ranges[area], self.caps[-1])
        return entry(*place, dt_ids, gt_ids, scores, ignored, who)

    def __len__(self) -> int:
        if self._list is not None:
            return len(self._list)
        return len(self.images) * len(self.classes) * len(self.ranges)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        at = at.__index__()
        at = at + len(self) if at < 0 else at
        if not 0 <= at < len(self):
            raise IndexError("list index out of range")
        if self._list is not None:
            return self._list[at]
        own = self._seen[at] = self.entry(at)
        return own

    def _as_list(self) -> List[Any]:
        if self._list is None:
            self._list = list(self)
        return self._list

    def __setitem__(self, at: Any, value: Any) -> None:
        self._as_list()[at] = value

    def __delitem__(self, at: Any) -> None:
        del self._as_list()[at]

    def insert(self, at: int, value: Any) -> None:
        self._as_list().insert(at, value)

    def __add__(self, other: Any) -> List[Any]:
        return list(self) + list(other)

    def __radd__(self, other: Any) -> List[Any]:
        return list(other) + list(self)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        out = np.empty(len(self), dtype=object)
        out[:] = list(self)
        return out if dtype is None else out.astype(dtype)

    def __repr__(self) -> str:
        return repr(list(self))

    def __reduce__(self) -> Any:
        return list, (list(self),)


class Overlaps(MutableMapping):
    """``ious``: overlaps by image and category, made when they are asked for."""

    def __init__(self, images: list, classes: list, make: Any) -> None:
        self._cells = {(img, cat): None for img in images for cat in classes}
        self._make = make
        self._made: dict = {}

    def __getitem__(self, key: Any) -> Any:
        if key not in self._made:
            if key not in self._cells:
                raise KeyError(key)
            self._made[key] = self._make(*key)
        return self._made[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._cells[key] = None
        self._made[key] = value

    def __delitem__(self, key: Any) -> None:
        del self._cells[key]
        self._made.pop(key, None)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> Any:
        return dict, (dict(self),)
