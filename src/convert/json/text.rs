//! Strings: finding their end, proving them, decoding escapes, and writing them.

use std::borrow::Cow;

use memchr::memchr2;

use crate::error::Result;

use super::Cursor;

/// A string as it stands in the source, proved: UTF-8, no control characters, whole escapes.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    inner: &'a str,
    escaped: bool,
}

impl<'a> Text<'a> {
    /// The text between the quotes, escapes as written.
    pub fn raw(&self) -> &'a str {
        self.inner
    }

    /// The text it means; borrowed where nothing is escaped.
    ///
    /// # Errors
    /// None for a value of this type made by [`Cursor::text`]: its escapes are proved.
    pub fn decode(&self) -> Result<Cow<'a, str>> {
        if !self.escaped {
            return Ok(Cow::Borrowed(self.inner));
        }
        let mut out = String::with_capacity(self.inner.len());
        let mut chars = self.inner.chars();
        while let Some(c) = chars.next() {
            if c != '\\' {
                out.push(c);
                continue;
            }
            match chars.next() {
                Some('b') => out.push('\u{8}'),
                Some('f') => out.push('\u{c}'),
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('t') => out.push('\t'),
                Some('u') => {
                    let mut code = hex4(&mut chars);
                    if (0xd800..0xdc00).contains(&code) {
                        chars.nth(1);
                        code = 0x1_0000
                            + ((code - 0xd800) << 10)
                            + (hex4(&mut chars).wrapping_sub(0xdc00) & 0x3ff);
                    }
                    out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                Some(c) => out.push(c),
                None => {}
            }
        }
        Ok(Cow::Owned(out))
    }
}

/// The value of four hexadecimal digits that have been proved.
fn hex4(chars: &mut std::str::Chars<'_>) -> u32 {
    chars.by_ref().take(4).fold(0, |code, c| (code << 4) | c.to_digit(16).unwrap_or(0))
}

/// The value of the four hexadecimal digits that begin the bytes.
fn hex(bytes: &[u8]) -> Option<u32> {
    bytes.get(..4)?.iter().try_fold(0, |code, b| Some((code << 4) | char::from(*b).to_digit(16)?))
}

impl<'a> Cursor<'a> {
    /// The next value, which is a string.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Format`] if it is not one, is not closed, or breaks a rule of strings.
    #[inline]
    pub fn text(&mut self) -> Result<Text<'a>> {
        if !self.eat(b'"') {
            return Err(self.unexpected("a string in double quotes"));
        }
        let start = self.at();
        let mut escaped = false;
        loop {
            let Some(n) = memchr2(b'"', b'\\', self.rest()) else {
                return Err(
                    self.cut_short(&format!("the end of the string that begins at byte {}", start - 1))
                );
            };
            self.advance(n);
            if self.rest().first() == Some(&b'"') {
                break;
            }
            escaped = true;
            self.escape()?;
        }
        let inner = self.slice(start, self.at());
        self.advance(1);
        if let Some(n) = inner.iter().position(|b| *b < 0x20) {
            return Err(self
                .error_at(start + n, "a string holds a control character")
                .remedy("write it as an escape: \\n, \\t or \\u00XX"));
        }
        match std::str::from_utf8(inner) {
            Ok(inner) => Ok(Text { inner, escaped }),
            Err(e) => Err(self
                .error_at(start + e.valid_up_to(), "a string is not valid UTF-8")
                .remedy("save the file as UTF-8")),
        }
    }

    /// Steps over an escape, proving it.
    fn escape(&mut self) -> Result<()> {
        let rest = self.rest();
        match rest.get(1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.advance(2),
            Some(b'u') => {
                let code = rest.get(2..).and_then(hex);
                match code {
                    Some(0xd800..=0xdbff) => {
                        let low =
                            rest.get(6..8).filter(|u| *u == b"\\u").and_then(|_| rest.get(8..).and_then(hex));
                        if !matches!(low, Some(0xdc00..=0xdfff)) {
                            return Err(self.lone_surrogate());
                        }
                        self.advance(12);
                    }
                    Some(0xdc00..=0xdfff) => return Err(self.lone_surrogate()),
                    Some(_) => self.advance(6),
                    None => return Err(self.error("\\u is not followed by four hexadecimal digits")),
                }
            }
            Some(_) => return Err(self.error("a string holds an escape that JSON does not know")),
            None => return Err(self.cut_short("the rest of an escape")),
        }
        Ok(())
    }

    fn lone_surrogate(&self) -> crate::error::Error {
        self.error("a string holds half of a surrogate pair, which is no character")
            .remedy("write the pair whole, or the character itself in UTF-8")
    }
}

/// Appends `text` as a JSON string with its quotes.
pub fn write_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    // What needs no escape is copied in one piece; all that does is ASCII.
    while let Some(clean) = rest.iter().position(|b| matches!(b, b'"' | b'\\' | ..0x20)) {
        let (piece, tail) = rest.split_at(clean);
        out.extend_from_slice(piece);
        let Some((byte, tail)) = tail.split_first() else { break };
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
        rest = tail;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(text: &str) -> Result<String> {
        Ok(Cursor::new(text.as_bytes()).text()?.decode()?.into_owned())
    }

    #[test]
    fn decoding_agrees_with_serde_json() {
        let cases = [
            r#""""#,
            r#""plain""#,
            r#""\"\\\/\b\f\n\r\t""#,
            r#""\u0041\u00e9\u4e2d""#,
            r#""\ud83d\ude00 after""#,
            r#""é中😀""#,
            r#""\u0000""#,
        ];
        for case in cases {
            assert_eq!(decode(case).unwrap(), serde_json::from_str::<String>(case).unwrap(), "{case}");
        }
    }

    #[test]
    fn what_serde_json_refuses_is_refused() {
        let cases: [&[u8]; 9] = [
            br#""\x""#,
            br#""\u12""#,
            br#""\u12g4""#,
            br#""\ud800""#,
            br#""\ud800\u0041""#,
            br#""\udc00""#,
            b"\"a\nb\"",
            b"\"\xff\"",
            b"\"abc",
        ];
        for case in cases {
            assert!(serde_json::from_slice::<String>(case).is_err());
            assert!(Cursor::new(case).text().is_err(), "{case:?}");
        }
    }

    #[test]
    fn written_text_reads_back() {
        for text in ["", "a\"b\\c\n\t\r\u{1}é😀"] {
            let mut out = Vec::new();
            write_text(&mut out, text);
            assert_eq!(Cursor::new(&out).text().unwrap().decode().unwrap(), text);
        }
    }
}
