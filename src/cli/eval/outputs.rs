//! What `eval` writes: the report in every form, arrays, matches, and the exit code that conditions ask for.
//!
//! All of it is written together, once everything is computed: a run that fails or is cancelled before leaves nothing.

use std::path::{Path, PathBuf};

use super::super::args::{EvalArgs, ReportArgs};
use super::super::reference::Reference;
use super::super::save::{real, save, writable, writable_folder};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::eval::Comparison;
use crate::eval::coco::Tensors;
use crate::eval::matches::{Matches, MatchesFormat};
use crate::eval::npy;
use crate::report::Report;

/// The arrays in their folder.
const ARRAYS: [&str; 3] = ["precision.npy", "scores.npy", "recall.npy"];

/// What stands beside the report.
#[derive(Default)]
pub(super) struct Beside {
    /// The table of matches, as its file.
    pub matches: Option<Vec<u8>>,
    /// The arrays of COCO.
    pub tensors: Option<Tensors>,
}

/// Refuses outputs that are there already or cannot be written, before any work is done.
pub(in crate::cli) fn check(args: &ReportArgs, area: &'static str) -> Result<()> {
    let paths: Vec<(&str, PathBuf)> = named(args).collect();
    check_all(&paths, args.force, area)
}

/// As [`check`], and refuses to write what is read, or into a stored dataset.
pub(in crate::cli) fn check_apart(args: &ReportArgs, inputs: &[PathBuf], area: &'static str) -> Result<()> {
    check(args, area)?;
    let paths: Vec<(&str, PathBuf)> = named(args).collect();
    apart(&paths, inputs, area)
}

/// Whether anything is asked of a report: a file, or a condition.
pub(in crate::cli) fn any(args: &ReportArgs) -> bool {
    !args.fail_if.is_empty() || named(args).next().is_some()
}

/// As [`check`], of all that `eval` writes.
pub(super) fn check_eval(args: &EvalArgs) -> Result<()> {
    if let Some(path) = &args.matches {
        MatchesFormat::of(path).at(|| Place::area("eval").file(path))?;
    }
    if let Some(folder) = &args.arrays {
        writable_folder(folder).at(|| Place::area("eval"))?;
    }
    check_all(&outputs(args), args.report.force, "eval")?;
    let mut inputs = vec![PathBuf::from(&args.gt), PathBuf::from(&args.pred)];
    inputs.extend(args.ask.hierarchy.iter().chain(&args.ask.image_labels).cloned());
    inputs.push(PathBuf::from(&args.ask.classes_by));
    for name in [&args.gt, &args.pred] {
        inputs.extend(Reference::parse(name).map(|reference| reference.path));
    }
    apart(&outputs(args), &inputs, "eval")
}

/// The files of the report with the options that name them.
fn named(args: &ReportArgs) -> impl Iterator<Item = (&'static str, PathBuf)> {
    let paths = [
        ("--html", &args.html),
        ("--markdown", &args.markdown),
        ("--latex", &args.latex),
        ("--parquet", &args.parquet),
    ];
    paths.into_iter().filter_map(|(option, path)| Some((option, path.clone()?)))
}

/// The files of an evaluation.
fn outputs(args: &EvalArgs) -> Vec<(&'static str, PathBuf)> {
    let mut paths: Vec<(&str, PathBuf)> = named(&args.report).collect();
    paths.extend(args.matches.iter().map(|path| ("--matches", path.clone())));
    if let Some(folder) = &args.arrays {
        paths.extend(ARRAYS.iter().map(|name| ("--arrays", folder.join(name))));
    }
    paths
}

fn check_all(outputs: &[(&str, PathBuf)], force: bool, area: &'static str) -> Result<()> {
    let area = || Place::area(area);
    let mut taken: Vec<(&str, PathBuf)> = Vec::with_capacity(outputs.len());
    for (option, path) in outputs {
        // A folder of arrays is yet to be made.
        let made = *option == "--arrays" && !path.exists();
        if !made {
            writable(path, force).at(area)?;
        }
        let real = real(path);
        if let Some((other, _)) = taken.iter().find(|(_, known)| *known == real) {
            return Err(Error::new(ErrorKind::Usage, format!("{other} and {option} name one file"))
                .at(area().file(path))
                .remedy("give each its own"));
        }
        taken.push((option, real));
    }
    Ok(())
}

/// Refuses outputs that are what is read, or in a stored dataset: its files are its own.
fn apart(outputs: &[(&str, PathBuf)], inputs: &[PathBuf], area: &'static str) -> Result<()> {
    let inputs: Vec<PathBuf> = inputs.iter().filter(|path| path.exists()).map(|path| real(path)).collect();
    let hit = |output: &Path| {
        let is = |input: &PathBuf| {
            output == input || (output.starts_with(input) && input.join("versions").is_dir())
        };
        inputs.iter().any(is)
    };
    match outputs.iter().find(|(_, path)| hit(&real(path))) {
        Some((option, path)) => Err(Error::new(
            ErrorKind::Usage,
            format!("{option} names a file that is read, and would be lost, or one in a stored dataset"),
        )
        .at(Place::area(area).file(path))
        .remedy("name another file")),
        None => Ok(()),
    }
}

/// The table of who got whom, where it is asked for.
pub(super) fn matches(
    args: &EvalArgs,
    matches: &Matches,
    comparison: &Comparison,
) -> Result<Option<Vec<u8>>> {
    let Some(path) = &args.matches else { return Ok(None) };
    matches.to_file(comparison, MatchesFormat::of(path)?).map(Some)
}

/// Writes all forms of the report; one that cannot be written keeps no other from it. The error is the first.
pub(in crate::cli) fn write(args: &ReportArgs, report: &Report) -> Result<()> {
    let save = |path: &Option<PathBuf>, form: fn(&Report) -> String| match path {
        Some(path) => save(path, form(report).as_bytes(), args.force),
        None => Ok(()),
    };
    let done = save(&args.html, Report::to_html);
    let done = done.and(save(&args.markdown, Report::to_markdown));
    let done = done.and(save(&args.latex, Report::to_latex));
    done.and(match &args.parquet {
        Some(path) => {
            report.to_parquet().and_then(|bytes| super::super::save::save(path, &bytes, args.force))
        }
        None => Ok(()),
    })
}

/// As [`write`], with what stands beside the report.
pub(super) fn write_eval(args: &EvalArgs, report: &Report, beside: &Beside) -> Result<()> {
    let mut done = write(&args.report, report);
    if let (Some(path), Some(table)) = (&args.matches, &beside.matches) {
        done = done.and(save(path, table, args.report.force));
    }
    if let (Some(folder), Some(tensors)) = (&args.arrays, &beside.tensors) {
        done = done.and(arrays(folder, tensors, args.report.force));
    }
    done
}

/// Fails if conditions hold, telling all that do.
pub(in crate::cli) fn fail(args: &ReportArgs, report: &Report) -> Result<()> {
    let mut failed = Vec::new();
    for condition in &args.fail_if {
        let Some(figure) = report.figure(&condition.key) else {
            let known: Vec<&str> = report.headline.iter().map(|figure| figure.key.as_str()).collect();
            return Err(Error::new(ErrorKind::Usage, format!("there is no figure {:?}", condition.key))
                .remedy(format!("there are: {}", known.join(", "))));
        };
        let said = format!("{}{}{}", condition.key, condition.relation, condition.number);
        match figure.value {
            Some(value) if condition.holds(value) => {
                failed.push(format!("{said}: {} is {value}", condition.key));
            }
            None => failed.push(format!("{said}: {} has no value", condition.key)),
            Some(_) => {}
        }
    }
    match failed.is_empty() {
        true => Ok(()),
        false => Err(Error::new(ErrorKind::Failed, failed.join("; "))),
    }
}

/// Writes the arrays; folders that were made for them and stay empty are removed.
fn arrays(folder: &Path, tensors: &Tensors, force: bool) -> Result<()> {
    let made: Vec<&Path> =
        folder.ancestors().take_while(|above| !above.as_os_str().is_empty() && !above.exists()).collect();
    let Tensors { thresholds: t, recalls: r, classes: k, ranges: a, caps: m, .. } = *tensors;
    let save = |name: &str, bytes: Vec<u8>| save(&folder.join(name), &bytes, force);
    let [precision, scores, recall] = ARRAYS;
    let done = std::fs::create_dir_all(folder)
        .map_err(|e| Error::io("make the folder", e))
        .at(|| Place::none().file(folder))
        .and_then(|()| save(precision, npy::write(&[t, r, k, a, m], &tensors.precision)))
        .and_then(|()| save(scores, npy::write(&[t, r, k, a, m], &tensors.scores)))
        .and_then(|()| save(recall, npy::write(&[t, k, a, m], &tensors.recall)));
    if done.is_err() {
        for folder in made {
            // Innermost first; what is not empty stays.
            let _ = std::fs::remove_dir(folder);
        }
    }
    done
}
