//! Standard output: text for people, one JSON object for programs.

use std::borrow::Cow;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use serde_json::Value as Json;

use crate::error::{Error, Result};
use crate::report::Report;

/// Prints results on stdout, or holds them for who asked.
pub(super) struct Printer {
    json: bool,
    held: Option<Mutex<Vec<u8>>>,
}

impl Printer {
    pub(super) fn new(json: bool) -> Printer {
        Printer { json, held: None }
    }

    /// Holds what is printed as JSON.
    pub(super) fn holding() -> Printer {
        Printer { json: true, held: Some(Mutex::default()) }
    }

    /// What was held.
    pub(super) fn held(self) -> Vec<u8> {
        self.held.map_or_else(Vec::new, |held| held.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Prints the object under `--json`, else the text.
    pub(super) fn show(&self, object: &Json, text: impl FnOnce() -> String) -> Result<()> {
        if self.json {
            let mut line = serde_json::to_vec(object).map_err(|e| {
                Error::new(crate::error::ErrorKind::Type, format!("not representable as JSON: {e}"))
            })?;
            line.push(b'\n');
            self.raw(&line)
        } else {
            self.raw(harmless(&text()).as_bytes())
        }
    }

    /// Prints a report: under `--json` by `schemas/report.json`.
    pub(super) fn report(&self, report: &Report, width: usize) -> Result<()> {
        let mut text = if self.json { report.to_json() } else { report.terminal(width) };
        if !text.ends_with('\n') {
            text.push('\n');
        }
        self.raw(text.as_bytes())
    }

    /// Whether programs read what is printed.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// A line for people; nothing under `--json`.
    pub(super) fn say(&self, line: &str) -> Result<()> {
        if self.json { Ok(()) } else { self.raw(format!("{line}\n").as_bytes()) }
    }

    pub(super) fn raw(&self, bytes: &[u8]) -> Result<()> {
        if let Some(held) = &self.held {
            held.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            return Ok(());
        }
        let mut out = std::io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush()).map_err(|e| Error::io("write to stdout", e))
    }
}

/// Text for a terminal: what a file says cannot steer it. Line feeds and tabs stay.
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    let steers = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| if steers(c) { c.escape_default().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(shown).collect())
}

/// `12,345`: digits in groups of three.
pub(super) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1.4 MB`: bytes in decimal units.
pub(super) fn bytes(n: u64) -> String {
    let mut value = n as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 1000.0 {
            return if unit == "B" { format!("{n} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1000.0;
    }
    format!("{value:.1} TB")
}

/// `1 row`, `2 rows`.
pub(super) fn plural(n: u64, noun: &str) -> String {
    let ending = match n {
        1 => "",
        _ if noun.ends_with("ch") || noun.ends_with('x') => "es",
        _ => "s",
    };
    format!("{} {noun}{ending}", count(n))
}

/// Columns of text, the first line a heading, aligned; the last column is not padded.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |c: usize| rows.iter().filter_map(|r| r.get(c)).map(|s| s.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width + 2 - cell.chars().count()));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_says_cannot_steer_a_terminal() {
        assert_eq!(harmless("\u{1b}]0;x\u{7}é\tb\n"), "\\u{1b}]0;x\\u{7}é\tb\n");
    }

    #[test]
    fn numbers_are_grouped_and_sized() {
        assert_eq!([count(0), count(999), count(1000), count(1234567)], ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([bytes(999), bytes(1_400_000)], ["999 B", "1.4 MB"]);
    }
}
