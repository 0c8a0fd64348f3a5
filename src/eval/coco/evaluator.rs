//! COCO's protocol as an evaluator: [`Coco`].
//!
//! Per image and class: detections in descending scores, cut to the greatest cap; overlaps with the truths;
//! then for every area range and threshold each detection takes the best free truth (see
//! [`matching`](crate::eval::matching)). Truths that are crowds, flagged as ignored, or whose area lies outside
//! the range are ignored, and so is a detection that gets one, and one without a truth whose own area lies
//! outside. The rules are those of pycocotools 2.0.11, checked against it bit by bit.
//!
//! The kernel indexes by numbers that the batch's own ranges gave.

#![allow(clippy::indexing_slicing)]

use crate::error::{Error, ErrorKind, Result};
use crate::eval::batch::Batch;
use crate::eval::matches::{self, Matches, Trace};
use crate::eval::outcomes::{Grid, MAX_CLASSES, Outcomes};
use crate::job::Job;

use super::matcher::Matcher;
use super::params::{Kind, Params};
use super::slab::Slabs;
use super::summary::Summary;
use super::tensors::Tensors;

/// Images that are matched in one go on one thread.
const IMAGES: usize = 256;

/// COCO's protocol over images as they come.
///
/// ```
/// use lensframe::eval::{Batch, Objects, coco::{Coco, Kind, Params}};
/// use lensframe::job::Job;
/// let mut truth = Objects::new([1])?;
/// (truth.label, truth.bbox, truth.area) = (vec![0], vec![[0.0, 0.0, 10.0, 9.0]], vec![90.0]);
/// let mut found = Objects::new([2])?;
/// (found.label, found.score) = (vec![0, 0], vec![0.8, 0.9]);
/// found.bbox = vec![[0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 20.0, 20.0]];
/// let mut coco = Coco::new(Params::new(Kind::Bbox), 1)?;
/// coco.update(&Batch { images: &[1.into()], truth: &truth, found: &found }, &Job::new())?;
/// let tensors = coco.finish(&Job::new())?;
/// assert!((tensors.mean_precision(None, 0, 2, None).unwrap() - 0.45).abs() < 1e-12);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Coco {
    params: Params,
    pub(super) classes: usize,
    pub(super) outcomes: Outcomes,
}

impl Coco {
    /// An evaluator for this many classes. With [`Params::class_agnostic`] they are matched as one.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for parameters that cannot be.
    pub fn new(params: Params, classes: usize) -> Result<Coco> {
        params.check()?;
        if classes > MAX_CLASSES {
            return Err(Error::new(
                ErrorKind::Limit,
                format!("{classes} classes; the most are {MAX_CLASSES}"),
            ));
        }
        let grid = Grid { thresholds: params.thresholds.len(), ranges: params.ranges.len() };
        Ok(Coco { outcomes: Outcomes::new(grid)?, params, classes })
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
    /// [`ErrorKind::Format`] for masks that are none; [`ErrorKind::Cancelled`].
    pub fn update(&mut self, batch: &Batch, job: &Job) -> Result<()> {
        self.walk(batch, None, job).map(|_| ())
    }

    /// [`Coco::update`], and who got whom: `iou` is the threshold at which truths are named, the lowest without one.
    ///
    /// # Errors
    /// As [`Coco::update`]; [`ErrorKind::Usage`] for a threshold that is none of the parameters'.
    pub fn update_matches(&mut self, batch: &Batch, iou: Option<f64>, job: &Job) -> Result<Matches> {
        let traces = self.traced(batch, iou, job)?;
        Ok(Matches::of(&self.params.thresholds, &traces, batch.truth.len(), batch.found.len()))
    }

    pub(in crate::eval) fn traced(
        &mut self,
        batch: &Batch,
        iou: Option<f64>,
        job: &Job,
    ) -> Result<Vec<Trace>> {
        let at = matches::threshold(&self.params.thresholds, iou)?;
        self.walk(batch, Some(at), job)
    }

    /// Matches images, and notes who got whom at the threshold of a number.
    fn walk(&mut self, batch: &Batch, at: Option<usize>, job: &Job) -> Result<Vec<Trace>> {
        batch.check(self.classes)?;
        needs(&self.params.kind, batch)?;
        let images = batch.images.len();
        self.outcomes.reserve(images, batch.found.len());
        let starts: Vec<usize> = (0..images).step_by(IMAGES).collect();
        // What comes image by image is a stage of whoever gives it.
        let stage = (starts.len() > 1).then(|| job.stage("matching", Some(images as u64)));
        let params = &self.params;
        let some_images = |start: usize, matcher: &mut Matcher, out: &mut Outcomes| {
            let end = images.min(start + IMAGES);
            for image in start..end {
                out.image(batch.images[image].clone());
                matcher.image(batch, image, out)?;
            }
            match &stage {
                Some(stage) => stage.advance((end - start) as u64),
                None => Ok(()),
            }
        };
        let matcher = || Matcher::new(params).tracing(at.map(Trace::new));
        if job.thread_budget() <= 1 {
            let mut matcher = matcher();
            starts.iter().try_for_each(|start| some_images(*start, &mut matcher, &mut self.outcomes))?;
            return Ok(matcher.trace.into_iter().collect());
        }
        let mut traces = Vec::new();
        // A few parts at a time: what was made of all is not kept beside the whole.
        for some in starts.chunks(4 * job.thread_budget()) {
            let grid = self.outcomes.grid();
            let parts = job.each(some, |start| {
                let (mut part, mut matcher) = (Outcomes::new(grid)?, matcher());
                some_images(*start, &mut matcher, &mut part)?;
                Ok((part, matcher.trace))
            })?;
            for (part, trace) in parts {
                self.outcomes.merge(&part)?;
                traces.extend(trace);
            }
        }
        Ok(traces)
    }

    /// Adds what another evaluator of the same parameters has seen: other images.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if the parameters or the number of classes differ.
    pub fn merge(&mut self, other: &Coco) -> Result<()> {
        if self.params != other.params || self.classes != other.classes {
            return Err(Error::new(ErrorKind::Usage, "evaluators with other parameters cannot be merged"));
        }
        self.outcomes.merge(&other.outcomes)
    }

    /// The state as an Arrow file, for another process to take up.
    ///
    /// # Errors
    /// As [`Outcomes::to_arrow`].
    pub fn to_arrow(&self) -> Result<Vec<u8>> {
        self.outcomes.to_arrow(&self.named())
    }

    /// An evaluator of these parameters and classes, with the state that another one wrote.
    ///
    /// # Errors
    /// As [`Coco::new`] and [`Outcomes::from_arrow`].
    pub fn from_arrow(params: Params, classes: usize, state: &[u8]) -> Result<Coco> {
        let mut coco = Coco::new(params, classes)?;
        coco.outcomes = Outcomes::from_arrow(state, &coco.named(), coco.outcomes.grid(), coco.curves())?;
        Ok(coco)
    }

    /// What is evaluated: states of other names do not go together.
    fn named(&self) -> String {
        format!("coco {:?}, {} classes", self.params, self.classes)
    }

    /// The numbers people quote, without the arrays they are read from in the reference.
    ///
    /// # Errors
    /// As [`Coco::finish`].
    pub fn summary(&self, job: &Job) -> Result<Summary> {
        let ordered = self.outcomes.in_order(self.curves())?;
        let slabs = Slabs::of(&self.params, &ordered, self.curves(), job)?;
        Ok(Summary::from_means(&self.params, &slabs))
    }

    /// Precision and recall of all classes, thresholds, ranges and caps.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if an image was given twice; [`ErrorKind::Cancelled`].
    pub fn finish(&self, job: &Job) -> Result<Tensors> {
        self.tensors(false, job)
    }

    /// [`Coco::finish`] with [`Tensors::scores`].
    ///
    /// # Errors
    /// As [`Coco::finish`].
    pub fn finish_with_scores(&self, job: &Job) -> Result<Tensors> {
        self.tensors(true, job)
    }

    /// [`Coco::finish_with_scores`] at other points of recall: matching does not depend on them.
    ///
    /// # Errors
    /// As [`Coco::finish`]; [`ErrorKind::Usage`] for points that cannot be.
    pub fn finish_at(&self, recalls: &[f64], job: &Job) -> Result<Tensors> {
        let params = Params { recalls: recalls.to_vec(), ..self.params.clone() };
        params.check()?;
        let classes = self.curves();
        Tensors::of(&params, &self.outcomes.in_order(classes)?, classes, true, job)
    }

    /// The number of classes that have curves: one where all are taken as one.
    pub(super) fn curves(&self) -> usize {
        if self.params.class_agnostic { 1 } else { self.classes }
    }

    fn tensors(&self, scores: bool, job: &Job) -> Result<Tensors> {
        let classes = self.curves();
        Tensors::of(&self.params, &self.outcomes.in_order(classes)?, classes, scores, job)
    }
}

/// The columns that this kind of comparison cannot do without.
pub(super) fn needs(kind: &Kind, batch: &Batch) -> Result<()> {
    let absent = |key: &str, side: &str| {
        let what = format!("the {side} have no {key}, which {} needs", kind.name());
        Err(Error::new(ErrorKind::Usage, what))
    };
    for (side, objects) in [("truths", batch.truth), ("detections", batch.found)] {
        let n = objects.len();
        match kind {
            Kind::Bbox if objects.bbox.len() != n => return absent("bbox", side),
            Kind::Segm | Kind::Boundary(_) if objects.masks.len() != n => return absent("masks", side),
            Kind::Keypoints(_) if n > 0 && objects.points.values.is_empty() => {
                return absent("points", side);
            }
            _ => {}
        }
    }
    if batch.truth.area.len() != batch.truth.len() {
        return absent("area", "truths");
    }
    if matches!(kind, Kind::Keypoints(_)) && batch.truth.bbox.len() != batch.truth.len() {
        return absent("bbox", "truths");
    }
    Ok(())
}
