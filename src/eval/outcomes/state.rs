//! The state as an Arrow file: a row an image, for other processes and other languages.
//!
//! | column | what it is |
//! |---|---|
//! | `image_id` | the id, where it is a number |
//! | `image_name` | the id, where it is a text |
//! | `cell` | a list: classes with detections, and how many of them: 1024 times the class, plus the number, at most 1023; what is more follows in another cell |
//! | `score` | a list of the scores, class after class, best first |
//! | `bits` | 2 × ⌈ranges × thresholds / 8⌉ bytes a detection: hits, then what is left out; a bit a threshold, range after range |
//! | `present`, `truths` | lists: each class with truths that count, and how many in each range |
//!
//! What was evaluated stands in the metadata of `image_id`. What is read is checked: a state that was damaged, or is of
//! another evaluation, is refused.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, Float64Builder, Int64Builder, ListBuilder, StringBuilder, UInt32Builder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, UInt32Type};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_buffer::Buffer;
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema};

use super::kept::{Cell, Grid, Outcomes, Start};
use crate::dataset::store::read_arrow;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::eval::images::ImageId;

/// Images of one batch.
const IMAGES: usize = 8192;

/// The key of the metadata that says what was evaluated.
const OF: &str = "lensframe.evaluation";

/// The key of the metadata with the number of images.
const COUNT: &str = "lensframe.images";

/// The number of the layout.
const LAYOUT: &str = "2";

fn schema(of: &str, grid: Grid, images: usize) -> Schema {
    let list = |item| DataType::List(Arc::new(Field::new("item", item, true)));
    let metadata = HashMap::from([
        (OF.to_owned(), of.to_owned()),
        ("lensframe.layout".to_owned(), LAYOUT.to_owned()),
        (COUNT.to_owned(), images.to_string()),
        ("lensframe.thresholds".to_owned(), grid.thresholds.to_string()),
        ("lensframe.ranges".to_owned(), grid.ranges.to_string()),
    ]);
    let fields = vec![
        Field::new("image_id", DataType::Int64, true).with_metadata(metadata),
        Field::new("image_name", DataType::Utf8, true),
        Field::new("cell", list(DataType::UInt32), false),
        Field::new("score", list(DataType::Float64), false),
        Field::new("bits", DataType::Binary, false),
        Field::new("present", list(DataType::UInt32), false),
        Field::new("truths", list(DataType::UInt32), false),
    ];
    Schema::new(fields)
}

fn fault(e: ArrowError) -> Error {
    corrupt(&e.to_string()).caused_by(e)
}

fn corrupt(what: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("this is no state of an evaluation: {what}"))
        .at(Place::area("eval"))
        .remedy("take a state that was written whole, by this version")
}

impl Outcomes {
    /// The state as an Arrow IPC file; `of` says of what evaluation, and is asked for again on reading.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] for more than an array can hold.
    pub fn to_arrow(&self, of: &str) -> Result<Vec<u8>> {
        let schema = Arc::new(schema(of, self.grid, self.images.len()));
        let mut writer = FileWriter::try_new(Vec::new(), &schema).map_err(fault)?;
        // At least one batch, if without rows: its fields say of what it is.
        for start in (0..self.images.len().max(1)).step_by(IMAGES) {
            let images = start..self.images.len().min(start + IMAGES);
            let rows = RecordBatchOptions::new().with_row_count(Some(images.len()));
            let batch = RecordBatch::try_new_with_options(schema.clone(), self.columns(images), &rows)
                .map_err(fault)?;
            writer.write(&batch).map_err(fault)?;
        }
        writer.finish().map_err(fault)?;
        writer.into_inner().map_err(fault)
    }

    fn columns(&self, images: std::ops::Range<usize>) -> Vec<ArrayRef> {
        let (mut ids, mut names) = (Int64Builder::new(), StringBuilder::new());
        let numbers = || ListBuilder::new(UInt32Builder::new());
        let (mut cells, mut present, mut truths) = (numbers(), numbers(), numbers());
        let (mut scores, mut bits) = (ListBuilder::new(Float64Builder::new()), BinaryBuilder::new());
        let each = 2 * self.grid.bytes();
        for image in images {
            match self.images.get(image) {
                Some(ImageId::Int(id)) => (ids.append_value(*id), names.append_null()),
                Some(ImageId::Text(name)) => (ids.append_null(), names.append_value(name)),
                None => (ids.append_null(), names.append_null()),
            };
            let mut all = 0..0;
            for (number, (class, detections)) in self.found_of(image).enumerate() {
                cells.values().append_value(Cell::new(class as u32, detections.len() as u32).0);
                all = if number == 0 { detections } else { all.start..detections.end };
            }
            scores.values().append_slice(self.score.get(all.clone()).unwrap_or_default());
            bits.append_value(self.bits.get(all.start * each..all.end * each).unwrap_or_default());
            for (class, counts) in self.truths_of(image) {
                present.values().append_value(class as u32);
                truths.values().append_slice(counts);
            }
            for list in [&mut cells, &mut present, &mut truths] {
                list.append(true);
            }
            scores.append(true);
        }
        vec![
            Arc::new(ids.finish()),
            Arc::new(names.finish()),
            Arc::new(cells.finish()),
            Arc::new(scores.finish()),
            Arc::new(bits.finish()),
            Arc::new(present.finish()),
            Arc::new(truths.finish()),
        ]
    }

    /// A state from such a file.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] for the state of another evaluation; [`ErrorKind::Corrupt`] for what is none.
    pub fn from_arrow(bytes: &[u8], of: &str, grid: Grid, classes: usize) -> Result<Outcomes> {
        // By our own reader, which damage cannot make panic.
        let batches = read_arrow(Buffer::from(bytes)).map_err(|e| corrupt(&e.to_string()).caused_by(e))?;
        let first = batches.first().ok_or_else(|| corrupt("it has no batches"))?.schema();
        let said = first.fields().first().map(|field| field.metadata().clone()).unwrap_or_default();
        let count: Option<usize> = said.get(COUNT).and_then(|count| count.parse().ok());
        let count = count.ok_or_else(|| corrupt("it does not say of how many images it is"))?;
        let wanted = schema(of, grid, count);
        if said.get(OF).is_none_or(|other| other != of) {
            let other = said.get(OF).map_or("none", String::as_str);
            let what = format!("this state is of another evaluation: {other}, not {of}");
            return Err(Error::new(ErrorKind::Mismatch, what)
                .at(Place::area("eval"))
                .remedy("merge states of equal parameters and classes"));
        }
        if first.fields() != wanted.fields() {
            return Err(corrupt("its columns are others"));
        }
        let mut out = Outcomes::new(grid)?;
        batches.iter().try_for_each(|batch| out.take(batch, classes))?;
        if out.images.len() != count {
            return Err(corrupt(&format!("{} of its {count} images are there", out.images.len())));
        }
        Ok(out)
    }

    /// Appends the images of a batch.
    fn take(&mut self, batch: &RecordBatch, classes: usize) -> Result<()> {
        let column = |n: usize| batch.column(n);
        let (ids, names) = (column(0).as_primitive::<Int64Type>(), column(1).as_string::<i32>());
        let list = |n: usize, row: usize| column(n).as_list::<i32>().value(row);
        let numbers = |n: usize, row: usize| -> Result<Vec<u32>> {
            let values = list(n, row);
            match values.null_count() {
                0 => Ok(values.as_primitive::<UInt32Type>().values().to_vec()),
                _ => Err(corrupt("a number is absent")),
            }
        };
        let bits = column(4).as_binary::<i32>();
        for row in 0..batch.num_rows() {
            let id = match (ids.is_valid(row), names.is_valid(row)) {
                (true, false) => ImageId::Int(ids.value(row)),
                (false, true) => ImageId::from(names.value(row)),
                _ => return Err(corrupt("an image has no id, or two")),
            };
            let cells: Vec<Cell> = numbers(2, row)?.into_iter().map(Cell).collect();
            let (present, truths) = (numbers(5, row)?, numbers(6, row)?);
            let scores = list(3, row);
            let scores = scores.as_primitive::<Float64Type>();
            let sum: u64 = cells.iter().map(|cell| u64::from(cell.found())).sum();
            if cells.iter().any(|cell| cell.found() == 0)
                || sum != scores.len() as u64
                || scores.null_count() > 0
                || bits.value(row).len() != scores.len() * 2 * self.grid.bytes()
                || truths.len() != present.len() * self.grid.ranges
            {
                return Err(corrupt(&format!("the lists of image {id} do not fit together")));
            }
            let own = cells.iter().map(|cell| cell.class());
            if own.chain(present.iter().map(|class| *class as usize)).any(|class| class >= classes) {
                return Err(corrupt(&format!("image {id} has a class that is none")));
            }
            let (cell, first) = (self.cells.len() as u32, self.score.len() as u32);
            self.cells.extend(cells);
            self.images.push(id);
            self.starts.push(Start { cell, found: first, present: self.present.len() as u32 });
            self.score.extend_from_slice(scores.values());
            self.bits.extend_from_slice(bits.value(row));
            self.present.extend(present);
            self.counts.extend(truths);
        }
        Ok(())
    }
}
