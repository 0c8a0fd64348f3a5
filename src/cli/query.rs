//! `lensframe query`: a SELECT over datasets, its answer on the terminal or in a file.

use super::args::QueryArgs;
use super::print::{Printer, plural, table};
use super::reference::Reference;
use super::save::{real, save, writable};
use crate::convert::{self, Opened, SaveOptions};
use crate::dataset::store::WriterOptions;
use crate::dataset::{Access, Batch, Dataset};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::query::{self, AnswerFormat, is_table, read_table, sql};

/// How much of a value fits into a cell.
const CELL: usize = 60;

pub(super) fn run(args: &QueryArgs, printer: &Printer, job: &Job) -> Result<()> {
    let dataset = args.output.as_ref().filter(|path| path.extension().is_some_and(|e| e == "lf"));
    let format = match dataset {
        Some(_) => None,
        None => args.output.as_ref().map(|path| format(path)).transpose()?,
    };
    let to_stdout = args.output.as_ref().is_some_and(|path| path.as_os_str() == "-");
    if let Some(path) = args.output.as_ref().filter(|_| !to_stdout && dataset.is_none()) {
        writable(path, args.force)?;
    }
    let mut opened: Vec<(String, Option<Opened>, Dataset)> = Vec::new();
    let with = args.with.iter().map(|with| (with.0.as_str(), &with.1));
    for (name, text) in std::iter::once(("", &args.dataset)).chain(with) {
        let reference = Reference::parse(text)?;
        if let Some(set) = &reference.set {
            let what = format!("a question is asked of the whole dataset, not of '#{set}'");
            return Err(Error::new(ErrorKind::Usage, what)
                .at(Place::area("query").file(text))
                .remedy(format!("leave it out, and ask the table: SELECT … FROM \"{set}\"")));
        }
        if ["images", "objects", "objects_all"].contains(&name) {
            return Err(Error::new(ErrorKind::Usage, format!("'{name}' is a table of the first dataset"))
                .at(Place::area("query").file(text))
                .remedy("give it another name"));
        }
        if opened.iter().any(|(own, ..)| own == name) {
            return Err(Error::new(ErrorKind::Usage, format!("two datasets are called '{name}'"))
                .at(Place::area("query"))
                .remedy("give each --with a name of its own"));
        }
        if let Some(path) = args.output.as_ref().filter(|_| !to_stdout) {
            apart(path, &reference.path)?;
        }
        if reference.version.is_none() && is_table(&reference.path) && !reference.path.is_dir() {
            opened.push((name.to_owned(), None, read_table(&reference.path)?));
            continue;
        }
        let one = reference.open(&args.source, &job.clone().muted("images.none"))?;
        let ds = reference.rows(&one, &args.source, job)?;
        opened.push((name.to_owned(), Some(one), ds));
    }
    let named: Vec<(&str, &Dataset)> = opened.iter().map(|(name, _, ds)| (name.as_str(), ds)).collect();
    if args.explain {
        let reading = query::explain(&named, &args.sql, job)?;
        let table = |(table, keys): &(String, Vec<(String, u64)>)| {
            let bytes = keys.iter().map(|(key, bytes)| (key.clone(), serde_json::json!(bytes)));
            serde_json::json!({"table": table, "reads": bytes.collect::<serde_json::Map<_, _>>()})
        };
        let tables: Vec<_> = reading.tables.iter().map(table).collect();
        let object = serde_json::json!({"tables": tables, "plan": reading.plan});
        return printer.show(&object, || format!("{reading}\n"));
    }
    let answer = sql(&named, &args.sql, job)?;
    if let (Some(path), Some((_, one, ds))) = (dataset, opened.first()) {
        let chosen = ds.rows_of(&once(&answer)?).map_err(|e| match e.kind() {
            ErrorKind::Key => {
                e.remedy("a dataset is made of the rows that the answer names: SELECT row FROM …")
            }
            _ => e,
        })?;
        let roots = |one: &Opened| {
            one.store().version().roots.iter().map(|root| root.absolute.clone().into()).collect()
        };
        let writer = WriterOptions { replace: args.force, ..WriterOptions::default() };
        let options = SaveOptions { writer, links: one.as_ref().map(roots), ..SaveOptions::default() };
        let saved = convert::save(&chosen, path, &options, job)?;
        let object = serde_json::json!({"dataset": path, "version": saved.version, "rows": saved.rows});
        return printer.show(&object, || format!("{}: {}\n", path.display(), plural(saved.rows, "row")));
    }
    if let (Some(path), Some(format)) = (&args.output, format) {
        let bytes = format.write(&answer, job)?;
        if to_stdout {
            return printer.raw(&bytes);
        }
        save(path, &bytes, args.force)?;
        let object = serde_json::json!({"file": path, "rows": answer.len(), "columns": names(&answer)});
        return printer
            .show(&object, || format!("{}: {}\n", path.display(), plural(answer.len() as u64, "row")));
    }
    let shown = if printer.is_json() || args.rows == 0 { answer.len() } else { answer.len().min(args.rows) };
    let part = answer.slice(..shown)?;
    let rows = serde_json::Value::Array(crate::query::shown(&part, job)?);
    let object = serde_json::json!({"columns": names(&answer), "rows": rows});
    let values = part.read_all(&Access::new(job))?.whole()?;
    printer.show(&object, || text(&answer, &rows, &values, shown))
}

/// The rows of an answer, each row of the dataset once, where it comes first.
fn once(answer: &Dataset) -> Result<Dataset> {
    match answer.keys().find("row") {
        Ok(_) => answer.query().distinct(["row"]).view(),
        Err(_) => Ok(answer.clone()),
    }
}

/// Refuses to write what is read: the file itself, or one in the folder of a dataset.
fn apart(output: &std::path::Path, source: &std::path::Path) -> Result<()> {
    if !real(output).starts_with(real(source)) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Usage, "the answer would be written over what is asked, or into it")
        .at(Place::area("query").file(output))
        .remedy("name another file"))
}

fn format(path: &std::path::Path) -> Result<AnswerFormat> {
    if path.as_os_str() == "-" {
        return Ok(AnswerFormat::JsonLines);
    }
    AnswerFormat::of_name(&path.to_string_lossy()).ok_or_else(|| {
        Error::new(ErrorKind::Usage, "answers are written as .csv, .jsonl, .json, .parquet, .arrow or .lf")
            .at(Place::area("query").file(path))
            .remedy("give the output one of these names; - is JSON lines on stdout")
    })
}

fn names(answer: &Dataset) -> Vec<String> {
    answer.keys().iter().map(ToString::to_string).collect()
}

fn text(answer: &Dataset, rows: &serde_json::Value, values: &Batch, shown: usize) -> String {
    let names = names(answer);
    let mut cells = vec![names.clone()];
    for (at, row) in rows.as_array().into_iter().flatten().enumerate() {
        let own = names.iter().zip(&values.columns).map(|(name, column)| {
            query::unbounded(&column.value(at)).map_or_else(|| cell(row.get(name)), str::to_owned)
        });
        cells.push(own.collect());
    }
    // Numbers stand under each other by their last digit.
    for column in 0..names.len() {
        let numbers = rows.as_array().into_iter().flatten().filter_map(|row| row.get(names.get(column)?));
        if !numbers.clone().any(serde_json::Value::is_number)
            || !numbers.clone().all(|v| v.is_number() || v.is_null())
        {
            continue;
        }
        let width = cells
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0);
        for cell in cells.iter_mut().filter_map(|row| row.get_mut(column)) {
            *cell = format!("{cell:>width$}");
        }
    }
    let mut text = table(&cells);
    text.push_str(&match shown < answer.len() {
        true => format!("{shown} of {}; --rows 0 shows all\n", plural(answer.len() as u64, "row")),
        false => format!("{}\n", plural(answer.len() as u64, "row")),
    });
    text
}

fn cell(value: Option<&serde_json::Value>) -> String {
    let whole = match value {
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::String(text)) => text.replace(['\n', '\t', '\r'], " "),
        Some(other) => other.to_string(),
    };
    if whole.chars().count() <= CELL {
        return whole;
    }
    whole.chars().take(CELL - 1).chain(['…']).collect()
}
