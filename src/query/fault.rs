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

/// Of these names the ones most like what was asked for, best first, three at most.
pub(super) fn nearest<'a>(asked: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let lower = asked.to_lowercase();
    let mut ranked: Vec<(usize, &str)> = names
        .into_iter()
        .map(|name| (distance(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= (name.chars().count().max(lower.chars().count()) / 3).max(2))
        .collect();
    ranked.sort();
    ranked.dedup();
    ranked.into_iter().take(3).map(|(_, name)| name).collect()
}

/// How many letters have to be added, taken away or changed to make one text of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, own) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, other) in b.iter().enumerate() {
            let at = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX - 1);
            let changed = at(&row, j) + usize::from(own != *other);
            next.push(changed.min(at(&row, j + 1) + 1).min(at(&next, j) + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_like_the_one_asked_for_come_first_and_others_not_at_all() {
        let names = ["width", "height", "file_name", "area", "crowded"];
        assert_eq!(nearest("widht", names), ["width"]);
        assert_eq!(nearest("Crowd", names), ["crowded"]);
        assert!(nearest("zzzzzz", names).is_empty());
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
