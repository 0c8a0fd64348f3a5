//! [`Lanes`]: sixteen numbers, and where a row of such goes when it leaves the registers.
//!
//! The invariant: what is loaded and stored is a slice or an array of the caller; nothing is read or written beside it.
//! Which pixels the numbers are of is not known here.

#![allow(unsafe_code, reason = "vectors are loaded and stored through pointers")]
#![allow(clippy::indexing_slicing, reason = "what is stored is as long as what it is stored to")]

use std::arch::x86_64::*;

use super::target::{Row, Target};

/// Numbers of a vector.
pub(super) const WIDE: usize = 16;

/// A vector in memory.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Lanes(pub(super) [f32; WIDE]);

/// Bytes so far after those of a slice are wanted soon.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn fetch(bytes: &[u8], ahead: usize) {
    // Rows that follow are not what the processor looks for by itself, where memory is far.
    #[allow(unused_unsafe, reason = "newer compilers know that it is safe")]
    // SAFETY: what is fetched ahead is not read, wherever it lies.
    unsafe {
        _mm_prefetch::<_MM_HINT_T0>(bytes.as_ptr().wrapping_add(ahead).cast());
    }
}

/// Writes a row where it belongs.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn put<const N: usize>(target: &mut Target<'_>, row: usize, blocks: &[[Lanes; N]]) {
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
pub(super) fn load(values: &[f32; WIDE]) -> __m512 {
    // SAFETY: sixteen numbers are read where there are sixteen.
    unsafe { _mm512_loadu_ps(values.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn store(out: &mut [f32; WIDE], values: __m512) {
    // SAFETY: sixteen numbers are written where there are sixteen.
    unsafe { _mm512_storeu_ps(out.as_mut_ptr(), values) }
}

/// As many as there is room for.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn store_some(out: &mut [f32], values: __m512) {
    let room = if out.len() < WIDE { (1 << out.len()) - 1 } else { u16::MAX };
    // SAFETY: the mask leaves out what lies behind the slice, which is then not written.
    unsafe { _mm512_mask_storeu_ps(out.as_mut_ptr(), room, values) }
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
