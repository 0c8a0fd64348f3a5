"""ChainerCV's datasets, and the names and colours of their classes.

Images are (3, H, W) float32, RGB, 0 to 255; boxes (R, 4) float32, y_min, x_min, y_max, x_max; labels int32; masks (R, H, W)
bool; label maps (H, W) int32, -1 ignored. Each dataset is sliceable (:mod:`lensframe.chainercv.sliceable`): a scan of labels
opens no image.

``data_dir`` is a folder laid out as ChainerCV has it. ``"auto"`` is ``pfnet/chainercv/NAME`` below ``$CHAINER_DATASET_ROOT`` (or
``~/.chainer/dataset``), where ChainerCV puts its downloads; nothing is downloaded. For VOC and COCO it may also be anything
that :func:`lensframe.open` reads, as a dataset that was converted before, which opens at once.

Not here: ``SBDInstanceSegmentationDataset`` (files of Matlab).
"""

from .ade20k import ADE20KSemanticSegmentationDataset, ADE20KTestImageDataset
from .camvid import CamVidDataset
from .cityscapes import CityscapesSemanticSegmentationDataset, CityscapesTestImageDataset
from .coco import COCOBboxDataset, COCOInstanceSegmentationDataset, COCOSemanticSegmentationDataset
from .cub import CUBKeypointDataset, CUBLabelDataset
from .directory import DirectoryParsingLabelDataset, directory_parsing_label_names
from .mixup import MixUpSoftLabelDataset
from .names import (
    ade20k_semantic_segmentation_label_colors,
    ade20k_semantic_segmentation_label_names,
    camvid_ignore_label_color,
    camvid_label_colors,
    camvid_label_names,
    cityscapes_semantic_segmentation_label_colors,
    cityscapes_semantic_segmentation_label_names,
    coco_bbox_label_names,
    coco_instance_segmentation_label_names,
    coco_semantic_segmentation_label_colors,
    coco_semantic_segmentation_label_names,
    cub_label_names,
    online_products_super_label_names,
    sbd_instance_segmentation_label_names,
    voc_bbox_label_names,
    voc_instance_segmentation_label_names,
    voc_semantic_segmentation_ignore_label_color,
    voc_semantic_segmentation_label_colors,
    voc_semantic_segmentation_label_names,
)
from .online_products import OnlineProductsDataset
from .siamese import SiameseDataset
from .voc import VOCBboxDataset, VOCInstanceSegmentationDataset, VOCSemanticSegmentationDataset

__all__ = [
    "ADE20KSemanticSegmentationDataset",
    "ADE20KTestImageDataset",
    "COCOBboxDataset",
    "COCOInstanceSegmentationDataset",
    "COCOSemanticSegmentationDataset",
    "CUBKeypointDataset",
    "CUBLabelDataset",
    "CamVidDataset",
    "CityscapesSemanticSegmentationDataset",
    "CityscapesTestImageDataset",
    "DirectoryParsingLabelDataset",
    "MixUpSoftLabelDataset",
    "OnlineProductsDataset",
    "SiameseDataset",
    "VOCBboxDataset",
    "VOCInstanceSegmentationDataset",
    "VOCSemanticSegmentationDataset",
    "ade20k_semantic_segmentation_label_colors",
    "ade20k_semantic_segmentation_label_names",
    "camvid_ignore_label_color",
    "camvid_label_colors",
    "camvid_label_names",
    "cityscapes_semantic_segmentation_label_colors",
    "cityscapes_semantic_segmentation_label_names",
    "coco_bbox_label_names",
    "coco_instance_segmentation_label_names",
    "coco_semantic_segmentation_label_colors",
    "coco_semantic_segmentation_label_names",
    "cub_label_names",
    "directory_parsing_label_names",
    "online_products_super_label_names",
    "sbd_instance_segmentation_label_names",
    "voc_bbox_label_names",
    "voc_instance_segmentation_label_names",
    "voc_semantic_segmentation_ignore_label_color",
    "voc_semantic_segmentation_label_colors",
    "voc_semantic_segmentation_label_names",
]
