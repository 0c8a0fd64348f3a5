//! [`Table`]: columns in memory, Arrow chunks or values.
//!
//! Invariant: all columns are as long as the table, and every chunk has the type its key declares. Columns
//! may be chunked each in its own way. A range of rows is read as slices of the chunks.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;

use super::batch::Batch;
use super::chunks::Chunks;
use super::column::Column;
use super::keys::{Key, KeyIndex, Keys, Kind};
use super::rows::Rows;
use super::source::{Access, Source};
use super::value::Value;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::classes::ClassTable;

/// Columns of equal length in memory, with the class tables their labels point into.
///
/// ```
/// use lensframe::dataset::{Column, Dataset, Key, Table, Value};
/// let names = Column::Values(["a.jpg", "b.jpg"].map(Value::from).to_vec());
/// let ds = Dataset::new(Table::new([(Key::values("file_name"), names)])?);
/// assert_eq!(ds.select("file_name")?.get(1)?.value(), Some(&Value::from("b.jpg")));
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Table {
    keys: Keys,
    columns: Vec<Held>,
    len: usize,
    classes: BTreeMap<String, ClassTable>,
}

#[derive(Clone, Debug)]
enum Held {
    Arrow(Chunks),
    Values(Vec<Value>),
}

impl Table {
    /// A table of these columns.
    ///
    /// # Errors
    /// [`ErrorKind::Length`] if columns differ in length, [`ErrorKind::Type`] if a column is not of the type
    /// its key declares.
    pub fn new(columns: impl IntoIterator<Item = (Key, Column)>) -> Result<Table> {
        let columns: Vec<(Key, Column)> = columns.into_iter().collect();
        let len = columns.first().map_or(0, |(_, column)| column.len());
        Table::of_len(len, columns)
    }

    /// A table of the batches one after the other, each column in as many chunks as there are batches.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if there is no batch, [`ErrorKind::Mismatch`] if batches differ in schema.
    pub fn from_batches(batches: &[RecordBatch]) -> Result<Table> {
        let Some(first) = batches.first() else {
            return Err(Error::new(ErrorKind::Usage, "no batch to make a table of").at(Place::area("table")));
        };
        let schema = first.schema();
        if let Some(other) = batches.iter().position(|b| b.schema().fields() != schema.fields()) {
            return Err(Error::new(
                ErrorKind::Mismatch,
                format!("batch {other} has another schema than batch 0"),
            )
            .at(Place::area("table")));
        }
        let columns = schema.fields().iter().enumerate().map(|(at, field)| {
            let chunks = batches.iter().map(|b| b.column(at).clone()).collect();
            (Key::arrow(field.clone()), Column::Arrow(chunks))
        });
        Table::of_len(batches.iter().map(RecordBatch::num_rows).sum(), columns.collect())
    }

    fn of_len(len: usize, columns: Vec<(Key, Column)>) -> Result<Table> {
        let mut keys = Vec::with_capacity(columns.len());
        let mut held = Vec::with_capacity(columns.len());
        for (key, column) in columns {
            if column.len() != len {
                let what = format!("{} rows where the first column has {len}", column.len());
                return Err(Error::new(ErrorKind::Length, what).at(Place::area("table").key(key.to_string())));
            }
            held.push(match (key.kind(), column) {
                (Kind::Values, Column::Values(values)) => Held::Values(values),
                (Kind::Arrow(field), Column::Arrow(chunks)) => {
                    if let Some(other) = chunks.iter().find(|c| c.data_type() != field.data_type()) {
                        let what = format!("{} where {} is declared", other.data_type(), field.data_type());
                        return Err(
                            Error::new(ErrorKind::Type, what).at(Place::area("table").key(key.to_string()))
                        );
                    }
                    Held::Arrow(Chunks::new(chunks))
                }
                (Kind::Values, _) => return Err(wrong_kind(&key, "arrays", "values")),
                (Kind::Arrow(_), _) => return Err(wrong_kind(&key, "values", "arrays")),
            });
            keys.push(key);
        }
        Ok(Table { keys: Keys::many(keys), columns: held, len, classes: BTreeMap::new() })
    }

    /// The table with the class table of an object set; `""` is the default set.
    #[must_use]
    pub fn with_classes(mut self, set: &str, classes: ClassTable) -> Table {
        self.classes.insert(set.to_owned(), classes);
        self
    }
}

fn wrong_kind(key: &Key, got: &str, declared: &str) -> Error {
    Error::new(ErrorKind::Type, format!("{got} where {declared} are declared"))
        .at(Place::area("table").key(key.to_string()))
}

impl Source for Table {
    fn keys(&self) -> &Keys {
        &self.keys
    }

    fn len(&self) -> usize {
        self.len
    }

    fn read(&self, rows: &Rows, keys: &[KeyIndex], access: &Access<'_>) -> Result<Batch> {
        access.job.check()?;
        rows.check(self.len)?;
        self.keys.check(keys)?;
        let held = keys.iter().filter_map(|k| self.columns.get(k.0));
        let columns = held.map(|held| match held {
            Held::Arrow(chunks) => chunks.rows(rows).map(Column::Arrow),
            Held::Values(values) => {
                let chosen = rows.iter().filter_map(|row| values.get(row as usize).cloned());
                Ok(Column::Values(chosen.collect()))
            }
        });
        Batch::new(rows.len(), columns.collect::<Result<_>>()?)
    }

    fn classes(&self, set: &str) -> Option<&ClassTable> {
        self.classes.get(set)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use arrow_array::{Int64Array, RecordBatchOptions, StringArray};
    use arrow_schema::{DataType, Field, Schema};

    #[test]
    fn columns_must_agree_in_length_and_with_their_keys() {
        let numbers = || Column::Arrow(vec![Arc::new(Int64Array::from(vec![1, 2]))]);
        let declared = |ty| Key::arrow(Field::new("n", ty, true));
        let kind = |columns: Vec<(Key, Column)>| Table::new(columns).unwrap_err().kind();
        assert_eq!(kind(vec![(declared(DataType::Utf8), numbers())]), ErrorKind::Type);
        assert_eq!(kind(vec![(Key::values("n"), numbers())]), ErrorKind::Type);
        assert_eq!(kind(vec![(declared(DataType::Int64), Column::Values(vec![]))]), ErrorKind::Type);
        assert_eq!(
            kind(vec![(declared(DataType::Int64), numbers()), (Key::unnamed(), Column::Values(vec![]))]),
            ErrorKind::Length
        );
    }

    #[test]
    fn batches_become_chunks_and_must_share_a_schema() {
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)]));
        let batch = |values: Vec<i64>| {
            let options = RecordBatchOptions::new();
            let columns: Vec<arrow_array::ArrayRef> = vec![Arc::new(Int64Array::from(values))];
            RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options).unwrap()
        };
        let table = Table::from_batches(&[batch(vec![1, 2]), batch(vec![3])]).unwrap();
        let read = table.read(&Rows::all(3), &[KeyIndex(0)], &Access::default()).unwrap();
        assert_eq!(read.columns[0].chunks().unwrap().len(), 2);
        let other = RecordBatch::try_from_iter([("n", Arc::new(StringArray::from(vec!["x"])) as _)]).unwrap();
        let e = Table::from_batches(&[batch(vec![1]), other]).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Mismatch);
        assert_eq!(Table::from_batches(&[]).unwrap_err().kind(), ErrorKind::Usage);
    }

    #[test]
    fn a_table_without_columns_keeps_its_length() {
        let options = RecordBatchOptions::new().with_row_count(Some(5));
        let batch = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), vec![], &options).unwrap();
        assert_eq!(Table::from_batches(&[batch]).unwrap().len(), 5);
    }
}
