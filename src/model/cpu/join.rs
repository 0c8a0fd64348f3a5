//! `Concat` and `Split`: tensors put one behind the other along an axis, and taken apart.

use super::axes::{around, axis, lengths};
use super::inputs::{Inputs, elements, length, room, usage};
use super::number::each_element;
use crate::error::Result;
use crate::model::tensor::{Element, Tensor};

/// All inputs one behind the other.
///
/// # Errors
/// `Type` if they are of more than one type, `Length` if their shapes differ but along the axis.
pub(super) fn concat(at: i64, inputs: Inputs<'_>) -> Result<Tensor> {
    let first = inputs.get(0)?;
    let at = axis(at, first.rank())?;
    let mut shape = first.shape().to_vec();
    let mut parts = vec![first];
    for number in 1..inputs.len() {
        let next = inputs.get(number)?;
        let others = |x: &Tensor| {
            x.shape().iter().enumerate().filter(|(k, _)| *k != at).map(|(_, n)| *n).collect::<Vec<_>>()
        };
        if next.rank() != first.rank() || others(next) != others(first) {
            let (a, b) = (first.shape(), next.shape());
            return Err(length(format!("the shapes {a:?} and {b:?} do not join along axis {at}")));
        }
        shape[at] = shape[at].saturating_add(next.shape()[at]);
        parts.push(next);
    }
    each_element!(first.data(), v => joined(v, &parts, at, &shape))
}

fn joined<T: Element>(_first: &[T], parts: &[&Tensor], at: usize, shape: &[usize]) -> Result<Tensor> {
    let mut made = Vec::with_capacity(room(shape, T::DTYPE.size())?);
    let (outer, _, inner) = around(shape, at);
    let mut runs = Vec::with_capacity(parts.len());
    for (number, part) in parts.iter().enumerate() {
        runs.push((elements::<T>(part, number)?, part.shape()[at] * inner));
    }
    for row in 0..outer {
        for (from, run) in &runs {
            made.extend_from_slice(&from[row * run..(row + 1) * run]);
        }
    }
    Tensor::new(shape, made)
}

/// Parts of the lengths that the second input gives, or of equal ones (the last may be shorter).
///
/// # Errors
/// `Length` if the parts do not make up the whole.
pub(super) fn split(
    at: i64,
    parts: Option<usize>,
    inputs: Inputs<'_>,
    outputs: usize,
) -> Result<Vec<Tensor>> {
    let x = inputs.get(0)?;
    let at = axis(at, x.rank())?;
    let n = x.shape()[at];
    let sizes = match inputs.maybe_ints(1)? {
        Some(list) => lengths(&list)?,
        None => {
            let parts = parts.unwrap_or(outputs);
            if parts == 0 || parts > n.max(outputs) {
                return Err(usage(format!("{n} elements cannot be split into {parts} parts")));
            }
            let each = n.div_ceil(parts);
            (0..parts).map(|k| n.saturating_sub(k * each).min(each)).collect()
        }
    };
    if sizes.iter().try_fold(0_usize, |sum, k| sum.checked_add(*k)) != Some(n) {
        return Err(length(format!("parts of {sizes:?} do not make up the {n} of axis {at}")));
    }
    let mut begin = 0;
    sizes
        .iter()
        .map(|size| {
            begin += size;
            each_element!(x.data(), v => part(v, x.shape(), at, begin - size, *size))
        })
        .collect()
}

fn part<T: Element>(x: &[T], shape: &[usize], at: usize, begin: usize, size: usize) -> Result<Tensor> {
    let (outer, n, inner) = around(shape, at);
    let mut shape = shape.to_vec();
    shape[at] = size;
    let mut made = Vec::with_capacity(room(&shape, T::DTYPE.size())?);
    for row in 0..outer {
        let from = (row * n + begin) * inner;
        made.extend_from_slice(&x[from..from + size * inner]);
    }
    Tensor::new(&shape, made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_split_joins_again() {
        let x = Tensor::new(&[2, 5, 3], (0..30_i16).collect()).unwrap();
        let parts = split(-2, Some(3), Inputs(&[Some(&x)]), 3).unwrap();
        assert_eq!(parts.iter().map(|p| p.shape()[1]).collect::<Vec<_>>(), [2, 2, 1]);
        let refs: Vec<Option<&Tensor>> = parts.iter().map(Some).collect();
        assert_eq!(concat(1, Inputs(&refs)).unwrap(), x);
    }

    #[test]
    fn parts_must_make_up_the_whole() {
        let x = Tensor::row(vec![1_u8, 2, 3]);
        for sizes in [vec![1_i64, 1], vec![4, -1], vec![i64::MAX, i64::MAX]] {
            assert!(split(0, None, Inputs(&[Some(&x), Some(&Tensor::row(sizes))]), 2).is_err());
        }
        assert!(split(0, Some(0), Inputs(&[Some(&x)]), 1).is_err());
        let none = Tensor::row(vec![0_i64, 3, 0]);
        let parts = split(0, None, Inputs(&[Some(&x), Some(&none)]), 3).unwrap();
        assert_eq!(parts.iter().map(Tensor::len).collect::<Vec<_>>(), [0, 3, 0]);
    }

    #[test]
    fn what_does_not_fit_is_not_joined() {
        let (a, b) = (Tensor::row(vec![1_u8]), Tensor::row(vec![1_i8]));
        assert!(concat(0, Inputs(&[Some(&a), Some(&b)])).is_err());
        assert!(concat(1, Inputs(&[Some(&a)])).is_err());
        let square = Tensor::new(&[1, 1], vec![1_u8]).unwrap();
        assert!(concat(0, Inputs(&[Some(&a), Some(&square)])).is_err());
    }
}
