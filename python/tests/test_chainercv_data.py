"""Datasets of ``lensframe.chainercv``: what is chosen, what is read, and what it is."""

import pickle
import shutil

import numpy as np
import pytest

import lensframe
from lensframe.chainercv import datasets, utils
from lensframe.chainercv.chainer_experimental.datasets.sliceable import (
    ConcatenatedDataset,
    GetterDataset,
    TransformDataset,
    TupleDataset,
)


class Counted(GetterDataset):
    """A dataset of 10 rows that counts its calls."""

    def __init__(self):
        super().__init__()
        self.calls = {"img": 0, "annotation": 0}
        self.add_getter("img", self._img)
        self.add_getter(("bbox", "label"), self._annotation)

    def __len__(self):
        return 10

    def _img(self, row):
        self.calls["img"] += 1
        return f"img {row}"

    def _annotation(self, row):
        self.calls["annotation"] += 1
        return f"bbox {row}", row


def test_a_getter_runs_only_for_its_keys_and_once_a_row():
    data = Counted()
    views = [data.slice[:, "label"], data.slice[::2].slice[:, ("label",)], data.slice[:, ["bbox", "label"]].slice[:, 1]]
    assert data.calls == {"img": 0, "annotation": 0}
    assert (views[0][3], views[1][1], views[2][4]) == (3, (2,), 4) and data.calls == {"img": 0, "annotation": 3}
    assert list(views[0]) == list(range(10)) and data.calls["img"] == 0
    assert data[7] == ("img 7", "bbox 7", 7) and data.calls == {"img": 1, "annotation": 14}


def test_rows_are_chosen_by_ranges_numbers_and_flags():
    data = Counted()
    labels = data.slice[:, "label"]
    for rows in (slice(3, 8, 2), slice(-3, None), slice(None, None, -3), [2, 1, 5], [3, 3, -1], np.array([4, 0]), [], np.zeros(10, bool)):
        wanted = np.arange(10)[np.array(rows, dtype=int) if isinstance(rows, list) else rows].tolist()
        assert labels.slice[rows][:] == wanted and labels[rows] == wanted
        # A view of a view chooses among the rows of the view.
        assert labels.slice[::-2].slice[:3][:] == [9, 7, 5]
    trues = [at in (1, 4, 5, 8) for at in range(10)]
    assert data.slice[trues].slice[1:, ("label", "img")][0] == (4, "img 4")
    assert labels[-1] == 9 and len(data.slice[20:]) == 0
    view = data.slice[2:4]
    for outside in (2, -3):
        with pytest.raises(IndexError):
            view[outside]
    with pytest.raises(ValueError, match="3 flags for 10 rows"):
        data.slice[[True, False, True]]
    for wrong in (3, "img", [True, 1], [1.5], (1, 2, 3)):
        with pytest.raises(TypeError):
            data.slice[wrong]
    with pytest.raises(IndexError):
        data.slice[[10]]


def test_keys_are_chosen_by_names_positions_and_flags():
    data = Counted()
    for keys, names, row in (
        ("img", "img", "img 1"), (("img", "label"), ("img", "label"), ("img 1", 1)), (("img",), ("img",), ("img 1",)),
        (1, "bbox", "bbox 1"), ((1, "label"), ("bbox", "label"), ("bbox 1", 1)), ((True, True, False), ("img", "bbox"), ("img 1", "bbox 1")),
        ([-1, "label", 0], ("label", "label", "img"), (1, 1, "img 1")), (slice, None, None),
    ):
        if keys is not slice:
            view = data.slice[:, keys]
            assert view.keys == names and view[1] == row and data.slice[1:2, keys][:] == [row]
    for wrong, error in (("labels", KeyError), (3, IndexError), ((True, False), ValueError), ((True, 1), TypeError), (("img", -4), IndexError)):
        with pytest.raises(error):
            data.slice[:, wrong]
    data.keys = ("label", "img")
    assert data.keys == ("label", "img") and data[2] == (2, "img 2")
    data.keys = "img"
    assert data.keys == "img" and data[2] == "img 2" and data.slice[:, ("img",)][2] == ("img 2",)
    with pytest.raises(KeyError):
        data.keys = "label"


def test_tuples_have_keys_side_by_side_and_names_may_be_missing():
    pair = TupleDataset([0, 1, 2], [0, 1, 4])
    assert pair.keys == (None, None) and pair.slice[:, 0][:] == [0, 1, 2] and pair.slice[1:][0] == (1, 1)
    assert TupleDataset(pair, [0, 1, 8]).slice[:, [1, 2]][:] == [(0, 0), (1, 1), (4, 8)]
    named = TupleDataset(("feat0", [0, 1, 2]), [0, 1, 4])
    assert named.keys == ("feat0", None) and named.slice[:, ["feat0", 1]][:] == [(0, 0), (1, 1), (2, 4)]
    data = Counted()
    beside = TupleDataset(data, ("n", np.arange(10)))
    assert beside.keys == ("img", "bbox", "label", "n") and beside.slice[:, ("n", "label", "bbox")][3] == (3, 3, "bbox 3")
    assert data.calls == {"img": 0, "annotation": 1}
    for wrong in ((), ([1], [1, 2])):
        with pytest.raises(ValueError):
            TupleDataset(*wrong)


def test_concatenations_have_the_rows_of_all():
    first, second = TupleDataset([0, 1, 2], [0, 1, 4]), TupleDataset([3, 4, 5], [9, 16, 25])
    joined = ConcatenatedDataset(first, second, first.slice[:0])
    assert joined.slice[:, 0][:] == [0, 1, 2, 3, 4, 5] and len(joined) == 6 and joined[-1] == (5, 25)
    assert joined.slice[::-1, 1][:] == [25, 16, 9, 4, 1, 0]
    with pytest.raises(IndexError):
        joined[6]
    with pytest.raises(ValueError, match="keys"):
        ConcatenatedDataset(first, first.slice[:, (0,)])
    with pytest.raises(ValueError):
        ConcatenatedDataset()
    with pytest.raises(TypeError, match="list"):
        ConcatenatedDataset([1, 2])


def test_transforms_name_what_they_give():
    data = Counted()
    flipped = TransformDataset(data, ("label", "text"), lambda row: (row[2], row[0].upper()))
    assert len(flipped) == 10 and flipped.keys == ("label", "text") and flipped[2] == (2, "IMG 2")
    assert flipped.slice[:, "label"][4] == 4 and data.calls["img"] == 2
    assert TransformDataset(data, "sum", lambda row: row[2] + 1)[3] == 4
    bare = TransformDataset(data.slice[:, "label"], lambda label: label * 2)
    assert bare.keys is None and bare[3] == 6
    assert TransformDataset(data, lambda row: row[:2]).keys == (None, None)
    with pytest.raises(IndexError, match="name the keys"):
        TransformDataset(data.slice[:0], lambda row: row)


def test_views_of_lensframe_take_part(scenes):
    light = scenes.slice[:, ("image_id", "label")]
    joined = ConcatenatedDataset(light, light)
    assert joined.keys == ("image_id", "label") and len(joined) == 2 * len(scenes)
    assert joined[len(scenes) + 1][0] == scenes[1]["image_id"]
    beside = TupleDataset(light, ("n", list(range(len(scenes)))))
    assert beside.slice[:, ("n", "image_id")][2] == (2, scenes[2]["image_id"])


def test_voc_boxes_are_the_devkits_less_one(voc_tree):
    data = datasets.VOCBboxDataset(voc_tree, "train", use_difficult=True, return_difficult=True)
    assert data.keys == ("img", "bbox", "label", "difficult") and len(data) == 3
    # The list's order, not that of the names: 000001 comes second.
    img, bbox, label, difficult = data[1]
    assert img.dtype == np.float32 and img.shape == (3, 72, 96) and img.flags.c_contiguous
    assert bbox.dtype == np.float32 and bbox[0].tolist() == [18, 70, 33, 91]
    assert label.dtype == np.int32 and [data.label_names[one] for one in label] == ["boat", "boat", "bicycle"]
    assert difficult.tolist() == [False, True, False]
    easy = datasets.VOCBboxDataset(voc_tree, "train")
    assert easy.keys == ("img", "bbox", "label") and len(easy[1][1]) == 2
    utils.assert_is_bbox_dataset(easy, 20)
    with pytest.raises(FileNotFoundError, match="val.txt"):
        datasets.VOCBboxDataset(voc_tree, "val")
    with pytest.raises(FileNotFoundError, match="no such dataset"):
        datasets.VOCBboxDataset(voc_tree / "nowhere")


def test_voc_label_maps_and_masks_come_from_their_pictures(voc_tree):
    masks = datasets.VOCInstanceSegmentationDataset(voc_tree, "train")
    maps = datasets.VOCSemanticSegmentationDataset(voc_tree, "train")
    utils.assert_is_instance_segmentation_dataset(masks, 20)
    utils.assert_is_semantic_segmentation_dataset(maps, 21)
    for (_, mask, label), (_, area) in zip(masks, maps):
        assert all((area[one] == number + 1).all() for one, number in zip(mask, label)) and mask.any(axis=(1, 2)).all()
    with pytest.raises(ValueError, match="'train', 'trainval', 'val'"):
        datasets.VOCSemanticSegmentationDataset(voc_tree, "test")


def test_a_scan_of_voc_labels_opens_no_image(voc_tree, tmp_path):
    tree = shutil.copytree(voc_tree, tmp_path / "VOC2012")
    data = datasets.VOCBboxDataset(tree, "train")
    for photo in (tree / "JPEGImages").iterdir():
        photo.unlink()
    assert len(list(data.slice[:, "label"])) == 3
    with pytest.raises(FileNotFoundError):
        data[0]


def test_what_was_converted_is_read_under_the_same_names(scenes, voc_tree, coco_tree, tmp_path):
    stored = tmp_path / "voc.lf"
    lensframe.convert(voc_tree, stored)
    tree, again = datasets.VOCBboxDataset(voc_tree), datasets.VOCBboxDataset(stored)
    assert sorted(map(str, (row[1].tolist() for row in tree))) == sorted(map(str, (row[1].tolist() for row in again)))
    lensframe.convert(coco_tree, tmp_path / "coco.lf")
    for row, (one, two) in enumerate(zip(datasets.COCOBboxDataset(coco_tree, "val"), datasets.COCOBboxDataset(tmp_path / "coco.lf", "val"))):
        assert all(np.array_equal(a, b) for a, b in zip(one, two)), row
    with pytest.raises(ValueError, match="splits"):
        datasets.COCOBboxDataset(tmp_path / "coco.lf", "train")


def test_coco_keeps_one_set_of_objects_for_all_keys(coco_tree):
    options = {"use_crowded": True, "return_area": True, "return_crowded": True}
    data = datasets.COCOBboxDataset(coco_tree, "val", **options)
    assert data.keys == ("img", "bbox", "label", "area", "crowded")
    utils.assert_is_bbox_dataset(datasets.COCOBboxDataset(coco_tree, "val"), 80)
    masks = datasets.COCOInstanceSegmentationDataset(coco_tree, "val", return_bbox=True, **options)
    assert masks.keys == ("img", "mask", "label", "area", "crowded", "bbox")
    utils.assert_is_instance_segmentation_dataset(masks, 80)
    met = 0
    for (_, bbox, label, area, crowded), (_, mask, *rest, again) in zip(data, masks):
        assert np.array_equal(bbox, again) and all(np.array_equal(a, b) for a, b in zip((label, area, crowded), rest))
        assert area.dtype == np.float32 and crowded.dtype == bool
        # Drawn scenes are right to the pixel.
        assert mask.sum(axis=(1, 2)).tolist() == area.tolist()
        assert np.array_equal(utils.mask_to_bbox(mask), bbox)
        met += crowded.sum()
    assert met > 0
    plain = datasets.COCOBboxDataset(coco_tree, "val")
    assert sum(len(row[1]) for row in plain) == sum(len(row[1]) for row in data) - met
    for wrong in ({"split": "minival"}, {"split": "test"}, {"year": "2015"}):
        with pytest.raises(ValueError):
            datasets.COCOBboxDataset(coco_tree, **wrong)
    with pytest.raises(FileNotFoundError, match="instances_train2017.json"):
        datasets.COCOBboxDataset(coco_tree)


def test_coco_label_maps_are_painted_of_panoptic_segments(scenes, tmp_path):
    lensframe.export(scenes, tmp_path / "pan", "panoptic")
    root = tmp_path / "coco"
    (root / "annotations").mkdir(parents=True)
    source = tmp_path / "pan" / "annotations"
    shutil.copy(source / "panoptic_train.json", root / "annotations" / "panoptic_train2017.json")
    shutil.copytree(source / "panoptic_train", root / "annotations" / "panoptic_train2017")
    shutil.copytree(tmp_path / "pan" / "images" / "train", root / "images" / "train2017")
    data = datasets.COCOSemanticSegmentationDataset(root)
    utils.assert_is_semantic_segmentation_dataset(data, len(data.label_names))
    assert len(data) > 0 and any((label >= 0).any() for _, label in data)


def png(path, numbers):
    """A label map of gray values."""
    path.parent.mkdir(parents=True, exist_ok=True)
    utils.write_image(np.asarray(numbers)[None], path)


def photo(path, height=4, width=6):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        utils.write_image(np.full((3, height, width), 7), file, format="png")


def test_cityscapes_is_ordered_by_city_and_says_what_is_not_evaluated(tmp_path):
    for city in ("ulm", "aachen"):
        photo(tmp_path / f"leftImg8bit/val/{city}/{city}_000000_000019_leftImg8bit.png")
        png(tmp_path / f"gtFine/val/{city}/{city}_000000_000019_gtFine_labelIds.png", np.tile([7, 8, 0, 33, 26, 255], (4, 1)))
    data = datasets.CityscapesSemanticSegmentationDataset(tmp_path, "fine", "val")
    assert "aachen" in data.img_paths[0] and data[1][1][0].tolist() == [0, 1, -1, 18, 13, -1]
    utils.assert_is_semantic_segmentation_dataset(data, 19)
    raw = datasets.CityscapesSemanticSegmentationDataset(tmp_path, "fine", "val", ignore_labels=False)
    assert raw.slice[:, "label"][0][0].tolist() == [7, 8, 0, 33, 26, 255]
    for wrong in ({}, {"label_resolution": "coarse", "split": "val"}):
        with pytest.raises(ValueError):
            datasets.CityscapesSemanticSegmentationDataset(tmp_path, **wrong)


def test_ade20k_camvid_products_and_birds_are_read_of_their_lists(tmp_path):
    photo(tmp_path / "ADEChallengeData2016/images/validation/b.jpg")
    png(tmp_path / "ADEChallengeData2016/annotations/validation/b.png", np.tile([0, 1, 150], (4, 2)))
    ade = datasets.ADE20KSemanticSegmentationDataset(tmp_path, "val")
    assert ade[0][1][0].tolist() == [-1, 0, 149] * 2
    photo(tmp_path / "test/x.png")
    png(tmp_path / "testannot/x.png", np.tile([0, 10, 11], (4, 2)))
    (tmp_path / "test.txt").write_text("/SegNet/CamVid/test/x.png /SegNet/CamVid/testannot/x.png\n")
    assert datasets.CamVidDataset(tmp_path, "test")[0][1][0].tolist() == [0, 10, -1] * 2
    photo(tmp_path / "chair/1.png")
    (tmp_path / "Ebay_train.txt").write_text("image_id class_id super_class_id path\n1 3 2 chair/1.png\n")
    img, label, kind = datasets.OnlineProductsDataset(tmp_path)[0]
    assert (label, kind, label.dtype) == (2, 1, np.int32) and img.shape == (3, 4, 6)
    bird = tmp_path / "CUB_200_2011"
    photo(bird / "images/001.Bird/a.png", 20, 30)
    png(tmp_path / "segmentations/001.Bird/a.png", np.full((20, 30), 255))
    (bird / "images.txt").write_text("1 001.Bird/a.png\n")
    (bird / "bounding_boxes.txt").write_text("1 2.0 3.0 10.0 12.0\n")
    (bird / "image_class_labels.txt").write_text("1 7\n")
    (bird / "parts").mkdir()
    (bird / "parts/part_locs.txt").write_text("1 1 5.0 6.0 1\n1 2 99.0 6.0 1\n1 3 5.0 6.0 0\n")
    birds = datasets.CUBLabelDataset(tmp_path, return_bbox=True, return_prob_map=True)
    _, label, bbox, likely = birds[0]
    assert label == 6 and bbox.tolist() == [[3, 2, 15, 12]] and bbox.dtype == np.float32 and (likely == 1).all()
    points = datasets.CUBKeypointDataset(tmp_path)
    utils.assert_is_point_dataset(points, 3)
    assert points[0][1][0].tolist() == [[6, 5], [6, 99], [6, 5]] and points[0][2].tolist() == [[True, False, False]]


def test_folders_are_classes_in_the_order_of_their_names(tmp_path):
    for label in ("10", "2", "1"):
        photo(tmp_path / label / "b.png")
        photo(tmp_path / label / "a.PNG")
        photo(tmp_path / label / "deep" / "c.png")
        (tmp_path / label / "notes.txt").write_text("")
    (tmp_path / "file.png").write_text("")
    assert datasets.directory_parsing_label_names(tmp_path) == ["1", "10", "2"]
    data = datasets.DirectoryParsingLabelDataset(tmp_path, numerical_sort=True)
    assert datasets.directory_parsing_label_names(tmp_path, True) == ["1", "2", "10"]
    assert [path.rsplit("/", 1)[1] for path in data.img_paths[:3]] == ["a.PNG", "b.png", "c.png"]
    assert data.labels.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    utils.assert_is_label_dataset(data, 3)
    gray = datasets.DirectoryParsingLabelDataset(tmp_path, check_img_file=lambda path: path.endswith("b.png"), color=False)
    assert len(gray) == 3 and gray[0][0].shape == (1, 4, 6)
    (tmp_path / "x").mkdir()
    with pytest.raises(ValueError, match="'x' is no number"):
        datasets.directory_parsing_label_names(tmp_path, True)


def test_pairs_are_of_one_class_as_often_as_asked():
    labels = np.repeat(np.arange(5, dtype=np.int32), 4)
    data = TupleDataset(("img", np.arange(20)), ("label", labels))
    np.random.seed(0)
    for ratio, least, most in ((1.0, 1, 1), (0.0, 0, 0), (0.5, 0.4, 0.6)):
        pairs = list(datasets.SiameseDataset(data, data, ratio, length=400))
        share = np.mean([one == other for _, one, _, other in pairs])
        assert least <= share <= most and all(labels[img] == label for img, label, _, _ in pairs)
    assert len(datasets.SiameseDataset(data, data)) == 20
    only = TupleDataset(np.arange(3), np.zeros(3, dtype=np.int32))
    with pytest.raises(ValueError, match="two classes"):
        datasets.SiameseDataset(only, only, 0.5)
    with pytest.raises(ValueError, match="one class"):
        datasets.SiameseDataset(only, TupleDataset(np.arange(3), np.ones(3, dtype=np.int32)), 0.5)
    with pytest.raises(ValueError, match="int32"):
        datasets.SiameseDataset(only, only, 0.5, labels_0=np.zeros(3))


def test_mixtures_have_weights_that_sum_to_one():
    img = np.ones((3, 2, 2), dtype=np.float32)
    pairs = TupleDataset([img], [0], [img * 3], [2])
    mixed = datasets.MixUpSoftLabelDataset(pairs, 4)
    picture, soft = mixed[0]
    np.testing.assert_allclose(soft.sum(), 1, rtol=1e-6)
    np.testing.assert_allclose(picture, 3 - 2 * soft[0], rtol=1e-6)
    assert soft.dtype == np.float32 and soft[1] == soft[3] == 0
    same = datasets.MixUpSoftLabelDataset(TupleDataset([img], [1], [img], [1]), 2)
    np.testing.assert_allclose(same[0][1], [0, 1])
    for alpha in (0, -1):
        with pytest.raises(ValueError):
            datasets.MixUpSoftLabelDataset(pairs, 4, alpha)
    with pytest.raises(ValueError, match="label 2 of 2"):
        datasets.MixUpSoftLabelDataset(pairs, 2)[0]


def test_tables_have_the_published_numbers_of_classes():
    for table, count in (("voc_bbox", 20), ("voc_semantic_segmentation", 21), ("camvid", 11), ("cityscapes_semantic_segmentation", 19),
                         ("coco_bbox", 80), ("coco_semantic_segmentation", 133), ("ade20k_semantic_segmentation", 150), ("cub", 200),
                         ("online_products_super", 12)):
        names = getattr(datasets, f"{table}_label_names")
        assert len(names) == count and isinstance(names, tuple)
        colours = getattr(datasets, f"{table}_label_colors", None)
        assert colours is None or (len(colours) == count and colours[1] == tuple(colours[1]))
    assert datasets.voc_semantic_segmentation_label_colors[1] == (128, 0, 0)
    assert datasets.voc_bbox_label_names[-1] == "tvmonitor" and datasets.camvid_ignore_label_color == (0, 0, 0)


def test_datasets_are_handed_to_other_processes(voc_tree, coco_tree, scenes, tmp_path):
    photo(tmp_path / "folders" / "a" / "1.png")
    lensframe.convert(coco_tree, tmp_path / "coco.lf")
    for data in (
        datasets.VOCBboxDataset(voc_tree, "train", return_difficult=True), datasets.VOCInstanceSegmentationDataset(voc_tree, "train"),
        datasets.COCOBboxDataset(coco_tree, "val", return_crowded=True), datasets.COCOBboxDataset(tmp_path / "coco.lf", "val"),
        datasets.DirectoryParsingLabelDataset(tmp_path / "folders"),
        ConcatenatedDataset(*[datasets.COCOBboxDataset(coco_tree, "val")] * 2).slice[::-1, ("label", "img")],
    ):
        again = pickle.loads(pickle.dumps(data))
        assert again.keys == data.keys and len(again) == len(data)
        for one, two in zip(again[0], data[0]):
            assert np.array_equal(one, two)
