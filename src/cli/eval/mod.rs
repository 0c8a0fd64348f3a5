//! `lensframe eval`: what was found held against what is there.

mod analysis;
mod errors;
pub(super) mod outputs;
mod pictures;
mod provenance;
mod refusals;
pub(super) mod sides;

use super::args::{AskArgs, EvalArgs};
use super::print::Printer;
use super::terminal;
use crate::dataset::Dataset;
use crate::error::{Error, ErrorKind, Result};
use crate::eval::Comparison;
use crate::eval::coco::{Coco, Kind, Params};
use crate::eval::names::flat;
use crate::eval::protocol::{self, Protocol};
use crate::eval::read::Wanted;
use crate::job::Job;
use crate::report::Report;
use outputs::Beside;

pub(super) fn run(args: &EvalArgs, printer: &Printer, job: &Job) -> Result<()> {
    if args.list {
        return list(printer);
    }
    refusals::options(args)?;
    refusals::sides(args)?;
    outputs::check_eval(args)?;
    evaluate(args, printer, job).map_err(refusals::own_advice)
}

fn evaluate(args: &EvalArgs, printer: &Printer, job: &Job) -> Result<()> {
    let title = format!("{} against {}", short(&args.pred), short(&args.gt));
    let (mut report, beside) = match pictures::Metric::named(&args.ask.metric) {
        Some(metric) => (pictures::report(metric, args, &title, job)?, Beside::default()),
        None => {
            let mut protocol = asked(&args.ask)?;
            let caps = args.keys.and_then(|names| names.caps(&args.ask.metric));
            if let Some(caps) = caps.filter(|_| args.ask.max_dets.is_empty()) {
                protocol.set_caps(caps.to_vec())?;
            }
            refusals::own_to_coco(args, &protocol)?;
            let ids = args.matches.is_some();
            let wanted = Wanted { corrected: args.ask.corrected, ids, ..protocol.wanted() };
            let truth = sides::truth(&args.gt, &args.ask, &wanted, job)?;
            let coco = matches!(protocol, Protocol::Coco(_));
            let opened = if coco { analysis::open(args, job)? } else { None };
            let dataset = opened.as_ref().map(|opened| opened.store().dataset());
            let comparison = sides::against(truth, &args.pred, &args.ask, &wanted, job)?;
            let mut done =
                objects(args, &protocol, &comparison, dataset.as_ref(), &title, printer.is_json(), job)
                    .map_err(|e| sides::placed(e, &args.gt, &args.pred, &args.ask, &wanted, job))?;
            provenance::images(&mut done.0, &comparison);
            done
        }
    };
    provenance::add(args, printer.is_json(), &mut report)?;
    let text = args.keys.map(|names| flat(&report, names)).transpose()?;
    job.check()?;
    // What cannot be written does not keep the numbers from being read, and who reads no further keeps no file.
    let printed = match text {
        Some(numbers) => printer.raw(format!("{}\n", numbers.to_json()).as_bytes()),
        None => printer.report(&report, terminal::width()),
    };
    let written = outputs::write_eval(args, &report, &beside);
    written.and(outputs::fail(&args.report, &report)).and(printed)
}

/// The protocols by name.
fn list(printer: &Printer) -> Result<()> {
    let known = protocol::known().iter().map(|known| (known.name, known.what));
    for (name, what) in known.chain(pictures::METRICS) {
        printer.say(&format!("{name:<24}{what}"))?;
    }
    Ok(())
}

/// The last part of a path or reference.
pub(super) fn short(name: &str) -> &str {
    name.trim_end_matches('/').rsplit('/').next().unwrap_or(name)
}

/// The protocol with the numbers asked for.
pub(super) fn asked(ask: &AskArgs) -> Result<Protocol> {
    let mut protocol = Protocol::named(&ask.metric).map_err(|e| refusals::metric(&ask.metric, e))?;
    if !ask.max_dets.is_empty() {
        protocol.set_caps(ask.max_dets.clone())?;
    }
    if !ask.iou.is_empty() {
        protocol.set_thresholds(ask.iou.clone())?;
    }
    if !ask.sigmas.is_empty() {
        match &mut protocol {
            Protocol::Coco(Params { kind: Kind::Keypoints(sigmas), .. }) => sigmas.clone_from(&ask.sigmas),
            _ => {
                return Err(Error::new(ErrorKind::Usage, "--sigmas belong to coco/keypoints")
                    .remedy("leave them out, or name that metric"));
            }
        }
    }
    if let Some(dilation) = ask.dilation {
        match &mut protocol {
            Protocol::Coco(Params { kind: Kind::Boundary(ratio), .. })
            | Protocol::Lvis(Kind::Boundary(ratio)) => *ratio = dilation,
            _ => {
                return Err(Error::new(ErrorKind::Usage, "--dilation belongs to boundaries")
                    .remedy("leave it out, or name coco/boundary or lvis/boundary"));
            }
        }
    }
    match &mut protocol {
        Protocol::Coco(params) => params.class_agnostic = ask.class_agnostic,
        _ if ask.class_agnostic => {
            return Err(Error::new(ErrorKind::Usage, "--class-agnostic belongs to COCO's protocol")
                .remedy("leave it out, or name coco/bbox or coco/segm"));
        }
        Protocol::OpenImages(_, declared) => {
            declared.hierarchy.clone_from(&ask.hierarchy);
            declared.labels.clone_from(&ask.image_labels);
        }
        _ => {}
    }
    Ok(protocol)
}

/// The report of a protocol over objects.
fn objects(
    args: &EvalArgs,
    protocol: &Protocol,
    comparison: &Comparison,
    dataset: Option<&Dataset>,
    title: &str,
    json: bool,
    job: &Job,
) -> Result<(Report, Beside)> {
    let mut beside = Beside::default();
    let Protocol::Coco(params) = protocol else {
        if args.matches.is_none() {
            return Ok((protocol.report(comparison, title, job)?, beside));
        }
        let (report, matches) = protocol.report_matches(comparison, title, args.match_iou, job)?;
        beside.matches = outputs::matches(args, &matches, comparison)?;
        return Ok((report, beside));
    };
    let mut coco = Coco::new(params.clone(), comparison.classes.len())?;
    let ids = comparison.ids();
    if args.matches.is_some() {
        let matches = coco.update_matches(&comparison.batch(&ids), args.match_iou, job)?;
        beside.matches = outputs::matches(args, &matches, comparison)?;
    } else {
        coco.update(&comparison.batch(&ids), job)?;
    }
    if args.arrays.is_some() {
        beside.tensors = Some(coco.finish_with_scores(job)?);
    }
    let mut report = coco.report(comparison, title, job)?;
    analysis::add(args, &coco, comparison, dataset, &mut report, json, job)?;
    Ok((report, beside))
}
