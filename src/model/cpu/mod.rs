//! The executor that runs on the processor: plain loops over slices, for every operator of the table.
//!
//! [`run()`] computes a graph node by node, [`compute`] one operator. The heavy operators (convolution, products,
//! pooling) are in [`heavy`]; the others are here, a family a file. Results do not depend on the number of threads.
//!
//! Everything that a model or its inputs can get wrong is an error, never a panic: a kernel checks shapes and types
//! before its loops. Indices into slices are computed only after that check.

#![allow(clippy::indexing_slicing, reason = "shapes are checked at the begin of every kernel")]

mod axes;
mod binary;
mod cast;
mod compose;
mod each;
mod functions;
mod gather;
mod grid;
pub mod heavy;
mod inputs;
mod join;
mod made;
mod movement;
mod normalize;
mod number;
mod pad;
mod quantize;
mod rank;
mod reduce;
mod region;
mod reshape;
mod resize;
mod run;
mod scatter;
mod softmax;
mod strides;
mod suppress;
pub mod threads;
mod unary;
mod wide;

pub use run::{Executor, run};
pub use threads::Threads;

use crate::error::Result;
use crate::model::op::Op;
use crate::model::tensor::{DType, Tensor};
use inputs::{Inputs, room, usage};

/// What `op` makes of its inputs (none for one that is left out), as many tensors as `outputs` asks for.
///
/// # Errors
/// `Type` for elements of a type the operator does not take, `Length` for shapes that do not fit one another, `Index`
/// for numbers of elements that are not there, `Usage` for attributes that make no sense or an input that is missing,
/// `Limit` for a result too large.
pub fn compute(
    op: &Op,
    inputs: &[Option<&Tensor>],
    outputs: usize,
    threads: &Threads,
) -> Result<Vec<Tensor>> {
    for tensor in inputs.iter().flatten() {
        room(tensor.shape(), tensor.dtype().size())?;
    }
    let mut made = match heavy::compute(op, inputs, outputs, threads) {
        Some(made) => made?,
        None => light(op, Inputs(inputs), outputs, threads)?,
    };
    if made.len() < outputs {
        return Err(usage(format!("{outputs} outputs of an operator that makes {}", made.len())));
    }
    made.truncate(outputs);
    Ok(made)
}

/// The kernel that computes a heavy operator for inputs of these shapes, in a word; none for those with a loop of their
/// own.
pub fn kernel(op: &Op, inputs: &[Vec<usize>], dtype: DType) -> Option<&'static str> {
    heavy::kernel(op, inputs, dtype)
}

fn light(op: &Op, inputs: Inputs<'_>, outputs: usize, threads: &Threads) -> Result<Vec<Tensor>> {
    let x = || inputs.get(0);
    let one = match op {
        Op::Dropout => return made::dropout(inputs),
        Op::Split { axis, parts } => return join::split(*axis, *parts, inputs, outputs),
        Op::TopK { axis, largest, sorted: _ } => return rank::top_k(*axis, *largest, inputs, threads),
        Op::LayerNormalization { axis, epsilon } => {
            return normalize::layer(*axis, *epsilon, inputs, outputs, threads);
        }
        Op::Unary(function) => unary::unary(*function, x()?, threads),
        Op::Clip => unary::clip(inputs, threads),
        Op::Cast { to, saturate: _ } => cast::cast(x()?, *to, threads),
        Op::Identity => x().cloned(),
        Op::Binary(function) => binary::binary(*function, x()?, inputs.get(1)?, threads),
        Op::Variadic(function) => binary::variadic(*function, inputs, threads),
        Op::Where => binary::select(inputs),
        Op::Reshape { allow_zero } => reshape::reshape(*allow_zero, inputs),
        Op::Flatten { axis } => reshape::flatten(*axis, x()?),
        Op::Squeeze => reshape::squeeze(inputs),
        Op::Unsqueeze => reshape::unsqueeze(inputs),
        Op::Transpose { perm } => movement::transpose(perm.as_deref(), x()?),
        Op::Slice => movement::slice(inputs),
        Op::Expand => movement::expand(inputs),
        Op::Tile => movement::tile(inputs),
        Op::DepthToSpace { block, column_row_depth } => {
            movement::depth_to_space(*block, *column_row_depth, x()?)
        }
        Op::SpaceToDepth { block } => movement::space_to_depth(*block, x()?),
        Op::Concat { axis } => join::concat(*axis, inputs),
        Op::Pad { mode } => pad::pad(*mode, inputs),
        Op::CenterCropPad { axes } => pad::center_crop_pad(axes.as_deref(), inputs),
        Op::Gather { axis } => gather::gather(*axis, inputs),
        Op::GatherElements { axis } => gather::gather_elements(*axis, inputs),
        Op::GatherNd { batch_dims } => gather::gather_nd(*batch_dims, inputs),
        Op::OneHot { axis } => gather::one_hot(*axis, inputs),
        Op::NonZero => gather::non_zero(x()?),
        Op::ScatterElements { axis, reduction } => scatter::scatter_elements(*axis, *reduction, inputs),
        Op::ScatterNd { reduction } => scatter::scatter_nd(*reduction, inputs),
        Op::Shape { start, end } => made::shape(*start, *end, x()?),
        Op::Size => Ok(made::size(x()?)),
        Op::Range => made::range(inputs),
        Op::ConstantOfShape { value } => made::constant_of_shape(value, inputs),
        Op::Reduce { kind, keep, nothing_if_no_axes } => {
            reduce::reduce(*kind, *keep, *nothing_if_no_axes, inputs, threads)
        }
        Op::ArgMax { axis, keep, last } => rank::arg(*axis, *keep, *last, true, x()?),
        Op::ArgMin { axis, keep, last } => rank::arg(*axis, *keep, *last, false, x()?),
        Op::CumSum { exclusive, reverse } => softmax::cum_sum(*exclusive, *reverse, inputs),
        Op::Softmax { axis, log, flat } => softmax::softmax(*axis, *log, *flat, x()?, threads),
        Op::BatchNormalization { epsilon } => normalize::batch(*epsilon, inputs, outputs, threads),
        Op::InstanceNormalization { epsilon } => normalize::instance(*epsilon, inputs, threads),
        Op::GroupNormalization { groups, epsilon, per_group } => {
            normalize::group(*groups, *epsilon, *per_group, inputs, threads)
        }
        Op::LpNormalization { axis, p } => normalize::lp(*axis, *p, x()?),
        Op::Lrn { alpha, beta, bias, size } => {
            let by = normalize::Response { alpha: *alpha, beta: *beta, bias: *bias, size: *size };
            normalize::lrn(by, x()?, threads)
        }
        Op::Resize(op) => resize::resize(op, inputs, threads),
        Op::GridSample { mode, padding, align_corners } => {
            let rule = grid::Rule { mode: *mode, padding: *padding, align_corners: *align_corners };
            grid::sample(rule, inputs, threads)
        }
        Op::RoiAlign(op) => region::align(*op, inputs, threads),
        Op::Compose(op) => compose::compose(*op, inputs, threads),
        Op::NonMaxSuppression { center_point_box } => suppress::suppress(*center_point_box, inputs),
        Op::QuantizeLinear { axis, block, to } => quantize::quantize(*axis, *block, *to, inputs),
        Op::DequantizeLinear { axis, block, to } => quantize::dequantize(*axis, *block, *to, inputs),
        Op::Conv(_)
        | Op::ConvTranspose(_)
        | Op::DeformConv { .. }
        | Op::Gemm { .. }
        | Op::MatMul
        | Op::Einsum { .. }
        | Op::Pool { .. }
        | Op::GlobalPool { .. }
        | Op::MaxUnpool { .. }
        | Op::ConvInteger(_)
        | Op::QLinearConv(_)
        | Op::MatMulInteger
        | Op::QLinearMatMul => Err(usage("this operator is one of the heavy ones")),
    };
    one.map(|tensor| vec![tensor])
}
