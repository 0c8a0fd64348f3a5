//! `lensframe compare`: several sets of predictions against one truth.

use super::args::{CompareArgs, SamplingArgs};
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
    outputs::check(&args.report)?;
    let methods = methods(&args.pred)?;
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
    let report = report(args, &methods, &evaluated, samples.as_ref());
    outputs::write(&args.report, &report)?;
    printer.report(&report, terminal::width())?;
    outputs::fail(&args.report, &report)
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
fn methods(given: &[String]) -> Result<Vec<Method>> {
    let mut methods: Vec<Method> = Vec::with_capacity(given.len());
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
        if methods.iter().any(|known| known.name == name) {
            name = format!("{name} ({})", methods.len() + 1);
        }
        methods.push(Method { name, files });
    }
    Ok(methods)
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
    let title = format!("{} methods on {}", methods.len(), short(&args.gt));
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
    let method = match samples {
        Some(_) => format!(
            "paired bootstrap over {} samples of {of}, seed {}; p by Holm's correction over {} methods",
            args.samples,
            args.sampling.seed,
            methods.len()
        ),
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
