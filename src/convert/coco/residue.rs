//! The residue: what of the source files has no column, as JSON that the exporter reads.
//!
//! `{"files": [{…}, …]}`, one entry a file, with its members in order, the order of members in its records,
//! its number styles, and its orphans. Values stand as they stood in the source.

use std::io::{self, Write};

use serde_json::{Map, Value};

use crate::convert::json::{Cursor, write_text};
use crate::error::{Error, Result};
use crate::schema::classes::ClassTable;

use super::index::{Layout, Top};
use super::join::FileRows;
use super::source::SourceFile;
use super::style::FLOAT_MEMBERS;

/// Begins the residue.
pub(super) fn begin(out: &mut dyn Write) -> Result<()> {
    out.write_all(b"{\"files\":[").map_err(failed)
}

/// Ends the residue.
pub(super) fn end(out: &mut dyn Write) -> Result<()> {
    out.write_all(b"]}").map_err(failed)
}

fn failed(error: io::Error) -> Error {
    Error::io("write the residue", error)
}

/// Writes the entry of one file.
pub(super) fn write_file(
    out: &mut dyn Write,
    file: &SourceFile<'_>,
    rows: &FileRows,
    table: &ClassTable,
    primary: bool,
    first: bool,
) -> Result<()> {
    let array = file.index.layout == Layout::Array;
    let kind = if array { "results" } else { file.source.kind.name() };
    let mut entry = Map::new();
    entry.insert("file".to_owned(), file.source.name.as_str().into());
    entry.insert("kind".to_owned(), kind.into());
    entry.insert("layout".to_owned(), if array { "array" } else { "object" }.into());
    entry.insert("set".to_owned(), file.source.set.as_str().into());
    entry.insert("split".to_owned(), file.source.split.as_deref().map_or(Value::Null, Value::from));
    entry.insert("primary".to_owned(), primary.into());
    let template = |names: &mut dyn Iterator<Item = &str>| names.map(Value::from).collect::<Value>();
    let (images, annotations) = (&file.index.images.members, &file.index.annotations.members);
    entry.insert("image_members".to_owned(), template(&mut images.template()));
    entry.insert("annotation_members".to_owned(), template(&mut annotations.template()));
    if let Some(outer) = &file.index.panoptic {
        entry.insert("record_members".to_owned(), template(&mut outer.records.members.template()));
    }
    entry.insert(
        "category_members".to_owned(),
        template(&mut file.categories.members.iter().map(String::as_str)),
    );
    let styles = FLOAT_MEMBERS.iter().filter(|m| annotations.present(m) > 0);
    let numbers: Map<String, Value> =
        styles.map(|m| ((*m).to_owned(), file.styles.of(m).name().into())).collect();
    entry.insert("numbers".to_owned(), numbers.into());
    if file.index.has(Top::Categories) && !file.categories.are_exactly(table) {
        entry.insert("categories".to_owned(), file.categories.raw.clone().into());
    }
    let mut text = Value::Object(entry).to_string();
    text.pop();
    if !first {
        out.write_all(b",").map_err(failed)?;
    }
    out.write_all(text.as_bytes()).map_err(failed)?;
    write_members(out, file)?;
    write_orphans(out, file, rows)?;
    out.write_all(b"}").map_err(failed)
}

fn write_members(out: &mut dyn Write, file: &SourceFile<'_>) -> Result<()> {
    out.write_all(b",\"members\":[").map_err(failed)?;
    for (i, (name, top)) in file.index.top.iter().enumerate() {
        let mut text = if i == 0 { b"[".to_vec() } else { b",[".to_vec() };
        write_text(&mut text, name);
        out.write_all(&text).map_err(failed)?;
        if let Top::Raw(start, end) = top {
            out.write_all(b",").map_err(failed)?;
            out.write_all(file.bytes.get(*start..*end).unwrap_or(b"null")).map_err(failed)?;
        }
        out.write_all(b"]").map_err(failed)?;
    }
    out.write_all(b"]").map_err(failed)
}

fn write_orphans(out: &mut dyn Write, file: &SourceFile<'_>, rows: &FileRows) -> Result<()> {
    out.write_all(b",\"orphans\":[").map_err(failed)?;
    let mut text = Vec::new();
    for (i, ordinal) in rows.orphans.iter().enumerate() {
        let at = usize::try_from(*ordinal).ok().and_then(|n| file.index.listed().offset(n));
        let mut json = Cursor::new(file.bytes);
        json.seek(at.unwrap_or(0));
        text.clear();
        let comma = if i == 0 { "" } else { "," };
        text.extend_from_slice(format!("{comma}[{ordinal},").as_bytes());
        json.copy_value(Some(&mut text), 2)?;
        text.push(b']');
        out.write_all(&text).map_err(failed)?;
    }
    out.write_all(b"]").map_err(failed)
}
