//! The largest element of each window, and where it is.
//!
//! The invariant: of equal ones the first counts. What is around a picture is never the largest; a window with
//! nothing else in it makes the least number of the type.

#![allow(clippy::indexing_slicing, reason = "a Layout has been checked against the tensors")]

use super::super::given::Given;
use super::super::level::{Level, Work, dispatch};
use super::{Layout, spans};
use crate::error::Result;
use crate::model::cpu::threads::Threads;
use crate::model::tensor::{DType, Element, Tensor};

/// A type that has a least number.
trait Least: Element + PartialOrd {
    const LEAST: Self;
}

macro_rules! least {
    ($($type:ty: $least:expr),*) => {$(impl Least for $type { const LEAST: $type = $least; })*};
}
least!(f32: f32::NEG_INFINITY, f64: f64::NEG_INFINITY, u8: u8::MIN, i8: i8::MIN);

/// `places`: whether the numbers of the largest are wanted, and are counted down the columns.
pub(super) fn compute(
    layout: &Layout,
    given: &Given<'_>,
    x: &Tensor,
    places: Option<bool>,
    threads: &Threads,
) -> Result<Vec<Tensor>> {
    match x.dtype() {
        DType::F32 => typed::<f32>(layout, given, x, places, threads),
        DType::F64 => typed::<f64>(layout, given, x, places, threads),
        DType::U8 => typed::<u8>(layout, given, x, places, threads),
        DType::I8 => typed::<i8>(layout, given, x, places, threads),
        other => Err(given.no_type(other)),
    }
}

fn typed<T: Least>(
    layout: &Layout,
    given: &Given<'_>,
    x: &Tensor,
    places: Option<bool>,
    threads: &Threads,
) -> Result<Vec<Tensor>> {
    let x = given.elements::<T>(x, "X")?;
    let mut out = given.zeros::<T>(&layout.shape)?;
    let (input, output) = (layout.input(), layout.output());
    let threads = threads.unless_few(x.len());
    if let Some(columns_first) = places {
        let mut numbers = given.zeros::<i64>(&layout.shape)?;
        let planes = out.chunks_mut(output.max(1)).zip(numbers.chunks_mut(output.max(1))).enumerate();
        threads.each(planes, |(plane, (out, numbers))| {
            let x = &x[plane * input..(plane + 1) * input];
            with_places(layout, x, plane * input, columns_first, out, numbers);
        });
        return Ok(vec![Tensor::new(&layout.shape, out)?, Tensor::new(&layout.shape, numbers)?]);
    }
    threads.each_with(out.chunks_mut(output.max(1)).enumerate(), Vec::new, |row, (plane, out)| {
        dispatch(Plane { layout, x: &x[plane * input..(plane + 1) * input], out, row });
    });
    Ok(vec![Tensor::new(&layout.shape, out)?])
}

/// One channel, row by row: the largest down the columns first, then along them.
struct Plane<'a, T> {
    layout: &'a Layout,
    x: &'a [T],
    out: &'a mut [T],
    row: &'a mut Vec<T>,
}

impl<T: Least> Work for Plane<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let [deep, down, across] = &self.layout.axes;
        let spans = spans(&self.layout.axes);
        // Padded on both sides, so that each window has all its elements.
        let windows = (across.output - 1) * across.stride + across.extent();
        let before = usize::try_from(across.before.max(0)).unwrap_or(0);
        let skipped = usize::try_from((-across.before).max(0)).unwrap_or(0);
        self.row.clear();
        self.row.resize(windows.max(before + across.input), T::LEAST);
        for (number, out) in self.out.chunks_exact_mut(across.output).enumerate() {
            let (d, h) = (spans[0][number / down.output], spans[1][number % down.output]);
            let middle = &mut self.row[before..before + across.input - skipped];
            middle.fill(T::LEAST);
            for (d, h) in (0..d.1).flat_map(|d| (0..h.1).map(move |h| (d, h))) {
                let (d, h) = (
                    spans[0][number / down.output].0 + d * deep.dilation,
                    spans[1][number % down.output].0 + h * down.dilation,
                );
                let x = &self.x[(d * down.input + h) * across.input + skipped..][..middle.len()];
                for (m, x) in middle.iter_mut().zip(x) {
                    *m = if *x > *m { *x } else { *m };
                }
            }
            out.fill(T::LEAST);
            for k in 0..across.kernel {
                let row = &self.row[k * across.dilation..];
                match across.stride {
                    1 => larger::<T, 1>(row, out),
                    2 => larger::<T, 2>(row, out),
                    stride => {
                        for (o, x) in out.iter_mut().zip(row.iter().step_by(stride)) {
                            *o = if *x > *o { *x } else { *o };
                        }
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn larger<T: Least, const STRIDE: usize>(row: &[T], out: &mut [T]) {
    let whole = row.chunks_exact(STRIDE);
    let rest = whole.remainder();
    let mut done = 0;
    for (o, x) in out.iter_mut().zip(whole) {
        *o = if x[0] > *o { x[0] } else { *o };
        done += 1;
    }
    if let (Some(o), Some(x)) = (out.get_mut(done), rest.first()) {
        *o = if *x > *o { *x } else { *o };
    }
}

/// One channel, with where the largest are; `base` is the number of its first element.
fn with_places<T: Least>(
    layout: &Layout,
    x: &[T],
    base: usize,
    columns_first: bool,
    out: &mut [T],
    numbers: &mut [i64],
) {
    let axes = &layout.axes;
    let spans = spans(axes);
    let mut at = 0;
    for d in &spans[0] {
        for h in &spans[1] {
            for w in &spans[2] {
                let mut best: Option<(T, [usize; 3])> = None;
                for d in (d.0..).step_by(axes[0].dilation).take(d.1) {
                    for h in (h.0..).step_by(axes[1].dilation).take(h.1) {
                        for w in (w.0..).step_by(axes[2].dilation).take(w.1) {
                            let x = x[(d * axes[1].input + h) * axes[2].input + w];
                            if best.is_none_or(|(most, _)| x > most) {
                                best = Some((x, [d, h, w]));
                            }
                        }
                    }
                }
                let (most, place) = best.unwrap_or((T::LEAST, [0; 3]));
                let own = 3 - layout.rank;
                let (mut number, mut step) = (0, 1);
                let order: Vec<usize> =
                    if columns_first { (own..3).collect() } else { (own..3).rev().collect() };
                for axis in order {
                    number += place[axis] * step;
                    step *= axes[axis].input;
                }
                out[at] = most;
                numbers[at] = i64::try_from(base + number).unwrap_or(i64::MAX);
                at += 1;
            }
        }
    }
}
