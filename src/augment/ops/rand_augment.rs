//! [`RandAugment`]: a few of fourteen changes, all as strong as each other.

use serde::{Deserialize, Serialize};

use super::affine::{Rotate, Shear, Translate};
use super::colour::{Change, Tone};
use super::{Operation, check_range, wrong};
use crate::augment::draw::{Draw, Flow};
use crate::augment::sample::Sample;
use crate::error::Result;

/// So many of fourteen changes one after the other, drawn with putting back, all of one magnitude: torchvision's
/// `RandAugment`, whose numbers these are, after Cubuk et al. (2020). Boxes, masks and points go along with the five that
/// move pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RandAugment {
    /// How many changes.
    pub num_ops: u32,
    /// How strong: a step of the scale, from 0.
    pub magnitude: u32,
    /// How many steps the scale has.
    pub num_magnitude_bins: u32,
    /// The colour of what is uncovered.
    pub fill: [u8; 3],
}

impl Default for RandAugment {
    /// torchvision's: two changes of the tenth of 31 strengths, on black.
    fn default() -> RandAugment {
        RandAugment { num_ops: 2, magnitude: 9, num_magnitude_bins: 31, fill: [0; 3] }
    }
}

impl Operation for RandAugment {
    fn check(&self) -> Result<()> {
        check_range("num_ops", [0.0, self.num_ops.into()], 0.0, 1000.0)?;
        match self.num_magnitude_bins < 2 || self.magnitude >= self.num_magnitude_bins {
            true => Err(wrong("magnitude", "is less than num_magnitude_bins, which are two at least")),
            false => Ok(()),
        }
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        for _ in 0..self.num_ops {
            let which = draw.random().below(14);
            let signed = if draw.chance(0.5) { -1.0 } else { 1.0 };
            let flow = self.change(which, signed, sample).apply(sample, &mut draw.within())?;
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }
}

impl RandAugment {
    /// The change of a number, for this picture.
    fn change(&self, which: u64, sign: f64, sample: &Sample) -> Box<dyn Operation> {
        let share = f64::from(self.magnitude) / f64::from(self.num_magnitude_bins.max(2) - 1);
        let fill = self.fill;
        let fixed = |value: f64| [value, value];
        let tone = |change: Change, value: f64| -> Box<dyn Operation> {
            Box::new(Tone { change, value: fixed(value), pillow: true })
        };
        let shear = |x: f64, y: f64| -> Box<dyn Operation> {
            Box::new(Shear { x: fixed(x), y: fixed(y), negative: 0.0, nearest: true, fill })
        };
        let shift = |x: f64, y: f64| -> Box<dyn Operation> {
            let (x, y) = (fixed(x), fixed(y));
            Box::new(Translate { x, y, negative: 0.0, relative: false, whole: true, fill })
        };
        let far = |n: u32| 150.0 * f64::from(n) / 331.0 * share * sign;
        let factor = 1.0 + 0.9 * share * sign;
        match which {
            0 => shear(0.3 * share * sign, 0.0),
            1 => shear(0.0, 0.3 * share * sign),
            2 => shift(far(sample.size().width), 0.0),
            3 => shift(0.0, far(sample.size().height)),
            4 => {
                let angle = fixed(30.0 * share * sign);
                Box::new(Rotate { angle, negative: 0.0, expand: false, nearest: true, fill })
            }
            5 => tone(Change::Brightness, factor),
            6 => tone(Change::Saturation, factor),
            7 => tone(Change::Contrast, factor),
            8 => tone(Change::Sharpness, factor),
            9 => tone(Change::Posterize, 8.0 - (4.0 * share).round_ties_even()),
            10 => tone(Change::Solarize, 255.0 * (1.0 - share)),
            11 => tone(Change::AutoContrast, 0.0),
            12 => tone(Change::Equalize, 0.0),
            // The fourteenth does nothing.
            _ => shift(0.0, 0.0),
        }
    }
}
