//! [`Scores`]: average precision by class and threshold, and its means.

use super::curve::average_precision;
use super::evaluator::{Options, Seen};
use crate::eval::mean::{mean, nan_mean};

/// The scores of instance-level semantic labelling.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// How many images were seen.
    pub images: u64,
    /// The ids of the classes, in the order of all lists.
    pub classes: Vec<u32>,
    /// The thresholds, in the order of `by_overlap`.
    pub overlaps: Vec<f64>,
    /// Average precision by class, then by threshold; NaN for a class without objects.
    pub by_overlap: Vec<Vec<f64>>,
    /// Mean over thresholds, by class.
    pub class_ap: Vec<f64>,
    /// At 0.5, by class; NaN if that is no threshold.
    pub class_ap50: Vec<f64>,
    /// The official `allAp`: mean over classes and thresholds, NaN left out.
    pub ap: f64,
    /// The official `allAp50%`: mean over classes at 0.5, NaN left out.
    pub ap50: f64,
    /// Objects that are asked for, by class.
    pub objects: Vec<u64>,
    /// Predictions, by class.
    pub predictions: Vec<u64>,
}

impl Scores {
    pub(super) fn of(images: &[&Seen], options: &Options) -> Scores {
        let classes = 0..options.classes.len() as u32;
        let row = |class| {
            let ap = |overlap: &f64| average_precision(images, options, class, *overlap);
            options.overlaps.iter().map(ap).collect::<Vec<f64>>()
        };
        let by_overlap: Vec<Vec<f64>> = classes.clone().map(row).collect();
        let half = options.overlaps.iter().position(|overlap| (overlap - 0.5).abs() < 1e-9);
        let class_ap50: Vec<f64> = by_overlap.iter().map(|row| half.map_or(f64::NAN, |at| row[at])).collect();
        let count = |of: &dyn Fn(&Seen, u32) -> usize| {
            let all = |class| images.iter().map(|image| of(image, class) as u64).sum();
            classes.clone().map(all).collect::<Vec<u64>>()
        };
        Scores {
            images: images.len() as u64,
            classes: options.classes.clone(),
            overlaps: options.overlaps.clone(),
            class_ap: by_overlap.iter().map(|row| mean(row)).collect(),
            ap: nan_mean(&by_overlap.concat()),
            ap50: nan_mean(&class_ap50),
            class_ap50,
            by_overlap,
            objects: count(&|image, class| {
                let asked = |o: &&super::evaluator::Object| {
                    o.class == class && !o.group && o.pixels >= options.smallest
                };
                image.objects.iter().filter(asked).count()
            }),
            predictions: count(&|image, class| image.found.iter().filter(|f| f.class == class).count()),
        }
    }
}
