//! What `eval` writes: the report in every form, arrays, and the exit code that conditions ask for.

use std::path::{Path, PathBuf};

use super::super::args::{EvalArgs, ReportArgs};
use super::super::save::save;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::eval::Comparison;
use crate::eval::coco::Tensors;
use crate::eval::matches::{Matches, MatchesFormat};
use crate::eval::npy;
use crate::report::Report;

/// Refuses files that are there already, before any work is done.
pub(in crate::cli) fn check(args: &ReportArgs) -> Result<()> {
    let outputs = [&args.html, &args.markdown, &args.latex, &args.parquet];
    match outputs.into_iter().flatten().find(|path| !args.force && path.exists()) {
        Some(path) => Err(Error::new(ErrorKind::AlreadyExists, "there is such a file already")
            .at(Place::area("eval").file(path))
            .remedy("use --force to replace it")),
        None => Ok(()),
    }
}

/// Refuses a table of matches that is there already or in no known form.
pub(in crate::cli) fn check_matches(args: &EvalArgs) -> Result<()> {
    let Some(path) = &args.matches else { return Ok(()) };
    let at = || Place::area("eval").file(path);
    MatchesFormat::of(path).at(at)?;
    match !args.report.force && path.exists() {
        true => Err(Error::new(ErrorKind::AlreadyExists, "there is such a file already")
            .at(at())
            .remedy("use --force to replace it")),
        false => Ok(()),
    }
}

/// Writes who got whom, where it is asked for.
pub(in crate::cli) fn matches(args: &EvalArgs, matches: &Matches, comparison: &Comparison) -> Result<()> {
    let Some(path) = &args.matches else { return Ok(()) };
    let table = matches.to_file(comparison, MatchesFormat::of(path)?)?;
    save(path, &table, args.report.force)
}

pub(in crate::cli) fn write(args: &ReportArgs, report: &Report) -> Result<()> {
    let save = |path: &Option<PathBuf>, form: fn(&Report) -> String| match path {
        Some(path) => save(path, form(report).as_bytes(), args.force),
        None => Ok(()),
    };
    save(&args.html, Report::to_html)?;
    save(&args.markdown, Report::to_markdown)?;
    save(&args.latex, Report::to_latex)?;
    match &args.parquet {
        Some(path) => super::super::save::save(path, &report.to_parquet()?, args.force),
        None => Ok(()),
    }
}

pub(in crate::cli) fn fail(args: &ReportArgs, report: &Report) -> Result<()> {
    for condition in &args.fail_if {
        let Some(figure) = report.figure(&condition.key) else {
            let known: Vec<&str> = report.headline.iter().map(|figure| figure.key.as_str()).collect();
            return Err(Error::new(ErrorKind::Usage, format!("there is no figure {:?}", condition.key))
                .remedy(format!("there are: {}", known.join(", "))));
        };
        let said = format!("{}{}{}", condition.key, condition.relation, condition.number);
        match figure.value {
            Some(value) if condition.holds(value) => {
                return Err(Error::new(ErrorKind::Failed, format!("{said}: {} is {value}", condition.key)));
            }
            None => {
                return Err(Error::new(ErrorKind::Failed, format!("{said}: {} has no value", condition.key)));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

pub(in crate::cli) fn arrays(folder: &Path, tensors: &Tensors, force: bool) -> Result<()> {
    std::fs::create_dir_all(folder)
        .map_err(|e| Error::io("make the folder", e))
        .at(|| Place::none().file(folder))?;
    let Tensors { thresholds: t, recalls: r, classes: k, ranges: a, caps: m, .. } = *tensors;
    save(&folder.join("precision.npy"), &npy::write(&[t, r, k, a, m], &tensors.precision), force)?;
    save(&folder.join("scores.npy"), &npy::write(&[t, r, k, a, m], &tensors.scores), force)?;
    save(&folder.join("recall.npy"), &npy::write(&[t, k, a, m], &tensors.recall), force)
}
