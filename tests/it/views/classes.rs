//! Class tables: what concat demands of them, and labels aligned to another table.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, ListArray, StringArray};
use lensframe::dataset::{Access, Align, Column, Dataset, Key, Rows, Table, Value, merge_classes};
use lensframe::error::ErrorKind;
use lensframe::schema::classes::{Class, ClassTable};
use lensframe::schema::field;

use super::{error, kind};

type Lists = Vec<Option<Vec<Option<i64>>>>;

fn lists(lists: Lists) -> Column {
    let array: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(lists));
    Column::Arrow(vec![array])
}

/// Names, labels of the default set, labels of the set `r50`, a label of the whole image.
fn sample(classes: &[&str], labels: Lists) -> Dataset {
    let len = labels.len();
    let names: ArrayRef = Arc::new(StringArray::from_iter_values((0..len).map(|row| format!("{row}.jpg"))));
    let whole: ArrayRef = Arc::new(Int64Array::from_iter((0..len).map(|row| (row != 1).then_some(0))));
    let table = Table::new([
        (Key::arrow(field::row("file_name").unwrap()), Column::Arrow(vec![names])),
        (Key::arrow(field::object("", "label").unwrap()), lists(labels)),
        (Key::arrow(field::object("r50", "label").unwrap()), lists(vec![Some(vec![Some(1)]); len])),
        (Key::arrow(field::row("image_label").unwrap()), Column::Arrow(vec![whole])),
    ]);
    let table = table.unwrap().with_classes("", ClassTable::from_names(classes.iter().copied()));
    Dataset::new(table.with_classes("r50", ClassTable::from_names(["person", "car"])))
}

fn pets() -> Dataset {
    sample(&["cat", "dog"], vec![Some(vec![Some(0), Some(1), None]), None, Some(vec![]), Some(vec![Some(1)])])
}

fn labels(ds: &Dataset, key: &str) -> Vec<Value> {
    ds.column(key).unwrap().values()
}

fn ints(values: &[Option<i64>]) -> Value {
    Value::Array(Arc::new(values.iter().copied().collect::<Int64Array>()))
}

#[test]
fn unequal_class_tables_are_refused_by_concat_with_the_remedy() {
    let other = sample(&["cat", "cow"], vec![Some(vec![Some(1)])]);
    let e = error(Dataset::concat([&pets(), &pets(), &other]));
    assert_eq!(e.kind(), ErrorKind::Mismatch);
    assert_eq!(
        e.to_string(),
        "concat: parts 0 and 2: class tables differ: class 1 is 'dog' in one and 'cow' in the other; \
         make them agree with align_classes, by name or with a map"
    );
}

#[test]
fn class_tables_count_only_where_labels_are_shown() {
    let other = sample(&["cat", "cow"], vec![Some(vec![Some(1)])]);
    let shown = |ds: &Dataset| ds.select(["file_name", "r50.label"]).unwrap();
    let joined = Dataset::concat([shown(&pets()), shown(&other)]).unwrap();
    assert_eq!(joined.len(), 5);
    assert!(joined.classes("").is_none(), "no one table fits both");
    assert_eq!(joined.classes("r50").unwrap().names(), ["person", "car"]);
}

#[test]
fn labels_without_a_class_table_do_not_join_labels_with_one() {
    let bare = Table::new([(Key::arrow(field::object("", "label").unwrap()), lists(vec![None]))]).unwrap();
    let e = error(Dataset::concat([pets().select(["label"]).unwrap(), Dataset::new(bare)]));
    assert_eq!(e.kind(), ErrorKind::Mismatch);
    assert!(e.to_string().contains("align_classes"), "{e}");
}

#[test]
fn aligned_datasets_join() {
    let other = sample(&["cow", "cat"], vec![Some(vec![Some(0), Some(1)])]);
    let all = merge_classes([pets().classes("").unwrap(), other.classes("").unwrap()]);
    assert_eq!(all.names(), ["cat", "dog", "cow"]);
    let aligned = [pets(), other].map(|ds| ds.align_classes(&all, &Align::by_name()).unwrap());
    let joined = Dataset::concat(&aligned).unwrap();
    assert_eq!(joined.classes("").unwrap().names(), ["cat", "dog", "cow"]);
    assert_eq!(
        labels(&joined, "label"),
        [
            ints(&[Some(0), Some(1), None]),
            Value::Null,
            ints(&[]),
            ints(&[Some(1)]),
            ints(&[Some(2), Some(0)]),
        ]
    );
    assert_eq!(labels(&joined, "image_label")[3..], [Value::Int(0), Value::Int(2)]);
    assert_eq!(labels(&joined, "image_label")[1], Value::Null);
}

#[test]
fn a_map_of_names_matches_what_names_alone_do_not() {
    let to = ClassTable::from_names(["canine", "feline", "dog"]);
    let e = error(pets().align_classes(&to, &Align::by_name()));
    assert_eq!(
        e.to_string(),
        "align_classes: no match for 'cat'; match them with by_map, or let their labels become null with \
         unmapped_to_null"
    );
    let by = Align::by_map([("cat", "feline")]);
    let mapped = pets().align_classes(&to, &by).unwrap();
    assert_eq!(labels(&mapped, "label")[0], ints(&[Some(1), Some(2), None]));
    assert_eq!(kind(pets().align_classes(&to, &Align::by_map([("cow", "dog")]))), ErrorKind::Usage);
    let nulled = pets().align_classes(&to, &Align::by_name().unmapped_to_null()).unwrap();
    assert_eq!(labels(&nulled, "label")[0], ints(&[None, Some(2), None]));
    assert_eq!(labels(&nulled, "image_label"), vec![Value::Null; 4]);
}

#[test]
fn a_named_set_is_aligned_alone() {
    let to = ClassTable::from_names(["car", "person"]);
    let ds = pets().align_classes(&to, &Align::by_name().set("r50")).unwrap();
    assert_eq!(labels(&ds, "r50.label")[0], ints(&[Some(0)]));
    assert_eq!(labels(&ds, "label"), labels(&pets(), "label"));
    assert_eq!(ds.classes("").unwrap().names(), ["cat", "dog"]);
    assert_eq!(ds.classes("r50").unwrap().names(), ["car", "person"]);
    assert_eq!(kind(pets().align_classes(&to, &Align::by_name().set("r101"))), ErrorKind::Mismatch);
}

#[test]
fn other_keys_pass_through_uncopied() {
    let to = ClassTable::from_names(["dog", "cat"]);
    let (plain, aligned) = (pets(), pets().align_classes(&to, &Align::by_name()).unwrap());
    let plain = Dataset::zip([&plain]).unwrap();
    let both = Dataset::zip([&plain, &plain.align_classes(&to, &Align::by_name()).unwrap()]).unwrap();
    let names = |at: i32| both.select(at).unwrap().read_all(&Access::default()).unwrap().columns.remove(0);
    let pointer = |column: Column| column.chunks().unwrap()[0].as_string::<i32>().values().as_ptr();
    assert_eq!(pointer(names(0)), pointer(names(4)));
    assert_eq!(aligned.keys(), pets().keys());
}

#[test]
fn a_label_outside_its_table_fails_its_row_alone() {
    let odd = sample(
        &["cat", "dog"],
        vec![
            Some(vec![Some(0)]),
            Some(vec![Some(1), Some(7)]),
            Some(vec![Some(-1)]),
            None,
            Some(vec![Some(1)]),
        ],
    );
    let to = ClassTable::from_names(["dog", "cat"]);
    let ds = odd.align_classes(&to, &Align::by_name()).unwrap().select(["file_name", "label"]).unwrap();
    let batch = ds.read_rows(&Rows::span(1, 4), &Access::default()).unwrap();
    let failed: Vec<(usize, String)> = batch.failed.iter().map(|(at, e)| (*at, e.to_string())).collect();
    assert_eq!(
        failed,
        [
            (0, "align_classes: row 1 key 'label': label 7 is none of the 2 classes".to_owned()),
            (1, "align_classes: row 2 key 'label': label -1 is none of the 2 classes".to_owned()),
        ]
    );
    assert_eq!(batch.columns[1].values(), [Value::Null, Value::Null, Value::Null, ints(&[Some(0)])]);
    assert_eq!(batch.columns[0].values()[..3], [Value::Null, Value::Null, Value::from("3.jpg")]);
}

#[test]
fn labels_given_as_values_are_aligned_too() {
    let given = Column::Values(vec![
        Value::Int(1),
        Value::from(vec![Value::Int(0), Value::Null]),
        Value::from("cat"),
        Value::Null,
    ]);
    let table = Table::new([(Key::values("label"), given)]).unwrap();
    let ds = Dataset::new(table.with_classes("", ClassTable::from_names(["cat", "dog"])));
    let ds = ds.align_classes(&ClassTable::from_names(["dog", "cat"]), &Align::by_name()).unwrap();
    let batch = ds.read_all(&Access::default()).unwrap();
    assert_eq!(batch.failed.len(), 1);
    assert_eq!(batch.failed[0].1.kind(), ErrorKind::Type);
    let want = [Value::Int(0), Value::from(vec![Value::Int(1), Value::Null]), Value::Null, Value::Null];
    assert_eq!(batch.columns[0].values(), want);
}

#[test]
fn tables_that_differ_in_colour_alone_join() {
    let painted: ClassTable = ["cat", "dog"]
        .map(|name| Class { color: Some([1, 2, 3]), ..Class::named(name) })
        .into_iter()
        .collect();
    let repainted = pets().align_classes(&painted, &Align::by_name()).unwrap();
    assert_eq!(Dataset::concat([&pets(), &repainted]).unwrap().len(), 8);
}

#[test]
fn a_zip_of_disagreeing_tables_has_none() {
    let to = ClassTable::from_names(["dog", "cat"]);
    let turned = pets().align_classes(&to, &Align::by_name()).unwrap();
    assert!(Dataset::zip([&pets(), &turned]).unwrap().classes("").is_none());
    assert!(Dataset::zip([&pets(), &pets()]).unwrap().classes("").is_some());
}
