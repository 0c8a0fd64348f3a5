//! A position in JSON text: white space, punctuation, and errors that say where.
//!
//! The cursor never moves past the end of its bytes and never back except by [`Cursor::seek`]. It does not
//! know what it is inside of: the caller drives it, member by member.

use crate::error::{Error, ErrorKind, Place, Result};

use super::text::Text;

/// A place in JSON text, and the ways to move on from it.
///
/// ```
/// use lensframe::convert::json::Cursor;
/// let mut json = Cursor::new(br#"{"a": [1, 2.5], "b": "x"}"#);
/// json.expect(b'{', "an object")?;
/// assert_eq!(json.key()?.decode()?, "a");
/// json.skip()?;
/// assert!(json.more(b'}', "an object")?);
/// assert_eq!(json.key()?.decode()?, "b");
/// assert_eq!(json.text()?.decode()?, "x");
/// assert!(!json.more(b'}', "an object")?);
/// json.end()?;
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor at the first byte.
    pub fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor { bytes, at: 0 }
    }

    /// A cursor at the first byte of a whole file: a UTF-8 byte order mark is stepped over.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] for an empty file and for UTF-16 or UTF-32.
    pub fn of_file(bytes: &'a [u8]) -> Result<Cursor<'a>> {
        let mut cursor = Cursor::new(bytes);
        match bytes {
            [0xef, 0xbb, 0xbf, ..] => cursor.at = 3,
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, ..] | [_, 0, ..] => {
                return Err(cursor
                    .error("the file is UTF-16 or UTF-32 text, or not text")
                    .remedy("save it as UTF-8"));
            }
            _ => {}
        }
        if cursor.peek().is_none() {
            return Err(cursor.error("the file is empty").remedy("get it again from its source"));
        }
        Ok(cursor)
    }

    /// All bytes, from the first.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The offset of the next byte.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Moves to an offset; one past the end stands for the end.
    pub fn seek(&mut self, at: usize) {
        self.at = at.min(self.bytes.len());
    }

    /// The bytes from here to the end.
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The bytes between two offsets, or none if they are not in order and in range.
    pub fn slice(&self, start: usize, end: usize) -> &'a [u8] {
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// Moves on by `n` bytes that the caller has looked at.
    #[inline]
    pub(super) fn advance(&mut self, n: usize) {
        self.seek(self.at.saturating_add(n));
    }

    /// Steps over white space.
    #[inline]
    pub fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    /// The next byte that is not white space, left where it is; `None` at the end.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        self.space();
        self.bytes.get(self.at).copied()
    }

    /// Steps over `byte` if it is what comes next after white space.
    #[inline]
    pub fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
        }
        found
    }

    /// Steps over `byte`, which begins or ends `what`.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] if something else comes next.
    #[inline]
    pub fn expect(&mut self, byte: u8, what: &str) -> Result<()> {
        if self.eat(byte) {
            return Ok(());
        }
        Err(self.unexpected(&format!("'{}' of {what}", char::from(byte))))
    }

    /// After an element: true past a comma, false past `close`, the end of `what`.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] if neither comes next.
    #[inline]
    pub fn more(&mut self, close: u8, what: &str) -> Result<bool> {
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                // `[1,]` would otherwise end well for a caller that looks for the closing bracket first.
                if self.peek() == Some(close) {
                    return Err(self.unexpected(&format!("another element of {what}")));
                }
                Ok(true)
            }
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(self.unexpected(&format!("',' or '{}' in {what}", char::from(close)))),
        }
    }

    /// A member's name and its colon.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] if they are not what comes next.
    pub fn key(&mut self) -> Result<Text<'a>> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a member's name in double quotes"));
        }
        let key = self.text()?;
        self.colon()?;
        Ok(key)
    }

    /// Steps over the colon between a member's name and its value.
    #[inline]
    pub(in crate::convert) fn colon(&mut self) -> Result<()> {
        self.expect(b':', "a member")
    }

    /// Checks that nothing but white space follows.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] for bytes after the value.
    pub fn end(&mut self) -> Result<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self
                .error("there is more after the end of the JSON value")
                .remedy("one file holds one value; split files that were joined")),
        }
    }

    /// An error of kind [`ErrorKind::Format`] here.
    pub fn error(&self, what: impl Into<String>) -> Error {
        self.error_at(self.at, what)
    }

    /// An error of kind [`ErrorKind::Format`] at an offset, with its line.
    pub fn error_at(&self, at: usize, what: impl Into<String>) -> Error {
        let what = format!("{} (byte {at})", what.into());
        Error::new(ErrorKind::Format, what).at(self.place(at))
    }

    /// The byte and line of an offset; costs a pass over what lies before it.
    pub fn place(&self, at: usize) -> Place {
        let before = self.bytes.get(..at).unwrap_or(self.bytes);
        let lines = memchr::memchr_iter(b'\n', before).count();
        Place::none().byte(wide(at)).line(wide(lines) + 1)
    }

    /// The error for what comes next when it should have been `wanted`.
    pub(in crate::convert) fn unexpected(&mut self, wanted: &str) -> Error {
        let Some(byte) = self.peek() else { return self.cut_short(wanted) };
        let rest = self.rest();
        for token in ["NaN", "Infinity", "-Infinity"] {
            if rest.starts_with(token.as_bytes()) {
                return self.error(format!("{token} is not JSON")).remedy(
                    "Python's json.dump writes it for values that are not finite: replace them, or dump with \
                     allow_nan=False to find them",
                );
            }
        }
        let found = match byte {
            b' '..=b'~' => format!("'{}'", char::from(byte)),
            _ => format!("byte 0x{byte:02x}"),
        };
        self.error(format!("expected {wanted}, found {found}"))
    }

    /// The error for a file that ends where `wanted` should follow.
    pub(super) fn cut_short(&self, wanted: &str) -> Error {
        let end = self.bytes.len();
        self.error_at(end, format!("the file ends where {wanted} should follow"))
            .remedy("it was cut short: get it again from its source")
    }
}

/// A count of bytes or lines as errors carry it.
fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_byte_and_line() {
        let mut json = Cursor::new(b"{\n\"a\" 1}");
        json.expect(b'{', "an object").unwrap();
        let e = json.key().unwrap_err();
        assert_eq!(e.to_string(), "line 2: expected ':' of a member, found '1' (byte 6)");
    }

    #[test]
    fn a_bare_nan_names_python_and_the_remedy() {
        let mut json = Cursor::new(b" NaN");
        let e = json.unexpected("a value");
        assert!(e.to_string().contains("NaN is not JSON (byte 1)"), "{e}");
        assert!(e.remedy_text().unwrap().contains("allow_nan=False"));
    }

    #[test]
    fn a_byte_order_mark_is_stepped_over_and_utf16_is_named() {
        assert_eq!(Cursor::of_file(b"\xef\xbb\xbf {}").unwrap().peek(), Some(b'{'));
        for wide in [b"\xff\xfe{\0".as_slice(), b"\0{", b"{\0}\0"] {
            assert!(Cursor::of_file(wide).unwrap_err().to_string().contains("UTF-16"));
        }
    }

    #[test]
    fn an_empty_file_says_so() {
        for empty in [b"".as_slice(), b" \n "] {
            assert!(Cursor::of_file(empty).unwrap_err().to_string().contains("the file is empty"));
        }
    }

    #[test]
    fn a_trailing_comma_is_refused() {
        let mut json = Cursor::new(b", ]");
        assert!(json.more(b']', "a list").is_err());
    }
}
