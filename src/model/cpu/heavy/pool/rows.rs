//! [`Rows`]: each window of a channel made into one number by a function of two, down the columns first and then
//! along them, sixteen columns at a time.
//!
//! The invariant: what is around a picture counts as the number that a window begins with, which changes nothing. The
//! order within a window depends on nothing but the window.

#![allow(clippy::indexing_slicing, reason = "a Layout has been checked against the tensors")]

use super::super::level::{Level, Work};
use super::{AXES, Layout};

/// Columns at once.
const RUN: usize = 16;

/// The elements of the windows that are inside, along each axis: where the first is, and how many there are.
pub(super) type Spans = [Vec<(usize, usize)>; AXES];

/// One channel.
pub(super) struct Rows<'a, T, F> {
    pub(super) layout: &'a Layout,
    pub(super) spans: &'a Spans,
    pub(super) x: &'a [T],
    pub(super) out: &'a mut [T],
    /// Room for a padded row.
    pub(super) row: &'a mut Vec<T>,
    /// What a window begins with.
    pub(super) start: T,
    pub(super) join: F,
}

impl<T: Copy, F: Fn(T, T) -> T + Copy> Work for Rows<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let [_, down, across] = &self.layout.axes;
        // Padded on both sides, so that each window has all its elements, and a run more.
        let windows = (across.output - 1) * across.stride + across.extent() + 2 * RUN * across.stride;
        let whole = |n: i64| usize::try_from(n).unwrap_or(0);
        let (before, skipped) = (whole(across.before.max(0)), whole((-across.before).max(0)));
        self.row.clear();
        self.row.resize(windows.max(before + across.input) + RUN, self.start);
        let width = across.input.saturating_sub(skipped);
        for (number, out) in self.out.chunks_exact_mut(across.output).enumerate() {
            let spans = (self.spans[0][number / down.output], self.spans[1][number % down.output]);
            let places = Places { layout: self.layout, spans, skipped };
            let middle = &mut self.row[before..before + width];
            places.down(self.x, middle, self.start, self.join);
            let row = self.row.as_slice();
            match across.stride {
                1 => along::<T, 1>(row, (across.kernel, across.dilation), 1, self.start, self.join, out),
                2 => along::<T, 2>(row, (across.kernel, across.dilation), 2, self.start, self.join, out),
                n => along::<T, 0>(row, (across.kernel, across.dilation), n, self.start, self.join, out),
            }
        }
    }
}

/// The rows of the picture that make one row of windows.
struct Places<'a> {
    layout: &'a Layout,
    spans: ((usize, usize), (usize, usize)),
    /// Columns at the begin of a row that no window has.
    skipped: usize,
}

impl Places<'_> {
    /// Makes the rows into one.
    #[inline(always)]
    fn down<T: Copy>(&self, x: &[T], into: &mut [T], start: T, join: impl Fn(T, T) -> T + Copy) {
        let width = into.len();
        if width < RUN {
            into.fill(start);
            self.each(|from| into.iter_mut().zip(&x[from..]).for_each(|(to, x)| *to = join(*to, *x)));
            return;
        }
        for at in (0..width).step_by(RUN) {
            // The last run begins earlier: what is computed again is the same.
            let at = at.min(width - RUN);
            let mut sums = [start; RUN];
            self.each(|from| {
                if let Some(x) = x[from + at..].first_chunk::<RUN>() {
                    sums = both(&sums, x, join);
                }
            });
            into[at..at + RUN].copy_from_slice(&sums);
        }
    }

    /// Where each of the rows begins.
    #[inline(always)]
    fn each(&self, mut work: impl FnMut(usize)) {
        let [deep, down, across] = &self.layout.axes;
        let (d, h) = self.spans;
        for plane in 0..d.1 {
            for row in 0..h.1 {
                let at = (d.0 + plane * deep.dilation) * down.input + h.0 + row * down.dilation;
                work(at * across.input + self.skipped);
            }
        }
    }
}

#[inline(always)]
fn both<T: Copy>(a: &[T; RUN], b: &[T; RUN], join: impl Fn(T, T) -> T) -> [T; RUN] {
    let mut made = *a;
    for i in 0..RUN {
        made[i] = join(a[i], b[i]);
    }
    made
}

/// Makes the windows along a padded row, `STRIDE` (or, if that is none, `stride`) apart, into one number each.
#[inline(always)]
fn along<T: Copy, const STRIDE: usize>(
    row: &[T],
    (kernel, dilation): (usize, usize),
    stride: usize,
    start: T,
    join: impl Fn(T, T) -> T + Copy,
    out: &mut [T],
) {
    for (at, out) in out.chunks_mut(RUN).enumerate() {
        let mut sums = [start; RUN];
        for k in 0..kernel {
            let from = &row[at * RUN * stride + k * dilation..];
            let mut x = [start; RUN];
            match (STRIDE, from.first_chunk::<RUN>(), from.first_chunk::<{ 2 * RUN }>()) {
                (1, Some(from), _) => x = *from,
                (2, _, Some(from)) => {
                    for i in 0..RUN {
                        x[i] = from[2 * i];
                    }
                }
                _ => x.iter_mut().zip(from.iter().step_by(stride)).for_each(|(x, from)| *x = *from),
            }
            sums = both(&sums, &x, join);
        }
        match out.first_chunk_mut() {
            Some(out) => *out = sums,
            None => out.copy_from_slice(&sums[..out.len()]),
        }
    }
}
