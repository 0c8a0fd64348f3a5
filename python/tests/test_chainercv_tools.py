"""Transforms, utilities and pictures of ``lensframe.chainercv``."""

import gc
import io
import itertools
import random
import subprocess
import sys
import weakref

import numpy as np
import pytest

from lensframe.chainercv import datasets, transforms, utils, visualizations


def rows(*values):
    return np.array(values, dtype=np.float32).reshape(-1, 4)


def test_boxes_are_cropped_and_their_places_are_told():
    bbox = rows((0, 0, 3, 4), (0, 0, 5, 6), (0, 5, 3, 6), (1, 2, 3, 4), (3, 3, 4, 6))
    before = bbox.copy()
    out, param = transforms.crop_bbox(bbox, slice(1, 5), slice(0, 4), return_param=True)
    assert out.tolist() == rows((0, 0, 2, 4), (0, 0, 4, 4), (0, 2, 2, 4), (2, 3, 3, 4)).tolist()
    assert param["index"].tolist() == [0, 1, 3, 4] and param["truncated_index"].tolist() == [0, 1, 3]
    out, param = transforms.crop_bbox(bbox, slice(1, 5), slice(0, 4), allow_outside_center=False, return_param=True)
    assert param["index"].tolist() == [0, 1, 3] and param["truncated_index"].tolist() == [0, 1]
    assert np.array_equal(bbox, before) and transforms.crop_bbox(rows(), slice(1, 2)).shape == (0, 4)


def test_boxes_that_turn_and_turn_back_are_the_same():
    bbox = rows((1, 2, 5, 9), (0, 0, 10, 20))
    for angle, size in ((90, (20, 10)), (180, (10, 20)), (270, (20, 10)), (-90, (20, 10)), (360, (10, 20))):
        turned = transforms.rotate_bbox(bbox, angle, (10, 20))
        assert np.array_equal(transforms.rotate_bbox(turned, -angle, size), bbox)
    with pytest.raises(ValueError):
        transforms.rotate_bbox(bbox, 45, (10, 20))
    assert transforms.flip_bbox(bbox, (10, 20), True, True)[0].tolist() == [5, 11, 9, 18]
    point = np.array([[[1, 2], [3, 4]]], dtype=np.float32)
    assert transforms.flip_point(list(point), (10, 20), x_flip=True)[0].tolist() == [[1, 18], [3, 16]]


def test_images_are_cut_out_and_say_where():
    img = np.random.default_rng(0).random((3, 11, 14)).astype(np.float32)
    random.seed(4)
    for call in (
        lambda: transforms.center_crop(img, (4, 5), return_param=True), lambda: transforms.random_crop(img, (4, 5), return_param=True),
        lambda: transforms.random_sized_crop(img, return_param=True),
        lambda: transforms.random_crop_with_bbox_constraints(img, rows((0, 0, 5, 5)), return_param=True),
    ):
        for _ in range(20):
            out, param = call()
            assert np.array_equal(out, img[:, param["y_slice"], param["x_slice"]]) and out.base is not None
    # Of two middles that at the even number.
    assert transforms.center_crop(img, (4, 5), return_param=True)[1] == {"y_slice": slice(4, 8), "x_slice": slice(4, 9)}
    assert transforms.center_crop(img, (4, 5), copy=True).base is None
    assert transforms.ten_crop(img, (4, 5)).shape == (10, 3, 4, 5)
    for crop in (transforms.center_crop, transforms.random_crop, transforms.ten_crop):
        with pytest.raises(ValueError, match="a window of"):
            crop(img, (12, 5))
    canvas, param = transforms.random_expand(img, 2, fill=(1, 2, 3), return_param=True)
    y, x = param["y_offset"], param["x_offset"]
    assert np.array_equal(canvas[:, y : y + 11, x : x + 14], img) and canvas.shape[1] == int(11 * param["ratio"])


def test_images_are_resized_by_stated_rules():
    img = np.arange(2 * 4 * 6, dtype=np.float32).reshape(2, 4, 6)
    assert np.array_equal(transforms.resize(img, (4, 6)), img)
    np.testing.assert_allclose(transforms.resize(img, (2, 3))[0], [[3.5, 5.5, 7.5], [15.5, 17.5, 19.5]])
    assert np.array_equal(transforms.resize(img, (8, 12), 0), img.repeat(2, axis=1).repeat(2, axis=2))
    assert transforms.resize(img.astype(np.uint8), (3, 3)).dtype == np.uint8
    assert transforms.resize(np.zeros((0, 4, 6), np.float32), (2, 3)).shape == (0, 2, 3)
    assert transforms.scale(img, 4) is img and transforms.scale(img, 6, fit_short=False) is img
    assert transforms.scale(img, 2).shape == (2, 2, 3) and transforms.scale(img, 3, fit_short=False).shape == (2, 2, 3)
    out, param = transforms.resize_contain(img, (3, 3), fill=9, return_param=True)
    assert param == {"y_offset": 0, "x_offset": 0, "scaled_size": (2, 3)} and (out[:, 2] == 9).all()
    assert np.array_equal(transforms.resize_contain(img, (6, 7))[:, 1:5, :6], img)
    for wrong in ((0, 3), (3, 0)):
        with pytest.raises(ValueError):
            transforms.resize(img, wrong)
    with pytest.raises(ValueError, match="interpolation"):
        transforms.resize(img, (2, 3), 4)


def test_overlaps_have_the_published_numbers():
    a, b = rows((0, 0, 8, 8)), rows((3, 5, 10, 12), (9, 10, 11, 12), (0, 0, 8, 8))
    out = utils.bbox_iou(a, b)
    assert out.dtype == np.float32 and np.array_equal(out, np.float32([[15 / 98, 0, 1]]))
    assert utils.bbox_iou(a, rows()).shape == (1, 0) and np.isnan(utils.bbox_iou(rows((1, 1, 1, 1)), rows((1, 1, 1, 1)))).all()
    with pytest.raises(IndexError):
        utils.bbox_iou(a, np.zeros((2, 3)))
    masks = np.array([[[0, 0], [1, 1]], [[1, 1], [0, 0]], [[1, 0], [1, 1]], [[1, 1], [0, 1]]], dtype=bool)
    np.testing.assert_allclose(utils.mask_iou(masks[:1], masks), [[1, 0, 2 / 3, 1 / 4]])
    assert np.isnan(utils.mask_iou(masks[:1] & False, masks[:1] & False)).all()
    with pytest.raises(IndexError):
        utils.mask_iou(masks, np.zeros((1, 3, 3), bool))


def test_suppression_keeps_what_overlaps_less_than_the_threshold():
    bbox = rows((0, 0, 4, 4), (1, 1, 5, 5), (2, 1, 6, 5), (4, 0, 8, 4))
    for thresh, kept in ((1, [0, 1, 2, 3]), (0.5, [0, 1, 3]), (0.3, [0, 2, 3]), (0.2, [0, 3]), (0, [0])):
        out = utils.non_maximum_suppression(bbox, thresh)
        assert out.dtype == np.int32 and out.tolist() == kept
    score = np.float32([0.1, 0.2, 0.9, 0.8])
    assert utils.non_maximum_suppression(bbox, 0.5, score, limit=2).tolist() == [2, 3]
    assert utils.non_maximum_suppression(bbox, 1, np.float32([1, 2, 2, 1])).tolist() == [1, 2, 0, 3]
    empty = utils.non_maximum_suppression(rows(), 0.5, np.zeros(0, np.float32))
    assert empty.shape == (0,) and empty.dtype == np.int32
    with pytest.raises(ValueError, match="scores are"):
        utils.non_maximum_suppression(bbox, 0.5, score[:2])


def test_masks_have_boxes_and_other_sizes():
    mask = np.zeros((2, 3, 4), dtype=bool)
    mask[0, 1:3, 1:4] = True
    bbox = utils.mask_to_bbox(mask)
    assert bbox.dtype == np.float32 and bbox.tolist() == [[1, 1, 3, 4], [0, 0, 0, 0]]
    assert utils.mask_to_bbox(mask[:0]).shape == (0, 4)
    scaled = utils.scale_mask(mask, bbox, 6)
    assert scaled.dtype == bool and np.array_equal(scaled, mask.repeat(2, axis=1).repeat(2, axis=2))
    assert bbox.tolist()[0] == [1, 1, 3, 4]


def test_pictures_are_written_and_read(tmp_path):
    img = np.random.default_rng(1).integers(0, 256, (3, 9, 7)).astype(np.float32)
    for name in ("a.png", "a.bmp"):
        utils.write_image(img, tmp_path / name)
        assert np.array_equal(utils.read_image(str(tmp_path / name)), img)
    utils.write_image(img + 0.9, tmp_path / "cut.png")
    assert np.array_equal(utils.read_image(tmp_path / "cut.png"), img)
    file = io.BytesIO()
    utils.write_image(img[:1], file, format="png")
    file.seek(0)
    assert np.array_equal(utils.read_image(file, dtype=np.uint8, color=False), img[:1])
    file.seek(0)
    assert np.array_equal(utils.read_label(file), img[0].astype(np.int32))
    utils.write_image(np.full((3, 8, 8), 100), tmp_path / "a.jpg")
    assert abs(utils.read_image(tmp_path / "a.jpg") - 100).max() < 3
    with pytest.raises(ValueError, match="has colours"):
        utils.read_label(tmp_path / "a.png")
    with pytest.raises(ValueError, match="open file"):
        utils.write_image(img, io.BytesIO())
    with pytest.raises(ValueError, match="'gif'"):
        utils.write_image(img, tmp_path / "a.gif")
    (tmp_path / "bad.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match="bad.png"):
        utils.read_image(tmp_path / "bad.png")
    with pytest.raises(FileNotFoundError):
        utils.read_image(tmp_path / "nothing.png")


def test_transparency_is_refused_until_something_is_said_of_it(tmp_path):
    Image = pytest.importorskip("PIL.Image")
    path = tmp_path / "clear.png"
    Image.fromarray(np.uint8([[[100, 200, 50, 128], [9, 8, 7, 0]]])).save(path)
    with pytest.raises(ValueError, match="clear.png"):
        utils.read_image(path)
    assert utils.read_image(path, alpha="ignore")[:, 0, 0].tolist() == [100, 200, 50]
    assert utils.read_image(path, alpha="blend_with_white")[:, 0].T.tolist() == [[177, 227, 152], [255, 255, 255]]
    assert utils.read_image(path, alpha="blend_with_black")[:, 0].T.tolist() == [[50, 100, 25], [0, 0, 0]]
    with pytest.raises(ValueError, match="blend"):
        utils.read_image(path, alpha="white")
    palette = Image.new("P", (3, 2))
    palette.putpalette([n for colour in datasets.voc_semantic_segmentation_label_colors for n in colour])
    palette.putdata([0, 1, 15, 255, 3, 0])
    palette.save(tmp_path / "palette.png")
    assert utils.read_label(tmp_path / "palette.png").tolist() == [[0, 1, 15], [255, 3, 0]]


def test_tiles_lie_in_rows_with_half_their_padding_before_them():
    imgs = np.arange(3, dtype=np.float32).reshape(3, 1, 1, 1) + np.zeros((3, 2, 4, 5), np.float32)
    out = utils.tile_images(imgs, 2, pad=(2, 3), fill=9)
    assert out.shape == (2, 12, 16) and (out[:, 1:5, 1:6] == 0).all() and (out[:, 7:11, 1:6] == 2).all() and (out[:, 7:, 8:] == 9).all()
    assert utils.tile_images(imgs, 10).shape == (2, 6, 21)


def test_iterators_are_taken_apart_and_keep_nothing_that_nobody_wants():
    ones, twos = utils.unzip((n, n * n) for n in itertools.count())
    assert [next(ones) for _ in range(3)] == [0, 1, 2] and [next(twos) for _ in range(4)] == [0, 1, 4, 9] and next(ones) == 3

    class Big:
        pass

    made = []

    def pairs():
        for n in range(5):
            big = Big()
            made.append(weakref.ref(big))
            yield big, n

    bigs, numbers = utils.unzip(pairs())
    del bigs
    assert list(numbers) == [0, 1, 2, 3, 4]
    gc.collect()
    assert all(big() is None for big in made)
    assert utils.unzip([]) == ()


def test_functions_are_applied_to_batches_and_samples_come_out():
    batches = [[(n, n + 1, "rest") for n in range(start, start + size)] for start, size in ((0, 3), (3, 1))]
    told = []
    ins, outs, rest = utils.apply_to_iterator(
        lambda a, b: ([x + y for x, y in zip(a, b)], list(b)), iter(batches), n_input=2, hook=lambda *three: told.append(three))
    assert len(told) == 1  # The first batch is read at once, and no other.
    assert [list(column) for column in outs] == [[1, 3, 5, 7], [1, 2, 3, 4]]
    assert [list(column) for column in ins] == [[0, 1, 2, 3], [1, 2, 3, 4]] and [list(column) for column in rest] == [["rest"] * 4]
    assert told[1] == (([3], [4]), ([7], [4]), (["rest"],))
    ins, outs, rest = utils.apply_to_iterator(lambda a: [x * 2 for x in a], iter([[1, 2], [3]]))
    assert rest == () and list(outs[0]) == [2, 4, 6]
    assert utils.apply_to_iterator(lambda a: a, iter([])) == ((), (), ())


def test_progress_says_how_many_are_done(capsys):
    hook = utils.ProgressHook(n_total=4)
    list(utils.apply_to_iterator(lambda a: a, iter([[1, 2], [3, 4]]), hook=hook)[1][0])
    out = capsys.readouterr().out
    assert "\r2 of 4 samples" in out and "\r4 of 4 samples" in out and "ETA    0:00:00" in out


def test_assertions_say_the_row_and_what_is_wrong_with_it():
    img, good = np.zeros((3, 10, 10), np.float32), rows((0, 0, 5, 5))
    label = np.zeros(1, np.int32)
    utils.assert_is_bbox_dataset([(img, good, label, "more")], 1, n_example=3)
    for row, what in (
        ((img, good[:, ::-1], label), "above its bottom"), ((img, good * 3, label), "inside"), ((img, good, label + 1), "labels 1 to 1 of 1"),
        ((img, good.astype(float), label), "float32"), ((img[:1], good, label), "3 channels"), ((img - 1, good, label), "values from"),
        ((img, good), "3 values"),
    ):
        with pytest.raises(AssertionError, match="row 1: .*" + what):
            utils.assert_is_bbox_dataset([(img, good, label), row], 1)
    with pytest.raises(AssertionError, match="has a row"):
        utils.assert_is_label_dataset([], 1)
    utils.assert_is_point([np.float32([[0, 0], [99, 0]])], [np.array([True, False])], (10, 10), 2)
    with pytest.raises(AssertionError, match="visible points"):
        utils.assert_is_point([np.float32([[0, 0], [99, 0]])], None, (10, 10))
    bbox = utils.generate_random_bbox(9, (50, 60), 3, 20)
    utils.assert_is_bbox(bbox, (50, 60))


def test_links_are_judged_by_what_they_predict():
    class Link:
        def __init__(self, masks=False):
            self.masks = masks

        def predict(self, imgs):
            places = [np.zeros((1,) + img.shape[1:], bool) if self.masks else rows((0, 0, 5, 5)) for img in imgs]
            return places, [np.zeros(1, np.int32)] * len(imgs), [np.ones(1, np.float32)] * len(imgs)

    utils.assert_is_detection_link(Link(), 1)
    utils.assert_is_instance_segmentation_link(Link(masks=True), 1)
    with pytest.raises(AssertionError):
        utils.assert_is_instance_segmentation_link(Link(), 1)
    maps = type("Maps", (), {"predict": lambda self, imgs: [np.zeros(img.shape[1:], np.int32) for img in imgs]})
    utils.assert_is_semantic_segmentation_link(maps(), 1)
    stub = utils.ConstantStubLink((label := np.zeros(3), label))
    assert stub(1)[0] is label
    with pytest.raises(ValueError):
        utils.ConstantStubLink([1])


def test_colours_of_voc_are_bits_turned_round():
    assert visualizations.voc_colormap([0, 1, 2, 255]).tolist() == [[0, 0, 0], [128, 0, 0], [0, 128, 0], [224, 224, 192]]
    assert np.array_equal(visualizations.voc_colormap(range(21)), datasets.voc_semantic_segmentation_label_colors)


def test_importing_draws_nothing_and_loads_no_matplotlib():
    code = "import sys, lensframe.chainercv; sys.exit('matplotlib' in sys.modules or 'PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_pictures_show_boxes_masks_maps_and_points():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    img = np.full((3, 20, 30), 50, dtype=np.float32)
    bbox, label, score = rows((1, 2, 8, 9), (3, 3, 19, 29)), np.int32([0, 1]), np.float32([0.9, 0.25])
    names = ("cat", "dog")
    ax = visualizations.vis_bbox(img, bbox, label, score, names)
    # High scores are drawn last.
    assert [text.get_text() for text in ax.texts] == ["dog: 0.25", "cat: 0.90"]
    assert ax.patches[1].get_xy() == (2, 1) and ax.patches[0].get_edgecolor()[:3] == (1, 0, 0)
    assert len(visualizations.vis_bbox(None, rows()).images) == 0
    masks = np.zeros((2, 20, 30), bool)
    masks[0, 2:5, 2:5] = True
    ax = visualizations.vis_instance_segmentation(img, masks, label, score, names)
    overlay = ax.images[-1].get_array()
    assert overlay[3, 3].tolist() == [0, 128, 0, 178] and overlay[10, 10].tolist() == [0] * 4 and len(ax.texts) == 1
    area = np.zeros((20, 30), np.int32)
    area[:2], area[-1] = 1, -1
    ax, handles = visualizations.vis_semantic_segmentation(img, area, ("a", "b", "c"), alpha=0.5)
    assert [handle.get_label() for handle in handles] == ["a", "b"]
    assert np.allclose(ax.images[-1].get_array()[0, 0], [128 / 255, 0, 0, 0.5]) and np.allclose(ax.images[-1].get_array()[-1, 0, :3], 0)
    assert len(visualizations.vis_semantic_segmentation(img, area, ("a", "b", "c"), all_label_names_in_legend=True)[1]) == 3
    ax = visualizations.vis_point(img, [np.float32([[1, 2], [3, 4]])], [np.array([True, False])])
    assert len(ax.collections) == 1 and ax.get_xlim() == (0, 30)
    for wrong in (lambda: visualizations.vis_bbox(img, bbox, label[:1]), lambda: visualizations.vis_bbox(img, bbox, label, None, names[:1]),
                  lambda: visualizations.vis_semantic_segmentation(img, area, ("a",)),
                  lambda: visualizations.vis_semantic_segmentation(img, area, ("a", "b"), [(0, 0, 0)])):
        with pytest.raises(ValueError):
            wrong()
