//! Folding, settling and pruning.

use super::super::super::graph::{Dim, Graph, ValueId};
use super::super::super::infer::Fact;
use super::super::super::op::{Binary, Op, Unary};
use super::super::super::tensor::{DType, Tensor};
use super::super::{fold, prune, settle};
use super::evaluator::evaluate;
use super::sketch::Sketch;

fn shape(graph: &Graph, id: ValueId) -> Vec<Dim> {
    graph.values[id.0].shape.clone().unwrap()
}

#[test]
fn a_shape_computed_from_a_known_shape_is_folded() {
    let mut s = Sketch::new();
    let x = s.input(&[2, 3, 4]);
    let all = s.then(Op::Shape { start: 0, end: None }, &[x]);
    let (first, rest) = (s.hold(Tensor::row(vec![0_i64])), s.hold(Tensor::row(vec![-1_i64])));
    let n = s.then(Op::Gather { axis: 0 }, &[all, first]);
    let to = s.then(Op::Concat { axis: 0 }, &[n, rest]);
    let y = s.then(Op::Reshape { allow_zero: false }, &[x, to]);
    let mut graph = s.output(y);
    fold(&mut graph, &evaluate).unwrap();
    assert_eq!(graph.nodes.len(), 1);
    assert_eq!(shape(&graph, y), [Dim::Known(2), Dim::Known(12)]);
}

#[test]
fn an_unknown_batch_is_folded_once_it_is_settled() {
    let mut s = Sketch::new();
    let x = s.input(&[2, 3, 4]);
    s.graph.values[x.0].shape = Some(vec![Dim::Named("n".into()), Dim::Known(3), Dim::Known(4)]);
    let all = s.then(Op::Shape { start: 0, end: None }, &[x]);
    let first = s.hold(Tensor::row(vec![0_i64]));
    let (n, rest) = (s.then(Op::Gather { axis: 0 }, &[all, first]), s.hold(Tensor::row(vec![-1_i64])));
    let to = s.then(Op::Concat { axis: 0 }, &[n, rest]);
    let y = s.then(Op::Reshape { allow_zero: false }, &[x, to]);
    let mut graph = s.output(y);
    fold(&mut graph, &evaluate).unwrap();
    assert_eq!(graph.nodes.len(), 4);
    settle(&mut graph, &[Fact::new(DType::F32, &[5, 3, 4])], &evaluate).unwrap();
    assert_eq!(graph.nodes.len(), 1);
    assert_eq!(shape(&graph, y), [Dim::Known(5), Dim::Known(12)]);
    assert!(settle(&mut graph, &[], &evaluate).is_err());
}

#[test]
fn weights_that_are_computed_become_constants() {
    let mut s = Sketch::new();
    let x = s.input(&[1, 2, 3, 3]);
    let dims = s.hold(Tensor::row(vec![4_i64, 2, 1, 1]));
    let w = s.then(Op::ConstantOfShape { value: Tensor::row(vec![0.5_f32]) }, &[dims]);
    let y = s.then(super::sketch::conv(1), &[x, w]);
    let mut graph = s.output(y);
    fold(&mut graph, &evaluate).unwrap();
    assert_eq!(graph.nodes.len(), 1);
    assert_eq!(graph.constant(w).unwrap().shape(), [4, 2, 1, 1]);
    // Nobody uses the shape any more.
    assert!(graph.constant(dims).is_none());
}

#[test]
fn a_graph_that_can_never_run_is_an_error_of_its_node() {
    let mut s = Sketch::new();
    let (x, w) = (s.input(&[2, 3]), s.weights(&[4, 4]));
    let y = s.then(Op::MatMul, &[x, w]);
    let mut graph = s.output(y);
    let error = fold(&mut graph, &evaluate).unwrap_err();
    assert_eq!(error.place().key_name(), Some("node0"));
}

#[test]
fn outputs_keep_their_names_when_nodes_before_them_go() {
    let mut s = Sketch::new();
    let x = s.input(&[2]);
    let y = s.then(Op::Unary(Unary::Relu), &[x]);
    let z = s.then(Op::Identity, &[y]);
    let other = s.then(Op::Binary(Binary::Add), &[y, y]);
    s.graph.outputs.push(other);
    let mut graph = s.output(z);
    prune(&mut graph);
    graph.check().unwrap();
    assert_eq!(graph.nodes.len(), 2);
    assert_eq!(graph.outputs[1], z);
    assert_eq!(graph.nodes[1].inputs, [Some(z), Some(z)]);
}

#[test]
fn an_input_that_is_an_output_needs_a_node_between() {
    let mut s = Sketch::new();
    let x = s.input(&[2]);
    let y = s.then(Op::Identity, &[x]);
    let mut graph = s.output(y);
    prune(&mut graph);
    assert_eq!(graph.nodes.len(), 1);
}

#[test]
fn what_nobody_uses_goes() {
    let mut s = Sketch::new();
    let x = s.input(&[2]);
    let y = s.then(Op::Unary(Unary::Relu), &[x]);
    let dead = s.then(Op::Unary(Unary::Tanh), &[y]);
    s.then(Op::Unary(Unary::Tanh), &[dead]);
    let mut graph = s.output(y);
    prune(&mut graph);
    assert_eq!(graph.nodes.len(), 1);
}
