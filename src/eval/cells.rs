//! Cells of images, one class after another, and the walk over images that evaluators share.
//!
//! A cell is an image and a class: its truths in their own order, its detections in descending scores, equal
//! scores in their own order. Which thread walks which images does not show: parts are joined in the order of the
//! images, and results are made from the order of the image ids.
//!
//! The kernel indexes by numbers that the batch's own ranges gave.

#![allow(clippy::indexing_slicing)]

use crate::error::{Error, ErrorKind, Result};
use crate::job::Job;

use super::batch::Batch;
use super::outcomes::{Grid, MAX_CLASSES, Outcomes, descending};

/// An empty state for a grid and this many classes.
///
/// # Errors
/// [`ErrorKind::Limit`] for more than [`MAX_CLASSES`]; [`ErrorKind::Usage`] for a grid that cannot be.
pub fn empty(grid: Grid, classes: usize) -> Result<Outcomes> {
    if classes > MAX_CLASSES {
        return Err(Error::new(ErrorKind::Limit, format!("{classes} classes; the most are {MAX_CLASSES}")));
    }
    Outcomes::new(grid)
}

/// Images that are matched in one go on one thread.
const IMAGES: usize = 128;

/// Walks cells; keeps its buffers.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    there: Vec<(u32, u32)>,
    seen: Vec<(u32, u64, u32)>,
    truths: Vec<u32>,
    found: Vec<u32>,
}

impl Cells {
    /// Calls `cell` for every class of which the image has a truth or a detection, in ascending order, with the
    /// places of both in the batch.
    ///
    /// # Errors
    /// The first of `cell`.
    pub fn walk(
        &mut self,
        batch: &Batch,
        image: usize,
        mut cell: impl FnMut(u32, &[u32], &[u32]) -> Result<()>,
    ) -> Result<()> {
        let (truth, found) = (batch.truth, batch.found);
        self.there.clear();
        self.there.extend(truth.range(image).map(|t| (truth.label[t], t as u32)));
        self.there.sort_unstable();
        self.seen.clear();
        self.seen.extend(found.range(image).map(|d| (found.label[d], descending(found.score[d]), d as u32)));
        self.seen.sort_unstable();
        let (mut t, mut d) = (0, 0);
        loop {
            let next =
                [self.there.get(t).map(|(class, _)| *class), self.seen.get(d).map(|(class, ..)| *class)];
            let Some(class) = next.into_iter().flatten().min() else { return Ok(()) };
            let of = self.there[t..].iter().take_while(|(own, _)| *own == class);
            self.truths.clear();
            self.truths.extend(of.map(|(_, t)| *t));
            let of = self.seen[d..].iter().take_while(|(own, ..)| *own == class);
            self.found.clear();
            self.found.extend(of.map(|(.., d)| *d));
            (t, d) = (t + self.truths.len(), d + self.found.len());
            cell(class, &self.truths, &self.found)?;
        }
    }
}

/// Judges all images of a batch on the threads of a job: `image` is given a worker of its thread, the place of the
/// image in the batch, and where to put what comes of it.
///
/// # Errors
/// The first of `image`, by the order of images; [`Cancelled`](crate::error::ErrorKind::Cancelled).
pub fn gather<W>(
    batch: &Batch,
    grid: Grid,
    job: &Job,
    worker: impl Fn() -> W + Sync,
    image: impl Fn(&mut W, usize, &mut Outcomes) -> Result<()> + Sync,
) -> Result<Vec<Outcomes>> {
    gather_with(batch, grid, job, worker, image, |_| ()).map(|parts| parts.into_iter().map(|p| p.0).collect())
}

/// [`gather`], and what `last` takes from a worker that is done.
///
/// # Errors
/// As [`gather`].
pub fn gather_with<W, T: Send>(
    batch: &Batch,
    grid: Grid,
    job: &Job,
    worker: impl Fn() -> W + Sync,
    image: impl Fn(&mut W, usize, &mut Outcomes) -> Result<()> + Sync,
    last: impl Fn(W) -> T + Sync,
) -> Result<Vec<(Outcomes, T)>> {
    let starts: Vec<usize> = (0..batch.images.len()).step_by(IMAGES).collect();
    // What comes image by image is a stage of whoever gives it.
    let stage = (starts.len() > 1).then(|| job.stage("matching", Some(batch.images.len() as u64)));
    job.each(&starts, |start| {
        let (mut part, mut worker) = (Outcomes::new(grid)?, worker());
        for at in *start..batch.images.len().min(start + IMAGES) {
            part.image(batch.images[at].clone());
            image(&mut worker, at, &mut part)?;
        }
        if let Some(stage) = &stage {
            stage.advance(part.images().len() as u64)?;
        }
        Ok((part, last(worker)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Objects;

    #[test]
    fn cells_come_class_by_class_with_detections_from_high_to_low() {
        let mut truth = Objects::new([3]).unwrap();
        truth.label = vec![4, 1, 4];
        let mut found = Objects::new([4]).unwrap();
        (found.label, found.score) = (vec![4, 2, 4, 4], vec![0.5, 0.1, 0.9, 0.5]);
        let batch = Batch { images: &[1.into()], truth: &truth, found: &found };
        let mut seen = Vec::new();
        Cells::default()
            .walk(&batch, 0, |class, truths, found| {
                seen.push((class, truths.to_vec(), found.to_vec()));
                Ok(())
            })
            .unwrap();
        assert_eq!(seen, [(1, vec![1], vec![]), (2, vec![], vec![1]), (4, vec![0, 2], vec![2, 0, 3])]);
    }
}
