"""ChainerCV's functions under its names, made of lensframe: datasets, transforms, evaluations, pictures, utilities.

>>> from lensframe.chainercv.datasets import VOCBboxDataset, voc_bbox_label_names
>>> from lensframe.chainercv.evaluations import eval_detection_voc

Conventions are ChainerCV's too: images (C, H, W) float32, RGB, 0 to 255; boxes (R, 4) float32, y_min, x_min, y_max, x_max;
masks (R, H, W) bool; labels int32 from 0, -1 ignored in label maps; points (R, K, 2), y and x; sizes (height, width).
Numbers are those of ChainerCV 0.13.1; where it contradicts its manual or itself, the docstring says which is followed.

| module | what |
|---|---|
| ``datasets`` | datasets; names and colours of classes |
| ``sliceable`` | ``dataset.slice[rows, keys]`` and what is made of it; also as ``chainer_experimental.datasets.sliceable`` |
| ``evaluations`` | VOC, COCO, semantic segmentation |
| ``transforms`` | of images, boxes and points |
| ``utils`` | overlaps, suppression, masks, image files, iterators, assertions |
| ``visualizations`` | by matplotlib, which is imported when they are called |
| ``extensions`` | evaluators of a model over an iterator |

Not here: links (models) and what only they need (anchors, proposals, coders, training chains); ``rotate`` by any angle,
``random_distort`` and ``resize_with_random_interpolation``; ``SBDInstanceSegmentationDataset``; ``DetectionVisReport``; downloads;
``comm`` (several processes); arrays on a GPU; the settings ``cv_read_image_backend``, ``cv_resize_backend`` and ``cv_rotate_backend``:
there is one reader and one rule.
"""

from . import datasets, evaluations, extensions, sliceable, transforms, utils, visualizations

__all__ = ["datasets", "evaluations", "extensions", "sliceable", "transforms", "utils", "visualizations"]
