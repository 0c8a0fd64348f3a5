//! The batches of one epoch: [`Epoch`], and one of them: [`Batch`].
//!
//! A batch is found at any index without those before it. An epoch is read from many threads at once and changes
//! nothing.

use crate::error::Result;
use crate::random::Random;

use super::aspect_groups::AspectBatches;
use super::fingerprint::Fingerprint;
use super::order::Order;
use super::plan::{Last, Uneven};
use super::share::Share;
use super::state::State;

/// Names the stream of random numbers that stand-ins are drawn from.
const STAND_IN: u64 = u64::from_le_bytes(*b"stand-in");

/// Some rows to be fed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Which batch of the epoch it is, over all ranks. With the place in the batch it names a visit: what
    /// augmentation should be keyed by, as a row may be visited more than once.
    pub index: u64,
    /// The rows, in order.
    pub rows: Vec<u64>,
    /// True if the batch was fed before and only fills the last round of ranks.
    pub padded: bool,
}

/// What an epoch runs through.
#[derive(Debug)]
pub(super) enum Course {
    /// An order of rows, cut into batches.
    Rows { order: Order, batch: u64, last: Last },
    /// An order of batches.
    Batches(AspectBatches),
}

/// The batches of one epoch, in an order that does not depend on how many ranks share them.
///
/// ```
/// use lensframe::feed::sampler::{Facts, Plan, Sampler};
/// let epoch = Plan::new(Sampler::Sequential, 4).epoch(&Facts::of(10), 0)?;
/// let batches: Vec<Vec<u64>> = (0..epoch.batches()).filter_map(|i| epoch.batch(i)).map(|b| b.rows).collect();
/// assert_eq!(batches, [vec![0, 1, 2, 3], vec![4, 5, 6, 7], vec![8, 9]]);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Debug)]
pub struct Epoch {
    course: Course,
    batches: u64,
    seed: u64,
    number: u64,
    uneven: Uneven,
    fingerprint: Fingerprint,
}

impl Epoch {
    pub(super) fn new(course: Course, key: [u64; 3], uneven: Uneven, fingerprint: Fingerprint) -> Epoch {
        let batches = match &course {
            Course::Rows { order, batch, last } => match (order.len(), last) {
                (Some(rows), Last::Keep) => rows.div_ceil(*batch),
                (Some(rows), Last::Drop) => rows / batch,
                // As many as positions of 64 bits can hold: at a million rows a second, for 600,000 years.
                (None, _) => u64::MAX / batch,
            },
            Course::Batches(batches) => batches.len(),
        };
        Epoch { course, batches, seed: key[0], number: key[1], uneven, fingerprint }
    }

    /// Which epoch it is, counted from 0.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// How many batches there are, before ranks share them. Where there is no end, more than can ever be fed.
    pub fn batches(&self) -> u64 {
        self.batches
    }

    /// True if passes over the rows follow each other without an end ([`super::Sampler::Infinite`]).
    pub fn is_endless(&self) -> bool {
        matches!(&self.course, Course::Rows { order, .. } if order.len().is_none())
    }

    /// The batch at a global index, in time that does not depend on the index. Under [`Uneven::Pad`] batches beyond
    /// the last are those from the first on again, marked as padded; else there are none.
    pub fn batch(&self, index: u64) -> Option<Batch> {
        let source = self.source(index)?;
        Some(Batch { index, rows: self.rows(source), padded: source != index })
    }

    /// Which batch of the order is fed at an index.
    fn source(&self, index: u64) -> Option<u64> {
        let pads = self.uneven == Uneven::Pad && self.batches > 0;
        if index < self.batches { Some(index) } else { pads.then(|| index % self.batches) }
    }

    fn rows(&self, index: u64) -> Vec<u64> {
        match &self.course {
            Course::Rows { order, batch, .. } => {
                let from = index * batch;
                let to = from.saturating_add(*batch).min(order.len().unwrap_or(u64::MAX));
                (from..to).map(|position| order.row(position)).collect()
            }
            Course::Batches(batches) => batches.rows(index),
        }
    }

    /// A row to feed in place of one that cannot be read: a row that this epoch visits, for [`Sampler::AspectGroups`]
    /// of the same shape. A pure function of the batch, the place in it and the attempt, counted from 0, so that
    /// every machine puts the same row there; it may be as bad, then the next attempt gives another. None for a batch
    /// that is not there.
    ///
    /// [`Sampler::AspectGroups`]: super::Sampler::AspectGroups
    pub fn stand_in(&self, index: u64, place: u64, attempt: u64) -> Option<u64> {
        let source = self.source(index)?;
        let mut random = Random::keyed(&[self.seed, self.number, STAND_IN, index, place, attempt]);
        match &self.course {
            Course::Rows { order, .. } => {
                Some(order.row(random.below(order.len().unwrap_or(self.fingerprint.rows))))
            }
            Course::Batches(batches) => {
                let alike = batches.alike(source);
                alike.get(random.below(alike.len() as u64) as usize).copied()
            }
        }
    }

    /// The batches of rank `rank`, counted from 0, of `world` ranks: `rank`, `rank + world`, … by the rule of
    /// [`Uneven`].
    ///
    /// # Errors
    /// `Usage` if there is no such rank, or under [`Uneven::Error`] if batches are left over.
    pub fn share(&self, rank: u32, world: u32) -> Result<Share> {
        self.share_after(0, rank, world)
    }

    /// The batches of a rank after the first `done` of the epoch are finished, on whatever number of ranks they
    /// were: `done + rank`, `done + rank + world`, … The rule of [`Uneven`] is applied to what is left.
    ///
    /// # Errors
    /// As for [`Epoch::share`].
    pub fn share_after(&self, done: u64, rank: u32, world: u32) -> Result<Share> {
        // Without an end there is always another round; nothing is left over that could be missed.
        let uneven = if self.is_endless() { Uneven::Drop } else { self.uneven };
        Share::new(done, self.batches, uneven, rank, world)
    }

    /// How many batches a rank has: [`Epoch::share`]'s length.
    ///
    /// # Errors
    /// As for [`Epoch::share`].
    pub fn len(&self, rank: u32, world: u32) -> Result<u64> {
        Ok(self.share(rank, world)?.len())
    }

    /// What to save when the first `done` batches of the epoch are finished on all ranks: see [`Share::done`].
    pub fn state(&self, done: u64) -> State {
        State::new(self.seed, self.number, done, self.fingerprint)
    }

    /// What the order of batches depends on, in short.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// How many rows there are to choose from.
    pub(super) fn rows_in_view(&self) -> u64 {
        self.fingerprint.rows
    }
}
