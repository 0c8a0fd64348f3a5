#!/usr/bin/env python3
"""Panoptic quality: files drawn by `lensframe synth` and damaged here, by the program, panopticapi and hotcoco.

needs: panopticapi-lite, hotcoco, pillow, numpy
use: check_panoptic.py PROGRAM

panopticapi is no package of its own; panopticapi-lite is its evaluation as it stands. It is asked in one process: with
more, its sums of IoU depend on how many there were. So asked, the bits are equal. hotcoco adds in another order: 1e-12.
"""
import contextlib
import io
import json
import random
import tempfile
from pathlib import Path

import hotcoco.panoptic
import numpy as np
from panopticapi import evaluation
from PIL import Image

from asked import Gaps, classes, headline, program, report


def damage(truth, folder, out, seed):
    """Predictions made of the truth: segments moved, merged, with other classes, or void; some crowds in the truth."""
    rng = random.Random(seed)
    categories = [own["id"] for own in truth["categories"]]
    out.mkdir()
    annotations = []
    for record in truth["annotations"]:
        pixels = np.array(Image.open(folder / record["file_name"]).convert("RGB"), dtype=np.uint32)
        ids = pixels[..., 0] + 256 * pixels[..., 1] + 65536 * pixels[..., 2]
        found = np.zeros_like(ids)
        segments = []
        for place, segment in enumerate(record["segments_info"], 1):
            if rng.random() < 0.1:
                continue
            mask = np.roll(ids == segment["id"], (rng.randrange(-6, 7), rng.randrange(-6, 7)), (0, 1))
            label = segment["category_id"] if rng.random() < 0.85 else rng.choice(categories)
            found[mask] = place * 1009
            segments.append({"id": place * 1009, "category_id": label})
        there = set(np.unique(found).tolist())
        segments = [own for own in segments if own["id"] in there]
        colours = np.stack([found % 256, found // 256 % 256, found // 65536], axis=-1).astype(np.uint8)
        Image.fromarray(colours).save(out / record["file_name"])
        annotations.append({"image_id": record["image_id"], "file_name": record["file_name"], "segments_info": segments})
        for segment in record["segments_info"]:
            segment["iscrowd"] = int(segment.get("iscrowd", 0) or rng.random() < 0.1)
    return {"images": truth["images"], "annotations": annotations, "categories": truth["categories"]}


def reference(truth, found, folders):
    by_image = {own["image_id"]: own for own in found["annotations"]}
    pairs = [(own, json.loads(json.dumps(by_image[own["image_id"]]))) for own in truth["annotations"]]
    categories = {own["id"]: own for own in truth["categories"]}
    with contextlib.redirect_stdout(io.StringIO()):
        stat = evaluation.pq_compute_single_core(0, pairs, *map(str, folders), categories)
    answers = {name: stat.pq_average(categories, isthing=kind)
               for name, kind in (("", None), ("_th", True), ("_st", False))}
    return {name: own[0] for name, own in answers.items()}, answers[""][1]


with tempfile.TemporaryDirectory() as root:
    for seed in range(3):
        home = Path(root) / str(seed)
        program("synth", home, "--to", "panoptic", "--count", "30", "--size", "160x120", "--seed", seed, "--crowds", "0.4")
        gt = home / "annotations" / "panoptic_train.json"
        truth = json.loads(gt.read_text())
        truth["annotations"].sort(key=lambda own: own["image_id"])
        folders = (gt.with_suffix(""), home / "found")
        found = damage(truth, *folders, seed)
        dt = home / "found.json"
        gt.write_text(json.dumps(truth))
        dt.write_text(json.dumps(found))
        want, by_class = reference(truth, found, folders)
        with contextlib.redirect_stdout(io.StringIO()):
            other = hotcoco.panoptic.pq_compute(str(gt), str(dt), str(folders[0]), str(folders[1]))
        said = report(gt, dt, "panoptic")
        own, gaps, beside = headline(said), Gaps(0.0), Gaps(1e-12)
        for name, group in (("", "All"), ("_th", "Things"), ("_st", "Stuff")):
            for key in ("pq", "sq", "rq"):
                gaps.hold(key + name, own[key.upper() + name], want[name][key])
                beside.hold(key + name, own[key.upper() + name], other[group][key])
        names = {category["id"]: category["name"] for category in truth["categories"]}
        for key in ("PQ", "SQ", "RQ"):
            for number, values in by_class.items():
                value = classes(said, key)[names[number]]
                gaps.hold(f"{key} of {names[number]}", 0.0 if value is None else value, float(values[key.lower()]))
        print(f"  seed {seed}: {gaps}; hotcoco: {beside}; PQ {own['PQ']:.3f}")
