//! Plates: names on a ground of their colour, put where they hide little.
//!
//! The invariant: a plate lies within the picture whole, or is not drawn. A name wider than its room is
//! shortened with an ellipsis. Plates look for a place in the order of their objects, the most important first:
//! above the object, then inside its corners, then below it; an object that its own name would hide has it below
//! or beside itself where there is none above. A plate that would hide more than an eighth of itself
//! behind more important ones is left out and counted; so a crowd does not become a heap of letters.

use super::area::Area;
use super::canvas::{Canvas, Paint};
use super::palette::ink_on;
use super::text::Line;
use crate::image::Colour;

/// A name and what it belongs to.
pub(super) struct Tag {
    pub(super) text: String,
    /// The box of the object, with its lines.
    pub(super) area: Area,
    pub(super) colour: Colour,
    /// The x and y of the plate's middle, where it shall not stand at an edge of the area.
    pub(super) centre: Option<(i64, i64)>,
}

/// How plates are drawn.
#[derive(Clone, Copy)]
pub(super) struct Plates {
    pub(super) size: f32,
    pub(super) ink: Option<Colour>,
    pub(super) alpha: f32,
}

/// Draws plates, the most important first in the list, and tells how many were left out.
pub(super) fn draw(canvas: &mut Canvas, tags: &[Tag], plates: Plates) -> usize {
    let picture = canvas.area();
    let mut placed: Vec<(Area, Line, Colour)> = Vec::with_capacity(tags.len());
    for tag in tags.iter().filter(|tag| !tag.area.meet(picture).is_empty()) {
        let seen = tag.area.meet(picture);
        let Some((plate, line)) = plate(tag, seen, picture, plates.size) else { continue };
        let places = match tag.centre {
            Some(centre) => around(plate, centre),
            None => places(plate, tag.area, seen),
        };
        let hidden = |place: &Area| placed.iter().map(|(other, ..)| other.meet(*place).pixels()).sum::<i64>();
        let moved = places.into_iter().map(|place| place.moved_into(picture));
        let free = moved.filter(|place| hidden(place) * 8 <= place.pixels());
        // The first place of those that hide least; a small object is not to be hidden by its own name.
        let own = |place: &Area| if is_small(plate, seen) { place.meet(seen).pixels() } else { 0 };
        let best = free.min_by_key(|place| hidden(place) + own(place));
        placed.extend(best.map(|place| (place, line, tag.colour)));
    }
    for (place, line, colour) in placed.iter().rev() {
        canvas.fill(*place, Paint::new(*colour, plates.alpha));
        let (pad, _) = padding(plates.size);
        let ink = Paint::solid(plates.ink.unwrap_or_else(|| ink_on(*colour)));
        let top = place.top + (place.height() - i64::from(line.height())) / 2;
        line.paint(canvas, (place.left + pad, top), ink);
    }
    tags.len() - placed.len()
}

/// Pixels left and right of a text, and above and below it.
fn padding(size: f32) -> (i64, i64) {
    ((size * 0.25).round() as i64, (size * 0.09).round() as i64)
}

/// The plate of a tag at (0, 0), as wide as its object or three fifths of the picture, and its line.
fn plate(tag: &Tag, seen: Area, picture: Area, size: f32) -> Option<(Area, Line)> {
    let (across, down) = padding(size);
    let most = seen.width().max(picture.width() * 3 / 5).min(picture.width()) - 2 * across;
    let line = Line::fitted(&tag.text, size, u32::try_from(most).ok()?)?;
    let (width, height) = (i64::from(line.width()) + 2 * across, i64::from(line.height()) + 2 * down);
    (height <= picture.height()).then_some((Area::at(0, 0, width, height), line))
}

/// A plate in the middle of a place, then half of itself and all of itself above and below it.
fn around(plate: Area, (x, y): (i64, i64)) -> Vec<Area> {
    let (width, height) = (plate.width(), plate.height());
    let lifted = |halves: i64| Area::at(x - width / 2, y - height / 2 + halves * height / 2, width, height);
    [0, -1, 1, -2, 2].map(lifted).to_vec()
}

/// True for an object that a plate on it would hide.
fn is_small(plate: Area, seen: Area) -> bool {
    plate.pixels() * 4 > seen.pixels()
}

/// Where a plate may be put, the best first. An object that is hardly larger than the plate is not hidden by it
/// as long as there is another place.
fn places(plate: Area, whole: Area, seen: Area) -> Vec<Area> {
    let (width, height) = (plate.width(), plate.height());
    let at = |x, y| Area::at(x, y, width, height);
    let above = [at(seen.left, whole.top - height), at(seen.right - width, whole.top - height)];
    let inside = [
        at(seen.left, seen.top),
        at(seen.right - width, seen.top),
        at(seen.left, seen.bottom - height),
        at(seen.right - width, seen.bottom - height),
    ];
    let below = [at(seen.left, whole.bottom), at(seen.right - width, whole.bottom)];
    let beside = [at(whole.right, seen.top), at(whole.left - width, seen.top)];
    if is_small(plate, seen) {
        [&above[..], &below, &beside, &inside].concat()
    } else {
        [&above[..], &inside, &below].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Pixels};

    const GROUND: Colour = [9, 9, 9];
    const PLATES: Plates = Plates { size: 12.0, ink: None, alpha: 1.0 };

    fn tag(text: &str, area: Area) -> Tag {
        Tag { text: text.into(), area, colour: [200, 30, 30], centre: None }
    }

    fn drawn(size: (u32, u32), tags: &[Tag]) -> (Pixels, usize) {
        let mut pixels = Pixels::filled(size, Channels::Rgb, GROUND).unwrap();
        let left_out = draw(&mut Canvas::new(&mut pixels), tags, PLATES);
        (pixels, left_out)
    }

    /// The rows and columns that are not ground.
    fn inked(pixels: &Pixels) -> Area {
        let (mut area, none) = (Area { left: i64::MAX, top: i64::MAX, right: 0, bottom: 0 }, &GROUND[..]);
        for (row, column) in (0..pixels.height()).flat_map(|r| (0..pixels.width()).map(move |c| (r, c))) {
            if pixels.pixel(row, column) != none {
                let (x, y) = (i64::from(column), i64::from(row));
                area = Area {
                    left: area.left.min(x),
                    top: area.top.min(y),
                    right: area.right.max(x + 1),
                    bottom: area.bottom.max(y + 1),
                };
            }
        }
        area
    }

    #[test]
    fn a_plate_stands_on_its_box_or_inside_where_the_picture_ends() {
        let (pixels, _) = drawn((100, 200), &[tag("dog", Area::at(50, 40, 80, 50))]);
        let plate = inked(&pixels);
        assert_eq!((plate.left, plate.bottom), (50, 40));
        let (pixels, _) = drawn((100, 200), &[tag("dog", Area::at(50, 2, 80, 50))]);
        assert_eq!((inked(&pixels).left, inked(&pixels).top), (50, 0));
        let (pixels, _) = drawn((100, 200), &[tag("traffic light", Area::at(190, 40, 80, 50))]);
        assert_eq!(inked(&pixels).right, 200);
    }

    #[test]
    fn a_small_object_at_an_edge_is_not_hidden_by_its_name() {
        // At the upper edge, in all corners, and in a picture so low that there is room beside it alone.
        for (size, object) in [
            ((100, 200), Area::at(50, 0, 12, 10)),
            ((100, 200), Area::at(0, 0, 9, 9)),
            ((100, 200), Area::at(191, 0, 9, 9)),
            ((100, 200), Area::at(0, 91, 9, 9)),
            ((100, 200), Area::at(191, 91, 9, 9)),
            ((18, 200), Area::at(3, 3, 12, 12)),
            ((18, 200), Area::at(185, 3, 12, 12)),
        ] {
            let (pixels, left_out) = drawn(size, &[tag("dog", object)]);
            assert_eq!((left_out, inked(&pixels).meet(object).pixels()), (0, 0), "{object:?}");
        }
    }

    #[test]
    fn plates_give_way_to_each_other_and_the_last_of_a_heap_is_left_out() {
        let tags: Vec<Tag> = (0..3).map(|_| tag("dog", Area::at(50, 40, 80, 50))).collect();
        let (pixels, left_out) = drawn((100, 200), &tags);
        let one = inked(&drawn((100, 200), &tags[..1]).0).pixels();
        let count = pixels.rows().flat_map(|row| row.as_chunks::<3>().0).filter(|p| **p != GROUND).count();
        assert_eq!((count as i64, left_out), (3 * one, 0));
        let heap: Vec<Tag> = (0..40).map(|_| tag("dog", Area::at(50, 40, 80, 50))).collect();
        let (_, left_out) = drawn((100, 200), &heap);
        assert!((30..40).contains(&left_out), "{left_out}");
    }

    #[test]
    fn a_picture_without_room_has_no_plate() {
        for size in [(1, 1), (5, 300), (300, 4)] {
            let (pixels, left_out) = drawn(size, &[tag("dog", Area::at(0, 0, 300, 300))]);
            assert_eq!((left_out, pixels.data().iter().all(|v| *v == 9)), (1, true), "{size:?}");
        }
    }
}
