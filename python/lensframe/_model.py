"""Networks: :class:`Model` runs one on arrays, :class:`Predictor` on the pictures of a dataset."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, NamedTuple, Optional, Tuple, Union

from ._lensframe import Dataset
from ._lensframe import Predictor as _Predictor
from ._lensframe import Session as _Session
from ._lensframe import open as open_dataset
from .report import Report

if TYPE_CHECKING:
    import numpy as np

PathLike = Union[str, "os.PathLike[str]"]


class Port(NamedTuple):
    """An input or output of a network; ``None`` in its shape where any length will do."""

    name: str
    dtype: Optional[str]
    shape: Optional[Tuple[Optional[int], ...]]


class Model:
    """A network in ONNX, ready to run on a device.

    >>> model = lensframe.Model("resnet50.onnx")                 # doctest: +SKIP
    >>> model(np.zeros((1, 3, 224, 224), np.float32))            # doctest: +SKIP
    {'logits': array(...)}

    Args:
        path: the ONNX file, or the name of a network that comes with lensframe, as ``shapes``.
        device: ``auto`` (the best GPU, else the processor), ``cpu``, ``gpu`` or ``gpu:1``.
        weights: its weights, as ``.npz`` or ``.safetensors``, where they are not in its own file.
        names: which of their keys is which of the network's names, as a file; by default those that are equal.
        half: let a GPU store weights in 16 bits: half the memory, results change by about a thousandth.
    """

    def __init__(
        self,
        path: PathLike,
        device: str = "auto",
        *,
        weights: Optional[PathLike] = None,
        names: Optional[PathLike] = None,
        half: bool = False,
    ) -> None:
        self._session = _Session(os.fspath(path), device, _path(weights), _path(names), half)
        self._path = os.fspath(path)

    @property
    def inputs(self) -> List[Port]:
        """What it takes."""
        return [_port(port) for port in self._session.inputs]

    @property
    def outputs(self) -> List[Port]:
        """What it gives."""
        return [_port(port) for port in self._session.outputs]

    @property
    def device(self) -> str:
        """What runs it: ``cpu``, or the name of the GPU."""
        return self._session.device

    def __call__(self, *arrays: Any, **named: Any) -> Dict[str, np.ndarray]:
        """The outputs by their names, for arrays in the order of the inputs or by their names."""
        names = [port.name for port in self.inputs]
        odd = [name for name in named if name not in names]
        if odd or len(arrays) > len(names):
            raise TypeError(f"the model takes {', '.join(names)}")
        given = dict(zip(names, arrays))
        twice = [name for name in named if name in given]
        if twice:
            raise TypeError(f"'{twice[0]}' is given twice")
        given.update(named)
        missing = [name for name in names if name not in given]
        if missing:
            raise TypeError(f"the input '{missing[0]}' is missing")
        import numpy as np

        made = self._session.run([np.asarray(given[name], order="C") for name in names])
        return {port.name: array for port, array in zip(self.outputs, made)}

    def __repr__(self) -> str:
        inputs = ", ".join(f"{port.name}: {port.dtype} {list(port.shape or ())}" for port in self.inputs)
        return f"<lensframe.Model {self._path}: {inputs}; on {self.device}>"


class Predictor:
    """A network and its recipe, which says what pictures become and what its numbers mean (``docs/predict.md``).

    >>> find = lensframe.Predictor("detector.onnx", "detector.toml")     # doctest: +SKIP
    >>> ds = ds.predict(find, to="net")                                  # doctest: +SKIP

    Args:
        model: the ONNX file, or the name of a network that comes with lensframe.
        recipe: a file, the name of a known recipe, or a dict; by default the model's path with ``.toml``, and of a network
            that comes with lensframe its own.
        weights: as for :class:`Model`, and ``names`` and ``half``.
        device: as for :class:`Model`.
        score: only objects of at least this score, in the place of what the recipe says.
        workers: threads that decode pictures; all by default.
        skip: leave out rows whose pictures are damaged or missing.
    """

    def __init__(
        self,
        model: PathLike,
        recipe: Union[PathLike, Mapping[str, Any], None] = None,
        *,
        device: str = "auto",
        score: Optional[float] = None,
        workers: Optional[int] = None,
        skip: bool = False,
        weights: Optional[PathLike] = None,
        names: Optional[PathLike] = None,
        half: bool = False,
    ) -> None:
        path = os.fspath(model)
        if recipe is None:
            stem, ending = os.path.splitext(path)
            recipe = f"{stem}.toml" if ending or os.path.exists(path) else path
        said = json.dumps(dict(recipe)) if isinstance(recipe, Mapping) else os.fspath(recipe)
        self._predictor = _Predictor(path, said, device, score, _path(weights), _path(names), half)
        self._workers, self._skip = workers, skip

    @property
    def device(self) -> str:
        """What runs it."""
        return self._predictor.device

    def evaluate(
        self, dataset: Dataset, metric: str = "coco/bbox", *, truth: str = "", batch: int = 8
    ) -> Report:
        """Holds what is found in a view against its truth, as it comes: nothing is stored, and no object is kept.

        Args:
            dataset: any view with pictures.
            metric: the protocol; ``lensframe eval --list`` tells them all. Those that look at all images at once (LVIS,
                Open Images, rotated boxes) need a stored set: ``ds.predict`` and ``lensframe.evaluate``.
            truth: the set that is the truth; the default set without a name.
            batch: pictures that go through together, where the model takes any number.
        """
        return Report.from_json(
            self._predictor.report(dataset, metric, truth, batch, self._workers, self._skip)
        )

    def _into(self, dataset: Dataset, to: str, batch: int, resume: bool, replace: bool) -> Dataset:
        path, version, _ = self._predictor.store_set(
            dataset, to, resume and not replace, replace, batch, self._workers, self._skip
        )
        return open_dataset(f"{os.fspath(path)}@{version}")


def _path(path: Optional[PathLike]) -> Optional[str]:
    return None if path is None else os.fspath(path)


def _port(port: Tuple[str, Optional[str], Optional[List[Optional[int]]]]) -> Port:
    name, dtype, shape = port
    return Port(name, dtype, None if shape is None else tuple(shape))
