//! The same elements at other places, by strides: `Transpose`, `Slice`, `Expand`, `Tile`, `DepthToSpace`,
//! `SpaceToDepth`.

use super::axes::{axes, broadcast, lengths};
use super::inputs::{Inputs, length, room, usage};
use super::number::each_element;
use super::strides::{gather, repeated, strides};
use crate::error::Result;
use crate::model::tensor::Tensor;

/// The elements of `x` at `start` and on by `steps`, in a shape; all places must be in `x`.
fn gathered(x: &Tensor, start: usize, shape: &[usize], steps: &[isize]) -> Result<Tensor> {
    each_element!(x.data(), v => Tensor::new(shape, gather(v, start, shape, steps)?))
}

/// The axes in another order; reversed if none is given.
///
/// # Errors
/// `Usage` if the order does not name each axis once.
pub(super) fn transpose(perm: Option<&[usize]>, x: &Tensor) -> Result<Tensor> {
    let order: Vec<usize> = perm.map_or_else(|| (0..x.rank()).rev().collect(), <[usize]>::to_vec);
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if !sorted.iter().copied().eq(0..x.rank()) {
        return Err(usage(format!("{order:?} is no order of {} axes", x.rank())));
    }
    let own = strides(x.shape());
    let shape: Vec<usize> = order.iter().map(|at| x.shape()[*at]).collect();
    let steps: Vec<isize> = order.iter().map(|at| own[*at]).collect();
    gathered(x, 0, &shape, &steps)
}

/// Every so many elements from a start to an end (not with it), along some axes. Places beyond the ends are moved
/// to them.
pub(super) fn slice(inputs: Inputs<'_>) -> Result<Tensor> {
    let x = inputs.get(0)?;
    let (starts, ends) = (inputs.ints(1)?, inputs.ints(2)?);
    let list = match inputs.maybe_ints(3)? {
        Some(list) => axes(&list, x.rank())?,
        None => (0..starts.len()).collect(),
    };
    let steps = inputs.maybe_ints(4)?.unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), list.len(), steps.len()] != [starts.len(); 3] || starts.len() > x.rank() {
        return Err(length("starts, ends, axes and steps are not equally many"));
    }
    let mut shape = x.shape().to_vec();
    let mut along = strides(x.shape());
    let mut first = 0_usize;
    for (k, at) in list.iter().enumerate() {
        let cut = Cut::new(starts[k], ends[k], steps[k], shape[*at])?;
        first = first.saturating_add(cut.start.saturating_mul(along[*at].unsigned_abs()));
        shape[*at] = cut.count;
        along[*at] = along[*at].saturating_mul(cut.step);
    }
    gathered(x, first, &shape, &along)
}

/// What a slice takes of one axis.
#[derive(Debug, PartialEq)]
struct Cut {
    start: usize,
    count: usize,
    step: isize,
}

impl Cut {
    fn new(start: i64, end: i64, step: i64, n: usize) -> Result<Cut> {
        let n = i64::try_from(n).map_err(|_| usage("an axis is too long"))?;
        let from_first = |at: i64| if at < 0 { at.saturating_add(n) } else { at };
        let (start, end) = (from_first(start), from_first(end));
        let (start, end) = match step {
            0 => return Err(usage("the step of a slice is 0")),
            1.. => (start.clamp(0, n), end.clamp(0, n)),
            // Backwards the place before the first is an end.
            _ => (start.clamp(-1, n - 1), end.clamp(-1, n - 1)),
        };
        let distance = if step > 0 { end - start } else { start - end };
        if distance <= 0 {
            return Ok(Cut { start: 0, count: 0, step: 1 });
        }
        let size = i64::try_from(step.unsigned_abs()).unwrap_or(i64::MAX);
        let count = (distance - 1) / size + 1;
        let whole = |n: i64| usize::try_from(n).unwrap_or(0);
        // A step that leaves one element is never taken; its size need not fit.
        let step = if count == 1 { 1 } else { isize::try_from(step).unwrap_or(1) };
        Ok(Cut { start: whole(start), count: whole(count), step })
    }
}

/// Repeated along axes of length 1 until it has the shape wanted, or the shape that both have together.
pub(super) fn expand(inputs: Inputs<'_>) -> Result<Tensor> {
    let x = inputs.get(0)?;
    let shape = broadcast(x.shape(), &lengths(&inputs.ints(1)?)?)?;
    gathered(x, 0, &shape, &repeated(x.shape(), &shape)?)
}

/// Repeated so many times along each axis.
pub(super) fn tile(inputs: Inputs<'_>) -> Result<Tensor> {
    let x = inputs.get(0)?;
    let times = lengths(&inputs.ints(1)?)?;
    if times.len() != x.rank() {
        return Err(length(format!("{} numbers of repeats for {} axes", times.len(), x.rank())));
    }
    // Each axis is two: the repeats, along which nothing moves, and its own.
    let own = strides(x.shape());
    let doubled: Vec<usize> = times.iter().zip(x.shape()).flat_map(|(t, n)| [*t, *n]).collect();
    let steps: Vec<isize> = own.iter().flat_map(|step| [0, *step]).collect();
    room(&doubled, x.dtype().size())?;
    let shape: Vec<usize> = times.iter().zip(x.shape()).map(|(t, n)| t * n).collect();
    gathered(x, 0, &doubled, &steps)?.reshaped(&shape)
}

/// Channels laid out as blocks of pixels.
pub(super) fn depth_to_space(block: usize, column_row_depth: bool, x: &Tensor) -> Result<Tensor> {
    let [n, c, h, w] = picture(x)?;
    let deep = block.checked_mul(block).filter(|area| *area > 0 && c % area == 0).map(|area| c / area);
    let Some(deep) = deep else {
        return Err(length(format!("{c} channels are no blocks of {block} by {block} pixels")));
    };
    let (split, order) = if column_row_depth {
        ([n, deep, block, block, h, w], [0, 1, 4, 2, 5, 3])
    } else {
        ([n, block, block, deep, h, w], [0, 3, 4, 1, 5, 2])
    };
    transpose(Some(&order), &x.reshaped(&split)?)?.reshaped(&[n, deep, h * block, w * block])
}

/// Blocks of pixels laid out as channels.
pub(super) fn space_to_depth(block: usize, x: &Tensor) -> Result<Tensor> {
    let [n, c, h, w] = picture(x)?;
    if block == 0 || h % block != 0 || w % block != 0 {
        return Err(length(format!("{h} by {w} pixels are no blocks of {block} by {block}")));
    }
    let (h, w) = (h / block, w / block);
    let split = x.reshaped(&[n, c, h, block, w, block])?;
    transpose(Some(&[0, 3, 5, 1, 2, 4]), &split)?.reshaped(&[n, c * block * block, h, w])
}

fn picture(x: &Tensor) -> Result<[usize; 4]> {
    x.shape().try_into().map_err(|_| length(format!("the input must have 4 axes and has {}", x.rank())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count_up(shape: &[usize]) -> Tensor {
        Tensor::new(shape, (0..shape.iter().product::<usize>() as i32).collect()).unwrap()
    }

    #[test]
    fn a_cut_is_that_of_a_python_slice() {
        let cut = |start, end, step| {
            let Cut { start, count, step } = Cut::new(start, end, step, 10).unwrap();
            (0..count as isize).map(|i| start as isize + i * step).collect::<Vec<_>>()
        };
        assert_eq!(cut(2, 7, 2), [2, 4, 6]);
        assert_eq!(cut(-3, i64::MAX, 1), [7, 8, 9]);
        assert_eq!(cut(-1, i64::MIN, -4), [9, 5, 1]);
        assert_eq!(cut(20, 3, -3), [9, 6]);
        assert_eq!(cut(0, 10, i64::MAX), [0]);
        assert_eq!(cut(9, -100, i64::MIN), [9]);
        assert!(cut(5, 5, 1).is_empty() && cut(20, 30, 1).is_empty() && cut(3, 5, -1).is_empty());
        assert!(Cut::new(0, 1, 0, 10).is_err());
        assert_eq!(Cut::new(-1, i64::MIN, -1, 0).unwrap().count, 0);
    }

    #[test]
    fn slices_may_go_backwards_along_several_axes() {
        let row = |list: &[i64]| Tensor::row(list.to_vec());
        let (x, s, e, a, t) =
            (count_up(&[3, 4]), row(&[-1, 1]), row(&[i64::MIN, 4]), row(&[0, -1]), row(&[-2, 2]));
        let made = slice(Inputs(&[Some(&x), Some(&s), Some(&e), Some(&a), Some(&t)])).unwrap();
        assert_eq!(made, Tensor::new(&[2, 2], vec![9, 11, 1, 3]).unwrap());
    }

    #[test]
    fn axes_change_places_and_orders_are_checked() {
        let x = count_up(&[2, 3]);
        assert_eq!(transpose(None, &x).unwrap(), Tensor::new(&[3, 2], vec![0, 3, 1, 4, 2, 5]).unwrap());
        assert!(transpose(Some(&[0, 0]), &x).is_err() && transpose(Some(&[0, 2]), &x).is_err());
        assert_eq!(transpose(Some(&[]), &Tensor::scalar(1_u8)).unwrap(), Tensor::scalar(1_u8));
    }

    #[test]
    fn repeats_lie_beside_each_other() {
        let (x, times) = (count_up(&[1, 2]), Tensor::row(vec![2_i64, 2]));
        let made = tile(Inputs(&[Some(&x), Some(&times)])).unwrap();
        assert_eq!(made, Tensor::new(&[2, 4], vec![0, 1, 0, 1, 0, 1, 0, 1]).unwrap());
        let huge = Tensor::row(vec![i64::MAX, i64::MAX]);
        assert!(tile(Inputs(&[Some(&x), Some(&huge)])).is_err());
        let wide = Tensor::row(vec![3_i64, 1]);
        assert_eq!(expand(Inputs(&[Some(&x), Some(&wide)])).unwrap().shape(), [3, 2]);
    }

    #[test]
    fn blocks_become_channels_and_come_back() {
        let x = count_up(&[2, 8, 3, 5]);
        let there = depth_to_space(2, false, &x).unwrap();
        assert_eq!(there.shape(), [2, 2, 6, 10]);
        assert_eq!(space_to_depth(2, &there).unwrap(), x);
        assert!(depth_to_space(0, true, &x).is_err() && depth_to_space(3, true, &x).is_err());
        assert!(space_to_depth(2, &x).is_err() && space_to_depth(0, &x).is_err());
    }
}
