//! [`Matches`] as Arrow tables: a row a detection, then a row a truth that was missed. The columns are described on the
//! front page of the room.

use std::sync::Arc;

use arrow_array::builder::{Float64Builder, Int64Builder, StringBuilder, UInt32Builder};
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::{Came, Matches};
use crate::error::Result;
use crate::eval::comparison::Comparison;
use crate::eval::images::ImageId;
use crate::eval::objects::Objects;

/// Rows of a table.
const ROWS: usize = 65_536;

/// Ids as numbers where all are, as text else. An empty text is no id.
enum Ids {
    Int(Int64Builder),
    Text(StringBuilder),
}

impl Ids {
    fn new(text: bool) -> Ids {
        if text { Ids::Text(StringBuilder::new()) } else { Ids::Int(Int64Builder::new()) }
    }

    fn push(&mut self, id: Option<&ImageId>) {
        match self {
            Ids::Int(column) => column.append_option(id.and_then(|id| match id {
                ImageId::Int(id) => Some(*id),
                ImageId::Text(_) => None,
            })),
            Ids::Text(column) => column.append_option(id.map(ImageId::name).filter(|id| !id.is_empty())),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Ids::Int(column) => Arc::new(column.finish()),
            Ids::Text(column) => Arc::new(column.finish()),
        }
    }
}

/// One row to be.
struct Row<'a> {
    objects: &'a Objects,
    at: usize,
    image: usize,
    score: Option<f64>,
    word: &'static str,
    truth: Option<(usize, f64)>,
}

/// The columns so far.
struct Rows<'a> {
    comparison: &'a Comparison,
    schema: SchemaRef,
    object: StringBuilder,
    image: Ids,
    file: StringBuilder,
    class_id: Ids,
    class: StringBuilder,
    score: Float64Builder,
    bbox: [Float64Builder; 4],
    area: Float64Builder,
    row: UInt32Builder,
    id: Ids,
    word: StringBuilder,
    iou: Float64Builder,
    truth_row: UInt32Builder,
    truth_id: Ids,
    others: Vec<StringBuilder>,
    length: usize,
}

/// Whether ids have to be written as text.
fn texts<'a>(mut ids: impl Iterator<Item = &'a ImageId>) -> bool {
    ids.any(|id| matches!(id, ImageId::Text(text) if !text.is_empty()))
}

impl<'a> Rows<'a> {
    fn new(matches: &Matches, comparison: &'a Comparison) -> Rows<'a> {
        let image = texts(comparison.images.iter().map(|image| &image.id));
        let class = texts(comparison.classes.iter().map(|class| &class.id));
        let truth = texts(comparison.truth.ids.iter());
        let id = truth || texts(comparison.found.ids.iter());
        let kind = |text: bool| if text { DataType::Utf8 } else { DataType::Int64 };
        let (utf8, float, number) = (DataType::Utf8, DataType::Float64, DataType::UInt32);
        let others: Vec<String> = match matches.thresholds() {
            [_] => Vec::new(),
            several => several.iter().map(|t| format!("match@{}", short(*t))).collect(),
        };
        let mut fields = vec![
            Field::new("object", utf8.clone(), false),
            Field::new("image_id", kind(image), false),
            Field::new("file_name", utf8.clone(), true),
            Field::new("class_id", kind(class), false),
            Field::new("class", utf8.clone(), false),
            Field::new("score", float.clone(), true),
        ];
        fields.extend(["x", "y", "w", "h", "area"].map(|name| Field::new(name, float.clone(), true)));
        fields.extend([
            Field::new("row", number.clone(), true),
            Field::new("id", kind(id), true),
            Field::new("match", utf8.clone(), false),
            Field::new("iou", float, true),
            Field::new("truth_row", number, true),
            Field::new("truth_id", kind(truth), true),
        ]);
        fields.extend(others.iter().map(|name| Field::new(name.as_str(), utf8.clone(), true)));
        Rows {
            comparison,
            schema: Arc::new(Schema::new(fields)),
            object: StringBuilder::new(),
            image: Ids::new(image),
            file: StringBuilder::new(),
            class_id: Ids::new(class),
            class: StringBuilder::new(),
            score: Float64Builder::new(),
            bbox: Default::default(),
            area: Float64Builder::new(),
            row: UInt32Builder::new(),
            id: Ids::new(id),
            word: StringBuilder::new(),
            iou: Float64Builder::new(),
            truth_row: UInt32Builder::new(),
            truth_id: Ids::new(truth),
            others: others.iter().map(|_| StringBuilder::new()).collect(),
            length: 0,
        }
    }

    /// Appends a row; `others` has the word at each threshold.
    fn push(&mut self, row: &Row, other: impl Fn(usize) -> Option<&'static str>) {
        let Row { objects, at, .. } = *row;
        let image = self.comparison.images.get(row.image);
        let class = objects.label.get(at).and_then(|label| self.comparison.classes.get(*label as usize));
        self.object.append_value(if row.score.is_some() { "detection" } else { "truth" });
        self.image.push(image.map(|image| &image.id));
        self.file.append_option(image.and_then(|image| image.file_name.as_deref()));
        self.class_id.push(class.map(|class| &class.id));
        self.class.append_value(class.map_or("", |class| class.name.as_str()));
        self.score.append_option(row.score);
        let bbox = objects.bbox.get(at);
        for (side, column) in self.bbox.iter_mut().enumerate() {
            column.append_option(bbox.and_then(|bbox| bbox.get(side)).copied());
        }
        self.area.append_option(objects.area_of(at));
        self.row.append_option(objects.source.get(at).copied());
        self.id.push(objects.ids.get(at));
        self.word.append_value(row.word);
        self.iou.append_option(row.truth.map(|(_, iou)| iou));
        let truth = row.truth.map(|(truth, _)| truth);
        let there = &self.comparison.truth;
        self.truth_row.append_option(truth.and_then(|truth| there.source.get(truth)).copied());
        self.truth_id.push(truth.and_then(|truth| there.ids.get(truth)));
        for (threshold, column) in self.others.iter_mut().enumerate() {
            column.append_option(other(threshold));
        }
        self.length += 1;
    }

    fn finish(&mut self) -> Result<RecordBatch> {
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(self.object.finish()),
            self.image.finish(),
            Arc::new(self.file.finish()),
            self.class_id.finish(),
            Arc::new(self.class.finish()),
            Arc::new(self.score.finish()),
        ];
        columns.extend(self.bbox.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
        columns.extend([
            Arc::new(self.area.finish()) as ArrayRef,
            Arc::new(self.row.finish()),
            self.id.finish(),
            Arc::new(self.word.finish()),
            Arc::new(self.iou.finish()),
            Arc::new(self.truth_row.finish()),
            self.truth_id.finish(),
        ]);
        columns.extend(self.others.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
        let rows = RecordBatchOptions::new().with_row_count(Some(std::mem::take(&mut self.length)));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), columns, &rows)?)
    }
}

/// A threshold as a name: two places, and more where they are needed (linspace's 0.8999999999999999 is 0.90).
fn short(threshold: f64) -> String {
    let two = format!("{threshold:.2}");
    match two.parse::<f64>() {
        Ok(rounded) if (rounded - threshold).abs() < 1e-9 => two,
        _ => threshold.to_string(),
    }
}

fn word(came: Came) -> &'static str {
    match came {
        Came::True => "true",
        Came::False => "false",
        Came::Ignored => "ignored",
    }
}

impl Matches {
    /// The columns of the table.
    pub fn schema(&self, comparison: &Comparison) -> SchemaRef {
        Rows::new(self, comparison).schema
    }

    /// Gives the rows to `put`, some at a time: all detections, then the truths that were missed.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::error::ErrorKind::Usage) for another comparison than the one that was matched; the
    /// first of `put`.
    pub fn rows(
        &self,
        comparison: &Comparison,
        mut put: impl FnMut(RecordBatch) -> Result<()>,
    ) -> Result<()> {
        self.check(comparison)?;
        let mut rows = Rows::new(self, comparison);
        for image in 0..comparison.found.images() {
            for at in comparison.found.range(image) {
                let Some(came) = self.came(at, self.at) else { continue };
                let score = Some(comparison.found.score.get(at).copied().unwrap_or(f64::NAN));
                let truth = self.truth_of(at);
                let row = Row { objects: &comparison.found, at, image, score, word: word(came), truth };
                rows.push(&row, |threshold| self.came(at, threshold).map(word));
                if rows.length == ROWS {
                    put(rows.finish()?)?;
                }
            }
        }
        for image in 0..comparison.truth.images() {
            let missed = |at: &usize| self.missed.get(*at) == Some(&true);
            for at in comparison.truth.range(image).filter(missed) {
                let objects = &comparison.truth;
                rows.push(&Row { objects, at, image, score: None, word: "missed", truth: None }, |_| None);
                if rows.length == ROWS {
                    put(rows.finish()?)?;
                }
            }
        }
        if rows.length > 0 { put(rows.finish()?) } else { Ok(()) }
    }
}
