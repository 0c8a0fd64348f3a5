//! Pictures of many sizes onto canvases of one: `Compose`.
//!
//! What is done to each picture comes with a run, so that one plan serves all pictures; what it says is not trusted: a
//! shader reads no memory that is not bound, whatever the numbers are.

use super::super::record::{Recorder, View, read, word, write};
use super::super::shader::File;
use super::{Call, given};
use crate::error::Result;
use crate::model::op::Compose;
use crate::model::tensor::DType;

pub(super) fn record(rec: &mut Recorder, call: &Call<'_>, op: Compose) -> Result<View> {
    let (pixels, table, made) = (call.input(0)?, call.input(1)?, call.made()?);
    let (first, weights) = (call.input(2)?, call.input(3)?);
    given::rank(table, 2)?;
    given::same("what is done to pictures", &table.shape[1..], &[Compose::COLUMNS])?;
    let canvas = given::wholes(call.input(4)?)?;
    let canvas: Vec<usize> = canvas.iter().map(|n| usize::try_from(*n).unwrap_or(0)).collect();
    given::same("the canvas", &made.shape, &[&[table.shape[0], 3][..], &canvas].concat())?;
    let output = rec.output(&made.shape, DType::F32)?;
    let count = output.len() / 3;
    if [pixels, first, weights].iter().any(|view| view.len() == 0) && count > 0 {
        return Err(call.refused("pictures without pixels"));
    }
    let parameters = vec![word(count)?, word(canvas[0])?, word(canvas[1])?, u32::from(op.bgr)];
    let bound = vec![
        write("y", "f32", output.slot),
        read("pixels", "u32", pixels.slot),
        read("pictures", "i32", table.slot),
        read("first", "i32", first.slot),
        read("weights", "f32", weights.slot),
    ];
    rec.row(File::Compose, Vec::new(), bound, parameters, count)?;
    Ok(output)
}
