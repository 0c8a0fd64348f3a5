//! Functions of two elements, broadcast: [`Binary`]; of any number of operands: [`Variadic`]; and `Where`.

use super::each::{Pair, choose, map};
use super::functions::Float;
use super::inputs::{Inputs, elements, floats, length, no_kernel, usage, wrong_type};
use super::number::{Number, each_element, each_float, each_number};
use super::threads::Threads;
use crate::error::Result;
use crate::model::op::{Binary, Variadic};
use crate::model::tensor::{Data, Element, Tensor};

/// The function of each pair.
///
/// # Errors
/// `Type` for operands of two types, or of one that the function is not defined for; `Length` for shapes that do not
/// broadcast.
pub(super) fn binary(op: Binary, a: &Tensor, b: &Tensor, threads: &Threads) -> Result<Tensor> {
    if op == Binary::Pow {
        return power(a, b, threads);
    }
    if a.dtype() != b.dtype() {
        let (a, b) = (a.dtype().name(), b.dtype().name());
        return Err(wrong_type(format!("the operands are of {a} and {b} and must be of one type")));
    }
    let pair = Pair::new(a.shape(), b.shape())?;
    match op {
        Binary::And | Binary::Or | Binary::Xor => logic(op, a, b, &pair, threads),
        Binary::BitwiseAnd | Binary::BitwiseOr | Binary::BitwiseXor | Binary::BitShift { .. } => {
            bits(op, a, b, &pair, threads)
        }
        Binary::Equal => each_element!(a.data(), v => pair.map(v, elements(b, 1)?, threads, equal)),
        Binary::PRelu if pair.shape() != a.shape() => {
            Err(length(format!("slopes of shape {:?} do not repeat to {:?}", b.shape(), a.shape())))
        }
        _ => each_number!(a.data(), v => arithmetic(op, v, elements(b, 1)?, &pair, threads),
            _ => Err(no_kernel(a.dtype()))),
    }
}

/// Two elements of one type.
fn equal<T: PartialEq>(a: T, b: T) -> bool {
    a == b
}

fn arithmetic<T: Number>(op: Binary, a: &[T], b: &[T], pair: &Pair, threads: &Threads) -> Result<Tensor> {
    let zero = T::default();
    match op {
        Binary::Add => pair.map(a, b, threads, T::plus),
        Binary::Sub => pair.map(a, b, threads, T::minus),
        Binary::Mul => pair.map(a, b, threads, T::times),
        Binary::Div => pair.map(a, b, threads, T::over),
        Binary::Mod { truncated: false } => pair.map(a, b, threads, T::modulo),
        Binary::Mod { truncated: true } => pair.map(a, b, threads, T::remainder),
        Binary::PRelu => pair.map(a, b, threads, |x, slope| if x < zero { x.times(slope) } else { x }),
        Binary::Greater => pair.map(a, b, threads, |a, b| a > b),
        Binary::GreaterOrEqual => pair.map(a, b, threads, |a, b| a >= b),
        Binary::Less => pair.map(a, b, threads, |a, b| a < b),
        Binary::LessOrEqual => pair.map(a, b, threads, |a, b| a <= b),
        Binary::And
        | Binary::Or
        | Binary::Xor
        | Binary::Equal
        | Binary::Pow
        | Binary::BitShift { .. }
        | Binary::BitwiseAnd
        | Binary::BitwiseOr
        | Binary::BitwiseXor => Err(usage("this function is not arithmetic")),
    }
}

fn logic(op: Binary, a: &Tensor, b: &Tensor, pair: &Pair, threads: &Threads) -> Result<Tensor> {
    let (a, b) = (elements::<bool>(a, 0)?, elements::<bool>(b, 1)?);
    match op {
        Binary::And => pair.map(a, b, threads, |a, b| a & b),
        Binary::Or => pair.map(a, b, threads, |a, b| a | b),
        _ => pair.map(a, b, threads, |a, b| a ^ b),
    }
}

fn bits(op: Binary, a: &Tensor, b: &Tensor, pair: &Pair, threads: &Threads) -> Result<Tensor> {
    macro_rules! go {
        ($($name:ident: $type:ty),*) => {
            match a.data() {
                $(Data::$name(v) => {
                    let (a, b): (&[$type], &[$type]) = (v, elements(b, 1)?);
                    match op {
                        Binary::BitwiseAnd => pair.map(a, b, threads, |a, b| a & b),
                        Binary::BitwiseOr => pair.map(a, b, threads, |a, b| a | b),
                        Binary::BitwiseXor => pair.map(a, b, threads, |a, b| a ^ b),
                        // By more bits than there are, nothing is left.
                        Binary::BitShift { left } => pair.map(a, b, threads, |a: $type, b: $type| {
                            let by = u32::try_from(b).unwrap_or(u32::MAX);
                            if left { a.checked_shl(by) } else { a.checked_shr(by) }.unwrap_or(0)
                        }),
                        _ => Err(usage("this function is not one of bits")),
                    }
                })*
                _ => Err(no_kernel(a.dtype())),
            }
        };
    }
    go!(I8: i8, I16: i16, I32: i32, I64: i64, U8: u8, U16: u16, U32: u32, U64: u64)
}

/// `a` to the power of `b`, which may be of another type; the result is of `a`'s.
fn power(a: &Tensor, b: &Tensor, threads: &Threads) -> Result<Tensor> {
    let pair = Pair::new(a.shape(), b.shape())?;
    if b.dtype() == crate::model::tensor::DType::Bool {
        return Err(no_kernel(b.dtype()));
    }
    if a.dtype().is_float() {
        return each_float!(a.data(), v => float_power(v, b, &pair, threads), _ => Err(no_kernel(a.dtype())));
    }
    let whole = !b.dtype().is_float();
    let exponents = floats(b);
    each_number!(a.data(), v => if whole {
        pair.map(v, &exponents, threads, |a, b: f64| whole_power(a, b))
    } else {
        pair.map(v, &exponents, threads, broken_power)
    }, _ => Err(no_kernel(a.dtype())))
}

fn float_power<T: Float>(a: &[T], b: &Tensor, pair: &Pair, threads: &Threads) -> Result<Tensor>
where
    T::Work: RealPower,
{
    let exponents: Vec<f64> = floats(b);
    // One exponent for all is the usual case, and 2 the usual exponent.
    match exponents.as_slice() {
        [2.0] => pair.map(a, &exponents, threads, |a: T, _| a.times(a)),
        [0.5] => pair.map(a, &exponents, threads, |a: T, _| T::of_work(a.work().power(0.5))),
        _ => pair.map(a, &exponents, threads, |a: T, b: f64| T::of_work(a.work().power(b))),
    }
}

/// A power in the type that floats are computed in.
pub(super) trait RealPower {
    fn power(self, exponent: f64) -> Self;
}
impl RealPower for f32 {
    fn power(self, exponent: f64) -> f32 {
        self.powf(exponent as f32)
    }
}
impl RealPower for f64 {
    fn power(self, exponent: f64) -> f64 {
        self.powf(exponent)
    }
}

/// A whole power of a whole number, wrapping around; with a negative exponent it is 0 but for 1 and -1.
fn whole_power<T: Number>(base: T, exponent: f64) -> T {
    let one = T::of_f64(1.0);
    if exponent < 0.0 {
        return T::of_f64(base.to_f64().powf(exponent));
    }
    let (mut made, mut square, mut rest) = (one, base, exponent as u64);
    while rest > 0 {
        if rest & 1 == 1 {
            made = made.times(square);
        }
        square = square.times(square);
        rest >>= 1;
    }
    made
}

/// A power with a fraction of a whole number, cut to a whole one.
fn broken_power<T: Number>(base: T, exponent: f64) -> T {
    T::of_f64(base.to_f64().powf(exponent))
}

/// The function of all operands, broadcast.
///
/// # Errors
/// As [`binary`].
pub(super) fn variadic(op: Variadic, inputs: Inputs<'_>, threads: &Threads) -> Result<Tensor> {
    fn step<T: Number>(op: Variadic, a: &[T], b: &Tensor, pair: &Pair, threads: &Threads) -> Result<Tensor> {
        let b = elements(b, 1)?;
        match op {
            Variadic::Max => pair.map(a, b, threads, T::largest),
            Variadic::Min => pair.map(a, b, threads, T::least),
            Variadic::Sum | Variadic::Mean => pair.map(a, b, threads, T::plus),
        }
    }
    let mut made = inputs.get(0)?.clone();
    if made.dtype() == crate::model::tensor::DType::Bool {
        return Err(no_kernel(made.dtype()));
    }
    for at in 1..inputs.len() {
        let next = inputs.get(at)?;
        let pair = Pair::new(made.shape(), next.shape())?;
        made = each_number!(made.data(), v => step(op, v, next, &pair, threads), _ => Err(no_kernel(next.dtype())))?;
    }
    if op == Variadic::Mean {
        let count = inputs.len() as f64;
        made = each_number!(made.data(), v => Tensor::new(made.shape(), map(v, threads, |v| share(v, count))),
            _ => Err(no_kernel(made.dtype())))?;
    }
    Ok(made)
}

fn share<T: Number>(sum: T, count: f64) -> T {
    T::of_f64(sum.to_f64() / count)
}

/// The elements of the second input where the first is true, else those of the third.
pub(super) fn select(inputs: Inputs<'_>) -> Result<Tensor> {
    fn go<T: Element>(yes: &[T], inputs: Inputs<'_>) -> Result<Tensor> {
        let (condition, a, b) = (inputs.get(0)?, inputs.get(1)?, inputs.get(2)?);
        choose((elements(condition, 0)?, condition.shape()), (yes, a.shape()), (elements(b, 2)?, b.shape()))
    }
    each_element!(inputs.get(1)?.data(), v => go(v, inputs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(op: Binary, a: Tensor, b: Tensor) -> Result<Tensor> {
        binary(op, &a, &b, &Threads::one())
    }

    #[test]
    fn a_power_has_the_type_of_its_base() {
        let made =
            of(Binary::Pow, Tensor::row(vec![1.0_f32, 2.0, 3.0]), Tensor::row(vec![4_i64, 5, 6])).unwrap();
        assert_eq!(made, Tensor::row(vec![1.0_f32, 32.0, 729.0]));
        let made =
            of(Binary::Pow, Tensor::row(vec![2_i32, -3, 2]), Tensor::row(vec![10_i64, 3, -1])).unwrap();
        assert_eq!(made, Tensor::row(vec![1024, -27, 0]));
        let made = of(Binary::Pow, Tensor::row(vec![9_i32]), Tensor::scalar(0.5_f32)).unwrap();
        assert_eq!(made, Tensor::row(vec![3]));
    }

    #[test]
    fn a_shift_by_all_bits_leaves_nothing() {
        let made =
            of(Binary::BitShift { left: true }, Tensor::row(vec![3_u8, 3]), Tensor::row(vec![7_u8, 8]))
                .unwrap();
        assert_eq!(made, Tensor::row(vec![128_u8, 0]));
    }

    #[test]
    fn operands_of_two_types_are_refused() {
        assert!(of(Binary::Add, Tensor::scalar(1.0_f32), Tensor::scalar(1_i32)).is_err());
        assert!(of(Binary::Add, Tensor::scalar(true), Tensor::scalar(true)).is_err());
        assert!(of(Binary::And, Tensor::scalar(1_u8), Tensor::scalar(1_u8)).is_err());
        assert!(of(Binary::Add, Tensor::row(vec![1; 2]), Tensor::row(vec![1; 3])).is_err());
    }

    #[test]
    fn slopes_may_not_widen_what_they_bend() {
        let (one, two) = (Tensor::row(vec![-1.0_f32]), Tensor::row(vec![0.5_f32, 2.0]));
        assert!(of(Binary::PRelu, one.clone(), two.clone()).is_err());
        assert_eq!(of(Binary::PRelu, two.clone(), one).unwrap(), two);
    }

    #[test]
    fn any_number_of_operands_is_summed_or_averaged() {
        let (a, b) = (Tensor::row(vec![1.0_f32, 5.0]), Tensor::scalar(3.0_f32));
        let inputs = [Some(&a), Some(&b), Some(&a)];
        let of = |op| variadic(op, Inputs(&inputs), &Threads::one()).unwrap();
        assert_eq!(of(Variadic::Sum), Tensor::row(vec![5.0_f32, 13.0]));
        assert_eq!(of(Variadic::Max), Tensor::row(vec![3.0_f32, 5.0]));
        assert_eq!(of(Variadic::Mean), Tensor::row(vec![5.0_f32 / 3.0, 13.0 / 3.0]));
        assert!(variadic(Variadic::Max, Inputs(&[]), &Threads::one()).is_err());
    }
}
