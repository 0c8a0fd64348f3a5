//! One Arrow column in pieces: arrays one after the other, never merged.
//!
//! Invariant: a range of rows gives slices of the pieces, sharing their buffers. Scattered rows are gathered
//! into new arrays, except where that would copy encoded bytes: those stay slices, one a run of rows.

use std::collections::BTreeMap;

use arrow_array::{Array, ArrayRef, UInt64Array};
use arrow_schema::DataType;
use arrow_select::interleave::interleave;
use arrow_select::take::take;

use super::rows::Rows;
use crate::error::{Error, ErrorKind, Place, Result};

/// Runs at least this long on average are given as slices rather than gathered.
const LONG_RUN: usize = 32;

/// At most this many rows go into one gathered array, so that 32-bit offsets suffice.
const BLOCK: usize = 1 << 16;

/// The arrays of a column and where each ends.
#[derive(Clone, Debug)]
pub(super) struct Chunks {
    arrays: Vec<ArrayRef>,
    /// For each array, the number of rows up to its end.
    ends: Vec<usize>,
}

impl Chunks {
    pub(super) fn new(arrays: Vec<ArrayRef>) -> Chunks {
        let mut total = 0;
        let ends = arrays
            .iter()
            .map(|array| {
                total += array.len();
                total
            })
            .collect();
        Chunks { arrays, ends }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    /// The array that holds a row below `len`, and the row's offset in it.
    fn locate(&self, row: usize) -> (usize, usize) {
        let at = self.ends.partition_point(|end| *end <= row);
        (at, row - self.start(at))
    }

    /// The row that an array starts with.
    fn start(&self, at: usize) -> usize {
        at.checked_sub(1).map_or(0, |before| self.ends[before])
    }

    /// Slices that cover rows `first..first + len`, which the caller has checked.
    pub(super) fn span(&self, first: usize, len: usize) -> Vec<ArrayRef> {
        let stop = first + len;
        let mut slices = Vec::new();
        let mut row = first;
        let (mut at, _) = self.locate(first);
        while row < stop {
            let (array, start, end) = (&self.arrays[at], self.start(at), self.ends[at]);
            let upto = stop.min(end);
            if row == start && upto == end {
                slices.push(ArrayRef::clone(array));
            } else if upto > row {
                slices.push(array.slice(row - start, upto - row));
            }
            row = upto;
            at += 1;
        }
        slices
    }

    /// The values of `rows`, in that order.
    ///
    /// # Errors
    /// [`ErrorKind::Index`] for a row past the end, [`ErrorKind::Limit`] if a gathered array would pass 2 GiB.
    pub(super) fn rows(&self, rows: &Rows) -> Result<Vec<ArrayRef>> {
        rows.check(self.len())?;
        if let Some((first, 1)) = rows.as_range() {
            return Ok(self.span(first as usize, rows.len()));
        }
        let heavy = self.arrays.first().is_some_and(|a| holds_bytes(a.data_type()));
        let runs = rows.runs().count();
        if heavy || runs <= 1 || runs.saturating_mul(LONG_RUN) <= rows.len() {
            return Ok(rows.runs().flat_map(|(first, len)| self.span(first as usize, len)).collect());
        }
        let blocks = (0..rows.len()).step_by(BLOCK);
        blocks.map(|start| self.gather(&rows.slice(start..rows.len().min(start + BLOCK))?)).collect()
    }

    fn gather(&self, rows: &Rows) -> Result<ArrayRef> {
        let mut used: Vec<&dyn Array> = Vec::new();
        let mut seen = BTreeMap::new();
        let places: Vec<(usize, usize)> = rows
            .iter()
            .map(|row| {
                let (at, offset) = self.locate(row as usize);
                let slot = *seen.entry(at).or_insert_with(|| {
                    used.push(&self.arrays[at]);
                    used.len() - 1
                });
                (slot, offset)
            })
            .collect();
        let gathered = match used.as_slice() {
            [one] => take(
                *one,
                &UInt64Array::from_iter_values(places.iter().map(|(_, offset)| *offset as u64)),
                None,
            ),
            many => interleave(many, &places),
        };
        gathered.map_err(|e| {
            Error::new(ErrorKind::Limit, format!("cannot gather {} scattered rows: {e}", rows.len()))
                .at(Place::area("dataset"))
                .remedy("read fewer rows at once")
        })
    }
}

/// True for types that hold encoded files in plain offsets, so that gathering would copy them.
fn holds_bytes(ty: &DataType) -> bool {
    match ty {
        DataType::Binary | DataType::LargeBinary => true,
        DataType::Struct(fields) => fields.iter().any(|f| holds_bytes(f.data_type())),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    use arrow_array::{BinaryArray, Int64Array};

    fn numbers() -> Chunks {
        Chunks::new(vec![
            Arc::new(Int64Array::from(vec![0, 1, 2])),
            Arc::new(Int64Array::from(Vec::<i64>::new())),
            Arc::new(Int64Array::from(vec![3, 4, 5, 6])),
        ])
    }

    fn listed(arrays: &[ArrayRef]) -> Vec<i64> {
        arrays.iter().flat_map(|a| a.as_primitive::<Int64Type>().values().to_vec()).collect()
    }

    #[test]
    fn a_span_is_slices_and_whole_pieces_are_the_same_array() {
        let chunks = numbers();
        let got = chunks.span(1, 6);
        assert_eq!(listed(&got), [1, 2, 3, 4, 5, 6]);
        assert!(got.iter().any(|a| Arc::ptr_eq(a, &chunks.arrays[2])));
        assert_eq!(got[0].as_primitive::<Int64Type>().values().as_ptr(), at_offset(&chunks.arrays[0], 1));
        assert!(chunks.span(7, 0).is_empty() && chunks.span(3, 0).is_empty());
    }

    fn at_offset(array: &ArrayRef, offset: usize) -> *const i64 {
        array.as_primitive::<Int64Type>().values()[offset..].as_ptr()
    }

    #[test]
    fn scattered_rows_come_in_the_order_asked() {
        let chunks = numbers();
        let rows = Rows::indices(vec![6, 0, 3, 3, 1]);
        assert_eq!(listed(&chunks.rows(&rows).unwrap()), [6, 0, 3, 3, 1]);
        assert_eq!(listed(&chunks.rows(&Rows::indices(vec![2, 0])).unwrap()), [2, 0]);
        assert_eq!(listed(&chunks.rows(&Rows::all(7).step(-3).unwrap()).unwrap()), [6, 3, 0]);
        assert!(chunks.rows(&Rows::indices(vec![])).unwrap().is_empty());
        assert_eq!(chunks.rows(&Rows::indices(vec![7])).unwrap_err().kind(), ErrorKind::Index);
    }

    #[test]
    fn gathering_encoded_bytes_copies_none_of_them() {
        let bytes = BinaryArray::from_iter_values([b"abc".as_slice(), b"de", b"f"]);
        let first = bytes.value(0).as_ptr();
        let got = Chunks::new(vec![Arc::new(bytes)]).rows(&Rows::indices(vec![2, 0])).unwrap();
        assert_eq!(got[1].as_binary::<i32>().value(0).as_ptr(), first);
    }
}
