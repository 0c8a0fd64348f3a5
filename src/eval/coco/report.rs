//! COCO's numbers as a [`Report`]: the lines everybody knows, classes, curves, sizes and scores.

use super::evaluator::Coco;
use super::params::{Kind, Params};
use super::slab::Slabs;
use super::summary::{Line, Means, Measure, Summary};
use crate::error::Result;
use crate::eval::comparison::{ClassEntry, Comparison};
use crate::eval::opening;
use crate::eval::operating::{Calibration, Operating};
use crate::eval::outcomes::Ordered;
use crate::job::Job;
use crate::report::{Better, Breakdown, Chart, Curve, Figure, Histogram, Report, Table};

/// Bins of the histogram of scores.
const BINS: usize = 20;

/// Bins of the calibration.
const CHANCES: usize = 15;

impl Coco {
    /// All that this protocol says of a comparison that was evaluated.
    ///
    /// # Errors
    /// As [`Coco::finish`].
    pub fn report(&self, comparison: &Comparison, title: &str, job: &Job) -> Result<Report> {
        let params = self.params();
        let ordered = self.outcomes().in_order(self.curves())?;
        let slabs = Slabs::of(params, &ordered, self.curves(), job)?;
        let summary = Summary::from_means(params, &slabs);
        let numbers = match &params.kind {
            Kind::Boundary(ratio) => format!("pycocotools 2.0.11 with Boundary IoU, dilation ratio {ratio}"),
            kind => format!("pycocotools 2.0.11, {}", kind.name()),
        };
        let mut report =
            opening::report(title, &format!("coco/{}", params.kind.name()), &numbers, comparison);
        report.lines = Some(summary.lines.iter().map(ToString::to_string).collect());
        report.headline = summary.lines.iter().map(figure).collect();
        if !params.class_agnostic {
            report.classes = Some(classes(params, comparison, &slabs, &ordered));
            report.charts.extend(chart(params, comparison, &slabs));
        }
        report.breakdowns.extend(sizes(&summary));
        report.histograms.push(scores(self));
        Ok(report)
    }

    /// Adds where to cut scores off, and whether scores are chances; with a cut, also what it keeps. `classes` are those
    /// of the report.
    ///
    /// # Errors
    /// As [`Coco::finish`].
    pub fn add_cuts(&self, classes: &[ClassEntry], cut: Option<f64>, report: &mut Report) -> Result<()> {
        let at = self.params().thresholds.iter().position(|t| *t == 0.5).unwrap_or(0);
        let iou = self.params().thresholds.get(at).copied().unwrap_or(0.5);
        let calibration = Calibration::of(self.outcomes(), at, CHANCES);
        let mut cuts = Vec::new();
        if !self.params().class_agnostic {
            let operating = Operating::of(self.outcomes(), at, classes.len())?;
            report.tables.push(operating.table(classes, cut));
            report.charts.extend(operating.chart(iou));
            cuts.extend(operating.figures(cut));
        }
        let label = format!("expected calibration error of scores, IoU {iou:.2}");
        cuts.push(Figure::new("ECE", label, calibration.error()).better(Better::Lower));
        report
            .breakdowns
            .push(Breakdown::new(format!("Scores as a cut and as a chance, IoU {iou:.2}"), cuts));
        report.charts.extend(calibration.chart(iou));
        Ok(())
    }
}

fn figure(line: &Line) -> Figure {
    let what = match line.measure {
        Measure::Precision => "average precision",
        Measure::Recall => "average recall",
    };
    let iou = match line.threshold {
        Some(threshold) => format!("IoU {threshold:.2}"),
        None => format!("IoU {:.2}:{:.2}", line.span.0, line.span.1),
    };
    let area = if line.area == "all" { String::new() } else { format!(", {} objects", line.area) };
    Figure::new(line.key.clone(), format!("{what}, {iou}{area}, {} detections", line.cap), line.value)
}

fn classes(params: &Params, comparison: &Comparison, slabs: &Slabs, ordered: &Ordered) -> Table {
    let all = 0..comparison.classes.len();
    let last = params.caps.len().saturating_sub(1);
    let counted = |k: usize| ordered.truths(k).first().and_then(|n| i64::try_from(*n).ok());
    let found = |k: usize| i64::try_from(ordered.found(k)).ok();
    let precision = |threshold: Option<usize>, range: usize| {
        let value = |k| slabs.class_precision(threshold, range, last, k);
        all.clone().map(value).collect::<Vec<_>>()
    };
    let names = comparison.classes.iter().map(|class| class.name.clone());
    let mut table = Table::new("classes")
        .text("class", names)
        .int("objects", all.clone().map(counted))
        .int("detections", all.clone().map(found))
        .float("AP", precision(None, 0));
    for (key, wanted) in [("AP50", 0.5), ("AP75", 0.75)] {
        if let Some(threshold) = params.thresholds.iter().position(|t| *t == wanted) {
            table = table.float(key, precision(Some(threshold), 0));
        }
    }
    for (range, area) in params.ranges.iter().enumerate().skip(1) {
        table = table.float(format!("AP {}", area.name), precision(None, range));
    }
    let recall =
        |range: usize, cap: usize| all.clone().map(|k| slabs.class_recall(range, cap, k)).collect::<Vec<_>>();
    table = table.float("AR", recall(0, last));
    for (cap, most) in params.caps.iter().enumerate().take(last) {
        table = table.float(format!("AR@{most}"), recall(0, cap));
    }
    for (range, area) in params.ranges.iter().enumerate().skip(1) {
        table = table.float(format!("AR {}", area.name), recall(range, last));
    }
    table
}

/// Precision over recall at the lowest threshold, class by class, and the mean.
fn chart(params: &Params, comparison: &Comparison, slabs: &Slabs) -> Option<Chart> {
    let last = params.caps.len().checked_sub(1)?;
    let threshold = params.thresholds.iter().position(|t| *t == 0.5).unwrap_or(0);
    let at = params.thresholds.get(threshold)?;
    let mut chart = Chart::new(format!("Precision and recall at IoU {at:.2}"), "recall", "precision");
    let points = |values: &dyn Fn(usize) -> Option<f64>| -> Vec<(f64, f64)> {
        params.recalls.iter().enumerate().filter_map(|(r, recall)| Some((*recall, values(r)?))).collect()
    };
    let all = |r: usize| slabs.mean_at(threshold, r, 0, last);
    chart.curves.push(
        Curve::new("mean of all classes", points(&all))
            .value(slabs.precision(Some(threshold), 0, last))
            .main(),
    );
    for (k, class) in comparison.classes.iter().enumerate() {
        let own = |r: usize| slabs.precision_at(threshold, r, 0, last, k);
        let curve = points(&own);
        if !curve.is_empty() {
            let value = slabs.class_precision(Some(threshold), 0, last, k);
            chart.curves.push(Curve::new(class.name.clone(), curve).value(value));
        }
    }
    Some(chart)
}

fn sizes(summary: &Summary) -> Option<Breakdown> {
    let of = |measure: Measure| {
        let lines = summary.lines.iter().filter(move |line| line.measure == measure && line.area != "all");
        lines.map(|line| Figure::new(line.key.clone(), line.area.clone(), line.value))
    };
    let bars: Vec<Figure> = of(Measure::Precision).chain(of(Measure::Recall)).collect();
    (!bars.is_empty()).then(|| Breakdown::new("By size of object", bars))
}

/// Scores of true and false positives at the lowest threshold.
fn scores(coco: &Coco) -> Histogram {
    let outcomes = coco.outcomes();
    let mut counts = [[0u64; BINS]; 3];
    for (detection, score) in outcomes.scores().iter().enumerate() {
        let judged = outcomes.judged(detection, 0);
        let series = if judged.hit & 1 == 1 {
            0
        } else if judged.ignored & 1 == 1 {
            2
        } else {
            1
        };
        let bin = (score.clamp(0.0, 1.0) * BINS as f64) as usize;
        if let Some(count) = counts.get_mut(series).and_then(|bins| bins.get_mut(bin.min(BINS - 1))) {
            *count += 1;
        }
    }
    let [hits, misses, ignored] = counts;
    let at = coco.params().thresholds.first().copied().unwrap_or(0.5);
    let edges: Vec<f64> = (0..=BINS).map(|n| n as f64 / BINS as f64).collect();
    Histogram::new(format!("Scores, judged at IoU {at:.2}"), "score", edges)
        .with("true positives", hits)
        .with("false positives", misses)
        .with("left out of account", ignored)
}
