"""Writes the seeds of fuzz/corpus/onnx: tiny networks, one for each way of reading a file. Needs onnx and numpy.

    python make_seeds.py
"""

import hashlib
from pathlib import Path

import numpy as np
from onnx import AttributeProto, TensorProto, helper, numpy_helper

OUT = Path(__file__).parents[2] / "corpus/onnx"
F, I = TensorProto.FLOAT, TensorProto.INT64


def port(name, shape=None, kind=F):
    return helper.make_tensor_value_info(name, kind, shape)


def row(name, numbers, kind=np.int64):
    return numpy_helper.from_array(np.array(numbers, kind), name)


def save(nodes, inputs, held=(), outputs=("y",), opset=17, functions=(), ir=8):
    outputs = [port(o) if isinstance(o, str) else o for o in outputs]
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(held))
    sets = [helper.make_opsetid("", opset)] + [helper.make_opsetid(f.domain, 1) for f in functions[:1]]
    data = helper.make_model(graph, opset_imports=sets, functions=list(functions), ir_version=ir).SerializeToString()
    (OUT / hashlib.sha256(data).hexdigest()[:12]).write_bytes(data)


def one(op, shapes, held=(), outputs=("y",), opset=17, **attributes):
    """A graph of one node: inputs of these shapes, then constants."""
    names = [f"x{n}" for n in range(len(shapes))]
    ports = [s if not isinstance(s, list) else port(n, s) for n, s in zip(names, shapes)]
    node = helper.make_node(op, names + [t.name if t else "" for t in held], list(outputs), **attributes)
    save([node], ports, [t for t in held if t], outputs, opset)


OUT.mkdir(parents=True, exist_ok=True)
weights = row("w", np.arange(18).reshape(2, 1, 3, 3) - 8, np.float32)
one("Conv", [["N", 1, 5, 5]], [weights, row("b", [1, 2], np.float32)], pads=[1, 1, 1, 1], strides=[2, 1])
one("Conv", [[1, 2, 4, 4]], [weights], group=2, auto_pad="SAME_UPPER")
one("ConvTranspose", [[1, 2, 3, 3]], [weights], strides=[2, 2], output_padding=[1, 1])
for op in ("MaxPool", "AveragePool"):
    one(op, [[1, 1, 5, 5]], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1)
one("MaxPool", [[1, 1, 4, 4]], outputs=("y", "z"), kernel_shape=[2, 2], strides=[2, 2])
one("GlobalAveragePool", [[1, 2, "H", "W"]])
one("BatchNormalization", [[1, 2, 3]], [row(n, [1, 2], np.float32) for n in "abcd"], epsilon=0.1)
one("LayerNormalization", [[2, 4]], [row("s", [1, 2, 3, 4], np.float32)], axis=-1)
one("Gemm", [[2, 3], [4, 3], [4]], transB=1, alpha=0.5)
one("MatMul", [[2, 3], [2, 3, 4]])
one("Einsum", [[2, 3], [3, 2]], equation="ij,jk->ik")
one("Softmax", [[2, 3]], axis=1)
one("Reshape", [[2, 6]], [row("s", [0, -1, 2])])
one("Transpose", [[2, 3, 4]], perm=[2, 0, 1])
one("Slice", [[4, 6]], [row("a", [1, -1]), row("e", [4, -9]), row("x", [0, 1]), row("s", [1, -2])])
one("Concat", [[1, 2], [1, 3]], axis=1)
one("Split", [[2, 5]], [row("s", [2, 3])], outputs=("y", "z"), axis=1)
one("Gather", [[3, 2]], [row("i", [[0, -1], [2, 1]])], axis=0)
one("GatherND", [[2, 2]], [row("i", [[0, 1]])])
one("ScatterElements", [[2, 2]], [row("i", [[0, 1]]), row("u", [[5, 6]], np.float32)], axis=0, reduction="add", opset=18)
one("ScatterND", [[3, 2]], [row("i", [[1]]), row("u", [[7, 8]], np.float32)])
one("Pad", [[2, 2]], [row("p", [0, 1, 1, -1])], mode="reflect")
one("Tile", [[2, 2]], [row("t", [1, 3])])
one("Expand", [[2, 1]], [row("e", [2, 3])])
one("ReduceMean", [[2, 3, 2]], [row("a", [1])], keepdims=0, opset=18)
one("ReduceSum", [["A", 3]], [row("a", [-1])])
one("ArgMax", [[2, 3]], axis=1, select_last_index=1)
one("TopK", [[2, 4]], [row("k", [2])], outputs=("y", "z"))
one("CumSum", [[2, 3]], [row("a", 1)], reverse=1)
one("NonZero", [[2, 3]])
one("Where", [port("x0", [2, 2], TensorProto.BOOL), [2, 2], [2]])
one("Clip", [[3]], [row("l", 0.5, np.float32)])
one("Resize", [[1, 1, 3, 3]], [None, row("s", [1, 1, 2, 1.5], np.float32)], mode="linear")
one("Resize", [[1, 1, 3, 3]], [None, None, row("s", [1, 1, 2, 5])], mode="cubic", coordinate_transformation_mode="align_corners")
one("GridSample", [[1, 1, 3, 3], [1, 2, 2, 2]], mode="bilinear")
one("RoiAlign", [[1, 1, 4, 4], [1, 4]], [row("b", [0])], output_height=2, output_width=2)
one("NonMaxSuppression", [[1, 3, 4], [1, 1, 3]], [row("m", [2]), row("i", [0.5], np.float32)])
one("DepthToSpace", [[1, 4, 2, 2]], blocksize=2)
one("OneHot", [], [row("i", [1, 2]), row("d", 4), row("v", [0, 1], np.float32)])
one("Range", [], [row("a", 0), row("b", 7), row("c", 2)])
one("LRN", [[1, 3, 2, 2]], size=3)
one("QuantizeLinear", [[2, 3]], [row("s", 0.1, np.float32), row("z", 3, np.uint8)])
one("Cast", [[2]], to=TensorProto.FLOAT16)
one("Dropout", [[2, 3]], outputs=("y", "z"))
one("CenterCropPad", [[3, 3]], [row("s", [2, 5])], opset=18)

make = helper.make_node
# Shapes computed from shapes, several constants, and a name that nothing says.
save(
    [
        make("Shape", ["x"], ["s"]),
        make("Gather", ["s", "zero"], ["n"]),
        make("Unsqueeze", ["n", "axis"], ["u"]),
        make("Concat", ["u", "rest"], ["t"], axis=0),
        make("Reshape", ["x", "t"], ["y"]),
    ],
    [port("x", ["N", 2, 3])],
    [row("zero", 0), row("axis", [0]), row("rest", [-1])],
)
save([make("ConstantOfShape", ["s"], ["c"], value=row("v", [2], np.float32)), make("Add", ["x", "c"], ["y"])],
     [port("x", [2, 2])], [row("s", [2, 2])])
# Attributes of old versions.
save([make("Unsqueeze", ["x"], ["u"], axes=[0]), make("Slice", ["u"], ["y"], starts=[0], ends=[1], axes=[1])],
     [port("x", [2, 2])], opset=9, ir=4)
save([make("Upsample", ["x"], ["y"], scales=[1.0, 1.0, 2.0, 2.0])], [port("x", [1, 1, 2, 2])], opset=7, ir=3)
# A convolution with what is drawn into it.
save(
    [
        make("Pad", ["x", "p"], ["a"]),
        make("Conv", ["a", "w"], ["b"]),
        make("BatchNormalization", ["b", "n", "n", "n", "n"], ["c"]),
        make("Mul", ["c", "f"], ["d"]),
        make("Add", ["d", "r"], ["e"]),
        make("Sigmoid", ["e"], ["g"]),
        make("Mul", ["e", "g"], ["y"]),
    ],
    [port("x", [1, 1, 3, 3]), port("r", [1, 2, 3, 3])],
    [weights, row("p", [0, 0, 1, 1, 0, 0, 1, 1]), row("n", [1, 2], np.float32), row("f", [[[2]], [[3]]], np.float32)],
)
# Branches, loops, functions.
branch = lambda op: helper.make_graph([make(op, ["x"], ["o"])], op, [], [port("o")])
save([make("If", ["c"], ["y"], then_branch=branch("Relu"), else_branch=branch("Neg"))],
     [port("x", [2])], [row("c", True, bool)])
body = helper.make_graph(
    [make("Add", ["v", "v"], ["w"]), make("Identity", ["go"], ["on"]), make("Identity", ["w"], ["seen"])],
    "body", [port("i", [], I), port("go", [], TensorProto.BOOL), port("v")], [port("on"), port("w"), port("seen")],
)
save([make("Loop", ["n", "", "x"], ["y", "z"], body=body)], [port("x", [2])], [row("n", 3)], ("y", "z"))
function = helper.make_function(
    "own", "Twice", ["a"], ["b"], [make("Elu", ["a"], ["c"]), make("Add", ["c", "c"], ["b"])],
    [helper.make_opsetid("", 17)], ["alpha"],
)
function.node[0].attribute.append(helper.make_attribute_ref("alpha", AttributeProto.FLOAT, ref_attr_name="alpha"))
save([make("Twice", ["x"], ["m"], domain="own", alpha=2.0), make("Twice", ["m"], ["y"], domain="own", alpha=0.5)],
     [port("x", [2])], functions=[function])
# Weights as inputs, as lists of their own types, and in a file that is not there.
save([make("Gemm", ["x", "w", "b"], ["y"])], [port("x", [1, 2]), port("w", [2, 3]), port("b", [3])])
typed = [helper.make_tensor("a", kind, [2], [1, 0]) for kind in (TensorProto.INT8,)]
save([make("Cast", ["a"], ["y"], to=F)], [], typed)
far = row("a", [1, 2], np.float32)
far.ClearField("raw_data")
far.data_location = TensorProto.EXTERNAL
far.external_data.add(key="location", value="weights.bin")
save([make("Relu", ["a"], ["y"])], [], [far])
print(len(list(OUT.iterdir())), "seeds,", sum(p.stat().st_size for p in OUT.iterdir()), "bytes")
