//! What a target format cannot hold: counted by key, said at the end of every export.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value as Json, json};

/// The losses of one export. Empty means that everything was written.
///
/// ```
/// use lensframe::convert::LossReport;
/// let mut loss = LossReport::default();
/// loss.add("rbox", 3, "COCO has no rotated boxes");
/// loss.add("rbox", 2, "COCO has no rotated boxes");
/// assert_eq!(loss.to_string(), "not written: rbox, 5 values: COCO has no rotated boxes\n");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LossReport {
    lost: BTreeMap<(String, String), u64>,
}

impl LossReport {
    /// Counts `values` values of a key that were not written, and why.
    pub fn add(&mut self, key: &str, values: u64, why: &str) {
        if values > 0 {
            *self.lost.entry((key.to_owned(), why.to_owned())).or_default() += values;
        }
    }

    /// True if nothing was lost.
    pub fn is_empty(&self) -> bool {
        self.lost.is_empty()
    }

    /// Each loss as (key, values, why), in order of the key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64, &str)> {
        self.lost.iter().map(|((key, why), values)| (key.as_str(), *values, why.as_str()))
    }

    /// The losses as a JSON array of objects `key`, `values`, `why`.
    pub fn to_json(&self) -> Json {
        self.iter().map(|(key, values, why)| json!({"key": key, "values": values, "why": why})).collect()
    }
}

impl fmt::Display for LossReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (key, values, why) in self.iter() {
            let plural = if values == 1 { "" } else { "s" };
            writeln!(f, "not written: {key}, {values} value{plural}: {why}")?;
        }
        Ok(())
    }
}
