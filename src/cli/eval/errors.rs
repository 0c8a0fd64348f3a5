//! What `eval --errors` adds: which classes are taken for each other, what each kind of error costs, the worst images.

use super::super::args::{ConfusionArg, EvalArgs};
use crate::dataset::Dataset;
use crate::error::Result;
use crate::eval::Comparison;
use crate::eval::coco::{Kind, Params};
use crate::eval::errors::{Confusion, Counting, Findings, Pictures};
use crate::job::Job;
use crate::report::Report;

/// How many of the worst images a page shows where nothing is said.
const WORST: usize = 12;

/// How many of the worst images are drawn, if there is a page.
pub(super) fn wanted(args: &EvalArgs) -> usize {
    args.worst.unwrap_or(WORST)
}

pub(super) fn add(
    args: &EvalArgs,
    params: &Params,
    comparison: &Comparison,
    truth: Option<&Dataset>,
    report: &mut Report,
    job: &Job,
) -> Result<()> {
    let mut findings = Findings::of(comparison, &params.kind, job)?;
    if (args.confusion, &params.kind) == (Some(ConfusionArg::Mmdet), &Kind::Bbox) {
        findings.confusion = Confusion::of(comparison, Counting::mmdet(), job)?;
    }
    findings.attach(comparison, report);
    if let Some(truth) = truth {
        let worst = findings.ranking.worst(wanted(args));
        let pictures = Pictures::new(params.kind.clone());
        let absent = pictures.absent(comparison, worst, truth)?;
        if absent > 0 {
            let what = format!("{absent} of {} pictures were not found", worst.len());
            report.warnings.push(format!("{what}: --image-root says where they are"));
            report.fact("pictures", what);
        }
        report.pictures = pictures.of(comparison, &findings.ranking, worst, truth, job)?;
    }
    Ok(())
}
