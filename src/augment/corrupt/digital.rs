//! Contrast, elastic sheets, large pixels and JPEG.

use super::Severity;
use super::defocus::bell_blur;
use crate::augment::blur::Border;
use crate::augment::plane::Plane;
use crate::augment::rounding::below;
use crate::augment::uniform;
use crate::error::Result;
use crate::image::{Channels, Decode, Encoding, Filter, Orientation, Pixels, decode, encode};
use crate::random::Random;

/// Draws values toward the mean of their channel: 0.4 down to 0.05 of the distance is left.
pub(super) fn contrast(pixels: &mut Pixels, severity: Severity) {
    let left = severity.of([0.4, 0.3, 0.2, 0.1, 0.05]);
    let channels = pixels.channels().count();
    let count = (pixels.data().len() / channels) as f64;
    for channel in 0..channels {
        let sum: f64 = pixels.data().iter().skip(channel).step_by(channels).map(|x| f64::from(*x)).sum();
        let mean = sum / count;
        for byte in pixels.data_mut().iter_mut().skip(channel).step_by(channels) {
            *byte = below(((f64::from(*byte) - mean) * left + mean) as f32);
        }
    }
}

/// Shifts each pixel by a field of smoothed noise, between the nearest by the bilinear rule; the picture is
/// mirrored about its edge.
pub(super) fn elastic(pixels: &mut Pixels, severity: Severity, random: &mut Random) {
    let strength = 250.0 * severity.of([0.05, 0.065, 0.085, 0.1, 0.12]);
    let plane = Plane::of(pixels);
    let (height, width) = (plane.height, plane.width);
    let most = height as f64 * 0.005 * strength;
    let mut field = || {
        let mut field = Plane::single((height, width), |_| uniform(random, -most, most) as f32);
        let deviations = (height as f64 * 0.01, width as f64 * 0.01);
        bell_blur(&mut field, deviations, 3.0, Border::Reflect);
        field
    };
    let (across, down) = (field(), field());
    for (n, pixel) in pixels.data_mut().chunks_exact_mut(plane.channels).enumerate() {
        let (y, x) = (n / width, n % width);
        let place = (y as f32 + down.data[n], x as f32 + across.data[n]);
        for (channel, byte) in pixel.iter_mut().enumerate() {
            *byte = below(sampled(&plane, place, channel));
        }
    }
}

/// The number at (row, column), between four pixels.
fn sampled(plane: &Plane, (y, x): (f32, f32), channel: usize) -> f32 {
    let at = |row: f32, column: f32| {
        let row = Border::Reflect.inside(row as isize, plane.height);
        plane.row(row)[Border::Reflect.inside(column as isize, plane.width) * plane.channels + channel]
    };
    let (row, column) = (y.floor(), x.floor());
    let (down, right) = (y - row, x - column);
    let between = |a: f32, b: f32, part: f32| a + (b - a) * part;
    let above = between(at(row, column), at(row, column + 1.0), right);
    let under = between(at(row + 1.0, column), at(row + 1.0, column + 1.0), right);
    between(above, under, down)
}

/// Shrinks to 0.6 down to 0.25 of each side by means and enlarges again by the nearest pixel.
pub(super) fn pixelate(pixels: &Pixels, severity: Severity) -> Result<Pixels> {
    let share = severity.of([0.6, 0.5, 0.4, 0.3, 0.25]);
    let (height, width) = pixels.size();
    let side = |length: u32| ((f64::from(length) * share) as u32).max(1);
    pixels.resize((side(height), side(width)), Filter::Box)?.resize((height, width), Filter::Nearest)
}

/// Writes a JPEG of quality 25 down to 7 and reads it.
pub(super) fn jpeg(pixels: &Pixels, severity: Severity) -> Result<Pixels> {
    let quality = severity.of([25, 18, 15, 10, 7]);
    let file = encode(pixels, Encoding::Jpeg { quality, orientation: Orientation::Upright })?;
    let decoded = decode(&file, &Decode::default())?.pixels;
    Ok(match pixels.channels() {
        Channels::Gray => decoded.to_gray(),
        Channels::Rgb => decoded.to_rgb(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::samples::texture;

    #[test]
    fn contrast_is_the_formula() {
        let mut picture = Pixels::new((1, 3), Channels::Gray, vec![0, 100, 200]).unwrap();
        contrast(&mut picture, Severity::ALL[0]);
        assert_eq!(picture.data(), [60, 100, 140]);
    }

    #[test]
    fn sampling_between_pixels_mirrors_about_the_edge() {
        let plane = Plane::single((2, 3), |n| n as f32);
        assert_eq!(sampled(&plane, (0.5, 1.25), 0), 2.75);
        assert_eq!((sampled(&plane, (-0.5, -1.0), 0), sampled(&plane, (9.0, 2.5), 0)), (0.0, 5.0));
    }

    #[test]
    fn elastic_moves_pixels_and_makes_none() {
        let flat = Pixels::filled((50, 60), Channels::Rgb, [7, 80, 250]).unwrap();
        let mut moved = flat.clone();
        elastic(&mut moved, Severity::ALL[4], &mut Random::keyed(&[1]));
        assert!(moved == flat);
        let mut moved = texture(Channels::Rgb);
        elastic(&mut moved, Severity::ALL[0], &mut Random::keyed(&[1]));
        assert!(moved != texture(Channels::Rgb));
    }
}
