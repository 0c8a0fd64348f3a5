//! Operators along axes, made of reductions and elementwise steps: softmax, the normalisations, running sums.
//!
//! The invariant: means and variances are taken in two passes (first the mean, then distances from it), which keeps
//! them right for values far from zero.

use super::super::record::{Recorder, View, read, word, write};
use super::super::shader::File;
use super::super::walk::{Walk, broadcast as strides_to};
use super::map::{Class, broadcast, map, wrapped};
use super::reduce::{reduce, softmax, variance};
use super::{Call, given};
use crate::error::{Error, ErrorKind, Result};
use crate::model::op::{Op, Reduce};
use crate::model::tensor::DType;

/// Reductions, softmax and running sums.
pub(super) fn along(rec: &mut Recorder, call: &Call<'_>) -> Result<View> {
    let (input, made) = (call.input(0)?, call.made()?);
    let rank = input.shape.len();
    match call.op {
        Op::Reduce { kind, nothing_if_no_axes, .. } => {
            let given = call.option(1).map(given::wholes).transpose()?.unwrap_or_default();
            let axes = match given.is_empty() {
                true if *nothing_if_no_axes => Vec::new(),
                true => (0..rank).collect(),
                false => given::axes(&given, rank)?,
            };
            Ok(reduce(rec, *kind, input, &axes)?.shaped(&made.shape))
        }
        Op::Softmax { axis, log, flat } => {
            let place = if rank == 0 { 0 } else { given::axis(*axis, rank)? };
            let axes: Vec<usize> =
                if *flat { (place..rank).collect() } else { (place..rank.min(place + 1)).collect() };
            softmax(rec, input, &axes, *log)
        }
        Op::CumSum { exclusive, reverse } => {
            let axis = given::axis(given::whole(call.input(1)?)?, rank)?;
            let class = Class::of(input.dtype)?;
            let output = rec.output(&made.shape, input.dtype)?;
            let inner: usize = input.shape[axis + 1..].iter().product();
            let lines = input.shape[..axis].iter().product::<usize>() * inner;
            let parameters = vec![
                word(lines)?,
                word(input.shape[axis])?,
                word(inner)?,
                u32::from(*exclusive) + 2 * u32::from(*reverse),
            ];
            let element = class.wgsl();
            let bound = vec![write("y", element, output.slot), read("x", element, input.slot)];
            let sum = wrapped(input.dtype, "sum + x[at]".into());
            let mut places = scalar();
            places.extend([("ELEMENT", element.to_owned()), ("SUM", sum)]);
            rec.row(File::CumSum, places, bound, parameters, lines)?;
            Ok(output)
        }
        _ => Err(call.refused("it does not run along axes")),
    }
}

/// A value for each channel (axis 1), as one that is broadcast to the input.
fn channels(view: &View, input: &View) -> Result<View> {
    let channels = input.shape.get(1).copied().unwrap_or(1);
    given::same("a value for each channel", &view.shape, &[channels])?;
    let mut shape = vec![channels];
    shape.resize(input.shape.len().saturating_sub(1).max(1), 1);
    Ok(view.shaped(&shape))
}

fn float(view: &View) -> Result<()> {
    if view.dtype == DType::F32 {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unsupported, format!("normalisation of {} on the device", view.dtype.name())))
}

pub(super) fn record(rec: &mut Recorder, call: &Call<'_>) -> Result<Vec<View>> {
    let (input, made) = (call.input(0)?, call.made()?);
    float(input)?;
    let rank = input.shape.len();
    let shape = made.shape.as_slice();
    let view = match call.op {
        Op::BatchNormalization { epsilon } => {
            let mut inputs = vec![input.clone()];
            for place in 1..5 {
                inputs.push(channels(call.input(place)?, input)?);
            }
            let inputs: Vec<&View> = inputs.iter().collect();
            let text = "(a - d) * (b / sqrt(e + F(n.x))) + c";
            broadcast(rec, shape, made.dtype, &inputs, text, [*epsilon, 0.0, 0.0, 0.0])?
        }
        Op::InstanceNormalization { epsilon } => {
            let axes: Vec<usize> = (2..rank).collect();
            let scale = channels(call.input(1)?, input)?;
            let bias = channels(call.input(2)?, input)?;
            normalised(rec, input, &axes, &scale, Some(&bias), *epsilon)?.0
        }
        Op::GroupNormalization { groups, epsilon, per_group } => {
            return grouped(rec, call, *groups, *epsilon, *per_group).map(|view| vec![view]);
        }
        Op::LayerNormalization { axis, epsilon } => {
            let first = given::axis(*axis, rank)?;
            let axes: Vec<usize> = (first..rank).collect();
            let (view, mean, inverse) =
                normalised(rec, input, &axes, call.input(1)?, call.option(2), *epsilon)?;
            let mut views = vec![view];
            for (made, view) in call.outputs.iter().skip(1).zip([mean, inverse]) {
                views.push(view.shaped(&made.shape));
            }
            return Ok(views);
        }
        Op::LpNormalization { axis, p } => {
            let axis = given::axis(*axis, rank)?;
            let kind = match p {
                1 => Reduce::L1,
                2 => Reduce::L2,
                other => return Err(call.refused(&format!("the {other}-norm"))),
            };
            let norm = reduce(rec, kind, input, &[axis])?;
            // A line of zeros stays zeros.
            broadcast(
                rec,
                shape,
                made.dtype,
                &[input, &norm],
                "select(a / b, F(0.0), b == F(0.0))",
                [0.0; 4],
            )?
        }
        Op::Lrn { alpha, beta, bias, size } => {
            let output = rec.output(shape, made.dtype)?;
            let channels = input.shape.get(1).copied().unwrap_or(1);
            let inner: usize = input.shape.iter().skip(2).product();
            let before = size.saturating_sub(1) / 2;
            let parameters = vec![
                word(input.len())?,
                word(channels)?,
                word(inner)?,
                word(before)?,
                word(size.saturating_sub(1) - before)?,
                (alpha / (*size).max(1) as f32).to_bits(),
                beta.to_bits(),
                bias.to_bits(),
            ];
            let bound = vec![write("y", "f32", output.slot), read("x", "f32", input.slot)];
            rec.row(File::Lrn, scalar(), bound, parameters, input.len())?;
            output
        }
        _ => return Err(call.refused("it is no normalisation")),
    };
    Ok(vec![view])
}

/// The places of a shader that computes with single floats and the functions on them.
pub(super) fn scalar() -> Vec<(&'static str, String)> {
    vec![("F", "f32".into()), ("I", "i32".into()), ("U", "u32".into()), ("B", "bool".into())]
}

/// (x - mean) / sqrt(variance + epsilon) * scale + bias, with the mean and the factor.
fn normalised(
    rec: &mut Recorder,
    input: &View,
    axes: &[usize],
    scale: &View,
    bias: Option<&View>,
    epsilon: f32,
) -> Result<(View, View, View)> {
    let mean = reduce(rec, Reduce::Mean, input, axes)?;
    let variance = variance(rec, input, axes, &mean)?;
    let numbers = [epsilon, 0.0, 0.0, 0.0];
    let shape = mean.shape.clone();
    let inverse = broadcast(rec, &shape, DType::F32, &[&variance], "F(1.0) / sqrt(a + F(n.x))", numbers)?;
    let mut inputs = vec![input, &mean, &inverse, scale];
    inputs.extend(bias);
    let text = if bias.is_some() { "(a - b) * c * d + e" } else { "(a - b) * c * d" };
    let shape = input.shape.clone();
    let view = broadcast(rec, &shape, DType::F32, &inputs, text, numbers)?;
    Ok((view, mean, inverse))
}

fn grouped(
    rec: &mut Recorder,
    call: &Call<'_>,
    groups: usize,
    epsilon: f32,
    per_group: bool,
) -> Result<View> {
    let (input, made) = (call.input(0)?, call.made()?);
    let (scale, bias) = (call.input(1)?, call.input(2)?);
    let batch = input.shape.first().copied().unwrap_or(1);
    let channels = input.shape.get(1).copied().unwrap_or(0);
    if groups == 0 || channels % groups != 0 {
        return Err(Error::new(ErrorKind::Length, format!("{channels} channels in {groups} groups")));
    }
    let inner: usize = input.shape.iter().skip(2).product();
    let split = input.shaped(&[batch, groups, channels / groups, inner]);
    let mean = reduce(rec, Reduce::Mean, &split, &[2, 3])?;
    let variance = variance(rec, &split, &[2, 3], &mean)?;
    let wanted = if per_group { groups } else { channels };
    given::same("the scale of GroupNormalization", &scale.shape, &[wanted])?;
    given::same("the bias of GroupNormalization", &bias.shape, &[wanted])?;
    let shape = if per_group { vec![groups, 1, 1] } else { vec![groups, channels / groups, 1] };
    let output = rec.output(&split.shape, made.dtype)?;
    let mut walk = Walk::over(&split.shape).broadcast(&split.shape)?;
    for shape in [&mean.shape, &variance.shape, &shape, &shape] {
        walk = walk.track(0, strides_to(shape, &split.shape)?);
    }
    let text = "(a - b) / sqrt(c + F(n.x)) * d + e";
    let inputs = [&split, &mean, &variance, scale, bias];
    map(rec, &walk, &output, &inputs, text, [epsilon, 0.0, 0.0, 0.0])?;
    Ok(output.shaped(&made.shape))
}
