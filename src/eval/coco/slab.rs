//! Precision and recall in the ranges and under the caps that people quote: [`Slabs`].
//!
//! The reference fills arrays over all ranges and caps and then reads a third of them. A slab is one range under one
//! cap, of the classes that have truths there, so that a mean is one over a slice, in the reference's order.

#![allow(clippy::indexing_slicing)]

use crate::error::Result;
use crate::eval::outcomes::Ordered;
use crate::eval::sum::mean;
use crate::job::Job;

use super::curve::Walk;
use super::params::Params;
use super::summary::Means;
use super::tally::needed;

/// Precision and recall of the classes that have truths, in one range and under one cap.
#[derive(Clone, Debug)]
pub(super) struct Slab {
    pub(super) range: usize,
    pub(super) cap: usize,
    /// The classes, ascending.
    pub(super) classes: Vec<u32>,
    /// Thresholds × recall points × classes; empty where only recall was asked for.
    pub(super) precision: Vec<f64>,
    /// Thresholds × classes.
    pub(super) recall: Vec<f64>,
}

impl Slab {
    pub(super) fn new(params: &Params, range: usize, cap: usize, classes: Vec<u32>) -> Slab {
        let (t, k) = (params.thresholds.len(), classes.len());
        let points = if is_quoted(params, cap) { t * params.recalls.len() * k } else { 0 };
        Slab { range, cap, classes, precision: vec![0.0; points], recall: vec![0.0; t * k] }
    }

    /// A slab in the memory of this one. Whoever takes it fills it whole.
    pub(super) fn again(&mut self, params: &Params, range: usize, cap: usize, classes: Vec<u32>) {
        let (t, k) = (params.thresholds.len(), classes.len());
        self.precision.resize(if is_quoted(params, cap) { t * params.recalls.len() * k } else { 0 }, 0.0);
        self.recall.resize(t * k, 0.0);
        (self.range, self.cap, self.classes) = (range, cap, classes);
    }

    /// The mean precision of all classes.
    fn mean_precision(&self, threshold: Option<usize>, recalls: usize) -> Option<f64> {
        mean(part(&self.precision, threshold, recalls * self.classes.len()))
    }

    /// The mean recall of all classes.
    fn mean_recall(&self, threshold: Option<usize>) -> Option<f64> {
        mean(part(&self.recall, threshold, self.classes.len()))
    }

    /// Puts the precisions of classes that stand next to each other, each thresholds × recall points, into their
    /// columns: many at a time, since a column alone has a value in every line of memory.
    pub(super) fn put(&mut self, column: usize, parts: &[&[f64]]) {
        let classes = self.classes.len();
        for (n, some) in parts.chunks(TOGETHER).enumerate() {
            let column = column + n * TOGETHER;
            let rows =
                self.precision.chunks_exact_mut(classes).map(|row| &mut row[column..column + some.len()]);
            if let [a, b, c, d, e, f, g, h] = some {
                let of = |at: usize| [a[at], b[at], c[at], d[at], e[at], f[at], g[at], h[at]];
                rows.enumerate().for_each(|(at, row)| row.copy_from_slice(&of(at)));
            } else {
                rows.enumerate()
                    .for_each(|(at, row)| row.iter_mut().zip(some).for_each(|(to, own)| *to = own[at]));
            }
        }
    }
}

/// Whether precision is quoted under a cap: the greatest, and the one of the headline.
pub(super) fn is_quoted(params: &Params, cap: usize) -> bool {
    cap + 1 == params.caps.len() || params.caps[cap] == params.kind.headline_cap()
}

/// The ranges and caps that are quoted: recall of all objects under each cap, everything else under the greatest.
pub(super) fn quoted(params: &Params) -> Vec<(usize, usize)> {
    let (ranges, caps) = (params.ranges.len(), params.caps.len());
    let all = (0..ranges).flat_map(|range| (0..caps).map(move |cap| (range, cap)));
    all.filter(|(range, cap)| is_whole(params, *range) || cap + 1 == caps).collect()
}

/// Whether a range is quoted under every cap and at single thresholds.
fn is_whole(params: &Params, range: usize) -> bool {
    range == 0 || params.ranges[range].name == "all"
}

/// All that is quoted.
#[derive(Clone, Debug)]
pub(super) struct Slabs {
    recalls: usize,
    slabs: Vec<Slab>,
}

/// Columns that are written in one go: a line of memory has room for so many numbers.
pub(super) const TOGETHER: usize = 8;

impl Slabs {
    pub(super) fn new(params: &Params, slabs: Vec<Slab>) -> Slabs {
        Slabs { recalls: params.recalls.len(), slabs }
    }

    /// What is quoted of a state.
    pub(super) fn of(params: &Params, ordered: &Ordered, classes: usize, job: &Job) -> Result<Slabs> {
        let with = |range: usize| {
            let all = 0..classes as u32;
            all.filter(move |class| ordered.truths(*class as usize).get(range).is_some_and(|n| *n > 0))
        };
        let mut slabs: Vec<Slab> = quoted(params)
            .into_iter()
            .map(|(range, cap)| Slab::new(params, range, cap, with(range).collect()))
            .collect();
        // Some classes at a time: what is made of one is not kept beside the whole.
        let starts: Vec<usize> = (0..classes).step_by(TOGETHER).collect();
        for some in starts.chunks(2 * job.thread_budget().max(1)) {
            let parts = job.each(some, |start| {
                let (mut walk, mut parts) = (Walk::new(ordered), Vec::new());
                for class in *start..classes.min(start + TOGETHER) {
                    walk_class(params, ordered, class, &mut walk, &slabs, &mut parts);
                }
                Ok(parts)
            })?;
            for parts in parts {
                slabs.iter_mut().enumerate().for_each(|(number, slab)| put(&parts, number, slab));
            }
        }
        Ok(Slabs::new(params, slabs))
    }

    fn slab(&self, range: usize, cap: usize) -> Option<&Slab> {
        self.slabs.iter().find(|slab| (slab.range, slab.cap) == (range, cap))
    }

    /// The mean precision of a class, at one threshold or all; `None` without truths.
    pub(super) fn class_precision(
        &self,
        threshold: Option<usize>,
        range: usize,
        cap: usize,
        class: usize,
    ) -> Option<f64> {
        let slab = self.slab(range, cap)?;
        column(part(&slab.precision, threshold, self.recalls * slab.classes.len()), slab, class)
    }

    /// The mean recall of a class over all thresholds; `None` without truths.
    pub(super) fn class_recall(&self, range: usize, cap: usize, class: usize) -> Option<f64> {
        let slab = self.slab(range, cap)?;
        column(&slab.recall, slab, class)
    }

    /// The precision of a class at a point of recall; `None` without truths.
    pub(super) fn precision_at(
        &self,
        threshold: usize,
        recall: usize,
        range: usize,
        cap: usize,
        class: usize,
    ) -> Option<f64> {
        let slab = self.slab(range, cap)?;
        let k = slab.classes.binary_search(&(class as u32)).ok()?;
        slab.precision.get((threshold * self.recalls + recall) * slab.classes.len() + k).copied()
    }

    /// The mean precision of all classes at a point of recall.
    pub(super) fn mean_at(&self, threshold: usize, recall: usize, range: usize, cap: usize) -> Option<f64> {
        let slab = self.slab(range, cap)?;
        mean(part(&slab.precision, Some(threshold * self.recalls + recall), slab.classes.len()))
    }
}

/// The mean of a class's values among rows of all classes.
fn column(rows: &[f64], slab: &Slab, class: usize) -> Option<f64> {
    let k = slab.classes.binary_search(&(class as u32)).ok()?;
    let own: Vec<f64> = rows.iter().skip(k).step_by(slab.classes.len()).copied().collect();
    mean(&own)
}

impl Means for Slabs {
    fn precision(&self, threshold: Option<usize>, range: usize, cap: usize) -> Option<f64> {
        self.slab(range, cap)?.mean_precision(threshold, self.recalls)
    }

    fn recall(&self, threshold: Option<usize>, range: usize, cap: usize) -> Option<f64> {
        self.slab(range, cap)?.mean_recall(threshold)
    }
}

/// The means of slabs that are kept no longer.
#[derive(Clone, Debug, Default)]
pub(super) struct Quoted(Vec<(usize, usize, Vec<SlabMeans>)>);

/// Precision and recall: of all thresholds first, then of each.
type SlabMeans = [Option<f64>; 2];

impl Quoted {
    /// Takes the means of a slab. Only of the range of all sizes are single thresholds quoted.
    pub(super) fn add(&mut self, params: &Params, slab: &Slab) {
        let each = if is_whole(params, slab.range) { params.thresholds.len() } else { 0 };
        let thresholds = std::iter::once(None).chain((0..each).map(Some));
        let of = |t: Option<usize>| [slab.mean_precision(t, params.recalls.len()), slab.mean_recall(t)];
        self.0.push((slab.range, slab.cap, thresholds.map(of).collect()));
    }

    fn get(&self, threshold: Option<usize>, range: usize, cap: usize) -> Option<SlabMeans> {
        let (.., means) = self.0.iter().find(|(r, c, _)| (*r, *c) == (range, cap))?;
        means.get(threshold.map_or(0, |t| t + 1)).copied()
    }
}

impl Means for Quoted {
    fn precision(&self, threshold: Option<usize>, range: usize, cap: usize) -> Option<f64> {
        let [precision, _] = self.get(threshold, range, cap)?;
        precision
    }

    fn recall(&self, threshold: Option<usize>, range: usize, cap: usize) -> Option<f64> {
        let [_, recall] = self.get(threshold, range, cap)?;
        recall
    }
}

/// All values, or those of one of as many parts.
fn part(values: &[f64], one: Option<usize>, each: usize) -> &[f64] {
    match one {
        None => values,
        Some(n) => values.get(n * each..(n + 1) * each).unwrap_or_default(),
    }
}

/// A class in one slab: thresholds × recall points, and thresholds.
struct Part {
    slab: usize,
    column: usize,
    precision: Vec<f64>,
    recall: Vec<f64>,
}

/// Puts the parts of a slab into their places. Those of neighbouring classes have neighbouring columns.
fn put(parts: &[Part], number: usize, slab: &mut Slab) {
    let own: Vec<&Part> = parts.iter().filter(|part| part.slab == number).collect();
    let Some(first) = own.first() else { return };
    let classes = slab.classes.len();
    for part in &own {
        for (to, recall) in slab.recall.iter_mut().skip(part.column).step_by(classes).zip(&part.recall) {
            *to = *recall;
        }
    }
    if !slab.precision.is_empty() {
        let precisions: Vec<&[f64]> = own.iter().map(|part| part.precision.as_slice()).collect();
        slab.put(first.column, &precisions);
    }
}

/// The parts of a class in all slabs in which it has truths.
fn walk_class(
    params: &Params,
    ordered: &Ordered,
    class: usize,
    walk: &mut Walk,
    slabs: &[Slab],
    parts: &mut Vec<Part>,
) {
    let sought = ordered.truths(class);
    if sought.iter().all(|truths| *truths == 0) {
        return;
    }
    walk.class(ordered, class);
    let mut points = Vec::new();
    for (number, slab) in slabs.iter().enumerate() {
        let Ok(column) = slab.classes.binary_search(&(class as u32)) else { continue };
        let (truths, cap) = (sought[slab.range], params.caps[slab.cap]);
        let mut part = Part { slab: number, column, precision: Vec::new(), recall: Vec::new() };
        if slab.precision.is_empty() {
            walk.recall(slab.range, cap);
        } else {
            let tally = walk.precision(slab.range, cap, false);
            needed(&params.recalls, truths, &mut points);
            part.precision = vec![0.0; params.thresholds.len() * params.recalls.len()];
            for (threshold, to) in part.precision.chunks_exact_mut(params.recalls.len()).enumerate() {
                tally.sample(threshold, &points, |point, envelope, _| to[point] = envelope);
            }
        }
        let thresholds = 0..params.thresholds.len();
        part.recall = thresholds.map(|t| walk.hits(t) as f64 / truths as f64).collect();
        parts.push(part);
    }
}

#[cfg(test)]
mod tests {
    use crate::eval::coco::{Coco, Kind, Params, Summary};
    use crate::eval::{Batch, ImageId, Objects};
    use crate::job::Job;
    use crate::random::Random;

    use super::*;

    #[test]
    fn what_is_quoted_has_the_bits_of_the_arrays() {
        for seed in 0..20 {
            let mut random = Random::keyed(&[seed, 5]);
            let mut pick = |n: u64| random.below(n);
            let ids: Vec<ImageId> = (0..30).map(ImageId::from).collect();
            let mut truth = Objects::new(ids.iter().map(|_| pick(5) as usize)).unwrap();
            let mut found = Objects::new(ids.iter().map(|_| pick(9) as usize)).unwrap();
            let mut object = || {
                let bbox = [pick(30), pick(30), 1 + pick(120), 1 + pick(120)].map(|n| n as f64);
                (pick(9) as u32, bbox, pick(20) as f64 / 20.0)
            };
            for side in [&mut truth, &mut found] {
                for _ in 0..side.len() {
                    let (label, bbox, score) = object();
                    side.label.push(label);
                    side.bbox.push(bbox);
                    side.area.push(bbox[2] * bbox[3]);
                    side.score.push(score);
                }
            }
            truth.score.clear();
            let params = Params { thresholds: vec![0.05, 0.5, 0.75], ..Params::new(Kind::Bbox) };
            let mut coco = Coco::new(params.clone(), 10).unwrap();
            coco.update(&Batch { images: &ids, truth: &truth, found: &found }, &Job::new()).unwrap();
            let ordered = coco.outcomes().in_order(10).unwrap();
            let slabs = Slabs::of(&params, &ordered, 10, &Job::new().threads(2)).unwrap();
            let tensors = coco.finish(&Job::new()).unwrap();
            assert_eq!(coco.summary(&Job::new()).unwrap(), Summary::of(&params, &tensors));
            for class in 0..10 {
                for (range, cap) in quoted(&params) {
                    let recall = slabs.slab(range, cap).and_then(|slab| column(&slab.recall, slab, class));
                    assert_eq!(recall, tensors.mean_recall(None, range, cap, Some(class)));
                }
                for range in 0..4 {
                    for threshold in [None, Some(0), Some(2)] {
                        let own = slabs.class_precision(threshold, range, 2, class);
                        assert_eq!(own, tensors.mean_precision(threshold, range, 2, Some(class)));
                    }
                    for recall in [0, 7, 100] {
                        let own = slabs.precision_at(1, recall, range, 2, class);
                        assert_eq!(own, tensors.precision_at(1, recall, class, range, 2));
                        assert_eq!(slabs.mean_at(1, recall, range, 2), tensors.mean_at(1, recall, range, 2));
                    }
                }
            }
        }
    }
}
