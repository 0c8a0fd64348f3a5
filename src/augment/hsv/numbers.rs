//! OpenCV's HSV of single precision.

use super::of_sixth;

/// Hue in degrees (0..=360), saturation (0..=1 for channels of one sign) and value (the greatest channel, in
/// its own unit) of three numbers: `COLOR_RGB2HSV` of `float32`. Works for channels that end at 1 and at 255
/// alike.
pub fn rgb_to_hsv_numbers([r, g, b]: [f32; 3]) -> [f32; 3] {
    let value = r.max(g).max(b);
    let spread = value - r.min(g).min(b);
    let saturation = spread / (value.abs() + f32::EPSILON);
    let scale = (60.0 / f64::from(spread + f32::EPSILON)) as f32;
    let hue = if value == r {
        (g - b) * scale
    } else if value == g {
        (b - r) * scale + 120.0
    } else {
        (r - g) * scale + 240.0
    };
    [if hue < 0.0 { hue + 360.0 } else { hue }, saturation, value]
}

/// The three numbers of hue in degrees, saturation and value: `COLOR_HSV2RGB` of `float32`. Hues outside
/// 0..360 go round the circle; one that is not finite counts as 0.
pub fn hsv_to_rgb_numbers([hue, saturation, value]: [f32; 3]) -> [f32; 3] {
    let turned = (hue * (6.0 / 360.0)).rem_euclid(6.0);
    // rem_euclid of a tiny negative number is 6 itself; of one that is not finite, NaN, which is no sixth at
    // all.
    let (sixth, part) = if turned < 6.0 { (turned.floor(), turned.fract()) } else { (0.0, 0.0) };
    let least = value * (1.0 - saturation);
    let falling = value * (1.0 - saturation * part);
    let rising = value * (1.0 - saturation * (1.0 - part));
    of_sixth(sixth as usize, value, least, falling, rising)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_opencvs() {
        // cv2.cvtColor(np.float32([[c]]), COLOR_RGB2HSV) and of that COLOR_HSV2RGB, OpenCV 5.0.
        for (rgb, hsv) in RECORDED {
            let found = rgb_to_hsv_numbers(rgb);
            for (found, wanted) in found.iter().zip(hsv) {
                assert!((found - wanted).abs() <= 1e-5 * wanted.abs().max(1.0), "{rgb:?}: {found} {wanted}");
            }
            for (found, wanted) in hsv_to_rgb_numbers(hsv).iter().zip(rgb) {
                assert!((found - wanted).abs() <= 1e-6 * hsv[2].max(1.0), "{rgb:?}: {found} {wanted}");
            }
        }
    }

    const RECORDED: [([f32; 3], [f32; 3]); 8] = [
        ([255.0, 0.0, 0.0], [0.0, 1.0, 255.0]),
        ([0.2, 0.7, 0.1], [110.0, 0.857_142_7, 0.7]),
        ([200.5, 13.25, 90.75], [335.166_9, 0.933_915_2, 200.5]),
        ([12.0, 250.0, 249.0], [179.747_91, 0.952, 250.0]),
        ([-20.0, 5.0, 3.0], [175.2, 5.0, 5.0]),
        ([260.0, 255.0, 250.0], [30.0, 0.038_461_54, 260.0]),
        ([0.1, 0.1, 0.1], [0.0, 0.0, 0.1]),
        ([30.0, 60.0, 250.0], [231.818_18, 0.88, 250.0]),
    ];

    #[test]
    fn extremes_give_numbers() {
        assert_eq!(rgb_to_hsv_numbers([0.0; 3]), [0.0; 3]);
        let whole_circle = hsv_to_rgb_numbers([360.0, 1.0, 9.0]);
        assert!(whole_circle[0] == 9.0 && whole_circle[1] < 1e-5 && whole_circle[2] == 0.0);
        assert_eq!(hsv_to_rgb_numbers([-1e-30, 1.0, 9.0]), [9.0, 0.0, 0.0]);
        assert_eq!(hsv_to_rgb_numbers([f32::NAN, 0.0, 9.0]), [9.0; 3]);
        assert_eq!(hsv_to_rgb_numbers([f32::INFINITY, 0.0, 9.0]), [9.0; 3]);
    }
}
