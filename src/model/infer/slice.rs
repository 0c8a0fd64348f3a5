//! `Slice`: how many elements are left of each axis.

use super::super::graph::Dim;
use super::dims::{axes, computed, known, misfit, senseless, unknown, unknowns};
use super::inputs::Inputs;
use crate::error::Result;

pub(super) fn slice(inputs: Inputs<'_>) -> Result<Vec<Dim>> {
    let x = inputs.need(0)?;
    let rank = x.shape.len();
    let missing = || senseless("Slice without starts and ends");
    let starts = inputs.row(1)?.ok_or_else(missing)?;
    let ends = inputs.row(2)?.ok_or_else(missing)?;
    if let (Some(a), Some(b)) = (starts.length, ends.length)
        && a != b
    {
        return Err(misfit(format!("{a} starts and {b} ends")));
    }
    let (named, steps) = (inputs.row(3)?, inputs.row(4)?);
    for row in [&named, &steps].into_iter().flatten() {
        if let (Some(a), Some(b)) = (starts.length, row.length)
            && a != b
        {
            return Err(misfit(format!("{a} starts and {b} axes or steps")));
        }
    }
    let places = match &named {
        Some(row) => match &row.numbers {
            Some(numbers) => axes(numbers, rank)?,
            None => return unknowns(rank),
        },
        None => match starts.length.or(ends.length) {
            Some(n) if n > rank => return Err(misfit(format!("{n} axes are cut of {rank}"))),
            Some(n) => (0..n).collect(),
            None => return unknowns(rank),
        },
    };
    let mut shape = x.shape.clone();
    for (k, place) in places.into_iter().enumerate() {
        let number = |list: &Option<Vec<i64>>| list.as_ref().and_then(|list| list.get(k)).copied();
        let step = match &steps {
            None => Some(1),
            Some(row) => number(&row.numbers),
        };
        let Some(dim) = shape.get_mut(place) else { continue };
        *dim = match (number(&starts.numbers), number(&ends.numbers), step) {
            // From the first to the last: all of it, however long it is.
            (Some(0), Some(i64::MAX), Some(1)) => continue,
            (Some(start), Some(end), Some(step)) => match known(dim) {
                Some(n) => Dim::Known(left(n, start, end, step)?),
                None => computed(dim, |name| format!("{name}[{start}:{end}:{step}]")),
            },
            _ => unknown(),
        };
    }
    Ok(shape)
}

/// Elements from `start` to before `end`, in steps, of an axis of `n`.
fn left(n: usize, start: i64, end: i64, step: i64) -> Result<usize> {
    if step == 0 {
        return Err(senseless("a slice in steps of 0"));
    }
    // Wide enough for any sum of two numbers of the file.
    let (n, step) = (i128::try_from(n).unwrap_or(i128::MAX), i128::from(step));
    let place = |at: i64| if at < 0 { i128::from(at).saturating_add(n) } else { i128::from(at) };
    let (low, high) = if step > 0 { (0, n) } else { (-1, n.saturating_sub(1)) };
    // ONNX's rule: a start before the axis is its first element in either direction.
    let start = place(start).max(0).min(high);
    let end = place(end).max(low).min(high);
    let way = if step > 0 { end.saturating_sub(start) } else { start.saturating_sub(end) };
    if way <= 0 {
        return Ok(0);
    }
    let step = step.saturating_abs();
    let steps = way.saturating_add(step).saturating_sub(1).checked_div(step).unwrap_or(0);
    Ok(usize::try_from(steps).unwrap_or(usize::MAX))
}
