//! VOC's rule over rotated boxes as an evaluator: [`RotatedAp`].
//!
//! Wraps [`Voc`], which is given overlaps of rotated boxes; state, order and averages are its own.
//!
//! The kernel indexes by numbers that the batch's own ranges gave, after the lengths were checked.

#![allow(clippy::indexing_slicing)]

use crate::error::{Error, ErrorKind, Result};
use crate::eval::batch::Batch;
use crate::eval::matching::Reach;
use crate::eval::outcomes::Outcomes;
use crate::eval::voc::{Curves, Kind, Params, Voc};
use crate::geometry::Rotated;
use crate::job::Job;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RotatedParams {
    /// How much a detection has to overlap its truth.
    pub threshold: f64,
    /// Whether the threshold itself is enough.
    pub reach: Reach,
}

impl Default for RotatedParams {
    fn default() -> RotatedParams {
        RotatedParams { threshold: 0.5, reach: Reach::AtLeast }
    }
}

/// DOTA's protocol over images as they come.
///
/// ```
/// use lensframe::eval::{Batch, Objects, rotated::{RotatedAp, RotatedParams}};
/// use lensframe::geometry::Rotated;
/// use lensframe::job::Job;
/// let (mut truth, mut found) = (Objects::new([1])?, Objects::new([1])?);
/// (truth.label, found.label, found.score) = (vec![0], vec![0], vec![0.9]);
/// let there = [Rotated([50.0, 50.0, 40.0, 10.0, 0.5])];
/// let own = [Rotated([51.0, 50.0, 40.0, 10.0, 0.45])];
/// let mut ap = RotatedAp::new(RotatedParams::default(), 1)?;
/// let batch = Batch { images: &["P0001".into()], truth: &truth, found: &found };
/// ap.update(&batch, &there, &own, &Job::new())?;
/// assert_eq!(ap.finish(&Job::new())?.scores(false).map, 1.0);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RotatedAp {
    voc: Voc,
    params: RotatedParams,
}

impl RotatedAp {
    /// An evaluator for this many classes.
    ///
    /// # Errors
    /// As [`Voc::new`].
    pub fn new(params: RotatedParams, classes: usize) -> Result<RotatedAp> {
        let RotatedParams { threshold, reach } = params;
        let voc = Voc::new(Params { threshold, reach, ..Params::new(Kind::Bbox) }, classes)?;
        Ok(RotatedAp { voc, params })
    }

    /// The parameters.
    pub fn params(&self) -> RotatedParams {
        self.params
    }

    /// What matching left behind so far.
    pub fn outcomes(&self) -> &Outcomes {
        self.voc.outcomes()
    }

    /// Matches these images. `there` has a box for each truth of the batch, `own` one for each detection; upright boxes
    /// of the batch are not looked at.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] and [`ErrorKind::Length`] for columns that do not fit together; [`ErrorKind::Cancelled`].
    pub fn update(&mut self, batch: &Batch, there: &[Rotated], own: &[Rotated], job: &Job) -> Result<()> {
        self.voc.admit(batch)?;
        for (side, objects, boxes) in [("truths", batch.truth, there), ("detections", batch.found, own)] {
            if objects.len() != boxes.len() {
                let what = format!("{} {side}, but {} rotated boxes", objects.len(), boxes.len());
                return Err(Error::new(ErrorKind::Length, what)
                    .remedy("give both sides the key rbox: x, y of the centre, w, h, angle"));
            }
        }
        let fill = |truths: &[u32], found: &[u32], out: &mut Vec<f64>| {
            out.clear();
            for d in found {
                out.extend(truths.iter().map(|t| own[*d as usize].iou(&there[*t as usize])));
            }
            Ok(())
        };
        self.voc.judge(batch, false, job, fill).map(|_| ())
    }

    /// Adds what another evaluator of the same parameters has seen: other images.
    ///
    /// # Errors
    /// As [`Voc::merge`].
    pub fn merge(&mut self, other: &RotatedAp) -> Result<()> {
        self.voc.merge(&other.voc)
    }

    /// Precision and recall of every class; [`Curves::scores`] makes averages of them.
    ///
    /// # Errors
    /// As [`Voc::finish`].
    pub fn finish(&self, job: &Job) -> Result<Curves> {
        self.voc.finish(job)
    }
}
