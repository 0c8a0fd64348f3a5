//! [`Dataset::zip`]: the keys of several views of equal length side by side.
//!
//! Invariant: a read asks each part once, for the set of its keys that is needed, and parts of which nothing
//! is needed not at all. A row that fails in one part is failed in all. Examples are always tuples. A zip of
//! zips holds the innermost parts.

use std::collections::BTreeMap;

use arrow_array::ArrayRef;
use arrow_buffer::Buffer;
use arrow_schema::{Field, FieldRef};

use super::batch::Batch;
use super::column::Column;
use super::keys::{Key, KeyIndex, Keys};
use super::rows::Rows;
use super::source::{Access, Source};
use super::table::Table;
use super::value::Value;
use super::view::Dataset;
use super::zones::Zone;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::classes::ClassTable;

/// One thing to zip: a dataset, or a column with or without a name.
///
/// ```
/// use lensframe::dataset::{Dataset, Part, Value};
/// let ds = Dataset::zip([Part::from(("feat0", [0, 1, 2])), Part::from([0, 1, 4])])?;
/// assert_eq!(ds.get(2)?.values(), [Value::Int(2), Value::Int(4)]);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub enum Part {
    /// All keys of a dataset.
    Dataset(Dataset),
    /// One column.
    Column(Key, Column),
}

impl From<Dataset> for Part {
    fn from(dataset: Dataset) -> Part {
        Part::Dataset(dataset)
    }
}

impl From<&Dataset> for Part {
    fn from(dataset: &Dataset) -> Part {
        Part::Dataset(dataset.clone())
    }
}

/// A column of values without a name.
impl<T: Into<Value>> From<Vec<T>> for Part {
    fn from(values: Vec<T>) -> Part {
        Part::Column(Key::unnamed(), Column::Values(values.into_iter().map(Into::into).collect()))
    }
}

/// A column of values without a name.
impl<T: Into<Value>, const N: usize> From<[T; N]> for Part {
    fn from(values: [T; N]) -> Part {
        Part::Column(Key::unnamed(), Column::Values(values.map(Into::into).into()))
    }
}

/// A named column of values.
impl<T: Into<Value>> From<(&str, Vec<T>)> for Part {
    fn from((name, values): (&str, Vec<T>)) -> Part {
        Part::Column(Key::values(name), Column::Values(values.into_iter().map(Into::into).collect()))
    }
}

/// A named column of values.
impl<T: Into<Value>, const N: usize> From<(&str, [T; N])> for Part {
    fn from((name, values): (&str, [T; N])) -> Part {
        Part::Column(Key::values(name), Column::Values(values.map(Into::into).into()))
    }
}

/// An Arrow column without a name.
impl From<ArrayRef> for Part {
    fn from(array: ArrayRef) -> Part {
        let key = Key::unnamed_arrow(Field::new("", array.data_type().clone(), true));
        Part::Column(key, Column::Arrow(vec![array]))
    }
}

/// A named Arrow column, one value a row whatever its type; give a field to say otherwise.
impl From<(&str, ArrayRef)> for Part {
    fn from((name, array): (&str, ArrayRef)) -> Part {
        let key = Key::arrow(Field::new(name, array.data_type().clone(), true));
        Part::Column(key, Column::Arrow(vec![array]))
    }
}

/// An Arrow column in chunks, as its field declares it.
impl From<(FieldRef, Vec<ArrayRef>)> for Part {
    fn from((field, chunks): (FieldRef, Vec<ArrayRef>)) -> Part {
        Part::Column(Key::arrow(field), Column::Arrow(chunks))
    }
}

struct Zip {
    parts: Vec<Dataset>,
    /// For each key, the part it is of and its position there.
    origin: Vec<(usize, KeyIndex)>,
    keys: Keys,
    len: usize,
}

impl Dataset {
    /// The keys of `parts` side by side, as tuples: datasets, (name, column) pairs and bare columns, whose
    /// keys have no name. Nothing is read.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for no part, [`ErrorKind::Length`] if they differ in length, [`ErrorKind::Type`]
    /// for a column that is not what its field declares.
    pub fn zip<P: Into<Part>>(parts: impl IntoIterator<Item = P>) -> Result<Dataset> {
        let mut zip = Zip { parts: Vec::new(), origin: Vec::new(), keys: Keys::many([]), len: 0 };
        let mut keys: Vec<Key> = Vec::new();
        let mut whole = Vec::new();
        for (at, part) in parts.into_iter().enumerate() {
            let part = match part.into() {
                Part::Dataset(dataset) => dataset,
                Part::Column(key, column) => Dataset::new(Table::new([(key, column)])?),
            };
            if at == 0 {
                zip.len = part.len();
            } else if part.len() != zip.len {
                let what = format!("part {at} has {} rows, part 0 has {}", part.len(), zip.len);
                return Err(Error::new(ErrorKind::Length, what).at(Place::area("zip")));
            }
            keys.extend(part.keys().iter().cloned());
            whole.push(part.clone());
            zip.push_flat(part)?;
        }
        // What was taken apart and put together again costs what it did before.
        if let Some(view) = Dataset::beside(&whole) {
            return Ok(view);
        }
        if zip.parts.is_empty() {
            return Err(Error::new(ErrorKind::Usage, "nothing to zip").at(Place::area("zip")));
        }
        zip.keys = Keys::many(keys);
        Ok(Dataset::new(zip))
    }
}

impl Zip {
    /// Adds a part, or what it is made of if it is a range of a zip.
    fn push_flat(&mut self, part: Dataset) -> Result<()> {
        let first = self.parts.len();
        match part.source_as::<Zip>() {
            Some(inner) if part.rows().as_range().is_some() => {
                for nested in &inner.parts {
                    self.parts.push(nested.choose(part.rows())?);
                }
                let origins = part.positions().iter().filter_map(|k| inner.origin.get(k.0));
                self.origin.extend(origins.map(|(at, key)| (first + at, *key)));
            }
            _ => {
                self.origin.extend(part.keys().indices().map(|key| (first, key)));
                self.parts.push(part);
            }
        }
        Ok(())
    }

    /// What to ask of each part: its keys, each once.
    fn plan(&self, keys: &[KeyIndex]) -> BTreeMap<usize, Vec<KeyIndex>> {
        let mut plan: BTreeMap<usize, Vec<KeyIndex>> = BTreeMap::new();
        for (at, key) in keys.iter().filter_map(|k| self.origin.get(k.0)) {
            let asked = plan.entry(*at).or_default();
            if !asked.contains(key) {
                asked.push(*key);
            }
        }
        plan
    }
}

impl Source for Zip {
    fn keys(&self) -> &Keys {
        &self.keys
    }

    fn len(&self) -> usize {
        self.len
    }

    fn read(&self, rows: &Rows, keys: &[KeyIndex], access: &Access<'_>) -> Result<Batch> {
        rows.check(self.len)?;
        self.keys.check(keys)?;
        let mut columns: BTreeMap<(usize, KeyIndex), Column> = BTreeMap::new();
        let mut failed = BTreeMap::new();
        for (at, asked) in self.plan(keys) {
            let Some(part) = self.parts.get(at) else { continue };
            let batch = part.read(rows, &asked, access)?;
            for (position, error) in batch.failed {
                failed.entry(position).or_insert(error);
            }
            columns.extend(asked.into_iter().map(|key| (at, key)).zip(batch.columns));
        }
        let chosen = keys.iter().filter_map(|k| columns.get(self.origin.get(k.0)?).cloned());
        let columns = chosen.collect();
        Batch { len: rows.len(), columns, failed: failed.into_iter().collect() }.blanked().checked()
    }

    fn prefetch(&self, rows: &Rows, keys: &[KeyIndex]) {
        for (at, asked) in self.plan(keys) {
            if let Some(part) = self.parts.get(at) {
                part.prefetch(rows, &asked);
            }
        }
    }

    /// That of the parts that have one; `None` where they differ, since no one table then fits all labels.
    fn classes(&self, set: &str) -> Option<&ClassTable> {
        let mut tables = self.parts.iter().filter_map(|part| part.classes(set));
        let first = tables.next()?;
        tables.all(|other| first.means_same(other)).then_some(first)
    }

    fn linked(&self, row: u64, key: KeyIndex, path: &str) -> Result<Option<Buffer>> {
        let part = self.origin.get(key.0).and_then(|(at, key)| Some((self.parts.get(*at)?, *key)));
        part.map_or(Ok(None), |(part, key)| part.linked(row, key, path))
    }

    fn zones(&self, key: KeyIndex) -> Option<Vec<Zone>> {
        let (at, key) = self.origin.get(key.0)?;
        self.parts.get(*at)?.zones(*key)
    }

    fn map_depth(&self) -> u64 {
        self.parts.iter().map(Source::map_depth).max().unwrap_or(0)
    }
}
