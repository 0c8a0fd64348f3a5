#!/usr/bin/env python3
"""VOC's average precision: trees that are written here, by the program and by ChainerCV's `eval_detection_voc`.

needs: chainercv, numpy
use: check_voc_ap.py PROGRAM

Truths are XML, detections the devkit's text files: corners that count from 1 and belong to the box. Difficult objects,
several detections of one object, classes without objects or detections. Scores are all different, since ChainerCV sorts
them in no stable order. The bits of every class's AP are equal, at 07's eleven points and under the curve.
"""
import importlib
import os
import random
import sys
import tempfile
import types
import warnings
from pathlib import Path

import numpy as np

from asked import Gaps, classes, headline, report

CLASSES = ["car", "person", "dog", "boat"]


def reference():
    """ChainerCV's functions are plain numpy; chainer, which the package asks for at its front door, is stood in for."""
    def bare(name, path):
        module = types.ModuleType(name)
        module.__path__ = [str(path)]
        sys.modules[name] = module
        return module

    chainer, backends = bare("chainer", ""), bare("chainer.backends", "")
    cuda = types.SimpleNamespace(get_array_module=lambda *a: np)
    chainer.backends, backends.cuda = backends, cuda
    sys.modules["chainer.backends.cuda"] = cuda
    six = types.ModuleType("six")
    six.moves = types.SimpleNamespace(zip=zip, range=range)
    sys.modules.setdefault("six", six)
    root = Path(os.environ["LENSFRAME_SOURCES"]) / "chainercv-0.13.1" / "chainercv"
    for part in ["", "utils", "utils/bbox", "evaluations"]:
        bare(".".join(["chainercv", *part.split("/")]).rstrip("."), root / part)
    return importlib.import_module("chainercv.evaluations.eval_detection_voc").eval_detection_voc


def draw(home, seed):
    """Writes the tree and the results; returns what ChainerCV's own VOC reader would give of them."""
    rng = random.Random(seed)
    (home / "Annotations").mkdir(parents=True)
    (home / "ImageSets" / "Main").mkdir(parents=True)
    results = home.parent / f"results{seed}"
    results.mkdir()
    lines = {name: [] for name in CLASSES}
    scores = iter(rng.sample(range(1, 10_000), 2_000))
    given = {key: [] for key in ("pred_bboxes", "pred_labels", "pred_scores", "gt_bboxes", "gt_labels", "gt_difficults")}
    names = [f"{2008 + seed}_{number:06}" for number in range(1, 31)]
    for name in names:
        there, found = [], []
        for _ in range(rng.randrange(6)):
            label = rng.randrange(3) if seed % 2 else rng.choice([0, 1, 3])
            left, top = 1 + rng.randrange(100), 1 + rng.randrange(80)
            there.append((label, [left, top, left + rng.randrange(1, 90), top + rng.randrange(1, 90)], rng.random() < 0.2))
        for label, box, _ in there:
            for _ in range(rng.randrange(4)):
                moved = [value + rng.randrange(-16, 17) / 4 for value in box]
                moved[2:] = [max(moved[0], moved[2]), max(moved[1], moved[3])]
                found.append((label if rng.random() < 0.9 else rng.randrange(3), moved, next(scores) / 10_000))
        for _ in range(rng.randrange(3)):
            left, top = 1 + rng.randrange(100), 1 + rng.randrange(80)
            found.append((rng.randrange(3), [left, top, left + rng.randrange(60), top + rng.randrange(60)], next(scores) / 10_000))
        objects = "".join(
            f"<object><name>{CLASSES[label]}</name><difficult>{int(hard)}</difficult><bndbox><xmin>{box[0]}</xmin>"
            f"<ymin>{box[1]}</ymin><xmax>{box[2]}</xmax><ymax>{box[3]}</ymax></bndbox></object>"
            for label, box, hard in there)
        size = "<size><width>200</width><height>180</height><depth>3</depth></size>"
        text = f"<annotation><folder>VOC</folder><filename>{name}.jpg</filename>{size}{objects}</annotation>"
        (home / "Annotations" / f"{name}.xml").write_text(text)
        for label, box, score in found:
            lines[CLASSES[label]].append(f"{name} {score:.4f} " + " ".join(f"{value:.2f}" for value in box))
        corners = lambda rows: np.array([[b[1] - 1, b[0] - 1, b[3] - 1, b[2] - 1] for _, b, _ in rows], float).reshape(-1, 4)
        given["pred_bboxes"].append(corners(found))
        given["pred_labels"].append(np.array([label for label, *_ in found], int))
        given["pred_scores"].append(np.array([score for *_, score in found], float))
        given["gt_bboxes"].append(corners(there))
        given["gt_labels"].append(np.array([label for label, *_ in there], int))
        given["gt_difficults"].append(np.array([hard for *_, hard in there], bool))
    (home / "ImageSets" / "Main" / "test.txt").write_text("".join(f"{name}\n" for name in names))
    for name, own in lines.items():
        (results / f"comp4_det_test_{name}.txt").write_text("".join(f"{line}\n" for line in own))
    return results, given


warnings.simplefilter("ignore")
eval_detection_voc = reference()
with tempfile.TemporaryDirectory() as root:
    for seed in range(6):
        home = Path(root) / f"VOC{seed}"
        results, given = draw(home, seed)
        gaps = Gaps(0.0)
        for metric, eleven in (("voc/bbox", False), ("voc07/bbox", True)):
            for threshold in (0.5, 0.7):
                wanted = eval_detection_voc(*given.values(), iou_thresh=threshold, use_07_metric=eleven)
                said = report(home, results, metric, "--iou", threshold)
                gaps.hold("mAP", headline(said)["mAP"], float(wanted["map"]))
                own = classes(said, "AP")
                for label, name in enumerate(CLASSES):
                    if name in own or label < len(wanted["ap"]):
                        there = wanted["ap"][label] if label < len(wanted["ap"]) else float("nan")
                        gaps.hold(f"{metric} {name}", own.get(name), float(there))
        print(f"  seed {seed}: {gaps}, mAP at eleven points and 0.7: {wanted['map']:.3f}")
