//! Panoptic files: the list of annotations, a record an image around the list of its segments; and the PNGs.

use std::collections::HashMap;

use super::file::{AnnotationFile, AnnotationList, Out};
use super::ids::Ids;
use super::member::{At, Member, Source};
use super::overlay::Overlay;
use super::plan::FilePlan;
use super::record::Records;
use crate::convert::coco::panoptic::KEYS;
use crate::convert::export::{Cell, Chunks, Images, Partial, Reader, Sink, Spool, Table, below};
use crate::convert::{ExportImages, LossReport};
use crate::dataset::Dataset;
use crate::dataset::store::Store;
use crate::error::Result;
use crate::job::Job;
use crate::schema::axis::Axis;

impl AnnotationFile<'_> {
    /// Writes the list, its records in the order of their file; gives how many segments they have.
    ///
    /// # Errors
    /// As [`AnnotationFile::write`].
    pub(super) fn panoptic(
        &self,
        template: &[String],
        out: &mut Out,
        loss: &mut LossReport,
        job: &Job,
    ) -> Result<u64> {
        let reader = Reader::new(self.ds, |axis, base| match axis.set() {
            Some(set) => set == self.plan.set,
            None => base == "image_id" || KEYS.contains(&base),
        })?;
        let stage = job.stage("writing panoptic records", u64::try_from(self.listed.rows.len()).ok());
        let mut spool = (!self.records_ascend(job)?).then(|| Spool::new(self.scratch.clone()));
        let mut list = AnnotationList { orphans: self.orphans(), written: 0 };
        let (mut record, mut segments) = (Sink::default(), Sink::default());
        let mut number = 0u64;
        out.push(b"[");
        for window in reader.windows(&self.listed.rows, job) {
            let (rows, table) = window?;
            let mut of_segments = Records::annotations(self.making(), &table, loss);
            let mut around = Around::new(template, &table, self.image_ids);
            let places = table.row_key("panoptic.record");
            for (row, view_row) in rows.iter().enumerate() {
                // Rows without a record have an empty list of segments, and so no place in the file.
                let Some(place) = places.and_then(|c| c.cell(row)).and_then(Cell::int) else { continue };
                let mut at = At { row, view_row: *view_row, object: 0, position: 0, number: 0 };
                segments.bytes.clear();
                segments.bytes.push(b'[');
                for object in 0..table.objects(row).unwrap_or(0) {
                    if object > 0 {
                        segments.bytes.push(b',');
                    }
                    number += 1;
                    at = At { object, position: number - 1, number, ..at };
                    of_segments.annotation(&mut segments, at)?;
                }
                segments.bytes.push(b']');
                record.bytes.clear();
                around.write(&mut record, at, &segments.bytes)?;
                match &mut spool {
                    Some(spool) => spool.push(place, &record.bytes)?,
                    None => {
                        list.begin(out, Some(place));
                        out.push(&record.bytes);
                        out.flush()?;
                    }
                }
            }
            of_segments.report(loss);
            stage.advance(u64::try_from(rows.len()).unwrap_or(0))?;
        }
        if let Some(spool) = spool {
            spool.drain(|place, record| {
                list.begin(out, Some(place));
                out.push(record);
                out.flush()
            })?;
        }
        list.rest(out)?;
        out.push(b"]");
        Ok(number)
    }

    /// True if the rows, in order, have the records in the order of their file.
    fn records_ascend(&self, job: &Job) -> Result<bool> {
        let reader = Reader::new(self.ds, |axis, base| axis.set().is_none() && base == "panoptic.record")?;
        let mut last = i64::MIN;
        for window in reader.windows(&self.listed.rows, job) {
            let (_, table) = window?;
            let Some(places) = table.row_key("panoptic.record") else { return Ok(true) };
            for place in (0..table.rows).filter_map(|row| places.cell(row)?.int()) {
                if place < last {
                    return Ok(false);
                }
                last = place;
            }
        }
        Ok(true)
    }
}

/// Writes the records around the segments, for the rows of one table.
struct Around<'a> {
    template: &'a [String],
    image_id: Member<'a>,
    file_name: Option<&'a Chunks>,
    extra: Option<&'a Chunks>,
}

impl<'a> Around<'a> {
    fn new(template: &'a [String], table: &'a Table, made: &'a Ids) -> Around<'a> {
        let ids = table.row_key("image_id");
        Around {
            template,
            image_id: Member::new("image_id", Source::ImageId { ids, made }),
            file_name: table.row_key("panoptic.file_name"),
            extra: table.row_key("panoptic.extra"),
        }
    }

    /// Appends the record of a row: declared values replace the columns', absent members are left out.
    fn write(&mut self, out: &mut Sink, at: At, segments: &[u8]) -> Result<()> {
        let extra = self.extra.and_then(|c| c.cell(at.row)).and_then(Cell::text);
        let mut overlay = match extra {
            Some(text) => Overlay::parse(text, at.place(), "panoptic.extra")?,
            None => Overlay::default(),
        };
        let mut first = true;
        let begin = |out: &mut Sink, name: &str, first: &mut bool| {
            if !std::mem::take(first) {
                out.bytes.push(b',');
            }
            out.text(name);
            out.bytes.push(b':');
        };
        out.bytes.push(b'{');
        let known = ["segments_info", "image_id", "file_name"];
        let more = known.iter().filter(|name| !self.template.iter().any(|known| known == **name));
        for name in self.template.iter().map(String::as_str).chain(more.copied()) {
            if !(name == "image_id" && self.image_id.is_made(at)) {
                if let Some(value) = overlay.take(name) {
                    begin(out, name, &mut first);
                    out.raw(value);
                    continue;
                }
                if overlay.lacks(name) {
                    continue;
                }
            }
            match name {
                "segments_info" => {
                    begin(out, name, &mut first);
                    out.raw(segments);
                }
                "image_id" => self.image_id.write(out, at, &[], &mut first),
                "file_name" => {
                    if let Some(value) = self.file_name.and_then(|c| c.cell(at.row)) {
                        begin(out, name, &mut first);
                        out.value(value);
                    }
                }
                _ => {}
            }
        }
        let made = self.image_id.is_made(at);
        for (name, value) in overlay.rest().filter(|(name, _)| !made || *name != "image_id") {
            begin(out, name, &mut first);
            out.raw(value);
        }
        out.bytes.push(b'}');
        Ok(())
    }
}

/// The PNGs of the panoptic files of an export.
pub(super) struct Paintings<'a> {
    pub(super) ds: &'a Dataset,
    /// Each file with the rows of the view that it lists.
    pub(super) files: Vec<(&'a FilePlan<'a>, &'a Vec<usize>)>,
    pub(super) what: ExportImages,
}

impl Paintings<'_> {
    fn images(&self) -> Images {
        // They are annotations: links to the PNGs of another folder are no panoptic files.
        let what = if self.what == ExportImages::None { ExportImages::None } else { ExportImages::Copy };
        Images { area: "coco", key: "panoptic", what }
    }

    /// Writes them, each to the folder that is named as its file; gives how many.
    ///
    /// # Errors
    /// Those of reading the rows and PNGs, of the disk, and of a cancelled job.
    pub(super) fn write(&self, store: &Store, partial: &mut Partial, job: &Job) -> Result<u64> {
        let of_names = |axis: &Axis, base: &str| axis.set().is_none() && base == "panoptic.file_name";
        let reader = Reader::new(self.ds, of_names)?;
        let mut names: HashMap<u64, Option<String>> = HashMap::new();
        for (plan, rows) in &self.files {
            let folder = plan.file.strip_suffix(".json").unwrap_or(&plan.file);
            for window in reader.windows(rows, job) {
                let (rows, table) = window?;
                let column = table.row_key("panoptic.file_name");
                for (row, view_row) in rows.iter().enumerate() {
                    let name = column.and_then(|c| c.cell(row)).and_then(Cell::text);
                    let name = name.and_then(|name| below(folder, name));
                    names.insert(u64::try_from(*view_row).unwrap_or(u64::MAX), name);
                }
            }
        }
        self.images().write(store, self.ds, partial, job, |row| names.get(&row.row).cloned().flatten())
    }

    /// Counts those that are stored as lost.
    ///
    /// # Errors
    /// Those of reading the rows, and of a cancelled job.
    pub(super) fn report(&self, loss: &mut LossReport, job: &Job) -> Result<()> {
        let why = match self.files.is_empty() {
            true => "no panoptic file is written",
            false => "a single file has no place for PNGs: name a folder",
        };
        self.images().report(self.ds, why, loss, job)
    }
}

/// The set that panoptic files were read into; `None` without such a file. Where nothing is known of the
/// files but their rows' records are there, the set of that name, else the default one.
pub(in crate::convert) fn panoptic_set(store: &Store, ds: &Dataset) -> Result<Option<String>> {
    if ds.keys().find("panoptic.record").is_err() {
        return Ok(None);
    }
    let residue = super::residue_text(store)?;
    let known = super::plan::from_residue(&residue)?;
    let plan = known.into_iter().find(|plan| plan.record_members.is_some());
    let named = || ds.keys().find("panoptic.object_id").map_or("", |_| "panoptic").to_owned();
    Ok(Some(plan.map_or_else(named, |plan| plan.set)))
}
