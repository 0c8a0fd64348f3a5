//! What questions cost, warm. Run with `cargo bench --bench query -- DATASET.lf`; without a dataset one is drawn in
//! memory in the shape of COCO's training set: 118,287 images, some 860,000 objects.
//!
//! The figure to hold: images with a person's box above 96² in 5 ms of processor time.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on has nothing to measure")]

use std::sync::Arc;
use std::time::Instant;

use arrow_array::builder::{Float64Builder, Int64Builder, ListBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Field, Schema};
use lensframe::dataset::store::Store;
use lensframe::dataset::{Dataset, Table};
use lensframe::query::Quantity;
use lensframe::random::Random;
use lensframe::schema::axis::Axis;
use lensframe::schema::classes::ClassTable;

fn main() {
    let named = std::env::args().skip(1).find(|arg| !arg.starts_with("--"));
    let ds = match &named {
        Some(path) => Store::open(path.as_ref()).unwrap().dataset(),
        None => drawn(118_287),
    };
    println!("{} images", ds.len());
    let before = resident();
    let people = "category = 'person' AND area > 9216";
    time("images with a person above 96²", || {
        ds.filter_objects(people, Quantity::AtLeast(1)).unwrap().len()
    });
    let [own, files] = [0, 1].map(|at| resident()[at] - before[at]);
    println!("  memory grew by {own:.1} MB, and {files:.1} MB of files and of the program are mapped");
    time("images without objects", || ds.filter_objects("true", Quantity::None).unwrap().len());
    time("objects kept", || ds.keep_objects("NOT crowded").unwrap().len());
    time("classes counted in SQL", || {
        ds.sql("SELECT category, COUNT(*) AS n FROM objects GROUP BY category").unwrap().len()
    });
}

/// Prints the first and the best wall time of some rounds, and the mean processor time of all threads.
fn time(what: &str, mut ask: impl FnMut() -> usize) {
    let started = Instant::now();
    let mut answer = ask();
    let (first, mut best, mut rounds) = (started.elapsed().as_secs_f64() * 1e3, f64::INFINITY, 0u32);
    let (started, cpu) = (Instant::now(), processor());
    // Systems tell processor time in hundredths of a second.
    while rounds < 30 || started.elapsed().as_secs_f64() < 1.0 {
        let wall = Instant::now();
        answer = ask();
        best = best.min(wall.elapsed().as_secs_f64() * 1e3);
        rounds += 1;
    }
    let mean = (processor() - cpu) * 1e3 / f64::from(rounds);
    println!(
        "  {what:<36}{best:>8.2} ms wall{mean:>8.2} ms processor (first {first:.1} wall), {answer} rows"
    );
}

/// Processor time of the program so far in seconds, threads that ended included, where the system tells it.
fn processor() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

/// Memory in megabytes that is no file's, and that of files, where the system tells it.
fn resident() -> [f64; 2] {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ["RssAnon:", "RssFile:"].map(|name| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
        line.split_whitespace().next().and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0) / 1e3
    })
}

fn drawn(images: u64) -> Dataset {
    let (mut labels, mut areas) =
        (ListBuilder::new(Int64Builder::new()), ListBuilder::new(Float64Builder::new()));
    let mut crowded = ListBuilder::new(arrow_array::builder::BooleanBuilder::new());
    for image in 0..images {
        let mut random = Random::keyed(&[image]);
        for _ in 0..random.below(16) {
            labels.values().append_value(random.below(80).min(random.below(80)) as i64);
            areas.values().append_value(random.below(40_000) as f64);
            crowded.values().append_value(random.below(100) == 0);
        }
        labels.append(true);
        areas.append(true);
        crowded.append(true);
    }
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("label", Arc::new(labels.finish())),
        ("area", Arc::new(areas.finish())),
        ("crowded", Arc::new(crowded.finish())),
    ];
    let field = |(name, array): &(&str, ArrayRef)| {
        Axis::objects().mark(Field::new(*name, array.data_type().clone(), true))
    };
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.iter().map(|(name, array)| (*name, array.clone(), true)),
    );
    let batch = batch.unwrap().with_schema(schema).unwrap();
    let names = (0..80).map(|n| if n == 0 { "person".to_owned() } else { format!("class {n}") });
    Dataset::new(Table::from_batches(&[batch]).unwrap().with_classes("", ClassTable::from_names(names)))
}
