//! Mapped views: projection, kept keys, typed outputs, failures, chance.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_schema::{DataType, Field};
use lensframe::dataset::{Access, Column, Dataset, Getters, Keys, Mapping, Value};
use lensframe::error::{Error, ErrorKind};
use lensframe::schema::field;

use super::{bare, error, kind, names, tuples};

fn ten() -> Dataset {
    let numbers = || (0..10i64).collect::<Vec<_>>();
    Dataset::zip([("img", numbers()), ("bbox", numbers()), ("label", numbers())]).unwrap()
}

#[test]
fn a_map_is_given_what_an_example_holds_and_names_what_it_returns() {
    let pairs = ten().map(["img", "sum"], |v, _| {
        assert_eq!(v.len(), 3);
        Ok(vec![v[0].clone(), Value::Int(v.iter().filter_map(Value::as_int).sum())])
    });
    let pairs = pairs.unwrap();
    assert_eq!((pairs.len(), names(&pairs)), (10, vec!["img".into(), "sum".into()]));
    assert_eq!(pairs.slice(..2).unwrap().list().unwrap(), tuples(&[[0, 0], [1, 3]]));
    let one = ten().map("sum", |v, _| Ok(vec![v[2].clone()])).unwrap();
    assert_eq!(one.slice(..2).unwrap().list().unwrap(), bare(&[0, 1]));
    let unnamed = ten().map(Keys::unnamed(2), |v, _| Ok(v[..2].to_vec())).unwrap();
    assert_eq!(unnamed.select(1).unwrap().slice(..2).unwrap().list().unwrap(), bare(&[0, 1]));
}

#[test]
fn mapping_an_empty_dataset_needs_no_sample() {
    let none = ten().slice(..0).unwrap().map(["a", "b"], |_, _| panic!("no row to run for")).unwrap();
    assert_eq!((none.list().unwrap(), none.keys().len()), (vec![], 2));
}

#[test]
fn outputs_take_the_places_of_the_keys_they_replace() {
    let double = |v: &[Value]| Ok(vec![Value::Int(v[0].as_int().unwrap_or(0) * 2)]);
    let ds =
        ten().map_with(Mapping::new(["bbox"], move |v, _| double(v)).inputs("bbox").keep_others()).unwrap();
    assert_eq!(names(&ds), ["img", "bbox", "label"]);
    assert_eq!(ds.slice(3..4).unwrap().list().unwrap(), tuples(&[[3, 6, 3]]));
    let more = ten().map_with(Mapping::new(["twice"], move |v, _| double(v)).inputs("img").keep_others());
    assert_eq!(names(&more.unwrap()), ["img", "bbox", "label", "twice"]);
}

#[test]
fn unknown_inputs_are_refused_when_the_map_is_built() {
    assert_eq!(kind(ten().map_from("mask", "x", |_, _| Ok(vec![]))), ErrorKind::Key);
    let time = Field::new("t", DataType::Date32, true);
    assert_eq!(kind(ten().map(time, |_, _| Ok(vec![]))), ErrorKind::Unsupported);
}

#[test]
fn a_failed_row_is_passed_on_without_a_call() {
    let getters = Getters::new(6).add(["x"], |row, _| match row {
        4 => Err(Error::new(ErrorKind::Io, "gone")),
        _ => Ok(vec![Value::from(row)]),
    });
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let ds = Dataset::new(getters.unwrap()).map("y", move |v, call| {
        counted.fetch_add(1, Ordering::Relaxed);
        match call.row {
            1 => Err(Error::new(ErrorKind::Format, "odd")),
            2 => Ok(vec![]),
            _ => Ok(v.to_vec()),
        }
    });
    let batch = ds.unwrap().read_all(&Access::default()).unwrap();
    let failed: Vec<(usize, String)> = batch.failed.iter().map(|(at, e)| (*at, e.to_string())).collect();
    assert_eq!(
        failed,
        [
            (1, "map: row 1 key 'y': odd".to_owned()),
            (
                2,
                "map: row 2 key 'y': the function gave 0 values for 1 keys; return one value a key"
                    .to_owned()
            ),
            (4, "getter: row 4 key 'x': gone".to_owned()),
        ]
    );
    assert_eq!(batch.failed[1].1.kind(), ErrorKind::Getter);
    assert_eq!(calls.load(Ordering::Relaxed), 5);
}

#[test]
fn declared_outputs_are_arrays_and_what_does_not_fit_fails_its_row() {
    let declared = field::object("", "label").unwrap();
    let ds = ten().map_from("img", declared.clone(), |v, call| match call.row {
        7 => Ok(vec![Value::from("seven")]),
        _ => Ok(vec![Value::from(vec![v[0].clone()])]),
    });
    let batch = ds.unwrap().read_all(&Access::default()).unwrap();
    let Column::Arrow(chunks) = &batch.columns[0] else { panic!("values where arrays were declared") };
    assert!(chunks.iter().all(|chunk| chunk.data_type() == declared.data_type()));
    assert_eq!(batch.failed.len(), 1);
    assert_eq!(
        batch.failed[0].1.to_string(),
        "dataset: row 7 key 'label': text does not fit the declared type List(Int64)"
    );
}

#[test]
fn stacked_maps_draw_different_numbers_and_epochs_differ() {
    let noisy = |ds: &Dataset, stream| {
        let noise = Mapping::new("x", |_, call| Ok(vec![Value::from(call.random().next_u64() >> 1)]));
        ds.map_with(noise.stream(stream)).unwrap()
    };
    let (once, other) = (noisy(&ten(), 0), noisy(&ten(), 1));
    let twice = noisy(&once, 0);
    let values = |ds: &Dataset, seed, epoch| {
        let access = Access { seed, epoch, ..Access::default() };
        ds.read_all(&access).unwrap().columns[0].values()
    };
    let all = [
        values(&once, 0, 0),
        values(&once, 1, 0),
        values(&once, 0, 1),
        values(&other, 0, 0),
        values(&twice, 0, 0),
    ];
    for (at, a) in all.iter().enumerate() {
        assert!(all[..at].iter().all(|b| a.iter().zip(b).all(|(a, b)| a != b)), "{at}");
    }
    assert_eq!(values(&once, 1, 0), all[1]);
}

#[test]
fn a_cancelled_function_ends_the_read() {
    let ds = ten().map("x", |_, _| Err(Error::new(ErrorKind::Cancelled, "cancelled"))).unwrap();
    assert!(error(ds.read_all(&Access::default())).is_cancelled());
}
