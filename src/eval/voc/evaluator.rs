//! VOC's protocol as an evaluator: [`Voc`].
//!
//! The state is one judgement a detection: true, false, or left out because its truth is difficult. Ties are broken
//! by image id and then by the order of detections; the reference's order among equal scores is that of an unstable
//! sort.
//!
//! The kernel indexes by numbers that the batch's own ranges gave.

#![allow(clippy::indexing_slicing)]

use crate::error::{Error, ErrorKind, Result};
use crate::eval::batch::Batch;
use crate::eval::cells::{Cells, empty, gather_with};
use crate::eval::matches::{Matches, Trace};
use crate::eval::matching::{Match, Overlaps, Truths};
use crate::eval::outcomes::{Grid, Judged, Outcomes};
use crate::job::Job;

use super::curves::Curves;
use super::overlap;
use super::params::{Kind, Params};

/// VOC's protocol over images as they come.
///
/// A truth is difficult if it is flagged as ignored or as a crowd.
///
/// ```
/// use lensframe::eval::{Batch, Objects, voc::{Kind, Params, Voc}};
/// use lensframe::job::Job;
/// let mut truth = Objects::new([1])?;
/// (truth.label, truth.bbox) = (vec![0], vec![[10.0, 10.0, 30.0, 40.0]]);
/// let mut found = Objects::new([2])?;
/// (found.label, found.score) = (vec![0, 0], vec![0.9, 0.8]);
/// found.bbox = vec![[0.0, 0.0, 9.0, 9.0], [10.0, 10.0, 30.0, 30.0]];
/// let mut voc = Voc::new(Params::new(Kind::Bbox), 1)?;
/// voc.update(&Batch { images: &["000001".into()], truth: &truth, found: &found }, &Job::new())?;
/// let scores = voc.finish(&Job::new())?.scores(false);
/// assert_eq!(scores.map, 0.5);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Voc {
    params: Params,
    classes: usize,
    outcomes: Outcomes,
    /// Classes with a truth, difficult or not, or a detection.
    seen: Vec<bool>,
}

impl Voc {
    /// An evaluator for this many classes.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for parameters that cannot be; [`ErrorKind::Limit`] for too many classes.
    pub fn new(params: Params, classes: usize) -> Result<Voc> {
        params.check()?;
        let outcomes = empty(Grid { thresholds: 1, ranges: 1 }, classes)?;
        Ok(Voc { params, classes, outcomes, seen: vec![false; classes] })
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
    /// [`ErrorKind::Usage`] and [`ErrorKind::Length`] for columns that do not fit together or are absent, or masks
    /// of different sizes; [`ErrorKind::Format`] for masks that are none; [`ErrorKind::Cancelled`].
    pub fn update(&mut self, batch: &Batch, job: &Job) -> Result<()> {
        self.walk(batch, false, job).map(|_| ())
    }

    /// [`Voc::update`], and who got whom.
    ///
    /// # Errors
    /// As [`Voc::update`].
    pub fn update_matches(&mut self, batch: &Batch, job: &Job) -> Result<Matches> {
        let traces = self.walk(batch, true, job)?;
        Ok(Matches::of(&[self.params.threshold], &traces, batch.truth.len(), batch.found.len()))
    }

    fn walk(&mut self, batch: &Batch, trace: bool, job: &Job) -> Result<Vec<Trace>> {
        self.admit(batch)?;
        for (side, objects) in [("truths", batch.truth), ("detections", batch.found)] {
            let (key, length) = match self.params.kind {
                Kind::Bbox => ("bbox", objects.bbox.len()),
                Kind::Segm => ("masks", objects.masks.len()),
            };
            if length != objects.len() {
                return Err(Error::new(ErrorKind::Usage, format!("the {side} have no {key}")));
            }
        }
        let params = self.params;
        let fill = |t: &[u32], d: &[u32], out: &mut Vec<f64>| overlap::fill(&params, batch, t, d, out);
        self.judge(batch, trace, job, fill)
    }

    /// Checks a batch but for the places of its objects.
    pub(in crate::eval) fn admit(&self, batch: &Batch) -> Result<()> {
        batch.check(self.classes)
    }

    /// As [`Voc::update`], with overlaps from elsewhere; the batch was admitted. With `trace`, who got whom.
    pub(in crate::eval) fn judge(
        &mut self,
        batch: &Batch,
        trace: bool,
        job: &Job,
        fill: impl Fn(&[u32], &[u32], &mut Vec<f64>) -> Result<()> + Sync,
    ) -> Result<Vec<Trace>> {
        let params = self.params;
        let worker = || Worker { trace: trace.then(|| Trace::new(0)), ..Worker::default() };
        let image = |worker: &mut Worker, image: usize, out: &mut Outcomes| {
            let mut cells = std::mem::take(&mut worker.cells);
            cells.walk(batch, image, |class, truths, found| {
                worker.cell(&params, batch, class, truths, found, &fill, out)
            })?;
            worker.cells = cells;
            Ok(())
        };
        let mut traces = Vec::new();
        for (part, trace) in
            gather_with(batch, self.outcomes.grid(), job, worker, image, |worker| worker.trace)?
        {
            self.outcomes.merge(&part)?;
            traces.extend(trace);
        }
        for label in batch.truth.label.iter().chain(&batch.found.label) {
            self.seen[*label as usize] = true;
        }
        Ok(traces)
    }

    /// Adds what another evaluator of the same parameters has seen: other images.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if the parameters or the number of classes differ.
    pub fn merge(&mut self, other: &Voc) -> Result<()> {
        if self.params != other.params || self.classes != other.classes {
            return Err(Error::new(ErrorKind::Usage, "evaluators with other parameters cannot be merged"));
        }
        self.outcomes.merge(&other.outcomes)?;
        self.seen.iter_mut().zip(&other.seen).for_each(|(seen, other)| *seen |= other);
        Ok(())
    }

    /// Precision and recall of every class.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if an image was given twice; [`ErrorKind::Cancelled`].
    pub fn finish(&self, job: &Job) -> Result<Curves> {
        Curves::of(&self.outcomes.in_order(self.classes)?, &self.seen, job)
    }
}

/// Matches cells; keeps its buffers.
#[derive(Default)]
struct Worker {
    cells: Cells,
    truths: Truths,
    matrix: Vec<f64>,
    difficult: Vec<bool>,
    judged: Vec<[Judged; 1]>,
    /// Who got whom, where somebody asks.
    trace: Option<Trace>,
}

impl Worker {
    #[allow(clippy::too_many_arguments)]
    fn cell(
        &mut self,
        params: &Params,
        batch: &Batch,
        class: u32,
        truths: &[u32],
        found: &[u32],
        fill: &impl Fn(&[u32], &[u32], &mut Vec<f64>) -> Result<()>,
        out: &mut Outcomes,
    ) -> Result<()> {
        self.difficult.clear();
        self.difficult.extend(truths.iter().map(|t| {
            let flags = batch.truth.flags(*t as usize);
            params.kind == Kind::Bbox && (flags.ignored || flags.crowd)
        }));
        // Overlaps of masks are single numbers, which numpy compares with a single threshold.
        let threshold = match params.kind {
            Kind::Bbox => params.threshold,
            Kind::Segm => f64::from(params.threshold as f32),
        };
        self.judged.clear();
        if truths.is_empty() {
            self.judged.resize(found.len(), [Judged::default()]);
        } else if !found.is_empty() {
            fill(truths, found, &mut self.matrix)?;
            let matrix = Overlaps::new(&self.matrix, truths.len());
            self.truths.begin(&self.difficult);
            for (d, own) in found.iter().enumerate() {
                let chosen = self.truths.choose(params.rule(), matrix.row(d), |_| false, |_| threshold);
                let of_difficult =
                    matches!(chosen, Match::Truth(t) | Match::Taken(t) if self.difficult[t as usize]);
                let hit = !of_difficult && matches!(chosen, Match::Truth(_));
                if let (Some(trace), Match::Truth(t) | Match::Taken(t)) = (&mut self.trace, chosen) {
                    trace.pairs.push((*own, truths[t as usize], matrix.row(d)[t as usize]));
                }
                self.judged.push([Judged { hit: u64::from(hit), ignored: u64::from(of_difficult) }]);
            }
        }
        if let Some(trace) = &mut self.trace {
            trace.judged.extend(found.iter().zip(&self.judged).map(|(d, [judged])| (*d, *judged)));
            let counted = truths.iter().zip(&self.difficult).filter(|(_, difficult)| !**difficult);
            trace.counted.extend(counted.map(|(t, _)| *t));
        }
        let real = self.difficult.iter().map(|difficult| u32::from(!difficult)).sum();
        out.truths(class, &[real]);
        let judged = found.iter().zip(&self.judged);
        out.found(class, judged.map(|(d, judged)| (batch.found.score[*d as usize], &judged[..])));
        Ok(())
    }
}
