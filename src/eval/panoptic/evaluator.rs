//! [`Evaluator`]: matches of all images, kept image by image.
//!
//! An IoU is a fraction, and a sum of fractions depends on the order: so every match is kept (12 bytes), and
//! summed by the position of its image at the end. Merging is then a union, which no order can change.

use std::collections::BTreeMap;

use super::matching::{Seen, matched};
use super::scores::Scores;
use super::segments::Painted;
use crate::error::{Error, ErrorKind, Place, Result};

/// The rules of an evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// For each class, in label order, whether its segments are single objects (things) or not (stuff).
    pub things: Vec<bool>,
    /// Into how many parts the reference cuts the list of images, one a process: their sums are added up, which
    /// moves last bits. 1 is one process, the only deterministic way to run it on any machine.
    pub processes: usize,
}

impl Options {
    /// These classes, in one process.
    pub fn new(things: Vec<bool>) -> Options {
        Options { things, processes: 1 }
    }
}

/// Collects matches; see the [front page](crate::eval::panoptic).
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluator {
    options: Options,
    images: BTreeMap<u64, Seen>,
}

impl Evaluator {
    /// Nothing seen yet.
    pub fn new(options: Options) -> Evaluator {
        Evaluator { options, images: BTreeMap::new() }
    }

    /// The rules.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Adds an image. `position` is its place in the list of annotations, in whose order IoUs are summed;
    /// `image` names it in errors. After an error the state is what it was.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] for two sizes. [`ErrorKind::Format`] for a predicted segment that is listed and
    /// not painted, painted and not listed, or of no class; and for a true segment without an area where one
    /// is needed. [`ErrorKind::Usage`] for a position that was there before.
    pub fn update(
        &mut self,
        position: u64,
        image: &str,
        truth: &Painted<'_>,
        predicted: &Painted<'_>,
    ) -> Result<()> {
        let seen = matched(image, truth, predicted, self.options.things.len())?;
        if self.images.contains_key(&position) {
            return Err(twice(position).at(Place::none().file(image)));
        }
        self.images.insert(position, seen);
        Ok(())
    }

    /// Adds what another evaluator has seen.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] if it has other rules, [`ErrorKind::Usage`] if both have seen an image; the state
    /// is then what it was.
    pub fn merge(&mut self, other: Evaluator) -> Result<()> {
        if self.options != other.options {
            let what = "evaluators with different rules cannot be merged";
            return Err(Error::new(ErrorKind::Mismatch, what).at(Place::area("panoptic")));
        }
        match other.images.keys().find(|position| self.images.contains_key(position)) {
            Some(position) => Err(twice(*position)),
            None => {
                self.images.extend(other.images);
                Ok(())
            }
        }
    }

    /// The scores of what was seen so far.
    pub fn finish(&self) -> Scores {
        let images: Vec<&Seen> = self.images.values().collect();
        Scores::of(&images, &self.options)
    }

    /// The scores of every image alone, with its position: by `all.pq`, best and worst images are found.
    pub fn by_image(&self) -> impl Iterator<Item = (u64, Scores)> {
        self.images.iter().map(|(position, seen)| (*position, Scores::of(&[seen], &self.options)))
    }
}

fn twice(position: u64) -> Error {
    Error::new(ErrorKind::Usage, format!("image {position} is there twice")).at(Place::area("panoptic"))
}
