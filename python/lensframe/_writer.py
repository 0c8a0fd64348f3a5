"""Object sets written row by row: ``ds.writer("r50")``, and ``ds.predict``."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple, Union

import numpy as np

from ._lensframe import Dataset, SetWriter
from ._lensframe import open as open_dataset
from ._model import Predictor
from ._progress import bar

Rows = Union[int, slice, Iterable[int]]


class Writer:
    """Writes an object set beside the rows of a stored dataset; made by :meth:`Dataset.writer`.

    Nothing is published before the ``with`` block ends without an exception. What was written until a process was
    killed, or the block left by an exception, waits for ``ds.writer(name, resume=True)``; :attr:`missing` are the rows
    that are still to do.
    """

    def __init__(
        self,
        dataset: Dataset,
        name: str,
        *,
        resume: bool = False,
        replace: bool = False,
        classes: Optional[Sequence[str]] = None,
    ) -> None:
        self._of = dataset
        self._name = name
        self._set = SetWriter(dataset, name, resume, replace, None if classes is None else list(classes))
        self._version: Optional[int] = None

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, kind: Any, value: Any, trace: Any) -> None:
        if kind is None:
            self.commit()
        else:
            self._set.close()

    def __len__(self) -> int:
        return len(self._set)

    def __repr__(self) -> str:
        return f"<lensframe.Writer of set '{self._name}' for {len(self)} rows>"

    @property
    def missing(self) -> List[int]:
        """The rows of the view that are not written yet."""
        return self._set.missing()

    def write(
        self,
        rows: Rows,
        *,
        boxes: Any = None,
        layout: Optional[str] = None,
        relative: bool = False,
        scores: Any = None,
        labels: Any = None,
        masks: Any = None,
        points: Any = None,
        visible: Any = None,
        counts: Any = None,
        offsets: Any = None,
    ) -> None:
        """Writes the objects of rows; a row that was written before is written anew.

        Arrays are NumPy's, tensors of PyTorch or anything that ``numpy.asarray`` takes, in one of these forms, the same
        for all:

        * for one row (``rows`` a number): the arrays of its objects;
        * a list with the arrays of each row;
        * padded, (rows, most, ...), with ``counts``, how many of each row are objects (all, if it is left out);
        * flat, (objects, ...), with ``offsets``, one more than rows: row ``i`` has ``offsets[i]:offsets[i + 1]``;
        * lists of pyarrow.

        Args:
            rows: positions in the view: a number, a slice, or numbers.
            boxes: (N, 4), in the ``layout`` that is said.
            layout: ``"xyxy"``, ``"xywh"``, ``"yxyx"`` or ``"cxcywh"``; there is no default.
            relative: boxes are shares of the picture's width and height.
            scores: (N,).
            labels: (N,) whole numbers, 0..L-1 in the set's classes.
            masks: (N, H, W), what is not 0 is in the mask; or dicts of run lengths as COCO has them.
            points: (N, K, 2), x and y; ``visible``: (N, K).
        """
        if boxes is not None and layout is None:
            raise TypeError("say the layout of the boxes: layout='xyxy', 'xywh', 'yxyx' or 'cxcywh'")
        places, single = _places(rows, len(self))
        given = {"boxes": boxes, "scores": scores, "labels": labels, "masks": masks, "points": points, "visible": visible}
        given = {name: value for name, value in given.items() if value is not None}
        if not given:
            raise TypeError("nothing to write: give boxes, scores, labels, masks or points")
        form = _Form(len(places), single, counts, offsets)
        flat = {name: form.flat(name, value) for name, value in given.items()}
        if "masks" in flat:
            flat["masks"] = _coded(flat["masks"])
        assert form.offsets is not None  # the first array brought them
        self._set.write(places, form.offsets, layout=layout or "xywh", relative=relative, **flat)

    def flush(self) -> None:
        """Hands what is written to the system, so that it outlives this process. It is done every second anyway."""
        self._set.flush()

    def commit(self) -> int:
        """Publishes the set, and returns the number of the dataset's new version."""
        self._version = self._set.commit()
        return self._version

    def discard(self) -> None:
        """Ends, and removes what is written and not published."""
        self._set.discard()

    @property
    def dataset(self) -> Dataset:
        """The stored dataset at the version that was published."""
        if self._version is None:
            raise ValueError("nothing is published yet")
        return open_dataset(f"{self._set.path}@{self._version}")


#: Kinds, axes and types of what is written.
_DTYPES = {"boxes": np.float64, "scores": np.float64, "labels": np.int64, "points": np.float64, "visible": np.uint8}
_AXES = {"boxes": 2, "scores": 1, "labels": 1, "points": 3, "visible": 2, "masks": 3}


def _places(rows: Rows, length: int) -> Tuple[np.ndarray, bool]:
    if isinstance(rows, slice):
        return np.arange(*rows.indices(length), dtype=np.int64), False
    places = np.asarray(rows)
    if places.size and (places.dtype == bool or not np.issubdtype(places.dtype, np.integer)):
        raise TypeError(f"rows are whole numbers, not {places.dtype}")
    if places.ndim > 1:
        raise ValueError(f"rows of shape {places.shape}: give a number or a list of numbers")
    return np.ascontiguousarray(places.reshape(-1), dtype=np.int64), places.ndim == 0


class _Form:
    """How the objects of rows are laid out, found with the first array and held to by the others."""

    def __init__(self, rows: int, single: bool, counts: Any, offsets: Any) -> None:
        if counts is not None and offsets is not None:
            raise TypeError("give counts (of padded arrays) or offsets (of flat ones), not both")
        self.rows = rows
        self.single = single
        self.counts = None if counts is None else _whole("counts", counts)
        self.given = None if offsets is None else _whole("offsets", offsets)
        self.offsets: Optional[np.ndarray] = self.given

    def flat(self, name: str, value: Any) -> Any:
        lengths, flat = self._parts(name, value)
        if lengths is None:
            return flat  # they are those of the offsets that were given
        if self.offsets is None:
            self.offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        elif not np.array_equal(np.diff(self.offsets), lengths):
            at = int(np.argmax(np.diff(self.offsets) != lengths))
            raise ValueError(f"{name}[{at}]: {lengths[at]} values for {self.offsets[at + 1] - self.offsets[at]} objects")
        return flat

    def _parts(self, name: str, value: Any) -> Tuple[Optional[np.ndarray], Any]:
        """How many objects each row has, and all of them; ``None`` where the offsets were given."""
        if hasattr(value, "flatten") and hasattr(value, "value_lengths"):
            lengths = value.value_lengths().to_numpy(zero_copy_only=False)
            return self._checked(name, lengths), self._typed(name, _of_arrow(name, value.flatten()))
        if self.given is not None:
            return None, self._typed(name, value)
        if self.single:
            one = self._typed(name, value)
            return np.array([len(one)], np.int64), one
        if isinstance(value, (list, tuple)):
            if len(value) != self.rows:
                raise ValueError(f"{name}: a list of {len(value)} for {self.rows} rows")
            parts = [self._typed(f"{name}[{n}]", part) for n, part in enumerate(value)]
            lengths = np.array([len(part) for part in parts], np.int64)
            if parts and isinstance(parts[0], list):
                return lengths, [one for part in parts for one in part]
            return lengths, _joined(name, parts)
        padded = _array(value)
        if padded.ndim != _AXES[name] + 1:
            raise ValueError(
                f"{name}: shape {padded.shape}; padded arrays are (rows, most, ...), flat ones need offsets"
            )
        if len(padded) != self.rows:
            raise ValueError(f"{name}: shape {padded.shape} for {self.rows} rows")
        if self.counts is None:
            lengths = np.full(self.rows, padded.shape[1], np.int64)
            return lengths, self._typed(name, padded.reshape(-1, *padded.shape[2:]))
        counts = self._checked("counts", self.counts)
        if counts.size and (counts.min() < 0 or counts.max() > padded.shape[1]):
            raise ValueError(f"counts: between {counts.min()} and {counts.max()} of {padded.shape[1]} in {name}")
        kept = np.arange(padded.shape[1]) < counts[:, None]
        return counts, self._typed(name, padded[kept])

    def _checked(self, name: str, lengths: np.ndarray) -> np.ndarray:
        if len(lengths) != self.rows:
            raise ValueError(f"{name}: {len(lengths)} for {self.rows} rows")
        return lengths

    def _typed(self, name: str, value: Any) -> Any:
        """The objects of one or of all rows as an array of the right type and number of axes; masks may be dicts."""
        base = name.split("[")[0]
        if base == "masks" and isinstance(value, (list, tuple)) and any(isinstance(one, dict) for one in value):
            return list(value)
        array = _array(value)
        axes = _AXES[base]
        if array.size == 0 and array.ndim != axes:
            # An empty list says nothing of the other axes.
            tail = {"boxes": (4,), "points": (0, 2), "visible": (0,), "masks": (0, 0)}.get(base, ())
            array = array.reshape((0, *tail))
        if array.ndim != axes:
            raise ValueError(f"{name}: shape {array.shape} where {axes} axes are wanted")
        if base == "masks":
            return array
        wanted = np.dtype(_DTYPES[base])
        if array.dtype == object or array.dtype.kind not in "biuf":
            raise TypeError(f"{name}: {array.dtype} where numbers are wanted")
        if wanted.kind in "iu" and array.dtype.kind == "f":
            whole = array.astype(wanted)
            if not np.array_equal(whole, array):
                raise TypeError(f"{name}: {array.dtype} with fractions where whole numbers are wanted")
            return whole
        return np.ascontiguousarray(array, dtype=wanted)


def _joined(name: str, parts: List[np.ndarray]) -> np.ndarray:
    if not parts:
        axes = _AXES[name]
        return np.zeros((0, 4) if name == "boxes" else (0,) * (axes - 1) + (2,) if name == "points" else (0,) * axes, _DTYPES.get(name))
    full = [part for part in parts if len(part)] or parts[:1]
    try:
        return np.concatenate(full)
    except ValueError as error:
        shapes = sorted({part.shape[1:] for part in full})
        raise ValueError(f"{name}: rows of different shapes {shapes}") from error


def _array(value: Any) -> np.ndarray:
    """NumPy's view of an array or tensor, in this machine's byte order."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = (value.float() if str(value.dtype) == "torch.bfloat16" else value).numpy()
    array = np.asarray(value)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _of_arrow(name: str, values: Any) -> np.ndarray:
    if values.null_count:
        raise ValueError(f"{name}: {values.null_count} nulls among the objects")
    shape: Tuple[int, ...] = (len(values),)
    while hasattr(values, "flatten") and hasattr(values.type, "list_size"):
        shape += (values.type.list_size,)
        values = values.flatten()
    return np.asarray(values.to_numpy(zero_copy_only=False)).reshape(shape)


def _whole(name: str, numbers: Any) -> np.ndarray:
    array = _array(numbers)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise TypeError(f"{name}: whole numbers along one axis, not {array.dtype} of shape {array.shape}")
    return np.ascontiguousarray(array, dtype=np.int64)


def _coded(masks: Any) -> List[Tuple[int, int, bytes]]:
    """Masks as (height, width, compressed run lengths)."""
    from .coco import mask as coding

    if not isinstance(masks, list):
        planes = np.ascontiguousarray(np.moveaxis(masks, 0, 2) != 0, dtype=np.uint8)
        masks = coding.encode(np.asfortranarray(planes)) if len(masks) else []
    made = []
    for n, one in enumerate(masks):
        if not isinstance(one, dict) or "size" not in one or "counts" not in one:
            raise TypeError(f"masks[{n}]: a dict with size and counts is wanted, or an array of (N, H, W)")
        height, width = (int(side) for side in one["size"])
        counts = one["counts"]
        if isinstance(counts, (list, tuple, np.ndarray)):
            counts = coding.frPyObjects({"size": [height, width], "counts": list(counts)}, height, width)["counts"]
        made.append((height, width, counts.encode() if isinstance(counts, str) else bytes(counts)))
    return made


def predict(
    dataset: Dataset,
    function: Callable[..., Any],
    *,
    to: str,
    batch: int = 16,
    keys: Union[str, Sequence[str], None] = None,
    layout: Optional[str] = None,
    relative: bool = False,
    resume: bool = True,
    replace: bool = False,
    classes: Optional[Sequence[str]] = None,
) -> Dataset:
    """Calls a function with batches of rows, and keeps what it finds as an object set; see :meth:`Dataset.predict`."""
    if batch < 1:
        raise ValueError(f"batches of {batch} rows")
    if isinstance(function, Predictor):
        if keys is not None or layout is not None or relative or classes is not None:
            raise TypeError("a Predictor's recipe says what it reads and finds: leave out keys, layout, relative and classes")
        return function._into(dataset, to, batch, resume, replace)
    keys = "img" if keys is None else keys
    view = dataset.select(keys if isinstance(keys, str) else list(keys))
    shown = bar()
    with Writer(dataset, to, resume=resume and not replace, replace=replace, classes=classes) as writer:
        missing = writer.missing
        done = len(dataset) - len(missing)
        try:
            for start in range(0, len(missing), batch):
                rows = missing[start : start + batch]
                values = view[rows]
                found = function(values if isinstance(keys, str) else [dict(row.items()) for row in values])
                writer.write(rows, layout=layout, relative=relative, **_found(found, len(rows), rows[0]))
                done += len(rows)
                shown.show("predicting", done, len(dataset))
        finally:
            shown.close()
    return writer.dataset


def _found(found: Any, rows: int, first: int) -> Dict[str, Any]:
    """What a function found, as ``Writer.write`` takes it: a dict, or a list of one a row."""
    if isinstance(found, dict):
        return found
    if not isinstance(found, (list, tuple)) or not all(isinstance(one, dict) for one in found):
        raise TypeError(
            f"row {first}: the function returned {type(found).__name__}; "
            "a dict with boxes, scores and labels is wanted, or a list of one a row"
        )
    if len(found) != rows:
        raise ValueError(f"row {first}: the function returned {len(found)} results for {rows} rows")
    names = {name for one in found for name in one}
    missing = [(n, name) for n, one in enumerate(found) for name in names if name not in one]
    if missing:
        raise ValueError(f"row {first + missing[0][0]}: no '{missing[0][1]}', which other rows of the batch have")
    return {name: [one[name] for one in found] for name in names}
