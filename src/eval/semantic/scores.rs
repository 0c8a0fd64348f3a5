//! [`Scores`]: what follows from a confusion matrix.
//!
//! With N(i, j) the pixels of truth i and prediction j, row(i) all of truth i and column(j) all predicted j:
//! each field says its formula. Quotients are taken of whole numbers below 2^53 and are therefore exact up to
//! one rounding; means are numpy's, bit for bit.

use super::evaluator::{Counts, OUTSIDE};
use super::options::{Absent, Options};
use crate::eval::mean::{mean, nan_mean};
use crate::eval::sum::pairwise;

/// Pixels by class of truth (row) and of prediction (column).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    counts: Vec<u64>,
}

impl Confusion {
    /// How many classes there are (L).
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// L × L counts, row after row.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The pixels of truth `truth` that were predicted `predicted`; 0 outside.
    pub fn count(&self, truth: usize, predicted: usize) -> u64 {
        let inside = truth < self.classes && predicted < self.classes;
        if inside { self.counts[truth * self.classes + predicted] } else { 0 }
    }

    /// The rows in order.
    pub fn rows(&self) -> impl Iterator<Item = &[u64]> {
        self.counts.chunks_exact(self.classes.max(1))
    }
}

/// The scores of a semantic segmentation. Lists are by class; 0/0 is as [`Absent`] says, and means leave NaN
/// out.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// How many images were seen.
    pub images: u64,
    /// Pixels whose truth is a class.
    pub pixels: u64,
    /// Pixels whose truth is ignored.
    pub ignored: u64,
    /// Pixels whose truth is a class and whose prediction is none.
    pub predicted_outside: u64,
    /// Pixels whose truth is no class and not ignored.
    pub truth_outside: u64,
    /// N, of the classes.
    pub confusion: Confusion,
    /// row(i): pixels of the class, predictions outside of the classes included.
    pub truth_pixels: Vec<u64>,
    /// column(j): pixels predicted as the class, those whose truth is no class included.
    pub predicted_pixels: Vec<u64>,
    /// N(i, i) / (row(i) + column(i) − N(i, i)).
    pub iou: Vec<f64>,
    /// N(i, i) / row(i): class accuracy, which is recall.
    pub class_accuracy: Vec<f64>,
    /// N(i, i) / column(i).
    pub precision: Vec<f64>,
    /// 2·P·R / (P + R) of precision and recall; NaN or 0 where both are 0, as one of them is.
    pub f1: Vec<f64>,
    /// 2·N(i, i) / (row(i) + column(i)).
    pub dice: Vec<f64>,
    /// Mean of `iou`.
    pub mean_iou: f64,
    /// Σ N(i, i) / Σ row(i).
    pub pixel_accuracy: f64,
    /// Mean of `class_accuracy`.
    pub mean_class_accuracy: f64,
    /// Mean of `precision`.
    pub mean_precision: f64,
    /// Mean of `f1`.
    pub mean_f1: f64,
    /// Mean of `dice`.
    pub mean_dice: f64,
    /// Σ row(i) / Σ row · iou(i) over the classes that the truth has; NaN without a pixel.
    pub frequency_weighted_iou: f64,
}

impl Scores {
    /// Class accuracy by its other name.
    pub fn recall(&self) -> &[f64] {
        &self.class_accuracy
    }

    pub(super) fn of(counts: &Counts, options: &Options) -> Scores {
        let classes = options.classes.unwrap_or(counts.met) as usize;
        let mut confusion = Confusion { classes, counts: vec![0; classes * classes] };
        let (mut row, mut column) = (vec![0u64; classes], vec![0u64; classes]);
        let (mut predicted_outside, mut truth_outside) = (0, 0);
        for ((truth, predicted), count) in &counts.cells {
            let (t, p) = (*truth as usize, *predicted as usize);
            match (*truth != OUTSIDE, *predicted != OUTSIDE) {
                (true, true) => confusion.counts[t * classes + p] += count,
                (true, false) => predicted_outside += count,
                (false, _) => truth_outside += count,
            }
            if *truth != OUTSIDE {
                row[t] += count;
            }
            if *predicted != OUTSIDE {
                column[p] += count;
            }
        }
        let hit: Vec<u64> = (0..classes).map(|i| confusion.counts[i * classes + i]).collect();
        let ratio = |of: u64, to: u64| match (to, options.absent) {
            (0, Absent::Nan) => f64::NAN,
            (0, Absent::Zero) => 0.0,
            _ => of as f64 / to as f64,
        };
        let each = |score: &dyn Fn(usize) -> f64| (0..classes).map(score).collect::<Vec<f64>>();
        let average = |scores: &[f64]| match options.absent {
            Absent::Nan => nan_mean(scores),
            Absent::Zero => mean(scores),
        };
        let iou = each(&|i| ratio(hit[i], row[i] + column[i] - hit[i]));
        let class_accuracy = each(&|i| ratio(hit[i], row[i]));
        let precision = each(&|i| ratio(hit[i], column[i]));
        let f1 = each(&|i| match (precision[i], class_accuracy[i]) {
            (p, r) if p + r == 0.0 && options.absent == Absent::Zero => 0.0,
            (p, r) => 2.0 * (p * r) / (p + r),
        });
        let dice = each(&|i| ratio(2 * hit[i], row[i] + column[i]));
        let pixels: u64 = row.iter().sum();
        let weighted: Vec<f64> =
            (0..classes).filter(|i| row[*i] > 0).map(|i| row[i] as f64 / pixels as f64 * iou[i]).collect();
        Scores {
            images: counts.images,
            pixels,
            ignored: counts.ignored,
            predicted_outside,
            truth_outside,
            mean_iou: average(&iou),
            pixel_accuracy: ratio(hit.iter().sum(), pixels),
            mean_class_accuracy: average(&class_accuracy),
            mean_precision: average(&precision),
            mean_f1: average(&f1),
            mean_dice: average(&dice),
            frequency_weighted_iou: if pixels == 0 { ratio(0, 0) } else { pairwise(&weighted) },
            confusion,
            truth_pixels: row,
            predicted_pixels: column,
            iou,
            class_accuracy,
            precision,
            f1,
            dice,
        }
    }
}
