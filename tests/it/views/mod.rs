//! Views of datasets: the seeds' worked cases and error rules, joins, maps, class tables, orders, copies.
//!
//! What holds for every source is in `laws`; here are the cases people wrote down, and what each kind refuses.

mod classes;
mod copies;
mod joins;
mod maps;
mod orders;
mod selection;

use lensframe::dataset::{Dataset, Example, Value};
use lensframe::error::{Error, ErrorKind, Result};

/// The error of something that must fail, as its kind.
fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

/// The error of something that must fail.
fn error<T: std::fmt::Debug>(result: Result<T>) -> Error {
    result.unwrap_err()
}

/// Whole numbers as a list of bare examples.
fn bare(numbers: &[i64]) -> Vec<Example> {
    numbers.iter().map(|n| Example::One(Value::Int(*n))).collect()
}

/// Whole numbers as a list of tuples.
fn tuples<const N: usize>(rows: &[[i64; N]]) -> Vec<Example> {
    rows.iter().map(|row| Example::Many(row.map(Value::Int).to_vec())).collect()
}

/// The names of a dataset's keys; `(unnamed)` for those that have none.
fn names(ds: &Dataset) -> Vec<String> {
    ds.keys().iter().map(ToString::to_string).collect()
}
