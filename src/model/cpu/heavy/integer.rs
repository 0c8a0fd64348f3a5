//! Convolution and products of matrices of eight bits, summed in 32: with zero points and, for the quantized ones,
//! rounded to eight bits again.
//!
//! The invariant: a zero point is taken away before anything is multiplied, so that what is around a picture is the
//! zero point. A result is rounded to the nearest whole number, halves to the even one, and only then moved by the
//! result's zero point and limited.

#![allow(clippy::indexing_slicing, reason = "shapes are checked before elements are read")]

use super::conv::{fill, layout::Layout, plain};
use super::given::Given;
use super::matmul::{Batches, Multiply, broadcast};
use crate::error::Result;
use crate::model::cpu::threads::Threads;
use crate::model::op::Conv;
use crate::model::tensor::{DType, Tensor};

/// The elements of a tensor of eight (or, for a bias, 32) bits.
fn whole(given: &Given<'_>, tensor: &Tensor, name: &str) -> Result<Vec<i32>> {
    match tensor.dtype() {
        DType::U8 => Ok(given.elements::<u8>(tensor, name)?.iter().map(|n| i32::from(*n)).collect()),
        DType::I8 => Ok(given.elements::<i8>(tensor, name)?.iter().map(|n| i32::from(*n)).collect()),
        DType::I32 => Ok(given.elements::<i32>(tensor, name)?.to_vec()),
        other => Err(given.no_type(other)),
    }
}

/// The elements of a tensor of scales.
fn scales(given: &Given<'_>, tensor: &Tensor, name: &str) -> Result<Vec<f32>> {
    match tensor.dtype() {
        DType::F16 => Ok(given.elements::<half::f16>(tensor, name)?.iter().map(|n| n.to_f32()).collect()),
        DType::BF16 => Ok(given.elements::<half::bf16>(tensor, name)?.iter().map(|n| n.to_f32()).collect()),
        _ => Ok(given.elements::<f32>(tensor, name)?.to_vec()),
    }
}

/// One for all of `count`, or one each.
fn each<T: Copy>(given: &Given<'_>, list: Vec<T>, count: usize, name: &str) -> Result<Vec<T>> {
    match *list {
        [one] => Ok(vec![one; count]),
        _ if list.len() == count => Ok(list),
        _ => Err(given.usage(format!("'{name}' has {} elements, and 1 or {count} are needed", list.len()))),
    }
}

/// The sums of a convolution of eight bits; `points`: the zero points of picture and weights.
fn sums(
    conv: &Conv,
    given: &Given<'_>,
    (x, w): (&Tensor, &Tensor),
    points: [Option<&Tensor>; 2],
    bias: Option<&Tensor>,
    threads: &Threads,
) -> Result<(Layout, Vec<i32>)> {
    if conv.epilogue.residual || conv.epilogue.activation.is_some() {
        return Err(given.usage("no epilogue can follow".into()));
    }
    let layout = Layout::of(given, conv, x.shape(), w.shape())?;
    layout.check_bias(given, bias)?;
    let (mut xs, mut ws) = (whole(given, x, "x")?, whole(given, w, "w")?);
    if let Some(point) = points[0] {
        let point = each(given, whole(given, point, "x_zero_point")?, 1, "x_zero_point")?;
        xs.iter_mut().for_each(|n| *n -= point[0]);
    }
    if let Some(point) = points[1] {
        let points = each(given, whole(given, point, "w_zero_point")?, layout.outputs, "w_zero_point")?;
        let one = layout.inputs_each() * layout.kernel();
        for (ws, point) in ws.chunks_mut(one.max(1)).zip(points) {
            ws.iter_mut().for_each(|n| *n -= point);
        }
    }
    let mut out = given.zeros::<i32>(&layout.shape())?;
    if let Some(bias) = bias {
        fill(&layout, given.elements::<i32>(bias, "B")?, &mut out);
    }
    plain::convolve(&layout, &xs, &ws, &mut out, threads);
    Ok((layout, out))
}

/// ONNX's `ConvInteger`.
///
/// # Errors
/// As those of convolution.
pub(super) fn conv(conv: &Conv, given: &Given<'_>, threads: &Threads) -> Result<Tensor> {
    let tensors = (given.need(0, "x")?, given.need(1, "w")?);
    let points = [given.option(2), given.option(3)];
    let (layout, out) = sums(conv, given, tensors, points, None, threads)?;
    Tensor::new(&layout.shape(), out)
}

/// ONNX's `QLinearConv`.
///
/// # Errors
/// As those of convolution.
pub(super) fn conv_linear(conv: &Conv, given: &Given<'_>, threads: &Threads) -> Result<Tensor> {
    let tensors = (given.need(0, "x")?, given.need(3, "w")?);
    let points = [given.option(2), given.option(5)];
    let (layout, sums) = sums(conv, given, tensors, points, given.option(8), threads)?;
    let scale =
        |number, name, count| each(given, scales(given, given.need(number, name)?, name)?, count, name);
    let (x, y) = (scale(1, "x_scale", 1)?[0], scale(6, "y_scale", 1)?[0]);
    let w = scale(4, "w_scale", layout.outputs)?;
    let plane = layout.output_plane().max(1);
    let scaled = sums.iter().enumerate().map(|(at, sum)| {
        let w = w[at / plane % layout.outputs];
        f64::from(*sum) * f64::from(x * w / y)
    });
    rounded(given, given.option(7), tensors.0.dtype(), &layout.shape(), scaled)
}

/// Numbers rounded, moved by the zero point and limited to its type, which is `otherwise` if there is none.
fn rounded(
    given: &Given<'_>,
    point: Option<&Tensor>,
    otherwise: DType,
    shape: &[usize],
    numbers: impl Iterator<Item = f64>,
) -> Result<Tensor> {
    let dtype = point.map_or(otherwise, Tensor::dtype);
    let zero = match point {
        Some(point) => f64::from(each(given, whole(given, point, "y_zero_point")?, 1, "y_zero_point")?[0]),
        None => 0.0,
    };
    let moved = numbers.map(|n| n.round_ties_even() + zero);
    #[allow(clippy::as_conversions, reason = "the conversion limits, as is asked for")]
    match dtype {
        DType::U8 => Tensor::new(shape, moved.map(|n| n as u8).collect()),
        DType::I8 => Tensor::new(shape, moved.map(|n| n as i8).collect()),
        other => Err(given.no_type(other)),
    }
}

/// Something along the rows of `a` (`[rows]`, `[..., rows, 1]`) or the columns of `b` (`[columns]`,
/// `[..., 1, columns]`), for each element of a tensor of the shape; `rows`: whether a list is one down the rows.
fn spread<T: Copy>(
    given: &Given<'_>,
    list: &[T],
    own: &[usize],
    shape: &[usize],
    rows: bool,
) -> Result<Vec<T>> {
    let mut own = own.to_vec();
    if rows && own.len() == 1 && shape.len() > 1 && own[0] != 1 {
        own.push(1);
    }
    if list.len() == 1 {
        own.clear();
    }
    if own.len() > shape.len() || broadcast(shape, &own).is_none_or(|both| both != shape) {
        return Err(given.usage(format!("zero points or scales of {own:?} for a matrix of {shape:?}")));
    }
    let total: usize = shape.iter().product();
    let at = |mut number: usize| {
        let (mut at, mut step) = (0, 1);
        for (back, n) in shape.iter().rev().enumerate() {
            let Some(axis) = own.len().checked_sub(back + 1) else { break };
            at += if own[axis] == 1 { 0 } else { number % n * step };
            step *= own[axis];
            number /= n;
        }
        at
    };
    Ok((0..total).map(|number| list[at(number)]).collect())
}

/// The sums of a product of eight bits.
fn product(
    given: &Given<'_>,
    (a, b): (&Tensor, &Tensor),
    points: [Option<&Tensor>; 2],
    threads: &Threads,
) -> Result<(Batches, Vec<i32>)> {
    let batches = Batches::of(given, a.shape(), b.shape())?;
    let mut sides = [whole(given, a, "a")?, whole(given, b, "b")?];
    for (number, (side, point)) in sides.iter_mut().zip(points).enumerate() {
        if let Some(point) = point {
            let shape = if number == 0 { a.shape() } else { b.shape() };
            let list = whole(given, point, "zero_point")?;
            let points = spread(given, &list, point.shape(), shape, number == 0)?;
            side.iter_mut().zip(points).for_each(|(n, point)| *n -= point);
        }
    }
    let mut out = given.zeros::<i32>(&batches.shape)?;
    i32::multiply(&batches.places, batches.sides, &sides[0], &sides[1], &mut out, threads);
    Ok((batches, out))
}

/// ONNX's `MatMulInteger`.
///
/// # Errors
/// As those of `MatMul`.
pub(super) fn matmul(given: &Given<'_>, threads: &Threads) -> Result<Tensor> {
    let sides = (given.need(0, "A")?, given.need(1, "B")?);
    let (batches, out) = product(given, sides, [given.option(2), given.option(3)], threads)?;
    Tensor::new(&batches.shape, out)
}

/// ONNX's `QLinearMatMul`.
///
/// # Errors
/// As those of `MatMul`.
pub(super) fn matmul_linear(given: &Given<'_>, threads: &Threads) -> Result<Tensor> {
    let (a, b) = (given.need(0, "a")?, given.need(3, "b")?);
    let (batches, sums) = product(given, (a, b), [given.option(2), given.option(5)], threads)?;
    let scale = |number, name, rows| -> Result<Vec<f32>> {
        let tensor = given.need(number, name)?;
        let list = scales(given, tensor, name)?;
        spread(given, &list, tensor.shape(), &batches.shape, rows)
    };
    let (a_scale, b_scale) = (scale(1, "a_scale", true)?, scale(4, "b_scale", false)?);
    let y = scale(6, "y_scale", true)?;
    let scaled = sums.iter().enumerate().map(|(at, sum)| {
        let scale = a_scale[at] * b_scale[at] / y[at];
        f64::from(*sum) * f64::from(scale)
    });
    rounded(given, given.option(7), a.dtype(), &batches.shape, scaled)
}
