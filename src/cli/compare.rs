//! `lensframe compare`: several sets of predictions against one truth.

use super::args::{CompareArgs, Condition, SamplingArgs};
use super::eval::{asked, outputs, short, sides};
use super::print::Printer;
use super::reference::Reference;
use super::terminal;
use crate::error::{Error, ErrorKind, Result};
use crate::eval::coco::{Coco, Standing};
use crate::eval::protocol::Protocol;
use crate::eval::read::Wanted;
use crate::eval::resample::{Samples, Sampling, bootstrap, holm, spread};
use crate::eval::slices::clusters;
use crate::eval::{Comparison, Side};
use crate::job::Job;
use crate::report::{self, Compared, Figure, Report, Run};

/// A method with its runs.
struct Method {
    name: String,
    files: Vec<String>,
}

pub(super) fn run(args: &CompareArgs, printer: &Printer, job: &Job) -> Result<()> {
    outputs::check(&args.report, "eval")?;
    let (methods, renamed) = methods(&args.pred)?;
    let conditions = conditions(&args.report.fail_if, &methods);
    let protocol = asked(&args.ask)?;
    let wanted = Wanted { corrected: args.ask.corrected, ..protocol.wanted() };
    let truth = sides::truth(&args.gt, &args.ask, &wanted, job)?;
    let mut evaluated = Vec::with_capacity(methods.len());
    for method in &methods {
        let mut runs = Vec::with_capacity(method.files.len());
        for file in &method.files {
            let truth: Side = truth.clone();
            let comparison = sides::against(truth, file, &args.ask, &wanted, job)?;
            runs.push(
                evaluate(&protocol, &comparison, short(file), job)
                    .map_err(|e| sides::placed(e, &args.gt, file, &args.ask, &wanted, job))?,
            );
        }
        evaluated.push(runs);
    }
    let standings: Vec<Vec<Standing>> = evaluated
        .iter_mut()
        .map(|runs| runs.iter_mut().filter_map(|run| run.standing.take()).collect())
        .collect();
    let samples = match standings.first().and_then(|first| first.first()) {
        Some(first) if args.samples > 0 => {
            let sampling = sampling(args, &args.sampling, first, job)?;
            let groups: Vec<&[Standing]> = standings.iter().map(Vec::as_slice).collect();
            Some(bootstrap(&groups, &sampling, job)?)
        }
        _ => None,
    };
    let mut report = report(args, &methods, &evaluated, samples.as_ref());
    report.warnings.extend(renamed);
    if samples.is_some() {
        report.warnings.extend(too_few(args.samples, methods.len(), args.level));
    }
    outputs::write(&args.report, &report)?;
    printer.report(&report, terminal::width())?;
    fail(&conditions, &report)
}

/// Conditions with the run that each names; a condition that names none is for all runs.
fn conditions<'a>(
    given: &'a [Condition],
    methods: &'a [Method],
) -> Vec<(&'a Condition, Option<&'a str>, &'a str)> {
    let named = |condition: &'a Condition| {
        let of = |method: &'a Method| {
            Some((method.name.as_str(), condition.key.strip_prefix(method.name.as_str())?.strip_prefix('/')?))
        };
        // Of `a` and `a/b` the longer name is meant.
        match methods.iter().filter_map(of).max_by_key(|(name, _)| name.len()) {
            Some((name, key)) => (condition, Some(name), key),
            None => (condition, None, condition.key.as_str()),
        }
    };
    given.iter().map(named).collect()
}

/// Fails at the first condition that holds of a run it is for, or that has no figure.
fn fail(conditions: &[(&Condition, Option<&str>, &str)], report: &Report) -> Result<()> {
    let runs = report.comparison.iter().flat_map(|comparison| &comparison.runs);
    let runs: Vec<&Run> = runs.collect();
    for (condition, name, key) in conditions {
        let said = format!("{}{}{}", condition.key, condition.relation, condition.number);
        for run in runs.iter().filter(|run| name.is_none_or(|name| name == run.name)) {
            let Some(compared) = run.get(key) else {
                let known: Vec<&str> = run.figures.iter().map(|c| c.figure.key.as_str()).collect();
                let names: Vec<&str> = runs.iter().map(|run| run.name.as_str()).collect();
                return Err(Error::new(ErrorKind::Usage, format!("there is no figure {key:?}")).remedy(
                    format!(
                        "there are: {}; of one run alone as RUN/KEY, with the runs {}",
                        known.join(", "),
                        names.join(", ")
                    ),
                ));
            };
            let what = match compared.figure.value {
                Some(value) if condition.holds(value) => format!("{said}: {key} of {} is {value}", run.name),
                None => format!("{said}: {key} of {} has no value", run.name),
                Some(_) => continue,
            };
            return Err(Error::new(ErrorKind::Failed, what));
        }
    }
    Ok(())
}

/// What is to be said where no difference can be below the level, however large it is: a p-value is at least
/// 2 / (samples + 1), and Holm's correction multiplies the least by the number of tests.
fn too_few(samples: usize, methods: usize, level: f64) -> Option<String> {
    let tests = methods.checked_sub(1).filter(|tests| *tests > 0)?;
    let least = |samples: f64| 2.0 / (samples + 1.0) * tests as f64;
    if level <= 0.0 || least(samples as f64) < level {
        return None;
    }
    let mut needed = (2.0 * tests as f64 / level - 1.0).floor().max(1.0);
    while least(needed) >= level {
        needed += 1.0;
    }
    Some(format!(
        "with {samples} samples no p can be below {level}, however large the difference: the least is {:.3}; \
         --samples {needed} is enough",
        least(samples as f64).min(1.0)
    ))
}

/// A run that was evaluated.
struct Evaluated {
    report: Report,
    standing: Option<Standing>,
}

fn evaluate(protocol: &Protocol, comparison: &Comparison, title: &str, job: &Job) -> Result<Evaluated> {
    let Protocol::Coco(params) = protocol else {
        return Ok(Evaluated { report: protocol.report(comparison, title, job)?, standing: None });
    };
    let mut coco = Coco::new(params.clone(), comparison.classes.len())?;
    coco.update(&comparison.batch(&comparison.ids()), job)?;
    Ok(Evaluated { report: coco.report(comparison, title, job)?, standing: Some(Standing::of(&coco)?) })
}

/// `NAME=FILE,FILE` or files alone; a path that exists as it stands is taken as it stands.
/// Names that are taken get a number; what is to be said of that is the second list.
fn methods(given: &[String]) -> Result<(Vec<Method>, Vec<String>)> {
    let mut methods: Vec<Method> = Vec::with_capacity(given.len());
    let mut renamed = Vec::new();
    for text in given {
        let exists = std::path::Path::new(text).exists();
        let (name, rest) = match text.split_once('=') {
            Some((name, rest)) if !exists => (Some(name.to_owned()), rest),
            _ => (None, text.as_str()),
        };
        let files: Vec<String> = if exists || std::path::Path::new(rest).exists() {
            vec![rest.to_owned()]
        } else {
            rest.split(',').map(|file| file.trim().to_owned()).filter(|file| !file.is_empty()).collect()
        };
        let Some(first) = files.first() else {
            return Err(Error::new(ErrorKind::Usage, format!("'{text}' names no predictions"))
                .remedy("write it as FILE, NAME=FILE or NAME=FILE,FILE"));
        };
        let mut name = name.unwrap_or_else(|| short(first).to_owned());
        let is_taken = |name: &str| methods.iter().any(|known| known.name == name);
        if is_taken(&name) {
            let number = methods.len() + 1;
            let own =
                (number..).map(|n| format!("{name} ({n})")).find(|own| !is_taken(own)).unwrap_or_default();
            renamed.push(format!("there is a run {name:?} already; {text:?} is called {own:?} here"));
            name = own;
        }
        methods.push(Method { name, files });
    }
    Ok((methods, renamed))
}

fn sampling(args: &CompareArgs, own: &SamplingArgs, first: &Standing, job: &Job) -> Result<Sampling> {
    let mut sampling = Sampling::new(args.samples, own.seed);
    if let Some(key) = &own.cluster {
        // A file is imported into a folder that goes with what was opened.
        let opened = Reference::parse(&args.gt)?.open(&args.ask.source, job)?;
        sampling.clusters = Some(clusters(&opened.store().dataset(), key, first.images())?);
    }
    Ok(sampling)
}

fn report(
    args: &CompareArgs,
    methods: &[Method],
    evaluated: &[Vec<Evaluated>],
    samples: Option<&Samples>,
) -> Report {
    let plural = if methods.len() == 1 { "" } else { "s" };
    let title = format!("{} method{plural} on {}", methods.len(), short(&args.gt));
    let mut out = Report::new(title, args.ask.metric.clone());
    let runs: Vec<Vec<Figure>> = evaluated.iter().map(|runs| figures(runs)).collect();
    let mut compared: Vec<Vec<Compared>> =
        runs.iter().map(|figures| figures.iter().cloned().map(Compared::new).collect()).collect();
    let Some((base, others)) = compared.split_first_mut() else { return out };
    for (other, number) in others.iter_mut().zip(1..) {
        for (at, own) in other.iter_mut().enumerate() {
            let first = base.iter().find(|first| first.figure.key == own.figure.key);
            let plain = first.and_then(|first| Some(own.figure.value? - first.figure.value?));
            own.delta = plain;
            let difference = samples.and_then(|s| s.difference(number, 0, at, 1.0 - args.level));
            if let Some(difference) = difference {
                (own.low, own.high, own.p) =
                    (Some(difference.low), Some(difference.high), Some(difference.p));
            }
        }
    }
    // Each figure is a family of as many tests as there are methods beside the first.
    for at in 0..base.len() {
        let p: Vec<Option<f64>> = others.iter().map(|other| other.get(at).and_then(|own| own.p)).collect();
        for (other, p) in others.iter_mut().zip(holm(&p)) {
            if let Some(own) = other.get_mut(at) {
                own.p = p;
            }
        }
    }
    if let Some(samples) = samples {
        for (number, figures) in compared.iter_mut().enumerate() {
            for (at, own) in figures.iter_mut().enumerate() {
                if let Some((low, high)) = samples.interval(number, at, 1.0 - args.level) {
                    (own.figure.low, own.figure.high) = (Some(low), Some(high));
                }
            }
        }
    }
    out.headline = compared.first().into_iter().flatten().map(|own| own.figure.clone()).collect();
    let of = if args.sampling.cluster.is_some() { "clusters of images" } else { "images" };
    let drawn = format!("bootstrap over {} samples of {of}, seed {}", args.samples, args.sampling.seed);
    let method = match samples {
        Some(_) if methods.len() == 1 => drawn,
        Some(_) => {
            format!("paired {drawn}; p by Holm's correction over {} methods", methods.len())
        }
        None => String::from("differences were not tested"),
    };
    let runs = methods.iter().zip(compared).map(|(m, figures)| Run { name: m.name.clone(), figures });
    let mut comparison = report::Comparison::new(method, runs.collect::<Vec<_>>());
    comparison.level = args.level;
    out.comparison = Some(comparison);
    for (method, runs) in methods.iter().zip(evaluated) {
        for run in runs {
            out.warnings.extend(run.report.warnings.iter().map(|said| format!("{}: {said}", method.name)));
            let incomplete = run.report.coverage.iter().filter(|coverage| !coverage.is_complete());
            out.coverage.extend(incomplete.cloned());
        }
        out.fact(method.name.clone(), method.files.join(", "));
    }
    out.warnings.sort();
    out.warnings.dedup();
    out.fact("truth", args.gt.clone());
    if let Some(first) = evaluated.first().and_then(|runs| runs.first()) {
        for key in ["numbers", "images", "objects", "lensframe"] {
            let fact = first.report.provenance.iter().find(|fact| fact.key == key);
            out.provenance.extend(fact.cloned());
        }
    }
    out
}

/// The figures of a method: of its run, or the mean of its runs with their deviation.
fn figures(runs: &[Evaluated]) -> Vec<Figure> {
    let Some(first) = runs.first() else { return Vec::new() };
    let mean = |figure: &Figure| {
        let values: Option<Vec<f64>> = runs.iter().map(|run| run.report.value(&figure.key)).collect();
        let (value, deviation) = values.as_deref().and_then(spread).unzip();
        Figure { value, spread: deviation.flatten(), ..figure.clone() }
    };
    first.report.headline.iter().map(mean).collect()
}
