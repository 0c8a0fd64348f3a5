//! VOC out: annotations, lists, label PNGs and photographs of a view, equal to what they came from where they
//! came from VOC.
//!
//! First every row gets its part and name, then annotations are written a window of rows at a time. Memory
//! holds a name an image. Files appear under their names only when all of them are complete.

mod annotation;
mod names;
mod object;
mod paint;
mod record;
mod sets;

use std::path::Path;

use self::annotation::{Annotations, Written};
use self::names::{Names, Target};
use super::residue::{self, RESIDUE, Residue};
use crate::convert::export::{Images, Partial, is_whole};
use crate::convert::{ExportImages, ExportOptions, ExportSummary, LossReport};
use crate::dataset::Dataset;
use crate::dataset::store::Store;
use crate::error::{Error, Place, Result, ResultExt};
use crate::job::Job;
use crate::schema::classes::Class;

/// Writes a view of a stored dataset as a VOC tree.
///
/// Rows that came from VOC go where they came from; others into a tree of the usual folders, called by their
/// file names. Of a set other than the default one, the annotations are that set's objects.
///
/// # Errors
/// [`crate::error::ErrorKind::AlreadyExists`] for files that are there, unless they may be replaced;
/// [`crate::error::ErrorKind::NotFound`] for a set that is not there;
/// [`crate::error::ErrorKind::Cancelled`]; failures of the disk. Then no file has been given its name.
pub fn export(
    store: &Store,
    ds: &Dataset,
    dst: &Path,
    options: &ExportOptions,
    job: &Job,
) -> Result<ExportSummary> {
    let whole = is_whole(store, ds);
    let residue = read_residue(store)?;
    let set = options.set.clone().unwrap_or_default();
    let mut loss = LossReport::default();
    let names = Names::of(ds, residue.as_ref(), job)?;
    let mut partial = Partial::new("voc", dst, options.replace);
    let classes = ds.classes(&set).or_else(|| store.classes(&set)).cloned().unwrap_or_default();
    loss.change("image_id", names.numbered, "VOC calls images by their files");
    loss.change("file_name", names.renamed, "made a name that is free and a file's on every system");
    if residue.is_none() {
        let says_more = |class: &Class| class.source_id.is_some() || class.supercategory.is_some();
        let said = classes.iter().filter(|class| says_more(class)).count();
        loss.add("categories", u64::try_from(said).unwrap_or(0), "VOC's classes have no ids and no groups");
    }
    let stored = ["label_map", "instance_map"].iter().any(|key| ds.keys().find(key).is_ok());
    let own = residue.is_some() && set.is_empty();
    let painted = paint::set_of(ds, &set, own).filter(|_| !stored);
    let annotations = Annotations {
        ds,
        names: &names,
        residue: residue.as_ref(),
        set: &set,
        classes: &classes,
        painted: painted == Some(&set),
    };
    let Written { rows, objects } =
        annotations.write(&mut |file, text| partial.write(file, text), &mut loss, job)?;
    sets::write(residue.as_ref(), &names, whole, &mut partial)?;
    if residue.is_none() {
        sets::labelmap(&classes, &mut partial)?;
    }
    let photographs = Images { area: "voc", key: "img", what: options.images };
    let images = photographs.write(store, ds, &mut partial, job, |row| {
        names.photograph(usize::try_from(row.row).ok()?, row.file_name)
    })?;
    // Label PNGs are annotations: linked or not, they are written.
    for (key, folder) in [("label_map", Target::Classes), ("instance_map", Target::Instances)] {
        let pngs = Images { area: "voc", key, what: ExportImages::Copy };
        pngs.write(store, ds, &mut partial, job, |row| names.png(usize::try_from(row.row).ok()?, folder))?;
    }
    if let Some(set) = painted {
        let classes = ds.classes(set).or_else(|| store.classes(set)).map_or(0, |table| table.len());
        let painter = paint::Painter { ds, names: &names, set, classes };
        painter.write(&mut partial, &mut loss, job)?;
    }
    let files = partial.publish()?;
    Ok(ExportSummary { files, rows, objects, images, loss })
}

/// The text of the one annotation of a view.
///
/// # Errors
/// Those of reading rows.
pub(super) fn annotation_text(ds: &Dataset, residue: &Residue, job: &Job) -> Result<Vec<u8>> {
    let names = Names::of(ds, Some(residue), job)?;
    let classes = ds.classes("").cloned().unwrap_or_default();
    let annotations =
        Annotations { ds, names: &names, residue: Some(residue), set: "", classes: &classes, painted: false };
    let mut written = Vec::new();
    annotations.write(
        &mut |_, text| {
            written = text.to_vec();
            Ok(())
        },
        &mut LossReport::default(),
        job,
    )?;
    Ok(written)
}

/// The residue of the import; `None` if the dataset did not come from VOC.
fn read_residue(store: &Store) -> Result<Option<Residue>> {
    let Some(mut file) = store.read_residue(RESIDUE)? else { return Ok(None) };
    let place = || Place::area("voc").file(store.path());
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut file, &mut text)
        .map_err(|e| Error::io("read the residue", e))
        .at(place)?;
    residue::read(&text).at(place).map(Some)
}
