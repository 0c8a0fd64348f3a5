//! What a target format cannot hold, or holds otherwise: counted by key, said at the end of every export.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value as Json, json};

/// How many rows are named for each loss.
const EXAMPLES: usize = 3;

/// The losses of one export. Empty means that everything was written as it is.
///
/// ```
/// use lensframe::convert::LossReport;
/// let mut loss = LossReport::default();
/// loss.add("mask", 3, "COCO has no such masks");
/// loss.add("mask", 2, "COCO has no such masks");
/// loss.example("mask", 17, "COCO has no such masks");
/// loss.change("image_id", 1, "COCO's are integers");
/// assert_eq!(
///     loss.to_string(),
///     "written otherwise: image_id, 1 value: COCO's are integers\n\
///      not written: mask, 5 values (as in row 17): COCO has no such masks\n"
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LossReport {
    /// By key and reason.
    lost: BTreeMap<(String, String), Lost>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Lost {
    values: u64,
    changed: bool,
    rows: Vec<u64>,
}

/// One kind of loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss<'a> {
    /// The key, or what else was lost.
    pub key: &'a str,
    /// How many of its values.
    pub values: u64,
    /// True if they were written in another form, or made up; false if they were not written.
    pub changed: bool,
    /// Why.
    pub why: &'a str,
    /// Some rows of the view that it happened in, where they are known.
    pub rows: &'a [u64],
}

impl LossReport {
    /// Counts `values` values of a key that were not written, and why.
    pub fn add(&mut self, key: &str, values: u64, why: &str) {
        if values > 0 {
            self.entry(key, why).values += values;
        }
    }

    /// Counts `values` values of a key that were written in another form or made up, and why.
    pub fn change(&mut self, key: &str, values: u64, why: &str) {
        if values > 0 {
            let entry = self.entry(key, why);
            entry.values += values;
            entry.changed = true;
        }
    }

    /// Names a row in which values counted by [`LossReport::add`] or [`LossReport::change`] stand; the first
    /// few are kept.
    pub fn example(&mut self, key: &str, row: u64, why: &str) {
        let rows = &mut self.entry(key, why).rows;
        if rows.len() < EXAMPLES && !rows.contains(&row) {
            rows.push(row);
        }
    }

    fn entry(&mut self, key: &str, why: &str) -> &mut Lost {
        self.lost.entry((key.to_owned(), why.to_owned())).or_default()
    }

    /// True if nothing was lost and nothing changed.
    pub fn is_empty(&self) -> bool {
        self.lost.is_empty()
    }

    /// Each loss, in order of the key.
    pub fn iter(&self) -> impl Iterator<Item = Loss<'_>> {
        self.lost.iter().map(|((key, why), lost)| Loss {
            key,
            values: lost.values,
            changed: lost.changed,
            why,
            rows: &lost.rows,
        })
    }

    /// The losses as a JSON array of objects `key`, `values`, `changed`, `why`, `rows`.
    pub fn to_json(&self) -> Json {
        let object = |l: Loss<'_>| json!({"key": l.key, "values": l.values, "changed": l.changed, "why": l.why, "rows": l.rows});
        self.iter().map(object).collect()
    }
}

impl fmt::Display for LossReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for loss in self.iter() {
            let plural = if loss.values == 1 { "" } else { "s" };
            let what = if loss.changed { "written otherwise" } else { "not written" };
            write!(f, "{what}: {}, {} value{plural}", loss.key, loss.values)?;
            let rows: Vec<String> = loss.rows.iter().map(u64::to_string).collect();
            match rows.as_slice() {
                [] => {}
                [row] => write!(f, " (as in row {row})")?,
                _ => write!(f, " (as in rows {})", rows.join(", "))?,
            }
            writeln!(f, ": {}", loss.why)?;
        }
        Ok(())
    }
}
