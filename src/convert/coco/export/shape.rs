//! A segmentation as what it encloses: its area and box where the dataset does not say them, and whether COCO's
//! tools can read it.

use crate::convert::export::Cell;
use crate::geometry::{BBox, Ring, Rle, Size};

/// A segmentation that COCO's tools can read.
#[derive(Debug)]
pub(in crate::convert) enum Shape<'a> {
    /// The rings that are outlines, at least one; and how many are not.
    Outline(Vec<Ring<'a>>, u64),
    /// Run lengths that add up.
    Mask(Rle),
}

impl<'a> Shape<'a> {
    /// Reads a value of type `segmentation`; `None` if pycocotools would fail on it: no ring of three corners,
    /// damaged run lengths.
    pub(in crate::convert) fn of(cell: Cell<'a>) -> Option<Shape<'a>> {
        if let Some(polygon) = cell.member("polygon").and_then(Cell::items) {
            let (mut rings, mut odd) = (Vec::new(), 0);
            for ring in polygon {
                match ring.and_then(Cell::floats).and_then(|flat| Ring::try_new(flat).ok()) {
                    Some(ring) => rings.push(ring),
                    None => odd += 1,
                }
            }
            return (!rings.is_empty()).then_some(Shape::Outline(rings, odd));
        }
        let mut sides = cell.member("size")?.items()?.map(|side| u32::try_from(side?.int()?).ok());
        let size = Size::new(sides.next()??, sides.next()??);
        let mask = match cell.member("rle").and_then(Cell::text) {
            Some(text) => Rle::from_coco_string(size, text.as_bytes()),
            None => {
                let runs = cell.member("counts")?.items()?.map(|run| run?.int());
                Rle::from_list(size, &runs.collect::<Option<Vec<i64>>>()?)
            }
        };
        mask.ok().map(Shape::Mask)
    }

    /// As COCO counts it: outlines by the shoelace formula, added up; masks in pixels.
    pub(super) fn area(&self) -> f64 {
        match self {
            Shape::Outline(rings, _) => rings.iter().map(Ring::area).sum(),
            Shape::Mask(mask) => mask.area().into(),
        }
    }

    /// The smallest box around it; `None` for a mask without a pixel.
    pub(super) fn bounds(&self) -> Option<[f64; 4]> {
        match self {
            Shape::Outline(rings, _) => {
                let mut span = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
                for [x, y] in rings.iter().flat_map(|ring| ring.corners()) {
                    let [left, top, right, bottom] = span;
                    span = [left.min(*x), top.min(*y), right.max(*x), bottom.max(*y)];
                }
                let [left, top, right, bottom] = span;
                BBox::from_xyxy(left, top, right, bottom).ok().map(|bbox| bbox.to_array())
            }
            Shape::Mask(mask) if mask.is_empty() => None,
            Shape::Mask(mask) => Some(mask.bbox().to_array()),
        }
    }
}
