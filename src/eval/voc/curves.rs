//! Precision and recall of classes, and what is made of them: [`Curves`], [`Scores`], [`calc_detection_voc_ap`].
//!
//! | truths of the class | detections | precision | recall | AP |
//! |---|---|---|---|---|
//! | none | none | `None` | `None` | NaN |
//! | none | some | zeros | `None` | NaN |
//! | difficult ones alone | any | an array; NaN as long as every detection was left out | `None` | NaN |
//! | some that count | none | empty | empty | 0 |
//! | some that count | some | an array | an array | a number |

use crate::error::Result;
use crate::eval::outcomes::Ordered;
use crate::eval::sum::pairwise;
use crate::job::Job;

/// Precision and recall after each detection of a class, in descending scores; a place a class.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves {
    /// Precision; `None` for a class without truth and detection.
    pub prec: Vec<Option<Vec<f64>>>,
    /// Recall; `None` for a class without a truth that counts.
    pub rec: Vec<Option<Vec<f64>>>,
}

/// Average precision.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// Of each class; NaN where there is no truth that counts.
    pub ap: Vec<f64>,
    /// The mean of those that are numbers; NaN of none.
    pub map: f64,
}

impl Curves {
    pub(super) fn of(ordered: &Ordered, seen: &[bool], job: &Job) -> Result<Curves> {
        let classes: Vec<usize> = (0..seen.len()).collect();
        let made = job.each(&classes, |class| {
            let truths = ordered.truths(*class).iter().sum::<u64>();
            let (mut tp, mut fp) = (0u64, 0u64);
            let (mut prec, mut rec) = (Vec::new(), Vec::new());
            for ranked in ordered.ranked(*class) {
                let judged = ordered.outcomes().judged(ranked.detection as usize, 0);
                tp += judged.hit;
                fp += 1 - (judged.hit | judged.ignored);
                prec.push(tp as f64 / (fp + tp) as f64);
                rec.push(tp as f64 / truths as f64);
            }
            Ok((seen.get(*class).is_some_and(|seen| *seen).then_some(prec), (truths > 0).then_some(rec)))
        })?;
        let (prec, rec) = made.into_iter().unzip();
        Ok(Curves { prec, rec })
    }

    /// Average precision of every class, and its mean. `use_07_metric` asks for eleven points.
    pub fn scores(&self, use_07_metric: bool) -> Scores {
        Scores::of(calc_detection_voc_ap(&self.prec, &self.rec, use_07_metric))
    }
}

impl Scores {
    fn of(ap: Vec<f64>) -> Scores {
        // numpy's nanmean adds zeros in the places of NaN, which shifts its lanes of addition.
        let terms: Vec<f64> = ap.iter().map(|ap| if ap.is_nan() { 0.0 } else { *ap }).collect();
        let count = ap.iter().filter(|ap| !ap.is_nan()).count();
        Scores { map: pairwise(&terms) / count as f64, ap }
    }
}

/// The average precision of every class, as ChainerCV's function of this name: NaN where precision or recall is
/// `None`; otherwise the area under the envelope of precision or, with `use_07_metric`, the mean of the greatest
/// precisions at recall 0, 0.1, …, 1 and above, these being numpy's `arange(0, 1.1, 0.1)` (whose fourth is above
/// 0.3).
///
/// ```
/// use lensframe::eval::voc::calc_detection_voc_ap;
/// let prec = [Some(vec![0.0, 0.5, 1.0 / 3.0]), None, Some(vec![f64::NAN, 0.5])];
/// let rec = [Some(vec![0.0, 0.5, 0.5]), None, Some(vec![0.0, 1.0])];
/// let ap = calc_detection_voc_ap(&prec, &rec, false);
/// assert_eq!((ap[0], ap[1].is_nan(), ap[2]), (0.25, true, 0.5));
/// ```
pub fn calc_detection_voc_ap(
    prec: &[Option<Vec<f64>>],
    rec: &[Option<Vec<f64>>],
    use_07_metric: bool,
) -> Vec<f64> {
    let one = |(prec, rec): (&Option<Vec<f64>>, &Option<Vec<f64>>)| match (prec, rec) {
        (Some(prec), Some(rec)) if use_07_metric => eleven_points(prec, rec),
        (Some(prec), Some(rec)) => area_under(prec, rec),
        _ => f64::NAN,
    };
    prec.iter().zip(rec).map(one).collect()
}

/// Precision with zeros for NaN.
fn number(precision: f64) -> f64 {
    if precision.is_nan() { 0.0 } else { precision }
}

fn eleven_points(prec: &[f64], rec: &[f64]) -> f64 {
    let mut ap = 0.0;
    for point in 0..11 {
        let wanted = f64::from(point) * 0.1;
        let reached = prec.iter().zip(rec).filter(|(_, rec)| **rec >= wanted);
        ap += reached.map(|(prec, _)| number(*prec)).fold(0.0, f64::max) / 11.0;
    }
    ap
}

/// The area under the envelope: a term for every change of recall, added as numpy adds.
pub(in crate::eval) fn area_under(prec: &[f64], rec: &[f64]) -> f64 {
    let mut terms = Vec::new();
    // From behind: what comes after the last detection is precision 0 up to recall 1.
    let (mut envelope, mut after) = (0.0f64, 1.0);
    for (prec, rec) in prec.iter().zip(rec).rev() {
        if after != *rec {
            terms.push((after - rec) * envelope);
        }
        (envelope, after) = (envelope.max(number(*prec)), *rec);
    }
    if after != 0.0 {
        terms.push((after - 0.0) * envelope);
    }
    terms.reverse();
    pairwise(&terms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eleven_points_lose_a_recall_of_exactly_three_tenths() {
        let rec: Vec<f64> = (1..=3).map(|n| f64::from(n) / 10.0).collect();
        let ap = eleven_points(&[1.0; 3], &rec);
        assert!((ap - 3.0 / 11.0).abs() < 1e-15, "{ap}");
    }

    #[test]
    fn a_class_with_truth_and_no_detection_has_zero_and_not_nothing() {
        let empty = [Some(Vec::new())];
        assert_eq!(calc_detection_voc_ap(&empty, &empty, false), [0.0]);
        assert_eq!(calc_detection_voc_ap(&empty, &empty, true), [0.0]);
        assert!(calc_detection_voc_ap(&empty, &[None], true)[0].is_nan());
    }

    #[test]
    fn the_mean_leaves_out_classes_without_truth() {
        assert_eq!(Scores::of(vec![f64::NAN, 1.0, 0.5]).map, 0.75);
        assert!(Scores::of(vec![f64::NAN]).map.is_nan());
        assert!(Scores::of(Vec::new()).map.is_nan());
    }
}
