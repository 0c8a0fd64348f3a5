"""Answers of lvis-api 0.5.3 on drawn federated data, boxes and masks.

    python eval_lvis.py           needs lvis (0.5.3; its own imports of cv2 and matplotlib are not needed) and
                                  pycocotools

Writes eval_lvis.json beside this file. Precision is recorded as a 64-bit FNV-1a hash of its doubles (little
endian, in the order threshold, recall, class, area), recall and the results as numbers. Scores have many ties,
areas of 0 and truths with `ignore` occur, and one case has more than 300 detections an image.
"""

import copy
import importlib
import json
import logging
import random
import sys
import tempfile
import types
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from pycocotools import mask as api

np.float = float  # the release still asks numpy for it
HERE = Path(__file__).resolve().parent


def reference():
    package = types.ModuleType("lvis")
    package.__path__ = list(find_spec("lvis").submodule_search_locations)
    sys.modules["lvis"] = package
    logging.disable(logging.CRITICAL)
    return importlib.import_module("lvis.eval"), importlib.import_module("lvis.results")


def box(rng, big):
    side = [30, 90, 150][rng.randrange(3)] if big else 20
    return [rng.randrange(100) / 2, rng.randrange(100) / 2, 1 + rng.randrange(2 * side) / 2, 1 + rng.randrange(2 * side) / 2]


def ring(b):
    x, y, w, h = b
    return [[x, y, x + w, y, x + w * 0.8, y + h, x, y + h]]


def rle(b, size):
    out = api.merge(api.frPyObjects(ring(b), *size))
    return {"size": size, "counts": out["counts"].decode()}


def draw(rng, kind, images, classes, many):
    size = [120, 130]
    truth = {
        "images": [],
        "annotations": [],
        "categories": [{"id": 3 * c + 2, "frequency": rng.choice("rcf")} for c in range(classes)],
    }
    ids = [category["id"] for category in truth["categories"]]
    found = []
    for image in range(images):
        number = 7 * image + 1
        present = rng.sample(ids, rng.randrange(classes))
        absent = [c for c in ids if c not in present]
        truth["images"].append({
            "id": number, "height": size[0], "width": size[1],
            "neg_category_ids": rng.sample(absent, rng.randrange(len(absent) + 1)),
            "not_exhaustive_category_ids": rng.sample(ids, rng.randrange(3)),
        })
        for category in present:
            for _ in range(1 + rng.randrange(4)):
                b = box(rng, True)
                own = {"id": len(truth["annotations"]) + 1, "image_id": number, "category_id": category,
                       "bbox": b, "area": rng.choice([b[2] * b[3], b[2] * b[3] * 0.7, 1024.0])}
                if rng.random() < 0.03:
                    own["area"] = 0.0
                if rng.random() < 0.1:
                    own["ignore"] = 1
                if kind == "segm":
                    own["segmentation"] = ring(b)
                truth["annotations"].append(own)
                for _ in range(rng.randrange(3)):
                    moved = list(b)
                    moved[rng.randrange(4)] += rng.randrange(1, 9) / 2
                    label = category if rng.random() < 0.9 else rng.choice(ids)
                    found.append({"image_id": number, "category_id": label, "bbox": moved})
        for _ in range(rng.randrange(many)):
            found.append({"image_id": number, "category_id": rng.choice(ids), "bbox": box(rng, False)})
    found.append({"image_id": 1, "category_id": ids[0], "bbox": [3.0, 3.0, 0.0, 5.0]})
    rng.shuffle(found)
    for own in found:
        own["score"] = rng.randrange(20) / 16
        if kind == "segm":
            own["segmentation"] = rle(own["bbox"], size)
            del own["bbox"]  # results of masks come without boxes
    return truth, found


def fnv(values):
    out = 0xCBF29CE484222325
    for byte in np.ascontiguousarray(values, dtype="<f8").tobytes():
        out = (out ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return "%016x" % out


def main():
    module, results = reference()
    cases = []
    for number, (kind, images, classes, many) in enumerate([
        ("bbox", 6, 5, 8), ("bbox", 12, 9, 20), ("bbox", 3, 2, 700), ("segm", 6, 5, 8), ("segm", 8, 7, 12),
        ("bbox", 2, 30, 5),
    ]):
        truth, found = draw(random.Random(number), kind, images, classes, many)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(truth, file)
            file.flush()
            run = module.LVISEval(file.name, copy.deepcopy(found), kind)
        run.run()
        cases.append({
            "kind": kind, "truth": truth, "found": found,
            "answer": {
                "results": {key: float(value) for key, value in run.get_results().items()},
                "recall": run.eval["recall"].ravel().tolist(), "precision": fnv(run.eval["precision"]),
            },
        })
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    head = "lvis %s, pycocotools %s, numpy %s" % (version("lvis"), version("pycocotools"), np.__version__)
    (HERE / "eval_lvis.json").write_text('{"tool":"%s","cases":[\n%s\n]}\n' % (head, lines))


main()
