"""Boxes and masks: :func:`vis_bbox`, :func:`vis_instance_segmentation`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..utils.mask import mask_to_bbox
from .colormap import voc_colormap
from .image import vis_image


def _checked(places: Any, name: str, label: Any, score: Any, label_names: Any) -> None:
    for what, values in (("label", label), ("score", score)):
        if values is not None and len(values) != len(places):
            raise ValueError(f"{len(values)} values of {what} for {len(places)} of {name}")
    if label is None or label_names is None:
        return
    for one in label:
        if not 0 <= one < len(label_names):
            raise ValueError(f"label {one} is none of {len(label_names)} names")


def _order(score: Any, count: int, sort_by_score: bool) -> Any:
    """The order of drawing: what has a high score comes last, in front."""
    if sort_by_score and score is not None:
        return np.argsort(score)
    return np.arange(count)


def _caption(at: int, label: Any, score: Any, label_names: Any) -> str:
    parts = []
    if label is not None and label_names is not None:
        parts.append(label_names[label[at]])
    if score is not None:
        parts.append(f"{score[at]:.2f}")
    return ": ".join(parts)


def vis_bbox(
    img: Any, bbox: Any, label: Any = None, score: Any = None, label_names: Any = None, instance_colors: Any = None,
    alpha: float = 1.0, linewidth: float = 3.0, sort_by_score: bool = True, ax: Any = None,
) -> Any:
    """Boxes on an image.

    Args:
        img: (3, H, W), 0 to 255; ``None`` draws boxes alone.
        bbox: (R, 4), y_min, x_min, y_max, x_max.
        label, score: (R,); captions are ``name: 0.00``, as far as there are names and scores.
        label_names: the names of the classes.
        instance_colors: (N, 3), 0 to 255, taken in turns; red by default.
        sort_by_score: boxes of high scores are drawn in front.

    Returns:
        The axes.

    Raises:
        ValueError: for lengths that differ, and for a label without a name.
    """
    from matplotlib.patches import Rectangle

    _checked(bbox, "bbox", label, score, label_names)
    ax = vis_image(img, ax=ax)
    colours = np.array([(255, 0, 0)] if instance_colors is None else instance_colors, dtype=np.float64) / 255
    for turn, at in enumerate(_order(score, len(bbox), sort_by_score)):
        top, left, bottom, right = bbox[at]
        colour = colours[turn % len(colours)]
        ax.add_patch(Rectangle(
            (left, top), right - left, bottom - top, fill=False, edgecolor=colour, linewidth=linewidth, alpha=alpha))
        caption = _caption(at, label, score, label_names)
        if caption:
            ax.text(left, top, caption, style="italic", bbox={"facecolor": "white", "alpha": 0.7, "pad": 10})
    return ax


def vis_instance_segmentation(
    img: Any, mask: Any, label: Any = None, score: Any = None, label_names: Any = None, instance_colors: Any = None,
    alpha: float = 0.7, sort_by_score: bool = True, ax: Any = None,
) -> Any:
    """Masks on an image.

    Args:
        img: (3, H, W), 0 to 255; ``None`` draws masks alone.
        mask: (R, H, W) bool; an empty one is not drawn.
        instance_colors: (N, 3), 0 to 255, taken in turns; by default VOC's colours from 1 on.
        alpha: how opaque masks are.
        label, score, label_names, sort_by_score: as in :func:`vis_bbox`.

    Returns:
        The axes.
    """
    _checked(mask, "mask", label, score, label_names)
    ax = vis_image(img, ax=ax)
    boxes = mask_to_bbox(mask)
    colours = voc_colormap(range(1, len(mask) + 1)) if instance_colors is None else np.array(instance_colors)
    overlay = np.zeros(mask.shape[1:] + (4,), dtype=np.uint8)
    for turn, at in enumerate(_order(score, len(mask), sort_by_score)):
        top, left, bottom, right = boxes[at]
        if bottom == top:
            continue
        colour = colours[turn % len(colours)]
        overlay[mask[at]] = np.append(colour, alpha * 255)
        caption = _caption(at, label, score, label_names)
        if caption:
            frame = {"facecolor": np.asarray(colour) / 255, "alpha": alpha}
            ax.text((left + right) / 2, top, caption, style="italic", bbox=frame, fontsize=8, color="white")
    ax.imshow(overlay)
    return ax
