//! Precision, recall and scores over all thresholds, recall points, classes, ranges and caps: [`Tensors`].
//!
//! The curve of a class is made from its true positives alone: precision changes its envelope only there, and
//! recall only grows there. What lies between two of them is a count.
//!
//! The kernel indexes by numbers it made from the lengths of the parameters.

#![allow(clippy::indexing_slicing)]

use crate::error::Result;
use crate::eval::outcomes::{Ordered, Ranked};
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
    /// The score at every recall point: T × R × K × A × M.
    pub scores: Vec<f64>,
}

/// A class in all ranges and caps: (A × M) blocks of T × R, or of T.
struct ClassCurves {
    precision: Vec<f64>,
    scores: Vec<f64>,
    recall: Vec<f64>,
}

impl Tensors {
    pub(super) fn of(params: &Params, ordered: &Ordered, classes: usize, job: &Job) -> Result<Tensors> {
        let (t, r) = (params.thresholds.len(), params.recalls.len());
        let (a, m) = (params.ranges.len(), params.caps.len());
        let numbers: Vec<usize> = (0..classes).collect();
        let made = job.each(&numbers, |class| Ok(curves(params, ordered, *class)))?;
        let mut out = Tensors {
            thresholds: t,
            recalls: r,
            classes,
            ranges: a,
            caps: m,
            precision: vec![-1.0; t * r * classes * a * m],
            recall: vec![-1.0; t * classes * a * m],
            scores: vec![-1.0; t * r * classes * a * m],
        };
        for (class, curves) in made.into_iter().enumerate() {
            for block in 0..a * m {
                for i in 0..t * r {
                    let place = (i * classes + class) * a * m + block;
                    out.precision[place] = curves.precision[block * t * r + i];
                    out.scores[place] = curves.scores[block * t * r + i];
                }
                for i in 0..t {
                    out.recall[(i * classes + class) * a * m + block] = curves.recall[block * t + i];
                }
            }
        }
        Ok(out)
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
fn curves(params: &Params, ordered: &Ordered, class: usize) -> ClassCurves {
    let (t, r) = (params.thresholds.len(), params.recalls.len());
    let (a, m) = (params.ranges.len(), params.caps.len());
    let mut out = ClassCurves {
        precision: vec![-1.0; a * m * t * r],
        scores: vec![-1.0; a * m * t * r],
        recall: vec![-1.0; a * m * t],
    };
    let ranked = ordered.ranked(class);
    let mut hits: Vec<Vec<Hit>> = vec![Vec::new(); t];
    for range in 0..a {
        let truths = ordered.truths(class)[range];
        if truths == 0 {
            continue;
        }
        for (n, cap) in params.caps.iter().enumerate() {
            let block = range * m + n;
            let first = true_positives(&ranked, ordered, range, *cap, &mut hits);
            for (threshold, hits) in hits.iter().enumerate() {
                let at = (block * t + threshold) * r;
                let (precision, scores) = (&mut out.precision[at..at + r], &mut out.scores[at..at + r]);
                let score = |hit: &Hit| ordered.score(ranked[hit.place as usize]);
                sample(hits, truths as f64, &params.recalls, precision, scores, score);
                // Recall 0 is reached by the first detection, whatever it is.
                if let (Some(first), Some(0.0..)) = (first, params.recalls.first().map(|r| -r)) {
                    scores[0] = ordered.score(first);
                }
                out.recall[block * t + threshold] = hits.len() as f64 / truths as f64;
            }
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

/// Collects the true positives of every threshold with their precision. Gives the first detection that the cap
/// lets through.
fn true_positives(
    ranked: &[Ranked],
    ordered: &Ordered,
    range: usize,
    cap: u32,
    hits: &mut [Vec<Hit>],
) -> Option<Ranked> {
    hits.iter_mut().for_each(Vec::clear);
    let all = (1u64 << hits.len()) - 1;
    // Detections that count at a threshold: those that count at every one, less those ignored at this one.
    let (mut counted, mut less) = (0u64, vec![0u64; hits.len()]);
    let mut first = None;
    for (place, ranked) in (0u32..).zip(ranked) {
        if ranked.rank >= cap {
            continue;
        }
        first = first.or(Some(*ranked));
        let judged = ordered.outcomes().judged(ranked.detection as usize, range);
        if judged.ignored == all {
            continue;
        }
        counted += 1;
        let mut bits = judged.ignored;
        while bits != 0 {
            less[bits.trailing_zeros() as usize] += 1;
            bits &= bits - 1;
        }
        let mut bits = judged.hit;
        while bits != 0 {
            let threshold = bits.trailing_zeros() as usize;
            bits &= bits - 1;
            let hits = &mut hits[threshold];
            let (tp, both) = ((hits.len() + 1) as f64, (counted - less[threshold]) as f64);
            // As the reference adds: fp + tp first, which is exact, then the smallest step above 1.
            hits.push(Hit { place, precision: tp / (both + f64::EPSILON) });
        }
    }
    first
}

/// Reads the envelope of precision, and the scores, at points of recall; 0 where recall does not get that far.
fn sample(
    hits: &[Hit],
    truths: f64,
    recalls: &[f64],
    precision: &mut [f64],
    scores: &mut [f64],
    score: impl Fn(&Hit) -> f64,
) {
    precision.fill(0.0);
    scores.fill(0.0);
    // From the highest point down, so that the envelope is a running maximum from the right.
    let (mut envelope, mut next) = (f64::NEG_INFINITY, hits.len());
    for (point, recall) in recalls.iter().enumerate().rev() {
        // The first hit with which recall is reached.
        while next > 0 && next as f64 / truths >= *recall {
            envelope = envelope.max(hits[next - 1].precision);
            next -= 1;
        }
        if let Some(hit) = hits.get(next).filter(|_| next < hits.len()) {
            (precision[point], scores[point]) = (envelope, score(hit));
        }
    }
}
