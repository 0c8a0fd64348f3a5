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
    let room_of = Padded::of(rows, columns);
    let each = layout.outputs_each();
    let threads = threads.unless_few(out.len().saturating_mul(kernel) / 8);
    let room = || {
        let mut room = room::take(room_of.length());
        room.fill(0.0);
        Line(room)
    };
    // The result of one input channel at a time: its padded rows serve all of its outputs.
    threads.each_with(out.chunks_mut(plane * each).enumerate(), room, |Line(room), (at, out)| {
        let first = at % layout.inputs * each;
        let finish = Finish {
            bias: finish.bias.map(|bias| &bias[first..first + each]),
            residual: finish.residual.map(|all| &all[at * each * plane..(at + 1) * each * plane]),
            act: finish.act,
        };
        let w = &w[first * kernel..(first + each) * kernel];
        dispatch(Channels { padded: room_of, x: &x[at * input..], room, w, finish, out });
    });
}

/// How the padded rows of a channel lie in memory.
#[derive(Clone, Copy)]
struct Padded {
    rows: Axis,
    columns: Axis,
    /// Elements from a row to the next.
    line: usize,
}

impl Padded {
    fn of(rows: Axis, columns: Axis) -> Padded {
        Padded { rows, columns, line: columns.padded() }
    }

    /// Elements of a channel, and room for a whole run of windows behind the last row.
    fn length(&self) -> usize {
        self.rows.padded() * self.line + 2 * RUN * self.columns.stride + self.columns.extent() + 2 * RUN
    }

    /// Puts a channel into its place, sixteen elements at once. Zeros that are put behind a row are where padding
    /// is, or where the next row comes. `x` begins with the channel and may go on.
    #[inline(always)]
    fn put(&self, x: &[f32], room: &mut [f32]) {
        let (rows, columns) = (self.rows, self.columns);
        if rows.input * columns.input == 0 {
            return;
        }
        if rows.before.min(rows.after).min(columns.before).min(columns.after) < 0 {
            let padded = &mut room[..rows.padded() * self.line];
            return put(&[rows, columns], &x[..rows.input * columns.input], padded);
        }
        let whole = |n: i64| usize::try_from(n).unwrap_or(0);
        let (top, left, width) = (whole(rows.before), whole(columns.before), columns.input);
        let rest = mask(width % RUN);
        for row in 0..rows.input {
            let x = &x[row * width..];
            let to = &mut room[(top + row) * self.line + left..];
            let (runs, _) = x[..width].as_chunks::<RUN>();
            let (into, _) = to.as_chunks_mut::<RUN>();
            into.iter_mut().zip(runs).for_each(|(into, run)| *into = *run);
            let done = runs.len() * RUN;
            if done == width {
                continue;
            }
            match (x[done..].first_chunk(), to[done..].first_chunk_mut()) {
                (Some(x), Some(to)) => *to = blend(&rest, x, &[0.0; RUN]),
                _ => to[done..width].copy_from_slice(&x[done..width]),
            }
        }
    }
}

/// Bits of the first elements of a run, to take them and leave the others.
#[inline(always)]
fn mask(count: usize) -> [u32; RUN] {
    const BITS: [u32; 2 * RUN] = {
        let mut bits = [0; 2 * RUN];
        let mut i = 0;
        while i < RUN {
            bits[i] = u32::MAX;
            i += 1;
        }
        bits
    };
    BITS[RUN - count.min(RUN)..].first_chunk().copied().unwrap_or([u32::MAX; RUN])
}

/// The elements of `from` where the bits of `mask` are, and those of `other` elsewhere.
#[inline(always)]
fn blend(mask: &[u32; RUN], from: &[f32; RUN], other: &[f32; RUN]) -> [f32; RUN] {
    let mut made = [0.0; RUN];
    for i in 0..RUN {
        made[i] = f32::from_bits((from[i].to_bits() & mask[i]) | (other[i].to_bits() & !mask[i]));
    }
    made
}

/// A padded channel, whose memory goes back when it is dropped.
struct Line(Vec<f32>);

impl Drop for Line {
    fn drop(&mut self) {
        room::give(std::mem::take(&mut self.0));
    }
}

/// One channel that goes in, and those that come out of it.
struct Channels<'a> {
    padded: Padded,
    x: &'a [f32],
    room: &'a mut [f32],
    w: &'a [f32],
    finish: Finish<'a>,
    out: &'a mut [f32],
}

impl Work for Channels<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let (rows, columns) = (self.padded.rows, self.padded.columns);
        self.padded.put(self.x, self.room);
        let plane = rows.output * columns.output;
        let weights = self.w.chunks_exact(rows.kernel * columns.kernel);
        for (number, (w, out)) in weights.zip(self.out.chunks_exact_mut(plane)).enumerate() {
            let finish = Finish {
                bias: self.finish.bias.map(|bias| &bias[number..=number]),
                residual: self.finish.residual.map(|all| &all[number * plane..(number + 1) * plane]),
                act: self.finish.act,
            };
            Channel { padded: self.padded, x: self.room, w, finish, out }.run::<L>();
        }
    }
}

/// One channel that comes out.
struct Channel<'a> {
    padded: Padded,
    x: &'a [f32],
    w: &'a [f32],
    finish: Finish<'a>,
    out: &'a mut [f32],
}

impl Channel<'_> {
    #[inline(always)]
    fn run<L: Level>(self) {
        let (rows, columns) = (self.padded.rows, self.padded.columns);
        let steps = (rows.stride, columns.stride, rows.dilation, columns.dilation);
        match (steps, rows.kernel, columns.kernel) {
            ((1, 1, 1, 1), 3, 3) => self.sized::<L, 1, 3>(),
            ((2, 2, 1, 1), 3, 3) => self.sized::<L, 2, 3>(),
            ((1, 1, 1, 1), 5, 5) => self.sized::<L, 1, 5>(),
            ((2, 2, 1, 1), 5, 5) => self.sized::<L, 2, 5>(),
            ((_, 1, ..), ..) => self.any::<1>(|a, b, c| L::mul_add(a, b, c)),
            ((_, 2, ..), ..) => self.any::<2>(|a, b, c| L::mul_add(a, b, c)),
            _ => self.any::<0>(|a, b, c| L::mul_add(a, b, c)),
        }
    }

    /// A square window, in loops of known length: four rows of results at once.
    #[inline(always)]
    fn sized<L: Level, const STRIDE: usize, const K: usize>(self) {
        let (line, width, finish) = (self.padded.line, self.padded.columns.output, self.finish);
        let mut w = [[0.0; K]; K];
        for (row, from) in w.iter_mut().zip(self.w.chunks_exact(K)) {
            row.copy_from_slice(from);
        }
        let height = self.padded.rows.output;
        let many = if height >= 4 { 4 } else { 1 };
        let mut row = 0;
        while row < height {
            // Rows that are left over are computed again with those before them: it is quicker than one by one.
            let first = row.min(height - many);
            let (x, out) = (&self.x[first * STRIDE * line..], &mut self.out[first * width..]);
            let place = (first * width, width);
            match many {
                4 => lines::<L, STRIDE, K, 4>(x, line, &w, &finish, place, out),
                _ => lines::<L, STRIDE, K, 1>(x, line, &w, &finish, place, out),
            }
            row += many;
        }
    }

    /// Any window.
    #[inline(always)]
    fn any<const STRIDE: usize>(self, mul_add: impl Fn(f32, f32, f32) -> f32 + Copy) {
        let (rows, columns, line) = (self.padded.rows, self.padded.columns, self.padded.line);
        let width = columns.output;
        for (number, out) in self.out.chunks_exact_mut(width).enumerate() {
            for (at, out) in out.chunks_mut(RUN).enumerate() {
                let mut sums = [0.0; RUN];
                for (row, w) in self.w.chunks_exact(columns.kernel).enumerate() {
                    let from =
                        (number * rows.stride + row * rows.dilation) * line + at * RUN * columns.stride;
                    for (k, w) in w.iter().enumerate() {
                        let x = &self.x[from + k * columns.dilation..];
                        let x = vector::<STRIDE>(x, columns.stride);
                        sums = fused(mul_add, &x, *w, &sums);
                    }
                }
                write(&self.finish, number * width + at * RUN, sums, out.len(), out);
            }
        }
    }
}

/// `ROWS` rows of results, each of `width`; `first` is the place of the first in its channel. Each vector that is read
/// serves every row that it belongs to.
#[inline(always)]
fn lines<L: Level, const STRIDE: usize, const K: usize, const ROWS: usize>(
    x: &[f32],
    apart: usize,
    w: &[[f32; K]; K],
    finish: &Finish<'_>,
    (first, width): (usize, usize),
    out: &mut [f32],
) {
    for from in (0..width).step_by(RUN) {
        let mut sums = [[0.0; RUN]; ROWS];
        let x = &x[from * STRIDE..];
        // Written out, so that which row belongs to which result is known to the compiler.
        sums = line::<L, STRIDE, K, ROWS, 0>(x, apart, w, sums);
        sums = line::<L, STRIDE, K, ROWS, 1>(x, apart, w, sums);
        sums = line::<L, STRIDE, K, ROWS, 2>(x, apart, w, sums);
        sums = line::<L, STRIDE, K, ROWS, 3>(x, apart, w, sums);
        sums = line::<L, STRIDE, K, ROWS, 4>(x, apart, w, sums);
        sums = line::<L, STRIDE, K, ROWS, 5>(x, apart, w, sums);
        sums = line::<L, STRIDE, K, ROWS, 6>(x, apart, w, sums);
        sums = line::<L, STRIDE, K, ROWS, 7>(x, apart, w, sums);
        sums = line::<L, STRIDE, K, ROWS, 8>(x, apart, w, sums);
        sums = line::<L, STRIDE, K, ROWS, 9>(x, apart, w, sums);
        sums = line::<L, STRIDE, K, ROWS, 10>(x, apart, w, sums);
        let count = (width - from).min(RUN);
        for (number, sums) in sums.into_iter().enumerate() {
            let at = number * width + from;
            write(finish, first + at, sums, count, &mut out[at..]);
        }
    }
}

/// Adds what row number `ROW` of the padded rows makes to the sums that it belongs to.
#[inline(always)]
fn line<L: Level, const STRIDE: usize, const K: usize, const ROWS: usize, const ROW: usize>(
    x: &[f32],
    apart: usize,
    w: &[[f32; K]; K],
    mut sums: [[f32; RUN]; ROWS],
) -> [[f32; RUN]; ROWS] {
    if ROW >= (ROWS - 1) * STRIDE + K {
        return sums;
    }
    // There is room for whole runs behind the last row.
    let x = &x[ROW * apart..];
    for k in 0..K {
        let vector = vector::<STRIDE>(&x[k..], STRIDE);
        for number in 0..ROWS {
            if ROW >= number * STRIDE && ROW < number * STRIDE + K {
                let w = w[ROW - number * STRIDE][k];
                sums[number] = fused(|a, b, c| L::mul_add(a, b, c), &vector, w, &sums[number]);
            }
        }
    }
    sums
}

/// Sixteen elements, `STRIDE` (or, if that is none, `stride`) apart.
#[inline(always)]
fn vector<const STRIDE: usize>(x: &[f32], stride: usize) -> [f32; RUN] {
    let mut made = [0.0; RUN];
    if STRIDE == 1 {
        made = x.first_chunk().copied().unwrap_or(made);
    } else if STRIDE == 2 {
        if let Some(x) = x.first_chunk::<{ 2 * RUN }>() {
            for i in 0..RUN {
                made[i] = x[2 * i];
            }
        }
    } else {
        made.iter_mut().zip(x.iter().step_by(stride)).for_each(|(to, x)| *to = *x);
    }
    made
}

/// Sums with a weight times elements.
#[inline(always)]
fn fused(mul_add: impl Fn(f32, f32, f32) -> f32, x: &[f32; RUN], w: f32, sums: &[f32; RUN]) -> [f32; RUN] {
    let mut made = [0.0; RUN];
    for i in 0..RUN {
        made[i] = mul_add(x[i], w, sums[i]);
    }
    made
}

/// Finishes the first `count` sums into the first results; `from` is the place of the first of them in the channel.
#[inline(always)]
fn write(finish: &Finish<'_>, from: usize, mut sums: [f32; RUN], count: usize, out: &mut [f32]) {
    let bias = finish.bias.map_or(0.0, |bias| bias[0]);
    let residual: Option<[f32; RUN]> = finish.residual.map(|all| match all[from..].first_chunk() {
        Some(more) => *more,
        None => {
            let mut more = [0.0; RUN];
            more[..count].copy_from_slice(&all[from..from + count]);
            more
        }
    });
    let residual = residual.as_ref().map(<[f32; RUN]>::as_slice);
    let mut done = [0.0; RUN];
    finish.write(bias, residual, &mut sums, &mut done);
    match out.first_chunk_mut::<RUN>() {
        Some(out) if count == RUN => *out = done,
        Some(out) => *out = blend(&mask(count), &done, out),
        None => out[..count].copy_from_slice(&done[..count]),
    }
}
