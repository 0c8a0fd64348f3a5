"""ChainerCV itself beside ``lensframe.chainercv``: random input, equal answers. Skipped where it is not installed.

It is 0.13.1 that is meant, which wants chainer 7.8 and numpy below 1.24. The one file of it that is compiled serves GPUs, and may
be a stub: ``chainercv/utils/bbox/_nms_gpu_post.py`` with a function of that name.
"""

import contextlib
import random
import warnings

import numpy as np
import pytest

warnings.filterwarnings("ignore")
theirs = pytest.importorskip("chainercv")
pytest.importorskip("pycocotools")

import chainer  # noqa: E402
import chainercv.chainer_experimental.datasets.sliceable as their_sliceable  # noqa: E402
import chainercv.datasets as their_datasets  # noqa: E402
import chainercv.evaluations as their_evaluations  # noqa: E402
import chainercv.links.model.ssd.transforms as their_ssd  # noqa: E402
import chainercv.transforms as their_transforms  # noqa: E402
import chainercv.utils as their_utils  # noqa: E402
from chainercv.visualizations.colormap import voc_colormap as their_colormap  # noqa: E402

from lensframe.chainercv import datasets, evaluations, sliceable, transforms, utils  # noqa: E402
from lensframe.chainercv.visualizations import voc_colormap  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


def same(ours, other, rtol=0.0):
    """Equal to the last bit, types included, unless a tolerance is given."""
    if isinstance(other, dict):
        assert set(ours) == set(other)
        for key in other:
            same(ours[key], other[key], rtol)
    elif isinstance(other, (tuple, list)):
        assert len(ours) == len(other)
        for one, two in zip(ours, other):
            same(one, two, rtol)
    elif isinstance(other, np.ndarray):
        assert ours.dtype == other.dtype and ours.shape == other.shape
        np.testing.assert_allclose(ours, other, rtol=rtol, atol=rtol, equal_nan=True)
    elif isinstance(other, float):
        np.testing.assert_allclose(ours, other, rtol=rtol)
    else:
        assert ours == other


def scene(chance, images=6, classes=4, whole=False):
    """Detections and truths, scores without ties."""
    columns = {name: [] for name in ("bbox", "label", "score", "gt_bbox", "gt_label", "difficult", "area", "crowded")}
    for _ in range(images):
        truths, found = chance.integers(0, 6), chance.integers(0, 9)
        gt = box(chance, truths)
        near = gt[chance.integers(0, max(truths, 1), found)] + chance.normal(0, 3, (found, 4)) if truths else box(chance, found)
        near = np.stack((np.minimum(near[:, 0], near[:, 2] - 1), np.minimum(near[:, 1], near[:, 3] - 1), near[:, 2], near[:, 3]), axis=1)
        columns["bbox"].append(np.round(near) .astype(np.float32) if whole else near.astype(np.float32))
        columns["gt_bbox"].append(gt)
        columns["label"].append(chance.integers(0, classes, found).astype(np.int32))
        columns["gt_label"].append(chance.integers(0, classes, truths).astype(np.int32))
        columns["score"].append(chance.random(found).astype(np.float32))
        columns["difficult"].append(chance.random(truths) < 0.3)
        columns["crowded"].append(chance.random(truths) < 0.2)
        columns["area"].append((chance.random(truths) * 12000).astype(np.float32))
    return columns


def box(chance, count):
    corner = chance.integers(0, 60, (count, 2))
    return np.concatenate((corner, corner + chance.integers(3, 80, (count, 2))), axis=1).astype(np.float32)


@pytest.mark.parametrize("seed", range(12))
def test_voc_boxes(seed):
    chance = np.random.default_rng(seed)
    s = scene(chance, whole=seed % 2 == 0)
    sides = (s["bbox"], s["label"], s["score"], s["gt_bbox"], s["gt_label"])
    for difficult in (None, s["difficult"]):
        for thresh in (0.3, 0.5, 0.75):
            same(
                evaluations.calc_detection_voc_prec_rec(*sides, difficult, iou_thresh=thresh),
                their_evaluations.calc_detection_voc_prec_rec(*sides, difficult, iou_thresh=thresh))
        for old in (False, True):
            same(
                evaluations.eval_detection_voc(*sides, difficult, use_07_metric=old),
                their_evaluations.eval_detection_voc(*sides, difficult, use_07_metric=old), rtol=1e-15)


@pytest.mark.parametrize("seed", range(8))
def test_coco_boxes(seed):
    s = scene(np.random.default_rng(100 + seed))
    sides = (s["bbox"], s["label"], s["score"], s["gt_bbox"], s["gt_label"])
    for extra in ((None, None), (s["area"], None), (s["area"], s["crowded"])):
        ours = evaluations.eval_detection_coco(*sides, *extra)
        other = their_evaluations.eval_detection_coco(*sides, *extra)
        ours.pop("coco_eval"), other.pop("coco_eval")
        same(dict(ours), other, rtol=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_masks_by_voc_and_coco(seed):
    chance = np.random.default_rng(200 + seed)
    columns = [[], [], [], [], []]
    for _ in range(5):
        height, width = chance.integers(6, 20, 2)
        for side in (0, 3):
            count = int(chance.integers(0, 5))
            masks = np.zeros((count, height, width), dtype=bool)
            for mask in masks:
                top, left = chance.integers(0, height - 3), chance.integers(0, width - 3)
                mask[top : top + chance.integers(3, 12), left : left + chance.integers(3, 12)] = True
                mask &= chance.random(mask.shape) < 0.9
            columns[side].append(masks)
            columns[side + 1].append(chance.integers(0, 3, count).astype(np.int32))
            if side == 0:
                columns[2].append(chance.random(count).astype(np.float32))
    same(evaluations.eval_instance_segmentation_voc(*columns), their_evaluations.eval_instance_segmentation_voc(*columns), rtol=1e-15)
    ours, other = evaluations.eval_instance_segmentation_coco(*columns), their_evaluations.eval_instance_segmentation_coco(*columns)
    ours.pop("coco_eval"), other.pop("coco_eval")
    same(dict(ours), other, rtol=1e-6)
    for a, b in zip(columns[0], columns[3]):
        same(utils.mask_iou(a, b), their_utils.mask_iou(a, b))
        same(utils.mask_to_bbox(a), their_utils.mask_to_bbox(a))
        with chainer.using_config("cv_resize_backend", "PIL"):
            for size in (5, 17, 40):
                own = utils.mask_to_bbox(a)
                ours = utils.scale_mask(a, own, size)
                with contextlib.suppress(ValueError):
                    # It fails on boxes that end past the cut edge, and on empty ones. A pixel as near to two may be either.
                    other = their_utils.scale_mask(a, own.copy(), size)
                    assert ours.shape == other.shape and ours.dtype == other.dtype and (ours != other).sum() <= 0.01 * ours.size


@pytest.mark.parametrize("seed", range(6))
def test_label_maps(seed):
    chance = np.random.default_rng(300 + seed)
    sizes = chance.integers(1, 30, (4, 2))
    pred = [chance.integers(0, 7, size).astype(np.int32) for size in sizes]
    truth = [chance.integers(-1, 6, size).astype(np.int32) for size in sizes]
    same(evaluations.eval_semantic_segmentation(pred, truth), their_evaluations.eval_semantic_segmentation(pred, truth), rtol=1e-15)
    confusion = evaluations.calc_semantic_segmentation_confusion(pred, truth)
    same(confusion, their_evaluations.calc_semantic_segmentation_confusion(iter(pred), iter(truth)))
    same(evaluations.calc_semantic_segmentation_iou(confusion), their_evaluations.calc_semantic_segmentation_iou(confusion))


@pytest.mark.parametrize("seed", range(6))
def test_overlaps_and_suppression(seed):
    chance = np.random.default_rng(400 + seed)
    a, b = box(chance, 60), box(chance, 40) + chance.random((40, 4)).astype(np.float32)
    for x, y in ((a, b), (a[:0], b), (a.astype(np.float64), b.astype(np.float64)), (a.astype(np.int32), b.astype(np.int32))):
        same(utils.bbox_iou(x, y), their_utils.bbox_iou(x, y))
    score = chance.permutation(60).astype(np.float32)
    for thresh in (0.1, 0.3, 0.5, 0.9):
        for limit in (None, 1, 5):
            for one in (None, score):
                ours = utils.non_maximum_suppression(a, thresh, one, limit)
                same(ours, their_utils.non_maximum_suppression(a, thresh, one, limit))


def seeded(call, seed):
    random.seed(seed)
    np.random.seed(seed)
    return call()


@pytest.mark.parametrize("seed", range(10))
def test_transforms(seed):
    chance = np.random.default_rng(500 + seed)
    height, width = (int(n) for n in chance.integers(20, 60, 2))
    img = (chance.random((3, height, width)) * 255).astype(np.float32)
    bbox = box(chance, 7)
    point = (chance.random((2, 5, 2)) * 30).astype(np.float32)
    half = (height // 2, width // 3)
    calls = [
        lambda m: m.center_crop(img, half, return_param=True), lambda m: m.flip(img, True, False), lambda m: m.flip(img, False, True, copy=True),
        lambda m: m.pca_lighting(img, 25.5), lambda m: m.random_crop(img, half, return_param=True),
        lambda m: m.random_expand(img, 3, fill=(1, 2, 3), return_param=True), lambda m: m.random_expand(img, 1, return_param=True),
        lambda m: m.random_flip(img, True, True, return_param=True), lambda m: m.random_rotate(img, return_param=True),
        lambda m: m.random_sized_crop(img, return_param=True), lambda m: m.random_sized_crop(img, (0.9, 1), (0.2, 0.3), return_param=True),
        lambda m: m.ten_crop(img, half),
        lambda m: m.crop_bbox(bbox, slice(5, 40), slice(None, 30), return_param=True), lambda m: m.crop_bbox(bbox, None, slice(9, None)),
        lambda m: m.crop_bbox(bbox, slice(10, 50), slice(10, 50), allow_outside_center=False, return_param=True),
        lambda m: m.flip_bbox(bbox, (height, width), True, True), lambda m: m.resize_bbox(bbox, (height, width), (100, 77)),
        lambda m: m.translate_bbox(bbox, 3, -2.5), lambda m: m.flip_point(point, (height, width), True, False),
        lambda m: m.flip_point(list(point), (height, width), False, True), lambda m: m.resize_point(point, (height, width), (11, 99)),
        lambda m: m.translate_point(list(point), 3, -2.5),
    ] + [lambda m, angle=angle: m.rotate_bbox(bbox, angle, (height, width)) for angle in (-90, 0, 90, 180, 270, 450)]
    for number, call in enumerate(calls):
        ours, other = seeded(lambda: call(transforms), seed), seeded(lambda: call(their_transforms), seed)
        same(ours, other)
    ours = seeded(lambda: transforms.random_crop_with_bbox_constraints(img, bbox, max_scale=0.95, return_param=True), seed)
    same(ours, seeded(lambda: their_ssd.random_crop_with_bbox_constraints(img, bbox, max_scale=0.95, return_param=True), seed))


@pytest.mark.parametrize("seed", range(6))
def test_sizes(seed):
    cv2 = pytest.importorskip("cv2")
    assert cv2
    chance = np.random.default_rng(600 + seed)
    # Of odd sizes no pixel is as near to one as to another.
    img = (chance.random((3, *chance.integers(5, 30, 2) * 2 + 1)) * 255).astype(np.float32)
    for size in ((7, 90), (33, 34), img.shape[1:], (100, 100), (1, 1)):
        with chainer.using_config("cv_resize_backend", "cv2"):
            same(transforms.resize(img, size), np.ascontiguousarray(their_transforms.resize(img, size)), rtol=1e-3)
        with chainer.using_config("cv_resize_backend", "PIL"):
            for rule in (0, 1, 3):
                same(transforms.resize(img, size, rule), their_transforms.resize(img, size, rule), rtol=1e-3)
    with chainer.using_config("cv_resize_backend", "cv2"):
        for short in (True, False):
            for size in (15, 40, img.shape[1], img.shape[2]):
                same(transforms.scale(img, size, short), np.ascontiguousarray(their_transforms.scale(img, size, short)), rtol=1e-3)
        for size in ((30, 50), (12, 100), (5, 5), (200, 200)):
            ours = transforms.resize_contain(img, size, fill=(4, 5, 6), return_param=True)
            same(ours, their_transforms.resize_contain(img, size, fill=(4, 5, 6), return_param=True), rtol=1e-3)


def test_image_files(tmp_path):
    chance = np.random.default_rng(7)
    img = chance.integers(0, 256, (3, 20, 30)).astype(np.float32)
    for name in ("a.png", "a.bmp"):
        utils.write_image(img, tmp_path / name)
        same(their_utils.read_image(str(tmp_path / name)), img)
        their_utils.write_image(img, str(tmp_path / ("t" + name)))
        same(utils.read_image(tmp_path / ("t" + name)), img)
    with chainer.using_config("cv_read_image_backend", "PIL"):
        same(utils.read_image(tmp_path / "a.png", color=False), their_utils.read_image(str(tmp_path / "a.png"), color=False))
    utils.write_image(img[:1], tmp_path / "gray.png")
    same(utils.read_label(tmp_path / "gray.png"), their_utils.read_label(str(tmp_path / "gray.png")))
    batch = chance.random((7, 3, 5, 6)).astype(np.float32)
    for arguments in ((3,), (20,), (2, 5), (3, (1, 4), (9, 8, 7))):
        same(utils.tile_images(batch, *arguments), their_utils.tile_images(batch, *arguments))
    ids = range(0, 5000, 7)
    same(voc_colormap(ids), their_colormap(ids))
    same(seeded(lambda: utils.generate_random_bbox(9, (50, 60), 3, 20), 1), seeded(lambda: their_utils.generate_random_bbox(9, (50, 60), 3, 20), 1))


def test_tables_of_classes():
    for name in dir(their_datasets):
        table = getattr(their_datasets, name)
        if name.endswith("label_names") and isinstance(table, (tuple, list)) and name != "online_products_super_label_names":
            assert list(getattr(datasets, name)) == list(table), name
        if name.endswith(("label_colors", "label_color")):
            assert np.array_equal(getattr(datasets, name), table), name


def test_sliceable_datasets(tmp_path):
    chance = np.random.default_rng(8)
    for label in ("10", "2", "cat"):
        (tmp_path / label / "deep").mkdir(parents=True)
        for name in ("b.png", "a.png", "deep/c.PNG", "notes.txt"):
            utils.write_image(chance.integers(0, 256, (3, 4, 5)), open(tmp_path / label / name, "wb"), format="png")
    ours, other = datasets.DirectoryParsingLabelDataset(tmp_path), their_datasets.DirectoryParsingLabelDataset(str(tmp_path))
    assert ours.img_paths == other.img_paths and np.array_equal(ours.labels, other.labels)
    same(ours[4], other[4])
    assert ours.keys == other.keys and ours.slice[:, 1].keys == other.slice[:, 1].keys
    for rows in (slice(1, 7, 2), slice(None, None, -1), [3, 1, 4], [True, False] * 4 + [True]):
        for keys in ("label", ("label",), 0, (1, "img"), (True, False), -1):
            same(list(ours.slice[rows, keys]), list(other.slice[rows, keys]))
    for length in (None, 5):
        for ratio in (None, 0.3, 1.0):
            pair = seeded(lambda: datasets.SiameseDataset(ours, ours, ratio, length)[0], 3)
            same(pair, seeded(lambda: their_datasets.SiameseDataset(other, other, ratio, length)[0], 3))
    mixed = seeded(lambda: datasets.MixUpSoftLabelDataset(datasets.SiameseDataset(ours, ours), 3)[2], 4)
    same(mixed, seeded(lambda: their_datasets.MixUpSoftLabelDataset(their_datasets.SiameseDataset(other, other), 3)[2], 4))
    numbers = [list(range(4)), [n * n for n in range(4)]]
    for module in (sliceable, their_sliceable):
        tuples = module.TupleDataset(("n", numbers[0]), numbers[1])
        assert tuples.keys == ("n", None)
        assert module.TransformDataset(tuples, "sum", sum)[3] == 12
        assert module.TransformDataset(tuples, lambda pair: pair + (1,)).keys == (None,) * 3
        assert module.ConcatenatedDataset(tuples, tuples).slice[:, 1][:] == numbers[1] * 2


def rows_equal(ours, other):
    assert len(ours) == len(other) and ours.keys == other.keys
    for row in range(len(other)):
        for key, one, two in zip(ours.keys, ours[row], other[row]):
            assert one.dtype == two.dtype and one.shape == two.shape, (row, key)
            # Decoders of JPEG differ by a few levels, where colours are stored at half resolution by more.
            assert np.abs(one - two).mean() < 3 if key == "img" else np.array_equal(one, two), (row, key)


@pytest.mark.parametrize("options", [{}, {"use_difficult": True}, {"use_difficult": True, "return_difficult": True}])
def test_voc_trees(voc_tree, options):
    rows_equal(
        datasets.VOCBboxDataset(voc_tree, "train", **options), their_datasets.VOCBboxDataset(str(voc_tree), "train", **options))


def test_voc_segmentations(voc_tree):
    for name in ("VOCInstanceSegmentationDataset", "VOCSemanticSegmentationDataset"):
        rows_equal(getattr(datasets, name)(voc_tree, "train"), getattr(their_datasets, name)(str(voc_tree), "train"))


@pytest.mark.parametrize("options", [{}, {"use_crowded": True}, {"return_area": True, "return_crowded": True, "use_crowded": True}])
def test_coco_trees(coco_tree, options):
    ours, other = datasets.COCOBboxDataset(coco_tree, "val", **options), their_datasets.COCOBboxDataset(str(coco_tree), "val", **options)
    rows_equal(ours, other)


def test_coco_masks(coco_tree):
    ours, other = (
        module.COCOInstanceSegmentationDataset(str(coco_tree), "val", use_crowded=True, return_bbox=True, return_area=True)
        for module in (datasets, their_datasets))
    rows_equal(ours.slice[:, ("label", "area", "bbox")], other.slice[:, ("label", "area", "bbox")])
    for row in range(len(other)):
        one, two = ours.slice[:, "mask"][row], other.slice[:, "mask"][row]
        assert one.shape == two.shape and one.dtype == two.dtype
        # Pillow draws the outline of a polygon too.
        assert (one & ~two).sum() == 0 and (two & ~one).mean() < 0.02
