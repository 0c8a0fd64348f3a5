//! [`Reduce`]: many elements made into one, along axes.
//!
//! Axes that are not the last are moved there first, so that every result comes from one stretch of elements.
//! Floats are summed in `f64` and whole numbers in 64 bits, eight sums at a time.

use super::axes::axes;
use super::cast::cast;
use super::each::pieces;
use super::inputs::{Inputs, no_kernel, room};
use super::movement::transpose;
use super::number::{Number, Wide, each_number};
use super::threads::Threads;
use super::wide::{each_wide, range, widen};
use crate::error::Result;
use crate::model::op::Reduce;
use crate::model::tensor::{DType, Tensor};

/// One element of all along some axes: those that the second input names, or all of them.
///
/// # Errors
/// `Type` for booleans, but for the largest and the least.
pub(super) fn reduce(
    kind: Reduce,
    keep: bool,
    nothing_if_no_axes: bool,
    inputs: Inputs<'_>,
    threads: &Threads,
) -> Result<Tensor> {
    let x = inputs.get(0)?;
    let gone = match inputs.maybe_ints(1)? {
        Some(list) if !list.is_empty() => axes(&list, x.rank())?,
        _ if nothing_if_no_axes => Vec::new(),
        _ => (0..x.rank()).collect(),
    };
    if x.dtype() == DType::Bool {
        if !matches!(kind, Reduce::Max | Reduce::Min) {
            return Err(no_kernel(x.dtype()));
        }
        return cast(
            &along(kind, keep, &gone, &cast(x, DType::U8, threads)?, threads)?,
            DType::Bool,
            threads,
        );
    }
    along(kind, keep, &gone, x, threads)
}

fn along(kind: Reduce, keep: bool, gone: &[usize], x: &Tensor, threads: &Threads) -> Result<Tensor> {
    let kept: Vec<usize> = (0..x.rank()).filter(|at| !gone.contains(at)).collect();
    let order: Vec<usize> =
        kept.iter().copied().chain((0..x.rank()).filter(|at| gone.contains(at))).collect();
    let ordered = if order.is_sorted() { x.clone() } else { transpose(Some(&order), x)? };
    let shape: Vec<usize> = (0..x.rank())
        .filter(|at| keep || !gone.contains(at))
        .map(|at| if gone.contains(&at) { 1 } else { x.shape()[at] })
        .collect();
    let rows = room(&shape, x.dtype().size())?;
    let row: usize = gone.iter().map(|at| x.shape()[*at]).product();
    if row == 0 && matches!(kind, Reduce::Max | Reduce::Min) {
        // The least or the largest of none is that of the type itself, not of a wider one.
        return each_number!(x.data(), v => Tensor::new(&shape, vec![end(kind, v); rows]),
            _ => Err(no_kernel(x.dtype())));
    }
    let wide = widen(&ordered, DType::F64, threads)?;
    let made = each_wide!(wide.data(), v => Tensor::new(&shape, each_row(kind, v, (rows, row), range(x.dtype()), threads)),
        _ => Err(no_kernel(x.dtype())))?;
    cast(&made, x.dtype(), threads)
}

fn end<T: Number>(kind: Reduce, _like: &[T]) -> T {
    if kind == Reduce::Max { T::LEAST } else { T::LARGEST }
}

fn each_row<T: Number>(
    kind: Reduce,
    x: &[T],
    (rows, row): (usize, usize),
    range: (f64, f64),
    threads: &Threads,
) -> Vec<T> {
    let mut made = vec![T::default(); rows];
    let piece = (16_384 / row.max(1)).max(1);
    pieces(&threads.unless_few(x.len()), &mut made, piece, &|number, run| {
        for (k, to) in run.iter_mut().enumerate() {
            let at = (number * piece + k) * row;
            *to = one(kind, &x[at..at + row], range);
        }
    });
    made
}

/// `range`: what a number that is computed as a float is kept within.
fn one<T: Number>(kind: Reduce, row: &[T], (low, high): (f64, f64)) -> T {
    let float = |value: f64| T::of_f64(value.clamp(low, high));
    match kind {
        Reduce::Max => fold(row, T::LEAST, |v| v, T::largest),
        Reduce::Min => fold(row, T::LARGEST, |v| v, T::least),
        Reduce::Sum => T::of_wide(sum(row, T::wide)),
        Reduce::Mean => T::of_wide(sum(row, T::wide).shared_by(row.len())),
        Reduce::Prod => T::of_wide(fold(row, T::Wide::ONE, T::wide, T::Wide::times)),
        Reduce::L1 => T::of_wide(sum(row, |v| v.wide().size())),
        Reduce::SumSquare => T::of_wide(squares(row)),
        Reduce::L2 => float(squares(row).to_f64().sqrt()),
        Reduce::LogSum => float(sum(row, T::wide).to_f64().ln()),
        Reduce::LogSumExp => {
            // The largest is taken out first: its exponential need not be a number.
            let most = fold(row, T::LEAST, |v| v, T::largest).to_f64();
            let shift = if most.is_finite() { most } else { 0.0 };
            float(fold(row, 0.0, |v| (v.to_f64() - shift).exp(), |a, b| a + b).ln() + shift)
        }
    }
}

fn squares<T: Number>(row: &[T]) -> T::Wide {
    sum(row, |v| v.wide().times(v.wide()))
}

fn sum<T: Number>(row: &[T], f: impl Fn(T) -> T::Wide) -> T::Wide {
    fold(row, T::Wide::ZERO, f, T::Wide::plus)
}

/// The elements made into one by a function whose order does not matter, eight at a time.
fn fold<T: Copy, W: Copy>(row: &[T], start: W, of: impl Fn(T) -> W, join: impl Fn(W, W) -> W) -> W {
    let mut lanes = [start; 8];
    let eights = row.chunks_exact(8);
    let rest = eights.remainder();
    for eight in eights {
        for (lane, v) in lanes.iter_mut().zip(eight) {
            *lane = join(*lane, of(*v));
        }
    }
    for (lane, v) in lanes.iter_mut().zip(rest) {
        *lane = join(*lane, of(*v));
    }
    lanes.into_iter().fold(start, join)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: Reduce, x: &Tensor, list: &[i64], keep: bool) -> Result<Tensor> {
        let list = Tensor::row(list.to_vec());
        reduce(kind, keep, false, Inputs(&[Some(x), Some(&list)]), &Threads::one())
    }

    #[test]
    fn axes_anywhere_are_reduced() {
        let x = Tensor::new(&[2, 3, 2], (0..12_i32).collect()).unwrap();
        assert_eq!(
            of(Reduce::Sum, &x, &[1], false).unwrap(),
            Tensor::new(&[2, 2], vec![6, 9, 24, 27]).unwrap()
        );
        assert_eq!(
            of(Reduce::Max, &x, &[0, -1], true).unwrap(),
            Tensor::new(&[1, 3, 1], vec![7, 9, 11]).unwrap()
        );
        assert_eq!(of(Reduce::Mean, &x, &[], false).unwrap(), Tensor::scalar(5_i32));
        assert!(of(Reduce::Sum, &x, &[0, 0], false).is_err() && of(Reduce::Sum, &x, &[3], false).is_err());
    }

    #[test]
    fn each_kind_has_the_value_of_its_formula() {
        let x = Tensor::row((1..=9).map(|v| v as f32 * -0.5).collect());
        let value = |kind| of(kind, &x, &[0], false).unwrap().elements::<f32>().unwrap()[0];
        assert_eq!((value(Reduce::L1), value(Reduce::Sum), value(Reduce::Mean)), (22.5, -22.5, -2.5));
        assert_eq!((value(Reduce::SumSquare), value(Reduce::Min), value(Reduce::Max)), (71.25, -4.5, -0.5));
        assert!((value(Reduce::L2) - 8.440_972).abs() < 1e-6);
        assert!((value(Reduce::Prod) + 708.75).abs() < 1e-3);
        let want = (1..=9).map(|v| (f64::from(v) * -0.5).exp()).sum::<f64>().ln();
        assert!((f64::from(value(Reduce::LogSumExp)) - want).abs() < 1e-7);
    }

    #[test]
    fn of_no_elements_each_kind_has_its_own() {
        let x = Tensor::new(&[0, 2], Vec::<f32>::new()).unwrap();
        let value = |kind| of(kind, &x, &[0], false).unwrap().elements::<f32>().unwrap()[0];
        assert_eq!((value(Reduce::Sum), value(Reduce::Prod)), (0.0, 1.0));
        assert_eq!((value(Reduce::Max), value(Reduce::Min)), (f32::NEG_INFINITY, f32::INFINITY));
        assert_eq!((value(Reduce::LogSumExp), value(Reduce::LogSum)), (f32::NEG_INFINITY, f32::NEG_INFINITY));
        assert!(value(Reduce::Mean).is_nan());
        let whole = Tensor::row(Vec::<i32>::new());
        assert_eq!(of(Reduce::Mean, &whole, &[0], false).unwrap(), Tensor::scalar(0));
    }

    #[test]
    fn truth_is_reduced_by_the_largest_and_the_least() {
        let x = Tensor::row(vec![true, false]);
        assert_eq!(of(Reduce::Max, &x, &[0], false).unwrap(), Tensor::scalar(true));
        assert_eq!(of(Reduce::Min, &x, &[0], false).unwrap(), Tensor::scalar(false));
        assert!(of(Reduce::Sum, &x, &[0], false).is_err());
    }
}
