//! Both sides of a comparison as the command line names them.

use std::path::Path;

use super::super::args::{AskArgs, MatchArg};
use super::super::reference::{Reference, set_named};
use crate::dataset::Dataset;
use crate::dataset::store::Store;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::eval::columns::{self, Role};
use crate::eval::read::{ClassNumbers, Wanted, coco_truth, predictions};
use crate::eval::{ClassesBy, Comparison, MatchBy, Matching, Side, join};
use crate::job::Job;
use crate::schema::axis::{DEFAULT_SET, key_name};

/// The truth as the command line names it.
pub(in crate::cli) fn truth(name: &str, ask: &AskArgs, wanted: &Wanted, job: &Job) -> Result<Side> {
    let mut truth = side(name, ask, wanted, job)?;
    if wanted.ids {
        truth.number();
    }
    job.check()?;
    Ok(truth)
}

/// Detections as the command line names them, brought together with the truth.
pub(in crate::cli) fn against(
    truth: Side,
    name: &str,
    ask: &AskArgs,
    wanted: &Wanted,
    job: &Job,
) -> Result<Comparison> {
    let matching = Matching { images: match_by(ask), classes: classes_by(&ask.classes_by)? };
    let mut found = found(name, &truth, ask, wanted, job)?;
    if wanted.ids {
        found.number();
    }
    job.check()?;
    let comparison = join(truth, found, &matching).at(|| Place::none().file(name))?;
    if job.is_strict() {
        comparison.refuse().at(|| Place::none().file(name))?;
    }
    Ok(comparison)
}

/// An error that came of comparing two sides, with its place where it is about a mask. Masks are looked at long after
/// their files were read: the files are read again, each mask looked at.
pub(in crate::cli) fn placed(
    error: Error,
    gt: &str,
    pred: &str,
    ask: &AskArgs,
    wanted: &Wanted,
    job: &Job,
) -> Error {
    if error.kind() != ErrorKind::Format || error.place().key_name() != Some("mask") {
        return error;
    }
    let checked = Wanted { checked: true, ..wanted.clone() };
    let again = truth(gt, ask, &checked, job).and_then(|truth| found(pred, &truth, ask, &checked, job));
    match again {
        Err(placed) => placed,
        Ok(_) => error,
    }
}

/// By what images are matched.
pub(in crate::cli) fn match_by(ask: &AskArgs) -> MatchBy {
    match ask.match_by {
        MatchArg::ImageId => MatchBy::Id,
        MatchArg::FileName => MatchBy::FileName,
        MatchArg::Stem => MatchBy::Stem,
    }
}

/// The truth: a COCO file is read as it is, everything else is a dataset.
fn side(name: &str, ask: &AskArgs, wanted: &Wanted, job: &Job) -> Result<Side> {
    let path = Path::new(name);
    let name_ends = |ending: &str| name.to_ascii_lowercase().ends_with(ending);
    let json = name_ends(".json") || name_ends(".json.gz");
    if json && path.is_file() && ask.source.split.is_empty() {
        return coco_truth(path, wanted);
    }
    let reference = Reference::parse(name)?;
    let opened = reference.open(&ask.source, job)?;
    let ds = reference.rows(&opened, &ask.source, job)?;
    let set = match &reference.set {
        Some(set) => set_named(&ds, set)?,
        None => DEFAULT_SET.to_owned(),
    };
    columns::side(&ds, &set, Role::Truth, wanted, job).at(|| Place::none().file(name))
}

/// Detections: a set of a stored dataset, or what any tool wrote.
fn found(name: &str, truth: &Side, ask: &AskArgs, wanted: &Wanted, job: &Job) -> Result<Side> {
    let reference = Reference::parse(name)?;
    let named = reference.set.is_some() || reference.version.is_some();
    // What is no dataset may still be something.
    let foreign = || Store::open(&reference.path).is_err_and(|e| e.kind() == ErrorKind::NotFound);
    if !named && reference.path.exists() && (ask.found.pred_format.is_some() || foreign()) {
        let mut options = ask.found.options();
        // A list of classes says itself what its numbers are.
        if !matches!(ask.classes_by.as_str(), "auto" | "id" | "name") && options.classes == ClassNumbers::Auto
        {
            options.classes = ClassNumbers::Raw;
        }
        return predictions(&reference.path, truth, wanted, &options, job);
    }
    let opened = reference.open(&ask.source, job)?;
    let ds = reference.rows(&opened, &ask.source, job)?;
    let set = match &reference.set {
        Some(set) => set_named(&ds, set)?,
        None => scored(&ds)?,
    };
    columns::side(&ds, &set, Role::Found, wanted, job).at(|| Place::none().file(name))
}

/// The one set that has scores.
fn scored(ds: &Dataset) -> Result<String> {
    let mut sets = ds.sets();
    sets.retain(|set| ds.keys().find(&key_name(set, "score")).is_ok());
    match sets.as_slice() {
        [set] => Ok(set.clone()),
        [] => Err(Error::new(ErrorKind::Key, "no set has scores")
            .remedy("give a results file, or a dataset with predictions")),
        sets => Err(Error::new(ErrorKind::Usage, format!("several sets have scores: {}", sets.join(", ")))
            .remedy("name one of them as DATASET#SET")),
    }
}

fn classes_by(text: &str) -> Result<ClassesBy> {
    let file = match text {
        "auto" => return Ok(ClassesBy::Auto),
        "id" => return Ok(ClassesBy::Id),
        "name" => return Ok(ClassesBy::Name),
        file => Path::new(file),
    };
    let place = || Place::none().file(file);
    let content = std::fs::read_to_string(file).map_err(|e| Error::io("read", e)).at(place)?;
    let pairs = if content.trim_start().starts_with('{') {
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&content)
            .map_err(|e| Error::new(ErrorKind::Format, e.to_string()))
            .at(place)?;
        let name = |value: serde_json::Value| match value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        object.into_iter().map(|(found, truth)| (found, name(truth))).collect()
    } else {
        let names = content.lines().map(str::trim).filter(|line| !line.is_empty());
        names.enumerate().map(|(n, name)| (n.to_string(), name.to_owned())).collect()
    };
    Ok(ClassesBy::Map(pairs))
}
