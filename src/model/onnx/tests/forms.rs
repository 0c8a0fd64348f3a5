//! Forms of older versions, which come out as those of the newest, and what is refused.

use super::super::super::graph::{Dim, Graph};
use super::super::super::op::{Binary, Coordinates, Nearest, Op, PadMode, Padding, Unary};
use super::super::super::tensor::{DType, Element};
use super::sketch::{body, float, floats, int, ints, model, node, one, read_model, row, text, value};
use crate::error::ErrorKind;

fn only(graph: &Graph) -> &Op {
    assert_eq!(graph.nodes.len(), 1, "{:?}", graph.nodes);
    &graph.nodes[0].op
}

/// The elements of a constant input of the last node.
fn input<T: Element>(graph: &Graph, place: usize) -> Vec<T> {
    let id = graph.nodes.last().unwrap().inputs[place].unwrap();
    graph.constant(id).unwrap().elements::<T>().unwrap().to_vec()
}

fn shape(graph: &Graph) -> Vec<Dim> {
    graph.values[graph.outputs[0].0].shape.clone().unwrap()
}

fn known(lengths: &[usize]) -> Vec<Dim> {
    lengths.iter().map(|n| Dim::Known(*n)).collect()
}

#[test]
fn limits_of_version_six_are_inputs() {
    let limits = vec![float("min", -1.0), float("max", 2.0)];
    let graph = one(6, &[2], node("Clip", "x", "y", limits), vec![]).unwrap();
    assert_eq!(*only(&graph), Op::Clip);
    assert_eq!((input::<f32>(&graph, 1), input::<f32>(&graph, 2)), (vec![-1.0], vec![2.0]));
}

#[test]
fn axes_that_were_attributes_are_inputs() {
    for (op, opset) in [("Squeeze", 11), ("ReduceSum", 11), ("ReduceMean", 13), ("ReduceMax", 17)] {
        let graph = one(opset, &[2, 1, 3], node(op, "x", "y", vec![ints("axes", &[1])]), vec![]).unwrap();
        assert_eq!(input::<i64>(&graph, 1), [1], "{op}");
    }
    let graph = one(11, &[2, 3], node("Unsqueeze", "x", "y", vec![ints("axes", &[0, -1])]), vec![]).unwrap();
    assert_eq!(shape(&graph), known(&[1, 2, 3, 1]));
}

#[test]
fn parts_edges_and_pieces_of_older_versions_are_inputs() {
    let graph =
        one(9, &[5, 4], node("Slice", "x", "y", vec![ints("starts", &[1]), ints("ends", &[-1])]), vec![]);
    assert_eq!(shape(&graph.unwrap()), known(&[3, 4]));
    let graph = one(2, &[5], node("Split", "x", "y z", vec![ints("split", &[2, 3])]), vec![]).unwrap();
    assert_eq!(*only(&graph), Op::Split { axis: 0, parts: None });
    assert_eq!(shape(&graph), known(&[2]));
    let graph = one(13, &[5], node("Split", "x", "y z", vec![]), vec![]).unwrap();
    assert_eq!(*only(&graph), Op::Split { axis: 0, parts: Some(2) });
    let pads = vec![ints("pads", &[1, 2]), float("value", 3.0)];
    let graph = one(2, &[5], node("Pad", "x", "y", pads), vec![]).unwrap();
    assert_eq!(*only(&graph), Op::Pad { mode: PadMode::Constant });
    assert_eq!((shape(&graph), input::<f32>(&graph, 2)), (known(&[8]), vec![3.0]));
    let graph = one(9, &[2, 5], node("TopK", "x", "y i", vec![int("k", 3)]), vec![]).unwrap();
    assert_eq!(*only(&graph), Op::TopK { axis: -1, largest: true, sorted: true });
    assert_eq!(shape(&graph), known(&[2, 3]));
    let graph = one(1, &[2, 5], node("Reshape", "x", "y", vec![ints("shape", &[5, 2])]), vec![]).unwrap();
    assert_eq!(shape(&graph), known(&[5, 2]));
}

#[test]
fn upsample_is_a_resize_that_rounds_down() {
    let scales = vec![floats("scales", &[1.0, 1.0, 2.0, 3.0])];
    let graph = one(7, &[1, 1, 2, 2], node("Upsample", "x", "y", scales), vec![]).unwrap();
    let Op::Resize(resize) = only(&graph) else { panic!("{graph:?}") };
    assert_eq!((resize.coordinates, resize.nearest), (Coordinates::Asymmetric, Nearest::Floor));
    assert_eq!(shape(&graph), known(&[1, 1, 4, 6]));
    assert_eq!(graph.nodes[0].inputs[1], None);
}

#[test]
fn softmax_is_flat_before_version_thirteen() {
    let graph = one(12, &[2, 3, 4], node("Softmax", "x", "y", vec![]), vec![]).unwrap();
    assert_eq!(*only(&graph), Op::Softmax { axis: 1, log: false, flat: true });
    let graph = one(13, &[2, 3, 4], node("LogSoftmax", "x", "y", vec![]), vec![]).unwrap();
    assert_eq!(*only(&graph), Op::Softmax { axis: -1, log: true, flat: false });
}

#[test]
fn a_second_input_laid_along_an_axis_gets_the_axes_it_lacks() {
    let inputs = vec![value("x", 1, &[2, 3, 4, 5]), value("b", 1, &[3])];
    let add = node("Add", "x b", "y", vec![int("broadcast", 1), int("axis", 1)]);
    let graph = read_model(&model(6, body(inputs, vec![add], "y"))).unwrap();
    assert_eq!(graph.nodes[0].op, Op::Unsqueeze);
    assert_eq!(graph.nodes[1].op, Op::Binary(Binary::Add));
    assert_eq!(shape(&graph), known(&[2, 3, 4, 5]));
}

#[test]
fn dropout_and_identity_leave_no_node_behind() {
    let nodes = vec![
        node("Dropout", "x", "a", vec![float("ratio", 0.5)]),
        node("Identity", "a", "b", vec![]),
        node("Relu", "b", "y", vec![]),
    ];
    let graph = read_model(&model(11, body(vec![value("x", 1, &[2])], nodes, "y"))).unwrap();
    assert_eq!(*only(&graph), Op::Unary(Unary::Relu));
    // With nothing else, an output is still not its input.
    let graph = one(11, &[2], node("Identity", "x", "y", vec![]), vec![]).unwrap();
    assert_eq!(*only(&graph), Op::Identity);
    assert_eq!(graph.values[graph.outputs[0].0].name, "y");
}

#[test]
fn padding_is_explicit_or_automatic_and_not_both() {
    let conv = |attributes| {
        let w = wire_weights();
        one(11, &[1, 1, 5, 5], node("Conv", "x w", "y", attributes), vec![w])
    };
    let graph = conv(vec![text("auto_pad", "SAME_UPPER"), ints("strides", &[2, 2])]).unwrap();
    let Op::Conv(op) = only(&graph) else { panic!("{graph:?}") };
    assert_eq!(op.window.padding, Padding::SameUpper);
    assert_eq!(shape(&graph), known(&[1, 1, 3, 3]));
    let both = vec![text("auto_pad", "VALID"), ints("pads", &[1, 1, 1, 1])];
    assert_eq!(conv(both).unwrap_err().kind(), ErrorKind::Format);
    assert_eq!(conv(vec![text("auto_pad", "SOME")]).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(conv(vec![ints("strides", &[0, 1])]).unwrap_err().kind(), ErrorKind::Usage);
    assert_eq!(conv(vec![ints("pads", &[1, 1])]).unwrap_err().kind(), ErrorKind::Usage);
    assert_eq!(conv(vec![int("group", 0)]).unwrap_err().kind(), ErrorKind::Usage);
}

fn wire_weights() -> super::super::wire::Tensor {
    super::super::wire::Tensor {
        name: "w".into(),
        dims: vec![1, 1, 3, 3],
        data_type: 1,
        float_data: vec![1.0; 9],
        ..Default::default()
    }
}

#[test]
fn all_that_cannot_be_run_is_named_at_once() {
    let mut odd = node("FusedConv", "a", "b", vec![]);
    odd.domain = "com.microsoft".into();
    odd.name = "fused_3".into();
    let mut lstm = node("LSTM", "x", "a", vec![]);
    lstm.name = "memory".into();
    let nodes = vec![lstm, odd, node("Relu", "b", "c", vec![int("speed", 3)])];
    let error = read_model(&model(11, body(vec![value("x", 1, &[2])], nodes, "c"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    for part in ["LSTM 'memory'", "FusedConv 'fused_3'", "com.microsoft", "Relu", "'speed'"] {
        assert!(error.what().contains(part), "{error}");
    }
}

#[test]
fn the_version_must_be_known() {
    for (opset, kind) in [(99, ErrorKind::Unsupported), (0, ErrorKind::Format), (-3, ErrorKind::Format)] {
        let error = one(opset, &[2], node("Relu", "x", "y", vec![]), vec![]).unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

#[test]
fn a_type_to_cast_to_is_taken_from_its_neighbour() {
    let inputs = vec![value("x", 1, &[2]), value("like", 7, &[1])];
    let cast = node("CastLike", "x like", "y", vec![]);
    let graph = read_model(&model(19, body(inputs, vec![cast], "y"))).unwrap();
    assert_eq!(*only(&graph), Op::Cast { to: DType::I64, saturate: true });
}

#[test]
fn shapes_that_cannot_fit_are_found_at_load() {
    let matmul = node("MatMul", "x w", "y", vec![]);
    let mut w = wire_weights();
    w.dims = vec![9, 1];
    let mut named = matmul.clone();
    named.name = "head".into();
    let error = one(13, &[2, 4], named, vec![w.clone()]).unwrap_err();
    assert_eq!((error.kind(), error.place().key_name()), (ErrorKind::Length, Some("MatMul head")));
    assert!(one(13, &[2, 9], matmul, vec![w]).is_ok());
}

#[test]
fn a_name_for_any_length_is_no_name() {
    for (name, kept) in [("N", "N"), ("?", ""), ("-1", ""), ("None", ""), ("='N'*2", ""), ("", "")] {
        let mut x = value("x", 1, &[-1, -1]);
        let shape = x.kind.as_mut().unwrap().tensor.as_mut().unwrap().shape.as_mut().unwrap();
        shape.dim.iter_mut().for_each(|dim| dim.param = Some(name.into()));
        let graph = read_model(&model(13, body(vec![x], vec![node("Relu", "x", "y", vec![])], "y"))).unwrap();
        assert_eq!(self::shape(&graph), [Dim::Named(kept.into()), Dim::Named(kept.into())]);
    }
}

#[test]
fn a_first_dimension_without_a_number_stays_open() {
    let graph = one(13, &[-1, 4, 2], node("Reshape", "x s", "y", vec![]), vec![row("s", &[0, -1])]).unwrap();
    assert!(matches!(&shape(&graph)[..], [Dim::Named(_), _]));
}
