//! Polygons as COCO spells them, and the one rule by which they become masks.
//!
//! [`Ring`] is a checked outline; [`rasterize`] fills outlines with the same bits as pycocotools 2.0.11
//! (`frPyObjects` and `merge`), coordinates outside the image included. The rule, which belongs to COCO:
//!
//! 1. Corners go to a grid five times as fine: 5 v + ½, cut towards zero.
//! 2. Each side is walked from corner to corner a grid step at a time along its longer axis; the other
//!    coordinate is start + slope × steps + ½, cut towards zero, in `f64`.
//! 3. Where the walk passes the middle of a pixel column (between grid 5 n + 2 and 5 n + 3, n inside the
//!    image) it leaves a crossing at the row ⌈(v − 2) / 5⌉ of the smaller grid row v, kept within the image.
//! 4. Crossings in column-major order switch between outside and inside; two at one place cancel.
//!
//! That tool makes every grid point of every side. Here the crossings of a side are computed from the
//! formula of step 2 at the columns the side can cross *within the image*, so the cost is a few operations
//! a crossing, whatever the coordinates.
//!
//! **Limits.** Coordinates go to ±[`MAX_COORDINATE`], a polygon set to [`MAX_CROSSINGS`] crossings. Beyond
//! about ±10^7 the reference itself cannot be followed: its points outgrow memory, then its 32-bit
//! integers (from 4.2 × 10^8). There the same rule is applied in 64 bits.

use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::{BBox, Rle, Size};

/// The largest coordinate a [`Ring`] takes, either sign: 10^9.
pub const MAX_COORDINATE: f64 = 1e9;

/// The most column crossings one ring may have: 2^24, at most 192 MiB while they are sorted. A
/// hundred-corner outline in a photograph has a few thousand.
pub const MAX_CROSSINGS: usize = 1 << 24;

/// A closed outline, borrowed from a flat list x0, y0, x1, y1, …: at least three corners, all coordinates
/// finite and within ±[`MAX_COORDINATE`]. The last corner joins the first by itself.
///
/// ```
/// use lensframe::geometry::Ring;
/// # fn main() -> lensframe::error::Result<()> {
/// let ring = Ring::try_new(&[1.0, 1.0, 1.0, 4.0, 5.0, 4.0])?;
/// assert_eq!((ring.area(), ring.signed_area()), (6.0, -6.0));
/// assert_eq!(ring.bounds().to_array(), [1.0, 1.0, 4.0, 3.0]);
/// assert!(Ring::try_new(&[1.0, 1.0, 2.0, 2.0]).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ring<'a> {
    corners: &'a [[f64; 2]],
}

impl<'a> Ring<'a> {
    /// A ring from its flat list.
    ///
    /// # Errors
    /// `Length` if the list is odd; `Format` with fewer than three corners (pycocotools takes two corners
    /// for a box and fails on one) or a coordinate that is not finite; `Limit` with one too large.
    pub fn try_new(flat: &'a [f64]) -> Result<Ring<'a>> {
        let fault = |kind, what| Err(Error::new(kind, what).at(Place::none().key("segmentation")));
        let (corners, []) = flat.as_chunks::<2>() else {
            let what = format!("a polygon of {} numbers: x without y at its end", flat.len());
            return fault(ErrorKind::Length, what);
        };
        if corners.len() < 3 {
            let what = format!("a polygon of {} corners; it takes three", corners.len());
            return fault(ErrorKind::Format, what);
        }
        match flat.iter().position(|v| !v.is_finite() || v.abs() > MAX_COORDINATE) {
            None => Ok(Ring { corners }),
            Some(i) if flat[i].is_finite() => {
                let what = format!("the polygon's coordinate {} is beyond ±{MAX_COORDINATE:e}", flat[i]);
                fault(ErrorKind::Limit, what)
            }
            Some(i) => fault(ErrorKind::Format, format!("a polygon's number {i} is {}", flat[i])),
        }
    }

    /// The corners as (x, y), the first not repeated.
    pub fn corners(&self) -> &'a [[f64; 2]] {
        self.corners
    }

    /// The enclosed area by the shoelace formula: positive if the corners turn from x towards y, which is
    /// clockwise on screen, where y points down. Parts a ring winds around twice count twice.
    pub fn signed_area(&self) -> f64 {
        let [x0, y0] = self.corners[0];
        // Measured from the first corner: a small ring far out keeps its digits.
        let cross = |[ax, ay]: [f64; 2], [bx, by]: [f64; 2]| (ax - x0) * (by - y0) - (bx - x0) * (ay - y0);
        self.corners.windows(2).map(|side| cross(side[0], side[1])).sum::<f64>() / 2.0
    }

    /// The enclosed area without its sign.
    pub fn area(&self) -> f64 {
        self.signed_area().abs()
    }

    /// The smallest box around the corners.
    pub fn bounds(&self) -> BBox {
        let mut span = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        for [x, y] in self.corners {
            span = [span[0].min(*x), span[1].min(*y), span[2].max(*x), span[3].max(*y)];
        }
        // Finite corners in order: never refused.
        BBox::from_xyxy(span[0], span[1], span[2], span[3]).unwrap_or_default()
    }
}

/// The union of filled rings in an image of `size`: overlapping rings are not holes.
///
/// ```
/// use lensframe::geometry::{Ring, Size, rasterize};
/// # fn main() -> lensframe::error::Result<()> {
/// let square = [1.0, 1.0, 3.0, 1.0, 3.0, 3.0, 1.0, 3.0];
/// let far = [-50.0, -50.0, 1e9, -50.0, 1e9, 1e9];
/// let mask = rasterize(Size::new(4, 4), &[Ring::try_new(&square)?])?;
/// assert_eq!(mask.counts(), [5, 2, 2, 2, 5]);
/// assert!(rasterize(Size::new(4, 4), &[Ring::try_new(&far)?])?.area() > 0);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// `Format` without a ring (pycocotools fails there too); `Limit` if the image has 2^32 pixels or more or
/// a ring has more than [`MAX_CROSSINGS`] crossings.
pub fn rasterize(size: Size, rings: &[Ring]) -> Result<Rle> {
    let Some((first, rest)) = rings.split_first() else {
        return Err(Error::new(ErrorKind::Format, "a polygon mask without a polygon")
            .at(Place::none().key("segmentation")));
    };
    let mut crossings = Vec::new();
    let mut mask = fill(size, first.corners, &mut crossings)?;
    for ring in rest {
        mask = mask.union(&fill(size, ring.corners, &mut crossings)?)?;
    }
    Ok(mask)
}

/// A box filled by the rule of [`rasterize`], as pycocotools' `frPyObjects` fills a box.
///
/// # Errors
/// `Limit` as [`rasterize`], and if an edge is beyond ±[`MAX_COORDINATE`].
pub fn rasterize_box(size: Size, bbox: &BBox) -> Result<Rle> {
    let (left, top, right, bottom) = (bbox.x(), bbox.y(), bbox.right(), bbox.bottom());
    let flat = [left, top, left, bottom, right, bottom, right, top];
    rasterize(size, &[Ring::try_new(&flat)?])
}

/// Grid steps a pixel.
const SCALE: i64 = 5;

fn fill(size: Size, corners: &[[f64; 2]], crossings: &mut Vec<u32>) -> Result<Rle> {
    let pixels = size.run_pixels()?;
    crossings.clear();
    if pixels > 0 {
        let scale = SCALE as f64;
        // Within ±5 × 10^9 by the ring's limit: the cast cuts towards zero and nothing else.
        let grid = |[x, y]: [f64; 2]| ((scale * x + 0.5) as i64, (scale * y + 0.5) as i64);
        if let Some(last) = corners.last() {
            let mut from = grid(*last);
            for corner in corners {
                let to = grid(*corner);
                cross_columns(size, from, to, crossings)?;
                from = to;
            }
        }
    }
    sort_spread(crossings);
    Ok(Rle::from_canonical(size, runs_between(crossings, pixels)))
}

/// Runs from sorted crossings, each of which switches the colour.
fn runs_between(crossings: &[u32], pixels: u32) -> Vec<u32> {
    let mut runs = Vec::with_capacity(crossings.len() + 1);
    let mut start = 0;
    for same in crossings.chunk_by(|a, b| a == b) {
        if same.len() % 2 == 1 {
            runs.push(same[0] - start);
            start = same[0];
        }
    }
    if start < pixels || runs.is_empty() {
        runs.push(pixels - start);
    }
    runs
}

/// Sorts crossings, which lie spread over the image with a few to a column: dealt into as many equal spans
/// as there are values, then put right among neighbours. Twice as fast as a general sort, which takes over
/// where values crowd.
fn sort_spread(values: &mut Vec<u32>) {
    const CROWD: u32 = 16;
    let Some((low, high)) = values.iter().map(|v| (*v, *v)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    else {
        return;
    };
    let bits = usize::BITS - values.len().leading_zeros() - 1;
    let shift = (u32::BITS - (high - low).leading_zeros()).saturating_sub(bits);
    // The highest bit of `high - low` lands below `bits`, so spans are fewer than values.
    let span = |v: u32| ((v - low) >> shift) as usize;
    let mut ends = vec![0u32; values.len() + 1];
    for v in values.iter() {
        ends[span(*v)] += 1;
    }
    if values.len() < 24 || ends.iter().any(|count| *count > CROWD) {
        values.sort_unstable();
        return;
    }
    let mut sum = 0;
    for end in &mut ends {
        sum += *end;
        *end = sum;
    }
    let mut sorted = vec![0u32; values.len()];
    for v in values.iter() {
        let end = &mut ends[span(*v)];
        *end -= 1;
        sorted[*end as usize] = *v;
    }
    for i in 1..sorted.len() {
        let mut at = i;
        while at > 0 && sorted[at - 1] > sorted[at] {
            sorted.swap(at - 1, at);
            at -= 1;
        }
    }
    *values = sorted;
}

/// Adds the crossings of one side, whose ends are grid points.
fn cross_columns(size: Size, from: (i64, i64), to: (i64, i64), out: &mut Vec<u32>) -> Result<()> {
    let (left, right) = (from.0.min(to.0), from.0.max(to.0));
    // Columns n with left <= 5 n + 2 and 5 n + 3 <= right.
    let first = (left + 2).div_euclid(SCALE).max(0);
    let end = (right + 2).div_euclid(SCALE).min(i64::from(size.width));
    if first >= end {
        return Ok(());
    }
    let count = usize::try_from(end - first).unwrap_or(usize::MAX);
    if count > MAX_CROSSINGS - out.len() {
        return Err(Error::new(
            ErrorKind::Limit,
            format!("a polygon crosses the columns of a mask of {size} more than {MAX_CROSSINGS} times"),
        )
        .at(Place::none().key("segmentation")));
    }
    let (dx, dy) = (right - left, (to.1 - from.1).abs());
    let height = i64::from(size.height);
    // v is the smaller grid row beside the crossing.
    let place = |n: i64, v: i64| {
        let row = (v + 2).div_euclid(SCALE).clamp(0, height);
        (n * height + row) as u32 // at most height × width, which fits
    };
    if dx >= dy {
        // A step a grid column, from the left end.
        let (x, y, end_y) = if from.0 <= to.0 { (left, from.1, to.1) } else { (left, to.1, from.1) };
        let slope = (end_y - y) as f64 / dx as f64;
        let row = |step: i64| (y as f64 + slope * step as f64 + 0.5) as i64;
        out.extend((first..end).map(|n| {
            let step = SCALE * n + 2 - x;
            place(n, row(step).min(row(step + 1)))
        }));
    } else {
        // A step a grid row, from the upper end. The column is passed between the last step on one side
        // and the first on the other; rounding makes that a search, which starts a step away at most
        // unless coordinates are huge.
        let ((x, y), (end_x, _)) = if from.1 <= to.1 { (from, to) } else { (to, from) };
        let slope = (end_x - x) as f64 / dy as f64;
        let steps_a_column = dy as f64 / (end_x - x) as f64;
        let rightwards = slope > 0.0;
        out.extend((first..end).map(|n| {
            let bound = (SCALE * n + 3) as f64;
            let passed = |step: i64| (x as f64 + slope * step as f64 + 0.5 >= bound) == rightwards;
            let guess = (bound - 0.5 - x as f64) * steps_a_column;
            let mut step = (guess as i64 + 1).clamp(1, dy);
            while step > 1 && passed(step - 1) {
                step -= 1;
            }
            while step < dy && !passed(step) {
                step += 1;
            }
            place(n, y + step - 1)
        }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_ring_is_refused() {
        for (flat, kind) in [
            (&[][..], ErrorKind::Format),
            (&[1.0, 2.0], ErrorKind::Format),
            (&[1.0, 2.0, 3.0, 4.0], ErrorKind::Format),
            (&[1.0, 2.0, 3.0, 4.0, 5.0], ErrorKind::Length),
            (&[1.0, 2.0, 3.0, 4.0, 5.0, f64::NAN], ErrorKind::Format),
            (&[1.0, 2.0, f64::NEG_INFINITY, 4.0, 5.0, 6.0], ErrorKind::Format),
            (&[1.0, 2.0, 3.0, -1.1e9, 5.0, 6.0], ErrorKind::Limit),
        ] {
            let e = Ring::try_new(flat).unwrap_err();
            assert_eq!((e.kind(), e.place().key_name()), (kind, Some("segmentation")), "{flat:?}");
        }
        assert_eq!(rasterize(Size::new(2, 2), &[]).unwrap_err().kind(), ErrorKind::Format);
    }

    #[test]
    fn area_takes_its_sign_from_the_turn_and_its_digits_from_the_shape() {
        let ring = [2.0, 2.0, 6.0, 2.0, 6.0, 5.0, 2.0, 5.0];
        assert_eq!(Ring::try_new(&ring).unwrap().signed_area(), 12.0);
        let back: Vec<f64> = ring.as_chunks::<2>().0.iter().rev().flatten().copied().collect();
        assert_eq!(Ring::try_new(&back).unwrap().signed_area(), -12.0);
        let far: Vec<f64> = ring.iter().map(|v| v + 9e8).collect();
        assert_eq!(Ring::try_new(&far).unwrap().area(), 12.0);
    }

    #[test]
    fn the_largest_coordinates_fill_the_image_at_once() {
        let m = MAX_COORDINATE;
        let around = [-m, -m, m, -m, m, m, -m, m];
        for size in [Size::new(7, 9), Size::new(1, 1), Size::new(0, 9), Size::new(9, 0)] {
            let mask = Rle::from_polygons(size, &[around]).unwrap();
            assert_eq!(mask, Rle::full(size).unwrap(), "{size}");
        }
        // A diagonal through the corner halves a square, its own pixels going to one side.
        let half = Rle::from_polygons(Size::new(100, 100), &[[-m, -m, m, m, -m, m]]).unwrap();
        assert!((4950..=5050).contains(&half.area()), "{}", half.area());
    }

    #[test]
    fn a_polygon_that_crosses_without_end_is_refused() {
        let size = Size::new(1, u32::MAX);
        let wide = [-1.0, 0.0, 1e9, 0.0, 1e9, 1.0];
        assert_eq!(Rle::from_polygons(size, &[wide]).unwrap_err().kind(), ErrorKind::Limit);
        let zigzag: Vec<f64> =
            (0..200_000).flat_map(|i| [if i % 2 == 0 { -5.0 } else { 9e8 }, 0.0]).collect();
        let e = Rle::from_polygons(Size::new(1000, 1000), &[&zigzag]).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Limit);
    }

    #[test]
    fn crossings_are_sorted_however_they_lie() {
        let spread = |n: u32, step: u32| (0..n).map(|i| i.wrapping_mul(step)).collect::<Vec<u32>>();
        let crowd: Vec<u32> = (0..500).map(|i| if i % 3 == 0 { u32::MAX - i } else { i % 7 }).collect();
        let cases = [
            vec![],
            vec![7],
            vec![5; 100],
            vec![0, u32::MAX],
            spread(23, 0x9E37_79B9),
            spread(24, 0x9E37_79B9),
            spread(1023, 0x9E37_79B9),
            spread(1024, 480),
            spread(1025, u32::MAX),
            crowd,
        ];
        for values in cases {
            let (mut got, mut want) = (values.clone(), values);
            sort_spread(&mut got);
            want.sort();
            assert_eq!(got, want);
        }
    }

    #[test]
    fn a_ring_without_area_fills_nothing_and_one_walked_twice_cancels() {
        let size = Size::new(9, 9);
        let line = [0.0, 0.0, 8.0, 5.0, 0.0, 0.0];
        assert!(Rle::from_polygons(size, &[line]).unwrap().is_empty());
        let twice = [1.0, 1.0, 7.0, 1.0, 7.0, 7.0, 1.0, 7.0, 1.0, 1.0, 7.0, 1.0, 7.0, 7.0, 1.0, 7.0];
        assert!(Rle::from_polygons(size, &[twice]).unwrap().is_empty());
        let once = &twice[..8];
        assert_eq!(Rle::from_polygons(size, &[once, once]).unwrap().area(), 36);
    }
}
