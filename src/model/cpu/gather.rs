//! Elements by number: `Gather`, `GatherElements`, `GatherND`, `OneHot`, `NonZero`.
//!
//! A number may be negative, counted from the end of its axis; one beyond it is an error (but for `OneHot`, where it
//! stands for no class).

use super::axes::{around, axis};
use super::inputs::{Inputs, elements, floats, ints, length, room, usage, wrong_type};
use super::number::each_element;
use super::strides::{Walk, strides};
use crate::error::{Error, ErrorKind, Result};
use crate::model::tensor::{Element, Tensor};

/// Numbers along an axis of `n` elements, counted from the first.
pub(super) fn places(tensor: &Tensor, at: usize, n: usize) -> Result<Vec<usize>> {
    ints(tensor, at)?.into_iter().map(|number| place(number, n)).collect()
}

/// One number along an axis of `n` elements, counted from the first.
pub(super) fn place(number: i64, n: usize) -> Result<usize> {
    let signed = i64::try_from(n).unwrap_or(i64::MAX);
    let from_first = if number < 0 { number.saturating_add(signed) } else { number };
    match usize::try_from(from_first) {
        Ok(at) if at < n => Ok(at),
        _ => Err(Error::new(ErrorKind::Index, format!("element {number} is not one of {n}"))),
    }
}

/// Whole rows along an axis.
pub(super) fn gather(at: i64, inputs: Inputs<'_>) -> Result<Tensor> {
    fn go<T: Element>(x: &[T], from: &[usize], at: usize, rows: &[usize], shape: &[usize]) -> Result<Tensor> {
        let mut made = Vec::with_capacity(room(shape, T::DTYPE.size())?);
        let (outer, n, inner) = around(from, at);
        for block in x.chunks_exact((n * inner).max(1)).take(outer) {
            for row in rows {
                made.extend_from_slice(&block[row * inner..(row + 1) * inner]);
            }
        }
        Tensor::new(shape, made)
    }
    let (x, numbers) = (inputs.get(0)?, inputs.get(1)?);
    let at = axis(at, x.rank())?;
    let rows = places(numbers, 1, x.shape()[at])?;
    let shape = [&x.shape()[..at], numbers.shape(), &x.shape()[at + 1..]].concat();
    each_element!(x.data(), v => go(v, x.shape(), at, &rows, &shape))
}

/// One element for each number: that of the same place, but along the axis that of the number.
pub(super) fn gather_elements(at: i64, inputs: Inputs<'_>) -> Result<Tensor> {
    fn go<T: Element>(x: &[T], from: &[usize]) -> Vec<T> {
        from.iter().map(|at| x[*at]).collect()
    }
    let (x, numbers) = (inputs.get(0)?, inputs.get(1)?);
    let from = element_places(at, x.shape(), numbers)?;
    each_element!(x.data(), v => Tensor::new(numbers.shape(), go(v, &from)))
}

/// For each of `numbers` the place in a tensor of this shape: its own, but along the axis the number.
pub(super) fn element_places(at: i64, shape: &[usize], numbers: &Tensor) -> Result<Vec<usize>> {
    let at = axis(at, shape.len())?;
    let fits = |k: usize| k == at || numbers.shape()[k] <= shape[k];
    if numbers.rank() != shape.len() || !(0..shape.len()).all(fits) {
        return Err(length(format!("numbers of shape {:?} do not lie in {shape:?}", numbers.shape())));
    }
    let rows = places(numbers, 1, shape[at])?;
    let mut along = strides(shape);
    let step = std::mem::replace(&mut along[at], 0);
    let walk = Walk::new(numbers.shape(), [&along]);
    let (n, [inner]) = (walk.row(), walk.step());
    let mut made = Vec::with_capacity(rows.len());
    walk.all(&mut |[base]| {
        for k in 0..n {
            let number = rows[made.len()].cast_signed();
            made.push((base + inner * k.cast_signed() + step * number).cast_unsigned());
        }
    });
    Ok(made)
}

/// Slices by rows of numbers, one a leading axis; the first `batch_dims` axes are gone through together.
pub(super) fn gather_nd(batch_dims: usize, inputs: Inputs<'_>) -> Result<Tensor> {
    fn go<T: Element>(x: &[T], starts: &[usize], run: usize, shape: &[usize]) -> Result<Tensor> {
        let mut made = Vec::with_capacity(room(shape, T::DTYPE.size())?);
        for start in starts {
            made.extend_from_slice(&x[*start..start + run]);
        }
        Tensor::new(shape, made)
    }
    let (x, numbers) = (inputs.get(0)?, inputs.get(1)?);
    let (starts, run) = slice_places(batch_dims, x.shape(), numbers)?;
    let outer = numbers.shape().split_last().map_or(&[][..], |(_, outer)| outer);
    let depth = numbers.shape().last().copied().unwrap_or(0);
    let shape = [outer, &x.shape()[batch_dims + depth..]].concat();
    each_element!(x.data(), v => go(v, &starts, run, &shape))
}

/// Where the slice of each row of numbers begins in a tensor of this shape, and how many elements it has.
pub(super) fn slice_places(batch: usize, shape: &[usize], numbers: &Tensor) -> Result<(Vec<usize>, usize)> {
    let Some((depth, outer)) = numbers.shape().split_last() else {
        return Err(length("the numbers must have an axis"));
    };
    let deepest = batch.saturating_add(*depth);
    if batch > outer.len() || deepest > shape.len() || outer[..batch] != shape[..batch] {
        return Err(length(format!(
            "numbers of shape {:?} do not name slices of {shape:?}",
            numbers.shape()
        )));
    }
    let rows: usize = outer.iter().product();
    let batches: usize = outer[..batch].iter().product();
    let own = strides(shape);
    let block: usize = shape[batch..].iter().product();
    let run: usize = shape[deepest..].iter().product();
    let values = ints(numbers, 1)?;
    let per_batch = rows.checked_div(batches).unwrap_or(0);
    let mut made = Vec::with_capacity(rows);
    for row in 0..rows {
        let mut start = (row / per_batch.max(1)) * block;
        for (k, number) in values[row * depth..(row + 1) * depth].iter().enumerate() {
            start += place(*number, shape[batch + k])? * own[batch + k].unsigned_abs();
        }
        made.push(start);
    }
    Ok((made, run))
}

/// A new axis of so many places, with the second value at the number's and the first elsewhere.
pub(super) fn one_hot(at: i64, inputs: Inputs<'_>) -> Result<Tensor> {
    fn go<T: Element>(
        values: &[T],
        classes: &[Option<usize>],
        inner: usize,
        shape: &[usize],
        depth: usize,
    ) -> Result<Tensor> {
        let [off, on] = values else {
            return Err(length(format!("the values must be two, off and on, and are {}", values.len())));
        };
        let mut made = vec![*off; room(shape, T::DTYPE.size())?];
        for (k, class) in classes.iter().enumerate() {
            if let Some(class) = class {
                made[(k / inner * depth + class) * inner + k % inner] = *on;
            }
        }
        Tensor::new(shape, made)
    }
    let (numbers, values) = (inputs.get(0)?, inputs.get(2)?);
    let depth = inputs.number(1)?;
    if !(depth >= 1.0 && depth < 2_f64.powi(40)) {
        return Err(usage(format!("{depth} is no number of classes")));
    }
    let at = axis(at, numbers.rank() + 1)?;
    let classes: Vec<Option<usize>> = floats(numbers)
        .into_iter()
        .map(|class| {
            let class = if class < 0.0 { class + depth } else { class };
            (class >= 0.0 && class < depth).then_some(class as usize)
        })
        .collect();
    let depth = depth as usize;
    let inner: usize = numbers.shape()[at..].iter().product();
    let shape = [&numbers.shape()[..at], &[depth], &numbers.shape()[at..]].concat();
    each_element!(values.data(), v => go(v, &classes, inner.max(1), &shape, depth))
}

/// The places of the elements that are not 0, a column each.
pub(super) fn non_zero(x: &Tensor) -> Result<Tensor> {
    fn go<T: Element>(x: &[T]) -> Vec<usize> {
        x.iter().enumerate().filter(|(_, v)| **v != T::default()).map(|(at, _)| at).collect()
    }
    let found = each_element!(x.data(), v => go(v));
    let mut made = vec![0_i64; room(&[x.rank(), found.len()], 8)?];
    let mut step = 1;
    for (k, n) in x.shape().iter().enumerate().rev() {
        for (to, at) in made[k * found.len()..].iter_mut().zip(&found) {
            *to = i64::try_from(at / step % n).map_err(|_| usage("an axis is too long"))?;
        }
        step *= n.max(&1);
    }
    Tensor::new(&[x.rank(), found.len()], made)
}

/// What scattered elements must be: of the type of the others, and as many as their places.
pub(super) fn updates<'a, T: Element>(
    _like: &[T],
    tensor: &'a Tensor,
    count: Option<usize>,
) -> Result<&'a [T]> {
    let values = elements::<T>(tensor, 2)?;
    match count {
        Some(count) if count == values.len() => Ok(values),
        _ => {
            Err(wrong_type(format!("updates of shape {:?} are not as many as their places", tensor.shape())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count_up(shape: &[usize]) -> Tensor {
        Tensor::new(shape, (0..shape.iter().product::<usize>() as i32).collect()).unwrap()
    }

    #[test]
    fn rows_are_gathered_along_any_axis() {
        let (x, numbers) = (count_up(&[2, 3]), Tensor::new(&[1, 2], vec![-1_i64, 0]).unwrap());
        let made = gather(1, Inputs(&[Some(&x), Some(&numbers)])).unwrap();
        assert_eq!(made, Tensor::new(&[2, 1, 2], vec![2, 0, 5, 3]).unwrap());
        let beyond = Tensor::scalar(3_i64);
        let error = gather(1, Inputs(&[Some(&x), Some(&beyond)])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Index);
        let none = Tensor::row(Vec::<i64>::new());
        assert_eq!(gather(0, Inputs(&[Some(&x), Some(&none)])).unwrap().shape(), [0, 3]);
    }

    #[test]
    fn elements_are_gathered_at_their_own_place() {
        let (x, numbers) = (count_up(&[3, 2]), Tensor::new(&[2, 2], vec![2_i64, 0, -1, 1]).unwrap());
        let made = gather_elements(0, Inputs(&[Some(&x), Some(&numbers)])).unwrap();
        assert_eq!(made, Tensor::new(&[2, 2], vec![4, 1, 4, 3]).unwrap());
        let wide = Tensor::new(&[1, 3], vec![0_i64; 3]).unwrap();
        assert!(gather_elements(0, Inputs(&[Some(&x), Some(&wide)])).is_err());
    }

    #[test]
    fn slices_are_named_by_rows_of_numbers() {
        let x = count_up(&[2, 2, 2]);
        let numbers = Tensor::new(&[2, 1], vec![1_i64, 0]).unwrap();
        let made = gather_nd(1, Inputs(&[Some(&x), Some(&numbers)])).unwrap();
        assert_eq!(made, Tensor::new(&[2, 2], vec![2, 3, 4, 5]).unwrap());
        assert!(gather_nd(2, Inputs(&[Some(&x), Some(&numbers)])).is_err());
        assert!(gather_nd(0, Inputs(&[Some(&x), Some(&Tensor::scalar(0_i64))])).is_err());
        let deep = Tensor::new(&[1, 4], vec![0_i64; 4]).unwrap();
        assert!(gather_nd(0, Inputs(&[Some(&x), Some(&deep)])).is_err());
    }

    #[test]
    fn a_class_that_is_none_is_off_everywhere() {
        let (numbers, depth, values) =
            (Tensor::row(vec![1_i64, -1, 7]), Tensor::scalar(3_i64), Tensor::row(vec![0.0_f32, 1.0]));
        let made = one_hot(0, Inputs(&[Some(&numbers), Some(&depth), Some(&values)])).unwrap();
        assert_eq!(made, Tensor::new(&[3, 3], vec![0.0_f32, 0., 0., 1., 0., 0., 0., 1., 0.]).unwrap());
        let none = Tensor::scalar(0_i64);
        assert!(one_hot(0, Inputs(&[Some(&numbers), Some(&none), Some(&values)])).is_err());
    }

    #[test]
    fn what_is_not_zero_is_named_by_columns() {
        let x = Tensor::new(&[2, 2], vec![true, false, true, true]).unwrap();
        assert_eq!(non_zero(&x).unwrap(), Tensor::new(&[2, 3], vec![0_i64, 1, 1, 0, 0, 1]).unwrap());
        assert_eq!(non_zero(&Tensor::scalar(5)).unwrap().shape(), [0, 1]);
        assert_eq!(non_zero(&Tensor::new(&[0, 3], Vec::<f32>::new()).unwrap()).unwrap().shape(), [2, 0]);
    }
}
