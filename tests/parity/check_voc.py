#!/usr/bin/env python3
"""VOC trees as Python's own XML parser and Pillow read them: boxes by the devkit's rule, instances by counting
pixels, and everything back as it was; panoptic PNGs against their records.

needs: pyarrow, numpy, pillow
use: check_voc.py PROGRAM
Real files are read from ../shared/data beside the project, or LENSFRAME_DATA, where that is there.
"""
import glob
import json
import os
import random
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

import numpy as np
import pyarrow.parquet as pq
from PIL import Image


def run(program, *args):
    subprocess.run([program, "--quiet", *map(str, args)], check=True, stdout=subprocess.DEVNULL)


def value(element):
    """An element as a value: what a parser sees of it."""
    text = (element.text or "").strip() if len(element) else (element.text or "")
    return (element.tag, sorted(element.attrib.items()), text, [value(child) for child in element])


def table(dataset, group):
    files = sorted(glob.glob(f"{dataset}/{group}/*.parquet"))
    assert files, f"{dataset} has no group {group}"
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def devkit_boxes(xml):
    """x, y, w, h: the first pixel is 1, and the far corner is in the box."""
    boxes = []
    for item in ET.parse(xml).getroot().iter("object"):
        box = item.find("bndbox")
        x0, y0, x1, y1 = (float(box.findtext(name)) for name in ("xmin", "ymin", "xmax", "ymax"))
        boxes.append([x0 - 1, y0 - 1, x1 - x0 + 1, y1 - y0 + 1])
    return boxes


def instances(png):
    """Area and x, y, w, h of each instance of a label PNG: every number but 0 and 255, ascending."""
    pixels = np.array(Image.open(png))
    found = []
    for number in sorted(set(np.unique(pixels).tolist()) - {0, 255}):
        ys, xs = np.nonzero(pixels == number)
        box = [xs.min(), ys.min(), xs.max() - xs.min() + 1, ys.max() - ys.min() + 1]
        found.append((float(len(xs)), [float(side) for side in box]))
    return found


def draw(folder, seed):
    """A devkit with palette PNGs, dialects in turn, floats, unknown members."""
    rng = random.Random(seed)
    for name in ("Annotations", "JPEGImages", "SegmentationClass", "SegmentationObject"):
        os.makedirs(f"{folder}/{name}")
    for name in ("Main", "Segmentation"):
        os.makedirs(f"{folder}/ImageSets/{name}")
    palette = [rng.randrange(256) for _ in range(768)]
    ids = [f"2012_{i:06}" for i in range(12)]
    for i, name in enumerate(ids):
        parts = [f"<filename>{name}.jpg</filename>", "<size><width>60</width><height>40</height><depth>3</depth></size>"]
        for _ in range(rng.randrange(1, 4)):
            x, y = rng.randrange(1, 30), rng.randrange(1, 20)
            corners = [x, y, x + rng.randrange(1, 20), y + rng.randrange(1, 15)]
            if i % 3 == 1:
                corners = [round(c + rng.random(), rng.randrange(1, 14)) for c in corners]
            box = "".join(f"<{tag}>{c}</{tag}>" for tag, c in zip(("xmin", "ymin", "xmax", "ymax"), corners))
            members = [f"<name>{rng.choice(['cat', 'dog', 'person'])}</name>", f"<bndbox>{box}</bndbox>"]
            if i % 2:
                members += ["<pose>Left</pose>", "<difficult>1</difficult>", f"<odd at='{i}'>x</odd>"]
            rng.shuffle(members)
            parts.append(f"<object>{''.join(members)}</object>")
        if i % 4 == 3:
            parts.reverse()
        with open(f"{folder}/Annotations/{name}.xml", "w") as file:
            file.write(f"<annotation>\n {''.join(parts)}\n</annotation>\n")
        Image.new("RGB", (60, 40)).save(f"{folder}/JPEGImages/{name}.jpg")
        classes, objects = np.zeros((40, 60), np.uint8), np.zeros((40, 60), np.uint8)
        for number in range(1, rng.randrange(2, 5)):
            x, y = rng.randrange(50), rng.randrange(30)
            classes[y : y + 9, x : x + 8], objects[y : y + 9, x : x + 8] = rng.choice([8, 12, 15]), number
            objects[y, x : x + 8] = 255
        for part, pixels in (("Class", classes), ("Object", objects)):
            image = Image.fromarray(pixels, "P")
            image.putpalette(palette)
            image.save(f"{folder}/Segmentation{part}/{name}.png")
    for part in ("Main", "Segmentation"):
        for split, chosen in (("train", ids[:8]), ("val", ids[8:])):
            with open(f"{folder}/ImageSets/{part}/{split}.txt", "w") as file:
                file.write("".join(f"{name}\n" for name in chosen))
    with open(f"{folder}/ImageSets/Main/cat_train.txt", "w") as file:
        file.write("".join(f"{name} {rng.choice([' 1', '-1', ' 0'])}\n" for name in ids[:8]))


def check_tree(program, folder, work, what):
    dataset, back = f"{work}/{what}.lf", f"{work}/{what} back"
    run(program, "convert", folder, dataset, "--storage", "parquet")
    rows = {row["image_id"]: row for row in table(dataset, "objects")}
    xmls = [f for f in glob.glob(f"{folder}/**/*.xml", recursive=True)]
    for xml in xmls:
        boxes = rows[os.path.splitext(os.path.basename(xml))[0]]["bbox"]
        assert boxes == devkit_boxes(xml), f"{xml}: {boxes} against {devkit_boxes(xml)}"
    pngs = glob.glob(f"{folder}/SegmentationObject/*.png")
    palettes = [png for png in pngs if Image.open(png).mode == "P"]
    if palettes:
        masks = {row["image_id"]: row for row in table(dataset, "sets/masks")}
        for png in palettes:
            row = masks[os.path.splitext(os.path.basename(png))[0]]
            ours = list(zip(row["masks.area"], row["masks.bbox"]))
            assert ours == instances(png), f"{png}: {ours} against {instances(png)}"
    run(program, "export", dataset, back, "--to", "voc", "--images", "copy")
    for xml in xmls:
        again = os.path.join(back, os.path.relpath(xml, folder))
        assert value(ET.parse(xml).getroot()) == value(ET.parse(again).getroot()), xml
    rest = [f for f in glob.glob(f"{folder}/**/*", recursive=True) if f.endswith((".txt", ".png", ".jpg"))]
    for file in rest:
        again = os.path.join(back, os.path.relpath(file, folder))
        assert open(file, "rb").read() == open(again, "rb").read(), file
    print(f"  {what}: {len(xmls)} annotations, {len(palettes)} instance maps, {len(rest)} other files")


def check_panoptic(program, folder, work):
    dataset = f"{work}/panoptic.lf"
    run(program, "convert", f"{folder}/panoptic_examples.json", dataset, "--storage", "parquet")
    source = {a["image_id"]: a for a in json.load(open(f"{folder}/panoptic_examples.json"))["annotations"]}
    rows = table(dataset, "objects")
    for row in rows:
        record = source[row["image_id"]]
        pixels = np.array(Image.open(f"{folder}/panoptic_examples/{record['file_name']}")).astype(np.int64)
        ids, counts = np.unique(pixels @ np.array([1, 256, 65536]), return_counts=True)
        areas = dict(zip(ids.tolist(), counts.tolist()))
        assert row["object_id"] == [s["id"] for s in record["segments_info"]]
        assert row["area"] == [float(areas[number]) for number in row["object_id"]], row["image_id"]
    print(f"  panoptic: {len(rows)} records against their PNGs")


def main(program):
    with tempfile.TemporaryDirectory() as work:
        for seed in range(3):
            draw(f"{work}/drawn {seed}", seed)
            check_tree(program, f"{work}/drawn {seed}", work, f"drawn {seed}")
        beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../shared/data")
        data = os.environ.get("LENSFRAME_DATA", beside)
        if not os.path.isdir(data):
            print(f"  skipped: real files, there is no {data}")
            return
        for name in ("datumaro-voc", "fridge-voc"):
            check_tree(program, f"{data}/{name}", work, name)
        check_panoptic(program, f"{data}/panopticapi", work)


if __name__ == "__main__":
    main(sys.argv[1])
