"""Answers of tidecv 1.0.1 on small drawn scenes: AP, main and special errors, counts.

    python eval_tide.py          writes eval_tide.json beside this file
    python eval_tide.py check    says whether tidecv answers the same now (to 1e-9: Python 3.12 adds floats otherwise)

Needs numpy and pycocotools; what tidecv imports for its plots is stood in for, so that it can be installed alone.
Scenes have empty images, crowds, equal scores and overlaps, classes without truths and classes without detections.
Images are given in the order of their ids, since tidecv's order of equal scores is that of the file.
"""

import json
import random
import sys
import types
from pathlib import Path


class Anything(types.ModuleType):
    """A module that has whatever is asked of it."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **more: None


for name in ("cv2", "appdirs", "matplotlib", "matplotlib.pyplot", "tidecv.plotting"):
    sys.modules[name] = Anything(name)

from pycocotools import mask as masks  # noqa: E402
from tidecv import TIDE, Data  # noqa: E402

OUT = Path(__file__).resolve().parent / "eval_tide.json"
SIZE = 96


def draw(seed):
    rng = random.Random(seed)
    classes = [1, 3, 5][seed % 3]
    whole, ties = seed % 2 == 0, seed % 4 < 2

    def box():
        x, y = rng.uniform(0, 50), rng.uniform(0, 50)
        out = [x, y, rng.uniform(3, 40), rng.uniform(3, 40)]
        return [float(round(v)) for v in out] if whole else [round(v, 2) for v in out]

    images = []
    for number in range(1 + rng.randrange(9)):
        truth, found = [], []
        for _ in range(rng.randrange(7)):
            truth.append([rng.randrange(classes), *box(), int(rng.random() < 0.15)])
        for label, x, y, w, h, _ in truth:
            for _ in range(rng.randrange(3)):
                moved = [x + rng.randrange(-3, 4), y + rng.randrange(-3, 4), w + rng.randrange(9), h + rng.randrange(9)]
                own = label if rng.random() < 0.7 else rng.randrange(classes)
                found.append([own, *[max(v, 0.0) for v in moved], 0.0])
        for _ in range(rng.randrange(4)):
            found.append([rng.randrange(classes + 1) % max(classes, 2), *box(), 0.0])
        for row in found:
            row[-1] = rng.randrange(8) / 8 if ties else rng.random()
        rng.shuffle(found)
        images.append({"id": number * 3 + 1, "truth": truth, "found": found})
    return max(classes, 2), images


def rectangle(x, y, w, h):
    ring = [x, y, x + w, y, x + w, y + h, x, y + h]
    return masks.merge(masks.frPyObjects([ring], SIZE, SIZE))


def ask(classes, images, mode, cap, positive, background):
    truth, found = Data("truth", max_dets=cap), Data("found")
    for label in range(classes):
        truth.add_class(label, str(label))
    for image in images:
        truth.add_image(image["id"], str(image["id"]))
        for label, *box, crowd in image["truth"]:
            (truth.add_ignore_region if crowd else truth.add_ground_truth)(image["id"], label, box, rectangle(*box))
        for label, *box, score in image["found"]:
            found.add_detection(image["id"], label, score, box, rectangle(*box))
    tide = TIDE(positive, background, TIDE.MASK if mode == "mask" else TIDE.BOX)
    run = tide.evaluate(truth, found)
    special = run.fix_special_errors()
    objects = run.ap_data.objs
    return {
        "ap": run.ap,
        "main": {kind.short_name: gained for kind, gained in run.fix_main_errors().items()},
        "counts": {kind.short_name: count for kind, count in run.count_errors().items()},
        "special": {kind.short_name: gained for kind, gained in special.items()},
        "classes": [objects[k].get_ap() if k in objects and not objects[k].is_empty() else None for k in range(classes)],
    }


def cases():
    seed = 0
    while seed < 60:
        classes, images = draw(seed)
        mode = ["box", "mask"][seed % 5 == 4]
        cap = [100, 100, 3][seed % 3]
        positive, background = [(0.5, 0.1), (0.5, 0.1), (0.75, 0.25)][seed % 3]
        case = {"classes": classes, "mode": mode, "cap": cap, "positive": positive, "background": background, "images": images}
        seed += 1
        try:
            answer = ask(classes, images, mode, cap, positive, background)
        except ZeroDivisionError:  # a mean over no class
            continue
        yield {**case, "answer": answer}


def same(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) or isinstance(b, float):
        return None not in (a, b) and abs(a - b) < 1e-9
    return a == b


if __name__ == "__main__":
    answers = list(cases())
    if sys.argv[1:2] == ["check"]:
        assert same(json.loads(OUT.read_text())["cases"], answers), f"{OUT.name} is not what is answered now"
    else:
        lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in answers)
        OUT.write_text('{"tool":"tidecv 1.0.1","cases":[\n%s\n]}\n' % lines)
    errors = {name: sum(case["answer"]["counts"][name] for case in answers) for name in answers[0]["answer"]["counts"]}
    print(len(answers), "cases,", errors)
