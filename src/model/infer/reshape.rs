//! `Reshape`: the shape that a row of wishes means.

use super::super::graph::Dim;
use super::dims::{known, length, misfit, no_rank, product, senseless, unknown, unknowns};
use super::inputs::Inputs;
use crate::error::Result;

/// 0 copies the input's axis (unless zeros are allowed), -1 is what remains.
pub(super) fn reshape(inputs: Inputs<'_>, allow_zero: bool) -> Result<Vec<Dim>> {
    let x = inputs.need(0)?;
    let row = inputs.row(1)?.ok_or_else(|| senseless("Reshape without a shape"))?;
    let Some(wishes) = row.numbers else { return unknowns(row.length.ok_or_else(no_rank)?) };
    let mut rest = None;
    let mut shape = Vec::with_capacity(wishes.len());
    for (place, wish) in wishes.iter().enumerate() {
        shape.push(match wish {
            -1 if rest.is_some() => return Err(senseless("two axes of -1")),
            -1 => {
                rest = Some(place);
                Dim::Known(1)
            }
            0 if !allow_zero => {
                let copied = x.shape.get(place).cloned();
                copied.ok_or_else(|| misfit(format!("axis {place} is copied and is not there")))?
            }
            n => Dim::Known(length(*n)?),
        });
    }
    if allow_zero && rest.is_some() && wishes.contains(&0) {
        return Err(senseless("an axis of 0 beside one of -1"));
    }
    // Axes of one name on both sides cancel out.
    let (mut from, mut to) = (x.shape.clone(), shape.clone());
    from.retain(|dim| {
        let named = matches!(dim, Dim::Named(name) if !name.is_empty());
        match to.iter().position(|other| named && other == dim) {
            None => true,
            Some(place) => {
                to.remove(place);
                false
            }
        }
    });
    let (from, to) = (known(&product(&from)?), known(&product(&to)?));
    match (from, to, rest) {
        (Some(from), Some(to), None) if from != to => {
            return Err(misfit(format!("{from} elements do not make a shape of {to}")));
        }
        (Some(0), Some(0), Some(place)) => super::layout::set(&mut shape, place, Dim::Known(0)),
        (Some(from), Some(to), Some(place)) => match (from.checked_div(to), from.checked_rem(to)) {
            (Some(n), Some(0)) => super::layout::set(&mut shape, place, Dim::Known(n)),
            _ => return Err(misfit(format!("{from} elements do not make rows of {to}"))),
        },
        (_, _, Some(place)) => super::layout::set(&mut shape, place, unknown()),
        _ => {}
    }
    Ok(shape)
}
