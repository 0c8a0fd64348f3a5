//! What views allocate: structure, never data; and depth that costs nothing.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array};
use lensframe::dataset::{Access, Dataset, Part, Rows, Source};

use crate::counting::allocated;

/// `len` rows of two keys in one chunk each.
fn wide(len: usize) -> Dataset {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..len as i64));
    let scores: ArrayRef = Arc::new(Float64Array::from_iter_values((0..len).map(|n| n as f64)));
    Dataset::zip([Part::from(("image_id", ids)), Part::from(("score", scores))]).unwrap()
}

#[test]
fn a_slice_allocates_nothing() {
    let ds = wide(1_000_000);
    assert_eq!(allocated(|| ds.slice(10..900_000).unwrap()).1, 0);
    assert_eq!(allocated(|| ds.rows().clone()).1, 0);
    assert_eq!(allocated(|| ds.clone()).1, 0);
}

#[test]
fn choosing_keys_and_joining_64_parts_allocate_the_same_for_any_number_of_rows() {
    let of = |len: usize| {
        let ds = wide(len);
        let selected = allocated(|| ds.select(["score"]).unwrap()).1;
        let parts: Vec<Dataset> =
            (0..64).map(|at| ds.slice(at * len / 64..(at + 1) * len / 64).unwrap()).collect();
        let (joined, concat) = allocated(|| Dataset::concat(&parts).unwrap());
        let (_, nested) = allocated(|| Dataset::concat([&joined, &joined]).unwrap());
        let repeated = allocated(|| joined.repeat(1000).unwrap()).1;
        [selected, concat, nested, repeated]
    };
    let (small, large) = (of(640), of(640_000));
    assert_eq!(small, large);
    let [selected, concat, nested, repeated] = large;
    assert!(selected < 512, "select: {selected} bytes");
    assert!(concat < 16 << 10, "concat of 64: {concat} bytes");
    assert!(nested < 32 << 10, "concat of 128: {nested} bytes");
    assert!(repeated < 512, "repeat: {repeated} bytes");
}

#[test]
fn reading_a_range_of_a_concat_allocates_no_data() {
    let ds = wide(640_000);
    // Not in their order, or they would be one again.
    let parts: Vec<Dataset> =
        (0..64).rev().map(|at| ds.slice(at * 10_000..(at + 1) * 10_000).unwrap()).collect();
    let joined = Dataset::concat(parts).unwrap();
    let rows = Rows::span(5_000, 630_000);
    let (batch, bytes) = allocated(|| joined.read_rows(&rows, &Access::default()).unwrap());
    assert_eq!((batch.len, batch.columns[0].chunks().unwrap().len()), (630_000, 64));
    assert!(bytes < 128 << 10, "{bytes} bytes for 10 MB of rows");
}

#[test]
fn a_hundred_views_of_views_are_one() {
    let ds = wide(1000);
    let mut view = ds.clone();
    for depth in 0..100 {
        view = match depth % 5 {
            0 => view.slice(1..).unwrap(),
            1 => view.select([1, 0]).unwrap(),
            2 => view.rename(&[("score", "image_id"), ("image_id", "score")]).unwrap(),
            3 => Dataset::concat([view]).unwrap().repeat(1).unwrap(),
            _ => Dataset::new(view),
        };
    }
    assert!(Arc::ptr_eq(ds.source(), view.source()));
    assert_eq!(view.get(5).unwrap(), ds.get(25).unwrap());
    let bytes = |ds: &Dataset| allocated(|| ds.get(5).unwrap()).1;
    assert_eq!(bytes(&view), bytes(&ds));
}

#[test]
fn joins_of_joins_are_one_join() {
    let ds = wide(64);
    let pairs = |ds: Dataset| Dataset::concat([ds.slice(..7).unwrap(), ds.slice(7..).unwrap()]).unwrap();
    let mut deep = ds.clone();
    for _ in 0..50 {
        deep = pairs(deep);
    }
    assert_eq!(deep.list().unwrap(), ds.list().unwrap());
    let bytes = |ds: &Dataset, row: u64| {
        let keys: Vec<_> = ds.keys().indices().collect();
        let rows = Rows::one(row);
        allocated(|| ds.read(&rows, &keys, &Access::default()).unwrap()).1
    };
    assert_eq!(bytes(&deep, 40), bytes(&pairs(ds.clone()), 40));
    let mut zipped = ds.select(["score"]).unwrap();
    for _ in 0..50 {
        zipped = Dataset::zip([zipped.select([0]).unwrap(), ds.clone()]).unwrap();
    }
    let shallow = Dataset::zip([ds.select(["score"]).unwrap(), ds.clone()]).unwrap();
    assert_eq!(bytes(&zipped.select(0).unwrap(), 40), bytes(&shallow.select(0).unwrap(), 40));
    let thrice = ds.repeat(3).unwrap().repeat(5).unwrap().repeat(7).unwrap();
    assert_eq!(bytes(&thrice, 40), bytes(&ds.repeat(105).unwrap(), 40));
}
