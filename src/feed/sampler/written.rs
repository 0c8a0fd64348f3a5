//! A sampler as it is written down, before its parameters are held against its kind: [`Written`].
//!
//! Why not serde's own reading of tagged enums: it lets parameters pass that a kind without parameters does not
//! have, and it reads numbers through a buffer that loses them where JSON numbers are kept in arbitrary precision,
//! as here. This way every parameter of another kind is an error that says whose it is.

use serde::Deserialize;

use crate::error::{Error, ErrorKind, Place, Result};

use super::kind::Kind;
use super::sampler::{Remainder, Rounding, Sampler};

/// The parameters of all kinds, each of which may be absent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    kind: Kind,
    weights: Option<Vec<f64>>,
    draws: Option<u64>,
    replacement: Option<bool>,
    per_class: Option<u64>,
    threshold: Option<f64>,
    rounding: Option<Rounding>,
    edges: Option<Vec<f32>>,
    remainder: Option<Remainder>,
    window: Option<u64>,
    shuffle: Option<bool>,
}

impl Written {
    /// A parameter that nobody took, and the kinds it belongs to.
    fn left(&self) -> Option<(&'static str, &'static str)> {
        [
            (self.weights.is_some(), "weights", "weighted"),
            (self.draws.is_some(), "draws", "weighted and class_aware"),
            (self.replacement.is_some(), "replacement", "weighted"),
            (self.per_class.is_some(), "per_class", "class_aware"),
            (self.threshold.is_some(), "threshold", "repeat_factor"),
            (self.rounding.is_some(), "rounding", "repeat_factor"),
            (self.edges.is_some(), "edges", "aspect_groups"),
            (self.remainder.is_some(), "remainder", "aspect_groups"),
            (self.window.is_some(), "window", "windowed"),
            (self.shuffle.is_some(), "shuffle", "infinite"),
        ]
        .into_iter()
        .find_map(|(there, name, owner)| there.then_some((name, owner)))
    }
}

impl TryFrom<Written> for Sampler {
    type Error = Error;

    fn try_from(mut written: Written) -> Result<Sampler> {
        fn take<T>(to: &mut T, from: &mut Option<T>) {
            if let Some(value) = from.take() {
                *to = value;
            }
        }
        let mut sampler = Sampler::from(written.kind);
        match &mut sampler {
            Sampler::Sequential | Sampler::Shuffled => {}
            Sampler::Weighted { weights, draws, replacement } => {
                *weights = written.weights.take();
                *draws = written.draws.take();
                take(replacement, &mut written.replacement);
            }
            Sampler::ClassAware { draws, per_class } => {
                *draws = written.draws.take();
                take(per_class, &mut written.per_class);
            }
            Sampler::RepeatFactor { threshold, rounding } => {
                take(threshold, &mut written.threshold);
                take(rounding, &mut written.rounding);
            }
            Sampler::AspectGroups { edges, remainder } => {
                take(edges, &mut written.edges);
                take(remainder, &mut written.remainder);
            }
            Sampler::Windowed { window } => take(window, &mut written.window),
            Sampler::Infinite { shuffle } => take(shuffle, &mut written.shuffle),
        }
        if let Some((name, owner)) = written.left() {
            let what = format!("the sampler '{}' has no parameter '{name}'", written.kind);
            return Err(Error::new(ErrorKind::Usage, what)
                .at(Place::area("feed"))
                .remedy(format!("leave it out, or choose {owner}")));
        }
        sampler.check()?;
        Ok(sampler)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        serde_json::from_str::<Sampler>(text).unwrap_err().to_string()
    }

    #[test]
    fn a_parameter_of_another_kind_is_refused_and_says_whose_it_is() {
        let error = refused(r#"{"kind": "shuffled", "window": 3}"#);
        assert!(
            error.contains(
                "the sampler 'shuffled' has no parameter 'window'; leave it out, or choose windowed"
            ),
            "{error}"
        );
        assert!(refused(r#"{"kind": "windowed", "shuffle": true}"#).contains("choose infinite"));
    }

    #[test]
    fn unknown_names_are_refused() {
        assert!(refused(r#"{"kind": "shuffled", "windows": 3}"#).contains("unknown field `windows`"));
        assert!(refused(r#"{"kind": "random"}"#).contains("unknown variant `random`"));
        assert!(refused(r#"{"window": 3}"#).contains("missing field `kind`"));
    }
}
