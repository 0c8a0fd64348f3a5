//! The GPU executor, on whatever adapter there is: a driver that computes on the processor does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lensframe::error::{Error, ErrorKind, Result};
use lensframe::job::Job;
use lensframe::model::cpu::{self, Threads};
use lensframe::model::infer::Fact;
use lensframe::model::op::{Activation, Binary, Conv, Epilogue, Op, Unary};
use lensframe::model::tensor::Tensor;
use lensframe::model::{DType, Device, Dim, Graph, Route, Session, gpu, pass};

use super::convolutions::{self, Case};
use super::suite::{self, Executor, Outcome};

/// How many convolutions go into one graph.
const TOGETHER: usize = 96;

fn device() -> Option<gpu::Device> {
    if gpu::adapters().is_empty() {
        eprintln!("skipped: no GPU and no driver that stands in for one (mesa-vulkan-drivers)");
        return None;
    }
    Some(gpu::Device::open(gpu::Which::Best).unwrap())
}

fn evaluate(op: &Op, inputs: &[Option<&Tensor>], outputs: usize) -> Result<Vec<Tensor>> {
    cpu::compute(op, inputs, outputs, &Threads::one())
}

/// Plans a graph and runs it twice; both runs must give the same bits.
fn twice(device: &gpu::Device, graph: &Graph, inputs: &[Tensor], nodes: &AtomicUsize) -> Result<Vec<Tensor>> {
    let known = gpu::host_inputs(graph);
    let is_known = |at: usize| graph.inputs().get(at).is_some_and(|id| known.contains(id));
    let fact = |(at, tensor): (usize, &Tensor)| match is_known(at) {
        true => Fact::constant(tensor),
        false => Fact::new(tensor.dtype(), tensor.shape()),
    };
    let facts: Vec<Fact> = inputs.iter().enumerate().map(fact).collect();
    let mut plan = gpu::Plan::new(device, graph, &facts, &evaluate)?;
    let open: Vec<&Tensor> =
        inputs.iter().enumerate().filter(|(at, _)| !is_known(*at)).map(|(_, tensor)| tensor).collect();
    let (first, second) = (plan.run(&open)?, plan.run(&open)?);
    let bits = |tensors: &[Tensor]| format!("{tensors:?}");
    if bits(&first) != bits(&second) {
        return Err(Error::new(ErrorKind::Failed, "two runs gave two results"));
    }
    let counters = plan.counters();
    if counters.submits > 2 || counters.readbacks > 2 {
        return Err(Error::new(ErrorKind::Failed, format!("two runs took {counters:?}")));
    }
    nodes.fetch_add(usize::from(counters.nodes > 0), Ordering::Relaxed);
    Ok(first)
}

#[test]
fn the_gpu_passes_every_target_of_the_onnx_suite() {
    let (Some(device), Some(folder)) = (device(), suite::folder()) else { return };
    let nodes = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&nodes);
    let executor: Arc<Executor> = Arc::new(move |graph, inputs| twice(&device, graph, inputs, &counted));
    let report = suite::run(&folder, &|_| true, &executor);
    println!("{report}\n{} cases with nodes on the device", nodes.load(Ordering::Relaxed));
    let wrong: Vec<String> = report
        .targets()
        .filter(|case| case.outcome != Outcome::Passed)
        .map(|case| format!("{}: {:?}", case.name, case.outcome))
        .collect();
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(nodes.load(Ordering::Relaxed) > 700, "too few cases ran on the device");
}

#[test]
fn a_batch_is_one_submission_and_one_readback() {
    if device().is_none() {
        return;
    }
    let mut graph = Graph::default();
    let input = graph.take("x", DType::F32, vec![Dim::Named(String::new()), Dim::Known(4)]);
    let made = graph.then(Op::Unary(Unary::Relu), &[input]);
    let made = graph.then(Op::Softmax { axis: -1, log: false, flat: false }, &[made]);
    graph.give(vec![made]);
    let session = Session::new(graph.clone(), Device::Gpu(0), &Job::new()).unwrap();
    let plain = Session::new(graph, Device::Cpu, &Job::new()).unwrap();
    for rows in [3, 5, 3] {
        let numbers = (0..rows * 4).map(|n| n as f32 * 0.25 - 1.0).collect();
        let input = Tensor::new(&[rows, 4], numbers).unwrap();
        let (got, want) = (session.run(vec![input.clone()]).unwrap(), plain.run(vec![input]).unwrap());
        let near = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-6;
        let (got, want) = (got[0].elements::<f32>().unwrap(), want[0].elements::<f32>().unwrap());
        assert!(got.len() == want.len() && got.iter().zip(want).all(near), "{got:?} {want:?}");
    }
    // Two shapes, three runs.
    let counts = session.counts();
    assert_eq!((counts.runs, counts.plans, counts.submits, counts.readbacks), (3, 2, 3, 3));
}

#[test]
fn it_is_told_what_runs_where() {
    if device().is_none() {
        return;
    }
    let mut graph = Graph::default();
    let shape = [2, 4].map(Dim::Known).to_vec();
    let input = graph.take("x", DType::F32, shape);
    let half = graph.hold(Tensor::scalar(0.5_f32));
    let known = graph.then(Op::Unary(Unary::Sqrt), &[half]);
    let made = graph.then(Op::Binary(Binary::Mul), &[input, known]);
    let flat = graph.then(Op::Flatten { axis: 1 }, &[made]);
    let found = graph.then(Op::NonZero, &[flat]);
    let late = graph.then(Op::Transpose { perm: Some(vec![1, 0]) }, &[found]);
    graph.give(vec![late]);
    let input = Tensor::new(&[2, 4], vec![1.0_f32; 8]).unwrap();
    let told = |device| {
        let session = Session::new(graph.clone(), device, &Job::new()).unwrap();
        let lines = session.explain(std::slice::from_ref(&input)).unwrap();
        lines.into_iter().filter_map(|line| Some((line.operator, line.route?))).collect::<Vec<_>>()
    };
    let (on_gpu, on_cpu) = (told(Device::Gpu(0)), told(Device::Cpu));
    let gpu = |shaders: &[&'static str]| Route::Gpu(shaders.to_vec());
    let of = |lines: &[(String, Route)], op: &str| {
        lines.iter().find(|line| line.0 == op).map(|line| line.1.clone())
    };
    assert_eq!(of(&on_gpu, "Mul"), Some(gpu(&["map"])));
    assert_eq!(of(&on_gpu, "NonZero"), Some(gpu(&["non_zero_count", "non_zero_write"])));
    assert_eq!(of(&on_gpu, "Transpose"), Some(Route::Late));
    assert_eq!(of(&on_cpu, "Mul"), Some(Route::Cpu(None)));
    // What is known beforehand is no node any more, or is worked out once.
    assert!(of(&on_gpu, "Sqrt").is_none_or(|route| route == Route::Planned));
}

/// The pictures and residuals of a graph that computes these convolutions, one an output, and the graph. What
/// follows a convolution is drawn into it, so that each is one node.
fn joined(made: Vec<(Op, Vec<Option<Tensor>>)>) -> (Graph, Vec<Tensor>) {
    let (mut graph, mut given, mut results) = (Graph::default(), Vec::new(), Vec::new());
    let mut take = |graph: &mut Graph, tensor: Tensor| {
        let shape = tensor.shape().iter().map(|n| Dim::Known(*n)).collect();
        given.push(tensor);
        graph.take(&format!("x{}", given.len()), DType::F32, shape)
    };
    for (op, inputs) in made {
        let Op::Conv(conv) = op else { panic!("{op:?}") };
        let mut inputs = inputs.into_iter();
        let mut next = || inputs.next().flatten();
        let mut of = vec![take(&mut graph, next().expect("a picture")), graph.hold(next().expect("weights"))];
        of.extend(next().map(|bias| graph.hold(bias)));
        let plain = Conv { epilogue: Epilogue::default(), ..conv.clone() };
        let mut result = graph.then(Op::Conv(plain), &of);
        if let Some(residual) = next() {
            let residual = take(&mut graph, residual);
            result = graph.then(Op::Binary(Binary::Add), &[result, residual]);
        }
        result = match conv.epilogue.activation {
            Some(Activation::Unary(unary)) => graph.then(Op::Unary(unary), &[result]),
            Some(Activation::Clip { min, max }) => {
                let limits = [min, max].map(|limit| graph.hold(Tensor::scalar(limit)));
                graph.then(Op::Clip, &[result, limits[0], limits[1]])
            }
            None => result,
        };
        results.push(result);
    }
    graph.give(results);
    pass::improve(&mut graph, &evaluate).expect("a graph");
    (graph, given)
}

#[test]
fn every_kind_of_convolution_on_the_gpu_is_that_of_a_plain_loop() {
    let Some(device) = device() else { return };
    let cases = convolutions::cases();
    assert!(cases.len() >= 2_000, "{} cases", cases.len());
    let nodes = AtomicUsize::new(0);
    let group = |(number, cases): (usize, &[Case])| {
        let made = |(at, case): (usize, &Case)| case.make(convolutions::seed(number * TOGETHER + at));
        let (graph, given) = joined(cases.iter().enumerate().map(made).collect());
        assert_eq!(graph.nodes().len(), cases.len(), "what follows a convolution is not drawn into it");
        twice(&device, &graph, &given, &nodes).unwrap()
    };
    let results: Vec<Tensor> = cases.chunks(TOGETHER).enumerate().flat_map(group).collect();
    convolutions::check(&cases, |number, _, _| {
        results.get(number).cloned().ok_or_else(|| Error::new(ErrorKind::Failed, "no result"))
    });
}
