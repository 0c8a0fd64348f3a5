//! Computing in few types: [`each_wide`], and the way there and back.
//!
//! Whole numbers are computed with in 64 bits and lose their upper bits afterwards, which is the same as wrapping
//! around at each step; floats of 16 bits become wider ones and are rounded once. So kernels are compiled for four types
//! and not for twelve. The invariant: a result is bit for bit that of the narrow type.

use super::cast::cast;
use super::inputs::no_kernel;
use super::threads::Threads;
use crate::error::Result;
use crate::model::tensor::{DType, Tensor};

/// The type that elements of `dtype` are computed in; `half`: that of 16-bit floats.
///
/// # Errors
/// `Type` for booleans.
pub(super) fn wide_type(dtype: DType, half: DType) -> Result<DType> {
    Ok(match dtype {
        DType::F32 | DType::F64 => dtype,
        DType::F16 | DType::BF16 => half,
        DType::I8 | DType::I16 | DType::I32 | DType::I64 => DType::I64,
        DType::U8 | DType::U16 | DType::U32 | DType::U64 => DType::U64,
        DType::Bool => return Err(no_kernel(dtype)),
    })
}

/// The elements in the type that they are computed in. None is copied if they are of it.
///
/// # Errors
/// As [`wide_type`].
pub(super) fn widen(x: &Tensor, half: DType, threads: &Threads) -> Result<Tensor> {
    cast(x, wide_type(x.dtype(), half)?, threads)
}

/// The least and the largest number of a type of whole numbers, which a float is kept within on its way there; of
/// floats, infinities.
pub(super) const fn range(dtype: DType) -> (f64, f64) {
    match dtype {
        DType::I8 => (-128.0, 127.0),
        DType::I16 => (-32_768.0, 32_767.0),
        DType::I32 => (-2_147_483_648.0, 2_147_483_647.0),
        DType::U8 => (0.0, 255.0),
        DType::U16 => (0.0, 65_535.0),
        DType::U32 => (0.0, 4_294_967_295.0),
        _ => (f64::NEG_INFINITY, f64::INFINITY),
    }
}

/// Does the same with the elements of any type that [`widen`] makes; the last arm is for the others.
macro_rules! each_wide {
    ($data:expr, $elements:ident => $body:expr, _ => $other:expr) => {
        match $data {
            $crate::model::tensor::Data::F32($elements) => $body,
            $crate::model::tensor::Data::F64($elements) => $body,
            $crate::model::tensor::Data::I64($elements) => $body,
            $crate::model::tensor::Data::U64($elements) => $body,
            _ => $other,
        }
    };
}
pub(super) use each_wide;

#[cfg(test)]
mod tests {
    use half::f16;

    use super::*;
    use crate::model::cpu::number::Number;
    use crate::model::cpu::{binary, unary};
    use crate::model::op::{Binary, Unary};

    #[test]
    fn narrow_numbers_wrap_around_as_if_there_were_no_wider_ones() {
        let (all, one) = (i8::MIN..=i8::MAX, Threads::one());
        let left: Vec<i8> = all.clone().flat_map(|a| all.clone().map(move |_| a)).collect();
        let right: Vec<i8> = all.clone().flat_map(|_| all.clone()).collect();
        let (a, b) = (Tensor::row(left.clone()), Tensor::row(right.clone()));
        type Pair = fn(i8, i8) -> i8;
        type One = fn(i8) -> i8;
        let functions: [(Binary, Pair); 6] = [
            (Binary::Add, Number::plus),
            (Binary::Sub, Number::minus),
            (Binary::Mul, Number::times),
            (Binary::Div, Number::over),
            (Binary::Mod { truncated: false }, Number::modulo),
            (Binary::Mod { truncated: true }, Number::remainder),
        ];
        for (op, function) in functions {
            let wanted = left.iter().zip(&right).map(|(a, b)| function(*a, *b)).collect();
            assert_eq!(binary::binary(op, &a, &b, &one).unwrap(), Tensor::row(wanted), "{op:?}");
        }
        let functions: [(Unary, One); 3] =
            [(Unary::Neg, Number::negated), (Unary::Abs, Number::size), (Unary::Sign, Number::sign)];
        for (op, function) in functions {
            let wanted = right.iter().map(|b| function(*b)).collect();
            assert_eq!(unary::unary(op, &b, &one).unwrap(), Tensor::row(wanted), "{op:?}");
        }
    }

    #[test]
    fn what_is_computed_as_a_float_is_kept_within_the_type() {
        let (x, one) = (Tensor::row(vec![9_i8, 127, -3]), Threads::one());
        let made = binary::binary(Binary::Pow, &x, &Tensor::row(vec![2.5_f32, 1.5, 0.5]), &one).unwrap();
        assert_eq!(made, Tensor::row(vec![127_i8, 127, 0]));
        let made = unary::unary(Unary::Shrink { bias: -5.0, lambda: 1.0 }, &x, &one).unwrap();
        assert_eq!(made, Tensor::row(vec![14_i8, 127, -8]));
    }

    #[test]
    fn floats_of_sixteen_bits_are_rounded_once() {
        let (a, b) = (f16::from_f32(2048.0), f16::from_f32(1.5));
        let one = Threads::one();
        let made = binary::binary(Binary::Add, &Tensor::scalar(a), &Tensor::scalar(b), &one).unwrap();
        assert_eq!(made, Tensor::scalar(f16::from_f32(2048.0 + 1.5)));
        let made = binary::binary(Binary::Less, &Tensor::scalar(b), &Tensor::scalar(a), &one).unwrap();
        assert_eq!(made, Tensor::scalar(true));
    }
}
