//! [`Real`]: the functions of a real number, in `f32` and in `f64`.
//!
//! In `f32` those that networks are full of (`exp`, `tanh`, `erf` and what is made of them) are polynomials without a
//! branch, a few units in the last place from the truth, so that the compiler can compute many at a time; in `f64`
//! they are exact to rounding and slow. Infinities and what is no number go through as mathematics has it.

use half::{bf16, f16};

use crate::model::tensor::Element;

/// An element type that functions are computed of, in a type that has them.
pub(super) trait Float: Element + super::number::Number {
    /// `f32`, or `f64` for `f64`.
    type Work: Real;
    fn work(self) -> Self::Work;
    fn of_work(value: Self::Work) -> Self;
}

macro_rules! float {
    ($($type:ty, $work:ty, $in:expr, $out:expr);*) => {$(
        impl Float for $type {
            type Work = $work;
            #[inline]
            fn work(self) -> $work {
                $in(self)
            }
            #[inline]
            fn of_work(value: $work) -> $type {
                $out(value)
            }
        }
    )*};
}
float!(
    f32, f32, std::convert::identity, std::convert::identity;
    f64, f64, std::convert::identity, std::convert::identity;
    f16, f32, f16::to_f32, f16::from_f32;
    bf16, f32, bf16::to_f32, bf16::from_f32
);

/// A type that functions are computed in.
pub(super) trait Real:
    Copy
    + PartialOrd
    + Send
    + Sync
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::Div<Output = Self>
    + std::ops::Neg<Output = Self>
{
    const ZERO: Self;
    const ONE: Self;
    fn of(value: f64) -> Self;
    fn exp(self) -> Self;
    fn tanh(self) -> Self;
    fn erf(self) -> Self;
    /// A function of the standard library.
    fn plain(self, function: Plain) -> Self;
    fn abs(self) -> Self;
    fn round_to_even(self) -> Self;
    fn floor(self) -> Self;
    fn ceil(self) -> Self;
    fn sqrt(self) -> Self;
    fn ln(self) -> Self;
    /// ln(1 + x).
    fn ln_1p(self) -> Self;
    /// exp(x) - 1.
    fn exp_m1(self) -> Self;

    /// The larger; `self` if it is no number.
    #[inline]
    fn at_least(self, low: Self) -> Self {
        if self < low { low } else { self }
    }

    /// The smaller; `self` if it is no number.
    #[inline]
    fn at_most(self, high: Self) -> Self {
        if self > high { high } else { self }
    }

    /// 1 / (1 + exp(-x)).
    #[inline]
    fn sigmoid(self) -> Self {
        Self::ONE / (Self::ONE + (-self).exp())
    }

    /// ln(1 + exp(x)), also where exp(x) is too large.
    #[inline]
    fn softplus(self) -> Self {
        self.at_least(Self::ZERO) + (-self.abs()).exp().ln_1p()
    }

    /// x tanh(softplus(x)), from one exponential: with e = exp(x), tanh(ln(1 + e)) = e(e + 2) / (e(e + 2) + 2).
    #[inline]
    fn mish(self) -> Self {
        let two = Self::of(2.0);
        let e = self.at_most(Self::of(30.0)).exp();
        let n = e * (e + two);
        self * (n / (n + two))
    }
}

/// Functions that are computed one at a time.
#[derive(Clone, Copy)]
pub(super) enum Plain {
    Acos,
    Acosh,
    Asin,
    Asinh,
    Atan,
    Atanh,
    Cos,
    Cosh,
    Sin,
    Sinh,
    Tan,
}

macro_rules! standard {
    () => {
        const ZERO: Self = 0.0;
        const ONE: Self = 1.0;
        fn plain(self, function: Plain) -> Self {
            match function {
                Plain::Acos => self.acos(),
                Plain::Acosh => self.acosh(),
                Plain::Asin => self.asin(),
                Plain::Asinh => self.asinh(),
                Plain::Atan => self.atan(),
                Plain::Atanh => self.atanh(),
                Plain::Cos => self.cos(),
                Plain::Cosh => self.cosh(),
                Plain::Sin => self.sin(),
                Plain::Sinh => self.sinh(),
                Plain::Tan => self.tan(),
            }
        }
        #[inline]
        fn abs(self) -> Self {
            self.abs()
        }
        #[inline]
        fn round_to_even(self) -> Self {
            self.round_ties_even()
        }
        #[inline]
        fn floor(self) -> Self {
            self.floor()
        }
        #[inline]
        fn ceil(self) -> Self {
            self.ceil()
        }
        #[inline]
        fn sqrt(self) -> Self {
            self.sqrt()
        }
        #[inline]
        fn ln(self) -> Self {
            self.ln()
        }
        #[inline]
        fn ln_1p(self) -> Self {
            self.ln_1p()
        }
        #[inline]
        fn exp_m1(self) -> Self {
            self.exp_m1()
        }
    };
}

/// A polynomial, its constant term first.
#[inline]
fn polynomial<const N: usize>(x: f32, terms: [f32; N]) -> f32 {
    terms.iter().rev().fold(0.0, |sum, term| sum * x + term)
}

impl Real for f32 {
    standard!();
    #[inline]
    fn of(value: f64) -> f32 {
        value as f32
    }

    #[inline]
    fn exp(self) -> f32 {
        // exp(x) = 2^n exp(r), |r| <= ln(2) / 2. Beyond the limits the result is 0 or infinite all the same.
        const TO_INTEGER: f32 = 12_582_912.0;
        let x = self.at_least(-104.0).at_most(89.0);
        let shifted = x * std::f32::consts::LOG2_E + TO_INTEGER;
        let n = shifted - TO_INTEGER;
        let r = x - n * 0.693_359_4 - n * -2.121_944_4e-4;
        let fraction =
            polynomial(r, [1.0, 1.0, 0.5, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0, 1.0 / 5040.0]);
        // 2^n in two factors, for the results that are smaller than the smallest normal number.
        let n = shifted.to_bits().wrapping_sub(TO_INTEGER.to_bits()) as i32;
        let (half, rest) = (n >> 1, n - (n >> 1));
        let power = |n: i32| f32::from_bits((n.wrapping_add(127) as u32) << 23);
        fraction * power(half) * power(rest)
    }

    #[inline]
    fn tanh(self) -> f32 {
        let size = f32::abs(self);
        let square = self * self;
        let small = self
            * polynomial(
                square,
                [1.0, -0.333_332_54, 0.133_309_57, -0.053_707_067, 0.020_544_905, -0.005_607_689],
            );
        let large = 1.0 - 2.0 / (Real::exp(2.0 * size) + 1.0);
        if size < 0.63 { small } else { large.copysign(self) }
    }

    #[inline]
    fn erf(self) -> f32 {
        let size = f32::abs(self);
        let square = self * self;
        let small = self
            * polynomial(
                square,
                [
                    std::f32::consts::FRAC_2_SQRT_PI,
                    -0.376_126_38,
                    0.112_837_83,
                    -0.026_865_438,
                    0.005_221_053_5,
                    -0.000_848_439_64,
                    0.000_112_682_54,
                    -9.673_591e-6,
                ],
            );
        // 1 - erf(x) = exp(-x²) q(1 / (1 + x / 2)) from 1 on; at 4.2 it is less than can be seen.
        let limited = size.at_most(4.2);
        let tail = Real::exp(-limited * limited)
            * polynomial(
                1.0 / (1.0 + 0.5 * limited),
                [
                    -0.000_105_416,
                    0.284_076_2,
                    0.265_910_66,
                    0.321_564_35,
                    -0.035_056_878,
                    0.449_622_12,
                    -0.354_471_42,
                    0.051_429_633,
                    0.017_141_672,
                ],
            );
        if size < 1.0 { small } else { (1.0 - tail).copysign(self) }
    }
}

impl Real for f64 {
    standard!();
    #[inline]
    fn of(value: f64) -> f64 {
        value
    }
    fn exp(self) -> f64 {
        self.exp()
    }
    fn tanh(self) -> f64 {
        self.tanh()
    }

    fn erf(self) -> f64 {
        let size = f64::abs(self);
        if size.is_nan() {
            return self;
        }
        let positive = if size < 2.5 {
            // All terms of this series are positive: nothing cancels.
            let (mut term, mut sum, mut n) = (size, size, 0.0);
            while term > sum * 1e-17 {
                n += 1.0;
                term *= 2.0 * size * size / (2.0 * n + 1.0);
                sum += term;
            }
            std::f64::consts::FRAC_2_SQRT_PI * (-size * size).exp() * sum
        } else {
            // The continued fraction of the complement, from its far end.
            let mut fraction = size;
            for n in (1..60).rev() {
                fraction = size + 0.5 * f64::from(n) / fraction;
            }
            1.0 - (-size * size).exp() * 0.5 * std::f64::consts::FRAC_2_SQRT_PI / fraction
        };
        positive.copysign(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worst(f: impl Fn(f32) -> f32, truth: impl Fn(f64) -> f64, low: f32, high: f32) -> f64 {
        let steps = 200_000;
        (0..=steps)
            .map(|i| {
                let x = low + (high - low) * i as f32 / steps as f32;
                let want = truth(f64::from(x));
                (f64::from(f(x)) - want).abs() / want.abs().max(1e-30)
            })
            .fold(0.0, f64::max)
    }

    #[test]
    fn quick_functions_are_right_to_a_few_units_in_the_last_place() {
        assert!(worst(Real::exp, f64::exp, -87.0, 88.7) < 4e-7);
        assert!(worst(Real::tanh, f64::tanh, -12.0, 12.0) < 4e-7);
        assert!(worst(Real::erf, <f64 as Real>::erf, -6.0, 6.0) < 4e-7);
        assert!(worst(Real::sigmoid, |x| 1.0 / (1.0 + (-x).exp()), -80.0, 80.0) < 6e-7);
        assert!(worst(Real::softplus, |x| x.exp().ln_1p(), -80.0, 80.0) < 6e-7);
        assert!(worst(Real::mish, |x| x * x.exp().ln_1p().tanh(), -60.0, 60.0) < 1e-6);
    }

    #[test]
    fn ends_and_no_numbers_go_through() {
        let inf = f32::INFINITY;
        assert_eq!((Real::exp(inf), Real::exp(-inf), Real::exp(0.0_f32)), (inf, 0.0, 1.0));
        assert!(Real::exp(-95.0_f32) > 0.0, "smaller than normal, not 0");
        assert_eq!(
            (Real::tanh(inf), Real::tanh(-inf), Real::erf(inf), Real::erf(-inf)),
            (1.0, -1.0, 1.0, -1.0)
        );
        assert_eq!((Real::sigmoid(inf), Real::sigmoid(-inf)), (1.0, 0.0));
        assert_eq!(Real::softplus(inf), inf);
        for f in [Real::exp, Real::tanh, Real::erf, Real::sigmoid, Real::softplus, Real::mish] {
            assert!(f(f32::NAN).is_nan());
        }
        assert!(<f64 as Real>::erf(f64::NAN).is_nan());
    }

    #[test]
    fn the_error_function_has_the_values_of_the_tables() {
        for (x, want) in [
            (0.0, 0.0),
            (0.5, 0.520_499_877_813_046_5),
            (1.0, 0.842_700_792_949_714_9),
            (3.0, 0.999_977_909_503_001_4),
        ] {
            assert!((<f64 as Real>::erf(x) - want).abs() < 1e-15, "{x}");
            assert_eq!(<f64 as Real>::erf(-x), -<f64 as Real>::erf(x));
        }
    }
}
