//! Rows, then columns: how a picture of 8 bits becomes one of another size.
//!
//! For each row that comes out, the rows it is made of are mixed into one line of floats, which vector units do well;
//! then the columns of that line are mixed, a pixel at a time, all its channels at once.
//!
//! The invariant: the numbers are the same on every processor. The compiler writes the loops once more for AVX2, where
//! there is one; products are not fused with sums, which would round otherwise.

#![allow(unsafe_code, reason = "a function for AVX2 is called once the processor is known to have it")]
#![allow(
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "axes are made for the source, and stay in it"
)]

use super::super::pixels::Pixels;
use super::target::Target;
use super::weights::Axis;

/// Added and taken away again, leaves a number below 2²² rounded to the nearest whole one, ties to even.
const ROUND: f32 = 12_582_912.0;

/// Resamples a picture with `N` channels.
pub(super) fn run<const N: usize>(source: &Pixels, rows: &Axis, columns: &Axis, target: &mut Target<'_>) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx512bw") && std::arch::is_x86_feature_detected!("avx512vl") {
        // SAFETY: the processor has what the function asks.
        return unsafe { by_avx512::<N>(source, rows, columns, target) };
    }
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, which is all that the function asks.
        return unsafe { by_avx2::<N>(source, rows, columns, target) };
    }
    plain::<N>(source, rows, columns, target);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn by_avx2<const N: usize>(source: &Pixels, rows: &Axis, columns: &Axis, target: &mut Target<'_>) {
    plain::<N>(source, rows, columns, target);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn by_avx512<const N: usize>(source: &Pixels, rows: &Axis, columns: &Axis, target: &mut Target<'_>) {
    plain::<N>(source, rows, columns, target);
}

#[inline(always)]
fn plain<const N: usize>(source: &Pixels, rows: &Axis, columns: &Axis, target: &mut Target<'_>) {
    let reach = columns.reach();
    let (from, to) = (reach.start as usize, reach.end as usize);
    let stride = source.stride();
    let data = source.data();
    // Room for one channel more: pixels are read and written four numbers at a time.
    let mut line = vec![0.0_f32; (to - from) * N + 4];
    let mut out = vec![0.0_f32; columns.len() * N + 4];
    let starts: Vec<u32> = columns.first.iter().map(|first| (first - reach.start) * N as u32).collect();
    let mut mixed: Option<usize> = None;
    for row in 0..rows.len() {
        let (first, weights) = rows.of(row);
        let part = |n: usize| &data[(first + n) * stride + from * N..(first + n) * stride + to * N];
        // A row that stands for several is not mixed again.
        let same = row > 0 && mixed == Some(first) && rows.of(row - 1).1 == weights;
        if !same {
            mix(&mut line[..(to - from) * N], weights, part);
            mixed = Some(first);
            across::<N>(&line, &starts, columns, &mut out);
            round(&mut out[..columns.len() * N]);
        }
        target.put::<N>(row, &out[..columns.len() * N]);
    }
}

/// Rows into one.
#[inline(always)]
fn mix<'a>(line: &mut [f32], weights: &[f32], part: impl Fn(usize) -> &'a [u8]) {
    match *weights {
        [a] => line.iter_mut().zip(part(0)).for_each(|(out, v)| *out = f32::from(*v) * a),
        [a, b] => {
            for ((out, v), w) in line.iter_mut().zip(part(0)).zip(part(1)) {
                *out = f32::from(*v) * a + f32::from(*w) * b;
            }
        }
        _ => {
            let (pairs, rest) = weights.as_chunks::<2>();
            line.fill(0.0);
            for (at, [a, b]) in pairs.iter().enumerate() {
                for ((out, v), w) in line.iter_mut().zip(part(2 * at)).zip(part(2 * at + 1)) {
                    *out += f32::from(*v) * a + f32::from(*w) * b;
                }
            }
            if let [a] = rest {
                line.iter_mut().zip(part(weights.len() - 1)).for_each(|(out, v)| *out += f32::from(*v) * a);
            }
        }
    }
}

/// Columns into pixels.
#[inline(always)]
fn across<const N: usize>(line: &[f32], starts: &[u32], columns: &Axis, out: &mut [f32]) {
    match columns.taps {
        1 => across_taps::<N, 1>(line, starts, &columns.weights, out),
        2 => across_taps::<N, 2>(line, starts, &columns.weights, out),
        3 => across_taps::<N, 3>(line, starts, &columns.weights, out),
        4 => across_taps::<N, 4>(line, starts, &columns.weights, out),
        5 => across_taps::<N, 5>(line, starts, &columns.weights, out),
        6 => across_taps::<N, 6>(line, starts, &columns.weights, out),
        taps => {
            for (at, (start, weights)) in starts.iter().zip(columns.weights.chunks_exact(taps)).enumerate() {
                let mut sum = [0.0_f32; 4];
                let samples = &line[*start as usize..*start as usize + (taps - 1) * N + 4];
                for (tap, weight) in weights.iter().enumerate() {
                    let four = &samples[tap * N..tap * N + 4];
                    for (sum, v) in sum.iter_mut().zip(four) {
                        *sum += v * weight;
                    }
                }
                out[at * N..at * N + 4].copy_from_slice(&sum);
            }
        }
    }
}

/// The same for a number of taps that the compiler knows.
#[inline(always)]
fn across_taps<const N: usize, const TAPS: usize>(
    line: &[f32],
    starts: &[u32],
    weights: &[f32],
    out: &mut [f32],
) {
    let (weights, _) = weights.as_chunks::<TAPS>();
    for (at, (start, weights)) in starts.iter().zip(weights).enumerate() {
        let samples = &line[*start as usize..*start as usize + (TAPS - 1) * N + 4];
        let mut sum = [0.0_f32; 4];
        for tap in 0..TAPS {
            for channel in 0..4 {
                sum[channel] += samples[tap * N + channel] * weights[tap];
            }
        }
        out[at * N..at * N + 4].copy_from_slice(&sum);
    }
}

/// To the nearest whole number of 8 bits.
#[inline(always)]
fn round(values: &mut [f32]) {
    for value in values {
        *value = ((*value + ROUND) - ROUND).clamp(0.0, 255.0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::weights::Line;
    use super::super::{Interpolation, Order, Values};
    use super::*;
    use crate::image::Channels;
    use crate::image::resize::Filter;

    fn line(length: u32, size: u32) -> Line {
        Line {
            origin: 0.0,
            length: length.into(),
            limit: 0..length,
            size,
            wanted: 0..size,
            flipped: false,
            shrinks: size <= length,
        }
    }

    #[test]
    fn numbers_are_the_same_on_every_processor() {
        let mut random = crate::random::Random::keyed(&[8]);
        let data = (0..40 * 61 * 3).map(|_| u8::try_from(random.below(256)).unwrap()).collect();
        let source = Pixels::new((40, 61), Channels::Rgb, data).unwrap();
        for rule in [Interpolation::Linear, Interpolation::Area, Interpolation::Antialias(Filter::Lanczos)] {
            for (height, width) in [(17, 23), (80, 90)] {
                let axes = (Axis::new(rule, &line(40, height)), Axis::new(rule, &line(61, width)));
                let mut found = [(); 2].map(|()| vec![0.0_f32; (height * width * 3) as usize]);
                for (out, way) in found.iter_mut().zip([run::<3>, plain::<3>]) {
                    let target = Target::new(Values::F32(out), Order::Chw, (height, width), Channels::Rgb);
                    way(&source, &axes.0, &axes.1, &mut target.unwrap().scaled([0.3; 3], [-1.1, 0.2, 0.7]));
                }
                assert_eq!(found[0], found[1], "{rule:?}");
            }
        }
    }
}
