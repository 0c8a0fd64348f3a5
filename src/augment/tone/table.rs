//! A byte for a byte: changes that look at one channel of one pixel.

use crate::image::Pixels;

/// Every byte becomes what the table has in its place; the same table for all channels. OpenCV's `LUT`.
pub fn lut(pixels: &mut Pixels, table: &[u8; 256]) {
    for byte in pixels.data_mut() {
        *byte = table[usize::from(*byte)];
    }
}

/// The table of a function.
pub(super) fn table(of: impl Fn(u8) -> u8) -> [u8; 256] {
    std::array::from_fn(|byte| of(byte as u8))
}

/// The negative: 255 − x.
pub fn invert(pixels: &mut Pixels) {
    pixels.data_mut().iter_mut().for_each(|byte| *byte = !*byte);
}

/// Keeps the upper `bits` of every byte and clears the others: 8 and more change nothing, 0 is black. MMCV's
/// and Pillow's rule.
pub fn posterize(pixels: &mut Pixels, bits: u32) {
    let mask = !0xff_u8.checked_shr(bits).unwrap_or(0);
    pixels.data_mut().iter_mut().for_each(|byte| *byte &= mask);
}

/// Inverts the bytes that are not below the threshold: 0 inverts all, 256 none. MMCV's and Pillow's rule.
pub fn solarize(pixels: &mut Pixels, threshold: u16) {
    for byte in pixels.data_mut() {
        if u16::from(*byte) >= threshold {
            *byte = !*byte;
        }
    }
}

/// Raises intensities to a power: 255.999 × (x / 255)^`gamma`, cut to the byte below. Above 1 darkens, below
/// 1 brightens; 1 changes nothing. The rule of torchvision's `adjust_gamma` on a Pillow image with a gain of
/// 1.
pub fn gamma(pixels: &mut Pixels, gamma: f64) {
    lut(pixels, &table(|x| (255.999 * (f64::from(x) / 255.0).powf(gamma)) as u8));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::samples::{every_kind, gray_ramp};

    fn ramp_after(change: impl Fn(&mut Pixels)) -> Vec<u8> {
        let mut ramp = gray_ramp();
        change(&mut ramp);
        ramp.into_data()
    }

    #[test]
    fn every_byte_goes_through_the_table() {
        let table: [u8; 256] = std::array::from_fn(|n| (n * 7 + 3) as u8);
        assert_eq!(ramp_after(|p| lut(p, &table)), table);
        for picture in every_kind() {
            let mut changed = picture.clone();
            lut(&mut changed, &table);
            let wanted = picture.data().iter().map(|b| table[usize::from(*b)]);
            assert!(wanted.eq(changed.data().iter().copied()));
        }
    }

    #[test]
    fn posterize_keeps_upper_bits() {
        for bits in 0..=10 {
            let shift = 8u32.saturating_sub(bits);
            let wanted: Vec<u8> = (0..=255u16).map(|x| ((x >> shift) << shift) as u8).collect();
            assert_eq!(ramp_after(|p| posterize(p, bits)), wanted, "{bits}");
        }
    }

    #[test]
    fn solarize_inverts_the_threshold_itself() {
        let found = ramp_after(|p| solarize(p, 128));
        assert_eq!((found[0], found[127], found[128], found[255]), (0, 127, 127, 0));
        assert_eq!(ramp_after(|p| solarize(p, 0)), ramp_after(invert));
        assert_eq!(ramp_after(|p| solarize(p, 256)), gray_ramp().into_data());
    }

    #[test]
    fn gamma_is_torchvisions() {
        // [int((255 + 1 - 1e-3) * pow(x / 255.0, g)) for x in (0, 1, 50, 128, 200, 254, 255)] for g = 0.45,
        // 1, 2.2.
        for (power, wanted) in [
            (0.45, [0, 21, 122, 187, 229, 255, 255]),
            (1.0, [0, 1, 50, 128, 200, 254, 255]),
            (2.2, [0, 0, 7, 56, 150, 253, 255]),
        ] {
            let found = ramp_after(|p| gamma(p, power));
            assert_eq!([0, 1, 50, 128, 200, 254, 255].map(|x: usize| found[x]), wanted, "{power}");
        }
        assert_eq!(ramp_after(|p| gamma(p, 1.0)), gray_ramp().into_data());
        assert_eq!(ramp_after(|p| gamma(p, 0.0)), [255; 256]);
    }
}
