//! Rows of an object set that are written and not yet published: [`Pending`].
//!
//! Invariant: a batch that was flushed is found again by whoever takes the set up, also after the process that wrote it
//! was killed; what a kill tore is left out. Rows are known by their permanent ids, so that versions may come between.
//! One writer at a time: a lock that dies with its process keeps others out.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, UInt64Array};
use arrow_ipc::reader::StreamDecoder;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use arrow_select::concat::concat_batches;

use super::progress;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::place::{Access, Map};

/// The folder of what is written and not yet published, in a dataset's.
pub(super) const PENDING: &str = "pending";

/// Ends the names of its files.
pub(super) const EXTENSION: &str = "arrows";

/// The column of permanent ids.
const ID: &str = "id";

/// What is held back before it is flushed: rows, bytes, and for how long.
const ROWS: usize = 4096;
const BYTES: usize = 4 << 20;
const PATIENCE: Duration = Duration::from_secs(1);

/// The rows of a set that wait.
pub(super) struct Pending {
    folder: PathBuf,
    /// Of the keys, without the ids.
    fields: Option<Vec<Field>>,
    file: Option<StreamWriter<BufWriter<File>>>,
    held: Vec<RecordBatch>,
    held_rows: usize,
    held_bytes: usize,
    flushed: Instant,
    _lock: Option<File>,
}

impl Pending {
    /// Takes up what waits for a set of the dataset at `root`, or removes it.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] while another process writes the set; those of the disk.
    pub(super) fn begin(root: &Path, set: &str, resume: bool) -> Result<Pending> {
        let folder = root.join(PENDING).join(set);
        let place = || Place::area("store").file(&folder);
        fs::create_dir_all(&folder).map_err(|e| Error::io("make", e).at(place()))?;
        let lock = progress::lock(root, &format!("{PENDING}/{set}"))?;
        let mut pending = Pending {
            folder,
            fields: None,
            file: None,
            held: Vec::new(),
            held_rows: 0,
            held_bytes: 0,
            flushed: Instant::now(),
            _lock: lock,
        };
        if !resume {
            pending.clear()?;
        }
        Ok(pending)
    }

    fn place(&self) -> Place {
        Place::area("store").file(&self.folder)
    }

    /// The files that wait, oldest first.
    fn files(&self) -> Result<Vec<PathBuf>> {
        let entries = fs::read_dir(&self.folder).map_err(|e| Error::io("list", e).at(self.place()))?;
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let mut files: Vec<PathBuf> =
            paths.filter(|p| p.extension().is_some_and(|e| e == EXTENSION)).collect();
        files.sort();
        Ok(files)
    }

    /// Holds rows, or flushes them.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] for other keys than those before; those of the disk.
    pub(super) fn add(&mut self, ids: Vec<u64>, fields: Vec<Field>, columns: Vec<ArrayRef>) -> Result<()> {
        match &self.fields {
            None => self.fields = Some(fields),
            Some(known) if *known == fields => {}
            Some(known) => return Err(unlike(known, &fields).at(self.place())),
        }
        let rows = ids.len();
        let all =
            std::iter::once(Arc::new(UInt64Array::from(ids)) as ArrayRef).chain(columns).collect::<Vec<_>>();
        self.held_bytes += all.iter().map(|array| array.get_buffer_memory_size()).sum::<usize>();
        self.held_rows += rows;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        self.held.push(RecordBatch::try_new_with_options(self.schema(), all, &options)?);
        let full = self.held_rows >= ROWS || self.held_bytes >= BYTES;
        if full || self.flushed.elapsed() >= PATIENCE { self.flush() } else { Ok(()) }
    }

    fn schema(&self) -> SchemaRef {
        let own = self.fields.iter().flatten().cloned();
        let id = Field::new(ID, DataType::UInt64, false);
        Arc::new(Schema::new(std::iter::once(id).chain(own).collect::<Vec<_>>()))
    }

    /// Hands what is held to the system: it outlives this process.
    ///
    /// # Errors
    /// Those of the disk.
    pub(super) fn flush(&mut self) -> Result<()> {
        self.flushed = Instant::now();
        if self.held.is_empty() {
            return Ok(());
        }
        let place = self.place();
        let schema = self.schema();
        let batch = concat_batches(&schema, &self.held)?;
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let number = self.folder.read_dir().map_or(0, Iterator::count);
                let path = (number..).map(|n| self.folder.join(format!("{n:06}.{EXTENSION}")));
                let path = path.into_iter().find(|path| !path.exists()).unwrap_or_default();
                let file = File::options().create_new(true).write(true).open(&path);
                let file = file.map_err(|e| Error::io("make", e).at(Place::area("store").file(&path)))?;
                none.insert(StreamWriter::try_new(BufWriter::new(file), &schema)?)
            }
        };
        file.write(&batch).map_err(|e| disk(e).at(place.clone()))?;
        file.get_mut().flush().map_err(|e| Error::io("write", e).at(place))?;
        self.held.clear();
        (self.held_rows, self.held_bytes) = (0, 0);
        Ok(())
    }

    /// All that waits, oldest first; what is held is flushed.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] where runs wrote different keys; those of the disk.
    pub(super) fn read(&mut self) -> Result<Vec<Waiting>> {
        self.flush()?;
        let mut all = Vec::new();
        for path in self.files()? {
            let place = || Place::area("store").file(&path);
            let map = Map::open(&path, Access::Sequential)?;
            let (mut left, mut decoder) = (map.buffer().clone(), StreamDecoder::new());
            // What follows the last whole batch was torn when its writer was killed.
            while let Ok(Some(batch)) = decoder.decode(&mut left) {
                let schema = batch.schema();
                let fields: Vec<Field> =
                    schema.fields().iter().skip(1).map(|field| Field::clone(field)).collect();
                match &self.fields {
                    None => self.fields = Some(fields),
                    Some(known) if *known == fields => {}
                    Some(known) => return Err(unlike(known, &fields).at(place())),
                }
                let (ids, columns) = match batch.columns().split_first() {
                    Some((ids, columns)) => (ids, columns.to_vec()),
                    None => continue,
                };
                let Some(ids) = ids.as_primitive_opt::<UInt64Type>().filter(|_| schema.field(0).name() == ID)
                else {
                    let what = "the file holds no rows that wait";
                    return Err(Error::new(ErrorKind::Corrupt, what).at(place()));
                };
                all.push(Waiting { ids: ids.clone(), columns });
            }
        }
        Ok(all)
    }

    /// The keys, once any row is known.
    pub(super) fn fields(&self) -> Option<&[Field]> {
        self.fields.as_deref()
    }

    fn clear(&mut self) -> Result<()> {
        for path in self.files()? {
            fs::remove_file(&path)
                .map_err(|e| Error::io("remove", e).at(Place::area("store").file(&path)))?;
        }
        Ok(())
    }

    /// Removes all that waits.
    ///
    /// # Errors
    /// Those of the disk.
    pub(super) fn remove(mut self) -> Result<()> {
        (self.file, self.held) = (None, Vec::new());
        self.clear()?;
        // Folders that others use as well stay.
        let _ = fs::remove_dir_all(&self.folder);
        if let Some(above) = self.folder.parent() {
            let _ = fs::remove_dir(above);
        }
        Ok(())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        // Nobody is left to hear of a full disk; what was flushed before stays.
        let _ = self.flush();
    }
}

/// Rows that wait.
pub(super) struct Waiting {
    pub(super) ids: UInt64Array,
    pub(super) columns: Vec<ArrayRef>,
}

fn names(fields: &[Field]) -> String {
    fields.iter().map(|field| field.name().as_str()).collect::<Vec<_>>().join(", ")
}

fn unlike(known: &[Field], fields: &[Field]) -> Error {
    let what = format!("rows were written with {}, and now with {}", names(known), names(fields));
    Error::new(ErrorKind::Mismatch, what)
        .remedy("write the same keys for all rows, or begin anew without resume")
}

fn disk(error: arrow_schema::ArrowError) -> Error {
    match error {
        arrow_schema::ArrowError::IoError(_, e) => Error::io("write", e),
        other => Error::new(ErrorKind::Type, other.to_string()),
    }
}
