//! Rotated boxes and how much two of them overlap: [`Rotated`].
//!
//! A rotated box is a centre, a width, a height and an angle in radians, which turns the width's direction from x
//! towards y. Two are compared by clipping one rectangle against the four sides of the other, in doubles: the shared
//! polygon is convex and has at most eight corners. Work is done in a frame that moves the first centre to the origin,
//! so that boxes far from it lose nothing.

/// Centre x, centre y, width, height, angle in radians.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rotated(pub [f64; 5]);

/// The most corners of what two rectangles share.
const CORNERS: usize = 8;

impl Rotated {
    /// The area: width times height.
    pub fn area(&self) -> f64 {
        let [_, _, w, h, _] = self.0;
        w * h
    }

    /// The corners, in the order in which the angle grows, as seen from a point.
    pub fn corners(&self, from: [f64; 2]) -> [[f64; 2]; 4] {
        let [x, y, w, h, angle] = self.0;
        let (sin, cos) = angle.sin_cos();
        let (x, y) = (x - from[0], y - from[1]);
        [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)].map(|(across, down)| {
            let (u, v) = (across * w, down * h);
            [x + u * cos - v * sin, y + u * sin + v * cos]
        })
    }

    /// The area that both cover; 0 for boxes that only touch, and where a side is negative or not a number.
    ///
    /// ```
    /// use lensframe::geometry::Rotated;
    /// use std::f64::consts::FRAC_PI_4;
    /// // A unit square and the same turned by an eighth share a regular octagon.
    /// let (flat, turned) = (Rotated([5.0, 5.0, 1.0, 1.0, 0.0]), Rotated([5.0, 5.0, 1.0, 1.0, FRAC_PI_4]));
    /// assert!((flat.shared(&turned) - 2.0 * (2f64.sqrt() - 1.0)).abs() < 1e-12);
    /// ```
    pub fn shared(&self, other: &Rotated) -> f64 {
        let sides = [self.0[2], self.0[3], other.0[2], other.0[3]];
        if !sides.iter().all(|side| *side > 0.0) {
            return 0.0;
        }
        let from = [self.0[0], self.0[1]];
        // Too far apart for the circles around both: nothing is shared, and nothing need be clipped.
        let radius = |b: &Rotated| b.0[2].hypot(b.0[3]) / 2.0;
        let apart = (other.0[0] - from[0]).hypot(other.0[1] - from[1]);
        if apart.is_nan() || apart >= radius(self) + radius(other) {
            return 0.0;
        }
        let clip = other.corners(from);
        let mut polygon = Polygon::default();
        self.corners(from).iter().for_each(|corner| polygon.push(*corner));
        for side in 0..4 {
            polygon = polygon.inside_of(clip[side], clip[(side + 1) % 4]);
        }
        polygon.area()
    }

    /// The shared area over the area that either covers; 0 where that is 0.
    pub fn iou(&self, other: &Rotated) -> f64 {
        let shared = self.shared(other);
        if shared > 0.0 { shared / (self.area() + other.area() - shared) } else { 0.0 }
    }
}

/// A convex polygon of few corners.
#[derive(Clone, Copy, Default)]
struct Polygon {
    corners: [[f64; 2]; CORNERS],
    count: usize,
}

impl Polygon {
    fn push(&mut self, corner: [f64; 2]) {
        // Rounding can make a line seem to leave a convex shape twice: a corner too many lies on one that is there.
        if let Some(place) = self.corners.get_mut(self.count) {
            *place = corner;
            self.count += 1;
        }
    }

    fn corners(&self) -> &[[f64; 2]] {
        &self.corners[..self.count]
    }

    /// What lies on the inner side of the line through two corners of a rectangle.
    fn inside_of(&self, a: [f64; 2], b: [f64; 2]) -> Polygon {
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let depth = |p: &[f64; 2]| dx * (p[1] - a[1]) - dy * (p[0] - a[0]);
        let mut out = Polygon::default();
        let corners = self.corners();
        for (place, corner) in corners.iter().enumerate() {
            let next = &corners[(place + 1) % corners.len()];
            let (here, there) = (depth(corner), depth(next));
            if here >= 0.0 {
                out.push(*corner);
            }
            if (here > 0.0 && there < 0.0) || (here < 0.0 && there > 0.0) {
                let part = here / (here - there);
                out.push([
                    corner[0] + part * (next[0] - corner[0]),
                    corner[1] + part * (next[1] - corner[1]),
                ]);
            }
        }
        out
    }

    fn area(&self) -> f64 {
        let corners = self.corners();
        let Some((first, rest)) = corners.split_first() else { return 0.0 };
        let twice: f64 = rest
            .windows(2)
            .map(|pair| {
                let (a, b) = (pair[0], pair[1]);
                (a[0] - first[0]) * (b[1] - first[1]) - (a[1] - first[1]) * (b[0] - first[0])
            })
            .sum();
        (twice / 2.0).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::{FRAC_PI_2, PI};

    #[test]
    fn upright_boxes_overlap_as_upright_boxes_do() {
        let (a, b) = (Rotated([5.0, 5.0, 10.0, 10.0, 0.0]), Rotated([10.0, 5.0, 10.0, 10.0, 0.0]));
        assert!((a.iou(&b) - 50.0 / 150.0).abs() < 1e-15);
        assert_eq!(a.iou(&a), 1.0);
        assert_eq!(a.iou(&Rotated([15.0, 5.0, 10.0, 10.0, 0.0])), 0.0);
    }

    #[test]
    fn a_quarter_turn_swaps_the_sides_and_a_half_turn_changes_nothing() {
        let a = Rotated([3.0, -2.0, 8.0, 2.0, 0.4]);
        assert!((a.iou(&Rotated([3.0, -2.0, 2.0, 8.0, 0.4 + FRAC_PI_2])) - 1.0).abs() < 1e-12);
        assert!((a.iou(&Rotated([3.0, -2.0, 8.0, 2.0, 0.4 - PI])) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_box_without_extent_or_with_a_nan_overlaps_nothing() {
        let a = Rotated([0.0, 0.0, 4.0, 4.0, 0.3]);
        for [x, w, angle] in [
            [0.0, 0.0, 0.0],
            [0.0, -1.0, 0.0],
            [f64::NAN, 1.0, 0.0],
            [0.0, f64::NAN, 0.0],
            [0.0, 1.0, f64::NAN],
        ] {
            let iou = a.iou(&Rotated([x, 0.0, w, 2.0, angle]));
            assert_eq!(iou, 0.0, "{x} {w} {angle}");
        }
    }

    #[test]
    fn far_from_the_origin_nothing_is_lost() {
        let pair = |x: f64| Rotated([x, x, 10.0, 4.0, 0.7]).iou(&Rotated([x + 1.0, x - 1.0, 9.0, 5.0, -0.2]));
        assert!((pair(0.0) - pair(4096.0)).abs() < 1e-14);
    }
}
