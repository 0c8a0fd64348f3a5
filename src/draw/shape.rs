//! [`Shape`]: lines, rings and discs anywhere in the plane, and what they cover of a picture.
//!
//! The invariant: a shape covers pixels of the given area only, however far it reaches and whatever its numbers;
//! what has a number that is not finite covers nothing. Edges are smooth (tiny-skia's coverage, 4 × 4 samples a
//! pixel or better), a pixel that two parts of one shape cover is covered once.

use tiny_skia::{FillRule, Mask, Path, PathBuilder, Stroke, Transform};

use super::area::Area;
use super::coverage::Coverage;

/// The largest side of a mask that is filled at once.
const TILE: i64 = 2048;

/// x and y in pixels; pixel (0, 0) covers 0 to 1 each way.
pub(super) type Point = [f64; 2];

/// Strokes and fills that are covered as one.
pub(super) struct Shape {
    within: Area,
    path: PathBuilder,
}

impl Shape {
    /// Nothing yet; what will be covered lies within an area.
    pub(super) fn within(area: Area) -> Shape {
        Shape { within: area, path: PathBuilder::new() }
    }

    /// A disc.
    pub(super) fn disc(&mut self, [x, y]: Point, radius: f64) {
        let ([x, y], far) = (self.local([x, y]), radius + 1.0);
        let (width, height) = self.extent();
        let near = |v: f64, most: f64| v > -far && v < most + far;
        if near(x, width) && near(y, height) && radius > 0.0 && radius.is_finite() {
            self.path.push_circle(x as f32, y as f32, radius as f32);
        }
    }

    /// A circle with a line of some width along it.
    pub(super) fn ring(&mut self, centre: Point, radius: f64, width: f64) {
        const SIDES: u32 = 24;
        let corner = |n: u32| {
            let (sin, cos) = (f64::from(n) * std::f64::consts::TAU / f64::from(SIDES)).sin_cos();
            [centre[0] + radius * cos, centre[1] + radius * sin]
        };
        let corners: Vec<Point> = (0..=SIDES).map(corner).collect();
        self.line(&corners, width);
    }

    /// Straight lines of a width between points one after the other, with round ends and corners; one point is
    /// a disc.
    pub(super) fn line(&mut self, points: &[Point], width: f64) {
        if let [point] = points {
            self.disc(*point, width / 2.0);
        }
        for pair in points.windows(2) {
            if let [from, to] = pair {
                self.segment(*from, *to, width, true);
            }
        }
    }

    /// As [`Shape::line`], in dashes of `on` pixels and gaps of `off` that go on round the corners.
    pub(super) fn dashes(&mut self, points: &[Point], width: f64, [on, off]: [f64; 2]) {
        let mut walked = 0.0;
        for pair in points.windows(2) {
            let [from, to] = pair else { continue };
            // The part that can be seen only, so that a line of a million pixels costs what is seen of it.
            let Some([start, end]) = self.visible(*from, *to, width) else { continue };
            let length = distance(start, end);
            let toward = |at: f64| {
                let t = if length > 0.0 { at / length } else { 0.0 };
                [start[0] + (end[0] - start[0]) * t, start[1] + (end[1] - start[1]) * t]
            };
            let mut at = -walked;
            while at < length {
                let (a, b) = (at.max(0.0), (at + on).min(length));
                if b > a {
                    self.segment(toward(a), toward(b), width, false);
                }
                at += on + off;
            }
            walked = (walked + length) % (on + off);
        }
    }

    /// What all of it covers, if it covers anything.
    pub(super) fn coverage(self) -> Option<Coverage> {
        let within = self.within;
        let path = self.path.finish()?;
        let bounds = path.bounds();
        let edge = |v: f32| v.clamp(-1e6, 1e6) as i64;
        let seen = Area {
            left: edge(bounds.left().floor()),
            top: edge(bounds.top().floor()),
            right: edge(bounds.right().ceil()),
            bottom: edge(bounds.bottom().ceil()),
        };
        let seen = seen.meet(Area::at(0, 0, within.width(), within.height()));
        if seen.is_empty() {
            return None;
        }
        let (width, pixels) = (usize::try_from(seen.width()).ok()?, usize::try_from(seen.pixels()).ok()?);
        let mut bytes = vec![0; pixels];
        // tiny-skia moves a path once too often where it has to cut a mask into tiles itself.
        for top in (seen.top..seen.bottom).step_by(TILE as usize) {
            for left in (seen.left..seen.right).step_by(TILE as usize) {
                let tile = Area::at(left, top, TILE, TILE).meet(seen);
                let mask = fill(&path, tile)?;
                for (row, y) in mask.data().chunks_exact(tile.width() as usize).zip(tile.top..) {
                    let at = (y - seen.top) as usize * width + (left - seen.left) as usize;
                    bytes.get_mut(at..at + row.len())?.copy_from_slice(row);
                }
            }
        }
        Coverage::new(
            Area::at(within.left + seen.left, within.top + seen.top, seen.width(), seen.height()),
            bytes,
        )
    }

    /// A point of the picture in the coordinates of the area.
    fn local(&self, [x, y]: Point) -> Point {
        [x - self.within.left as f64, y - self.within.top as f64]
    }

    fn extent(&self) -> (f64, f64) {
        (self.within.width() as f64, self.within.height() as f64)
    }

    /// The part of a line of some width that can be seen, in the coordinates of the picture.
    fn visible(&self, from: Point, to: Point, width: f64) -> Option<[Point; 2]> {
        let far = width + 2.0;
        let Area { left, top, right, bottom } = self.within;
        let (mut first, mut last) = (0.0_f64, 1.0_f64);
        let lows = [left as f64 - far, top as f64 - far];
        let highs = [right as f64 + far, bottom as f64 + far];
        for (((a, b), low), high) in from.into_iter().zip(to).zip(lows).zip(highs) {
            let step = b - a;
            if !step.is_finite() || !a.is_finite() || !far.is_finite() {
                return None;
            }
            if step == 0.0 {
                if a < low || a > high {
                    return None;
                }
                continue;
            }
            let (enter, leave) = ((low - a) / step, (high - a) / step);
            first = first.max(enter.min(leave));
            last = last.min(enter.max(leave));
        }
        let at = |t: f64| [from[0] + (to[0] - from[0]) * t, from[1] + (to[1] - from[1]) * t];
        (first <= last).then(|| [at(first), at(last)])
    }

    /// One straight line, drawn as the polygon it is.
    fn segment(&mut self, from: Point, to: Point, width: f64, round: bool) {
        let Some([from, to]) = self.visible(from, to, width) else { return };
        if width <= 0.0 {
            return;
        }
        let ([x0, y0], [x1, y1]) = (self.local(from), self.local(to));
        let cap = if round { tiny_skia::LineCap::Round } else { tiny_skia::LineCap::Butt };
        if round && distance(from, to) < 1e-3 {
            self.path.push_circle(x0 as f32, y0 as f32, (width / 2.0) as f32);
            return;
        }
        let mut line = PathBuilder::new();
        line.move_to(x0 as f32, y0 as f32);
        line.line_to(x1 as f32, y1 as f32);
        let stroke = Stroke { width: width as f32, line_cap: cap, ..Stroke::default() };
        if let Some(outline) = line.finish().and_then(|line| line.stroke(&stroke, 1.0)) {
            self.path.push_path(&outline);
        }
    }
}

/// The mask of a tile of a path.
fn fill(path: &Path, tile: Area) -> Option<Mask> {
    let mut mask = Mask::new(u32::try_from(tile.width()).ok()?, u32::try_from(tile.height()).ok()?)?;
    let moved = path.clone().transform(Transform::from_translate(-(tile.left as f32), -(tile.top as f32)))?;
    mask.fill_path(&moved, FillRule::Winding, true, Transform::identity());
    Some(mask)
}

pub(super) fn distance(from: Point, to: Point) -> f64 {
    (to[0] - from[0]).hypot(to[1] - from[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    const PICTURE: Area = Area { left: 0, top: 0, right: 60, bottom: 40 };

    fn sum(draw: impl Fn(&mut Shape)) -> f64 {
        let mut shape = Shape::within(PICTURE);
        draw(&mut shape);
        shape.coverage().map_or(0.0, |c| {
            assert!(c.area().is_inside(PICTURE));
            c.bytes().iter().map(|b| f64::from(*b) / 255.0).sum()
        })
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 0.02 * b + 1.0, "{a} is not about {b}");
    }

    #[test]
    fn shapes_cover_what_their_formulas_say() {
        use std::f64::consts::PI;
        close(sum(|s| s.disc([30.2, 20.7], 12.3)), PI * 12.3 * 12.3);
        close(sum(|s| s.disc([0.0, 0.0], 12.0)), PI * 12.0 * 12.0 / 4.0);
        close(sum(|s| s.line(&[[10.0, 10.0], [40.0, 30.0]], 3.0)), 3.0 * 1300_f64.sqrt() + PI * 2.25);
        close(sum(|s| s.ring([30.0, 20.0], 12.0, 2.0)), 2.0 * PI * 12.0 * 2.0);
        close(sum(|s| s.dashes(&[[5.0, 20.0], [55.0, 20.0]], 2.0, [4.0, 6.0])), 2.0 * 20.0);
    }

    #[test]
    fn what_two_parts_cover_is_covered_once() {
        let once = sum(|s| s.line(&[[10.0, 10.0], [50.0, 10.0]], 4.0));
        let twice = sum(|s| s.line(&[[10.0, 10.0], [50.0, 10.0], [10.0, 10.0]], 4.0));
        close(twice, once);
    }

    #[test]
    fn far_and_impossible_shapes_cost_nothing_and_cover_what_is_seen() {
        close(sum(|s| s.line(&[[-1e12, 20.0], [1e12, 20.0]], 2.0)), 120.0);
        assert!(sum(|s| s.dashes(&[[-1e12, 20.0], [1e12, 20.0]], 2.0, [3.0, 3.0])) > 40.0);
        for bad in [f64::NAN, f64::INFINITY, -1e300, 1e300, f64::MIN_POSITIVE] {
            sum(|s| s.disc([bad, 3.0], 4.0));
            sum(|s| s.disc([3.0, 3.0], bad));
            sum(|s| s.ring([bad, 3.0], bad, 1.0));
            sum(|s| s.line(&[[bad, 3.0], [4.0, bad]], 2.0));
            sum(|s| s.line(&[[1.0, 1.0], [2.0, 2.0]], bad));
            sum(|s| s.dashes(&[[0.0, 3.0], [bad, 3.0], [4.0, 4.0]], 2.0, [2.0, 2.0]));
        }
        assert_eq!(sum(|s| s.line(&[], 2.0)), 0.0);
    }

    #[test]
    fn tiles_join_without_a_seam() {
        let wide = Area::at(0, 0, 5000, 12);
        let mut shape = Shape::within(wide);
        shape.line(&[[-10.0, 6.0], [5010.0, 6.0]], 4.0);
        let coverage = shape.coverage().unwrap();
        assert_eq!(coverage.area(), Area::at(0, 4, 5000, 4));
        assert!(coverage.bytes().iter().all(|b| *b == 255));
    }
}
