"""Answers for the semantic evaluator, by numpy and written from the rules alone.

    python eval_semantic.py record    draw the cases, answer them, write eval_semantic.json beside this file
    python eval_semantic.py check     the same, and compare with that file; exit 1 on a difference

`chainercv`: truth below 0 is skipped, classes are all that occur (skipped pixels' predictions included), 0/0 is
NaN. `mmseg`: a number of classes and one truth number to skip are given, other numbers fall out of the histograms,
0/0 is NaN. `zero`: as mmseg, but 0/0 is 0 and part of the means. Recorded with numpy 2.4.6.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np

warnings.simplefilter("ignore")
rng = np.random.default_rng(20)


def draw(shape, numbers, blocky):
    small = rng.choice(numbers, size=(-(-shape[0] // blocky), -(-shape[1] // blocky)))
    return np.kron(small, np.ones((blocky, blocky), dtype=int))[: shape[0], : shape[1]]


def means(scores, mean):
    return {"mean_" + name: mean(values) for name, values in scores.items()}


def chainercv(images):
    n = max(max(int(t.max()), int(p.max())) for t, p in images) + 1
    matrix = np.zeros((n, n), dtype=np.int64)
    for truth, predicted in images:
        seen = truth >= 0
        np.add.at(matrix, (truth[seen], predicted[seen]), 1)
    hit = np.diag(matrix)
    iou = hit / (matrix.sum(1) + matrix.sum(0) - hit)
    accuracy = hit / matrix.sum(1)
    return {
        "confusion": matrix, "iou": iou, "class_accuracy": accuracy,
        "mean_iou": np.nanmean(iou), "mean_class_accuracy": np.nanmean(accuracy),
        "pixel_accuracy": hit.sum() / matrix.sum(),
    }


def mmseg(images, n, ignore, zero):
    hit, row, column = (np.zeros(n, dtype=np.int64) for _ in range(3))
    for truth, predicted in images:
        keep = truth != ignore
        t, p = truth[keep], predicted[keep]
        for counts, values in ((hit, p[p == t]), (row, t), (column, p)):
            counts += np.bincount(values[(values >= 0) & (values < n)], minlength=n)[:n]
    fix = (lambda x: np.where(np.isnan(x), 0.0, x)) if zero else (lambda x: x)
    precision, recall = fix(hit / column), fix(hit / row)
    scores = {
        "iou": fix(hit / (row + column - hit)), "class_accuracy": recall, "precision": precision,
        "dice": fix(2 * hit / (row + column)), "f1": fix(2 * (precision * recall) / (precision + recall)),
    }
    frequency = row / row.sum()
    answer = dict(scores, **means(scores, np.mean if zero else np.nanmean))
    answer["pixel_accuracy"] = hit.sum() / row.sum()
    answer["frequency_weighted_iou"] = (frequency[row > 0] * scores["iou"][row > 0]).sum()
    return answer


def plain(value):
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    value = np.asarray(value)
    if value.dtype.kind == "i":
        return value.tolist()
    # Floats as their bits: NaN is no JSON, and equal means equal.
    bits = np.atleast_1d(value).astype(np.float64).view(np.uint64)
    texts = ["nan" if np.isnan(x) else f"{int(b):016x}" for x, b in zip(np.atleast_1d(value), bits)]
    return texts if value.ndim else texts[0]


def case(rule, images, **more):
    if rule == "chainercv":
        answer = chainercv(images)
    else:
        answer = mmseg(images, more["classes"], more["ignore"], rule == "zero")
    listed = [{"truth": t.tolist(), "predicted": p.tolist()} for t, p in images]
    return {"rule": rule, "images": listed, **more, "answer": plain(answer)}


def images(truths, predictions):
    shapes = [tuple(rng.integers(1, 14, 2)) for _ in range(rng.integers(1, 4))]
    return [(draw(s, truths, rng.integers(1, 4)), draw(s, predictions, rng.integers(1, 4))) for s in shapes]


cases = []
for n in (1, 2, 3, 9, 21):
    numbers = np.arange(n)
    cases.append(case("chainercv", images(np.append(numbers, -1), numbers)))
    cases.append(case("chainercv", images(numbers[: max(1, n // 2)], np.append(numbers, n + 2))))
for n in (2, 5, 19, 150):
    numbers = np.arange(n)
    for rule in ("mmseg", "zero"):
        cases.append(case(rule, images(np.append(numbers, 255), numbers), classes=n, ignore=255))
        cases.append(case(rule, images(np.append(numbers, [255, n]), np.append(numbers, [n + 1, 255])), classes=n, ignore=255))
text = "[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n"
OUT = Path(__file__).resolve().with_suffix(".json")
if sys.argv[1:2] == ["check"]:
    assert OUT.read_text() == text, f"{OUT.name} is not what is answered now"
else:
    OUT.write_text(text)
