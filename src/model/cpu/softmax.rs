//! `Softmax`, `LogSoftmax` and `CumSum`: elements that depend on all of their axis.

use super::axes::{around, axis};
use super::cast::cast;
use super::each::pieces;
use super::functions::{Float, Real};
use super::inputs::{Inputs, no_kernel};
use super::number::{Number, Wide, each_float};
use super::threads::Threads;
use super::wide::{each_wide, widen};
use crate::error::Result;
use crate::model::tensor::{DType, Tensor};

/// Exponentials that sum to 1 along an axis (`flat`: along all axes from it on), or their logarithms.
pub(super) fn softmax(at: i64, log: bool, flat: bool, x: &Tensor, threads: &Threads) -> Result<Tensor> {
    // One number is its own axis.
    let shape = if x.rank() == 0 { &[1] } else { x.shape() };
    let at = axis(at, shape.len())?;
    let (outer, n, inner) = around(shape, at);
    let sizes = if flat { (outer, n * inner, 1) } else { (outer, n, inner) };
    each_float!(x.data(), v => Tensor::new(x.shape(), along(v, sizes, log, threads)), _ => Err(no_kernel(x.dtype())))
}

fn along<T: Float>(x: &[T], (_, n, inner): (usize, usize, usize), log: bool, threads: &Threads) -> Vec<T> {
    let mut made = vec![T::default(); x.len()];
    let block = (n * inner).max(1);
    let few = threads.unless_few(x.len() * 4);
    pieces(&few, &mut made, block, &|number, to| {
        let from = &x[number * block..(number + 1) * block];
        if inner == 1 { line(from, to, log) } else { lines(from, to, inner, log) }
    });
    made
}

/// Along the last axis.
fn line<T: Float>(from: &[T], to: &mut [T], log: bool) {
    let most = from.iter().fold(T::LEAST, |most, v| v.largest(most)).work();
    let sum: f64 = if log {
        from.iter().map(|v| T::of_work((v.work() - most).exp()).to_f64()).sum()
    } else {
        for (to, from) in to.iter_mut().zip(from) {
            *to = T::of_work((from.work() - most).exp());
        }
        to.iter().map(|v| v.to_f64()).sum()
    };
    if log {
        let sum = T::Work::of(sum.ln());
        for (to, from) in to.iter_mut().zip(from) {
            *to = T::of_work(from.work() - most - sum);
        }
    } else {
        let scale = T::Work::of(1.0 / sum);
        for to in to.iter_mut() {
            *to = T::of_work(to.work() * scale);
        }
    }
}

/// Along an axis with others behind it: all lines of a block at once.
fn lines<T: Float>(from: &[T], to: &mut [T], inner: usize, log: bool) {
    let mut most = vec![T::LEAST; inner];
    for row in from.chunks_exact(inner) {
        for (most, v) in most.iter_mut().zip(row) {
            *most = v.largest(*most);
        }
    }
    let mut sum = vec![T::Work::ZERO; inner];
    for (to, row) in to.chunks_exact_mut(inner).zip(from.chunks_exact(inner)) {
        for (((to, v), most), sum) in to.iter_mut().zip(row).zip(&most).zip(&mut sum) {
            let shifted = v.work() - most.work();
            let power = shifted.exp();
            *sum = *sum + power;
            *to = T::of_work(if log { shifted } else { power });
        }
    }
    for sum in &mut sum {
        *sum = if log { sum.ln() } else { T::Work::ONE / *sum };
    }
    for to in to.chunks_exact_mut(inner) {
        for (to, sum) in to.iter_mut().zip(&sum) {
            *to = T::of_work(if log { to.work() - *sum } else { to.work() * *sum });
        }
    }
}

/// Sums of all elements up to each along an axis, with it or without.
pub(super) fn cum_sum(exclusive: bool, reverse: bool, inputs: Inputs<'_>) -> Result<Tensor> {
    let x = inputs.get(0)?;
    let at = axis(inputs.int(1)?, x.rank())?;
    let sizes = around(x.shape(), at);
    let (own, one) = (x.dtype(), Threads::one());
    let wide = widen(x, DType::F64, &one)?;
    let made = each_wide!(wide.data(), v => Tensor::new(x.shape(), sums(v, sizes, exclusive, reverse)),
        _ => Err(no_kernel(own)))?;
    cast(&made, own, &one)
}

fn sums<T: Number>(x: &[T], (_, n, inner): (usize, usize, usize), exclusive: bool, reverse: bool) -> Vec<T> {
    let mut made = vec![T::default(); x.len()];
    let block = (n * inner).max(1);
    let mut sum = vec![T::Wide::ZERO; inner];
    for (to, from) in made.chunks_exact_mut(block).zip(x.chunks_exact(block)) {
        sum.fill(T::Wide::ZERO);
        for k in 0..n {
            let row = if reverse { n - 1 - k } else { k } * inner;
            for ((to, v), sum) in to[row..row + inner].iter_mut().zip(&from[row..row + inner]).zip(&mut sum) {
                let before = *sum;
                *sum = sum.plus(v.wide());
                *to = T::of_wide(if exclusive { before } else { *sum });
            }
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(made: &Tensor, want: &[f64]) {
        for (a, b) in made.elements::<f32>().unwrap().iter().zip(want) {
            assert!((f64::from(*a) - b).abs() < 2e-7 * b.abs().max(1.0), "{a} {b}");
        }
    }

    #[test]
    fn any_axis_sums_to_one() {
        let (a, n, b) = (2, 5, 3);
        let x: Vec<f32> = (0..a * n * b).map(|k| ((k * 37 % 11) as f32) * 0.7 - 2.0).collect();
        let tensor = Tensor::new(&[a, n, b], x.clone()).unwrap();
        for log in [false, true] {
            let mut want = vec![0.0; x.len()];
            for i in 0..a {
                for j in 0..b {
                    let at = |k: usize| (i * n + k) * b + j;
                    let sum: f64 = (0..n).map(|k| f64::from(x[at(k)]).exp()).sum();
                    for k in 0..n {
                        let share = f64::from(x[at(k)]).exp() / sum;
                        want[at(k)] = if log { share.ln() } else { share };
                    }
                }
            }
            near(&softmax(1, log, false, &tensor, &Threads::one()).unwrap(), &want);
            let turned = super::super::movement::transpose(Some(&[0, 2, 1]), &tensor).unwrap();
            let made = softmax(-1, log, false, &turned, &Threads::new(2)).unwrap();
            near(&super::super::movement::transpose(Some(&[0, 2, 1]), &made).unwrap(), &want);
        }
    }

    #[test]
    fn large_numbers_do_no_harm_and_the_old_rule_is_flat() {
        let x = Tensor::new(&[1, 2, 2], vec![1e4_f32; 4]).unwrap();
        near(&softmax(1, false, true, &x, &Threads::one()).unwrap(), &[0.25; 4]);
        near(&softmax(1, false, false, &x, &Threads::one()).unwrap(), &[0.5; 4]);
        let none = Tensor::new(&[2, 0], Vec::<f32>::new()).unwrap();
        assert!(softmax(1, false, false, &none, &Threads::one()).unwrap().is_empty());
        assert!(softmax(0, false, false, &Tensor::row(vec![1_i32]), &Threads::one()).is_err());
    }

    #[test]
    fn sums_run_either_way() {
        let x = Tensor::new(&[2, 3], vec![1_i32, 2, 3, 4, 5, 6]).unwrap();
        let of = |at: i64, exclusive, reverse| {
            cum_sum(exclusive, reverse, Inputs(&[Some(&x), Some(&Tensor::scalar(at))]))
                .unwrap()
                .into_elements::<i32>()
                .unwrap()
        };
        assert_eq!(of(1, false, false), [1, 3, 6, 4, 9, 15]);
        assert_eq!(of(1, true, true), [5, 3, 0, 11, 6, 0]);
        assert_eq!(of(0, true, false), [0, 0, 0, 1, 2, 3]);
    }
}
