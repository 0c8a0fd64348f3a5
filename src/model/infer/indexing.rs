//! Elements by number, and tensors made from shapes and numbers.

use super::super::graph::Dim;
use super::super::op::Op;
use super::super::tensor::{DType, Tensor, count};
use super::dims::{
    axes, axis, broadcast, known, length, misfit, no_rank, same, senseless, too_large, unknown, unknowns,
    wrong_type,
};
use super::inputs::{Inputs, floats, ints};
use super::{Fact, fact};
use crate::error::{Error, ErrorKind, Result};

pub(super) fn outputs(op: &Op, inputs: Inputs<'_>) -> Result<Option<Vec<Fact>>> {
    Ok(Some(vec![match op {
        Op::Gather { axis: along } => {
            let (x, places) = (inputs.need(0)?, numbers(inputs, 1)?);
            let at = axis(*along, x.shape.len())?;
            let mut shape: Vec<Dim> = x.shape.iter().take(at).cloned().collect();
            shape.extend(places.shape.iter().cloned());
            shape.extend(x.shape.iter().skip(at.saturating_add(1)).cloned());
            fact(x.dtype, shape)
        }
        Op::GatherElements { axis: along } => {
            let (x, places) = (inputs.need(0)?, numbers(inputs, 1)?);
            axis(*along, x.shape.len())?;
            equal_rank(x, places)?;
            fact(x.dtype, places.shape.clone())
        }
        Op::GatherNd { batch_dims } => gather_nd(inputs, *batch_dims)?,
        Op::ScatterElements { axis: along, .. } => {
            let (x, places, new) = (inputs.need(0)?, numbers(inputs, 1)?, inputs.need(2)?);
            inputs.of(2, x.dtype)?;
            axis(*along, x.shape.len())?;
            equal_rank(x, places)?;
            equal_rank(new, places)?;
            for (a, b) in places.shape.iter().zip(&new.shape) {
                same(a, b)?;
            }
            fact(x.dtype, x.shape.clone())
        }
        Op::ScatterNd { .. } => scatter_nd(inputs)?,
        Op::OneHot { axis: along } => {
            let (places, depth, values) = (inputs.need(0)?, inputs.need(1)?, inputs.need(2)?);
            let rank = places.shape.len().checked_add(1).ok_or_else(too_large)?;
            let number = depth.value.as_ref().and_then(|t| ints(t).or_else(|| whole(t)));
            let deep = match number.as_deref() {
                Some([n]) => Dim::Known(length(*n)?),
                Some(_) => return Err(misfit("the depth must be one number")),
                None => unknown(),
            };
            let mut shape = places.shape.clone();
            shape.insert(axis(*along, rank)?, deep);
            fact(values.dtype, shape)
        }
        Op::NonZero => {
            let x = inputs.need(0)?;
            fact(DType::I64, vec![Dim::Known(x.shape.len().max(1)), unknown()])
        }
        Op::Shape { start, end } => {
            let x = inputs.need(0)?;
            let rank = x.shape.len();
            let place = |at: i64| {
                let from_end = usize::try_from(at.unsigned_abs()).unwrap_or(usize::MAX);
                if at < 0 { rank.saturating_sub(from_end) } else { from_end.min(rank) }
            };
            let (from, to) = (place(*start), end.map_or(rank, place));
            let dims = x.shape.get(from..to).unwrap_or_default();
            let lengths: Option<Vec<i64>> =
                dims.iter().map(|dim| known(dim).and_then(|n| i64::try_from(n).ok())).collect();
            match lengths {
                Some(lengths) => Fact::constant(&Tensor::row(lengths)),
                None => fact(DType::I64, vec![Dim::Known(dims.len())]),
            }
        }
        Op::Size => {
            let shape = inputs.need(0)?.known();
            match shape.and_then(|shape| count(&shape)).map(i64::try_from) {
                Some(Ok(n)) => Fact::constant(&Tensor::scalar(n)),
                _ => fact(DType::I64, Vec::new()),
            }
        }
        Op::Range => range(inputs)?,
        Op::ConstantOfShape { value } => {
            let row = inputs.row(0)?.ok_or_else(|| senseless("ConstantOfShape without a shape"))?;
            let shape = match (row.numbers, row.length) {
                (Some(numbers), _) => {
                    numbers.into_iter().map(|n| length(n).map(Dim::Known)).collect::<Result<_>>()?
                }
                (None, Some(rank)) => unknowns(rank)?,
                (None, None) => return Err(no_rank()),
            };
            fact(value.dtype(), shape)
        }
        _ => return Ok(None),
    }]))
}

/// An input of element numbers.
fn numbers<'a>(inputs: Inputs<'a>, place: usize) -> Result<&'a Fact> {
    let fact = inputs.need(place)?;
    match fact.dtype {
        DType::I32 | DType::I64 => Ok(fact),
        other => Err(wrong_type(place, other, "int64")),
    }
}

/// Fractions that are whole numbers.
fn whole(tensor: &Tensor) -> Option<Vec<i64>> {
    let list = match tensor.dtype() {
        DType::U8 => tensor.elements::<u8>()?.iter().map(|n| i64::from(*n)).collect(),
        _ => floats(tensor)?.into_iter().map(nearest).collect::<Option<_>>()?,
    };
    Some(list)
}

/// The whole part of a fraction, if it is no larger than a shape may say.
pub(super) fn nearest(n: f64) -> Option<i64> {
    const MOST: f64 = 9_007_199_254_740_992.0;
    if !(-MOST..=MOST).contains(&n) {
        return None;
    }
    format!("{:.0}", n.trunc()).parse().ok()
}

fn equal_rank(a: &Fact, b: &Fact) -> Result<()> {
    if a.shape.len() == b.shape.len() {
        return Ok(());
    }
    Err(misfit(format!("tensors of {} and of {} axes must have equally many", a.shape.len(), b.shape.len())))
}

/// The length of the rows of numbers, and the axes before it.
fn rows(places: &Fact) -> Result<(&[Dim], Option<usize>)> {
    let (last, before) =
        places.shape.split_last().ok_or_else(|| misfit("the numbers of elements have no axis"))?;
    Ok((before, known(last)))
}

fn gather_nd(inputs: Inputs<'_>, batch: usize) -> Result<Fact> {
    let (x, places) = (inputs.need(0)?, numbers(inputs, 1)?);
    let (before, long) = rows(places)?;
    if batch > before.len() || batch >= x.shape.len() {
        return Err(misfit(format!("{batch} batch axes are not there")));
    }
    for (a, b) in x.shape.iter().zip(before).take(batch) {
        same(a, b)?;
    }
    let gone = batch.checked_add(long.ok_or_else(no_rank)?).ok_or_else(too_large)?;
    if gone > x.shape.len() {
        return Err(misfit(format!("{gone} numbers an element of a tensor of {} axes", x.shape.len())));
    }
    let mut shape = before.to_vec();
    shape.extend(x.shape.iter().skip(gone).cloned());
    Ok(fact(x.dtype, shape))
}

fn scatter_nd(inputs: Inputs<'_>) -> Result<Fact> {
    let (x, places, new) = (inputs.need(0)?, numbers(inputs, 1)?, inputs.need(2)?);
    inputs.of(2, x.dtype)?;
    let (before, long) = rows(places)?;
    if let Some(long) = long {
        if long > x.shape.len() {
            return Err(misfit(format!("{long} numbers an element of a tensor of {} axes", x.shape.len())));
        }
        let wanted: Vec<&Dim> = before.iter().chain(x.shape.iter().skip(long)).collect();
        if wanted.len() != new.shape.len() {
            return Err(misfit("the new elements have another number of axes than their places"));
        }
        for (a, b) in wanted.into_iter().zip(&new.shape) {
            same(a, b)?;
        }
    }
    Ok(fact(x.dtype, x.shape.clone()))
}

fn range(inputs: Inputs<'_>) -> Result<Fact> {
    let first = inputs.need(0)?;
    let mut values = Vec::new();
    for place in 0..3 {
        let number = inputs.need(place)?;
        inputs.of(place, first.dtype)?;
        if number.known().is_some_and(|shape| shape.iter().any(|n| *n != 1)) {
            return Err(misfit("start, limit and step must be one number each"));
        }
        values.push(number.value.clone());
    }
    let values: Option<Vec<Tensor>> = values.into_iter().collect();
    let Some(values) = values else { return Ok(fact(first.dtype, vec![unknown()])) };
    let whole: Option<Vec<i64>> = values.iter().map(|t| small(t)?.first().copied()).collect();
    if let Some([start, limit, delta]) = whole.as_deref() {
        if *delta == 0 {
            return Err(senseless("a range in steps of 0"));
        }
        let (way, step) = (i128::from(*limit).saturating_sub(i128::from(*start)), i128::from(*delta));
        let (way, step) = if step < 0 { (way.saturating_neg(), step.saturating_neg()) } else { (way, step) };
        let n = way.max(0).saturating_add(step).saturating_sub(1).checked_div(step).unwrap_or(0);
        return Ok(fact(first.dtype, vec![Dim::Known(usize::try_from(n).map_err(|_| too_large())?)]));
    }
    let fractions: Option<Vec<f64>> = values.iter().map(|t| floats(t)?.first().copied()).collect();
    let Some([start, limit, delta]) = fractions.as_deref() else {
        let what = format!("a range of elements of type {}", first.dtype.name());
        return Err(Error::new(ErrorKind::Type, what));
    };
    let n = ((limit - start) / delta).ceil().max(0.0);
    let n = nearest(n).and_then(|n| usize::try_from(n).ok());
    let n = n.ok_or_else(|| senseless(format!("a range from {start} to {limit} in steps of {delta}")))?;
    Ok(fact(first.dtype, vec![Dim::Known(n)]))
}

fn small(tensor: &Tensor) -> Option<Vec<i64>> {
    match tensor.dtype() {
        DType::I16 => Some(tensor.elements::<i16>()?.iter().map(|n| i64::from(*n)).collect()),
        _ => ints(tensor),
    }
}

/// The shape that remains when these axes are reduced; without axes, of none of them.
pub(super) fn reduced(shape: &[Dim], gone: &[i64], keep: bool) -> Result<Vec<Dim>> {
    let gone = axes(gone, shape.len())?;
    let one = |(place, dim): (usize, &Dim)| match (gone.contains(&place), keep) {
        (false, _) => Some(dim.clone()),
        (true, true) => Some(Dim::Known(1)),
        (true, false) => None,
    };
    Ok(shape.iter().enumerate().filter_map(one).collect())
}

/// True where one shape can be laid over another without changing it.
pub(super) fn lies_over(small: &[Dim], large: &[Dim]) -> Result<()> {
    if small.len() > large.len() {
        return Err(misfit(format!("{} axes cannot be laid over {}", small.len(), large.len())));
    }
    let both = broadcast([small, large])?;
    for (a, b) in both.iter().zip(large) {
        same(a, b)?;
    }
    Ok(())
}
