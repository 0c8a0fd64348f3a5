//! Elements by their order: `ArgMax`, `ArgMin`, `TopK`.
//!
//! Of equals the first comes first (for `ArgMax` and `ArgMin` the last, if asked for). What is no number is larger
//! than all, so that an order there always is.

use std::cmp::Ordering;

use super::axes::{around, axis};
use super::cast::cast;
use super::inputs::{Inputs, length, no_kernel, room, usage};
use super::number::Number;
use super::threads::Threads;
use super::wide::{each_wide, widen};
use crate::error::Result;
use crate::model::tensor::{DType, Tensor};

/// Smaller first; what is no number last.
fn order<T: Number>(a: T, b: T) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// Where the largest element along an axis is, or the smallest.
pub(super) fn arg(at: i64, keep: bool, last: bool, largest: bool, x: &Tensor) -> Result<Tensor> {
    fn go<T: Number>(
        x: &[T],
        (outer, n, inner): (usize, usize, usize),
        last: bool,
        better: Ordering,
    ) -> Vec<i64> {
        let mut made = Vec::with_capacity(outer * inner);
        let mut best = vec![(T::default(), 0_i64); inner];
        for block in x.chunks_exact((n * inner).max(1)).take(outer) {
            for (best, v) in best.iter_mut().zip(block) {
                *best = (*v, 0);
            }
            for (k, row) in (0..).zip(block.chunks_exact(inner)).skip(1) {
                for (best, v) in best.iter_mut().zip(row) {
                    let order = order(*v, best.0);
                    if order == better || (last && order == Ordering::Equal) {
                        *best = (*v, k);
                    }
                }
            }
            made.extend(best.iter().map(|(_, at)| *at));
        }
        made
    }
    let at = axis(at, x.rank())?;
    let mut shape = x.shape().to_vec();
    let sizes = around(&shape, at);
    if keep {
        shape[at] = 1;
    } else {
        shape.remove(at);
    }
    if sizes.1 == 0 && room(&shape, 8)? > 0 {
        return Err(length(format!("axis {at} has no elements")));
    }
    if x.is_empty() {
        return Tensor::new(&shape, Vec::<i64>::new());
    }
    let better = if largest { Ordering::Greater } else { Ordering::Less };
    let wide = widen(x, DType::F32, &Threads::one())?;
    each_wide!(wide.data(), v => Tensor::new(&shape, go(v, sizes, last, better)), _ => Err(no_kernel(x.dtype())))
}

/// The `k` largest elements along an axis, or the smallest, and where they are; in their order, asked for or not.
pub(super) fn top_k(at: i64, largest: bool, inputs: Inputs<'_>, threads: &Threads) -> Result<Vec<Tensor>> {
    let x = inputs.get(0)?;
    let at = axis(at, x.rank())?;
    let k = inputs.int(1)?;
    let Some(k) = usize::try_from(k).ok().filter(|k| *k <= x.shape()[at]) else {
        return Err(usage(format!("{k} elements of the {} of axis {at}", x.shape()[at])));
    };
    let mut shape = x.shape().to_vec();
    shape[at] = k;
    room(&shape, 8)?;
    let wide = widen(x, DType::F32, threads)?;
    let made = each_wide!(wide.data(), v => top(v, x.shape(), at, &shape, largest, threads),
        _ => Err(no_kernel(x.dtype())))?;
    let back = |(number, tensor)| if number == 0 { cast(&tensor, x.dtype(), threads) } else { Ok(tensor) };
    made.into_iter().enumerate().map(back).collect()
}

fn top<T: Number>(
    x: &[T],
    from: &[usize],
    at: usize,
    shape: &[usize],
    largest: bool,
    threads: &Threads,
) -> Result<Vec<Tensor>> {
    let (outer, n, inner) = around(from, at);
    let k = shape[at];
    let lines = if k == 0 || x.is_empty() { 0 } else { outer * inner };
    let found = threads.unless_few(x.len()).map(lines, |line| {
        let first = line / inner * n * inner + line % inner;
        let mut all: Vec<(T, usize)> = (0..n).map(|i| (x[first + i * inner], i)).collect();
        let before = |a: &(T, usize), b: &(T, usize)| {
            let values = order(a.0, b.0);
            if largest { values.reverse() } else { values }.then(a.1.cmp(&b.1))
        };
        if k < n {
            all.select_nth_unstable_by(k, before);
            all.truncate(k);
        }
        all.sort_unstable_by(before);
        all
    });
    let (mut values, mut places) = (vec![T::default(); lines * k], vec![0_i64; lines * k]);
    for (line, best) in found.iter().enumerate() {
        let first = line / inner * k * inner + line % inner;
        for (i, (value, place)) in best.iter().enumerate() {
            values[first + i * inner] = *value;
            places[first + i * inner] = i64::try_from(*place).unwrap_or(i64::MAX);
        }
    }
    Ok(vec![Tensor::new(shape, values)?, Tensor::new(shape, places)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equals_the_first_or_the_last_is_named() {
        let x = Tensor::new(&[2, 3], vec![1_i32, 3, 3, 2, 2, 0]).unwrap();
        let of = |at, last, largest| arg(at, false, last, largest, &x).unwrap();
        assert_eq!(of(1, false, true), Tensor::row(vec![1_i64, 0]));
        assert_eq!(of(1, true, true), Tensor::row(vec![2_i64, 1]));
        assert_eq!(of(0, false, false), Tensor::row(vec![0_i64, 1, 1]));
        assert_eq!(arg(-1, true, false, true, &x).unwrap().shape(), [2, 1]);
        assert!(arg(0, true, false, true, &Tensor::row(Vec::<f32>::new())).is_err());
        let no_number = Tensor::row(vec![1.0_f32, f32::NAN, 9.0]);
        assert_eq!(arg(0, false, false, true, &no_number).unwrap(), Tensor::scalar(1_i64));
    }

    #[test]
    fn the_best_come_in_their_order() {
        let x = Tensor::new(&[2, 4], vec![1.0_f32, 4.0, 4.0, 2.0, 8.0, 7.0, 6.0, 5.0]).unwrap();
        let k = Tensor::row(vec![3_i64]);
        let made = top_k(1, true, Inputs(&[Some(&x), Some(&k)]), &Threads::new(2)).unwrap();
        assert_eq!(made[0], Tensor::new(&[2, 3], vec![4.0_f32, 4.0, 2.0, 8.0, 7.0, 6.0]).unwrap());
        assert_eq!(made[1], Tensor::new(&[2, 3], vec![1_i64, 2, 3, 0, 1, 2]).unwrap());
        let one = Tensor::row(vec![1_i64]);
        let made = top_k(0, false, Inputs(&[Some(&x), Some(&one)]), &Threads::one()).unwrap();
        assert_eq!(made[0], Tensor::new(&[1, 4], vec![1.0_f32, 4.0, 4.0, 2.0]).unwrap());
        for wrong in [5_i64, -1] {
            let k = Tensor::row(vec![wrong]);
            assert!(top_k(1, true, Inputs(&[Some(&x), Some(&k)]), &Threads::one()).is_err());
        }
    }
}
