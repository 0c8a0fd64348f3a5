//! Operators of 16-bit floats by way of 32: inputs are widened, results are rounded once.
//!
//! The invariant: inputs that are no 16-bit floats of the kind at hand come as they are.

use half::{bf16, f16};

use super::given::Given;
use crate::error::Result;
use crate::model::tensor::{DType, Element, Tensor};

/// What `work` makes of the inputs as 32-bit floats, as floats of type `dtype`.
///
/// # Errors
/// Those of `work`.
pub(super) fn through(
    given: &Given<'_>,
    dtype: DType,
    work: impl Fn(&Given<'_>) -> Result<Vec<Tensor>>,
) -> Result<Vec<Tensor>> {
    let wide: Vec<Option<Tensor>> = given
        .all()
        .iter()
        .map(|tensor| tensor.map(|tensor| widen(tensor, dtype)).transpose())
        .collect::<Result<_>>()?;
    let wide: Vec<Option<&Tensor>> = wide.iter().map(Option::as_ref).collect();
    work(&given.with(&wide))?.into_iter().map(|made| narrow(made, dtype)).collect()
}

/// As [`through`], for one output.
///
/// # Errors
/// Those of `work`.
pub(super) fn one(
    given: &Given<'_>,
    dtype: DType,
    work: impl Fn(&Given<'_>) -> Result<Tensor>,
) -> Result<Tensor> {
    let made = through(given, dtype, |wide| work(wide).map(|made| vec![made]))?;
    made.into_iter().next().ok_or_else(|| given.no_type(dtype))
}

/// A tensor of floats of 32 bits, if it was one of `dtype`.
fn widen(tensor: &Tensor, dtype: DType) -> Result<Tensor> {
    match dtype {
        DType::F16 => map::<f16, f32>(tensor, f16::to_f32),
        DType::BF16 => map::<bf16, f32>(tensor, bf16::to_f32),
        _ => Ok(tensor.clone()),
    }
}

/// A tensor of `dtype`, if it was one of floats of 32 bits.
fn narrow(tensor: Tensor, dtype: DType) -> Result<Tensor> {
    match dtype {
        DType::F16 => map::<f32, f16>(&tensor, f16::from_f32),
        DType::BF16 => map::<f32, bf16>(&tensor, bf16::from_f32),
        _ => Ok(tensor),
    }
}

fn map<A: Element, B: Element>(tensor: &Tensor, each: impl Fn(A) -> B) -> Result<Tensor> {
    match tensor.elements::<A>() {
        Some(elements) => Tensor::new(tensor.shape(), elements.iter().map(|a| each(*a)).collect()),
        None => Ok(tensor.clone()),
    }
}
