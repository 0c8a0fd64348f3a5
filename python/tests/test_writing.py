"""Object sets, keys and rows written from Python."""

import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import lensframe


@pytest.fixture
def own(scenes, tmp_path):
    """A stored dataset of twelve rows that a test may change."""
    light = [name for name in scenes.keys if not name.startswith("pred.")]
    return scenes.select(light).save(tmp_path / "own scenes.lf")


BOXES = np.array([[10, 20, 40, 60], [0, 0, 5, 5.5]])


def test_every_form_of_arrays_says_the_same(own):
    pa = pytest.importorskip("pyarrow")
    flat = np.arange(16.0).reshape(4, 4)
    scores, labels = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0, 1, 0, 2])
    padded = np.zeros((3, 3, 4)), np.zeros((3, 3)), np.zeros((3, 3), np.int64)
    counts = [1, 0, 3]
    for row, (first, last) in enumerate([(0, 1), (1, 1), (1, 4)]):
        for target, source in zip(padded, (flat, scores, labels)):
            target[row, : last - first] = source[first:last]
    lists = [[flat[:1], flat[1:1], flat[1:]], [scores[:1], [], scores[1:]], [labels[:1], [], labels[1:].tolist()]]
    arrow = [pa.array([[list(box) for box in part] for part in lists[0]], pa.list_(pa.list_(pa.float64(), 4)))]
    arrow += [pa.array([list(part) for part in column]) for column in lists[1:]]
    with own.writer("a") as w:
        w.write([4, 0, -1], boxes=flat, scores=scores, labels=labels, offsets=[0, 1, 1, 4], layout="xyxy")
    with own.writer("b") as w:
        w.write(np.array([4, 0, 11], np.int32), boxes=padded[0], scores=padded[1], labels=padded[2], counts=counts, layout="xyxy")
    with own.writer("c") as w:
        w.write([4, 0, 11], boxes=lists[0], scores=lists[1], labels=lists[2], layout="xyxy")
    with own.writer("d") as w:
        w.write([4, 0, 11], boxes=arrow[0], scores=arrow[1], labels=arrow[2], layout="xyxy")
    with own.writer("e") as w:
        for n, row in enumerate((4, 0, 11)):
            w.write(row, boxes=lists[0][n], scores=lists[1][n], labels=lists[2][n], layout="xyxy")
    ds = w.dataset
    assert ds[4]["a.bbox"].tolist() == [[0.0, 1.0, 2.0, 2.0]]
    assert len(ds[0]["a.bbox"]) == 0 and ds[1]["a.bbox"] is None
    for other in "bcde":
        for key in ("bbox", "score", "label"):
            for row in range(12):
                one, two = ds[row][f"a.{key}"], ds[row][f"{other}.{key}"]
                assert (one is None and two is None) or np.array_equal(one, two), (other, key, row)


def test_odd_arrays_are_understood_and_wrong_ones_refused_with_their_place(own):
    w = own.writer("r50")
    good = dict(boxes=BOXES, layout="xyxy", scores=[0.5, 0.25], labels=[0, 1])
    w.write(0, **{**good, "boxes": BOXES.astype(">f4"), "labels": np.array([0.0, 1.0])})
    w.write(1, **{**good, "boxes": np.asfortranarray(np.repeat(BOXES, 2, axis=0))[::2]})
    for change, error, place in [
        ({"layout": None}, TypeError, "layout"),
        ({"layout": "xxyy"}, ValueError, "xxyy"),
        ({"boxes": BOXES[0]}, ValueError, r"boxes: shape \(4,\)"),
        ({"boxes": BOXES[:, :3]}, ValueError, "boxes of 3 numbers"),
        ({"boxes": BOXES[:1]}, ValueError, "scores.*2 values for 1"),
        ({"scores": [0.5, float("nan")]}, ValueError, "row 2: object 1.*NaN"),
        ({"boxes": BOXES + np.inf}, ValueError, "row 2: object 0"),
        ({"labels": [0, -1]}, ValueError, "label -1"),
        ({"labels": [0, 999]}, ValueError, "label 999 of"),
        ({"labels": [0, 1.5]}, TypeError, "fractions"),
        ({"labels": ["cat", "dog"]}, TypeError, "labels"),
    ]:
        with pytest.raises(error, match=place):
            w.write(2, **{**good, **change})
    with pytest.raises(IndexError):
        w.write(12, **good)
    with pytest.raises(TypeError):
        w.write([0.5], **good)
    with pytest.raises(ValueError, match="a list of 1 for 2 rows"):
        w.write([2, 3], boxes=[BOXES], layout="xyxy")
    with pytest.raises(lensframe.LensframeError, match="bbox"):
        w.write(3, labels=[0, 1])
    assert w.missing == list(range(2, 12))
    w.discard()
    with pytest.raises(ValueError, match="closed"):
        w.write(2, **good)


def test_masks_points_and_shares_of_the_picture_are_kept(own):
    size = int(own[0]["height"]), int(own[0]["width"])
    plane = np.zeros((2, *size), bool)
    plane[0, 2:5, 3:9] = True
    from lensframe.coco import mask

    coded = mask.encode(np.asfortranarray(plane[0].astype(np.uint8)))
    with own.writer("found") as w:
        w.write(0, boxes=[[0.5, 0.5, 0.5, 1.0]] * 2, layout="cxcywh", relative=True, masks=plane,
                points=np.ones((2, 3, 2)), visible=np.full((2, 3), 2))
        w.write(1, boxes=[[0.0, 0.0, 1.0, 1.0]], layout="xyxy", relative=True, masks=[coded],
                points=np.zeros((1, 3, 2)), visible=[[0, 1, 2]])
    ds = w.dataset
    assert ds[0]["found.bbox"][0].tolist() == [size[1] / 4, 0.0, size[1] / 2, float(size[0])]
    one, other = ds[0]["found.segmentation"][0], ds[1]["found.segmentation"][0]
    assert one["rle"] == other["rle"] == coded["counts"].decode()
    assert [list(points) for points in ds[1]["found.visible"]] == [[0, 1, 2]]
    assert mask.area({"size": list(size), "counts": one["rle"].encode()}) == 18


def test_predictions_are_evaluated_where_they_were_written(own):
    with own.writer("copy") as w:
        for row, example in enumerate(own):
            w.write(row, boxes=example["bbox"], layout="xywh", labels=example["label"], scores=np.ones(len(example["label"])))
    report = lensframe.evaluate(own.path, f"{own.path}#copy")
    assert report["AP"] > 0.99


def test_what_a_function_finds_is_kept_and_gone_on_with(own):
    seen = []

    def model(pictures):
        seen.append(len(pictures))
        if len(seen) == 3:
            raise RuntimeError("out of memory")
        return [{"boxes": [[0, 0, p.shape[1], p.shape[0]]], "scores": [0.5], "labels": [0]} for p in pictures]

    with pytest.raises(RuntimeError, match="out of memory"):
        own.predict(model, to="net", batch=4, layout="xyxy")
    done = own.predict(model, to="net", batch=4, layout="xyxy")
    assert seen == [4, 4, 4, 4]
    assert all(done[row]["net.bbox"][0][2] == done[row]["width"] for row in range(12))
    assert own.predict(model, to="net", layout="xyxy").version == done.version
    with pytest.raises(TypeError, match="dict"):
        own.predict(lambda pictures: [1] * len(pictures), to="other", layout="xyxy")
    with pytest.raises(ValueError, match="3 results for 4"):
        own.predict(lambda pictures: [{}] * 3, to="other", batch=4, layout="xyxy")


KILLED = """
import sys, lensframe
ds = lensframe.open(sys.argv[1])
w = ds.writer("r50", resume=True)
for row in w.missing:
    w.write(row, boxes=[[row, 0, 5, 5]], layout="xywh", scores=[0.5], labels=[0])
    w.flush()
    print(row, flush=True)
    if row == 6:
        import time
        time.sleep(60)
w.commit()
"""


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_killed_program_goes_on_where_it_was(own, tmp_path):
    path = str(tmp_path / "own scenes.lf")
    program = [sys.executable, "-c", textwrap.dedent(KILLED), path]
    run = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
    for line in run.stdout:
        if line.strip() == "6":
            run.send_signal(signal.SIGKILL)
            break
    run.wait()
    again = subprocess.run(program, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert again.stdout.split() == [str(row) for row in range(7, 12)]
    ds = lensframe.open(path)
    assert [ds[row]["r50.bbox"][0][0] for row in range(12)] == list(range(12))


def test_keys_are_added_updated_and_rows_deleted(own):
    pa = pytest.importorskip("pyarrow")
    ds = own.add_keys({"blur": np.linspace(0, 1, 12), "vector": np.zeros((12, 3), np.float32)})
    assert ds.version == own.version + 1 and ds[11]["blur"] == 1.0 and ds[3]["vector"].tolist() == [0, 0, 0]
    assert len(ds.filter("blur > 0.9")) == 2
    part = ds.slice[2:4].add_keys(pa.table({"note": ["a", "b"]}))
    assert (part[1]["note"], part[2]["note"]) == (None, "a")
    ranks = [list(range(len(row["label"]))) for row in part]
    part = part.add_keys({"rank": ranks}, set="")
    assert part[0]["rank"].tolist() == ranks[0]
    names = list(part.column("file_name"))
    part = part.update({"file_name": [names[5], "nobody"], "blur": [7.5, 0.0]}, on="file_name")
    assert part[5]["blur"] == 7.5 and part[4]["blur"] < 1
    left = part.delete("blur > 5")
    assert len(left) == 11 and len(lensframe.open(f"{left.path}@{own.version}")) == 12
    with pytest.raises(KeyError, match="blur"):
        left.add_keys({"blur": [0.0] * 11})
    with pytest.raises(ValueError, match="version"):
        own.add_keys({"late": [0] * 12})
    with pytest.raises(TypeError, match="save"):
        left.map(lambda row: 1, "one").add_keys({"x": [0] * 11})
    with pytest.raises(ValueError, match="different lengths"):
        left.add_keys({"x": [0] * 11, "y": [0]})
