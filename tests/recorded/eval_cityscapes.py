"""Answers of cityscapesscripts for the evaluator of instance-level semantic labelling.

    python eval_cityscapes.py record    draw the cases, ask the tool, write eval_cityscapes.json beside this file
    python eval_cityscapes.py check     the same, and compare with that file; exit 1 on a difference

Maps are painted from rectangles (number, y0, x0, y1, x1), later over earlier; masks are the union of theirs. Needs
cityscapesscripts, numpy and Pillow; recorded with cityscapesscripts 2.3.0 and numpy 2.4.6. Where the tool fails since
no object is found and every prediction is forgiven, the answer of that threshold is recorded as "fails".
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

if not hasattr(np, "in1d"):  # gone from numpy, and still called
    np.in1d = np.isin

from cityscapesscripts.evaluation import evalInstanceLevelSemanticLabeling as tool

tool.writeDict2JSON = lambda *_: None  # its caches; newer numpy's integers are not JSON to it
OUT = Path(__file__).resolve().with_suffix(".json")
rng = np.random.default_rng(44)
CLASSES = [24, 25, 26, 27, 28, 31, 32, 33]


def paint(size, rectangles, kind):
    out = np.zeros(size, dtype=kind)
    for number, y0, x0, y1, x1 in rectangles:
        out[y0:y1, x0:x1] = number
    return out


def ask(case):
    with tempfile.TemporaryDirectory() as home:
        os.chdir(home)
        truths, texts = [], []
        for n, image in enumerate(case["images"]):
            name = f"city_{n:06}_000019"
            truths.append(f"{home}/{name}_gtFine_instanceIds.png")
            Image.fromarray(paint(image["size"], image["truth"], np.uint16)).save(truths[-1])
            texts.append(f"{home}/{name}_pred.txt")
            with open(texts[-1], "w") as text:
                for m, one in enumerate(image["predictions"]):
                    mask = paint(image["size"], [[255, *r] for r in one["mask"]], np.uint8)
                    Image.fromarray(mask).save(f"{home}/{name}_{m}.png")
                    text.write(f"{name}_{m}.png {one['class']} {one['score']!r}\n")
        tool.args.predictionPath = home
        tool.args.gtInstancesFile = f"{home}/gt.json"
        tool.args.JSONOutput = False
        tool.args.quiet = True
        try:
            found = tool.evaluateImgLists(texts, truths, tool.args)
        except IndexError:
            found = None
        os.chdir("/")
    if found is None:
        return "fails"
    number = lambda x: None if np.isnan(x) else float(x)
    averages = found["averages"]
    return {
        "by_overlap": [[number(x) for x in row] for row in found["resultApMatrix"][0]],
        "ap": number(averages["allAp"]), "ap50": number(averages["allAp50%"]),
        "class_ap": [number(averages["classes"][name]["ap"]) for name in found["instLabels"]],
        "class_ap50": [number(averages["classes"][name]["ap50%"]) for name in found["instLabels"]],
        "overlaps": found["overlaps"],
    }


def rectangle(size, least, most):
    h, w = rng.integers(least, most, 2)
    y, x = rng.integers(0, size[0] - h), rng.integers(0, size[1] - w)
    return [int(v) for v in (y, x, y + h, x + w)]


def draw(size, classes):
    truth = [[int(rng.choice([0, 3, 7, 11, 21])), 0, 0, *size]]
    for one in range(9):
        of = int(rng.choice(classes))
        # Objects, groups, void, and an instance of a class that is left out.
        number = [of * 1000 + one, of, int(rng.choice([3, 4, 10, 29])), 29_001][rng.choice(4, p=[0.7, 0.12, 0.13, 0.05])]
        truth.append([number, *rectangle(size, 3 if rng.random() < 0.2 else 9, 24)])
    predictions = []
    for number, *area in truth[1:]:
        for _ in range(rng.integers(0, 3)):
            moved = [max(0, v + int(rng.integers(-2, 3))) for v in area]
            of = number // 1000 if number >= 1000 else number
            of = of if rng.random() < 0.9 else int(rng.choice(classes))
            score = float(rng.choice([0.1, 0.5, 0.9])) if rng.random() < 0.4 else float(rng.random())
            mask = [moved] + ([rectangle(size, 2, 6)] if rng.random() < 0.2 else [])
            predictions.append({"class": of, "score": score, "mask": mask})
    for _ in range(2):
        predictions.append({"class": int(rng.choice(classes)), "score": float(rng.random()), "mask": [rectangle(size, 5, 20)]})
    if rng.random() < 0.3:
        predictions.append({"class": 26, "score": 0.7, "mask": []})
    return {"size": size, "truth": truth, "predictions": predictions}


def alike(one, other):
    """Equal, numbers to 4e-16."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return one == other or abs(one - other) <= 4e-16 or one != one and other != other
    return one == other


if __name__ == "__main__":
    cases = []
    for n in range(20):
        size, classes = [int(v) for v in rng.integers(34, 60, 2)], [[26], [24, 26], [26, 33, 24], CLASSES][n % 4]
        cases.append({"images": [draw(size, classes) for _ in range(1 + n % 6)]})
    # Nothing to find; nothing found; everything forgiven.
    car, size = [26_001, 0, 0, 20, 20], [30, 30]
    mask = {"class": 26, "score": 0.5, "mask": [[0, 0, 20, 20]]}
    cases.append({"images": [{"size": size, "truth": [], "predictions": [mask]}]})
    cases.append({"images": [{"size": size, "truth": [car], "predictions": []}]})
    cases.append({"images": [{"size": size, "truth": [car], "predictions": [dict(mask, mask=[[21, 0, 29, 29]])]}]})
    for case in cases:
        case["answer"] = ask(case)
    text = "[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n"
    if sys.argv[1:2] == ["check"]:
        # The tool adds a dot product in the order of BLAS, which is not that of every processor.
        assert alike(json.loads(OUT.read_text()), json.loads(text)), f"{OUT.name} is not what is answered now"
    else:
        OUT.write_text(text)
    print(len(cases), "cases")
