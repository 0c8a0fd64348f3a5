//! Means with numpy's bits: its pairwise summation, then one division.
//!
//! Numbers that are published were made by numpy, whose sum of many floats is not that of a plain loop. The
//! invariant: [`mean`] and [`nan_mean`] of a contiguous array are `numpy.mean` and `numpy.nanmean` bit for bit.

/// The mean; NaN of nothing.
pub fn mean(values: &[f64]) -> f64 {
    match values.len() {
        0 => f64::NAN,
        len => pairwise(values) / len as f64,
    }
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

/// numpy's sum: halves down to 128 values, and these in eight lanes.
pub fn pairwise(values: &[f64]) -> f64 {
    const LANES: usize = 8;
    let len = values.len();
    if len < LANES {
        return values.iter().fold(0.0, |sum, v| sum + v);
    }
    if len > 128 {
        let half = len / 2 - len / 2 % LANES;
        return pairwise(&values[..half]) + pairwise(&values[half..]);
    }
    let mut lane = [0.0; LANES];
    lane.copy_from_slice(&values[..LANES]);
    let blocks = values[LANES..].chunks_exact(LANES);
    let rest = blocks.remainder();
    for block in blocks {
        lane.iter_mut().zip(block).for_each(|(sum, v)| *sum += v);
    }
    let [a, b, c, d, e, f, g, h] = lane;
    rest.iter().fold(((a + b) + (c + d)) + ((e + f) + (g + h)), |sum, v| sum + v)
}
