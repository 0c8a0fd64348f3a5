//! The kernels of the device: [`record`] writes down the steps that compute an operator.
//!
//! The contract: inputs and outputs are [`View`]s of known shapes, the outputs' shapes are those that shape inference
//! gave. An operator, type or mode that has no kernel is refused here, when planning; what was recorded is run
//! without any further decision. Nothing here touches a device.

mod arg;
mod boxes;
mod compose;
mod conv;
mod copy;
mod elementwise;
mod gather;
mod given;
mod halves;
mod map;
mod matmul;
mod moves;
mod norm;
mod pool;
mod product;
mod quantize;
mod reduce;
mod resize;
mod sample;
mod scatter;
mod spatial;
mod tile;
pub(super) mod winograd;

use super::record::{Recorder, View};
use crate::error::{Error, ErrorKind, Result};
use crate::model::op::Op;
use crate::model::tensor::DType;

pub(super) use given::name as operator;
pub(super) use map::Class;

/// The type and shape of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) dtype: DType,
    pub(super) shape: Vec<usize>,
}

/// What an operator is recorded with.
pub(super) struct Call<'a> {
    pub(super) op: &'a Op,
    pub(super) inputs: &'a [Option<&'a View>],
    pub(super) outputs: &'a [Made],
}

impl<'a> Call<'a> {
    /// An input that must be there.
    pub(super) fn input(&self, place: usize) -> Result<&'a View> {
        self.option(place).ok_or_else(|| {
            Error::new(ErrorKind::Length, format!("input {place} of {} is missing", given::name(self.op)))
        })
    }

    /// An input that may be left out.
    pub(super) fn option(&self, place: usize) -> Option<&'a View> {
        self.inputs.get(place).copied().flatten()
    }

    /// All inputs, none of which may be left out.
    pub(super) fn all(&self) -> Result<Vec<&'a View>> {
        (0..self.inputs.len()).map(|place| self.input(place)).collect()
    }

    /// The first output.
    pub(super) fn made(&self) -> Result<&'a Made> {
        self.outputs.first().ok_or_else(|| Error::new(ErrorKind::Length, "an operator without an output"))
    }

    /// That there is no kernel for this.
    pub(super) fn refused(&self, why: &str) -> Error {
        Error::new(
            ErrorKind::Unsupported,
            format!("{} has no kernel on the device: {why}", given::name(self.op)),
        )
        .remedy("run the model on the processor")
    }
}

/// Writes down the steps of an operator and returns its outputs.
///
/// # Errors
/// `Unsupported` if there is no kernel; `Length`, `Type` or `Limit` if the inputs are not what the operator takes.
pub(super) fn record(rec: &mut Recorder, call: &Call<'_>) -> Result<Vec<View>> {
    let one = |view: View| vec![view];
    match call.op {
        Op::Unary(_) | Op::Clip | Op::Cast { .. } | Op::Binary(_) | Op::Variadic(_) | Op::Where => {
            elementwise::record(rec, call).map(one)
        }
        Op::Identity
        | Op::Dropout
        | Op::Reshape { .. }
        | Op::Flatten { .. }
        | Op::Squeeze
        | Op::Unsqueeze
        | Op::Transpose { .. }
        | Op::Concat { .. }
        | Op::Split { .. }
        | Op::Slice
        | Op::Expand
        | Op::Tile
        | Op::Pad { .. }
        | Op::DepthToSpace { .. }
        | Op::SpaceToDepth { .. }
        | Op::CenterCropPad { .. }
        | Op::Range
        | Op::ConstantOfShape { .. } => moves::record(rec, call),
        Op::Gather { .. } | Op::GatherElements { .. } | Op::GatherNd { .. } | Op::OneHot { .. } => {
            gather::record(rec, call).map(one)
        }
        Op::ScatterElements { .. } | Op::ScatterNd { .. } => scatter::record(rec, call).map(one),
        Op::Reduce { .. } | Op::Softmax { .. } | Op::CumSum { .. } => norm::along(rec, call).map(one),
        Op::ArgMax { .. } | Op::ArgMin { .. } | Op::TopK { .. } => arg::record(rec, call),
        Op::BatchNormalization { .. }
        | Op::InstanceNormalization { .. }
        | Op::LayerNormalization { .. }
        | Op::GroupNormalization { .. }
        | Op::LpNormalization { .. }
        | Op::Lrn { .. } => norm::record(rec, call),
        Op::Conv(_) | Op::ConvTranspose(_) | Op::DeformConv { .. } => conv::record(rec, call).map(one),
        Op::Gemm { .. } | Op::MatMul => matmul::record(rec, call).map(one),
        Op::Pool { .. } | Op::GlobalPool { .. } | Op::MaxUnpool { .. } => pool::record(rec, call),
        Op::Resize(_) => resize::record(rec, call).map(one),
        Op::GridSample { .. } | Op::RoiAlign(_) => sample::record(rec, call).map(one),
        Op::Compose(op) => compose::record(rec, call, *op).map(one),
        Op::NonZero | Op::NonMaxSuppression { .. } => boxes::record(rec, call).map(one),
        Op::QuantizeLinear { .. }
        | Op::DequantizeLinear { .. }
        | Op::ConvInteger(_)
        | Op::QLinearConv(_)
        | Op::MatMulInteger
        | Op::QLinearMatMul => quantize::record(rec, call).map(one),
        Op::Einsum { .. } => matmul::einsum(rec, call).map(one),
        Op::Shape { .. } | Op::Size => Err(call.refused("shapes are computed when planning")),
    }
}

/// The inputs whose elements a plan must know: shapes, axes, counts and limits. (`Clip`'s limits and `Pad`'s value
/// may be on the device.)
pub(super) fn host_inputs(op: &Op) -> &'static [usize] {
    match op {
        Op::Reshape { .. } | Op::Squeeze | Op::Unsqueeze | Op::Expand | Op::Tile | Op::Split { .. } => &[1],
        Op::Pad { .. } => &[1, 3],
        Op::Slice => &[1, 2, 3, 4],
        Op::Reduce { .. } | Op::CumSum { .. } | Op::TopK { .. } | Op::OneHot { .. } => &[1],
        Op::CenterCropPad { .. } => &[1],
        Op::Resize(_) => &[1, 2, 3],
        Op::Range => &[0, 1, 2],
        Op::ConstantOfShape { .. } => &[0],
        Op::NonMaxSuppression { .. } => &[2, 3, 4],
        Op::MaxUnpool { .. } => &[2],
        Op::Compose(_) => &[4],
        Op::Dropout => &[1, 2],
        _ => &[],
    }
}
