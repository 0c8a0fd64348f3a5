"""Datasets whose rows and keys are chosen without reading: ``dataset.slice[rows, keys]``.

A :class:`SliceableDataset` has ``keys``: a name (rows are bare values) or a tuple of names (rows are tuples). A view asks
for the keys it has and no other, however many views lie on each other, so that a scan of labels opens no image. Views of
:class:`lensframe.Dataset` take part: wherever a dataset is expected here, one of them does.

Where ChainerCV's own behaviour is an accident, ours differs: an empty selection is a view without rows, a row past either
end of a view is an IndexError and never the parent's row, numbers count from the end when negative, and a list that mixes
numbers and flags is a TypeError. Rows and keys are checked when a view is built.
"""

from .getter import GetterDataset
from .joined import ConcatenatedDataset, TupleDataset
from .sliceable import SliceableDataset, sliceable
from .transform import TransformDataset

__all__ = [
    "ConcatenatedDataset",
    "GetterDataset",
    "SliceableDataset",
    "TransformDataset",
    "TupleDataset",
    "sliceable",
]
