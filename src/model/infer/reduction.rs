//! Along axes: reductions, the largest, running sums, normalisation.

use super::super::graph::Dim;
use super::super::op::Op;
use super::super::tensor::DType;
use super::dims::{axis, known, misfit, no_rank, same, senseless, unknown, unknowns};
use super::indexing::{lies_over, reduced};
use super::inputs::Inputs;
use super::layout::set;
use super::{Fact, fact};
use crate::error::Result;

pub(super) fn outputs(op: &Op, inputs: Inputs<'_>) -> Result<Option<Vec<Fact>>> {
    let x = || inputs.need(0);
    let as_it_was = || x().map(|x| vec![fact(x.dtype, x.shape.clone())]);
    Ok(Some(match op {
        Op::Reduce { keep, nothing_if_no_axes, .. } => {
            vec![fact(x()?.dtype, reduce(inputs, *keep, *nothing_if_no_axes)?)]
        }
        Op::ArgMax { axis, keep, .. } | Op::ArgMin { axis, keep, .. } => {
            vec![fact(DType::I64, reduced(&x()?.shape, &[*axis], *keep)?)]
        }
        Op::TopK { axis: along, .. } => {
            let k = inputs.row(1)?.ok_or_else(|| senseless("TopK without k"))?;
            let place = axis(*along, x()?.shape.len())?;
            let mut shape = x()?.shape.clone();
            let dim = match k.numbers.as_deref() {
                Some([k]) => Dim::Known(super::dims::length(*k)?),
                Some(_) => return Err(misfit("k must be one number")),
                None => unknown(),
            };
            if let (Some(k), Some(n)) = (known(&dim), shape.get(place).and_then(known))
                && k > n
            {
                return Err(misfit(format!("the first {k} of an axis of {n}")));
            }
            set(&mut shape, place, dim);
            vec![fact(x()?.dtype, shape.clone()), fact(DType::I64, shape)]
        }
        Op::CumSum { .. } => {
            inputs.row(1)?.ok_or_else(|| senseless("CumSum without an axis"))?;
            as_it_was()?
        }
        Op::Softmax { axis: along, flat, .. } => {
            let shape = &inputs.float(0)?.shape;
            // Before opset 13 one past the last axis was allowed; a tensor without axes is a row of one.
            if !(shape.is_empty() || *flat && usize::try_from(*along) == Ok(shape.len())) {
                axis(*along, shape.len())?;
            }
            as_it_was()?
        }
        Op::BatchNormalization { .. } => {
            channels(inputs, 1..5)?;
            as_it_was()?
        }
        Op::InstanceNormalization { .. } => {
            channels(inputs, 1..3)?;
            as_it_was()?
        }
        Op::LayerNormalization { axis: along, .. } => {
            let shape = &inputs.float(0)?.shape;
            let at = axis(*along, shape.len())?;
            for place in 1..3 {
                match inputs.get(place) {
                    Some(fact) => lies_over(&fact.shape, shape)?,
                    None if place == 1 => return Err(senseless("LayerNormalization without a scale")),
                    None => {}
                }
            }
            let one = |(place, dim): (usize, &Dim)| if place < at { dim.clone() } else { Dim::Known(1) };
            let statistics = fact(DType::F32, shape.iter().enumerate().map(one).collect());
            vec![fact(x()?.dtype, shape.clone()), statistics.clone(), statistics]
        }
        Op::GroupNormalization { groups, per_group, .. } => {
            let shape = &inputs.float(0)?.shape;
            let c = shape.get(1).ok_or_else(|| misfit("a tensor without channels"))?;
            if *groups == 0 || known(c).is_some_and(|c| c.checked_rem(*groups) != Some(0)) {
                return Err(misfit(format!("{groups} groups do not divide the channels")));
            }
            if *per_group {
                for place in 1..3 {
                    row_of(inputs, place, &Dim::Known(*groups))?;
                }
            } else {
                channels(inputs, 1..3)?;
            }
            as_it_was()?
        }
        Op::LpNormalization { axis: along, .. } => {
            axis(*along, inputs.float(0)?.shape.len())?;
            as_it_was()?
        }
        Op::Lrn { size, .. } => {
            if *size == 0 || inputs.float(0)?.shape.len() < 2 {
                return Err(misfit("normalisation over no channels"));
            }
            as_it_was()?
        }
        _ => return Ok(None),
    }))
}

fn reduce(inputs: Inputs<'_>, keep: bool, nothing_if_no_axes: bool) -> Result<Vec<Dim>> {
    let x = inputs.need(0)?;
    let all = || -> Vec<Dim> { if keep { vec![Dim::Known(1); x.shape.len()] } else { Vec::new() } };
    let none = || if nothing_if_no_axes { x.shape.clone() } else { all() };
    let Some(row) = inputs.row(1)? else { return Ok(none()) };
    match (row.numbers, row.length) {
        (Some(gone), _) if gone.is_empty() => Ok(none()),
        (Some(gone), _) => reduced(&x.shape, &gone, keep),
        (None, Some(0)) => Ok(none()),
        (None, _) if keep => unknowns(x.shape.len()),
        (None, Some(n)) => unknowns(x.shape.len().checked_sub(n).ok_or_else(|| misfit("too many axes"))?),
        (None, None) => Err(no_rank()),
    }
}

/// These inputs are rows of as many numbers as the first one has channels.
fn channels(inputs: Inputs<'_>, places: std::ops::Range<usize>) -> Result<()> {
    let x = inputs.float(0)?;
    // A tensor of one axis has one channel.
    let c = match x.shape.as_slice() {
        [] => return Err(misfit("a tensor without channels")),
        [_] => Dim::Known(1),
        [_, c, ..] => c.clone(),
    };
    for place in places {
        row_of(inputs, place, &c)?;
    }
    Ok(())
}

fn row_of(inputs: Inputs<'_>, place: usize, long: &Dim) -> Result<()> {
    match inputs.float(place)?.shape.as_slice() {
        [dim] => same(dim, long).map(|_| ()),
        shape => Err(misfit(format!("input {place} has {} axes and must be a row", shape.len()))),
    }
}
