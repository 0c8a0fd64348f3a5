"""``lensframe.chainercv``: the numbers of ChainerCV's own tests and of recorded runs of it (0.13.1), and what is ours."""

import numpy as np
import pytest

import lensframe.coco
from lensframe.chainercv import evaluations, extensions

NAN = float("nan")


def boxes(*rows):
    return np.array(rows, dtype=np.float32).reshape(-1, 4)


def ints(*values):
    return np.array(values, dtype=np.int32)


def floats(*values):
    return np.array(values, dtype=np.float32)


def flags(*values):
    return np.array(values, dtype=bool)


def curves_equal(found, wanted):
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted):
        assert (one is None) == (other is None)
        if other is not None:
            np.testing.assert_allclose(one, other)


ONE_IMAGE = ([boxes([0, 0, 1, 1], [0, 0, 2, 2], [0.3, 0.3, 0.5, 0.5])], [ints(0, 0, 0)], [floats(0.8, 0.9, 1)])


@pytest.mark.parametrize("difficult", [False, True])
def test_voc_matches_from_the_threshold_on_and_counts_pixels_inclusively(difficult):
    truth = ([boxes([0, 0, 1, 0.9])], [ints(0)], None)
    if difficult:
        truth = ([boxes([0, 0, 1, 0.9], [1, 1, 2, 2])], [ints(0, 0)], [flags(False, True)])
    prec, rec = evaluations.calc_detection_voc_prec_rec(*ONE_IMAGE, *truth, iou_thresh=0.5)
    curves_equal(prec, [[0, 0, 1 / 3]])
    curves_equal(rec, [[0, 0, 1]])
    prec, rec = evaluations.calc_detection_voc_prec_rec(*ONE_IMAGE, *truth, iou_thresh=0.97)
    curves_equal(prec, [[0, 0, 0]])
    curves_equal(rec, [[0, 0, 0]])


def two_images(last, difficult=None):
    return (
        [boxes([0, 4, 1, 5], [0, 0, 1, 1]), boxes([0, 0, 2, 2], [2, 2, 3, 3], last)],
        [ints(0, 0), ints(0, 2, 2)], [floats(1, 0.9), floats(0.7, 0.6, 0.8)],
        [boxes([0, 0, 1, 1], [1, 0, 4, 4]), boxes([2, 2, 3, 3])], [ints(0, 0), ints(2)], difficult,
    )


def test_voc_curves_have_a_place_for_every_class_up_to_the_greatest():
    prec, rec = evaluations.calc_detection_voc_prec_rec(*two_images([5, 5, 7, 7]), iou_thresh=0.4)
    curves_equal(prec, [[0, 0.5, 1 / 3], None, [0, 0.5]])
    curves_equal(rec, [[0, 0.5, 0.5], None, [0, 1]])
    # Generators are read in step.
    again = evaluations.calc_detection_voc_prec_rec(*(iter(one) for one in two_images([5, 5, 7, 7])[:5]), iou_thresh=0.4)
    curves_equal(again[0], prec)
    hard = two_images([2, 2, 3, 3], [flags(False, False), flags(True)])
    prec, rec = evaluations.calc_detection_voc_prec_rec(*hard, iou_thresh=0.4)
    curves_equal(prec[2:], [[NAN, NAN]])
    assert rec[2] is None


def test_voc_average_precision_is_an_area_or_eleven_points():
    prec, rec = [[0, 0.5, 1 / 3], None, [NAN, 0.5]], [[0, 0.5, 0.5], None, [0, 1]]
    np.testing.assert_allclose(evaluations.calc_detection_voc_ap(prec, rec), [0.25, NAN, 0.5])
    np.testing.assert_allclose(evaluations.calc_detection_voc_ap(prec, rec, use_07_metric=True), [0.5 / 11 * 6, NAN, 0.5])
    with pytest.raises(ValueError, match="2 classes, recall of 1"):
        evaluations.calc_detection_voc_ap(prec[:2], rec[:1])


def test_voc_is_nan_where_no_truth_counts_and_zero_where_nothing_was_found():
    # Classes 0: truth alone; 1: detections alone; 2: difficult truth alone; 3: neither; 4: both.
    result = evaluations.eval_detection_voc(
        [boxes([0, 0, 9, 9], [0, 0, 9, 9], [0, 0, 9, 9])], [ints(1, 2, 4)], [floats(0.5, 0.5, 0.5)],
        [boxes([0, 0, 9, 9], [0, 0, 9, 9], [0, 0, 9, 9])], [ints(0, 2, 4)], [flags(False, True, False)])
    np.testing.assert_array_equal(result["ap"], [0, NAN, NAN, NAN, 1])
    assert result["map"] == 0.5


def test_evaluations_of_nothing_are_empty_and_nan():
    nothing = [boxes()], [ints()], [floats()], [boxes()], [ints()]
    for arguments in (nothing, ([],) * 5):
        result = evaluations.eval_detection_voc(*arguments)
        assert len(result["ap"]) == 0 and np.isnan(result["map"])
        result = evaluations.eval_detection_coco(*arguments)
        assert result["existent_labels"] == [] and np.isnan(result["map/iou=0.50:0.95/area=all/max_dets=100"])
    assert np.isnan(evaluations.eval_semantic_segmentation([], [])["miou"])


def test_lists_of_different_lengths_are_refused_by_every_evaluation():
    pred, truth = [boxes([0, 0, 1, 1])] * 2, [boxes([0, 0, 1, 1])]
    for evaluate in (evaluations.eval_detection_voc, evaluations.eval_detection_coco):
        with pytest.raises(ValueError, match="gt_bboxes and gt_labels end after 1 images"):
            evaluate(pred, [ints(0)] * 2, [floats(1)] * 2, truth, [ints(0)])
        with pytest.raises(ValueError, match="image 0: 1 .*, 2 pred_labels"):
            evaluate(truth, [ints(0, 1)], [floats(1)], truth, [ints(0)])
        with pytest.raises(ValueError, match="label -1 is below 0"):
            evaluate(truth, [ints(-1)], [floats(1)], truth, [ints(0)])
    with pytest.raises(ValueError, match=r"boxes are \(R, 4\)"):
        evaluations.eval_detection_voc([np.zeros((1, 5), np.float32)], [ints(0)], [floats(1)], truth, [ints(0)])
    with pytest.raises(ValueError, match="end after 0 images"):
        evaluations.eval_semantic_segmentation([], [np.zeros((2, 2), int)])
    with pytest.raises(ValueError, match="end after 1 images"):
        evaluations.eval_instance_segmentation_coco([np.ones((1, 2, 2), bool)] * 2, [ints(0)] * 2, [floats(1)] * 2, [np.ones((1, 2, 2), bool)], [ints(0)])


def test_masks_by_voc_are_counted_in_pixels():
    pred = np.array([[[0, 0], [1, 1]], [[1, 1], [0, 1]], [[1, 0], [1, 1]]], dtype=bool)
    truth = np.array([[[1, 1], [0, 0]]], dtype=bool)
    sides = ([pred], [ints(0, 0, 0)], [floats(0.8, 0.9, 1)], [truth], [ints(0)])
    prec, rec = evaluations.calc_instance_segmentation_voc_prec_rec(*sides, iou_thresh=0.5)
    curves_equal(prec, [[0, 1 / 2, 1 / 3]])
    curves_equal(rec, [[0, 1, 1]])
    with pytest.raises(ValueError, match="predicted masks of"):
        evaluations.eval_instance_segmentation_voc([pred], sides[1], sides[2], [np.ones((1, 3, 3), bool)], [ints(0)])


def rectangles(*corners):
    out = np.zeros((len(corners), 6, 6), dtype=bool)
    for mask, (top, left, bottom, right) in zip(out, corners):
        mask[top:bottom, left:right] = True
    return out


def test_masks_by_coco_and_voc_give_the_recorded_numbers():
    sides = (
        [rectangles((0, 0, 3, 3), (2, 2, 6, 6)), rectangles((1, 1, 5, 4))], [ints(0, 1), ints(0)], [floats(0.9, 0.5), floats(0.7)],
        [rectangles((0, 0, 3, 4), (3, 3, 6, 6)), rectangles((1, 1, 5, 5), (0, 0, 6, 6))], [ints(0, 1), ints(0, 1)],
    )
    result = evaluations.eval_instance_segmentation_coco(*sides)
    np.testing.assert_allclose(result["ap/iou=0.50:0.95/area=all/max_dets=100"], [0.6, 0.10099], atol=1e-6)
    np.testing.assert_allclose(result["map/iou=0.50:0.95/area=all/max_dets=100"], 0.350495, atol=1e-6)
    np.testing.assert_allclose(result["ap/iou=0.50/area=all/max_dets=100"], [1, 0.504951], atol=1e-6)
    np.testing.assert_allclose(result["ap/iou=0.75/area=all/max_dets=100"], [1, 0], atol=1e-6)
    np.testing.assert_allclose(result["mar/iou=0.50:0.95/area=all/max_dets=100"], 0.35, atol=1e-6)
    np.testing.assert_allclose(evaluations.eval_instance_segmentation_voc(*sides)["ap"], [1, 0.5])


def test_coco_takes_the_best_score_first_and_knows_crowds():
    sides = ([boxes([0, 0, 10, 10], [0, 0, 20, 20])], [ints(0, 0)], [floats(0.8, 0.9)], [boxes([0, 0, 10, 9])], [ints(0)])
    result = evaluations.eval_detection_coco(*sides)
    wanted = {"map/iou=0.50:0.95/area=all/max_dets=100": 0.45, "map/iou=0.50/area=all/max_dets=100": 0.5,
              "map/iou=0.75/area=all/max_dets=100": 0.5, "mar/iou=0.50:0.95/area=all/max_dets=1": 0,
              "mar/iou=0.50:0.95/area=all/max_dets=10": 0.9, "mar/iou=0.50:0.95/area=all/max_dets=100": 0.9}
    for key, value in wanted.items():
        np.testing.assert_allclose(result[key], value, atol=1e-6)
    assert not any("small" in key for key in result) and isinstance(result["coco_eval"], lensframe.coco.COCOeval)
    # The spellings that ChainerCV's manual prints are answered, and are none of the keys.
    assert result["mar/iou=0.50/area=all/max_dets=10"] == result["mar/iou=0.50:0.95/area=all/max_dets=10"]
    assert "mar/iou=0.50/area=all/max_dets=10" not in result
    with pytest.raises(KeyError):
        result["map/iou=0.60"]
    crowd = evaluations.eval_detection_coco(*sides, gt_crowdeds=[flags(True)])
    assert np.isnan(crowd["map/iou=0.50:0.95/area=all/max_dets=100"])


def test_coco_gives_the_recorded_numbers():
    pred = ([boxes([10, 10, 40, 40], [12, 12, 42, 40], [50, 50, 150, 160]), boxes([0, 0, 20, 20], [30, 30, 60, 60]), boxes([5, 5, 25, 25], [100, 100, 110, 110])],
            [ints(0, 0, 1), ints(0, 2), ints(1, 0)], [floats(0.9, 0.8, 0.7), floats(0.6, 0.95), floats(0.5, 0.4)])
    truth = ([boxes([10, 10, 40, 42], [50, 50, 150, 150]), boxes([0, 0, 20, 25], [28, 30, 60, 62], [0, 0, 100, 100]), boxes([5, 5, 25, 30])],
             [ints(0, 1), ints(0, 2, 0), ints(1)])
    areas = [floats(900, 9000), floats(450, 1000, 8000), floats(480)]
    crowds = [flags(False, False), flags(False, False, True), flags(False)]
    result = evaluations.eval_detection_coco(*pred, *truth, areas, crowds)
    recorded = {
        "ap/iou=0.50:0.95/area=all/max_dets=100": [0.685479, 0.80099, 0.8], "map/iou=0.50:0.95/area=all/max_dets=100": 0.762156,
        "ap/iou=0.50/area=all/max_dets=100": [0.834984, 1, 1], "map/iou=0.50/area=all/max_dets=100": 0.944995,
        "ap/iou=0.75/area=all/max_dets=100": [0.834984, 1, 1],
        "ap/iou=0.50:0.95/area=small/max_dets=100": [0.685479, 0.7, 0.8], "map/iou=0.50:0.95/area=small/max_dets=100": 0.728493,
        "ap/iou=0.50:0.95/area=medium/max_dets=100": [NAN, 0.9, NAN], "map/iou=0.50:0.95/area=medium/max_dets=100": 0.9,
        "ap/iou=0.50:0.95/area=large/max_dets=100": [NAN] * 3, "map/iou=0.50:0.95/area=large/max_dets=100": NAN,
        "ar/iou=0.50:0.95/area=all/max_dets=1": [0.8] * 3, "ar/iou=0.50:0.95/area=all/max_dets=100": [0.8] * 3,
        "ar/iou=0.50:0.95/area=small/max_dets=100": [0.8, 0.7, 0.8], "mar/iou=0.50:0.95/area=small/max_dets=100": 0.766667,
        "mar/iou=0.50:0.95/area=medium/max_dets=100": 0.9,
    }
    for key, value in recorded.items():
        np.testing.assert_allclose(result[key], value, atol=1e-6, err_msg=key)
    plain = evaluations.eval_detection_coco(*pred, *truth)
    for key, value in (("map/iou=0.50:0.95", 0.685478), ("map/iou=0.50", 0.851485), ("map/iou=0.75", 0.851485), ("mar/iou=0.50:0.95", 0.711111)):
        np.testing.assert_allclose(plain[f"{key}/area=all/max_dets=100"], value, atol=1e-6)
    voc = evaluations.eval_detection_voc(*pred, *truth, crowds)
    np.testing.assert_allclose(voc["ap"], [0.833333, 1, 1], atol=1e-6)
    np.testing.assert_allclose(evaluations.eval_detection_voc(*pred, *truth, crowds, use_07_metric=True)["ap"], [0.848485, 1, 1], atol=1e-6)


def test_label_maps_leave_out_what_is_ignored():
    pred, truth = np.array([[1, 1, 0], [0, 0, 1]]), np.array([[1, 0, 0], [0, -1, 1]])
    result = evaluations.eval_semantic_segmentation([pred] * 2, [truth] * 2)
    np.testing.assert_allclose(result["iou"], [4 / 6, 4 / 6])
    np.testing.assert_allclose(result["class_accuracy"], [2 / 3, 1])
    assert result["pixel_accuracy"] == 4 / 5
    confusion = evaluations.calc_semantic_segmentation_confusion([pred] * 2, iter([truth] * 2))
    assert confusion.dtype == np.int64 and confusion.tolist() == [[4, 2], [0, 4]]
    # Predictions count among the classes even where the truth is ignored.
    assert len(evaluations.calc_semantic_segmentation_confusion([np.array([[5]])], [np.array([[-1]])])) == 6


def test_a_class_that_is_only_predicted_has_iou_zero_and_no_accuracy():
    result = evaluations.eval_semantic_segmentation([np.zeros((2, 3), int)], [np.ones((2, 3), int)])
    np.testing.assert_array_equal(result["iou"], [0, 0])
    np.testing.assert_array_equal(result["class_accuracy"], [NAN, 0])
    assert result["pixel_accuracy"] == 0 and result["mean_class_accuracy"] == 0
    with pytest.raises(ValueError, match="image 1"):
        evaluations.eval_semantic_segmentation([np.zeros((2, 3), int)] * 2, [np.zeros((2, 3), int), np.zeros((3, 2), int)])
    with pytest.raises(ValueError, match="below 0"):
        evaluations.eval_semantic_segmentation([-np.ones((2, 3), int)], [np.zeros((2, 3), int)])
    with pytest.raises(ValueError, match=r"\(H, W\)"):
        evaluations.eval_semantic_segmentation([np.zeros(3, int)], [np.zeros(3, int)])


def test_evaluators_go_through_batches_and_name_the_classes():
    img = np.zeros((3, 8, 8), dtype=np.float32)
    sample = (img, boxes([0, 0, 4, 4]), ints(1))
    batches = [[sample, sample], [sample]]

    class Detector:
        def predict(self, imgs):
            return [boxes([0, 0, 4, 4])] * len(imgs), [ints(1)] * len(imgs), [floats(0.5)] * len(imgs)

    evaluator = extensions.DetectionVOCEvaluator(iter(batches), Detector(), label_names=("a", "b", "c"))
    result = evaluator()
    assert result.keys() == {"main/map", "main/ap/a", "main/ap/b", "main/ap/c"}
    assert result["main/map"] == 1 and result["main/ap/b"] == 1 and np.isnan(result["main/ap/c"])
    coco = extensions.DetectionCOCOEvaluator(batches, Detector(), label_names=("a", "b"))
    coco.iterator, coco.name = iter(batches), "val"
    assert coco()["val/main/ap/iou=0.50/area=all/max_dets=100/b"] == 1
    with pytest.raises(ValueError, match="3 or 5 values, not 4"):
        extensions.DetectionCOCOEvaluator(iter([[sample + (flags(True),)]]), Detector())()
    label = np.array([[0, 1]])
    maps = extensions.SemanticSegmentationEvaluator(iter([[(img, label)]]), type("M", (), {"predict": lambda self, imgs: [label]})())
    assert maps()["main/miou"] == 1
    assert np.isnan(extensions.DetectionVOCEvaluator(iter([]), Detector())()["main/map"])
