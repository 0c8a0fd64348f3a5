//! Image ids as JSON has them, and the small numbers that stand for them while files are joined.
//!
//! A dataset's image ids are all 64-bit integers or all text. An id written as a whole float (`3.0`) means
//! the integer; whoever stores it keeps the token beside it.

use std::collections::HashMap;

use crate::convert::column::Id;
use crate::convert::json::{Cursor, Form, Token};
use crate::error::Result;

/// Stands for no id and no row.
pub(super) const NONE: u32 = u32::MAX;

/// What stands where an id should.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum IdToken {
    /// An id whose text is given back by writing it plainly.
    Plain(Id),
    /// An integer written as a float: the token itself has to be kept.
    Float(i64),
    /// Nothing that can be an id.
    Other,
}

impl IdToken {
    /// The id it means.
    pub(super) fn id(self) -> Option<Id> {
        match self {
            IdToken::Plain(id) => Some(id),
            IdToken::Float(id) => Some(Id::Int(id)),
            IdToken::Other => None,
        }
    }
}

/// Reads the next value as an id; the cursor ends behind it.
///
/// # Errors
/// As [`Cursor::int`] and [`Cursor::text`]: integers beyond 64 bits, bad strings; as [`Cursor::skip`]
/// otherwise.
#[inline]
pub(super) fn read_id(json: &mut Cursor<'_>) -> Result<(IdToken, Token)> {
    match json.peek() {
        Some(b'-' | b'0'..=b'9') => {
            if let Some(id) = json.int()? {
                return Ok((IdToken::Plain(Id::Int(id)), Token::Int));
            }
            let start = json.at();
            let whole = json.number().filter(|n| n.form == Form::Whole).and_then(|n| whole(n.value));
            json.seek(start);
            let token = json.skip()?;
            Ok((whole.map_or(IdToken::Other, IdToken::Float), token))
        }
        Some(b'"') => {
            let text = json.text()?.decode()?.into_owned();
            Ok((IdToken::Plain(Id::Text(text.into())), Token::Text))
        }
        _ => Ok((IdToken::Other, json.skip()?)),
    }
}

/// The integer a whole double within ±2^53 stands for.
fn whole(value: f64) -> Option<i64> {
    if value.abs() > 9_007_199_254_740_992.0 {
        return None;
    }
    format!("{value:.0}").parse().ok()
}

/// Ids and the number of each, in order of first appearance.
#[derive(Debug, Default)]
pub(super) struct Ids {
    ints: HashMap<i64, u32>,
    texts: HashMap<Box<str>, u32>,
    values: Vec<Id>,
    last: Option<(i64, u32)>,
}

impl Ids {
    /// The number of an id, a new one if it was not met before; [`NONE`] once the numbers are used up.
    #[inline]
    pub(super) fn intern(&mut self, id: Id) -> u32 {
        match id {
            Id::Int(id) => {
                // Annotations of an image as a rule follow each other.
                if let Some((last, number)) = self.last
                    && last == id
                {
                    return number;
                }
                let next = next_number(&self.values);
                let number = *self.ints.entry(id).or_insert(next);
                if number == next && next != NONE {
                    self.values.push(Id::Int(id));
                }
                self.last = Some((id, number));
                number
            }
            Id::Text(id) => {
                if let Some(number) = self.texts.get(&id) {
                    return *number;
                }
                let next = next_number(&self.values);
                self.texts.insert(id.clone(), next);
                if next != NONE {
                    self.values.push(Id::Text(id));
                }
                next
            }
        }
    }

    /// The id of a number.
    pub(super) fn get(&self, number: u32) -> Option<&Id> {
        self.values.get(usize::try_from(number).ok()?)
    }

    /// How many ids there are.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }
}

fn next_number(values: &[Id]) -> u32 {
    u32::try_from(values.len()).unwrap_or(NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> IdToken {
        read_id(&mut Cursor::new(text.as_bytes())).unwrap().0
    }

    #[test]
    fn ids_keep_their_type_and_all_their_digits() {
        assert_eq!(token("9007199254740993"), IdToken::Plain(Id::Int(9_007_199_254_740_993)));
        assert_eq!(token("-1"), IdToken::Plain(Id::Int(-1)));
        assert_eq!(token("\"7\""), IdToken::Plain(Id::Text("7".into())));
        assert_eq!(token("7.0"), IdToken::Float(7));
        for odd in ["7.5", "null", "[1]", "true", "1e300"] {
            assert_eq!(token(odd), IdToken::Other, "{odd}");
        }
    }

    #[test]
    fn numbers_stand_for_ids_in_order_of_appearance() {
        let mut ids = Ids::default();
        let numbers: Vec<u32> = [5, 3, 5, 3, 9].map(|id| ids.intern(Id::Int(id))).into();
        assert_eq!(numbers, [0, 1, 0, 1, 2]);
        assert_eq!(ids.intern(Id::Text("5".into())), 3);
        assert_eq!(ids.get(2), Some(&Id::Int(9)));
    }
}
