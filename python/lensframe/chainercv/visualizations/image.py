"""Images: :func:`vis_image`."""

from __future__ import annotations

from typing import Any

import numpy as np


def vis_image(img: Any, ax: Any = None) -> Any:
    """An image (3, H, W), 0 to 255; ``None`` draws nothing. Gives the axes."""
    from matplotlib import pyplot

    if ax is None:
        ax = pyplot.figure().add_subplot(1, 1, 1)
    if img is not None:
        picture = np.transpose(img, (1, 2, 0)).astype(np.uint8)
        # A picture of one channel is a plane to matplotlib, and gray.
        ax.imshow(picture if picture.shape[2] != 1 else np.repeat(picture, 3, axis=2))
    return ax
