//! Recall of the best proposals, one to one: [`Recalls`], MMDetection's `eval_recalls`.
//!
//! The state is whole numbers: how many truths there are, and how many are found by the best N proposals at each
//! overlap. Truths are those of any class that are neither crowds nor ignored.
//!
//! The kernel indexes by numbers that the batch's own ranges gave.

#![allow(clippy::indexing_slicing)]

use std::fmt;

use crate::error::{Error, ErrorKind, Result};
use crate::eval::batch::Batch;
use crate::eval::images::ImageId;
use crate::eval::matching::best_pairs;
use crate::eval::mean_ap::Coordinates;
use crate::eval::mean_ap::corners::{Corners, Over, overlap};
use crate::eval::outcomes::descending;
use crate::job::Job;

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct RecallParams {
    /// How many proposals of an image are looked at, by score; the last number is the most.
    pub proposal_nums: Vec<u32>,
    /// Overlap thresholds. Overlaps are single numbers; they are compared in double precision, as numpy 2 does.
    pub thresholds: Vec<f64>,
    /// How boxes are read.
    pub coordinates: Coordinates,
}

impl RecallParams {
    /// MMDetection's parameters for COCO: 100, 300 and 1000 proposals, thresholds 0.5, 0.55, …, 0.95.
    pub fn new() -> RecallParams {
        let thresholds = crate::eval::coco::Params::new(crate::eval::coco::Kind::Bbox).thresholds;
        RecallParams { proposal_nums: vec![100, 300, 1000], thresholds, coordinates: Coordinates::Plain }
    }
}

impl Default for RecallParams {
    fn default() -> RecallParams {
        RecallParams::new()
    }
}

/// `eval_recalls` over images as they come.
///
/// ```
/// use lensframe::eval::{Batch, Objects, proposals::{RecallParams, Recalls}};
/// use lensframe::job::Job;
/// let mut truth = Objects::new([2])?;
/// (truth.label, truth.bbox) = (vec![0, 0], vec![[0.0, 0.0, 10.0, 10.0], [50.0, 0.0, 10.0, 10.0]]);
/// let mut found = Objects::new([2])?;
/// (found.label, found.score) = (vec![0, 0], vec![0.3, 0.9]);
/// found.bbox = vec![[0.0, 0.0, 10.0, 9.0], [50.0, 0.0, 10.0, 7.0]];
/// let params = RecallParams { proposal_nums: vec![1, 10], thresholds: vec![0.5, 0.8], ..RecallParams::new() };
/// let mut recalls = Recalls::new(params)?;
/// recalls.update(&Batch { images: &[1.into()], truth: &truth, found: &found }, &Job::new())?;
/// let table = recalls.finish(&Job::new())?;
/// assert_eq!(table.recalls, [[0.5, 0.0], [1.0, 0.5]]);
/// assert_eq!(table.keys()[2], ("recall@10@0.5".to_owned(), 1.0));
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Recalls {
    params: RecallParams,
    images: Vec<ImageId>,
    truths: u64,
    /// A number for each number of proposals and threshold.
    found: Vec<u64>,
}

/// Recalls: a row a number of proposals, a column a threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct RecallTable {
    /// Numbers of proposals.
    pub proposal_nums: Vec<u32>,
    /// Overlap thresholds.
    pub thresholds: Vec<f64>,
    /// Truths.
    pub truths: u64,
    /// The recalls; NaN without truths.
    pub recalls: Vec<Vec<f64>>,
    /// The mean of each row.
    pub average: Vec<f64>,
}

impl Recalls {
    /// An evaluator.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] without a number of proposals or a threshold.
    pub fn new(params: RecallParams) -> Result<Recalls> {
        if params.proposal_nums.is_empty() || params.thresholds.is_empty() {
            return Err(Error::new(ErrorKind::Usage, "no numbers of proposals, or no thresholds"));
        }
        let found = vec![0; params.proposal_nums.len() * params.thresholds.len()];
        Ok(Recalls { params, images: Vec::new(), truths: 0, found })
    }

    /// Matches these images. How they are spread over calls and threads does not change the result. Labels are not
    /// looked at.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] and [`ErrorKind::Length`] for columns that do not fit together or are absent;
    /// [`ErrorKind::Cancelled`].
    pub fn update(&mut self, batch: &Batch, job: &Job) -> Result<()> {
        batch.check(usize::MAX)?;
        for (side, objects) in [("truths", batch.truth), ("proposals", batch.found)] {
            if objects.bbox.len() != objects.len() {
                return Err(Error::new(ErrorKind::Usage, format!("the {side} have no bbox")));
            }
        }
        let images: Vec<usize> = (0..batch.images.len()).collect();
        let counted = job.each(&images, |image| Ok(self.count(batch, *image)))?;
        for (truths, found) in counted {
            self.truths += truths;
            self.found.iter_mut().zip(found).for_each(|(sum, own)| *sum += own);
        }
        self.images.extend_from_slice(batch.images);
        Ok(())
    }

    fn count(&self, batch: &Batch, image: usize) -> (u64, Vec<u64>) {
        let params = &self.params;
        let counts = |t: &usize| {
            let flags = batch.truth.flags(*t);
            !flags.crowd && !flags.ignored
        };
        let corners = |bbox: &[f64; 4]| params.coordinates.corners(bbox);
        let there: Vec<Corners> =
            batch.truth.range(image).filter(counts).map(|t| corners(&batch.truth.bbox[t])).collect();
        let mut order: Vec<usize> = batch.found.range(image).collect();
        order.sort_by_key(|d| descending(batch.found.score[*d]));
        order.truncate(params.proposal_nums.last().map_or(0, |n| *n as usize));
        let own: Vec<Corners> = order.iter().map(|d| corners(&batch.found.bbox[*d])).collect();
        let mut found = vec![0; self.found.len()];
        let extra = params.coordinates.extra();
        for (row, n) in params.proposal_nums.iter().enumerate() {
            let own = &own[..own.len().min(*n as usize)];
            let pairs = if own.is_empty() {
                vec![0.0; there.len()]
            } else {
                let overlaps = there.iter().flat_map(|there| {
                    own.iter().map(move |own| f64::from(overlap(own, there, Over::Union, extra)))
                });
                best_pairs(overlaps.collect(), own.len())
            };
            for (column, threshold) in params.thresholds.iter().enumerate() {
                let reached = pairs.iter().filter(|overlap| **overlap >= *threshold).count();
                found[row * params.thresholds.len() + column] += reached as u64;
            }
        }
        (there.len() as u64, found)
    }

    /// Adds what another evaluator of the same parameters has seen: other images.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if the parameters differ.
    pub fn merge(&mut self, other: &Recalls) -> Result<()> {
        if self.params != other.params {
            return Err(Error::new(ErrorKind::Usage, "evaluators with other parameters cannot be merged"));
        }
        self.truths += other.truths;
        self.found.iter_mut().zip(&other.found).for_each(|(sum, own)| *sum += own);
        self.images.extend_from_slice(&other.images);
        Ok(())
    }

    /// The recalls.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if an image was given twice; [`ErrorKind::Cancelled`].
    pub fn finish(&self, job: &Job) -> Result<RecallTable> {
        job.check()?;
        let mut images: Vec<&ImageId> = self.images.iter().collect();
        images.sort_unstable();
        if let Some(pair) = images.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::new(ErrorKind::Usage, format!("image {} was given twice", pair[0]))
                .remedy("give every image to one part only"));
        }
        let columns = self.params.thresholds.len();
        let rows = self.found.chunks_exact(columns);
        let recalls: Vec<Vec<f64>> =
            rows.map(|row| row.iter().map(|found| *found as f64 / self.truths as f64).collect()).collect();
        Ok(RecallTable {
            proposal_nums: self.params.proposal_nums.clone(),
            thresholds: self.params.thresholds.clone(),
            truths: self.truths,
            average: recalls.iter().map(|row| across(row)).collect(),
            recalls,
        })
    }
}

/// The mean of a row, as numpy takes it along the last axis.
fn across(row: &[f64]) -> f64 {
    crate::eval::sum::mean(row).unwrap_or(f64::NAN)
}

impl RecallTable {
    /// MMDetection's keys with their numbers: `recall@N@IoU`, and, with several thresholds, `AR@N`.
    pub fn keys(&self) -> Vec<(String, f64)> {
        let mut keys = Vec::new();
        for (n, row) in self.proposal_nums.iter().zip(&self.recalls) {
            keys.extend(
                self.thresholds.iter().zip(row).map(|(t, recall)| (format!("recall@{n}@{t}"), *recall)),
            );
        }
        if self.thresholds.len() > 1 {
            keys.extend(self.proposal_nums.iter().zip(&self.average).map(|(n, ar)| (format!("AR@{n}"), *ar)));
        }
        keys
    }
}

impl fmt::Display for RecallTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.keys().iter().try_for_each(|(key, value)| writeln!(f, "{key}: {value:.3}"))
    }
}
