//! Files that appear only when all of them are complete.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, ErrorKind, Place, Result, ResultExt};

/// Files being written under other names. Dropped without [`Partial::publish`], they are removed, and the
/// folders made for them too.
pub(super) struct Partial {
    replace: bool,
    /// (where it is, where it goes)
    files: Vec<(PathBuf, PathBuf)>,
    targets: HashSet<PathBuf>,
    /// Folders that were made, outer ones first.
    folders: Vec<PathBuf>,
}

impl Partial {
    pub(super) fn new(replace: bool) -> Partial {
        Partial { replace, files: Vec::new(), targets: HashSet::new(), folders: Vec::new() }
    }

    /// True if a file of this name was begun.
    pub(super) fn has(&self, target: &Path) -> bool {
        self.targets.contains(target)
    }

    /// Begins a file that will be `target`.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] unless what is there may be replaced, and for a name used twice; the
    /// operating system's.
    pub(super) fn create(&mut self, target: &Path) -> Result<BufWriter<File>> {
        let at = || Place::area("coco").file(target);
        if !self.replace && target.symlink_metadata().is_ok() {
            return Err(there_already(target));
        }
        if !self.targets.insert(target.to_owned()) {
            return Err(
                Error::new(ErrorKind::AlreadyExists, "two files of the export have this name").at(at())
            );
        }
        self.make_folder(target.parent().unwrap_or(Path::new("")))?;
        let path = beside(target, "partial");
        let made = OpenOptions::new().write(true).create_new(true).open(&path);
        let file = made.map_err(|e| Error::io("create", e)).at(at)?;
        self.files.push((path, target.to_owned()));
        Ok(BufWriter::with_capacity(1 << 16, file))
    }

    fn make_folder(&mut self, folder: &Path) -> Result<()> {
        let absent = folder.ancestors().take_while(|f| !f.as_os_str().is_empty() && !f.exists());
        let absent: Vec<PathBuf> = absent.map(Path::to_owned).collect();
        if absent.is_empty() {
            return Ok(());
        }
        self.folders.extend(absent.into_iter().rev());
        fs::create_dir_all(folder)
            .map_err(|e| Error::io("make the folder", e))
            .at(|| Place::area("coco").file(folder))
    }

    /// Writes a whole file that will be `target`.
    ///
    /// # Errors
    /// As [`Partial::create`].
    pub(super) fn write(&mut self, target: &Path, bytes: &[u8]) -> Result<()> {
        let mut file = self.create(target)?;
        let done = file.write_all(bytes).and_then(|()| file.flush());
        done.map_err(|e| Error::io("write", e)).at(|| Place::area("coco").file(target))
    }

    /// Gives every file its name; gives the names. What has appeared there meanwhile stays, unless it may be
    /// replaced.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`]; the operating system's. Files named before stay: each is complete.
    pub(super) fn publish(mut self) -> Result<Vec<PathBuf>> {
        let mut names = Vec::new();
        self.files.reverse();
        while let Some((path, target)) = self.files.pop() {
            let done = if self.replace { fs::rename(&path, &target) } else { appear(&path, &target) };
            if let Err(e) = done {
                let _ = fs::remove_file(&path);
                return Err(match e.kind() {
                    std::io::ErrorKind::AlreadyExists => there_already(&target),
                    _ => Error::io("rename", e).at(Place::area("coco").file(&target)),
                });
            }
            names.push(target);
        }
        self.folders.clear();
        Ok(names)
    }
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

fn there_already(target: &Path) -> Error {
    Error::new(ErrorKind::AlreadyExists, "the file is there already")
        .at(Place::area("coco").file(target))
        .remedy("use --force to replace it, or name another place")
}

/// A name beside `target` for work of this process that nothing else has.
pub(super) fn beside(target: &Path, what: &str) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{number}.{what}", std::process::id()));
    target.with_file_name(name)
}

impl Drop for Partial {
    fn drop(&mut self) {
        for (path, _) in &self.files {
            let _ = fs::remove_file(path);
        }
        // Those that hold something by now are not removed.
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_files_that_are_not_published() {
        let work = tempfile::tempdir().unwrap();
        let mut partial = Partial::new(false);
        partial.write(&work.path().join("a/b/c.json"), b"x").unwrap();
        partial.write(&work.path().join("a/d.json"), b"y").unwrap();
        drop(partial);
        assert_eq!(fs::read_dir(work.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_appeared_meanwhile_is_not_replaced() {
        let work = tempfile::tempdir().unwrap();
        let target = work.path().join("a.json");
        let mut partial = Partial::new(false);
        partial.write(&target, b"ours").unwrap();
        fs::write(&target, "theirs").unwrap();
        assert_eq!(partial.publish().unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&target).unwrap(), "theirs");
        assert_eq!(fs::read_dir(work.path()).unwrap().count(), 1);
        let mut partial = Partial::new(true);
        partial.write(&target, b"ours").unwrap();
        assert_eq!(partial.publish().unwrap(), [target.clone()]);
        assert_eq!(fs::read_to_string(&target).unwrap(), "ours");
    }

    #[test]
    fn a_name_is_used_once() {
        let work = tempfile::tempdir().unwrap();
        let mut partial = Partial::new(true);
        partial.write(&work.path().join("a"), b"").unwrap();
        let e = partial.write(&work.path().join("a"), b"").unwrap_err();
        assert_eq!(e.kind(), ErrorKind::AlreadyExists);
    }
}
