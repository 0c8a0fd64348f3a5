//! Ice on the window, drawn and not photographed.

use super::Severity;
use super::fractal::Clouds;
use crate::augment::plane::Plane;
use crate::augment::rounding::below;
use crate::augment::uniform;
use crate::image::Pixels;
use crate::random::Random;

/// Mean and deviation of red, green and blue in a photograph.
type Look = ([f32; 3], [f32; 3]);

/// The look of the five photographs of frost that the reference draws from; the second and the third are one.
const PHOTOGRAPHS: [Look; 5] = [
    ([77.7, 149.1, 165.7], [26.9, 16.5, 15.3]),
    ([200.8, 205.4, 214.5], [21.4, 22.1, 22.6]),
    ([200.8, 205.4, 214.5], [21.4, 22.1, 22.6]),
    ([137.6, 152.8, 165.2], [28.5, 28.5, 29.9]),
    ([112.4, 123.4, 134.8], [44.4, 43.3, 41.7]),
];

/// Darkens the picture and adds ice. The reference lays a part of one of five photographs over it, which do
/// not belong to this crate: here ice is drawn, of clouds and of needles at angles of 60 degrees, and brought
/// to the mean colour and deviation of one of them. So the strength is the reference's and the pattern is
/// not.
pub(super) fn frost(pixels: &mut Pixels, severity: Severity, random: &mut Random) {
    let (kept, added) = severity.of([(1.0, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)]);
    let channels = pixels.channels().count();
    let size = (pixels.data().len() / pixels.stride(), pixels.stride() / channels);
    let (means, deviations) = PHOTOGRAPHS[random.below(5) as usize];
    let ice = ice(size, random);
    for (pixel, ice) in pixels.data_mut().chunks_exact_mut(channels).zip(&ice.data) {
        let mut colour = [0.0; 3];
        for (level, (mean, deviation)) in colour.iter_mut().zip(means.iter().zip(deviations)) {
            *level = (mean + deviation * ice).clamp(0.0, 255.0);
        }
        if channels == 1 {
            colour[0] = 0.2989 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2];
        }
        for (byte, level) in pixel.iter_mut().zip(colour) {
            *byte = below(kept * f32::from(*byte) + added * level);
        }
    }
}

/// One number a pixel, of mean 0 and deviation 1; all 0 if the picture is too small to have any.
fn ice(size: (usize, usize), random: &mut Random) -> Plane {
    let (haze, grain) = (Clouds::new(size, 2.0, random), Clouds::new(size, 1.5, random));
    let mut ice = Plane::single(size, |n| {
        let (y, x) = (n / size.1, n % size.1);
        // Grain has ridges where it goes through its middle.
        2.0 * haze.at(y, x) + (1.0 - (2.0 * grain.at(y, x) - 1.0).abs()).powi(3)
    });
    needles(&mut ice, random);
    standardise(&mut ice.data);
    ice
}

/// Draws thin lines that fade from their root, in three directions common to all, about one in 400 pixels.
fn needles(ice: &mut Plane, random: &mut Random) {
    let turned = uniform(random, 0.0, 60.0);
    let longest = (0.15 * ice.height.max(ice.width) as f64).clamp(4.0, 120.0);
    for _ in 0..ice.data.len() / 400 {
        let mut y = uniform(random, 0.0, ice.height as f64);
        let mut x = uniform(random, 0.0, ice.width as f64);
        let angle = (turned + 60.0 * random.below(6) as f64 + uniform(random, -6.0, 6.0)).to_radians();
        let length = uniform(random, 0.2, 1.0) * longest;
        let (down, right) = angle.sin_cos();
        for n in 0..length as usize {
            // Truncation keeps −0.9 inside, hence the floor.
            let (row, column) = (y.floor(), x.floor());
            if row < 0.0 || column < 0.0 || row >= ice.height as f64 || column >= ice.width as f64 {
                break;
            }
            ice.data[row as usize * ice.width + column as usize] += 1.0 - n as f32 / length as f32;
            y += down;
            x += right;
        }
    }
}

fn standardise(numbers: &mut [f32]) {
    let count = numbers.len() as f64;
    let mean = numbers.iter().map(|x| f64::from(*x)).sum::<f64>() / count;
    let deviation = (numbers.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / count).sqrt();
    let scale = if deviation > 0.0 { 1.0 / deviation } else { 0.0 };
    numbers.iter_mut().for_each(|x| *x = ((f64::from(*x) - mean) * scale) as f32);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Channels;

    #[test]
    fn ice_has_the_mean_colour_of_a_photograph() {
        let looks: std::collections::BTreeSet<usize> = (0..40)
            .map(|key| {
                let mut picture = Pixels::filled((48, 64), Channels::Rgb, [100; 3]).unwrap();
                frost(&mut picture, Severity::ALL[2], &mut Random::keyed(&[key]));
                let mean = |channel| {
                    let values = picture.data().iter().skip(channel).step_by(3);
                    values.map(|x| f32::from(*x)).sum::<f32>() / (48.0 * 64.0)
                };
                let close = |(means, _): &Look| (0..3).all(|c| (mean(c) - 70.0 - 0.7 * means[c]).abs() < 2.5);
                PHOTOGRAPHS.iter().position(close).unwrap()
            })
            .collect();
        assert!(looks.into_iter().eq([0, 1, 3, 4]), "the third looks as the second");
    }

    #[test]
    fn small_windows_have_ice_without_a_pattern() {
        let mut picture = Pixels::filled((1, 1), Channels::Gray, [100; 3]).unwrap();
        frost(&mut picture, Severity::ALL[0], &mut Random::keyed(&[1]));
        assert!((149..=183).contains(&picture.data()[0]));
    }
}
