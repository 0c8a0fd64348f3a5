//! Activations that a file writes as several nodes, recognised as the one function they are.

use super::super::graph::{Graph, Node, ValueId};
use super::super::op::{Binary, Op, Unary, Variadic};
use super::slots::Slots;
use super::weights::numbers;

/// Names `Swish`, `HardSwish` and `Mish` where they are written out.
pub(super) fn recognize(graph: &mut Graph) {
    let mut slots = Slots::new(graph);
    for place in 0..slots.len() {
        sum(&mut slots, place);
        product(&mut slots, place);
        sixth(&mut slots, place);
    }
}

/// A sum of two is an addition, which more passes know.
fn sum(slots: &mut Slots<'_>, place: usize) -> Option<()> {
    let node = slots.node(place)?;
    let (Op::Variadic(Variadic::Sum), [Some(_), Some(_)]) = (&node.op, node.inputs.as_slice()) else {
        return None;
    };
    let inputs = node.inputs.clone();
    slots.put(place, Op::Binary(Binary::Add), inputs);
    Some(())
}

fn two(node: &Node, op: Binary) -> Option<(ValueId, ValueId)> {
    match (&node.op, node.inputs.as_slice()) {
        (Op::Binary(found), [Some(a), Some(b)]) if *found == op => Some((*a, *b)),
        _ => None,
    }
}

/// The function that makes a value, and what of.
fn function(slots: &Slots<'_>, id: ValueId) -> Option<(Unary, ValueId)> {
    let (_, node) = slots.maker(id)?;
    match (&node.op, node.inputs.as_slice()) {
        (Op::Unary(op), [Some(x)]) => Some((*op, *x)),
        _ => None,
    }
}

/// The value of a constant of one number, laid over a value without giving it more axes.
fn number(slots: &Slots<'_>, id: ValueId, beside: ValueId) -> Option<f64> {
    let tensor = slots.constant(id)?;
    let fits = tensor.rank() == 0 || slots.shape(beside).is_some_and(|shape| tensor.rank() <= shape.len());
    match numbers(tensor)?.as_slice() {
        [n] if fits => Some(*n),
        _ => None,
    }
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6
}

/// `x * f(x)`.
fn product(slots: &mut Slots<'_>, place: usize) -> Option<()> {
    let (a, b) = two(slots.node(place)?, Binary::Mul)?;
    let (x, op, made) = [(a, b), (b, a)].into_iter().find_map(|(x, y)| {
        let (op, of) = function(slots, y)?;
        let op = match op {
            Unary::Sigmoid if of == x => Unary::Swish { alpha: 1.0 },
            Unary::Sigmoid => Unary::Swish { alpha: factor(slots, of, x)? },
            Unary::HardSigmoid { alpha, beta } if of == x && sixth_and_half(alpha, beta) => Unary::HardSwish,
            Unary::Tanh if function(slots, of) == Some((Unary::Softplus, x)) => Unary::Mish,
            _ => return None,
        };
        Some((x, op, y))
    })?;
    slots.put(place, Op::Unary(op), vec![Some(x)]);
    drop_chain(slots, made, x);
    Some(())
}

/// The constant that `x` was multiplied by to make this value.
fn factor(slots: &Slots<'_>, made: ValueId, x: ValueId) -> Option<f32> {
    let (a, b) = two(slots.maker(made)?.1, Binary::Mul)?;
    let constant = if a == x {
        b
    } else if b == x {
        a
    } else {
        return None;
    };
    number(slots, constant, x)?;
    match slots.constant(constant)?.elements::<f32>()? {
        [alpha] => Some(*alpha),
        _ => None,
    }
}

fn sixth_and_half(alpha: f32, beta: f32) -> bool {
    close(f64::from(alpha), 1.0 / 6.0) && beta == 0.5
}

/// `x * clip(x + 3, 0, 6) / 6`.
fn sixth(slots: &mut Slots<'_>, place: usize) -> Option<()> {
    let node = slots.node(place)?;
    let (dividend, constant) = match two(node, Binary::Div) {
        Some(pair) => pair,
        None => two(node, Binary::Mul)?,
    };
    let n = number(slots, constant, dividend)?;
    let is_sixth = if two(node, Binary::Div).is_some() { n == 6.0 } else { close(n, 1.0 / 6.0) };
    let (a, b) = two(slots.maker(dividend)?.1, Binary::Mul)?;
    let x = [(a, b), (b, a)].into_iter().find_map(|(x, y)| {
        let (_, clip) = slots.maker(y)?;
        let (Op::Clip, [Some(sum), Some(low), Some(high)]) = (&clip.op, clip.inputs.as_slice()) else {
            return None;
        };
        let limits = number(slots, *low, x) == Some(0.0) && number(slots, *high, x) == Some(6.0);
        let (c, d) = two(slots.maker(*sum)?.1, Binary::Add)?;
        let three = if c == x {
            d
        } else if d == x {
            c
        } else {
            return None;
        };
        (limits && number(slots, three, x) == Some(3.0)).then_some(x)
    })?;
    if !is_sixth {
        return None;
    }
    slots.put(place, Op::Unary(Unary::HardSwish), vec![Some(x)]);
    drop_chain(slots, dividend, x);
    Some(())
}

/// Takes away what nobody uses any more, from a value back to `x`.
fn drop_chain(slots: &mut Slots<'_>, from: ValueId, x: ValueId) {
    let mut left = vec![from];
    while let Some(id) = left.pop() {
        if id == x || slots.uses(id) > 0 {
            continue;
        }
        if let Some((place, node)) = slots.maker(id)
            && node.outputs.len() == 1
        {
            let inputs = node.inputs.clone();
            slots.remove(place);
            left.extend(inputs.into_iter().flatten());
        }
    }
}
