//! Operations that paint over parts of a picture: [`CutOut`], [`RandomErasing`].

use serde::{Deserialize, Serialize};

use super::{Operation, check_range, pixels, wrong};
use crate::augment::draw::{Draw, Flow};
use crate::augment::sample::Sample;
use crate::error::Result;
use crate::image::{Pixels, Window};

/// Paints a window of a picture.
fn paint(picture: &mut Pixels, window: Window, mut colour: impl FnMut() -> [u8; 3]) {
    let count = picture.channels().count();
    for row in window.y..window.y + window.height {
        let line = picture.row_mut(row);
        let (from, to) = (window.x as usize * count, (window.x + window.width) as usize * count);
        for pixel in line[from..to].chunks_exact_mut(count) {
            let colour = colour();
            pixel.copy_from_slice(&colour[..count]);
        }
    }
}

/// Rectangles of one colour: MMDetection's `CutOut` and MMCV's `cutout`. A rectangle's middle is anywhere; what is beyond
/// the right and lower border is cut off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CutOut {
    /// How many, drawn from this range.
    pub holes: [u32; 2],
    /// (height, width) in pixels.
    #[serde(default)]
    pub shape: Option<[u32; 2]>,
    /// (height, width) as shares of the picture's.
    #[serde(default)]
    pub ratio: Option<[f64; 2]>,
    /// Their colour.
    #[serde(default)]
    pub fill: [u8; 3],
}

impl Operation for CutOut {
    fn check(&self) -> Result<()> {
        if self.holes[0] > self.holes[1] || self.holes[1] > 10_000 {
            return Err(wrong("holes", "are a range of at most 10000"));
        }
        match (self.shape, self.ratio) {
            (Some(_), None) => Ok(()),
            (None, Some(ratio)) => {
                ratio.iter().try_for_each(|share| check_range("ratio", [0.0, *share], 0.0, 1.0))
            }
            _ => Err(wrong("shape", "or ratio is given, one of them")),
        }
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let size = sample.size();
        let [height, width] = match (self.shape, self.ratio) {
            (Some(shape), _) => shape,
            (None, ratio) => {
                let [high, wide] = ratio.unwrap_or_default();
                [pixels(f64::from(size.height) * high), pixels(f64::from(size.width) * wide)]
            }
        };
        let Some(picture) = sample.pixels()? else { return Ok(Flow::On) };
        for _ in 0..draw.whole(self.holes[0], self.holes[1]) {
            let along = |centre: f64, n: u32, all: u32| {
                let from = pixels((centre - f64::from(n) / 2.0).max(0.0)).min(all);
                (from, n.min(all - from))
            };
            let (y, high) = along(f64::from(size.height) * draw.unit(), height, size.height);
            let (x, wide) = along(f64::from(size.width) * draw.unit(), width, size.width);
            paint(picture, Window { x, y, width: wide, height: high }, || self.fill);
        }
        Ok(Flow::On)
    }
}

/// One rectangle of a share of the area, of a colour or of noise: torchvision's `RandomErasing`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RandomErasing {
    /// The share of the area.
    pub scale: [f64; 2],
    /// Height over width.
    pub ratio: [f64; 2],
    /// The colour; noise where there is none.
    pub fill: Option<[u8; 3]>,
}

impl Default for RandomErasing {
    /// torchvision's numbers, black.
    fn default() -> RandomErasing {
        RandomErasing { scale: [0.02, 0.33], ratio: [0.3, 3.3], fill: Some([0; 3]) }
    }
}

impl Operation for RandomErasing {
    fn check(&self) -> Result<()> {
        check_range("scale", self.scale, 0.0, 1.0)?;
        check_range("ratio", self.ratio, 1e-6, 1e6)
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let size = sample.size();
        for _ in 0..10 {
            let area = f64::from(size.height) * f64::from(size.width) * draw.between(self.scale);
            let aspect = draw.between(self.ratio.map(f64::ln)).exp();
            let height = pixels((area * aspect).sqrt().round_ties_even());
            let width = pixels((area / aspect).sqrt().round_ties_even());
            if height >= size.height || width >= size.width {
                continue;
            }
            let (y, x) = (draw.whole(0, size.height - height), draw.whole(0, size.width - width));
            let window = Window { x, y, width, height };
            let Some(picture) = sample.pixels()? else { return Ok(Flow::On) };
            match self.fill {
                Some(colour) => paint(picture, window, || colour),
                None => paint(picture, window, || {
                    let bits = draw.random().next_u64().to_le_bytes();
                    [bits[0], bits[1], bits[2]]
                }),
            }
            break;
        }
        Ok(Flow::On)
    }
}
