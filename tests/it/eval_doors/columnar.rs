//! Parquet and Arrow files.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{FixedSizeListBuilder, Float64Builder, StringDictionaryBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, BinaryArray, Float32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_ipc::writer::FileWriter;
use lensframe::eval::read::PredictionOptions;
use parquet::arrow::ArrowWriter;

use super::{Desk, det};

pub(super) fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter(columns).unwrap()
}

pub(super) fn write(path: &Path, batch: &RecordBatch, parquet: bool) {
    let file = File::create(path).unwrap();
    if parquet {
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(batch).unwrap();
        writer.close().unwrap();
    } else {
        let mut writer = FileWriter::try_new(file, &batch.schema()).unwrap();
        writer.write(batch).unwrap();
        writer.finish().unwrap();
    }
}

fn scalar(value: f64) -> ArrayRef {
    Arc::new(Float64Array::from(vec![value]))
}

#[test]
fn columns_of_every_fitting_type_are_read() {
    let desk = Desk::new();
    let own = [det(7, "car", 0.5, [10.0, 20.0, 40.0, 30.0])];
    let mut boxes = FixedSizeListBuilder::new(Float64Builder::new(), 4);
    boxes.values().append_slice(&[10.0, 20.0, 40.0, 30.0]);
    boxes.append(true);
    let mut labels = StringDictionaryBuilder::<Int32Type>::new();
    labels.append_value("car");
    let together = batch(vec![
        ("image_id", Arc::new(Int64Array::from(vec![7]))),
        ("picture", Arc::new(BinaryArray::from_vec(vec![b"jpeg"]))),
        ("label", Arc::new(labels.finish())),
        ("score", Arc::new(Float32Array::from(vec![0.5]))),
        ("bbox", Arc::new(boxes.finish())),
    ]);
    let apart = batch(vec![
        ("file_name", Arc::new(StringArray::from(vec!["000007.jpg"]))),
        ("category_id", Arc::new(Int64Array::from(vec![3]))),
        ("confidence", scalar(0.5)),
        ("xmin", scalar(10.0)),
        ("ymin", scalar(20.0)),
        ("xmax", scalar(50.0)),
        ("ymax", Arc::new(Int64Array::from(vec![50]))),
    ]);
    for table in [together, apart] {
        for parquet in [false, true] {
            let path = desk.path("table");
            write(&path, &table, parquet);
            assert_eq!(desk.found(&path), own);
        }
    }
}

#[test]
fn what_a_column_cannot_say_is_named_with_its_row() {
    let desk = Desk::new();
    let of = |score: ArrayRef| {
        batch(vec![
            ("image_id", Arc::new(Int64Array::from(vec![7]))),
            ("category_id", Arc::new(Int64Array::from(vec![3]))),
            ("score", score),
            ("x", scalar(1.0)),
            ("y", scalar(2.0)),
            ("w", scalar(3.0)),
            ("h", scalar(4.0)),
        ])
    };
    for (score, part) in [
        (scalar(f64::NAN), "row 0 key 'score': a score is not a finite number"),
        (Arc::new(StringArray::from(vec!["0.5"])) as ArrayRef, "row 0 key 'score': Utf8 is not the type"),
        (Arc::new(Float64Array::from(vec![None])), "row 0 key 'score': a detection has no score"),
    ] {
        write(&desk.path("t.parquet"), &of(score), true);
        let error = desk.refused(&desk.path("t.parquet")).to_string();
        assert!(error.contains("t.parquet") && error.contains(part), "{error}");
    }
}

#[test]
fn files_that_are_damaged_never_do_worse_than_fail() {
    let desk = Desk::new();
    let table = batch(vec![
        ("image_id", Arc::new(Int64Array::from(vec![7]))),
        ("category_id", Arc::new(Int64Array::from(vec![3]))),
        ("score", scalar(0.5)),
        ("x", scalar(1.0)),
        ("y", scalar(2.0)),
        ("w", scalar(3.0)),
        ("h", scalar(4.0)),
    ]);
    for parquet in [false, true] {
        let path = desk.path("whole");
        write(&path, &table, parquet);
        let bytes = std::fs::read(&path).unwrap();
        super::damage_every_byte(&desk, &bytes, "cut", &desk.path("cut"), &PredictionOptions::default());
    }
}
