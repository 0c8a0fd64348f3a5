//! Numbers of other shapes than [`Random`] has: even between two ends, and normal.

use crate::random::Random;

/// A number in `[low, high)`, every one equally likely; `low` if the two are equal.
///
/// ```
/// use lensframe::{augment::uniform, random::Random};
/// let drawn = uniform(&mut Random::keyed(&[1]), -2.0, 3.0);
/// assert!((-2.0..3.0).contains(&drawn));
/// ```
pub fn uniform(random: &mut Random, low: f64, high: f64) -> f64 {
    low + (high - low) * random.unit()
}

/// A number of the standard normal distribution, by the rule of Box and Muller (1958), from two draws. The
/// second number of the pair is not kept, so that a stream has no state but its counter.
///
/// ```
/// use lensframe::{augment::normal, random::Random};
/// assert!(normal(&mut Random::keyed(&[1])).abs() < 9.0);
/// ```
pub fn normal(random: &mut Random) -> f64 {
    // In (0, 1]: the logarithm is finite, and the radius at most 8.6.
    let radius = (-2.0 * (1.0 - random.unit()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.unit()).cos()
}

/// True in half of the cases.
pub(super) fn coin(random: &mut Random) -> bool {
    random.next_u64() >> 63 == 1
}

/// Both ends of a range to draw evenly from; they may be equal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// The least number.
    pub low: f64,
    /// The greatest.
    pub high: f64,
}

impl Span {
    /// From `low` to `high`.
    pub const fn new(low: f64, high: f64) -> Span {
        Span { low, high }
    }

    /// As far below zero as above it.
    pub const fn around_zero(delta: f64) -> Span {
        Span { low: -delta, high: delta }
    }

    /// A number of it.
    pub fn draw(self, random: &mut Random) -> f64 {
        uniform(random, self.low, self.high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_numbers_have_the_moments_of_the_normal_distribution() {
        let mut random = Random::keyed(&[3]);
        let drawn: Vec<f64> = (0..100_000).map(|_| normal(&mut random)).collect();
        let moment = |k| drawn.iter().map(|x| x.powi(k)).sum::<f64>() / drawn.len() as f64;
        // Five standard errors of each: sqrt(1/n), sqrt(2/n), sqrt(15/n), sqrt(96/n).
        for (k, wanted, spread) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0f64)] {
            assert!((moment(k) - wanted).abs() < 5.0 * (spread / 1e5).sqrt(), "{k}: {}", moment(k));
        }
    }

    #[test]
    fn a_coin_and_a_span_are_even() {
        let mut random = Random::keyed(&[4]);
        let heads = (0..10_000).filter(|_| coin(&mut random)).count();
        assert!((4750..5250).contains(&heads), "{heads}");
        let sum: f64 = (0..10_000).map(|_| Span::new(2.0, 4.0).draw(&mut random)).sum();
        assert!((sum / 1e4 - 3.0).abs() < 0.03);
        assert_eq!(Span::around_zero(0.0).draw(&mut random), 0.0);
    }
}
