//! Whole-number geometry of scenes: points in 256ths of a pixel, and 256 directions.
//!
//! Which pixel is whose must not depend on a platform's `sin` or on how a compiler orders floating-point
//! operations, so everything that decides pixels is integer arithmetic from here on.

use std::ops::Add;

/// A pixel, in the units of [`Point`].
pub(super) const PIXEL: i32 = 256;

/// The unit of outlines before they are scaled: a shape lies within −`UNIT`..`UNIT` on both axes, about.
pub(super) const UNIT: i32 = 1024;

/// A point of the picture: x to the right, y down, in 256ths of a pixel; pixel 0 covers 0 to 256.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) x: i32,
    pub(super) y: i32,
}

impl Point {
    pub(super) const fn new(x: i32, y: i32) -> Point {
        Point { x, y }
    }

    /// The point in pixels, exactly.
    pub(super) fn pixels(self) -> [f64; 2] {
        [self.x, self.y].map(|v| f64::from(v) / f64::from(PIXEL))
    }

    /// The point turned around the origin.
    pub(super) fn turned(self, turn: Turn) -> Point {
        let (x, y, sin, cos) = (i64::from(self.x), i64::from(self.y), turn.sin(), turn.cos());
        Point { x: rounded(x * cos - y * sin), y: rounded(x * sin + y * cos) }
    }
}

impl Add for Point {
    type Output = Point;

    fn add(self, other: Point) -> Point {
        Point { x: self.x + other.x, y: self.y + other.y }
    }
}

/// A product with a sine, back in its own units.
fn rounded(product: i64) -> i32 {
    ((product + (1 << 13)) >> 14) as i32
}

/// A direction: 256ths of a full turn, from x towards y, which is clockwise on screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Turn(pub(super) u8);

/// sin(i · π / 128) · 2^14, rounded, for the first quarter of a turn.
const SINES: [i16; 65] = [
    0, 402, 804, 1205, 1606, 2006, 2404, 2801, 3196, 3590, 3981, 4370, 4756, 5139, 5520, 5897, 6270, 6639,
    7005, 7366, 7723, 8076, 8423, 8765, 9102, 9434, 9760, 10080, 10394, 10702, 11003, 11297, 11585, 11866,
    12140, 12406, 12665, 12916, 13160, 13395, 13623, 13842, 14053, 14256, 14449, 14635, 14811, 14978, 15137,
    15286, 15426, 15557, 15679, 15791, 15893, 15986, 16069, 16143, 16207, 16261, 16305, 16340, 16364, 16379,
    16384,
];

impl Turn {
    /// The sine · 2^14.
    pub(super) fn sin(self) -> i64 {
        let at = usize::from(self.0 % 64);
        i64::from(match self.0 / 64 {
            0 => SINES[at],
            1 => SINES[64 - at],
            2 => -SINES[at],
            _ => -SINES[64 - at],
        })
    }

    /// The cosine · 2^14.
    pub(super) fn cos(self) -> i64 {
        Turn(self.0.wrapping_add(64)).sin()
    }

    /// The angle in radians, −π to π.
    pub(super) fn radians(self) -> f64 {
        f64::from(self.0 as i8) * (std::f64::consts::PI / 128.0)
    }

    /// The point at this distance from the origin.
    pub(super) fn at(self, radius: i32) -> Point {
        Point::new(radius, 0).turned(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_those_of_the_circle() {
        for turn in 0..=255u8 {
            let angle = f64::from(turn) * std::f64::consts::TAU / 256.0;
            assert!((Turn(turn).sin() as f64 / 16384.0 - angle.sin()).abs() < 4e-5);
            assert!((Turn(turn).cos() as f64 / 16384.0 - angle.cos()).abs() < 4e-5);
        }
        assert_eq!(Point::new(10, 0).turned(Turn(64)), Point::new(0, 10));
        assert_eq!(Turn(192).radians(), -std::f64::consts::FRAC_PI_2);
    }
}
