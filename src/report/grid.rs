//! [`Grid`]: a table as text, before it takes the form of a terminal, Markdown or LaTeX.
//!
//! Invariant: every row has as many cells as there are headings. Cells are plain text, not escaped for any form.

use super::number::{self, MISSING};
use super::{Cells, Column, Comparison, Figure, Table};

/// A heading and how what is under it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) text: String,
    /// Numbers stand at the right, words at the left.
    pub(super) right: bool,
}

/// Headings and rows of text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Grid {
    pub(super) heads: Vec<Head>,
    pub(super) rows: Vec<Vec<String>>,
}

fn left(text: &str) -> Head {
    Head { text: text.to_owned(), right: false }
}

fn right(text: &str) -> Head {
    Head { text: text.to_owned(), right: true }
}

/// A cell of a column as text; an empty word where words are missing.
pub(super) fn cell(column: &Column, row: usize) -> String {
    let missing = || MISSING.to_owned();
    match &column.cells {
        Cells::Text(cells) => cells.get(row).cloned().unwrap_or_default(),
        Cells::Int(cells) => cells.get(row).copied().flatten().map_or_else(missing, number::integer),
        Cells::Float(_) => {
            let places = column.places.unwrap_or(3);
            column.cells.number(row).map_or_else(missing, |x| number::fixed(x, places))
        }
        Cells::Percent(_) => {
            let places = column.places.unwrap_or(1);
            column.cells.number(row).map_or_else(missing, |x| number::fixed(x * 100.0, places))
        }
    }
}

/// The heading of a column, with the unit of percentages.
pub(super) fn heading(column: &Column) -> String {
    match column.cells {
        Cells::Percent(_) => format!("{} %", column.name),
        _ => column.name.clone(),
    }
}

impl Grid {
    /// All rows of a table.
    pub(super) fn of_table(table: &Table) -> Grid {
        let rows: Vec<usize> = (0..table.rows()).collect();
        Grid::of_rows(table, &rows)
    }

    /// Some rows of a table, in the order given.
    pub(super) fn of_rows(table: &Table, rows: &[usize]) -> Grid {
        let head = |column: &Column| Head { text: heading(column), right: !column.cells.is_text() };
        Grid {
            heads: table.columns.iter().map(head).collect(),
            rows: rows
                .iter()
                .map(|row| table.columns.iter().map(|column| cell(column, *row)).collect())
                .collect(),
        }
    }

    /// One figure a row: key, value, interval where any has one, label.
    pub(super) fn of_figures(figures: &[Figure]) -> Grid {
        let unsure = figures.iter().any(|figure| !number::uncertainty(figure).is_empty());
        let labelled = figures.iter().any(|figure| !figure.label.is_empty());
        let mut grid = Grid { heads: vec![left("figure"), right("value")], rows: Vec::new() };
        if unsure {
            grid.heads.push(left("interval"));
        }
        if labelled {
            grid.heads.push(left("what it is"));
        }
        for figure in figures {
            let mut row = vec![figure.key.clone(), with_unit(figure)];
            if unsure {
                row.push(number::uncertainty(figure));
            }
            if labelled {
                row.push(figure.label.clone());
            }
            grid.rows.push(row);
        }
        grid
    }

    /// One run a row: each figure's value, and its difference and p where any run has them.
    pub(super) fn of_comparison(comparison: &Comparison) -> Grid {
        let mut grid = Grid { heads: vec![left("run")], rows: Vec::new() };
        grid.rows.extend(comparison.runs.iter().map(|run| vec![run.name.clone()]));
        for key in comparison.keys() {
            let cells: Vec<_> = comparison.runs.iter().map(|run| run.get(key)).collect();
            let mut add = |head: String, text: &dyn Fn(&super::Compared) -> String| {
                grid.heads.push(right(&head));
                for (row, cell) in grid.rows.iter_mut().zip(&cells) {
                    row.push(cell.map_or_else(|| MISSING.to_owned(), text));
                }
            };
            add(key.to_owned(), &|c| number::mean(&c.figure));
            if cells.iter().flatten().any(|c| c.delta.is_some()) {
                add(format!("Δ {key}"), &|c| number::difference(c.delta, c.figure.unit));
            }
            if cells.iter().flatten().any(|c| c.p.is_some()) {
                add("p".to_owned(), &|c| marked_p(comparison, c));
            }
        }
        grid
    }

    /// One figure of one run a row, for narrow forms: figure, run, value, difference, its interval, p.
    pub(super) fn of_comparison_long(comparison: &Comparison) -> Grid {
        let heads =
            vec![left("figure"), left("run"), right("value"), right("Δ"), left("interval of Δ"), right("p")];
        let mut rows = Vec::new();
        for key in comparison.keys() {
            for run in &comparison.runs {
                let Some(c) = run.get(key) else { continue };
                let unit = c.figure.unit;
                let interval = match c.low.zip(c.high) {
                    Some((low, high)) => {
                        format!(
                            "[{}, {}]",
                            number::difference(Some(low), unit),
                            number::difference(Some(high), unit)
                        )
                    }
                    None => String::new(),
                };
                rows.push(vec![
                    key.to_owned(),
                    run.name.clone(),
                    number::mean(&c.figure),
                    number::difference(c.delta, unit),
                    interval,
                    marked_p(comparison, c),
                ]);
            }
        }
        Grid { heads, rows }
    }
}

/// The value, with `%` where that is its unit.
pub(super) fn with_unit(figure: &Figure) -> String {
    let text = number::in_unit(figure.value, figure.unit);
    if figure.unit == super::Unit::Percent && text != MISSING { format!("{text} %") } else { text }
}

/// The p-value, with a star where it is below the level.
pub(super) fn marked_p(comparison: &Comparison, compared: &super::Compared) -> String {
    let star = if comparison.is_significant(compared) { " *" } else { "" };
    format!("{}{star}", number::p_value(compared.p))
}

#[cfg(test)]
mod tests {
    use super::super::{Compared, Run};
    use super::*;

    #[test]
    fn a_table_becomes_text_with_numbers_at_the_right() {
        let table =
            Table::new("classes").text("class", ["a", ""]).int("n", [1200, 3]).percent("recall", [0.5]);
        let grid = Grid::of_table(&table);
        assert_eq!(grid.heads.iter().map(|h| h.right).collect::<Vec<_>>(), [false, true, true]);
        assert_eq!(grid.heads[2].text, "recall %");
        assert_eq!(grid.rows, [["a", "1,200", "50.0"], ["", "3", MISSING]]);
    }

    #[test]
    fn a_comparison_has_differences_and_p_only_where_a_run_has_them() {
        let first = Run { name: "a".into(), figures: vec![Compared::new(Figure::new("AP", "", 0.4))] };
        let alone = Comparison::new("", vec![first.clone()]);
        assert_eq!(Grid::of_comparison(&alone).heads.len(), 2);
        let better =
            Compared::new(Figure::new("AP", "", 0.45).spread(0.002)).delta(0.05).between(0.01, 0.09).p(0.004);
        let both = Comparison::new("", vec![first, Run { name: "b".into(), figures: vec![better] }]);
        let rows = Grid::of_comparison(&both).rows;
        assert_eq!(rows, [["a", "0.400", "–", "–"], ["b", "0.450 ± 0.002", "+0.050", "0.004 *"]]);
        let long = Grid::of_comparison_long(&both).rows;
        assert_eq!(long[1], ["AP", "b", "0.450 ± 0.002", "+0.050", "[+0.010, +0.090]", "0.004 *"]);
    }
}
