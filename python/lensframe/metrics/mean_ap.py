"""``MeanAveragePrecision`` as torchmetrics 1.9 has it, with the numbers it gives by pycocotools."""

from __future__ import annotations

import copy
import sys
import warnings
from collections.abc import Sequence
from typing import Any, Dict, List, Optional, Set, Tuple, Union

import numpy as np

from .. import _lensframe as native
from .._columns import Side
from ..errors import LensframeWarning, UsageError
from ._overlaps import overlaps

FORMATS = ("xyxy", "xywh", "cxcywh")
# What torchmetrics' metrics take beside their own; of these only the ones that choose who is asked are heard.
COMMON = (
    "compute_on_cpu", "dist_sync_on_step", "process_group", "dist_sync_fn",
    "distributed_available_fn", "sync_on_compute", "compute_with_cache",
)
KEYS = ("map", "map_50", "map_75", "map_small", "map_medium", "map_large", "mar_{}", "mar_{}", "mar_{}",
        "mar_small", "mar_medium", "mar_large")


class MeanAveragePrecision:
    """Mean average precision and recall of boxes and masks.

    Arguments, keys and numbers are those of torchmetrics; boxes and masks are matched in ``update`` and not kept. Tensors
    in give tensors out; arrays and lists in give NumPy. What torchmetrics refuses in ``compute`` is refused in ``update``,
    with its place.

    >>> import numpy as np
    >>> metric = MeanAveragePrecision()
    >>> truth = {"boxes": np.array([[0.0, 0, 10, 10]]), "labels": np.array([1])}
    >>> metric.update([{**truth, "scores": np.array([0.9])}], [truth])
    >>> float(metric.compute()["map"])
    1.0

    Args:
        box_format: ``"xyxy"``, ``"xywh"`` or ``"cxcywh"``, in pixels.
        iou_type: ``"bbox"``, ``"segm"``, or a tuple of both, whose keys begin with ``bbox_`` and ``segm_``. With ``"segm"``
            alone images without a true mask are left out, as in torchmetrics.
        iou_thresholds: overlaps, 0.5 to 0.95 by 0.05 otherwise.
        rec_thresholds: points of recall, ascending; 0 to 1 by 0.01 otherwise.
        max_detection_thresholds: three numbers of detections an image and class, 1, 10, 100 otherwise. ``map`` is of 100, as
            in pycocotools, and -1 where that is none of them.
        class_metrics: also ``map_per_class`` and ``mar_{last}_per_class``.
        extended_summary: also ``ious``, ``precision`` (T, R, K, A, M), ``recall`` (T, K, A, M), ``scores`` as precision.
        average: ``"macro"``, or ``"micro"``: all objects of one class.
        backend: taken for torchmetrics' sake.
    """

    is_differentiable = False
    higher_is_better = True
    full_state_update = True

    def __init__(
        self,
        box_format: str = "xyxy",
        iou_type: Union[str, Tuple[str, ...]] = "bbox",
        iou_thresholds: Optional[List[float]] = None,
        rec_thresholds: Optional[List[float]] = None,
        max_detection_thresholds: Optional[List[int]] = None,
        class_metrics: bool = False,
        extended_summary: bool = False,
        average: str = "macro",
        backend: str = "pycocotools",
        **kwargs: Any,
    ) -> None:
        unknown = [name for name in kwargs if name not in COMMON]
        if unknown:
            raise UsageError(f"unexpected keyword arguments: {', '.join(unknown)}", kind="Usage")
        _one_of("box_format", box_format, FORMATS)
        _one_of("average", average, ("macro", "micro"))
        _one_of("backend", backend, ("pycocotools", "faster_coco_eval"))
        types = (iou_type,) if isinstance(iou_type, str) else tuple(iou_type)
        for one in types or ("",):
            _one_of("iou_type", one, ("bbox", "segm"))
        for name, given in (("class_metrics", class_metrics), ("extended_summary", extended_summary)):
            if not isinstance(given, bool):
                raise UsageError(f"{name}: {given!r} is neither True nor False", kind="Usage")
        caps = _list("max_detection_thresholds", max_detection_thresholds) or [1, 10, 100]
        if len(caps) != 3 or not all(isinstance(cap, int) and 0 < cap < 1 << 32 for cap in caps):
            raise UsageError(f"max_detection_thresholds: {caps} instead of three whole numbers above 0", kind="Usage")
        self.box_format, self.iou_type, self.average, self.backend = box_format, types, average, backend
        self.iou_thresholds = _list("iou_thresholds", iou_thresholds) or _linspace(0.5, 0.95, 10)
        self.rec_thresholds = _list("rec_thresholds", rec_thresholds) or _linspace(0.0, 1.0, 101)
        self.max_detection_thresholds = sorted(caps)
        self.class_metrics, self.extended_summary = class_metrics, extended_summary
        self.warn_on_many_detections = True
        self._sync, self._group = kwargs.get("sync_on_compute", True), kwargs.get("process_group")
        self.reset()

    def reset(self) -> None:
        """Forgets all images."""
        self._streams = self._begun()
        self._classes: Set[int] = set()
        # An image its number, and the overlaps of its classes.
        self._ious: Dict[str, List[Tuple[int, dict]]] = {one: [] for one in self.iou_type}
        self._images = self._updates = 0
        self._found_any = self._truth_any = False
        self._tensors: Optional[bool] = None

    def _begun(self) -> Dict[Tuple[str, str], Any]:
        """A stream for each kind of overlap and of average. The numbers of classes are those of macro, whatever is asked."""
        averages = {one: {self._average(one), "macro"} if self.class_metrics else {self.average} for one in self.iou_type}
        return {(one, average): native.Stream(self._made(one), None) for one in averages for average in averages[one]}

    def _average(self, kind: str) -> str:
        """The average of a kind of overlap: torchmetrics has the classes apart from the first look at each of them on, so
        that of two kinds the second is always macro then."""
        return "macro" if self.class_metrics and kind != self.iou_type[0] else self.average

    def _made(self, kind: str) -> dict:
        return {
            "metric": f"coco/{kind}", "labels": None, "iou": [float(iou) for iou in self.iou_thresholds],
            "recalls": [float(recall) for recall in self.rec_thresholds], "max_dets": self.max_detection_thresholds,
            "sigmas": None, "dilation": None, "class_agnostic": False, "repeats": "never",
        }

    @property
    def update_called(self) -> bool:
        """Whether there was an update."""
        return self._updates > 0

    @property
    def update_count(self) -> int:
        """How many updates there were."""
        return self._updates

    def update(self, preds: Any, target: Any) -> None:
        """Matches a batch of images. Nothing is kept of a batch that is refused.

        Args:
            preds: a list of dicts, one an image: ``boxes`` (N, 4) or ``masks`` (N, H, W), or both, ``scores`` (N,), ``labels``
                (N,) whole numbers.
            target: likewise without scores; ``iscrowd`` (N,); ``area`` (N,), where 0 means that of the mask or box.
        """
        need = [{"bbox": "boxes", "segm": "masks"}[one] for one in dict.fromkeys(self.iou_type)] + ["labels"]
        for name, side in (("preds", preds), ("target", target)):
            if not isinstance(side, Sequence) or isinstance(side, (str, bytes)):
                raise UsageError(f"{name}: {type(side).__name__} instead of a list of dicts, one an image", kind="Usage")
        if len(preds) != len(target):
            raise UsageError(f"preds are of {len(preds)} images, target of {len(target)}", kind="Length")
        found = Side(preds, "preds", [*need, "scores"], boxes=self._converted)
        truth = Side(target, "target", need, ["area", "iscrowd"], boxes=self._converted)
        chosen = np.ones(len(truth), bool)
        if self.iou_type == ("segm",):
            chosen = truth.counts > 0
        ids = np.flatnonzero(chosen) + self._images
        columns = {
            one: (self._columns(truth, one, chosen, True), self._columns(found, one, chosen, False)) for one in self.iou_type
        }
        batch, most = self._begun(), self.max_detection_thresholds[-1]
        for (one, average), stream in batch.items():
            sides = list(columns[one])
            if average == "micro":
                sides = [{**side, "labels": np.zeros_like(side["labels"])} for side in sides]
            stream.update(ids.tolist(), *sides, "xywh")
        asked = self.iou_type if self.extended_summary else ()
        ious = {one: overlaps(*columns[one], most, self._average(one) == "micro") for one in asked}
        if self.warn_on_many_detections and len(found) and found.counts.max() > most:
            message = f"an image has more than {most} detections: those of the lowest scores do not count"
            warnings.warn(f"{message}; raise max_detection_thresholds", LensframeWarning, stacklevel=2)
        # From here on nothing fails.
        for key, stream in batch.items():
            self._streams[key].merge(stream, 0)
        for one, values in ious.items():
            self._ious[one] += zip(ids.tolist(), values)
        self._classes.update(np.unique(np.concatenate([side.columns["labels"] for side in (found, truth)])).tolist())
        self._found_any |= bool(found.counts.any())
        self._truth_any |= bool(truth.counts.any())
        self._images += len(truth)
        self._updates += 1
        if len(truth):
            self._tensors = bool(self._tensors) or found.has_tensors

    def _converted(self, boxes: np.ndarray) -> np.ndarray:
        """Boxes as x, y, width, height, in their own precision, as torchvision does it."""
        if self.box_format == "xywh" or len(boxes) == 0:
            return boxes
        if self.box_format == "cxcywh":
            if boxes.dtype.kind != "f":
                boxes = boxes.astype(np.float32)
            half = boxes.dtype.type(0.5) * boxes[:, 2:]
            boxes = np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)
        return np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)

    def _columns(self, side: Side, kind: str, chosen: np.ndarray, is_truth: bool) -> dict:
        """One side as a stream takes it: the images that are chosen, what is compared, and areas."""
        columns = side.native()
        objects = np.repeat(chosen, side.counts)
        if "segm" in self.iou_type and (is_truth or kind == "segm"):
            columns["own_area"] = np.array(native.mask_area(columns["masks"]), dtype=np.float64)
        if is_truth:
            said = columns.get("area", np.zeros(len(objects)))
            columns["area"] = np.where(said > 0, said, columns.get("own_area", np.nan))
        elif kind == "segm":
            columns["area"] = columns["own_area"]
        out = {"counts": side.counts[chosen]}
        for key in ("labels", "flags", "area", "score"):
            if key in columns:
                out[key] = columns[key][objects]
        if kind == "bbox":
            out["bbox"] = columns["bbox"].reshape(-1, 4)[objects].reshape(-1)
        else:
            out["masks"] = [mask for mask, own in zip(columns["masks"], objects.tolist()) if own]
        return out

    def forward(self, preds: Any, target: Any) -> dict:
        """Matches a batch of images, and gives the numbers of this batch alone."""
        batch = type(self).__new__(type(self))
        batch.__dict__.update(self.__dict__, _sync=False)
        batch.reset()
        batch.update(preds, target)
        self.merge_state(batch)
        return batch.compute()

    __call__ = forward

    def merge_state(self, other: "MeanAveragePrecision") -> None:
        """Adds what another metric, made alike, has seen: its images follow those of this one."""
        if not isinstance(other, MeanAveragePrecision):
            raise UsageError(f"a MeanAveragePrecision is merged, not {type(other).__name__}", kind="Usage")
        if other is self:
            other = copy.deepcopy(self)
        if other._config() != self._config():
            raise UsageError("metrics of other arguments cannot be merged", kind="Mismatch")
        for key, stream in other._streams.items():
            self._streams[key].merge(stream, self._images)
        for one, images in other._ious.items():
            self._ious[one] += [(image + self._images, cells) for image, cells in images]
        self._classes |= other._classes
        self._found_any |= other._found_any
        self._truth_any |= other._truth_any
        self._images += other._images
        self._updates += other._updates
        if other._tensors is not None:
            self._tensors = bool(self._tensors) or other._tensors

    def _config(self) -> tuple:
        return (self.iou_type, self.iou_thresholds, self.rec_thresholds, self.max_detection_thresholds,
                self.class_metrics, self.extended_summary, self.average)

    def compute(self) -> dict:
        """The numbers of all images so far, under torchmetrics' keys; -1 where there is none."""
        if not self.update_called:
            warnings.warn("compute was called before update: there are no numbers", LensframeWarning, stacklevel=2)
        own = self._gathered()
        classes = sorted(own._classes)
        # Where one side has no image, torchmetrics does not begin. Of masks an image without any is none.
        nothing = own._images == 0
        if own.iou_type == ("segm",):
            nothing = not (own._found_any and own._truth_any)
        out: dict = {}
        for one in own.iou_type:
            prefix = "" if len(own.iou_type) == 1 else f"{one}_"
            caps = iter(own.max_detection_thresholds)
            stats = [-1.0] * len(KEYS) if nothing else own._streams[one, own._average(one)].stats()
            for key, value in zip(KEYS, stats):
                out[prefix + (key.format(next(caps)) if "{" in key else key)] = np.float32(value)
            if not nothing:
                own._more(one, prefix, classes, out)
        out["classes"] = np.array(classes, dtype=np.int32)
        return _handed_out(out, own._tensors)

    def _more(self, kind: str, prefix: str, classes: List[int], out: dict) -> None:
        """Adds arrays and the numbers of classes."""
        last = self.max_detection_thresholds[-1]
        if self.extended_summary:
            asked = [0] if self._average(kind) == "micro" else classes
            cells = {(image, label): own.get(label, []) for image, own in self._ious[kind] for label in asked}
            out[f"{prefix}ious"] = cells
            tensors = self._laid_out(kind, self._average(kind), asked)
            out.update(zip((f"{prefix}precision", f"{prefix}recall", f"{prefix}scores"), tensors))
        precisions = recalls = np.full(1, -1, dtype=np.float32)
        if self.class_metrics:
            precision, recall, _ = self._laid_out(kind, "macro", classes)
            caps = [at for at, cap in enumerate(self.max_detection_thresholds) if cap == 100][:1]
            precisions = np.array([_mean(precision[:, :, at, 0, caps]) for at in range(len(classes))], dtype=np.float32)
            recalls = np.array([_mean(recall[:, at, 0, 2]) for at in range(len(classes))], dtype=np.float32)
        out[f"{prefix}map_per_class"] = precisions
        out[f"{prefix}mar_{last}_per_class"] = recalls

    def _laid_out(self, kind: str, average: str, classes: List[int]) -> List[np.ndarray]:
        """Precision, recall and scores of these classes, -1 for those that no evaluated image has."""
        stream = self._streams[kind, average]
        places = np.searchsorted(classes, stream.labels()) if classes else []
        whole = []
        for axis, values in zip((2, 1, 2), stream.tensors()):
            shape = list(values.shape)
            shape[axis] = len(classes)
            out = np.full(shape, -1.0)
            if axis == 2:
                out[:, :, places] = values
            else:
                out[:, places] = values
            whole.append(out)
        return whole

    def _gathered(self) -> "MeanAveragePrecision":
        """This metric, or under ``torch.distributed`` the metrics of all processes as one, in the order of their ranks."""
        dist = sys.modules.get("torch.distributed")
        if not self._sync or dist is None or not dist.is_available() or not dist.is_initialized():
            return self
        world = dist.get_world_size(group=self._group)
        if world < 2:
            return self
        states: List[Any] = [None] * world
        dist.all_gather_object(states, self.__getstate__(), group=self._group)
        metrics = []
        for state in states:
            metrics.append(type(self).__new__(type(self)))
            metrics[-1].__setstate__(state)
        for other in metrics[1:]:
            metrics[0].merge_state(other)
        return metrics[0]

    def __getstate__(self) -> dict:
        own = {name: value for name, value in self.__dict__.items() if name != "_group"}
        own["_streams"] = {key: stream.state() for key, stream in self._streams.items()}
        return own

    def __setstate__(self, own: dict) -> None:
        self.__dict__.update(own, _group=None)
        self._streams = {key: native.Stream(self._made(key[0]), state) for key, state in own["_streams"].items()}

    def clone(self) -> "MeanAveragePrecision":
        """A copy that goes its own way."""
        return copy.deepcopy(self)

    def to(self, *args: Any, **kwargs: Any) -> "MeanAveragePrecision":
        """Does nothing: what is kept is on no device."""
        return self

    cpu = cuda = to

    def __repr__(self) -> str:
        return f"MeanAveragePrecision(iou_type={self.iou_type}, images={self._images})"


def _one_of(name: str, given: Any, known: Tuple[str, ...]) -> None:
    if given not in known:
        raise UsageError(f"{name}: {given!r} is none of {', '.join(known)}", kind="Usage")


def _list(name: str, given: Optional[list]) -> Optional[list]:
    if given is not None and not isinstance(given, list):
        raise UsageError(f"{name}: {type(given).__name__} instead of a list", kind="Usage")
    return given


def _linspace(start: float, stop: float, count: int) -> List[float]:
    """The numbers that PyTorch's ``linspace`` gives: in single precision, the second half counted from the end, and each
    rounded once, as processors with fused multiplication do it. A recall of exactly 0.7 is reached or not by the last bit."""
    first, last = np.float32(start), np.float32(stop)
    step = (last - first) / np.float32(count - 1)
    # The product of two such numbers is exact in double precision.
    up = [np.float32(float(first) + float(step) * at) for at in range(count // 2)]
    down = [np.float32(float(last) - float(step) * at) for at in range(count - count // 2)]
    return [float(number) for number in up + down[::-1]]


def _mean(values: np.ndarray) -> float:
    """The mean of the numbers that there are, as pycocotools has it."""
    values = values[values > -1]
    return float(np.mean(values)) if len(values) else -1.0


def _handed_out(value: Any, tensors: Optional[bool]) -> Any:
    """Arrays as tensors if tensors were given; one number without a shape, as torchmetrics has it."""
    if isinstance(value, dict):
        return {key: _handed_out(one, tensors) for key, one in value.items()}
    if not isinstance(value, (np.ndarray, np.generic)):
        return value
    array = np.asarray(value)
    array = array.reshape(()) if array.size == 1 else array
    torch = sys.modules.get("torch")
    if torch is not None and tensors is not False:
        return torch.from_numpy(np.array(array))
    return array if array.ndim else array[()]
