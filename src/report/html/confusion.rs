//! The confusion matrix, or how often two things are seen together: a table with numbers where it is small, a picture with names along it where it is not.
//!
//! Rows are shares of themselves in colour. A table of the largest confusions says the same in words.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::heat;
use super::markup::Markup;
use super::sheet::Frame;
use crate::report::{Matrix, Report, number};

/// A matrix with more columns is a picture.
const TABLE: usize = 22;
/// A matrix with more rows or columns has no names along it.
const NAMED: usize = 200;
/// As many cells can be read by pointing at them.
const READ: usize = 20_000;

/// The matrix and its largest confusions.
pub(super) fn write(m: &mut Markup, report: &Report) {
    let Some(matrix) = &report.matrix else { return };
    m.element("figure", &[("class", "confusion")], |m| {
        m.element("figcaption", &[], |m| {
            m.leaf("h3", &[], title(matrix));
            let axes = match matrix.symmetric {
                true => String::new(),
                false => format!("Rows are {}, columns are {}. ", matrix.row_axis, matrix.column_axis),
            };
            let rule =
                if matrix.rule.is_empty() { String::new() } else { format!("Counted by: {}. ", matrix.rule) };
            let colours = match matrix.symmetric {
                true => "Colours show shares of the blue cell of the row.",
                false => "Colours show shares of a row: blue where names agree.",
            };
            m.leaf("p", &[], &format!("{axes}{rule}{colours}"));
        });
        if matrix.columns.len() <= TABLE && matrix.rows.len() <= TABLE {
            table(m, matrix);
        } else {
            picture(m, matrix);
        }
    });
    largest(m, matrix);
}

fn title(matrix: &Matrix) -> &str {
    if matrix.name.is_empty() { "Confusion matrix" } else { &matrix.name }
}

fn table(m: &mut Markup, matrix: &Matrix) {
    let rows = matrix.rows.len();
    let frame = (0..matrix.columns.len()).fold(
        Frame::new(rows).names("", matrix.rows.iter().map(String::as_str)),
        |frame, column| {
            let most = (0..rows).map(|row| matrix.count(row, column)).max().unwrap_or(0);
            frame.numbers("", number::whole(most).len())
        },
    );
    frame.around(m, title(matrix), |m| {
        m.element("table", &[("class", "cells")], |m| {
            m.leaf("caption", &[("class", "unseen")], title(matrix));
            m.element("thead", &[], |m| {
                m.element("tr", &[], |m| {
                    m.leaf("td", &[], "");
                    for name in &matrix.columns {
                        m.element("th", &[("scope", "col"), ("title", name)], |m| m.leaf("bdi", &[], name));
                    }
                });
            });
            m.element("tbody", &[], |m| {
                for (row, name) in matrix.rows.iter().enumerate() {
                    let sum = matrix.whole(row);
                    m.element("tr", &[], |m| {
                        m.element("th", &[("scope", "row"), ("title", name)], |m| m.leaf("bdi", &[], name));
                        for column in 0..matrix.columns.len() {
                            cell(m, matrix, row, column, sum);
                        }
                    });
                }
            });
        });
    });
}

fn cell(m: &mut Markup, matrix: &Matrix, row: usize, column: usize, sum: u64) {
    let count = matrix.count(row, column);
    if count == 0 {
        m.leaf("td", &[("class", "none")], "·");
        return;
    }
    let class = if matrix.agrees(row, column) { "agree" } else { "differ" };
    let style = format!("--s:{:.0}%", heat::strength(count, sum) * 78.0);
    m.leaf("td", &[("class", class), ("style", &style)], &number::whole(count));
}

fn picture(m: &mut Markup, matrix: &Matrix) {
    let Some(file) = heat::png(matrix) else { return };
    let (rows, columns) = (matrix.rows.len(), matrix.columns.len());
    let named = rows <= NAMED && columns <= NAMED;
    let data = format!("data:image/png;base64,{}", STANDARD.encode(file));
    m.element("div", &[("class", "zoom"), ("hidden", "")], |m| {
        m.leaf("button", &[("type", "button"), ("data-zoom", "0.8"), ("aria-label", "smaller")], "−");
        m.leaf("button", &[("type", "button"), ("data-zoom", "1.25"), ("aria-label", "larger")], "+");
        m.leaf("output", &[], "Point at a cell to read it.");
    });
    Frame::new(rows).around(m, title(matrix), |m| {
        let size = format!("--rows:{rows};--columns:{columns};--start:{}px", if named { 11 } else { 2 });
        let cells = readable(matrix);
        m.element("div", &[("class", "heat"), ("style", &size), ("data-cells", &cells)], |m| {
            if named {
                names(m, "columns", &matrix.columns);
                names(m, "rows", &matrix.rows);
            }
            let what =
                format!("{} of {rows} by {columns} names; the largest are listed below", title(matrix));
            m.void("img", &[("src", &data), ("alt", &what), ("draggable", "false")]);
        });
    });
    if !named {
        // What is not written along the picture is still needed to read it.
        m.element("div", &[("hidden", ""), ("class", "unwritten")], |m| {
            names(m, "columns", &matrix.columns);
            names(m, "rows", &matrix.rows);
        });
    }
}

fn names(m: &mut Markup, class: &str, names: &[String]) {
    m.element("ol", &[("class", class), ("aria-hidden", "true")], |m| {
        for name in names {
            m.element("li", &[], |m| m.leaf("bdi", &[], name));
        }
    });
}

/// Row, column and count of cells that are not 0, for the script; nothing where there are too many.
fn readable(matrix: &Matrix) -> String {
    let mut text = String::new();
    let mut found = 0;
    for row in 0..matrix.rows.len() {
        for column in 0..matrix.columns.len() {
            let count = matrix.count(row, column);
            if count > 0 {
                text.push_str(&format!("{row},{column},{count};"));
                found += 1;
            }
            if found > READ {
                return "-".to_owned();
            }
        }
    }
    text
}

fn largest(m: &mut Markup, matrix: &Matrix) {
    let largest = matrix.confusions(12);
    if largest.is_empty() {
        return;
    }
    m.element("figure", &[("class", "sheet")], |m| {
        let (heading, about) = match matrix.symmetric {
            true => ("Most often together", "The largest counts of two different names"),
            false => ("Most confused", "The largest counts of cells whose names differ"),
        };
        m.element("figcaption", &[], |m| m.leaf("h3", &[], heading));
        let names = |names: &[String], at: usize| names.get(at).cloned().unwrap_or_default();
        let (rows, columns): (Vec<String>, Vec<String>) =
            largest.iter().map(|(r, c, _)| (names(&matrix.rows, *r), names(&matrix.columns, *c))).unzip();
        let frame = Frame::new(largest.len())
            .names("", rows.iter().map(String::as_str))
            .names("", columns.iter().map(String::as_str))
            .numbers("count", 9)
            .numbers("% of the row", 5);
        frame.around(m, heading, |m| {
            m.element("table", &[("class", "sortable")], |m| {
                m.leaf("caption", &[("class", "unseen")], about);
                m.element("thead", &[], |m| {
                    m.element("tr", &[], |m| {
                        let axes = [(&matrix.row_axis, "row"), (&matrix.column_axis, "column")];
                        for (axis, plain) in axes {
                            m.leaf(
                                "th",
                                &[("scope", "col"), ("class", "text")],
                                if axis.is_empty() { plain } else { axis },
                            );
                        }
                        m.leaf("th", &[("scope", "col"), ("class", "num")], "count");
                        m.leaf("th", &[("scope", "col"), ("class", "num")], "% of the row");
                    });
                });
                m.element("tbody", &[], |m| {
                    for (row, column, count) in largest {
                        let share = count as f64 / matrix.whole(row).max(1) as f64 * 100.0;
                        let name = |names: &[String], at: usize| names.get(at).cloned().unwrap_or_default();
                        m.element("tr", &[], |m| {
                            m.element("td", &[("class", "text")], |m| {
                                m.leaf("bdi", &[("class", "name")], &name(&matrix.rows, row))
                            });
                            m.element("td", &[("class", "text")], |m| {
                                m.leaf("bdi", &[("class", "name")], &name(&matrix.columns, column))
                            });
                            m.leaf(
                                "td",
                                &[("class", "num"), ("data-v", &count.to_string())],
                                &number::whole(count),
                            );
                            m.leaf(
                                "td",
                                &[("class", "num"), ("data-v", &share.to_string())],
                                &number::fixed(share, 1),
                            );
                        });
                    }
                });
            });
        });
    });
}
