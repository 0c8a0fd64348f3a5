//! COCO out: the annotation files of a view, equal to those it came from where it came from some.
//!
//! For each file: which rows it lists, the order of its annotations (16 bytes each), then one record after the
//! other from the columns. Nothing of the size of the file is held in memory. Files appear under their names
//! only when all of them are complete.

mod file;
mod images;
mod partial;
mod record;
mod source;
mod table;
mod text;

use std::fs;
use std::path::{Path, PathBuf};

use self::file::{AnnotationFile, Out};
use self::partial::Partial;
use self::source::FilePlan;
use self::table::{Cell, Table};
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
/// the whole dataset.
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
    let whole = is_whole(store, ds);
    let residue = residue_text(store)?;
    let known = source::from_residue(residue.as_deref())?;
    let mut loss = LossReport::default();
    let mut partial = Partial::new(options.replace);
    let single = dst.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
    let (mut objects, mut files) = (0, 0u64);
    let mut summary_rows = vec![false; ds.len()];
    for set in sets(ds, &known, options)? {
        let table = Table::read(ds, &set, job)?;
        let mut plans: Vec<FilePlan> = known.iter().filter(|p| p.set == set).cloned().collect();
        if plans.is_empty() {
            plans = source::by_custom(&set, &table);
        }
        for plan in plans {
            let rows = listed(&plan, &table);
            if rows.is_empty() && !whole {
                continue;
            }
            if single && files > 0 {
                return Err(several(dst));
            }
            let target = if single { dst.to_owned() } else { inside(dst, &plan.file)? };
            if let Some(parent) = target.parent().filter(|p| !p.as_os_str().is_empty()) {
                fs::create_dir_all(parent)
                    .map_err(|e| Error::io("make the folder", e))
                    .at(|| Place::area("coco").file(parent))?;
            }
            for row in &rows {
                summary_rows.iter_mut().skip(*row).take(1).for_each(|seen| *seen = true);
            }
            let mut out = Out::new(partial.create(&target)?, target);
            // The view's own table: it may have been aligned to another than the stored one.
            let classes = ds.classes(&set).or_else(|| store.classes(&set));
            let (plan, table, rows) = (&plan, &table, rows.as_slice());
            let file = AnnotationFile { plan, table, rows, whole, classes };
            objects += file.write(&mut out, &mut loss, job)?;
            files += 1;
        }
    }
    let images = if single { 0 } else { images::write(store, ds, dst, options.images, &mut partial, job)? };
    let files = partial.publish()?;
    let rows = summary_rows.iter().filter(|seen| **seen).count();
    Ok(ExportSummary { files, rows: u64::try_from(rows).unwrap_or(u64::MAX), objects, images, loss })
}

/// The residue of the import, whole.
fn residue_text(store: &Store) -> Result<Option<Vec<u8>>> {
    let Some(mut file) = store.read_residue(RESIDUE)? else { return Ok(None) };
    let mut text = Vec::new();
    let place = || Place::area("coco").file(store.path());
    std::io::Read::read_to_end(&mut file, &mut text)
        .map_err(|e| Error::io("read the residue", e))
        .at(place)?;
    Ok(Some(text))
}

fn several(dst: &Path) -> Error {
    Error::new(ErrorKind::Usage, "the view makes several annotation files")
        .at(Place::area("coco").file(dst))
        .remedy("name a folder, or choose one set (--set) and the rows of one split")
}

/// True if the view is every row of the stored dataset in its order.
fn is_whole(store: &Store, ds: &Dataset) -> bool {
    let stored = store.dataset();
    ds.len() == stored.len()
        && ds.rows() == stored.rows()
        && std::sync::Arc::ptr_eq(ds.source(), stored.source())
}

/// The sets to write: those of the known files, those of the view's keys, in that order, each once.
fn sets(ds: &Dataset, known: &[FilePlan], options: &ExportOptions) -> Result<Vec<String>> {
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

/// The rows that a file lists, in its order.
fn listed(plan: &FilePlan, table: &Table) -> Vec<usize> {
    let split = table.row_key("split");
    let of_split = |row: &usize| {
        let split = split.and_then(|c| c.cell(*row)).and_then(Cell::text);
        plan.split.as_deref().is_none_or(|wanted| split.is_none() || split == Some(wanted))
    };
    if plan.primary {
        let in_file = |row: &usize| table.object_keys.is_empty() || table.objects(*row).is_some();
        return (0..table.rows).filter(of_split).filter(in_file).collect();
    }
    let ordinal = table.row_key(&crate::schema::axis::key_name(&plan.set, "image_ordinal"));
    let at = |row: usize| ordinal.and_then(|c| c.cell(row)).and_then(Cell::int).map(|o| (o, row));
    let mut rows: Vec<(i64, usize)> = (0..table.rows).filter(of_split).filter_map(at).collect();
    rows.sort_unstable();
    rows.into_iter().map(|(_, row)| row).collect()
}

/// A file's place below the folder, if it stays there.
fn inside(folder: &Path, file: &str) -> Result<PathBuf> {
    let normal = |c: std::path::Component<'_>| matches!(c, std::path::Component::Normal(_));
    if file.is_empty() || !Path::new(file).components().all(normal) {
        return Err(Error::new(
            ErrorKind::Corrupt,
            format!("the residue names '{file}', outside the folder"),
        )
        .at(Place::area("coco").file(folder)));
    }
    Ok(folder.join(file))
}
