//! [`Quality`]: precision, recall and F1 by class, and their means.
//!
//! All of it follows from three whole numbers a class: how often it is right, predicted and true. The formulas
//! and orders of addition are scikit-learn's (`precision_recall_fscore_support`).

use crate::eval::mean::{mean, nan_mean};
use crate::eval::sum::pairwise;

/// What 0/0 is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ZeroDivision {
    /// 0, as scikit-learn's default.
    #[default]
    Zero,
    /// NaN, and left out of means.
    Nan,
}

/// Which classes are averaged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Over {
    /// Those that are true or predicted somewhere, as scikit-learn does unless it is given labels.
    #[default]
    Present,
    /// All.
    All,
}

/// Three means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Average {
    /// Of precision.
    pub precision: f64,
    /// Of recall.
    pub recall: f64,
    /// Of F1.
    pub f1: f64,
}

/// Precision, recall and F1 by class, in label order, and their means.
#[derive(Clone, Debug, PartialEq)]
pub struct Quality {
    /// Right predictions.
    pub right: Vec<u64>,
    /// Predictions.
    pub predicted: Vec<u64>,
    /// True ones: scikit-learn's support.
    pub support: Vec<u64>,
    /// right / predicted.
    pub precision: Vec<f64>,
    /// right / support.
    pub recall: Vec<f64>,
    /// 2·right / (predicted + support).
    pub f1: Vec<f64>,
    /// Of the sums over classes.
    pub micro: Average,
    /// Of the classes, each counting once.
    pub macro_: Average,
    /// Of the classes, each counting by its support.
    pub weighted: Average,
}

impl Quality {
    pub(super) fn of(
        right: Vec<u64>,
        predicted: Vec<u64>,
        support: Vec<u64>,
        over: Over,
        zero: ZeroDivision,
    ) -> Quality {
        let ratio = |of: u64, to: u64| match (to, zero) {
            (0, ZeroDivision::Zero) => 0.0,
            (0, ZeroDivision::Nan) => f64::NAN,
            _ => of as f64 / to as f64,
        };
        let classes = 0..right.len();
        let precision: Vec<f64> = classes.clone().map(|at| ratio(right[at], predicted[at])).collect();
        let recall: Vec<f64> = classes.clone().map(|at| ratio(right[at], support[at])).collect();
        let f1: Vec<f64> =
            classes.clone().map(|at| ratio(2 * right[at], predicted[at] + support[at])).collect();
        let chosen: Vec<usize> =
            classes.filter(|at| over == Over::All || predicted[*at] + support[*at] > 0).collect();
        let of_chosen = |values: &[f64]| chosen.iter().map(|at| values[*at]).collect::<Vec<f64>>();
        let three = |mean: &dyn Fn(&[f64]) -> f64| Average {
            precision: mean(&of_chosen(&precision)),
            recall: mean(&of_chosen(&recall)),
            f1: mean(&of_chosen(&f1)),
        };
        let weights: Vec<f64> = chosen.iter().map(|at| support[*at] as f64).collect();
        let sum = |counts: &[u64]| counts.iter().sum::<u64>();
        let (hits, asked, got) = (sum(&right), sum(&support), sum(&predicted));
        Quality {
            micro: Average {
                precision: ratio(hits, got),
                recall: ratio(hits, asked),
                f1: ratio(2 * hits, got + asked),
            },
            macro_: three(&|values| match zero {
                ZeroDivision::Zero => mean(values),
                ZeroDivision::Nan => nan_mean(values),
            }),
            weighted: three(&|values| match sum(&support) {
                0 => ratio(0, 0),
                _ => weighted(values, &weights),
            }),
            right,
            predicted,
            support,
            precision,
            recall,
            f1,
        }
    }
}

/// numpy's `average` with weights, of what is not NaN.
pub(super) fn weighted(values: &[f64], weights: &[f64]) -> f64 {
    let (mut terms, mut kept) = (Vec::new(), Vec::new());
    for (value, weight) in values.iter().zip(weights).filter(|(value, _)| !value.is_nan()) {
        terms.push(value * weight);
        kept.push(*weight);
    }
    pairwise(&terms) / pairwise(&kept)
}
