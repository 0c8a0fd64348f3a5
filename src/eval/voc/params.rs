//! What VOC's protocol is asked for: kind of overlap, threshold, and how boxes are to be read.

use crate::error::{Error, ErrorKind, Result};
use crate::eval::matching::{Reach, Rule};

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Boxes, by VOC's inclusive pixels.
    Bbox,
    /// Masks, pixel by pixel; no truth is difficult.
    Segm,
}

/// Where the far edge of an x, y, w, h box lies in VOC's own coordinates.
///
/// VOC counts a box from its first to its last pixel, and the reference adds 1 to the far edge of every box before
/// it compares two. What it has in hand then is a half-open box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FarEdge {
    /// Boxes are half-open, as VOC annotations are imported (x = xmin − 1, w = xmax − xmin + 1): the reference's
    /// array would hold x + w − 1, and its 1 brings it back to x + w.
    HalfOpen,
    /// Boxes hold the reference's own array as it stands (w = x_max − x_min, as a detector of ChainerCV gives
    /// them): the 1 is added to x + w.
    Inclusive,
}

/// The parameters of VOC's protocol.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params {
    /// What is compared.
    pub kind: Kind,
    /// How much a detection has to overlap its truth.
    pub threshold: f64,
    /// Whether the threshold itself is enough: it is for ChainerCV and MMDetection.
    pub reach: Reach,
    /// How boxes are read.
    pub far_edge: FarEdge,
    /// True for the mean of eleven precisions (VOC 2007), false for the area under the curve (2010 and later).
    pub eleven_points: bool,
}

impl Params {
    /// ChainerCV's parameters: an overlap of 0.5 or more, the area.
    pub fn new(kind: Kind) -> Params {
        Params {
            kind,
            threshold: 0.5,
            reach: Reach::AtLeast,
            far_edge: FarEdge::HalfOpen,
            eleven_points: false,
        }
    }

    /// The same with a threshold that has to be exceeded: the rule of the evaluator that came with Faster R-CNN and
    /// of the tools that took it over. An overlap of exactly 0.5 (integer boxes make it) is the only difference.
    pub fn above(kind: Kind) -> Params {
        Params { reach: Reach::Above, ..Params::new(kind) }
    }

    /// How detections choose.
    pub(super) fn rule(&self) -> Rule {
        Rule { reach: self.reach, ..Rule::VOC }
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for a threshold that is not a number.
    pub fn check(&self) -> Result<()> {
        if self.threshold.is_nan() {
            return Err(Error::new(ErrorKind::Usage, "the overlap threshold is not a number"));
        }
        Ok(())
    }
}
