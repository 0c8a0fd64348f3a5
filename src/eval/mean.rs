//! Means with numpy's bits: its order of addition ([`sum`]), then one division.
//!
//! Numbers that are published were made by numpy, whose sum of many floats is not that of a plain loop. The
//! invariant: [`mean`] and [`nan_mean`] of a contiguous array are `numpy.mean` and `numpy.nanmean` bit for bit.

use crate::eval::sum::{self, pairwise};

/// The mean; NaN of nothing.
pub fn mean(values: &[f64]) -> f64 {
    sum::mean(values).unwrap_or(f64::NAN)
}

/// The mean of what is not NaN; NaN if nothing is left. Others count as 0 in the sum, in their place, as numpy
/// does it, so that the order of additions is that of all values.
///
/// ```
/// use lensframe::eval::mean::nan_mean;
/// assert_eq!(nan_mean(&[0.5, f64::NAN, 1.0]), 0.75);
/// assert!(nan_mean(&[f64::NAN]).is_nan());
/// ```
pub fn nan_mean(values: &[f64]) -> f64 {
    let filled: Vec<f64> = values.iter().map(|v| if v.is_nan() { 0.0 } else { *v }).collect();
    match values.iter().filter(|v| !v.is_nan()).count() {
        0 => f64::NAN,
        left => pairwise(&filled) / left as f64,
    }
}
