"""Answers of MMDetection 3.3.0's `eval_map`, `eval_recalls` and Open Images metric.

    python eval_mmdet.py          needs the package mmdet (3.3.0) alone: its functions are plain numpy, and what else
                                  it imports (mmengine, mmcv, torch) is stood in for

Writes eval_map.json, eval_recalls.json and eval_open_images.json beside this file. Scores are all different: the
reference sorts them in no stable order. (2.28's functions of these names compute the same; they take the mode of
the area from the name of the data set.)
"""

import importlib
import json
import sys
import types
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent


class Anything(types.ModuleType):
    """A module that has whatever is asked of it."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "BaseMetric":
            return object
        return lambda *args, **more: (lambda cls: cls)


def bare(name, path):
    module = types.ModuleType(name)
    module.__path__ = [str(path)]
    sys.modules[name] = module
    return module


def reference():
    for name in ["mmengine", "mmengine.logging", "mmengine.utils", "mmengine.evaluator", "mmengine.dist",
                 "mmengine.fileio", "terminaltables"]:
        sys.modules[name] = Anything(name)
    root = Path(find_spec("mmdet").submodule_search_locations[0])
    bare("mmdet", root)
    registry = Anything("mmdet.registry")
    registry.METRICS = types.SimpleNamespace(register_module=lambda *a, **k: lambda cls: cls)
    sys.modules["mmdet.registry"] = registry
    bare("mmdet.evaluation", root / "evaluation")
    functional = bare("mmdet.evaluation.functional", root / "evaluation/functional")
    sys.modules["mmdet.evaluation.functional.class_names"] = Anything("class_names")
    bare("mmdet.evaluation.metrics", root / "evaluation/metrics")
    mean_ap = importlib.import_module("mmdet.evaluation.functional.mean_ap")
    mean_ap.print_map_summary = lambda *a, **k: None
    recall = importlib.import_module("mmdet.evaluation.functional.recall")
    recall.print_recall_summary = lambda *a, **k: None
    functional.eval_map = mean_ap.eval_map
    open_images = importlib.import_module("mmdet.evaluation.metrics.openimages_metric")
    return mean_ap, recall, open_images


def boxes(rng, count, whole):
    corner = rng.uniform(0, 60, (count, 2))
    size = rng.uniform(1, 60, (count, 2)) * rng.choice([0.3, 1.0], (count, 1))
    out = np.hstack([corner, corner + size])
    return (np.round(out) if whole else out).astype(np.float32)


def near(rng, there, whole):
    moved = there + (rng.integers(-3, 4, there.shape) if whole else rng.normal(0, 2, there.shape))
    moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2])
    return moved.astype(np.float32)


def scene(rng, images, classes, whole):
    found, truth = [], []
    for _ in range(images):
        there = boxes(rng, int(rng.integers(0, 8)), whole)
        labels = rng.integers(0, classes, len(there))
        spare = boxes(rng, int(rng.integers(0, 6)), whole)
        some = there[: len(there) // 2]
        pred = np.vstack([near(rng, there, whole), some, spare])
        own = np.concatenate([labels, labels[: len(some)], rng.integers(0, classes, len(spare))])
        ignored = rng.random(len(there)) < 0.25
        found.append((pred, own))
        truth.append({
            "bboxes": there[~ignored], "labels": labels[~ignored],
            "bboxes_ignore": there[ignored], "labels_ignore": labels[ignored],
        })
    total = sum(len(pred) for pred, _ in found)
    scores = iter((rng.permutation(total) / 2048).astype(np.float32))
    dets = []
    for pred, own in found:
        rows = np.hstack([pred, np.array([next(scores) for _ in pred], np.float32).reshape(-1, 1)])
        dets.append([rows[own == label] for label in range(classes)])
    return dets, truth


def plain(value):
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and np.isnan(value):
        return None
    return value


def write(name, cases):
    lines = ",\n".join(json.dumps(plain(case), separators=(",", ":")) for case in cases)
    text = '{"tool":"mmdet %s, numpy %s","cases":[\n%s\n]}\n' % (version("mmdet"), np.__version__, lines)
    (HERE / name).write_text(text)


def eval_map(mean_ap):
    rng = np.random.default_rng(5)
    cases = []
    for number in range(20):
        classes = [1, 3, 11][number % 3]
        dets, truth = scene(rng, int(rng.integers(1, 7)), classes, number % 4 == 0)
        rule = ["default", "imagenet"][number % 5 == 2]
        scales = [None, [(0, 20), (20, 1e5)]][number % 3 == 1]
        legacy, eleven, threshold = number % 4 < 2, number % 2 == 1, [0.5, 0.7, 0.3][number % 3]
        mean, rows = mean_ap.eval_map(
            dets, truth, scale_ranges=scales, iou_thr=threshold, dataset="det" if rule == "imagenet" else None,
            use_legacy_coordinate=legacy, eval_mode="11points" if eleven else "area", nproc=1)
        cases.append({
            "det_results": dets, "annotations": truth, "rule": rule, "scale_ranges": scales, "legacy": legacy,
            "eleven": eleven, "iou_thr": threshold,
            "answer": {"mean_ap": mean if isinstance(mean, list) else [mean], "classes": rows},
        })
    write("eval_map.json", cases)


def eval_recalls(recall):
    rng = np.random.default_rng(6)
    recall.np = types.SimpleNamespace(**{k: getattr(np, k) for k in dir(np) if not k.startswith("__")})
    # numpy no longer makes an array of arrays of different shapes by itself.
    def array(values, *args, **more):
        if isinstance(values, list) and values and isinstance(values[0], np.ndarray):
            out = np.empty(len(values), dtype=object)
            for place, value in enumerate(values):
                out[place] = value
            return out
        return np.array(values, *args, **more)
    recall.np.array = array
    cases = []
    for number in range(12):
        dets, truth = scene(rng, int(rng.integers(2, 7)), 1, number % 3 == 0)
        proposals, gts = [image[0] for image in dets], [image["bboxes"] for image in truth]
        nums, thrs = [[1, 3, 10], [2, 5]][number % 2], [[0.5], [0.5, 0.6, 0.75, 0.9]][number % 2]
        legacy = number % 4 < 2
        out = recall.eval_recalls(gts, proposals, nums, thrs, use_legacy_coordinate=legacy)
        cases.append({
            "gts": gts, "proposals": proposals, "proposal_nums": nums, "iou_thrs": thrs, "legacy": legacy,
            "answer": {"recalls": out, "ar": out.mean(axis=1)},
        })
    write("eval_recalls.json", cases)


class Tensor:
    def __init__(self, values):
        self.values = values

    def cpu(self):
        return self

    def numpy(self):
        return self.values


def eval_open_images(mean_ap, open_images):
    """A tree of six classes: 0 > 1 > {2, 3}, 0 > 4, and 5 by itself."""
    rng = np.random.default_rng(7)
    parents = {1: [0], 2: [1, 0], 3: [1, 0], 4: [0]}
    matrix = np.eye(6)
    for child, above in parents.items():
        matrix[child, above] = 1
    cases = []
    for number in range(12):
        group_of, expand, drop = number % 4 != 3, number % 3 != 2, number % 5 != 4
        threshold = [0.5, 0.6][number % 2]
        metric = open_images.OpenImagesMetric.__new__(open_images.OpenImagesMetric)
        metric.dataset_meta = {"RELATION_MATRIX": matrix, "classes": list(range(6))}
        metric.get_supercategory, metric.filter_labels, metric.use_group_of = expand, drop, group_of
        metric.results = []
        images = []
        total = 0
        for _ in range(int(rng.integers(1, 6))):
            there = boxes(rng, int(rng.integers(0, 6)), number % 2 == 0)
            labels = rng.integers(0, 6, len(there))
            pred = np.vstack([near(rng, there, number % 2 == 0), near(rng, there, True), boxes(rng, 4, False)])
            own = np.concatenate([labels, labels, rng.integers(0, 6, 4)])
            images.append({
                "bboxes": there, "labels": labels, "group_of": rng.random(len(there)) < 0.4,
                "verified": np.unique(rng.integers(0, 6, 2)), "pred": pred, "pred_labels": own,
            })
            total += len(pred)
        scores = iter(((1 + rng.permutation(total)) / 2048).astype(np.float32))
        for image in images:
            image["scores"] = np.array([next(scores) for _ in image["pred"]], np.float32)
            metric.process(None, [{
                "instances": [
                    {"bbox_label": int(label), "bbox": box, "is_group_of": bool(group)}
                    for label, box, group in zip(image["labels"], image["bboxes"], image["group_of"])
                ],
                "image_level_labels": image["verified"],
                "pred_instances": {
                    "bboxes": Tensor(image["pred"]), "scores": Tensor(image["scores"]),
                    "labels": Tensor(image["pred_labels"]),
                },
            }])
        gts, preds = zip(*metric.results)
        mean, rows = mean_ap.eval_map(
            preds, gts, iou_thr=threshold, ioa_thr=threshold if group_of else None,
            dataset="oid_v6" if group_of else None, use_group_of=group_of, nproc=1)
        cases.append({
            "images": images, "iou_thr": threshold, "group_of": group_of, "expand": expand, "drop": drop,
            "answer": {"mean_ap": mean, "ap": [row["ap"] for row in rows],
                       "num_gts": [row["num_gts"] for row in rows]},
        })
    write("eval_open_images.json", cases)


if __name__ == "__main__":
    mean_ap, recall, open_images = reference()
    eval_map(mean_ap)
    eval_recalls(recall)
    eval_open_images(mean_ap, open_images)
