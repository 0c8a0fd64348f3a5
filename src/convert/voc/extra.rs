//! What of a record has no key: the JSON text of `extra` and `object_extra`.
//!
//! `{"path": "text", …, "@declared": {"path": "text", …}, "@absent": ["path", …], "@shape": "…"}`, each part only
//! if it holds something. Plain members are texts without a key of their own; `@declared` holds texts that the keys,
//! written by the exporter's rule, would not give back; `@absent` names paths that the rule would write though the
//! file has none; `@shape` is the record's shape where it is not that of most. Paths never begin with `@`.

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::convert::column::Texts;
use crate::error::{Error, ErrorKind, Place, Result};

/// The entry that holds texts as declared.
const DECLARED: &str = "@declared";
/// The entry that names what the file lacks.
const ABSENT: &str = "@absent";
/// The entry that holds the shape.
const SHAPE: &str = "@shape";

/// The text of one record, while it is made.
#[derive(Debug, Default)]
pub(super) struct ExtraText {
    members: String,
    declared: String,
    absent: Vec<&'static str>,
}

impl ExtraText {
    /// A text without a key of its own.
    pub(super) fn member(&mut self, path: &str, text: &str) {
        entry(&mut self.members, path, text);
    }

    /// A text that its key would not give back.
    pub(super) fn declare(&mut self, path: &str, text: &str) {
        entry(&mut self.declared, path, text);
    }

    /// Says that the file lacks a path that its key would give.
    pub(super) fn absent(&mut self, path: &'static str) {
        self.absent.push(path);
    }

    /// Forgets the record.
    pub(super) fn clear(&mut self) {
        self.members.clear();
        self.declared.clear();
        self.absent.clear();
    }

    /// Pushes the text, or null if there is nothing to say, and begins the next record.
    ///
    /// # Errors
    /// Those of the column.
    pub(super) fn finish(&mut self, shape: Option<&str>, out: &mut Texts) -> Result<()> {
        let nothing = self.members.is_empty() && self.declared.is_empty() && self.absent.is_empty();
        if nothing && shape.is_none() {
            out.push_null();
            return Ok(());
        }
        let mut text = std::mem::take(&mut self.members);
        if !self.declared.is_empty() {
            separate(&mut text);
            text.push_str("\"@declared\":{");
            text.push_str(&self.declared);
            text.push('}');
        }
        if !self.absent.is_empty() {
            separate(&mut text);
            text.push_str(&format!("{}:{}", Json::from(ABSENT), Json::from(self.absent.as_slice())));
        }
        if let Some(shape) = shape {
            entry(&mut text, SHAPE, shape);
        }
        out.push_parts(&[b"{", text.as_bytes(), b"}"])?;
        self.clear();
        Ok(())
    }
}

fn separate(out: &mut String) {
    if !out.is_empty() {
        out.push(',');
    }
}

fn entry(out: &mut String, path: &str, text: &str) {
    separate(out);
    quote(out, path);
    out.push(':');
    quote(out, text);
}

/// Appends text as a JSON string.
fn quote(out: &mut String, text: &str) {
    if text.bytes().all(|b| b >= b' ' && b != b'"' && b != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&Json::from(text).to_string());
    }
}

/// The text of a record, read again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Extra {
    pub(super) members: HashMap<String, String>,
    pub(super) declared: HashMap<String, String>,
    /// Paths that are not written although there are values for them.
    pub(super) absent: Vec<String>,
    pub(super) shape: Option<String>,
    /// The paths of `members` in the order of the text.
    pub(super) order: Vec<String>,
    /// How many members are no texts: not from XML.
    pub(super) foreign: u64,
}

impl Extra {
    /// Says a text of a path, unless the record says one itself.
    pub(super) fn suppose(&mut self, path: &str, text: &str) {
        if !self.members.contains_key(path) {
            self.order.push(path.to_owned());
            self.members.insert(path.to_owned(), text.to_owned());
        }
    }

    /// Reads the text of `extra` or `object_extra`.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] for text that is no JSON object.
    pub(super) fn read(text: &str) -> Result<Extra> {
        let broken = || {
            Error::new(ErrorKind::Corrupt, "the text is no JSON object").at(Place::area("voc").key("extra"))
        };
        let value: Json = serde_json::from_str(text).map_err(|_| broken())?;
        let Json::Object(object) = value else { return Err(broken()) };
        let mut extra = Extra::default();
        for (path, value) in object {
            match (path.as_str(), value) {
                (SHAPE, Json::String(shape)) => extra.shape = Some(shape),
                (DECLARED, Json::Object(declared)) => {
                    for (path, value) in declared {
                        match value {
                            Json::String(text) => drop(extra.declared.insert(path, text)),
                            _ => extra.foreign += 1,
                        }
                    }
                }
                (ABSENT, Json::Array(paths)) => {
                    extra.absent = paths.iter().filter_map(Json::as_str).map(str::to_owned).collect();
                }
                (_, Json::String(text)) if !path.starts_with('@') => {
                    extra.order.push(path.clone());
                    extra.members.insert(path, text);
                }
                _ => extra.foreign += 1,
            }
        }
        Ok(extra)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::cast::AsArray;

    #[test]
    fn what_is_written_reads_back() {
        let mut texts = Texts::new();
        let mut extra = ExtraText::default();
        extra.finish(None, &mut texts).unwrap();
        extra.member("pose", "\"a\"\n\\");
        extra.member("b/@c", "");
        extra.declare("bndbox/xmin", "4.50");
        extra.absent("size/width");
        extra.finish(Some("name,b(@c)"), &mut texts).unwrap();
        extra.declare("name", " x ");
        extra.finish(None, &mut texts).unwrap();
        let array = texts.finish().unwrap();
        let texts: Vec<Option<&str>> = array.as_string::<i32>().iter().collect();
        assert_eq!(texts[0], None);
        let wanted = r#"{"pose":"\"a\"\n\\","b/@c":"","@declared":{"bndbox/xmin":"4.50"},"@absent":["size/width"],"@shape":"name,b(@c)"}"#;
        assert_eq!(texts[1], Some(wanted));
        let read = Extra::read(wanted).unwrap();
        assert_eq!(read.members["pose"], "\"a\"\n\\");
        assert_eq!((read.order.len(), read.shape.as_deref()), (2, Some("name,b(@c)")));
        assert_eq!(read.declared["bndbox/xmin"], "4.50");
        assert_eq!(texts[2], Some(r#"{"@declared":{"name":" x "}}"#));
    }

    #[test]
    fn what_is_not_ours_is_counted_and_what_is_no_object_refused() {
        let read = Extra::read(r#"{"a": 1, "b": "x", "@absent": ["c"], "@declared": {"d": []}}"#).unwrap();
        assert_eq!((read.foreign, read.members.len(), read.absent), (2, 1, vec!["c".to_owned()]));
        assert_eq!(Extra::read("[]").unwrap_err().kind(), ErrorKind::Corrupt);
    }
}
