//! [`Plane`]: a picture in single precision, and weights run along its rows and columns.

use crate::augment::border::Border;
use crate::image::Pixels;

/// Height × width × channels numbers, the channels of a pixel side by side.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plane {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    pub(super) data: Vec<f32>,
}

impl Plane {
    /// The bytes as they are, 0 to 255.
    pub(super) fn of(pixels: &Pixels) -> Plane {
        let channels = pixels.channels().count();
        Plane {
            height: pixels.data().len() / pixels.stride(),
            width: pixels.stride() / channels,
            channels,
            data: pixels.data().iter().map(|byte| f32::from(*byte)).collect(),
        }
    }

    /// One number a pixel.
    pub(super) fn single((height, width): (usize, usize), of: impl FnMut(usize) -> f32) -> Plane {
        Plane { height, width, channels: 1, data: (0..height * width).map(of).collect() }
    }

    /// Numbers of a row.
    pub(super) fn stride(&self) -> usize {
        self.width * self.channels
    }

    /// A row's numbers.
    pub(super) fn row(&self, row: usize) -> &[f32] {
        &self.data[row * self.stride()..][..self.stride()]
    }

    /// Writes the numbers over the bytes of a picture of the same size.
    pub(super) fn write(&self, pixels: &mut Pixels, round: impl Fn(f32) -> u8) {
        for (byte, number) in pixels.data_mut().iter_mut().zip(&self.data) {
            *byte = round(*number);
        }
    }

    /// Correlates every row with `across` and every column with `down`, each of an odd number of weights
    /// around the middle one.
    pub(super) fn separable(&mut self, across: &[f32], down: &[f32], border: Border) {
        self.along_rows(across, border);
        self.along_columns(down, border);
    }

    fn along_rows(&mut self, weights: &[f32], border: Border) {
        let (stride, channels, radius) = (self.stride(), self.channels, weights.len() / 2);
        let mut padded = vec![0.0; stride + 2 * radius * channels];
        for row in self.data.chunks_exact_mut(stride) {
            widen(row, &mut padded, channels, radius, border);
            row.fill(0.0);
            for (n, weight) in weights.iter().enumerate() {
                add(row, &padded[n * channels..], *weight);
            }
        }
    }

    fn along_columns(&mut self, weights: &[f32], border: Border) {
        let radius = (weights.len() / 2).cast_signed();
        let mut filtered = vec![0.0; self.data.len()];
        for (y, sum) in filtered.chunks_exact_mut(self.stride()).enumerate() {
            for (n, weight) in weights.iter().enumerate() {
                let place = y.cast_signed() + n.cast_signed() - radius;
                add(sum, self.row(border.inside(place, self.height)), *weight);
            }
        }
        self.data = filtered;
    }
}

/// Copies a row to the middle of a longer one and fills `radius` pixels on both sides by the border's rule.
pub(super) fn widen(row: &[f32], padded: &mut [f32], channels: usize, radius: usize, border: Border) {
    let width = row.len() / channels;
    for (x, pixel) in padded.chunks_exact_mut(channels).enumerate() {
        let from = border.inside(x.cast_signed() - radius.cast_signed(), width) * channels;
        pixel.copy_from_slice(&row[from..from + channels]);
    }
}

/// Adds the weighted numbers to the sums, as many as there are sums.
pub(super) fn add(sums: &mut [f32], numbers: &[f32], weight: f32) {
    for (sum, number) in sums.iter_mut().zip(numbers) {
        *sum += weight * number;
    }
}
