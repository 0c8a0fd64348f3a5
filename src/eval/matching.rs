//! The matching kernel: which truth each detection of one cell gets.
//!
//! A *cell* is what can match at all: as a rule one image and one class. Detections come in the order in which
//! they choose (descending scores); what they overlap is a matrix, whatever it was computed from: boxes, masks,
//! points. A [`Rule`] says how a detection chooses; protocols are rules.
//!
//! | protocol | choice | tie | reach |
//! |---|---|---|---|
//! | COCO, LVIS, CrowdPose | [`Choice::BestFree`] | [`Tie::Last`] | at least |
//! | VOC, ChainerCV, `eval_map`, Open Images, DOTA | [`Choice::Best`] | [`Tie::First`] | at least (devkit: above) |
//! | proposals | [`best_pairs`]: the best pair first | first | at least |
//! | ImageNet DET | [`Choice::BestFree`] with a threshold a truth | [`Tie::First`] | at least |
//!
//! The kernel indexes by numbers it made itself from the lengths checked at its door. Comparisons are negated where
//! a NaN has to fall on the side on which the reference has it.

#![allow(clippy::indexing_slicing, clippy::neg_cmp_op_on_partial_ord)]

/// Stands for no truth.
pub const NONE: u32 = u32::MAX;

/// Among which truths a detection chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Those that are free, real ones first: an ignored truth is only chosen where no real one is in reach.
    BestFree,
    /// All: the truth that overlaps most is chosen before it is asked whether it is taken.
    Best,
}

/// Which of several truths that overlap equally is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// The first.
    First,
    /// The last.
    Last,
}

/// How near a truth has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The overlap is at least the threshold.
    AtLeast,
    /// It is above.
    Above,
}

/// How a detection chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Among which truths.
    pub choice: Choice,
    /// Of equal ones.
    pub tie: Tie,
    /// How near.
    pub reach: Reach,
}

impl Rule {
    /// COCO's: the best free truth, real ones first, of equal ones the last, overlap at least the threshold.
    pub const COCO: Rule = Rule { choice: Choice::BestFree, tie: Tie::Last, reach: Reach::AtLeast };
    /// VOC's as ChainerCV and MMDetection have it: the best truth, taken or not.
    pub const VOC: Rule = Rule { choice: Choice::Best, tie: Tie::First, reach: Reach::AtLeast };
}

/// Overlaps of detections (rows, in the order in which they choose) and truths (columns, in their own order).
#[derive(Clone, Copy, Debug)]
pub struct Overlaps<'a> {
    values: &'a [f64],
    truths: usize,
}

impl<'a> Overlaps<'a> {
    /// A matrix, row after row. Its length is a multiple of the number of truths; no truths, no values.
    pub fn new(values: &'a [f64], truths: usize) -> Overlaps<'a> {
        debug_assert!(if truths == 0 { values.is_empty() } else { values.len().is_multiple_of(truths) });
        Overlaps { values, truths }
    }

    /// The overlaps of a detection.
    #[inline]
    pub fn row(&self, found: usize) -> &'a [f64] {
        &self.values[found * self.truths..(found + 1) * self.truths]
    }
}

/// What a detection came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// No truth is in reach.
    None,
    /// It took this truth, or joined others at one that takes many.
    Truth(u32),
    /// Its truth was taken already: only under [`Choice::Best`].
    Taken(u32),
}

/// The truths of a cell, and which are taken while it is matched.
#[derive(Clone, Debug, Default)]
pub struct Truths {
    /// The order in which truths are looked at: real ones, then ignored ones, each in their own order.
    order: Vec<u32>,
    /// How many are real.
    real: usize,
    taken: Vec<bool>,
}

impl Truths {
    /// Begins a cell in which these truths are ignored.
    pub fn begin(&mut self, ignored: &[bool]) {
        let of = |wanted: bool| (0u32..).zip(ignored).filter(move |(_, ignored)| **ignored == wanted);
        self.order.clear();
        self.order.extend(of(false).map(|(truth, _)| truth));
        self.real = self.order.len();
        self.order.extend(of(true).map(|(truth, _)| truth));
        self.free();
    }

    /// Frees all truths, as before another threshold.
    pub fn free(&mut self) {
        self.taken.clear();
        self.taken.resize(self.order.len(), false);
    }

    /// Frees one truth, as if nobody had taken it.
    pub fn release(&mut self, truth: u32) {
        if let Some(taken) = self.taken.get_mut(truth as usize) {
            *taken = false;
        }
    }

    /// Matches a detection by its overlaps with all truths. `many` says of a truth whether any number of
    /// detections may have it; `threshold` how near it must be.
    #[inline]
    pub fn choose(
        &mut self,
        rule: Rule,
        overlaps: &[f64],
        many: impl Fn(usize) -> bool,
        threshold: impl Fn(usize) -> f64,
    ) -> Match {
        let reaches = |overlap: f64, truth: usize| match rule.reach {
            // Written so that a NaN reaches, as in the reference's comparison.
            Reach::AtLeast => !(overlap < threshold(truth)),
            Reach::Above => overlap > threshold(truth),
        };
        let (mut best, mut chosen) = (f64::NEG_INFINITY, NONE);
        let beats = |overlap: f64, best: f64| match rule.tie {
            Tie::First => overlap > best,
            Tie::Last => !(overlap < best),
        };
        if rule.choice == Choice::Best {
            for (truth, overlap) in (0u32..).zip(overlaps) {
                if beats(*overlap, best) {
                    (best, chosen) = (*overlap, truth);
                }
            }
            if chosen == NONE || !reaches(best, chosen as usize) {
                return Match::None;
            }
            let taken = &mut self.taken[chosen as usize];
            if *taken && !many(chosen as usize) {
                return Match::Taken(chosen);
            }
            *taken = true;
            return Match::Truth(chosen);
        }
        // The reference raises the threshold to the best overlap so far: a NaN there is reached by all that follow.
        let mut lost = false;
        for (place, truth) in self.order.iter().enumerate() {
            if place == self.real && chosen != NONE {
                break; // A real truth is held: ignored ones are not looked at.
            }
            let at = *truth as usize;
            if self.taken[at] && !many(at) {
                continue;
            }
            let overlap = overlaps[at];
            if (lost || reaches(overlap, at)) && (chosen == NONE || beats(overlap, best)) {
                lost |= overlap.is_nan();
                (best, chosen) = (overlap, *truth);
            }
        }
        if chosen == NONE {
            return Match::None;
        }
        self.taken[chosen as usize] = true;
        Match::Truth(chosen)
    }
}

/// Pairs rows and columns one to one, the pair that overlaps most first (of equal ones that of the first row, and there
/// of the first column), and gives the overlap of each pair in this order; −1 for rows that come after all columns are
/// taken. A NaN is paired before anything else and given as such. No columns, no values.
pub fn best_pairs(mut overlaps: Vec<f64>, columns: usize) -> Vec<f64> {
    let rows = overlaps.len().checked_div(columns).unwrap_or(0);
    let beats = |own: f64, best: f64| own > best || (own.is_nan() && !best.is_nan());
    let best_of = |row: &[f64]| {
        row.iter().enumerate().fold((f64::NEG_INFINITY, 0), |best, (column, own)| {
            if beats(*own, best.0) { (*own, column) } else { best }
        })
    };
    let mut best: Vec<(f64, usize)> = overlaps.chunks_exact(columns.max(1)).map(best_of).collect();
    let mut pairs = Vec::with_capacity(rows);
    for _ in 0..rows {
        let mut first = 0;
        for row in 1..rows {
            if beats(best[row].0, best[first].0) {
                first = row;
            }
        }
        let (overlap, column) = best[first];
        pairs.push(overlap);
        overlaps[first * columns..(first + 1) * columns].fill(-1.0);
        for row in 0..rows {
            overlaps[row * columns + column] = -1.0;
            if row == first || best[row].1 == column {
                best[row] = best_of(&overlaps[row * columns..(row + 1) * columns]);
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_pair_is_matched_first_and_leaves_its_row_and_column() {
        // Row 1 and column 0 go together, so that row 0 is left with its second best, and row 2 with nothing.
        assert_eq!(best_pairs(vec![0.8, 0.3, 0.9, 0.7, 0.5, 0.2], 2), [0.9, 0.3, -1.0]);
        assert_eq!(best_pairs(vec![0.5; 4], 2), [0.5, 0.5]);
        assert!(best_pairs(Vec::new(), 3).is_empty() && best_pairs(Vec::new(), 0).is_empty());
    }

    fn matched(rule: Rule, ignored: &[bool], many: &[bool], overlaps: &[f64], threshold: f64) -> Vec<Match> {
        let mut truths = Truths::default();
        truths.begin(ignored);
        let matrix = Overlaps::new(overlaps, ignored.len());
        (0..overlaps.len() / ignored.len())
            .map(|found| truths.choose(rule, matrix.row(found), |t| many[t], |_| threshold))
            .collect()
    }

    const NO: [bool; 2] = [false; 2];

    #[test]
    fn under_coco_a_second_detection_falls_back_to_the_next_best_truth() {
        let overlaps = [0.9, 0.6, 0.8, 0.7];
        assert_eq!(matched(Rule::COCO, &NO, &NO, &overlaps, 0.5), [Match::Truth(0), Match::Truth(1)]);
        assert_eq!(matched(Rule::VOC, &NO, &NO, &overlaps, 0.5), [Match::Truth(0), Match::Taken(0)]);
    }

    #[test]
    fn of_equal_overlaps_coco_takes_the_last_and_voc_the_first() {
        assert_eq!(matched(Rule::COCO, &NO, &NO, &[0.5, 0.5], 0.5), [Match::Truth(1)]);
        assert_eq!(matched(Rule::VOC, &NO, &NO, &[0.5, 0.5], 0.5), [Match::Truth(0)]);
    }

    #[test]
    fn a_real_truth_in_reach_is_preferred_to_an_ignored_one_that_overlaps_more() {
        assert_eq!(matched(Rule::COCO, &[true, false], &NO, &[0.9, 0.6], 0.5), [Match::Truth(1)]);
        assert_eq!(matched(Rule::COCO, &[true, false], &NO, &[0.9, 0.4], 0.5), [Match::Truth(0)]);
    }

    #[test]
    fn a_crowd_takes_any_number() {
        let found = matched(Rule::COCO, &[true], &[true], &[0.9, 0.8, 0.7], 0.5);
        assert_eq!(found, [Match::Truth(0); 3]);
    }

    #[test]
    fn reach_says_whether_the_threshold_itself_is_near_enough() {
        let above = Rule { reach: Reach::Above, ..Rule::VOC };
        assert_eq!(matched(above, &NO, &NO, &[0.5, 0.0], 0.5), [Match::None]);
        assert_eq!(matched(Rule::VOC, &NO, &NO, &[0.5, 0.0], 0.5), [Match::Truth(0)]);
    }
}
