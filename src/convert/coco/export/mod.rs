//! COCO out: the annotation files of a view, equal to those it came from where it came from some.
//!
//! First is found out which rows each file lists, then each file is written in one pass over the columns, a
//! window of rows at a time. Records that their file has in another order wait in a spool, at 16 bytes each.
//! Nothing of the size of a file is held in memory. Files appear under their names only when all of them are
//! complete.

mod classes;
mod custom;
mod file;
mod ids;
mod keys;
mod lack;
mod listing;
mod member;
mod overlay;
mod panoptic;
mod plan;
mod planned;
mod record;
mod shape;
mod survey;
mod text;

use std::path::Path;

use self::classes::Categories;
use self::file::{AnnotationFile, Out};
use self::panoptic::Paintings;
pub(in crate::convert) use self::panoptic::panoptic_set;
pub(in crate::convert) use self::planned::Form;
use self::planned::{Planned, covered, plan_files, plan_rest};
pub(in crate::convert) use self::shape::Shape;
use self::survey::Survey;
use crate::convert::export::{Images, Partial, below, is_whole};
use crate::convert::{ExportOptions, ExportSummary, LossReport};
use crate::dataset::Dataset;
use crate::dataset::store::Store;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::job::Job;

/// The name of our side file in a dataset.
pub(super) const RESIDUE: &str = "coco";

/// Writes a view of a stored dataset as COCO annotation files.
///
/// `dst` ending in `.json` is one file, else a folder that gets the files under their source's names, or under
/// COCO's customary ones. Records keep the order of their file where the dataset knows it, else that of the
/// rows. Annotations of images that the dataset does not have, kept since the import, are written only with
/// the whole dataset. A file without rows is left out of a part of the dataset, unless all would be.
///
/// Rows that no import of COCO knew become files that COCO's tools can use: the table is in
/// [`crate::convert::coco`], and what is made, changed or left out is in [`ExportSummary::loss`].
///
/// # Errors
/// [`ErrorKind::AlreadyExists`] for files that are there, unless they may be replaced; [`ErrorKind::Usage`] for
/// one file where the view makes several; [`ErrorKind::Cancelled`]; failures of the disk. Then no file has
/// been given its name.
pub fn export(
    store: &Store,
    ds: &Dataset,
    dst: &Path,
    options: &ExportOptions,
    job: &Job,
) -> Result<ExportSummary> {
    export_as(store, ds, dst, options, Form::AsRead, job)
}

/// As [`export`], in a form.
pub(in crate::convert) fn export_as(
    store: &Store,
    ds: &Dataset,
    dst: &Path,
    options: &ExportOptions,
    form: Form,
    job: &Job,
) -> Result<ExportSummary> {
    let whole = is_whole(store, ds);
    let residue = residue_text(store)?;
    let known = plan::from_residue(&residue)?;
    let foreign = known.is_empty();
    let mut planned = plan_files(ds, known, whole, options, form, job)?;
    let mut loss = LossReport::default();
    let single = dst.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
    if single && planned.len() > 1 {
        return Err(several(dst, &planned));
    }
    if !single && options.set.is_none() && form != Form::Panoptic {
        plan_rest(ds, &mut planned, foreign, job)?;
    }
    for key in ds.keys().iter().filter(|key| key.field().is_none()) {
        let rows = u64::try_from(ds.len()).unwrap_or(u64::MAX);
        loss.add(key.name().unwrap_or("a key without a name"), rows, "it has no Arrow type");
    }
    let folder = if single { dst.parent().unwrap_or(Path::new("")) } else { dst };
    let mut partial = Partial::new("coco", folder, options.replace);
    let all_known = planned.iter().all(|p| !p.plan.custom);
    let image_ids = &ids::of_images(ds, whole && all_known, !residue.is_empty(), &mut loss, job)?;
    let mut objects = 0;
    for Planned { plan, listed } in &planned {
        let (mut survey, mut categories) = (Survey::default(), Categories::default());
        if plan.bare || plan.has("annotations") || plan.has("categories") {
            // Segments have the ids that the PNGs say.
            let as_it_was = plan.bare || (whole && !plan.custom) || plan.record_members.is_some();
            survey = Survey::read(ds, plan, listed, as_it_was, &mut loss, job)?;
            categories = Categories::read(plan, ds, store, &survey.labels, &mut loss);
        }
        let mut out = Out::new(match dst.file_name().filter(|_| single) {
            Some(name) => partial.create_own(Path::new(name))?,
            None => partial.create(&plan.file)?,
        });
        let scratch = partial.scratch();
        let file =
            AnnotationFile { plan, ds, listed, whole, categories, image_ids, survey, options, scratch };
        objects += file.write(&mut out, &mut loss, job)?;
        out.finish()?;
    }
    let mut images = 0;
    let photographs = Images { area: "coco", key: "img", what: options.images };
    if single {
        let why = "a single file has no place for images: name a folder";
        photographs.report(ds, why, &mut loss, job)?;
    } else {
        images = photographs.write(store, ds, &mut partial, job, |row| {
            below(&image_folder(&planned, row.split), row.file_name?)
        })?;
    }
    let files = planned.iter().filter(|p| p.plan.record_members.is_some()).map(|p| (&p.plan, &p.listed.rows));
    let paintings = Paintings { ds, files: files.collect(), what: options.images };
    if single || paintings.files.is_empty() {
        paintings.report(&mut loss, job)?;
    } else {
        images += paintings.write(store, &mut partial, job)?;
    }
    let files = partial.publish()?;
    let covered = covered(&planned, ds);
    let rows = covered.iter().filter(|seen| **seen).count();
    if options.set.is_none() {
        let unlisted = u64::try_from(covered.len() - rows).unwrap_or(u64::MAX);
        loss.add("rows", unlisted, "no annotation file lists them");
    }
    Ok(ExportSummary { files, rows: u64::try_from(rows).unwrap_or(u64::MAX), objects, images, loss })
}

/// The folder for the images of a split, relative to the export: where the import looks for them first. That is
/// beside the annotation file of the split where it lies in a folder of its own, else below `images/`.
fn image_folder(planned: &[Planned<'_>], split: Option<&str>) -> String {
    let primary = planned.iter().map(|p| &p.plan).find(|p| p.primary && p.split.as_deref() == split);
    let beside = primary.and_then(|p| p.file.rsplit_once('/')).map(|(folder, _)| folder);
    match (beside, split) {
        (Some(own), Some(_)) if own != "annotations" => own.to_owned(),
        (_, Some(split)) => format!("images/{split}"),
        (_, None) => "images".to_owned(),
    }
}

/// The residue of the import, whole; empty if there is none.
fn residue_text(store: &Store) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    if let Some(mut file) = store.read_residue(RESIDUE)? {
        std::io::Read::read_to_end(&mut file, &mut text)
            .map_err(|e| Error::io("read the residue", e))
            .at(|| Place::area("coco").file(store.path()))?;
    }
    Ok(text)
}

fn several(dst: &Path, planned: &[Planned<'_>]) -> Error {
    let names: Vec<&str> = planned.iter().map(|p| p.plan.file.as_str()).collect();
    Error::new(ErrorKind::Usage, format!("the view makes {} annotation files", names.len()))
        .at(Place::area("coco").file(dst))
        .remedy(format!(
            "name a folder, or choose one set (--set) and the rows of one split; they are: {}",
            names.join(", ")
        ))
}
