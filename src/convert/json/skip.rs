//! Stepping over values without looking into them.
//!
//! A list ends where its square brackets balance and an object where its curly ones do, strings aside: in
//! well-formed text the other kind of bracket balances by itself, so three byte classes are enough for
//! `memchr`. What is stepped over is not checked; whoever keeps it parses it later.

use memchr::{memchr2, memchr3_iter};

use crate::error::Result;

use super::Cursor;
use super::number;

/// What sort of value a token begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Token {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number without fraction and exponent.
    Int,
    /// A number with a fraction, an exponent, or both.
    Float,
    /// A string.
    Text,
    /// `[…]`
    List,
    /// `{…}`
    Object,
}

impl<'a> Cursor<'a> {
    /// Steps over the next value and says what it was.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Format`] if no value begins here, or the file ends before it does.
    #[inline]
    pub fn skip(&mut self) -> Result<Token> {
        match self.peek() {
            Some(b'"') => {
                self.skip_text()?;
                Ok(Token::Text)
            }
            Some(b'[') => {
                self.skip_nested(b'[', b']', "the list")?;
                Ok(Token::List)
            }
            Some(b'{') => {
                self.skip_nested(b'{', b'}', "the object")?;
                Ok(Token::Object)
            }
            Some(b'-' | b'0'..=b'9') => {
                let Some(length) = number::length(self.rest()) else {
                    return Err(self.unexpected("a number"));
                };
                let float = self.rest().iter().take(length).any(|b| matches!(b, b'.' | b'e' | b'E'));
                self.advance(length);
                Ok(if float { Token::Float } else { Token::Int })
            }
            _ => self.word(),
        }
    }

    /// Steps over `null`, `true` or `false`.
    pub(super) fn word(&mut self) -> Result<Token> {
        let rest = self.rest();
        for (word, token) in [("null", Token::Null), ("true", Token::Bool), ("false", Token::Bool)] {
            if rest.starts_with(word.as_bytes()) {
                self.advance(word.len());
                return Ok(token);
            }
        }
        Err(self.unexpected("a value"))
    }

    fn skip_text(&mut self) -> Result<()> {
        let start = self.at();
        self.advance(1);
        loop {
            match memchr2(b'"', b'\\', self.rest()) {
                Some(n) => {
                    self.advance(n);
                    let escaped = self.rest().first() == Some(&b'\\');
                    self.advance(if escaped { 2 } else { 1 });
                    if !escaped {
                        return Ok(());
                    }
                }
                None => return Err(self.unclosed(start, "the string")),
            }
        }
    }

    fn skip_nested(&mut self, open: u8, close: u8, what: &str) -> Result<()> {
        let start = self.at();
        let rest = self.rest();
        let (mut depth, mut in_text) = (0usize, false);
        for n in memchr3_iter(open, close, b'"', rest) {
            let Some(&byte) = rest.get(n) else { break };
            if byte == b'"' {
                in_text = !in_text || is_escaped(rest, n);
            } else if !in_text {
                if byte == open {
                    depth += 1;
                } else {
                    depth -= 1;
                    if depth == 0 {
                        self.advance(n + 1);
                        return Ok(());
                    }
                }
            }
        }
        Err(self.unclosed(start, what))
    }

    fn unclosed(&self, start: usize, what: &str) -> crate::error::Error {
        self.cut_short(&format!("the end of {what} that begins at byte {start}"))
    }
}

/// True if the byte at `n` follows an odd number of backslashes.
fn is_escaped(bytes: &[u8], n: usize) -> bool {
    let before = bytes.get(..n).unwrap_or_default();
    before.iter().rev().take_while(|b| **b == b'\\').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipping_ends_where_parsing_ends() {
        let values = [
            "null",
            "true",
            "false",
            "0",
            "-1",
            "1.5",
            "-2e10",
            "\"\"",
            "\"a\\\"b\"",
            "\"\\\\\"",
            "[]",
            "{}",
            "[1,[2,[\"]\"]],{}]",
            "{\"a}\":[\"{\",{\"b\":\"\\\"}\"}],\"c\":1}",
            "[\"\\\\\",\"\\\\\\\"]\"]",
        ];
        for value in values {
            let text = format!("{value} ,x");
            let mut skipped = Cursor::new(text.as_bytes());
            let mut parsed = skipped.clone();
            let token = skipped.skip().unwrap();
            assert_eq!(parsed.copy_value(None, 0).unwrap(), token, "{value}");
            assert_eq!((skipped.at(), parsed.at()), (value.len(), value.len()), "{value}");
        }
    }

    #[test]
    fn a_cut_value_says_where_it_began_and_where_the_file_ends() {
        for (cut, what) in [("  [1, 2", "list"), ("  {\"a\": [1]", "object"), ("  \"abc\\\"", "string")] {
            let e = Cursor::new(cut.as_bytes()).skip().unwrap_err().to_string();
            let wanted =
                format!("the end of the {what} that begins at byte 2 should follow (byte {})", cut.len());
            assert!(e.contains(&wanted), "{e}");
        }
    }

    #[test]
    fn numbers_are_told_apart_by_their_token() {
        for (text, token) in [("3", Token::Int), ("3.0", Token::Float), ("3e0", Token::Float)] {
            assert_eq!(Cursor::new(text.as_bytes()).skip().unwrap(), token);
        }
    }
}
