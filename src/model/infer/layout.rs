//! The same elements elsewhere: new shapes, parts, edges.

use super::super::graph::Dim;
use super::super::op::Op;
use super::dims::{
    axes, axis, broadcast, computed, known, length, longer, misfit, no_rank, product, same, senseless, sum,
    too_large, too_many_axes, unknown, unknowns,
};
use super::inputs::Inputs;
use super::reshape::reshape;
use super::window::MOST_PADS;
use super::{Fact, MOST_AXES, fact};
use crate::error::Result;

pub(super) fn outputs(op: &Op, inputs: Inputs<'_>, wanted: usize) -> Result<Option<Vec<Fact>>> {
    let x = || inputs.need(0);
    let shape = match op {
        Op::Reshape { allow_zero } => reshape(inputs, *allow_zero)?,
        Op::Flatten { axis: at } => {
            let rank = x()?.shape.len();
            // One past the last axis is allowed here.
            let at = if usize::try_from(*at) == Ok(rank) { rank } else { axis(*at, rank)? };
            let (rows, columns) = x()?.shape.split_at_checked(at).ok_or_else(no_rank)?;
            vec![product(rows)?, product(columns)?]
        }
        Op::Transpose { perm } => transpose(&x()?.shape, perm.as_deref())?,
        Op::Concat { axis: along } => concat(inputs, *along)?,
        Op::Split { axis: along, parts } => {
            let lengths = split(inputs, *along, *parts, wanted)?;
            let at = axis(*along, x()?.shape.len())?;
            let part = |dim: Dim| -> Result<Fact> {
                let mut shape = x()?.shape.clone();
                set(&mut shape, at, dim);
                Ok(fact(x()?.dtype, shape))
            };
            return lengths.into_iter().map(part).collect::<Result<_>>().map(Some);
        }
        Op::Slice => super::slice::slice(inputs)?,
        Op::Squeeze => squeeze(inputs)?,
        Op::Unsqueeze => unsqueeze(inputs)?,
        Op::Expand => {
            let row = inputs.row(1)?.ok_or_else(|| senseless("Expand without a shape"))?;
            match (row.numbers, row.length) {
                (Some(numbers), _) => {
                    let to: Vec<Dim> =
                        numbers.into_iter().map(|n| length(n).map(Dim::Known)).collect::<Result<_>>()?;
                    broadcast([x()?.shape.as_slice(), to.as_slice()])?
                }
                (None, Some(rank)) => unknowns(rank.max(x()?.shape.len()))?,
                (None, None) => return Err(no_rank()),
            }
        }
        Op::Tile => {
            let row = inputs.row(1)?.ok_or_else(|| senseless("Tile without repeats"))?;
            let rank = x()?.shape.len();
            if row.length.is_some_and(|n| n != rank) {
                return Err(misfit("Tile needs a repeat for each axis"));
            }
            match row.numbers {
                None => unknowns(x()?.shape.len())?,
                Some(numbers) => {
                    let times = |(dim, n): (&Dim, i64)| product(&[dim.clone(), Dim::Known(length(n)?)]);
                    x()?.shape.iter().zip(numbers).map(times).collect::<Result<_>>()?
                }
            }
        }
        Op::Pad { .. } => pad(inputs)?,
        Op::DepthToSpace { block, .. } => blocks(&x()?.shape, *block, true)?,
        Op::SpaceToDepth { block } => blocks(&x()?.shape, *block, false)?,
        Op::CenterCropPad { axes: named } => {
            let row = inputs.row(1)?.ok_or_else(|| senseless("CenterCropPad without a shape"))?;
            let rank = x()?.shape.len();
            let places = match named {
                Some(named) => axes(named, rank)?,
                None => (0..rank).collect(),
            };
            if row.length.is_some_and(|n| n != places.len()) {
                return Err(misfit("CenterCropPad needs a length for each of its axes"));
            }
            let mut shape = x()?.shape.clone();
            for (k, place) in places.into_iter().enumerate() {
                let wish = row.numbers.as_ref().and_then(|list| list.get(k));
                set(&mut shape, place, wish.map_or(Ok(unknown()), |n| length(*n).map(Dim::Known))?);
            }
            shape
        }
        _ => return Ok(None),
    };
    Ok(Some(vec![fact(x()?.dtype, shape)]))
}

/// Another length for an axis.
pub(super) fn set(shape: &mut [Dim], place: usize, dim: Dim) {
    if let Some(slot) = shape.get_mut(place) {
        *slot = dim;
    }
}

fn transpose(shape: &[Dim], perm: Option<&[usize]>) -> Result<Vec<Dim>> {
    let Some(perm) = perm else { return Ok(shape.iter().rev().cloned().collect()) };
    let mut sorted = perm.to_vec();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..shape.len()) {
        return Err(senseless(format!("{perm:?} is not an order of {} axes", shape.len())));
    }
    Ok(perm.iter().filter_map(|place| shape.get(*place).cloned()).collect())
}

fn concat(inputs: Inputs<'_>, along: i64) -> Result<Vec<Dim>> {
    let first = inputs.need(0)?;
    let at = axis(along, first.shape.len())?;
    let mut shape = first.shape.clone();
    for place in 1..inputs.0.len() {
        let next = inputs.need(place)?;
        inputs.of(place, first.dtype)?;
        if next.shape.len() != shape.len() {
            return Err(misfit(format!("tensors of {} and of {} axes", shape.len(), next.shape.len())));
        }
        for (k, (dim, other)) in shape.iter_mut().zip(&next.shape).enumerate() {
            *dim = if k == at { sum(dim, other)? } else { same(dim, other)? };
        }
    }
    Ok(shape)
}

fn split(inputs: Inputs<'_>, along: i64, parts: Option<usize>, wanted: usize) -> Result<Vec<Dim>> {
    let x = inputs.need(0)?;
    let whole = x.shape.get(axis(along, x.shape.len())?).and_then(known);
    if let Some(row) = inputs.row(1)? {
        if row.length.is_some_and(|n| n != wanted) {
            return Err(misfit(format!("{:?} lengths for {wanted} parts", row.length)));
        }
        let Some(numbers) = row.numbers else { return Ok(vec![unknown(); wanted]) };
        let lengths: Vec<usize> = numbers.into_iter().map(length).collect::<Result<_>>()?;
        let total = lengths.iter().try_fold(0_usize, |sum, n| sum.checked_add(*n)).ok_or_else(too_large)?;
        if whole.is_some_and(|whole| whole != total) {
            return Err(misfit(format!("parts of {total} together do not make the axis")));
        }
        return Ok(lengths.into_iter().map(Dim::Known).collect());
    }
    let parts = parts.unwrap_or(wanted);
    if parts != wanted {
        return Err(senseless(format!("{parts} parts and {wanted} outputs")));
    }
    let Some(whole) = whole else { return Ok(vec![unknown(); parts]) };
    if parts == 0 {
        return Err(senseless("a split into no parts"));
    }
    let part = whole.div_ceil(parts);
    // All are equally long but the last, which may be shorter.
    let last = parts.checked_sub(1).and_then(|n| n.checked_mul(part)).and_then(|n| whole.checked_sub(n));
    let last = last.ok_or_else(|| misfit(format!("an axis of {whole} in {parts} parts")))?;
    let mut lengths = vec![Dim::Known(part); parts];
    lengths.pop();
    lengths.push(Dim::Known(last));
    Ok(lengths)
}

fn squeeze(inputs: Inputs<'_>) -> Result<Vec<Dim>> {
    let x = inputs.need(0)?;
    let rank = x.shape.len();
    let Some(row) = inputs.row(1)? else {
        if x.known().is_none() {
            return Err(no_rank());
        }
        return Ok(x.shape.iter().filter(|dim| **dim != Dim::Known(1)).cloned().collect());
    };
    let Some(numbers) = row.numbers else {
        let left = row.length.ok_or_else(no_rank)?;
        return unknowns(rank.checked_sub(left).ok_or_else(|| misfit("more axes than there are"))?);
    };
    let gone = axes(&numbers, rank)?;
    if let Some(n) = gone.iter().filter_map(|place| x.shape.get(*place).and_then(known)).find(|n| *n != 1) {
        return Err(misfit(format!("an axis of {n} cannot be left out")));
    }
    let stays = x.shape.iter().enumerate().filter(|(place, _)| !gone.contains(place));
    Ok(stays.map(|(_, dim)| dim.clone()).collect())
}

fn unsqueeze(inputs: Inputs<'_>) -> Result<Vec<Dim>> {
    let x = inputs.need(0)?;
    let row = inputs.row(1)?.ok_or_else(|| senseless("Unsqueeze without axes"))?;
    let added = row.numbers.as_ref().map(Vec::len).or(row.length).ok_or_else(no_rank)?;
    let rank = x.shape.len().checked_add(added).ok_or_else(too_large)?;
    let Some(numbers) = row.numbers else { return unknowns(rank) };
    if rank > MOST_AXES {
        return Err(too_many_axes());
    }
    let new = axes(&numbers, rank)?;
    let mut old = x.shape.iter();
    let dim = |place| if new.contains(&place) { Some(Dim::Known(1)) } else { old.next().cloned() };
    Ok((0..rank).filter_map(dim).collect())
}

fn pad(inputs: Inputs<'_>) -> Result<Vec<Dim>> {
    let x = inputs.need(0)?;
    let rank = x.shape.len();
    inputs.of(2, x.dtype)?;
    let pads = inputs.row(1)?.ok_or_else(|| senseless("Pad without pads"))?;
    let places = match inputs.row(3)? {
        None => (0..rank).collect(),
        Some(row) => match row.numbers {
            Some(numbers) => axes(&numbers, rank)?,
            None => return unknowns(rank),
        },
    };
    if pads.length.is_some_and(|n| places.len().checked_mul(2) != Some(n)) {
        return Err(misfit(format!("{:?} pads for {} axes", pads.length, places.len())));
    }
    let mut shape = x.shape.clone();
    for (k, place) in places.iter().enumerate() {
        let Some(numbers) = &pads.numbers else {
            set(&mut shape, *place, unknown());
            continue;
        };
        let (before, after) = (numbers.get(k), numbers.get(k.saturating_add(places.len())));
        let (Some(before), Some(after)) = (before, after) else { return Err(misfit("too few pads")) };
        if before.unsigned_abs().max(after.unsigned_abs()) > MOST_PADS {
            return Err(too_large());
        }
        let more = before.checked_add(*after).ok_or_else(too_large)?;
        if more == 0 && *before == 0 {
            continue;
        }
        let dim = match shape.get(*place).and_then(known).map(i64::try_from) {
            None => shape.get(*place).map_or_else(unknown, |dim| longer(dim, i128::from(more))),
            Some(Ok(n)) => Dim::Known(length(n.checked_add(more).ok_or_else(too_large)?)?),
            Some(Err(_)) => return Err(too_large()),
        };
        set(&mut shape, *place, dim);
    }
    Ok(shape)
}

fn blocks(shape: &[Dim], block: usize, to_space: bool) -> Result<Vec<Dim>> {
    let [n, c, h, w] = shape else { return Err(misfit(format!("{} axes and not 4", shape.len()))) };
    let square =
        block.checked_mul(block).filter(|n| *n > 0).ok_or_else(|| senseless("a block of no size"))?;
    let divided = |dim: &Dim, by: usize| match dim {
        Dim::Known(n) if n.checked_rem(by) != Some(0) => {
            Err(misfit(format!("an axis of {n} in blocks of {by}")))
        }
        Dim::Known(n) => Ok(Dim::Known(n.checked_div(by).unwrap_or(0))),
        Dim::Named(_) => Ok(computed(dim, |name| format!("{name}/{by}"))),
    };
    let times = |dim: &Dim, by: usize| product(&[dim.clone(), Dim::Known(by)]);
    Ok(if to_space {
        vec![n.clone(), divided(c, square)?, times(h, block)?, times(w, block)?]
    } else {
        vec![n.clone(), times(c, square)?, divided(h, block)?, divided(w, block)?]
    })
}
