//! [`Kernel`] and [`filter2d`]: any weights around a pixel.

use super::{Border, bell};
use crate::augment::plane::{Plane, add, widen};
use crate::augment::rounding::nearest;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::image::Pixels;

/// Weights of the pixels around one, rows × columns, at least one. The pixel itself is the middle one; of an
/// even number the one behind the middle.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernel {
    rows: usize,
    columns: usize,
    weights: Vec<f32>,
}

impl Kernel {
    /// Weights row after row.
    ///
    /// # Errors
    /// `Length` if there are not rows × columns weights, `Usage` for none.
    pub fn new((rows, columns): (usize, usize), weights: Vec<f32>) -> Result<Kernel> {
        let refused = |kind, what: String| Err(Error::new(kind, what).at(Place::area("augment")));
        if rows == 0 || columns == 0 {
            return refused(ErrorKind::Usage, format!("a kernel of {rows}x{columns} has no weight"));
        }
        if rows.checked_mul(columns) != Some(weights.len()) {
            let what = format!("{} weights for a kernel of {rows}x{columns}", weights.len());
            return refused(ErrorKind::Length, what);
        }
        Ok(Kernel { rows, columns, weights })
    }

    /// A line through the middle, `length` pixels long (1 to 1023; what is outside counts as the nearer), at
    /// `angle` degrees counter-clockwise from the right. Its `length` points lie one apart; each is shared
    /// among the four weights around it by bilinear rule, and the sum is 1. At 0 and 90 degrees, with an odd
    /// length, it is the mean of that many pixels.
    pub fn line(length: u32, angle: f64) -> Kernel {
        let length = length.clamp(1, 1023);
        let radius = length as usize / 2;
        let side = 2 * radius + 1;
        let (sine, cosine) = exact_sin_cos(angle);
        let share = 1.0 / f64::from(length);
        let mut kernel = Kernel { rows: side, columns: side, weights: vec![0.0; side * side] };
        for n in 0..length {
            let along = f64::from(n) - f64::from(length - 1) / 2.0;
            kernel.spread((radius as f64 - along * sine, radius as f64 + along * cosine), share);
        }
        kernel
    }

    /// Shares a weight among the four places around (row, column).
    fn spread(&mut self, (row, column): (f64, f64), weight: f64) {
        let parts = |place: f64| [(place.floor(), 1.0 - place.fract()), (place.floor() + 1.0, place.fract())];
        for (y, down) in parts(row) {
            for (x, across) in parts(column) {
                // Past the kernel's last place there is nothing to share.
                if down * across > 0.0 {
                    self.weights[y as usize * self.columns + x as usize] += (weight * down * across) as f32;
                }
            }
        }
    }

    /// A disc of even weights and sum 1, its edge softened by a bell of deviation `soft`: the `disk` of
    /// Hendrycks and Dietterich. Its square is 17 a side up to radius 8.
    pub(in crate::augment) fn disc(radius: u32, soft: f64) -> Kernel {
        let (reach, softened) = if radius <= 8 { (8, 1) } else { (radius as usize, 2) };
        let side = 2 * reach + 1;
        let from_middle = |n: usize| n as f64 - reach as f64;
        let inside = |n: usize| {
            from_middle(n / side).powi(2) + from_middle(n % side).powi(2) <= f64::from(radius).powi(2)
        };
        let mut disc = Plane::single((side, side), |n| f32::from(u8::from(inside(n))));
        let sum: f32 = disc.data.iter().sum();
        disc.data.iter_mut().for_each(|weight| *weight /= sum);
        let edge: Vec<f32> = bell(softened, soft).iter().map(|weight| *weight as f32).collect();
        disc.separable(&edge, &edge, Border::Reflect101);
        Kernel { rows: side, columns: side, weights: disc.data }
    }

    /// The plane's numbers correlated with the weights.
    pub(in crate::augment) fn correlate(&self, plane: &Plane, border: Border) -> Plane {
        let (channels, stride) = (plane.channels, plane.stride());
        // On both sides the larger half; what is too much on the right is never asked for.
        let reach = self.columns / 2;
        let wide = stride + 2 * reach * channels;
        let mut padded = vec![0.0; plane.height * wide];
        for (row, padded) in padded.chunks_exact_mut(wide).enumerate() {
            widen(plane.row(row), padded, channels, reach, border);
        }
        let mut sums = Plane { data: vec![0.0; plane.data.len()], ..*plane };
        for (y, sum) in sums.data.chunks_exact_mut(stride).enumerate() {
            for (row, weights) in self.weights.chunks_exact(self.columns).enumerate() {
                let place = y.cast_signed() + row.cast_signed() - (self.rows / 2).cast_signed();
                let from = &padded[border.inside(place, plane.height) * wide..][..wide];
                for (column, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
                    add(sum, &from[column * channels..], *weight);
                }
            }
        }
        sums
    }
}

/// Sine and cosine of degrees; exact at multiples of 90.
fn exact_sin_cos(degrees: f64) -> (f64, f64) {
    match degrees.rem_euclid(360.0) {
        0.0 => (0.0, 1.0),
        90.0 => (1.0, 0.0),
        180.0 => (0.0, -1.0),
        270.0 => (-1.0, 0.0),
        other if other.is_finite() => other.to_radians().sin_cos(),
        _ => (0.0, 1.0),
    }
}

/// Replaces each pixel by the weighted sum of those around it, rounded to the nearest byte (halves to the
/// even one) and clipped. `cv2.filter2D(t, -1, kernel)`, within one level: sums are in single precision here,
/// and OpenCV turns to Fourier transforms for large kernels.
pub fn filter2d(pixels: &mut Pixels, kernel: &Kernel, border: Border) {
    kernel.correlate(&Plane::of(pixels), border).write(pixels, nearest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::samples::{difference, every_kind, texture_of};
    use crate::image::Channels;

    #[test]
    fn bytes_are_opencvs_within_a_level() {
        // cv2.filter2D(t, -1, k, borderType=b), OpenCV 5.0, t the texture of 6 x 5 pixels.
        for (channels, size, weights, border, wanted) in RECORDED {
            let mut picture = texture_of((6, 5), channels);
            filter2d(&mut picture, &Kernel::new(size, weights.to_vec()).unwrap(), border);
            assert!(difference(picture.data(), wanted).0 <= 1, "{channels:?} {size:?} {:?}", picture.data());
        }
    }

    type Recorded = (Channels, (usize, usize), &'static [f32], Border, &'static [u8]);
    const RECORDED: [Recorded; 4] = [
        (
            Channels::Gray,
            (3, 3),
            &[-1.0, 0.0, 1.0, -2.0, 0.0, 2.0, -1.0, 0.0, 1.0],
            Border::Reflect101,
            &[
                0, 40, 40, 42, 0, 0, 41, 41, 43, 0, 0, 43, 44, 45, 0, 0, 45, 47, 47, 0, 0, 47, 48, 49, 0, 0,
                48, 48, 50, 0,
            ],
        ),
        (
            Channels::Rgb,
            (2, 4),
            &[0.1, 0.2, -0.3, 0.4, 0.25, 0.05, 0.5, 0.125],
            Border::Reflect,
            &[
                4, 0, 6, 6, 0, 9, 11, 1, 16, 18, 1, 25, 22, 2, 30, 7, 0, 13, 9, 0, 15, 14, 1, 22, 21, 2, 31,
                25, 3, 37, 11, 0, 22, 13, 1, 24, 18, 1, 31, 26, 3, 41, 30, 4, 47, 15, 1, 31, 18, 1, 34, 23,
                3, 42, 31, 4, 51, 35, 6, 57, 19, 2, 40, 22, 3, 44, 28, 4, 51, 36, 7, 61, 40, 8, 67, 24, 4,
                50, 26, 5, 53, 32, 6, 60, 40, 9, 70, 45, 11, 77,
            ],
        ),
        (
            Channels::Gray,
            (5, 1),
            &[0.3, 0.2, 0.1, 0.2, 0.3],
            Border::Replicate,
            &[
                2, 8, 14, 19, 25, 4, 10, 16, 22, 28, 7, 12, 18, 24, 31, 10, 16, 22, 28, 35, 12, 18, 25, 31,
                38, 14, 20, 27, 34, 41,
            ],
        ),
        (
            Channels::Rgb,
            (1, 2),
            &[0.5, 0.5],
            Border::Reflect101,
            &[
                2, 0, 4, 2, 0, 4, 8, 0, 10, 12, 0, 18, 18, 2, 24, 6, 0, 10, 6, 0, 10, 10, 0, 18, 16, 2, 24,
                21, 2, 32, 8, 0, 18, 8, 0, 18, 14, 1, 24, 20, 2, 32, 25, 4, 40, 12, 0, 24, 12, 0, 24, 17, 2,
                32, 23, 4, 40, 29, 5, 47, 15, 2, 32, 15, 2, 32, 21, 3, 39, 27, 5, 47, 33, 7, 54, 18, 3, 38,
                18, 3, 38, 24, 4, 46, 30, 6, 54, 36, 10, 62,
            ],
        ),
    ];

    #[test]
    fn lines_are_what_they_are_drawn_as() {
        let third = 1.0 / 3.0;
        assert_eq!(Kernel::line(3, 0.0).weights, [0.0, 0.0, 0.0, third, third, third, 0.0, 0.0, 0.0]);
        assert_eq!(Kernel::line(3, 90.0).weights, [0.0, third, 0.0, 0.0, third, 0.0, 0.0, third, 0.0]);
        assert_eq!(Kernel::line(1, 33.0).weights, [1.0]);
        assert_eq!(Kernel::line(0, f64::NAN).weights, [1.0]);
        for (length, angle) in [(2, 45.0), (7, 30.0), (12, 200.0), (15, -45.0)] {
            let line = Kernel::line(length, angle);
            let sum: f32 = line.weights.iter().sum();
            assert!((sum - 1.0).abs() < 1e-5, "{length} {angle}: {sum}");
            let turned: Vec<f32> = line.weights.iter().rev().copied().collect();
            assert!(line.weights.iter().zip(&turned).all(|(a, b)| (a - b).abs() < 1e-6), "about the middle");
        }
        // Counter-clockwise: up on the right.
        let line = Kernel::line(5, 45.0);
        assert!(
            line.weights[0] == 0.0
                && line.weights[24] == 0.0
                && line.weights[3 * 5 + 1] > 0.05
                && line.weights[5 + 3] > 0.05
        );
    }

    #[test]
    fn discs_are_those_of_the_paper() {
        // disk(3, 0.1) and disk(10, 0.5) of imagecorruptions 1.1.2, the middle row of each.
        for (radius, soft, wanted) in DISCS {
            let disc = Kernel::disc(radius, soft);
            let middle = &disc.weights[disc.columns * (disc.rows / 2)..][..disc.columns / 2 + 1];
            assert_eq!(middle.len(), wanted.len());
            assert!(middle.iter().zip(wanted).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-8), "{middle:?}");
        }
    }

    const DISCS: [(u32, f64, &[f64]); 2] = [
        (3, 0.1, &[0.0, 0.0, 0.0, 0.0, 0.0, 0.0344827585, 0.0344827585, 0.0344827585, 0.0344827585]),
        (
            10,
            0.5,
            &[
                0.00262499298,
                0.0030829031,
                0.00315439655,
                0.00315457419,
                0.00315457419,
                0.00315457419,
                0.00315457419,
                0.00315457419,
                0.00315457419,
                0.00315457419,
                0.00315457419,
            ],
        ),
    ];

    #[test]
    fn kernels_are_checked_and_every_picture_has_a_result() {
        let kind = |size, n| Kernel::new(size, vec![1.0; n]).unwrap_err().kind();
        assert_eq!((kind((0, 3), 0), kind((2, 2), 3)), (ErrorKind::Usage, ErrorKind::Length));
        let same = Kernel::new((1, 1), vec![1.0]).unwrap();
        for picture in every_kind() {
            let mut changed = picture.clone();
            filter2d(&mut changed, &same, Border::Reflect101);
            assert!(changed == picture);
            for border in [Border::Reflect101, Border::Reflect, Border::Replicate] {
                filter2d(&mut changed, &Kernel::line(21, 20.0), border);
            }
            assert_eq!(changed.size(), picture.size());
        }
    }
}
