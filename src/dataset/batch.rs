//! What a read gives: columns for some rows, and the rows that failed.
//!
//! Invariant: every column has `len` elements in the order of the rows asked for, failed rows included (null
//! there). Chunks of a column are as they came: never merged to satisfy a read.

use arrow_array::{Array, ArrayRef};

use super::value::Value;
use crate::error::{Error, ErrorKind, Place, Result};

/// The position of a row within the rows a read asked for, counted from 0.
pub type RowPos = usize;

/// The values of one key for the rows of a batch.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Arrow arrays, one after the other.
    Arrow(Vec<ArrayRef>),
    /// One value a row.
    Values(Vec<Value>),
}

impl Column {
    /// How many rows it covers.
    pub fn len(&self) -> usize {
        match self {
            Column::Arrow(chunks) => chunks.iter().map(|c| c.len()).sum(),
            Column::Values(values) => values.len(),
        }
    }

    /// True if it covers no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a row; [`Value::Null`] past the end.
    pub fn value(&self, position: RowPos) -> Value {
        match self {
            Column::Values(values) => values.get(position).cloned().unwrap_or(Value::Null),
            Column::Arrow(chunks) => {
                let mut at = position;
                for chunk in chunks {
                    if at < chunk.len() {
                        return Value::of(chunk.as_ref(), at);
                    }
                    at -= chunk.len();
                }
                Value::Null
            }
        }
    }

    /// The values of all rows.
    pub fn values(&self) -> Vec<Value> {
        match self {
            Column::Values(values) => values.clone(),
            Column::Arrow(chunks) => {
                chunks.iter().flat_map(|c| (0..c.len()).map(move |i| Value::of(c.as_ref(), i))).collect()
            }
        }
    }

    /// The Arrow chunks.
    ///
    /// # Errors
    /// [`ErrorKind::Type`] for a column of values.
    pub fn chunks(&self) -> Result<&[ArrayRef]> {
        match self {
            Column::Arrow(chunks) => Ok(chunks),
            Column::Values(_) => Err(Error::new(ErrorKind::Type, "a column of values has no Arrow arrays")
                .at(Place::area("dataset"))
                .remedy("declare the key with an Arrow field")),
        }
    }
}

/// Columns for `len` rows, and which of the rows failed, with the reason.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// How many rows were asked for.
    pub len: usize,
    /// One column a key asked for, in that order.
    pub columns: Vec<Column>,
    /// Rows that could not be read; their values are null in every column. Ascending, each row once.
    pub failed: Vec<(RowPos, Error)>,
}

impl Batch {
    /// A batch in which no row failed.
    ///
    /// # Errors
    /// [`ErrorKind::Length`] if a column is not `len` long: a fault of the source.
    pub fn new(len: usize, columns: Vec<Column>) -> Result<Batch> {
        Batch { len, columns, failed: Vec::new() }.checked()
    }

    /// The batch itself, once its columns are known to be `len` long.
    ///
    /// # Errors
    /// [`ErrorKind::Length`], as [`Batch::new`].
    pub fn checked(self) -> Result<Batch> {
        match self.columns.iter().position(|c| c.len() != self.len) {
            Some(bad) => {
                let got = self.columns.get(bad).map_or(0, Column::len);
                let what = format!("key {bad} gave {got} values for {} rows", self.len);
                Err(Error::new(ErrorKind::Length, what).at(Place::area("dataset")))
            }
            None => Ok(self),
        }
    }

    /// The batch if no row failed, else the first failure.
    ///
    /// # Errors
    /// That of the first failed row.
    pub fn whole(self) -> Result<Batch> {
        match self.failed.first() {
            Some((_, error)) => Err(error.clone()),
            None => Ok(self),
        }
    }
}
