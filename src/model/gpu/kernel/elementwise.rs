//! Operators that look at one element of each input at a time.
//!
//! The invariant: all inputs of an arithmetic operator have one type. What is computed is written in `map`.

use super::super::record::{Recorder, View};
use super::map::{self, Class, broadcast};
use super::{Call, given};
use crate::error::{Error, ErrorKind, Result};
use crate::model::op::{Binary, Op, Variadic};

pub(super) fn record(rec: &mut Recorder, call: &Call<'_>) -> Result<View> {
    let made = call.made()?;
    let first = call.input(0)?;
    let none = [0.0; 4];
    match call.op {
        Op::Unary(op) => {
            let (text, numbers) = map::unary(*op, first.dtype)?;
            broadcast(rec, &made.shape, made.dtype, &[first], &text, numbers)
        }
        Op::Cast { to, .. } => {
            let text = map::cast("a", first.dtype, *to)?;
            broadcast(rec, &made.shape, *to, &[first], &text, none)
        }
        Op::Clip => clip(rec, call),
        Op::Binary(op) => {
            let second = call.input(1)?;
            if let Some(text) = power(*op, first, second) {
                return broadcast(rec, &made.shape, made.dtype, &[first], text, none);
            }
            let mixed = matches!(op, Binary::Pow) && first.dtype != second.dtype;
            if mixed {
                // The exponent may be of another type than the base, which the result has.
                let text = "f_pow(F(a), F(b))".to_owned();
                let text = match Class::of(first.dtype)? {
                    Class::Float => text,
                    Class::Whole => map::wrapped(first.dtype, format!("I(round({text}))")),
                    Class::Unsigned => format!("U(round({text}))"),
                };
                return broadcast(rec, &made.shape, made.dtype, &[first, second], &text, none);
            }
            alike(&[first, second])?;
            let text = map::binary(*op, first.dtype)?;
            broadcast(rec, &made.shape, made.dtype, &[first, second], &text, none)
        }
        Op::Variadic(op) => variadic(rec, call, *op),
        Op::Where => {
            let (yes, no) = (call.input(1)?, call.input(2)?);
            alike(&[yes, no])?;
            broadcast(rec, &made.shape, made.dtype, &[first, yes, no], "select(c, b, a != I(0))", none)
        }
        _ => Err(call.refused("it is not elementwise")),
    }
}

fn alike(inputs: &[&View]) -> Result<()> {
    if inputs.windows(2).all(|pair| pair[0].dtype == pair[1].dtype) {
        return Ok(());
    }
    let names: Vec<_> = inputs.iter().map(|input| input.dtype.name()).collect();
    Err(Error::new(ErrorKind::Type, format!("the inputs are of several types: {names:?}")))
}

/// Exponents that are known and common, without logarithms.
fn power(op: Binary, base: &View, exponent: &View) -> Option<&'static str> {
    let known = op == Binary::Pow
        && Class::of(base.dtype).ok()? == Class::Float
        && exponent.len() == 1
        && exponent.shape.len() <= base.shape.len();
    match given::float(exponent).ok()? {
        2.0 if known => Some("a * a"),
        3.0 if known => Some("a * a * a"),
        _ => None,
    }
}

fn clip(rec: &mut Recorder, call: &Call<'_>) -> Result<View> {
    let (made, input) = (call.made()?, call.input(0)?);
    let float = Class::of(input.dtype)? == Class::Float;
    let (low, high) = (call.option(1), call.option(2));
    let limits: Vec<&View> = [low, high].into_iter().flatten().collect();
    for limit in &limits {
        alike(&[input, limit])?;
        if limit.len() != 1 {
            return Err(Error::new(ErrorKind::Length, "a limit of Clip is one number"));
        }
    }
    // min(max(a, low), high): where the limits cross, the upper one holds.
    let text = match (low.is_some(), high.is_some(), float) {
        (false, false, _) => "a",
        (true, false, true) => "select(a, b, a < b)",
        (true, false, false) => "max(a, b)",
        (false, true, true) => "select(a, b, a > b)",
        (false, true, false) => "min(a, b)",
        (true, true, true) => "or_nan(a, min(max(a, b), c))",
        (true, true, false) => "min(max(a, b), c)",
    };
    let known: Option<Vec<f32>> = limits.iter().map(|limit| given::float(limit).ok()).collect();
    if let (Some(known), true) = (known, float) {
        let mut numbers = [0.0; 4];
        numbers[..known.len()].copy_from_slice(&known);
        let text = text.replace('b', "F(n.x)");
        let text = match known.len() {
            2 => "or_nan(a, min(max(a, F(n.x)), F(n.y)))".to_owned(),
            _ => text,
        };
        return broadcast(rec, &made.shape, made.dtype, &[input], &text, numbers);
    }
    let limits: Vec<View> = limits.iter().map(|limit| limit.shaped(&[])).collect();
    let mut inputs = vec![input];
    inputs.extend(&limits);
    broadcast(rec, &made.shape, made.dtype, &inputs, text, [0.0; 4])
}

fn variadic(rec: &mut Recorder, call: &Call<'_>, op: Variadic) -> Result<View> {
    let made = call.made()?;
    let inputs = call.all()?;
    alike(&inputs)?;
    let text = map::variadic(op, made.dtype)?;
    let mut rest = inputs.iter();
    let Some(first) = rest.next() else {
        return Err(Error::new(ErrorKind::Length, "an operator without an input"));
    };
    let mut sum = (*first).clone();
    if inputs.len() == 1 {
        sum = broadcast(rec, &made.shape, made.dtype, &[&sum], "a", [0.0; 4])?;
    }
    for next in rest {
        sum = broadcast(rec, &made.shape, made.dtype, &[&sum, next], &text, [0.0; 4])?;
    }
    if op == Variadic::Mean {
        let text = match Class::of(made.dtype)? {
            Class::Float => "a / F(n.x)",
            _ => return Err(call.refused("a mean of whole numbers")),
        };
        let count = inputs.len() as f32;
        return broadcast(rec, &made.shape, made.dtype, &[&sum], text, [count, 0.0, 0.0, 0.0]);
    }
    Ok(sum)
}
