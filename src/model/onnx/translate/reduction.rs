//! Along axes: sums and their kin, the largest and where it is.

use super::super::super::op::{Op, Reduce};
use super::super::attributes::Attributes;
use super::super::build::{Build, Made};
use super::super::call::Call;
use super::layout::older;
use crate::error::Result;

pub(super) fn translate<'a>(build: &mut Build<'a>, call: &Call<'a>) -> Result<Option<Made>> {
    let a = &call.attributes;
    let kind = match call.kind {
        "ReduceL1" => Some(Reduce::L1),
        "ReduceL2" => Some(Reduce::L2),
        "ReduceLogSum" => Some(Reduce::LogSum),
        "ReduceLogSumExp" => Some(Reduce::LogSumExp),
        "ReduceMax" => Some(Reduce::Max),
        "ReduceMean" => Some(Reduce::Mean),
        "ReduceMin" => Some(Reduce::Min),
        "ReduceProd" => Some(Reduce::Prod),
        "ReduceSum" => Some(Reduce::Sum),
        "ReduceSumSquare" => Some(Reduce::SumSquare),
        _ => None,
    };
    if let Some(kind) = kind {
        let is_attribute = call.opset < if kind == Reduce::Sum { 13 } else { 18 };
        let keep = a.flag("keepdims", true)?;
        let nothing_if_no_axes = a.flag("noop_with_empty_axes", false)?;
        let axes = older(build, call, is_attribute, "axes", 1)?;
        let op = Op::Reduce { kind, keep, nothing_if_no_axes };
        return call.with(build, op, [call.input(0), axes]).map(Some);
    }
    match call.kind {
        "ArgMax" | "ArgMin" => {
            let axis = a.int_or("axis", 0)?;
            let (keep, last) = (a.flag("keepdims", true)?, a.flag("select_last_index", false)?);
            let largest = call.kind == "ArgMax";
            let op = if largest { Op::ArgMax { axis, keep, last } } else { Op::ArgMin { axis, keep, last } };
            call.same(build, op)
        }
        "TopK" => {
            let axis = a.int_or("axis", -1)?;
            let (largest, sorted) = (a.flag("largest", true)?, a.flag("sorted", true)?);
            let k = if call.opset < 10 {
                let k = a.int("k")?.ok_or_else(|| Attributes::missing("k"))?;
                Some(build.row(vec![k]))
            } else {
                call.input(1)
            };
            call.with(build, Op::TopK { axis, largest, sorted }, [call.input(0), k])
        }
        "CumSum" => {
            let op =
                Op::CumSum { exclusive: a.flag("exclusive", false)?, reverse: a.flag("reverse", false)? };
            call.same(build, op)
        }
        "Softmax" | "LogSoftmax" => {
            let (log, flat) = (call.kind == "LogSoftmax", call.opset < 13);
            let axis = a.int_or("axis", if flat { 1 } else { -1 })?;
            call.same(build, Op::Softmax { axis, log, flat })
        }
        _ => return Ok(None),
    }
    .map(Some)
}
