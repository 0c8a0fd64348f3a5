//! `lensframe head`: the first rows, key by key.

use serde_json::Value as Json;

use super::args::HeadArgs;
use super::print::{Printer, count, plural};
use super::reference::{Reference, set_named};
use crate::error::Result;
use crate::job::Job;
use crate::query::shown;
use crate::schema::axis::Axis;

/// How much of a value fits on a line.
const LINE: usize = 100;

pub(super) fn run(args: &HeadArgs, printer: &Printer, job: &Job) -> Result<()> {
    let reference = Reference::parse(&args.dataset)?;
    let opened = reference.open(&args.source, job)?;
    let ds = reference.rows(&opened, &args.source, job)?;
    let mut ds = reference.chosen(ds, &args.conditions, None, job)?;
    if let Some(set) = &reference.set {
        let wanted = set_named(&ds, set)?;
        let of_set = |axis: Axis| axis == Axis::Row || axis.set() == Some(wanted.as_str());
        let flags: Vec<bool> =
            ds.keys().iter().map(|k| k.field().is_none_or(|f| Axis::of(f).is_ok_and(of_set))).collect();
        ds = ds.select(flags)?;
    }
    if !args.keys.is_empty() {
        ds = ds.select(args.keys.clone())?;
    }
    let head = ds.slice(..args.rows.min(ds.len()))?;
    let rows = shown(&head, job)?;
    let object = serde_json::json!({"rows": rows, "of": ds.len()});
    printer.show(&object, || text(&rows, ds.len()))
}

fn text(rows: &[Json], of: usize) -> String {
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        text.push_str(&format!("row {number}\n"));
        let Some(members) = row.as_object() else { continue };
        let width = members.keys().map(|k| k.chars().count()).max().unwrap_or(0);
        for (key, value) in members {
            text.push_str(&format!("  {key:width$}  {}\n", line(value)));
        }
    }
    text.push_str(&format!("{} of {}\n", count(rows.len() as u64), plural(of as u64, "row")));
    text
}

fn line(value: &Json) -> String {
    let whole = match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    if whole.chars().count() <= LINE {
        return whole;
    }
    let cut: String = whole.chars().take(LINE - 1).collect();
    match value {
        Json::Array(items) => format!("{cut}… ({} in all)", count(items.len() as u64)),
        _ => format!("{cut}…"),
    }
}
