//! Functions of two elements, broadcast: [`Binary`]; of any number of operands: [`Variadic`]; and `Where`.

use super::cast::cast;
use super::each::{Pair, choose, map};
use super::functions::Float;
use super::inputs::{Inputs, elements, floats, length, no_kernel, usage, wrong_type};
use super::number::{Number, each_element};
use super::threads::Threads;
use super::wide::{each_wide, range, widen};
use crate::error::Result;
use crate::model::op::{Binary, Variadic};
use crate::model::tensor::{DType, Data, Element, Tensor};

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
        Binary::And | Binary::Or | Binary::Xor => return logic(op, a, b, &pair, threads),
        Binary::BitwiseAnd | Binary::BitwiseOr | Binary::BitwiseXor | Binary::BitShift { .. } => {
            return bits(op, a, b, &pair, threads);
        }
        Binary::PRelu if pair.shape() != a.shape() => {
            let what = format!("slopes of shape {:?} do not repeat to {:?}", b.shape(), a.shape());
            return Err(length(what));
        }
        Binary::Equal if a.dtype() == DType::Bool => {
            return pair.map(elements::<bool>(a, 0)?, elements::<bool>(b, 1)?, threads, equal);
        }
        _ => {}
    }
    if let (Some(a), Some(b)) = (a.elements(), b.elements())
        && let Some(made) = quick(op, a, b, &pair, threads)
    {
        return made;
    }
    let (own, a, b) = (a.dtype(), widen(a, DType::F32, threads)?, widen(b, DType::F32, threads)?);
    let made = each_wide!(a.data(), v => arithmetic(op, v, elements(&b, 1)?, &pair, threads),
        _ => Err(no_kernel(own)))?;
    // Truths are what they are; numbers go back to their type.
    if made.dtype() == DType::Bool { Ok(made) } else { cast(&made, own, threads) }
}

/// Two elements of one type.
fn equal<T: PartialEq>(a: T, b: T) -> bool {
    a == b
}

/// What PRelu makes of an element and its slope.
fn bent<T: Number>(x: T, slope: T) -> T {
    if x < T::default() { x.times(slope) } else { x }
}

/// A function of two numbers that makes a third.
fn of_two<T: Number>(op: Binary) -> Option<fn(T, T) -> T> {
    Some(match op {
        Binary::Add => T::plus,
        Binary::Sub => T::minus,
        Binary::Mul => T::times,
        Binary::Div => T::over,
        Binary::Mod { truncated: false } => T::modulo,
        Binary::Mod { truncated: true } => T::remainder,
        Binary::PRelu => bent,
        _ => return None,
    })
}

/// A function that says how two numbers compare.
fn comparison<T: Number>(op: Binary) -> Option<fn(T, T) -> bool> {
    Some(match op {
        Binary::Equal => equal,
        Binary::Greater => |a, b| a > b,
        Binary::GreaterOrEqual => |a, b| a >= b,
        Binary::Less => |a, b| a < b,
        Binary::LessOrEqual => |a, b| a <= b,
        _ => return None,
    })
}

/// Functions are called by their address, so that the loops are compiled once a type and not once a function; but for
/// those that networks are full of.
fn arithmetic<T: Number>(op: Binary, a: &[T], b: &[T], pair: &Pair, threads: &Threads) -> Result<Tensor> {
    match (of_two::<T>(op), comparison::<T>(op)) {
        (Some(f), _) => pair.map(a, b, threads, f),
        (_, Some(f)) => pair.map(a, b, threads, f),
        _ => Err(usage("this function is not arithmetic")),
    }
}

/// The functions of 32-bit floats that networks are full of, each in loops of its own; none for the others.
fn quick(op: Binary, a: &[f32], b: &[f32], pair: &Pair, threads: &Threads) -> Option<Result<Tensor>> {
    Some(match op {
        Binary::Add => pair.map(a, b, threads, |a: f32, b: f32| a + b),
        Binary::Sub => pair.map(a, b, threads, |a: f32, b: f32| a - b),
        Binary::Mul => pair.map(a, b, threads, |a: f32, b: f32| a * b),
        Binary::Div => pair.map(a, b, threads, |a: f32, b: f32| a / b),
        Binary::PRelu => pair.map(a, b, threads, |x: f32, slope: f32| bent(x, slope)),
        _ => return None,
    })
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
    let own = a.dtype();
    let length = u32::try_from(own.size() * 8).unwrap_or(u32::MAX);
    let (a, b) = (widen(a, DType::F32, threads)?, widen(b, DType::F32, threads)?);
    macro_rules! go {
        ($($name:ident: $type:ty),*) => {
            match a.data() {
                $(Data::$name(v) => {
                    let b: &[$type] = elements(&b, 1)?;
                    match op {
                        Binary::BitwiseAnd => pair.map(v, b, threads, |a: $type, b: $type| a & b),
                        Binary::BitwiseOr => pair.map(v, b, threads, |a: $type, b: $type| a | b),
                        Binary::BitwiseXor => pair.map(v, b, threads, |a: $type, b: $type| a ^ b),
                        // By more bits than there are, nothing is left.
                        Binary::BitShift { left } => pair.map(v, b, threads, |a: $type, b: $type| match u32::try_from(b) {
                            Ok(by) if by < length => if left { a << by } else { a >> by },
                            _ => 0,
                        }),
                        _ => Err(usage("this function is not one of bits")),
                    }
                })*
                _ => Err(no_kernel(own)),
            }
        };
    }
    cast(&go!(I64: i64, U64: u64)?, own, threads)
}

/// `a` to the power of `b`, which may be of another type; the result is of `a`'s.
fn power(a: &Tensor, b: &Tensor, threads: &Threads) -> Result<Tensor> {
    let pair = Pair::new(a.shape(), b.shape())?;
    if b.dtype() == DType::Bool {
        return Err(no_kernel(b.dtype()));
    }
    let (own, whole) = (a.dtype(), !b.dtype().is_float());
    let (a, exponents) = (widen(a, DType::F32, threads)?, floats(b));
    let made = match a.data() {
        Data::F32(v) => float_power(v, &exponents, &pair, threads),
        Data::F64(v) => float_power(v, &exponents, &pair, threads),
        Data::I64(v) => whole_powers(v, &exponents, whole, range(own), &pair, threads),
        Data::U64(v) => whole_powers(v, &exponents, whole, range(own), &pair, threads),
        _ => Err(no_kernel(own)),
    }?;
    cast(&made, own, threads)
}

fn float_power<T: Float>(a: &[T], exponents: &[f64], pair: &Pair, threads: &Threads) -> Result<Tensor>
where
    T::Work: RealPower,
{
    // One exponent for all is the usual case, and 2 the usual exponent.
    match exponents {
        [2.0] => pair.map(a, exponents, threads, |a: T, _| a.times(a)),
        [0.5] => pair.map(a, exponents, threads, |a: T, _| T::of_work(a.work().power(0.5))),
        _ => pair.map(a, exponents, threads, |a: T, b: f64| T::of_work(a.work().power(b))),
    }
}

/// Powers of whole numbers; those that are computed as floats are kept within a range.
fn whole_powers<T: Number>(
    a: &[T],
    exponents: &[f64],
    whole: bool,
    (low, high): (f64, f64),
    pair: &Pair,
    threads: &Threads,
) -> Result<Tensor> {
    pair.map(a, exponents, threads, |base: T, exponent: f64| {
        if whole && exponent >= 0.0 {
            whole_power(base, exponent)
        } else {
            T::of_f64(base.to_f64().powf(exponent).clamp(low, high))
        }
    })
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

/// A whole power of a whole number, wrapping around.
fn whole_power<T: Number>(base: T, exponent: f64) -> T {
    let (mut made, mut square, mut rest) = (T::of_f64(1.0), base, exponent as u64);
    while rest > 0 {
        if rest & 1 == 1 {
            made = made.times(square);
        }
        square = square.times(square);
        rest >>= 1;
    }
    made
}

/// The function of all operands, broadcast.
///
/// # Errors
/// As [`binary`].
pub(super) fn variadic(op: Variadic, inputs: Inputs<'_>, threads: &Threads) -> Result<Tensor> {
    fn step<T: Number>(op: Variadic, a: &[T], b: &Tensor, pair: &Pair, threads: &Threads) -> Result<Tensor> {
        let f: fn(T, T) -> T = match op {
            Variadic::Max => T::largest,
            Variadic::Min => T::least,
            Variadic::Sum | Variadic::Mean => T::plus,
        };
        pair.map(a, elements(b, 1)?, threads, f)
    }
    fn quick(op: Variadic, a: &[f32], b: &[f32], pair: &Pair, threads: &Threads) -> Result<Tensor> {
        match op {
            Variadic::Max => pair.map(a, b, threads, |a: f32, b: f32| a.largest(b)),
            Variadic::Min => pair.map(a, b, threads, |a: f32, b: f32| a.least(b)),
            Variadic::Sum | Variadic::Mean => pair.map(a, b, threads, |a: f32, b: f32| a + b),
        }
    }
    let mut made = inputs.get(0)?.clone();
    let own = made.dtype();
    if own == DType::Bool {
        return Err(no_kernel(own));
    }
    for at in 1..inputs.len() {
        let next = inputs.get(at)?;
        let pair = Pair::new(made.shape(), next.shape())?;
        if let (Some(a), Some(b)) = (made.elements(), next.elements()) {
            made = quick(op, a, b, &pair, threads)?;
            continue;
        }
        elements_of(own, next, at)?;
        // Each sum is rounded to the type before the next, as if there were no wider one.
        let (a, b) = (widen(&made, DType::F32, threads)?, widen(next, DType::F32, threads)?);
        let sum = each_wide!(a.data(), v => step(op, v, &b, &pair, threads), _ => Err(no_kernel(own)))?;
        made = cast(&sum, own, threads)?;
    }
    if op == Variadic::Mean {
        let count = inputs.len() as f64;
        let wide = widen(&made, DType::F64, threads)?;
        let shares = each_wide!(wide.data(),
            v => Tensor::new(made.shape(), map(v, threads, |v| share(v, count))), _ => Err(no_kernel(own)))?;
        made = cast(&shares, own, threads)?;
    }
    Ok(made)
}

/// Refuses an operand of another type than the first.
fn elements_of(own: DType, tensor: &Tensor, at: usize) -> Result<()> {
    if tensor.dtype() == own {
        return Ok(());
    }
    Err(wrong_type(format!("input {at} is of {} and must be of {}", tensor.dtype().name(), own.name())))
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
