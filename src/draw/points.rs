//! Points and the limbs between them.
//!
//! A visible point is a disc, a hidden one (visibility 1) a ring, one that is not labelled (0) is not drawn;
//! a limb is drawn where both its points are.

use super::boxes::halo;
use super::canvas::{Canvas, Paint};
use super::palette::rainbow;
use super::shape::Shape;
use crate::geometry::Keypoint;
use crate::image::Colour;

/// The 19 limbs of a COCO person, as pairs of its 17 points from 0 (COCO's `skeleton`, which counts from 1).
pub const COCO_PERSON_LIMBS: [(usize, usize); 19] = [
    (15, 13),
    (13, 11),
    (16, 14),
    (14, 12),
    (11, 12),
    (5, 11),
    (6, 12),
    (5, 6),
    (5, 7),
    (6, 8),
    (7, 9),
    (8, 10),
    (1, 2),
    (0, 1),
    (0, 2),
    (1, 3),
    (2, 4),
    (3, 5),
    (4, 6),
];

/// How points are drawn.
#[derive(Clone, Copy)]
pub(super) struct Joints<'a> {
    pub(super) limbs: &'a [(usize, usize)],
    /// The colour of all; that of their number, if none.
    pub(super) colour: Option<Colour>,
    pub(super) alpha: f32,
    pub(super) line: f64,
    pub(super) halo: bool,
    pub(super) hidden: bool,
}

/// Draws limbs, then points over them. True if some of it can be seen.
pub(super) fn draw(canvas: &mut Canvas, points: &[Keypoint], joints: Joints) -> bool {
    let shown = |p: &&Keypoint| p.visibility > 1 || p.visibility == 1 && joints.hidden;
    let paint = |n, of| Paint::new(joints.colour.unwrap_or_else(|| rainbow(n, of)), joints.alpha);
    let (line, radius) = (joints.line, joints.line * 1.25 + 1.0);
    let mut seen = false;
    for (n, (from, to)) in joints.limbs.iter().enumerate() {
        let ends = points.get(*from).filter(shown).zip(points.get(*to).filter(shown));
        let Some((from, to)) = ends else { continue };
        let ends = [[from.x, from.y], [to.x, to.y]];
        let limb = |shape: &mut Shape, more: f64| shape.line(&ends, line + more);
        seen |= cover(canvas, joints.halo, paint(n, joints.limbs.len()), limb);
    }
    for (n, point) in points.iter().enumerate().filter(|(_, p)| shown(p)) {
        let centre = [point.x, point.y];
        if point.visibility > 1 {
            let disc = |shape: &mut Shape, more: f64| shape.disc(centre, radius + more / 2.0);
            seen |= cover(canvas, joints.halo, paint(n, points.len()), disc);
        } else {
            let ring = |shape: &mut Shape, more: f64| shape.ring(centre, radius, line + more);
            seen |= cover(canvas, joints.halo, paint(n, points.len()), ring);
        }
    }
    seen
}

/// Covers a shape, over its halo, which is the same shape a pixel larger all round.
fn cover(canvas: &mut Canvas, haloed: bool, paint: Paint, draw: impl Fn(&mut Shape, f64)) -> bool {
    let mut covered = |more: f64, paint: Paint| {
        let mut shape = Shape::within(canvas.area());
        draw(&mut shape, more);
        shape.coverage().map(|coverage| canvas.cover(&coverage, paint)).is_some()
    };
    if haloed {
        covered(2.0, halo(paint));
    }
    covered(0.0, paint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Channels, Pixels};

    fn drawn(points: &[Keypoint], limbs: &[(usize, usize)]) -> (Pixels, bool) {
        let mut pixels = Pixels::filled((40, 40), Channels::Rgb, [0; 3]).unwrap();
        let joints =
            Joints { limbs, colour: Some([255; 3]), alpha: 1.0, line: 2.0, halo: false, hidden: true };
        let seen = draw(&mut Canvas::new(&mut pixels), points, joints);
        (pixels, seen)
    }

    fn at(x: f64, y: f64, visibility: u8) -> Keypoint {
        Keypoint { x, y, visibility }
    }

    #[test]
    fn visible_points_are_full_hidden_ones_hollow_and_others_absent() {
        let (pixels, seen) = drawn(&[at(10.5, 10.5, 2), at(30.5, 10.5, 1), at(10.5, 30.5, 0)], &[(0, 2)]);
        assert!(seen);
        assert_eq!((pixels.pixel(10, 10), pixels.pixel(10, 30)), (&[255; 3][..], &[0; 3][..]));
        assert_eq!(pixels.pixel(10, 27), &[255; 3][..]);
        assert!(pixels.data()[20 * 120..].iter().all(|v| *v == 0));
    }

    #[test]
    fn limbs_join_the_points_that_there_are() {
        let points = [at(5.0, 20.0, 2), at(35.0, 20.0, 1), at(f64::NAN, 3.0, 2)];
        let (pixels, _) = drawn(&points, &[(0, 1), (1, 7), (0, 2)]);
        assert_eq!(pixels.pixel(20, 20), &[255; 3][..]);
        let (_, seen) = drawn(&[at(-90.0, 3.0, 2), at(f64::INFINITY, 3.0, 2)], &[]);
        assert!(!seen);
    }
}
