//! Files that appear only when all of them are complete.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Place, Result, ResultExt};

/// Files being written under other names; dropped without [`Partial::publish`], they are removed.
pub(super) struct Partial {
    replace: bool,
    /// (where it is, where it goes)
    files: Vec<(PathBuf, PathBuf)>,
}

impl Partial {
    pub(super) fn new(replace: bool) -> Partial {
        Partial { replace, files: Vec::new() }
    }

    /// Begins a file that will be `target`.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] unless what is there may be replaced; the operating system's.
    pub(super) fn create(&mut self, target: &Path) -> Result<BufWriter<File>> {
        let at = || Place::area("coco").file(target);
        if !self.replace && target.symlink_metadata().is_ok() {
            return Err(Error::new(ErrorKind::AlreadyExists, "the file is there already")
                .at(at())
                .remedy("use --force to replace it, or name another place"));
        }
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.partial", std::process::id()));
        let path = target.with_file_name(name);
        let file = File::create(&path).map_err(|e| Error::io("create", e)).at(at)?;
        self.files.push((path, target.to_owned()));
        Ok(BufWriter::with_capacity(1 << 20, file))
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

    /// Gives every file its name; gives the names.
    ///
    /// # Errors
    /// The operating system's.
    pub(super) fn publish(mut self) -> Result<Vec<PathBuf>> {
        let mut names = Vec::new();
        while !self.files.is_empty() {
            let (path, target) = self.files.remove(0);
            fs::rename(&path, &target)
                .map_err(|e| Error::io("rename", e))
                .at(|| Place::area("coco").file(&target))?;
            names.push(target);
        }
        Ok(names)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        for (path, _) in &self.files {
            let _ = fs::remove_file(path);
        }
    }
}
