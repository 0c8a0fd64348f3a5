//! Networks, timed: `cargo bench --bench model -- FILE.onnx 1,3,224,224 [cpu|gpu] [THREADS]`.
//!
//! The first run, then the best of many: wall and CPU time of the process, and operations a second. Without arguments our
//! own small detector is timed.

use std::path::Path;
use std::time::Instant;

use lensframe::job::Job;
use lensframe::model::{DType, Device, Model, Session, Tensor, explain, zoo};
use lensframe::random::Random;

type Done<T> = Result<T, Box<dyn std::error::Error>>;

/// User and system time of this process, in seconds.
fn cpu() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

fn main() -> Done<()> {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let model = match args.first() {
        Some(path) => Model::open(Path::new(path))?,
        None => Model::from_bytes(zoo::SHAPES)?,
    };
    let shape: Vec<usize> = match args.get(1) {
        Some(text) => text.split(',').map(str::parse).collect::<Result<_, _>>()?,
        None => vec![1, 3, 144, 192],
    };
    let device: Device = args.get(2).map_or("cpu", String::as_str).parse()?;
    let threads: usize = args.get(3).map_or("1", String::as_str).parse()?;
    let mut random = Random::keyed(&[1]);
    let count = shape.iter().product::<usize>();
    let input = Tensor::new(&shape, (0..count).map(|_| random.unit() as f32).collect())?;

    let session = Session::new(model.into_graph(), device, &Job::new().threads(threads))?;
    let flops: u64 = explain(session.graph(), &[(DType::F32, shape)])?.iter().map(|line| line.flops).sum();
    let (start, before) = (Instant::now(), cpu());
    let first_outputs = session.run(vec![input.clone()])?;
    let first = start.elapsed().as_secs_f64();
    println!(
        "{}: first run {:.2} ms, {:.2} of CPU time",
        session.device_name(),
        first * 1e3,
        (cpu() - before) * 1e3
    );
    let (mut wall, mut used) = (f64::INFINITY, f64::INFINITY);
    let (begin, mut runs) = (Instant::now(), 0);
    while runs < 5 || begin.elapsed().as_secs_f64() < 4.0 {
        let (start, before) = (Instant::now(), cpu());
        let outputs = session.run(vec![input.clone()])?;
        (wall, used) = (wall.min(start.elapsed().as_secs_f64()), used.min(cpu() - before));
        if outputs != first_outputs {
            return Err("two runs gave two results".into());
        }
        runs += 1;
    }
    println!(
        "best of {runs}: {:.2} ms, {:.2} of CPU time, {:.1} Gflop a second of it",
        wall * 1e3,
        used * 1e3,
        flops as f64 / used / 1e9
    );
    Ok(())
}
