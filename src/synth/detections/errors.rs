//! [`Errors`]: what goes wrong in detections, and how often.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Place, Result};
use crate::random::Random;

/// What a detection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// Right.
    Ok,
    /// In the wrong place.
    Loc,
    /// Of the wrong class.
    Cls,
    /// In the wrong place and of the wrong class.
    Both,
    /// Right, but not the first.
    Dup,
    /// Of nothing.
    Bkg,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 6] = [Fault::Ok, Fault::Loc, Fault::Cls, Fault::Both, Fault::Dup, Fault::Bkg];

    /// As `attr.error` says it.
    pub const fn name(self) -> &'static str {
        match self {
            Fault::Ok => "ok",
            Fault::Loc => "loc",
            Fault::Cls => "cls",
            Fault::Both => "both",
            Fault::Dup => "dup",
            Fault::Bkg => "bkg",
        }
    }
}

/// How scores are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scores {
    /// A detection of score s is `ok` with probability s: scores of right ones follow Beta(a + 1, b), those of
    /// others Beta(a, b + 1), where a / (a + b) is the share of right ones, to a sixteenth. Of two detections
    /// of one object the first has the higher score, which moves that a little.
    #[default]
    Calibrated,
    /// Right ones evenly in d..1, others evenly in 0..1 − d: 0 tells nothing, from ½ on they are apart.
    Separated(f64),
}

/// What goes wrong, as shares of the objects; what is left is right.
///
/// ```
/// use lensframe::synth::Errors;
/// let errors: Errors = serde_json::from_str(r#"{"miss": 0.5, "scores": {"separated": 0.5}}"#)?;
/// assert_eq!(errors.good, Errors::default().good);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Errors {
    /// Objects without a detection.
    pub miss: f64,
    /// Objects detected in the wrong place.
    pub loc: f64,
    /// Objects detected as another class.
    pub cls: f64,
    /// Objects detected in the wrong place and as another class.
    pub both: f64,
    /// Of those that are right: a second one.
    pub dup: f64,
    /// Detections of nothing, an object; an image without objects counts as one.
    pub bkg: f64,
    /// The least IoU of what is in the right place, 0.5 to 1.
    pub good: f64,
    /// How scores are drawn.
    pub scores: Scores,
}

impl Default for Errors {
    fn default() -> Errors {
        Errors {
            miss: 0.12,
            loc: 0.10,
            cls: 0.06,
            both: 0.02,
            dup: 0.08,
            bkg: 0.15,
            good: 0.6,
            scores: Scores::Calibrated,
        }
    }
}

impl Errors {
    /// Nothing goes wrong, and boxes are those of the truth.
    pub const NONE: Errors = Errors {
        miss: 0.0,
        loc: 0.0,
        cls: 0.0,
        both: 0.0,
        dup: 0.0,
        bkg: 0.0,
        good: 1.0,
        scores: Scores::Calibrated,
    };

    /// Checks that shares are shares.
    pub(super) fn check(&self) -> Result<()> {
        let faults = [self.miss, self.loc, self.cls, self.both];
        let shares = faults.iter().chain([&self.dup]).all(|share| (0.0..=1.0).contains(share));
        let gap = match self.scores {
            Scores::Calibrated => true,
            Scores::Separated(gap) => (0.0..=1.0).contains(&gap),
        };
        let what = if !shares || faults.iter().sum::<f64>() > 1.0 + 1e-9 {
            "the shares of errors are not within 0 to 1, or more than 1 together"
        } else if !(0.0..=100.0).contains(&self.bkg) {
            "there can be 0 to 100 detections of nothing an object"
        } else if !(0.5..=1.0).contains(&self.good) {
            "what is in the right place has an IoU of 0.5 to 1"
        } else if !gap {
            "scores are 0 to 1 apart"
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::Usage, what).at(Place::area("detections")))
    }

    /// The share of right ones among detections, in sixteenths, 1 to 15.
    fn right(&self) -> usize {
        let wrong = self.loc + self.cls + self.both;
        let right = 1.0 - self.miss - wrong;
        let all = right * (1.0 + self.dup) + wrong + self.bkg;
        let share = if all > 0.0 { right / all } else { 0.5 };
        ((share * 16.0 + 0.5) as usize).clamp(1, 15)
    }

    /// A score, in [0, 1).
    pub(super) fn score(&self, right: bool, random: &mut Random) -> f64 {
        match self.scores {
            Scores::Separated(gap) => random.unit() * (1.0 - gap) + if right { gap } else { 0.0 },
            Scores::Calibrated => {
                // The k-th smallest of 16 even numbers follows Beta(k, 17 − k).
                let mut even: [f64; 16] = std::array::from_fn(|_| random.unit());
                even.sort_unstable_by(f64::total_cmp);
                even[self.right() - usize::from(!right)]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_share_is_refused() {
        for bad in [
            Errors { miss: -0.1, ..Errors::default() },
            Errors { miss: 0.6, loc: 0.5, ..Errors::NONE },
            Errors { good: 0.4, ..Errors::NONE },
            Errors { bkg: f64::NAN, ..Errors::NONE },
            Errors { scores: Scores::Separated(1.5), ..Errors::NONE },
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
        Errors::default().check().unwrap();
    }

    #[test]
    fn a_score_is_the_probability_of_being_right() {
        // Five sixteenths are right: drawn so, each tenth of scores has about its own share of right ones.
        let errors = Errors { miss: 0.0, cls: 0.6875, ..Errors::NONE };
        assert_eq!(errors.right(), 5);
        let mut random = Random::keyed(&[1]);
        let mut bins = [(0.0, 0.0, 0.0); 10];
        for _ in 0..200_000 {
            let right = random.unit() < 0.3125;
            let score = errors.score(right, &mut random);
            let bin = &mut bins[(score * 10.0) as usize];
            *bin = (bin.0 + 1.0, bin.1 + f64::from(u8::from(right)), bin.2 + score);
        }
        for (count, right, scores) in bins.into_iter().filter(|(count, ..)| *count > 2000.0) {
            assert!((right / count - scores / count).abs() < 0.03, "{right} of {count}");
        }
    }
}
