//! Writing one group's file of one fragment, as Arrow IPC or Parquet.
//!
//! Invariant: the file's columns are `row` and the declared fields, its batches are those of its
//! [`FileEntry`], and the `row` of its n-th row is `fragment << 32 | n`.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions};
use arrow_ipc::MetadataVersion;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::add_encoded_arrow_schema_to_metadata;
use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::attempt::{Attempt, NewFile};
use super::cast;
use super::options::Storage;
use super::parquet_schema;
use super::queue::Queue;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::manifest::{FileEntry, ROW};

/// Offsets have 32 bits of the row id.
const MAX_ROWS: u64 = 1 << 32;

/// The Arrow schema of a group's files: `row`, then the group's fields, with the file's metadata.
pub(super) fn file_schema(fields: &[Field], metadata: HashMap<String, String>) -> SchemaRef {
    let row = Field::new(ROW, DataType::Int64, true);
    let all: Vec<Field> = std::iter::once(row).chain(fields.iter().cloned()).collect();
    Arc::new(Schema::new_with_metadata(all, metadata))
}

enum Sink {
    Arrow(Box<FileWriter<NewFile>>),
    Parquet(Box<ArrowWriter<NewFile>>),
}

/// A group's file being written.
pub(super) struct GroupWriter {
    schema: SchemaRef,
    /// The schema without `row`.
    plain: SchemaRef,
    queue: Queue,
    sink: Sink,
    fragment: u32,
    rows: u64,
    written: u64,
    batches: Vec<u64>,
    path: String,
}

impl GroupWriter {
    /// A new file for `fragment` in the group's folder.
    pub(super) fn create(
        attempt: &mut Attempt,
        group: &str,
        schema: SchemaRef,
        fragment: u32,
        storage: Storage,
        batch_bytes: u64,
    ) -> Result<GroupWriter> {
        let extension = match storage {
            Storage::Arrow => "arrow",
            Storage::Parquet => "parquet",
        };
        let file = attempt.create(&format!("{group}/{fragment:05}"), extension)?;
        let path = file.path().to_owned();
        let sink = match storage {
            Storage::Arrow => {
                let options = IpcWriteOptions::try_new(64, false, MetadataVersion::V5)?;
                Sink::Arrow(Box::new(FileWriter::try_new_with_options(file, &schema, options)?))
            }
            Storage::Parquet => {
                let mut properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(ZstdLevel::default()))
                    .set_max_row_group_row_count(Some(usize::MAX))
                    .build();
                add_encoded_arrow_schema_to_metadata(&parquet_schema::told(&schema)?, &mut properties);
                let options =
                    ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
                Sink::Parquet(Box::new(ArrowWriter::try_new_with_options(
                    file,
                    Arc::clone(&schema),
                    options,
                )?))
            }
        };
        // The queue holds the declared columns; `row` is added when a batch leaves it.
        let plain = Schema::new(schema.fields().iter().skip(1).cloned().collect::<Vec<_>>());
        let plain = Arc::new(plain);
        let queue = Queue::new(Arc::clone(&plain), batch_bytes);
        Ok(GroupWriter {
            schema,
            plain,
            queue,
            sink,
            fragment,
            rows: 0,
            written: 0,
            batches: Vec::new(),
            path,
        })
    }

    /// Rows taken so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes given to the file so far.
    pub(super) fn bytes(&self) -> u64 {
        match &self.sink {
            Sink::Arrow(writer) => writer.get_ref().bytes(),
            Sink::Parquet(writer) => writer.inner().bytes() + writer.in_progress_size() as u64,
        }
    }

    /// Takes the next rows: the declared columns in order, of their types or types that widen to them.
    pub(super) fn write(&mut self, columns: &[ArrayRef], rows: usize) -> Result<()> {
        let fields = self.schema.fields().iter().skip(1);
        if columns.len() != fields.len() {
            let what = format!("{} columns for {} keys", columns.len(), fields.len());
            return Err(Error::new(ErrorKind::Length, what).at(self.place()));
        }
        if self.rows + rows as u64 > MAX_ROWS {
            return Err(Error::new(ErrorKind::Limit, format!("more than {MAX_ROWS} rows in a fragment"))
                .at(self.place())
                .remedy("end the fragment earlier"));
        }
        let mut stored = Vec::with_capacity(columns.len());
        for (column, field) in columns.iter().zip(fields) {
            stored.push(
                cast::widened(column, field.data_type()).map_err(|e| e.at(self.place().key(field.name())))?,
            );
        }
        let plain = Arc::clone(&self.plain);
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(plain, stored, &options)?;
        for full in self.queue.push(&batch)? {
            self.emit(&full)?;
        }
        self.rows += rows as u64;
        Ok(())
    }

    fn emit(&mut self, batch: &RecordBatch) -> Result<()> {
        let rows = batch.num_rows() as u64;
        let first = row_id(self.fragment, self.written);
        let ids = Int64Array::from_iter_values((0..batch.num_rows() as i64).map(|n| first + n));
        let mut columns: Vec<ArrayRef> = vec![Arc::new(ids)];
        columns.extend(batch.columns().iter().cloned());
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?;
        let done = match &mut self.sink {
            Sink::Arrow(writer) => writer.write(&batch).map_err(Error::from),
            // A row group for every batch: what is cut by bytes is also read by bytes.
            Sink::Parquet(writer) => writer.write(&batch).and_then(|()| writer.flush()).map_err(Error::from),
        };
        done.map_err(|e| e.at(self.place()))?;
        self.written += rows;
        self.batches.push(rows);
        Ok(())
    }

    /// Writes what waits, ends the file, and syncs it.
    pub(super) fn finish(mut self) -> Result<FileEntry> {
        if let Some(last) = self.queue.flush()? {
            self.emit(&last)?;
        }
        let place = self.place();
        let file = match self.sink {
            Sink::Arrow(mut writer) => {
                writer.finish().and_then(|()| writer.into_inner()).map_err(|e| Error::from(e).at(place))?
            }
            Sink::Parquet(writer) => writer.into_inner().map_err(|e| Error::from(e).at(place))?,
        };
        let entry = file.finish()?;
        Ok(FileEntry { rows: self.rows, batches: self.batches, ..entry })
    }

    fn place(&self) -> Place {
        Place::area("store").file(&self.path)
    }
}

/// The permanent id of a row.
pub(super) fn row_id(fragment: u32, offset: u64) -> i64 {
    (i64::from(fragment) << 32) | (offset & 0xffff_ffff) as i64
}

/// The fragment and offset of a permanent id; `None` for negative ones.
pub(super) fn split_row_id(id: i64) -> Option<(u32, u64)> {
    let fragment = u32::try_from(id >> 32).ok()?;
    Some((fragment, (id & 0xffff_ffff) as u64))
}
