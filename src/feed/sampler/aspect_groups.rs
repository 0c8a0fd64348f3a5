//! Batches of one shape of image each, in one random order: [`AspectBatches`].
//!
//! Rows of a group are shuffled and cut into batches, then the batches of all groups are shuffled: MMDetection's
//! `GroupSampler`. torchvision's `GroupedBatchSampler` differs in what it leaves out: it lets groups fill up as
//! rows come by, drops what is left and makes up the number from the fullest.

use super::permutation::Permutation;
use super::plan::Last;
use super::sampler::Remainder;

/// The batches of an epoch, each of one group.
#[derive(Debug)]
pub(super) struct AspectBatches {
    /// The rows of each group, rising.
    groups: Vec<Vec<u64>>,
    /// How many batches the groups up to each have together.
    ends: Vec<u64>,
    batch: u64,
    remainder: Remainder,
    order: Permutation,
    key: [u64; 3],
}

impl AspectBatches {
    /// `edges` rise; `batch` is at least 1.
    pub(super) fn new(
        aspect: &[f32],
        edges: &[f32],
        (batch, last): (u64, Last),
        remainder: Remainder,
        key: [u64; 3],
    ) -> AspectBatches {
        let mut groups = vec![Vec::new(); edges.len() + 1];
        for (row, ratio) in (0u64..).zip(aspect) {
            groups[edges.partition_point(|edge| edge < ratio)].push(row);
        }
        let mut end = 0;
        let ends = groups.iter().map(|rows| {
            let rows = rows.len() as u64;
            end += match (remainder, last) {
                (Remainder::Short, Last::Drop) => rows / batch,
                (Remainder::Pad, _) | (_, Last::Keep) => rows.div_ceil(batch),
            };
            end
        });
        let ends: Vec<u64> = ends.collect();
        let [seed, epoch, purpose] = key;
        let order = Permutation::new(end, &[seed, epoch, purpose, 0]);
        AspectBatches { groups, ends, batch, remainder, order, key }
    }

    /// How many batches there are.
    pub(super) fn len(&self) -> u64 {
        self.order.n()
    }

    /// The rows of batch `index`.
    pub(super) fn rows(&self, index: u64) -> Vec<u64> {
        let [seed, epoch, purpose] = self.key;
        let place = self.order.get(index);
        let group = self.group_at(place);
        let nth = place - group.checked_sub(1).map_or(0, |before| self.ends[before]);
        let members = &self.groups[group];
        let many = members.len() as u64;
        let order = Permutation::new(many, &[seed, epoch, purpose, 1, group as u64]);
        let from = nth * self.batch;
        let to = match self.remainder {
            Remainder::Pad => from + self.batch,
            Remainder::Short => many.min(from + self.batch),
        };
        (from..to).map(|i| members[order.get(i % many) as usize]).collect()
    }

    /// The rows of the same shape as those of batch `index`, rising.
    pub(super) fn alike(&self, index: u64) -> &[u64] {
        &self.groups[self.group_at(self.order.get(index))]
    }

    fn group_at(&self, place: u64) -> usize {
        self.ends.partition_point(|end| *end <= place)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: [u64; 3] = [4, 0, 0];

    /// The same batches, by making them all.
    fn made(aspect: &[f32], edges: &[f32], batch: usize, last: Last, remainder: Remainder) -> Vec<Vec<u64>> {
        let [seed, epoch, purpose] = KEY;
        let mut batches = Vec::new();
        for group in 0..=edges.len() {
            let above = |ratio: f32| edges.iter().filter(|edge| ratio > **edge).count();
            let members: Vec<u64> = (0u64..)
                .zip(aspect)
                .filter(|(_, ratio)| above(**ratio) == group)
                .map(|(row, _)| row)
                .collect();
            let order = Permutation::new(members.len() as u64, &[seed, epoch, purpose, 1, group as u64]);
            let rows: Vec<u64> = (0..members.len() as u64).map(|i| members[order.get(i) as usize]).collect();
            for full in rows.chunks(batch) {
                let mut full = full.to_vec();
                match remainder {
                    Remainder::Pad => {
                        let missing = batch - full.len();
                        full.extend(rows.iter().cycle().take(missing));
                    }
                    Remainder::Short if last == Last::Drop && full.len() < batch => continue,
                    Remainder::Short => {}
                }
                batches.push(full);
            }
        }
        let order = Permutation::new(batches.len() as u64, &[seed, epoch, purpose, 0]);
        (0..batches.len() as u64).map(|i| batches[order.get(i) as usize].clone()).collect()
    }

    proptest! {
        #[test]
        fn any_batch_is_the_one_that_making_them_all_gives(
            aspect in proptest::collection::vec(proptest::sample::select(vec![0.4f32, 0.5, 0.9, 1.0, 1.1, 2.0, 3.0]), 0..60),
            edges in proptest::sample::select(vec![vec![], vec![1.0f32], vec![0.5, 1.0, 2.0]]),
            batch in 1usize..9,
            drop: bool,
            pad: bool,
        ) {
            let last = if drop { Last::Drop } else { Last::Keep };
            let remainder = if pad { Remainder::Pad } else { Remainder::Short };
            let batches = AspectBatches::new(&aspect, &edges, (batch as u64, last), remainder, KEY);
            let rows: Vec<Vec<u64>> = (0..batches.len()).map(|i| batches.rows(i)).collect();
            prop_assert_eq!(rows, made(&aspect, &edges, batch, last, remainder));
        }
    }

    #[test]
    fn a_batch_has_one_shape_and_a_square_is_not_wide() {
        let aspect = [1.0, 1.5, 0.5, 1.0, 2.0, 1.1, 0.9];
        let batches = AspectBatches::new(&aspect, &[1.0], (2, Last::Keep), Remainder::Pad, KEY);
        assert_eq!(batches.len(), 4);
        for index in 0..4 {
            let rows = batches.rows(index);
            let wide: Vec<bool> = rows.iter().map(|row| aspect[*row as usize] > 1.0).collect();
            assert_eq!(rows.len(), 2);
            assert_eq!(wide[0], wide[1], "{rows:?}");
            assert!(rows.iter().all(|row| batches.alike(index).contains(row)));
        }
    }
}
