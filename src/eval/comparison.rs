//! Two sides brought together: [`Comparison`].
//!
//! Whatever truths and detections came from, here they have one list of images and one list of classes, both in
//! the order of their ids, which is the order in which the reference tools walk them.

use std::collections::BTreeMap;
use std::fmt;

use super::batch::Batch;
use super::images::ImageId;
use super::objects::Objects;
use crate::error::{Error, ErrorKind, Result};
use crate::geometry::Size;

/// A class of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassEntry {
    /// The source's own id.
    pub id: ImageId,
    /// Its name; the id as text where it has none.
    pub name: String,
    /// The group of classes it belongs to, where one is given.
    pub supercategory: Option<String>,
    /// LVIS's letter for how often it occurs, where one is given: `r`, `c` or `f`.
    pub frequency: Option<char>,
}

impl ClassEntry {
    /// A class of which no more is known.
    pub fn new(id: ImageId, name: impl Into<String>) -> ClassEntry {
        ClassEntry { id, name: name.into(), supercategory: None, frequency: None }
    }
}

/// What is known of the classes of an image of which not all were looked for. Classes are named by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Classes that are not there.
    pub negative: Vec<ImageId>,
    /// Classes of which not every object was marked.
    pub not_exhaustive: Vec<ImageId>,
}

/// An image of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageEntry {
    /// The source's own id.
    pub id: ImageId,
    /// The name of its file, where one is given.
    pub file_name: Option<String>,
    /// Height and width in pixels, where they are given.
    pub size: Option<Size>,
    /// What is known of its classes; `None` where a protocol did not ask, or the source does not say.
    pub known: Option<Box<Known>>,
}

impl ImageEntry {
    /// An image of which no more is known.
    pub fn new(id: ImageId) -> ImageEntry {
        ImageEntry { id, file_name: None, size: None, known: None }
    }
}

/// What was found on the way and decided by a rule: how often, and the first case of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remarks(BTreeMap<&'static str, Remark>);

/// A rule that was needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// How often.
    pub count: u64,
    /// The first case.
    pub first: String,
    /// What was done.
    pub done: &'static str,
}

impl Remarks {
    /// Counts a case; `first` is only called for the first.
    pub fn add(&mut self, code: &'static str, done: &'static str, first: impl FnOnce() -> String) {
        self.0.entry(code).or_insert_with(|| Remark { count: 0, first: first(), done }).count += 1;
    }

    /// The remarks by code.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Remark)> {
        self.0.iter().map(|(code, remark)| (*code, remark))
    }

    /// How often a rule was needed.
    pub fn count(&self, code: &str) -> u64 {
        self.0.get(code).map_or(0, |remark| remark.count)
    }

    /// True if no rule was needed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the cases of another.
    pub fn merge(&mut self, other: Remarks) {
        for (code, remark) in other.0 {
            let count = remark.count;
            match self.0.get_mut(code) {
                Some(known) => known.count += count,
                None => {
                    self.0.insert(code, remark);
                }
            }
        }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.first, self.done)?;
        match self.count {
            0 | 1 => Ok(()),
            n => write!(f, " (and {} more)", n - 1),
        }
    }
}

/// How many detections have an image and a class of the truth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// All detections.
    pub all: u64,
    /// Those whose image is unknown.
    pub no_image: u64,
    /// Those whose class is unknown.
    pub no_class: u64,
    /// Some ids that were not found.
    pub examples: Vec<String>,
}

impl Rate {
    /// True if every detection was brought together with an image and a class.
    pub fn is_whole(&self) -> bool {
        self.no_image == 0 && self.no_class == 0
    }
}

/// Truths and detections over one list of images and one of classes.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// The images, in the order of their ids.
    pub images: Vec<ImageEntry>,
    /// The classes, in the order of their ids.
    pub classes: Vec<ClassEntry>,
    /// What is there.
    pub truth: Objects,
    /// What was found.
    pub found: Objects,
    /// How well the two sides fit together.
    pub rate: Rate,
    /// Rules that were needed.
    pub remarks: Remarks,
}

impl Comparison {
    /// Fails on the first thing that a rule was needed for, or that has no counterpart.
    ///
    /// # Errors
    /// [`ErrorKind::Format`], saying what would have been done.
    pub fn refuse(&self) -> Result<()> {
        let strict = |what: String, done: &str| {
            Err(Error::new(ErrorKind::Format, what).remedy(format!("without --strict: {done}")))
        };
        if let Some((_, remark)) = self.remarks.iter().next() {
            return strict(remark.first.clone(), remark.done);
        }
        if self.rate.is_whole() {
            return Ok(());
        }
        let Rate { all, no_image, no_class, examples } = &self.rate;
        let what = format!(
            "of {all} detections {no_image} have no image and {no_class} no class of the truth: {}",
            examples.join(", ")
        );
        strict(what, "they are left out")
    }

    /// The ids of the images.
    pub fn ids(&self) -> Vec<ImageId> {
        self.images.iter().map(|image| image.id.clone()).collect()
    }

    /// The whole comparison as one batch; `ids` are those of [`Comparison::ids`].
    pub fn batch<'a>(&'a self, ids: &'a [ImageId]) -> Batch<'a> {
        Batch { images: ids, truth: &self.truth, found: &self.found }
    }
}
