//! Operations that mix pictures: [`Mosaic`], [`MixUp`]. Partners are drawn from the same view, as they are stored.

use serde::{Deserialize, Serialize};

use super::{Operation, Side, check_range, pixels, yes};
use crate::augment::draw::{Draw, Flow};
use crate::augment::objects::Keep;
use crate::augment::picture::{Canvas, Fill};
use crate::augment::sample::Sample;
use crate::error::Result;
use crate::geometry::{Affine, Size};
use crate::image::{Channels, Interpolation, Pixels};

/// Four pictures around a point of a canvas that is twice as high and wide as each may be: MMDetection's `Mosaic`, YOLO's.
/// Boxes, turned boxes, masks and points come along; label maps do not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mosaic {
    /// What each picture is made to fit, its shape kept.
    pub size: Side,
    /// Where the four meet, as a factor of `size`.
    #[serde(default = "around")]
    pub center: [f64; 2],
    /// What lies between them.
    #[serde(default = "gray")]
    pub fill: [u8; 3],
    /// Boxes end at the border.
    #[serde(default = "yes")]
    pub clip: bool,
}

fn around() -> [f64; 2] {
    [0.5, 1.5]
}

fn gray() -> [u8; 3] {
    [114; 3]
}

/// In the shape that it has, as large as fits.
pub(super) fn fitted(sample: &mut Sample, frame: Size) -> Result<()> {
    let size = sample.size();
    let scale = (f64::from(frame.height) / f64::from(size.height.max(1)))
        .min(f64::from(frame.width) / f64::from(size.width.max(1)));
    let side = |n: u32, most: u32| pixels(f64::from(n) * scale).clamp(1, most.max(1));
    let size = Size::new(side(size.height, frame.height), side(size.width, frame.width));
    sample.resize(size, Interpolation::Linear)
}

/// Copies what of a picture lies on a canvas, its corner at a row and column that may be outside.
fn paste(canvas: &mut Pixels, picture: &Pixels, (row, column): (i64, i64)) {
    let (height, width) = (i64::from(canvas.height()), i64::from(canvas.width()));
    for (at, line) in (row..).zip(picture.rows()) {
        let (from, to) = (column.max(0), (column + i64::from(picture.width())).min(width));
        if at < 0 || at >= height || from >= to {
            continue;
        }
        let own = &line[((from - column) * 3) as usize..((to - column) * 3) as usize];
        canvas.row_mut(at as u32)[(from * 3) as usize..(to * 3) as usize].copy_from_slice(own);
    }
}

impl Operation for Mosaic {
    fn check(&self) -> Result<()> {
        self.size.check()?;
        check_range("center", self.center, 0.0, 2.0)
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let frame = self.size.size();
        let whole = Size::new(frame.height.saturating_mul(2), frame.width.saturating_mul(2));
        let centre = [frame.height, frame.width].map(|side| draw.between(self.center) * f64::from(side));
        let (y, x) = (i64::from(pixels(centre[0])), i64::from(pixels(centre[1])));
        draw.tell("y", y);
        draw.tell("x", x);
        let others = [draw.partner()?, draw.partner()?, draw.partner()?];
        let mut canvas = Pixels::filled((whole.height, whole.width), Channels::Rgb, self.fill)?;
        let own = std::mem::take(sample);
        let mut joined: Option<crate::augment::Objects> = None;
        for (place, mut part) in std::iter::once(own).chain(others).enumerate() {
            fitted(&mut part, frame)?;
            let size = part.size();
            // The corner of each that is nearest to the point lies on it.
            let row = if place < 2 { y - i64::from(size.height) } else { y };
            let column = if place % 2 == 0 { x - i64::from(size.width) } else { x };
            if let Some(pixels) = part.pixels()? {
                paste(&mut canvas, pixels, (row, column));
            }
            let map = Affine::moved(column as f64, row as f64);
            part.objects.moved(&map, size, whole, &Keep { clip: self.clip, ..Keep::INSIDE })?;
            if place == 0 {
                sample.values = std::mem::take(&mut part.values);
            }
            match &mut joined {
                Some(all) => all.join(part.objects),
                None => joined = Some(part.objects),
            }
        }
        sample.joined(canvas, joined.unwrap_or_default());
        Ok(Flow::On)
    }
}

/// Another picture over this one, each at half its strength: MMDetection's `MixUp`, YOLOX's. The other one is made to fit
/// `size`, put on a canvas of that size, scaled by a factor, mirrored by chance, and cut to this one's size, or filled up
/// with black.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MixUp {
    /// What the other picture is made to fit first.
    pub size: Side,
    /// The factor of its size.
    #[serde(default = "around")]
    pub scale: [f64; 2],
    /// How often it is mirrored.
    #[serde(default = "half")]
    pub flip: f64,
    /// What lies around it on its canvas.
    #[serde(default = "gray")]
    pub fill: [u8; 3],
    /// Boxes end at the border.
    #[serde(default = "yes")]
    pub clip: bool,
    /// How often another one is drawn until one has objects.
    #[serde(default = "tries")]
    pub tries: u32,
}

fn half() -> f64 {
    0.5
}

fn tries() -> u32 {
    15
}

impl Operation for MixUp {
    fn check(&self) -> Result<()> {
        self.size.check()?;
        check_range("scale", self.scale, 1e-3, 100.0)?;
        check_range("flip", [self.flip, self.flip], 0.0, 1.0)
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let mut other = draw.partner()?;
        for _ in 1..self.tries {
            if !other.objects.is_empty() {
                break;
            }
            other = draw.partner()?;
        }
        if other.objects.is_empty() {
            return Ok(Flow::On);
        }
        let frame = self.size.size();
        fitted(&mut other, frame)?;
        other.pad(Canvas { size: frame, at: (0, 0), fill: Fill::Colour(self.fill) })?;
        let scale = draw.between(self.scale);
        let size = other.size();
        let side = |n: u32| pixels(f64::from(n) * scale).clamp(1, 1 << 15);
        other.resize(Size::new(side(size.height), side(size.width)), Interpolation::Linear)?;
        other.flip(draw.chance(self.flip), false, &[])?;
        let (size, to) = (other.size(), sample.size());
        // A window of what is larger, a place on what is smaller.
        let mut along = |n: u32, all: u32| match n > all {
            true => -i64::from(draw.whole(0, n - all)),
            false => 0,
        };
        let (row, column) = (along(size.height, to.height), along(size.width, to.width));
        let mut over = Pixels::filled((to.height, to.width), Channels::Rgb, [0; 3])?;
        if let Some(pixels) = other.pixels()? {
            paste(&mut over, pixels, (row, column));
        }
        let keep = Keep { clip: self.clip, ..Keep::INSIDE };
        other.objects.moved(&Affine::moved(column as f64, row as f64), size, to, &keep)?;
        if let Some(own) = sample.pixels()? {
            for (a, b) in own.data_mut().iter_mut().zip(over.data()) {
                *a = ((u16::from(*a) + u16::from(*b)) / 2) as u8;
            }
        }
        sample.objects.join(other.objects);
        Ok(Flow::On)
    }
}
