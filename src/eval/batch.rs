//! What an evaluator is given: images, and the objects of both sides on them.

use crate::error::{Error, ErrorKind, Result};

use super::images::ImageId;
use super::objects::Objects;

/// Images with their truths and detections.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// The ids of the images.
    pub images: &'a [ImageId],
    /// What is there.
    pub truth: &'a Objects,
    /// What was found.
    pub found: &'a Objects,
}

impl Batch<'_> {
    /// Checks that both sides have these images, that columns are of one length, that labels are below
    /// `classes`, and that every detection has a score.
    ///
    /// # Errors
    /// [`ErrorKind::Length`] or [`ErrorKind::Usage`].
    pub fn check(&self, classes: usize) -> Result<()> {
        for (side, objects) in [("truth", self.truth), ("detections", self.found)] {
            if objects.images() != self.images.len() {
                let what = format!("{} images, but {side} for {}", self.images.len(), objects.images());
                return Err(Error::new(ErrorKind::Length, what));
            }
            objects.check(classes)?;
        }
        if self.found.score.len() != self.found.len() {
            return Err(Error::new(ErrorKind::Usage, "detections have no scores")
                .remedy("give every detection its confidence, or evaluate with a constant one"));
        }
        Ok(())
    }
}
