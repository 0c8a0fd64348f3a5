//! [`Walk`]: several operands gone through together in the order of one shape, each with its own strides.
//!
//! The invariant: a walk visits each place of its shape once, last axis fastest. Axes that lie behind one another
//! in all operands are walked as one, so that what is contiguous is one long row. The copies that move elements
//! without looking at them (`Transpose`, `Slice`, `Expand`...) are [`gather`] with the right strides.

use super::axes::broadcast;
use super::inputs::{length, room};
use crate::error::Result;
use crate::model::tensor::Element;

/// Elements from one place to the next along each axis of a shape.
pub(super) fn strides(shape: &[usize]) -> Vec<isize> {
    let mut step = 1_isize;
    let mut all: Vec<isize> = shape
        .iter()
        .rev()
        .map(|n| {
            let this = step;
            step = step.saturating_mul(isize::try_from(*n).unwrap_or(isize::MAX));
            this
        })
        .collect();
    all.reverse();
    all
}

/// The strides of a tensor of shape `from` seen in the shape `to`: 0 along the axes that are repeated.
pub(super) fn repeated(from: &[usize], to: &[usize]) -> Result<Vec<isize>> {
    if broadcast(from, to)? != to {
        return Err(length(format!("the shape {from:?} does not repeat to {to:?}")));
    }
    let missing = to.len() - from.len();
    let own = strides(from);
    Ok((0..to.len())
        .map(|at| match at.checked_sub(missing) {
            Some(place) if from[place] != 1 => own[place],
            _ => 0,
        })
        .collect())
}

/// Several operands gone through together.
pub(super) struct Walk<const N: usize> {
    /// Outermost first; never empty, and the last is the longest stretch that has one stride in all operands.
    shape: Vec<usize>,
    strides: Vec<[isize; N]>,
}

impl<const N: usize> Walk<N> {
    /// A walk in the order of `shape`; each operand has a stride an axis.
    pub(super) fn new(shape: &[usize], operands: [&[isize]; N]) -> Walk<N> {
        let mut walk = Walk { shape: Vec::new(), strides: Vec::new() };
        for (at, n) in shape.iter().enumerate() {
            let step: [isize; N] = std::array::from_fn(|k| operands[k][at]);
            if *n == 1 {
                continue;
            }
            let inner = isize::try_from(*n).unwrap_or(isize::MAX);
            match (walk.shape.last_mut(), walk.strides.last_mut()) {
                (Some(outer), Some(outer_step))
                    if *n != 0 && (0..N).all(|k| outer_step[k] == step[k].saturating_mul(inner)) =>
                {
                    *outer *= n;
                    *outer_step = step;
                }
                _ => {
                    walk.shape.push(*n);
                    walk.strides.push(step);
                }
            }
        }
        if walk.shape.is_empty() {
            walk.shape.push(1);
            walk.strides.push([1; N]);
        }
        walk
    }

    /// How many places a row has.
    pub(super) fn row(&self) -> usize {
        self.shape.last().copied().unwrap_or(1)
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.shape.iter().rev().skip(1).product()
    }

    /// From one place of a row to the next, for each operand.
    pub(super) fn step(&self) -> [isize; N] {
        self.strides.last().copied().unwrap_or([1; N])
    }

    /// Calls `row` with the place of each operand at the begin of the rows `from..to`, counted from 0.
    pub(super) fn each(&self, from: usize, to: usize, row: &mut dyn FnMut([isize; N])) {
        let outer = self.shape.len() - 1;
        if from >= to || self.row() == 0 {
            return;
        }
        let mut index = vec![0_usize; outer];
        let mut place = [0_isize; N];
        let mut rest = from;
        for axis in (0..outer).rev() {
            index[axis] = rest % self.shape[axis];
            rest /= self.shape[axis];
            for (at, step) in place.iter_mut().zip(self.strides[axis]) {
                *at += step * index[axis] as isize;
            }
        }
        for _ in from..to {
            row(place);
            for axis in (0..outer).rev() {
                let steps = self.strides[axis];
                index[axis] += 1;
                if index[axis] < self.shape[axis] {
                    for (at, step) in place.iter_mut().zip(steps) {
                        *at += step;
                    }
                    break;
                }
                for (at, step) in place.iter_mut().zip(steps) {
                    *at -= step * (self.shape[axis] - 1) as isize;
                }
                index[axis] = 0;
            }
        }
    }

    /// Calls `row` for all rows.
    pub(super) fn all(&self, row: &mut dyn FnMut([isize; N])) {
        self.each(0, self.rows(), row);
    }
}

/// The elements of `from` at `start` and from there by `strides`, in the order of `shape`. All places that the shape
/// reaches must be in `from`.
pub(super) fn gather<T: Element>(
    from: &[T],
    start: usize,
    shape: &[usize],
    strides: &[isize],
) -> Result<Vec<T>> {
    let total = room(shape, T::DTYPE.size())?;
    let mut made = Vec::with_capacity(total);
    if total == 0 {
        return Ok(made);
    }
    let walk = Walk::new(shape, [strides]);
    let (n, [step]) = (walk.row(), walk.step());
    // A stride along a row that is short beside a unit stride elsewhere (a transposed matrix) is taken in tiles.
    if let Some(tiles) = Tiles::of(&walk) {
        return Ok(tiles.gather(from, start, &walk, total));
    }
    walk.all(&mut |[place]| {
        let first = start.wrapping_add_signed(place);
        match step {
            1 => made.extend_from_slice(&from[first..first + n]),
            0 => made.resize(made.len() + n, from[first]),
            _ => made.extend((0..n).map(|i| from[first.wrapping_add_signed(step * i as isize)])),
        }
    });
    Ok(made)
}

/// The last two axes of a walk as a matrix of which the columns are contiguous, read a square at a time.
struct Tiles {
    rows: usize,
    columns: usize,
}

impl Tiles {
    const SIDE: usize = 16;

    fn of(walk: &Walk<1>) -> Option<Tiles> {
        let [.., outer, inner] = walk.strides.as_slice() else { return None };
        let [.., rows, columns] = walk.shape.as_slice() else { return None };
        (outer == &[1] && inner[0].unsigned_abs() > 1 && *rows >= 4 && *columns >= 4)
            .then_some(Tiles { rows: *rows, columns: *columns })
    }

    fn gather<T: Element>(&self, from: &[T], start: usize, walk: &Walk<1>, total: usize) -> Vec<T> {
        let Tiles { rows, columns } = *self;
        let [step] = walk.step();
        let mut made = vec![T::default(); total];
        let mut matrix = 0;
        // Every `rows`-th row of the walk begins a matrix.
        let mut number = 0;
        walk.all(&mut |[place]| {
            if number % rows == 0 {
                let first = start.wrapping_add_signed(place);
                let to = &mut made[matrix * rows * columns..(matrix + 1) * rows * columns];
                for r0 in (0..rows).step_by(Self::SIDE) {
                    for c0 in (0..columns).step_by(Self::SIDE) {
                        for r in r0..rows.min(r0 + Self::SIDE) {
                            for c in c0..columns.min(c0 + Self::SIDE) {
                                to[r * columns + c] =
                                    from[(first + r).wrapping_add_signed(step * c as isize)];
                            }
                        }
                    }
                }
                matrix += 1;
            }
            number += 1;
        });
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_contiguous_is_one_row() {
        let shape = [2, 3, 4];
        let own = strides(&shape);
        let walk = Walk::new(&shape, [&own, &own]);
        assert_eq!((walk.rows(), walk.row(), walk.step()), (1, 24, [1, 1]));
        let row = repeated(&[3, 4], &shape).unwrap();
        let walk = Walk::new(&shape, [&own, &row]);
        assert_eq!((walk.rows(), walk.row()), (2, 12));
    }

    #[test]
    fn a_walk_can_begin_anywhere() {
        let walk = Walk::new(&[2, 3, 2], [&[100, 10, 2]]);
        let mut seen = Vec::new();
        walk.each(1, 5, &mut |[place]| seen.push(place));
        assert_eq!(seen, [10, 20, 100, 110]);
    }

    #[test]
    fn a_matrix_is_transposed_in_tiles_as_element_by_element() {
        let (rows, columns) = (19, 37);
        let from: Vec<i32> = (0..2 * rows * columns).collect();
        let shape = [2, columns as usize, rows as usize];
        let made = gather(&from, 0, &shape, &[(rows * columns) as isize, 1, columns as isize]).unwrap();
        for m in 0..2 {
            for c in 0..columns {
                for r in 0..rows {
                    let at = (m * columns + c) * rows + r;
                    assert_eq!(made[at as usize], (m * rows + r) * columns + c);
                }
            }
        }
    }

    #[test]
    fn strides_may_be_negative_or_zero() {
        assert_eq!(gather(&[1, 2, 3, 4], 3, &[2, 2], &[-2, -1]).unwrap(), [4, 3, 2, 1]);
        assert_eq!(gather(&[7, 8], 0, &[2, 3], &[1, 0]).unwrap(), [7, 7, 7, 8, 8, 8]);
        assert!(gather(&[7], 0, &[0, 3], &[1, 0]).unwrap().is_empty());
    }
}
