"""Batches as trainers take them, each equal to what the trainer's own loader gives of the same pictures and objects.

Functions of a flat batch, whose boxes are x, y, w, h in pixels, with the names of its keys of objects.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
from typing import Any, Callable, Dict, List, Tuple

import numpy as np

from ._collate import Batch, Form, Names, canvas_of, rows, with_boxes


def _tensor(value: Any) -> Any:
    """A tensor on the same memory; of what is no array, of a copy."""
    import torch

    if isinstance(value, torch.Tensor):
        return value
    return torch.from_numpy(np.ascontiguousarray(value))


def _strided(img: Any) -> Any:
    """A tensor (B, C, H, W) on the same memory, where channels may lie behind."""
    flags = getattr(img, "flags", None)
    if flags is None or flags.c_contiguous:
        return _tensor(img)
    return _tensor(img.transpose(0, 2, 3, 1)).permute(0, 3, 1, 2)


def _pictures(batch: Batch) -> Any:
    if "img" not in batch:
        raise ValueError("these rows have no picture: select the key 'img' too, or collate as 'flat'")
    return _strided(batch["img"])


def _there(row: Batch) -> Any:
    """Which objects have a box, (R,) bool; all where boxes were left out."""
    many = next((len(row[name]) for name in ("label", "masks", "crowded") if name in row), 0)
    return np.isfinite(row["bbox"]).all(axis=1) if "bbox" in row else np.ones(many, dtype=bool)


def _crowds(row: Batch) -> Any:
    """Which of them stand for many, (R,) bool."""
    there = _there(row)
    return there & np.array([bool(flag) for flag in row["crowded"]], dtype=bool) if "crowded" in row else np.zeros_like(there)


def _drawn(row: Batch) -> Any:
    """Which objects stand for themselves."""
    return _there(row) & ~_crowds(row)


def _areas(row: Batch, whole: bool) -> Any:
    """Areas in pixels of the batch: those of the annotations as they were scaled, of cut or turned pictures the boxes'."""
    if whole and "area" in row:
        return np.array([np.nan if area is None else area for area in row["area"]], dtype=np.float32)
    return (row["bbox"][:, 2] * row["bbox"][:, 3]).astype(np.float32)


def torchvision(batch: Batch, objects: Names, form: Form) -> Any:
    """``(images, targets)`` as torchvision's detection references collate them: lists of tensors and of dicts of tensors.

    Labels begin with 1, as 0 is the background there, unless :attr:`Form.labels` gives numbers.
    """
    _pictures(batch)
    if "label" in batch and form.labels is None:
        batch = {**batch, "label": np.where(batch["label"] >= 0, batch["label"] + 1, batch["label"])}
    batch = with_boxes(batch, "xyxy", False)
    images, targets = [], []
    for row in rows(batch, objects):
        images.append(_tensor(row["img"]))
        keep = _there(row)
        target: Batch = {}
        if "bbox" in row:
            target["boxes"] = _tensor(row["bbox"][keep].astype(np.float32))
        if "label" in row:
            target["labels"] = _tensor(row["label"][keep].astype(np.int64))
        if "masks" in row:
            target["masks"] = _tensor(row["masks"][keep])
        if "area" in row:
            target["area"] = _tensor(np.array(row["area"], dtype=np.float32)[keep])
        if "crowded" in row:
            target["iscrowd"] = _tensor(_crowds(row)[keep].astype(np.int64))
        if isinstance(row.get("image_id"), (int, np.integer)):
            target["image_id"] = int(row["image_id"])
        targets.append(target)
    return images, targets


def _detr_target(row: Batch, form: Form, canvas: Tuple[int, int], label: str) -> Batch:
    """What DETR's own loader and Transformers' have alike; objects without crowds, boxes cx, cy, w, h as shares of a canvas."""
    keep, (high, wide) = _drawn(row), canvas
    target: Batch = {}
    if "bbox" in row:
        x, y, w, h = row["bbox"][keep].T
        shares = np.stack([(x + w / 2) / wide, (y + h / 2) / high, w / wide, h / high], axis=1)
        target["boxes"] = _tensor(shares.astype(np.float32))
        target["area"] = _tensor(_areas(row, form.whole)[keep])
    if "label" in row:
        target[label] = _tensor(row["label"][keep].astype(np.int64))
    if "masks" in row:
        target["masks"] = _tensor(row["masks"][keep].astype(bool))
    if isinstance(row.get("image_id"), (int, np.integer)):
        target["image_id"] = _tensor(np.array([row["image_id"]], dtype=np.int64))
    target["iscrowd"] = _tensor(np.zeros(np.count_nonzero(keep), dtype=np.int64))
    if row.get("height") is not None and row.get("width") is not None:
        target["orig_size"] = _tensor(np.array([row["height"], row["width"]], dtype=np.int64))
    target["size"] = _tensor(np.array(canvas, dtype=np.int64))
    return target


def _covered(batch: Batch, canvas: Tuple[int, int], there: Any, beyond: Any) -> Any:
    """(B, H, W): one value where there is a picture, another beyond it."""
    out = np.full((len(batch["size"]), *canvas), beyond)
    for at, (height, width) in enumerate(batch["size"].tolist()):
        out[at, :height, :width] = there
    return out


def detr(batch: Batch, objects: Names, form: Form) -> Any:
    """``(samples, mask, targets)``: the two of DETR's ``NestedTensor`` (its mask is True where there is no picture) and
    targets, whose boxes are shares of the picture without what is padded."""
    samples = _pictures(batch)
    targets = []
    for row in rows(batch, objects):
        own = int(row["size"][0]), int(row["size"][1])
        targets.append(_detr_target(row, form, own, "labels"))
    return samples, _tensor(_covered(batch, canvas_of(batch), False, True)), targets


def hf(batch: Batch, objects: Names, form: Form) -> Batch:
    """``pixel_values``, ``pixel_mask`` (int64, 1 where there is a picture) and ``labels`` as the image processors of
    Transformers give them for DETR and its kin: boxes are shares of the padded picture, which ``size`` is of too."""
    pixels, canvas = _pictures(batch), canvas_of(batch)
    labels = []
    for row in rows(batch, objects):
        if "masks" in row:
            high, wide = (whole - int(own) for whole, own in zip(canvas, row["size"]))
            row["masks"] = np.pad(row["masks"], ((0, 0), (0, high), (0, wide)))
        labels.append(_detr_target(row, form, canvas, "class_labels"))
    mask = _tensor(_covered(batch, canvas, np.int64(1), np.int64(0)))
    return {"pixel_values": pixels, "pixel_mask": mask, "labels": labels}


def yolo(batch: Batch, objects: Names, form: Form) -> Batch:
    """``img``, ``batch_idx`` (R,), ``cls`` (R, 1) and ``bboxes`` (R, 4; cx, cy, w, h as shares of the padded picture), all
    float32, with ``im_file``, ``ori_shape`` and ``resized_shape`` where they are known, as Ultralytics'; crowds are left out."""
    img, (high, wide) = _pictures(batch), canvas_of(batch)
    numbers, labels, boxes = [np.zeros(0)], [np.zeros(0)], [np.zeros((0, 4))]
    for at, row in enumerate(rows(batch, objects)):
        keep = _drawn(row)
        if "bbox" in row and "label" in row:
            numbers.append(np.full(np.count_nonzero(keep), at))
            labels.append(row["label"][keep])
            x, y, w, h = row["bbox"][keep].T
            boxes.append(np.stack([(x + w / 2) / wide, (y + h / 2) / high, w / wide, h / high], axis=1))
    out: Batch = {
        "img": img,
        "batch_idx": _tensor(np.concatenate(numbers).astype(np.float32)),
        "cls": _tensor(np.concatenate(labels).astype(np.float32).reshape(-1, 1)),
        "bboxes": _tensor(np.concatenate(boxes).astype(np.float32)),
        "resized_shape": [(high, wide)] * len(batch["row"]),
    }
    if "file_name" in batch:
        out["im_file"] = list(batch["file_name"])
    if "height" in batch and "width" in batch:
        out["ori_shape"] = list(zip(_whole(batch["height"]), _whole(batch["width"])))
    return out


def _whole(numbers: Any) -> List[Any]:
    return [None if number is None else int(number) for number in numbers]


def coco(batch: Batch, objects: Names, form: Form) -> Any:
    """``(images, targets)`` with a list of COCO's annotations for each picture, as ``CocoDetection`` gives them.

    ``category_id`` is the place of the class, unless :attr:`Form.labels` gives COCO's numbers.
    """
    pictures, targets = _pictures(batch), []
    for row in rows(batch, objects):
        found = []
        for at in range(len(row.get("bbox", ()))):
            one: Dict[str, Any] = {"bbox": [float(v) for v in row["bbox"][at]]}
            if "object_id" in row and row["object_id"][at] is not None:
                one["id"] = int(row["object_id"][at])
            if "label" in row:
                one["category_id"] = int(row["label"][at])
            if "image_id" in row:
                one["image_id"] = row["image_id"]
            if "area" in row and row["area"][at] is not None:
                one["area"] = float(row["area"][at])
            if "crowded" in row:
                one["iscrowd"] = int(bool(row["crowded"][at]))
            if row.get("segmentation") and row["segmentation"][at] is not None:
                shape = row["segmentation"][at]
                one["segmentation"] = shape if isinstance(shape, dict) else [ring.tolist() for ring in shape]
            found.append(one)
        targets.append(found)
    return pictures, targets


@dataclasses.dataclass
class Instances:
    """Objects of a picture where MMEngine's ``InstanceData`` is not installed: bboxes (R, 4) float32 x, y, x, y, labels (R,)
    int64, and where they are asked for masks (R, H, W)."""

    bboxes: Any = None
    labels: Any = None
    masks: Any = None

    def __len__(self) -> int:
        return 0 if self.labels is None else len(self.labels)


@dataclasses.dataclass
class DataSample:
    """What is known of a picture where MMDetection's ``DetDataSample`` is not installed."""

    metainfo: Dict[str, Any]
    gt_instances: Any = None
    ignored_instances: Any = None

    def __getattr__(self, name: str) -> Any:
        # Facts are attributes too, as they are MMDetection's.
        if name != "metainfo" and name in self.__dict__.get("metainfo", {}):
            return self.metainfo[name]
        raise AttributeError(f"a data sample has no {name}")


def _mm_sample(facts: Dict[str, Any], drawn: Dict[str, Any], crowds: Dict[str, Any]) -> Any:
    instances = _installed("mmengine.structures", "InstanceData") or Instances
    whole = _installed("mmdet.structures", "DetDataSample") if instances is not Instances else None
    sample = DataSample(facts) if whole is None else whole(metainfo=facts)
    sample.gt_instances, sample.ignored_instances = instances(**drawn), instances(**crowds)
    return sample


@functools.lru_cache(maxsize=None)
def _installed(module: str, name: str) -> Any:
    """What a module has, or `None` without it: MMDetection says no to some versions of what it needs, too."""
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AssertionError):
        return None


def _bitmaps(masks: Any) -> Any:
    """MMDetection's masks, or the planes where it is not installed."""
    bitmaps = _installed("mmdet.structures.mask", "BitmapMasks")
    return masks if bitmaps is None else bitmaps(masks, *masks.shape[1:])


def mmdet(batch: Batch, objects: Names, form: Form) -> Batch:
    """``inputs``, a list of tensors (C, H, W), and ``data_samples``, as MMDetection 3 collates them: ``gt_instances`` and, of
    crowds, ``ignored_instances``, with ``bboxes`` (x, y, x, y), ``labels`` and where they are asked for ``masks``. Its
    data preprocessor swaps channels, normalises and pads: let the pipeline do what it is not told to do."""
    _pictures(batch)
    canvas = canvas_of(batch)
    batch = with_boxes(batch, "xyxy", False)
    inputs, samples = [], []
    for row in rows(batch, objects):
        inputs.append(_tensor(row["img"]))
        shape = (int(row["size"][0]), int(row["size"][1]))
        facts: Dict[str, Any] = {"img_shape": shape, "pad_shape": canvas, "batch_input_shape": canvas}
        if row.get("height") and row.get("width"):
            facts["ori_shape"] = (int(row["height"]), int(row["width"]))
            if form.whole:
                facts["scale_factor"] = (shape[1] / row["width"], shape[0] / row["height"])
        facts.update({to: row[name] for name, to in (("image_id", "img_id"), ("file_name", "img_path")) if name in row})
        parts: List[Dict[str, Any]] = []
        for keep in (_drawn(row), _crowds(row)):
            part: Dict[str, Any] = {}
            if "bbox" in row:
                part["bboxes"] = _tensor(row["bbox"][keep].astype(np.float32))
            if "label" in row:
                part["labels"] = _tensor(row["label"][keep].astype(np.int64))
            if "masks" in row:
                part["masks"] = _bitmaps(row["masks"][keep])
            parts.append(part)
        samples.append(_mm_sample(facts, *parts))
    return {"inputs": inputs, "data_samples": samples}


TRAINERS: Dict[str, Callable[[Batch, Names, Form], Any]] = {
    "torchvision": torchvision,
    "detr": detr,
    "hf": hf,
    "mmdet": mmdet,
    "yolo": yolo,
    "coco": coco,
}
