//! Precision, recall and scores over all thresholds, recall points, classes, ranges and caps: [`Tensors`].
//!
//! The curve of a class is made from its true positives alone: precision changes its envelope only there, and
//! recall only grows there. What lies between two of them is a count.
//!
//! The kernel indexes by numbers it made from the lengths of the parameters.

#![allow(clippy::indexing_slicing)]

use crate::error::Result;
use crate::eval::outcomes::{Judged, Ordered, Ranked};
use crate::eval::sum::mean;
use crate::job::Job;

use super::params::Params;

/// What pycocotools calls `eval`: arrays in its order of axes, −1 where there is no truth.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensors {
    /// Thresholds (T).
    pub thresholds: usize,
    /// Recall points (R).
    pub recalls: usize,
    /// Classes (K).
    pub classes: usize,
    /// Area ranges (A).
    pub ranges: usize,
    /// Caps (M).
    pub caps: usize,
    /// Precision at every recall point: T × R × K × A × M.
    pub precision: Vec<f64>,
    /// The last recall: T × K × A × M.
    pub recall: Vec<f64>,
    /// The score at every recall point: T × R × K × A × M; empty where it was not asked for.
    pub scores: Vec<f64>,
}

/// Classes whose curves are made in one go.
const CLASSES: usize = 16;

/// A class in all ranges and caps: (A × M) blocks of T × R, or of T.
struct ClassCurves {
    precision: Vec<f64>,
    scores: Vec<f64>,
    recall: Vec<f64>,
}

impl Tensors {
    pub(super) fn of(
        params: &Params,
        ordered: &Ordered,
        classes: usize,
        scores: bool,
        job: &Job,
    ) -> Result<Tensors> {
        let (t, r) = (params.thresholds.len(), params.recalls.len());
        let (a, m) = (params.ranges.len(), params.caps.len());
        let size = t * r * classes * a * m;
        let mut out = Tensors {
            thresholds: t,
            recalls: r,
            classes,
            ranges: a,
            caps: m,
            precision: vec![-1.0; size],
            recall: vec![-1.0; t * classes * a * m],
            scores: if scores { vec![-1.0; size] } else { Vec::new() },
        };
        let numbers: Vec<usize> = (0..classes).collect();
        // A few classes at a time, so that what is made of one is not kept beside the whole.
        for some in numbers.chunks(CLASSES) {
            let made = job.each(some, |class| Ok(curves(params, ordered, *class, scores)))?;
            for (class, curves) in some.iter().zip(made) {
                out.put(*class, &curves);
            }
        }
        Ok(out)
    }

    /// Puts the curves of a class in their places.
    fn put(&mut self, class: usize, curves: &ClassCurves) {
        let (points, blocks) = (self.thresholds * self.recalls, self.ranges * self.caps);
        let spread = |from: &[f64], to: &mut [f64], points: usize| {
            for (i, to) in to.chunks_exact_mut(self.classes * blocks).enumerate() {
                for (block, to) in to[class * blocks..(class + 1) * blocks].iter_mut().enumerate() {
                    *to = from[block * points + i];
                }
            }
        };
        spread(&curves.precision, &mut self.precision, points);
        spread(&curves.recall, &mut self.recall, self.thresholds);
        if !self.scores.is_empty() {
            spread(&curves.scores, &mut self.scores, points);
        }
    }

    /// The mean of the precisions that are not −1, in numpy's order of addition: pycocotools' AP. `None` where all
    /// are. A threshold or a class is named, or all are taken.
    pub fn mean_precision(
        &self,
        threshold: Option<usize>,
        range: usize,
        cap: usize,
        class: Option<usize>,
    ) -> Option<f64> {
        let mut terms = Vec::new();
        for t in chosen(threshold, self.thresholds) {
            for r in 0..self.recalls {
                for k in chosen(class, self.classes) {
                    let place = ((t * self.recalls + r) * self.classes + k) * self.ranges + range;
                    terms.extend(self.precision.get(place * self.caps + cap).filter(|p| **p > -1.0));
                }
            }
        }
        mean(&terms)
    }

    /// The precision of a class at a recall point; `None` without truths.
    pub fn precision_at(
        &self,
        threshold: usize,
        recall: usize,
        class: usize,
        range: usize,
        cap: usize,
    ) -> Option<f64> {
        let place = ((threshold * self.recalls + recall) * self.classes + class) * self.ranges + range;
        self.precision.get(place * self.caps + cap).copied().filter(|p| *p > -1.0)
    }

    /// The mean precision of all classes at a recall point.
    pub fn mean_at(&self, threshold: usize, recall: usize, range: usize, cap: usize) -> Option<f64> {
        let all = 0..self.classes;
        let terms: Vec<f64> =
            all.filter_map(|class| self.precision_at(threshold, recall, class, range, cap)).collect();
        mean(&terms)
    }

    /// The mean of the recalls that are not −1: pycocotools' AR.
    pub fn mean_recall(
        &self,
        threshold: Option<usize>,
        range: usize,
        cap: usize,
        class: Option<usize>,
    ) -> Option<f64> {
        let mut terms = Vec::new();
        for t in chosen(threshold, self.thresholds) {
            for k in chosen(class, self.classes) {
                let place = (t * self.classes + k) * self.ranges + range;
                terms.extend(self.recall.get(place * self.caps + cap).filter(|p| **p > -1.0));
            }
        }
        mean(&terms)
    }
}

fn chosen(one: Option<usize>, all: usize) -> std::ops::Range<usize> {
    one.map_or(0..all, |n| n..n + 1)
}

/// The curves of a class. −1 everywhere in ranges without a truth that counts.
fn curves(params: &Params, ordered: &Ordered, class: usize, scores: bool) -> ClassCurves {
    let (t, r) = (params.thresholds.len(), params.recalls.len());
    let (a, m) = (params.ranges.len(), params.caps.len());
    let mut out = ClassCurves {
        precision: vec![-1.0; a * m * t * r],
        scores: if scores { vec![-1.0; a * m * t * r] } else { Vec::new() },
        recall: vec![-1.0; a * m * t],
    };
    let ranked = ordered.ranked(class);
    let sought = ordered.truths(class);
    if sought.iter().all(|truths| *truths == 0) {
        return out;
    }
    let counts = true_positives(&ranked, ordered, params, sought);
    let blocks = counts.iter().enumerate().map(|(block, count)| (block, sought[block / m], count));
    for (block, truths, count) in blocks.filter(|(_, truths, _)| *truths > 0) {
        let cap = params.caps[block % m];
        let first = ranked.iter().find(|ranked| ranked.rank < cap).map_or(0.0, |first| ordered.score(*first));
        for (threshold, hits) in count.hits.iter().enumerate() {
            let at = (block * t + threshold) * r;
            let reached = sample(hits, truths as f64, &params.recalls, &mut out.precision[at..at + r]);
            if scores {
                let of = |hit: Option<u32>| hit.map_or(0.0, |place| ordered.score(ranked[place as usize]));
                for (point, place) in reached.into_iter().enumerate() {
                    // Recall 0 is reached by the first detection, whatever it is.
                    let any = params.recalls[point] <= 0.0;
                    out.scores[at + point] = if any { first } else { of(place) };
                }
            }
            out.recall[block * t + threshold] = hits.len() as f64 / truths as f64;
        }
    }
    out
}

/// A true positive: where it stands, and the precision there.
#[derive(Clone, Copy)]
struct Hit {
    place: u32,
    precision: f64,
}

/// What is counted in one range and under one cap.
struct Count {
    /// Detections that count at every threshold.
    counted: u64,
    /// For each threshold, those of `counted` that do not count at it.
    less: Vec<u64>,
    /// The true positives of each threshold.
    hits: Vec<Vec<Hit>>,
}

/// The true positives of every range, cap and threshold with their precision: a count for each range and cap.
fn true_positives(ranked: &[Ranked], ordered: &Ordered, params: &Params, sought: &[u64]) -> Vec<Count> {
    let (t, a, m) = (params.thresholds.len(), params.ranges.len(), params.caps.len());
    let new = |_| Count { counted: 0, less: vec![0; t], hits: vec![Vec::new(); t] };
    let mut counts: Vec<Count> = (0..a * m).map(new).collect();
    let (outcomes, all) = (ordered.outcomes(), (1u64 << t) - 1);
    for (place, ranked) in (0u32..).zip(ranked) {
        let detection = ranked.detection as usize;
        let words = outcomes.words(detection);
        for range in (0..a).filter(|range| sought[*range] > 0) {
            let judged = match words {
                Some(words) => Judged {
                    hit: words.hit >> (range * t) & all,
                    ignored: words.ignored >> (range * t) & all,
                },
                None => outcomes.judged(detection, range),
            };
            if judged.ignored == all {
                continue;
            }
            for (count, cap) in counts[range * m..(range + 1) * m].iter_mut().zip(&params.caps) {
                if ranked.rank >= *cap {
                    continue;
                }
                count.counted += 1;
                each_bit(judged.ignored, |threshold| count.less[threshold] += 1);
                each_bit(judged.hit, |threshold| {
                    let hits = &mut count.hits[threshold];
                    let (tp, both) =
                        ((hits.len() + 1) as f64, (count.counted - count.less[threshold]) as f64);
                    // As the reference adds: fp + tp first, which is exact, then the smallest step above 1.
                    hits.push(Hit { place, precision: tp / (both + f64::EPSILON) });
                });
            }
        }
    }
    counts
}

/// Calls `each` with the place of every bit that is set.
#[inline]
fn each_bit(mut bits: u64, mut each: impl FnMut(usize)) {
    while bits != 0 {
        each(bits.trailing_zeros() as usize);
        bits &= bits - 1;
    }
}

/// Reads the envelope of precision at points of recall, and where each is reached; 0 where it is not.
fn sample(hits: &[Hit], truths: f64, recalls: &[f64], precision: &mut [f64]) -> Vec<Option<u32>> {
    let mut reached = vec![None; recalls.len()];
    // From the highest point down, so that the envelope is a running maximum from the right.
    let (mut envelope, mut next) = (f64::NEG_INFINITY, hits.len());
    for (point, recall) in recalls.iter().enumerate().rev() {
        // The first hit with which recall is reached.
        while next > 0 && next as f64 / truths >= *recall {
            envelope = envelope.max(hits[next - 1].precision);
            next -= 1;
        }
        let hit = hits.get(next);
        precision[point] = if hit.is_some() { envelope } else { 0.0 };
        reached[point] = hit.map(|hit| hit.place);
    }
    reached
}
