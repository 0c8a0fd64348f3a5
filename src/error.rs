//! The one error type: what went wrong, where, and what to do about it.
//!
//! [`Error`] is one word wide and cheap to clone, so that a failure found once (a batch that does not
//! validate, say) can be reported for every row it touches. It carries an [`ErrorKind`] to match on, a
//! [`Place`] to go and look at, a sentence for people and, where there is one, a remedy.
//!
//! The text reads `format: file line N row N key 'k': what; remedy`, absent parts left out.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// The result of everything that can fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of failure an [`Error`] is: the part a program branches on.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The operating system failed to read or write.
    Io,
    /// A file, dataset, version, view or format that was named does not exist.
    NotFound,
    /// Something that must not be replaced is already there.
    AlreadyExists,
    /// The operating system refused access.
    Permission,
    /// The disk is full, or would be.
    NoSpace,
    /// An argument makes no sense by itself or beside the others.
    Usage,
    /// A key name is unknown or used twice.
    Key,
    /// A row or key position lies outside its range.
    Index,
    /// Two things that must be equally long are not.
    Length,
    /// A value or column has another type than the operation needs.
    Type,
    /// Foreign input breaks the rules of its format.
    Format,
    /// Input is larger or deeper than the stated limit.
    Limit,
    /// Something this project wrote is damaged.
    Corrupt,
    /// A newer or optional ability is needed that this build does not have.
    Unsupported,
    /// Another writer got there first with a change that cannot be combined with ours.
    Conflict,
    /// Class tables, id types or keys of two sources do not agree.
    Mismatch,
    /// A check that was asked for did not pass.
    Failed,
    /// The job was cancelled (Ctrl-C, or [`crate::job::Job::cancel`]).
    Cancelled,
    /// A getter or a mapped function failed.
    Getter,
}

/// Where a failure or a warning belongs: any part may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    area: Option<Cow<'static, str>>,
    file: Option<String>,
    line: Option<u64>,
    byte: Option<u64>,
    row: Option<u64>,
    key: Option<String>,
}

impl Place {
    /// Nowhere in particular.
    pub fn none() -> Place {
        Place::default()
    }

    /// The format or room that speaks, printed first: `coco`, `store`, `rows`.
    pub fn area(area: impl Into<Cow<'static, str>>) -> Place {
        Place { area: Some(area.into()), ..Place::default() }
    }

    /// Names the file. Bytes that are not UTF-8 are shown escaped.
    #[must_use]
    pub fn file(mut self, file: impl AsRef<Path>) -> Place {
        self.file = Some(file.as_ref().to_string_lossy().into_owned());
        self
    }

    /// Names the line, counted from 1.
    #[must_use]
    pub fn line(mut self, line: u64) -> Place {
        self.line = Some(line);
        self
    }

    /// Names the byte offset from the start of the file, counted from 0.
    #[must_use]
    pub fn byte(mut self, byte: u64) -> Place {
        self.byte = Some(byte);
        self
    }

    /// Names the row, counted from 0.
    #[must_use]
    pub fn row(mut self, row: u64) -> Place {
        self.row = Some(row);
        self
    }

    /// Names the key, as `bbox` or `r50.score`.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Place {
        self.key = Some(key.into());
        self
    }

    /// True if nothing is known of the place.
    pub fn is_none(&self) -> bool {
        *self == Place::default()
    }

    /// The file, if one is named.
    pub fn file_name(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The line, counted from 1, if one is named.
    pub fn line_number(&self) -> Option<u64> {
        self.line
    }

    /// The row, counted from 0, if one is named.
    pub fn row_number(&self) -> Option<u64> {
        self.row
    }

    /// The key, if one is named.
    pub fn key_name(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Fills what this place does not say from `outer`: the reader of a row knows the row, its caller the file.
    #[must_use]
    pub fn within(mut self, outer: &Place) -> Place {
        self.area = self.area.or_else(|| outer.area.clone());
        self.file = self.file.or_else(|| outer.file.clone());
        self.line = self.line.or(outer.line);
        self.byte = self.byte.or(outer.byte);
        self.row = self.row.or(outer.row);
        self.key = self.key.or_else(|| outer.key.clone());
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = Vec::new();
        if let Some(file) = &self.file {
            parts.push(file.clone());
        }
        if let Some(line) = self.line {
            parts.push(format!("line {line}"));
        } else if let Some(byte) = self.byte {
            parts.push(format!("byte {byte}"));
        }
        if let Some(row) = self.row {
            parts.push(format!("row {row}"));
        }
        if let Some(key) = &self.key {
            parts.push(format!("key '{key}'"));
        }
        match (&self.area, parts.is_empty()) {
            (Some(area), true) => f.write_str(area),
            (Some(area), false) => write!(f, "{area}: {}", parts.join(" ")),
            (None, _) => f.write_str(&parts.join(" ")),
        }
    }
}

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    place: Place,
    what: String,
    remedy: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// A failure with a kind, a place, a sentence and perhaps a remedy.
///
/// ```
/// use lensframe::error::{Error, ErrorKind, Place};
/// let e = Error::new(ErrorKind::Format, "xmax 3 < xmin 9")
///     .at(Place::area("voc").file("Annotations/a.xml").line(14))
///     .remedy("use --on-error skip to drop such boxes");
/// assert_eq!(
///     e.to_string(),
///     "voc: Annotations/a.xml line 14: xmax 3 < xmin 9; use --on-error skip to drop such boxes"
/// );
/// assert_eq!(e.kind(), ErrorKind::Format);
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

impl Error {
    /// An error of this kind that says `what` happened, in one sentence without a full stop.
    pub fn new(kind: ErrorKind, what: impl Into<String>) -> Error {
        Error(Arc::new(Inner { kind, place: Place::none(), what: what.into(), remedy: None, source: None }))
    }

    /// An operating-system error, its kind taken from the code, with what was being done: `"open"`, `"write"`.
    pub fn io(doing: &str, error: std::io::Error) -> Error {
        use std::io::ErrorKind as Io;
        let (kind, remedy) = match error.kind() {
            Io::NotFound => (ErrorKind::NotFound, None),
            Io::AlreadyExists => (ErrorKind::AlreadyExists, None),
            Io::PermissionDenied | Io::ReadOnlyFilesystem => {
                (ErrorKind::Permission, Some("check the owner and mode of the file and its folder"))
            }
            Io::StorageFull | Io::QuotaExceeded => (
                ErrorKind::NoSpace,
                Some("free some space or name another place; nothing stored was changed"),
            ),
            _ => (ErrorKind::Io, None),
        };
        let what = format!("cannot {doing}: {}", plain_io(&error));
        Error(Arc::new(Inner {
            kind,
            place: Place::none(),
            what,
            remedy: remedy.map(str::to_owned),
            source: Some(Box::new(error)),
        }))
    }

    /// This error with `place` for whatever its own place does not say yet.
    #[must_use]
    pub fn at(self, place: Place) -> Error {
        self.edit(|e| e.place = std::mem::take(&mut e.place).within(&place))
    }

    /// This error with a remedy: what the reader can do, in the imperative.
    #[must_use]
    pub fn remedy(self, remedy: impl Into<String>) -> Error {
        let remedy = remedy.into();
        self.edit(|e| e.remedy = Some(remedy))
    }

    /// This error with the error that caused it, for `std::error::Error::source`.
    #[must_use]
    pub fn caused_by(self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        let source = source.into();
        self.edit(|e| e.source = Some(source))
    }

    fn edit(mut self, change: impl FnOnce(&mut Inner)) -> Error {
        match Arc::get_mut(&mut self.0) {
            Some(inner) => {
                change(inner);
                self
            }
            None => {
                // Shared: the copy keeps the shared one as its source, so that no cause is lost.
                let mut inner = Inner {
                    kind: self.0.kind,
                    place: self.0.place.clone(),
                    what: self.0.what.clone(),
                    remedy: self.0.remedy.clone(),
                    source: Some(Box::new(self)),
                };
                change(&mut inner);
                Error(Arc::new(inner))
            }
        }
    }

    /// The sort of failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Where it happened.
    pub fn place(&self) -> &Place {
        &self.0.place
    }

    /// The sentence alone, without place and remedy.
    pub fn what(&self) -> &str {
        &self.0.what
    }

    /// What the reader can do about it, if anything is known.
    pub fn remedy_text(&self) -> Option<&str> {
        self.0.remedy.as_deref()
    }

    /// True if the job was cancelled rather than failed.
    pub fn is_cancelled(&self) -> bool {
        self.0.kind == ErrorKind::Cancelled
    }
}

/// The message of an OS error without Rust's ` (os error N)` tail.
fn plain_io(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text.get(..end).unwrap_or(&text).to_lowercase(),
        None => text,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.place.is_none() {
            write!(f, "{}: ", self.0.place)?;
        }
        f.write_str(&self.0.what)?;
        match &self.0.remedy {
            Some(remedy) => write!(f, "; {remedy}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({self})", self.0.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|e| e.as_ref() as _)
    }
}

impl From<arrow_schema::ArrowError> for Error {
    fn from(error: arrow_schema::ArrowError) -> Error {
        match error {
            arrow_schema::ArrowError::IoError(_, io) => Error::io("read or write a table", io),
            other => {
                Error::new(ErrorKind::Corrupt, format!("not a valid Arrow table: {other}")).caused_by(other)
            }
        }
    }
}

impl From<parquet::errors::ParquetError> for Error {
    fn from(error: parquet::errors::ParquetError) -> Error {
        use parquet::errors::ParquetError;
        if let ParquetError::External(inner) = &error
            && let Some(io) = inner.downcast_ref::<std::io::Error>()
        {
            let copy = std::io::Error::new(io.kind(), io.to_string());
            return Error::io("read or write a Parquet file", copy);
        }
        Error::new(ErrorKind::Corrupt, format!("not a valid Parquet file: {error}")).caused_by(error)
    }
}

/// Adds a place to the error of a result.
pub trait ResultExt<T> {
    /// The same result, its error placed; see [`Error::at`].
    fn at(self, place: impl FnOnce() -> Place) -> Result<T>;
}

impl<T, E: Into<Error>> ResultExt<T> for Result<T, E> {
    fn at(self, place: impl FnOnce() -> Place) -> Result<T> {
        self.map_err(|e| e.into().at(place()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_place_wins_and_outer_fills_the_gaps() {
        let e = Error::new(ErrorKind::Format, "bad")
            .at(Place::none().row(3))
            .at(Place::area("coco").file("a").row(9));
        assert_eq!(e.to_string(), "coco: a row 3: bad");
    }

    #[test]
    fn editing_a_shared_error_leaves_the_other_copy_alone() {
        let a = Error::new(ErrorKind::Format, "bad");
        let b = a.clone().remedy("do this");
        assert_eq!(a.to_string(), "bad");
        assert_eq!(b.to_string(), "bad; do this");
    }

    #[test]
    fn io_errors_take_their_kind_from_the_code() {
        let e = Error::io("open", std::io::Error::from_raw_os_error(28));
        assert_eq!(e.kind(), ErrorKind::NoSpace);
        assert!(e.to_string().starts_with("cannot open: no space left on device"), "{e}");
    }

    #[test]
    fn an_error_is_one_word() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
