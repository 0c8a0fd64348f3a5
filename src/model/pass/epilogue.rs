//! What follows a convolution and can be done before its result is stored: a residual, then an activation.

use super::super::graph::{Graph, ValueId};
use super::super::op::{Activation, Binary, Conv, Epilogue, Op, Unary};
use super::super::tensor::{DType, Tensor};
use super::prune::same;
use super::slots::Slots;

/// Draws residuals and activations into the convolutions they follow.
pub(super) fn epilogues(graph: &mut Graph) {
    let mut slots = Slots::new(graph);
    // Nodes are in order, so that an activation comes after the residual it follows.
    for place in 0..slots.len() {
        residual(&mut slots, place);
        activation(&mut slots, place);
    }
}

/// What follows the convolution, and at which place its residual is among its inputs.
fn follows(op: &Op) -> Option<(Epilogue, usize)> {
    match op {
        Op::Conv(conv) => Some((conv.epilogue, 3)),
        Op::ConvTranspose(conv) => Some((conv.epilogue, 3)),
        Op::DeformConv { conv, .. } => Some((conv.epilogue, 5)),
        _ => None,
    }
}

fn followed_by(op: Op, epilogue: Epilogue) -> Op {
    match op {
        Op::Conv(conv) => Op::Conv(Conv { epilogue, ..conv }),
        Op::DeformConv { conv, offset_groups } => {
            Op::DeformConv { conv: Conv { epilogue, ..conv }, offset_groups }
        }
        Op::ConvTranspose(mut conv) => {
            conv.epilogue = epilogue;
            Op::ConvTranspose(conv)
        }
        other => other,
    }
}

/// A convolution of single precision that only the node at `user` uses: its place and what follows it so far.
fn convolution(slots: &Slots<'_>, result: ValueId, user: usize) -> Option<(usize, Epilogue, usize)> {
    let (place, node) = slots.maker(result)?;
    let (epilogue, at) = follows(&node.op)?;
    let is_single = slots.dtype(result) == Some(DType::F32);
    (is_single && slots.only_for(result, user)).then_some((place, epilogue, at))
}

/// The node at `place` becomes the convolution at `conv`, followed by this.
fn merge(
    slots: &mut Slots<'_>,
    place: usize,
    conv: usize,
    epilogue: Epilogue,
    inputs: Vec<Option<ValueId>>,
) -> Option<()> {
    let (op, name) = slots.node(conv).map(|node| (node.op.clone(), node.name.clone()))?;
    slots.put(place, followed_by(op, epilogue), inputs);
    slots.rename(place, name);
    slots.remove(conv);
    Some(())
}

fn residual(slots: &mut Slots<'_>, place: usize) -> Option<()> {
    let node = slots.node(place)?;
    let (Op::Binary(Binary::Add), [Some(a), Some(b)]) = (&node.op, node.inputs.as_slice()) else {
        return None;
    };
    // The later convolution, if both are: the other one is there by then.
    let mut found = [(*a, *b), (*b, *a)].into_iter().filter_map(|(result, other)| {
        let (conv, epilogue, at) = convolution(slots, result, place)?;
        let fits = same(slots.shape(result)?, slots.shape(other)?) && slots.dtype(other) == Some(DType::F32);
        (epilogue == Epilogue::default() && fits).then_some((conv, at, other))
    });
    let first = found.next()?;
    let (conv, at, other) = match found.next() {
        Some(second) if second.0 > first.0 => second,
        _ => first,
    };
    let mut inputs = slots.node(conv)?.inputs.clone();
    inputs.resize(at, None);
    inputs.push(Some(other));
    merge(slots, place, conv, Epilogue { residual: true, activation: None }, inputs)
}

fn activation(slots: &mut Slots<'_>, place: usize) -> Option<()> {
    let node = slots.node(place)?;
    let result = node.inputs.first().copied().flatten()?;
    let activation = match &node.op {
        Op::Unary(op) if is_activation(*op) => Activation::Unary(*op),
        Op::Clip => {
            let limit = |at: usize, without: f32| match node.inputs.get(at).copied().flatten() {
                None => Some(without),
                Some(id) => match slots.constant(id).and_then(Tensor::elements::<f32>)? {
                    [limit] => Some(*limit),
                    _ => None,
                },
            };
            Activation::Clip { min: limit(1, f32::NEG_INFINITY)?, max: limit(2, f32::INFINITY)? }
        }
        _ => return None,
    };
    let (conv, epilogue, _) = convolution(slots, result, place)?;
    if epilogue.activation.is_some() {
        return None;
    }
    let inputs = slots.node(conv)?.inputs.clone();
    merge(slots, place, conv, Epilogue { activation: Some(activation), ..epilogue }, inputs)
}

/// The functions that both executors can apply on the way.
fn is_activation(op: Unary) -> bool {
    matches!(
        op,
        Unary::Relu
            | Unary::LeakyRelu { .. }
            | Unary::Sigmoid
            | Unary::HardSigmoid { .. }
            | Unary::HardSwish
            | Unary::Swish { .. }
            | Unary::Mish
            | Unary::Tanh
            | Unary::Elu { .. }
            | Unary::Softplus
            | Unary::Gelu { tanh: true }
    )
}
