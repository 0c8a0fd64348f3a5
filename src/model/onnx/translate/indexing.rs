//! Elements by number, and tensors made from shapes and numbers.

use super::super::super::op::{Op, Scatter};
use super::super::super::tensor::Tensor;
use super::super::build::{Build, Made};
use super::super::call::Call;
use crate::error::Result;

pub(super) fn translate<'a>(build: &mut Build<'a>, call: &Call<'a>) -> Result<Option<Made>> {
    let a = &call.attributes;
    match call.kind {
        "Gather" => call.same(build, Op::Gather { axis: a.int_or("axis", 0)? }),
        "GatherElements" => call.same(build, Op::GatherElements { axis: a.int_or("axis", 0)? }),
        "GatherND" => call.same(build, Op::GatherNd { batch_dims: a.size("batch_dims")?.unwrap_or(0) }),
        "Scatter" | "ScatterElements" => {
            let op = Op::ScatterElements { axis: a.int_or("axis", 0)?, reduction: reduction(call)? };
            call.same(build, op)
        }
        "ScatterND" => {
            let op = Op::ScatterNd { reduction: reduction(call)? };
            call.same(build, op)
        }
        "OneHot" => call.same(build, Op::OneHot { axis: a.int_or("axis", -1)? }),
        "NonZero" => call.same(build, Op::NonZero),
        "Shape" => call.same(build, Op::Shape { start: a.int_or("start", 0)?, end: a.int("end")? }),
        "Size" => call.same(build, Op::Size),
        "Range" => {
            a.ignore(&["stash_type"]);
            call.same(build, Op::Range)
        }
        "ConstantOfShape" => {
            let value = match a.tensor("value")? {
                Some(stored) => build.tensor(stored)?,
                None => Tensor::scalar(0.0_f32),
            };
            if value.len() != 1 {
                return call.wrong(format!("the value to fill with has {} elements", value.len()));
            }
            call.same(build, Op::ConstantOfShape { value: value.reshaped(&[1])? })
        }
        _ => return Ok(None),
    }
    .map(Some)
}

fn reduction(call: &Call<'_>) -> Result<Scatter> {
    let words = [
        ("none", Scatter::Replace),
        ("add", Scatter::Add),
        ("mul", Scatter::Mul),
        ("max", Scatter::Max),
        ("min", Scatter::Min),
    ];
    call.attributes.word("reduction", Scatter::Replace, &words)
}
