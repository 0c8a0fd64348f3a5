"""An evaluation script of pycocotools, one import changed."""

import contextlib
import io
import json
import pathlib
import sys

import lensframe
from lensframe.coco import COCO, COCOeval  # from pycocotools.coco import COCO; from pycocotools.cocoeval import COCOeval

path = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "scenes.lf")
ds = lensframe.open(path) if path.exists() else lensframe.synth(path, 40, size="320x240", detections=True)

# An annotation file and a results file, as such scripts get them.
folder = path.with_name("coco")
lensframe.export(ds.select([key for key in ds.keys if not key.startswith(("pred.", "panoptic"))]), folder, "coco", force=True)
truth = folder / "annotations" / "instances_val.json"
shown = {image["id"] for image in json.loads(truth.read_text())["images"]}
results = path.with_name("results.json")
results.write_text(json.dumps([
    {"image_id": row["image_id"], "category_id": int(label) + 1, "bbox": box.tolist(), "score": float(score)}
    for row in ds if row["image_id"] in shown
    for box, label, score in zip(row["pred.bbox"], row["pred.label"], row["pred.score"])
]))


def script(COCO, COCOeval):
    gt = COCO(truth)
    dt = gt.loadRes(str(results))
    evaluator = COCOeval(gt, dt, "bbox")
    evaluator.evaluate()
    evaluator.accumulate()
    evaluator.summarize()
    return evaluator.stats


stats = script(COCO, COCOeval)

try:
    from pycocotools.coco import COCO as TheirCOCO
    from pycocotools.cocoeval import COCOeval as TheirCOCOeval
except ImportError:
    print("pycocotools is not installed: nothing to compare with")
else:
    with contextlib.redirect_stdout(io.StringIO()):
        theirs = script(TheirCOCO, TheirCOCOeval)
    print("the same twelve numbers, bit for bit:", stats.tolist() == theirs.tolist())
