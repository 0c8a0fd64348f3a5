//! [`Edit`]: a dataset's next version from its newest, by adding, replacing, updating and deleting.
//!
//! Invariant: nothing that exists is changed; each step writes new files and notes what it found, and
//! [`Edit::commit`] publishes them all as one version, or none. Rows are positions in the version the edit
//! began with, whatever its earlier steps did.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::Field;

use super::attempt::Attempt;
use super::change::Change;
use super::commit;
use super::keys;
use super::live;
use super::open::{Store, existing};
use super::options::{Storage, WriterOptions};
use super::rewrite::{self, Target};
use super::roots;
use super::saved;
use super::writer::announce;
use crate::dataset::Rows;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::place::{Disk, LocalDisk};
use crate::schema::classes::ClassTable;
use crate::schema::manifest::{Group, IMAGE_ID, Operation, Version};

/// A next version in the making. Dropped without a commit, it removes what it wrote.
pub struct Edit {
    attempt: Attempt,
    options: WriterOptions,
    job: Job,
    store: Store,
    /// The version as it would be.
    working: Version,
    changes: Vec<Change>,
}

impl Edit {
    /// Begins with the newest version. New files take the form of those that are there.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn begin(path: &Path, job: &Job) -> Result<Edit> {
        Edit::begin_on(Arc::new(LocalDisk), path, job)
    }

    /// As [`Edit::begin`], through another [`Disk`].
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn begin_on(disk: Arc<dyn Disk>, path: &Path, job: &Job) -> Result<Edit> {
        let store = Store::of(path, existing(path)?)?;
        let working = store.version().clone();
        let mut files = working.fragments.iter().flat_map(|f| f.files.values());
        let parquet = files.next().is_some_and(|file| file.path.ends_with(".parquet"));
        let storage = if parquet { Storage::Parquet } else { Storage::Arrow };
        let options = WriterOptions { storage, ..WriterOptions::default() };
        let attempt = Attempt::new(disk, path);
        Ok(Edit { attempt, options, job: job.clone(), store, working, changes: Vec::new() })
    }

    /// This edit with other options for the files it writes; shards stay as they are.
    #[must_use]
    pub fn options(mut self, options: WriterOptions) -> Edit {
        self.options = options;
        self
    }

    /// The version the edit began with: what row positions mean.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Checks that about `bytes` more can be written.
    ///
    /// # Errors
    /// [`ErrorKind::NoSpace`], saying how much is there.
    pub fn announce(&self, bytes: u64) -> Result<()> {
        announce(&self.attempt, bytes)
    }

    /// Adds a group: an object set (`sets/r50`) or keys (`keys/hash`), its first field `image_id`. `batches` give
    /// the values of all rows in order, cut anywhere.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] for a group that is there, [`ErrorKind::Key`] for a key that is,
    /// [`ErrorKind::Length`] for more or fewer values than rows, and those of [`super::Writer::write`].
    pub fn add_group(
        &mut self,
        name: &str,
        fields: Vec<Field>,
        batches: impl IntoIterator<Item = Result<RecordBatch>>,
    ) -> Result<()> {
        if self.working.group(name).is_some() {
            return Err(Error::new(ErrorKind::AlreadyExists, format!("there is a group '{name}' already"))
                .at(self.place())
                .remedy("replace it, or choose another name"));
        }
        let (group, fields) = keys::declare(name, &fields)?;
        self.push(Change::Group { group: group.clone(), fresh: true })?;
        self.write_group(&group, fields, batches)
    }

    /// Gives a group new keys and values for all rows; deleted rows become null. Its files are written anew,
    /// those of other groups stay.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for a group that is not there; else as [`Edit::add_group`].
    pub fn replace_group(
        &mut self,
        name: &str,
        fields: Vec<Field>,
        batches: impl IntoIterator<Item = Result<RecordBatch>>,
    ) -> Result<()> {
        if self.working.group(name).is_none() {
            return Err(self.no_group(name));
        }
        let (group, fields) = keys::declare(name, &fields)?;
        let covered = self.working.fragments.iter().map(|f| f.id).collect();
        self.push(Change::Covered { group: name.to_owned(), fragments: covered })?;
        self.push(Change::Keys { group: group.clone() })?;
        self.write_group(&group, fields, batches)
    }

    fn write_group(
        &mut self,
        group: &Group,
        fields: Vec<Field>,
        batches: impl IntoIterator<Item = Result<RecordBatch>>,
    ) -> Result<()> {
        let mut supply = rewrite::Supply::new(batches.into_iter(), fields.len());
        let all: Vec<(usize, u32, u64)> =
            self.store.version().fragments.iter().enumerate().map(|(n, f)| (n, f.id, f.rows)).collect();
        let stage = self.job.clone();
        let stage = stage.stage("writing keys", Some(self.store.version().rows()));
        for (n, id, rows) in all {
            let deleted = self.store.stored().live().deleted(n)?;
            let live = rows - deleted.len() as u64;
            let target = self.target(group, &fields, id);
            let file = rewrite::supplied(&mut self.attempt, &target, rows, &deleted, &mut supply)?;
            stage.advance(live)?;
            self.push_file(id, &group.name, file)?;
        }
        supply.finish().map_err(|e| e.at(self.place()))
    }

    /// Sets a key of some rows (positions in the version the edit began with); of a row named twice the last
    /// value stays. The files of the key's group are rewritten in the fragments concerned.
    ///
    /// # Errors
    /// [`ErrorKind::Key`] for an unknown key, [`ErrorKind::Usage`] for `image_id`, [`ErrorKind::Length`] unless
    /// there is one value a row, [`ErrorKind::Type`] for values that do not widen to the key's type,
    /// [`ErrorKind::Index`] for a row past the end.
    pub fn update(&mut self, rows: &Rows, key: &str, values: &ArrayRef) -> Result<()> {
        let place = || Place::area("store").key(key);
        if key == IMAGE_ID {
            return Err(Error::new(ErrorKind::Usage, "the id of an image is not updated")
                .at(place())
                .remedy("replace the groups, each of which repeats it"));
        }
        if values.len() != rows.len() {
            let what = format!("{} values for {} rows", values.len(), rows.len());
            return Err(Error::new(ErrorKind::Length, what).at(place()));
        }
        let holder = self.working.groups.iter().find(|g| g.keys.iter().any(|k| k.name == key)).cloned();
        let group =
            holder.ok_or_else(|| Error::new(ErrorKind::Key, format!("no key '{key}'")).at(place()))?;
        let fields = group.keys.iter().map(|k| k.field()).collect::<Result<Vec<_>>>()?;
        let mut by_fragment: BTreeMap<usize, BTreeMap<u64, usize>> = BTreeMap::new();
        let mut n = 0;
        for span in self.store.stored().live().spans(rows)? {
            for offset in span.offset..span.offset + span.len {
                by_fragment.entry(span.fragment).or_default().insert(offset, n);
                n += 1;
            }
        }
        for (n, updates) in by_fragment {
            self.job.check()?;
            let Some(fragment) = self.store.version().fragments.get(n) else { continue };
            let (id, count) = (fragment.id, fragment.rows);
            let old = self.working.fragment(id).and_then(|f| f.files.get(&group.name)).cloned();
            let target = self.target(&group, &fields, id);
            let change = rewrite::Update { key, values, at: &updates };
            let file = match old {
                Some(old) => rewrite::updated(&mut self.attempt, &target, &old, &change)?,
                None => {
                    let ids = rewrite::ids(self.store.stored(), n, count)?;
                    rewrite::fresh(&mut self.attempt, &target, &ids, &change)?
                }
            };
            self.push_file(id, &group.name, file)?;
        }
        Ok(())
    }

    /// Deletes rows. Their files stay, as do the permanent ids of the others; views lose the rows.
    ///
    /// # Errors
    /// [`ErrorKind::Index`] for a row past the end.
    pub fn delete_rows(&mut self, rows: &Rows) -> Result<()> {
        let mut by_fragment: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        for span in self.store.stored().live().spans(rows)? {
            let offsets = (span.offset..span.offset + span.len).filter_map(|o| u32::try_from(o).ok());
            by_fragment.entry(span.fragment).or_default().extend(offsets);
        }
        for (n, mut offsets) in by_fragment {
            let Some(fragment) = self.store.version().fragments.get(n) else { continue };
            let (id, count) = (fragment.id, fragment.rows);
            let before = self.working.fragment(id).and_then(|f| f.deleted.clone());
            if let Some(entry) = &before {
                offsets.extend(live::read_deleted(self.store.path(), entry, count)?.iter());
            }
            offsets.sort_unstable();
            offsets.dedup();
            let file = saved::deleted(&mut self.attempt, id, offsets)?;
            let found = before.map(|entry| entry.path);
            self.push(Change::Deleted { fragment: id, found, file })?;
        }
        Ok(())
    }

    /// Saves (or replaces) a named view of these rows in this order, with the question that chose them.
    ///
    /// # Errors
    /// [`ErrorKind::Index`] for a row past the end, [`ErrorKind::Usage`] for an empty name.
    pub fn save_view(&mut self, name: &str, rows: &Rows, query: Option<&str>) -> Result<()> {
        let runs = self.store.stored().live().runs(rows)?;
        let view = saved::view(&mut self.attempt, name, runs, query.map(str::to_owned))?;
        let found = self.working.views.get(name).cloned();
        self.push(Change::View { name: name.to_owned(), found, view: Some(view) })
    }

    /// Drops a named view; its rows stay.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for a view that is not there.
    pub fn drop_view(&mut self, name: &str) -> Result<()> {
        let found = self.working.views.get(name).cloned();
        if found.is_none() {
            return Err(Error::new(ErrorKind::NotFound, format!("no view '{name}'")).at(self.place()));
        }
        self.push(Change::View { name: name.to_owned(), found, view: None })
    }

    /// Sets the class table of an object set; `""` is the default set. Labels are not touched: use it for a new
    /// set, to correct names, or beside a replaced `label`. Call it before the group is written, so that the
    /// files carry the copy for other programs.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for a bad set name.
    pub fn set_classes(&mut self, set: &str, table: ClassTable) -> Result<()> {
        crate::schema::axis::check_set_name(set)?;
        let found = self.working.sets.get(set).map(|entry| entry.classes.clone());
        self.push(Change::Classes { set: set.to_owned(), found, table })
    }

    /// Adds a folder that relative image paths lead into; see [`super::Writer::add_root`].
    pub fn add_root(&mut self, root: &Path) {
        // No version can be in the way of one more folder: the change is only noted.
        self.changes.push(Change::Root(roots::entry(self.attempt.root(), root)));
    }

    /// Publishes the changes as one new version and returns its number. Where another writer committed
    /// meanwhile, they are applied to its version.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where both changed the same thing; then nothing is changed by this one.
    pub fn commit(mut self, operation: Operation) -> Result<u64> {
        self.job.check()?;
        let changes = std::mem::take(&mut self.changes);
        commit::commit(&mut self.attempt, &changes, operation, true)
    }

    fn push(&mut self, change: Change) -> Result<()> {
        change.apply(&mut self.working)?;
        self.changes.push(change);
        Ok(())
    }

    fn push_file(
        &mut self,
        fragment: u32,
        group: &str,
        file: crate::schema::manifest::FileEntry,
    ) -> Result<()> {
        let there = self.working.fragment(fragment).and_then(|f| f.files.get(group));
        let found = there.map(|entry| entry.path.clone());
        self.push(Change::File { fragment, group: group.to_owned(), found, file })
    }

    fn target<'a>(&self, group: &'a Group, fields: &'a [Field], fragment: u32) -> Target<'a> {
        let classes = self
            .working
            .sets
            .keys()
            .filter_map(|set| Some((set.clone(), self.working.class_table(set)?.clone())));
        Target {
            group,
            fields,
            fragment,
            storage: self.options.storage,
            batch_bytes: self.options.batch_bytes,
            classes: classes.collect(),
        }
    }

    fn place(&self) -> Place {
        Place::area("store").file(self.store.path())
    }

    fn no_group(&self, name: &str) -> Error {
        let known: Vec<&str> = self.working.groups.iter().map(|g| g.name.as_str()).collect();
        Error::new(ErrorKind::NotFound, format!("no group '{name}'"))
            .at(self.place())
            .remedy(format!("there are: {}", known.join(", ")))
    }
}
