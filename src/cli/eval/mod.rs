//! `lensframe eval`: what was found held against what is there.

mod outputs;
mod pictures;
mod sides;

use super::args::EvalArgs;
use super::print::Printer;
use super::terminal;
use crate::error::{Error, ErrorKind, Result};
use crate::eval::Comparison;
use crate::eval::coco::{Coco, Kind, Params};
use crate::eval::protocol::{self, Protocol};
use crate::eval::read::Wanted;
use crate::job::Job;
use crate::report::Report;

pub(super) fn run(args: &EvalArgs, printer: &Printer, job: &Job) -> Result<()> {
    if args.list {
        return list(printer);
    }
    outputs::check(args)?;
    let title = format!("{} against {}", short(&args.pred), short(&args.gt));
    let mut report = match pictures::Metric::named(&args.metric) {
        Some(metric) => pictures::report(metric, args, &title, job)?,
        None => {
            let protocol = protocol(args)?;
            let wanted = Wanted { corrected: args.corrected, ..protocol.wanted() };
            let comparison = sides::comparison(args, &wanted, job)?;
            objects(args, &protocol, &comparison, &title, job)?
        }
    };
    report.fact("truth", args.gt.clone());
    report.fact("predictions", args.pred.clone());
    if args.corrected {
        report.fact("corrected", "numbers that the reference tool gives wrongly are repaired");
    }
    outputs::write(args, &report)?;
    printer.report(&report, terminal::width())?;
    outputs::fail(args, &report)
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
fn short(name: &str) -> &str {
    name.trim_end_matches('/').rsplit('/').next().unwrap_or(name)
}

/// The protocol with the numbers asked for.
fn protocol(args: &EvalArgs) -> Result<Protocol> {
    let mut protocol = Protocol::named(&args.metric)?;
    if !args.max_dets.is_empty() {
        protocol.set_caps(args.max_dets.clone())?;
    }
    if !args.iou.is_empty() {
        protocol.set_thresholds(args.iou.clone())?;
    }
    if !args.sigmas.is_empty() {
        match &mut protocol {
            Protocol::Coco(Params { kind: Kind::Keypoints(sigmas), .. }) => sigmas.clone_from(&args.sigmas),
            _ => {
                return Err(Error::new(ErrorKind::Usage, "--sigmas belong to coco/keypoints")
                    .remedy("leave them out, or name that metric"));
            }
        }
    }
    match &mut protocol {
        Protocol::Coco(params) => params.class_agnostic = args.class_agnostic,
        _ if args.class_agnostic || args.arrays.is_some() => {
            return Err(Error::new(
                ErrorKind::Usage,
                "--class-agnostic and --arrays belong to COCO's protocol",
            )
            .remedy("leave them out, or name coco/bbox, coco/segm or coco/keypoints"));
        }
        Protocol::OpenImages(_, declared) => {
            declared.hierarchy.clone_from(&args.hierarchy);
            declared.labels.clone_from(&args.image_labels);
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
    title: &str,
    job: &Job,
) -> Result<Report> {
    let Protocol::Coco(params) = protocol else { return protocol.report(comparison, title, job) };
    let mut coco = Coco::new(params.clone(), comparison.classes.len())?;
    coco.update(&comparison.batch(&comparison.ids()), job)?;
    if let Some(folder) = &args.arrays {
        outputs::arrays(folder, &coco.finish_with_scores(job)?, args.force)?;
    }
    coco.report(comparison, title, job)
}
