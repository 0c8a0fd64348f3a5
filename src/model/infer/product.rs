//! Products of matrices, sums over letters, and the numbers of quantisation.

use std::collections::BTreeMap;

use super::super::graph::Dim;
use super::super::op::Op;
use super::super::tensor::DType;
use super::dims::{broadcast, misfit, same, senseless, wrong_type};
use super::indexing::lies_over;
use super::inputs::Inputs;
use super::{Fact, fact};
use crate::error::Result;

pub(super) fn outputs(op: &Op, inputs: Inputs<'_>) -> Result<Option<Vec<Fact>>> {
    Ok(Some(vec![match op {
        Op::Gemm { trans_a, trans_b, .. } => {
            let (a, b) = (inputs.need(0)?, inputs.need(1)?);
            inputs.of(1, a.dtype)?;
            let ([m, k], [l, n]) = (pair(a)?, pair(b)?);
            let (m, k) = if *trans_a { (k, m) } else { (m, k) };
            let (l, n) = if *trans_b { (n, l) } else { (l, n) };
            same(k, l)?;
            let shape = vec![m.clone(), n.clone()];
            if let Some(c) = inputs.of(2, a.dtype)? {
                lies_over(&c.shape, &shape)?;
            }
            fact(a.dtype, shape)
        }
        Op::MatMul => {
            let a = inputs.need(0)?;
            inputs.of(1, a.dtype)?;
            fact(a.dtype, multiplied(&a.shape, &inputs.need(1)?.shape)?)
        }
        Op::MatMulInteger => {
            let shape = multiplied(&eight(inputs, 0)?.shape, &eight(inputs, 1)?.shape)?;
            fact(DType::I32, shape)
        }
        Op::QLinearMatMul => {
            let shape = multiplied(&eight(inputs, 0)?.shape, &eight(inputs, 3)?.shape)?;
            fact(eight(inputs, 7)?.dtype, shape)
        }
        Op::QuantizeLinear { to, .. } => {
            inputs.need(1)?;
            fact(*to, inputs.need(0)?.shape.clone())
        }
        Op::DequantizeLinear { to, .. } => {
            fact(to.unwrap_or(inputs.float(1)?.dtype), inputs.need(0)?.shape.clone())
        }
        Op::Einsum { equation } => einsum(equation, inputs)?,
        _ => return Ok(None),
    }]))
}

fn eight<'a>(inputs: Inputs<'a>, place: usize) -> Result<&'a Fact> {
    let fact = inputs.need(place)?;
    match fact.dtype {
        DType::U8 | DType::I8 => Ok(fact),
        other => Err(wrong_type(place, other, "uint8 or int8")),
    }
}

fn pair(fact: &Fact) -> Result<&[Dim; 2]> {
    fact.shape
        .as_slice()
        .try_into()
        .map_err(|_| misfit(format!("a matrix has 2 axes and not {}", fact.shape.len())))
}

/// Rows times columns of the last two axes, the others broadcast; a single axis is a row on the left and a column on
/// the right.
fn multiplied(a: &[Dim], b: &[Dim]) -> Result<Vec<Dim>> {
    let one = [Dim::Known(1)];
    let (a_row, b_column) = (a.len() == 1, b.len() == 1);
    let a = if a_row { [&one, a].concat() } else { a.to_vec() };
    let b = if b_column { [b, &one].concat() } else { b.to_vec() };
    let ([lead_a @ .., m, k], [lead_b @ .., l, n]) = (a.as_slice(), b.as_slice()) else {
        return Err(misfit("a product of a tensor without axes"));
    };
    same(k, l)?;
    let mut shape = broadcast([lead_a, lead_b])?;
    if !a_row {
        shape.push(m.clone());
    }
    if !b_column {
        shape.push(n.clone());
    }
    Ok(shape)
}

fn einsum(equation: &str, inputs: Inputs<'_>) -> Result<Fact> {
    let equation: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
    let (left, right) = match equation.split_once("->") {
        Some((left, right)) => (left, Some(right)),
        None => (equation.as_str(), None),
    };
    let terms: Vec<&str> = left.split(',').collect();
    if terms.len() != inputs.0.len() {
        return Err(senseless(format!("an equation of {} terms for {} inputs", terms.len(), inputs.0.len())));
    }
    let dtype = inputs.need(0)?.dtype;
    let mut letters: BTreeMap<char, (Dim, usize)> = BTreeMap::new();
    let mut dots: Option<Vec<Dim>> = None;
    for (place, term) in terms.iter().enumerate() {
        let input = inputs.need(place)?;
        inputs.of(place, dtype)?;
        let (before, after) = match term.split_once("...") {
            Some((before, after)) => (before, Some(after)),
            None => (*term, None),
        };
        let tail = after.unwrap_or("");
        let named = before.chars().count().saturating_add(tail.chars().count());
        let free = input.shape.len().checked_sub(named).filter(|free| after.is_some() || *free == 0);
        let free = free.ok_or_else(|| misfit(format!("the term '{term}' for {} axes", input.shape.len())))?;
        let start = before.chars().count();
        let end = start.saturating_add(free);
        if after.is_some() {
            let mine = input.shape.get(start..end).unwrap_or_default();
            dots = Some(broadcast([dots.as_deref().unwrap_or_default(), mine])?);
        }
        let dims = input.shape.iter().take(start).chain(input.shape.iter().skip(end));
        for (letter, dim) in before.chars().chain(tail.chars()).zip(dims) {
            if !letter.is_ascii_alphabetic() {
                return Err(senseless(format!("'{letter}' in an equation")));
            }
            let known = letters.entry(letter).or_insert_with(|| (dim.clone(), 0));
            // A letter may stand for an axis of one element, which is broadcast.
            let both = broadcast([std::slice::from_ref(&known.0), std::slice::from_ref(dim)])?;
            known.0 = both.into_iter().next().unwrap_or_else(super::dims::unknown);
            known.1 = known.1.saturating_add(1);
        }
    }
    let dots = dots.unwrap_or_default();
    let Some(right) = right else {
        // Without a right side: what is broadcast, then the letters that occur once, in the order of the alphabet.
        let once = letters.into_values().filter(|(_, times)| *times == 1).map(|(dim, _)| dim);
        return Ok(fact(dtype, dots.into_iter().chain(once).collect()));
    };
    let (before, after) = right.split_once("...").unwrap_or((right, ""));
    let has_dots = right.contains("...");
    let mut shape = Vec::new();
    let mut seen = Vec::new();
    for (part, dots) in [(before, has_dots.then_some(dots)), (after, None)] {
        for letter in part.chars() {
            let (dim, _) =
                letters.get(&letter).ok_or_else(|| senseless(format!("'{letter}' stands for nothing")))?;
            if seen.contains(&letter) {
                return Err(senseless(format!("'{letter}' is twice in the result")));
            }
            seen.push(letter);
            shape.push(dim.clone());
        }
        shape.extend(dots.unwrap_or_default());
    }
    Ok(fact(dtype, shape))
}
