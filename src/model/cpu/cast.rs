//! `Cast`: every type into every other.
//!
//! Floats lose their fraction on the way to whole numbers and are kept within the range of the type (what is no
//! number becomes 0); whole numbers lose their upper bits; anything but 0 is true. Bits between floats are rounded
//! to the nearest, halves to even.

use super::each::map;
use super::number::{Number, each_number};
use super::threads::Threads;
use crate::error::Result;
use crate::model::tensor::{DType, Data, Element, Tensor};

/// A type that can be made of any other.
trait Target: Element {
    fn of_float(value: f64) -> Self;
    fn of_signed(value: i64) -> Self;
    fn of_unsigned(value: u64) -> Self;
}

macro_rules! targets {
    ($($type:ty),*) => {$(
        impl Target for $type {
            #[inline]
            fn of_float(value: f64) -> $type {
                value as $type
            }
            #[inline]
            fn of_signed(value: i64) -> $type {
                value as $type
            }
            #[inline]
            fn of_unsigned(value: u64) -> $type {
                value as $type
            }
        }
    )*};
    (half $($type:ty),*) => {$(
        impl Target for $type {
            #[inline]
            fn of_float(value: f64) -> $type {
                <$type>::from_f64(value)
            }
            #[inline]
            fn of_signed(value: i64) -> $type {
                <$type>::from_f64(value as f64)
            }
            #[inline]
            fn of_unsigned(value: u64) -> $type {
                <$type>::from_f64(value as f64)
            }
        }
    )*};
}
targets!(f32, f64, i8, i16, i32, i64, u8, u16, u32, u64);
targets!(half half::f16, half::bf16);

impl Target for bool {
    fn of_float(value: f64) -> bool {
        value != 0.0
    }
    fn of_signed(value: i64) -> bool {
        value != 0
    }
    fn of_unsigned(value: u64) -> bool {
        value != 0
    }
}

/// A type that can be made into any other, through the widest of its sort.
trait Source: Element {
    fn into<T: Target>(self) -> T;
}

macro_rules! sources {
    ($target:ident, $wide:expr, $($type:ty),*) => {$(
        impl Source for $type {
            #[inline]
            fn into<T: Target>(self) -> T {
                T::$target($wide(self))
            }
        }
    )*};
}
sources!(of_float, Number::to_f64, f32, f64, half::f16, half::bf16);
sources!(of_signed, Number::wide, i8, i16, i32, i64);
sources!(of_unsigned, Number::wide, u8, u16, u32, u64);
sources!(of_unsigned, u64::from, bool);

/// The elements as another type. Of the same type, none is copied.
pub(super) fn cast(x: &Tensor, to: DType, threads: &Threads) -> Result<Tensor> {
    if x.dtype() == to {
        return Ok(x.clone());
    }
    let data = each_number!(x.data(), v => into(v, to, threads), v => into(v, to, threads));
    Tensor::of(x.shape(), data)
}

fn into<S: Source>(x: &[S], to: DType, threads: &Threads) -> Data {
    fn go<S: Source, T: Target>(x: &[S], threads: &Threads) -> Data {
        T::data(map(x, threads, |v: S| v.into::<T>()))
    }
    match to {
        DType::F32 => go::<S, f32>(x, threads),
        DType::F64 => go::<S, f64>(x, threads),
        DType::F16 => go::<S, half::f16>(x, threads),
        DType::BF16 => go::<S, half::bf16>(x, threads),
        DType::I8 => go::<S, i8>(x, threads),
        DType::I16 => go::<S, i16>(x, threads),
        DType::I32 => go::<S, i32>(x, threads),
        DType::I64 => go::<S, i64>(x, threads),
        DType::U8 => go::<S, u8>(x, threads),
        DType::U16 => go::<S, u16>(x, threads),
        DType::U32 => go::<S, u32>(x, threads),
        DType::U64 => go::<S, u64>(x, threads),
        DType::Bool => go::<S, bool>(x, threads),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [DType; 13] = [
        DType::F32,
        DType::F64,
        DType::F16,
        DType::BF16,
        DType::I8,
        DType::I16,
        DType::I32,
        DType::I64,
        DType::U8,
        DType::U16,
        DType::U32,
        DType::U64,
        DType::Bool,
    ];

    #[test]
    fn every_type_comes_back_through_every_other() {
        let start = Tensor::row(vec![true, false]);
        for from in ALL {
            for to in ALL {
                let there = cast(&cast(&start, from, &Threads::one()).unwrap(), to, &Threads::one()).unwrap();
                assert_eq!(there.dtype(), to);
                assert_eq!(cast(&there, DType::Bool, &Threads::one()).unwrap(), start, "{from:?} {to:?}");
            }
        }
    }

    #[test]
    fn floats_are_cut_and_kept_in_range_and_whole_numbers_lose_upper_bits() {
        let to = |x: Tensor, to| cast(&x, to, &Threads::one()).unwrap();
        let floats = Tensor::row(vec![-1.9_f32, 300.7, f32::NAN, f32::INFINITY]);
        assert_eq!(to(floats.clone(), DType::U8), Tensor::row(vec![0_u8, 255, 0, 255]));
        assert_eq!(to(floats, DType::I16), Tensor::row(vec![-1_i16, 300, 0, i16::MAX]));
        assert_eq!(to(Tensor::row(vec![-1_i64, 257]), DType::U8), Tensor::row(vec![255_u8, 1]));
        assert_eq!(
            to(Tensor::row(vec![u64::MAX]), DType::F32),
            Tensor::row(vec![18_446_744_073_709_551_615.0_f32])
        );
    }
}
