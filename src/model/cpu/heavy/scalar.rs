//! [`Scalar`]: what the plain products ask of a number.
//!
//! Whole numbers wrap around, as the reference's do. Nothing here is fast: floats of 32 bits go another way.

use crate::model::tensor::Element;

/// A number that can be added and multiplied.
pub(super) trait Scalar: Element {
    /// Their sum.
    fn plus(self, other: Self) -> Self;
    /// Their product.
    fn times(self, other: Self) -> Self;
}

macro_rules! floats {
    ($($type:ty),*) => {$(
        impl Scalar for $type {
            #[inline(always)]
            fn plus(self, other: Self) -> Self { self + other }
            #[inline(always)]
            fn times(self, other: Self) -> Self { self * other }
        }
    )*};
}

macro_rules! whole {
    ($($type:ty),*) => {$(
        impl Scalar for $type {
            #[inline(always)]
            fn plus(self, other: Self) -> Self { self.wrapping_add(other) }
            #[inline(always)]
            fn times(self, other: Self) -> Self { self.wrapping_mul(other) }
        }
    )*};
}

floats!(f32, f64);
whole!(i32, i64, u32, u64);
