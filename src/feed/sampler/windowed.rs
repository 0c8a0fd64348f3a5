//! Shards in a random order, and rows in a random order among a few shards at a time: [`Windows`].

use super::permutation::Permutation;

/// An order that reads a window of shards at a time, each shard once.
#[derive(Debug)]
pub(super) struct Windows {
    /// The row each shard begins with, in the order of visits.
    firsts: Vec<u64>,
    /// How many rows the shards up to each hold together, in the order of visits.
    ends: Vec<u64>,
    window: usize,
    key: [u64; 3],
}

impl Windows {
    /// `shards` are numbers of rows that add up without overflow; `window` is at least 1.
    pub(super) fn new(shards: &[u64], window: u64, key: [u64; 3]) -> Windows {
        let [seed, epoch, purpose] = key;
        let mut first = 0;
        let begins = shards.iter().map(|rows| {
            first += rows;
            first - rows
        });
        let begins: Vec<u64> = begins.collect();
        let order = Permutation::new(shards.len() as u64, &[seed, epoch, purpose, 0]);
        let visited = (0..shards.len() as u64).map(|place| order.get(place) as usize);
        let mut end = 0;
        let (firsts, ends) = visited
            .map(|shard| {
                end += shards[shard];
                (begins[shard], end)
            })
            .unzip();
        Windows { firsts, ends, window: usize::try_from(window).unwrap_or(usize::MAX), key }
    }

    pub(super) fn len(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    pub(super) fn row(&self, position: u64) -> u64 {
        let [seed, epoch, purpose] = self.key;
        let window = self.shard_at(position) / self.window;
        // The first shard of the window is one of ours, the one after its last may be beyond them.
        let from = self.rows_before(window * self.window);
        let to = self.rows_before((window * self.window).saturating_add(self.window).min(self.ends.len()));
        let order = Permutation::new(to - from, &[seed, epoch, purpose, 1, window as u64]);
        let place = from + order.get(position - from);
        let shard = self.shard_at(place);
        self.firsts[shard] + (place - self.rows_before(shard))
    }

    /// Which of the visited shards has the place; shards without rows have none.
    fn shard_at(&self, place: u64) -> usize {
        self.ends.partition_point(|end| *end <= place)
    }

    fn rows_before(&self, shard: usize) -> u64 {
        shard.checked_sub(1).map_or(0, |before| self.ends[before])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: [u64; 3] = [8, 1, 0];

    /// The same order, by lists of rows.
    fn listed(shards: &[u64], window: usize) -> Vec<u64> {
        let [seed, epoch, purpose] = KEY;
        let mut rows = 0u64..;
        let shards: Vec<Vec<u64>> =
            shards.iter().map(|n| rows.by_ref().take(*n as usize).collect()).collect();
        let order = Permutation::new(shards.len() as u64, &[seed, epoch, purpose, 0]);
        let visited: Vec<&Vec<u64>> =
            (0..shards.len() as u64).map(|i| &shards[order.get(i) as usize]).collect();
        let windows = visited.chunks(window).zip(0u64..).map(|(shards, number)| {
            let rows: Vec<u64> = shards.iter().flat_map(|rows| rows.iter().copied()).collect();
            let order = Permutation::new(rows.len() as u64, &[seed, epoch, purpose, 1, number]);
            (0..rows.len() as u64).map(|i| rows[order.get(i) as usize]).collect::<Vec<u64>>()
        });
        windows.collect::<Vec<_>>().concat()
    }

    proptest! {
        #[test]
        fn any_row_is_the_one_that_lists_of_rows_give(
            shards in proptest::collection::vec(0u64..20, 0..20),
            window in 1u64..25,
        ) {
            let windows = Windows::new(&shards, window, KEY);
            let rows: Vec<u64> = (0..windows.len()).map(|i| windows.row(i)).collect();
            prop_assert_eq!(&rows, &listed(&shards, window as usize));
            let mut sorted = rows;
            sorted.sort_unstable();
            prop_assert!(sorted.into_iter().eq(0..shards.iter().sum()));
        }
    }

    #[test]
    fn rows_of_a_shard_stay_as_near_as_is_said() {
        let (shards, rows, window) = (64u64, 50u64, 8u64);
        let n = (shards * rows) as f64;
        let windows = Windows::new(&vec![rows; shards as usize], window, KEY);
        let mut visit = vec![0u64; n as usize];
        (0..windows.len()).for_each(|i| visit[windows.row(i) as usize] = i);
        let pairs = visit.chunks(rows as usize).flat_map(|shard| shard.windows(2));
        let apart: Vec<f64> = pairs.map(|pair| pair[0].abs_diff(pair[1]) as f64).collect();
        let mean = apart.iter().sum::<f64>() / apart.len() as f64;
        let said = ((window * rows) as f64 + 1.0) / (n + 1.0);
        let found = mean / ((n + 1.0) / 3.0);
        assert!((found / said - 1.0).abs() < 0.05, "{found} of a full shuffle, {said} is said");
    }

    #[test]
    fn a_window_wider_than_all_shards_is_one_shuffle() {
        let windows = Windows::new(&[3, 0, 4], u64::MAX, KEY);
        let mut rows: Vec<u64> = (0..7).map(|i| windows.row(i)).collect();
        rows.sort_unstable();
        assert_eq!(rows, (0..7).collect::<Vec<u64>>());
    }
}
