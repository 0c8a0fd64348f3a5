//! The parts of a manifest: groups, keys, fragments, files, views, roots.
//!
//! Each keeps the members it does not know, so that a rewrite loses nothing a newer program wrote.

use std::collections::{BTreeMap, HashMap};

use arrow_schema::Field;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::axis::{AXIS, Axis};
use crate::schema::types;

/// What was done to make a version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// The command or call, as `convert` or `delete_rows`.
    pub what: String,
    /// Its circumstances: source, format, options, program version.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub details: Map<String, Value>,
}

impl Operation {
    /// An operation without details.
    pub fn new(what: impl Into<String>) -> Operation {
        Operation { what: what.into(), details: Map::new() }
    }

    /// This operation with one more detail.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Operation {
        self.details.insert(name.to_owned(), value.into());
        self
    }
}

/// Keys stored together: one file a fragment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// `images`, `objects`, `sets/r50`, …: also the folder of its files.
    pub name: String,
    /// The keys in order; `row`, which every file has besides, is not listed.
    pub keys: Vec<KeyEntry>,
    /// Members that this build does not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A key: its name, what it counts along, its type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KeyEntry {
    /// The full name, as `bbox` or `r50.score`.
    pub name: String,
    /// `row`, `object:` or `object:SET`.
    pub axis: String,
    /// The Arrow type as text; see [`crate::schema::types`].
    #[serde(rename = "type")]
    pub ty: String,
    /// The field's other metadata.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Members that this build does not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl KeyEntry {
    /// The entry of a field.
    ///
    /// # Errors
    /// [`ErrorKind::Type`] for a type that is not stored, [`ErrorKind::Corrupt`] for a broken axis.
    pub fn of(field: &Field) -> Result<KeyEntry> {
        let place = || Place::area("schema").key(field.name().clone());
        let mut metadata: BTreeMap<String, String> =
            field.metadata().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        metadata.remove(AXIS);
        Ok(KeyEntry {
            name: field.name().clone(),
            axis: Axis::of(field)?.to_string(),
            ty: types::to_text(field.data_type()).map_err(|e| e.at(place()))?,
            metadata,
            rest: Map::new(),
        })
    }

    /// The field of this entry; nullable, with its axis in the metadata.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] for an axis or type that does not parse.
    pub fn field(&self) -> Result<Field> {
        let place = || Place::area("manifest").key(self.name.clone());
        let axis = Axis::parse(&self.axis).ok_or_else(|| {
            Error::new(ErrorKind::Corrupt, format!("the axis is '{}', not 'row' or 'object:SET'", self.axis))
                .at(place())
        })?;
        let ty = types::parse(&self.ty).map_err(|e| e.at(place()))?;
        let metadata: HashMap<String, String> =
            self.metadata.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        Ok(axis.mark(Field::new(self.name.clone(), ty, true).with_metadata(metadata)))
    }
}

/// Which class table an object set uses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SetEntry {
    /// A name in [`super::Version::classes`].
    pub classes: String,
    /// Members that this build does not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Rows written together: at most one file a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fragment {
    /// Half of the permanent row id; below 2³¹, never used twice in a dataset.
    pub id: u32,
    /// How many rows its files have.
    pub rows: u64,
    /// The offsets of deleted rows, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<FileEntry>,
    /// Its files by group; a group that is not here reads as null.
    pub files: BTreeMap<String, FileEntry>,
    /// Members that this build does not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Fragment {
    /// How many of its rows are deleted.
    pub fn deleted_rows(&self) -> u64 {
        self.deleted.as_ref().map_or(0, |file| file.rows)
    }
}

/// A file of the dataset.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Relative to the dataset's folder, with `/`.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// BLAKE3 of its content, 64 hexadecimal digits.
    pub checksum: String,
    /// Its rows; 0 for files that are not tables.
    #[serde(default)]
    pub rows: u64,
    /// The rows of each of its batches (Arrow) or row groups (Parquet).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub batches: Vec<u64>,
    /// Members that this build does not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// `count` rows of a fragment from offset `start` on: `[fragment, start, count]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run(pub u32, pub u64, pub u64);

/// A named choice of rows, in order; may repeat. Either `runs` or `file` holds it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// How many rows were chosen when it was saved.
    pub rows: u64,
    /// The question that chose them, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The rows, where they are few runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Run>,
    /// A table with the permanent row ids, where they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileEntry>,
    /// Members that this build does not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A folder that relative image paths lead into.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Root {
    /// Where it was when the dataset was made.
    pub absolute: String,
    /// The same seen from the dataset's folder, so that both may be moved together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relative: Option<String>,
    /// Members that this build does not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}
