"""A dataset engine for computer vision: convert, ask, feed, predict, evaluate.

>>> import lensframe
>>> ds = lensframe.open("instances_val2017.json")            # doctest: +SKIP
>>> people = ds.filter_objects("category = 'person' AND area > 9216")   # doctest: +SKIP
>>> people[0]["bbox"]                                        # doctest: +SKIP

A :class:`Dataset` is a view: rows and keys that are read when they are asked for. Boxes are x, y, width, height in
pixels, 0-based and half-open, float64; sizes are (height, width); labels are 0..L-1 in the class table of their set.
"""

from __future__ import annotations

from collections.abc import Mapping as _Mapping

from . import errors
from ._commands import convert, export, synth
from ._evaluate import evaluate
from ._evaluator import Evaluator
from ._lensframe import Column, Dataset, Example, __version__, concat, from_arrow, open, zip
from ._loader import Loader
from ._model import Model, Predictor
from .errors import LensframeError, LensframeWarning
from .report import Report

# A row is a mapping for whoever asks, as collating functions do.
_Mapping.register(Example)

__all__ = [
    "Column",
    "Dataset",
    "Evaluator",
    "Example",
    "LensframeError",
    "LensframeWarning",
    "Loader",
    "Model",
    "Predictor",
    "Report",
    "__version__",
    "concat",
    "convert",
    "errors",
    "evaluate",
    "export",
    "from_arrow",
    "open",
    "synth",
    "zip",
]
