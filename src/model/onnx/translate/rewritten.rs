//! Operators that the table does not have, written out in those that it has.

use super::super::super::graph::ValueId;
use super::super::super::op::{Binary, Op, Reduce, Unary};
use super::super::super::tensor::{DType, Tensor};
use super::super::build::{Build, Made};
use super::super::call::Call;
use super::norm::stash;
use crate::error::Result;

pub(super) fn translate<'a>(build: &mut Build<'a>, call: &Call<'a>) -> Result<Option<Made>> {
    match call.kind {
        "Hardmax" => hardmax(build, call),
        "MeanVarianceNormalization" => mean_variance(build, call),
        "RMSNormalization" => root_mean_square(build, call),
        "Compress" => compress(build, call),
        _ => return Ok(None),
    }
    .map(Some)
}

fn mul(build: &mut Build<'_>, a: ValueId, b: ValueId) -> Result<ValueId> {
    build.step(Op::Binary(Binary::Mul), &[a, b])
}

/// One where the largest is, and zeros.
fn hardmax(build: &mut Build<'_>, call: &Call<'_>) -> Result<Made> {
    let x = call.need(0)?;
    let flat = call.opset < 13;
    let axis = call.attributes.int_or("axis", if flat { 1 } else { -1 })?;
    let rows = if flat { build.step(Op::Flatten { axis }, &[x])? } else { x };
    let axis = if flat { 1 } else { axis };
    let place = build.step(Op::ArgMax { axis, keep: false, last: false }, &[rows])?;
    // `end` after the last axis cannot be written as -1 + 1.
    let end = if axis == -1 { None } else { Some(axis.saturating_add(1)) };
    let depth = build.step(Op::Shape { start: axis, end }, &[rows])?;
    let (off, on) = (build.number_like(0.0, x)?, build.number_like(1.0, x)?);
    let first = build.row(vec![0]);
    let off = build.step(Op::Unsqueeze, &[off, first])?;
    let on = build.step(Op::Unsqueeze, &[on, first])?;
    let values = build.step(Op::Concat { axis: 0 }, &[off, on])?;
    let mut made = build.step(Op::OneHot { axis }, &[place, depth, values])?;
    if flat {
        let shape = build.step(Op::Shape { start: 0, end: None }, &[x])?;
        made = build.step(Op::Reshape { allow_zero: true }, &[made, shape])?;
    }
    Ok(vec![made])
}

fn mean_variance(build: &mut Build<'_>, call: &Call<'_>) -> Result<Made> {
    let x = call.need(0)?;
    let axes = call.attributes.ints("axes")?.unwrap_or_else(|| vec![0, 2, 3]);
    let axes = build.row(axes);
    let average = Op::Reduce { kind: Reduce::Mean, keep: true, nothing_if_no_axes: false };
    let mean = build.step(average.clone(), &[x, axes])?;
    let centred = build.step(Op::Binary(Binary::Sub), &[x, mean])?;
    let square = mul(build, centred, centred)?;
    let variance = build.step(average, &[square, axes])?;
    let deviation = build.step(Op::Unary(Unary::Sqrt), &[variance])?;
    let epsilon = build.number_like(1e-9, x)?;
    let safe = build.step(Op::Binary(Binary::Add), &[deviation, epsilon])?;
    Ok(vec![build.step(Op::Binary(Binary::Div), &[centred, safe])?])
}

fn root_mean_square(build: &mut Build<'_>, call: &Call<'_>) -> Result<Made> {
    stash(call)?;
    let (x, scale) = (call.need(0)?, call.need(1)?);
    let axis = call.attributes.int_or("axis", -1)?;
    let epsilon = call.attributes.float_or("epsilon", 1e-5)?;
    let Some(rank) = build.rank(x).and_then(|rank| i64::try_from(rank).ok()) else {
        return call.unsupported("its rank is not known before the model runs");
    };
    let (Some(from), Some(to)) = (build.dtype(x), build.dtype(scale)) else {
        return call.unsupported("the type of its elements is not known");
    };
    let first = if axis < 0 { axis.saturating_add(rank) } else { axis };
    if !(0..rank).contains(&first) {
        return call.wrong(format!("axis {axis} of a tensor of {rank} axes"));
    }
    // Sums are in single precision whatever the elements are.
    let narrow = matches!(from, DType::F16 | DType::BF16);
    let wide = if narrow { build.step(Op::Cast { to: DType::F32, saturate: true }, &[x])? } else { x };
    let axes = build.row((first..rank).collect());
    let square = mul(build, wide, wide)?;
    let average = Op::Reduce { kind: Reduce::Mean, keep: true, nothing_if_no_axes: false };
    let mean = build.step(average, &[square, axes])?;
    let epsilon = build.number_like(epsilon, wide)?;
    let safe = build.step(Op::Binary(Binary::Add), &[mean, epsilon])?;
    let root = build.step(Op::Unary(Unary::Sqrt), &[safe])?;
    let mut normal = build.step(Op::Binary(Binary::Div), &[wide, root])?;
    if build.dtype(normal) != Some(to) {
        normal = build.step(Op::Cast { to, saturate: true }, &[normal])?;
    }
    Ok(vec![mul(build, normal, scale)?])
}

/// The elements, or the slices, where a condition is true.
fn compress(build: &mut Build<'_>, call: &Call<'_>) -> Result<Made> {
    let (x, condition) = (call.need(0)?, call.need(1)?);
    let axis = call.attributes.int("axis")?;
    let found = build.step(Op::NonZero, &[condition])?;
    let first = build.constant(Tensor::row(vec![0_i64]));
    let places = build.step(Op::Squeeze, &[found, first])?;
    let (x, axis) = match axis {
        Some(axis) => (x, axis),
        None => {
            let flat = build.row(vec![-1]);
            (build.step(Op::Reshape { allow_zero: false }, &[x, flat])?, 0)
        }
    };
    Ok(vec![build.step(Op::Gather { axis }, &[x, places])?])
}
