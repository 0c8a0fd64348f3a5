//! A Cityscapes tree into a stored dataset.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::columns::Columns;
use super::layout::{self, Row};
use super::maps::{Maps, classes};
use crate::convert::column::Id;
use crate::convert::photos::Photos;
use crate::convert::sink::{Sink, SinkGroup, StoreSink};
use crate::convert::{Images, ImagesSummary, ImportOptions, ImportSummary, Source};
use crate::dataset::store::{Operation, Writer};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::image::LabelImage;
use crate::job::{Job, Warning};
use crate::place::Tree;
use crate::schema::field::IdType;

/// Bytes that a PNG's header is within.
const HEADER: usize = 64;

/// Why a source looks like Cityscapes; `None` if it does not.
pub(in crate::convert) fn detect(source: &Source) -> Option<String> {
    if source.file().is_some() {
        return None;
    }
    let found = layout::find(source.tree()).ok()?;
    let labelled = found.rows.iter().filter(|row| row.label_map().is_some() || row.instance_ids.is_some());
    let (rows, labelled) = (found.rows.len(), labelled.count());
    (rows > 0).then(|| format!("folders of cities with {rows} images, {labelled} of them with labels"))
}

/// Imports a Cityscapes tree into a new dataset, or a new version of one. See [`super`] for what is stored
/// where.
///
/// Label PNGs are decoded once; memory holds the names of the files and builders of some megabytes. A job that
/// is cancelled, or any error, leaves no dataset and an existing one unchanged.
///
/// # Errors
/// [`ErrorKind::NotFound`] if nothing looks like Cityscapes; [`ErrorKind::Usage`] for splits that do not exist;
/// those of [`Writer`]; [`ErrorKind::Cancelled`].
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
    let place = || Place::area("cityscapes").file(source.path());
    let found = layout::find(source.tree()).at(place)?;
    if found.rows.is_empty() {
        return Err(Error::new(ErrorKind::NotFound, "there are no folders of Cityscapes")
            .at(place())
            .remedy("name the folder that gtFine or leftImg8bit is in"));
    }
    if found.polygons > 0 {
        let what = format!("{} files of polygons are not read", found.polygons);
        job.warn(Warning::new("cityscapes.polygons", place(), what, "the PNGs are"))?;
    }
    let rows = choose_splits(found.rows, &options.splits, source.path())?;
    let mut trees = source.image_trees(options, job)?;
    let sought = trees.len();
    if !options.image_roots.is_empty() {
        trees.push(source.tree().clone());
    }
    let mut names = Vec::new();
    if options.images != Images::None {
        let images = trees.iter().take(sought).any(|tree| rows.iter().any(|row| image(tree, row).is_some()));
        names.extend(images.then_some("img"));
        names.extend(rows.iter().any(|row| row.label_map().is_some()).then_some("label_map"));
        names.extend(rows.iter().any(|row| row.instance_ids.is_some()).then_some("instance_map"));
        if !images {
            let what = "none of the images is there";
            job.warn(Warning::new("images.none", place(), what, "the dataset has no images"))?;
        }
    }
    let own = trees.len() - 1;
    let photos = (!names.is_empty()).then(|| Photos::new(options, trees, &names, IdType::Text));
    let pass = Pass { rows: &rows, photos, sought, own, source, job };
    pass.write(dst, options).at(|| Place::area("cityscapes"))
}

fn choose_splits(mut rows: Vec<Row>, wanted: &[String], src: &Path) -> Result<Vec<Row>> {
    if let Some(name) = wanted.iter().find(|name| !rows.iter().any(|row| row.split == **name)) {
        let mut known: Vec<&str> = rows.iter().map(|row| row.split.as_str()).collect();
        known.dedup();
        return Err(Error::new(ErrorKind::Usage, format!("there is no split '{name}'"))
            .at(Place::area("cityscapes").file(src))
            .remedy(format!("the splits are: {}", known.join(", "))));
    }
    rows.retain(|row| wanted.is_empty() || wanted.contains(&row.split));
    Ok(rows)
}

/// The image of a row in a tree; that of another tree than the labels' is sought by its name.
fn image(tree: &Tree, row: &Row) -> Option<String> {
    let member = match &row.image {
        Some(member) => member.clone(),
        None => format!("{}/{}/{}", layout::IMAGES, row.split, row.file_name()),
    };
    tree.has_file(&member).ok()?.then_some(member)
}

/// Rows into a dataset.
struct Pass<'a> {
    rows: &'a [Row],
    photos: Option<Photos>,
    /// How many of the trees images are sought in.
    sought: usize,
    /// The tree of the labels.
    own: usize,
    source: &'a Source,
    job: &'a Job,
}

impl Pass<'_> {
    /// The image of a row: the tree, and where there.
    fn image(&self, row: &Row) -> Option<(usize, String)> {
        let trees = self.photos.iter().flat_map(|photos| photos.trees().iter().take(self.sought));
        trees.enumerate().find_map(|(at, tree)| Some((at, image(tree, row)?)))
    }

    fn members(row: &Row) -> impl Iterator<Item = &str> {
        let labels = row.label_map().map(|(member, _)| member);
        labels.into_iter().chain(row.instance_ids.as_deref())
    }

    /// Which state of the files is read.
    fn stamp(&self) -> Result<String> {
        let members = self.rows.iter().flat_map(|row| Self::members(row).chain(row.image.as_deref()));
        self.source.stamps(members)
    }

    fn write(mut self, dst: &Path, options: &ImportOptions) -> Result<ImportSummary> {
        let options = options.writer("cityscapes", self.source, &self.stamp()?, self.photos.as_ref());
        let mut writer = Writer::create(dst, options, self.job)?;
        let resumed = writer.resumed();
        let skip = resumed.as_ref().map_or(0, |r| usize::try_from(r.rows).unwrap_or(usize::MAX));
        if let Some(photos) = self.photos.as_ref().filter(|photos| photos.stores()) {
            writer.announce(self.total_bytes(photos, skip)?)?;
        }
        let classes = classes();
        writer.set_classes("", classes.clone());
        let mut sink = StoreSink::new(&mut writer);
        let heavy = match &self.photos {
            Some(photos) => Some(SinkGroup::declare(&mut sink, "images", photos.fields())?),
            None => None,
        };
        let light = SinkGroup::declare(&mut sink, "objects", Columns::fields())?;
        let mut columns = Columns::new();
        let mut objects = 0u64;
        if let Some(resumed) = &resumed {
            objects = resumed.state.get("objects").and_then(Json::as_u64).unwrap_or(0);
            if let Some((photos, state)) = self.photos.as_mut().zip(resumed.state.get("images")) {
                photos.resume(state);
            }
        }
        let stage = self.job.stage("converting images", u64::try_from(self.rows.len()).ok());
        stage.advance(u64::try_from(skip.min(self.rows.len())).unwrap_or(0))?;
        for row in self.rows.iter().skip(skip) {
            objects += self.row(row, &classes, &mut columns)?;
            let full = sink.batch_bytes();
            let held = self.photos.as_ref().map_or(0, Photos::held);
            if columns.held() >= full || held >= full {
                self.flush(&mut columns, &mut sink, &light, heavy.as_ref())?;
                if sink.wants_boundary() {
                    sink.boundary(self.state(objects))?;
                }
            }
            stage.advance(1)?;
        }
        self.flush(&mut columns, &mut sink, &light, heavy.as_ref())?;
        sink.boundary(self.state(objects))?;
        let mut images = ImagesSummary::default();
        if let Some(photos) = &self.photos {
            images = photos.summary.clone();
            photos.add_roots(&mut writer);
        }
        self.job.check()?;
        let operation = Operation::new("convert")
            .with("format", "cityscapes")
            .with("source", self.source.path().to_string_lossy().into_owned())
            .with("program", env!("CARGO_PKG_VERSION"));
        let top = self.source.tree().list("")?;
        let folders =
            ["leftImg8bit", "gtFine", "gtCoarse"].into_iter().filter(|f| top.folders().any(|n| n == *f));
        Ok(ImportSummary {
            rows: u64::try_from(self.rows.len()).unwrap_or(u64::MAX),
            objects: vec![(String::new(), objects)],
            orphans: 0,
            files: folders.map(str::to_owned).collect(),
            images,
            resumed: resumed.map_or(0, |r| r.rows),
            version: writer.commit(operation)?,
        })
    }

    fn state(&self, objects: u64) -> Json {
        json!({"objects": objects, "images": self.photos.as_ref().map(Photos::state)})
    }

    fn total_bytes(&self, photos: &Photos, skip: usize) -> Result<u64> {
        let mut total = 0u64;
        for row in self.rows.iter().skip(skip) {
            self.job.check()?;
            if let Some((tree, member)) = self.image(row) {
                total = total.saturating_add(photos.member_size(tree, &member)?);
            }
            for member in Self::members(row) {
                total = total.saturating_add(photos.member_size(self.own, member)?);
            }
        }
        Ok(total)
    }

    /// Adds a row; gives how many objects it has.
    fn row(
        &mut self,
        row: &Row,
        classes: &crate::schema::classes::ClassTable,
        columns: &mut Columns,
    ) -> Result<u64> {
        let image = self.image(row);
        let own = self.source.tree();
        let mut size = None;
        if let Some(photos) = &mut self.photos {
            let found = image.as_ref().map(|(tree, member)| (*tree, member.as_str()));
            let id = Id::Text(row.name.as_str().into());
            let place = Place::area("cityscapes").file(own.path());
            size = photos.push_found(Some(&id), found, (None, None), &place, self.job)?;
            photos.push_also("label_map", row.label_map().map(|(member, _)| (self.own, member)))?;
            photos.push_also("instance_map", row.instance_ids.as_deref().map(|member| (self.own, member)))?;
        }
        if let (None, Some((tree, member))) = (size, &image) {
            let tree = self.photos.as_ref().and_then(|photos| photos.trees().get(*tree)).unwrap_or(own);
            // JPEG images, and damaged ones, say no size here: the labels do.
            size = LabelImage::decode_size(&tree.head(member, HEADER)?).ok();
        }
        let maps = Maps { tree: own, classes, job: self.job };
        let objects = maps.read(row.instance_ids.as_deref(), row.label_map(), size)?;
        let first = Self::members(row).next();
        if let (None, Some(member)) = (size, first) {
            size = LabelImage::decode_size(&own.head(member, HEADER)?).ok();
        }
        columns.push(row, size, objects.as_ref())?;
        Ok(objects.map_or(0, |(_, objects)| u64::try_from(objects.len()).unwrap_or(0)))
    }

    fn flush(
        &mut self,
        columns: &mut Columns,
        sink: &mut dyn Sink,
        light: &SinkGroup,
        heavy: Option<&SinkGroup>,
    ) -> Result<()> {
        let rows = columns.rows();
        light.write(sink, columns.finish()?, rows)?;
        if let (Some(group), Some(photos)) = (heavy, &mut self.photos) {
            let rows = photos.rows();
            group.write(sink, photos.finish()?, rows)?;
        }
        Ok(())
    }
}
