#!/usr/bin/env python3
"""Types of error: `eval --errors` and tidecv on files that are drawn here; and tidecv's recorded answers are its own.

needs: numpy, pycocotools, tidecv
use: check_errors.py PROGRAM

Boxes and masks; empty images, crowds, equal scores and overlaps, classes without truths or without detections. Counts
are equal, APs to 1e-9: Python from 3.12 on adds floats otherwise. Files list images in the order of their ids, since
tidecv's order of equal scores is that of the file and ours that of the ids. Where tidecv divides by zero, for want of
any class, nothing is compared.
"""
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from asked import Gaps, breakdown, report

RECORDED = Path(__file__).resolve().parent.parent / "recorded"
sys.path.insert(0, str(RECORDED))
from eval_tide import SIZE, ask, draw, rectangle  # noqa: E402


def write(folder, classes, images, mode):
    def masked(box):
        rle = rectangle(*box)
        return {"size": rle["size"], "counts": rle["counts"].decode()}

    truths, found = [], []
    for image in images:
        for label, *box, crowd in image["truth"]:
            truths.append({"id": len(truths) + 1, "image_id": image["id"], "category_id": label, "bbox": box,
                           "area": box[2] * box[3], "iscrowd": crowd, "segmentation": masked(box)})
        for label, *box, score in image["found"]:
            shape = {"segmentation": masked(box)} if mode == "mask" else {"bbox": box}
            found.append({"image_id": image["id"], "category_id": label, "score": score, **shape})
    truth = {
        "images": [{"id": image["id"], "file_name": f"{image['id']}.png", "height": SIZE, "width": SIZE} for image in images],
        "annotations": truths, "categories": [{"id": label, "name": str(label)} for label in range(classes)],
    }
    gt, dt = folder / "gt.json", folder / "dt.json"
    gt.write_text(json.dumps(truth))
    dt.write_text(json.dumps(found))
    return gt, dt


check = subprocess.run([sys.executable, "-W", "ignore", RECORDED / "eval_tide.py", "check"])
assert check.returncode == 0, "what was recorded is not what tidecv says now"
with tempfile.TemporaryDirectory() as root:
    for mode, metric in (("box", "coco/bbox"), ("mask", "coco/segm")):
        gaps, files, errors, failed = Gaps(1e-9), 0, 0, 0
        for seed in range(2000, 2040):
            classes, images = draw(seed)
            try:
                wanted = ask(classes, images, mode, 100, 0.5, 0.1)
            except ZeroDivisionError:
                failed += 1
                continue
            if not any(image["found"] for image in images):
                continue  # no result says what it would be of
            gt, dt = write(Path(root), classes, images, mode)
            figures = breakdown(report(gt, dt, metric, "--errors"), "AP lost by type of error")
            assert set(figures) == {*wanted["main"], *wanted["special"]}, sorted(figures)
            for key, value in {**wanted["main"], **wanted["special"]}.items():
                gaps.hold(f"seed {seed}: {key}", figures[key]["value"] * 100, value)
            for key, count in wanted["counts"].items():
                said = re.search(r"([\d\u202f, ]+) of them", figures[key]["label"])
                assert said and int(re.sub(r"\D", "", said.group(1))) == count, (seed, key, figures[key]["label"], count)
                errors += count
            files += 1
        print(f"  {mode}: {files} files, {errors} errors of six types counted alike, {gaps}; {failed} on which tidecv fails")
