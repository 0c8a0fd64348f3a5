//! The leaves of drawn sources: a table with two object sets of different lengths, getters, bare columns;
//! each with its plain twin, made beside it and not read from it.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, BinaryArray, FixedSizeListArray, Float64Array, Int64Array, ListArray};
use arrow_array::{StringArray, StructArray};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field};
use lensframe::dataset::{Column, Dataset, Getters, Key, Part, Table, Value};
use lensframe::error::{Error, ErrorKind};
use lensframe::schema::classes::ClassTable;
use lensframe::schema::field;

use super::plan::Built;
use super::probe::{Probe, Touch, Watch};
use super::{Cell, Failed};

fn truth() -> ClassTable {
    ClassTable::from_names(["cat", "dog", "cow"])
}

fn other() -> ClassTable {
    ClassTable::from_names(["person", "car"])
}

/// One row of the table, as plain vectors.
struct Row {
    id: i64,
    name: Option<String>,
    img: Vec<u8>,
    /// Absent where nobody annotated.
    objects: Option<Vec<([f64; 4], Option<i64>)>>,
    others: Vec<(i64, f64)>,
}

fn row(row: u64, salt: u64) -> Row {
    let (at, n) = (row as f64, row + salt);
    let object = |j: u64| ([at, j as f64, 2.0, 3.0], (j != 1).then_some(((n + j) % 3) as i64));
    Row {
        id: (salt * 100 + row) as i64,
        name: (n % 4 != 3).then(|| format!("{n}.jpg")),
        img: vec![n as u8; 5 + n as usize % 20],
        objects: (n % 5 != 4).then(|| (0..n % 3).map(object).collect()),
        others: (0..(n + 1) % 4).map(|j| ((j % 2) as i64, at / 4.0)).collect(),
    }
}

fn boxes(values: &[[f64; 4]]) -> FixedSizeListArray {
    let rows = values.iter().map(|b| Some(b.map(Some)));
    FixedSizeListArray::from_iter_primitive::<Float64Type, _, _>(rows, 4)
}

fn columns(rows: &[Row]) -> Vec<ArrayRef> {
    let ints = |lists: Vec<Option<Vec<Option<i64>>>>| -> ArrayRef {
        Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(lists))
    };
    let bytes = BinaryArray::from_iter_values(rows.iter().map(|r| &r.img));
    let paths = StringArray::from(vec![None::<&str>; rows.len()]);
    let DataType::Struct(members) = field::image_type() else { unreachable!() };
    let flat: Vec<[f64; 4]> = rows.iter().flat_map(|r| &r.objects).flatten().map(|(b, _)| *b).collect();
    let DataType::List(item) = field::object("", "bbox").unwrap().data_type().clone() else { unreachable!() };
    let lengths = rows.iter().map(|r| r.objects.as_ref().map_or(0, Vec::len));
    let annotated: NullBuffer = rows.iter().map(|r| r.objects.is_some()).collect();
    let labels = rows.iter().map(|r| Some(r.objects.as_ref()?.iter().map(|(_, l)| *l).collect()));
    let scores = rows.iter().map(|r| Some(r.others.iter().map(|(_, s)| Some(*s)).collect::<Vec<_>>()));
    vec![
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|r| r.id))),
        Arc::new(rows.iter().map(|r| r.name.clone()).collect::<StringArray>()),
        Arc::new(StructArray::new(members, vec![Arc::new(bytes), Arc::new(paths)], None)),
        Arc::new(ListArray::new(
            item,
            OffsetBuffer::from_lengths(lengths),
            Arc::new(boxes(&flat)),
            Some(annotated),
        )),
        ints(labels.collect()),
        ints(rows.iter().map(|r| Some(r.others.iter().map(|(l, _)| Some(*l)).collect())).collect()),
        Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>(scores)),
    ]
}

fn twin(row: &Row) -> Vec<Value> {
    let array = |array: &dyn Fn() -> ArrayRef| Value::Array(array());
    let list = |array: Option<ArrayRef>| array.map_or(Value::Null, Value::Array);
    let objects = row.objects.as_ref();
    let image = [("bytes", Value::Bytes(Buffer::from_vec(row.img.clone()))), ("path", Value::Null)];
    vec![
        Value::Int(row.id),
        row.name.as_deref().map_or(Value::Null, Value::from),
        Value::Record(image.map(|(name, value)| (name.to_owned(), value)).into()),
        list(objects.map(|o| Arc::new(boxes(&o.iter().map(|(b, _)| *b).collect::<Vec<_>>())) as ArrayRef)),
        list(objects.map(|o| Arc::new(o.iter().map(|(_, l)| *l).collect::<Int64Array>()) as ArrayRef)),
        array(&|| Arc::new(row.others.iter().map(|(l, _)| *l).collect::<Int64Array>())),
        array(&|| Arc::new(row.others.iter().map(|(_, s)| *s).collect::<Float64Array>())),
    ]
}

/// A watched table of `len` rows in chunks of `chunk`; if `bad`, every sixth image fails.
pub(super) fn table(len: usize, chunk: usize, bad: bool, salt: u64, watch: &Watch) -> Built {
    let rows: Vec<Row> = (0..len as u64).map(|at| row(at, salt)).collect();
    let fields: Vec<Field> = vec![
        field::image_id(field::IdType::Int),
        field::row("file_name").unwrap(),
        field::row("img").unwrap(),
        field::object("", "bbox").unwrap(),
        field::object("", "label").unwrap(),
        field::object("r50", "label").unwrap(),
        field::object("r50", "score").unwrap(),
    ];
    let keys = fields.len();
    let mut chunks: Vec<Vec<ArrayRef>> = vec![Vec::new(); keys];
    for part in rows.chunks(chunk.max(1)) {
        for (held, made) in chunks.iter_mut().zip(columns(part)) {
            held.push(made);
        }
    }
    let columns = fields.into_iter().map(Key::arrow).zip(chunks.into_iter().map(Column::Arrow));
    let table = Table::new(columns).unwrap().with_classes("", truth()).with_classes("r50", other());
    let fails: BTreeSet<(u64, usize)> =
        (0..len as u64).filter(|row| bad && (row + salt) % 6 == 2).map(|row| (row, 2)).collect();
    let probe = Probe::new(table, fails.clone(), watch);
    let leaf = probe.leaf();
    let cell = |row: usize, key: usize, value: Value| -> Cell {
        if fails.contains(&(row as u64, key)) { Err(Failed) } else { Ok(value) }
    };
    Built {
        dataset: Dataset::new(probe),
        twin: rows
            .iter()
            .enumerate()
            .map(|(at, row)| twin(row).into_iter().enumerate().map(|(key, v)| cell(at, key, v)).collect())
            .collect(),
        origins: (0..len as u64)
            .map(|row| (0..keys).map(|key| BTreeSet::from([Touch { leaf, row, key }])).collect())
            .collect(),
        shared: vec![true; keys],
        random: vec![false; keys],
        depth: 0,
    }
}

/// Watched getters of `len` rows: one for `img`, one for `bbox` and `label`, of which the label declares an
/// Arrow field; if `bad`, the second fails every fifth row.
pub(super) fn getters(len: usize, bad: bool, salt: u64, watch: &Watch) -> Built {
    let leaf = watch.leaf(false);
    let fails = move |row: u64| bad && (row + salt) % 5 == 1;
    let image = move |row: u64| Value::from(format!("{row} of {salt}").as_str());
    let bbox = move |row: u64| Value::from(vec![Value::from(row), Value::from(0.5)]);
    let (first, second) = (watch.clone(), watch.clone());
    let getters = Getters::new(len)
        .add(["img"], move |row, _| {
            first.touch(Touch { leaf, row, key: 0 });
            Ok(vec![image(row)])
        })
        .unwrap()
        .add([Key::from("bbox"), Key::from(field::object("", "label").unwrap())], move |row, _| {
            second.touch(Touch { leaf, row, key: 1 });
            if fails(row) {
                return Err(Error::new(ErrorKind::Io, "no such annotation"));
            }
            Ok(vec![bbox(row), Value::from(vec![Value::from(row % 3)])])
        })
        .unwrap();
    let cells = |row: u64| -> Vec<Cell> {
        let label: ArrayRef = Arc::new(Int64Array::from(vec![(row % 3) as i64]));
        let late = |value: Value| if fails(row) { Err(Failed) } else { Ok(value) };
        vec![Ok(image(row)), late(bbox(row)), late(Value::Array(label))]
    };
    let origins = |row: u64| [0, 1, 1].map(|key| BTreeSet::from([Touch { leaf, row, key }])).to_vec();
    Built {
        dataset: Dataset::new(getters.with_classes("", truth())),
        twin: (0..len as u64).map(cells).collect(),
        origins: (0..len as u64).map(origins).collect(),
        shared: vec![false; 3],
        random: vec![false; 3],
        depth: 0,
    }
}

/// Bare columns of `len` rows: one of values with a name, one without, one an Arrow array without.
pub(super) fn arrays(len: usize, salt: u64) -> Built {
    let ints: Vec<i64> = (0..len as i64).map(|at| at * at + salt as i64).collect();
    let texts: Vec<Value> = ints.iter().map(|n| Value::from(format!("n{n}").as_str())).collect();
    let floats: Vec<f64> = ints.iter().map(|n| *n as f64 / 8.0).collect();
    let array: ArrayRef = Arc::new(Float64Array::from(floats.clone()));
    assert_eq!(array.len(), len);
    let parts = [Part::from(("feat0", texts.clone())), Part::from(ints.clone()), Part::from(array)];
    let cells =
        |at: usize| vec![Ok(texts[at].clone()), Ok(Value::Int(ints[at])), Ok(Value::Float(floats[at]))];
    Built {
        dataset: Dataset::zip(parts).unwrap(),
        twin: (0..len).map(cells).collect(),
        origins: vec![vec![BTreeSet::new(); 3]; len],
        shared: vec![false, false, true],
        random: vec![false; 3],
        depth: 0,
    }
}
