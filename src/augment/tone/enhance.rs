//! Blends with a duller picture: [`brightness`], [`contrast`], [`saturation`], [`sharpness`]; and [`hue`].
//!
//! Each blends the picture x with one that lacks what is to be changed, d: black, flat, gray, blurred. A
//! factor f of 0 gives d, 1 gives x, more than 1 goes beyond x. The factor may be any number; what leaves
//! 0..=255 is clipped.
//!
//! - [`Rule::OpenCv`]: f x + (1 − f) d in single precision with one rounding for the first product and the
//!   sum, then the byte below (for saturation the nearest, halves to the even one). These are the numbers of
//!   MMCV's `adjust_*` on processors that multiply and add in one step, on which they were recorded.
//! - [`Rule::Pillow`]: d + f (x − d) in single precision, then the byte below. These are the numbers of
//!   Pillow's `ImageEnhance`, and so of torchvision's `adjust_*` on a Pillow image.
//!
//! The two agree where f, f x and (1 − f) d are exact, as with f = 0.5 or 1.5; else a byte may be one apart.

use super::gray::Rule;
use super::table::{lut, table};
use crate::augment::border::reflect_101;
use crate::augment::hsv::{hsv_to_rgb_pillow, rgb_to_hsv_pillow};
use crate::augment::rounding::{below, fused, nearest};
use crate::image::{Channels, Pixels};

/// A blend before it is rounded.
fn blend(rule: Rule, factor: f64) -> impl Fn(u8, u8) -> f32 {
    let f = factor as f32;
    // OpenCV is handed both weights in double precision.
    let rest = (1.0 - factor) as f32;
    move |x, d| {
        let (x, d) = (f32::from(x), f32::from(d));
        match rule {
            Rule::OpenCv => fused(x, f, d * rest),
            Rule::Pillow => d + f * (x - d),
        }
    }
}

/// Blends with black: every channel times the factor.
pub fn brightness(pixels: &mut Pixels, factor: f64, rule: Rule) {
    let blend = blend(rule, factor);
    lut(pixels, &table(|x| below(blend(x, 0))));
}

/// Blends with a flat picture of the mean luma, rounded to a byte: halves to the even one (OpenCV) or up
/// (Pillow).
pub fn contrast(pixels: &mut Pixels, factor: f64, rule: Rule) {
    let mean = mean_luma(pixels, rule);
    let blend = blend(rule, factor);
    lut(pixels, &table(|x| below(blend(x, mean))));
}

fn mean_luma(pixels: &Pixels, rule: Rule) -> u8 {
    let (sum, count) = rule.lumas(pixels).fold((0u64, 0u64), |(sum, n), luma| (sum + u64::from(luma), n + 1));
    let mean = sum as f64 / count as f64;
    match rule {
        Rule::OpenCv => mean.round_ties_even() as u8,
        Rule::Pillow => (mean + 0.5) as u8,
    }
}

/// Blends with the picture's own luma. A gray picture stays as it is. Also called colour.
pub fn saturation(pixels: &mut Pixels, factor: f64, rule: Rule) {
    if pixels.channels() == Channels::Gray {
        return;
    }
    let blend = blend(rule, factor);
    let round = match rule {
        Rule::OpenCv => nearest,
        Rule::Pillow => below,
    };
    for colour in pixels.data_mut().as_chunks_mut::<3>().0 {
        let luma = rule.luma(*colour);
        *colour = colour.map(|x| round(blend(x, luma)));
    }
}

/// Blends with a blurred picture: the sum of 3 × 3 pixels and of four times the middle one, by 13, rounded.
/// At the border OpenCV mirrors the picture about its outermost pixels; Pillow leaves these as they are.
pub fn sharpness(pixels: &mut Pixels, factor: f64, rule: Rule) {
    let blend = blend(rule, factor);
    let smooth = smoothed(pixels, rule);
    for (x, d) in pixels.data_mut().iter_mut().zip(smooth) {
        *x = below(blend(*x, d));
    }
}

fn smoothed(pixels: &Pixels, rule: Rule) -> Vec<u8> {
    let (channels, stride) = (pixels.channels().count(), pixels.stride());
    let (height, width) = (pixels.data().len() / stride, stride / channels);
    let row = |place: isize| &pixels.data()[reflect_101(place, height) * stride..][..stride];
    let mut smooth = Vec::with_capacity(pixels.data().len());
    let mut columns = vec![0u16; stride];
    for y in 0..height {
        let (above, middle, under) =
            (row(y.cast_signed() - 1), row(y.cast_signed()), row(y.cast_signed() + 1));
        for (sum, ((a, b), c)) in columns.iter_mut().zip(above.iter().zip(middle).zip(under)) {
            *sum = u16::from(*a) + u16::from(*b) + u16::from(*c);
        }
        let at_end = |n: usize, length: usize| n == 0 || n + 1 == length;
        for x in 0..width {
            let column = |place: isize| reflect_101(place, width) * channels;
            let (left, right) = (column(x.cast_signed() - 1), column(x.cast_signed() + 1));
            let kept = rule == Rule::Pillow && (at_end(y, height) || at_end(x, width));
            for channel in 0..channels {
                let at = x * channels + channel;
                let sum = columns[left + channel] + columns[at] + columns[right + channel];
                // Thirteenths are never halfway between two bytes.
                let mean = (sum + 4 * u16::from(middle[at]) + 6) / 13;
                smooth.push(if kept { middle[at] } else { mean as u8 });
            }
        }
    }
    smooth
}

/// Turns hue by a part of the circle, −0.5 to 0.5 in use: torchvision's `adjust_hue` on a Pillow image.
/// Colours become Pillow's HSV of bytes, `shift` × 255 is cut toward zero and added to hue, which wraps, and
/// they become RGB again; a colour may come back a few levels off even where the shift is 0. A gray picture
/// stays as it is.
pub fn hue(pixels: &mut Pixels, shift: f64) {
    if pixels.channels() == Channels::Gray {
        return;
    }
    let shift = (shift * 255.0) as i64 as u8;
    for colour in pixels.data_mut().as_chunks_mut::<3>().0 {
        let [h, s, v] = rgb_to_hsv_pillow(*colour);
        *colour = hsv_to_rgb_pillow([h.wrapping_add(shift), s, v]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::samples::{crc, every_kind, texture, texture_of};

    type Enhance = fn(&mut Pixels, f64, Rule);
    const ALL: [Enhance; 4] = [brightness, contrast, saturation, sharpness];
    const FACTORS: [f64; 5] = [0.0, 0.3, 0.95, 1.3, 1.9];

    fn changed(picture: &Pixels, change: impl Fn(&mut Pixels)) -> Pixels {
        let mut changed = picture.clone();
        change(&mut changed);
        changed
    }

    /// One sum for the results of all factors.
    fn crc_of(enhance: Enhance, rule: Rule, channels: Channels) -> u32 {
        let results =
            FACTORS.map(|factor| changed(&texture(channels), |p| enhance(p, factor, rule)).into_data());
        crc(&results.concat())
    }

    #[test]
    fn opencvs_rule_is_mmcvs() {
        // zlib.crc32 of mmcv.adjust_brightness, adjust_contrast, adjust_color, adjust_sharpness (mmcv 2.2,
        // OpenCV 5.0) of t[..., ::-1], turned back, for each of the factors.
        assert_eq!(ALL.map(|enhance| crc_of(enhance, Rule::OpenCv, Channels::Rgb)), MMCV);
    }

    const MMCV: [u32; 4] = [0x1666_b120, 0x87dd_2e97, 0x07a5_08e2, 0x8244_9ebf];

    #[test]
    fn pillows_rule_is_pillows() {
        // zlib.crc32 of ImageEnhance.Brightness, Contrast, Color, Sharpness (Pillow 13.0) of RGB, then of L.
        assert_eq!(ALL.map(|enhance| crc_of(enhance, Rule::Pillow, Channels::Rgb)), PILLOW_RGB);
        assert_eq!(ALL.map(|enhance| crc_of(enhance, Rule::Pillow, Channels::Gray)), PILLOW_GRAY);
    }

    const PILLOW_RGB: [u32; 4] = [0x1666_b120, 0x3718_6053, 0x01c3_ba57, 0x3d5b_b9a0];
    const PILLOW_GRAY: [u32; 4] = [0xa113_7a05, 0x28e5_8779, 0x4268_5cae, 0x0992_791f];

    #[test]
    fn gray_is_as_rgb_with_three_equal_channels() {
        for rule in [Rule::OpenCv, Rule::Pillow] {
            for enhance in ALL {
                for picture in every_kind().filter(|p| p.channels() == Channels::Gray) {
                    let gray = changed(&picture, |p| enhance(p, 1.3, rule));
                    let rgb = changed(&picture.to_rgb(), |p| enhance(p, 1.3, rule));
                    assert!(gray.to_rgb() == rgb, "{rule:?}");
                }
            }
        }
    }

    #[test]
    fn narrow_pictures_have_mirrored_borders() {
        // mmcv.adjust_sharpness(t, 0) of 1 x 5, 5 x 1, 2 x 2 and 1 x 1 pixels, gray: cv2.filter2D.
        for (size, wanted) in NARROW {
            let smooth = changed(&texture_of(size, Channels::Gray), |p| sharpness(p, 0.0, Rule::OpenCv));
            assert_eq!(smooth.data(), wanted, "{size:?}");
        }
    }

    const NARROW: [((u32, u32), &[u8]); 4] =
        [((1, 5), &[2, 5, 10, 15, 18]), ((5, 1), &[1, 3, 6, 9, 11]), ((2, 2), &[4; 4]), ((1, 1), &[0])];

    #[test]
    fn factor_1_changes_nothing_and_extremes_end_in_bytes() {
        for picture in every_kind() {
            for rule in [Rule::OpenCv, Rule::Pillow] {
                for enhance in ALL {
                    assert!(changed(&picture, |p| enhance(p, 1.0, rule)) == picture);
                    for factor in [-1e9, 1e9, f64::NAN] {
                        assert_eq!(changed(&picture, |p| enhance(p, factor, rule)).size(), picture.size());
                    }
                }
            }
            assert!(changed(&picture, |p| brightness(p, 0.0, Rule::OpenCv)).data().iter().all(|x| *x == 0));
        }
    }

    #[test]
    fn hue_is_torchvisions() {
        // torchvision.transforms.functional.adjust_hue on a Pillow image: np.uint8(h * 255) added to H, here
        // of -0.5, -0.1, 0, 0.25 and 0.5, Pillow 13.0.
        let results =
            [-0.5, -0.1, 0.0, 0.25, 0.5].map(|h| changed(&texture(Channels::Rgb), |p| hue(p, h)).into_data());
        assert_eq!(crc(&results.concat()), HUE);
        let gray = texture(Channels::Gray);
        assert!(changed(&gray, |p| hue(p, 0.3)) == gray);
    }

    const HUE: u32 = 0x6ed0_e1ee;
}
