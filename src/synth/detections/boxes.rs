//! Boxes that overlap others by so much.

use crate::geometry::{BBox, Size};
use crate::random::Random;

/// A number in −1..1.
fn either(random: &mut Random) -> f64 {
    2.0 * random.unit() - 1.0
}

/// The box moved by up to `shift` of its sides and stretched by up to `stretch` of them, cut to the picture.
pub(super) fn moved(
    bbox: &BBox,
    shift: f64,
    stretch: f64,
    size: Option<Size>,
    random: &mut Random,
) -> Option<BBox> {
    let w = bbox.w() * (1.0 + stretch * either(random));
    let h = bbox.h() * (1.0 + stretch * either(random));
    let (cx, cy) = bbox.center();
    let (cx, cy) = (cx + shift * bbox.w() * either(random), cy + shift * bbox.h() * either(random));
    let made = BBox::from_cxcywh(cx, cy, w, h).ok()?;
    let made = size.map_or(made, |size| made.clip(size));
    (made.area() > 0.0).then_some(made)
}

/// A box anywhere in a picture, a twentieth to a third of its sides.
pub(super) fn anywhere(size: Size, random: &mut Random) -> Option<BBox> {
    let mut side = |length: u32| {
        let long = f64::from(length) * (0.05 + 0.28 * random.unit());
        (random.unit() * (f64::from(length) - long), long)
    };
    let ((x, w), (y, h)) = (side(size.width), side(size.height));
    BBox::try_new(x, y, w, h).ok().filter(|bbox| bbox.area() > 0.0)
}
