//! Files that a command writes: whole or not at all.
//!
//! A regular file is replaced in one step, also where a symbolic link leads to it; the link stays one. What is no
//! regular file (a device, a pipe, this program's own output) has no "whole": it is written through, never replaced.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Place, Result};

/// As many links as Linux follows.
const LINKS: usize = 40;

/// What a path leads to.
enum Target {
    /// No file, or a regular one: the path without links, and whether something has that name.
    File { real: PathBuf, there: bool },
    /// A device or pipe.
    Through,
    /// What this program's standard output (or, if true, its standard error) is.
    Own(bool),
}

/// Writes a file that appears whole or not at all.
///
/// # Errors
/// As [`writable`]; those of the operating system.
pub(super) fn save(path: &Path, bytes: &[u8], replace: bool) -> Result<()> {
    let at = || Place::none().file(path);
    let failed = |error: io::Error| Error::io("write", error).at(at());
    match target(path)? {
        Target::File { there: true, .. } if !replace => Err(taken(path)),
        Target::File { real, .. } => whole(path, &real, bytes, replace),
        Target::Through => {
            let mut file = File::options().write(true).open(path).map_err(failed)?;
            file.write_all(bytes).and_then(|()| file.flush()).map_err(failed)
        }
        Target::Own(false) => {
            let mut out = io::stdout().lock();
            out.write_all(bytes).and_then(|()| out.flush()).map_err(failed)
        }
        Target::Own(true) => io::stderr().lock().write_all(bytes).map_err(failed),
    }
}

/// Refuses, before any work is done, a file that is there already and not to be replaced, and one that cannot be
/// written as far as can be told.
///
/// # Errors
/// [`ErrorKind::AlreadyExists`], [`ErrorKind::NotFound`] for a folder that is not there, [`ErrorKind::Permission`],
/// [`ErrorKind::Usage`] for a folder.
pub(super) fn writable(path: &Path, replace: bool) -> Result<()> {
    match target(path)? {
        Target::File { there: true, .. } if !replace => Err(taken(path)),
        Target::File { real, .. } => {
            let folder = folder(&real);
            if !folder.is_dir() {
                let what = format!("there is no folder {}", folder.display());
                return Err(Error::new(ErrorKind::NotFound, what)
                    .at(Place::none().file(path))
                    .remedy("make it, or name another place"));
            }
            permitted(path, folder)
        }
        Target::Through => permitted(path, path),
        Target::Own(_) => Ok(()),
    }
}

/// Refuses a folder that cannot be made or written into, as far as can be told.
///
/// # Errors
/// [`ErrorKind::Usage`] where a file has the name; [`ErrorKind::Permission`].
pub(super) fn writable_folder(path: &Path) -> Result<()> {
    let there = path.ancestors().find(|above| above.exists());
    let there = there.filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !there.is_dir() {
        let what = format!("{} is no folder", there.display());
        return Err(Error::new(ErrorKind::Usage, what)
            .at(Place::none().file(path))
            .remedy("name another place"));
    }
    permitted(path, there)
}

/// What a path is called without links, also where nothing is there yet.
pub(super) fn real(path: &Path) -> PathBuf {
    let end = followed(path);
    if let Ok(real) = fs::canonicalize(&end) {
        return real;
    }
    match (fs::canonicalize(folder(&end)), end.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => end,
    }
}

/// The folder that an entry is in.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The path with the links at its end followed, also one that leads to nothing.
fn followed(path: &Path) -> PathBuf {
    let mut end = path.to_owned();
    for _ in 0..LINKS {
        let Ok(next) = fs::read_link(&end) else { break };
        end = folder(&end).join(next);
    }
    end
}

fn target(path: &Path) -> Result<Target> {
    let at = || Place::none().file(path);
    match fs::metadata(path) {
        Ok(meta) if meta.is_dir() => {
            Err(Error::new(ErrorKind::Usage, "this is a folder, and is to be a file")
                .at(at())
                .remedy("name a file in it"))
        }
        Ok(meta) => Ok(match own(&meta) {
            Some(error) => Target::Own(error),
            None if meta.is_file() => Target::File { real: real(path), there: true },
            None => Target::Through,
        }),
        // A link that leads to nothing has the name, too.
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            Ok(Target::File { real: real(path), there: fs::symlink_metadata(path).is_ok() })
        }
        Err(e) => Err(Error::io("look at", e).at(at())),
    }
}

/// Whether a file is what the standard output or (true) the standard error of this program is: a file of that name
/// must not be replaced while it is written to.
#[cfg(unix)]
fn own(meta: &fs::Metadata) -> Option<bool> {
    use std::os::fd::AsFd;
    use std::os::unix::fs::MetadataExt;
    let same = |open: std::os::fd::BorrowedFd<'_>| {
        let open = File::from(open.try_clone_to_owned().ok()?).metadata().ok()?;
        Some((open.dev(), open.ino()) == (meta.dev(), meta.ino()))
    };
    if same(io::stdout().as_fd()) == Some(true) {
        return Some(false);
    }
    (same(io::stderr().as_fd()) == Some(true)).then_some(true)
}

#[cfg(not(unix))]
fn own(_: &fs::Metadata) -> Option<bool> {
    None
}

/// Asks the system whether this user may write.
fn permitted(path: &Path, asked: &Path) -> Result<()> {
    #[cfg(unix)]
    rustix::fs::access(asked, rustix::fs::Access::WRITE_OK)
        .map_err(|e| Error::io("write", e.into()).at(Place::none().file(path)))?;
    #[cfg(not(unix))]
    let _ = (path, asked);
    Ok(())
}

fn taken(path: &Path) -> Error {
    Error::new(ErrorKind::AlreadyExists, "there is such a file already")
        .at(Place::none().file(path))
        .remedy("use --force to replace it")
}

/// Lets a regular file appear.
fn whole(path: &Path, real: &Path, bytes: &[u8], replace: bool) -> Result<()> {
    let failed = |error: io::Error| Error::io("write", error).at(Place::none().file(path));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".lensframe-").suffix(".partial");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Temporary files are private; this one is to be as any other, as far as the user's mask allows.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder(real)).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    let kept = if replace { file.persist(real) } else { file.persist_noclobber(real) };
    kept.map(|_| ()).map_err(|e| match e.error.kind() {
        io::ErrorKind::AlreadyExists => taken(path),
        _ => failed(e.error),
    })
}
