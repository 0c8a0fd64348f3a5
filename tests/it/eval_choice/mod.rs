//! Protocols in which a detection chooses one truth: VOC, `eval_map`, proposals, Open Images, LVIS.
//!
//! Each is held against recorded answers of its reference tool, against a plain twin written here (nested loops,
//! nothing shared with the library), and split over shards and threads.

mod mean_ap;
mod proposals;
mod scenes;
mod voc;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// The recorded cases of a file.
fn recorded(file: &str) -> Vec<Value> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded").join(file);
    let root: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    root["cases"].as_array().unwrap().clone()
}

fn get<T: DeserializeOwned>(value: &Value, key: &str) -> T {
    T::deserialize(&value[key]).unwrap_or_else(|e| panic!("{key} of {value}: {e}"))
}

/// A recorded number, whose null is NaN.
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// Recorded numbers, whose null is NaN.
fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

/// Equal bits, all NaN being one.
fn same(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()))
}
