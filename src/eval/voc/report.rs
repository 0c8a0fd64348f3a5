//! VOC's numbers as a [`Report`].

use super::curves::{Curves, Scores};
use super::evaluator::Voc;
use super::params::Kind;
use crate::error::Result;
use crate::eval::comparison::Comparison;
use crate::eval::opening;
use crate::job::Job;
use crate::report::{Figure, Report, Table};

impl Voc {
    /// All that this protocol says of a comparison that was evaluated.
    ///
    /// # Errors
    /// As [`Voc::finish`].
    pub fn report(&self, comparison: &Comparison, title: &str, job: &Job) -> Result<Report> {
        let params = self.params();
        let kind = match params.kind {
            Kind::Bbox => "bbox",
            Kind::Segm => "segm",
        };
        let protocol = format!("voc{}/{kind}", if params.eleven_points { "07" } else { "" });
        let curves = self.finish(job)?;
        let scores = curves.scores(params.eleven_points);
        let mut report = opening::report(title, &protocol, "ChainerCV 0.13", comparison);
        let label = format!(
            "mean average precision, IoU {}, {}",
            params.threshold,
            if params.eleven_points { "eleven points" } else { "area under the curve" }
        );
        report.headline.push(Figure::new("mAP", label, scores.map));
        fill(&mut report, self.outcomes(), comparison, &curves, &scores, params.threshold)?;
        Ok(report)
    }
}

/// The table of classes and the curves of VOC's rule, whatever the shape of its objects.
pub(in crate::eval) fn fill(
    report: &mut Report,
    outcomes: &crate::eval::outcomes::Outcomes,
    comparison: &Comparison,
    curves: &Curves,
    scores: &Scores,
    threshold: f64,
) -> Result<()> {
    let ordered = outcomes.in_order(comparison.classes.len())?;
    let all = 0..comparison.classes.len();
    let whole = |n: u64| i64::try_from(n).ok();
    let last = |lists: &[Option<Vec<f64>>], class: usize| lists.get(class)?.as_ref()?.last().copied();
    report.classes = Some(
        Table::new("classes")
            .text("class", comparison.classes.iter().map(|class| class.name.clone()))
            .int("objects", all.clone().map(|k| whole(ordered.truths(k).iter().sum())))
            .int("detections", all.clone().map(|k| whole(ordered.found(k) as u64)))
            .float("AP", scores.ap.iter().copied())
            .float("precision", all.clone().map(|k| last(&curves.prec, k)).collect::<Vec<_>>())
            .float("recall", all.map(|k| last(&curves.rec, k)).collect::<Vec<_>>()),
    );
    let points = |class: usize| {
        let (prec, rec) = (curves.prec.get(class)?.as_ref()?, curves.rec.get(class)?.as_ref()?);
        Some(rec.iter().copied().zip(prec.iter().copied()).filter(|(_, p)| !p.is_nan()).collect())
    };
    let value = |class: usize| scores.ap.get(class).copied().filter(|ap| !ap.is_nan());
    let name = format!("Precision and recall at IoU {threshold}");
    report.charts.extend(opening::curves(name, comparison, points, value));
    Ok(())
}
