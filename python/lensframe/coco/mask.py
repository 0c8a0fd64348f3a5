"""Masks as run lengths: ``encode``, ``decode``, ``iou``, ``merge``, ``area``, ``toBbox``, ``frPyObjects``.

A mask is ``{"size": [height, width], "counts": bytes}``; counts may be ``str`` where they are read. Planes are (H, W, N)
uint8, column by column in memory. The spellings accepted are those of pycocotools, and so are the bits.
"""

from __future__ import annotations

from typing import Any, List

import numpy as np

from .. import _lensframe as native

__all__ = ["area", "decode", "encode", "frPyObjects", "iou", "merge", "toBbox"]


def _coded(masks: Any) -> list:
    coded = []
    for one in masks:
        counts = one["counts"]
        if isinstance(counts, str):
            counts = counts.encode("ascii")
        if not isinstance(counts, bytes):
            raise TypeError("the counts of a mask are bytes or str here; frPyObjects makes them of lists")
        height, width = one["size"]
        coded.append((int(height), int(width), counts))
    return coded


def _mask(height: int, width: int, counts: bytes) -> dict:
    return {"size": [int(height), int(width)], "counts": counts}


def encode(bimask: Any) -> Any:
    """Planes as masks: (H, W, N) gives a list, (H, W) one mask. Planes are uint8; what is not 0 is in the mask."""
    planes = np.asarray(bimask)
    if planes.dtype != np.uint8 and planes.dtype != np.bool_:
        raise ValueError(f"masks are encoded from uint8, not {planes.dtype}")
    planes = planes.astype(np.uint8, copy=False)
    if planes.ndim == 2:
        return encode(planes[:, :, None])[0]
    if planes.ndim != 3:
        raise ValueError(f"planes are (H, W) or (H, W, N), not {planes.ndim}-dimensional")
    height, width = planes.shape[:2]
    return [_mask(height, width, counts) for counts in native.mask_encode(planes)]


def decode(rleObjs: Any) -> Any:
    """Masks as planes, (H, W, N) uint8 for a list, (H, W) for one."""
    if isinstance(rleObjs, dict):
        return decode([rleObjs])[:, :, 0]
    if len(rleObjs) == 0:
        raise IndexError("no mask to decode")
    return native.mask_decode(_coded(rleObjs)).T


def area(rleObjs: Any) -> Any:
    """The areas of masks in pixels: (N,) uint32 for a list, a number for one."""
    if isinstance(rleObjs, dict):
        return area([rleObjs])[0]
    return np.array(native.mask_area(_coded(rleObjs)), dtype=np.uint32)


def toBbox(rleObjs: Any) -> Any:
    """The tight boxes of masks, x, y, width, height: (N, 4) float64 for a list, (4,) for one."""
    if isinstance(rleObjs, dict):
        return toBbox([rleObjs])[0]
    return np.array(native.mask_bbox(_coded(rleObjs)), dtype=np.float64).reshape(-1, 4)


def merge(rleObjs: Any, intersect: Any = False) -> dict:
    """All masks as one: what is in any of them, or with ``intersect`` in all."""
    if len(rleObjs) == 0:
        return {"size": [0, 0], "counts": b""}
    height, width = rleObjs[0]["size"]
    return _mask(height, width, native.mask_merge(_coded(rleObjs), bool(intersect)))


def _kind(objects: Any) -> Any:
    """What one side of ``iou`` is: masks or boxes; ``None`` if it is empty."""
    if isinstance(objects, np.ndarray):
        if objects.size == 0:
            return None, objects
        if objects.ndim == 1 and objects.dtype != object:
            objects = objects.reshape(1, -1)
        if objects.ndim != 2 or objects.shape[1] != 4:
            raise Exception("numpy ndarray input is only for *bounding boxes* and should have Nx4 dimension")
        return "boxes", np.ascontiguousarray(objects, dtype=np.float64)
    if not isinstance(objects, list):
        raise Exception("unrecognized type.  The following type: RLEs (rle), np.ndarray (box), and list (box) are supported.")
    if len(objects) == 0:
        return None, objects
    if all(isinstance(one, (list, np.ndarray)) and len(one) == 4 for one in objects):
        return "boxes", np.array(objects, dtype=np.float64).reshape(-1, 4)
    if all(isinstance(one, dict) for one in objects):
        return "masks", objects
    raise Exception("list input can be bounding box (Nx4) or RLEs ([RLE])")


def iou(dt: Any, gt: Any, pyiscrowd: Any) -> Any:
    """Overlaps of detections and truths, (D, G) float64; of a crowd the share of the detection that lies in it.

    Both are masks, or both boxes: (N, 4) arrays or lists of four numbers. Without either it is an empty list.
    """
    found_kind, found = _kind(dt)
    truth_kind, truth = _kind(gt)
    if found_kind is None or truth_kind is None:
        return []
    if found_kind != truth_kind:
        raise Exception("The dt and gt should have the same data type, either RLEs, list or np.ndarray")
    crowd = [bool(one) for one in pyiscrowd]
    if found_kind == "boxes":
        return native.box_iou(found, truth, crowd).copy(order="F")
    return native.mask_iou(_coded(found), _coded(truth), crowd).copy(order="F")


def _of_box(box: Any, h: int, w: int) -> dict:
    return _mask(h, w, native.mask_of_box([float(x) for x in box], h, w))


def frPyObjects(pyobj: Any, h: int, w: int) -> Any:
    """Polygons, boxes or run lengths in lists as masks of a size: a list of them as a list, one as one mask."""
    h, w = int(h), int(w)
    if isinstance(pyobj, np.ndarray):
        return [_of_box(box, h, w) for box in np.asarray(pyobj, dtype=np.float64).reshape(-1, 4)]
    if isinstance(pyobj, dict) and "counts" in pyobj and "size" in pyobj:
        return _of_counts(pyobj)
    if isinstance(pyobj, list) and pyobj:
        first = pyobj[0]
        if isinstance(first, dict):
            return [_of_counts(one) for one in pyobj]
        if isinstance(first, (list, tuple, np.ndarray)):
            if len(first) == 4:
                return [_of_box(box, h, w) for box in pyobj]
            return [_of_polygon(polygon, h, w) for polygon in pyobj]
        if len(pyobj) == 4:
            return _of_box(pyobj, h, w)
        if len(pyobj) > 4:
            return _of_polygon(pyobj, h, w)
    raise Exception("input type is not supported.")


def _of_polygon(polygon: Any, h: int, w: int) -> dict:
    return _mask(h, w, native.mask_of_polygon([float(x) for x in polygon], h, w))


def _of_counts(one: dict) -> dict:
    height, width = one["size"]
    counts = one["counts"]
    if isinstance(counts, (bytes, str)):
        return _mask(height, width, counts.encode("ascii") if isinstance(counts, str) else counts)
    return _mask(height, width, native.mask_of_counts([int(n) for n in counts], int(height), int(width)))
