//! `lensframe predict`: the rows of a dataset through a network.

use serde_json::{Value as Json, json};

use super::args::PredictArgs;
use super::print::{Printer, plural};
use super::reference::Reference;
use crate::dataset::Dataset;
use crate::dataset::store::{Operation, SetOptions, Store};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::eval::classification;
use crate::job::Job;
use crate::model::Model;
use crate::predict::{Accuracy, IntoSet, Predictor, Recipe, Run, Summary, known};

pub(super) fn run(args: &PredictArgs, printer: &Printer, job: &Job) -> Result<()> {
    let reference = Reference::parse(&args.dataset)?;
    let recipe = match &args.recipe {
        Some(path) if path.exists() => Recipe::open(path)?,
        Some(name) => known::recipe(&name.to_string_lossy())?,
        None => beside(args)?,
    };
    let recipe = match args.score {
        Some(score) => recipe.with_least_score(score),
        None => recipe,
    };
    let place = || Place::none().file(&args.dataset);
    if args.set.is_none() && args.accuracy.is_none() {
        return Err(Error::new(ErrorKind::Usage, "it is not said where what is found goes")
            .remedy("name an object set: --set r50; or count how often classes are right: --accuracy"));
    }
    if reference.version.is_some() && args.set.is_some() {
        return Err(Error::new(ErrorKind::Usage, "an old version cannot be changed")
            .at(place())
            .remedy("name the dataset without @VERSION"));
    }
    let opened = reference.open(&args.source, job)?;
    if opened.imported().is_some() && args.set.is_some() {
        return Err(Error::new(
            ErrorKind::Usage,
            "an object set is stored in a dataset, and this is none yet",
        )
        .at(place())
        .remedy(format!("make one: lensframe convert {} NAME.lf", args.dataset)));
    }
    let ds = reference.rows(&opened, &args.source, job)?;
    let ds = match &args.filter {
        Some(sql) => ds.query().filter(sql).view_in(job).at(place)?,
        None => ds,
    };
    let model = Model::open(&args.model)?;
    let predictor = Predictor::new(model.into_graph(), recipe, args.device, job)?;
    let workers = args.workers.unwrap_or_else(|| job.thread_budget());
    let run = Run { batch: usize::try_from(args.batch).unwrap_or(1), workers, skip: args.skip };
    match (&args.accuracy, &args.set) {
        (Some(key), _) => accuracy(&ds, key, &run, &predictor, printer, job),
        (None, Some(set)) => store(args, set, opened.store(), &ds, &run, &predictor, printer, job),
        (None, None) => Ok(()),
    }
}

/// The recipe beside the model.
fn beside(args: &PredictArgs) -> Result<Recipe> {
    let path = args.model.with_extension("toml");
    if path.exists() {
        return Recipe::open(&path);
    }
    Err(Error::new(ErrorKind::Usage, "it is not said what the model expects and what its numbers mean")
        .at(Place::none().file(&args.model))
        .remedy(format!("name a recipe, --recipe FILE, or write {} (docs/predict.md)", path.display())))
}

#[expect(clippy::too_many_arguments, reason = "one way through a command, in two pieces")]
fn store(
    args: &PredictArgs,
    set: &str,
    store: &Store,
    ds: &Dataset,
    run: &Run,
    predictor: &Predictor,
    printer: &Printer,
    job: &Job,
) -> Result<()> {
    let rows: Vec<u64> = ds.rows().iter().collect();
    let options = SetOptions { resume: args.resume, replace: args.force, classes: None };
    let mut sink = IntoSet::begin(store, set, rows, options, predictor, job)?;
    let summary = run.send(ds, predictor, &mut sink, job)?;
    let operation = Operation::new("predict")
        .with("model", args.model.display().to_string())
        .with("recipe", predictor.recipe().json().clone())
        .with("device", predictor.session().device_name().to_owned());
    let version = sink.commit(operation)?;
    let mut object = told(&summary, predictor);
    object["set"] = set.into();
    object["version"] = version.into();
    printer.show(&object, || format!("{}stored as '{set}': version {version}\n", said(&summary, predictor)))
}

fn accuracy(
    ds: &Dataset,
    key: &str,
    run: &Run,
    predictor: &Predictor,
    printer: &Printer,
    job: &Job,
) -> Result<()> {
    let classes = predictor.recipe().classes().ok_or_else(|| {
        Error::new(ErrorKind::Usage, "the recipe does not say how many classes there are")
            .remedy("give it classes")
    })?;
    let count = u32::try_from(classes.len()).unwrap_or(u32::MAX);
    let options = classification::Options { top: vec![1], ..classification::Options::new(count) };
    let mut sink = Accuracy::new(ds, key, options)?;
    let summary = run.send(ds, predictor, &mut sink, job)?;
    let scores = sink.finish();
    let mut object = told(&summary, predictor);
    object["accuracy"] = scores.accuracy.into();
    printer.show(&object, || {
        format!("{}the best class is right in {:.2} %\n", said(&summary, predictor), 100.0 * scores.accuracy)
    })
}

fn told(summary: &Summary, predictor: &Predictor) -> Json {
    let Summary { rows, there, skipped, objects, seconds, waited } = summary;
    json!({
        "rows": rows, "there": there, "skipped": skipped, "objects": objects, "seconds": seconds, "waited": waited,
        "device": predictor.session().device_name(),
    })
}

fn said(summary: &Summary, predictor: &Predictor) -> String {
    let rate = summary.rows as f64 / summary.seconds.max(f64::MIN_POSITIVE);
    let mut text = format!(
        "{} in {} on {}",
        plural(summary.objects, "object"),
        plural(summary.rows, "row"),
        predictor.session().device_name()
    );
    if summary.rows > 0 {
        text.push_str(&format!(
            ", {:.1} s: {rate:.1} rows a second, {:.1} s of it waiting for pictures",
            summary.seconds, summary.waited
        ));
    }
    if summary.there > 0 {
        text.push_str(&format!("; {} there already", plural(summary.there, "row")));
    }
    if summary.skipped > 0 {
        text.push_str(&format!("; {} left out", plural(summary.skipped, "row")));
    }
    text.push('\n');
    text
}
