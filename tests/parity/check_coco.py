#!/usr/bin/env python3
"""COCO files come back from a dataset equal, as Python reads them, and pycocotools opens what we write.

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


def main():
    program = os.path.abspath(sys.argv[1])
    project = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    data = os.environ.get("LENSFRAME_DATA", os.path.join(project, "..", "shared", "data"))
    with tempfile.TemporaryDirectory() as work:
        subprocess.run([program, "demo", f"{work}/demo", "--quiet"], check=True, stdout=subprocess.DEVNULL)
        files = round_trip(program, f"{work}/demo/coco", work, "drawn")
        opens(f for f in files if "instances" in f)
        if not os.path.isdir(data):
            print(f"  real files skipped: there is no {data}")
            return
        round_trip(program, f"{data}/datumaro-coco", work, "datumaro")
        opens(round_trip(program, f"{data}/coco-photos", work, "photos"))
        opens(round_trip(program, f"{data}/shapes-coco/gt_dataset.json", work, "shapes"))
        round_trip(program, f"{data}/shapes-coco/dt_dataset.json", work, "detections")


if __name__ == "__main__":
    main()
