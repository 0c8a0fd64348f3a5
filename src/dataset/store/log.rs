//! The history of a dataset: its versions and what made them.

use std::path::Path;

use super::commit;
use super::open::existing;
use crate::error::Result;
use crate::schema::manifest::{Operation, Version};

/// A version as the log shows it.
#[derive(Clone, Debug)]
pub struct VersionSummary {
    /// Its number.
    pub version: u64,
    /// What its manifest says, or why it cannot be read.
    pub facts: Result<VersionFacts>,
}

/// What a manifest says of its version.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionFacts {
    /// The version it was made from.
    pub parent: Option<u64>,
    /// When it was committed: RFC 3339, UTC.
    pub created: String,
    /// What was done.
    pub operation: Operation,
    /// Its live rows.
    pub rows: u64,
    /// How many fragments it has.
    pub fragments: usize,
    /// The bytes of all files it names; versions share files.
    pub bytes: u64,
}

impl VersionFacts {
    fn of(version: &Version) -> VersionFacts {
        VersionFacts {
            parent: version.parent,
            created: version.created.clone(),
            operation: version.operation.clone(),
            rows: version.rows(),
            fragments: version.fragments.len(),
            bytes: version.files().fold(0, |sum, file| sum.saturating_add(file.bytes)),
        }
    }
}

/// All versions, oldest first. A damaged one is listed with its error.
///
/// # Errors
/// [`crate::error::ErrorKind::NotFound`] where there is no dataset.
pub fn log(path: &Path) -> Result<Vec<VersionSummary>> {
    let versions = commit::versions(path)?;
    if versions.is_empty() {
        existing(path)?;
    }
    let summary = |version: u64| VersionSummary {
        version,
        facts: commit::read_version(path, version).map(|v| VersionFacts::of(&v)),
    };
    Ok(versions.into_iter().map(summary).collect())
}
