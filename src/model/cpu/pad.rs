//! `Pad` and `CenterCropPad`: a tensor with more or fewer elements at the ends of its axes.
//!
//! Each axis of the result is a list of places in the input, or of none (where the constant is); so all modes, and
//! ends that are cut off, are one copy.

use super::axes::{axes, lengths};
use super::inputs::{Inputs, elements, length, room, usage};
use super::number::each_element;
use super::strides::strides;
use crate::error::Result;
use crate::model::op::PadMode;
use crate::model::tensor::{Element, Tensor};

/// More elements before and after each axis, or fewer where a number is negative.
///
/// # Errors
/// `Length` if there is not a number for each end, or nothing to make elements of; `Limit` for a result too large.
pub(super) fn pad(mode: PadMode, inputs: Inputs<'_>) -> Result<Tensor> {
    let x = inputs.get(0)?;
    let pads = inputs.ints(1)?;
    let list = match inputs.maybe_ints(3)? {
        Some(list) => axes(&list, x.rank())?,
        None => (0..x.rank()).collect(),
    };
    if pads.len() != list.len() * 2 {
        return Err(length(format!("{} numbers for the ends of {} axes", pads.len(), list.len())));
    }
    let mut ends = vec![(0_i64, 0_i64); x.rank()];
    for (k, at) in list.iter().enumerate() {
        ends[*at] = (pads[k], pads[list.len() + k]);
    }
    padded(mode, x, &ends, inputs.maybe(2))
}

/// As long as the second input says along the axes, cut or filled with zeros at both ends alike.
pub(super) fn center_crop_pad(wanted: Option<&[i64]>, inputs: Inputs<'_>) -> Result<Tensor> {
    let x = inputs.get(0)?;
    let sizes = lengths(&inputs.ints(1)?)?;
    let list = match wanted {
        Some(list) => axes(list, x.rank())?,
        None => (0..x.rank()).collect(),
    };
    if sizes.len() != list.len() {
        return Err(length(format!("{} lengths for {} axes", sizes.len(), list.len())));
    }
    let mut ends = vec![(0_i64, 0_i64); x.rank()];
    for (at, size) in list.iter().zip(&sizes) {
        let own = x.shape()[*at];
        let more = i64::try_from(size.abs_diff(own)).map_err(|_| usage(format!("{size} is too long")))?;
        // The odd one goes at the end, whether it is added or taken.
        let (before, after) = (more / 2, more - more / 2);
        ends[*at] = if *size < own { (-before, -after) } else { (before, after) };
    }
    padded(PadMode::Constant, x, &ends, None)
}

fn padded(mode: PadMode, x: &Tensor, ends: &[(i64, i64)], value: Option<&Tensor>) -> Result<Tensor> {
    let mut shape = Vec::with_capacity(x.rank());
    for (n, (before, after)) in x.shape().iter().zip(ends) {
        let long = i64::try_from(*n).ok().and_then(|n| n.checked_add(*before)?.checked_add(*after));
        match long.and_then(|long| usize::try_from(long).ok()) {
            Some(long) => shape.push(long),
            None => return Err(length(format!("an axis of {n} cannot be changed by {before} and {after}"))),
        }
    }
    let total = room(&shape, x.dtype().size())?;
    let mut places = Vec::with_capacity(x.rank());
    if total > 0 {
        for (at, (before, after)) in ends.iter().enumerate() {
            places.push(along(mode, x.shape()[at], *before, *after, shape[at])?);
        }
    }
    each_element!(x.data(), v => {
        let fill = fill(v, value)?;
        Tensor::new(&shape, pick(v, x.shape(), &places, &shape, total, fill))
    })
}

fn fill<T: Element>(_x: &[T], value: Option<&Tensor>) -> Result<T> {
    let Some(value) = value else { return Ok(T::default()) };
    match elements::<T>(value, 2)? {
        [one] => Ok(*one),
        other => Err(length(format!("the value to pad with must be one number, not {}", other.len()))),
    }
}

/// Where each place of an axis comes from; none for the constant.
fn along(mode: PadMode, n: usize, before: i64, after: i64, long: usize) -> Result<Vec<Option<usize>>> {
    let whole = i64::try_from(n).map_err(|_| usage("an axis is too long"))?;
    // Ends that are cut off are gone before anything is repeated.
    let (low, high) = (before.saturating_neg().max(0), whole.saturating_sub(after.saturating_neg().max(0)));
    let inside = high.saturating_sub(low);
    if mode != PadMode::Constant && inside <= 0 {
        return Err(length("an axis without elements has none to repeat"));
    }
    Ok((0..long as i64)
        .map(|at| {
            let at = at - before.max(0);
            let from = match mode {
                PadMode::Constant if at < 0 || at >= inside => return None,
                PadMode::Constant => at,
                PadMode::Edge => at.clamp(0, inside - 1),
                PadMode::Wrap => at.rem_euclid(inside),
                PadMode::Reflect if inside == 1 => 0,
                PadMode::Reflect => {
                    let round = at.rem_euclid(2 * (inside - 1));
                    round.min(2 * (inside - 1) - round)
                }
            };
            usize::try_from(from + low).ok()
        })
        .collect())
}

fn pick<T: Element>(
    x: &[T],
    from: &[usize],
    places: &[Vec<Option<usize>>],
    shape: &[usize],
    total: usize,
    fill: T,
) -> Vec<T> {
    let mut made = vec![fill; total];
    let Some((last, outer)) = places.split_last() else {
        made.copy_from_slice(&x[..total]);
        return made;
    };
    let (own, new) = (strides(from), strides(shape));
    // The stretch of the last axis that is copied as it lies.
    let begin = last.iter().position(Option::is_some).unwrap_or(0);
    let run = last[begin..].iter().zip(1..).take_while(|(place, k)| {
        **place == last[begin].and_then(|first| first.checked_add(k - 1)) && place.is_some()
    });
    let run = run.count();
    fill_rows(&mut made, (&own, &new), outer, (0, 0, 0), &mut |row, base| {
        if run > 0
            && let Some(first) = last[begin]
        {
            row[begin..begin + run].copy_from_slice(&x[base + first..base + first + run]);
        }
        for (k, place) in last.iter().enumerate().filter(|(k, _)| *k < begin || *k >= begin + run) {
            if let Some(place) = place {
                row[k] = x[base + place];
            }
        }
    });
    made
}

/// Calls `row` for each row of the result that comes from a row of the input, with where that begins.
fn fill_rows<T: Element>(
    made: &mut [T],
    strides: (&[isize], &[isize]),
    outer: &[Vec<Option<usize>>],
    (axis, from, to): (usize, usize, usize),
    row: &mut impl FnMut(&mut [T], usize),
) {
    match outer.get(axis) {
        None => {
            let n = match axis.checked_sub(1) {
                Some(last) => strides.1[last].unsigned_abs(),
                None => made.len(),
            };
            row(&mut made[to..to + n], from);
        }
        Some(places) => {
            for (k, place) in places.iter().enumerate() {
                if let Some(place) = place {
                    let (own, new) = (strides.0[axis].unsigned_abs(), strides.1[axis].unsigned_abs());
                    let next = (axis + 1, from + place * own, to + k * new);
                    fill_rows(made, strides, outer, next, row);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(mode: PadMode, before: i64, after: i64) -> Vec<i64> {
        let (x, pads) = (Tensor::row(vec![1_i64, 2, 3, 4]), Tensor::row(vec![before, after]));
        pad(mode, Inputs(&[Some(&x), Some(&pads)])).unwrap().into_elements().unwrap()
    }

    #[test]
    fn each_mode_has_its_own_beyond() {
        assert_eq!(row(PadMode::Constant, 1, 2), [0, 1, 2, 3, 4, 0, 0]);
        assert_eq!(row(PadMode::Edge, 1, 2), [1, 1, 2, 3, 4, 4, 4]);
        assert_eq!(row(PadMode::Wrap, 1, 2), [4, 1, 2, 3, 4, 1, 2]);
        assert_eq!(row(PadMode::Reflect, 5, 4), [2, 3, 4, 3, 2, 1, 2, 3, 4, 3, 2, 1, 2]);
    }

    #[test]
    fn negative_ends_are_cut_off_first() {
        assert_eq!(row(PadMode::Constant, -1, 1), [2, 3, 4, 0]);
        assert_eq!(row(PadMode::Edge, 2, -2), [1, 1, 1, 2]);
        assert_eq!(row(PadMode::Reflect, -2, 1), [3, 4, 3]);
        assert!(row(PadMode::Constant, -2, -2).is_empty());
        let (x, pads) = (Tensor::row(vec![1_u8]), Tensor::row(vec![-1_i64, -1]));
        assert!(pad(PadMode::Constant, Inputs(&[Some(&x), Some(&pads)])).is_err());
        let huge = Tensor::row(vec![i64::MAX, i64::MAX]);
        assert!(pad(PadMode::Constant, Inputs(&[Some(&x), Some(&huge)])).is_err());
    }

    #[test]
    fn a_picture_is_padded_along_the_axes_named() {
        let x = Tensor::new(&[2, 2], vec![1.0_f32, 2.0, 3.0, 4.0]).unwrap();
        let (pads, value, list) =
            (Tensor::row(vec![1_i64, 0]), Tensor::scalar(9.0_f32), Tensor::row(vec![-2_i64]));
        let made =
            pad(PadMode::Constant, Inputs(&[Some(&x), Some(&pads), Some(&value), Some(&list)])).unwrap();
        assert_eq!(made, Tensor::new(&[3, 2], vec![9.0_f32, 9.0, 1.0, 2.0, 3.0, 4.0]).unwrap());
        let pads = Tensor::row(vec![1_i64, 1, 0, 0]);
        let made = pad(PadMode::Edge, Inputs(&[Some(&x), Some(&pads)])).unwrap();
        assert_eq!(
            made,
            Tensor::new(&[3, 3], vec![1.0_f32, 1.0, 2.0, 1.0, 1.0, 2.0, 3.0, 3.0, 4.0]).unwrap()
        );
    }

    #[test]
    fn the_middle_stays_in_the_middle() {
        let (x, sizes) = (Tensor::new(&[1, 4], vec![1_u8, 2, 3, 4]).unwrap(), Tensor::row(vec![2_i64, 3]));
        let made = center_crop_pad(None, Inputs(&[Some(&x), Some(&sizes)])).unwrap();
        assert_eq!(made, Tensor::new(&[2, 3], vec![1_u8, 2, 3, 0, 0, 0]).unwrap());
    }
}
