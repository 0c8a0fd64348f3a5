//! Questions: conditions, objects, SQL, and what is refused.

#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "cli")]
mod evaluated;
mod joins;
mod predicates;
mod refusals;
mod sql;
mod stored;
mod views;

use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, FixedSizeListBuilder, Float64Builder, Int64Builder, ListBuilder, StringBuilder,
};
use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{Field, Schema};
use lensframe::dataset::{Dataset, Table};
use lensframe::schema::axis::Axis;
use lensframe::schema::classes::{Class, ClassTable, SourceId};

/// An object of the datasets here.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Thing {
    pub(crate) label: Option<i64>,
    pub(crate) bbox: Option<[f64; 4]>,
    pub(crate) area: Option<f64>,
    pub(crate) crowded: Option<bool>,
    pub(crate) note: Option<&'static str>,
}

/// An image of the datasets here; without a list it is not annotated.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Image {
    pub(crate) id: i64,
    pub(crate) width: Option<i32>,
    pub(crate) quality: Option<f64>,
    pub(crate) split: Option<&'static str>,
    pub(crate) night: Option<bool>,
    pub(crate) things: Option<Vec<Thing>>,
}

/// Classes with ids of their own, two of one group.
pub(crate) fn classes() -> ClassTable {
    let class = |name: &str, id: i64, group: &str| Class {
        source_id: Some(SourceId::Int(id)),
        supercategory: Some(group.to_owned()),
        ..Class::named(name)
    };
    ClassTable::new(vec![
        class("person", 1, "human"),
        class("cat", 17, "animal"),
        class("traffic light", 10, "outdoor"),
    ])
}

/// These images as a dataset in memory, so many a batch.
pub(crate) fn dataset(images: &[Image], batch: usize) -> Dataset {
    let batches: Vec<RecordBatch> = images.chunks(batch.max(1)).map(table).collect();
    let batches = if batches.is_empty() { vec![table(&[])] } else { batches };
    Dataset::new(Table::from_batches(&batches).unwrap().with_classes("", classes()))
}

fn table(images: &[Image]) -> RecordBatch {
    let (mut labels, mut areas) =
        (ListBuilder::new(Int64Builder::new()), ListBuilder::new(Float64Builder::new()));
    let (mut crowded, mut notes) =
        (ListBuilder::new(BooleanBuilder::new()), ListBuilder::new(StringBuilder::new()));
    let mut boxes = ListBuilder::new(FixedSizeListBuilder::new(Float64Builder::new(), 4));
    for image in images {
        for thing in image.things.iter().flatten() {
            labels.values().append_option(thing.label);
            areas.values().append_option(thing.area);
            crowded.values().append_option(thing.crowded);
            notes.values().append_option(thing.note);
            thing
                .bbox
                .unwrap_or_default()
                .iter()
                .for_each(|side| boxes.values().values().append_value(*side));
            boxes.values().append(thing.bbox.is_some());
        }
        let there = image.things.is_some();
        labels.append(there);
        areas.append(there);
        crowded.append(there);
        notes.append(there);
        boxes.append(there);
    }
    let columns: Vec<(&str, bool, ArrayRef)> = vec![
        ("image_id", false, Arc::new(images.iter().map(|i| Some(i.id)).collect::<Int64Array>())),
        ("width", false, Arc::new(images.iter().map(|i| i.width).collect::<Int32Array>())),
        ("height", false, Arc::new(images.iter().map(|_| Some(100)).collect::<Int32Array>())),
        ("quality", false, Arc::new(images.iter().map(|i| i.quality).collect::<Float64Array>())),
        ("split", false, Arc::new(images.iter().map(|i| i.split).collect::<StringArray>())),
        ("night", false, Arc::new(images.iter().map(|i| i.night).collect::<BooleanArray>())),
        ("attr.odd name's", false, Arc::new(images.iter().map(|i| Some(i.id * 2)).collect::<Int64Array>())),
        ("label", true, Arc::new(labels.finish())),
        ("area", true, Arc::new(areas.finish())),
        ("crowded", true, Arc::new(crowded.finish())),
        ("attr.note", true, Arc::new(notes.finish())),
        ("bbox", true, Arc::new(boxes.finish())),
    ];
    let field = |(name, objects, array): &(&str, bool, ArrayRef)| {
        let axis = if *objects { Axis::objects() } else { Axis::Row };
        axis.mark(Field::new(*name, array.data_type().clone(), true))
    };
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    RecordBatch::try_new_with_options(
        Arc::new(schema),
        columns.into_iter().map(|(_, _, array)| array).collect(),
        &arrow_array::RecordBatchOptions::new().with_row_count(Some(images.len())),
    )
    .unwrap()
}

/// The ids of a view's images.
pub(crate) fn ids(ds: &Dataset) -> Vec<i64> {
    ds.column("image_id").unwrap().values().iter().filter_map(lensframe::dataset::Value::as_int).collect()
}

/// Four images: two people and a crowd, a cat, nothing, not annotated.
pub(crate) fn four() -> Vec<Image> {
    let thing = |label, bbox: [f64; 4], crowded| Thing {
        label: Some(label),
        bbox: Some(bbox),
        area: Some(bbox[2] * bbox[3]),
        crowded: Some(crowded),
        note: Some(if crowded { "many" } else { "one" }),
    };
    let image = |id, width, split, things| Image {
        id,
        width: Some(width),
        quality: Some(id as f64 / 4.0),
        split: Some(split),
        night: Some(id % 2 == 0),
        things,
    };
    vec![
        image(
            7,
            640,
            "train",
            Some(vec![
                thing(0, [10.0, 10.0, 20.0, 40.0], false),
                thing(0, [0.0, 5.0, 5.0, 5.0], false),
                thing(0, [300.0, 20.0, 340.0, 80.0], true),
            ]),
        ),
        image(8, 480, "val", Some(vec![thing(1, [100.0, 10.0, 50.0, 50.0], false)])),
        image(9, 1024, "val", Some(vec![])),
        image(10, 320, "train", None),
    ]
}
