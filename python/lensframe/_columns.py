"""Predictions and truths of images as flat columns, checked, with the place of what is wrong.

Nothing is computed here: arrays are laid one behind the other, and what cannot be meant is refused.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np

from . import _lensframe as native
from .errors import UsageError

# What a key is called: by torchvision, and by the rows of a dataset.
NAMES = {
    "boxes": ("boxes", "bbox"),
    "labels": ("labels", "label"),
    "scores": ("scores", "score"),
    "masks": ("masks", "segmentation"),
    "keypoints": ("keypoints",),
    "area": ("area",),
    "iscrowd": ("iscrowd", "crowded"),
}
KINDS = {"labels": "iu", "iscrowd": "biuf"}
WORDS = {"iu": "whole numbers", "fiu": "numbers", "biuf": "flags", "biu": "pixels that are 0 or not"}
IDS = range(-(1 << 63), 1 << 63)

Rings = List[Tuple[int, int, bytes]]
Convert = Callable[[np.ndarray], np.ndarray]


def fault(place: str, what: str, remedy: Optional[str] = None) -> UsageError:
    """The error of something that cannot be meant."""
    message = f"{place}: {what}"
    return UsageError(message if remedy is None else f"{message}; {remedy}", kind="Usage", key=place, remedy=remedy)


def numbers(value: Any, place: str, kinds: str = "fiu") -> np.ndarray:
    """An array, a tensor on any device or lists as an array of one of the kinds; an empty one is of any."""
    try:
        if hasattr(value, "detach"):
            value = value.detach().cpu()
            # NumPy does not have it; every value of it is one of float32.
            value = (value.float() if str(value.dtype) == "torch.bfloat16" else value).numpy()
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise fault(place, f"no array: {error}") from None
    if array.size and array.dtype.kind not in kinds:
        raise fault(place, f"{array.dtype} instead of {WORDS[kinds]}")
    return array


def rows(array: np.ndarray, count: int, width: Tuple[int, ...], place: str) -> np.ndarray:
    """The array, if it has this many rows of this width; nothing may be spelt as any empty array."""
    if array.shape == (count, *width):
        return array
    if count == 0 and array.size == 0:
        return np.zeros((0, *width), array.dtype)
    if array.ndim == 1 + len(width) and array.shape[1:] == width:
        raise fault(place, f"{len(array)} for {count} labels")
    shape = ", ".join(["N", *map(str, width)]) + ("" if width else ",")
    raise fault(place, f"shape {array.shape} instead of ({shape})")


def masks(value: Any, count: int, place: str) -> Rings:
    """Masks as run lengths: of planes (N, H, W), or of a list of dicts with ``size`` (H, W) and ``counts``, as COCO has
    them, or ``rle`` or ``polygon``, as the rows of a dataset do."""
    if isinstance(value, (list, tuple)) and value and (value[0] is None or isinstance(value[0], Mapping)):
        coded = [_coded(one, f"{place}[{at}]") for at, one in enumerate(value)]
    else:
        planes = numbers(value, place, "biu")
        if planes.size == 0 and count == 0:
            return []
        if planes.ndim != 3:
            raise fault(place, f"shape {planes.shape} instead of (N, H, W)")
        height, width = planes.shape[1:]
        planes = np.ascontiguousarray((planes != 0).transpose(1, 2, 0)).view(np.uint8)
        coded = [(height, width, text) for text in native.mask_encode(planes)]
    if len(coded) != count:
        raise fault(place, f"{len(coded)} for {count} labels")
    return coded


def _coded(mask: Any, place: str) -> Tuple[int, int, bytes]:
    try:
        height, width = (operator.index(side) for side in mask["size"])
        counts = next((mask[key] for key in ("rle", "counts") if mask.get(key) is not None), None)
        if isinstance(counts, str):
            counts = counts.encode("ascii")
        elif counts is None:
            rings = [[float(number) for number in ring] for ring in mask["polygon"] if len(ring) >= 6]
            parts = [(height, width, bytes(native.mask_of_polygon(ring, height, width))) for ring in rings]
            counts = bytes(native.mask_merge(parts, False))
        elif not isinstance(counts, bytes):
            counts = bytes(native.mask_of_counts([operator.index(n) for n in counts], height, width))
        native.mask_area([(height, width, counts)])
    except Exception as error:
        raise fault(place, f"no mask: {type(error).__name__}: {error}") from None
    return height, width, counts


def image_id(value: Any, place: str) -> Any:
    """An id as int or str; arrays and tensors of one number are that number."""
    if getattr(value, "ndim", None) is not None and hasattr(value, "item"):
        try:
            value = value.item()
        except (ValueError, RuntimeError):
            raise fault(place, "several numbers instead of one id") from None
    if isinstance(value, str):
        return value
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or number not in IDS:
        raise fault(place, f"{value!r} is no id; ids are int or str")
    return number


class Side:
    """One side of a batch of images.

    Args:
        given: a list of dicts, one an image, or one dict of flat arrays with ``offsets`` (B + 1,).
        name: what the side is called in errors.
        need, may: the keys there have to be, and those that are looked at too.
        points: the number of points of an object.
        boxes: what is done with the boxes of an image before they become float64.

    Attributes:
        counts: objects an image, (B,) int64.
        has_tensors: whether labels were PyTorch's.
        columns: the keys that were given, objects image after image: float64, ``labels`` int64, ``iscrowd`` bool,
            ``masks`` a list of (height, width, counts).
    """

    def __init__(
        self,
        given: Any,
        name: str,
        need: Sequence[str],
        may: Sequence[str] = (),
        points: int = 0,
        boxes: Optional[Convert] = None,
    ) -> None:
        self.name, self.items, self.flat = name, given, isinstance(given, Mapping)
        self._widths = {"boxes": (4,), "keypoints": (points, 3)}
        self._boxes, self.has_tensors = boxes, False
        if self.flat:
            self.items = [given]
            if "offsets" not in given:
                raise fault(name, "one dict without 'offsets'", "give a list of dicts, one an image, or offsets")
        elif isinstance(given, (str, bytes)) or not hasattr(given, "__len__") or not hasattr(given, "__getitem__"):
            raise fault(name, f"{type(given).__name__} instead of a list of dicts, one an image")
        found: Dict[str, List[Any]] = {key: [] for key in (*need, *may)}
        counts = []
        for at, item in enumerate(self.items):
            counts.append(self._image(item, name if self.flat else f"{name}[{at}]", need, found))
        self.counts = self._offsets(given["offsets"], counts[0]) if self.flat else np.array(counts, dtype=np.int64)
        wholes = {key: self._whole(key, parts, counts, key in need) for key, parts in found.items()}
        self.columns = {key: whole for key, whole in wholes.items() if whole is not None}
        self._check()

    def __len__(self) -> int:
        return len(self.counts)

    def _image(self, item: Any, place: str, need: Sequence[str], found: Dict[str, List[Any]]) -> int:
        if not hasattr(item, "keys"):
            raise fault(place, f"{type(item).__name__} instead of a dict of arrays")
        labels = self._value(item, "labels")
        if labels is None:
            raise fault(place, "no 'labels'", f"there are: {', '.join(map(str, item.keys()))}")
        self.has_tensors |= hasattr(labels, "detach")
        labels = numbers(labels, f"{place}['labels']", KINDS["labels"])
        count = labels.shape[0] if labels.ndim == 1 else labels.size if labels.size == 0 else -1
        if count < 0:
            raise fault(f"{place}['labels']", f"shape {labels.shape} instead of (N,)")
        for key, values in found.items():
            value = labels if key == "labels" else self._value(item, key)
            where = f"{place}[{key!r}]"
            if value is None:
                if key in need:
                    raise fault(place, f"no {key!r}", f"there are: {', '.join(map(str, item.keys()))}")
                values.append(None)
            elif key == "masks":
                values.append(masks(value, count, where))
            else:
                values.append(self._rows(key, value, count, where))
        return count

    @staticmethod
    def _value(item: Any, key: str) -> Any:
        return next((item[name] for name in NAMES[key] if name in item.keys()), None)

    def _rows(self, key: str, value: Any, count: int, place: str) -> np.ndarray:
        if key in ("area", "iscrowd") and isinstance(value, (list, tuple)):
            # As rows of a dataset have what is not said.
            value = [(np.nan if key == "area" else False) if one is None else one for one in value]
        array = numbers(value, place, KINDS.get(key, "fiu"))
        width = self._widths.get(key, ())
        if key == "keypoints" and array.ndim == 3 and array.shape[1:] == (width[0], 2):
            # Without visibility, as predictions have them: all are there.
            array = np.concatenate([array, np.full((*array.shape[:2], 1), 2, array.dtype)], axis=2)
        array = rows(array, count, width, place)
        return self._boxes(array) if key == "boxes" and self._boxes is not None else array

    def _offsets(self, offsets: Any, count: int) -> np.ndarray:
        place = f"{self.name}['offsets']"
        ends = numbers(offsets, place, "iu")
        if ends.ndim != 1 or len(ends) == 0 or ends[0] != 0 or ends[-1] != count or (ends[1:] < ends[:-1]).any():
            raise fault(place, f"they do not go from 0 to {count} in ascending order, one more than images")
        return np.diff(ends.astype(np.int64))

    def _whole(self, key: str, parts: List[Any], counts: List[int], needed: bool) -> Any:
        """The values of all images, or ``None`` where none has the key."""
        if not needed and all(part is None for part in parts):
            return None
        dtype = {"labels": np.int64, "iscrowd": np.bool_}.get(key, np.float64)
        width = self._widths.get(key, ())
        for at, (part, count) in enumerate(zip(parts, counts)):
            if part is None:
                if count and key not in ("area", "iscrowd"):
                    raise fault(f"{self.name}[{at}]", f"no {key!r}, which other images have")
                parts[at] = [] if key == "masks" else np.full((count, *width), False if key == "iscrowd" else np.nan)
        if key == "masks":
            return [mask for part in parts for mask in part]
        if key == "labels":
            for at, part in enumerate(parts):
                # What is no int64 would become one that is below 0.
                if part.dtype == np.uint64 and part.size and part.max() >= IDS.stop:
                    raise fault(f"{self.name}[{at}]['labels']", f"{part.max()} is no label")
        return np.concatenate([np.zeros((0, *width), dtype), *(part.astype(dtype) for part in parts)])

    def _check(self) -> None:
        """Refuses numbers that are none."""
        wrong: Dict[str, Callable[[np.ndarray], np.ndarray]] = {
            "labels": lambda values: values < 0,
            "boxes": lambda values: ~np.isfinite(values).all(axis=1),
            "keypoints": lambda values: ~np.isfinite(values).all(axis=(1, 2)),
            "scores": np.isnan,
        }
        for key, holds in wrong.items():
            values = self.columns.get(key)
            if values is not None and len(values) and holds(values).any():
                at = int(np.argmax(holds(values)))
                what = {"labels": "a label is 0 or more", "scores": "it is no score"}.get(key, "not all are finite")
                raise fault(self.place(key, at), f"{values[at].tolist()}", what)

    def place(self, key: str, at: int) -> str:
        """Where an object stands in what was given."""
        if self.flat:
            return f"{self.name}[{key!r}][{at}]"
        ends = np.cumsum(self.counts)
        image = int(np.searchsorted(ends, at, side="right"))
        return f"{self.name}[{image}][{key!r}][{at - int(ends[image] - self.counts[image])}]"

    def native(self) -> Dict[str, Any]:
        """The columns as the library takes them."""
        out: Dict[str, Any] = {"counts": self.counts, "labels": self.columns["labels"]}
        for key, name in (("boxes", "bbox"), ("keypoints", "points"), ("scores", "score"), ("area", "area")):
            if key in self.columns:
                out[name] = np.ascontiguousarray(self.columns[key]).reshape(-1)
        if "iscrowd" in self.columns:
            # A crowd is ignored too.
            out["flags"] = self.columns["iscrowd"].astype(np.uint8) * 3
        if "masks" in self.columns:
            out["masks"] = self.columns["masks"]
        return out
