//! Every class's detections in their order, ready to be summed up for any choice of images: [`Standing`].
//!
//! What matching left behind does not depend on which other images there are. So a sample of the images with
//! repetition, a slice of them, or all of them after some were matched again, is a matter of counting: nothing is
//! matched twice and nothing is sorted twice. An image that is taken *n* times counts as *n* images with ids next to
//! each other, with the very numbers that evaluating such a set would give.
//!
//! The kernel indexes by numbers that it made from the lengths of its own columns.

#![allow(clippy::indexing_slicing)]

mod list;
mod walk;

use std::collections::HashMap;

use crate::error::{Error, ErrorKind, Result};
use crate::eval::images::ImageId;
use crate::eval::outcomes::{Outcomes, descending};

use super::evaluator::Coco;
use super::params::Params;
use super::slab::{Quoted, Slab, quoted};
use super::summary::Summary;
use list::{Entry, List};
use walk::Walker;

/// What an evaluation of COCO's protocol left behind, class by class and in order.
///
/// ```
/// use lensframe::eval::{Batch, Objects, coco::{Coco, Kind, Params, Standing}};
/// use lensframe::job::Job;
/// // Two images with an object each, of which one was found.
/// let mut truth = Objects::new([1, 1])?;
/// (truth.label, truth.bbox, truth.area) = (vec![0; 2], vec![[0.0, 0.0, 10.0, 10.0]; 2], vec![100.0; 2]);
/// let mut found = Objects::new([1, 0])?;
/// (found.label, found.score, found.bbox) = (vec![0], vec![0.9], vec![[0.0, 0.0, 10.0, 10.0]]);
/// let mut coco = Coco::new(Params::new(Kind::Bbox), 1)?;
/// coco.update(&Batch { images: &[1.into(), 2.into()], truth: &truth, found: &found }, &Job::new())?;
/// let standing = Standing::of(&coco)?;
/// assert_eq!(standing.summary(&[1, 1]).get("AR@100"), Some(0.5));
/// assert_eq!(standing.summary(&[3, 1]).get("AR@100"), Some(0.75));
/// assert_eq!(standing.summary(&[0, 0]).get("AR@100"), None);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Standing {
    params: Params,
    classes: usize,
    /// In the order of their ids.
    images: Vec<ImageId>,
    /// Class by class, range by range.
    lists: Vec<List>,
    /// For each image, where its entries begin in `entries`: the list and the place there.
    starts: Vec<u32>,
    entries: Vec<(u32, u32)>,
    /// The images whose entries came after the lists were put in order.
    moved: Vec<bool>,
}

impl Standing {
    /// What an evaluator has seen so far.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if an image was given twice.
    pub fn of(coco: &Coco) -> Result<Standing> {
        let (params, outcomes) = (coco.params().clone(), coco.outcomes());
        let classes = coco.curves();
        let mut images = outcomes.images().to_vec();
        images.sort();
        if let Some(pair) = images.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::new(ErrorKind::Usage, format!("image {} was given twice", pair[0]))
                .remedy("give every image to one part only"));
        }
        let lists = vec![List::default(); classes * params.ranges.len()];
        let moved = vec![false; images.len()];
        let (starts, entries) = (Vec::new(), Vec::new());
        let mut standing = Standing { params, classes, images, lists, starts, entries, moved };
        standing.add(outcomes);
        standing.settle();
        Ok(standing)
    }

    /// The images, in the order of their ids: that of weights.
    pub fn images(&self) -> &[ImageId] {
        &self.images
    }

    /// Takes what a later evaluation says of images in the place of what is known of them. The work done is in
    /// proportion to what changed, as long as that is an eighth of all at most; then everything is put in order anew.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for other parameters or classes, and for images that are not known.
    pub fn replace(&mut self, coco: &Coco) -> Result<()> {
        if *coco.params() != self.params || coco.curves() != self.classes {
            return Err(Error::new(
                ErrorKind::Usage,
                "images evaluated by other parameters cannot be taken over",
            ));
        }
        let mut gone = vec![false; self.images.len()];
        for id in coco.outcomes().images() {
            let place = self.images.binary_search(id).map_err(|_| {
                Error::new(ErrorKind::Usage, format!("image {id} is not known"))
                    .remedy("replace images that were evaluated before")
            })?;
            if std::mem::replace(&mut gone[place], true) {
                return Err(Error::new(ErrorKind::Usage, format!("image {id} was given twice")));
            }
        }
        let mut void: Vec<(u32, u32)> = Vec::new();
        for (image, moved) in self.moved.iter_mut().enumerate().filter(|(image, _)| gone[*image]) {
            if !std::mem::replace(moved, true) {
                void.extend_from_slice(
                    &self.entries[self.starts[image] as usize..self.starts[image + 1] as usize],
                );
            }
        }
        void.sort_unstable();
        for own in void.chunk_by(|a, b| a.0 == b.0) {
            self.lists[own[0].0 as usize].take_away(own.iter().map(|(_, place)| *place));
        }
        self.lists.iter_mut().for_each(|list| list.forget(&gone));
        self.add(coco.outcomes());
        let fresh: usize = self.lists.iter().map(List::fresh).sum();
        if fresh > self.entries.len() / 8 {
            self.settle();
        }
        Ok(())
    }

    /// Puts what came since in its place. Samples are taken sooner from what is settled.
    pub(in crate::eval) fn settle(&mut self) {
        self.lists.iter_mut().for_each(List::settle);
        self.moved.fill(false);
        let all = || {
            let lists = (0u32..).zip(&self.lists);
            lists.flat_map(|(number, list)| {
                (0u32..).zip(list.entries()).map(move |(at, e)| (e.image, number, at))
            })
        };
        let mut starts = vec![0u32; self.images.len() + 1];
        all().for_each(|(image, ..)| starts[image as usize + 1] += 1);
        for image in 0..self.images.len() {
            starts[image + 1] += starts[image];
        }
        let (mut next, mut entries) = (starts.clone(), vec![(0, 0); *starts.last().unwrap_or(&0) as usize]);
        for (image, list, place) in all() {
            let slot = &mut next[image as usize];
            entries[*slot as usize] = (list, place);
            *slot += 1;
        }
        (self.starts, self.entries) = (starts, entries);
    }

    /// Whether nothing was replaced since everything was put in order.
    pub(in crate::eval) fn is_settled(&self) -> bool {
        !self.moved.contains(&true)
    }

    /// Puts detections and truths of images that have none yet into their places.
    fn add(&mut self, outcomes: &Outcomes) {
        let place: HashMap<&ImageId, u32> = self.images.iter().zip(0..).collect();
        let (ranges, all) = (self.params.ranges.len(), (1u64 << self.params.thresholds.len()) - 1);
        let mut fresh: Vec<Vec<Entry>> = vec![Vec::new(); self.lists.len()];
        for (number, id) in outcomes.images().iter().enumerate() {
            let Some(image) = place.get(id).copied() else { continue };
            for (class, counts) in outcomes.truths_of(number) {
                for (range, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                    self.lists[class * ranges + range].truths.push((image, *count));
                }
            }
            for (class, detections) in outcomes.found_of(number) {
                for (rank, detection) in (0u32..).zip(detections) {
                    let key = descending(outcomes.scores()[detection]);
                    for range in 0..ranges {
                        let judged = outcomes.judged(detection, range);
                        if judged.ignored != all {
                            let (hit, ignored) = (judged.hit, judged.ignored);
                            fresh[class * ranges + range].push(Entry { key, image, rank, hit, ignored });
                        }
                    }
                }
            }
        }
        for (list, fresh) in self.lists.iter_mut().zip(fresh).filter(|(_, fresh)| !fresh.is_empty()) {
            list.add(&fresh);
        }
    }

    /// The numbers people quote, each image counting as often as `weights` says (a weight an image, in the order of
    /// [`Standing::images`]; images without one do not count).
    pub fn summary(&self, weights: &[u32]) -> Summary {
        let weights: Vec<u32> =
            (0..self.images.len()).map(|n| weights.get(n).copied().unwrap_or(0)).collect();
        self.summed(Some(&weights))
    }

    /// The summary of every image once.
    pub fn whole(&self) -> Summary {
        self.summed(None)
    }

    fn summed(&self, weights: Option<&[u32]>) -> Summary {
        let mut walker = Walker::new(&self.params);
        let (mut slab, mut means) = (Slab::new(&self.params, 0, 0, Vec::new()), Quoted::default());
        for (range, cap) in quoted(&self.params) {
            walker.slab(self, range, cap, weights, &mut slab);
            means.add(&self.params, &slab);
        }
        Summary::from_means(&self.params, &means)
    }
}
