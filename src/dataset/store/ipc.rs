//! Our reader of Arrow IPC files: a map, and columns decoded one at a time, on demand.
//!
//! Invariant: no number in the file is used as an offset or a length before it is checked, and every column
//! passes Arrow's full validation before anyone sees it; so a damaged or hostile file gives an error. Buffers
//! of decoded columns are slices of the map. What our writer does not make is refused by name: compression,
//! dictionaries, views, other byte orders. A batch's metadata is read when one of its columns first is.

mod decode;
mod schema;

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_buffer::Buffer;
use arrow_ipc::{Endianness, MetadataVersion, root_as_footer, root_as_message};
use arrow_schema::{FieldRef, Schema};

use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::place::{Access, Map};

const MAGIC: &[u8] = b"ARROW1";

/// Reads a whole Arrow IPC file with the store's own reader: every column is validated, and what the store does
/// not write (compression, dictionaries, views) is refused. Buffers of the batches share `bytes`.
///
/// # Errors
/// [`ErrorKind::Corrupt`] for damage, [`ErrorKind::Unsupported`] for what is not read.
pub fn read_arrow(bytes: Buffer) -> Result<Vec<RecordBatch>> {
    let file = IpcFile::of(Map::of(bytes), Place::area("arrow"))?;
    let schema = Arc::new(Schema::new(file.fields.clone()));
    let read = |batch: usize| -> Result<RecordBatch> {
        let columns = (0..file.fields.len()).map(|column| file.column(batch, column));
        let options = RecordBatchOptions::new().with_row_count(usize::try_from(file.rows(batch)?).ok());
        let columns = columns.collect::<Result<Vec<_>>>()?;
        Ok(RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options)?)
    };
    (0..file.batches()).map(read).collect()
}

/// An open file.
pub(super) struct IpcFile {
    map: Map,
    fields: Vec<FieldRef>,
    /// For each column, its first node and buffer in a batch's lists.
    starts: Vec<decode::Position>,
    blocks: Vec<Block>,
    place: Place,
}

struct Block {
    metadata: Range<usize>,
    body: Range<usize>,
    table: OnceLock<Result<decode::Table>>,
}

impl IpcFile {
    /// Maps a file and reads its footer.
    pub(super) fn open(path: &Path) -> Result<IpcFile> {
        IpcFile::of(Map::open(path, Access::Random)?, Place::area("store").file(path))
    }

    /// The file in a map.
    pub(super) fn of(map: Map, place: Place) -> Result<IpcFile> {
        let (fields, blocks) = footer(&map).at(|| place.clone())?;
        let mut at = decode::Position::default();
        let mut starts = Vec::with_capacity(fields.len());
        for field in &fields {
            starts.push(at);
            at = at.after(field.data_type()).at(|| place.clone().key(field.name()))?;
        }
        Ok(IpcFile { map, fields, starts, blocks, place })
    }

    /// The columns.
    pub(super) fn fields(&self) -> &[FieldRef] {
        &self.fields
    }

    /// How many batches there are.
    pub(super) fn batches(&self) -> usize {
        self.blocks.len()
    }

    /// The file's bytes.
    pub(super) fn map(&self) -> &Map {
        &self.map
    }

    /// The rows of a batch, as its own metadata says.
    pub(super) fn rows(&self, batch: usize) -> Result<u64> {
        Ok(self.table(batch)?.rows as u64)
    }

    /// Decodes and validates one column of one batch.
    pub(super) fn column(&self, batch: usize, column: usize) -> Result<ArrayRef> {
        let table = self.table(batch)?;
        let (Some(field), Some(start), Some(block)) =
            (self.fields.get(column), self.starts.get(column), self.blocks.get(batch))
        else {
            return Err(damaged(&format!("no column {column} in batch {batch}")).at(self.place.clone()));
        };
        self.map.will_need(self.span(table, block, *start, field).unwrap_or(0..0));
        decode::column(&self.map, &block.body, table, *start, field)
            .map_err(|e| e.at(self.place.clone().key(field.name())))
    }

    /// Where a column of a batch lies in the file, from its first buffer to its last, for columns that are not
    /// images; of an image only what comes before its payload is worth announcing whole.
    fn span(
        &self,
        table: &decode::Table,
        block: &Block,
        start: decode::Position,
        field: &FieldRef,
    ) -> Option<Range<usize>> {
        if crate::schema::field::is_image(field.data_type()) {
            return None;
        }
        let end = start.after(field.data_type()).ok()?;
        let buffers = table.buffers.get(start.buffer..end.buffer)?;
        let from = buffers.iter().filter(|b| !b.is_empty()).map(|b| b.start).min()?;
        let to = buffers.iter().map(|b| b.end).max()?;
        Some(block.body.start.checked_add(from)?..block.body.start.checked_add(to)?)
    }

    /// Announces a column of a batch: everything but the payload of images.
    pub(super) fn announce(&self, batch: usize, column: usize) {
        let (Some(field), Some(start), Some(block)) =
            (self.fields.get(column), self.starts.get(column), self.blocks.get(batch))
        else {
            return;
        };
        let Ok(table) = self.table(batch) else { return };
        if let Some(span) = self.span(table, block, *start, field) {
            return self.map.will_need(span);
        }
        let Some(end) = start.after(field.data_type()).ok() else { return };
        for buffer in table.buffers.get(start.buffer..end.buffer).unwrap_or_default() {
            // An image's small buffers: validity, offsets and paths; the payload is announced by rows.
            if buffer.len() < 1 << 16 {
                self.map.will_need(block.body.start + buffer.start..block.body.start + buffer.end);
            }
        }
    }

    /// Announces the metadata of a batch and the first pages behind it.
    pub(super) fn announce_metadata(&self, batch: usize) {
        if let Some(block) = self.blocks.get(batch).filter(|block| block.table.get().is_none()) {
            self.map.will_need(block.metadata.clone());
        }
    }

    fn table(&self, batch: usize) -> Result<&decode::Table> {
        let Some(block) = self.blocks.get(batch) else {
            return Err(damaged(&format!("no batch {batch}")).at(self.place.clone()));
        };
        let read = || self.read_table(block).map_err(|e| e.at(self.place.clone()));
        block.table.get_or_init(read).as_ref().map_err(Error::clone)
    }

    fn read_table(&self, block: &Block) -> Result<decode::Table> {
        let bytes = self.map.buffer().get(block.metadata.clone()).unwrap_or_default();
        // A continuation mark and a length come before the message.
        let (Some([0xff, 0xff, 0xff, 0xff]), Some(message)) = (bytes.get(..4), bytes.get(8..)) else {
            return Err(damaged("a batch does not begin with its mark"));
        };
        let message = root_as_message(message).map_err(|e| damaged(&format!("a batch's metadata: {e}")))?;
        let header =
            message.header_as_record_batch().ok_or_else(|| damaged("a message that is not a batch"))?;
        if message.bodyLength() != i64::try_from(block.body.len()).unwrap_or(-1) {
            return Err(damaged("a batch and the footer disagree about its length"));
        }
        if header.compression().is_some() {
            return Err(unsupported("compressed batches"));
        }
        decode::Table::of(&header, block.body.len())
    }
}

fn footer(map: &Map) -> Result<(Vec<FieldRef>, Vec<Block>)> {
    let bytes = map.buffer().as_slice();
    let torn = || damaged("not a whole Arrow file: its end is missing");
    let tail_at = bytes.len().checked_sub(10).ok_or_else(torn)?;
    let (head, tail) = (bytes.get(..8).ok_or_else(torn)?, bytes.get(tail_at..).ok_or_else(torn)?);
    if !head.starts_with(MAGIC) || !tail.ends_with(MAGIC) {
        return Err(torn());
    }
    let length = tail.first_chunk::<4>().map(|b| i32::from_le_bytes(*b)).ok_or_else(torn)?;
    let start = usize::try_from(length).ok().and_then(|n| tail_at.checked_sub(n)).ok_or_else(torn)?;
    let footer = bytes.get(start..tail_at).ok_or_else(torn)?;
    let footer = root_as_footer(footer).map_err(|e| damaged(&format!("the footer: {e}")))?;
    if footer.version() != MetadataVersion::V5 {
        return Err(unsupported("this version of the Arrow format"));
    }
    if footer.dictionaries().is_some_and(|d| !d.is_empty()) {
        return Err(unsupported("dictionaries"));
    }
    let schema = footer.schema().ok_or_else(|| damaged("the footer has no schema"))?;
    if schema.endianness() != Endianness::Little {
        return Err(unsupported("big-endian files"));
    }
    let fields = schema::fields(&schema)?;
    let mut blocks = Vec::new();
    for block in footer.recordBatches().iter().flatten() {
        let outside = || damaged("a batch lies outside the file");
        let offset = usize::try_from(block.offset()).map_err(|_| outside())?;
        let metadata = usize::try_from(block.metaDataLength()).map_err(|_| outside())?;
        let body = usize::try_from(block.bodyLength()).map_err(|_| outside())?;
        let middle = offset.checked_add(metadata).ok_or_else(outside)?;
        let end = middle.checked_add(body).filter(|end| *end <= start).ok_or_else(outside)?;
        blocks.push(Block { metadata: offset..middle, body: middle..end, table: OnceLock::new() });
    }
    Ok((fields, blocks))
}

fn damaged(what: &str) -> Error {
    Error::new(ErrorKind::Corrupt, what).remedy("restore the file, or open an older version")
}

fn unsupported(what: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("{what} are not what this program writes"))
        .remedy("convert the file into a dataset instead of placing it in one")
}
