//! [`contingency`]: two slices of ids to the counts of their pairs.
//!
//! Ids come in runs, so a run is counted at once: blocks of it are compared without a branch an id. Small ids
//! then index a table; others go through a small direct-mapped cache before a hash map, since few pairs make up
//! most runs. The result does not depend on which way was taken.

use std::collections::HashMap;

use crate::error::{Error, ErrorKind, Place, Result};

/// How often a truth id and a predicted id stand at the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// The id in the truth.
    pub truth: u32,
    /// The id in the prediction.
    pub predicted: u32,
    /// At how many places; at least 1.
    pub count: u64,
}

/// The pairs of ids of two maps, each once, in ascending order of truth and then of prediction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contingency {
    pairs: Vec<Pair>,
}

/// Most cells of a table that is indexed: half a megabyte of counts.
const MOST_CELLS: u64 = 1 << 16;

/// Ids compared at once in a run.
const BLOCK: usize = 32;

/// Counts the pairs of ids that stand at the same place of two slices (`u8`, `u16` or `u32`).
///
/// ```
/// use lensframe::eval::contingency::{Pair, contingency};
/// let found = contingency(&[7u8, 7, 7, 0], &[70_000u32, 70_000, 1, 1])?;
/// let pair = |truth, predicted, count| Pair { truth, predicted, count };
/// assert_eq!(found.pairs(), [pair(0, 1, 1), pair(7, 1, 1), pair(7, 70_000, 2)]);
/// assert_eq!(found.count(7, 70_000), 2);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Length`] if the slices are not equally long.
pub fn contingency<T, P>(truth: &[T], predicted: &[P]) -> Result<Contingency>
where
    T: Copy + Ord + Into<u32>,
    P: Copy + Ord + Into<u32>,
{
    if truth.len() != predicted.len() {
        let what = format!("{} truth ids and {} predicted ids", truth.len(), predicted.len());
        return Err(Error::new(ErrorKind::Length, what).at(Place::area("contingency")));
    }
    let side = |most: Option<u32>| most.map_or(0, |most| u64::from(most) + 1);
    let rows = side(truth.iter().max().map(|id| (*id).into()));
    let columns = side(predicted.iter().max().map(|id| (*id).into()));
    let pairs = match rows.checked_mul(columns) {
        // A table larger than the map costs more to clear than it saves.
        Some(cells) if cells <= MOST_CELLS && cells <= truth.len() as u64 * 2 => {
            tabled(truth, predicted, cells as usize, columns as usize)
        }
        _ => hashed(truth, predicted),
    };
    Ok(Contingency { pairs })
}

impl Contingency {
    /// The pairs in ascending order of truth and then of prediction.
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// How often this pair occurs; 0 if it does not.
    pub fn count(&self, truth: u32, predicted: u32) -> u64 {
        let at = self.pairs.binary_search_by_key(&(truth, predicted), |pair| (pair.truth, pair.predicted));
        at.map_or(0, |at| self.pairs[at].count)
    }

    /// Every truth id with its area, ascending.
    pub fn truth_areas(&self) -> Vec<(u32, u64)> {
        let mut areas: Vec<(u32, u64)> = Vec::new();
        for pair in &self.pairs {
            match areas.last_mut() {
                Some((id, area)) if *id == pair.truth => *area += pair.count,
                _ => areas.push((pair.truth, pair.count)),
            }
        }
        areas
    }

    /// Every predicted id with its area, ascending.
    pub fn predicted_areas(&self) -> Vec<(u32, u64)> {
        let mut counts: Vec<(u32, u64)> =
            self.pairs.iter().map(|pair| (pair.predicted, pair.count)).collect();
        counts.sort_unstable();
        counts.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0 };
            same
        });
        counts
    }
}

/// Hands every run of one pair to `visit`: truth, prediction, length.
#[inline]
fn runs<T, P>(truth: &[T], predicted: &[P], mut visit: impl FnMut(u32, u32, u64))
where
    T: Copy + PartialEq + Into<u32>,
    P: Copy + PartialEq + Into<u32>,
{
    let len = truth.len();
    let mut from = 0;
    while from < len {
        let (t, p) = (truth[from], predicted[from]);
        let mut to = from + 1;
        while to < len && truth[to] == t && predicted[to] == p {
            let end = to + BLOCK;
            let whole = end <= len && all(&truth[to..end], t) && all(&predicted[to..end], p);
            to = if whole { end } else { to + 1 };
        }
        visit(t.into(), p.into(), (to - from) as u64);
        from = to;
    }
}

/// True if all of a block are `id`, found without a branch an id.
#[inline]
fn all<T: Copy + PartialEq>(block: &[T], id: T) -> bool {
    block.iter().fold(true, |same, other| same & (*other == id))
}

fn tabled<T, P>(truth: &[T], predicted: &[P], cells: usize, columns: usize) -> Vec<Pair>
where
    T: Copy + PartialEq + Into<u32>,
    P: Copy + PartialEq + Into<u32>,
{
    let mut table = vec![0u64; cells];
    runs(truth, predicted, |t, p, long| table[t as usize * columns + p as usize] += long);
    let seen = table.into_iter().enumerate().filter(|(_, count)| *count > 0);
    seen.map(|(at, count)| Pair { truth: (at / columns) as u32, predicted: (at % columns) as u32, count })
        .collect()
}

fn hashed<T, P>(truth: &[T], predicted: &[P]) -> Vec<Pair>
where
    T: Copy + PartialEq + Into<u32>,
    P: Copy + PartialEq + Into<u32>,
{
    let mut recent = vec![(0u64, 0u64); 1 << RECENT_BITS];
    let mut table: HashMap<u64, u64> = HashMap::new();
    runs(truth, predicted, |t, p, long| {
        let pair = u64::from(t) << 32 | u64::from(p);
        // Fibonacci hashing: the top bits of the product depend on all bits of the pair.
        let slot = &mut recent[(pair.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - RECENT_BITS)) as usize];
        if slot.0 != pair {
            if slot.1 > 0 {
                *table.entry(slot.0).or_default() += slot.1;
            }
            *slot = (pair, 0);
        }
        slot.1 += long;
    });
    for (pair, count) in recent.into_iter().filter(|(_, count)| *count > 0) {
        *table.entry(pair).or_default() += count;
    }
    let mut pairs: Vec<Pair> = table
        .into_iter()
        .map(|(pair, count)| Pair { truth: (pair >> 32) as u32, predicted: pair as u32, count })
        .collect();
    pairs.sort_unstable();
    pairs
}

/// The logarithm of how many pairs are held before the hash map.
const RECENT_BITS: u32 = 10;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::random::Random;

    /// The plain twin: one id after the other into an ordered map.
    fn plain<T: Copy + Into<u32>, P: Copy + Into<u32>>(truth: &[T], predicted: &[P]) -> Vec<Pair> {
        let mut counts: BTreeMap<(u32, u32), u64> = BTreeMap::new();
        for (t, p) in truth.iter().zip(predicted) {
            *counts.entry(((*t).into(), (*p).into())).or_default() += 1;
        }
        counts.into_iter().map(|((truth, predicted), count)| Pair { truth, predicted, count }).collect()
    }

    /// Ids in runs of about `long`, spread so that they are as large as wanted.
    fn drawn(r: &mut Random, len: usize, ids: u64, long: u64, spread: u32) -> Vec<u32> {
        let mut out = Vec::with_capacity(len);
        while out.len() < len {
            let id = (r.below(ids) as u32).wrapping_mul(spread);
            let run = 1 + r.below(long) as usize;
            out.extend(std::iter::repeat_n(id, run.min(len - out.len())));
        }
        out
    }

    #[test]
    fn counting_runs_equals_counting_pixels() {
        let mut r = Random::keyed(&[5, 1]);
        for case in 0..300 {
            let len = [0, 1, 31, 32, 33, 64, 65, 257, 4000][case % 9];
            let (ids, long) =
                (1 + r.below([2, 20, 300, 5000][case % 4]), [1, 3, 90, 5000][r.below(4) as usize]);
            let spread = [1, 1, 7919, 2_654_435_761][r.below(4) as usize];
            let truth = drawn(&mut r, len, ids, long, spread);
            let other = [1, spread][r.below(2) as usize];
            let predicted = drawn(&mut r, len, ids, long, other);
            let twin = plain(&truth, &predicted);
            let found = contingency(&truth, &predicted).unwrap();
            assert_eq!(found.pairs(), twin, "case {case}");
            assert_eq!(found.pairs().iter().map(|pair| pair.count).sum::<u64>(), len as u64);
            // Both ways, whichever the sizes would choose.
            assert_eq!(hashed(&truth, &predicted), twin, "case {case}");
            if spread == 1 {
                let bytes: Vec<u8> = truth.iter().map(|id| *id as u8).collect();
                let shorts: Vec<u16> = predicted.iter().map(|id| *id as u16).collect();
                assert_eq!(contingency(&bytes, &shorts).unwrap().pairs(), plain(&bytes, &shorts));
                let columns = shorts.iter().max().map_or(1, |most| usize::from(*most) + 1);
                assert_eq!(tabled(&bytes, &shorts, 256 * columns, columns), plain(&bytes, &shorts));
            }
        }
    }

    #[test]
    fn areas_are_sums_of_rows_and_columns() {
        let mut r = Random::keyed(&[5, 2]);
        let truth = drawn(&mut r, 3000, 40, 9, 77_777);
        let predicted = drawn(&mut r, 3000, 30, 5, 1);
        let found = contingency(&truth, &predicted).unwrap();
        let area = |ids: &[u32]| {
            let mut areas: BTreeMap<u32, u64> = BTreeMap::new();
            ids.iter().for_each(|id| *areas.entry(*id).or_default() += 1);
            areas.into_iter().collect::<Vec<_>>()
        };
        assert_eq!(found.truth_areas(), area(&truth));
        assert_eq!(found.predicted_areas(), area(&predicted));
        assert!(found.pairs().iter().all(|p| found.count(p.truth, p.predicted) == p.count));
        assert_eq!(found.count(1, 1), 0);
    }

    #[test]
    fn slices_of_two_lengths_are_refused() {
        assert_eq!(contingency(&[1u8, 2], &[1u8]).unwrap_err().kind(), ErrorKind::Length);
    }
}
