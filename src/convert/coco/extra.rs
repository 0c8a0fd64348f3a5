//! What of a record has no column: the JSON text of `extra` and `object_extra`.
//!
//! `{"member": value, …, "@declared": {"member": value, …}, "@absent": ["member", …]}`, each part only if it
//! holds something. Plain members have no column of their own. `@declared` holds values that the columns,
//! written by the exporter's rule, would not give back; `@absent` names members that the rule would write
//! though the source has none. A source member that is itself called `@declared` or `@absent` stands inside
//! `@declared`.

use crate::convert::json::Cursor;
use crate::error::Result;

use crate::convert::column::Texts;

/// The entry that holds values as declared.
pub(super) const DECLARED: &str = "@declared";
/// The entry that names members the source lacks.
pub(super) const ABSENT: &str = "@absent";

/// The text of one record, while it is read.
#[derive(Debug, Default)]
pub(super) struct Extra {
    members: Vec<u8>,
    declared: Vec<u8>,
    absent: Vec<&'static str>,
}

impl Extra {
    /// Takes the next value as a member without a column. `raw` is its name as written, in quotes. `depth` is
    /// the number of lists and objects around the value.
    pub(super) fn member(&mut self, raw: &[u8], json: &mut Cursor<'_>, depth: usize) -> Result<()> {
        take(&mut self.members, raw, json, depth)
    }

    /// Takes the next value as declared; arguments as [`Extra::member`].
    pub(super) fn declare(&mut self, raw: &[u8], json: &mut Cursor<'_>, depth: usize) -> Result<()> {
        take(&mut self.declared, raw, json, depth)
    }

    /// Says that the source lacks a member.
    pub(super) fn absent(&mut self, name: &'static str) {
        self.absent.push(name);
    }

    /// Forgets the record.
    pub(super) fn clear(&mut self) {
        self.members.clear();
        self.declared.clear();
        self.absent.clear();
    }

    /// Pushes the text, or null if there is nothing to say, and begins the next record.
    pub(super) fn finish(&mut self, out: &mut Texts) -> Result<()> {
        if self.members.is_empty() && self.declared.is_empty() && self.absent.is_empty() {
            out.push_null();
            return Ok(());
        }
        let mut parts: Vec<Vec<u8>> = Vec::new();
        if !self.members.is_empty() {
            parts.push(std::mem::take(&mut self.members));
        }
        if !self.declared.is_empty() {
            let declared = std::mem::take(&mut self.declared);
            parts.push([b"\"@declared\":{", declared.as_slice(), b"}"].concat());
        }
        if !self.absent.is_empty() {
            let names: Vec<String> = self.absent.iter().map(|name| format!("\"{name}\"")).collect();
            parts.push(format!("\"@absent\":[{}]", names.join(",")).into_bytes());
        }
        self.clear();
        out.push_parts(&[b"{", &parts.join(b",".as_slice()), b"}"])
    }
}

fn take(out: &mut Vec<u8>, raw: &[u8], json: &mut Cursor<'_>, depth: usize) -> Result<()> {
    if !out.is_empty() {
        out.push(b',');
    }
    out.extend_from_slice(raw);
    out.push(b':');
    json.copy_value(Some(out), depth).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::cast::AsArray;

    #[test]
    fn each_part_stands_only_where_it_holds_something() {
        let mut texts = Texts::new();
        let mut extra = Extra::default();
        extra.finish(&mut texts).unwrap();
        extra.member(b"\"a\"", &mut Cursor::new(b" [1, 2]"), 3).unwrap();
        extra.member(b"\"b\"", &mut Cursor::new(b"null"), 3).unwrap();
        extra.declare(b"\"area\"", &mut Cursor::new(b"3.0"), 3).unwrap();
        extra.absent("num_keypoints");
        extra.finish(&mut texts).unwrap();
        extra.declare(b"\"id\"", &mut Cursor::new(b"\"x\""), 3).unwrap();
        extra.finish(&mut texts).unwrap();
        let array = texts.finish().unwrap();
        let wanted = [
            None,
            Some(r#"{"a":[1,2],"b":null,"@declared":{"area":3.0},"@absent":["num_keypoints"]}"#),
            Some(r#"{"@declared":{"id":"x"}}"#),
        ];
        assert_eq!(array.as_string::<i32>().iter().collect::<Vec<_>>(), wanted);
    }
}
