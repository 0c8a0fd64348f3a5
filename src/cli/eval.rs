//! `lensframe eval`: what was found held against what is there.

use std::path::Path;

use serde_json::json;

use super::args::EvalArgs;
use super::print::Printer;
use super::save::save;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::eval::coco::{Coco, Kind, Params, Summary, Tensors};
use crate::eval::comparison::Comparison;
use crate::eval::npy;
use crate::eval::read::{Wanted, coco_results, coco_truth};
use crate::eval::{Matching, join};
use crate::job::Job;

pub(super) fn run(args: &EvalArgs, printer: &Printer, job: &Job) -> Result<()> {
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
    }
    if !args.iou.is_empty() {
        params.thresholds.clone_from(&args.iou);
    }
    params.class_agnostic = args.class_agnostic;
    let wanted = Wanted { corrected: args.corrected, ..Wanted::by(&params.kind) };
    let comparison = {
        let truth = coco_truth(Path::new(&args.gt), &wanted)?;
        job.check()?;
        join(truth, coco_results(Path::new(&args.pred), &wanted)?, &Matching::default())?
    };
    let (ids, classes) = (comparison.ids(), comparison.classes.len());
    let mut coco = Coco::new(params.clone(), classes)?;
    coco.update(&comparison.batch(&ids), job)?;
    let tensors = coco.finish(job)?;
    if let Some(folder) = &args.arrays {
        arrays(folder, &tensors, args.force)?;
    }
    let summary = Summary::of(&params, &tensors);
    let object = json!({ "metric": args.metric, "stats": summary.stats() });
    printer.show(&object, || format!("{}{summary}", said(&comparison)))
}

/// What has to be known before the numbers are read.
fn said(comparison: &Comparison) -> String {
    let (rate, mut text) = (&comparison.rate, String::new());
    if !rate.is_whole() {
        let matched = rate.all - rate.no_image - rate.no_class;
        text.push_str(&format!(
            "{matched} of {} detections are of an image and class of the truth; the others are left out: {}\n",
            rate.all,
            rate.examples.join(", ")
        ));
    }
    for (_, remark) in comparison.remarks.iter() {
        text.push_str(&format!("{remark}\n"));
    }
    text
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
