//! OpenCV's HSV of bytes.

use super::of_sixth;
use crate::augment::rounding::{below, fused, nearest};
use crate::image::Colour;

/// In how many steps a byte of hue goes round the circle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HueRange {
    /// 180, two degrees each: `COLOR_RGB2HSV`.
    #[default]
    Half,
    /// 256: `COLOR_RGB2HSV_FULL`. On the way back OpenCV takes 255 for the whole circle, and so does
    /// [`hsv_to_rgb`].
    Full,
}

/// Bits behind the point of the reciprocals.
const SHIFT: u32 = 12;

/// unit × 2^12 / (share × n) for each n, rounded; 0 for 0.
const fn reciprocals(unit: u32, share: u32) -> [i32; 256] {
    let mut table = [0; 256];
    let mut n = 1;
    while n < 256 {
        let divisor = share * n;
        // No quotient lies halfway for the units below.
        table[n as usize] = (((unit << SHIFT) + divisor / 2) / divisor) as i32;
        n += 1;
    }
    table
}

static SATURATION: [i32; 256] = reciprocals(255, 1);
static HUE_HALF: [i32; 256] = reciprocals(180, 6);
static HUE_FULL: [i32; 256] = reciprocals(256, 6);

/// Hue, saturation (0..=255) and value (the greatest channel) of a colour, in fixed point of 12 bits as
/// OpenCV has them, to the bit. Grays have hue 0.
pub fn rgb_to_hsv([r, g, b]: Colour, range: HueRange) -> [u8; 3] {
    let value = r.max(g).max(b);
    let spread = value - r.min(g).min(b);
    let (table, steps) = match range {
        HueRange::Half => (&HUE_HALF, 180),
        HueRange::Full => (&HUE_FULL, 256),
    };
    let [red, green, blue, wide] = [r, g, b, spread].map(i32::from);
    let rounded = |product: i32| (product + (1 << (SHIFT - 1))) >> SHIFT;
    let sixths = if value == r {
        green - blue
    } else if value == g {
        blue - red + 2 * wide
    } else {
        red - green + 4 * wide
    };
    let hue = rounded(sixths * table[usize::from(spread)]);
    let hue = if hue < 0 { hue + steps } else { hue };
    let saturation = rounded(wide * SATURATION[usize::from(value)]);
    [hue.min(255) as u8, saturation as u8, value]
}

/// The colour of hue, saturation and value: OpenCV's single-precision rule, whose result is cut to the byte
/// below (half range) or rounded to the nearest (full range).
///
/// OpenCV itself rounds the last few pixels of a row, those that do not fill a vector of its processor, where
/// it cuts the others: there, it may be one level above this. Its full range is within one level everywhere.
pub fn hsv_to_rgb([h, s, v]: [u8; 3], range: HueRange) -> Colour {
    let (steps, round): (f32, fn(f32) -> u8) = match range {
        HueRange::Half => (180.0, below),
        HueRange::Full => (255.0, nearest),
    };
    let turned = f32::from(h) * (6.0 / steps);
    let [saturation, value] = [s, v].map(|x| f32::from(x) * (1.0 / 255.0));
    // A hue is never negative: cutting is rounding down.
    let sixth = turned as u8;
    let part = turned - f32::from(sixth);
    let least = value * (1.0 - saturation);
    let falling = value * fused(-saturation, part, 1.0);
    let rising = value * fused(-saturation, 1.0 - part, 1.0);
    of_sixth(usize::from(sixth % 6), value, least, falling, rising).map(|x| round(x * 255.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::samples::cube;

    /// CRC-32 of what becomes of every colour for which `keep` holds.
    fn crc_of_all(keep: impl Fn(Colour) -> bool, of: impl Fn(Colour) -> Colour) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        for plane in cube() {
            let changed: Vec<Colour> = plane.into_iter().filter(|c| keep(*c)).map(&of).collect();
            hasher.update(changed.as_flattened());
        }
        hasher.finalize()
    }

    #[test]
    fn every_colour_has_opencvs_hsv() {
        // zlib.crc32(cv2.cvtColor(cube, c)) for c = COLOR_RGB2HSV and COLOR_RGB2HSV_FULL, OpenCV 4.14 and
        // 5.0; cube: all colours, red fastest.
        assert_eq!(crc_of_all(|_| true, |c| rgb_to_hsv(c, HueRange::Half)), 0x46f4_7cf9);
        assert_eq!(crc_of_all(|_| true, |c| rgb_to_hsv(c, HueRange::Full)), 0x5e92_805b);
    }

    #[test]
    fn every_hsv_has_opencvs_colour() {
        // zlib.crc32(cv2.cvtColor(a, COLOR_HSV2RGB)), a: the colours of the cube whose first byte is below
        // 180, in 512 rows.
        assert_eq!(crc_of_all(|c| c[0] < 180, |c| hsv_to_rgb(c, HueRange::Half)), 0x292f_8e2c);
        // cv2.cvtColor(a, COLOR_HSV2RGB_FULL) of these, OpenCV 5.0.
        for (hsv, rgb) in FULL {
            assert_eq!(hsv_to_rgb(hsv, HueRange::Full), rgb);
        }
    }

    const FULL: [([u8; 3], Colour); 8] = [
        ([121, 131, 193], [94, 193, 178]),
        ([243, 8, 36], [36, 35, 35]),
        ([210, 242, 63], [59, 3, 63]),
        ([79, 222, 108], [27, 108, 14]),
        ([69, 211, 65], [31, 65, 11]),
        ([104, 164, 140], [50, 140, 90]),
        ([21, 7, 221], [221, 218, 215]),
        ([192, 214, 137], [82, 22, 137]),
    ];

    #[test]
    fn a_hue_past_the_circle_goes_round_it() {
        assert_eq!(hsv_to_rgb([180, 200, 90], HueRange::Half), hsv_to_rgb([0, 200, 90], HueRange::Half));
        assert_eq!(hsv_to_rgb([255, 0, 90], HueRange::Half), [90; 3]);
    }
}
