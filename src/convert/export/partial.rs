//! Files that appear only when all of them are complete.
//!
//! They are written into a hidden folder on the same disk, under the names they will have. A folder that was not
//! there appears whole, in one step; into one that was there the files are moved one by one, each complete.
//! Whatever goes wrong before leaves nothing behind but, after a kill, that one hidden folder.

use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions};
use std::hash::BuildHasher;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::place;

/// Files being written for a folder. Dropped without [`Partial::publish`], they are removed, and the folders
/// made for them too.
pub(crate) struct Partial {
    area: &'static str,
    /// The folder they go to.
    root: PathBuf,
    /// True if it was there before.
    existed: bool,
    replace: bool,
    /// Where they are meanwhile; made with the first of them.
    work: PathBuf,
    begun: bool,
    /// Relative to either folder, in the order they were begun.
    files: Vec<PathBuf>,
    /// Folders that were made above `work`, outer ones first.
    above: Vec<PathBuf>,
    scratch: u64,
}

/// A file of a [`Partial`]. Nothing is buffered: hand it large pieces.
pub(crate) struct PartialFile {
    file: File,
    /// The name it will have.
    target: PathBuf,
    area: &'static str,
}

impl PartialFile {
    /// Appends.
    ///
    /// # Errors
    /// The operating system's, with the file's name.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let done = self.file.write_all(bytes);
        done.map_err(|e| Error::io("write", e)).at(|| Place::area(self.area).file(&self.target))
    }

    /// The name it will have.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }
}

impl Partial {
    /// Files for the folder `root`, which need not be there. `area` speaks in errors: the name of the format.
    /// With `replace` files that are there may be replaced.
    pub(crate) fn new(area: &'static str, root: &Path, replace: bool) -> Partial {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let root = if root.as_os_str().is_empty() { PathBuf::from(".") } else { root.to_owned() };
        let existed = root.is_dir();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // Processes of other containers and machines may have the same number.
        let random = BuildHasher::hash_one(&RandomState::new(), number);
        let hidden = format!(".lensframe-{}-{random:016x}.partial", std::process::id());
        let work = if existed { root.join(hidden) } else { root.with_file_name(hidden) };
        Partial {
            area,
            root,
            existed,
            replace,
            work,
            begun: false,
            files: Vec::new(),
            above: Vec::new(),
            scratch: 0,
        }
    }

    /// True if a file of this name was begun, or one that is called as a folder of it.
    pub(crate) fn has(&self, name: &str) -> bool {
        let path = self.work.join(name);
        let mut above = path.ancestors().skip(1).take_while(|folder| *folder != self.work);
        self.begun && (path.symlink_metadata().is_ok() || above.any(Path::is_file))
    }

    /// Begins the file that will be `name`, a relative path with `/`.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] for a name that would leave the folder; [`ErrorKind::AlreadyExists`] unless what
    /// is there may be replaced, and for a name used twice; the operating system's.
    pub(crate) fn create(&mut self, name: &str) -> Result<PartialFile> {
        self.create_own(place::relative(name).at(|| Place::area(self.area).file(&self.root))?)
    }

    /// Begins the file of a name that is the user's own, not a foreign one, and is not checked.
    ///
    /// # Errors
    /// As [`Partial::create`], but for the name.
    pub(crate) fn create_own(&mut self, name: &Path) -> Result<PartialFile> {
        let target = self.root.join(name);
        let at = || Place::area(self.area).file(&target);
        if self.existed
            && !self.begun
            && self.root.join("versions").is_dir()
            && self.root.join("dataset.json").is_file()
        {
            return Err(Error::new(ErrorKind::AlreadyExists, "a dataset is there, whose files are its own")
                .at(Place::area(self.area).file(&self.root))
                .remedy("name another place"));
        }
        if self.existed && !self.replace && target.symlink_metadata().is_ok() {
            return Err(self.there_already(&target));
        }
        if !self.begun {
            let above = self.work.parent().unwrap_or(Path::new(""));
            self.above = make_folder(above).at(at)?;
            fs::create_dir(&self.work).map_err(|e| Error::io("make a folder for", e)).at(at)?;
            self.begun = true;
        }
        let path = self.work.join(name);
        let folder = path.parent().unwrap_or(&self.work);
        fs::create_dir_all(folder).map_err(|e| Error::io("make the folder of", e)).at(at)?;
        let file = match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
                let what = "two files of the export have this name";
                return Err(Error::new(ErrorKind::AlreadyExists, what).at(at()));
            }
            Err(e) => return Err(Error::io("create", e).at(at())),
        };
        self.files.push(name.to_owned());
        Ok(PartialFile { file, target, area: self.area })
    }

    /// Writes a whole file that will be `name`.
    ///
    /// # Errors
    /// As [`Partial::create`].
    pub(crate) fn write(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.create(name)?.write(bytes)
    }

    /// A path for work that is removed before [`Partial::publish`], as that of a spool: beside the files, and
    /// of no other name. The folder is there once a file was begun.
    pub(crate) fn scratch(&mut self) -> PathBuf {
        self.scratch += 1;
        self.work.join(format!(".scratch-{}", self.scratch))
    }

    /// Gives every file its name; gives the names. What has appeared there meanwhile stays, unless it may be
    /// replaced.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`]; the operating system's. In a folder that was there before, files named
    /// until then stay: each is complete.
    pub(crate) fn publish(mut self) -> Result<Vec<PathBuf>> {
        let names: Vec<PathBuf> = self.files.iter().map(|name| self.root.join(name)).collect();
        if !self.begun {
            return Ok(names);
        }
        if self.existed {
            for (name, target) in self.files.iter().zip(&names) {
                self.publish_one(&self.work.join(name), target)?;
            }
        } else if let Err(e) = fs::rename(&self.work, &self.root) {
            return Err(match self.root.symlink_metadata() {
                Ok(_) => self.there_already(&self.root),
                Err(_) => Error::io("rename", e).at(Place::area(self.area).file(&self.root)),
            });
        }
        // Nothing is in it any more, or it has become the folder itself.
        self.above.clear();
        Ok(names)
    }

    fn publish_one(&self, path: &Path, target: &Path) -> Result<()> {
        let at = || Place::area(self.area).file(target);
        make_folder(target.parent().unwrap_or(&self.root)).at(at)?;
        let done = if self.replace { fs::rename(path, target) } else { appear(path, target) };
        done.map_err(|e| match e.kind() {
            std::io::ErrorKind::AlreadyExists => self.there_already(target),
            _ => Error::io("rename", e).at(at()),
        })
    }

    fn there_already(&self, target: &Path) -> Error {
        Error::new(ErrorKind::AlreadyExists, "it is there already")
            .at(Place::area(self.area).file(target))
            .remedy("use --force to replace it, or name another place")
    }
}

/// Makes a folder and those above it; gives the ones that were not there, outer ones first.
fn make_folder(folder: &Path) -> Result<Vec<PathBuf>> {
    let absent = folder.ancestors().take_while(|f| !f.as_os_str().is_empty() && !f.exists());
    let absent: Vec<PathBuf> = absent.map(Path::to_owned).collect();
    if !absent.is_empty() {
        fs::create_dir_all(folder).map_err(|e| Error::io("make the folder of", e))?;
    }
    Ok(absent.into_iter().rev().collect())
}

/// Renames without replacing: a link fails where a rename would overwrite.
fn appear(path: &Path, target: &Path) -> std::io::Result<()> {
    match fs::hard_link(path, target) {
        Ok(()) => fs::remove_file(path),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Err(e),
        // A file system without links; that nothing was there has been checked.
        Err(_) => fs::rename(path, target),
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if self.begun {
            let _ = fs::remove_dir_all(&self.work);
        }
        // Those that hold something by now are not removed.
        for folder in self.above.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn nothing_is_left_of_files_that_are_not_published() {
        let folder = tempfile::tempdir().unwrap();
        for root in ["new/deep", ""] {
            let mut partial = Partial::new("test", &folder.path().join(root), false);
            partial.write("a/b/c.json", b"x").unwrap();
            partial.write("a/d.json", b"y").unwrap();
            assert!(partial.has("a/d.json") && !partial.has("a/e.json"));
            drop(partial);
            assert_eq!(entries(folder.path()), 0, "{root}");
        }
    }

    #[test]
    fn a_folder_that_was_not_there_appears_whole_and_another_is_added_to() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("new/out");
        let mut partial = Partial::new("test", &root, false);
        partial.write("a/b.json", b"x").unwrap();
        assert!(!root.exists());
        assert_eq!(partial.publish().unwrap(), [root.join("a/b.json")]);
        let mut partial = Partial::new("test", &root, false);
        partial.write("a/c.json", b"y").unwrap();
        partial.write("d", b"z").unwrap();
        assert_eq!(partial.publish().unwrap(), [root.join("a/c.json"), root.join("d")]);
        assert_eq!((entries(&root), entries(&root.join("a"))), (2, 2));
        assert_eq!(entries(folder.path()), 1);
    }

    #[test]
    fn what_is_there_or_appeared_meanwhile_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.json");
        let mut partial = Partial::new("test", folder.path(), false);
        partial.write("a.json", b"ours").unwrap();
        fs::write(&target, "theirs").unwrap();
        assert_eq!(partial.publish().unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!((fs::read_to_string(&target).unwrap().as_str(), entries(folder.path())), ("theirs", 1));
        let mut partial = Partial::new("test", folder.path(), false);
        assert_eq!(partial.write("a.json", b"").unwrap_err().kind(), ErrorKind::AlreadyExists);
        drop(partial);
        let mut partial = Partial::new("test", folder.path(), true);
        partial.write("a.json", b"ours").unwrap();
        assert_eq!(partial.publish().unwrap(), std::slice::from_ref(&target));
        assert_eq!((fs::read_to_string(&target).unwrap().as_str(), entries(folder.path())), ("ours", 1));

        let root = folder.path().join("new");
        let mut partial = Partial::new("test", &root, false);
        partial.write("a.json", b"ours").unwrap();
        fs::create_dir(&root).unwrap();
        fs::write(root.join("theirs"), "").unwrap();
        assert_eq!(partial.publish().unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!((entries(&root), entries(folder.path())), (1, 2));
    }

    #[test]
    fn a_name_is_used_once_and_stays_inside() {
        let folder = tempfile::tempdir().unwrap();
        let mut partial = Partial::new("test", folder.path(), true);
        partial.write("a", b"").unwrap();
        assert_eq!(partial.write("a", b"").unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(partial.write("../a", b"").unwrap_err().kind(), ErrorKind::Format);
    }
}
