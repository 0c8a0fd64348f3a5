//! Factors and terms a channel that follow a convolution or a matrix product, multiplied into its weights and bias:
//! batch normalisation, and constants added, subtracted, multiplied and divided.

use super::super::graph::{Graph, Node, ValueId};
use super::super::op::{Binary, Epilogue, Op};
use super::super::tensor::Tensor;
use super::slots::Slots;
use super::weights::{Layout, channels, numbers, per_channel, rank_of, scaled, tensor};

/// Draws linear functions a channel into the products they follow.
pub(super) fn linear(graph: &mut Graph) {
    let mut slots = Slots::new(graph);
    for place in 0..slots.len() {
        into_gemm(&mut slots, place);
        draw_in(&mut slots, place);
        into_normalization(&mut slots, place);
    }
}

/// A product with constant weights whose result only one node uses.
struct Product {
    place: usize,
    op: Op,
    inputs: Vec<Option<ValueId>>,
    name: String,
    /// Where its bias is among its inputs.
    bias_at: usize,
    layout: Layout,
    channels: usize,
    rank: usize,
    /// What the bias is multiplied by (`beta`).
    bias_factor: f64,
}

fn product(slots: &Slots<'_>, result: ValueId, user: usize) -> Option<Product> {
    let (place, node) = slots.maker(result)?;
    if !slots.only_for(result, user) || node.outputs.len() != 1 {
        return None;
    }
    let nothing_follows = |epilogue: &Epilogue| *epilogue == Epilogue::default();
    let weights = slots.constant(node.inputs.get(1).copied().flatten()?)?;
    let (bias_at, layout, bias_factor) = match &node.op {
        Op::Conv(conv) if nothing_follows(&conv.epilogue) => (2, Layout::First, 1.0),
        Op::DeformConv { conv, .. } if nothing_follows(&conv.epilogue) => (3, Layout::First, 1.0),
        Op::ConvTranspose(conv) if nothing_follows(&conv.epilogue) => (2, Layout::Grouped(conv.group), 1.0),
        Op::Gemm { trans_b: true, beta, .. } => (2, Layout::First, f64::from(*beta)),
        Op::Gemm { trans_b: false, beta, .. } => (2, Layout::Last, f64::from(*beta)),
        _ => return None,
    };
    Some(Product {
        place,
        op: node.op.clone(),
        inputs: node.inputs.clone(),
        name: node.name.clone(),
        bias_at,
        layout,
        channels: channels(weights.shape(), layout)?,
        rank: weights.rank(),
        bias_factor,
    })
}

/// `y * factor + term` for each channel.
struct Line {
    factors: Option<Vec<f64>>,
    terms: Vec<f64>,
}

fn line(
    slots: &Slots<'_>,
    node: &Node,
    (n, rank): (usize, usize),
    constant: Option<ValueId>,
    on_left: bool,
) -> Option<Line> {
    if let Op::BatchNormalization { epsilon } = &node.op {
        let row = |place: usize| {
            let list = numbers(slots.constant(node.inputs.get(place).copied().flatten()?)?)?;
            (list.len() == n).then_some(list)
        };
        let (scale, bias, mean, variance) = (row(1)?, row(2)?, row(3)?, row(4)?);
        let spread = variance.iter().map(|v| (v + f64::from(*epsilon)).sqrt());
        let factors: Vec<f64> = scale.iter().zip(spread).map(|(scale, spread)| scale / spread).collect();
        let terms =
            bias.iter().zip(&mean).zip(&factors).map(|((bias, mean), factor)| bias - mean * factor).collect();
        return Some(Line { factors: Some(factors), terms });
    }
    let Op::Binary(op) = node.op else { return None };
    let list = per_channel(slots.constant(constant?)?, rank, n)?;
    let zeros = || vec![0.0; n];
    match op {
        Binary::Add => Some(Line { factors: None, terms: list }),
        Binary::Mul => Some(Line { factors: Some(list), terms: zeros() }),
        Binary::Sub if on_left => Some(Line { factors: None, terms: list.iter().map(|n| -n).collect() }),
        Binary::Sub => Some(Line { factors: Some(vec![-1.0; n]), terms: list }),
        Binary::Div if on_left => {
            Some(Line { factors: Some(list.iter().map(|n| 1.0 / n).collect()), terms: zeros() })
        }
        _ => None,
    }
}

fn draw_in(slots: &mut Slots<'_>, place: usize) -> Option<()> {
    let node = slots.node(place)?;
    if node.outputs.iter().skip(1).any(Option::is_some) {
        return None;
    }
    let (a, b) = (node.inputs.first().copied().flatten()?, node.inputs.get(1).copied().flatten()?);
    let (product, line) = match node.op {
        Op::BatchNormalization { .. } => {
            let product = product(slots, a, place)?;
            let line = line(slots, node, (product.channels, product.rank), None, true)?;
            (product, line)
        }
        Op::Binary(_) => {
            let on_left = slots.constant(a).is_none();
            let (result, constant) = if on_left { (a, b) } else { (b, a) };
            let product = product(slots, result, place)?;
            let line = line(slots, node, (product.channels, product.rank), Some(constant), on_left)?;
            (product, line)
        }
        _ => return None,
    };
    let weights = slots.constant(product.inputs.get(1).copied().flatten()?)?;
    let dtype = weights.dtype();
    let new_weights = match &line.factors {
        Some(factors) => Some(scaled(weights, factors, product.layout)?),
        None => None,
    };
    let old_bias = bias(slots, &product)?;
    let factors = line.factors.unwrap_or_else(|| vec![1.0; product.channels]);
    let terms =
        old_bias.iter().zip(&factors).zip(&line.terms).map(|((bias, factor), term)| bias * factor + term);
    let new_bias = tensor(dtype, &[product.channels], terms.collect())?;
    if !sound(&new_bias) || new_weights.as_ref().is_some_and(|w| !sound(w)) {
        return None;
    }
    let mut inputs = product.inputs;
    let bias_name = format!("{}.bias", product.name);
    let bias = slots.hold(&bias_name, new_bias);
    let weights = new_weights.map(|weights| slots.hold(&format!("{}.weights", product.name), weights));
    inputs.resize(inputs.len().max(product.bias_at.saturating_add(1)), None);
    for (at, id) in [(1, weights), (product.bias_at, Some(bias))] {
        if let (Some(slot), Some(id)) = (inputs.get_mut(at), id) {
            *slot = Some(id);
        }
    }
    let op = match product.op {
        Op::Gemm { alpha, trans_a, trans_b, .. } => Op::Gemm { alpha, beta: 1.0, trans_a, trans_b },
        other => other,
    };
    slots.put(place, op, inputs);
    slots.rename(place, product.name);
    slots.remove(product.place);
    Some(())
}

/// A term that is not finite, or a factor, would make another result of an overflow.
fn sound(tensor: &Tensor) -> bool {
    numbers(tensor).is_some_and(|list| list.iter().all(|n| n.is_finite()))
}

/// Factors and terms a channel behind a normalisation that stands alone go into its scale and bias.
fn into_normalization(slots: &mut Slots<'_>, place: usize) -> Option<()> {
    let node = slots.node(place)?;
    let Op::Binary(_) = node.op else { return None };
    let (a, b) = (node.inputs.first().copied().flatten()?, node.inputs.get(1).copied().flatten()?);
    let on_left = slots.constant(a).is_none();
    let (result, constant) = if on_left { (a, b) } else { (b, a) };
    let (at, normalization) = slots.maker(result)?;
    let Op::BatchNormalization { .. } = normalization.op else { return None };
    if !slots.only_for(result, place) || normalization.outputs.len() != 1 {
        return None;
    }
    let (op, name, mut inputs) =
        (normalization.op.clone(), normalization.name.clone(), normalization.inputs.clone());
    let row = |place: usize| slots.constant(inputs.get(place).copied().flatten()?);
    let (scale, bias) = (row(1)?, row(2)?);
    let (n, dtype, rank) = (scale.len(), scale.dtype(), rank_of(slots.shape(result))?);
    let line = line(slots, node, (n, rank), Some(constant), on_left)?;
    let factors = line.factors.unwrap_or_else(|| vec![1.0; n]);
    let times = numbers(scale)?.into_iter().zip(&factors).map(|(n, factor)| n * factor).collect();
    let plus =
        numbers(bias)?.into_iter().zip(&factors).zip(line.terms).map(|((n, factor), term)| n * factor + term);
    let (scale, bias) = (tensor(dtype, &[n], times)?, tensor(dtype, &[n], plus.collect())?);
    if !sound(&scale) || !sound(&bias) {
        return None;
    }
    let new =
        [(1, slots.hold(&format!("{name}.scale"), scale)), (2, slots.hold(&format!("{name}.bias"), bias))];
    for (place, id) in new {
        *inputs.get_mut(place)? = Some(id);
    }
    slots.put(place, op, inputs);
    slots.rename(place, name);
    slots.remove(at);
    Some(())
}

/// The bias that is there, one number a channel.
fn bias(slots: &Slots<'_>, product: &Product) -> Option<Vec<f64>> {
    let Some(id) = product.inputs.get(product.bias_at).copied().flatten() else {
        return Some(vec![0.0; product.channels]);
    };
    let list = per_channel_of_product(slots.constant(id)?, product)?;
    Some(list.into_iter().map(|n| n * product.bias_factor).collect())
}

/// A convolution's bias is a row of its channels, whatever the rank of the result.
fn per_channel_of_product(constant: &Tensor, product: &Product) -> Option<Vec<f64>> {
    match product.op {
        Op::Gemm { .. } => per_channel(constant, product.rank, product.channels),
        _ => numbers(constant).filter(|list| list.len() == product.channels),
    }
}

/// A product of a matrix and constant weights, with a row added, is a Gemm.
fn into_gemm(slots: &mut Slots<'_>, place: usize) -> Option<()> {
    let node = slots.node(place)?;
    let Op::Binary(Binary::Add) = node.op else { return None };
    let (a, b) = (node.inputs.first().copied().flatten()?, node.inputs.get(1).copied().flatten()?);
    let (result, constant) = if slots.constant(a).is_none() { (a, b) } else { (b, a) };
    let (_, product) = slots.maker(result)?;
    let Op::MatMul = product.op else { return None };
    let (x, w) = (product.inputs.first().copied().flatten()?, product.inputs.get(1).copied().flatten()?);
    let is_matrix = rank_of(slots.shape(x)) == Some(2) && slots.constant(w)?.rank() == 2;
    let n = *slots.constant(w)?.shape().last()?;
    if !is_matrix || !slots.only_for(result, place) {
        return None;
    }
    per_channel(slots.constant(constant)?, 2, n)?;
    let (at, name) = (slots.maker(result)?.0, slots.maker(result)?.1.name.clone());
    let op = Op::Gemm { alpha: 1.0, beta: 1.0, trans_a: false, trans_b: false };
    slots.put(place, op, vec![Some(x), Some(w), Some(constant)]);
    slots.rename(place, name);
    slots.remove(at);
    Some(())
}
