//! The manifest: one version of a dataset, as `versions/000007.json` says it.
//!
//! Invariant: a [`Version`] that came out of [`Version::parse`] names only files inside its folder, its
//! fragments have distinct ids, every file has as many rows as its fragment, every key occurs in one group
//! only (`image_id` apart) and every set's class table is there. Members this build does not know are kept
//! when a version is rewritten; a larger format number or an unknown entry of `needs` is refused by name.
//! `schemas/manifest.json` is the same rule for other programs. Reading the files is the store's work.

mod check;
mod parts;

pub use parts::{FileEntry, Fragment, Group, KeyEntry, Operation, Root, Run, SetEntry, View};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::classes::ClassTable;
use crate::error::{Error, ErrorKind, Place, Result};

/// The format this build writes, and the largest it reads.
pub const FORMAT: u64 = 1;

/// The abilities a version may ask for in `needs` that this build has.
pub const ABILITIES: [&str; 0] = [];

/// A manifest longer than this is refused before it is parsed: 256 MiB.
pub const MAX_BYTES: u64 = 256 << 20;

/// The key every group's files carry beside their own: `fragment << 32 | offset`, the permanent row id.
pub const ROW: &str = "row";

/// The key that is every group's first: the source's own id of the image.
pub const IMAGE_ID: &str = "image_id";

/// A version of a dataset: which files hold which rows and keys, and what else is known of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// The format number, [`FORMAT`].
    pub format: u64,
    /// Abilities a reader must have.
    #[serde(default)]
    pub needs: Vec<String>,
    /// This version's number, from 1.
    pub version: u64,
    /// The version this one was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u64>,
    /// When it was committed: RFC 3339, UTC.
    pub created: String,
    /// What names the writer's attempt: part of the names of its files.
    #[serde(default)]
    pub attempt: String,
    /// What was done.
    pub operation: Operation,
    /// The groups with their keys, in the order the dataset shows them.
    pub groups: Vec<Group>,
    /// The object sets that have a class table.
    #[serde(default)]
    pub sets: BTreeMap<String, SetEntry>,
    /// Class tables by a hash of their whole content.
    #[serde(default)]
    pub classes: BTreeMap<String, ClassTable>,
    /// An id larger than any fragment's that this dataset ever had.
    pub next_fragment: u32,
    /// The fragments in row order.
    pub fragments: Vec<Fragment>,
    /// Named views.
    #[serde(default)]
    pub views: BTreeMap<String, View>,
    /// Folders that relative image paths are looked up in, in this order.
    #[serde(default)]
    pub roots: Vec<Root>,
    /// Side files with what has no column, by name.
    #[serde(default)]
    pub residue: BTreeMap<String, FileEntry>,
    /// Members that this build does not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Version {
    /// Reads and checks a manifest.
    ///
    /// ```
    /// use lensframe::schema::manifest::Version;
    /// let text = br#"{"format": 2, "needs": ["teleport"]}"#;
    /// let e = Version::parse(text).unwrap_err();
    /// assert_eq!(
    ///     e.to_string(),
    ///     "manifest: the dataset has format 2, this program reads format 1; use a newer lensframe"
    /// );
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] for text that is not a manifest or breaks one of its rules,
    /// [`ErrorKind::Unsupported`] for a larger format number or an unknown need, [`ErrorKind::Limit`] for more
    /// than [`MAX_BYTES`].
    pub fn parse(text: &[u8]) -> Result<Version> {
        if u64::try_from(text.len()).unwrap_or(u64::MAX) > MAX_BYTES {
            return Err(Error::new(ErrorKind::Limit, format!("a manifest longer than {MAX_BYTES} bytes"))
                .at(Place::area("manifest")));
        }
        let value: Value = serde_json::from_slice(text).map_err(|e| torn(&e))?;
        // Before anything else: a newer format may differ in every other member.
        check_readable(&value)?;
        let version: Version = serde_json::from_value(value).map_err(|e| torn(&e))?;
        check::version(&version)?;
        Ok(version)
    }

    /// The manifest's text: indented JSON with a last line feed.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] if this version breaks a rule of manifests: a fault of its writer.
    pub fn to_text(&self) -> Result<Vec<u8>> {
        check::version(self)?;
        let mut text = serde_json::to_vec_pretty(self).map_err(|e| torn(&e))?;
        text.push(b'\n');
        Ok(text)
    }

    /// How many rows the fragments hold, deleted ones included.
    pub fn stored_rows(&self) -> u64 {
        self.fragments.iter().map(|f| f.rows).sum()
    }

    /// How many rows the dataset has.
    pub fn rows(&self) -> u64 {
        self.stored_rows().saturating_sub(self.fragments.iter().map(Fragment::deleted_rows).sum())
    }

    /// The group of this name.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|g| g.name == name)
    }

    /// The fragment of this id.
    pub fn fragment(&self, id: u32) -> Option<&Fragment> {
        self.fragments.iter().find(|f| f.id == id)
    }

    /// The class table of a set.
    pub fn class_table(&self, set: &str) -> Option<&ClassTable> {
        self.sets.get(set).and_then(|entry| self.classes.get(&entry.classes))
    }

    /// A hash of the content, 64 hexadecimal digits: of the groups, their rows as they are cut and stored, which
    /// rows are deleted, class tables, views and residue; not of names, times, roots and what was done. Equal
    /// hashes mean equal datasets. Equal sources converted alike by one program have equal hashes.
    pub fn content_hash(&self) -> String {
        let fragment = |f: &Fragment| {
            let files: BTreeMap<&str, &str> =
                f.files.iter().map(|(group, file)| (group.as_str(), file.checksum.as_str())).collect();
            serde_json::json!([f.id, f.rows, files, f.deleted.as_ref().map(|file| &file.checksum)])
        };
        let views = |view: &View| serde_json::json!([view.runs, view.file.as_ref().map(|f| &f.checksum)]);
        let sets: BTreeMap<&str, Option<&ClassTable>> =
            self.sets.keys().map(|set| (set.as_str(), self.class_table(set))).collect();
        let content = serde_json::json!({
            "groups": self.groups,
            "fragments": self.fragments.iter().map(fragment).collect::<Vec<_>>(),
            "sets": sets,
            "views": self.views.iter().map(|(name, view)| (name, views(view))).collect::<BTreeMap<_, _>>(),
            "residue": self.residue.iter().map(|(name, f)| (name, &f.checksum)).collect::<BTreeMap<_, _>>(),
        });
        blake3::hash(content.to_string().as_bytes()).to_hex().to_string()
    }

    /// Every file this version names, as stored.
    pub fn files(&self) -> impl Iterator<Item = &FileEntry> {
        let fragments = self.fragments.iter().flat_map(|f| f.files.values().chain(&f.deleted));
        fragments.chain(self.views.values().filter_map(|v| v.file.as_ref())).chain(self.residue.values())
    }
}

fn check_readable(value: &Value) -> Result<()> {
    let refused = |what: String| {
        Err(Error::new(ErrorKind::Unsupported, what)
            .at(Place::area("manifest"))
            .remedy("use a newer lensframe"))
    };
    match value.get("format").and_then(Value::as_u64) {
        Some(format) if format > FORMAT => {
            return refused(format!("the dataset has format {format}, this program reads format {FORMAT}"));
        }
        Some(1..=FORMAT) => {}
        _ => {
            return Err(Error::new(ErrorKind::Corrupt, "not a manifest: no format number")
                .at(Place::area("manifest")));
        }
    }
    let needs = value.get("needs").and_then(Value::as_array);
    let unknown =
        needs.into_iter().flatten().find(|need| !need.as_str().is_some_and(|need| ABILITIES.contains(&need)));
    match unknown {
        Some(need) => {
            let need = need.as_str().map_or_else(|| need.to_string(), str::to_owned);
            refused(format!("the dataset needs '{need}', which this program does not have"))
        }
        None => Ok(()),
    }
}

fn torn(error: &serde_json::Error) -> Error {
    Error::new(ErrorKind::Corrupt, format!("not a manifest: {error}")).at(Place::area("manifest"))
}

#[cfg(test)]
mod tests;
