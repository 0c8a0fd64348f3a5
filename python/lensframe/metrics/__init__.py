"""Metrics with the names, arguments and results of torchmetrics; PyTorch is not needed."""

from __future__ import annotations

from .mean_ap import MeanAveragePrecision

__all__ = ["MeanAveragePrecision"]
