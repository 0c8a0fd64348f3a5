"""Images, boxes, masks, label maps and points as matplotlib draws them. It is imported when one of these is called.

Every function draws into ``ax``, or into axes of a new figure, and gives the axes back. Without matplotlib, ``ds.show()`` of a
:class:`lensframe.Dataset` and ``lensframe view`` draw too.
"""

from .colormap import voc_colormap
from .image import vis_image
from .objects import vis_bbox, vis_instance_segmentation
from .point import vis_point
from .semantic import vis_semantic_segmentation

__all__ = [
    "vis_bbox",
    "vis_image",
    "vis_instance_segmentation",
    "vis_point",
    "vis_semantic_segmentation",
    "voc_colormap",
]
