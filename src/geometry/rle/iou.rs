//! The overlap of masks as COCO's evaluator computes it, without unpacking a run.
//!
//! Bits equal pycocotools 2.0.11 (`mask.iou` on masks), its corners included: masks whose tight boxes do
//! not overlap give 0 before anything else is looked at, then masks of different sizes give −1, then the
//! shared pixels are divided by those in either, or by the detection's own against a crowd.

use super::Rle;
use crate::error::Result;
use crate::geometry::overlap::check_crowd;
use crate::geometry::{BBox, coco_iou};

/// The overlap of a detection with a truth, 0 to 1, or −1 (see the head of the file).
///
/// ```
/// use lensframe::geometry::{Rle, Size, coco_mask_iou};
/// let size = Size::new(2, 4);
/// let found = Rle::try_new(size, vec![0, 4, 4])?;
/// let truth = Rle::try_new(size, vec![2, 6])?;
/// assert_eq!(coco_mask_iou(&found, &truth, false), 0.25);
/// assert_eq!(coco_mask_iou(&found, &truth, true), 0.5);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
pub fn coco_mask_iou(found: &Rle, truth: &Rle, crowd: bool) -> f64 {
    Known::of(found).iou(&Known::of(truth), crowd)
}

/// [`coco_mask_iou`] of every detection with every truth: `found.len()` × `truth.len()`, row-major.
/// `crowd` has a flag a truth. Boxes and areas are found once a mask.
///
/// # Errors
/// `Length` if there are not as many flags as truths.
pub fn coco_mask_iou_matrix(found: &[Rle], truth: &[Rle], crowd: &[bool]) -> Result<Vec<f64>> {
    check_crowd(truth.len(), crowd)?;
    let truth: Vec<Known> = truth.iter().map(Known::of).collect();
    let mut out = Vec::with_capacity(found.len() * truth.len());
    for found in found.iter().map(Known::of) {
        out.extend(truth.iter().zip(crowd).map(|(truth, crowd)| found.iou(truth, *crowd)));
    }
    Ok(out)
}

/// A mask with what its overlaps ask for again and again.
struct Known<'a> {
    mask: &'a Rle,
    bbox: BBox,
    area: u32,
}

impl<'a> Known<'a> {
    fn of(mask: &'a Rle) -> Known<'a> {
        Known { mask, bbox: mask.bbox(), area: mask.area() }
    }

    fn iou(&self, truth: &Known, crowd: bool) -> f64 {
        if coco_iou(&self.bbox.to_array(), &truth.bbox.to_array(), false) <= 0.0 {
            return 0.0;
        }
        if self.mask.size() != truth.mask.size() {
            return -1.0;
        }
        let shared = self.mask.shared(truth.mask);
        if shared == 0 {
            return 0.0;
        }
        // Never below the larger area, never above the number of pixels.
        let whole = if crowd { self.area } else { self.area - shared + truth.area };
        f64::from(shared) / f64::from(whole)
    }
}
