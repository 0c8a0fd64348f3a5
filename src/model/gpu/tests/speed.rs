//! How long the convolutions of a common network take. Measured by hand: `cargo test resnet -- --ignored --nocapture`.

use super::{device, noise};
use crate::model::gpu::kernel::{Call, Made, record};
use crate::model::gpu::program::Program;
use crate::model::gpu::record::{Recorder, Source, View};
use crate::model::op::{Activation, Conv, Epilogue, Op, Padding, Unary, Window};
use crate::model::tensor::{DType, Tensor};

/// Layers: size in, channels in and out, kernel, stride, and how many there are.
const LAYERS: [(usize, usize, usize, usize, usize, usize); 23] = [
    (224, 3, 64, 7, 2, 1),
    (56, 64, 64, 1, 1, 1),
    (56, 64, 64, 3, 1, 3),
    (56, 64, 256, 1, 1, 4),
    (56, 256, 64, 1, 1, 2),
    (56, 256, 128, 1, 1, 1),
    (56, 128, 128, 3, 2, 1),
    (28, 128, 512, 1, 1, 4),
    (56, 256, 512, 1, 2, 1),
    (28, 512, 128, 1, 1, 3),
    (28, 128, 128, 3, 1, 3),
    (28, 512, 256, 1, 1, 1),
    (28, 256, 256, 3, 2, 1),
    (14, 256, 1024, 1, 1, 6),
    (28, 512, 1024, 1, 2, 1),
    (14, 1024, 256, 1, 1, 5),
    (14, 256, 256, 3, 1, 5),
    (14, 1024, 512, 1, 1, 1),
    (14, 512, 512, 3, 2, 1),
    (7, 512, 2048, 1, 1, 3),
    (14, 1024, 2048, 1, 2, 1),
    (7, 2048, 512, 1, 1, 2),
    (7, 512, 512, 3, 1, 2),
];

/// Processor time of all threads of this process in seconds, where the system tells: it does not depend on who else
/// uses the machine.
fn busy() -> Option<f64> {
    let mut sum = 0.0;
    for entry in std::fs::read_dir("/proc/self/task").ok()? {
        let text = std::fs::read_to_string(entry.ok()?.path().join("schedstat")).ok()?;
        sum += text.split(' ').next()?.parse::<f64>().ok()?;
    }
    Some(sum / 1e9)
}

#[test]
#[ignore = "a measurement"]
fn resnet_convolutions() {
    let Some(device) = device() else { return };
    let (mut total, mut worked) = (0.0, 0.0);
    for (size, channels, out, kernel, stride, times) in LAYERS {
        let mut rec = Recorder::new(true, device.largest(), 65535);
        let input: View = rec.output(&[1, channels, size, size], DType::F32).unwrap();
        rec.sources[input.slot.0] = Source::Input;
        let weights: Tensor = noise(&[out, channels, kernel, kernel], 2);
        let weights = rec.constant(&weights).unwrap();
        let bias = rec.constant(&noise(&[out], 3)).unwrap();
        let pad = (kernel / 2) as i64;
        let made = Made { dtype: DType::F32, shape: vec![1, out, size / stride, size / stride] };
        let op = Op::Conv(Conv {
            window: Window {
                kernel: vec![],
                strides: vec![stride; 2],
                dilations: vec![],
                padding: Padding::Explicit(vec![pad; 4]),
                ceil: false,
            },
            group: 1,
            epilogue: Epilogue { residual: false, activation: Some(Activation::Unary(Unary::Relu)) },
        });
        let inputs = [Some(&input), Some(&weights), Some(&bias)];
        let call = Call { op: &op, inputs: &inputs, outputs: &[made] };
        let view = record(&mut rec, &call).unwrap();
        let mut program = Program::new(&device, &rec, &[input.slot], &[view[0].slot]).unwrap();
        let x = noise(&input.shape, 1);
        let words = vec![super::pack(&x).unwrap()];
        let mut best = f64::MAX;
        program.run(&words).unwrap();
        let before = busy();
        for _ in 0..5 {
            let start = std::time::Instant::now();
            program.run(&words).unwrap();
            best = best.min(start.elapsed().as_secs_f64());
        }
        let work = busy().zip(before).map_or(0.0, |(now, before)| (now - before) / 5.0);
        worked += work * times as f64;
        let products = (out * channels * kernel * kernel * size * size / stride / stride) as f64;
        eprintln!(
            "{size} {channels}->{out} k{kernel} s{stride} x{times}: {:.1} ms, {:.1} of processors, {:.1} GFLOP/s",
            best * 1e3,
            work * 1e3,
            2.0 * products / best / 1e9
        );
        total += best * times as f64;
    }
    eprintln!("all: {:.0} ms, {:.0} ms of processors", total * 1e3, worked * 1e3);
}
