//! What `eval` refuses before it reads anything, and in which words: options that say nothing together, sides that are
//! not there, protocols that are none.

use super::super::args::{ConfusionArg, EvalArgs};
use super::super::reference::Reference;
use super::pictures;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::eval::protocol::{self, Protocol};

/// Refuses options that nothing would come of.
pub(super) fn options(args: &EvalArgs) -> Result<()> {
    let usage = |what: &str, remedy: &str| Err(Error::new(ErrorKind::Usage, what).remedy(remedy));
    let page = args.report.html.is_some();
    if args.bootstrap == Some(0) {
        return usage("--bootstrap of 0 samples gives no intervals", "give it a number, or leave it out");
    }
    if args.sampling.cluster.is_some() && args.bootstrap.is_none() {
        return usage("--cluster says what --bootstrap samples, which is not asked for", "add --bootstrap");
    }
    if args.ask.class_agnostic && (args.errors || args.confusion.is_some()) {
        return usage(
            "--errors and --confusion tell classes apart, --class-agnostic does not",
            "leave one out",
        );
    }
    if args.confusion.is_some() && !args.errors && !page {
        return usage(
            "--confusion counts what is not shown",
            "add --errors, or a page with --html, or leave it out",
        );
    }
    if args.confusion == Some(ConfusionArg::Mmdet) && args.ask.metric != "coco/bbox" {
        return usage("--confusion mmdet counts boxes", "leave it out, or name coco/bbox");
    }
    Ok(())
}

/// Refuses sides that are not there, saying which.
pub(super) fn sides(args: &EvalArgs) -> Result<()> {
    for (name, option) in [(&args.gt, "the truth (--gt)"), (&args.pred, "the predictions (--pred)")] {
        if !Reference::parse(name)?.path.exists() {
            return Err(Error::new(ErrorKind::NotFound, format!("no such file or folder: {option}"))
                .at(Place::area("eval").file(name)));
        }
    }
    Ok(())
}

/// Refuses what only COCO's protocol has.
pub(super) fn own_to_coco(args: &EvalArgs, protocol: &Protocol) -> Result<()> {
    let others = [
        ("--arrays", args.arrays.is_some()),
        ("--bootstrap", args.bootstrap.is_some()),
        ("--by", !args.by.is_empty()),
        ("--cut", args.cut.is_some()),
        ("--errors", args.errors),
        ("--confusion", args.confusion.is_some()),
        ("--worst", args.worst.is_some()),
    ];
    match (protocol, others.iter().find(|(_, given)| *given)) {
        (Protocol::Coco(_), _) | (_, None) => Ok(()),
        (_, Some((option, _))) => {
            Err(Error::new(ErrorKind::Usage, format!("{option} belongs to COCO's protocol"))
                .remedy("leave it out, or name coco/bbox, coco/segm or coco/keypoints"))
        }
    }
}

/// An error of a protocol that is none: in words that hold for protocols over pictures, which `eval` knows and
/// `compare` does not.
pub(super) fn metric(name: &str, error: Error) -> Error {
    let pictures = || pictures::METRICS.iter().map(|(name, _)| *name);
    if pictures().any(|known| known == name) {
        return Error::new(ErrorKind::Usage, format!("compare cannot do {name}: it compares found objects"))
            .remedy("evaluate each set of predictions with eval");
    }
    let known = protocol::known().iter().map(|known| known.name);
    let names: Vec<&str> = known.chain(pictures()).collect();
    error.remedy(format!("name one of {}", names.join(", ")))
}

/// An error without advice that `eval` has no option for.
pub(super) fn own_advice(error: Error) -> Error {
    match error.remedy_text() {
        Some(remedy) if remedy.contains("--from") => {
            error.remedy("`lensframe formats` lists what can be read")
        }
        Some(remedy) if remedy.contains("--images") => {
            error.remedy("name their folder or archive with --image-root")
        }
        _ => error,
    }
}
