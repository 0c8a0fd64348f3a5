//! How much two boxes overlap: IoU, IoF, GIoU, one pair or all pairs.
//!
//! Two families that differ only in rounding and corner cases, each kept to its source to the last bit:
//! [`coco_iou`] works on x, y, w, h in the order of operations of COCO's tools, [`overlap`] on corners as
//! MMDetection's `bbox_overlaps` does. Rust never fuses a multiplication with an addition by itself, so
//! both give the same bits on every machine.
//!
//! Pairwise results are row-major: (i, j) at `i * b.len() + j`. Boxes are not judged here: negative sizes
//! give what the formulas give. What NaN gives is promised for [`coco_iou`] only.

use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::BoxLayout;

/// Which ratio [`overlap`] gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Overlap {
    /// Intersection over union.
    Iou,
    /// Intersection over foreground: over the area of the *first* box.
    Iof,
    /// Generalised IoU: IoU less the share of the enclosing box that neither covers; −1 to 1.
    Giou,
}

/// The overlap of two boxes given as left, top, right, bottom.
///
/// The rule is that of MMDetection 2's `bbox_overlaps`: denominators smaller than `eps` are replaced by
/// it (its default is 1e-6). With `eps` 0 two empty boxes give NaN, as ChainerCV's `bbox_iou` does.
///
/// ```
/// use lensframe::geometry::{Overlap, overlap};
/// let (a, b) = ([0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 10.0, 20.0]);
/// assert_eq!(overlap(&a, &b, Overlap::Iou, 1e-6), 0.5);
/// assert_eq!(overlap(&a, &b, Overlap::Iof, 1e-6), 1.0);
/// ```
pub fn overlap(a: &[f64; 4], b: &[f64; 4], ratio: Overlap, eps: f64) -> f64 {
    overlap_with_area(a, area(a), b, area(b), ratio, eps)
}

fn area([left, top, right, bottom]: &[f64; 4]) -> f64 {
    (right - left) * (bottom - top)
}

fn overlap_with_area(a: &[f64; 4], area_a: f64, b: &[f64; 4], area_b: f64, ratio: Overlap, eps: f64) -> f64 {
    let w = (a[2].min(b[2]) - a[0].max(b[0])).max(0.0);
    let h = (a[3].min(b[3]) - a[1].max(b[1])).max(0.0);
    let shared = w * h;
    let whole = match ratio {
        Overlap::Iof => area_a,
        Overlap::Iou | Overlap::Giou => area_a + area_b - shared,
    }
    .max(eps);
    let part = shared / whole;
    if ratio != Overlap::Giou {
        return part;
    }
    let w = (a[2].max(b[2]) - a[0].min(b[0])).max(0.0);
    let h = (a[3].max(b[3]) - a[1].min(b[1])).max(0.0);
    let hull = (w * h).max(eps);
    part - (hull - whole) / hull
}

/// The overlap of every box of `a` with every box of `b`, both in `layout`: `a.len()` × `b.len()`,
/// row-major. The ratio and `eps` are those of [`overlap`].
///
/// ```
/// use lensframe::geometry::{BoxLayout, Overlap, overlaps};
/// let truth = [[0.0, 0.0, 4.0, 4.0]];
/// let found = [[0.0, 0.0, 4.0, 2.0], [9.0, 9.0, 1.0, 1.0]];
/// assert_eq!(overlaps(&truth, &found, BoxLayout::Xywh, Overlap::Iou, 1e-6), [0.5, 0.0]);
/// ```
pub fn overlaps(a: &[[f64; 4]], b: &[[f64; 4]], layout: BoxLayout, ratio: Overlap, eps: f64) -> Vec<f64> {
    let corners = |b: &[f64; 4]| {
        let corners = layout.convert(b, BoxLayout::Xyxy);
        (corners, area(&corners))
    };
    let b: Vec<([f64; 4], f64)> = b.iter().map(corners).collect();
    let mut out = Vec::with_capacity(a.len() * b.len());
    for (box_a, area_a) in a.iter().map(corners) {
        out.extend(
            b.iter().map(|(box_b, area_b)| overlap_with_area(&box_a, area_a, box_b, *area_b, ratio, eps)),
        );
    }
    out
}

/// The overlap of each box of `a` with the box of `b` at the same position.
///
/// # Errors
/// `Length` if there are not as many of one as of the other.
pub fn overlaps_aligned(
    a: &[[f64; 4]],
    b: &[[f64; 4]],
    layout: BoxLayout,
    ratio: Overlap,
    eps: f64,
) -> Result<Vec<f64>> {
    if a.len() != b.len() {
        let what = format!("{} boxes cannot be paired with {}", a.len(), b.len());
        return Err(Error::new(ErrorKind::Length, what).at(Place::none().key("bbox")));
    }
    let corners = |b: &[f64; 4]| layout.convert(b, BoxLayout::Xyxy);
    Ok(a.iter().zip(b).map(|(a, b)| overlap(&corners(a), &corners(b), ratio, eps)).collect())
}

/// The overlap of a detection with a truth as COCO's evaluator computes it, both x, y, w, h.
///
/// Bits equal pycocotools 2.0.11 (`mask.iou` on boxes): far edges are compared, an intersection without
/// width or height gives 0, the union is (detection + truth) − intersection in that order. Against a
/// `crowd` truth the divisor is the detection's own area. NaN coordinates are skipped over in the
/// comparisons, as C's `fmin` and `fmax` do, so a box with one may still match.
///
/// ```
/// use lensframe::geometry::coco_iou;
/// let (found, truth) = ([0.0, 0.0, 4.0, 4.0], [2.0, 0.0, 4.0, 4.0]);
/// assert_eq!(coco_iou(&found, &truth, false), 8.0 / 24.0);
/// assert_eq!(coco_iou(&found, &truth, true), 0.5);
/// ```
#[inline]
pub fn coco_iou(found: &[f64; 4], truth: &[f64; 4], crowd: bool) -> f64 {
    let w = (found[2] + found[0]).min(truth[2] + truth[0]) - found[0].max(truth[0]);
    if w <= 0.0 {
        return 0.0;
    }
    let h = (found[3] + found[1]).min(truth[3] + truth[1]) - found[1].max(truth[1]);
    if h <= 0.0 {
        return 0.0;
    }
    let shared = w * h;
    let own = found[2] * found[3];
    let whole = if crowd { own } else { own + truth[2] * truth[3] - shared };
    shared / whole
}

/// [`coco_iou`] of every detection with every truth: `found.len()` × `truth.len()`, row-major.
/// `crowd` has a flag a truth.
///
/// # Errors
/// `Length` if there are not as many flags as truths.
pub fn coco_iou_matrix(found: &[[f64; 4]], truth: &[[f64; 4]], crowd: &[bool]) -> Result<Vec<f64>> {
    check_crowd(truth.len(), crowd)?;
    let mut out = Vec::with_capacity(found.len() * truth.len());
    for f in found {
        out.extend(truth.iter().zip(crowd).map(|(t, c)| coco_iou(f, t, *c)));
    }
    Ok(out)
}

pub(super) fn check_crowd(truths: usize, crowd: &[bool]) -> Result<()> {
    if truths == crowd.len() {
        return Ok(());
    }
    let what = format!("{} crowd flags for {truths} truths", crowd.len());
    Err(Error::new(ErrorKind::Length, what).at(Place::none().key("crowded")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: [[f64; 4]; 3] = [[0.0, 0.0, 10.0, 10.0], [10.0, 10.0, 20.0, 20.0], [32.0, 32.0, 38.0, 42.0]];
    const B: [[f64; 4]; 3] = [[0.0, 0.0, 10.0, 20.0], [0.0, 10.0, 10.0, 19.0], [10.0, 10.0, 20.0, 20.0]];

    // The pairs printed in the manuals of MMDetection and mmcv, with mmcv's printed answer.
    #[test]
    fn iou_gives_the_matrix_printed_in_the_mmcv_manual() {
        assert_eq!(
            overlaps(&A, &B, BoxLayout::Xyxy, Overlap::Iou, 1e-6),
            [0.5, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]
        );
    }

    // Expected numbers of MMDetection's own test of the same pairs, four decimals.
    #[test]
    fn giou_gives_the_numbers_of_mmdetections_test() {
        let got = overlaps_aligned(&A, &B, BoxLayout::Xyxy, Overlap::Giou, 1e-7).unwrap();
        for (got, want) in got.iter().zip([0.5, -0.05, -0.8214]) {
            assert!((got - want).abs() < 5e-5, "{got} {want}");
        }
    }

    #[test]
    fn iof_divides_by_the_first_box_only() {
        assert_eq!(overlap(&A[0], &B[0], Overlap::Iof, 1e-6), 1.0);
        assert_eq!(overlap(&B[0], &A[0], Overlap::Iof, 1e-6), 0.5);
    }

    // ChainerCV's worked case: (y, x, y, x) boxes, 15/98, 0 and 1; two empty boxes are 0/0.
    #[test]
    fn chainercvs_worked_case_holds_in_its_own_layout() {
        let b = [[3.0, 5.0, 10.0, 12.0], [9.0, 10.0, 11.0, 12.0], [0.0, 0.0, 8.0, 8.0]];
        let got = overlaps(&[[0.0, 0.0, 8.0, 8.0]], &b, BoxLayout::Yxyx, Overlap::Iou, 0.0);
        assert_eq!(got, [15.0 / 98.0, 0.0, 1.0]);
        assert!(overlap(&[1.0; 4], &[1.0; 4], Overlap::Iou, 0.0).is_nan());
        assert_eq!(overlap(&[1.0; 4], &[1.0; 4], Overlap::Iou, 1e-6), 0.0);
    }

    #[test]
    fn no_boxes_give_no_overlaps() {
        assert!(overlaps(&[], &B, BoxLayout::Xyxy, Overlap::Iou, 1e-6).is_empty());
        assert!(overlaps(&A, &[], BoxLayout::Xyxy, Overlap::Iou, 1e-6).is_empty());
        assert!(overlaps_aligned(&A, &B[..2], BoxLayout::Xyxy, Overlap::Iou, 1e-6).is_err());
        assert!(coco_iou_matrix(&A, &B, &[false]).is_err());
    }

    #[test]
    fn one_nan_corner_is_skipped_over_as_in_c() {
        let nan = [f64::NAN, 0.0, 4.0, 4.0];
        assert_eq!(coco_iou(&nan, &[0.0, 0.0, 4.0, 4.0], false), 1.0);
        assert_eq!(coco_iou(&[0.0, 0.0, 0.0, 4.0], &[0.0, 0.0, 4.0, 4.0], false), 0.0);
    }
}
