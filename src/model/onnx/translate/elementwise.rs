//! Functions of one element, of pairs and of any number of elements; types and limits.

use super::super::super::graph::ValueId;
use super::super::super::op::{Binary, Op, Unary, Variadic};
use super::super::super::tensor::Tensor;
use super::super::attributes::Attributes;
use super::super::build::{Build, Made};
use super::super::call::Call;
use super::super::storage;
use crate::error::Result;

pub(super) fn translate<'a>(build: &mut Build<'a>, call: &Call<'a>) -> Result<Option<Made>> {
    let a = &call.attributes;
    if let Some(op) = unary(call)? {
        if call.opset < 6 {
            a.ignore(&["consumed_inputs"]);
        }
        return call.same(build, Op::Unary(op)).map(Some);
    }
    if let Some(op) = binary(call)? {
        return pair(build, call, op).map(Some);
    }
    let variadic = match call.kind {
        "Max" => Some(Variadic::Max),
        "Mean" => Some(Variadic::Mean),
        "Min" => Some(Variadic::Min),
        "Sum" => Some(Variadic::Sum),
        _ => None,
    };
    if let Some(op) = variadic {
        return call.same(build, Op::Variadic(op)).map(Some);
    }
    match call.kind {
        "Where" => call.same(build, Op::Where),
        "Clip" => clip(build, call),
        "Cast" => {
            a.ignore(&["round_mode"]);
            let saturate = a.flag("saturate", true)?;
            let to = a.int("to")?.ok_or_else(|| Attributes::missing("to"))?;
            let Ok(to) = i32::try_from(to) else { return call.wrong("'to' is not the number of a type") };
            call.same(build, Op::Cast { to: storage::dtype(to)?, saturate })
        }
        "CastLike" => {
            a.ignore(&["round_mode"]);
            let saturate = a.flag("saturate", true)?;
            let Some(to) = build.dtype(call.need(1)?) else {
                return call.unsupported("the type it casts to is not known before the model runs");
            };
            let from = call.need(0)?;
            // A constant that has the type already is left as it is: most of those in functions have.
            if build.dtype(from) == Some(to) {
                return Ok(Some(vec![from]));
            }
            call.with(build, Op::Cast { to, saturate }, [Some(from)])
        }
        "Identity" => Ok(vec![call.need(0)?]),
        "Dropout" => dropout(build, call),
        _ => return Ok(None),
    }
    .map(Some)
}

fn unary(call: &Call<'_>) -> Result<Option<Unary>> {
    let a = &call.attributes;
    Ok(Some(match call.kind {
        "Abs" => Unary::Abs,
        "Acos" => Unary::Acos,
        "Acosh" => Unary::Acosh,
        "Asin" => Unary::Asin,
        "Asinh" => Unary::Asinh,
        "Atan" => Unary::Atan,
        "Atanh" => Unary::Atanh,
        "BitwiseNot" => Unary::BitwiseNot,
        "Ceil" => Unary::Ceil,
        "Celu" => Unary::Celu { alpha: a.float_or("alpha", 1.0)? },
        "Cos" => Unary::Cos,
        "Cosh" => Unary::Cosh,
        "Elu" => Unary::Elu { alpha: a.float_or("alpha", 1.0)? },
        "Erf" => Unary::Erf,
        "Exp" => Unary::Exp,
        "Floor" => Unary::Floor,
        "Gelu" => Unary::Gelu { tanh: a.word("approximate", false, &[("none", false), ("tanh", true)])? },
        "HardSigmoid" => {
            Unary::HardSigmoid { alpha: a.float_or("alpha", 0.2)?, beta: a.float_or("beta", 0.5)? }
        }
        "HardSwish" => Unary::HardSwish,
        "IsInf" => Unary::IsInf {
            negative: a.flag("detect_negative", true)?,
            positive: a.flag("detect_positive", true)?,
        },
        "IsNaN" => Unary::IsNaN,
        "LeakyRelu" => Unary::LeakyRelu { alpha: a.float_or("alpha", 0.01)? },
        "Log" => Unary::Log,
        "Mish" => Unary::Mish,
        "Neg" => Unary::Neg,
        "Not" => Unary::Not,
        "Reciprocal" => Unary::Reciprocal,
        "Relu" => Unary::Relu,
        "Round" => Unary::Round,
        "Selu" => {
            let (alpha, gamma) = if call.opset < 6 { (1.6732, 1.0507) } else { (1.673_263_2, 1.050_701) };
            Unary::Selu { alpha: a.float_or("alpha", alpha)?, gamma: a.float_or("gamma", gamma)? }
        }
        "Shrink" => Unary::Shrink { bias: a.float_or("bias", 0.0)?, lambda: a.float_or("lambd", 0.5)? },
        "Sigmoid" => Unary::Sigmoid,
        "Sign" => Unary::Sign,
        "Sin" => Unary::Sin,
        "Sinh" => Unary::Sinh,
        "Softplus" => Unary::Softplus,
        "Softsign" => Unary::Softsign,
        "Sqrt" => Unary::Sqrt,
        "Swish" => Unary::Swish { alpha: a.float_or("alpha", 1.0)? },
        "Tan" => Unary::Tan,
        "Tanh" => Unary::Tanh,
        "ThresholdedRelu" => Unary::ThresholdedRelu { alpha: a.float_or("alpha", 1.0)? },
        _ => return Ok(None),
    }))
}

fn binary(call: &Call<'_>) -> Result<Option<Binary>> {
    let a = &call.attributes;
    Ok(Some(match call.kind {
        "Add" => Binary::Add,
        "And" => Binary::And,
        "BitShift" => {
            if !a.has("direction") {
                return Err(Attributes::missing("direction"));
            }
            Binary::BitShift { left: a.word("direction", true, &[("LEFT", true), ("RIGHT", false)])? }
        }
        "BitwiseAnd" => Binary::BitwiseAnd,
        "BitwiseOr" => Binary::BitwiseOr,
        "BitwiseXor" => Binary::BitwiseXor,
        "Div" => Binary::Div,
        "Equal" => Binary::Equal,
        "Greater" => Binary::Greater,
        "GreaterOrEqual" => Binary::GreaterOrEqual,
        "Less" => Binary::Less,
        "LessOrEqual" => Binary::LessOrEqual,
        "Mod" => Binary::Mod { truncated: a.flag("fmod", false)? },
        "Mul" => Binary::Mul,
        "Or" => Binary::Or,
        "PRelu" => Binary::PRelu,
        "Pow" => Binary::Pow,
        "Sub" => Binary::Sub,
        "Xor" => Binary::Xor,
        _ => return Ok(None),
    }))
}

/// Before version 7 the second input was laid along the first from an axis on, and only if that was asked for.
fn pair(build: &mut Build<'_>, call: &Call<'_>, op: Binary) -> Result<Made> {
    if call.opset >= 7 {
        return call.same(build, Op::Binary(op));
    }
    let a = &call.attributes;
    a.ignore(&["consumed_inputs"]);
    let (broadcast, axis) = (a.flag("broadcast", false)?, a.int("axis")?);
    let (first, second) = (call.need(0)?, call.need(1)?);
    let axis = match op {
        // A slope for each channel.
        Binary::PRelu if build.rank(second) == Some(1) && build.rank(first).is_some_and(|rank| rank > 1) => {
            let shared = build.fact(second).is_some_and(|fact| fact.known() == Some(vec![1]));
            if shared { None } else { Some(1) }
        }
        _ => axis.filter(|_| broadcast),
    };
    let Some(axis) = axis else { return call.same(build, Op::Binary(op)) };
    let (Some(rank), Some(inner)) = (build.rank(first), build.rank(second)) else {
        return call.unsupported("the ranks it broadcasts are not known");
    };
    let axis = if axis < 0 { i64::try_from(rank).unwrap_or(i64::MAX).saturating_add(axis) } else { axis };
    let from = usize::try_from(axis).ok().and_then(|axis| axis.checked_add(inner)).filter(|end| *end <= rank);
    let Some(from) = from else { return call.wrong(format!("axis {axis} is outside of the first input")) };
    // Ones after the last axis of the second input.
    let added =
        (inner..inner.saturating_add(rank.saturating_sub(from))).filter_map(|n| i64::try_from(n).ok());
    let axes = build.row(added.collect());
    let second = build.step(Op::Unsqueeze, &[second, axes])?;
    call.with(build, Op::Binary(op), [Some(first), Some(second)])
}

fn clip(build: &mut Build<'_>, call: &Call<'_>) -> Result<Made> {
    if call.opset >= 11 {
        return call.same(build, Op::Clip);
    }
    let a = &call.attributes;
    a.ignore(&["consumed_inputs"]);
    let x = call.need(0)?;
    let mut limit = |name: &str| -> Result<Option<ValueId>> {
        a.float(name)?.map(|number| build.number_like(number, x)).transpose()
    };
    let (min, max) = (limit("min")?, limit("max")?);
    call.with(build, Op::Clip, [Some(x), min, max])
}

/// A trained model drops nothing. The mask is made only if somebody asks for it.
fn dropout(build: &mut Build<'_>, call: &Call<'_>) -> Result<Made> {
    call.attributes.ignore(&["ratio", "seed", "is_test", "consumed_inputs"]);
    let x = call.need(0)?;
    let trains = match call.input(2) {
        None => false,
        Some(id) => match build.truth(id) {
            Some(trains) => trains,
            None => return call.with(build, Op::Dropout, [Some(x), call.input(1), Some(id)]),
        },
    };
    let ratio = call.input(1).and_then(|id| build.known(id)).and_then(Tensor::elements::<f32>);
    if trains && ratio != Some(&[0.0]) {
        return call.unsupported("it drops at random: the model was exported for training");
    }
    if !call.wants(1) {
        return Ok(vec![x; call.wanted.len()]);
    }
    call.with(build, Op::Dropout, [Some(x)])
}
