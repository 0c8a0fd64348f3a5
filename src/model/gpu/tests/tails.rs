//! Values whose length depends on elements, and what is computed from them: against the processor, and counted.

use super::{device, noise};
use crate::job::Job;
use crate::model::graph::{Dim, Graph, ValueId};
use crate::model::op::{Binary, Op, Unary};
use crate::model::tensor::{DType, Tensor};
use crate::model::{Device, Session};

const BOXES: usize = 200;

/// A detector with its suppression inside: the kept boxes, their scores and classes, and how many there are.
fn detector() -> Graph {
    let mut graph = Graph::default();
    let known = |n: usize| Dim::Known(n);
    let raw = graph.take("boxes", DType::F32, vec![known(1), known(BOXES), known(4)]);
    let scores = graph.take("scores", DType::F32, vec![known(1), known(3), known(BOXES)]);
    let raw = graph.then(Op::Unary(Unary::Sigmoid), &[raw]);
    let scale = graph.hold(Tensor::row(vec![3.0_f32, 3.0, 1.0, 1.0]));
    let boxes = graph.then(Op::Binary(Binary::Mul), &[raw, scale]);
    let limits = [Tensor::scalar(20_i64)].map(|limit| graph.hold(limit));
    let bounds = [0.3_f32, 0.4].map(|bound| graph.hold(Tensor::scalar(bound)));
    let op = Op::NonMaxSuppression { center_point_box: true };
    let kept = graph.then(op, &[boxes, scores, limits[0], bounds[0], bounds[1]]);
    let column = |graph: &mut Graph, at: i64| -> ValueId {
        let at = graph.hold(Tensor::scalar(at));
        graph.then(Op::Gather { axis: 1 }, &[kept, at])
    };
    let (classes, places) = (column(&mut graph, 1), column(&mut graph, 2));
    let shape = graph.hold_row(&[BOXES as i64, 4]);
    let rows = graph.then(Op::Reshape { allow_zero: false }, &[boxes, shape]);
    let found = graph.then(Op::Gather { axis: 0 }, &[rows, places]);
    let twice = graph.then(Op::Binary(Binary::Add), &[found, found]);
    let sure = graph.then(Op::GatherNd { batch_dims: 0 }, &[scores, kept]);
    let count = graph.then(Op::Shape { start: 0, end: Some(1) }, &[classes]);
    graph.give(vec![twice, sure, classes, count, boxes]);
    graph
}

fn same(a: &[Tensor], b: &[Tensor]) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert_eq!((a.shape(), a.dtype()), (b.shape(), b.dtype()));
        match (a.elements::<f32>(), b.elements::<f32>()) {
            (Some(a), Some(b)) => assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5)),
            _ => assert_eq!(a, b),
        }
    }
}

#[test]
fn what_follows_a_suppression_runs_on_the_device_with_one_readback_more() {
    if device().is_none() {
        return;
    }
    let job = Job::new();
    let ours = Session::new(detector(), Device::Gpu(0), &job).unwrap();
    let plain = Session::new(detector(), Device::Cpu, &job).unwrap();
    let mut lengths = Vec::new();
    for (seed, shift) in [(1, 0.0), (2, -0.3), (3, -5.0), (1, 0.0)] {
        let scores: Vec<f32> = noise(&[3 * BOXES], seed).elements::<f32>().unwrap().to_vec();
        let scores = scores.iter().map(|score| score + shift).collect();
        let scores = Tensor::new(&[1, 3, BOXES], scores).unwrap();
        let inputs = vec![noise(&[1, BOXES, 4], seed + 10), scores];
        let got = ours.run(inputs.clone()).unwrap();
        same(&got, &plain.run(inputs).unwrap());
        lengths.push(got[0].shape()[0]);
    }
    assert!(lengths[0] > 10 && lengths[1] != lengths[0] && lengths[2] == 0 && lengths[3] == lengths[0]);
    // Two a run, even where nothing is found.
    let counts = ours.counts();
    assert_eq!((counts.runs, counts.plans, counts.submits, counts.readbacks), (4, 1, 8, 8));
}

#[test]
fn lengths_that_depend_on_lengths_that_depend_on_elements_are_cut_again() {
    if device().is_none() {
        return;
    }
    let build = || {
        let mut graph = Graph::default();
        let x = graph.take("x", DType::F32, vec![Dim::Known(6), Dim::Known(5)]);
        let x = graph.then(Op::Unary(Unary::Relu), &[x]);
        let places = graph.then(Op::NonZero, &[x]);
        let places = graph.then(Op::Transpose { perm: None }, &[places]);
        let found = graph.then(Op::GatherNd { batch_dims: 0 }, &[x, places]);
        let half = graph.hold(Tensor::scalar(0.5_f32));
        let large = graph.then(Op::Binary(Binary::Sub), &[found, half]);
        let large = graph.then(Op::Unary(Unary::Relu), &[large]);
        let again = graph.then(Op::NonZero, &[large]);
        let zero = graph.hold_row(&[0]);
        let again = graph.then(Op::Squeeze, &[again, zero]);
        let last = graph.then(Op::Gather { axis: 0 }, &[found, again]);
        graph.give(vec![last, found]);
        graph
    };
    let job = Job::new();
    let ours = Session::new(build(), Device::Gpu(0), &job).unwrap();
    let plain = Session::new(build(), Device::Cpu, &job).unwrap();
    for seed in 1..4 {
        let x = noise(&[6, 5], seed);
        let (got, want) = (ours.run(vec![x.clone()]).unwrap(), plain.run(vec![x]).unwrap());
        assert!(!got[0].is_empty() && got[0].len() < got[1].len());
        same(&got, &want);
    }
    assert_eq!((ours.counts().submits, ours.counts().readbacks), (9, 9));
}
