//! The target: which cases of the node suite an executor has to pass.
//!
//! Those of the operators below: a case of one node whose inputs and outputs are plain numbers and which is not the
//! written-out body of a function; and every case of several nodes that uses no other operators, on the same types.

use super::Case;

/// Operators in the order in which they were wanted: to classify, to detect and segment, and more.
const TIERS: [&[&str]; 3] = [
    &[
        "Conv",
        "BatchNormalization",
        "Relu",
        "LeakyRelu",
        "Clip",
        "Add",
        "Mul",
        "Sub",
        "Div",
        "Sum",
        "MaxPool",
        "AveragePool",
        "GlobalAveragePool",
        "Gemm",
        "MatMul",
        "Flatten",
        "Reshape",
        "Softmax",
        "Concat",
        "Dropout",
        "Transpose",
        "Identity",
        "Constant",
        "ConstantOfShape",
        "LRN",
    ],
    &[
        "ConvTranspose",
        "Resize",
        "Upsample",
        "Sigmoid",
        "HardSigmoid",
        "HardSwish",
        "Mish",
        "Swish",
        "Tanh",
        "Softplus",
        "PRelu",
        "Elu",
        "Exp",
        "Sqrt",
        "Pow",
        "Floor",
        "Ceil",
        "Max",
        "Min",
        "Slice",
        "Gather",
        "Squeeze",
        "Unsqueeze",
        "Split",
        "Pad",
        "Shape",
        "Expand",
        "Tile",
        "Cast",
        "Range",
        "ReduceMean",
        "ReduceSum",
        "ReduceMax",
        "ReduceMin",
        "ArgMax",
        "TopK",
        "NonMaxSuppression",
        "RoiAlign",
        "InstanceNormalization",
        "GlobalMaxPool",
        "DepthToSpace",
        "SpaceToDepth",
        "Where",
        "Equal",
        "Greater",
        "Less",
        "Not",
        "And",
        "Or",
    ],
    &[
        "DeformConv",
        "GridSample",
        "LayerNormalization",
        "GroupNormalization",
        "Gelu",
        "Erf",
        "GatherElements",
        "GatherND",
        "ScatterND",
        "ScatterElements",
        "NonZero",
        "ArgMin",
        "LogSoftmax",
        "ReduceL2",
        "LpNormalization",
        "CumSum",
        "OneHot",
        "MaxUnpool",
        "Mean",
        "Log",
        "Abs",
        "Neg",
        "Reciprocal",
        "Round",
        "Size",
        "CenterCropPad",
        "QuantizeLinear",
        "DequantizeLinear",
        "QLinearConv",
        "ConvInteger",
        "Einsum",
    ],
];

/// ONNX's numbers of float, int64, int32, bool, uint8 and int8.
const TYPES: [u64; 6] = [1, 7, 6, 9, 2, 3];

/// The group of a case in the report.
pub(crate) fn group(case: &Case) -> &'static str {
    let ops = &case.about.ops;
    let tier = |op: &String| TIERS.iter().position(|tier| tier.contains(&op.as_str()));
    let plain = case.about.types.iter().all(|of| of.is_some_and(|of| TYPES.contains(&of)));
    match (case.set, ops.as_slice()) {
        ("node", [op]) if plain && !case.name.contains("_expanded") => match tier(op) {
            Some(0) => "P0 classify",
            Some(1) => "P1 detect, segment",
            Some(2) => "P2 wider",
            _ => "other operators",
        },
        ("node", [_, _, ..]) if plain && ops.iter().all(|op| tier(op).is_some()) => "several nodes",
        ("node", _) if !plain => "other types",
        ("node", _) => "other operators",
        (set, _) => set,
    }
}

/// Whether an executor has to pass a case.
pub(crate) fn is_target(case: &Case) -> bool {
    matches!(group(case), "P0 classify" | "P1 detect, segment" | "P2 wider" | "several nodes")
}
