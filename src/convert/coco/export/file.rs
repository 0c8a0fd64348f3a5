//! One annotation file: its members in order, its tables record by record, a window of rows at a time.

use std::path::PathBuf;

use super::classes::Categories;
use super::ids::Ids;
use super::keys;
use super::listing::Listed;
use super::member::At;
use super::plan::FilePlan;
use super::record::{Making, Records};
use super::survey::{Order, Survey};
use crate::convert::export::{Cell, PartialFile, Reader, Sink, Spool};
use crate::convert::{ExportOptions, LossReport};
use crate::dataset::Dataset;
use crate::error::Result;
use crate::job::Job;
use crate::schema::axis::{Axis, key_name};

/// Bytes collected before they are handed to the file.
const FLUSH: usize = 1 << 18;
/// Annotations between two looks at whether the job was cancelled.
const CHECK: u64 = 1024;

/// A file with what is to be written to it next.
pub(super) struct Out {
    file: PartialFile,
    sink: Sink,
}

impl Out {
    pub(super) fn new(file: PartialFile) -> Out {
        Out { file, sink: Sink::default() }
    }

    pub(super) fn push(&mut self, text: &[u8]) {
        self.sink.raw(text);
    }

    fn comma(&mut self, written: u64) {
        if written > 0 {
            self.push(b",");
        }
    }

    /// Hands the text on once it is long.
    pub(super) fn flush(&mut self) -> Result<()> {
        if self.sink.bytes.len() < FLUSH {
            return Ok(());
        }
        self.hand_on()
    }

    fn hand_on(&mut self) -> Result<()> {
        let done = self.file.write(&self.sink.bytes);
        self.sink.bytes.clear();
        done
    }

    /// Hands all text on.
    pub(super) fn finish(mut self) -> Result<()> {
        self.hand_on()
    }
}

/// One annotation file of a view.
pub(super) struct AnnotationFile<'a> {
    pub(super) plan: &'a FilePlan<'a>,
    pub(super) ds: &'a Dataset,
    /// The rows it lists.
    pub(super) listed: &'a Listed,
    /// True if the view is the whole dataset: then annotations without an image are written too.
    pub(super) whole: bool,
    pub(super) categories: Categories,
    pub(super) image_ids: &'a Ids,
    pub(super) survey: Survey,
    pub(super) options: &'a ExportOptions,
    /// Where records that wait may lie.
    pub(super) scratch: PathBuf,
}

impl AnnotationFile<'_> {
    /// Writes the file; gives how many annotations it has.
    ///
    /// # Errors
    /// Those of the disk, [`crate::error::ErrorKind::Corrupt`] for extra text that is no JSON, and
    /// [`crate::error::ErrorKind::Cancelled`].
    pub(super) fn write(&self, out: &mut Out, loss: &mut LossReport, job: &Job) -> Result<u64> {
        if self.plan.bare {
            return self.annotations(out, loss, job);
        }
        let mut count = 0;
        out.push(b"{");
        for (n, top) in self.plan.top.iter().enumerate() {
            if n > 0 {
                out.push(b",");
            }
            out.sink.text(&top.name);
            out.push(b":");
            match (top.value, top.name.as_str()) {
                (Some(value), _) => out.push(value),
                (None, "images") => self.images(out, loss, job)?,
                (None, "annotations") => {
                    count = match &self.plan.record_members {
                        Some(template) => self.panoptic(template, out, loss, job)?,
                        None => self.annotations(out, loss, job)?,
                    }
                }
                (None, "categories") => out.push(&self.categories.list),
                (None, _) => out.push(b"null"),
            }
        }
        out.push(b"}");
        Ok(count)
    }

    fn images(&self, out: &mut Out, loss: &mut LossReport, job: &Job) -> Result<()> {
        let reader = self.image_keys()?;
        let own = key_name(&self.plan.set, "image_extra");
        let mut spool = self.listed.places.as_ref().map(|_| Spool::new(self.scratch.clone()));
        let mut places = self.listed.places.iter().flatten();
        let mut written = 0u64;
        let mut scratch = Sink::default();
        out.push(b"[");
        for window in reader.windows(&self.listed.rows, job) {
            let (rows, table) = window?;
            let mut records = Records::images(self.making(), &table, loss);
            // The set's own record of the image, where it is not the row's.
            let own = if self.plan.primary { None } else { table.row_key(&own) };
            for (row, view_row) in rows.iter().enumerate() {
                let at = At { row, view_row: *view_row, object: 0, position: 0, number: 0 };
                let sink = match &spool {
                    Some(_) => &mut scratch,
                    None => {
                        out.comma(written);
                        &mut out.sink
                    }
                };
                match own.and_then(|c| c.cell(row)).and_then(Cell::text) {
                    Some(text) => sink.bytes.extend_from_slice(text.as_bytes()),
                    None => records.image(sink, at)?,
                }
                written += 1;
                match (&mut spool, places.next()) {
                    (Some(spool), Some(place)) => {
                        spool.push(*place, &scratch.bytes)?;
                        scratch.bytes.clear();
                    }
                    _ => out.flush()?,
                }
            }
            records.report(loss);
        }
        if let Some(spool) = spool {
            let mut written = 0;
            spool.drain(|_, record| {
                out.comma(written);
                out.push(record);
                written += 1;
                out.flush()
            })?;
        }
        out.push(b"]");
        Ok(())
    }

    fn annotations(&self, out: &mut Out, loss: &mut LossReport, job: &Job) -> Result<u64> {
        let stage = job.stage(
            &format!("writing {}", out.file.target().display()),
            u64::try_from(self.listed.rows.len()).ok(),
        );
        let reader = self.annotation_keys()?;
        let order = self.survey.order;
        let mut spool = match order {
            Order::Places(false) => Some(Spool::new(self.scratch.clone())),
            _ => None,
        };
        let mut list = AnnotationList { orphans: self.orphans(), written: 0 };
        let mut scratch = Sink::default();
        let (mut position, mut number) = (0u64, 0u64);
        out.push(b"[");
        for window in reader.windows(&self.listed.rows, job) {
            let (rows, table) = window?;
            let mut records = Records::annotations(self.making(), &table, loss);
            let places = match order {
                Order::Rows => None,
                Order::Places(_) => table.object_key("ordinal"),
            };
            for (row, view_row) in rows.iter().enumerate() {
                for object in 0..table.objects(row).unwrap_or(0) {
                    let at = At { row, view_row: *view_row, object, position, number: number + 1 };
                    position += 1;
                    if !records.can_write(at) {
                        continue;
                    }
                    number += 1;
                    let place = places.and_then(|c| c.element(row, object)).and_then(Cell::int);
                    match (&mut spool, place) {
                        (Some(spool), Some(place)) => {
                            records.annotation(&mut scratch, at)?;
                            spool.push(place, &scratch.bytes)?;
                            scratch.bytes.clear();
                        }
                        _ => {
                            list.begin(out, place);
                            records.annotation(&mut out.sink, at)?;
                            out.flush()?;
                        }
                    }
                    if number.is_multiple_of(CHECK) {
                        job.check()?;
                    }
                }
            }
            records.report(loss);
            stage.advance(u64::try_from(rows.len()).unwrap_or(0))?;
        }
        if let Some(spool) = spool {
            spool.drain(|place, record| {
                list.begin(out, Some(place));
                out.push(record);
                if list.written.is_multiple_of(CHECK) {
                    job.check()?;
                }
                out.flush()
            })?;
        }
        list.rest(out)?;
        out.push(b"]");
        Ok(list.written)
    }

    /// The row keys, those that belong to another set left out.
    fn image_keys(&self) -> Result<Reader> {
        let own = key_name(&self.plan.set, "image_extra");
        let of_a_set = |base: &str| {
            let (set, name) = base.rsplit_once('.').unwrap_or(("", base));
            set != "attr" && !set.starts_with("attr.") && ["image_extra", "image_ordinal"].contains(&name)
        };
        Reader::new(self.ds, |axis, base| {
            *axis == Axis::Row && !keys::NOT_READ.contains(&base) && (base == own || !of_a_set(base))
        })
    }

    /// The image id and the keys of the set.
    fn annotation_keys(&self) -> Result<Reader> {
        Reader::new(self.ds, |axis, base| axis.set().map_or(base == "image_id", |of| of == self.plan.set))
    }

    pub(super) fn making(&self) -> Making<'_> {
        Making {
            plan: self.plan,
            image_ids: self.image_ids,
            object_ids: &self.survey.ids,
            category_ids: &self.categories.ids,
            fill: self.options.fill || self.plan.custom,
        }
    }

    pub(super) fn orphans(&self) -> std::slice::Iter<'_, (u64, &[u8])> {
        if self.whole { self.plan.orphans.iter() } else { [].iter() }
    }
}

/// The annotations as they are written, those without an image between the others.
pub(super) struct AnnotationList<'a> {
    pub(super) orphans: std::slice::Iter<'a, (u64, &'a [u8])>,
    pub(super) written: u64,
}

impl AnnotationList<'_> {
    /// Prepares for an annotation: writes the orphans that come before it, and the comma. Without a stored
    /// place an annotation's place is how many came before it.
    pub(super) fn begin(&mut self, out: &mut Out, place: Option<i64>) {
        while let Some((at, orphan)) = self.orphans.as_slice().first() {
            let before = match place {
                Some(place) => i64::try_from(*at).is_ok_and(|at| at < place),
                None => *at <= self.written,
            };
            if !before {
                break;
            }
            self.orphans.next();
            out.comma(self.written);
            out.push(orphan);
            self.written += 1;
        }
        out.comma(self.written);
        self.written += 1;
    }

    /// Writes the orphans that are left.
    pub(super) fn rest(&mut self, out: &mut Out) -> Result<()> {
        for (_, orphan) in self.orphans.by_ref() {
            out.comma(self.written);
            out.push(orphan);
            self.written += 1;
            out.flush()?;
        }
        Ok(())
    }
}
