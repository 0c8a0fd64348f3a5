//! Boundary IoU: how much masks overlap, held down by how much their boundaries do.
//!
//! The rule of boundary_iou_api (Cheng et al. 2021), read from its source: the overlap of a detection with a truth is
//! the lower of the overlap of their masks and that of their boundaries, each as pycocotools computes it; against a
//! crowd it is that of the masks alone. How far a boundary reaches follows from the size that each mask is of. Flags,
//! areas and all else are as for masks: an `ignore` of the file does not count, as in pycocotools 2.0.11.
//!
//! Boundaries are made when they can lower a number, once a mask and cell.

use super::overlap::mask;
use crate::error::Result;
use crate::eval::batch::Batch;
use crate::eval::masks::Mask;
use crate::geometry::rle::{boundary, boundary_reach, runs};

impl Mask<'_> {
    /// The pixels inside that are near to one outside, by a ratio of the diagonal of the mask's size.
    pub fn boundary(&self, ratio: f64) -> Mask<'static> {
        let runs = boundary(self.size, &self.runs, boundary_reach(self.size, ratio));
        let (bbox, area) = (runs::bbox(self.size, &runs).to_array(), runs::area(&runs));
        Mask { size: self.size, runs: runs.into(), bbox, area }
    }
}

/// The overlaps of the detections (rows) with the truths (columns), row after row, behind what `out` has.
pub(super) fn fill(
    batch: &Batch,
    truths: &[u32],
    found: &[u32],
    ratio: f64,
    out: &mut Vec<f64>,
) -> Result<()> {
    let mut there = Vec::with_capacity(truths.len());
    for t in truths {
        let whole = mask(batch, "truth", batch.truth, *t)?;
        there.push((whole, None, batch.truth.flags(*t as usize).crowd));
    }
    for d in found {
        let own = mask(batch, "detections", batch.found, *d)?;
        let mut own_boundary = None;
        out.extend(there.iter_mut().map(|(truth, its_boundary, crowd)| {
            let whole = own.iou(truth, *crowd);
            if *crowd || whole <= 0.0 {
                return whole; // Boundaries of masks that share nothing share nothing.
            }
            let own_boundary = own_boundary.get_or_insert_with(|| own.boundary(ratio));
            let its_boundary = its_boundary.get_or_insert_with(|| truth.boundary(ratio));
            whole.min(own_boundary.iou(its_boundary, false))
        }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::{Flags, Objects};
    use crate::geometry::{Bitmap, Rle, Size};

    /// Rectangles as rows, columns.
    fn objects(size: Size, rectangles: &[[u32; 4]]) -> Objects {
        let mut objects = Objects::new([rectangles.len()]).unwrap();
        for [y, x, h, w] in rectangles.iter().copied() {
            let inside = |row, column| (y..y + h).contains(&row) && (x..x + w).contains(&column);
            objects.masks.push_runs(size, Rle::from(&Bitmap::from_fn(size, inside).unwrap()).counts());
            objects.label.push(0);
        }
        objects
    }

    #[test]
    fn the_lower_overlap_counts_but_against_a_crowd_that_of_the_masks() {
        // Boundaries of one pixel. The detection is the truth without its last row: of 20 x 20 pixels 380 are
        // shared, of the boundaries (76 and 74 pixels) three sides without their last pixels, 20 + 2 * 18.
        let size = Size::new(30, 30);
        let mut truth = objects(size, &[[2, 2, 20, 20], [2, 2, 20, 20], [25, 25, 3, 3]]);
        truth.flags = vec![Flags::default(); 3];
        truth.flags[1].crowd = true;
        let found = objects(size, &[[2, 2, 19, 20]]);
        let batch = Batch { images: &[1.into()], truth: &truth, found: &found };
        let mut out = Vec::new();
        fill(&batch, &[0, 1, 2], &[0], 0.02, &mut out).unwrap();
        assert_eq!(out, [56.0 / (76.0 + 74.0 - 56.0), 1.0, 0.0]);
        // A boundary that is the whole mask.
        out.clear();
        fill(&batch, &[0], &[0], 0.5, &mut out).unwrap();
        assert_eq!(out, [380.0 / 400.0]);
    }
}
