//! What a record's extra text lays over its columns: declared values, further members, absent ones.
//!
//! Values are kept as text; the form is that of [`crate::convert::coco::extra`].

use std::borrow::Cow;

use super::plan::{list, raw};
use crate::convert::coco::extra::{ABSENT, DECLARED};
use crate::convert::json::{Cursor, Text};
use crate::error::{Error, ErrorKind, Place, Result};

/// A member: its name, and its value as JSON text until it is written.
type Member<'a> = (Cow<'a, str>, Option<&'a [u8]>);

/// The extra text of one record, taken apart.
#[derive(Debug, Default)]
pub(super) struct Overlay<'a> {
    declared: Vec<Member<'a>>,
    members: Vec<Member<'a>>,
    absent: Vec<Cow<'a, str>>,
}

impl<'a> Overlay<'a> {
    /// Reads the text that row `row` has in `key`.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] if it is no JSON object of our form.
    pub(super) fn parse(text: &'a str, row: u64, key: &str) -> Result<Overlay<'a>> {
        let mut overlay = Overlay::default();
        overlay.read(&mut Cursor::new(text.as_bytes())).map_err(|e| {
            Error::new(ErrorKind::Corrupt, format!("extra text is damaged: {}", e.what()))
                .at(Place::area("coco").row(row).key(key))
                .caused_by(e)
        })?;
        Ok(overlay)
    }

    fn read(&mut self, json: &mut Cursor<'a>) -> Result<()> {
        members(json, |json, name| {
            match &*name {
                DECLARED => members(json, |json, name| {
                    self.declared.push((name, Some(raw(json)?)));
                    Ok(())
                })?,
                ABSENT => list(json, |json| {
                    self.absent.push(decode(&json.text()?)?);
                    Ok(())
                })?,
                _ => self.members.push((name, Some(raw(json)?))),
            }
            Ok(())
        })?;
        json.end()
    }

    /// The text of a member, once.
    pub(super) fn take(&mut self, name: &str) -> Option<&'a [u8]> {
        let both = self.declared.iter_mut().chain(&mut self.members);
        both.filter(|(known, _)| known == name).find_map(|(_, value)| value.take())
    }

    /// True if the record has no such member, whatever its columns say.
    pub(super) fn lacks(&self, name: &str) -> bool {
        self.absent.iter().any(|absent| absent == name)
    }

    /// Takes away what only the format that wrote it can use: declared spellings, names of absent members, and
    /// whatever else begins with `@`. Gives how many there were.
    pub(super) fn make_foreign(&mut self) -> u64 {
        let before = self.members.len();
        self.members.retain(|(name, _)| !name.starts_with('@'));
        let count = self.declared.len() + self.absent.len() + before - self.members.len();
        self.declared.clear();
        self.absent.clear();
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    /// The members that were not taken, in order.
    pub(super) fn rest(&self) -> impl Iterator<Item = (&str, &'a [u8])> {
        let both = self.declared.iter().chain(&self.members);
        both.filter_map(|(name, value)| Some((&**name, (*value)?)))
    }
}

/// The members of the object that comes next, each handed to `member` with its name, its value to be read.
fn members<'a>(
    json: &mut Cursor<'a>,
    mut member: impl FnMut(&mut Cursor<'a>, Cow<'a, str>) -> Result<()>,
) -> Result<()> {
    json.expect(b'{', "an object")?;
    let mut more = !json.eat(b'}');
    while more {
        let name = decode(&json.key()?)?;
        member(json, name)?;
        more = json.more(b'}', "an object")?;
    }
    Ok(())
}

/// What a string means, borrowed from its source where nothing in it is escaped.
fn decode<'a>(text: &Text<'a>) -> Result<Cow<'a, str>> {
    match text.raw().contains('\\') {
        true => Ok(Cow::Owned(text.decode()?.into_owned())),
        false => Ok(Cow::Borrowed(text.raw())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_values_come_before_members_and_each_is_taken_once() {
        let text = r#"{"a":1,"é\u0041":[2],"@declared":{"a":1.50,"b":null},"@absent":["c"]}"#;
        let mut overlay = Overlay::parse(text, 0, "extra").unwrap();
        assert_eq!(overlay.take("a"), Some(b"1.50".as_slice()));
        assert_eq!(overlay.take("éA"), Some(b"[2]".as_slice()));
        assert_eq!(overlay.take("éA"), None);
        assert!(overlay.lacks("c") && !overlay.lacks("a"));
        let rest: Vec<_> = overlay.rest().collect();
        assert_eq!(rest, [("b", b"null".as_slice()), ("a", b"1".as_slice())]);
    }

    #[test]
    fn text_that_is_no_object_names_row_and_key() {
        for bad in ["", "[]", "{", r#"{"a":1} x"#, r#"{"@declared":1}"#, r#"{"@absent":{}}"#] {
            let e = Overlay::parse(bad, 7, "extra").unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Corrupt, "{bad}");
            assert!(e.to_string().starts_with("coco: row 7 key 'extra'"), "{e}");
        }
    }

    #[test]
    fn of_foreign_text_only_plain_members_are_left() {
        let text = r#"{"a":1,"@order":["x"],"@declared":{"b":2},"@absent":["c","d"]}"#;
        let mut overlay = Overlay::parse(text, 0, "extra").unwrap();
        assert_eq!(overlay.make_foreign(), 4);
        assert_eq!(overlay.rest().collect::<Vec<_>>(), [("a", b"1".as_slice())]);
        assert!(!overlay.lacks("c"));
    }
}
