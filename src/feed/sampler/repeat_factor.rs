//! Rows repeated for the sake of rare classes: [`factors`], and the order of their visits, [`Repeated`].

use std::collections::HashMap;

use crate::error::{Error, ErrorKind, Place, Result};
use crate::random::Random;

use super::facts::Labels;
use super::permutation::Permutation;
use super::sampler::Rounding;

/// How often each row is wanted, at least 1: the greatest max(1, √(threshold / f)) of its classes, where f is the
/// share of rows with the class, each row counted once. A row without classes: 1.
///
/// The arithmetic is MMDetection's, operation by operation, so that rounding up gives its numbers.
pub(super) fn factors(labels: Labels<'_>, threshold: f64) -> Vec<f64> {
    let mut having: HashMap<u32, (u64, usize)> = HashMap::new();
    for (row, classes) in labels.rows().enumerate() {
        for class in classes {
            let (count, last) = having.entry(*class).or_insert((0, usize::MAX));
            if *last != row {
                (*count, *last) = (*count + 1, row);
            }
        }
    }
    let rows = labels.len() as f64;
    let factor = |class: &u32| {
        let share = having.get(class).map_or(1.0, |(count, _)| *count as f64 / rows);
        (threshold / share).sqrt()
    };
    labels.rows().map(|classes| classes.iter().map(factor).fold(1.0, f64::max)).collect()
}

/// Visits of rows that come several times, in one random order.
#[derive(Debug)]
pub(super) struct Repeated {
    /// How many visits the rows up to each have together.
    ends: Vec<u64>,
    order: Permutation,
}

impl Repeated {
    /// Factors are at least 1. `key` and its purpose name the order; the rounding of a row is keyed by the row too.
    pub(super) fn new(factors: &[f64], rounding: Rounding, key: [u64; 3]) -> Result<Repeated> {
        let [seed, epoch, purpose] = key;
        let mut total = 0u64;
        let mut ends = Vec::with_capacity(factors.len());
        for (row, factor) in (0u64..).zip(factors) {
            let visits = match rounding {
                Rounding::Ceil => factor.ceil(),
                Rounding::Stochastic => {
                    let more = Random::keyed(&[seed, epoch, purpose, row]).unit() < factor.fract();
                    factor.floor() + f64::from(u8::from(more))
                }
            };
            total = total.checked_add(visits as u64).ok_or_else(|| {
                Error::new(ErrorKind::Limit, "the rows are repeated more often than can be counted")
                    .at(Place::area("feed"))
                    .remedy("lower 'threshold'")
            })?;
            ends.push(total);
        }
        Ok(Repeated { ends, order: Permutation::new(total, &key) })
    }

    pub(super) fn len(&self) -> u64 {
        self.order.n()
    }

    pub(super) fn row(&self, position: u64) -> u64 {
        let visit = self.order.get(position);
        self.ends.partition_point(|end| *end <= visit) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One row of each class c in 0..4 and c·33 more: 1, 34, 67 and 100 rows of 202, some with two classes.
    fn lists() -> Vec<Vec<u32>> {
        let mut lists: Vec<Vec<u32>> = (0..4u32).flat_map(|c| vec![vec![c]; c as usize * 33 + 1]).collect();
        lists[10].push(0);
        lists[20].extend([1, 1, 3]);
        lists.push(vec![]);
        lists
    }

    #[test]
    fn factors_are_those_of_the_formula() {
        let lists = lists();
        let found = factors(Labels::lists(&lists), 0.25);
        let rows = lists.len() as f64;
        for (row, list) in lists.iter().enumerate() {
            let wanted = list.iter().map(|class| {
                let having = lists.iter().filter(|other| other.contains(class)).count() as f64;
                f64::max(1.0, (0.25 / (having / rows)).sqrt())
            });
            assert_eq!(found[row], wanted.fold(1.0, f64::max), "row {row}");
        }
        assert!(found[0] > 5.0 && found[10] == found[0] && found[203 - 2] == 1.0);
    }

    #[test]
    fn visits_are_the_shuffled_list_of_repeated_rows() {
        let lists = lists();
        let factors = factors(Labels::lists(&lists), 0.25);
        let repeated = Repeated::new(&factors, Rounding::Ceil, [1, 2, 3]).unwrap();
        let mut list = Vec::new();
        for (row, factor) in (0u64..).zip(&factors) {
            list.extend(std::iter::repeat_n(row, factor.ceil() as usize));
        }
        let order = Permutation::new(list.len() as u64, &[1, 2, 3]);
        let wanted: Vec<u64> = (0..list.len() as u64).map(|i| list[order.get(i) as usize]).collect();
        assert_eq!((0..repeated.len()).map(|i| repeated.row(i)).collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn chance_rounds_to_the_factor_on_average_and_anew_each_epoch() {
        let factors = [1.0, 1.25, 2.5];
        let mut visits = [0u64; 3];
        for epoch in 0..8000 {
            let repeated = Repeated::new(&factors, Rounding::Stochastic, [1, epoch, 0]).unwrap();
            (0..repeated.len()).for_each(|i| visits[repeated.row(i) as usize] += 1);
        }
        assert_eq!(visits[0], 8000);
        assert!(visits[1].abs_diff(10_000) < 250 && visits[2].abs_diff(20_000) < 270, "{visits:?}");
    }
}
