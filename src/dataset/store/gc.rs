//! Removing what no kept version names: old versions, files of writers that died, lost temporary files.
//!
//! Invariant: a file goes only if it has a name that this store gives, no kept version names it, and it is
//! older than the least age (a writer at work may still commit it). Foreign files are left alone. Versions go
//! before the files they name, so that a stop half-way leaves nothing but leftovers.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::attempt::{Attempt, CLAIMS};
use super::commit::{self, VERSIONS};
use super::open::existing;
use super::pending::{EXTENSION, PENDING};
use super::progress::PROGRESS;
use crate::error::{Error, Place, Result};
use crate::job::Job;
use crate::place::{Disk, LocalDisk};

/// What [`gc`] keeps.
#[derive(Clone, Copy, Debug)]
pub struct GcOptions {
    /// How many of the newest versions stay: 10. At least one does.
    pub keep_versions: usize,
    /// Whatever is younger stays: a day. Less is safe only while nobody writes.
    pub min_age: Duration,
}

impl Default for GcOptions {
    fn default() -> GcOptions {
        GcOptions { keep_versions: 10, min_age: Duration::from_secs(24 * 3600) }
    }
}

/// A file that was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Relative to the dataset's folder.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
}

/// What [`gc`] did.
#[derive(Clone, Debug, Default)]
pub struct GcReport {
    /// The versions that stay, ascending.
    pub kept: Vec<u64>,
    /// What was removed, in order.
    pub removed: Vec<Removed>,
    /// Files that no version names and that are too young to go.
    pub young: usize,
}

impl GcReport {
    /// The bytes that were freed.
    pub fn bytes(&self) -> u64 {
        self.removed.iter().map(|r| r.bytes).sum()
    }
}

/// Removes old versions and leftovers of the dataset at `path`.
///
/// # Errors
/// [`crate::error::ErrorKind::NotFound`] where there is no dataset; where a version that stays cannot be read,
/// its error: what it names is not known, so nothing is removed. Those of the disk.
pub fn gc(path: &Path, options: GcOptions, job: &Job) -> Result<GcReport> {
    let newest = existing(path)?;
    let all = commit::versions(path)?;
    let now = SystemTime::now();
    let old = |path: &Path| age(path, now).is_none_or(|age| age >= options.min_age);
    let first_kept = all.len().saturating_sub(options.keep_versions.max(1));
    let mut report = GcReport::default();
    let (mut named, mut gone) = (BTreeSet::new(), Vec::new());
    for (n, number) in all.iter().enumerate() {
        let file = commit::version_path(path, *number);
        if n < first_kept && old(&file) {
            gone.push(file);
            continue;
        }
        report.kept.push(*number);
        let version = commit::read_version(path, *number)?;
        named.extend(version.files().map(|entry| path.join(&entry.path)));
    }
    let sweep = Sweep { root: path, job };
    for file in gone {
        sweep.remove(&file, &mut report)?;
    }
    let stage = job.stage("removing leftovers", None);
    for file in sweep.candidates(newest.next_fragment)? {
        stage.advance(1)?;
        if named.contains(&file.path) {
            continue;
        }
        match file.outdated || old(&file.path) {
            true => sweep.remove(&file.path, &mut report)?,
            false => report.young += 1,
        }
    }
    // The hint is part of the leftovers: it may name a version that a crash kept it from following.
    commit::hint(&Attempt::new(std::sync::Arc::new(LocalDisk), path), path, newest.version);
    Ok(report)
}

/// How old a file is; `None` where it cannot be told.
fn age(path: &Path, now: SystemTime) -> Option<Duration> {
    let modified = fs::symlink_metadata(path).and_then(|m| m.modified()).ok()?;
    // A time in the future is a clock gone wrong: as young as can be.
    Some(now.duration_since(modified).unwrap_or_default())
}

struct Candidate {
    path: PathBuf,
    /// Known to be of no use whatever its age.
    outdated: bool,
}

struct Sweep<'a> {
    root: &'a Path,
    job: &'a Job,
}

impl Sweep<'_> {
    fn remove(&self, path: &Path, report: &mut GcReport) -> Result<()> {
        self.job.check()?;
        let bytes = fs::symlink_metadata(path).map_or(0, |m| m.len());
        match LocalDisk.remove(path) {
            Ok(()) => {}
            // Another gc, or the writer itself, was faster.
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(Error::io("remove", e).at(Place::area("gc").file(path))),
        }
        let path = path.strip_prefix(self.root).unwrap_or(path).to_owned();
        report.removed.push(Removed { path, bytes });
        Ok(())
    }

    /// Files with names that this store gives, in the folder and two levels below it.
    fn candidates(&self, next_fragment: u32) -> Result<Vec<Candidate>> {
        let mut found = Vec::new();
        self.visit(self.root, 0, next_fragment, &mut found)?;
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    fn visit(
        &self,
        folder: &Path,
        depth: usize,
        next_fragment: u32,
        found: &mut Vec<Candidate>,
    ) -> Result<()> {
        let place = || Place::area("gc").file(folder);
        let name = folder.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        for entry in fs::read_dir(folder).map_err(|e| Error::io("list", e).at(place()))? {
            let entry = entry.map_err(|e| Error::io("list", e).at(place()))?;
            let kind = entry.file_type().map_err(|e| Error::io("look at", e).at(place()))?;
            let path = entry.path();
            let Some(file) = path.file_name().and_then(|n| n.to_str()) else { continue };
            if kind.is_dir() {
                // A dataset that was put inside this one has files of the same names.
                if depth < 2 && !path.join(VERSIONS).is_dir() {
                    self.visit(&path, depth + 1, next_fragment, found)?;
                }
                continue;
            }
            let claim = (depth == 1 && name == CLAIMS).then(|| file.parse::<u32>().ok()).flatten();
            let temporary = (depth == 0 || name == VERSIONS)
                && (file == PROGRESS || (file.starts_with('.') && file.ends_with(".tmp")));
            let ours = depth > 0 && name != VERSIONS && is_data_file(file);
            // A set that nobody went on with.
            let pending = depth == 2
                && folder.parent().is_some_and(|above| above.ends_with(PENDING))
                && path.extension().is_some_and(|end| end == EXTENSION);
            if temporary || ours || pending || claim.is_some() {
                found.push(Candidate { path, outdated: claim.is_some_and(|id| id < next_fragment) });
            }
        }
        Ok(())
    }
}

/// True for `<anything>-<twelve hexadecimal digits>[-<number>].<arrow|parquet|json>`.
pub(super) fn is_data_file(name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    let hex = |part: &str| part.len() == 12 && part.bytes().all(|b| b.is_ascii_hexdigit());
    let mut parts = stem.rsplit('-');
    let (last, before) = (parts.next().unwrap_or_default(), parts.next());
    let numbered =
        last.bytes().all(|b| b.is_ascii_digit()) && before.is_some_and(hex) && parts.next().is_some();
    matches!(extension, "arrow" | "parquet" | "json") && (numbered || (hex(last) && before.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_the_store_gives_are_its_leftovers() {
        for ours in ["00003-0123456789ab.arrow", "00-0123456789ab.json", "00003-0123456789ab-2.parquet"] {
            assert!(is_data_file(ours), "{ours}");
        }
        for foreign in [
            "photo.arrow",
            "my-notes.json",
            "a-0123456789ab.txt",
            "0123456789ab.arrow",
            "x-0123456789ag.json",
        ] {
            assert!(!is_data_file(foreign), "{foreign}");
        }
    }
}
