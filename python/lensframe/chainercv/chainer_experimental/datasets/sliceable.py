"""The sliceable datasets under ChainerCV's path; see :mod:`lensframe.chainercv.sliceable`."""

from ...sliceable import ConcatenatedDataset, GetterDataset, SliceableDataset, TransformDataset, TupleDataset

__all__ = ["ConcatenatedDataset", "GetterDataset", "SliceableDataset", "TransformDataset", "TupleDataset"]
