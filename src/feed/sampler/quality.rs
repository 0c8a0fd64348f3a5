//! How well an order mixes, measured: [`Quality`].

use super::epoch::Epoch;

/// How far an order is from the rows as they lie, as parts of what a full shuffle gives on average: 0 is as they lie,
/// about 1 is a shuffle.
///
/// Neither sees that rows of one shard are visited at about the same time, as [`super::Sampler::Windowed`] has it;
/// how much nearer they are is said there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// How far a row is visited from where it lies: the mean of |visit − row| over n / 3.
    pub displacement: f64,
    /// How far apart two rows lie that are visited one after the other: the mean of |row − next row| over n / 3.
    /// What makes a batch a fair sample.
    pub spread: f64,
}

/// Batches looked at, evenly over the epoch.
const MOST_BATCHES: u64 = 4096;

impl Epoch {
    /// Measures the order on at most 4096 batches of the first pass over the rows, spread evenly, each with the first
    /// row of the batch after it. None for fewer than two visits.
    pub fn quality(&self) -> Option<Quality> {
        let (mut visits, mut moved, mut pairs, mut apart) = (0u64, 0.0, 0u64, 0.0);
        let size = u64::from(self.fingerprint().batch);
        let batches = if self.is_endless() { self.rows_in_view().div_ceil(size) } else { self.batches() };
        let looked = batches.min(MOST_BATCHES);
        for nth in 0..looked {
            let index = (u128::from(nth) * u128::from(batches) / u128::from(looked)) as u64;
            let mut last = None;
            let next = self.batch(index + 1).filter(|batch| !batch.padded);
            let next = next.and_then(|batch| batch.rows.first().copied());
            let rows = self.batch(index).map(|batch| batch.rows).unwrap_or_default();
            for (visit, row) in (index * size..).zip(rows) {
                visits += 1;
                moved += visit.abs_diff(row) as f64;
                if let Some(last) = last.replace(row) {
                    pairs += 1;
                    apart += row.abs_diff(last) as f64;
                }
            }
            if let (Some(last), Some(next)) = (last, next) {
                pairs += 1;
                apart += next.abs_diff(last) as f64;
            }
        }
        let third = self.rows_in_view() as f64 / 3.0;
        (pairs > 0).then(|| Quality {
            displacement: moved / visits as f64 / third,
            spread: apart / pairs as f64 / third,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::feed::sampler::{Facts, Plan, Sampler};

    use super::*;

    fn of(sampler: Sampler, batch: usize) -> Quality {
        let shards = vec![100; 1000];
        let facts = Facts { shards: Some(&shards), ..Facts::of(100_000) };
        Plan::new(sampler, batch).epoch(&facts, 0).unwrap().quality().unwrap()
    }

    #[test]
    fn a_shuffle_is_near_one_and_rows_as_they_lie_near_nothing() {
        for batch in [1, 7, 64] {
            for shuffled in [Sampler::Shuffled, Sampler::Infinite { shuffle: true }] {
                let quality = of(shuffled, batch);
                assert!(
                    (quality.displacement - 1.0).abs() < 0.05 && (quality.spread - 1.0).abs() < 0.05,
                    "{quality:?}"
                );
            }
            let stored = of(Sampler::Sequential, batch);
            assert!(stored.displacement == 0.0 && stored.spread < 1e-4, "{stored:?}");
        }
    }

    #[test]
    fn a_narrow_window_shows_in_the_spread() {
        let (one, eight) = (of(Sampler::Windowed { window: 1 }, 64), of(Sampler::Windowed { window: 8 }, 64));
        assert!(one.spread < 0.05, "{one:?}");
        assert!((eight.spread - 7.0 / 8.0).abs() < 0.1, "{eight:?}");
    }

    #[test]
    fn a_single_visit_has_no_quality() {
        assert_eq!(Plan::new(Sampler::Shuffled, 4).epoch(&Facts::of(1), 0).unwrap().quality(), None);
        assert_eq!(Plan::new(Sampler::Shuffled, 4).epoch(&Facts::of(0), 0).unwrap().quality(), None);
    }
}
