//! Numbers of eight bits: to and from floats, and products of them.
//!
//! The invariant: products of whole numbers are exact, in 32 bits; they become floats only to be scaled.

use super::super::record::{Recorder, View, read, word, write};
use super::super::shader::File;
use super::super::walk::{Walk, dense};
use super::map::{Class, broadcast, map};
use super::norm::scalar;
use super::spatial::Frame;
use super::{Call, Made, given, matmul};
use crate::error::{Error, ErrorKind, Result};
use crate::model::op::{Conv, Op};
use crate::model::tensor::DType;

pub(super) fn record(rec: &mut Recorder, call: &Call<'_>) -> Result<View> {
    let made = call.made()?;
    match call.op {
        Op::QuantizeLinear { axis, block, .. } => {
            let (x, scale, zero) = (call.input(0)?, call.input(1)?, call.option(2));
            if x.dtype != DType::F32 || scale.dtype != DType::F32 {
                return Err(call.refused(x.dtype.name()));
            }
            let (low, high) = range(made.dtype)?;
            let shift = if zero.is_some() { "F(c)" } else { "F(0.0)" };
            let text = format!("I(clamp(round(a / b) + {shift}, F(n.x), F(n.y)))");
            along(rec, made, x, scale, zero, (*axis, *block), &text, [low, high, 0.0, 0.0])
        }
        Op::DequantizeLinear { axis, block, .. } => {
            let (x, scale, zero) = (call.input(0)?, call.input(1)?, call.option(2));
            if made.dtype != DType::F32 || scale.dtype != DType::F32 {
                return Err(call.refused(made.dtype.name()));
            }
            let text = if zero.is_some() { "F(a - c) * b" } else { "F(a) * b" };
            along(rec, made, x, scale, zero, (*axis, *block), text, [0.0; 4])
        }
        Op::ConvInteger(conv) => {
            let x = shifted(rec, call.input(0)?, call.option(2), &[])?;
            let w = shifted(rec, call.input(1)?, call.option(3), &[])?;
            convolve(rec, conv, &x, &w, None, &made.shape)
        }
        Op::QLinearConv(conv) => {
            let x = shifted(rec, call.input(0)?, call.option(2), &[])?;
            let w = shifted(rec, call.input(3)?, call.option(5), &[])?;
            let sums = convolve(rec, conv, &x, &w, call.option(8), &made.shape)?;
            let channels = made.shape.get(1).copied().unwrap_or(1);
            let scale = channel(call.input(4)?, channels, made.shape.len())?;
            rescaled(rec, made, &sums, [call.input(1)?, &scale, call.input(6)?], call.option(7))
        }
        Op::MatMulInteger => {
            let a = shifted(rec, call.input(0)?, call.option(2), &[1])?;
            let b = shifted(rec, call.input(1)?, call.option(3), &[])?;
            product(rec, &a, &b, &made.shape)
        }
        Op::QLinearMatMul => {
            let a = shifted(rec, call.input(0)?, call.option(2), &[1])?;
            let b = shifted(rec, call.input(3)?, call.option(5), &[])?;
            let sums = product(rec, &a, &b, &made.shape)?;
            let mut scale = call.input(1)?.clone();
            if scale.shape.len() == 1 && scale.len() > 1 {
                scale = scale.shaped(&[scale.len(), 1]);
            }
            rescaled(rec, made, &sums, [&scale, call.input(4)?, call.input(6)?], call.option(7))
        }
        _ => Err(call.refused("it has no eight bits")),
    }
}

/// The least and largest number of a type.
fn range(dtype: DType) -> Result<(f32, f32)> {
    match dtype {
        DType::U8 => Ok((0.0, 255.0)),
        DType::I8 => Ok((-128.0, 127.0)),
        DType::U16 => Ok((0.0, 65_535.0)),
        DType::I16 => Ok((-32_768.0, 32_767.0)),
        other => {
            let what = format!("numbers of type {} are not quantised on the device", other.name());
            Err(Error::new(ErrorKind::Unsupported, what))
        }
    }
}

/// An expression of `x`, its scale and zero, which are one, one for each place of an axis, or one for each block.
#[expect(clippy::too_many_arguments, reason = "each is another thing, and both operators name them all")]
fn along(
    rec: &mut Recorder,
    made: &Made,
    x: &View,
    scale: &View,
    zero: Option<&View>,
    (axis, block): (i64, usize),
    text: &str,
    numbers: [f32; 4],
) -> Result<View> {
    let output = rec.output(&made.shape, made.dtype)?;
    given::same("a quantised tensor", &made.shape, &x.shape)?;
    if let Some(zero) = zero {
        given::same("the zero points", &zero.shape, &scale.shape)?;
    }
    let rank = x.shape.len();
    let mut extents = x.shape.clone();
    let mut own = dense(&x.shape);
    let mut strides = vec![0; rank];
    if scale.len() != 1 {
        let axis = given::axis(axis, rank)?;
        if block > 0 {
            let mut blocks = x.shape.clone();
            if !blocks[axis].is_multiple_of(block) {
                return Err(Error::new(ErrorKind::Unsupported, "blocks that do not divide their axis"));
            }
            blocks[axis] /= block;
            given::same("the scales of blocks", &scale.shape, &blocks)?;
            strides = dense(&blocks);
            extents[axis] = blocks[axis];
            extents.insert(axis + 1, block);
            let step = own[axis];
            own[axis] = step * i64::try_from(block).unwrap_or(i64::MAX);
            own.insert(axis + 1, step);
            strides.insert(axis + 1, 0);
        } else {
            given::same("the scales of an axis", &scale.shape, &[x.shape[axis]])?;
            strides[axis] = 1;
        }
    }
    let mut inputs = vec![x, scale];
    let mut walk = Walk::over(&extents).track(0, own).track(0, strides.clone());
    if let Some(zero) = zero {
        inputs.push(zero);
        walk = walk.track(0, strides);
    }
    map(rec, &walk, &output, &inputs, text, numbers)?;
    Ok(output)
}

/// A value for each channel, to be broadcast over a tensor of so many axes.
fn channel(view: &View, channels: usize, rank: usize) -> Result<View> {
    if view.len() == 1 {
        return Ok(view.shaped(&[]));
    }
    given::same("a value for each channel", &view.shape, &[channels])?;
    let mut shape = vec![1; rank.saturating_sub(1).max(1)];
    shape[0] = channels;
    Ok(view.shaped(&shape))
}

/// Whole numbers less their zero, which is one number or one for each row (`tail` axes follow it) or channel.
fn shifted(rec: &mut Recorder, x: &View, zero: Option<&View>, tail: &[usize]) -> Result<View> {
    for view in std::iter::once(x).chain(zero) {
        if Class::of(view.dtype)? != Class::Whole {
            return Err(Error::new(ErrorKind::Type, "numbers of eight bits were expected"));
        }
    }
    let Some(zero) = zero else { return Ok(View { dtype: DType::I32, host: None, ..x.clone() }) };
    let zero = match zero.shape.as_slice() {
        _ if zero.len() == 1 => zero.shaped(&[]),
        // Weights of a convolution have their channels first.
        [n] if x.shape.len() > 2 && tail.is_empty() && x.shape[0] == *n => {
            let mut shape = vec![1; x.shape.len()];
            shape[0] = *n;
            zero.shaped(&shape)
        }
        [n] => {
            let mut shape = vec![*n];
            shape.extend(tail);
            zero.shaped(&shape)
        }
        _ => zero.clone(),
    };
    broadcast(rec, &x.shape, DType::I32, &[x, &zero], "a - b", [0.0; 4])
}

fn convolve(
    rec: &mut Recorder,
    conv: &Conv,
    x: &View,
    w: &View,
    bias: Option<&View>,
    shape: &[usize],
) -> Result<View> {
    let rank = x.shape.len();
    let fits = rank >= 3
        && w.shape.len() == rank
        && shape.len() == rank
        && conv.group > 0
        && x.shape[1] == w.shape[1] * conv.group
        && shape[..2] == [x.shape[0], w.shape[0]]
        && w.shape[0].is_multiple_of(conv.group);
    if !fits {
        return Err(Error::new(ErrorKind::Length, "input and weights of a convolution do not fit"));
    }
    if let Some(bias) = bias {
        given::same("the bias", &bias.shape, &shape[1..2])?;
    }
    let frame = Frame::new(&conv.window, &x.shape[2..], &shape[2..], &w.shape[2..])?;
    let output = rec.output(shape, DType::I32)?;
    let mut parameters =
        vec![word(output.len())?, word(w.shape[1])?, word(shape[1] / conv.group)?, word(shape[1])?];
    parameters.extend(frame.parameters()?);
    let mut bound =
        vec![write("y", "i32", output.slot), read("x", "i32", x.slot), read("weights", "i32", w.slot)];
    bound.extend(bias.map(|bias| read("bias", "i32", bias.slot)));
    let mut places = scalar();
    places.extend([
        ("ELEMENT", "i32".into()),
        ("BIAS", if bias.is_some() { "a += bias[channel];".into() } else { String::new() }),
        ("RESIDUAL", String::new()),
        ("ACTIVATION", "a".into()),
        ("WEIGHT", "weights[at_weights]".into()),
    ]);
    rec.row(File::Conv, places, bound, parameters, output.len())?;
    Ok(output)
}

fn product(rec: &mut Recorder, a: &View, b: &View, shape: &[usize]) -> Result<View> {
    let left = if a.shape.len() == 1 { "k" } else { "...mk" };
    let right = if b.shape.len() == 1 { "k" } else { "...kn" };
    let result = match (left, right) {
        ("k", "k") => "",
        ("k", _) => "...n",
        (_, "k") => "...m",
        _ => "...mn",
    };
    let op = Op::Einsum { equation: format!("{left},{right}->{result}") };
    let outputs = [Made { dtype: DType::I32, shape: shape.to_vec() }];
    matmul::einsum(rec, &Call { op: &op, inputs: &[Some(a), Some(b)], outputs: &outputs })
}

/// Sums times the scales of both factors over that of the result, rounded, from its zero, kept in its type.
fn rescaled(
    rec: &mut Recorder,
    made: &Made,
    sums: &View,
    scales: [&View; 3],
    zero: Option<&View>,
) -> Result<View> {
    let (low, high) = range(made.dtype)?;
    let [a, b, y] = scales;
    let one = |view: &View| if view.len() == 1 { view.shaped(&[]) } else { view.clone() };
    let (a, b, y) = (one(a), one(b), one(y));
    let zero = zero.map(one);
    let mut inputs = vec![sums, &a, &b, &y];
    inputs.extend(zero.as_ref());
    let shift = if zero.is_some() { "F(e)" } else { "F(0.0)" };
    let text = format!("I(clamp(round(F(a) * (b * c / d)) + {shift}, F(n.x), F(n.y)))");
    broadcast(rec, &made.shape, made.dtype, &inputs, &text, [low, high, 0.0, 0.0])
}
