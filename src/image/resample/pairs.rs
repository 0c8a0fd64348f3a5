//! [`Pairs`]: rows and columns of two taps each, for colours that shrink: only samples that are needed are touched.
//!
//! Both taps of two pixels that come out side by side lie within sixteen bytes of a row, unless the picture shrinks by
//! more than three. Four such pieces make a vector, whose bytes are spread to numbers where they are needed. So no line
//! of mixed samples is made, of which most would not be looked at, and nothing is looked for in it.
//!
//! The invariant is that of [`passes`](super::passes): products and sums are those of [`plain`](super::plain), in its
//! order. Other taps, gray pictures, and columns that lie too far apart are left to others.

#![allow(
    unsafe_code,
    reason = "functions for a processor are called once it is known, and load through pointers"
)]
#![allow(
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "axes are made for the source, and stay in it"
)]

use std::arch::x86_64::*;

use super::lanes::{Lanes, WIDE, fetch, load, put, store, store_some};
use super::source::Source;
use super::target::{Row, Target};
use super::weights::Axis;

/// Bytes of a piece.
const PIECE: usize = 16;

/// What a raised number is more than what it stands for: 2²³, above which a single-precision number is whole. So a byte
/// under these bits is that byte, raised; and the nearest whole number of a smaller one is found by raising it.
const RAISE: f32 = 8_388_608.0;
/// Its bits.
const RAISED: i32 = 0x4b00_0000;

/// Sixteen pixels that come out side by side.
struct Block {
    /// Where the pieces lie in a row: four of the first vector, four of the second.
    starts: [[u32; 4]; 2],
    /// Which byte of its piece each number of a vector is, for each channel: the first taps of two pixels, then the
    /// second ones.
    orders: [[Order; 3]; 2],
    /// The weights of first and of second taps.
    weights: [Lanes; 2],
}

/// Places of bytes in a piece.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Order([u32; WIDE]);

/// Blocks of a row.
pub(super) struct Pairs {
    blocks: Vec<Block>,
    /// Columns that are read. The invariant: no piece leaves them.
    from: usize,
    to: usize,
}

impl Pairs {
    /// For a picture with so many channels. `None` if it is not for these axes, or another way is as fast.
    pub(super) fn new(channels: usize, rows: &Axis, columns: &Axis) -> Option<Pairs> {
        let reach = columns.reach();
        let (from, to) = (reach.start as usize, reach.end as usize);
        let length = 3 * (to - from);
        let shrinks = (to - from) * 5 >= columns.len() * 7;
        // Means of samples are samples, and not less than nothing.
        let means = || [rows, columns].iter().all(|axis| axis.weights.iter().all(|weight| *weight >= 0.0));
        if channels != 3 || rows.taps != 2 || columns.taps != 2 || !shrinks || length < PIECE || !means() {
            return None;
        }
        let mut blocks = Vec::with_capacity(columns.len().div_ceil(WIDE));
        for (firsts, weights) in columns.first.chunks(WIDE).zip(columns.weights.chunks(2 * WIDE)) {
            let none = Order([0; WIDE]);
            let mut block =
                Block { starts: [[0; 4]; 2], orders: [[none; 3]; 2], weights: [Lanes([0.0; WIDE]); 2] };
            for (pixel, [a, b]) in weights.as_chunks().0.iter().enumerate() {
                block.weights[0].0[pixel] = *a;
                block.weights[1].0[pixel] = *b;
            }
            for (pair, firsts) in firsts.chunks(2).enumerate() {
                let firsts =
                    [firsts[0], firsts[firsts.len() - 1]].map(|first| 3 * (first - reach.start) as usize);
                let start = firsts[0].min(firsts[1]).min(length - PIECE);
                if firsts[0].max(firsts[1]) + 6 > start + PIECE {
                    return None;
                }
                // Vectors take turns, so that halves of their quarters are the pixels in their order.
                let (vector, quarter) = (pair % 2, pair / 2);
                block.starts[vector][quarter] = start as u32;
                for (channel, order) in block.orders[vector].iter_mut().enumerate() {
                    for (at, place) in order.0[4 * quarter..][..4].iter_mut().enumerate() {
                        *place = (firsts[at % 2] + 3 * (at / 2) + channel - start) as u32;
                    }
                }
            }
            blocks.push(block);
        }
        Some(Pairs { blocks, from, to })
    }

    /// Resamples a picture of three channels.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    pub(super) fn run(&self, source: Source<'_>, rows: &Axis, target: &mut Target<'_>) {
        let mut out = Vec::new();
        // Where the rows lie that the next row is made of, and how much of them a block fetches.
        let ahead = rows.reach().len().div_ceil(rows.len()) * source.stride();
        let lines = (3 * (self.to - self.from)).div_ceil(64).div_ceil(self.blocks.len());
        for row in 0..rows.len() {
            let (first, shares) = rows.of(row);
            let [a, b] = [first, first + 1];
            let parts = [source.row::<3>(a, self.from, self.to), source.row::<3>(b, self.from, self.to)];
            let shares = [shares[0], shares[1]];
            let blocks = self.blocks.iter().enumerate().inspect(|(at, _)| {
                for line in at * lines..(at + 1) * lines {
                    fetch(parts[0], ahead + 64 * line);
                    fetch(parts[1], ahead + 64 * line);
                }
            });
            match target.row::<3>(row) {
                Row::Planes([a, b, c], along) if along.iter().all(exact) => {
                    let planes = a.chunks_mut(WIDE).zip(b.chunks_mut(WIDE)).zip(c.chunks_mut(WIDE));
                    for ((_, block), ((a, b), c)) in blocks.zip(planes) {
                        // SAFETY: the block's pieces lie in rows from `from` to `to`.
                        let sums = unsafe { block.mixed(parts, shares) };
                        for ((out, sum), (scale, bias)) in [a, b, c].into_iter().zip(sums).zip(along) {
                            store_some(out, _mm512_add_ps(lowered(sum, scale), _mm512_set1_ps(bias)));
                        }
                    }
                }
                _ => {
                    out.resize(self.blocks.len(), [Lanes([0.0; WIDE]); 3]);
                    for ((_, block), out) in blocks.zip(&mut out) {
                        // SAFETY: the block's pieces lie in rows from `from` to `to`.
                        let sums = unsafe { block.mixed(parts, shares) };
                        for (out, sum) in out.iter_mut().zip(sums) {
                            store(&mut out.0, _mm512_sub_ps(sum, _mm512_set1_ps(RAISE)));
                        }
                    }
                    put(target, row, &out);
                }
            }
        }
    }
}

/// Whether [`lowered`] makes of a whole number what multiplying it by `scale` does: zero times less than nothing is
/// another zero, and there are numbers that cannot be raised.
fn exact((scale, _): &(f32, f32)) -> bool {
    scale.is_sign_positive() && (scale * RAISE).is_finite()
}

impl Block {
    /// Two rows, mixed, and columns of that: sixteen pixels, rounded, as raised numbers.
    ///
    /// # Safety
    /// All pieces lie within both rows.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn mixed(&self, rows: [&[u8]; 2], shares: [f32; 2]) -> [__m512; 3] {
        let mut vectors = [[_mm512_setzero_ps(); 3]; 2];
        for (vector, (starts, orders)) in vectors.iter_mut().zip(self.starts.iter().zip(&self.orders)) {
            // SAFETY: as the caller promises.
            let [a, b] = unsafe { [pieces(rows[0], starts), pieces(rows[1], starts)] };
            for (sum, order) in vector.iter_mut().zip(orders) {
                let order = load_order(order);
                *sum =
                    _mm512_add_ps(lowered(raised(a, order), shares[0]), lowered(raised(b, order), shares[1]));
            }
        }
        let weights = [load(&self.weights[0].0), load(&self.weights[1].0)];
        let mut sums = [_mm512_setzero_ps(); 3];
        for (channel, sum) in sums.iter_mut().enumerate() {
            let [a, b] = vectors.map(|vector| _mm512_castps_pd(vector[channel]));
            let first = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
            let second = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
            let mixed = _mm512_add_ps(_mm512_mul_ps(first, weights[0]), _mm512_mul_ps(second, weights[1]));
            // To the nearest whole number of 8 bits.
            *sum = _mm512_add_ps(mixed, _mm512_set1_ps(RAISE));
        }
        sums
    }
}

/// Bytes of each quarter of a vector, one to a number of 32 bits, as raised numbers.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn raised(quarters: __m512i, order: __m512i) -> __m512 {
    let lowest = 0x1111_1111_1111_1111;
    _mm512_castsi512_ps(_mm512_mask_shuffle_epi8(_mm512_set1_epi32(RAISED), lowest, quarters, order))
}

/// What raised numbers stand for, times a number, as one rounding makes it: 2²³ times a number is exact, and so is what
/// the processor takes it from before it rounds.
#[inline]
#[target_feature(enable = "avx512f")]
fn lowered(raised: __m512, times: f32) -> __m512 {
    _mm512_fmsub_ps(raised, _mm512_set1_ps(times), _mm512_set1_ps(times * RAISE))
}

/// Four pieces of a row.
///
/// # Safety
/// They lie within it.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn pieces(row: &[u8], starts: &[u32; 4]) -> __m512i {
    let piece = |at: usize| {
        // SAFETY: sixteen bytes of the row, as the caller promises.
        unsafe { _mm_loadu_si128(row.as_ptr().add(starts[at] as usize).cast()) }
    };
    let pieces = _mm512_castsi128_si512(piece(0));
    let pieces = _mm512_inserti32x4::<1>(pieces, piece(1));
    let pieces = _mm512_inserti32x4::<2>(pieces, piece(2));
    _mm512_inserti32x4::<3>(pieces, piece(3))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_order(order: &Order) -> __m512i {
    // SAFETY: sixteen numbers are read where there are sixteen.
    unsafe { _mm512_load_si512(order.0.as_ptr().cast()) }
}

#[cfg(test)]
mod tests {
    use half::{bf16, f16};

    use super::super::super::pixels::{Channels, Window};
    use super::super::target::{Order, Values};
    use super::super::{Interpolation, Resample, Span, passes, plain};
    use super::*;
    use crate::random::Random;

    /// A canvas of each type, and what is drawn on it.
    struct Canvas {
        size: (u32, u32),
        at: (u32, u32),
        picture: (u32, u32),
        order: super::super::Order,
        swapped: bool,
        scale: [f32; 3],
        bias: [f32; 3],
    }

    impl Canvas {
        /// The bits of all numbers of all types.
        fn drawn(&self, draw: impl Fn(&mut Target<'_>)) -> Vec<u32> {
            let length = usize::try_from(self.size.0 * self.size.1 * 3).unwrap();
            let mut bytes = vec![9_u8; length];
            let mut singles = vec![9.0_f32; length];
            let mut halves = vec![f16::ONE; length];
            let mut brains = vec![bf16::ONE; length];
            let all = [
                Values::U8(&mut bytes),
                Values::F32(&mut singles),
                Values::F16(&mut halves),
                Values::Bf16(&mut brains),
            ];
            for values in all {
                let target = Target::new(values, self.order, self.size, Channels::Rgb).unwrap();
                let target = target.placed(self.at, self.picture).unwrap();
                draw(&mut target.scaled(self.scale, self.bias).bgr(self.swapped));
            }
            let bits = bytes.into_iter().map(u32::from).chain(singles.into_iter().map(f32::to_bits));
            let bits = bits.chain(halves.into_iter().map(|half| half.to_bits().into()));
            bits.chain(brains.into_iter().map(|brain| brain.to_bits().into())).collect()
        }
    }

    #[test]
    fn numbers_are_those_of_the_plain_way() {
        let processor = std::arch::is_x86_feature_detected!("avx512bw")
            && std::arch::is_x86_feature_detected!("avx512vl");
        let mut random = Random::keyed(&[7]);
        let mut taken = 0;
        for round in 0..600 {
            let mut within = |from: u32, to: u32| from + random.below((to - from + 1).into()) as u32;
            // A part of a picture in a size, and a window of that; scales of 0.3 to 6, and pictures of few pixels.
            let size = (within(1, 14), within(1, if round % 3 == 0 { 6 } else { 75 }));
            let length = |n: u32, scale: u32| (n * scale).div_ceil(10).max(1);
            let most = if round % 2 == 0 { 60 } else { 30 };
            let (tall, wide) = (length(size.0, within(3, 60)), length(size.1, within(3, most)));
            let picture = match round % 5 {
                0 => (tall, wide),
                _ => (tall + within(0, 5), wide + within(0, 9)),
            };
            let mut part = Span {
                x: within(0, picture.1 - wide).into(),
                y: within(0, picture.0 - tall).into(),
                width: wide.into(),
                height: tall.into(),
            };
            if round % 4 == 1 {
                part = Span { x: part.x + 0.375, y: part.y - 0.25, width: part.width - 0.2, ..part };
            }
            let (x, y) = (within(0, size.1 - 1), within(0, size.0 - 1));
            let window = match round % 3 {
                1 => Window { x, y, width: within(1, size.1 - x), height: within(1, size.0 - y) },
                _ => Window { x: 0, y: 0, width: size.1, height: size.0 },
            };
            let flipped = (within(0, 1) == 1, within(0, 1) == 1);
            let plan = Resample::new(part, size, Interpolation::Linear).window(window);
            let pass = plan.flipped(flipped.0, flipped.1).prepared(picture).unwrap();
            // Only what is read is there, and nothing behind it; rows may lie farther apart.
            let read = pass.reads();
            let stride = (3 * read.width + within(0, 1) * within(0, 20)) as usize;
            let bytes = stride * (read.height as usize - 1) + 3 * read.width as usize;
            let data: Box<[u8]> = (0..bytes).map(|_| within(0, 255) as u8).collect();
            let held = (read.height, read.width);
            let source = Source::new(&data, stride, Channels::Rgb, held, (read.x, read.y));
            let scales = [0.017, 1.0, 0.3, -0.7, 3e38, 0.0];
            let biases = [-2.1, 0.0, -0.0, 0.5];
            let at = (within(0, 2), within(0, 3));
            let canvas = Canvas {
                size: (at.0 + window.height + within(0, 2), at.1 + window.width + within(0, 2)),
                at,
                picture: (window.height, window.width),
                order: if within(0, 1) == 1 { Order::Chw } else { Order::Hwc },
                swapped: within(0, 1) == 1,
                scale: [0; 3].map(|_| scales[within(0, if round % 2 == 0 { 2 } else { 5 }) as usize]),
                bias: [0; 3].map(|_| biases[within(0, 3) as usize]),
            };
            let (rows, columns) = (&pass.rows, &pass.columns);
            let wanted = canvas.drawn(|target| plain::run::<3>(source, rows, columns, target));
            let found = canvas.drawn(|target| passes::run::<3>(source, rows, columns, target));
            assert!(found == wanted, "{plan:?} {flipped:?} of {picture:?}");
            if let Some(pairs) = Pairs::new(3, rows, columns)
                && processor
            {
                taken += 1;
                let length = 3 * columns.reach().len();
                let inside = |start: &u32| *start as usize + PIECE <= length;
                assert!(pairs.blocks.iter().all(|block| block.starts.as_flattened().iter().all(inside)));
                let orders = pairs.blocks.iter().flat_map(|block| block.orders.as_flattened());
                assert!(orders.flat_map(|order| order.0).all(|place| (place as usize) < PIECE));
                // SAFETY: the processor has what the function asks.
                let found = canvas.drawn(|target| unsafe { pairs.run(source, rows, target) });
                assert!(found == wanted, "pairs: {plan:?} {flipped:?} of {picture:?}");
            }
        }
        assert!(taken > 150 || !processor, "{taken} of the pictures were for pairs");
    }

    #[test]
    fn what_is_not_for_pairs_is_left_to_others() {
        let axes = |size: (u32, u32), rule| {
            let part = Window { x: 0, y: 0, width: size.1, height: size.0 };
            Resample::new(part.into(), (20, 20), rule).prepared(size).unwrap()
        };
        let made = |channels, size, rule| {
            let pass = axes(size, rule);
            Pairs::new(channels, &pass.rows, &pass.columns).is_some()
        };
        assert!(made(3, (40, 40), Interpolation::Linear));
        assert!(made(3, (10, 60), Interpolation::Linear));
        assert!(!made(1, (40, 40), Interpolation::Linear));
        assert!(!made(3, (40, 40), Interpolation::Cubic));
        assert!(!made(3, (40, 20), Interpolation::Linear));
        assert!(!made(3, (40, 100), Interpolation::Linear));
        assert!(!made(3, (1, 40), Interpolation::Linear));
    }
}
