//! Convolutions: each is recorded as the cheapest of five ways to compute it.
//!
//! - windows of one element: one product of matrices a group;
//! - 3 by 3 windows at steps of one, with enough channels: Winograd's F(4x4, 3x3), a quarter of the products;
//! - groups of several channels: windows are laid out as columns, then one product a group;
//! - few channels a group: a tile of the output an invocation;
//! - the rest (three spatial axes, what is too large to lay out): directly.
//!
//! The invariant: all five compute the same sums; which is used follows from shapes and the adapter alone.

use super::super::record::{Recorder, View, read, word, write};
use super::super::shader::File;
use super::halves::{self, Form, Stored};
use super::map::activation;
use super::norm::scalar;
use super::product::{Bias, Factor, Product, product, rows};
use super::spatial::Frame;
use super::tile::{Extents, Tile, tiled};
use super::winograd::{laid, transformed};
use super::{Call, given};
use crate::error::{Error, ErrorKind, Result};
use crate::model::op::{Conv, ConvTranspose, Epilogue, Op};
use crate::model::tensor::DType;

/// The tensors of a convolution and its window.
struct Task<'a> {
    input: &'a View,
    weights: &'a View,
    bias: Option<&'a View>,
    residual: Option<&'a View>,
    epilogue: Epilogue,
    frame: Frame,
    group: usize,
    batch: usize,
    /// Channels of the input and of the output.
    channels: (usize, usize),
}

pub(super) fn record(rec: &mut Recorder, call: &Call<'_>) -> Result<View> {
    let made = call.made()?;
    let output = rec.output(&made.shape, DType::F32)?;
    for view in call.inputs.iter().flatten() {
        if view.dtype != DType::F32 {
            return Err(call.refused(view.dtype.name()));
        }
    }
    match call.op {
        Op::Conv(conv) => {
            let task = task(call, conv)?;
            convolve(rec, &task, &output)?;
        }
        Op::ConvTranspose(conv) => transposed(rec, call, conv, &output)?,
        Op::DeformConv { conv, offset_groups } => deformed(rec, call, conv, *offset_groups, &output)?,
        _ => return Err(call.refused("it is no convolution")),
    }
    Ok(output)
}

fn task<'a>(call: &Call<'a>, conv: &Conv) -> Result<Task<'a>> {
    let (input, weights, made) = (call.input(0)?, call.input(1)?, call.made()?);
    let rank = input.shape.len();
    if rank < 3 || weights.shape.len() != rank || made.shape.len() != rank {
        return Err(Error::new(ErrorKind::Length, "input and weights of a convolution differ in axes"));
    }
    let (batch, channels, out) = (input.shape[0], input.shape[1], weights.shape[0]);
    let group = conv.group;
    if group == 0
        || channels != weights.shape[1] * group
        || out % group != 0
        || made.shape[..2] != [batch, out]
    {
        let what = format!("{group} groups of weights {:?} do not fit {:?}", weights.shape, input.shape);
        return Err(Error::new(ErrorKind::Length, what));
    }
    let bias = call.option(2);
    if let Some(bias) = bias {
        given::same("the bias of a convolution", &bias.shape, &[out])?;
    }
    let residual = if conv.epilogue.residual { Some(call.input(call.inputs.len() - 1)?) } else { None };
    if let Some(residual) = residual {
        given::same("the residual of a convolution", &residual.shape, &made.shape)?;
    }
    let frame = Frame::new(&conv.window, &input.shape[2..], &made.shape[2..], &weights.shape[2..])?;
    given::same("the kernel", &frame.kernel[5 - rank..], &weights.shape[2..])?;
    Ok(Task {
        input,
        weights,
        bias,
        residual,
        epilogue: conv.epilogue,
        frame,
        group,
        batch,
        channels: (channels, out),
    })
}

fn convolve(rec: &mut Recorder, task: &Task<'_>, output: &View) -> Result<()> {
    if output.len() == 0 {
        return Ok(());
    }
    let (c, out) = task.channels;
    let frame = &task.frame;
    let (plane, points, window) = frame.planes();
    let flat = frame.input[0] == 1 && frame.output[0] == 1 && frame.kernel[0] == 1 && frame.begin[0] == 0;
    let winograd = flat
        && frame.kernel == [1, 3, 3]
        && frame.strides[1..] == [1, 1]
        && frame.dilations[1..] == [1, 1]
        && c * out >= 256
        && c >= 8
        && points >= 16;
    let room = |words: Option<usize>| words.is_some_and(|words| rec.fits(words));
    let columns =
        (c * window).checked_mul(points.next_multiple_of(4)).and_then(|n| n.checked_mul(task.batch));
    let tiles = frame.output[1].div_ceil(4) * frame.output[2].div_ceil(4) * task.batch;
    // Channels of a group: with few of them a product is not worth its layout.
    let (each, per_group) = (c / task.group, out / task.group);
    if each == 0 || (task.group != 1 && each.min(per_group) < 4) {
        return direct(rec, task, output);
    }
    if frame.is_point() {
        let batches = task.batch * task.group;
        let b = if plane % 4 == 0 {
            Factor { slot: task.input.slot, row: plane, batch: each * plane, batches, form: Form::Full }
        } else {
            let extents = [batches, each, points];
            rows(rec, task.input, 0, extents, [i64_of(each * plane), i64_of(plane), 1])?
        };
        return multiply(rec, task, b, each, output);
    }
    if winograd && task.group == 1 && room(tiles.next_multiple_of(4).checked_mul(36 * c.max(out))) {
        return self::winograd(rec, task, tiles, output);
    }
    if flat && room(columns) && out > 1 {
        let b = unrolled(rec, task)?;
        return multiply(rec, task, b, each * window, output);
    }
    direct(rec, task, output)
}

fn i64_of(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The product of each group's weights (k by channels out, from their stored form) with its part of `b`.
fn multiply(rec: &mut Recorder, task: &Task<'_>, b: Factor, k: usize, output: &View) -> Result<()> {
    let out = task.channels.1 / task.group;
    let a = rows(rec, task.weights, 0, [task.group, k, out], [i64_of(k * out), 1, i64_of(k)])?;
    let (_, n, _) = task.frame.planes();
    let bias = |bias: &View| Bias {
        slot: bias.slot,
        along_m: 1,
        along_n: 0,
        along_batch: out,
        beta: 1.0,
        factor: false,
    };
    let of = Product {
        m: out,
        n,
        k,
        batches: task.batch * task.group,
        a,
        b,
        alpha: 1.0,
        bias: task.bias.map(bias),
        residual: task.residual.map(|residual| residual.slot),
        activation: task.epilogue.activation,
    };
    product(rec, &of, output)
}

/// Windows as columns: batch, channel and place in the window, then the output's points.
fn unrolled(rec: &mut Recorder, task: &Task<'_>) -> Result<Factor> {
    let (_, points, window) = task.frame.planes();
    let (c, row) = (task.channels.0, points.next_multiple_of(4));
    let made = rec.output(&[task.batch, c * window, row], DType::F32)?;
    let count = made.len() / 4;
    let mut parameters = vec![word(count)?, word(c)?, 0, word(row / 4)?];
    parameters.extend(task.frame.parameters()?);
    let bound = vec![write("y", "vec4<f32>", made.slot), read("x", "f32", task.input.slot)];
    rec.row(File::Unroll, Vec::new(), bound, parameters, count)?;
    let batch = c / task.group * window * row;
    Ok(Factor { slot: made.slot, row, batch, batches: task.batch * task.group, form: Form::Full })
}

/// The weights, transformed: 36 products' factors, and what multiplies their sums if they were scaled.
fn winograd_weights(rec: &mut Recorder, task: &Task<'_>, row: usize) -> Result<(Factor, Option<Bias>)> {
    let (c, out) = task.channels;
    let factor = |slot, form| Factor { slot, row, batch: c * row, batches: 36, form };
    if let Some(own) = halves::wanted(rec, task.weights) {
        let (slot, scales) = halves::scaled(rec, &transformed(own, [c, out, row]), row)?;
        let (along_m, along_n, along_batch) = (1, 0, row);
        let scale = Bias { slot: scales, along_m, along_n, along_batch, beta: 1.0, factor: true };
        return Ok((factor(slot, Form::Whole), Some(scale)));
    }
    Ok((factor(laid(rec, task.weights, [c, out, row])?, Form::Full), None))
}

fn winograd(rec: &mut Recorder, task: &Task<'_>, tiles: usize, output: &View) -> Result<()> {
    let (c, out) = task.channels;
    let (row, out_row) = (tiles.next_multiple_of(4), out.next_multiple_of(4));
    let (weights, scale) = winograd_weights(rec, task, out_row)?;
    let frame = &task.frame;
    let across = frame.output[2].div_ceil(4);
    let mut shared = vec![
        word(c * tiles)?,
        word(c)?,
        word(tiles)?,
        word(row)?,
        word(across)?,
        word(across * frame.output[1].div_ceil(4))?,
        word(frame.input[1])?,
        word(frame.input[2])?,
        word(frame.output[1])?,
        word(frame.output[2])?,
    ];
    for begin in &frame.begin[1..] {
        shared.push(super::super::record::signed(*begin)?);
    }
    let input = rec.output(&[36, c, row], DType::F32)?;
    let bound = vec![write("y", "f32", input.slot), read("x", "f32", task.input.slot)];
    rec.row(File::WinogradInput, Vec::new(), bound, shared.clone(), c * tiles)?;

    let of = Product {
        m: out,
        n: row,
        k: c,
        batches: 36,
        a: weights,
        b: Factor { slot: input.slot, row, batch: c * row, batches: 36, form: Form::Full },
        alpha: 1.0,
        bias: scale,
        residual: None,
        activation: None,
    };
    let products = rec.output(&[36, out, row], DType::F32)?;
    product(rec, &of, &products)?;

    shared[0] = word(out * tiles)?;
    shared[1] = word(out)?;
    let (mut places, numbers) = ending(task.bias.is_some(), task.residual.is_some(), task.epilogue)?;
    shared.extend(numbers.map(f32::to_bits));
    let mut bound = vec![write("y", "f32", output.slot), read("x", "f32", products.slot)];
    bound.extend(task.bias.map(|bias| read("bias", "f32", bias.slot)));
    bound.extend(task.residual.map(|residual| read("residual", "f32", residual.slot)));
    places.extend(scalar());
    rec.row(File::WinogradOutput, places, bound, shared, out * tiles)
}

/// The places of a shader that finishes sums, and the numbers they name.
pub(super) type Ending = (Vec<(&'static str, String)>, [f32; 4]);

/// What follows a sum `a` of output channel `channel` at element `at`, for shaders that end with single floats.
fn ending(bias: bool, residual: bool, epilogue: Epilogue) -> Result<Ending> {
    let (text, numbers) = match epilogue.activation {
        Some(op) => activation(op)?,
        None => ("a".into(), [0.0; 4]),
    };
    let places = vec![
        ("BIAS", if bias { "a += bias[channel];".into() } else { String::new() }),
        ("RESIDUAL", if residual { "a += residual[at];".into() } else { String::new() }),
        ("ACTIVATION", text),
        ("ELEMENT", "f32".into()),
    ];
    Ok((places, numbers))
}

fn direct(rec: &mut Recorder, task: &Task<'_>, output: &View) -> Result<()> {
    let (c, out) = task.channels;
    let count = output.len();
    let (mut places, numbers) = ending(task.bias.is_some(), task.residual.is_some(), task.epilogue)?;
    let mut parameters = vec![word(count)?, word(c / task.group)?, word(out / task.group)?, word(out)?];
    parameters.extend(task.frame.parameters()?);
    parameters.extend(numbers.map(f32::to_bits));
    let weights = Stored::of(rec, task.weights)?;
    let mut bound = vec![
        write("y", "f32", output.slot),
        read("x", "f32", task.input.slot),
        read("weights", weights.element(), weights.slot),
    ];
    bound.extend(task.bias.map(|bias| read("bias", "f32", bias.slot)));
    bound.extend(task.residual.map(|residual| read("residual", "f32", residual.slot)));
    places.extend(scalar());
    if let Some(tile) = Tile::of(&task.frame, count, rec.processor) {
        let (channels, per_group) = (c / task.group, out / task.group);
        let extents = Extents { batch: task.batch, channels, per_group, out, weights };
        return tiled(rec, tile, &task.frame, &extents, bound, (places, numbers));
    }
    places.push(("WEIGHT", weights.at("at_weights")));
    rec.row(File::Conv, places, bound, parameters, count)
}

fn transposed(rec: &mut Recorder, call: &Call<'_>, conv: &ConvTranspose, output: &View) -> Result<()> {
    let (input, weights, made) = (call.input(0)?, call.input(1)?, call.made()?);
    let rank = input.shape.len();
    let group = conv.group;
    let fits = rank >= 3
        && weights.shape.len() == rank
        && made.shape.len() == rank
        && group > 0
        && input.shape[1] == weights.shape[0]
        && input.shape[1] % group == 0
        && made.shape[1] == weights.shape[1] * group;
    if !fits {
        return Err(Error::new(
            ErrorKind::Length,
            "input and weights of a transposed convolution do not fit",
        ));
    }
    // The window moves over the output: the frame is turned around, and only the padding must be found anew.
    let mut window = conv.window.clone();
    let axes = rank - 2;
    let one = |list: &[usize], axis: usize| list.get(axis).copied().unwrap_or(1);
    let mut pads = vec![0_i64; 2 * axes];
    for axis in 0..axes {
        let kernel = window.kernel.get(axis).copied().unwrap_or(weights.shape[axis + 2]);
        let reach = i64_of((kernel - 1) * one(&window.dilations, axis) + 1);
        let extra = i64_of(conv.output_padding.get(axis).copied().unwrap_or(0));
        let steps = i64_of(one(&window.strides, axis)) * (i64_of(input.shape[axis + 2]) - 1);
        let total = steps + extra + reach - i64_of(made.shape[axis + 2]);
        let explicit = match &window.padding {
            crate::model::op::Padding::Explicit(pads) if conv.output_shape.is_empty() => {
                Some(pads.get(axis).copied().unwrap_or(0))
            }
            _ => None,
        };
        let upper = matches!(window.padding, crate::model::op::Padding::SameUpper);
        let total = total.max(0);
        pads[axis] = explicit.unwrap_or(if upper { total / 2 } else { total - total / 2 });
    }
    window.padding = crate::model::op::Padding::Explicit(pads);
    let frame = Frame::new(&window, &input.shape[2..], &made.shape[2..], &weights.shape[2..])?;
    if let Some(bias) = call.option(2) {
        given::same("the bias", &bias.shape, &made.shape[1..2])?;
    }
    let bias = call.option(2);
    let residual = if conv.epilogue.residual { Some(call.input(call.inputs.len() - 1)?) } else { None };
    let (mut places, numbers) = ending(bias.is_some(), residual.is_some(), conv.epilogue)?;
    let channels = word(input.shape[1] / group)?;
    let mut parameters = vec![word(output.len())?, channels, word(weights.shape[1])?, word(made.shape[1])?];
    parameters.extend(frame.parameters()?);
    parameters.extend(numbers.map(f32::to_bits));
    let stored = Stored::of(rec, weights)?;
    let mut bound = vec![
        write("y", "f32", output.slot),
        read("x", "f32", input.slot),
        read("weights", stored.element(), stored.slot),
    ];
    bound.extend(bias.map(|bias| read("bias", "f32", bias.slot)));
    bound.extend(residual.map(|residual| read("residual", "f32", residual.slot)));
    places.extend(scalar());
    places.push(("WEIGHT", stored.at("by")));
    rec.row(File::ConvTranspose, places, bound, parameters, output.len())
}

/// Inputs: X, W, offsets, bias, mask.
fn deformed(rec: &mut Recorder, call: &Call<'_>, conv: &Conv, groups: usize, output: &View) -> Result<()> {
    let (input, weights, offsets) = (call.input(0)?, call.input(1)?, call.input(2)?);
    let (bias, mask) = (call.option(3), call.option(4));
    if input.shape.len() != 4 {
        return Err(call.refused("other than two spatial axes"));
    }
    let plain = Call { op: call.op, inputs: &[Some(input), Some(weights), bias], outputs: call.outputs };
    let task = task(&plain, conv)?;
    let (c, out) = task.channels;
    let [_, rows, columns] = task.frame.output;
    let window = task.frame.kernel[1] * task.frame.kernel[2];
    if groups == 0 || c % groups != 0 {
        return Err(Error::new(ErrorKind::Length, format!("{c} channels in {groups} groups of offsets")));
    }
    given::same("the offsets", &offsets.shape, &[task.batch, 2 * groups * window, rows, columns])?;
    if let Some(mask) = mask {
        given::same("the mask", &mask.shape, &[task.batch, groups * window, rows, columns])?;
    }
    let mut parameters =
        vec![word(output.len())?, word(c / task.group)?, word(out / task.group)?, word(out)?];
    parameters.extend(task.frame.parameters()?);
    parameters.extend([
        word(groups)?,
        word(c / groups)?,
        u32::from(mask.is_some()),
        u32::from(bias.is_some()),
    ]);
    let bound = vec![
        write("y", "f32", output.slot),
        read("x", "f32", input.slot),
        read("weights", "f32", weights.slot),
        read("offsets", "f32", offsets.slot),
        read("bias", "f32", bias.unwrap_or(weights).slot),
        read("mask", "f32", mask.unwrap_or(offsets).slot),
    ];
    rec.row(File::DeformConv, Vec::new(), bound, parameters, output.len())
}
