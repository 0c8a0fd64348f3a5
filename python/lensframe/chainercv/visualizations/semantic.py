"""Label maps: :func:`vis_semantic_segmentation`."""

from __future__ import annotations

from typing import Any, Tuple

import numpy as np

from .colormap import voc_colormap
from .image import vis_image


def vis_semantic_segmentation(
    img: Any, label: Any, label_names: Any = None, label_colors: Any = None, ignore_label_color: Any = (0, 0, 0),
    alpha: float = 1, all_label_names_in_legend: bool = False, ax: Any = None,
) -> Tuple[Any, list]:
    """A label map on an image.

    Args:
        img: (3, H, W), 0 to 255; ``None`` draws the map alone.
        label: (H, W) int32; what is below 0 is ignored.
        label_names: the names of the classes; their numbers by default.
        label_colors: a colour a class, 0 to 255; VOC's by default.
        ignore_label_color: the colour of what is ignored.
        alpha: how opaque the map is.
        all_label_names_in_legend: false leaves classes out of the legend that the map does not have. So says ChainerCV's
            manual; its code does it the other way round.

    Returns:
        The axes, and the handles of a legend: ``ax.legend(handles=handles)``.

    Raises:
        ValueError: where names and colours are not as many, and for a label from their number on.
    """
    from matplotlib.patches import Patch

    label = np.asarray(label)
    most = int(label.max()) if label.size else -1
    if label_names is not None:
        n_class = len(label_names)
    elif label_colors is not None:
        n_class = len(label_colors)
    else:
        n_class = max(most, 0) + 1
    if label_colors is not None and len(label_colors) != n_class:
        raise ValueError(f"{len(label_colors)} colours for {n_class} classes")
    if most >= n_class:
        raise ValueError(f"label {most} is none of {n_class} classes")
    ax = vis_image(img, ax=ax)
    names = [str(one) for one in range(n_class)] if label_names is None else label_names
    colours = np.array(voc_colormap(range(n_class)) if label_colors is None else label_colors, dtype=np.float64) / 255
    overlay = np.empty(label.shape + (4,))
    overlay[..., :3] = colours[np.maximum(label, 0)]
    overlay[label < 0, :3] = np.asarray(ignore_label_color, dtype=np.float64) / 255
    overlay[..., 3] = alpha
    ax.imshow(overlay)
    shown = range(n_class) if all_label_names_in_legend else [one for one in np.unique(label) if one >= 0]
    return ax, [Patch(color=tuple(colours[one]), label=names[one]) for one in shown]
