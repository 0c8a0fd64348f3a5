//! [`Windows`]: the windows of a convolution as the right side of a product, packed a few columns at a time.
//!
//! Pictures are padded once; then an element of a window is at a fixed distance from the window's beginning, and
//! windows that are beside each other are copied sixteen at a time.
//!
//! The invariant: what is read is inside the padded pictures, whatever the windows.

#![allow(clippy::indexing_slicing, reason = "a Layout has been checked against the tensors")]

use std::borrow::Cow;
use std::ops::Range;

use super::super::level::{Level, MOST_COLUMNS};
use super::super::product::Source;
use super::super::room;
use super::super::spatial::{Axis, signed};

/// Elements copied at once.
const RUN: usize = 16;

/// Where the windows of one channel begin, and where their elements are from there.
pub(super) struct Places {
    /// Windows that are beside each other.
    row: usize,
    /// Elements between windows that are beside each other.
    stride: usize,
    /// For each outer axis, innermost first: windows along it, and elements between them.
    outer: Vec<(usize, usize)>,
    /// The distance of each element of a window, channel after channel.
    distances: Vec<usize>,
}

impl Places {
    /// Those of windows over padded axes, for so many channels.
    pub(super) fn of(axes: &[Axis], channels: usize) -> Places {
        let plane: usize = axes.iter().map(Axis::padded).product();
        let kernel: usize = axes.iter().map(|axis| axis.kernel).product();
        let mut distances = Vec::with_capacity(channels * kernel);
        for channel in 0..channels {
            for place in 0..kernel {
                let (mut rest, mut step, mut distance) = (place, 1, channel * plane);
                for axis in axes.iter().rev() {
                    distance += rest % axis.kernel * axis.dilation * step;
                    rest /= axis.kernel;
                    step *= axis.padded();
                }
                distances.push(distance);
            }
        }
        if axes.iter().all(|axis| axis.stride == 1 && axis.padded() == axis.output) {
            return Places { row: plane, stride: 1, outer: Vec::new(), distances };
        }
        let mut step = 1;
        let mut outer = Vec::new();
        for axis in axes.iter().rev() {
            outer.push((axis.output, axis.stride * step));
            step *= axis.padded();
        }
        let (row, stride) = if outer.is_empty() { (1, 1) } else { outer.remove(0) };
        Places { row, stride, outer, distances }
    }

    fn begin(&self, mut row: usize) -> usize {
        let mut begin = 0;
        for (windows, step) in &self.outer {
            begin += row % windows * step;
            row /= windows;
        }
        begin
    }
}

/// The windows over the channels of one group of one padded picture.
pub(super) struct Windows<'a> {
    pub(super) places: &'a Places,
    pub(super) data: &'a [f32],
}

impl Source for Windows<'_> {
    #[inline(always)]
    fn pack<L: Level>(
        &self,
        first: usize,
        columns: usize,
        width: usize,
        depth: Range<usize>,
        into: &mut [f32],
    ) {
        // Runs of windows that are beside each other: where each goes, begins, and how many.
        let mut runs = [(0, 0, 0); MOST_COLUMNS];
        let mut count = 0;
        let mut at = 0;
        while at < columns {
            let (row, skip) = ((first + at) / self.places.row, (first + at) % self.places.row);
            let length = (self.places.row - skip).min(columns - at);
            runs[count] = (at, self.places.begin(row) + skip * self.places.stride, length);
            count += 1;
            at += length;
        }
        let runs = &runs[..count];
        let distances = &self.places.distances[depth];
        if let ([(_, from, _)], 1) = (runs, self.places.stride)
            && columns == width
            && whole::<L>(&self.data[*from..], distances, width, into)
        {
            return;
        }
        match self.places.stride {
            1 => copy::<1>(self.data, runs, distances, width, into),
            2 => copy::<2>(self.data, runs, distances, width, into),
            stride => {
                for (k, distance) in distances.iter().enumerate() {
                    for (to, from, length) in runs {
                        for i in 0..*length {
                            into[k * width + to + i] = self.data[from + distance + i * stride];
                        }
                    }
                }
            }
        }
    }
}

/// Copies whole rows of windows, if they are as wide as a tile: most of a product has no other.
#[inline(always)]
fn whole<L: Level>(data: &[f32], distances: &[usize], width: usize, into: &mut [f32]) -> bool {
    if width != L::COLUMNS {
        return false;
    }
    // Three vectors, whatever their length.
    for (row, distance) in into.chunks_exact_mut(width).zip(distances) {
        let from = &data[*distance..*distance + width];
        let vectors = row.chunks_exact_mut(L::WIDTH).zip(from.chunks_exact(L::WIDTH));
        vectors.for_each(|(to, from)| to.copy_from_slice(from));
    }
    true
}

/// Copies runs, sixteen elements at once. What is copied beyond the end of a run is overwritten by the next one.
#[inline(always)]
fn copy<const STRIDE: usize>(
    data: &[f32],
    runs: &[(usize, usize, usize)],
    distances: &[usize],
    width: usize,
    into: &mut [f32],
) {
    for (k, distance) in distances.iter().enumerate() {
        let line = &mut into[k * width..];
        for (to, from, length) in runs {
            let source = &data[from + distance..];
            let line = &mut line[*to..];
            let mut done = 0;
            while done < *length {
                let target = line[done..].first_chunk_mut::<RUN>();
                if STRIDE == 1
                    && let (Some(target), Some(source)) = (target, source[done..].first_chunk::<RUN>())
                {
                    *target = *source;
                } else if STRIDE == 2
                    && let Some(source) = source[2 * done..].first_chunk::<{ 2 * RUN }>()
                    && let Some(target) = line[done..].first_chunk_mut::<RUN>()
                {
                    for i in 0..RUN {
                        target[i] = source[2 * i];
                    }
                } else {
                    for i in done..*length {
                        line[i] = source[i * STRIDE];
                    }
                    break;
                }
                done += RUN;
            }
        }
    }
}

/// Pictures with what is around them.
pub(super) struct Padded<'a>(Cow<'a, [f32]>);

impl std::ops::Deref for Padded<'_> {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl Drop for Padded<'_> {
    fn drop(&mut self) {
        if let Cow::Owned(padded) = std::mem::take(&mut self.0) {
            room::give(padded);
        }
    }
}

/// Pictures of so many channels with what is around them; themselves, if nothing is.
pub(super) fn pad<'a>(axes: &[Axis], x: &'a [f32], channels: usize) -> Padded<'a> {
    if axes.iter().all(|axis| axis.before == 0 && axis.after == 0) {
        return Padded(Cow::Borrowed(x));
    }
    let plane: usize = axes.iter().map(Axis::padded).product();
    let input: usize = axes.iter().map(|axis| axis.input).product();
    let mut padded = room::take(channels * plane);
    padded.fill(0.0);
    if plane > 0 && input > 0 {
        for (x, padded) in x.chunks_exact(input).zip(padded.chunks_exact_mut(plane)) {
            put(axes, x, padded);
        }
    }
    Padded(Cow::Owned(padded))
}

/// Puts one channel into its padded place.
pub(super) fn put(axes: &[Axis], x: &[f32], padded: &mut [f32]) {
    let Some((axis, inner)) = axes.split_first() else {
        padded.copy_from_slice(x);
        return;
    };
    let from = (-axis.before).max(0);
    let until = signed(axis.input).min(signed(axis.padded()) - axis.before);
    if until <= from {
        return;
    }
    let whole = |n: i64| usize::try_from(n).unwrap_or(0);
    let (to, from, length) = (whole(from + axis.before), whole(from), whole(until - from));
    if inner.is_empty() {
        padded[to..to + length].copy_from_slice(&x[from..from + length]);
        return;
    }
    let one: usize = inner.iter().map(|axis| axis.input).product();
    let other: usize = inner.iter().map(Axis::padded).product();
    let x = x[from * one..].chunks_exact(one);
    for (x, padded) in x.zip(padded[to * other..].chunks_exact_mut(other)).take(length) {
        put(inner, x, padded);
    }
}
