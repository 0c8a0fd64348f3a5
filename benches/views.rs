//! What views cost. Run with `cargo bench --bench views`.
//!
//! The figures to hold (DESIGN §4): slice and key selection 1 µs; a concat of 64 parts 1 µs and a constant for
//! each part; a shuffled view of COCO's 118,287 training images 1 ms; a metadata value through 100 nested
//! views 1 µs.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on has nothing to measure")]

use std::hint::black_box;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, Int64Array, StringArray};
use divan::Bencher;
use lensframe::dataset::{Access, Dataset, Part, Rows};

/// How many images COCO's train2017 has.
const ROWS: usize = 118_287;

fn main() {
    divan::main();
}

/// A table of metadata in chunks of 4,096 rows.
fn dataset() -> Dataset {
    let chunks = |make: &dyn Fn(std::ops::Range<usize>) -> ArrayRef| -> Vec<ArrayRef> {
        (0..ROWS).step_by(4096).map(|start| make(start..ROWS.min(start + 4096))).collect()
    };
    let ids = chunks(&|rows| Arc::new(Int64Array::from_iter_values(rows.map(|row| row as i64))));
    let heights = chunks(&|rows| Arc::new(Int32Array::from_iter_values(rows.map(|row| row as i32 % 640))));
    let names =
        chunks(&|rows| Arc::new(StringArray::from_iter_values(rows.map(|row| format!("{row:012}.jpg")))));
    let part = |name: &str, chunks: Vec<ArrayRef>| {
        let field = arrow_schema::Field::new(name, chunks[0].data_type().clone(), true);
        Part::from((Arc::new(field), chunks))
    };
    Dataset::zip([part("image_id", ids), part("height", heights), part("file_name", names)]).unwrap()
}

/// The dataset under 100 views of views of every sort that flattens.
fn nested() -> Dataset {
    (0..100).fold(dataset().shuffle(1), |view, depth| match depth % 4 {
        0 => view.slice(1..).unwrap(),
        1 => view.select([1, 2, 0]).unwrap(),
        2 => view.rename(&[("height", "image_id"), ("image_id", "height")]).unwrap(),
        _ => Dataset::concat([view]).unwrap(),
    })
}

#[divan::bench]
fn slice(bencher: Bencher) {
    let ds = dataset();
    bencher.bench(|| ds.slice(black_box(1000..100_000)).unwrap());
}

#[divan::bench]
fn select_one_key(bencher: Bencher) {
    let ds = dataset();
    bencher.bench(|| ds.select(black_box("height")).unwrap());
}

#[divan::bench]
fn select_two_keys(bencher: Bencher) {
    let ds = dataset();
    bencher.bench(|| ds.select(black_box(["file_name", "height"])).unwrap());
}

#[divan::bench(args = [2, 64, 1024])]
fn concat(bencher: Bencher, parts: usize) {
    let ds = dataset();
    let size = ROWS / parts;
    let parts: Vec<Dataset> = (0..parts).map(|at| ds.slice(at * size..(at + 1) * size).unwrap()).collect();
    bencher.bench(|| Dataset::concat(black_box(&parts)).unwrap());
}

#[divan::bench]
fn shuffle(bencher: Bencher) {
    let ds = dataset();
    bencher.bench(|| ds.shuffle(black_box(7)));
}

#[divan::bench]
fn get_a_number(bencher: Bencher) {
    let ds = dataset().select("height").unwrap();
    bencher.bench(|| ds.get(black_box(77_777)).unwrap());
}

#[divan::bench]
fn get_a_number_through_100_views(bencher: Bencher) {
    let ds = nested().select(0).unwrap();
    bencher.bench(|| ds.get(black_box(77_777)).unwrap());
}

#[divan::bench]
fn get_all_keys_through_100_views(bencher: Bencher) {
    let ds = nested();
    bencher.bench(|| ds.get(black_box(77_777)).unwrap());
}

#[divan::bench]
fn read_a_range_of_10_000(bencher: Bencher) {
    let ds = dataset();
    let rows = Rows::span(50_000, 10_000);
    bencher.bench(|| ds.read_rows(black_box(&rows), &Access::default()).unwrap());
}

#[divan::bench]
fn read_10_000_shuffled(bencher: Bencher) {
    let ds = dataset().shuffle(3);
    let rows = Rows::span(50_000, 10_000);
    bencher.bench(|| ds.read_rows(black_box(&rows), &Access::default()).unwrap());
}
