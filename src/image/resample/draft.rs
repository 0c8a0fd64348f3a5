//! [`Draft`]: a picture that was decoded, and what is left to be done to it.
//!
//! Whoever finishes it elsewhere, as a GPU does, makes the samples that [`Resample`](super::Resample) makes here: rows are
//! mixed first, then columns, then the sum is rounded to the nearest whole number 0..=255.

use super::weights::Axis;

/// Which samples of a line make each sample of another, and how much of each.
#[derive(Clone, Debug, PartialEq)]
pub struct Taps {
    /// Samples that are mixed for each.
    pub each: u32,
    /// The first of them, for each.
    pub first: Vec<u32>,
    /// `each` weights for each; they sum to 1.
    pub weights: Vec<f32>,
}

impl Taps {
    /// The weights of an axis whose samples begin at `from`.
    pub(super) fn of(axis: &Axis, from: u32) -> Taps {
        Taps {
            each: u32::try_from(axis.taps).unwrap_or(u32::MAX),
            first: axis.first.iter().map(|first| first.saturating_sub(from)).collect(),
            weights: axis.weights.clone(),
        }
    }

    /// Every sample as it is.
    pub fn as_is(samples: u32) -> Taps {
        let each = usize::try_from(samples).unwrap_or(usize::MAX);
        Taps { each: 1, first: (0..samples).collect(), weights: vec![1.0; each] }
    }
}

/// A picture that was decoded, and what is left to be done to it: resampled, it lies on a canvas.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Red, green and blue side by side, row after row: the samples that are read, and no others.
    pub data: Vec<u8>,
    /// Samples of a row of it.
    pub width: u32,
    /// How its rows are mixed.
    pub rows: Taps,
    /// How its columns are mixed.
    pub columns: Taps,
    /// Row and column on the canvas.
    pub at: (u32, u32),
    /// (height, width) of the canvas.
    pub canvas: (u32, u32),
    /// What lies around the picture there: red, green, blue.
    pub fill: [u8; 3],
}
