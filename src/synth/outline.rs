//! Outlines of masks along the edges of their pixels.
//!
//! Corners are whole numbers, so that a polygon says exactly what the mask says: pycocotools' rule and the
//! even-odd rule at the centres of pixels both fill it to the same pixels. Pixels that touch at a corner alone
//! are of different rings; holes are rings of their own, walked the other way round.

use crate::geometry::Rle;

/// The rings of a mask.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Outline {
    /// x0, y0, x1, y1, …; corners alone, pixels on the right-hand side of the way.
    pub(super) rings: Vec<Vec<f64>>,
    /// How many of them are holes.
    pub(super) holes: usize,
}

/// East, south, west, north: a step along the edge of a pixel.
const STEPS: [(i32, i32); 4] = [(1, 0), (0, 1), (-1, 0), (0, -1)];

/// The outline of a mask.
pub(super) fn outline(mask: &Rle) -> Outline {
    let bbox = mask.bbox();
    // Whole numbers of pixels, below 2^32.
    let [left, top, wide, high] = bbox.to_array().map(|v| v as usize);
    // The box of the mask with a border of a pixel, so that no neighbour is missing.
    let (columns, rows) = (wide + 2, high + 2);
    let mut inside = vec![false; columns * rows];
    let height = mask.size().height as usize;
    for (first, end) in mask.inside() {
        for pixel in first as usize..end as usize {
            let (x, y) = (pixel / height - left + 1, pixel % height - top + 1);
            inside[y * columns + x] = true;
        }
    }
    let is = |x: i32, y: i32| inside[y as usize * columns + x as usize];
    // Edges above a pixel, walked east, by the pixel below; each ring has one, and holes have none but those
    // walked west.
    let mut seen = [vec![false; columns * rows], vec![false; columns * rows]];
    let mut found = Outline::default();
    for y in 1..rows as i32 {
        for x in 1..columns as i32 - 1 {
            let (below, above) = (is(x, y), is(x, y - 1));
            if below == above {
                continue;
            }
            // East along the top of a pixel inside, or west along the bottom of one above.
            let west = usize::from(above);
            if seen[west][y as usize * columns + x as usize] {
                continue;
            }
            let ring = walk(x, y, west == 1, columns, &is, &mut seen);
            let corners = ring
                .iter()
                .flat_map(|(x, y)| [(*x as usize + left - 1) as f64, (*y as usize + top - 1) as f64]);
            found.rings.push(corners.collect());
            // The first edge met of an outer ring is a top one: what begins with a bottom is a hole.
            found.holes += west;
        }
    }
    found
}

/// Walks the ring with the edge at the top of pixel (x, y), which is walked west if the mask is above it.
fn walk(
    x: i32,
    y: i32,
    west: bool,
    columns: usize,
    is: &impl Fn(i32, i32) -> bool,
    seen: &mut [Vec<bool>; 2],
) -> Vec<(i32, i32)> {
    let start = if west { (x + 1, y, 2) } else { (x, y, 0) };
    let (mut px, mut py, mut way) = start;
    let mut corners = Vec::new();
    loop {
        match way {
            0 => seen[0][py as usize * columns + px as usize] = true,
            2 => seen[1][py as usize * columns + px as usize - 1] = true,
            _ => {}
        }
        let (dx, dy) = STEPS[way];
        (px, py) = (px + dx, py + dy);
        // The pixels ahead of the corner, on the right and on the left of the way.
        let ahead = |right: bool| {
            let (fx, fy) = match (way, right) {
                (0, true) | (1, false) => (px, py),
                (0, false) | (3, true) => (px, py - 1),
                (1, true) | (2, false) => (px - 1, py),
                _ => (px - 1, py - 1),
            };
            is(fx, fy)
        };
        // Keeping to the right at corners where pixels only touch keeps their rings apart.
        let next = match (ahead(true), ahead(false)) {
            (false, _) => (way + 1) % 4,
            (true, false) => way,
            (true, true) => (way + 3) % 4,
        };
        if next != way {
            corners.push((px, py));
        }
        way = next;
        if (px, py, way) == start {
            return corners;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Ring, Size, rasterize};
    use proptest::prelude::*;

    fn mask(rows: &[&str]) -> Rle {
        let bytes: Vec<u8> = rows.iter().flat_map(|row| row.bytes()).map(|b| u8::from(b == b'#')).collect();
        Rle::from_pixels(Size::new(rows.len() as u32, rows[0].len() as u32), &bytes).unwrap()
    }

    #[test]
    fn pixels_that_touch_at_a_corner_have_rings_of_their_own() {
        let found = outline(&mask(&["#.", ".#"]));
        assert_eq!(
            found.rings,
            [[1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0], [2.0, 1.0, 2.0, 2.0, 1.0, 2.0, 1.0, 1.0]]
        );
        assert_eq!(found.holes, 0);
    }

    #[test]
    fn a_hole_is_a_ring_the_other_way_round() {
        let found = outline(&mask(&["###.", "#.##", "####"]));
        assert_eq!((found.rings.len(), found.holes), (2, 1));
        let area = |ring: &Vec<f64>| Ring::try_new(ring).unwrap().signed_area();
        assert_eq!(found.rings.iter().map(area).collect::<Vec<_>>(), [11.0, -1.0]);
    }

    proptest! {
        #[test]
        fn rings_enclose_the_mask_and_fill_to_it(
            (height, width, bytes) in (1u32..9, 1u32..9).prop_flat_map(|(h, w)| {
                (Just(h), Just(w), proptest::collection::vec(0u8..2, (h * w) as usize))
            })
        ) {
            let size = Size::new(height, width);
            let mask = Rle::from_pixels(size, &bytes).unwrap();
            let found = outline(&mask);
            let rings: Vec<Ring> = found.rings.iter().map(|r| Ring::try_new(r).unwrap()).collect();
            let areas: Vec<f64> = rings.iter().map(Ring::signed_area).collect();
            prop_assert_eq!(areas.iter().sum::<f64>(), f64::from(mask.area()));
            prop_assert_eq!(areas.iter().filter(|a| **a < 0.0).count(), found.holes);
            // Even-odd: rings one by one, each switching what it covers.
            let mut filled = Rle::empty(size).unwrap();
            for ring in &rings {
                let one = rasterize(size, &[*ring]).unwrap();
                filled = filled.union(&one).unwrap().difference(&filled.intersection(&one).unwrap()).unwrap();
            }
            prop_assert_eq!(&filled, &mask);
            if found.holes == 0 && !rings.is_empty() {
                prop_assert_eq!(&rasterize(size, &rings).unwrap(), &mask);
            }
        }
    }
}
