#!/usr/bin/env python3
"""Open Images and MMDetection's other rules: files drawn here, by the program, MMDetection, pycocotools and a plain twin.

needs: mmdet, pycocotools, numpy
use: check_open_images.py PROGRAM

* `open_images/mmdet`, `mmdet/map`, `mmdet/map_voc07`, `proposals/fast`: mmdet's own functions, equal bits.
* `proposals`: pycocotools with all classes as one, as MMDetection's `proposal` asks it, equal bits.
* `open_images` and `open_images/challenge`: the TF Object Detection API is no small package; a plain implementation of
  the rule that it and the challenge publish stands in, in double precision, equal to 1e-12: means are taken otherwise.

Boxes are whole numbers, scores 1024ths and all different: single precision loses nothing, and no order is left to chance.
"""
import contextlib
import io
import json
import random
import sys
import tempfile
from pathlib import Path

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from asked import Gaps, classes, headline, report

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "recorded"))
from eval_mmdet import Tensor, reference  # noqa: E402

# 0 above 1 and 4, 1 above 2 and 3; 5 by itself; 6 has no object.
PARENT = {1: 0, 2: 1, 3: 1, 4: 0}
CLASSES = 7


def above(label):
    out = []
    while label in PARENT:
        label = PARENT[label]
        out.append(label)
    return out


def box(rng):
    return [rng.randrange(120), rng.randrange(90), 2 + rng.randrange(70), 2 + rng.randrange(60)]


def draw(seed):
    rng = random.Random(seed)
    scores = iter(rng.sample(range(1, 8192), 3000))
    images = []
    for number in range(1, 26):
        truth = [(rng.randrange(6), box(rng), rng.random() < 0.3, rng.random() < 0.2) for _ in range(rng.randrange(7))]
        found = [(rng.randrange(CLASSES), box(rng)) for _ in range(rng.randrange(5))]
        for label, there, group, _ in truth:
            for _ in range(rng.randrange(4)):
                moved = [there[0] + rng.randrange(-3, 4), there[1] + rng.randrange(-3, 4),
                         max(1, there[2] + rng.randrange(-4, 5)), max(1, there[3] + rng.randrange(-4, 5))]
                if group:  # inside
                    moved = [there[0] + there[2] // 4, there[1], max(1, there[2] // 2), there[3]]
                own = rng.choice([label, label, label, *above(label), rng.randrange(6)])
                found.append((own, moved))
        images.append({
            "id": number, "truth": truth, "found": [(label, b, next(scores) / 8192) for label, b in found],
            "verified": sorted(rng.sample(range(CLASSES), rng.randrange(4))),
        })
    return images


def write(folder, images):
    annotations = [
        {"image_id": image["id"], "category_id": label, "bbox": b, "area": b[2] * b[3], "iscrowd": 0,
         "group_of": int(group), "ignored": int(ignored)}
        for image in images for label, b, group, ignored in image["truth"]]
    for number, annotation in enumerate(annotations, 1):
        annotation["id"] = number
    truth = {
        "images": [{"id": image["id"], "file_name": f"{image['id']}.jpg", "height": 200, "width": 200} for image in images],
        "annotations": annotations, "categories": [{"id": n, "name": f"/m/{n}"} for n in range(CLASSES)],
    }
    found = [{"image_id": image["id"], "category_id": label, "bbox": b, "score": score}
             for image in images for label, b, score in image["found"]]
    node = lambda label: {"LabelName": f"/m/{label}", "Subcategory": [node(n) for n in PARENT if PARENT[n] == label]}
    tree = {"LabelName": "/m/entity", "Subcategory": [node(0), node(5), node(6)]}
    rows = [f"{image['id']},verification,/m/{n},{n % 2}\n" for image in images for n in image["verified"]]
    files = {name: folder / name for name in ("gt.json", "dt.json", "tree.json", "labels.csv")}
    files["gt.json"].write_text(json.dumps(truth))
    files["dt.json"].write_text(json.dumps(found))
    files["tree.json"].write_text(json.dumps(tree))
    files["labels.csv"].write_text("ImageID,Source,LabelName,Confidence\n" + "".join(rows))
    return files.values()


def corners(rows, width=4):
    return np.array([[b[0], b[1], b[0] + b[2], b[1] + b[3], *more][:width] for b, *more in rows], np.float32).reshape(-1, width)


def sides(images, leave_out=True):
    """mmdet's lists: detections by class, and truths."""
    dets, truths = [], []
    for image in images:
        dets.append([corners([(b, score) for label, b, score in image["found"] if label == n], 5) for n in range(CLASSES)])
        own = [(label, b, leave_out and out) for label, b, _, out in image["truth"]]
        pick = lambda want: [(label, b) for label, b, out in own if bool(out) == want]
        truths.append({
            "bboxes": corners([(b,) for _, b in pick(False)]), "labels": np.array([n for n, _ in pick(False)], int),
            "bboxes_ignore": corners([(b,) for _, b in pick(True)]), "labels_ignore": np.array([n for n, _ in pick(True)], int),
        })
    return dets, truths


def open_images_of_mmdet(mean_ap, module, images):
    matrix = np.eye(CLASSES)
    for label in PARENT:
        matrix[label, above(label)] = 1
    metric = module.OpenImagesMetric.__new__(module.OpenImagesMetric)
    metric.dataset_meta = {"RELATION_MATRIX": matrix, "classes": list(range(CLASSES))}
    metric.get_supercategory = metric.filter_labels = metric.use_group_of = True
    metric.results = []
    for image in images:
        metric.process(None, [{
            "instances": [{"bbox_label": label, "bbox": corners([(b,)])[0], "is_group_of": group}
                          for label, b, group, _ in image["truth"]],
            "image_level_labels": np.array(image["verified"], int),
            "pred_instances": {
                "bboxes": Tensor(corners([(b,) for _, b, _ in image["found"]])),
                "scores": Tensor(np.array([score for *_, score in image["found"]], np.float32)),
                "labels": Tensor(np.array([label for label, *_ in image["found"]], int)),
            },
        }])
    gts, preds = zip(*metric.results)
    return mean_ap.eval_map(preds, gts, iou_thr=0.5, ioa_thr=0.5, dataset="oid_v6", use_group_of=True, nproc=1)


def shared(a, b):
    width = max(0, min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]))
    return width * max(0, min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]))


def by_the_book(images, weight):
    """Open Images' rule: objects are also of the classes above; groups take what is otherwise false inside them."""
    answers = []
    for label in range(CLASSES):
        rows, wanted = [], 0
        for image in images:
            own = [(b, group) for n, b, group, _ in image["truth"] if n == label or label in above(n)]
            if not own and label not in image["verified"]:
                continue
            single, groups = [b for b, group in own if not group], [b for b, group in own if group]
            wanted += len(single) + weight * len(groups)
            taken, best = set(), {}
            for b, score in sorted(((b, s) for n, b, s in image["found"] if n == label), key=lambda row: -row[1]):
                ious = [shared(b, t) / (b[2] * b[3] + t[2] * t[3] - shared(b, t)) for t in single]
                at = int(np.argmax(ious)) if ious else -1
                if at >= 0 and ious[at] >= 0.5 and at not in taken:
                    taken.add(at)
                    rows.append((score, 1))
                    continue
                parts = [shared(b, t) / (b[2] * b[3]) for t in groups]
                at = int(np.argmax(parts)) if parts else -1
                if at >= 0 and parts[at] >= 0.5:
                    best.setdefault(at, score)
                else:
                    rows.append((score, 0))
            rows += [(score, 1) for score in best.values() if weight]
        if wanted == 0:
            answers.append(float("nan"))
            continue
        hits = np.array([hit for _, hit in sorted(rows, key=lambda row: -row[0])], float)
        recall = np.concatenate([[0], np.cumsum(hits) / wanted, [1]])
        precision = np.concatenate([[0], np.cumsum(hits) / np.arange(1, len(hits) + 1), [0]])
        precision = np.maximum.accumulate(precision[::-1])[::-1]
        answers.append(float(np.sum(np.diff(recall) * precision[1:])))
    return answers


def proposals(gt, dt):
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(gt))
        run = COCOeval(truth, truth.loadRes(str(dt)), "bbox")
        run.params.useCats, run.params.maxDets = 0, [100, 300, 1000]
        run.evaluate()
        run.accumulate()
        run.summarize()
    return dict(zip(("AR@100", "AR@300", "AR@1000", "AR_s@1000", "AR_m@1000", "AR_l@1000"), run.stats[6:]))


mean_ap, recall, module = reference()
np_array = np.array


def ragged(values, *rest, **more):
    """numpy no longer makes an array of arrays of different shapes by itself, which eval_recalls asks for."""
    if isinstance(values, list) and values and isinstance(values[0], np.ndarray):
        out = np.empty(len(values), dtype=object)
        for place, value in enumerate(values):
            out[place] = value
        return out
    return np_array(values, *rest, **more)


class Numpy:
    """numpy with that."""

    array = staticmethod(ragged)

    def __getattr__(self, name):
        return getattr(np, name)


recall.np = Numpy()
for seed in range(4):
    with tempfile.TemporaryDirectory() as root:
        images = draw(seed)
        gt, dt, tree, labels = write(Path(root), images)
        beside = ("--hierarchy", tree, "--image-labels", labels)

        mean, rows = open_images_of_mmdet(mean_ap, module, images)
        said, own = report(gt, dt, "open_images/mmdet", *beside), Gaps(0.0)
        own.hold("mean", headline(said)["AP50"], float(mean))
        for n, row in enumerate(rows):
            own.hold(f"class {n}", classes(said, "AP")[f"/m/{n}"], float(row["ap"]) if row["num_gts"] else float("nan"))

        dets, truths = sides(images)
        for metric, legacy, mode in (("mmdet/map", False, "area"), ("mmdet/map_voc07", True, "11points")):
            # Legacy boxes hold their far corner, as VOC's files have it.
            less = np.array([0, 0, 1, 1, 0], np.float32) * legacy
            lists = [[d - less[: d.shape[1]] for d in image] for image in dets]
            there = [{k: v - less[:4] if k.startswith("bboxes") else v for k, v in own_truth.items()} for own_truth in truths]
            mean, rows = mean_ap.eval_map(lists, there, iou_thr=0.5, use_legacy_coordinate=legacy, eval_mode=mode, nproc=1)
            said = report(gt, dt, metric)
            own.hold(metric, headline(said)["mAP"], float(mean))

        gts = [truth["bboxes"] for truth in sides(images, False)[1]]
        given = [np.vstack(image) for image in dets]
        table = recall.eval_recalls(gts, given, [100, 300, 1000], np.arange(0.5, 0.96, 0.05), logger="silent")
        said = headline(report(gt, dt, "proposals/fast"))
        for cap, value in zip((100, 300, 1000), table.mean(axis=1)):
            own.hold(f"proposals/fast {cap}", said[f"AR@{cap}"], float(value))

        said = headline(report(gt, dt, "proposals"))
        for key, value in proposals(gt, dt).items():
            own.hold(key, said[key], float(value), none=-1.0)

        plain = Gaps(1e-12)
        for metric, weight in (("open_images", 0), ("open_images/challenge", 1)):
            answers = by_the_book(images, weight)
            said = report(gt, dt, metric, *beside)
            plain.hold(metric, headline(said)["AP50"], float(np.nanmean(answers)))
            for n, value in enumerate(answers):
                plain.hold(f"{metric} class {n}", classes(said, "AP")[f"/m/{n}"], value)
        print(f"  seed {seed}: mmdet and pycocotools: {own}; the published rule: {plain}")
