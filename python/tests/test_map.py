"""Python functions as getters."""

import traceback

import numpy as np
import pytest

import lensframe


def test_a_function_runs_when_its_key_is_read_and_not_before(scenes):
    calls = []

    def area(row):
        calls.append(row.row)
        return row["height"] * row["width"]

    ds = scenes.map(area, "pixels")
    assert not calls and ds.keys == (*scenes.keys, "pixels")
    assert ds[3]["pixels"] == scenes[3]["height"] * scenes[3]["width"] and calls == [3]
    assert ds[3]["file_name"] == scenes[3]["file_name"] and calls == [3]
    assert ds.slice[2:4][0]["pixels"] and calls == [3, 2]


def test_inputs_are_arguments_and_nothing_else_is_read(scenes):
    opened = []
    pictures = scenes.map(lambda row: opened.append(row.row) or row["img"], "img")
    ds = pictures.map(lambda h, w: (h / w, f"{w}x{h}"), {"aspect": "float64", "name": "utf8"}, inputs=("height", "width"))
    assert ds[0]["name"] == f"{scenes[0]['width']}x{scenes[0]['height']}"
    assert len(ds.filter("aspect > 0")) == 12
    pytest.importorskip("pyarrow")
    assert ds.select(["aspect", "name"]).to_arrow().num_rows == 12
    assert not opened
    assert ds[0]["img"].shape == scenes[0]["img"].shape and opened == [0]


def test_values_of_every_kind_come_back_as_they_went(scenes):
    values = {
        "tensor": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
        "flags": np.array([[True, False]]),
        "bytes": np.arange(6, dtype=np.uint8).reshape(1, 6),
        "empty": np.zeros((0, 4)),
        "hollow": np.zeros((3, 0), np.int64),
        "text": "zwölf",
        "number": np.int16(7),
        "big": 2**63,
        "nothing": None,
        "blob": b"\0\1",
        "record": {"a": [1, 2.5, None], "b": {"c": "d"}},
    }
    ds = scenes.map(lambda row: values, list(values), keep=False)
    row = ds[5]
    for name, want in values.items():
        got = row[name]
        if isinstance(want, np.ndarray):
            assert got.dtype == want.dtype and got.shape == want.shape and np.array_equal(got, want), name
        else:
            assert got == want, name
    odd = scenes.map(lambda row: (np.arange(6, dtype=">i4")[::-2], np.arange(4.0)[::2]), ["big_end", "step"])
    assert odd[0]["big_end"].tolist() == [5, 3, 1] and odd[0]["step"].tolist() == [0.0, 2.0]


def test_what_a_function_raises_is_the_cause_of_an_error_that_names_the_row(scenes):
    def bad(name):
        return {"a": 1}["b"] if name == scenes[7]["file_name"] else 0

    ds = scenes.map(bad, "x", inputs=["file_name"])
    assert ds[6]["x"] == 0
    with pytest.raises(lensframe.LensframeError, match="row 7") as caught:
        ds[7]["x"]
    assert caught.value.row == 7 and isinstance(caught.value.__cause__, KeyError)
    assert "in bad" in "".join(traceback.format_exception(type(caught.value), caught.value, caught.value.__traceback__))
    with pytest.raises(lensframe.LensframeError, match="type object is not kept|not kept"):
        scenes.map(lambda row: object(), "x")[0]["x"]
    with pytest.raises(KeyError, match="file_name"):
        scenes.map(bad, "x", inputs=["file_nam"])
    with pytest.raises(TypeError, match="function"):
        scenes.map("x", "y")
    with pytest.raises(lensframe.LensframeError, match="2 values"):
        scenes.map(lambda row: (1, 2), ["a", "b", "c"])[0]["a"]

    def stop(row):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scenes.map(stop, "x")[0]["x"]


def test_random_functions_depend_on_the_seed_and_the_row_alone(scenes):
    draw = lambda height, rng: float(rng.random())
    one = scenes.map(draw, "r", inputs="height", random=True, seed=1)
    two = scenes.map(draw, "r", inputs="height", random=True, seed=2)
    forward = [one[row]["r"] for row in range(12)]
    assert [one[row]["r"] for row in reversed(range(12))] == forward[::-1]
    assert len(set(forward)) == 12 and [two[row]["r"] for row in range(12)] != forward


def test_batched_functions_take_lists_and_give_columns(scenes):
    sizes = []

    def ratio(heights, widths):
        sizes.append(len(heights))
        return np.array(heights) / np.array(widths)

    ds = scenes.map(ratio, "ratio", inputs=("height", "width"), batched=True)
    assert list(ds.column("ratio")) == [row["height"] / row["width"] for row in scenes]
    assert sizes == [12]
    assert ds[3]["ratio"] == scenes[3]["height"] / scenes[3]["width"] and ds[3]["file_name"] == scenes[3]["file_name"]
    with pytest.raises(lensframe.LensframeError, match="11 values for 12"):
        scenes.map(lambda hs: hs[:-1], "x", inputs="height", batched=True).column("x")


def test_boxes_come_in_the_layout_that_is_asked_for(scenes):
    first = next(row for row in range(12) if len(scenes[row]["bbox"]))
    x, y, w, h = scenes[first]["bbox"][0]
    assert scenes.with_boxes("xyxy")[first]["bbox"][0].tolist() == [x, y, x + w, y + h]
    assert scenes.with_boxes("xyxy").keys == scenes.keys
    height, width = scenes[first]["height"], scenes[first]["width"]
    relative = scenes.with_boxes("cxcywh", relative=True)[first]["bbox"][0]
    assert np.allclose(relative, [(x + w / 2) / width, (y + h / 2) / height, w / width, h / height])
    assert len(scenes.with_boxes("yxyx").filter_objects("area > 0")) == len(scenes.filter_objects("area > 0"))
    with pytest.raises(ValueError, match="xyxy"):
        scenes.with_boxes("corners")


@pytest.mark.parametrize("use", [
    lambda ds, path: ds.filter_objects("w > 3"),
    lambda ds, path: ds.keep_objects("x1 >= 0"),
    lambda ds, path: ds.save(path / "corners.lf"),
    lambda ds, path: lensframe.export(ds, path / "coco", "coco"),
    lambda ds, path: lensframe.evaluate(ds, ds),
    lambda ds, path: ds.show(),
])
def test_boxes_in_another_layout_are_not_taken_for_what_they_are_not(scenes, tmp_path, use):
    with pytest.raises(lensframe.LensframeError, match="boxes are xyxy here"):
        use(scenes.with_boxes("xyxy"), tmp_path)
    assert len(scenes.with_boxes("xyxy").with_boxes("xywh").filter_objects("w > 3")) == len(scenes.filter_objects("w > 3"))
    pytest.importorskip("pyarrow")
    assert scenes.with_boxes("xyxy").to_arrow().schema.field("bbox").metadata[b"lensframe.boxes"] == b"xyxy"
