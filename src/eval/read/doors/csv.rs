//! Tables as text: comma, tab or semicolon, with a header.
//!
//! The separator is the one that the header has most of. Fields may be quoted; rows have as many fields as the header.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use csv::{ErrorKind as Csv, ReaderBuilder, StringRecord, Trim};

use super::lines::number;
use super::table::{Row, Table};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;

/// How often a long file asks whether it is still wanted, in rows.
const ROWS: u64 = 4096;

/// A file of text as a table.
#[derive(Debug)]
pub(super) struct Text<'a> {
    bytes: &'a [u8],
    path: PathBuf,
    separator: u8,
    names: Vec<String>,
}

/// The separator and the names of the first line; none if it is no header of anything.
pub(super) fn header(bytes: &[u8]) -> Option<(u8, Vec<String>)> {
    let body = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let line = body.split(|byte| matches!(byte, b'\n' | b'\r')).find(|line| !line.trim_ascii().is_empty())?;
    let text = std::str::from_utf8(line).ok()?;
    let separators = [b',', b'\t', b';'].map(|byte| (memchr::memchr_iter(byte, line).count(), byte));
    let (count, separator) = separators.into_iter().max_by_key(|(count, _)| *count)?;
    let names = text.split(char::from(separator)).map(|name| name.trim().trim_matches('"').to_owned());
    (count > 0).then(|| (separator, names.collect()))
}

impl<'a> Text<'a> {
    /// A file's text.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] if it has no header.
    pub(super) fn new(bytes: &'a [u8], path: &Path) -> Result<Text<'a>> {
        let wrong = |what: &str| {
            Error::new(ErrorKind::Format, what)
                .at(Place::none().file(path))
                .remedy("begin with a line of names")
        };
        let body = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if memchr::memchr(0, body.get(..body.len().min(1024)).unwrap_or_default()).is_some() {
            return Err(wrong("the file is UTF-16 text, or not text").remedy("save it as UTF-8"));
        }
        let (separator, _) = header(body).ok_or_else(|| wrong("there is no header"))?;
        let mut text = Text { bytes: body, path: path.to_owned(), separator, names: Vec::new() };
        let names = text.reader().headers().map_err(|error| text.fault(&error))?.clone();
        text.names = names.iter().map(str::to_owned).collect();
        Ok(text)
    }

    fn reader(&self) -> csv::Reader<&'a [u8]> {
        ReaderBuilder::new().delimiter(self.separator).trim(Trim::All).from_reader(self.bytes)
    }

    /// What the reader of rows found wrong.
    fn fault(&self, error: &csv::Error) -> Error {
        let place = Place::none().file(&self.path);
        let place = error.position().map_or(place.clone(), |position| place.line(position.line()));
        let (what, remedy) = match error.kind() {
            Csv::UnequalLengths { expected_len, len, .. } => (
                format!("{len} fields where the header has {expected_len}"),
                "numbers take a point, not a comma; texts with separators take quotes",
            ),
            Csv::Utf8 { .. } => ("the line is not UTF-8 text".to_owned(), "save the file as UTF-8"),
            _ => (error.to_string(), "get the file again from its source"),
        };
        Error::new(ErrorKind::Format, what).at(place).remedy(remedy)
    }
}

impl Table for Text<'_> {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn each(&self, job: &Job, visit: &mut dyn FnMut(&dyn Row) -> Result<bool>) -> Result<()> {
        let mut reader = self.reader();
        let mut record = StringRecord::new();
        let mut count = 0u64;
        while reader.read_record(&mut record).map_err(|error| self.fault(&error))? {
            if count.is_multiple_of(ROWS) {
                job.check()?;
            }
            count += 1;
            if !visit(&Fields { text: self, record: &record })? {
                break;
            }
        }
        Ok(())
    }
}

/// The fields of a line.
struct Fields<'r> {
    text: &'r Text<'r>,
    record: &'r StringRecord,
}

impl Fields<'_> {
    fn key(&self, column: usize) -> Place {
        Place::none().key(self.text.names.get(column).map_or("", String::as_str))
    }
}

impl Row for Fields<'_> {
    fn text(&self, column: usize) -> Result<Option<Cow<'_, str>>> {
        Ok(self.record.get(column).filter(|text| !text.is_empty()).map(Cow::Borrowed))
    }

    fn number(&self, column: usize) -> Result<Option<f64>> {
        let text = self.record.get(column).filter(|text| !text.is_empty());
        text.map(|text| number(text).map_err(|error| error.at(self.key(column)))).transpose()
    }

    fn four(&self, column: usize) -> Result<Option<[f64; 4]>> {
        let Some(text) = self.record.get(column).filter(|text| !text.is_empty()) else { return Ok(None) };
        let inner = text.trim_matches(|c: char| matches!(c, '[' | ']' | '(' | ')') || c.is_whitespace());
        let words = inner.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty());
        let mut numbers = Vec::new();
        for word in words {
            numbers.push(number(word).map_err(|error| error.at(self.key(column)))?);
        }
        let count = numbers.len();
        <[f64; 4]>::try_from(numbers).map(Some).map_err(|_| {
            Error::new(ErrorKind::Format, format!("{count} numbers where a box has 4")).at(self.key(column))
        })
    }

    fn place(&self) -> Place {
        let place = Place::none().file(&self.text.path);
        self.record.position().map_or(place.clone(), |position| place.line(position.line()))
    }
}
