//! One annotation file: its members in order, its tables record by record.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use super::record::{self, Records};
use super::source::{self, FilePlan};
use super::table::{Cell, Table};
use super::text;
use crate::convert::LossReport;
use crate::error::{Error, Place, Result, ResultExt};
use crate::job::Job;
use crate::schema::axis::key_name;
use crate::schema::classes::ClassTable;

/// Bytes collected before they are handed to the file.
const FLUSH: usize = 1 << 20;

/// A file with what is to be written to it next.
pub(super) struct Out {
    file: BufWriter<File>,
    buffer: Vec<u8>,
    path: PathBuf,
}

impl Out {
    pub(super) fn new(file: BufWriter<File>, path: PathBuf) -> Out {
        Out { file, buffer: Vec::new(), path }
    }

    /// Hands the buffer on once it is large, or in any case.
    fn flush(&mut self, always: bool) -> Result<()> {
        if always || self.buffer.len() >= FLUSH {
            let done = self
                .file
                .write_all(&self.buffer)
                .and_then(|()| if always { self.file.flush() } else { Ok(()) });
            self.buffer.clear();
            done.map_err(|e| Error::io("write", e)).at(|| Place::area("coco").file(&self.path))?;
        }
        Ok(())
    }
}

/// One annotation file of a view.
pub(super) struct AnnotationFile<'a> {
    pub(super) plan: &'a FilePlan,
    pub(super) table: &'a Table,
    /// The rows it lists, in its order.
    pub(super) rows: &'a [usize],
    /// True if the view is the whole dataset: then annotations without an image are written too.
    pub(super) whole: bool,
    pub(super) classes: Option<&'a ClassTable>,
}

impl AnnotationFile<'_> {
    /// Writes the file; gives how many annotations it has.
    ///
    /// # Errors
    /// Those of the disk, [`crate::error::ErrorKind::Corrupt`] for extra text that is no JSON, and
    /// [`crate::error::ErrorKind::Cancelled`].
    pub(super) fn write(&self, out: &mut Out, loss: &mut LossReport, job: &Job) -> Result<u64> {
        let ids = source::category_ids(self.classes);
        let mut annotations = Records::annotations(self.plan, self.table, ids, loss);
        if self.plan.bare {
            let count = self.annotations(&mut annotations, out, job)?;
            out.flush(true)?;
            return Ok(count);
        }
        let mut count = 0;
        let mut first = true;
        out.buffer.push(b'{');
        for top in &self.plan.top {
            text::name(&mut out.buffer, &top.name, &mut first);
            match (&top.value, top.name.as_str()) {
                (Some(value), _) => record::json(&mut out.buffer, value),
                (None, "images") => self.images(out, loss, job)?,
                (None, "annotations") => {
                    count = match &self.plan.record_members {
                        Some(template) => self.panoptic(template, &mut annotations, out, job)?,
                        None => self.annotations(&mut annotations, out, job)?,
                    };
                }
                (None, "categories") => {
                    let categories = source::categories(self.plan, self.classes);
                    record::json(&mut out.buffer, &serde_json::Value::Array(categories));
                }
                (None, _) => out.buffer.extend_from_slice(b"null"),
            }
        }
        out.buffer.push(b'}');
        out.flush(true)?;
        Ok(count)
    }

    fn images(&self, out: &mut Out, loss: &mut LossReport, job: &Job) -> Result<()> {
        let mut records = Records::images(self.plan, self.table, loss);
        let own = match self.plan.primary {
            true => None,
            false => self.table.row_key(&key_name(&self.plan.set, "image_extra")),
        };
        out.buffer.push(b'[');
        for (n, row) in self.rows.iter().enumerate() {
            if n > 0 {
                out.buffer.push(b',');
            }
            match own.and_then(|c| c.cell(*row)).and_then(Cell::text) {
                Some(text) => out.buffer.extend_from_slice(text.as_bytes()),
                None => records.image(&mut out.buffer, *row)?,
            }
            out.flush(false)?;
            job.check()?;
        }
        out.buffer.push(b']');
        Ok(())
    }

    /// The panoptic records, each with its segments; gives how many segments there are.
    fn panoptic(
        &self,
        template: &[String],
        segments: &mut Records<'_>,
        out: &mut Out,
        job: &Job,
    ) -> Result<u64> {
        let mut records = Records::panoptic(template, self.table);
        let place = self.table.row_key("panoptic.record");
        let place = |row: usize| place.and_then(|c| c.cell(row)).and_then(Cell::int);
        let mut order: Vec<(i64, usize)> =
            self.rows.iter().filter_map(|row| Some((place(*row)?, *row))).collect();
        order.sort_by_key(|(ordinal, _)| *ordinal);
        let stage = job.stage(&format!("writing {}", out.path.display()), u64::try_from(order.len()).ok());
        let mut orphans = self.plan.orphans.iter().filter(|_| self.whole).peekable();
        let (mut written, mut count, mut list) = (0u64, 0u64, Vec::new());
        out.buffer.push(b'[');
        let comma = |out: &mut Out, written: u64| {
            if written > 0 {
                out.buffer.push(b',');
            }
        };
        for (ordinal, row) in order {
            while let Some((_, orphan)) =
                orphans.next_if(|(at, _)| i64::try_from(*at).is_ok_and(|at| at < ordinal))
            {
                comma(out, written);
                record::json(&mut out.buffer, orphan);
                written += 1;
            }
            comma(out, written);
            list.clear();
            list.push(b'[');
            for object in 0..self.table.objects(row).unwrap_or(0) {
                if object > 0 {
                    list.push(b',');
                }
                count += 1;
                segments.annotation(&mut list, row, object, count)?;
            }
            list.push(b']');
            records.around(&mut out.buffer, row, &list)?;
            written += 1;
            out.flush(false)?;
            stage.advance(1)?;
        }
        for (_, orphan) in orphans {
            comma(out, written);
            record::json(&mut out.buffer, orphan);
            written += 1;
        }
        out.buffer.push(b']');
        Ok(count)
    }

    fn annotations(&self, records: &mut Records<'_>, out: &mut Out, job: &Job) -> Result<u64> {
        let order = order(self.table, self.rows)?;
        let total = order.len();
        let stage = job.stage(&format!("writing {}", out.path.display()), u64::try_from(total).ok());
        let mut orphans = self.plan.orphans.iter().filter(|_| self.whole).peekable();
        let mut written = 0u64;
        out.buffer.push(b'[');
        let comma = |out: &mut Out, written: u64| {
            if written > 0 {
                out.buffer.push(b',');
            }
        };
        for (ordinal, row, object) in order {
            // Without a stored place in the file, an annotation's place is how many came before it.
            while let Some((_, orphan)) = orphans.next_if(|(at, _)| {
                ordinal.map_or(*at <= written, |o| i64::try_from(*at).is_ok_and(|at| at < o))
            }) {
                comma(out, written);
                record::json(&mut out.buffer, orphan);
                written += 1;
            }
            comma(out, written);
            records.annotation(&mut out.buffer, row, object, written + 1)?;
            written += 1;
            out.flush(false)?;
            if written.is_multiple_of(1024) {
                stage.advance(1024)?;
            }
        }
        for (_, orphan) in orphans {
            comma(out, written);
            record::json(&mut out.buffer, orphan);
            written += 1;
        }
        out.buffer.push(b']');
        Ok(written)
    }
}

/// The annotations of these rows as (place in the file if known, row, object), in the order to write them.
fn order(table: &Table, rows: &[usize]) -> Result<Vec<(Option<i64>, usize, usize)>> {
    let ordinals = table.object_key("ordinal");
    let mut order = Vec::new();
    // A file that lists its images in another order has its annotations in that of the rows, or has ordinals.
    let mut rows = rows.to_vec();
    rows.sort_unstable();
    for row in &rows {
        let ordinals = ordinals.and_then(|c| c.list(*row));
        for object in 0..table.objects(*row).unwrap_or(0) {
            let ordinal =
                ordinals.as_ref().and_then(|(child, range)| Cell::new(*child, range.start + object)?.int());
            order.push((ordinal, *row, object));
        }
    }
    if ordinals.is_some() && order.iter().all(|(ordinal, ..)| ordinal.is_some()) {
        // Equal places (two files joined) stay in row order.
        order.sort_by_key(|(ordinal, ..)| *ordinal);
    }
    Ok(order)
}
