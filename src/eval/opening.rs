//! What every report of two sides begins with: how well they fit together, rules that were needed, and what was
//! compared.

use super::comparison::Comparison;
use crate::report::{Chart, Coverage, Curve, Report};

/// A report without numbers yet. `numbers` says whose numbers they will be.
pub(super) fn report(title: &str, protocol: &str, numbers: &str, comparison: &Comparison) -> Report {
    let mut report = Report::new(title, protocol);
    let rate = &comparison.rate;
    let matched = rate.all - rate.no_image - rate.no_class;
    report.coverage.push(
        Coverage::new("detections", matched, rate.all)
            .by("an image and a class of the truth")
            .missing(rate.examples.iter().cloned()),
    );
    report.warnings = comparison.remarks.iter().map(|(_, remark)| remark.to_string()).collect();
    report.fact("numbers", numbers);
    report.fact("images", comparison.images.len().to_string());
    report.fact("objects", comparison.truth.len().to_string());
    report.fact("detections", comparison.found.len().to_string());
    report.fact("lensframe", env!("CARGO_PKG_VERSION"));
    report
}

/// Precision over recall of every class that has both; `points` gives those of a class, `value` its AP.
pub(super) fn curves(
    name: String,
    comparison: &Comparison,
    points: impl Fn(usize) -> Option<Vec<(f64, f64)>>,
    value: impl Fn(usize) -> Option<f64>,
) -> Option<Chart> {
    let mut chart = Chart::new(name, "recall", "precision");
    for (class, entry) in comparison.classes.iter().enumerate() {
        if let Some(points) = points(class).filter(|points| !points.is_empty()) {
            let curve = Curve::new(entry.name.clone(), thin(points)).value(value(class));
            chart.curves.push(curve);
        }
    }
    (!chart.curves.is_empty()).then_some(chart)
}

/// Points of a curve that a picture can show: with many, the last of each of five hundred steps of recall.
fn thin(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    const STEPS: f64 = 500.0;
    if points.len() <= STEPS as usize {
        return points;
    }
    let step = |point: &(f64, f64)| (point.0 * STEPS) as u32;
    points.chunk_by(|a, b| step(a) == step(b)).filter_map(|chunk| chunk.last().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_curves_keep_their_ends_and_their_order() {
        let points: Vec<(f64, f64)> = (0..100_000).map(|n| (f64::from(n) / 99_999.0, 0.5)).collect();
        let thinned = thin(points.clone());
        assert!(thinned.len() <= 501 && thinned.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(thinned.last(), points.last());
    }
}
