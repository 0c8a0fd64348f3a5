//! Object sets written row by row, in any order, interrupted and taken up; tables that add and update keys.

use std::path::Path;
use std::sync::Arc;

use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Float32Array, Int64Array, ListArray, StringArray};
use lensframe::dataset::store::{
    Depth, Edit, GcOptions, Operation, SetOptions, SetWriter, Storage, Store, gc, verify,
};
use lensframe::dataset::{Dataset, Rows, Value};
use lensframe::error::ErrorKind;
use lensframe::job::Job;
use lensframe::schema::classes::ClassTable;

use super::samples::dataset;

const RESUME: SetOptions = SetOptions { resume: true, replace: false, classes: None };

/// Labels of a row: `row % 3` objects of the label `row`, plus ten a round.
fn labels(rows: &[u64], round: i64) -> ArrayRef {
    let of = |row: &u64| Some(vec![Some(*row as i64 + 10 * round); (*row % 3) as usize]);
    Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(rows.iter().map(of)))
}

fn write(writer: &mut SetWriter, rows: &[u64], round: i64) {
    writer.write(&Rows::indices(rows.to_vec()), &[("label", labels(rows, round))]).unwrap();
}

fn begin(path: &Path, options: SetOptions) -> lensframe::error::Result<SetWriter> {
    let classes = Some(ClassTable::from_names((0..60).map(|n| format!("class {n}"))));
    SetWriter::begin(&Store::open(path).unwrap(), "r50", SetOptions { classes, ..options }, &Job::new())
}

/// The labels that are stored; `None` for a row that was not written.
fn stored(path: &Path) -> Vec<Option<Vec<i64>>> {
    let column = Store::open(path).unwrap().dataset().column("r50.label").unwrap();
    let of = |value: &Value| {
        let array = value.as_array()?.clone();
        Some((0..array.len()).filter_map(|at| Value::of(array.as_ref(), at).as_int()).collect())
    };
    column.values().iter().map(of).collect()
}

fn expected(row: u64, round: i64) -> Option<Vec<i64>> {
    Some(vec![row as i64 + 10 * round; (row % 3) as usize])
}

#[test]
fn rows_are_written_in_any_order_and_the_last_time_counts() {
    let (_guard, path) = dataset(Storage::Arrow, 20, 7);
    let mut writer = begin(&path, SetOptions::default()).unwrap();
    write(&mut writer, &[19, 3, 8], 0);
    write(&mut writer, &[8, 0], 1);
    assert_eq!(writer.missing().len(), 16);
    assert_eq!(writer.commit(Operation::new("predictions")).unwrap(), 2);
    let rows = stored(&path);
    for row in 0..20 {
        let want = match row {
            8 | 0 => expected(row, 1),
            19 | 3 => expected(row, 0),
            _ => None,
        };
        assert_eq!(rows[row as usize], want, "row {row}");
    }
    let report = verify(&path, Depth::Values, &Job::new()).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
    assert!(!path.join("pending").exists());
}

#[test]
fn an_interrupted_writer_is_taken_up_even_where_a_kill_tore_its_file() {
    let (_guard, path) = dataset(Storage::Parquet, 12, 5);
    let mut writer = begin(&path, SetOptions::default()).unwrap();
    write(&mut writer, &[1, 2], 0);
    writer.flush().unwrap();
    write(&mut writer, &[5], 0);
    drop(writer);
    // A third batch that was being written: half of it is there.
    let folder = path.join("pending/r50");
    let file = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&file).unwrap();
    let whole = bytes.clone();
    bytes.extend_from_slice(&whole[whole.len() / 2..]);
    std::fs::write(&file, &bytes).unwrap();
    let mut writer = begin(&path, RESUME).unwrap();
    assert_eq!(writer.missing(), [0, 3, 4, 6, 7, 8, 9, 10, 11]);
    write(&mut writer, &[0, 5], 2);
    writer.commit(Operation::new("predictions")).unwrap();
    let rows = stored(&path);
    assert_eq!(rows[1], expected(1, 0));
    assert_eq!(rows[5], expected(5, 2));
    assert_eq!(rows[0], expected(0, 2));
    assert_eq!(rows.iter().filter(|row| row.is_none()).count(), 8);
    // A set that is there goes on by itself, and not by other keys.
    let mut writer = begin(&path, RESUME).unwrap();
    assert_eq!(writer.missing().len(), 8);
    let scores: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(
        [Some([])] as [Option<[Option<i64>; 0]>; 1]
    ));
    let e = writer.write(&Rows::one(3), &[("track_id", scores)]).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch, "{e}");
    write(&mut writer, &[3], 0);
    writer.commit(Operation::new("predictions")).unwrap();
    assert_eq!((stored(&path)[3].clone(), stored(&path)[5].clone()), (expected(3, 0), expected(5, 2)));
    // With nothing to do there is no new version.
    let version = Store::open(&path).unwrap().version().version;
    assert_eq!(begin(&path, RESUME).unwrap().commit(Operation::new("predictions")).unwrap(), version);
}

#[test]
fn rows_keep_their_objects_where_others_are_deleted_and_added_meanwhile() {
    let (_guard, path) = dataset(Storage::Arrow, 20, 6);
    let mut writer = begin(&path, SetOptions::default()).unwrap();
    let all: Vec<u64> = (0..20).collect();
    write(&mut writer, &all, 0);
    let mut edit = Edit::begin(&path, &Job::new()).unwrap();
    edit.delete_rows(&Rows::indices(vec![2, 3, 11])).unwrap();
    edit.commit(Operation::new("delete")).unwrap();
    writer.commit(Operation::new("predictions")).unwrap();
    let want: Vec<_> =
        all.iter().filter(|row| ![2, 3, 11].contains(*row)).map(|row| expected(*row, 0)).collect();
    assert_eq!(stored(&path), want);
    let report = verify(&path, Depth::Values, &Job::new()).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
}

#[test]
fn sets_that_are_there_other_writers_and_bad_rows_are_refused() {
    let (_guard, path) = dataset(Storage::Arrow, 6, 6);
    let mut writer = begin(&path, SetOptions::default()).unwrap();
    assert_eq!(begin(&path, RESUME).map(|_| ()).unwrap_err().kind(), ErrorKind::Conflict);
    let two = labels(&[1, 2], 0);
    assert_eq!(writer.write(&Rows::one(1), &[("label", two)]).unwrap_err().kind(), ErrorKind::Length);
    assert_eq!(
        writer.write(&Rows::one(6), &[("label", labels(&[6], 0))]).unwrap_err().kind(),
        ErrorKind::Index
    );
    let odd: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1); 5])]));
    let e = writer.write(&Rows::one(2), &[("label", labels(&[2], 0)), ("track_id", odd)]).unwrap_err();
    assert!(e.to_string().contains("5 values for 2 objects"), "{e}");
    let text: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
    assert_eq!(writer.write(&Rows::one(2), &[("label", text)]).unwrap_err().kind(), ErrorKind::Type);
    write(&mut writer, &[2], 0);
    writer.commit(Operation::new("predictions")).unwrap();
    assert_eq!(begin(&path, SetOptions::default()).map(|_| ()).unwrap_err().kind(), ErrorKind::AlreadyExists);
    let replace = SetOptions { replace: true, ..SetOptions::default() };
    let mut writer = begin(&path, replace).unwrap();
    write(&mut writer, &[4], 3);
    writer.commit(Operation::new("predictions")).unwrap();
    assert_eq!(stored(&path), [None, None, None, None, expected(4, 3), None]);
    let empty = begin(&path, SetOptions { replace: true, ..SetOptions::default() }).unwrap();
    assert_eq!(empty.commit(Operation::new("predictions")).unwrap_err().kind(), ErrorKind::Usage);
}

#[test]
fn what_nobody_went_on_with_is_collected() {
    let (_guard, path) = dataset(Storage::Arrow, 6, 6);
    let mut writer = begin(&path, SetOptions::default()).unwrap();
    write(&mut writer, &[2], 0);
    drop(writer);
    let options = GcOptions { min_age: std::time::Duration::ZERO, ..GcOptions::default() };
    let report = gc(&path, options, &Job::new()).unwrap();
    assert!(report.removed.iter().any(|file| file.path.starts_with("pending")), "{:?}", report.removed);
    assert_eq!(begin(&path, RESUME).unwrap().missing().len(), 6);
}

fn table(parts: Vec<(&str, ArrayRef)>) -> Dataset {
    let batch = arrow_array::RecordBatch::try_from_iter(parts).unwrap();
    Dataset::new(lensframe::dataset::Table::from_batches(&[batch]).unwrap())
}

#[test]
fn a_table_updates_the_rows_that_it_names() {
    let (_guard, path) = dataset(Storage::Arrow, 10, 4);
    let names = Store::open(&path).unwrap().dataset().column("file_name").unwrap().values();
    let third = names[3].as_text().unwrap().to_owned();
    let mut edit = Edit::begin(&path, &Job::new()).unwrap();
    let on: ArrayRef = Arc::new(StringArray::from(vec![Some("nobody.jpg"), Some(third.as_str()), None]));
    let sides: ArrayRef = Arc::new(arrow_array::Int16Array::from(vec![1, 77, 2]));
    let matched = edit.update_from(&table(vec![("file_name", on), ("height", sides)]), "file_name").unwrap();
    assert_eq!((matched.rows, matched.unmatched), (1, 2));
    edit.commit(Operation::new("update")).unwrap();
    let heights = Store::open(&path).unwrap().dataset().column("height").unwrap();
    assert_eq!(heights.value(3), Value::Int(77));
    assert_ne!(heights.value(2), Value::Int(77));
    let mut edit = Edit::begin(&path, &Job::new()).unwrap();
    let twice: ArrayRef = Arc::new(StringArray::from(vec![third.as_str(); 2]));
    let sides: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let e = edit
        .update_from(&table(vec![("file_name", twice), ("height", sides.clone())]), "file_name")
        .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Usage, "{e}");
    let floats: ArrayRef = Arc::new(Float32Array::from(vec![0.5, 1.5]));
    let e = edit.update_from(&table(vec![("x", floats), ("height", sides)]), "x").unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Key, "{e}");
}

#[test]
fn keys_are_added_to_some_rows_and_to_objects() {
    let (_guard, path) = dataset(Storage::Arrow, 8, 3);
    let mut writer = begin(&path, SetOptions::default()).unwrap();
    write(&mut writer, &(0..8).collect::<Vec<_>>(), 0);
    writer.commit(Operation::new("predictions")).unwrap();
    let mut edit = Edit::begin(&path, &Job::new()).unwrap();
    let blur: ArrayRef = Arc::new(Float32Array::from(vec![0.25, 0.5]));
    edit.add_keys(&Rows::indices(vec![5, 1]), &table(vec![("blur level/2", blur.clone())]), None).unwrap();
    edit.add_keys(
        &Rows::all(8),
        &table(vec![("attr.rank", labels(&(0..8).collect::<Vec<_>>(), 1))]),
        Some("r50"),
    )
    .unwrap();
    edit.commit(Operation::new("add_keys")).unwrap();
    let ds = Store::open(&path).unwrap().dataset();
    let added = ds.column("blur level/2").unwrap();
    assert_eq!(
        (added.value(5), added.value(1), added.value(0)),
        (Value::Float(0.25), Value::Float(0.5), Value::Null)
    );
    assert_eq!(ds.column("r50.attr.rank").unwrap().value(2).as_array().map(|array| array.len()), Some(2));
    let mut edit = Edit::begin(&path, &Job::new()).unwrap();
    let again = edit.add_keys(&Rows::indices(vec![5, 1]), &table(vec![("file_name", blur.clone())]), None);
    assert_eq!(again.unwrap_err().kind(), ErrorKind::Key);
    let short = edit.add_keys(&Rows::all(8), &table(vec![("x", blur.clone())]), None);
    assert_eq!(short.unwrap_err().kind(), ErrorKind::Length);
    let twice = edit.add_keys(&Rows::indices(vec![5, 5]), &table(vec![("x", blur)]), None);
    assert_eq!(twice.unwrap_err().kind(), ErrorKind::Usage);
    let long = labels(&[1, 2, 3, 4, 5, 6, 7, 8], 1);
    let e = edit.add_keys(&Rows::all(8), &table(vec![("x", long)]), Some("r50")).unwrap_err();
    assert!(e.kind() == ErrorKind::Length && e.to_string().contains("row 0"), "{e}");
}
