//! Convolution of any numbers over any number of axes, a row at a time: for what no fast way is worth it.
//!
//! The invariant: padding is never read. Sums are in the order of channels, then of the places in a window.

#![allow(clippy::indexing_slicing, reason = "a Layout has been checked against the tensors")]

use super::super::scalar::Scalar;
use super::super::spatial::{Axis, signed};
use super::layout::Layout;
use crate::model::cpu::threads::Threads;

/// Adds the convolution of `x` with `w` to `out`.
pub(in super::super) fn convolve<T: Scalar>(
    layout: &Layout,
    x: &[T],
    w: &[T],
    out: &mut [T],
    threads: &Threads,
) {
    let (plane, each, kernel) = (layout.output_plane(), layout.inputs_each(), layout.kernel());
    let input = layout.input_plane();
    if plane == 0 || input == 0 || each == 0 {
        return;
    }
    let threads = threads.unless_few(out.len().saturating_mul(each * kernel));
    threads.chunks(out, plane, |number, out| {
        let (image, channel) = (number / layout.outputs, number % layout.outputs);
        let group = channel / layout.outputs_each();
        for c in 0..each {
            let from = (image * layout.inputs + group * each + c) * input;
            let x = &x[from..from + input];
            let w = &w[(channel * each + c) * kernel..][..kernel];
            for (place, w) in w.iter().enumerate() {
                add(&layout.axes, x, *w, place, out);
            }
        }
    });
}

/// The windows along an axis whose element `element` is inside.
pub(in super::super) fn inside(axis: &Axis, element: usize) -> std::ops::Range<usize> {
    let shift = signed(element * axis.dilation) - axis.before;
    let stride = signed(axis.stride);
    // at = window * stride + shift, and 0 <= at < input
    let first = (-shift).max(0).div_euclid(stride) + i64::from((-shift).max(0).rem_euclid(stride) != 0);
    let last = (signed(axis.input) - 1 - shift).div_euclid(stride);
    let last = (last + 1).clamp(0, signed(axis.output));
    let (first, last) = (usize::try_from(first).unwrap_or(0), usize::try_from(last).unwrap_or(0));
    first.min(last)..last
}

/// Adds one weight times what is under it to each window.
fn add<T: Scalar>(axes: &[Axis], x: &[T], w: T, place: usize, out: &mut [T]) {
    let Some((last, outer)) = axes.split_last() else {
        out[0] = out[0].plus(w.times(x[0]));
        return;
    };
    let element = place % last.kernel;
    let columns = inside(last, element);
    let Some(first) = last.place(columns.start, element).filter(|_| !columns.is_empty()) else { return };
    let rows: usize = outer.iter().map(|axis| axis.output).product();
    'rows: for row in 0..rows {
        let (mut rest, mut places, mut step, mut from) = (row, place / last.kernel, last.input, first);
        for axis in outer.iter().rev() {
            let at = axis.place(rest % axis.output, places % axis.kernel);
            let Some(at) = at else { continue 'rows };
            from += at * step;
            step *= axis.input;
            rest /= axis.output;
            places /= axis.kernel;
        }
        let out = &mut out[row * last.output..][columns.clone()];
        for (o, x) in out.iter_mut().zip(x[from..].iter().step_by(last.stride)) {
            *o = o.plus(w.times(*x));
        }
    }
}
