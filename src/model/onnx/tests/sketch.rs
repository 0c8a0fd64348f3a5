//! Models made by hand, as messages.

use prost::Message;

use super::super::super::graph::Graph;
use super::super::{read_bytes, wire};
use crate::error::Result;

pub(super) fn ints(name: &str, ints: &[i64]) -> wire::Attribute {
    wire::Attribute { name: name.into(), ints: ints.to_vec(), kind: 7, ..Default::default() }
}

pub(super) fn int(name: &str, i: i64) -> wire::Attribute {
    wire::Attribute { name: name.into(), i: Some(i), kind: 2, ..Default::default() }
}

pub(super) fn float(name: &str, f: f32) -> wire::Attribute {
    wire::Attribute { name: name.into(), f: Some(f), kind: 1, ..Default::default() }
}

pub(super) fn floats(name: &str, floats: &[f32]) -> wire::Attribute {
    wire::Attribute { name: name.into(), floats: floats.to_vec(), kind: 6, ..Default::default() }
}

pub(super) fn text(name: &str, s: &str) -> wire::Attribute {
    wire::Attribute { name: name.into(), s: Some(s.to_owned().into()), kind: 3, ..Default::default() }
}

pub(super) fn graph(name: &str, g: wire::Graph) -> wire::Attribute {
    wire::Attribute { name: name.into(), g: Some(g), kind: 5, ..Default::default() }
}

/// Inputs and outputs are lists of names, parted by spaces; `-` is one that is left out.
pub(super) fn node(op: &str, inputs: &str, outputs: &str, attribute: Vec<wire::Attribute>) -> wire::Node {
    let names =
        |list: &str| list.split_whitespace().map(|n| if n == "-" { "" } else { n }.to_owned()).collect();
    wire::Node {
        op_type: op.into(),
        input: names(inputs),
        output: names(outputs),
        attribute,
        ..Default::default()
    }
}

/// A value; `element` is the format's number of the type, a length below zero has no name.
pub(super) fn value(name: &str, element: i32, shape: &[i64]) -> wire::ValueInfo {
    let dim = |n: &i64| wire::Dimension { value: (*n >= 0).then_some(*n), param: None };
    let shape = Some(wire::Shape { dim: shape.iter().map(dim).collect() });
    let tensor = Some(wire::TensorType { element, shape });
    wire::ValueInfo { name: name.into(), kind: Some(wire::Type { tensor }) }
}

pub(super) fn row(name: &str, numbers: &[i64]) -> wire::Tensor {
    let dims = vec![numbers.len() as i64];
    wire::Tensor { name: name.into(), dims, data_type: 7, int64_data: numbers.to_vec(), ..Default::default() }
}

pub(super) fn truth(name: &str, truth: bool) -> wire::Tensor {
    wire::Tensor { name: name.into(), data_type: 9, int32_data: vec![i32::from(truth)], ..Default::default() }
}

/// Outputs are floats of unknown shape.
pub(super) fn body(inputs: Vec<wire::ValueInfo>, node: Vec<wire::Node>, outputs: &str) -> wire::Graph {
    let output = outputs.split_whitespace().map(|name| value(name, 1, &[])).collect();
    wire::Graph { input: inputs, node, output, ..Default::default() }
}

pub(super) fn model(opset: i64, graph: wire::Graph) -> wire::Model {
    let opset_import = vec![wire::OperatorSet { domain: String::new(), version: opset }];
    wire::Model { ir_version: Some(8), opset_import, graph: Some(graph), ..Default::default() }
}

pub(super) fn read_model(model: &wire::Model) -> Result<Graph> {
    read_bytes(&model.encode_to_vec(), None)
}

/// A graph of one node with the input `x`, of floats of this shape, and more constants.
pub(super) fn one(
    opset: i64,
    shape: &[i64],
    node: wire::Node,
    constants: Vec<wire::Tensor>,
) -> Result<Graph> {
    let outputs: Vec<String> = node.output.iter().filter(|n| !n.is_empty()).cloned().collect();
    let mut graph = body(vec![value("x", 1, shape)], vec![node], &outputs.join(" "));
    graph.initializer = constants;
    read_model(&model(opset, graph))
}
