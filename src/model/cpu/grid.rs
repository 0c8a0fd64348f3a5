//! `GridSample`: a tensor read at any places, which a grid names by numbers from -1 to 1, in any number of spatial
//! axes.
//!
//! The places and weights of a sample are the same for all its channels, so they are found once. Coordinates are
//! computed in the type of the grid, as every other executor does: a place halfway must be halfway to all.

use super::each::pieces;
use super::functions::{Float, Real};
use super::inputs::{Inputs, elements, length, no_kernel, room};
use super::number::each_float;
use super::threads::Threads;
use crate::error::Result;
use crate::model::op::{GridMode, GridPadding};
use crate::model::tensor::Tensor;

/// How a grid is read.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    pub(super) mode: GridMode,
    pub(super) padding: GridPadding,
    pub(super) align_corners: bool,
}

/// Inputs X (samples, channels, spatial axes) and a grid (samples, places, as many coordinates as spatial axes, the
/// last axis first).
pub(super) fn sample(rule: Rule, inputs: Inputs<'_>, threads: &Threads) -> Result<Tensor> {
    let (x, grid) = (inputs.get(0)?, inputs.get(1)?);
    let (a, b) = (x.shape(), grid.shape());
    let ([n, c, space @ ..], [samples, places @ .., coordinates]) = (a, b) else {
        return Err(length("the input must have samples, channels and spatial axes"));
    };
    if n != samples || space.is_empty() || space.len() != *coordinates || places.len() != space.len() {
        return Err(length(format!("a grid of shape {b:?} does not fit an input of shape {a:?}")));
    }
    let shape = [&[*n, *c], places].concat();
    if room(&shape, 8)? > 0 && space.contains(&0) {
        return Err(length("an axis without elements cannot be read"));
    }
    if space.len() > 4 {
        return Err(length(format!("{} spatial axes are too many to read", space.len())));
    }
    each_float!(x.data(), v => Tensor::new(&shape, go(rule, v, elements(grid, 1)?, (*n, *c), space, threads)?),
        _ => Err(no_kernel(x.dtype())))
}

fn go<T: Float>(
    rule: Rule,
    x: &[T],
    grid: &[T],
    (n, c): (usize, usize),
    space: &[usize],
    threads: &Threads,
) -> Result<Vec<T>> {
    let area: usize = space.iter().product();
    let rank = space.len();
    let places = (grid.len() / rank).checked_div(n).unwrap_or(0);
    let mut made = vec![T::default(); room(&[n, c, places], 8)?];
    if made.is_empty() {
        return Ok(made);
    }
    let taps = rule.taps().pow(rank as u32);
    let mut table = vec![(0_usize, T::Work::ZERO, false); room(&[places, taps], 64)?];
    let few = threads.unless_few(places * taps * (c + 4));
    for sample in 0..n {
        let grid = &grid[sample * places * rank..(sample + 1) * places * rank];
        few.chunks(&mut table, taps * 256, |number, run| {
            for (k, to) in run.chunks_exact_mut(taps).enumerate() {
                let at = (number * 256 + k) * rank;
                rule.spread(&grid[at..at + rank], space, to);
            }
        });
        let from = &x[sample * c * area..(sample + 1) * c * area];
        let to = &mut made[sample * c * places..(sample + 1) * c * places];
        pieces(&few, to, places, &|channel, to| {
            let from = &from[channel * area..(channel + 1) * area];
            for (to, taps) in to.iter_mut().zip(table.chunks_exact(taps)) {
                let inside = taps.iter().filter(|(_, _, inside)| *inside);
                *to = T::of_work(
                    inside.fold(T::Work::ZERO, |sum, (at, weight, _)| sum + from[*at].work() * *weight),
                );
            }
        });
    }
    Ok(made)
}

impl Rule {
    /// Neighbours along one axis.
    fn taps(self) -> usize {
        match self.mode {
            GridMode::Nearest => 1,
            GridMode::Linear => 2,
            GridMode::Cubic => 4,
        }
    }

    /// Place, weight, and whether it is inside, of all neighbours of one place of the grid.
    fn spread<T: Float>(self, coordinates: &[T], space: &[usize], to: &mut [(usize, T::Work, bool)]) {
        to.fill((0, T::Work::ONE, true));
        let taps = self.taps();
        // Neighbours are numbered with those of the last axis fastest.
        let mut repeat = 1;
        let mut step = 1;
        for (axis, n) in space.iter().enumerate().rev() {
            let along = self.along(coordinates[space.len() - 1 - axis], *n);
            for (number, (place, weight, inside)) in to.iter_mut().enumerate() {
                let (at, share) = along[number / repeat % taps];
                *place += at.unwrap_or(0) * step;
                *weight = *weight * T::Work::of(share);
                *inside &= at.is_some();
            }
            repeat *= taps;
            step *= n;
        }
    }

    /// The neighbours along an axis of `n` elements of the place that a number from -1 to 1 names.
    fn along<T: Float>(self, coordinate: T, n: usize) -> [(Option<usize>, f64); 4] {
        let (one, half, n) = (T::Work::ONE, T::Work::of(0.5), n as f64);
        let long = T::Work::of(n);
        let place = if self.align_corners {
            (coordinate.work() + one) * half * (long - one)
        } else {
            ((coordinate.work() + one) * long - one) * half
        };
        let place = if self.mode == GridMode::Nearest { place.round_to_even() } else { place };
        let (low, high) = if self.align_corners { (0.0, n - 1.0) } else { (-0.5, n - 0.5) };
        let mut place = T::of_work(place).to_f64();
        if !place.is_finite() {
            place = -1.0;
        }
        if place < low || place > high {
            place = match self.padding {
                GridPadding::Zeros => place.clamp(-4.0, n + 4.0),
                GridPadding::Border => place.clamp(0.0, n - 1.0),
                GridPadding::Reflection => reflected(place, low, high),
            };
        }
        let inside = |at: f64| {
            let at = match self.padding {
                GridPadding::Zeros if at < 0.0 || at > n - 1.0 => return None,
                GridPadding::Zeros => at,
                GridPadding::Border => at.clamp(0.0, n - 1.0),
                GridPadding::Reflection => reflected(at, low, high).clamp(0.0, n - 1.0),
            };
            Some(at as usize)
        };
        let (floor, rest) = (place.floor(), place - place.floor());
        match self.mode {
            GridMode::Nearest => [(inside(place.round_ties_even()), 1.0); 4],
            GridMode::Linear => {
                [(inside(floor), 1.0 - rest), (inside(floor + 1.0), rest), (None, 0.0), (None, 0.0)]
            }
            GridMode::Cubic => {
                let at = |k: f64| (inside(floor + k), cubic(rest - k));
                [at(-1.0), at(0.0), at(1.0), at(2.0)]
            }
        }
    }
}

/// A place mirrored at both ends until it is between them.
fn reflected(place: f64, low: f64, high: f64) -> f64 {
    let long = high - low;
    if long <= 0.0 {
        return low;
    }
    let round = (place - low).rem_euclid(2.0 * long);
    low + if round > long { 2.0 * long - round } else { round }
}

/// Keys' filter with the coefficient -0.75.
fn cubic(distance: f64) -> f64 {
    let (a, x) = (-0.75, distance.abs());
    if x <= 1.0 {
        ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    } else {
        ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rule: Rule, x: &Tensor, grid: Vec<f32>) -> Vec<f32> {
        let space = x.rank() - 2;
        let mut shape = vec![1; space + 2];
        (shape[1], shape[space + 1]) = (grid.len() / space, space);
        let grid = Tensor::new(&shape, grid).unwrap();
        sample(rule, Inputs(&[Some(x), Some(&grid)]), &Threads::one()).unwrap().into_elements().unwrap()
    }

    #[test]
    fn corners_are_elements_or_their_edges() {
        let x = Tensor::new(&[1, 1, 2, 2], vec![1.0_f32, 2.0, 3.0, 4.0]).unwrap();
        let rule = |mode, padding, align_corners| Rule { mode, padding, align_corners };
        let (linear, nearest) = (GridMode::Linear, GridMode::Nearest);
        let (zeros, border, mirror) = (GridPadding::Zeros, GridPadding::Border, GridPadding::Reflection);
        assert_eq!(
            read(rule(linear, zeros, true), &x, vec![-1.0, -1.0, 0.0, 0.0, 1.0, -1.0]),
            [1.0, 2.5, 2.0]
        );
        assert_eq!(read(rule(linear, zeros, false), &x, vec![-1.0, -1.0]), [0.25]);
        assert_eq!(read(rule(linear, border, false), &x, vec![-9.0, 9.0]), [3.0]);
        assert_eq!(read(rule(nearest, mirror, false), &x, vec![1.6, -0.5, 3.4, -0.5]), [2.0, 1.0]);
        assert_eq!(read(rule(linear, border, true), &x, vec![f32::NAN, f32::INFINITY]), [1.0]);
        assert_eq!(read(rule(nearest, zeros, true), &x, vec![f32::NEG_INFINITY, 0.0]), [0.0]);
    }

    #[test]
    fn a_volume_is_read_along_three_axes() {
        let x = Tensor::new(&[1, 1, 2, 2, 2], (0..8).map(|v| v as f32).collect()).unwrap();
        let rule = Rule { mode: GridMode::Linear, padding: GridPadding::Zeros, align_corners: true };
        assert_eq!(read(rule, &x, vec![1.0, -1.0, -1.0, -1.0, -1.0, 1.0, 0.0, 0.0, 0.0]), [1.0, 4.0, 3.5]);
    }

    #[test]
    fn a_grid_that_does_not_fit_is_refused() {
        let x = Tensor::new(&[1, 1, 2, 2], vec![0.0_f32; 4]).unwrap();
        let rule = Rule { mode: GridMode::Cubic, padding: GridPadding::Zeros, align_corners: true };
        for shape in [&[1, 1, 1, 3][..], &[2, 1, 1, 2], &[1, 1, 2], &[]] {
            let grid = Tensor::new(shape, vec![0.0_f32; shape.iter().product()]).unwrap();
            assert!(sample(rule, Inputs(&[Some(&x), Some(&grid)]), &Threads::one()).is_err(), "{shape:?}");
        }
    }
}
