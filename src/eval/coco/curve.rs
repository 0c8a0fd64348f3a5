//! The detections of one class, best first, walked in one range under one cap: [`Walk`].
//!
//! A curve is made from the true positives alone: precision changes its envelope only there, and recall only grows
//! there. What lies between two of them is a count.
//!
//! The kernel indexes by numbers it made from the lengths of the parameters.

#![allow(clippy::indexing_slicing)]

use crate::eval::outcomes::{Judged, Ordered, Outcomes, Ranked};

use super::tally::{Tally, each_bit};

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
    tally: Tally,
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
            tally: Tally::new(thresholds),
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

    /// Counts true positives alone: all that recall needs.
    pub(super) fn recall(&mut self, range: usize, cap: u32) {
        self.hits.fill(0);
        for place in 0..self.hit.len() {
            let place = self.hit[place] as usize;
            if self.ranked[place].rank < cap {
                let judged = self.judged(place, range);
                each_bit(judged.hit, |threshold| self.hits[threshold] += 1);
            }
        }
    }

    /// Counts true positives and what stands before each; with `places` also where each stands.
    pub(super) fn precision(&mut self, range: usize, cap: u32, places: bool) -> &Tally {
        let plain;
        let stops = if cap > self.deepest && self.words.len() == self.ranked.len() {
            &self.stops[range]
        } else {
            plain = self.stops_under(range, cap);
            &plain
        };
        self.place.iter_mut().for_each(Vec::clear);
        self.tally.begin(stops.len());
        for stop in stops {
            self.tally.add(stop.counted, stop.judged);
            if places {
                each_bit(stop.judged.hit, |threshold| self.place[threshold].push(stop.place));
            }
        }
        self.hits.clear();
        self.hits.extend((0..self.thresholds).map(|threshold| self.tally.hits(threshold)));
        &self.tally
    }

    /// The stops of a range under a cap, walking from detection to detection.
    fn stops_under(&self, range: usize, cap: u32) -> Vec<Stop> {
        let (mut counted, mut stops, all) = (0, Vec::new(), (1u64 << self.thresholds) - 1);
        for (place, ranked) in (0u32..).zip(&self.ranked) {
            let judged = self.judged(place as usize, range);
            if judged.ignored != all && ranked.rank < cap {
                counted += 1;
                if judged.hit | judged.ignored != 0 {
                    stops.push(Stop { place, counted, judged });
                }
            }
        }
        stops
    }

    /// How the detection at a place was judged in a range.
    #[inline]
    fn judged(&self, place: usize, range: usize) -> Judged {
        match self.words.get(place) {
            Some(words) => part(*words, range, self.thresholds),
            None => self.outcomes.judged(self.ranked[place].detection as usize, range),
        }
    }

    /// The true positives of a threshold.
    pub(super) fn hits(&self, threshold: usize) -> u64 {
        self.hits[threshold]
    }

    /// What was counted last.
    pub(super) fn tally(&self) -> &Tally {
        &self.tally
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
                // The lower cap cuts, and is walked the plain way by both.
                for cap in [u32::MAX, 3] {
                    let read = |walk: &mut Walk| {
                        let (tally, mut points) = (walk.precision(range, cap, true), Vec::new());
                        for threshold in 0..thresholds {
                            let all: Vec<u64> = (1..=tally.hits(threshold)).collect();
                            tally.sample(threshold, &all, |at, envelope, _| {
                                points.push((at, envelope.to_bits()))
                            });
                        }
                        (points, walk.place.clone(), walk.hits.clone())
                    };
                    assert_eq!(read(&mut by_stops), read(&mut plain));
                }
            }
        }
    }
}
