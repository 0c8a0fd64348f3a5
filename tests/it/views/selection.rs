//! Choosing rows and keys: ChainerCV's worked cases and error rules, its listed quirks repaired.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lensframe::dataset::{Dataset, Example, Form, Getters, Part, Selector, Slice, Value};
use lensframe::error::ErrorKind;

use super::{bare, error, kind, names, tuples};

/// The sample dataset of the manual: 20 rows, one getter for `img`, one for `bbox` and `label`; and how often
/// each ran.
fn sample() -> (Dataset, [Arc<AtomicUsize>; 2]) {
    let counts = [Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0))];
    let (image, annotation) = (Arc::clone(&counts[0]), Arc::clone(&counts[1]));
    let getters = Getters::new(20)
        .add(["img"], move |row, _| {
            image.fetch_add(1, Ordering::Relaxed);
            Ok(vec![Value::from(row)])
        })
        .unwrap()
        .add(["bbox", "label"], move |row, _| {
            annotation.fetch_add(1, Ordering::Relaxed);
            Ok(vec![Value::from(row * 10), Value::from(row % 3)])
        })
        .unwrap();
    (Dataset::new(getters), counts)
}

fn ran(counts: &[Arc<AtomicUsize>; 2]) -> [usize; 2] {
    [0, 1].map(|getter| counts[getter].swap(0, Ordering::Relaxed))
}

fn ten() -> Dataset {
    Dataset::zip([(0..10i64).collect::<Vec<_>>()]).unwrap().select(0).unwrap()
}

fn python(
    start: impl Into<Option<i64>>,
    stop: impl Into<Option<i64>>,
    step: impl Into<Option<i64>>,
) -> Slice {
    Slice { start: start.into(), stop: stop.into(), step: step.into() }
}

#[test]
fn tuple_datasets_slice_as_in_the_manual() {
    let ds = Dataset::zip([[0, 1, 2], [0, 1, 4]]).unwrap();
    assert_eq!(names(&ds), ["(unnamed)", "(unnamed)"]);
    assert_eq!(ds.select(0).unwrap().list().unwrap(), bare(&[0, 1, 2]));
    let wide = Dataset::zip([Part::from(&ds), Part::from([0, 1, 8])]).unwrap();
    assert_eq!(wide.select([1, 2]).unwrap().list().unwrap(), tuples(&[[0, 0], [1, 1], [4, 8]]));
    let named = Dataset::zip([Part::from(("feat0", [0, 1, 2])), Part::from([0, 1, 4])]).unwrap();
    assert_eq!(names(&named), ["feat0", "(unnamed)"]);
    let mixed = named.select(vec![Selector::from("feat0"), Selector::from(1)]).unwrap();
    assert_eq!(mixed.list().unwrap(), tuples(&[[0, 0], [1, 1], [2, 4]]));
}

#[test]
fn concatenated_datasets_slice_as_in_the_manual() {
    let first = Dataset::zip([[0, 1, 2], [0, 1, 4]]).unwrap();
    let second = Dataset::zip([[3, 4, 5], [9, 16, 25]]).unwrap();
    let both = Dataset::concat([first, second]).unwrap();
    assert_eq!(both.select(0).unwrap().list().unwrap(), bare(&[0, 1, 2, 3, 4, 5]));
}

#[test]
fn each_getter_runs_once_an_example_and_only_if_asked() {
    let (ds, counts) = sample();
    let first = ds.get(0).unwrap();
    assert_eq!(first, Example::Many(vec![Value::Int(0), Value::Int(0), Value::Int(0)]));
    assert_eq!(ran(&counts), [1, 1]);
    assert_eq!(ds.select("label").unwrap().get(1).unwrap(), Example::One(Value::Int(1)));
    assert_eq!(ran(&counts), [0, 1]);
    ds.select([1, 2, 1]).unwrap().get(3).unwrap();
    assert_eq!(ran(&counts), [0, 1]);
    ds.select("label").unwrap().list().unwrap();
    assert_eq!(ran(&counts), [0, 20]);
    ds.get(0).unwrap();
    ds.get(0).unwrap();
    assert_eq!(ran(&counts), [2, 2], "nothing is remembered between accesses");
}

#[test]
fn building_a_view_runs_nothing() {
    let (ds, counts) = sample();
    let view = ds.slice(2..9).unwrap().select(["img"]).unwrap().take(&[3, 1]).unwrap();
    let view = Dataset::concat([&view, &view]).unwrap().repeat(3).unwrap().shuffle(1);
    Dataset::zip([&view, &view]).unwrap().map("x", |_, _| Ok(vec![Value::Null])).unwrap();
    assert_eq!(ran(&counts), [0, 0]);
}

#[test]
fn filtering_scans_one_cheap_key() {
    let (ds, counts) = sample();
    let labels = ds.column("label").unwrap().values();
    let flags: Vec<bool> = labels.iter().map(|label| label.as_int() == Some(2)).collect();
    let twos = ds.mask(&flags).unwrap();
    assert_eq!(ran(&counts), [0, 20]);
    assert_eq!(twos.len(), 6);
    assert_eq!(twos.select("img").unwrap().get(1).unwrap(), Example::One(Value::Int(5)));
}

#[test]
fn hidden_keys_cost_nothing_and_can_be_brought_back() {
    let (ds, counts) = sample();
    let shown = ds.select(["label", "img"]).unwrap();
    assert_eq!(names(&shown), ["label", "img"]);
    shown.select("img").unwrap().get(0).unwrap();
    assert_eq!(ran(&counts), [1, 0]);
    assert_eq!(kind(shown.select("bbox")), ErrorKind::Key);
    assert_eq!(ds.select("bbox").unwrap().get(2).unwrap(), Example::One(Value::Int(20)));
}

#[test]
fn one_getter_gives_tuples_until_its_key_is_chosen_by_name() {
    let ds = Dataset::new(Getters::new(2).add(["img"], |row, _| Ok(vec![Value::from(row)])).unwrap());
    assert_eq!(ds.list().unwrap(), tuples(&[[0], [1]]));
    assert_eq!(ds.select("img").unwrap().list().unwrap(), bare(&[0, 1]));
    assert_eq!(ds.select(["img"]).unwrap().keys().form(), Form::Many);
}

#[test]
fn python_slices_have_python_s_meaning() {
    let ds = ten();
    let rows = |slice| ds.slice_python(slice).unwrap().list().unwrap();
    assert_eq!(rows(python(3, 8, 2)), bare(&[3, 5, 7]));
    assert_eq!(rows(python(-3, None, None)), bare(&[7, 8, 9]));
    assert_eq!(rows(python(-100, 2, None)), bare(&[0, 1]));
    assert_eq!(rows(python(None, None, -4)), bare(&[9, 5, 1]));
    assert_eq!(rows(python(8, 3, None)), []);
    assert_eq!(kind(ds.slice_python(python(None, None, 0))), ErrorKind::Usage);
}

#[test]
fn lists_gather_and_flags_filter() {
    let ds = ten();
    assert_eq!(ds.take(&[2, 1, 5]).unwrap().get(0).unwrap(), Example::One(Value::Int(2)));
    assert_eq!(ds.take(&[3, 3, 0]).unwrap().list().unwrap(), bare(&[3, 3, 0]));
    assert_eq!(ds.take_python(&[-1, 0]).unwrap().list().unwrap(), bare(&[9, 0]));
    let flags = [1, 4, 5, 8].iter().fold([false; 10], |mut flags, at| {
        flags[*at] = true;
        flags
    });
    assert_eq!(ds.mask(&flags).unwrap().get(1).unwrap(), Example::One(Value::Int(4)));
    assert_eq!(kind(ds.mask(&flags[..9])), ErrorKind::Length);
}

#[test]
fn an_empty_choice_is_an_empty_view() {
    assert_eq!(ten().take(&[]).unwrap().list().unwrap(), []);
    assert_eq!(ten().mask(&[false; 10]).unwrap().len(), 0);
    assert_eq!(ten().slice(4..4).unwrap().len(), 0);
}

#[test]
fn no_row_leaks_from_beyond_a_view() {
    let view = ten().slice_python(python(2, 8, 2)).unwrap();
    assert_eq!(view.list().unwrap(), bare(&[2, 4, 6]));
    let e = error(view.get(3));
    assert_eq!(e.to_string(), "rows: row 3 out of range for 3 rows");
    assert_eq!(kind(view.take_python(&[-4])), ErrorKind::Index);
    assert_eq!(view.take_python(&[-3]).unwrap().list().unwrap(), bare(&[2]));
    assert_eq!(kind(view.slice(..4)), ErrorKind::Index);
    #[allow(clippy::reversed_empty_ranges, reason = "that is the mistake to be refused")]
    let reversed = view.slice(2..1);
    assert_eq!(kind(reversed), ErrorKind::Index);
}

#[test]
fn keys_are_chosen_by_name_position_list_and_mask() {
    let (ds, _) = sample();
    let chosen = |view: Dataset| (view.keys().form(), names(&view));
    assert_eq!(chosen(ds.select("img").unwrap()), (Form::One, vec!["img".into()]));
    assert_eq!(chosen(ds.select(1).unwrap()), (Form::One, vec!["bbox".into()]));
    assert_eq!(chosen(ds.select(-1).unwrap()), (Form::One, vec!["label".into()]));
    assert_eq!(chosen(ds.select(["img"]).unwrap()), (Form::Many, vec!["img".into()]));
    assert_eq!(
        chosen(ds.select([Selector::from(1), Selector::from("label")]).unwrap()),
        (Form::Many, vec!["bbox".into(), "label".into()])
    );
    assert_eq!(
        chosen(ds.select([true, true, false]).unwrap()),
        (Form::Many, vec!["img".into(), "bbox".into()])
    );
    assert_eq!(
        chosen(ds.select(["label", "img", "label"]).unwrap()),
        (Form::Many, vec!["label".into(), "img".into(), "label".into()])
    );
    let both = ds.slice(..5).unwrap().select("label").unwrap();
    assert_eq!(both.list().unwrap(), bare(&[0, 1, 2, 0, 1]));
}

#[test]
fn bad_keys_are_refused_when_the_view_is_built() {
    let (ds, _) = sample();
    let e = error(ds.select("mask"));
    assert_eq!(e.to_string(), "keys: no key 'mask'; there are: img, bbox, label");
    assert_eq!(kind(ds.select(["img", "mask"])), ErrorKind::Key);
    assert_eq!(kind(ds.select(3)), ErrorKind::Index);
    assert_eq!(kind(ds.select(-4)), ErrorKind::Index);
    assert_eq!(kind(ds.select([true, false])), ErrorKind::Length);
}

#[test]
fn a_repeated_name_is_its_first_column() {
    let ds = Dataset::zip([("x", [1, 2]), ("x", [3, 4])]).unwrap();
    assert_eq!(ds.select("x").unwrap().list().unwrap(), bare(&[1, 2]));
    assert_eq!(ds.select(1).unwrap().list().unwrap(), bare(&[3, 4]));
}

#[test]
fn renaming_changes_names_and_nothing_else() {
    let (ds, counts) = sample();
    let renamed = ds.rename(&[("bbox", "box")]).unwrap();
    assert_eq!(names(&renamed), ["img", "box", "label"]);
    assert_eq!(renamed.select("box").unwrap().get(1).unwrap(), Example::One(Value::Int(10)));
    assert_eq!(ran(&counts), [0, 1]);
    assert_eq!(kind(ds.rename(&[("bbox", "img")])), ErrorKind::Key);
}

#[test]
fn iteration_is_one_by_one_and_goes_on_past_a_bad_row() {
    let getters = Getters::new(3)
        .add(["x"], |row, _| match row {
            1 => Err(lensframe::error::Error::new(ErrorKind::Io, "gone")),
            _ => Ok(vec![Value::from(row)]),
        })
        .unwrap();
    let ds = Dataset::new(getters).select("x").unwrap();
    let rows: Vec<_> = ds.iter().map(|row| row.map_err(|e| e.to_string())).collect();
    assert_eq!(rows[0], Ok(Example::One(Value::Int(0))));
    assert_eq!(rows[1], Err("getter: row 1 key 'x': gone".to_owned()));
    assert_eq!(rows[2], Ok(Example::One(Value::Int(2))));
    assert_eq!(error(ds.list()).to_string(), "getter: row 1 key 'x': gone");
}

#[test]
fn a_getter_of_the_wrong_arity_fails_its_row_and_names_its_keys() {
    let getters = Getters::new(2)
        .add(["bbox", "label"], |row, _| Ok(vec![Value::Null; if row == 0 { 2 } else { 1 }]))
        .unwrap();
    let ds = Dataset::new(getters);
    ds.get(0).unwrap();
    let e = error(ds.get(1));
    assert_eq!(e.kind(), ErrorKind::Getter);
    assert_eq!(
        e.to_string(),
        "getter: row 1 key 'bbox, label': the getter gave 1 values for 2 keys; return one value a key"
    );
}
