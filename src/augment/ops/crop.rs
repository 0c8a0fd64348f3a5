//! Operations that cut: [`CenterCrop`], [`Crop`], [`RandomCrop`], [`RandomResizedCrop`], [`RandomSizedCrop`], [`MinIouCrop`].

use serde::{Deserialize, Serialize};

use super::methods::Methods;
use super::{Operation, Side, check_range, pixels, wrong, yes};
use crate::augment::draw::{Draw, Flow};
use crate::augment::objects::Keep;
use crate::augment::sample::Sample;
use crate::error::{Error, ErrorKind, Result};
use crate::geometry::{Size, coco_iou};
use crate::image::Window;

/// Which objects stay in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Inside {
    /// Any part of the box is in it.
    #[default]
    Part,
    /// The middle of the box is in it.
    Center,
}

impl Inside {
    pub(super) fn keep(self) -> Keep {
        Keep { centre: self == Inside::Center, ..Keep::INSIDE }
    }
}

/// What becomes of a sample whose last object was cut off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Empty {
    /// It goes on without.
    #[default]
    Keep,
    /// It goes; the feed takes another row in its place.
    Drop,
}

/// Cuts a window out and tells which.
pub(super) fn cut(
    sample: &mut Sample,
    window: Window,
    keep: &Keep,
    empty: Empty,
    draw: &mut Draw<'_>,
) -> Result<Flow> {
    for (name, value) in
        [("y", window.y), ("x", window.x), ("height", window.height), ("width", window.width)]
    {
        draw.tell(name, i64::from(value));
    }
    let had = !sample.objects.is_empty();
    sample.crop(window, keep)?;
    if empty == Empty::Drop && had && sample.objects.is_empty() {
        return Ok(Flow::Dropped("no object was left in the window"));
    }
    Ok(Flow::On)
}

fn too_small(size: Size, wanted: Size) -> Error {
    Error::new(ErrorKind::Length, format!("a window of {wanted} in a picture of {size}"))
        .remedy("resize or pad before, or let the window be smaller: fit = true")
}

/// A window of this size in a picture of that: itself, or as much of it as there is.
fn fitting(size: Size, wanted: Size, fit: bool) -> Result<Size> {
    let fits = wanted.height <= size.height && wanted.width <= size.width;
    match fits || fit {
        true => Ok(Size::new(wanted.height.min(size.height), wanted.width.min(size.width))),
        false => Err(too_small(size, wanted)),
    }
}

/// The window in the middle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CenterCrop {
    /// The window.
    pub size: Side,
    /// Smaller where the picture is.
    #[serde(default)]
    pub fit: bool,
    /// Which objects stay.
    #[serde(default)]
    pub inside: Inside,
    /// What becomes of a sample without objects.
    #[serde(default)]
    pub empty: Empty,
}

impl Operation for CenterCrop {
    fn check(&self) -> Result<()> {
        self.size.check()
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let size = sample.size();
        let wanted = fitting(size, self.size.size(), self.fit)?;
        // Halves go to the even side, as ChainerCV and torchvision have it.
        let half = |all: u32, n: u32| pixels((f64::from(all - n) / 2.0).round_ties_even());
        let (y, x) = (half(size.height, wanted.height), half(size.width, wanted.width));
        let window = Window { x, y, width: wanted.width, height: wanted.height };
        cut(sample, window, &self.inside.keep(), self.empty, draw)
    }
}

/// The window at a place. Four corners and the middle are `five_crop`'s; with both sides of a mirror they are ChainerCV's
/// and torchvision's `ten_crop` (see [`Each`](super::each::Each)).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crop {
    /// The window.
    pub size: Side,
    /// How much of the room that is left lies above it, and to its left: `[0, 0]` is the top left corner, `[1, 1]` the
    /// bottom right one.
    pub at: [f64; 2],
    /// Smaller where the picture is.
    #[serde(default)]
    pub fit: bool,
    /// Which objects stay.
    #[serde(default)]
    pub inside: Inside,
    /// What becomes of a sample without objects.
    #[serde(default)]
    pub empty: Empty,
}

impl Operation for Crop {
    fn check(&self) -> Result<()> {
        self.at.iter().try_for_each(|at| check_range("at", [*at, *at], 0.0, 1.0))?;
        self.size.check()
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let size = sample.size();
        let wanted = fitting(size, self.size.size(), self.fit)?;
        let place = |all: u32, n: u32, at: f64| pixels((f64::from(all - n) * at).round_ties_even());
        let y = place(size.height, wanted.height, self.at[0]);
        let x = place(size.width, wanted.width, self.at[1]);
        let window = Window { x, y, width: wanted.width, height: wanted.height };
        cut(sample, window, &self.inside.keep(), self.empty, draw)
    }
}

/// A window anywhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomCrop {
    /// The window in pixels; or, below, as a share.
    #[serde(default)]
    pub size: Option<Side>,
    /// The window as shares of height and width, drawn from these up to 1 each.
    #[serde(default)]
    pub share: Option<[f64; 2]>,
    /// The shares are what they are; nothing is drawn.
    #[serde(default)]
    pub exact: bool,
    /// Either side in pixels, drawn from this range, as far as the picture goes.
    #[serde(default)]
    pub range: Option<[u32; 2]>,
    /// Smaller where the picture is.
    #[serde(default)]
    pub fit: bool,
    /// Boxes end at the border.
    #[serde(default = "yes")]
    pub clip: bool,
    /// Which objects stay.
    #[serde(default)]
    pub inside: Inside,
    /// What becomes of a sample without objects.
    #[serde(default)]
    pub empty: Empty,
}

impl Operation for RandomCrop {
    fn check(&self) -> Result<()> {
        match (self.size, self.share, self.range) {
            (Some(size), None, None) => size.check(),
            (None, Some(share), None) => {
                share.iter().try_for_each(|share| check_range("share", [*share, 1.0], f64::MIN_POSITIVE, 1.0))
            }
            (None, None, Some(range)) => check_range("range", range.map(f64::from), 1.0, u32::MAX.into()),
            _ => Err(wrong("size", "or share or range is given, one of them")),
        }
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let size = sample.size();
        let wanted = match (self.size, self.share, self.range) {
            (Some(wanted), ..) => fitting(size, wanted.size(), self.fit)?,
            (None, Some([height, width]), _) => {
                let most = |share: f64| if self.exact { share } else { 1.0 };
                let mut side = |n: u32, share| {
                    pixels(f64::from(n) * draw.between([share, most(share)]) + 0.5).clamp(1, n)
                };
                Size::new(side(size.height, height), side(size.width, width))
            }
            (None, None, Some([least, most])) => {
                let mut side = |n: u32| draw.whole(n.min(least), n.min(most));
                Size::new(side(size.height), side(size.width))
            }
            (None, None, None) => size,
        };
        let y = draw.whole(0, size.height - wanted.height);
        let x = draw.whole(0, size.width - wanted.width);
        let window = Window { x, y, width: wanted.width, height: wanted.height };
        let keep = Keep { clip: self.clip, ..self.inside.keep() };
        cut(sample, window, &keep, self.empty, draw)
    }
}

/// A window of a share of the area and of an aspect, in a size: torchvision's `RandomResizedCrop`, ten tries and the
/// middle of the picture then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomResizedCrop {
    /// What the window becomes.
    pub size: Side,
    /// The share of the area.
    #[serde(default = "share")]
    pub scale: [f64; 2],
    /// Width over height; its logarithm is uniform.
    #[serde(default = "aspect")]
    pub ratio: [f64; 2],
    /// How pixels are mixed: `nearest`, `bilinear`, `bicubic`, `lanczos` or `area`, several of them, or `random`.
    #[serde(default)]
    pub method: Methods,
    /// Pillow's rule.
    #[serde(default)]
    pub antialias: bool,
    /// Which objects stay.
    #[serde(default)]
    pub inside: Inside,
    /// What becomes of a sample without objects.
    #[serde(default)]
    pub empty: Empty,
}

fn share() -> [f64; 2] {
    [0.08, 1.0]
}

fn aspect() -> [f64; 2] {
    [3.0 / 4.0, 4.0 / 3.0]
}

impl Operation for RandomResizedCrop {
    fn check(&self) -> Result<()> {
        self.size.check()?;
        check_range("scale", self.scale, f64::MIN_POSITIVE, f64::MAX)?;
        check_range("ratio", self.ratio, f64::MIN_POSITIVE, f64::MAX)
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let window = self.window(sample.size(), draw);
        let flow = cut(sample, window, &self.inside.keep(), self.empty, draw)?;
        sample.resize(self.size.size(), self.method.rule(self.antialias, draw))?;
        Ok(flow)
    }
}

impl RandomResizedCrop {
    fn window(&self, size: Size, draw: &mut Draw<'_>) -> Window {
        let (height, width) = (f64::from(size.height), f64::from(size.width));
        for _ in 0..10 {
            let area = height * width * draw.between(self.scale);
            let aspect = draw.between(self.ratio.map(f64::ln)).exp();
            let wide = pixels((area * aspect).sqrt().round_ties_even());
            let high = pixels((area / aspect).sqrt().round_ties_even());
            if wide > 0 && high > 0 && wide <= size.width && high <= size.height {
                let y = draw.whole(0, size.height - high);
                let x = draw.whole(0, size.width - wide);
                return Window { x, y, width: wide, height: high };
            }
        }
        let aspect = width / height;
        let [least, most] = self.ratio;
        let (wide, high) = if aspect < least {
            (size.width, pixels((width / least).round_ties_even()).clamp(1, size.height))
        } else if aspect > most {
            (pixels((height * most).round_ties_even()).clamp(1, size.width), size.height)
        } else {
            (size.width, size.height)
        };
        let (x, y) = ((size.width - wide) / 2, (size.height - high) / 2);
        Window { x, y, width: wide, height: high }
    }
}

/// A window of a share of the area and of an aspect: ChainerCV's `random_sized_crop`, which leaves its size to the next
/// operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomSizedCrop {
    /// The share of the area.
    #[serde(default = "share")]
    pub scale: [f64; 2],
    /// Height over width, or the other way round, with equal chances.
    #[serde(default = "aspect")]
    pub ratio: [f64; 2],
    /// Which objects stay.
    #[serde(default)]
    pub inside: Inside,
    /// What becomes of a sample without objects.
    #[serde(default)]
    pub empty: Empty,
}

impl Operation for RandomSizedCrop {
    fn check(&self) -> Result<()> {
        check_range("scale", self.scale, f64::MIN_POSITIVE, 1.0)?;
        check_range("ratio", self.ratio, f64::MIN_POSITIVE, f64::MAX)
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let size = sample.size();
        let (height, width) = (f64::from(size.height), f64::from(size.width));
        let mut aspect = 1.0;
        let mut chosen = None;
        // The largest share that a window of an aspect can have.
        let most = |aspect: f64| (height / (width * aspect)).min(aspect * width / height);
        for _ in 0..10 {
            let drawn = draw.between(self.ratio);
            aspect = if draw.chance(0.5) { drawn } else { 1.0 / drawn };
            let scale = draw.between(self.scale);
            if scale <= self.scale[1].min(most(aspect)) {
                chosen = Some(scale);
                break;
            }
        }
        let most = most(aspect);
        let scale = match chosen {
            Some(scale) => scale,
            None => draw.between([self.scale[0].min(most), most]),
        };
        draw.tell("scale_ratio", scale);
        draw.tell("aspect_ratio", aspect);
        let area = scale * height * width;
        let high = pixels((area * aspect).sqrt()).clamp(1, size.height);
        let wide = pixels((area / aspect).sqrt()).clamp(1, size.width);
        let y = draw.whole(0, size.height - high);
        let x = draw.whole(0, size.width - wide);
        let window = Window { x, y, width: wide, height: high };
        cut(sample, window, &self.inside.keep(), self.empty, draw)
    }
}

/// A window with which every box has an overlap drawn from a list, or the whole picture: MMDetection's
/// `MinIoURandomCrop`, after SSD. Objects stay whose middle is inside. ChainerCV's way to the same end, which has other
/// windows and looks at all conditions first, is [`constrained_crop`](super::constrained::ConstrainedCrop).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MinIouCrop {
    /// Overlaps, one of which all boxes have at least; beside them the whole picture and no condition.
    #[serde(default = "overlaps")]
    pub min_ious: Vec<f64>,
    /// The least share of height and width.
    #[serde(default = "least")]
    pub min_crop_size: f64,
    /// Boxes end at the border.
    #[serde(default = "yes")]
    pub clip: bool,
}

fn overlaps() -> Vec<f64> {
    vec![0.1, 0.3, 0.5, 0.7, 0.9]
}

fn least() -> f64 {
    0.3
}

impl Operation for MinIouCrop {
    fn check(&self) -> Result<()> {
        self.min_ious.iter().try_for_each(|iou| check_range("min_ious", [*iou, 1.0], 0.0, 1.0))?;
        check_range("min_crop_size", [self.min_crop_size, 1.0], f64::MIN_POSITIVE, 1.0)
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let size = sample.size();
        loop {
            // The whole picture, the overlaps, and none, with equal chances.
            let mode = draw.random().below(self.min_ious.len() as u64 + 2) as usize;
            let overlap = match mode {
                0 => return Ok(Flow::On),
                n if n <= self.min_ious.len() => self.min_ious[n - 1],
                _ => 0.0,
            };
            for _ in 0..50 {
                let mut side =
                    |n: u32| pixels(draw.between([self.min_crop_size * f64::from(n), n.into()])).clamp(1, n);
                let (wide, high) = (side(size.width), side(size.height));
                let aspect = f64::from(high) / f64::from(wide);
                if !(0.5..=2.0).contains(&aspect) {
                    continue;
                }
                let (x, y) = (draw.whole(0, size.width - wide), draw.whole(0, size.height - high));
                let window = Window { x, y, width: wide, height: high };
                let boxes = sample.objects.bbox.as_deref().unwrap_or_default();
                let far = boxes.iter().any(|bbox| iou(bbox, &window) < overlap);
                let middle = |[bx, by, w, h]: &[f64; 4]| {
                    let (cx, cy) = (bx + w / 2.0, by + h / 2.0);
                    let (x, y) = (f64::from(x), f64::from(y));
                    cx > x && cy > y && cx < x + f64::from(wide) && cy < y + f64::from(high)
                };
                if far || (!boxes.is_empty() && !boxes.iter().any(middle)) {
                    continue;
                }
                let keep = Keep { clip: self.clip, ..Inside::Center.keep() };
                return cut(sample, window, &keep, Empty::Keep, draw);
            }
        }
    }
}

/// The overlap of a box and a window; what is no box asks for nothing.
pub(super) fn iou(bbox: &[f64; 4], window: &Window) -> f64 {
    if bbox[0].is_nan() {
        return 1.0;
    }
    let Window { x, y, width, height } = *window;
    coco_iou(bbox, &[x.into(), y.into(), width.into(), height.into()], false)
}
