//! The passes a number at a time: what the invariant of [`passes`](super::passes) is held against, and what runs where
//! there are no vectors of sixteen numbers.
//!
//! The compiler makes vectors of these loops as it sees fit; it fuses no products with sums, so that does not change
//! the numbers.

#![allow(
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "axes are made for the source, and stay in it"
)]

use super::source::Source;
use super::target::Target;
use super::weights::Axis;

/// Added and taken away again, leaves a number below 2²² rounded to the nearest whole one, ties to even.
pub(super) const ROUND: f32 = 12_582_912.0;

/// Resamples a picture with `N` channels.
#[inline(always)]
pub(super) fn run<const N: usize>(source: Source<'_>, rows: &Axis, columns: &Axis, target: &mut Target<'_>) {
    let reach = columns.reach();
    let (from, to) = (reach.start as usize, reach.end as usize);
    // Room for one channel more: pixels are read and written four numbers at a time.
    let mut line = vec![0.0_f32; (to - from) * N + 4];
    let mut out = vec![0.0_f32; columns.len() * N + 4];
    let starts: Vec<u32> = columns.first.iter().map(|first| (first - reach.start) * N as u32).collect();
    let mut mixed: Option<usize> = None;
    for row in 0..rows.len() {
        let (first, weights) = rows.of(row);
        let part = |n: usize| source.row::<N>(first + n, from, to);
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
