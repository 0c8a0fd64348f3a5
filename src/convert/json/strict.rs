//! Proving a value byte by byte, and copying it without the white space between its tokens.

use crate::error::{Error, ErrorKind, Result};

use super::{Cursor, Token, number};

/// How many lists and objects may be open at once: as many as other readers of JSON allow.
pub const MAX_DEPTH: usize = 128;

impl<'a> Cursor<'a> {
    /// Steps over the next value, proving it, and says what it was. With `out`, appends its text, white space
    /// between tokens left out. `depth` is the number of lists and objects around the value.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] where a rule of JSON is broken, [`ErrorKind::Limit`] beyond [`MAX_DEPTH`].
    pub fn copy_value(&mut self, mut out: Option<&mut Vec<u8>>, depth: usize) -> Result<Token> {
        self.copy_nested(&mut out, depth)
    }

    /// The text of the next value, proved and without white space between tokens; `depth` as in
    /// [`Cursor::copy_value`].
    ///
    /// # Errors
    /// As [`Cursor::copy_value`].
    pub fn raw_value(&mut self, depth: usize) -> Result<String> {
        let mut out = Vec::new();
        self.copy_value(Some(&mut out), depth)?;
        String::from_utf8(out).map_err(|_| self.error("a value is not valid UTF-8"))
    }

    fn copy_nested(&mut self, out: &mut Option<&mut Vec<u8>>, depth: usize) -> Result<Token> {
        let first = self.peek();
        let start = self.at();
        let token = match first {
            Some(open @ (b'[' | b'{')) => {
                if depth >= MAX_DEPTH {
                    return Err(self.too_deep());
                }
                return self.copy_elements(out, open, depth + 1);
            }
            Some(b'"') => {
                self.text()?;
                Token::Text
            }
            Some(b'-' | b'0'..=b'9') => {
                let Some(length) = number::length(self.rest()) else {
                    return Err(self.unexpected("a number"));
                };
                let token = self.skip()?;
                debug_assert_eq!(self.at(), start + length);
                token
            }
            _ => self.word()?,
        };
        self.copy_from(out, start);
        Ok(token)
    }

    fn copy_elements(&mut self, out: &mut Option<&mut Vec<u8>>, open: u8, depth: usize) -> Result<Token> {
        let (close, what, token) = match open {
            b'[' => (b']', "the list", Token::List),
            _ => (b'}', "the object", Token::Object),
        };
        self.expect(open, what)?;
        push(out, open);
        if self.eat(close) {
            push(out, close);
            return Ok(token);
        }
        loop {
            if open == b'{' {
                self.space();
                let start = self.at();
                if self.peek() != Some(b'"') {
                    return Err(self.unexpected("a member's name in double quotes"));
                }
                self.text()?;
                self.copy_from(out, start);
                self.colon()?;
                push(out, b':');
            }
            self.copy_nested(out, depth)?;
            if !self.more(close, what)? {
                push(out, close);
                return Ok(token);
            }
            push(out, b',');
        }
    }

    fn copy_from(&self, out: &mut Option<&mut Vec<u8>>, start: usize) {
        if let Some(out) = out {
            out.extend_from_slice(self.slice(start, self.at()));
        }
    }

    fn too_deep(&self) -> Error {
        let what = format!("lists and objects are nested more than {MAX_DEPTH} deep (byte {})", self.at());
        Error::new(ErrorKind::Limit, what).at(self.place(self.at()))
    }
}

fn push(out: &mut Option<&mut Vec<u8>>, byte: u8) {
    if let Some(out) = out {
        out.push(byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_the_same_value_without_the_white_space() {
        let text = "{ \"a b\" : [ 1 , 2.50 , \"x  y\\n\" , null, {} , [ ] ] , \"c\":\ttrue }";
        let copied = Cursor::new(text.as_bytes()).raw_value(0).unwrap();
        assert_eq!(copied, r#"{"a b":[1,2.50,"x  y\n",null,{},[]],"c":true}"#);
    }

    #[test]
    fn the_depth_limit_is_exact_and_named() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(Cursor::new(nested(MAX_DEPTH).as_bytes()).raw_value(0).is_ok());
        let e = Cursor::new(nested(MAX_DEPTH + 1).as_bytes()).raw_value(0).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Limit);
        assert!(e.to_string().contains("nested more than 128 deep (byte 128)"), "{e}");
        let hostile = "[".repeat(1_000_000);
        assert_eq!(Cursor::new(hostile.as_bytes()).raw_value(0).unwrap_err().kind(), ErrorKind::Limit);
    }

    #[test]
    fn what_serde_json_refuses_is_refused() {
        let cases = [
            "[1,]",
            "[,1]",
            "[1 2]",
            "{\"a\" 1}",
            "{\"a\":}",
            "{a:1}",
            "{\"a\":1,}",
            "[1}",
            "{\"a\":[}",
            "tru",
            "[01]",
            "[1.]",
            "[-]",
            "[NaN]",
            "['a']",
            "[",
            "{",
            "",
            "nul",
        ];
        for case in cases {
            assert!(serde_json::from_str::<serde_json::Value>(case).is_err(), "{case}");
            let mut json = Cursor::new(case.as_bytes());
            assert!(json.raw_value(0).and_then(|_| json.end()).is_err(), "{case}");
        }
    }
}
