//! Noise in single values.

use super::Severity;
use crate::augment::normal;
use crate::augment::rounding::below;
use crate::image::Pixels;
use crate::random::Random;

/// Adds a normal number of a deviation of 0.08 to 0.38 of the range.
pub(super) fn gaussian(pixels: &mut Pixels, severity: Severity, random: &mut Random) {
    let deviation = 255.0 * severity.of([0.08, 0.12, 0.18, 0.26, 0.38]);
    for byte in pixels.data_mut() {
        *byte = below((f64::from(*byte) + deviation * normal(random)) as f32);
    }
}

/// Makes of each value a number of grains of light: as many as a Poisson distribution has it, whose mean is
/// the value's share of 60 down to 3 grains.
pub(super) fn shot(pixels: &mut Pixels, severity: Severity, random: &mut Random) {
    let grains = severity.of([60.0, 25.0, 12.0, 5.0, 3.0]);
    let distributions: Vec<Vec<f64>> = (0..=255).map(|x| poisson(f64::from(x) / 255.0 * grains)).collect();
    for byte in pixels.data_mut() {
        let drawn = random.unit();
        let count = distributions[usize::from(*byte)].partition_point(|below| *below <= drawn);
        *byte = below((count as f64 / grains * 255.0) as f32);
    }
}

/// The probabilities of at most 0, 1, 2, … events, up to where nothing is left that a draw could tell from 1.
fn poisson(mean: f64) -> Vec<f64> {
    let mut one = (-mean).exp();
    let (mut sums, mut sum) = (Vec::new(), 0.0);
    for count in 1.. {
        sum += one;
        sums.push(sum);
        one *= mean / f64::from(count);
        // Past the mean each term is smaller than the one before it.
        if f64::from(count) > mean && one < 1e-18 {
            break;
        }
    }
    sums
}

/// Makes 3 to 27 of 100 values black or white, both equally often.
pub(super) fn impulse(pixels: &mut Pixels, severity: Severity, random: &mut Random) {
    let share = severity.of([0.03, 0.06, 0.09, 0.17, 0.27]);
    for byte in pixels.data_mut() {
        let drawn = random.unit();
        if drawn < share {
            *byte = if drawn < share / 2.0 { 255 } else { 0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Channels;

    /// Mean and deviation of what becomes of a value.
    fn moments(of: u8, spoil: impl Fn(&mut Pixels, &mut Random)) -> (f64, f64) {
        let mut picture = Pixels::filled((200, 100), Channels::Gray, [of; 3]).unwrap();
        spoil(&mut picture, &mut Random::keyed(&[2]));
        let n = picture.data().len() as f64;
        let mean = picture.data().iter().map(|x| f64::from(*x)).sum::<f64>() / n;
        let variance = picture.data().iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / n;
        (mean, variance.sqrt())
    }

    #[test]
    fn noise_has_the_mean_and_deviation_it_is_named_for() {
        let weakest = Severity::ALL[0];
        // Cutting to the byte below takes half a level from the mean.
        let (mean, deviation) = moments(128, |p, r| gaussian(p, weakest, r));
        assert!((mean - 127.5).abs() < 0.8 && (deviation - 0.08 * 255.0).abs() < 0.6, "{mean} {deviation}");
        for (severity, grains) in [(0, 60.0), (2, 12.0)] {
            let (mean, deviation) = moments(102, |p, r| shot(p, Severity::ALL[severity], r));
            // Of a mean of m grains the deviation is the root of m.
            let wanted = (0.4f64 * grains).sqrt() / grains * 255.0;
            assert!(
                (mean - 101.7).abs() < 1.5 && (deviation / wanted - 1.0).abs() < 0.03,
                "{mean} {deviation}"
            );
        }
        for (severity, share) in [(0, 0.03), (4, 0.27)] {
            let mut picture = Pixels::filled((200, 100), Channels::Gray, [90; 3]).unwrap();
            impulse(&mut picture, Severity::ALL[severity], &mut Random::keyed(&[2]));
            for end in [0, 255] {
                let found = picture.data().iter().filter(|x| **x == end).count() as f64 / 20_000.0;
                assert!((found - share / 2.0).abs() < 0.01, "{found}");
            }
        }
    }

    #[test]
    fn poisson_sums_are_those_of_the_formula() {
        // scipy.stats.poisson.cdf([0, 1, 2, 10], 3.5).
        let sums = poisson(3.5);
        for (n, wanted) in [(0, 0.030197383), (1, 0.135888225), (2, 0.320847199), (10, 0.998980606)] {
            assert!((sums[n] - wanted).abs() < 1e-8, "{n}");
        }
        assert_eq!(poisson(0.0), [1.0]);
        assert!((poisson(60.0).last().unwrap() - 1.0).abs() < 1e-12);
    }
}
