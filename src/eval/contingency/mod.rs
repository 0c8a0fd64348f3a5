//! The contingency kernel: which pairs of ids two maps have at the same pixels, and how often.
//!
//! Everything that is measured of areas is read off this table: a confusion matrix is the table of class
//! numbers, the overlap of two segments is the count of their pair, an area is the sum of a row or a column.
//!
//! The invariant: [`Contingency`] holds each pair once, by truth and then by prediction, each count is at least
//! 1, and the counts sum to the length of the slices. What an id means is the caller's matter.

mod pairs;

pub use pairs::{Contingency, Pair, contingency};
