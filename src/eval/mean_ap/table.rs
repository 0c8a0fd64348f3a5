//! The numbers of `eval_map`: a [`Table`] a threshold, a [`ClassRow`] a class.
//!
//! As in the reference, recall is a quotient of doubles, precision and AP are single numbers, and the mean of the
//! classes is taken in single precision, in numpy's order of addition.

use std::fmt;

use crate::error::Result;
use crate::eval::outcomes::Ordered;
use crate::eval::sum::pairwise_single;
use crate::eval::voc::area_under;
use crate::job::Job;

use super::params::Params;

/// A class at one threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassRow {
    /// Truths that count, a number a range.
    pub num_gts: Vec<u64>,
    /// Detections.
    pub num_dets: usize,
    /// Recall after each detection in descending scores, a list a range.
    pub recall: Vec<Vec<f64>>,
    /// Precision, likewise.
    pub precision: Vec<Vec<f32>>,
    /// Average precision, a number a range; 0 without truths.
    pub ap: Vec<f32>,
}

/// All classes at one threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The overlap threshold.
    pub threshold: f64,
    /// The classes.
    pub classes: Vec<ClassRow>,
    /// The mean AP of classes with truths, a number a range; 0 if there are none.
    pub mean_ap: Vec<f64>,
}

/// All thresholds.
#[derive(Clone, Debug, PartialEq)]
pub struct Tables {
    /// A table a threshold.
    pub tables: Vec<Table>,
}

/// What became of a detection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::eval) enum Judgement {
    True,
    False,
    Neither,
}

/// Recall, precision and AP from judgements in descending scores.
pub(in crate::eval) fn row_of(
    judged: impl Iterator<Item = Judgement>,
    truths: u64,
    eleven_points: bool,
) -> (Vec<f64>, Vec<f32>, f32) {
    let (mut tp, mut fp) = (0u64, 0u64);
    let (mut recall, mut precision) = (Vec::new(), Vec::new());
    // The reference's guard against division by 0, which only 0 truths or 0 detections meet.
    let guard = f32::EPSILON;
    for judged in judged {
        tp += u64::from(judged == Judgement::True);
        fp += u64::from(judged == Judgement::False);
        recall.push(tp as f64 / (truths as f64).max(f64::from(guard)));
        precision.push(tp as f32 / ((tp + fp) as f32).max(guard));
    }
    let ap = average_precision(&recall, &precision, eleven_points);
    (recall, precision, ap)
}

/// MMDetection's function of this name: the area under the envelope of precision, or the mean of the greatest
/// precisions at recall 0, 0.1, …, 1 and above.
pub fn average_precision(recalls: &[f64], precisions: &[f32], eleven_points: bool) -> f32 {
    if eleven_points {
        let mut sum = 0.0f32;
        for point in 0..11 {
            let wanted = f64::from(point) * 0.1;
            let reached = recalls.iter().zip(precisions).filter(|(recall, _)| **recall >= wanted);
            sum += reached.map(|(_, precision)| *precision).fold(0.0, f32::max);
        }
        return sum / 11.0;
    }
    let precisions: Vec<f64> = precisions.iter().map(|precision| f64::from(*precision)).collect();
    area_under(&precisions, recalls) as f32
}

impl Tables {
    pub(super) fn of(params: &Params, ordered: &Ordered, classes: usize, job: &Job) -> Result<Tables> {
        let numbers: Vec<usize> = (0..classes).collect();
        let ranges = params.ranges();
        let made = job.each(&numbers, |class| {
            let ranked = ordered.ranked(*class);
            let of_threshold = |bit: usize| {
                let num_gts: Vec<u64> = (0..ranges)
                    .map(|range| ordered.truths(*class).get(range).copied().unwrap_or(0))
                    .collect();
                let mut row = ClassRow {
                    num_dets: ranked.len(),
                    recall: Vec::new(),
                    precision: Vec::new(),
                    ap: Vec::new(),
                    num_gts,
                };
                for (range, truths) in row.num_gts.iter().enumerate() {
                    let judged = ranked.iter().map(|ranked| {
                        let judged = ordered.outcomes().judged(ranked.detection as usize, range);
                        match (judged.hit >> bit & 1, judged.ignored >> bit & 1) {
                            (1, _) => Judgement::True,
                            (_, 1) => Judgement::Neither,
                            _ => Judgement::False,
                        }
                    });
                    let (recall, precision, ap) = row_of(judged, *truths, params.eleven_points);
                    row.recall.push(recall);
                    row.precision.push(precision);
                    row.ap.push(ap);
                }
                row
            };
            Ok((0..params.thresholds.len()).map(of_threshold).collect::<Vec<_>>())
        })?;
        let mut rows: Vec<_> = made.into_iter().map(Vec::into_iter).collect();
        let tables = params.thresholds.iter().map(|threshold| {
            let classes: Vec<ClassRow> = rows.iter_mut().filter_map(Iterator::next).collect();
            Table { threshold: *threshold, mean_ap: means(&classes, ranges), classes }
        });
        Ok(Tables { tables: tables.collect() })
    }

    /// The mean over thresholds of the means over classes, in the first range.
    pub fn mean(&self) -> f64 {
        let sum = self.tables.iter().fold(0.0, |sum, table| sum + table.mean());
        sum / self.tables.len() as f64
    }

    /// MMDetection's keys with their numbers: `mAP`, and `AP50` and the like for every threshold. There the latter are
    /// rounded to three decimals; here they are not.
    pub fn keys(&self) -> Vec<(String, f64)> {
        let mut keys = vec![("mAP".to_owned(), self.mean())];
        // The percentage is cut off and not rounded: 0.57 makes AP56, as it does there.
        keys.extend(self.tables.iter().map(|t| (format!("AP{:02}", (t.threshold * 100.0) as i64), t.mean())));
        keys
    }
}

/// The mean AP of the classes with truths, range by range.
pub(in crate::eval) fn means(classes: &[ClassRow], ranges: usize) -> Vec<f64> {
    let of = |range: usize| {
        let with = classes.iter().filter(|class| class.num_gts.get(range).is_some_and(|n| *n > 0));
        let terms: Vec<f32> = with.filter_map(|class| class.ap.get(range).copied()).collect();
        if terms.is_empty() { 0.0 } else { f64::from(pairwise_single(&terms) / terms.len() as f32) }
    };
    (0..ranges).map(of).collect()
}

impl Table {
    /// The mean in the first range.
    pub fn mean(&self) -> f64 {
        self.mean_ap.first().copied().unwrap_or(0.0)
    }
}

impl fmt::Display for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.keys().iter().try_for_each(|(key, value)| writeln!(f, "{key}: {value:.3}"))
    }
}
