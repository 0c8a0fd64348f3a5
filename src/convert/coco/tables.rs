//! The second pass: records into columns, columns into batches, batches to whatever takes them.
//!
//! Rows are made one by one, split after split; a group is handed on as soon as its builders hold
//! [`Sink::batch_bytes`], so memory is bounded by them and the index, not by the files.

use arrow_schema::Field;
use serde_json::json;

use crate::convert::column::{Id, IdColumn};
use crate::convert::json::Cursor;
use crate::convert::photos::Photos;
use crate::convert::sink::{Sink, SinkGroup};
use crate::dataset::store::Resumed;
use crate::error::{Place, Result, ResultExt};
use crate::job::{Job, Stage};

use super::annotation::{Around, SetColumns};
use super::image::{ImageColumns, Listing};
use super::panoptic::paint::Checks;
use super::place_at;
use super::plan::{FilePlan, SetPlan, listing_fields};
use super::prepare::{Prepared, Split};

/// The object columns of a set and what its files say of the rows.
struct SetGroup {
    name: String,
    group: SinkGroup,
    image_id: IdColumn,
    listing: Listing,
    columns: Option<SetColumns>,
    objects: Vec<Field>,
}

/// All groups while they are filled.
struct Groups<'a> {
    sink: &'a mut dyn Sink,
    job: &'a Job,
    images: ImageColumns,
    /// The default set's columns, which share the light group with the images'.
    default: Option<SetColumns>,
    default_fields: Vec<Field>,
    light: SinkGroup,
    photos: Option<SinkGroup>,
    sets: Vec<SetGroup>,
    counts: Vec<(String, u64)>,
    /// Rows to pass over: an interrupted conversion has written them.
    skip: u64,
    checks: Checks,
}

/// Writes all rows but for those that an interrupted conversion has written. Gives the number of objects of each set.
///
/// # Errors
/// Those of the files' text, of the sink, and [`ErrorKind::Cancelled`].
pub(super) fn write(
    prepared: &Prepared<'_>,
    mut photos: Option<&mut Photos>,
    sink: &mut dyn Sink,
    resumed: Option<&Resumed>,
    job: &Job,
) -> Result<Vec<(String, u64)>> {
    let mut groups = Groups::declare(prepared, photos.as_deref(), sink, job)?;
    if let Some(resumed) = resumed {
        groups.resume(resumed, photos.as_deref_mut());
    }
    let rows: usize = prepared.splits.iter().map(|split| split.rows.ids.len()).sum();
    let stage = job.stage("converting images", u64::try_from(rows).ok());
    for split in &prepared.splits {
        groups.write_split(prepared, split, photos.as_deref_mut(), &stage)?;
    }
    groups.checks.run(job)?;
    groups.boundary(photos)?;
    Ok(groups.counts)
}

impl<'a> Groups<'a> {
    fn declare(
        prepared: &Prepared<'_>,
        photos: Option<&Photos>,
        sink: &'a mut dyn Sink,
        job: &'a Job,
    ) -> Result<Groups<'a>> {
        let ids = prepared.images.ids;
        let photos = match photos {
            Some(photos) => Some(SinkGroup::declare(sink, "images", photos.fields())?),
            None => None,
        };
        let default = prepared.sets.iter().find(|set| set.name.is_empty()).and_then(|set| set.plan.as_ref());
        let default_fields = default.map(SetPlan::fields).unwrap_or_default();
        let mut fields = prepared.images.fields();
        fields.extend(default_fields.iter().cloned());
        let light = SinkGroup::declare(sink, "objects", fields)?;
        let mut sets = Vec::new();
        for set in prepared.sets.iter().filter(|set| !set.name.is_empty()) {
            let objects = set.plan.as_ref().map(SetPlan::fields).unwrap_or_default();
            let mut fields = vec![crate::schema::field::image_id(ids)];
            fields.extend(listing_fields(&set.name));
            fields.extend(objects.iter().cloned());
            sets.push(SetGroup {
                name: set.name.clone(),
                group: SinkGroup::declare(sink, &format!("sets/{}", set.name), fields)?,
                image_id: IdColumn::new(ids),
                listing: Listing::new(),
                columns: set.plan.as_ref().map(SetColumns::new),
                objects,
            });
        }
        Ok(Groups {
            sink,
            job,
            images: ImageColumns::new(&prepared.images),
            default: default.map(SetColumns::new),
            default_fields,
            light,
            photos,
            sets,
            skip: 0,
            checks: Checks::default(),
            counts: prepared.sets.iter().filter(|s| s.plan.is_some()).map(|s| (s.name.clone(), 0)).collect(),
        })
    }

    /// Goes on from where an interrupted conversion ended its last fragment.
    fn resume(&mut self, resumed: &Resumed, photos: Option<&mut Photos>) {
        self.skip = resumed.rows;
        for (set, count) in &mut self.counts {
            let known = resumed.state.pointer("/objects").and_then(|objects| objects.get(set.as_str()));
            *count = known.and_then(serde_json::Value::as_u64).unwrap_or(0);
        }
        if let Some((photos, state)) = photos.zip(resumed.state.get("images")) {
            photos.resume(state);
        }
    }

    fn write_split(
        &mut self,
        prepared: &Prepared<'_>,
        split: &Split<'_>,
        mut photos: Option<&mut Photos>,
        stage: &Stage<'_>,
    ) -> Result<()> {
        let plans: Vec<FilePlan<'_>> = split.files.iter().map(|file| prepared.file_plan(file)).collect();
        if let Some(photos) = &mut photos {
            photos.begin_split(split.name.as_deref());
        }
        for columns in self.default.iter_mut().chain(self.sets.iter_mut().filter_map(|s| s.columns.as_mut()))
        {
            columns.begin_file();
        }
        for row in 0..split.rows.ids.len() {
            if self.skip > 0 {
                self.skip -= 1;
                stage.advance(1)?;
                continue;
            }
            let (id, place) = self.write_image(split, &plans, row)?;
            let mut photo = None;
            if let Some(photos) = &mut photos {
                // Without any folder of photographs there are PNGs alone, and nothing to miss.
                let name = self.images.file_name().filter(|_| !photos.summary.folders.is_empty());
                photo = photos.push(id.as_ref(), name, self.images.declared(), &place, self.job)?;
            }
            self.images.close(split.name.as_deref(), photo)?;
            self.write_objects(split, &plans, row, id.as_ref())?;
            if let Some(photos) = &mut photos {
                self.checks.push(split, row, self.images.size(), photos, self.job)?;
            }
            self.flush_full(photos.as_deref_mut())?;
            stage.advance(1)?;
        }
        for (file, plan) in split.files.iter().zip(&plans) {
            let columns = match file.source.set.as_str() {
                "" => self.default.as_mut(),
                set => self.sets.iter_mut().find(|s| s.name == set).and_then(|s| s.columns.as_mut()),
            };
            if let Some(columns) = columns {
                columns.end_file(plan.path, self.job)?;
            }
        }
        Ok(())
    }

    /// The row's own columns, not ended yet; its id, and where its record is.
    fn write_image(
        &mut self,
        split: &Split<'_>,
        plans: &[FilePlan<'_>],
        row: usize,
    ) -> Result<(Option<Id>, Place)> {
        let id = split.rows.ids.get(row).and_then(|id| split.ids.get(*id)).cloned();
        match split.base(row) {
            Some((i, record)) => {
                let (Some(file), Some(plan)) = (split.files.get(i), plans.get(i)) else {
                    return Ok((id, Place::none()));
                };
                let at = file.index.images.offset(record).unwrap_or(usize::MAX);
                let mut json = Cursor::new(file.bytes);
                json.seek(at);
                self.images.read(&mut json, plan).at(|| Place::area("coco").file(plan.path))?;
                Ok((id, place_at(plan.path, at)))
            }
            None => {
                self.images.read_id_only(id.as_ref())?;
                let file = split.files.first().map_or("", |file| file.source.name.as_str());
                Ok((id, Place::area("coco").file(file)))
            }
        }
    }

    fn write_objects(
        &mut self,
        split: &Split<'_>,
        plans: &[FilePlan<'_>],
        row: usize,
        id: Option<&Id>,
    ) -> Result<()> {
        let size = self.images.size();
        let fill = |columns: &mut SetColumns, at: Option<usize>, job: &Job| -> Result<u64> {
            let file = at.and_then(|i| Some((split.files.get(i)?, split.rows.files.get(i)?, plans.get(i)?)));
            let Some((file, rows, plan)) = file.filter(|(_, rows, _)| rows.lists(row)) else {
                columns.end_row(false)?;
                return Ok(0);
            };
            let mut json = Cursor::new(file.bytes);
            if let Some(record) = rows.panoptic(row) {
                json.seek(file.index.listed().offset(record).unwrap_or(usize::MAX));
                columns.read_record(&mut json, record).at(|| Place::area("coco").file(plan.path))?;
            }
            let mut objects = 0;
            for ordinal in rows.annotations(row) {
                job.check()?;
                json.seek(file.index.annotations.offset(ordinal).unwrap_or(usize::MAX));
                let around = Around { file: plan, size, ordinal, job };
                columns.read(&mut json, &around).at(|| Place::area("coco").file(plan.path))?;
                objects += 1;
            }
            columns.end_row(true)?;
            Ok(objects)
        };
        let at = |set: &str| split.files.iter().position(|file| file.source.set == set);
        if let Some(columns) = &mut self.default {
            let objects = fill(columns, at(""), self.job)?;
            add(&mut self.counts, "", objects);
        }
        for set in &mut self.sets {
            set.image_id.push(id)?;
            let file = at(&set.name);
            let record = file.and_then(|i| split.rows.files.get(i)).and_then(|rows| rows.record(row));
            let differing = match (file, record) {
                (Some(file), Some(record)) => split.differing(row, file, record)?,
                _ => None,
            };
            set.listing.push(record, differing.as_deref())?;
            if let Some(columns) = &mut set.columns {
                let objects = fill(columns, file, self.job)?;
                add(&mut self.counts, &set.name, objects);
            }
        }
        Ok(())
    }

    fn flush_full(&mut self, photos: Option<&mut Photos>) -> Result<()> {
        let full = self.sink.batch_bytes();
        let light = self.images.bytes() + self.default.as_ref().map_or(0, SetColumns::bytes);
        if light >= full {
            self.flush_light()?;
        }
        for i in 0..self.sets.len() {
            let full = self.sets.get(i).is_some_and(|set| {
                set.listing.bytes() + set.columns.as_ref().map_or(0, SetColumns::bytes) >= full
            });
            if full {
                self.flush_set(i)?;
            }
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
        self.flush_all(photos.as_deref_mut())?;
        let objects: serde_json::Map<String, serde_json::Value> =
            self.counts.iter().map(|(set, count)| (set.clone(), (*count).into())).collect();
        self.sink.boundary(json!({"objects": objects, "images": photos.map(|p| p.state())}))
    }

    fn flush_all(&mut self, photos: Option<&mut Photos>) -> Result<()> {
        self.flush_light()?;
        for i in 0..self.sets.len() {
            self.flush_set(i)?;
        }
        match photos {
            Some(photos) => self.flush_photos(photos),
            None => Ok(()),
        }
    }

    fn flush_light(&mut self) -> Result<()> {
        let rows = self.images.rows();
        let mut columns = self.images.finish()?;
        if let Some(default) = &mut self.default {
            columns.extend(default.finish(&self.default_fields)?);
        }
        self.light.write(self.sink, columns, rows)
    }

    fn flush_set(&mut self, i: usize) -> Result<()> {
        let Some(set) = self.sets.get_mut(i) else { return Ok(()) };
        let rows = set.image_id.len();
        let mut columns = vec![set.image_id.finish()?];
        columns.extend(set.listing.finish()?);
        if let Some(objects) = &mut set.columns {
            columns.extend(objects.finish(&set.objects)?);
        }
        set.group.write(self.sink, columns, rows)
    }

    fn flush_photos(&mut self, photos: &mut Photos) -> Result<()> {
        let rows = photos.rows();
        let columns = photos.finish()?;
        match &self.photos {
            Some(group) => group.write(self.sink, columns, rows),
            None => Ok(()),
        }
    }
}

fn add(counts: &mut [(String, u64)], set: &str, objects: u64) {
    if let Some((_, count)) = counts.iter_mut().find(|(name, _)| name == set) {
        *count += objects;
    }
}
