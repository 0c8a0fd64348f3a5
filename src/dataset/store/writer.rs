//! [`Writer`]: rows go in by groups, fragments and one new version come out.
//!
//! Invariant: nothing that exists is changed before [`Writer::commit`] publishes the version, and a writer that
//! is dropped without it removes what it wrote, unless the work can be resumed. A fragment ends only when all groups hold equally many rows.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::Field;
use serde_json::{Map, Value as Json};

use super::attempt::Attempt;
use super::change::Change;
use super::commit;
use super::group_writer::{GroupWriter, file_schema};
use super::keys;
use super::metadata;
use super::options::WriterOptions;
use super::progress::{Progress, Resumed};
use super::residue::{ResidueSlot, ResidueWriter};
use super::roots;
use super::saved;
use crate::dataset::Rows;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::place::{Disk, LocalDisk};
use crate::schema::axis::check_set_name;
use crate::schema::classes::ClassTable;
use crate::schema::manifest::{Fragment, Group, Operation, Run, Version};

/// A group of a [`Writer`] or [`super::Edit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GroupId(pub(super) usize);

struct OpenGroup {
    group: Group,
    fields: Vec<Field>,
    file: Option<GroupWriter>,
}

/// Writes a new dataset, a new version of one in place of its rows, or more rows of one.
///
/// ```
/// use std::sync::Arc;
/// use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
/// use lensframe::dataset::store::{Operation, Store, Writer, WriterOptions};
/// use lensframe::{job::Job, schema::field};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("small.lf");
/// let job = Job::new();
/// let mut writer = Writer::create(&path, WriterOptions::default(), &job)?;
/// let fields = vec![field::row("image_id").unwrap(), field::row("file_name").unwrap()];
/// let objects = writer.group("objects", fields)?;
/// let ids: ArrayRef = Arc::new(Int64Array::from(vec![139, 285]));
/// let names: ArrayRef = Arc::new(StringArray::from(vec!["000139.jpg", "000285.jpg"]));
/// writer.write(objects, &RecordBatch::try_from_iter([("image_id", ids), ("file_name", names)])?)?;
/// assert_eq!(writer.commit(Operation::new("example"))?, 1);
/// assert_eq!(Store::open(&path)?.dataset().len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Writer {
    attempt: Attempt,
    options: WriterOptions,
    job: Job,
    base: Option<Version>,
    groups: Vec<OpenGroup>,
    fragment: Option<u32>,
    /// The fragments of an interrupted writer of the same work.
    finished: Vec<Fragment>,
    written: Vec<Fragment>,
    changes: Vec<Change>,
    classes: BTreeMap<String, ClassTable>,
    views: Vec<(String, Rows, Option<String>)>,
    residue: Vec<(String, ResidueSlot)>,
    progress: Option<Progress>,
}

impl Writer {
    /// Begins a dataset at `path`, a folder that is absent or empty; with
    /// [`WriterOptions::replace`] also one that holds a dataset.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] for a dataset without `replace`, for a folder with anything else in it and
    /// for a file; the operating system's otherwise.
    pub fn create(path: &Path, options: WriterOptions, job: &Job) -> Result<Writer> {
        Writer::create_on(Arc::new(LocalDisk), path, options, job)
    }

    /// As [`Writer::create`], through another [`Disk`].
    ///
    /// # Errors
    /// As [`Writer::create`].
    pub fn create_on(disk: Arc<dyn Disk>, path: &Path, options: WriterOptions, job: &Job) -> Result<Writer> {
        let place = || Place::area("store").file(path);
        let base = commit::newest(path)?;
        let mut changes = Vec::new();
        match &base {
            Some(base) if options.replace => changes.push(Change::Clear { version: base.version }),
            Some(_) => {
                return Err(Error::new(ErrorKind::AlreadyExists, "there is a dataset already")
                    .at(place())
                    .remedy("append to it, replace it (--force), or name another folder"));
            }
            None => {
                refuse_foreign(path)?;
                refuse_inside(path)?;
            }
        }
        let mut attempt = Attempt::new(disk, path);
        // First of all: what marks the folder as ours if this process dies.
        attempt.folder(commit::VERSIONS)?;
        let number = base.as_ref().map(|base| base.version);
        let progress = match &options.resume {
            Some(work) => {
                let begun = Progress::begin(&mut attempt, commit::VERSIONS, work, number);
                // Another writer may be at work in the folder that this one made.
                begun.inspect_err(|_| attempt.leave_folders())?
            }
            None => None,
        };
        let mut writer = Writer::new(attempt, options, job, base, changes);
        writer.finished = progress.iter().flat_map(|p| p.fragments()).cloned().collect();
        writer.progress = progress;
        Ok(writer)
    }

    /// Begins to add rows to the dataset at `path`.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is no dataset; [`ErrorKind::Usage`] with `replace`.
    pub fn append(path: &Path, options: WriterOptions, job: &Job) -> Result<Writer> {
        Writer::append_on(Arc::new(LocalDisk), path, options, job)
    }

    /// As [`Writer::append`], through another [`Disk`].
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub fn append_on(disk: Arc<dyn Disk>, path: &Path, options: WriterOptions, job: &Job) -> Result<Writer> {
        if options.replace {
            return Err(Error::new(ErrorKind::Usage, "appending does not replace")
                .at(Place::area("store").file(path))
                .remedy("create the dataset anew to replace its rows"));
        }
        let base = super::open::existing(path)?;
        Ok(Writer::new(Attempt::new(disk, path), options, job, Some(base), Vec::new()))
    }

    fn new(
        attempt: Attempt,
        options: WriterOptions,
        job: &Job,
        base: Option<Version>,
        changes: Vec<Change>,
    ) -> Writer {
        Writer {
            attempt,
            options,
            job: job.clone(),
            base,
            groups: Vec::new(),
            fragment: None,
            written: Vec::new(),
            changes,
            classes: BTreeMap::new(),
            views: Vec::new(),
            residue: Vec::new(),
            finished: Vec::new(),
            progress: None,
        }
    }

    /// What an interrupted writer of the same work had finished: the rows to come follow those.
    pub fn resumed(&self) -> Option<Resumed> {
        self.progress.as_ref().and_then(Progress::resumed)
    }

    /// Checks that about `bytes` more can be written.
    ///
    /// # Errors
    /// [`ErrorKind::NoSpace`], saying how much is there. Where the system does not tell, no error.
    pub fn announce(&self, bytes: u64) -> Result<()> {
        announce(&self.attempt, bytes)
    }

    /// Declares a group: its name (`images`, `objects`, `sets/r50`, `keys/hash`) and its fields in order, the
    /// first of them `image_id`. Views (`utf8_view`, `binary_view`) are stored plain. All groups are declared
    /// before the first row.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for a late, repeated or ill-named group, [`ErrorKind::Key`] for a key that another
    /// group has, [`ErrorKind::Type`] for a type that is not stored, [`ErrorKind::Mismatch`] where an appended
    /// dataset has the key with a type that cannot be joined with this one.
    pub fn group(&mut self, name: &str, fields: Vec<Field>) -> Result<GroupId> {
        let place = || Place::area(format!("store: group '{name}'"));
        if self.fragment.is_some() || !self.written.is_empty() {
            return Err(Error::new(ErrorKind::Usage, "declared after the first row was written").at(place()));
        }
        if self.groups.iter().any(|g| g.group.name == name) {
            return Err(Error::new(ErrorKind::Usage, "declared twice").at(place()));
        }
        let (group, fields) = keys::declare(name, &fields)?;
        // Tried on a copy, so that a bad declaration fails here and not after hours of writing.
        let mut trial = self.base.clone().unwrap_or_default();
        for change in &self.changes {
            change.apply(&mut trial)?;
        }
        let change = Change::Group { group: group.clone(), fresh: false };
        change.apply(&mut trial)?;
        trial.format = crate::schema::manifest::FORMAT;
        trial.version = trial.version.max(1);
        trial.to_text()?;
        self.changes.push(change);
        self.groups.push(OpenGroup { group, fields, file: None });
        Ok(GroupId(self.groups.len() - 1))
    }

    /// Writes the next rows of a group: one column a declared field, in order; names are not looked at, and a
    /// narrower type is widened. Batches of different groups need not end at the same rows.
    ///
    /// # Errors
    /// At the first row [`ErrorKind::Mismatch`] where appended labels have another class table than those that
    /// are there; [`ErrorKind::Length`] for another number of columns, [`ErrorKind::Type`] for a type that does not widen
    /// to the declared one, [`ErrorKind::NoSpace`] and other failures of the disk,
    /// [`ErrorKind::Cancelled`].
    pub fn write(&mut self, group: GroupId, batch: &RecordBatch) -> Result<()> {
        self.job.check()?;
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let fragment = match self.fragment {
            Some(fragment) => fragment,
            None => {
                self.check_classes()?;
                let base = self.base.as_ref().map_or(0, |b| b.next_fragment);
                let root = self.attempt.root().to_owned();
                let newest = || Ok(commit::newest(&root)?.map_or(base, |v| v.next_fragment.max(base)));
                *self.fragment.insert(self.attempt.claim(newest)?)
            }
        };
        let open = self.groups.get_mut(group.0).ok_or_else(|| {
            Error::new(ErrorKind::Usage, "a group of another writer").at(Place::area("store"))
        })?;
        let file = match &mut open.file {
            Some(file) => file,
            None => {
                let known = |set: &str| {
                    let stored = || self.base.as_ref().and_then(|base| base.class_table(set));
                    self.classes.get(set).or_else(stored)
                };
                let schema = file_schema(&open.fields, metadata::of(&open.group, &open.fields, known)?);
                let (storage, limit) = (self.options.storage, self.options.batch_bytes);
                let name = &open.group.name;
                let file = GroupWriter::create(&mut self.attempt, name, schema, fragment, storage, limit)?;
                open.file.insert(file)
            }
        };
        file.write(batch.columns(), batch.num_rows())
    }

    /// Checks the class tables: good names, and where rows are there already, the tables those point into.
    fn check_classes(&self) -> Result<()> {
        for (set, table) in &self.classes {
            check_set_name(set)?;
            if let Some(there) = self.kept().and_then(|base| base.class_table(set)) {
                there.check_same(table, set)?;
            }
        }
        Ok(())
    }

    /// The version whose rows stay; none where they are replaced.
    fn kept(&self) -> Option<&Version> {
        let cleared = self.changes.iter().any(|c| matches!(c, Change::Clear { .. }));
        self.base.as_ref().filter(|_| !cleared)
    }

    /// How large shards are to be, in bytes.
    pub fn shard_bytes(&self) -> u64 {
        self.options.shard_bytes
    }

    /// True once the fragment is as large as shards are to be: time for [`Writer::end_fragment`].
    pub fn fragment_is_full(&self) -> bool {
        let bytes: u64 = self.groups.iter().filter_map(|g| g.file.as_ref()).map(GroupWriter::bytes).sum();
        bytes >= self.options.shard_bytes
    }

    /// Ends the fragment: its files are finished and synced. Without rows since the last, does nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Length`] unless all declared groups hold equally many rows; failures of the disk.
    pub fn end_fragment(&mut self) -> Result<()> {
        self.end_fragment_with(Json::Null)
    }

    /// As [`Writer::end_fragment`]; where the work can be resumed, it can from here, with this state.
    ///
    /// # Errors
    /// As [`Writer::end_fragment`].
    pub fn end_fragment_with(&mut self, state: Json) -> Result<()> {
        let Some(id) = self.fragment else { return Ok(()) };
        let rows = |g: &OpenGroup| g.file.as_ref().map_or(0, GroupWriter::rows);
        let counts: Vec<u64> = self.groups.iter().map(rows).collect();
        let count = counts.iter().copied().max().unwrap_or(0);
        if let Some((short, has)) = self.groups.iter().zip(&counts).find(|(_, has)| **has != count) {
            let what = format!("group '{}' has {has} rows where another has {count}", short.group.name);
            return Err(Error::new(ErrorKind::Length, what)
                .at(Place::area("store"))
                .remedy("write as many rows to every declared group"));
        }
        let mut files = BTreeMap::new();
        for open in &mut self.groups {
            if let Some(file) = open.file.take() {
                files.insert(open.group.name.clone(), file.finish()?);
            }
        }
        self.fragment = None;
        let fragment = Fragment { id, rows: count, deleted: None, files, rest: Map::new() };
        if let Some(progress) = &mut self.progress {
            progress.add(&mut self.attempt, &fragment, state)?;
        }
        self.written.push(fragment);
        Ok(())
    }

    /// The class table that the labels of a set (`""` is the default set) point into. Files written after this
    /// call carry a copy for other programs; so it comes before the first row.
    pub fn set_classes(&mut self, set: &str, table: ClassTable) {
        self.classes.insert(set.to_owned(), table);
    }

    /// A folder that relative image paths lead into. It is kept as an absolute path and relative to the
    /// dataset's folder, so that both may be moved together; roots are searched in the order added.
    pub fn add_root(&mut self, root: &Path) {
        self.changes.push(Change::Root(roots::entry(self.attempt.root(), root)));
    }

    /// Begins a side file for what has no column. One name may be used once in a dataset.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] for a name that is used; failures of the disk.
    pub fn residue(&mut self, name: &str) -> Result<ResidueWriter> {
        let stored = self.kept().is_some_and(|base| base.residue.contains_key(name));
        if stored || self.residue.iter().any(|(known, _)| known == name) {
            return Err(Error::new(ErrorKind::AlreadyExists, format!("there is residue '{name}' already"))
                .at(Place::area("store")));
        }
        // The name is data; the file's is a number, so that no name can lead anywhere.
        let stem = format!("residue/{:02}", self.residue.len());
        let writer = ResidueWriter::new(self.attempt.create(&stem, "json")?);
        self.residue.push((name.to_owned(), writer.slot()));
        Ok(writer)
    }

    /// Saves a named view of the rows this writer writes, counted from 0 over all its fragments, in this
    /// order; with the question that chose them, if one did. Checked at the commit.
    pub fn save_view(&mut self, name: &str, rows: &Rows, query: Option<&str>) {
        self.views.push((name.to_owned(), rows.clone(), query.map(str::to_owned)));
    }

    /// Ends the fragment and publishes everything as one new version, whose number is returned. Where another
    /// writer committed meanwhile, the changes are applied to its version.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where the two cannot be combined; those of [`Writer::end_fragment`];
    /// [`ErrorKind::Index`] for a view of rows that were not written; [`ErrorKind::Usage`] for residue that was
    /// not finished. Then nothing is changed and the files of this writer are removed.
    pub fn commit(mut self, operation: Operation) -> Result<u64> {
        self.job.check()?;
        self.end_fragment()?;
        self.check_classes()?;
        let base = self.kept().cloned();
        let mut changes = std::mem::take(&mut self.changes);
        let mut written = std::mem::take(&mut self.finished);
        written.append(&mut self.written);
        let runs: Vec<Run> = written.iter().map(|f| Run(f.id, 0, f.rows)).collect();
        changes.push(Change::Append(written));
        for (set, table) in std::mem::take(&mut self.classes) {
            let found = base.as_ref().and_then(|b| b.sets.get(&set)).map(|entry| entry.classes.clone());
            changes.push(Change::Classes { set, found, table });
        }
        for (name, slot) in std::mem::take(&mut self.residue) {
            let file = slot.get().cloned().ok_or_else(|| {
                Error::new(ErrorKind::Usage, format!("residue '{name}' was not finished"))
                    .at(Place::area("store"))
            })?;
            changes.push(Change::Residue { name, file });
        }
        for (name, rows, query) in std::mem::take(&mut self.views) {
            let view = saved::view(&mut self.attempt, &name, saved::runs_of(&runs, &rows)?, query)?;
            let found = base.as_ref().and_then(|b| b.views.get(&name)).cloned();
            changes.push(Change::View { name, found, view: Some(view) });
        }
        let version = commit::commit(&mut self.attempt, &changes, operation, self.base.is_some())?;
        if let Some(progress) = self.progress.take() {
            progress.end(&self.attempt);
        }
        Ok(version)
    }
}

/// Checks free space for an announced number of bytes.
pub(super) fn announce(attempt: &Attempt, bytes: u64) -> Result<()> {
    // The folder itself may not be there yet.
    let folder = attempt.root().ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("."));
    match attempt.disk().free_bytes(folder) {
        Some(free) if free < bytes => {
            let what = format!("{bytes} bytes are to be written and {free} are free");
            Err(Error::new(ErrorKind::NoSpace, what)
                .at(Place::area("store").file(folder))
                .remedy("free some space or name another place; nothing was written"))
        }
        _ => Ok(()),
    }
}

/// Refuses a folder inside a dataset: what is there is the dataset's own.
fn refuse_inside(path: &Path) -> Result<()> {
    let inside =
        |folder: &&Path| folder.join(commit::VERSIONS).is_dir() && folder.join("dataset.json").is_file();
    match path.ancestors().skip(1).find(inside) {
        None => Ok(()),
        Some(outer) => {
            let what = format!("the place is inside the dataset {}", outer.display());
            Err(Error::new(ErrorKind::AlreadyExists, what)
                .at(Place::area("store").file(path))
                .remedy("name a place beside it"))
        }
    }
}

/// Refuses a file, and a folder with anything in it that no writer of ours left.
fn refuse_foreign(path: &Path) -> Result<()> {
    let place = || Place::area("store").file(path);
    let taken = |what: &str| {
        Err(Error::new(ErrorKind::AlreadyExists, what)
            .at(place())
            .remedy("name a folder that is absent or empty"))
    };
    match fs::read_dir(path) {
        Ok(mut entries) => match entries.next() {
            // What a writer makes first; one that was killed before its commit left it.
            Some(_) if !path.join(commit::VERSIONS).is_dir() => taken("the folder has other things in it"),
            _ => Ok(()),
        },
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotADirectory => taken("there is a file of this name"),
        Err(e) => Err(Error::io("list", e).at(place())),
    }
}
