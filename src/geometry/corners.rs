//! Boxes given by two corners, compared in the number type of their array: [`Real`], [`corners_iou`].
//!
//! The arithmetic and its order are ChainerCV's: single precision stays single precision, so that the bits are those
//! of numpy on the same array. [`overlap`](crate::geometry::overlap) is the same question in double precision, with
//! a floor under the divisor.

use std::ops::{Add, Div, Mul, Sub};

/// A number of an array: single or double precision.
pub trait Real:
    Copy
    + PartialOrd
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Into<f64>
{
    /// 1.
    const ONE: Self;
    /// 0.
    const ZERO: Self;
    /// The nearest number of this type.
    fn nearest(value: f64) -> Self;
    /// True for what is no number.
    fn is_none(self) -> bool;
}

impl Real for f32 {
    const ONE: f32 = 1.0;
    const ZERO: f32 = 0.0;
    fn nearest(value: f64) -> f32 {
        value as f32
    }
    fn is_none(self) -> bool {
        self.is_nan()
    }
}

impl Real for f64 {
    const ONE: f64 = 1.0;
    const ZERO: f64 = 0.0;
    fn nearest(value: f64) -> f64 {
        value
    }
    fn is_none(self) -> bool {
        self.is_nan()
    }
}

/// Shared area over joint area of two boxes y_min, x_min, y_max, x_max (or x first: it is the same). NaN where a
/// corner is NaN or both boxes are empty.
///
/// ```
/// use lensframe::geometry::corners_iou;
/// assert_eq!(corners_iou(&[0.0f32, 0.0, 8.0, 8.0], &[3.0, 5.0, 10.0, 12.0]), 15.0 / 98.0);
/// assert!(corners_iou(&[1.0f32; 4], &[1.0; 4]).is_nan());
/// ```
pub fn corners_iou<T: Real>(a: &[T; 4], b: &[T; 4]) -> T {
    // numpy's maximum and minimum pass a NaN on.
    let max = |a: T, b: T| if a.is_none() || a > b { a } else { b };
    let min = |a: T, b: T| if a.is_none() || a < b { a } else { b };
    let (top, left) = (max(a[0], b[0]), max(a[1], b[1]));
    let (bottom, right) = (min(a[2], b[2]), min(a[3], b[3]));
    let met = if top < bottom && left < right { T::ONE } else { T::ZERO };
    let shared = (bottom - top) * (right - left) * met;
    let area = |c: &[T; 4]| (c[2] - c[0]) * (c[3] - c[1]);
    shared / (area(a) + area(b) - shared)
}

/// [`corners_iou`] of every box of `a` with every box of `b`: `a.len()` × `b.len()`, row-major.
pub fn corners_iou_matrix<T: Real>(a: &[[T; 4]], b: &[[T; 4]]) -> Vec<T> {
    a.iter().flat_map(|own| b.iter().map(move |other| corners_iou(own, other))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_of_the_array_decides_the_bits() {
        let (a, b) = ([0.1f32, 0.1, 0.7, 0.9], [0.2f32, 0.3, 0.8, 1.1]);
        let wide = |corners: [f32; 4]| corners.map(f64::from);
        assert_ne!(f64::from(corners_iou(&a, &b)), corners_iou(&wide(a), &wide(b)));
        // 0.5 · 0.6 over 0.48 + 0.48 less that.
        assert!((corners_iou(&wide(a), &wide(b)) - 0.3 / 0.66).abs() < 1e-6);
    }

    #[test]
    fn rows_are_boxes_of_the_first_list() {
        let b = [[3.0, 5.0, 10.0, 12.0], [9.0, 10.0, 11.0, 12.0], [0.0, 0.0, 8.0, 8.0]];
        assert_eq!(corners_iou_matrix(&[[0.0, 0.0, 8.0, 8.0]], &b), [15.0 / 98.0, 0.0, 1.0]);
        assert!(corners_iou_matrix::<f32>(&[], &[[0.0; 4]]).is_empty());
    }
}
