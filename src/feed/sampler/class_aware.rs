//! Classes in turn, and for each turn the next row of its class: [`ClassTurns`].
//!
//! Turn t gives the class at place t mod C of round t / C; a class goes through its rows in an order of its own each
//! time. Both are permutations, so that any draw is found without those before it. In any number of draws two
//! classes differ by one turn at most, and so do two rows of one class by one visit.

use crate::error::{Error, ErrorKind, Place, Result};

use super::facts::Labels;
use super::permutation::Permutation;

/// An order of draws over classes.
#[derive(Debug)]
pub(super) struct ClassTurns {
    /// Where the rows of each class begin, by rising class, and where the last ends.
    starts: Vec<usize>,
    /// The rows of each class, rising.
    rows: Vec<u64>,
    per_class: u64,
    draws: u64,
    key: [u64; 3],
}

impl ClassTurns {
    /// `per_class` is at least 1.
    pub(super) fn new(labels: Labels<'_>, draws: u64, per_class: u64, key: [u64; 3]) -> Result<ClassTurns> {
        let mut pairs: Vec<(u32, u64)> = (0u64..)
            .zip(labels.rows())
            .flat_map(|(row, classes)| classes.iter().map(move |c| (*c, row)))
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        if pairs.is_empty() && draws > 0 {
            return Err(Error::new(ErrorKind::Usage, "no row has a class")
                .at(Place::area("feed").key("label"))
                .remedy("choose 'shuffled', or a view with annotated rows"));
        }
        let mut starts: Vec<usize> = vec![0];
        starts.extend((1..pairs.len()).filter(|i| pairs[i - 1].0 != pairs[*i].0));
        if !pairs.is_empty() {
            starts.push(pairs.len());
        }
        let rows = pairs.into_iter().map(|(_, row)| row).collect();
        Ok(ClassTurns { starts, rows, per_class, draws, key })
    }

    pub(super) fn len(&self) -> u64 {
        self.draws
    }

    pub(super) fn row(&self, position: u64) -> u64 {
        let [seed, epoch, purpose] = self.key;
        let classes = self.starts.len() as u64 - 1;
        let (turn, within) = (position / self.per_class, position % self.per_class);
        let (round, place) = (turn / classes, turn % classes);
        let class = Permutation::new(classes, &[seed, epoch, purpose, 0, round]).get(place);
        let members = &self.rows[self.starts[class as usize]..self.starts[class as usize + 1]];
        let (nth, many) = (round * self.per_class + within, members.len() as u64);
        let order = Permutation::new(many, &[seed, epoch, purpose, 1, class, nth / many]);
        members[order.get(nth % many) as usize]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const KEY: [u64; 3] = [5, 2, 0];

    /// The same order, made by taking turns one after the other.
    fn taken(lists: &[Vec<u32>], draws: u64, per_class: u64) -> Vec<u64> {
        let [seed, epoch, purpose] = KEY;
        let mut members: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
        for (row, list) in lists.iter().enumerate() {
            for class in list {
                let rows = members.entry(*class).or_default();
                if rows.last() != Some(&(row as u64)) {
                    rows.push(row as u64);
                }
            }
        }
        let members: Vec<Vec<u64>> = members.into_values().collect();
        let mut decks: Vec<(u64, Vec<u64>)> = vec![(0, Vec::new()); members.len()];
        let mut order = Vec::new();
        for round in 0.. {
            let classes = Permutation::new(members.len() as u64, &[seed, epoch, purpose, 0, round]);
            for class in (0..members.len() as u64).map(|place| classes.get(place) as usize) {
                for _ in 0..per_class {
                    if order.len() as u64 == draws {
                        return order;
                    }
                    let (dealt, deck) = &mut decks[class];
                    if deck.is_empty() {
                        let many = members[class].len() as u64;
                        let shuffle =
                            Permutation::new(many, &[seed, epoch, purpose, 1, class as u64, *dealt]);
                        deck.extend((0..many).rev().map(|i| members[class][shuffle.get(i) as usize]));
                        *dealt += 1;
                    }
                    order.extend(deck.pop());
                }
            }
        }
        order
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_draw_is_the_one_that_taking_turns_gives(
            lists in proptest::collection::vec(proptest::collection::vec(0u32..9, 0..4), 0..30),
            draws in 0u64..200,
            per_class in 1u64..4,
        ) {
            match ClassTurns::new(Labels::lists(&lists), draws, per_class, KEY) {
                Ok(turns) => {
                    let rows: Vec<u64> = (0..turns.len()).map(|i| turns.row(i)).collect();
                    prop_assert_eq!(rows, if draws == 0 { vec![] } else { taken(&lists, draws, per_class) });
                }
                Err(_) => prop_assert!(draws > 0 && lists.iter().all(Vec::is_empty)),
            }
        }
    }

    #[test]
    fn classes_come_equally_often_and_rows_of_a_class_too() {
        // Class 7 has one row of 100, class 4_000_000_000 all the others.
        let lists: Vec<Vec<u32>> = (0..100).map(|i| vec![if i == 42 { 7 } else { 4_000_000_000 }]).collect();
        let turns = ClassTurns::new(Labels::lists(&lists), 198, 1, KEY).unwrap();
        let mut counts = vec![0; 100];
        (0..198).for_each(|i| counts[turns.row(i) as usize] += 1);
        assert_eq!(
            counts.iter().filter(|count| **count == 1).count(),
            99,
            "each row of the common class once"
        );
        assert_eq!(counts[42], 99, "the one row of the rare class as often as all others");
    }
}
