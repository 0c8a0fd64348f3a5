//! A tree of files read in place: one interface to folders and archives.
//!
//! Invariant: a tree looks the same however it is stored. The files of a folder packed as zip, tar or tar.gz
//! have the same paths, the same order and the same bytes. Nothing is unpacked to disk, nothing is written,
//! and no path leads out of the tree.

use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_buffer::Buffer;

use super::archive::{Archive, sniff};
use super::folder::Folder;
use super::limits::{TreeOptions, refuse_longer};
use super::listing::{Entry, EntryKind, Listing};
use super::member::{checked, join, split};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::job::Job;

/// How the files of a tree are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreeKind {
    /// A folder of the file system.
    Folder,
    /// A zip archive.
    Zip,
    /// A tar archive.
    Tar,
    /// A tar archive compressed with gzip.
    TarGz,
}

/// A tree of files read in place: a folder, or a zip, tar or tar.gz archive. Cheap to clone; any number of
/// threads may read it.
///
/// Paths of members are relative to the tree, with `/` between their parts; `""` is the tree itself. Those
/// that could lead out of it (`..`, absolute, backslash, drive, control character) are errors of kind
/// [`ErrorKind::Format`].
///
/// ```
/// use lensframe::place::{Tree, TreeKind, TreeOptions};
/// # fn main() -> lensframe::error::Result<()> {
/// # let dir = tempfile::tempdir().map_err(|e| lensframe::error::Error::io("make", e))?;
/// # std::fs::create_dir(dir.path().join("a")).map_err(|e| lensframe::error::Error::io("make", e))?;
/// # std::fs::write(dir.path().join("a/b.txt"), "hello").map_err(|e| lensframe::error::Error::io("write", e))?;
/// let tree = Tree::open(dir.path(), &TreeOptions::default(), &lensframe::job::Job::new())?;
/// assert_eq!(tree.kind(), TreeKind::Folder);
/// assert_eq!(tree.read("a/b.txt")?.as_slice(), b"hello");
/// assert_eq!(tree.within("a").head("b.txt", 4)?, b"hell");
/// assert!(tree.find("a/c.txt")?.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Tree {
    inner: Arc<Inner>,
    /// The folder that paths are relative to, as it was given; checked with every path.
    base: Arc<str>,
}

struct Inner {
    path: PathBuf,
    kind: TreeKind,
    store: Store,
}

enum Store {
    Folder(Folder),
    Archive(Archive),
}

impl Tree {
    /// Opens a folder or an archive; which it is, its content says, not its name.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for nothing there, [`ErrorKind::Unsupported`] for a file that is no archive,
    /// [`ErrorKind::Format`] for a damaged one, [`ErrorKind::Limit`] for one that holds or expands to more than
    /// the limits allow.
    pub fn open(path: &Path, options: &TreeOptions, job: &Job) -> Result<Tree> {
        let place = || Place::area("place").file(path);
        let (kind, store) = match kind_of(path).map_err(|e| Error::io("open", e).at(place()))? {
            Some(TreeKind::Folder) => (TreeKind::Folder, Folder::open(path, options, job).map(Store::Folder)),
            Some(kind) => (kind, Archive::open(path, kind, &options.limits, job).map(Store::Archive)),
            None => {
                let what = "is neither a folder nor a zip, tar or tar.gz archive";
                return Err(Error::new(ErrorKind::Unsupported, what).at(place()));
            }
        };
        let inner = Inner { path: path.to_owned(), kind, store: store.at(place)? };
        Ok(Tree { inner: Arc::new(inner), base: Arc::from("") })
    }

    /// True for a folder and for a file that begins (or, for a zip, ends) as an archive does.
    pub fn is_tree(path: &Path) -> bool {
        matches!(kind_of(path), Ok(Some(_)))
    }

    /// How the files are stored.
    pub fn kind(&self) -> TreeKind {
        self.inner.kind
    }

    /// The folder or archive that was opened.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// The folder of the opened tree that this one begins at; `""` unless made by [`Tree::within`].
    pub fn base(&self) -> &str {
        &self.base
    }

    /// What a member is called in messages: `a.zip/x/y.xml`.
    pub fn name(&self, member: &str) -> PathBuf {
        let inside = join(&self.base, member);
        if inside.is_empty() { self.inner.path.clone() } else { self.inner.path.join(inside) }
    }

    /// The same tree seen from one of its folders. That there is such a folder shows when it is used.
    #[must_use]
    pub fn within(&self, folder: &str) -> Tree {
        Tree { inner: Arc::clone(&self.inner), base: Arc::from(join(&self.base, folder)) }
    }

    /// What is in a folder, sorted by the bytes of the names. Read once and remembered.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is no such folder.
    pub fn list(&self, folder: &str) -> Result<Arc<Listing>> {
        self.ask(folder, |path| match &self.inner.store {
            Store::Folder(tree) => tree.list(path),
            Store::Archive(tree) => tree.list(path),
        })
    }

    /// The file or folder at a path; `None` where there is none, and for a link that may not be followed.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] for an unsafe path; those of reading the folders on the way.
    pub fn find(&self, member: &str) -> Result<Option<Entry>> {
        self.ask(member, |path| {
            let kind = match &self.inner.store {
                Store::Folder(tree) => tree.kind(path)?,
                Store::Archive(tree) => tree.kind(path),
            };
            Ok(kind.map(|kind| Entry { name: split(path).1.to_owned(), kind }))
        })
    }

    /// True if there is a file at a path.
    ///
    /// # Errors
    /// As [`Tree::find`].
    pub fn has_file(&self, member: &str) -> Result<bool> {
        Ok(self.find(member)?.is_some_and(|entry| entry.kind == EntryKind::File))
    }

    /// The length of a file in bytes: in a folder that of the file, in an archive that of its directory.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is no such file.
    pub fn bytes(&self, member: &str) -> Result<u64> {
        self.ask(member, |path| match &self.inner.store {
            Store::Folder(tree) => tree.bytes(path),
            Store::Archive(tree) => tree.bytes(path),
        })
    }

    /// Where the bytes of a file begin in its archive; 0 in a folder. Many files are read fastest in this order,
    /// above all those of a tar.gz, of which each is expanded from a place before it.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is no such file.
    pub fn position(&self, member: &str) -> Result<u64> {
        self.ask(member, |path| match &self.inner.store {
            Store::Folder(tree) => tree.bytes(path).map(|_| 0),
            Store::Archive(tree) => tree.position(path),
        })
    }

    /// A whole file: where its bytes lie as they are in an archive or a large file, a slice of the map, else
    /// read or expanded.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is no such file; [`ErrorKind::Format`] for damage,
    /// [`ErrorKind::Unsupported`] for an encrypted member or an unknown method, [`ErrorKind::Limit`] for one
    /// that expands to more than the limits allow.
    pub fn read(&self, member: &str) -> Result<Buffer> {
        self.ask(member, |path| match &self.inner.store {
            Store::Folder(tree) => tree.read(path),
            Store::Archive(tree) => tree.read(path),
        })
    }

    /// The first `len` bytes of a file, or all if it is shorter. Its checksum is not looked at.
    ///
    /// # Errors
    /// As [`Tree::read`].
    pub fn head(&self, member: &str, len: usize) -> Result<Vec<u8>> {
        self.ask(member, |path| match &self.inner.store {
            Store::Folder(tree) => tree.head(path, len),
            Store::Archive(tree) => tree.head(path, len),
        })
    }

    /// Up to `count` bytes of a file from byte `from` on; fewer where it ends. In a folder only these are read, of an
    /// archive's member all that lies before them is expanded. Its checksum is not looked at.
    ///
    /// # Errors
    /// As [`Tree::read`].
    pub fn range(&self, member: &str, from: u64, count: usize) -> Result<Vec<u8>> {
        self.ask(member, |path| match &self.inner.store {
            Store::Folder(tree) => tree.range(path, from, count),
            Store::Archive(tree) => {
                let from = usize::try_from(from).unwrap_or(usize::MAX);
                let mut bytes = tree.head(path, from.saturating_add(count))?;
                bytes.drain(..from.min(bytes.len()));
                Ok(bytes)
            }
        })
    }

    /// Appends a whole file to `out` and gives its length; on an error `out` is as it was.
    ///
    /// # Errors
    /// As [`Tree::read`], and [`ErrorKind::Limit`], without reading it, for a file of more than `limit` bytes.
    pub fn read_onto(&self, member: &str, out: &mut Vec<u8>, limit: usize) -> Result<usize> {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        self.ask(member, |path| match &self.inner.store {
            Store::Folder(tree) => tree.read_onto(path, out, limit),
            Store::Archive(tree) => {
                refuse_longer(tree.bytes(path)?, limit)?;
                tree.read_onto(path, out)
            }
        })
    }

    /// Checks a path and asks the store about it; an error is placed at the member.
    fn ask<T>(&self, member: &str, answer: impl FnOnce(&str) -> Result<T>) -> Result<T> {
        checked(member)
            .and_then(|member| match &*self.base {
                "" => answer(&member),
                base => answer(&checked(&join(base, &member))?),
            })
            .map_err(|error| error.at(Place::area("place").file(self.name(member))))
    }
}

/// What kind of tree there is at a path. Opens nothing but folders and regular files.
fn kind_of(path: &Path) -> std::io::Result<Option<TreeKind>> {
    let facts = fs::metadata(path)?;
    if facts.is_dir() {
        Ok(Some(TreeKind::Folder))
    } else if facts.is_file() {
        sniff(&mut File::open(path)?)
    } else {
        Ok(None)
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({})", self.inner.kind, self.name("").display())
    }
}
