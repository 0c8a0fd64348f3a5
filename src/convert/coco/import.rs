//! A COCO file or folder into a stored dataset.

use std::ops::Range;
use std::path::Path;

use arrow_buffer::Buffer;

use crate::convert::photos::{Photos, best_folder};
use crate::convert::sink::StoreSink;
use crate::convert::{ImageFolder, Images, ImagesSummary, ImportOptions, ImportSummary, Source as Whole};
use crate::dataset::store::{Operation, Writer};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::job::{Job, Warning};

use super::ids::Ids;
use super::layout::{self, Source};
use super::panoptic::paint;
use super::photo;
use super::prepare::Prepared;
use super::source::SourceFile;
use super::tables;
use super::{residue, write_residue};

/// Imports a COCO file or folder into a new dataset, or a new version of one.
///
/// Files are mapped and read twice; memory holds 16 bytes an annotation and builders of some megabytes. A job
/// that is cancelled, or any error, leaves no dataset and an existing one unchanged.
///
/// ```
/// use lensframe::{convert::{ImportOptions, coco}, dataset::store::Store, job::Job};
/// let folder = tempfile::tempdir()?;
/// let (file, ds) = (folder.path().join("instances_val.json"), folder.path().join("val.lf"));
/// std::fs::write(&file, r#"{"images": [{"id": 7, "file_name": "a.jpg", "height": 2, "width": 3}],
///     "annotations": [{"id": 1, "image_id": 7, "category_id": 4, "bbox": [0, 0, 2, 1]}],
///     "categories": [{"id": 4, "name": "cat"}]}"#)?;
/// let summary = coco::import(&file, &ds, &ImportOptions::default(), &Job::new())?;
/// assert_eq!((summary.rows, summary.objects), (1, vec![("".to_owned(), 1)]));
/// let store = Store::open(&ds)?;
/// assert_eq!(store.classes("").map(|table| table.names()), Some(vec!["cat"]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ErrorKind::NotFound`] if there is no COCO file, [`ErrorKind::Format`] and [`ErrorKind::Limit`] where a
/// file breaks the rules of JSON or of COCO, with file, line and byte; [`ErrorKind::Mismatch`] if files
/// disagree about classes or the type of image ids; [`ErrorKind::Usage`] for splits that do not exist; those
/// of [`Writer`]; [`ErrorKind::Cancelled`].
pub fn import(src: &Path, dst: &Path, options: &ImportOptions, job: &Job) -> Result<ImportSummary> {
    import_source(&Whole::open(src, &options.image_roots, job)?, dst, options, job)
}

/// As [`import`], of a source that is open.
pub(in crate::convert) fn import_source(
    source: &Whole,
    dst: &Path,
    options: &ImportOptions,
    job: &Job,
) -> Result<ImportSummary> {
    let found = layout::find(source)?;
    let sources = choose_splits(found.sources, &options.splits, source.path())?;
    let tree = source.tree();
    let texts = sources.iter().map(|s| tree.read(&s.member)).collect::<Result<Vec<Buffer>>>();
    let texts = texts.at(|| Place::area("coco"))?;
    let mut ids: Vec<Ids> = Vec::new();
    let mut splits: Vec<(Option<String>, Range<usize>)> = Vec::new();
    let mut files: Vec<SourceFile<'_>> = Vec::new();
    for (source, text) in sources.into_iter().zip(&texts) {
        let begins = splits.last().is_none_or(|(name, _)| *name != source.split);
        if begins {
            splits.push((source.split.clone(), files.len()..files.len()));
            ids.push(Ids::default());
        }
        let Some(ids) = ids.last_mut() else { continue };
        files.push(SourceFile::read(source, text.as_slice(), ids, job)?);
        if let Some((_, range)) = splits.last_mut() {
            range.end = files.len();
        }
    }
    let mut prepared = Prepared::new(&files, splits, &ids, job)?;
    let mut photos = find_photos(&mut prepared, source, options, job)?;
    write(&prepared, photos.as_mut(), source, dst, options, job).at(|| Place::area("coco"))
}

/// The sources of the splits asked for.
fn choose_splits(mut sources: Vec<Source>, wanted: &[String], src: &Path) -> Result<Vec<Source>> {
    if let ([source], [name]) = (sources.as_mut_slice(), wanted) {
        source.split = Some(name.clone());
        return Ok(sources);
    }
    if wanted.is_empty() {
        return Ok(sources);
    }
    let has = |name: &String| sources.iter().any(|s| s.split.as_ref() == Some(name));
    if let Some(name) = wanted.iter().find(|name| !has(name)) {
        let mut known: Vec<&str> = sources.iter().filter_map(|s| s.split.as_deref()).collect();
        known.dedup();
        return Err(Error::new(ErrorKind::Usage, format!("there is no split '{name}'"))
            .at(Place::area("coco").file(src))
            .remedy(format!("the splits are: {}", known.join(", "))));
    }
    sources.retain(|s| s.split.as_ref().is_some_and(|split| wanted.contains(split)));
    Ok(sources)
}

/// The photographs, and the PNGs of panoptic files, as the options want them; `None` to go without.
fn find_photos(
    prepared: &mut Prepared<'_>,
    source: &Whole,
    options: &ImportOptions,
    job: &Job,
) -> Result<Option<Photos>> {
    if options.images == Images::None || !prepared.images.described {
        return Ok(None);
    }
    let mut trees = source.image_trees(options, job)?;
    let (sought, given) = (trees.len(), !options.image_roots.is_empty());
    if given {
        // Where the files themselves are: their PNGs lie beside them, wherever the photographs are.
        trees.push(source.tree().clone());
    }
    let place = || Place::area("coco").file(source.path());
    let (mut folders, mut paintings) = (Vec::new(), false);
    for split in &mut prepared.splits {
        let (offered, names) = photo::offered(split, sought, given);
        let folder = best_folder(&trees, offered, &names)?;
        folders.extend(folder.map(|folder| (split.name.clone(), folder)));
        let Some((offered, names)) = photo::offered_paintings(split, trees.len()) else { continue };
        split.paintings = best_folder(&trees, offered, &names)?;
        paintings |= split.paintings.is_some();
        if split.paintings.is_none() && !names.is_empty() {
            let what = "none of the PNGs of the panoptic records is there";
            let done = "the rows have none: name their folder with --image-root";
            job.warn(Warning::new("coco.panoptic-absent", place(), what, done))?;
        }
    }
    if folders.is_empty() {
        let roots: Vec<String> =
            trees.iter().take(sought).map(|tree| tree.name("").display().to_string()).collect();
        let what = format!("none of the images is below {}", roots.join(", "));
        if options.images != Images::Auto && !paintings {
            return Err(Error::new(ErrorKind::NotFound, what)
                .at(place())
                .remedy("name their folder or archive with --image-root, or use --images none"));
        }
        job.warn(Warning::new("images.none", place(), what, "the dataset has no images"))?;
    }
    let keys = [("img", !folders.is_empty()), ("panoptic", paintings)];
    let keys: Vec<&'static str> = keys.iter().filter(|(_, there)| *there).map(|(key, _)| *key).collect();
    if keys.is_empty() {
        return Ok(None);
    }
    let mut photos = Photos::new(options, trees, &keys, prepared.images.ids);
    for (split, folder) in folders {
        photos.add_folder(split.as_deref(), folder);
    }
    Ok(Some(photos))
}

fn write(
    prepared: &Prepared<'_>,
    mut photos: Option<&mut Photos>,
    source: &Whole,
    dst: &Path,
    options: &ImportOptions,
    job: &Job,
) -> Result<ImportSummary> {
    let stamps = source.stamps(prepared.splits.iter().flat_map(|s| &s.files).map(|f| &*f.source.member))?;
    let mut writer = Writer::create(dst, options.writer("coco", source, &stamps, photos.as_deref()), job)?;
    let resumed = writer.resumed();
    if let Some(photos) = photos.as_deref_mut().filter(|photos| photos.stores()) {
        let skip = resumed.as_ref().map_or(0, |r| r.rows);
        writer.announce(total_bytes(prepared, photos, skip, job)?)?;
    }
    // Before the first row, so that the files carry them for other programs.
    for set in prepared.sets.iter().filter(|set| !set.classes.table.is_empty()) {
        writer.set_classes(&set.name, set.classes.table.clone());
    }
    let mut sink = StoreSink::new(&mut writer);
    let objects = tables::write(prepared, photos.as_deref_mut(), &mut sink, resumed.as_ref(), job)?;
    let mut residue = writer.residue("coco")?;
    residue::begin(&mut residue)?;
    write_residue(prepared, &mut residue)?;
    residue::end(&mut residue)?;
    residue.finish()?;
    let mut operation = Operation::new("convert")
        .with("format", "coco")
        .with("source", source.path().to_string_lossy().into_owned())
        .with("program", env!("CARGO_PKG_VERSION"));
    let mut images = ImagesSummary::default();
    if let Some(photos) = photos {
        images = photos.summary.clone();
        photos.add_roots(&mut writer);
        operation = operation.with("image_folders", folder_names(&images.folders));
    }
    job.check()?;
    let rows = prepared.splits.iter().map(|split| split.rows.ids.len()).sum::<usize>();
    let files: Vec<_> =
        prepared.splits.iter().flat_map(|split| split.files.iter().zip(&split.rows.files)).collect();
    let orphans: usize = files.iter().map(|(_, rows)| rows.orphans.len()).sum();
    Ok(ImportSummary {
        rows: u64::try_from(rows).unwrap_or(u64::MAX),
        objects,
        orphans: u64::try_from(orphans).unwrap_or(u64::MAX),
        files: files.iter().map(|(file, _)| file.source.name.clone()).collect(),
        images,
        resumed: resumed.map_or(0, |r| r.rows),
        version: writer.commit(operation)?,
    })
}

fn folder_names(folders: &[ImageFolder]) -> serde_json::Value {
    folders.iter().map(|folder| folder.path.to_string_lossy().into_owned()).collect()
}

/// The bytes of all photographs that would be stored, but for those of the first rows.
fn total_bytes(prepared: &Prepared<'_>, photos: &mut Photos, mut skip: u64, job: &Job) -> Result<u64> {
    let mut total = 0u64;
    for split in &prepared.splits {
        photos.begin_split(split.name.as_deref());
        for row in 0..split.rows.ids.len() {
            job.check()?;
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let name = split.base(row).and_then(|(i, record)| photo::file_name(split.files.get(i)?, record));
            total = total.saturating_add(name.map_or(Ok(0), |name| photos.size(&name))?);
            if let Some((tree, member)) = paint::find(split, row, photos.trees())? {
                total = total.saturating_add(photos.member_size(tree, &member)?);
            }
        }
    }
    Ok(total)
}
