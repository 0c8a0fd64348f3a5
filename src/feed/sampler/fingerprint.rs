//! What the order of batches depends on, in a few bytes: [`Fingerprint`].
//!
//! Kind, batch and rows stand in the clear, so that a difference can be named; parameters and facts are a hash.
//! The seed is not part of it, nor is the rule for uneven rounds, which changes no batch.

use crate::random::mix;

use super::facts::{Facts, Need};
use super::kind::Kind;
use super::plan::Plan;
use super::sampler::Sampler;

/// What two plans over two views must have in common for their batches to be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint {
    pub(super) kind: Kind,
    pub(super) batch: u32,
    pub(super) rows: u64,
    /// Of the sampler's parameters, the rule for the last batch and the facts that the sampler needs.
    pub(super) details: u32,
}

impl Fingerprint {
    /// Reads every fact that the sampler needs once, about a nanosecond a number.
    pub(super) fn of(plan: &Plan, batch: u32, facts: &Facts<'_>) -> Fingerprint {
        let mut hash = Hash(0);
        hash.word(plan.last as u64);
        match &plan.sampler {
            Sampler::Sequential | Sampler::Shuffled => {}
            Sampler::Weighted { weights, draws, replacement } => {
                hash.words(weights.iter().flatten().map(|weight| weight.to_bits()));
                hash.words(draws.iter().copied());
                hash.word(u64::from(*replacement));
            }
            Sampler::ClassAware { draws, per_class } => {
                hash.words(draws.iter().copied());
                hash.word(*per_class);
            }
            Sampler::RepeatFactor { threshold, rounding } => {
                hash.word(threshold.to_bits());
                hash.word(*rounding as u64);
            }
            Sampler::AspectGroups { edges, remainder } => {
                hash.words(edges.iter().map(|edge| u64::from(edge.to_bits())));
                hash.word(*remainder as u64);
            }
            Sampler::Windowed { window } => hash.word(*window),
            Sampler::Infinite { shuffle } => hash.word(u64::from(*shuffle)),
        }
        for need in plan.sampler.needs() {
            match need {
                Need::Labels => {
                    for classes in facts.labels.into_iter().flat_map(|labels| labels.rows()) {
                        hash.words(classes.iter().map(|class| u64::from(*class)));
                    }
                }
                Need::Aspect => {
                    hash.words(facts.aspect.into_iter().flatten().map(|ratio| u64::from(ratio.to_bits())));
                }
                Need::Shards => hash.words(facts.shards.into_iter().flatten().copied()),
                Need::Weights => {
                    hash.words(facts.weights.into_iter().flatten().map(|weight| weight.to_bits()))
                }
            }
        }
        let details = (hash.0 >> 32) as u32;
        Fingerprint { kind: plan.sampler.kind(), batch, rows: facts.rows, details }
    }

    /// What differs between the plan of a state and the plan at hand, in words; nothing if nothing does.
    pub(super) fn differences(&self, here: &Fingerprint) -> Vec<String> {
        let mut found = Vec::new();
        if self.kind != here.kind {
            found.push(format!("sampler '{}', here '{}'", self.kind, here.kind));
        }
        if self.batch != here.batch {
            found.push(format!("batches of {}, here {}", self.batch, here.batch));
        }
        if self.rows != here.rows {
            found.push(format!("{} rows, here {}", self.rows, here.rows));
        }
        // With another sampler or other rows the details differ anyhow.
        if found.is_empty() && self.details != here.details {
            let what = match self.kind {
                Kind::Sequential | Kind::Shuffled => "'last'",
                Kind::Infinite => "parameters or 'last'",
                Kind::Weighted => "parameters, 'last' or weights of the rows",
                Kind::ClassAware | Kind::RepeatFactor => "parameters, 'last' or labels of the rows",
                Kind::AspectGroups => "parameters, 'last' or sizes of the images",
                Kind::Windowed => "parameters, 'last' or shards",
            };
            found.push(format!("a difference in {what}"));
        }
        found
    }
}

/// A hash of words that depends on their order and number.
pub(super) struct Hash(pub(super) u64);

impl Hash {
    pub(super) fn word(&mut self, word: u64) {
        self.0 = mix(self.0.wrapping_add(0x9e37_79b9_7f4a_7c15) ^ mix(word));
    }

    /// The words and how many they are, so that where one list ends and the next begins counts too.
    pub(super) fn words(&mut self, words: impl Iterator<Item = u64>) {
        let mut count = 0;
        for word in words {
            self.word(word);
            count += 1;
        }
        self.word(count);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use crate::feed::sampler::{Labels, Last, Remainder, Rounding};

    use super::*;

    #[test]
    fn every_parameter_and_fact_counts() {
        let (a, b) = ([vec![1, 2], vec![]], [vec![1], vec![2]]);
        let facts = |labels| Facts {
            labels: Some(Labels::lists(labels)),
            aspect: Some(&[1.0, 2.0]),
            shards: Some(&[1, 1]),
            weights: Some(&[1.0, 1.0]),
            ..Facts::of(2)
        };
        let of = |sampler: Sampler| Fingerprint::of(&Plan::new(sampler, 1), 1, &facts(&a)).details;
        let mut seen = HashSet::new();
        for (weights, draws, replacement) in [
            (None, None, true),
            (None, None, false),
            (None, Some(2), true),
            (Some(vec![1.0, 1.0]), None, true),
            (Some(vec![1.0, 2.0]), None, true),
        ] {
            assert!(seen.insert(of(Sampler::Weighted { weights, draws, replacement })));
        }
        for (draws, per_class) in [(None, 1), (None, 2), (Some(1), 1)] {
            assert!(seen.insert(of(Sampler::ClassAware { draws, per_class })));
        }
        for (threshold, rounding) in
            [(0.1, Rounding::Ceil), (0.1, Rounding::Stochastic), (0.2, Rounding::Ceil)]
        {
            assert!(seen.insert(of(Sampler::RepeatFactor { threshold, rounding })));
        }
        for (edges, remainder) in
            [(vec![1.0], Remainder::Pad), (vec![1.0], Remainder::Short), (vec![], Remainder::Pad)]
        {
            assert!(seen.insert(of(Sampler::AspectGroups { edges, remainder })));
        }
        assert!(
            seen.insert(of(Sampler::Windowed { window: 1 }))
                && seen.insert(of(Sampler::Windowed { window: 2 }))
        );
        assert_ne!(of(Sampler::Infinite { shuffle: true }), of(Sampler::Infinite { shuffle: false }));

        let plan = Plan::new(Sampler::from(Kind::ClassAware), 1);
        assert_ne!(Fingerprint::of(&plan, 1, &facts(&a)), Fingerprint::of(&plan, 1, &facts(&b)));
        let drop = Plan { last: Last::Drop, ..plan.clone() };
        assert_ne!(Fingerprint::of(&plan, 1, &facts(&a)), Fingerprint::of(&drop, 1, &facts(&a)));
    }

    #[test]
    fn facts_that_a_sampler_does_not_need_do_not_count() {
        let plan = Plan::new(Sampler::Shuffled, 1);
        let facts = Facts { aspect: Some(&[1.0]), ..Facts::of(1) };
        assert_eq!(Fingerprint::of(&plan, 1, &facts), Fingerprint::of(&plan, 1, &Facts::of(1)));
    }
}
