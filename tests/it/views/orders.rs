//! Shuffles, splits and class balance.

use std::collections::BTreeSet;

use lensframe::dataset::{Column, Dataset, Key, Table, Value};
use lensframe::error::ErrorKind;
use lensframe::job::Job;
use proptest::prelude::*;

use super::{bare, kind};

fn numbers(len: i64) -> Dataset {
    Dataset::zip([(0..len).collect::<Vec<_>>()]).unwrap().select(0).unwrap()
}

fn listed(ds: &Dataset) -> Vec<u64> {
    ds.rows().iter().collect()
}

#[test]
fn a_shuffle_is_a_permutation_that_the_seed_decides() {
    let ds = numbers(1000);
    let (a, b) = (ds.shuffle(1), ds.shuffle(2));
    assert_eq!(listed(&a), listed(&ds.shuffle(1)));
    assert_ne!(listed(&a), listed(&b));
    assert_eq!(listed(&a).into_iter().collect::<BTreeSet<_>>().len(), 1000);
    let twice = ds.slice(100..200).unwrap().shuffle(1);
    assert!(listed(&twice).iter().all(|row| (100..200).contains(row)));
}

#[test]
fn a_shuffle_is_the_same_on_every_machine() {
    assert_eq!(listed(&numbers(10).shuffle(42)), RECORDED_SHUFFLE_OF_TEN_BY_42);
}

/// From tests/recorded/shuffle.py: a change of the generator would change every run that people have recorded.
const RECORDED_SHUFFLE_OF_TEN_BY_42: [u64; 10] = [8, 5, 6, 2, 9, 7, 0, 3, 1, 4];

proptest! {
    #[test]
    fn the_parts_of_a_split_share_no_row_and_leave_none_out(
        len in 0i64..200,
        cuts in proptest::collection::vec(0.0f64..1.0, 0..4),
        seed in any::<u64>(),
    ) {
        let total: f64 = cuts.iter().sum::<f64>() + 0.25;
        let fractions: Vec<f64> = cuts.iter().chain([&0.25]).map(|cut| cut / total).collect();
        let ds = numbers(len);
        let parts = ds.split(lensframe::dataset::Shares::Fractions(fractions.clone()), seed).unwrap();
        let mut rows: Vec<u64> = parts.iter().flat_map(listed).collect();
        prop_assert!(parts.iter().all(|part| listed(part).is_sorted()));
        for (part, fraction) in parts.iter().zip(&fractions) {
            prop_assert!((part.len() as f64 - fraction * len as f64).abs() <= 1.0);
        }
        rows.sort_unstable();
        prop_assert_eq!(rows, listed(&ds));
    }
}

#[test]
fn splits_by_count_may_leave_rows_out() {
    let parts = numbers(10).split([3usize, 0, 4], 5).unwrap();
    assert_eq!(parts.iter().map(Dataset::len).collect::<Vec<_>>(), [3, 0, 4]);
    assert_eq!(listed(&parts[0]), listed(&numbers(10).split([3usize, 0, 4], 5).unwrap()[0]));
    assert_ne!(
        listed(&numbers(99).split([0.5], 1).unwrap()[0]),
        listed(&numbers(99).split([0.5], 2).unwrap()[0])
    );
}

#[test]
fn shares_beyond_the_whole_are_refused() {
    let ds = numbers(10);
    assert_eq!(kind(ds.split([0.7, 0.4], 0)), ErrorKind::Usage);
    assert_eq!(kind(ds.split([-0.1], 0)), ErrorKind::Usage);
    assert_eq!(kind(ds.split([f64::NAN], 0)), ErrorKind::Usage);
    assert_eq!(kind(ds.split([6usize, 5], 0)), ErrorKind::Usage);
    assert_eq!(kind(ds.split([usize::MAX, usize::MAX], 0)), ErrorKind::Usage);
    let thirds = ds.split([0.1; 10], 0).unwrap();
    assert_eq!(thirds.iter().map(Dataset::len).sum::<usize>(), 10, "ten tenths are one, rounding or not");
}

/// Ten rows: class 0 in all but the last, class 1 in row 3 alone, class 2 in rows 5 and 6; the last has none.
fn rare() -> Dataset {
    let extra = |row: i64| match row {
        3 => vec![0, 1, 1],
        5 | 6 => vec![2, 0],
        9 => vec![],
        _ => vec![0],
    };
    let labels = (0..10).map(|row| Value::from(extra(row).into_iter().map(Value::Int).collect::<Vec<_>>()));
    let rows = (0..10).map(Value::Int).collect();
    let table = Table::new([
        (Key::values("row"), Column::Values(rows)),
        (Key::values("label"), Column::Values(labels.collect())),
    ]);
    Dataset::new(table.unwrap())
}

#[test]
fn rows_of_rare_classes_repeat_by_the_square_root_rule() {
    // f(1) = 0.1 and r = sqrt(0.9 / 0.1) = 3; f(2) = 0.2 and r = sqrt(4.5) = 2.12…, so 3 times; f(0) = 0.9: once.
    let factors = rare().repeat_factors("label", 0.9, &Job::new()).unwrap();
    let want = [1.0, 1.0, 1.0, 3.0, 1.0, 4.5f64.sqrt(), 4.5f64.sqrt(), 1.0, 1.0, 1.0];
    assert!(factors.iter().zip(want).all(|(got, want)| (got - want).abs() < 1e-12), "{factors:?}");
    let balanced = rare().class_balanced("label", 0.9, &Job::new()).unwrap();
    let want = bare(&[0, 1, 2, 3, 3, 3, 4, 5, 5, 5, 6, 6, 6, 7, 8, 9]);
    assert_eq!(balanced.select("row").unwrap().list().unwrap(), want);
}

#[test]
fn a_threshold_below_every_frequency_repeats_nothing() {
    let balanced = rare().class_balanced("label", 0.05, &Job::new()).unwrap();
    assert_eq!(balanced.len(), 10);
    assert_eq!(rare().slice(..0).unwrap().class_balanced("label", 0.5, &Job::new()).unwrap().len(), 0);
}

#[test]
fn balance_needs_labels_and_a_threshold() {
    let job = Job::new();
    assert_eq!(kind(rare().class_balanced("label", f64::NAN, &job)), ErrorKind::Usage);
    assert_eq!(kind(rare().class_balanced("label", -1.0, &job)), ErrorKind::Usage);
    assert_eq!(kind(rare().class_balanced("nope", 0.1, &job)), ErrorKind::Key);
    let texts = Dataset::zip([("label", ["cat", "dog"])]).unwrap();
    assert_eq!(kind(texts.class_balanced("label", 0.1, &job)), ErrorKind::Type);
    job.cancel();
    assert_eq!(kind(rare().class_balanced("label", 0.1, &job)), ErrorKind::Cancelled);
}
