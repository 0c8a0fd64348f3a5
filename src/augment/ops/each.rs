//! [`Each`]: every one of several lists of steps, a view of the picture each.

use serde::{Deserialize, Serialize};

use super::{Operation, wrong};
use crate::augment::draw::{Draw, Flow};
use crate::augment::op::{Op, Step};
use crate::augment::sample::Sample;
use crate::error::Result;

/// Every one of several lists of steps: a row of the dataset becomes as many views, one after the other, as there are
/// lists, and with several such steps as many as there are ways to take one list of each, the first step's changing
/// fastest. This is test-time augmentation (MMDetection's `TestTimeAug`): [`Sample::motion`] leads what is found on a
/// view back to the picture as it is stored.
///
/// ```
/// use lensframe::augment::Pipeline;
/// let ten_crop = Pipeline::from_json(r#"[
///     {"op": "each", "of": [
///         [{"op": "crop", "size": 224, "at": [0, 0]}], [{"op": "crop", "size": 224, "at": [0, 1]}],
///         [{"op": "crop", "size": 224, "at": [1, 0]}], [{"op": "crop", "size": 224, "at": [1, 1]}],
///         [{"op": "crop", "size": 224, "at": [0.5, 0.5]}]
///     ]},
///     {"op": "each", "of": [[], [{"op": "flip", "x": true}]]}
/// ]"#)?;
/// assert_eq!(ten_crop.views(), 10);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Each {
    /// The lists; an empty one does nothing.
    pub of: Vec<Vec<Step>>,
}

impl Operation for Each {
    fn check(&self) -> Result<()> {
        if self.of.is_empty() {
            return Err(wrong("of", "is at least one list of steps"));
        }
        check_plain("of", self.of.iter().flatten())
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let at = draw.view();
        draw.tell("view", i64::try_from(at).unwrap_or(i64::MAX));
        for step in self.of.get(at).into_iter().flatten() {
            let flow = step.apply(sample, draw.within())?;
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }
}

/// Steps within a step: sound, and none of them makes views, since those are counted among the steps of a
/// pipeline alone.
///
/// # Errors
/// `Usage` for parameters that make no sense, and for views within a step.
pub(super) fn check_plain<'a>(name: &str, steps: impl IntoIterator<Item = &'a Step>) -> Result<()> {
    for step in steps {
        if matches!(step.op, Op::Each(_)) {
            return Err(wrong(name, "has each, which stands among the steps of a pipeline itself"));
        }
        step.op.check()?;
    }
    Ok(())
}
