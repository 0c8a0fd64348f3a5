"""What batches look like: flat, padded, as a list of rows; boxes, labels and masks as they are asked for."""

from __future__ import annotations

import dataclasses
import sys
from typing import Any, Callable, Dict, FrozenSet, List, Optional, Sequence, Tuple, Union

import numpy as np

from . import _lensframe as native

Batch = Dict[str, Any]
#: The names of keys that have a value for each object.
Names = FrozenSet[str]

LAYOUTS = ("xywh", "xyxy", "yxyx", "cxcywh")
# What a batch says of itself and not of its rows.
_OWN = ("offsets", "padded", "replaced")


@dataclasses.dataclass(frozen=True)
class Form:
    """How batches of a loader are to look."""

    collate: Union[str, Callable[[Batch], Any]] = "flat"
    boxes: str = "xywh"
    relative: bool = False
    # The number of each class.
    labels: Optional[Tuple[int, ...]] = None
    masks: bool = False
    # Pixels, and not planes.
    hwc: bool = False
    # Whether all of every picture is in the batch and nothing else is, so that its size says by how much it was scaled.
    whole: bool = False
    multiple: int = 1

    def check(self) -> None:
        """A ValueError for names that there are not."""
        from ._trainers import TRAINERS

        if self.boxes not in LAYOUTS:
            raise ValueError(f"boxes are one of {', '.join(LAYOUTS)}, not {self.boxes!r}")
        known = ["flat", "padded", "list", *TRAINERS]
        if not callable(self.collate) and self.collate not in known:
            raise ValueError(f"collate is one of {', '.join(known)}, or a function, not {self.collate!r}")
        if self.collate in TRAINERS and (self.boxes != "xywh" or self.relative):
            raise ValueError(f"collate={self.collate!r} has its own layout of boxes: leave out boxes and relative")
        if self.masks and self.collate in ("yolo", "coco"):
            raise ValueError(f"collate={self.collate!r} has no masks: leave out masks=True")

    def finished(self, batch: Batch, objects: Names) -> Any:
        """The batch in this form; boxes come x, y, w, h in pixels."""
        from ._trainers import TRAINERS

        batch = with_labels(batch, self.labels)
        if not callable(self.collate) and self.collate in TRAINERS:
            # Trainers have channels in front; in memory they may lie behind, as PyTorch's `channels_last`.
            if self.hwc and "img" in batch:
                img = batch["img"]
                batch = {**batch, "img": img.permute(0, 3, 1, 2) if is_tensor(img) else np.moveaxis(img, 3, 1)}
            return TRAINERS[self.collate](batch, objects, dataclasses.replace(self, hwc=False))
        batch = with_boxes(batch, self.boxes, self.relative)
        if callable(self.collate):
            return self.collate(batch)
        if self.collate == "padded":
            return padded(batch, objects)
        return rows(batch, objects, self.hwc) if self.collate == "list" else batch


def flat(raw: Dict[str, Any], dtype: str) -> Tuple[Batch, Names]:
    """The parts of a batch under their names; objects of all rows one after the other, parted by ``offsets``."""
    batch: Batch = {}
    if "img" in raw:
        img = raw["img"]
        batch["img"] = img.view(np.float16) if dtype == "float16" else _bfloat(img) if dtype == "bfloat16" else img
    batch.update({"row": raw["row"], "size": raw["size"], "source_map": raw["source_map"].reshape(-1, 2, 3)})
    if raw["view"].any():
        batch["view"] = raw["view"]
    for name, values in raw["values"].items():
        batch[name] = _column(values)
    for name, value in raw["maps"].items():
        batch[name] = value
    if raw["objects"]:
        batch["offsets"] = raw["offsets"]
        batch.update({name: _own(value) for name, value in raw["objects"].items()})
    if raw["padded"]:
        batch["padded"] = True
    if raw["replaced"]:
        batch["replaced"] = raw["replaced"]
    return batch, frozenset(raw["objects"])


def _own(value: Any) -> Any:
    """Memory that the caller may change, as PyTorch asks: columns of Arrow are nobody's to change."""
    return value.copy() if isinstance(value, np.ndarray) and not value.flags.writeable else value


def _bfloat(bits: Any) -> Any:
    """NumPy has no such type: PyTorch's where it is there, else the 16 bits."""
    torch = sys.modules.get("torch")
    return bits if torch is None else torch.from_numpy(bits.view(np.int16)).view(torch.bfloat16)


def _column(values: List[Any]) -> Any:
    kinds = {type(value) for value in values}
    if kinds <= {int} or kinds <= {float} or kinds <= {bool}:
        return np.array(values)
    return values


def canvas_of(batch: Batch, hwc: bool = False) -> Tuple[int, int]:
    """(height, width) of the pictures, of which smaller ones lie in the top left corner."""
    img = batch.get("img")
    if img is None or isinstance(img, list):
        return tuple(int(side) for side in np.max(batch["size"], axis=0, initial=0))  # type: ignore[return-value]
    height, width = img.shape[1:3] if hwc else img.shape[-2:]
    return int(height), int(width)


def with_labels(batch: Batch, numbers: Optional[Sequence[int]]) -> Batch:
    """Labels as the numbers of their classes; what is negative is no class and stays."""
    if numbers is None or "label" not in batch:
        return batch
    labels = np.asarray(batch["label"])
    if labels.size and int(labels.max()) >= len(numbers):
        raise ValueError(f"labels gives numbers of {len(numbers)} classes, and there is a class {int(labels.max())}")
    table = np.array([*numbers, 0], dtype=np.int64)
    return {**batch, "label": np.where(labels >= 0, table[np.minimum(labels, len(numbers))], labels)}


def with_boxes(batch: Batch, layout: str, relative: bool) -> Batch:
    """Boxes x, y, w, h in another layout."""
    if "bbox" not in batch or (layout == "xywh" and not relative):
        return batch
    boxes = batch["bbox"]
    x, y, w, h = boxes[:, 0], boxes[:, 1], boxes[:, 2], boxes[:, 3]
    if relative:
        counts = np.diff(batch["offsets"])
        high, wide = np.repeat(batch["size"], counts, axis=0).T.astype(np.float64)
        x, y, w, h = x / wide, y / high, w / wide, h / high
    made = {
        "xywh": (x, y, w, h),
        "xyxy": (x, y, x + w, y + h),
        "yxyx": (y, x, y + h, x + w),
        "cxcywh": (x + w / 2, y + h / 2, w, h),
    }[layout]
    return {**batch, "bbox": np.stack(made, axis=1)}


def with_masks(batch: Batch, objects: Names, hwc: bool) -> Tuple[Batch, Names]:
    """``masks`` of all objects, (R, H, W) uint8 of 0 and 1 on the canvas of the batch, drawn of ``segmentation``."""
    if "offsets" not in batch or ("segmentation" not in batch and batch["offsets"][-1] > 0):
        raise ValueError("masks are drawn of the key 'segmentation', which these rows have not: leave out masks=True")
    shapes, offsets = batch.get("segmentation", []), batch["offsets"]
    masks = np.zeros((int(offsets[-1]), *canvas_of(batch, hwc)), dtype=np.uint8)
    for at, (height, width) in enumerate(batch["size"].tolist()):
        first, last = int(offsets[at]), int(offsets[at + 1])
        coded = [_coded(shape, height, width) for shape in shapes[first:last]]
        if coded:
            masks[first:last, :height, :width] = native.mask_decode(coded).transpose(0, 2, 1)
    return {**batch, "masks": masks}, objects | {"masks"}


def _coded(shape: Any, height: int, width: int) -> Tuple[int, int, bytes]:
    """A shape as run lengths; no shape covers nothing."""
    if isinstance(shape, dict):
        return (*shape["size"], shape["counts"])
    rings = [(height, width, native.mask_of_polygon(ring, height, width)) for ring in shape or ()]
    if not rings:
        return height, width, native.mask_of_counts([height * width], height, width)
    return rings[0] if len(rings) == 1 else (height, width, native.mask_merge(rings, False))


def rows(batch: Batch, objects: Names, hwc: bool = False) -> List[Batch]:
    """A dict a row: its own part of everything; pictures and masks without what was padded."""
    out = []
    for at in range(len(batch["row"])):
        height, width = (int(side) for side in batch["size"][at])
        row: Batch = {}
        for name, value in batch.items():
            if name in _OWN:
                continue
            if name in objects:
                first, last = batch["offsets"][at], batch["offsets"][at + 1]
                own = value[first:last]
                row[name] = own[:, :height, :width] if name == "masks" else own
            elif name == "img":
                row[name] = value[at][:height, :width] if hwc else value[at][..., :height, :width]
            else:
                row[name] = value[at]
        out.append(row)
    return out


def padded(batch: Batch, objects: Names) -> Batch:
    """Objects as (B, R, ...), with ``count`` of them real; -1 where there is none in labels, 0 else."""
    if "offsets" not in batch:
        return batch
    counts = np.diff(batch["offsets"])
    most = int(counts.max()) if len(counts) else 0
    place = np.arange(most)[None, :] < counts[:, None]
    out = {name: value for name, value in batch.items() if name != "offsets"}
    for name in objects & out.keys():
        value = batch[name]
        if isinstance(value, np.ndarray):
            whole = np.full((len(counts), most) + value.shape[1:], -1 if name == "label" else 0, value.dtype)
            whole[place] = value
            out[name] = whole
        else:
            out[name] = [value[first:last] for first, last in zip(batch["offsets"][:-1], batch["offsets"][1:])]
    out["count"] = counts
    return out


def transformed(
    batch: Batch, objects: Names, function: Callable[[Dict[str, Any]], Dict[str, Any]], form: Form
) -> Tuple[Batch, Names]:
    """Each row through a function of Python, and together again; pictures are (H, W, C) for the function."""
    made: List[Batch] = []
    numbers = batch["row"].tolist()
    for number, row in zip(numbers, rows(batch, objects, form.hwc)):
        if not form.hwc and isinstance(row.get("img"), np.ndarray):
            row["img"] = np.ascontiguousarray(np.moveaxis(row["img"], 0, 2))
        try:
            given = function(row)
        except Exception as error:
            if hasattr(error, "add_note"):
                error.add_note(f"in the transform of row {number}")
            raise
        if not isinstance(given, dict):
            raise TypeError(f"transform gives a dict of a row, not {type(given).__name__}")
        given = dict(given)
        if made and given.keys() != made[0].keys():
            odd = ", ".join(sorted(given.keys() ^ made[0].keys()))
            raise ValueError(f"transform gives the same keys for every row; of rows {numbers[0]} and {number} one lacks {odd}")
        counts = {name: len(given[name]) for name in given if name in objects}
        if len(set(counts.values())) > 1:
            told = ", ".join(f"{count} {name}" for name, count in counts.items())
            raise ValueError(f"transform gave {told} for row {number}: give as many of each, or leave a key out")
        if not form.hwc and "img" in given:
            given["img"] = _planes(given["img"])
        made.append(given)
    out: Batch = {"row": batch["row"], "size": batch["size"]}
    sizes = [_size(row["img"], form.hwc) for row in made if "img" in row]
    if sizes:
        out["size"] = np.array(sizes, dtype=np.int64)
    ours = frozenset(name for name in (made[0] if made else ()) if name in objects)
    if ours:
        some = next(iter(ours))
        out["offsets"] = np.cumsum([0] + [len(row[some]) for row in made])
    for name in made[0] if made else ():
        values = [row[name] for row in made]
        if name == "img":
            out[name] = _canvas(values, form)
        elif name == "masks" and name in ours:
            out[name] = np.concatenate(_widened(values, [np.asarray(v).shape[1:] for v in values]))
        elif name in ours:
            listed = all(isinstance(value, list) for value in values) and isinstance(batch[name], list)
            out[name] = sum(values, []) if listed else np.concatenate([_shaped(v, batch[name]) for v in values])
        elif name not in ("row", "size"):
            out[name] = _stacked(values)
    return out, ours


def _shaped(value: Any, like: Any) -> Any:
    """An array that has the columns of another one where it has no row."""
    value = np.asarray(value)
    return np.zeros((0, *like.shape[1:]), like.dtype) if len(value) == 0 and isinstance(like, np.ndarray) else value


def _planes(img: Any) -> Any:
    """(H, W, C) as (C, H, W); what has its channels in front, as a tensor does, stays."""
    if not isinstance(img, np.ndarray) or img.ndim != 3 or img.shape[2] not in (1, 3):
        return img
    return np.moveaxis(img, 2, 0)


def _size(img: Any, hwc: bool) -> Tuple[int, int]:
    shape = tuple(int(side) for side in img.shape)
    height, width = shape[:2] if len(shape) == 2 or (hwc and isinstance(img, np.ndarray)) else shape[-2:]
    return height, width


def _canvas(values: List[Any], form: Form) -> Any:
    """Pictures in one array or tensor, smaller ones in the top left corner."""
    shapes = [tuple(value.shape) for value in values]
    if len(set(shapes)) == 1 and form.multiple == 1:
        return _stacked(values)
    front = form.hwc and isinstance(values[0], np.ndarray)
    side = slice(0, 2) if front else slice(-2, None)
    return _stacked(_widened(values, [shape[side] for shape in shapes], 0 if front else None, form.multiple))


def _widened(values: List[Any], sizes: Sequence[Any], axis: Optional[int] = None, multiple: int = 1) -> List[Any]:
    """Arrays or tensors with zeros below and to the right, until all are as high and wide (from `axis`; the last two)."""
    height, width = (-(-int(side) // multiple) * multiple for side in np.max(np.array(sizes).reshape(-1, 2), axis=0, initial=0))
    out = []
    for value in values:
        first = value.ndim - 2 if axis is None else axis
        shape = (*value.shape[:first], height, width, *value.shape[first + 2 :])
        place = tuple([slice(None)] * first + [slice(0, side) for side in value.shape[first : first + 2]])
        whole = np.zeros(shape, value.dtype) if isinstance(value, np.ndarray) else value.new_zeros(shape)
        whole[place] = value
        out.append(whole)
    return out


def _stacked(values: List[Any]) -> Any:
    if values and all(isinstance(value, (np.ndarray, np.generic)) for value in values):
        return np.stack(values) if len({value.shape for value in values}) == 1 else values
    if values and all(map(is_tensor, values)) and len({tuple(value.shape) for value in values}) == 1:
        import torch

        return torch.stack(values)
    return _column(values)


def is_tensor(value: Any) -> bool:
    """Whether it is PyTorch's, or of a type made of it; PyTorch is not imported to know."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def placed(img: Any, memory: Any) -> Any:
    """Pictures copied into the first numbers of an array or a tensor: it in their shape, and nothing moved but numbers."""
    torch_memory = is_tensor(memory)
    there = memory.numpy() if torch_memory and isinstance(img, np.ndarray) else memory
    if not hasattr(there, "reshape") or (there.dtype != img.dtype):
        raise ValueError(f"pictures of {img.dtype} are copied into arrays or tensors of that type, not into {_kind(memory)}")
    many = 1
    for side in img.shape:
        many *= int(side)
    shape = tuple(there.shape)
    flags = getattr(there, "flags", None)
    if int(np.prod(shape)) < many or not (there.is_contiguous() if flags is None else flags.c_contiguous and flags.writeable):
        what = f"a batch of {tuple(img.shape)} takes {many} numbers of memory in one piece"
        raise ValueError(f"{what}, which {_kind(memory)} is not")
    into = there.reshape(-1)[:many].reshape(img.shape)
    into[...] = img
    return memory.reshape(-1)[:many].reshape(img.shape) if torch_memory else into


def _kind(memory: Any) -> str:
    shape = tuple(getattr(memory, "shape", ()))
    return f"{type(memory).__name__} {shape} of {getattr(memory, 'dtype', 'no type')}"
