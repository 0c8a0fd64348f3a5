//! Small tables with every type of the data model, and ways to write them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, FixedSizeBinaryBuilder, FixedSizeListBuilder, Float64Builder,
    Int32Builder, Int64Builder, ListBuilder, StringBuilder, StructBuilder, UInt8Builder, UInt32Builder,
};
use arrow_array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field};
use lensframe::dataset::store::{GroupId, Operation, Storage, Store, Writer, WriterOptions};
use lensframe::dataset::{Access, Value};
use lensframe::job::Job;
use lensframe::random::Random;
use lensframe::schema::classes::ClassTable;
use lensframe::schema::field;

/// The fields of the heavy group.
pub(crate) fn image_fields() -> Vec<Field> {
    ["image_id", "img", "panoptic"].iter().map(|name| field::row(name).unwrap()).collect()
}

/// The fields of the light group: every row and object key of the data model.
pub(crate) fn object_fields() -> Vec<Field> {
    let rows = ["image_id", "file_name", "tags", "height", "width", "content_hash", "extra"];
    let objects = [
        "object_id",
        "bbox",
        "rbox",
        "label",
        "score",
        "area",
        "crowded",
        "segmentation",
        "mask",
        "point",
        "visible",
        "caption",
        "ordinal",
    ];
    let rows = rows.iter().map(|name| field::row(name).unwrap());
    rows.chain(objects.iter().map(|name| field::object("", name).unwrap())).collect()
}

/// The encoded image of a row: random bytes, some short, some longer than a page, some absent.
pub(crate) fn image_of(row: u64) -> Option<Vec<u8>> {
    let mut random = Random::keyed(&[77, row]);
    let len = match row % 7 {
        3 => return None,
        5 => 3,
        6 => 0,
        _ => 20 + random.below(9000) as usize,
    };
    Some((0..len).map(|_| random.next_u64() as u8).collect())
}

fn image_column(rows: std::ops::Range<u64>) -> ArrayRef {
    let DataType::Struct(fields) = field::image_type() else { panic!() };
    let mut images = StructBuilder::from_fields(fields, 0);
    for row in rows {
        match image_of(row) {
            Some(bytes) => images.field_builder::<BinaryBuilder>(0).unwrap().append_value(bytes),
            None => images.field_builder::<BinaryBuilder>(0).unwrap().append_null(),
        }
        images.field_builder::<StringBuilder>(1).unwrap().append_value(format!("images/{row:012}.jpg"));
        images.append(row % 11 != 10);
    }
    Arc::new(images.finish())
}

/// Rows of the heavy group.
pub(crate) fn images(rows: std::ops::Range<u64>) -> RecordBatch {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.clone().map(|r| 1000 + r as i64)));
    let all = vec![ids, image_column(rows.clone()), image_column(rows)];
    RecordBatch::try_from_iter(image_fields().iter().map(|f| f.name().clone()).zip(all)).unwrap()
}

/// How many objects a row has; `None` where it is not annotated.
pub(crate) fn objects_of(row: u64) -> Option<u64> {
    (row % 5 != 4).then(|| Random::keyed(&[5, row]).below(4))
}

/// Rows of the light group.
pub(crate) fn objects(rows: std::ops::Range<u64>) -> RecordBatch {
    let n = rows;
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(n.clone().map(|r| 1000 + r as i64)));
    let names: ArrayRef =
        Arc::new(StringArray::from_iter(n.clone().map(|r| (r % 9 != 8).then(|| format!("n{r}.jpg")))));
    let mut tags = ListBuilder::new(StringBuilder::new());
    let mut hashes = FixedSizeBinaryBuilder::new(16);
    for r in n.clone() {
        for t in 0..r % 3 {
            tags.values().append_value(format!("tag{t}"));
        }
        tags.append(r % 4 != 3);
        hashes.append_value([r as u8; 16]).unwrap();
    }
    let height: ArrayRef = Arc::new(Int32Array::from_iter_values(n.clone().map(|r| 400 + r as i32)));
    let width: ArrayRef =
        Arc::new(Int32Array::from_iter(n.clone().map(|r| (r % 6 != 5).then_some(600 + r as i32))));
    let extra: ArrayRef =
        Arc::new(StringArray::from_iter(n.clone().map(|r| (r % 2 == 0).then(|| format!("{{\"r\": {r}}}")))));
    let mut columns: Vec<ArrayRef> =
        vec![ids, names, Arc::new(tags.finish()), height, width, Arc::new(hashes.finish()), extra];
    columns.extend(object_columns(n));
    let batch = RecordBatch::try_from_iter_with_nullable(
        object_fields().iter().map(|f| f.name().clone()).zip(columns).map(|(n, c)| (n, c, true)),
    );
    batch.unwrap()
}

fn lists<B: arrow_array::builder::ArrayBuilder>(
    rows: std::ops::Range<u64>,
    values: B,
    mut one: impl FnMut(&mut B, u64, u64),
) -> ArrayRef {
    let mut list = ListBuilder::new(values);
    for row in rows {
        for object in 0..objects_of(row).unwrap_or(0) {
            one(list.values(), row, object);
        }
        list.append(objects_of(row).is_some());
    }
    Arc::new(list.finish())
}

fn floats<const N: usize>(builder: &mut FixedSizeListBuilder<Float64Builder>, values: [f64; N]) {
    for value in values {
        builder.values().append_value(value);
    }
    builder.append(true);
}

fn object_columns(n: std::ops::Range<u64>) -> Vec<ArrayRef> {
    let quad = |k: u64, o: u64| [k as f64 / 3.0, o as f64 + 0.1, 7.5, 1e-3];
    let struct_of = |ty: DataType| match ty {
        DataType::Struct(fields) => StructBuilder::from_fields(fields, 0),
        other => panic!("{other}"),
    };
    let size = |builder: &mut StructBuilder, at: usize| {
        let size = builder
            .field_builder::<FixedSizeListBuilder<Box<dyn arrow_array::builder::ArrayBuilder>>>(at)
            .unwrap();
        let values = size.values().as_any_mut().downcast_mut::<Int32Builder>().unwrap();
        values.append_value(480);
        values.append_value(640);
        size.append(true);
    };
    type Boxed = Box<dyn arrow_array::builder::ArrayBuilder>;
    vec![
        lists(n.clone(), Int64Builder::new(), |b, k, o| b.append_value((k * 10 + o) as i64)),
        lists(n.clone(), FixedSizeListBuilder::new(Float64Builder::new(), 4), |b, k, o| {
            floats(b, quad(k, o))
        }),
        lists(n.clone(), FixedSizeListBuilder::new(Float64Builder::new(), 5), |b, k, o| {
            floats(b, [1.0, 2.0, k as f64, o as f64, 0.5])
        }),
        lists(n.clone(), Int64Builder::new(), |b, k, o| b.append_value(((k + o) % 3) as i64)),
        lists(n.clone(), Float64Builder::new(), |b, k, o| b.append_value(1.0 / (k + o + 1) as f64)),
        lists(n.clone(), Float64Builder::new(), |b, k, o| b.append_option((o != 1).then_some(k as f64))),
        lists(n.clone(), BooleanBuilder::new(), |b, k, o| {
            b.append_option((o != 2).then_some((k + o) % 2 == 0))
        }),
        lists(n.clone(), struct_of(field::segmentation_type()), |b, k, o| {
            size(b, 0);
            let polygons = b.field_builder::<ListBuilder<Boxed>>(1).unwrap();
            let ring = polygons.values().as_any_mut().downcast_mut::<ListBuilder<Boxed>>().unwrap();
            if o % 2 == 0 {
                for x in 0..6 {
                    ring.values()
                        .as_any_mut()
                        .downcast_mut::<Float64Builder>()
                        .unwrap()
                        .append_value(x as f64 + k as f64);
                }
                ring.append(true);
            }
            polygons.append(o % 2 == 0);
            let counts = b.field_builder::<ListBuilder<Boxed>>(2).unwrap();
            counts.values().as_any_mut().downcast_mut::<UInt32Builder>().unwrap().append_value(k as u32);
            counts.append(o % 2 == 1);
            b.field_builder::<StringBuilder>(3).unwrap().append_option((o == 3).then_some("PPYo1"));
            b.append(true);
        }),
        lists(n.clone(), struct_of(field::mask_type()), |b, k, _| {
            size(b, 0);
            b.field_builder::<BinaryBuilder>(1).unwrap().append_value(vec![k as u8; 5]);
            let bbox = b.field_builder::<FixedSizeListBuilder<Boxed>>(2).unwrap();
            for v in 0..4 {
                bbox.values().as_any_mut().downcast_mut::<Float64Builder>().unwrap().append_value(v as f64);
            }
            bbox.append(true);
            b.field_builder::<Float64Builder>(3).unwrap().append_value(k as f64);
            b.append(k % 3 != 2);
        }),
        lists(n.clone(), ListBuilder::new(FixedSizeListBuilder::new(Float64Builder::new(), 2)), |b, k, o| {
            for p in 0..o + 1 {
                floats(b.values(), [p as f64, k as f64]);
            }
            b.append(true);
        }),
        lists(n.clone(), ListBuilder::new(UInt8Builder::new()), |b, _, o| {
            for p in 0..o + 1 {
                b.values().append_value((p % 3) as u8);
            }
            b.append(true);
        }),
        lists(n.clone(), StringBuilder::new(), |b, k, o| {
            b.append_value(format!("a cat, {k} and {o}: Käse 猫"))
        }),
        lists(n, Int64Builder::new(), |b, k, o| b.append_value((k + o) as i64)),
    ]
}

/// Options that cut everything small.
pub(crate) fn small(storage: Storage) -> WriterOptions {
    WriterOptions { storage, shard_bytes: 100_000, batch_bytes: 20_000, ..WriterOptions::default() }
}

/// Declares both groups and three classes.
pub(crate) fn declare(writer: &mut Writer) -> (GroupId, GroupId) {
    writer.set_classes("", ClassTable::from_names(["cat", "dog", "cow"]));
    let images = writer.group("images", image_fields()).unwrap();
    (images, writer.group("objects", object_fields()).unwrap())
}

/// Writes rows in uneven batches, a new fragment every `each` rows.
pub(crate) fn fill(writer: &mut Writer, rows: std::ops::Range<u64>, each: u64) {
    let (heavy, light) = declare(writer);
    let mut at = rows.start;
    while at < rows.end {
        let end = (at + each).min(rows.end);
        for (group, make, step) in
            [(heavy, images as fn(std::ops::Range<u64>) -> RecordBatch, 3), (light, objects as _, 5)]
        {
            let mut from = at;
            while from < end {
                writer.write(group, &make(from..(from + step).min(end))).unwrap();
                from += step;
            }
        }
        writer.end_fragment().unwrap();
        at = end;
    }
}

/// A dataset of `rows` rows in fragments of `each`, in a folder that lives as long as the guard.
pub(crate) fn dataset(storage: Storage, rows: u64, each: u64) -> (tempfile::TempDir, PathBuf) {
    let guard = tempfile::tempdir().unwrap();
    let path = guard.path().join("sample.lf");
    let mut writer = Writer::create(&path, small(storage), &Job::new()).unwrap();
    fill(&mut writer, 0..rows, each);
    writer.commit(Operation::new("sample")).unwrap();
    (guard, path)
}

/// The value that a key of a row was written with.
pub(crate) fn written(key: &str, row: u64) -> Value {
    let one = row..row + 1;
    let (fields, batch) = match key {
        "img" | "panoptic" => (image_fields(), images(one)),
        _ => (object_fields(), objects(one)),
    };
    let column = fields.iter().position(|f| f.name() == key).unwrap();
    Value::of(batch.column(column).as_ref(), 0)
}

/// Checks that the dataset's rows are, in order, those written as `rows`.
pub(crate) fn assert_rows(path: &Path, rows: &[u64]) {
    let dataset = Store::open(path).unwrap().dataset();
    assert_eq!(dataset.len(), rows.len());
    let batch = dataset.read_all(&Access::default()).unwrap().whole().unwrap();
    for (key, column) in dataset.keys().iter().zip(&batch.columns) {
        let name = key.name().unwrap();
        for (position, value) in column.values().into_iter().enumerate() {
            assert_eq!(value, written(name, rows[position]), "key {name} of row {position}");
        }
    }
}
