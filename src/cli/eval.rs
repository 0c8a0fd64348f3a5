//! `lensframe eval`: what was found held against what is there.

use std::path::{Path, PathBuf};

use super::args::{EvalArgs, MatchArg};
use super::print::Printer;
use super::reference::{Reference, set_named};
use super::save::save;
use super::terminal;
use crate::dataset::Dataset;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::eval::coco::{Coco, Kind, Params, Tensors};
use crate::eval::columns::{self, Role};
use crate::eval::read::{Wanted, coco_results, coco_truth};
use crate::eval::{ClassesBy, Comparison, MatchBy, Matching, Side, join, npy};
use crate::job::Job;
use crate::report::Report;
use crate::schema::axis::{DEFAULT_SET, key_name};

pub(super) fn run(args: &EvalArgs, printer: &Printer, job: &Job) -> Result<()> {
    let outputs = [&args.html, &args.markdown, &args.latex];
    if let Some(path) = outputs.into_iter().flatten().find(|path| !args.force && path.exists()) {
        return Err(Error::new(ErrorKind::AlreadyExists, "there is such a file already")
            .at(Place::area("eval").file(path))
            .remedy("use --force to replace it"));
    }
    let params = params(args)?;
    let wanted = Wanted { corrected: args.corrected, ..Wanted::by(&params.kind) };
    let comparison = comparison(args, &wanted, job)?;
    let (ids, classes) = (comparison.ids(), comparison.classes.len());
    let mut coco = Coco::new(params, classes)?;
    coco.update(&comparison.batch(&ids), job)?;
    if let Some(folder) = &args.arrays {
        arrays(folder, &coco.finish_with_scores(job)?, args.force)?;
    }
    let title = format!("{} against {}", short(&args.pred), short(&args.gt));
    let mut report = coco.report(&comparison, &title, job)?;
    report.fact("truth", args.gt.clone());
    report.fact("predictions", args.pred.clone());
    if args.corrected {
        report.fact("corrected", "numbers that the reference tool gives wrongly are repaired");
    }
    write(args, &report)?;
    printer.report(&report, terminal::width())?;
    fail(args, &report)
}

/// The last part of a path or reference.
fn short(name: &str) -> &str {
    name.trim_end_matches('/').rsplit('/').next().unwrap_or(name)
}

fn params(args: &EvalArgs) -> Result<Params> {
    let kind = match args.metric.as_str() {
        "coco/bbox" => Kind::Bbox,
        "coco/segm" => Kind::Segm,
        "coco/keypoints" => Kind::person(),
        other => {
            return Err(Error::new(ErrorKind::Usage, format!("there is no metric {other:?}"))
                .remedy("name one of coco/bbox, coco/segm, coco/keypoints"));
        }
    };
    let mut params = Params::new(kind);
    if !args.max_dets.is_empty() {
        params.caps.clone_from(&args.max_dets);
        params.caps.sort_unstable();
    }
    if !args.iou.is_empty() {
        params.thresholds.clone_from(&args.iou);
        params.thresholds.sort_by(f64::total_cmp);
    }
    params.class_agnostic = args.class_agnostic;
    Ok(params)
}

/// Both sides, brought together.
fn comparison(args: &EvalArgs, wanted: &Wanted, job: &Job) -> Result<Comparison> {
    let images = match args.match_by {
        MatchArg::ImageId => MatchBy::Id,
        MatchArg::FileName => MatchBy::FileName,
        MatchArg::Stem => MatchBy::Stem,
    };
    let matching = Matching { images, classes: classes_by(&args.classes_by)? };
    let truth = side(&args.gt, Role::Truth, args, wanted, job)?;
    job.check()?;
    let found = side(&args.pred, Role::Found, args, wanted, job)?;
    job.check()?;
    join(truth, found, &matching).at(|| Place::none().file(&args.pred))
}

/// One side: a COCO file is read as it is, everything else is a dataset.
fn side(name: &str, role: Role, args: &EvalArgs, wanted: &Wanted, job: &Job) -> Result<Side> {
    let path = Path::new(name);
    let json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    if json && path.is_file() {
        return match role {
            Role::Truth => coco_truth(path, wanted),
            Role::Found => coco_results(path, wanted),
        };
    }
    let reference = Reference::parse(name)?;
    let opened = reference.open(&args.source, job)?;
    let ds = opened.store().dataset();
    let set = match (&reference.set, role) {
        (Some(set), _) => set_named(&ds, set)?,
        (None, Role::Truth) => DEFAULT_SET.to_owned(),
        (None, Role::Found) => scored(&ds)?,
    };
    columns::side(&ds, &set, role, wanted, job).at(|| Place::none().file(name))
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

fn write(args: &EvalArgs, report: &Report) -> Result<()> {
    let save = |path: &Option<PathBuf>, form: fn(&Report) -> String| match path {
        Some(path) => save(path, form(report).as_bytes(), args.force),
        None => Ok(()),
    };
    save(&args.html, Report::to_html)?;
    save(&args.markdown, Report::to_markdown)?;
    save(&args.latex, Report::to_latex)
}

fn fail(args: &EvalArgs, report: &Report) -> Result<()> {
    for condition in &args.fail_if {
        let Some(figure) = report.headline.iter().find(|figure| figure.key == condition.key) else {
            let known: Vec<&str> = report.headline.iter().map(|figure| figure.key.as_str()).collect();
            return Err(Error::new(ErrorKind::Usage, format!("there is no figure {:?}", condition.key))
                .remedy(format!("there are: {}", known.join(", "))));
        };
        let said = format!("{}{}{}", condition.key, condition.relation, condition.number);
        match figure.value {
            Some(value) if condition.holds(value) => {
                return Err(Error::new(ErrorKind::Failed, format!("{said}: {} is {value}", condition.key)));
            }
            None => {
                return Err(Error::new(ErrorKind::Failed, format!("{said}: {} has no value", condition.key)));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn arrays(folder: &Path, tensors: &Tensors, force: bool) -> Result<()> {
    std::fs::create_dir_all(folder)
        .map_err(|e| Error::io("make the folder", e))
        .at(|| Place::none().file(folder))?;
    let Tensors { thresholds: t, recalls: r, classes: k, ranges: a, caps: m, .. } = *tensors;
    save(&folder.join("precision.npy"), &npy::write(&[t, r, k, a, m], &tensors.precision), force)?;
    save(&folder.join("scores.npy"), &npy::write(&[t, r, k, a, m], &tensors.scores), force)?;
    save(&folder.join("recall.npy"), &npy::write(&[t, k, a, m], &tensors.recall), force)
}
