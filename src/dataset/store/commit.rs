//! The commit: a version appears whole, at once, and never over another.
//!
//! Order: the data files and their folders are on the device before; the manifest is written under a
//! temporary name and synced; it is published as `versions/N.json`, which fails if that exists; the folder is
//! synced. Whoever finds N taken applies its changes to the version that took it and tries the next number.
//! `dataset.json` is a hint for other programs; nothing here trusts it.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::json;

use super::attempt::Attempt;
use super::change::Change;
use super::clock;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::manifest::{FORMAT, MAX_BYTES, Operation, Version};

pub(super) const VERSIONS: &str = "versions";
const HINT: &str = "dataset.json";

/// The file of a version.
pub(super) fn version_path(root: &Path, version: u64) -> PathBuf {
    root.join(VERSIONS).join(format!("{version:06}.json"))
}

/// The number in a version file's name; `None` for temporary and foreign names.
fn version_number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".json")?;
    let number = digits.parse().ok()?;
    // `7.json` and `+7.json` are nobody's.
    (format!("{number:06}") == digits).then_some(number)
}

/// The numbers of all versions, ascending; empty where there is no dataset.
pub(super) fn versions(root: &Path) -> Result<Vec<u64>> {
    let folder = root.join(VERSIONS);
    let place = || Place::area("store").file(&folder);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(e) => return Err(Error::io("list", e).at(place())),
    };
    let mut numbers = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| Error::io("list", e).at(place()))?;
        numbers.extend(entry.file_name().to_str().and_then(version_number));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Reads one version.
pub(super) fn read_version(root: &Path, number: u64) -> Result<Version> {
    let path = version_path(root, number);
    let place = || Place::area("store").file(&path);
    let length = fs::metadata(&path).map_err(|e| Error::io("open", e).at(place()))?.len();
    if length > MAX_BYTES {
        return Err(Error::new(ErrorKind::Limit, format!("a manifest of {length} bytes")).at(place()));
    }
    let text = fs::read(&path).map_err(|e| Error::io("read", e).at(place()))?;
    let version = Version::parse(&text).map_err(|e| {
        let e = e.at(place());
        let other = versions(root).unwrap_or_default().into_iter().rfind(|n| *n < number);
        match other {
            Some(other) if e.kind() != ErrorKind::Unsupported => {
                e.remedy(format!("open version {other} (dataset@{other}), or restore the file"))
            }
            _ => e,
        }
    })?;
    if version.version != number {
        return Err(Error::new(ErrorKind::Corrupt, format!("the file holds version {}", version.version))
            .at(place())
            .remedy("restore the file; versions are not to be renamed"));
    }
    Ok(version)
}

/// The newest version; `None` where there is no dataset.
pub(super) fn newest(root: &Path) -> Result<Option<Version>> {
    versions(root)?.last().map(|number| read_version(root, *number)).transpose()
}

/// Commits changes as a new version and returns its number. `exists` says whether the writer found a dataset.
pub(super) fn commit(
    attempt: &mut Attempt,
    changes: &[Change],
    operation: Operation,
    exists: bool,
) -> Result<u64> {
    attempt.folder(VERSIONS)?;
    attempt.sync_folders()?;
    attempt.check_files()?;
    let root = attempt.root().to_owned();
    let folder = root.join(VERSIONS);
    loop {
        let base = newest(&root)?;
        if base.is_some() != exists {
            return Err(Error::new(
                ErrorKind::Conflict,
                "another writer made or removed the dataset meanwhile",
            )
            .at(Place::area("store").file(&root))
            .remedy("look at what is there, then append to it or replace it"));
        }
        let mut next = base.unwrap_or_default();
        next.format = FORMAT;
        for change in changes {
            change.apply(&mut next)?;
        }
        next.parent = (next.version > 0).then_some(next.version);
        next.version += 1;
        next.created = clock::rfc3339(SystemTime::now());
        next.attempt = attempt.unique().to_owned();
        next.operation = operation.clone();
        let text = next.to_text()?;
        // The number is part of the name: a temporary file of a lost round may still be there.
        let temporary = folder.join(format!(".{:06}-{}.tmp", next.version, attempt.unique()));
        let target = version_path(&root, next.version);
        if publish(attempt, &text, &temporary, &target)? {
            attempt.keep();
            attempt.disk().sync_dir(&folder).map_err(|e| {
                Error::io("sync the folder", e)
                    .at(Place::area("store").file(&folder))
                    .remedy(format!("version {} is there, but a power cut may still undo it", next.version))
            })?;
            hint(attempt, &root, next.version);
            return Ok(next.version);
        }
    }
}

/// Writes `text` and lets it appear as `target`; false if another version has that name.
fn publish(attempt: &Attempt, text: &[u8], temporary: &Path, target: &Path) -> Result<bool> {
    let disk = attempt.disk();
    let write = || -> io::Result<()> {
        let mut file = disk.create_new(temporary)?;
        file.write_all(text)?;
        file.sync()
    };
    let done = write().and_then(|()| disk.publish(temporary, target));
    let done = match done {
        // A network file system may have done it and lost the answer.
        Err(e) if fs::read(target).is_ok_and(|there| there == text) => {
            let _ = e;
            Ok(true)
        }
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists && target.exists() => Ok(false),
        Err(e) => Err(Error::io("commit", e).at(Place::area("store").file(target))),
        Ok(()) => Ok(true),
    };
    // Whatever came of it; a rename has moved it away already.
    let _ = disk.remove(temporary);
    done
}

/// Leaves the newest version's number for other programs, best effort.
pub(super) fn hint(attempt: &Attempt, root: &Path, version: u64) {
    let disk = attempt.disk();
    let temporary = root.join(format!(".{HINT}-{}.tmp", attempt.unique()));
    let text =
        json!({"format": FORMAT, "newest": version, "manifest": format!("{VERSIONS}/{version:06}.json")});
    let write = || -> io::Result<()> {
        let mut file = disk.create_new(&temporary)?;
        file.write_all(format!("{text:#}\n").as_bytes())?;
        file.sync()?;
        drop(file);
        disk.replace(&temporary, &root.join(HINT))
    };
    if write().is_err() {
        let _ = disk.remove(&temporary);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_a_commit_gives_are_versions() {
        assert_eq!(version_number("000007.json"), Some(7));
        assert_eq!(version_number("1000000.json"), Some(1_000_000));
        for other in ["7.json", "+00007.json", ".000007-ab.tmp", "000007.json~", "0000007.json", "x.json"] {
            assert_eq!(version_number(other), None, "{other}");
        }
    }
}
