#!/usr/bin/env python3
"""Evaluators of areas and labels: the program and their own tools on files drawn here; recorded answers are the tools'.

needs: numpy, pillow, scikit-learn, cityscapesscripts
use: check_areas.py PROGRAM

* `semantic`: confusion matrix, Jaccard and precision and recall of scikit-learn, equal bits; IoU of cityscapesscripts'
  evalPixelLevelSemanticLabeling, to 1e-15: it is asked class by class, and its division is numpy's.
* `cityscapes`: evalInstanceLevelSemanticLabeling on folders in its form, to 4e-16: it adds a dot product in BLAS's order.

Labels of whole images come from datasets alone; their evaluator is held against scikit-learn's recorded answers.
"""
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn import metrics

from asked import Gaps, classes, headline, report

RECORDED = Path(__file__).resolve().parent.parent / "recorded"
sys.path.insert(0, str(RECORDED))
import eval_cityscapes as recorded  # noqa: E402
from cityscapesscripts.evaluation import evalPixelLevelSemanticLabeling as pixels  # noqa: E402

warnings.simplefilter("ignore")


def blocks(rng, numbers, shape=(90, 120), size=9):
    small = rng.choice(numbers, (shape[0] // size + 1, shape[1] // size + 1))
    return np.kron(small, np.ones((size, size), int))[: shape[0], : shape[1]].astype(np.uint8)


def pairs(root, rng, truth_numbers, found_numbers, names=("{}", "{}")):
    """Folders of label PNGs, predictions that are mostly right, and all pixels of both."""
    folders, all_pixels = (root / "truth", root / "found"), ([], [])
    [folder.mkdir() for folder in folders]
    for number in range(6):
        truth = blocks(rng, truth_numbers)
        guess = blocks(rng, found_numbers, size=7)
        keep = blocks(rng, [0, 1, 1], size=5).astype(bool) & np.isin(truth, found_numbers)
        for folder, name, image, own in zip(folders, names, (truth, np.where(keep, truth, guess)), all_pixels):
            Image.fromarray(image).save(folder / (name.format(f"town_{number:06}_000019") + ".png"))
            own.append(image.ravel())
    return folders, [np.concatenate(own) for own in all_pixels]


def semantic(root, seed):
    rng = np.random.default_rng(seed)
    folders, (truth, found) = pairs(root, rng, [0, 1, 2, 4, 5, 255], [0, 1, 2, 3, 5])
    said, gaps = report(*folders, "semantic", "--ignore", 255), Gaps(0.0)
    counted = truth != 255
    truth, found, labels = truth[counted], found[counted], np.arange(6)
    matrix = metrics.confusion_matrix(truth, found, labels=labels)
    assert said["matrix"]["counts"] == matrix.ravel().tolist(), "the confusion matrix differs"
    there = (matrix.sum(0) + matrix.sum(1)) > 0
    jaccard = metrics.jaccard_score(truth, found, labels=labels, average=None)
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(truth, found, labels=labels, zero_division=np.nan)
    for column, wanted in (("IoU", jaccard), ("precision", precision), ("accuracy", recall)):
        own = classes(said, column)
        for label in labels:
            gaps.hold(f"{column} of {label}", own[str(label)], float(wanted[label]) if there[label] else float("nan"))
    own = headline(said)
    gaps.hold("mIoU", own["mIoU"], float(jaccard[there].mean()))
    gaps.hold("aAcc", own["aAcc"], metrics.accuracy_score(truth, found))
    print(f"  semantic, seed {seed}: {len(truth)} pixels, the matrix and {gaps}; mIoU {own['mIoU']:.3f}")


def cityscapes_pixels(root, seed):
    rng = np.random.default_rng(seed)
    known = [label for label in pixels.labels if label.id >= 0]
    numbers = [label.id for label in known]
    ends = ("{}_gtFine_labelIds", "{}")
    (truth, found), _ = pairs(root, rng, numbers, numbers, ends)
    pixels.args.evalInstLevelScore = pixels.args.JSONOutput = False
    pixels.args.quiet = True
    names = sorted(path.name for path in found.iterdir())
    ends = [name.replace(".png", "_gtFine_labelIds.png") for name in names]
    answer = pixels.evaluateImgLists([str(found / n) for n in names], [str(truth / n) for n in ends], pixels.args)
    for name, end in zip(names, ends):
        (truth / end).rename(truth / name)
    ignored = ",".join(str(label.id) for label in known if label.ignoreInEval)
    said, gaps = report(truth, found, "semantic", "--ignore", ignored), Gaps(1e-15)
    own = classes(said, "IoU")
    for label in known:
        if not label.ignoreInEval:
            gaps.hold(label.name, own[str(label.id)], float(answer["classScores"][label.name]))
    print(f"  cityscapes' pixels, seed {seed}: {gaps}, mean {answer['averageScoreClasses']:.3f}")


def cityscapes_instances(root, number):
    tool, rng = recorded.tool, recorded.rng
    size = [int(v) for v in rng.integers(40, 70, 2)]
    kinds = [[26], [24, 26], [26, 33, 24], recorded.CLASSES][number % 4]
    truths, texts = [], []
    for place in range(1 + number % 5):
        image, name = recorded.draw(size, kinds), f"town_{place:06}_000019"
        truths.append(str(root / f"{name}_gtFine_instanceIds.png"))
        Image.fromarray(recorded.paint(size, image["truth"], np.uint16)).save(truths[-1])
        texts.append(str(root / f"{name}_pred.txt"))
        lines = []
        for at, own in enumerate(image["predictions"]):
            mask = recorded.paint(size, [[255, *part] for part in own["mask"]], np.uint8)
            Image.fromarray(mask).save(root / f"{name}_{at}.png")
            lines.append(f"{name}_{at}.png {own['class']} {own['score']!r}\n")
        Path(texts[-1]).write_text("".join(lines))
    tool.args.predictionPath, tool.args.gtInstancesFile = str(root), str(root / "gt.json")
    tool.args.JSONOutput, tool.args.quiet = False, True
    os.chdir(root)  # it looks for predictions from where it is called
    try:
        wanted = tool.evaluateImgLists(texts, truths, tool.args)["averages"]
    except IndexError:
        return None  # nothing to find, everything forgiven: it fails
    finally:
        os.chdir("/")
    said, gaps = report(root, root, "cityscapes"), Gaps(4e-16)
    own = headline(said)
    for key in ("allAp", "allAp50%"):
        gaps.hold(key, own[key], float(wanted[key]))
    ap = classes(said, "AP")
    for name, values in wanted["classes"].items():
        gaps.hold(name, ap[name], float(values["ap"]))
    return gaps, own["allAp"]


failed = [name for name in ("semantic", "panoptic", "cityscapes", "classification")
          if subprocess.run([sys.executable, "-W", "ignore", RECORDED / f"eval_{name}.py", "check"]).returncode]
assert not failed, f"what was recorded is not what is answered now: {', '.join(failed)}"
for seed in range(3):
    for one in (semantic, cityscapes_pixels):
        with tempfile.TemporaryDirectory() as root:
            one(Path(root), seed)
done = []
for number in range(10):
    with tempfile.TemporaryDirectory() as root:
        done.append(cityscapes_instances(Path(root), number))
for gaps, ap in filter(None, done):
    print(f"  cityscapes' instances: {gaps}, AP {0 if ap is None else ap:.3f}")
