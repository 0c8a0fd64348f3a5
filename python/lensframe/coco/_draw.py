"""What ``COCO.showAnns`` draws, with matplotlib."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import mask as maskUtils


def draw(coco: Any, anns: Any, draw_bbox: bool) -> None:
    """Masks, skeletons and boxes of annotations on the current axes, each annotation in a colour by chance."""
    import matplotlib.pyplot as plt
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Polygon

    ax = plt.gca()
    ax.set_autoscale_on(False)
    polygons, colours = [], []
    for ann in anns:
        colour = (np.random.random((1, 3)) * 0.6 + 0.4).tolist()[0]
        segmentation = ann.get("segmentation")
        if isinstance(segmentation, list):
            for ring in segmentation:
                polygons.append(Polygon(np.array(ring).reshape(-1, 2)))
                colours.append(colour)
        elif segmentation is not None:
            plane = maskUtils.decode(coco.annToRLE(ann))
            # Crowds have one colour of their own.
            tint = np.array([2.0, 166.0, 101.0]) / 255 if ann.get("iscrowd") == 1 else np.array(colour)
            picture = np.ones((*plane.shape, 4))
            picture[..., :3] = tint
            picture[..., 3] = plane * 0.5
            ax.imshow(picture)
        if isinstance(ann.get("keypoints"), list):
            _points(plt, coco, ann, colour)
        if draw_bbox:
            x, y, w, h = ann["bbox"]
            polygons.append(Polygon(np.array([[x, y], [x, y + h], [x + w, y + h], [x + w, y]])))
            colours.append(colour)
    ax.add_collection(PatchCollection(polygons, facecolor=colours, linewidths=0, alpha=0.4))
    ax.add_collection(PatchCollection(polygons, facecolor="none", edgecolors=colours, linewidths=2))


def _points(plt: Any, coco: Any, ann: dict, colour: Any) -> None:
    skeleton = np.array(coco.loadCats(ann["category_id"])[0]["skeleton"]) - 1
    points = np.array(ann["keypoints"])
    x, y, seen = points[0::3], points[1::3], points[2::3]
    for bone in skeleton:
        if np.all(seen[bone] > 0):
            plt.plot(x[bone], y[bone], linewidth=3, color=colour)
    for level, edge in ((0, "k"), (1, colour)):
        shown = seen > level
        plt.plot(
            x[shown], y[shown], "o", markersize=8, markerfacecolor=colour, markeredgecolor=edge, markeredgewidth=2
        )
