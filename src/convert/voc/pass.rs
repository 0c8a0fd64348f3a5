//! The second pass: rows into columns, columns into batches, batches to whatever takes them.

use serde_json::json;

use super::check;
use super::file::Files;
use super::finder::{Finder, Member};
use super::images::{About, ImageColumns, written_name};
use super::masks::{Found, MaskColumns, Png, Reader, SET};
use super::objects::ObjectColumns;
use super::prepare::{Prepared, declared_name, is_bad};
use super::rows::Row;
use super::shape::Flat;
use crate::convert::OnError;
use crate::convert::column::Id;
use crate::convert::photos::Photos;
use crate::convert::sink::{Sink, SinkGroup};
use crate::dataset::store::Resumed;
use crate::error::{Place, Result};
use crate::job::{Job, Warning};
use arrow_schema::Field;

/// How many objects were written, and how many instances of label PNGs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) objects: u64,
    pub(super) masks: Option<u64>,
}

/// The groups while they are filled.
struct Pass<'a> {
    prepared: &'a Prepared,
    finder: &'a mut Finder,
    reader: &'a Reader,
    /// The number of the tree that label PNGs are in.
    maps: usize,
    photographs: bool,
    sink: &'a mut dyn Sink,
    job: &'a Job,
    images: ImageColumns,
    objects: ObjectColumns,
    object_fields: Vec<Field>,
    masks: Option<(SinkGroup, MaskColumns)>,
    light: SinkGroup,
    heavy: Option<SinkGroup>,
    counts: Counts,
    files: Files,
}

/// What is written from, beside the rows themselves.
pub(super) struct Work<'a> {
    pub(super) prepared: &'a Prepared,
    pub(super) finder: &'a mut Finder,
    pub(super) reader: &'a Reader,
    pub(super) maps: usize,
    /// True if photographs are kept.
    pub(super) photographs: bool,
}

/// Writes all rows.
///
/// # Errors
/// Those of the files, of the sink, and of a cancelled job.
pub(super) fn write(
    work: Work<'_>,
    mut photos: Option<&mut Photos>,
    sink: &mut dyn Sink,
    resumed: Option<&Resumed>,
    job: &Job,
) -> Result<Counts> {
    let mut pass = Pass::declare(work, photos.as_deref(), sink, job)?;
    let mut skip = 0;
    if let Some(resumed) = resumed {
        skip = usize::try_from(resumed.rows).unwrap_or(usize::MAX);
        let count = |name: &str| resumed.state.get(name).and_then(serde_json::Value::as_u64);
        pass.counts.objects = count("objects").unwrap_or(0);
        if let Some(masks) = &mut pass.counts.masks {
            *masks = count("masks").unwrap_or(0);
        }
        if let Some((photos, state)) = photos.as_deref_mut().zip(resumed.state.get("images")) {
            photos.resume(state);
        }
    }
    let rows = &pass.prepared.rows.rows;
    let stage = job.stage("converting images", u64::try_from(rows.len()).ok());
    for (number, row) in rows.iter().enumerate() {
        if number >= skip {
            pass.row(number, row, photos.as_deref_mut())?;
            pass.flush_full(photos.as_deref_mut())?;
        }
        stage.advance(1)?;
    }
    pass.boundary(photos)?;
    Ok(pass.counts)
}

impl<'a> Pass<'a> {
    fn declare(
        work: Work<'a>,
        photos: Option<&Photos>,
        sink: &'a mut dyn Sink,
        job: &'a Job,
    ) -> Result<Pass<'a>> {
        let Work { prepared, finder, reader, maps, photographs } = work;
        let plan = &prepared.plan;
        let heavy = match photos {
            Some(photos) => Some(SinkGroup::declare(sink, "images", photos.fields())?),
            None => None,
        };
        let object_fields = plan.object_fields();
        let mut fields = plan.row_fields();
        fields.extend(object_fields.iter().cloned());
        let light = SinkGroup::declare(sink, "objects", fields)?;
        let instances = prepared.layout.parts.iter().any(|part| part.instances.is_some());
        let masks = match instances {
            true => {
                let group = SinkGroup::declare(sink, &format!("sets/{SET}"), MaskColumns::fields())?;
                Some((group, MaskColumns::new()))
            }
            false => None,
        };
        Ok(Pass {
            prepared,
            finder,
            reader,
            maps,
            photographs,
            sink,
            job,
            images: ImageColumns::new(plan),
            objects: ObjectColumns::new(plan),
            object_fields,
            counts: Counts { objects: 0, masks: masks.is_some().then_some(0) },
            masks,
            light,
            heavy,
            files: Files::default(),
        })
    }

    fn row(&mut self, number: usize, row: &Row, mut photos: Option<&mut Photos>) -> Result<()> {
        let prepared = self.prepared;
        let photograph = prepared.photograph(row, self.finder)?;
        let read = self.read(row)?;
        let annotation = if read { self.files.annotation() } else { None };
        let flat = annotation.map(Flat::annotation);
        let about = About {
            id: &row.id,
            photograph: photograph.as_ref().map(|found| self.finder.below(row.part, found)),
            source: prepared.layout.parts.get(row.part).and_then(|part| part.source.as_deref()),
            split: row.split.and_then(|at| prepared.rows.splits.get(at)).map(String::as_str),
            labels: prepared.image_labels.get(number).and_then(Option::as_deref),
        };
        let place = match read {
            true => Place::area("voc").file(self.files.name()),
            false => Place::area("voc").file(prepared.tree.path()),
        };
        let size = self.images.push(&about, flat.as_ref(), &prepared.plan, |declared| {
            let Some(photos) = &mut photos else { return Ok(None) };
            let found = photograph.as_ref().map(|(tree, member)| (*tree, member.as_str()));
            photos.push_found(Some(&Id::Text(row.id.clone())), found, declared, &place, self.job)
        })?;
        let declared = flat.as_ref().and_then(declared_name).map(str::to_owned);
        if let Some(flat) = &flat {
            for object in &flat.objects {
                let line = object.line();
                let flat = Flat::object(*object);
                let values = ObjectColumns::values(&flat, &prepared.plan);
                let mut left_out = false;
                for finding in check::odd(&flat, &values, size, line) {
                    let place = Place::area("voc").file(self.files.name()).line(finding.line);
                    let skip = finding.senseless && prepared.plan.on_error == OnError::Skip;
                    let done = match (finding.senseless, skip) {
                        (true, true) => "the object is left out",
                        (true, false) => "kept as declared; use --on-error skip to drop such boxes",
                        (false, _) => "kept as declared",
                    };
                    self.job.warn(Warning::new(finding.code, place, finding.what, done))?;
                    left_out |= skip;
                }
                if !left_out {
                    self.objects.push(&flat, &values, &prepared.plan)?;
                    self.counts.objects += 1;
                }
            }
        }
        self.objects.end_row(flat.is_some())?;
        if let (Some(found), Some(declared)) = (&photograph, &declared) {
            self.warn_of_name(row, found, declared)?;
        }
        let class_map = self.map(row, |part| part.classes.as_deref())?;
        let instance_map = self.map(row, |part| part.instances.as_deref())?;
        self.instances(row, class_map.as_deref(), instance_map.as_deref(), size)?;
        let Some(photos) = photos else { return Ok(()) };
        if photograph.is_none() && self.photographs {
            let name = declared.as_deref().unwrap_or(&row.id);
            photos.absent(name, &place, self.job)?;
        }
        photos.push_also("label_map", class_map.as_deref().map(|member| (self.maps, member)))?;
        photos.push_also("instance_map", instance_map.as_deref().map(|member| (self.maps, member)))
    }

    /// Reads the annotation of a row; false if it has none, or one that is to be skipped.
    fn read(&mut self, row: &Row) -> Result<bool> {
        let Some(member) = self.prepared.rows.xml(row, &self.prepared.layout.parts) else { return Ok(false) };
        match self.files.read(&self.prepared.tree, &self.prepared.kept, &member, self.job) {
            Ok(()) => Ok(true),
            Err(error) if self.prepared.plan.on_error == OnError::Skip && is_bad(&error) => {
                let place = Place::area("voc").file(self.files.name());
                let what = format!("the annotation cannot be read: {error}");
                self.job.warn(Warning::new("voc.broken-file", place, what, "the row has no annotation"))?;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Warns of an annotation that names another photograph, which is there too.
    fn warn_of_name(&mut self, row: &Row, found: &Member, declared: &str) -> Result<()> {
        if written_name(&found.1) == declared {
            return Ok(());
        }
        let Some(other) = self.finder.by_name(row.part, &row.id, declared)? else { return Ok(()) };
        if other == *found {
            return Ok(());
        }
        let place = Place::area("voc").file(self.files.name());
        let what = format!("it names {declared:?}, but {:?} is called like it", written_name(&found.1));
        self.job.warn(Warning::new("voc.other-photograph", place, what, "the latter is taken"))
    }

    fn map(
        &mut self,
        row: &Row,
        folder: impl FnOnce(&super::layout::Part) -> Option<&str>,
    ) -> Result<Option<String>> {
        match self.prepared.layout.parts.get(row.part).and_then(folder) {
            Some(folder) => self.finder.png(self.maps, folder, &row.id),
            None => Ok(None),
        }
    }

    fn instances(
        &mut self,
        row: &Row,
        classes: Option<&str>,
        instances: Option<&str>,
        size: Option<(i32, i32)>,
    ) -> Result<()> {
        let Some((_, columns)) = &mut self.masks else { return Ok(()) };
        let found = match instances {
            Some(member) => {
                let found = read_maps(self.prepared, self.reader, member, classes, size, self.job);
                match found {
                    Err(error) if self.prepared.plan.on_error == OnError::Skip && is_bad(&error) => {
                        let place = Place::area("voc").file(self.prepared.tree.name(member));
                        let what = format!("the label image cannot be read: {error}");
                        let done = "kept as it is, without instances";
                        self.job.warn(Warning::new("voc.broken-file", place, what, done))?;
                        None
                    }
                    found => Some(found?),
                }
            }
            None => None,
        };
        if let (Some(count), Some(found)) = (&mut self.counts.masks, &found) {
            *count += u64::try_from(found.instances.len()).unwrap_or(0);
        }
        columns.push(&row.id, found.as_ref())
    }

    fn flush_full(&mut self, photos: Option<&mut Photos>) -> Result<()> {
        let full = self.sink.batch_bytes();
        let light = self.images.held() + self.objects.held();
        if light >= full {
            self.flush_light()?;
        }
        if self.masks.as_ref().is_some_and(|(_, masks)| masks.held() >= full) {
            self.flush_masks()?;
        }
        match photos {
            Some(photos) if photos.held() >= full => {
                self.flush_photos(photos)?;
                self.keep_boundary(Some(photos))
            }
            photos if light >= full => self.keep_boundary(photos),
            _ => Ok(()),
        }
    }

    fn keep_boundary(&mut self, photos: Option<&mut Photos>) -> Result<()> {
        if self.sink.wants_boundary() { self.boundary(photos) } else { Ok(()) }
    }

    /// Hands on everything and ends the fragment.
    fn boundary(&mut self, mut photos: Option<&mut Photos>) -> Result<()> {
        self.flush_light()?;
        self.flush_masks()?;
        if let Some(photos) = photos.as_deref_mut() {
            self.flush_photos(photos)?;
        }
        let Counts { objects, masks } = self.counts;
        self.sink.boundary(json!({"objects": objects, "masks": masks, "images": photos.map(|p| p.state())}))
    }

    fn flush_light(&mut self) -> Result<()> {
        let rows = self.images.rows();
        let mut columns = self.images.finish()?;
        columns.extend(self.objects.finish(&self.object_fields)?);
        self.light.write(self.sink, columns, rows)
    }

    fn flush_masks(&mut self) -> Result<()> {
        let Some((group, columns)) = &mut self.masks else { return Ok(()) };
        let rows = columns.rows();
        let columns = columns.finish()?;
        group.write(self.sink, columns, rows)
    }

    fn flush_photos(&mut self, photos: &mut Photos) -> Result<()> {
        let rows = photos.rows();
        let columns = photos.finish()?;
        match &self.heavy {
            Some(group) => group.write(self.sink, columns, rows),
            None => Ok(()),
        }
    }
}

fn read_maps(
    prepared: &Prepared,
    reader: &Reader,
    instances: &str,
    classes: Option<&str>,
    size: Option<(i32, i32)>,
    job: &Job,
) -> Result<Found> {
    let tree = &prepared.tree;
    let name = |member: &str| tree.name(member).display().to_string();
    let instance_bytes = tree.read(instances)?;
    let class_map = match classes {
        Some(member) => Some((name(member), tree.read(member)?)),
        None => None,
    };
    let png = class_map.as_ref().map(|(name, bytes)| Png { name, bytes: bytes.as_slice() });
    reader.read(Png { name: &name(instances), bytes: instance_bytes.as_slice() }, png, size, job)
}
