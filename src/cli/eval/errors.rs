//! What `eval --errors` adds: which classes are taken for each other, what each kind of error costs, the worst images.

use super::super::args::{ConfusionArg, EvalArgs};
use crate::dataset::Dataset;
use crate::error::Result;
use crate::eval::Comparison;
use crate::eval::coco::{Kind, Params};
use crate::eval::errors::{
    Confusion, Counting, Pictures, Rank, Ranking, Sizes, Steps, StepsParams, Tide, TideParams,
};
use crate::job::Job;
use crate::report::Report;

/// A matrix of more classes says nothing to anybody, and would be most of the page.
const MOST_IN_MATRIX: usize = 250;

pub(super) fn add(
    args: &EvalArgs,
    params: &Params,
    comparison: &Comparison,
    truth: Option<&Dataset>,
    report: &mut Report,
    job: &Job,
) -> Result<()> {
    let kind = &params.kind;
    let names = || comparison.classes.iter().map(|class| class.name.clone());
    if !matches!(kind, Kind::Keypoints(_)) {
        if comparison.classes.len() <= MOST_IN_MATRIX {
            let counting = match (args.confusion, kind) {
                (ConfusionArg::Mmdet, Kind::Bbox) => Counting::mmdet(),
                _ => Counting::standard(kind.clone()),
            };
            report.matrix = Some(Confusion::of(comparison, counting, job)?.matrix(names()));
        }
        let losses = Tide::of(comparison, TideParams::new(kind.clone()), job)?;
        report.breakdowns.push(losses.breakdown());
        report.tables.push(losses.table(names()));
        let asked = StepsParams { corrected: args.ask.corrected, ..StepsParams::new(kind.clone()) };
        let steps = Steps::of(comparison, asked, job)?;
        report.breakdowns.push(steps.breakdown(None, 0));
        report.tables.push(steps.table(names(), 0));
        report.charts.push(steps.chart(None, 0));
    }
    let (sizes, histogram) = Sizes::of(comparison, &params.ranges).parts();
    report.breakdowns.push(sizes);
    report.histograms.push(histogram);
    if args.worst > 0 {
        let ranking = Ranking::of(comparison, kind, Rank::F1, job)?;
        let worst = ranking.worst(args.worst);
        report.tables.push(ranking.table(comparison, "worst images", worst));
        report.tables.push(ranking.table(comparison, "best images", ranking.best(args.worst)));
        if let Some(truth) = truth {
            report.pictures = Pictures::new(kind.clone()).of(comparison, &ranking, worst, truth, job)?;
        }
    }
    Ok(())
}
