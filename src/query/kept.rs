//! A view with fewer objects a row: [`Kept`].
//!
//! Which objects stay is a bit an object, found once when the view is made. Reading a key of the set reads the lists
//! as they are and leaves out what is not kept; other keys pass through untouched.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, GenericListArray, OffsetSizeTrait};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder, Buffer, OffsetBuffer};
use arrow_select::filter::filter;

use super::spans::Spans;
use crate::dataset::{Access, Batch, Column, Dataset, KeyIndex, Keys, Rows, Source, Zone};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::axis::Axis;
use crate::schema::classes::ClassTable;

/// A source whose rows have some of the objects of another's.
pub(super) struct Kept {
    inner: Dataset,
    /// For each key, whether it is of the set.
    of_set: Vec<bool>,
    /// A bit an object.
    mask: BooleanBuffer,
    /// Where the objects of each row begin in the mask, and where those of the last end.
    starts: Vec<u64>,
}

impl Kept {
    pub(super) fn new(inner: &Dataset, set: &str, mask: BooleanBuffer, spans: &Spans) -> Kept {
        let is_of_set =
            |field: &arrow_schema::FieldRef| Axis::of(field).is_ok_and(|axis| axis.set() == Some(set));
        let of_set = inner.keys().iter().map(|key| key.field().is_some_and(is_of_set)).collect();
        let mut starts = Vec::with_capacity(spans.iter().len() + 1);
        let mut at = 0;
        starts.push(at);
        for length in spans.iter() {
            at += u64::from(length.unwrap_or(0));
            starts.push(at);
        }
        Kept { inner: inner.clone(), of_set, mask, starts }
    }

    /// The objects of a row in the mask.
    fn objects(&self, row: u64) -> std::ops::Range<usize> {
        let at = |row: usize| self.starts.get(row).map_or(0, |at| *at as usize);
        let row = row as usize;
        at(row)..at(row + 1)
    }

    fn column(&self, column: Column, rows: &Rows) -> Result<Column> {
        let Column::Arrow(chunks) = column else { return Ok(column) };
        let mut first = 0;
        let mut out = Vec::with_capacity(chunks.len());
        for chunk in chunks {
            let own = rows.slice(first..first + chunk.len())?;
            first += chunk.len();
            out.push(if let Some(list) = chunk.as_list_opt::<i32>() {
                self.list(list, &own)?
            } else if let Some(list) = chunk.as_list_opt::<i64>() {
                self.list(list, &own)?
            } else {
                chunk
            });
        }
        Ok(Column::Arrow(out))
    }

    fn list<O: OffsetSizeTrait>(&self, list: &GenericListArray<O>, rows: &Rows) -> Result<ArrayRef> {
        let offsets: &[O] = list.value_offsets();
        let start = offsets.first().map_or(0, |offset| offset.as_usize());
        let end = offsets.last().map_or(0, |offset| offset.as_usize());
        let mut kept = BooleanBufferBuilder::new(end - start);
        let mut lengths = Vec::with_capacity(list.len());
        for (at, (pair, row)) in offsets.windows(2).zip(rows.iter()).enumerate() {
            let length = pair[1].as_usize() - pair[0].as_usize();
            if list.is_null(at) {
                kept.append_n(length, false);
                lengths.push(0);
                continue;
            }
            let own = self.objects(row);
            if own.len() != length {
                let what = format!("a list of {length} objects where others have {}", own.len());
                return Err(Error::new(ErrorKind::Length, what)
                    .at(Place::area("query").row(row))
                    .remedy("`lensframe verify` names the row"));
            }
            let own = self.mask.slice(own.start, own.len());
            lengths.push(own.count_set_bits());
            kept.append_buffer(&own);
        }
        let kept = BooleanArray::new(kept.finish(), None);
        let values = list.values().slice(start, end - start);
        let values =
            if kept.true_count() == kept.len() { values } else { filter(&values, &kept).map_err(fault)? };
        let field = match list.data_type() {
            arrow_schema::DataType::List(field) | arrow_schema::DataType::LargeList(field) => {
                Arc::clone(field)
            }
            _ => return Err(fault("no list")),
        };
        let offsets = OffsetBuffer::<O>::from_lengths(lengths);
        let lists =
            GenericListArray::try_new(field, offsets, values, list.nulls().cloned()).map_err(fault)?;
        Ok(Arc::new(lists))
    }
}

fn fault(e: impl ToString) -> Error {
    Error::new(ErrorKind::Limit, format!("cannot leave objects out: {}", e.to_string()))
        .at(Place::area("query"))
}

impl Source for Kept {
    fn keys(&self) -> &Keys {
        self.inner.keys()
    }

    fn len(&self) -> usize {
        self.inner.len()
    }

    fn read(&self, rows: &Rows, keys: &[KeyIndex], access: &Access<'_>) -> Result<Batch> {
        let mut batch = Source::read(&self.inner, rows, keys, access)?;
        let columns = std::mem::take(&mut batch.columns);
        let made = columns.into_iter().zip(keys).map(|(column, key)| {
            match self.of_set.get(key.0).copied().unwrap_or(false) {
                true => self.column(column, rows),
                false => Ok(column),
            }
        });
        batch.columns = made.collect::<Result<_>>()?;
        Ok(batch)
    }

    fn prefetch(&self, rows: &Rows, keys: &[KeyIndex]) {
        Source::prefetch(&self.inner, rows, keys);
    }

    fn classes(&self, set: &str) -> Option<&ClassTable> {
        self.inner.classes(set)
    }

    fn linked(&self, row: u64, key: KeyIndex, path: &str) -> Result<Option<Buffer>> {
        Source::linked(&self.inner, row, key, path)
    }

    /// Fewer objects have no wider bounds.
    fn zones(&self, key: KeyIndex) -> Option<Vec<Zone>> {
        Source::zones(&self.inner, key)
    }

    fn map_depth(&self) -> u64 {
        Source::map_depth(&self.inner)
    }
}
