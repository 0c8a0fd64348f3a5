//! The operators that are most of a model's work: convolution, products of matrices, pooling.
//!
//! [`compute`] is the door. What can be done once for weights that stay, [`prepare`] does.
//!
//! The invariant: results do not depend on the number of threads. Nothing here reads files or knows graphs.

mod conv;
mod deform;
mod einsum;
mod finish;
mod given;
mod integer;
mod level;
mod matmul;
mod narrow;
mod pool;
mod product;
mod room;
mod scalar;
mod spatial;
#[cfg(test)]
mod tests;
mod transpose;
mod turned;

pub use self::room::{recycle, release};

use self::given::Given;
use self::matmul::Gemm;
use super::threads::Threads;
use crate::error::Result;
use crate::model::op::{Op, Pool};
use crate::model::tensor::{DType, Tensor};

/// Weights that stay, in the form in which they are used.
pub struct Prepared(Kept);

enum Kept {
    Conv(conv::Weights),
    Right(matmul::Right),
}

/// Prepares an operator whose second input is always `weights`. None if nothing can be prepared. `x`: the shape of the
/// first input, if it is known: what depends on it is else prepared when the first one comes.
pub fn prepare(op: &Op, weights: &Tensor, x: Option<&[usize]>) -> Option<Prepared> {
    match op {
        Op::Conv(conv) if !conv::by_rows(conv, weights) => {
            let kept = conv::Weights::keep(weights, conv.group)?;
            x.into_iter().for_each(|x| kept.pack(conv, x));
            Some(Prepared(Kept::Conv(kept)))
        }
        Op::Gemm { trans_b, .. } => Some(Prepared(Kept::Right(matmul::Right::pack(weights, *trans_b)?))),
        Op::MatMul => Some(Prepared(Kept::Right(matmul::Right::pack(weights, false)?))),
        _ => None,
    }
}

/// The outputs of an operator, if it is one of these.
///
/// # Errors
/// `Usage` for shapes that do not belong together, `Type` for elements that the operator is not written for.
pub fn compute(
    op: &Op,
    inputs: &[Option<&Tensor>],
    outputs: usize,
    threads: &Threads,
) -> Option<Result<Vec<Tensor>>> {
    compute_prepared(op, inputs, outputs, None, threads)
}

/// As [`compute`], with what [`prepare`] made of the same operator and weights.
///
/// # Errors
/// As [`compute`].
pub fn compute_prepared(
    op: &Op,
    inputs: &[Option<&Tensor>],
    outputs: usize,
    prepared: Option<&Prepared>,
    threads: &Threads,
) -> Option<Result<Vec<Tensor>>> {
    let given = |name| Given::new(name, inputs);
    let right = match prepared {
        Some(Prepared(Kept::Right(right))) => Some(right),
        _ => None,
    };
    let one = |result: Result<Tensor>| Some(result.map(|tensor| vec![tensor]));
    match op {
        Op::Conv(conv) => {
            let kept = match prepared {
                Some(Prepared(Kept::Conv(weights))) => Some(weights),
                _ => None,
            };
            one(conv::compute(conv, &given("Conv"), kept, threads))
        }
        Op::ConvTranspose(op) => one(transpose::compute(op, &given("ConvTranspose"), threads)),
        Op::DeformConv { conv, offset_groups } => {
            one(deform::compute(conv, *offset_groups, &given("DeformConv"), threads))
        }
        Op::Gemm { alpha, beta, trans_a, trans_b } => {
            let gemm = Gemm { alpha: *alpha, beta: *beta, trans_a: *trans_a, trans_b: *trans_b };
            one(matmul::gemm(gemm, &given("Gemm"), right, threads))
        }
        Op::MatMul => one(matmul::compute(&given("MatMul"), right, threads)),
        Op::Einsum { equation } => one(einsum::compute(equation, &given("Einsum"), threads)),
        Op::Pool { kind, window } => {
            Some(pool::compute(*kind, window, outputs, &given(name(*kind)), threads))
        }
        Op::GlobalPool { kind } => one(pool::global(*kind, &given(name(*kind)), threads)),
        Op::MaxUnpool { window } => one(pool::unpool(window, &given("MaxUnpool"))),
        Op::ConvInteger(conv) => one(integer::conv(conv, &given("ConvInteger"), threads)),
        Op::QLinearConv(conv) => one(integer::conv_linear(conv, &given("QLinearConv"), threads)),
        Op::MatMulInteger => one(integer::matmul(&given("MatMulInteger"), threads)),
        Op::QLinearMatMul => one(integer::matmul_linear(&given("QLinearMatMul"), threads)),
        _ => None,
    }
}

/// The way an operator is computed for inputs of these shapes, in a word; none where it is the operator's own loop.
pub fn kernel(op: &Op, inputs: &[Vec<usize>], dtype: DType) -> Option<&'static str> {
    match op {
        Op::Conv(conv) => Some(conv::kernel(conv, inputs.first()?, inputs.get(1)?, dtype)),
        Op::Gemm { .. } | Op::MatMul if dtype == DType::F32 => Some("gemm"),
        _ => None,
    }
}

const fn name(kind: Pool) -> &'static str {
    match kind {
        Pool::Max { .. } => "MaxPool",
        Pool::Average { .. } => "AveragePool",
        Pool::Lp { .. } => "LpPool",
    }
}
