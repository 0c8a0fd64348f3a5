//! Which batches of an epoch one rank feeds: [`Share`].
//!
//! Ranks take turns over one global sequence. In a round each rank has one batch, so that after k rounds the first
//! k · world batches are finished, and what is left can be shared anew by any other number of ranks.

use crate::error::{Error, ErrorKind, Place, Result};

use super::plan::Uneven;

/// The batches of one rank, as global indices that rise by the number of ranks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The first batch of the first round.
    from: u64,
    /// Behind the last batch of all ranks.
    end: u64,
    rank: u64,
    world: u64,
}

impl Share {
    pub(super) fn new(done: u64, batches: u64, uneven: Uneven, rank: u32, world: u32) -> Result<Share> {
        if rank >= world {
            let what = format!("there is no rank {rank} of {world}");
            return Err(Error::new(ErrorKind::Usage, what)
                .at(Place::area("feed"))
                .remedy("ranks are counted from 0 and are fewer than the world is large"));
        }
        let (rank, world) = (u64::from(rank), u64::from(world));
        let left = batches.saturating_sub(done);
        let shared = match uneven {
            Uneven::Exact => left,
            Uneven::Drop => left - left % world,
            Uneven::Pad => left.div_ceil(world).saturating_mul(world),
            Uneven::Error if left.is_multiple_of(world) => left,
            Uneven::Error => {
                let over = left % world;
                let what =
                    format!("{left} batches cannot be shared evenly by {world} ranks, {over} are left over");
                return Err(Error::new(ErrorKind::Usage, what).at(Place::area("feed")).remedy(
                    "choose another batch size, or 'uneven': 'drop' leaves them out, 'pad' fills the round, \
                     'exact' gives some ranks one less",
                ));
            }
        };
        Ok(Share { from: done, end: done.saturating_add(shared), rank, world })
    }

    /// Behind the last batch that any rank feeds: how many batches of the epoch are finished when all are.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// How many batches this rank has. The same for all ranks, but under [`Uneven::Exact`], where it may be one
    /// less for the higher.
    pub fn len(&self) -> u64 {
        (self.end - self.from).saturating_sub(self.rank).div_ceil(self.world)
    }

    /// True if this rank has no batches.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The global index of this rank's batch in a round, counted from 0.
    pub fn index(&self, round: u64) -> Option<u64> {
        (round < self.len()).then(|| self.from + self.rank + round * self.world)
    }

    /// The global indices of this rank's batches, rising.
    pub fn indices(self) -> impl Iterator<Item = u64> {
        (0..self.len()).map_while(move |round| self.index(round))
    }

    /// How many batches of the epoch are finished, over all ranks, when every rank has finished so many rounds, or
    /// all it has. The number to save: the least of rounds over ranks.
    pub fn done(&self, rounds: u64) -> u64 {
        rounds.saturating_mul(self.world).saturating_add(self.from).min(self.end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn uneven() -> impl Strategy<Value = Uneven> {
        proptest::sample::select(vec![Uneven::Drop, Uneven::Pad, Uneven::Error, Uneven::Exact])
    }

    proptest! {
        #[test]
        fn ranks_part_what_is_left_among_them(
            done in 0u64..50,
            batches in 0u64..60,
            world in 1u32..9,
            uneven in uneven(),
        ) {
            let left = batches.saturating_sub(done);
            let shares: Result<Vec<Share>> =
                (0..world).map(|rank| Share::new(done, batches, uneven, rank, world)).collect();
            let Ok(shares) = shares else {
                prop_assert!(uneven == Uneven::Error && left % u64::from(world) != 0);
                return Ok(());
            };
            let mut all: Vec<u64> = shares.iter().flat_map(|share| share.indices()).collect();
            all.sort_unstable();
            let end = shares[0].end();
            prop_assert!(all.into_iter().eq(done..end), "each batch of one rank");
            let lens: Vec<u64> = shares.iter().map(Share::len).collect();
            let spread = lens[0] - lens[world as usize - 1];
            prop_assert!(spread <= u64::from(uneven == Uneven::Exact), "{:?}", lens);
            match uneven {
                Uneven::Drop => prop_assert!(end <= done.max(batches) && batches.saturating_sub(end) < u64::from(world)),
                Uneven::Pad => prop_assert!(end >= batches && end.saturating_sub(done.max(batches)) < u64::from(world)),
                Uneven::Error | Uneven::Exact => prop_assert_eq!(end, done.max(batches)),
            }
            for rounds in 0..lens[0] {
                prop_assert_eq!(shares[0].done(rounds), done + rounds * u64::from(world));
            }
            prop_assert_eq!(shares[0].done(lens[0]), end);
        }

        #[test]
        fn no_numbers_overflow(done: u64, batches: u64, rank: u32, world: u32, round: u64, uneven in uneven()) {
            if let Ok(share) = Share::new(done, batches, uneven, rank, world) {
                let _ = (share.len(), share.index(round), share.done(round), share.indices().next());
                if let Some(last) = share.len().checked_sub(1) {
                    prop_assert!(share.index(last).is_some_and(|index| index < share.end()));
                }
            }
        }
    }

    #[test]
    fn an_error_says_the_counts_and_what_to_do() {
        let error = Share::new(0, 10, Uneven::Error, 0, 4).unwrap_err().to_string();
        assert!(error.contains("10 batches cannot be shared evenly by 4 ranks, 2 are left over"), "{error}");
        assert!(error.contains("'drop'") && error.contains("'pad'"), "{error}");
        assert!(Share::new(0, 8, Uneven::Drop, 4, 4).unwrap_err().to_string().contains("no rank 4 of 4"));
        assert!(Share::new(0, 8, Uneven::Drop, 0, 0).is_err());
    }
}
