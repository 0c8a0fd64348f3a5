//! What polars says went wrong, said as ours.

use polars::prelude::PolarsError;

use crate::error::{Error, ErrorKind, Place};

/// The most letters of a message.
const MOST: usize = 300;

/// An error of polars: its kind, and its first line, which says what.
pub(super) fn of(error: PolarsError) -> Error {
    let kind = match &error {
        PolarsError::ColumnNotFound(_) | PolarsError::SchemaFieldNotFound(_) | PolarsError::Duplicate(_) => {
            ErrorKind::Key
        }
        PolarsError::SchemaMismatch(_)
        | PolarsError::InvalidOperation(_)
        | PolarsError::StructFieldNotFound(_) => ErrorKind::Type,
        PolarsError::ShapeMismatch(_) => ErrorKind::Length,
        PolarsError::OutOfBounds(_) => ErrorKind::Index,
        PolarsError::NoData(_) => ErrorKind::Usage,
        PolarsError::IO { .. } => ErrorKind::Io,
        _ => ErrorKind::Usage,
    };
    let text = error.to_string();
    let first = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("polars gives no reason");
    // Where polars has no words of its own it prints the parts of the statement as its program has them.
    if first.contains("Span") || first.contains(" { ") {
        return Error::new(ErrorKind::Unsupported, "a part of the question is no SQL that polars answers")
            .at(Place::area("query"))
            .remedy("ask it in another way; subqueries stand behind IN, in FROM and in WITH")
            .caused_by(error);
    }
    let short: String = first.chars().take(MOST).collect();
    Error::new(kind, short.trim_end_matches('.').to_owned()).at(Place::area("query")).caused_by(error)
}
