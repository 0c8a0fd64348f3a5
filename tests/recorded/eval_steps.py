"""Answers of MMDetection's coco_error_analysis.py (3.3.0) on small drawn scenes: precision at every step.

    python eval_steps.py          writes eval_steps.json beside this file
    python eval_steps.py check    says whether it answers the same now

Needs pycocotools, numpy and the package mmdet without what it depends on: its tool is run as it is, with plots and
processes stood in for. Of precision every tenth point of recall is kept, and the mean.
"""

import contextlib
import importlib.util
import io
import json
import random
import sys
import tempfile
import types
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from pycocotools import mask as masks

OUT = Path(__file__).resolve().parent / "eval_steps.json"
SIZE = 160


def tool():
    for name in ("matplotlib", "matplotlib.pyplot"):
        sys.modules[name] = types.ModuleType(name)
    root = Path(find_spec("mmdet").submodule_search_locations[0])
    path = root / ".mim/tools/analysis_tools/coco_error_analysis.py"
    spec = importlib.util.spec_from_file_location("coco_error_analysis", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    class Pool:
        def __init__(self, processes):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def starmap(self, work, items):
            return [work(*item) for item in items]

    module.Pool = Pool
    return module


def rectangle(x, y, w, h):
    return [x, y, x + w, y, x + w, y + h, x, y + h]


def draw(seed):
    rng = random.Random(seed)
    count = [2, 4, 5][seed % 3]
    groups = ["a", "a", "b", "b", "c"]
    categories = [{"id": 3 + 2 * n, "name": f"k{n}", "supercategory": groups[n]} for n in range(count)]
    images, annotations, results = [], [], []
    for number in range(2 + rng.randrange(10)):
        image = {"id": 5 + 7 * number, "file_name": f"{number}.jpg", "height": SIZE, "width": SIZE}
        images.append(image)
        here = []
        for _ in range(rng.randrange(6)):
            scale = rng.choice([20, 60, 110])
            box = [float(rng.randrange(50)), float(rng.randrange(50)), 3.0 + rng.randrange(scale), 3.0 + rng.randrange(scale)]
            category = categories[rng.randrange(max(1, count - 1))]["id"]  # the last has no truths
            here.append({
                "id": len(annotations) + len(here) + 1, "image_id": image["id"], "category_id": category, "bbox": box,
                "area": box[2] * box[3], "iscrowd": int(rng.random() < 0.1), "segmentation": [rectangle(*box)],
            })
        annotations += here
        for annotation in here:
            for _ in range(rng.randrange(4)):
                box = [max(0.0, v + rng.randrange(-4, 5)) for v in annotation["bbox"]]
                category = annotation["category_id"] if rng.random() < 0.6 else rng.choice(categories)["id"]
                results.append({"image_id": image["id"], "category_id": category, "bbox": box})
        for _ in range(rng.randrange(3)):
            box = [float(rng.randrange(90)), float(rng.randrange(90)), 2.0 + rng.randrange(60), 2.0 + rng.randrange(60)]
            results.append({"image_id": image["id"], "category_id": rng.choice(categories)["id"], "bbox": box})
    rng.shuffle(results)
    for result in results:
        result["score"] = rng.randrange(12) / 12
    return {"images": images, "annotations": annotations, "categories": categories}, results


def masked(result):
    rle = masks.merge(masks.frPyObjects([rectangle(*result["bbox"])], SIZE, SIZE))
    out = {key: value for key, value in result.items() if key != "bbox"}
    return {**out, "segmentation": {"size": rle["size"], "counts": rle["counts"].decode()}}


def ask(module, truth, results, kind):
    seen = {}
    module.makeplot = lambda recalls, precision, folder, name, kind: seen.update({name: precision.copy()})
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        gt, dt = Path(folder) / "gt.json", Path(folder) / "dt.json"
        gt.write_text(json.dumps(truth))
        dt.write_text(json.dumps(results))
        module.analyze_results(str(dt), str(gt), [kind], folder, areas=[1024, 9216, 10000000000])
    every = seen["allclass"][..., 0]  # steps, points, classes, ranges
    means = [[ps.mean() for ps in every[..., a]] for a in range(every.shape[-1])]
    own = [[[float(ps.mean()) for ps in seen[c["name"]][:, :, a, 0]] for a in range(every.shape[-1])]
           for c in truth["categories"]]
    return {"all": means, "classes": own, "points": every[:, ::10].tolist()}


def cases():
    module = tool()
    for seed in range(9):
        truth, results = draw(seed)
        kind = ["bbox", "segm"][seed % 3 == 2]
        if kind == "segm":
            results = [masked(result) for result in results]
        yield {"kind": kind, "truth": truth, "results": results, "answer": ask(module, truth, results, kind)}


def same(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) or isinstance(b, float):
        return None not in (a, b) and abs(a - b) < 1e-12
    return a == b


if __name__ == "__main__":
    plain = lambda value: value.item() if isinstance(value, np.generic) else str(value)
    lines = [json.dumps(case, separators=(",", ":"), default=plain) for case in cases()]
    if sys.argv[1:2] == ["check"]:
        answers = [json.loads(line) for line in lines]
        assert same(json.loads(OUT.read_text())["cases"], answers), f"{OUT.name} is not what is answered now"
    else:
        OUT.write_text('{"tool":"mmdet 3.3.0, pycocotools 2.0.11","cases":[\n%s\n]}\n' % ",\n".join(lines))
    print(len(lines), "cases")
