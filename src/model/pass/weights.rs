//! Arithmetic on constant weights: factors and terms a channel, in double precision.

use super::super::graph::Dim;
use super::super::tensor::{DType, Tensor};

/// The elements in double precision, if they are single or double.
pub(super) fn numbers(tensor: &Tensor) -> Option<Vec<f64>> {
    match tensor.dtype() {
        DType::F32 => Some(tensor.elements::<f32>()?.iter().map(|n| f64::from(*n)).collect()),
        DType::F64 => Some(tensor.elements::<f64>()?.to_vec()),
        _ => None,
    }
}

/// Numbers as elements of a type; none for other types than single and double.
pub(super) fn tensor(dtype: DType, shape: &[usize], numbers: Vec<f64>) -> Option<Tensor> {
    match dtype {
        DType::F32 => Tensor::new(shape, numbers.into_iter().map(narrow).collect()).ok(),
        DType::F64 => Tensor::new(shape, numbers).ok(),
        _ => None,
    }
}

#[expect(clippy::as_conversions, reason = "rounding to the nearest single is what is meant")]
#[expect(clippy::cast_possible_truncation, reason = "the same")]
fn narrow(n: f64) -> f32 {
    n as f32
}

/// How the weights of an operator hold its output channels.
#[derive(Clone, Copy)]
pub(super) enum Layout {
    /// Along the first axis.
    First,
    /// Along the last axis.
    Last,
    /// Along the second axis, the first being cut into so many groups.
    Grouped(usize),
}

/// How many output channels there are.
pub(super) fn channels(shape: &[usize], layout: Layout) -> Option<usize> {
    match layout {
        Layout::First => shape.first().copied(),
        Layout::Last => shape.last().copied(),
        Layout::Grouped(groups) => shape.get(1)?.checked_mul(groups),
    }
}

/// The weights with each output channel times its factor.
pub(super) fn scaled(weights: &Tensor, factors: &[f64], layout: Layout) -> Option<Tensor> {
    let shape = weights.shape();
    let mut all = numbers(weights)?;
    if channels(shape, layout)? != factors.len() || all.is_empty() {
        return None;
    }
    match layout {
        Layout::First => {
            let each = all.len().checked_div(factors.len())?;
            for (row, factor) in all.chunks_exact_mut(each).zip(factors) {
                row.iter_mut().for_each(|n| *n *= factor);
            }
        }
        Layout::Last => {
            for row in all.chunks_exact_mut(factors.len()) {
                row.iter_mut().zip(factors).for_each(|(n, factor)| *n *= factor);
            }
        }
        Layout::Grouped(groups) => {
            let (inputs, outputs) = (*shape.first()?, *shape.get(1)?);
            let taps = all.len().checked_div(inputs.checked_mul(outputs)?)?;
            let each = inputs.checked_div(groups)?;
            for (input, rows) in all.chunks_exact_mut(outputs.checked_mul(taps)?).enumerate() {
                let group = input.checked_div(each)?;
                let mine = factors.get(group.checked_mul(outputs)?..)?;
                for (row, factor) in rows.chunks_exact_mut(taps).zip(mine) {
                    row.iter_mut().for_each(|n| *n *= factor);
                }
            }
        }
    }
    tensor(weights.dtype(), shape, all)
}

/// A constant that is laid over a result of this rank as one number for each of its channels (axis 1): those numbers.
pub(super) fn per_channel(constant: &Tensor, rank: usize, channels: usize) -> Option<Vec<f64>> {
    let all = numbers(constant)?;
    let lead = rank.checked_sub(constant.rank())?;
    // The only axis longer than one may be that of the channels.
    for (place, n) in constant.shape().iter().enumerate() {
        if *n != 1 && (place.checked_add(lead)? != 1 || *n != channels) {
            return None;
        }
    }
    match all.as_slice() {
        [one] => Some(vec![*one; channels]),
        list if list.len() == channels => Some(all),
        _ => None,
    }
}

/// A shape of known lengths.
pub(super) fn rank_of(shape: Option<&[Dim]>) -> Option<usize> {
    shape.map(<[Dim]>::len)
}
