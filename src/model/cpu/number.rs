//! [`Number`]: arithmetic on the element types, one meaning for all.
//!
//! Whole numbers wrap around, and anything divided by 0 is 0; sixteen-bit floats compute in `f32` and are rounded
//! after each step. Sums over many elements are kept in [`Number::Wide`]. Nothing here knows of tensors.

use half::{bf16, f16};

use crate::model::tensor::Element;

/// What a sum over many elements is kept in.
pub(super) trait Wide: Copy + PartialOrd {
    const ZERO: Self;
    const ONE: Self;
    fn plus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    fn size(self) -> Self;
    fn shared_by(self, count: usize) -> Self;
    fn to_f64(self) -> f64;
}

/// An element type that can be computed with.
pub(super) trait Number: Element + PartialOrd {
    type Wide: Wide;
    const IS_FLOAT: bool;
    /// The least value there is: minus infinity, or the least whole number.
    const LEAST: Self;
    /// The largest value there is.
    const LARGEST: Self;
    fn wide(self) -> Self::Wide;
    fn of_wide(value: Self::Wide) -> Self;
    fn to_f64(self) -> f64;
    /// Rounded to the nearest float; cut towards 0 and kept within the range of whole numbers.
    fn of_f64(value: f64) -> Self;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    fn over(self, other: Self) -> Self;
    /// The remainder with the sign of `other`.
    fn modulo(self, other: Self) -> Self;
    /// The remainder with the sign of `self`.
    fn remainder(self, other: Self) -> Self;
    fn negated(self) -> Self;
    fn size(self) -> Self;
    fn sign(self) -> Self;
    /// True for a float that is no number.
    fn is_nan(self) -> bool;

    /// The smaller; not a number if one is none.
    fn least(self, other: Self) -> Self {
        if self < other || self.is_nan() { self } else { other }
    }

    /// The larger; not a number if one is none.
    fn largest(self, other: Self) -> Self {
        if self > other || self.is_nan() { self } else { other }
    }
}

impl Wide for f64 {
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;
    fn plus(self, other: f64) -> f64 {
        self + other
    }
    fn times(self, other: f64) -> f64 {
        self * other
    }
    fn size(self) -> f64 {
        self.abs()
    }
    fn shared_by(self, count: usize) -> f64 {
        self / count as f64
    }
    fn to_f64(self) -> f64 {
        self
    }
}

macro_rules! whole_wide {
    ($($type:ty, $size:expr);*) => {$(
        impl Wide for $type {
            const ZERO: $type = 0;
            const ONE: $type = 1;
            fn plus(self, other: $type) -> $type {
                self.wrapping_add(other)
            }
            fn times(self, other: $type) -> $type {
                self.wrapping_mul(other)
            }
            fn size(self) -> $type {
                $size(self)
            }
            fn shared_by(self, count: usize) -> $type {
                <$type>::try_from(count).ok().and_then(|count| self.checked_div(count)).unwrap_or(0)
            }
            fn to_f64(self) -> f64 {
                self as f64
            }
        }
    )*};
}
whole_wide!(i64, i64::wrapping_abs; u64, std::convert::identity);

macro_rules! whole {
    ($($type:ty, $wide:ty, $negated:expr, $size:expr, $sign:expr);* $(;)?) => {$(
        impl Number for $type {
            type Wide = $wide;
            const IS_FLOAT: bool = false;
            const LEAST: $type = <$type>::MIN;
            const LARGEST: $type = <$type>::MAX;
            #[inline]
            fn wide(self) -> $wide {
                <$wide>::from(self)
            }
            #[inline]
            fn of_wide(value: $wide) -> $type {
                value as $type
            }
            #[inline]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline]
            fn of_f64(value: f64) -> $type {
                value as $type
            }
            #[inline]
            fn plus(self, other: $type) -> $type {
                self.wrapping_add(other)
            }
            #[inline]
            fn minus(self, other: $type) -> $type {
                self.wrapping_sub(other)
            }
            #[inline]
            fn times(self, other: $type) -> $type {
                self.wrapping_mul(other)
            }
            #[inline]
            fn over(self, other: $type) -> $type {
                if other == 0 { 0 } else { self.wrapping_div(other) }
            }
            #[inline]
            fn modulo(self, other: $type) -> $type {
                let rest = self.remainder(other);
                if rest != 0 && (rest < 0 as $type) != (other < 0 as $type) { rest.wrapping_add(other) } else { rest }
            }
            #[inline]
            fn remainder(self, other: $type) -> $type {
                if other == 0 { 0 } else { self.wrapping_rem(other) }
            }
            #[inline]
            fn negated(self) -> $type {
                $negated(self)
            }
            #[inline]
            fn size(self) -> $type {
                $size(self)
            }
            #[inline]
            fn sign(self) -> $type {
                $sign(self)
            }
            #[inline]
            fn is_nan(self) -> bool {
                false
            }
        }
    )*};
}
whole!(
    i8, i64, i8::wrapping_neg, i8::wrapping_abs, i8::signum;
    i16, i64, i16::wrapping_neg, i16::wrapping_abs, i16::signum;
    i32, i64, i32::wrapping_neg, i32::wrapping_abs, i32::signum;
    i64, i64, i64::wrapping_neg, i64::wrapping_abs, i64::signum;
    u8, u64, u8::wrapping_neg, std::convert::identity, |v: u8| v.min(1);
    u16, u64, u16::wrapping_neg, std::convert::identity, |v: u16| v.min(1);
    u32, u64, u32::wrapping_neg, std::convert::identity, |v: u32| v.min(1);
    u64, u64, u64::wrapping_neg, std::convert::identity, |v: u64| v.min(1);
);

macro_rules! float {
    ($($type:ty, $work:ty, $in:expr, $out:expr, $wide:expr, $of:expr);* $(;)?) => {$(
        impl Number for $type {
            type Wide = f64;
            const IS_FLOAT: bool = true;
            const LEAST: $type = <$type>::NEG_INFINITY;
            const LARGEST: $type = <$type>::INFINITY;
            #[inline]
            fn wide(self) -> f64 {
                $wide(self)
            }
            #[inline]
            fn of_wide(value: f64) -> $type {
                $of(value)
            }
            #[inline]
            fn to_f64(self) -> f64 {
                $wide(self)
            }
            #[inline]
            fn of_f64(value: f64) -> $type {
                $of(value)
            }
            #[inline]
            fn plus(self, other: $type) -> $type {
                $out($in(self) + $in(other))
            }
            #[inline]
            fn minus(self, other: $type) -> $type {
                $out($in(self) - $in(other))
            }
            #[inline]
            fn times(self, other: $type) -> $type {
                $out($in(self) * $in(other))
            }
            #[inline]
            fn over(self, other: $type) -> $type {
                $out($in(self) / $in(other))
            }
            #[inline]
            fn modulo(self, other: $type) -> $type {
                let other = $in(other);
                let rest: $work = $in(self) % other;
                $out(if rest != 0.0 && (rest < 0.0) != (other < 0.0) { rest + other } else { rest })
            }
            #[inline]
            fn remainder(self, other: $type) -> $type {
                $out($in(self) % $in(other))
            }
            #[inline]
            fn negated(self) -> $type {
                -self
            }
            #[inline]
            fn size(self) -> $type {
                $out($in(self).abs())
            }
            #[inline]
            fn sign(self) -> $type {
                let value: $work = $in(self);
                // Zero keeps no sign, and what is no number stays none.
                $out(if value == 0.0 { 0.0 } else { value.signum() })
            }
            #[inline]
            fn is_nan(self) -> bool {
                self != self
            }
        }
    )*};
}
float!(
    f32, f32, std::convert::identity, std::convert::identity, f64::from, |v: f64| v as f32;
    f64, f64, std::convert::identity, std::convert::identity, std::convert::identity, std::convert::identity;
    f16, f32, f16::to_f32, f16::from_f32, f16::to_f64, f16::from_f64;
    bf16, f32, bf16::to_f32, bf16::from_f32, bf16::to_f64, bf16::from_f64;
);

/// Does the same with the elements of any type; the last arm is for booleans.
macro_rules! each_number {
    ($data:expr, $elements:ident => $body:expr, $bool:ident => $other:expr) => {
        $crate::model::cpu::number::each_number!(@ $data, $elements => $body,
            $crate::model::tensor::Data::Bool($bool) => $other)
    };
    ($data:expr, $elements:ident => $body:expr, _ => $other:expr) => {
        $crate::model::cpu::number::each_number!(@ $data, $elements => $body,
            $crate::model::tensor::Data::Bool(_) => $other)
    };
    (@ $data:expr, $elements:ident => $body:expr, $bool:pat => $other:expr) => {
        match $data {
            $crate::model::tensor::Data::F32($elements) => $body,
            $crate::model::tensor::Data::F64($elements) => $body,
            $crate::model::tensor::Data::F16($elements) => $body,
            $crate::model::tensor::Data::BF16($elements) => $body,
            $crate::model::tensor::Data::I8($elements) => $body,
            $crate::model::tensor::Data::I16($elements) => $body,
            $crate::model::tensor::Data::I32($elements) => $body,
            $crate::model::tensor::Data::I64($elements) => $body,
            $crate::model::tensor::Data::U8($elements) => $body,
            $crate::model::tensor::Data::U16($elements) => $body,
            $crate::model::tensor::Data::U32($elements) => $body,
            $crate::model::tensor::Data::U64($elements) => $body,
            $bool => $other,
        }
    };
}

/// Does the same with the elements of any type, booleans among them.
macro_rules! each_element {
    ($data:expr, $elements:ident => $body:expr) => {
        $crate::model::cpu::number::each_number!($data, $elements => $body, $elements => $body)
    };
}

/// Does the same with the elements of any floating-point type; the last arm is for the others.
macro_rules! each_float {
    ($data:expr, $elements:ident => $body:expr, _ => $other:expr) => {
        match $data {
            $crate::model::tensor::Data::F32($elements) => $body,
            $crate::model::tensor::Data::F64($elements) => $body,
            $crate::model::tensor::Data::F16($elements) => $body,
            $crate::model::tensor::Data::BF16($elements) => $body,
            _ => $other,
        }
    };
}
pub(super) use {each_element, each_float, each_number};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_remainders_differ_in_their_sign() {
        assert_eq!(((-7_i32).modulo(3), (-7_i32).remainder(3)), (2, -1));
        assert_eq!((7_i32.modulo(-3), 7_i32.remainder(-3)), (-2, 1));
        assert_eq!(((-4.5_f32).modulo(2.0), (-4.5_f32).remainder(2.0)), (1.5, -0.5));
        assert_eq!(200_u8.modulo(7), 4);
    }

    #[test]
    fn whole_numbers_wrap_and_divide_by_nothing_to_nothing() {
        assert_eq!(i8::MIN.negated(), i8::MIN);
        assert_eq!((i32::MIN.over(-1), 5_u8.over(0), 5_i64.modulo(0)), (i32::MIN, 0, 0));
        assert_eq!(i64::MIN.remainder(-1), 0);
    }

    #[test]
    fn what_is_no_number_wins() {
        assert!(f32::NAN.least(1.0).is_nan() && 1.0_f32.least(f32::NAN).is_nan());
        assert!(f32::NAN.largest(1.0).is_nan() && 1.0_f32.largest(f32::NAN).is_nan());
        assert_eq!((2_u8.least(3), 2_u8.largest(3)), (2, 3));
    }
}
