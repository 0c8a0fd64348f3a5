//! Elements read between others, at places that other tensors give: `GridSample` and `RoiAlign`.
//!
//! The invariant: a place is computed in the order of ONNX's reference, since rounding decides on which side of an
//! edge it falls.

use super::super::record::{Recorder, View, read, word, write};
use super::super::shader::File;
use super::{Call, given};
use crate::error::Result;
use crate::model::op::{GridMode, GridPadding, Op};
use crate::model::tensor::DType;

pub(super) fn record(rec: &mut Recorder, call: &Call<'_>) -> Result<View> {
    let (input, made) = (call.input(0)?, call.made()?);
    if input.dtype != DType::F32 || call.input(1)?.dtype != DType::F32 {
        return Err(call.refused("elements that are no 32-bit floats"));
    }
    let output = rec.output(&made.shape, DType::F32)?;
    match call.op {
        Op::GridSample { mode, padding, align_corners } => {
            let grid = call.input(1)?;
            let rank = input.shape.len();
            if rank != 4 && (rank != 5 || *mode == GridMode::Cubic) {
                return Err(call.refused(&format!("{mode:?} over {} spatial axes", rank.saturating_sub(2))));
            }
            given::rank(grid, rank)?;
            given::same(
                "the places of GridSample",
                &[grid.shape[0], grid.shape[rank - 1]],
                &[input.shape[0], rank - 2],
            )?;
            let deep = rank == 5;
            let depth = if deep { input.shape[2] } else { 1 };
            let points: usize = grid.shape[1..rank - 1].iter().product();
            given::same("the output of GridSample", &made.shape[2..], &grid.shape[1..rank - 1])?;
            if output.len() > 0 && input.len() == 0 {
                return Err(call.refused("an input without elements"));
            }
            let parameters = vec![
                word(output.len())?,
                word(input.shape[1])?,
                word(points)?,
                word(rank - 2)?,
                word(depth)?,
                word(input.shape[rank - 2])?,
                word(input.shape[rank - 1])?,
                u32::from(*align_corners),
                match padding {
                    GridPadding::Zeros => 0,
                    GridPadding::Border => 1,
                    GridPadding::Reflection => 2,
                },
            ];
            let bound = vec![
                write("y", "f32", output.slot),
                read("x", "f32", input.slot),
                read("grid", "f32", grid.slot),
            ];
            let text = match mode {
                GridMode::Nearest => "nearest",
                GridMode::Linear => "linear",
                GridMode::Cubic => "cubic",
            };
            rec.row(File::GridSample, vec![("MODE", text.into())], bound, parameters, output.len())?;
        }
        Op::RoiAlign(align) => {
            let (rois, numbers) = (call.input(1)?, call.input(2)?);
            given::rank(input, 4)?;
            given::rank(rois, 2)?;
            given::same("the regions", &[rois.shape[1]], &[4])?;
            given::same("the batch numbers", &numbers.shape, &[rois.shape[0]])?;
            super::gather::inside(numbers, input.shape[0])?;
            let wanted = [rois.shape[0], input.shape[1], align.output.0, align.output.1];
            given::same("the output of RoiAlign", &made.shape, &wanted)?;
            if output.len() > 0 && input.len() == 0 {
                return Err(call.refused("an input without elements"));
            }
            let parameters = vec![
                word(output.len())?,
                word(input.shape[0])?,
                word(input.shape[1])?,
                word(input.shape[2])?,
                word(input.shape[3])?,
                word(align.output.0)?,
                word(align.output.1)?,
                word(align.sampling_ratio)?,
                align.spatial_scale.to_bits(),
                u32::from(align.half_pixel),
                u32::from(align.max),
                0,
            ];
            let bound = vec![
                write("y", "f32", output.slot),
                read("x", "f32", input.slot),
                read("rois", "f32", rois.slot),
                read("numbers", "i32", numbers.slot),
            ];
            rec.row(File::RoiAlign, Vec::new(), bound, parameters, output.len())?;
        }
        _ => return Err(call.refused("it samples nothing")),
    }
    Ok(output)
}
