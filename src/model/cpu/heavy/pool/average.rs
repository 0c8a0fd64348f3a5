//! The mean, or the p-norm, of each window.
//!
//! The invariant: what is around a picture counts only where it is told to, and never what is beyond that.

#![allow(clippy::indexing_slicing, reason = "a Layout has been checked against the tensors")]

use super::super::given::Given;
use super::super::level::dispatch;
use super::super::spatial::{Axis, signed};
use super::rows::{Rows, Spans};
use super::{AXES, Layout, spans};
use crate::error::Result;
use crate::model::cpu::threads::Threads;
use crate::model::op::Pool;
use crate::model::tensor::Element;

/// A float.
pub(super) trait Real: Element + std::ops::Add<Output = Self> + std::ops::Div<Output = Self> {
    /// Its magnitude to a power.
    fn power(self, p: f64) -> Self;
    /// A count.
    fn whole(count: usize) -> Self;
}

#[allow(clippy::as_conversions, reason = "counts of elements and powers are rounded as floats are")]
mod floats {
    use super::Real;

    impl Real for f32 {
        #[inline(always)]
        fn power(self, p: f64) -> f32 {
            match p {
                1.0 => self.abs(),
                2.0 => self * self,
                0.5 => self.sqrt(),
                p => self.abs().powf(p as f32),
            }
        }
        #[inline(always)]
        fn whole(count: usize) -> f32 {
            count as f32
        }
    }

    impl Real for f64 {
        #[inline(always)]
        fn power(self, p: f64) -> f64 {
            self.abs().powf(p)
        }
        #[inline(always)]
        fn whole(count: usize) -> f64 {
            count as f64
        }
    }
}

/// The elements of a window that count, inside or around, along one axis.
fn counted(axis: &Axis, window: usize) -> usize {
    let until = signed(axis.input) + axis.after + axis.before;
    (0..axis.kernel).filter(|k| signed(window * axis.stride + k * axis.dilation) < until).count()
}

pub(super) fn compute<T: Real>(
    layout: &Layout,
    kind: Pool,
    x: &[T],
    given: &Given<'_>,
    threads: &Threads,
) -> Result<Vec<T>> {
    let mut out = given.zeros::<T>(&layout.shape)?;
    let (input, output) = (layout.input(), layout.output());
    let inside = spans(&layout.axes);
    let counts = counts(layout, kind, &inside);
    let power = match kind {
        Pool::Lp { p } => Some(f64::from(p.max(1))),
        _ => None,
    };
    let steps = layout.axes.each_ref().map(|axis| axis.dilation);
    let (height, width) = (layout.axes[1].input, layout.axes[2].input);
    threads.unless_few(x.len()).chunks(&mut out, output, |plane, out| {
        let x = &x[plane * input..(plane + 1) * input];
        let mut out = out.iter_mut();
        for (d, d_count) in inside[0].iter().zip(&counts[0]) {
            for (h, h_count) in inside[1].iter().zip(&counts[1]) {
                for (w, w_count) in inside[2].iter().zip(&counts[2]) {
                    let Some(out) = out.next() else { return };
                    let mut sum = T::default();
                    for d in (d.0..).step_by(steps[0]).take(d.1) {
                        for h in (h.0..).step_by(steps[1]).take(h.1) {
                            let from = (d * height + h) * width + w.0;
                            for at in (0..w.1).map(|k| from + k * steps[2]) {
                                sum = sum + power.map_or(x[at], |p| x[at].power(p));
                            }
                        }
                    }
                    let count = d_count * h_count * w_count;
                    *out = match power {
                        Some(p) => sum.power(1.0 / p),
                        None if count == 0 => T::default(),
                        None => sum / T::whole(count),
                    };
                }
            }
        }
    });
    Ok(out)
}

/// The means of 32-bit floats: a row of windows at a time.
pub(super) fn means(
    layout: &Layout,
    kind: Pool,
    x: &[f32],
    given: &Given<'_>,
    threads: &Threads,
) -> Result<Vec<f32>> {
    let mut out = given.floats(&layout.shape)?;
    let (input, output) = (layout.input(), layout.output());
    let spans = spans(&layout.axes);
    let counts = counts(layout, kind, &spans);
    let across: Vec<f32> = counts[2].iter().map(|count| f32::whole(*count)).collect();
    let planes = out.chunks_mut(output.max(1)).enumerate();
    threads.unless_few(x.len()).each_with(planes, Vec::new, |row, (plane, out)| {
        let x = &x[plane * input..(plane + 1) * input];
        dispatch(Rows { layout, spans: &spans, x, out, row, start: 0.0, join: |a: f32, b: f32| a + b });
        let rows = counts[0].iter().flat_map(|d| counts[1].iter().map(move |h| d * h));
        for (out, rows) in out.chunks_exact_mut(across.len()).zip(rows) {
            let rows = f32::whole(rows);
            for (out, across) in out.iter_mut().zip(&across) {
                let count = rows * *across;
                *out = if count == 0.0 { 0.0 } else { *out / count };
            }
        }
    });
    Ok(out)
}

/// How many elements of each window count, along each axis.
fn counts(layout: &Layout, kind: Pool, inside: &Spans) -> [Vec<usize>; AXES] {
    match kind {
        Pool::Average { count_padding: true } => {
            layout.axes.each_ref().map(|axis| (0..axis.output).map(|window| counted(axis, window)).collect())
        }
        _ => inside.each_ref().map(|spans| spans.iter().map(|span| span.1).collect()),
    }
}

/// The mean or norm of each of so many channels of `plane` elements.
pub(super) fn global(kind: Pool, x: &[f32], planes: usize, plane: usize, threads: &Threads) -> Vec<f32> {
    const LANES: usize = 16;
    let mut out = vec![0.0; planes];
    let power = match kind {
        Pool::Lp { p } => Some(f64::from(p.max(1))),
        _ => None,
    };
    threads.unless_few(x.len()).chunks(&mut out, 8, |number, out| {
        for (at, out) in out.iter_mut().enumerate() {
            let x = &x[(number * 8 + at) * plane..][..plane];
            // Lanes of sums: fast, and more exact than one long sum.
            let mut lanes = [0.0_f32; LANES];
            let (runs, rest) = x.as_chunks::<LANES>();
            let each = |x: f32| power.map_or(x, |p| x.power(p));
            for run in runs {
                lanes.iter_mut().zip(run).for_each(|(lane, x)| *lane += each(*x));
            }
            lanes.iter_mut().zip(rest).for_each(|(lane, x)| *lane += each(*x));
            let sum: f32 = lanes.iter().sum();
            *out = match power {
                Some(p) => sum.power(1.0 / p),
                None => sum / f32::whole(plane),
            };
        }
    });
    out
}
