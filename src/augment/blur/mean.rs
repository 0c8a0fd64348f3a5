//! [`mean`]: OpenCV's `blur` of bytes.

use super::Border;
use crate::image::Pixels;

/// Replaces each pixel by the mean of its window, rounded to the nearest byte. Borders mirror about the
/// outermost pixels. `cv2.blur(t, (k, k))` with k = 2 × radius + 1, to the bit: odd areas have no halves to
/// round. Windows up to 4095 pixels a side; a larger radius counts as 2047.
pub fn mean(pixels: &mut Pixels, radius: u32) {
    let radius = radius.min(2047) as usize;
    let (stride, area) = (pixels.stride(), (2 * radius as u32 + 1).pow(2));
    let rows = along_rows(pixels, radius);
    let height = rows.len() / stride;
    let row = |place: isize| &rows[Border::Reflect101.inside(place, height) * stride..][..stride];
    let reach = radius.cast_signed();
    // Sums of the windows around the row above; what enters and leaves makes them those around this one.
    let mut sums = vec![0u32; stride];
    for place in -reach - 1..reach {
        sums.iter_mut().zip(row(place)).for_each(|(sum, n)| *sum += n);
    }
    for (y, out) in pixels.data_mut().chunks_exact_mut(stride).enumerate() {
        let y = y.cast_signed();
        let (enters, leaves) = (row(y + reach), row(y - reach - 1));
        for (((byte, sum), enters), leaves) in out.iter_mut().zip(&mut sums).zip(enters).zip(leaves) {
            *sum = *sum + enters - leaves;
            *byte = ((*sum + area / 2) / area) as u8;
        }
    }
}

/// For each number the sum of those up to `radius` pixels to its left and right.
fn along_rows(pixels: &Pixels, radius: usize) -> Vec<u32> {
    let channels = pixels.channels().count();
    let width = pixels.stride() / channels;
    let reach = radius.cast_signed();
    let mut sums = vec![0; pixels.data().len()];
    for (row, out) in pixels.rows().zip(sums.chunks_exact_mut(pixels.stride())) {
        for channel in 0..channels {
            let at = |x: isize| u32::from(row[Border::Reflect101.inside(x, width) * channels + channel]);
            let mut sum: u32 = (-reach - 1..reach).map(at).sum();
            for x in 0..width {
                sum = sum + at(x.cast_signed() + reach) - at(x.cast_signed() - reach - 1);
                out[x * channels + channel] = sum;
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::samples::{crc, every_kind, texture, texture_of};
    use crate::image::Channels;

    #[test]
    fn bytes_are_opencvs() {
        // cv2.blur(t, (k, k)) for k = 3, 5, 11 and 95, RGB then gray, OpenCV 5.0.
        for (channels, wanted) in [(Channels::Rgb, RGB), (Channels::Gray, GRAY)] {
            let found = [1, 2, 5, 47].map(|radius| {
                let mut picture = texture(channels);
                mean(&mut picture, radius);
                crc(picture.data())
            });
            assert_eq!(found, wanted, "{channels:?}");
        }
    }

    const RGB: [u32; 4] = [0x4b7e_b42a, 0xe9eb_94b9, 0xf803_f06e, 0x3212_e39a];
    const GRAY: [u32; 4] = [0xd2cb_a1ce, 0xce79_b6cd, 0x445d_5ffa, 0x3857_30e6];

    #[test]
    fn flat_pictures_stay_and_any_radius_works() {
        for picture in every_kind() {
            for radius in [0, 1, 30, u32::MAX] {
                let mut changed = picture.clone();
                mean(&mut changed, radius);
                let flat = picture.data().iter().all(|x| *x == picture.data()[0]);
                assert!(!(flat || radius == 0) || changed == picture, "{radius}");
            }
        }
        let mut white = texture_of((1, 1), Channels::Gray);
        white.data_mut()[0] = 255;
        mean(&mut white, 2047);
        assert_eq!(white.data(), [255]);
    }
}
