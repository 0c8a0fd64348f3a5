//! Reading one column of one row group of a Parquet file.
//!
//! The metadata is read once, when the file is opened; each decode opens the file anew, since descriptors that
//! share an offset cannot be read by two threads. A file that makes the Parquet library panic is reported as
//! damaged: the library is not proof against every hostile file.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatchReader, new_empty_array};
use arrow_schema::FieldRef;
use arrow_select::concat::concat;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};

use super::parquet_schema;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};

/// An open file.
pub(super) struct ParquetFile {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    rows: Vec<u64>,
}

impl ParquetFile {
    pub(super) fn open(path: &Path) -> Result<ParquetFile> {
        let place = || Place::area("store").file(path);
        let file = File::open(path).map_err(|e| Error::io("open", e).at(place()))?;
        let load = || {
            let told = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())?;
            let meant = Arc::new(parquet_schema::meant(told.schema())?);
            if meant == *told.schema() {
                return Ok(told);
            }
            let options = ArrowReaderOptions::new().with_schema(meant);
            Ok(ArrowReaderMetadata::try_new(Arc::clone(told.metadata()), options)?)
        };
        let metadata = guarded(load).at(place)?;
        let rows = metadata.metadata().row_groups().iter().map(|g| u64::try_from(g.num_rows()));
        let rows = rows
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| Error::new(ErrorKind::Corrupt, "a row group of negative length").at(place()))?;
        Ok(ParquetFile { path: path.to_owned(), metadata, rows })
    }

    /// The columns.
    pub(super) fn fields(&self) -> &[FieldRef] {
        self.metadata.schema().fields()
    }

    /// The rows of each row group.
    pub(super) fn rows(&self) -> &[u64] {
        &self.rows
    }

    /// Decodes one column of one row group.
    pub(super) fn column(&self, group: usize, column: usize) -> Result<ArrayRef> {
        let place = || Place::area("store").file(&self.path);
        let rows = self
            .rows
            .get(group)
            .copied()
            .and_then(|n| usize::try_from(n).ok())
            .ok_or_else(|| Error::new(ErrorKind::Corrupt, format!("no row group {group}")).at(place()))?;
        guarded(|| {
            let file = File::open(&self.path).map_err(|e| Error::io("open", e))?;
            let mask = ProjectionMask::roots(self.metadata.parquet_schema(), [column]);
            let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
                .with_row_groups(vec![group])
                .with_projection(mask)
                .with_batch_size(rows.max(1))
                .build()?;
            let empty = reader.schema();
            let mut parts = Vec::new();
            for batch in reader {
                parts.extend(batch?.columns().first().cloned());
            }
            let array = match (parts.len(), empty.fields().first()) {
                (0, Some(field)) => new_empty_array(field.data_type()),
                (1, _) => parts.swap_remove(0),
                _ => concat(&parts.iter().map(AsRef::as_ref).collect::<Vec<_>>())?,
            };
            if array.len() == rows {
                return Ok(array);
            }
            Err(Error::new(ErrorKind::Corrupt, format!("{} rows where {rows} are said", array.len())))
        })
        .at(place)
    }
}

fn guarded<T>(read: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(Error::new(ErrorKind::Corrupt, "not a valid Parquet file")
            .remedy("restore the file, or open an older version"))
    })
}
