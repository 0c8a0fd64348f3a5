//! Views made of JSON rows, so that a test shows what it exports.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, FixedSizeListArray, Float32Array, Float64Array, Int32Array,
    Int64Array, ListArray, StringArray, StructArray, UInt8Array, UInt32Array, UInt64Array,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field};
use lensframe::dataset::store::{Operation, Store, Writer, WriterOptions};
use lensframe::dataset::{Column, Dataset, Key, Table};
use lensframe::job::Job;
use lensframe::schema::classes::ClassTable;
use lensframe::schema::field;
use serde_json::Value as Json;

/// An array of these values. Absent members and JSON's null are null.
fn array(values: &[Option<Json>], ty: &DataType) -> ArrayRef {
    macro_rules! plain {
        ($array:ident, $get:expr) => {
            Arc::new($array::from(values.iter().map(|v| $get(v.as_ref()?)).collect::<Vec<_>>()))
        };
    }
    let valid: Vec<bool> = values.iter().map(|v| v.as_ref().is_some_and(|v| !v.is_null())).collect();
    let nulls = Some(NullBuffer::from(valid));
    let items = |v: &Option<Json>| v.as_ref().and_then(Json::as_array).cloned().unwrap_or_default();
    match ty {
        DataType::Int64 => plain!(Int64Array, Json::as_i64),
        DataType::UInt64 => plain!(UInt64Array, Json::as_u64),
        DataType::Int32 => plain!(Int32Array, |v: &Json| v.as_i64().map(|n| i32::try_from(n).unwrap())),
        DataType::UInt8 => plain!(UInt8Array, |v: &Json| v.as_i64().map(|n| u8::try_from(n).unwrap())),
        DataType::UInt32 => plain!(UInt32Array, |v: &Json| v.as_i64().map(|n| u32::try_from(n).unwrap())),
        // "nan" stands for what JSON cannot say.
        DataType::Float64 => {
            plain!(Float64Array, |v: &Json| v.as_f64().or_else(|| (v == "nan").then_some(f64::NAN)))
        }
        DataType::Float32 => plain!(Float32Array, |v: &Json| v.as_f64().map(|x| x as f32)),
        DataType::Boolean => plain!(BooleanArray, Json::as_bool),
        DataType::Utf8 => plain!(StringArray, |v: &Json| v.as_str().map(str::to_owned)),
        DataType::Binary => {
            let bytes = values.iter().map(|v| v.as_ref()?.as_str().map(str::as_bytes));
            Arc::new(bytes.collect::<BinaryArray>())
        }
        DataType::List(item) => {
            let lists: Vec<Vec<Json>> = values.iter().map(items).collect();
            let child: Vec<Option<Json>> = lists.iter().flatten().cloned().map(Some).collect();
            let offsets = OffsetBuffer::from_lengths(lists.iter().map(Vec::len));
            Arc::new(ListArray::new(item.clone(), offsets, array(&child, item.data_type()), nulls))
        }
        DataType::FixedSizeList(item, n) => {
            let fill = |v: &Option<Json>| {
                let mut items: Vec<Option<Json>> = items(v).into_iter().map(Some).collect();
                items.resize(usize::try_from(*n).unwrap(), None);
                items
            };
            let child: Vec<Option<Json>> = values.iter().flat_map(fill).collect();
            Arc::new(FixedSizeListArray::new(item.clone(), *n, array(&child, item.data_type()), nulls))
        }
        DataType::Struct(fields) => {
            let member = |f: &Arc<Field>| {
                let of = |v: &Option<Json>| v.as_ref().and_then(|v| v.get(f.name())).cloned();
                array(&values.iter().map(of).collect::<Vec<_>>(), f.data_type())
            };
            let columns = fields.iter().map(member).collect();
            Arc::new(StructArray::new(fields.clone(), columns, nulls))
        }
        other => panic!("{other}"),
    }
}

/// The field of a key: of the data model by its name, or as `name: TYPE` for the types below.
pub(super) fn key(name: &str) -> Field {
    let part = || {
        let bbox = field::object_type("bbox").unwrap();
        field::list(field::record(&[("name", DataType::Utf8), ("bbox", bbox)]))
    };
    match name.split_once(": ") {
        None => field::row(name).or_else(|| field::object("", name)).unwrap_or_else(|| panic!("{name}")),
        Some((name, "row text")) => field::row_of(name, DataType::Utf8),
        Some((name, "row int")) => field::row_of(name, DataType::Int64),
        Some((name, "row labels")) => field::row_of(name, field::list(DataType::Int64)),
        Some((name, "row u64")) => field::row_of(name, DataType::UInt64),
        Some((name, "text")) => field::object_of("", name, DataType::Utf8),
        Some((name, "flag")) => field::object_of("", name, DataType::Boolean),
        Some((name, "single")) => field::object_of("", name, DataType::Float32),
        Some((name, "bytes")) => field::object_of("", name, DataType::Binary),
        Some((name, "parts")) => field::object_of("", name, part()),
        Some((_, other)) => panic!("{other}"),
    }
}

/// A view of these keys and rows, in chunks of two rows.
pub(super) fn view(keys: &[&str], rows: &Json, classes: Option<&[&str]>) -> Dataset {
    let rows = rows.as_array().unwrap();
    let column = |name: &&str| {
        let field = key(name);
        let chunks = rows.chunks(2).map(|rows| {
            let values: Vec<Option<Json>> = rows.iter().map(|row| row.get(field.name()).cloned()).collect();
            array(&values, field.data_type())
        });
        (Key::arrow(field.clone()), Column::Arrow(chunks.collect()))
    };
    let table = Table::new(keys.iter().map(column).collect::<Vec<_>>()).unwrap();
    Dataset::new(match classes {
        Some(names) => table.with_classes("", ClassTable::from_names(names.iter().copied())),
        None => table,
    })
}

/// A stored dataset that COCO never saw, for exports that need one beside the view.
pub(super) fn store(folder: &std::path::Path) -> Store {
    let path = folder.join("elsewhere.lf");
    let mut writer = Writer::create(&path, WriterOptions::default(), &Job::new()).unwrap();
    writer.group("objects", vec![field::row("image_id").unwrap()]).unwrap();
    writer.commit(Operation::new("made")).unwrap();
    Store::open(&path).unwrap()
}
