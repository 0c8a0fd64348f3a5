//! Pipelines: what lies on a picture moves with it.

mod agreement;
mod choices;
mod covering;
mod formulas;
mod mmdetection;
mod page;
mod pipelines;
mod program;
mod rendering;
mod schema;

use lensframe::augment::{Pipeline, Sample};
use lensframe::dataset::{Access, Dataset};
use lensframe::synth::{Options, Scenes, Span};

/// Scenes with pictures, boxes, masks, points and label maps.
pub(crate) fn scenes(count: u64) -> Dataset {
    let options =
        Options { count, height: Span::new(60, 100), width: Span::new(80, 140), ..Options::default() };
    Dataset::new(Scenes::new(options, 5).unwrap())
}

/// A row of a view as a sample.
pub(crate) fn sample(ds: &Dataset, row: usize) -> Sample {
    let reading = lensframe::augment::Reading::new(ds, "", lensframe::augment::Decoding::Exact).unwrap();
    let batch =
        reading.view().slice(row..row + 1).unwrap().read_all(&Access::default()).unwrap().whole().unwrap();
    let values: Vec<_> = batch.columns.iter().map(|column| column.value(0)).collect();
    reading.sample(row, &values).unwrap()
}

/// A pipeline of one step.
pub(crate) fn step(json: &str) -> Pipeline {
    Pipeline::from_json(&format!("[{json}]")).unwrap_or_else(|e| panic!("{json}: {e}"))
}
