//! Evaluation of detections: COCO's protocol against known answers, by any way of sharing the work out.

mod bad_input;
mod coco;
mod divergences;
mod doors;
mod mask_cache;
mod matches;
mod names;
mod outputs;
mod program;
mod protocols;
mod shards;
mod sides;
mod standing;
mod threads;
mod twin;

use lensframe::eval::{Flags, Objects};

/// Boxes of one image as corners (left, top, right, bottom) with their class, score (or area) and crowd flag.
pub(crate) struct Row {
    pub(crate) bbox: [f64; 4],
    pub(crate) label: u32,
    pub(crate) value: f64,
    pub(crate) crowd: bool,
}

/// An object of a class with a number: a detection's score, a truth's area.
pub(crate) fn row(corners: [f64; 4], label: u32, value: f64) -> Row {
    let [left, top, right, bottom] = corners;
    Row { bbox: [left, top, right - left, bottom - top], label, value, crowd: false }
}

/// The rows of each image as truths: values are areas, NaN for width times height.
pub(crate) fn truths(images: &[Vec<Row>]) -> Objects {
    let mut objects = Objects::new(images.iter().map(Vec::len)).unwrap();
    for row in images.iter().flatten() {
        objects.label.push(row.label);
        objects.bbox.push(row.bbox);
        objects.area.push(if row.value.is_nan() { row.bbox[2] * row.bbox[3] } else { row.value });
        objects.flags.push(Flags { crowd: row.crowd, ignored: row.crowd, ..Flags::default() });
    }
    objects
}

/// The rows of each image as detections.
pub(crate) fn found(images: &[Vec<Row>]) -> Objects {
    let mut objects = Objects::new(images.iter().map(Vec::len)).unwrap();
    for row in images.iter().flatten() {
        objects.label.push(row.label);
        objects.bbox.push(row.bbox);
        objects.score.push(row.value);
        objects.area.push(row.bbox[2] * row.bbox[3]);
    }
    objects
}
