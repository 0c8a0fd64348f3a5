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

use super::plain;
use super::source::Source;
use super::target::Target;
use super::weights::Axis;

/// Resamples a picture with `N` channels.
pub(super) fn run<const N: usize>(source: Source<'_>, rows: &Axis, columns: &Axis, target: &mut Target<'_>) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx512bw") && std::arch::is_x86_feature_detected!("avx512vl") {
        // SAFETY: the processor has what the function asks.
        return unsafe { wide::run::<N>(source, rows, columns, target) };
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

    use super::super::plain::ROUND;
    use super::super::source::Source;
    use super::super::target::{Row, Target};
    use super::super::weights::Axis;

    /// Numbers of a vector.
    pub(super) const WIDE: usize = 16;

    /// A vector in memory.
    #[derive(Clone, Copy)]
    #[repr(C, align(64))]
    struct Lanes([f32; WIDE]);

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

    /// Writes a row where it belongs.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn put<const N: usize>(target: &mut Target<'_>, row: usize, blocks: &[[Lanes; N]]) {
        match target.row::<N>(row) {
            Row::Planes(planes, lines) => {
                for (channel, out) in planes.into_iter().enumerate() {
                    let (whole, rest) = out.as_chunks_mut();
                    for (out, block) in whole.iter_mut().zip(blocks) {
                        store(out, along(block, channel, lines[channel]));
                    }
                    if let Some(block) = blocks.get(whole.len()) {
                        let mut last = [0.0; WIDE];
                        store(&mut last, along(block, channel, lines[channel]));
                        rest.copy_from_slice(&last[..rest.len()]);
                    }
                }
            }
            Row::Bytes(out, lines, swapped) if N == 3 => {
                let (whole, rest) = out.as_chunks_mut();
                for (out, block) in whole.iter_mut().zip(blocks) {
                    store_bytes(out, pack(block, &lines, swapped));
                }
                if let Some(block) = blocks.get(whole.len()) {
                    let mut last = [0; 3 * WIDE];
                    store_bytes(&mut last, pack(block, &lines, swapped));
                    rest.copy_from_slice(&last[..rest.len()]);
                }
            }
            _ => target.put_planes::<N, _>(row, |channel| blocks.iter().map(move |block| &block[channel].0)),
        }
    }

    /// A channel's samples, multiplied and added to.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn along<const N: usize>(block: &[Lanes; N], channel: usize, (scale, bias): (f32, f32)) -> __m512 {
        let scaled = _mm512_mul_ps(load(&block[channel].0), _mm512_set1_ps(scale));
        _mm512_add_ps(scaled, _mm512_set1_ps(bias))
    }

    /// Three channels of sixteen pixels, side by side as bytes.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn pack<const N: usize>(block: &[Lanes; N], lines: &[(f32, f32); N], swapped: bool) -> __m512i {
        let mut bytes = [_mm512_setzero_si512(); N];
        for (channel, line) in lines.iter().enumerate() {
            // What is no number becomes 0, the second of the two.
            let value = _mm512_max_ps(along(block, channel, *line), _mm512_setzero_ps());
            let place = if swapped { N - 1 - channel } else { channel };
            bytes[place] = _mm512_cvtps_epi32(_mm512_min_ps(value, _mm512_set1_ps(255.0)));
        }
        let (second, third) = (_mm512_slli_epi32(bytes[1 % N], 8), _mm512_slli_epi32(bytes[2 % N], 16));
        let pixels = _mm512_or_si512(bytes[0], _mm512_or_si512(second, third));
        let order = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
        let quarters = _mm512_shuffle_epi8(pixels, _mm512_broadcast_i32x4(order));
        let order = _mm512_setr_epi32(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 15, 15, 15);
        _mm512_permutexvar_epi32(order, quarters)
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn load(values: &[f32; WIDE]) -> __m512 {
        // SAFETY: sixteen numbers are read where there are sixteen.
        unsafe { _mm512_loadu_ps(values.as_ptr()) }
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
        // Rows that follow are not what the processor looks for by itself, where memory is far.
        #[allow(unused_unsafe, reason = "newer compilers know that it is safe")]
        // SAFETY: what is fetched ahead is not read, wherever it lies.
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(bytes.as_ptr().wrapping_add(ahead).cast());
        }
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

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn store(out: &mut [f32; WIDE], values: __m512) {
        // SAFETY: sixteen numbers are written where there are sixteen.
        unsafe { _mm512_storeu_ps(out.as_mut_ptr(), values) }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn store_bytes(out: &mut [u8; 3 * WIDE], values: __m512i) {
        let (low, high) = (_mm512_castsi512_si256(values), _mm512_extracti32x4_epi32::<2>(values));
        // SAFETY: the first 32 bytes and the last 16 of 48.
        unsafe {
            _mm256_storeu_si256(out.as_mut_ptr().cast(), low);
            _mm_storeu_si128(out.as_mut_ptr().add(32).cast(), high);
        }
    }
}
