//! One cell at a time, for those who look into a matching or bring their own.
//!
//! | noun | what |
//! |---|---|
//! | [`Coco::cell`] | a cell of a batch: who got whom in a range, as [`Cell`] |
//! | [`assign`] | a cell matched by overlaps from anywhere, as [`Assigned`] |
//! | [`curves`] | [`Curves`] of the [`Judgements`] of a class in a range, whoever judged |
//! | [`overlaps`] | how much the objects of an image overlap |
//!
//! The kernel indexes by numbers it made from lengths that were checked at its doors.

#![allow(clippy::indexing_slicing)]

use crate::error::{Error, ErrorKind, Result};
use crate::eval::batch::Batch;
use crate::eval::matching::{Match, NONE, Overlaps, Rule, Truths};
use crate::eval::objects::Flags;
use crate::eval::outcomes::{Grid, Judged, MAX_THRESHOLDS, Outcomes, descending};
use crate::job::Job;

use super::evaluator::{Coco, needs};
use super::matcher::GREATEST;
use super::overlap::Overlap;
use super::params::{AreaRange, Kind, Params};
use super::tensors::Tensors;

/// Who got whom in a cell, threshold after threshold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assigned {
    /// For each threshold and detection the place of its truth, or [`NONE`].
    pub truth: Vec<u32>,
    /// For each threshold and truth the place of the detection that got it last, or [`NONE`].
    pub found: Vec<u32>,
    /// For each threshold and detection whether it is left out of account.
    pub left_out: Vec<bool>,
}

/// Matches a cell by COCO's rule. `overlaps` has a row a detection, in the order in which they choose, and a column a
/// truth; empty, nobody gets anything.
///
/// Of a truth `ignored` alone says whether it is ignored, and `crowd` that it can be had by many; `nameless` is a truth
/// that counts as none for whoever gets it. Of a detection `ignored` says that it is left out of account unless it gets
/// a truth; a `nameless` one gets its truth without keeping it from others, as a detection whose id is not above 0 does
/// in the reference.
///
/// ```
/// use lensframe::eval::{Flags, coco::assign, matching::NONE};
/// let plain = Flags::default();
/// let got = assign(&[0.9, 0.0, 0.8, 0.6], &[plain; 2], &[plain; 2], &[0.5, 0.75])?;
/// assert_eq!(got.truth, [0, 1, 0, NONE]);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Length`] for a matrix of another size.
pub fn assign(overlaps: &[f64], truths: &[Flags], found: &[Flags], thresholds: &[f64]) -> Result<Assigned> {
    if !overlaps.is_empty() && overlaps.len() != truths.len() * found.len() {
        let what =
            format!("{} overlaps of {} detections and {} truths", overlaps.len(), found.len(), truths.len());
        return Err(Error::new(ErrorKind::Length, what));
    }
    let matrix = Overlaps::new(overlaps, if overlaps.is_empty() { 0 } else { truths.len() });
    let ignored: Vec<bool> = truths.iter().map(|truth| truth.ignored).collect();
    let (mut choice, mut out) = (Truths::default(), Assigned::default());
    choice.begin(&ignored);
    for threshold in thresholds {
        choice.free();
        let (asked, first) = (threshold.min(GREATEST), out.found.len());
        out.found.resize(first + truths.len(), NONE);
        for (place, own) in (0u32..).zip(found) {
            let got = match overlaps {
                [] => Match::None,
                _ => choice.choose(
                    Rule::COCO,
                    matrix.row(place as usize),
                    |truth| truths[truth].crowd,
                    |_| asked,
                ),
            };
            let (Match::Truth(truth) | Match::Taken(truth)) = got else {
                out.truth.push(NONE);
                out.left_out.push(own.ignored);
                continue;
            };
            let there = truths[truth as usize];
            if own.nameless {
                choice.release(truth);
            }
            out.truth.push(truth);
            out.left_out.push(there.ignored || there.nameless && own.ignored);
            out.found[first + truth as usize] = place;
        }
    }
    Ok(out)
}

/// A cell of a batch, matched in one range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The places of its truths in the batch, those that are ignored last.
    pub truths: Vec<u32>,
    /// Whether each of them is ignored.
    pub ignored: Vec<bool>,
    /// The places of its detections in the batch, best first, no more than the greatest cap.
    pub found: Vec<u32>,
    /// Who got whom: numbers are places in these lists.
    pub assigned: Assigned,
}

impl Coco {
    /// Looks into a cell: an image of a batch, a class, and the number of an area range. `None` without any object. It
    /// is matched anew; what was seen before is neither asked nor changed.
    ///
    /// # Errors
    /// As [`Coco::update`]; [`ErrorKind::Index`] for a range that is none.
    pub fn cell(&self, batch: &Batch, image: usize, class: u32, range: usize) -> Result<Option<Cell>> {
        let params = self.params();
        let range = params.ranges.get(range).ok_or_else(|| {
            Error::new(ErrorKind::Index, format!("range {range} of {}", params.ranges.len()))
        })?;
        lengths(&params.kind, batch)?;
        let of = |all: std::ops::Range<usize>, labels: &[u32]| -> Vec<u32> {
            let is = |place: &usize| params.class_agnostic || labels.get(*place) == Some(&class);
            all.filter(is).map(|place| place as u32).collect()
        };
        let mut truths = of(batch.truth.range(image), &batch.truth.label);
        let mut found = of(batch.found.range(image), &batch.found.label);
        if truths.is_empty() && found.is_empty() {
            return Ok(None);
        }
        let flags = |truth: u32| {
            let (flags, area) = (batch.truth.flags(truth as usize), batch.truth.area[truth as usize]);
            Flags { ignored: flags.crowd || flags.ignored || range.leaves_out(area), ..flags }
        };
        if params.class_agnostic {
            truths.sort_by_key(|truth| batch.truth.label.get(*truth as usize).copied());
            found.sort_by_key(|own| batch.found.label.get(*own as usize).copied());
        }
        truths.sort_by_key(|truth| flags(*truth).ignored);
        found.sort_by_key(|own| descending(batch.found.score[*own as usize]));
        found.truncate(params.cap() as usize);
        let mut matrix = Vec::new();
        if !truths.is_empty() && !found.is_empty() {
            Overlap::new(&params.kind).fill(batch, &truths, &found, &mut matrix)?;
        }
        let there: Vec<Flags> = truths.iter().map(|truth| flags(*truth)).collect();
        let seen = found.iter().map(|own| {
            let flags = batch.found.flags(*own as usize);
            let outside = batch.found.area_of(*own as usize).is_some_and(|area| range.leaves_out(area));
            Flags { ignored: flags.ignored || outside, ..flags }
        });
        let assigned = assign(&matrix, &there, &seen.collect::<Vec<_>>(), &params.thresholds)?;
        let ignored = there.iter().map(|flags| flags.ignored).collect();
        Ok(Some(Cell { truths, ignored, found, assigned }))
    }
}

/// What a look at one cell relies on; what is of all objects is checked when they are matched.
fn lengths(kind: &Kind, batch: &Batch) -> Result<()> {
    if batch.found.score.len() != batch.found.len() {
        return Err(Error::new(ErrorKind::Usage, "detections have no scores"));
    }
    needs(kind, batch)
}

/// The overlaps of all detections (rows) of an image with all its truths (columns), in their own order, row after row.
///
/// # Errors
/// [`ErrorKind::Usage`] and [`ErrorKind::Length`] for columns that are absent or do not fit together;
/// [`ErrorKind::Format`] for masks that are none.
pub fn overlaps(kind: &Kind, batch: &Batch, image: usize) -> Result<Vec<f64>> {
    needs(kind, batch)?;
    let all = |range: std::ops::Range<usize>| range.map(|place| place as u32).collect::<Vec<_>>();
    let mut out = Vec::new();
    let (truths, found) = (all(batch.truth.range(image)), all(batch.found.range(image)));
    Overlap::new(kind).fill(batch, &truths, &found, &mut out)?;
    Ok(out)
}

/// The detections of a class in a range, judged by whoever matched them, image after image.
#[derive(Clone, Copy, Debug)]
pub struct Judgements<'a> {
    /// How many detections each image has; those that come first are kept under a cap.
    pub counts: &'a [usize],
    /// The score of each detection.
    pub scores: &'a [f64],
    /// For each threshold and detection whether it has a truth.
    pub matched: &'a [bool],
    /// For each threshold and detection whether it is left out of account.
    pub left_out: &'a [bool],
    /// Truths that count.
    pub truths: u32,
}

/// Precision and recall of a class in a range; −1 throughout without a truth that counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curves {
    /// Thresholds × points of recall × caps.
    pub precision: Vec<f64>,
    /// Thresholds × caps.
    pub recall: Vec<f64>,
    /// The scores at which points of recall are reached: thresholds × points of recall × caps.
    pub scores: Vec<f64>,
}

/// Curves of judgements at these points of recall, in any order, under these caps.
///
/// As in the reference, points that follow one that is not reached have 0, whether they are reached or not.
///
/// # Errors
/// [`ErrorKind::Length`] for lists that do not fit together.
pub fn curves(judged: &Judgements, thresholds: usize, recalls: &[f64], caps: &[u32]) -> Result<Curves> {
    let n = judged.scores.len();
    let fit = [judged.matched.len(), judged.left_out.len()] == [n * thresholds; 2];
    if !fit || judged.counts.iter().sum::<usize>() != n {
        let what =
            format!("judgements at {thresholds} thresholds and counts of images do not fit {n} scores");
        return Err(Error::new(ErrorKind::Length, what));
    }
    // Beyond 1 and below 0 all are alike; NaN is never reached.
    let near = |recall: f64| if recall.is_nan() { 2.0 } else { recall.clamp(-1.0, 2.0) };
    let mut order: Vec<usize> = (0..recalls.len()).collect();
    order.sort_by(|a, b| near(recalls[*a]).total_cmp(&near(recalls[*b])));
    let ascending: Vec<f64> = order.iter().map(|at| near(recalls[*at])).collect();
    let mut out = Curves::default();
    for first in (0..thresholds).step_by(MAX_THRESHOLDS) {
        let some = first..thresholds.min(first + MAX_THRESHOLDS);
        let params = Params {
            thresholds: vec![0.5; some.len()],
            recalls: ascending.clone(),
            ranges: vec![AreaRange::new("all", 0.0, f64::INFINITY)],
            caps: caps.to_vec(),
            ..Params::new(Kind::Bbox)
        };
        let outcomes = judged.outcomes(some)?;
        let own = Tensors::of(&params, &outcomes.in_order(1)?, 1, true, &Job::new())?;
        out.take(&own, recalls, &order);
    }
    Ok(out)
}

impl Judgements<'_> {
    /// What matching at some of the thresholds would have left behind.
    fn outcomes(&self, thresholds: std::ops::Range<usize>) -> Result<Outcomes> {
        let n = self.scores.len();
        let mut out = Outcomes::new(Grid { thresholds: thresholds.len(), ranges: 1 })?;
        let bits = |flags: &[bool], own: usize| {
            thresholds.clone().enumerate().fold(0, |all, (bit, t)| all | u64::from(flags[t * n + own]) << bit)
        };
        let judged: Vec<[Judged; 1]> = (0..n)
            .map(|own| {
                let ignored = bits(self.left_out, own);
                [Judged { hit: bits(self.matched, own) & !ignored, ignored }]
            })
            .collect();
        let mut start = 0;
        // One image without detections holds the truths where there is no other.
        let counts = if self.counts.is_empty() { &[0][..] } else { self.counts };
        for (image, count) in (0i64..).zip(counts) {
            out.image(image.into());
            if image == 0 {
                out.truths(0, &[self.truths]);
            }
            let own = start..start + count;
            start = own.end;
            out.found(0, own.map(|own| (self.scores[own], judged[own].as_slice())));
        }
        Ok(out)
    }
}

impl Curves {
    /// Appends thresholds, whose points of recall stand in another order than asked for.
    fn take(&mut self, own: &Tensors, recalls: &[f64], order: &[usize]) {
        let (r, m) = (recalls.len(), own.caps);
        let first = self.precision.len();
        self.precision.resize(first + own.precision.len(), 0.0);
        self.scores.resize(first + own.scores.len(), 0.0);
        for t in 0..own.thresholds {
            for (from, to) in order.iter().enumerate() {
                let (from, to) = ((t * r + from) * m, first + (t * r + to) * m);
                self.precision[to..to + m].copy_from_slice(&own.precision[from..from + m]);
                self.scores[to..to + m].copy_from_slice(&own.scores[from..from + m]);
            }
            for cap in 0..m {
                let last = own.recall[t * m + cap];
                // Without truths there is no recall, and nothing to cut.
                if last < 0.0 {
                    continue;
                }
                let reached = recalls.iter().take_while(|recall| **recall <= last).count();
                for point in reached..r {
                    let at = first + (t * r + point) * m + cap;
                    (self.precision[at], self.scores[at]) = (0.0, 0.0);
                }
            }
        }
        self.recall.extend_from_slice(&own.recall);
    }
}

#[cfg(test)]
mod tests {
    use crate::eval::{ImageId, Objects};
    use crate::random::Random;

    use super::*;

    /// The rule word by word: one detection, one threshold, one truth after another.
    fn plainly(overlaps: &[f64], truths: &[Flags], found: &[Flags], threshold: f64) -> (Vec<u32>, Vec<bool>) {
        let mut order: Vec<usize> = (0..truths.len()).collect();
        order.sort_by_key(|t| truths[*t].ignored);
        let mut taken = vec![false; truths.len()];
        let got = (0..found.len()).map(|d| {
            let (mut best, mut own) = (threshold.min(1.0 - 1e-10), None);
            for t in &order {
                if taken[*t] && !truths[*t].crowd {
                    continue;
                }
                if own.is_some_and(|own: usize| !truths[own].ignored) && truths[*t].ignored {
                    break;
                }
                if overlaps[d * truths.len() + t] >= best {
                    (best, own) = (overlaps[d * truths.len() + t], Some(*t));
                }
            }
            if let Some(own) = own {
                taken[own] = !found[d].nameless;
            }
            let left_out = own.is_some_and(|own| truths[own].ignored)
                || own.is_none_or(|own| truths[own].nameless) && found[d].ignored;
            (own.map_or(NONE, |own| own as u32), left_out)
        });
        got.unzip()
    }

    fn flags(random: &mut Random, n: usize) -> Vec<Flags> {
        let mut one = |of| random.below(of) == 0;
        let flags = |_| Flags { crowd: one(5), ignored: one(3), nameless: one(6), group: false };
        (0..n).map(flags).collect()
    }

    #[test]
    fn a_cell_is_matched_as_the_rule_says_word_by_word() {
        for seed in 0..500 {
            let mut random = Random::keyed(&[seed, 71]);
            let (g, d) = (random.below(6) as usize, random.below(8) as usize);
            let (truths, found) = (flags(&mut random, g), flags(&mut random, d));
            let overlaps: Vec<f64> = (0..g * d).map(|_| random.below(9) as f64 / 8.0).collect();
            let thresholds = [0.25, 0.5, 0.8, 1.0];
            let own = assign(&overlaps, &truths, &found, &thresholds).unwrap();
            for (t, threshold) in thresholds.iter().enumerate() {
                let (truth, left_out) = plainly(&overlaps, &truths, &found, *threshold);
                assert_eq!(own.truth[t * d..(t + 1) * d], truth);
                assert_eq!(own.left_out[t * d..(t + 1) * d], left_out);
            }
        }
        assert!(assign(&[0.5], &[], &[], &[0.5]).is_err());
    }

    #[test]
    fn cells_looked_into_one_by_one_have_the_curves_of_all() {
        for seed in 0..20 {
            let mut random = Random::keyed(&[seed, 72]);
            let images: Vec<ImageId> = (0..12).map(ImageId::from).collect();
            let mut truth = Objects::new(images.iter().map(|_| random.below(5) as usize)).unwrap();
            let mut found = Objects::new(images.iter().map(|_| random.below(9) as usize)).unwrap();
            for side in [&mut truth, &mut found] {
                for _ in 0..side.len() {
                    let bbox = [0, 0, 1, 1].map(|least| (least + random.below(30)) as f64);
                    side.label.push(random.below(3) as u32);
                    side.bbox.push(bbox);
                    side.area.push(bbox[2] * bbox[3] * 8.0);
                    side.score.push(random.below(10) as f64 / 10.0);
                }
                side.flags = flags(&mut random, side.len());
            }
            truth.score.clear();
            found.flags.clear();
            let params =
                Params { thresholds: vec![0.1, 0.4], caps: vec![1, 3, 5], ..Params::new(Kind::Bbox) };
            let mut coco = Coco::new(params.clone(), 3).unwrap();
            let batch = Batch { images: &images, truth: &truth, found: &found };
            coco.update(&batch, &Job::new()).unwrap();
            let all = coco.finish_with_scores(&Job::new()).unwrap();
            let (r, a, m) = (params.recalls.len(), params.ranges.len(), 3);
            for (class, range) in (0..3).flat_map(|class| (0..a).map(move |range| (class, range))) {
                let cells: Vec<Cell> = (0..12)
                    .filter_map(|image| coco.cell(&batch, image, class as u32, range).unwrap())
                    .collect();
                let counts: Vec<usize> = cells.iter().map(|cell| cell.found.len()).collect();
                let score = |own: &u32| found.score[*own as usize];
                let scores: Vec<f64> = cells.iter().flat_map(|cell| cell.found.iter().map(score)).collect();
                let mut matched = Vec::new();
                let mut left_out = Vec::new();
                for t in 0..2 {
                    for cell in &cells {
                        let own = t * cell.found.len()..(t + 1) * cell.found.len();
                        matched.extend(cell.assigned.truth[own.clone()].iter().map(|truth| {
                            let there = cell.truths.get(*truth as usize);
                            there.is_some_and(|place| !batch.truth.flags(*place as usize).nameless)
                        }));
                        left_out.extend_from_slice(&cell.assigned.left_out[own]);
                    }
                }
                let truths =
                    cells.iter().flat_map(|cell| &cell.ignored).filter(|ignored| !**ignored).count() as u32;
                let judged = Judgements {
                    counts: &counts,
                    scores: &scores,
                    matched: &matched,
                    left_out: &left_out,
                    truths,
                };
                let own = curves(&judged, 2, &params.recalls, &params.caps).unwrap();
                for (at, precision) in own.precision.iter().enumerate() {
                    let (point, cap) = (at / m, at % m);
                    let place = ((point * 3 + class) * a + range) * m + cap;
                    assert_eq!((*precision, own.scores[at]), (all.precision[place], all.scores[place]));
                    let last = (point / r * 3 + class) * a + range;
                    assert_eq!(own.recall[point / r * m + cap], all.recall[last * m + cap]);
                }
            }
        }
    }

    #[test]
    fn points_of_recall_may_come_in_any_order_and_end_at_the_first_not_reached() {
        let judged = Judgements {
            counts: &[2],
            scores: &[0.9, 0.8],
            matched: &[true, false],
            left_out: &[false, false],
            truths: 2,
        };
        let own = curves(&judged, 1, &[0.5, 0.0, 0.75, 0.25], &[100]).unwrap();
        assert_eq!((own.precision.len(), &own.recall), (4, &vec![0.5]));
        assert!(own.precision[0] > 0.99 && own.precision[1] > 0.99);
        assert_eq!(own.scores, [0.9, 0.9, 0.0, 0.0]);
        let own = curves(&judged, 1, &[f64::NAN, 0.0], &[100]).unwrap();
        assert_eq!(own.precision, [0.0, 0.0]);
    }
}
