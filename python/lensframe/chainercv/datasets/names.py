"""The names and colours of classes, in the order of their labels.

Names are tuples of text, colours tuples of (red, green, blue), 0 to 255. They are the library's own tables. Of ADE20K some
names repeat, and three end in a blank, as ChainerCV has them; of Online Products two that it misspells are right here.
"""

from __future__ import annotations

from typing import Any, Tuple

from ... import _lensframe as native

Colour = Tuple[int, ...]


def _names(table: str) -> Tuple[str, ...]:
    return tuple(native.label_table(table)[0])


def _colours(table: str) -> Tuple[Colour, ...]:
    return tuple(tuple(colour) for colour in native.label_table(table)[2])


def _ignored(table: str) -> Colour:
    return tuple(native.label_table(table)[3])


def source_ids(table: str) -> Any:
    """The numbers that the classes have in the dataset's own files."""
    return native.label_table(table)[1]


voc_bbox_label_names = _names("voc")
voc_instance_segmentation_label_names = voc_bbox_label_names
sbd_instance_segmentation_label_names = voc_bbox_label_names
voc_semantic_segmentation_label_names = _names("voc_semantic")
voc_semantic_segmentation_label_colors = _colours("voc_semantic")
voc_semantic_segmentation_ignore_label_color = _ignored("voc_semantic")

coco_bbox_label_names = _names("coco")
coco_instance_segmentation_label_names = coco_bbox_label_names
coco_semantic_segmentation_label_names = _names("coco_panoptic")
coco_semantic_segmentation_label_colors = _colours("coco_panoptic")

cityscapes_semantic_segmentation_label_names = _names("cityscapes_joined")
cityscapes_semantic_segmentation_label_colors = _colours("cityscapes_joined")

camvid_label_names = _names("camvid")
camvid_label_colors = _colours("camvid")
camvid_ignore_label_color = _ignored("camvid")

ade20k_semantic_segmentation_label_names = _names("ade20k")
ade20k_semantic_segmentation_label_colors = _colours("ade20k")

online_products_super_label_names = _names("online_products")

cub_label_names = _names("cub")
