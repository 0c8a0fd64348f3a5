//! [`Dataset`]: a source narrowed to rows and keys. Itself a source.
//!
//! Invariant: a view holds its source, one flat choice of rows and one flat choice of keys; views of views
//! are views of the source, which is never itself a view. Nothing is read when a view is built; bounds and
//! names are checked then.

use std::any::Any;
use std::ops::RangeBounds;
use std::sync::Arc;

use arrow_buffer::Buffer;

use super::batch::Batch;
use super::column::Column;
use super::example::Example;
use super::keys::{KeyIndex, KeySelection, Keys, Selector};
use super::rows::{Rows, Slice};
use super::source::{Access, Source};
use super::zones::{self, Zone};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::axis::Axis;
use crate::schema::classes::ClassTable;

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
    pub fn new(source: impl Source) -> Dataset {
        Dataset::from_arc(Arc::new(source))
    }

    /// All rows and keys of a shared source.
    pub fn from_arc(source: Arc<dyn Source>) -> Dataset {
        let any: &dyn Any = &*source;
        if let Some(view) = any.downcast_ref::<Dataset>() {
            return view.clone();
        }
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

    /// For each key, its position in the source.
    pub(super) fn positions(&self) -> &[KeyIndex] {
        &self.positions
    }

    /// The source, if it is an `S`.
    pub(super) fn source_as<S: Source>(&self) -> Option<&S> {
        let any: &dyn Any = &*self.source;
        any.downcast_ref::<S>()
    }

    /// True if both show the same keys, of the same places of one source.
    pub(super) fn shows_same(&self, other: &Dataset) -> bool {
        Arc::ptr_eq(&self.source, &other.source)
            && self.positions == other.positions
            && self.keys == other.keys
    }

    /// The same keys of other rows of the source, which are not checked.
    pub(super) fn at_rows(&self, rows: Rows) -> Dataset {
        self.with_rows(rows)
    }

    /// The keys of views side by side, if they are views of the same rows of one source.
    pub(super) fn beside(parts: &[Dataset]) -> Option<Dataset> {
        let (first, rest) = parts.split_first()?;
        let same = |part: &Dataset| Arc::ptr_eq(&first.source, &part.source) && first.rows == part.rows;
        if !rest.iter().all(same) {
            return None;
        }
        let keys = Keys::many(parts.iter().flat_map(|part| part.keys.iter().cloned()));
        let positions = parts.iter().flat_map(|part| part.positions.iter().copied()).collect();
        Some(Dataset { source: Arc::clone(&first.source), rows: first.rows.clone(), keys, positions })
    }

    /// The classes of an object set, `""` for the default set; see [`Source::classes`].
    pub fn classes(&self, set: &str) -> Option<&ClassTable> {
        self.source.classes(set)
    }

    /// The object sets that have keys, in the order of their keys; `""` is the default set. Only declared keys
    /// say which set they are of.
    pub fn sets(&self) -> Vec<String> {
        let mut sets: Vec<String> = Vec::new();
        for field in self.keys.iter().filter_map(|key| key.field()) {
            if let Ok(Axis::Object(set)) = Axis::of(field)
                && !sets.contains(&set)
            {
                sets.push(set);
            }
        }
        sets
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

    /// As [`Dataset::take`], negative rows counted from the end as in Python.
    ///
    /// # Errors
    /// [`ErrorKind::Index`] if a row is out of range on either side.
    pub fn take_python(&self, rows: &[i64]) -> Result<Dataset> {
        Ok(self.with_rows(self.rows.take_python(rows)?))
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

    /// The same rows and keys, some under new names, given as (old, new). Only names change: a renamed object
    /// key still counts along its set, and a label key is no longer known as one to [`Dataset::concat`] and
    /// [`Dataset::align_classes`].
    ///
    /// # Errors
    /// [`ErrorKind::Key`] if an old name is unknown, or a new one is another key's.
    pub fn rename(&self, names: &[(&str, &str)]) -> Result<Dataset> {
        Ok(Dataset { keys: self.keys.renamed(names)?, ..self.clone() })
    }

    /// Other rows of the source, which the caller has checked.
    pub(super) fn with_rows(&self, rows: Rows) -> Dataset {
        Dataset { rows, ..self.clone() }
    }

    /// One row: a bare value or a tuple, as the keys are. Seed and epoch are 0.
    ///
    /// # Errors
    /// [`ErrorKind::Index`] past the end; that of the row, if it cannot be read.
    pub fn get(&self, row: usize) -> Result<Example> {
        self.get_with(row, &Access::default())
    }

    /// As [`Dataset::get`], for this seed, epoch and job.
    ///
    /// # Errors
    /// As [`Dataset::get`].
    pub fn get_with(&self, row: usize, access: &Access<'_>) -> Result<Example> {
        let Some(at) = self.rows.get(row) else {
            let what = format!("row {row} out of range for {} rows", self.len());
            return Err(Error::new(ErrorKind::Index, what).at(Place::area("rows")));
        };
        let batch = self.source.read(&Rows::one(at), &self.positions, access)?.whole()?;
        Ok(Example::new(self.keys.form(), batch.columns.iter().map(|c| c.value(0)).collect()))
    }

    /// The rows one by one, in order, each read when it is asked for. A row that fails does not end it.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Result<Example>> + '_ {
        (0..self.len()).map(|row| self.get(row))
    }

    /// All rows, read at once: for views known to be small.
    ///
    /// # Errors
    /// That of the first row that cannot be read.
    pub fn list(&self) -> Result<Vec<Example>> {
        let batch = self.read_all(&Access::default())?.whole()?;
        let mut columns: Vec<_> = batch.columns.iter().map(|c| c.values().into_iter()).collect();
        let examples = (0..batch.len)
            .map(|_| Example::new(self.keys.form(), columns.iter_mut().filter_map(Iterator::next).collect()));
        Ok(examples.collect())
    }

    /// One key of all rows.
    ///
    /// # Errors
    /// [`ErrorKind::Key`] or [`ErrorKind::Index`] for an unknown key; that of the first row that cannot be
    /// read.
    pub fn column(&self, key: impl Into<Selector>) -> Result<Column> {
        let view = self.select(KeySelection::One(key.into()))?;
        let batch = view.read_all(&Access::default())?.whole()?;
        Ok(batch.columns.into_iter().next().unwrap_or(Column::Values(Vec::new())))
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

    fn source_positions(&self, keys: &[KeyIndex]) -> Result<Vec<KeyIndex>> {
        self.keys.check(keys)?;
        Ok(keys.iter().filter_map(|k| self.positions.get(k.0).copied()).collect())
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

    fn classes(&self, set: &str) -> Option<&ClassTable> {
        self.source.classes(set)
    }

    fn linked(&self, row: u64, key: KeyIndex, path: &str) -> Result<Option<Buffer>> {
        let row = usize::try_from(row).ok().and_then(|row| self.rows.get(row));
        match (row, self.positions.get(key.0)) {
            (Some(row), Some(key)) => self.source.linked(row, *key, path),
            _ => Ok(None),
        }
    }

    fn zones(&self, key: KeyIndex) -> Option<Vec<Zone>> {
        let (first, 1) = self.rows.as_range()? else { return None };
        let zones = self.source.zones(*self.positions.get(key.0)?)?;
        Some(zones::span(&zones, first, self.len() as u64))
    }

    fn map_depth(&self) -> u64 {
        self.source.map_depth()
    }
}

impl std::fmt::Debug for Dataset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<String> = self.keys.iter().map(ToString::to_string).collect();
        f.debug_struct("Dataset").field("len", &self.len()).field("keys", &names).finish_non_exhaustive()
    }
}
