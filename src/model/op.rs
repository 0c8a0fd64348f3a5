//! [`Op`]: the one table of operators, which loaders write and both executors read.
//!
//! Semantics are those of ONNX's newest opset (its Operators.md); what older opsets wrote as attributes comes as
//! constant inputs (axes, pads, limits, `k`), so that a kernel knows one form of an operator. Inputs are in the
//! order of that document. Axes may be negative, counted from the end. The fields have that document's meaning
//! and defaults; a field is an `Option` where leaving it out means something a number cannot say.

mod name;
mod picture;
mod window;

pub use picture::{
    Aspect, Compose, Coordinates, GridMode, GridPadding, Nearest, Resize, ResizeMode, RoiAlign,
};
pub use window::{Activation, Conv, ConvTranspose, Epilogue, Padding, Pool, Window};

use super::tensor::{DType, Tensor};

/// What a node computes.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each is named as in ONNX")]
pub enum Op {
    // one element at a time
    Unary(Unary),
    Clip,
    Cast {
        to: DType,
        saturate: bool,
    },
    Identity,
    /// Its input, and a mask of all true. Where further inputs say a ratio and that it trains: what is drawn, by the
    /// Mersenne Twister from seed 0, as ONNX's own reference draws.
    Dropout,
    // pairs of elements, broadcast
    Binary(Binary),
    Variadic(Variadic),
    Where,
    // the same elements elsewhere
    Reshape {
        allow_zero: bool,
    },
    Flatten {
        axis: i64,
    },
    Transpose {
        perm: Option<Vec<usize>>,
    },
    Concat {
        axis: i64,
    },
    Split {
        axis: i64,
        parts: Option<usize>,
    },
    Slice,
    Squeeze,
    Unsqueeze,
    Expand,
    Tile,
    Pad {
        mode: PadMode,
    },
    DepthToSpace {
        block: usize,
        column_row_depth: bool,
    },
    SpaceToDepth {
        block: usize,
    },
    CenterCropPad {
        axes: Option<Vec<i64>>,
    },
    // elements by number
    Gather {
        axis: i64,
    },
    GatherElements {
        axis: i64,
    },
    GatherNd {
        batch_dims: usize,
    },
    ScatterElements {
        axis: i64,
        reduction: Scatter,
    },
    ScatterNd {
        reduction: Scatter,
    },
    OneHot {
        axis: i64,
    },
    NonZero,
    // made from shapes and numbers
    Shape {
        start: i64,
        end: Option<i64>,
    },
    Size,
    Range,
    ConstantOfShape {
        value: Tensor,
    },
    // along axes
    Reduce {
        kind: Reduce,
        keep: bool,
        nothing_if_no_axes: bool,
    },
    ArgMax {
        axis: i64,
        keep: bool,
        last: bool,
    },
    ArgMin {
        axis: i64,
        keep: bool,
        last: bool,
    },
    TopK {
        axis: i64,
        largest: bool,
        sorted: bool,
    },
    CumSum {
        exclusive: bool,
        reverse: bool,
    },
    /// `flat`: the rule before opset 13, over all axes from `axis` on.
    Softmax {
        axis: i64,
        log: bool,
        flat: bool,
    },
    // normalisation
    BatchNormalization {
        epsilon: f32,
    },
    InstanceNormalization {
        epsilon: f32,
    },
    LayerNormalization {
        axis: i64,
        epsilon: f32,
    },
    /// `per_group`: scale and bias a group, as opset 18 had it, and not a channel.
    GroupNormalization {
        groups: usize,
        epsilon: f32,
        per_group: bool,
    },
    LpNormalization {
        axis: i64,
        p: u32,
    },
    Lrn {
        alpha: f32,
        beta: f32,
        bias: f32,
        size: usize,
    },
    // windows and products
    Conv(Conv),
    ConvTranspose(ConvTranspose),
    DeformConv {
        conv: Conv,
        offset_groups: usize,
    },
    Gemm {
        alpha: f32,
        beta: f32,
        trans_a: bool,
        trans_b: bool,
    },
    MatMul,
    Einsum {
        equation: String,
    },
    Pool {
        kind: Pool,
        window: Window,
    },
    GlobalPool {
        kind: Pool,
    },
    MaxUnpool {
        window: Window,
    },
    // pictures and boxes
    Resize(Resize),
    GridSample {
        mode: GridMode,
        padding: GridPadding,
        align_corners: bool,
    },
    RoiAlign(RoiAlign),
    Compose(Compose),
    NonMaxSuppression {
        center_point_box: bool,
    },
    // eight bits
    QuantizeLinear {
        axis: i64,
        block: usize,
        to: DType,
    },
    DequantizeLinear {
        axis: i64,
        block: usize,
        to: Option<DType>,
    },
    ConvInteger(Conv),
    QLinearConv(Conv),
    MatMulInteger,
    QLinearMatMul,
}

/// Functions of one number.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "each is named as in ONNX")]
pub enum Unary {
    Abs,
    Acos,
    Acosh,
    Asin,
    Asinh,
    Atan,
    Atanh,
    BitwiseNot,
    Ceil,
    Celu {
        alpha: f32,
    },
    Cos,
    Cosh,
    Elu {
        alpha: f32,
    },
    Erf,
    Exp,
    Floor,
    Gelu {
        tanh: bool,
    },
    HardSigmoid {
        alpha: f32,
        beta: f32,
    },
    HardSwish,
    IsInf {
        negative: bool,
        positive: bool,
    },
    IsNaN,
    LeakyRelu {
        alpha: f32,
    },
    Log,
    Mish,
    Neg,
    Not,
    Reciprocal,
    Relu,
    /// Halves go to the even number.
    Round,
    Selu {
        alpha: f32,
        gamma: f32,
    },
    Shrink {
        bias: f32,
        lambda: f32,
    },
    Sigmoid,
    Sign,
    Sin,
    Sinh,
    Softplus,
    Softsign,
    Sqrt,
    Swish {
        alpha: f32,
    },
    Tan,
    Tanh,
    ThresholdedRelu {
        alpha: f32,
    },
}

/// Functions of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as in ONNX")]
pub enum Binary {
    Add,
    And,
    BitShift {
        left: bool,
    },
    BitwiseAnd,
    BitwiseOr,
    BitwiseXor,
    Div,
    Equal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    /// `truncated`: the sign of the dividend (`fmod`), and not of the divisor.
    Mod {
        truncated: bool,
    },
    Mul,
    Or,
    PRelu,
    Pow,
    Sub,
    Xor,
}

/// Functions of any number of inputs, broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as in ONNX")]
pub enum Variadic {
    Max,
    Mean,
    Min,
    Sum,
}

/// What is beyond the edge of a padded tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as in ONNX")]
pub enum PadMode {
    Constant,
    Reflect,
    Edge,
    Wrap,
}

/// What a scattered element does to the one that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as in ONNX")]
pub enum Scatter {
    Replace,
    Add,
    Mul,
    Max,
    Min,
}

/// What many elements are made into one by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as in ONNX")]
pub enum Reduce {
    L1,
    L2,
    LogSum,
    LogSumExp,
    Max,
    Mean,
    Min,
    Prod,
    Sum,
    SumSquare,
}
