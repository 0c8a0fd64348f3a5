//! Images matched one after another: [`Matcher`].
//!
//! Judgements of a detection are bits: a threshold is a bit, and the ranges of a [`Lane`] lie side by side in one
//! word, so that what holds in several ranges is said in one step. pycocotools' ten thresholds and four ranges are one
//! lane.
//!
//! Who gets which truth depends on the range only through the order in which truths are looked at. Where no detection
//! has two truths in reach, it does not depend on it at all; else it is found once for all ranges that ignore the same
//! truths.
//!
//! The kernel indexes by numbers that the batch's own ranges gave.

#![allow(clippy::indexing_slicing, clippy::neg_cmp_op_on_partial_ord)]

use std::ops::Range;

use crate::error::Result;
use crate::eval::batch::Batch;
use crate::eval::matches::Trace;
use crate::eval::matching::{Match, Overlaps, Rule, Truths};
use crate::eval::outcomes::{Judged, Outcomes, descending};

use super::overlap::Overlap;
use super::params::Params;

/// Ranges whose judgements fit into one word.
#[derive(Clone, Debug)]
struct Lane {
    ranges: Range<usize>,
    thresholds: usize,
    /// The first threshold of each range.
    first: u64,
}

impl Lane {
    fn all(params: &Params) -> Vec<Lane> {
        let (thresholds, ranges) = (params.thresholds.len(), params.ranges.len());
        let fit = 64 / thresholds;
        let starts = (0..ranges).step_by(fit);
        let lane = |from: usize| {
            let ranges = from..ranges.min(from + fit);
            let first = (0..ranges.len()).fold(0, |bits, range| bits | 1 << (range * thresholds));
            Lane { ranges, thresholds, first }
        };
        starts.map(lane).collect()
    }

    /// A bit for each of its ranges that satisfies a condition.
    #[inline]
    fn mask(&self, holds: impl Fn(usize) -> bool) -> u64 {
        self.ranges.clone().enumerate().fold(0, |mask, (bit, range)| mask | u64::from(holds(range)) << bit)
    }

    /// The first threshold of each range in a mask.
    #[inline]
    fn place(&self, mask: u64) -> u64 {
        (0..self.ranges.len()).fold(0, |word, range| word | (mask >> range & 1) << (range * self.thresholds))
    }

    /// All thresholds of the ranges in a mask.
    #[inline]
    fn spread(&self, mask: u64) -> u64 {
        // No carries: the places lie as far apart as there are thresholds.
        self.place(mask) * ((1u64 << self.thresholds) - 1)
    }
}

/// A detection that some truth is in reach of.
#[derive(Clone, Copy, Debug)]
struct Near {
    /// Its place among the detections of the cell.
    found: u32,
    /// Its only truth, and the thresholds at which it gets it; for cells in which nothing is contested.
    truth: u32,
    won: u64,
}

/// Matches images, keeping its buffers.
pub(super) struct Matcher<'a> {
    params: &'a Params,
    lanes: Vec<Lane>,
    overlap: Overlap<'a>,
    /// What each threshold asks for.
    asked: Vec<f64>,
    /// The lowest of them: what overlaps nothing that far is matched by none.
    lowest: f64,
    /// Truths and detections of the image as class and place in one number, detections of a class best first.
    there: Vec<u64>,
    seen: Vec<u64>,
    /// The places of the grid at which detections of the image are ignored unless they get a truth, lane after lane.
    outside: Vec<u64>,
    /// Detections as class, score's key and place.
    ranked: Vec<u128>,
    /// Places of the cell's truths and detections.
    truths: Vec<u32>,
    found: Vec<u32>,
    matrix: Vec<f64>,
    near: Vec<Near>,
    choice: Truths,
    matched: Vec<Match>,
    /// The ranges of the lane in which each truth is ignored.
    ignored: Vec<u64>,
    left_out: Vec<bool>,
    /// For each truth, the thresholds at which it is still free.
    free: Vec<u64>,
    counts: Vec<u32>,
    /// Judgements, lane after lane.
    words: Vec<Judged>,
    judged: Vec<Judged>,
    /// Who got whom, where somebody asks.
    pub(super) trace: Option<Trace>,
}

impl<'a> Matcher<'a> {
    pub(super) fn new(params: &'a Params) -> Matcher<'a> {
        let asked: Vec<f64> = params.thresholds.iter().map(|threshold| threshold.min(GREATEST)).collect();
        Matcher {
            params,
            lanes: Lane::all(params),
            overlap: Overlap::new(&params.kind),
            lowest: asked.iter().copied().fold(f64::INFINITY, f64::min),
            asked,
            there: Vec::new(),
            seen: Vec::new(),
            outside: Vec::new(),
            ranked: Vec::new(),
            truths: Vec::new(),
            found: Vec::new(),
            matrix: Vec::new(),
            near: Vec::new(),
            choice: Truths::default(),
            matched: Vec::new(),
            ignored: Vec::new(),
            left_out: Vec::new(),
            free: Vec::new(),
            counts: Vec::new(),
            words: Vec::new(),
            judged: Vec::new(),
            trace: None,
        }
    }

    /// Notes who got whom.
    pub(super) fn tracing(self, trace: Option<Trace>) -> Matcher<'a> {
        Matcher { trace, ..self }
    }

    /// Matches an image of a batch; what comes of it goes to the image begun last.
    pub(super) fn image(&mut self, batch: &Batch, image: usize, out: &mut Outcomes) -> Result<()> {
        let one = self.params.class_agnostic;
        let (mut there, mut seen) = (std::mem::take(&mut self.there), std::mem::take(&mut self.seen));
        there.clear();
        there.extend(batch.truth.range(image).map(|t| u64::from(batch.truth.label[t]) << 32 | t as u64));
        if !there.is_sorted() {
            there.sort_unstable();
        }
        self.rank(batch, image, &mut seen);
        self.look_outside(batch, image);
        let class_of = |object: &u64| if one { 0 } else { (object >> 32) as u32 };
        let (mut t, mut d) = (0, 0);
        while t < there.len() || d < seen.len() {
            let next = [there.get(t).map(class_of), seen.get(d).map(class_of)];
            let class = next.into_iter().flatten().min().unwrap_or(0);
            let own = &there[t..t + run(&there[t..], |t| class_of(t) == class)];
            self.truths.clear();
            self.truths.extend(own.iter().map(|t| *t as u32));
            t += own.len();
            let own = &seen[d..d + run(&seen[d..], |d| class_of(d) == class)];
            self.found.clear();
            self.found.extend(own.iter().take(self.params.cap() as usize).map(|d| *d as u32));
            d += own.len();
            self.cell(batch, image, class, out)?;
        }
        (self.there, self.seen) = (there, seen);
        Ok(())
    }

    /// The detections of an image, class by class, best first.
    fn rank(&mut self, batch: &Batch, image: usize, seen: &mut Vec<u64>) {
        let (one, range) = (self.params.class_agnostic, batch.found.range(image));
        let label = |d: usize| u64::from(batch.found.label[d]);
        seen.clear();
        // Most files list the detections of an image from the best on; then only classes are brought together.
        if !one && batch.found.score[range.clone()].is_sorted_by(|a, b| a >= b) {
            seen.extend(range.map(|d| label(d) << 32 | d as u64));
            if !seen.is_sorted() {
                seen.sort_unstable();
            }
            return;
        }
        self.ranked.clear();
        self.ranked.extend(range.map(|d| {
            let (label, key) = (u128::from(label(d)), u128::from(descending(batch.found.score[d])));
            // Where classes are one, the reference still lists objects class by class.
            let order = if one { key << 32 | label } else { label << 64 | key };
            order << 32 | d as u128
        }));
        self.ranked.sort_unstable();
        seen.extend(self.ranked.iter().map(|own| ((own >> 96) as u64) << 32 | u64::from(*own as u32)));
    }

    /// Where detections do not count. All of an image in one go: later they are looked at class by class.
    fn look_outside(&mut self, batch: &Batch, image: usize) {
        self.outside.clear();
        for lane in &self.lanes {
            self.outside.extend(batch.found.range(image).map(|own| {
                // A detection that is flagged as ignored counts only where it finds a truth: LVIS's not exhaustive
                // classes.
                let flagged = batch.found.flags(own).ignored;
                let area = batch.found.area_of(own);
                let out = |range: usize| area.is_some_and(|area| self.params.ranges[range].leaves_out(area));
                lane.spread(lane.mask(|range| flagged || out(range)))
            }));
        }
    }

    fn cell(&mut self, batch: &Batch, image: usize, class: u32, out: &mut Outcomes) -> Result<()> {
        self.near.clear();
        let mut contested = false;
        if !self.truths.is_empty() && !self.found.is_empty() {
            self.overlap.fill(batch, &self.truths, &self.found, &mut self.matrix)?;
            contested = self.look();
            if !contested {
                self.win(batch);
            }
        }
        self.words.clear();
        self.counts.clear();
        for lane in 0..self.lanes.len() {
            self.judge(batch, image, lane, contested);
        }
        if self.trace.is_some() {
            self.note(batch, contested);
        }
        if !self.truths.is_empty() {
            out.truths(class, &self.counts);
        }
        let scores = self.found.iter().map(|d| batch.found.score[*d as usize]);
        if self.lanes.len() == 1 {
            out.found_words(class, scores.zip(self.words.iter().copied()));
            return Ok(());
        }
        self.judged.clear();
        for n in 0..self.found.len() {
            for (lane, words) in self.lanes.iter().zip(self.words.chunks_exact(self.found.len())) {
                let (t, all) = (lane.thresholds, (1u64 << lane.thresholds) - 1);
                self.judged.extend((0..lane.ranges.len()).map(|range| Judged {
                    hit: words[n].hit >> (range * t) & all,
                    ignored: words[n].ignored >> (range * t) & all,
                }));
            }
        }
        out.found(class, scores.zip(self.judged.chunks_exact(self.params.ranges.len())));
        Ok(())
    }

    /// Finds the detections that something is in reach of, and whether any of them has a choice.
    fn look(&mut self) -> bool {
        let mut contested = false;
        for (found, row) in (0u32..).zip(self.matrix.chunks_exact(self.truths.len())) {
            let (mut reached, mut truth) = (0, 0);
            for (t, overlap) in (0u32..).zip(row) {
                contested |= overlap.is_nan();
                // A NaN is in reach of everything.
                if !(*overlap < self.lowest) {
                    (reached, truth) = (reached + 1, t);
                }
            }
            contested |= reached > 1;
            if reached > 0 {
                self.near.push(Near { found, truth, won: 0 });
            }
        }
        contested
    }

    /// Who gets a truth that no other detection's truth contests: at each threshold the first in reach, of a crowd all
    /// of them.
    fn win(&mut self, batch: &Batch) {
        self.free.clear();
        self.free.resize(self.truths.len(), u64::MAX);
        for near in &mut self.near {
            let (truth, columns) = (near.truth as usize, self.truths.len());
            let iou = self.matrix[near.found as usize * columns + truth];
            let reached = |(bit, asked): (u32, &f64)| u64::from(iou >= *asked) << bit;
            let reach = (0u32..).zip(&self.asked).map(reached).fold(0, |all, bit| all | bit);
            near.won = reach & self.free[truth];
            if !batch.truth.flags(self.truths[truth] as usize).crowd {
                self.free[truth] &= !reach;
            }
        }
    }

    /// Judges the detections of a cell in the ranges of a lane, and counts the truths that count in each.
    fn judge(&mut self, batch: &Batch, image: usize, lane: usize, contested: bool) {
        let own = batch.found.range(image);
        let outside = &self.outside[lane * own.len()..];
        let (lane, ranges) = (&self.lanes[lane], &self.params.ranges);
        let start = self.words.len();
        let word = |d: &u32| Judged { hit: 0, ignored: outside[*d as usize - own.start] };
        self.words.extend(self.found.iter().map(word));
        if self.truths.is_empty() {
            return;
        }
        self.ignored.clear();
        for t in &self.truths {
            let (flags, area) = (batch.truth.flags(*t as usize), batch.truth.area[*t as usize]);
            let ignored = lane.mask(|range| flags.crowd || flags.ignored || ranges[range].leaves_out(area));
            self.ignored.push(ignored);
        }
        for range in 0..lane.ranges.len() {
            self.counts.push(self.ignored.iter().map(|ignored| (!ignored >> range & 1) as u32).sum());
        }
        if contested {
            self.contest(batch, lane.clone(), start);
            return;
        }
        for near in &self.near {
            let word = &mut self.words[start + near.found as usize];
            let nameless = batch.truth.flags(self.truths[near.truth as usize] as usize).nameless;
            let (won, ignored) = (near.won * lane.first, lane.spread(self.ignored[near.truth as usize]));
            judge(word, won, ignored, nameless);
        }
    }

    /// Judges a cell in which a detection has several truths in reach, once for all ranges that ignore the same ones.
    fn contest(&mut self, batch: &Batch, lane: Lane, start: usize) {
        let mut left = u64::MAX >> (64 - lane.ranges.len());
        while left != 0 {
            let range = left.trailing_zeros();
            let mut alike = left;
            self.left_out.clear();
            for ignored in &self.ignored {
                let out = ignored >> range & 1 == 1;
                alike &= if out { *ignored } else { !ignored };
                self.left_out.push(out);
            }
            left &= !alike;
            self.assign(batch);
            if start == 0 && range == 0 && self.trace.is_some() {
                self.note_contest();
            }
            let first = lane.place(alike);
            for (n, near) in self.near.iter().enumerate() {
                let word = &mut self.words[start + near.found as usize];
                for (bit, matched) in self.matched[n..].iter().step_by(self.near.len()).enumerate() {
                    if let Match::Truth(truth) | Match::Taken(truth) = matched {
                        let nameless = batch.truth.flags(self.truths[*truth as usize] as usize).nameless;
                        let out = self.left_out[*truth as usize];
                        judge(word, first << bit, if out { u64::MAX } else { 0 }, nameless);
                    }
                }
            }
        }
    }

    /// Notes what a cell came to in the first range, and who got which truth unless that was contested.
    fn note(&mut self, batch: &Batch, contested: bool) {
        let Some(trace) = &mut self.trace else { return };
        let all = (1u64 << self.params.thresholds.len()) - 1;
        let first = |word: &Judged| Judged { hit: word.hit & all, ignored: word.ignored & all };
        trace.judged.extend(self.found.iter().zip(&self.words).map(|(d, word)| (*d, first(word))));
        let range = &self.params.ranges[0];
        trace.counted.extend(self.truths.iter().filter(|t| {
            let (flags, area) = (batch.truth.flags(**t as usize), batch.truth.area[**t as usize]);
            !(flags.crowd || flags.ignored || range.leaves_out(area))
        }));
        let won = |near: &&Near| !contested && near.won >> trace.at & 1 == 1;
        trace.pairs.extend(self.near.iter().filter(won).map(|near| {
            let iou = self.matrix[near.found as usize * self.truths.len() + near.truth as usize];
            (self.found[near.found as usize], self.truths[near.truth as usize], iou)
        }));
    }

    /// Notes who got which truth of a cell in which that was contested.
    fn note_contest(&mut self) {
        let Some(trace) = &mut self.trace else { return };
        let matched = self.matched.chunks_exact(self.near.len()).nth(trace.at).unwrap_or_default();
        for (near, matched) in self.near.iter().zip(matched) {
            if let Match::Truth(t) | Match::Taken(t) = matched {
                let iou = self.matrix[near.found as usize * self.truths.len() + *t as usize];
                trace.pairs.push((self.found[near.found as usize], self.truths[*t as usize], iou));
            }
        }
    }

    /// Matches the detections that something is in reach of at all thresholds.
    fn assign(&mut self, batch: &Batch) {
        let matrix = Overlaps::new(&self.matrix, self.truths.len());
        self.matched.clear();
        self.choice.begin(&self.left_out);
        for asked in &self.asked {
            self.choice.free();
            for near in &self.near {
                let many = |t: usize| batch.truth.flags(self.truths[t] as usize).crowd;
                self.matched.push(self.choice.choose(
                    Rule::COCO,
                    matrix.row(near.found as usize),
                    many,
                    |_| *asked,
                ));
            }
        }
    }
}

/// How many elements from the first on satisfy a condition.
#[inline]
fn run<T>(items: &[T], holds: impl Fn(&T) -> bool) -> usize {
    items.iter().take_while(|item| holds(item)).count()
}

/// Writes down that a detection got a truth at these places of the grid, `ignored` at those where the truth is.
#[inline]
fn judge(word: &mut Judged, won: u64, ignored: u64, nameless: bool) {
    if nameless {
        // A truth whose id is 0 reads as none in the reference, but for its being ignored; what lies outside and got
        // none is ignored still.
        word.ignored |= won & ignored;
        return;
    }
    word.ignored = word.ignored & !won | won & ignored;
    word.hit |= won & !ignored;
}

/// The reference's own guard: an overlap of 1 reaches a threshold of 1 whatever its last bit.
pub(super) const GREATEST: f64 = 1.0 - 1e-10;
