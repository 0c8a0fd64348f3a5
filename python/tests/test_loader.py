"""``lensframe.Loader``: batches for training loops."""

import json
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

import lensframe

STEPS = [
    {"op": "random_resized_crop", "size": [24, 32]},
    {"op": "random_flip"},
    {"op": "normalize", "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]},
]


def loader(scenes, steps=STEPS, batch_size=4, **options):
    return lensframe.Loader(scenes, steps, batch_size, workers=options.pop("workers", 2), **options)


def same(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k]) for k in a if k in ("img", "row", "offsets", "bbox"))


def test_a_batch_is_a_dict_of_arrays(scenes):
    batches = list(loader(scenes, shuffle=True, seed=1))
    assert len(batches) == len(loader(scenes)) == 3
    first = batches[0]
    assert first["img"].shape == (4, 3, 24, 32) and first["img"].dtype == np.float32
    assert first["img"].flags.writeable and first["img"].flags.aligned
    assert first["row"].shape == (4,) and first["offsets"].shape == (5,)
    assert len(first["bbox"]) == len(first["label"]) == first["offsets"][-1]
    assert first["size"].tolist() == [[24, 32]] * 4
    assert sorted(np.concatenate([batch["row"] for batch in batches])) == list(range(12))
    assert isinstance(first["file_name"], list) and first["width"].dtype == np.int64


def test_pictures_are_not_copied_and_their_memory_is_used_again(scenes):
    own, addresses = loader(scenes), set()
    for _ in range(6):
        for batch in own:
            addresses.add(batch["img"].__array_interface__["data"][0])
            assert batch["img"].__array_interface__["data"][0] % 64 == 0
            kept = batch["img"]
    assert kept.base is not None
    assert len(addresses) < 12, "each batch had memory of its own"


def test_pictures_go_to_other_libraries_without_a_copy(scenes):
    batch = next(iter(loader(scenes)))
    address = batch["img"].__array_interface__["data"][0]
    same_memory = np.from_dlpack(batch["img"])
    assert same_memory.__array_interface__["data"][0] == address and same_memory.flags.writeable
    torch = pytest.importorskip("torch")
    for tensor in (torch.from_dlpack(batch["img"]), torch.from_numpy(batch["img"]), torch.as_tensor(batch["img"])):
        assert tensor.data_ptr() == address
    tensor[0, 0, 0, 0] = 77
    assert batch["img"][0, 0, 0, 0] == 77
    del batch, same_memory
    assert tensor[0, 0, 0, 0] == 77, "the tensor keeps the memory"
    own = next(iter(loader(scenes, {"steps": STEPS, "output": {"dtype": "bf16"}})))["img"]
    assert own.dtype == torch.bfloat16 and torch.from_dlpack(own).data_ptr() == own.data_ptr()


def test_pictures_are_copied_into_memory_of_the_caller(scenes):
    wanted = list(loader(scenes, batch_size=5))
    out = [np.zeros((5, 3, 24, 40), np.float32) for _ in range(2)]
    for at, (batch, want) in enumerate(zip(loader(scenes, batch_size=5, out=out), wanted)):
        assert np.array_equal(batch["img"], want["img"]) and batch["img"].flags.c_contiguous
        assert batch["img"].__array_interface__["data"][0] == out[at % 2].__array_interface__["data"][0]
    wrong = {"float32.*uint8": np.zeros(99999, np.uint8), "takes 11520 numbers": np.zeros(9, np.float32)}
    for said, memory in {**wrong, "in one piece": np.zeros((99999, 2), np.float32)[:, 0]}.items():
        with pytest.raises(ValueError, match=said):
            next(iter(loader(scenes, batch_size=5, out=[memory])))
    with pytest.raises(ValueError, match="at least one"):
        loader(scenes, out=[])
    torch = pytest.importorskip("torch")
    memory = torch.zeros(20000)
    images, _ = next(iter(loader(scenes, batch_size=5, out=[memory], collate="torchvision")))
    assert images[0].data_ptr() == memory.data_ptr() and np.array_equal(images[0].numpy(), wanted[0]["img"][0])


def test_batches_do_not_depend_on_threads(scenes):
    alone = list(loader(scenes, shuffle=True, workers=0))
    for workers in (1, 3):
        assert all(same(a, b) for a, b in zip(loader(scenes, shuffle=True, workers=workers), alone))


def test_epochs_follow_each_other_and_can_be_set(scenes):
    own = loader(scenes, shuffle=True)
    first, second = ([batch["row"].tolist() for batch in own] for _ in range(2))
    assert first != second and own.epoch == 2
    own.set_epoch(0)
    assert [batch["row"].tolist() for batch in own] == first


def test_a_loader_goes_on_where_another_was(scenes):
    whole = [batch["row"].tolist() for batch in loader(scenes, shuffle=True, batch_size=2)]
    own = loader(scenes, shuffle=True, batch_size=2)
    batches = iter(own)
    seen = [next(batches)["row"].tolist() for _ in range(2)]
    state = json.loads(json.dumps(own.state_dict()))
    assert len(state["position"]) <= 100
    parts = []
    for rank in range(2):
        other = loader(scenes, shuffle=True, batch_size=2, rank=rank, world_size=2)
        other.load_state_dict(state)
        parts.append([batch["row"].tolist() for batch in other])
    rest = [batch for pair in zip(*parts) for batch in pair]
    assert seen + rest == whole
    with pytest.raises(lensframe.LensframeError):
        other = loader(scenes, shuffle=True, batch_size=3)
        other.load_state_dict(state)
        next(iter(other))


def test_boxes_come_in_the_layout_that_is_asked_for(scenes):
    steps = [{"op": "resize", "size": [48, 64]}]
    plain = next(iter(loader(scenes, steps)))
    corners = next(iter(loader(scenes, steps, boxes="xyxy")))
    x, y, w, h = plain["bbox"].T
    assert np.array_equal(corners["bbox"].T, [x, y, x + w, y + h])
    shares = next(iter(loader(scenes, steps, boxes="cxcywh", relative=True)))["bbox"]
    assert np.allclose(shares.T, [(x + w / 2) / 64, (y + h / 2) / 48, w / 64, h / 48])
    with pytest.raises(ValueError, match="xyxy"):
        loader(scenes, boxes="corners")


def test_collates(scenes):
    steps = [{"op": "resize_short", "size": 32}]
    flat = next(iter(loader(scenes, steps)))
    rows = next(iter(loader(scenes, steps, collate="list")))
    assert [row["img"].shape[1:] for row in rows] == [tuple(size) for size in flat["size"].tolist()]
    assert np.array_equal(np.concatenate([row["bbox"] for row in rows]), flat["bbox"])
    padded = next(iter(loader(scenes, steps, collate="padded")))
    counts = np.diff(flat["offsets"])
    assert padded["bbox"].shape == (4, counts.max(), 4) and padded["count"].tolist() == counts.tolist()
    assert (padded["label"] >= 0).sum() == counts.sum()
    assert next(iter(loader(scenes, steps, collate=lambda batch: batch["row"].sum()))) == 6
    with pytest.raises(ValueError, match="collate is one of"):
        loader(scenes, collate="mmdet3")
    with pytest.raises(ValueError, match="its own layout"):
        loader(scenes, collate="detr", boxes="xyxy")


def test_a_function_of_python_is_a_step(scenes):
    def darker(row):
        assert row["img"].dtype == np.uint8 and row["img"].shape[2] == 3
        return {"img": row["img"] // 2, "bbox": row["bbox"][:1], "label": row["label"][:1]}

    steps = {"steps": [{"op": "resize", "size": 16}], "output": {"order": "hwc"}}
    plain = next(iter(loader(scenes, steps)))
    own = loader(scenes, steps, transform=darker)
    batch = next(iter(own))
    assert np.array_equal(batch["img"], plain["img"] // 2)
    assert len(batch["bbox"]) == batch["offsets"][-1] <= 4
    assert own.statistics["transform"] > 0
    planes = next(iter(loader(scenes, steps["steps"], transform=darker)))
    assert np.array_equal(planes["img"], batch["img"].transpose(0, 3, 1, 2)), "(H, W, 3) for the function alone"


def test_a_function_may_change_sizes_and_objects(scenes):
    def cut(row):
        keep = np.arange(len(row["bbox"])) < row["row"] % 3
        side = 8 + 4 * int(row["row"])
        return {**row, "img": row["img"][:side, : side + 2], **{k: row[k][keep] for k in ("bbox", "label", "masks")}}

    keys = scenes.select(["img", "bbox", "label", "segmentation", "image_id"])
    steps = [{"op": "resize", "size": [32, 40]}]
    own = loader(keys, steps, transform=lambda row: cut({k: v for k, v in row.items() if k != "segmentation"}), masks=True)
    batch = next(iter(own))
    assert batch["img"].shape == (4, 3, 20, 22) and batch["size"].tolist() == [[8, 10], [12, 14], [16, 18], [20, 22]]
    assert not batch["img"][0, :, 8:].any() and not batch["img"][0, :, :, 10:].any()
    assert np.diff(batch["offsets"]).tolist() == [0, 1, 2, 0] and batch["bbox"].shape == (3, 4)
    assert batch["masks"].shape == (3, 32, 40) and batch["image_id"].tolist() == [1, 2, 3, 4]
    rows = next(iter(loader(keys, steps, transform=lambda row: {"img": row["img"][:9]}, collate="list", pad_multiple=16)))
    assert [row["img"].shape for row in rows] == [(3, 9, 40)] * 4


def test_what_a_function_may_not_give_is_said(scenes):
    def fail(row):
        raise ValueError("mine")

    steps = [{"op": "resize", "size": 16}]
    wrong = {
        "a dict": lambda row: row["img"],
        "0 bbox, . label": lambda row: {"img": row["img"], "bbox": row["bbox"][:0], "label": row["label"]},
        "(?s)mine": fail,
        "same keys": lambda row: {"img": row["img"], **({"x": 1} if row["row"] else {})},
    }
    for said, function in wrong.items():
        with pytest.raises((TypeError, ValueError), match=said):
            next(iter(loader(scenes.select(["img", "bbox", "label"]), steps, transform=function)))


def test_keys_of_objects_are_known_whatever_their_number(scenes):
    # As many objects as rows: which is which cannot be told by lengths.
    single = scenes.keep_objects("object_id % 1000 = 1").select(["img", "bbox", "object_id"])
    for row in next(iter(loader(single, [{"op": "resize", "size": 8}], collate="list"))):
        assert row["object_id"].shape == (1,) and row["bbox"].shape == (1, 4)


def test_pipelines_come_from_files_too(scenes, tmp_path):
    path = tmp_path / "a pipeline.toml"
    path.write_text('decode = "fast"\n[[steps]]\nop = "resize"\nsize = 20\n')
    own = lensframe.Loader(scenes, path, 2)
    assert own.pipeline["decode"] == "fast" and own.pipeline["steps"][0]["size"] == 20
    assert next(iter(own))["img"].shape == (2, 3, 20, 20)
    with pytest.raises(lensframe.LensframeError, match="resise.*resize"):
        lensframe.Loader(scenes, [{"op": "resise", "size": 3}])


def test_half_precision_and_channels_last(scenes):
    steps = {"steps": STEPS, "output": {"dtype": "f16", "order": "hwc", "bgr": True}}
    half = next(iter(loader(scenes, steps)))["img"]
    full = next(iter(loader(scenes)))["img"]
    assert half.dtype == np.float16 and half.shape == (4, 24, 32, 3)
    assert np.abs(half[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32) - full).max() < 2e-3


def test_errors_name_the_row_and_bad_rows_can_be_replaced(scenes):
    table = scenes.slice[:4, ["image_id", "width", "height"]].to_arrow()
    broken = lensframe.from_arrow(table.append_column("img", [[{"bytes": b"nonsense", "path": None}] * 4]))
    with pytest.raises(lensframe.LensframeError, match="row 0"):
        list(lensframe.Loader(broken, [{"op": "resize", "size": 8}], 2, workers=1))
    mixed = lensframe.concat(scenes.select(["width"]), scenes.select(["width"]))
    assert len(list(lensframe.Loader(mixed, None, 5))) == 5


def test_a_loader_left_early_or_twice_begun_is_no_trouble(scenes):
    own = loader(scenes, batch_size=1, shuffle=True)
    firsts = [next(iter(own))["row"][0] for _ in range(10)]
    assert len(set(firsts)) > 1, "an epoch that was left is over"
    assert len(list(own)) == 12 and own.epoch == 11
    own.set_epoch(0)
    assert next(iter(own))["row"][0] == firsts[0]
    own.set_epoch(5)
    assert own.state_dict()["position"] is None and next(iter(own))["row"][0] == firsts[5]
    one = iter(own)
    next(one)
    next(iter(own))
    with pytest.raises(RuntimeError, match="another one of the same loader"):
        next(one)


def test_arguments_that_make_no_sense_are_told_by_name(scenes):
    wrong = {
        "batch_size": (0, -1, 2.5, "8"), "seed": (-1, 2**70), "workers": (-1, 1.5), "ahead": (-2,), "uneven": ("some",),
        "on_error": ("skip",), "rank": (1,), "world_size": (2,), "sampler": ("wieghted", {"kind": "windowed", "windw": 3}),
    }  # fmt: skip
    for name, values in wrong.items():
        for value in values:
            with pytest.raises(ValueError, match=name) as told:
                loader(scenes, **{name: value})
            assert "line 1" not in str(told.value)
    with pytest.raises(TypeError, match="lensframe.open"):
        lensframe.Loader("scenes.lf", STEPS)
    with pytest.raises(TypeError, match="no length"):
        len(loader(scenes, sampler="infinite"))
    with pytest.raises(ValueError, match="position"):
        loader(scenes).load_state_dict({"epoch": 1})
    steps = [{"op": "resize", "size": np.array([8, 9])}, {"op": "rotate", "angle": [np.float32(1), 2]}]
    assert next(iter(loader(scenes, steps, np.int64(2), seed=np.int64(3))))["img"].shape == (2, 3, 8, 9)



def test_a_loader_is_pickled_and_works_in_a_spawned_process(scenes, tmp_path):
    own = loader(scenes, shuffle=True)
    copy = pickle.loads(pickle.dumps(own))
    assert all(same(a, b) for a, b in zip(own, copy))
    (tmp_path / "loader.pickle").write_bytes(pickle.dumps(loader(scenes, shuffle=True)))
    script = f"import pickle; print(sum(len(b['row']) for b in pickle.load(open({str(tmp_path / 'loader.pickle')!r}, 'rb'))))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "12"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_makes_its_batches_itself(scenes):
    own = loader(scenes)
    batches = iter(own)
    next(batches)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            rows = sum(len(batch["row"]) for batch in own)
            try:
                next(batches)
            except RuntimeError as error:
                code = 0 if rows == 12 and "another process" in str(error) else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(list(batches)) == 2


def test_ranks_come_from_the_environment(scenes, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    own = lensframe.Loader(scenes, STEPS, 2)
    assert len(own) == 3 and next(iter(own))["row"].tolist() == [2, 3]


def test_trainers_get_their_own_forms(scenes):
    torch = pytest.importorskip("torch")
    steps = [{"op": "resize_short", "size": 32}]
    images, targets = next(iter(loader(scenes, steps, collate="torchvision")))
    assert len(images) == 4 and targets[0]["boxes"].dtype == torch.float32
    samples, mask, targets = next(iter(loader(scenes, steps, collate="detr")))
    assert mask.shape == samples[:, 0].shape and not mask[:, 0, 0].any()
    batch = next(iter(loader(scenes, steps, collate="yolo")))
    assert batch["batch_idx"].shape[0] == batch["bboxes"].shape[0] == batch["cls"].shape[0]


def test_transforms_of_torchvision_are_wrapped(scenes):
    v2 = pytest.importorskip("torchvision.transforms.v2")
    torch, kinds = pytest.importorskip("torch"), pytest.importorskip("torchvision.tv_tensors")
    chain = [v2.RandomIoUCrop(), v2.Resize((64, 48)), v2.SanitizeBoundingBoxes(), v2.ToDtype(torch.float32, scale=True)]
    steps = v2.Compose(chain)

    def transform(row):
        boxes = kinds.BoundingBoxes(row["bbox"], format="XYWH", canvas_size=row["img"].shape[:2])
        out = steps({"img": kinds.Image(row["img"].transpose(2, 0, 1)), "boxes": boxes, "labels": torch.from_numpy(row["label"])})
        return {"img": out["img"], "bbox": out["boxes"].numpy(), "label": out["labels"].numpy()}

    keys = scenes.select(["img", "bbox", "label"])
    flat = next(iter(loader(keys, [], transform=transform)))
    assert flat["img"].shape == (4, 3, 64, 48) and flat["img"].dtype == torch.float32 and flat["size"].tolist() == [[64, 48]] * 4
    assert len(flat["bbox"]) == len(flat["label"]) == flat["offsets"][-1]
    for form in ("list", "padded", "torchvision", "detr", "hf", "mmdet", "yolo", "coco"):
        for order in ("chw", "hwc"):
            pipeline = {"steps": [], "output": {"order": order}}
            batch = next(iter(loader(keys, pipeline, transform=transform, collate=form)))
            if form == "torchvision":
                assert [tuple(image.shape) for image in batch[0]] == [(3, 64, 48)] * 4
            if form == "hf":
                assert batch["pixel_mask"].shape == (4, 64, 48) and bool(batch["pixel_mask"].all())


def test_channels_may_lie_behind_in_memory(scenes):
    torch = pytest.importorskip("torch")
    steps = [{"op": "resize", "size": [24, 32]}]
    for dtype in ("u8", "f32", "bf16"):
        front, behind = ({"steps": steps, "output": {"order": order, "dtype": dtype}} for order in ("chw", "hwc"))
        for form, pictures in (("yolo", lambda b: b["img"]), ("hf", lambda b: b["pixel_values"]), ("detr", lambda b: b[0])):
            wanted = pictures(next(iter(loader(scenes, front, collate=form))))
            found = pictures(next(iter(loader(scenes, behind, collate=form))))
            assert torch.equal(found, wanted) and found.is_contiguous(memory_format=torch.channels_last)
        images, _ = next(iter(loader(scenes, behind, collate="torchvision")))
        inputs = next(iter(loader(scenes, behind, collate="mmdet")))["inputs"]
        assert all(torch.equal(a, b) and a.shape == (3, 24, 32) for a, b in zip(images, inputs))


def test_workers_of_pytorch_share_the_batches_of_a_rank(scenes):
    data = pytest.importorskip("torch").utils.data
    fed = data.DataLoader(loader(scenes).torch(), batch_size=None, num_workers=2, multiprocessing_context="spawn")
    assert sorted(int(row) for batch in fed for row in batch["row"]) == list(range(12))
    for options in ({"uneven": "drop"}, {"uneven": "pad"}, {"uneven": "exact", "rank": 1}):
        own = lambda: loader(scenes, [], 2, shuffle=True, workers=0, world_size=4, **{"rank": 0, **options})
        alone = [batch["row"].tolist() for batch in own()]
        for workers in (1, 2):
            feed = data.DataLoader(own().torch(), batch_size=None, num_workers=workers)
            assert [batch["row"].tolist() for batch in feed] == alone and len(feed) == len(alone)


def test_workers_of_pytorch_hear_of_epochs(scenes):
    data = pytest.importorskip("torch").utils.data
    batches = loader(scenes, [], shuffle=True, workers=0).torch()
    feed = data.DataLoader(batches, batch_size=None, num_workers=1, persistent_workers=True)
    epochs = []
    for epoch in (0, 1, None, 1):
        if epoch is not None:
            batches.set_epoch(epoch)
        epochs.append([batch["row"].tolist() for batch in feed])
        next(iter(feed)) if epoch == 1 else None
    alone = loader(scenes, [], shuffle=True, workers=0)
    wanted = [[batch["row"].tolist() for batch in alone] for _ in range(4)]
    assert epochs == [wanted[n] for n in (0, 1, 3, 1)], "the third was left early"
