//! `ScatterElements` and `ScatterND`: a tensor with some of its elements replaced, or changed by others.

use super::gather::{element_places, slice_places, updates};
use super::inputs::{Inputs, length, no_kernel};
use super::number::{Number, each_element, each_number};
use crate::error::Result;
use crate::model::op::Scatter;
use crate::model::tensor::{DType, Element, Tensor};

/// Each update goes to its own place, but along the axis to that of its number.
pub(super) fn scatter_elements(at: i64, how: Scatter, inputs: Inputs<'_>) -> Result<Tensor> {
    let (x, numbers, new) = (inputs.get(0)?, inputs.get(1)?, inputs.get(2)?);
    if numbers.shape() != new.shape() {
        let (a, b) = (numbers.shape(), new.shape());
        return Err(length(format!("numbers of shape {a:?} for updates of shape {b:?}")));
    }
    let to = element_places(at, x.shape(), numbers)?;
    scatter(how, x, &to, 1, new)
}

/// Each slice of updates goes where its row of numbers says.
pub(super) fn scatter_nd(how: Scatter, inputs: Inputs<'_>) -> Result<Tensor> {
    let (x, numbers, new) = (inputs.get(0)?, inputs.get(1)?, inputs.get(2)?);
    let (to, run) = slice_places(0, x.shape(), numbers)?;
    let (outer, depth) = match numbers.shape().split_last() {
        Some((depth, outer)) => (outer, *depth),
        None => (&[][..], 0),
    };
    let shape = [outer, &x.shape()[depth..]].concat();
    if new.shape() != shape {
        return Err(length(format!("updates of shape {:?} must be of shape {shape:?}", new.shape())));
    }
    scatter(how, x, &to, run, new)
}

fn scatter(how: Scatter, x: &Tensor, to: &[usize], run: usize, new: &Tensor) -> Result<Tensor> {
    let count = to.len().checked_mul(run);
    if how == Scatter::Replace || x.dtype() == DType::Bool {
        if how != Scatter::Replace {
            return Err(no_kernel(x.dtype()));
        }
        return each_element!(x.data(), v => change(v, x.shape(), to, run, updates(v, new, count)?, |_, new| new));
    }
    each_number!(x.data(), v => change(v, x.shape(), to, run, updates(v, new, count)?, function(how)),
        _ => Err(no_kernel(x.dtype())))
}

fn function<T: Number>(how: Scatter) -> fn(T, T) -> T {
    match how {
        Scatter::Replace => |_, new| new,
        Scatter::Add => Number::plus,
        Scatter::Mul => Number::times,
        Scatter::Max => Number::largest,
        Scatter::Min => Number::least,
    }
}

fn change<T: Element>(
    x: &[T],
    shape: &[usize],
    to: &[usize],
    run: usize,
    new: &[T],
    f: fn(T, T) -> T,
) -> Result<Tensor> {
    let mut made = x.to_vec();
    for (start, new) in to.iter().zip(new.chunks_exact(run.max(1))) {
        for (old, new) in made[*start..start + run].iter_mut().zip(new) {
            *old = f(*old, *new);
        }
    }
    Tensor::new(shape, made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_of_one_place_add_up() {
        let (x, numbers, new) =
            (Tensor::row(vec![1_i32, 2, 3]), Tensor::row(vec![1_i64, -2, 0]), Tensor::row(vec![10, 20, 30]));
        let inputs = [Some(&x), Some(&numbers), Some(&new)];
        let of = |how| scatter_elements(0, how, Inputs(&inputs)).unwrap();
        assert_eq!(of(Scatter::Add), Tensor::row(vec![31, 32, 3]));
        assert_eq!(of(Scatter::Replace), Tensor::row(vec![30, 20, 3]));
        assert_eq!(of(Scatter::Max), Tensor::row(vec![30, 20, 3]));
        assert_eq!(of(Scatter::Mul), Tensor::row(vec![30, 400, 3]));
    }

    #[test]
    fn slices_are_replaced_whole() {
        let x = Tensor::new(&[2, 2], vec![true; 4]).unwrap();
        let (numbers, new) =
            (Tensor::new(&[1, 1], vec![1_i64]).unwrap(), Tensor::new(&[1, 2], vec![false; 2]).unwrap());
        let made = scatter_nd(Scatter::Replace, Inputs(&[Some(&x), Some(&numbers), Some(&new)])).unwrap();
        assert_eq!(made, Tensor::new(&[2, 2], vec![true, true, false, false]).unwrap());
        assert!(scatter_nd(Scatter::Add, Inputs(&[Some(&x), Some(&numbers), Some(&new)])).is_err());
        assert!(scatter_nd(Scatter::Replace, Inputs(&[Some(&x), Some(&numbers), Some(&x)])).is_err());
    }
}
