//! Tests of the device: kernels against plain loops in 64 bits, each twice with equal bits. Without an adapter they
//! say so and pass.

mod chance;
mod conv;
mod failures;
mod halves;
mod large;
mod plans;
mod shaders;
mod speed;
mod tails;

use std::sync::OnceLock;

use super::device::{Device, Which};
use super::kernel::{Call, Made, record};
use super::program::Program;
use super::record::{Recorder, Source, View};
use super::words::{pack, unpack};
use crate::error::Result;
use crate::model::op::Op;
use crate::model::tensor::{DType, Tensor};

/// The adapter of this machine, if there is one.
pub(super) fn device() -> Option<Device> {
    static DEVICE: OnceLock<Option<Device>> = OnceLock::new();
    let device = DEVICE.get_or_init(|| Device::open(Which::Best).ok());
    if device.is_none() {
        eprintln!("no graphics adapter: nothing was tested on one");
    }
    device.clone()
}

/// Numbers between -1 and 1 that look like chance.
pub(super) fn noise(shape: &[usize], seed: u64) -> Tensor {
    let count: usize = shape.iter().product();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let numbers = (0..count).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((state >> 40) as f32 / 8_388_608.0) - 1.0
    });
    Tensor::new(shape, numbers.collect::<Vec<f32>>()).unwrap()
}

/// One operator on the device. Inputs marked true are known when planning. Runs twice and demands equal bits.
pub(super) fn compute(
    device: &Device,
    op: &Op,
    inputs: &[Option<(&Tensor, bool)>],
    outputs: &[(DType, &[usize])],
) -> Result<Vec<Tensor>> {
    compute_within(device, device.largest(), op, inputs, outputs)
}

/// As [`compute`], as if so many bytes were the most that can be bound.
pub(super) fn compute_within(
    device: &Device,
    largest: u64,
    op: &Op,
    inputs: &[Option<(&Tensor, bool)>],
    outputs: &[(DType, &[usize])],
) -> Result<Vec<Tensor>> {
    Ok(compute_stored(device, largest, false, op, inputs, outputs)?.0)
}

/// As [`compute_within`], with weights as halves if so said; and the bytes of what was known before the run.
pub(super) fn compute_stored(
    device: &Device,
    largest: u64,
    halves: bool,
    op: &Op,
    inputs: &[Option<(&Tensor, bool)>],
    outputs: &[(DType, &[usize])],
) -> Result<(Vec<Tensor>, u64)> {
    let groups = device.limits().max_compute_workgroups_per_dimension;
    let mut rec = Recorder::new(device.adapter().processor, largest, groups);
    rec.halves = halves;
    let (mut views, mut slots, mut words) = (Vec::new(), Vec::new(), Vec::new());
    for input in inputs {
        views.push(match input {
            None => None,
            Some((tensor, true)) => Some(rec.constant(tensor)?),
            Some((tensor, false)) => {
                let view = rec.output(tensor.shape(), tensor.dtype())?;
                rec.sources[view.slot.0] = Source::Input;
                slots.push(view.slot);
                words.push(pack(tensor)?);
                Some(view)
            }
        });
    }
    let views: Vec<Option<&View>> = views.iter().map(Option::as_ref).collect();
    let made: Vec<Made> =
        outputs.iter().map(|(dtype, shape)| Made { dtype: *dtype, shape: shape.to_vec() }).collect();
    let results = record(&mut rec, &Call { op, inputs: &views, outputs: &made })?;
    let reads: Vec<_> = results.iter().map(|view| view.slot).collect();
    let mut program = Program::new(device, &rec, &slots, &reads)?;
    let first = program.run(&words)?;
    assert_eq!(first, program.run(&words)?, "two runs of {op:?} differ");
    let made = first.iter().zip(&results).map(|(words, view)| unpack(words, view.dtype, &view.shape));
    Ok((made.collect::<Result<_>>()?, program.known))
}

/// That two tensors of floats are near each other; `terms` is how many products one sum has.
pub(super) fn near(got: &Tensor, wanted: &[f64], terms: usize, what: &str) {
    let got = got.elements::<f32>().unwrap();
    assert_eq!(got.len(), wanted.len(), "{what}");
    let bound = 3e-6 * (terms as f64).sqrt().max(1.0);
    for (place, (a, b)) in got.iter().zip(wanted).enumerate() {
        assert!(
            (f64::from(*a) - b).abs() <= bound * b.abs().max(1.0),
            "{what}: element {place}: {a} and not {b}"
        );
    }
}
