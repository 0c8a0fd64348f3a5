"""What ``lensframe.Loader`` collates for trainers: what each trainer's own loader gives of the same small COCO set.

What is expected stands here once. Our side is held against it without PyTorch, by arrays in the place of tensors; the
trainers' own loaders are held against the same, each skipped where it is not installed.
"""

import json

import numpy as np
import pytest

import lensframe
from lensframe import _trainers

# (height, width) of two pictures, and of both twice or three times as large, on a canvas.
SIZES, LARGE, CANVAS = [(6, 8), (4, 10)], [(12, 16), (12, 30)], (12, 30)
CATEGORIES = [3, 7]
ANNOTATIONS = [
    {"id": 1, "image_id": 11, "category_id": 7, "bbox": [1.0, 2.0, 4.0, 3.0], "area": 12, "iscrowd": 0,
     "segmentation": [[1, 2, 5, 2, 5, 5, 1, 5]]},
    {"id": 2, "image_id": 11, "category_id": 3, "bbox": [0.0, 0.0, 8.0, 2.0], "area": 16, "iscrowd": 1,
     "segmentation": {"size": [6, 8], "counts": [0] + [2, 4] * 8}},
    {"id": 3, "image_id": 11, "category_id": 3, "bbox": [5.0, 0.0, 3.0, 6.0], "area": 9, "iscrowd": 0,
     "segmentation": [[5, 0, 8, 0, 8, 2, 5, 2], [6, 4, 8, 4, 8, 6, 6, 6]]},
    {"id": 4, "image_id": 5, "category_id": 7, "bbox": [2.0, 1.0, 6.0, 2.0], "area": 12, "iscrowd": 0,
     "segmentation": [[2, 1, 8, 1, 8, 3, 2, 3]]},
]  # fmt: skip

# Of torchvision: all objects, in pixels; of the others without the crowd, on pictures two and three times as large.
TORCHVISION = [
    {
        "boxes": [[1, 2, 5, 5], [0, 0, 8, 2], [5, 0, 8, 6]],
        "labels": [7, 3, 3],
        "area": [12, 16, 9],
        "iscrowd": [0, 1, 0],
        "masks": [12, 16, 10],
        "image_id": 11,
    },
    {"boxes": [[2, 1, 8, 3]], "labels": [7], "area": [12], "iscrowd": [0], "masks": [12], "image_id": 5},
]
ON_PICTURE = [[[6 / 16, 7 / 12, 8 / 16, 6 / 12], [13 / 16, 6 / 12, 6 / 16, 12 / 12]], [[15 / 30, 6 / 12, 18 / 30, 6 / 12]]]
ON_CANVAS = [[[6 / 30, 7 / 12, 8 / 30, 6 / 12], [13 / 30, 6 / 12, 6 / 30, 12 / 12]], [[15 / 30, 6 / 12, 18 / 30, 6 / 12]]]
NUMBERS, AREAS = [[7, 3], [7]], [[48, 36], [108]]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The set as files."""
    image = pytest.importorskip("PIL.Image")
    root = tmp_path_factory.mktemp("small coco")
    images = []
    for number, name, (height, width) in zip((11, 5), ("a.png", "b.png"), SIZES):
        pixels = np.random.default_rng(number).integers(0, 256, (height, width, 3)).astype(np.uint8)
        image.fromarray(pixels).save(root / name)
        images.append({"id": number, "file_name": name, "height": height, "width": width})
    categories = [{"id": 3, "name": "cat"}, {"id": 7, "name": "dog"}]
    (root / "instances.json").write_text(json.dumps({"images": images, "annotations": ANNOTATIONS, "categories": categories}))
    return root


@pytest.fixture(scope="module")
def small(place):
    return lensframe.open(place / "instances.json", image_root=place)


@pytest.fixture
def arrays(monkeypatch):
    """Arrays in the place of tensors."""
    monkeypatch.setattr(_trainers, "_tensor", np.ascontiguousarray)


def collated(small, form, steps=({"op": "resize_short", "size": 12},), **options):
    return next(iter(lensframe.Loader(small, list(steps), 2, workers=0, collate=form, **options)))


def close(found, want, dtype):
    found = np.asarray(found)
    assert found.dtype == dtype, (found.dtype, dtype)
    assert found.shape == np.shape(want) and np.allclose(found, want, rtol=1e-6, atol=1e-7), (found, want)


def hold_torchvision(images, targets):
    assert [tuple(image.shape) for image in images] == [(3, *size) for size in SIZES]
    for target, want in zip(targets, TORCHVISION):
        close(target["boxes"], want["boxes"], np.float32)
        close(target["labels"], want["labels"], np.int64)
        masks = np.asarray(target["masks"])
        assert masks.dtype == np.uint8 and masks.max() == 1 and masks.sum(axis=(1, 2)).tolist() == want["masks"]
        assert np.asarray(target["area"]).tolist() == want["area"] and np.asarray(target["iscrowd"]).tolist() == want["iscrowd"]
        assert target["image_id"] == want["image_id"]


def hold_detr(targets, boxes, sizes, name):
    assert len(targets) == 2
    for at, target in enumerate(targets):
        close(target["boxes"], boxes[at], np.float32)
        close(target[name], NUMBERS[at], np.int64)
        close(target["area"], AREAS[at], np.float32)
        close(target["iscrowd"], [0] * len(boxes[at]), np.int64)
        close(target["image_id"], [(11, 5)[at]], np.int64)
        close(target["orig_size"], SIZES[at], np.int64)
        close(target["size"], sizes[at], np.int64)


def hold_hf(batch):
    assert tuple(batch["pixel_values"].shape) == (2, 3, *CANVAS)
    mask = np.zeros((2, *CANVAS))
    for at, (height, width) in enumerate(LARGE):
        mask[at, :height, :width] = 1
    close(batch["pixel_mask"], mask, np.int64)
    hold_detr(batch["labels"], ON_CANVAS, [CANVAS, CANVAS], "class_labels")


def hold_yolo(batch):
    assert tuple(batch["img"].shape) == (2, 3, *CANVAS) and np.asarray(batch["img"]).dtype == np.uint8
    close(batch["batch_idx"], [0, 0, 1], np.float32)
    close(batch["cls"], [[1], [0], [1]], np.float32)
    close(batch["bboxes"], sum(ON_CANVAS, []), np.float32)


def test_ours_for_torchvision(small, arrays):
    hold_torchvision(*collated(small, "torchvision", (), labels=CATEGORIES, masks=True))
    images, targets = collated(small, "torchvision")
    assert [target["labels"].tolist() for target in targets] == [[2, 1, 1], [2]], "0 is the background"
    assert "masks" not in targets[0] and images[1].shape == (3, 12, 30)


def test_ours_for_detr(small, arrays):
    samples, mask, targets = collated(small, "detr", labels=CATEGORIES, masks=True)
    assert samples.shape == (2, 3, *CANVAS) and mask.dtype == bool
    assert mask.sum() == 12 * 14 and mask[0, :, 16:].all()
    hold_detr(targets, ON_PICTURE, LARGE, "labels")
    assert [target["masks"].shape for target in targets] == [(2, 12, 16), (1, 12, 30)]
    assert targets[0]["masks"].dtype == bool and targets[0]["masks"].sum(axis=(1, 2)).tolist() == [48, 40]


def test_ours_for_transformers(small, arrays):
    batch = collated(small, "hf", labels=CATEGORIES, masks=True)
    hold_hf(batch)
    assert [label["masks"].shape for label in batch["labels"]] == [(2, *CANVAS), (1, *CANVAS)]
    plain = collated(small, "hf")
    assert [label["class_labels"].tolist() for label in plain["labels"]] == [[1, 0], [1]]


def test_areas_of_cut_pictures_are_those_of_the_boxes(small, arrays):
    batch = collated(small, "hf", [{"op": "center_crop", "size": [4, 6]}])
    assert [label["area"].tolist() for label in batch["labels"]] == [[4 * 3, 2 * 4], [6 * 2]]


def test_ours_for_ultralytics(small, arrays):
    batch = collated(small, "yolo")
    hold_yolo(batch)
    assert batch["ori_shape"] == SIZES and batch["resized_shape"] == [CANVAS] * 2 and batch["im_file"] == ["a.png", "b.png"]
    with pytest.raises(ValueError, match="masks"):
        collated(small, "yolo", masks=True)


def test_ours_for_coco(small, arrays):
    images, targets = collated(small, "coco", (), labels=CATEGORIES)
    for found, want in zip(targets[0], ANNOTATIONS):
        same = ("id", "image_id", "category_id", "bbox", "area", "iscrowd")
        assert {name: found[name] for name in same} == {name: want[name] for name in same}
    assert targets[1][0]["segmentation"] == ANNOTATIONS[3]["segmentation"]


def test_ours_for_mmdetection(small, arrays):
    batch = collated(small, "mmdet", masks=True)
    assert [image.shape for image in batch["inputs"]] == [(3, *size) for size in LARGE]
    first = batch["data_samples"][0]
    assert first.metainfo == {
        "img_shape": (12, 16), "ori_shape": (6, 8), "pad_shape": CANVAS, "batch_input_shape": CANVAS,
        "scale_factor": (2.0, 2.0), "img_id": 11, "img_path": "a.png",
    }  # fmt: skip
    assert first.img_shape == (12, 16) and len(first.gt_instances) == 2
    close(first.gt_instances.bboxes, [[2, 4, 10, 10], [10, 0, 16, 12]], np.float32)
    close(first.gt_instances.labels, [1, 0], np.int64)
    close(first.ignored_instances.bboxes, [[0, 0, 16, 4]], np.float32)
    assert len(batch["data_samples"][1].ignored_instances) == 0
    cut = collated(small, "mmdet", [{"op": "center_crop", "size": 4}])["data_samples"][0]
    assert "scale_factor" not in cut.metainfo and len(cut.gt_instances) == 2


def test_masks_of_flat_batches_and_rows(small):
    batch = collated(small, "flat", masks=True)
    assert batch["masks"].shape == (4, *CANVAS) and batch["masks"].dtype == np.uint8
    assert not batch["masks"][:3, :, 16:].any()
    rows = collated(small, "list", masks=True)
    assert [row["masks"].shape for row in rows] == [(3, 12, 16), (1, 12, 30)]
    with pytest.raises(ValueError, match="segmentation"):
        collated(small.select(["img", "bbox"]), "flat", masks=True)


def test_labels_are_the_numbers_of_classes(small):
    assert collated(small, "flat", labels=CATEGORIES)["label"].tolist() == [7, 3, 3, 7]
    with pytest.raises(ValueError, match="1 classes"):
        collated(small, "flat", labels=[3])


def test_torchvision_itself(place):
    pytest.importorskip("torchvision")
    pytest.importorskip("pycocotools")
    from torchvision.datasets import CocoDetection, wrap_dataset_for_transforms_v2
    from torchvision.transforms.v2.functional import pil_to_tensor

    keys = ("boxes", "labels", "masks", "area", "iscrowd", "image_id")
    own = wrap_dataset_for_transforms_v2(CocoDetection(place, place / "instances.json"), target_keys=keys)
    by_id = {target["image_id"]: (pil_to_tensor(image), target) for image, target in own}
    hold_torchvision(*zip(*[by_id[number] for number in (11, 5)]))


def test_torchvision_itself_has_our_pixels(place, small):
    torch = pytest.importorskip("torch")
    pytest.importorskip("torchvision")
    from torchvision.transforms.v2.functional import pil_to_tensor

    opened = pytest.importorskip("PIL.Image").open
    images, targets = collated(small, "torchvision", (), masks=True)
    for image, name in zip(images, ("a.png", "b.png")):
        assert torch.equal(image, pil_to_tensor(opened(place / name)))
    assert targets[0]["masks"].dtype == torch.uint8 and targets[0]["boxes"].dtype == torch.float32


@pytest.mark.parametrize("name", ["DetrImageProcessor", "ConditionalDetrImageProcessor", "RTDetrImageProcessor"])
@pytest.mark.filterwarnings("ignore")
def test_transformers_itself(place, small, name):
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("torchvision")
    processor = getattr(transformers, name)(size={"shortest_edge": 12, "longest_edge": 100}, do_pad=True)
    image = pytest.importorskip("PIL.Image")
    images = [image.open(place / file) for file in ("a.png", "b.png")]
    annotations = [{"image_id": n, "annotations": [a for a in ANNOTATIONS if a["image_id"] == n]} for n in (11, 5)]
    theirs = processor(images, annotations=annotations, return_tensors="pt")
    hold_hf(theirs)
    normalize = {"op": "normalize", "mean": processor.image_mean, "std": processor.image_std}
    steps = [{"op": "resize_short", "size": 12, "antialias": True}] + [normalize] * bool(processor.do_normalize)
    ours = collated(small, "hf", steps, labels=CATEGORIES)
    hold_hf(ours)
    level = 1 / 255 / min(processor.image_std)
    inner = ours["pixel_mask"].bool()[:, None].expand_as(ours["pixel_values"])
    pixels = ours["pixel_values"] if processor.do_normalize else ours["pixel_values"] / 255
    assert (pixels - theirs["pixel_values"])[inner].abs().max() <= 1.01 * level
    if name == "DetrImageProcessor":
        drawn = processor(images, annotations=annotations_of_polygons(), return_tensors="pt", return_segmentation_masks=True)
        for found, want in zip(collated(small, "hf", steps, masks=True)["labels"], drawn["labels"]):
            # They enlarge a mask, we draw the enlarged outline.
            assert found["masks"].dtype == want["masks"].dtype and found["masks"].shape == want["masks"].shape
            assert (found["masks"] != want["masks"]).float().mean() < 0.02


def annotations_of_polygons():
    """Without the crowd, which Transformers cannot draw."""
    return [{"image_id": n, "annotations": [a for a in ANNOTATIONS if a["image_id"] == n and not a["iscrowd"]]} for n in (11, 5)]


def test_ultralytics_itself(place):
    pytest.importorskip("ultralytics")
    torch = pytest.importorskip("torch")
    from ultralytics.data.augment import Format
    from ultralytics.data.dataset import YOLODataset
    from ultralytics.utils.instance import Instances

    samples = []
    for at, boxes in enumerate(ON_CANVAS):
        canvas = np.zeros((*CANVAS, 3), np.uint8)
        instances = Instances(np.array(boxes, np.float32), np.zeros((0, 1000, 2), np.float32), bbox_format="xywh", normalized=True)
        own = [[CATEGORIES.index(number)] for number in NUMBERS[at]]
        samples.append(Format()({"img": canvas, "cls": np.array(own, np.float32), "instances": instances}))
    batch = YOLODataset.collate_fn(samples)
    hold_yolo(batch)
    assert all(isinstance(batch[name], torch.Tensor) for name in ("img", "batch_idx", "cls", "bboxes"))


def test_letterboxes_are_those_of_ultralytics(place, small):
    pytest.importorskip("ultralytics")
    from ultralytics.data.augment import LetterBox

    opened = pytest.importorskip("PIL.Image").open
    step = {"op": "resize_contain", "size": [33, 40], "fill": [114] * 3, "enlarge": True, "round": True}
    batch = collated(small, "flat", [step])
    for found, name in zip(batch["img"], ("a.png", "b.png")):
        want = LetterBox((33, 40))(image=np.asarray(opened(place / name)))
        assert np.abs(found.transpose(1, 2, 0).astype(int) - want).max() <= 1


def test_mmengine_itself(small):
    pytest.importorskip("torch")
    structures = pytest.importorskip("mmengine.structures")
    sample = collated(small, "mmdet", masks=True)["data_samples"][0]
    assert isinstance(sample.gt_instances, structures.InstanceData)
    assert sample.gt_instances[sample.gt_instances.labels == 1].bboxes.tolist() == [[2, 4, 10, 10]]
