//! Progress: what a writer leaves at each boundary, so that the same work, interrupted, goes on from there.
//!
//! Invariant: what `.progress.json` names was on the device before it named it, and is removed by nobody but
//! the writer that takes the work up, or by one that begins other work in the same place. A lock that dies with
//! its process keeps two writers from taking up the same work. Progress is no version: without a commit there
//! is no dataset.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::attempt::{Attempt, CLAIMS};
use super::commit;
use super::gc::is_data_file;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::place::Disk;
use crate::schema::manifest::Fragment;

/// The file that holds what is finished.
pub(super) const PROGRESS: &str = ".progress.json";

/// What a writer had finished.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Saved {
    /// What was being done, told apart by its text.
    work: String,
    /// The newest version when it began.
    base: Option<u64>,
    /// The attempts whose files these are, oldest first.
    attempts: Vec<String>,
    fragments: Vec<Fragment>,
    state: Json,
}

/// What a resumed writer finds finished.
#[derive(Clone, Debug, PartialEq)]
pub struct Resumed {
    /// The rows that are written, the first of the work.
    pub rows: u64,
    /// What [`super::Writer::end_fragment_with`] was told with the last of them.
    pub state: Json,
}

/// How many rows an interrupted writer has finished in the folder of a dataset, for the next one of the same
/// work to go on from; `None` where none is to be found.
pub fn interrupted(path: &Path) -> Option<u64> {
    let saved: Saved = serde_json::from_slice(&fs::read(path.join(PROGRESS)).ok()?).ok()?;
    let rows = saved.fragments.iter().map(|f| f.rows).sum();
    (rows > 0).then_some(rows)
}

/// The progress of one writer.
#[derive(Debug)]
pub(super) struct Progress {
    path: PathBuf,
    saved: Saved,
    _lock: File,
}

impl Progress {
    /// Takes up `work` on a dataset folder whose newest version is `base`. What other work left is removed;
    /// what the same work left is in [`Progress::fragments`]. `None` on a file system without locks: there
    /// nothing can be taken up, since whoever left it may be at work still.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] while another writer is at work there.
    pub(super) fn begin(
        attempt: &mut Attempt,
        folder: &str,
        work: &str,
        base: Option<u64>,
    ) -> Result<Option<Progress>> {
        let root = attempt.root().to_owned();
        let Some(lock) = lock(&root, folder)? else { return Ok(None) };
        let path = root.join(PROGRESS);
        let found = fs::read(&path).ok().and_then(|text| serde_json::from_slice::<Saved>(&text).ok());
        let same = |saved: &Saved| {
            let sound = |fragment: &Fragment| {
                fragment
                    .files
                    .values()
                    .all(|file| fs::metadata(root.join(&file.path)).is_ok_and(|m| m.len() == file.bytes))
            };
            saved.work == work && saved.base == base && saved.fragments.iter().all(sound)
        };
        let begun = Saved {
            work: work.to_owned(),
            base,
            attempts: Vec::new(),
            fragments: Vec::new(),
            state: Json::Null,
        };
        let (mut saved, dead) = match found {
            Some(saved) if same(&saved) => (saved.clone(), saved.attempts),
            Some(other) => (begun, other.attempts),
            None => (begun, Vec::new()),
        };
        let mut keep: BTreeSet<String> =
            saved.fragments.iter().flat_map(|f| f.files.values()).map(|file| file.path.clone()).collect();
        let numbers: Vec<u32> = saved.fragments.iter().map(|f| f.id).collect();
        // A writer that was killed right after its commit looks dead too: what a version names stays. Where one
        // cannot be read, nothing is removed.
        if let Ok(named) = named(&root) {
            keep.extend(named);
            sweep(attempt.disk().as_ref(), &root, &dead, &keep, &numbers, base.is_none());
        }
        if saved.fragments.is_empty() {
            let _ = attempt.disk().remove(&path);
        }
        for fragment in &saved.fragments {
            for file in fragment.files.values() {
                touch(&root.join(&file.path));
            }
            attempt.adopt(fragment);
        }
        if !saved.attempts.iter().any(|a| a == attempt.unique()) {
            saved.attempts.push(attempt.unique().to_owned());
        }
        let progress = Progress { path, saved, _lock: lock };
        // From the start, so that whoever comes next knows whose leftovers these are. It goes with them.
        progress.write(attempt)?;
        attempt.own(&progress.path);
        if !progress.saved.fragments.is_empty() {
            attempt.secure();
        }
        Ok(Some(progress))
    }

    /// The fragments that were finished before.
    pub(super) fn fragments(&self) -> &[Fragment] {
        &self.saved.fragments
    }

    /// What there is to go on from; `None` at the beginning.
    pub(super) fn resumed(&self) -> Option<Resumed> {
        let rows = self.saved.fragments.iter().map(|f| f.rows).sum();
        (rows > 0).then(|| Resumed { rows, state: self.saved.state.clone() })
    }

    /// Notes a finished fragment: from now on its files outlive the attempt.
    pub(super) fn add(&mut self, attempt: &mut Attempt, fragment: &Fragment, state: Json) -> Result<()> {
        attempt.sync_folders()?;
        self.saved.fragments.push(fragment.clone());
        self.saved.state = state;
        self.write(attempt)?;
        attempt.secure();
        Ok(())
    }

    /// Forgets everything: the work is committed.
    pub(super) fn end(self, attempt: &Attempt) {
        let _ = attempt.disk().remove(&self.path);
    }

    fn write(&self, attempt: &Attempt) -> Result<()> {
        let disk = attempt.disk();
        let place = || Place::area("store").file(&self.path);
        let text = serde_json::to_vec(&self.saved)
            .map_err(|e| Error::new(ErrorKind::Corrupt, format!("progress: {e}")).at(place()))?;
        let temporary = self.path.with_file_name(format!("{PROGRESS}-{}.tmp", attempt.unique()));
        let write = || {
            let mut file = disk.create_new(&temporary)?;
            file.write_all(&text)?;
            file.sync()?;
            drop(file);
            disk.replace(&temporary, &self.path)
        };
        write().map_err(|e| {
            let _ = disk.remove(&temporary);
            Error::io("note the progress", e).at(place())
        })
    }
}

/// Makes a file young: what is taken up again is no leftover to a collector of old ones.
fn touch(path: &Path) {
    if let Ok(file) = File::options().append(true).open(path) {
        let _ = file.set_modified(SystemTime::now());
    }
}

/// Locks a folder of the dataset until the file given back is closed, by its process' death at the latest;
/// `None` where there are no locks.
pub(super) fn lock(root: &Path, folder: &str) -> Result<Option<File>> {
    let path = root.join(folder);
    if let Ok(file) = File::open(&path)
        && let Some(locked) = try_lock(file, root)?
    {
        return Ok(Some(locked));
    }
    // Where a folder cannot be opened or locked as a file (Windows, NFS), a file in it is.
    let path = path.join(".lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|e| Error::io("lock", e).at(Place::area("store").file(&path)))?;
    try_lock(file, root)
}

/// The file, locked; `None` where it cannot be locked.
///
/// # Errors
/// [`ErrorKind::Conflict`] if another process has locked it.
fn try_lock(file: File, root: &Path) -> Result<Option<File>> {
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Err(Error::new(
            ErrorKind::Conflict,
            "a writer that is not closed, here or in another process, is writing this",
        )
        .at(Place::area("store").file(root))
        .remedy("close it or wait until it has finished, or name another place")),
        Err(fs::TryLockError::Error(_)) => Ok(None),
    }
}

/// The files that any version names.
fn named(root: &Path) -> Result<BTreeSet<String>> {
    let mut files = BTreeSet::new();
    for number in commit::versions(root)? {
        files.extend(commit::read_version(root, number)?.files().map(|file| file.path.clone()));
    }
    Ok(files)
}

/// Removes the files and claims of dead attempts but for those that are kept, best effort. `all`: there is no
/// version yet, so every claim is theirs: nobody else may write here.
fn sweep(disk: &dyn Disk, root: &Path, dead: &[String], keep: &BTreeSet<String>, numbers: &[u32], all: bool) {
    let theirs = |name: &str| is_data_file(name) && dead.iter().any(|unique| name.contains(unique.as_str()));
    let (mut claims, mut given_up) = (Vec::new(), BTreeSet::new());
    let mut folders = vec![(root.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let Some(name) = path.file_name().and_then(|n| n.to_str()) else { continue };
            if entry.file_type().is_ok_and(|t| t.is_dir()) {
                if depth < 2 {
                    folders.push((path, depth + 1));
                }
                continue;
            }
            let relative: Vec<&str> = path
                .strip_prefix(root)
                .map_or(Vec::new(), |p| p.iter().filter_map(|part| part.to_str()).collect());
            if let [CLAIMS, id] = relative.as_slice() {
                claims.extend(id.parse::<u32>().ok());
            } else if theirs(name) && !keep.contains(&relative.join("/")) {
                given_up.extend(name.split('-').next().and_then(|id| id.parse::<u32>().ok()));
                let _ = disk.remove(&path);
            }
        }
    }
    for id in claims {
        if !numbers.contains(&id) && (all || given_up.contains(&id)) {
            let _ = disk.remove(&root.join(CLAIMS).join(format!("{id:06}")));
        }
    }
}
