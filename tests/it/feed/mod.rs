//! Batches: the same whoever makes them, errors with a place, memory that is bounded.

mod faults;
mod order;

use lensframe::augment::Pipeline;
use lensframe::dataset::{Dataset, Value};
use lensframe::feed::sampler::{Plan, Sampler};
use lensframe::feed::{Batch, Loader, Options};
use lensframe::job::Job;

const STEPS: &str = r#"[{"op": "random_resized_crop", "size": 24}, {"op": "random_flip"},
    {"op": "normalize", "mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2]}]"#;

pub(super) fn loader(ds: &Dataset, steps: &str, plan: Plan, options: Options) -> Loader {
    Loader::new(ds, Pipeline::from_json(steps).unwrap(), plan, options, &Job::new()).unwrap()
}

pub(super) fn plan(batch: usize) -> Plan {
    Plan::new(Sampler::Shuffled, batch).seed(3)
}

pub(super) fn options(workers: usize) -> Options {
    Options { workers, ahead: 3, ..Options::default() }
}

/// Everything that a batch says, to be compared.
pub(super) fn said(batch: &Batch) -> (u64, Vec<u64>, Vec<u8>, String) {
    let pixels = batch.pictures.as_ref().map(|tensor| tensor.bytes().to_vec()).unwrap_or_default();
    let rest = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        batch.sizes,
        batch.offsets,
        batch.boxes,
        batch.points,
        batch.objects,
        batch
            .values
            .iter()
            .map(|(name, list)| (name, list.iter().map(Value::to_json).collect::<Vec<_>>()))
            .collect::<Vec<_>>(),
        batch.canvas,
        batch
            .maps
            .iter()
            .map(|(name, ids)| (name, ids.iter().map(|id| i64::from(*id)).sum::<i64>()))
            .collect::<Vec<_>>()
    );
    (batch.index, batch.rows.clone(), pixels, rest)
}
