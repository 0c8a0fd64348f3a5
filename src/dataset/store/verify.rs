//! Checking a dataset: are the files what the manifest says, and do they make sense together?

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::group_file::check_length;
use super::open::Store;
use super::values;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::schema::manifest::FileEntry;

/// How closely [`verify`] looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Every file is there and has its length.
    Lengths,
    /// Every file has its checksum too.
    Checksums,
    /// Every column decodes and validates, rows have their ids, all keys of a set have lists of one length in
    /// each row, labels are in their class table, ids agree between groups, views and deleted rows are within
    /// their fragments.
    Values,
}

/// What [`verify`] found.
#[derive(Clone, Debug)]
pub struct VerifyReport {
    /// The version that was looked at.
    pub version: u64,
    /// How many files it names.
    pub files: usize,
    /// Their bytes, as the manifest says.
    pub bytes: u64,
    /// Its live rows.
    pub rows: u64,
    /// What is wrong: one error a fault, each with its place.
    pub problems: Vec<Error>,
}

impl VerifyReport {
    /// True if nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Looks at the newest version of the dataset at `path`.
///
/// # Errors
/// As [`Store::open`], and [`ErrorKind::Cancelled`]. What is wrong with files is in the report.
pub fn verify(path: &Path, depth: Depth, job: &Job) -> Result<VerifyReport> {
    Store::open(path)?.verify(depth, job)
}

impl Store {
    /// Looks at this version; see [`Depth`].
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`]; what is wrong with files is in the report.
    pub fn verify(&self, depth: Depth, job: &Job) -> Result<VerifyReport> {
        let version = self.version();
        let files: Vec<&FileEntry> = version.files().collect();
        let bytes = files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.bytes));
        let mut report = VerifyReport {
            version: version.version,
            files: files.len(),
            bytes,
            rows: version.rows(),
            problems: Vec::new(),
        };
        let stage = job.stage("verifying files", Some(bytes));
        for entry in files {
            let path = self.path().join(&entry.path);
            let found = check_length(&path, entry).and_then(|()| match depth {
                Depth::Lengths => Ok(()),
                _ => check_sum(&path, entry, job),
            });
            note(&mut report, found)?;
            stage.advance(entry.bytes)?;
        }
        drop(stage);
        if depth == Depth::Values {
            let stage = job.stage("verifying values", Some(version.stored_rows()));
            for (n, fragment) in version.fragments.iter().enumerate() {
                let mut sets = BTreeMap::new();
                for group in &version.groups {
                    let found = values::group(self, n, fragment, group, &mut sets, job);
                    note_all(&mut report, found)?;
                }
                note(&mut report, self.stored().live().deleted(n).map(drop))?;
                stage.advance(fragment.rows)?;
            }
            for name in self.views() {
                job.check()?;
                let known = version.views.get(name).map(|view| self.stored().live().view(view).map(drop));
                note(&mut report, known.unwrap_or(Ok(())))?;
            }
        }
        Ok(report)
    }
}

fn note(report: &mut VerifyReport, found: Result<()>) -> Result<()> {
    note_all(report, found.map(|()| Vec::new()))
}

fn note_all(report: &mut VerifyReport, found: Result<Vec<Error>>) -> Result<()> {
    match found {
        Ok(problems) => report.problems.extend(problems),
        Err(e) if e.is_cancelled() => return Err(e),
        // One damaged file is met on every way to it; it is one fault.
        Err(e) if report.problems.iter().any(|known| known.to_string() == e.to_string()) => {}
        Err(e) => report.problems.push(e),
    }
    Ok(())
}

fn check_sum(path: &Path, entry: &FileEntry, job: &Job) -> Result<()> {
    let place = || Place::area("store").file(path);
    let mut file = File::open(path).map_err(|e| Error::io("open", e).at(place()))?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        job.check()?;
        let n = file.read(&mut buffer).map_err(|e| Error::io("read", e).at(place()))?;
        if n == 0 {
            break;
        }
        hasher.update(buffer.get(..n).unwrap_or_default());
    }
    if hasher.finalize().to_hex().as_str().eq_ignore_ascii_case(&entry.checksum) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Corrupt, "the content is not what was written: its checksum differs")
        .at(place())
        .remedy("restore the file from a copy"))
}

/// Of each set of a fragment its first key, and the lengths of the lists as its keys have them so far.
pub(super) type Lengths = BTreeMap<String, (String, Vec<Option<u32>>)>;
