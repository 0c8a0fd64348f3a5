//! The largest element of each window, and where it is.
//!
//! The invariant: of equal ones the first counts. What is around a picture is never the largest; a window with
//! nothing else in it makes the least number of the type.

#![allow(clippy::indexing_slicing, reason = "a Layout has been checked against the tensors")]

use super::super::given::Given;
use super::super::level::{Plain, Work, dispatch};
use super::rows::Rows;
use super::{Layout, spans};
use crate::error::Result;
use crate::model::cpu::threads::Threads;
use crate::model::tensor::{DType, Element, Tensor};

/// A type that has a least number.
trait Least: Element + PartialOrd {
    const LEAST: Self;

    /// Does the work, on the best vector unit if it is worth a form of its own for each.
    fn rows<F: Fn(Self, Self) -> Self + Copy>(rows: Rows<'_, Self, F>) {
        rows.run::<Plain>();
    }
}

impl Least for f32 {
    const LEAST: f32 = f32::NEG_INFINITY;

    fn rows<F: Fn(f32, f32) -> f32 + Copy>(rows: Rows<'_, f32, F>) {
        dispatch(rows);
    }
}

macro_rules! least {
    ($($type:ty: $least:expr),*) => {$(impl Least for $type { const LEAST: $type = $least; })*};
}
least!(f64: f64::NEG_INFINITY, u8: u8::MIN, i8: i8::MIN);

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
    let spans = spans(&layout.axes);
    threads.each_with(out.chunks_mut(output.max(1)).enumerate(), Vec::new, |row, (plane, out)| {
        let x = &x[plane * input..(plane + 1) * input];
        let join = |a: T, b: T| if b > a { b } else { a };
        T::rows(Rows { layout, spans: &spans, x, out, row, start: T::LEAST, join });
    });
    Ok(vec![Tensor::new(&layout.shape, out)?])
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
