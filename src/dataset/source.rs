//! What rows come from: the one trait behind stored tables, functions and views.

use std::any::Any;
use std::sync::LazyLock;

use arrow_buffer::Buffer;

use super::batch::Batch;
use super::keys::{KeyIndex, Keys};
use super::rows::Rows;
use super::zones::Zone;
use crate::error::Result;
use crate::job::Job;
use crate::schema::classes::ClassTable;

/// Anything with keys, a length, and values for rows.
///
/// Laws, checked over every kind by `tests/it/laws`: `read` touches only the keys asked for; each getter runs
/// at most once a row and read; reading rows one by one, as a range or as a list gives equal values; a row
/// that fails does not fail its neighbours; the same (seed, epoch) gives the same values.
///
/// A source owns what it reads from (`Any` asks for `'static`), so that views can look for their like in it
/// and flatten.
pub trait Source: Any + Send + Sync {
    /// The keys in order.
    fn keys(&self) -> &Keys;

    /// How many rows there are.
    fn len(&self) -> usize;

    /// True if there is no row.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values of `keys` (positions in [`Source::keys`]; may repeat) for `rows`, columns in that order.
    ///
    /// # Errors
    /// For what fails as a whole: rows or keys out of range, cancellation, a file that is gone. What fails for
    /// a row alone goes to [`Batch::failed`].
    fn read(&self, rows: &Rows, keys: &[KeyIndex], access: &Access<'_>) -> Result<Batch>;

    /// Announces rows that will be read soon. Never fails, never blocks for long; by default does nothing.
    fn prefetch(&self, rows: &Rows, keys: &[KeyIndex]) {
        let _ = (rows, keys);
    }

    /// The classes that the labels of an object set point into; `""` is the default set, whose table also
    /// serves `image_label`. By default none is known. Views pass it on.
    fn classes(&self, set: &str) -> Option<&ClassTable> {
        let _ = set;
        None
    }

    /// The file that `path`, found in the image key `key` of row `row`, leads to. `None` where nothing is known
    /// of paths, which is the default. Views ask the source that the row is of.
    ///
    /// # Errors
    /// [`NotFound`](crate::error::ErrorKind::NotFound) if the path leads nowhere; the operating system's.
    fn linked(&self, row: u64, key: KeyIndex, path: &str) -> Result<Option<Buffer>> {
        let _ = (row, key, path);
        Ok(None)
    }

    /// What is known of the values of a key without reading them, for all rows in order; `None`, which is the default,
    /// where nothing is. Rows that cannot be read have no bounds.
    fn zones(&self, key: KeyIndex) -> Option<Vec<Zone>> {
        let _ = key;
        None
    }

    /// How many mapped views lie beneath, on the deepest path: what tells the random numbers of stacked maps
    /// apart. A source made of others gives the largest of theirs.
    fn map_depth(&self) -> u64 {
        0
    }
}

/// The circumstances of a read: what random functions may depend on, and the job it is part of.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    /// The run's seed.
    pub seed: u64,
    /// The pass over the data.
    pub epoch: u64,
    /// Cancellation, warnings and budgets.
    pub job: &'a Job,
}

static QUIET: LazyLock<Job> = LazyLock::new(Job::new);

impl Default for Access<'_> {
    /// Seed 0, epoch 0, a silent job that is never cancelled.
    fn default() -> Self {
        Access { seed: 0, epoch: 0, job: &QUIET }
    }
}

impl<'a> Access<'a> {
    /// Seed 0, epoch 0, in this job.
    pub fn new(job: &'a Job) -> Access<'a> {
        Access { seed: 0, epoch: 0, job }
    }
}
