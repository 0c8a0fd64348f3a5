//! The operations by which a writer changes a folder, behind one trait.
//!
//! All that the store writes goes through [`Disk`], so that tests can record a write log and replay its
//! prefixes, or fail each operation in turn. [`LocalDisk`] is the real one. Reading does not go through it:
//! what is read is mapped (see [`super::Map`]).

use std::fmt::Debug;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// A file that is being written.
pub trait DiskFile: Write + Send {
    /// Returns once the content is on the device.
    ///
    /// # Errors
    /// The operating system's.
    fn sync(&mut self) -> io::Result<()>;
}

/// What a writer may do to a folder. Each method is one system call or a small fixed sequence of them.
pub trait Disk: Debug + Send + Sync {
    /// Makes a new file for writing; it must not exist.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`], or the operating system's.
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Makes a folder whose parent exists.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`], or the operating system's.
    fn create_dir(&self, path: &Path) -> io::Result<()>;

    /// Returns once the entries of a folder are on the device.
    ///
    /// # Errors
    /// The operating system's.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;

    /// Lets a finished file appear under another name at once and whole, if nothing has that name yet. The
    /// old name may or may not remain.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`], or the operating system's.
    fn publish(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Renames a file, replacing what has the new name.
    ///
    /// # Errors
    /// The operating system's.
    fn replace(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// The operating system's.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Removes an empty folder.
    ///
    /// # Errors
    /// The operating system's, also where it is not empty.
    fn remove_dir(&self, path: &Path) -> io::Result<()>;

    /// How many bytes may still be written by this user below `path`; `None` where it cannot be told.
    fn free_bytes(&self, path: &Path) -> Option<u64>;
}

/// The local file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalDisk;

impl DiskFile for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

impl Disk for LocalDisk {
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        Ok(Box::new(file))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        // Windows cannot open a folder as a file; its journal orders the entries.
        if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
    }

    fn publish(&self, from: &Path, to: &Path) -> io::Result<()> {
        match fs::hard_link(from, to) {
            Err(error) if no_hard_links(&error) => rename_noreplace(from, to, error),
            other => other,
        }
    }

    fn replace(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn free_bytes(&self, path: &Path) -> Option<u64> {
        #[cfg(unix)]
        {
            let stat = rustix::fs::statvfs(path).ok()?;
            stat.f_bavail.checked_mul(stat.f_frsize)
        }
        #[cfg(not(unix))]
        {
            let _ = path;
            None
        }
    }
}

/// True for the answers of file systems without hard links (FAT, some network and container mounts).
fn no_hard_links(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(error.kind(), Kind::Unsupported | Kind::PermissionDenied | Kind::TooManyLinks)
}

/// A rename that refuses to replace; `cause` is given back where the system has none.
fn rename_noreplace(from: &Path, to: &Path, cause: io::Error) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Ok(()) => Ok(()),
            Err(rustix::io::Errno::EXIST) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(_) => Err(cause),
        }
    }
    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    {
        let _ = (from, to);
        Err(cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(path: &Path, text: &str) {
        let mut file = LocalDisk.create_new(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.sync().unwrap();
    }

    #[test]
    fn publishing_never_replaces_and_shows_the_whole_file() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b, to) = (dir.path().join("a"), dir.path().join("b"), dir.path().join("to"));
        put(&a, "first");
        put(&b, "second");
        LocalDisk.publish(&a, &to).unwrap();
        assert_eq!(LocalDisk.publish(&b, &to).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&to).unwrap(), "first");
        assert!(LocalDisk.sync_dir(dir.path()).is_ok());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn without_hard_links_a_rename_that_refuses_takes_over() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b, to) = (dir.path().join("a"), dir.path().join("b"), dir.path().join("to"));
        put(&a, "first");
        put(&b, "second");
        let cause = || io::Error::from(io::ErrorKind::Unsupported);
        rename_noreplace(&a, &to, cause()).unwrap();
        let e = rename_noreplace(&b, &to, cause()).unwrap_err();
        assert_eq!(e.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&to).unwrap(), "first");
    }

    #[cfg(unix)]
    #[test]
    fn free_space_is_known_for_a_local_folder_and_unknown_for_none() {
        assert!(LocalDisk.free_bytes(&std::env::temp_dir()).is_some_and(|n| n > 0));
        assert_eq!(LocalDisk.free_bytes(Path::new("/no such folder")), None);
    }
}
