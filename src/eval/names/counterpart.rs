//! [`Counterpart`]: a name that another tool gives a number, and where our reports have it.

use super::classes;
use super::value::{Flat, Value};
use crate::error::{Error, ErrorKind, Result};
use crate::report::{Cells, Report};

/// Where a number stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ours {
    /// A figure of the headline.
    Figure(&'static str),
    /// The same in per cent.
    Percent(&'static str),
    /// The same, rounded to three decimals.
    Rounded(&'static str),
    /// All figures of the headline whose keys begin so: their name has the rest of the key for `*`.
    Figures(&'static str),
    /// The same, rounded to three decimals.
    RoundedFigures(&'static str),
    /// These figures with three decimals, one after another.
    Paste(&'static [&'static str]),
    /// These figures as KEY:0.123, one after another.
    PasteNamed(&'static [&'static str]),
    /// A column of the table of classes: a name a class, which stands for `{class}`.
    Column(&'static str),
    /// A column of the table of classes as a list, of classes with objects or detections.
    List(&'static str),
    /// The names of these classes.
    Classes,
    /// The cells of the table of recalls: a name a column, which stands for `{n}`, and row, which stands for `{iou}`.
    Recalls,
    /// The number is not given, for this reason.
    None(&'static str),
}

/// A name of a tool.
#[derive(Clone, Copy, Debug)]
pub struct Counterpart {
    /// The protocols under which the tool has it.
    pub protocols: &'static [&'static str],
    /// The name. `{kind}` is what is compared (`bbox`, `segm`), `{class}` a class, `*` the rest of a key.
    pub theirs: &'static str,
    /// Where the number stands.
    pub ours: Ours,
}

impl Counterpart {
    /// True if the name is one for the numbers of a protocol.
    pub fn is_of(&self, protocol: &str) -> bool {
        self.protocols.contains(&protocol)
    }

    /// Adds the name with its value, or as many as it stands for.
    pub(super) fn put(&self, report: &Report, absent: f64, out: &mut Flat) -> Result<()> {
        let theirs = self.theirs.replace("{kind}", report.protocol.rsplit('/').next().unwrap_or_default());
        let value = |key: &str| -> Result<f64> {
            let figure = report.headline.iter().find(|figure| figure.key == key);
            let figure = figure.ok_or_else(|| missing(report, &theirs, key))?;
            Ok(figure.value.unwrap_or(absent))
        };
        let begins = |start: &'static str| {
            let figures = report.headline.iter();
            figures.filter_map(move |figure| {
                Some((figure.key.strip_prefix(start)?, figure.value.unwrap_or(absent)))
            })
        };
        match self.ours {
            Ours::Figure(key) => out.push(theirs.clone(), Value::Number(value(key)?)),
            Ours::Percent(key) => out.push(theirs.clone(), Value::Number(100.0 * value(key)?)),
            Ours::Rounded(key) => out.push(theirs.clone(), Value::Number(rounded(value(key)?))),
            Ours::Figures(start) => {
                begins(start)
                    .for_each(|(rest, value)| out.push(theirs.replace('*', rest), Value::Number(value)));
            }
            Ours::RoundedFigures(start) => begins(start)
                .for_each(|(rest, value)| out.push(theirs.replace('*', rest), Value::Number(rounded(value)))),
            Ours::Paste(keys) => {
                let parts: Result<Vec<String>> =
                    keys.iter().map(|key| Ok(format!("{:.3}", value(key)?))).collect();
                out.push(theirs.clone(), Value::Text(parts?.join(" ")));
            }
            Ours::PasteNamed(keys) => {
                let parts: Result<Vec<String>> =
                    keys.iter().map(|key| Ok(format!("{key}:{:.3}", value(key)?))).collect();
                out.push(theirs.clone(), Value::Text(parts?.join(" ")));
            }
            Ours::Column(column) => {
                for (class, value) in cells(report, column, |_| true)? {
                    out.push(theirs.replace("{class}", class), Value::Number(value.unwrap_or(absent)));
                }
            }
            Ours::List(column) => {
                let values = cells(report, column, |row| is_met(report, row))?;
                let values = values.into_iter().map(|(_, value)| value.unwrap_or(absent)).collect();
                out.push(theirs.replace("{last}", &last_cap(report)), Value::Numbers(values));
            }
            Ours::Classes => {
                let names = report.classes.as_ref().map(classes).unwrap_or_default().iter().enumerate();
                let met = names.filter(|(row, _)| is_met(report, *row)).map(|(_, name)| name.clone());
                out.push(theirs.clone(), Value::Texts(met.collect()));
            }
            Ours::Recalls => recalls(report, &theirs, absent, out),
            Ours::None(_) => {}
        }
        Ok(())
    }
}

/// A number to three decimals, as a program that prints and reads it back has it.
fn rounded(value: f64) -> f64 {
    format!("{value:.3}").parse().unwrap_or(value)
}

fn missing(report: &Report, theirs: &str, key: &str) -> Error {
    let what = format!("{theirs} is {key}, which this report of {} does not have", report.protocol);
    Error::new(ErrorKind::Usage, what)
        .remedy("evaluate with the overlap thresholds and the numbers of detections that the tool has")
}

/// The cells of a column of the table of classes, with the names of the classes.
fn cells<'a>(
    report: &'a Report,
    column: &str,
    wanted: impl Fn(usize) -> bool,
) -> Result<Vec<(&'a str, Option<f64>)>> {
    let Some(table) = &report.classes else { return Ok(Vec::new()) };
    let own = table.columns.iter().find(|own| own.name == column);
    let own = own.ok_or_else(|| missing(report, "a number of classes", column))?;
    let names = classes(table).iter().enumerate().filter(|(row, _)| wanted(*row));
    Ok(names.map(|(row, name)| (name.as_str(), own.cells.number(row))).collect())
}

/// True for a class of which there is an object that counts or a detection.
fn is_met(report: &Report, row: usize) -> bool {
    let columns = report.classes.iter().flat_map(|table| &table.columns);
    let mut counts = columns.filter(|column| matches!(column.name.as_str(), "objects" | "detections"));
    counts.any(|column| column.cells.number(row).is_some_and(|count| count > 0.0))
}

/// The greatest number of detections an image, which the last recall of the headline is of.
fn last_cap(report: &Report) -> String {
    let mut caps = report.headline.iter().filter_map(|figure| figure.key.strip_prefix("AR@"));
    caps.next_back().unwrap_or_default().to_owned()
}

fn recalls(report: &Report, theirs: &str, absent: f64, out: &mut Flat) {
    let Some(table) = report.tables.iter().find(|table| table.name == "recall") else { return };
    let words = table.columns.iter().find_map(|column| match &column.cells {
        Cells::Text(words) => Some(words),
        _ => None,
    });
    for column in &table.columns {
        let Some(n) = column.name.strip_prefix("recall@") else { continue };
        for (row, iou) in words.into_iter().flatten().enumerate() {
            // As Python writes a number: 0.5 and not 0.50.
            let iou = iou.parse().map_or_else(|_| iou.clone(), |iou: f64| iou.to_string());
            let value = column.cells.number(row).unwrap_or(absent);
            out.push(theirs.replace("{n}", n).replace("{iou}", &iou), Value::Number(value));
        }
    }
}
