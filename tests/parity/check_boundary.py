#!/usr/bin/env python3
"""Evaluates COCO files by Boundary IoU with the program and with other tools.

needs: pycocotools, numpy, opencv-python-headless

The reference is boundary_iou_api's rule (Cheng et al. 2021): pycocotools' evaluator whose overlap of masks is the lower
of that of the masks and that of the boundaries, which OpenCV's erosion finds; of crowds it is that of the masks.
Arrays and lines must have equal bits. faster-coco-eval and ultrafast-pycocotools, where they are installed, are held
against both: numbers must be equal to 1e-12. ultrafast-pycocotools rounds a reach of 12.5 pixels (images of 500 x 375)
to 13, where Python's rounding, and so the reference, has 12: it is asked only of files without such images.
"""
import contextlib
import io
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from pycocotools import mask as masks
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

PROGRAM = sys.argv[1]
PEERS = os.environ.get("LENSFRAME_PEERS", "").split()
GENERATOR = Path(__file__).resolve().parents[3] / "shared" / "bench" / "gen_coco.py"
IMAGES = "60"


def boundary(rle, ratio):
    mask = masks.decode(rle)
    height, width = mask.shape
    reach = max(1, int(round(ratio * float(np.sqrt(height**2 + width**2)))))
    framed = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    inner = cv2.erode(framed, np.ones((3, 3), np.uint8), iterations=reach)[1:-1, 1:-1]
    return masks.encode(np.asfortranarray(mask - inner))


class BoundaryEval(COCOeval):
    ratio = 0.02

    def computeIoU(self, image, category):
        whole = super().computeIoU(image, category)
        truths, found = self._gts[image, category], self._dts[image, category]
        if len(truths) == 0 or len(found) == 0:
            return whole
        order = np.argsort([-d["score"] for d in found], kind="mergesort")[: self.params.maxDets[-1]]
        crowd = np.array([t["iscrowd"] for t in truths])
        sides = [[boundary(o["segmentation"], self.ratio) for o in side] for side in ([found[n] for n in order], truths)]
        outer = np.array(masks.iou(*sides, list(crowd)))
        whole[:, crowd == 0] = np.minimum(whole[:, crowd == 0], outer[:, crowd == 0])
        return whole


def reference(gt, dt, ratio):
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        truth = COCO(str(gt))
        evaluator = BoundaryEval(truth, truth.loadRes(str(dt)), "segm")
        evaluator.ratio = ratio
        evaluator.evaluate()
        evaluator.accumulate()
        printed.truncate(0)
        printed.seek(0)
        evaluator.summarize()
    return evaluator, printed.getvalue()


def is_half(image, ratio):
    return ratio * np.hypot(image["height"], image["width"]) % 1 == 0.5


def without_halves(gt, dt):
    """The same files without images whose boundaries reach by half a pixel."""
    truth, found = json.loads(gt.read_text()), json.loads(dt.read_text())
    truth["images"] = [image for image in truth["images"] if not is_half(image, 0.02)]
    kept = {image["id"] for image in truth["images"]}
    truth["annotations"] = [one for one in truth["annotations"] if one["image_id"] in kept]
    for path, content in ((gt, truth), (dt, [one for one in found if one["image_id"] in kept])):
        path.with_stem(path.stem + "-whole").write_text(json.dumps(content))
    return gt.with_stem(gt.stem + "-whole"), dt.with_stem(dt.stem + "-whole")


def others(gt, dt, ratio):
    """The numbers of tools that know the protocol."""
    options = {"boundary_dilation_ratio": ratio}
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(gt))
        if "faster-coco-eval" in PEERS:
            import faster_coco_eval
            truth = faster_coco_eval.COCO(str(gt))
            peer = faster_coco_eval.COCOeval_faster(truth, truth.loadRes(str(dt)), "boundary", **options)
            peer.evaluate(), peer.accumulate(), peer.summarize()
            yield "faster-coco-eval", peer.stats[:12]
        if "ultrafast-pycocotools" in PEERS and not any(is_half(image, ratio) for image in truth.dataset["images"]):
            from ultrafast_pycocotools import coco, cocoeval
            truth = coco.COCO(str(gt))
            peer = cocoeval.COCOeval(truth, truth.loadRes(str(dt)), "boundary", **options)
            peer.evaluate(), peer.accumulate(), peer.summarize()
            yield "ultrafast-pycocotools", peer.stats[:12]


def check(gt, dt, folder, ratio=0.02):
    want, printed = reference(gt, dt, ratio)
    out = folder / f"{dt.stem}-{ratio}"
    run = [PROGRAM, "eval", "--gt", gt, "--pred", dt, "--metric", "coco/boundary", "--arrays", out]
    done = subprocess.run([*run, "--dilation", str(ratio)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for key in ("precision", "recall", "scores"):
        got, wanted = np.load(out / f"{key}.npy"), np.ascontiguousarray(want.eval[key], dtype=float)
        assert got.tobytes() == wanted.tobytes(), f"{dt.name}: {key} differs in {(got != wanted).sum()} places"
    lines = [line for line in printed.splitlines() if "@[" in line]
    ours = [line for line in done.stdout.splitlines() if "@[" in line]
    assert ours == lines, "\n".join(ours + lines)
    print(f"  {gt.name}, {dt.name}, ratio {ratio}: precision, recall, scores and {len(lines)} lines are equal")
    for name, stats in list(others(gt, dt, ratio)):
        apart = np.abs(np.array(stats, dtype=float) - want.stats).max()
        assert apart < 1e-12, f"{name} is off by {apart}"
        print(f"    {name} has the same numbers, to {apart:.1e}")


def odd(folder, seed):
    """Frames and bars at the edges of images, crowds, empty masks."""
    pick = random.Random(seed).randrange
    images = [{"id": n, "height": 40 + pick(60), "width": 30 + pick(90), "file_name": f"{n}.jpg"} for n in range(30)]

    def rle(image, box, hole):
        mask = np.zeros((image["height"], image["width"]), np.uint8, order="F")
        x, y, w, h = box
        mask[y:y + h, x:x + w] = 1
        if hole:
            mask[y + h // 3:y + h // 2, x + w // 3:x + w // 2] = 0
        packed = masks.encode(mask)
        return {"size": packed["size"], "counts": packed["counts"].decode()}, int(mask.sum())

    annotations, results = [], []
    for image in images:
        for _ in range(pick(5)):
            box = [pick(20), pick(20), pick(60), pick(60)]
            segmentation, area = rle(image, box, pick(2))
            annotations.append({
                "id": len(annotations) + 1, "image_id": image["id"], "category_id": 1 + pick(2), "bbox": box,
                "area": area, "iscrowd": int(pick(6) == 0), "segmentation": segmentation,
            })
            for _ in range(pick(3)):
                near = [max(0, n + pick(3) - 1) for n in box]
                results.append({"image_id": image["id"], "category_id": annotations[-1]["category_id"],
                                "segmentation": rle(image, near, pick(2))[0], "score": pick(10) / 10})
    gt, dt = folder / f"odd-gt-{seed}.json", folder / f"odd-dt-{seed}.json"
    categories = [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]
    gt.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    dt.write_text(json.dumps(results))
    return gt, dt


with tempfile.TemporaryDirectory() as root:
    root = Path(root)
    for seed in range(4):
        for ratio in (0.02, 0.05):
            check(*odd(root, seed), root, ratio)
    if not GENERATOR.exists():
        print("  the generator of large files is not there: skipped")
    for seed in (2017, 1) if GENERATOR.exists() else ():
        out = root / str(seed)
        out.mkdir()
        make = [sys.executable, GENERATOR, "--out", out, "--images", IMAGES, "--seed", str(seed), "--segm"]
        subprocess.run(make, check=True, capture_output=True)
        for dt in ("dt_light_segm", "dt_heavy_segm"):
            files = out / "gt.json", out / f"{dt}.json"
            check(*files, out)
            check(*without_halves(*files), out)
