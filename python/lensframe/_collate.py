"""What batches look like: the forms that trainers take."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Union

import numpy as np

Batch = Dict[str, Any]

_LAYOUTS = ("xywh", "xyxy", "yxyx", "cxcywh")


def flat(raw: Dict[str, Any], dtype: str) -> Batch:
    """The parts of a batch under their names; objects of all rows one after the other, parted by ``offsets``."""
    batch: Batch = {}
    if "img" in raw:
        img = raw["img"]
        batch["img"] = img.view(np.float16) if dtype == "float16" else _bfloat(img) if dtype == "bfloat16" else img
    batch.update({"row": raw["row"], "size": raw["size"], "source_map": raw["source_map"].reshape(-1, 2, 3)})
    for name, values in raw["values"].items():
        batch[name] = _column(values)
    for name, value in raw["maps"].items():
        batch[name] = value
    if raw["objects"]:
        batch["offsets"] = raw["offsets"]
        batch.update(raw["objects"])
    if raw["padded"]:
        batch["padded"] = True
    if raw["replaced"]:
        batch["replaced"] = raw["replaced"]
    return batch


def _bfloat(bits: Any) -> Any:
    """NumPy has no such type: PyTorch's where it is there, else the 16 bits."""
    import sys

    torch = sys.modules.get("torch")
    return bits if torch is None else torch.from_numpy(bits.view(np.int16)).view(torch.bfloat16)


def _column(values: List[Any]) -> Any:
    kinds = {type(value) for value in values}
    if kinds <= {int} or kinds <= {float} or kinds <= {bool}:
        return np.array(values)
    return values


def named(collate: Union[str, Callable[[Batch], Any]], layout: str, relative: bool) -> Callable[[Batch], Any]:
    """The function of a form's name; boxes are put into a layout before."""
    if layout not in _LAYOUTS:
        raise ValueError(f"boxes are one of {', '.join(_LAYOUTS)}, not {layout!r}")
    forms: Dict[str, Callable[[Batch], Any]] = {
        "flat": lambda batch: batch,
        "padded": padded,
        "list": rows,
        "torchvision": torchvision,
        "detr": detr,
        "yolo": yolo,
        "coco": coco,
    }
    own = {"torchvision": ("xyxy", False), "detr": ("cxcywh", True), "yolo": ("cxcywh", True), "coco": ("xywh", False)}
    if callable(collate):
        form = collate
    elif collate in forms:
        form = forms[collate]
        layout, relative = own.get(collate, (layout, relative))
    else:
        raise ValueError(f"collate is one of {', '.join(forms)}, or a function, not {collate!r}")
    return lambda batch: form(with_boxes(batch, layout, relative))


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


def _per_object(batch: Batch) -> List[str]:
    """The keys that have a value for each object."""
    if "offsets" not in batch:
        return []
    many, rows = int(batch["offsets"][-1]), len(batch["row"])
    known = ("bbox", "rbox", "point", "segmentation", "label", "score", "area", "crowded", "difficult")
    named = {"row", "size", "source_map", "img", "offsets", "padded", "replaced"}

    def is_of_objects(name: str, value: Any) -> bool:
        return name in known or (many != rows and hasattr(value, "__len__") and len(value) == many)

    return [name for name, value in batch.items() if name not in named and is_of_objects(name, value)]


def rows(batch: Batch) -> List[Batch]:
    """A dict a row: its own part of everything; pictures without what was padded."""
    of_objects = set(_per_object(batch))
    out = []
    for at in range(len(batch["row"])):
        row: Batch = {}
        for name, value in batch.items():
            if name in ("offsets", "padded", "replaced"):
                continue
            if name in of_objects:
                first, last = batch["offsets"][at], batch["offsets"][at + 1]
                row[name] = value[first:last]
            elif name == "img":
                row[name] = _cut(value[at], batch["size"][at])
            else:
                row[name] = value[at]
        out.append(row)
    return out


def _cut(picture: Any, size: Any) -> Any:
    height, width = int(size[0]), int(size[1])
    channels_last = picture.shape[-1] == 3 and picture.shape[0] != 3
    return picture[:height, :width] if channels_last else picture[:, :height, :width]


def padded(batch: Batch) -> Batch:
    """Objects as (B, R, ...), with ``count`` of them real; -1 where there is none in labels, 0 else."""
    if "offsets" not in batch:
        return batch
    counts = np.diff(batch["offsets"])
    most = int(counts.max()) if len(counts) else 0
    place = np.arange(most)[None, :] < counts[:, None]
    out = {name: value for name, value in batch.items() if name != "offsets"}
    for name in _per_object(batch):
        value = batch[name]
        if not isinstance(value, np.ndarray):
            continue
        whole = np.full((len(counts), most) + value.shape[1:], -1 if name == "label" else 0, value.dtype)
        whole[place] = value
        out[name] = whole
    out["count"] = counts
    return out


def _tensors(row: Batch) -> Batch:
    import torch

    target: Batch = {}
    if "bbox" in row:
        target["boxes"] = torch.from_numpy(np.ascontiguousarray(row["bbox"], dtype=np.float32))
    if "label" in row:
        target["labels"] = torch.from_numpy(np.ascontiguousarray(row["label"], dtype=np.int64))
    if "area" in row:
        target["area"] = torch.from_numpy(np.ascontiguousarray(row["area"], dtype=np.float32))
    if "crowded" in row:
        target["iscrowd"] = torch.from_numpy(np.array([bool(flag) for flag in row["crowded"]], dtype=np.int64))
    if isinstance(row.get("image_id"), (int, np.integer)):
        target["image_id"] = int(row["image_id"])
    return target


def torchvision(batch: Batch) -> Any:
    """``(images, targets)`` as torchvision's detection references: lists of tensors and of dicts of tensors."""
    import torch

    images, targets = [], []
    for row in rows(batch):
        images.append(torch.from_numpy(np.ascontiguousarray(row["img"])))
        targets.append(_tensors(row))
    return images, targets


def detr(batch: Batch) -> Any:
    """``(samples, mask, targets)``: pictures padded to one size, a mask that is True where there is none, and targets
    with boxes cx, cy, w, h as shares; labels, ``orig_size`` and ``size`` as DETR's."""
    import torch

    height, width = batch["img"].shape[-2:]
    rows_, columns = np.arange(height)[None, :, None], np.arange(width)[None, None, :]
    sizes = batch["size"]
    mask = (rows_ >= sizes[:, 0, None, None]) | (columns >= sizes[:, 1, None, None])
    targets = []
    for row in rows(batch):
        target = _tensors(row)
        target["size"] = torch.as_tensor(np.asarray(row["size"]))
        if "height" in row and "width" in row:
            target["orig_size"] = torch.tensor([int(row["height"]), int(row["width"])])
        targets.append(target)
    return torch.from_numpy(batch["img"]), torch.from_numpy(mask), targets


def yolo(batch: Batch) -> Batch:
    """``img``, ``batch_idx``, ``cls`` and ``bboxes`` (cx, cy, w, h as shares of the padded picture), as Ultralytics'."""
    import torch

    counts = np.diff(batch["offsets"]) if "offsets" in batch else np.zeros(len(batch["row"]), np.int64)
    boxes = np.asarray(batch.get("bbox", np.zeros((0, 4))), dtype=np.float64)
    height, width = batch["img"].shape[-2:]
    own = np.repeat(batch["size"], counts, axis=0)
    share = np.stack([own[:, 1] / width, own[:, 0] / height] * 2, axis=1) if len(own) else np.zeros((0, 4))
    labels = np.asarray(batch.get("label", np.zeros(0)), dtype=np.float32)
    return {
        "img": torch.from_numpy(batch["img"]),
        "batch_idx": torch.from_numpy(np.repeat(np.arange(len(counts)), counts).astype(np.float32)),
        "cls": torch.from_numpy(labels.reshape(-1, 1)),
        "bboxes": torch.from_numpy((boxes * share).astype(np.float32)),
    }


def coco(batch: Batch) -> Any:
    """``(images, targets)`` with a list of COCO's annotations for each picture, as ``CocoDetection`` gives them."""
    targets = []
    for row in rows(batch):
        found = []
        for at in range(len(row.get("bbox", ()))):
            one: Dict[str, Any] = {"bbox": [float(v) for v in row["bbox"][at]]}
            if "label" in row:
                one["category_id"] = int(row["label"][at])
            if "image_id" in row:
                one["image_id"] = row["image_id"]
            if "area" in row and row["area"][at] is not None:
                one["area"] = float(row["area"][at])
            found.append(one)
        targets.append(found)
    return batch["img"], targets


def transformed(batch: Batch, function: Callable[[Dict[str, Any]], Dict[str, Any]]) -> Batch:
    """Each row through a function of Python, and together again."""
    made = []
    for row in rows(batch):
        given = function(row)
        if not isinstance(given, dict):
            raise TypeError(f"transform gives a dict of a row, not {type(given).__name__}")
        made.append(given)
    out: Batch = {}
    of_objects = set(_per_object(batch)) | {"bbox", "label"}
    for name in made[0] if made else ():
        values = [row[name] for row in made]
        if name in of_objects and "offsets" in batch:
            out[name] = np.concatenate([np.asarray(v) for v in values]) if all(len(v) or True for v in values) else values
        else:
            out[name] = _stacked(values)
    if "offsets" in batch and made:
        first = next((name for name in made[0] if name in of_objects), None)
        if first is not None:
            out["offsets"] = np.cumsum([0] + [len(row[first]) for row in made])
    return out


def _stacked(values: List[Any]) -> Any:
    if all(hasattr(value, "shape") for value in values) and len({tuple(value.shape) for value in values}) == 1:
        if isinstance(values[0], np.ndarray):
            return np.stack(values)
        import torch

        return torch.stack(values) if isinstance(values[0], torch.Tensor) else np.stack(values)
    return _column(values)
