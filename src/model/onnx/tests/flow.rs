//! Order, names, subgraphs and functions.

use super::super::super::op::{Binary, Op, Unary};
use super::super::wire;
use super::sketch::{body, float, graph, model, node, one, read_model, row, truth, value};
use crate::error::ErrorKind;

fn x() -> Vec<wire::ValueInfo> {
    vec![value("x", 1, &[2])]
}

#[test]
fn nodes_out_of_order_are_put_in_order() {
    let nodes = vec![node("Relu", "a", "y", vec![]), node("Exp", "x", "a", vec![])];
    let graph = read_model(&model(13, body(x(), nodes, "y"))).unwrap();
    let ops: Vec<&Op> = graph.nodes.iter().map(|n| &n.op).collect();
    assert_eq!(ops, [&Op::Unary(Unary::Exp), &Op::Unary(Unary::Relu)]);
}

#[test]
fn circles_gaps_and_twins_are_errors() {
    let circle = vec![node("Relu", "b", "a", vec![]), node("Relu", "a", "b", vec![])];
    let gap = vec![node("Relu", "nowhere", "b", vec![])];
    let twins = vec![node("Relu", "x", "b", vec![]), node("Exp", "x", "b", vec![])];
    let shadow = vec![node("Relu", "x", "x", vec![]), node("Exp", "x", "b", vec![])];
    let nothing = vec![];
    for (nodes, word) in
        [(circle, "own result"), (gap, "nowhere"), (twins, "twice"), (shadow, "twice"), (nothing, "'b'")]
    {
        let error = read_model(&model(13, body(x(), nodes, "b"))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format);
        assert!(error.what().contains(word), "{error}");
    }
    let error = read_model(&model(13, body([x(), x()].concat(), vec![], "x"))).unwrap_err();
    assert!(error.what().contains("twice"), "{error}");
}

#[test]
fn too_many_outputs_or_inputs_are_errors() {
    assert!(one(13, &[2], node("Relu", "x", "y z", vec![]), vec![]).is_err());
    assert!(one(13, &[2], node("Relu", "x x", "y", vec![]), vec![]).is_err());
    assert!(one(13, &[2], node("Relu", "", "y", vec![]), vec![]).is_err());
}

fn choice(condition: bool) -> wire::Model {
    let then = body(vec![], vec![node("Relu", "x", "t", vec![])], "t");
    let otherwise = body(vec![], vec![node("Exp", "x", "e", vec![])], "e");
    let branches = vec![graph("then_branch", then), graph("else_branch", otherwise)];
    let mut whole = body(x(), vec![node("If", "c", "y", branches)], "y");
    whole.initializer = vec![truth("c", condition)];
    model(13, whole)
}

#[test]
fn a_decided_branch_is_written_out() {
    for (condition, op) in [(true, Unary::Relu), (false, Unary::Exp)] {
        let graph = read_model(&choice(condition)).unwrap();
        assert_eq!(graph.nodes.len(), 1);
        assert_eq!(graph.nodes[0].op, Op::Unary(op));
        assert_eq!(graph.values[graph.outputs[0].0].name, "y");
    }
}

#[test]
fn an_open_branch_is_refused_by_name() {
    let mut open = choice(true);
    let whole = open.graph.as_mut().unwrap();
    whole.initializer.clear();
    whole.input.push(value("c", 9, &[]));
    whole.node[0].name = "which".into();
    let error = read_model(&open).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.what().contains("If 'which'"), "{error}");
}

fn looped(rounds: i64) -> wire::Model {
    let inside = vec![
        node("Identity", "go", "go_on", vec![]),
        node("Add", "state x", "next", vec![]),
        node("Identity", "next", "seen", vec![]),
    ];
    let inputs = vec![value("i", 7, &[]), value("go", 9, &[]), value("state", 1, &[2])];
    let inside = body(inputs, inside, "go_on next seen");
    let mut whole =
        body(x(), vec![node("Loop", "n - x", "last all", vec![graph("body", inside)])], "last all");
    whole.initializer = vec![row("n", &[rounds])];
    model(13, whole)
}

#[test]
fn a_counted_loop_is_written_out() {
    let graph = read_model(&looped(3)).unwrap();
    let count = |op: &Op| graph.nodes.iter().filter(|n| n.op == *op).count();
    assert_eq!(count(&Op::Binary(Binary::Add)), 3);
    assert_eq!(count(&Op::Unsqueeze), 3);
    let all = graph.values[graph.outputs[1].0].shape.clone().unwrap();
    assert_eq!(all, [3, 2].map(super::super::super::graph::Dim::Known));
    assert_eq!(read_model(&looped(5000)).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(read_model(&looped(0)).unwrap_err().kind(), ErrorKind::Unsupported);
}

fn referring(name: &str, to: &str) -> wire::Attribute {
    wire::Attribute { name: name.into(), ref_attr_name: to.into(), kind: 1, ..Default::default() }
}

fn calling(attributes: Vec<wire::Attribute>) -> wire::Model {
    let mut call = node("Bend", "x", "y", attributes);
    call.domain = "mine".into();
    let mut calling = model(13, body(x(), vec![call], "y"));
    let inside =
        vec![node("LeakyRelu", "a", "b", vec![referring("alpha", "slope")]), node("Exp", "b", "c", vec![])];
    calling.functions.push(wire::Function {
        name: "Bend".into(),
        domain: "mine".into(),
        input: vec!["a".into()],
        output: vec!["c".into()],
        attribute: vec!["slope".into()],
        node: inside,
        ..Default::default()
    });
    calling
}

#[test]
fn a_function_is_written_out_with_the_attributes_of_its_call() {
    let graph = read_model(&calling(vec![float("slope", 0.25)])).unwrap();
    assert_eq!(graph.nodes[0].op, Op::Unary(Unary::LeakyRelu { alpha: 0.25 }));
    let graph = read_model(&calling(vec![])).unwrap();
    assert_eq!(graph.nodes[0].op, Op::Unary(Unary::LeakyRelu { alpha: 0.01 }));
    assert_eq!(graph.values[graph.outputs[0].0].name, "y");
}

#[test]
fn a_function_of_itself_is_an_error() {
    let mut calling = calling(vec![]);
    calling.functions[0].node[1].op_type = "Bend".into();
    calling.functions[0].node[1].domain = "mine".into();
    assert_eq!(read_model(&calling).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn an_initializer_that_is_an_input_too_is_a_constant() {
    let mut whole =
        body(vec![value("x", 1, &[2]), value("s", 7, &[1])], vec![node("Reshape", "x s", "y", vec![])], "y");
    whole.initializer = vec![row("s", &[2])];
    let graph = read_model(&model(13, whole)).unwrap();
    assert_eq!(graph.inputs.len(), 1);
}
