//! One attempt to write: its unique name, the files it made, and what undoes them.
//!
//! Invariant: no two attempts make a file of the same name, since every name carries the attempt's unique
//! part; until [`Attempt::keep`] is called, dropping the attempt removes what it made, best effort. What a
//! killed process leaves behind is named by no version, and `gc` removes it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Map;

use crate::error::{Error, ErrorKind, Place, Result};
use crate::place::{Disk, DiskFile};
use crate::schema::manifest::{FileEntry, Fragment};

/// Where fragment numbers are claimed: an empty file each, made without clobber.
pub(super) const CLAIMS: &str = "claims";

/// Bytes gathered before a file is written to.
const WRITE_BUFFER: usize = 1 << 20;

pub(super) struct Attempt {
    disk: Arc<dyn Disk>,
    root: PathBuf,
    unique: String,
    files: Vec<PathBuf>,
    stems: BTreeMap<String, usize>,
    claims: Vec<PathBuf>,
    made: Vec<PathBuf>,
    touched: BTreeSet<PathBuf>,
    kept: bool,
    /// How many of `files` and `claims` stay when the attempt is dropped: they are noted as progress.
    secured: (usize, usize),
}

impl Attempt {
    /// An attempt in the dataset folder `root`, which may not exist yet.
    pub(super) fn new(disk: Arc<dyn Disk>, root: &Path) -> Attempt {
        Attempt {
            disk,
            root: root.to_owned(),
            unique: unique(),
            files: Vec::new(),
            stems: BTreeMap::new(),
            claims: Vec::new(),
            made: Vec::new(),
            touched: BTreeSet::new(),
            kept: false,
            secured: (0, 0),
        }
    }

    pub(super) fn disk(&self) -> &Arc<dyn Disk> {
        &self.disk
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The part of file names that no other attempt has.
    pub(super) fn unique(&self) -> &str {
        &self.unique
    }

    /// Makes a folder below the dataset (and the dataset's own for `""`) unless it is there.
    pub(super) fn folder(&mut self, relative: &str) -> Result<()> {
        let mut path = self.root.clone();
        self.one_folder(&path)?;
        for part in relative.split('/').filter(|part| !part.is_empty()) {
            path.push(part);
            self.one_folder(&path)?;
        }
        Ok(())
    }

    fn one_folder(&mut self, path: &Path) -> Result<()> {
        match self.disk.create_dir(path) {
            Ok(()) => self.made.push(path.to_owned()),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
            Err(e) => return Err(Error::io("make the folder", e).at(Place::area("store").file(path))),
        }
        // Also where the folder was there: whoever made it may have died before its name was on the device.
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            self.touched.insert(parent.to_owned());
        }
        Ok(())
    }

    /// Makes a new file of the dataset for writing: `stem`, the attempt's unique part, a number where this
    /// attempt has made one before, and the extension.
    pub(super) fn create(&mut self, stem: &str, extension: &str) -> Result<NewFile> {
        let count = self.stems.entry(stem.to_owned()).or_default();
        let again = if *count == 0 { String::new() } else { format!("-{count}") };
        *count += 1;
        let relative = format!("{stem}-{}{again}.{extension}", self.unique);
        let path = self.root.join(&relative);
        if let Some((folder, _)) = relative.rsplit_once('/') {
            self.folder(folder)?;
            self.touched.insert(self.root.join(folder));
        }
        let file = self
            .disk
            .create_new(&path)
            .map_err(|e| Error::io("create", e).at(Place::area("store").file(&path)))?;
        self.files.push(path);
        let checked = Checked { file, hasher: blake3::Hasher::new(), bytes: 0 };
        Ok(NewFile { path: relative, out: BufWriter::with_capacity(WRITE_BUFFER, checked) })
    }

    /// Claims a fragment number from `next` on that no other writer has or had. `newest` tells the number the
    /// newest version would give out, asked again after the claim: a rival may have committed and withdrawn
    /// its claim in between.
    pub(super) fn claim(&mut self, newest: impl Fn() -> Result<u32>) -> Result<u32> {
        self.folder(CLAIMS)?;
        let mut id = newest()?;
        loop {
            let path = self.root.join(CLAIMS).join(format!("{id:06}"));
            match self.disk.create_new(&path) {
                Ok(_) => self.claims.push(path),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                    id = next_id(id)?;
                    continue;
                }
                Err(e) => return Err(Error::io("claim a fragment", e).at(Place::area("store").file(&path))),
            }
            let floor = newest()?;
            if floor <= id {
                return Ok(id);
            }
            id = floor;
        }
    }

    /// Puts the entries of every folder that changed on the device.
    pub(super) fn sync_folders(&mut self) -> Result<()> {
        for folder in std::mem::take(&mut self.touched) {
            self.disk
                .sync_dir(&folder)
                .map_err(|e| Error::io("sync the folder", e).at(Place::area("store").file(&folder)))?;
        }
        Ok(())
    }

    /// Checks that every file made is still there.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where somebody removed one, as a `gc` does that finds it too old.
    pub(super) fn check_files(&self) -> Result<()> {
        match self.files.iter().find(|path| !path.is_file()) {
            None => Ok(()),
            Some(gone) => {
                Err(Error::new(ErrorKind::Conflict, "a file of this writer was removed before its commit")
                    .at(Place::area("store").file(gone))
                    .remedy("write again, and give gc a least age above what a writer takes"))
            }
        }
    }

    /// Takes over a fragment that an earlier attempt finished.
    pub(super) fn adopt(&mut self, fragment: &Fragment) {
        self.claims.push(self.root.join(CLAIMS).join(format!("{:06}", fragment.id)));
        self.files.extend(fragment.files.values().map(|file| self.root.join(&file.path)));
        self.secure();
    }

    /// A file that this attempt keeps anew under one name, and that goes with the others.
    pub(super) fn own(&mut self, path: &Path) {
        self.files.push(path.to_owned());
    }

    /// Folders that this attempt made stay.
    pub(super) fn leave_folders(&mut self) {
        self.made.clear();
    }

    /// What was made so far stays, whatever becomes of this attempt.
    pub(super) fn secure(&mut self) {
        self.secured = (self.files.len(), self.claims.len());
    }

    /// The files are named by a version now: nothing is removed any more, except claims, which it outdates.
    pub(super) fn keep(&mut self) {
        self.kept = true;
        self.files.clear();
        self.made.clear();
        self.secured = (0, 0);
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let (files, claims) = self.secured;
        let files = self.files.drain(files.min(self.files.len())..);
        for path in files.chain(self.claims.drain(claims.min(self.claims.len())..)) {
            let _ = self.disk.remove(&path);
        }
        // Only folders that are empty go, and only where no dataset came to be nor is on its way.
        if !self.kept
            && self.secured == (0, 0)
            && super::commit::versions(&self.root).is_ok_and(|all| all.is_empty())
        {
            for path in self.made.drain(..).rev() {
                let _ = self.disk.remove_dir(&path);
            }
        }
    }
}

fn next_id(id: u32) -> Result<u32> {
    id.checked_add(1).filter(|id| *id < 1 << 31).ok_or_else(|| {
        Error::new(ErrorKind::Limit, "no fragment number is left")
            .at(Place::area("store"))
            .remedy("export the dataset into a new one")
    })
}

/// Hashes what passes to the file.
struct Checked {
    file: Box<dyn DiskFile>,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl Write for Checked {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let n = self.file.write(data)?;
        self.hasher.update(data.get(..n).unwrap_or(data));
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A file being written, its length and checksum counted on the way.
pub(super) struct NewFile {
    path: String,
    out: BufWriter<Checked>,
}

impl NewFile {
    /// Its path in the dataset.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Bytes handed over so far.
    pub(super) fn bytes(&self) -> u64 {
        self.out.get_ref().bytes + self.out.buffer().len() as u64
    }

    /// Flushes and syncs. The entry has no rows yet.
    pub(super) fn finish(self) -> Result<FileEntry> {
        let place = || Place::area("store").file(&self.path);
        let mut checked = match self.out.into_inner() {
            Ok(checked) => checked,
            Err(e) => return Err(Error::io("write", e.into_error()).at(place())),
        };
        checked.file.sync().map_err(|e| Error::io("sync", e).at(place()))?;
        Ok(FileEntry {
            path: self.path,
            bytes: checked.bytes,
            checksum: checked.hasher.finalize().to_hex().to_string(),
            rows: 0,
            batches: Vec::new(),
            rest: Map::new(),
        })
    }
}

impl Write for NewFile {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.out.write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Twelve hexadecimal digits that no other attempt has drawn: clock, process, count and address go in.
fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut hasher = blake3::Hasher::new();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
    hasher.update(&now.to_le_bytes());
    hasher.update(&std::process::id().to_le_bytes());
    hasher.update(&COUNT.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    // Differs between processes of different machines on one network folder, and between containers.
    let random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), now);
    hasher.update(&random.to_le_bytes());
    hasher.update(fs::read("/proc/sys/kernel/random/uuid").unwrap_or_default().as_slice());
    hasher.finalize().to_hex().chars().take(12).collect()
}
