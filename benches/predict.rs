//! Predictions and memory: `cargo bench --bench predict -- [ROWS]`.
//!
//! Draws that many scenes of one object, sends them from their Arrow files through our own small detector into the question
//! how often the best class is right, and prints how large the process is as it goes. Flat means: the last figure is the
//! second.

use std::cell::Cell;
use std::time::Instant;

use lensframe::dataset::store::{Store, WriterOptions};
use lensframe::error::Result;
use lensframe::eval::classification;
use lensframe::job::Job;
use lensframe::model::{Device, Model, zoo};
use lensframe::predict::{Accuracy, Found, Predictor, Run, Sink, known};
use lensframe::synth::{Options, Scenes};

/// Resident memory that is the process's own, in kB: pages of mapped files are the kernel's to take back.
fn own() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// A sink that looks at memory on its way.
struct Watched {
    sink: Accuracy,
    every: u64,
    seen: Cell<u64>,
    start: Instant,
}

impl Sink for Watched {
    fn take(&mut self, rows: &[u64], found: &[Vec<Found>]) -> Result<()> {
        self.sink.take(rows, found)?;
        let (before, after) = (self.seen.get(), self.seen.get() + rows.len() as u64);
        self.seen.set(after);
        if before / self.every < after / self.every {
            let rate = after as f64 / self.start.elapsed().as_secs_f64();
            println!("{after:>7} rows, {rate:>6.1} a second, {:>7} kB", own());
        }
        Ok(())
    }
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let rows: u64 = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(10_000);
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("scenes.lf");
    let job = Job::new();
    let options = Options {
        count: rows,
        height: 144.into(),
        width: 192.into(),
        classes: 12,
        objects: 1.into(),
        empty: 0.0,
        ..Options::default()
    };
    Scenes::new(options, 4)?.write(&path, WriterOptions::default(), &|_| true, &job)?;
    let ds = Store::open(&path)?.dataset();
    let recipe = known::recipe("shapes")?.with_least_score(0.0);
    let predictor = Predictor::new(Model::from_bytes(zoo::SHAPES)?.into_graph(), recipe, Device::Cpu, &job)?;
    let sink = Accuracy::new(&ds, "label", classification::Options::new(12))?;
    let mut sink = Watched { sink, every: (rows / 10).max(1), seen: Cell::new(0), start: Instant::now() };
    let run = Run { batch: 8, workers: 1, skip: false };
    run.send(&ds, &predictor, &mut sink, &job)?;
    println!("the best class is right in {:.2} %", 100.0 * sink.sink.finish().accuracy);
    Ok(())
}
