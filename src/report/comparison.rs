//! [`Comparison`]: several runs on one truth, each against the first.
//!
//! Nothing is computed here: differences, intervals and p-values come from whoever resampled, already corrected
//! for the number of comparisons, by the method that is named.

use serde::{Deserialize, Serialize};

use super::figure::{Figure, finite};

/// A figure of a run, and how it differs from the same figure of the first run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compared {
    /// The figure.
    pub figure: Figure,
    /// This run's value less the first run's; `None` in the first run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta: Option<f64>,
    /// The lower end of the difference's interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// The upper end of the difference's interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// The p-value of the difference, corrected as [`Comparison::method`] says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
}

impl Compared {
    /// A figure of the first run, or one whose difference is not known.
    pub fn new(figure: Figure) -> Compared {
        Compared { figure, ..Compared::default() }
    }

    /// The same figure with its difference to the first run's.
    #[must_use]
    pub fn delta(self, delta: impl Into<Option<f64>>) -> Compared {
        Compared { delta: finite(delta.into()), ..self }
    }

    /// The same figure with the interval of the difference.
    #[must_use]
    pub fn between(self, low: impl Into<Option<f64>>, high: impl Into<Option<f64>>) -> Compared {
        Compared { low: finite(low.into()), high: finite(high.into()), ..self }
    }

    /// The same figure with the corrected p-value of the difference.
    #[must_use]
    pub fn p(self, p: impl Into<Option<f64>>) -> Compared {
        Compared { p: finite(p.into()), ..self }
    }
}

/// A set of predictions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Its name: a file, an object set.
    pub name: String,
    /// Its figures, matched with other runs' by their keys.
    pub figures: Vec<Compared>,
}

impl Run {
    /// The figure of a key.
    pub fn get(&self, key: &str) -> Option<&Compared> {
        self.figures.iter().find(|compared| compared.figure.key == key)
    }
}

/// Runs side by side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// How differences were tested: `paired bootstrap over 1,000 samples of images, Holm's correction`.
    pub method: String,
    /// Below which p a difference is marked; 0.05 unless told.
    #[serde(default = "level")]
    pub level: f64,
    /// The runs; the first is the one that others are compared with.
    pub runs: Vec<Run>,
}

fn level() -> f64 {
    0.05
}

impl Comparison {
    /// Runs and the method by which they were compared.
    pub fn new(method: impl Into<String>, runs: impl Into<Vec<Run>>) -> Comparison {
        Comparison { method: method.into(), level: level(), runs: runs.into() }
    }

    /// The keys of all runs' figures, each once, in the order in which they appear.
    pub fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = Vec::new();
        for compared in self.runs.iter().flat_map(|run| &run.figures) {
            if !keys.contains(&compared.figure.key.as_str()) {
                keys.push(&compared.figure.key);
            }
        }
        keys
    }

    /// Whose a headline is, where it is the first run's: `r50, the first of 3 runs`.
    pub(super) fn whose(&self, headline: &[Figure]) -> Option<String> {
        let (first, rest) = self.runs.split_first()?;
        let own = |figure: &Figure| first.get(&figure.key).is_some_and(|c| c.figure.value == figure.value);
        let is_own = !headline.is_empty() && !first.name.is_empty() && headline.iter().all(own);
        match rest.len() {
            _ if !is_own => None,
            0 => Some(first.name.clone()),
            others => Some(format!("{}, the first of {} runs", first.name, others + 1)),
        }
    }

    /// True if the difference is one by the level of the comparison.
    pub(super) fn is_significant(&self, compared: &Compared) -> bool {
        compared.p.is_some_and(|p| p < self.level)
    }
}
