//! Operations that put a picture on a canvas: [`Pad`], [`Expand`].

use serde::{Deserialize, Serialize};

use super::{Operation, Side, check_range, pixels, wrong};
use crate::augment::border::Border;
use crate::augment::draw::{Draw, Flow};
use crate::augment::picture::{Canvas, Fill};
use crate::augment::sample::Sample;
use crate::error::Result;
use crate::geometry::Size;
use crate::image::Pixels;

/// What lies around a picture on its canvas: MMCV's `padding_mode`, with its names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Around {
    /// One colour.
    #[default]
    Constant,
    /// The outermost pixel, repeated.
    Edge,
    /// The picture mirrored about the outermost pixels: 3 2 | 1 2 3 4 | 3 2.
    Reflect,
    /// The picture mirrored about the edge: 2 1 | 1 2 3 4 | 4 3.
    Symmetric,
}

impl Around {
    fn border(self) -> Option<Border> {
        match self {
            Around::Constant => None,
            Around::Edge => Some(Border::Replicate),
            Around::Reflect => Some(Border::Reflect101),
            Around::Symmetric => Some(Border::Reflect),
        }
    }
}

/// On a canvas of a size, of a multiple of a number, square, or wider by so many pixels; one of the four.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pad {
    /// At least this size.
    pub size: Option<Side>,
    /// Both sides up to a multiple of this.
    pub multiple: Option<u32>,
    /// Both sides as long as the longer one.
    pub square: bool,
    /// Pixels added to the left, top, right and bottom.
    pub sides: Option<[u32; 4]>,
    /// The picture in the middle; else in the top left corner.
    pub center: bool,
    /// The colour around it. After `normalize` it is 0, whatever is said here.
    pub fill: [u8; 3],
    /// What lies around it; other than `constant` it is made of the picture. Label maps are 255 there in any case.
    pub mode: Around,
}

impl Operation for Pad {
    fn check(&self) -> Result<()> {
        let ways = [self.size.is_some(), self.multiple.is_some(), self.square, self.sides.is_some()];
        if ways.into_iter().filter(|way| *way).count() != 1 {
            return Err(wrong("size", "or multiple or square or sides is given, one of them"));
        }
        if self.sides.is_some_and(|sides| sides.iter().any(|side| *side > 1 << 20)) {
            return Err(wrong("sides", "are at most 1048576 pixels"));
        }
        if self.multiple == Some(0) {
            return Err(wrong("multiple", "is 0"));
        }
        self.size.map_or(Ok(()), Side::check)
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let size = sample.size();
        let up = |n: u32, of: u32| n.div_ceil(of).saturating_mul(of);
        let canvas = match (self.size, self.multiple, self.sides) {
            (Some(wanted), ..) => {
                Size::new(wanted.size().height.max(size.height), wanted.size().width.max(size.width))
            }
            (_, Some(multiple), _) => Size::new(up(size.height, multiple), up(size.width, multiple)),
            (.., Some([left, top, right, bottom])) => Size::new(
                size.height.saturating_add(top).saturating_add(bottom),
                size.width.saturating_add(left).saturating_add(right),
            ),
            _ => Size::new(size.height.max(size.width), size.height.max(size.width)),
        };
        let at = match (self.sides, self.center) {
            (Some([left, top, ..]), _) => (top, left),
            (None, true) => ((canvas.height - size.height) / 2, (canvas.width - size.width) / 2),
            (None, false) => (0, 0),
        };
        let own = match (self.mode.border(), canvas == size) {
            (Some(border), false) => {
                sample.pixels()?.map(|own| continued(own, border, canvas, at)).transpose()?
            }
            _ => None,
        };
        let fill = if draw.is_normalised() { Fill::Zero } else { Fill::Colour(self.fill) };
        sample.pad(Canvas { size: canvas, at, fill })?;
        if let Some(own) = own {
            sample.replace_pixels(own)?;
        }
        Ok(Flow::On)
    }
}

/// A picture on a canvas, with its row and column there, going on beyond its edges.
fn continued(own: &Pixels, border: Border, canvas: Size, (row, column): (u32, u32)) -> Result<Pixels> {
    let count = own.channels().count();
    let inside = |place: u32, from: u32, n: u32| border.inside(place as isize - from as isize, n as usize);
    let columns: Vec<usize> = (0..canvas.width).map(|x| inside(x, column, own.width()) * count).collect();
    let mut data = Vec::with_capacity(canvas.width as usize * canvas.height as usize * count);
    for y in 0..canvas.height {
        let line = own.row(inside(y, row, own.height()) as u32);
        columns.iter().for_each(|at| data.extend_from_slice(&line[*at..*at + count]));
    }
    Pixels::new((canvas.height, canvas.width), own.channels(), data)
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
