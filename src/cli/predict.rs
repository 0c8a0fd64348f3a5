//! `lensframe predict`: the rows of a dataset through a network.

use serde_json::{Value as Json, json};

use super::args::PredictArgs;
use super::eval::outputs;
use super::print::{Printer, plural};
use super::reference::{Reference, set_named};
use super::terminal;
use crate::dataset::Dataset;
use crate::dataset::store::{Operation, SetOptions, Store};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::eval::columns::{Role, side};
use crate::eval::protocol::Protocol;
use crate::eval::{Matching, classification, join};
use crate::job::Job;
use crate::model::zoo;
use crate::predict::{Accuracy, IntoSet, Predictor, Recipe, Run, Scored, Summary, known};
use crate::report::Report;
use crate::schema::axis::DEFAULT_SET;

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
    if args.set.is_none() && args.accuracy.is_none() && args.metric.is_none() {
        return Err(Error::new(ErrorKind::Usage, "it is not said where what is found goes").remedy(
            "name an object set: --set r50; or hold it against the truth: --metric coco/bbox, --accuracy",
        ));
    }
    let protocol = args.metric.as_deref().map(Protocol::named).transpose()?;
    if protocol.is_none() && args.accuracy.is_none() && outputs::any(&args.report) {
        return Err(Error::new(ErrorKind::Usage, "there is no report without a question")
            .remedy("name what is asked: --metric coco/bbox, or --accuracy"));
    }
    outputs::check_apart(&args.report, &[args.model.clone(), reference.path.clone()], "predict")?;
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
    let model = args.weights.of(&args.model).open()?;
    let predictor = Predictor::new(model.into_graph(), recipe, args.device, job)?.half_weights(args.half);
    let workers = args.workers.unwrap_or_else(|| job.thread_budget());
    let run = Run { batch: usize::try_from(args.batch).unwrap_or(1), workers, skip: args.skip };
    let way = Way { args, ds: &ds, run: &run, predictor: &predictor, printer, job };
    match (&args.accuracy, &args.set, protocol) {
        (Some(key), _, _) => way.accuracy(key),
        (None, Some(set), protocol) => way.store(set, protocol, opened.store()),
        (None, None, Some(protocol)) => way.score(protocol),
        (None, None, None) => Ok(()),
    }
}

/// The recipe beside the model.
fn beside(args: &PredictArgs) -> Result<Recipe> {
    let path = args.model.with_extension("toml");
    if path.exists() {
        return Recipe::open(&path);
    }
    let name = args.model.to_string_lossy();
    if !args.model.exists() && zoo::named(&name).is_some() {
        return known::recipe(&name);
    }
    Err(Error::new(ErrorKind::Usage, "it is not said what the model expects and what its numbers mean")
        .at(Place::none().file(&args.model))
        .remedy(format!("name a recipe, --recipe FILE, or write {} (docs/predict.md)", path.display())))
}

/// All that a run is made of.
struct Way<'a> {
    args: &'a PredictArgs,
    ds: &'a Dataset,
    run: &'a Run,
    predictor: &'a Predictor,
    printer: &'a Printer,
    job: &'a Job,
}

impl Way<'_> {
    /// Into an object set; with a protocol the set is held against the truth then.
    fn store(&self, set: &str, protocol: Option<Protocol>, store: &Store) -> Result<()> {
        let Way { args, ds, run, predictor, printer, job } = *self;
        let truth = protocol.as_ref().map(|_| self.truth()).transpose()?;
        let rows: Vec<u64> = ds.rows().iter().collect();
        let options = SetOptions { resume: args.resume, replace: args.report.force, classes: None };
        let mut sink = IntoSet::begin(store, set, rows.clone(), options, predictor, job)?;
        let summary = run.send(ds, predictor, &mut sink, job)?;
        let operation = Operation::new("predict")
            .with("model", args.model.display().to_string())
            .with("recipe", predictor.recipe().json().clone())
            .with("device", predictor.session().device_name().to_owned());
        let operation = match &args.weights.weights {
            Some(path) => operation.with("weights", path.display().to_string()),
            None => operation,
        };
        let version = sink.commit(operation)?;
        let stored = format!("{}stored as '{set}': version {version}\n", said(&summary, predictor));
        let Some((protocol, truth)) = protocol.zip(truth) else {
            let mut object = told(&summary, predictor);
            object["set"] = set.into();
            object["version"] = version.into();
            return printer.show(&object, || stored);
        };
        self.note(&stored)?;
        let view = Store::open(store.path())?.dataset().take(&rows)?;
        let wanted = protocol.wanted();
        let truth = side(&view, &truth, Role::Truth, &wanted, job)?;
        let found = side(&view, set, Role::Found, &wanted, job)?;
        let comparison = join(truth, found, &Matching::default())?;
        self.tell(&protocol.report(&comparison, &self.title(), job)?)
    }

    /// Into a protocol.
    fn score(&self, protocol: Protocol) -> Result<()> {
        let Way { ds, run, predictor, job, .. } = *self;
        let mut sink = Scored::new(ds, &self.truth()?, protocol, predictor, job)?;
        let summary = run.send(ds, predictor, &mut sink, job)?;
        self.note(&said(&summary, predictor))?;
        self.tell(&sink.report(&self.title())?)
    }

    /// Into the question how often the best class is right.
    fn accuracy(&self, key: &str) -> Result<()> {
        let Way { args, ds, run, predictor, printer, job } = *self;
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
        if outputs::any(&args.report) {
            let names: Vec<String> = classes.iter().map(|class| class.name.clone()).collect();
            let report = scores.report(&names, &self.title());
            outputs::write(&args.report, &report)?;
            outputs::fail(&args.report, &report)?;
        }
        printer.show(&object, || {
            let share = 100.0 * scores.accuracy;
            format!("{}the best class is right in {share:.2} %\n", said(&summary, predictor))
        })
    }

    /// The name of the set that is the truth.
    fn truth(&self) -> Result<String> {
        match &self.args.truth {
            Some(set) => set_named(self.ds, set),
            None => Ok(DEFAULT_SET.to_owned()),
        }
    }

    /// What people read before the report; programs read the report alone.
    fn note(&self, text: &str) -> Result<()> {
        if self.printer.is_json() { Ok(()) } else { self.printer.say(text.trim_end()) }
    }

    fn title(&self) -> String {
        let model = self.args.model.file_name().unwrap_or_default().to_string_lossy();
        format!("{model} on {}", self.args.dataset)
    }

    fn tell(&self, report: &Report) -> Result<()> {
        let printed = self.printer.report(report, terminal::width());
        let written = outputs::write(&self.args.report, report);
        written.and(outputs::fail(&self.args.report, report)).and(printed)
    }
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
