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
use arrow_schema::{DataType, FieldRef};
use arrow_select::concat::concat;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::statistics::Statistics;

use super::parquet_schema;
use crate::dataset::{Bounds, Zone};
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

    /// What the row groups say of a column.
    pub(super) fn zones(&self, column: usize) -> Vec<Zone> {
        let schema = self.metadata.parquet_schema();
        let leaves = (0..schema.num_columns()).filter(|leaf| schema.get_column_root_idx(*leaf) == column);
        let leaves: Vec<usize> = leaves.collect();
        let item = self.fields().get(column).map(|field| element(field.data_type()));
        let groups = self.metadata.metadata().row_groups().iter().zip(&self.rows);
        let zone = |(group, rows): (&RowGroupMetaData, &u64)| {
            let known = match (leaves.as_slice(), item) {
                ([leaf], Some(item)) => group.columns().get(*leaf).and_then(|chunk| bounds(chunk, item)),
                _ => None,
            };
            Zone { rows: *rows, bounds: known.unwrap_or(Bounds::Unknown) }
        };
        groups.map(zone).collect()
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

/// What the elements of lists are, or the values themselves.
fn element(ty: &DataType) -> &DataType {
    match ty {
        DataType::List(field) | DataType::LargeList(field) => element(field.data_type()),
        other => other,
    }
}

/// The bounds that a column of a row group states; `None` where it states none, or none that can be relied on.
fn bounds(chunk: &ColumnChunkMetaData, ty: &DataType) -> Option<Bounds> {
    let statistics = chunk.statistics().filter(|s| !s.is_min_max_deprecated())?;
    if statistics.null_count_opt() == u64::try_from(chunk.num_values()).ok() {
        return Some(Bounds::Nothing);
    }
    let finite = |low: f64, high: f64| (low <= high).then_some(Bounds::Float(low, high));
    match (statistics, ty) {
        (Statistics::Int32(s), DataType::Int8 | DataType::Int16 | DataType::Int32) => {
            Some(Bounds::Int(i64::from(*s.min_opt()?), i64::from(*s.max_opt()?)))
        }
        (Statistics::Int64(s), DataType::Int64) => Some(Bounds::Int(*s.min_opt()?, *s.max_opt()?)),
        (Statistics::Float(s), DataType::Float32) => {
            finite(f64::from(*s.min_opt()?), f64::from(*s.max_opt()?))
        }
        (Statistics::Double(s), DataType::Float64) => finite(*s.min_opt()?, *s.max_opt()?),
        (Statistics::ByteArray(s), DataType::Utf8 | DataType::LargeUtf8) => {
            // Shortened bounds are wider ones.
            Some(Bounds::Text(s.min_opt()?.data().into(), s.max_opt()?.data().into()))
        }
        _ => None,
    }
}

fn guarded<T>(read: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(Error::new(ErrorKind::Corrupt, "not a valid Parquet file")
            .remedy("restore the file, or open an older version"))
    })
}
