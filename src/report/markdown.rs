//! The headline, the classes and the comparison as Markdown tables, as GitHub and Pandoc read them.
//!
//! Invariant: nothing in a name ends a cell or starts markup: pipes, brackets, backticks, stars, underscores and
//! angle brackets are escaped, line ends become blanks.

use super::Report;
use super::grid::Grid;

/// The tables, each under a heading.
pub(super) fn write(report: &Report) -> String {
    let mut text = String::new();
    if !report.title.is_empty() {
        text.push_str(&format!("## {}\n\n", escaped(&report.title)));
    }
    for coverage in report.incomplete() {
        text.push_str(&format!("**Only {}.**\n\n", escaped(&coverage.sentence())));
    }
    let whose = report.whose().unwrap_or_default();
    section(&mut text, &report.protocol, &Grid::of_figures(&report.headline), &whose);
    if let Some(comparison) = &report.comparison {
        section(&mut text, "Comparison", &Grid::of_comparison(comparison), &comparison.method);
    }
    for breakdown in &report.breakdowns {
        section(&mut text, &breakdown.name, &Grid::of_figures(&breakdown.figures), &breakdown.note);
    }
    for table in report.classes.iter().chain(&report.tables) {
        section(&mut text, &table.name, &Grid::of_table(table), &table.note);
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn section(text: &mut String, title: &str, grid: &Grid, note: &str) {
    if grid.rows.is_empty() {
        return;
    }
    if !title.is_empty() {
        text.push_str(&format!("### {}\n\n", escaped(title)));
    }
    let mut row = |cells: &mut dyn Iterator<Item = String>| {
        text.push('|');
        cells.for_each(|cell| text.push_str(&format!(" {cell} |")));
        text.push('\n');
    };
    row(&mut grid.heads.iter().map(|head| escaped(&head.text)));
    row(&mut grid.heads.iter().map(|head| if head.right { "---:" } else { ":---" }.to_owned()));
    for cells in &grid.rows {
        row(&mut cells.iter().map(|cell| escaped(cell)));
    }
    text.push('\n');
    if !note.is_empty() {
        text.push_str(&format!("{}\n\n", escaped(note)));
    }
}

/// A text that Markdown shows as it is.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '#' | '~' | '$' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::Table;
    use super::*;

    #[test]
    fn a_name_stays_in_its_cell_and_is_no_markup() {
        let names = ["a|b", "<b>x</b>", "new\nline", "__init__", "[x](y)", r"\|"];
        let table = Table::new("classes").text("class", names).float("AP", [0.5]);
        let text = write(&Report { classes: Some(table), ..Report::default() });
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..5], ["### classes", "", "| class | AP |", "| :--- | ---: |", r"| a\|b | 0.500 |"]);
        assert_eq!(lines[5], "| &lt;b&gt;x&lt;/b&gt; | – |");
        assert_eq!(
            lines[6..],
            ["| new line | – |", r"| \_\_init\_\_ | – |", r"| \[x\](y) | – |", r"| \\\| | – |"]
        );
    }

    #[test]
    fn an_empty_report_is_an_empty_line() {
        assert_eq!(write(&Report::default()), "\n");
    }
}
