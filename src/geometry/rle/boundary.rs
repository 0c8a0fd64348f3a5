//! The boundary of a mask: the pixels inside that are near to one outside, as runs.
//!
//! What Boundary IoU compares (Cheng, Girshick, Dollár, Berg, Kirillov: Boundary IoU, CVPR 2021). A pixel belongs to
//! the boundary if the square of `2 · reach + 1` pixels around it has one that is not inside; beyond the image nothing
//! is inside. The reference erodes a bitmap of the whole image once for every pixel of reach; here runs are shortened
//! at both ends, and only the columns of the mask's own box are laid over each other, 64 pixels at a time, in a number
//! of steps that does not grow with the reach.
//!
//! The kernel indexes by numbers that it made from the box, and the box lies in the image.

#![allow(clippy::indexing_slicing)]

use super::runs::{Inside, bbox, canonical, combine};
use crate::geometry::Size;

/// How far the boundary reaches into masks of images of this size: `ratio` of the diagonal, rounded to the nearest
/// whole number (halves to the even one), and at least 1. The paper's ratio is 0.02.
///
/// ```
/// use lensframe::geometry::{Size, rle::boundary_reach};
/// assert_eq!(boundary_reach(Size::new(480, 640), 0.02), 16);
/// assert_eq!(boundary_reach(Size::new(4, 3), 0.02), 1);
/// ```
pub fn boundary_reach(size: Size, ratio: f64) -> u32 {
    let (height, width) = (f64::from(size.height), f64::from(size.width));
    let reach = ratio * (height * height + width * width).sqrt();
    // A cast saturates, and NaN is 0.
    (reach.round_ties_even() as u32).max(1)
}

/// The canonical runs of the pixels inside from which one outside is no further than `reach`, in both directions.
///
/// ```
/// use lensframe::geometry::{Size, rle::boundary};
/// // Three by three pixels in the corner of an image of four: all but the one in their middle.
/// let runs = [0, 3, 1, 3, 1, 3, 5];
/// assert_eq!(boundary(Size::new(4, 4), &runs, 1), [0, 3, 1, 1, 1, 1, 1, 3, 5]);
/// ```
pub fn boundary(size: Size, runs: &[u32], reach: u32) -> Vec<u32> {
    let runs = canonical(runs.to_vec());
    match inner(size, &runs, reach) {
        Some(inner) => combine(&runs, &inner, |mask, inner| mask && !inner),
        None => runs,
    }
}

/// The runs of the pixels that are not of the boundary; `None` where all are.
fn inner(size: Size, runs: &[u32], reach: u32) -> Option<Vec<u32>> {
    let area = bbox(size, runs);
    let (left, top, wide, high) = (area.x() as u32, area.y() as u32, area.w() as u32, area.h() as u32);
    let across = reach.checked_mul(2)?.checked_add(1)?;
    if wide < across || high < across || left + wide > size.width || top + high > size.height {
        return None;
    }
    let mut columns = Columns { words: (high as usize).div_ceil(64), bits: Vec::new() };
    columns.bits.resize(columns.words * wide as usize, 0);
    let pixels = u64::from(size.height) * u64::from(size.width);
    for (first, end) in Inside::new(runs) {
        let (mut at, end) = (first, u64::from(end).min(pixels) as u32);
        while at < end {
            let (x, y) = (at / size.height, at % size.height);
            let stop = end.min(at.saturating_add(size.height - y));
            // Shortened at both ends, a run is what is far enough from its neighbours above and below.
            let (from, to) = (y.saturating_add(reach), (y + (stop - at)).saturating_sub(reach));
            if from < to {
                columns.fill((x - left) as usize, (from - top) as usize, (to - top) as usize);
            }
            at = stop;
        }
    }
    let mut out = Vec::new();
    let mut at = 0;
    columns.narrow(across as usize, |middle, column| {
        let base = (left + middle as u32) * size.height + top;
        spans(column, |from, to| {
            out.extend([base + from - at, to - from]);
            at = base + to;
        });
    });
    if out.is_empty() {
        return None;
    }
    out.push((pixels as u32).saturating_sub(at));
    Some(out)
}

/// Columns of a box as bits, from the top down.
struct Columns {
    words: usize,
    bits: Vec<u64>,
}

impl Columns {
    /// Puts the pixels from one on, up to another, inside.
    fn fill(&mut self, column: usize, from: usize, to: usize) {
        let bits = &mut self.bits[column * self.words..(column + 1) * self.words];
        let (first, last) = (from / 64, (to - 1) / 64);
        let (low, high) = (u64::MAX << (from % 64), u64::MAX >> (63 - (to - 1) % 64));
        if first == last {
            bits[first] |= low & high;
            return;
        }
        bits[first] |= low;
        bits[first + 1..last].fill(u64::MAX);
        bits[last] |= high;
    }

    /// Calls `put` with each column that has so many around it (an odd number, itself in their middle), and what is
    /// inside all of them.
    ///
    /// Columns are taken in blocks of that number: what is common to the columns from the beginning of a block, and to
    /// those up to its end, gives what is common to any that follow each other, whatever their number (van Herk 1992).
    fn narrow(&self, across: usize, mut put: impl FnMut(usize, &[u64])) {
        let (words, count) = (self.words, self.bits.len() / self.words);
        let (mut onward, mut backward) = (self.bits.clone(), self.bits.clone());
        for block in (0..count).step_by(across) {
            let end = count.min(block + across);
            for at in (block + 1) * words..end * words {
                onward[at] &= onward[at - words];
            }
            for at in (block * words..(end - 1) * words).rev() {
                backward[at] &= backward[at + words];
            }
        }
        let mut column = vec![0; words];
        for first in 0..=count - across {
            let last = first + across - 1;
            let (from, to) =
                (&backward[first * words..(first + 1) * words], &onward[last * words..(last + 1) * words]);
            for ((out, from), to) in column.iter_mut().zip(from).zip(to) {
                *out = from & to;
            }
            put(first + across / 2, &column);
        }
    }
}

/// Calls `put` with the beginning and the end of every run of ones.
fn spans(words: &[u64], mut put: impl FnMut(u32, u32)) {
    let mut open = None;
    for (base, word) in (0u32..).step_by(64).zip(words) {
        let (mut at, mut left) = (0, *word);
        loop {
            // Shifted in are zeros, and as many as lie behind: neither kind of run ends in them.
            let skip = if open.is_some() { left.trailing_ones() } else { left.trailing_zeros() };
            if at + skip >= 64 {
                break;
            }
            at += skip;
            left >>= skip;
            match open.take() {
                Some(from) => put(from, base + at),
                None => open = Some(base + at),
            }
        }
    }
    if let Some(from) = open {
        put(from, words.len() as u32 * 64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Bitmap, Rle};
    use crate::random::Random;

    /// One pixel of reach after another, as the reference erodes.
    fn plain(mask: &Bitmap, reach: u32) -> Bitmap {
        let mut eroded = mask.clone();
        for _ in 0..reach {
            let near = |at: u32| [at.wrapping_sub(1), at, at + 1];
            let all = |y, x| near(y).into_iter().all(|y| near(x).into_iter().all(|x| eroded.get(y, x)));
            eroded = Bitmap::from_fn(mask.size(), all).unwrap();
        }
        Bitmap::from_fn(mask.size(), |y, x| mask.get(y, x) && !eroded.get(y, x)).unwrap()
    }

    #[test]
    fn the_boundary_is_what_the_plain_erosion_takes_away() {
        for seed in 0..600 {
            let mut random = Random::keyed(&[seed]);
            let size = Size::new(1 + random.below(150) as u32, 1 + random.below(60) as u32);
            // Some rectangles inside, then some outside: holes, notches, edges of the image, full columns.
            let mut rectangles = Vec::new();
            for inside in [true, false] {
                for _ in 0..1 + random.below(3) {
                    let (height, width) = (u64::from(size.height), u64::from(size.width));
                    let (y, x) = (random.below(height) as u32, random.below(width) as u32);
                    let most = if inside { (height, width) } else { (6, 6) };
                    let (h, w) = (random.below(most.0 + 1) as u32, random.below(most.1 + 1) as u32);
                    rectangles.push((y..y + h, x..x + w, inside));
                }
            }
            let whole = seed % 7 == 0;
            let mask = Bitmap::from_fn(size, |y, x| {
                let within = |(rows, columns, _): &&(std::ops::Range<u32>, std::ops::Range<u32>, bool)| {
                    rows.contains(&y) && columns.contains(&x)
                };
                rectangles.iter().rev().find(within).map_or(whole, |found| found.2)
            })
            .unwrap();
            let runs = Rle::from(&mask);
            for reach in [1, 2, 3, 5, 16, 80] {
                let wanted = Rle::from(&plain(&mask, reach));
                assert_eq!(boundary(size, runs.counts(), reach), wanted.counts(), "{seed} {size} {reach}");
            }
        }
    }

    #[test]
    fn runs_that_touch_are_one_and_no_run_is_no_boundary() {
        let size = Size::new(5, 5);
        // The same square in runs that are parted by nothing.
        let (parted, whole) = ([0, 3, 0, 2, 0, 20], [0, 25]);
        assert_eq!(boundary(size, &parted, 1), boundary(size, &whole, 1));
        assert_eq!(boundary(size, &[25], 1), [25]);
        assert_eq!(boundary(Size::new(0, 0), &[0], 1), [0]);
    }

    #[test]
    fn runs_that_are_not_canonical_never_panic() {
        let wild: [&[u32]; 6] =
            [&[], &[0], &[u32::MAX; 5], &[0, 0, 0, 7, 0], &[0, u32::MAX, 1, 1], &[3, u32::MAX]];
        for runs in wild {
            for size in [Size::new(0, 0), Size::new(0, 7), Size::new(7, 1), Size::new(9, 9)] {
                for reach in [0, 1, 3, u32::MAX] {
                    let _ = boundary(size, runs, reach);
                }
            }
        }
    }

    #[test]
    fn halves_are_rounded_to_the_even_number() {
        // A diagonal of 125 and one of 175: 2.5 and 3.5.
        assert_eq!(boundary_reach(Size::new(75, 100), 0.02), 2);
        assert_eq!(boundary_reach(Size::new(105, 140), 0.02), 4);
        assert_eq!(boundary_reach(Size::new(9, 9), f64::NAN), 1);
    }
}
