//! Arithmetic on borrowed runs: what [`Rle`](super::Rle) does, for masks that lie in a table.
//!
//! Slices are canonical runs of one size (see the [front page](super)); [`check`] says whether they are.
//! Given anything else the functions return a wrong number, never a panic, a hang or a huge allocation:
//! each walks its slices once and sums saturate.

use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::{BBox, Size};

/// Checks that `runs` are canonical runs of a mask of `size`.
///
/// # Errors
/// `Format` if there are none, one other than the first is 0, or the sum is not the number of pixels;
/// `Limit` at 2^32 pixels and more.
pub fn check(size: Size, runs: &[u32]) -> Result<()> {
    check_sum(size, runs)?;
    let fault = match runs.split_first() {
        None => "there are no runs",
        Some((_, rest)) if rest.contains(&0) => "a run after the first is 0",
        Some(_) => return Ok(()),
    };
    Err(Error::new(ErrorKind::Format, format!("the runs are not canonical: {fault}")).at(Place::area("mask")))
}

/// Checks the sum alone: the one thing no reading of the runs can repair.
pub(super) fn check_sum(size: Size, runs: &[u32]) -> Result<()> {
    let pixels = size.run_pixels()?;
    let sum: u64 = runs.iter().map(|r| u64::from(*r)).sum();
    if sum == u64::from(pixels) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Format,
        format!("the runs add up to {sum} pixels, a mask of {size} has {pixels}"),
    )
    .at(Place::area("mask"))
    .remedy("check that `size` is [height, width] of this mask"))
}

/// The canonical form of runs whose sum is known to be right: runs of 0 vanish, their neighbours join.
pub(super) fn canonical(runs: Vec<u32>) -> Vec<u32> {
    match runs.split_first() {
        None => return vec![0],
        Some((_, rest)) if !rest.contains(&0) => return runs,
        Some(_) => {}
    }
    let mut out: Vec<u32> = Vec::with_capacity(runs.len());
    for (i, run) in runs.into_iter().enumerate() {
        // Colours alternate from outside: ours is `i % 2`, the next free one `out.len() % 2`.
        if i == 0 || (run > 0 && out.len() % 2 == i % 2) {
            out.push(run);
        } else if let Some(last) = out.last_mut() {
            *last = last.saturating_add(run);
        }
    }
    out
}

/// The number of pixels inside.
pub fn area(runs: &[u32]) -> u32 {
    runs.iter().skip(1).step_by(2).fold(0, |sum, run| sum.saturating_add(*run))
}

/// The smallest box around the pixels inside, from the runs alone; x, y, w and h are 0 if there are none.
///
/// A run that goes on into the next column spans the full height. Equal to pycocotools' `toBbox`, but for
/// masks whose runs inside are all 0: there that tool subtracts below zero and gives a box of 4 × 10^9.
pub fn bbox(size: Size, runs: &[u32]) -> BBox {
    let Size { height, width } = size;
    if height == 0 {
        return BBox::default();
    }
    let (mut left, mut top, mut right, mut bottom) = (width, height, 0, 0);
    let mut at: u32 = 0;
    // The column that was reached, and its first pixel: the next run is as a rule in it or in the next one.
    let (mut column, mut begin) = (0u32, 0u32);
    let mut place = |pixel: u32| {
        let ahead = pixel.saturating_sub(begin);
        if ahead >= height {
            let columns = if ahead - height < height { 1 } else { ahead / height };
            column += columns;
            begin += columns * height;
        }
        (column, pixel.saturating_sub(begin))
    };
    for pair in runs.chunks_exact(2) {
        let first = at.saturating_add(pair[0]);
        at = first.saturating_add(pair[1]);
        if pair[1] == 0 {
            continue;
        }
        let ((x0, y0), (x1, y1)) = (place(first), place(at - 1));
        left = left.min(x0);
        right = right.max(x1);
        if x0 < x1 {
            top = 0;
            bottom = height - 1;
        } else {
            top = top.min(y0);
            bottom = bottom.max(y1);
        }
    }
    if left > right || top > bottom {
        return BBox::default();
    }
    BBox::whole(left, top, (right - left).saturating_add(1), (bottom - top).saturating_add(1))
}

/// The number of pixels inside both.
pub fn shared(a: &[u32], b: &[u32]) -> u32 {
    let (mut a, mut b) = (Inside::new(a), Inside::new(b));
    let (mut span_a, mut span_b) = (a.next(), b.next());
    let mut sum = 0u32;
    // Whichever ends first is done with; nothing after the last run inside of either is looked at.
    while let (Some((a0, a1)), Some((b0, b1))) = (span_a, span_b) {
        sum = sum.saturating_add(a1.min(b1).saturating_sub(a0.max(b0)));
        if a1 <= b1 {
            span_a = a.next();
        }
        if b1 <= a1 {
            span_b = b.next();
        }
    }
    sum
}

/// The spans of pixels inside, as (first, one past the last), in order.
#[derive(Clone, Debug)]
pub struct Inside<'a> {
    pairs: std::slice::ChunksExact<'a, u32>,
    at: u32,
}

impl<'a> Inside<'a> {
    /// The spans of these runs.
    pub fn new(runs: &'a [u32]) -> Inside<'a> {
        Inside { pairs: runs.chunks_exact(2), at: 0 }
    }
}

impl Iterator for Inside<'_> {
    type Item = (u32, u32);

    #[inline]
    fn next(&mut self) -> Option<(u32, u32)> {
        let pair = self.pairs.next()?;
        let first = self.at.saturating_add(pair[0]);
        self.at = first.saturating_add(pair[1]);
        Some((first, self.at))
    }
}

/// The canonical runs of the pixels for which `rule(inside a, inside b)` holds; both masks have one size.
///
/// ```
/// use lensframe::geometry::rle::runs;
/// assert_eq!(runs::combine(&[0, 4, 2], &[2, 4], |a, b| a && b), [2, 2, 2]);
/// assert_eq!(runs::combine(&[0, 4, 2], &[2, 4], |a, b| a && !b), [0, 2, 4]);
/// ```
pub fn combine(a: &[u32], b: &[u32], rule: impl Fn(bool, bool) -> bool) -> Vec<u32> {
    let mut out = Vec::with_capacity(a.len().saturating_add(b.len()));
    let (mut a, mut b) = (Walk::new(a), Walk::new(b));
    let (mut start, mut at, mut inside) = (0u32, 0u32, false);
    while a.alive || b.alive {
        let end = a.end.min(b.end);
        if end > at {
            let now = rule(a.inside, b.inside);
            if now != inside {
                out.push(at - start);
                (start, inside) = (at, now);
            }
            at = end;
        }
        if a.end == end {
            a.step();
        }
        if b.end == end {
            b.step();
        }
    }
    if at > start || out.is_empty() {
        out.push(at - start);
    }
    out
}

/// The run under a moving finger: where it ends and whether it is inside.
struct Walk<'a> {
    runs: std::slice::Iter<'a, u32>,
    end: u32,
    inside: bool,
    alive: bool,
}

impl<'a> Walk<'a> {
    fn new(runs: &'a [u32]) -> Walk<'a> {
        let mut runs = runs.iter();
        let end = runs.next().copied().unwrap_or(0);
        Walk { runs, end, inside: false, alive: true }
    }

    #[inline]
    fn step(&mut self) {
        match self.runs.next() {
            Some(run) => {
                self.end = self.end.saturating_add(*run);
                self.inside = !self.inside;
            }
            None => *self = Walk { runs: [].iter(), end: u32::MAX, inside: false, alive: false },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_zero_vanish_and_their_neighbours_join() {
        for (raw, want) in [
            (&[][..], &[0][..]),
            (&[0], &[0]),
            (&[5, 0, 3], &[8]),
            (&[0, 0, 3, 2], &[3, 2]),
            (&[0, 5, 0], &[0, 5]),
            (&[1, 2, 0, 3, 4], &[1, 5, 4]),
            (&[0, 2, 0, 0, 0, 3, 1], &[0, 5, 1]),
            (&[1, 2, 3], &[1, 2, 3]),
        ] {
            assert_eq!(canonical(raw.to_vec()), want, "{raw:?}");
        }
    }

    #[test]
    fn the_check_names_what_is_wrong() {
        let size = Size::new(2, 3);
        assert!(check(size, &[0, 6]).is_ok());
        for (runs, word) in [(&[1, 6][..], "add up to 7"), (&[2, 0, 4], "is 0"), (&[], "add up to 0")] {
            let text = check(size, runs).unwrap_err().to_string();
            assert!(text.contains(word), "{text}");
        }
        assert_eq!(check(Size::new(0, 3), &[]).unwrap_err().kind(), ErrorKind::Format);
        assert_eq!(check(Size::new(1 << 16, 1 << 16), &[0]).unwrap_err().kind(), ErrorKind::Limit);
    }

    #[test]
    fn runs_that_are_not_canonical_never_panic() {
        let wild: [&[u32]; 6] =
            [&[], &[0], &[u32::MAX; 5], &[0, 0, 0, 7, 0], &[0, u32::MAX, 1, 1], &[u32::MAX, u32::MAX]];
        for a in wild {
            for size in [Size::new(0, 0), Size::new(0, 7), Size::new(7, 1), Size::new(u32::MAX, 2)] {
                let b = bbox(size, a);
                assert!(b.w() >= 0.0 && b.h() >= 0.0);
            }
            for b in wild {
                let _ = (area(a), shared(a, b), combine(a, b, |a, b| a || b), combine(a, b, |_, _| true));
            }
        }
    }

    #[test]
    fn a_mask_of_the_most_pixels_combines() {
        let all = [0, u32::MAX];
        assert_eq!(combine(&all, &[u32::MAX], |a, b| a || b), all);
        assert_eq!(combine(&all, &all, |a, b| a && !b), [u32::MAX]);
        assert_eq!(shared(&all, &all), u32::MAX);
    }
}
