"""Answers of ChainerCV 0.13.1 for VOC average precision of boxes and masks.

    python eval_voc.py FOLDER     FOLDER is the unpacked source of chainercv 0.13.1 (its functions are plain numpy;
                                  chainer itself is not needed and is stood in for)

Writes eval_voc.json beside this file. Scores are all different: the reference sorts them in no stable order.
"""

import importlib
import json
import sys
import types
import warnings
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent


def bare(name, path):
    """A package of which only the modules asked for are run, not its own `__init__`."""
    module = types.ModuleType(name)
    module.__path__ = [str(path)]
    sys.modules[name] = module
    return module


def reference(folder):
    chainer, backends = bare("chainer", ""), bare("chainer.backends", "")
    cuda = types.SimpleNamespace(get_array_module=lambda *a: np)
    chainer.backends, backends.cuda = backends, cuda
    sys.modules["chainer.backends.cuda"] = cuda
    six = types.ModuleType("six")
    six.moves = types.SimpleNamespace(zip=zip, range=range)
    sys.modules.setdefault("six", six)
    for part in ["", "utils", "utils/bbox", "utils/mask", "evaluations"]:
        bare(".".join(["chainercv", *part.split("/")]).rstrip("."), Path(folder) / "chainercv" / part)
    boxes = importlib.import_module("chainercv.evaluations.eval_detection_voc")
    sys.modules["chainercv.evaluations"].calc_detection_voc_ap = boxes.calc_detection_voc_ap
    iou = importlib.import_module("chainercv.utils.mask.mask_iou")
    sys.modules["chainercv.utils.mask"].mask_iou = iou.mask_iou
    masks = importlib.import_module("chainercv.evaluations.eval_instance_segmentation_voc")
    return boxes, masks


def boxes(rng, count, whole):
    corner = rng.uniform(0, 30, (count, 2))
    size = rng.uniform(1, 20, (count, 2))
    out = np.hstack([corner, corner + size])
    return np.round(out) if whole else out


def scene(rng, images, classes, whole, dtype):
    case = {key: [] for key in ["pred_bboxes", "pred_labels", "gt_bboxes", "gt_labels", "gt_difficults"]}
    for _ in range(images):
        there, spare = int(rng.integers(0, 7)), int(rng.integers(0, 6))
        gt = boxes(rng, there, whole)
        near = gt + (rng.integers(-3, 4, gt.shape) if whole else rng.normal(0, 2, gt.shape))
        near[:, 2:] = np.maximum(near[:, 2:], near[:, :2])
        pred = np.vstack([near, boxes(rng, spare, whole), gt[: there // 2]])
        labels = rng.integers(0, classes, there)
        found = np.concatenate([labels, rng.integers(0, classes + 1, spare), labels[: there // 2]])
        case["pred_bboxes"].append(pred.astype(dtype))
        case["pred_labels"].append(found.astype(np.int32))
        case["gt_bboxes"].append(gt.astype(dtype))
        case["gt_labels"].append(labels.astype(np.int32))
        case["gt_difficults"].append(rng.random(there) < 0.25)
    return with_scores(rng, case, "pred_bboxes")


def with_scores(rng, case, key):
    total = sum(len(found) for found in case[key])
    order = (rng.permutation(total) / 1024).astype(np.float32)
    ends = np.cumsum([len(found) for found in case[key]])
    case["pred_scores"] = np.split(order, ends[:-1])
    return case


def masks(rng, images, classes):
    case = {key: [] for key in ["pred_masks", "pred_labels", "gt_masks", "gt_labels"]}
    for _ in range(images):
        there, spare = int(rng.integers(0, 5)), int(rng.integers(0, 4))
        gt = rng.random((there, 5, 6)) < 0.5
        near = gt ^ (rng.random(gt.shape) < 0.15)
        labels = rng.integers(0, classes, there)
        case["pred_masks"].append(np.concatenate([near, rng.random((spare, 5, 6)) < 0.4]))
        case["pred_labels"].append(np.concatenate([labels, rng.integers(0, classes + 1, spare)]).astype(np.int32))
        case["gt_masks"].append(gt)
        case["gt_labels"].append(labels.astype(np.int32))
    return with_scores(rng, case, "pred_masks")


def plain(value):
    """JSON without NaN: those become null. Masks become strings of 0 and 1."""
    if isinstance(value, np.ndarray):
        if value.ndim == 3:
            return [["".join("01"[int(p)] for p in row) for row in mask] for mask in value]
        return [plain(v) for v in value]
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return None if np.isnan(value) else float(value)
    return value


def main():
    detection, segmentation = reference(sys.argv[1])
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(2017)
    cases = []
    for number in range(18):
        dtype = ["f4", "f8"][number % 2]
        whole, difficult = number % 3 == 0, number % 4 != 1
        case = scene(rng, int(rng.integers(1, 7)), int(rng.integers(1, 4)), whole, dtype)
        threshold = [0.5, 0.4, 0.7, 0.3, 0.6][number % 5]
        order = ["pred_bboxes", "pred_labels", "pred_scores", "gt_bboxes", "gt_labels"]
        given = [case[key] for key in order] + [case["gt_difficults"] if difficult else None, threshold]
        prec, rec = detection.calc_detection_voc_prec_rec(*given)
        answer = {"prec": prec, "rec": rec}
        for name, eleven in [("area", False), ("eleven", True)]:
            out = detection.eval_detection_voc(*given, eleven)
            answer[name] = {"ap": out["ap"], "map": out["map"]}
        if not difficult:
            case["gt_difficults"] = None
        case.update(kind="boxes", dtype=dtype, iou_thresh=threshold, answer=answer)
        cases.append(case)
    for number in range(8):
        case = masks(rng, int(rng.integers(1, 6)), 2)
        threshold = [0.5, 0.7, 0.6, 0.3][number % 4]
        order = ["pred_masks", "pred_labels", "pred_scores", "gt_masks", "gt_labels"]
        given = [case[key] for key in order] + [threshold]
        prec, rec = segmentation.calc_instance_segmentation_voc_prec_rec(*given)
        answer = {"prec": prec, "rec": rec}
        for name, eleven in [("area", False), ("eleven", True)]:
            out = segmentation.eval_instance_segmentation_voc(*given, eleven)
            answer[name] = {"ap": out["ap"], "map": out["map"]}
        case.update(kind="masks", iou_thresh=threshold, answer=answer)
        cases.append(case)

    def tidy(value):
        if isinstance(value, dict):
            return {key: tidy(v) for key, v in value.items()}
        return plain(value)

    lines = ",\n".join(json.dumps(tidy(case), separators=(",", ":")) for case in cases)
    text = '{"tool":"chainercv 0.13.1, numpy %s","cases":[\n%s\n]}\n' % (np.__version__, lines)
    (HERE / "eval_voc.json").write_text(text)


main()
