//! Which files a view makes, and which rows each lists.

use super::custom;
use super::listing::{Listed, Listing};
use super::plan::FilePlan;
use crate::convert::ExportOptions;
use crate::dataset::Dataset;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;

/// A file to be written, and the rows it lists.
pub(super) struct Planned<'a> {
    pub(super) plan: FilePlan<'a>,
    pub(super) listed: Listed,
}

/// Which files of a dataset are written, where the dataset knows panoptic ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::convert) enum Form {
    /// All, as they were.
    AsRead,
    /// The panoptic ones as annotations, one a segment.
    Detections,
    /// The panoptic ones alone; where there is none, one is made.
    Panoptic,
}

/// The files that the view makes, in the order of its sets, with the rows of each.
pub(super) fn plan_files<'a>(
    ds: &Dataset,
    mut known: Vec<FilePlan<'a>>,
    whole: bool,
    options: &ExportOptions,
    form: Form,
    job: &Job,
) -> Result<Vec<Planned<'a>>> {
    let mut planned = Vec::new();
    let foreign = known.is_empty();
    match form {
        Form::AsRead => {}
        Form::Detections => known.retain(|plan| plan.record_members.is_none()),
        Form::Panoptic => known.retain(|plan| plan.record_members.is_some()),
    }
    for set in sets(ds, &known, options)? {
        let listing = Listing::read(ds, &set, job)?;
        let mut plans: Vec<FilePlan<'_>> = known.iter().filter(|p| p.set == set).cloned().collect();
        plans.extend(custom::files(ds, &set, &plans, &listing, foreign, form));
        planned.extend(plans.into_iter().map(|plan| Planned { listed: listing.of(&plan), plan }));
    }
    if planned.iter().all(|p| p.listed.rows.is_empty()) {
        // No row at all is a file without records, not no file.
        planned.truncate(if whole { planned.len() } else { 1 });
    } else if !whole {
        planned.retain(|p| !p.listed.rows.is_empty());
    }
    Ok(planned)
}

/// Which rows of the view some file lists.
pub(super) fn covered(planned: &[Planned<'_>], ds: &Dataset) -> Vec<bool> {
    let mut covered = vec![false; ds.len()];
    for row in planned.iter().flat_map(|p| &p.listed.rows) {
        covered.iter_mut().skip(*row).take(1).for_each(|seen| *seen = true);
    }
    covered
}

/// Adds files for the rows that nothing annotates: images alone, as COCO lists those of its test splits.
pub(super) fn plan_rest(
    ds: &Dataset,
    planned: &mut Vec<Planned<'_>>,
    foreign: bool,
    job: &Job,
) -> Result<()> {
    let covered = covered(planned, ds);
    if covered.iter().all(|seen| *seen) {
        return Ok(());
    }
    for (split, rows) in
        Listing::read(ds, "", job)?.by_split(|row| !covered.get(row).copied().unwrap_or(true))
    {
        let plan = custom::images_only(split.as_deref(), foreign);
        // Where a file of that name has other rows, these stay unlisted, which the report says.
        if planned.iter().all(|p| p.plan.file != plan.file) {
            planned.push(Planned { plan, listed: Listed { rows, places: None } });
        }
    }
    Ok(())
}

/// The sets to write: those of the known files, those of the view's keys, in that order, each once.
fn sets(ds: &Dataset, known: &[FilePlan<'_>], options: &ExportOptions) -> Result<Vec<String>> {
    let mut sets: Vec<String> = Vec::new();
    let keys = ds.keys().iter().filter_map(|k| k.field());
    let of_keys = keys.filter_map(|f| crate::schema::axis::Axis::of(f).ok()?.set().map(str::to_owned));
    for set in known.iter().map(|p| p.set.clone()).chain(of_keys) {
        if options.set.as_ref().is_none_or(|wanted| *wanted == set) && !sets.contains(&set) {
            sets.push(set);
        }
    }
    match (&options.set, sets.is_empty()) {
        (Some(set), true) => Err(Error::new(ErrorKind::NotFound, format!("no object set '{set}'"))
            .at(Place::area("coco"))
            .remedy("`lensframe info` lists the sets")),
        // Rows without any object key are a file with images alone.
        (None, true) => Ok(vec![String::new()]),
        _ => Ok(sets),
    }
}
