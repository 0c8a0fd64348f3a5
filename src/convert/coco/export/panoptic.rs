//! The list of annotations of a panoptic file: a record an image, around the list of its segments.

use super::file::{AnnotationFile, AnnotationList, Out};
use super::member::At;
use super::record::Records;
use crate::convert::LossReport;
use crate::convert::coco::panoptic::KEYS;
use crate::convert::export::{Cell, Reader, Sink, Spool};
use crate::error::Result;
use crate::job::Job;

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
            let mut records = Records::panoptic(template, &table);
            let mut of_segments =
                Records::annotations(self.plan, &table, &self.categories.ids, self.options, loss);
            let places = table.row_key("panoptic.record");
            for (row, view_row) in rows.iter().enumerate() {
                // Rows without a record have an empty list of segments, and so no place in the file.
                let Some(place) = places.and_then(|c| c.cell(row)).and_then(Cell::int) else { continue };
                segments.bytes.clear();
                segments.bytes.push(b'[');
                for object in 0..table.objects(row).unwrap_or(0) {
                    if object > 0 {
                        segments.bytes.push(b',');
                    }
                    number += 1;
                    of_segments.annotation(&mut segments, At { row, view_row: *view_row, object, number })?;
                }
                segments.bytes.push(b']');
                record.bytes.clear();
                let at = At { row, view_row: *view_row, object: 0, number: 0 };
                records.around(&mut record, at, &segments.bytes)?;
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
