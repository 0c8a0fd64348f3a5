#!/usr/bin/env python3
"""Whole networks on every device, against ONNX Runtime: the classifiers that come with ONNX's tests, with seeded weights.

needs: onnx, onnxruntime, numpy
use: check_models.py PROGRAM
The weights of those files are all one number, so that a wrong convolution gives the right answer. Here every tensor
of weights is drawn anew, scaled so that numbers neither grow nor vanish from layer to layer. A softmax over large
numbers would hide everything but the largest, so what goes into the last one is an output too.

The package that lies beside the program runs them; without it the check says so and passes. A device that is not
there is named and left out.

Allowed: 1e-3 of a number, and 1e-4 of the largest one of its tensor.
"""
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnx.backend.test
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).resolve().parents[2]
LIGHT = Path(onnx.backend.test.__file__).parent / "data" / "light"
DEVICES = ("cpu", "gpu")


def door(program, folder):
    """The package with the extension that lies beside the program; `None` where there is none."""
    names = {"darwin": "lib_lensframe.dylib", "win32": "_lensframe.dll"}
    built = Path(program).parent / names.get(sys.platform, "lib_lensframe.so")
    if not built.is_file():
        return None
    package = Path(folder) / "lensframe"
    package.mkdir()
    for own in (ROOT / "python/lensframe").iterdir():
        if own.is_dir() or own.suffix in (".py", ".pyi"):
            (package / own.name).symlink_to(own)
    (package / ("_lensframe.pyd" if sys.platform == "win32" else "_lensframe.abi3.so")).symlink_to(built)
    sys.path.insert(0, str(folder))
    import lensframe

    return lensframe


def drawn(chance, operator, place, shape):
    """A tensor of weights for an operator's input."""
    if operator == "BatchNormalization":
        scale, shift, mean, variance = (0.8, 1.2), (-0.1, 0.1), (-0.1, 0.1), (0.5, 1.5)
        return chance.uniform(*(scale, shift, mean, variance)[place - 1], shape)
    if len(shape) > 1:
        return chance.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
    return chance.normal(0, 0.1, shape)


def seeded(path, seed):
    """A network of the suite whose weights are drawn, and the name and shape of its input."""
    model, chance = onnx.load(path), np.random.default_rng(seed)
    graph = model.graph
    shapes = {own.name: numpy_helper.to_array(own) for own in graph.initializer}
    readers = {}
    for node in graph.node:
        for place, name in enumerate(node.input):
            readers.setdefault(name, (node.op_type, place))
    kept, weights = [], []
    for node in graph.node:
        if node.op_type != "ConstantOfShape" or node.input[0] not in shapes:
            kept.append(node)
            continue
        made = drawn(chance, *readers[node.output[0]], [int(n) for n in shapes[node.input[0]]])
        weights.append(numpy_helper.from_array(made.astype(np.float32), node.output[0]))
    assert weights, f"{path.name} has no weights to draw"
    used = {name for node in kept for name in node.input}
    constants = [own for own in graph.initializer if own.name in used] + weights
    held = {own.name for own in constants}
    inputs = [own for own in graph.input if own.name in used and own.name not in held]
    for field, now in (("node", kept), ("initializer", constants), ("input", inputs)):
        del getattr(graph, field)[:]
        getattr(graph, field).extend(now)
    if kept[-1].op_type == "Softmax":
        graph.output.append(helper.make_tensor_value_info(kept[-1].input[0], TensorProto.FLOAT, None))
    (taken,) = inputs
    return model, taken.name, [own.dim_value for own in taken.type.tensor_type.shape.dim]


def far(found, want):
    """By how much the worst number is beyond what is allowed (at most 1), and the worst of all in the largest's part."""
    largest = np.abs(want).max()
    difference = np.abs(found.astype(np.float64) - want)
    return (difference / (1e-3 * np.abs(want) + 1e-4 * largest)).max(), difference.max() / largest


def compare(model, devices, x, want):
    """A column of text for each device, and whether all are near."""
    told, good = [], True
    for device in devices:
        session = model(device)
        start = time.perf_counter()
        found = list(session(x).values())
        seconds = time.perf_counter() - start
        again = list(session(x).values())
        assert len(found) == len(want), f"{len(found)} outputs on {device}, and {len(want)} of the peer"
        assert all(np.array_equal(a, b) for a, b in zip(found, again)), f"two runs differ on {device}"
        worst = [far(own.reshape(peer.shape), peer) for own, peer in zip(found, want)]
        good &= max(beyond for beyond, _ in worst) <= 1
        told.append(f"{max(part for _, part in worst):9.1e} {seconds:7.2f} s")
    return told, good


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        lensframe = door(program, folder)
        if lensframe is None:
            print("the Python package was not built beside the program: nothing was compared")
            return 0
        wrong, devices = [], list(DEVICES)
        for number, path in enumerate(sorted(LIGHT.glob("light_*.onnx"))):
            name = path.stem.removeprefix("light_")
            model, taken, shape = seeded(path, number)
            file = f"{folder}/{name}.onnx"
            onnx.save(model, file)
            x = np.random.default_rng(100 + number).normal(0, 1, shape).astype(np.float32)
            peer = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
            want = peer.run(None, {taken: x})
            assert len(np.unique(want[-1])) > want[-1].size // 2, f"{name}: the weights make one number of all"
            if number == 0:
                devices = [own for own in devices if opens(lensframe, file, own)]
                print(f"{'network':16}", "".join(f"{own:>20}" for own in devices), "  (worst of the largest, first run)")
            told, good = compare(lambda device: lensframe.Model(file, device), devices, x, want)
            print(f"{name:16}", "".join(f"{own:>20}" for own in told), "" if good else "  FAR", flush=True)
            wrong += [] if good else [name]
            os.remove(file)
    if wrong:
        print("too far from ONNX Runtime:", ", ".join(wrong))
    return 1 if wrong else 0


def opens(lensframe, file, device):
    """Whether a device is there; says so if not."""
    try:
        lensframe.Model(file, device)
    except lensframe.UnsupportedError as error:
        print(f"{device} is left out: {error}")
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
