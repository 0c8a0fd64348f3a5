//! [`Row`]: an image by its place and its name, so that a person can go and see.

use std::collections::HashMap;

use crate::dataset::{Access, Dataset, Value};
use crate::error::Result;
use crate::job::Job;

/// An image of one of the datasets that are looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row {
    /// Which dataset, by its place in the list.
    pub member: usize,
    /// The row of that dataset, from 0: of the view that was given, filters applied.
    pub row: usize,
    /// Its `file_name`, else its `image_id`; empty where it has neither.
    pub name: String,
    /// The split it counts as; empty where there is none.
    pub split: String,
}

/// Where the rows of several datasets begin, counted through.
pub(super) struct Places {
    starts: Vec<usize>,
}

impl Places {
    pub(super) fn new(members: &[(&str, &Dataset)]) -> Places {
        let mut starts = vec![0];
        for (_, ds) in members {
            starts.push(starts.last().copied().unwrap_or(0) + ds.len());
        }
        Places { starts }
    }

    /// All rows.
    pub(super) fn total(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// The first row of a dataset.
    pub(super) fn start(&self, member: usize) -> usize {
        self.starts.get(member).copied().unwrap_or_else(|| self.total())
    }

    /// A row, not named yet.
    pub(super) fn row(&self, at: usize) -> Row {
        let member = self.starts.partition_point(|start| *start <= at).saturating_sub(1);
        Row { member, row: at - self.start(member), ..Row::default() }
    }
}

/// What datasets are called: those of one name are numbered, `val.lf (2)`, by their place in the list.
pub(super) fn titles(members: &[(&str, &Dataset)]) -> Vec<String> {
    let twice = |name: &str| members.iter().filter(|(other, _)| *other == name).count() > 1;
    let title = |(at, (name, _)): (usize, &(&str, &Dataset))| match twice(name) {
        true => format!("{name} ({})", at + 1),
        false => (*name).to_owned(),
    };
    members.iter().enumerate().map(title).collect()
}

/// Names rows: reads what they are called, of each once.
pub(super) fn name(members: &[(&str, &Dataset)], rows: Vec<&mut Row>, job: &Job) -> Result<()> {
    let mut known: HashMap<(usize, usize), String> = HashMap::new();
    for (member, (_, ds)) in members.iter().enumerate() {
        let mut wanted: Vec<u64> =
            rows.iter().filter(|row| row.member == member).map(|row| row.row as u64).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let keys: Vec<String> = ["file_name", "image_id"]
            .into_iter()
            .filter(|key| ds.keys().find(key).is_ok())
            .map(str::to_owned)
            .collect();
        if wanted.is_empty() || keys.is_empty() {
            continue;
        }
        let batch = ds.take(&wanted)?.select(keys)?.read_all(&Access::new(job))?;
        let columns: Vec<Vec<Value>> = batch.columns.iter().map(|column| column.values()).collect();
        for (at, row) in wanted.iter().enumerate() {
            let said = columns.iter().filter_map(|column| text(column.get(at)?)).next();
            known.insert((member, *row as usize), said.unwrap_or_default());
        }
    }
    for row in rows {
        row.name = known.get(&(row.member, row.row)).cloned().unwrap_or_default();
    }
    Ok(())
}

/// An id or a name as text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_string()),
        Value::Int(id) => Some(id.to_string()),
        Value::UInt(id) => Some(id.to_string()),
        _ => None,
    }
}
