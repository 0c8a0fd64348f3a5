//! [`Axis`]: which samples of a line make each sample of another, and how much of each.
//!
//! All rules stand on half-pixel centres: output `i` of `n` lies at (i + ½) · length / n of the input. Two families
//! differ in what happens when the picture shrinks: OpenCV's rules look at the same few neighbours however much it
//! does, Pillow's widen their support so that nothing is skipped.

#![allow(
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "indices are clamped to the line at entry"
)]

use std::f64::consts::PI;
use std::ops::Range;

use super::super::resize::Filter;
use super::Interpolation;

/// The weights along one axis. Every output has as many taps; those it does not need weigh nothing.
pub(super) struct Axis {
    /// Taps of an output.
    pub(super) taps: usize,
    /// The first sample of each output.
    pub(super) first: Vec<u32>,
    /// `taps` for each output; they sum to 1.
    pub(super) weights: Vec<f32>,
}

/// What an axis is made of.
pub(super) struct Line {
    /// Where the part that is resized begins, in samples; a fraction where the picture was decoded smaller.
    pub(super) origin: f64,
    /// Its length in samples.
    pub(super) length: f64,
    /// The samples that may be read: the nearest of them stand for those beyond.
    pub(super) limit: Range<u32>,
    /// How many samples the whole part becomes.
    pub(super) size: u32,
    /// Which of them are wanted.
    pub(super) wanted: Range<u32>,
    /// Whether they are wanted in the opposite order.
    pub(super) flipped: bool,
    /// Whether both axes shrink, which OpenCV's area rule asks.
    pub(super) shrinks: bool,
}

impl Axis {
    /// The weights of a line by a rule.
    pub(super) fn new(rule: Interpolation, line: &Line) -> Axis {
        let scale = line.length / f64::from(line.size.max(1));
        let (lowest, highest) = (i64::from(line.limit.start), i64::from(line.limit.end) - 1);
        let room = most(rule, scale).min(line.limit.len());
        let outputs = line.wanted.len();
        let mut axis =
            Axis { taps: room, first: Vec::with_capacity(outputs), weights: vec![0.0; outputs * room] };
        let mut found: Vec<(i64, f64)> = Vec::with_capacity(room + 2);
        let mut sums = vec![0.0_f64; room];
        let mut count = 1;
        for (at, own) in line.wanted.clone().zip(axis.weights.chunks_exact_mut(room)) {
            // The usual case, without a list: two neighbours, both within the line.
            if let (Interpolation::Linear, [a, b]) = (rule, &mut *own) {
                let (left, weights) = pair(line.origin + (f64::from(at) + 0.5) * scale);
                if left >= lowest && left < highest {
                    let sum = weights[0] + weights[1];
                    (*a, *b) = ((weights[0] / sum) as f32, (weights[1] / sum) as f32);
                    axis.first.push(left as u32);
                    count = 2;
                    continue;
                }
            }
            found.clear();
            taps(rule, line, scale, at, &mut found);
            // What lies beyond the line is its nearest sample. Samples are found in their order.
            let nearest = |tap: Option<&(i64, f64)>| tap.map_or(lowest, |tap| tap.0.clamp(lowest, highest));
            let (first, last) = (nearest(found.first()), nearest(found.last()));
            let span = (last - first + 1) as usize;
            let sums = &mut sums[..span];
            sums.fill(0.0);
            for (index, weight) in &found {
                sums[((*index).clamp(lowest, highest) - first) as usize] += weight;
            }
            let sum: f64 = sums.iter().sum();
            own.iter_mut().zip(sums).for_each(|(own, weight)| *own = (*weight / sum) as f32);
            axis.first.push(first as u32);
            count = count.max(span);
        }
        // Every output gets as many taps, all within the line.
        if count < room {
            for at in 0..outputs {
                axis.weights.copy_within(at * room..at * room + count, at * count);
            }
            axis.weights.truncate(outputs * count);
            axis.taps = count;
        }
        let latest = (highest + 1 - count as i64).max(lowest) as u32;
        for (first, own) in axis.first.iter_mut().zip(axis.weights.chunks_exact_mut(count)) {
            if *first > latest {
                own.rotate_right((*first - latest) as usize);
                *first = latest;
            }
        }
        if line.flipped {
            axis.first.reverse();
            axis.weights.chunks_exact_mut(count).for_each(<[f32]>::reverse);
            axis.weights.reverse();
        }
        axis
    }

    /// The samples of a line as they are.
    pub(super) fn as_is(samples: Range<u32>) -> Axis {
        Axis { taps: 1, weights: vec![1.0; samples.len()], first: samples.collect() }
    }

    /// Outputs.
    pub(super) fn len(&self) -> usize {
        self.first.len()
    }

    /// The samples that are read.
    pub(super) fn reach(&self) -> Range<u32> {
        let first = self.first.iter().copied().min().unwrap_or(0);
        let last = self.first.iter().copied().max().unwrap_or(0);
        first..last + self.taps as u32
    }

    /// The first sample of an output and its weights.
    pub(super) fn of(&self, output: usize) -> (usize, &[f32]) {
        (self.first[output] as usize, &self.weights[output * self.taps..(output + 1) * self.taps])
    }
}

/// More taps than an output has.
fn most(rule: Interpolation, scale: f64) -> usize {
    let wide = scale.max(1.0);
    match rule {
        Interpolation::Nearest | Interpolation::Antialias(Filter::Nearest) => 1,
        Interpolation::Linear => 2,
        Interpolation::Cubic => 4,
        Interpolation::Lanczos4 => 8,
        Interpolation::Area => wide as usize + 3,
        Interpolation::Antialias(Filter::Box) => wide as usize + 3,
        Interpolation::Antialias(Filter::Bilinear) => (2.0 * wide) as usize + 3,
        Interpolation::Antialias(Filter::Bicubic) => (4.0 * wide) as usize + 3,
        Interpolation::Antialias(Filter::Lanczos) => (6.0 * wide) as usize + 3,
    }
}

/// The taps of one output, before the ends of the line are looked at. Weights need not sum to 1.
fn taps(rule: Interpolation, line: &Line, scale: f64, at: u32, out: &mut Vec<(i64, f64)>) {
    let centre = line.origin + (f64::from(at) + 0.5) * scale;
    match rule {
        Interpolation::Nearest => out.push((centre.floor() as i64, 1.0)),
        Interpolation::Linear => around(centre, 1, out, |x| 1.0 - x.abs()),
        Interpolation::Cubic => around(centre, 2, out, |x| cubic(x, -0.75)),
        Interpolation::Lanczos4 => around(centre, 4, out, |x| lanczos(x, 4.0)),
        Interpolation::Area if line.shrinks => covered(line.origin + f64::from(at) * scale, scale, out),
        Interpolation::Area => {
            // OpenCV's rule for pictures that grow: flat within a sample, a line across its border.
            let from = line.origin + f64::from(at) * scale;
            let sample = from.floor();
            let over = f64::from(at) + 1.0 - (sample + 1.0 - line.origin) / scale;
            let share = if over <= 0.0 { 0.0 } else { over - over.floor() };
            out.extend([(sample as i64, 1.0 - share), (sample as i64 + 1, share)]);
        }
        Interpolation::Antialias(filter) => widened(filter, line, scale, centre, out),
    }
}

/// The `reach` samples on either side of a point, weighted by their distance.
fn around(centre: f64, reach: i64, out: &mut Vec<(i64, f64)>, weight: impl Fn(f64) -> f64) {
    let point = centre - 0.5;
    let left = point.floor() as i64;
    out.extend((left + 1 - reach..=left + reach).map(|index| (index, weight(point - index as f64))));
}

/// The sample before a point, and the weights of it and of the next: [`around`] of one on either side.
fn pair(centre: f64) -> (i64, [f64; 2]) {
    let point = centre - 0.5;
    let whole = point as i64;
    let left = whole - i64::from(whole as f64 > point);
    let weight = |index: i64| 1.0 - (point - index as f64).abs();
    (left, [weight(left), weight(left + 1)])
}

/// The samples under `length` samples from a point, each by how much of it is.
fn covered(from: f64, length: f64, out: &mut Vec<(i64, f64)>) {
    let to = from + length;
    // What is less than a thousandth of a sample is an error of rounding, as OpenCV has it.
    let first = (from + 1e-3).floor() as i64;
    let last = (to - 1e-3).ceil() as i64;
    out.extend((first..last.max(first + 1)).map(|index| {
        let (start, end) = (index as f64, index as f64 + 1.0);
        (index, (end.min(to) - start.max(from)).max(0.0))
    }));
}

/// Pillow's rule: the filter is as wide as what an output covers.
fn widened(filter: Filter, line: &Line, scale: f64, centre: f64, out: &mut Vec<(i64, f64)>) {
    let (support, weight): (f64, fn(f64) -> f64) = match filter {
        Filter::Nearest => {
            out.push((centre.floor() as i64, 1.0));
            return;
        }
        Filter::Box => (0.5, |x| if x > -0.5 && x <= 0.5 { 1.0 } else { 0.0 }),
        Filter::Bilinear => (1.0, |x| (1.0 - x.abs()).max(0.0)),
        Filter::Bicubic => (2.0, |x| cubic(x, -0.5)),
        Filter::Lanczos => (3.0, |x| lanczos(x, 3.0)),
    };
    let wide = scale.max(1.0);
    let first = ((centre - support * wide + 0.5).floor() as i64).max(i64::from(line.limit.start));
    let last = ((centre + support * wide + 0.5).floor() as i64).min(i64::from(line.limit.end));
    out.extend((first..last).map(|index| (index, weight((index as f64 - centre + 0.5) / wide))));
    if out.iter().all(|(_, weight)| *weight == 0.0) {
        out.clear();
        out.push((centre.floor() as i64, 1.0));
    }
}

/// Keys' cubic convolution.
fn cubic(x: f64, a: f64) -> f64 {
    let x = x.abs();
    if x < 1.0 {
        ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * a
    } else {
        0.0
    }
}

/// A windowed sinc of so many lobes.
fn lanczos(x: f64, lobes: f64) -> f64 {
    let sinc = |x: f64| if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) };
    if x.abs() < lobes { sinc(x) * sinc(x / lobes) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(length: u32, size: u32) -> Line {
        Line {
            origin: 0.0,
            length: f64::from(length),
            limit: 0..length,
            size,
            wanted: 0..size,
            flipped: false,
            shrinks: size <= length,
        }
    }

    #[test]
    fn weights_sum_to_one_and_stay_on_the_line() {
        let filters = [Filter::Nearest, Filter::Box, Filter::Bilinear, Filter::Bicubic, Filter::Lanczos];
        let own = [
            Interpolation::Nearest,
            Interpolation::Linear,
            Interpolation::Cubic,
            Interpolation::Lanczos4,
            Interpolation::Area,
        ];
        for rule in own.into_iter().chain(filters.map(Interpolation::Antialias)) {
            for (from, to) in [(1, 1), (1, 7), (7, 1), (5, 3), (3, 5), (640, 224), (224, 640), (2, 2)] {
                let axis = Axis::new(rule, &line(from, to));
                assert_eq!(axis.len(), to as usize);
                for at in 0..axis.len() {
                    let (first, weights) = axis.of(at);
                    assert!(first + weights.len() <= from.max(1) as usize, "{rule:?} {from} {to}");
                    assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{rule:?} {from} {to}");
                }
            }
        }
    }

    #[test]
    fn nothing_changes_where_the_size_does_not() {
        for rule in [Interpolation::Linear, Interpolation::Cubic, Interpolation::Area] {
            let axis = Axis::new(rule, &line(6, 6));
            for at in 0..6 {
                let (first, weights) = axis.of(at);
                let all: Vec<(usize, f32)> = weights
                    .iter()
                    .enumerate()
                    .map(|(n, w)| (first + n, *w))
                    .filter(|(_, w)| *w != 0.0)
                    .collect();
                assert_eq!(all, [(at, 1.0)], "{rule:?}");
            }
        }
    }

    #[test]
    fn a_flipped_line_is_the_line_from_its_end() {
        let plain = Axis::new(Interpolation::Linear, &line(9, 5));
        let flipped = Axis::new(Interpolation::Linear, &Line { flipped: true, ..line(9, 5) });
        for at in 0..5 {
            assert_eq!(plain.of(at), flipped.of(4 - at));
        }
    }
}
