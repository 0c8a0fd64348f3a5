//! [`Sink`]: where what is found goes.

mod accuracy;
mod into_set;
mod scored;

pub use accuracy::Accuracy;
pub use into_set::IntoSet;
pub use scored::Scored;

use super::found::Found;
use crate::error::Result;

/// Takes what was found in rows.
pub trait Sink {
    /// The rows of a view of this length that are wanted, in order: those that it has already are not.
    fn wanted(&self, rows: usize) -> Vec<u64> {
        (0..rows as u64).collect()
    }

    /// What was found in rows, the best first.
    ///
    /// # Errors
    /// Whatever keeps it from taking them; the run ends then.
    fn take(&mut self, rows: &[u64], found: &[Vec<Found>]) -> Result<()>;

    /// Called every few seconds, and at the end: what was taken should outlive the process.
    ///
    /// # Errors
    /// As [`Sink::take`].
    fn keep(&mut self) -> Result<()> {
        Ok(())
    }
}
