"""Batches for training loops: :class:`Loader`."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from typing import Any, Callable, Dict, Iterator, Mapping, Optional, Sequence, Union

from ._lensframe import Dataset, Feeder, pipeline_file
from ._lensframe import Feed as _Feed
from .errors import LensframeError

Batch = Dict[str, Any]

# The operations that leave all of a picture, upright, and add nothing.
_WHOLE = frozenset(
    ("resize", "resize_short", "rescale", "flip", "random_flip", "cut_out", "random_erasing", "color_jitter", "normalize")
    + ("photometric_distortion", "hsv_jitter", "lighting", "tone", "blur", "corrupt", "filter_objects")
)


class Loader:
    """Batches of a dataset, made by threads while the training step runs.

    Iterating gives the batches of an epoch, and then the next epoch's, even if the first was left early. What they hold
    depends on seed, epoch and place alone: not on threads, ranks or where a run was resumed.

    Args:
        dataset: the rows; a view of anything.
        pipeline: what is done to them: steps as a list of dicts (``[{"op": "resize", "size": 224}, ...]``), a dict with
            ``steps``, ``decode`` and ``output`` too, or the path of a file (JSON, TOML, YAML). Steps may be those of
            MMDetection (``[{"type": "Resize", ...}, ...]``). Without one pictures stay as they are.
        batch_size: rows a batch.
        shuffle: in another order every epoch; or give ``sampler``.
        sampler: a name (``"weighted"``, ``"class_aware"``, ``"repeat_factor"``, ``"aspect_groups"``, ``"infinite"``, ...),
            or a dict with its parameters, as ``{"kind": "repeat_factor", "threshold": 0.001}``.
        drop_last: leave out rows at the end that do not fill a batch.
        seed: what all chance is drawn from.
        workers: threads; the cores of this process's share by default. With 0 batches are made by whoever asks.
        ahead: batches that are made ahead, which bounds memory; two for each thread.
        on_error: ``"fail"``, or ``"substitute"``: another row takes the place of one that cannot be used.
        rank, world_size: this process, and how many there are: those of ``torch.distributed`` or its environment.
        uneven: what becomes of batches that do not make a round of ranks: ``"drop"``, ``"pad"``, ``"error"``, ``"exact"``.
        collate: what a batch looks like: ``"flat"``, ``"padded"``, ``"list"``, the name of a trainer
            (``"torchvision"``, ``"detr"``, ``"hf"``, ``"mmdet"``, ``"yolo"``, ``"coco"``), or a function of the flat batch.
        boxes: the layout of boxes: ``"xywh"``, ``"xyxy"``, ``"yxyx"``, ``"cxcywh"``.
        relative: boxes as shares of the picture's sides.
        labels: the number of each class, in the order of ``dataset.classes()``, as COCO's category ids. Without them labels
            are places in that list; ``"torchvision"`` counts from 1.
        masks: draws ``segmentation``: ``masks`` (R, H, W) uint8, and those of the trainers that have masks.
        out: arrays or tensors that pictures are copied into, in turns, as pinned memory: a batch is in ``out[n % len(out)]``
            until that one's next turn. Each is of the pictures' type, in one piece, and holds at least as many numbers.
        pad_multiple: sides of padded pictures are multiples of this.
        transform: a function of a row's dict (``img`` as (H, W, 3), ``bbox`` x, y, w, h, ``label``, ...) that gives one; as
            ``albumentations`` and ``torchvision.transforms.v2`` are wrapped. Pictures may come back in other sizes, as
            (H, W, 3) or as a tensor (3, H, W), and with other objects. It runs where batches are asked for, one row after
            the other; :attr:`statistics` tells what it costs.
    """

    def __init__(
        self,
        dataset: Dataset,
        pipeline: Union[None, str, "os.PathLike[str]", Sequence[Mapping[str, Any]], Mapping[str, Any]] = None,
        batch_size: int = 1,
        *,
        shuffle: bool = False,
        sampler: Union[None, str, Mapping[str, Any]] = None,
        drop_last: bool = False,
        seed: int = 0,
        workers: Optional[int] = None,
        ahead: Optional[int] = None,
        on_error: str = "fail",
        rank: Optional[int] = None,
        world_size: Optional[int] = None,
        uneven: str = "drop",
        collate: Union[str, Callable[[Batch], Any]] = "flat",
        boxes: str = "xywh",
        relative: bool = False,
        labels: Optional[Sequence[int]] = None,
        masks: bool = False,
        out: Optional[Sequence[Any]] = None,
        pad_multiple: int = 1,
        transform: Optional[Callable[[Dict[str, Any]], Dict[str, Any]]] = None,
    ) -> None:
        if not isinstance(dataset, Dataset):
            raise TypeError(f"dataset is a lensframe.Dataset, as lensframe.open(path) gives it, not {type(dataset).__name__}")
        _one_of("on_error", on_error, ("fail", "substitute"))
        _one_of("uneven", uneven, ("drop", "pad", "error", "exact"))
        _at_least("batch_size", batch_size, 1)
        _at_least("seed", seed, 0)
        if (rank is None) != (world_size is None):
            raise ValueError("rank and world_size go together: give both, or neither")
        if sampler is not None and shuffle:
            raise ValueError("shuffle and sampler both say the order: give one of them")
        if isinstance(sampler, str):
            sampler = {"kind": sampler}
        order: Mapping[str, Any] = sampler or {"kind": "shuffled" if shuffle else "sequential"}
        if rank is None and world_size is None:
            rank, world_size = _ranks()
        workers = _threads() if workers is None else _at_least("workers", workers, 0)
        ahead = 2 * max(workers, 1) if ahead is None else _at_least("ahead", ahead, 0)
        self._arguments: Dict[str, Any] = {
            "of": dataset,
            "pipeline": _pipeline(pipeline),
            "plan": {
                "sampler": dict(order),
                "batch": int(batch_size),
                "last": "drop" if drop_last else "keep",
                "uneven": uneven,
                "seed": int(seed),
            },
            "workers": workers,
            "ahead": ahead,
            "substitute": on_error == "substitute",
            "rank": rank or 0,
            "world": world_size or 1,
            "multiple": pad_multiple,
        }
        self._transform = transform
        self._out = None if out is None else list(out)
        self._turn = 0
        if self._out == []:
            raise ValueError("out is at least one array or tensor")
        self._epoch = 0
        self._resume: Optional[str] = None
        self._feed: Optional[_Feed] = None
        self._spent = {"transform": 0.0, "collate": 0.0}
        numbers = None if labels is None else tuple(int(number) for number in labels)
        form = _form(collate, boxes, relative, numbers, masks, multiple=pad_multiple)
        self._feeder = self._made()
        self._form = dataclasses.replace(form, **_facts(self.pipeline))

    def _made(self, **other: Any) -> Feeder:
        given = {**self._arguments, **other}
        of, pipeline, plan = given.pop("of"), given.pop("pipeline"), given.pop("plan")
        self._process = os.getpid()
        try:
            return Feeder(of, pipeline, _json(plan), **given)
        except ValueError as error:
            if isinstance(error, LensframeError):
                raise
            # What else a plan has was looked at before. A place in a text that nobody wrote helps nobody.
            raise ValueError("sampler: " + str(error).split(" at line ")[0]) from None

    def __len__(self) -> int:
        """The batches of an epoch for this rank; a TypeError where there is no end."""
        many = self._feeder.len(self._epoch)
        if self._arguments["plan"]["sampler"]["kind"] == "infinite":
            raise TypeError("an endless sampler has no length")
        return many

    def __repr__(self) -> str:
        plan = self._arguments["plan"]
        kind, size = plan["sampler"]["kind"], plan["batch"]
        return f"<lensframe.Loader of {len(self._arguments['of'])} rows, {kind}, {size} a batch, epoch {self._epoch}>"

    def __iter__(self) -> Iterator[Any]:
        return self._batches(self._feeder, self._arguments["workers"])

    def _batches(self, feeder: Feeder, workers: int, most: Optional[int] = None) -> Iterator[Any]:
        if os.getpid() != self._process:
            # Threads do not come along into a process that was forked: it makes its batches itself.
            workers = 0
        elif self._feed is not None:
            self._feed.close()
            # Who left an epoch early has had it, as with PyTorch's loaders: the next is in another order.
            self._epoch += 1
        feed = feeder.feed(self._epoch, self._resume, workers)
        self._feed, self._resume = feed, None
        given = 0
        while most is None or given < most:
            try:
                batch = feed.next()
            except ValueError as error:
                if self._feed is feed or isinstance(error, LensframeError):
                    raise
                what = "this iteration ended when another one of the same loader began; make a loader for each"
                raise RuntimeError(what) from None
            if batch is None:
                break
            yield self._finished(batch, feeder.dtype())
            given += 1
        self._epoch += 1
        if self._feed is feed:
            self._last = json.loads(feed.statistics())
            self._feed = None

    def _finished(self, raw: Dict[str, Any], dtype: str) -> Any:
        from . import _collate

        start = time.perf_counter()
        form = self._form
        batch, objects = _collate.flat(raw, dtype)
        if form.masks:
            batch, objects = _collate.with_masks(batch, objects, form.hwc)
        if self._transform is not None:
            before = time.perf_counter()
            batch, objects = _collate.transformed(batch, objects, self._transform, form)
            # Tensors have their channels in front, whatever the pipeline gave.
            form = dataclasses.replace(form, hwc=form.hwc and not _collate.is_tensor(batch.get("img")), whole=False)
            spent = time.perf_counter() - before
            self._spent["transform"] += spent
            start += spent
        if self._out is not None and "img" in batch:
            batch["img"] = _collate.placed(batch["img"], self._out[self._turn % len(self._out)])
            self._turn += 1
        done = form.finished(batch, objects)
        self._spent["collate"] += time.perf_counter() - start
        return done

    def set_epoch(self, epoch: int) -> None:
        """The epoch that iterating begins with next."""
        if epoch < 0:
            raise ValueError(f"epochs are counted from 0, not {epoch}")
        self._leave()
        self._epoch, self._resume = int(epoch), None

    def _leave(self) -> None:
        if self._feed is not None and os.getpid() == self._process:
            self._feed.close()
        self._feed = None

    @property
    def epoch(self) -> int:
        """The epoch that is running, or comes next."""
        return self._epoch

    def state_dict(self) -> Dict[str, Any]:
        """Where the loader is: batches that were handed out count as done. It fits another number of ranks."""
        position = self._resume if self._feed is None else self._feed.state()
        return {"epoch": self._epoch, "position": position}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on where a loader of the same rows, sampler and batch size was."""
        if not {"epoch", "position"} <= state.keys():
            raise ValueError("a state has 'epoch' and 'position', as state_dict() gives them")
        self._leave()
        self._epoch, self._resume = int(state["epoch"]), state["position"]

    @property
    def statistics(self) -> Dict[str, Any]:
        """Where the time of this epoch, or the last one, went: seconds, those of threads added up."""
        own = json.loads(self._feed.statistics()) if self._feed is not None else getattr(self, "_last", {})
        return {**own, **self._spent}

    @property
    def pipeline(self) -> Dict[str, Any]:
        """The pipeline with all its defaults."""
        steps: Dict[str, Any] = json.loads(self._feeder.pipeline())
        return steps

    def shared(self, part: int, parts: int) -> Iterator[Any]:
        """The batches of this rank that are the turn of one of several processes which share them: every so manieth."""
        given = self._arguments
        # Of a process that this one was forked from, or of an epoch that was left early.
        self._feed = None
        left = self._feeder.feed(self._epoch, self._resume, 0).left()
        # A turn of the parts need not be full; what ranks leave out or do twice stays as it is.
        plan = {**given["plan"], "uneven": "pad" if given["plan"]["uneven"] == "pad" else "exact"}
        feeder = self._made(plan=plan, rank=part * given["world"] + given["rank"], world=given["world"] * parts)
        return self._batches(feeder, min(given["workers"], 1), max(0, -(-(left - part) // parts)))

    def torch(self) -> Any:
        """The loader as a ``torch.utils.data.IterableDataset`` of batches, for ``DataLoader(..., batch_size=None)``.

        Workers of the ``DataLoader`` share the batches of this rank among them.
        """
        if self._out is not None:
            raise ValueError("out is memory of this process: let the DataLoader pin memory (pin_memory=True)")
        from ._batches import Batches

        return Batches(self)

    def __getstate__(self) -> Dict[str, Any]:
        state = self.__dict__.copy()
        state["_resume"] = self.state_dict()["position"]
        state["_feeder"] = state["_feed"] = None
        return state

    def __setstate__(self, state: Dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._feeder = self._made()


def _form(*given: Any, **more: Any) -> Any:
    # NumPy is not imported before it is needed.
    from ._collate import Form

    form = Form(*given, **more)
    form.check()
    return form


def _facts(pipeline: Mapping[str, Any]) -> Dict[str, bool]:
    """What a pipeline says of the pictures that come out."""
    steps = [step["op"] for step in pipeline["steps"]]
    return {"hwc": pipeline["output"]["order"] == "hwc", "whole": all(step in _WHOLE for step in steps)}


def _pipeline(given: Any) -> str:
    if given is None:
        return '{"steps": []}'
    if isinstance(given, (str, os.PathLike)):
        return pipeline_file(given)
    return _json(given if isinstance(given, Mapping) else list(given))


def _json(value: Any) -> str:
    """As JSON, numbers and arrays of NumPy too."""
    return json.dumps(value, default=lambda one: one.tolist() if hasattr(one, "tolist") else dict(one))


def _one_of(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise ValueError(f"{name} is {', '.join(map(repr, known[:-1]))} or {known[-1]!r}, not {value!r}")


def _at_least(name: str, value: Any, least: int) -> int:
    if not hasattr(value, "__index__") or not least <= value.__index__() < 1 << 63:
        raise ValueError(f"{name} is a whole number, at least {least}, not {value!r}")
    return int(value)


def _ranks() -> "tuple[int, int]":
    """Rank and number of processes, as torch.distributed or its environment has them."""
    import sys

    torch = sys.modules.get("torch")
    distributed = getattr(torch, "distributed", None)
    if distributed is not None and distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    rank, world = os.environ.get("RANK"), os.environ.get("WORLD_SIZE")
    return (int(rank), int(world)) if rank is not None and world is not None else (0, 1)


def _threads() -> int:
    """Cores that this process may use, shared with the others of its machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // max(1, int(os.environ.get("LOCAL_WORLD_SIZE", "1"))))
