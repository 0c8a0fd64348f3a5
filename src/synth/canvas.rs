//! [`Canvas`]: whose each pixel is. Everything a scene's truth says is read off it.
//!
//! The invariant: every pixel has exactly one owner, the last that was drawn over it. A pixel is covered by an
//! outline if its centre is inside by the even-odd rule, decided in whole numbers; what lies beyond the picture
//! is cut off.

use super::fixed::{PIXEL, Point};
use super::shape::{Part, bounds};

/// An owner: a piece of ground, or from [`FIRST_OBJECT`] on an object.
pub(super) type Owner = u16;

/// The owner of the first object; those below are grounds.
pub(super) const FIRST_OBJECT: Owner = 16;

/// An owner a pixel, row after row.
#[derive(Clone, Debug)]
pub(super) struct Canvas {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) owners: Vec<Owner>,
    /// Columns at which the outline crosses the row at hand.
    crossings: Vec<i32>,
}

impl Canvas {
    /// All pixels are ground 0's.
    pub(super) fn new(height: u32, width: u32) -> Canvas {
        let (height, width) = (height as usize, width as usize);
        Canvas { height, width, owners: vec![0; height * width], crossings: Vec::new() }
    }

    /// The owner of the pixel that a point lies in, if it is one of the picture.
    pub(super) fn owner_at(&self, point: Point) -> Option<Owner> {
        let column = usize::try_from(point.x.div_euclid(PIXEL)).ok().filter(|x| *x < self.width)?;
        let row = usize::try_from(point.y.div_euclid(PIXEL)).ok()?;
        self.owners.get(row * self.width + column).copied()
    }

    /// Gives the pixels of some parts to an owner; gives how many were not its own before.
    pub(super) fn fill(&mut self, parts: &[Part], owner: Owner) -> u32 {
        parts.iter().map(|part| self.fill_part(part, owner)).sum()
    }

    fn fill_part(&mut self, part: &Part, owner: Owner) -> u32 {
        let [_, top, _, bottom] = bounds(part.iter().flatten());
        let first = row_from(top).max(0);
        let end = row_from(bottom).min(self.height as i32);
        let mut taken = 0;
        for row in first..end {
            let y = i64::from(row * PIXEL + PIXEL / 2);
            self.crossings.clear();
            for ring in part {
                let Some(mut from) = ring.last().copied() else { continue };
                for to in ring.iter().copied() {
                    cross(from, to, y, &mut self.crossings);
                    from = to;
                }
            }
            self.crossings.sort_unstable();
            let line = &mut self.owners[row as usize * self.width..][..self.width];
            for span in self.crossings.chunks_exact(2) {
                let clamp = |x: i32| x.clamp(0, self.width as i32) as usize;
                for pixel in &mut line[clamp(span[0])..clamp(span[1])] {
                    taken += u32::from(*pixel != owner);
                    *pixel = owner;
                }
            }
        }
        taken
    }
}

/// The first row or column whose centre is at or behind this place.
fn row_from(place: i32) -> i32 {
    (place - PIXEL / 2 + PIXEL - 1).div_euclid(PIXEL)
}

/// Where a side crosses the line at `y`: the first column whose centre is at or right of it. A side includes
/// its upper end and not its lower one, so that each corner counts once.
fn cross(a: Point, b: Point, y: i64, crossings: &mut Vec<i32>) {
    let (a, b) = if a.y <= b.y { (a, b) } else { (b, a) };
    let (top, bottom) = (i64::from(a.y), i64::from(b.y));
    if y < top || y >= bottom {
        return;
    }
    // x = a.x + (y − top) · (b.x − a.x) / (bottom − top), rounded up to a column's centre.
    let (rise, half) = (bottom - top, i64::from(PIXEL / 2));
    let place = (i64::from(a.x) - half) * rise + (y - top) * i64::from(b.x - a.x);
    let unit = i64::from(PIXEL) * rise;
    crossings.push(-(-place).div_euclid(unit) as i32);
}

#[cfg(test)]
mod tests {
    use super::super::classes::KINDS;
    use super::super::fixed::{Turn, UNIT};
    use super::super::shape::parts;
    use super::*;

    /// Even-odd at the centre of a pixel, the plain way.
    fn inside(part: &Part, column: i32, row: i32) -> bool {
        let (x, y) = (f64::from(column) + 0.5, f64::from(row) + 0.5);
        let mut within = false;
        for ring in part {
            let mut a = ring[ring.len() - 1].pixels();
            for b in ring.iter().map(|p| p.pixels()) {
                if (a[1] > y) != (b[1] > y) && x > a[0] + (y - a[1]) * (b[0] - a[0]) / (b[1] - a[1]) {
                    within = !within;
                }
                a = b;
            }
        }
        within
    }

    #[test]
    fn every_kind_covers_the_pixels_whose_centres_are_inside() {
        for (n, (kind, name, _)) in KINDS.into_iter().enumerate() {
            let place = |p: &Point| {
                // Odd places, so that no side goes through a centre, where the two might differ.
                let scaled =
                    Point::new(p.x * 5003 / UNIT, p.y * 5003 / UNIT).turned(Turn((37 * n % 256) as u8));
                scaled + Point::new(4801 + 6 * n as i32, 3907)
            };
            let placed: Vec<Part> = parts(kind)
                .iter()
                .map(|part| part.iter().map(|ring| ring.iter().map(place).collect()).collect())
                .collect();
            let mut canvas = Canvas::new(32, 36);
            let taken = canvas.fill(&placed, 20);
            let mut area = 0;
            for (at, owner) in canvas.owners.iter().enumerate() {
                let (row, column) = ((at / 36) as i32, (at % 36) as i32);
                let want = placed.iter().any(|part| inside(part, column, row));
                assert_eq!(*owner == 20, want, "{name} at {column}, {row}");
                area += u32::from(want);
            }
            assert_eq!(taken, area, "{name}");
        }
    }
}
