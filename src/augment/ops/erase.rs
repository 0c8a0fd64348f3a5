//! Operations that paint over parts of a picture: [`CutOut`], [`RandomErasing`], [`ErasePatches`].

use serde::{Deserialize, Serialize};

use super::{Operation, check_range, pairs, pixels, wrong, yes};
use crate::augment::draw::{Draw, Flow};
use crate::augment::sample::Sample;
use crate::error::Result;
use crate::geometry::Rle;
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

/// Rectangles of one colour. A rectangle's middle is anywhere, as in MMCV's `cutout`; with `corner` its top left corner is,
/// as in MMDetection's `CutOut`. What is beyond the right and lower border is cut off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CutOut {
    /// How many, drawn from this range.
    pub holes: [u32; 2],
    /// (height, width) in pixels, or a list of them of which one is drawn for each rectangle.
    #[serde(default, deserialize_with = "pairs", skip_serializing_if = "Vec::is_empty")]
    pub shape: Vec<[u32; 2]>,
    /// (height, width) as shares of the picture's, or a list of them.
    #[serde(default, deserialize_with = "pairs", skip_serializing_if = "Vec::is_empty")]
    pub ratio: Vec<[f64; 2]>,
    /// A rectangle's corner is drawn, not its middle.
    #[serde(default)]
    pub corner: bool,
    /// Their colour.
    #[serde(default)]
    pub fill: [u8; 3],
}

impl Operation for CutOut {
    fn check(&self) -> Result<()> {
        if self.holes[0] > self.holes[1] || self.holes[1] > 10_000 {
            return Err(wrong("holes", "are a range of at most 10000"));
        }
        match self.shape.is_empty() == self.ratio.is_empty() {
            true => Err(wrong("shape", "or ratio is given, one of them")),
            false => {
                let shares = self.ratio.as_flattened().iter();
                shares.into_iter().try_for_each(|share| check_range("ratio", [0.0, *share], 0.0, 1.0))
            }
        }
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let size = sample.size();
        let share = |[high, wide]: &[f64; 2]| {
            [pixels(f64::from(size.height) * high), pixels(f64::from(size.width) * wide)]
        };
        let shapes =
            if self.shape.is_empty() { self.ratio.iter().map(share).collect() } else { self.shape.clone() };
        let back = if self.corner { 0.0 } else { 0.5 };
        let Some(picture) = sample.pixels()? else { return Ok(Flow::On) };
        for _ in 0..draw.whole(self.holes[0], self.holes[1]) {
            let [height, width] = match shapes.as_slice() {
                [one] => *one,
                several => draw.one_of(several).copied().unwrap_or_default(),
            };
            let along = |place: f64, n: u32, all: u32| {
                let from = pixels((place - f64::from(n) * back).max(0.0)).min(all);
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

/// Patches painted over with what lies under them: MMDetection's `RandomErasing`. Masks lose the patches, points there are
/// not seen any more, label maps are ignored there, and objects go of whose box too much is painted over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasePatches {
    /// How many, drawn from this range.
    pub patches: [u32; 2],
    /// A patch's sides as shares of the picture's, drawn from this range.
    pub ratio: [f64; 2],
    /// Both sides have the same share.
    #[serde(default = "yes")]
    pub squared: bool,
    /// Objects go of whose box this share is painted over, or more; what lies under two patches counts twice.
    #[serde(default = "most")]
    pub max_erased: f64,
    /// The colour.
    #[serde(default = "gray")]
    pub fill: [u8; 3],
}

fn most() -> f64 {
    0.9
}

fn gray() -> [u8; 3] {
    [128; 3]
}

impl Operation for ErasePatches {
    fn check(&self) -> Result<()> {
        if self.patches[0] > self.patches[1] || self.patches[1] > 10_000 {
            return Err(wrong("patches", "are a range of at most 10000"));
        }
        check_range("ratio", self.ratio, 0.0, 1.0)?;
        check_range("max_erased", [0.0, self.max_erased], 0.0, f64::MAX)
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let windows = self.windows(sample, draw);
        if windows.is_empty() {
            return Ok(Flow::On);
        }
        let size = sample.size();
        let mut bytes = vec![0u8; usize::try_from(size.pixels()).unwrap_or(0)];
        for window in &windows {
            let rows = bytes.chunks_exact_mut(size.width.max(1) as usize).skip(window.y as usize);
            for row in rows.take(window.height as usize) {
                row[window.x as usize..(window.x + window.width) as usize].fill(1);
            }
        }
        if let Some(picture) = sample.pixels()? {
            windows.iter().for_each(|window| paint(picture, *window, || self.fill));
        }
        let boxes = sample.objects.bbox.as_deref().unwrap_or_default();
        let stays = |bbox: &[f64; 4]| {
            let erased: f64 = windows.iter().map(|window| shared(bbox, window)).sum();
            bbox[0].is_nan() || erased / (bbox[2] * bbox[3] + 1e-7) < self.max_erased
        };
        let flags: Vec<bool> = boxes.iter().map(stays).collect();
        if !flags.is_empty() {
            sample.objects.retain(&flags);
        }
        sample.objects.covered(&Rle::from_pixels(size, &bytes)?)?;
        sample.ignore(&bytes);
        Ok(Flow::On)
    }
}

impl ErasePatches {
    fn windows(&self, sample: &Sample, draw: &mut Draw<'_>) -> Vec<Window> {
        let size = sample.size();
        let count = draw.whole(self.patches[0], self.patches[1]);
        let patch = |_| {
            let high = draw.between(self.ratio);
            let wide = if self.squared { high } else { draw.between(self.ratio) };
            let height = pixels(f64::from(size.height) * high);
            let width = pixels(f64::from(size.width) * wide);
            let (x, y) = (draw.whole(0, size.width - width), draw.whole(0, size.height - height));
            Window { x, y, width, height }
        };
        (0..count).map(patch).collect()
    }
}

/// The area that a box shares with a window.
fn shared([x, y, w, h]: &[f64; 4], window: &Window) -> f64 {
    let along = |from: f64, length: f64, start: u32, n: u32| {
        let (start, n) = (f64::from(start), f64::from(n));
        ((from + length).min(start + n) - from.max(start)).max(0.0)
    };
    along(*x, *w, window.x, window.width) * along(*y, *h, window.y, window.height)
}
