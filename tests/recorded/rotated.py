"""Answers of shapely for overlaps of rotated boxes.

    python rotated.py             needs shapely (2.2.0) and numpy

Writes rotated.json beside this file: pairs of boxes (centre x, y, width, height, radians) with the area they share
and their intersection over union.
"""

import json
from pathlib import Path

import numpy as np
import shapely
from shapely.affinity import rotate, translate
from shapely.geometry import box

HERE = Path(__file__).resolve().parent


def polygon(b):
    x, y, w, h, angle = b
    flat = box(-w / 2, -h / 2, w / 2, h / 2)
    return translate(rotate(flat, angle, origin=(0, 0), use_radians=True), x, y)


def main():
    rng = np.random.default_rng(3)
    rows = []
    for number in range(400):
        a = [*rng.uniform(0, 60, 2), *rng.uniform(1, 40, 2), rng.uniform(-4, 4)]
        b = [*(np.array(a[:2]) + rng.normal(0, 8, 2)), *rng.uniform(1, 40, 2), rng.uniform(-4, 4)]
        if number % 5 == 0:
            b[4] = a[4] + rng.choice([0, np.pi / 2, np.pi])
        if number % 11 == 0:
            b[:4] = a[:4]
        if number % 13 == 0:
            a, b = [float(round(v)) for v in a[:4]] + [0.0], [float(round(v)) for v in b[:4]] + [0.0]
        first, second = polygon(a), polygon(b)
        shared = first.intersection(second).area
        rows.append([[float(v) for v in a], [float(v) for v in b], shared, shared / first.union(second).area])
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    (HERE / "rotated.json").write_text('{"tool":"shapely %s","cases":[\n%s\n]}\n' % (shapely.__version__, lines))


main()
