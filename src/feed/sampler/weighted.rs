//! Rows drawn by weight: with replacement from a table ([`Drawn`]), without it as a list ([`without_replacement`]).
//!
//! Everything is sums, products and comparisons of doubles, so that every machine draws the same rows. That is why
//! logarithms are avoided, whose last bits differ from one library to the next.

use crate::error::{Error, ErrorKind, Place, Result};
use crate::random::Random;

/// Draws with replacement: draw i is a pure function of the key and i.
#[derive(Debug)]
pub(super) struct Drawn {
    /// Running totals of the weights over the greatest of them. A row of weight 0 adds nothing and is never found.
    totals: Vec<f64>,
    key: [u64; 3],
    draws: u64,
}

impl Drawn {
    /// `weights` are finite and at least 0, and one at least is above.
    pub(super) fn new(weights: &[f64], draws: u64, key: [u64; 3]) -> Result<Drawn> {
        let greatest = weights.iter().copied().fold(0.0, f64::max);
        if greatest == 0.0 && draws > 0 {
            return Err(none_to_draw(draws, 0));
        }
        let mut total = 0.0;
        let totals = weights.iter().map(|weight| {
            total += weight / greatest;
            total
        });
        Ok(Drawn { totals: totals.collect(), key, draws })
    }

    pub(super) fn len(&self) -> u64 {
        self.draws
    }

    pub(super) fn row(&self, position: u64) -> u64 {
        let [seed, epoch, purpose] = self.key;
        let total = self.totals.last().copied().unwrap_or(0.0);
        // Below the total, as the total is at least 1 and `unit` at most 1 − 2⁻⁵³.
        let at = Random::keyed(&[seed, epoch, purpose, position]).unit() * total;
        self.totals.partition_point(|end| *end <= at) as u64
    }
}

/// The rows of `draws` draws without replacement, in the order drawn (Efraimidis and Spirakis 2006): each row has a
/// waiting time, exponential with its weight as the rate, and the first to come are drawn.
pub(super) fn without_replacement(weights: &[f64], draws: u64, key: [u64; 3]) -> Result<Vec<u64>> {
    let [seed, epoch, purpose] = key;
    let greatest = weights.iter().copied().fold(0.0, f64::max);
    let mut waits: Vec<(f64, u64)> = (0u64..)
        .zip(weights)
        .filter(|(_, weight)| **weight > 0.0)
        .map(|(row, weight)| {
            let wait = exponential(&mut Random::keyed(&[seed, epoch, purpose, row]));
            (wait / (weight / greatest), row)
        })
        .collect();
    if draws > waits.len() as u64 {
        return Err(none_to_draw(draws, waits.len()));
    }
    waits.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    waits.truncate(draws as usize);
    Ok(waits.into_iter().map(|(_, row)| row).collect())
}

fn none_to_draw(draws: u64, able: usize) -> Error {
    let what = format!("{draws} rows are to be drawn, {able} have a weight above 0");
    Error::new(ErrorKind::Usage, what)
        .at(Place::area("feed").key("weight"))
        .remedy("give more rows a weight, lower 'draws', or draw with 'replacement'")
}

/// An exponential variate of rate 1 from comparisons alone (von Neumann 1951): of uniform numbers drawn while they
/// fall, the first is kept if the number of falls is even; else 1 is added and it begins anew.
fn exponential(random: &mut Random) -> f64 {
    let mut whole = 0.0;
    loop {
        let first = random.unit();
        let (mut last, mut falls) = (first, 0u32);
        loop {
            let next = random.unit();
            if next >= last {
                break;
            }
            (last, falls) = (next, falls + 1);
        }
        if falls % 2 == 0 {
            return whole + first;
        }
        whole += 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u64; 3] = [3, 1, 0];

    #[test]
    fn draws_follow_the_weights_and_never_fall_on_zero() {
        let weights = [0.0, 1.0, 0.0, 2.0, 5.0, 0.0];
        let drawn = Drawn::new(&weights, 80_000, KEY).unwrap();
        let mut counts = [0u64; 6];
        (0..drawn.len()).for_each(|i| counts[drawn.row(i) as usize] += 1);
        for (count, weight) in counts.into_iter().zip(weights) {
            assert!(count.abs_diff((weight * 10_000.0) as u64) < 600, "{counts:?}");
        }
        assert_eq!((counts[0], counts[2], counts[5]), (0, 0, 0));
    }

    #[test]
    fn weights_at_the_ends_of_doubles_are_weights() {
        for scale in [f64::MIN_POSITIVE, 5e-324, 1.0, f64::MAX / 2.0] {
            let weights = [scale, 0.0, 2.0 * scale];
            let drawn = Drawn::new(&weights, 3000, KEY).unwrap();
            let twos = (0..3000).filter(|i| drawn.row(*i) == 2).count();
            assert!((1800..2200).contains(&twos), "{scale}: {twos}");
            let mut both = without_replacement(&weights, 2, KEY).unwrap();
            both.sort_unstable();
            assert_eq!(both, [0, 2]);
        }
    }

    #[test]
    fn a_draw_is_what_a_walk_over_the_weights_finds() {
        let weights: Vec<f64> = (0..50).map(|i| f64::from(i % 7)).collect();
        let drawn = Drawn::new(&weights, 1000, KEY).unwrap();
        let total: f64 = weights.iter().map(|weight| weight / 6.0).sum();
        for i in 0..1000 {
            let mut left = Random::keyed(&[KEY[0], KEY[1], KEY[2], i]).unit() * total;
            let walked = weights.iter().position(|weight| {
                left -= weight / 6.0;
                left < 0.0
            });
            assert_eq!(Some(drawn.row(i) as usize), walked);
        }
    }

    #[test]
    fn without_replacement_no_row_comes_twice_and_the_heavy_come_first() {
        let weights = [1.0, 0.0, 3.0, 6.0];
        let mut first = [0u64; 4];
        let mut second_after_heavy = [0u64; 4];
        for epoch in 0..40_000 {
            let rows = without_replacement(&weights, 3, [1, epoch, 0]).unwrap();
            first[rows[0] as usize] += 1;
            if rows[0] == 3 {
                second_after_heavy[rows[1] as usize] += 1;
            }
            let mut sorted = rows;
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 2, 3]);
        }
        // The first by weight, the second by weight among those left.
        assert!(first[2].abs_diff(12_000) < 600 && first[3].abs_diff(24_000) < 600, "{first:?}");
        let share = second_after_heavy[2] as f64 / first[3] as f64;
        assert!((share - 0.75).abs() < 0.02, "{share}");
    }

    #[test]
    fn more_draws_than_rows_with_a_weight_are_refused() {
        let error = without_replacement(&[1.0, 0.0], 2, KEY).unwrap_err().to_string();
        assert!(error.contains("2 rows are to be drawn, 1 have a weight above 0"), "{error}");
        assert!(Drawn::new(&[0.0], 1, KEY).is_err() && Drawn::new(&[0.0], 0, KEY).is_ok());
    }

    #[test]
    fn waiting_times_are_exponential() {
        let mut random = Random::keyed(&[9]);
        let waits: Vec<f64> = (0..100_000).map(|_| exponential(&mut random)).collect();
        for at in [0.1f64, 0.5, 1.0, 2.0, 3.5] {
            let share = waits.iter().filter(|wait| **wait > at).count() as f64 / 1e5;
            assert!((share - (-at).exp()).abs() < 0.008, "beyond {at}: {share}");
        }
    }
}
