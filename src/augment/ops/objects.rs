//! Operations on objects alone: [`FilterObjects`], [`BoxesFromMasks`].

use serde::{Deserialize, Serialize};

use super::Operation;
use super::crop::Empty;
use crate::augment::draw::{Draw, Flow};
use crate::augment::sample::Sample;
use crate::error::Result;

/// Objects that are too small go: MMDetection's `FilterAnnotations`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FilterObjects {
    /// Boxes that are no wider than the first or no higher than the second go.
    pub min_side: [f64; 2],
    /// The least area of a mask in pixels; masks are not looked at where it is 0.
    pub min_mask: u32,
    /// What becomes of a sample without objects.
    pub empty: Empty,
}

impl Default for FilterObjects {
    /// More than a pixel either way, masks not looked at.
    fn default() -> FilterObjects {
        FilterObjects { min_side: [1.0, 1.0], min_mask: 0, empty: Empty::Keep }
    }
}

impl Operation for FilterObjects {
    fn apply(&self, sample: &mut Sample, _: &mut Draw<'_>) -> Result<Flow> {
        let size = sample.size();
        let had = !sample.objects.is_empty();
        let mut flags = vec![true; sample.objects.len()];
        if let Some(boxes) = &sample.objects.bbox {
            let [wide, high] = self.min_side;
            for ([x, _, w, h], flag) in boxes.iter().zip(&mut flags) {
                *flag &= x.is_nan() || (*w > wide && *h > high);
            }
        }
        if let (Some(shapes), true) = (&sample.objects.shapes, self.min_mask > 0) {
            for (shape, flag) in shapes.iter().zip(&mut flags) {
                if let Some(shape) = shape {
                    *flag &= shape.mask(size)?.area() >= self.min_mask;
                }
            }
        }
        sample.objects.retain(&flags);
        if self.empty == Empty::Drop && had && sample.objects.is_empty() {
            return Ok(Flow::Dropped("no object was large enough"));
        }
        Ok(Flow::On)
    }
}

/// Boxes become those around what is left of their masks, as after a crop: `recompute_bbox` of MMDetection's `RandomCrop`.
/// Objects without a mask keep their box; those of whose mask nothing is left keep theirs too, unless `drop` is said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BoxesFromMasks {
    /// Objects go of whose mask nothing is left.
    pub drop: bool,
}

impl Operation for BoxesFromMasks {
    fn apply(&self, sample: &mut Sample, _: &mut Draw<'_>) -> Result<Flow> {
        let size = sample.size();
        let objects = &mut sample.objects;
        let (Some(boxes), Some(shapes)) = (&mut objects.bbox, &objects.shapes) else { return Ok(Flow::On) };
        let mut flags = vec![true; boxes.len()];
        for ((bbox, shape), flag) in boxes.iter_mut().zip(shapes).zip(&mut flags) {
            let Some(shape) = shape else { continue };
            let mask = shape.mask(size)?;
            match mask.is_empty() {
                true => *flag = !self.drop,
                false => *bbox = mask.bbox().to_array(),
            }
        }
        objects.retain(&flags);
        Ok(Flow::On)
    }
}
