//! Concat, zip and repeat: what they refuse, and where failures end up.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array};
use arrow_schema::{DataType, Field};
use lensframe::dataset::{
    Access, Batch, Column, Dataset, Getters, Key, KeyIndex, Keys, Kind, Part, Rows, Source, Table, Value,
};
use lensframe::error::{Error, ErrorKind, Result};
use lensframe::schema::field;
use std::sync::Mutex;

use super::{bare, error, kind, names, tuples};

/// `len` rows of `x` = row + offset, of which every third fails.
fn flaky(len: usize, offset: i64) -> Dataset {
    let getter = move |row: u64, _: &Access<'_>| match row % 3 {
        2 => Err(Error::new(ErrorKind::Io, format!("row {row} of {offset}"))),
        _ => Ok(vec![Value::Int(row as i64 + offset)]),
    };
    Dataset::new(Getters::new(len).add(["x"], getter).unwrap())
}

/// Where rows failed in a read of everything, and their values' positions that are null.
fn failures(ds: &Dataset) -> (Vec<usize>, Vec<usize>) {
    let batch = ds.read_all(&Access::default()).unwrap();
    let nulls = batch.columns[0].values();
    let nulls = nulls.iter().enumerate().filter(|(_, v)| v.is_null()).map(|(at, _)| at).collect();
    (batch.failed.into_iter().map(|(at, _)| at).collect(), nulls)
}

#[test]
fn failures_end_up_at_the_right_positions() {
    let (a, b) = (flaky(4, 0), flaky(5, 100));
    let joined = Dataset::concat([&a, &b]).unwrap();
    assert_eq!(failures(&joined), (vec![2, 6], vec![2, 6]));
    let scattered = joined.take(&[6, 0, 8, 2, 2]).unwrap();
    assert_eq!(failures(&scattered), (vec![0, 3, 4], vec![0, 3, 4]));
    assert_eq!(failures(&a.repeat(3).unwrap()), (vec![2, 6, 10], vec![2, 6, 10]));
    let zipped = Dataset::zip([Part::from((0..5).collect::<Vec<i64>>()), Part::from(&b)]).unwrap();
    assert_eq!(failures(&zipped), (vec![2], vec![2]));
    assert_eq!(failures(&zipped.select(0).unwrap()), (vec![], vec![]), "the failing key was not asked for");
    let mapped = joined.map("y", |values, _| Ok(values.to_vec())).unwrap();
    assert_eq!(failures(&mapped), (vec![2, 6], vec![2, 6]));
    let e = error(scattered.get(0));
    assert_eq!(e.to_string(), "getter: row 2 key 'x': row 2 of 100");
}

#[test]
fn a_concat_of_nothing_is_refused() {
    let e = error(Dataset::concat(Vec::<Dataset>::new()));
    assert_eq!(e.to_string(), "concat: nothing to concatenate");
    assert_eq!(e.kind(), ErrorKind::Usage);
}

#[test]
fn a_concat_of_unlike_keys_is_refused_with_the_difference() {
    let two = |a: &str, b: &str| Dataset::zip([(a, [1]), (b, [2])]).unwrap();
    let mismatch = |a: &Dataset, b: &Dataset| {
        let e = error(Dataset::concat([a, b]));
        assert_eq!(e.kind(), ErrorKind::Mismatch);
        e.what().to_owned()
    };
    let first = two("img", "label");
    assert_eq!(mismatch(&first, &two("img", "bbox")), "key 1 is 'label' in part 0 and 'bbox' in part 1");
    assert_eq!(mismatch(&first, &two("label", "img")), "key 0 is 'img' in part 0 and 'label' in part 1");
    let less = first.select(["img"]).unwrap();
    assert_eq!(mismatch(&first, &less), "part 0 has 2 keys, part 1 has 1");
    assert_eq!(
        mismatch(&less, &first.select("img").unwrap()),
        "one of part 0 and part 1 has bare values, the other tuples"
    );
    let ints: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
    let arrow = |array: &ArrayRef| Dataset::zip([("x", Arc::clone(array))]).unwrap();
    assert_eq!(
        mismatch(&arrow(&ints), &arrow(&floats)),
        "Int64 along row in part 0 and Float64 along row in part 1"
    );
    let values = Dataset::zip([("x", [1])]).unwrap();
    assert_eq!(mismatch(&values, &arrow(&ints)), "values in part 0 and Int64 along row in part 1");
}

#[test]
fn a_concat_of_unlike_axes_is_refused() {
    let of = |field: Field| {
        let list = field::list(DataType::Int64);
        let empty = arrow_array::new_empty_array(&list);
        Dataset::new(Table::new([(Key::arrow(field), Column::Arrow(vec![empty]))]).unwrap())
    };
    let object = of(field::object_of("", "ids", DataType::Int64));
    let row = of(field::row_of("ids", field::list(DataType::Int64)));
    assert_eq!(kind(Dataset::concat([&object, &row])), ErrorKind::Mismatch);
    Dataset::concat([&row, &of(Field::new("ids", field::list(DataType::Int64), true))]).unwrap();
}

#[test]
fn a_key_that_may_be_null_in_one_part_may_be_null_in_the_whole() {
    let part = |nullable| {
        let array: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let key = Key::arrow(Field::new("x", DataType::Int64, nullable));
        Dataset::new(Table::new([(key, Column::Arrow(vec![array]))]).unwrap())
    };
    let nullable = |parts: [bool; 2]| {
        let joined = Dataset::concat(parts.map(part)).unwrap();
        let Kind::Arrow(field) = joined.keys().get(KeyIndex(0)).unwrap().kind().clone() else { panic!() };
        field.is_nullable()
    };
    assert!(nullable([false, true]) && nullable([true, false]) && !nullable([false, false]));
}

#[test]
fn a_zip_of_nothing_or_of_unequal_lengths_is_refused() {
    assert_eq!(kind(Dataset::zip(Vec::<Dataset>::new())), ErrorKind::Usage);
    let e = error(Dataset::zip([vec![1, 2, 3], vec![1, 2]]));
    assert_eq!(e.to_string(), "zip: part 1 has 2 rows, part 0 has 3");
    assert_eq!(e.kind(), ErrorKind::Length);
}

#[test]
fn a_zip_always_gives_tuples_and_splices_the_keys_of_datasets() {
    let bare_key = Dataset::zip([("img", [1, 2])]).unwrap().select("img").unwrap();
    let ds = Dataset::zip([&bare_key]).unwrap();
    assert_eq!(ds.list().unwrap(), tuples(&[[1], [2]]));
    let more = Dataset::zip([("bbox", [3, 4]), ("label", [5, 6])]).unwrap();
    let all = Dataset::zip([&bare_key, &more]).unwrap();
    assert_eq!(names(&all), ["img", "bbox", "label"]);
}

/// A source that notes the keys of each read.
struct Asked(Keys, Arc<Mutex<Vec<Vec<usize>>>>);

impl Source for Asked {
    fn keys(&self) -> &Keys {
        &self.0
    }

    fn len(&self) -> usize {
        3
    }

    fn read(&self, rows: &Rows, keys: &[KeyIndex], _: &Access<'_>) -> Result<Batch> {
        self.1.lock().unwrap().push(keys.iter().map(|key| key.0).collect());
        let column = Column::Values(rows.iter().map(Value::from).collect());
        Batch::new(rows.len(), vec![column; keys.len()])
    }
}

#[test]
fn a_zip_asks_each_part_once_for_the_set_of_its_keys() {
    let logs = [Arc::default(), Arc::default()];
    let parts = logs.each_ref().map(|log| Dataset::new(Asked(Keys::from(["a", "b"]), Arc::clone(log))));
    let zipped = Dataset::zip(&parts).unwrap();
    zipped.select([1, 2, 1, 0]).unwrap().get(0).unwrap();
    zipped.select(3).unwrap().get(0).unwrap();
    let asked = logs.map(|log: Arc<Mutex<Vec<Vec<usize>>>>| log.lock().unwrap().clone());
    assert_eq!(asked, [vec![vec![1, 0]], vec![vec![0], vec![1]]]);
}

#[test]
fn repeating_starts_over_and_zero_times_is_empty() {
    let ds = Dataset::zip([[0, 1, 2]]).unwrap().select(0).unwrap();
    assert_eq!(ds.repeat(2).unwrap().list().unwrap(), bare(&[0, 1, 2, 0, 1, 2]));
    assert_eq!(ds.repeat(4).unwrap().slice(2..5).unwrap().list().unwrap(), bare(&[2, 0, 1]));
    assert!(ds.repeat(0).unwrap().is_empty());
    assert_eq!(kind(ds.repeat(usize::MAX)), ErrorKind::Limit);
    assert_eq!(kind(ds.repeat(2).unwrap().get(6)), ErrorKind::Index);
}

#[test]
fn a_repeat_beyond_memory_is_read_a_piece_at_a_time() {
    let ds = Dataset::zip([[0, 1, 2]]).unwrap().select(0).unwrap().repeat(1 << 60).unwrap();
    assert_eq!(ds.len(), 3 << 60);
    let far = (1 << 61) + 1; // 2^61 + 1 leaves 0 when divided by 3
    assert_eq!(ds.slice(far..far + 4).unwrap().list().unwrap(), bare(&[0, 1, 2, 0]));
}

#[test]
fn what_was_taken_apart_and_put_together_again_is_what_it_was() {
    let table = Dataset::zip([("a", vec![0, 1, 2, 3, 4]), ("b", vec![5, 6, 7, 8, 9])]).unwrap();
    let mut ds = table.clone();
    for cut in (0..60).map(|n| n % 6) {
        ds = Dataset::concat([ds.slice(..cut).unwrap(), ds.slice(cut..).unwrap()]).unwrap();
        ds = Dataset::zip([ds.select(["a"]).unwrap(), ds.select(["b"]).unwrap()]).unwrap();
    }
    assert!(Arc::ptr_eq(ds.source(), table.source()), "it is a view of the same source");
    assert_eq!((ds.list().unwrap(), names(&ds)), (table.list().unwrap(), names(&table)));
    let swapped = Dataset::concat([table.slice(3..).unwrap(), table.slice(..3).unwrap()]).unwrap();
    assert_eq!(swapped.get(0).unwrap().values()[0], Value::Int(3));
    let both = Dataset::zip([table.select(["b"]).unwrap(), table.slice(..).unwrap()]).unwrap();
    assert_eq!(names(&both), ["b", "a", "b"].map(String::from));
}
