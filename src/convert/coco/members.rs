//! The names of a file's record members: found fast, counted by what their values are, kept in order.
//!
//! Records of a file nearly always spell the same members in the same order, so the name that followed last
//! time is tried before any table is asked. At most [`MAX_NAMES`] names are known; members beyond them are
//! kept with their records all the same, but never become columns.

use std::collections::HashMap;

use crate::convert::json::{Cursor, Token};
use crate::error::Result;

/// How many different member names are told apart in one list of records.
pub(super) const MAX_NAMES: usize = 1024;

/// The position of a member that is not among the names.
pub(super) const OTHER: usize = usize::MAX;

const TOKENS: [Token; 7] =
    [Token::Null, Token::Bool, Token::Int, Token::Float, Token::Text, Token::List, Token::Object];

#[derive(Clone, Debug)]
struct Name {
    text: String,
    /// The name as it first stood in the file, quotes included.
    raw: Vec<u8>,
    tokens: [u64; TOKENS.len()],
}

/// The member names of a list of records.
#[derive(Clone, Debug, Default)]
pub(super) struct Members {
    names: Vec<Name>,
    by_text: HashMap<String, usize>,
    /// Names in the order records have them: each new one stands behind the member it was met behind.
    order: Vec<usize>,
    records: u64,
}

/// The members of the record before, in order: what to expect of the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected {
    names: Vec<usize>,
    at: usize,
}

impl Expected {
    /// A record begins.
    #[inline]
    pub(super) fn begin(&mut self) {
        self.at = 0;
    }

    fn put(&mut self, name: usize) {
        self.names.truncate(self.at);
        self.names.push(name);
        self.at += 1;
    }

    fn previous(&self) -> Option<usize> {
        self.at.checked_sub(1).and_then(|i| self.names.get(i)).copied()
    }
}

impl Members {
    /// How many names there are.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// The text of a name.
    pub(super) fn text(&self, name: usize) -> &str {
        self.names.get(name).map_or("", |n| n.text.as_str())
    }

    /// The position of a name.
    pub(super) fn position(&self, text: &str) -> Option<usize> {
        self.by_text.get(text).copied()
    }

    /// The names in the order in which records have them.
    pub(super) fn template(&self) -> impl Iterator<Item = &str> {
        self.order.iter().map(|name| self.text(*name))
    }

    /// How many records were counted.
    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// How many values of a member were tokens of one sort.
    pub(super) fn count(&self, text: &str, token: Token) -> u64 {
        let name = self.position(text).and_then(|i| self.names.get(i));
        let slot = TOKENS.iter().position(|t| *t == token);
        name.zip(slot).and_then(|(name, slot)| name.tokens.get(slot)).copied().unwrap_or(0)
    }

    /// How many records have a member.
    pub(super) fn present(&self, text: &str) -> u64 {
        TOKENS.iter().map(|token| self.count(text, *token)).sum()
    }

    /// Counts a record.
    #[inline]
    pub(super) fn add_record(&mut self) {
        self.records += 1;
    }

    /// Counts a value of a member.
    #[inline]
    pub(super) fn add(&mut self, name: usize, token: Token) {
        let slot = match token {
            Token::Null => 0,
            Token::Bool => 1,
            Token::Int => 2,
            Token::Float => 3,
            Token::Text => 4,
            Token::List => 5,
            Token::Object => 6,
        };
        if let Some(count) = self.names.get_mut(name).and_then(|n| n.tokens.get_mut(slot)) {
            *count += 1;
        }
    }

    /// Adds the names and counts of another list of records.
    pub(super) fn merge(&mut self, other: &Members) {
        self.records += other.records;
        for name in other.order.iter().filter_map(|i| other.names.get(*i)) {
            let Some(mine) = self.insert(&name.text, &name.raw, None) else { continue };
            if let Some(mine) = self.names.get_mut(mine) {
                for (count, more) in mine.tokens.iter_mut().zip(name.tokens) {
                    *count += more;
                }
            }
        }
    }

    fn insert(&mut self, text: &str, raw: &[u8], behind: Option<usize>) -> Option<usize> {
        if let Some(name) = self.by_text.get(text) {
            return Some(*name);
        }
        let name = self.names.len();
        if name >= MAX_NAMES {
            return None;
        }
        self.names.push(Name { text: text.to_owned(), raw: raw.to_owned(), tokens: [0; TOKENS.len()] });
        self.by_text.insert(text.to_owned(), name);
        let place = behind.and_then(|b| self.order.iter().position(|n| *n == b));
        match (place, behind) {
            (Some(place), _) => self.order.insert(place + 1, name),
            // A new first member stands before the others only while there is an order to stand in.
            (None, _) => self.order.push(name),
        }
        Some(name)
    }

    /// Reads a member's name and colon; a new name is added. [`OTHER`] once [`MAX_NAMES`] are known.
    #[inline]
    pub(super) fn learn(&mut self, json: &mut Cursor<'_>, expected: &mut Expected) -> Result<usize> {
        if let Some(name) = self.guess(json, expected)? {
            return Ok(name);
        }
        json.space();
        let start = json.at();
        let text = json.text()?.decode()?;
        let raw = json.slice(start, json.at());
        let name = self.insert(&text, raw, expected.previous()).unwrap_or(OTHER);
        json.colon()?;
        expected.put(name);
        Ok(name)
    }

    /// Reads a member's name and colon. For [`OTHER`], the name as it stands, in quotes, lies behind the
    /// returned offset.
    #[inline]
    pub(super) fn find(&self, json: &mut Cursor<'_>, expected: &mut Expected) -> Result<usize> {
        if let Some(name) = self.guess(json, expected)? {
            return Ok(name);
        }
        let text = json.key()?.decode()?;
        let name = self.position(&text).unwrap_or(OTHER);
        expected.put(name);
        Ok(name)
    }

    #[inline]
    fn guess(&self, json: &mut Cursor<'_>, expected: &mut Expected) -> Result<Option<usize>> {
        if json.peek() != Some(b'"') {
            return Err(json.unexpected("a member's name in double quotes"));
        }
        let Some(&name) = expected.names.get(expected.at) else { return Ok(None) };
        let Some(raw) = self.names.get(name).map(|n| n.raw.as_slice()) else { return Ok(None) };
        if !json.rest().starts_with(raw) {
            return Ok(None);
        }
        json.seek(json.at() + raw.len());
        json.colon()?;
        expected.at += 1;
        Ok(Some(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learn(members: &mut Members, records: &[&str]) {
        let mut expected = Expected::default();
        for record in records {
            let mut json = Cursor::new(record.as_bytes());
            members.add_record();
            expected.begin();
            json.expect(b'{', "a record").unwrap();
            while json.peek() != Some(b'}') {
                let name = members.learn(&mut json, &mut expected).unwrap();
                let token = json.skip().unwrap();
                members.add(name, token);
                if !json.more(b'}', "a record").unwrap() {
                    break;
                }
            }
        }
    }

    #[test]
    fn names_are_counted_by_what_their_values_are() {
        let mut members = Members::default();
        learn(&mut members, &[r#"{"a":1,"b":2.5}"#, r#"{"b":null,"a":3}"#, r#"{"a":"x","\u0062":1}"#]);
        assert_eq!(members.records(), 3);
        assert_eq!(members.count("a", Token::Int), 2);
        assert_eq!(members.count("a", Token::Text), 1);
        assert_eq!(members.present("b"), 3);
        assert_eq!(members.len(), 2);
    }

    #[test]
    fn a_late_member_stands_behind_its_neighbour() {
        let mut members = Members::default();
        learn(&mut members, &[r#"{"a":1,"c":1}"#, r#"{"a":1,"b":1,"c":1}"#]);
        assert_eq!(members.template().collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn names_without_end_are_bounded() {
        let mut members = Members::default();
        let record: Vec<String> = (0..MAX_NAMES + 10).map(|i| format!("\"k{i}\":1")).collect();
        learn(&mut members, &[&format!("{{{}}}", record.join(","))]);
        assert_eq!(members.len(), MAX_NAMES);
    }
}
