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
    println!("  memory grew by {:.1} MB", (resident() - before) / 1e6);
    time("images without objects", || ds.filter_objects("true", Quantity::None).unwrap().len());
    time("objects kept", || ds.keep_objects("NOT crowded").unwrap().len());
    time("classes counted in SQL", || {
        ds.sql("SELECT category, COUNT(*) AS n FROM objects GROUP BY category").unwrap().len()
    });
}

/// Prints the first and the best of some rounds: wall and processor time of the whole program.
fn time(what: &str, mut ask: impl FnMut() -> usize) {
    let (mut best, mut first, mut answer) = ((f64::INFINITY, f64::INFINITY), 0.0, 0);
    for round in 0..30 {
        let (wall, cpu) = (Instant::now(), processor());
        answer = ask();
        let own = (wall.elapsed().as_secs_f64() * 1e3, (processor() - cpu) * 1e3);
        if round == 0 {
            first = own.1;
        }
        best = (best.0.min(own.0), best.1.min(own.1));
    }
    println!(
        "  {what:<36}{:>8.2} ms wall{:>8.2} ms processor (first {first:.1}), {answer} rows",
        best.0, best.1
    );
}

/// Processor time of all threads so far, in seconds, where the system tells it.
fn processor() -> f64 {
    let mut sum = 0.0;
    for task in std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        sum += text.split(' ').next().and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0) / 1e9;
    }
    sum
}

/// Resident memory in bytes, where the system tells it.
fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ').nth(1).and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0) * 4096.0
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
