//! Protocols over pixels and whole images: label images, panoptic pictures, instance maps, labels.

use std::path::Path;

use super::super::args::EvalArgs;
use super::super::reference::Reference;
use super::sides::match_by;
use crate::convert::Opened;
use crate::dataset::{Access, Dataset};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::eval::panoptic::Panoptics;
use crate::eval::rows::{Paired, pair};
use crate::eval::semantic::{Maps, Numbering, Outside};
use crate::eval::{cityscapes, classification, panoptic, semantic};
use crate::job::Job;
use crate::report::{Coverage, Report};
use crate::schema::classes::ClassTable;
use crate::schema::labels;

/// A protocol over pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Metric {
    Semantic,
    Panoptic,
    Cityscapes,
    Classification,
}

/// The set of segments.
const PANOPTIC: &str = "panoptic";

/// Their names.
pub(super) const METRICS: [(&str, &str); 4] = [
    ("semantic", "IoU, accuracy and dice of label images, in datasets or folders"),
    ("panoptic", "PQ, SQ and RQ of panoptic pictures (panopticapi)"),
    ("cityscapes", "AP of scored masks against instance maps (cityscapesscripts)"),
    ("classification", "accuracy, precision, recall and F1 of image labels (scikit-learn)"),
];

impl Metric {
    pub(super) fn named(name: &str) -> Option<Metric> {
        let all = [Metric::Semantic, Metric::Panoptic, Metric::Cityscapes, Metric::Classification];
        METRICS.iter().zip(all).find(|((own, _), _)| *own == name).map(|(_, metric)| metric)
    }

    /// The key with the pictures, unless another is named.
    fn key(self) -> &'static str {
        match self {
            Metric::Semantic => "label_map",
            Metric::Panoptic => "panoptic",
            Metric::Cityscapes => "instance_map",
            Metric::Classification => "image_label",
        }
    }
}

pub(super) fn report(metric: Metric, args: &EvalArgs, title: &str, job: &Job) -> Result<Report> {
    if !args.ask.max_dets.is_empty()
        || !args.ask.iou.is_empty()
        || args.ask.class_agnostic
        || args.arrays.is_some()
        || args.matches.is_some()
        || args.bootstrap.is_some()
        || !args.by.is_empty()
        || args.cut.is_some()
        || args.errors
        || args.confusion.is_some()
        || args.worst.is_some()
    {
        return Err(Error::new(
            ErrorKind::Usage,
            format!("the metric {} compares no boxes", args.ask.metric),
        )
        .remedy(
            "leave out --max-dets, --iou, --class-agnostic, --arrays, --matches, --bootstrap, \
             --by, --cut, --errors, --confusion and --worst",
        ));
    }
    match metric {
        Metric::Cityscapes => {
            let options = cityscapes::Options::cityscapes();
            let scores = cityscapes::folders(Path::new(&args.gt), Path::new(&args.pred), &options, job)?;
            let names = labels::table("cityscapes");
            let name = |id: u32| {
                let classes = names.as_ref()?;
                let own = crate::schema::classes::SourceId::Int(i64::from(id));
                classes.iter().find(|class| class.source_id.as_ref() == Some(&own)).map(|c| c.name.clone())
            };
            Ok(scores.report(name, title))
        }
        Metric::Semantic if is_pictures(&args.gt) && is_pictures(&args.pred) => {
            let options = semantic_options(args, None);
            let compared = semantic::folders(Path::new(&args.gt), Path::new(&args.pred), &options, job)?;
            let mut report = compared.scores.report(&[], title);
            let (matched, rest) = (compared.scores.images, compared.truth_only.len() as u64);
            report.coverage.push(
                Coverage::new("label images of the truth", matched, matched + rest)
                    .by("the stem of their names")
                    .missing(compared.truth_only),
            );
            Ok(report)
        }
        _ => datasets(metric, args, title, job),
    }
}

/// A folder of pictures and no dataset.
fn is_pictures(path: &str) -> bool {
    let path = Path::new(path);
    let png = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.is_ok_and(|entry| entry.path().extension().is_some_and(|end| end.eq_ignore_ascii_case("png")))
    };
    std::fs::read_dir(path).is_ok_and(|mut entries| entries.any(png))
}

fn semantic_options(args: &EvalArgs, classes: Option<&ClassTable>) -> semantic::Options {
    let mut options = semantic::Options { ignore: args.ask.ignore.clone(), ..semantic::Options::default() };
    if let Some(classes) = classes {
        options.classes = u32::try_from(classes.len()).ok();
        (options.truth, options.predicted) = (Numbering::of_classes(classes), Numbering::of_classes(classes));
        options.outside = Outside::Count;
    }
    options
}

/// Two datasets, row by row.
fn datasets(metric: Metric, args: &EvalArgs, title: &str, job: &Job) -> Result<Report> {
    // A file is imported into a folder that goes with what was opened.
    let (_asked, whole, truth_key) = open(&args.gt, metric, args, job)?;
    let (_got, found, found_key) = open(&args.pred, metric, args, job)?;
    let truth = annotated(&whole, &truth_key, job)?;
    let paired = pair(&truth, &found, match_by(&args.ask))?;
    if paired.pairs.is_empty() {
        return Err(Error::new(ErrorKind::Usage, "no image of the predictions is an image of the truth")
            .at(Place::area("eval").file(&args.pred))
            .remedy("match by --match-by file_name or stem"));
    }
    let set = |dataset: &Dataset| match metric {
        // Segments are a set of their own where a dataset also has objects, as drawn scenes and VOC's do.
        Metric::Panoptic if dataset.classes(PANOPTIC).is_some() => PANOPTIC,
        _ => "",
    };
    let classes = truth.classes(set(&truth));
    let names: Vec<String> = classes.into_iter().flat_map(ClassTable::iter).map(|c| c.name.clone()).collect();
    let at = || Place::none().file(&args.pred);
    let mut report = match metric {
        Metric::Panoptic => {
            let asked = Panoptics { dataset: &truth, key: &truth_key, set: set(&truth) };
            let got = Panoptics { dataset: &found, key: &found_key, set: set(&found) };
            panoptic::rows(asked, got, &paired.pairs, job).at(at)?.report(&names, title)
        }
        Metric::Classification => {
            let options = classification::Options::new(names.len() as u32);
            let (asked, got) = ((&truth, truth_key.as_str()), (&found, found_key.as_str()));
            classification::rows(asked, got, &paired.pairs, &options).at(at)?.report(&names, title)
        }
        _ => {
            let options = semantic_options(args, classes);
            let side = |dataset, key| Maps { dataset, key };
            let (asked, got) = (side(&truth, &truth_key), side(&found, &found_key));
            semantic::rows(asked, got, &paired.pairs, &options, job).at(at)?.report(&names, title)
        }
    };
    report.coverage.push(coverage(&truth, &paired));
    if truth.len() < whole.len() {
        report.fact(
            "not annotated",
            format!("{} rows without {truth_key}, left out", whole.len() - truth.len()),
        );
    }
    Ok(report)
}

/// The rows that have a value of the key: VOC's devkit has segmentations of some of its images.
fn annotated(ds: &Dataset, key: &str, job: &Job) -> Result<Dataset> {
    let batch = ds.select(key)?.read_all(&Access::new(job))?.whole()?;
    let values = batch.columns.first().map_or_else(Vec::new, |column| column.values());
    ds.mask(&values.iter().map(|value| !value.is_null()).collect::<Vec<_>>())
}

/// The dataset that is named, and the key with the pictures: `name.lf#key`, or the metric's own.
fn open(name: &str, metric: Metric, args: &EvalArgs, job: &Job) -> Result<(Opened, Dataset, String)> {
    let reference = Reference::parse(name)?;
    let opened = reference.open(&args.ask.source, job)?;
    let key = reference.set.clone().unwrap_or_else(|| metric.key().to_owned());
    let rows = reference.rows(&opened, &args.ask.source, job)?;
    rows.keys().find(&key).at(|| Place::none().file(name))?;
    Ok((opened, rows, key))
}

/// How many images of the truth were predicted, with some that were not.
fn coverage(truth: &Dataset, paired: &Paired) -> Coverage {
    let all = paired.pairs.len() + paired.truth_only.len();
    let missing = paired.truth_only.iter().take(5).map(|row| {
        let name = truth.column("file_name").map(|column| column.value(*row).as_text().map(str::to_owned));
        name.ok().flatten().unwrap_or_else(|| format!("row {row}"))
    });
    Coverage::new("images of the truth", paired.pairs.len() as u64, all as u64).missing(missing)
}
