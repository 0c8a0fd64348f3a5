//! Average precision of Open Images: [`OpenImagesScores`].

use std::fmt;

use crate::error::Result;
use crate::eval::mean_ap::{Judgement, row_of};
use crate::eval::outcomes::Ordered;
use crate::eval::sum::{pairwise, pairwise_single};
use crate::eval::voc::area_under;
use crate::job::Job;

use super::params::{Arithmetic, Params};

/// A class.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassScores {
    /// Truths that count, copies from classes below among them.
    pub num_gts: u64,
    /// Detections, copies among them and dropped ones not. (MMDetection's table has one more for every group that was
    /// not found, with a score of 0.)
    pub num_dets: usize,
    /// Recall after each detection in descending scores; empty without truths.
    pub recall: Vec<f64>,
    /// Precision, likewise.
    pub precision: Vec<f64>,
    /// Average precision; NaN without truths.
    pub ap: f64,
}

/// The numbers of Open Images.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenImagesScores {
    /// The classes.
    pub classes: Vec<ClassScores>,
    /// The mean AP of classes with truths. Without any, NaN; in single precision 0.
    pub mean: f64,
    /// The overlap threshold.
    pub threshold: f64,
}

impl OpenImagesScores {
    pub(super) fn of(
        params: &Params,
        ordered: &Ordered,
        grouped: &[bool],
        job: &Job,
    ) -> Result<OpenImagesScores> {
        let numbers: Vec<usize> = (0..grouped.len()).collect();
        let classes = job.each(&numbers, |class| {
            let grouped = grouped.get(*class).is_some_and(|grouped| *grouped);
            Ok(class_scores(params, ordered, *class, grouped))
        })?;
        let with = classes.iter().filter(|class| class.num_gts > 0).count();
        let mean = match params.arithmetic {
            Arithmetic::Single => {
                let terms: Vec<f32> =
                    classes.iter().filter(|class| class.num_gts > 0).map(|class| class.ap as f32).collect();
                if with == 0 { 0.0 } else { f64::from(pairwise_single(&terms) / with as f32) }
            }
            // numpy's nanmean adds zeros in the places of NaN, which shifts its lanes of addition.
            Arithmetic::Double => {
                let terms: Vec<f64> =
                    classes.iter().map(|class| if class.ap.is_nan() { 0.0 } else { class.ap }).collect();
                pairwise(&terms) / with as f64
            }
        };
        Ok(OpenImagesScores { classes, mean, threshold: params.threshold })
    }
}

fn class_scores(params: &Params, ordered: &Ordered, class: usize, grouped: bool) -> ClassScores {
    let ranked = ordered.ranked(class);
    let truths = ordered.truths(class).iter().sum::<u64>();
    let judged = ranked.iter().map(|ranked| {
        let judged = ordered.outcomes().judged(ranked.detection as usize, 0);
        match (judged.hit, judged.ignored) {
            (1, _) => Judgement::True,
            (_, 1) => Judgement::Neither,
            _ => Judgement::False,
        }
    });
    let mut out = ClassScores {
        num_gts: truths,
        num_dets: ranked.len(),
        recall: Vec::new(),
        precision: Vec::new(),
        ap: f64::NAN,
    };
    if truths == 0 {
        return out;
    }
    match params.arithmetic {
        // Where a class has groups, the reference's counts of false detections, and so its precisions, are doubles.
        Arithmetic::Single if !grouped => {
            let (recall, precision, ap) = row_of(judged, truths, false);
            out.precision = precision.into_iter().map(f64::from).collect();
            (out.recall, out.ap) = (recall, f64::from(ap));
        }
        arithmetic => {
            // As in the reference, detections that are left out are not on the curve.
            let (mut tp, mut fp) = (0u64, 0u64);
            for judged in judged.filter(|judged| *judged != Judgement::Neither) {
                tp += u64::from(judged == Judgement::True);
                fp += u64::from(judged == Judgement::False);
                out.recall.push(tp as f64 / truths as f64);
                out.precision.push(tp as f64 / (tp + fp) as f64);
            }
            out.ap = area_under(&out.precision, &out.recall);
            if arithmetic == Arithmetic::Single {
                out.ap = f64::from(out.ap as f32);
            }
        }
    }
    out
}

impl fmt::Display for OpenImagesScores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "AP{:02}: {:.3}", (self.threshold * 100.0) as i64, self.mean)
    }
}
