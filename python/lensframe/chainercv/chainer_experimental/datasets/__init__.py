"""Where ChainerCV has its sliceable datasets."""

from . import sliceable

__all__ = ["sliceable"]
