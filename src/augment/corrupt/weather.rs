//! Snow, fog and daylight.

use super::Severity;
use super::defocus::smeared;
use super::fractal::Clouds;
use super::zoom::enlarged;
use crate::augment::plane::Plane;
use crate::augment::rounding::{below, nearest};
use crate::augment::{normal, uniform};
use crate::image::Pixels;
use crate::random::Random;

/// How it snows.
#[derive(Clone, Copy)]
struct Snowfall {
    /// Mean and deviation of the noise of which flakes are made, and below what there are none.
    mean: f64,
    deviation: f64,
    threshold: f32,
    /// How large flakes are.
    scale: f64,
    /// How far they fall during exposure.
    radius: u32,
    sigma: f64,
    /// How much of the picture stays; the rest is paler.
    share: f32,
}

impl Snowfall {
    const fn new(noise: (f64, f64), scale: f64, threshold: f32, fall: (u32, f64), share: f32) -> Snowfall {
        let ((mean, deviation), (radius, sigma)) = (noise, fall);
        Snowfall { mean, deviation, threshold, scale, radius, sigma, share }
    }

    const ALL: [Snowfall; 5] = [
        Snowfall::new((0.1, 0.3), 3.0, 0.5, (10, 4.0), 0.8),
        Snowfall::new((0.2, 0.3), 2.0, 0.5, (12, 4.0), 0.7),
        Snowfall::new((0.55, 0.3), 4.0, 0.9, (12, 8.0), 0.7),
        Snowfall::new((0.55, 0.3), 4.5, 0.85, (12, 8.0), 0.65),
        Snowfall::new((0.55, 0.3), 2.5, 0.85, (12, 12.0), 0.55),
    ];

    /// Flakes from 0 to 1, smeared downwards at an angle drawn from −135 to −45 degrees. At least as large as
    /// the picture.
    fn flakes(self, size: (usize, usize), random: &mut Random) -> Plane {
        let noise = Plane::single(size, |_| (self.mean + self.deviation * normal(random)) as f32);
        let mut flakes = enlarged(&noise, self.scale);
        for flake in &mut flakes.data {
            *flake = if *flake < self.threshold { 0.0 } else { flake.clamp(0.0, 1.0) };
        }
        let mut falling = smeared(&flakes, self.radius, self.sigma, uniform(random, -135.0, -45.0));
        // The reference keeps them as bytes in between.
        falling.data.iter_mut().for_each(|flake| *flake = f32::from(nearest(*flake * 255.0)) / 255.0);
        falling
    }
}

/// Mixes in a paler picture and adds flakes, once as they are and once turned by 180 degrees.
pub(super) fn snow(pixels: &mut Pixels, severity: Severity, random: &mut Random) {
    let fall = severity.of(Snowfall::ALL);
    let channels = pixels.channels().count();
    let (height, width) = (pixels.data().len() / pixels.stride(), pixels.stride() / channels);
    let flakes = fall.flakes((height, width), random);
    for (n, pixel) in pixels.data_mut().chunks_exact_mut(channels).enumerate() {
        let (y, x) = (n / width, n % width);
        let flake = flakes.row(y)[x] + flakes.row(height - 1 - y)[width - 1 - x];
        let pale = luma(pixel) * 1.5 + 0.5;
        for byte in pixel {
            let value = f32::from(*byte) / 255.0;
            let paler = fall.share * value + (1.0 - fall.share) * value.max(pale);
            *byte = below((paler + flake).min(1.0) * 255.0);
        }
    }
}

/// From 0 to 1, by ITU-R BT.601, as OpenCV has it of single precision.
fn luma(pixel: &[u8]) -> f32 {
    match pixel {
        [r, g, b] => (0.299 * f32::from(*r) + 0.587 * f32::from(*g) + 0.114 * f32::from(*b)) / 255.0,
        _ => f32::from(pixel[0]) / 255.0,
    }
}

/// Adds clouds and scales so that what was the brightest stays the brightest.
pub(super) fn fog(pixels: &mut Pixels, severity: Severity, random: &mut Random) {
    let (strength, decay) = severity.of([(1.5, 2.0), (2.0, 2.0), (2.5, 1.7), (2.5, 1.5), (3.0, 1.4)]);
    let channels = pixels.channels().count();
    let (height, width) = (pixels.data().len() / pixels.stride(), pixels.stride() / channels);
    let clouds = Clouds::new((height, width), decay, random);
    let brightest = f32::from(pixels.data().iter().copied().max().unwrap_or(0)) / 255.0;
    let scale = brightest / (brightest + strength);
    for (n, pixel) in pixels.data_mut().chunks_exact_mut(channels).enumerate() {
        let cloud = strength * clouds.at(n / width, n % width);
        for byte in pixel {
            *byte = below(((f32::from(*byte) / 255.0 + cloud) * scale).min(1.0) * 255.0);
        }
    }
}

/// Raises the value of HSV by 0.1 to 0.5. Hue and saturation stay, so that this is one factor for the three
/// channels; black, which has neither, turns gray.
pub(super) fn brightness(pixels: &mut Pixels, severity: Severity) {
    let raise = severity.of([0.1, 0.2, 0.3, 0.4, 0.5]);
    let channels = pixels.channels().count();
    for pixel in pixels.data_mut().chunks_exact_mut(channels) {
        let value = f64::from(pixel.iter().copied().max().unwrap_or(0)) / 255.0;
        let raised = (value + raise).min(1.0);
        for byte in pixel {
            let share = if value > 0.0 { f64::from(*byte) / 255.0 / value } else { 1.0 };
            *byte = below((share * raised * 255.0) as f32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Channels;

    #[test]
    fn brightness_keeps_hue_and_saturation() {
        // colorsys.hsv_to_rgb(h, s, min(v + 0.3, 1)) of colorsys.rgb_to_hsv, times 255, cut.
        let colours = [200, 30, 90, 10, 20, 5, 0, 0, 0, 255, 255, 0];
        let mut picture = Pixels::new((2, 2), Channels::Rgb, colours.to_vec()).unwrap();
        brightness(&mut picture, Severity::ALL[2]);
        let wanted: [u8; 12] = [255, 38, 114, 48, 96, 24, 76, 76, 76, 255, 255, 0];
        assert!(picture.data().iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 1), "{:?}", picture.data());
    }

    #[test]
    fn snow_brightens_and_fog_keeps_the_brightest() {
        let mut picture = Pixels::filled((40, 50), Channels::Rgb, [40, 60, 50]).unwrap();
        snow(&mut picture, Severity::ALL[1], &mut Random::keyed(&[1]));
        let whole: f64 = picture.data().iter().map(|x| f64::from(*x)).sum::<f64>() / 6000.0;
        assert!((70.0..160.0).contains(&whole), "{whole}");
        let mut picture = Pixels::filled((40, 50), Channels::Gray, [150; 3]).unwrap();
        fog(&mut picture, Severity::ALL[1], &mut Random::keyed(&[1]));
        let most = *picture.data().iter().max().unwrap();
        let least = *picture.data().iter().min().unwrap();
        assert!(most <= 150 && most > 110, "{most}");
        // Without a cloud: 150 / 255 of 150.
        assert!(least.abs_diff(34) <= 12, "{least}");
    }
}
