//! A group's file of a fragment, open for reading: columns by batch, whichever form it is stored in.
//!
//! Invariant: a file is opened only if it has the length its manifest says, and read only if its batches have
//! the rows the manifest says. Files are opened when first needed.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use arrow_array::ArrayRef;
use arrow_schema::{DataType, FieldRef};

use super::cache::Cache;
use super::cast;
use super::ipc::IpcFile;
use super::parquet_file::ParquetFile;
use crate::dataset::Zone;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::manifest::FileEntry;

/// Columns times batches of one file: far above what a shard has.
const MAX_SLOTS: usize = 1 << 24;

enum Body {
    Arrow { file: Box<IpcFile>, columns: Vec<OnceLock<Result<ArrayRef>>> },
    Parquet { file: Box<ParquetFile>, cache: Arc<Cache>, number: usize },
}

/// An open file of a group.
pub(super) struct GroupFile {
    entry: FileEntry,
    place: Place,
    /// The first row of each batch, and the end.
    starts: Vec<u64>,
    body: Body,
}

impl GroupFile {
    /// Opens the file of an entry. `number` tells the files of one cache apart.
    pub(super) fn open(
        root: &Path,
        entry: &FileEntry,
        cache: &Arc<Cache>,
        number: usize,
    ) -> Result<GroupFile> {
        let path = root.join(&entry.path);
        let place = Place::area("store").file(&path);
        check_length(&path, entry)?;
        let batches = entry.batches.len();
        let body = if entry.path.ends_with(".parquet") {
            let file = Box::new(ParquetFile::open(&path)?);
            if file.rows() != entry.batches {
                return Err(disagree("row groups").at(place));
            }
            Body::Parquet { file, cache: Arc::clone(cache), number }
        } else {
            let file = Box::new(IpcFile::open(&path)?);
            if file.batches() != batches {
                return Err(disagree("batches").at(place));
            }
            let slots = batches.saturating_mul(file.fields().len());
            if slots > MAX_SLOTS {
                return Err(Error::new(ErrorKind::Limit, format!("{slots} columns in all batches")).at(place));
            }
            Body::Arrow { file, columns: std::iter::repeat_with(OnceLock::new).take(slots).collect() }
        };
        let mut starts = vec![0];
        let mut end: u64 = 0;
        for rows in &entry.batches {
            end = end.saturating_add(*rows);
            starts.push(end);
        }
        Ok(GroupFile { entry: entry.clone(), place, starts, body })
    }

    /// The manifest's entry.
    pub(super) fn entry(&self) -> &FileEntry {
        &self.entry
    }

    /// The columns, `row` included.
    pub(super) fn fields(&self) -> &[FieldRef] {
        match &self.body {
            Body::Arrow { file, .. } => file.fields(),
            Body::Parquet { file, .. } => file.fields(),
        }
    }

    /// The position of a column.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.fields().iter().position(|f| f.name() == name)
    }

    /// How many batches there are.
    pub(super) fn batches(&self) -> usize {
        self.entry.batches.len()
    }

    /// The rows of a batch.
    pub(super) fn batch_rows(&self, batch: usize) -> u64 {
        self.entry.batches.get(batch).copied().unwrap_or(0)
    }

    /// The batch an offset is in, and the position there.
    pub(super) fn locate(&self, offset: u64) -> (usize, u64) {
        let batch = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        (batch, offset - self.starts.get(batch).copied().unwrap_or(0))
    }

    /// The IPC file, if it is one.
    pub(super) fn arrow(&self) -> Option<&IpcFile> {
        match &self.body {
            Body::Arrow { file, .. } => Some(file),
            Body::Parquet { .. } => None,
        }
    }

    /// What the file says of a column without its being read; `None` for forms that say nothing.
    pub(super) fn zones(&self, column: usize) -> Option<Vec<Zone>> {
        match &self.body {
            Body::Arrow { .. } => None,
            Body::Parquet { file, .. } => Some(file.zones(column)),
        }
    }

    /// A column of a batch, decoded and validated once, as `ty`: a type the stored one widens to.
    pub(super) fn column(&self, batch: usize, column: usize, ty: &DataType) -> Result<ArrayRef> {
        match &self.body {
            Body::Arrow { file, columns } => {
                let read = || {
                    if file.rows(batch)? != self.batch_rows(batch) {
                        return Err(disagree("the rows of a batch").at(self.place.clone()));
                    }
                    self.fit(file.column(batch, column)?, column, ty)
                };
                match columns.get(batch * file.fields().len() + column) {
                    Some(slot) => slot.get_or_init(read).clone(),
                    None => read(),
                }
            }
            Body::Parquet { file, cache, number } => {
                let slot = (*number, batch, column);
                if let Some(array) = cache.get(slot) {
                    return Ok(array);
                }
                let array = self.fit(file.column(batch, column)?, column, ty)?;
                cache.put(slot, &array);
                Ok(array)
            }
        }
    }

    fn fit(&self, array: ArrayRef, column: usize, ty: &DataType) -> Result<ArrayRef> {
        cast::widened(&array, ty).map_err(|e| {
            let name = self.fields().get(column).map_or("?", |f| f.name().as_str());
            Error::new(ErrorKind::Corrupt, format!("the file and the manifest disagree: {}", e.what()))
                .at(self.place.clone().key(name))
        })
    }
}

/// Checks a file's length against its entry.
pub(super) fn check_length(path: &Path, entry: &FileEntry) -> Result<()> {
    let place = || Place::area("store").file(path);
    let found = std::fs::metadata(path).map_err(|e| Error::io("open", e).at(place()))?;
    if !found.is_file() {
        return Err(Error::new(ErrorKind::Corrupt, "not a file").at(place()));
    }
    if found.len() != entry.bytes {
        let what = format!("the file has {} bytes, its manifest says {}", found.len(), entry.bytes);
        return Err(Error::new(ErrorKind::Corrupt, what)
            .at(place())
            .remedy("restore the file: stored files never change"));
    }
    Ok(())
}

fn disagree(what: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("the file and the manifest disagree about {what}"))
        .remedy("restore the file, or open an older version")
}
