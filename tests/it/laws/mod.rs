//! The laws of sources: what every kind of source owes to those who read it.
//!
//! [`check`] takes any source, with as much as its maker can say of it: a plain twin (what every cell holds),
//! a watch (which cells of which leaf a read may touch), the keys whose ranges share buffers. The laws
//! themselves are in `rules`, one function a law. `plan` draws sources of every kind nested in one another,
//! with their twins; `probe` is the leaf that tells what was asked of it.

mod kinds;
mod leaves;
pub(crate) mod plan;
pub(crate) mod probe;
mod rules;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use lensframe::dataset::{
    Access, Column, Dataset, KeyIndex, KeySelection, Kind, Rows, Selector, Slice, Source, Value,
};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

use probe::{Touch, Watch};

/// A value, or the fact that asking for it fails the row.
pub(crate) type Cell = Result<Value, Failed>;

/// That a row could not be read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Failed;

/// A source and what is known of it.
pub(crate) struct Fixture {
    source: Arc<dyn Source>,
    /// A row of cells a row of the source; read cell by cell if the maker does not know it.
    twin: Vec<Vec<Cell>>,
    watch: Option<Watch>,
    /// For each row and key, the cells of leaves that it is made of.
    origins: Vec<Vec<BTreeSet<Touch>>>,
    /// Keys of which a range gives the buffers of the whole.
    shared: BTreeSet<usize>,
    /// Keys that differ from epoch to epoch.
    random: BTreeSet<usize>,
}

impl Fixture {
    /// A source of which nothing is known: what single cells read as is the measure of larger reads.
    pub(crate) fn new(source: Arc<dyn Source>) -> Fixture {
        let cell = |row: usize, key: usize| {
            let rows = Rows::one(row as u64);
            rules::seen(&*source, &rows, &[key]).remove(0).map(|mut values| values.remove(0))
        };
        let keys = source.keys().len();
        let twin = (0..source.len()).map(|row| (0..keys).map(|key| cell(row, key)).collect()).collect();
        Fixture::known(source, twin)
    }

    /// A source of which it is known what every cell holds, a row of cells a row.
    pub(crate) fn known(source: Arc<dyn Source>, twin: Vec<Vec<Cell>>) -> Fixture {
        let (shared, random) = (BTreeSet::new(), BTreeSet::new());
        Fixture { source, twin, watch: None, origins: Vec::new(), shared, random }
    }

    /// Says which keys' ranges share the buffers of the whole.
    pub(crate) fn with_shared(mut self, keys: impl IntoIterator<Item = usize>) -> Fixture {
        self.shared = keys.into_iter().collect();
        self
    }

    /// Says which keys differ from epoch to epoch.
    pub(crate) fn with_random(mut self, keys: impl IntoIterator<Item = usize>) -> Fixture {
        self.random = keys.into_iter().collect();
        self
    }

    /// Gives the record of what is asked of the leaves, and which of their cells each cell is made of.
    pub(crate) fn with_watch(mut self, watch: Watch, origins: Vec<Vec<BTreeSet<Touch>>>) -> Fixture {
        self.watch = Some(watch);
        self.origins = origins;
        self
    }

    fn dataset(&self) -> Dataset {
        Dataset::from_arc(Arc::clone(&self.source))
    }

    /// What reading these keys of these rows gives.
    fn want(&self, rows: &[u64], keys: &[usize]) -> Vec<Result<Vec<Value>, Failed>> {
        let row = |row: &u64| keys.iter().map(|key| self.twin[*row as usize][*key].clone()).collect();
        rows.iter().map(row).collect()
    }

    fn all_rows(&self) -> Vec<u64> {
        (0..self.source.len() as u64).collect()
    }

    fn all_keys(&self) -> Vec<usize> {
        (0..self.source.keys().len()).collect()
    }
}

/// What a law is tried with.
#[derive(Clone, Debug)]
pub(crate) struct Draw {
    slices: [Slice; 2],
    takes: [Vec<Index>; 2],
    keys: Vec<Index>,
    cuts: [Index; 2],
    times: usize,
}

impl Draw {
    /// Positions below `len`; none if it is 0.
    fn positions(indices: &[Index], len: usize) -> Vec<u64> {
        let some = if len == 0 { &[] } else { indices };
        some.iter().map(|i| i.index(len) as u64).collect()
    }

    fn rows(&self, fixture: &Fixture) -> Vec<u64> {
        Draw::positions(&self.takes[0], fixture.source.len())
    }

    fn keys(&self, fixture: &Fixture) -> Vec<usize> {
        let keys = Draw::positions(&self.keys, fixture.source.keys().len());
        keys.into_iter().map(|key| key as usize).collect()
    }

    /// A position up to and including `len`.
    fn cut(&self, len: usize) -> usize {
        self.cuts[0].index(len + 1)
    }

    /// A range of positions below `len`; may be empty.
    fn window(&self, len: usize) -> Range<usize> {
        let [a, b] = self.cuts.map(|cut| cut.index(len + 1));
        a.min(b)..a.max(b)
    }
}

fn slices() -> impl Strategy<Value = Slice> {
    let bound = || proptest::option::of(-14i64..14);
    let step = proptest::option::of(proptest::sample::select(vec![-3i64, -2, -1, 1, 2, 3]));
    (bound(), bound(), step).prop_map(|(start, stop, step)| Slice { start, stop, step })
}

/// Everything a law can be tried with.
pub(crate) fn draws() -> impl Strategy<Value = Draw> {
    let some = || proptest::collection::vec(any::<Index>(), 0..12);
    let keys = proptest::collection::vec(any::<Index>(), 0..5);
    (slices(), slices(), some(), some(), keys, any::<[Index; 2]>(), 0usize..4).prop_map(
        |(first, second, take, retake, keys, cuts, times)| Draw {
            slices: [first, second],
            takes: [take, retake],
            keys,
            cuts,
            times,
        },
    )
}

/// Checks every law on a source, made anew for each of some dozens of random draws.
pub(crate) fn check(make: impl Fn() -> Fixture) {
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&draws(), |draw| {
            hold(&make(), &draw);
            Ok(())
        })
        .unwrap();
}

/// Checks every law on one source with one draw.
pub(crate) fn hold(fixture: &Fixture, draw: &Draw) {
    for law in rules::LAWS {
        law(fixture, draw);
    }
}

/// These keys by position, as a tuple.
fn tuple(keys: &[usize]) -> KeySelection {
    KeySelection::Many(keys.iter().map(|key| Selector::Position(*key as i64)).collect())
}

fn indices(keys: &[usize]) -> Vec<KeyIndex> {
    keys.iter().copied().map(KeyIndex).collect()
}
