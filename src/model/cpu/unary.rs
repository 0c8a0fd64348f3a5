//! Functions of one element: [`Unary`], `Clip`, and the copy that `Identity` is.

use super::cast::cast;
use super::each::map;
use super::functions::{Float, Plain, Real};
use super::inputs::{Inputs, elements, length, no_kernel, wrong_type};
use super::number::Number;
use super::threads::Threads;
use super::wide::{each_wide, range, widen};
use crate::error::Result;
use crate::model::op::Unary;
use crate::model::tensor::{DType, Data, Element, Tensor};

/// The function of each element.
///
/// # Errors
/// `Type` for elements the function is not defined for.
pub(super) fn unary(op: Unary, x: &Tensor, threads: &Threads) -> Result<Tensor> {
    let own = x.dtype();
    let data = match op {
        Unary::Relu if own == DType::F32 => {
            f32::data(map(elements(x, 0)?, threads, |v: f32| if v < 0.0 { 0.0 } else { v }))
        }
        Unary::Abs | Unary::Neg | Unary::Sign | Unary::Relu => {
            let wide = widen(x, DType::F32, threads)?;
            each_wide!(wide.data(), v => number(op, v, threads), _ => return refuse(x))
        }
        Unary::Shrink { bias, lambda } => {
            let wide = widen(x, DType::F64, threads)?;
            each_wide!(wide.data(), v => shrink(v, bias, lambda, range(own), threads), _ => return refuse(x))
        }
        Unary::BitwiseNot => match widen(x, DType::F32, threads)?.data() {
            Data::I64(v) => i64::data(map(v, threads, |v: i64| !v)),
            Data::U64(v) => u64::data(map(v, threads, |v: u64| !v)),
            _ => return refuse(x),
        },
        Unary::Not => match x.data() {
            Data::Bool(v) => bool::data(map(v, threads, |v: bool| !v)),
            _ => return refuse(x),
        },
        Unary::IsNaN | Unary::IsInf { .. } if own.is_float() => match widen(x, DType::F32, threads)?.data() {
            Data::F32(v) => bool::data(map(v, threads, |v: f32| test(op, f64::from(v)))),
            Data::F64(v) => bool::data(map(v, threads, |v: f64| test(op, v))),
            _ => return refuse(x),
        },
        _ if own.is_float() => match widen(x, DType::F32, threads)?.data() {
            Data::F32(v) => float(op, v, threads),
            Data::F64(v) => float(op, v, threads),
            _ => return refuse(x),
        },
        _ => return refuse(x),
    };
    let made = Tensor::of(x.shape(), data)?;
    // Truths are what they are; numbers go back to their type.
    if made.dtype() == DType::Bool { Ok(made) } else { cast(&made, own, threads) }
}

fn refuse<T>(x: &Tensor) -> Result<T> {
    Err(no_kernel(x.dtype()))
}

/// The functions that all numbers have, called by their address: one loop a type.
fn number<T: Number>(op: Unary, x: &[T], threads: &Threads) -> Data {
    let f: fn(T) -> T = match op {
        Unary::Neg => T::negated,
        Unary::Sign => T::sign,
        Unary::Relu => |v| if v < T::default() { T::default() } else { v },
        _ => T::size,
    };
    T::data(map(x, threads, f))
}

fn test(op: Unary, v: f64) -> bool {
    match op {
        Unary::IsInf { negative, positive } => v.is_infinite() && if v < 0.0 { negative } else { positive },
        _ => v.is_nan(),
    }
}

fn shrink<T: Number>(x: &[T], bias: f32, lambda: f32, (low, high): (f64, f64), threads: &Threads) -> Data {
    let (bias, lambda) = (f64::from(bias), f64::from(lambda));
    T::data(map(x, threads, |v: T| {
        let v = v.to_f64();
        let made = if v < -lambda {
            v + bias
        } else if v > lambda {
            v - bias
        } else {
            0.0
        };
        T::of_f64(made.clamp(low, high))
    }))
}

/// The functions that only floats have.
fn float<T: Float>(op: Unary, x: &[T], threads: &Threads) -> Data {
    fn go<T: Float>(x: &[T], threads: &Threads, f: impl Fn(T::Work) -> T::Work + Sync) -> Data {
        T::data(map(x, threads, |v| T::of_work(f(v.work()))))
    }
    let of = |value: f32| T::Work::of(f64::from(value));
    let (zero, one) = (T::Work::ZERO, T::Work::ONE);
    let plain = |function| go(x, threads, move |v| v.plain(function));
    match op {
        Unary::Acos => plain(Plain::Acos),
        Unary::Acosh => plain(Plain::Acosh),
        Unary::Asin => plain(Plain::Asin),
        Unary::Asinh => plain(Plain::Asinh),
        Unary::Atan => plain(Plain::Atan),
        Unary::Atanh => plain(Plain::Atanh),
        Unary::Cos => plain(Plain::Cos),
        Unary::Cosh => plain(Plain::Cosh),
        Unary::Sin => plain(Plain::Sin),
        Unary::Sinh => plain(Plain::Sinh),
        Unary::Tan => plain(Plain::Tan),
        Unary::Ceil => go(x, threads, Real::ceil),
        Unary::Floor => go(x, threads, Real::floor),
        Unary::Round => go(x, threads, Real::round_to_even),
        Unary::Exp => go(x, threads, Real::exp),
        Unary::Log => go(x, threads, Real::ln),
        Unary::Sqrt => go(x, threads, Real::sqrt),
        Unary::Tanh => go(x, threads, Real::tanh),
        Unary::Erf => go(x, threads, Real::erf),
        Unary::Sigmoid => go(x, threads, Real::sigmoid),
        Unary::Softplus => go(x, threads, Real::softplus),
        Unary::Mish => go(x, threads, Real::mish),
        Unary::Reciprocal => go(x, threads, move |v| one / v),
        Unary::Softsign => go(x, threads, move |v| v / (one + v.abs())),
        Unary::HardSwish => {
            let (sixth, half) = (T::Work::of(1.0 / 6.0), T::Work::of(0.5));
            go(x, threads, move |v| v * (v * sixth + half).at_least(zero).at_most(one))
        }
        Unary::HardSigmoid { alpha, beta } => {
            let (alpha, beta) = (of(alpha), of(beta));
            go(x, threads, move |v| (v * alpha + beta).at_least(zero).at_most(one))
        }
        Unary::LeakyRelu { alpha } => {
            let alpha = of(alpha);
            go(x, threads, move |v| if v < zero { v * alpha } else { v })
        }
        Unary::ThresholdedRelu { alpha } => {
            let alpha = of(alpha);
            go(x, threads, move |v| if v <= alpha { zero } else { v })
        }
        Unary::Elu { alpha } => {
            let alpha = of(alpha);
            go(x, threads, move |v| if v < zero { alpha * v.exp_m1() } else { v })
        }
        Unary::Celu { alpha } => {
            let alpha = of(alpha);
            go(x, threads, move |v| if v < zero { alpha * (v / alpha).exp_m1() } else { v })
        }
        Unary::Selu { alpha, gamma } => {
            let (alpha, gamma) = (of(alpha), of(gamma));
            go(x, threads, move |v| gamma * if v < zero { alpha * v.exp_m1() } else { v })
        }
        Unary::Swish { alpha } => {
            let alpha = of(alpha);
            go(x, threads, move |v| v * (v * alpha).sigmoid())
        }
        Unary::Gelu { tanh: false } => {
            let (half, root) = (T::Work::of(0.5), T::Work::of(std::f64::consts::FRAC_1_SQRT_2));
            go(x, threads, move |v| half * v * (one + (v * root).erf()))
        }
        Unary::Gelu { tanh: true } => {
            let (half, cube) = (T::Work::of(0.5), T::Work::of(0.044_715));
            let root = T::Work::of((2.0 / std::f64::consts::PI).sqrt());
            go(x, threads, move |v| half * v * (one + (root * (v + cube * v * v * v)).tanh()))
        }
        // Those of whole numbers too are done by the caller.
        Unary::Abs
        | Unary::Neg
        | Unary::Sign
        | Unary::Relu
        | Unary::Shrink { .. }
        | Unary::BitwiseNot
        | Unary::Not
        | Unary::IsNaN
        | Unary::IsInf { .. } => T::data(x.to_vec()),
    }
}

/// Each element within limits, of which either may be left out.
pub(super) fn clip(inputs: Inputs<'_>, threads: &Threads) -> Result<Tensor> {
    fn limit<T: Number>(inputs: Inputs<'_>, at: usize, otherwise: T, threads: &Threads) -> Result<T> {
        let Some(tensor) = inputs.maybe(at) else { return Ok(otherwise) };
        let own = inputs.get(0)?.dtype();
        if tensor.dtype() != own {
            let is = tensor.dtype().name();
            return Err(wrong_type(format!("input {at} is of {is} and must be of {}", own.name())));
        }
        match elements::<T>(&widen(tensor, DType::F32, threads)?, at)? {
            [one] => Ok(*one),
            other => Err(length(format!("a limit must be one number and input {at} has {}", other.len()))),
        }
    }
    fn go<T: Number>(x: &[T], inputs: Inputs<'_>, threads: &Threads) -> Result<Data> {
        let low = limit(inputs, 1, T::LEAST, threads)?;
        let high = limit(inputs, 2, T::LARGEST, threads)?;
        Ok(T::data(map(x, threads, |v: T| {
            let v = if v < low { low } else { v };
            if v > high { high } else { v }
        })))
    }
    let x = inputs.get(0)?;
    let wide = widen(x, DType::F32, threads)?;
    let data = each_wide!(wide.data(), v => go(v, inputs, threads)?, _ => return refuse(x));
    cast(&Tensor::of(x.shape(), data)?, x.dtype(), threads)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(op: Unary, x: f32) -> f32 {
        unary(op, &Tensor::scalar(x), &Threads::one()).unwrap().elements::<f32>().unwrap()[0]
    }

    #[test]
    fn functions_have_the_values_of_their_formulas() {
        assert_eq!(of(Unary::Round, 2.5), 2.0);
        assert_eq!(of(Unary::HardSwish, 1.5), 1.5 * 0.75);
        assert_eq!(of(Unary::LeakyRelu { alpha: 0.5 }, -3.0), -1.5);
        assert_eq!(of(Unary::Shrink { bias: 1.0, lambda: 1.5 }, 2.0), 1.0);
        assert!((of(Unary::Gelu { tanh: false }, 1.0) - 0.841_344_8).abs() < 1e-6);
        assert!((of(Unary::Gelu { tanh: true }, 1.0) - 0.841_192).abs() < 1e-5);
        assert!((of(Unary::Swish { alpha: 2.0 }, 1.0) - 0.880_797).abs() < 1e-6);
        assert!((of(Unary::Celu { alpha: 2.0 }, -2.0) + 1.264_241_1).abs() < 1e-6);
        assert_eq!(of(Unary::ThresholdedRelu { alpha: 1.0 }, 1.0), 0.0);
    }

    #[test]
    fn elements_of_a_type_without_the_function_are_refused() {
        let whole = Tensor::row(vec![1_i32]);
        assert!(unary(Unary::Exp, &whole, &Threads::one()).is_err());
        assert!(unary(Unary::Not, &whole, &Threads::one()).is_err());
        assert!(unary(Unary::Abs, &Tensor::scalar(true), &Threads::one()).is_err());
        assert!(unary(Unary::BitwiseNot, &Tensor::scalar(1.0_f32), &Threads::one()).is_err());
    }

    #[test]
    fn limits_that_cross_give_the_upper_one() {
        let (x, low, high) = (Tensor::row(vec![1_i8, 5, 9]), Tensor::scalar(7_i8), Tensor::scalar(3_i8));
        let made = clip(Inputs(&[Some(&x), Some(&low), Some(&high)]), &Threads::one()).unwrap();
        assert_eq!(made, Tensor::row(vec![3_i8; 3]));
        let made = clip(Inputs(&[Some(&x), None, Some(&high)]), &Threads::one()).unwrap();
        assert_eq!(made, Tensor::row(vec![1_i8, 3, 3]));
        let wrong = Tensor::scalar(1.0_f32);
        assert!(clip(Inputs(&[Some(&x), Some(&wrong)]), &Threads::one()).is_err());
    }
}
