//! Protocols over objects by name: what each needs of both sides, and its report.
//!
//! A protocol is a rule with its numbers; [`Protocol::named`] gives those that people quote, and every number of
//! them can be set. Protocols over pixels and over whole images take pictures and labels instead of objects:
//! [`semantic`](super::semantic), [`panoptic`](super::panoptic), [`cityscapes`](super::cityscapes),
//! [`classification`](super::classification).
//!
//! ```
//! use lensframe::eval::protocol::Protocol;
//! let voc = Protocol::named("voc07/bbox")?;
//! assert!(voc.wanted().boxes && voc.wanted().left_out);
//! let error = Protocol::named("voc08").unwrap_err().to_string();
//! assert!(error.contains("voc07/bbox"));
//! # Ok::<(), lensframe::error::Error>(())
//! ```

mod names;
mod reports;
mod running;

use super::coco::{self, Coco};
use super::comparison::Comparison;
use super::lvis::Lvis;
use super::matches::{self, Matches};
use super::mean_ap::{self, MeanAp};
use super::open_images::{self, OpenImages};
use super::proposals::{ProposalRecall, RecallParams, Recalls};
use super::read::Wanted;
use super::rotated::{RotatedAp, RotatedParams};
use super::voc::{self, Voc};
use crate::error::{Error, ErrorKind, Result};
use crate::job::Job;
use crate::report::Report;

pub use names::{Named, known};
pub use running::Running;

/// A protocol over objects, with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Protocol {
    /// COCO's boxes, masks or points.
    Coco(coco::Params),
    /// LVIS's boxes or masks.
    Lvis(coco::Kind),
    /// VOC's boxes or masks.
    Voc(voc::Params),
    /// MMDetection's `eval_map`.
    MeanAp(mean_ap::Params),
    /// Open Images.
    OpenImages(open_images::Params, open_images::Declared),
    /// COCO's recall of proposals: so many of an image.
    Proposals(Vec<u32>),
    /// MMDetection's `eval_recalls`.
    FastProposals(RecallParams),
    /// DOTA's rotated boxes; true for eleven points.
    Rotated(RotatedParams, bool),
}

impl Protocol {
    /// The protocol of this name, with the numbers that people quote.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`], listing the names there are.
    pub fn named(name: &str) -> Result<Protocol> {
        names::named(name)
    }

    /// What it needs of the objects.
    pub fn wanted(&self) -> Wanted {
        let boxes = Wanted { boxes: true, ..Wanted::default() };
        match self {
            Protocol::Coco(params) => Wanted::by(&params.kind),
            Protocol::Lvis(kind) => Wanted { known: true, ..Wanted::by(kind) },
            Protocol::Voc(params) => match params.kind {
                voc::Kind::Bbox => Wanted { left_out: true, ..boxes },
                voc::Kind::Segm => Wanted { masks: true, ..Wanted::default() },
            },
            Protocol::MeanAp(_) => Wanted { left_out: true, ..boxes },
            Protocol::Rotated(..) => Wanted { rotated: true, left_out: true, ..Wanted::default() },
            Protocol::OpenImages(..) | Protocol::Proposals(_) | Protocol::FastProposals(_) => boxes,
        }
    }

    /// Sets the overlap thresholds.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for a protocol with one threshold, or with none to set.
    pub fn set_thresholds(&mut self, mut thresholds: Vec<f64>) -> Result<()> {
        thresholds.sort_by(f64::total_cmp);
        let one =
            match thresholds.as_slice() {
                [one] => Ok(*one),
                _ => Err(Error::new(ErrorKind::Usage, "this protocol has one overlap threshold")
                    .remedy("name one")),
            };
        match self {
            Protocol::Coco(params) => params.thresholds = thresholds,
            Protocol::MeanAp(params) => params.thresholds = thresholds,
            Protocol::FastProposals(params) => params.thresholds = thresholds,
            Protocol::Voc(params) => params.threshold = one?,
            Protocol::OpenImages(params, _) => params.threshold = one?,
            Protocol::Rotated(params, _) => params.threshold = one?,
            Protocol::Lvis(_) | Protocol::Proposals(_) => {
                return Err(Error::new(
                    ErrorKind::Usage,
                    "the overlap thresholds of this protocol are fixed",
                )
                .remedy("leave out the thresholds, or name coco/bbox"));
            }
        }
        Ok(())
    }

    /// Sets how many detections of an image count.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for a protocol without such a limit.
    pub fn set_caps(&mut self, mut caps: Vec<u32>) -> Result<()> {
        caps.sort_unstable();
        match self {
            Protocol::Coco(params) => params.caps = caps,
            Protocol::Proposals(own) => *own = caps,
            Protocol::FastProposals(params) => params.proposal_nums = caps,
            _ => {
                return Err(Error::new(
                    ErrorKind::Usage,
                    "this protocol counts all detections, or a fixed number",
                )
                .remedy("leave out the number of detections, or name coco/bbox"));
            }
        }
        Ok(())
    }

    /// [`Protocol::report`], and who got whom: `iou` is the threshold at which truths are named, the lowest without one.
    /// Nothing is matched twice.
    ///
    /// # Errors
    /// As [`Protocol::report`]; [`ErrorKind::Usage`] for protocols other than COCO's, LVIS's and VOC's, and for a
    /// threshold that is none of theirs.
    pub fn report_matches(
        &self,
        comparison: &Comparison,
        title: &str,
        iou: Option<f64>,
        job: &Job,
    ) -> Result<(Report, Matches)> {
        let (ids, classes) = (comparison.ids(), comparison.classes.len());
        let batch = comparison.batch(&ids);
        match self {
            Protocol::Coco(params) => {
                let mut coco = Coco::new(params.clone(), classes)?;
                let matches = coco.update_matches(&batch, iou, job)?;
                Ok((coco.report(comparison, title, job)?, matches))
            }
            Protocol::Lvis(kind) => {
                let (lvis, matches) = Lvis::of_matches(comparison, kind.clone(), iou, job)?;
                Ok((lvis.report(comparison, title, job)?, matches))
            }
            Protocol::Voc(params) => {
                matches::threshold(&[params.threshold], iou)?;
                let mut voc = Voc::new(*params, classes)?;
                let matches = voc.update_matches(&batch, job)?;
                Ok((voc.report(comparison, title, job)?, matches))
            }
            _ => Err(Error::new(ErrorKind::Usage, "this protocol gives no table of matches")
                .remedy("name a protocol of COCO, LVIS or VOC")),
        }
    }

    /// Evaluates a comparison.
    ///
    /// # Errors
    /// Those of the protocol's evaluator; [`ErrorKind::Cancelled`].
    pub fn report(&self, comparison: &Comparison, title: &str, job: &Job) -> Result<Report> {
        let (ids, classes) = (comparison.ids(), comparison.classes.len());
        let batch = comparison.batch(&ids);
        match self {
            Protocol::Coco(params) => {
                let mut coco = Coco::new(params.clone(), classes)?;
                coco.update(&batch, job)?;
                coco.report(comparison, title, job)
            }
            Protocol::Lvis(kind) => Lvis::of(comparison, kind.clone(), job)?.report(comparison, title, job),
            Protocol::Voc(params) => {
                let mut voc = Voc::new(*params, classes)?;
                voc.update(&batch, job)?;
                voc.report(comparison, title, job)
            }
            Protocol::MeanAp(params) => {
                let mut map = MeanAp::new(params.clone(), classes)?;
                map.update(&batch, job)?;
                map.report(comparison, title, job)
            }
            Protocol::OpenImages(params, declared) => {
                let tree = declared.hierarchy(&comparison.classes)?;
                let verified = declared.verified(comparison)?;
                let mut open = OpenImages::new(*params, tree)?;
                open.update(&batch, &verified, job)?;
                open.report(comparison, title, job)
            }
            Protocol::Proposals(caps) => {
                let mut recall = ProposalRecall::new(caps, classes)?;
                recall.update(&batch, job)?;
                recall.report(comparison, title, job)
            }
            Protocol::FastProposals(params) => {
                let mut recalls = Recalls::new(params.clone())?;
                recalls.update(&batch, job)?;
                recalls.report(comparison, title, job)
            }
            Protocol::Rotated(params, eleven_points) => {
                let mut rotated = RotatedAp::new(*params, classes)?;
                rotated.update(&batch, &comparison.truth.rotated, &comparison.found.rotated, job)?;
                rotated.report(comparison, *eleven_points, title, job)
            }
        }
    }
}
