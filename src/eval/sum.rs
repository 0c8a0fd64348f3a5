//! Sums and means in numpy's order of addition.
//!
//! Floating-point sums depend on the order of their terms. pycocotools' numbers come from numpy, which adds a
//! list of up to 128 terms in eight lanes and splits a longer one in two: equal bits need the same order. The
//! rule is that of numpy's `add.reduce` over contiguous doubles, unchanged since numpy 1.9.

use std::ops::{Add, Neg};

/// The most terms that are added in one run of eight lanes.
const BLOCK: usize = 128;

/// The sum, as `numpy.sum` of a contiguous array of doubles gives it; 0 of nothing.
///
/// ```
/// use lensframe::eval::sum::pairwise;
/// let terms = vec![0.1; 1000];
/// let folded: f64 = terms.iter().sum();
/// assert_ne!(pairwise(&terms), folded);
/// assert_eq!(pairwise(&terms), 100.00000000000001);
/// ```
pub fn pairwise(terms: &[f64]) -> f64 {
    lanes(terms, 0.0)
}

/// The sum of single numbers, as `numpy.sum` of a contiguous array of them gives it: the same order, in single
/// precision.
pub fn pairwise_single(terms: &[f32]) -> f32 {
    lanes(terms, 0.0)
}

fn lanes<T: Copy + Add<Output = T> + Neg<Output = T>>(terms: &[T], zero: T) -> T {
    if terms.is_empty() {
        return zero;
    }
    if terms.len() < 8 {
        // numpy begins at −0.0, so that a sum of negative zeros stays one.
        return terms.iter().fold(-zero, |sum, term| sum + *term);
    }
    if terms.len() <= BLOCK {
        let (eights, rest) = terms.as_chunks::<8>();
        let mut sums = [zero; 8];
        for (n, eight) in eights.iter().enumerate() {
            for (sum, term) in sums.iter_mut().zip(eight) {
                *sum = if n == 0 { *term } else { *sum + *term };
            }
        }
        let [a, b, c, d, e, f, g, h] = sums;
        let sum = ((a + b) + (c + d)) + ((e + f) + (g + h));
        return rest.iter().fold(sum, |sum, term| sum + *term);
    }
    let half = terms.len() / 2;
    let (left, right) = terms.split_at(half - half % 8);
    lanes(left, zero) + lanes(right, zero)
}

/// The mean, as `numpy.mean` gives it; `None` of nothing.
pub fn mean(terms: &[f64]) -> Option<f64> {
    (!terms.is_empty()).then(|| pairwise(terms) / terms.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Terms whose sum shows the order of addition.
    fn terms(n: usize) -> Vec<f64> {
        (0..n)
            .map(|i| ((i * 7919 + 13) % 1009) as f64 / 997.0 * if i % 3 == 0 { 1e6 } else { 1e-3 })
            .collect()
    }

    #[test]
    fn sums_have_the_bits_of_numpy() {
        // numpy 2.4.6: [float(np.sum(terms(n))).hex()]; the script is tests/recorded/numpy_sums.py.
        let recorded: Vec<(usize, u64)> = include_str!("../../tests/recorded/numpy_sums.txt")
            .lines()
            .map(|line| {
                let (n, bits) = line.split_once(' ').unwrap();
                (n.parse().unwrap(), u64::from_str_radix(bits, 16).unwrap())
            })
            .collect();
        assert!(recorded.len() > 20);
        for (n, bits) in recorded {
            assert_eq!(pairwise(&terms(n)).to_bits(), bits, "{n} terms");
        }
    }
}
