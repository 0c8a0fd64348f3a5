//! A leaf that tells what was asked of it, and the watch that listens.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use lensframe::dataset::{Access, Batch, KeyIndex, Keys, Rows, Source, Table};
use lensframe::error::{Error, ErrorKind, Place, Result};
use lensframe::schema::classes::ClassTable;

/// A cell of a leaf: a key of a table, or all the keys of one getter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Touch {
    /// Which leaf.
    pub leaf: usize,
    /// Which of its rows.
    pub row: u64,
    /// Which of its keys or getters.
    pub key: usize,
}

#[derive(Default)]
struct Log {
    touched: Vec<Touch>,
    announced: BTreeSet<Touch>,
    listening: BTreeSet<usize>,
    leaves: usize,
}

/// What was read of the leaves and announced to them since the last [`Watch::clear`].
#[derive(Clone, Default)]
pub(crate) struct Watch(Arc<Mutex<Log>>);

impl Watch {
    /// The number of a new leaf, and whether it listens to announcements.
    pub(crate) fn leaf(&self, listens: bool) -> usize {
        let mut log = self.0.lock().unwrap();
        let leaf = log.leaves;
        log.leaves += 1;
        if listens {
            log.listening.insert(leaf);
        }
        leaf
    }

    pub(crate) fn touch(&self, touch: Touch) {
        self.0.lock().unwrap().touched.push(touch);
    }

    pub(crate) fn clear(&self) {
        let mut log = self.0.lock().unwrap();
        log.touched.clear();
        log.announced.clear();
    }

    pub(crate) fn touched(&self) -> Vec<Touch> {
        self.0.lock().unwrap().touched.clone()
    }

    pub(crate) fn announced(&self) -> BTreeSet<Touch> {
        self.0.lock().unwrap().announced.clone()
    }

    pub(crate) fn listens(&self, leaf: usize) -> bool {
        self.0.lock().unwrap().listening.contains(&leaf)
    }
}

/// A table that logs each cell a read or an announcement names, once a call, and fails the cells it is told to.
pub(crate) struct Probe {
    table: Table,
    bad: BTreeSet<(u64, usize)>,
    watch: Watch,
    leaf: usize,
}

impl Probe {
    /// A probe of `table` in which cells `bad` (row, key) fail.
    pub(crate) fn new(table: Table, bad: BTreeSet<(u64, usize)>, watch: &Watch) -> Probe {
        Probe { table, bad, watch: watch.clone(), leaf: watch.leaf(true) }
    }

    /// Its number.
    pub(crate) fn leaf(&self) -> usize {
        self.leaf
    }

    fn cells(&self, rows: &Rows, keys: &[KeyIndex]) -> BTreeSet<Touch> {
        let cells = rows.iter().flat_map(|row| keys.iter().map(move |key| (row, key.0)));
        cells.map(|(row, key)| Touch { leaf: self.leaf, row, key }).collect()
    }
}

impl Source for Probe {
    fn keys(&self) -> &Keys {
        Source::keys(&self.table)
    }

    fn len(&self) -> usize {
        Source::len(&self.table)
    }

    fn read(&self, rows: &Rows, keys: &[KeyIndex], access: &Access<'_>) -> Result<Batch> {
        let mut batch = self.table.read(rows, keys, access)?;
        self.cells(rows, keys).into_iter().for_each(|touch| self.watch.touch(touch));
        let fails = |row: u64| keys.iter().any(|key| self.bad.contains(&(row, key.0)));
        let failed = rows.iter().enumerate().filter(|(_, row)| fails(*row));
        batch.failed = failed
            .map(|(at, row)| {
                (at, Error::new(ErrorKind::Corrupt, "bad cell").at(Place::area("probe").row(row)))
            })
            .collect();
        let positions: Vec<usize> = batch.failed.iter().map(|(at, _)| *at).collect();
        batch.columns = batch.columns.into_iter().map(|column| column.blank(&positions)).collect();
        Ok(batch)
    }

    fn prefetch(&self, rows: &Rows, keys: &[KeyIndex]) {
        self.watch.0.lock().unwrap().announced.extend(self.cells(rows, keys));
    }

    fn classes(&self, set: &str) -> Option<&ClassTable> {
        self.table.classes(set)
    }
}
