//! The columns of one object set, filled straight from annotation records.
//!
//! After each record every column is one value longer; after each row the offsets are. Of members that come
//! twice in a record the last is read, as Python's reader does.

use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, ListArray};
use arrow_buffer::NullBufferBuilder;
use arrow_schema::{DataType, Field};
use std::sync::Arc;

use crate::convert::json::Cursor;
use crate::error::Result;
use crate::job::{Job, Warning};

use super::boxes::Boxes;
use super::extra::Extra;
use super::ids::{IdToken, read_id};
use super::members::{Expected, Members};
use super::panoptic::RecordColumns;
use super::plan::{FilePlan, Member, SetPlan};
use super::points::Points;
use super::seen::Seen;
use super::segmentation::Segmentations;
use super::style::Fit;
use super::{check, place_at};
use crate::convert::column::Id;
use crate::convert::column::IdColumn;
use crate::convert::column::{Ends, Flags, Plain, Scalars, Texts, item};

/// How many lists and objects are around a member's value: the file, its list, the record.
const DEPTH: usize = 3;

/// The columns of one set.
#[derive(Debug)]
pub(super) struct SetColumns {
    objects: usize,
    lists: Ends,
    listed: NullBufferBuilder,
    object_id: IdColumn,
    label: Option<Plain<i64>>,
    bbox: Option<Boxes>,
    area: Option<Plain<f64>>,
    crowded: Option<Flags>,
    segmentation: Option<Segmentations>,
    points: Option<Points>,
    caption: Option<Texts>,
    score: Option<Plain<f64>>,
    attrs: Vec<Scalars>,
    extra: Texts,
    ordinal: Option<Plain<i64>>,
    /// The row keys of panoptic records.
    records: Option<RecordColumns>,
    recorded: bool,

    /// The record that is being read.
    scratch: Extra,
    expected: Expected,
    seen: Seen,
    /// Where the number of keypoints stands, and what it is.
    point_count: Option<(usize, Option<i64>)>,
}

/// What the reader of a record has to know beside the record.
pub(super) struct Around<'a> {
    pub(super) file: &'a FilePlan<'a>,
    /// (height, width) of the image.
    pub(super) size: Option<(i32, i32)>,
    pub(super) ordinal: usize,
    pub(super) job: &'a Job,
}

impl SetColumns {
    pub(super) fn new(plan: &SetPlan) -> SetColumns {
        SetColumns {
            objects: 0,
            lists: Ends::new(),
            listed: NullBufferBuilder::new(0),
            object_id: IdColumn::new(plan.object_id),
            label: plan.label.then(Plain::new),
            bbox: plan.bbox.then(Boxes::new),
            area: plan.area.then(Plain::new),
            crowded: plan.crowded.then(Flags::new),
            segmentation: plan.segmentation.then(Segmentations::new),
            points: plan.points.then(Points::new),
            caption: plan.caption.then(Texts::new),
            score: plan.score.then(Plain::new),
            attrs: plan.attrs.iter().map(|(_, scalar)| Scalars::new(*scalar)).collect(),
            extra: Texts::new(),
            ordinal: plan.ordinal.then(Plain::new),
            records: plan.panoptic.then(RecordColumns::new),
            recorded: false,
            scratch: Extra::default(),
            expected: Expected::default(),
            seen: Seen::default(),
            point_count: None,
        }
    }

    /// How many bytes the builders hold, about.
    pub(super) fn bytes(&self) -> usize {
        self.objects * 64
            + self.object_id.bytes()
            + self.segmentation.as_ref().map_or(0, Segmentations::bytes)
            + self.points.as_ref().map_or(0, Points::bytes)
            + self.caption.as_ref().map_or(0, Texts::bytes)
            + self.attrs.iter().map(Scalars::bytes).sum::<usize>()
            + self.extra.bytes()
            + self.records.as_ref().map_or(0, RecordColumns::bytes)
    }

    /// Reads the panoptic record at the cursor, number `record` of its file: that of the row to be ended next.
    pub(super) fn read_record(&mut self, json: &mut Cursor<'_>, record: usize) -> Result<()> {
        self.recorded = true;
        self.records.as_mut().map_or(Ok(()), |columns| columns.read(json, record))
    }

    /// Ends a row: the objects since the last end are its own; `listed` says whether the set speaks of it at
    /// all.
    pub(super) fn end_row(&mut self, listed: bool) -> Result<()> {
        if let Some(columns) = self.records.as_mut().filter(|_| !std::mem::take(&mut self.recorded)) {
            columns.push_null();
        }
        self.listed.append(listed);
        self.lists.push(self.objects)
    }

    /// A new file begins: its names are other names.
    pub(super) fn begin_file(&mut self) {
        self.expected = Expected::default();
    }

    /// A file ends: ids that stand twice in it are told.
    pub(super) fn end_file(&mut self, file: &str, job: &Job) -> Result<()> {
        self.seen.finish(file, job)
    }

    /// Reads the annotation at the cursor.
    pub(super) fn read(&mut self, json: &mut Cursor<'_>, around: &Around<'_>) -> Result<()> {
        if around.file.annotations_repeat {
            let start = json.at();
            let (last, repeats) = last_positions(json.clone(), around.file.annotations)?;
            if repeats {
                let what = "a member stands twice in the record".to_owned();
                warn(around, ("coco.duplicate-member", what), start, "the last one is read")?;
            }
            self.members(json, around, Some(&last))?;
        } else {
            self.members(json, around, None)?;
        }
        self.close(json, around)
    }

    /// Reads all members; of those that come twice the last.
    fn members(&mut self, json: &mut Cursor<'_>, around: &Around<'_>, last: Option<&[usize]>) -> Result<()> {
        self.point_count = None;
        self.expected.begin();
        json.expect(b'{', "an annotation")?;
        let mut more = !json.eat(b'}');
        while more {
            json.space();
            let name_at = json.at();
            let name = around.file.annotations.find(json, &mut self.expected)?;
            json.space();
            let start = json.at();
            if last.is_some_and(|last| last.get(name).is_some_and(|at| *at != start)) {
                json.copy_value(None, DEPTH)?;
            } else {
                self.member(json, around, name, name_at, start)?;
            }
            more = json.more(b'}', "an annotation")?;
        }
        Ok(())
    }

    #[inline]
    fn member(
        &mut self,
        json: &mut Cursor<'_>,
        around: &Around<'_>,
        name: usize,
        name_at: usize,
        start: usize,
    ) -> Result<()> {
        let styles = &around.file.styles;
        let member = around.file.member(name);
        let fit = match member {
            Member::Id => self.read_id(json, around)?,
            Member::ImageId => match read_id(json)? {
                (IdToken::Plain(_), _) => Fit::Exact,
                _ => Fit::Value,
            },
            Member::Category => self.read_category(json, around, start)?,
            Member::Box => self.read_box(json, around, start)?,
            Member::Area => read_float(self.area.as_mut(), json, styles.of("area")),
            Member::Score => read_float(self.score.as_mut(), json, styles.of("score")),
            Member::Crowd => self.read_crowd(json),
            Member::Segmentation => self.read_segmentation(json, around, start)?,
            Member::Points => match &mut self.points {
                Some(column) => column.read(json, styles.of("keypoints"))?,
                None => Fit::Not,
            },
            Member::PointCount => {
                let count = json.int().unwrap_or(None);
                json.seek(start);
                json.copy_value(None, DEPTH)?;
                self.point_count = Some((name_at, count));
                Fit::Exact
            }
            Member::Caption => match &mut self.caption {
                Some(column) if json.peek() == Some(b'"') => {
                    column.push(&json.text()?.decode()?)?;
                    Fit::Exact
                }
                _ => Fit::Not,
            },
            Member::Attr(i) => {
                let taken = match self.attrs.get_mut(i) {
                    Some(column) => column.read(json)?,
                    None => false,
                };
                if taken {
                    return Ok(());
                }
                json.seek(start);
                return self.scratch.member(name_text(json, name_at), json, DEPTH);
            }
            Member::Extra => return self.scratch.member(name_text(json, name_at), json, DEPTH),
            Member::Reserved => Fit::Not,
        };
        if fit != Fit::Exact {
            json.seek(start);
            self.scratch.declare(name_text(json, name_at), json, DEPTH)?;
        }
        Ok(())
    }

    fn read_id(&mut self, json: &mut Cursor<'_>, around: &Around<'_>) -> Result<Fit> {
        let token = read_id(json)?.0;
        // Segments of two images may have one id.
        if let (IdToken::Plain(id), false) = (&token, around.file.panoptic) {
            self.seen.add(id);
        }
        match token {
            IdToken::Plain(id) => Ok(if self.object_id.push(Some(&id))? { Fit::Exact } else { Fit::Not }),
            IdToken::Float(id) => {
                Ok(if self.object_id.push(Some(&Id::Int(id)))? { Fit::Value } else { Fit::Not })
            }
            IdToken::Other => Ok(Fit::Not),
        }
    }

    fn read_category(&mut self, json: &mut Cursor<'_>, around: &Around<'_>, start: usize) -> Result<Fit> {
        let token = match read_id(json) {
            Ok((token, _)) => token,
            Err(_) => {
                json.seek(start);
                IdToken::Other
            }
        };
        let exact = matches!(token, IdToken::Plain(_));
        let id = token.id();
        let label = id.as_ref().and_then(|id| around.file.labels.get(id)).copied();
        if let (Some(column), Some(label)) = (&mut self.label, label) {
            column.push(Some(label));
            return Ok(if exact { Fit::Exact } else { Fit::Value });
        }
        if !around.file.without_categories {
            let shown = id.map_or_else(|| "that is no id".to_owned(), |id| id.to_string());
            let what = format!("there is no category {shown}");
            warn(around, ("coco.unknown-category", what), start, "kept as declared, without a label")?;
        }
        Ok(Fit::Not)
    }

    fn read_box(&mut self, json: &mut Cursor<'_>, around: &Around<'_>, start: usize) -> Result<Fit> {
        let Some(column) = &mut self.bbox else { return Ok(Fit::Not) };
        let (forms, bbox) = match column.read(json) {
            Ok(read) => read,
            Err(count) => {
                if let Some(count) = count {
                    let finding = ("coco.box-length", format!("the box has {count} numbers, not 4"));
                    warn(around, finding, start, "kept as declared, without a box")?;
                }
                return Ok(Fit::Not);
            }
        };
        if let Some(finding) = check::odd_box(&bbox, around.size) {
            warn(around, finding, start, "kept as declared")?;
        }
        Ok(around.file.styles.of("bbox").fit(forms))
    }

    fn read_crowd(&mut self, json: &mut Cursor<'_>) -> Fit {
        let Some(column) = &mut self.crowded else { return Fit::Not };
        let start = json.at();
        if let Ok(Some(flag)) = json.int() {
            column.push(Some(flag != 0));
            return if flag == 0 || flag == 1 { Fit::Exact } else { Fit::Value };
        }
        json.seek(start);
        match json.peek() {
            Some(b't') => column.push(Some(true)),
            Some(b'f') => column.push(Some(false)),
            _ => return Fit::Not,
        }
        Fit::Value
    }

    fn read_segmentation(&mut self, json: &mut Cursor<'_>, around: &Around<'_>, start: usize) -> Result<Fit> {
        let Some(column) = &mut self.segmentation else { return Ok(Fit::Not) };
        let fit = column.read(json, around.file.styles.of("segmentation"))?;
        if let Some(finding) = column.last().and_then(|shape| check::odd_shape(shape, around.size)) {
            warn(around, finding, start, "kept as declared")?;
        }
        Ok(fit)
    }

    /// Ends the record: what it did not have is null.
    fn close(&mut self, json: &Cursor<'_>, around: &Around<'_>) -> Result<()> {
        let n = self.objects;
        self.close_point_count(json, around)?;
        if self.object_id.len() == n {
            self.object_id.push(None)?;
        }
        for column in [&mut self.area, &mut self.score].into_iter().flatten() {
            if column.len() == n {
                column.push(None);
            }
        }
        if let Some(column) = self.label.as_mut().filter(|c| c.len() == n) {
            column.push(None);
        }
        if let Some(column) = self.bbox.as_mut().filter(|c| c.len() == n) {
            column.push_null();
        }
        if let Some(column) = self.crowded.as_mut().filter(|c| c.len() == n) {
            column.push(None);
        }
        if let Some(column) = self.segmentation.as_mut().filter(|c| c.len() == n) {
            column.push_null();
        }
        if let Some(column) = self.points.as_mut().filter(|c| c.len() == n) {
            column.push_null();
        }
        if let Some(column) = self.caption.as_mut().filter(|c| c.len() == n) {
            column.push_null();
        }
        for column in self.attrs.iter_mut().filter(|c| c.len() == n) {
            column.push_null();
        }
        if let Some(column) = &mut self.ordinal {
            column.push(i64::try_from(around.ordinal).ok());
        }
        self.scratch.finish(&mut self.extra)?;
        self.objects += 1;
        Ok(())
    }

    /// The number of keypoints has no column: it is what the visibilities say, or kept as declared.
    fn close_point_count(&mut self, json: &Cursor<'_>, around: &Around<'_>) -> Result<()> {
        let labelled = match &self.points {
            Some(points) if points.is_valid(self.objects) => points.labelled(),
            _ => None,
        };
        let written = around.file.counts_points && labelled.is_some();
        match self.point_count {
            Some((_, count)) if written && count == labelled => {}
            Some((name_at, _)) => {
                let mut json = json.clone();
                json.seek(name_at);
                json.key()?;
                self.scratch.declare(name_text(&json, name_at), &mut json, DEPTH)?;
            }
            None if written => self.scratch.absent("num_keypoints"),
            None => {}
        }
        Ok(())
    }

    /// The columns, in the order of [`SetPlan::fields`], empty again.
    pub(super) fn finish(&mut self, fields: &[Field]) -> Result<Vec<ArrayRef>> {
        let mut whole = self.records.as_mut().map_or(Ok(Vec::new()), RecordColumns::finish)?;
        let fields = fields.get(whole.len()..).unwrap_or_default();
        let mut columns = vec![self.object_id.finish()?];
        if let Some(c) = &mut self.label {
            columns.push(c.finish::<Int64Type>()?);
        }
        if let Some(c) = &mut self.bbox {
            columns.push(c.finish()?);
        }
        if let Some(c) = &mut self.area {
            columns.push(c.finish::<Float64Type>()?);
        }
        if let Some(c) = &mut self.crowded {
            columns.push(c.finish());
        }
        if let Some(c) = &mut self.segmentation {
            columns.push(c.finish()?);
        }
        if let Some(c) = &mut self.points {
            columns.extend(c.finish()?);
        }
        if let Some(c) = &mut self.caption {
            columns.push(c.finish()?);
        }
        if let Some(c) = &mut self.score {
            columns.push(c.finish::<Float64Type>()?);
        }
        for c in &mut self.attrs {
            columns.push(c.finish()?);
        }
        columns.push(self.extra.finish()?);
        if let Some(c) = &mut self.ordinal {
            columns.push(c.finish::<Int64Type>()?);
        }
        self.objects = 0;
        let (lists, listed) = (self.lists.finish(), self.listed.finish());
        let list = |(field, values): (&Field, ArrayRef)| -> Result<ArrayRef> {
            let ty = match field.data_type() {
                DataType::List(item) => Arc::clone(item),
                _ => item(values.data_type().clone()),
            };
            Ok(Arc::new(ListArray::try_new(ty, lists.clone(), values, listed.clone())?))
        };
        for column in fields.iter().zip(columns).map(list) {
            whole.push(column?);
        }
        Ok(whole)
    }
}

fn read_float(column: Option<&mut Plain<f64>>, json: &mut Cursor<'_>, style: super::style::Style) -> Fit {
    let Some(column) = column else { return Fit::Not };
    let Some(number) = json.number() else { return Fit::Not };
    column.push(Some(number.value));
    style.fit(number.form.bit())
}

/// The name that begins at an offset, as written, quotes included.
pub(super) fn name_text<'a>(json: &Cursor<'a>, at: usize) -> &'a [u8] {
    let mut name = json.clone();
    name.seek(at);
    match name.text() {
        Ok(_) => json.slice(at, name.at()),
        Err(_) => b"\"\"",
    }
}

/// For each name where its last value in the record begins, and whether one comes twice.
pub(super) fn last_positions(mut json: Cursor<'_>, members: &Members) -> Result<(Vec<usize>, bool)> {
    let (mut last, mut repeats) = (vec![usize::MAX; members.len()], false);
    let mut expected = Expected::default();
    json.expect(b'{', "a record")?;
    let mut more = !json.eat(b'}');
    while more {
        let name = members.find(&mut json, &mut expected)?;
        json.space();
        if let Some(at) = last.get_mut(name) {
            repeats |= std::mem::replace(at, json.at()) != usize::MAX;
        }
        json.copy_value(None, DEPTH)?;
        more = json.more(b'}', "a record")?;
    }
    Ok((last, repeats))
}

#[cold]
fn warn(around: &Around<'_>, (code, what): check::Finding, at: usize, done: &str) -> Result<()> {
    let sort = if around.file.panoptic { "segment" } else { "annotation" };
    let what = format!("{sort} {}: {what}", around.ordinal);
    around.job.warn(Warning::new(code, place_at(around.file.path, at), what, done))
}
