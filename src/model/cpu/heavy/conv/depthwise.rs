//! Convolution where each channel is a group of its own: a row at a time, sixteen windows at once.
//!
//! The invariant: the rows that are read are padded, so that no window is beyond an edge.

#![allow(clippy::indexing_slicing, reason = "a Layout has been checked against the tensors")]

use super::super::finish::Finish;
use super::super::level::{Level, Work, dispatch};
use super::super::room;
use super::super::spatial::{Axis, lead};
use super::layout::Layout;
use super::windows::put;
use crate::model::cpu::threads::Threads;

/// Windows at once.
const RUN: usize = 16;

/// Whether weights of this shape are done here.
pub(super) fn takes(group: usize, weights: &[usize]) -> bool {
    group > 1 && weights.get(1) == Some(&1) && (3..=4).contains(&weights.len())
}

/// Whether a convolution is done here.
pub(super) fn fits(layout: &Layout) -> bool {
    layout.group > 1 && layout.inputs_each() == 1 && (1..=2).contains(&layout.axes.len())
}

/// Convolves; the shapes have been checked.
pub(super) fn convolve(
    layout: &Layout,
    x: &[f32],
    w: &[f32],
    finish: &Finish<'_>,
    out: &mut [f32],
    threads: &Threads,
) {
    let (plane, input, kernel) = (layout.output_plane(), layout.input_plane(), layout.kernel());
    let axes = lead(&layout.axes, 2);
    let (rows, columns) = (axes[0], axes[1]);
    // Room for a whole run of windows behind the last row.
    let slack = 2 * RUN * columns.stride + columns.extent();
    let padded = rows.padded() * columns.padded();
    let each = layout.outputs_each();
    let threads = threads.unless_few(out.len().saturating_mul(kernel) / 8);
    let room = || {
        let mut room = room::take(padded + slack);
        room.fill(0.0);
        Line(room)
    };
    // The result of one input channel at a time: its padded rows serve all of its outputs.
    threads.each_with(out.chunks_mut(plane * each).enumerate(), room, |Line(room), (at, out)| {
        if input > 0 {
            put(&axes, &x[at * input..(at + 1) * input], &mut room[..padded]);
        }
        for (number, out) in out.chunks_exact_mut(plane).enumerate() {
            let channel = at % layout.inputs * each + number;
            let first = (at * each + number) * plane;
            let finish = Finish {
                bias: finish.bias.map(|bias| &bias[channel..=channel]),
                residual: finish.residual.map(|all| &all[first..first + plane]),
                act: finish.act,
            };
            let w = &w[channel * kernel..(channel + 1) * kernel];
            dispatch(Channel { rows, columns, x: room, w, finish, out });
        }
    });
}

/// A padded channel, whose memory goes back when it is dropped.
struct Line(Vec<f32>);

impl Drop for Line {
    fn drop(&mut self) {
        room::give(std::mem::take(&mut self.0));
    }
}

/// One channel that comes out.
struct Channel<'a> {
    rows: Axis,
    columns: Axis,
    x: &'a [f32],
    w: &'a [f32],
    finish: Finish<'a>,
    out: &'a mut [f32],
}

impl Work for Channel<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let steps = (self.rows.stride, self.columns.stride, self.rows.dilation, self.columns.dilation);
        match (steps, self.rows.kernel, self.columns.kernel) {
            ((1, 1, 1, 1), 3, 3) => self.sized::<L, 1, 3>(),
            ((2, 2, 1, 1), 3, 3) => self.sized::<L, 2, 3>(),
            ((1, 1, 1, 1), 5, 5) => self.sized::<L, 1, 5>(),
            ((2, 2, 1, 1), 5, 5) => self.sized::<L, 2, 5>(),
            ((_, 1, ..), ..) => self.any::<L, 1>(),
            ((_, 2, ..), ..) => self.any::<L, 2>(),
            _ => self.any::<L, 0>(),
        }
    }
}

impl Channel<'_> {
    /// A square window, in loops of known length: four rows of results at once, then those that are left.
    #[inline(always)]
    fn sized<L: Level, const STRIDE: usize, const K: usize>(self) {
        let (line, width, finish) = (self.columns.padded(), self.columns.output, self.finish);
        let mut w = [[0.0; K]; K];
        for (row, from) in w.iter_mut().zip(self.w.chunks_exact(K)) {
            row.copy_from_slice(from);
        }
        let mut row = 0;
        let mut fours = self.out.chunks_exact_mut(4 * width);
        for out in &mut fours {
            lines::<L, STRIDE, K, 4>(&self.x[row * STRIDE * line..], line, &w, &finish, row * width, out);
            row += 4;
        }
        for out in fours.into_remainder().chunks_exact_mut(width) {
            lines::<L, STRIDE, K, 1>(&self.x[row * STRIDE * line..], line, &w, &finish, row * width, out);
            row += 1;
        }
    }

    /// Any window.
    #[inline(always)]
    fn any<L: Level, const STRIDE: usize>(self) {
        let line = self.columns.padded();
        let width = self.columns.output;
        let finish = self.finish;
        for (number, out) in self.out.chunks_exact_mut(width).enumerate() {
            for (at, out) in out.chunks_mut(RUN).enumerate() {
                let mut sums = [0.0; RUN];
                for (row, w) in self.w.chunks_exact(self.columns.kernel).enumerate() {
                    let from = (number * self.rows.stride + row * self.rows.dilation) * line
                        + at * RUN * self.columns.stride;
                    for (k, w) in w.iter().enumerate() {
                        let x = &self.x[from + k * self.columns.dilation..];
                        sums = accumulate::<L, STRIDE>(x, *w, self.columns.stride, &sums);
                    }
                }
                write(&finish, number * width + at * RUN, sums, out);
            }
        }
    }
}

/// `ROWS` rows of results; `first` is the number of the first in its channel. Each vector that is read serves every
/// row that it belongs to.
#[inline(always)]
fn lines<L: Level, const STRIDE: usize, const K: usize, const ROWS: usize>(
    x: &[f32],
    line: usize,
    w: &[[f32; K]; K],
    finish: &Finish<'_>,
    first: usize,
    out: &mut [f32],
) {
    let width = out.len() / ROWS;
    for from in (0..width).step_by(RUN) {
        let mut sums = [[0.0; RUN]; ROWS];
        for row in 0..(ROWS - 1) * STRIDE + K {
            let x = &x[row * line + from * STRIDE..];
            for k in 0..K {
                let x = vector::<STRIDE>(&x[k..]);
                for number in 0..ROWS {
                    if row >= number * STRIDE && row < number * STRIDE + K {
                        sums[number] = fused::<L>(&x, w[row - number * STRIDE][k], &sums[number]);
                    }
                }
            }
        }
        let count = (width - from).min(RUN);
        for (number, sums) in sums.into_iter().enumerate() {
            let at = number * width + from;
            write(finish, first + at, sums, &mut out[at..at + count]);
        }
    }
}

/// Sixteen elements, `STRIDE` apart.
#[inline(always)]
fn vector<const STRIDE: usize>(x: &[f32]) -> [f32; RUN] {
    let mut made = [0.0; RUN];
    if STRIDE == 1 {
        made = x.first_chunk().copied().unwrap_or(made);
    } else if let Some(x) = x.first_chunk::<{ 2 * RUN }>() {
        for i in 0..RUN {
            made[i] = x[2 * i];
        }
    }
    made
}

/// Sums with a weight times elements.
#[inline(always)]
fn fused<L: Level>(x: &[f32; RUN], w: f32, sums: &[f32; RUN]) -> [f32; RUN] {
    let mut made = [0.0; RUN];
    for i in 0..RUN {
        made[i] = L::mul_add(x[i], w, sums[i]);
    }
    made
}

/// Finishes sums, as many as there are results.
#[inline(always)]
fn write(finish: &Finish<'_>, from: usize, mut sums: [f32; RUN], out: &mut [f32]) {
    let bias = finish.bias.map_or(0.0, |bias| bias[0]);
    let count = out.len();
    let residual = finish.residual.map(|all| {
        let mut more = [0.0; RUN];
        more[..count].copy_from_slice(&all[from..from + count]);
        more
    });
    let residual = residual.as_ref().map(<[f32; RUN]>::as_slice);
    match out.first_chunk_mut::<RUN>() {
        Some(out) => finish.write(bias, residual, &mut sums, out),
        None => {
            let mut done = [0.0; RUN];
            finish.write(bias, residual, &mut sums, &mut done);
            out.copy_from_slice(&done[..count]);
        }
    }
}

/// Sums with a weight times sixteen elements, `STRIDE` (or, if that is none, `stride`) apart.
#[inline(always)]
fn accumulate<L: Level, const STRIDE: usize>(
    x: &[f32],
    w: f32,
    stride: usize,
    sums: &[f32; RUN],
) -> [f32; RUN] {
    let mut strided = [0.0; RUN];
    if STRIDE == 0 {
        strided.iter_mut().zip(x.iter().step_by(stride)).for_each(|(to, x)| *to = *x);
    } else {
        strided = vector::<STRIDE>(x);
    }
    fused::<L>(&strided, w, sums)
}
