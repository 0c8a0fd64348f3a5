"""What strangers do: odd arguments, odd arrays, other processes, Ctrl-C."""

import multiprocessing
import os
import pathlib
import signal
import subprocess
import sys
from collections.abc import Mapping

import numpy as np
import pytest

import lensframe
from lensframe import _commands
from lensframe.coco import mask


def test_values_that_begin_with_a_dash_are_values(scenes, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="invalid value '-3'"):
        lensframe.synth(tmp_path / "x.lf", -3)
    monkeypatch.chdir(tmp_path)
    lensframe.export(scenes.slice[:2], "-coco", "coco")
    assert len(lensframe.convert("-coco", "-c.lf")) == 2


def test_options_given_several_times_take_one_value_or_a_list(scenes, tmp_path):
    assert _commands.words("x", split=["a", "b"], max_dets=(1, 10), iou=np.array([0.5])) == [
        "x", "--split=a", "--split=b", "--max-dets=1,10", "--iou=0.5",
    ]  # fmt: skip
    lensframe.export(scenes, tmp_path / "coco", "coco")
    splits = sorted({row["split"] for row in scenes})
    one = lensframe.convert(tmp_path / "coco", tmp_path / "one.lf", split=splits[0])
    assert {row["split"] for row in one} == {splits[0]}
    all_of_them = lensframe.convert(tmp_path / "coco", tmp_path / "all.lf", split=splits)
    assert len(all_of_them) == len(scenes)
    numbers = [lensframe.evaluate(scenes, "#pred", **said)["AP"] for said in ({}, {"split": splits})]
    assert numbers[0] == numbers[1]
    lensframe.evaluate(scenes, "#pred", fail_if=["AP<0.0", "AP50<0.0"])


def test_evaluate_takes_results_as_a_list_and_refuses_what_is_none(scenes):
    results = []
    for row in scenes:
        for box, label, score in zip(row["pred.bbox"], row["pred.label"], row["pred.score"]):
            results.append({"image_id": row["image_id"], "category_id": label, "bbox": box, "score": score})
    # The scenes' own category ids are their labels and one.
    for result in results:
        result["category_id"] = int(result["category_id"]) + 1
    of_list, of_set = lensframe.evaluate(scenes, results), lensframe.evaluate(scenes, "#pred")
    assert of_list["AP"] == of_set["AP"] > 0
    for wrong, told in (([3], "result 0 is of type int"), ([{"image_id": object()}], "type object")):
        with pytest.raises(lensframe.errors.UsageError, match=told):
            lensframe.evaluate(scenes, wrong)
    for option in ("list", "keys"):
        with pytest.raises(lensframe.errors.UsageError, match=option):
            lensframe.evaluate(scenes, "#pred", **{option: True})
    with pytest.raises(KeyError, match="no label"):
        lensframe.evaluate(scenes.slice[:, "bbox"], "#pred")


def test_what_was_drawn_or_converted_is_read_after_a_change_of_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    drawn = lensframe.synth("drawn.lf", 3, size="64x48")
    lensframe.export(drawn, "coco", "coco")
    linked = lensframe.convert("coco", "linked.lf", images="link")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert drawn[0]["img"].shape == linked[0]["img"].shape == (48, 64, 3)


def test_a_row_is_a_mapping_for_whoever_asks(scenes):
    assert isinstance(scenes[0], Mapping) and not isinstance(scenes, Mapping)


def test_one_row_is_shown_by_any_kind_of_number(scenes):
    one = np.asarray(scenes.show(3))
    assert np.array_equal(np.asarray(scenes.show(np.int64(3))), one)
    assert np.array_equal(np.asarray(scenes.show(3 - len(scenes))), one)
    for outside in (len(scenes), -len(scenes) - 1):
        with pytest.raises(IndexError):
            scenes.show(outside)


def test_arrays_of_any_layout_and_byte_order_are_the_same_masks():
    plain = np.zeros((7, 5, 3), np.uint8)
    plain[2:5, 1:4, :2] = 1
    codes = mask.encode(np.asfortranarray(plain))
    wide = np.repeat(plain, 2, axis=0)
    readonly = plain.copy()
    readonly.flags.writeable = False
    for planes in (plain, wide[::2], plain[::-1][::-1], plain * 255, plain.astype(bool), readonly):
        assert mask.encode(planes) == codes
    for dtype in (">u2", "<f8", np.int8):
        with pytest.raises(ValueError, match="uint8"):
            mask.encode(plain.astype(dtype))
    boxes = np.array([[0, 0, 10, 10], [5, 5, 3, 8.0]])
    expected = mask.iou(boxes, boxes, [0, 0]), mask.frPyObjects(boxes, 20, 20)
    for odd in (boxes.astype(">f8"), boxes.astype("f4"), boxes.astype(int), np.asfortranarray(boxes), np.repeat(boxes, 2, 0)[::2]):
        assert np.array_equal(mask.iou(odd, odd, np.array([0, 0], ">i4")), expected[0])
        assert mask.frPyObjects(odd, 20, 20) == expected[1]
    assert mask.encode(plain[:, :, :0]) == [] and mask.encode(plain[:0])[0]["size"] == [0, 5]


def seen(args):
    ds, row = args
    return int(ds[row]["img"].sum()), len(ds.filter("width > 100")), lensframe.evaluate(ds, "#pred")["AP"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("way", ["fork", "spawn"])
def test_views_work_in_other_processes_after_use_here(scenes, way):
    here = [seen((scenes, row)) for row in range(3)]
    with multiprocessing.get_context(way).Pool(2) as pool:
        there = pool.map_async(seen, [(scenes, row) for row in range(3)])
        assert there.get(timeout=60) == here


INTERRUPTED = """
import os, sys, lensframe
try:
    print("drawing", flush=True)
    lensframe.synth(sys.argv[1], 200000, size="640x480")
except KeyboardInterrupt:
    print("stopped", os.path.exists(sys.argv[1]), len(lensframe.synth(sys.argv[2], 2, size="64x48")))
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_stops_a_long_call_and_the_next_one_works(tmp_path):
    args = [sys.executable, "-c", INTERRUPTED, str(tmp_path / "a b.lf"), str(tmp_path / "c.lf")]
    root = pathlib.Path(lensframe.__file__).parent.parent
    env = {**os.environ, "PYTHONPATH": str(root)}
    child = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    assert child.stdout.readline() == "drawing\n"
    try:
        child.wait(timeout=0.7)
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert out == "stopped False 2\n" and err == "", err


def test_rows_that_are_no_numbers_say_so(scenes):
    for odd in [0.5, None, True]:
        with pytest.raises(TypeError, match="rows are numbers"):
            scenes[odd]
    with pytest.raises(IndexError, match="row 100000000000000000000 of 12"):
        scenes[10**20]


def test_an_unknown_format_is_a_wrong_value(scenes, tmp_path):
    with pytest.raises(ValueError, match="no format 'tensorflow'"):
        lensframe.open(tmp_path, format="tensorflow")


def test_remedies_name_keywords_not_options(scenes, tmp_path):
    lensframe.export(scenes, tmp_path / "out", "coco")
    with pytest.raises(FileExistsError, match="use force=True to replace it") as caught:
        lensframe.export(scenes, tmp_path / "out", "coco")
    assert "--" not in caught.value.remedy


def test_an_export_does_not_go_into_a_dataset(scenes, tmp_path):
    stored = scenes.save(tmp_path / "stored.lf").path
    before = sorted(path.name for path in stored.iterdir())
    with pytest.raises(FileExistsError, match="a dataset is there"):
        lensframe.export(scenes, stored, "coco", force=True)
    assert sorted(path.name for path in stored.iterdir()) == before


def test_a_row_is_pickled_as_a_dict(scenes):
    import pickle

    row = pickle.loads(pickle.dumps(scenes[2]))
    assert type(row) is dict and tuple(row) == scenes.keys
    assert row["width"] == scenes[2]["width"] and (row["img"] == scenes[2]["img"]).all()


def test_joins_of_joins_stay_as_cheap_as_the_first(scenes):
    joined = scenes
    for _ in range(40):
        joined = lensframe.concat(joined.slice[:5], joined.slice[5:])
        joined = lensframe.zip(joined.select(list(joined.keys[:3])), joined.select(list(joined.keys[3:])))
    assert len(joined) == 12 and joined[7]["width"] == scenes[7]["width"]


def test_a_dataset_is_not_put_inside_another(scenes, tmp_path):
    outer = scenes.save(tmp_path / "outer.lf").path
    with pytest.raises(FileExistsError, match="inside the dataset"):
        scenes.save(outer / "inner.lf")


def test_a_row_without_images_says_where_to_name_them(scenes, tmp_path):
    lensframe.export(scenes, tmp_path / "coco", "coco")
    found = min(path for path in (tmp_path / "coco").rglob("*.json") if "instances" in path.name)
    alone = tmp_path / "alone.json"
    alone.write_bytes(found.read_bytes())
    with pytest.raises(KeyError, match="image_root"):
        lensframe.open(alone)[0]["img"]


def test_the_program_is_a_module_too():
    done = subprocess.run([sys.executable, "-m", "lensframe", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("lensframe ")
