//! Pillow's HSV of bytes.

use super::of_sixth;
use crate::image::Colour;

/// Hue (255 steps), saturation and value of a colour as Pillow's `convert("HSV")` has them, to the bit:
/// single precision, cut to the byte below. Grays have hue 0.
pub fn rgb_to_hsv_pillow([r, g, b]: Colour) -> [u8; 3] {
    let value = r.max(g).max(b);
    let least = r.min(g).min(b);
    if value == least {
        return [0, 0, value];
    }
    let spread = f32::from(value - least);
    // How far each channel lies below the greatest. Only the greatest has a 0 to leave out.
    let [red, green, blue] = [r, g, b].map(|x| f64::from(f32::from(value - x) / spread));
    let sixths = if r == value {
        blue - green
    } else if g == value {
        2.0 + red - blue
    } else {
        4.0 + green - red
    } as f32;
    let turns = (f64::from(sixths) / 6.0 + 1.0) % 1.0;
    let saturation = spread / f32::from(value);
    [(f64::from(turns as f32) * 255.0) as u8, (f64::from(saturation) * 255.0) as u8, value]
}

/// The colour of hue, saturation and value as Pillow's `convert("RGB")` of an `HSV` image has it, to the bit.
pub fn hsv_to_rgb_pillow([h, s, v]: [u8; 3]) -> Colour {
    if s == 0 {
        return [v; 3];
    }
    let turned = f64::from(h) * 6.0 / 255.0;
    let sixth = turned.floor();
    let part = f64::from((turned - sixth) as f32);
    let saturation = f64::from(f32::from(s) / 255.0);
    let value = f64::from(v);
    let byte = |share: f64| (value * share).round() as u8;
    let (least, falling) = (byte(1.0 - saturation), byte(1.0 - saturation * part));
    let rising = byte(1.0 - saturation * (1.0 - part));
    of_sixth(sixth as usize % 6, v, least, falling, rising)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::samples::cube;

    fn crc_of_all(of: impl Fn(Colour) -> Colour) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        for plane in cube() {
            let changed: Vec<Colour> = plane.into_iter().map(&of).collect();
            hasher.update(changed.as_flattened());
        }
        hasher.finalize()
    }

    #[test]
    fn all_colours_are_pillows_both_ways() {
        // zlib.crc32 of Image.fromarray(cube).convert("HSV") and of Image.fromarray(cube,
        // "HSV").convert("RGB"), Pillow 13.0; cube: all colours, red fastest.
        assert_eq!(crc_of_all(rgb_to_hsv_pillow), 0x172f_b0d9);
        assert_eq!(crc_of_all(hsv_to_rgb_pillow), 0x3968_37a0);
    }
}
