//! The true positives of one class in one range, threshold by threshold: [`Tally`].
//!
//! Precision changes its envelope only at true positives, so that of a curve nothing is kept but how many detections
//! there are up to each of them.
//!
//! The kernel indexes by numbers it made from the lengths of its own columns.

#![allow(clippy::indexing_slicing)]

use crate::eval::outcomes::Judged;

/// Where the true positives of every threshold stand; keeps its buffers from class to class.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    /// Room a threshold.
    room: usize,
    /// For each threshold and true positive, how many detections count up to it, itself included.
    both: Vec<u32>,
    /// For each threshold, its true positives.
    hits: Vec<usize>,
    /// For each threshold, detections so far that do not count at it.
    less: Vec<u32>,
}

impl Tally {
    pub(super) fn new(thresholds: usize) -> Tally {
        Tally { room: 0, both: Vec::new(), hits: vec![0; thresholds], less: vec![0; thresholds] }
    }

    /// Begins anew, with room for so many detections that are no plain false positives.
    pub(super) fn begin(&mut self, stops: usize) {
        // One more: what is no true positive is written down too, and written over.
        self.room = stops + 1;
        let wanted = self.room * self.hits.len();
        if self.both.len() < wanted {
            self.both.resize(wanted, 0);
        }
        self.hits.fill(0);
        self.less.fill(0);
    }

    /// Counts a detection, up to which so many count at some threshold.
    #[inline]
    pub(super) fn add(&mut self, counted: u32, judged: Judged) {
        each_bit(judged.ignored, |threshold| self.less[threshold] += 1);
        let mut hit = judged.hit;
        // All thresholds alike: guessing which of them have it would cost more.
        let rows = self.both.chunks_exact_mut(self.room).zip(&mut self.hits);
        for ((row, hits), less) in rows.zip(&self.less) {
            row[*hits] = counted - less;
            *hits += (hit & 1) as usize;
            hit >>= 1;
        }
    }

    /// How many true positives a threshold has.
    pub(super) fn hits(&self, threshold: usize) -> u64 {
        self.hits[threshold] as u64
    }

    /// Reads the envelope of a threshold's precision at points of recall, given by how many true positives reach each:
    /// calls `put` with the place of each point that is reached, the envelope there, and the first true positive with
    /// which it is reached.
    #[inline]
    pub(super) fn sample(&self, threshold: usize, needed: &[u64], mut put: impl FnMut(usize, f64, usize)) {
        let both = &self.both[threshold * self.room..][..self.hits[threshold]];
        // From the highest point down, so that the envelope is a running maximum from the right.
        let (mut envelope, mut next) = (f64::NEG_INFINITY, both.len());
        for (point, needed) in needed.iter().enumerate().rev() {
            let first = *needed as usize - 1;
            if first >= both.len() {
                continue;
            }
            for (n, both) in (first..next).zip(both.get(first..next).unwrap_or_default()) {
                // As the reference adds: fp + tp first, which is exact, then the smallest step above 1. No precision
                // is NaN, which `f64::max` would look for.
                let own = (n + 1) as f64 / (f64::from(*both) + f64::EPSILON);
                envelope = if own > envelope { own } else { envelope };
            }
            next = next.min(first);
            put(point, envelope, first);
        }
    }
}

/// Calls `each` with the place of every bit that is set.
#[inline]
pub(super) fn each_bit(mut bits: u64, mut each: impl FnMut(usize)) {
    while bits != 0 {
        each(bits.trailing_zeros() as usize);
        bits &= bits - 1;
    }
}

/// More true positives than there can be.
const MOST: u64 = 1 << 52;

/// Below it a product's rounding error is far below a thousandth.
const SURE: f64 = (1u64 << 32) as f64;

/// For each point of recall how many true positives reach it, one at least: the reference asks at recall 0 too for the
/// first of them.
pub(super) fn needed(recalls: &[f64], sought: u64, out: &mut Vec<u64>) {
    let sought = sought as f64;
    out.clear();
    out.extend(recalls.iter().map(|recall| {
        let about = (recall * sought).clamp(0.0, MOST as f64);
        let mut n = about as u64;
        let beyond = about - n as f64;
        // Between two whole numbers rounding cannot reach either.
        if beyond > 1e-3 && beyond < 0.999 && sought < SURE {
            return n + 1;
        }
        // Else the division decides, as in the reference.
        while n > 0 && (n - 1) as f64 / sought >= *recall {
            n -= 1;
        }
        while n < MOST && (n as f64 / sought) < *recall {
            n += 1;
        }
        n.max(1)
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_of_recall_is_reached_as_the_references_division_says() {
        let recalls: Vec<f64> =
            (0..=100).map(|n| f64::from(n) * 0.01).chain([1.0 / 3.0, 0.999_999_9]).collect();
        let mut own = Vec::new();
        for sought in (1..400).chain([1_000, 4_999, 99_991, 1_000_000]) {
            needed(&recalls, sought, &mut own);
            for (recall, own) in recalls.iter().zip(&own) {
                // numpy.searchsorted over the recalls n / sought, from the left.
                let close = ((recall * sought as f64) as u64).saturating_sub(2);
                let first = (close.max(1)..).find(|n| *n as f64 / sought as f64 >= *recall);
                assert_eq!(Some(*own), first, "recall {recall} of {sought}");
            }
        }
    }
}
