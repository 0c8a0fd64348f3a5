"""``Evaluator``: predictions held against the truth as they come."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple, Union

from . import _lensframe as native
from .errors import DataError, UsageError
from .report import Report

MAGIC = b"lensframe.Evaluator 1\n"

Classes = Union[int, Sequence[str], "Mapping[int, str]"]


class Evaluator:
    """COCO's protocol over images as they come: ``update``, ``merge``, ``finish``.

    The numbers are those of :func:`lensframe.evaluate` on the same images, to the last bit, whatever the order of updates
    and merges. Boxes and masks are matched in ``update`` and not kept: a detection takes 18 bytes.

    >>> import numpy as np
    >>> evaluator = Evaluator("coco/bbox", classes=["cat", "dog"], layout="xyxy")
    >>> truth = {"boxes": np.array([[0.0, 0, 10, 10]]), "labels": np.array([1])}
    >>> evaluator.update([{**truth, "scores": np.array([0.9])}], [truth], image_ids=["a.jpg"])
    >>> round(evaluator.finish()["AP"], 6)
    1.0

    Args:
        metric: ``"coco/bbox"``, ``"coco/segm"``, ``"coco/boundary"`` or ``"coco/keypoints"``.
        classes: the names of the labels 0, 1, ...; or a dict of labels and names, as COCO's category ids; or a number.
        layout: what the four numbers of a box are: ``"xywh"``, ``"xyxy"``, ``"yxyx"`` or ``"cxcywh"``, in pixels. Without it
            the evaluators of masks do not look at boxes, whose areas are those of detections otherwise.
        repeats: what is done with an image that was given before, as samplers do that make the parts of all processes
            equally long: ``"same"`` counts it once if the same was found on it and refuses it otherwise, ``"first"``
            counts what was given first, ``"never"`` refuses it.
        iou, max_dets, class_agnostic, sigmas, dilation: as in :func:`lensframe.evaluate`.
    """

    def __init__(
        self,
        metric: str = "coco/bbox",
        *,
        classes: Classes,
        layout: Optional[str] = None,
        repeats: str = "same",
        iou: Optional[Sequence[float]] = None,
        max_dets: Optional[Sequence[int]] = None,
        class_agnostic: bool = False,
        sigmas: Optional[Sequence[float]] = None,
        dilation: Optional[float] = None,
    ) -> None:
        if layout not in (None, "xywh", "xyxy", "yxyx", "cxcywh"):
            raise UsageError(f"{layout!r} is no layout of boxes; there are xywh, xyxy, yxyx, cxcywh", kind="Usage")
        if layout is None and metric in ("coco/bbox", "coco/keypoints"):
            raise UsageError("what are the numbers of a box? Say layout=\"xywh\", \"xyxy\", \"yxyx\" or \"cxcywh\"", kind="Usage")
        named = _named(classes)
        self._set(
            {
                "metric": metric,
                "labels": list(named),
                "names": list(named.values()),
                "layout": layout,
                "repeats": repeats,
                "iou": _numbers("iou", iou, float),
                "recalls": None,
                "max_dets": _numbers("max_dets", max_dets, int),
                "class_agnostic": bool(class_agnostic),
                "sigmas": None if sigmas is None else [float(sigma) for sigma in sigmas],
                "dilation": None if dilation is None else float(dilation),
            }
        )

    def _set(self, made: Dict[str, Any], state: Optional[bytes] = None) -> None:
        # Points are counted here only to say where their shape is wrong.
        points = 17 if made["sigmas"] is None else len(made["sigmas"])
        self._stream = native.Stream(made, state)
        self._made = made
        # An update reads its arrays in the library's own time: others wait.
        self._lock = threading.RLock()
        self._points = points if made["metric"] == "coco/keypoints" else 0

    @property
    def metric(self) -> str:
        """The name of the protocol."""
        return str(self._made["metric"])

    @property
    def classes(self) -> Dict[int, str]:
        """Labels and names of the classes."""
        return dict(zip(self._made["labels"], self._made["names"]))

    @property
    def images(self) -> int:
        """The number of images seen."""
        with self._lock:
            return self._stream.images()

    def update(self, preds: Any, targets: Any, image_ids: Optional[Iterable[Any]] = None) -> None:
        """Matches a batch of images. Nothing is kept of a batch that is refused.

        Args:
            preds: a list of dicts, one an image, of arrays, tensors or lists: ``boxes`` (N, 4), ``scores`` (N,), ``labels``
                (N,) whole numbers; ``masks`` (N, H, W), or N dicts of ``size`` and ``counts``; ``keypoints`` (N, K, 2 or 3).
                Or one dict of the same laid one behind the other, with ``offsets`` (B + 1,): where each image begins,
                and the end.
            targets: the truths likewise, without scores; ``area`` (N,) where it is not that of the box or mask, ``iscrowd``
                (N,), ``keypoints`` (N, K, 3) with visibility. Keys may be called as in the rows of a dataset.
            image_ids: an int or str an image; without them each dict of the targets has ``image_id``.
        """
        from ._columns import Side

        key = {"coco/bbox": "boxes", "coco/keypoints": "keypoints"}.get(self.metric, "masks")
        boxes = ["boxes"] if self._made["layout"] is not None and key != "boxes" else []
        found = Side(preds, "preds", [key, "scores", "labels"], boxes, self._points)
        need = [key, "labels"] + (boxes if key == "keypoints" else [])
        truth = Side(targets, "targets", need, [*boxes, "area", "iscrowd"], self._points)
        if len(found) != len(truth):
            raise UsageError(f"preds are of {len(found)} images, targets of {len(truth)}", kind="Length")
        self._known(found)
        self._known(truth)
        ids = self._ids(image_ids, truth)
        with self._lock:
            self._stream.update(ids, truth.native(), found.native(), self._made["layout"] or "xywh")

    def _known(self, side: Any) -> None:
        import numpy as np
        from ._columns import fault

        unknown = ~np.isin(side.columns["labels"], self._made["labels"])
        if unknown.any():
            at = int(np.argmax(unknown))
            label, count = side.columns["labels"][at], len(self._made["labels"])
            raise fault(side.place("labels", at), f"{label} is none of the {count} classes")

    @staticmethod
    def _ids(given: Optional[Iterable[Any]], truth: Any) -> List[Any]:
        from ._columns import fault, image_id

        if given is None and truth.flat:
            given = truth.items[0].get("image_ids")
        if given is not None:
            ids = [image_id(one, f"image_ids[{at}]") for at, one in enumerate(given)]
        else:
            if truth.flat or not all("image_id" in item.keys() for item in truth.items):
                raise fault("image_ids", "none", "give an int or str an image, so that none counts twice")
            ids = [image_id(item["image_id"], f"targets[{at}]['image_id']") for at, item in enumerate(truth.items)]
        if len(ids) != len(truth):
            raise fault("image_ids", f"{len(ids)} for {len(truth)} images")
        return ids

    def merge(self, other: "Evaluator") -> None:
        """Adds what another evaluator, made alike, has seen. Nothing is merged if an image is refused."""
        if not isinstance(other, Evaluator):
            raise UsageError(f"an Evaluator is merged, not {type(other).__name__}; read bytes with from_state", kind="Usage")
        if other is self:
            other = Evaluator.from_state(self.state())
        if other.classes != self.classes:
            raise UsageError("evaluators of other classes cannot be merged", kind="Mismatch")
        with self._lock:
            self._stream.merge(other._stream, 0)

    def state(self) -> bytes:
        """What was seen, and how the evaluator was made, for another process; :meth:`from_state` reads it."""
        with self._lock:
            return MAGIC + json.dumps(self._made).encode() + b"\n" + self._stream.state()

    @classmethod
    def from_state(cls, state: bytes) -> "Evaluator":
        """An evaluator with the state that another one wrote."""
        state = bytes(state)
        header, found, rest = state[len(MAGIC) :].partition(b"\n")
        if not state.startswith(MAGIC) or not found:
            raise DataError("this is no state of an evaluator; take what Evaluator.state() gave", kind="Corrupt")
        own = cls.__new__(cls)
        try:
            own._set(json.loads(header), rest)
            own._made["names"], own._made["layout"]
        except (TypeError, KeyError, OverflowError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise DataError(f"this is no state of an evaluator: {error}", kind="Corrupt") from None
        return own

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self).from_state, (self.state(),)

    def finish(self, title: Optional[str] = None) -> Report:
        """All that the protocol says of the images so far; more may follow."""
        with self._lock:
            return Report.from_json(self._stream.report(self._made["names"], title or self.metric))

    def reset(self) -> None:
        """Forgets all images."""
        self._set(self._made)

    def __repr__(self) -> str:
        return f"<lensframe.Evaluator {self.metric}: {self.images} images, {len(self._made['labels'])} classes>"


def _named(classes: Classes) -> "dict[int, str]":
    """Labels and names, labels ascending."""
    if isinstance(classes, Mapping):
        if not all(isinstance(label, int) and not isinstance(label, bool) and label >= 0 for label in classes):
            raise UsageError("classes: labels are whole numbers, 0 or more", kind="Usage")
        return {label: str(classes[label]) for label in sorted(classes)}
    if isinstance(classes, int) and not isinstance(classes, bool) and classes >= 0:
        return {label: str(label) for label in range(classes)}
    if isinstance(classes, str) or not isinstance(classes, (list, tuple)):
        raise UsageError("classes are names in the order of their labels, a dict of labels and names, or a number", kind="Usage")
    return {label: str(name) for label, name in enumerate(classes)}


def _numbers(option: str, values: Any, kind: type) -> Optional[List[Any]]:
    """The values of an option in ascending order, as the protocols have them."""
    if values is None:
        return None
    try:
        given = [kind(value) for value in ([values] if isinstance(values, (int, float)) else values)]
        if any(value != own for value, own in zip(([values] if isinstance(values, (int, float)) else values), given)):
            raise ValueError("there are others than whole numbers")
    except (TypeError, ValueError) as error:
        raise UsageError(f"{option}: {error}", kind="Usage") from None
    if kind is int and any(not 0 < value < 1 << 32 for value in given):
        raise UsageError(f"{option}: {values} are not all above 0", kind="Usage")
    return sorted(given)
