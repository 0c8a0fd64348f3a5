//! Boxes and masks compared as ChainerCV compares them.
//!
//! Boxes are y_min, x_min, y_max, x_max with 1 added to both maxima; the arithmetic is done in the type of the
//! array, single precision as a rule, and its order is the reference's. Masks are counted in whole pixels and their
//! quotient is rounded to single precision. Where an overlap is not a number, the reference's search stops there and
//! its comparison lets it through: it is given as infinity here, which the matching kernel treats the same.
//!
//! The kernel indexes by numbers taken from the ranges of the batch, whose lengths were checked.

#![allow(clippy::indexing_slicing)]

use crate::error::{Error, ErrorKind, Place, Result};
use crate::eval::batch::Batch;
use crate::eval::masks::{Mask, Masks};
pub use crate::geometry::Real;
use crate::geometry::corners_iou;
use crate::geometry::rle::runs;

use super::params::{FarEdge, Kind, Params};

/// A box y_min, x_min, y_max, x_max with the reference's 1.
pub(super) fn moved_out<T: Real>(corners: [T; 4]) -> [T; 4] {
    let [top, left, bottom, right] = corners;
    [top, left, bottom + T::ONE, right + T::ONE]
}

/// As the matching kernel has to see it.
pub(super) fn seen(overlap: f64) -> f64 {
    if overlap.is_nan() { f64::INFINITY } else { overlap }
}

/// An x, y, w, h box in the reference's corners, with its 1.
fn corners(bbox: &[f64; 4], far_edge: FarEdge) -> [f64; 4] {
    let [x, y, w, h] = *bbox;
    match far_edge {
        FarEdge::HalfOpen => [y, x, y + h, x + w],
        FarEdge::Inclusive => moved_out([y, x, y + h, x + w]),
    }
}

/// The overlaps of the detections (rows) with the truths (columns) of a cell, row after row.
pub(super) fn fill(
    params: &Params,
    batch: &Batch,
    truths: &[u32],
    found: &[u32],
    out: &mut Vec<f64>,
) -> Result<()> {
    out.clear();
    match params.kind {
        Kind::Bbox => {
            let there: Vec<_> =
                truths.iter().map(|t| corners(&batch.truth.bbox[*t as usize], params.far_edge)).collect();
            for d in found {
                let own = corners(&batch.found.bbox[*d as usize], params.far_edge);
                out.extend(there.iter().map(|there| seen(corners_iou(&own, there))));
            }
        }
        Kind::Segm => {
            fn of<'a>(side: &'static str, masks: &'a Masks, object: u32) -> Result<Mask<'a>> {
                masks.decode(object as usize).map_err(|e| e.at(Place::area(side)))
            }
            let there: Vec<Mask> =
                truths.iter().map(|t| of("truth", &batch.truth.masks, *t)).collect::<Result<_>>()?;
            for d in found {
                let own = of("detections", &batch.found.masks, *d)?;
                for there in &there {
                    out.push(seen(mask_iou(&own, there)?));
                }
            }
        }
    }
    Ok(())
}

/// Shared pixels over joint pixels, rounded to single precision; NaN where both are empty.
fn mask_iou(own: &Mask, there: &Mask) -> Result<f64> {
    if own.size != there.size {
        let (a, b) = (own.size, there.size);
        let what =
            format!("a mask of {}x{} is compared with one of {}x{}", a.height, a.width, b.height, b.width);
        return Err(Error::new(ErrorKind::Length, what).at(Place::none().key("mask")));
    }
    let shared = u64::from(runs::shared(&own.runs, &there.runs));
    let joint = u64::from(own.area) + u64::from(there.area) - shared;
    Ok(f64::from((shared as f64 / joint as f64) as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_of_one_pixel_overlaps_itself_wholly_and_its_neighbour_not_at_all() {
        let pixel = moved_out([3.0f32, 4.0, 3.0, 4.0]);
        assert_eq!(corners_iou(&pixel, &pixel), 1.0);
        assert_eq!(corners_iou(&pixel, &moved_out([3.0f32, 5.0, 3.0, 5.0])), 0.0);
        // VOC's xmin = xmax = 5, ymin = ymax = 4, imported.
        let imported = corners(&[4.0, 3.0, 1.0, 1.0], FarEdge::HalfOpen);
        assert_eq!(imported, [3.0, 4.0, 4.0, 5.0]);
        assert_eq!(corners(&[4.0, 3.0, 0.0, 0.0], FarEdge::Inclusive), imported);
    }
}
