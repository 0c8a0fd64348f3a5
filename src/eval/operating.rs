//! Where to cut scores off: precision, recall and F1 at a cut, the cut with the best F1, and calibration.
//!
//! Everything follows from what matching left behind at one overlap threshold, over all areas. A cut keeps the
//! detections whose score is at least as high; detections with equal scores stay or go together.

use crate::error::Result;
use crate::report::{Chart, Curve, Figure, Table};

use super::comparison::ClassEntry;
use super::outcomes::{Ordered, Outcomes, descending};

/// Precision, recall and F1 of the detections that a cut keeps. 0/0 is NaN for precision and recall, 0 for F1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The least score that is kept; infinite where nothing is.
    pub cut: f64,
    /// True positives.
    pub tp: u64,
    /// False positives.
    pub fp: u64,
    /// Truths that were to be found.
    pub truths: u64,
}

impl Point {
    /// TP / (TP + FP).
    pub fn precision(&self) -> f64 {
        self.tp as f64 / (self.tp + self.fp) as f64
    }

    /// TP / truths.
    pub fn recall(&self) -> f64 {
        self.tp as f64 / self.truths as f64
    }

    /// 2 TP / (2 TP + FP + FN); 0 where there is nothing on either side.
    pub fn f1(&self) -> f64 {
        let both = self.tp + self.fp + self.truths;
        if both == 0 { 0.0 } else { 2.0 * self.tp as f64 / both as f64 }
    }
}

/// The points of one class, or of all, from the highest score down.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    truths: u64,
    points: Vec<Point>,
}

impl Sweep {
    /// From (score, true positive) pairs in descending scores.
    pub(super) fn of(judged: impl Iterator<Item = (f64, bool)>, truths: u64) -> Sweep {
        let mut points: Vec<Point> = Vec::new();
        let (mut tp, mut fp) = (0, 0);
        for (score, hit) in judged {
            (tp, fp) = if hit { (tp + 1, fp) } else { (tp, fp + 1) };
            let point = Point { cut: score, tp, fp, truths };
            match points.last_mut() {
                Some(last) if last.cut == score => *last = point,
                _ => points.push(point),
            }
        }
        Sweep { truths, points }
    }

    /// What a cut keeps.
    pub fn at(&self, cut: f64) -> Point {
        let kept = self.points.partition_point(|point| point.cut >= cut);
        let nothing = Point { cut: f64::INFINITY, tp: 0, fp: 0, truths: self.truths };
        kept.checked_sub(1).and_then(|last| self.points.get(last)).copied().unwrap_or(nothing)
    }

    /// The highest cut with the best F1; `None` without truths or detections.
    pub fn best(&self) -> Option<Point> {
        let mut best: Option<Point> = None;
        for point in self.points.iter().filter(|point| point.truths > 0) {
            if best.is_none_or(|best| point.f1() > best.f1()) {
                best = Some(*point);
            }
        }
        best
    }
}

/// Sweeps of every class, and of all of them under one cut.
#[derive(Clone, Debug, PartialEq)]
pub struct Operating {
    /// Class by class.
    pub classes: Vec<Sweep>,
    /// All classes under one cut.
    pub all: Sweep,
}

impl Operating {
    /// The sweeps at one threshold (by its number), over all areas.
    ///
    /// # Errors
    /// As [`Outcomes::in_order`].
    pub fn of(outcomes: &Outcomes, threshold: usize, classes: usize) -> Result<Operating> {
        let ordered = outcomes.in_order(classes)?;
        let mut every = Vec::new();
        let mut truths = 0;
        let sweeps = (0..classes)
            .map(|class| {
                let judged = judged(&ordered, class, threshold);
                let sought = ordered.truths(class).first().copied().unwrap_or(0);
                truths += sought;
                every.extend_from_slice(&judged);
                Sweep::of(judged.into_iter(), sought)
            })
            .collect();
        every.sort_by_key(|(score, _)| descending(*score));
        Ok(Operating { classes: sweeps, all: Sweep::of(every.into_iter(), truths) })
    }

    /// The best cut of every class, as a table; with a cut, also what it keeps.
    pub fn table(&self, classes: &[ClassEntry], cut: Option<f64>) -> Table {
        let best = |value: fn(&Point) -> f64| {
            self.classes.iter().map(|sweep| sweep.best().as_ref().map(value)).collect::<Vec<_>>()
        };
        let mut table = Table::new("operating points")
            .note("the cut on scores with the best F1, class by class")
            .text("class", classes.iter().map(|class| class.name.clone()))
            .float("best F1", best(Point::f1))
            .float("cut", best(|point| point.cut))
            .float("precision", best(Point::precision))
            .float("recall", best(Point::recall));
        if let Some(cut) = cut {
            let at = |value: fn(&Point) -> f64| {
                self.classes.iter().map(|sweep| Some(value(&sweep.at(cut)))).collect::<Vec<_>>()
            };
            table = table
                .float(format!("F1 at {cut}"), at(Point::f1))
                .float(format!("precision at {cut}"), at(Point::precision))
                .float(format!("recall at {cut}"), at(Point::recall));
        }
        table
    }

    /// Figures of all classes under one cut: the best, and the one asked for.
    pub fn figures(&self, cut: Option<f64>) -> Vec<Figure> {
        let best = self.all.best();
        let mut out = vec![
            Figure::new("F1", "best F1 of all detections under one cut", best.map(|point| point.f1())),
            Figure::new("F1_cut", "the cut of the best F1", best.map(|point| point.cut)),
        ];
        if let Some(cut) = cut {
            let point = self.all.at(cut);
            out.extend([
                Figure::new(
                    format!("P@{cut}"),
                    format!("precision of scores from {cut} up"),
                    point.precision(),
                ),
                Figure::new(format!("R@{cut}"), format!("recall of scores from {cut} up"), point.recall()),
                Figure::new(format!("F1@{cut}"), format!("F1 of scores from {cut} up"), point.f1()),
            ]);
        }
        out
    }

    /// Precision, recall and F1 of all classes over the cut.
    pub fn chart(&self, at: f64) -> Option<Chart> {
        const STEPS: usize = 200;
        let (first, last) = (self.all.points.first()?.cut, self.all.points.last()?.cut);
        if !(first.is_finite() && last.is_finite() && last < first) {
            return None;
        }
        let cuts: Vec<f64> = (0..=STEPS).map(|n| last + (first - last) * n as f64 / STEPS as f64).collect();
        let mut chart =
            Chart::new(format!("Precision, recall and F1 over the cut, at IoU {at:.2}"), "score", "share");
        let values: [fn(&Point) -> f64; 3] = [Point::f1, Point::precision, Point::recall];
        for (name, value) in ["F1", "precision", "recall"].into_iter().zip(values) {
            let points =
                cuts.iter().map(|cut| (*cut, value(&self.all.at(*cut)))).filter(|(_, y)| !y.is_nan());
            let curve = Curve::new(name, points);
            chart.curves.push(if name == "F1" { curve.main() } else { curve });
        }
        Some(chart)
    }
}

/// Detections of a class that count, in descending scores.
fn judged(ordered: &Ordered, class: usize, threshold: usize) -> Vec<(f64, bool)> {
    let bit = |word: u64| word >> threshold & 1 == 1;
    let of = |ranked: super::outcomes::Ranked| {
        let judged = ordered.outcomes().judged(ranked.detection as usize, 0);
        (!bit(judged.ignored)).then(|| (ordered.score(ranked), bit(judged.hit)))
    };
    ordered.ranked(class).into_iter().filter_map(of).collect()
}

/// Detections with scores in one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// How many.
    pub count: u64,
    /// How many of them are right.
    pub right: u64,
    /// The sum of their scores.
    pub scores: f64,
}

/// The steps of 1 in which scores are added up; a power of two, so that scores of 0.5 and above lose nothing.
const STEP: f64 = (1u64 << 54) as f64;

/// What greater scores are taken for: of 2^32 of them the sum still fits.
const GREATEST: f64 = 1e9;

/// Whether a score is the share of detections that are right.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// Bins of equal width over scores from 0 to 1.
    pub bins: Vec<Bin>,
}

impl Calibration {
    /// Counts the detections that count at one threshold, over all areas; scores outside of 0 to 1 fall into the
    /// outer bins.
    pub fn of(outcomes: &Outcomes, threshold: usize, bins: usize) -> Calibration {
        let mut all = vec![Bin::default(); bins.max(1)];
        // Sums in whole steps: the order of images cannot show in them.
        let mut sums = vec![0i128; all.len()];
        for (detection, score) in outcomes.scores().iter().enumerate() {
            let judged = outcomes.judged(detection, 0);
            if judged.ignored >> threshold & 1 == 1 || score.is_nan() {
                continue;
            }
            let at = ((score.clamp(0.0, 1.0) * all.len() as f64) as usize).min(all.len() - 1);
            if let (Some(bin), Some(sum)) = (all.get_mut(at), sums.get_mut(at)) {
                bin.count += 1;
                bin.right += judged.hit >> threshold & 1;
                *sum += (score.clamp(-GREATEST, GREATEST) * STEP) as i128;
            }
        }
        for (bin, sum) in all.iter_mut().zip(sums) {
            bin.scores = sum as f64 / STEP;
        }
        Calibration { bins: all }
    }

    /// The expected calibration error: the mean distance of mean score and share of right detections, bins weighted by
    /// their detections. `None` without detections.
    pub fn error(&self) -> Option<f64> {
        let all: u64 = self.bins.iter().map(|bin| bin.count).sum();
        let off: f64 = self.bins.iter().map(|bin| (bin.scores - bin.right as f64).abs()).sum();
        (all > 0).then(|| off / all as f64)
    }

    /// The share of right detections over the mean score.
    pub fn chart(&self, at: f64) -> Option<Chart> {
        let points = self.bins.iter().filter(|bin| bin.count > 0).map(|bin| {
            let count = bin.count as f64;
            (bin.scores / count, bin.right as f64 / count)
        });
        let curve = Curve::new("detections", points).main();
        if curve.points.len() < 2 {
            return None;
        }
        let mut chart =
            Chart::new(format!("Calibration at IoU {at:.2}"), "mean score", "share that is right");
        chart.curves.push(curve);
        chart.curves.push(Curve::new("as it should be", [(0.0, 0.0), (1.0, 1.0)]));
        Some(chart)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::outcomes::{Grid, Judged};

    #[test]
    fn equal_scores_stay_together_and_the_highest_best_cut_is_named() {
        let judged = [(0.9, true), (0.8, false), (0.8, true), (0.3, false)];
        let sweep = Sweep::of(judged.into_iter(), 2);
        assert_eq!((sweep.at(0.85).tp, sweep.at(0.8).tp, sweep.at(0.8).fp), (1, 2, 1));
        let best = sweep.best().unwrap();
        assert_eq!((best.cut, best.f1(), best.precision(), best.recall()), (0.8, 0.8, 2.0 / 3.0, 1.0));
        let nothing = sweep.at(0.95);
        assert_eq!((nothing.recall(), nothing.f1(), nothing.precision().is_nan()), (0.0, 0.0, true));
        assert_eq!(Sweep::of(std::iter::empty(), 3).best(), None);
    }

    #[test]
    fn scores_without_end_are_added_up() {
        let mut outcomes = Outcomes::new(Grid { thresholds: 1, ranges: 1 }).unwrap();
        outcomes.image(1.into());
        let judged = [Judged::default()];
        let scores = [f64::INFINITY, 1e300, 1e300, f64::NEG_INFINITY];
        outcomes.found(0, scores.iter().map(|score| (*score, &judged[..])));
        assert_eq!(Calibration::of(&outcomes, 0, 15).bins[14].count, 3);
    }

    #[test]
    fn scores_that_are_the_share_of_right_ones_have_no_calibration_error() {
        let bins = vec![Bin { count: 10, right: 1, scores: 1.0 }, Bin { count: 10, right: 9, scores: 9.0 }];
        assert_eq!(Calibration { bins: bins.clone() }.error(), Some(0.0));
        let over = vec![Bin { scores: 8.0, ..bins[0] }];
        assert_eq!(Calibration { bins: over }.error(), Some(0.7));
        assert_eq!(Calibration { bins: vec![Bin::default()] }.error(), None);
    }
}
