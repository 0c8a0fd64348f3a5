//! Which rows an epoch visits and in what order, as a value: [`Sampler`].
//!
//! A sampler is a recipe of a few parameters; a plan makes it an order for a seed, an epoch and the facts about
//! the rows. Written down it is an object with a `kind` and the parameters of that kind, each of which may be left
//! out: `{"kind": "repeat_factor", "threshold": 0.001}`.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Place, Result};

use super::facts::Need;
use super::kind::Kind;
use super::written::Written;

/// Which rows an epoch visits, and in what order.
///
/// ```
/// use lensframe::feed::sampler::{Kind, Sampler};
/// let sampler: Sampler = serde_json::from_str(r#"{"kind": "windowed", "window": 16}"#)?;
/// assert_eq!(sampler, Sampler::Windowed { window: 16 });
/// assert_eq!(Sampler::from(Kind::Infinite), Sampler::Infinite { shuffle: true });
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", try_from = "Written")]
pub enum Sampler {
    /// Every row once, as they lie. Nothing is held in memory.
    Sequential,
    /// Every row once, in an order of its own each epoch. Nothing is held in memory.
    Shuffled,
    /// Rows drawn by weight. Holds a number a row.
    Weighted {
        /// A weight for each row, in order, finite and at least 0; they need not make 1. By default those of the
        /// facts. A row of weight 0 is never drawn.
        #[serde(skip_serializing_if = "Option::is_none")]
        weights: Option<Vec<f64>>,
        /// How many rows make an epoch; by default as many as there are.
        #[serde(skip_serializing_if = "Option::is_none")]
        draws: Option<u64>,
        /// Whether a row may be drawn again (the default). If not, draws are one after another from what is left
        /// (Efraimidis and Spirakis 2006), and there must be rows above weight 0 for all of them.
        replacement: bool,
    },
    /// A class, each as often as any other, then a row that has it. Classes take turns in an order of their own
    /// each round, and every row of a class is visited before one comes again, as in MMDetection's
    /// `ClassAwareSampler`. Rows without classes are not visited. Holds two numbers a label.
    ClassAware {
        /// How many rows make an epoch; by default as many as there are.
        #[serde(skip_serializing_if = "Option::is_none")]
        draws: Option<u64>,
        /// How many rows a class gets at each turn, at least 1 (the default): `num_sample_class`.
        per_class: u64,
    },
    /// Rows with rare classes several times, shuffled (Gupta, Dollár and Girshick 2019, LVIS). A class that a
    /// share f of the rows has is repeated max(1, √(threshold / f)) times, a row as its rarest class; a row without
    /// classes comes once. Holds a number a row.
    RepeatFactor {
        /// The share of rows below which a class is rare, from 0 to 1; by default 0.001, as for LVIS.
        threshold: f64,
        /// How a factor becomes a number of visits.
        rounding: Rounding,
    },
    /// [`Sampler::Shuffled`] in batches of one shape of image, so that little is padded when images are stacked.
    /// Batches of all shapes come in one random order. Holds a number a row.
    AspectGroups {
        /// Where shapes part, as width over height, rising; a row belongs to the group after the last edge that it
        /// is above. By default `[1]`: wide images, and all others.
        edges: Vec<f32>,
        /// What becomes of the rows of a group that do not fill a batch.
        remainder: Remainder,
    },
    /// Every row once, for data in shards that are slow to open: the shards are shuffled, and rows are shuffled
    /// among `window` shards at a time, so that only these are read at once and each shard is read once. Holds two
    /// numbers a shard.
    ///
    /// Where it is worse than a full shuffle: two rows of one shard are visited within a window of each other, on
    /// average (m + 1) / (n + 1) as far apart as they would be, for m rows in a window and n in all. What is in a
    /// batch is a draw from `window` shards.
    Windowed {
        /// How many shards are read at a time, at least 1; by default 8.
        window: u64,
    },
    /// Every row once and then again, without an end: a batch may hold the last rows of one pass and the first of
    /// the next. Plans give one epoch that is as good as endless. Nothing is held in memory.
    Infinite {
        /// Whether each pass has an order of its own (the default) or is as the rows lie.
        shuffle: bool,
    },
}

/// How [`Sampler::RepeatFactor`] makes a factor a number of visits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Up or down by chance, anew each epoch, so that the factor is right on average: Detectron2.
    #[default]
    Stochastic,
    /// Up: MMDetection's `ClassBalancedDataset`.
    Ceil,
}

/// What [`Sampler::AspectGroups`] does with rows that do not fill a batch of their group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remainder {
    /// The batch is filled with rows of the group that came before, from its first on: MMDetection.
    #[default]
    Pad,
    /// The batch is short; under `last: drop` it is left out.
    Short,
}

impl From<Kind> for Sampler {
    /// The sampler with the defaults of its parameters.
    fn from(kind: Kind) -> Sampler {
        match kind {
            Kind::Sequential => Sampler::Sequential,
            Kind::Shuffled => Sampler::Shuffled,
            Kind::Weighted => Sampler::Weighted { weights: None, draws: None, replacement: true },
            Kind::ClassAware => Sampler::ClassAware { draws: None, per_class: 1 },
            Kind::RepeatFactor => Sampler::RepeatFactor { threshold: 0.001, rounding: Rounding::Stochastic },
            Kind::AspectGroups => Sampler::AspectGroups { edges: vec![1.0], remainder: Remainder::Pad },
            Kind::Windowed => Sampler::Windowed { window: 8 },
            Kind::Infinite => Sampler::Infinite { shuffle: true },
        }
    }
}

impl Sampler {
    /// Which sampler it is.
    pub fn kind(&self) -> Kind {
        match self {
            Sampler::Sequential => Kind::Sequential,
            Sampler::Shuffled => Kind::Shuffled,
            Sampler::Weighted { .. } => Kind::Weighted,
            Sampler::ClassAware { .. } => Kind::ClassAware,
            Sampler::RepeatFactor { .. } => Kind::RepeatFactor,
            Sampler::AspectGroups { .. } => Kind::AspectGroups,
            Sampler::Windowed { .. } => Kind::Windowed,
            Sampler::Infinite { .. } => Kind::Infinite,
        }
    }

    /// The facts it needs besides the number of rows: those to read before a plan is made an epoch.
    pub fn needs(&self) -> &'static [Need] {
        match self {
            Sampler::Sequential | Sampler::Shuffled | Sampler::Infinite { .. } => &[],
            Sampler::Weighted { weights: Some(_), .. } => &[],
            Sampler::Weighted { weights: None, .. } => &[Need::Weights],
            Sampler::ClassAware { .. } | Sampler::RepeatFactor { .. } => &[Need::Labels],
            Sampler::AspectGroups { .. } => &[Need::Aspect],
            Sampler::Windowed { .. } => &[Need::Shards],
        }
    }

    /// Whether an epoch visits every row exactly once, whatever the facts are.
    pub fn visits_each_row_once(&self) -> bool {
        match self {
            Sampler::Sequential | Sampler::Shuffled | Sampler::Windowed { .. } => true,
            Sampler::AspectGroups { remainder, .. } => *remainder == Remainder::Short,
            Sampler::Weighted { .. }
            | Sampler::ClassAware { .. }
            | Sampler::RepeatFactor { .. }
            | Sampler::Infinite { .. } => false,
        }
    }

    /// Whether the parameters make sense by themselves.
    pub(super) fn check(&self) -> Result<()> {
        let wrong = |what: String| {
            let place = Place::area("feed").key(self.kind().name());
            Err(Error::new(ErrorKind::Usage, what).at(place))
        };
        match self {
            Sampler::ClassAware { per_class: 0, .. } => {
                wrong("'per_class' is 0; a class gets at least one row a turn".to_owned())
            }
            Sampler::RepeatFactor { threshold, .. } if !(0.0..=1.0).contains(threshold) => {
                wrong(format!("'threshold' is {threshold}; it is a share of the rows, from 0 to 1"))
            }
            Sampler::AspectGroups { edges, .. } => {
                let rising = edges.windows(2).all(|pair| pair[0] < pair[1]);
                if rising && edges.iter().all(|edge| edge.is_finite() && *edge > 0.0) {
                    return Ok(());
                }
                wrong(format!("'edges' are {edges:?}; they are ratios above 0 that rise"))
            }
            Sampler::Windowed { window: 0 } => {
                wrong("'window' is 0; at least one shard is read at a time".to_owned())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sampler_is_its_kind_with_defaults_and_reads_as_it_writes() {
        for kind in Kind::ALL {
            let sampler = Sampler::from(kind);
            assert_eq!(sampler.kind(), kind);
            sampler.check().unwrap();
            let bare: Sampler = serde_json::from_str(&format!("{{\"kind\": \"{kind}\"}}")).unwrap();
            assert_eq!(bare, sampler);
            let text = serde_json::to_string(&sampler).unwrap();
            assert!(text.starts_with(&format!("{{\"kind\":\"{kind}\"")), "{text}");
            assert_eq!(serde_json::from_str::<Sampler>(&text).unwrap(), sampler);
        }
        let full = Sampler::Weighted { weights: Some(vec![0.5, 2.0]), draws: Some(9), replacement: false };
        let text = r#"{"kind":"weighted","weights":[0.5,2.0],"draws":9,"replacement":false}"#;
        assert_eq!(serde_json::to_string(&full).unwrap(), text);
        assert_eq!(serde_json::from_str::<Sampler>(text).unwrap(), full);
    }

    #[test]
    fn senseless_parameters_are_refused_where_they_are_read() {
        for (text, what) in [
            (r#"{"kind": "class_aware", "per_class": 0}"#, "'per_class' is 0"),
            (r#"{"kind": "repeat_factor", "threshold": 1.5}"#, "'threshold' is 1.5"),
            (r#"{"kind": "aspect_groups", "edges": [1, 0.5]}"#, "'edges' are [1.0, 0.5]"),
            (r#"{"kind": "aspect_groups", "edges": [0]}"#, "ratios above 0"),
            (r#"{"kind": "windowed", "window": 0}"#, "'window' is 0"),
        ] {
            let error = serde_json::from_str::<Sampler>(text).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
        assert!(Sampler::RepeatFactor { threshold: f64::NAN, rounding: Rounding::Ceil }.check().is_err());
    }

    #[test]
    fn what_a_sampler_needs_depends_on_what_it_has() {
        assert_eq!(Sampler::from(Kind::Weighted).needs(), [Need::Weights]);
        assert!(
            Sampler::Weighted { weights: Some(vec![]), draws: None, replacement: true }.needs().is_empty()
        );
        assert!(Sampler::Shuffled.needs().is_empty());
        assert_eq!(Sampler::from(Kind::AspectGroups).needs(), [Need::Aspect]);
    }
}
