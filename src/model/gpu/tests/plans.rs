//! Whole graphs: what a plan promises about submissions, readbacks, refusals and wrong inputs.

use super::{device, near, noise};
use crate::error::{Error, ErrorKind, Result};
use crate::model::gpu::{Device, Plan, Which, host_inputs};
use crate::model::graph::{Graph, Node, Value, ValueId};
use crate::model::infer::Fact;
use crate::model::op::{Op, Unary};
use crate::model::tensor::{DType, Tensor};

fn nothing(_: &Op, _: &[Option<&Tensor>], _: usize) -> Result<Vec<Tensor>> {
    Err(Error::new(ErrorKind::Failed, "nothing is computed on the host"))
}

/// A chain of operators on one input; others' inputs are constants.
fn chain(ops: Vec<(Op, Vec<Tensor>)>) -> Graph {
    let mut graph = Graph::default();
    let value = |graph: &mut Graph, constant: Option<Tensor>| {
        graph.values.push(Value { name: format!("v{}", graph.values.len()), constant, ..Value::default() });
        ValueId(graph.values.len() - 1)
    };
    let mut last = value(&mut graph, None);
    graph.inputs.push(last);
    for (number, (op, constants)) in ops.into_iter().enumerate() {
        let mut inputs = vec![Some(last)];
        for constant in constants {
            inputs.push(Some(value(&mut graph, Some(constant))));
        }
        last = value(&mut graph, None);
        graph.nodes.push(Node { name: format!("node_{number}"), op, inputs, outputs: vec![Some(last)] });
    }
    graph.outputs.push(last);
    graph
}

fn fact(shape: &[usize]) -> Fact {
    Fact::new(DType::F32, shape)
}

#[test]
fn a_run_is_one_submission_and_one_readback() {
    let Some(device) = device() else { return };
    let weights = noise(&[10, 6], 2);
    let graph = chain(vec![
        (Op::Unary(Unary::Relu), vec![]),
        (Op::Transpose { perm: None }, vec![]),
        (Op::MatMul, vec![weights.clone()]),
        (Op::Softmax { axis: -1, log: false, flat: false }, vec![]),
    ]);
    let mut plan = Plan::new(&device, &graph, &[fact(&[10, 3])], &nothing).unwrap();
    let x = noise(&[10, 3], 1);
    let first = plan.run(&[&x]).unwrap();
    let second = plan.run(&[&x]).unwrap();
    assert_eq!(first, second);
    let counters = plan.counters();
    assert_eq!((counters.nodes, counters.submits, counters.readbacks), (4, 2, 2));
    let (x, w) = (x.elements::<f32>().unwrap(), weights.elements::<f32>().unwrap());
    let mut wanted = Vec::new();
    for i in 0..3 {
        let sum = |j: usize| {
            (0..10).map(|k| f64::from(x[k * 3 + i].max(0.0)) * f64::from(w[k * 6 + j])).sum::<f64>()
        };
        let line: Vec<f64> = (0..6).map(|j| sum(j).exp()).collect();
        wanted.extend(line.iter().map(|v| v / line.iter().sum::<f64>()));
    }
    near(&first[0], &wanted, 10, "chain");
}

#[test]
fn a_node_without_a_kernel_is_refused_by_its_name() {
    let Some(device) = device() else { return };
    let graph = chain(vec![(Op::Cast { to: DType::F64, saturate: true }, vec![])]);
    let error = Plan::new(&device, &graph, &[fact(&[2])], &nothing).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("node_0 (Cast)"), "{error}");
}

#[test]
fn inputs_that_were_not_planned_for_are_refused() {
    let Some(device) = device() else { return };
    let graph = chain(vec![(Op::Unary(Unary::Exp), vec![])]);
    let mut plan = Plan::new(&device, &graph, &[fact(&[2, 2])], &nothing).unwrap();
    assert_eq!(plan.run(&[&noise(&[4], 1)]).unwrap_err().kind(), ErrorKind::Length);
    assert_eq!(plan.run(&[]).unwrap_err().kind(), ErrorKind::Length);
    assert_eq!(
        plan.run(&[&Tensor::new(&[2, 2], vec![1_i32; 4]).unwrap()]).unwrap_err().kind(),
        ErrorKind::Length
    );
    assert!(Plan::new(&device, &graph, &[], &nothing).is_err());
}

#[test]
fn a_tensor_over_the_bounds_of_the_device_is_refused() {
    let Some(device) = device() else { return };
    let words = usize::try_from(device.largest() / 4 + 1).unwrap();
    let graph = chain(vec![(Op::Unary(Unary::Exp), vec![])]);
    assert_eq!(Plan::new(&device, &graph, &[fact(&[words])], &nothing).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn shapes_and_axes_are_needed_when_planning_and_data_are_not() {
    let mut graph = chain(vec![(Op::Reshape { allow_zero: false }, vec![])]);
    graph.values.push(Value::default());
    let shape = ValueId(graph.values.len() - 1);
    graph.inputs.push(shape);
    graph.nodes[0].inputs.push(Some(shape));
    assert_eq!(host_inputs(&graph), [shape]);
}

#[test]
fn an_adapter_that_is_not_there_is_an_error() {
    assert!(Device::open(Which::Number(1000)).is_err());
}
