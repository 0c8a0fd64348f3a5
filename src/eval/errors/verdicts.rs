//! [`Verdicts`]: what became of every single object of a comparison, at one overlap and any score.
//!
//! COCO's choice, class by class: a detection takes, from the highest score down, the free truth that it overlaps
//! most. What is above a score is not touched by what is below it, so that one matching serves every cut: a detection
//! below the cut is not there, and a truth that only such a one found is missed.
//!
//! The kernel indexes by numbers that the batch's own ranges gave.

#![allow(clippy::indexing_slicing)]

use crate::error::{Error, ErrorKind, Result};
use crate::eval::batch::Batch;
use crate::eval::cells::Cells;
use crate::eval::coco::{Kind, Overlap};
use crate::eval::comparison::Comparison;
use crate::eval::matching::{Match, Rule, Truths};
use crate::eval::operating::{Point, Sweep};
use crate::eval::outcomes::descending;
use crate::job::Job;

use super::needs::needs;

/// Images that are judged in one go on one thread.
const IMAGES: usize = 128;

/// What became of a detection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It found this truth.
    Hit(u32),
    /// There is nothing, or nothing that a better one has not found.
    False,
    /// Left out of account: a crowd or an ignored truth is there, or too many of its class were found before it.
    LeftOut,
}

/// What became of a truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// This detection found it.
    Found(u32),
    /// None did.
    Missed,
    /// It does not count.
    LeftOut,
}

/// Detections and truths that count, above a score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Detections that found a truth.
    pub hits: u64,
    /// Detections that found none.
    pub wrong: u64,
    /// Truths that were not found.
    pub missed: u64,
}

impl Tally {
    /// 2 · hits / (2 · hits + wrong + missed); `None` where there is nothing and nothing was found.
    pub fn f1(&self) -> Option<f64> {
        let whole = 2 * self.hits + self.errors();
        (whole > 0).then(|| (2 * self.hits) as f64 / whole as f64)
    }

    /// What is wrong or missed.
    pub fn errors(&self) -> u64 {
        self.wrong + self.missed
    }
}

/// What became of every object.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdicts {
    /// The overlap from which on a truth is found.
    pub iou: f64,
    /// For each detection of the comparison, in its order.
    pub found: Vec<Verdict>,
    /// For each truth of the comparison, in its order.
    pub truth: Vec<Fate>,
}

impl Verdicts {
    /// Matches a comparison at an overlap. At most `cap` detections of an image and class are looked at.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] and [`ErrorKind::Length`] for columns that do not fit together or are absent, and for an
    /// overlap that is no number; [`ErrorKind::Format`] for masks that are none; [`ErrorKind::Cancelled`].
    pub fn of(comparison: &Comparison, kind: &Kind, iou: f64, cap: u32, job: &Job) -> Result<Verdicts> {
        if iou.is_nan() {
            return Err(Error::new(ErrorKind::Usage, "the overlap is not a number"));
        }
        let ids = comparison.ids();
        let batch = comparison.batch(&ids);
        batch.check(comparison.classes.len())?;
        needs(kind, &batch)?;
        let starts: Vec<usize> = (0..ids.len()).step_by(IMAGES).collect();
        let parts = job.each(&starts, |start| {
            let mut worker = Worker {
                overlap: Overlap::new(kind),
                choice: Truths::default(),
                matrix: Vec::new(),
                hits: Vec::new(),
                left_out: Vec::new(),
                rule: (iou.min(1.0 - 1e-10), cap as usize),
            };
            let mut cells = Cells::default();
            for image in *start..ids.len().min(start + IMAGES) {
                cells.walk(&batch, image, |_, truths, found| worker.cell(&batch, truths, found))?;
            }
            Ok((worker.hits, worker.left_out))
        })?;
        let fate = |t: usize| if counts(&batch, t) { Fate::Missed } else { Fate::LeftOut };
        let mut verdicts = Verdicts {
            iou,
            found: vec![Verdict::False; batch.found.len()],
            truth: (0..batch.truth.len()).map(fate).collect(),
        };
        for (hits, left_out) in parts {
            for (d, t) in hits {
                verdicts.found[d as usize] = Verdict::Hit(t);
                verdicts.truth[t as usize] = Fate::Found(d);
            }
            left_out.into_iter().for_each(|d| verdicts.found[d as usize] = Verdict::LeftOut);
        }
        Ok(verdicts)
    }

    /// What an image comes to if detections below a score are not there.
    pub fn tally(&self, comparison: &Comparison, image: usize, cut: f64) -> Tally {
        let scores = &comparison.found.score;
        let there = |d: u32| scores.get(d as usize).is_some_and(|score| *score >= cut);
        let mut tally = Tally::default();
        for d in comparison.found.range(image).filter(|d| there(*d as u32)) {
            tally.hits += u64::from(matches!(self.found.get(d), Some(Verdict::Hit(_))));
            tally.wrong += u64::from(matches!(self.found.get(d), Some(Verdict::False)));
        }
        tally.missed = comparison.truth.range(image).filter(|t| self.is_missed(*t, there)).count() as u64;
        tally
    }

    /// True if a truth that counts has no detection that is there.
    pub(super) fn is_missed(&self, truth: usize, there: impl Fn(u32) -> bool) -> bool {
        match self.truth.get(truth) {
            Some(Fate::Found(d)) => !there(*d),
            fate => fate == Some(&Fate::Missed),
        }
    }

    /// The highest score at which F1 over all classes and images is best, and what it keeps; `None` where nothing is
    /// there or nothing was found.
    pub fn best_cut(&self, comparison: &Comparison) -> Option<Point> {
        let scored = self.found.iter().zip(&comparison.found.score);
        let mut ranked: Vec<(f64, bool)> = scored
            .filter(|(verdict, _)| **verdict != Verdict::LeftOut)
            .map(|(verdict, score)| (*score, matches!(verdict, Verdict::Hit(_))))
            .collect();
        ranked.sort_by_key(|(score, _)| descending(*score));
        let truths = self.truth.iter().filter(|fate| **fate != Fate::LeftOut).count();
        Sweep::of(ranked.into_iter(), truths as u64).best()
    }
}

fn counts(batch: &Batch, truth: usize) -> bool {
    let flags = batch.truth.flags(truth);
    !(flags.crowd || flags.ignored)
}

/// Matches cells; keeps its buffers.
struct Worker<'a> {
    overlap: Overlap<'a>,
    choice: Truths,
    matrix: Vec<f64>,
    /// (detection, truth).
    hits: Vec<(u32, u32)>,
    left_out: Vec<u32>,
    /// The overlap and the cap.
    rule: (f64, usize),
}

impl Worker<'_> {
    fn cell(&mut self, batch: &Batch, truths: &[u32], found: &[u32]) -> Result<()> {
        let (threshold, cap) = self.rule;
        let (found, beyond) = found.split_at(found.len().min(cap));
        self.left_out.extend_from_slice(beyond);
        if truths.is_empty() || found.is_empty() {
            // Without a truth there is nothing to be left out for, but for detections that say so themselves.
            self.left_out.extend(found.iter().filter(|d| batch.found.flags(**d as usize).ignored));
            return Ok(());
        }
        self.overlap.fill(batch, truths, found, &mut self.matrix)?;
        let ignored: Vec<bool> = truths.iter().map(|t| !counts(batch, *t as usize)).collect();
        self.choice.begin(&ignored);
        let many = |t: usize| batch.truth.flags(truths[t] as usize).crowd;
        for (row, d) in self.matrix.chunks_exact(truths.len()).zip(found) {
            match self.choice.choose(Rule::COCO, row, many, |_| threshold) {
                Match::Truth(t) | Match::Taken(t) if !ignored[t as usize] => {
                    self.hits.push((*d, truths[t as usize]));
                }
                Match::None if !batch.found.flags(*d as usize).ignored => {}
                _ => self.left_out.push(*d),
            }
        }
        Ok(())
    }
}
