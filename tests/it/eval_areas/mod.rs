//! Evaluators of areas: a class or a segment a pixel, and classes of whole images.
//!
//! * `cityscapes`: answers of cityscapesscripts, folders in its form.
//! * `classification`: answers of scikit-learn, for one class an image and several.
//! * `panoptic`: answers of panopticapi, what disagrees, real pictures.
//! * `semantic`: recorded answers, golden tables, sharding, folders and datasets.

mod cityscapes;
mod classification;
mod panoptic;
mod semantic;

use lensframe::random::Random;
use serde_json::Value as Json;

/// The cases of a recorded file.
fn recorded(name: &str) -> Vec<Json> {
    recorded_json(name).as_array().unwrap().clone()
}

/// A file of the folder of recorded answers.
fn recorded_json(name: &str) -> Json {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded").join(name);
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap()
}

/// A float that was recorded as its bits, or as `nan`.
fn float(bits: &Json) -> f64 {
    match bits.as_str().unwrap() {
        "nan" => f64::NAN,
        bits => f64::from_bits(u64::from_str_radix(bits, 16).unwrap()),
    }
}

fn floats(bits: &Json) -> Vec<f64> {
    bits.as_array().unwrap().iter().map(float).collect()
}

/// Equal to the bit, all NaNs being one.
#[track_caller]
fn same(found: &[f64], want: &[f64], what: &str) {
    let bits = |values: &[f64]| -> Vec<u64> {
        values.iter().map(|v| if v.is_nan() { u64::MAX } else { v.to_bits() }).collect()
    };
    assert_eq!(bits(found), bits(want), "{what}: {found:?} is not {want:?}");
}

/// Rows of whole numbers as one list, with (height, width).
fn grid(rows: &Json) -> (u32, u32, Vec<i64>) {
    let rows = rows.as_array().unwrap();
    let row = |row: &Json| row.as_array().unwrap().iter().map(|n| n.as_i64().unwrap()).collect::<Vec<_>>();
    let all: Vec<Vec<i64>> = rows.iter().map(row).collect();
    (all.len() as u32, all[0].len() as u32, all.concat())
}

/// Shares items out to up to 5 parts in any order, makes an evaluator of each, and merges them in any order.
fn sharded<T, E>(
    r: &mut Random,
    items: &[T],
    new: impl Fn() -> E,
    add: impl Fn(&mut E, &T),
    merge: impl Fn(&mut E, E),
) -> E {
    let mut parts: Vec<E> = (0..1 + r.below(5)).map(|_| new()).collect();
    let mut order: Vec<usize> = (0..items.len()).collect();
    r.shuffle(&mut order);
    for at in order {
        let part = r.below(parts.len() as u64) as usize;
        add(&mut parts[part], &items[at]);
    }
    r.shuffle(&mut parts);
    while parts.len() > 1 {
        // Any two neighbours: merging is no chain from one end.
        let at = r.below(parts.len() as u64 - 1) as usize;
        let other = parts.remove(at + 1);
        merge(&mut parts[at], other);
    }
    parts.pop().unwrap()
}
