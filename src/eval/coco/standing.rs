//! Every class's detections in their order, ready to be summed up for any choice of images: [`Standing`].
//!
//! What matching left behind does not depend on which other images there are. So a sample of the images with
//! repetition, a slice of them, or all of them after some were matched again, is a matter of counting: nothing is
//! matched twice and nothing is sorted twice. An image that is taken *n* times counts as *n* images with ids next to
//! each other, with the very numbers that evaluating such a set would give.
//!
//! The kernel indexes by numbers that it made from the lengths of its own columns.

#![allow(clippy::indexing_slicing)]

use std::collections::HashMap;

use crate::error::{Error, ErrorKind, Result};
use crate::eval::images::ImageId;
use crate::eval::outcomes::{Outcomes, descending};

use super::curve::{needed, sample};
use super::evaluator::Coco;
use super::params::Params;
use super::slab::{Slab, Slabs, quoted};
use super::summary::Summary;

/// A detection in one range that counts at one threshold at least.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Entry {
    /// Sorts scores from high to low.
    key: u64,
    image: u32,
    rank: u32,
    hit: u64,
    ignored: u64,
}

impl Entry {
    fn order(&self) -> (u64, u32, u32) {
        (self.key, self.image, self.rank)
    }
}

/// A class in one range.
#[derive(Clone, Debug, Default)]
struct List {
    /// By score, then by image, then by rank within the image.
    entries: Vec<Entry>,
    /// Behind the last true positive: what follows changes no curve.
    end: usize,
    /// Images with truths that count, and how many.
    truths: Vec<(u32, u32)>,
}

impl List {
    fn settle(&mut self) {
        self.end = self.entries.iter().rposition(|entry| entry.hit != 0).map_or(0, |last| last + 1);
    }
}

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
        let mut standing = Standing { params, classes, images, lists };
        standing.add(outcomes);
        Ok(standing)
    }

    /// The images, in the order of their ids: that of weights.
    pub fn images(&self) -> &[ImageId] {
        &self.images
    }

    /// Takes what a later evaluation says of images in the place of what is known of them. The work done is in
    /// proportion to what is kept, but nothing that did not change is matched or sorted again.
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
        for list in &mut self.lists {
            list.entries.retain(|entry| !gone[entry.image as usize]);
            list.truths.retain(|(image, _)| !gone[*image as usize]);
        }
        self.add(coco.outcomes());
        Ok(())
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
        for (list, mut fresh) in self.lists.iter_mut().zip(fresh) {
            fresh.sort_unstable_by_key(Entry::order);
            list.entries = merge(std::mem::take(&mut list.entries), fresh);
            list.settle();
        }
    }

    /// The numbers people quote, each image counting as often as `weights` says (a weight an image, in the order of
    /// [`Standing::images`]; images without one do not count).
    pub fn summary(&self, weights: &[u32]) -> Summary {
        let weights: Vec<u32> =
            (0..self.images.len()).map(|n| weights.get(n).copied().unwrap_or(0)).collect();
        let mut walker = Walker::new(&self.params);
        let slabs = quoted(&self.params).into_iter();
        let slabs = slabs.map(|(range, cap)| walker.slab(self, range, cap, &weights)).collect();
        Summary::from_means(&self.params, &Slabs::new(&self.params, slabs))
    }

    /// The summary of every image once.
    pub fn whole(&self) -> Summary {
        self.summary(&vec![1; self.images.len()])
    }
}

/// Two sorted lists as one.
fn merge(old: Vec<Entry>, fresh: Vec<Entry>) -> Vec<Entry> {
    if old.is_empty() || fresh.is_empty() {
        return if old.is_empty() { fresh } else { old };
    }
    let mut out = Vec::with_capacity(old.len() + fresh.len());
    let mut from = 0;
    for entry in fresh {
        let upto = from + old[from..].partition_point(|known| known.order() < entry.order());
        out.extend_from_slice(&old[from..upto]);
        out.push(entry);
        from = upto;
    }
    out.extend_from_slice(&old[from..]);
    out
}

/// Walks lists, keeping its buffers.
struct Walker<'a> {
    params: &'a Params,
    /// For each threshold: true positives so far, detections that do not count at it, and the curve: true positives
    /// and the precision there.
    true_positives: Vec<u64>,
    less: Vec<u64>,
    curves: Vec<Vec<(u64, f64)>>,
    counted: u64,
    /// For each recall point, how many true positives reach it.
    needed: Vec<u64>,
}

impl<'a> Walker<'a> {
    fn new(params: &'a Params) -> Walker<'a> {
        let thresholds = params.thresholds.len();
        Walker {
            params,
            true_positives: vec![0; thresholds],
            less: vec![0; thresholds],
            curves: vec![Vec::new(); thresholds],
            counted: 0,
            needed: vec![0; params.recalls.len()],
        }
    }

    fn slab(&mut self, standing: &Standing, range: usize, cap: usize, weights: &[u32]) -> Slab {
        let (ranges, recalls) = (self.params.ranges.len(), self.params.recalls.len());
        let lists = || standing.lists.iter().skip(range).step_by(ranges);
        let sought = |list: &List| -> u64 {
            list.truths.iter().map(|(image, n)| u64::from(weights[*image as usize]) * u64::from(*n)).sum()
        };
        let sought: Vec<u64> = lists().map(sought).collect();
        let with = (0u32..).zip(&sought).filter(|(_, n)| **n > 0).map(|(class, _)| class);
        let mut slab = Slab::new(self.params, range, cap, with.collect());
        let (classes, precise) = (slab.classes.len(), !slab.precision.is_empty());
        let with = lists().zip(&sought).filter(|(_, sought)| **sought > 0);
        for (k, (list, sought)) in with.enumerate() {
            self.walk(list, self.params.caps[cap], weights);
            if precise {
                needed(&self.params.recalls, *sought, &mut self.needed);
            }
            for (t, curve) in self.curves.iter().enumerate() {
                slab.recall[t * classes + k] = self.true_positives[t] as f64 / *sought as f64;
                if precise {
                    let rows = slab.rows(t, recalls);
                    let put = |point: usize, envelope, _| rows[point * classes + k] = envelope;
                    sample(curve.len(), |n| curve[n].0, |n| curve[n].1, &self.needed, put);
                }
            }
        }
        slab
    }

    /// Counts a class's detections.
    fn walk(&mut self, list: &List, cap: u32, weights: &[u32]) {
        self.counted = 0;
        self.true_positives.fill(0);
        self.less.fill(0);
        self.curves.iter_mut().for_each(Vec::clear);
        let entries = &list.entries[..list.end];
        let mut at = 0;
        while at < entries.len() {
            let entry = &entries[at];
            let weight = weights[entry.image as usize];
            // Detections of one image with one score stand together: its copies follow each other as wholes.
            let tied = entries[at + 1..]
                .iter()
                .take_while(|next| next.key == entry.key && next.image == entry.image)
                .count();
            let run = &entries[at..=at + tied];
            at += 1 + tied;
            if weight == 0 {
                continue;
            }
            let (times, each) = if tied == 0 { (1, u64::from(weight)) } else { (weight, 1) };
            for _ in 0..times {
                run.iter().filter(|entry| entry.rank < cap).for_each(|entry| self.count(entry, each));
            }
        }
    }

    #[inline]
    fn count(&mut self, entry: &Entry, weight: u64) {
        self.counted += weight;
        let mut bits = entry.ignored;
        while bits != 0 {
            self.less[bits.trailing_zeros() as usize] += weight;
            bits &= bits - 1;
        }
        let mut bits = entry.hit;
        while bits != 0 {
            let t = bits.trailing_zeros() as usize;
            bits &= bits - 1;
            self.true_positives[t] += weight;
            // Of several copies the last has the highest precision, and the envelope is at least that.
            let (tp, both) = (self.true_positives[t], self.counted - self.less[t]);
            self.curves[t].push((tp, tp as f64 / (both as f64 + f64::EPSILON)));
        }
    }
}
