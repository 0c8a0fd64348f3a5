//! Precision, recall and scores over all thresholds, recall points, classes, ranges and caps: [`Tensors`].
//!
//! These are the reference's arrays whole; what people quote of them is made sooner by `slab.rs`.
//!
//! The kernel indexes by numbers it made from the lengths of the parameters.

#![allow(clippy::indexing_slicing)]

use crate::error::Result;
use crate::eval::outcomes::Ordered;
use crate::eval::sum::mean;
use crate::job::Job;

use super::curve::Walk;
use super::params::Params;
use super::tally::needed;

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
    let sought = ordered.truths(class);
    if sought.iter().all(|truths| *truths == 0) {
        return out;
    }
    let (mut walk, mut points) = (Walk::new(ordered), Vec::new());
    walk.class(ordered, class);
    for (block, truths) in (0..a * m).map(|block| (block, sought[block / m])).filter(|(_, n)| *n > 0) {
        let cap = params.caps[block % m];
        walk.precision(block / m, cap, scores);
        needed(&params.recalls, truths, &mut points);
        let first = walk.first(cap).map_or(0.0, |first| ordered.score(first));
        for threshold in 0..t {
            let (places, at) = (walk.places(threshold), (block * t + threshold) * r);
            out.recall[block * t + threshold] = walk.hits(threshold) as f64 / truths as f64;
            out.precision[at..at + r].fill(0.0);
            if scores {
                for (score, recall) in out.scores[at..at + r].iter_mut().zip(&params.recalls) {
                    // Recall 0 is reached by the first detection, whatever it is.
                    *score = if *recall <= 0.0 { first } else { 0.0 };
                }
            }
            walk.tally().sample(threshold, &points, |point, envelope, hit| {
                out.precision[at + point] = envelope;
                if scores && params.recalls[point] > 0.0 {
                    out.scores[at + point] = ordered.score(walk.at(places[hit]));
                }
            });
        }
    }
    out
}
