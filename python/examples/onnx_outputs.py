"""The raw arrays of an ONNX detector: (queries, 4) boxes as centre and size in shares, (queries, classes) logits.

So DETR and its kin are exported. With a model of yours, `outputs` is
`onnxruntime.InferenceSession("model.onnx").run(["pred_boxes", "pred_logits"], {"image": batch})`.
"""

import pathlib
import sys

import numpy as np

import lensframe

QUERIES = 30


def outputs(row, classes):
    """A stand-in for the session: the scenes' detections among queries that found nothing."""
    chance = np.random.default_rng(int(row["image_id"]))
    boxes = chance.uniform(0.2, 0.8, (QUERIES, 4)).astype(np.float32)
    logits = np.full((QUERIES, classes), -9, dtype=np.float32)
    found, scores = row["pred.bbox"][:QUERIES], row["pred.score"][:QUERIES]
    size = np.array([row["width"], row["height"]])
    boxes[: len(found), :2] = (found[:, :2] + found[:, 2:] / 2) / size
    boxes[: len(found), 2:] = found[:, 2:] / size
    logits[np.arange(len(found)), row["pred.label"][:QUERIES]] = np.log(scores / (1 - scores))
    return boxes, logits


path = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "scenes.lf")
ds = lensframe.open(path) if path.exists() else lensframe.synth(path, 40, size="320x240", detections=True)

columns = {"boxes_xyxy": [], "scores": [], "labels": [], "image_ids": []}
for row in ds.select(["image_id", "height", "width", "pred.bbox", "pred.label", "pred.score"]):
    boxes, logits = outputs(row, len(ds.classes()))
    scores = 1 / (1 + np.exp(-logits.astype(np.float64)))
    labels, best = scores.argmax(axis=1), scores.max(axis=1)
    kept = best > 0.05
    centre, half = boxes[kept, :2], boxes[kept, 2:] / 2
    scale = np.tile([row["width"], row["height"]], 2)
    columns["boxes_xyxy"].append(np.hstack([centre - half, centre + half]).astype(np.float64) * scale)
    columns["scores"].append(best[kept])
    columns["labels"].append(labels[kept])
    columns["image_ids"].append(np.full(kept.sum(), row["image_id"]))

predictions = path.with_name("predictions.npz")
np.savez(predictions, **{name: np.concatenate(parts) for name, parts in columns.items()})

# Labels are places in the class table, from 0: said, because category ids could be meant as well.
report = lensframe.evaluate(ds, predictions, pred_classes="zero-based", bootstrap=200)
print(report)
low, high = report.data["headline"][0]["low"], report.data["headline"][0]["high"]
print(f"AP {report['AP']:.4f}, with 95 % chance between {low:.4f} and {high:.4f}")
