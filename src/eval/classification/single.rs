//! [`Evaluator`]: one class an image, from labels or from scores.
//!
//! The state is whole numbers alone, so that any order of updates and merges gives the same.

use std::collections::BTreeMap;

use super::quality::{Over, Quality, ZeroDivision};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::eval::contingency::{Pair, contingency};
use crate::eval::mean::mean;

/// The rules of an evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many classes there are (L).
    pub classes: u32,
    /// The k of top-k accuracies.
    pub top: Vec<u32>,
    /// Which of equal scores comes first.
    pub ties: Ties,
    /// Which classes are averaged.
    pub over: Over,
    /// What 0/0 is.
    pub zero: ZeroDivision,
}

impl Options {
    /// So many classes, top 1 and 5, and what scikit-learn does unless told otherwise.
    pub fn new(classes: u32) -> Options {
        Options {
            classes,
            top: vec![1, 5],
            ties: Ties::default(),
            over: Over::default(),
            zero: ZeroDivision::default(),
        }
    }
}

/// Which of equal scores comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ties {
    /// That of the lower label: so the first one is `argmax`.
    #[default]
    LowerFirst,
    /// That of the higher label, as in scikit-learn's `top_k_accuracy_score`. The label of an image is still the
    /// first of the best.
    HigherFirst,
}

/// Counts labels; see the [front page](crate::eval::classification).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluator {
    options: Options,
    cells: BTreeMap<(u32, u32), u64>,
    /// Images with scores.
    scored: u64,
    /// For each k, images whose class is among the first k.
    hits: Vec<u64>,
}

impl Evaluator {
    /// Nothing seen yet.
    pub fn new(options: Options) -> Evaluator {
        Evaluator { hits: vec![0; options.top.len()], options, cells: BTreeMap::new(), scored: 0 }
    }

    /// The rules.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Adds images by their labels, truth and prediction.
    ///
    /// # Errors
    /// [`ErrorKind::Length`] for slices that are not equally long; [`ErrorKind::Index`] for a label that is no class,
    /// with its position. The state is then what it was.
    pub fn update(&mut self, truth: &[u32], predicted: &[u32]) -> Result<()> {
        let pairs = contingency(truth, predicted).map_err(|e| e.at(place()))?;
        check(truth, "truth", self.options.classes)?;
        check(predicted, "prediction", self.options.classes)?;
        for pair in pairs.pairs() {
            *self.cells.entry((pair.truth, pair.predicted)).or_default() += pair.count;
        }
        Ok(())
    }

    /// Adds images by their scores: L for each image, one image after the other. The label predicted is the first
    /// of the highest score.
    ///
    /// # Errors
    /// As [`Evaluator::update`]; [`ErrorKind::Format`] for a score that is not a number, with the image's position.
    pub fn update_scores<S: Copy + Into<f64>>(&mut self, truth: &[u32], scores: &[S]) -> Result<()> {
        let classes = self.options.classes as usize;
        if scores.len() != truth.len() * classes {
            let what = format!("{} scores for {} images of {classes} classes", scores.len(), truth.len());
            return Err(Error::new(ErrorKind::Length, what).at(place()));
        }
        check(truth, "truth", self.options.classes)?;
        let (mut predicted, mut hits) = (Vec::with_capacity(truth.len()), vec![0; self.hits.len()]);
        let mut row: Vec<f64> = Vec::with_capacity(classes);
        for (image, (label, scores)) in truth.iter().zip(scores.chunks_exact(classes.max(1))).enumerate() {
            row.clear();
            row.extend(scores.iter().map(|score| (*score).into()));
            if let Some(class) = row.iter().position(|score| score.is_nan()) {
                let what = format!("the score of class {class} is not a number");
                return Err(Error::new(ErrorKind::Format, what).at(place().row(image as u64)));
            }
            let best = (0..classes).fold(0, |best, class| if row[class] > row[best] { class } else { best });
            predicted.push(best as u32);
            let (truth, own) = (*label as usize, row[*label as usize]);
            let before = |class: usize| match self.options.ties {
                Ties::LowerFirst => class < truth,
                Ties::HigherFirst => class > truth,
            };
            let rank =
                (0..classes).filter(|class| row[*class] > own || (row[*class] == own && before(*class)));
            let rank = rank.count();
            for (hit, k) in hits.iter_mut().zip(&self.options.top) {
                *hit += u64::from(rank < *k as usize);
            }
        }
        self.update(truth, &predicted)?;
        self.scored += truth.len() as u64;
        self.hits.iter_mut().zip(hits).for_each(|(sum, hits)| *sum += hits);
        Ok(())
    }

    /// Adds what another evaluator has seen.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] if it has other rules.
    pub fn merge(&mut self, other: Evaluator) -> Result<()> {
        if self.options != other.options {
            let what = "evaluators with different rules cannot be merged";
            return Err(Error::new(ErrorKind::Mismatch, what).at(place()));
        }
        for (cell, count) in other.cells {
            *self.cells.entry(cell).or_default() += count;
        }
        self.scored += other.scored;
        self.hits.iter_mut().zip(other.hits).for_each(|(sum, hits)| *sum += hits);
        Ok(())
    }

    /// The scores of what was seen so far.
    pub fn finish(&self) -> Scores {
        let classes = self.options.classes as usize;
        let (mut right, mut predicted, mut support) = (vec![0; classes], vec![0; classes], vec![0; classes]);
        let mut confusion = Vec::with_capacity(self.cells.len());
        for ((t, p), count) in &self.cells {
            support[*t as usize] += count;
            predicted[*p as usize] += count;
            if t == p {
                right[*t as usize] += count;
            }
            confusion.push(Pair { truth: *t, predicted: *p, count: *count });
        }
        let images: u64 = support.iter().sum();
        let ratio = |of: u64, to: u64| if to == 0 { f64::NAN } else { of as f64 / to as f64 };
        let asked = (0..classes).filter(|class| support[*class] > 0);
        let recalls: Vec<f64> = asked.map(|class| ratio(right[class], support[class])).collect();
        let top = self.options.top.iter().zip(&self.hits);
        Scores {
            images,
            accuracy: ratio(right.iter().sum(), images),
            balanced_accuracy: mean(&recalls),
            top: top.map(|(k, hits)| TopK { k: *k, accuracy: ratio(*hits, self.scored) }).collect(),
            scored: self.scored,
            quality: Quality::of(right, predicted, support, self.options.over, self.options.zero),
            confusion,
        }
    }
}

/// The share of images whose class is among the first k.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TopK {
    /// k.
    pub k: u32,
    /// The share, of images with scores; NaN without one.
    pub accuracy: f64,
}

/// The scores of a classification.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// How many images were seen.
    pub images: u64,
    /// How many of them with scores.
    pub scored: u64,
    /// The share of images with the right label; NaN without an image.
    pub accuracy: f64,
    /// The mean recall of the classes that some image has; NaN without an image.
    pub balanced_accuracy: f64,
    /// One for each k asked for.
    pub top: Vec<TopK>,
    /// Precision, recall, F1.
    pub quality: Quality,
    /// The cells of the confusion matrix that are not 0, by truth and then by prediction.
    pub confusion: Vec<Pair>,
}

impl Scores {
    /// The whole confusion matrix, truth by truth: L × L counts.
    pub fn matrix(&self) -> Vec<u64> {
        let classes = self.quality.support.len();
        let mut matrix = vec![0; classes * classes];
        for pair in &self.confusion {
            matrix[pair.truth as usize * classes + pair.predicted as usize] = pair.count;
        }
        matrix
    }
}

fn place() -> Place {
    Place::area("classification")
}

fn check(labels: &[u32], side: &str, classes: u32) -> Result<()> {
    match labels.iter().position(|label| *label >= classes) {
        Some(at) => {
            let what = format!("the {side} has label {} of {classes} classes", labels[at]);
            Err(Error::new(ErrorKind::Index, what).at(place().row(at as u64)))
        }
        None => Ok(()),
    }
}
