//! Extremes along an axis and where they are: `ArgMax`, `ArgMin`, `TopK`.
//!
//! The invariant: of equal elements the one of the lower number comes first (or last, where the operator asks). A
//! long line is ranked in parts, and what remains of the parts again, so no line needs the square of its length.

use super::super::record::{Bound, Recorder, Slot, View, read, word, write};
use super::super::shader::File;
use super::map::Class;
use super::{Call, given};
use crate::error::{Error, ErrorKind, Result};
use crate::model::op::Op;
use crate::model::tensor::DType;

/// Elements that are ranked against each other in one step.
const PART: usize = 4096;

/// WGSL of a whole number that orders elements: zeros are equal, and NaN is above all.
pub(super) const FLOAT_KEY: &str = "fn key(v: f32) -> i32 {
  if (v == 0.0) { return 0; }
  let bits = bitcast<i32>(v);
  if ((bits & 0x7fffffff) > 0x7f800000) { return 0x7fffffff; }
  return select(bits ^ 0x7fffffff, bits, bits >= 0);
}";

pub(super) fn record(rec: &mut Recorder, call: &Call<'_>) -> Result<Vec<View>> {
    let (input, made) = (call.input(0)?, call.made()?);
    let rank = input.shape.len();
    let (axis, better) = match call.op {
        Op::ArgMax { axis, .. } => (*axis, ">"),
        Op::ArgMin { axis, .. } => (*axis, "<"),
        Op::TopK { axis, largest: true, .. } => (*axis, ">"),
        Op::TopK { axis, .. } => (*axis, "<"),
        _ => return Err(call.refused("it finds no extremes")),
    };
    let axis = given::axis(axis, rank)?;
    let length = input.shape[axis];
    let inner: usize = input.shape[axis + 1..].iter().product();
    let lines = input.len() / length.max(1);
    let element = Class::of(input.dtype)?.wgsl();
    if let Op::ArgMax { last, .. } | Op::ArgMin { last, .. } = call.op {
        if length == 0 {
            return Err(Error::new(ErrorKind::Length, "an axis without elements has no extreme"));
        }
        let output = rec.output(&made.shape, DType::I64)?;
        let parameters = vec![word(lines)?, word(length)?, word(inner)?, u32::from(*last)];
        let bound = vec![write("y", "i32", output.slot), read("x", element, input.slot)];
        rec.row(File::Arg, vec![("BETTER", better.into())], bound, parameters, lines)?;
        return Ok(vec![output]);
    }
    let kept = made.shape[axis];
    if kept > length {
        return Err(Error::new(ErrorKind::Index, format!("TopK: {kept} of {length} elements")));
    }
    let values = rec.output(&made.shape, input.dtype)?;
    let places = rec.output(&made.shape, DType::I64)?;
    let line = Line { lines, length, inner };
    ranked(rec, (input.slot, None), (values.slot, places.slot), line, kept, (input.dtype, better))?;
    Ok(vec![values, places])
}

/// Lines of elements: how many, how long, and how far apart the elements of one are.
#[derive(Clone, Copy)]
pub(super) struct Line {
    pub(super) lines: usize,
    pub(super) length: usize,
    pub(super) inner: usize,
}

/// The first `kept` of each line in order, and their numbers. `numbers` of the input are its elements' places if none.
pub(super) fn ranked(
    rec: &mut Recorder,
    input: (Slot, Option<Slot>),
    output: (Slot, Slot),
    line: Line,
    kept: usize,
    how: (DType, &str),
) -> Result<()> {
    if kept == 0 || line.lines == 0 {
        return Ok(());
    }
    let (dtype, better) = how;
    let class = Class::of(dtype)?;
    // Parts are of use only where they drop most of their elements.
    let single = line.length <= 2 * PART || kept > PART / 2;
    let part = if single { line.length } else { PART };
    let (to, stride, out_inner) = if single {
        (output, kept, line.inner)
    } else {
        let whole = line.length / part;
        let stride = whole * kept + (line.length - whole * part).min(kept);
        let words =
            stride.checked_mul(line.lines).ok_or_else(|| Error::new(ErrorKind::Limit, "too many lines"))?;
        let values = rec.output(&[words], dtype)?;
        let places = rec.output(&[words], DType::I64)?;
        ((values.slot, places.slot), stride, 1)
    };
    let (from, numbers) = input;
    let element = class.wgsl();
    let mut bound: Vec<Bound> =
        vec![write("y", element, to.0), write("places", "i32", to.1), read("x", element, from)];
    bound.push(read("numbers", "i32", numbers.unwrap_or(from)));
    let count = line.lines * line.length;
    let parameters = vec![
        word(count)?,
        word(line.length)?,
        word(line.inner)?,
        word(part)?,
        word(kept)?,
        word(stride)?,
        word(out_inner)?,
        u32::from(numbers.is_some()),
    ];
    let key = match class {
        Class::Float => FLOAT_KEY.to_owned(),
        other => format!("fn key(v: {0}) -> {0} {{ return v; }}", other.wgsl()),
    };
    rec.row(File::Rank, vec![("BETTER", better.into()), ("KEY", key)], bound, parameters, count)?;
    if single {
        return Ok(());
    }
    let next = Line { length: stride, inner: 1, ..line };
    if line.inner == 1 {
        return ranked(rec, (to.0, Some(to.1)), output, next, kept, how);
    }
    // Lines lie apart in the output: ranked densely, then put in their places.
    let values = rec.output(&[line.lines / line.inner, line.inner, kept], dtype)?;
    let places = rec.output(&[line.lines / line.inner, line.inner, kept], DType::I64)?;
    ranked(rec, (to.0, Some(to.1)), (values.slot, places.slot), next, kept, how)?;
    for (view, slot) in [(values, output.0), (places, output.1)] {
        let shape = [line.lines / line.inner, kept, line.inner];
        let into = View { slot, shape: shape.to_vec(), dtype: view.dtype, host: None, count: None };
        let strides = super::super::walk::dense(&view.shape);
        let walk = super::super::walk::Walk::over(&shape).track(0, vec![strides[0], strides[2], strides[1]]);
        super::copy::copy(rec, &walk, &into, &view)?;
    }
    Ok(())
}
