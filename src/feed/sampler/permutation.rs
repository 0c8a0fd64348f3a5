//! A shuffle that is computed instead of stored: [`Permutation`].
//!
//! A number below n is written as two digits of about √n each, and a Feistel network turns one digit by a hash of
//! the other, back and forth, so that each step can be taken back (Black and Rogaway 2002, *Ciphers with Arbitrary
//! Finite Domains*). The digits make at most n + √n + 1 numbers; one that is not below n goes round again until it
//! is (cycle walking), for one number in √n.
//!
//! Invariant: `get` and `inverse` undo each other, and are pure functions of n and the key. Not for cryptography:
//! orders are even as far as the tests below can see, but a key has 64 bits and n! orders are far more.

use crate::random::{Random, mix};

/// Double rounds: what orders of thousands and more need, by the tests below, with a margin.
const ROUNDS: usize = 6;
/// Double rounds for fewer numbers than [`FEW`]: digits of two or three values mix slowly.
const ROUNDS_OF_FEW: usize = 16;
const FEW: u64 = 256;

/// The numbers `0..n` in an order named by a key, with random access both ways, in under 300 bytes whatever n is.
///
/// ```
/// use lensframe::feed::sampler::Permutation;
/// let order = Permutation::new(1_000_000_000_000, &[7, 0]);
/// let row = order.get(5);
/// assert!(row < 1_000_000_000_000);
/// assert_eq!(order.inverse(row), 5);
/// ```
///
/// A number takes 12 rounds of three multiplications (32 below 256): 50 to 90 ns on a core of a server, as a read or
/// two of an index array that has left the cache, and a ten-thousandth of the decoding of an image.
#[derive(Clone, Debug)]
pub struct Permutation {
    n: u64,
    /// How many values the upper digit has. Even: rotations of an odd number of things are even permutations, and
    /// with two odd digits half of all orders would never come.
    high: u64,
    /// How many values the lower digit has.
    low: u64,
    keys: [(u64, u64); ROUNDS_OF_FEW],
    rounds: usize,
}

impl Permutation {
    /// The order of `0..n` that the key names: as a rule `[seed, epoch, purpose]`, folded as [`Random::keyed`] does.
    pub fn new(n: u64, key: &[u64]) -> Permutation {
        let root = n.isqrt();
        let high = (root + root % 2).max(2);
        let mut random = Random::keyed(key);
        let mut keys = [(0, 0); ROUNDS_OF_FEW];
        let rounds = if n < FEW { ROUNDS_OF_FEW } else { ROUNDS };
        keys[..rounds].fill_with(|| (random.next_u64(), random.next_u64()));
        Permutation { n, high, low: n.div_ceil(high).max(1), keys, rounds }
    }

    /// How many numbers are permuted.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// The number at position `i`. Positions from n on are their own numbers.
    pub fn get(&self, i: u64) -> u64 {
        self.walk(i, |at| {
            let (mut high, mut low) = (at / self.low, at % self.low);
            for &(a, b) in &self.keys[..self.rounds] {
                high = turned(high, share(mix(low ^ a), self.high), self.high);
                low = turned(low, share(mix(high ^ b), self.low), self.low);
            }
            high * self.low + low
        })
    }

    /// The position of the number `j`: `inverse(get(i)) == i`.
    pub fn inverse(&self, j: u64) -> u64 {
        self.walk(j, |at| {
            let (mut high, mut low) = (at / self.low, at % self.low);
            for &(a, b) in self.keys[..self.rounds].iter().rev() {
                low = turned(low, self.low - share(mix(high ^ b), self.low), self.low);
                high = turned(high, self.high - share(mix(low ^ a), self.high), self.high);
            }
            high * self.low + low
        })
    }

    /// Steps until the number is below n. It ends: steps permute a finite set, and the walk began below n.
    fn walk(&self, mut at: u64, step: impl Fn(u64) -> u64) -> u64 {
        if at < self.n {
            at = step(at);
            while at >= self.n {
                at = step(at);
            }
        }
        at
    }
}

/// A digit of `base` values turned on by `by`, at most `base`. Neither is above 2³², so that sums fit.
fn turned(digit: u64, by: u64, base: u64) -> u64 {
    let sum = digit + by;
    if sum >= base { sum - base } else { sum }
}

/// A hash as a number below `base`, by its upper bits. Uneven by base / 2⁶⁴, below 2⁻³².
fn share(hash: u64, base: u64) -> u64 {
    ((u128::from(hash) * u128::from(base)) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use proptest::prelude::*;

    use super::*;

    fn all(n: u64, key: &[u64]) -> Vec<u64> {
        let order = Permutation::new(n, key);
        (0..n).map(|i| order.get(i)).collect()
    }

    /// χ² of counts against an even spread, as a distance from its mean in its standard deviations.
    fn excess(counts: &[u64]) -> f64 {
        let (cells, total) = (counts.len() as f64, counts.iter().sum::<u64>() as f64);
        let expected = total / cells;
        let chi: f64 = counts.iter().map(|&count| (count as f64 - expected).powi(2) / expected).sum();
        (chi - (cells - 1.0)) / (2.0 * (cells - 1.0)).sqrt()
    }

    #[test]
    fn every_number_comes_once() {
        for n in (0..=1000).chain([65_535, 65_536, 65_537]) {
            let order = Permutation::new(n, &[n, 3]);
            let mut seen = vec![false; n as usize];
            for i in 0..n {
                let j = order.get(i);
                assert!(!std::mem::replace(&mut seen[j as usize], true), "{j} came twice of {n}");
                assert_eq!(order.inverse(j), i, "of {n}");
            }
        }
    }

    #[test]
    fn positions_outside_are_left_alone() {
        let order = Permutation::new(10, &[1]);
        assert_eq!((order.get(10), order.inverse(u64::MAX)), (10, u64::MAX));
        assert_eq!(Permutation::new(0, &[]).get(0), 0);
        assert_eq!(Permutation::new(1, &[]).get(0), 0);
    }

    proptest! {
        #[test]
        fn the_inverse_undoes_at_any_size(n in 1u64.., i: u64, key: [u64; 2]) {
            for n in [n, n >> 30, u64::MAX, u64::MAX - 1, 1 << 63, (1 << 32) - 1] {
                let order = Permutation::new(n.max(1), &key);
                let i = i % n.max(1);
                let j = order.get(i);
                prop_assert!(j < n.max(1));
                prop_assert_eq!(order.inverse(j), i);
            }
        }
    }

    #[test]
    fn every_part_of_the_key_counts() {
        let orders: HashSet<Vec<u64>> =
            [&[1, 2, 3][..], &[2, 2, 3], &[1, 3, 3], &[1, 2, 4], &[1, 2], &[3, 2, 1], &[]]
                .iter()
                .map(|key| all(100, key))
                .collect();
        assert_eq!(orders.len(), 7);
    }

    #[test]
    fn neighbouring_seeds_share_no_more_places_than_chance() {
        // Two random orders agree in one place, give or take one, whatever n is.
        let agree = |seed: u64| {
            let (a, b) = (all(1000, &[seed, 0]), all(1000, &[seed + 1, 0]));
            a.iter().zip(&b).filter(|(a, b)| a == b).count()
        };
        let total: usize = (0..400).map(agree).sum();
        assert!(total.abs_diff(400) < 6 * 20, "{total} places in 400 pairs of orders");
    }

    #[test]
    fn all_orders_of_few_are_equally_likely() {
        for (n, orders) in [(2, 2), (3, 6), (4, 24), (5, 120), (6, 720)] {
            let mut counts: BTreeMap<Vec<u64>, u64> = BTreeMap::new();
            for key in 0..orders * 200 {
                *counts.entry(all(n, &[key])).or_default() += 1;
            }
            assert_eq!(counts.len() as u64, orders);
            let excess = excess(&counts.into_values().collect::<Vec<_>>());
            assert!(excess.abs() < 5.0, "orders of {n}: χ² is {excess:.1} deviations from its mean");
        }
    }

    #[test]
    fn where_three_rows_go_is_even_on_both_sides_of_few() {
        // The places of three rows, each in 6 parts of the epoch, over keys.
        for n in [12, 60, 252, 258, 1200, 120_000] {
            let mut counts = vec![0u64; 216];
            for key in 0..216 * 200 {
                let order = Permutation::new(n, &[key, 9]);
                let part = |i| order.get(i) * 6 / n;
                counts[((part(0) * 6 + part(1)) * 6 + part(n / 2)) as usize] += 1;
            }
            // Rows keep each other out of their places: a part with k of them has k fewer left.
            let (m, all) = ((n / 6) as f64, n as f64);
            let chi: f64 = counts
                .iter()
                .enumerate()
                .map(|(cell, &count)| {
                    let parts = [cell / 36, cell / 6 % 6, cell % 6];
                    let same = |k: usize| parts[..k].iter().filter(|&&part| part == parts[k]).count() as f64;
                    let chance = (0..3).map(|k| (m - same(k)) / (all - k as f64)).product::<f64>();
                    let expected = chance * 43_200.0;
                    if expected == 0.0 { count as f64 } else { (count as f64 - expected).powi(2) / expected }
                })
                .sum();
            let cells = counts.iter().filter(|&&count| count > 0).count() as f64;
            let excess = (chi - (cells - 1.0)) / (2.0 * (cells - 1.0)).sqrt();
            assert!(excess.abs() < 5.0, "of {n}: χ² is {excess:.1} deviations from its mean");
        }
    }

    #[test]
    fn a_row_lands_anywhere() {
        // Where each of 64 parts of the rows is visited, in 64 parts of the epoch.
        for (n, keys) in [(1 << 12, 64), (118_287, 4), (1 << 18, 2)] {
            let mut counts = vec![0u64; 64 * 64];
            for key in 0..keys {
                for (i, j) in all(n, &[key, 5]).into_iter().enumerate() {
                    counts[((i as u64 * 64 / n) * 64 + j * 64 / n) as usize] += 1;
                }
            }
            let excess = excess(&counts);
            // Both margins are fixed, which alone takes 1.4 deviations off.
            assert!(excess.abs() < 5.0, "of {n}: χ² is {excess:.1} deviations from its mean");
        }
    }

    #[test]
    fn rows_move_by_a_third_of_all_and_no_lag_is_kept() {
        let n = 20_000u64;
        let mut moved = 0.0;
        let keys = 20;
        for key in 0..keys {
            let order = all(n, &[key]);
            moved += order.iter().enumerate().map(|(i, &j)| j.abs_diff(i as u64) as f64).sum::<f64>();
            let centred: Vec<f64> = order.iter().map(|&j| j as f64 - (n - 1) as f64 / 2.0).collect();
            let power: f64 = centred.iter().map(|x| x * x).sum();
            for lag in [1, 2, 3, 7, 64, 100, 141, 142, 143, 1000] {
                let product: f64 = centred.iter().zip(&centred[lag..]).map(|(a, b)| a * b).sum();
                let correlation = product / power;
                // The standard deviation is 1/√n, 0.007.
                assert!(correlation.abs() < 5.0 / (n as f64).sqrt(), "key {key} lag {lag}: {correlation}");
            }
        }
        let third = n as f64 / 3.0;
        let mean = moved / (keys * n) as f64;
        assert!((mean / third - 1.0).abs() < 0.005, "moved {mean}, a third is {third}");
    }
}
