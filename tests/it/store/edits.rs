//! Changing a dataset: each change is a new version, and the old one stays as it was.

use std::sync::Arc;

use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Float32Array, Int64Array, ListArray, RecordBatch, StringArray};
use lensframe::dataset::store::{Depth, Edit, Operation, Storage, Store, Writer, verify};
use lensframe::dataset::{Access, Rows, Value};
use lensframe::error::ErrorKind;
use lensframe::job::Job;
use lensframe::schema::classes::ClassTable;
use lensframe::schema::field;

use super::samples::{assert_rows, dataset, fill, small, written};

fn sound(path: &std::path::Path) {
    let report = verify(path, Depth::Values, &Job::new()).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
}

fn column(path: &std::path::Path, key: &str) -> Vec<Value> {
    Store::open(path).unwrap().dataset().column(key).unwrap().values()
}

#[test]
fn appended_rows_follow_and_the_old_version_stays() {
    let (_guard, path) = dataset(Storage::Arrow, 20, 9);
    let mut writer = Writer::append(&path, small(Storage::Parquet), &Job::new()).unwrap();
    fill(&mut writer, 20..33, 6);
    writer.save_view("new", &Rows::span(2, 9), None);
    assert_eq!(writer.commit(Operation::new("append")).unwrap(), 2);
    assert_rows(&path, &(0..33).collect::<Vec<_>>());
    assert_eq!(Store::open_version(&path, 1).unwrap().dataset().len(), 20);
    let view = Store::open(&path).unwrap().view("new").unwrap();
    assert_eq!(view.rows().iter().collect::<Vec<_>>(), (22..31).collect::<Vec<_>>());
    sound(&path);
}

#[test]
fn an_appended_type_widens_and_older_files_are_read_as_the_wider() {
    let guard = tempfile::tempdir().unwrap();
    let path = guard.path().join("w.lf");
    let write = |writer: Writer, ty: arrow_schema::DataType, value: ArrayRef, more: bool| {
        let mut writer = writer;
        let mut fields = vec![field::row("image_id").unwrap(), field::row_of("attr.x", ty)];
        let ids: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let mut columns = vec![("image_id", ids), ("attr.x", value)];
        if more {
            fields.push(field::row("file_name").unwrap());
            columns.push(("file_name", Arc::new(StringArray::from(vec!["a.jpg"]))));
        }
        let group = writer.group("objects", fields).unwrap();
        writer.write(group, &RecordBatch::try_from_iter(columns).unwrap()).unwrap();
        writer.commit(Operation::new("w")).unwrap();
    };
    let job = Job::new();
    let narrow: ArrayRef = Arc::new(Float32Array::from(vec![0.5]));
    write(
        Writer::create(&path, small(Storage::Arrow), &job).unwrap(),
        arrow_schema::DataType::Float32,
        narrow,
        false,
    );
    let wide: ArrayRef = Arc::new(arrow_array::Float64Array::from(vec![0.1]));
    write(
        Writer::append(&path, small(Storage::Arrow), &job).unwrap(),
        arrow_schema::DataType::Float64,
        wide,
        true,
    );
    assert_eq!(column(&path, "attr.x"), [Value::Float(0.5), Value::Float(0.1)]);
    assert_eq!(column(&path, "file_name"), [Value::Null, Value::from("a.jpg")]);
    let mut writer = Writer::append(&path, small(Storage::Arrow), &job).unwrap();
    let text = field::row_of("attr.x", arrow_schema::DataType::Utf8);
    let e = writer.group("objects", vec![field::row("image_id").unwrap(), text]).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch);
    sound(&path);
}

/// Labels of an added set: row r has r % 3 objects.
fn set_batch(rows: std::ops::Range<i64>) -> RecordBatch {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.clone().map(|r| 1000 + r)));
    let labels = ListArray::from_iter_primitive::<Int64Type, _, _>(
        rows.map(|r| Some((0..r % 3).map(Some).collect::<Vec<_>>())),
    );
    RecordBatch::try_from_iter([("image_id", ids), ("r50.label", Arc::new(labels) as ArrayRef)]).unwrap()
}

fn set_fields() -> Vec<arrow_schema::Field> {
    vec![field::row("image_id").unwrap(), field::object("r50", "label").unwrap()]
}

#[test]
fn an_added_set_is_null_in_rows_appended_without_it() {
    let (_guard, path) = dataset(Storage::Arrow, 12, 5);
    let mut edit = Edit::begin(&path, &Job::new()).unwrap();
    edit.set_classes("r50", ClassTable::from_names(["a", "b"])).unwrap();
    edit.add_group("sets/r50", set_fields(), [Ok(set_batch(0..7)), Ok(set_batch(7..12))]).unwrap();
    edit.commit(Operation::new("predict")).unwrap();
    let mut writer = Writer::append(&path, small(Storage::Arrow), &Job::new()).unwrap();
    fill(&mut writer, 12..14, 5);
    writer.commit(Operation::new("append")).unwrap();
    let values = column(&path, "r50.label");
    for (row, value) in values.iter().enumerate() {
        assert_eq!(value.as_array().map(|a| a.len()), (row < 12).then_some(row % 3), "row {row}");
    }
    let store = Store::open(&path).unwrap();
    assert_eq!(store.classes("r50").unwrap().names(), ["a", "b"]);
    assert_eq!(store.dataset().classes("r50").unwrap().len(), 2);
    sound(&path);
}

#[test]
fn the_values_of_a_group_must_be_as_many_as_the_rows() {
    let (_guard, path) = dataset(Storage::Arrow, 12, 5);
    for given in [11, 13] {
        let mut edit = Edit::begin(&path, &Job::new()).unwrap();
        let e = edit.add_group("sets/r50", set_fields(), [Ok(set_batch(0..given))]).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Length, "{e}");
    }
    assert!(!path.join("sets/r50").read_dir().is_ok_and(|mut files| files.next().is_some()));
}

#[test]
fn deleted_rows_are_gone_from_rows_and_views_and_keep_their_files() {
    for storage in [Storage::Arrow, Storage::Parquet] {
        let (_guard, path) = dataset(storage, 30, 11);
        let mut edit = Edit::begin(&path, &Job::new()).unwrap();
        edit.save_view("some", &Rows::indices(vec![3, 29, 3, 12]), Some("x > 1")).unwrap();
        edit.delete_rows(&Rows::indices(vec![0, 12, 13, 29])).unwrap();
        edit.commit(Operation::new("delete_rows")).unwrap();
        let mut edit = Edit::begin(&path, &Job::new()).unwrap();
        // Positions count from the rows that are left: 0 is stored row 1, 24 is 27.
        edit.delete_rows(&Rows::indices(vec![24, 0])).unwrap();
        edit.commit(Operation::new("delete_rows")).unwrap();
        let left: Vec<u64> = (0..30).filter(|r| ![0, 12, 13, 29, 1, 27].contains(r)).collect();
        assert_rows(&path, &left);
        let view = Store::open(&path).unwrap().view("some").unwrap();
        assert_eq!(view.rows().iter().collect::<Vec<_>>(), [1, 1]);
        sound(&path);
        // New keys for the rows that are left; the deleted ones read as nothing.
        let mut edit = Edit::begin(&path, &Job::new()).unwrap();
        edit.add_group(
            "sets/r50",
            set_fields(),
            left.iter().map(|r| Ok(set_batch(*r as i64..*r as i64 + 1))),
        )
        .unwrap();
        edit.commit(Operation::new("predict")).unwrap();
        for (value, row) in column(&path, "r50.label").iter().zip(&left) {
            assert_eq!(value.as_array().unwrap().len() as u64, row % 3);
        }
    }
}

#[test]
fn updated_values_are_read_and_all_others_stay() {
    for storage in [Storage::Arrow, Storage::Parquet] {
        let (_guard, path) = dataset(storage, 30, 11);
        let mut edit = Edit::begin(&path, &Job::new()).unwrap();
        edit.delete_rows(&Rows::one(2)).unwrap();
        let names: ArrayRef =
            Arc::new(StringArray::from(vec![Some("last"), None, Some("first"), Some("again")]));
        edit.update(&Rows::indices(vec![29, 12, 0, 0]), "file_name", &names).unwrap();
        let heights: ArrayRef = Arc::new(arrow_array::Int16Array::from(vec![7]));
        edit.update(&Rows::one(29), "height", &heights).unwrap();
        edit.commit(Operation::new("update")).unwrap();
        let rows: Vec<u64> = (0..30).filter(|r| *r != 2).collect();
        for (value, row) in column(&path, "file_name").iter().zip(&rows) {
            let want = match row {
                29 => Value::from("last"),
                12 => Value::Null,
                0 => Value::from("again"),
                row => written("file_name", *row),
            };
            assert_eq!(value, &want, "row {row}");
        }
        assert_eq!(column(&path, "height").last(), Some(&Value::Int(7)));
        assert_eq!(column(&path, "bbox")[5], written("bbox", 6));
        assert_eq!(column(&path, "img")[5], written("img", 6));
        sound(&path);
    }
}

#[test]
fn an_update_reaches_rows_whose_fragment_lacks_the_group() {
    let (_guard, path) = dataset(Storage::Arrow, 6, 6);
    let mut edit = Edit::begin(&path, &Job::new()).unwrap();
    edit.add_group("sets/r50", set_fields(), [Ok(set_batch(0..6))]).unwrap();
    edit.commit(Operation::new("predict")).unwrap();
    let mut writer = Writer::append(&path, small(Storage::Arrow), &Job::new()).unwrap();
    fill(&mut writer, 6..10, 6);
    writer.commit(Operation::new("append")).unwrap();
    let mut edit = Edit::begin(&path, &Job::new()).unwrap();
    let labels: ArrayRef =
        Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1), Some(0)])]));
    edit.update(&Rows::one(8), "r50.label", &labels).unwrap();
    edit.commit(Operation::new("update")).unwrap();
    let lengths: Vec<Option<usize>> =
        column(&path, "r50.label").iter().map(|v| v.as_array().map(|a| a.len())).collect();
    assert_eq!(lengths[5..], [Some(2), None, None, Some(2), None]);
    sound(&path);
}

#[test]
fn a_replaced_group_has_other_keys_and_the_old_version_the_old_ones() {
    let (_guard, path) = dataset(Storage::Arrow, 12, 5);
    let fields = vec![field::row("image_id").unwrap(), field::row("width").unwrap()];
    let batch = || {
        let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(1000..1012));
        let width: ArrayRef = Arc::new(arrow_array::Int32Array::from_iter_values(0..12));
        RecordBatch::try_from_iter([("image_id", ids), ("width", width)]).unwrap()
    };
    let mut edit = Edit::begin(&path, &Job::new()).unwrap();
    edit.replace_group("objects", fields, [Ok(batch())]).unwrap();
    edit.commit(Operation::new("replace_group")).unwrap();
    let store = Store::open(&path).unwrap();
    let names: Vec<String> = store.dataset().keys().iter().map(|k| k.to_string()).collect();
    assert_eq!(names, ["image_id", "img", "panoptic", "width"]);
    assert_eq!(column(&path, "width")[11], Value::Int(11));
    let old = Store::open_version(&path, 1).unwrap().dataset();
    assert_eq!(old.column("bbox").unwrap().values()[3], written("bbox", 3));
    sound(&path);
}

#[test]
fn a_large_view_is_kept_as_a_file_and_keeps_its_order() {
    let (_guard, path) = dataset(Storage::Arrow, 40, 7);
    let order: Vec<u64> = (0..2000).map(|i| (i * 7 + i / 3) % 40).collect();
    let mut edit = Edit::begin(&path, &Job::new()).unwrap();
    edit.save_view("shuffled", &Rows::indices(order.clone()), None).unwrap();
    edit.save_view("empty", &Rows::span(0, 0), None).unwrap();
    edit.commit(Operation::new("view")).unwrap();
    let store = Store::open(&path).unwrap();
    assert!(store.version().views["shuffled"].file.is_some());
    assert_eq!(store.view("shuffled").unwrap().rows().iter().collect::<Vec<_>>(), order);
    assert!(store.view("empty").unwrap().is_empty());
    assert_eq!(store.view("absent").err().unwrap().kind(), ErrorKind::NotFound);
    let mut edit = Edit::begin(&path, &Job::new()).unwrap();
    edit.drop_view("empty").unwrap();
    edit.commit(Operation::new("view")).unwrap();
    assert_eq!(Store::open(&path).unwrap().views().collect::<Vec<_>>(), ["shuffled"]);
    sound(&path);
}

#[test]
fn replacing_keeps_the_old_version_and_never_uses_an_id_twice() {
    let (_guard, path) = dataset(Storage::Arrow, 12, 5);
    let options = lensframe::dataset::store::WriterOptions { replace: true, ..small(Storage::Arrow) };
    let e = Writer::create(&path, small(Storage::Arrow), &Job::new()).err().unwrap();
    assert_eq!(e.kind(), ErrorKind::AlreadyExists);
    let mut writer = Writer::create(&path, options, &Job::new()).unwrap();
    fill(&mut writer, 3..7, 9);
    writer.commit(Operation::new("convert")).unwrap();
    assert_rows(&path, &[3, 4, 5, 6]);
    let (old, new) = (Store::open_version(&path, 1).unwrap(), Store::open(&path).unwrap());
    assert_eq!(old.dataset().read_all(&Access::default()).unwrap().whole().unwrap().len, 12);
    let ids = |store: &Store| store.version().fragments.iter().map(|f| f.id).collect::<Vec<_>>();
    assert_eq!((ids(&old), ids(&new)), (vec![0, 1, 2], vec![3]));
    sound(&path);
}

#[test]
fn appended_labels_must_mean_what_those_that_are_there_mean() {
    let (_guard, path) = dataset(Storage::Arrow, 3, 3);
    let begin = |classes: ClassTable| {
        let mut writer = Writer::append(&path, small(Storage::Arrow), &Job::new()).unwrap();
        let (heavy, _) = super::samples::declare(&mut writer);
        writer.set_classes("", classes);
        writer.write(heavy, &super::samples::images(3..4))
    };
    begin(ClassTable::from_names(["cat", "dog", "cow"])).unwrap();
    let e = begin(ClassTable::from_names(["dog", "cat", "cow"])).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch);
    assert!(e.to_string().contains("align_classes"), "{e}");
}
