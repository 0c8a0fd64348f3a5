//! COCO's protocol as an evaluator: [`Coco`].
//!
//! Per image and class: detections in descending scores, cut to the greatest cap; overlaps with the truths;
//! then for every area range and threshold each detection takes the best free truth (see
//! [`matching`](crate::eval::matching)). Truths that are crowds, flagged as ignored, or whose area lies outside
//! the range are ignored, and so is a detection that gets one, and one without a truth whose own area lies
//! outside. The rules are those of pycocotools 2.0.11, checked against it bit by bit.
//!
//! The kernel indexes by numbers that the batch's own ranges gave.

#![allow(clippy::indexing_slicing)]

use crate::error::{Error, ErrorKind, Result};
use crate::eval::batch::Batch;
use crate::eval::matching::{Match, Overlaps, Rule, Truths};
use crate::eval::outcomes::{Grid, Judged, MAX_CLASSES, Outcomes, descending};
use crate::job::Job;

use super::overlap::Overlap;
use super::params::{Kind, Params};
use super::tensors::Tensors;

/// Images that are matched in one go on one thread.
const IMAGES: usize = 256;

/// COCO's protocol over images as they come.
///
/// ```
/// use lensframe::eval::{Batch, Objects, coco::{Coco, Kind, Params}};
/// use lensframe::job::Job;
/// let mut truth = Objects::new([1])?;
/// (truth.label, truth.bbox, truth.area) = (vec![0], vec![[0.0, 0.0, 10.0, 9.0]], vec![90.0]);
/// let mut found = Objects::new([2])?;
/// (found.label, found.score) = (vec![0, 0], vec![0.8, 0.9]);
/// found.bbox = vec![[0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 20.0, 20.0]];
/// let mut coco = Coco::new(Params::new(Kind::Bbox), 1)?;
/// coco.update(&Batch { images: &[1.into()], truth: &truth, found: &found }, &Job::new())?;
/// let tensors = coco.finish(&Job::new())?;
/// assert!((tensors.mean_precision(None, 0, 2, None).unwrap() - 0.45).abs() < 1e-12);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Coco {
    params: Params,
    classes: usize,
    outcomes: Outcomes,
}

impl Coco {
    /// An evaluator for this many classes. With [`Params::class_agnostic`] they are matched as one.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for parameters that cannot be.
    pub fn new(params: Params, classes: usize) -> Result<Coco> {
        params.check()?;
        if classes > MAX_CLASSES {
            return Err(Error::new(
                ErrorKind::Limit,
                format!("{classes} classes; the most are {MAX_CLASSES}"),
            ));
        }
        let grid = Grid { thresholds: params.thresholds.len(), ranges: params.ranges.len() };
        Ok(Coco { outcomes: Outcomes::new(grid)?, params, classes })
    }

    /// The parameters.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// What matching left behind so far.
    pub fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }

    /// Matches these images. How they are spread over calls and threads does not change the result.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] and [`ErrorKind::Length`] for columns that do not fit together or are absent;
    /// [`ErrorKind::Format`] for masks that are none; [`ErrorKind::Cancelled`].
    pub fn update(&mut self, batch: &Batch, job: &Job) -> Result<()> {
        batch.check(self.classes)?;
        self.needs(batch)?;
        let starts: Vec<usize> = (0..batch.images.len()).step_by(IMAGES).collect();
        // A few parts at a time: what was made of all is not kept beside the whole.
        for some in starts.chunks(4 * job.thread_budget().max(1)) {
            let parts = job.each(some, |start| {
                let mut part = Outcomes::new(self.outcomes.grid())?;
                let mut matcher = Matcher::new(&self.params);
                for image in *start..batch.images.len().min(start + IMAGES) {
                    part.image(batch.images[image].clone());
                    matcher.image(batch, image, &mut part)?;
                }
                Ok(part)
            })?;
            parts.iter().try_for_each(|part| self.outcomes.merge(part))?;
        }
        Ok(())
    }

    /// The columns that this kind of comparison cannot do without.
    fn needs(&self, batch: &Batch) -> Result<()> {
        let absent = |key: &str, side: &str| {
            let what = format!("the {side} have no {key}, which {} needs", self.params.kind.name());
            Err(Error::new(ErrorKind::Usage, what))
        };
        for (side, objects) in [("truths", batch.truth), ("detections", batch.found)] {
            let n = objects.len();
            match &self.params.kind {
                Kind::Bbox if objects.bbox.len() != n => return absent("bbox", side),
                Kind::Segm | Kind::Boundary(_) if objects.masks.len() != n => return absent("masks", side),
                Kind::Keypoints(_) if n > 0 && objects.points.values.is_empty() => {
                    return absent("points", side);
                }
                _ => {}
            }
        }
        if batch.truth.area.len() != batch.truth.len() {
            return absent("area", "truths");
        }
        if matches!(self.params.kind, Kind::Keypoints(_)) && batch.truth.bbox.len() != batch.truth.len() {
            return absent("bbox", "truths");
        }
        Ok(())
    }

    /// Adds what another evaluator of the same parameters has seen: other images.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if the parameters or the number of classes differ.
    pub fn merge(&mut self, other: &Coco) -> Result<()> {
        if self.params != other.params || self.classes != other.classes {
            return Err(Error::new(ErrorKind::Usage, "evaluators with other parameters cannot be merged"));
        }
        self.outcomes.merge(&other.outcomes)
    }

    /// The state as an Arrow file, for another process to take up.
    ///
    /// # Errors
    /// As [`Outcomes::to_arrow`].
    pub fn to_arrow(&self) -> Result<Vec<u8>> {
        self.outcomes.to_arrow(&self.named())
    }

    /// An evaluator of these parameters and classes, with the state that another one wrote.
    ///
    /// # Errors
    /// As [`Coco::new`] and [`Outcomes::from_arrow`].
    pub fn from_arrow(params: Params, classes: usize, state: &[u8]) -> Result<Coco> {
        let mut coco = Coco::new(params, classes)?;
        coco.outcomes = Outcomes::from_arrow(state, &coco.named(), coco.outcomes.grid(), coco.curves())?;
        Ok(coco)
    }

    /// What is evaluated: states of other names do not go together.
    fn named(&self) -> String {
        format!("coco {:?}, {} classes", self.params, self.classes)
    }

    /// Precision and recall of all classes, thresholds, ranges and caps.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if an image was given twice; [`ErrorKind::Cancelled`].
    pub fn finish(&self, job: &Job) -> Result<Tensors> {
        self.tensors(false, job)
    }

    /// [`Coco::finish`] with [`Tensors::scores`].
    ///
    /// # Errors
    /// As [`Coco::finish`].
    pub fn finish_with_scores(&self, job: &Job) -> Result<Tensors> {
        self.tensors(true, job)
    }

    /// The number of classes that have curves: one where all are taken as one.
    pub(super) fn curves(&self) -> usize {
        if self.params.class_agnostic { 1 } else { self.classes }
    }

    fn tensors(&self, scores: bool, job: &Job) -> Result<Tensors> {
        let classes = self.curves();
        Tensors::of(&self.params, &self.outcomes.in_order(classes)?, classes, scores, job)
    }
}

/// Matches images one after another, keeping its buffers.
struct Matcher<'a> {
    params: &'a Params,
    overlap: Overlap<'a>,
    /// The lowest threshold: what overlaps nothing that far is matched by none.
    lowest: f64,
    /// Truths of the image as (class, place), detections as (class, score's key, place).
    there: Vec<(u32, u32)>,
    seen: Vec<(u32, u64, u32)>,
    /// Places of the cell's truths and detections.
    truths: Vec<u32>,
    found: Vec<u32>,
    matrix: Vec<f64>,
    choice: Truths,
    judged: Vec<Judged>,
    counts: Vec<u32>,
    ignored: Vec<bool>,
    /// The same as of the range before: what was matched there holds here.
    before: Vec<bool>,
    /// Detections that any truth is in reach of, and what each came to, threshold after threshold.
    near: Vec<u32>,
    matched: Vec<Match>,
    /// In a cell with a single truth, the thresholds at which each of `near` gets it: a bit a threshold. Whether that
    /// truth counts changes nothing of who gets it.
    won: Vec<u64>,
}

impl<'a> Matcher<'a> {
    fn new(params: &'a Params) -> Matcher<'a> {
        Matcher {
            params,
            overlap: Overlap::new(&params.kind),
            lowest: params.thresholds.iter().copied().fold(f64::INFINITY, f64::min).min(GREATEST),
            there: Vec::new(),
            seen: Vec::new(),
            truths: Vec::new(),
            found: Vec::new(),
            matrix: Vec::new(),
            choice: Truths::default(),
            judged: Vec::new(),
            counts: Vec::new(),
            ignored: Vec::new(),
            before: Vec::new(),
            near: Vec::new(),
            matched: Vec::new(),
            won: Vec::new(),
        }
    }

    fn image(&mut self, batch: &Batch, image: usize, out: &mut Outcomes) -> Result<()> {
        let one = self.params.class_agnostic;
        let (mut there, mut seen) = (std::mem::take(&mut self.there), std::mem::take(&mut self.seen));
        there.clear();
        there.extend(batch.truth.range(image).map(|t| (batch.truth.label[t], t as u32)));
        if !there.is_sorted() {
            there.sort_unstable();
        }
        let scored = |d: usize| (batch.found.label[d], descending(batch.found.score[d]), d as u32);
        seen.clear();
        seen.extend(batch.found.range(image).map(scored));
        if one {
            // Classes are one, and yet the reference lists objects class by class.
            seen.sort_by_key(|(label, key, d)| (*key, *label, *d));
        } else if !seen.is_sorted() {
            seen.sort_unstable();
        }
        let (mut t, mut d) = (0, 0);
        while t < there.len() || d < seen.len() {
            let next =
                (there.get(t).map_or(u32::MAX, |(label, _)| *label), seen.get(d).map_or(u32::MAX, |s| s.0));
            let class = if one { 0 } else { next.0.min(next.1) };
            let t1 = if one { there.len() } else { t + run(&there[t..], |(label, _)| *label == class) };
            let d1 = if one { seen.len() } else { d + run(&seen[d..], |(label, ..)| *label == class) };
            let cap = (d + self.params.cap() as usize).min(d1);
            self.truths.clear();
            self.truths.extend(there[t..t1].iter().map(|(_, t)| *t));
            self.found.clear();
            self.found.extend(seen[d..cap].iter().map(|(.., d)| *d));
            self.cell(batch, class, out)?;
            (t, d) = (t1, d1);
        }
        (self.there, self.seen) = (there, seen);
        Ok(())
    }

    fn cell(&mut self, batch: &Batch, class: u32, out: &mut Outcomes) -> Result<()> {
        let ranges = self.params.ranges.len();
        self.matrix.clear();
        self.near.clear();
        if !self.truths.is_empty() && !self.found.is_empty() {
            self.overlap.fill(batch, &self.truths, &self.found, &mut self.matrix)?;
            let reaches = |row: &[f64]| row.iter().any(|overlap| *overlap >= self.lowest || overlap.is_nan());
            let rows = (0u32..).zip(self.matrix.chunks_exact(self.truths.len()));
            self.near.extend(rows.filter(|(_, row)| reaches(row)).map(|(d, _)| d));
        }
        self.won.clear();
        if self.truths.len() == 1 && !self.near.is_empty() && !self.matrix.iter().any(|iou| iou.is_nan()) {
            self.win(batch.truth.flags(self.truths[0] as usize).crowd);
        }
        self.judged.clear();
        self.judged.resize(self.found.len() * ranges, Judged::default());
        self.counts.clear();
        for range in 0..ranges {
            self.range(batch, range);
        }
        if !self.truths.is_empty() {
            out.truths(class, &self.counts);
        }
        let scored = self.found.iter().zip(self.judged.chunks_exact(ranges));
        out.found(class, scored.map(|(d, judged)| (batch.found.score[*d as usize], judged)));
        Ok(())
    }

    /// Judges the detections of a cell in one range, and counts the truths that count in it.
    fn range(&mut self, batch: &Batch, range: usize) {
        let (area, ranges) = (&self.params.ranges[range], self.params.ranges.len());
        let all = (1u64 << self.params.thresholds.len()) - 1;
        // A detection that is flagged as ignored counts only where it finds a truth: LVIS's not exhaustive classes.
        let outside = |d: u32| {
            let own = batch.found.area.get(d as usize);
            own.is_some_and(|own| area.leaves_out(*own)) || batch.found.flags(d as usize).ignored
        };
        for (n, d) in self.found.iter().enumerate() {
            self.judged[n * ranges + range].ignored = if outside(*d) { all } else { 0 };
        }
        self.ignored.clear();
        self.ignored.extend(self.truths.iter().map(|t| {
            let (t, flags) = (*t as usize, batch.truth.flags(*t as usize));
            flags.crowd || flags.ignored || area.leaves_out(batch.truth.area[t])
        }));
        self.counts.push(self.ignored.iter().map(|ignored| u32::from(!ignored)).sum());
        if self.near.is_empty() {
            return;
        }
        if !self.won.is_empty() {
            let (nameless, ignored) = (batch.truth.flags(self.truths[0] as usize).nameless, self.ignored[0]);
            for (near, won) in self.near.iter().zip(&self.won) {
                let left_out = ignored || (nameless && outside(self.found[*near as usize]));
                let judged = &mut self.judged[*near as usize * ranges + range];
                judged.ignored = if left_out { judged.ignored | won } else { judged.ignored & !won };
                judged.hit |= if left_out || nameless { 0 } else { *won };
            }
            return;
        }
        if range == 0 || self.ignored != self.before {
            self.assign(batch);
            self.before.clone_from(&self.ignored);
        }
        for (n, near) in self.near.iter().enumerate() {
            let outside = outside(self.found[*near as usize]);
            let judged = &mut self.judged[*near as usize * ranges + range];
            for (bit, matched) in self.matched[n..].iter().step_by(self.near.len()).enumerate() {
                if let Match::Truth(truth) | Match::Taken(truth) = matched {
                    // A truth whose id is 0 reads as none in the reference, but for its being ignored.
                    let nameless = batch.truth.flags(self.truths[*truth as usize] as usize).nameless;
                    let ignored = self.ignored[*truth as usize] || (nameless && outside);
                    let bit = 1 << bit;
                    judged.ignored = if ignored { judged.ignored | bit } else { judged.ignored & !bit };
                    judged.hit |= if ignored || nameless { 0 } else { bit };
                }
            }
        }
    }

    /// Who gets a cell's only truth: at each threshold the first in reach, of a crowd all of them.
    fn win(&mut self, crowd: bool) {
        let mut free = u64::MAX;
        for near in &self.near {
            let iou = self.matrix[*near as usize];
            let reached = |(bit, threshold): (u32, &f64)| u64::from(iou >= threshold.min(GREATEST)) << bit;
            let reach = (0u32..).zip(&self.params.thresholds).map(reached).fold(0, |all, bit| all | bit);
            self.won.push(reach & free);
            if !crowd {
                free &= !reach;
            }
        }
    }

    /// Matches the detections that something is in reach of at all thresholds.
    fn assign(&mut self, batch: &Batch) {
        let matrix = Overlaps::new(&self.matrix, self.truths.len());
        self.matched.clear();
        self.choice.begin(&self.ignored);
        for threshold in &self.params.thresholds {
            let threshold = threshold.min(GREATEST);
            self.choice.free();
            for d in &self.near {
                let many = |t: usize| batch.truth.flags(self.truths[t] as usize).crowd;
                self.matched
                    .push(self.choice.choose(Rule::COCO, matrix.row(*d as usize), many, |_| threshold));
            }
        }
    }
}

/// The reference's own guard: an overlap of 1 reaches a threshold of 1 whatever its last bit.
const GREATEST: f64 = 1.0 - 1e-10;

/// How many elements from the first on satisfy a condition.
fn run<T>(items: &[T], holds: impl Fn(&T) -> bool) -> usize {
    items.iter().take_while(|item| holds(item)).count()
}
