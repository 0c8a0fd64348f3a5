//! The Parquet form, read back.

use std::io::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, RecordBatch};
use lensframe::report::Report;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

fn read(report: &Report) -> RecordBatch {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&report.to_parquet().unwrap()).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let schema = reader.schema().clone();
    let batches: Vec<RecordBatch> =
        reader.with_batch_size(1 << 20).build().unwrap().map(Result::unwrap).collect();
    arrow_select::concat::concat_batches(&schema, &batches).unwrap()
}

/// The words of some columns and the value of each row.
fn rows(batch: &RecordBatch, words: &[&str]) -> Vec<(Vec<String>, Option<f64>)> {
    let value = batch.column_by_name("value").unwrap().as_primitive::<Float64Type>();
    let word = |name: &str, row: usize| {
        let column = batch.column_by_name(name).unwrap().as_string::<i32>();
        if column.is_null(row) { String::new() } else { column.value(row).to_owned() }
    };
    (0..batch.num_rows())
        .map(|row| {
            (
                words.iter().map(|name| word(name, row)).collect(),
                value.is_valid(row).then(|| value.value(row)),
            )
        })
        .collect()
}

#[test]
fn every_number_of_a_report_is_a_row() {
    let report = super::sample();
    let batch = read(&report);
    let all = rows(&batch, &["part", "metric", "class"]);
    let of = |part: &str, metric: &str, class: &str| {
        let found: Vec<Option<f64>> = all
            .iter()
            .filter(|(words, _)| words == &[part, metric, class])
            .map(|(_, value)| *value)
            .collect();
        assert_eq!(found.len(), 1, "{part} {metric} {class}");
        found[0]
    };
    assert_eq!(of("headline", "AP", ""), report.value("AP"));
    let ap = report.classes.as_ref().unwrap().get("AP").unwrap();
    assert_eq!(of("classes", "AP", "person"), ap.cells.number(0));
    assert_eq!(of("classes", "AP", "fire hydrant"), None);
    assert_eq!(of("breakdown", "Miss", ""), Some(0.0793));
    let count = |part: &str| all.iter().filter(|(words, _)| words[0] == part).count();
    assert_eq!((count("headline"), count("classes"), count("comparison")), (12, 6 * 80, 18));
    assert_eq!(count("histogram"), 3 * 40);
    let points: usize = report.charts.iter().flat_map(|c| &c.curves).map(|c| c.points.len()).sum();
    assert_eq!(count("chart"), points);
    let matrix = report.matrix.as_ref().unwrap();
    assert_eq!(count("matrix"), matrix.counts.iter().filter(|n| **n > 0).count());
}

#[test]
fn every_report_is_a_parquet_file_of_one_schema() {
    let wanted = read(&Report::default()).schema();
    for (name, report) in super::all() {
        let batch = read(&report);
        assert_eq!(batch.schema(), wanted, "{name}");
        let finite = |(_, value): &(Vec<String>, Option<f64>)| value.is_none_or(f64::is_finite);
        assert!(rows(&batch, &["metric"]).iter().all(finite), "{name}");
    }
}
