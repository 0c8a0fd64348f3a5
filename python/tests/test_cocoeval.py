"""``lensframe.coco.COCOeval`` beside pycocotools: the same lines, arrays and entries, bit for bit."""

import contextlib
import copy
import io
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest

import lensframe.coco as ours
from lensframe.coco._cells import Cells

reference = pytest.importorskip("pycocotools")
import pycocotools.coco as their_coco  # noqa: E402
import pycocotools.cocoeval as their_eval  # noqa: E402
import pycocotools.mask as their_mask  # noqa: E402


class Theirs:
    COCO, COCOeval, Params, mask = their_coco.COCO, their_eval.COCOeval, their_eval.Params, their_mask


BOTH = (ours, Theirs)
POINTS = 17


def made(kind, seed, ids=int, images=25, classes=4):
    """A truth and results: ties, crowds, empty images, classes without truth and without results."""
    chance = np.random.default_rng(seed)
    rows = [{"id": ids(n), "file_name": f"{n}.jpg", "height": 120, "width": 150} for n in range(1, images + 1)]
    cats = [{"id": 3 * n, "name": f"c{n}"} for n in range(1, classes + 1)]

    def thing():
        x, y = (float(v) for v in chance.integers(0, 50, 2))
        w, h = (float(v) for v in chance.choice([5, 20, 30, 33, 60, 95, 100], 2))
        return [x, y, w, h]

    def polygon(box):
        x, y, w, h = box
        return [[x, y, x + w, y + 1, x + w / 2, y + h, x + 0.5, y + h / 2]]

    def planes(box):
        x, y, w, h = (int(v) for v in box)
        plane = np.zeros((120, 150), np.uint8)
        plane[y:y + h, x:x + w] = chance.random() < 0.95
        plane[y + h // 2, :] = 0
        return plane

    anns, results = [], []
    for row in rows:
        boxes = []
        for _ in range(int(chance.integers(0, 6))):
            box = thing()
            crowd = int(chance.random() < 0.15)
            cat = int(chance.choice([3 * n for n in range(1, classes)]))
            ann = {"id": len(anns) + 1, "image_id": row["id"], "category_id": cat, "bbox": box, "iscrowd": crowd,
                   "area": box[2] * box[3] * float(chance.choice([0.5, 1.0])), "ignore": int(chance.random() < 0.1)}
            if kind == "segm":
                ann["segmentation"] = polygon(box)
                if crowd:
                    runs = np.diff(np.flatnonzero(np.diff(np.concatenate([[2], planes(box).T.reshape(-1), [2]]))))
                    start = [0] if planes(box)[0, 0] else []
                    ann["segmentation"] = {"size": [120, 150], "counts": start + [int(n) for n in runs]}
            if kind == "keypoints":
                points = chance.integers(0, 60, (POINTS, 3)).astype(float)
                points[:, 2] = chance.integers(0, 3, POINTS) * (chance.random() < 0.8)
                ann["keypoints"] = points.reshape(-1).tolist()
                ann["num_keypoints"] = int((points[:, 2] > 0).sum())
            anns.append(ann)
            boxes.append((cat, ann))
        for _ in range(int(chance.integers(0, 9))):
            cat, box = int(chance.choice([3, 6, 3 * classes])), thing()
            near = boxes and chance.random() < 0.7
            if near:
                cat, ann = boxes[int(chance.integers(len(boxes)))]
                box = [v + float(chance.integers(0, 4)) for v in ann["bbox"]]
            one = {"image_id": row["id"], "category_id": cat, "score": float(chance.integers(0, 9)) / 8}
            if kind == "bbox":
                one["bbox"] = box
            elif kind == "segm":
                code = their_mask.encode(np.asfortranarray(planes(box)))
                one["segmentation"] = {"size": code["size"], "counts": code["counts"].decode()}
            else:
                points = np.array(ann["keypoints"]).reshape(-1, 3) if near else chance.integers(0, 60, (POINTS, 3)).astype(float)
                points[:, :2] += chance.integers(-2, 3, (POINTS, 2))
                one["keypoints"] = points.reshape(-1).tolist()
            results.append(one)
    return {"info": {}, "images": rows, "annotations": anns, "categories": cats}, results


def loaded(module, truth, results):
    coco = module.COCO()
    coco.dataset = copy.deepcopy(truth)
    coco.createIndex()
    return coco, coco.loadRes(copy.deepcopy(results))


def told(call):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        value = call()
    return value, re.sub(r"t=[0-9.]+s", "t", out.getvalue())


def both(truth, results, kind, change=lambda params: None, evaluator=lambda module: module.COCOeval, after=None):
    """Both evaluators, run to the end, and their lines."""
    done = []
    for module in BOTH:
        def call():
            own = evaluator(module)(*loaded(module, truth, results), kind)
            change(own.params)
            own.evaluate()
            (after or (lambda own: None))(own)
            own.accumulate()
            own.summarize()
            return own
        done.append(told(call))
    return done


def equal(a, b):
    if isinstance(b, np.ndarray):
        return isinstance(a, np.ndarray) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return type(a) is type(b) and a == b


def compare(done, fast=True):
    (own, lines), (other, their_lines) = done
    assert lines == their_lines
    assert isinstance(own.evalImgs, Cells) == fast
    for key in ("precision", "recall", "scores"):
        assert equal(own.eval[key], other.eval[key]), key
    assert own.eval["counts"] == other.eval["counts"] and own.eval["params"] is own.params
    assert set(own.eval) == set(other.eval)
    assert equal(own.stats, other.stats)
    entries(own, other)
    assert list(own.ious) == list(other.ious)
    for key, ious in other.ious.items():
        assert len(ious) == len(own.ious[key])
        if len(ious) and own.params.iouType == "keypoints":
            assert np.allclose(own.ious[key], ious, rtol=1e-14, atol=0)
        elif len(ious):
            assert equal(own.ious[key], ious)


def entries(own, other):
    assert len(own.evalImgs) == len(other.evalImgs)
    for ours, theirs in zip(own.evalImgs, other.evalImgs):
        assert (ours is None) == (theirs is None)
        if theirs is not None:
            assert list(ours) == list(theirs)
            assert all(equal(ours[key], theirs[key]) for key in theirs), (ours, theirs)


def set_to(**changes):
    return lambda params: vars(params).update(copy.deepcopy(changes))


CHANGES = [
    {},
    {"useCats": 0},
    {"iouThrs": np.array([0.5])},
    {"iouThrs": np.array([0.75, 0.1, 1.0, 0.5])},
    {"maxDets": [1, 10, 300]},
    {"maxDets": [100, 2, 3]},
    {"areaRng": [[0, 1e10], [0, 500], [500, 2000.5], [2000.5, 1e10]]},
    {"areaRng": [[0, 1e10], [100, 900]], "areaRngLbl": ["all", "small"]},
    {"catIds": [6]},
    {"catIds": [9, 3, 9]},
    {"recThrs": np.linspace(0, 1, 11)},
    {"recThrs": [0.5, 0.1, 0.9, 0.0]},
    {"useSegm": 0},
    {"iouThrs": np.linspace(0.01, 0.99, 80)},
]


@pytest.mark.parametrize("kind", ["bbox", "segm", "keypoints"])
@pytest.mark.parametrize("change", range(len(CHANGES)))
def test_lines_arrays_and_entries_are_those_there(kind, change):
    changes = dict(CHANGES[change])
    if kind == "keypoints":
        changes.pop("areaRngLbl", None)
        changes["areaRng"] = changes.get("areaRng", [[0, 1e10], [1024, 9216], [9216, 1e10]])[:3]
        if len(changes["areaRng"]) == 2:
            changes["areaRngLbl"] = ["all", "medium"]
        changes["maxDets"] = changes.get("maxDets", [20])[:1]
    if "useSegm" in changes and kind != "bbox":
        pytest.skip("boxes alone")
    truth, results = made(kind, change)
    fast = not (kind == "keypoints" and changes.get("useCats") == 0) and len(changes.get("iouThrs", [])) <= 56
    compare(both(truth, results, kind, set_to(**changes)), fast)


@pytest.mark.parametrize("kind", ["bbox", "segm", "keypoints"])
@pytest.mark.parametrize("seed", range(5))
def test_other_seeds_ids_and_images(kind, seed):
    truth, results = made(kind, 100 + seed, ids=(lambda n: f"im{n}") if seed % 2 else int)
    chosen = [row["id"] for row in truth["images"]][::-3]
    compare(both(truth, results, kind, set_to(imgIds=chosen) if seed > 2 else lambda params: None))


def test_ids_that_are_0_or_twice_are_read_as_there():
    truth, results = made("bbox", 7)
    truth["annotations"][0]["id"] = 0
    truth["annotations"][5]["id"] = truth["annotations"][4]["id"]
    truth["annotations"][6]["id"] = -4
    compare(both(truth, results, "bbox"))
    # Results that were not made by loadRes may have such ids too.
    done = []
    for module in BOTH:
        def call():
            own = module.COCOeval(*loaded(module, truth, results), "bbox")
            for at, ann in enumerate(own.cocoDt.dataset["annotations"]):
                ann["id"] = at - 20
            own.cocoDt.createIndex()
            own.evaluate()
            own.accumulate()
            own.summarize()
            return own
        done.append(told(call))
    compare(done, fast=False)


def test_scores_that_are_no_numbers_and_negative_ones_are_sorted_as_there():
    truth, results = made("bbox", 8)
    for at, score in zip(range(0, 60, 3), [float("nan"), -0.0, 0.0, -1.5, 2] * 4):
        results[at % len(results)]["score"] = score
    done = both(truth, results, "bbox")
    (own, lines), (other, their_lines) = done
    assert lines == their_lines and equal(own.stats, other.stats)
    for key in ("precision", "recall", "scores"):
        assert np.array_equal(own.eval[key], other.eval[key], equal_nan=True)


def subclasses(module):
    base = module.COCOeval

    class Image(base):
        def evaluateImg(self, imgId, catId, aRng, maxDet):
            own = super().evaluateImg(imgId, catId, aRng, maxDet)
            if own is not None:
                own["dtIgnore"] = np.logical_or(own["dtIgnore"], np.array(own["dtScores"]) < 0.3)
            return own

    class Overlap(base):
        def computeIoU(self, imgId, catId):
            ious = super().computeIoU(imgId, catId)
            return ious if len(ious) == 0 else np.sqrt(ious)

    class Prepared(base):
        def _prepare(self):
            super()._prepare()
            for gts in self._gts.values():
                for gt in gts:
                    gt["ignore"] = gt["ignore"] or gt["id"] % 3 == 0

    class Summary(base):
        def summarize(self):
            super().summarize()
            self.stats = self.stats * 2

    class Curves(base):
        def accumulate(self, p=None):
            super().accumulate(p)
            self.eval["precision"] = self.eval["precision"] / 2

    return {one.__name__: one for one in (Image, Overlap, Prepared, Summary, Curves)}


@pytest.mark.parametrize("name", ["Image", "Overlap", "Prepared", "Summary", "Curves"])
@pytest.mark.parametrize("kind", ["bbox", "segm"])
def test_methods_of_ones_own_are_called(name, kind):
    truth, results = made(kind, 20)
    fast = name not in ("Image", "Overlap")
    done = both(truth, results, kind, evaluator=lambda module: subclasses(module)[name])
    compare(done, fast)


def test_methods_put_into_an_instance_are_called():
    truth, results = made("keypoints", 21)
    def half(own):
        own.computeOks = lambda img, cat: np.zeros((0, 0)) if img == 3 else type(own).computeOks(own, img, cat)
        own.evaluate()
    compare(both(truth, results, "keypoints", after=half), fast=False)


def test_cell_by_cell_it_is_the_same():
    for kind, change in (("bbox", {}), ("segm", {"useCats": 0}), ("keypoints", {})):
        truth, results = made(kind, 22)
        def slow(module):
            return type("Slow", (module.COCOeval,), {"evaluateImg": lambda self, *cell: module.COCOeval.evaluateImg(self, *cell)})
        compare(both(truth, results, kind, set_to(**change), evaluator=slow), fast=False)


def test_lists_that_were_merged_are_accumulated():
    truth, results = made("bbox", 23)
    halves = [[row["id"] for row in truth["images"]][0::2], [row["id"] for row in truth["images"]][1::2]]
    done = []
    for module in BOTH:
        def call():
            coco, res = loaded(module, truth, results)
            parts, own = [], None
            for half in halves:
                own = module.COCOeval(coco, res, "bbox")
                own.params.imgIds = half
                own.evaluate()
                shape = (-1, len(own.params.areaRng), len(own.params.imgIds))
                parts.append((own.params.imgIds, np.asarray(own.evalImgs).reshape(shape)))
            images = np.array([img for ids, _ in parts for img in ids])
            merged = np.concatenate([cells for _, cells in parts], 2)
            images, order = np.unique(images, return_index=True)
            own.evalImgs = list(merged[..., order].flatten())
            own.params.imgIds = list(images)
            own._paramsEval = copy.deepcopy(own.params)
            own.accumulate()
            own.summarize()
            return own
        done.append(told(call))
    (own, lines), (other, their_lines) = done
    assert lines == their_lines and equal(own.stats, other.stats)
    for key in ("precision", "recall", "scores"):
        assert equal(own.eval[key], other.eval[key])
    entries(own, other)
    # They are the numbers of all images at once.
    assert equal(own.stats, both(truth, results, "bbox")[0][0].stats)


def test_entries_that_were_changed_count():
    truth, results = made("bbox", 24)
    def change(own):
        for one in own.evalImgs[::2]:
            if one is not None:
                one["dtIgnore"][:] = True
        own.evalImgs[1] = None
    compare(both(truth, results, "bbox", after=change))
    def one(own):
        first = next(one for one in own.evalImgs if one is not None and len(one["dtIds"]))
        first["dtMatches"][:] = 0
    compare(both(truth, results, "bbox", after=one))


def test_other_parameters_choose_among_what_was_evaluated():
    truth, results = made("bbox", 25)
    for changes in ({"catIds": [3, 6, 77]}, {"maxDets": [1, 100]}, {"maxDets": [5, 10, 100]}, {"imgIds": [1, 2, 3, 99]},
                    {"areaRng": [[0, 1e10], [5, 6]]}, {"recThrs": np.linspace(0, 1, 5)}):
        made_of = []
        for (own, _), module in zip(both(truth, results, "bbox"), BOTH):
            p = copy.deepcopy(own.params)
            set_to(**changes)(p)
            _, lines = told(lambda: own.accumulate(p))
            made_of.append((own.eval, lines))
        (eval_, lines), (theirs, their_lines) = made_of
        assert lines == their_lines and eval_["counts"] == theirs["counts"]
        assert all(equal(eval_[key], theirs[key]) for key in ("precision", "recall", "scores")), changes


def test_evaluators_may_be_made_without_arguments_and_raise_as_there():
    for module in BOTH:
        own = module.COCOeval()
        assert own.params.imgIds == [] and own.stats == [] and own.eval == {} and own.ious == {}
        with pytest.raises(Exception, match="Please run accumulate\\(\\) first"):
            own.summarize()
        with pytest.raises(Exception, match="iouType not supported"):
            module.Params("lines")
        with contextlib.redirect_stdout(io.StringIO()) as out, pytest.raises(AttributeError):
            own.accumulate()
        assert "Please run evaluate() first" in out.getvalue()
        with contextlib.redirect_stdout(io.StringIO()) as out, pytest.raises(Exception):
            module.COCOeval(iouType=None)
        assert out.getvalue() == "iouType not specified. use default iouType segm\n"
    for kind in ("bbox", "segm", "keypoints"):
        own, other = vars(ours.Params(kind)), vars(their_eval.Params(kind))
        assert own.keys() == other.keys()
        assert all(equal(np.asarray(own[key]), np.asarray(other[key])) for key in other if other[key] is not None)


@pytest.mark.parametrize("key", ["iscrowd", "area", "bbox"])
def test_what_truths_lack_raises_as_there(key):
    truth, results = made("bbox", 26)
    for at, ann in enumerate(truth["annotations"]):
        if at % 4 == 0:
            del ann[key]
    for module in BOTH:
        with contextlib.redirect_stdout(io.StringIO()), pytest.raises(KeyError, match=key):
            module.COCOeval(*loaded(module, truth, results), "bbox").evaluate()


def test_evaluators_are_copied_and_pickled():
    truth, results = made("bbox", 27)
    (own, _), (other, _) = both(truth, results, "bbox")
    for again in (copy.deepcopy(own), pickle.loads(pickle.dumps(own))):
        entries(again, other)
        _, lines = told(lambda: (again.accumulate(), again.summarize()))
        assert equal(again.stats, other.stats) and lines


def test_their_files_are_read_by_ours_and_the_name_can_be_taken():
    truth, results = made("segm", 28)
    def call():
        own = ours.COCOeval(*loaded(Theirs, truth, results), "segm")
        own.evaluate()
        own.accumulate()
        own.summarize()
        return own
    own, _ = told(call)
    assert equal(own.stats, both(truth, results, "segm")[1][0].stats)
    assert str(own) == ""


def test_programs_that_import_pycocotools_run_unchanged():
    program = """
import lensframe.coco
lensframe.coco.init_as_pycocotools()
import pycocotools.cocoeval
from pycocotools import mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval, Params
assert (COCO, COCOeval, Params) == (lensframe.coco.COCO, lensframe.coco.COCOeval, lensframe.coco.Params)
assert pycocotools.cocoeval.maskUtils is mask is lensframe.coco.mask
"""
    subprocess.run([sys.executable, "-c", program], check=True)
