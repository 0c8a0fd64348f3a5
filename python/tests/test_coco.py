"""``lensframe.coco`` beside pycocotools: the same answers, bit for bit, and the same printed lines."""

import contextlib
import copy
import io
import json

import numpy as np
import pytest

from lensframe.coco import COCO, mask

reference = pytest.importorskip("pycocotools")
import pycocotools.coco as their_coco  # noqa: E402
import pycocotools.mask as theirs  # noqa: E402


@pytest.fixture(scope="module")
def planes():
    chance = np.random.default_rng(5)
    blocks = chance.random((13, 9, 6)) < 0.4
    return np.asfortranarray(np.kron(blocks, np.ones((3, 4, 1))).astype(np.uint8))


def same(ours, other):
    if isinstance(other, np.ndarray):
        return ours.dtype == other.dtype and ours.shape == other.shape and np.array_equal(ours, other, equal_nan=True)
    return ours == other


def test_masks_are_encoded_and_decoded_as_there(planes):
    for of in (planes, planes[:, :, 2], np.ascontiguousarray(planes), np.zeros((5, 4), np.uint8), np.ones((1, 1, 2), np.uint8)):
        ours, other = mask.encode(of), theirs.encode(np.asfortranarray(of))
        assert ours == other
        assert same(mask.decode(ours), theirs.decode(other)) and np.array_equal(mask.decode(ours), of)
    texts = [{**one, "counts": one["counts"].decode()} for one in mask.encode(planes)]
    assert np.array_equal(mask.decode(texts), planes)


def test_areas_boxes_unions_and_overlaps_are_those_there(planes):
    ours = mask.encode(planes)
    assert same(mask.area(ours), theirs.area(ours)) and mask.area(ours[0]) == theirs.area(ours[0])
    assert same(mask.toBbox(ours), theirs.toBbox(ours)) and same(mask.toBbox(ours[1]), theirs.toBbox(ours[1]))
    for intersect in (False, True, 0, 1):
        assert mask.merge(ours, intersect) == theirs.merge(ours, intersect)
    for crowd in ([0, 1, 0], [False] * 3, np.array([1, 0, 1], np.uint8)):
        assert same(mask.iou(ours[:4], ours[3:], crowd), theirs.iou(ours[:4], ours[3:], crowd))


def test_every_spelling_of_boxes_is_read(planes):
    found = [[0.0, 0.0, 10.0, 10.0], [5.5, 2.25, 3.0, 8.0]]
    truth = [[1.0, 1.0, 10.0, 10.0], [0.0, 0.0, 0.0, 0.0], [4.0, 2.0, 5.0, 5.0]]
    crowd = [0, 1, 1]
    for one in (list, np.array, lambda boxes: [np.array(box) for box in boxes]):
        for other in (list, np.array):
            assert same(mask.iou(one(found), other(truth), crowd), theirs.iou(one(found), other(truth), crowd))
    assert mask.iou([], truth, crowd) == theirs.iou([], truth, crowd) == []
    for wrong in ((np.zeros((2, 5)), truth), ("x", truth), ([[1, 2]], truth)):
        with pytest.raises(Exception):
            mask.iou(*wrong, crowd)
        with pytest.raises(Exception):
            theirs.iou(*wrong, crowd)
    with pytest.raises(Exception):
        mask.iou(mask.encode(planes), truth, crowd)


def test_polygons_boxes_and_run_lengths_become_the_same_masks():
    triangle, square = [1.5, 1.5, 30.0, 4.0, 12.0, 28.0], [3.0, 3.0, 20.0, 3.0, 20.0, 20.0, 3.0, 20.0]
    counts = {"size": [10, 8], "counts": [7, 13, 20, 40]}
    for given in (
        [triangle], [triangle, square], np.array([[2.0, 3.0, 10.0, 5.0], [0.0, 0.0, 4.5, 4.5]]), counts, [counts, counts],
    ):
        assert mask.frPyObjects(copy.deepcopy(given), 32, 31) == theirs.frPyObjects(copy.deepcopy(given), 32, 31), given
    # One polygon or box without a list around it, and boxes as lists: errors there.
    assert mask.frPyObjects(square, 32, 31) == mask.frPyObjects([square], 32, 31)[0]
    box = np.array([[2.0, 3.0, 10.0, 5.0]])
    assert mask.frPyObjects(box.tolist(), 32, 31) == mask.frPyObjects(box, 32, 31)
    assert mask.frPyObjects(box[0].tolist(), 32, 31) == mask.frPyObjects(box, 32, 31)[0]
    for wrong in ([], [1, 2], "polygon", {}):
        with pytest.raises(Exception):
            mask.frPyObjects(wrong, 5, 5)


@pytest.fixture(scope="module")
def annotations(tmp_path_factory):
    """A truth with boxes, polygons, crowds and captions of nothing; results of it in three forms."""
    chance = np.random.default_rng(3)
    images = [{"id": 10 + n, "file_name": f"{n}.jpg", "height": 80, "width": 100} for n in range(6)]
    categories = [{"id": 3, "name": "cat", "supercategory": "animal"}, {"id": 8, "name": "car", "supercategory": "thing"}]
    anns = []
    for image in images[:5]:
        for _ in range(int(chance.integers(0, 5))):
            x, y, w, h = (float(v) for v in chance.integers(1, 40, 4))
            crowd = int(chance.random() < 0.2)
            polygon = [[x, y, x + w, y, x + w, y + h, x, y + h]]
            runs = {"size": [80, 100], "counts": [int(x * 80 + y), 5, 100, 9, 8000 - int(x * 80 + y) - 114]}
            anns.append({"id": len(anns) + 1, "image_id": image["id"], "category_id": int(chance.choice([3, 8])),
                         "bbox": [x, y, w, h], "area": w * h, "iscrowd": crowd, "segmentation": runs if crowd else polygon})
    truth = {"info": {"year": 2017, "url": "x"}, "images": images, "annotations": anns, "categories": categories}
    path = tmp_path_factory.mktemp("coco") / "truth.json"
    path.write_text(json.dumps(truth))
    return path


def both(call):
    """What a call gives of both, with what it printed; times in lines are left out."""
    told = []
    for module in (COCO, their_coco.COCO):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            value = call(module)
        lines = [line.split(" (t=")[0] for line in out.getvalue().splitlines()]
        told.append((value, lines))
    return told


def test_every_question_has_the_same_answer_and_lines(annotations):
    questions = [
        lambda coco: coco.getAnnIds(), lambda coco: coco.getAnnIds(imgIds=10), lambda coco: coco.getAnnIds([10, 11], [3]),
        lambda coco: coco.getAnnIds(catIds=8, areaRng=[10, 500]), lambda coco: coco.getAnnIds(iscrowd=1),
        lambda coco: coco.getAnnIds(imgIds=[99]), lambda coco: coco.getCatIds(), lambda coco: coco.getCatIds(catNms="cat"),
        lambda coco: coco.getCatIds(catNms=["car"], supNms=["thing"]), lambda coco: coco.getCatIds(catIds=[8]),
        lambda coco: coco.getImgIds(), lambda coco: sorted(coco.getImgIds(catIds=[3, 8])),
        lambda coco: sorted(coco.getImgIds(imgIds=[10, 12], catIds=3)), lambda coco: coco.loadAnns([2, 1]),
        lambda coco: coco.loadAnns(1), lambda coco: coco.loadCats(3), lambda coco: coco.loadImgs([11]), lambda coco: coco.loadImgs(11),
        lambda coco: coco.info(), lambda coco: dict(coco.imgToAnns), lambda coco: dict(coco.catToImgs),
        lambda coco: [coco.annToRLE(ann) for ann in coco.dataset["annotations"]],
        lambda coco: [coco.annToMask(ann).tolist() for ann in coco.dataset["annotations"]],
    ]
    for number, question in enumerate(questions):
        ours, other = both(lambda module: question(module(annotations)))
        assert ours == other, number


def test_results_are_completed_as_there(annotations, tmp_path):
    boxes = [{"image_id": 10, "category_id": 3, "bbox": [1.0, 2.0, 30.0, 4.5], "score": 0.5}]
    masks = [{"image_id": 11, "category_id": 8, "score": 0.25, "segmentation": {"size": [80, 100], "counts": theirs.encode(np.asfortranarray(np.eye(80, 100, dtype=np.uint8)))["counts"].decode()}}]
    points = [{"image_id": 12, "category_id": 3, "score": 0.75, "keypoints": [1, 2, 2, 10, 4, 1, 5, 30, 2]}]
    captions = [{"image_id": 12, "caption": "a cat"}]
    array = np.array([[10, 1, 2, 3, 4, 0.5, 3], [11, 5, 6, 7, 8, 0.75, 8]])
    path = tmp_path / "results.json"
    path.write_text(json.dumps(boxes))
    def plain(value):
        return value.tolist() if hasattr(value, "tolist") else value
    for results in (boxes, masks, points, captions, array, str(path)):
        def loaded(module):
            res = module(annotations).loadRes(copy.deepcopy(results))
            return [{key: plain(value) for key, value in ann.items()} for ann in res.dataset["annotations"]], sorted(res.imgs)
        ours, other = both(loaded)
        assert ours == other
    for wrong in ([{"image_id": 99, "bbox": [1, 1, 1, 1]}], {"image_id": 10}):
        for module in (COCO, their_coco.COCO):
            with pytest.raises(AssertionError), contextlib.redirect_stdout(io.StringIO()):
                module(annotations).loadRes(wrong)
