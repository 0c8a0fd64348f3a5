//! `eval_map` as an evaluator: [`MeanAp`].
//!
//! Truths of a cell are looked at in the reference's order: those that count, then ignored ones. Detections of equal
//! scores come by image id and then in their own order; the reference's sort leaves their order open.
//!
//! The kernel indexes by numbers that the batch's own ranges gave.

#![allow(clippy::indexing_slicing)]

use crate::error::{Error, ErrorKind, Result};
use crate::eval::batch::Batch;
use crate::eval::cells::{Cells, gather};
use crate::eval::matching::{Choice, Match, Overlaps, Reach, Rule, Tie, Truths};
use crate::eval::outcomes::{Grid, Judged, Outcomes};
use crate::job::Job;

use super::corners::{Corners, Over, area, min, overlap};
use super::params::{Params, Verdict};
use super::table::Tables;

/// MMDetection's mean average precision over images as they come.
///
/// ```
/// use lensframe::eval::{Batch, Objects, mean_ap::{MeanAp, Params}};
/// use lensframe::job::Job;
/// let mut truth = Objects::new([1])?;
/// (truth.label, truth.bbox) = (vec![1], vec![[10.0, 10.0, 30.0, 40.0]]);
/// let mut found = Objects::new([1])?;
/// (found.label, found.bbox, found.score) = (vec![1], vec![[10.0, 10.0, 30.0, 30.0]], vec![0.9]);
/// let params = Params { thresholds: vec![0.5, 0.8], ..Params::new() };
/// let mut map = MeanAp::new(params, 2)?;
/// map.update(&Batch { images: &[1.into()], truth: &truth, found: &found }, &Job::new())?;
/// let tables = map.finish(&Job::new())?;
/// assert_eq!(tables.keys(), [("mAP".to_owned(), 0.5), ("AP50".to_owned(), 1.0), ("AP80".to_owned(), 0.0)]);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MeanAp {
    params: Params,
    classes: usize,
    outcomes: Outcomes,
}

impl MeanAp {
    /// An evaluator for this many classes.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for parameters that cannot be.
    pub fn new(params: Params, classes: usize) -> Result<MeanAp> {
        params.check()?;
        let grid = Grid { thresholds: params.thresholds.len(), ranges: params.ranges() };
        Ok(MeanAp { outcomes: Outcomes::new(grid)?, params, classes })
    }

    /// The parameters.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// What matching left behind so far.
    pub fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }

    /// Matches these images. How they are spread over calls and threads does not change the result.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] and [`ErrorKind::Length`] for columns that do not fit together or are absent;
    /// [`ErrorKind::Cancelled`].
    pub fn update(&mut self, batch: &Batch, job: &Job) -> Result<()> {
        batch.check(self.classes)?;
        for (side, objects) in [("truths", batch.truth), ("detections", batch.found)] {
            if objects.bbox.len() != objects.len() {
                return Err(Error::new(ErrorKind::Usage, format!("the {side} have no bbox")));
            }
        }
        let corners = |boxes: &[[f64; 4]]| -> Vec<Corners> {
            boxes.iter().map(|bbox| self.params.coordinates.corners(bbox)).collect()
        };
        let (there, own) = (corners(&batch.truth.bbox), corners(&batch.found.bbox));
        self.judge(batch, &there, &own, job)
    }

    /// As [`MeanAp::update`], with corners in the reference's own form.
    pub(super) fn judge(
        &mut self,
        batch: &Batch,
        there: &[Corners],
        own: &[Corners],
        job: &Job,
    ) -> Result<()> {
        let params = &self.params;
        let worker = || Worker { params, there, own, ..Worker::new(params) };
        let parts = gather(batch, self.outcomes.grid(), job, worker, |worker, image, out| {
            let mut cells = std::mem::take(&mut worker.cells);
            cells.walk(batch, image, |class, truths, found| {
                worker.cell(batch, class, truths, found, out);
                Ok(())
            })?;
            worker.cells = cells;
            Ok(())
        })?;
        parts.iter().try_for_each(|part| self.outcomes.merge(part))
    }

    /// Adds what another evaluator of the same parameters has seen: other images.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if the parameters or the number of classes differ.
    pub fn merge(&mut self, other: &MeanAp) -> Result<()> {
        if self.params != other.params || self.classes != other.classes {
            return Err(Error::new(ErrorKind::Usage, "evaluators with other parameters cannot be merged"));
        }
        self.outcomes.merge(&other.outcomes)
    }

    /// A table for every threshold.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if an image was given twice; [`ErrorKind::Cancelled`].
    pub fn finish(&self, job: &Job) -> Result<Tables> {
        Tables::of(&self.params, &self.outcomes.in_order(self.classes)?, self.classes, job)
    }
}

/// Matches cells; keeps its buffers.
struct Worker<'a> {
    params: &'a Params,
    there: &'a [Corners],
    own: &'a [Corners],
    cells: Cells,
    truths: Truths,
    matrix: Vec<f64>,
    judged: Vec<Judged>,
}

impl<'a> Worker<'a> {
    fn new(params: &'a Params) -> Worker<'a> {
        Worker {
            params,
            there: &[],
            own: &[],
            cells: Cells::default(),
            truths: Truths::default(),
            matrix: Vec::new(),
            judged: Vec::new(),
        }
    }

    fn cell(&mut self, batch: &Batch, class: u32, truths: &[u32], found: &[u32], out: &mut Outcomes) {
        let (params, ranges) = (self.params, self.params.ranges());
        let extra = params.coordinates.extra();
        let flags = |t: &u32| batch.truth.flags(*t as usize);
        let of =
            |ignored: bool| truths.iter().filter(move |t| !flags(t).crowd && flags(t).ignored == ignored);
        let ordered: Vec<u32> = of(false).chain(of(true)).copied().collect();
        let real = of(false).count();
        let there: Vec<Corners> = ordered.iter().map(|t| self.there[*t as usize]).collect();
        let areas: Vec<f32> = there.iter().map(|corners| area(corners, extra)).collect();
        let counts: Vec<u32> = (0..ranges)
            .map(|range| match params.areas(range) {
                None => real as u32,
                Some((from, to)) => {
                    areas[..real].iter().map(|area| u32::from(*area >= from && *area < to)).sum()
                }
            })
            .collect();
        out.truths(class, &counts);

        // A false detection of another size is left out.
        self.judged.clear();
        let all = (1u64 << params.thresholds.len()) - 1;
        for d in found {
            let own = area(&self.own[*d as usize], extra);
            for range in 0..ranges {
                let outside = params.areas(range).is_some_and(|(from, to)| !(own >= from && own < to));
                self.judged.push(Judged { hit: 0, ignored: if outside { all } else { 0 } });
            }
        }
        if !ordered.is_empty() && !found.is_empty() {
            self.overlaps(&there, found, extra);
            self.truths.begin(&vec![false; ordered.len()]);
            for bit in 0..params.thresholds.len() {
                self.threshold(bit, real, &there, &areas, found.len());
            }
        }
        let judged = found.iter().zip(self.judged.chunks_exact(ranges));
        out.found(class, judged.map(|(d, judged)| (batch.found.score[*d as usize], judged)));
    }

    fn overlaps(&mut self, there: &[Corners], found: &[u32], extra: f32) {
        self.matrix.clear();
        for d in found {
            let (first, own) = (self.matrix.len(), &self.own[*d as usize]);
            self.matrix.extend(there.iter().map(|there| match self.params.verdict {
                Verdict::Default => f64::from(overlap(own, there, Over::Union, extra)),
                Verdict::ImageNet => f64::from(overlap(own, &there.map(|c| c - 1.0), Over::Union, extra)),
            }));
            let row = &mut self.matrix[first..];
            match self.params.verdict {
                // The greatest of a row with a NaN is NaN in the reference, and reaches no threshold.
                Verdict::Default if row.iter().any(|overlap| overlap.is_nan()) => row.fill(f64::NEG_INFINITY),
                Verdict::Default => {}
                Verdict::ImageNet => row
                    .iter_mut()
                    .filter(|overlap| overlap.is_nan())
                    .for_each(|overlap| *overlap = f64::NEG_INFINITY),
            }
        }
    }

    fn threshold(&mut self, bit: usize, real: usize, there: &[Corners], areas: &[f32], found: usize) {
        let (params, ranges) = (self.params, self.params.ranges());
        let (extra, threshold) = (params.coordinates.extra(), params.thresholds[bit] as f32);
        let (rule, thresholds): (Rule, Vec<f64>) = match params.verdict {
            Verdict::Default => (Rule::VOC, vec![f64::from(threshold); there.len()]),
            Verdict::ImageNet => {
                let of = |c: &Corners| {
                    let (w, h) = (c[2] - c[0] + extra, c[3] - c[1] + extra);
                    let own = min((w * h) / ((w + 10.0) * (h + 10.0)), threshold);
                    if own.is_nan() { f64::INFINITY } else { f64::from(own) }
                };
                let rule = Rule { choice: Choice::BestFree, tie: Tie::First, reach: Reach::AtLeast };
                (rule, there.iter().map(of).collect())
            }
        };
        self.truths.free();
        let matrix = Overlaps::new(&self.matrix, there.len());
        for d in 0..found {
            let matched = self.truths.choose(rule, matrix.row(d), |_| false, |t| thresholds[t]);
            let (Match::Truth(truth) | Match::Taken(truth)) = matched else { continue };
            let truth = truth as usize;
            for range in 0..ranges {
                let outside =
                    params.areas(range).is_some_and(|(from, to)| areas[truth] < from || areas[truth] >= to);
                let judged = &mut self.judged[d * ranges + range];
                if truth >= real || outside {
                    judged.ignored |= 1 << bit;
                } else {
                    judged.ignored &= !(1 << bit);
                    judged.hit |= u64::from(matches!(matched, Match::Truth(_))) << bit;
                }
            }
        }
    }
}
