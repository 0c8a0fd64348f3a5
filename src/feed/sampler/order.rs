//! The rows of one epoch by position: [`Order`].
//!
//! Each order is found at any position without those before it, and is a pure function of the key it was made with.

use crate::error::Result;

use super::class_aware::ClassTurns;
use super::facts::Facts;
use super::permutation::Permutation;
use super::repeat_factor::{self, Repeated};
use super::sampler::Sampler;
use super::weighted::{self, Drawn};
use super::windowed::Windows;

/// An order of rows.
#[derive(Debug)]
pub(super) enum Order {
    /// As they lie, so many.
    Stored(u64),
    Shuffled(Permutation),
    Listed(Vec<u64>),
    Drawn(Drawn),
    ClassTurns(ClassTurns),
    Repeated(Repeated),
    Windows(Windows),
    Endless {
        rows: u64,
        shuffle: bool,
        key: [u64; 3],
    },
}

impl Order {
    /// The order that a sampler whose parameters are checked makes of rows. Shapes make no order of rows, but of
    /// batches, so that for them it is the shuffle that is cut into groups.
    pub(super) fn new(sampler: &Sampler, facts: &Facts<'_>, key: [u64; 3]) -> Result<Order> {
        let (kind, rows) = (sampler.kind(), facts.rows);
        Ok(match sampler {
            // No rows need no facts and make an empty epoch, unless rows are to be drawn from them.
            Sampler::Weighted { draws: None | Some(0), .. }
            | Sampler::ClassAware { draws: None | Some(0), .. }
            | Sampler::RepeatFactor { .. }
            | Sampler::Windowed { .. }
            | Sampler::Infinite { .. }
                if rows == 0 =>
            {
                Order::Stored(0)
            }
            Sampler::Sequential => Order::Stored(rows),
            Sampler::Shuffled | Sampler::AspectGroups { .. } => Order::Shuffled(Permutation::new(rows, &key)),
            Sampler::Weighted { weights, draws, replacement } => {
                let weights = facts.weights_for(kind, weights.as_deref())?;
                let draws = draws.unwrap_or(rows);
                if *replacement {
                    Order::Drawn(Drawn::new(weights, draws, key)?)
                } else {
                    Order::Listed(weighted::without_replacement(weights, draws, key)?)
                }
            }
            Sampler::ClassAware { draws, per_class } => {
                let labels = facts.labels_for(kind)?;
                Order::ClassTurns(ClassTurns::new(labels, draws.unwrap_or(rows), *per_class, key)?)
            }
            Sampler::RepeatFactor { threshold, rounding } => {
                let factors = repeat_factor::factors(facts.labels_for(kind)?, *threshold);
                Order::Repeated(Repeated::new(&factors, *rounding, key)?)
            }
            Sampler::Windowed { window } => {
                Order::Windows(Windows::new(facts.shards_for(kind)?, *window, key))
            }
            Sampler::Infinite { shuffle } => Order::Endless { rows, shuffle: *shuffle, key },
        })
    }

    /// How many positions there are, or none where there is no end.
    pub(super) fn len(&self) -> Option<u64> {
        match self {
            Order::Stored(rows) => Some(*rows),
            Order::Shuffled(order) => Some(order.n()),
            Order::Listed(rows) => Some(rows.len() as u64),
            Order::Drawn(drawn) => Some(drawn.len()),
            Order::ClassTurns(turns) => Some(turns.len()),
            Order::Repeated(repeated) => Some(repeated.len()),
            Order::Windows(windows) => Some(windows.len()),
            Order::Endless { .. } => None,
        }
    }

    /// The row at a position below the length.
    pub(super) fn row(&self, position: u64) -> u64 {
        match self {
            Order::Stored(_) => position,
            Order::Shuffled(order) => order.get(position),
            Order::Listed(rows) => rows[position as usize],
            Order::Drawn(drawn) => drawn.row(position),
            Order::ClassTurns(turns) => turns.row(position),
            Order::Repeated(repeated) => repeated.row(position),
            Order::Windows(windows) => windows.row(position),
            Order::Endless { rows, shuffle, key: [seed, epoch, purpose] } => {
                let (pass, place) = (position / rows, position % rows);
                if *shuffle {
                    Permutation::new(*rows, &[*seed, *epoch, *purpose, pass]).get(place)
                } else {
                    place
                }
            }
        }
    }
}
