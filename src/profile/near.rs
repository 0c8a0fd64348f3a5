//! [`pairs`]: hashes of 64 bits that differ in few of them, without comparing each with each; [`Sets`]: who is with
//! whom.
//!
//! Multi-index hashing (Norouzi, Punjani, Fleet, "Fast Search in Hamming Space with Multi-Index Hashing", 2012): the
//! bits are cut into four bands of 16. Of two hashes that differ in at most `d` bits, one band differs in at most
//! `d / 4`: so it is enough to look up, band by band, the hashes whose band is that near.

use crate::error::Result;
use crate::job::Job;

/// Bands of a hash.
const BANDS: u32 = 4;

/// Values of a band.
const VALUES: usize = 1 << 16;

/// Calls `found` with positions `a < b` of hashes that differ in at most `distance` bits, and that number. A pair may
/// be given more than once. Hashes should be distinct: equal ones are compared with each other, each with each.
///
/// # Errors
/// Cancellation.
pub(super) fn pairs(
    hashes: &[u64],
    distance: u32,
    job: &Job,
    mut found: impl FnMut(usize, usize, u32),
) -> Result<()> {
    let reach = distance / BANDS;
    let flips: Vec<u16> = (0..=u16::MAX).filter(|flip| flip.count_ones() <= reach).collect();
    for band in 0..BANDS {
        let of = |hash: u64| (hash >> (16 * band)) as u16 as usize;
        let mut starts = vec![0_usize; VALUES + 1];
        hashes.iter().for_each(|hash| starts[of(*hash) + 1] += 1);
        (0..VALUES).for_each(|at| starts[at + 1] += starts[at]);
        let mut next = starts.clone();
        let mut order = vec![0_usize; hashes.len()];
        for (at, hash) in hashes.iter().enumerate() {
            let slot = &mut next[of(*hash)];
            order[*slot] = at;
            *slot += 1;
        }
        for (a, hash) in hashes.iter().enumerate() {
            if a.is_multiple_of(1024) {
                job.check()?;
            }
            for flip in &flips {
                let value = of(*hash) ^ usize::from(*flip);
                let bucket = &order[starts[value]..starts[value + 1]];
                // Buckets are in order of position: those before have had their turn.
                for b in &bucket[bucket.partition_point(|b| *b <= a)..] {
                    let apart = (hash ^ hashes[*b]).count_ones();
                    if apart <= distance {
                        found(a, *b, apart);
                    }
                }
            }
        }
    }
    Ok(())
}

/// Numbers 0..n in sets that are joined.
pub(super) struct Sets {
    above: Vec<usize>,
}

impl Sets {
    /// Each alone.
    pub(super) fn new(n: usize) -> Sets {
        Sets { above: (0..n).collect() }
    }

    /// Which set a number is in: its smallest member.
    pub(super) fn of(&mut self, mut at: usize) -> usize {
        while self.above[at] != at {
            self.above[at] = self.above[self.above[at]];
            at = self.above[at];
        }
        at
    }

    /// Joins the sets of two numbers.
    pub(super) fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.of(a), self.of(b));
        self.above[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn all_near_pairs_are_found_and_no_other() {
        let mut hashes: Vec<u64> = Vec::new();
        let mut state = 7_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state ^ state >> 29
        };
        for _ in 0..40 {
            let hash = random();
            hashes.push(hash);
            for flips in [1, 3, 6, 8, 11, 12] {
                hashes.push((0..flips).fold(hash, |hash, _| hash ^ 1 << (random() % 64)));
            }
        }
        for distance in [0, 1, 3, 4, 6, 8, 11] {
            let mut plain = BTreeSet::new();
            for (a, x) in hashes.iter().enumerate() {
                for (b, y) in hashes.iter().enumerate().skip(a + 1) {
                    if (x ^ y).count_ones() <= distance {
                        plain.insert((a, b, (x ^ y).count_ones()));
                    }
                }
            }
            let mut got = BTreeSet::new();
            pairs(&hashes, distance, &Job::new(), |a, b, apart| {
                got.insert((a, b, apart));
            })
            .unwrap();
            assert_eq!(got, plain, "{distance}");
        }
    }

    #[test]
    fn joined_sets_have_their_smallest_member_as_name() {
        let mut sets = Sets::new(6);
        [(4, 5), (1, 4), (0, 2)].into_iter().for_each(|(a, b)| sets.join(a, b));
        assert_eq!((0..6).map(|at| sets.of(at)).collect::<Vec<_>>(), [0, 1, 0, 3, 1, 1]);
    }
}
