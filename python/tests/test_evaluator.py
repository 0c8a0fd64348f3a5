"""``lensframe.Evaluator``: the numbers of ``lensframe.evaluate``, whatever the order in which images come."""

import itertools
import json
import pickle
import threading

import numpy as np
import pytest

import lensframe
from lensframe import Evaluator


@pytest.fixture(scope="module")
def rows(scenes):
    """Predictions and truths of the scenes, an image a dict."""
    keys = ("bbox", "label", "score", "segmentation")
    return [{key: row[f"pred.{key}"] for key in keys} for row in scenes], list(scenes)


def told(report):
    """What a report says, but for where its numbers come from."""
    facts = ("title", "provenance")
    data = {key: value for key, value in report.data.items() if key not in facts}
    numbers = dict(report.data["provenance"]) if isinstance(report.data["provenance"], dict) else {
        fact[0] if isinstance(fact, list) else fact.get("key"): fact for fact in report.data["provenance"]
    }
    asked = ("numbers", "images", "objects", "detections", "images without a detection")
    return json.dumps([data, [str(numbers.get(key)) for key in asked]], sort_keys=True)


def fed(evaluator, preds, targets, order, step=1):
    for at in range(0, len(order), step):
        some = order[at:at + step]
        evaluator.update([preds[n] for n in some], [targets[n] for n in some])
    return evaluator


OPTIONS = [
    ("coco/bbox", {}),
    ("coco/bbox", {"iou": [0.75, 0.5], "max_dets": [3, 100]}),
    ("coco/bbox", {"class_agnostic": True}),
    ("coco/segm", {}),
    ("coco/boundary", {"dilation": 0.05}),
]


@pytest.mark.parametrize("metric, options", OPTIONS, ids=str)
def test_numbers_are_those_of_evaluate_whatever_the_order(scenes, rows, metric, options):
    preds, targets = rows
    whole = told(lensframe.evaluate(scenes, "#pred", metric=metric, **options))
    chance = np.random.default_rng(4)
    made = lambda: Evaluator(metric, classes=scenes.classes(), layout="xywh", **options)  # noqa: E731
    for step in (1, 5, len(preds)):
        order = chance.permutation(len(preds)).tolist()
        assert told(fed(made(), preds, targets, order, step).finish()) == whole
    # Three processes, two images in all of them, merged in every order.
    parts = [fed(made(), preds, targets, [0, 1, *range(2 + n, len(preds), 3)]) for n in range(3)]
    states = [part.state() for part in parts]
    for order in itertools.permutations(states):
        first, *others = (Evaluator.from_state(state) for state in order)
        for other in others:
            first.merge(other)
        assert first.images == len(preds) and told(first.finish()) == whole


def test_tables_of_other_forms_give_the_same(scenes, rows):
    preds, targets = rows
    whole = fed(Evaluator(classes=scenes.classes(), layout="xywh"), preds, targets, range(len(preds)), 12).finish()

    def flat(side, keys):
        out = {key: np.concatenate([np.asarray(one[key], dtype) .reshape(-1, *shape) for one in side])
               for key, dtype, shape in keys}
        return {**out, "offsets": np.cumsum([0] + [len(one["label"]) for one in side])}

    numbers = [("bbox", float, (4,)), ("label", int, ())]
    own = Evaluator(classes=scenes.classes(), layout="xywh")
    own.update(
        flat(preds, [*numbers, ("score", float, ())]),
        flat(targets, [*numbers, ("area", float, ()), ("crowded", bool, ())]),
        image_ids=[row["image_id"] for row in targets],
    )
    assert told(own.finish()) == told(whole)
    for form in (
        lambda values: values.tolist(),
        lambda values: values.astype(values.dtype.newbyteorder(">")),
        lambda values: np.repeat(values, 3, axis=0)[::3],
    ):
        own = Evaluator(classes=scenes.classes(), layout="xywh")
        change = lambda one, keys: {key: form(np.asarray(one[key])) for key in keys}  # noqa: E731
        own.update(
            [change(one, ("bbox", "label", "score")) for one in preds],
            [change(one, ("bbox", "label", "area", "crowded")) for one in targets],
            image_ids=np.array([row["image_id"] for row in targets]),
        )
        assert told(own.finish()) == told(whole)


def test_tensors_give_the_same(scenes, rows):
    torch = pytest.importorskip("torch")
    preds, targets = rows
    whole = fed(Evaluator(classes=scenes.classes(), layout="xywh"), preds, targets, range(len(preds)), 12).finish()
    own = Evaluator(classes=scenes.classes(), layout="xywh")
    tensors = lambda one, keys: {key: torch.tensor(np.asarray(one[key])) for key in keys}  # noqa: E731
    for pred, target in zip(preds, targets):
        truth = {**tensors(target, ("bbox", "label", "area", "crowded")), "image_id": torch.tensor([target["image_id"]])}
        own.update([tensors(pred, ("bbox", "label", "score"))], [truth])
    assert told(own.finish()) == told(whole)


@pytest.mark.parametrize("layout", ["xywh", "xyxy", "yxyx", "cxcywh"])
def test_boxes_come_in_the_layout_that_is_named(layout):
    x, y, w, h = 4.0, 8.0, 16.0, 32.0
    box = {"xywh": [x, y, w, h], "xyxy": [x, y, x + w, y + h], "yxyx": [y, x, y + h, x + w],
           "cxcywh": [x + w / 2, y + h / 2, w, h]}[layout]
    plain = Evaluator(classes=1, layout="xywh")
    own = Evaluator(classes=1, layout=layout)
    off = [x + 4, y, w, h]
    moved = {"xywh": off, "xyxy": [x + 4, y, x + 4 + w, y + h], "yxyx": [y, x + 4, y + h, x + 4 + w],
             "cxcywh": [x + 4 + w / 2, y + h / 2, w, h]}[layout]
    for evaluator, truth, found in ((plain, [x, y, w, h], off), (own, box, moved)):
        evaluator.update([{"boxes": [found], "labels": [0], "scores": [1.0]}], [{"boxes": [truth], "labels": [0]}], ["a"])
    assert told(own.finish()) == told(plain.finish()) and own.finish()["AP"] == pytest.approx(0.3)


def test_keypoints_and_category_ids_are_those_of_files(tmp_path):
    chance = np.random.default_rng(6)
    images, anns, results, preds, targets = [], [], [], [], []
    for image in range(1, 9):
        images.append({"id": image, "file_name": f"{image}.jpg", "height": 200, "width": 200})
        target = {"boxes": [], "labels": [], "keypoints": [], "area": [], "iscrowd": [], "image_id": image}
        pred = {"labels": [], "keypoints": [], "scores": []}
        for _ in range(int(chance.integers(0, 4))):
            points = chance.integers(0, 80, (17, 3)).astype(float)
            points[:, 2] = chance.integers(0, 3, 17) * (chance.random() < 0.8)
            box = [*chance.integers(0, 50, 2).astype(float).tolist(), *chance.integers(20, 90, 2).astype(float).tolist()]
            area, crowd = float(chance.integers(500, 9000)), int(chance.random() < 0.2)
            anns.append({"id": len(anns) + 1, "image_id": image, "category_id": 5, "bbox": box, "area": area, "iscrowd": crowd,
                         "keypoints": points.reshape(-1).tolist(), "num_keypoints": int((points[:, 2] > 0).sum())})
            for key, value in (("boxes", box), ("labels", 5), ("keypoints", points), ("area", area), ("iscrowd", crowd)):
                target[key].append(value)
            moved = points + chance.normal(0, 3, points.shape)
            score = float(chance.integers(1, 8)) / 8
            results.append({"image_id": image, "category_id": 5, "keypoints": moved.reshape(-1).tolist(), "score": score})
            for key, value in (("labels", 5), ("keypoints", moved), ("scores", score)):
                pred[key].append(value)
        preds.append(pred)
        targets.append(target)
    cats = [{"id": 5, "name": "person"}]
    (tmp_path / "gt.json").write_text(json.dumps({"images": images, "annotations": anns, "categories": cats}))
    (tmp_path / "dt.json").write_text(json.dumps(results))
    for options in ({}, {"sigmas": [0.1] * 17}):
        whole = lensframe.evaluate(tmp_path / "gt.json", tmp_path / "dt.json", "coco/keypoints", **options)
        own = Evaluator("coco/keypoints", classes={5: "person"}, layout="xywh", **options)
        assert told(fed(own, preds, targets, [5, 2, 7, 0, 1, 3, 4, 6], 3).finish()) == told(whole)
        assert 0 < whole["AP"] < 1


BOX = {"boxes": [[0.0, 0, 9, 9]], "labels": [1], "scores": [0.5]}


def given(repeats="same"):
    evaluator = Evaluator(classes=3, layout="xyxy", repeats=repeats)
    evaluator.update([BOX], [BOX], ["a"])
    return evaluator


def test_images_given_again_count_once_or_are_refused():
    other = {**BOX, "scores": [0.25]}
    own = given()
    own.update([BOX, BOX, BOX], [BOX] * 3, ["a", "b", "b"])
    assert own.images == 2
    with pytest.raises(ValueError, match='image "a" was given twice, with different results'):
        own.update([BOX, other], [BOX] * 2, ["c", "a"])
    assert own.images == 2
    first = given("first")
    first.update([other], [BOX], ["a"])
    assert first.images == 1 and told(first.finish()) == told(given().finish())
    never = given("never")
    with pytest.raises(ValueError, match="was given twice"):
        never.update([BOX], [BOX], ["a"])
    never.merge(Evaluator(classes=3, layout="xyxy", repeats="never"))
    with pytest.raises(ValueError, match="was given twice"):
        never.merge(given("never"))
    own.merge(own)
    assert own.images == 2
    # 1 and "1" are two images.
    own.update([BOX, BOX], [BOX] * 2, [1, "1"])
    assert own.images == 4


def test_evaluators_are_pickled_reset_and_read_again():
    own = given()
    twin = pickle.loads(pickle.dumps(own))
    assert told(twin.finish()) == told(own.finish()) and twin.classes == {0: "0", 1: "1", 2: "2"}
    twin.update([BOX], [BOX], ["b"])
    assert (twin.images, own.images) == (2, 1)
    twin.reset()
    assert twin.images == 0 and twin.finish()["AP"] is None
    assert "1 images" in repr(own) and own.metric == "coco/bbox"
    assert isinstance(own.finish("r50"), lensframe.Report) and own.finish("r50").data["title"] == "r50"


def test_states_of_others_and_damaged_ones_are_refused():
    own = given()
    state = own.state()
    for other in (
        Evaluator(classes=4, layout="xyxy"), Evaluator(classes=["a", "b", "c"], layout="xyxy"),
        Evaluator(classes=3, layout="xyxy", iou=[0.5]), Evaluator("coco/segm", classes=3),
    ):
        with pytest.raises(ValueError):
            own.merge(other)
    with pytest.raises(ValueError, match="from_state"):
        own.merge(state)
    for at in range(len(state)):
        with pytest.raises(ValueError):
            Evaluator.from_state(state[:at])
    chance = np.random.default_rng(1)
    for _ in range(300):
        damaged = bytearray(state)
        for at in chance.integers(0, len(state), int(chance.integers(1, 4))):
            damaged[at] = int(chance.integers(256))
        try:
            Evaluator.from_state(damaged).finish()
        except (lensframe.LensframeError, ValueError):
            pass  # What a number says is not checked; that it does not fit is.


WRONG = [
    ({"boxes": [0.0, 0, 9, 9]}, None, r"preds\[0\]\['boxes'\]: shape \(4,\) instead of \(N, 4\)"),
    (None, {"boxes": [[0.0, 0, 9]]}, r"targets\[0\]\['boxes'\]: shape \(1, 3\)"),
    ({"labels": [3]}, None, r"preds\[0\]\['labels'\]\[0\]: 3 is none of the 3 classes"),
    (None, {"labels": [-1]}, r"targets\[0\]\['labels'\]\[0\]: -1"),
    (None, {"labels": [0.0]}, r"targets\[0\]\['labels'\]: float64"),
    ({"scores": [float("nan")]}, None, r"preds\[0\]\['scores'\]\[0\]"),
    ({"scores": ["x"]}, None, r"preds\[0\]\['scores'\]: <U1"),
    (None, {"area": [1.0, 2.0]}, r"targets\[0\]\['area'\]: 2 for 1 labels"),
    (None, {"iscrowd": ["no"]}, r"targets\[0\]\['iscrowd'\]"),
]


@pytest.mark.parametrize("pred, target, place", WRONG, ids=[str(at) for at in range(len(WRONG))])
def test_bad_input_is_an_exception_with_its_place(pred, target, place):
    own = given()
    with pytest.raises(ValueError, match=place):
        own.update([{**BOX, **(pred or {})}], [{**BOX, **(target or {})}], ["b"])
    assert own.images == 1


def test_bad_calls_are_exceptions():
    own = given()
    flat = {"boxes": np.zeros((3, 4)), "labels": np.zeros(3, int), "scores": np.zeros(3)}
    for preds, targets, ids, what in (
        ([BOX], [BOX], None, "image_ids: none"), ([BOX], [BOX], ["a", "b"], "2 for 1 images"),
        ([BOX], [BOX], [1.5], r"image_ids\[0\]: 1.5 is no id"), ([BOX], [BOX], [None], "no id"),
        ([BOX], [BOX], [1 << 64], "no id"), ([BOX], [BOX], [True], "no id"), ([BOX, BOX], [BOX], ["a"], "2 images"),
        (BOX, [BOX], ["a"], "offsets"), (7, [BOX], ["a"], "int instead of a list"), ([7], [BOX], ["a"], r"preds\[0\]: int"),
        ({**flat, "offsets": [0, 2]}, flat, ["a"], r"preds\['offsets'\]: .* from 0 to 3"),
        ({**flat, "offsets": [0, 4, 3]}, flat, ["a"], "offsets"), ({**flat, "offsets": [[0, 3]]}, flat, ["a"], "offsets"),
        ({**flat, "offsets": [0.0, 3.0]}, flat, ["a"], "offsets"), ({**flat, "offsets": []}, flat, ["a"], "offsets"),
        ({**flat, "labels": [0, 1, 9], "offsets": [0, 3]}, {**flat, "offsets": [0, 3]}, ["a"], r"preds\['labels'\]\[2\]: 9"),
    ):
        with pytest.raises(ValueError, match=what):
            own.update(preds, targets, ids)
    assert own.images == 1
    for wrong in (
        {"classes": 3}, {"classes": 3, "layout": "ltrb"}, {"classes": "abc", "layout": "xyxy"}, {"classes": -1, "layout": "xyxy"},
        {"classes": {"a": 1}, "layout": "xyxy"}, {"classes": 3, "layout": "xyxy", "repeats": "last"},
        {"classes": 3, "layout": "xyxy", "iou": ["a"]}, {"classes": 3, "layout": "xyxy", "max_dets": [0]},
        {"classes": 3, "layout": "xyxy", "max_dets": [1.5]}, {"classes": 3, "layout": "xyxy", "sigmas": [0.1]},
        {"classes": 3, "layout": "xyxy", "dilation": 0.1}, {"classes": 1 << 23, "layout": "xyxy"}, {"metric": "coco/bbx", "classes": 3},
    ):
        with pytest.raises(lensframe.LensframeError):
            Evaluator(**wrong)
    with pytest.raises(NotImplementedError, match="coco/bbox"):
        Evaluator("voc/bbox", classes=3)
    points = Evaluator("coco/keypoints", classes=1, layout="xyxy")
    pred = {"keypoints": np.zeros((1, 5, 3)), "labels": [0], "scores": [1.0]}
    with pytest.raises(ValueError, match=r"preds\[0\]\['keypoints'\]: shape \(1, 5, 3\) instead of \(N, 17, 3\)"):
        points.update([pred], [{**pred, "boxes": [[0, 0, 1, 1]]}], ["a"])


def test_masks_of_two_sizes_and_of_no_image_do_not_abort():
    own = Evaluator("coco/segm", classes=1)
    one = {"masks": np.ones((1, 4, 4), bool), "labels": [0], "scores": [1.0]}
    own.update([one], [{**one, "masks": np.ones((1, 8, 2), bool)}], ["a"])
    own.update([{"masks": [], "labels": [], "scores": []}], [{"masks": np.zeros((0, 0, 0)), "labels": []}], ["b"])
    own.update([], [], [])
    assert own.images == 2 and own.finish()["AP"] is not None


def test_scores_without_end_do_not_abort():
    own = Evaluator(classes=3, layout="xyxy")
    endless = [float("inf"), float("-inf"), 1e300, 1e300]
    own.update([{"boxes": BOX["boxes"] * 4, "labels": [1] * 4, "scores": endless}], [BOX], ["a"])
    assert own.finish()["AP"] == pytest.approx(1.0)


def test_threads_may_share_an_evaluator():
    own = given()
    threads = [
        threading.Thread(target=lambda first: [own.update([BOX], [BOX], [image]) for image in range(first, first + 50)], args=(n * 100,))
        for n in range(4)
    ]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert own.images == 201
