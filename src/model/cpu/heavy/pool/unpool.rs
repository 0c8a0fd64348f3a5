//! The way back from the largest of each window: elements go where their numbers say, all else is zero.
//!
//! The invariant: numbers count the elements of the shape that the window implies; a given shape may be larger, and
//! what is more is zero.

#![allow(clippy::indexing_slicing, reason = "shapes are checked before elements are read")]

use super::super::given::Given;
use super::super::spatial::{signed, steps};
use crate::error::{ErrorKind, Result};
use crate::model::op::Window;
use crate::model::tensor::{DType, Element, Tensor, count};

/// `x`, the numbers of its elements, and perhaps the shape of the result.
///
/// # Errors
/// `Usage` for shapes that do not belong together, `Index` for a number outside the result.
pub(in super::super) fn unpool(window: &Window, given: &Given<'_>) -> Result<Tensor> {
    let x = given.need(0, "X")?;
    match x.dtype() {
        DType::F32 => typed::<f32>(window, given, x),
        DType::F64 => typed::<f64>(window, given, x),
        DType::F16 => typed::<half::f16>(window, given, x),
        DType::BF16 => typed::<half::bf16>(window, given, x),
        other => Err(given.no_type(other)),
    }
}

fn typed<T: Element>(window: &Window, given: &Given<'_>, x: &Tensor) -> Result<Tensor> {
    let numbers = given.need(1, "I")?;
    let (&[batch, channels, ref picture @ ..], true) = (x.shape(), x.shape() == numbers.shape()) else {
        return Err(given.usage(format!("elements of {:?} and numbers of {:?}", x.shape(), numbers.shape())));
    };
    let steps = steps(window, picture.len(), None).map_err(|error| given.named(error))?;
    let pads = steps.pads.unwrap_or_else(|| vec![(0, 0); picture.len()]);
    let mut implied = vec![batch, channels];
    for (at, n) in picture.iter().enumerate() {
        let all = (signed(*n) - 1).saturating_mul(signed(steps.strides[at])) + signed(steps.kernel[at]);
        let all = all.saturating_sub(pads[at].0).saturating_sub(pads[at].1);
        let fails = || given.usage(format!("windows {window:?} over {picture:?} elements leave no result"));
        implied.push(usize::try_from(all).map_err(|_| fails())?);
    }
    let shape = match given.option(2) {
        None => implied.clone(),
        Some(shape) => {
            let lengths = given.elements::<i64>(shape, "output_shape")?.iter().map(|n| usize::try_from(*n));
            let shape = lengths.collect::<Result<Vec<_>, _>>().unwrap_or_default();
            let larger = shape.len() == implied.len() && shape.iter().zip(&implied).all(|(n, i)| n >= i);
            if !larger {
                return Err(given.usage(format!("the shape {shape:?} is not as large as {implied:?}")));
            }
            shape
        }
    };
    let (x, numbers) = (given.elements::<T>(x, "X")?, given.elements::<i64>(numbers, "I")?);
    let mut out = given.zeros::<T>(&shape)?;
    let implied_count = count(&implied).unwrap_or(0);
    for (x, number) in x.iter().zip(numbers) {
        let place = usize::try_from(*number).ok().filter(|n| *n < implied_count).ok_or_else(|| {
            given.fails(ErrorKind::Index, format!("{number} is not the number of an element of {implied:?}"))
        })?;
        let (mut rest, mut at, mut step) = (place, 0, 1);
        for (i, n) in implied.iter().zip(&shape).rev() {
            at += rest % i * step;
            rest /= i;
            step *= n;
        }
        out[at] = *x;
    }
    Tensor::new(&shape, out)
}
