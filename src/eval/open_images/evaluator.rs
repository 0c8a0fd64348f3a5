//! Open Images' protocol as an evaluator: [`OpenImages`].
//!
//! A detection is first held against the truth that is no group and that it overlaps most; what is not true by that is
//! held against the group that holds most of it. Since detections come in descending scores, the first inside a group
//! is the best.
//!
//! The kernel indexes by numbers that the batch's own ranges gave.

#![allow(clippy::indexing_slicing)]

use crate::error::{Error, ErrorKind, Result};
use crate::eval::batch::Batch;
use crate::eval::cells::{Cells, empty, gather};
use crate::eval::matching::{Match, Overlaps, Rule, Truths};
use crate::eval::mean_ap::Coordinates;
use crate::eval::mean_ap::corners::{Over, overlap};
use crate::eval::outcomes::{Grid, Judged, Outcomes};
use crate::job::Job;

use super::expand::expand;
use super::hierarchy::Hierarchy;
use super::params::{Arithmetic, Groups, Params};
use super::scores::OpenImagesScores;

/// Open Images' protocol over images as they come. Boxes may be relative or in pixels, as long as both sides agree.
///
/// ```
/// use lensframe::eval::{Batch, Objects, open_images::{Hierarchy, OpenImages, Params}};
/// use lensframe::job::Job;
/// // A dog (1) is there, which is an animal (0); the detector says both.
/// let mut truth = Objects::new([1])?;
/// (truth.label, truth.bbox) = (vec![1], vec![[0.1, 0.1, 0.5, 0.5]]);
/// let mut found = Objects::new([2])?;
/// (found.label, found.score) = (vec![0, 1], vec![0.7, 0.8]);
/// found.bbox = vec![[0.1, 0.1, 0.5, 0.5]; 2];
/// let tree = Hierarchy::new(2, &[(1, 0)])?;
/// let mut evaluator = OpenImages::new(Params::challenge(), tree)?;
/// evaluator.update(&Batch { images: &["a".into()], truth: &truth, found: &found }, &[vec![]], &Job::new())?;
/// assert_eq!(evaluator.finish(&Job::new())?.mean, 1.0);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct OpenImages {
    params: Params,
    tree: Hierarchy,
    outcomes: Outcomes,
    /// Classes with a group among their truths.
    grouped: Vec<bool>,
}

impl OpenImages {
    /// An evaluator for the classes of a hierarchy.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for parameters that cannot be; [`ErrorKind::Limit`] for too many classes.
    pub fn new(params: Params, tree: Hierarchy) -> Result<OpenImages> {
        params.check()?;
        let outcomes = empty(Grid { thresholds: 1, ranges: 1 }, tree.classes())?;
        Ok(OpenImages { params, outcomes, grouped: vec![false; tree.classes()], tree })
    }

    /// The parameters.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// What matching left behind so far.
    pub fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }

    /// Matches these images. `verified` has, for each image, the classes that were verified on it by image-level
    /// labels, positive and negative; those of its boxes and of the classes above them are taken as verified.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] and [`ErrorKind::Length`] for columns that do not fit together or are absent;
    /// [`ErrorKind::Cancelled`].
    pub fn update(&mut self, batch: &Batch, verified: &[Vec<u32>], job: &Job) -> Result<()> {
        batch.check(self.tree.classes())?;
        if verified.len() != batch.images.len() {
            let what = format!("{} images, but verified labels for {}", batch.images.len(), verified.len());
            return Err(Error::new(ErrorKind::Length, what));
        }
        for (side, objects) in [("truths", batch.truth), ("detections", batch.found)] {
            if objects.bbox.len() != objects.len() {
                return Err(Error::new(ErrorKind::Usage, format!("the {side} have no bbox")));
            }
        }
        let params = self.params;
        let (truth, found) = expand(&params, &self.tree, batch, verified)?;
        let batch = Batch { images: batch.images, truth: &truth, found: &found };
        let parts = gather(&batch, self.outcomes.grid(), job, Worker::default, |worker, image, out| {
            let mut cells = std::mem::take(&mut worker.cells);
            cells.walk(&batch, image, |class, truths, found| {
                worker.cell(&params, &batch, class, truths, found, out);
                Ok(())
            })?;
            worker.cells = cells;
            Ok(())
        })?;
        parts.iter().try_for_each(|part| self.outcomes.merge(part))?;
        for (label, flags) in truth.label.iter().zip(&truth.flags) {
            self.grouped[*label as usize] |= flags.group && params.groups != Groups::Plain;
        }
        Ok(())
    }

    /// Adds what another evaluator of the same parameters has seen: other images.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if parameters or hierarchies differ.
    pub fn merge(&mut self, other: &OpenImages) -> Result<()> {
        if self.params != other.params || self.tree != other.tree {
            return Err(Error::new(ErrorKind::Usage, "evaluators with other parameters cannot be merged"));
        }
        self.outcomes.merge(&other.outcomes)?;
        self.grouped.iter_mut().zip(&other.grouped).for_each(|(own, other)| *own |= other);
        Ok(())
    }

    /// The numbers.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if an image was given twice; [`ErrorKind::Cancelled`].
    pub fn finish(&self, job: &Job) -> Result<OpenImagesScores> {
        let ordered = self.outcomes.in_order(self.tree.classes())?;
        OpenImagesScores::of(&self.params, &ordered, &self.grouped, job)
    }
}

/// Matches cells; keeps its buffers.
#[derive(Default)]
struct Worker {
    cells: Cells,
    matrix: Vec<f64>,
    judged: Vec<[Judged; 1]>,
    truths: Truths,
}

impl Worker {
    fn cell(
        &mut self,
        params: &Params,
        batch: &Batch,
        class: u32,
        truths: &[u32],
        found: &[u32],
        out: &mut Outcomes,
    ) {
        let flags = |t: &u32| batch.truth.flags(*t as usize);
        let is_group = |t: &u32| params.groups != Groups::Plain && flags(t).group;
        let single: Vec<u32> = truths.iter().filter(|t| !is_group(t)).copied().collect();
        let groups: Vec<u32> = truths.iter().filter(|t| is_group(t)).copied().collect();
        let counted = params.groups == Groups::Counted;
        let real = |of: &[u32]| of.iter().filter(|t| !flags(t).ignored).count() as u32;
        out.truths(class, &[real(&single) + if counted { real(&groups) } else { 0 }]);
        self.judged.clear();
        self.judged.resize(found.len(), [Judged::default()]);
        if !found.is_empty() {
            for (truths, over) in [(&single, Over::Union), (&groups, Over::Found)] {
                if !truths.is_empty() {
                    self.against(params, batch, truths, found, over);
                }
            }
        }
        let judged = found.iter().zip(&self.judged);
        out.found(class, judged.map(|(d, judged)| (batch.found.score[*d as usize], &judged[..])));
    }

    /// Holds detections that are false so far against these truths: single ones by union, groups by share.
    fn against(&mut self, params: &Params, batch: &Batch, truths: &[u32], found: &[u32], over: Over) {
        self.matrix.clear();
        for d in found {
            let (first, own) = (self.matrix.len(), &batch.found.bbox[*d as usize]);
            let overlaps = truths
                .iter()
                .map(|t| overlap_in(params.arithmetic, own, &batch.truth.bbox[*t as usize], over));
            self.matrix.extend(overlaps);
            let row = &mut self.matrix[first..];
            // The greatest of a row with a NaN is NaN in the references, and reaches no threshold.
            if row.iter().any(|overlap| overlap.is_nan()) {
                row.fill(f64::NEG_INFINITY);
            }
        }
        let threshold = match over {
            Over::Union => params.threshold,
            Over::Found => params.share,
        };
        let threshold = match params.arithmetic {
            Arithmetic::Single => f64::from(threshold as f32),
            Arithmetic::Double => threshold,
        };
        let matrix = Overlaps::new(&self.matrix, truths.len());
        self.truths.begin(&vec![false; truths.len()]);
        for (d, [judged]) in self.judged.iter_mut().enumerate() {
            if judged.hit | judged.ignored != 0 {
                continue;
            }
            let matched = self.truths.choose(Rule::VOC, matrix.row(d), |_| false, |_| threshold);
            let (Match::Truth(truth) | Match::Taken(truth)) = matched else { continue };
            let first = matches!(matched, Match::Truth(_));
            let ignored = batch.truth.flags(truths[truth as usize] as usize).ignored;
            *judged = match over {
                _ if ignored => Judged { hit: 0, ignored: 1 },
                Over::Union => Judged { hit: u64::from(first), ignored: 0 },
                Over::Found if first && params.groups == Groups::Counted => Judged { hit: 1, ignored: 0 },
                Over::Found => Judged { hit: 0, ignored: 1 },
            };
        }
    }
}

fn overlap_in(arithmetic: Arithmetic, found: &[f64; 4], truth: &[f64; 4], over: Over) -> f64 {
    match arithmetic {
        Arithmetic::Single => {
            let plain = Coordinates::Plain;
            f64::from(overlap(&plain.corners(found), &plain.corners(truth), over, 0.0))
        }
        Arithmetic::Double => {
            let corners = |[x, y, w, h]: [f64; 4]| [x, y, x + w, y + h];
            let (a, b) = (corners(*found), corners(*truth));
            let max = |a: f64, b: f64| if a.is_nan() || a > b { a } else { b };
            let min = |a: f64, b: f64| if a.is_nan() || a < b { a } else { b };
            let width = max(min(a[2], b[2]) - max(a[0], b[0]), 0.0);
            let height = max(min(a[3], b[3]) - max(a[1], b[1]), 0.0);
            let shared = height * width;
            let area = |c: [f64; 4]| (c[3] - c[1]) * (c[2] - c[0]);
            match over {
                Over::Union => shared / (area(a) + area(b) - shared),
                Over::Found => shared / area(a),
            }
        }
    }
}
