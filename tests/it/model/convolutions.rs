//! Convolutions of every kind against a loop in double precision: the matrix of shapes that fast ways are chosen by.
//!
//! The cases are made by rule ([`cases`]), so that a way that is only taken for some channels, windows, strides or
//! groups is met whatever it is chosen by. [`check`] asks any executor; a result may differ from the loop by the
//! rounding of as many terms as it sums.

use lensframe::error::Result;
use lensframe::model::cpu;
use lensframe::model::cpu::threads::Threads;
use lensframe::model::op::{Activation, Conv, Epilogue, Op, Padding, Unary, Window};
use lensframe::model::tensor::Tensor;

/// One convolution.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) batch: usize,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) group: usize,
    pub(crate) size: Vec<usize>,
    pub(crate) kernel: Vec<usize>,
    pub(crate) stride: usize,
    pub(crate) dilation: usize,
    pub(crate) padding: Padding,
    pub(crate) bias: bool,
    pub(crate) epilogue: Epilogue,
}

/// All cases: channels, windows, strides, biases, groups, dilations and paddings in every combination; pictures,
/// batches and epilogues in turn.
pub(crate) fn cases() -> Vec<Case> {
    let sizes = [[12, 13], [7, 7], [16, 9], [10, 17], [9, 50]];
    let relu = Some(Activation::Unary(Unary::Relu));
    let clip = Some(Activation::Clip { min: -0.5, max: 1.5 });
    let epilogues = [(false, None), (false, relu), (true, None), (true, relu), (false, clip)];
    let mut cases = Vec::new();
    for (inputs, outputs) in pairs(&[3, 4, 8, 64], &[6, 8, 64]) {
        for (k, stride) in pairs(&[1, 3, 5, 7], &[1, 2]) {
            for (dilation, number) in pairs(if k == 1 { &[1] } else { &[1, 2] }, &[0, 1, 2, 3]) {
                for (group, bias) in pairs(&groups(inputs, outputs), &[0, 1]) {
                    let turn = cases.len();
                    let size = sizes.map(|size| size.map(|n| n.max((k - 1) * dilation + 1)))[turn % 5];
                    let (residual, activation) = epilogues[turn / 2 % 5];
                    cases.push(Case {
                        batch: 1 + turn / 3 % 2,
                        inputs,
                        outputs,
                        group,
                        size: size.to_vec(),
                        kernel: vec![k, k],
                        stride,
                        dilation,
                        padding: padding(number, k as i64, 2),
                        bias: bias == 1,
                        epilogue: Epilogue { residual, activation },
                    });
                }
            }
        }
    }
    cases.extend(other_ranks());
    cases
}

/// Convolutions along one and three axes, and windows that are no squares.
fn other_ranks() -> Vec<Case> {
    let shapes: [(&[usize], &[usize]); 6] = [
        (&[40], &[3]),
        (&[23], &[1]),
        (&[5, 6, 7], &[3, 3, 3]),
        (&[4, 5, 60], &[1, 2, 3]),
        (&[9, 20], &[1, 7]),
        (&[20, 9], &[5, 1]),
    ];
    let mut cases = Vec::new();
    for (size, kernel) in shapes {
        for (stride, dilation) in pairs(&[1, 2, 3], &[1, 2]) {
            for (number, group) in pairs(&[0, 1, 2, 3], &[1, 2, 4]) {
                let fits = size.iter().zip(kernel).all(|(n, k)| *n > (k - 1) * dilation);
                if fits {
                    cases.push(Case {
                        batch: 1 + cases.len() % 2,
                        inputs: 4,
                        outputs: 12,
                        group,
                        size: size.to_vec(),
                        kernel: kernel.to_vec(),
                        stride,
                        dilation,
                        padding: padding(number, 3, size.len()),
                        bias: cases.len() % 3 > 0,
                        epilogue: Epilogue::default(),
                    });
                }
            }
        }
    }
    cases
}

fn pairs<A: Copy, B: Copy>(left: &[A], right: &[B]) -> Vec<(A, B)> {
    left.iter().flat_map(|a| right.iter().map(move |b| (*a, *b))).collect()
}

/// One group, two, and a group a channel, where that divides.
fn groups(inputs: usize, outputs: usize) -> Vec<usize> {
    let mut groups = vec![1, 2, inputs];
    groups.retain(|group| inputs.is_multiple_of(*group) && outputs.is_multiple_of(*group));
    groups.dedup();
    groups
}

fn padding(number: usize, k: i64, rank: usize) -> Padding {
    match number {
        0 => Padding::Explicit(Vec::new()),
        1 => Padding::Explicit(vec![k / 2; 2 * rank]),
        2 => Padding::Explicit((0..2 * rank).map(|at| [1, 0, 2][at % 3]).collect()),
        _ if k % 4 == 3 => Padding::SameLower,
        _ => Padding::SameUpper,
    }
}

/// Numbers from -1 to 1 that are the same each time.
fn numbers(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

impl Case {
    /// The operator and its inputs.
    pub(crate) fn make(&self, seed: u64) -> (Op, Vec<Option<Tensor>>) {
        let tensor = |seed: u64, shape: &[usize]| {
            Tensor::new(shape, numbers(seed, shape.iter().product())).expect("a tensor")
        };
        let x = tensor(seed, &[&[self.batch, self.inputs], &self.size[..]].concat());
        let w = tensor(seed + 1, &[&[self.outputs, self.inputs / self.group], &self.kernel[..]].concat());
        let bias = self.bias.then(|| tensor(seed + 2, &[self.outputs]));
        let mut inputs = vec![Some(x), Some(w), bias];
        if self.epilogue.residual {
            let mut shape = vec![self.batch, self.outputs];
            shape.extend(self.places().iter().map(|(_, windows)| windows));
            inputs.push(Some(tensor(seed + 3, &shape)));
        }
        let rank = self.size.len();
        let window = Window {
            kernel: self.kernel.clone(),
            strides: vec![self.stride; rank],
            dilations: vec![self.dilation; rank],
            padding: self.padding.clone(),
            ceil: false,
        };
        (Op::Conv(Conv { window, group: self.group, epilogue: self.epilogue }), inputs)
    }

    /// For each axis: what is put before it, and how many windows there are.
    fn places(&self) -> Vec<(i64, usize)> {
        let rank = self.size.len();
        let place = |at: usize| {
            let (n, s) = (self.size[at] as i64, self.stride as i64);
            let extent = ((self.kernel[at] - 1) * self.dilation + 1) as i64;
            let same = || ((n + s - 1) / s, (((n + s - 1) / s - 1) * s + extent - n).max(0));
            match &self.padding {
                Padding::Explicit(pads) if pads.is_empty() => (0, (n - extent) / s + 1),
                Padding::Explicit(pads) => (pads[at], (n + pads[at] + pads[rank + at] - extent) / s + 1),
                Padding::Valid => (0, (n - extent) / s + 1),
                Padding::SameUpper => (same().1 / 2, same().0),
                Padding::SameLower => (same().1 - same().1 / 2, same().0),
            }
        };
        (0..rank).map(place).map(|(before, windows)| (before, windows as usize)).collect()
    }

    /// The result by a loop in double precision, and how far each element may be from it.
    pub(crate) fn expected(&self, inputs: &[Option<Tensor>]) -> (Vec<usize>, Vec<(f64, f64)>) {
        let input = |at: usize| {
            inputs.get(at).and_then(Option::as_ref).map(|tensor| tensor.elements::<f32>().expect("floats"))
        };
        let (x, w) = (input(0).expect("a picture"), input(1).expect("weights"));
        let places = self.places();
        let (each, plane) = (self.inputs / self.group, self.size.iter().product::<usize>());
        let windows: usize = places.iter().map(|(_, windows)| windows).product();
        let kernel: usize = self.kernel.iter().product();
        let terms = (each * kernel) as f64;
        let unit = f64::from(f32::EPSILON) / 2.0 * (4.0 + 2.0 * terms.sqrt());
        // Where each element of each window is in a channel.
        let mut taps = vec![Vec::new(); windows];
        for (window, taps) in taps.iter_mut().enumerate() {
            taps.extend(
                (0..kernel).filter_map(|element| self.tap(&places, window, element).map(|at| (element, at))),
            );
        }
        let mut made = Vec::with_capacity(self.batch * self.outputs * windows);
        for (image, output) in
            pairs(&(0..self.batch).collect::<Vec<_>>(), &(0..self.outputs).collect::<Vec<_>>())
        {
            let first = output / (self.outputs / self.group) * each;
            for taps in &taps {
                let (mut sum, mut size) = (input(2).map_or(0.0, |bias| f64::from(bias[output])), 1.0);
                for c in 0..each {
                    let x = &x[(image * self.inputs + first + c) * plane..][..plane];
                    let w = &w[(output * each + c) * kernel..][..kernel];
                    for (element, at) in taps {
                        let term = f64::from(x[*at]) * f64::from(w[*element]);
                        sum += term;
                        size += term.abs();
                    }
                }
                if self.epilogue.residual {
                    sum += f64::from(input(3).expect("a residual")[made.len()]);
                    size += 1.0;
                }
                sum = match self.epilogue.activation {
                    Some(Activation::Unary(Unary::Relu)) => sum.max(0.0),
                    Some(Activation::Clip { min, max }) => sum.clamp(f64::from(min), f64::from(max)),
                    _ => sum,
                };
                made.push((sum, unit * size));
            }
        }
        let mut shape = vec![self.batch, self.outputs];
        shape.extend(places.iter().map(|(_, windows)| windows));
        (shape, made)
    }

    fn tap(&self, places: &[(i64, usize)], mut window: usize, mut element: usize) -> Option<usize> {
        let (mut at, mut step) = (0, 1);
        for (axis, (before, windows)) in places.iter().enumerate().rev() {
            let place = (window % windows * self.stride + element % self.kernel[axis] * self.dilation) as i64
                - before;
            let place = usize::try_from(place).ok().filter(|place| *place < self.size[axis])?;
            at += place * step;
            step *= self.size[axis];
            window /= windows;
            element /= self.kernel[axis];
        }
        Some(at)
    }
}

/// What the numbers of the case of this number are drawn from.
pub(crate) fn seed(number: usize) -> u64 {
    number as u64 * 7 + 1
}

/// Asks an executor for every case, by its number, and tells the first wrong ones.
pub(crate) fn check(cases: &[Case], run: impl Fn(usize, &Op, &[Option<&Tensor>]) -> Result<Tensor>) {
    let mut wrong = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let (op, inputs) = case.make(seed(number));
        let given: Vec<Option<&Tensor>> = inputs.iter().map(Option::as_ref).collect();
        let (shape, expected) = case.expected(&inputs);
        let fault = match run(number, &op, &given) {
            Err(error) => Some(error.to_string()),
            Ok(made) if made.shape() != shape => Some(format!("has the shape {:?}", made.shape())),
            Ok(made) => fault(made.elements::<f32>().unwrap_or(&[]), &expected),
        };
        wrong.extend(fault.map(|fault| format!("{case:?}: {fault}")));
    }
    let some = wrong.iter().take(5).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} of {} convolutions are wrong:\n{some}", wrong.len(), cases.len());
}

fn fault(made: &[f32], expected: &[(f64, f64)]) -> Option<String> {
    let far = |(m, (e, may)): (&f32, &(f64, f64))| {
        (f64::from(*m) - e).abs().partial_cmp(may).is_none_or(|o| o.is_gt())
    };
    let all = made.iter().zip(expected);
    let count = all.clone().filter(|pair| far(*pair)).count();
    let (at, (m, (e, may))) = all.enumerate().find(|(_, pair)| far(*pair))?;
    Some(format!("{count} of {} elements; element {at} is {m}, not {e} within {may:e}", made.len()))
}

fn on_cpu(threads: &Threads) -> impl Fn(&Op, &[Option<&Tensor>]) -> Result<Tensor> {
    move |op, inputs| {
        cpu::compute(op, inputs, 1, threads).map(|made| made.into_iter().next().expect("an output"))
    }
}

#[test]
fn every_kind_of_convolution_is_that_of_a_plain_loop() {
    let cases = cases();
    assert!(cases.len() >= 2_000, "{} cases", cases.len());
    let one = Threads::one();
    let run = on_cpu(&one);
    check(&cases, |_, op, inputs| run(op, inputs));
}

#[test]
fn threads_change_no_bit_of_a_convolution() {
    let (one, three) = (Threads::one(), Threads::new(3));
    for (number, case) in cases().iter().enumerate().step_by(17) {
        let (op, inputs) = case.make(number as u64);
        let given: Vec<Option<&Tensor>> = inputs.iter().map(Option::as_ref).collect();
        assert_eq!(on_cpu(&one)(&op, &given).unwrap(), on_cpu(&three)(&op, &given).unwrap(), "{case:?}");
    }
}
