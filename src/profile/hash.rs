//! [`Print`]: what a picture looks like, in 128 bits that survive another encoding, size or brightness.
//!
//! Two rules that err in different places; pictures are alike where both say so.
//!
//! - `frequencies`, the DCT hash: the luma on 32 × 32 pixels (Lanczos), its two-dimensional DCT-II, of which the 8 × 8
//!   lowest frequencies are kept, one bit each: above their median or not. Zauner, "Implementation and Benchmarking of
//!   Perceptual Image Hash Functions" (2010), in the form of the Python package `imagehash` (`phash`).
//! - `gradients`, the difference hash: the luma on 9 × 8 pixels, one bit for each pair of neighbours in a row: does it
//!   get brighter. Krawetz, "Kind of Like That" (2013), `dhash` of `imagehash`.
//!
//! A picture of one tone has no such look: what is left of it is noise, by which all blank pages would be equal. So a
//! picture whose 32 × 32 pixels deviate by less than [`FLAT`] levels from their mean has no print. A picture of few
//! frequencies, such as one even slope, has bits of noise too: copies of it may be missed.

use std::f64::consts::PI;
use std::sync::LazyLock;

use crate::error::Result;
use crate::image::{Filter, Pixels};

/// The side of the picture that is transformed.
const SIDE: usize = 32;

/// The side of the square of frequencies that is kept.
const KEPT: usize = 8;

/// Below this standard deviation, in levels of 0 to 255, a picture is flat.
const FLAT: f64 = 3.0;

/// What a picture looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Print {
    /// Which low frequencies are stronger than half of them.
    pub frequencies: u64,
    /// Where it gets brighter from left to right.
    pub gradients: u64,
}

/// `cos(π (2x + 1) u / 64)` for `u` below [`KEPT`], row after row.
static COSINES: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let cosine = |u: usize, x: usize| (PI * (2 * x + 1) as f64 * u as f64 / (2 * SIDE) as f64).cos();
    (0..KEPT).flat_map(|u| (0..SIDE).map(move |x| cosine(u, x))).collect()
});

impl Print {
    /// The print of a picture; `None` where it is flat.
    ///
    /// ```
    /// use lensframe::image::{Channels, Pixels};
    /// use lensframe::profile::Print;
    /// # fn main() -> lensframe::error::Result<()> {
    /// assert_eq!(Print::of(Pixels::filled((40, 50), Channels::Rgb, [9, 90, 200])?)?, None);
    /// let level = |x: u32, y: u32| ((x * x + 3 * x * y + 2 * y * y) / 90 % 200) as u8;
    /// let data: Vec<u8> = (0..64 * 64).map(|n| level(n % 64, n / 64)).collect();
    /// let drawn = Pixels::new((64, 64), Channels::Gray, data)?;
    /// let brighter = drawn.data().iter().map(|v| v + 9).collect();
    /// let brighter = Pixels::new((64, 64), Channels::Gray, brighter)?;
    /// let (a, b) = (Print::of(drawn)?.unwrap(), Print::of(brighter)?.unwrap());
    /// assert!(a.distance(b) <= 4);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// None is known: those of resizing.
    pub fn of(pixels: Pixels) -> Result<Option<Print>> {
        let luma = pixels.to_gray();
        let small = luma.resize((SIDE as u32, SIDE as u32), Filter::Lanczos)?;
        let levels: Vec<f64> = small.data().iter().map(|v| f64::from(*v)).collect();
        let count = levels.len() as f64;
        let mean = levels.iter().sum::<f64>() / count;
        let variance = levels.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
        if variance.sqrt() < FLAT {
            return Ok(None);
        }
        let rows = luma.resize((KEPT as u32, KEPT as u32 + 1), Filter::Lanczos)?;
        let mut gradients = 0;
        for row in rows.rows() {
            for pair in row.windows(2) {
                gradients = gradients << 1 | u64::from(pair[1] > pair[0]);
            }
        }
        Ok(Some(Print { frequencies: frequencies(&levels), gradients }))
    }

    /// In how many of 64 bits the frequencies differ.
    pub fn distance(self, other: Print) -> u32 {
        (self.frequencies ^ other.frequencies).count_ones()
    }

    /// Whether the gradients agree that two pictures are alike. They are held to less, since neighbours that are
    /// equal fall either way: a quarter of the bits, which unrelated pictures pass once in 10^5.
    pub(super) fn agrees(self, other: Print) -> bool {
        (self.gradients ^ other.gradients).count_ones() <= 16
    }
}

/// The bits of the lowest frequencies.
fn frequencies(levels: &[f64]) -> u64 {
    let sum = |row: &[f64], values: &mut dyn Iterator<Item = f64>| -> f64 {
        row.iter().zip(values).map(|(cosine, v)| cosine * v).sum()
    };
    let mut across = [[0.0; KEPT]; SIDE];
    for (line, row) in across.iter_mut().zip(levels.chunks_exact(SIDE)) {
        for (out, cosines) in line.iter_mut().zip(COSINES.chunks_exact(SIDE)) {
            *out = sum(cosines, &mut row.iter().copied());
        }
    }
    let mut kept = [0.0; KEPT * KEPT];
    for (v, cosines) in COSINES.chunks_exact(SIDE).enumerate() {
        for u in 0..KEPT {
            kept[v * KEPT + u] = sum(cosines, &mut across.iter().map(|line| line[u]));
        }
    }
    let mut sorted = kept;
    sorted.sort_by(f64::total_cmp);
    let middle = KEPT * KEPT / 2;
    let median = f64::midpoint(sorted[middle - 1], sorted[middle]);
    kept.iter().fold(0, |bits, value| bits << 1 | u64::from(*value > median))
}
