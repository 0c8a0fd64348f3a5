"""Answers of MMDetection's and Ultralytics' confusion matrices on small drawn scenes.

    python eval_confusion.py          writes eval_confusion.json beside this file
    python eval_confusion.py check    says whether they answer the same now

Needs numpy, and the packages mmdet (3.3.0) and ultralytics (8.4) installed without what they depend on: of the first
the tool confusion_matrix.py and `bbox_overlaps` are run, of the second `ConfusionMatrix.process_batch`. All else that
they import is stood in for; tensors are arrays of numpy with the few methods that are called. With suppression,
3.3.0 reads scores of detections that are gone, and fails (2.28 does not, nor does what came after): here doubles are
taken out before, by a plain function in the place of MMCV's, which is compiled.
"""

import importlib
import importlib.util
import json
import random
import sys
import types
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np

OUT = Path(__file__).resolve().parent / "eval_confusion.json"


class Tensor(np.ndarray):
    def numpy(self):
        return np.asarray(self)

    def cpu(self):
        return self

    def int(self):
        return self.astype(np.int32)

    def float(self):
        return self.astype(np.float32)

    def unsqueeze(self, axis):
        return np.expand_dims(self, axis)

    def chunk(self, count, axis):
        return np.split(self, count, axis)

    def clamp_(self, least):
        return np.maximum(self, least)


def tensor(values, dtype, shape=None):
    array = np.array(values, dtype)
    return (array.reshape(shape) if shape else array).view(Tensor)


class Anything(types.ModuleType):
    """A module that has whatever is asked of it."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if name[0].isupper() and name != "LOGGER":
            return type(name, (), {"__init__": lambda self, *a, **k: None, "__call__": lambda self, f: f,
                                   "update": lambda self: None})
        return lambda *args, **more: (lambda thing: thing)


def bare(name, path):
    module = types.ModuleType(name)
    module.__path__ = [str(path)]
    sys.modules[name] = module
    return module


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def kept(rows, score, threshold):
    """The detections that are above a score and doubles of no better one of their class."""
    boxes = np.array(corners(rows), np.float32).reshape(-1, 4)

    def overlap(a, b):
        left, top = np.maximum(a[:2], b[:2])
        right, bottom = np.minimum(a[2:], b[2:])
        shared = max(np.float32(0), right - left) * max(np.float32(0), bottom - top)
        first, second = ((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
        return shared / (first + second - shared)

    out = []
    for n in sorted(range(len(rows)), key=lambda n: -rows[n][5]):
        own = (m for m in out if rows[m][0] == rows[n][0])
        if (rows[n][5] > score or score == 0) and not any(overlap(boxes[m], boxes[n]) > threshold for m in own):
            out.append(n)
    return [rows[n] for n in out]


def mmdetection():
    for name in ["matplotlib", "matplotlib.pyplot", "matplotlib.ticker", "mmcv", "mmcv.ops", "mmengine", "mmengine.fileio",
                 "mmengine.registry", "mmengine.utils", "mmdet.registry", "mmdet.utils"]:
        sys.modules[name] = Anything(name)
    root = Path(find_spec("mmdet").submodule_search_locations[0])
    bare("mmdet", root)
    sys.modules["mmdet.registry"], sys.modules["mmdet.utils"] = Anything("mmdet.registry"), Anything("mmdet.utils")
    overlaps = load("bbox_overlaps", root / "evaluation/functional/bbox_overlaps.py")
    bare("mmdet.evaluation", root / "evaluation").bbox_overlaps = overlaps.bbox_overlaps
    return load("confusion_matrix", root / ".mim/tools/analysis_tools/confusion_matrix.py")


def ultralytics():
    root = Path(find_spec("ultralytics").submodule_search_locations[0])
    bare("ultralytics", root)
    sys.modules["ultralytics.utils"] = Anything("ultralytics.utils")
    sys.modules["ultralytics.utils"].checks = types.SimpleNamespace(check_version=lambda *a: True)
    sys.modules["ultralytics.utils.plotting"] = Anything("plotting")
    torch = Anything("torch")
    torch.min, torch.max, torch.Tensor = np.minimum, np.maximum, Tensor
    torch.float32 = np.float32
    sys.modules["torch"] = torch
    return load("metrics", root / "utils/metrics.py").ConfusionMatrix


def draw(seed):
    rng = random.Random(seed)
    classes, whole = [1, 3, 4][seed % 3], seed % 2 == 0

    def box():
        out = [rng.uniform(0, 40), rng.uniform(0, 40), rng.uniform(3, 30), rng.uniform(3, 30)]
        return [float(round(v)) for v in out] if whole else [round(v * 64) / 64 for v in out]

    images = []
    for number in range(1 + rng.randrange(6)):
        truth = [[rng.randrange(classes), *box(), 0] for _ in range(rng.randrange(6))]
        found = []
        for label, x, y, w, h, _ in truth:
            for _ in range(rng.randrange(4)):
                moved = [x + rng.randrange(-2, 3), y + rng.randrange(-2, 3), w + rng.randrange(5), h + rng.randrange(5)]
                found.append([label if rng.random() < 0.6 else rng.randrange(classes), *moved, rng.randrange(16) / 16])
        found += [[rng.randrange(classes), *box(), rng.randrange(16) / 16] for _ in range(rng.randrange(4))]
        rng.shuffle(found)
        images.append({"id": number, "truth": truth, "found": found})
    return classes, images


def corners(rows):
    return [[x, y, x + w, y + h] for _, x, y, w, h, _ in rows]


def ask_mmdetection(tool, classes, images, score, iou, nms):
    matrix = np.zeros((classes + 1, classes + 1))
    for image in images:
        truth = [{"bbox": box, "bbox_label": row[0]} for box, row in zip(corners(image["truth"]), image["truth"])]
        found = kept(image["found"], score, nms) if nms else image["found"]
        result = {
            "labels": tensor([row[0] for row in found], np.int64),
            "bboxes": tensor(corners(found), np.float32, (-1, 4)),
            "scores": tensor([row[5] for row in found], np.float32),
        }
        tool.analyze_per_img_dets(matrix, truth, result, score, iou)
    return matrix


def ask_ultralytics(tool, classes, images, score, iou):
    counted = tool(names={n: str(n) for n in range(classes)})
    for image in images:
        sides = []
        for rows in (image["found"], image["truth"]):
            sides.append({
                "cls": tensor([row[0] for row in rows], np.float32),
                "bboxes": tensor(corners(rows), np.float32, (-1, 4)),
            })
        sides[0]["conf"] = tensor([row[5] for row in image["found"]], np.float32)
        counted.process_batch(*sides, conf=score, iou_thres=iou)
    return counted.matrix.T  # there rows are detections


def cases():
    pairs, single = mmdetection(), ultralytics()
    for seed in range(36):
        classes, images = draw(seed)
        score, iou, nms = [(0.3, 0.5, None), (0.0, 0.25, None), (0.25, 0.5, 0.6), (0.0, 0.5, 0.3)][seed % 4]
        mmdet = ask_mmdetection(pairs, classes, images, score, iou, nms)
        ours = [(0.25, 0.45), (0.5, 0.5), (0.0, 0.25)][seed % 3]
        yield {
            "classes": classes, "images": images,
            "mmdet": {"score": score, "iou": iou, "nms": nms, "counts": mmdet.astype(int).tolist()},
            "ultralytics": {"score": ours[0], "iou": ours[1],
                            "counts": ask_ultralytics(single, classes, images, *ours).astype(int).tolist()},
        }


if __name__ == "__main__":
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases())
    tools = ", ".join(f"{name} {version(name)}" for name in ("mmdet", "ultralytics"))
    text = '{"tool":"%s","cases":[\n%s\n]}\n' % (tools, lines)
    if sys.argv[1:2] == ["check"]:
        assert OUT.read_text() == text, f"{OUT.name} is not what is answered now"
    else:
        OUT.write_text(text)
    print(text.count("classes"), "cases")
