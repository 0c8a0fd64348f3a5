//! Operators whose output is as long as the elements say: boxes that are kept, places of what is not zero.
//!
//! The invariant: room is made for the most there can be, and a count tells how many there are; what is beyond the
//! count is never read.

use super::super::record::{Recorder, View, read, word, write};
use super::super::shader::File;
use super::map::Class;
use super::{Call, given};
use crate::error::{Error, ErrorKind, Result};
use crate::model::op::Op;
use crate::model::tensor::DType;

/// Elements that one invocation of `NonZero` looks at.
const BLOCK: usize = 256;

pub(super) fn record(rec: &mut Recorder, call: &Call<'_>) -> Result<View> {
    match call.op {
        Op::NonZero => nonzero(rec, call),
        Op::NonMaxSuppression { center_point_box } => suppressed(rec, call, *center_point_box),
        _ => Err(call.refused("its output's shape is known")),
    }
}

fn nonzero(rec: &mut Recorder, call: &Call<'_>) -> Result<View> {
    let input = call.input(0)?;
    let element = Class::of(input.dtype)?.wgsl();
    let rank = input.shape.len();
    if rank == 0 {
        return Err(call.refused("a tensor without axes"));
    }
    let blocks = input.len().div_ceil(BLOCK);
    let counts = rec.output(&[blocks], DType::I32)?;
    let total = rec.output(&[1], DType::I32)?;
    let mut output = rec.output(&[rank, input.len()], DType::I64)?;
    output.count = Some((total.slot, 1));
    if blocks == 0 {
        let zero = rec.table(vec![0])?;
        output.count = Some((zero, 1));
        return Ok(output);
    }
    let mut parameters = vec![word(input.len())?, word(blocks)?, word(BLOCK)?, 0];
    for n in &input.shape {
        parameters.extend([word(*n)?, 0, 0, 0]);
    }
    let axes = vec![("RANK", rank.to_string())];
    let bound = vec![write("counts", "u32", counts.slot), read("x", element, input.slot)];
    rec.row(File::NonZeroCount, axes.clone(), bound, parameters.clone(), blocks)?;
    let bound = vec![
        write("y", "i32", output.slot),
        write("total", "u32", total.slot),
        read("counts", "u32", counts.slot),
        read("x", element, input.slot),
    ];
    rec.row(File::NonZeroWrite, axes, bound, parameters, blocks)?;
    Ok(output)
}

fn suppressed(rec: &mut Recorder, call: &Call<'_>, centred: bool) -> Result<View> {
    let (boxes, scores) = (call.input(0)?, call.input(1)?);
    given::rank(boxes, 3)?;
    given::rank(scores, 3)?;
    let [batch, classes, count] = [scores.shape[0], scores.shape[1], scores.shape[2]];
    given::same("the boxes", &boxes.shape, &[batch, count, 4])?;
    if boxes.dtype != DType::F32 || scores.dtype != DType::F32 {
        return Err(Error::new(ErrorKind::Type, "boxes and scores must be 32-bit floats"));
    }
    let given_to = |place: usize| call.option(place).filter(|view| view.len() > 0);
    let most = given_to(2).map(given::whole).transpose()?.unwrap_or(0).max(0);
    let most = usize::try_from(most).unwrap_or(usize::MAX).min(count);
    let overlap = given_to(3).map(given::float).transpose()?.unwrap_or(0.0);
    let threshold = given_to(4).map(given::float).transpose()?;
    let lines = batch * classes;
    let mut output = rec.output(&[lines * most, 3], DType::I64)?;
    if output.len() == 0 {
        let zero = rec.table(vec![0])?;
        output.count = Some((zero, 0));
        return Ok(output);
    }
    let total = rec.output(&[1], DType::I32)?;
    output.count = Some((total.slot, 0));
    let left = rec.output(&[lines, count], DType::I32)?;
    let chosen = rec.output(&[lines, most], DType::I32)?;
    let counts = rec.output(&[lines], DType::I32)?;
    let parameters = vec![
        word(lines)?,
        word(classes)?,
        word(count)?,
        word(most)?,
        overlap.to_bits(),
        threshold.unwrap_or(0.0).to_bits(),
        u32::from(threshold.is_some()),
        u32::from(centred),
    ];
    let key = vec![("KEY", super::arg::FLOAT_KEY.to_owned())];
    let bound = vec![
        write("left", "i32", left.slot),
        write("chosen", "i32", chosen.slot),
        write("counts", "u32", counts.slot),
        read("boxes", "vec4<f32>", boxes.slot),
        read("scores", "f32", scores.slot),
    ];
    rec.groups(File::Suppress, key, bound, parameters.clone(), lines)?;
    let bound = vec![
        write("y", "i32", output.slot),
        write("total", "u32", total.slot),
        read("chosen", "i32", chosen.slot),
        read("counts", "u32", counts.slot),
    ];
    rec.row(File::SuppressWrite, Vec::new(), bound, parameters, lines)?;
    Ok(output)
}
