//! Where detections go wrong: confusion, types of error, worst images. Each against recorded answers of its reference
//! tool, and against a plain twin written here.

mod confusion;
mod findings;
mod pictures;
mod ranking;
mod scenes;
mod steps;
mod tide;

use lensframe::eval::Objects;
use serde_json::Value;

/// The recorded cases of a file.
fn recorded(file: &str) -> Vec<Value> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded").join(file);
    let root: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    root["cases"].as_array().unwrap().clone()
}

/// Numbers of a list.
fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|n| n.as_f64().unwrap_or(f64::NAN)).collect()
}

/// Rows of each image, as `[class, x, y, w, h, last]`: `last` is a score, or 1 for a crowd.
fn rows(images: &[Value], side: &str) -> Vec<Vec<Vec<f64>>> {
    images.iter().map(|image| image[side].as_array().unwrap().iter().map(numbers).collect()).collect()
}

/// The columns that both sides have.
fn objects(images: &[Vec<Vec<f64>>]) -> Objects {
    let mut objects = Objects::new(images.iter().map(Vec::len)).unwrap();
    for row in images.iter().flatten() {
        objects.label.push(row[0] as u32);
        objects.bbox.push([row[1], row[2], row[3], row[4]]);
        objects.area.push(row[3] * row[4]);
    }
    objects
}
