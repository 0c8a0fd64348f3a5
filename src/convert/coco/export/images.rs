//! Images beside the annotations: embedded ones are written out, linked ones copied if asked.
//!
//! They go where the import looks for them first: beside the annotation file of their split where that lies
//! in a folder of its own, else below `images/`.

use std::path::{Path, PathBuf};

use super::Planned;
use super::partial::Partial;
use crate::convert::{ExportImages, LossReport};
use crate::dataset::store::Store;
use crate::dataset::{Access, Dataset, Rows, Value};
use crate::error::{Place, Result};
use crate::job::{Job, Warning};
use crate::place;

/// Rows read at a time; the images themselves stay where they are mapped.
const ROWS: usize = 64;

/// The folder for the images of a split, relative to the export.
pub(super) fn folder(planned: &[Planned<'_>], split: Option<&str>) -> PathBuf {
    let primary = planned.iter().map(|p| &p.plan).find(|p| p.primary && p.split.as_deref() == split);
    let beside = primary.and_then(|p| Path::new(&p.file).parent());
    match (beside, split) {
        (Some(own), Some(_)) if !own.as_os_str().is_empty() && own != Path::new("annotations") => {
            own.to_owned()
        }
        (_, Some(split)) => Path::new("images").join(split),
        (_, None) => PathBuf::from("images"),
    }
}

/// Writes the images of a view below `dst`, each to its split's `folder` under its file name; gives how many.
pub(super) fn write(
    store: &Store,
    ds: &Dataset,
    dst: &Path,
    folder: impl Fn(Option<&str>) -> PathBuf,
    what: ExportImages,
    partial: &mut Partial,
    job: &Job,
) -> Result<u64> {
    if what == ExportImages::None || ds.keys().find("file_name").is_err() {
        return Ok(0);
    }
    let Some(ds) = select(ds)? else { return Ok(0) };
    let stage = job.stage("writing images", u64::try_from(ds.len()).ok());
    let mut written = 0;
    each(&ds, job, |row, img, name, split| {
        stage.advance(1)?;
        if !(has(img, "bytes") || (has(img, "path") && what == ExportImages::Copy)) {
            return Ok(());
        }
        let warn = |name: &str, what: &str, done: &str| {
            let place = Place::area("coco").row(row).key("file_name");
            job.warn(Warning::new("coco.image-path", place, format!("'{name}' {what}"), done))
        };
        let name = name.unwrap_or_default();
        let inner = folder(split).to_string_lossy().into_owned();
        let folder = place::within(dst, &inner).filter(|_| !name.ends_with(['.', '/']));
        let Some(target) = folder.and_then(|folder| place::within(&folder, name)) else {
            return warn(name, "would leave the folder", "its image was not written");
        };
        if partial.has(&target) {
            return warn(name, "names more than one row", "the image of the first was written");
        }
        partial.write(&target, &store.image_bytes(img)?)?;
        written += 1;
        Ok(())
    })?;
    Ok(written)
}

/// Reports embedded images that a single file has no place for.
pub(super) fn report(ds: &Dataset, what: ExportImages, loss: &mut LossReport, job: &Job) -> Result<()> {
    let Some(ds) = select(ds)?.filter(|_| what != ExportImages::None) else { return Ok(()) };
    let mut embedded = 0;
    each(&ds, job, |_, img, _, _| {
        embedded += u64::from(has(img, "bytes"));
        Ok(())
    })?;
    loss.add("img", embedded, "a single file has no place for images: name a folder");
    Ok(())
}

fn has(img: &Value, member: &str) -> bool {
    img.member(member).is_some_and(|m| !m.is_null())
}

/// The view with `img`, `file_name` and `split` alone, as far as it has them; `None` without images.
fn select(ds: &Dataset) -> Result<Option<Dataset>> {
    let keys = ["img", "file_name", "split"].into_iter().filter(|key| ds.keys().find(key).is_ok());
    let keys: Vec<&str> = keys.collect();
    if keys.first() == Some(&"img") { ds.select(keys).map(Some) } else { Ok(None) }
}

/// Calls `each` with every row: its number, image, file name and split.
fn each(
    ds: &Dataset,
    job: &Job,
    mut each: impl FnMut(u64, &Value, Option<&str>, Option<&str>) -> Result<()>,
) -> Result<()> {
    for start in (0..ds.len()).step_by(ROWS) {
        let count = ROWS.min(ds.len() - start);
        let rows = Rows::all(ds.len()).slice(start..start + count)?;
        let batch = ds.read_rows(&rows, &Access::new(job))?.whole()?;
        let column = |name: &str| ds.keys().find(name).ok().and_then(|key| batch.columns.get(key.0));
        for position in 0..count {
            let value = |name| column(name).map_or(Value::Null, |c| c.value(position));
            let (img, name, split) = (value("img"), value("file_name"), value("split"));
            let row = u64::try_from(start + position).unwrap_or(u64::MAX);
            each(row, &img, name.as_text(), split.as_text())?;
        }
    }
    Ok(())
}
