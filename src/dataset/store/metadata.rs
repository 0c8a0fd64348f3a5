//! The schema metadata of stored files: copies of what the manifest says, for programs that open a file alone.
//!
//! `lensframe.group` is the group's name, `lensframe.classes` the class tables of its sets as JSON, and the entry
//! of [`huggingface`] shows `datasets` which keys are images and classes. The manifest is the authority;
//! nothing here is read back.

use std::collections::{BTreeMap, HashMap};

use arrow_schema::{Field, Fields};

use crate::error::{Error, ErrorKind, Result};
use crate::schema::axis::{Axis, DEFAULT_SET};
use crate::schema::classes::ClassTable;
use crate::schema::huggingface;
use crate::schema::manifest::Group;

pub(super) fn of<'a>(
    group: &Group,
    fields: &[Field],
    classes: impl Fn(&str) -> Option<&'a ClassTable>,
) -> Result<HashMap<String, String>> {
    let mut tables: BTreeMap<String, &ClassTable> = BTreeMap::new();
    for field in fields {
        let set = match Axis::of(field)? {
            Axis::Object(set) => set,
            Axis::Row => DEFAULT_SET.to_owned(),
        };
        if let Some(table) = classes(&set) {
            tables.insert(set, table);
        }
    }
    let all: Fields = fields.iter().cloned().collect();
    let mut metadata = HashMap::from([
        ("lensframe.group".to_owned(), group.name.clone()),
        (huggingface::KEY.to_owned(), huggingface::metadata(&all, &classes)?),
    ]);
    if !tables.is_empty() {
        let text = serde_json::to_string(&tables)
            .map_err(|e| Error::new(ErrorKind::Format, format!("classes are not JSON: {e}")))?;
        metadata.insert("lensframe.classes".to_owned(), text);
    }
    Ok(metadata)
}
