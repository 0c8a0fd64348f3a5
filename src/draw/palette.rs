//! [`class_colour`]: a colour for every class, the same wherever the class is drawn.
//!
//! The invariant: a class number has one colour, whole numbers made it, and the first [`DISTINCT`] differ from
//! each other by a good deal. They are bright enough to be seen on dark photographs and strong enough for light
//! ones; gray is not among them. Beyond them hues go round by the golden ratio in three rings of brightness, so
//! that neighbours in number are far apart in hue.

use crate::image::{Colour, voc_colour};

/// How many classes have a colour that was chosen by hand.
pub const DISTINCT: usize = 20;

const CHOSEN: [Colour; DISTINCT] = [
    [255, 76, 76],
    [30, 144, 255],
    [60, 210, 80],
    [255, 196, 0],
    [200, 90, 255],
    [0, 214, 224],
    [255, 128, 20],
    [255, 96, 190],
    [168, 224, 36],
    [110, 116, 255],
    [0, 170, 130],
    [226, 60, 140],
    [190, 140, 80],
    [130, 200, 255],
    [215, 40, 40],
    [20, 130, 60],
    [255, 170, 150],
    [150, 60, 200],
    [235, 235, 90],
    [40, 90, 220],
];

/// The colour of a class.
///
/// ```
/// use lensframe::draw::class_colour;
/// assert_eq!(class_colour(0), [255, 76, 76]);
/// assert_ne!(class_colour(1000), class_colour(1001));
/// ```
pub fn class_colour(class: usize) -> Colour {
    match CHOSEN.get(class) {
        Some(colour) => *colour,
        None => {
            let n = class - DISTINCT;
            // 1,536 hues; 949 / 1536 is the golden ratio's fraction.
            let (value, floor) = [(250, 60), (205, 20), (255, 120)][n % 3];
            hue((n % 1536 * 949 + 90) % 1536, value, floor)
        }
    }
}

/// The colour of an instance by its place in a list, from 0: VOC colours 1 to 255, over and over, as ChainerCV
/// colours instances.
pub fn instance_colour(place: usize) -> Colour {
    voc_colour(u8::try_from(place % 255 + 1).unwrap_or(1))
}

/// The colour of point or limb `place` of `count`: from red over green to violet.
pub fn rainbow(place: usize, count: usize) -> Colour {
    hue((place * 1280 / count.max(1)) % 1536, 255, 40)
}

/// A hue of 0 to 1535 (red 0, green 512, blue 1024), its strongest channel at `value` and its weakest at `floor`.
fn hue(hue: usize, value: u8, floor: u8) -> Colour {
    let ramp = |distance: usize| match distance {
        0..=256 => value,
        512.. => floor,
        _ => value - u8::try_from(usize::from(value - floor) * (distance - 256) / 256).unwrap_or(0),
    };
    let from = |peak: usize| {
        let distance = hue.abs_diff(peak);
        ramp(distance.min(1536 - distance))
    };
    [from(0), from(512), from(1024)]
}

/// Black or white, whichever is read more easily on a ground.
pub(super) fn ink_on([r, g, b]: Colour) -> Colour {
    let luma = 299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b);
    if luma > 135_000 { [0; 3] } else { [255; 3] }
}

/// A colour with each channel times `share` / 255.
pub(super) fn darker(colour: Colour, share: u8) -> Colour {
    colour.map(|channel| super::canvas::times(channel, share))
}

/// The colour of the `nth` object of a class that has this colour: itself, then lighter and darker by turns.
pub(super) fn shade(colour: Colour, nth: usize) -> Colour {
    let (light, dark) = [(0, 255), (110, 255), (0, 150), (60, 200), (160, 230), (0, 200)][nth % 6];
    darker(colour.map(|channel| super::canvas::mix(channel, 255, light)), dark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(a: Colour, b: Colour) -> u32 {
        a.into_iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    }

    #[test]
    fn the_first_classes_are_far_apart_and_none_of_300_are_the_same() {
        let colours: Vec<Colour> = (0..300).map(class_colour).collect();
        for (n, a) in colours.iter().enumerate() {
            for (m, b) in colours.iter().enumerate().take(n) {
                let least = if n < DISTINCT { 55 * 55 } else { 1 };
                assert!(apart(*a, *b) >= least, "classes {m} and {n}: {b:?} and {a:?}");
            }
        }
    }

    #[test]
    fn hues_peak_where_their_primary_is() {
        assert_eq!(
            [0, 256, 512, 768, 1024, 1280].map(|h| hue(h, 255, 0)),
            [[255, 0, 0], [255, 255, 0], [0, 255, 0], [0, 255, 255], [0, 0, 255], [255, 0, 255],]
        );
        assert_eq!((rainbow(0, 17), rainbow(0, 0)), ([255, 40, 40], [255, 40, 40]));
        assert_eq!((instance_colour(0), instance_colour(255)), ([128, 0, 0], [128, 0, 0]));
    }

    #[test]
    fn six_objects_of_a_class_have_six_shades_and_the_first_its_colour() {
        let shades: Vec<Colour> = (0..6).map(|n| shade([200, 90, 255], n)).collect();
        assert_eq!(shades[0], [200, 90, 255]);
        assert!((0..6).all(|n| (0..n).all(|m| apart(shades[n], shades[m]) > 15 * 15)), "{shades:?}");
    }

    #[test]
    fn ink_is_black_on_bright_and_white_on_dark_grounds() {
        assert_eq!(
            [[255, 255, 0], [0, 0, 128], [255; 3], [0; 3]].map(ink_on),
            [[0; 3], [255; 3], [0; 3], [255; 3],]
        );
    }
}
