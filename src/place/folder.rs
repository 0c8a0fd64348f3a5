//! A folder of the file system as a tree.
//!
//! Each folder is read once, when it is first asked about, and remembered: a look-up is a binary search, not a
//! system call. Only files and folders are seen. A symbolic link is what it leads to, if that lies in the tree
//! or in one of the roots named when it was opened; any other link, one that leads nowhere and one that leads
//! back to a folder it is in are left out with a warning, so every walk ends. Nothing that could block (a
//! FIFO, a device) is opened.
//!
//! Files are taken to stay as they are while the tree is in use; large ones are mapped (see [`Map`]).

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use arrow_buffer::Buffer;

use super::limits::{TreeOptions, refuse_longer};
use super::listing::{EntryKind, Listing};
use super::map::{Access, Map};
use super::member::{join, split, unsafe_because};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::job::{Job, Warning};

/// From this size on a file is mapped rather than read: below it the copy is cheaper than the page faults, and
/// a process may hold only some 65,000 maps.
const MAP_FROM: u64 = 1 << 20;

/// How many links to folders may stand in one path. Links that multiply each other would make a walk of a
/// small folder as good as endless.
const MOST_LINKS: usize = 8;

/// A folder tree; paths given to it are already checked and plain.
pub(super) struct Folder {
    path: PathBuf,
    roots: Vec<PathBuf>,
    options: TreeOptions,
    job: Job,
    seen: RwLock<HashMap<String, Arc<Seen>>>,
    /// Held while a folder is read, so that its warnings are counted once.
    reading: Mutex<()>,
    members: AtomicU64,
}

/// A folder that was read.
struct Seen {
    real: PathBuf,
    parent: Option<Arc<Seen>>,
    /// How many links to folders stand in its path.
    links: usize,
    listing: Arc<Listing>,
    left_out: BTreeMap<String, String>,
}

impl Seen {
    /// This folder and those it is in, as the path that led here has them.
    fn trail(&self) -> impl Iterator<Item = &Seen> {
        std::iter::successors(Some(self), |seen| seen.parent.as_deref())
    }
}

/// What a directory entry is to the tree.
enum Sight {
    Entry(EntryKind),
    /// Neither file nor folder.
    Nothing,
    /// Left out: the warning's code, what is wrong, and what to do.
    LeftOut(&'static str, String),
}

impl Folder {
    /// Opens a folder; `path` must be one.
    pub(super) fn open(path: &Path, options: &TreeOptions, job: &Job) -> Result<Folder> {
        let real = |path: &Path| {
            fs::canonicalize(path).map_err(|e| Error::io("open", e)).at(|| Place::area("place").file(path))
        };
        let mut roots = vec![real(path)?];
        for root in &options.roots {
            roots.push(real(root)?);
        }
        Ok(Folder {
            path: path.to_owned(),
            roots,
            options: options.clone(),
            job: job.clone(),
            seen: RwLock::default(),
            reading: Mutex::default(),
            members: AtomicU64::new(0),
        })
    }

    /// What is in a folder; an error of kind [`ErrorKind::NotFound`] where there is none.
    pub(super) fn list(&self, folder: &str) -> Result<Arc<Listing>> {
        Ok(Arc::clone(&self.seen(folder)?.listing))
    }

    /// What is at a path; `None` also for what was left out.
    pub(super) fn kind(&self, path: &str) -> Result<Option<EntryKind>> {
        if path.is_empty() {
            return Ok(Some(EntryKind::Folder));
        }
        let (folder, name) = split(path);
        match self.seen(folder) {
            Ok(seen) => Ok(seen.listing.get(name)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The length of a file.
    pub(super) fn bytes(&self, path: &str) -> Result<u64> {
        let real = self.real_file(path)?;
        Ok(fs::metadata(&real).map_err(|e| Error::io("look at", e))?.len())
    }

    /// A whole file.
    pub(super) fn read(&self, path: &str) -> Result<Buffer> {
        let (file, length, real) = self.open_file(path)?;
        if length >= MAP_FROM {
            return Ok(Map::open(&real, Access::Sequential)?.buffer().clone());
        }
        let mut bytes = Vec::new();
        append(file, length, &mut bytes)?;
        Ok(Buffer::from(bytes))
    }

    /// The first bytes of a file.
    pub(super) fn head(&self, path: &str, len: usize) -> Result<Vec<u8>> {
        let (file, length, _) = self.open_file(path)?;
        let mut bytes = Vec::new();
        append(file, length.min(u64::try_from(len).unwrap_or(u64::MAX)), &mut bytes)?;
        Ok(bytes)
    }

    /// Some bytes of a file from a position on.
    pub(super) fn range(&self, path: &str, from: u64, count: usize) -> Result<Vec<u8>> {
        let (mut file, length, _) = self.open_file(path)?;
        if from > 0 {
            file.seek(SeekFrom::Start(from)).map_err(|e| Error::io("read", e))?;
        }
        let mut bytes = Vec::new();
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        append(file, length.saturating_sub(from).min(count), &mut bytes)?;
        Ok(bytes)
    }

    /// A whole file behind what `out` holds, unless it is longer than `limit` bytes.
    pub(super) fn read_onto(&self, path: &str, out: &mut Vec<u8>, limit: u64) -> Result<usize> {
        let (file, length, _) = self.open_file(path)?;
        refuse_longer(length, limit)?;
        append(file, length, out)
    }

    fn open_file(&self, path: &str) -> Result<(File, u64, PathBuf)> {
        let real = self.real_file(path)?;
        let mut options = OpenOptions::new();
        options.read(true);
        #[cfg(unix)]
        {
            // What is a FIFO by now must not block.
            use std::os::unix::fs::OpenOptionsExt;
            options.custom_flags(i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0));
        }
        let file = options.open(&real).map_err(|e| Error::io("open", e))?;
        let facts = file.metadata().map_err(|e| Error::io("look at", e))?;
        if !facts.is_file() {
            return Err(Error::new(ErrorKind::NotFound, "is no file any more"));
        }
        Ok((file, facts.len(), real))
    }

    /// Where a file is, once it was seen as one.
    fn real_file(&self, path: &str) -> Result<PathBuf> {
        let (folder, name) = split(path);
        let seen = self.seen(folder)?;
        match seen.listing.get(name) {
            Some(EntryKind::File) => Ok(seen.real.join(name)),
            Some(EntryKind::Folder) => Err(Error::new(ErrorKind::NotFound, "is a folder, not a file")),
            None => Err(absent(&seen, name)),
        }
    }

    /// A folder, read now or before, and with it every folder it is in.
    fn seen(&self, folder: &str) -> Result<Arc<Seen>> {
        if let Some(seen) = self.remembered(folder) {
            return Ok(seen);
        }
        let _one = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let root = match self.remembered("") {
            Some(seen) => seen,
            None => {
                let real = self.roots.first().cloned().unwrap_or_default();
                self.remember("", self.look(real, None, 0, "")?)
            }
        };
        let (mut seen, mut path) = (root, String::new());
        for name in folder.split('/').filter(|name| !name.is_empty()) {
            path = join(&path, name);
            seen = match self.remembered(&path) {
                Some(next) => next,
                None => {
                    match seen.listing.get(name) {
                        Some(EntryKind::Folder) => {}
                        Some(EntryKind::File) => {
                            return Err(Error::new(ErrorKind::NotFound, "is a file, not a folder"));
                        }
                        None => return Err(absent(&seen, name)),
                    }
                    let named = seen.real.join(name);
                    let real = fs::canonicalize(&named).map_err(|e| Error::io("open", e))?;
                    let links = seen.links + usize::from(real != named);
                    self.remember(&path, self.look(real, Some(seen), links, &path)?)
                }
            };
        }
        Ok(seen)
    }

    fn remembered(&self, folder: &str) -> Option<Arc<Seen>> {
        self.seen.read().unwrap_or_else(PoisonError::into_inner).get(folder).cloned()
    }

    fn remember(&self, folder: &str, seen: Seen) -> Arc<Seen> {
        let seen = Arc::new(seen);
        let mut all = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(folder.to_owned(), Arc::clone(&seen));
        seen
    }

    /// Reads a folder. `path` is its path in the tree, for messages.
    fn look(&self, real: PathBuf, parent: Option<Arc<Seen>>, links: usize, path: &str) -> Result<Seen> {
        let mut seen = Seen { real, parent, links, listing: Arc::default(), left_out: BTreeMap::new() };
        let mut entries = Vec::new();
        let broken = |e| Error::io("list", e);
        for entry in fs::read_dir(&seen.real).map_err(broken)? {
            let entry = entry.map_err(broken)?;
            let count = self.members.fetch_add(1, Ordering::Relaxed) + 1;
            self.options.limits.check_members(count)?;
            if count.is_multiple_of(1024) {
                self.job.check()?;
            }
            let name = match entry.file_name().into_string() {
                Ok(name) => name,
                Err(name) => {
                    let shown = self.path.join(path).join(&name);
                    self.warn("place.unsafe-name", &shown, "its name is not UTF-8".to_owned())?;
                    continue;
                }
            };
            let sight = match unsafe_because(&name) {
                Some(why) => Sight::LeftOut("place.unsafe-name", format!("its name {why}")),
                None => self.sight(&entry, &seen),
            };
            match sight {
                Sight::Entry(kind) => entries.push((name, kind)),
                Sight::Nothing => {}
                Sight::LeftOut(code, why) => {
                    self.warn(code, &self.path.join(path).join(&name), why.clone())?;
                    seen.left_out.insert(name, why);
                }
            }
        }
        seen.listing = Arc::new(Listing::of(entries)?);
        Ok(seen)
    }

    fn warn(&self, code: &'static str, shown: &Path, why: String) -> Result<()> {
        self.job.warn(Warning::new(code, Place::area("place").file(shown), why, "left out"))
    }

    /// What a directory entry is, links followed where they may be.
    fn sight(&self, entry: &fs::DirEntry, within: &Seen) -> Sight {
        let lost = |e| Sight::LeftOut("place.unreadable", Error::io("look at it", e).what().to_owned());
        let own = match entry.file_type() {
            Ok(own) => own,
            Err(e) => return lost(e),
        };
        if !own.is_symlink() {
            return kind_of(own).map_or(Sight::Nothing, Sight::Entry);
        }
        let target = match fs::canonicalize(entry.path()) {
            Ok(target) => target,
            Err(_) => return Sight::LeftOut("place.link-broken", "this link leads nowhere".to_owned()),
        };
        if !self.roots.iter().any(|root| target.starts_with(root)) {
            let why = format!(
                "this link leads out of the folder, to {}; --image-root names a folder that links may lead into",
                target.display()
            );
            return Sight::LeftOut("place.link-out", why);
        }
        match fs::metadata(&target).map(|facts| kind_of(facts.file_type())) {
            Err(e) => lost(e),
            Ok(None) => Sight::Nothing,
            Ok(Some(EntryKind::File)) => Sight::Entry(EntryKind::File),
            Ok(Some(EntryKind::Folder)) => {
                if within.trail().any(|folder| folder.real == target) {
                    let why = "this link leads back to a folder it is in".to_owned();
                    Sight::LeftOut("place.link-cycle", why)
                } else if within.links >= MOST_LINKS {
                    let why = format!("more than {MOST_LINKS} links to folders stand in its path");
                    Sight::LeftOut("place.link-cycle", why)
                } else {
                    Sight::Entry(EntryKind::Folder)
                }
            }
        }
    }
}

/// File or folder; `None` for a device, a FIFO, a socket.
fn kind_of(kind: fs::FileType) -> Option<EntryKind> {
    match (kind.is_file(), kind.is_dir()) {
        (true, _) => Some(EntryKind::File),
        (_, true) => Some(EntryKind::Folder),
        _ => None,
    }
}

/// That there is no such name, or why it was left out.
fn absent(folder: &Seen, name: &str) -> Error {
    let what = match folder.left_out.get(name) {
        Some(why) => format!("was left out: {why}"),
        None => "there is no such file or folder".to_owned(),
    };
    Error::new(ErrorKind::NotFound, what)
}

/// Reads `length` bytes behind what `out` holds.
fn append(file: File, length: u64, out: &mut Vec<u8>) -> Result<usize> {
    let start = out.len();
    let room =
        usize::try_from(length).map_err(|_| Error::new(ErrorKind::Limit, "is too large to be read"))?;
    out.reserve(room);
    match file.take(length).read_to_end(out) {
        Ok(read) if read == room => Ok(read),
        other => {
            out.truncate(start);
            Err(match other {
                Ok(_) => Error::new(ErrorKind::Io, "became shorter while it was read"),
                Err(error) => Error::io("read", error),
            })
        }
    }
}
