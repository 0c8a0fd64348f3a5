//! [`Area`]: a rectangle of whole pixels that may lie anywhere, inside a picture or not.
//!
//! Half-open, in pixels, 0-based. An area without a pixel has its far edges at or before its near ones; the
//! operations here keep that meaning. Nothing here knows of pictures.

/// Columns `left..right` of rows `top..bottom`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) left: i64,
    pub(super) top: i64,
    pub(super) right: i64,
    pub(super) bottom: i64,
}

impl Area {
    /// Columns from `x`, rows from `y`.
    pub(super) fn at(x: i64, y: i64, width: i64, height: i64) -> Area {
        Area { left: x, top: y, right: x + width, bottom: y + height }
    }

    /// All of a picture of (height, width).
    pub(super) fn of((height, width): (u32, u32)) -> Area {
        Area::at(0, 0, i64::from(width), i64::from(height))
    }

    /// The pixels that a box of x, y, w, h covers, its edges rounded to the nearest pixel edge and at least
    /// one pixel each way; nothing of a box without finite numbers or with a width or height of 0 or less.
    /// Edges are kept within ±2^40, far outside any picture.
    pub(super) fn around([x, y, w, h]: [f64; 4]) -> Option<Area> {
        const FAR: f64 = (1_i64 << 40) as f64;
        let sound = [x, y, x + w, y + h].into_iter().all(f64::is_finite) && w > 0.0 && h > 0.0;
        let edge = |v: f64| v.clamp(-FAR, FAR).round() as i64;
        let (left, top) = (edge(x), edge(y));
        let (right, bottom) = (edge(x + w).max(left + 1), edge(y + h).max(top + 1));
        sound.then_some(Area { left, top, right, bottom })
    }

    /// Columns, never below 0.
    pub(super) fn width(self) -> i64 {
        (self.right - self.left).max(0)
    }

    /// Rows, never below 0.
    pub(super) fn height(self) -> i64 {
        (self.bottom - self.top).max(0)
    }

    /// Pixels, at most those of an i64.
    pub(super) fn pixels(self) -> i64 {
        self.width().saturating_mul(self.height())
    }

    /// True without a pixel.
    pub(super) fn is_empty(self) -> bool {
        self.pixels() == 0
    }

    /// What both cover.
    pub(super) fn meet(self, other: Area) -> Area {
        Area {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
    }

    /// Larger by `n` pixels on every side (smaller, if negative).
    pub(super) fn grown(self, n: i64) -> Area {
        Area { left: self.left - n, top: self.top - n, right: self.right + n, bottom: self.bottom + n }
    }

    /// The nearest place of this area that lies inside `other`; where it is larger than that, its left and
    /// top edges do.
    pub(super) fn moved_into(self, other: Area) -> Area {
        let x = self.left.min(other.right - self.width()).max(other.left);
        let y = self.top.min(other.bottom - self.height()).max(other.top);
        Area::at(x, y, self.width(), self.height())
    }

    /// True if no pixel of it lies outside `other`.
    pub(super) fn is_inside(self, other: Area) -> bool {
        self.is_empty() || self.meet(other) == self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_cover_whole_pixels_and_bad_ones_none() {
        assert_eq!(Area::around([1.4, 2.6, 2.0, 3.0]), Some(Area { left: 1, top: 3, right: 3, bottom: 6 }));
        assert_eq!(Area::around([1.0, 1.0, 0.1, 0.1]), Some(Area::at(1, 1, 1, 1)));
        for bad in [
            [f64::NAN, 0.0, 1.0, 1.0],
            [0.0, f64::INFINITY, 1.0, 1.0],
            [0.0, 0.0, 0.0, 1.0],
            [0.0, 0.0, 1.0, -2.0],
        ] {
            assert_eq!(Area::around(bad), None, "{bad:?}");
        }
        assert!(Area::around([-1e300, -1e300, 2e300, 2e300]).is_some_and(|a| a.pixels() > 0));
    }

    #[test]
    fn what_is_moved_into_a_larger_area_is_inside_it() {
        let room = Area::at(0, 0, 10, 8);
        for (x, y) in [(-5, -5), (9, 7), (3, 3), (100, -100)] {
            let moved = Area::at(x, y, 4, 3).moved_into(room);
            assert!(moved.is_inside(room) && (moved.width(), moved.height()) == (4, 3));
        }
        assert_eq!(Area::at(3, 3, 4, 3).moved_into(room), Area::at(3, 3, 4, 3));
        assert_eq!((Area::at(5, 5, 20, 1).moved_into(room).left, Area::at(0, 0, -1, 4).pixels()), (0, 0));
    }
}
