//! The same elements elsewhere: shapes, parts and edges.

use super::super::super::graph::ValueId;
use super::super::super::op::{Op, PadMode};
use super::super::attributes::Attributes;
use super::super::build::{Build, Made};
use super::super::call::Call;
use crate::error::Result;

pub(super) fn translate<'a>(build: &mut Build<'a>, call: &Call<'a>) -> Result<Option<Made>> {
    let a = &call.attributes;
    match call.kind {
        "Reshape" => {
            a.ignore(&["consumed_inputs"]);
            let op = Op::Reshape { allow_zero: a.flag("allowzero", false)? };
            let shape = older(build, call, call.opset < 5, "shape", 1)?;
            call.with(build, op, [call.input(0), shape])
        }
        "Flatten" => call.same(build, Op::Flatten { axis: a.int_or("axis", 1)? }),
        "Transpose" => {
            let perm = if a.has("perm") { Some(a.sizes("perm")?) } else { None };
            call.same(build, Op::Transpose { perm })
        }
        "Concat" => {
            let axis = match a.int("axis")? {
                None if call.opset >= 4 => return Err(Attributes::missing("axis")),
                axis => axis.unwrap_or(1),
            };
            call.same(build, Op::Concat { axis })
        }
        "Split" => split(build, call),
        "Slice" => slice(build, call),
        "Squeeze" | "Unsqueeze" => {
            let op = if call.kind == "Squeeze" { Op::Squeeze } else { Op::Unsqueeze };
            let axes = older(build, call, call.opset < 13, "axes", 1)?;
            call.with(build, op, [call.input(0), axes])
        }
        "Expand" => call.same(build, Op::Expand),
        "Tile" if call.opset < 6 => call.unsupported("the form of Tile before version 6 is not supported"),
        "Tile" => call.same(build, Op::Tile),
        "Pad" => pad(build, call),
        "DepthToSpace" => {
            let block = a.size("blocksize")?.ok_or_else(|| Attributes::missing("blocksize"))?;
            let column_row_depth = a.word("mode", false, &[("DCR", false), ("CRD", true)])?;
            call.same(build, Op::DepthToSpace { block, column_row_depth })
        }
        "SpaceToDepth" => {
            let block = a.size("blocksize")?.ok_or_else(|| Attributes::missing("blocksize"))?;
            call.same(build, Op::SpaceToDepth { block })
        }
        "CenterCropPad" => call.same(build, Op::CenterCropPad { axes: a.ints("axes")? }),
        _ => return Ok(None),
    }
    .map(Some)
}

/// What was an attribute in older versions and is an input now.
pub(super) fn older(
    build: &mut Build<'_>,
    call: &Call<'_>,
    is_attribute: bool,
    name: &str,
    place: usize,
) -> Result<Option<ValueId>> {
    if !is_attribute {
        return Ok(call.input(place));
    }
    Ok(call.attributes.ints(name)?.map(|numbers| build.row(numbers)))
}

fn split(build: &mut Build<'_>, call: &Call<'_>) -> Result<Made> {
    let a = &call.attributes;
    let axis = a.int_or("axis", 0)?;
    let sizes = if call.opset < 2 && call.input(1).is_some() {
        call.input(1)
    } else {
        older(build, call, call.opset < 13, "split", 1)?
    };
    let parts = a.size("num_outputs")?;
    if parts.is_some_and(|n| n != call.wanted.len()) {
        return call.wrong(format!("num_outputs is not the number of outputs, {}", call.wanted.len()));
    }
    let parts = if sizes.is_some() { None } else { Some(call.wanted.len()) };
    call.with(build, Op::Split { axis, parts }, [call.input(0), sizes])
}

fn slice(build: &mut Build<'_>, call: &Call<'_>) -> Result<Made> {
    if call.opset >= 10 {
        return call.same(build, Op::Slice);
    }
    let starts = older(build, call, true, "starts", 1)?.ok_or_else(|| Attributes::missing("starts"))?;
    let ends = older(build, call, true, "ends", 2)?.ok_or_else(|| Attributes::missing("ends"))?;
    let axes = older(build, call, true, "axes", 3)?;
    call.with(build, Op::Slice, [call.input(0), Some(starts), Some(ends), axes])
}

fn pad(build: &mut Build<'_>, call: &Call<'_>) -> Result<Made> {
    let a = &call.attributes;
    let modes = [
        ("constant", PadMode::Constant),
        ("reflect", PadMode::Reflect),
        ("edge", PadMode::Edge),
        ("wrap", PadMode::Wrap),
    ];
    let op = Op::Pad { mode: a.word("mode", PadMode::Constant, &modes)? };
    if call.opset >= 11 {
        return call.same(build, op);
    }
    let name = if call.opset < 2 { "paddings" } else { "pads" };
    let pads = older(build, call, true, name, 1)?.ok_or_else(|| Attributes::missing(name))?;
    let x = call.need(0)?;
    let value = build.number_like(a.float_or("value", 0.0)?, x)?;
    call.with(build, op, [Some(x), Some(pads), Some(value)])
}
