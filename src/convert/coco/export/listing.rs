//! Which rows each file of a set lists, and in which order: found out before anything is written.

use std::collections::BTreeMap;

use super::plan::FilePlan;
use crate::convert::export::{Cell, Reader};
use crate::dataset::Dataset;
use crate::error::Result;
use crate::job::Job;
use crate::schema::axis::key_name;

/// What of every row of a view decides which files of a set list it.
pub(super) struct Listing {
    /// The names of the splits, and for each row the position of its own; empty if the view has no splits.
    splits: Vec<String>,
    split_of: Vec<Option<u32>>,
    /// Whether the set speaks of the row; empty if it has no keys, and then of all.
    annotated: Vec<bool>,
    /// Places in the images of the set's own file; empty if it has none.
    ordinals: Vec<Option<i64>>,
    rows: usize,
}

/// The rows of one file.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// Rows of the view, ascending.
    pub(super) rows: Vec<usize>,
    /// The place of each among the file's images, where that is not the order of the rows.
    pub(super) places: Option<Vec<i64>>,
}

impl Listing {
    /// Reads the keys that decide: the split, and of the set its places and one key.
    pub(super) fn read(ds: &Dataset, set: &str, job: &Job) -> Result<Listing> {
        let ordinal = key_name(set, "image_ordinal");
        let reader = first_of(ds, &["split", &ordinal], set)?;
        let mut listing = Listing {
            splits: Vec::new(),
            split_of: Vec::new(),
            annotated: Vec::new(),
            ordinals: Vec::new(),
            rows: ds.len(),
        };
        if reader.is_empty() {
            return Ok(listing);
        }
        let all: Vec<usize> = (0..ds.len()).collect();
        for window in reader.windows(&all, job) {
            let (_, table) = window?;
            for row in 0..table.rows {
                if let Some(split) = table.row_key("split") {
                    let split = split.cell(row).and_then(Cell::text).map(|name| listing.number(name));
                    listing.split_of.push(split);
                }
                if let Some(ordinals) = table.row_key(&ordinal) {
                    listing.ordinals.push(ordinals.cell(row).and_then(Cell::int));
                }
                if !table.object_keys.is_empty() {
                    listing.annotated.push(table.objects(row).is_some());
                }
            }
        }
        Ok(listing)
    }

    fn number(&mut self, split: &str) -> u32 {
        let known = self.splits.iter().position(|s| s == split).unwrap_or_else(|| {
            self.splits.push(split.to_owned());
            self.splits.len() - 1
        });
        u32::try_from(known).unwrap_or(u32::MAX)
    }

    fn split(&self, row: usize) -> Option<&str> {
        let number = (*self.split_of.get(row)?)?;
        self.splits.get(usize::try_from(number).ok()?).map(String::as_str)
    }

    fn annotates(&self, row: usize) -> bool {
        self.annotated.is_empty() || self.annotated.get(row).copied().unwrap_or(false)
    }

    /// True if some key says which rows the set annotates.
    pub(super) fn has_objects(&self) -> bool {
        !self.annotated.is_empty()
    }

    /// The splits of the rows that the set annotates.
    pub(super) fn annotated_splits(&self) -> impl Iterator<Item = Option<&str>> {
        (0..self.rows).filter(|row| self.annotates(*row)).map(|row| self.split(row))
    }

    /// The rows that are `wanted`, ascending, of each split that has some, in order of its name.
    pub(super) fn by_split(&self, wanted: impl Fn(usize) -> bool) -> BTreeMap<Option<String>, Vec<usize>> {
        let mut splits: BTreeMap<Option<String>, Vec<usize>> = BTreeMap::new();
        for row in (0..self.rows).filter(|row| wanted(*row)) {
            splits.entry(self.split(row).map(str::to_owned)).or_default().push(row);
        }
        splits
    }

    /// The rows that a file lists.
    pub(super) fn of(&self, plan: &FilePlan<'_>) -> Listed {
        let here = |row: &usize| self.split_of.is_empty() || self.split(*row) == plan.split.as_deref();
        let rows = (0..self.rows).filter(here);
        if plan.primary {
            return Listed { rows: rows.filter(|row| self.annotates(*row)).collect(), places: None };
        }
        // A row without a place that is annotated all the same came later: it goes to the end.
        let late = |row| (self.has_objects() && self.annotates(row)).then_some(i64::MAX);
        let place = |row: usize| self.ordinals.get(row).copied().flatten().or_else(|| late(row));
        let (rows, places): (Vec<usize>, Vec<i64>) = rows.filter_map(|row| Some((row, place(row)?))).unzip();
        let places = (!places.is_sorted()).then_some(places);
        Listed { rows, places }
    }
}

/// Reads these row keys and the first of a set's, as far as the view has them.
fn first_of(ds: &Dataset, rows: &[&str], set: &str) -> Result<Reader> {
    let mut found = false;
    Reader::new(ds, |axis, base| match axis.set() {
        None => rows.contains(&base),
        Some(of) => of == set && !std::mem::replace(&mut found, true),
    })
}
