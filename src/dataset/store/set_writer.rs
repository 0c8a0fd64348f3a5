//! [`SetWriter`]: an object set beside the rows of a stored dataset, as predictions are.
//!
//! Rows come in any order and in any number of batches. Nothing is published before [`SetWriter::commit`]; what is
//! written until then is kept when the writer goes, or its process is killed, for a writer that resumes.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow_schema::{DataType, Field, Schema};
use arrow_select::concat::concat;

use super::cast;
use super::edit::Edit;
use super::open::Store;
use super::pending::{Pending, Waiting};
use crate::dataset::{Access, Dataset, Key, Rows};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::schema::axis::{Axis, check_set_name, key_name};
use crate::schema::classes::ClassTable;
use crate::schema::field;
use crate::schema::manifest::{IMAGE_ID, Operation};

/// Rows that are put in order together.
const WINDOW: usize = 4096;

/// How a set is written.
#[derive(Clone, Debug, Default)]
pub struct SetOptions {
    /// Go on with what an earlier writer of the set left, and with the set if it is there: its rows count as written.
    pub resume: bool,
    /// Replace the set if it is there.
    pub replace: bool,
    /// The classes of its labels; those of the default set where this is `None`.
    pub classes: Option<ClassTable>,
}

/// Writes an object set.
///
/// ```
/// use std::sync::Arc;
/// use arrow_array::types::Int64Type;
/// use arrow_array::{ArrayRef, Int64Array, ListArray, RecordBatch};
/// use lensframe::dataset::Rows;
/// use lensframe::dataset::store::{Operation, SetOptions, SetWriter, Store, Writer, WriterOptions};
/// use lensframe::{job::Job, schema::field};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("small.lf");
/// # let job = Job::new();
/// # let mut writer = Writer::create(&path, WriterOptions::default(), &job)?;
/// # let images = writer.group("images", vec![field::row("image_id").unwrap()])?;
/// # let ids: ArrayRef = Arc::new(Int64Array::from(vec![139, 285]));
/// # writer.write(images, &RecordBatch::try_from_iter([("image_id", ids)])?)?;
/// # writer.commit(Operation::new("example"))?;
/// let store = Store::open(&path)?; // two rows
/// let mut found = SetWriter::begin(&store, "r50", SetOptions::default(), &job)?;
/// let labels = ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(3), Some(1)])]);
/// found.write(&Rows::one(1), &[("label", Arc::new(labels))])?;
/// assert_eq!(found.missing(), [0]);
/// found.commit(Operation::new("predictions"))?;
/// let labels = Store::open(&path)?.dataset().column("r50.label")?;
/// assert_eq!(labels.value(1).as_array().map(|array| array.len()), Some(2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SetWriter {
    /// What positions of rows mean.
    store: Store,
    /// The newest version when the writer began: another may have written of the set what it goes on with.
    newest: Store,
    set: String,
    options: SetOptions,
    /// Whether the store has the set, in a group of its own.
    there: bool,
    pending: Pending,
    written: Vec<bool>,
    job: Job,
}

impl SetWriter {
    /// Begins a set.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for a bad name; [`ErrorKind::AlreadyExists`] for a set that is there, unless it is resumed
    /// or replaced, and for one that is part of the dataset's own annotations; [`ErrorKind::Conflict`] while another
    /// process writes it; those of reading.
    pub fn begin(store: &Store, set: &str, options: SetOptions, job: &Job) -> Result<SetWriter> {
        let place = || Place::area("store").file(store.path()).key(set);
        check_set_name(set)?;
        if set.is_empty() {
            return Err(Error::new(ErrorKind::Usage, "a set that is written needs a name")
                .at(place())
                .remedy("say which model or person it is of, as r50"));
        }
        let newest = Store::open(store.path())?;
        let ds = newest.dataset();
        let there = newest.version().group(&group(set)).is_some();
        if !there && !keys_of(&ds, set).is_empty() {
            return Err(Error::new(
                ErrorKind::AlreadyExists,
                "the dataset's own annotations have a set of this name",
            )
            .at(place())
            .remedy("choose another name"));
        }
        if there && !options.resume && !options.replace {
            return Err(Error::new(ErrorKind::AlreadyExists, "there is a set of this name already")
                .at(place())
                .remedy("replace it, resume it, or choose another name"));
        }
        let mut pending = Pending::begin(store.path(), set, options.resume)?;
        let mut written = vec![false; store.dataset().len()];
        let mut done = Vec::new();
        if let (true, true, Some(key)) =
            (there, options.resume, keys_of(&ds, set).first().and_then(Key::name))
        {
            let column = ds.column(key)?;
            let valid = column.chunks()?.iter().flat_map(|chunk| (0..chunk.len()).map(|n| chunk.is_valid(n)));
            let ids = permanent(&newest, &Rows::all(ds.len()))?;
            done.extend(ids.into_iter().zip(valid).filter(|(_, valid)| *valid).map(|(id, _)| id));
        }
        if options.resume {
            done.extend(pending.read()?.iter().flat_map(|batch| batch.ids.values().iter().copied()));
        }
        let live = store.stored().live();
        for id in done {
            let fragment = u32::try_from(id >> 32).unwrap_or(u32::MAX);
            if let Some(row) = live.position(fragment, id & u64::from(u32::MAX))? {
                mark(&mut written, row);
            }
        }
        Ok(SetWriter {
            store: store.clone(),
            newest,
            set: set.to_owned(),
            options,
            there,
            pending,
            written,
            job: job.clone(),
        })
    }

    /// Whether a row is written.
    pub fn is_written(&self, row: usize) -> bool {
        self.written.get(row).copied().unwrap_or(false)
    }

    /// The rows that are not written yet, in order.
    pub fn missing(&self) -> Vec<u64> {
        (0u64..).zip(&self.written).filter(|(_, written)| !**written).map(|(row, _)| row).collect()
    }

    /// Writes the objects of rows: for each key, by its name without the set's (`bbox`, `score`, …), a list a row. A
    /// row that was written before is written anew. Known keys have their types of [`field::object_type`].
    ///
    /// # Errors
    /// [`ErrorKind::Index`] for rows past the end; [`ErrorKind::Length`] for lists of a row that are not of one length,
    /// and unless there is one a row; [`ErrorKind::Type`] for values that do not widen to their key's type;
    /// [`ErrorKind::Mismatch`] for other keys than those before; those of the disk.
    pub fn write(&mut self, rows: &Rows, columns: &[(&str, ArrayRef)]) -> Result<()> {
        let place = |key: &str| Place::area("store").key(key_name(&self.set, key));
        rows.check(self.written.len())?;
        let (mut fields, mut arrays) = (Vec::with_capacity(columns.len()), Vec::with_capacity(columns.len()));
        let mut lengths: Option<Vec<usize>> = None;
        for (key, array) in columns {
            if array.len() != rows.len() {
                let what = format!("{} lists for {} rows", array.len(), rows.len());
                return Err(Error::new(ErrorKind::Length, what).at(place(key)));
            }
            let field = match (field::object(&self.set, key), cast::stored_type(array.data_type())) {
                (Some(field), _) => field,
                (None, DataType::List(item)) => field::object_of(&self.set, key, item.data_type().clone()),
                (None, other) => {
                    let what = format!("{other} where a list a row is written");
                    return Err(Error::new(ErrorKind::Type, what).at(place(key)));
                }
            };
            let array = cast::widened(array, field.data_type()).map_err(|e| e.at(place(key)))?;
            let list = array.as_list_opt::<i32>().ok_or_else(|| {
                Error::new(ErrorKind::Type, format!("{} is no list", array.data_type())).at(place(key))
            })?;
            let own: Vec<usize> = (0..list.len()).map(|row| list.value_length(row) as usize).collect();
            match &lengths {
                None => lengths = Some(own),
                Some(others) => {
                    let odd = others.iter().zip(&own).position(|(one, other)| one != other);
                    if let Some((odd, row)) = odd.and_then(|at| Some((at, rows.get(at)?))) {
                        let what = format!(
                            "{} values for {} objects",
                            own.get(odd).copied().unwrap_or(0),
                            others.get(odd).copied().unwrap_or(0)
                        );
                        return Err(Error::new(ErrorKind::Length, what).at(place(key).row(row)));
                    }
                }
            }
            fields.push(field);
            arrays.push(array);
        }
        if fields.is_empty() {
            return Err(Error::new(ErrorKind::Usage, "no key is written").at(place("")));
        }
        if self.there && self.options.resume {
            self.check_keys(&fields)?;
        }
        let ids = permanent(&self.store, rows)?;
        self.pending.add(ids, fields, arrays)?;
        rows.iter().for_each(|row| mark(&mut self.written, row));
        Ok(())
    }

    /// A set that is there is gone on with by its own keys.
    fn check_keys(&self, fields: &[Field]) -> Result<()> {
        let ds = self.newest.dataset();
        let sorted = |mut names: Vec<String>| {
            names.sort();
            names
        };
        let known = keys_of(&ds, &self.set).iter().filter_map(|key| key.name().map(str::to_owned)).collect();
        let own = fields.iter().map(|field| field.name().clone()).collect();
        let (known, own) = (sorted(known), sorted(own));
        if known == own {
            return Ok(());
        }
        let what = format!("the set has {}, and is written with {}", known.join(", "), own.join(", "));
        Err(Error::new(ErrorKind::Mismatch, what)
            .at(Place::area("store").key(&self.set))
            .remedy("write the same keys, or replace the set"))
    }

    /// Hands what is written to the system, so that it outlives this process.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn flush(&mut self) -> Result<()> {
        self.pending.flush()
    }

    /// Publishes the set as a new version and returns its number. Rows that were not written are null in it: nothing is
    /// known of their objects. Where nothing new was written, the version stays.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if nothing was ever written; [`ErrorKind::Conflict`] if another writer changed the set
    /// meanwhile; those of the disk. What is written stays for a writer that resumes.
    pub fn commit(mut self, operation: Operation) -> Result<u64> {
        let waiting = self.pending.read()?;
        let Some(fields) = self.pending.fields().map(<[Field]>::to_vec).filter(|_| !waiting.is_empty())
        else {
            if self.there && self.options.resume {
                self.pending.remove()?;
                return Ok(self.newest.version().version);
            }
            return Err(Error::new(ErrorKind::Usage, "nothing was written")
                .at(Place::area("store").file(self.store.path()).key(&self.set)));
        };
        let mut edit = Edit::begin(self.store.path(), &self.job)?;
        let newest = edit.store().clone();
        let kept = self.options.resume && newest.version().group(&group(&self.set)).is_some();
        let classes = self.options.classes.clone().or_else(|| newest.classes("").cloned());
        if let Some(classes) = classes.filter(|_| !kept) {
            edit.set_classes(&self.set, classes)?;
        }
        let ids = newest.dataset().select([IMAGE_ID])?;
        let id_field = ids.keys().iter().find_map(Key::field).map(|field| Field::clone(field));
        let id_field = id_field.unwrap_or_else(|| field::image_id(field::IdType::Int));
        let old = match kept {
            true => {
                Some(newest.dataset().select(fields.iter().map(Field::name).cloned().collect::<Vec<_>>())?)
            }
            false => None,
        };
        let all: Vec<Field> = std::iter::once(id_field).chain(fields.iter().cloned()).collect();
        let merge =
            Merge { newest: &newest, ids, old, fields: &fields, waiting: &waiting, places: places(&waiting) };
        let schema = Arc::new(Schema::new(all.clone()));
        let stage = self.job.stage("putting rows in order", Some(newest.version().rows()));
        let batches = (0..newest.dataset().len()).step_by(WINDOW).map(|start| {
            let len = WINDOW.min(newest.dataset().len() - start);
            stage.advance(len as u64)?;
            let columns = merge.window(&Rows::span(start as u64, len))?;
            let options = RecordBatchOptions::new().with_row_count(Some(len));
            Ok(RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options)?)
        });
        let name = group(&self.set);
        match newest.version().group(&name) {
            Some(_) => edit.replace_group(&name, all, batches)?,
            None => edit.add_group(&name, all, batches)?,
        }
        drop(stage);
        let version = edit.commit(operation.with("set", self.set.as_str()))?;
        self.pending.remove()?;
        Ok(version)
    }

    /// Removes what is written and not published.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn discard(self) -> Result<()> {
        self.pending.remove()
    }
}

fn group(set: &str) -> String {
    format!("sets/{set}")
}

fn mark(written: &mut [bool], row: u64) {
    if let Some(flag) = usize::try_from(row).ok().and_then(|row| written.get_mut(row)) {
        *flag = true;
    }
}

/// The ids of rows that stay theirs in all versions: the fragment, then the offset in it.
fn permanent(store: &Store, rows: &Rows) -> Result<Vec<u64>> {
    let mut ids = Vec::with_capacity(rows.len());
    for span in store.stored().live().spans(rows)? {
        let fragment = store.version().fragments.get(span.fragment).map_or(u32::MAX, |fragment| fragment.id);
        ids.extend((span.offset..span.offset + span.len).map(|offset| u64::from(fragment) << 32 | offset));
    }
    Ok(ids)
}

/// The keys that count along a set.
fn keys_of(ds: &Dataset, set: &str) -> Vec<Key> {
    let of_set = |key: &&Key| {
        let axis = key.field().and_then(|field| Axis::of(field).ok());
        axis.is_some_and(|axis| axis.set() == Some(set))
    };
    ds.keys().iter().filter(of_set).cloned().collect()
}

/// Where the last objects of each row wait: the batch, and the row in it.
fn places(waiting: &[Waiting]) -> HashMap<u64, (usize, usize)> {
    let mut places = HashMap::with_capacity(waiting.iter().map(|batch| batch.ids.len()).sum());
    for (batch, Waiting { ids, .. }) in waiting.iter().enumerate() {
        places.extend(ids.values().iter().enumerate().map(|(at, id)| (*id, (batch, at))));
    }
    places
}

/// What waits, in the order of the rows.
struct Merge<'a> {
    newest: &'a Store,
    ids: Dataset,
    /// The set as it was, if its rows stay.
    old: Option<Dataset>,
    fields: &'a [Field],
    waiting: &'a [Waiting],
    places: HashMap<u64, (usize, usize)>,
}

impl Merge<'_> {
    /// The ids of images and the keys of some rows.
    fn window(&self, rows: &Rows) -> Result<Vec<ArrayRef>> {
        let whole = |view: &Dataset| -> Result<Vec<ArrayRef>> {
            let batch = view.read_rows(rows, &Access::default())?.whole()?;
            let types =
                view.keys().iter().map(|key| key.field().map_or(DataType::Null, |f| f.data_type().clone()));
            batch.columns.iter().zip(types).map(|(column, ty)| column.whole(&ty)).collect()
        };
        let old = self.old.as_ref().map(whole).transpose()?;
        // Runs of rows that lie beside each other: where from, the first, how many.
        let mut runs: Vec<(Option<usize>, usize, usize)> = Vec::new();
        for (at, id) in permanent(self.newest, rows)?.into_iter().enumerate() {
            let (from, first) = match self.places.get(&id) {
                Some((batch, row)) => (Some(*batch), *row),
                None => (None, at),
            };
            match runs.last_mut() {
                Some((own, start, len)) if *own == from && *start + *len == first => *len += 1,
                _ => runs.push((from, first, 1)),
            }
        }
        let mut columns = whole(&self.ids)?;
        for (n, field) in self.fields.iter().enumerate() {
            let base = old.as_ref().and_then(|old| old.get(n)).cloned();
            let base = match base {
                Some(base) => cast::widened(&base, field.data_type())?,
                None => new_null_array(field.data_type(), rows.len()),
            };
            let pieces = runs.iter().map(|(from, first, len)| {
                let source = from.and_then(|batch| self.waiting.get(batch)?.columns.get(n));
                source.unwrap_or(&base).slice(*first, *len)
            });
            let pieces: Vec<ArrayRef> = pieces.collect();
            columns.push(match pieces.as_slice() {
                [] => base,
                [one] => ArrayRef::clone(one),
                many => concat(&many.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>())?,
            });
        }
        Ok(columns)
    }
}
