//! What a read gives: columns for some rows, and the rows that failed.
//!
//! Invariant: every column has `len` elements in the order of the rows asked for, failed rows included (null
//! there, in every column). Chunks of a column are as they came: never merged to satisfy a read.

use std::collections::BTreeMap;
use std::ops::Range;

use super::column::Column;
use super::keys::{Key, KeyIndex, Keys, Kind};
use super::pack::pack;
use super::rows::Rows;
use super::value::Value;
use crate::error::{Error, ErrorKind, Place, Result};

/// The position of a row within the rows a read asked for, counted from 0.
pub type RowPos = usize;

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

    /// No rows of the keys asked for.
    pub fn empty(keys: &Keys, asked: &[KeyIndex]) -> Batch {
        let kinds = asked.iter().map(|k| keys.get(*k).map_or(&Kind::Values, Key::kind));
        Batch { len: 0, columns: kinds.map(Column::empty).collect(), failed: Vec::new() }
    }

    /// A batch of what a function gave for `rows`: `columns` holds one value a row for each of `keys`. Values of keys
    /// that declare an Arrow field become arrays; a value that does not fit its field fails its row.
    ///
    /// # Errors
    /// [`ErrorKind::Length`] if a column is not as long as `rows`; [`ErrorKind::Limit`] if text, bytes or list elements would
    /// pass 2^31 in one array.
    pub(crate) fn of_values(
        keys: &[&Key],
        columns: Vec<Vec<Value>>,
        rows: &Rows,
        mut failed: BTreeMap<RowPos, Error>,
    ) -> Result<Batch> {
        let mut made = Vec::with_capacity(keys.len());
        for (key, values) in keys.iter().zip(columns) {
            made.push(match key.field() {
                None => Column::Values(values),
                Some(field) => {
                    let (array, unfit) = pack(&values, field)?;
                    for (position, error) in unfit {
                        let row = rows.get(position).unwrap_or_default();
                        failed.entry(position).or_insert_with(|| error.at(Place::none().row(row)));
                    }
                    Column::Arrow(vec![array])
                }
            });
        }
        Batch { len: rows.len(), columns: made, failed: failed.into_iter().collect() }.blanked().checked()
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

    /// The batch with null in every column of every failed row.
    #[must_use]
    pub(super) fn blanked(mut self) -> Batch {
        if !self.failed.is_empty() {
            let positions: Vec<RowPos> = self.failed.iter().map(|(position, _)| *position).collect();
            self.columns = self.columns.into_iter().map(|c| c.blank(&positions)).collect();
        }
        self
    }

    /// Rows `range` of the batch, clamped to the rows there are; shares buffers.
    #[must_use]
    pub fn slice(&self, range: Range<RowPos>) -> Batch {
        let range = range.start.min(self.len)..range.end.min(self.len);
        let failed = self.failed.iter().filter(|(position, _)| range.contains(position));
        Batch {
            len: range.len(),
            columns: self.columns.iter().map(|c| c.slice(range.clone())).collect(),
            failed: failed.map(|(position, e)| (position - range.start, e.clone())).collect(),
        }
    }

    /// The rows of the batch at `positions`, which may repeat.
    ///
    /// # Errors
    /// As [`Column::take`].
    pub fn take(&self, positions: &Rows) -> Result<Batch> {
        positions.check(self.len)?;
        let failure = |at: u64| {
            let found = self.failed.binary_search_by_key(&at, |(position, _)| *position as u64).ok()?;
            self.failed.get(found).map(|(_, e)| e.clone())
        };
        let failed = if self.failed.is_empty() {
            Vec::new()
        } else {
            positions.iter().enumerate().filter_map(|(to, from)| Some((to, failure(from)?))).collect()
        };
        let columns = self.columns.iter().map(|c| c.take(positions)).collect::<Result<_>>()?;
        Ok(Batch { len: positions.len(), columns, failed })
    }

    /// Adds the rows of `other`, which has the same keys, at the end.
    ///
    /// # Errors
    /// [`ErrorKind::Length`] if it has another number of columns, [`ErrorKind::Type`] as [`Column::append`].
    pub fn append(&mut self, other: Batch) -> Result<()> {
        if other.columns.len() != self.columns.len() {
            let what = format!("{} columns beside {}", other.columns.len(), self.columns.len());
            return Err(Error::new(ErrorKind::Length, what).at(Place::area("dataset")));
        }
        for (column, more) in self.columns.iter_mut().zip(other.columns) {
            column.append(more)?;
        }
        let offset = self.len;
        self.failed.extend(other.failed.into_iter().map(|(position, e)| (position + offset, e)));
        self.len += other.len;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(values: &[i64], failed: &[RowPos]) -> Batch {
        let column = Column::Values(values.iter().copied().map(Value::from).collect());
        let failed = failed.iter().map(|p| (*p, Error::new(ErrorKind::Getter, format!("row {p}"))));
        Batch { len: values.len(), columns: vec![column], failed: failed.collect() }.blanked()
    }

    fn failed(batch: &Batch) -> Vec<(RowPos, &str)> {
        batch.failed.iter().map(|(p, e)| (*p, e.what())).collect()
    }

    #[test]
    fn failures_move_with_their_rows() {
        let all = batch(&[0, 1, 2, 3], &[1, 3]);
        assert_eq!(failed(&all.slice(1..4)), [(0, "row 1"), (2, "row 3")]);
        assert_eq!(
            failed(&all.take(&Rows::indices(vec![3, 0, 1, 3])).unwrap()),
            [(0, "row 3"), (2, "row 1"), (3, "row 3")]
        );
        let mut joined = all.clone();
        joined.append(all).unwrap();
        assert_eq!(failed(&joined), [(1, "row 1"), (3, "row 3"), (5, "row 1"), (7, "row 3")]);
        assert!(joined.columns[0].value(5).is_null());
    }

    #[test]
    fn a_batch_whose_columns_are_short_is_refused() {
        let e = Batch::new(2, vec![Column::Values(vec![Value::Null])]).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Length);
        assert_eq!(batch(&[1], &[]).append(Batch::default()).unwrap_err().kind(), ErrorKind::Length);
    }
}
