"""Answers of MMDetection 3.3.0's `eval_map` of single images, averaged as its analyze_results.py does.

    python eval_images.py          writes eval_images.json beside this file
    python eval_images.py check    says whether it answers the same now

Needs numpy and the package mmdet without what it depends on; see eval_mmdet.py. Scores are all different.
"""

import json
import random
import sys
from pathlib import Path

import numpy as np
from eval_mmdet import reference

OUT = Path(__file__).resolve().parent / "eval_images.json"


def draw(seed):
    rng = random.Random(seed)
    classes = [1, 3, 6][seed % 3]
    box = lambda: [rng.randrange(60), rng.randrange(60), 2 + rng.randrange(40), 2 + rng.randrange(40)]
    images = []
    for number in range(1 + rng.randrange(6)):
        truth = [[rng.randrange(classes), *box(), 0] for _ in range(rng.randrange(6))]
        found = [[rng.randrange(classes), *box(), 0] for _ in range(rng.randrange(3))]
        for label, *there, _ in truth:
            for _ in range(rng.randrange(3)):
                moved = [v + rng.randrange(3) / 2 for v in there]
                found.append([label if rng.random() < 0.8 else rng.randrange(classes), *moved, 0])
        rng.shuffle(found)
        for row, score in zip(found, rng.sample(range(256), len(found))):
            row[5] = score / 256
        images.append({"id": number, "truth": truth, "found": found})
    return classes, images


def rows(sides, width):
    corners = [[x, y, x + w, y + h, last][:width] for _, x, y, w, h, last in sides]
    return np.array(corners, np.float32).reshape(-1, width)


def ask(mean_ap, classes, image):
    labels = np.array([row[0] for row in image["found"]], int)
    found = rows(image["found"], 5)
    truth = {"bboxes": rows(image["truth"], 4), "labels": np.array([row[0] for row in image["truth"]], int)}
    thresholds = np.linspace(0.5, 0.95, int(np.round((0.95 - 0.5) / 0.05)) + 1, endpoint=True)
    dets = [found[labels == label] for label in range(classes)]
    means = [mean_ap.eval_map([dets], [truth], iou_thr=t, logger="silent", nproc=1)[0] for t in thresholds]
    return float(sum(means) / len(means))


if __name__ == "__main__":
    mean_ap, cases = reference()[0], []
    for seed in range(30):
        classes, images = draw(seed)
        cases.append({"classes": classes, "images": images, "answer": [ask(mean_ap, classes, image) for image in images]})
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    text = '{"tool":"mmdet 3.3.0","cases":[\n%s\n]}\n' % lines
    if sys.argv[1:2] == ["check"]:
        assert OUT.read_text() == text, f"{OUT.name} is not what is answered now"
    else:
        OUT.write_text(text)
    print(len(cases), "cases")
