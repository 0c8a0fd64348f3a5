//! Images that have any number of classes: a flag and a score for each.
//!
//! Average precision is scikit-learn's `average_precision_score`: Σ (Rₙ − Rₙ₋₁)·Pₙ over the scores, not
//! interpolated; equal scores are one step. It depends on which scores there are and not on their order, so that
//! any sharing out gives the same bits. Precision, recall and F1 are of the flags that scores at or above a cut
//! make.

use super::quality::{Over, Quality, ZeroDivision, weighted};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::eval::mean::mean;
use crate::eval::sum::pairwise;

/// The rules of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// How many classes there are (L).
    pub classes: u32,
    /// The score from which on a class counts as predicted.
    pub cut: f64,
    /// What 0/0 is in precision, recall and F1.
    pub zero: ZeroDivision,
}

impl Options {
    /// So many classes, a cut at 0.5, 0/0 being 0.
    pub fn new(classes: u32) -> Options {
        Options { classes, cut: 0.5, zero: ZeroDivision::default() }
    }
}

/// Collects flags and scores (9 bytes each).
///
/// ```
/// use lensframe::eval::classification::multilabel::{Evaluator, Options};
/// # fn main() -> lensframe::error::Result<()> {
/// let mut evaluator = Evaluator::new(Options::new(1));
/// evaluator.update(&[false, false, true, true], &[0.1, 0.4, 0.35, 0.8])?;
/// assert_eq!(evaluator.finish().average_precision, [0.5 + 0.5 * (2.0 / 3.0)]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Evaluator {
    options: Options,
    /// By class.
    flags: Vec<Vec<bool>>,
    scores: Vec<Vec<f64>>,
}

/// The scores of a classification with several classes an image. Lists are by class.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// How many images were seen.
    pub images: u64,
    /// How many images have the class.
    pub positives: Vec<u64>,
    /// Average precision; 0 for a class that no image has, as in the original.
    pub average_precision: Vec<f64>,
    /// Mean over all classes: the original's `macro`.
    pub macro_ap: f64,
    /// Mean over the classes that some image has; NaN without one.
    pub mean_ap: f64,
    /// Mean weighted by `positives`; 0 without one, as in the original.
    pub weighted_ap: f64,
    /// Average precision of all flags and scores as one class.
    pub micro_ap: f64,
    /// Precision, recall and F1 at the cut, means over all classes.
    pub quality: Quality,
}

impl Evaluator {
    /// Nothing seen yet.
    pub fn new(options: Options) -> Evaluator {
        let classes = options.classes as usize;
        Evaluator { options, flags: vec![Vec::new(); classes], scores: vec![Vec::new(); classes] }
    }

    /// The rules.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Adds images: L flags and L scores for each, one image after the other.
    ///
    /// # Errors
    /// [`ErrorKind::Length`] if there are not L of both for each image; [`ErrorKind::Format`] for a score that is
    /// not a number, with the image's position. The state is then what it was.
    pub fn update<S: Copy + Into<f64>>(&mut self, truth: &[bool], scores: &[S]) -> Result<()> {
        let classes = self.flags.len();
        let place = || Place::area("classification");
        if truth.len() != scores.len() || !truth.len().is_multiple_of(classes) {
            let what = format!("{} flags and {} scores of {classes} classes", truth.len(), scores.len());
            return Err(Error::new(ErrorKind::Length, what).at(place()));
        }
        if let Some(at) = scores.iter().position(|score| (*score).into().is_nan()) {
            let what = format!("the score of class {} is not a number", at % classes);
            return Err(Error::new(ErrorKind::Format, what).at(place().row((at / classes) as u64)));
        }
        for (at, (flag, score)) in truth.iter().zip(scores).enumerate() {
            self.flags[at % classes].push(*flag);
            self.scores[at % classes].push((*score).into());
        }
        Ok(())
    }

    /// Adds what another evaluator has seen.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] if it has other rules.
    pub fn merge(&mut self, other: Evaluator) -> Result<()> {
        if self.options != other.options {
            let what = "evaluators with different rules cannot be merged";
            return Err(Error::new(ErrorKind::Mismatch, what).at(Place::area("classification")));
        }
        self.flags.iter_mut().zip(other.flags).for_each(|(all, more)| all.extend(more));
        self.scores.iter_mut().zip(other.scores).for_each(|(all, more)| all.extend(more));
        Ok(())
    }

    /// The scores of what was seen so far.
    pub fn finish(&self) -> Scores {
        let classes: Vec<Vec<(f64, bool)>> = self
            .scores
            .iter()
            .zip(&self.flags)
            .map(|(scores, flags)| scores.iter().copied().zip(flags.iter().copied()).collect())
            .collect();
        let count = |of: &dyn Fn(&(f64, bool)) -> bool| {
            classes
                .iter()
                .map(|class| class.iter().filter(|one| of(one)).count() as u64)
                .collect::<Vec<u64>>()
        };
        let cut = self.options.cut;
        let positives = count(&|(_, flag)| *flag);
        let right = count(&|(score, flag)| *flag && *score >= cut);
        let predicted = count(&|(score, _)| *score >= cut);
        let micro_ap = average_precision(classes.concat());
        let images = classes.first().map_or(0, |class| class.len() as u64);
        let average_precisions: Vec<f64> = classes.into_iter().map(average_precision).collect();
        let seen: Vec<f64> = average_precisions
            .iter()
            .zip(&positives)
            .filter(|(_, positives)| **positives > 0)
            .map(|(ap, _)| *ap)
            .collect();
        let weights: Vec<f64> = positives.iter().map(|n| *n as f64).collect();
        Scores {
            images,
            macro_ap: mean(&average_precisions),
            mean_ap: mean(&seen),
            weighted_ap: if seen.is_empty() { 0.0 } else { weighted(&average_precisions, &weights) },
            micro_ap,
            average_precision: average_precisions,
            quality: Quality::of(right, predicted, positives.clone(), Over::All, self.options.zero),
            positives,
        }
    }
}

/// The area under the steps of precision over recall; 0 without a positive.
fn average_precision(mut scored: Vec<(f64, bool)>) -> f64 {
    scored.sort_unstable_by(|(a, _), (b, _)| b.total_cmp(a));
    let positives = scored.iter().filter(|(_, flag)| *flag).count() as f64;
    if positives == 0.0 {
        return 0.0;
    }
    // A step where the score changes: its recall and precision, from the highest score down.
    let (mut steps, mut right) = (Vec::new(), 0u64);
    for (at, (score, flag)) in scored.iter().enumerate() {
        right += u64::from(*flag);
        if scored.get(at + 1).is_none_or(|(next, _)| next != score) {
            steps.push((right as f64 / positives, right as f64 / (at + 1) as f64));
        }
    }
    // The original adds from the lowest score up, the differences being negative.
    let terms: Vec<f64> = steps
        .iter()
        .rev()
        .enumerate()
        .map(|(at, (recall, precision))| {
            let next = steps.len().checked_sub(at + 2).map_or(0.0, |at| steps[at].0);
            (next - recall) * precision
        })
        .collect();
    (-pairwise(&terms)).max(0.0)
}
