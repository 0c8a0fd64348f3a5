//! Normalisation: `BatchNormalization`, `InstanceNormalization`, `LayerNormalization`, `GroupNormalization`,
//! `LpNormalization`, `LRN`.
//!
//! Means and variances are sums in `f64`, the variance of what is left when the mean is taken away, so that a large
//! mean costs no digits; what follows is computed in the type that functions of the elements are.

use super::axes::{around, axis};
use super::each::{Pair, pieces};
use super::functions::{Float, Real};
use super::inputs::{Inputs, floats, length, no_kernel, room, usage};
use super::number::each_float;
use super::threads::Threads;
use crate::error::Result;
use crate::model::op::Binary;
use crate::model::tensor::Tensor;

/// Samples, channels, and elements a channel of the input.
fn channels(x: &Tensor) -> Result<(usize, usize, usize)> {
    match x.shape() {
        [] => Err(length("the input must have an axis of channels")),
        [n] => Ok((*n, 1, 1)),
        [n, c, rest @ ..] => Ok((*n, *c, rest.iter().product())),
    }
}

/// A number for each of `count` channels or groups.
fn each(inputs: Inputs<'_>, at: usize, count: usize) -> Result<Vec<f64>> {
    let values = floats(inputs.get(at)?);
    if values.len() != count {
        return Err(length(format!("input {at} has {} elements and must have {count}", values.len())));
    }
    Ok(values)
}

/// (x - mean) factor + bias.
#[derive(Clone, Copy)]
struct Line {
    mean: f64,
    factor: f64,
    bias: f64,
}

impl Line {
    fn apply<T: Float>(self, from: &[T], to: &mut [T]) {
        let (mean, factor, bias) = (T::Work::of(self.mean), T::Work::of(self.factor), T::Work::of(self.bias));
        for (to, v) in to.iter_mut().zip(from) {
            *to = T::of_work((v.work() - mean) * factor + bias);
        }
    }
}

/// Each run of so many elements by the line that `line` gives for its number.
fn runs<T: Float>(
    x: &[T],
    run: usize,
    threads: &Threads,
    line: impl Fn(usize, &[T]) -> Line + Sync,
) -> Vec<T> {
    let mut made = vec![T::default(); x.len()];
    pieces(&threads.unless_few(x.len()), &mut made, run, &|number, to| {
        let from = &x[number * run..number * run + to.len()];
        line(number, from).apply(from, to);
    });
    made
}

/// Mean and variance (of all, not of all but one).
fn spread<T: Float>(x: &[T]) -> (f64, f64) {
    let sum = |f: &dyn Fn(f64) -> f64| {
        let mut lanes = [0.0; 8];
        for eight in x.chunks(8) {
            for (lane, v) in lanes.iter_mut().zip(eight) {
                *lane += f(v.to_f64());
            }
        }
        lanes.iter().sum::<f64>() / x.len() as f64
    };
    let mean = sum(&|v| v);
    (mean, sum(&|v| (v - mean) * (v - mean)))
}

/// By means and variances that were learnt, one a channel: inputs X, scale, bias, mean, variance.
pub(super) fn batch(epsilon: f32, inputs: Inputs<'_>, outputs: usize, threads: &Threads) -> Result<Tensor> {
    if outputs > 1 {
        return Err(usage("batch normalisation is not trained here").remedy("export the model for inference"));
    }
    let x = inputs.get(0)?;
    let (_, c, area) = channels(x)?;
    let [scale, bias, mean, variance] =
        [each(inputs, 1, c)?, each(inputs, 2, c)?, each(inputs, 3, c)?, each(inputs, 4, c)?];
    let line = |k: usize| Line {
        mean: mean[k],
        factor: scale[k] / (variance[k] + f64::from(epsilon)).sqrt(),
        bias: bias[k],
    };
    let lines: Vec<Line> = (0..c).map(line).collect();
    each_float!(x.data(), v => Tensor::new(x.shape(), runs(v, area, threads, |k, _| lines[k % c])),
        _ => Err(no_kernel(x.dtype())))
}

/// By the mean and variance of each channel of each sample: inputs X, scale, bias.
pub(super) fn instance(epsilon: f32, inputs: Inputs<'_>, threads: &Threads) -> Result<Tensor> {
    let x = inputs.get(0)?;
    let (_, c, area) = channels(x)?;
    let (scale, bias) = (each(inputs, 1, c)?, each(inputs, 2, c)?);
    let factor = |variance: f64| 1.0 / (variance + f64::from(epsilon)).sqrt();
    each_float!(x.data(), v => Tensor::new(x.shape(), runs(v, area, threads, |k, run| {
        let (mean, variance) = spread(run);
        Line { mean, factor: scale[k % c] * factor(variance), bias: bias[k % c] }
    })), _ => Err(no_kernel(x.dtype())))
}

/// By the mean and variance of each group of channels of each sample: inputs X, scale, bias, one a channel or group.
pub(super) fn group(
    groups: usize,
    epsilon: f32,
    per_group: bool,
    inputs: Inputs<'_>,
    threads: &Threads,
) -> Result<Tensor> {
    let x = inputs.get(0)?;
    let (_, c, area) = channels(x)?;
    if groups == 0 || c % groups != 0 {
        return Err(length(format!("{c} channels are no {groups} equal groups")));
    }
    let own = if per_group { groups } else { c };
    let (scale, bias) = (each(inputs, 1, own)?, each(inputs, 2, own)?);
    let deep = c / groups;
    fn go<T: Float>(
        x: &[T],
        run: usize,
        area: usize,
        threads: &Threads,
        line: impl Fn(usize, (f64, f64)) -> Line + Sync,
    ) -> Vec<T> {
        let mut made = vec![T::default(); x.len()];
        pieces(&threads.unless_few(x.len()), &mut made, run, &|number, to| {
            let from = &x[number * run..(number + 1) * run];
            let spread = spread(from);
            let channels = from.chunks(area.max(1)).zip(to.chunks_mut(area.max(1)));
            for (k, (from, to)) in channels.enumerate() {
                line(number * run / area.max(1) + k, spread).apply(from, to);
            }
        });
        made
    }
    let line = |channel: usize, (mean, variance): (f64, f64)| {
        let k = channel % c;
        let k = if per_group { k / deep } else { k };
        Line { mean, factor: scale[k] / (variance + f64::from(epsilon)).sqrt(), bias: bias[k] }
    };
    each_float!(x.data(), v => Tensor::new(x.shape(), go(v, deep * area, area, threads, line)),
        _ => Err(no_kernel(x.dtype())))
}

/// By the mean and variance of the axes from `axis` on; then times the scale, plus the bias (which may be left out).
/// The mean and the reciprocal of the deviation come after, in `f32` (`f64` for `f64`).
pub(super) fn layer(
    at: i64,
    epsilon: f32,
    inputs: Inputs<'_>,
    outputs: usize,
    threads: &Threads,
) -> Result<Vec<Tensor>> {
    let x = inputs.get(0)?;
    let at = axis(at, x.rank())?;
    let run: usize = x.shape()[at..].iter().product();
    let rows = x.shape()[..at].iter().product();
    let factor = |variance: f64| 1.0 / (variance + f64::from(epsilon)).sqrt();
    let mut made = each_float!(x.data(), v => Tensor::new(x.shape(), runs(v, run, threads, |_, run| {
        let (mean, variance) = spread(run);
        Line { mean, factor: factor(variance), bias: 0.0 }
    }))?, _ => return Err(no_kernel(x.dtype())));
    for (input, op) in [(1, Binary::Mul), (2, Binary::Add)] {
        let Some(operand) = inputs.maybe(input) else { continue };
        if Pair::new(x.shape(), operand.shape())?.shape() != x.shape() {
            return Err(length(format!("input {input} of shape {:?} does not repeat", operand.shape())));
        }
        made = super::binary::binary(op, &made, operand, threads)?;
    }
    let mut all = vec![made];
    if outputs > 1 {
        let mut shape = x.shape().to_vec();
        shape[at..].fill(1);
        room(&shape, 8)?;
        let spreads: Vec<(f64, f64)> = if run == 0 {
            vec![(f64::NAN, f64::NAN); rows]
        } else {
            each_float!(x.data(), v => v.chunks(run).map(spread).collect(), _ => Vec::new())
        };
        let means = spreads.iter().map(|(mean, _)| *mean as f32).collect();
        let deviations = spreads.iter().map(|(_, variance)| factor(*variance) as f32).collect();
        all.push(Tensor::new::<f32>(&shape, means)?);
        all.push(Tensor::new::<f32>(&shape, deviations)?);
    }
    Ok(all)
}

/// Divided by the norm along an axis; 0 where that is 0.
pub(super) fn lp(at: i64, p: u32, x: &Tensor) -> Result<Tensor> {
    fn go<T: Float>(x: &[T], (_, n, inner): (usize, usize, usize), p: u32) -> Vec<T> {
        let mut made = vec![T::default(); x.len()];
        let block = (n * inner).max(1);
        for (to, from) in made.chunks_exact_mut(block).zip(x.chunks_exact(block)) {
            for k in 0..inner {
                let line = || from[k..].iter().step_by(inner).map(|v| v.to_f64());
                let norm = if p == 1 {
                    line().map(f64::abs).sum()
                } else {
                    line().map(|v| v * v).sum::<f64>().sqrt()
                };
                for (to, v) in to[k..].iter_mut().step_by(inner).zip(line()) {
                    *to = T::of_f64(if norm == 0.0 { 0.0 } else { v / norm });
                }
            }
        }
        made
    }
    if p != 1 && p != 2 {
        return Err(usage(format!("the norm of order {p} is not computed")).remedy("orders 1 and 2 are"));
    }
    let sizes = around(x.shape(), axis(at, x.rank())?);
    each_float!(x.data(), v => Tensor::new(x.shape(), go(v, sizes, p)), _ => Err(no_kernel(x.dtype())))
}

/// What [`lrn`] divides by: (bias + alpha / size * sum of squares) ^ beta.
#[derive(Clone, Copy)]
pub(super) struct Response {
    pub(super) alpha: f32,
    pub(super) beta: f32,
    pub(super) bias: f32,
    pub(super) size: usize,
}

/// Divided by what the channels around have.
pub(super) fn lrn(by: Response, x: &Tensor, threads: &Threads) -> Result<Tensor> {
    fn go<T: Float>(x: &[T], c: usize, area: usize, by: Response, threads: &Threads) -> Vec<T> {
        let mut made = vec![T::default(); x.len()];
        let (before, after) = ((by.size - 1) / 2, by.size / 2);
        let share = f64::from(by.alpha) / by.size as f64;
        let threads = threads.unless_few(x.len().saturating_mul(by.size));
        pieces(&threads, &mut made, (c * area).max(1), &|number, to| {
            let sample = &x[number * c * area..(number + 1) * c * area];
            let mut sums = vec![0.0_f64; area];
            for k in 0..c {
                let around = k.saturating_sub(before)..c.min(k.saturating_add(after).saturating_add(1));
                sums.fill(0.0);
                for row in sample[around.start * area..around.end * area].chunks_exact(area.max(1)) {
                    for (sum, v) in sums.iter_mut().zip(row) {
                        *sum += v.to_f64() * v.to_f64();
                    }
                }
                let own = sample[k * area..(k + 1) * area].iter().zip(&sums);
                for (to, (v, sum)) in to[k * area..(k + 1) * area].iter_mut().zip(own) {
                    let divisor = (f64::from(by.bias) + share * sum).powf(f64::from(by.beta));
                    *to = T::of_f64(v.to_f64() / divisor);
                }
            }
        });
        made
    }
    let (_, c, area) = channels(x)?;
    if by.size == 0 {
        return Err(usage("a response is normalised over no channels"));
    }
    each_float!(x.data(), v => Tensor::new(x.shape(), go(v, c, area, by, threads)), _ => Err(no_kernel(x.dtype())))
}

#[cfg(test)]
mod tests;
