//! `lensframe stats`: what datasets are made of, and what may be wrong with them.

mod pictures;

use std::path::PathBuf;

use super::args::StatsArgs;
use super::eval::outputs;
use super::print::Printer;
use super::reference::{Reference, set_named};
use super::terminal;
use crate::convert::Opened;
use crate::dataset::Dataset;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::profile::Profile;
use pictures::Pictures;

pub(super) fn run(args: &StatsArgs, printer: &Printer, job: &Job) -> Result<()> {
    let references = args.datasets.iter().map(|text| Reference::parse(text)).collect::<Result<Vec<_>>>()?;
    let inputs: Vec<PathBuf> = references.iter().map(|reference| reference.path.clone()).collect();
    outputs::check_apart(&args.report, &inputs, "stats")?;
    let asked = asked(args, &references)?;
    let mut opened: Vec<(String, Opened, Dataset)> = Vec::with_capacity(references.len());
    for reference in &references {
        // That there are no images is told by the profile.
        let one = reference.open(&args.source, &job.clone().muted("images.none"))?;
        let ds = reference.rows(&one, &args.source, job)?;
        let ds = reference.chosen(ds, &args.conditions, asked.as_deref(), job)?;
        opened.push((name(reference), one, ds));
    }
    // Of several datasets, not all need to have the set.
    let known = opened.iter().map(|(_, _, ds)| asked.as_deref().map(|set| set_named(ds, set)).transpose());
    let set = known.reduce(|a, b| a.or(b)).transpose()?.flatten();
    let members: Vec<(&str, &Dataset)> = opened.iter().map(|(name, _, ds)| (name.as_str(), ds)).collect();
    let profile = Profile::of(&members, &args.options(set), job)?;
    let mut report = profile.report();
    report.fact("lensframe", env!("CARGO_PKG_VERSION"));
    for (asked, sql) in [
        ("--where", &args.conditions.filter),
        ("--having", &args.conditions.having),
        ("--objects", &args.conditions.keep),
    ] {
        if let Some(sql) = sql {
            report.fact(asked, sql);
        }
    }
    // What is printed has no pictures: a terminal cannot show them, and programs have the rows.
    let printed = printer.report(&report, terminal::width());
    if args.report.html.is_some() {
        let pictures = Pictures { members: &members, profile: &profile, most: args.pictures };
        report.pictures = pictures.all(job)?;
    }
    let written = outputs::write(&args.report, &report);
    written.and(outputs::fail(&args.report, &report)).and(printed)
}

/// The set that is asked for, by its option or as `name.lf#set`.
fn asked(args: &StatsArgs, references: &[Reference]) -> Result<Option<String>> {
    let mut sets: Vec<&String> = references.iter().filter_map(|reference| reference.set.as_ref()).collect();
    sets.extend(&args.set);
    sets.dedup();
    match sets.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some((*one).clone())),
        [one, other, ..] => {
            let what = format!("one set is looked at, not '{one}' and '{other}'");
            Err(Error::new(ErrorKind::Usage, what)
                .at(Place::area("stats"))
                .remedy("name the same set for every dataset, or ask twice"))
        }
    }
}

/// What a dataset is called in the report: its file or folder.
fn name(reference: &Reference) -> String {
    let name = reference.path.file_name().map(|name| name.to_string_lossy().into_owned());
    // `.` and `/` have no name of their own.
    name.unwrap_or_else(|| reference.path.display().to_string())
}
