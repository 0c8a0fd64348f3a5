//! Functions of one element: [`Unary`], `Clip`, and the copy that `Identity` is.

use std::sync::Arc;

use super::each::map;
use super::functions::{Float, Plain, Real};
use super::inputs::{Inputs, elements, length, no_kernel};
use super::number::{Number, each_float, each_number};
use super::threads::Threads;
use crate::error::Result;
use crate::model::op::Unary;
use crate::model::tensor::{Data, Element, Tensor};

/// The function of each element.
///
/// # Errors
/// `Type` for elements the function is not defined for.
pub(super) fn unary(op: Unary, x: &Tensor, threads: &Threads) -> Result<Tensor> {
    let data = match op {
        Unary::Abs => each_number!(x.data(), v => number(v, threads, Number::size), _ => return refuse(x)),
        Unary::Neg => each_number!(x.data(), v => number(v, threads, Number::negated), _ => return refuse(x)),
        Unary::Sign => each_number!(x.data(), v => number(v, threads, Number::sign), _ => return refuse(x)),
        Unary::Relu => each_number!(x.data(), v => relu(v, threads), _ => return refuse(x)),
        Unary::Shrink { bias, lambda } => {
            each_number!(x.data(), v => shrink(v, bias, lambda, threads), _ => return refuse(x))
        }
        Unary::BitwiseNot => return bitwise_not(x, threads),
        Unary::Not => match x.data() {
            Data::Bool(v) => bool::data(map(v, threads, |v: bool| !v)),
            _ => return refuse(x),
        },
        Unary::IsNaN => each_float!(x.data(), v => test(v, threads, Number::is_nan), _ => return refuse(x)),
        Unary::IsInf { negative, positive } => {
            let among = move |v: f64| v.is_infinite() && if v < 0.0 { negative } else { positive };
            each_float!(x.data(), v => test(v, threads, |v| among(v.to_f64())), _ => return refuse(x))
        }
        _ => each_float!(x.data(), v => float(op, v, threads), _ => return refuse(x)),
    };
    Tensor::of(x.shape(), data)
}

fn refuse<T>(x: &Tensor) -> Result<T> {
    Err(no_kernel(x.dtype()))
}

fn number<T: Number>(x: &Arc<Vec<T>>, threads: &Threads, f: impl Fn(T) -> T + Sync) -> Data {
    T::data(map(x, threads, f))
}

fn test<T: Number>(x: &Arc<Vec<T>>, threads: &Threads, f: impl Fn(T) -> bool + Sync) -> Data {
    bool::data(map(x, threads, f))
}

fn relu<T: Number>(x: &Arc<Vec<T>>, threads: &Threads) -> Data {
    let zero = T::default();
    number(x, threads, |v| if v < zero { zero } else { v })
}

fn shrink<T: Number>(x: &Arc<Vec<T>>, bias: f32, lambda: f32, threads: &Threads) -> Data {
    let (bias, lambda) = (f64::from(bias), f64::from(lambda));
    number(x, threads, |v| {
        let v = v.to_f64();
        T::of_f64(if v < -lambda {
            v + bias
        } else if v > lambda {
            v - bias
        } else {
            0.0
        })
    })
}

fn bitwise_not(x: &Tensor, threads: &Threads) -> Result<Tensor> {
    macro_rules! of_whole {
        ($($name:ident),*) => {
            match x.data() {
                $(Data::$name(v) => number(v, threads, |v| !v),)*
                _ => return refuse(x),
            }
        };
    }
    Tensor::of(x.shape(), of_whole!(I8, I16, I32, I64, U8, U16, U32, U64))
}

/// The functions that only floats have.
fn float<T: Float>(op: Unary, x: &Arc<Vec<T>>, threads: &Threads) -> Data {
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
    fn limit<T: Number>(inputs: Inputs<'_>, at: usize, otherwise: T) -> Result<T> {
        let Some(tensor) = inputs.maybe(at) else { return Ok(otherwise) };
        match elements::<T>(tensor, at)? {
            [one] => Ok(*one),
            other => Err(length(format!("a limit must be one number and input {at} has {}", other.len()))),
        }
    }
    fn go<T: Number>(x: &Arc<Vec<T>>, inputs: Inputs<'_>, threads: &Threads) -> Result<Data> {
        let (low, high) = (limit(inputs, 1, T::LEAST)?, limit(inputs, 2, T::LARGEST)?);
        Ok(number(x, threads, |v| {
            let v = if v < low { low } else { v };
            if v > high { high } else { v }
        }))
    }
    let x = inputs.get(0)?;
    Tensor::of(x.shape(), each_number!(x.data(), v => go(v, inputs, threads)?, _ => return refuse(x)))
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
