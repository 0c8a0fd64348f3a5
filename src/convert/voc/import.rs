//! A VOC tree into a stored dataset.

use std::path::Path;

use super::finder::Finder;
use super::layout;
use super::masks::{Reader, SET};
use super::pass::{self, Work};
use super::prepare::{Prepared, prepare};
use super::residue::{self, ListEntry, RESIDUE};
use super::rows::read_list;
use crate::convert::photos::Photos;
use crate::convert::sink::StoreSink;
use crate::convert::{Images, ImagesSummary, ImportOptions, ImportSummary, Source};
use crate::dataset::Rows;
use crate::dataset::store::{Operation, Writer};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::job::{Job, Warning};
use crate::schema::field::IdType;

/// Why a source looks like VOC; `None` if it does not.
pub(in crate::convert) fn detect(source: &Source) -> Option<String> {
    layout::find(source).ok().flatten().map(|layout| layout.why)
}

/// Imports a VOC tree into a new dataset, or a new version of one.
///
/// Every annotation is read twice; memory holds a name and some numbers an image, and builders of some
/// megabytes. A job that is cancelled, or any error, leaves no dataset and an existing one unchanged.
///
/// ```
/// use lensframe::{convert::{ImportOptions, voc}, dataset::store::Store, job::Job};
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("a.xml"), "<annotation><filename>a.jpg</filename><object>
///     <name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>4</xmax><ymax>3</ymax></bndbox>
///     </object></annotation>")?;
/// let dst = folder.path().join("cats.lf");
/// let summary = voc::import(folder.path(), &dst, &ImportOptions::default(), &Job::new())?;
/// assert_eq!((summary.rows, summary.objects), (1, vec![("".to_owned(), 1)]));
/// let store = Store::open(&dst)?;
/// assert_eq!(store.classes("").and_then(|table| table.label_of("cat")), Some(7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ErrorKind::NotFound`] if nothing looks like VOC, [`ErrorKind::Format`] and [`ErrorKind::Limit`] for files
/// that break the rules of XML or PNG, with file and line, unless they are to be skipped;
/// [`ErrorKind::Usage`] for splits that do not exist; those of [`Writer`]; [`ErrorKind::Cancelled`].
pub fn import(src: &Path, dst: &Path, options: &ImportOptions, job: &Job) -> Result<ImportSummary> {
    import_source(&Source::open(src, &options.image_roots, job)?, dst, options, job)
}

/// As [`import`], of a source that is open.
pub(in crate::convert) fn import_source(
    source: &Source,
    dst: &Path,
    options: &ImportOptions,
    job: &Job,
) -> Result<ImportSummary> {
    let mut trees = source.image_trees(options, job)?;
    let given = !options.image_roots.is_empty();
    let sought = trees.clone();
    if given {
        // Label PNGs lie beside the annotations, wherever the photographs are.
        trees.push(source.tree().clone());
    }
    let all = trees.clone();
    let finder = |layout: &layout::Layout| Ok(Finder::new(all, sought.len(), &layout.parts, given));
    let (prepared, mut finder, classes) = prepare(source, finder, options, job).at(|| Place::area("voc"))?;
    let maps = trees.len() - 1;
    let mut names = Vec::new();
    let photographs = wants_photographs(&prepared, source, options, job)?;
    names.extend(photographs.then_some("img"));
    let parts = &prepared.layout.parts;
    names.extend(parts.iter().any(|p| p.classes.is_some()).then_some("label_map"));
    names.extend(parts.iter().any(|p| p.instances.is_some()).then_some("instance_map"));
    let mut photos = (!names.is_empty()).then(|| Photos::new(options, trees, &names, IdType::Text));
    let reader = Reader::new(classes);
    let work = Work { prepared: &prepared, finder: &mut finder, reader: &reader, maps, photographs };
    write(work, photos.as_mut(), source, dst, options, job).at(|| Place::area("voc"))
}

/// True if photographs are to be kept and there are some.
fn wants_photographs(
    prepared: &Prepared,
    source: &Source,
    options: &ImportOptions,
    job: &Job,
) -> Result<bool> {
    if options.images == Images::None || prepared.photographs > 0 {
        return Ok(options.images != Images::None);
    }
    let what = "none of the photographs is there".to_owned();
    let place = Place::area("voc").file(source.path());
    if options.images != Images::Auto {
        return Err(Error::new(ErrorKind::NotFound, what)
            .at(place)
            .remedy("name their folder or archive with --image-root, or use --images none"));
    }
    job.warn(Warning::new("images.none", place, what, "the dataset has no images"))?;
    Ok(false)
}

fn write(
    work: Work<'_>,
    mut photos: Option<&mut Photos>,
    source: &Source,
    dst: &Path,
    options: &ImportOptions,
    job: &Job,
) -> Result<ImportSummary> {
    let prepared = work.prepared;
    let mut writer =
        Writer::create(dst, options.writer("voc", source, &prepared.stamp, photos.as_deref()), job)?;
    let resumed = writer.resumed();
    if let Some(photos) = photos.as_deref().filter(|photos| photos.stores()) {
        let skip = resumed.as_ref().map_or(0, |r| usize::try_from(r.rows).unwrap_or(usize::MAX));
        let mut total = 0u64;
        for row in prepared.rows.rows.iter().skip(skip) {
            job.check()?;
            if let Some((tree, member)) = prepared.photograph(row, work.finder)? {
                total = total.saturating_add(photos.member_size(tree, &member)?);
            }
        }
        writer.announce(total)?;
    }
    // Before the first row, so that the files carry them for other programs.
    if !prepared.plan.classes.is_empty() {
        writer.set_classes("", prepared.plan.classes.clone());
        if prepared.layout.parts.iter().any(|part| part.instances.is_some()) {
            writer.set_classes(SET, prepared.plan.classes.clone());
        }
    }
    let mut sink = StoreSink::new(&mut writer);
    let counts = pass::write(work, photos.as_deref_mut(), &mut sink, resumed.as_ref(), job)?;
    write_residue(prepared, &mut writer)?;
    save_views(prepared, &mut writer);
    let mut images = ImagesSummary::default();
    if let Some(photos) = photos {
        images = photos.summary.clone();
        photos.add_roots(&mut writer);
    }
    job.check()?;
    let operation = Operation::new("convert")
        .with("format", "voc")
        .with("source", source.path().to_string_lossy().into_owned())
        .with("coords", serde_json::to_value(options.coords).unwrap_or_default())
        .with("program", env!("CARGO_PKG_VERSION"));
    let mut objects = vec![(String::new(), counts.objects)];
    objects.extend(counts.masks.map(|masks| (SET.to_owned(), masks)));
    let parts = &prepared.layout.parts;
    Ok(ImportSummary {
        rows: u64::try_from(prepared.rows.rows.len()).unwrap_or(u64::MAX),
        objects,
        orphans: 0,
        files: parts.iter().filter_map(|part| part.annotations.clone()).collect(),
        images,
        resumed: resumed.map_or(0, |r| r.rows),
        version: writer.commit(operation)?,
    })
}

fn write_residue(prepared: &Prepared, writer: &mut Writer) -> Result<()> {
    let mut out = writer.residue(RESIDUE)?;
    residue::begin(&mut out, &prepared.residue)?;
    for (number, listed) in prepared.rows.lists.iter().enumerate() {
        // Damage was warned of when the list was read first.
        let text = read_list(&prepared.tree, &listed.list, &Job::new())?;
        let kept = prepared.rows.kept_lines(listed.part, &text);
        let entry = ListEntry { part: listed.part, name: listed.list.name.clone(), text: kept };
        residue::list(&mut out, &entry, number == 0)?;
    }
    residue::end(&mut out)?;
    out.finish()
}

/// Each list is a view of the rows that it means.
fn save_views(prepared: &Prepared, writer: &mut Writer) {
    for listed in &prepared.rows.lists {
        let source = prepared.layout.parts.get(listed.part).and_then(|part| part.source.as_deref());
        let name = match source {
            Some(source) => format!("{source}/{}", listed.list.name),
            None => listed.list.name.clone(),
        };
        let rows: Vec<u64> = listed.rows.iter().filter_map(|row| u64::try_from(*row).ok()).collect();
        writer.save_view(&name, &Rows::indices(rows), None);
    }
}
