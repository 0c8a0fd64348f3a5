//! [`Output`]: what the pixels of a sample become: normalised or not, a type, an order of channels.

use serde::{Deserialize, Serialize};

use super::ops::wrong;
use super::picture::Fill;
use super::sample::Sample;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::Size;
use crate::image::{Channels, Order, Target, Values};

/// The type of numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dtype {
    /// Whole numbers 0..=255.
    #[default]
    U8,
    /// Single precision.
    F32,
    /// Half precision.
    F16,
    /// The upper half of single precision.
    Bf16,
}

impl Dtype {
    /// Bytes of a number.
    pub const fn bytes(self) -> usize {
        match self {
            Dtype::U8 => 1,
            Dtype::F16 | Dtype::Bf16 => 2,
            Dtype::F32 => 4,
        }
    }
}

/// (v / max_value − mean) / std for each channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalize {
    /// Red, green, blue.
    pub mean: [f64; 3],
    /// Red, green, blue.
    pub std: [f64; 3],
    /// What 1 is: 255 where means are shares, as torchvision's; 1 where they are levels, as MMDetection's.
    #[serde(default = "levels")]
    pub max_value: f64,
}

fn levels() -> f64 {
    255.0
}

impl Normalize {
    /// What samples are multiplied by, and what is added then: red, green, blue.
    pub fn line(&self) -> ([f32; 3], [f32; 3]) {
        let scale = |n: usize| (1.0 / (self.max_value * self.std[n])) as f32;
        let bias = |n: usize| (-self.mean[n] / self.std[n]) as f32;
        (std::array::from_fn(scale), std::array::from_fn(bias))
    }

    pub(super) fn check(&self) -> Result<()> {
        let odd = |n: &f64| !n.is_finite();
        if self.mean.iter().any(odd) || self.std.iter().any(|n| odd(n) || *n <= 0.0) {
            return Err(wrong("std", "and mean are finite, and no std is 0"));
        }
        match self.max_value.is_finite() && self.max_value > 0.0 {
            true => Ok(()),
            false => Err(wrong("max_value", "is more than 0")),
        }
    }
}

/// What pixels become.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Output {
    /// The type; u8 unless pixels are normalised, f32 then.
    pub dtype: Option<Dtype>,
    /// Planes (`chw`) or pixels (`hwc`).
    pub order: Order,
    /// Blue first.
    pub bgr: bool,
}

/// A type with what is done to numbers on their way into it.
#[derive(Clone, Debug, PartialEq)]
pub struct Finish {
    /// The type.
    pub dtype: Dtype,
    /// Planes or pixels.
    pub order: Order,
    /// Blue first.
    pub bgr: bool,
    normalize: Option<Normalize>,
}

impl Finish {
    /// # Errors
    /// `Usage` for normalised pixels that are to be whole numbers.
    pub(super) fn new(output: &Output, normalize: Option<Normalize>) -> Result<Finish> {
        let dtype = output.dtype.unwrap_or(if normalize.is_some() { Dtype::F32 } else { Dtype::U8 });
        if dtype == Dtype::U8 && normalize.is_some() {
            return Err(wrong("dtype", "is u8, and normalize makes numbers that are not whole"));
        }
        Ok(Finish { dtype, order: output.order, bgr: output.bgr, normalize })
    }

    /// (C, H, W) or (H, W, C).
    pub fn shape(&self, size: Size) -> [usize; 3] {
        let (height, width) = (size.height as usize, size.width as usize);
        match self.order {
            Order::Chw => [3, height, width],
            Order::Hwc => [height, width, 3],
        }
    }

    /// Writes a sample's picture into the top left corner of a canvas of a size; what lies around it is the fill of its
    /// own canvas where it has one, and what was there else.
    ///
    /// # Errors
    /// `Key` without a picture, `Length` for a canvas that is too small; those of decoding.
    pub fn write(&self, sample: &Sample, mut values: Values<'_>, canvas: Size) -> Result<()> {
        let picture = sample.picture().ok_or_else(|| {
            Error::new(ErrorKind::Key, "a row has no picture").at(Place::area("feed").key("img"))
        })?;
        let size = sample.size();
        let (scale, bias) = self.normalize.as_ref().map_or(([1.0; 3], [0.0; 3]), Normalize::line);
        if let Some(fill) = picture.fill() {
            let colour = match fill {
                Fill::Zero => [0.0; 3],
                Fill::Colour(colour) => std::array::from_fn(|n| f32::from(colour[n]) * scale[n] + bias[n]),
            };
            self.fill(&mut values, size, canvas, colour);
        }
        let target = Target::new(values, self.order, (canvas.height, canvas.width), Channels::Rgb)?
            .placed((0, 0), (size.height, size.width))?
            .scaled(scale, bias)
            .bgr(self.bgr);
        picture.write(target)
    }

    /// Paints the top left corner of a canvas.
    fn fill(&self, values: &mut Values<'_>, size: Size, canvas: Size, colour: [f32; 3]) {
        let colour = if self.bgr { [colour[2], colour[1], colour[0]] } else { colour };
        let paint = Paint { order: self.order, size, canvas };
        match values {
            Values::U8(out) => paint.over(out, colour.map(|v| v as u8)),
            Values::F32(out) => paint.over(out, colour),
            Values::F16(out) => paint.over(out, colour.map(half::f16::from_f32)),
            Values::Bf16(out) => paint.over(out, colour.map(half::bf16::from_f32)),
        }
    }
}

struct Paint {
    order: Order,
    size: Size,
    canvas: Size,
}

impl Paint {
    fn over<T: Copy>(&self, out: &mut [T], colour: [T; 3]) {
        let (wide, high) = (self.canvas.width as usize, self.canvas.height as usize);
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        match self.order {
            Order::Hwc => {
                for row in out.chunks_exact_mut(wide * 3).take(height) {
                    row[..width * 3].as_chunks_mut::<3>().0.fill(colour);
                }
            }
            Order::Chw => {
                for (plane, value) in out.chunks_exact_mut(wide * high).zip(colour) {
                    plane.chunks_exact_mut(wide).take(height).for_each(|row| row[..width].fill(value));
                }
            }
        }
    }
}
