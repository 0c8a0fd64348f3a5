//! [`RandomCenterCropPad`]: a frame around a point of the picture, part of which may lie outside.

use serde::{Deserialize, Serialize};

use super::crop::Inside;
use super::{Operation, Side, check_range, pixels, wrong, yes};
use crate::augment::draw::{Draw, Flow};
use crate::augment::objects::Keep;
use crate::augment::picture::{Canvas, Fill};
use crate::augment::sample::Sample;
use crate::error::Result;
use crate::geometry::Size;
use crate::image::Window;

/// A frame around a point, filled where there is no picture: CornerNet's crop, MMDetection's `RandomCenterCropPad` of
/// training. Objects stay whose middle is inside; a frame without any is not taken while the sample has objects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomCenterCropPad {
    /// The frame, before it is scaled.
    pub size: Side,
    /// Factors of it, one of which is drawn.
    #[serde(default = "ratios")]
    pub ratios: Vec<f64>,
    /// How far the point stays from the picture's border, in pixels; less where the picture is small.
    #[serde(default = "border")]
    pub border: u32,
    /// The colour around the picture.
    #[serde(default)]
    pub fill: [u8; 3],
    /// Boxes end at the border.
    #[serde(default = "yes")]
    pub clip: bool,
}

fn ratios() -> Vec<f64> {
    vec![0.9, 1.0, 1.1]
}

fn border() -> u32 {
    128
}

/// How often a frame is drawn before the picture stays as it is: MMDetection goes on for ever.
const TRIES: u32 = 500;

/// The part of a picture along one side that a frame around a place shows, and where it lies in the frame.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    from: u32,
    length: u32,
    at: u32,
    frame: u32,
}

impl Part {
    fn around(centre: u32, frame: u32, all: u32) -> Part {
        let half = frame / 2;
        let (from, to) = (centre.saturating_sub(half), centre.saturating_add(half).min(all));
        Part { from, length: to.saturating_sub(from), at: half.saturating_sub(centre - from), frame }
    }
}

/// The distance from the border for a side of a length: halved until less than half of the side is lost to either end.
fn inset(border: u32, side: u32) -> u32 {
    let share = 2.0 * f64::from(border) / f64::from(side.max(1));
    let halvings = share.ceil().log2().ceil().max(0.0) + f64::from(u8::from(share.fract() == 0.0));
    pixels((f64::from(border) / halvings.exp2()).floor())
}

impl Operation for RandomCenterCropPad {
    fn check(&self) -> Result<()> {
        self.size.check()?;
        if self.ratios.is_empty() {
            return Err(wrong("ratios", "are at least one"));
        }
        self.ratios.iter().try_for_each(|ratio| check_range("ratios", [*ratio, *ratio], 0.01, 100.0))
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let size = sample.size();
        for _ in 0..TRIES {
            let ratio = draw.one_of(&self.ratios).copied().unwrap_or(1.0);
            let side = |n: u32| pixels(f64::from(n) * ratio).max(2);
            let wanted = self.size.size();
            let mut part = |frame: u32, all: u32| {
                let inset = inset(self.border, all);
                let centre = draw.whole(inset, all.saturating_sub(inset + 1).max(inset));
                Part::around(centre, side(frame), all)
            };
            let (x, y) = (part(wanted.width, size.width), part(wanted.height, size.height));
            if x.length == 0 || y.length == 0 || !self.shows(sample, x, y) {
                continue;
            }
            for (name, value) in [("x", x), ("y", y)] {
                draw.tell(name, i64::from(value.from) - i64::from(value.at));
            }
            return self.take(sample, x, y);
        }
        Ok(Flow::On)
    }
}

impl RandomCenterCropPad {
    /// Whether the middle of a box is there; without boxes any frame will do.
    fn shows(&self, sample: &Sample, x: Part, y: Part) -> bool {
        let boxes = sample.objects.bbox.as_deref().unwrap_or_default();
        let within = |middle: f64, part: Part| {
            middle > f64::from(part.from) && middle < f64::from(part.from) + f64::from(part.length)
        };
        boxes.is_empty()
            || boxes.iter().any(|[left, top, w, h]| within(left + w / 2.0, x) && within(top + h / 2.0, y))
    }

    fn take(&self, sample: &mut Sample, x: Part, y: Part) -> Result<Flow> {
        let keep = Keep { clip: self.clip, ..Inside::Center.keep() };
        sample.crop(Window { x: x.from, y: y.from, width: x.length, height: y.length }, &keep)?;
        let size = Size::new(y.frame, x.frame);
        sample.pad(Canvas { size, at: (y.at, x.at), fill: Fill::Colour(self.fill) })?;
        Ok(Flow::On)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_border_is_halved_until_a_middle_is_left() {
        // CornerNet's rule: 128 from each side of 500 leaves 244; of 256 or less it is halved or quartered.
        let wanted = [(500, 128), (257, 128), (256, 64), (200, 64), (128, 32), (100, 32)];
        for (side, distance) in wanted {
            assert_eq!(inset(128, side), distance, "{side}");
            assert!(2 * distance < side);
        }
    }

    #[test]
    fn a_frame_around_a_place_shows_what_there_is() {
        assert_eq!(Part::around(10, 40, 100), Part { from: 0, length: 30, at: 10, frame: 40 });
        assert_eq!(Part::around(50, 40, 100), Part { from: 30, length: 40, at: 0, frame: 40 });
        assert_eq!(Part::around(95, 41, 100), Part { from: 75, length: 25, at: 0, frame: 41 });
        assert_eq!(Part::around(5, 400, 10), Part { from: 0, length: 10, at: 195, frame: 400 });
    }
}
