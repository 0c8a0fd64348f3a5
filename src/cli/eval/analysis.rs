//! What `eval` adds to COCO's numbers: intervals, slices, cuts, calibration. Nothing is matched again for it.

use super::super::args::EvalArgs;
use super::super::reference::Reference;
use crate::convert::Opened;
use crate::dataset::Dataset;
use crate::error::{Place, Result, ResultExt};
use crate::eval::Comparison;
use crate::eval::coco::{Coco, Standing};
use crate::eval::resample::{Sampling, bootstrap};
use crate::eval::slices::{Slices, clusters};
use crate::job::Job;
use crate::query::sql;
use crate::report::Report;

/// The share of samples that intervals hold.
pub(in crate::cli) const LEVEL: f64 = 0.95;

/// The truth as a dataset, where slices, clusters or pictures need it, with their keys looked for. A file is imported
/// into a folder that goes with what was opened.
pub(super) fn open(args: &EvalArgs, job: &Job) -> Result<Option<Opened>> {
    let asked = !args.by.is_empty() || args.sampling.cluster.is_some();
    if !asked && !draws(args) {
        return Ok(None);
    }
    // That there are no photographs matters to pictures alone, which count them.
    let opened = Reference::parse(&args.gt)?.open(&args.ask.source, &job.clone().muted("images.none"))?;
    let dataset = opened.store().dataset();
    if let Some(key) = &args.sampling.cluster {
        dataset.keys().find(key).at(|| Place::none().file(&args.gt))?;
    }
    for by in pieces(&args.by) {
        // Before anything is matched, a wrong name or condition is told.
        slices(&dataset.slice(..0)?, by, job).at(|| Place::none().file(&args.gt))?;
    }
    Ok(Some(opened))
}

/// The images by a key, or by what SQL says of each of them.
fn slices(truth: &Dataset, by: &str, job: &Job) -> Result<Slices> {
    if truth.keys().find(by).is_ok() {
        return Slices::by(truth, by);
    }
    let answer = sql(&[("", truth)], &format!("SELECT {by} AS slice FROM images"), job)?;
    Slices::of(truth, by, &answer.column("slice")?.values())
}

/// What stands between commas that are in no brackets and no quotes.
fn pieces(texts: &[String]) -> Vec<&str> {
    let mut out = Vec::new();
    for text in texts {
        let (mut from, mut depth, mut quote) = (0, 0usize, None);
        for (at, c) in text.char_indices() {
            match (c, quote) {
                (c, Some(open)) => quote = (c != open).then_some(open),
                ('\'' | '"', None) => quote = Some(c),
                ('(', None) => depth += 1,
                (')', None) => depth = depth.saturating_sub(1),
                (',', None) if depth == 0 => {
                    out.push(&text[from..at]);
                    from = at + 1;
                }
                _ => {}
            }
        }
        out.push(&text[from..]);
    }
    out.into_iter().map(str::trim).filter(|piece| !piece.is_empty()).collect()
}

/// Whether there is a page with images on it.
fn draws(args: &EvalArgs) -> bool {
    args.report.html.is_some() && !args.ask.class_agnostic && super::errors::wanted(args) > 0
}

pub(super) fn add(
    args: &EvalArgs,
    coco: &Coco,
    comparison: &Comparison,
    truth: Option<&Dataset>,
    report: &mut Report,
    json: bool,
    job: &Job,
) -> Result<()> {
    let errors = (args.errors || args.report.html.is_some()) && !coco.params().class_agnostic;
    if args.bootstrap.is_some() || !args.by.is_empty() {
        let standing = Standing::of(coco)?;
        for by in pieces(&args.by) {
            let Some(truth) = truth else { continue };
            let slices = slices(truth, by, job).at(|| Place::none().file(&args.gt))?;
            report.tables.push(slices.table(&standing));
        }
        if let Some(samples) = args.bootstrap {
            let mut sampling = Sampling::new(samples, args.sampling.seed);
            if let (Some(key), Some(truth)) = (&args.sampling.cluster, truth) {
                sampling.clusters = Some(clusters(truth, key, standing.images())?);
            }
            intervals(std::slice::from_ref(&standing), &sampling, report, job)?;
        }
    }
    if wants_cuts(args, json) {
        coco.add_cuts(&comparison.classes, args.cut, report)?;
    }
    if errors {
        let photographs = truth.filter(|_| draws(args));
        super::errors::add(args, coco.params(), comparison, photographs, report, job)?;
    }
    Ok(())
}

/// Whether somebody reads more than a terminal's lines: sorting all scores once more takes a fifth of an evaluation.
fn wants_cuts(args: &EvalArgs, json: bool) -> bool {
    let files = [&args.report.html, &args.report.markdown, &args.report.latex, &args.report.parquet];
    json || args.cut.is_some()
        || args.errors
        || !args.report.fail_if.is_empty()
        || files.into_iter().any(Option::is_some)
}

/// Gives the figures of the headline their intervals.
fn intervals(standing: &[Standing], sampling: &Sampling, report: &mut Report, job: &Job) -> Result<()> {
    let samples = bootstrap(&[standing], sampling, job)?;
    for (key, name) in samples.keys.iter().enumerate() {
        if let Some(figure) = report.headline.iter_mut().find(|figure| figure.key == *name)
            && let Some((low, high)) = samples.interval(0, key, LEVEL)
        {
            (figure.low, figure.high) = (Some(low), Some(high));
        }
    }
    let of = if sampling.clusters.is_some() { "clusters of images" } else { "images" };
    let fact = format!("{} % of {} samples of {of}, seed {}", LEVEL * 100.0, sampling.samples, sampling.seed);
    report.fact("intervals", fact);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_brackets_and_quotes_part_nothing() {
        let texts = ["split, width > 640".to_owned(), "height IN (480, 640),file_name = 'a,b'".to_owned()];
        assert_eq!(pieces(&texts), ["split", "width > 640", "height IN (480, 640)", "file_name = 'a,b'"]);
    }
}
