//! `lensframe feed`: rows through a pipeline, measured and explained.

use std::time::{Duration, Instant};

use serde_json::json;

use super::args::FeedArgs;
use super::print::{Printer, plural};
use super::reference::Reference;
use crate::augment::{About, Op, Touches};
use crate::error::{Error, ErrorKind, Result};
use crate::feed::sampler::{Kind, Last, Plan, Sampler};
use crate::feed::{Loader, OnError, Options, Statistics};
use crate::job::Job;

pub(super) fn run(args: &FeedArgs, printer: &Printer, job: &Job) -> Result<()> {
    if args.ops {
        return operations(printer);
    }
    let Some(dataset) = &args.dataset else {
        return Err(
            Error::new(ErrorKind::Usage, "no dataset is named").remedy("name one, or list operations: --ops")
        );
    };
    let reference = Reference::parse(dataset)?;
    let opened = reference.open(&args.source, job)?;
    let ds = reference.rows(&opened, &args.source, job)?;
    let ds = reference.chosen(ds, &args.conditions, None, job)?;
    let pipeline = reference.pipeline(args.pipeline.as_deref(), &ds)?;
    let kind: Kind = args.sampler.parse()?;
    let plan = Plan { last: Last::Drop, ..Plan::new(Sampler::from(kind), args.batch) }.seed(args.seed);
    let plan = if (ds.len() as u64) < args.batch as u64 { Plan { last: Last::Keep, ..plan } } else { plan };
    let workers = args.workers.unwrap_or_else(|| job.thread_budget());
    let on_error = if args.substitute { OnError::Substitute } else { OnError::Fail };
    let options = Options { workers, ahead: 2 * workers.max(1), on_error, ..Options::default() };
    let loader = Loader::new(&ds, pipeline, plan, options, job)?;
    let measured = measure(&loader, args.epochs, Duration::from_secs_f64(args.seconds.max(0.0)), job)?;
    show(&loader, &measured, printer)
}

/// What a measurement found.
struct Measured {
    statistics: Statistics,
    /// Until the first batch was there, in seconds.
    first: f64,
    /// User and system time of the process, in seconds, where it can be known.
    cpu: Option<f64>,
    shape: Option<Vec<usize>>,
    epochs: u64,
    whole: bool,
    /// Why rows were replaced, with how often; the first few.
    reasons: Vec<(String, u64)>,
}

fn measure(loader: &Loader, epochs: u64, limit: Duration, job: &Job) -> Result<Measured> {
    let start = Instant::now();
    let before = cpu();
    let total = loader.len(0)?.checked_mul(epochs);
    let stage = job.stage("feeding batches", total);
    let mut found = Measured {
        statistics: Statistics::default(),
        first: 0.0,
        cpu: None,
        shape: None,
        epochs: 0,
        whole: true,
        reasons: Vec::new(),
    };
    for epoch in 0..epochs {
        let mut feed = loader.epoch(epoch)?;
        let mut whole = true;
        for batch in feed.by_ref() {
            let batch = batch?;
            if found.shape.is_none() {
                found.first = start.elapsed().as_secs_f64();
                found.shape = batch.pictures.as_ref().map(|pictures| pictures.shape().to_vec());
            }
            for replaced in &batch.replaced {
                match found.reasons.iter().position(|(why, _)| *why == replaced.why) {
                    Some(at) => found.reasons[at].1 += 1,
                    None if found.reasons.len() < 10 => found.reasons.push((replaced.why.clone(), 1)),
                    None => {}
                }
            }
            stage.advance(1)?;
            if !limit.is_zero() && start.elapsed() > limit {
                whole = false;
                break;
            }
        }
        let own = feed.statistics();
        let sum = &mut found.statistics;
        sum.rows += own.rows;
        sum.batches += own.batches;
        sum.replaced += own.replaced;
        sum.reading += own.reading;
        sum.pixels += own.pixels;
        sum.waited += own.waited;
        found.epochs += u64::from(whole);
        found.whole &= whole;
        if !whole {
            break;
        }
    }
    drop(stage);
    found.statistics.wall = start.elapsed().as_secs_f64();
    found.cpu = cpu().zip(before).map(|(after, before)| after - before);
    Ok(found)
}

/// User and system time of this process.
fn cpu() -> Option<f64> {
    let usage = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Some(usage.tv_sec as f64 + usage.tv_nsec as f64 * 1e-9)
}

fn show(loader: &Loader, found: &Measured, printer: &Printer) -> Result<()> {
    let statistics = &found.statistics;
    let finish = loader.pipeline().finish();
    let per_cpu = found.cpu.filter(|cpu| *cpu > 0.0).map(|cpu| statistics.rows as f64 / cpu);
    let workers = loader.options().workers;
    let steps: Vec<&str> = loader.pipeline().steps().iter().map(|step| step.op.name()).collect();
    let object = json!({
        "rows": statistics.rows, "batches": statistics.batches, "epochs": found.epochs,
        "wall_s": statistics.wall, "cpu_s": found.cpu, "first_batch_s": found.first,
        "rows_per_s": statistics.rate(), "rows_per_cpu_s": per_cpu,
        "reading_s": statistics.reading, "pixels_s": statistics.pixels, "waited_s": statistics.waited,
        "replaced": statistics.replaced, "reasons": found.reasons, "workers": workers,
        "shape": found.shape, "dtype": finish.dtype, "pipeline": loader.pipeline().to_json(),
    });
    printer.show(&object, || {
        let mut text = format!(
            "{} in {}, {:.2} s: {:.0} rows a second",
            plural(statistics.rows, "row"),
            plural(statistics.batches, "batch"),
            statistics.wall,
            statistics.rate()
        );
        if let Some(rate) = per_cpu {
            text.push_str(&format!(", {rate:.0} a second of CPU time"));
        }
        text.push('\n');
        if let Some(shape) = &found.shape {
            text.push_str(&format!(
                "batches of {shape:?} {:?}, the first after {:.0} ms\n",
                finish.dtype,
                found.first * 1e3
            ));
        }
        let busy = (statistics.reading + statistics.pixels).max(f64::MIN_POSITIVE);
        text.push_str(&format!(
            "{}: {:.0} % of their time reads rows and runs {}, {:.0} % decodes and lays out pixels\n",
            plural(workers as u64, "thread"),
            100.0 * statistics.reading / busy,
            if steps.is_empty() { "no steps".to_owned() } else { steps.join(", ") },
            100.0 * statistics.pixels / busy,
        ));
        text.push_str(&format!("who asked for batches waited {:.2} s\n", statistics.waited));
        if statistics.replaced > 0 {
            text.push_str(&format!("{} replaced:\n", plural(statistics.replaced, "row")));
            for (why, count) in &found.reasons {
                text.push_str(&format!("  {count} × {why}\n"));
            }
        }
        if !found.whole {
            text.push_str("stopped by --seconds before the end of an epoch\n");
        }
        text
    })
}

/// The table of operations: what each moves or changes.
fn operations(printer: &Printer) -> Result<()> {
    let object = json!({
        "operations": Op::ALL.iter().map(|about| json!({
            "name": about.name, "summary": about.summary,
            "touches": about.touches.iter().map(|touches| word(*touches)).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    });
    printer.show(&object, || {
        let width = Op::ALL.iter().map(|about| about.name.len()).max().unwrap_or(0);
        let line = |about: &About| {
            let touches: Vec<&str> = about.touches.iter().map(|touches| word(*touches)).collect();
            format!("{:width$}  {}\n{:width$}  {}\n", about.name, about.summary, "", touches.join(", "))
        };
        Op::ALL.iter().map(line).collect()
    })
}

fn word(touches: Touches) -> &'static str {
    match touches {
        Touches::Picture => "picture",
        Touches::Boxes => "boxes",
        Touches::Rotated => "turned boxes",
        Touches::Masks => "masks",
        Touches::Points => "points",
        Touches::Maps => "label maps",
        Touches::Count => "which objects there are",
    }
}
