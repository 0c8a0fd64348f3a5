//! Shapes and types of what an operator makes, before anything is computed.
//!
//! [`outputs`] is the one rule of shapes: the loader, the passes and both executors ask it. From concrete inputs it
//! gives concrete outputs, except where a length depends on the elements themselves (`NonZero`): such an axis is
//! `Named("")`. It computes no elements; a [`Fact`] may carry those of a constant, for the operators whose shape
//! follows from them (`Reshape`, `Slice`, `Resize`). It never panics: what does not fit is an error.

pub(in crate::model) mod dims;
mod elementwise;
mod indexing;
mod inputs;
mod layout;
mod picture;
mod product;
mod reduction;
mod reshape;
mod slice;
mod walk;
mod window;

#[cfg(test)]
mod tests;

pub(super) use walk::learn;
pub use walk::walk;

use super::graph::Dim;
use super::op::Op;
use super::tensor::{DType, Tensor};
use crate::error::{Error, ErrorKind, Result};
use inputs::Inputs;

/// A tensor has no more axes than this.
pub(super) const MOST_AXES: usize = 64;

/// A back end, seen as a function: what an operator makes of these inputs, for folding constants. The last number is
/// how many outputs are wanted.
pub type Evaluate<'a> = dyn Fn(&Op, &[Option<&Tensor>], usize) -> Result<Vec<Tensor>> + 'a;

/// What is known of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// The type of its elements.
    pub dtype: DType,
    /// Its shape, outermost axis first.
    pub shape: Vec<Dim>,
    /// Its elements, where they are known.
    pub value: Option<Tensor>,
}

impl Fact {
    /// A value of a known type and shape.
    pub fn new(dtype: DType, shape: &[usize]) -> Fact {
        Fact { dtype, shape: shape.iter().map(|n| Dim::Known(*n)).collect(), value: None }
    }

    /// A value that is known in full. No element is copied.
    pub fn constant(tensor: &Tensor) -> Fact {
        Fact { value: Some(tensor.clone()), ..Fact::new(tensor.dtype(), tensor.shape()) }
    }

    /// The shape, if every axis has a known length.
    pub fn known(&self) -> Option<Vec<usize>> {
        self.shape
            .iter()
            .map(|dim| match dim {
                Dim::Known(n) => Some(*n),
                Dim::Named(_) => None,
            })
            .collect()
    }
}

/// A value of which no element is known.
fn fact(dtype: DType, shape: Vec<Dim>) -> Fact {
    Fact { dtype, shape, value: None }
}

/// What `op` makes of inputs like these (none for an input that is left out), as many facts as `outputs` asks for.
///
/// # Errors
/// `Type` for elements of a type the operator does not take, `Length` for shapes that do not fit one another,
/// `Usage` for inputs that are missing and attributes that make no sense, `Limit` for a result too large to count,
/// `Unsupported` if not even the rank can be told from these facts (never for inputs that are known in full).
pub fn outputs(op: &Op, inputs: &[Option<Fact>], outputs: usize) -> Result<Vec<Fact>> {
    let most = most_inputs(op);
    if inputs.len() > most {
        let what = format!("{} inputs; the operator takes {most}", inputs.len());
        return Err(Error::new(ErrorKind::Usage, what));
    }
    let inputs = Inputs(inputs);
    let made = elementwise::outputs(op, inputs)
        .transpose()
        .or_else(|| layout::outputs(op, inputs, outputs).transpose())
        .or_else(|| indexing::outputs(op, inputs).transpose())
        .or_else(|| reduction::outputs(op, inputs).transpose())
        .or_else(|| window::outputs(op, inputs).transpose())
        .or_else(|| product::outputs(op, inputs).transpose())
        .or_else(|| picture::outputs(op, inputs).transpose());
    // One of the families knows each operator: see the test `every_operator_is_inferred`.
    let mut made = made.unwrap_or_else(|| Err(Error::new(ErrorKind::Usage, "an operator of no family")))?;
    if made.len() < outputs {
        let what = format!("{outputs} outputs; the operator makes {}", made.len());
        return Err(Error::new(ErrorKind::Usage, what));
    }
    made.truncate(outputs);
    for fact in &made {
        if fact.shape.len() > MOST_AXES {
            return Err(dims::too_many_axes());
        }
        let bytes = match dims::product(&fact.shape)? {
            Dim::Known(n) => n.checked_mul(fact.dtype.size()),
            Dim::Named(_) => Some(0),
        };
        if bytes.is_none_or(|n| isize::try_from(n).is_err()) {
            return Err(dims::too_large());
        }
    }
    Ok(made)
}

/// How many inputs an operator takes at most.
fn most_inputs(op: &Op) -> usize {
    match op {
        Op::Variadic(_) | Op::Concat { .. } | Op::Einsum { .. } => usize::MAX,
        Op::QLinearConv(_) => 9,
        Op::QLinearMatMul => 8,
        Op::DeformConv { .. } => 6,
        Op::Slice | Op::BatchNormalization { .. } | Op::NonMaxSuppression { .. } | Op::Compose(_) => 5,
        Op::Pad { .. } | Op::Resize(_) => 4,
        Op::Conv(_) | Op::ConvTranspose(_) | Op::ConvInteger(_) | Op::MatMulInteger => 4,
        Op::Clip | Op::Where | Op::ScatterElements { .. } | Op::ScatterNd { .. } | Op::OneHot { .. } => 3,
        Op::Range | Op::InstanceNormalization { .. } | Op::LayerNormalization { .. } => 3,
        Op::GroupNormalization { .. } | Op::Gemm { .. } | Op::MaxUnpool { .. } | Op::RoiAlign(_) => 3,
        Op::QuantizeLinear { .. } | Op::DequantizeLinear { .. } => 3,
        Op::Binary(_) | Op::Reshape { .. } | Op::Split { .. } | Op::Squeeze | Op::Unsqueeze => 2,
        Op::Expand | Op::Tile | Op::CenterCropPad { .. } | Op::MatMul | Op::GridSample { .. } => 2,
        Op::Gather { .. } | Op::GatherElements { .. } | Op::GatherNd { .. } => 2,
        Op::Reduce { .. } | Op::TopK { .. } | Op::CumSum { .. } => 2,
        Op::Unary(_) | Op::Cast { .. } | Op::Identity | Op::Flatten { .. } => 1,
        Op::Dropout => 3,
        Op::Transpose { .. } | Op::DepthToSpace { .. } | Op::SpaceToDepth { .. } | Op::NonZero => 1,
        Op::Shape { .. } | Op::Size | Op::ConstantOfShape { .. } => 1,
        Op::ArgMax { .. } | Op::ArgMin { .. } | Op::Softmax { .. } | Op::LpNormalization { .. } => 1,
        Op::Lrn { .. } | Op::Pool { .. } | Op::GlobalPool { .. } => 1,
    }
}
