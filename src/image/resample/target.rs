//! [`Target`]: where the numbers of a picture go, and what they become on the way.

#![allow(
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "sizes are checked when a target is made"
)]

use half::{bf16, f16};

use super::super::pixels::Channels;
use crate::error::{Error, ErrorKind, Place, Result};

/// Where the channels of a pixel lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Side by side: height, width, channels.
    Hwc,
    /// A plane each: channels, height, width.
    #[default]
    Chw,
}

/// The numbers of a buffer, by type.
#[derive(Debug)]
pub enum Values<'a> {
    /// Whole numbers 0..=255, rounded and clipped.
    U8(&'a mut [u8]),
    /// Single precision.
    F32(&'a mut [f32]),
    /// Half precision.
    F16(&'a mut [f16]),
    /// The upper half of single precision.
    Bf16(&'a mut [bf16]),
}

impl Values<'_> {
    fn len(&self) -> usize {
        match self {
            Values::U8(values) => values.len(),
            Values::F32(values) => values.len(),
            Values::F16(values) => values.len(),
            Values::Bf16(values) => values.len(),
        }
    }
}

/// A place in a buffer for a picture: a canvas of (height, width), on which the picture lies somewhere, and the line that
/// each channel's samples are put through: value · scale + bias.
#[derive(Debug)]
pub struct Target<'a> {
    values: Values<'a>,
    order: Order,
    canvas: (u32, u32),
    channels: Channels,
    /// The picture's row and column on the canvas.
    at: (u32, u32),
    size: (u32, u32),
    scale: [f32; 3],
    bias: [f32; 3],
    /// Blue first.
    swapped: bool,
}

impl<'a> Target<'a> {
    /// A canvas of a size that the picture fills, samples as they are.
    ///
    /// # Errors
    /// `Length` if there are not height × width × channels values.
    pub fn new(
        values: Values<'a>,
        order: Order,
        canvas: (u32, u32),
        channels: Channels,
    ) -> Result<Target<'a>> {
        let wanted = canvas.0 as usize * canvas.1 as usize * channels.count();
        if values.len() != wanted {
            let what = format!("{} values for {}x{}x{}", values.len(), canvas.0, canvas.1, channels.count());
            return Err(Error::new(ErrorKind::Length, what).at(Place::area("resample")));
        }
        Ok(Target {
            values,
            order,
            canvas,
            channels,
            at: (0, 0),
            size: canvas,
            scale: [1.0; 3],
            bias: [0.0; 3],
            swapped: false,
        })
    }

    /// The picture lies at this row and column and has this size; the rest of the canvas is left as it is.
    ///
    /// # Errors
    /// `Length` if it would leave the canvas.
    pub fn placed(self, at: (u32, u32), size: (u32, u32)) -> Result<Target<'a>> {
        let fits = |at: u32, n: u32, all: u32| at.checked_add(n).is_some_and(|end| end <= all);
        if !fits(at.0, size.0, self.canvas.0) || !fits(at.1, size.1, self.canvas.1) {
            let what = format!("{size:?} at {at:?} leaves a canvas of {:?}", self.canvas);
            return Err(Error::new(ErrorKind::Length, what).at(Place::area("resample")));
        }
        Ok(Target { at, size, ..self })
    }

    /// What each channel's samples 0..=255 are multiplied by, and what is added then.
    #[must_use]
    pub fn scaled(self, scale: [f32; 3], bias: [f32; 3]) -> Target<'a> {
        Target { scale, bias, ..self }
    }

    /// Blue first, as OpenCV has it; `scale` and `bias` are still those of red, green, blue.
    #[must_use]
    pub fn bgr(self, swapped: bool) -> Target<'a> {
        Target { swapped, ..self }
    }

    pub(super) fn expects(&self, size: (u32, u32), channels: Channels) -> Result<()> {
        if self.size != size || self.channels != channels {
            let what = format!(
                "a picture of {size:?} with {} channels for a place of {:?} with {}",
                channels.count(),
                self.size,
                self.channels.count()
            );
            return Err(Error::new(ErrorKind::Length, what).at(Place::area("resample")));
        }
        Ok(())
    }

    /// A row of the picture.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    pub(super) fn row<const N: usize>(&mut self, row: usize) -> Row<'_, N> {
        let (row, column) = (row + self.at.0 as usize, self.at.1 as usize);
        let (height, width) = (self.canvas.0 as usize, self.canvas.1 as usize);
        let long = self.size.1 as usize;
        let lines = std::array::from_fn(|channel| (self.scale[channel], self.bias[channel]));
        let swapped = self.swapped && N == 3;
        match (&mut self.values, self.order) {
            (Values::U8(out), Order::Hwc) => {
                let start = (row * width + column) * N;
                Row::Bytes(&mut out[start..start + long * N], lines, swapped)
            }
            (Values::F32(out), Order::Chw) => {
                let plane = |channel| if swapped { N - 1 - channel } else { channel };
                let start = |channel| (plane(channel) * height + row) * width + column;
                let ranges = std::array::from_fn(|channel| start(channel)..start(channel) + long);
                out.get_disjoint_mut(ranges).map_or(Row::Other, |planes| Row::Planes(planes, lines))
            }
            _ => Row::Other,
        }
    }

    /// Puts a row of samples, rounded to whole numbers 0..=255, channel by channel in pieces.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    pub(super) fn put_planes<'s, const N: usize, I: Iterator<Item = &'s [f32; 16]>>(
        &mut self,
        row: usize,
        plane: impl Fn(usize) -> I,
    ) {
        let (row, column) = (row + self.at.0 as usize, self.at.1 as usize);
        let (height, width) = (self.canvas.0 as usize, self.canvas.1 as usize);
        for channel in 0..N {
            let place = if self.swapped && N == 3 { 2 - channel } else { channel };
            let (start, step) = match self.order {
                Order::Hwc => ((row * width + column) * N + place, N),
                Order::Chw => ((place * height + row) * width + column, 1),
            };
            let end = start + (self.size.1 as usize - 1) * step + 1;
            let (a, b) = (self.scale[channel], self.bias[channel]);
            let pieces = plane(channel);
            match &mut self.values {
                Values::U8(out) => {
                    spread(&mut out[start..end], step, pieces, |v| (v * a + b).round_ties_even() as u8);
                }
                Values::F32(out) => spread(&mut out[start..end], step, pieces, |v| v * a + b),
                Values::F16(out) => spread(&mut out[start..end], step, pieces, |v| f16::from_f32(v * a + b)),
                Values::Bf16(out) => {
                    spread(&mut out[start..end], step, pieces, |v| bf16::from_f32(v * a + b))
                }
            }
        }
    }

    /// Puts a row of samples, rounded to whole numbers 0..=255, channels side by side.
    #[inline(always)]
    pub(super) fn put<const N: usize>(&mut self, row: usize, samples: &[f32]) {
        let line = Line::<N> {
            row: row + self.at.0 as usize,
            column: self.at.1 as usize,
            height: self.canvas.0 as usize,
            width: self.canvas.1 as usize,
            order: self.order,
            swapped: self.swapped && N == 3,
            scale: self.scale,
            bias: self.bias,
        };
        let plain = self.scale == [1.0; 3] && self.bias == [0.0; 3];
        match &mut self.values {
            Values::U8(out) if plain => line.put(samples, out, |v, _, _| v as u8),
            Values::U8(out) => line.put(samples, out, |v, a, b| (v * a + b).round_ties_even() as u8),
            Values::F32(out) => line.put(samples, out, |v, a, b| v * a + b),
            Values::F16(out) => line.put(samples, out, |v, a, b| f16::from_f32(v * a + b)),
            Values::Bf16(out) => line.put(samples, out, |v, a, b| bf16::from_f32(v * a + b)),
        }
    }
}

/// A row of a target, and for each channel what its samples are multiplied by and what is added.
#[cfg(target_arch = "x86_64")]
pub(super) enum Row<'a, const N: usize> {
    /// Bytes, channels side by side; whether the last comes first.
    Bytes(&'a mut [u8], [(f32, f32); N], bool),
    /// Numbers, a slice a channel.
    Planes([&'a mut [f32]; N], [(f32, f32); N]),
    /// Anything else.
    Other,
}

/// Numbers as `make` has them, `step` apart.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn spread<'s, T>(
    out: &mut [T],
    step: usize,
    pieces: impl Iterator<Item = &'s [f32; 16]>,
    make: impl Fn(f32) -> T,
) {
    if step == 1 {
        let (whole, rest) = out.as_chunks_mut::<16>();
        let mut pieces = pieces;
        for (out, piece) in whole.iter_mut().zip(&mut pieces) {
            *out = piece.map(&make);
        }
        if let Some(piece) = pieces.next() {
            rest.iter_mut().zip(piece).for_each(|(out, v)| *out = make(*v));
        }
        return;
    }
    out.iter_mut().step_by(step).zip(pieces.flatten()).for_each(|(out, v)| *out = make(*v));
}

/// A row of a canvas with `N` channels.
struct Line<const N: usize> {
    row: usize,
    column: usize,
    height: usize,
    width: usize,
    order: Order,
    swapped: bool,
    scale: [f32; 3],
    bias: [f32; 3],
}

impl<const N: usize> Line<N> {
    #[inline(always)]
    fn put<T: Copy>(&self, samples: &[f32], out: &mut [T], make: impl Fn(f32, f32, f32) -> T) {
        let (pixels, _) = samples.as_chunks::<N>();
        let place = |channel: usize| if self.swapped { 2 - channel } else { channel };
        match self.order {
            Order::Hwc => {
                let start = (self.row * self.width + self.column) * N;
                let (out, _) = out[start..start + pixels.len() * N].as_chunks_mut::<N>();
                if self.swapped {
                    for (out, pixel) in out.iter_mut().zip(pixels) {
                        for channel in 0..N {
                            out[2 - channel] = make(pixel[channel], self.scale[channel], self.bias[channel]);
                        }
                    }
                } else {
                    for (out, pixel) in out.iter_mut().zip(pixels) {
                        for channel in 0..N {
                            out[channel] = make(pixel[channel], self.scale[channel], self.bias[channel]);
                        }
                    }
                }
            }
            Order::Chw => {
                for channel in 0..N {
                    let (scale, bias) = (self.scale[channel], self.bias[channel]);
                    let plane = place(channel) * self.height * self.width;
                    let start = plane + self.row * self.width + self.column;
                    let out = &mut out[start..start + pixels.len()];
                    for (out, pixel) in out.iter_mut().zip(pixels) {
                        *out = make(pixel[channel], scale, bias);
                    }
                }
            }
        }
    }
}
