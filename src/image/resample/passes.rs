//! Rows, then columns: how a picture of 8 bits becomes one of another size.
//!
//! For each row that comes out, the rows it is made of are mixed into one line of floats, a plane for each channel;
//! then the columns of that line are mixed, sixteen pixels at a time, which are rounded, normalised and written where
//! they belong before they leave the registers. [`plain`] does the same a number at a time.
//!
//! The invariant: the numbers are the same on every processor, to the last bit. The products and sums are those of
//! [`plain`] in its order, and are not fused, which would round otherwise.

#![allow(
    unsafe_code,
    reason = "functions for a processor are called once it is known, and load through pointers"
)]
#![allow(
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "axes are made for the source, and stay in it"
)]

#[cfg(target_arch = "x86_64")]
use super::pairs::Pairs;
use super::plain;
use super::source::Source;
use super::target::Target;
use super::weights::Axis;

/// Resamples a picture with `N` channels.
pub(super) fn run<const N: usize>(source: Source<'_>, rows: &Axis, columns: &Axis, target: &mut Target<'_>) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx512bw") && std::arch::is_x86_feature_detected!("avx512vl") {
        // SAFETY: the processor has what the functions ask.
        return unsafe {
            match Pairs::new(N, rows, columns) {
                Some(pairs) => pairs.run(source, rows, target),
                None => wide::run::<N>(source, rows, columns, target),
            }
        };
    }
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, which is all that the function asks.
        return unsafe { by_avx2::<N>(source, rows, columns, target) };
    }
    plain::run::<N>(source, rows, columns, target);
}

/// The compiler writes the loops once more for AVX2.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn by_avx2<const N: usize>(source: Source<'_>, rows: &Axis, columns: &Axis, target: &mut Target<'_>) {
    plain::run::<N>(source, rows, columns, target);
}

/// By vectors of sixteen numbers.
#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::*;

    use super::super::lanes::{Lanes, WIDE, fetch, load, put, store};
    use super::super::plain::ROUND;
    use super::super::source::Source;
    use super::super::target::Target;
    use super::super::weights::Axis;

    /// Sixteen pixels that come out side by side, and the samples they are made of.
    struct Block {
        /// Which sixteen samples they begin in, and over how many of such they reach.
        first: usize,
        reach: usize,
        /// Where each pixel's first sample lies from there.
        index: [i32; WIDE],
    }

    /// Blocks of a row, and for each as many vectors of weights as there are taps.
    fn blocks(columns: &Axis, from: u32) -> (Vec<Block>, Vec<Lanes>) {
        let taps = columns.taps;
        let mut all = Vec::with_capacity(columns.len().div_ceil(WIDE));
        let mut lanes = vec![Lanes([0.0; WIDE]); columns.len().div_ceil(WIDE) * taps];
        let weights = columns.weights.chunks(WIDE * taps).zip(lanes.chunks_exact_mut(taps));
        for (firsts, (weights, lanes)) in columns.first.chunks(WIDE).zip(weights) {
            let lowest = firsts.iter().min().map_or(0, |first| first - from) as usize;
            let highest = firsts.iter().max().map_or(0, |first| first - from) as usize + taps - 1;
            let first = lowest / WIDE;
            // What stands for pixels beyond the row lies in the block too, and weighs nothing.
            let mut index = [(lowest - first * WIDE) as i32; WIDE];
            for (index, at) in index.iter_mut().zip(firsts) {
                *index = ((at - from) as usize - first * WIDE) as i32;
            }
            for (lane, weights) in weights.chunks_exact(taps).enumerate() {
                lanes.iter_mut().zip(weights).for_each(|(lanes, weight)| lanes.0[lane] = *weight);
            }
            all.push(Block { first, reach: highest / WIDE - first + 1, index });
        }
        (all, lanes)
    }

    /// Resamples a picture with `N` channels.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    pub(super) fn run<const N: usize>(
        source: Source<'_>,
        rows: &Axis,
        columns: &Axis,
        target: &mut Target<'_>,
    ) {
        let reach = columns.reach();
        let (from, to) = (reach.start as usize, reach.end as usize);
        let (blocks, weights) = blocks(columns, reach.start);
        let farthest = blocks.iter().map(|block| block.reach).max();
        // Means of samples are samples; what weighs less than nothing may lead out of 8 bits.
        let means = [rows, columns].iter().all(|axis| axis.weights.iter().all(|weight| *weight >= 0.0));
        // Blocks of pixels look at four blocks of samples, needed or not.
        let length = (to - from).div_ceil(WIDE) + 3;
        let none = [Lanes([0.0; WIDE]); N];
        let mut line = vec![none; length];
        let mut out = vec![none; blocks.len()];
        // Rows of the source as numbers, and which rows they are, where rows serve for several that come out, unless they
        // are too long to stay in the nearest cache.
        let often = rows.reach().len() * 4 < rows.len() * rows.taps * 3;
        let holds = often && length * rows.taps * size_of_val(&none) <= 1 << 16;
        let mut numbers = vec![none; if holds { length * rows.taps } else { 0 }];
        // Where the rows lie that the next row is made of.
        let ahead = rows.reach().len().div_ceil(rows.len()) * source.stride();
        let mut held = vec![usize::MAX; rows.taps];
        let mut parts: Vec<&[u8]> = Vec::with_capacity(rows.taps);
        for row in 0..rows.len() {
            let (first, shares) = rows.of(row);
            // A row that stands for several is not mixed again.
            if row == 0 || rows.of(row - 1) != (first, shares) {
                if holds {
                    for at in first..first + rows.taps {
                        let slot = at % rows.taps;
                        if held[slot] != at {
                            held[slot] = at;
                            let numbers = &mut numbers[slot * length..][..length];
                            mix(numbers, &[source.row::<N>(at, from, to)], &[1.0], ahead);
                        }
                    }
                    mix_held(&mut line, &numbers, first, shares);
                } else {
                    parts.clear();
                    for at in first..first + rows.taps {
                        parts.push(source.row::<N>(at, from, to));
                    }
                    mix(&mut line, &parts, shares, ahead);
                }
                match farthest {
                    Some(0..=2) => across::<N, 2>(&line, &blocks, &weights, means, &mut out),
                    Some(3..=4) => across::<N, 4>(&line, &blocks, &weights, means, &mut out),
                    _ => across::<N, 0>(&line, &blocks, &weights, means, &mut out),
                }
            }
            put(target, row, &out);
        }
    }

    /// Rows of bytes into one.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn mix<const N: usize>(line: &mut [[Lanes; N]], rows: &[&[u8]], weights: &[f32], ahead: usize) {
        let size = WIDE * N;
        let length = rows.first().map_or(0, |row| row.len());
        let whole = length / size * size;
        if let ([row, next], [weight, other]) = (rows, weights) {
            let pairs = row.chunks_exact(size).zip(next.chunks_exact(size));
            for (line, (a, b)) in line.iter_mut().zip(pairs) {
                let pair = plus(times(split::<N>(a, ahead), *weight), times(split::<N>(b, ahead), *other));
                keep(line, pair);
            }
        } else {
            for (at, line) in (0..whole).step_by(size).zip(line.iter_mut()) {
                keep(line, sum(rows, weights, at, size, ahead));
            }
        }
        if whole < length {
            keep(&mut line[whole / size], sum(rows, weights, whole, length - whole, ahead));
        }
    }

    /// The same of `size` bytes at one place.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn sum<const N: usize>(
        rows: &[&[u8]],
        weights: &[f32],
        at: usize,
        size: usize,
        ahead: usize,
    ) -> [__m512; N] {
        let mut sums = [_mm512_setzero_ps(); N];
        for (rows, weights) in rows.chunks(2).zip(weights.chunks(2)) {
            let mut pair = times(split(&rows[0][at..at + size], ahead), weights[0]);
            if let ([_, next], [_, other]) = (rows, weights) {
                pair = plus(pair, times(split(&next[at..at + size], ahead), *other));
            }
            sums = plus(sums, pair);
        }
        sums
    }

    /// Rows of numbers into one. Each lies where its number leaves it when it is divided by how many there are.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn mix_held<const N: usize>(
        line: &mut [[Lanes; N]],
        numbers: &[[Lanes; N]],
        first: usize,
        weights: &[f32],
    ) {
        let length = line.len();
        let row = |n: usize| numbers[(first + n) % weights.len() * length..][..length].as_flattened();
        let line = line.as_flattened_mut();
        for (pair, weights) in weights.chunks(2).enumerate() {
            let weight = _mm512_set1_ps(weights[0]);
            match weights.get(1) {
                Some(other) => {
                    let other = _mm512_set1_ps(*other);
                    let rows = row(2 * pair).iter().zip(row(2 * pair + 1));
                    for (line, (a, b)) in line.iter_mut().zip(rows) {
                        let a = _mm512_mul_ps(load(&a.0), weight);
                        let sum = _mm512_add_ps(a, _mm512_mul_ps(load(&b.0), other));
                        let sum = if pair == 0 { sum } else { _mm512_add_ps(load(&line.0), sum) };
                        store(&mut line.0, sum);
                    }
                }
                None => {
                    for (line, a) in line.iter_mut().zip(row(2 * pair)) {
                        let sum = _mm512_mul_ps(load(&a.0), weight);
                        let sum = if pair == 0 { sum } else { _mm512_add_ps(load(&line.0), sum) };
                        store(&mut line.0, sum);
                    }
                }
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn keep<const N: usize>(line: &mut [Lanes; N], values: [__m512; N]) {
        for channel in 0..N {
            store(&mut line[channel].0, values[channel]);
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn times<const N: usize>(mut values: [__m512; N], weight: f32) -> [__m512; N] {
        for value in &mut values {
            *value = _mm512_mul_ps(*value, _mm512_set1_ps(weight));
        }
        values
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn plus<const N: usize>(mut values: [__m512; N], others: [__m512; N]) -> [__m512; N] {
        for channel in 0..N {
            values[channel] = _mm512_add_ps(values[channel], others[channel]);
        }
        values
    }

    /// Sixteen pixels, or fewer, as numbers, channel by channel.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn split<const N: usize>(bytes: &[u8], ahead: usize) -> [__m512; N] {
        let bytes = load_bytes(bytes, ahead);
        let mut out = [_mm512_setzero_ps(); N];
        if N == 1 {
            out[0] = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm512_castsi512_si128(bytes)));
            return out;
        }
        // Four pixels to each quarter of the vector, then one channel of each to a number of 32 bits.
        let spread = _mm512_setr_epi32(0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11, 12);
        let quarters = _mm512_permutexvar_epi32(spread, bytes);
        for (channel, out) in out.iter_mut().enumerate() {
            let byte = |pixel: i32| !0xff | (3 * pixel + channel as i32);
            let order = _mm512_broadcast_i32x4(_mm_setr_epi32(byte(0), byte(1), byte(2), byte(3)));
            *out = _mm512_cvtepi32_ps(_mm512_shuffle_epi8(quarters, order));
        }
        out
    }

    /// Columns into pixels, whose samples lie in no more than so many blocks; anywhere, if that is 0.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn across<const N: usize, const REACH: usize>(
        line: &[[Lanes; N]],
        blocks: &[Block],
        weights: &[Lanes],
        means: bool,
        out: &mut [[Lanes; N]],
    ) {
        let taps = weights.len() / blocks.len();
        let one = _mm512_set1_epi32(1);
        for ((block, weights), out) in blocks.iter().zip(weights.chunks_exact(taps)).zip(out) {
            let mut sums = [_mm512_setzero_ps(); N];
            let mut index = load_index(&block.index);
            let samples = &line[block.first..][..if REACH == 0 { block.reach } else { REACH }];
            let mut tables = [[_mm512_setzero_ps(); REACH]; N];
            for at in 0..REACH {
                for channel in 0..N {
                    tables[channel][at] = load(&samples[at][channel].0);
                }
            }
            for weights in weights {
                let weights = load(&weights.0);
                for channel in 0..N {
                    let sample = match tables[channel].as_slice() {
                        [a, b] => _mm512_permutex2var_ps(*a, index, *b),
                        [a, b, c, d] => {
                            let far = _mm512_test_epi32_mask(index, _mm512_set1_epi32(32));
                            let near = _mm512_permutex2var_ps(*a, index, *b);
                            _mm512_mask_mov_ps(near, far, _mm512_permutex2var_ps(*c, index, *d))
                        }
                        _ => gather(samples, channel, index),
                    };
                    sums[channel] = _mm512_add_ps(sums[channel], _mm512_mul_ps(sample, weights));
                }
                index = _mm512_add_epi32(index, one);
            }
            for channel in 0..N {
                // To the nearest whole number of 8 bits.
                let whole = _mm512_set1_ps(ROUND);
                let mut sum = _mm512_sub_ps(_mm512_add_ps(sums[channel], whole), whole);
                if !means {
                    sum = _mm512_min_ps(_mm512_max_ps(sum, _mm512_setzero_ps()), _mm512_set1_ps(255.0));
                }
                store(&mut out[channel].0, sum);
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn load_index(values: &[i32; WIDE]) -> __m512i {
        // SAFETY: sixteen numbers are read where there are sixteen.
        unsafe { _mm512_loadu_epi32(values.as_ptr()) }
    }

    /// At most 64 bytes; zeros stand for those that are not there. Those so far ahead are wanted next.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn load_bytes(bytes: &[u8], ahead: usize) -> __m512i {
        let there = if bytes.len() < 64 { (1 << bytes.len()) - 1 } else { u64::MAX };
        fetch(bytes, ahead);
        // SAFETY: the mask leaves out what lies behind the slice, which is then not read.
        unsafe { _mm512_maskz_loadu_epi8(there, bytes.as_ptr().cast()) }
    }

    /// A channel's numbers. An index that leaves the blocks is taken for that of the last number.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn gather<const N: usize>(blocks: &[[Lanes; N]], channel: usize, index: __m512i) -> __m512 {
        let index = _mm512_min_epu32(index, _mm512_set1_epi32((blocks.len() * WIDE) as i32 - 1));
        let lane = _mm512_and_si512(index, _mm512_set1_epi32(WIDE as i32 - 1));
        let block = _mm512_mullo_epi32(_mm512_sub_epi32(index, lane), _mm512_set1_epi32(N as i32));
        let index = _mm512_add_epi32(block, lane);
        let channels = blocks.as_flattened();
        let channels = &channels[channel..channels.len() + 1 + channel - N];
        // SAFETY: from a channel of the first block to that of the last there are numbers without a gap, and no index
        // is larger than that of the last of them.
        unsafe { _mm512_i32gather_ps::<4>(index, channels.as_ptr().cast()) }
    }
}
