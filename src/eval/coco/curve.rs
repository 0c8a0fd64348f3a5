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
    /// For each range the detections that are no plain false positives; empty without `words`.
    stops: Vec<Vec<Stop>>,
    /// The greatest rank.
    deepest: u32,
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

/// A detection that in a range is anything but a false positive at every threshold.
#[derive(Clone, Copy, Debug)]
struct Stop {
    place: u32,
    /// Detections that count at some threshold, up to this one.
    counted: u32,
    judged: Judged,
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
            stops: vec![Vec::new(); outcomes.grid().ranges],
            deepest: 0,
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
            self.stop();
        } else {
            self.hit.extend(0..self.ranked.len() as u32);
        }
        self.deepest = self.ranked.iter().map(|ranked| ranked.rank).max().unwrap_or(0);
    }

    /// Finds the stops of all ranges in one go: nearly all detections are plain false positives, which are counted.
    fn stop(&mut self) {
        let (thresholds, all) = (self.thresholds, (1u64 << self.thresholds) - 1);
        let first = (0..self.stops.len()).fold(0, |bits, range| bits | 1 << (range * thresholds));
        let mut counted = vec![0u32; self.stops.len()];
        self.stops.iter_mut().for_each(Vec::clear);
        for (place, words) in (0u32..).zip(&self.words) {
            // What has no truth is judged alike at all thresholds: by its own area.
            if words.hit == 0 && (words.ignored & first) * all == words.ignored {
                for (range, counted) in counted.iter_mut().enumerate() {
                    *counted += (!words.ignored >> (range * thresholds) & 1) as u32;
                }
                continue;
            }
            for (range, (counted, stops)) in counted.iter_mut().zip(&mut self.stops).enumerate() {
                let judged = part(*words, range, thresholds);
                if judged.ignored != all {
                    *counted += 1;
                    if judged.hit | judged.ignored != 0 {
                        stops.push(Stop { place, counted: *counted, judged });
                    }
                }
            }
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
            Some(words) => part(*words, range, self.thresholds),
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
        self.counted = 0;
        self.less.fill(0);
        self.precision.iter_mut().for_each(Vec::clear);
        self.place.iter_mut().for_each(Vec::clear);
        if cap > self.deepest && self.words.len() == self.ranked.len() {
            let stops = std::mem::take(&mut self.stops[range]);
            for stop in &stops {
                self.counted = u64::from(stop.counted);
                self.count(stop.place, stop.judged, places);
            }
            self.stops[range] = stops;
        } else {
            let all = (1u64 << self.thresholds) - 1;
            for place in 0..self.ranked.len() {
                let judged = self.judged(place, range);
                if judged.ignored != all && self.ranked[place].rank < cap {
                    self.counted += 1;
                    self.count(place as u32, judged, places);
                }
            }
        }
        for (hits, curve) in self.hits.iter_mut().zip(&self.precision) {
            *hits = curve.len() as u64;
        }
    }

    /// Counts a detection, itself already in `counted`.
    #[inline]
    fn count(&mut self, place: u32, judged: Judged, places: bool) {
        each_bit(judged.ignored, |threshold| self.less[threshold] += 1);
        each_bit(judged.hit, |threshold| {
            let curve = &mut self.precision[threshold];
            let (tp, both) = ((curve.len() + 1) as f64, (self.counted - self.less[threshold]) as f64);
            // As the reference adds: fp + tp first, which is exact, then the smallest step above 1.
            curve.push(tp / (both + f64::EPSILON));
            if places {
                self.place[threshold].push(place);
            }
        });
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

/// The judgements of one range out of those of all.
#[inline]
fn part(words: Judged, range: usize, thresholds: usize) -> Judged {
    let (shift, all) = (range * thresholds, (1u64 << thresholds) - 1);
    Judged { hit: words.hit >> shift & all, ignored: words.ignored >> shift & all }
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

#[cfg(test)]
mod tests {
    use crate::eval::outcomes::Grid;
    use crate::random::Random;

    use super::*;

    #[test]
    fn stops_count_as_walking_from_detection_to_detection_does() {
        for (thresholds, ranges) in [(10, 4), (1, 1), (3, 5), (16, 4)] {
            let mut random = Random::keyed(&[thresholds as u64, ranges as u64]);
            let mut outcomes = Outcomes::new(Grid { thresholds, ranges }).unwrap();
            let all = (1u64 << thresholds) - 1;
            for image in 0..50 {
                outcomes.image(image.into());
                let judged: Vec<Vec<Judged>> = (0..random.below(20))
                    .map(|_| {
                        let plain = random.below(3) > 0;
                        let mut judge = |_| match (plain, random.below(2)) {
                            (true, out) => Judged { hit: 0, ignored: out * all },
                            (false, _) => {
                                let hit = random.below(all + 1);
                                Judged { hit, ignored: random.below(all + 1) & !hit }
                            }
                        };
                        (0..ranges).map(&mut judge).collect()
                    })
                    .collect();
                outcomes.found(0, judged.iter().map(|own| (random.below(9) as f64, own.as_slice())));
            }
            let ordered = outcomes.in_order(1).unwrap();
            let (mut by_stops, mut plain) = (Walk::new(&ordered), Walk::new(&ordered));
            by_stops.class(&ordered, 0);
            plain.class(&ordered, 0);
            plain.words.clear();
            assert!(!by_stops.words.is_empty());
            for range in 0..ranges {
                by_stops.precision(range, u32::MAX, true);
                plain.precision(range, u32::MAX, true);
                assert_eq!(by_stops.precision, plain.precision);
                assert_eq!(
                    (by_stops.place.clone(), by_stops.hits.clone()),
                    (plain.place.clone(), plain.hits.clone())
                );
                // A cap that cuts is walked the plain way.
                by_stops.precision(range, 3, true);
                plain.precision(range, 3, true);
                assert_eq!(by_stops.precision, plain.precision);
            }
        }
    }
}
