#!/usr/bin/env python3
"""LVIS: federated files that are drawn here, evaluated by the program and by lvis-api; all thirteen numbers.

needs: lvis, pycocotools, numpy
use: check_lvis.py PROGRAM

Absent and not exhaustive classes, rare, common and frequent ones, results past 300 an image, ties. The bits are equal:
both take numpy's means over one order.
"""
import json
import logging
import sys
import random
import tempfile
import types
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from pycocotools import mask as masks

from asked import Gaps, headline, report

np.float = float  # the release still asks numpy for it
# Only its evaluation: the package's own front door asks for OpenCV and plots.
package = types.ModuleType("lvis")
package.__path__ = list(find_spec("lvis").submodule_search_locations)
sys.modules["lvis"] = package
logging.disable(logging.CRITICAL)
LVISEval = import_module("lvis.eval").LVISEval

SIZE = [200, 220]


def ring(box):
    x, y, w, h = box
    return [[x, y, x + w, y, x + 0.8 * w, y + h, x, y + h]]


def draw(seed):
    rng = random.Random(seed)
    kind = ["bbox", "segm"][seed % 2]
    categories = [{"id": 2 * n + 3, "name": f"class {n}", "frequency": rng.choice("rcf")} for n in range(24)]
    ids = [category["id"] for category in categories]
    images, truths, found = [], [], []
    box = lambda most: [rng.randrange(200) / 2, rng.randrange(200) / 2, 1 + rng.randrange(most), 1 + rng.randrange(most)]
    for number in range(1, 41):
        present = rng.sample(ids, rng.randrange(8))
        absent = [own for own in ids if own not in present]
        images.append({
            "id": number * 5, "file_name": f"{number}.jpg", "height": SIZE[0], "width": SIZE[1],
            "neg_category_ids": rng.sample(absent, rng.randrange(6)),
            "not_exhaustive_category_ids": rng.sample(present, rng.randrange(len(present) + 1)),
        })
        for own in present:
            for _ in range(1 + rng.randrange(4)):
                there = box(110)
                area = there[2] * there[3] * rng.choice([1.0, 0.9, 0.5])
                truths.append({"id": len(truths) + 1, "image_id": number * 5, "category_id": own, "bbox": there,
                               "area": area, "segmentation": ring(there)})
                for _ in range(rng.randrange(3)):
                    moved = [value + rng.randrange(-6, 7) / 2 for value in there]
                    moved[2:] = [max(side, 1.0) for side in moved[2:]]
                    label = own if rng.random() < 0.9 else rng.choice(ids)
                    found.append({"image_id": number * 5, "category_id": label, "bbox": moved})
        # One image has more than 300.
        for _ in range(500 if number == 7 and kind == "bbox" else rng.randrange(12)):
            found.append({"image_id": number * 5, "category_id": rng.choice(ids), "bbox": box(60)})
    rng.shuffle(found)
    for own in found:
        own["score"] = rng.randrange(400) / 400 if seed % 3 else rng.random()
        if kind == "segm":
            rle = masks.merge(masks.frPyObjects(ring(own.pop("bbox")), *SIZE))
            own["segmentation"] = {"size": SIZE, "counts": rle["counts"].decode()}
    return kind, {"images": images, "annotations": truths, "categories": categories}, found


with tempfile.TemporaryDirectory() as root:
    for seed in range(6):
        kind, truth, found = draw(seed)
        gt, dt = Path(root) / f"gt{seed}.json", Path(root) / f"dt{seed}.json"
        gt.write_text(json.dumps(truth))
        dt.write_text(json.dumps(found))
        run = LVISEval(str(gt), str(dt), kind)
        run.run()
        wanted = run.get_results()
        own = headline(report(gt, dt, f"lvis/{kind}"))
        assert len(wanted) == 13 and set(own) == set(wanted), (set(own) ^ set(wanted))
        gaps = Gaps(0.0)
        for key, value in wanted.items():
            gaps.hold(key, own[key], float(value), none=-1.0)
        print(f"  {kind}, seed {seed}, {len(found)} results: {gaps}, AP {own['AP']:.3f}")
