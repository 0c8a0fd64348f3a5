"""Boxes, masks, image files, iterators, and assertions for tests."""

from .assertions import (
    assert_is_bbox,
    assert_is_bbox_dataset,
    assert_is_image,
    assert_is_instance_segmentation_dataset,
    assert_is_label_dataset,
    assert_is_point,
    assert_is_point_dataset,
    assert_is_semantic_segmentation_dataset,
)
from .bbox import bbox_iou, non_maximum_suppression
from .image import read_image, read_label, tile_images, write_image
from .iterator import ProgressHook, apply_to_iterator, unzip
from .link import (
    ConstantStubLink,
    assert_is_detection_link,
    assert_is_instance_segmentation_link,
    assert_is_semantic_segmentation_link,
    generate_random_bbox,
)
from .mask import mask_iou, mask_to_bbox, scale_mask

__all__ = [
    "ConstantStubLink",
    "ProgressHook",
    "apply_to_iterator",
    "assert_is_bbox",
    "assert_is_bbox_dataset",
    "assert_is_detection_link",
    "assert_is_image",
    "assert_is_instance_segmentation_dataset",
    "assert_is_instance_segmentation_link",
    "assert_is_label_dataset",
    "assert_is_point",
    "assert_is_point_dataset",
    "assert_is_semantic_segmentation_dataset",
    "assert_is_semantic_segmentation_link",
    "bbox_iou",
    "generate_random_bbox",
    "mask_iou",
    "mask_to_bbox",
    "non_maximum_suppression",
    "read_image",
    "read_label",
    "scale_mask",
    "tile_images",
    "unzip",
    "write_image",
]
