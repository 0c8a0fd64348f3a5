//! [`explain`]: what each node of a graph does for inputs of a shape.

use std::collections::HashMap;

use super::graph::{Graph, Node, ValueId};
use super::infer::{self, Fact};
use super::op::Op;
use super::route::Route;
use super::tensor::{DType, count};
use crate::error::{Error, ErrorKind, Place, Result};

/// A node, and what it costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The node's name.
    pub name: String,
    /// The operator, with what is done to its result before it is stored: `Conv + Relu`.
    pub operator: String,
    /// The shapes of what it computes from, constants among them; empty where nothing is known.
    pub inputs: Vec<Vec<usize>>,
    /// The shapes of what it makes.
    pub outputs: Vec<Vec<usize>>,
    /// Additions and multiplications of products; of other operators one a number that is made.
    pub flops: u64,
    /// Bytes that are read and written, each input and output once.
    pub bytes: u64,
    /// The type of the first input; of the first output where there is none.
    pub dtype: DType,
    /// Where it is computed; only a session knows.
    pub route: Option<Route>,
}

/// The nodes of a graph in order, for inputs of these types and shapes.
///
/// # Errors
/// `Length` unless there is one for each input; those of [`infer::outputs`].
pub fn explain(graph: &Graph, inputs: &[(DType, Vec<usize>)]) -> Result<Vec<Line>> {
    if inputs.len() != graph.inputs().len() {
        let what = format!("{} shapes for {} inputs", inputs.len(), graph.inputs().len());
        return Err(Error::new(ErrorKind::Length, what).at(Place::area("model")));
    }
    let mut facts: HashMap<ValueId, Fact> = HashMap::new();
    for (id, (dtype, shape)) in graph.inputs().iter().zip(inputs) {
        facts.insert(*id, Fact::new(*dtype, shape));
    }
    let mut lines = Vec::with_capacity(graph.nodes().len());
    for node in graph.nodes() {
        let fact = |id: &Option<ValueId>| {
            let id = (*id)?;
            facts.get(&id).cloned().or_else(|| graph.constant(id).map(Fact::constant))
        };
        let own: Vec<Option<Fact>> = node.inputs.iter().map(fact).collect();
        let made = infer::outputs(&node.op, &own, node.outputs.len())
            .map_err(|e| e.at(Place::area("model").key(node.name.clone())))?;
        lines.push(line(node, &own, &made));
        for (id, fact) in node.outputs.iter().zip(made) {
            if let Some(id) = id {
                facts.insert(*id, fact);
            }
        }
    }
    Ok(lines)
}

fn line(node: &Node, inputs: &[Option<Fact>], outputs: &[Fact]) -> Line {
    let shape = |fact: &Fact| fact.known().unwrap_or_default();
    let size = |fact: &Fact| {
        let n = fact.known().and_then(|shape| count(&shape)).unwrap_or(0);
        (n as u64).saturating_mul(fact.dtype.size() as u64)
    };
    let made = outputs.first().and_then(Fact::known).and_then(|shape| count(&shape)).unwrap_or(0) as u64;
    let bytes = inputs.iter().flatten().chain(outputs).map(size).fold(0, u64::saturating_add);
    Line {
        name: node.name.clone(),
        operator: operator(&node.op),
        inputs: inputs.iter().flatten().map(shape).collect(),
        outputs: outputs.iter().map(shape).collect(),
        flops: made.saturating_mul(each(&node.op, inputs)),
        bytes,
        dtype: inputs.iter().flatten().chain(outputs).map(|fact| fact.dtype).next().unwrap_or(DType::F32),
        route: None,
    }
}

fn operator(op: &Op) -> String {
    let epilogue = match op {
        Op::Conv(conv) => conv.epilogue,
        Op::ConvTranspose(conv) => conv.epilogue,
        _ => return op.name().to_owned(),
    };
    let mut text = op.name().to_owned();
    if epilogue.residual {
        text.push_str(" + Add");
    }
    if let Some(activation) = epilogue.activation {
        text.push_str(" + ");
        text.push_str(activation.name());
    }
    text
}

/// Operations of each number that is made.
fn each(op: &Op, inputs: &[Option<Fact>]) -> u64 {
    let shape =
        |at: usize| inputs.get(at).cloned().flatten().and_then(|fact| fact.known()).unwrap_or_default();
    let last = |shape: Vec<usize>, from_end: usize| {
        shape.len().checked_sub(from_end).and_then(|at| shape.get(at).copied()).unwrap_or(1) as u64
    };
    let behind_first = |shape: Vec<usize>| shape.iter().skip(1).product::<usize>() as u64;
    match op {
        // Weights are (out, in of a group, window…); those of the transposed one (in, out of a group, window…).
        Op::Conv(_) | Op::DeformConv { .. } | Op::ConvInteger(_) => 2 * behind_first(shape(1)),
        Op::QLinearConv(_) => 2 * behind_first(shape(3)),
        Op::ConvTranspose(conv) => {
            let weights = shape(1);
            let window: u64 = weights.iter().skip(2).product::<usize>() as u64;
            let steps: u64 = conv.window.strides.iter().product::<usize>().max(1) as u64;
            let channels = weights.first().copied().unwrap_or(1) as u64 / (conv.group as u64).max(1);
            2 * channels * window / steps.max(1)
        }
        Op::Gemm { trans_a, .. } => 2 * last(shape(0), if *trans_a { 2 } else { 1 }),
        Op::MatMul | Op::MatMulInteger | Op::QLinearMatMul => 2 * last(shape(0), 1),
        Op::Pool { window, .. } => window.kernel.iter().product::<usize>().max(1) as u64,
        _ => 1,
    }
}
