//! What is drawn into what, and that the results stay.

use super::super::super::graph::{Graph, ValueId};
use super::super::super::op::{Activation, Binary, Op, PadMode, Unary, Variadic};
use super::super::super::tensor::Tensor;
use super::super::improve;
use super::evaluator::{evaluate, run};
use super::sketch::{Sketch, conv, conv_transpose};

/// The graph improved, after its results were found to be the same.
fn improved(graph: Graph) -> Graph {
    let mut numbers = Sketch::new();
    let inputs: Vec<Tensor> = graph
        .inputs
        .iter()
        .map(|id| {
            let shape = &graph.values[id.0].shape.as_ref().unwrap();
            let shape: Vec<usize> = shape
                .iter()
                .map(|d| match d {
                    super::super::super::graph::Dim::Known(n) => *n,
                    other => panic!("{other:?}"),
                })
                .collect();
            Tensor::new(&shape, numbers.numbers(shape.iter().product())).unwrap()
        })
        .collect();
    let mut better = graph.clone();
    improve(&mut better, &evaluate).unwrap();
    for (a, b) in run(&graph, &inputs).iter().zip(run(&better, &inputs)) {
        assert_eq!(a.shape(), b.shape());
        for (a, b) in a.elements::<f32>().unwrap().iter().zip(b.elements::<f32>().unwrap()) {
            assert!((a - b).abs() <= 1e-4 + 1e-4 * a.abs(), "{a} {b}");
        }
    }
    let names = |graph: &Graph| -> Vec<String> {
        graph.outputs.iter().map(|id| graph.values[id.0].name.clone()).collect()
    };
    assert_eq!(names(&graph), names(&better));
    // Once more changes nothing.
    let count = better.nodes.len();
    improve(&mut better, &evaluate).unwrap();
    assert_eq!(better.nodes.len(), count);
    better
}

fn only(graph: &Graph) -> &Op {
    assert_eq!(graph.nodes.len(), 1, "{:?}", graph.nodes);
    &graph.nodes[0].op
}

fn normalize(s: &mut Sketch, x: ValueId, c: usize) -> ValueId {
    let (scale, bias, mean, variance) = (s.weights(&[c]), s.weights(&[c]), s.weights(&[c]), s.positive(&[c]));
    s.then(Op::BatchNormalization { epsilon: 1e-3 }, &[x, scale, bias, mean, variance])
}

const ADD: Op = Op::Binary(Binary::Add);
const MUL: Op = Op::Binary(Binary::Mul);

#[test]
fn a_bottleneck_becomes_one_convolution_a_stage() {
    let mut s = Sketch::new();
    let x = s.input(&[2, 4, 5, 6]);
    let (w, v) = (s.weights(&[6, 2, 3, 3]), s.weights(&[4, 6, 3, 3]));
    let y = s.then(conv(2), &[x, w]);
    let y = normalize(&mut s, y, 6);
    let y = s.then(Op::Unary(Unary::Relu), &[y]);
    let y = s.then(conv(1), &[y, v]);
    let y = normalize(&mut s, y, 4);
    let y = s.then(ADD, &[y, x]);
    let y = s.then(Op::Unary(Unary::Relu), &[y]);
    let graph = improved(s.output(y));
    assert_eq!(graph.nodes.len(), 2);
    let Op::Conv(last) = &graph.nodes[1].op else { panic!("{:?}", graph.nodes[1]) };
    assert!(last.epilogue.residual);
    assert_eq!(last.epilogue.activation, Some(Activation::Unary(Unary::Relu)));
    assert_eq!(graph.nodes[1].inputs.len(), 4);
}

#[test]
fn a_transposed_convolution_in_groups_takes_its_normalisation() {
    let mut s = Sketch::new();
    let x = s.input(&[1, 4, 3, 3]);
    let (w, b) = (s.weights(&[4, 3, 3, 3]), s.weights(&[6]));
    let y = s.then(conv_transpose(2), &[x, w, b]);
    let y = normalize(&mut s, y, 6);
    let y = s.then(Op::Unary(Unary::Sigmoid), &[y]);
    assert!(matches!(only(&improved(s.output(y))), Op::ConvTranspose(_)));
}

#[test]
fn a_matrix_product_takes_its_row_and_its_normalisation() {
    for trans_b in [false, true] {
        let mut s = Sketch::new();
        let x = s.input(&[3, 4]);
        let (w, c) = (s.weights(if trans_b { &[5, 4] } else { &[4, 5] }), s.weights(&[1, 5]));
        let y = s.then(Op::Gemm { alpha: 0.5, beta: 2.0, trans_a: false, trans_b }, &[x, w, c]);
        let y = normalize(&mut s, y, 5);
        assert!(matches!(only(&improved(s.output(y))), Op::Gemm { .. }));
    }
    let mut s = Sketch::new();
    let x = s.input(&[3, 4]);
    let (w, c) = (s.weights(&[4, 5]), s.weights(&[5]));
    let y = s.then(Op::MatMul, &[x, w]);
    let y = s.then(ADD, &[c, y]);
    assert!(matches!(only(&improved(s.output(y))), Op::Gemm { .. }));
}

#[test]
fn factors_and_terms_a_channel_go_into_the_weights() {
    for (op, on_left) in [Binary::Add, Binary::Sub, Binary::Mul, Binary::Div]
        .into_iter()
        .flat_map(|op| [(op, true), (op, false)])
    {
        let mut s = Sketch::new();
        let x = s.input(&[1, 2, 4, 4]);
        let (w, c) = (s.weights(&[3, 2, 3, 3]), s.positive(&[3, 1, 1]));
        let y = s.then(conv(1), &[x, w]);
        let y = s.then(Op::Binary(op), &if on_left { [y, c] } else { [c, y] });
        let graph = improved(s.output(y));
        // A constant divided by the result is not linear.
        assert_eq!(graph.nodes.len(), if op == Binary::Div && !on_left { 2 } else { 1 }, "{op:?} {on_left}");
    }
}

#[test]
fn a_normalisation_that_stands_alone_takes_the_factor_and_term_behind_it() {
    let mut s = Sketch::new();
    let x = s.input(&[2, 3, 2, 2]);
    let (factor, term) = (s.weights(&[3, 1, 1]), s.weights(&[1, 3, 1, 1]));
    let y = normalize(&mut s, x, 3);
    let y = s.then(MUL, &[y, factor]);
    let y = s.then(ADD, &[term, y]);
    assert!(matches!(only(&improved(s.output(y))), Op::BatchNormalization { .. }));
}

#[test]
fn a_sum_of_two_is_a_residual_too() {
    let mut s = Sketch::new();
    let x = s.input(&[1, 2, 4, 4]);
    let w = s.weights(&[2, 2, 3, 3]);
    let y = s.then(conv(1), &[x, w]);
    let y = s.then(Op::Variadic(Variadic::Sum), &[x, y]);
    assert!(matches!(only(&improved(s.output(y))), Op::Conv(_)));
}

#[test]
fn a_term_along_the_last_axis_is_not_one_a_channel() {
    let mut s = Sketch::new();
    let x = s.input(&[1, 2, 4, 3]);
    let (w, c) = (s.weights(&[3, 2, 3, 3]), s.weights(&[3]));
    let y = s.then(conv(1), &[x, w]);
    let y = s.then(ADD, &[y, c]);
    assert_eq!(improved(s.output(y)).nodes.len(), 2);
}

#[test]
fn what_two_nodes_use_is_not_drawn_in() {
    let mut s = Sketch::new();
    let x = s.input(&[1, 2, 4, 4]);
    let w = s.weights(&[2, 2, 3, 3]);
    let y = s.then(conv(1), &[x, w]);
    let z = s.then(Op::Unary(Unary::Relu), &[y]);
    s.graph.outputs.push(y);
    assert_eq!(improved(s.output(z)).nodes.len(), 2);
}

#[test]
fn a_broadcast_sum_is_no_residual() {
    let mut s = Sketch::new();
    let (x, other) = (s.input(&[2, 2, 4, 4]), s.input(&[1, 2, 4, 4]));
    let w = s.weights(&[2, 2, 3, 3]);
    let y = s.then(conv(1), &[x, w]);
    let y = s.then(ADD, &[y, other]);
    assert_eq!(improved(s.output(y)).nodes.len(), 2);
}

#[test]
fn padding_of_zeros_goes_into_the_convolution() {
    let pad = |fill: f32, pads: &[i64]| {
        let mut s = Sketch::new();
        let x = s.input(&[1, 2, 4, 4]);
        let (w, pads, fill) = (s.weights(&[3, 2, 3, 3]), s.hold(Tensor::row(pads.to_vec())), s.scalar(fill));
        let y = s.then(Op::Pad { mode: PadMode::Constant }, &[x, pads, fill]);
        let y = s.then(conv(1), &[y, w]);
        improved(s.output(y)).nodes.len()
    };
    assert_eq!(pad(0.0, &[0, 0, 1, 2, 0, 0, 0, 1]), 1);
    assert_eq!(pad(1.0, &[0, 0, 1, 2, 0, 0, 0, 1]), 2);
    assert_eq!(pad(0.0, &[0, 0, -1, 2, 0, 0, 0, 1]), 2);
    assert_eq!(pad(0.0, &[1, 0, 1, 2, 0, 0, 0, 1]), 2);
}

#[test]
fn written_out_activations_are_recognised() {
    let clip = |s: &mut Sketch, x: ValueId| {
        let (three, low, high, six) = (s.scalar(3.0), s.scalar(0.0), s.scalar(6.0), s.scalar(6.0));
        let sum = s.then(ADD, &[x, three]);
        let clipped = s.then(Op::Clip, &[sum, low, high]);
        let product = s.then(MUL, &[x, clipped]);
        s.then(Op::Binary(Binary::Div), &[product, six])
    };
    let apply = |s: &mut Sketch, op: Unary, x: ValueId| {
        let y = s.then(Op::Unary(op), &[x]);
        s.then(MUL, &[y, x])
    };
    type Form<'a> = &'a dyn Fn(&mut Sketch, ValueId) -> ValueId;
    let forms: [(Form<'_>, Unary); 4] = [
        (&|s, x| apply(s, Unary::Sigmoid, x), Unary::Swish { alpha: 1.0 }),
        (&|s, x| apply(s, Unary::HardSigmoid { alpha: 1.0 / 6.0, beta: 0.5 }, x), Unary::HardSwish),
        (&clip, Unary::HardSwish),
        (
            &|s, x| {
                let y = s.then(Op::Unary(Unary::Softplus), &[x]);
                let y = s.then(Op::Unary(Unary::Tanh), &[y]);
                s.then(MUL, &[x, y])
            },
            Unary::Mish,
        ),
    ];
    for (form, op) in forms {
        let mut s = Sketch::new();
        let x = s.input(&[2, 3]);
        let y = form(&mut s, x);
        assert_eq!(*only(&improved(s.output(y))), Op::Unary(op));
        // Behind a convolution it is an activation.
        let mut s = Sketch::new();
        let x = s.input(&[1, 2, 4, 4]);
        let w = s.weights(&[3, 2, 3, 3]);
        let y = s.then(conv(1), &[x, w]);
        let y = form(&mut s, y);
        let graph = improved(s.output(y));
        let Op::Conv(conv) = only(&graph) else { panic!("{op:?}") };
        assert_eq!(conv.epilogue.activation, Some(Activation::Unary(op)));
    }
}

#[test]
fn limits_are_an_activation() {
    let mut s = Sketch::new();
    let x = s.input(&[1, 2, 4, 4]);
    let (w, high) = (s.weights(&[3, 2, 3, 3]), s.scalar(0.5));
    let y = s.then(conv(1), &[x, w]);
    let y = s.then_some(Op::Clip, &[Some(y), None, Some(high)]);
    let graph = improved(s.output(y));
    let Op::Conv(conv) = only(&graph) else { panic!("not drawn in") };
    assert_eq!(conv.epilogue.activation, Some(Activation::Clip { min: f32::NEG_INFINITY, max: 0.5 }));
}
