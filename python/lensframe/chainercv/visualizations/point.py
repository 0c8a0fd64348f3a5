"""Points: :func:`vis_point`."""

from __future__ import annotations

from typing import Any


def vis_point(img: Any, point: Any, visible: Any = None, ax: Any = None) -> Any:
    """Points on an image, a colour of the rainbow a point.

    Args:
        img: (3, H, W), 0 to 255.
        point: (R, K, 2), or a list of (K, 2); y, x.
        visible: (R, K) or a list of (K,), bool; what is not is not drawn.

    Returns:
        The axes, ending where the image does.
    """
    from matplotlib import pyplot

    from .image import vis_image

    ax = vis_image(img, ax=ax)
    rainbow = pyplot.get_cmap("gist_rainbow")
    for at, pnt in enumerate(point):
        for k, (y, x) in enumerate(pnt):
            if visible is None or visible[at][k]:
                ax.scatter(x, y, color=rainbow(k / len(pnt)), s=100)
    _, height, width = img.shape
    ax.set_xlim(left=0, right=width)
    ax.set_ylim(bottom=height - 1, top=0)
    return ax
