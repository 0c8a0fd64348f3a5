//! [`Finish`]: what is done to sums while they are still at hand: a bias, a residual, an activation.
//!
//! The invariant: the result is that of the three operators one after the other. The choice among activations is
//! made once for many elements.

#![allow(clippy::indexing_slicing, reason = "lengths are checked where a Finish is made")]

use crate::error::{Error, ErrorKind, Result};
use crate::model::op::{Activation, Unary};

/// A function of one number, as the kernels apply it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// The number itself.
    None,
    Relu,
    Leaky(f32),
    Clip(f32, f32),
    HardSigmoid(f32, f32),
    HardSwish,
    Sigmoid,
    Swish(f32),
    Tanh,
    /// Whatever else one number can be made into.
    Other(fn(f32, [f32; 2]) -> f32, [f32; 2]),
}

impl Act {
    /// The activation of an operator.
    ///
    /// # Errors
    /// `Unsupported` for functions that no convolution ends in.
    pub(super) fn of(activation: Option<Activation>) -> Result<Act> {
        Ok(match activation {
            None => Act::None,
            Some(Activation::Clip { min, max }) => Act::Clip(min, max),
            Some(Activation::Unary(unary)) => match unary {
                Unary::Relu => Act::Relu,
                Unary::LeakyRelu { alpha } => Act::Leaky(alpha),
                Unary::HardSigmoid { alpha, beta } => Act::HardSigmoid(alpha, beta),
                Unary::HardSwish => Act::HardSwish,
                Unary::Sigmoid => Act::Sigmoid,
                Unary::Swish { alpha } => Act::Swish(alpha),
                Unary::Tanh => Act::Tanh,
                Unary::Elu { alpha } => {
                    Act::Other(|x, [a, _]| if x < 0.0 { a * x.exp_m1() } else { x }, [alpha, 0.0])
                }
                Unary::Celu { alpha } => {
                    Act::Other(|x, [a, _]| x.max(0.0) + (a * (x / a).exp_m1()).min(0.0), [alpha, 0.0])
                }
                Unary::Selu { alpha, gamma } => {
                    Act::Other(|x, [a, g]| if x > 0.0 { g * x } else { g * a * x.exp_m1() }, [alpha, gamma])
                }
                Unary::Softplus => Act::Other(|x, _| softplus(x), [0.0; 2]),
                Unary::Mish => Act::Other(|x, _| x * softplus(x).tanh(), [0.0; 2]),
                Unary::Softsign => Act::Other(|x, _| x / (1.0 + x.abs()), [0.0; 2]),
                Unary::ThresholdedRelu { alpha } => {
                    Act::Other(|x, [a, _]| if x > a { x } else { 0.0 }, [alpha, 0.0])
                }
                Unary::Gelu { tanh: true } => Act::Other(|x, _| gelu(x), [0.0; 2]),
                Unary::Abs => Act::Other(|x, _| x.abs(), [0.0; 2]),
                Unary::Neg => Act::Other(|x, _| -x, [0.0; 2]),
                Unary::Exp => Act::Other(|x, _| x.exp(), [0.0; 2]),
                Unary::Sqrt => Act::Other(|x, _| x.sqrt(), [0.0; 2]),
                other => {
                    let what = format!("{other:?} is not among the functions that can end a convolution");
                    return Err(Error::new(ErrorKind::Unsupported, what)
                        .remedy("leave it a node of its own behind the convolution"));
                }
            },
        })
    }

    /// Applies it to each element.
    #[inline(always)]
    pub(super) fn apply(self, elements: &mut [f32]) {
        match self {
            Act::None => {}
            Act::Relu => elements.iter_mut().for_each(|x| *x = relu(*x)),
            Act::Leaky(alpha) => {
                elements.iter_mut().for_each(|x| *x = if *x < 0.0 { alpha * *x } else { *x });
            }
            Act::Clip(min, max) => elements.iter_mut().for_each(|x| *x = clip(*x, min, max)),
            Act::HardSigmoid(alpha, beta) => {
                elements.iter_mut().for_each(|x| *x = clip(alpha * *x + beta, 0.0, 1.0));
            }
            Act::HardSwish => {
                elements.iter_mut().for_each(|x| *x *= clip(*x / 6.0 + 0.5, 0.0, 1.0));
            }
            Act::Sigmoid => elements.iter_mut().for_each(|x| *x = sigmoid(*x)),
            Act::Swish(alpha) => elements.iter_mut().for_each(|x| *x *= sigmoid(alpha * *x)),
            Act::Tanh => elements.iter_mut().for_each(|x| *x = x.tanh()),
            Act::Other(function, with) => elements.iter_mut().for_each(|x| *x = function(*x, with)),
        }
    }
}

/// Zero for what is below; not a number stays none.
#[inline(always)]
fn relu(x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
}

/// The larger limit wins where they cross, as ONNX has it; not a number stays none.
#[inline(always)]
fn clip(x: f32, min: f32, max: f32) -> f32 {
    let x = if x < min { min } else { x };
    if x > max { max } else { x }
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

fn softplus(x: f32) -> f32 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn gelu(x: f32) -> f32 {
    const ROOT: f32 = 0.797_884_6;
    0.5 * x * (1.0 + (ROOT * (x + 0.044_715 * x * x * x)).tanh())
}

/// The exponential by a polynomial, within two units in the last place, so that vectors of it can be made: x is
/// n·ln 2 + r with |r| at most half of ln 2.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const SHIFT: f32 = 12_582_912.0;
    let not_a_number = x + x;
    let limited = clip(x, -87.0, 88.0);
    let shifted = limited * std::f32::consts::LOG2_E + SHIFT;
    let n = shifted - SHIFT;
    let r = (limited - n * 0.693_359_4) + n * 2.121_944_4e-4;
    let mut sum = 1.987_569_1e-4_f32;
    for term in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        sum = sum * r + term;
    }
    let sum = sum * r * r + r + 1.0;
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    if x.is_nan() { not_a_number } else { sum * power }
}

/// What is done to the sums of a product.
#[derive(Clone, Copy)]
pub(super) struct Finish<'a> {
    /// A number a row.
    pub(super) bias: Option<&'a [f32]>,
    /// Elements as many as there are sums, row by row.
    pub(super) residual: Option<&'a [f32]>,
    /// Then this.
    pub(super) act: Act,
}

impl Finish<'_> {
    /// Nothing.
    pub(super) const NONE: Finish<'static> = Finish { bias: None, residual: None, act: Act::None };

    /// Finishes sums where they are.
    #[inline(always)]
    pub(super) fn finish(&self, bias: f32, residual: Option<&[f32]>, sums: &mut [f32]) {
        sums.iter_mut().for_each(|s| *s += bias);
        if let Some(more) = residual {
            sums.iter_mut().zip(more).for_each(|(s, m)| *s += *m);
        }
        self.act.apply(sums);
    }

    /// Writes sums of a row, finished. `residual`: that of these columns. Sixteen at a time: rows are short, and a loop
    /// of unknown length does its last elements one by one.
    #[inline(always)]
    pub(super) fn write(&self, bias: f32, residual: Option<&[f32]>, sums: &mut [f32], out: &mut [f32]) {
        match (residual, self.act) {
            (None, Act::None) => runs(sums, None, out, |s, _| s + bias),
            (None, Act::Relu) => runs(sums, None, out, |s, _| relu(s + bias)),
            (None, Act::Clip(min, max)) => runs(sums, None, out, |s, _| clip(s + bias, min, max)),
            (Some(_), Act::None) => runs(sums, residual, out, |s, m| s + bias + m),
            (Some(_), Act::Relu) => runs(sums, residual, out, |s, m| relu(s + bias + m)),
            (more, _) => {
                self.finish(bias, more, sums);
                out.copy_from_slice(&sums[..out.len()]);
            }
        }
    }
}

/// Elements at once.
const RUN: usize = 16;

/// A run made by itself before it is stored: so the compiler sees that it may be one vector.
#[inline(always)]
fn each(make: impl Fn(usize) -> f32) -> [f32; RUN] {
    let mut made = [0.0; RUN];
    for (i, made) in made.iter_mut().enumerate() {
        *made = make(i);
    }
    made
}

/// What `f` makes of sums, and of what is added to them (0 if nothing is).
#[inline(always)]
fn runs(sums: &[f32], more: Option<&[f32]>, out: &mut [f32], f: impl Fn(f32, f32) -> f32) {
    let sums = &sums[..out.len()];
    let (wide_sums, rest_sums) = sums.as_chunks::<RUN>();
    let (wide_out, rest_out) = out.as_chunks_mut::<RUN>();
    match more {
        None => {
            for (o, s) in wide_out.iter_mut().zip(wide_sums) {
                *o = each(|i| f(s[i], 0.0));
            }
            rest_out.iter_mut().zip(rest_sums).for_each(|(o, s)| *o = f(*s, 0.0));
        }
        Some(more) => {
            let (wide_more, rest_more) = more.as_chunks::<RUN>();
            for ((o, s), m) in wide_out.iter_mut().zip(wide_sums).zip(wide_more) {
                *o = each(|i| f(s[i], m[i]));
            }
            rest_out.iter_mut().zip(rest_sums).zip(rest_more).for_each(|((o, s), m)| *o = f(*s, *m));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_right_to_the_last_places() {
        let mut worst = 0.0_f64;
        for step in -8_600..8_700 {
            let x = step as f32 / 100.0 + 0.003;
            let right = f64::from(x).exp();
            worst = worst.max(((f64::from(exp(x)) - right) / right).abs());
        }
        assert!(worst < 3e-7, "{worst}");
        assert!(exp(f32::NAN).is_nan());
        assert!(sigmoid(-1000.0) < 1e-30 && sigmoid(1000.0) == 1.0);
    }

    #[test]
    fn functions_keep_what_is_no_number() {
        for act in
            [Act::Relu, Act::Clip(0.0, 6.0), Act::Sigmoid, Act::Swish(1.0), Act::HardSwish, Act::Leaky(0.1)]
        {
            let mut one = [f32::NAN];
            act.apply(&mut one);
            assert!(one[0].is_nan(), "{act:?}");
        }
    }
}
