#!/usr/bin/env python3
"""Evaluates COCO files with the program and with pycocotools: arrays and numbers must have equal bits.

needs: pycocotools, numpy

The files are those that ../shared/bench/gen_coco.py draws (three seeds, boxes, masks, points, traps), where it is
there, and odd ones made here: crowds, ties, absent objects, sizes on the borders of ranges.
"""
import contextlib
import io
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

PROGRAM = sys.argv[1]
GENERATOR = Path(__file__).resolve().parents[3] / "shared" / "bench" / "gen_coco.py"
IMAGES = "150"


def reference(gt, dt, kind):
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        truth = COCO(str(gt))
        evaluator = COCOeval(truth, truth.loadRes(str(dt)), kind)
        evaluator.evaluate()
        evaluator.accumulate()
        printed.truncate(0)
        printed.seek(0)
        evaluator.summarize()
    return evaluator, printed.getvalue()


def check(gt, dt, kind, folder):
    want, printed = reference(gt, dt, kind)
    out = folder / f"{dt.stem}-{kind}"
    run = [PROGRAM, "eval", "--gt", gt, "--pred", dt, "--metric", f"coco/{kind}", "--arrays", out]
    done = subprocess.run(run, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for key in ("precision", "recall", "scores"):
        got, wanted = np.load(out / f"{key}.npy"), np.ascontiguousarray(want.eval[key], dtype=float)
        assert got.shape == wanted.shape, (key, got.shape, wanted.shape)
        assert got.tobytes() == wanted.tobytes(), f"{dt.name} {kind}: {key} differs in {(got != wanted).sum()} places"
    lines = [line for line in printed.splitlines() if "@[" in line]
    ours = [line for line in done.stdout.splitlines() if "@[" in line]
    assert ours == lines, "\n".join(ours + lines)
    print(f"  {gt.name}, {dt.name}, {kind}: precision, recall, scores and {len(lines)} lines are equal")


def odd(folder, seed):
    """Small numbers, so that scores, overlaps and areas meet their borders."""
    pick = random.Random(seed).randrange
    images = [{"id": n * 3 % 101, "height": 80, "width": 90, "file_name": f"{n}.jpg"} for n in range(60)]
    annotations, results = [], []
    for image in images:
        for _ in range(pick(6)):
            box = [pick(40), pick(40), 4 + pick(60), 4 + pick(60)]
            x, y, w, h = box
            annotations.append({
                "id": len(annotations) + 1, "image_id": image["id"], "category_id": [3, 1, 7][pick(3)], "bbox": box,
                "area": [box[2] * box[3], 1024, 9216][min(pick(8), 2)], "iscrowd": int(pick(9) == 0),
                "segmentation": [[x, y, x + w, y, x + w, y + h, x, y + h]],
            })
            if pick(4):
                near = [box[0] + pick(3), box[1], box[2] + pick(4), box[3]]
                results.append({"image_id": image["id"], "category_id": annotations[-1]["category_id"], "bbox": near,
                                "score": pick(10) / 10})
        for _ in range(pick(4)):
            results.append({"image_id": image["id"], "category_id": [3, 1, 7][pick(3)],
                            "bbox": [pick(60), pick(60), 3 + pick(50), 3 + pick(50)], "score": pick(10) / 10})
    random.Random(seed).shuffle(results)
    categories = [{"id": 7, "name": "c"}, {"id": 1, "name": "a"}, {"id": 3, "name": "b"}, {"id": 90, "name": "none"}]
    gt, dt = folder / f"odd-gt-{seed}.json", folder / f"odd-dt-{seed}.json"
    gt.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    dt.write_text(json.dumps(results))
    return gt, dt


with tempfile.TemporaryDirectory() as root:
    root = Path(root)
    for seed in range(4):
        gt, dt = odd(root, seed)
        check(gt, dt, "bbox", root)
        check(gt, dt, "segm", root)
    if not GENERATOR.exists():
        print("  the generator of large files is not there: skipped")
    for seed in (2017, 1, 2) if GENERATOR.exists() else ():
        out = root / str(seed)
        out.mkdir()
        make = [sys.executable, GENERATOR, "--out", out, "--images", IMAGES, "--seed", str(seed)]
        subprocess.run([*make, "--segm", "--kpts", "--edges"], check=True, capture_output=True)
        for gt, dt, kind in [
            ("gt", "dt_light", "bbox"), ("gt", "dt_heavy", "bbox"), ("gt", "dt_light_segm", "segm"),
            ("gt", "dt_heavy_segm", "segm"), ("gt_kpts", "dt_kpts", "keypoints"), ("gt_edge", "dt_edge", "bbox"),
        ]:
            check(out / f"{gt}.json", out / f"{dt}.json", kind, out)
