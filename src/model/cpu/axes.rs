//! Axes and shapes: counted from either end, broadcast, and split around an axis.
//!
//! Everything is checked: an axis that is not there, or shapes that do not broadcast, are errors. Nothing here looks
//! at elements.

use super::inputs::{length, usage};
use crate::error::Result;
pub(super) use crate::model::infer::dims::{axes, axis};

/// Lengths that came as whole numbers.
pub(super) fn lengths(numbers: &[i64]) -> Result<Vec<usize>> {
    numbers
        .iter()
        .map(|n| usize::try_from(*n).map_err(|_| usage(format!("{n} is no length of an axis"))))
        .collect()
}

/// The shape of two operands together: axes are matched from the last, and one of length 1 fits any.
pub(super) fn broadcast(a: &[usize], b: &[usize]) -> Result<Vec<usize>> {
    let rank = a.len().max(b.len());
    let from_end = |shape: &[usize], at: usize| match (shape.len() + at).checked_sub(rank) {
        Some(place) => shape[place],
        None => 1,
    };
    (0..rank)
        .map(|at| match (from_end(a, at), from_end(b, at)) {
            (1, n) | (n, 1) => Ok(n),
            (n, m) if n == m => Ok(n),
            _ => Err(length(format!("the shapes {a:?} and {b:?} do not broadcast"))
                .remedy("axes are matched from the last and must be equally long, or 1")),
        })
        .collect()
}

/// The lengths before an axis, of it, and after it, each multiplied up.
pub(super) fn around(shape: &[usize], axis: usize) -> (usize, usize, usize) {
    (shape[..axis].iter().product(), shape[axis], shape[axis + 1..].iter().product())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_is_counted_from_either_end() {
        assert_eq!((axis(-1, 3).unwrap(), axis(0, 3).unwrap()), (2, 0));
        assert!(axis(3, 3).is_err() && axis(-4, 3).is_err() && axis(0, 0).is_err());
        assert!(axis(i64::MIN, 3).is_err() && axis(i64::MAX, 3).is_err());
        assert!(axes(&[1, -2], 3).is_err(), "the same one");
    }

    #[test]
    fn shapes_are_matched_from_the_last_axis() {
        assert_eq!(broadcast(&[2, 1, 3], &[4, 1]).unwrap(), [2, 4, 3]);
        assert_eq!(broadcast(&[], &[0, 2]).unwrap(), [0, 2]);
        assert_eq!(broadcast(&[1], &[0]).unwrap(), [0]);
        assert!(broadcast(&[2], &[3]).is_err());
        assert!(broadcast(&[2], &[0]).is_err());
    }
}
