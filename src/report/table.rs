//! [`Table`]: named columns of text and numbers, one row a class, a threshold, an image.
//!
//! Invariant: none on lengths. A table has as many rows as its longest column, and a shorter column ends in missing
//! cells; so no table is malformed. Sorting and selecting rows is the reader's.

use serde::{Deserialize, Serialize};

use super::figure::finite;

/// The cells of a column, all of one kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// Names and words; an empty one is missing.
    Text(Vec<String>),
    /// Whole numbers.
    Int(Vec<Option<i64>>),
    /// Numbers, written with the column's places.
    Float(Vec<Option<f64>>),
    /// Shares of 0 to 1, written in per cent.
    Percent(Vec<Option<f64>>),
}

impl Cells {
    /// How many cells there are.
    pub fn len(&self) -> usize {
        match self {
            Cells::Text(cells) => cells.len(),
            Cells::Int(cells) => cells.len(),
            Cells::Float(cells) | Cells::Percent(cells) => cells.len(),
        }
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number in a row; `None` where it is missing or text.
    pub fn number(&self, row: usize) -> Option<f64> {
        match self {
            Cells::Text(_) => None,
            Cells::Int(cells) => cells.get(row).copied().flatten().map(|n| n as f64),
            Cells::Float(cells) | Cells::Percent(cells) => finite(cells.get(row).copied().flatten()),
        }
    }

    /// True for words.
    pub fn is_text(&self) -> bool {
        matches!(self, Cells::Text(_))
    }
}

/// A named column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its heading, unique in the table.
    pub name: String,
    /// What it is, for people who do not know the heading; may be empty.
    pub note: String,
    /// Places after the point of floats (3 unless told) and percentages (1 unless told).
    pub places: Option<u8>,
    /// Its cells, top to bottom.
    pub cells: Cells,
}

/// A table of named columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// What its rows are: `classes`, `operating points`.
    pub name: String,
    /// A sentence for people; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Left to right.
    pub columns: Vec<Column>,
}

impl Table {
    /// A table without columns.
    pub fn new(name: impl Into<String>) -> Table {
        Table { name: name.into(), ..Table::default() }
    }

    /// The table with a sentence for people.
    #[must_use]
    pub fn note(self, note: impl Into<String>) -> Table {
        Table { note: note.into(), ..self }
    }

    /// The table with a column of words.
    #[must_use]
    pub fn text<T: Into<String>>(self, name: impl Into<String>, cells: impl IntoIterator<Item = T>) -> Table {
        self.column(name, Cells::Text(cells.into_iter().map(Into::into).collect()))
    }

    /// The table with a column of whole numbers.
    #[must_use]
    pub fn int<T: Into<Option<i64>>>(
        self,
        name: impl Into<String>,
        cells: impl IntoIterator<Item = T>,
    ) -> Table {
        self.column(name, Cells::Int(cells.into_iter().map(Into::into).collect()))
    }

    /// The table with a column of numbers; NaN and infinities are missing.
    #[must_use]
    pub fn float<T: Into<Option<f64>>>(
        self,
        name: impl Into<String>,
        cells: impl IntoIterator<Item = T>,
    ) -> Table {
        self.column(name, Cells::Float(cells.into_iter().map(|x| finite(x.into())).collect()))
    }

    /// The table with a column of shares (0 to 1) to be written in per cent; NaN and infinities are missing.
    #[must_use]
    pub fn percent<T: Into<Option<f64>>>(
        self,
        name: impl Into<String>,
        cells: impl IntoIterator<Item = T>,
    ) -> Table {
        self.column(name, Cells::Percent(cells.into_iter().map(|x| finite(x.into())).collect()))
    }

    /// The table with a column.
    #[must_use]
    pub fn column(mut self, name: impl Into<String>, cells: Cells) -> Table {
        self.columns.push(Column { name: name.into(), note: String::new(), places: None, cells });
        self
    }

    /// The table with a note on its last column.
    #[must_use]
    pub fn explained(mut self, note: impl Into<String>) -> Table {
        if let Some(column) = self.columns.last_mut() {
            column.note = note.into();
        }
        self
    }

    /// The table, its last column written with that many places after the point.
    #[must_use]
    pub fn places(mut self, places: u8) -> Table {
        if let Some(column) = self.columns.last_mut() {
            column.places = Some(places);
        }
        self
    }

    /// How many rows there are: the length of the longest column.
    pub fn rows(&self) -> usize {
        self.columns.iter().map(|column| column.cells.len()).max().unwrap_or(0)
    }

    /// The column of a name.
    pub fn get(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The first column of shares, by which rows are best told apart: the metric of a table of classes.
    pub(super) fn metric(&self) -> Option<&Column> {
        self.columns.iter().find(|column| matches!(column.cells, Cells::Float(_) | Cells::Percent(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_column_ends_in_missing_cells() {
        let table =
            Table::new("classes").text("class", ["a", "b", "c"]).int("n", [1]).float("AP", [0.5, f64::NAN]);
        assert_eq!(table.rows(), 3);
        let numbers = |name: &str| -> Vec<Option<f64>> {
            (0..3).map(|row| table.get(name).and_then(|c| c.cells.number(row))).collect()
        };
        assert_eq!(numbers("n"), [Some(1.0), None, None]);
        assert_eq!(numbers("AP"), [Some(0.5), None, None]);
        assert_eq!(table.metric().map(|c| c.name.as_str()), Some("AP"));
    }
}
