//! Operations that change how large a picture is: [`Resize`], [`ResizeShort`], [`ResizeContain`], [`Rescale`].

use serde::{Deserialize, Serialize};

use super::methods::Methods;
use super::{Operation, Side, check_range, pixels, wrong, yes};
use crate::augment::draw::{Draw, Flow};
use crate::augment::objects::Keep;
use crate::augment::picture::{Canvas, Fill};
use crate::augment::sample::Sample;
use crate::error::Result;
use crate::geometry::{Affine, Size};

/// To a height and width, whatever the shape was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resize {
    /// (height, width), or one number for both.
    pub size: Side,
    /// How pixels are mixed: `nearest`, `bilinear`, `bicubic`, `lanczos` or `area`, several of them, or `random`.
    #[serde(default)]
    pub method: Methods,
    /// Pillow's rule, which widens its support, in the place of OpenCV's.
    #[serde(default)]
    pub antialias: bool,
}

impl Operation for Resize {
    fn check(&self) -> Result<()> {
        self.size.check()
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        sample.resize(self.size.size(), self.method.rule(self.antialias, draw))?;
        Ok(Flow::On)
    }
}

/// Until the shorter edge has a length; the other follows, cut off to a whole number (ChainerCV's `scale`) or rounded
/// (`ResizeShortestEdge` of Detectron2 and MMDetection).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResizeShort {
    /// The length of the shorter edge.
    pub size: u32,
    /// The longer edge has it instead.
    #[serde(default)]
    pub longer: bool,
    /// The most that the longer edge may have; the picture stays smaller then.
    #[serde(default)]
    pub at_most: Option<u32>,
    /// Sides are rounded to the nearest pixel, halves up; else cut off.
    #[serde(default)]
    pub round: bool,
    /// How pixels are mixed: `nearest`, `bilinear`, `bicubic`, `lanczos` or `area`, several of them, or `random`.
    #[serde(default)]
    pub method: Methods,
    /// Pillow's rule.
    #[serde(default)]
    pub antialias: bool,
}

impl Operation for ResizeShort {
    fn check(&self) -> Result<()> {
        match self.size == 0 || self.at_most == Some(0) {
            true => Err(wrong("size", "has no pixel")),
            false => Ok(()),
        }
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let size = sample.size();
        let (short, long) = (size.height.min(size.width).max(1), size.height.max(size.width).max(1));
        let edge = if self.longer { long } else { short };
        let (mut to, mut of) = (self.size, edge);
        // n · to / of, cut off or rounded.
        let scaled = |n: u32, to: u32, of: u32| {
            let half = if self.round { u64::from(of / 2) } else { 0 };
            let length = (u64::from(n) * u64::from(to)).saturating_add(half) / u64::from(of);
            u32::try_from(length).unwrap_or(u32::MAX).max(1)
        };
        let beyond = |most: &u32| match self.round {
            true => u64::from(long) * u64::from(to) > u64::from(*most) * u64::from(of),
            false => scaled(long, to, of) > *most,
        };
        if let Some(most) = self.at_most.filter(beyond) {
            (to, of) = (most, long);
        }
        let new = Size::new(scaled(size.height, to, of), scaled(size.width, to, of));
        sample.resize(new, self.method.rule(self.antialias, draw))?;
        Ok(Flow::On)
    }
}

/// Into a canvas, whole and in its shape, in the middle: ChainerCV's `resize_contain`, and the letterbox of YOLO.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResizeContain {
    /// The canvas.
    pub size: Side,
    /// Its colour, red, green, blue.
    #[serde(default)]
    pub fill: [u8; 3],
    /// Small pictures grow. ChainerCV's do not.
    #[serde(default)]
    pub enlarge: bool,
    /// Sides are rounded to the nearest pixel, as YOLO has it; else cut off.
    #[serde(default)]
    pub round: bool,
    /// How pixels are mixed: `nearest`, `bilinear`, `bicubic`, `lanczos` or `area`, several of them, or `random`.
    #[serde(default)]
    pub method: Methods,
    /// Pillow's rule.
    #[serde(default)]
    pub antialias: bool,
}

impl Operation for ResizeContain {
    fn check(&self) -> Result<()> {
        self.size.check()
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let (size, out) = (sample.size(), self.size.size());
        let scale = (f64::from(out.height) / f64::from(size.height.max(1)))
            .min(f64::from(out.width) / f64::from(size.width.max(1)));
        let scale = if self.enlarge { scale } else { scale.min(1.0) };
        let side = |n: u32, most: u32| {
            let length = f64::from(n) * scale;
            pixels(if self.round { length.round() } else { length }).clamp(1, most)
        };
        let new = Size::new(side(size.height, out.height), side(size.width, out.width));
        sample.resize(new, self.method.rule(self.antialias, draw))?;
        let at = ((out.height - new.height) / 2, (out.width - new.width) / 2);
        draw.tell("y_offset", i64::from(at.0));
        draw.tell("x_offset", i64::from(at.1));
        draw.tell("scaled_height", i64::from(new.height));
        draw.tell("scaled_width", i64::from(new.width));
        sample.pad(Canvas { size: out, at, fill: Fill::Colour(self.fill) })?;
        Ok(Flow::On)
    }
}

/// How [`Rescale`] chooses of several scales.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Among {
    /// One of them.
    #[default]
    Value,
    /// Both edges between those of the two, each for itself.
    Range,
}

/// Into a frame of which it touches one side, its shape kept: MMDetection's `Resize`. Frames are (long edge, short
/// edge), so that they fit upright and wide pictures alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rescale {
    /// The frames.
    #[serde(default)]
    pub scales: Vec<[u32; 2]>,
    /// How one is chosen.
    #[serde(default)]
    pub among: Among,
    /// A factor of the one frame, drawn from a range.
    #[serde(default)]
    pub ratio: Option<[f64; 2]>,
    /// The frame is the picture's own (width, height) times these, in the place of `scales`.
    #[serde(default)]
    pub factor: Option<[f64; 2]>,
    /// Both sides up to a multiple of this: MMCV's `imresize_to_multiple`.
    #[serde(default = "one")]
    pub multiple: u32,
    /// Whether the shape stays; else a frame is (width, height).
    #[serde(default = "yes")]
    pub keep_ratio: bool,
    /// Boxes end at the border.
    #[serde(default = "yes")]
    pub clip: bool,
    /// How pixels are mixed: `nearest`, `bilinear`, `bicubic`, `lanczos` or `area`, several of them, or `random`.
    #[serde(default)]
    pub method: Methods,
    /// Pillow's rule.
    #[serde(default)]
    pub antialias: bool,
}

fn one() -> u32 {
    1
}

impl Operation for Rescale {
    fn check(&self) -> Result<()> {
        if self.multiple == 0 {
            return Err(wrong("multiple", "is 0"));
        }
        if let Some(factor) = self.factor {
            if !self.scales.is_empty() || self.ratio.is_some() {
                return Err(wrong("factor", "stands alone, without scales and ratio"));
            }
            return factor.iter().try_for_each(|n| check_range("factor", [*n, *n], 0.001, 1000.0));
        }
        if self.scales.is_empty() || self.scales.iter().flatten().any(|side| *side == 0) {
            return Err(wrong("scales", "are empty, or a frame without a pixel"));
        }
        if self.among == Among::Range && self.scales.len() != 2 {
            return Err(wrong("scales", "are two where something between is drawn"));
        }
        if self.ratio.is_some() && self.scales.len() > 1 {
            return Err(wrong("ratio", "is a factor of one frame, and scales are several"));
        }
        self.ratio.map_or(Ok(()), |range| check_range("ratio", range, 0.001, 1000.0))
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let size = sample.size();
        let frame = match (&self.scales[..], self.ratio, self.among) {
            ([], ..) => {
                let [wide, high] = self.factor.unwrap_or([1.0, 1.0]);
                let side = |n: u32, factor: f64| pixels(f64::from(n) * factor + 0.5).max(1);
                [side(size.width, wide), side(size.height, high)]
            }
            ([frame, ..], Some(range), _) => {
                let factor = draw.between(range);
                frame.map(|side| pixels(f64::from(side) * factor).max(1))
            }
            ([a, b], None, Among::Range) => {
                let long = [a[0].max(a[1]), b[0].max(b[1])];
                let short = [a[0].min(a[1]), b[0].min(b[1])];
                let long = draw.whole(long[0].min(long[1]), long[0].max(long[1]));
                [long, draw.whole(short[0].min(short[1]), short[0].max(short[1]))]
            }
            (frames, ..) => draw.one_of(frames).copied().unwrap_or([1, 1]),
        };
        let new = match self.keep_ratio {
            true => {
                let (height, width) = (f64::from(size.height.max(1)), f64::from(size.width.max(1)));
                let [long, short] = [frame[0].max(frame[1]), frame[0].min(frame[1])].map(f64::from);
                let factor = (long / height.max(width)).min(short / height.min(width));
                let side = |n: f64| pixels(n * factor + 0.5).max(1);
                Size::new(side(height), side(width))
            }
            false => Size::new(frame[1], frame[0]),
        };
        let up = |n: u32| n.div_ceil(self.multiple).saturating_mul(self.multiple);
        let new = Size::new(up(new.height), up(new.width));
        draw.tell("height", i64::from(new.height));
        draw.tell("width", i64::from(new.width));
        sample.resize(new, self.method.rule(self.antialias, draw))?;
        if self.clip {
            // Boxes end at the border; none goes.
            let size = sample.size();
            sample.objects.moved(&Affine::IDENTITY, size, size, &Keep::ALL)?;
        }
        Ok(Flow::On)
    }
}
