"""Makes shapes.onnx, which finds the twelve shapes that `lensframe synth --classes 12` draws: draws scenes, learns
from them, writes the file, and scores it on scenes that it never saw.

    python make_shapes.py WORK draw     scenes as COCO under WORK, with the program `lensframe` (or $LENSFRAME)
    python make_shapes.py WORK train    WORK/shapes.npz: folded weights, and an answer to check the file by
    python make_shapes.py WORK export   shapes.onnx beside this script, compared with that answer
    python make_shapes.py WORK score    COCO's numbers of shapes.onnx, on seed 8 and on the demo's scenes (seed 7)

The file here: 4000 steps of 16 pictures, 24 minutes on half a shared core (14 minutes of its time); the other three
take a minute together. On the demo's 48 scenes AP is 0.520 and AP50 0.755 (0.515 and 0.744 with the recipe's least
score of 0.2); on 200 others of their kind 0.504 and 0.764. Hidden shapes cost the most: with those forgiven that
others hide by more than 0.3, AP50 on the demo's is 0.878; small ones come next. Trained with torch 2.15.0; another
gives other numbers.

Needs torch (train), onnx and onnxruntime (export, score), pycocotools (score), numpy and Pillow.
"""

import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

# Sets of scenes: width, height, how many, seed. The last two are for scoring alone; "demo" draws as `lensframe demo`.
SCENES = {
    "main": (192, 144, 6000, 101),
    "tall": (144, 192, 400, 102),
    "wide": (256, 176, 500, 103),
    "odd": (118, 90, 600, 104),
    "check": (192, 144, 200, 8),
    "demo": (192, 144, 48, 7),
}
LEARNT = ["main", "tall", "wide", "odd"]
STRIDE, MULTIPLE, CLASSES = 4, 16, 12
STEPS, BATCH, RATE = 4000, 16, 4e-3

# The network. Each line: name, what it reads (a sum; "^" doubles the sides), channels, kernel, stride, dilation, and
# what is added before the Relu. Every convolution but those of HEADS has a BatchNorm, which the file has folded in.
NET = [
    ("s2", "image", 16, 5, 2, 1, None),
    ("s2a", "s2", 16, 3, 1, 1, None),
    ("s4", "s2a", 32, 3, 2, 1, None),
    ("s4a", "s4", 32, 3, 1, 1, None),
    ("s4b", "s4a", 32, 3, 1, 1, "s4"),
    ("s8", "s4b", 40, 3, 2, 1, None),
    ("s8a", "s8", 40, 3, 1, 1, None),
    ("s8b", "s8a", 40, 3, 1, 1, "s8"),
    ("s16", "s8b", 40, 3, 2, 1, None),
    ("s16a", "s16", 40, 3, 1, 1, None),
    ("s16b", "s16a", 40, 3, 1, 2, "s16"),
    ("up8", "s8b + s16b^", 32, 3, 1, 1, None),
    ("up4", "s4b + up8^", 32, 3, 1, 1, None),
    ("all", "up4", 48, 3, 1, 1, None),
]
HEADS = {"heat": CLASSES, "size": 2, "offset": 2}


def draw(work):
    program = os.environ.get("LENSFRAME", "lensframe")
    for name, (width, height, count, seed) in SCENES.items():
        flags = ["--size", f"{width}x{height}", "--count", str(count), "--seed", str(seed), "--val", "0"]
        flags += ["--classes", str(CLASSES), "--no-stuff", "--to", "coco", "--quiet"]
        subprocess.run([program, "synth", str(work / name), *flags], check=True)


def load(work, name):
    """Pictures (N, H, W, 3), padded to whole multiples with zeros, and of each (x, y, w, h, class, crowd) a row."""
    from PIL import Image, ImageOps

    coco = json.loads((work / name / "annotations" / "instances_train.json").read_text())
    rows = {image["id"]: [] for image in coco["images"]}
    for a in coco["annotations"]:
        if a["area"] >= 4:  # less cannot be found
            rows[a["image_id"]].append((*a["bbox"], a["category_id"] - 1, a["iscrowd"]))
    pictures = []
    for image in coco["images"]:
        file = Image.open(work / name / "images" / "train" / image["file_name"])
        levels = np.asarray(ImageOps.exif_transpose(file).convert("RGB"))
        pad = [(0, -side % MULTIPLE) for side in levels.shape[:2]] + [(0, 0)]
        pictures.append(np.pad(levels, pad))
    return np.stack(pictures), [np.array(r, np.float32).reshape(-1, 6) for r in rows.values()], coco


# -- learning


def network():
    import torch
    from torch import nn

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.convs, self.norms, self.heads = nn.ModuleDict(), nn.ModuleDict(), nn.ModuleDict()
            channels = {"image": 3}
            for name, reads, out, kernel, stride, dilation, _ in NET:
                into = {channels[r.strip(" ^")] for r in reads.split("+")}
                if len(into) > 1:
                    raise ValueError(f"{name} adds maps of {into} channels")
                pad = dilation * (kernel // 2)
                self.convs[name] = nn.Conv2d(into.pop(), out, kernel, stride, pad, dilation, bias=False)
                self.norms[name] = nn.BatchNorm2d(out)
                channels[name] = out
            for name, out in HEADS.items():
                self.heads[name] = nn.Conv2d(channels[NET[-1][0]], out, 1)
            nn.init.constant_(self.heads["heat"].bias, -4.0)
            nn.init.constant_(self.heads["size"].bias, 4.0)
            nn.init.constant_(self.heads["offset"].bias, 0.5)

        def forward(self, image):
            values = {"image": image}
            for name, reads, *_, skip in NET:
                read = 0
                for r in reads.split("+"):
                    value = values[r.strip(" ^")]
                    read = read + (nn.functional.interpolate(value, scale_factor=2) if "^" in r else value)
                value = self.norms[name](self.convs[name](read))
                values[name] = torch.relu(value if skip is None else value + values[skip])
            return [head(values[NET[-1][0]]) for head in self.heads.values()]

    return Network()


def targets(boxes, height, width):
    """Of a picture's boxes: peaks of classes, which cells count as nothing, and at each cell the box to be told there
    (centre and size in cells) with its weight; an object's weights add up to one."""
    heat, forgiven = np.zeros((2, CLASSES, height, width), np.float32)
    told, weight = np.zeros((4, height, width), np.float32), np.zeros((height, width), np.float32)
    ys, xs = np.mgrid[:height, :width] + 0.5
    for x, y, w, h, label, crowd in sorted(boxes.tolist(), key=lambda row: -row[2] * row[3]):
        cx, cy, w, h, label = (x + w / 2) / STRIDE, (y + h / 2) / STRIDE, w / STRIDE, h / STRIDE, int(label)
        if crowd:
            inside = (abs(xs - cx) <= w / 2 + 1) & (abs(ys - cy) <= h / 2 + 1)
            forgiven[label][inside] = 1
            continue
        column, row = min(int(cx), width - 1), min(int(cy), height - 1)
        wide, high = 0.3 + 0.08 * w, 0.3 + 0.08 * h
        bell = np.exp(-(((xs - column - 0.5) / wide) ** 2 + ((ys - row - 0.5) / high) ** 2) / 2)
        heat[label] = np.maximum(heat[label], bell)
        near = bell > 0.35
        told[:, near] = np.array([cx, cy, w, h], np.float32)[:, None]
        weight[near] = bell[near] / bell[near].sum()
    return heat, forgiven, told, weight


def losses(outputs, heat, forgiven, told, weight):
    """CenterNet's focal loss; and at objects the generalised IoU of boxes beside the distance of their numbers."""
    import torch
    import torch.nn.functional as F

    logits, size, offset = outputs
    score = torch.sigmoid(logits)
    peak = heat == 1
    hit = peak * F.logsigmoid(logits) * (1 - score) ** 2
    miss = ~peak * F.logsigmoid(-logits) * score**2 * (1 - heat) ** 4 * (1 - forgiven)
    count = peak.sum().clamp(min=1)
    focal = -(hit + miss).sum() / count

    cells = torch.stack(torch.meshgrid(*map(torch.arange, size.shape[2:]), indexing="ij")[::-1])
    n, row, column = torch.nonzero(weight, as_tuple=True)
    weight, told, size = weight[n, row, column], told[n, :, row, column], size[n, :, row, column]
    centre = offset[n, :, row, column] + cells[:, row, column].T
    far = (centre - told[:, :2]).abs().sum(1) + 0.2 * (size - told[:, 2:]).abs().sum(1)
    size = size.clamp(min=0.05)
    low, high = centre - size / 2, centre + size / 2
    other_low, other_high = told[:, :2] - told[:, 2:] / 2, told[:, :2] + told[:, 2:] / 2
    both = (torch.minimum(high, other_high) - torch.maximum(low, other_low)).clamp(min=0).prod(1)
    union = size.prod(1) + told[:, 2:].prod(1) - both
    hull = (torch.maximum(high, other_high) - torch.minimum(low, other_low)).prod(1)
    apart = 1 - both / union + (hull - union) / hull
    return focal, (weight * apart).sum() / count, (weight * far).sum() / count


def train(work):
    import torch
    from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

    torch.set_num_threads(1)
    torch.manual_seed(1)
    random = np.random.default_rng(1)
    sets = [load(work, name)[:2] for name in LEARNT]
    shares = np.array([len(rows) for _, rows in sets], float)
    model = network().to(memory_format=torch.channels_last)
    mean = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.998), use_buffers=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS, pct_start=0.1)
    began, sums = time.time(), np.zeros(3)
    orders = [[] for _ in sets]
    for step in range(1, STEPS + 1):
        which = random.choice(len(sets), p=shares / shares.sum())
        pictures, rows = sets[which]
        if len(orders[which]) < BATCH:
            orders[which] = random.permutation(len(rows)).tolist()
        chosen = [orders[which].pop() for _ in range(BATCH)]
        levels, wanted = pictures[chosen], []
        height, width = levels.shape[1:3]
        for at, number in enumerate(chosen):
            boxes = rows[number]
            if random.random() < 0.5:  # mirrored
                levels[at] = levels[at, :, ::-1]
                boxes = np.column_stack([width - boxes[:, 0] - boxes[:, 2], boxes[:, 1:]])
            wanted.append(targets(boxes, height // STRIDE, width // STRIDE))
        image = torch.from_numpy(levels).permute(0, 3, 1, 2).float() / 255
        parts = losses(model(image), *(torch.from_numpy(np.stack(part)) for part in zip(*wanted)))
        optimizer.zero_grad()
        (parts[0] + 2 * parts[1] + parts[2]).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimizer.step()
        schedule.step()
        mean.update_parameters(model)
        sums += [part.item() for part in parts]
        if step % 100 == 0:
            means = (sums / 100).round(3)
            print(f"{step:5} {time.time() - began:5.0f} s  focal, boxes, distance:", *means, flush=True)
            sums[:] = 0

    model = mean.module.eval()
    weights = {}
    for name, conv in model.convs.items():
        norm = model.norms[name]
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        weights[f"{name}.weight"] = conv.weight * scale[:, None, None, None]
        weights[f"{name}.bias"] = norm.bias - norm.running_mean * scale
    for name, head in model.heads.items():
        weights |= {f"{name}.{kind}": value for kind, value in head.named_parameters()}
    with torch.no_grad():
        image = torch.from_numpy(sets[-1][0][:2]).permute(0, 3, 1, 2).float() / 255
        answer = {f"answer.{name}": value for name, value in zip(HEADS, model(image))}
    arrays = weights | answer | {"answer.image": image}
    np.savez(work / "shapes.npz", **{name: value.detach().numpy() for name, value in arrays.items()})


# -- the file


def export(work):
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    arrays = np.load(work / "shapes.npz")
    nodes, held = [], []

    def hold(name, array):
        held.append(numpy_helper.from_array(np.ascontiguousarray(array, np.float32), name))
        return name

    def node(op, inputs, output, **attributes):
        nodes.append(helper.make_node(op, inputs, [output], output, **attributes))
        return output

    def conv(name, reads, output, stride=1, dilation=1):
        weight = arrays[f"{name}.weight"]
        kernel, pad = weight.shape[2], dilation * (weight.shape[2] // 2)
        inputs = [reads, hold(f"{name}.weight", weight), hold(f"{name}.bias", arrays[f"{name}.bias"])]
        shape = {"kernel_shape": [kernel] * 2, "pads": [pad] * 4}
        return node("Conv", inputs, output, strides=[stride] * 2, dilations=[dilation] * 2, **shape)

    twice = hold("twice", [1, 1, 2, 2])
    nearest = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
    for name, reads, _, _, stride, dilation, skip in NET:
        read = None
        for r in reads.split("+"):
            value = r.strip(" ^")
            if "^" in r:
                value = node("Resize", [value, "", twice], f"{value}.up", **nearest)
            read = value if read is None else node("Add", [read, value], f"{name}.in")
        value = conv(name, read, f"{name}.conv", stride, dilation)
        if skip:
            value = node("Add", [value, skip], f"{name}.sum")
        node("Relu", [value], name)
    for name in HEADS:
        conv(name, NET[-1][0], name)

    def port(name, channels, height, width):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", channels, height, width])

    outputs = [port(name, channels, "h", "w") for name, channels in HEADS.items()]
    graph = helper.make_graph(nodes, "shapes", [port("image", 3, "H", "W")], outputs, held)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    model.producer_name = "make_shapes.py"
    onnx.checker.check_model(model, full_check=True)
    file = Path(__file__).with_name("shapes.onnx")
    onnx.save(model, file)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    for name, found in zip(HEADS, session.run(list(HEADS), {"image": arrays["answer.image"]})):
        wanted = arrays[f"answer.{name}"]
        print(f"{name}: {found.shape}, differs by {abs(found - wanted).max():.1e}")
        np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-3)
    print(f"{file.stat().st_size} bytes, {sum(math.prod(t.dims) for t in held)} numbers")


# -- its worth


def found(heat, size, offset, least, most=100, limit=0.5):
    """Objects of one picture: (x, y, w, h, score, class) rows, the best first."""
    score = 1 / (1 + np.exp(-heat))
    around = np.pad(score, [(0, 0), (1, 1), (1, 1)], constant_values=-1)
    windows = np.lib.stride_tricks.sliding_window_view(around, (3, 3), axis=(1, 2))
    label, row, column = np.nonzero((score == windows.max((3, 4))) & (score > least))
    w, h = size[:, row, column] * STRIDE
    x = (column + offset[0, row, column]) * STRIDE - w / 2
    y = (row + offset[1, row, column]) * STRIDE - h / 2
    rows = np.column_stack([x, y, w, h, score[label, row, column], label])
    kept = []
    for a in rows[np.argsort(-rows[:, 4], kind="stable")]:
        for b in kept:
            wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
            high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
            both = max(wide, 0) * max(high, 0)
            if a[5] == b[5] and both > limit * (a[2] * a[3] + b[2] * b[3] - both):
                break
        else:
            kept.append(a)
    return kept[:most]


def score(work):
    import onnxruntime
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    file = str(Path(__file__).with_name("shapes.onnx"))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    for name in ["check", "demo"]:
        pictures, _, coco = load(work, name)
        images = pictures.transpose(0, 3, 1, 2).astype(np.float32) / 255
        answers = [session.run(list(HEADS), {"image": image[None]}) for image in images]
        truth = COCO(str(work / name / "annotations" / "instances_train.json"))
        for least in [0.05, 0.2]:
            told = []
            for image, answer in zip(coco["images"], answers):
                for x, y, w, h, value, label in found(*(part[0] for part in answer), least):
                    right, bottom = min(x + w, image["width"]), min(y + h, image["height"])
                    bbox = [max(x, 0), max(y, 0), right - max(x, 0), bottom - max(y, 0)]
                    told.append(dict(image_id=image["id"], category_id=int(label) + 1, bbox=bbox, score=value))
            result = COCOeval(truth, truth.loadRes(told), "bbox")
            result.evaluate()
            result.accumulate()
            result.summarize()
            print(f"== {name}, scores from {least}: AP {result.stats[0]:.3f}, AP50 {result.stats[1]:.3f}")
            each = result.eval["precision"][:, :, :, 0, 2].mean((0, 1))
            print("== AP of each class:", *each.round(2))


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[2] not in ("draw", "train", "export", "score"):
        sys.exit(__doc__)
    {"draw": draw, "train": train, "export": export, "score": score}[sys.argv[2]](Path(sys.argv[1]))
