//! Panoptic, detection and semantic files of a dataset, whichever form it has.

use std::path::Path;

use serde_json::json;

use super::{Numbers, detections, paintings, semantics};
use crate::convert::coco::{self, Form};
use crate::convert::export::{Images, Partial, Reader, below};
use crate::convert::{ExportImages, ExportOptions, ExportSummary, LossReport, Source};
use crate::dataset::Dataset;
use crate::dataset::store::Store;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::schema::axis::key_name;

/// Why a source is panoptic: all COCO files of it are.
pub(in crate::convert) fn detect(source: &Source) -> Option<String> {
    coco::detect(source).filter(|_| coco::is_panoptic(source))
}

/// The set that pictures are painted from: the one asked for, else the first with segmentations, the default
/// set before others.
fn painted_set(store: &Store, ds: &Dataset, options: &ExportOptions) -> Result<String> {
    if let Some(set) = &options.set {
        return Ok(set.clone());
    }
    let has = |set: &&str| ds.keys().find(&key_name(set, "segmentation")).is_ok();
    let found = std::iter::once("").chain(store.sets()).find(has);
    found.map(str::to_owned).ok_or_else(|| {
        Error::new(ErrorKind::NotFound, "there are no panoptic PNGs, and no segmentations to paint them from")
            .at(Place::area("panoptic"))
    })
}

/// Writes a view as COCO panoptic files: JSON and a folder of PNGs. Files that were read as such are written as
/// they were; else pictures are painted from the segmentations of a set (see [`paintings`]).
///
/// # Errors
/// As [`coco::export`]; [`ErrorKind::NotFound`] where there is nothing to paint.
pub fn export(
    store: &Store,
    ds: &Dataset,
    dst: &Path,
    options: &ExportOptions,
    job: &Job,
) -> Result<ExportSummary> {
    let stored = coco::panoptic_set(store, ds)?;
    if let Some(stored) = stored.filter(|set| options.set.as_ref().is_none_or(|wanted| wanted == set)) {
        let options = ExportOptions { set: Some(stored), ..options.clone() };
        return coco::export_as(store, ds, dst, &options, Form::Panoptic, job);
    }
    let set = painted_set(store, ds, options)?;
    let view = paintings(ds, &set)?;
    let extra = count(ds, &set, "object_extra", job)?;
    let options = ExportOptions { set: Some(set), ..options.clone() };
    let mut summary = coco::export_as(store, &view, dst, &options, Form::Panoptic, job)?;
    summary.loss.add("object_extra", extra, "it says how the objects were written before they were painted");
    Ok(summary)
}

/// How many objects of a set have a value for a key; objects at all for `""`.
fn count(ds: &Dataset, set: &str, wanted: &str, job: &Job) -> Result<u64> {
    let mut first = true;
    let reader = Reader::new(ds, |axis, base| {
        axis.set() == Some(set)
            && (base == wanted || (wanted.is_empty() && std::mem::replace(&mut first, false)))
    })?;
    if reader.is_empty() {
        return Ok(0);
    }
    let rows: Vec<usize> = (0..ds.len()).collect();
    let mut all = 0u64;
    for window in reader.windows(&rows, job) {
        let (_, table) = window?;
        for row in 0..table.rows {
            let objects = table.objects(row).unwrap_or(0);
            let there = |object: &usize| {
                wanted.is_empty()
                    || table.object_key(wanted).is_some_and(|c| c.element(row, *object).is_some())
            };
            all += u64::try_from((0..objects).filter(there).count()).unwrap_or(u64::MAX);
        }
    }
    Ok(all)
}

/// Writes a view as COCO annotation files. A default set of panoptic segments is written as annotations with
/// masks (see [`detections`]); every other set as [`coco::export`] writes it.
///
/// # Errors
/// As [`coco::export`].
pub fn export_coco(
    store: &Store,
    ds: &Dataset,
    dst: &Path,
    options: &ExportOptions,
    job: &Job,
) -> Result<ExportSummary> {
    let of_default = coco::panoptic_set(store, ds)?.as_deref() == Some("");
    if !of_default || options.set.as_ref().is_some_and(|set| !set.is_empty()) {
        return coco::export(store, ds, dst, options, job);
    }
    let view = match ds.keys().find("panoptic") {
        Ok(_) => detections(store, ds, "", false)?,
        // Without the PNGs there are boxes all the same.
        Err(_) => ds.clone(),
    };
    coco::export_as(store, &view, dst, options, Form::Detections, job)
}

/// Writes semantic PNGs: `labels/SPLIT/NAME.png` for each row, and `labels.json`, which says what the numbers
/// mean. A stored `label_map` is written as it is; else one is made (see [`semantics`]).
///
/// # Errors
/// [`ErrorKind::NotFound`] where there is nothing to make them of; [`ErrorKind::AlreadyExists`] for files that
/// are there; failures of the disk.
pub fn export_labels(
    store: &Store,
    ds: &Dataset,
    dst: &Path,
    options: &ExportOptions,
    job: &Job,
) -> Result<ExportSummary> {
    let mut partial = Partial::new("labels", dst, options.replace);
    let made = ds.keys().find("label_map").is_err();
    let (view, set) = match (made, coco::panoptic_set(store, ds)?) {
        (false, _) => (ds.clone(), options.set.clone().unwrap_or_default()),
        (true, Some(set)) if options.set.as_ref().is_none_or(|wanted| *wanted == set) => {
            (semantics(store, ds, &set, Numbers::Labels)?, set)
        }
        (true, _) => {
            let set = painted_set(store, ds, options)?;
            (semantics(store, ds, &set, Numbers::Labels)?, set)
        }
    };
    if made && let Some(classes) = ds.classes(&set) {
        let class = |(number, class): (usize, &crate::schema::classes::Class)| json!({"number": number, "name": class.name, "color": class.color});
        let classes: Vec<serde_json::Value> = classes.iter().enumerate().map(class).collect();
        let void = if classes.len() > 255 { 65535 } else { 255 };
        partial.write("labels.json", json!({"void": void, "classes": classes}).to_string().as_bytes())?;
    }
    // The PNGs are what is exported: links are no answer.
    let images = Images { area: "labels", key: "label_map", what: ExportImages::Copy };
    let written = images.write(store, &view, &mut partial, job, |row| {
        let name = row.file_name.or(row.path)?;
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let folder = row.split.map_or("labels".to_owned(), |split| format!("labels/{split}"));
        below(&folder, &format!("{stem}.png"))
    })?;
    let rows = u64::try_from(ds.len()).unwrap_or(u64::MAX);
    let mut loss = LossReport::default();
    loss.add("objects", count(ds, &set, "", job)?, "a PNG of class numbers does not tell them apart");
    loss.add("rows", rows.saturating_sub(written), "without a PNG of their own that is to be written");
    Ok(ExportSummary { files: partial.publish()?, rows: written, objects: 0, images: written, loss })
}
