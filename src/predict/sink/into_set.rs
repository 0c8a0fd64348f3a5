//! [`IntoSet`]: what is found becomes an object set of the dataset.

use super::Sink;
use crate::dataset::Rows;
use crate::dataset::store::{Operation, SetOptions, SetWriter, Store};
use crate::error::Result;
use crate::job::Job;
use crate::predict::found::{Found, Told, columns};
use crate::predict::predictor::Predictor;

/// An object set beside the rows of a stored dataset. What was taken before a kill is there when it begins again.
pub struct IntoSet {
    writer: SetWriter,
    told: Told,
    /// The rows of the store that the view has.
    rows: Vec<u64>,
}

impl IntoSet {
    /// A set of a predictor's objects. `rows`: which rows of the store a view has, in its order.
    ///
    /// # Errors
    /// Those of [`SetWriter::begin`].
    pub fn begin(
        store: &Store,
        set: &str,
        rows: Vec<u64>,
        options: SetOptions,
        predictor: &Predictor,
        job: &Job,
    ) -> Result<IntoSet> {
        let classes = options.classes.or_else(|| predictor.recipe().classes().cloned());
        let options = SetOptions { classes, ..options };
        let writer = SetWriter::begin(store, set, options, job)?;
        Ok(IntoSet { writer, told: predictor.recipe().head().told(), rows })
    }

    /// Publishes the set as a new version, whose number it gives.
    ///
    /// # Errors
    /// Those of [`SetWriter::commit`].
    pub fn commit(self, operation: Operation) -> Result<u64> {
        self.writer.commit(operation)
    }

    fn stored(&self, row: u64) -> u64 {
        usize::try_from(row).ok().and_then(|row| self.rows.get(row)).copied().unwrap_or(u64::MAX)
    }
}

impl Sink for IntoSet {
    fn wanted(&self, rows: usize) -> Vec<u64> {
        let open =
            |row: &u64| !self.writer.is_written(usize::try_from(self.stored(*row)).unwrap_or(usize::MAX));
        (0..rows as u64).filter(open).collect()
    }

    fn take(&mut self, rows: &[u64], found: &[Vec<Found>]) -> Result<()> {
        let stored: Vec<u64> = rows.iter().map(|row| self.stored(*row)).collect();
        self.writer.write(&Rows::indices(stored), &columns(found, self.told)?)
    }

    fn keep(&mut self) -> Result<()> {
        self.writer.flush()
    }
}
