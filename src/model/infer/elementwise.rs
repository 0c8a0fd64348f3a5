//! Functions of one element, of pairs and of several.

use super::super::op::{Binary, Op, Unary};
use super::super::tensor::DType;
use super::dims::{broadcast, misfit, wrong_type};
use super::inputs::Inputs;
use super::{Fact, fact};
use crate::error::{Error, ErrorKind, Result};

pub(super) fn outputs(op: &Op, inputs: Inputs<'_>) -> Result<Option<Vec<Fact>>> {
    Ok(Some(vec![match op {
        Op::Unary(op) => unary(*op, inputs)?,
        Op::Clip => {
            let x = inputs.need(0)?;
            for place in [1, 2] {
                if let Some(limit) = inputs.of(place, x.dtype)?
                    && limit.known().is_some_and(|shape| shape.iter().any(|n| *n != 1))
                {
                    return Err(misfit("a limit must be one number"));
                }
            }
            fact(x.dtype, x.shape.clone())
        }
        Op::Cast { to, .. } => fact(*to, inputs.need(0)?.shape.clone()),
        Op::Identity => inputs.need(0)?.clone(),
        Op::Dropout => {
            let x = inputs.need(0)?;
            let mut kept = x.clone();
            if inputs.get(2).is_some() {
                // It may be training, which drops some of them.
                kept.value = None;
            }
            return Ok(Some(vec![kept, fact(DType::Bool, x.shape.clone())]));
        }
        Op::Binary(op) => binary(*op, inputs)?,
        Op::Variadic(_) => {
            let first = inputs.need(0)?;
            let dtype = alike(inputs.0.len(), inputs)?;
            let _ = first;
            fact(dtype, broadcast(inputs.all().map(|f| f.shape.as_slice()))?)
        }
        Op::Where => {
            let (condition, x, y) = (inputs.need(0)?, inputs.need(1)?, inputs.need(2)?);
            inputs.of(0, DType::Bool)?;
            inputs.of(2, x.dtype)?;
            fact(x.dtype, broadcast([condition, x, y].map(|f| f.shape.as_slice()))?)
        }
        _ => return Ok(None),
    }]))
}

/// The one type of the first so many inputs.
fn alike(inputs_wanted: usize, inputs: Inputs<'_>) -> Result<DType> {
    let dtype = inputs.need(0)?.dtype;
    for place in 1..inputs_wanted {
        inputs.need(place)?;
        inputs.of(place, dtype)?;
    }
    Ok(dtype)
}

fn unary(op: Unary, inputs: Inputs<'_>) -> Result<Fact> {
    let x = inputs.need(0)?;
    let is_whole = !x.dtype.is_float() && x.dtype != DType::Bool;
    let (fits, wanted) = match op {
        Unary::Not => (x.dtype == DType::Bool, "bool"),
        Unary::BitwiseNot => (is_whole, "a whole number"),
        Unary::Abs | Unary::Neg | Unary::Sign | Unary::Relu | Unary::Shrink { .. } => {
            (x.dtype != DType::Bool, "a number")
        }
        _ => (x.dtype.is_float(), "a float"),
    };
    if !fits {
        return Err(wrong_type(0, x.dtype, wanted));
    }
    let dtype = match op {
        Unary::IsInf { .. } | Unary::IsNaN => DType::Bool,
        _ => x.dtype,
    };
    Ok(fact(dtype, x.shape.clone()))
}

fn binary(op: Binary, inputs: Inputs<'_>) -> Result<Fact> {
    let (a, b) = (inputs.need(0)?, inputs.need(1)?);
    // The exponent may be of another type than the base.
    if op != Binary::Pow {
        alike(2, inputs)?;
    }
    let shape = broadcast([a.shape.as_slice(), b.shape.as_slice()])?;
    let is_bool = a.dtype == DType::Bool;
    let is_whole = !a.dtype.is_float() && !is_bool;
    let (fits, result) = match op {
        Binary::And | Binary::Or | Binary::Xor => (is_bool, DType::Bool),
        Binary::Equal => (true, DType::Bool),
        Binary::Greater | Binary::GreaterOrEqual | Binary::Less | Binary::LessOrEqual => {
            (!is_bool, DType::Bool)
        }
        Binary::BitShift { .. } | Binary::BitwiseAnd | Binary::BitwiseOr | Binary::BitwiseXor => {
            (is_whole, a.dtype)
        }
        _ => (!is_bool, a.dtype),
    };
    if !fits {
        let what = format!("{op:?} does not take elements of type {}", a.dtype.name());
        return Err(Error::new(ErrorKind::Type, what));
    }
    if op == Binary::PRelu && shape.len() != a.shape.len() {
        return Err(misfit("the slope has more axes than what it is for"));
    }
    Ok(fact(result, shape))
}
