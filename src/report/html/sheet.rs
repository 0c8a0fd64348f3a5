//! Tables of a page: sorted and filtered by the reader, scrolled in a box of their own.
//!
//! Without scripts they are plain tables in the order given.

use super::markup::Markup;
use crate::report::{Cells, Column, Report, Table, grid};

/// From how many rows a table can be filtered.
const FILTERED: usize = 12;

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
        let label = format!("{}, scrollable", table.name);
        m.element(
            "div",
            &[("class", "box"), ("tabindex", "0"), ("role", "region"), ("aria-label", &label)],
            |m| {
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
            },
        );
    });
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
    let filled = value.filter(|_| bar).map(|x| format!("--v:{:.1}%", x * 100.0));
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
