//! The passes of resampling: one axis after another, by lists of places or by weighted places.

use super::taps::Table;
use crate::error::Result;
use crate::model::cpu::axes::around;
use crate::model::cpu::inputs::room;
use crate::model::cpu::number::Number;
use crate::model::cpu::threads::Threads;
use crate::model::tensor::{Data, Element};

/// Elements that a thread is given at a time.
const PIECE: usize = 1 << 14;

/// The type that weights and sums are of.
pub(super) trait Weight:
    Copy + Send + Sync + std::ops::Mul<Output = Self> + std::ops::Add<Output = Self>
{
    fn of(value: f64) -> Self;
    fn to_f64(self) -> f64;
}
impl Weight for f32 {
    fn of(value: f64) -> f32 {
        value as f32
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}
impl Weight for f64 {
    fn of(value: f64) -> f64 {
        value
    }
    fn to_f64(self) -> f64 {
        self
    }
}

/// The elements at the listed places of the axes listed, and `fill` where there is none.
pub(super) fn pick<T: Number>(
    x: &[T],
    shape: &[usize],
    lists: &[(usize, Vec<Option<usize>>)],
    fill: f64,
) -> Result<Data> {
    Ok(T::data(picked(x, shape, lists, T::of_f64(fill))?))
}

/// The same for truths.
pub(super) fn pick_truth(x: &[bool], shape: &[usize], lists: &[(usize, Vec<Option<usize>>)]) -> Result<Data> {
    Ok(bool::data(picked(x, shape, lists, false)?))
}

fn picked<T: Element>(
    x: &[T],
    shape: &[usize],
    lists: &[(usize, Vec<Option<usize>>)],
    fill: T,
) -> Result<Vec<T>> {
    let mut shape = shape.to_vec();
    let mut made = x.to_vec();
    for (at, list) in lists {
        let (_, n, inner) = around(&shape, *at);
        shape[*at] = list.len();
        let mut next = Vec::with_capacity(room(&shape, T::DTYPE.size())?);
        for block in made.chunks_exact(n * inner) {
            if inner == 1 {
                next.extend(list.iter().map(|place| place.map_or(fill, |place| block[place])));
                continue;
            }
            for place in list {
                match place {
                    Some(place) => next.extend_from_slice(&block[place * inner..(place + 1) * inner]),
                    None => next.resize(next.len() + inner, fill),
                }
            }
        }
        made = next;
    }
    Ok(made)
}

/// One axis resampled by weighted places.
pub(super) fn along<W: Weight>(
    x: &[W],
    shape: &[usize],
    at: usize,
    table: &Table,
    fill: W,
    threads: &Threads,
) -> Result<Vec<W>> {
    let (outer, n, inner) = around(shape, at);
    let (m, taps) = (table.len(), table.taps);
    let total = room(&[outer, m, inner], size_of::<W>())?;
    let weights: Vec<W> = table.weights.iter().map(|weight| W::of(*weight)).collect();
    let zero = W::of(0.0);
    let mut made = vec![zero; total];
    let threads = threads.unless_few(total.saturating_mul(taps));
    if inner == 1 {
        let blocks = (PIECE / m).max(1);
        threads.chunks(&mut made, blocks * m, |number, run| {
            let from = &x[number * blocks * n..];
            for (to, line) in run.chunks_exact_mut(m).zip(from.chunks_exact(n)) {
                for (k, to) in to.iter_mut().enumerate() {
                    let taps = k * taps..(k + 1) * taps;
                    let pairs = table.places[taps.clone()].iter().zip(&weights[taps]);
                    *to = if table.outside[k] {
                        fill
                    } else {
                        pairs.fold(zero, |sum, (place, weight)| sum + line[*place] * *weight)
                    };
                }
            }
        });
    } else {
        let rows = (PIECE / inner).max(1);
        threads.chunks(&mut made, rows * inner, |number, run| {
            for (row, to) in (number * rows..).zip(run.chunks_exact_mut(inner)) {
                let (block, k) = (row / m, row % m);
                if table.outside[k] {
                    to.fill(fill);
                    continue;
                }
                let taps = k * taps..(k + 1) * taps;
                for (place, weight) in table.places[taps.clone()].iter().zip(&weights[taps]) {
                    let from = (block * n + place) * inner;
                    for (to, v) in to.iter_mut().zip(&x[from..from + inner]) {
                        *to = *to + *v * *weight;
                    }
                }
            }
        });
    }
    Ok(made)
}
