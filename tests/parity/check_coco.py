#!/usr/bin/env python3
"""COCO files come back from a dataset equal, as Python reads them, and pycocotools opens and evaluates what we
write, also of rows that come from Pascal VOC.

needs: pycocotools, numpy
use: check_coco.py PROGRAM
Real files are read from ../shared/data beside the project, or LENSFRAME_DATA, where that is there.
"""
import contextlib
import glob
import io
import json
import os
import subprocess
import sys
import tempfile


def difference(a, b, path=""):
    """Where two values differ; 3 and 3.0 do, order of members does not."""
    if type(a) is not type(b):
        return f"{path}: {a!r} against {b!r}"
    if isinstance(a, dict):
        if a.keys() != b.keys():
            return f"{path}: members {sorted(a.keys() ^ b.keys())}"
        return next((d for k in a if (d := difference(a[k], b[k], f"{path}.{k}"))), None)
    if isinstance(a, list):
        if len(a) != len(b):
            return f"{path}: {len(a)} elements against {len(b)}"
        return next((d for i, (x, y) in enumerate(zip(a, b)) if (d := difference(x, y, f"{path}[{i}]"))), None)
    return None if a == b else f"{path}: {a!r} against {b!r}"


def round_trip(program, source, work, what):
    run = lambda *args: subprocess.run([program, "--quiet", *args], check=True, stdout=subprocess.DEVNULL)
    run("convert", source, f"{work}/{what}.lf", "--images", "none")
    run("export", f"{work}/{what}.lf", f"{work}/{what}", "--to", "coco")
    root = source if os.path.isdir(source) else os.path.dirname(source)
    files = glob.glob(f"{work}/{what}/**/*.json", recursive=True)
    assert files, what
    for file in files:
        name = os.path.relpath(file, f"{work}/{what}")
        found = difference(json.load(open(os.path.join(root, name))), json.load(open(file)))
        assert found is None, f"{what}: {name}{found}"
    print(f"  {what}: {len(files)} files equal")
    return files


def opens(files):
    """pycocotools indexes the file and decodes every mask of it."""
    from pycocotools.coco import COCO
    for file in files:
        with contextlib.redirect_stdout(io.StringIO()):
            coco = COCO(file)
            masks = sum(1 for a in coco.anns.values() if a.get("segmentation") and coco.annToMask(a) is not None)
        print(f"  pycocotools opens {os.path.basename(file)}: {len(coco.imgs)} images, {masks} masks")


VOC = """<annotation><filename>{name}.jpg</filename><size><width>50</width><height>40</height><depth>3</depth></size>
{objects}</annotation>"""
OBJECT = """<object><name>{0}</name><pose>Left</pose><difficult>{1}</difficult><bndbox><xmin>{2}</xmin><ymin>{3}</ymin>
<xmax>{4}</xmax><ymax>{5}</ymax></bndbox></object>"""


def draw_voc(folder):
    """Four images of Pascal VOC: two annotated in each of two splits, one of them without an object."""
    os.makedirs(f"{folder}/Annotations")
    os.makedirs(f"{folder}/ImageSets/Main")
    objects = [[("cat", 0, 1, 1, 10, 10), ("dog", 1, 5, 6, 30, 40)], [], [("dog", 0, 2, 2, 3, 3)], [("cow", 0, 1, 1, 50, 40)]]
    for number, of in enumerate(objects):
        text = VOC.format(name=f"2007_{number:06}", objects="".join(OBJECT.format(*o) for o in of))
        open(f"{folder}/Annotations/2007_{number:06}.xml", "w").write(text)
    for split, numbers in (("train", (0, 1)), ("val", (2, 3))):
        open(f"{folder}/ImageSets/Main/{split}.txt", "w").writelines(f"2007_{n:06}\n" for n in numbers)
    return folder


def evaluates(program, source, work, what):
    """A Pascal VOC source becomes files that pycocotools evaluates: what is true, found, is found everywhere."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval
    run = lambda *args: subprocess.run([program, "--quiet", *args], check=True, stdout=subprocess.DEVNULL)
    run("convert", source, f"{work}/{what}.lf", "--images", "none")
    run("export", f"{work}/{what}.lf", f"{work}/{what}", "--to", "coco")
    files = sorted(glob.glob(f"{work}/{what}/annotations/*instances*.json"))
    assert files, what
    for file in files:
        tree = json.load(open(file))
        for table in ("images", "annotations", "categories"):
            ids = [record["id"] for record in tree[table]]
            assert len(set(ids)) == len(ids) and all(type(i) is int and i > 0 for i in ids), (file, table, ids)
        with contextlib.redirect_stdout(io.StringIO()):
            truth = COCO(file)
            keys = ("image_id", "category_id", "bbox")
            found = truth.loadRes([{**{k: a[k] for k in keys}, "score": 0.5} for a in truth.anns.values()])
            ev = COCOeval(truth, found, "bbox")
            ev.evaluate()
            ev.accumulate()
            ev.summarize()
        assert min(ev.stats[0], ev.stats[8]) > 1 - 1e-9, (file, ev.stats)
        print(f"  {what}: pycocotools evaluates {os.path.basename(file)}: {len(truth.anns)} objects, AP {ev.stats[0]:.3f}")
    opens(files)
    again = [f"{work}/{what}_again.lf", f"{work}/{what}_again"]
    run("convert", f"{work}/{what}", again[0], "--images", "none")
    run("export", *again, "--to", "coco")
    for file in glob.glob(f"{work}/{what}/annotations/*.json"):
        back = f"{again[1]}/annotations/{os.path.basename(file)}"
        found = difference(json.load(open(file)), json.load(open(back)))
        assert found is None, f"{back}{found}"


def main():
    program = os.path.abspath(sys.argv[1])
    project = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    data = os.environ.get("LENSFRAME_DATA", os.path.join(project, "..", "shared", "data"))
    with tempfile.TemporaryDirectory() as work:
        subprocess.run([program, "demo", f"{work}/demo", "--quiet"], check=True, stdout=subprocess.DEVNULL)
        files = round_trip(program, f"{work}/demo/coco", work, "drawn")
        opens(f for f in files if "instances" in f)
        evaluates(program, draw_voc(f"{work}/devkit"), work, "voc")
        if not os.path.isdir(data):
            print(f"  real files skipped: there is no {data}")
            return
        round_trip(program, f"{data}/datumaro-coco", work, "datumaro")
        opens(round_trip(program, f"{data}/coco-photos", work, "photos"))
        opens(round_trip(program, f"{data}/shapes-coco/gt_dataset.json", work, "shapes"))
        round_trip(program, f"{data}/shapes-coco/dt_dataset.json", work, "detections")
        evaluates(program, f"{data}/datumaro-voc", work, "datumaro-voc")
        evaluates(program, f"{data}/fridge-voc", work, "fridge-voc")


if __name__ == "__main__":
    main()
