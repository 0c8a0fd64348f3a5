//! Operations that put a picture on a canvas: [`Pad`], [`Expand`].

use serde::{Deserialize, Serialize};

use super::{Operation, Side, check_range, pixels, wrong};
use crate::augment::draw::{Draw, Flow};
use crate::augment::picture::{Canvas, Fill};
use crate::augment::sample::Sample;
use crate::error::Result;
use crate::geometry::Size;

/// On a canvas of a size, of a multiple of a number, or square; one of the three.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pad {
    /// At least this size.
    pub size: Option<Side>,
    /// Both sides up to a multiple of this.
    pub multiple: Option<u32>,
    /// Both sides as long as the longer one.
    pub square: bool,
    /// The picture in the middle; else in the top left corner.
    pub center: bool,
    /// The colour around it. After `normalize` it is 0, whatever is said here.
    pub fill: [u8; 3],
}

impl Operation for Pad {
    fn check(&self) -> Result<()> {
        let ways = u8::from(self.size.is_some()) + u8::from(self.multiple.is_some()) + u8::from(self.square);
        if ways != 1 {
            return Err(wrong("size", "or multiple or square is given, one of them"));
        }
        if self.multiple == Some(0) {
            return Err(wrong("multiple", "is 0"));
        }
        self.size.map_or(Ok(()), Side::check)
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let size = sample.size();
        let up = |n: u32, of: u32| n.div_ceil(of).saturating_mul(of);
        let canvas = match (self.size, self.multiple) {
            (Some(wanted), _) => {
                Size::new(wanted.size().height.max(size.height), wanted.size().width.max(size.width))
            }
            (None, Some(multiple)) => Size::new(up(size.height, multiple), up(size.width, multiple)),
            (None, None) => Size::new(size.height.max(size.width), size.height.max(size.width)),
        };
        let at = match self.center {
            true => ((canvas.height - size.height) / 2, (canvas.width - size.width) / 2),
            false => (0, 0),
        };
        let fill = if draw.is_normalised() { Fill::Zero } else { Fill::Colour(self.fill) };
        sample.pad(Canvas { size: canvas, at, fill })?;
        Ok(Flow::On)
    }
}

/// Somewhere on a larger canvas, which makes objects small: `random_expand` of ChainerCV, `Expand` of MMDetection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expand {
    /// The canvas's sides over the picture's.
    pub ratio: [f64; 2],
    /// The colour around it.
    pub fill: [u8; 3],
}

impl Default for Expand {
    /// Up to four times, on black.
    fn default() -> Expand {
        Expand { ratio: [1.0, 4.0], fill: [0; 3] }
    }
}

impl Operation for Expand {
    fn check(&self) -> Result<()> {
        check_range("ratio", self.ratio, 1.0, 1000.0)
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let size = sample.size();
        let ratio = draw.between(self.ratio);
        let side = |n: u32| pixels(f64::from(n) * ratio).max(n);
        let canvas = Size::new(side(size.height), side(size.width));
        let y = draw.whole(0, canvas.height - size.height);
        let x = draw.whole(0, canvas.width - size.width);
        draw.tell("ratio", ratio);
        draw.tell("y_offset", i64::from(y));
        draw.tell("x_offset", i64::from(x));
        sample.pad(Canvas { size: canvas, at: (y, x), fill: Fill::Colour(self.fill) })?;
        Ok(Flow::On)
    }
}
