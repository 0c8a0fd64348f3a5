//! A report as text for a terminal: aligned tables that fit its width.
//!
//! Invariants: no line is wider than the terminal, but for lines that are given verbatim; a name is shown with its
//! control and direction characters written out, so that it cannot steer the terminal; what was left out is said.
//! Widths are those of the Unicode standard, so that Chinese names keep columns in line. No colours.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::grid::{self, Grid};
use super::number;
use super::{Breakdown, Figure, Report, Table, Unit};

/// Between columns.
const GAP: usize = 2;
/// Between panels of one table that stand side by side.
const PANELS: &str = "  │  ";
/// Words are not made narrower than this for other columns' sake.
const NARROW: usize = 12;
/// A table with more rows shows its ends.
const MOST_ROWS: usize = 120;
/// The same of tables beside that of classes.
const MOST_OTHER_ROWS: usize = 40;
/// How many rows of each end.
const END_ROWS: usize = 15;
/// A table with more rows is laid out in panels where there is room.
const PANEL_ROWS: usize = 20;

/// The report for a terminal of so many columns.
pub(super) fn write(report: &Report, width: usize) -> String {
    let mut out = Out { text: String::new(), width: width.max(20) };
    for coverage in report.incomplete() {
        out.paragraph("! ", &format!("only {}", coverage.sentence()));
        if !coverage.missing.is_empty() {
            out.paragraph("  ", &format!("not found: {}", few(&coverage.missing)));
        }
    }
    let title = match (report.title.is_empty(), report.protocol.is_empty()) {
        (false, false) => format!("{} · {}", report.title, report.protocol),
        _ => format!("{}{}", report.title, report.protocol),
    };
    out.block();
    if !title.is_empty() {
        out.paragraph("", &title);
    }
    if let Some(lines) = &report.lines {
        out.block();
        lines.iter().for_each(|line| out.verbatim(line));
    }
    // The reference's own lines say the headline already; what they cannot say is how sure it is.
    let unsure = |figure: &&Figure| report.lines.is_none() || !number::uncertainty(figure).is_empty();
    let figures: Vec<Figure> = report.headline.iter().filter(unsure).cloned().collect();
    out.grid(&report.whose().unwrap_or_default(), &Grid::of_figures(&figures));
    if let Some(comparison) = &report.comparison {
        out.grid("comparison", &Grid::of_comparison_long(comparison));
        out.note(&comparison.method);
    }
    report.breakdowns.iter().for_each(|breakdown| out.breakdown(breakdown));
    report.tables.iter().for_each(|table| out.table(table, MOST_OTHER_ROWS));
    if let Some(classes) = &report.classes {
        out.table(classes, MOST_ROWS);
    }
    if let Some(matrix) = &report.matrix {
        let name = |names: &[String], at: usize| names.get(at).cloned().unwrap_or_default();
        let (word, what) = match matrix.symmetric {
            true => ("and", "most often together"),
            false => ("as", "most confused"),
        };
        let pair = |(r, c, n): &(usize, usize, u64)| {
            format!("{} {word} {} {}", name(&matrix.rows, *r), name(&matrix.columns, *c), number::whole(*n))
        };
        let pairs: Vec<String> = matrix.confusions(5).iter().map(pair).collect();
        if !pairs.is_empty() {
            out.block();
            out.paragraph("", &format!("{what} ({}): {}", matrix.rule, pairs.join(", ")));
        }
    }
    out.block();
    for warning in &report.warnings {
        out.paragraph("! ", warning);
    }
    out.block();
    for fact in &report.provenance {
        out.paragraph("", &format!("{}: {}", fact.key, fact.value));
    }
    out.text.truncate(out.text.trim_end().len());
    out.text.push('\n');
    out.text
}

/// Some names, and how many more there are.
fn few(names: &[String]) -> String {
    let shown = names.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > 5 { format!("{shown}, …") } else { shown }
}

/// The text so far and the width of a line.
struct Out {
    text: String,
    width: usize,
}

impl Out {
    /// An empty line, unless there is one or nothing was written.
    fn block(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn verbatim(&mut self, line: &str) {
        self.text.push_str(&harmless(line));
        self.text.push('\n');
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// Words, broken where the line is full; lines after the first are indented.
    fn paragraph(&mut self, mark: &str, words: &str) {
        let mut line = mark.to_owned();
        let mut empty = true;
        for word in harmless(words).split_whitespace() {
            if !empty && line.width() + 1 + word.width() > self.width {
                self.line(&line);
                line = "  ".to_owned();
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(&fit(word, self.width - line.width().min(self.width)));
            empty = false;
        }
        self.line(&line);
    }

    /// What was left out, or a sentence about what stands above.
    fn note(&mut self, note: &str) {
        if !note.is_empty() {
            self.paragraph("  ", note);
        }
    }

    fn table(&mut self, table: &Table, most: usize) {
        let all = table.rows();
        if all <= most {
            self.grid(&table.name, &Grid::of_table(table));
        } else {
            let (rows, how) = ends(table);
            self.grid(&table.name, &Grid::of_rows(table, &rows));
            let all = number::whole(all as u64);
            self.note(&format!("{how} of {all} {}; JSON, Parquet and the page have all", table.name));
        }
        self.note(&table.note);
    }

    fn breakdown(&mut self, breakdown: &Breakdown) {
        let mut grid = Grid::of_figures(&breakdown.figures);
        let largest = breakdown.figures.iter().filter_map(|f| f.value).fold(0.0, f64::max);
        let shares = breakdown.figures.iter().all(|f| matches!(f.unit, Unit::Share | Unit::Percent));
        let full = if shares { 1.0 } else { largest };
        if full > 0.0 {
            grid.heads.push(grid::Head { text: String::new(), right: false });
            for (row, figure) in grid.rows.iter_mut().zip(&breakdown.figures) {
                row.push(bar(figure.value.unwrap_or(0.0) / full, 20));
            }
        }
        self.grid(&breakdown.name, &grid);
        self.note(&breakdown.note);
    }

    /// A title and a table that fits, in panels where it is long and there is room.
    fn grid(&mut self, title: &str, grid: &Grid) {
        if grid.rows.is_empty() {
            return;
        }
        self.block();
        if !title.is_empty() {
            self.paragraph("", title);
        }
        let columns = fitted(grid, self.width);
        let left_out: Vec<&str> =
            grid.heads.iter().skip(columns.len()).map(|head| head.text.as_str()).collect();
        let wide = columns.iter().sum::<usize>() + GAP * columns.len().saturating_sub(1);
        let room = (self.width + PANELS.width()) / (wide + PANELS.width());
        let most = if grid.rows.len() > PANEL_ROWS { grid.rows.len().div_ceil(8) } else { 1 };
        let panels = room.min(most).max(1);
        let height = grid.rows.len().div_ceil(panels);
        // The last panels of an uneven division may be empty.
        let panels = grid.rows.len().div_ceil(height);
        let heads: Vec<String> = grid.heads.iter().map(|head| head.text.clone()).collect();
        let head = row_text(grid, &columns, &heads);
        let rule = "─".repeat(wide);
        self.line(&vec![head; panels].join(PANELS));
        self.line(&vec![rule; panels].join("──┼──"));
        for at in 0..height {
            let cells: Vec<String> = (0..panels)
                .filter_map(|panel| grid.rows.get(panel * height + at))
                .map(|row| row_text(grid, &columns, row))
                .collect();
            self.line(&cells.join(PANELS));
        }
        let left_out: Vec<&str> = left_out.into_iter().filter(|name| !name.is_empty()).collect();
        if !left_out.is_empty() {
            self.note(&format!("too narrow for: {}", left_out.join(", ")));
        }
    }
}

/// The rows at both ends of a long table by its metric, and the words for them.
fn ends(table: &Table) -> (Vec<usize>, String) {
    let Some(metric) = table.metric() else {
        return ((0..2 * END_ROWS).collect(), format!("the first {}", 2 * END_ROWS));
    };
    let mut known: Vec<(usize, f64)> =
        (0..table.rows()).filter_map(|row| Some((row, metric.cells.number(row)?))).collect();
    known.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut rows: Vec<usize> = known.iter().map(|(row, _)| *row).collect();
    if rows.len() > 2 * END_ROWS {
        rows.drain(END_ROWS..rows.len() - END_ROWS);
    }
    (rows, format!("the {END_ROWS} highest and {END_ROWS} lowest by {}", metric.name))
}

/// The widths of the columns that fit, the first ones; words give way before columns are left out.
fn fitted(grid: &Grid, width: usize) -> Vec<usize> {
    let natural = |(at, head): (usize, &grid::Head)| {
        let cells = grid.rows.iter().filter_map(|row| row.get(at)).map(|cell| harmless(cell).width());
        cells.max().unwrap_or(0).max(harmless(&head.text).width())
    };
    let wanted: Vec<usize> = grid.heads.iter().enumerate().map(natural).collect();
    let narrow = |at: usize| {
        let right = grid.heads.get(at).is_some_and(|head| head.right);
        let wanted = wanted.get(at).copied().unwrap_or(0);
        if right { wanted } else { wanted.min(NARROW) }
    };
    let mut widths: Vec<usize> = Vec::new();
    let mut used = 0;
    for at in 0..wanted.len() {
        let gap = if at == 0 { 0 } else { GAP };
        if at > 0 && used + gap + narrow(at) > width {
            break;
        }
        used += gap + narrow(at).min(width);
        widths.push(narrow(at).min(width));
    }
    // What is left over goes to the words, the first ones first: they are names.
    for (width_now, wanted) in widths.iter_mut().zip(&wanted) {
        let more = wanted.saturating_sub(*width_now).min(width.saturating_sub(used));
        *width_now += more;
        used += more;
    }
    widths
}

/// The cells of a row at their widths.
fn row_text(grid: &Grid, widths: &[usize], cells: &[String]) -> String {
    let mut text = String::new();
    for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
        if at > 0 {
            text.extend(std::iter::repeat_n(' ', GAP));
        }
        let cell = fit(&harmless(cell), *width);
        let pad = width.saturating_sub(cell.width());
        let right = grid.heads.get(at).is_some_and(|head| head.right);
        if right {
            text.extend(std::iter::repeat_n(' ', pad));
        }
        text.push_str(&cell);
        if !right {
            text.extend(std::iter::repeat_n(' ', pad));
        }
    }
    text
}

/// A text in so many columns, its end cut off for an ellipsis where it is longer.
fn fit(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide + 1 > width {
            break;
        }
        used += wide;
        cut.push(c);
    }
    if width > 0 {
        cut.push('…');
    }
    cut
}

/// A bar of a share of so many columns, in eighths of a column.
fn bar(share: f64, columns: u32) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * f64::from(columns) * 8.0).round() as usize;
    format!("{}{}", "█".repeat(eighths / 8), PARTS.get(eighths % 8).unwrap_or(&""))
}

/// A name whose control and direction characters are written out.
fn harmless(text: &str) -> Cow<'_, str> {
    let steers = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| if steers(c) { c.escape_unicode().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(shown).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widest(text: &str) -> usize {
        text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0)
    }

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        let mut report = Report::new("a\u{1b}[2Jb", "p");
        report.classes = Some(Table::new("classes").text("class", ["x\ny\u{202e}z"]));
        let text = report.terminal(80);
        assert!(text.contains("a\\u{1b}[2Jb") && text.contains("x\\u{a}y\\u{202e}z"), "{text}");
    }

    #[test]
    fn words_are_cut_by_their_width_on_the_screen() {
        assert_eq!(fit("信号機と車", 10), "信号機と車");
        assert_eq!(fit("信号機と車", 9), "信号機と…");
        assert_eq!(fit("信号機と車", 8), "信号機…");
        assert_eq!([fit("ab", 1), fit("ab", 0)], ["…", ""]);
    }

    #[test]
    fn columns_give_way_and_are_named_when_they_do() {
        let mut table = Table::new("classes").text("class", ["a very long name of a class indeed"]);
        for name in ["AP", "AP50", "AP75"] {
            table = table.float(name, [0.5]);
        }
        let report = Report { classes: Some(table), ..Report::default() };
        assert!(report.terminal(80).contains("a very long name of a class indeed  0.500  0.500  0.500"));
        let text = report.terminal(24);
        assert!(widest(&text) <= 24, "{text}");
        assert!(text.contains("a very long name…  0.500") && text.contains("too narrow for: AP50"), "{text}");
    }

    #[test]
    fn a_long_table_stands_in_panels_and_a_longer_one_shows_its_ends() {
        let of = |n: usize| {
            let names = (0..n).map(|i| format!("class {i}"));
            let table =
                Table::new("classes").text("class", names).float("AP", (0..n).map(|i| i as f64 / n as f64));
            Report { classes: Some(table), ..Report::default() }.terminal(100)
        };
        let eighty = of(80);
        assert!((0..80).all(|i| eighty.contains(&format!("class {i} "))), "{eighty}");
        assert!(eighty.lines().count() < 30 && widest(&eighty) <= 100, "{eighty}");
        let lvis = of(1203);
        assert!(lvis.contains("class 1202 ") && lvis.contains("class 0 ") && !lvis.contains("class 600 "));
        assert!(lvis.contains("the 15 highest and 15 lowest by AP of 1,203 classes"), "{lvis}");
    }

    #[test]
    fn what_is_incomplete_is_the_first_line() {
        let mut report = Report::new("t", "coco/bbox");
        report.coverage.push(super::super::Coverage::new("images", 5, 5));
        report.coverage.push(super::super::Coverage::new("classes", 3, 4).by("name").missing(["cat"]));
        let text = report.terminal(80);
        assert!(
            text.starts_with("! only 3 of 4 classes (75.0 %), matched by name\n  not found: cat\n"),
            "{text}"
        );
    }

    #[test]
    fn bars_are_cut_in_eighths() {
        assert_eq!([bar(0.0, 4), bar(0.5, 4), bar(0.15625, 4), bar(7.0, 2)], ["", "██", "▋", "██"]);
    }
}
