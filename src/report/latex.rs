//! The headline, the classes and the comparison as LaTeX tables with the rules of `booktabs`.
//!
//! Invariant: nothing in a name is a command: the ten characters that LaTeX reads as such are escaped, and so are
//! the quotes and brackets that fonts or `tabular` would take for something else. Names in other scripts need
//! XeLaTeX or LuaLaTeX with a font that has them.

use super::grid::Grid;
use super::{Comparison, Report};

/// A table with more rows runs over pages.
const PAGE: usize = 45;

/// The tables, and what the preamble must load.
pub(super) fn write(report: &Report) -> String {
    let mut text = String::from("% \\usepackage{booktabs}  and for long tables \\usepackage{longtable}\n");
    for coverage in report.incomplete() {
        // A comment ends with its line, so the sentence must be on one.
        text.push_str(&format!("% only {}\n", coverage.sentence().replace(char::is_control, " ")));
    }
    let caption = |what: &str| match (report.title.is_empty(), what.is_empty()) {
        (true, _) => what.to_owned(),
        (false, true) => report.title.clone(),
        (false, false) => format!("{}: {what}", report.title),
    };
    section(&mut text, &caption(&report.protocol), &Grid::of_figures(&report.headline), "");
    if let Some(comparison) = &report.comparison {
        section(&mut text, &caption("comparison"), &Grid::of_comparison(comparison), &method(comparison));
    }
    for breakdown in &report.breakdowns {
        section(&mut text, &caption(&breakdown.name), &Grid::of_figures(&breakdown.figures), &breakdown.note);
    }
    for table in report.classes.iter().chain(&report.tables) {
        section(&mut text, &caption(&table.name), &Grid::of_table(table), &table.note);
    }
    text
}

fn method(comparison: &Comparison) -> String {
    let starred = format!("* marks p below {}", comparison.level);
    if comparison.method.is_empty() { starred } else { format!("{}; {starred}", comparison.method) }
}

fn section(text: &mut String, caption: &str, grid: &Grid, note: &str) {
    if grid.rows.is_empty() {
        return;
    }
    let columns: String = grid.heads.iter().map(|head| if head.right { 'r' } else { 'l' }).collect();
    let row = |cells: &mut dyn Iterator<Item = &String>| {
        let cells: Vec<String> = cells.map(|cell| escaped(cell)).collect();
        format!("{} \\\\\n", cells.join(" & "))
    };
    let head = row(&mut grid.heads.iter().map(|head| &head.text));
    let rows: String = grid.rows.iter().map(|cells| row(&mut cells.iter())).collect();
    let note = if note.is_empty() { String::new() } else { format!(" ({})", escaped(note)) };
    let caption = format!("{}{note}", escaped(caption));
    text.push('\n');
    if grid.rows.len() > PAGE {
        text.push_str(&format!(
            "\\begin{{longtable}}{{{columns}}}\n\\caption{{{caption}}} \\\\\n\\toprule\n{head}\\midrule\n\\endhead\n\
             \\bottomrule\n\\endfoot\n{rows}\\end{{longtable}}\n"
        ));
    } else {
        text.push_str(&format!(
            "\\begin{{table}}\n\\centering\n\\caption{{{caption}}}\n\\begin{{tabular}}{{{columns}}}\n\\toprule\n\
             {head}\\midrule\n{rows}\\bottomrule\n\\end{{tabular}}\n\\end{{table}}\n"
        ));
    }
}

/// A text that LaTeX sets as it is.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '<' => out.push_str("\\textless{}"),
            '>' => out.push_str("\\textgreater{}"),
            '|' => out.push_str("\\textbar{}"),
            '"' => out.push_str("\\textquotedbl{}"),
            // After a line's end, brackets and a star would be its argument.
            '[' => out.push_str("{[}"),
            ']' => out.push_str("{]}"),
            '*' => out.push_str("{*}"),
            '#' | '$' | '%' | '&' | '_' | '{' | '}' => out.extend(['\\', c]),
            'Δ' => out.push_str("$\\Delta$"),
            '−' => out.push_str("$-$"),
            '±' => out.push_str("$\\pm$"),
            '≥' => out.push_str("$\\geq$"),
            '≤' => out.push_str("$\\leq$"),
            '–' => out.push_str("--"),
            '·' => out.push_str("\\textperiodcentered{}"),
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
    fn every_character_that_is_a_command_is_escaped() {
        assert_eq!(escaped(r"a_b & 5% #1 $x$ {y}"), r"a\_b \& 5\% \#1 \$x\$ \{y\}");
        assert_eq!(escaped("\\input~^"), "\\textbackslash{}input\\textasciitilde{}\\textasciicircum{}");
        assert_eq!(escaped("two\nlines\n\nend"), "two lines  end");
        assert_eq!(escaped("[0.1, −0.2]*"), "{[}0.1, $-$0.2{]}{*}");
    }

    #[test]
    fn a_short_table_floats_and_a_long_one_runs_over_pages() {
        let of = |n: usize| {
            let names = (0..n).map(|i| format!("c_{i}"));
            let table = Table::new("classes").text("class", names).float("AP", [0.5]);
            write(&Report { title: "A & B".into(), classes: Some(table), ..Report::default() })
        };
        let short = of(2);
        let body =
            "\\toprule\nclass & AP \\\\\n\\midrule\nc\\_0 & 0.500 \\\\\nc\\_1 & -- \\\\\n\\bottomrule\n";
        assert!(short.contains(body) && short.contains("\\caption{A \\& B: classes}"), "{short}");
        assert!(of(80).contains("\\begin{longtable}{lr}") && !of(80).contains("\\begin{table}"));
    }
}
