//! [`RandomShift`]: a picture that is moved by whole pixels, unless its objects would be lost.

use serde::{Deserialize, Serialize};

use super::{Operation, check_range};
use crate::augment::draw::{Draw, Flow};
use crate::augment::objects::Keep;
use crate::augment::sample::Sample;
use crate::error::Result;
use crate::geometry::Affine;

/// Moved by whole pixels along both axes: MMDetection's `RandomShift`. A sample whose last object would go stays as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RandomShift {
    /// The most pixels, either way.
    pub most: u32,
    /// Boxes with a side of no more pixels go.
    pub min_side: f64,
    /// The colour of what is uncovered.
    pub fill: [u8; 3],
}

impl Default for RandomShift {
    /// MMDetection's numbers, on black.
    fn default() -> RandomShift {
        RandomShift { most: 32, min_side: 1.0, fill: [0; 3] }
    }
}

impl Operation for RandomShift {
    fn check(&self) -> Result<()> {
        check_range("most", [0.0, self.most.into()], 0.0, 1e6)?;
        check_range("min_side", [0.0, self.min_side], 0.0, 1e6)
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let most = self.most;
        let [x, y] = [0, 1].map(|_| i64::from(draw.whole(0, most.saturating_mul(2))) - i64::from(most));
        draw.tell("x", x);
        draw.tell("y", y);
        let size = sample.size();
        let map = Affine::moved(x as f64, y as f64);
        let keep = Keep { side: self.min_side, ..Keep::INSIDE };
        if !sample.objects.is_empty() {
            let mut after = sample.objects.clone();
            after.moved(&map, size, size, &keep)?;
            if after.is_empty() {
                return Ok(Flow::On);
            }
        }
        sample.warp(&map, size, self.fill, true, &keep)?;
        Ok(Flow::On)
    }
}
