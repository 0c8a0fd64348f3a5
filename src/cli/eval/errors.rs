//! What `eval --errors` adds: which classes are taken for each other, what each kind of error costs, the worst images.

use super::super::args::{ConfusionArg, EvalArgs};
use crate::dataset::Dataset;
use crate::error::Result;
use crate::eval::Comparison;
use crate::eval::coco::{Kind, Params};
use crate::eval::errors::{Confusion, Counting, Findings, Pictures};
use crate::job::Job;
use crate::report::Report;

pub(super) fn add(
    args: &EvalArgs,
    params: &Params,
    comparison: &Comparison,
    truth: Option<&Dataset>,
    report: &mut Report,
    job: &Job,
) -> Result<()> {
    let mut findings = Findings::of(comparison, &params.kind, job)?;
    if (args.confusion, &params.kind) == (ConfusionArg::Mmdet, &Kind::Bbox) {
        findings.confusion = Confusion::of(comparison, Counting::mmdet(), job)?;
    }
    findings.attach(comparison, report);
    if let Some(truth) = truth {
        let worst = findings.ranking.worst(args.worst);
        report.pictures =
            Pictures::new(params.kind.clone()).of(comparison, &findings.ranking, worst, truth, job)?;
    }
    Ok(())
}
