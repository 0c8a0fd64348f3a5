//! [`Dataset`]: a source narrowed to rows and keys. Itself a source.
//!
//! Invariant: a view holds its source, one flat choice of rows and one flat choice of keys; views of views
//! are views of the source. Nothing is read when a view is built; bounds and names are checked then.

use std::ops::RangeBounds;
use std::sync::Arc;

use super::batch::Batch;
use super::keys::{KeyIndex, KeySelection, Keys};
use super::rows::{Rows, Slice};
use super::source::{Access, Source};
use crate::error::{Error, ErrorKind, Place, Result};

/// A choice of rows and keys of a source, copying nothing. Cheap to clone.
#[derive(Clone)]
pub struct Dataset {
    source: Arc<dyn Source>,
    rows: Rows,
    keys: Keys,
    /// For each key, its position in the source.
    positions: Arc<[KeyIndex]>,
}

impl Dataset {
    /// All rows and keys of a source.
    pub fn new(source: impl Source + 'static) -> Dataset {
        Dataset::from_arc(Arc::new(source))
    }

    /// All rows and keys of a shared source.
    pub fn from_arc(source: Arc<dyn Source>) -> Dataset {
        let keys = source.keys().clone();
        let positions = keys.indices().collect();
        Dataset { rows: Rows::all(source.len()), source, keys, positions }
    }

    /// The keys in order.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True if there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows of the source that this view chooses.
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The source this view narrows.
    pub fn source(&self) -> &Arc<dyn Source> {
        &self.source
    }

    /// Rows `range`, as `3..8` or `..=2`.
    ///
    /// # Errors
    /// [`ErrorKind::Index`] if the range ends before it starts or past the end.
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Result<Dataset> {
        Ok(self.with_rows(self.rows.slice(range)?))
    }

    /// A Python slice of the rows; bounds are clamped.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if the step is 0.
    pub fn slice_python(&self, slice: Slice) -> Result<Dataset> {
        Ok(self.with_rows(self.rows.slice_python(slice)?))
    }

    /// These rows in this order; may repeat.
    ///
    /// # Errors
    /// [`ErrorKind::Index`] if a row is past the end.
    pub fn take(&self, rows: &[u64]) -> Result<Dataset> {
        Ok(self.with_rows(self.rows.take(rows)?))
    }

    /// The rows whose flag is set.
    ///
    /// # Errors
    /// [`ErrorKind::Length`] if there are not as many flags as rows.
    pub fn mask(&self, flags: &[bool]) -> Result<Dataset> {
        Ok(self.with_rows(self.rows.mask(flags)?))
    }

    /// The rows of this view that `rows` chooses.
    ///
    /// # Errors
    /// [`ErrorKind::Index`] if a row is past the end.
    pub fn choose(&self, rows: &Rows) -> Result<Dataset> {
        Ok(self.with_rows(self.rows.compose(rows)?))
    }

    /// These keys: one name or position gives bare values, a list or mask gives tuples.
    ///
    /// # Errors
    /// [`ErrorKind::Key`], [`ErrorKind::Index`] or [`ErrorKind::Length`]; see [`Keys::select`].
    pub fn select(&self, keys: impl Into<KeySelection>) -> Result<Dataset> {
        let (keys, chosen) = self.keys.select(&keys.into())?;
        let positions = chosen.iter().filter_map(|k| self.positions.get(k.0).copied()).collect();
        Ok(Dataset { source: Arc::clone(&self.source), rows: self.rows.clone(), keys, positions })
    }

    fn with_rows(&self, rows: Rows) -> Dataset {
        Dataset { rows, ..self.clone() }
    }

    /// Reads all keys of rows `rows` of this view.
    ///
    /// # Errors
    /// As [`Source::read`].
    pub fn read_rows(&self, rows: &Rows, access: &Access<'_>) -> Result<Batch> {
        self.source.read(&self.rows.compose(rows)?, &self.positions, access)
    }

    /// Reads everything: for views known to be small.
    ///
    /// # Errors
    /// As [`Source::read`].
    pub fn read_all(&self, access: &Access<'_>) -> Result<Batch> {
        self.source.read(&self.rows, &self.positions, access)
    }

    /// Announces that all keys of rows `rows` will be read soon.
    pub fn announce(&self, rows: &Rows) {
        if let Ok(rows) = self.rows.compose(rows) {
            self.source.prefetch(&rows, &self.positions);
        }
    }
}

impl Source for Dataset {
    fn keys(&self) -> &Keys {
        &self.keys
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn read(&self, rows: &Rows, keys: &[KeyIndex], access: &Access<'_>) -> Result<Batch> {
        let positions = self.source_positions(keys)?;
        self.source.read(&self.rows.compose(rows)?, &positions, access)
    }

    fn prefetch(&self, rows: &Rows, keys: &[KeyIndex]) {
        if let (Ok(rows), Ok(keys)) = (self.rows.compose(rows), self.source_positions(keys)) {
            self.source.prefetch(&rows, &keys);
        }
    }
}

impl Dataset {
    fn source_positions(&self, keys: &[KeyIndex]) -> Result<Vec<KeyIndex>> {
        keys.iter()
            .map(|k| {
                self.positions.get(k.0).copied().ok_or_else(|| {
                    let what = format!("key position {} out of range for {} keys", k.0, self.keys.len());
                    Error::new(ErrorKind::Index, what).at(Place::area("keys"))
                })
            })
            .collect()
    }
}
