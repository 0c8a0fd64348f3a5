//! What `eval_map` is asked for.

use crate::error::{Error, ErrorKind, Result};
use crate::eval::voc::FarEdge;

/// Which rule says what is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A detection is held against the truth that it overlaps most, taken or not (MMDetection's `tpfp_default`).
    Default,
    /// A detection takes the best free truth in reach; small truths ask for less: w·h / ((w + 10)(h + 10)) where that
    /// is below the threshold (`tpfp_imagenet`, for ImageNet DET and VID). As there, truths are moved by −1 before
    /// overlaps are taken.
    ImageNet,
}

/// How boxes are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coordinates {
    /// Half-open: a width is x2 − x1.
    Plain,
    /// As in MMDetection 1.x and for VOC: a width is x2 − x1 + 1. The far edge says what x + w stands for.
    Legacy(FarEdge),
}

/// The parameters of `eval_map`.
#[derive(Clone, Debug, PartialEq)]
pub struct Params {
    /// The rule.
    pub verdict: Verdict,
    /// Overlap thresholds; they are compared in single precision, as numpy 2 does.
    pub thresholds: Vec<f64>,
    /// Ranges of size as least and greatest side: a box of area a belongs to one if least² ≤ a < greatest². `None`
    /// for all boxes.
    pub scales: Option<Vec<(f64, f64)>>,
    /// How boxes are read.
    pub coordinates: Coordinates,
    /// True for the mean of eleven precisions (VOC 2007), false for the area under the curve.
    pub eleven_points: bool,
}

impl Params {
    /// MMDetection's own parameters: the default rule at 0.5, all sizes, half-open boxes, the area.
    pub fn new() -> Params {
        Params {
            verdict: Verdict::Default,
            thresholds: vec![0.5],
            scales: None,
            coordinates: Coordinates::Plain,
            eleven_points: false,
        }
    }

    /// What its VOC datasets ask for: inclusive boxes, and eleven points in 2007.
    pub fn voc(year: u32) -> Params {
        let coordinates = Coordinates::Legacy(FarEdge::HalfOpen);
        Params { coordinates, eleven_points: year == 2007, ..Params::new() }
    }

    /// The number of ranges: one where sizes are not asked for.
    pub fn ranges(&self) -> usize {
        self.scales.as_ref().map_or(1, Vec::len)
    }

    /// The areas of a range, as the reference compares them.
    pub(super) fn areas(&self, range: usize) -> Option<(f32, f32)> {
        let (least, greatest) = *self.scales.as_ref()?.get(range)?;
        Some(((least * least) as f32, (greatest * greatest) as f32))
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`], naming what cannot be.
    pub fn check(&self) -> Result<()> {
        let fault = |what: &str| Err(Error::new(ErrorKind::Usage, what));
        if self.thresholds.iter().any(|threshold| threshold.is_nan()) {
            return fault("an overlap threshold is not a number");
        }
        if self.scales.iter().flatten().any(|(least, greatest)| least.is_nan() || greatest.is_nan()) {
            return fault("an end of a scale range is not a number");
        }
        Ok(())
    }
}

impl Default for Params {
    fn default() -> Params {
        Params::new()
    }
}
