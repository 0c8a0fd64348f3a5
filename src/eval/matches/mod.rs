//! What became of every detection and truth, as a table: [`Matches`].
//!
//! Evaluators that match objects write down who got whom while they match ([`Coco::update_matches`](super::coco::Coco),
//! [`Lvis::update_matches`](super::lvis::Lvis), [`Voc::update_matches`](super::voc::Voc)); nothing is matched a second
//! time, so that the rows add up to the numbers of the report. `table.rs` makes rows of it, with the images, classes and
//! boxes of the comparison; `file.rs` writes them for DuckDB, polars and people.
//!
//! # Columns
//!
//! | column | type | meaning |
//! |---|---|---|
//! | `object` | Utf8 | `detection` or `truth` (one that was missed) |
//! | `image_id` | Int64 or Utf8 | of the truth; Utf8 where one of them is text |
//! | `file_name` | Utf8? | of the image, where it is known |
//! | `class_id` | Int64 or Utf8 | of the truth |
//! | `class` | Utf8 | its name |
//! | `score` | Float64? | of a detection |
//! | `x`, `y`, `w`, `h` | Float64? | the box in pixels, where the protocol read it |
//! | `area` | Float64? | as the protocol takes it |
//! | `row` | UInt32? | its place among the objects of its source, from 0: of a results file, the record |
//! | `id` | Int64 or Utf8? | its own id, where it has one |
//! | `match` | Utf8 | `true`, `false` or `ignored` of a detection, `missed` of a truth |
//! | `iou` | Float64? | how much it overlaps the truth that it got; null where it got none |
//! | `truth_row`, `truth_id` | as `row`, `id` | the truth that a detection got: with `ignored`, one that does not count |
//! | `match@0.50`, … | Utf8? | `match` of a detection at each threshold of the protocol, where there are several |
//!
//! A detection whose image or class the truth does not have is in no row; the report counts those. Rows are in the
//! order of the images' ids, objects of an image in the order of their source, so that detections of equal score are in
//! the order in which they chose. `row` and `id` are there where sides were [numbered](crate::eval::Side::number) and
//! read with [`Wanted::ids`](crate::eval::read::Wanted).

mod file;
mod table;
mod trace;

pub use file::MatchesFormat;
pub(super) use trace::Trace;

use super::comparison::Comparison;
use super::matching::NONE;
use super::outcomes::Judged;
use crate::error::{Error, ErrorKind, Result};

/// What became of a detection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// True positive.
    True,
    /// False positive.
    False,
    /// Left out of account: its truth is a crowd or does not count, its area lies outside of what is asked for, too many
    /// were found before it, or nothing is known of its class on the image.
    Ignored,
}

/// Who got whom, at every threshold of a protocol; which truth it was, at one of them. Area is not restricted beyond
/// the protocol's first range, which is that of its headline.
#[derive(Clone, Debug, PartialEq)]
pub struct Matches {
    thresholds: Vec<f64>,
    at: usize,
    /// For each detection of the comparison, in its order.
    judged: Vec<Judged>,
    truth: Vec<u32>,
    iou: Vec<f64>,
    /// For each truth of the comparison: it counts and no detection got it.
    missed: Vec<bool>,
}

impl Matches {
    pub(in crate::eval) fn of(thresholds: &[f64], traces: &[Trace], truths: usize, found: usize) -> Matches {
        let all = thresholds.len().checked_sub(1).map_or(0, |last| u64::MAX >> (63 - last.min(63)));
        let at = traces.first().map_or(0, |trace| trace.at);
        let mut matches = Matches {
            thresholds: thresholds.to_vec(),
            at,
            // What was not looked at is not counted.
            judged: vec![Judged { hit: 0, ignored: all }; found],
            truth: vec![NONE; found],
            iou: vec![f64::NAN; found],
            missed: vec![false; truths],
        };
        for trace in traces {
            for (d, judged) in &trace.judged {
                if let Some(slot) = matches.judged.get_mut(*d as usize) {
                    *slot = *judged;
                }
            }
            for t in &trace.counted {
                if let Some(missed) = matches.missed.get_mut(*t as usize) {
                    *missed = true;
                }
            }
        }
        for (d, t, iou) in traces.iter().flat_map(|trace| &trace.pairs) {
            let came = matches.came(*d as usize, at);
            if came == Some(Came::False) {
                continue; // A truth that cannot be found: its detection counts as wrong.
            }
            let slots = (matches.truth.get_mut(*d as usize), matches.iou.get_mut(*d as usize));
            if let (Some(truth), Some(own)) = slots {
                (*truth, *own) = (*t, *iou);
            }
            if let (Some(Came::True), Some(missed)) = (came, matches.missed.get_mut(*t as usize)) {
                *missed = false;
            }
        }
        matches
    }

    /// The overlap thresholds of the protocol.
    pub fn thresholds(&self) -> &[f64] {
        &self.thresholds
    }

    /// The threshold at which truths are named.
    pub fn threshold(&self) -> f64 {
        self.thresholds.get(self.at).copied().unwrap_or(f64::NAN)
    }

    /// What became of a detection of the comparison at the threshold of this number; `None` for one that is not there.
    pub fn came(&self, detection: usize, threshold: usize) -> Option<Came> {
        let judged = self.judged.get(detection)?;
        Some(match (judged.hit >> threshold & 1, judged.ignored >> threshold & 1) {
            (1, _) => Came::True,
            (_, 1) => Came::Ignored,
            _ => Came::False,
        })
    }

    /// The truth that a detection got, counted or not, and how much they overlap.
    pub fn truth_of(&self, detection: usize) -> Option<(usize, f64)> {
        let truth = self.truth.get(detection).filter(|truth| **truth != NONE)?;
        Some((*truth as usize, self.iou.get(detection).copied()?))
    }

    /// The truths of the comparison that count and that no detection got.
    pub fn missed(&self) -> impl Iterator<Item = usize> {
        self.missed.iter().enumerate().filter(|(_, missed)| **missed).map(|(truth, _)| truth)
    }

    /// Fails if this is of another comparison.
    fn check(&self, comparison: &Comparison) -> Result<()> {
        match (comparison.found.len(), comparison.truth.len()) == (self.judged.len(), self.missed.len()) {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::Usage, "the matches are of another comparison")),
        }
    }
}

/// The number of a threshold; the first without one.
pub(in crate::eval) fn threshold(thresholds: &[f64], wanted: Option<f64>) -> Result<usize> {
    let Some(wanted) = wanted else { return Ok(0) };
    let near = |t: &f64| (*t - wanted).abs() < 1e-9;
    thresholds.iter().position(near).ok_or_else(|| {
        let known: Vec<String> = thresholds.iter().map(|t| format!("{t:.2}")).collect();
        Error::new(ErrorKind::Usage, format!("{wanted} is no overlap threshold of this protocol"))
            .remedy(format!("name one of {}", known.join(", ")))
    })
}
