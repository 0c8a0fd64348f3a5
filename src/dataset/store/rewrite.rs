//! Writing a group's file of a fragment that is there already: from supplied values, or from its old file with
//! some of them changed. Memory is bounded by a batch.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, new_null_array};
use arrow_schema::{DataType, Field};
use arrow_select::concat::concat;
use arrow_select::interleave::interleave;

use super::attempt::Attempt;
use super::cache::{BUDGET, Cache};
use super::cast;
use super::group_file::GroupFile;
use super::group_writer::{GroupWriter, file_schema};
use super::metadata;
use super::options::Storage;
use super::stored::Stored;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::classes::ClassTable;
use crate::schema::manifest::{FileEntry, Group, IMAGE_ID};

/// Null rows written at once in the place of deleted ones.
const NULLS: usize = 4096;

/// The file to be written.
pub(super) struct Target<'a> {
    pub(super) group: &'a Group,
    pub(super) fields: &'a [Field],
    pub(super) fragment: u32,
    pub(super) storage: Storage,
    pub(super) batch_bytes: u64,
    pub(super) classes: BTreeMap<String, ClassTable>,
}

impl Target<'_> {
    fn create(&self, attempt: &mut Attempt) -> Result<GroupWriter> {
        let metadata = metadata::of(self.group, self.fields, |set| self.classes.get(set))?;
        let schema = file_schema(self.fields, metadata);
        GroupWriter::create(attempt, &self.group.name, schema, self.fragment, self.storage, self.batch_bytes)
    }
}

/// The rows of batches that come cut anywhere.
pub(super) struct Supply<I> {
    batches: I,
    columns: usize,
    rest: Option<RecordBatch>,
    given: u64,
}

impl<I: Iterator<Item = Result<RecordBatch>>> Supply<I> {
    pub(super) fn new(batches: I, columns: usize) -> Supply<I> {
        Supply { batches, columns, rest: None, given: 0 }
    }

    /// Up to `most` of the next rows; `None` at the end.
    fn next(&mut self, most: usize) -> Result<Option<RecordBatch>> {
        loop {
            let batch = match self.rest.take() {
                Some(rest) => rest,
                None => match self.batches.next() {
                    Some(batch) => batch?,
                    None => return Ok(None),
                },
            };
            if batch.num_columns() != self.columns {
                let what = format!("{} columns for {} keys", batch.num_columns(), self.columns);
                return Err(Error::new(ErrorKind::Length, what).at(Place::area("store")));
            }
            if batch.num_rows() == 0 {
                continue;
            }
            let take = most.min(batch.num_rows());
            if take < batch.num_rows() {
                self.rest = Some(batch.slice(take, batch.num_rows() - take));
            }
            self.given += take as u64;
            return Ok(Some(batch.slice(0, take)));
        }
    }

    /// Checks that nothing is left.
    pub(super) fn finish(mut self) -> Result<()> {
        match self.next(1)? {
            None => Ok(()),
            Some(_) => {
                let what = format!("more values than the {} rows of the dataset", self.given - 1);
                Err(Error::new(ErrorKind::Length, what))
            }
        }
    }
}

/// A file with supplied values for the live rows of a fragment and null for the deleted.
pub(super) fn supplied<I: Iterator<Item = Result<RecordBatch>>>(
    attempt: &mut Attempt,
    target: &Target<'_>,
    rows: u64,
    deleted: &[u32],
    supply: &mut Supply<I>,
) -> Result<FileEntry> {
    let mut file = target.create(attempt)?;
    let mut offset: u64 = 0;
    for gone in deleted.iter().map(|d| u64::from(*d)).chain([rows]) {
        while offset < gone {
            let most = usize::try_from(gone - offset).unwrap_or(usize::MAX);
            let Some(batch) = supply.next(most)? else {
                let what = format!("values for {} rows, and the dataset has more", supply.given);
                return Err(Error::new(ErrorKind::Length, what).at(Place::area("store")));
            };
            file.write(batch.columns(), batch.num_rows())?;
            offset += batch.num_rows() as u64;
        }
        if gone < rows {
            file.write(&nulls(target.fields, 1), 1)?;
            offset += 1;
        }
    }
    file.finish()
}

/// New values of one key, by offset.
pub(super) struct Update<'a> {
    pub(super) key: &'a str,
    pub(super) values: &'a ArrayRef,
    pub(super) at: &'a BTreeMap<u64, usize>,
}

impl Update<'_> {
    /// `column`, which begins at `offset`, with the new values in it.
    fn apply(&self, column: &ArrayRef, offset: u64) -> Result<ArrayRef> {
        let end = offset + column.len() as u64;
        if self.at.range(offset..end).next().is_none() {
            return Ok(Arc::clone(column));
        }
        let values = cast::widened(self.values, column.data_type())
            .map_err(|e| e.at(Place::area("store").key(self.key)))?;
        let pick = (0..column.len()).map(|i| match self.at.get(&(offset + i as u64)) {
            Some(new) => (1, *new),
            None => (0, i),
        });
        Ok(interleave(&[column.as_ref(), values.as_ref()], &pick.collect::<Vec<_>>())?)
    }
}

/// The old file with some values changed.
pub(super) fn updated(
    attempt: &mut Attempt,
    target: &Target<'_>,
    old: &FileEntry,
    change: &Update<'_>,
) -> Result<FileEntry> {
    let old = open(attempt.root(), old)?;
    let mut file = target.create(attempt)?;
    let mut offset: u64 = 0;
    for batch in 0..old.batches() {
        let rows = old.batch_rows(batch);
        let count = usize::try_from(rows).unwrap_or(usize::MAX);
        let mut columns = Vec::with_capacity(target.fields.len());
        for field in target.fields {
            let column = match old.find(field.name()) {
                Some(column) => old.column(batch, column, field.data_type())?,
                None => new_null_array(field.data_type(), count),
            };
            columns.push(if field.name() == change.key { change.apply(&column, offset)? } else { column });
        }
        file.write(&columns, count)?;
        offset += rows;
    }
    file.finish()
}

/// A file for a fragment that had none: the images' ids, the new values, and null elsewhere.
pub(super) fn fresh(
    attempt: &mut Attempt,
    target: &Target<'_>,
    ids: &ArrayRef,
    change: &Update<'_>,
) -> Result<FileEntry> {
    let mut file = target.create(attempt)?;
    for start in (0..ids.len()).step_by(NULLS) {
        let count = NULLS.min(ids.len() - start);
        let mut columns = nulls(target.fields, count);
        for (column, field) in columns.iter_mut().zip(target.fields) {
            if field.name() == change.key {
                *column = change.apply(column, start as u64)?;
            } else if field.name() == IMAGE_ID && cast::stored_type(ids.data_type()) == *field.data_type() {
                *column = ids.slice(start, count);
            }
        }
        file.write(&columns, count)?;
    }
    file.finish()
}

/// The images' ids of a fragment (by position), deleted rows included; null where no group has them.
pub(super) fn ids(stored: &Stored, fragment: usize, rows: u64) -> Result<ArrayRef> {
    let count = usize::try_from(rows).unwrap_or(usize::MAX);
    let Some((file, column, ty)) = stored.ids(fragment)? else {
        return Ok(new_null_array(&DataType::Null, count));
    };
    let parts = (0..file.batches()).map(|b| file.column(b, column, &ty)).collect::<Result<Vec<_>>>()?;
    match parts.as_slice() {
        [] => Ok(new_null_array(&ty, count)),
        parts => Ok(concat(&parts.iter().map(AsRef::as_ref).collect::<Vec<_>>())?),
    }
}

/// Opens a file of the dataset with a cache of its own.
pub(super) fn open(root: &Path, entry: &FileEntry) -> Result<GroupFile> {
    GroupFile::open(root, entry, &Arc::new(Cache::new(BUDGET)), 0)
}

fn nulls(fields: &[Field], rows: usize) -> Vec<ArrayRef> {
    fields.iter().map(|f| new_null_array(f.data_type(), rows)).collect()
}
