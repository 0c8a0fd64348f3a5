//! `Resize`: a tensor resampled along some of its axes.
//!
//! Resampling is separable: each axis has a list of places (nearest) or of weighted places ([`taps`]) for every place
//! of the result, and the axes are gone through one after the other ([`passes`]), those that shrink first. The shape
//! of the result is that of shape inference.

mod passes;
mod taps;
#[cfg(test)]
mod tests;

use super::axes::axes;
use super::inputs::{Inputs, floats, length, no_kernel, room, usage};
use super::number::each_element;
use super::threads::Threads;
use crate::error::Result;
use crate::model::graph::Dim;
use crate::model::infer::{self, Fact};
use crate::model::op::{Aspect, Op, Resize, ResizeMode};
use crate::model::tensor::{Data, Tensor};

/// One axis to resample.
#[derive(Clone, Copy, Debug)]
struct Axis {
    at: usize,
    /// Places in the input and in the result.
    from: usize,
    to: usize,
    /// How much longer the result is said to be; its length is this times `from`, cut to a whole number.
    scale: f64,
    /// Begin and end of the region of interest, as shares of the axis.
    region: (f64, f64),
}

/// The input resampled: inputs X, roi, scales, sizes.
///
/// # Errors
/// `Usage` for scales or sizes that are missing or make no sense, `Length` for an axis without elements that is to
/// have some, `Limit` for a result too large.
pub(super) fn resize(op: &Resize, inputs: Inputs<'_>, threads: &Threads) -> Result<Tensor> {
    let x = inputs.get(0)?;
    let shape = wanted_shape(op, inputs)?;
    let total = room(&shape, x.dtype().size().max(4))?;
    if op.antialias && op.mode == ResizeMode::Nearest {
        return Err(usage("the nearest element has no antialias filter"));
    }
    let mut plan = plan(op, inputs, &shape)?;
    if total == 0 {
        return each_element!(x.data(), v => Tensor::new(&shape, v[..0].to_vec()));
    }
    if x.is_empty() {
        return Err(length(format!("an input of shape {:?} has no elements to resample", x.shape())));
    }
    // Those that shrink come first: the others then have less to do.
    plan.sort_by(|a, b| (a.to as f64 / a.from as f64).total_cmp(&(b.to as f64 / b.from as f64)));
    let fill = f64::from(op.extrapolation);
    if op.mode == ResizeMode::Nearest {
        let lists =
            plan.iter().map(|axis| Ok((axis.at, taps::nearest(op, axis)?))).collect::<Result<Vec<_>>>()?;
        let made = super::number::each_number!(x.data(),
            v => Tensor::of(&shape, passes::pick(v, x.shape(), &lists, fill)?),
            v => Tensor::of(&shape, passes::pick_truth(v, x.shape(), &lists)?));
        return made;
    }
    let tables =
        plan.iter().map(|axis| Ok((axis.at, taps::weighted(op, axis)?))).collect::<Result<Vec<_>>>()?;
    match x.data() {
        Data::F32(v) => blend::<f32, f32>(v, x, &shape, &tables, fill, threads),
        Data::F16(v) => blend::<_, f32>(v, x, &shape, &tables, fill, threads),
        Data::BF16(v) => blend::<_, f32>(v, x, &shape, &tables, fill, threads),
        Data::U8(v) => blend::<_, f32>(v, x, &shape, &tables, fill, threads),
        Data::I8(v) => blend::<_, f32>(v, x, &shape, &tables, fill, threads),
        Data::F64(v) => blend::<_, f64>(v, x, &shape, &tables, fill, threads),
        Data::I16(v) => blend::<_, f64>(v, x, &shape, &tables, fill, threads),
        Data::I32(v) => blend::<_, f64>(v, x, &shape, &tables, fill, threads),
        Data::I64(v) => blend::<_, f64>(v, x, &shape, &tables, fill, threads),
        Data::U16(v) => blend::<_, f64>(v, x, &shape, &tables, fill, threads),
        Data::U32(v) => blend::<_, f64>(v, x, &shape, &tables, fill, threads),
        Data::U64(v) => blend::<_, f64>(v, x, &shape, &tables, fill, threads),
        Data::Bool(_) => Err(no_kernel(x.dtype())),
    }
}

fn blend<T: super::number::Number, W: passes::Weight>(
    values: &[T],
    x: &Tensor,
    shape: &[usize],
    tables: &[(usize, taps::Table)],
    fill: f64,
    threads: &Threads,
) -> Result<Tensor> {
    let mut made: Vec<W> = values.iter().map(|v| W::of(v.to_f64())).collect();
    let mut now = x.shape().to_vec();
    for (at, table) in tables {
        made = passes::along(&made, &now, *at, table, W::of(fill), threads)?;
        now[*at] = table.len();
    }
    // Whole numbers are rounded, halves to even, and kept in their range.
    let back = |v: W| {
        let v = v.to_f64();
        T::of_f64(if T::IS_FLOAT { v } else { v.round_ties_even() })
    };
    Tensor::new(shape, made.into_iter().map(back).collect())
}

fn wanted_shape(op: &Resize, inputs: Inputs<'_>) -> Result<Vec<usize>> {
    let x = inputs.get(0)?;
    let mut facts = vec![Some(Fact::new(x.dtype(), x.shape()))];
    facts.extend((1..inputs.len()).map(|at| inputs.maybe(at).map(Fact::constant)));
    let made = infer::outputs(&Op::Resize(op.clone()), &facts, 1)?;
    let shape = made.first().map(|fact| fact.shape.as_slice()).unwrap_or_default();
    let known = shape.iter().map(|dim| match dim {
        Dim::Known(n) => Ok(*n),
        Dim::Named(_) => Err(usage("neither scales nor sizes say how large the result is")),
    });
    known.collect()
}

/// The axes that change.
fn plan(op: &Resize, inputs: Inputs<'_>, shape: &[usize]) -> Result<Vec<Axis>> {
    let x = inputs.get(0)?;
    let list = match &op.axes {
        Some(list) => axes(list, x.rank())?,
        None => (0..x.rank()).collect(),
    };
    let numbers = |at: usize| inputs.maybe(at).filter(|tensor| !tensor.is_empty()).map(floats);
    let (roi, scales, sizes) = (numbers(1), numbers(2), numbers(3));
    let crop = op.coordinates == crate::model::op::Coordinates::TfCropAndResize;
    let ratio = |k: usize, size: &[f64]| size.get(k).map_or(1.0, |size| size / x.shape()[list[k]] as f64);
    let mut plan = Vec::with_capacity(list.len());
    for (k, at) in list.iter().enumerate() {
        let (from, to) = (x.shape()[*at], shape.get(*at).copied().unwrap_or(0));
        let scale = match (&sizes, &scales) {
            (Some(sizes), _) => match op.aspect {
                Aspect::Stretch => ratio(k, sizes),
                Aspect::NotLarger => (0..list.len()).map(|k| ratio(k, sizes)).fold(f64::INFINITY, f64::min),
                Aspect::NotSmaller => (0..list.len()).map(|k| ratio(k, sizes)).fold(0.0, f64::max),
            },
            (None, Some(scales)) => scales.get(k).copied().unwrap_or(1.0),
            (None, None) => return Err(usage("neither scales nor sizes are given")),
        };
        let region = match &roi {
            Some(roi) if crop => match (roi.get(k), roi.get(k + list.len())) {
                (Some(start), Some(end)) => (*start, *end),
                _ => return Err(length("the region of interest must have a begin and an end for each axis")),
            },
            None if crop => return Err(usage("the region of interest is missing")),
            _ => (0.0, 1.0),
        };
        if !scale.is_finite() || scale <= 0.0 || !region.0.is_finite() || !region.1.is_finite() {
            // An axis without elements has no scale, and none to resample.
            if from > 0 && to > 0 {
                return Err(usage(format!("axis {at} cannot be resampled by {scale}")));
            }
            continue;
        }
        if !(from == to && (scale - 1.0).abs() < 1e-9 && region == (0.0, 1.0)) {
            plan.push(Axis { at: *at, from, to, scale, region });
        }
    }
    Ok(plan)
}
