//! Lengths of axes, known or not: broadcasting, products and axis numbers.
//!
//! What is not known stays so: an axis of an unknown length makes unknown lengths, and an error is only what is
//! certainly one. A length that is computed from a named one gets the computation for a name (`=('h'-1)/2+1`), so that
//! two axes that are computed alike are known to be equally long.

use super::super::graph::Dim;
use super::super::tensor::DType;
use super::MOST_AXES;
use crate::error::{Error, ErrorKind, Result};

/// An error of shapes.
pub(super) fn misfit(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Length, what)
}

/// An error of attributes.
pub(super) fn senseless(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Usage, what)
}

/// A length that cannot be counted.
pub(super) fn too_large() -> Error {
    Error::new(ErrorKind::Limit, "the result would be too large to count")
}

/// A rank that is not known before the model runs.
pub(super) fn no_rank() -> Error {
    Error::new(ErrorKind::Unsupported, "the number of axes is not known before the model runs")
}

/// An input of a type that is not taken.
pub(super) fn wrong_type(place: usize, is: DType, wanted: &str) -> Error {
    let what = format!("input {place}, counted from 0, has elements of type {}, not {wanted}", is.name());
    Error::new(ErrorKind::Type, what)
}

/// A length of which nothing is known.
pub(super) fn unknown() -> Dim {
    Dim::Named(String::new())
}

/// A computed name is no longer than this; a longer one says nothing.
const LONGEST_NAME: usize = 256;

/// A length computed from an unknown one; `text` writes down how, the same for the same computation only.
pub(super) fn computed(from: &Dim, text: impl FnOnce(&str) -> String) -> Dim {
    match from {
        Dim::Named(name) => written(name).map(|name| text(&name)).map_or_else(unknown, given_name),
        Dim::Known(_) => unknown(),
    }
}

fn given_name(text: String) -> Dim {
    if text.len() > LONGEST_NAME { unknown() } else { Dim::Named(format!("={text}")) }
}

/// A name as a part of a computation; none for one that says nothing.
fn written(name: &str) -> Option<String> {
    match name.strip_prefix('=') {
        Some(text) => Some(format!("({text})")),
        // Quotes keep a name of the file apart from what is computed.
        None if name.is_empty() || name.contains('\'') => None,
        None => Some(format!("'{name}'")),
    }
}

/// A length and so many more, or fewer.
pub(super) fn longer(dim: &Dim, more: i128) -> Dim {
    if more == 0 { dim.clone() } else { computed(dim, |name| format!("{name}{more:+}")) }
}

/// As many lengths of which nothing is known.
pub(super) fn unknowns(rank: usize) -> Result<Vec<Dim>> {
    if rank > MOST_AXES { Err(too_many_axes()) } else { Ok(vec![unknown(); rank]) }
}

/// A rank that no tensor has.
pub(super) fn too_many_axes() -> Error {
    Error::new(ErrorKind::Limit, format!("a tensor of more than {MOST_AXES} axes"))
}

/// A length, if it is known.
pub(super) fn known(dim: &Dim) -> Option<usize> {
    match dim {
        Dim::Known(n) => Some(*n),
        Dim::Named(_) => None,
    }
}

/// The length of one that two axes must share.
pub(super) fn same(a: &Dim, b: &Dim) -> Result<Dim> {
    match (a, b) {
        (Dim::Known(a), Dim::Known(b)) if a != b => {
            Err(misfit(format!("axes of {a} and of {b} must be equally long")))
        }
        (Dim::Known(_), _) => Ok(a.clone()),
        (_, Dim::Known(_)) => Ok(b.clone()),
        _ => Ok(if a == b { a.clone() } else { unknown() }),
    }
}

/// The shape of shapes laid over one another from the last axis on.
pub(super) fn broadcast<'a>(shapes: impl IntoIterator<Item = &'a [Dim]>) -> Result<Vec<Dim>> {
    let mut result: Vec<Dim> = Vec::new();
    for shape in shapes {
        let mut longer = shape.to_vec();
        let mut shorter = std::mem::take(&mut result);
        if shorter.len() > longer.len() {
            std::mem::swap(&mut longer, &mut shorter);
        }
        let lead = longer.len().saturating_sub(shorter.len());
        for (place, dim) in longer.iter_mut().enumerate() {
            if let Some(other) = place.checked_sub(lead).and_then(|place| shorter.get(place)) {
                *dim = over(dim, other)?;
            }
        }
        result = longer;
    }
    Ok(result)
}

fn over(a: &Dim, b: &Dim) -> Result<Dim> {
    match (a, b) {
        (Dim::Known(1), other) | (other, Dim::Known(1)) => Ok(other.clone()),
        (Dim::Known(a), Dim::Known(b)) if a != b => {
            Err(misfit(format!("axes of {a} and of {b} cannot be broadcast together")))
        }
        // The other one is either as long or 1.
        (Dim::Known(_), _) => Ok(a.clone()),
        (_, Dim::Known(_)) => Ok(b.clone()),
        _ => Ok(if a == b { a.clone() } else { unknown() }),
    }
}

/// How many elements these axes span.
pub(super) fn product(dims: &[Dim]) -> Result<Dim> {
    if dims.contains(&Dim::Known(0)) {
        return Ok(Dim::Known(0));
    }
    let mut count = 1_usize;
    let mut names: Vec<&Dim> = Vec::new();
    for dim in dims {
        match dim {
            Dim::Known(n) => count = count.checked_mul(*n).ok_or_else(too_large)?,
            Dim::Named(_) => names.push(dim),
        }
    }
    Ok(match names.as_slice() {
        [] => Dim::Known(count),
        [name] if count == 1 => (*name).clone(),
        [name] => computed(name, |name| format!("{name}*{count}")),
        _ => unknown(),
    })
}

/// The sum of two lengths.
pub(super) fn sum(a: &Dim, b: &Dim) -> Result<Dim> {
    match (a, b) {
        (Dim::Known(a), Dim::Known(b)) => a.checked_add(*b).map(Dim::Known).ok_or_else(too_large),
        (Dim::Known(0), other) | (other, Dim::Known(0)) => Ok(other.clone()),
        (Dim::Known(n), named) | (named, Dim::Known(n)) => Ok(longer(named, i128::try_from(*n).unwrap_or(0))),
        _ => Ok(unknown()),
    }
}

/// The number of an axis, counted from the end if it is negative.
pub(in crate::model) fn axis(axis: i64, rank: usize) -> Result<usize> {
    let from_end = usize::try_from(axis.unsigned_abs()).unwrap_or(usize::MAX);
    let place = if axis < 0 { rank.checked_sub(from_end) } else { Some(from_end) };
    place
        .filter(|place| *place < rank)
        .ok_or_else(|| senseless(format!("axis {axis} of a tensor of {rank} axes")))
}

/// The numbers of axes, none of them twice.
pub(in crate::model) fn axes(numbers: &[i64], rank: usize) -> Result<Vec<usize>> {
    let mut found = Vec::with_capacity(numbers.len().min(rank));
    for number in numbers {
        let place = axis(*number, rank)?;
        if found.contains(&place) {
            return Err(senseless(format!("axis {number} is named twice")));
        }
        found.push(place);
    }
    Ok(found)
}

/// A length of the wish of a file.
pub(super) fn length(n: i64) -> Result<usize> {
    usize::try_from(n).map_err(|_| misfit(format!("an axis cannot be {n} long")))
}
