//! `Cast`: every type into every other.
//!
//! Floats lose their fraction on the way to whole numbers and are kept within the range of the type (what is no
//! number becomes 0); whole numbers lose their upper bits; anything but 0 is true. Bits between floats are rounded
//! to the nearest, halves to even.

use super::each::{PIECE, pieces};
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

/// The widest type of a sort, through which every other is reached.
trait Widest: Copy + Default + 'static {
    fn cut<T: Target>(self) -> T;
}

macro_rules! widest {
    ($($type:ty: $target:ident),*) => {$(
        impl Widest for $type {
            #[inline]
            fn cut<T: Target>(self) -> T {
                T::$target(self)
            }
        }
    )*};
}
widest!(f64: of_float, i64: of_signed, u64: of_unsigned);

/// The elements as another type. Of the same type, none is copied.
pub(super) fn cast(x: &Tensor, to: DType, threads: &Threads) -> Result<Tensor> {
    if x.dtype() == to {
        return Ok(x.clone());
    }
    // By way of the widest type: one way there for each type, and one back, not one for each pair of types.
    let data = each_number!(x.data(),
        v => into(&widened(v, Number::wide), v.len(), to, threads),
        v => into(&widened(v, u64::from), v.len(), to, threads));
    Tensor::of(x.shape(), data)
}

/// Writes elements from a place on, widened.
type Widened<'a, W> = dyn Fn(usize, &mut [W]) + Sync + 'a;

fn widened<S: Element, W>(x: &[S], each: impl Fn(S) -> W + Sync) -> impl Fn(usize, &mut [W]) + Sync {
    move |from, run| run.iter_mut().zip(&x[from..]).for_each(|(to, v)| *to = each(*v))
}

fn into<W: Widest>(x: &Widened<'_, W>, count: usize, to: DType, threads: &Threads) -> Data {
    match to {
        DType::F32 => narrowed::<W, f32>(x, count, threads),
        DType::F64 => narrowed::<W, f64>(x, count, threads),
        DType::F16 => narrowed::<W, half::f16>(x, count, threads),
        DType::BF16 => narrowed::<W, half::bf16>(x, count, threads),
        DType::I8 => narrowed::<W, i8>(x, count, threads),
        DType::I16 => narrowed::<W, i16>(x, count, threads),
        DType::I32 => narrowed::<W, i32>(x, count, threads),
        DType::I64 => narrowed::<W, i64>(x, count, threads),
        DType::U8 => narrowed::<W, u8>(x, count, threads),
        DType::U16 => narrowed::<W, u16>(x, count, threads),
        DType::U32 => narrowed::<W, u32>(x, count, threads),
        DType::U64 => narrowed::<W, u64>(x, count, threads),
        DType::Bool => narrowed::<W, bool>(x, count, threads),
    }
}

fn narrowed<W: Widest, T: Target>(x: &Widened<'_, W>, count: usize, threads: &Threads) -> Data {
    const ROOM: usize = 512;
    let mut made = vec![T::default(); count];
    pieces(&threads.unless_few(count), &mut made, PIECE, &|number, run| {
        let mut room = [W::default(); ROOM];
        for (k, run) in run.chunks_mut(ROOM).enumerate() {
            let room = &mut room[..run.len()];
            x(number * PIECE + k * ROOM, room);
            run.iter_mut().zip(room).for_each(|(to, v)| *to = v.cut());
        }
    });
    T::data(made)
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
