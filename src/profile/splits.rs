//! [`Splits`]: which part of the data each image counts as.

use std::collections::HashMap;

use super::row::{text, titles};
use crate::dataset::{Access, Dataset};
use crate::error::Result;
use crate::job::Job;

/// Rows read at a time.
const ROWS: usize = 1 << 16;

/// The splits by name, and that of each row of all datasets, counted through.
pub(super) struct Splits {
    /// Empty where there is neither a `split` key nor a second dataset.
    pub(super) names: Vec<String>,
    of: Vec<u32>,
}

impl Splits {
    /// Those of the key `split`; of several datasets, each is a split or, with a key of its own, several: `name/split`.
    /// A row that says nothing is of the split `""`, shown as `(none)`.
    pub(super) fn read(members: &[(&str, &Dataset)], job: &Job) -> Result<Splits> {
        let mut splits = Splits { names: Vec::new(), of: Vec::new() };
        let several = members.len() > 1;
        if !several && members.iter().all(|(_, ds)| ds.keys().find("split").is_err()) {
            return Ok(splits);
        }
        let mut known: HashMap<String, u32> = HashMap::new();
        for (name, (_, ds)) in titles(members).into_iter().zip(members) {
            let mut number = |own: Option<&str>| {
                let whole = match (own, several) {
                    (Some(own), true) => format!("{name}/{own}"),
                    (None, true) => name.clone(),
                    (own, false) => own.unwrap_or("(none)").to_owned(),
                };
                *known.entry(whole).or_insert_with_key(|whole| {
                    splits.names.push(whole.clone());
                    u32::try_from(splits.names.len() - 1).unwrap_or(u32::MAX)
                })
            };
            if ds.keys().find("split").is_err() {
                let one = number(None);
                splits.of.extend(std::iter::repeat_n(one, ds.len()));
                continue;
            }
            let view = ds.select("split")?;
            for start in (0..ds.len()).step_by(ROWS) {
                let batch = view.slice(start..ds.len().min(start + ROWS))?.read_all(&Access::new(job))?;
                for value in batch.columns.iter().flat_map(|column| column.values()) {
                    splits.of.push(number(text(&value).as_deref()));
                }
                job.check()?;
            }
        }
        Ok(splits)
    }

    /// The split of a row, where there are any.
    pub(super) fn of(&self, row: usize) -> Option<usize> {
        self.of.get(row).map(|split| *split as usize)
    }

    /// The name of a row's split.
    pub(super) fn name(&self, row: usize) -> &str {
        self.of(row).and_then(|split| self.names.get(split)).map_or("", String::as_str)
    }

    /// True if there is more than one, so that something can be in two.
    pub(super) fn are_several(&self) -> bool {
        self.names.len() > 1
    }

    /// Whether rows are in more than one, and which these are.
    pub(super) fn among(&self, rows: &[usize]) -> Vec<String> {
        let mut found: Vec<usize> = rows.iter().filter_map(|row| self.of(*row)).collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().filter_map(|split| self.names.get(split).cloned()).collect()
    }
}
