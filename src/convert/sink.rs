//! Where the groups of an importer go: a stored dataset, or tables in memory.
//!
//! An importer declares its groups, then hands on batches as its builders fill up. Groups need not be in step,
//! except at a *boundary*: there the importer has handed on everything, all groups hold equally many rows, and
//! the store ends a fragment, which an interrupted conversion can go on from.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, Schema, SchemaRef};
use serde_json::Value as Json;

use crate::dataset::store::{GroupId, Writer};
use crate::error::{Error, ErrorKind, Result};

/// How many bytes the builders of a group hold at most, as a rule, before they are handed on.
const BATCH_BYTES: usize = 8 << 20;

/// Takes the groups of a dataset. Groups are declared before the first batch.
pub(in crate::convert) trait Sink {
    /// Declares a group and gives its number.
    fn group(&mut self, name: &str, fields: Vec<Field>) -> Result<usize>;
    /// Takes the next rows of a group.
    fn write(&mut self, group: usize, batch: &RecordBatch) -> Result<()>;
    /// How many bytes the builders of a group may hold before they are handed on.
    fn batch_bytes(&self) -> usize {
        BATCH_BYTES
    }
    /// True if the groups should be brought to the same row for a boundary between fragments.
    fn wants_boundary(&self) -> bool {
        false
    }
    /// All groups hold equally many rows. `state` is what the importer needs to go on from here, beside the
    /// number of rows.
    fn boundary(&mut self, _state: Json) -> Result<()> {
        Ok(())
    }
}

/// A declared group: its number and its schema.
#[derive(Clone, Debug)]
pub(in crate::convert) struct SinkGroup {
    number: usize,
    schema: SchemaRef,
}

impl SinkGroup {
    /// Declares a group.
    ///
    /// # Errors
    /// Those of the sink.
    pub(in crate::convert) fn declare(
        sink: &mut dyn Sink,
        name: &str,
        fields: Vec<Field>,
    ) -> Result<SinkGroup> {
        let number = sink.group(name, fields.clone())?;
        Ok(SinkGroup { number, schema: Arc::new(Schema::new(fields)) })
    }

    /// Hands on columns of `rows` rows, in the order of the fields; nothing if there are no rows.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] where a column is not of its field's type or length; those of the sink.
    pub(in crate::convert) fn write(
        &self,
        sink: &mut dyn Sink,
        columns: Vec<ArrayRef>,
        rows: usize,
    ) -> Result<()> {
        if rows == 0 {
            return Ok(());
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch =
            RecordBatch::try_new_with_options(self.schema.clone(), columns, &options).map_err(|e| {
                Error::new(ErrorKind::Corrupt, format!("a batch does not fit its fields: {e}")).caused_by(e)
            })?;
        sink.write(self.number, &batch)
    }
}

/// Hands batches to the store.
pub(in crate::convert) struct StoreSink<'a> {
    writer: &'a mut Writer,
    groups: Vec<GroupId>,
}

impl<'a> StoreSink<'a> {
    /// A sink into a writer that has no groups yet.
    pub(in crate::convert) fn new(writer: &'a mut Writer) -> StoreSink<'a> {
        StoreSink { writer, groups: Vec::new() }
    }
}

impl Sink for StoreSink<'_> {
    fn group(&mut self, name: &str, fields: Vec<Field>) -> Result<usize> {
        self.groups.push(self.writer.group(name, fields)?);
        Ok(self.groups.len() - 1)
    }

    fn write(&mut self, group: usize, batch: &RecordBatch) -> Result<()> {
        match self.groups.get(group) {
            Some(group) => self.writer.write(*group, batch),
            None => Err(Error::new(ErrorKind::Usage, "a batch for a group that was not declared")),
        }
    }

    fn batch_bytes(&self) -> usize {
        let shard = usize::try_from(self.writer.shard_bytes() / 4).unwrap_or(usize::MAX);
        BATCH_BYTES.min(shard.max(1))
    }

    fn wants_boundary(&self) -> bool {
        self.writer.fragment_is_full()
    }

    fn boundary(&mut self, state: Json) -> Result<()> {
        self.writer.end_fragment_with(state)
    }
}
