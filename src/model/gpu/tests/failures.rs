//! What goes wrong on the device is an error of a kind, and never the end of the process: a device that is lost before or
//! while a plan runs, and memory that is not there.

use super::super::memory::buffer;
use super::{device, noise};
use crate::error::{ErrorKind, Result};
use crate::model::gpu::{Device, Plan, Which};
use crate::model::graph::{Dim, Graph};
use crate::model::infer::Fact;
use crate::model::op::{Op, Unary};
use crate::model::session::evaluate;
use crate::model::tensor::{DType, Tensor};

const ROWS: usize = 256;

/// A device of its own, since it will be lost, and a plan that multiplies again and again.
fn doomed() -> Option<(Device, Plan, Tensor)> {
    device()?;
    let device = Device::open(Which::Best).ok()?;
    let mut graph = Graph::default();
    let x = graph.take("x", DType::F32, vec![Dim::Known(ROWS); 2]);
    let mut last = x;
    for _ in 0..8 {
        last = graph.then(Op::MatMul, &[last, x]);
        last = graph.then(Op::Unary(Unary::Tanh), &[last]);
    }
    graph.give(vec![last]);
    let x = noise(&[ROWS, ROWS], 1);
    let plan = Plan::new(&device, &graph, &[Fact::new(DType::F32, &[ROWS, ROWS])], &evaluate).ok()?;
    Some((device, plan, x))
}

fn kind<T>(result: Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

#[test]
fn a_device_that_is_gone_before_a_run_is_an_error_each_time() {
    let Some((device, mut plan, x)) = doomed() else { return };
    assert!(plan.run(&[&x]).is_ok());
    device.raw().destroy();
    for _ in 0..3 {
        assert_eq!(kind(plan.run(&[&x])), Some(ErrorKind::Failed));
    }
    let graph = Graph::default();
    assert!(Plan::new(&device, &graph, &[], &evaluate).is_ok(), "nothing is asked of the device");
}

#[test]
fn a_device_that_goes_in_the_middle_of_runs_is_an_error() {
    let Some((device, mut plan, x)) = doomed() else { return };
    let first = plan.run(&[&x]).unwrap();
    let lost = std::thread::scope(|scope| {
        let runs = scope.spawn(|| {
            // Ends with the first error; a result that came before it is whole.
            for _ in 0..10_000 {
                match plan.run(&[&x]) {
                    Ok(made) => assert_eq!(made, first),
                    Err(error) => return Some(error),
                }
            }
            None
        });
        std::thread::sleep(std::time::Duration::from_millis(60));
        device.raw().destroy();
        runs.join().unwrap()
    });
    let lost = lost.expect("ten thousand runs went on without a device");
    assert_eq!(lost.kind(), ErrorKind::Failed);
    assert!(lost.to_string().contains("run on the processor"), "{lost}");
}

#[test]
fn memory_that_is_not_there_is_a_limit() {
    let Some(device) = device() else { return };
    let usage = wgpu::BufferUsages::STORAGE;
    for size in [u64::MAX - 15, device.limits().max_buffer_size.saturating_add(16)] {
        assert_eq!(kind(buffer(&device, size, usage, false)), Some(ErrorKind::Limit), "{size} bytes");
    }
    // The device is as good as before.
    assert!(buffer(&device, 1 << 20, usage, false).is_ok());
}
