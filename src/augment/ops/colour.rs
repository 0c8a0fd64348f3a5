//! Operations that change colours alone: [`ColorJitter`], [`PhotoMetricDistortion`], [`HsvJitter`], [`Lighting`], [`Tone`],
//! [`Blur`], [`Corrupt`].

use serde::{Deserialize, Serialize};

use super::{Operation, check_range, wrong};
use crate::augment::chance::Span;
use crate::augment::corrupt::{Corruption, Severity, corrupt};
use crate::augment::distort::{PhotoMetric, SsdDistort};
use crate::augment::draw::{Draw, Flow};
use crate::augment::hsv::{HsvGain, HsvShift};
use crate::augment::sample::Sample;
use crate::augment::tone::{self, Cutoff, Rule, Tiles};
use crate::augment::{blur, tone::Lighting as Components};
use crate::error::Result;
use crate::image::Pixels;

/// Brightness, contrast, saturation and hue by chance, in an order by chance: torchvision's `ColorJitter` on pictures of
/// Pillow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ColorJitter {
    /// Factors 1 − b to 1 + b.
    pub brightness: f64,
    /// Factors 1 − c to 1 + c.
    pub contrast: f64,
    /// Factors 1 − s to 1 + s.
    pub saturation: f64,
    /// Turns of −h to h of the circle.
    pub hue: f64,
}

impl Default for ColorJitter {
    /// Nothing.
    fn default() -> ColorJitter {
        ColorJitter { brightness: 0.0, contrast: 0.0, saturation: 0.0, hue: 0.0 }
    }
}

impl Operation for ColorJitter {
    fn check(&self) -> Result<()> {
        let parts =
            [("brightness", self.brightness), ("contrast", self.contrast), ("saturation", self.saturation)];
        parts.into_iter().try_for_each(|(name, most)| check_range(name, [most, most], 0.0, 100.0))?;
        check_range("hue", [self.hue, self.hue], 0.0, 0.5)
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let mut order = [0, 1, 2, 3];
        draw.random().shuffle(&mut order);
        let [brightness, contrast, saturation] = [self.brightness, self.contrast, self.saturation]
            .map(|most| draw.between([(1.0 - most).max(0.0), 1.0 + most]));
        let hue = draw.between([-self.hue, self.hue]);
        for (name, value) in
            [("brightness", brightness), ("contrast", contrast), ("saturation", saturation), ("hue", hue)]
        {
            draw.tell(name, value);
        }
        let Some(pixels) = sample.pixels()? else { return Ok(Flow::On) };
        for part in order {
            match part {
                0 if self.brightness > 0.0 => tone::brightness(pixels, brightness, Rule::Pillow),
                1 if self.contrast > 0.0 => tone::contrast(pixels, contrast, Rule::Pillow),
                2 if self.saturation > 0.0 => tone::saturation(pixels, saturation, Rule::Pillow),
                3 if self.hue > 0.0 => tone::hue(pixels, hue),
                _ => {}
            }
        }
        Ok(Flow::On)
    }
}

/// SSD's chain of brightness, contrast, saturation and hue, each in half of the cases: MMDetection's
/// `PhotoMetricDistortion`, whose numbers are rounded to 8 bits at its end here; `levels` works on 8 bits throughout, as
/// ChainerCV's `random_distort` does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PhotoMetricDistortion {
    /// The most that is added to levels or taken from them.
    pub brightness_delta: f64,
    /// Factors.
    pub contrast_range: [f64; 2],
    /// Factors.
    pub saturation_range: [f64; 2],
    /// The most that is added to hue: degrees, or with `levels` steps of two degrees.
    pub hue_delta: f64,
    /// ChainerCV's arithmetic.
    pub levels: bool,
}

impl Default for PhotoMetricDistortion {
    /// The numbers of both.
    fn default() -> PhotoMetricDistortion {
        PhotoMetricDistortion {
            brightness_delta: 32.0,
            contrast_range: [0.5, 1.5],
            saturation_range: [0.5, 1.5],
            hue_delta: 18.0,
            levels: false,
        }
    }
}

impl Operation for PhotoMetricDistortion {
    fn check(&self) -> Result<()> {
        check_range("brightness_delta", [0.0, self.brightness_delta], 0.0, 255.0)?;
        check_range("contrast_range", self.contrast_range, 0.0, 100.0)?;
        check_range("saturation_range", self.saturation_range, 0.0, 100.0)?;
        check_range("hue_delta", [0.0, self.hue_delta], 0.0, 180.0)
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let span = |[low, high]: [f64; 2]| Span::new(low, high);
        let (contrast, saturation) = (span(self.contrast_range), span(self.saturation_range));
        let brightness = Span::around_zero(self.brightness_delta);
        if self.levels {
            let drawn = SsdDistort { brightness, contrast, saturation, hue: self.hue_delta as u8 };
            let drawn = drawn.draw(draw.random());
            if let Some(pixels) = sample.pixels()? {
                drawn.apply(pixels);
            }
            return Ok(Flow::On);
        }
        let hue = Span::around_zero(self.hue_delta);
        let drawn = PhotoMetric { brightness, contrast, saturation, hue }.draw(draw.random());
        if let Some(pixels) = sample.pixels()? {
            let mut numbers: Vec<f32> = pixels.data().iter().map(|level| f32::from(*level)).collect();
            drawn.apply(&mut numbers);
            let levels = pixels.data_mut().iter_mut().zip(numbers);
            levels.for_each(|(level, number)| *level = number.round_ties_even() as u8);
        }
        Ok(Flow::On)
    }
}

/// Whose arithmetic [`HsvJitter`] is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HsvRule {
    /// Levels are added: YOLOX, MMDetection's `YOLOXHSVRandomAug`.
    #[default]
    Yolox,
    /// Gains: Ultralytics' `RandomHSV`.
    Ultralytics,
    /// Gains, hue too: YOLOv5.
    Yolov5,
}

/// Hue, saturation and value by chance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HsvJitter {
    /// The most for hue, saturation and value: levels of OpenCV's HSV, or shares where they are gains.
    pub deltas: [f64; 3],
    /// Whose arithmetic.
    pub rule: HsvRule,
}

impl Default for HsvJitter {
    /// YOLOX's numbers.
    fn default() -> HsvJitter {
        HsvJitter { deltas: [5.0, 30.0, 30.0], rule: HsvRule::Yolox }
    }
}

impl Operation for HsvJitter {
    fn check(&self) -> Result<()> {
        let most = if self.rule == HsvRule::Yolox { 255.0 } else { 1.0 };
        self.deltas.iter().try_for_each(|delta| check_range("deltas", [*delta, *delta], 0.0, most))
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let Some(pixels) = sample.pixels()? else { return Ok(Flow::On) };
        match self.rule {
            HsvRule::Yolox => HsvShift::draw(self.deltas, draw.random()).apply(pixels),
            HsvRule::Ultralytics => HsvGain::draw(self.deltas, draw.random()).apply(pixels),
            HsvRule::Yolov5 => HsvGain::draw_times(self.deltas, draw.random()).apply(pixels),
        }
        Ok(Flow::On)
    }
}

/// One offset for all pixels along the principal components of ImageNet's colours: AlexNet's, ChainerCV's `pca_lighting`,
/// MMCV's `adjust_lighting`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lighting {
    /// The deviation of what is drawn, for levels 0..=255.
    pub sigma: f64,
    /// ChainerCV's matrix, whose components are in rows.
    pub chainercv: bool,
}

impl Default for Lighting {
    /// 25.5, a tenth of the range.
    fn default() -> Lighting {
        Lighting { sigma: 25.5, chainercv: false }
    }
}

impl Operation for Lighting {
    fn check(&self) -> Result<()> {
        check_range("sigma", [0.0, self.sigma], 0.0, 1e6)
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let alpha = [0, 1, 2].map(|_| draw.normal() * self.sigma);
        let components = if self.chainercv { Components::CHAINERCV } else { Components::IMAGENET };
        if let Some(pixels) = sample.pixels()? {
            components.add(pixels, alpha);
        }
        Ok(Flow::On)
    }
}

/// What [`Tone`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Towards black (0) or brighter (above 1).
    Brightness,
    /// Towards the mean gray.
    Contrast,
    /// Towards gray.
    Saturation,
    /// Towards smooth.
    Sharpness,
    /// Values to the power of it.
    Gamma,
    /// Only so many upper bits stay.
    Posterize,
    /// Values from it on are inverted.
    Solarize,
    /// A turn of the circle of hues.
    Hue,
    /// Contrast within tiles; the value is the clip limit.
    Clahe,
    /// Stretched, after so many percent are taken from both ends.
    AutoContrast,
    /// Histograms made flat; the value does not matter.
    Equalize,
    /// Inverted; the value does not matter.
    Invert,
    /// Gray in three channels; the value does not matter.
    Grayscale,
}

/// One change of tone by a value drawn from a range, by MMCV's and OpenCV's arithmetic or Pillow's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tone {
    /// What is done.
    pub change: Change,
    /// How much.
    #[serde(default)]
    pub value: [f64; 2],
    /// Pillow's arithmetic, where it has its own.
    #[serde(default)]
    pub pillow: bool,
}

impl Tone {
    fn change(&self, pixels: &mut Pixels, value: f64) {
        let rule = if self.pillow { Rule::Pillow } else { Rule::OpenCv };
        match self.change {
            Change::Brightness => tone::brightness(pixels, value, rule),
            Change::Contrast => tone::contrast(pixels, value, rule),
            Change::Saturation => tone::saturation(pixels, value, rule),
            Change::Sharpness => tone::sharpness(pixels, value, rule),
            Change::Gamma => tone::gamma(pixels, value),
            Change::Posterize => tone::posterize(pixels, value as u32),
            Change::Solarize => tone::solarize(pixels, value as u16),
            Change::Hue => tone::hue(pixels, value),
            Change::Clahe => tone::clahe(pixels, value, Tiles::default()),
            Change::AutoContrast => tone::auto_contrast(pixels, Cutoff::both(value)),
            Change::Equalize => tone::equalize(pixels),
            Change::Invert => tone::invert(pixels),
            Change::Grayscale => tone::grayscale(pixels, rule),
        }
    }
}

impl Operation for Tone {
    fn check(&self) -> Result<()> {
        let (least, most) = match self.change {
            Change::Hue => (-0.5, 0.5),
            Change::Posterize => (1.0, 8.0),
            Change::Solarize => (0.0, 256.0),
            Change::AutoContrast => (0.0, 49.0),
            Change::Gamma => (0.01, 100.0),
            _ => (0.0, 1000.0),
        };
        check_range("value", self.value, least, most)
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let value = draw.between(self.value);
        draw.tell("value", value);
        if let Some(pixels) = sample.pixels()? {
            self.change(pixels, value);
        }
        Ok(Flow::On)
    }
}

/// How [`Blur`] blurs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BlurKind {
    /// By a bell of `sigma` pixels.
    #[default]
    Gaussian,
    /// By the mean of a square.
    Mean,
    /// By the middle of a square's values.
    Median,
    /// Along a line of any direction.
    Motion,
}

/// Blurred.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Blur {
    /// How.
    pub kind: BlurKind,
    /// Pixels to either side that count, drawn from this range; of a line, half its length.
    pub radius: [u32; 2],
    /// The deviation of the bell, drawn from this range.
    pub sigma: [f64; 2],
}

impl Default for Blur {
    /// A bell of 0.1 to 2 pixels within 3 to either side.
    fn default() -> Blur {
        Blur { kind: BlurKind::Gaussian, radius: [3, 3], sigma: [0.1, 2.0] }
    }
}

impl Operation for Blur {
    fn check(&self) -> Result<()> {
        if self.radius[0] > self.radius[1] || self.radius[1] > 500 {
            return Err(wrong("radius", "is a range of at most 500"));
        }
        check_range("sigma", self.sigma, 1e-3, 500.0)
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let radius = draw.whole(self.radius[0], self.radius[1]);
        let sigma = draw.between(self.sigma);
        let angle = draw.between([0.0, 360.0]);
        draw.tell("radius", i64::from(radius));
        draw.tell("sigma", sigma);
        let Some(pixels) = sample.pixels()? else { return Ok(Flow::On) };
        match self.kind {
            BlurKind::Gaussian => blur::gaussian(pixels, radius, sigma),
            BlurKind::Mean => blur::mean(pixels, radius),
            BlurKind::Median => blur::median(pixels, radius),
            BlurKind::Motion => blur::motion(pixels, 2 * radius + 1, angle),
        }
        Ok(Flow::On)
    }
}

/// One of the fifteen corruptions by which robustness is measured (Hendrycks and Dietterich 2019), MMDetection's `Corrupt`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Corrupt {
    /// Its name, as `gaussian_noise`, `motion_blur`, `frost`, `jpeg_compression`.
    pub corruption: String,
    /// 1 to 5.
    #[serde(default = "weakest")]
    pub severity: u8,
}

fn weakest() -> u8 {
    1
}

impl Operation for Corrupt {
    fn check(&self) -> Result<()> {
        self.corruption.parse::<Corruption>()?;
        Severity::new(self.severity).map(|_| ())
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let (corruption, severity) = (self.corruption.parse()?, Severity::new(self.severity)?);
        if let Some(pixels) = sample.pixels()? {
            let done = corrupt(pixels, corruption, severity, draw.random())?;
            sample.replace_pixels(done)?;
        }
        Ok(Flow::On)
    }
}
