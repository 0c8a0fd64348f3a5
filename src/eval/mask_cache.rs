//! The cache of masks: every mask of a set drawn once and stored as runs, so that no later evaluation draws it.
//!
//! What is declared (`segmentation`) stays as it is; the key `mask` beside it has what evaluators compute with:
//! canonical runs, the tight box, the number of pixels. [`columns`](super::columns) takes it where it is there.

use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, Float64Builder, Int32Builder};
use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, FixedSizeListArray, ListArray, RecordBatch, RecordBatchOptions, StructArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};

use super::columns::{self, Role};
use super::read::Wanted;
use crate::dataset::store::Edit;
use crate::dataset::{Access, Dataset, Rows};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::{Rle, Size};
use crate::job::{Job, Warning};
use crate::schema::axis::key_name;
use crate::schema::field;
use crate::schema::manifest::Operation;

/// Rows that are drawn at a time.
const WINDOW: usize = 1024;

/// What was cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cached {
    /// Masks that were drawn.
    pub masks: u64,
    /// Objects without a mask, or with one that cannot be drawn; evaluators go back to what is declared.
    pub without: u64,
    /// The new version.
    pub version: u64,
}

/// Adds the key `mask` to a set of a stored dataset, as a new version.
///
/// # Errors
/// [`ErrorKind::Key`] for a set without segmentations, [`ErrorKind::AlreadyExists`] if it is there; those of reading and
/// writing. Then nothing is changed.
pub fn cache_masks(path: &Path, set: &str, job: &Job) -> Result<Cached> {
    let mut edit = Edit::begin(path, job)?;
    let ds = edit.store().dataset();
    let (declared, name) = (key_name(set, "segmentation"), key_name(set, "mask"));
    ds.keys().find(&declared)?;
    if ds.keys().find(&name).is_ok() {
        return Err(Error::new(ErrorKind::AlreadyExists, "the masks are cached already").at(Place::area(
            "masks",
        )
        .file(path)
        .key(name)));
    }
    let ids = ds.select(["image_id"])?;
    let id = ids.keys().iter().find_map(|key| key.field().map(|field| Field::clone(field)));
    let id = id.ok_or_else(|| Error::new(ErrorKind::Key, "the dataset has no image_id"))?;
    let fields = vec![id, field::object_of(set, "mask", field::mask_type())];
    let schema: SchemaRef = Arc::new(Schema::new(fields.clone()));
    let (mut masks, mut without) = (0, 0);
    let stage = job.stage("drawing masks", Some(ds.len() as u64));
    let windows = (0..ds.len()).step_by(WINDOW).map(|start| {
        let end = ds.len().min(start + WINDOW);
        let drawn = drawn(&ds.slice(start..end)?, set, start, job)?;
        masks += drawn.masks;
        without += drawn.without;
        stage.advance((end - start) as u64)?;
        let ids = ids.read_rows(&Rows::all(ds.len()).slice(start..end)?, &Access::new(job))?.whole()?;
        let chunks = ids.columns.first().map(|column| column.chunks()).transpose()?.unwrap_or_default();
        let chunks: Vec<&dyn Array> = chunks.iter().map(AsRef::as_ref).collect();
        let ids = arrow_select::concat::concat(&chunks).map_err(unfit)?;
        let rows = RecordBatchOptions::new().with_row_count(Some(end - start));
        RecordBatch::try_new_with_options(schema.clone(), vec![ids, Arc::new(drawn.lists)], &rows)
            .map_err(unfit)
    });
    edit.add_group(&format!("keys/{name}"), fields, windows)?;
    let version = edit.commit(Operation::new("masks").with("set", set))?;
    Ok(Cached { masks, without, version })
}

fn unfit(e: arrow_schema::ArrowError) -> Error {
    Error::new(ErrorKind::Corrupt, format!("masks do not fit their fields: {e}")).caused_by(e)
}

/// The masks of some rows.
struct Drawn {
    lists: ListArray,
    masks: u64,
    without: u64,
}

fn drawn(rows: &Dataset, set: &str, first: usize, job: &Job) -> Result<Drawn> {
    // Which rows are annotated, and how many objects each has.
    let column = rows.column(key_name(set, "segmentation").as_str())?;
    let (mut lengths, mut valid) = (Vec::new(), Vec::new());
    for chunk in column.chunks()? {
        let list = chunk.as_list_opt::<i32>().ok_or_else(|| {
            Error::new(ErrorKind::Type, "segmentations are not lists").at(Place::area("masks"))
        })?;
        for row in 0..list.len() {
            valid.push(list.is_valid(row));
            lengths.push(if list.is_valid(row) { list.value_length(row) as usize } else { 0 });
        }
    }
    // Drawn as an evaluator would; the key that is asked for beside them does not matter.
    let wanted = Wanted { masks: true, ..Wanted::default() };
    let side = columns::side(rows, set, Role::Truth, &wanted, job)?;
    let objects: Vec<usize> = (0..side.records.masks.len()).collect();
    let runs = job.each(&objects, |object| {
        let decoded = side.records.masks.has(*object).then(|| side.records.masks.decode(*object));
        match decoded.transpose() {
            Ok(mask) => mask.map(|mask| Rle::try_new(mask.size, mask.runs.into_owned())).transpose(),
            Err(error) => {
                let place = Place::area("masks").row((first + row_of(&lengths, *object)) as u64);
                job.warn(Warning::new("masks.broken", place, error.to_string(), "not cached"))?;
                Ok(None)
            }
        }
    })?;
    let without = runs.iter().filter(|rle| rle.is_none()).count() as u64;
    let masks = runs.len() as u64 - without;
    let values = structs(&runs)?;
    let item = match field::object_of(set, "mask", field::mask_type()).data_type() {
        DataType::List(item) => Arc::clone(item),
        _ => return Err(Error::new(ErrorKind::Type, "masks are not lists")),
    };
    let lists =
        ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), values, Some(NullBuffer::from(valid)))
            .map_err(unfit)?;
    Ok(Drawn { lists, masks, without })
}

/// The row of an object, by how many objects each row has.
fn row_of(lengths: &[usize], object: usize) -> usize {
    let mut end = 0;
    lengths
        .iter()
        .position(|length| {
            end += length;
            object < end
        })
        .unwrap_or(0)
}

/// Size, runs as bytes, tight box and area of each mask; null where there is none.
fn structs(masks: &[Option<Rle>]) -> Result<ArrayRef> {
    let DataType::Struct(fields) = field::mask_type() else {
        return Err(Error::new(ErrorKind::Type, "masks are not records"));
    };
    let (mut sizes, mut boxes) = (Int32Builder::new(), Float64Builder::new());
    let (mut counts, mut areas) = (BinaryBuilder::new(), Float64Builder::new());
    let mut bytes = Vec::new();
    for mask in masks {
        bytes.clear();
        let size = mask.as_ref().map_or(Size::new(0, 0), Rle::size);
        for side in [size.height, size.width] {
            sizes.append_value(i32::try_from(side).unwrap_or(i32::MAX));
        }
        let bbox = mask.as_ref().map_or([0.0; 4], |mask| mask.bbox().to_array());
        boxes.append_slice(&bbox);
        areas.append_value(mask.as_ref().map_or(0.0, |mask| f64::from(mask.area())));
        if let Some(mask) = mask {
            bytes.extend(mask.counts().iter().flat_map(|run| run.to_le_bytes()));
        }
        counts.append_value(&bytes);
    }
    let item = |fields: &Fields, name: &str| {
        let found = fields.iter().find(|field| field.name() == name).map(|field| field.data_type().clone());
        match found {
            Some(DataType::FixedSizeList(item, _)) => Ok(item),
            _ => Err(Error::new(ErrorKind::Type, format!("{name} of a mask is no list"))),
        }
    };
    let sizes = FixedSizeListArray::try_new(item(&fields, "size")?, 2, Arc::new(sizes.finish()), None);
    let boxes = FixedSizeListArray::try_new(item(&fields, "bbox")?, 4, Arc::new(boxes.finish()), None);
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(sizes.map_err(unfit)?),
        Arc::new(counts.finish()),
        Arc::new(boxes.map_err(unfit)?),
        Arc::new(areas.finish()),
    ];
    let valid = NullBuffer::from(masks.iter().map(Option::is_some).collect::<Vec<_>>());
    Ok(Arc::new(StructArray::try_new(fields, arrays, Some(valid)).map_err(unfit)?))
}
