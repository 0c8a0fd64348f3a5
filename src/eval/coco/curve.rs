//! The curve of one class in one range under one cap: [`Walk`] counts it, [`sample`] reads its envelope.
//!
//! A curve is made from the true positives alone: precision changes its envelope only there, and recall only grows
//! there. What lies between two of them is a count.
//!
//! The kernel indexes by numbers it made from the lengths of the parameters.

#![allow(clippy::indexing_slicing)]

use crate::eval::outcomes::{Judged, Ordered, Outcomes, Ranked};

/// Walks the detections of a class; keeps its buffers from class to class.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    outcomes: &'a Outcomes,
    thresholds: usize,
    ranked: Vec<Ranked>,
    /// The judgements in the order of `ranked`, all ranges in one word each; empty where they need more.
    words: Vec<Judged>,
    /// The places at which there may be a true positive in any range.
    hit: Vec<u32>,
    counted: u64,
    /// For each threshold, how many of `counted` do not count at it.
    less: Vec<u64>,
    /// For each threshold, the precision at each true positive.
    precision: Vec<Vec<f64>>,
    /// Where each true positive stands among the detections; kept only on demand.
    place: Vec<Vec<u32>>,
    /// For each threshold, the number of true positives.
    hits: Vec<u64>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(ordered: &Ordered<'a>) -> Walk<'a> {
        let outcomes = ordered.outcomes();
        let thresholds = outcomes.grid().thresholds;
        Walk {
            outcomes,
            thresholds,
            ranked: Vec::new(),
            words: Vec::new(),
            hit: Vec::new(),
            counted: 0,
            less: vec![0; thresholds],
            precision: vec![Vec::new(); thresholds],
            place: vec![Vec::new(); thresholds],
            hits: vec![0; thresholds],
        }
    }

    /// Takes up a class.
    pub(super) fn class(&mut self, ordered: &Ordered, class: usize) {
        ordered.rank(class, &mut self.ranked);
        self.words.clear();
        self.hit.clear();
        let outcomes = self.outcomes;
        if outcomes.fits_a_word() {
            let words = |own: &Ranked| outcomes.words(own.detection as usize).unwrap_or_default();
            self.words.extend(self.ranked.iter().map(words));
            let hits = (0u32..).zip(&self.words).filter(|(_, words)| words.hit != 0);
            self.hit.extend(hits.map(|(place, _)| place));
        } else {
            self.hit.extend(0..self.ranked.len() as u32);
        }
    }

    /// The first detection of the class under a cap.
    pub(super) fn first(&self, cap: u32) -> Option<Ranked> {
        self.ranked.iter().copied().find(|ranked| ranked.rank < cap)
    }

    /// The detection at a place.
    pub(super) fn at(&self, place: u32) -> Ranked {
        self.ranked[place as usize]
    }

    #[inline]
    fn judged(&self, place: usize, range: usize) -> Judged {
        match self.words.get(place) {
            Some(words) => {
                let (shift, all) = (range * self.thresholds, (1u64 << self.thresholds) - 1);
                Judged { hit: words.hit >> shift & all, ignored: words.ignored >> shift & all }
            }
            None => self.outcomes.judged(self.ranked[place].detection as usize, range),
        }
    }

    /// Counts true positives alone: all that recall needs.
    pub(super) fn recall(&mut self, range: usize, cap: u32) {
        self.hits.fill(0);
        for place in 0..self.hit.len() {
            let place = self.hit[place] as usize;
            let judged = self.judged(place, range);
            if self.ranked[place].rank < cap {
                each_bit(judged.hit, |threshold| self.hits[threshold] += 1);
            }
        }
    }

    /// Counts true positives and the precision at each; with `places` also where each stands.
    pub(super) fn precision(&mut self, range: usize, cap: u32, places: bool) {
        let all = (1u64 << self.thresholds) - 1;
        self.counted = 0;
        self.less.fill(0);
        self.precision.iter_mut().for_each(Vec::clear);
        self.place.iter_mut().for_each(Vec::clear);
        for place in 0..self.ranked.len() {
            let judged = self.judged(place, range);
            if judged.ignored == all || self.ranked[place].rank >= cap {
                continue;
            }
            self.counted += 1;
            if judged.hit | judged.ignored == 0 {
                continue;
            }
            each_bit(judged.ignored, |threshold| self.less[threshold] += 1);
            each_bit(judged.hit, |threshold| {
                let curve = &mut self.precision[threshold];
                let (tp, both) = ((curve.len() + 1) as f64, (self.counted - self.less[threshold]) as f64);
                // As the reference adds: fp + tp first, which is exact, then the smallest step above 1.
                curve.push(tp / (both + f64::EPSILON));
                if places {
                    self.place[threshold].push(place as u32);
                }
            });
        }
        for (hits, curve) in self.hits.iter_mut().zip(&self.precision) {
            *hits = curve.len() as u64;
        }
    }

    /// The true positives of a threshold.
    pub(super) fn hits(&self, threshold: usize) -> u64 {
        self.hits[threshold]
    }

    /// The precision at each true positive of a threshold.
    pub(super) fn curve(&self, threshold: usize) -> &[f64] {
        &self.precision[threshold]
    }

    /// Where the true positives of a threshold stand.
    pub(super) fn places(&self, threshold: usize) -> &[u32] {
        &self.place[threshold]
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

/// For each point of recall how many true positives reach it, one at least: the reference asks at recall 0 too for the
/// first of them.
pub(super) fn needed(recalls: &[f64], sought: u64, out: &mut Vec<u64>) {
    let sought = sought as f64;
    out.clear();
    out.extend(recalls.iter().map(|recall| {
        // About right; the division decides, as in the reference.
        let mut n = (recall * sought).clamp(0.0, MOST as f64) as u64;
        while n > 0 && (n - 1) as f64 / sought >= *recall {
            n -= 1;
        }
        while n < MOST && (n as f64 / sought) < *recall {
            n += 1;
        }
        n.max(1)
    }));
}

/// Reads the envelope of a curve of so many entries at points of recall: calls `put` with the place of each point that
/// is reached, the envelope there, and the first entry with which it is reached. `hits` says how many true positives
/// there are up to an entry, itself included, `precision` what it is there.
#[inline]
pub(super) fn sample(
    entries: usize,
    hits: impl Fn(usize) -> u64,
    precision: impl Fn(usize) -> f64,
    needed: &[u64],
    mut put: impl FnMut(usize, f64, usize),
) {
    // From the highest point down, so that the envelope is a running maximum from the right.
    let (mut envelope, mut next) = (f64::NEG_INFINITY, entries);
    let most = if entries == 0 { 0 } else { hits(entries - 1) };
    for (point, needed) in needed.iter().enumerate().rev() {
        if *needed > most {
            continue;
        }
        while next > 0 && hits(next - 1) >= *needed {
            next -= 1;
            // No precision is NaN, which `f64::max` would look for.
            let own = precision(next);
            envelope = if own > envelope { own } else { envelope };
        }
        put(point, envelope, next);
    }
}
