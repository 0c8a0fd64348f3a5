//! A COCO file or folder into a stored dataset.

use std::ops::Range;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_schema::Field;

use crate::dataset::store::{GroupId, Operation, Storage, Writer, WriterOptions};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::job::{Job, Warning};
use crate::place::{Access, Map};

use super::ids::Ids;
use super::layout::{self, Source};
use super::photo::{self, ImageFolder, Images, ImagesSummary, Photos};
use super::prepare::Prepared;
use super::source::SourceFile;
use super::tables::{self, Sink};
use super::{residue, write_residue};

/// How a COCO source is imported.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// What is done with the photographs.
    pub images: Images,
    /// The folder that photographs are sought in; by default the source itself says (see [`super`]).
    pub image_root: Option<PathBuf>,
    /// The splits to import, all if empty. For a single file, one name is the name of its split.
    pub splits: Vec<String>,
    /// The form of the files written.
    pub storage: Storage,
    /// Give an existing dataset a new version instead of refusing.
    pub replace: bool,
}

/// What was imported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportSummary {
    /// The version of the dataset that was written.
    pub version: u64,
    /// How many rows (images) it has.
    pub rows: u64,
    /// How many objects each object set has; the default set is `""`.
    pub objects: Vec<(String, u64)>,
    /// How many annotations belong to no image and lie in the residue.
    pub orphans: u64,
    /// The annotation files, relative to the source.
    pub files: Vec<String>,
    /// What happened to the photographs.
    pub images: ImagesSummary,
}

/// Imports a COCO file or folder into a new dataset, or a new version of one.
///
/// Files are mapped and read twice; memory holds 16 bytes an annotation and builders of some megabytes. A job
/// that is cancelled, or any error, leaves no dataset and an existing one unchanged.
///
/// ```
/// use lensframe::{convert::coco, dataset::store::Store, job::Job};
/// let folder = tempfile::tempdir()?;
/// let (file, ds) = (folder.path().join("instances_val.json"), folder.path().join("val.lf"));
/// std::fs::write(&file, r#"{"images": [{"id": 7, "file_name": "a.jpg", "height": 2, "width": 3}],
///     "annotations": [{"id": 1, "image_id": 7, "category_id": 4, "bbox": [0, 0, 2, 1]}],
///     "categories": [{"id": 4, "name": "cat"}]}"#)?;
/// let summary = coco::import(&file, &ds, &coco::ImportOptions::default(), &Job::new())?;
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
    let found = layout::find(src, job)?;
    let sources = choose_splits(found.sources, &options.splits, src)?;
    let maps = sources.iter().map(|s| Map::open(&s.path, Access::Sequential)).collect::<Result<Vec<Map>>>();
    let maps = maps.at(|| Place::area("coco"))?;
    let mut ids: Vec<Ids> = Vec::new();
    let mut splits: Vec<(Option<String>, Range<usize>)> = Vec::new();
    let mut files: Vec<SourceFile<'_>> = Vec::new();
    for (source, map) in sources.into_iter().zip(&maps) {
        let begins = splits.last().is_none_or(|(name, _)| *name != source.split);
        if begins {
            splits.push((source.split.clone(), files.len()..files.len()));
            ids.push(Ids::default());
        }
        let Some(ids) = ids.last_mut() else { continue };
        files.push(SourceFile::read(source, map.buffer().as_slice(), ids, job)?);
        if let Some((_, range)) = splits.last_mut() {
            range.end = files.len();
        }
    }
    let prepared = Prepared::new(&files, splits, &ids, job)?;
    let mut photos = find_photos(&prepared, &found.root, options, job)?;
    write(&prepared, photos.as_mut(), src, dst, options, job).at(|| Place::area("coco"))
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

/// The photographs as the options want them; `None` to go without.
fn find_photos(
    prepared: &Prepared<'_>,
    root: &Path,
    options: &ImportOptions,
    job: &Job,
) -> Result<Option<Photos>> {
    if options.images == Images::None || !prepared.images.described {
        return Ok(None);
    }
    let splits: Vec<_> = prepared.splits.iter().map(|s| (s.name.clone(), s.files.clone())).collect();
    let folders = photo::folders(root, options.image_root.as_deref(), &splits);
    let root = options.image_root.as_deref().unwrap_or(root);
    if folders.is_empty() {
        let what = format!("none of the images is below {}", root.display());
        let place = Place::area("coco").file(root);
        if options.images != Images::Auto {
            return Err(Error::new(ErrorKind::NotFound, what)
                .at(place)
                .remedy("name their folder with --image-root, or use --images none"));
        }
        job.warn(Warning::new("coco.no-images", place, what, "the dataset has no images"))?;
        return Ok(None);
    }
    let embed = options.images == Images::Embed;
    Ok(Some(Photos::new(embed, root.to_owned(), folders, prepared.images.ids)))
}

fn write(
    prepared: &Prepared<'_>,
    mut photos: Option<&mut Photos>,
    src: &Path,
    dst: &Path,
    options: &ImportOptions,
    job: &Job,
) -> Result<ImportSummary> {
    let writer =
        WriterOptions { storage: options.storage, replace: options.replace, ..WriterOptions::default() };
    let mut writer = Writer::create(dst, writer, job)?;
    if let Some(photos) = photos.as_deref_mut().filter(|_| options.images == Images::Embed) {
        writer.announce(total_bytes(prepared, photos, job)?)?;
    }
    // Before the first row, so that the files carry them for other programs.
    for set in prepared.sets.iter().filter(|set| !set.classes.table.is_empty()) {
        writer.set_classes(&set.name, set.classes.table.clone());
    }
    let mut sink = StoreSink { writer: &mut writer, groups: Vec::new() };
    let objects = tables::write(prepared, photos.as_deref_mut(), &mut sink, job)?;
    let mut residue = writer.residue("coco")?;
    residue::begin(&mut residue)?;
    write_residue(prepared, &mut residue)?;
    residue::end(&mut residue)?;
    residue.finish()?;
    let mut operation = Operation::new("convert")
        .with("format", "coco")
        .with("source", src.to_string_lossy().into_owned())
        .with("program", env!("CARGO_PKG_VERSION"));
    let mut images = ImagesSummary::default();
    if let Some(photos) = photos {
        images = photos.summary.clone();
        let root = photos.root();
        writer.add_root(root);
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
        version: writer.commit(operation)?,
    })
}

fn folder_names(folders: &[ImageFolder]) -> serde_json::Value {
    folders.iter().map(|folder| folder.path.to_string_lossy().into_owned()).collect()
}

/// The bytes of all photographs that would be embedded.
fn total_bytes(prepared: &Prepared<'_>, photos: &mut Photos, job: &Job) -> Result<u64> {
    let mut total = 0u64;
    for split in &prepared.splits {
        photos.begin_split(split.name.as_deref());
        for row in 0..split.rows.ids.len() {
            job.check()?;
            let name = split.base(row).and_then(|(i, record)| photo::file_name(split.files.get(i)?, record));
            total = total.saturating_add(name.map_or(0, |name| photos.size(&name)));
        }
    }
    Ok(total)
}

/// Hands batches to the store.
struct StoreSink<'a> {
    writer: &'a mut Writer,
    groups: Vec<GroupId>,
}

impl Sink for StoreSink<'_> {
    fn group(&mut self, name: &str, fields: Vec<Field>) -> Result<usize> {
        self.groups.push(self.writer.group(name, fields)?);
        Ok(self.groups.len() - 1)
    }

    fn write(&mut self, group: usize, batch: &RecordBatch) -> Result<()> {
        match self.groups.get(group) {
            Some(group) => self.writer.write(*group, batch),
            None => Err(Error::new(ErrorKind::Usage, "a batch for a group that was not declared")),
        }
    }

    fn wants_boundary(&self) -> bool {
        self.writer.fragment_is_full()
    }

    fn boundary(&mut self) -> Result<()> {
        self.writer.end_fragment()
    }
}
