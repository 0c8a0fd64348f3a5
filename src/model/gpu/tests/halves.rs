//! Weights stored as halves against the same kernels with weights that were rounded before: equal bits, and half the
//! memory. What halves cannot hold, and what is not known when planning, is recorded as without them.

use half::f16;
use wgpu::naga::valid::Capabilities;

use super::shaders::sound;
use super::{compute_stored, device, noise};
use crate::job::Job;
use crate::model::gpu::kernel::{Call, Made, record};
use crate::model::gpu::record::{Recorder, View};
use crate::model::gpu::shader::Key;
use crate::model::graph::{Dim, Graph};
use crate::model::op::{Activation, Conv, ConvTranspose, Epilogue, Op, Padding, Unary, Window};
use crate::model::tensor::{DType, Tensor};
use crate::model::{Device, Session};

fn rounded(tensor: &Tensor) -> Tensor {
    let all = tensor.elements::<f32>().unwrap();
    Tensor::new(tensor.shape(), all.iter().map(|v| f16::from_f32(*v).to_f32()).collect()).unwrap()
}

fn floats(tensor: &Tensor) -> &[f32] {
    tensor.elements::<f32>().unwrap()
}

/// An operator with weights as the input of this place; the other inputs, and the shape of its output.
struct Case {
    op: Op,
    place: usize,
    weights: Tensor,
    others: Vec<Tensor>,
    shape: Vec<usize>,
}

impl Case {
    fn inputs<'a>(&'a self, weights: &'a Tensor, constant: bool) -> Vec<Option<(&'a Tensor, bool)>> {
        let mut inputs: Vec<_> = self.others.iter().map(|own| Some((own, false))).collect();
        inputs.insert(self.place, Some((weights, constant)));
        inputs
    }

    /// The keys of its steps.
    fn keys(&self, processor: bool, halves: bool, constant: bool) -> Vec<Key> {
        let mut rec = Recorder::new(processor, 1 << 30, 65535);
        rec.halves = halves;
        let mut view = |input: &Option<(&Tensor, bool)>| {
            let (tensor, constant) = (*input)?;
            Some(if constant {
                rec.constant(tensor).unwrap()
            } else {
                rec.output(tensor.shape(), DType::F32).unwrap()
            })
        };
        let views: Vec<Option<View>> = self.inputs(&self.weights, constant).iter().map(&mut view).collect();
        let views: Vec<Option<&View>> = views.iter().map(Option::as_ref).collect();
        let outputs = [Made { dtype: DType::F32, shape: self.shape.clone() }];
        record(&mut rec, &Call { op: &self.op, inputs: &views, outputs: &outputs }).unwrap();
        rec.steps.into_iter().map(|step| step.key).collect()
    }
}

fn window(strides: &[usize], pad: i64) -> Window {
    let padding = Padding::Explicit(vec![pad; 2 * strides.len()]);
    Window { kernel: vec![], strides: strides.to_vec(), dilations: vec![], padding, ceil: false }
}

/// A convolution with bias, residual and activation. `size` is (channels out, channels in, side, kernel, stride).
fn conv(size: [usize; 5], group: usize, axes: usize) -> Case {
    let [out, channels, side, kernel, stride] = size;
    let pad = kernel / 2;
    let made = (side + 2 * pad - kernel) / stride + 1;
    let with = |first: &[usize], extent: usize| [first, &vec![extent; axes]].concat();
    let shape = with(&[2, out], made);
    let epilogue = Epilogue { residual: true, activation: Some(Activation::Unary(Unary::Relu)) };
    Case {
        op: Op::Conv(Conv { window: window(&vec![stride; axes], pad as i64), group, epilogue }),
        place: 1,
        weights: noise(&with(&[out, channels / group], kernel), 1),
        others: vec![noise(&with(&[2, channels], side), 2), noise(&[out], 3), noise(&shape, 4)],
        shape,
    }
}

fn transposed(group: usize) -> Case {
    let op = ConvTranspose {
        window: window(&[2, 2], 1),
        group,
        output_padding: vec![],
        output_shape: vec![],
        epilogue: Epilogue::default(),
    };
    Case {
        op: Op::ConvTranspose(op),
        place: 1,
        weights: noise(&[8, 6 / group, 3, 3], 1),
        others: vec![noise(&[1, 8, 5, 6], 2)],
        shape: vec![1, 6, 9, 11],
    }
}

fn gemm([m, n, k]: [usize; 3], place: usize, [trans_a, trans_b]: [bool; 2]) -> Case {
    let a = noise(&if trans_a { [k, m] } else { [m, k] }, 1);
    let b = noise(&if trans_b { [n, k] } else { [k, n] }, 2);
    let (weights, other) = if place == 0 { (a, b) } else { (b, a) };
    let op = Op::Gemm { alpha: 0.5, beta: 2.0, trans_a, trans_b };
    Case { op, place, weights, others: vec![other, noise(&[n], 3)], shape: vec![m, n] }
}

fn matmul(place: usize, weights: &[usize], other: &[usize], shape: &[usize]) -> Case {
    Case {
        op: Op::MatMul,
        place,
        weights: noise(weights, 1),
        others: vec![noise(other, 2)],
        shape: shape.to_vec(),
    }
}

/// Every way that reads weights as they were rounded; Winograd's rounds them later.
fn cases() -> Vec<Case> {
    let mut cases = vec![
        // One product, at heights of 1, 4 and more; windows as columns; groups.
        conv([12, 7, 8, 1, 1], 1, 2),
        conv([1, 8, 8, 1, 1], 1, 2),
        conv([3, 8, 5, 1, 1], 1, 2),
        conv([64, 32, 9, 1, 2], 1, 2),
        conv([16, 3, 11, 7, 2], 1, 2),
        conv([10, 12, 9, 3, 2], 1, 2),
        conv([16, 8, 9, 3, 1], 2, 2),
        conv([8, 16, 6, 1, 1], 4, 2),
        // A tile, and element by element.
        conv([6, 6, 9, 3, 1], 6, 2),
        conv([6, 3, 9, 5, 2], 3, 2),
        conv([1, 3, 9, 3, 1], 1, 2),
        conv([5, 4, 5, 3, 1], 1, 3),
        transposed(1),
        transposed(2),
        matmul(1, &[8, 12], &[2, 3, 8], &[2, 3, 12]),
        matmul(1, &[7, 5], &[2, 3, 7], &[2, 3, 5]),
        matmul(1, &[2, 7, 8], &[2, 3, 7], &[2, 3, 8]),
        matmul(1, &[2, 7, 5], &[3, 2, 4, 7], &[3, 2, 4, 5]),
        matmul(0, &[3, 7], &[2, 7, 5], &[2, 3, 5]),
        matmul(0, &[7], &[7, 9], &[9]),
        matmul(1, &[7], &[9, 7], &[9]),
    ];
    for size in [[1, 10, 7], [3, 5, 4], [9, 33, 65], [64, 48, 100], [1, 1, 1]] {
        for place in [0, 1] {
            for trans in [[false, false], [false, true], [true, false], [true, true]] {
                cases.push(gemm(size, place, trans));
            }
        }
    }
    cases
}

#[test]
fn half_weights_give_the_bits_of_weights_that_were_rounded_before() {
    let Some(device) = device() else { return };
    for case in cases() {
        let (rounded, largest) = (rounded(&case.weights), device.largest());
        let run = |halves: bool, weights: &Tensor| {
            let outputs = [(DType::F32, case.shape.as_slice())];
            compute_stored(&device, largest, halves, &case.op, &case.inputs(weights, true), &outputs).unwrap()
        };
        let (got, bytes) = run(true, &case.weights);
        let (wanted, full) = run(false, &rounded);
        let differ = floats(&got[0]).iter().zip(floats(&wanted[0])).position(|(a, b)| a != b);
        assert_eq!(differ, None, "{:?} {:?}", case.op, case.weights.shape());
        assert_ne!(floats(&got[0]), floats(&run(false, &case.weights).0[0]), "nothing was rounded");
        // Memory is given in pieces of 16 bytes.
        assert!(bytes >= full / 2 && bytes <= (full / 2).next_multiple_of(16), "{bytes} of {full}");
    }
}

#[test]
fn weights_of_winograd_err_no_more_than_halves_of_the_weights_do() {
    let Some(device) = device() else { return };
    for (out, channels, side) in [(16, 16, 13), (17, 40, 8), (64, 64, 14)] {
        let mut case = conv([out, channels, side, 3, 1], 1, 2);
        case.op = Op::Conv(Conv { window: window(&[1, 1], 1), group: 1, epilogue: Epilogue::default() });
        case.others.truncate(1);
        let run = |halves: bool, weights: &Tensor| {
            let outputs = [(DType::F32, case.shape.as_slice())];
            let inputs = case.inputs(weights, true);
            compute_stored(&device, device.largest(), halves, &case.op, &inputs, &outputs).unwrap()
        };
        let (exact, full) = run(false, &case.weights);
        let (got, bytes) = run(true, &case.weights);
        let before = run(false, &rounded(&case.weights)).0;
        let off = |made: &[Tensor]| {
            let pairs = floats(&made[0]).iter().zip(floats(&exact[0]));
            let square = |(a, b): (&f32, &f32)| f64::from(a - b).powi(2);
            (pairs.map(square).sum::<f64>() / exact[0].len() as f64).sqrt()
        };
        let size = off(&[Tensor::new(&case.shape, vec![0.0_f32; exact[0].len()]).unwrap()]);
        assert!(off(&got) <= off(&before) && off(&before) < size / 1000.0, "{} {}", off(&got), off(&before));
        // And a scale for each row of each product.
        let scales = 4 * 36 * (out as u64).next_multiple_of(4);
        assert_eq!(bytes, full / 2 + scales);
    }
}

#[test]
fn weights_that_halves_cannot_hold_stay_as_they_are() {
    let Some(device) = device() else { return };
    let mut cases = cases();
    cases.push(conv([16, 16, 13, 3, 1], 1, 2));
    for mut case in cases {
        let mut odd = vec![vec![65505.0; case.weights.len()], vec![5e-5; case.weights.len()]];
        for one in [1e6, f32::INFINITY, f32::NAN] {
            odd.push(floats(&case.weights).to_vec());
            *odd.last_mut().unwrap().last_mut().unwrap() = one;
        }
        for weights in odd {
            case.weights = Tensor::new(case.weights.shape(), weights).unwrap();
            assert_eq!(case.keys(true, true, true), case.keys(true, false, true), "{:?}", case.op);
        }
    }
    // As a result: nothing became infinite.
    let mut case = matmul(1, &[8, 12], &[2, 8], &[2, 12]);
    case.weights = Tensor::new(&[8, 12], vec![70_000.0_f32; 96]).unwrap();
    let run = |halves: bool| {
        let (inputs, outputs) = (case.inputs(&case.weights, true), [(DType::F32, case.shape.as_slice())]);
        compute_stored(&device, device.largest(), halves, &case.op, &inputs, &outputs).unwrap()
    };
    assert_eq!(run(true), run(false));
    assert!(floats(&run(true).0[0]).iter().all(|v| v.is_finite()));
}

#[test]
fn shaders_of_halves_are_sound_and_others_unchanged() {
    let mut cases = cases();
    cases.push(conv([16, 16, 13, 3, 1], 1, 2));
    for case in cases {
        for processor in [true, false] {
            // Weights that a run gives are no constants.
            assert_eq!(case.keys(processor, true, false), case.keys(processor, false, false));
            let (with, without) = (case.keys(processor, true, true), case.keys(processor, false, true));
            assert_ne!(with, without, "{:?} {:?}", case.op, case.weights.shape());
            assert!(with.iter().any(|key| key.bindings.iter().any(|own| own.element.contains("u32"))));
            assert!(!without.iter().any(|key| key.text().contains("x16")));
            with.iter().for_each(|key| sound(key, &key.text(), Capabilities::SHADER_FLOAT16_IN_FLOAT32));
        }
    }
}

#[test]
fn parts_of_weights_that_cannot_be_bound_at_once_are_halves_too() {
    let Some(device) = device() else { return };
    for trans_b in [false, true] {
        let case = gemm([3, 37, 100], 1, [false, trans_b]);
        let rounded = rounded(&case.weights);
        // As much as 29 rows of 40 words.
        let run = |halves: bool, weights: &Tensor| {
            let (inputs, outputs) = (case.inputs(weights, true), [(DType::F32, case.shape.as_slice())]);
            compute_stored(&device, 4 * 29 * 40, halves, &case.op, &inputs, &outputs).unwrap()
        };
        let ((got, bytes), (wanted, full)) = (run(true, &case.weights), run(false, &rounded));
        assert_eq!(got, wanted);
        assert_eq!(2 * bytes, full);
    }
}

/// A small network, some of it behind a length that elements tell; `weights` of the product are 8 by 12.
fn network(convolved: Tensor, weights: Tensor) -> Graph {
    let mut graph = Graph::default();
    let x = graph.take("x", DType::F32, [1, 4, 6, 8].map(Dim::Known).to_vec());
    let kernel = graph.hold(convolved);
    let conv = Conv { window: window(&[1, 1], 0), group: 1, epilogue: Epilogue::default() };
    let made = graph.then(Op::Conv(conv), &[x, kernel]);
    let weights = graph.hold(weights);
    let sums = graph.then(Op::MatMul, &[made, weights]);
    let shape = graph.hold_row(&[-1]);
    let flat = graph.then(Op::Reshape { allow_zero: false }, &[sums, shape]);
    let large = graph.then(Op::Unary(Unary::Relu), &[flat]);
    let places = graph.then(Op::NonZero, &[large]);
    let lines = graph.then(Op::Transpose { perm: None }, &[places]);
    let found = graph.then(Op::GatherNd { batch_dims: 0 }, &[flat, lines]);
    let shape = graph.hold_row(&[-1, 1]);
    let column = graph.then(Op::Reshape { allow_zero: false }, &[found, shape]);
    let row = graph.hold(Tensor::new(&[1, 4], vec![0.1_f32, 0.2, 0.3, 0.4]).unwrap());
    let late = graph.then(Op::MatMul, &[column, row]);
    graph.give(vec![sums, late]);
    graph
}

#[test]
fn a_session_stores_halves_when_asked_and_only_on_a_gpu() {
    if device().is_none() {
        return;
    }
    let (kernel, weights) = (noise(&[16, 4, 1, 1], 1), noise(&[8, 12], 2));
    let (kernel_rounded, weights_rounded) = (rounded(&kernel), rounded(&weights));
    let session = |device: Device, kernel: &Tensor, weights: &Tensor| {
        Session::new(network(kernel.clone(), weights.clone()), device, &Job::new()).unwrap()
    };
    let x = vec![noise(&[1, 4, 6, 8], 3)];
    let full = session(Device::Gpu(0), &kernel, &weights);
    let (exact, bytes) = (full.run(x.clone()).unwrap(), full.counts().weights);
    let halves = session(Device::Gpu(0), &kernel, &weights).half_weights(true);
    let got = halves.run(x.clone()).unwrap();
    assert!(exact[1].len() > 100, "something is behind the length");
    assert_ne!(got, exact);
    assert_eq!((halves.counts().weights * 2, bytes), (bytes, 4 * (64 + 96)));
    // The row behind the length is rounded as well.
    let wanted = session(Device::Gpu(0), &kernel_rounded, &weights_rounded);
    let wanted = wanted.run(x.clone()).unwrap();
    assert_eq!(got[0], wanted[0]);
    let tenth = f16::from_f32(0.1).to_f32();
    for (line, sum) in floats(&got[1]).chunks(4).zip(floats(&got[0]).iter().filter(|v| **v > 0.0)) {
        assert_eq!(line[0], sum * tenth);
    }
    // And back again: what was done is still counted.
    let back = halves.half_weights(false);
    assert_eq!(back.run(x.clone()).unwrap(), exact);
    assert_eq!((back.counts().plans, back.counts().submits, back.counts().weights), (2, 4, bytes));
    let cpu =
        |halves: bool| session(Device::Cpu, &kernel, &weights).half_weights(halves).run(x.clone()).unwrap();
    assert_eq!(cpu(true), cpu(false));
}
