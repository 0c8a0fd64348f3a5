//! [`Evaluator`]: the counts of semantic segmentation, image by image.
//!
//! The state is whole numbers alone, so that any order of updates and merges gives the same.

use std::collections::BTreeMap;

use super::options::{MOST_CLASSES, Numbering, Options, Outside};
use super::scores::Scores;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::eval::contingency::{Contingency, contingency};
use crate::geometry::LabelMap;

/// The row or column of numbers that are no class.
pub(super) const OUTSIDE: u32 = u32::MAX;

/// Counts pairs of classes; see the [front page](crate::eval::semantic).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluator {
    options: Options,
    counts: Counts,
}

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Pixels by class of truth and prediction, [`OUTSIDE`] for none.
    pub(super) cells: BTreeMap<(u32, u32), u64>,
    /// One more than the largest class met.
    pub(super) met: u32,
    pub(super) images: u64,
    pub(super) ignored: u64,
}

impl Counts {
    fn add(&mut self, other: Counts) {
        for (cell, count) in other.cells {
            *self.cells.entry(cell).or_default() += count;
        }
        self.met = self.met.max(other.met);
        self.images += other.images;
        self.ignored += other.ignored;
    }
}

impl Evaluator {
    /// Nothing seen yet.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] for more than [`MOST_CLASSES`] classes.
    pub fn new(options: Options) -> Result<Evaluator> {
        match options.classes {
            Some(classes) if classes > MOST_CLASSES => {
                let what = format!("{classes} classes, where at most {MOST_CLASSES} are counted");
                Err(Error::new(ErrorKind::Limit, what).at(Place::area("semantic")))
            }
            _ => Ok(Evaluator { options, counts: Counts::default() }),
        }
    }

    /// The rules.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Adds an image: its truth and its prediction, numbers of one size. `image` names it in errors. After an
    /// error the state is what it was.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] for two sizes; [`ErrorKind::Format`] for a number that is no class, where
    /// [`Outside::Refuse`] holds; [`ErrorKind::Limit`] for a class from [`MOST_CLASSES`] on.
    pub fn update<T, P>(
        &mut self,
        image: &str,
        truth: LabelMap<'_, T>,
        predicted: LabelMap<'_, P>,
    ) -> Result<()>
    where
        T: Copy + Ord + Into<u32>,
        P: Copy + Ord + Into<u32>,
    {
        let (asked, got) = (truth.size(), predicted.size());
        if asked != got {
            let what = format!("the truth is {asked} pixels, the prediction {got}");
            return Err(Error::new(ErrorKind::Mismatch, what)
                .at(place(image))
                .remedy("resize the prediction to the size of its truth, by nearest pixels"));
        }
        let table = contingency(truth.ids(), predicted.ids())?;
        self.add(image, &table)
    }

    /// As [`Evaluator::update`], from a table of numbers that was made before.
    ///
    /// # Errors
    /// As [`Evaluator::update`].
    pub fn add(&mut self, image: &str, table: &Contingency) -> Result<()> {
        let mut seen = Counts { images: 1, ..Counts::default() };
        for pair in table.pairs() {
            let predicted = self.class(image, "prediction", pair.predicted, &self.options.predicted)?;
            if let Some(class) = predicted {
                seen.met = seen.met.max(class + 1);
            }
            if self.options.ignore.contains(&pair.truth) {
                seen.ignored += pair.count;
                continue;
            }
            let truth = self.class(image, "truth", pair.truth, &self.options.truth)?;
            if let Some(class) = truth {
                seen.met = seen.met.max(class + 1);
            }
            let cell = (truth.unwrap_or(OUTSIDE), predicted.unwrap_or(OUTSIDE));
            *seen.cells.entry(cell).or_default() += pair.count;
        }
        self.counts.add(seen);
        Ok(())
    }

    fn class(&self, image: &str, side: &str, number: u32, numbering: &Numbering) -> Result<Option<u32>> {
        let class = numbering.class(number);
        let refuse = self.options.outside == Outside::Refuse;
        match (self.options.classes, class) {
            (Some(classes), Some(class)) if class < classes => Ok(Some(class)),
            (None, Some(class)) if class < MOST_CLASSES => Ok(Some(class)),
            (None, Some(class)) => {
                let what = format!("the {side} has class {class}, where at most {MOST_CLASSES} are counted");
                Err(Error::new(ErrorKind::Limit, what)
                    .at(place(image))
                    .remedy("numbers of segments or colours need a numbering that says which class they are"))
            }
            _ if !refuse => Ok(None),
            (classes, _) => {
                let of = classes.map_or(String::new(), |classes| format!(" of the {classes}"));
                let what = format!("the {side} has the number {number}, which is none{of} classes");
                let remedy = match side {
                    "truth" => {
                        "name it among the numbers to ignore, give the numbering, or let numbers outside count"
                    }
                    _ => "give the numbering of predictions, or let numbers outside count as wrong",
                };
                Err(Error::new(ErrorKind::Format, what).at(place(image)).remedy(remedy))
            }
        }
    }

    /// Adds what another evaluator has seen.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] if it has other rules.
    pub fn merge(&mut self, other: Evaluator) -> Result<()> {
        if self.options != other.options {
            let what = "evaluators with different rules cannot be merged";
            return Err(Error::new(ErrorKind::Mismatch, what).at(Place::area("semantic")));
        }
        self.counts.add(other.counts);
        Ok(())
    }

    /// The scores of what was seen so far.
    pub fn finish(&self) -> Scores {
        Scores::of(&self.counts, &self.options)
    }
}

fn place(image: &str) -> Place {
    Place::area("semantic").file(image)
}
