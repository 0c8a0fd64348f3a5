//! [`gaussian`]: OpenCV's `GaussianBlur` of bytes.

use super::Border;
use crate::image::Pixels;

/// Blurs with the bell of deviation `sigma`, cut off at `radius` pixels (2047 at most); a `sigma` of 0 or
/// less is made of the radius, as OpenCV does: 0.3 × (radius − 1) + 0.8. Borders mirror about the outermost
/// pixels.
///
/// `cv2.GaussianBlur(t, (k, k), sigma)` with k = 2 × radius + 1, to the bit: weights of eight bits, and one
/// rounding after both directions, halves up.
pub fn gaussian(pixels: &mut Pixels, radius: u32, sigma: f64) {
    let weights = in_256ths(&bell(radius.min(2047) as usize, sigma));
    let rows = along_rows(pixels, &weights);
    let stride = pixels.stride();
    let (height, reach) = (rows.len() / stride, (weights.len() / 2).cast_signed());
    let mut sums = vec![0; stride];
    for (y, out) in pixels.data_mut().chunks_exact_mut(stride).enumerate() {
        sums.fill(1 << 15);
        for (n, weight) in weights.iter().enumerate() {
            let from = Border::Reflect101.inside(y.cast_signed() + n.cast_signed() - reach, height);
            add(&mut sums, &rows[from * stride..], *weight);
        }
        for (byte, sum) in out.iter_mut().zip(&sums) {
            *byte = (sum >> 16).clamp(0, 255) as u8;
        }
    }
}

/// Each row correlated with the weights, in 256ths.
fn along_rows(pixels: &Pixels, weights: &[i32]) -> Vec<i32> {
    let channels = pixels.channels().count();
    let (stride, radius) = (pixels.stride(), weights.len() / 2);
    let mut padded = vec![0; stride + 2 * radius * channels];
    let mut rows = vec![0; pixels.data().len()];
    for (row, sums) in pixels.rows().zip(rows.chunks_exact_mut(stride)) {
        for (x, pixel) in padded.chunks_exact_mut(channels).enumerate() {
            let place = x.cast_signed() - radius.cast_signed();
            let from = Border::Reflect101.inside(place, stride / channels) * channels;
            for (number, byte) in pixel.iter_mut().zip(&row[from..]) {
                *number = i32::from(*byte);
            }
        }
        for (n, weight) in weights.iter().enumerate() {
            add(sums, &padded[n * channels..], *weight);
        }
    }
    rows
}

fn add(sums: &mut [i32], numbers: &[i32], weight: i32) {
    for (sum, number) in sums.iter_mut().zip(numbers) {
        *sum += weight * number;
    }
}

/// The weights in 256ths, of sum 256: each is rounded with what the one before it lost or won, from the edge
/// inwards, and the middle one has what is left.
fn in_256ths(bell: &[f64]) -> Vec<i32> {
    let middle = bell.len() / 2;
    let (mut weights, mut lost) = (vec![0; bell.len()], 0.0);
    let mut left = 256;
    for n in 0..middle {
        let exact = bell[n] * 256.0 + lost;
        let rounded = exact.round_ties_even();
        lost = exact - rounded;
        weights[n] = rounded as i32;
        weights[bell.len() - 1 - n] = rounded as i32;
        left -= 2 * weights[n];
    }
    weights[middle] = left;
    weights
}

/// The bell's 2 × radius + 1 weights, of sum 1: `cv2.getGaussianKernel`, which has short ones of its own
/// where it is given no deviation.
pub(in crate::augment) fn bell(radius: usize, sigma: f64) -> Vec<f64> {
    let short: &[f64] = match radius {
        _ if sigma > 0.0 => &[],
        1 => &[0.25, 0.5, 0.25],
        2 => &[0.0625, 0.25, 0.375, 0.25, 0.0625],
        3 => &[0.03125, 0.109375, 0.21875, 0.28125, 0.21875, 0.109375, 0.03125],
        4 => &[4.0, 13.0, 30.0, 51.0, 60.0, 51.0, 30.0, 13.0, 4.0].map(|n| n / 256.0),
        _ => &[],
    };
    if !short.is_empty() {
        return short.to_vec();
    }
    let sigma = if sigma > 0.0 { sigma } else { 0.3 * (radius as f64 - 1.0) + 0.8 };
    let height = |n: usize| (-0.5 * ((n as f64 - radius as f64) / sigma).powi(2)).exp();
    let sum: f64 = (0..=2 * radius).map(height).sum();
    (0..=2 * radius).map(|n| height(n) / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::samples::{crc, every_kind, texture};
    use crate::image::Channels;

    #[test]
    fn weights_are_opencvs() {
        // cv2.getGaussianKernel(5, 1.1) and (11, 0), OpenCV 5.0; the first half of each.
        let close = |found: &[f64], wanted: &[f64]| {
            assert_eq!(found.len(), 2 * wanted.len() - 1);
            assert!(found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
        };
        close(&bell(2, 1.1), &[0.0707663713315465, 0.24446039891162388, 0.3695464595136592]);
        close(
            &bell(5, 0.0),
            &[
                0.008812229292562288,
                0.027143577143479373,
                0.06511405659938269,
                0.12164907301380962,
                0.1769983568313557,
                0.20056541423882085,
            ],
        );
        assert_eq!(in_256ths(&bell(1, 0.0)), [64, 128, 64]);
    }

    #[test]
    fn bytes_are_opencvs() {
        // zlib.crc32 of cv2.GaussianBlur(t, (k, k), s), OpenCV 4.14 and 5.0, RGB then gray.
        for (radius, sigma, rgb, gray) in RECORDED {
            let found = [Channels::Rgb, Channels::Gray].map(|channels| {
                let mut picture = texture(channels);
                gaussian(&mut picture, radius, sigma);
                crc(picture.data())
            });
            assert_eq!(found, [rgb, gray], "{radius} {sigma}");
        }
    }

    const RECORDED: [(u32, f64, u32, u32); 9] = [
        (1, 0.0, 0x2cb6_6e70, 0x5b5b_e97d),
        (2, 0.0, 0x9a06_4bdd, 0xe18a_15bd),
        (3, 0.0, 0x906b_04bd, 0xc4a8_f15a),
        (4, 0.0, 0x8ce7_d1a6, 0x09f2_de0a),
        (9, 0.0, 0x9890_09c3, 0x48fa_55b9),
        (1, 0.5, 0xaeb2_f22a, 0x1c3b_1b59),
        (2, 1.1, 0x7302_2494, 0x72c7_e513),
        (5, 2.5, 0xfd69_132d, 0xc14b_a563),
        (15, 20.0, 0x2d91_fd62, 0xaccc_d18f),
    ];

    #[test]
    fn flat_pictures_and_radius_0_stay_and_extremes_have_a_result() {
        for picture in every_kind() {
            let mut changed = picture.clone();
            gaussian(&mut changed, 0, 1.0);
            assert!(changed == picture);
            for (radius, sigma) in
                [(20, 1e-30), (20, 1e30), (300, 0.0), (3, f64::INFINITY), (u32::MAX, f64::NAN)]
            {
                gaussian(&mut changed, radius, sigma);
                let flat = picture.data().iter().all(|x| *x == picture.data()[0]);
                assert!(!flat || changed == picture, "{sigma}");
            }
        }
    }
}
