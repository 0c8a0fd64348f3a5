//! What samplers need to know of the rows of a view, read from it.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;

use super::sampler::{Facts, Labels, Need, Sampler};
use crate::dataset::{Access, Dataset, Value};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::schema::axis::key_name;

/// Facts in memory of their own.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    rows: u64,
    labels: Option<Vec<Vec<u32>>>,
    aspect: Option<Vec<f32>>,
    weights: Option<Vec<f64>>,
}

impl Known {
    /// Reads what a sampler needs; what a view does not have stays unknown, and the sampler says so.
    pub(super) fn read(ds: &Dataset, set: &str, sampler: &Sampler, job: &Job) -> Result<Known> {
        let mut known = Known { rows: ds.len() as u64, ..Known::default() };
        let has = |name: &str| ds.keys().find(name).is_ok();
        for need in sampler.needs() {
            match need {
                Need::Labels => {
                    let own = key_name(set, "label");
                    let key = [own.as_str(), "image_label"].into_iter().find(|name| has(name));
                    known.labels = key.map(|key| labels(ds, key, job)).transpose()?;
                }
                Need::Aspect if has("width") && has("height") => {
                    let (wide, high) = (numbers(ds, "width", job)?, numbers(ds, "height", job)?);
                    known.aspect = Some(wide.iter().zip(high).map(|(w, h)| (w / h) as f32).collect());
                }
                Need::Weights if has("weight") => known.weights = Some(numbers(ds, "weight", job)?),
                _ => {}
            }
        }
        Ok(known)
    }

    pub(super) fn facts(&self) -> Facts<'_> {
        Facts {
            rows: self.rows,
            labels: self.labels.as_ref().map(|lists| Labels::lists(lists)),
            aspect: self.aspect.as_deref(),
            weights: self.weights.as_deref(),
            shards: None,
        }
    }
}

fn values(ds: &Dataset, key: &str, job: &Job) -> Result<Vec<Value>> {
    let batch = ds.select([key])?.read_all(&Access::new(job))?.whole()?;
    Ok(batch.columns.first().map(|column| column.values()).unwrap_or_default())
}

fn numbers(ds: &Dataset, key: &str, job: &Job) -> Result<Vec<f64>> {
    let number = |(row, value): (usize, Value)| {
        value.as_float().or_else(|| value.as_int().map(|n| n as f64)).ok_or_else(|| {
            Error::new(ErrorKind::Type, format!("{} is no number", value.kind_name()))
                .at(Place::area("feed").row(row as u64).key(key))
        })
    };
    values(ds, key, job)?.into_iter().enumerate().map(number).collect()
}

/// The classes of each row; labels below 0 are none.
fn labels(ds: &Dataset, key: &str, job: &Job) -> Result<Vec<Vec<u32>>> {
    let known = |label: i64| u32::try_from(label).ok();
    let list = |value: Value| match value {
        Value::Int(label) => known(label).into_iter().collect(),
        Value::Array(array) => match array.as_primitive_opt::<Int64Type>() {
            Some(numbers) => (0..numbers.len())
                .filter(|at| numbers.is_valid(*at))
                .filter_map(|at| known(numbers.value(at)))
                .collect(),
            None => Vec::new(),
        },
        _ => Vec::new(),
    };
    Ok(values(ds, key, job)?.into_iter().map(list).collect())
}
