//! [`Affine`]: how a picture lies in another: turned, scaled, sheared and moved.

use crate::geometry::{BBox, Rotated};

/// A map of points: x' = a x + b y + c, y' = d x + e y + f, in pixels between corners: the middle of the first pixel
/// is (½, ½).
///
/// ```
/// use lensframe::geometry::Affine;
/// let twice = Affine::scaled(2.0, 3.0).then(&Affine::moved(1.0, 0.0));
/// assert_eq!(twice.point([5.0, 5.0]), [11.0, 15.0]);
/// assert_eq!(twice.inverse().unwrap().point([11.0, 15.0]), [5.0, 5.0]);
/// assert_eq!(Affine::mirrored_x(100.0).bbox([10.0, 0.0, 30.0, 8.0]), [60.0, 0.0, 30.0, 8.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine(pub [f64; 6]);

impl Affine {
    /// Nothing moves.
    pub const IDENTITY: Affine = Affine([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);

    /// Wider and higher by factors.
    pub const fn scaled(x: f64, y: f64) -> Affine {
        Affine([x, 0.0, 0.0, 0.0, y, 0.0])
    }

    /// To the right and down.
    pub const fn moved(x: f64, y: f64) -> Affine {
        Affine([1.0, 0.0, x, 0.0, 1.0, y])
    }

    /// Left and right exchanged in a picture of this width.
    pub const fn mirrored_x(width: f64) -> Affine {
        Affine([-1.0, 0.0, width, 0.0, 1.0, 0.0])
    }

    /// Top and bottom exchanged in a picture of this height.
    pub const fn mirrored_y(height: f64) -> Affine {
        Affine([1.0, 0.0, 0.0, 0.0, -1.0, height])
    }

    /// Quarter turns, counter-clockwise as one sees them, of a picture of (height, width): its corner of the origin
    /// stays at the origin.
    pub fn turned(quarters: u8, (height, width): (f64, f64)) -> Affine {
        Affine(match quarters % 4 {
            0 => Affine::IDENTITY.0,
            1 => [0.0, 1.0, 0.0, -1.0, 0.0, width],
            2 => [-1.0, 0.0, width, 0.0, -1.0, height],
            _ => [0.0, -1.0, height, 1.0, 0.0, 0.0],
        })
    }

    /// Turned counter-clockwise as one sees it by radians, about a point.
    pub fn rotated(radians: f64, about: [f64; 2]) -> Affine {
        let (sin, cos) = radians.sin_cos();
        let [x, y] = about;
        Affine([cos, sin, x - cos * x - sin * y, -sin, cos, y + sin * x - cos * y])
    }

    /// This map, and then another.
    #[must_use]
    pub fn then(&self, next: &Affine) -> Affine {
        let [a, b, c, d, e, f] = self.0;
        let [p, q, r, s, t, u] = next.0;
        Affine([
            p * a + q * d,
            p * b + q * e,
            p * c + q * f + r,
            s * a + t * d,
            s * b + t * e,
            s * c + t * f + u,
        ])
    }

    /// The map back; `None` where everything falls on a line.
    pub fn inverse(&self) -> Option<Affine> {
        let [a, b, c, d, e, f] = self.0;
        let det = self.det();
        if !det.is_normal() {
            return None;
        }
        let [p, q, s, t] = [e / det, -b / det, -d / det, a / det];
        // Added to 0, a 0 has no sign.
        Some(Affine([p, q, -(p * c + q * f), s, t, -(s * c + t * f)].map(|number| number + 0.0)))
    }

    /// How much larger areas become; negative if it mirrors.
    pub fn det(&self) -> f64 {
        let [a, b, _, d, e, _] = self.0;
        a * e - b * d
    }

    /// Where a point goes.
    pub fn point(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [a, b, c, d, e, f] = self.0;
        [a * x + b * y + c, d * x + e * y + f]
    }

    /// The smallest upright box around where a box (x, y, w, h) goes. Where nothing turns, width and height are only
    /// multiplied.
    pub fn bbox(&self, [x, y, w, h]: [f64; 4]) -> [f64; 4] {
        let [a, b, c, d, e, f] = self.0;
        if b == 0.0 && d == 0.0 {
            let along = |scale: f64, shift: f64, from: f64, length: f64| {
                let start = if scale < 0.0 { from + length } else { from };
                (scale * start + shift, scale.abs() * length)
            };
            let ((x, w), (y, h)) = (along(a, c, x, w), along(e, f, y, h));
            return [x, y, w, h];
        }
        let corners = [[x, y], [x + w, y], [x, y + h], [x + w, y + h]].map(|corner| self.point(corner));
        let least = |axis: usize| corners.iter().map(|corner| corner[axis]).fold(f64::INFINITY, f64::min);
        let most = |axis: usize| corners.iter().map(|corner| corner[axis]).fold(f64::NEG_INFINITY, f64::max);
        let (left, top) = (least(0), least(1));
        [left, top, most(0) - left, most(1) - top]
    }

    /// Where a turned box goes. What is sheared or scaled unevenly is no rectangle any more: its first side keeps
    /// direction and length, and the other is as long as the area asks.
    pub fn rotated_box(&self, Rotated([cx, cy, w, h, angle]): Rotated) -> Rotated {
        let [a, b, _, d, e, _] = self.0;
        let [cx, cy] = self.point([cx, cy]);
        let (sin, cos) = angle.sin_cos();
        let side = [a * cos + b * sin, d * cos + e * sin];
        let stretch = side[0].hypot(side[1]);
        if stretch == 0.0 {
            return Rotated([cx, cy, 0.0, 0.0, angle]);
        }
        Rotated([cx, cy, w * stretch, h * self.det().abs() / stretch, side[1].atan2(side[0])])
    }

    /// Where the corners of a ring go: x, y, x, y, ….
    pub fn ring(&self, flat: &[f64]) -> Vec<f64> {
        flat.as_chunks::<2>().0.iter().flat_map(|point| self.point(*point)).collect()
    }

    /// True if rows stay rows and columns columns.
    pub fn is_upright(&self) -> bool {
        self.0[1] == 0.0 && self.0[3] == 0.0
    }
}

impl BBox {
    /// The smallest upright box around where this one goes. Not a number where the map is not.
    pub fn mapped(&self, map: &Affine) -> [f64; 4] {
        map.bbox(self.to_array())
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    fn close(a: [f64; 2], b: [f64; 2]) {
        assert!((a[0] - b[0]).abs() < 1e-9 && (a[1] - b[1]).abs() < 1e-9, "{a:?} {b:?}");
    }

    #[test]
    fn quarter_turns_are_rotations_that_stay_at_the_origin() {
        // A picture 10 high and 20 wide; its right top corner.
        let size = (10.0, 20.0);
        let corner = [20.0, 0.0];
        let wanted = [[20.0, 0.0], [0.0, 0.0], [0.0, 10.0], [10.0, 20.0]];
        for (quarters, wanted) in (0..4).zip(wanted) {
            close(Affine::turned(quarters, size).point(corner), wanted);
            let turned = Affine::rotated(f64::from(quarters) * PI / 2.0, [0.0, 0.0]);
            let (own, other) = (Affine::turned(quarters, size).0, turned.0);
            for at in [0, 1, 3, 4] {
                assert!((own[at] - other[at]).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn a_map_and_its_inverse_are_nothing() {
        let map =
            Affine::rotated(0.7, [3.0, 4.0]).then(&Affine::scaled(2.0, 0.5)).then(&Affine::moved(-1.0, 9.0));
        for point in [[0.0, 0.0], [5.0, -7.0], [100.0, 3.0]] {
            close(map.inverse().unwrap().point(map.point(point)), point);
        }
        assert!(Affine::scaled(0.0, 1.0).inverse().is_none());
        assert!((map.det() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_turned_box_turns_with_its_picture() {
        let turned = Affine::rotated(PI / 6.0, [0.0, 0.0]).rotated_box(Rotated([10.0, 0.0, 8.0, 2.0, 0.1]));
        let Rotated([x, y, w, h, angle]) = turned;
        close([x, y], [10.0 * (PI / 6.0).cos(), -10.0 * (PI / 6.0).sin()]);
        close([w, h], [8.0, 2.0]);
        // Angles grow clockwise in pixels.
        assert!((angle - (0.1 - PI / 6.0)).abs() < 1e-12);
        let Rotated([_, _, w, h, angle]) =
            Affine::mirrored_x(20.0).rotated_box(Rotated([1.0, 1.0, 8.0, 2.0, 0.1]));
        assert!((w - 8.0).abs() < 1e-12 && (h - 2.0).abs() < 1e-12 && (angle - (PI - 0.1)).abs() < 1e-12);
    }
}
