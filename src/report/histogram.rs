//! [`Histogram`]: counts in bins, split by what was counted.
//!
//! Invariant: bin `i` is `edges[i] <= x < edges[i + 1]`, the last one closed at both ends; a count that is not given
//! is 0. Binning is the work of whoever has the values.

use serde::{Deserialize, Serialize};

/// One part of the counts, such as true positives.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// What is counted: `true positives`.
    pub name: String,
    /// One count a bin.
    pub counts: Vec<u64>,
}

impl Series {
    /// Counts of one thing.
    pub fn new(name: impl Into<String>, counts: impl Into<Vec<u64>>) -> Series {
        Series { name: name.into(), counts: counts.into() }
    }
}

/// Counts in bins, stacked by series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Histogram {
    /// What it shows: `Scores`.
    pub name: String,
    /// A sentence for people; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The axis: `score`.
    pub axis: String,
    /// Ends of the bins, ascending: one more than there are bins.
    pub edges: Vec<f64>,
    /// What is stacked, bottom to top.
    pub series: Vec<Series>,
}

impl Histogram {
    /// A histogram without series.
    pub fn new(name: impl Into<String>, axis: impl Into<String>, edges: impl Into<Vec<f64>>) -> Histogram {
        Histogram { name: name.into(), axis: axis.into(), edges: edges.into(), ..Histogram::default() }
    }

    /// The histogram with a series on top.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, counts: impl Into<Vec<u64>>) -> Histogram {
        self.series.push(Series::new(name, counts));
        self
    }

    /// How many bins there are.
    pub fn bins(&self) -> usize {
        self.edges.len().saturating_sub(1)
    }

    /// All that is counted in a bin.
    pub fn total(&self, bin: usize) -> u64 {
        self.series.iter().filter_map(|s| s.counts.get(bin)).fold(0, |sum, n| sum.saturating_add(*n))
    }
}
