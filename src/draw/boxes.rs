//! Boxes: crisp rectangles along the axes, smooth ones at an angle; whole, or dashed for crowds.
//!
//! A line of n pixels along the axes lies half inside and half outside the box's edge, the larger half inside: a
//! line of one pixel is the outermost pixel of the box. It is painted pixel by pixel, so it is the same
//! everywhere; what lies outside the picture is left out, and no edge is drawn where the picture ends.

use super::area::Area;
use super::canvas::{Canvas, Paint};
use super::object::corners_of;
use super::shape::Shape;

/// How an outline is drawn.
#[derive(Clone, Copy)]
pub(super) struct Outline {
    pub(super) paint: Paint,
    pub(super) width: i64,
    pub(super) dashed: bool,
    /// A thin dark line along its outer side, and along the inner one of a line that is wider than a pixel.
    pub(super) halo: bool,
}

/// The paint of a halo beside paint of some alpha.
pub(super) fn halo(paint: Paint) -> Paint {
    Paint { colour: [0; 3], alpha: super::canvas::times(130, paint.alpha) }
}

/// The rectangle around an area. True if some of it can be seen.
pub(super) fn rectangle(canvas: &mut Canvas, area: Area, outline: Outline) -> bool {
    let Outline { paint, width, dashed, .. } = outline;
    let outer = area.grown(width / 2);
    // Where the lines meet there is nothing inside.
    let inner = area.grown(-(width - width / 2));
    if outline.halo {
        let inside = inner.grown(-1);
        frame(canvas, outer.grown(1), outer, halo(paint));
        // A line of one pixel would look black between two dark ones.
        if width > 1 && inside.width() > 4 && inside.height() > 4 {
            frame(canvas, inner, inside, halo(paint));
        }
    }
    if dashed {
        dashes(canvas, outer, width, paint);
    } else {
        frame(canvas, outer, inner, paint);
    }
    !outer.meet(canvas.area()).is_empty() && !canvas.area().is_inside(inner)
}

/// What lies in the outer area and not in the inner one, each pixel painted once.
fn frame(canvas: &mut Canvas, outer: Area, inner: Area, paint: Paint) {
    let (left, right) = (inner.left, inner.right.max(inner.left));
    let (top, bottom) = (inner.top, inner.bottom.max(inner.top));
    if inner.is_empty() {
        canvas.fill(outer, paint);
        return;
    }
    canvas.fill(Area { bottom: top, ..outer }, paint);
    canvas.fill(Area { top: bottom, ..outer }, paint);
    canvas.fill(Area { left: outer.left, right: left, top, bottom }, paint);
    canvas.fill(Area { left: right, right: outer.right, top, bottom }, paint);
}

/// Dashes along the four sides, from each corner to the middle of its sides, so that corners are closed.
fn dashes(canvas: &mut Canvas, outer: Area, width: i64, paint: Paint) {
    let (on, period) = (3 * width + 2, 6 * width + 4);
    let seen = canvas.area();
    let mut side = |from: i64, to: i64, seen: (i64, i64), place: &dyn Fn(i64, i64) -> Area| {
        let middle = from.midpoint(to);
        // Only dashes that can be seen are counted out.
        let first = |near: i64| (near - period).max(0) / period;
        for n in first(seen.0 - from).. {
            let start = from + n * period;
            if start >= middle || start >= seen.1 {
                break;
            }
            canvas.fill(place(start, (start + on).min(middle)), paint);
        }
        for n in first(to - seen.1).. {
            let end = to - n * period;
            if end <= middle || end <= seen.0 {
                break;
            }
            canvas.fill(place((end - on).max(middle), end), paint);
        }
    };
    let across = (outer.left, outer.right, (seen.left, seen.right));
    let (top, bottom) =
        ((outer.top + width).min(outer.bottom), (outer.bottom - width).max(outer.top + width));
    side(across.0, across.1, across.2, &|left, right| Area { left, right, top: outer.top, bottom: top });
    side(across.0, across.1, across.2, &|left, right| Area {
        left,
        right,
        top: bottom,
        bottom: outer.bottom,
    });
    let (left, right) =
        ((outer.left + width).min(outer.right), (outer.right - width).max(outer.left + width));
    // The corners belong to the sides above and below.
    let down = (top, bottom, (seen.top, seen.bottom));
    side(down.0, down.1, down.2, &|top, bottom| Area { top, bottom, left: outer.left, right: left });
    side(down.0, down.1, down.2, &|top, bottom| Area { top, bottom, left: right, right: outer.right });
}

/// A box at an angle. True if some of it can be seen.
pub(super) fn rotated(canvas: &mut Canvas, rbox: [f64; 5], outline: Outline) -> bool {
    let [.., w, h, _] = rbox;
    if !(w > 0.0 && h > 0.0) {
        return false;
    }
    let [a, b, c, d] = corners_of(rbox);
    let (ring, width) = ([a, b, c, d, a], outline.width as f64);
    if outline.halo {
        let mut shape = Shape::within(canvas.area());
        shape.line(&ring, width + 2.0);
        if let Some(coverage) = shape.coverage() {
            canvas.cover(&coverage, halo(outline.paint));
        }
    }
    let mut shape = Shape::within(canvas.area());
    if outline.dashed {
        shape.dashes(&ring, width, [3.0 * width + 2.0, 3.0 * width + 2.0]);
    } else {
        shape.line(&ring, width);
    }
    shape.coverage().map(|coverage| canvas.cover(&coverage, outline.paint)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Pixels};

    fn drawn(size: (u32, u32), area: Area, width: i64, dashed: bool, alpha: u8) -> (Vec<String>, bool) {
        let mut pixels = Pixels::filled(size, Channels::Rgb, [0; 3]).unwrap();
        let paint = Paint { colour: [255; 3], alpha };
        let outline = Outline { paint, width, dashed, halo: false };
        let seen = rectangle(&mut Canvas::new(&mut pixels), area, outline);
        let mark = |v: &[u8; 3]| match v[0] {
            0 => '.',
            255 => '#',
            v if v == alpha => '+',
            _ => '?',
        };
        (pixels.rows().map(|row| row.as_chunks::<3>().0.iter().map(mark).collect()).collect(), seen)
    }

    #[test]
    fn a_line_of_one_pixel_is_the_outermost_pixel_of_the_box() {
        let (rows, seen) = drawn((5, 7), Area::at(1, 1, 5, 3), 1, false, 255);
        assert_eq!(rows, [".......", ".#####.", ".#...#.", ".#####.", "......."]);
        assert!(seen);
    }

    #[test]
    fn wide_lines_lie_half_outside_and_every_pixel_is_painted_once() {
        let (rows, _) = drawn((8, 9), Area::at(2, 2, 5, 4), 2, false, 100);
        assert_eq!(rows[1], ".+++++++.");
        assert_eq!(rows[3], ".++...++.");
        assert!(rows.iter().all(|row| !row.contains('?')));
        let (rows, _) = drawn((6, 6), Area::at(2, 2, 2, 2), 3, false, 100);
        assert_eq!(rows, ["......", ".++++.", ".++++.", ".++++.", ".++++.", "......"]);
    }

    #[test]
    fn what_is_outside_the_picture_is_not_drawn() {
        let (rows, seen) = drawn((4, 4), Area::at(-3, 1, 5, 9), 1, false, 255);
        assert_eq!((rows, seen), (vec!["....".into(), "##..".into(), ".#..".into(), ".#..".into()], true));
        for far in [Area::at(-3, -3, 20, 20), Area::at(9, 0, 3, 3), Area::at(0, -8, 3, 3)] {
            let (rows, seen) = drawn((4, 4), far, 1, false, 255);
            assert!(!seen && rows.iter().all(|row| row == "...."), "{far:?}");
        }
    }

    #[test]
    fn dashes_close_the_corners_and_stay_on_the_outline() {
        let (whole, _) = drawn((30, 40), Area::at(3, 3, 30, 20), 2, false, 255);
        let (rows, _) = drawn((30, 40), Area::at(3, 3, 30, 20), 2, true, 255);
        let count = |rows: &[String]| rows.concat().matches('#').count();
        assert!(count(&rows) * 3 < count(&whole) * 2 && count(&rows) * 3 > count(&whole));
        for (row, whole) in rows.iter().zip(&whole) {
            assert!(row.chars().zip(whole.chars()).all(|(a, b)| a == '.' || b == '#'));
        }
        assert!(rows[2].starts_with("..###") && rows[3].ends_with("###......"));
        // A box of 2^40 pixels costs what can be seen of it.
        let (rows, _) = drawn((9, 90), Area::at(-(1 << 40), 2, 1 << 41, 1 << 40), 1, true, 255);
        assert!(rows[2].matches('#').count() > 30);
    }
}
