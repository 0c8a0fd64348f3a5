//! [`Regions`]: areas of a map of shares, as text detectors (DBNet) and networks for one kind of thing give them.

use serde::{Deserialize, Serialize};

use super::super::found::Found;
use super::super::lens::Lens;
use super::{numbers, port, wrong};
use crate::error::Result;
use crate::geometry::{Rle, Size};
use crate::model::{Graph, Op, Tensor, Unary};

/// A map (N, 1, h, w) of how sure the model is at each place. Places above `threshold` that touch, corners included, are
/// one object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Regions {
    /// The output's name; the first where there is none.
    pub output: Option<String>,
    /// The numbers are logits.
    pub logits: bool,
    /// A place belongs to an object above this.
    pub threshold: f64,
    /// Objects whose mean is less are not told.
    pub score: f64,
    /// Nor are those whose box has a shorter side than so many places.
    pub least: u32,
    /// Boxes grow on every side by area × this / perimeter: DBNet's rule, whose maps are of shrunken text (1.5 to 2).
    pub unclip: f64,
}

impl Default for Regions {
    fn default() -> Regions {
        Regions { output: None, logits: false, threshold: 0.3, score: 0.5, least: 3, unclip: 0.0 }
    }
}

/// Places that touch.
struct Area {
    /// Left, top, right, bottom in places, half-open.
    bounds: [usize; 4],
    sum: f64,
    count: usize,
}

impl Regions {
    pub(super) fn check(&self) -> Result<()> {
        let numbers = [self.threshold, self.score, self.unclip];
        match numbers.iter().all(|n| n.is_finite()) && self.unclip >= 0.0 {
            true => Ok(()),
            false => Err(wrong("threshold and score are numbers, and unclip is at least 0")),
        }
    }

    pub(super) fn extend(&self, graph: &mut Graph) -> Result<()> {
        let map = port(graph, self.output.as_deref(), 0)?;
        let map = if self.logits { graph.then(Op::Unary(Unary::Sigmoid), &[map]) } else { map };
        graph.give(vec![map]);
        Ok(())
    }

    pub(super) fn read(&self, outputs: &[Tensor], lenses: &[Lens]) -> Result<Vec<Vec<Found>>> {
        let (maps, shape) = numbers(outputs, 0, "map", &[Some(lenses.len()), Some(1), None, None])?;
        let (high, wide) =
            (shape.get(2).copied().unwrap_or(0).max(1), shape.get(3).copied().unwrap_or(0).max(1));
        let pictures = maps.chunks_exact(high * wide).zip(lenses);
        pictures.map(|(map, lens)| self.objects(map, wide, lens)).collect()
    }

    fn objects(&self, map: &[f32], wide: usize, lens: &Lens) -> Result<Vec<Found>> {
        let (owner, areas) = connected(map, wide, self.threshold);
        let high = map.len() / wide;
        let unit = (f64::from(lens.seen().width) / whole(wide), f64::from(lens.seen().height) / whole(high));
        let mut found = Vec::new();
        for (number, area) in (1_u32..).zip(&areas) {
            let score = area.sum / whole(area.count.max(1));
            let [left, top, right, bottom] = area.bounds;
            let least = usize::try_from(self.least).unwrap_or(usize::MAX);
            if score < self.score || (right - left).min(bottom - top) < least {
                continue;
            }
            let sides = (whole(right - left), whole(bottom - top));
            let grown = sides.0 * sides.1 * self.unclip / (2.0 * (sides.0 + sides.1));
            let bbox = [
                (whole(left) - grown) * unit.0,
                (whole(top) - grown) * unit.1,
                (sides.0 + 2.0 * grown) * unit.0,
                (sides.1 + 2.0 * grown) * unit.1,
            ];
            let Some(bbox) = lens.bbox(bbox) else { continue };
            let mask = mask(&owner, number, wide, unit, lens, bbox)?;
            found.push(Found { label: 0, score, bbox: Some(bbox), mask, ..Found::default() });
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(found)
    }
}

/// Which area each place belongs to, from 1 on, 0 for none; and the areas.
fn connected(map: &[f32], wide: usize, threshold: f64) -> (Vec<u32>, Vec<Area>) {
    let high = map.len() / wide;
    let mut owner = vec![0_u32; map.len()];
    let mut areas: Vec<Area> = Vec::new();
    let mut open = Vec::new();
    let inside = |at: usize| map.get(at).is_some_and(|share| f64::from(*share) > threshold);
    for seed in 0..map.len() {
        if !inside(seed) || owner.get(seed) != Some(&0) {
            continue;
        }
        let number = u32::try_from(areas.len() + 1).unwrap_or(u32::MAX);
        let mut area = Area { bounds: [wide, high, 0, 0], sum: 0.0, count: 0 };
        open.push(seed);
        if let Some(owner) = owner.get_mut(seed) {
            *owner = number;
        }
        while let Some(at) = open.pop() {
            let (row, column) = (at / wide, at % wide);
            let [left, top, right, bottom] = area.bounds;
            area.bounds = [left.min(column), top.min(row), right.max(column + 1), bottom.max(row + 1)];
            area.sum += map.get(at).map_or(0.0, |share| f64::from(*share));
            area.count += 1;
            for row in row.saturating_sub(1)..(row + 2).min(high) {
                for column in column.saturating_sub(1)..(column + 2).min(wide) {
                    let next = row * wide + column;
                    if inside(next)
                        && let Some(owner) = owner.get_mut(next).filter(|owner| **owner == 0)
                    {
                        *owner = number;
                        open.push(next);
                    }
                }
            }
        }
        areas.push(area);
    }
    (owner, areas)
}

/// The pixels of the stored picture whose centres lie in an area; none where the picture's size is not known.
fn mask(
    owner: &[u32],
    number: u32,
    wide: usize,
    unit: (f64, f64),
    lens: &Lens,
    [x, y, w, h]: [f64; 4],
) -> Result<Option<Rle>> {
    let (Some(size), Some(there)) = (lens.stored(), lens.back().inverse()) else { return Ok(None) };
    let Size { height, width } = size;
    let end = |value: f64, most: u32| floor(value.ceil().min(most.into()));
    let (left, right) = (floor(x), end(x + w, width));
    let (top, bottom) = (floor(y), end(y + h, height));
    let high = owner.len() / wide;
    let within = |row: u32, column: u32| {
        let [x, y] = there.point([f64::from(column) + 0.5, f64::from(row) + 0.5]);
        let (x, y) = (x / unit.0, y / unit.1);
        let (column, row) = (index(x), index(y));
        x >= 0.0 && y >= 0.0 && column < wide && row < high && owner.get(row * wide + column) == Some(&number)
    };
    // Runs go down the columns, outside first.
    let (mut counts, mut run, mut is_inside) = (Vec::new(), 0_u32, false);
    let mut step = |inside: bool, pixels: u32| {
        if inside != is_inside && pixels > 0 {
            counts.push(run);
            (run, is_inside) = (0, inside);
        }
        run += pixels;
    };
    size.run_pixels()?;
    step(false, left * height);
    for column in left..right {
        step(false, top);
        for row in top..bottom {
            step(within(row, column), 1);
        }
        step(false, height - bottom);
    }
    step(false, (width - right.max(left)) * height);
    counts.push(run);
    Rle::try_new(size, counts).map(Some)
}

#[allow(clippy::as_conversions, reason = "as saturates, and what is below 0 is 0")]
fn floor(value: f64) -> u32 {
    value as u32
}

#[allow(clippy::as_conversions, reason = "as saturates, and what is below 0 is 0")]
fn index(value: f64) -> usize {
    value as usize
}

#[allow(clippy::as_conversions, reason = "counts of pixels are far below 2^53")]
fn whole(value: usize) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Affine;

    #[test]
    fn touching_places_are_one_object_in_stored_pixels() {
        // Two areas, one of them joined by a corner; the model saw the picture at half its size.
        let map = [
            0.9_f32, 0.8, 0.0, 0.0, 0.0, //
            0.0, 0.0, 0.7, 0.0, 0.0, //
            0.0, 0.0, 0.0, 0.0, 0.6,
        ];
        let head = Regions { least: 1, ..Regions::default() };
        let back = Affine::scaled(2.0, 2.0);
        let lens = Lens::new(back, Size::new(3, 5), Some(Size::new(6, 10)));
        let map = Tensor::new(&[1, 1, 3, 5], map.to_vec()).unwrap();
        let found = head.read(&[map], &[lens]).unwrap().remove(0);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].bbox, Some([0.0, 0.0, 6.0, 4.0]));
        assert!((found[0].score - 0.8).abs() < 1e-6);
        let mask = found[0].mask.as_ref().unwrap();
        assert_eq!((mask.area(), mask.size()), (12, Size::new(6, 10)));
        let other = found[1].mask.as_ref().unwrap().bbox();
        assert_eq!([other.x(), other.y(), other.w(), other.h()], [8.0, 4.0, 2.0, 2.0]);
    }
}
