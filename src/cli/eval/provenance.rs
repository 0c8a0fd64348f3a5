//! Where the numbers of a report come from: what was read, which version or content of it, and what was asked for.
//!
//! Fingerprints are the first 16 hexadecimal digits of a file's BLAKE3, told where a report outlives its terminal. A
//! folder has none; a stored dataset is named by its version.

use std::fmt::Display;
use std::path::Path;

use clap::ValueEnum;

use super::super::args::{AskArgs, EvalArgs, MatchArg};
use super::super::reference::Reference;
use crate::dataset::store::Store;
use crate::error::{Error, Place, Result, ResultExt};
use crate::eval::Comparison;
use crate::eval::read::ClassNumbers;
use crate::report::Report;
use crate::schema::axis::key_name;

/// Digits of a fingerprint.
const DIGITS: usize = 16;

/// Adds what is known of both sides, and the options that are not the default.
pub(super) fn add(args: &EvalArgs, json: bool, report: &mut Report) -> Result<()> {
    let files = [&args.report.html, &args.report.markdown, &args.report.latex, &args.report.parquet];
    let lasts = json || files.into_iter().any(Option::is_some);
    for (side, name, found) in [("truth", &args.gt, false), ("predictions", &args.pred, true)] {
        report.fact(side, name.clone());
        let reference = Reference::parse(name)?;
        if reference.path.is_file() {
            if lasts {
                report.fact(format!("fingerprint of the {side}"), fingerprint(&reference.path)?);
            }
        } else if let Ok(store) = reference.open_stored() {
            report.fact(format!("version of the {side}"), store.version().version.to_string());
            if let (true, None, Some(set)) = (found, &reference.set, scored(&store)) {
                report.fact("set of the predictions", set);
            }
        }
    }
    for (what, path) in [("hierarchy", &args.ask.hierarchy), ("image labels", &args.ask.image_labels)] {
        if let (true, Some(path)) = (lasts, path) {
            report.fact(format!("fingerprint of the {what}"), fingerprint(path)?);
        }
    }
    if lasts && !matches!(args.ask.classes_by.as_str(), "auto" | "id" | "name") {
        let print = fingerprint(Path::new(&args.ask.classes_by))?;
        report.fact("fingerprint of the list of classes", print);
    }
    let options = options(args);
    if !options.is_empty() {
        report.fact("options", options.join(" "));
    }
    if args.ask.corrected {
        report.fact("corrected", "numbers that the reference tool gives wrongly are repaired");
    }
    Ok(())
}

/// How many images of the truth nothing was found on.
pub(super) fn images(report: &mut Report, comparison: &Comparison) {
    let all = comparison.images.len();
    let without = (0..all).filter(|image| comparison.found.range(*image).is_empty()).count();
    report.fact("images without a detection", format!("{without} of {all}"));
}

/// The set that is taken where none is named: the one with scores.
fn scored(store: &Store) -> Option<String> {
    let dataset = store.dataset();
    let mut sets = dataset.sets();
    sets.retain(|set| dataset.keys().find(&key_name(set, "score")).is_ok());
    let set = sets.pop().filter(|_| sets.is_empty())?;
    Some(if set.is_empty() { "default".to_owned() } else { set })
}

fn fingerprint(path: &Path) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    std::fs::File::open(path)
        .and_then(|file| hasher.update_reader(file).map(|_| ()))
        .map_err(|e| Error::io("read", e))
        .at(|| Place::none().file(path))?;
    Ok(hasher.finalize().to_hex().chars().take(DIGITS).collect())
}

/// The options that decide numbers, where they are not the default, as they are written.
fn options(args: &EvalArgs) -> Vec<String> {
    let mut out = asked(&args.ask);
    let mut say = |option: &str, value: Option<String>| {
        out.extend(value.map(|value| format!("--{option} {}", quoted(&value))));
    };
    say("bootstrap", args.bootstrap.map(|n| n.to_string()));
    say(
        "seed",
        args.bootstrap.and(Some(args.sampling.seed).filter(|seed| *seed != 0)).map(|n| n.to_string()),
    );
    say("cluster", args.sampling.cluster.clone());
    say("by", list(&args.by));
    say("cut", args.cut.map(|cut| cut.to_string()));
    say("confusion", args.confusion.as_ref().map(named));
    say("match-iou", args.match_iou.map(|iou| iou.to_string()));
    out.extend(args.errors.then(|| "--errors".to_owned()));
    out
}

/// Those that bring both sides together.
fn asked(ask: &AskArgs) -> Vec<String> {
    let mut out = Vec::new();
    let mut say = |option: &str, value: Option<String>| {
        out.extend(value.map(|value| format!("--{option} {}", quoted(&value))));
    };
    let path = |path: &Path| path.display().to_string();
    say("match-by", Some(&ask.match_by).filter(|by| **by != MatchArg::ImageId).map(named));
    say("classes-by", Some(ask.classes_by.clone()).filter(|by| by != "auto"));
    say("max-dets", list(&ask.max_dets));
    say("iou", list(&ask.iou));
    say("sigmas", list(&ask.sigmas));
    say("dilation", ask.dilation.map(|ratio| ratio.to_string()));
    say("ignore", list(&ask.ignore));
    say("hierarchy", ask.hierarchy.as_deref().map(path));
    say("image-labels", ask.image_labels.as_deref().map(path));
    say("pred-format", ask.found.pred_format.map(|format| format.to_string()));
    say("pred-boxes", ask.found.pred_boxes.map(|form| form.name().to_owned()));
    say("pred-coords", ask.found.pred_coords.as_ref().map(named));
    let classes = Some(ask.found.pred_classes).filter(|numbers| *numbers != ClassNumbers::Auto);
    say("pred-classes", classes.map(|numbers| numbers.name().to_owned()));
    say("pred-score", ask.found.pred_score.map(|score| score.to_string()));
    say("coords", Some(named(&ask.source.coords)).filter(|coords| coords != "voc"));
    say("on-error", Some(named(&ask.source.on_error)).filter(|done| done != "keep"));
    for split in &ask.source.split {
        say("split", Some(split.clone()));
    }
    out.extend(ask.class_agnostic.then(|| "--class-agnostic".to_owned()));
    out.extend(ask.corrected.then(|| "--corrected".to_owned()));
    out
}

/// The name of a choice on the command line.
fn named(choice: &impl ValueEnum) -> String {
    choice.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// Values with commas, if there are any.
fn list(values: &[impl Display]) -> Option<String> {
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// A value as a shell would take it.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./,:+=".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_so_that_a_shell_takes_them() {
        assert_eq!(quoted("a b'c"), r"'a b'\''c'");
        assert_eq!(
            (quoted("0.5,0.75"), list(&[0.5, 0.75])),
            ("0.5,0.75".to_owned(), Some("0.5,0.75".into()))
        );
        assert_eq!((named(&MatchArg::FileName), list(&[0u32; 0])), ("file_name".to_owned(), None));
    }
}
