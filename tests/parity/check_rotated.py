#!/usr/bin/env python3
"""Rotated boxes: scenes of `lensframe synth` and DOTA's result files, by the program and by a plain twin over shapely.

needs: shapely, numpy, pyarrow
use: check_rotated.py PROGRAM

MMRotate's operators are no small package; its rule is VOC's over overlaps of turned boxes, which shapely computes from
their corners. Overlaps agree to 1e-9, so that APs are equal where no overlap lies that near to the threshold; the twin
sees to that. Means are numpy's in both: equal bits.
"""
import glob
import math
import random
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import shapely

from asked import Gaps, classes, headline, program, report


def corners(box):
    x, y, w, h, angle = box
    c, s = math.cos(angle), math.sin(angle)
    return [(x + dx * w / 2 * c - dy * h / 2 * s, y + dx * w / 2 * s + dy * h / 2 * c)
            for dx, dy in ((-1, -1), (1, -1), (1, 1), (-1, 1))]


def iou(a, b):
    a, b = shapely.Polygon(a), shapely.Polygon(b)
    shared = a.intersection(b).area
    return shared / (a.area + b.area - shared)


def truth(dataset):
    """Images with their objects: class, turned box, difficult."""
    files = sorted(glob.glob(f"{dataset}/objects/*.parquet"))
    assert files, "no table of objects"
    for row in (row for file in files for row in pq.read_table(file).to_pylist()):
        hard = row.get("difficult") or []
        yield row["image_id"], [(label, box, bool(hard[at]) if at < len(hard) else False)
                                for at, (label, box) in enumerate(zip(row["label"], row["rbox"]))]


def average(hits, wanted, eleven):
    """VOC's average precision of verdicts in descending scores; verdicts of None are left out."""
    hits = np.array([hit for hit in hits if hit is not None], float)
    if wanted == 0:
        return float("nan")
    recall = np.cumsum(hits) / wanted
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    if eleven:
        reached = (precision[recall >= point] for point in np.arange(0, 1.1, 0.1))
        return sum((own.max() if len(own) else 0.0) / 11 for own in reached)
    recall = np.concatenate([[0], recall, [1]])
    precision = np.maximum.accumulate(np.concatenate([[0], precision, [0]])[::-1])[::-1]
    steps = np.where(recall[1:] != recall[:-1])[0]
    return float(np.sum((recall[steps + 1] - recall[steps]) * precision[steps + 1]))


for seed in range(2):
    with tempfile.TemporaryDirectory() as root:
        rng = random.Random(seed)
        dataset, results = Path(root) / "scenes.lf", Path(root) / "results"
        program("synth", dataset, "--count", 40, "--size", "160x120", "--objects", "1:9", "--seed", seed, "--classes", 6,
                "--overlap", "0.3", "--crowds", "0", "--storage", "parquet")
        results.mkdir()
        images = dict(truth(dataset))
        none = Path(root) / "none.json"
        none.write_text("[]")
        names = list(classes(report(dataset, none, "coco/bbox"), "objects"))
        scores = iter(rng.sample(range(1, 100_000), 5_000))
        found = []
        for image, there in images.items():
            for label, box, _ in there:
                for _ in range(rng.randrange(3)):
                    x, y, w, h, angle = box
                    moved = [x + rng.uniform(-4, 4), y + rng.uniform(-4, 4), w * rng.uniform(0.7, 1.3),
                             h * rng.uniform(0.7, 1.3), angle + rng.uniform(-0.4, 0.4)]
                    own = label if rng.random() < 0.9 else rng.randrange(len(names))
                    found.append((image, own, corners(moved), next(scores) / 100_000))
            for _ in range(rng.randrange(3)):
                box = [rng.uniform(0, 160), rng.uniform(0, 120), rng.uniform(4, 50), rng.uniform(4, 50), rng.uniform(-3, 3)]
                found.append((image, rng.randrange(len(names)), corners(box), next(scores) / 100_000))
        for label, name in enumerate(names):
            lines = (f"{image} {score!r} " + " ".join(repr(v) for p in ring for v in p)
                     for image, own, ring, score in found if own == label)
            (results / f"Task1_{name}.txt").write_text("".join(f"{line}\n" for line in lines))
        gaps = Gaps(0.0)
        answers = {False: [], True: []}
        for label in range(len(names)):
            taken, hits = set(), []
            for image, _, ring, _ in sorted((own for own in found if own[1] == label), key=lambda own: -own[3]):
                there = [(at, corners(b), hard) for at, (n, b, hard) in enumerate(images[image]) if n == label]
                overlaps = [iou(ring, other) for _, other, _ in there]
                best = max(range(len(there)), key=lambda at: overlaps[at], default=None)
                assert all(abs(value - 0.5) > 1e-9 for value in overlaps), "an overlap too near to the threshold"
                if best is None or overlaps[best] < 0.5:
                    hits.append(0)
                elif there[best][2]:
                    hits.append(None)
                else:
                    hits.append(int((image, there[best][0]) not in taken))
                    taken.add((image, there[best][0]))
            wanted = sum(n == label and not hard for there in images.values() for n, _, hard in there)
            for eleven in (False, True):
                answers[eleven].append(average(hits, wanted, eleven))
        for metric, eleven in (("dota", False), ("dota07", True)):
            said = report(dataset, results, metric, "--classes-by", "name")
            gaps.hold(metric, headline(said)["mAP"], float(np.nanmean(answers[eleven])))
            for name, value in zip(names, answers[eleven]):
                gaps.hold(f"{metric} {name}", classes(said, "AP")[name], float(value))
        print(f"  seed {seed}: {len(found)} boxes: {gaps}, mAP {headline(said)['mAP']:.3f}")
