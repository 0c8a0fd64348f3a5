//! The names of operators, as ONNX writes them.
use super::{Activation, Binary, Op, Pool, Reduce, Unary, Variadic};
impl Op {
    /// Its name in ONNX: `Conv`, `ReduceMean`, `MaxPool`.
    pub const fn name(&self) -> &'static str {
        match self {
            Op::Clip => "Clip",
            Op::Identity => "Identity",
            Op::Dropout => "Dropout",
            Op::Where => "Where",
            Op::Slice => "Slice",
            Op::Squeeze => "Squeeze",
            Op::Unsqueeze => "Unsqueeze",
            Op::Expand => "Expand",
            Op::Tile => "Tile",
            Op::NonZero => "NonZero",
            Op::Size => "Size",
            Op::Range => "Range",
            Op::MatMul => "MatMul",
            Op::MatMulInteger => "MatMulInteger",
            Op::Cast { .. } => "Cast",
            Op::Reshape { .. } => "Reshape",
            Op::Flatten { .. } => "Flatten",
            Op::Transpose { .. } => "Transpose",
            Op::Concat { .. } => "Concat",
            Op::Split { .. } => "Split",
            Op::Pad { .. } => "Pad",
            Op::DepthToSpace { .. } => "DepthToSpace",
            Op::SpaceToDepth { .. } => "SpaceToDepth",
            Op::CenterCropPad { .. } => "CenterCropPad",
            Op::Gather { .. } => "Gather",
            Op::GatherElements { .. } => "GatherElements",
            Op::ScatterElements { .. } => "ScatterElements",
            Op::OneHot { .. } => "OneHot",
            Op::Shape { .. } => "Shape",
            Op::ConstantOfShape { .. } => "ConstantOfShape",
            Op::ArgMax { .. } => "ArgMax",
            Op::ArgMin { .. } => "ArgMin",
            Op::TopK { .. } => "TopK",
            Op::CumSum { .. } => "CumSum",
            Op::BatchNormalization { .. } => "BatchNormalization",
            Op::InstanceNormalization { .. } => "InstanceNormalization",
            Op::LayerNormalization { .. } => "LayerNormalization",
            Op::GroupNormalization { .. } => "GroupNormalization",
            Op::LpNormalization { .. } => "LpNormalization",
            Op::DeformConv { .. } => "DeformConv",
            Op::Gemm { .. } => "Gemm",
            Op::Einsum { .. } => "Einsum",
            Op::GridSample { .. } => "GridSample",
            Op::NonMaxSuppression { .. } => "NonMaxSuppression",
            Op::MaxUnpool { .. } => "MaxUnpool",
            Op::QuantizeLinear { .. } => "QuantizeLinear",
            Op::DequantizeLinear { .. } => "DequantizeLinear",
            Op::GatherNd { .. } => "GatherND",
            Op::ScatterNd { .. } => "ScatterND",
            Op::Lrn { .. } => "LRN",
            Op::QLinearMatMul => "QLinearMatMul",
            Op::Softmax { log: false, .. } => "Softmax",
            Op::Softmax { log: true, .. } => "LogSoftmax",
            Op::Conv(_) => "Conv",
            Op::ConvTranspose(_) => "ConvTranspose",
            Op::Resize(_) => "Resize",
            Op::RoiAlign(_) => "RoiAlign",
            Op::Compose(_) => "Compose",
            Op::ConvInteger(_) => "ConvInteger",
            Op::QLinearConv(_) => "QLinearConv",
            Op::Unary(own) => own.name(),
            Op::Binary(own) => own.name(),
            Op::Variadic(own) => own.name(),
            Op::Reduce { kind, .. } => kind.name(),
            Op::Pool { kind, .. } => match kind {
                Pool::Max { .. } => "MaxPool",
                Pool::Average { .. } => "AveragePool",
                Pool::Lp { .. } => "LpPool",
            },
            Op::GlobalPool { kind } => match kind {
                Pool::Max { .. } => "GlobalMaxPool",
                Pool::Average { .. } => "GlobalAveragePool",
                Pool::Lp { .. } => "GlobalLpPool",
            },
        }
    }
}

impl Unary {
    /// Its name in ONNX.
    pub const fn name(&self) -> &'static str {
        match self {
            Unary::Abs => "Abs",
            Unary::Acos => "Acos",
            Unary::Acosh => "Acosh",
            Unary::Asin => "Asin",
            Unary::Asinh => "Asinh",
            Unary::Atan => "Atan",
            Unary::Atanh => "Atanh",
            Unary::BitwiseNot => "BitwiseNot",
            Unary::Ceil => "Ceil",
            Unary::Celu { .. } => "Celu",
            Unary::Cos => "Cos",
            Unary::Cosh => "Cosh",
            Unary::Elu { .. } => "Elu",
            Unary::Erf => "Erf",
            Unary::Exp => "Exp",
            Unary::Floor => "Floor",
            Unary::Gelu { .. } => "Gelu",
            Unary::HardSigmoid { .. } => "HardSigmoid",
            Unary::HardSwish => "HardSwish",
            Unary::IsInf { .. } => "IsInf",
            Unary::IsNaN => "IsNaN",
            Unary::LeakyRelu { .. } => "LeakyRelu",
            Unary::Log => "Log",
            Unary::Mish => "Mish",
            Unary::Neg => "Neg",
            Unary::Not => "Not",
            Unary::Reciprocal => "Reciprocal",
            Unary::Relu => "Relu",
            Unary::Round => "Round",
            Unary::Selu { .. } => "Selu",
            Unary::Shrink { .. } => "Shrink",
            Unary::Sigmoid => "Sigmoid",
            Unary::Sign => "Sign",
            Unary::Sin => "Sin",
            Unary::Sinh => "Sinh",
            Unary::Softplus => "Softplus",
            Unary::Softsign => "Softsign",
            Unary::Sqrt => "Sqrt",
            Unary::Swish { .. } => "Swish",
            Unary::Tan => "Tan",
            Unary::Tanh => "Tanh",
            Unary::ThresholdedRelu { .. } => "ThresholdedRelu",
        }
    }
}

impl Binary {
    /// Its name in ONNX.
    pub const fn name(&self) -> &'static str {
        match self {
            Binary::Add => "Add",
            Binary::And => "And",
            Binary::BitShift { .. } => "BitShift",
            Binary::BitwiseAnd => "BitwiseAnd",
            Binary::BitwiseOr => "BitwiseOr",
            Binary::BitwiseXor => "BitwiseXor",
            Binary::Div => "Div",
            Binary::Equal => "Equal",
            Binary::Greater => "Greater",
            Binary::GreaterOrEqual => "GreaterOrEqual",
            Binary::Less => "Less",
            Binary::LessOrEqual => "LessOrEqual",
            Binary::Mod { .. } => "Mod",
            Binary::Mul => "Mul",
            Binary::Or => "Or",
            Binary::PRelu => "PRelu",
            Binary::Pow => "Pow",
            Binary::Sub => "Sub",
            Binary::Xor => "Xor",
        }
    }
}

impl Variadic {
    /// Its name in ONNX.
    pub const fn name(&self) -> &'static str {
        match self {
            Variadic::Max => "Max",
            Variadic::Mean => "Mean",
            Variadic::Min => "Min",
            Variadic::Sum => "Sum",
        }
    }
}

impl Reduce {
    /// Its name in ONNX.
    pub const fn name(&self) -> &'static str {
        match self {
            Reduce::L1 => "ReduceL1",
            Reduce::L2 => "ReduceL2",
            Reduce::LogSum => "ReduceLogSum",
            Reduce::LogSumExp => "ReduceLogSumExp",
            Reduce::Max => "ReduceMax",
            Reduce::Mean => "ReduceMean",
            Reduce::Min => "ReduceMin",
            Reduce::Prod => "ReduceProd",
            Reduce::Sum => "ReduceSum",
            Reduce::SumSquare => "ReduceSumSquare",
        }
    }
}

impl Activation {
    /// Its name in ONNX.
    pub const fn name(&self) -> &'static str {
        match self {
            Activation::Unary(own) => own.name(),
            Activation::Clip { .. } => "Clip",
        }
    }
}
