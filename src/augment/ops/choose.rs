//! [`AutoAugment`]: one of several lists of steps, by chance.

use serde::{Deserialize, Serialize};

use super::each::check_plain;
use super::{Operation, wrong};
use crate::augment::draw::{Draw, Flow};
use crate::augment::op::Step;
use crate::augment::sample::Sample;
use crate::error::Result;

/// One of several lists of steps, drawn for each picture: MMDetection's `AutoAugment`, MMCV's and torchvision's
/// `RandomChoice`. With one list and `p` it is `RandomApply`; an empty list does nothing.
///
/// ```
/// use lensframe::augment::Pipeline;
/// let json = r#"[{"op": "auto_augment", "policies": [
///     [{"op": "tone", "change": "equalize"}, {"op": "rotate", "angle": [-10, 10]}],
///     [{"op": "random_flip", "p": 0.3}],
///     []
/// ]}]"#;
/// assert_eq!(Pipeline::from_json(json)?.steps().len(), 1);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AutoAugment {
    /// The lists.
    pub policies: Vec<Vec<Step>>,
    /// How often each is drawn, relative to the others; all equally often where nothing is said.
    #[serde(default)]
    pub weights: Option<Vec<f64>>,
}

impl Operation for AutoAugment {
    fn check(&self) -> Result<()> {
        if self.policies.is_empty() {
            return Err(wrong("policies", "are at least one list of steps"));
        }
        if let Some(weights) = &self.weights {
            let odd = weights.iter().any(|weight| !weight.is_finite() || *weight < 0.0);
            if weights.len() != self.policies.len() || odd || weights.iter().sum::<f64>() <= 0.0 {
                return Err(wrong("weights", "are one number a policy, none below 0 and not all 0"));
            }
        }
        check_plain("policies", self.policies.iter().flatten())
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let at = self.choose(draw);
        draw.tell("policy", i64::try_from(at).unwrap_or(i64::MAX));
        for step in self.policies.get(at).into_iter().flatten() {
            let flow = step.apply(sample, draw.within())?;
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }
}

impl AutoAugment {
    fn choose(&self, draw: &mut Draw<'_>) -> usize {
        let Some(weights) = &self.weights else {
            return usize::try_from(draw.random().below(self.policies.len() as u64)).unwrap_or(0);
        };
        let mut at = draw.unit() * weights.iter().sum::<f64>();
        for (n, weight) in weights.iter().enumerate() {
            if at < *weight {
                return n;
            }
            at -= weight;
        }
        // Rounding alone comes here: the last one that is drawn at all.
        weights.iter().rposition(|weight| *weight > 0.0).unwrap_or(0)
    }
}
