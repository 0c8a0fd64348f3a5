"""Evaluators of a model over an iterator: called, each gives a dict of numbers."""

from .evaluators import (
    DetectionCOCOEvaluator,
    DetectionVOCEvaluator,
    InstanceSegmentationCOCOEvaluator,
    InstanceSegmentationVOCEvaluator,
    SemanticSegmentationEvaluator,
)

__all__ = [
    "DetectionCOCOEvaluator",
    "DetectionVOCEvaluator",
    "InstanceSegmentationCOCOEvaluator",
    "InstanceSegmentationVOCEvaluator",
    "SemanticSegmentationEvaluator",
]
