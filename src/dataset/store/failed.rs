//! Rows that could not be read: null in every column of a batch, each listed once with its first error.

use std::collections::BTreeMap;

use crate::dataset::{Batch, RowPos};
use crate::error::Error;

#[derive(Default)]
pub(super) struct Failed {
    rows: BTreeMap<RowPos, Error>,
}

impl Failed {
    /// Rows `start..start + len` failed.
    pub(super) fn add(&mut self, start: RowPos, len: usize, error: &Error) {
        for row in start..start + len {
            self.rows.entry(row).or_insert_with(|| error.clone());
        }
    }

    /// The batch with its failed rows made null everywhere and listed.
    pub(super) fn finish(self, batch: Batch) -> Batch {
        Batch { failed: self.rows.into_iter().collect(), ..batch }.blanked()
    }
}
