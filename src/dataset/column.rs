//! The values of one key for some rows: Arrow arrays, or values.
//!
//! Invariant: slicing and joining share what they are made of; chunks are never merged.

use std::ops::Range;

use arrow_array::{Array, ArrayRef, new_empty_array, new_null_array};
use arrow_schema::DataType;
use arrow_select::concat::concat;

use super::batch::RowPos;
use super::chunks::Chunks;
use super::keys::Kind;
use super::rows::Rows;
use super::value::Value;
use crate::error::{Error, ErrorKind, Place, Result};

/// The values of one key for the rows of a batch.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Arrow arrays, one after the other.
    Arrow(Vec<ArrayRef>),
    /// One value a row.
    Values(Vec<Value>),
}

impl Column {
    /// No rows of this kind.
    pub fn empty(kind: &Kind) -> Column {
        match kind {
            Kind::Arrow(_) => Column::Arrow(Vec::new()),
            Kind::Values => Column::Values(Vec::new()),
        }
    }

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

    /// The value of a row; [`Value::Null`] past the end. Walks the chunks: for all rows use
    /// [`Column::values`].
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

    /// All rows as one array: the only chunk itself, several joined, which copies them. Of no rows it is of the type
    /// `ty`.
    ///
    /// # Errors
    /// [`ErrorKind::Type`] for a column of values; [`ErrorKind::Limit`] for more than one array holds.
    pub fn whole(&self, ty: &DataType) -> Result<ArrayRef> {
        match self.chunks()? {
            [] => Ok(new_empty_array(ty)),
            [one] => Ok(ArrayRef::clone(one)),
            many => {
                let many: Vec<&dyn Array> = many.iter().map(AsRef::as_ref).collect();
                concat(&many).map_err(|e| {
                    Error::new(ErrorKind::Limit, format!("too much for one array: {e}"))
                        .at(Place::area("dataset"))
                })
            }
        }
    }

    /// Rows `range`, clamped to the rows there are; shares the arrays' buffers.
    #[must_use]
    pub fn slice(&self, range: Range<RowPos>) -> Column {
        match self {
            Column::Arrow(arrays) => {
                let mut start = 0;
                let mut slices = Vec::new();
                for array in arrays {
                    let end = start + array.len();
                    let (from, upto) = (range.start.max(start), range.end.min(end));
                    if from == start && upto == end {
                        slices.push(ArrayRef::clone(array));
                    } else if from < upto {
                        slices.push(array.slice(from - start, upto - from));
                    }
                    start = end;
                }
                Column::Arrow(slices)
            }
            Column::Values(values) => {
                let end = range.end.min(values.len());
                Column::Values(values.get(range.start.min(end)..end).map_or_else(Vec::new, <[Value]>::to_vec))
            }
        }
    }

    /// The rows at `positions`, which may repeat.
    ///
    /// # Errors
    /// [`ErrorKind::Index`] for a position past the end, [`ErrorKind::Limit`] if one gathered array would
    /// hold more than 2 GiB.
    pub fn take(&self, positions: &Rows) -> Result<Column> {
        match self {
            Column::Arrow(arrays) => Ok(Column::Arrow(Chunks::new(arrays.clone()).rows(positions)?)),
            Column::Values(values) => {
                positions.check(values.len())?;
                Ok(Column::Values(positions.iter().filter_map(|p| values.get(p as usize).cloned()).collect()))
            }
        }
    }

    /// Adds the rows of `other` at the end.
    ///
    /// # Errors
    /// [`ErrorKind::Type`] if one has arrays and the other values: a source that gives what its key does not
    /// declare.
    pub fn append(&mut self, other: Column) -> Result<()> {
        match (self, other) {
            (Column::Arrow(arrays), Column::Arrow(more)) => arrays.extend(more),
            (Column::Values(values), Column::Values(more)) => values.extend(more),
            _ => {
                return Err(Error::new(
                    ErrorKind::Type,
                    "a source gave values for an Arrow key, or the reverse",
                )
                .at(Place::area("dataset")));
            }
        }
        Ok(())
    }

    /// The column with null at `positions` (ascending). Other rows keep their buffers.
    #[must_use]
    pub fn blank(self, positions: &[RowPos]) -> Column {
        match self {
            Column::Values(mut values) => {
                for position in positions {
                    if let Some(value) = values.get_mut(*position) {
                        *value = Value::Null;
                    }
                }
                Column::Values(values)
            }
            Column::Arrow(arrays) => {
                let mut kept = Vec::with_capacity(arrays.len());
                let mut start = 0;
                for array in arrays {
                    let end = start + array.len();
                    let mut from = start;
                    let inside = positions.iter().filter(|p| (start..end).contains(p));
                    for &position in inside.filter(|p| array.is_valid(**p - start)) {
                        if position > from {
                            kept.push(array.slice(from - start, position - from));
                        }
                        kept.push(new_null_array(array.data_type(), 1));
                        from = position + 1;
                    }
                    if from == start {
                        kept.push(array);
                    } else if from < end {
                        kept.push(array.slice(from - start, end - from));
                    }
                    start = end;
                }
                Column::Arrow(kept)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use arrow_array::Int64Array;

    fn column() -> Column {
        Column::Arrow(vec![Arc::new(Int64Array::from(vec![0, 1, 2])), Arc::new(Int64Array::from(vec![3, 4]))])
    }

    fn ints(values: &[i64]) -> Vec<Value> {
        values.iter().copied().map(Value::from).collect()
    }

    #[test]
    fn slices_are_clamped_and_cross_chunks() {
        assert_eq!(column().slice(2..4).values(), ints(&[2, 3]));
        assert_eq!(column().slice(4..9).values(), ints(&[4]));
        assert!(column().slice(7..9).is_empty() && column().slice(3..3).is_empty());
        let values = Column::Values(ints(&[0, 1, 2]));
        assert_eq!(values.slice(1..9).values(), ints(&[1, 2]));
        assert!(values.slice(5..9).is_empty());
    }

    #[test]
    fn blanking_nulls_the_rows_named_and_no_other() {
        let want = vec![Value::Null, Value::Int(1), Value::Null, Value::Int(3), Value::Null];
        assert_eq!(column().blank(&[0, 2, 4]).values(), want);
        assert_eq!(Column::Values(column().values()).blank(&[0, 2, 4]).values(), want);
        assert_eq!(column().blank(&[]), column());
    }

    #[test]
    fn arrays_and_values_do_not_join() {
        let e = column().append(Column::Values(Vec::new())).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Type);
    }
}
