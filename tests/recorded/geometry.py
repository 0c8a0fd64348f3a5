"""Answers of pycocotools for the geometry tests.

    python geometry.py record     draw the cases, ask pycocotools, write geometry_*.json beside this file
    python geometry.py check      ask again for the cases in those files; exit 1 on a difference
    python geometry.py answer     cases as JSON on stdin, answers as JSON on stdout

A case is an object with a `kind`; `answer` below says what each kind asks. Needs pycocotools and numpy.
The files in the repository were recorded with pycocotools 2.0.11.
"""

import json
import math
import random
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from pycocotools import mask as api

HERE = Path(__file__).resolve().parent


def text(mask):
    return mask["counts"].decode("ascii")


def answer(case):
    """What pycocotools says to one case; plain lists, strings and numbers."""
    kind = case["kind"]
    if kind == "boxes":
        found, truth = (np.array(case[k], dtype=np.float64).reshape(-1, 4) for k in ("found", "truth"))
        return {"iou": np.asarray(api.iou(found, truth, case["crowd"])).tolist()}
    if kind == "two_sizes":
        masks = [api.frPyObjects(m, *m["size"]) for m in case["masks"]]
        return {"iou": np.asarray(api.iou(masks, masks, [0] * len(masks))).tolist()}
    h, w = case["size"]
    if kind == "polygons":
        whole = api.merge(api.frPyObjects(case["rings"], h, w))
        return {"mask": text(whole), "area": int(api.area(whole)), "bbox": api.toBbox(whole).tolist()}
    if kind == "filled_box":
        return {"mask": text(api.frPyObjects(np.array([case["bbox"]], dtype=np.float64), h, w)[0])}
    if kind == "loose":  # runs of 0 inside: only what pycocotools answers soundly for such
        mask = api.frPyObjects({"size": [h, w], "counts": case["counts"]}, h, w)
        pixels = api.decode(mask)
        return {
            "mask": text(mask),
            "pixels": "".join(map(str, pixels.reshape(-1).tolist())),
            "tight": text(api.encode(np.asfortranarray(pixels))),
            "area": int(api.area(mask)),
            "bbox": api.toBbox(mask).tolist(),
        }
    assert kind == "masks", kind

    def masks(counts):
        return [api.frPyObjects({"size": [h, w], "counts": c}, h, w) for c in counts]

    found, truth = masks(case["found"]), masks(case["truth"])
    return {
        "found": [text(m) for m in found],
        "area": api.area(found).tolist(),
        "bbox": api.toBbox(found).tolist(),
        "iou": np.asarray(api.iou(found, truth, case["crowd"])).tolist(),
        "union": text(api.merge(found + truth)),
        "intersection": text(api.merge(found + truth, intersect=True)),
        "pair_union": [text(api.merge([a, b])) for a in found for b in truth],
        "pair_intersection": [text(api.merge([a, b], intersect=True)) for a in found for b in truth],
    }


# --- drawing cases -------------------------------------------------------------------------------------


def draw_size(r):
    return r.choice([
        lambda: [r.randint(1, 40), r.randint(1, 40)],
        lambda: [r.randint(1, 40), r.randint(1, 40)],
        lambda: [1, r.randint(1, 60)],
        lambda: [r.randint(1, 60), 1],
        lambda: [r.randint(50, 200), r.randint(50, 200)],
        lambda: [480, 640],
    ])()


def draw_ring(r, h, w):
    """A ring and the name of what is odd about it."""
    corners = r.choice([3, 3, 4, 4, 5, 6, 8, 12])
    kind = r.choice(["inside", "around", "outside", "whole", "double", "grid", "star", "line", "repeat", "far"])

    def ring(x, y):
        return [v for _ in range(corners) for v in (x(), y())]

    if kind == "inside":
        flat = ring(lambda: round(r.uniform(0, w), 2), lambda: round(r.uniform(0, h), 2))
    elif kind == "around":
        flat = ring(lambda: round(r.uniform(-w, 2 * w), 2), lambda: round(r.uniform(-h, 2 * h), 2))
    elif kind == "outside":
        dx, dy = r.choice([(2 * w, 0), (-2 * w, 0), (0, 2 * h), (0, -2 * h), (2 * w, -2 * h)])
        flat = ring(lambda: round(r.uniform(0, w) + dx, 2), lambda: round(r.uniform(0, h) + dy, 2))
    elif kind == "whole":
        flat = ring(lambda: r.randint(-2, w + 2), lambda: r.randint(-2, h + 2))
    elif kind == "double":
        flat = ring(lambda: r.uniform(-1, w + 1), lambda: r.uniform(-1, h + 1))
    elif kind == "grid":  # on and between the fine grid's points, where rounding decides
        step = r.choice([0.1, 0.2, 0.3, 0.5, 0.7])
        flat = ring(lambda: round(step * r.randint(-3, int(w / step)), 1),
                    lambda: round(step * r.randint(-3, int(h / step)), 1))
    elif kind == "star":
        corners = r.choice([10, 20, 40])
        cx, cy = r.uniform(0, w), r.uniform(0, h)
        flat = []
        for i in range(corners):
            a, d = 2 * math.pi * i / corners, r.uniform(0.4, 1.0) * max(h, w) / 2
            flat += [round(cx + d * math.cos(a), 2), round(cy + d * math.sin(a), 2)]
    elif kind == "line":
        x, y, dx, dy = (round(r.uniform(-3, w), 2), round(r.uniform(-3, h), 2), r.randint(-3, 3), r.randint(-3, 3))
        flat = [v for i in range(corners) for v in (x + i * dx, y + i * dy)]
    elif kind == "repeat":
        flat = ring(lambda: round(r.uniform(-1, w + 1), 1), lambda: round(r.uniform(-1, h + 1), 1))
        flat = [v for i in range(0, len(flat), 2) for v in flat[i:i + 2] * r.randint(1, 3)]
    else:
        m = r.choice([1e3, 1e4, 1e5])
        flat = ring(lambda: round(r.uniform(-m, m), 2), lambda: round(r.uniform(-m, m), 2))
    return flat


def draw_counts(r, h, w):
    """Canonical runs of some mask."""
    kind = r.choice(["noise", "runs", "block", "empty", "full", "poly", "one"])
    pixels = np.zeros((h, w), dtype=np.uint8)
    if kind == "noise":
        pixels = (np.array([r.random() for _ in range(h * w)]).reshape(h, w) < r.random()).astype(np.uint8)
    elif kind == "runs":
        flat, at, v = pixels.reshape(-1), 0, r.randint(0, 1)
        while at < flat.size:
            n = r.randint(1, 3 * h)
            flat[at:at + n] = v
            at, v = at + n, 1 - v
        pixels = flat.reshape((h, w), order="F")
    elif kind == "block":
        y, x = r.randrange(h), r.randrange(w)
        pixels[y:y + r.randint(1, h), x:x + r.randint(1, w)] = 1
    elif kind == "full":
        pixels[:] = 1
    elif kind == "poly":
        pixels = api.decode(api.frPyObjects([draw_ring(r, h, w)], h, w))[..., 0]
    elif kind == "one":
        pixels[r.randrange(h), r.randrange(w)] = 1
    counts, v, n = [], 0, 0
    for p in pixels.reshape(-1, order="F").tolist():
        if p != v:
            counts.append(n)
            v, n = p, 0
        n += 1
    return counts + [n]


def loosen(r, counts):
    """The same mask with runs of 0 put in."""
    out = []
    for c in counts:
        if c > 1 and r.random() < 0.4:
            cut = r.randint(1, c - 1)
            out += [cut, 0, c - cut]
        else:
            out.append(c)
    return out + r.choice([[], [0], [0, 0]])


def draw_boxes(r, n):
    def number():
        return r.choice([r.randint(-5, 20), round(r.uniform(-5, 20), 2), r.uniform(-5, 20)])

    def extent():
        return r.choice([0, r.randint(0, 15), round(r.uniform(0, 15), 2), r.uniform(0, 15), 1e-9, -1])

    return [[number(), number(), extent(), extent()] for _ in range(n)]


def draw():
    r = random.Random(2017)
    polygons = []
    for i in range(360):
        h, w = draw_size(r)
        rings = [draw_ring(r, h, w) for _ in range(1 if i % 4 else r.randint(2, 4))]
        polygons.append({"kind": "polygons", "size": [h, w], "rings": rings})
    for _ in range(60):
        h, w = draw_size(r)
        x, y = round(r.uniform(-5, w), 2), round(r.uniform(-5, h), 2)
        box = [x, y, round(r.uniform(0, w), 2), round(r.uniform(0, h), 2)]
        polygons.append({"kind": "filled_box", "size": [h, w], "bbox": box})
    masks = []
    for i in range(120):
        h, w = r.randint(1, 14), r.randint(1, 14)
        found = [draw_counts(r, h, w) for _ in range(r.randint(1, 3))]
        truth = [draw_counts(r, h, w) for _ in range(r.randint(1, 3))]
        crowd = [r.randint(0, 1) for _ in truth]
        masks.append({"kind": "masks", "size": [h, w], "found": found, "truth": truth, "crowd": crowd})
        if i % 2:
            masks.append({"kind": "loose", "size": [h, w], "counts": loosen(r, found[0])})
    uneven = [([2, 2], [0, 4]), ([3, 3], [0, 9]), ([3, 3], [8, 1]), ([2, 2], [4]), ([1, 4], [1, 2, 1])]
    masks.append({"kind": "two_sizes", "masks": [{"size": s, "counts": c} for s, c in uneven]})
    boxes = []
    for _ in range(40):
        found, truth = draw_boxes(r, r.randint(1, 6)), draw_boxes(r, r.randint(1, 5))
        boxes.append({"kind": "boxes", "found": found, "truth": truth, "crowd": [r.randint(0, 1) for _ in truth]})
    return {"polygons": polygons, "masks": masks, "boxes": boxes}


def file(name):
    return HERE / f"geometry_{name}.json"


def main():
    mode = sys.argv[1:]
    if mode == ["record"]:
        for name, cases in draw().items():
            rows = ",\n".join(json.dumps({**c, "answer": answer(c)}, separators=(",", ":")) for c in cases)
            tool = json.dumps(f"pycocotools {version('pycocotools')}")
            file(name).write_text(f'{{"tool":{tool},"cases":[\n{rows}\n]}}\n')
            print(f"{file(name).name}: {len(cases)} cases, {file(name).stat().st_size} bytes")
    elif mode == ["check"]:
        wrong = 0
        for name in ("polygons", "masks", "boxes"):
            cases = json.loads(file(name).read_text())["cases"]
            for i, case in enumerate(cases):
                if answer(case) != case["answer"]:
                    wrong += 1
                    print(f"{file(name).name}: case {i}: {answer(case)} is not {case['answer']}", file=sys.stderr)
            print(f"{file(name).name}: {len(cases)} cases asked again of pycocotools {version('pycocotools')}")
        sys.exit(1 if wrong else 0)
    elif mode == ["answer"]:
        json.dump([answer(c) for c in json.load(sys.stdin)], sys.stdout)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
