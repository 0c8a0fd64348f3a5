//! Operations that turn, shear and move by any amount: [`Rotate`], [`Shear`], [`Translate`], [`RandomAffine`].

use serde::{Deserialize, Serialize};

use super::{Operation, check_range};
use crate::augment::draw::{Draw, Flow};
use crate::augment::objects::Keep;
use crate::augment::sample::Sample;
use crate::error::Result;
use crate::geometry::{Affine, Size};

/// The middle of a picture.
fn middle(size: Size) -> [f64; 2] {
    [f64::from(size.width) / 2.0, f64::from(size.height) / 2.0]
}

/// −1 so often, else 1.
fn side(negative: f64, draw: &mut Draw<'_>) -> f64 {
    if negative > 0.0 && draw.chance(negative) { -1.0 } else { 1.0 }
}

/// Turned counter-clockwise about the middle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotate {
    /// Degrees are drawn from this range.
    pub angle: [f64; 2],
    /// How often what was drawn goes the other way.
    #[serde(default)]
    pub negative: f64,
    /// The picture grows until all of it is there; else corners are cut off.
    #[serde(default)]
    pub expand: bool,
    /// Pixels are not mixed.
    #[serde(default)]
    pub nearest: bool,
    /// The colour around it.
    #[serde(default)]
    pub fill: [u8; 3],
}

impl Operation for Rotate {
    fn check(&self) -> Result<()> {
        check_range("angle", self.angle, -3600.0, 3600.0)?;
        check_range("negative", [0.0, self.negative], 0.0, 1.0)
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let angle = draw.between(self.angle) * side(self.negative, draw);
        draw.tell("angle", angle);
        let size = sample.size();
        let mut map = Affine::rotated(angle.to_radians(), middle(size));
        let mut out = size;
        if self.expand {
            let [x, y, w, h] = map.bbox([0.0, 0.0, size.width.into(), size.height.into()]);
            // A hundredth of a pixel is an error of rounding.
            let (left, top) = ((x + 0.01).floor(), (y + 0.01).floor());
            let (right, bottom) = ((x + w - 0.01).ceil(), (y + h - 0.01).ceil());
            map = map.then(&Affine::moved(-left, -top));
            out = Size::new(super::pixels(bottom - top).max(1), super::pixels(right - left).max(1));
        }
        sample.warp(&map, out, self.fill, self.nearest, &Keep::INSIDE)?;
        Ok(Flow::On)
    }
}

/// Rows or columns moved the further the further down or right they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shear {
    /// Pixels to the right for each pixel down are drawn from this range.
    #[serde(default)]
    pub x: [f64; 2],
    /// Pixels down for each pixel to the right.
    #[serde(default)]
    pub y: [f64; 2],
    /// How often what was drawn goes the other way.
    #[serde(default)]
    pub negative: f64,
    /// Pixels are not mixed.
    #[serde(default)]
    pub nearest: bool,
    /// The colour around it.
    #[serde(default)]
    pub fill: [u8; 3],
}

impl Operation for Shear {
    fn check(&self) -> Result<()> {
        check_range("x", self.x, -10.0, 10.0)?;
        check_range("y", self.y, -10.0, 10.0)?;
        check_range("negative", [0.0, self.negative], 0.0, 1.0)
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let (x, y) = (draw.between(self.x), draw.between(self.y));
        let side = side(self.negative, draw);
        let (x, y) = (x * side, y * side);
        draw.tell("x", x);
        draw.tell("y", y);
        // Of pixel centres, as OpenCV and MMCV have it.
        let map = Affine([1.0, x, -x * 0.5, y, 1.0, -y * 0.5]);
        sample.warp(&map, sample.size(), self.fill, self.nearest, &Keep::INSIDE)?;
        Ok(Flow::On)
    }
}

/// Moved to the right and down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Translate {
    /// Pixels to the right are drawn from this range.
    #[serde(default)]
    pub x: [f64; 2],
    /// Pixels down.
    #[serde(default)]
    pub y: [f64; 2],
    /// How often what was drawn goes the other way.
    #[serde(default)]
    pub negative: f64,
    /// Ranges are shares of width and height.
    #[serde(default)]
    pub relative: bool,
    /// Whole pixels only.
    #[serde(default)]
    pub whole: bool,
    /// The colour around it.
    #[serde(default)]
    pub fill: [u8; 3],
}

impl Operation for Translate {
    fn check(&self) -> Result<()> {
        check_range("x", self.x, -1e6, 1e6)?;
        check_range("y", self.y, -1e6, 1e6)?;
        check_range("negative", [0.0, self.negative], 0.0, 1.0)
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let size = sample.size();
        let far = |value: f64, n: u32| {
            let value = if self.relative { value * f64::from(n) } else { value };
            if self.whole { value.trunc() } else { value }
        };
        let (x, y) = (far(draw.between(self.x), size.width), far(draw.between(self.y), size.height));
        let side = side(self.negative, draw);
        let (x, y) = (x * side, y * side);
        draw.tell("x", x);
        draw.tell("y", y);
        sample.warp(&Affine::moved(x, y), size, self.fill, false, &Keep::INSIDE)?;
        Ok(Flow::On)
    }
}

/// Turned, scaled, sheared and moved at once: YOLO's `random_perspective` without perspective, about the middle; with
/// `corner` MMDetection's `RandomAffine`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RandomAffine {
    /// The most degrees to either side.
    pub degrees: f64,
    /// The most that it moves, as a share of width and height.
    pub translate: f64,
    /// Factors of the size.
    pub scale: [f64; 2],
    /// The most degrees of shear, along either axis.
    pub shear: f64,
    /// About the top left corner, where the picture stays but for `translate`.
    pub corner: bool,
    /// Pixels added to each side (rows, columns); negative ones cut off, as after a mosaic.
    pub border: [i32; 2],
    /// The colour around it.
    pub fill: [u8; 3],
    /// Boxes end at the border.
    pub clip: bool,
    /// Boxes with a side of no more pixels go.
    pub min_side: f64,
    /// Boxes of whose area no larger share is left go.
    pub min_area: f64,
    /// Boxes with one side as many times the other go.
    pub max_aspect: f64,
}

impl Default for RandomAffine {
    /// MMDetection's numbers.
    fn default() -> RandomAffine {
        RandomAffine {
            degrees: 10.0,
            translate: 0.1,
            scale: [0.5, 1.5],
            shear: 2.0,
            corner: false,
            border: [0, 0],
            fill: [114; 3],
            clip: true,
            min_side: 2.0,
            min_area: 0.2,
            max_aspect: 20.0,
        }
    }
}

impl Operation for RandomAffine {
    fn check(&self) -> Result<()> {
        check_range("scale", self.scale, 1e-3, 1e3)?;
        check_range("degrees", [0.0, self.degrees], 0.0, 3600.0)?;
        check_range("shear", [0.0, self.shear], 0.0, 89.0)?;
        check_range("translate", [0.0, self.translate], 0.0, 10.0)
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let size = sample.size();
        let side = |n: u32, border: i32| n.saturating_add_signed(border.saturating_mul(2)).max(1);
        let out = Size::new(side(size.height, self.border[0]), side(size.width, self.border[1]));
        let angle = draw.between([-self.degrees, self.degrees]).to_radians();
        let scale = draw.between(self.scale);
        let [shear_x, shear_y] = [0, 1].map(|_| draw.between([-self.shear, self.shear]).to_radians().tan());
        let middle_out = if self.corner { 0.0 } else { 0.5 };
        let moved = [middle_out - self.translate, middle_out + self.translate];
        let move_x = draw.between(moved) * f64::from(out.width);
        let move_y = draw.between(moved) * f64::from(out.height);
        let [x, y] = if self.corner { [0.0, 0.0] } else { middle(size) };
        let map = Affine::moved(-x, -y)
            .then(&Affine::scaled(scale, scale))
            .then(&Affine::rotated(angle, [0.0, 0.0]))
            .then(&Affine([1.0, shear_x, 0.0, shear_y, 1.0, 0.0]))
            .then(&Affine::moved(move_x, move_y));
        draw.tell("angle", angle.to_degrees());
        draw.tell("scale", scale);
        let keep = Keep {
            clip: self.clip,
            side: self.min_side,
            share: self.min_area,
            aspect: self.max_aspect,
            ..Keep::INSIDE
        };
        sample.warp(&map, out, self.fill, false, &keep)?;
        Ok(Flow::On)
    }
}
