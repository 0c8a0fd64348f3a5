"""A detector as torchvision has it: a dict of `boxes` (x1, y1, x2, y2), `scores` and `labels` an image.

`labels` are the truth's category ids, as those of torchvision's own COCO models are.
"""

import pathlib
import sys

import numpy as np

import lensframe

try:
    from torch import as_tensor
except ImportError:  # arrays in the place of tensors
    as_tensor = np.asarray


def detector(row):
    """A stand-in for `model([image])[0]`: the detections that the scenes come with."""
    boxes = np.asarray(row["pred.bbox"]).copy()
    boxes[:, 2:] += boxes[:, :2]
    labels = np.asarray(row["pred.label"]) + 1
    return {"boxes": as_tensor(boxes), "scores": as_tensor(row["pred.score"].copy()), "labels": as_tensor(labels)}


path = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "scenes.lf")
ds = lensframe.open(path) if path.exists() else lensframe.synth(path, 40, size="320x240", detections=True)

results = []
for row in ds:
    output = detector(row)
    for box, score, label in zip(output["boxes"].tolist(), output["scores"].tolist(), output["labels"].tolist()):
        x1, y1, x2, y2 = box
        results.append({
            "image_id": row["image_id"], "category_id": label, "score": score,
            "bbox": [x1, y1, x2 - x1, y2 - y1],
        })

report = lensframe.evaluate(ds, results, metric="coco/bbox")
print(report)
print(f"AP {report['AP']:.4f}, AP50 {report['AP50']:.4f} of {len(results)} detections on {len(ds)} images")
