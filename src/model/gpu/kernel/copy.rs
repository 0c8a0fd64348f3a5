//! Operators that put the same elements elsewhere: each is a walk with its own strides.
//!
//! The invariant: elements are moved as words, whatever their type. Reshapes copy nothing.

use super::super::record::{Recorder, View, read, signed, word, write};
use super::super::shader::File;
use super::super::walk::{Walk, broadcast, dense};
use super::map::map;
use crate::error::{Error, ErrorKind, Result};
use crate::model::op::PadMode;
use crate::model::tensor::DType;

/// Copies elements along a walk whose tracks are the output and the input.
pub(in super::super) fn copy(rec: &mut Recorder, walk: &Walk, output: &View, input: &View) -> Result<()> {
    map(rec, walk, output, &[input], "a", [0.0; 4])
}

/// A new dense value, read from the input with an offset and strides.
pub(in super::super) fn strided(
    rec: &mut Recorder,
    input: &View,
    shape: &[usize],
    offset: i64,
    strides: Vec<i64>,
) -> Result<View> {
    let output = rec.output(shape, input.dtype)?;
    copy(rec, &Walk::over(shape).track(offset, strides), &output, input)?;
    Ok(output)
}

/// Axes in another order; `perm` has been checked to be one.
pub(in super::super) fn transpose(rec: &mut Recorder, input: &View, perm: &[usize]) -> Result<View> {
    let strides = dense(&input.shape);
    let shape: Vec<usize> = perm.iter().map(|axis| input.shape[*axis]).collect();
    strided(rec, input, &shape, 0, perm.iter().map(|axis| strides[*axis]).collect())
}

/// Broadcast to a shape.
pub(in super::super) fn expand(rec: &mut Recorder, input: &View, shape: &[usize]) -> Result<View> {
    let strides = broadcast(&input.shape, shape)?;
    strided(rec, input, shape, 0, strides)
}

/// Inputs one after another along an axis.
pub(in super::super) fn concat(
    rec: &mut Recorder,
    inputs: &[&View],
    axis: usize,
    shape: &[usize],
) -> Result<View> {
    let first = inputs.first().ok_or_else(|| Error::new(ErrorKind::Length, "nothing to join"))?;
    let output = rec.output(shape, first.dtype)?;
    let strides = dense(shape);
    let mut at = 0_i64;
    for input in inputs {
        let mut walk = Walk::over(&input.shape).track(0, dense(&input.shape));
        walk.tracks[0].offset = at * strides[axis];
        walk.tracks[0].strides.clone_from(&strides);
        copy(rec, &walk, &output, input)?;
        at += i64::try_from(input.shape[axis]).unwrap_or(i64::MAX);
    }
    Ok(output)
}

/// Repeats along each axis.
pub(in super::super) fn tile(rec: &mut Recorder, input: &View, shape: &[usize]) -> Result<View> {
    // Two axes for each: which repeat, and where in it.
    let mut extents = Vec::new();
    let mut strides = Vec::new();
    for ((extent, out), stride) in input.shape.iter().zip(shape).zip(dense(&input.shape)) {
        extents.extend([out / (*extent).max(1), *extent]);
        strides.extend([0, stride]);
    }
    let made = strided(rec, input, &extents, 0, strides)?;
    Ok(made.shaped(shape))
}

/// Elements before each axis (negative: cut off), around the input; what is outside by the mode.
pub(in super::super) fn pad(
    rec: &mut Recorder,
    input: &View,
    value: Option<&View>,
    before: &[i64],
    shape: &[usize],
    mode: PadMode,
) -> Result<View> {
    let output = rec.output(shape, input.dtype)?;
    let count = output.len();
    if count == 0 {
        return Ok(output);
    }
    if input.len() == 0 && mode != PadMode::Constant {
        return Err(Error::new(ErrorKind::Length, "there is nothing to pad with: the input is empty"));
    }
    let mut walk = Walk::over(shape);
    walk.tracks.push(super::super::walk::Track { offset: 0, strides: dense(&input.shape) });
    let mut text =
        String::from("var rest = i; var source = 0u; var outside = false; var place = 0; var period = 0;\n");
    let mut parameters = vec![word(count)?, u32::from(value.is_some()), 0, 0];
    let strides = dense(&input.shape);
    for axis in 0..shape.len() {
        parameters.extend([
            word(shape[axis])?,
            word(input.shape[axis])?,
            signed(before[axis])?,
            signed(strides[axis])?,
        ]);
    }
    for axis in (0..shape.len()).rev() {
        text.push_str(&format!("place = i32(rest % p.axes[{axis}].x) - i32(p.axes[{axis}].z); "));
        text.push_str(&format!("rest = rest / p.axes[{axis}].x; period = i32(p.axes[{axis}].y);\n"));
        text.push_str(match mode {
            PadMode::Constant => "outside = outside || place < 0 || place >= period;\n",
            PadMode::Edge => "place = clamp(place, 0, period - 1);\n",
            PadMode::Wrap => "place = ((place % period) + period) % period;\n",
            PadMode::Reflect => {
                "if (period > 1) { let twice = 2 * period - 2; place = ((place % twice) + twice) % twice;
                 if (place >= period) { place = twice - place; } } else { place = 0; }\n"
            }
        });
        text.push_str(&format!("source += u32(place) * p.axes[{axis}].w;\n"));
    }
    let other = value.unwrap_or(input);
    let bound =
        vec![write("y", "u32", output.slot), read("x", "u32", input.slot), read("value", "u32", other.slot)];
    let places = vec![("AXES", shape.len().max(1).to_string()), ("WALK", text)];
    rec.row(File::Pad, places, bound, parameters, count)?;
    Ok(output)
}

/// A value of one element everywhere.
pub(in super::super) fn filled(rec: &mut Recorder, word: u32, shape: &[usize], dtype: DType) -> Result<View> {
    let slot = rec.table(vec![word])?;
    let one = View { slot, shape: Vec::new(), dtype, host: None, count: None };
    expand(rec, &one, shape)
}
