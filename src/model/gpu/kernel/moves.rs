//! Operators that put elements elsewhere, as the strides and offsets of copies; and those that make numbers.
//!
//! The invariant: what an operator takes out of a tensor lies inside it, checked here; the copy itself trusts it.

use super::super::record::{Recorder, View};
use super::super::walk::dense;
use super::copy::{concat, expand, filled, pad, strided, tile, transpose};
use super::map::{Class, broadcast};
use super::{Call, given};
use crate::error::{Error, ErrorKind, Result};
use crate::model::op::{Op, PadMode};
use crate::model::session::evaluate;
use crate::model::tensor::{DType, Data, Tensor};

fn int(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn record(rec: &mut Recorder, call: &Call<'_>) -> Result<Vec<View>> {
    let made = call.made()?;
    if let Op::ConstantOfShape { value } = call.op {
        let word = match value.data() {
            Data::F32(v) => v.first().map(|v| v.to_bits()),
            Data::I64(v) => v.first().and_then(|v| i32::try_from(*v).ok()).map(i32::cast_unsigned),
            Data::I32(v) => v.first().map(|v| v.cast_unsigned()),
            Data::Bool(v) => v.first().map(|v| u32::from(*v)),
            Data::U8(v) => v.first().map(|v| u32::from(*v)),
            Data::I8(v) => v.first().map(|v| i32::from(*v).cast_unsigned()),
            _ => None,
        };
        let word = word.ok_or_else(|| call.refused(value.dtype().name()))?;
        return Ok(vec![filled(rec, word, &made.shape, made.dtype)?]);
    }
    let input = call.input(0)?;
    let view = match call.op {
        Op::Identity | Op::Reshape { .. } | Op::Flatten { .. } | Op::Squeeze | Op::Unsqueeze => {
            alias(input, made)?
        }
        Op::Dropout => return dropout(rec, call),
        Op::Transpose { perm } => {
            let backwards: Vec<usize> = (0..input.shape.len()).rev().collect();
            let perm = perm.as_ref().unwrap_or(&backwards);
            let mut sorted = perm.clone();
            sorted.sort_unstable();
            if sorted != (0..input.shape.len()).collect::<Vec<_>>() {
                return Err(Error::new(
                    ErrorKind::Index,
                    format!("{perm:?} is no order of {:?}", input.shape),
                ));
            }
            transpose(rec, input, perm)?
        }
        Op::Concat { axis } => {
            let axis = given::axis(*axis, input.shape.len())?;
            let inputs = call.all()?;
            let fits = |view: &&View| {
                view.dtype == input.dtype
                    && view.shape.len() == input.shape.len()
                    && (0..view.shape.len()).all(|a| a == axis || view.shape[a] == made.shape[a])
            };
            let along: usize = inputs.iter().map(|view| view.shape.get(axis).copied().unwrap_or(0)).sum();
            if !inputs.iter().all(fits) || along != made.shape[axis] {
                return Err(Error::new(ErrorKind::Length, "the inputs cannot be joined along that axis"));
            }
            concat(rec, &inputs, axis, &made.shape)?
        }
        Op::Split { axis, .. } => return split(rec, call, *axis),
        Op::Slice => slice(rec, call)?,
        Op::Expand => expand(rec, input, &made.shape)?,
        Op::Tile => {
            let fits = made.shape.len() == input.shape.len()
                && input.shape.iter().zip(&made.shape).all(|(n, m)| *n == 0 || m % n == 0);
            if !fits {
                return Err(Error::new(ErrorKind::Length, "the repeats do not fit the input"));
            }
            tile(rec, input, &made.shape)?
        }
        Op::Pad { mode } => padded(rec, call, *mode)?,
        Op::DepthToSpace { block, column_row_depth } => {
            let [n, c, h, w] = four(input)?;
            let (b, depth) = (*block, c / (block * block).max(1));
            if b == 0 || depth * b * b != c {
                return Err(Error::new(
                    ErrorKind::Length,
                    format!("{c} channels are not blocks of {b} by {b}"),
                ));
            }
            let (shape, perm) = if *column_row_depth {
                ([n, depth, b, b, h, w], [0, 1, 4, 2, 5, 3])
            } else {
                ([n, b, b, depth, h, w], [0, 3, 4, 1, 5, 2])
            };
            transpose(rec, &input.shaped(&shape), &perm)?.shaped(&made.shape)
        }
        Op::SpaceToDepth { block } => {
            let [n, c, h, w] = four(input)?;
            let b = *block;
            if b == 0 || h % b != 0 || w % b != 0 {
                return Err(Error::new(
                    ErrorKind::Length,
                    format!("{h} by {w} are not blocks of {b} by {b}"),
                ));
            }
            let split = input.shaped(&[n, c, h / b, b, w / b, b]);
            transpose(rec, &split, &[0, 3, 5, 1, 2, 4])?.shaped(&made.shape)
        }
        Op::CenterCropPad { axes } => centred(rec, call, axes.as_deref())?,
        Op::Range => range(rec, call)?,
        _ => return Err(call.refused("it moves no elements")),
    };
    Ok(vec![view])
}

fn alias(input: &View, made: &super::Made) -> Result<View> {
    let view = View {
        host: input.host.clone().and_then(|t| t.reshaped(&made.shape).ok()),
        ..input.shaped(&made.shape)
    };
    if view.len() == input.len() {
        return Ok(view);
    }
    Err(Error::new(ErrorKind::Length, format!("{:?} cannot be reshaped to {:?}", input.shape, made.shape)))
}

fn four(input: &View) -> Result<[usize; 4]> {
    <[usize; 4]>::try_from(input.shape.as_slice())
        .map_err(|_| Error::new(ErrorKind::Length, format!("four axes were expected, not {:?}", input.shape)))
}

/// In training what is dropped depends on the number of elements alone, so that it is known when planning.
fn dropout(rec: &mut Recorder, call: &Call<'_>) -> Result<Vec<View>> {
    let (input, made) = (call.input(0)?, call.made()?);
    let known = |place: usize| call.option(place).and_then(|view| view.host.as_ref());
    let trains = known(2).is_some_and(|mode| mode.elements::<bool>() == Some(&[true]));
    if !trains {
        let mut views = vec![alias(input, made)?];
        if let Some(mask) = call.outputs.get(1) {
            views.push(filled(rec, 1, &mask.shape, DType::Bool)?);
        }
        return Ok(views);
    }
    let ones = Tensor::new(&input.shape, vec![1.0_f32; input.len()])?;
    let drawn = evaluate(call.op, &[Some(&ones), known(1), known(2)], 2)?;
    let [kept, mask] = drawn.as_slice() else { return Err(call.refused("training")) };
    let kept = kept.elements::<f32>().unwrap_or_default();
    let scale = kept.iter().copied().fold(0.0, f32::max);
    let mask = rec.constant(mask)?;
    let text = "select(F(0.0), a * n.x, b != I(0))";
    let numbers = [scale, 0.0, 0.0, 0.0];
    let view = broadcast(rec, &made.shape, made.dtype, &[input, &mask], text, numbers)?;
    Ok(vec![view, mask])
}

fn split(rec: &mut Recorder, call: &Call<'_>, axis: i64) -> Result<Vec<View>> {
    let input = call.input(0)?;
    let axis = given::axis(axis, input.shape.len())?;
    let strides = dense(&input.shape);
    let mut at = 0_i64;
    let mut views = Vec::new();
    for made in call.outputs {
        let fits = made.shape.len() == input.shape.len()
            && (0..made.shape.len()).all(|a| a == axis || made.shape[a] == input.shape[a])
            && at + int(made.shape[axis]) <= int(input.shape[axis]);
        if !fits {
            return Err(Error::new(ErrorKind::Length, "the parts do not fit the input"));
        }
        views.push(strided(rec, input, &made.shape, at * strides[axis], strides.clone())?);
        at += int(made.shape[axis]);
    }
    Ok(views)
}

fn slice(rec: &mut Recorder, call: &Call<'_>) -> Result<View> {
    let (input, made) = (call.input(0)?, call.made()?);
    let starts = given::wholes(call.input(1)?)?;
    let rank = input.shape.len();
    let axes = match call.option(3) {
        Some(axes) => given::wholes(axes)?,
        None => (0..int(starts.len())).collect(),
    };
    let steps = match call.option(4) {
        Some(steps) => given::wholes(steps)?,
        None => vec![1; starts.len()],
    };
    if axes.len() != starts.len() || steps.len() != starts.len() {
        return Err(Error::new(ErrorKind::Length, "starts, axes and steps of Slice differ in number"));
    }
    let mut strides = dense(&input.shape);
    let mut offset = 0_i64;
    let mut whole: Vec<usize> = input.shape.clone();
    for ((start, axis), step) in starts.iter().zip(&axes).zip(&steps) {
        let axis = given::axis(*axis, rank)?;
        let n = int(input.shape[axis]);
        let start = if *start < 0 { start.saturating_add(n) } else { *start };
        let start = if *step < 0 { start.clamp(0, (n - 1).max(0)) } else { start.clamp(0, n) };
        let count = int(made.shape.get(axis).copied().unwrap_or(0));
        let last = start.saturating_add((count - 1).saturating_mul(*step));
        if *step == 0 || (count > 0 && !(0..n).contains(&last)) {
            return Err(Error::new(ErrorKind::Index, "a slice reaches outside of its input"));
        }
        offset += start * strides[axis];
        // A step longer than the axis is never taken.
        strides[axis] *= (*step).clamp(-n.max(1), n.max(1));
        whole[axis] = made.shape[axis];
    }
    given::same("the output of Slice", &made.shape, &whole)?;
    strided(rec, input, &made.shape, offset, strides)
}

fn padded(rec: &mut Recorder, call: &Call<'_>, mode: PadMode) -> Result<View> {
    let (input, made) = (call.input(0)?, call.made()?);
    let rank = input.shape.len();
    let pads = given::wholes(call.input(1)?)?;
    let axes: Vec<usize> = match call.option(3) {
        Some(axes) => {
            let axes = given::wholes(axes)?;
            axes.iter().map(|axis| given::axis(*axis, rank)).collect::<Result<_>>()?
        }
        None => (0..rank).collect(),
    };
    if pads.len() != 2 * axes.len() {
        let what = format!("{} pads for {} axes", pads.len(), axes.len());
        return Err(Error::new(ErrorKind::Length, what));
    }
    let mut before = vec![0; rank];
    for (axis, n) in axes.iter().zip(&pads) {
        before[*axis] = *n;
    }
    let value = call.option(2).filter(|value| value.len() == 1);
    if value.is_some_and(|value| value.dtype != input.dtype) {
        return Err(Error::new(ErrorKind::Type, "the value of Pad has another type than its input"));
    }
    if mode == PadMode::Constant || before.iter().all(|n| *n >= 0) || input.len() == 0 {
        return pad(rec, input, value, &before, &made.shape, mode);
    }
    // What is cut off is gone before the rest is mirrored or wrapped.
    let ends: Vec<i64> = axes.iter().zip(&pads[axes.len()..]).map(|(_, n)| *n).collect();
    let mut shape = input.shape.clone();
    let strides = dense(&input.shape);
    let mut offset = 0;
    for ((axis, start), end) in axes.iter().zip(&pads).zip(&ends) {
        let cut = (*start).min(0) + (*end).min(0);
        shape[*axis] = usize::try_from(int(shape[*axis]) + cut)
            .map_err(|_| Error::new(ErrorKind::Index, "Pad cuts off more than there is"))?;
        offset += -(*start).min(0) * strides[*axis];
    }
    let inside = strided(rec, input, &shape, offset, strides)?;
    let before: Vec<i64> = before.iter().map(|n| (*n).max(0)).collect();
    pad(rec, &inside, value, &before, &made.shape, mode)
}

fn centred(rec: &mut Recorder, call: &Call<'_>, axes: Option<&[i64]>) -> Result<View> {
    let (input, made) = (call.input(0)?, call.made()?);
    let rank = input.shape.len();
    given::same("the rank of CenterCropPad's output", &[made.shape.len()], &[rank])?;
    let axes = match axes {
        Some(axes) => given::axes(axes, rank)?,
        None => (0..rank).collect(),
    };
    let mut before = vec![0_i64; rank];
    for axis in axes {
        let (from, to) = (int(input.shape[axis]), int(made.shape[axis]));
        // The odd element is at the end, whether padded or cut.
        before[axis] = if to >= from { (to - from) / 2 } else { -((from - to) / 2) };
    }
    pad(rec, input, None, &before, &made.shape, PadMode::Constant)
}

fn range(rec: &mut Recorder, call: &Call<'_>) -> Result<View> {
    let (start, step) = (call.input(0)?, call.input(2)?);
    let made = call.made()?;
    let count = made.shape.first().copied().unwrap_or(0);
    let indices = rec.table((0..u32::try_from(count).unwrap_or(0)).collect())?;
    let indices =
        View { slot: indices, shape: made.shape.clone(), dtype: DType::I32, host: None, count: None };
    let text = match Class::of(made.dtype)? {
        Class::Float => "b + F(a) * c",
        Class::Whole => "b + a * c",
        Class::Unsigned => "b + U(a) * c",
    };
    broadcast(
        rec,
        &made.shape,
        made.dtype,
        &[&indices, &start.shaped(&[]), &step.shaped(&[])],
        text,
        [0.0; 4],
    )
}
