//! Tables of a page: sorted and filtered by the reader, in a [`Frame`] that scrolls where they are too wide.
//!
//! Without scripts they are plain tables in the order given. On paper nothing scrolls: the frame says how many
//! characters a row is, by which the page makes its type small enough.

use super::markup::Markup;
use crate::report::{Cells, Column, Report, Table, grid};

/// From how many rows a table can be filtered.
const FILTERED: usize = 12;
/// A table of more rows scrolls within its frame instead of making the page longer.
const SHORT: usize = 40;
/// Names are given as much room as this; longer ones take more lines.
const NAME: usize = 36;
/// The space between two columns, in characters.
const GAP: usize = 2;

/// What a table stands in: as wide as the page, with as much room for names as they need.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Frame {
    rows: usize,
    /// The longest name, in characters.
    name: usize,
    /// A row, in characters.
    row: usize,
}

impl Frame {
    /// Of so many rows, without columns.
    pub(super) fn new(rows: usize) -> Frame {
        Frame { rows, ..Frame::default() }
    }

    /// With a column of names under a heading; it may take several lines.
    #[must_use]
    pub(super) fn names<'a>(self, heading: &str, names: impl Iterator<Item = &'a str>) -> Frame {
        let longest = names.map(length).max().unwrap_or(0).max(word(heading)).min(NAME);
        Frame { name: self.name.max(longest), row: self.row + longest + GAP, ..self }
    }

    /// With a column in which nothing is broken, of at most so many characters a line.
    #[must_use]
    pub(super) fn numbers(self, heading: &str, longest: usize) -> Frame {
        Frame { row: self.row + longest.max(word(heading)) + GAP, ..self }
    }

    /// Writes the frame around a table.
    pub(super) fn around(self, m: &mut Markup, name: &str, table: impl FnOnce(&mut Markup)) {
        let label = format!("{name}, scrollable");
        let style = format!("--name:{};--row:{}", self.name, self.row);
        let class = if self.rows > SHORT { "box long" } else { "box" };
        let attributes = [
            ("class", class),
            ("style", &style),
            ("tabindex", "0"),
            ("role", "region"),
            ("aria-label", &label),
        ];
        m.element("div", &attributes, table);
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// The longest word of a heading, which is broken between words alone.
fn word(heading: &str) -> usize {
    heading.split_whitespace().map(length).max().unwrap_or(0)
}

/// The table of classes and all others.
pub(super) fn write(m: &mut Markup, report: &Report) {
    for table in report.classes.iter().chain(&report.tables) {
        one(m, table);
    }
}

fn one(m: &mut Markup, table: &Table) {
    let rows = table.rows();
    m.element("figure", &[("class", "sheet")], |m| {
        m.element("figcaption", &[], |m| {
            m.leaf("h3", &[], &table.name);
            if !table.note.is_empty() {
                m.leaf("p", &[], &table.note);
            }
            if rows >= FILTERED {
                // Shown by the script that makes it work.
                m.element("label", &[("class", "filter"), ("hidden", "")], |m| {
                    m.text("Filter ");
                    m.void("input", &[("type", "search"), ("autocomplete", "off"), ("spellcheck", "false")]);
                    m.leaf("output", &[], "");
                });
            }
        });
        frame(table).around(m, &table.name, |m| {
            m.element("table", &[("class", "sortable")], |m| {
                m.leaf("caption", &[("class", "unseen")], &table.name);
                m.element("thead", &[], |m| {
                    m.element("tr", &[], |m| table.columns.iter().for_each(|column| head(m, column)));
                });
                m.element("tbody", &[], |m| {
                    let bars: Vec<bool> = table.columns.iter().map(is_shares).collect();
                    for row in 0..rows {
                        m.element("tr", &[], |m| {
                            for (at, (column, bar)) in table.columns.iter().zip(&bars).enumerate() {
                                cell(m, column, row, *bar, at == 0);
                            }
                        });
                    }
                });
            });
        });
    });
}

/// The frame of a table by its longest cells.
fn frame(table: &Table) -> Frame {
    let rows = table.rows();
    table.columns.iter().fold(Frame::new(rows), |frame, column| {
        let heading = grid::heading(column);
        match &column.cells {
            Cells::Text(names) => frame.names(&heading, names.iter().map(String::as_str)),
            _ => {
                let longest = (0..rows).map(|row| length(&grid::cell(column, row))).max().unwrap_or(0);
                frame.numbers(&heading, longest)
            }
        }
    })
}

fn head(m: &mut Markup, column: &Column) {
    let class = if column.cells.is_text() { "text" } else { "num" };
    let mut attributes = vec![("scope", "col"), ("class", class)];
    if !column.note.is_empty() {
        attributes.push(("title", &column.note));
    }
    m.element("th", &attributes, |m| m.text(&grid::heading(column)));
}

fn cell(m: &mut Markup, column: &Column, row: usize, bar: bool, first: bool) {
    let text = grid::cell(column, row);
    if column.cells.is_text() {
        let name = |m: &mut Markup| m.leaf("bdi", &[("class", "name")], &text);
        if first {
            m.element("th", &[("scope", "row"), ("class", "text")], name);
        } else {
            m.element("td", &[("class", "text")], name);
        }
        return;
    }
    let value = column.cells.number(row);
    let raw = value.map(|x| x.to_string()).unwrap_or_default();
    let filled = value.filter(|_| bar).map(|x| format!("--v:{x:.3}"));
    let mut attributes = vec![("data-v", raw.as_str())];
    if let Some(filled) = &filled {
        attributes.extend([("class", "num bar"), ("style", filled)]);
    } else {
        attributes.push(("class", "num"));
    }
    m.leaf("td", &attributes, &text);
}

/// True if all numbers are shares, which a bar can show.
fn is_shares(column: &Column) -> bool {
    match &column.cells {
        Cells::Float(_) | Cells::Percent(_) => {
            let mut numbers = (0..column.cells.len()).filter_map(|row| column.cells.number(row)).peekable();
            numbers.peek().is_some() && numbers.all(|x| (0.0..=1.0).contains(&x))
        }
        _ => false,
    }
}
