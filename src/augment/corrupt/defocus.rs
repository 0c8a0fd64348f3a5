//! Blur of lenses, glass and movement.

use super::{Severity, zoom};
use crate::augment::blur::{Border, Kernel, bell};
use crate::augment::plane::{Plane, add};
use crate::augment::rounding::below;
use crate::augment::uniform;
use crate::image::Pixels;
use crate::random::Random;

/// Spreads each pixel over a disc of radius 3 to 10 with a soft edge.
pub(super) fn disc(pixels: &mut Pixels, severity: Severity) {
    let (radius, soft) = severity.of([(3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)]);
    Kernel::disc(radius, soft).correlate(&Plane::of(pixels), Border::Reflect101).write(pixels, below);
}

/// Blurs, has each pixel look like one at most a few pixels away, once or more, and blurs again.
///
/// The paper speaks of swaps. The reference, on colours, writes the other pixel over this one and leaves the
/// other as it is, and so does this.
pub(super) fn glass(pixels: &mut Pixels, severity: Severity, random: &mut Random) {
    let (sigma, reach, times) =
        severity.of([(0.7, 1, 2), (0.9, 2, 1), (1.0, 2, 3), (1.1, 3, 2), (1.5, 4, 2)]);
    let soften = |pixels: &mut Pixels| {
        let mut plane = Plane::of(pixels);
        bell_blur(&mut plane, (sigma, sigma), 4.0, Border::Replicate);
        plane.write(pixels, below);
    };
    soften(pixels);
    for _ in 0..times {
        scatter(pixels, reach, random);
    }
    soften(pixels);
}

/// Goes through the pixels from the last to the first; outer ones, from which `reach` pixels could lead out,
/// stay.
fn scatter(pixels: &mut Pixels, reach: usize, random: &mut Random) {
    let (channels, stride) = (pixels.channels().count(), pixels.stride());
    let (height, width) = (pixels.data().len() / stride, stride / channels);
    let mut step = || random.below(2 * reach as u64) as usize;
    let data = pixels.data_mut();
    for y in (reach + 1..=height.saturating_sub(reach)).rev() {
        for x in (reach + 1..=width.saturating_sub(reach)).rev() {
            let (right, down) = (step(), step());
            // From `reach` before to one less than `reach` behind.
            let from = (y + down - reach) * stride + (x + right - reach) * channels;
            data.copy_within(from..from + channels, y * stride + x * channels);
        }
    }
}

/// Blurs with a bell of a deviation for columns and one for rows, cut off at `reach` deviations: SciPy's
/// `gaussian_filter`.
pub(super) fn bell_blur(plane: &mut Plane, (down, across): (f64, f64), reach: f64, border: Border) {
    let weights = |sigma: f64| -> Vec<f32> {
        let radius = (reach * sigma + 0.5) as usize;
        bell(radius, sigma.max(f64::MIN_POSITIVE)).iter().map(|w| *w as f32).collect()
    };
    plane.separable(&weights(across), &weights(down), border);
}

/// Smears the picture at an angle drawn from −45 to 45 degrees.
pub(super) fn motion(pixels: &mut Pixels, severity: Severity, random: &mut Random) {
    let (radius, sigma) = severity.of([(10, 3.0), (15, 5.0), (15, 8.0), (15, 12.0), (20, 15.0)]);
    let angle = uniform(random, -45.0, 45.0);
    smeared(&Plane::of(pixels), radius, sigma, angle).write(pixels, below);
}

/// Adds up 2 × radius + 1 copies, each shifted by one more pixel toward `angle` degrees and weighted by half
/// a bell, from its top. Past the edge the outermost pixels are repeated.
///
/// The reference leaves out copies shifted by more than the picture is large, which darkens pictures of less
/// than 41 pixels; here they repeat the edge too.
pub(super) fn smeared(plane: &Plane, radius: u32, sigma: f64, angle: f64) -> Plane {
    let count = 2 * radius + 1;
    let (sine, cosine) = angle.to_radians().sin_cos();
    let weight = |n: u32| (-f64::from(n).powi(2) / (2.0 * sigma * sigma)).exp();
    let sum: f64 = (0..count).map(weight).sum();
    let mut smeared = Plane { data: vec![0.0; plane.data.len()], ..*plane };
    for n in 0..count {
        let shift = |part: f64| -((f64::from(n) * part - 0.5).ceil() as isize);
        add_shifted(&mut smeared, plane, (shift(sine), shift(cosine)), (weight(n) / sum) as f32);
    }
    smeared
}

/// Adds the weighted plane, shifted down and to the right.
fn add_shifted(sums: &mut Plane, plane: &Plane, (down, right): (isize, isize), weight: f32) {
    let (height, width, channels) = (plane.height, plane.width, plane.channels);
    let stride = plane.stride();
    // Columns that see the first one, and those that see the last: between them the rows are contiguous.
    let first = right.clamp(0, width.cast_signed()).cast_unsigned();
    let last = (width.cast_signed() + right).clamp(0, width.cast_signed()).cast_unsigned();
    for (y, row) in sums.data.chunks_exact_mut(stride).enumerate() {
        let from = plane.row(Border::Replicate.inside(y.cast_signed() - down, height));
        let (left, rest) = row.split_at_mut(first * channels);
        let (middle, end) = rest.split_at_mut(last.saturating_sub(first) * channels);
        left.chunks_exact_mut(channels).for_each(|pixel| add(pixel, from, weight));
        let start = right.min(0).unsigned_abs().min(width) * channels;
        add(middle, &from[start..], weight);
        end.chunks_exact_mut(channels).for_each(|pixel| add(pixel, &from[stride - channels..], weight));
    }
}

/// The mean of the picture and of its middle enlarged by factors from 1 up.
pub(super) fn zoom(pixels: &mut Pixels, severity: Severity) {
    let (count, step) = severity.of([(12u8, 0.01), (16, 0.01), (11, 0.02), (13, 0.02), (11, 0.03)]);
    let plane = Plane::of(pixels);
    let mut sum = plane.clone();
    for n in 0..count {
        let large = zoom::enlarged(&plane, 1.0 + f64::from(n) * step);
        for y in 0..plane.height {
            let stride = plane.stride();
            add(&mut sum.data[y * stride..][..stride], large.row(y), 1.0);
        }
    }
    sum.write(pixels, |total| below(total / f32::from(count + 1)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::samples::{sampled_close, texture};
    use crate::image::Channels;

    #[test]
    fn smears_are_those_of_the_reference() {
        // _motion_blur(t, 10, 3, a) of imagecorruptions 1.1.2 for a = 30, -45 and 0, cut to bytes, on the
        // texture of 40 x 64 pixels, RGB.
        for (angle, wanted) in [(30.0, SMEARED[0]), (-45.0, SMEARED[1]), (0.0, SMEARED[2])] {
            let mut picture = texture(Channels::Rgb);
            smeared(&Plane::of(&picture), 10, 3.0, angle).write(&mut picture, below);
            sampled_close(picture.data(), &wanted);
        }
    }

    const SMEARED: [[u8; 24]; 3] = [
        [
            12, 133, 158, 158, 181, 83, 74, 144, 35, 167, 126, 157, 113, 78, 86, 161, 136, 137, 110, 171,
            126, 93, 128, 98,
        ],
        [
            7, 239, 167, 133, 137, 45, 42, 126, 186, 127, 96, 140, 63, 42, 60, 145, 170, 102, 85, 156, 86,
            60, 97, 75,
        ],
        [
            10, 121, 194, 152, 166, 70, 65, 140, 21, 165, 119, 155, 99, 69, 81, 165, 164, 129, 105, 168, 116,
            87, 125, 98,
        ],
    ];

    #[test]
    fn shifts_past_the_picture_repeat_its_edge() {
        let plane = Plane::single((1, 3), |n| n as f32);
        let shifted = |right| {
            let mut sums = Plane::single((1, 3), |_| 0.0);
            add_shifted(&mut sums, &plane, (-9, right), 1.0);
            sums.data
        };
        assert_eq!((shifted(0), shifted(1)), (vec![0.0, 1.0, 2.0], vec![0.0, 0.0, 1.0]));
        assert_eq!((shifted(-2), shifted(-7), shifted(7)), (vec![2.0; 3], vec![2.0; 3], vec![0.0; 3]));
    }

    #[test]
    fn the_bell_is_scipys() {
        // scipy.ndimage.gaussian_filter(arange(12.).reshape(3, 4) ** 2, (0.7, 1.2), mode="nearest",
        // truncate=4), first row.
        let mut plane = Plane::single((3, 4), |n| (n * n) as f32);
        bell_blur(&mut plane, (0.7, 1.2), 4.0, Border::Replicate);
        assert!(plane.row(0).iter().zip(BELL).all(|(a, b)| (a - b).abs() < 1e-4), "{:?}", plane.row(0));
        // A deviation of next to nothing leaves all as it is.
        let same = plane.clone();
        bell_blur(&mut plane, (0.0, 0.01), 3.0, Border::Reflect);
        assert_eq!(plane, same);
    }

    const BELL: [f32; 4] = [5.4224, 8.0433, 11.8928, 15.5120];
}
