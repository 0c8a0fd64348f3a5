"""``lensframe.metrics.MeanAveragePrecision``: torchmetrics' arguments, keys and numbers, with PyTorch and without."""

import copy
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest

import lensframe
from lensframe.metrics import MeanAveragePrecision

HEIGHT, WIDTH = 90, 110


def drawn(seed, images=12, classes=4, masks=False, empty=0.25):
    """Images with crowds, declared areas, ties, classes of one side only, and such without an object."""
    chance = np.random.default_rng(seed)

    def boxes(count):
        corner = chance.integers(0, 60, (count, 2))
        return np.concatenate([corner, corner + chance.choice([6, 20, 32, 33, 45, 60], (count, 2))], axis=1)

    def planes(boxes):
        out = np.zeros((len(boxes), HEIGHT, WIDTH), bool)
        for plane, (x0, y0, x1, y1) in zip(out, boxes.astype(int)):
            plane[y0:y1, x0:x1] = True
            plane[(y0 + y1) // 2, :] = False
        return out

    preds, target = [], []
    for _ in range(images):
        there, own = (0 if chance.random() < empty else int(chance.integers(1, 7)) for _ in range(2))
        true = boxes(there)
        near = true[chance.integers(0, there, own)] + chance.integers(-3, 4, (own, 4)) if there else boxes(own)
        near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
        labels = chance.integers(1, classes, there)
        found_labels = labels[chance.integers(0, there, own)] if there else chance.integers(0, classes, own)
        found_labels = np.where(chance.random(own) < 0.2, chance.integers(0, classes + 3, own), found_labels)
        area = np.where(chance.random(there) < 0.3, 0, chance.integers(1, 9000, there))
        one = {"boxes": true.astype(np.float32), "labels": labels.astype(np.int64)}
        one.update(iscrowd=(chance.random(there) < 0.15).astype(np.int64), area=area.astype(np.float32))
        if chance.random() < 0.3:
            del one["iscrowd"], one["area"]
        other = {"boxes": near.astype(np.float32) + np.float32(0.3), "labels": found_labels.astype(np.int64)}
        other["scores"] = (chance.integers(0, 9, own) / np.float32(8)).astype(np.float32)
        if masks:
            one["masks"], other["masks"] = planes(true), planes(np.clip(near, 0, 110))
        preds.append(other)
        target.append(one)
    return preds, target


def run(metric, preds, target, step=5):
    for at in range(0, len(preds), step):
        metric.update(preds[at:at + step], target[at:at + step])
    return metric.compute()


def same(one, other):
    """The same keys, shapes, types and bits; NaN nowhere."""
    assert list(one) == list(other)
    for key, value in one.items():
        theirs = other[key]
        if isinstance(value, dict):
            same(value, theirs)
        elif isinstance(value, list):
            assert value == [] and list(theirs) == [], key
        else:
            value, theirs = np.asarray(value), np.asarray(theirs)
            assert value.dtype == theirs.dtype and value.shape == theirs.shape, key
            assert np.array_equal(value, theirs), (key, value, theirs)


CASES = [
    {},
    {"class_metrics": True},
    {"average": "micro"},
    {"average": "micro", "class_metrics": True, "extended_summary": True},
    {"extended_summary": True},
    {"iou_thresholds": [0.75, 0.5, 0.33], "rec_thresholds": [0.0, 0.1, 0.5, 0.9], "extended_summary": True},
    {"max_detection_thresholds": [100, 2, 1], "class_metrics": True},
    {"max_detection_thresholds": [1, 3, 5], "class_metrics": True},
    {"max_detection_thresholds": [10, 100, 300], "class_metrics": True, "extended_summary": True},
]
KINDS = ["bbox", "segm", ("bbox", "segm"), ("segm", "bbox")]


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_numbers_are_those_of_torchmetrics(kind, case):
    torch, theirs = pytest.importorskip("torch"), pytest.importorskip("torchmetrics.detection")

    def tensors(side):
        return [{key: torch.from_numpy(value) for key, value in one.items()} for one in side]

    for seed in range(4):
        preds, target = drawn(seed, masks="segm" in kind, empty=(0.25, 0.6, 0.0, 0.9)[seed])
        preds, target = tensors(preds), tensors(target)
        made = {"iou_type": kind, **case}
        same(run(MeanAveragePrecision(**made), preds, target), run(theirs.MeanAveragePrecision(**made), preds, target))


@pytest.mark.parametrize("form", ["xyxy", "xywh", "cxcywh"])
def test_boxes_are_spelt_in_three_ways_with_the_bits_of_their_precision(form):
    preds, target = drawn(5)
    plain = run(MeanAveragePrecision(), preds, target)
    for side in (preds, target):
        for one in side:
            x0, y0, x1, y1 = one["boxes"].T
            w, h = x1 - x0, y1 - y0
            spelt = {"xyxy": (x0, y0, x1, y1), "xywh": (x0, y0, w, h), "cxcywh": (x0 + w / 2, y0 + h / 2, w, h)}[form]
            one["boxes"] = np.stack(spelt, axis=1)
    own = run(MeanAveragePrecision(box_format=form), preds, target)
    assert abs(float(own["map"]) - float(plain["map"])) < 1e-6 and 0 < float(own["map"]) < 1
    torch, theirs = pytest.importorskip("torch"), pytest.importorskip("torchmetrics.detection")
    preds, target = ([{k: torch.from_numpy(v) for k, v in one.items()} for one in side] for side in (preds, target))
    same(run(MeanAveragePrecision(box_format=form), preds, target),
         run(theirs.MeanAveragePrecision(box_format=form), preds, target))


def by_pycocotools(preds, target, kind="bbox", micro=False):
    """The stats of pycocotools on what torchmetrics would make of the same images."""
    coco, cocoeval = pytest.importorskip("pycocotools.coco"), pytest.importorskip("pycocotools.cocoeval")
    mask = pytest.importorskip("pycocotools.mask")
    labels = sorted({int(label) for side in (preds, target) for one in side for label in one["labels"]})

    def dataset(side, is_truth):
        images, annotations = [], []
        for image, one in enumerate(side):
            if kind == "segm" and len(one["labels"]) == 0:
                continue
            images.append({"id": image, "height": HEIGHT, "width": WIDTH})
            for at, label in enumerate(one["labels"].tolist()):
                x0, y0, x1, y1 = one["boxes"][at]
                box = [float(v) for v in (x0, y0, x1 - x0, y1 - y0)]
                ann = {"id": len(annotations) + 1, "image_id": image, "category_id": 0 if micro else label, "bbox": box}
                ann["area"] = box[2] * box[3]
                if kind == "segm":
                    ann["segmentation"] = mask.encode(np.asfortranarray(one["masks"][at].astype(np.uint8)))
                    ann["area"] = float(mask.area(ann["segmentation"]))
                if is_truth and "area" in one and one["area"][at] > 0:
                    ann["area"] = float(one["area"][at])
                ann["iscrowd"] = int(one["iscrowd"][at]) if is_truth and "iscrowd" in one else 0
                if not is_truth:
                    ann["score"] = float(one["scores"][at])
                annotations.append(ann)
        out = coco.COCO()
        cats = [{"id": label} for label in ([0] if micro else labels)]
        out.dataset = {"info": {}, "images": images, "annotations": annotations, "categories": cats}
        out.createIndex()
        return out

    own = cocoeval.COCOeval(dataset(target, True), dataset(preds, False), kind)
    single = MeanAveragePrecision()
    own.params.iouThrs, own.params.recThrs = np.array(single.iou_thresholds), np.array(single.rec_thresholds)
    own.evaluate()
    own.accumulate()
    own.summarize()
    return own.stats


@pytest.mark.parametrize("kind", ["bbox", "segm"])
@pytest.mark.parametrize("micro", [False, True])
def test_numbers_are_those_of_pycocotools_without_torch(kind, micro):
    for seed in (1, 2, 3):
        preds, target = drawn(seed, images=20, masks=kind == "segm")
        stats = by_pycocotools(preds, target, kind, micro)
        own = run(MeanAveragePrecision(iou_type=kind, average="micro" if micro else "macro"), preds, target)
        names = [name for name in own if name.startswith("ma") and "class" not in name]
        assert [own[name] for name in names] == [np.float32(stat) for stat in stats]
        assert all(type(own[name]) is np.float32 for name in names) or "torch" in sys.modules


def test_an_order_of_updates_and_a_merge_change_nothing():
    preds, target = drawn(7, images=16)
    config = {"class_metrics": True, "extended_summary": True}
    whole = run(MeanAveragePrecision(**config), preds, target, step=16)
    same(run(MeanAveragePrecision(**config), preds, target, step=1), whole)
    parts = [MeanAveragePrecision(**config) for _ in range(3)]
    for part, (start, stop) in zip(parts, ((0, 5), (5, 6), (6, 16))):
        part.update(preds[start:stop], target[start:stop])
    for part in parts[1:]:
        parts[0].merge_state(part)
    same(parts[0].compute(), whole)
    assert parts[0].update_count == 3
    with pytest.raises(ValueError, match="other arguments"):
        parts[0].merge_state(MeanAveragePrecision())
    with pytest.raises(ValueError, match="dict"):
        parts[0].merge_state({})


def test_a_metric_is_pickled_copied_reset_and_called():
    preds, target = drawn(8)
    metric = MeanAveragePrecision(class_metrics=True)
    batches = [metric(preds[at:at + 4], target[at:at + 4]) for at in range(0, 12, 4)]
    same(batches[1], run(MeanAveragePrecision(class_metrics=True), preds[4:8], target[4:8]))
    whole = metric.compute()
    same(whole, run(MeanAveragePrecision(class_metrics=True), preds, target))
    for twin in (pickle.loads(pickle.dumps(metric)), copy.deepcopy(metric), metric.clone(), metric.to("cpu")):
        same(twin.compute(), whole)
    twin = metric.clone()
    twin.update(preds[:2], target[:2])
    same(metric.compute(), whole)
    metric.reset()
    assert not metric.update_called
    same(run(metric, preds, target), whole)


def test_what_is_not_there_is_minus_one():
    metric = MeanAveragePrecision(class_metrics=True)
    with pytest.warns(UserWarning, match="before update"):
        nothing = metric.compute()
    assert "map_per_class" not in nothing and float(nothing["map"]) == -1 and len(nothing["classes"]) == 0
    no_box = {"boxes": np.zeros((0, 4)), "labels": np.zeros(0, int), "scores": np.zeros(0)}
    box = {"boxes": np.array([[0, 0, 40, 40]]), "labels": np.array([3]), "scores": np.array([0.5])}
    for preds, target, ap, small in ((no_box, no_box, -1, -1), (box, no_box, -1, -1), (no_box, box, 0, -1), (box, box, 1, -1)):
        metric.reset()
        metric.update([preds], [target])
        own = metric.compute()
        assert (float(own["map"]), float(own["map_small"])) == (ap, small)
        assert float(np.atleast_1d(own["map_per_class"])[0]) == ap if len(np.atleast_1d(own["classes"])) else True
    # A class that only predictions have does not lower the mean.
    metric.reset()
    metric.update([{**box, "boxes": np.repeat(box["boxes"], 2, 0), "labels": [3, 9], "scores": [0.5, 0.6]}], [box])
    own = metric.compute()
    assert float(own["map"]) == 1 and own["classes"].tolist() == [3, 9] and own["map_per_class"].tolist() == [1, -1]


def test_lists_views_and_foreign_bytes_are_arrays():
    preds, target = drawn(9)
    whole = run(MeanAveragePrecision(), preds, target)
    for change in (
        lambda array: array.tolist(),
        lambda array: np.repeat(array, 2, axis=0)[::2],
        lambda array: np.asfortranarray(array),
        lambda array: array.astype(array.dtype.newbyteorder(">")),
        lambda array: memoryview(np.ascontiguousarray(array)) if array.size else array,
    ):
        sides = [[{key: change(value) for key, value in one.items()} for one in side] for side in (preds, target)]
        own = run(MeanAveragePrecision(), *sides)
        assert {key: np.asarray(value).tolist() for key, value in own.items()} == {
            key: np.asarray(value).tolist() for key, value in whole.items()
        }


BOX = {"boxes": [[0.0, 0, 9, 9]], "labels": [1], "scores": [0.5]}
WRONG = [
    ({"boxes": [0.0, 0, 9, 9]}, r"preds\[3\]\['boxes'\]: shape \(4,\) instead of \(N, 4\)"),
    ({"boxes": [[0.0, 0, 9]]}, r"preds\[3\]\['boxes'\]: shape \(1, 3\) instead of \(N, 4\)"),
    ({"boxes": [[0.0, 0, 9, 9]] * 2}, r"preds\[3\]\['boxes'\]: 2 for 1 labels"),
    ({"boxes": [[0.0, 0, 9, np.nan]]}, r"preds\[3\]\['boxes'\]\[0\]: .*nan.*finite"),
    ({"boxes": [[0.0, 0, 9, np.inf]]}, r"preds\[3\]\['boxes'\]\[0\]"),
    ({"boxes": [[0.0, 0, 9], [1]]}, r"preds\[3\]\['boxes'\]: no array"),
    ({"boxes": [["a", "b", "c", "d"]]}, r"preds\[3\]\['boxes'\]: <U1 instead of numbers"),
    ({"boxes": None}, r"preds\[3\]: no 'boxes'"),
    ({"labels": [1.0]}, r"preds\[3\]\['labels'\]: float64 instead of whole numbers"),
    ({"labels": [True]}, r"preds\[3\]\['labels'\]: bool"),
    ({"labels": [-1]}, r"preds\[3\]\['labels'\]\[0\]: -1"),
    ({"labels": np.array([1 << 63], np.uint64)}, r"preds\[3\]\['labels'\]"),
    ({"labels": [[1]]}, r"preds\[3\]\['labels'\]: shape \(1, 1\) instead of \(N,\)"),
    ({"labels": 1}, r"preds\[3\]\['labels'\]: shape \(\) instead of \(N,\)"),
    ({"scores": [0.5, 0.5]}, r"preds\[3\]\['scores'\]: 2 for 1 labels"),
    ({"scores": [np.nan]}, r"preds\[3\]\['scores'\]\[0\]: nan"),
    ({"scores": [0.5j]}, r"preds\[3\]\['scores'\]: complex128"),
    ({"scores": [[0.5]]}, r"preds\[3\]\['scores'\]: shape \(1, 1\) instead of \(N,\)"),
]


@pytest.mark.parametrize("change, place", WRONG, ids=[str(at) for at in range(len(WRONG))])
def test_bad_input_is_a_value_error_with_its_place_and_leaves_nothing(change, place):
    metric = MeanAveragePrecision()
    preds = [BOX] * 3 + [{key: value for key, value in {**BOX, **change}.items() if value is not None}]
    with pytest.raises(ValueError, match=place) as raised:
        metric.update(preds, [BOX] * 4)
    assert isinstance(raised.value, lensframe.LensframeError) and raised.value.key
    assert not metric.update_called
    metric.update([BOX], [BOX])
    assert float(metric.compute()["map"]) == 1


def test_bad_calls_are_value_errors():
    for wrong in (
        {"box_format": "yolo"}, {"iou_type": "keypoints"}, {"iou_type": ()}, {"iou_thresholds": 0.5}, {"rec_thresholds": (0, 1)},
        {"max_detection_thresholds": [1, 10]}, {"max_detection_thresholds": [0, 1, 2]}, {"max_detection_thresholds": [-1, 1, 2]},
        {"class_metrics": 1}, {"extended_summary": None}, {"average": "weighted"}, {"backend": "numpy"}, {"nonsense": 1},
        {"rec_thresholds": [0.5, 0.1]}, {"iou_thresholds": [float("nan")]}, {"iou_thresholds": [0.5] * 60},
    ):
        with pytest.raises(ValueError):
            MeanAveragePrecision(**wrong)
    MeanAveragePrecision(sync_on_compute=False, compute_on_cpu=True)
    metric = MeanAveragePrecision()
    for preds, target, what in (
        (BOX, [BOX], "list"), ([BOX], BOX, "list"), ([BOX], [], "1 images"), ([3], [BOX], r"preds\[0\]: int"),
        ("ab", "ab", "str"), ([BOX], [{"boxes": [[0, 0, 1, 1]]}], r"target\[0\]: no 'labels'"),
    ):
        with pytest.raises(ValueError, match=what):
            metric.update(preds, target)
    metric.update([], [])
    assert float(metric.compute()["map"]) == -1


def test_masks_are_planes_or_run_lengths_and_bad_ones_are_refused():
    preds, target = drawn(10, masks=True)
    whole = run(MeanAveragePrecision(iou_type="segm"), preds, target)
    from lensframe.coco import mask

    for side in (preds, target):
        for one in side:
            one["masks"] = [mask.encode(plane) for plane in one["masks"]]
    same(run(MeanAveragePrecision(iou_type="segm"), preds, target), whole)
    for wrong, place in (
        (np.zeros((4, 4)), r"preds\[0\]\['masks'\]: float64"),
        (np.zeros((4, 4), bool), r"shape \(4, 4\) instead of \(N, H, W\)"),
        (np.zeros((2, 4, 4), bool), "2 for 1 labels"),
        ([{"size": [4, 4], "counts": b"\xff\xff"}], r"preds\[0\]\['masks'\]\[0\]: no mask"),
        ([{"size": [4], "counts": b""}], r"preds\[0\]\['masks'\]\[0\]"),
        ([{"size": [4, 4], "counts": [5, -1]}], r"preds\[0\]\['masks'\]\[0\]"),
    ):
        with pytest.raises(ValueError, match=place):
            MeanAveragePrecision(iou_type="segm").update(
                [{"masks": wrong, "labels": [1], "scores": [0.5]}], [{"masks": np.ones((1, 4, 4), bool), "labels": [1]}]
            )


def test_many_detections_are_warned_of_unless_nobody_wants_to_know():
    many = {"boxes": [[0.0, 0, 9, 9]] * 6, "labels": [1] * 6, "scores": [0.5] * 6}
    metric = MeanAveragePrecision(max_detection_thresholds=[1, 2, 5])
    with pytest.warns(UserWarning, match="more than 5"):
        metric.update([many], [BOX])
    metric.warn_on_many_detections = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        metric.update([many], [BOX])


def test_tensors_in_are_tensors_out():
    torch = pytest.importorskip("torch")
    preds, target = drawn(11)
    metric = MeanAveragePrecision(class_metrics=True, extended_summary=True)
    tensors = lambda side: [{key: torch.from_numpy(value).requires_grad_(value.dtype == np.float32) for key, value in one.items()} for one in side]  # noqa: E731
    own = run(metric, tensors(preds), tensors(target))
    assert own["map"].shape == () and own["map"].dtype == torch.float32 and own["classes"].dtype == torch.int32
    assert all(isinstance(value, (torch.Tensor, dict)) for value in own.values())
    plain = run(MeanAveragePrecision(class_metrics=True, extended_summary=True), preds, target)
    assert not any(isinstance(value, torch.Tensor) for value in plain.values())
    same(own, plain)
    half = [{**one, "boxes": torch.from_numpy(one["boxes"]).bfloat16()} for one in preds]
    assert float(run(MeanAveragePrecision(), half, target)["map"]) > 0


def test_torch_is_not_imported():
    code = "import sys, lensframe.metrics as m; m.MeanAveragePrecision().reset(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
