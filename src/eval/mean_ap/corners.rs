//! Boxes as MMDetection holds them: x1, y1, x2, y2 in single precision; their areas and overlaps with its bits.
//!
//! An overlap that is not a number is given back as such; who asks says what its comparison makes of one.

use crate::eval::voc::FarEdge;

use super::params::Coordinates;

/// x1, y1, x2, y2.
pub(in crate::eval) type Corners = [f32; 4];

/// What is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::eval) enum Over {
    /// The area that either covers.
    Union,
    /// The area of the detection.
    Found,
}

impl Coordinates {
    /// What is added to a difference of corners to make a length.
    pub(in crate::eval) fn extra(self) -> f32 {
        match self {
            Coordinates::Plain => 0.0,
            Coordinates::Legacy(_) => 1.0,
        }
    }

    /// The corners of an x, y, w, h box.
    pub(in crate::eval) fn corners(self, bbox: &[f64; 4]) -> Corners {
        let [x, y, w, h] = *bbox;
        let back = match self {
            Coordinates::Legacy(FarEdge::HalfOpen) => 1.0,
            _ => 0.0,
        };
        [x as f32, y as f32, (x + w - back) as f32, (y + h - back) as f32]
    }
}

/// Width times height.
pub(in crate::eval) fn area(corners: &Corners, extra: f32) -> f32 {
    (corners[2] - corners[0] + extra) * (corners[3] - corners[1] + extra)
}

/// numpy's maximum, which passes a NaN on.
pub(in crate::eval) fn max(a: f32, b: f32) -> f32 {
    if a.is_nan() || a > b { a } else { b }
}

/// numpy's minimum, which passes a NaN on.
pub(in crate::eval) fn min(a: f32, b: f32) -> f32 {
    if a.is_nan() || a < b { a } else { b }
}

/// The overlap of a detection with a truth.
pub(in crate::eval) fn overlap(found: &Corners, truth: &Corners, over: Over, extra: f32) -> f32 {
    let (left, top) = (max(found[0], truth[0]), max(found[1], truth[1]));
    let (right, bottom) = (min(found[2], truth[2]), min(found[3], truth[3]));
    let shared = max(right - left + extra, 0.0) * max(bottom - top + extra, 0.0);
    let whole = match over {
        Over::Union => area(found, extra) + area(truth, extra) - shared,
        Over::Found => area(found, extra),
    };
    shared / max(whole, 1e-6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_far_edge_of_an_imported_voc_box_comes_back_inclusive() {
        // xmin = ymin = 5, xmax = 9, ymax = 6.
        let bbox = [4.0, 4.0, 5.0, 2.0];
        assert_eq!(Coordinates::Plain.corners(&bbox), [4.0, 4.0, 9.0, 6.0]);
        let legacy = Coordinates::Legacy(FarEdge::HalfOpen);
        assert_eq!(legacy.corners(&bbox), [4.0, 4.0, 8.0, 5.0]);
        assert_eq!(area(&legacy.corners(&bbox), legacy.extra()), 10.0);
    }

    #[test]
    fn boxes_without_area_overlap_nothing_and_a_nan_stays_one() {
        let empty = [1.0, 1.0, 1.0, 1.0];
        assert_eq!(overlap(&empty, &empty, Over::Union, 0.0), 0.0);
        assert!(overlap(&[f32::NAN, 0.0, 1.0, 1.0], &[0.0, 0.0, 1.0, 1.0], Over::Union, 0.0).is_nan());
    }
}
