//! How an epoch becomes batches: [`Plan`], with what happens to the last batch ([`Last`]) and to numbers of batches
//! that ranks cannot share evenly ([`Uneven`]).
//!
//! Invariant: the order of batches is global. It depends on the plan, the facts and the epoch; never on how many
//! ranks, workers or threads there are.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Place, Result};

use super::aspect_groups::AspectBatches;
use super::epoch::{Course, Epoch};
use super::facts::Facts;
use super::fingerprint::Fingerprint;
use super::kind::Kind;
use super::order::Order;
use super::sampler::Sampler;
use super::state::State;

/// Names the stream of random numbers that orders are drawn from.
const ORDER: u64 = u64::from_le_bytes(*b"order\0\0\0");

/// What becomes of rows at the end of an epoch that do not fill a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Last {
    /// They make a short batch.
    #[default]
    Keep,
    /// They are left out this epoch.
    Drop,
}

/// What becomes of batches at the end of an epoch that do not make a round of all ranks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Uneven {
    /// They are left out this epoch.
    #[default]
    Drop,
    /// The round is filled with the first batches of the epoch, marked as padding.
    Pad,
    /// They are an error, before the epoch begins.
    Error,
    /// For evaluation: every row exactly once, so that some ranks have a batch less.
    Exact,
}

/// How rows become batches: everything the order depends on but the facts and the epoch.
///
/// ```
/// use lensframe::feed::sampler::{Facts, Plan, Sampler};
///
/// let plan = Plan::new(Sampler::Shuffled, 32).seed(7);
/// let epoch = plan.epoch(&Facts::of(1000), 0)?;
/// assert_eq!(epoch.batches(), 32);                    // 31 of 32 rows, one of 8
///
/// // Ranks take turns: rank 1 of 3 has batches 1, 4, 7, …, and as many as the others.
/// let share = epoch.share(1, 3)?;
/// assert_eq!((share.len(), share.index(0), share.index(9)), (10, Some(1), Some(28)));
///
/// // After five rounds of three the epoch is saved, and goes on with two ranks.
/// let text = epoch.state(share.done(5)).to_string();
/// let (epoch, done) = plan.resume(&Facts::of(1000), &text.parse()?)?;
/// assert_eq!(epoch.share_after(done, 0, 2)?.index(0), Some(15));
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Which rows, in which order.
    pub sampler: Sampler,
    /// How many rows make a batch, from 1 to 2³² − 1.
    pub batch: usize,
    /// What becomes of rows that do not fill a batch; kept by default.
    #[serde(default)]
    pub last: Last,
    /// What becomes of batches that do not make a round of ranks; left out by default.
    #[serde(default)]
    pub uneven: Uneven,
    /// What all chance is drawn from; 0 by default.
    #[serde(default)]
    pub seed: u64,
}

impl Plan {
    /// Batches of so many rows, with the defaults for all else.
    pub fn new(sampler: Sampler, batch: usize) -> Plan {
        Plan { sampler, batch, last: Last::Keep, uneven: Uneven::Drop, seed: 0 }
    }

    /// The plan with this seed.
    #[must_use]
    pub fn seed(self, seed: u64) -> Plan {
        Plan { seed, ..self }
    }

    /// The plan for evaluation on any number of ranks: rows as they lie, each exactly once.
    pub fn evaluation(batch: usize) -> Plan {
        Plan { uneven: Uneven::Exact, ..Plan::new(Sampler::Sequential, batch) }
    }

    /// The batches of an epoch, counted from 0. Cheap for samplers that hold nothing; at most some hundred
    /// nanoseconds a row or label for the others.
    ///
    /// # Errors
    /// `Key` for a fact that is needed and absent, `Length` for one of another number of rows, `Usage` for
    /// parameters that make no sense or contradict each other.
    pub fn epoch(&self, facts: &Facts<'_>, epoch: u64) -> Result<Epoch> {
        let fingerprint = Fingerprint::of(self, self.checked_batch()?, facts);
        let batch = u64::from(fingerprint.batch);
        let key = [self.seed, epoch, ORDER];
        let course = match &self.sampler {
            Sampler::AspectGroups { edges, remainder } if facts.rows > 0 => {
                let aspect = facts.aspect_for(Kind::AspectGroups)?;
                let batches = AspectBatches::new(aspect, edges, (batch, self.last), *remainder, key);
                Course::Batches(batches)
            }
            sampler => Course::Rows { order: Order::new(sampler, facts, key)?, batch, last: self.last },
        };
        Ok(Epoch::new(course, key, self.uneven, fingerprint))
    }

    /// The epoch that a state was saved in, and how many of its batches were finished: what
    /// [`Epoch::share_after`] is to be given. Takes as long as [`Plan::epoch`].
    ///
    /// # Errors
    /// `Mismatch` if the state is of another plan or of other rows; it says what differs. Else as for
    /// [`Plan::epoch`].
    pub fn resume(&self, facts: &Facts<'_>, state: &State) -> Result<(Epoch, u64)> {
        let epoch = self.epoch(facts, state.epoch())?;
        state.check(self.seed, epoch.fingerprint())?;
        Ok((epoch, state.done()))
    }

    /// The size of a batch, once the plan by itself makes sense.
    fn checked_batch(&self) -> Result<u32> {
        let wrong = |what: &str, remedy: &str| {
            Err(Error::new(ErrorKind::Usage, what).at(Place::area("feed")).remedy(remedy))
        };
        self.sampler.check()?;
        if self.uneven == Uneven::Exact && !self.sampler.visits_each_row_once() {
            return wrong(
                &format!("'exact' gives every row once, the sampler '{}' does not", self.sampler.kind()),
                "choose 'sequential', 'shuffled', 'windowed', or 'aspect_groups' with remainder 'short'",
            );
        }
        if self.uneven == Uneven::Exact && self.last == Last::Drop {
            return wrong(
                "'exact' gives every row once, 'last: drop' leaves some out",
                "keep the last batch",
            );
        }
        match u32::try_from(self.batch) {
            Ok(0) => wrong("a batch of 0 rows never ends an epoch", "choose a batch of at least 1"),
            Ok(batch) => Ok(batch),
            Err(_) => wrong("a batch has more than 4294967295 rows", "choose a smaller batch"),
        }
    }
}
