//! Answers are views: nothing else is read, and what follows from keys has their meaning.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_schema::{DataType, Field};
use lensframe::dataset::{Dataset, Key, Keys, Mapping, Value};
use lensframe::job::Job;
use lensframe::query::{Order, Quantity, col, lit};

use super::{dataset, four, ids};

#[test]
fn names_that_follow_from_keys_have_their_meaning() {
    let ds = dataset(&four(), 3);
    let objects = |sql: &str| ids(&ds.filter_objects(sql, Quantity::AtLeast(1)).unwrap());
    assert_eq!(objects("category = 'person'"), [7]);
    assert_eq!(objects("category <> 'person'"), [8]);
    assert_eq!(objects("category IN ('cat', 'traffic light')"), [8]);
    assert_eq!(objects("category LIKE 'per%'"), [7]);
    assert_eq!(objects("supercategory = 'animal'"), [8]);
    assert_eq!(objects("category_id = 17"), [8]);
    assert_eq!(objects("iscrowd = 1"), [7]);
    assert_eq!(objects("x1 = 0 AND y2 = 10"), [7]);
    assert_eq!(objects("cx = 125 AND cy = 35 AND w = 50 AND aspect = 1"), [8]);
    assert_eq!(objects("rel_area > 0.4"), [7]);
    assert_eq!(objects("touches_border AND NOT iscrowd = 1"), [7]);
    assert_eq!(objects("width = 480"), [8], "the image's own keys");
    assert_eq!(objects("row = 1"), [8]);
    assert_eq!(objects("\"attr.note\" = 'many'"), [7]);
    assert_eq!(objects("attr.note = 'many'"), [7]);
    assert_eq!(ids(&ds.filter("\"attr.odd name's\" = 18").unwrap()), [9]);
    assert_eq!(ids(&ds.filter("row >= 2").unwrap()), [9, 10]);
}

#[test]
fn what_is_not_annotated_satisfies_no_quantity_and_what_is_empty_all_and_none() {
    let ds = dataset(&four(), 10);
    let of = |quantity| ids(&ds.filter_objects("category = 'person'", quantity).unwrap());
    assert_eq!(of(Quantity::None), [8, 9]);
    assert_eq!(of(Quantity::All), [7, 9]);
    assert_eq!(of(Quantity::AtMost(0)), [8, 9]);
    assert_eq!(of(Quantity::Exactly(3)), [7]);
    assert_eq!(ids(&ds.filter_objects("true", Quantity::None).unwrap()), [9], "images without objects");
}

#[test]
fn expressions_of_polars_say_the_same_as_text() {
    let ds = dataset(&four(), 2);
    let wide = col("width").gt_eq(lit(480)).and(col("split").eq(lit("val")));
    assert_eq!(ids(&ds.filter(wide).unwrap()), ids(&ds.filter("width >= 480 AND split = 'val'").unwrap()));
    let cats = ds.filter_objects(col("category").eq(lit("cat")), Quantity::AtLeast(1)).unwrap();
    assert_eq!(ids(&cats), [8]);
}

#[test]
fn a_condition_passes_through_slices_joins_and_maps_and_runs_no_getter_that_it_does_not_name() {
    let ds = dataset(&four(), 2);
    let opened = Arc::new(AtomicUsize::new(0));
    let count = opened.clone();
    let outputs = Keys::many([
        Key::arrow(Field::new("img", DataType::Utf8, true)),
        Key::arrow(Field::new("twice", DataType::Int64, true)),
    ]);
    let pixels = Mapping::new(outputs, move |values, _| {
        count.fetch_add(1, Ordering::SeqCst);
        Ok(vec![Value::from("pixels"), Value::from(2 * values[0].as_int().unwrap_or(0))])
    });
    let mapped = ds.map_with(pixels.inputs(["width"]).keep_others()).unwrap();
    let both = Dataset::concat([&mapped, &mapped.slice(1..3).unwrap()]).unwrap();
    let view = both.slice(1..).unwrap();
    assert_eq!(ids(&view.filter("split = 'val'").unwrap()), [8, 9, 8, 9]);
    assert_eq!(ids(&view.filter_objects("area > 2000", Quantity::AtLeast(1)).unwrap()), [8, 8]);
    assert_eq!(opened.load(Ordering::SeqCst), 0, "no key that the function makes was named");
    assert_eq!(ids(&view.filter("twice > 2000").unwrap()), [9, 9]);
    assert_eq!(opened.load(Ordering::SeqCst), 5);
}

#[test]
fn fewer_objects_stay_fewer_in_views_of_the_view() {
    let ds = dataset(&four(), 2);
    let calm = ds.keep_objects("NOT crowded").unwrap();
    let lengths = |ds: &Dataset| -> Vec<Option<usize>> {
        let labels = ds.column("label").unwrap().values();
        labels.iter().map(|labels| labels.as_array().map(|labels| labels.len())).collect()
    };
    assert_eq!(lengths(&calm), [Some(2), Some(1), Some(0), None]);
    assert_eq!(lengths(&calm.keep_objects("w > 10").unwrap()), [Some(1), Some(1), Some(0), None]);
    assert_eq!(lengths(&calm.take(&[3, 0, 0]).unwrap()), [None, Some(2), Some(2)]);
    assert_eq!(ids(&calm.filter_objects("crowded", Quantity::AtLeast(1)).unwrap()), [0i64; 0]);
    assert_eq!(calm.classes("").map(|classes| classes.len()), Some(3));
}

#[test]
fn rows_are_sorted_chosen_and_told_apart() {
    let ds = dataset(&four(), 2);
    let by = |by: &[(&str, Order)]| ids(&ds.query().sort_by(by.iter().copied()).view().unwrap());
    assert_eq!(by(&[("width", Order::Ascending)]), [10, 8, 7, 9]);
    assert_eq!(by(&[("split", Order::Descending), ("width", Order::Ascending)]), [8, 9, 10, 7]);
    assert_eq!(ids(&ds.query().distinct(["split"]).view().unwrap()), [7, 8]);
    let some = ids(&ds.query().sample(2, 1).view().unwrap());
    assert_eq!((some.len(), some == ids(&ds.query().sample(2, 1).view().unwrap())), (2, true));
    assert_eq!(ids(&ds.query().limit(1).view().unwrap()), [7]);
}

#[test]
fn a_query_says_what_each_step_read_and_left() {
    let ds = dataset(&four(), 2);
    let query = ds.query().filter("width > 400").filter_objects("category = 'person'", Quantity::AtLeast(2));
    let steps = query.explain(&Job::new()).unwrap();
    assert_eq!(steps.iter().map(|s| (s.before, s.after)).collect::<Vec<_>>(), [(4, 3), (3, 1)]);
    let keys = |step: usize| steps[step].read.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>();
    assert_eq!((keys(0), keys(1)), (vec!["width"], vec!["label"]), "names of classes are labels");
    assert!(steps[1].to_string().contains("at least 2 of the objects"), "{}", steps[1]);
}
