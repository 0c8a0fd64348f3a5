//! Graphs filled from files: they compute what graphs with the same constants do.

use super::super::super::{Binary, DType, Device, Dim, Graph, Op, Session, Tensor, ValueId};
use super::super::{NameMap, Rule, Weights};
use super::{floats, safetensors};
use crate::error::ErrorKind;
use crate::job::Job;

fn known(shape: &[usize]) -> Vec<Dim> {
    shape.iter().copied().map(Dim::Known).collect()
}

/// y = x · w + b, with w and b inputs.
fn line(dtype: DType) -> Graph {
    let mut graph = Graph::default();
    let x = graph.take("x", dtype, vec![Dim::Named("N".to_owned()), Dim::Named("C".to_owned())]);
    let w = graph.take("fc.weight", dtype, vec![Dim::Named("C".to_owned()), Dim::Known(2)]);
    let b = graph.take("fc.bias", dtype, known(&[2]));
    let y = graph.then(Op::MatMul, &[x, w]);
    let y = graph.then(Op::Binary(Binary::Add), &[y, b]);
    graph.give(vec![y]);
    graph
}

fn weights() -> Weights {
    floats(&[("fc.weight", "(3, 2)", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), ("fc.bias", "(2,)", &[0.5, -0.5])])
}

fn run(graph: Graph, x: Tensor) -> Tensor {
    let session = Session::new(graph, Device::Cpu, &Job::new()).unwrap();
    session.run(vec![x]).unwrap().remove(0)
}

#[test]
fn inputs_become_constants_and_the_model_runs() {
    let mut graph = line(DType::F32);
    let filled = graph.fill(&weights(), &NameMap::default()).unwrap();
    assert_eq!((filled.filled, filled.replaced, filled.numbers), (2, 0, 8));
    assert_eq!(filled.inputs, ["x"]);
    // The axis that x shares with the weights is known now.
    assert_eq!(graph.value(ValueId(0)).unwrap().shape.as_ref().unwrap()[1], Dim::Known(3));
    let y = run(graph, Tensor::new(&[1, 3], vec![1.0_f32, 10.0, 100.0]).unwrap());
    assert_eq!(y, Tensor::new(&[1, 2], vec![531.5_f32, 641.5]).unwrap());
}

#[test]
fn tensors_are_found_by_the_map_and_laid_as_it_says() {
    let file = floats(&[
        ("l/W", "(2, 3)", &[1.0, 3.0, 5.0, 2.0, 4.0, 6.0]),
        ("l/b", "(1, 2)", &[0.5, -0.5]),
        ("l/N", "()", &[9.0]),
    ]);
    let text = r#"
        unused = ["*/N"]
        [names]
        "fc.weight" = { key = "l/W", axes = [1, 0] }
        "fc.bias" = { key = "l/b", shape = [2] }
    "#;
    let mut graph = line(DType::F32);
    let filled = graph.fill(&file, &NameMap::from_toml(text).unwrap()).unwrap();
    assert_eq!(filled.unused, ["l/N"]);
    let y = run(graph, Tensor::new(&[1, 3], vec![1.0_f32, 10.0, 100.0]).unwrap());
    assert_eq!(y, Tensor::new(&[1, 2], vec![531.5_f32, 641.5]).unwrap());
}

#[test]
fn all_that_does_not_fit_is_told_at_once() {
    let mut graph = line(DType::F32);
    let before = format!("{graph:?}");
    let file = floats(&[("fc.weight", "(3, 2)", &[0.0; 6]), ("top", "()", &[0.0]), ("low", "()", &[0.0])]);
    let names = NameMap::default().with("fc.bias", Rule::key("fc/b")).unwrap();
    let names = names.with("fc.scale", Rule::key("low")).unwrap();
    let error = graph.fill(&file, &names).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    let text = error.to_string();
    for part in ["fc.bias (as 'fc/b')", "asks for: top, low", "graph has not: fc.scale"] {
        assert!(text.contains(part), "{text} without {part}");
    }
    assert_eq!(format!("{graph:?}"), before);
    // The same with those keys let be, and inputs that have to be all there are.
    let text = "unused = [\"top\", \"low\"]\ninputs = [\"x\"]";
    let error = graph.fill(&file, &NameMap::from_toml(text).unwrap()).unwrap_err().to_string();
    assert!(error.contains("file has not: fc.bias"), "{error}");
}

#[test]
fn an_input_that_only_weights_can_be_has_to_be_filled() {
    let mut graph = Graph::default();
    let x = graph.take("x", DType::F32, known(&[1, 2]));
    let w = graph.take("fc.weight", DType::F32, known(&[2, 1]));
    let product = Op::Gemm { alpha: 1.0, beta: 1.0, trans_a: false, trans_b: false };
    let y = graph.then(product, &[x, w]);
    graph.give(vec![y]);
    let file = floats(&[("weight", "(2, 1)", &[2.0, 3.0])]);
    let names = NameMap::default().without("weight").unwrap();
    let error = graph.fill(&file, &names).unwrap_err().to_string();
    assert!(error.contains("file has not: fc.weight"), "{error}");
    let names = NameMap::default().with("fc.*", Rule::key("*")).unwrap();
    assert_eq!(graph.fill(&file, &names).unwrap().inputs, ["x"]);
}

#[test]
fn tensors_of_other_shapes_and_kinds_are_refused_and_the_graph_stays() {
    let mut graph = line(DType::F32);
    let before = format!("{graph:?}");
    let rows: [(&str, &str, &[f32]); 2] =
        [("fc.weight", "(2, 3)", &[0.0; 6]), ("fc.bias", "(2,)", &[0.0; 2])];
    let error = graph.fill(&floats(&rows), &NameMap::default()).unwrap_err();
    assert!(error.kind() == ErrorKind::Length && error.to_string().contains("[C, 2]"), "{error}");
    let names = NameMap::default();
    let axes = Rule { axes: Some(vec![0, 0]), ..Rule::key("fc.weight") };
    let error = graph.fill(&floats(&rows), &names.clone().with("fc.weight", axes).unwrap()).unwrap_err();
    assert!(error.to_string().contains("no order"), "{error}");
    let header = r#"{"fc.weight":{"dtype":"I32","shape":[3,2],"data_offsets":[0,24]},
        "fc.bias":{"dtype":"F32","shape":[2],"data_offsets":[24,32]}}"#;
    let whole = Weights::from_bytes(safetensors(header, &[0; 32])).unwrap();
    assert_eq!(graph.fill(&whole, &names).unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(format!("{graph:?}"), before);
}

#[test]
fn axes_of_one_name_are_equally_long() {
    let mut graph = line(DType::F32);
    let other = graph.take("other", DType::F32, vec![Dim::Named("C".to_owned())]);
    let shape = graph.then(Op::Identity, &[other]);
    graph.give(vec![shape]);
    let rows: [(&str, &str, &[f32]); 3] =
        [("fc.weight", "(3, 2)", &[0.0; 6]), ("fc.bias", "(2,)", &[0.0; 2]), ("other", "(2,)", &[0.0; 2])];
    assert_eq!(graph.fill(&floats(&rows), &NameMap::default()).unwrap_err().kind(), ErrorKind::Length);
}

#[test]
fn halves_and_doubles_become_what_the_graph_has() {
    let header = r#"{"fc.weight":{"dtype":"BF16","shape":[3,2],"data_offsets":[0,12]},
        "fc.bias":{"dtype":"F64","shape":[2],"data_offsets":[12,28]}}"#;
    let file = |bias: f64| {
        let one = half::bf16::from_f32(1.5).to_le_bytes();
        let mut data: Vec<u8> = one.repeat(6);
        data.extend([bias, 0.1].iter().flat_map(|n| n.to_le_bytes()));
        Weights::from_bytes(safetensors(header, &data)).unwrap()
    };
    let mut graph = line(DType::F32);
    graph.fill(&file(0.25), &NameMap::default()).unwrap();
    let y = run(graph, Tensor::new(&[1, 3], vec![1.0_f32, 2.0, 4.0]).unwrap());
    assert_eq!(y, Tensor::new(&[1, 2], vec![10.75_f32, 10.6]).unwrap());
    // What a single cannot hold is told.
    let error = line(DType::F32).fill(&file(1e300), &NameMap::default()).unwrap_err();
    assert!(error.to_string().contains("cannot hold"), "{error}");
}

#[test]
fn whole_numbers_become_those_of_the_graph_if_it_can_hold_them() {
    let header = r#"{"at":{"dtype":"I64","shape":[2],"data_offsets":[0,16]}}"#;
    let fill = |numbers: [i64; 2], dtype: DType| {
        let mut graph = Graph::default();
        let at = graph.take("at", dtype, known(&[2]));
        graph.give(vec![at]);
        let data: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
        let file = Weights::from_bytes(safetensors(header, &data)).unwrap();
        graph.fill(&file, &NameMap::default()).map(|_| graph.constant(at).unwrap().clone())
    };
    assert_eq!(fill([-3, 70_000], DType::I32).unwrap(), Tensor::row(vec![-3_i32, 70_000]));
    assert!(fill([-3, 1 << 40], DType::I32).unwrap_err().to_string().contains("cannot hold"));
    assert_eq!(fill([-3, 0], DType::U8).unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(fill([0, 0], DType::F32).unwrap_err().kind(), ErrorKind::Type);
}

#[test]
fn constants_are_replaced_where_the_map_says() {
    let mut graph = line(DType::F32);
    graph.fill(&weights(), &NameMap::default()).unwrap();
    let file = floats(&[("fc.bias", "(2,)", &[7.0, 7.0])]);
    // Nobody asks for it unless the map says so.
    assert_eq!(graph.clone().fill(&file, &NameMap::default()).unwrap_err().kind(), ErrorKind::Mismatch);
    let filled = graph.fill(&file, &NameMap::default().replacing("fc.*").unwrap()).unwrap();
    assert_eq!((filled.filled, filled.replaced), (0, 1));
    let y = run(graph, Tensor::new(&[1, 3], vec![0.0_f32; 3]).unwrap());
    assert_eq!(y, Tensor::new(&[1, 2], vec![7.0_f32, 7.0]).unwrap());
    let mut graph = line(DType::F32);
    graph.fill(&weights(), &NameMap::default()).unwrap();
    let file = floats(&[("fc.bias", "(3,)", &[7.0; 3])]);
    let error = graph.fill(&file, &NameMap::default().replacing("*").unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Length);
}
