"""Datasets: rows, keys, views, what is read and what is not."""

import gc
import os
import pickle

import numpy as np
import pytest

import lensframe


def test_a_row_is_a_mapping_whose_keys_are_read_when_asked(scenes):
    row = scenes[0]
    assert set(row) == set(scenes.keys) and len(row) == len(scenes.keys)
    assert isinstance(row["width"], int) and row["file_name"].endswith(".jpg")
    boxes, labels = row["bbox"], row["label"]
    assert boxes.dtype == np.float64 and boxes.shape == (len(labels), 4)
    assert labels.dtype == np.int64 and not boxes.flags.writeable
    image = row["img"]
    assert image.dtype == np.uint8 and image.shape == (row["height"], row["width"], 3)
    assert row.get("nothing") is None and row.get("nothing", 7) == 7
    assert dict(row.items())["split"] == row["split"]


def test_rows_are_counted_from_both_ends_and_listed_by_slices(scenes):
    assert scenes[-1]["image_id"] == scenes[len(scenes) - 1]["image_id"]
    for outside in (len(scenes), -len(scenes) - 1):
        with pytest.raises(IndexError):
            scenes[outside]
    assert [row["image_id"] for row in scenes[2:4]] == [scenes[2]["image_id"], scenes[3]["image_id"]]
    assert [row.row for row in scenes] == list(range(len(scenes)))


def test_slice_is_what_chainercv_writes(scenes):
    ids = [row["image_id"] for row in scenes]
    view = scenes.slice[3:7]
    assert len(view) == 4 and view[0]["image_id"] == ids[3]
    labels = scenes.slice[:, "label"]
    assert labels.keys == "label" and np.array_equal(labels[5], scenes[5]["label"])
    pairs = scenes.slice[[3, 1, 4], ("image_id", "width")]
    assert pairs.keys == ("image_id", "width")
    assert pairs[0] == (ids[3], scenes[3]["width"]) and len(pairs) == 3
    assert scenes.slice[:, ("image_id",)][2] == (ids[2],)
    flags = [at % 2 == 0 for at in range(len(scenes))]
    assert [row["image_id"] for row in scenes.slice[flags]] == ids[::2]
    assert [row["image_id"] for row in scenes.slice[np.array(flags)]] == ids[::2]
    assert [row["image_id"] for row in scenes.slice[np.array([2, -1])]] == [ids[2], ids[-1]]
    assert len(scenes.slice[[]]) == 0
    assert [row["image_id"] for row in scenes.slice[::-1].slice[:2]] == ids[::-1][:2]
    assert scenes.slice[:, 0].keys == scenes.keys[0]
    with pytest.raises(ValueError):
        scenes.slice[[True, False]]
    for odd in (3, "img", [True, 1], 1.5):
        with pytest.raises(TypeError):
            scenes.slice[odd]
    with pytest.raises(KeyError):
        scenes.slice[:, "labell"]
    with pytest.raises(TypeError):
        scenes.slice[0:1, "label", 3]


def test_columns_share_their_memory_with_numpy_and_arrow(scenes):
    pa = pytest.importorskip("pyarrow")
    widths = scenes.column("width")
    assert len(widths) == len(scenes) and widths[0] == scenes[0]["width"] and widths[-1] == scenes[-1]["width"]
    array = widths.to_numpy()
    table = pa.table(widths)
    assert table.column_names == ["width"]
    chunk = table.column(0).chunk(0)
    assert chunk.buffers()[1].address + chunk.offset * 4 == array.__array_interface__["data"][0]
    boxes = scenes.column("bbox")
    assert boxes.values.shape == (boxes.offsets[-1], 4)
    assert np.array_equal(boxes.values[boxes.offsets[4] : boxes.offsets[5]], scenes[4]["bbox"])
    with pytest.raises(TypeError):
        boxes.to_numpy()
    assert scenes.column("file_name").to_list()[0] == scenes[0]["file_name"]
    del widths, table, chunk
    assert array.sum() == sum(row["width"] for row in scenes)


def test_other_libraries_take_a_view_as_a_table(scenes):
    pl = pytest.importorskip("polars")
    pytest.importorskip("pyarrow")
    light = scenes.select(["image_id", "width", "label"])
    frame = light.to_polars()
    assert frame["label"].list.len().sum() == sum(len(row["label"]) for row in light)
    back = lensframe.from_arrow(frame)
    assert len(back) == len(scenes) and back[3]["width"] == scenes[3]["width"]
    assert light.to_arrow().num_rows == len(scenes)
    with pytest.raises(TypeError, match="list hands out no Arrow table"):
        lensframe.from_arrow([1, 2])
    answer = scenes.sql("SELECT split, COUNT(*) AS n FROM images GROUP BY split")
    assert pl.DataFrame(answer)["n"].sum() == len(scenes)


def test_questions_are_views(scenes):
    wide = scenes.filter("width >= 110")
    assert all(row["width"] >= 110 for row in wide)
    assert len(wide) + len(scenes.filter("width < 110")) == len(scenes)
    large = scenes.filter_objects("area > 400")
    assert [row["image_id"] for row in large] == [r["image_id"] for r in scenes if (r["area"] > 400).any()]
    assert len(scenes.filter_objects("area > 400", none=True)) == len(scenes) - len(large)
    kept = scenes.keep_objects("area > 400")
    assert all((row["area"] > 400).all() for row in kept) and len(kept) == len(scenes)
    answer = scenes.sql("SELECT category, COUNT(*) AS n FROM objects GROUP BY category ORDER BY n DESC, category")
    assert answer.column("n").to_numpy().sum() == sum(len(row["label"]) for row in scenes)
    assert scenes.group_counts("images", "split").column("count").to_numpy().sum() == len(scenes)
    order = [row["width"] for row in scenes.sort_by("width", descending=True)]
    assert order == sorted(order, reverse=True)
    assert len(scenes.distinct("split")) == len({row["split"] for row in scenes})
    with pytest.raises(TypeError):
        scenes.filter_objects("area > 1", all=True, none=True)


def test_joins_take_datasets_and_tables(scenes):
    pa = pytest.importorskip("pyarrow")
    scores = pa.table({"name": [scenes[2]["file_name"], "none.jpg"], "score": [0.5, 0.25]})
    joined = scenes.join(scores, {"file_name": "name"})
    assert len(joined) == 1 and joined[0]["score"] == 0.5 and joined[0]["image_id"] == scenes[2]["image_id"]
    left = scenes.join(scores, {"file_name": "name"}, how="left")
    assert [row["score"] for row in left] == [0.5 if at == 2 else None for at in range(len(scenes))]
    both = lensframe.concat(scenes.slice[:2], scenes.slice[8:])
    assert len(both) == 2 + len(scenes) - 8
    beside = lensframe.zip(scenes.select(["image_id"]), scenes.select(["width"]))
    assert beside[1]["width"] == scenes[1]["width"]


def test_what_is_saved_opens_again(scenes, tmp_path):
    wide = scenes.filter("width > 100")
    saved = wide.save(tmp_path / "wide ones.lf")
    assert [row["image_id"] for row in saved] == [row["image_id"] for row in wide]
    assert np.array_equal(saved[0]["img"], wide[0]["img"])
    with pytest.raises(FileExistsError):
        scenes.save(tmp_path / "wide ones.lf")
    lensframe.export(saved, tmp_path / "coco", "coco")
    assert len(lensframe.open(tmp_path / "coco")) == len(saved)


def test_views_are_pickled_by_path_and_rows(scenes):
    told = lambda view: str([one if isinstance(one, tuple) else one["image_id"] for one in view])
    for view in (scenes, scenes.slice[::-2], scenes.shuffle(3), scenes.slice[[4, 4, 0], ("image_id", "label")]):
        again = pickle.loads(pickle.dumps(view))
        assert again.keys == view.keys and told(again) == told(view)
    with pytest.raises(TypeError, match="save"):
        pickle.dumps(lensframe.concat(scenes, scenes))


def test_errors_are_exceptions_with_a_place(scenes, tmp_path):
    with pytest.raises(KeyError, match="width"):
        scenes[0]["widht"]
    with pytest.raises(lensframe.LensframeError) as caught:
        scenes.filter("widht > 3")
    assert caught.value.kind == "Key" and "width" in str(caught.value)
    with pytest.raises(FileNotFoundError):
        lensframe.open(tmp_path / "nothing.lf")
    bad = tmp_path / "bad.json"
    bad.write_text('{"images": [{"id": 1, "file_name"')
    with pytest.raises(ValueError) as caught:
        lensframe.open(bad)
    assert "bad.json" in str(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is type(caught.value) and again.kind == caught.value.kind


def test_a_dataset_shows_itself(scenes):
    page = scenes._repr_html_()
    assert page.count("data:image/png;base64,") == 5 and scenes[0]["file_name"] in page and "and 7 more rows" in page
    assert "<b>pred</b>" in page and "pred.score" not in page
    assert any(name in page.split("<tbody>")[1] for name in scenes.classes())
    assert "img" in scenes.slice[:, "img"]._repr_html_() and "[" in scenes.slice[:, "label"]._repr_html_()
    assert "0 rows" in scenes.slice[:0]._repr_html_() and ">7<" in scenes.sql("SELECT 7 AS n")._repr_html_()
    assert scenes.select(["label", "bbox"])._repr_html_().count("<tr>") == 11
    sheet = np.asarray(scenes.show(range(4)))
    assert sheet.ndim == 3 and sheet.shape[2] == 3 and sheet.std() > 0
    assert repr(scenes).startswith("<lensframe.Dataset of 12 rows")


def _mean(pair):
    return pair[0].mean(), pair[1]


def test_torch_like_datasets_hand_out_writable_rows(scenes):
    rows = scenes.slice[:, ("img", "label")].torch(transform=_mean)
    mean, labels = rows[3]
    assert len(rows) == len(scenes) and mean > 0 and labels.flags.writeable
    again = pickle.loads(pickle.dumps(scenes.torch()))
    assert again[0]["bbox"].flags.writeable


def test_labels_of_a_view_open_no_image(scenes, tmp_path):
    """Labels are read of a dataset whose images are gone."""
    folder = tmp_path / "coco"
    lensframe.export(scenes, folder, "coco")
    linked = lensframe.convert(folder, tmp_path / "linked.lf", images="link")
    for base, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".jpg"):
                os.remove(os.path.join(base, name))
    assert sum(len(labels) for labels in linked.slice[:, "label"]) == sum(len(row["label"]) for row in scenes)
    with pytest.raises(FileNotFoundError):
        linked[0]["img"]


def test_rows_and_streams_outlive_the_import_that_they_are_of(scenes, tmp_path):
    lensframe.export(scenes, tmp_path / "coco", "coco")
    row = lensframe.open(tmp_path / "coco")[0]
    rows = list(lensframe.open(tmp_path / "coco"))
    gc.collect()
    assert len(row["bbox"]) == len(rows[0]["bbox"])
    pa = pytest.importorskip("pyarrow")
    light = lensframe.open(tmp_path / "coco").select(["image_id", "bbox"])
    reader = pa.RecordBatchReader.from_stream(light)
    del light
    gc.collect()
    assert reader.read_all().num_rows == 12


def test_pickled_views_of_imports_have_their_splits(scenes, tmp_path):
    lensframe.export(scenes, tmp_path / "coco", "coco")
    split = scenes[11]["split"]
    some = lensframe.open(tmp_path / "coco", split=split)
    again = pickle.loads(pickle.dumps(some.slice[1:]))
    assert list(again.column("image_id")) == list(some.column("image_id"))[1:]


def test_names_that_are_almost_right_are_answered_with_the_right_ones(scenes):
    with pytest.raises(KeyError, match="did you mean bbox"):
        scenes[0]["bbx"]
    with pytest.raises(lensframe.LensframeError, match="filter_objects"):
        scenes.filter("category = 'disc'")
    with pytest.raises(lensframe.LensframeError, match="no set 'prd'"):
        scenes.keep_objects("score > 1", set="prd")
    with pytest.raises(ValueError, match="pred.bbox"):
        lensframe.open(f"{scenes.path}#pred")
