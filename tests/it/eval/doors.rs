//! One comparison through every door gives the same bits: COCO's files, and datasets that hold the same.

use std::fs;
use std::path::Path;

use lensframe::convert::{self, ImportOptions};
use lensframe::dataset::store::{Store, WriterOptions};
use lensframe::dataset::{Dataset, Value};
use lensframe::eval::coco::{Coco, Kind, Params, Tensors};
use lensframe::eval::columns::{self, Role};
use lensframe::eval::read::{Wanted, coco_results, coco_truth};
use lensframe::eval::{Comparison, Matching, Side, join};
use lensframe::job::Job;
use lensframe::synth::{Errors, Options, Scenes, add_detections};
use serde_json::{Value as Json, json};

/// Drawn scenes with detections, as a dataset.
fn drawn(folder: &Path) -> Dataset {
    let (home, job) = (folder.join("scenes.lf"), Job::new());
    let scenes = Scenes::new(Options { count: 12, val: 0.0, ..Options::default() }, 3).unwrap();
    scenes.write(&home, WriterOptions::default(), &|_| true, &job).unwrap();
    add_detections(&home, "pred", &Errors::default(), 3, &job).unwrap();
    Store::open(&home).unwrap().dataset()
}

fn plain(value: &Value) -> Json {
    match value {
        Value::Array(array) => (0..array.len()).map(|at| plain(&Value::of(array.as_ref(), at))).collect(),
        value => match (value.as_int(), value.as_float(), value.as_text()) {
            (Some(n), ..) => json!(n),
            (_, Some(x), _) => json!(x),
            (.., Some(text)) => json!(text),
            _ => match ["size", "rle", "polygon"].map(|name| value.member(name).map(plain)) {
                [Some(size), Some(Json::String(rle)), _] => json!({ "size": size, "counts": rle }),
                [_, _, Some(polygon)] => polygon,
                _ => Json::Null,
            },
        },
    }
}

/// The set `pred` as COCO's results, boxes or masks alone.
fn results(ds: &Dataset, masks: bool) -> String {
    let key = if masks { "pred.segmentation" } else { "pred.bbox" };
    let classes = ds.classes("pred").unwrap();
    let view = ds.select(["image_id", "pred.label", "pred.score", key]).unwrap();
    let mut out = Vec::new();
    for row in view.list().unwrap() {
        let [id, labels, scores, shapes] = row.values() else { unreachable!() };
        let [labels, scores, shapes] = [labels, scores, shapes].map(plain);
        for (n, shape) in shapes.as_array().unwrap().iter().enumerate() {
            let source = &classes.get(labels[n].as_i64().unwrap()).unwrap().source_id;
            let class = match source {
                Some(lensframe::schema::classes::SourceId::Int(id)) => *id,
                _ => labels[n].as_i64().unwrap(),
            };
            let shape_key = if masks { "segmentation" } else { "bbox" };
            out.push(
                json!({ "image_id": plain(id), "category_id": class, "score": scores[n], shape_key: shape }),
            );
        }
    }
    Json::from(out).to_string()
}

fn tensors(params: &Params, truth: Side, found: Side) -> (Tensors, Comparison) {
    let joined = join(truth, found, &Matching::default()).unwrap();
    let ids = joined.ids();
    let mut coco = Coco::new(params.clone(), joined.classes.len()).unwrap();
    coco.update(&joined.batch(&ids), &Job::new()).unwrap();
    (coco.finish_with_scores(&Job::new()).unwrap(), joined)
}

#[test]
fn files_and_datasets_give_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let (ds, job) = (drawn(folder.path()), Job::new());
    let exported = folder.path().join("coco");
    let store = Store::open(&folder.path().join("scenes.lf")).unwrap();
    let format = convert::formats().iter().find(|format| format.name() == "coco").unwrap();
    let options = convert::ExportOptions { images: convert::ExportImages::None, ..Default::default() };
    format.export(&store, &store.dataset(), &exported, &options, &job).unwrap();
    let truth_file = instances(&exported);
    for kind in [Kind::Bbox, Kind::Segm] {
        let (masks, params) = (kind == Kind::Segm, Params::new(kind.clone()));
        let wanted = Wanted::by(&kind);
        let found_file = folder.path().join(format!("{}.json", kind.name()));
        fs::write(&found_file, results(&ds, masks)).unwrap();
        let truth = || coco_truth(&truth_file, &wanted).unwrap();
        let by_files = tensors(&params, truth(), coco_results(&found_file, &wanted).unwrap());
        assert!(by_files.1.rate.is_whole() && by_files.1.found.len() > 30);
        assert!(by_files.0.mean_precision(None, 0, 2, None).unwrap() > 0.2);
        // The truth imported from the same file.
        let opened = convert::open(&truth_file, &ImportOptions::default(), &job).unwrap();
        let imported = columns::side(&opened.store().dataset(), "", Role::Truth, &wanted, &job).unwrap();
        let by_import = tensors(&params, imported, coco_results(&found_file, &wanted).unwrap());
        assert!(by_files.0 == by_import.0, "{}: an imported truth differs", kind.name());
        if !masks {
            // Results with masks alone have the area of their pixels, a set with boxes that of its boxes.
            let found = columns::side(&ds, "pred", Role::Found, &wanted, &job).unwrap();
            assert!(by_files.0 == tensors(&params, truth(), found).0, "detections of a set differ");
        }
    }
}

/// The one file with instances in a folder of exported files.
fn instances(folder: &Path) -> std::path::PathBuf {
    let mut stack = vec![folder.to_owned()];
    while let Some(next) = stack.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                stack.push(path);
            } else if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("instances")) {
                return path;
            }
        }
    }
    panic!("no instances were exported")
}

#[test]
fn a_set_without_scores_and_an_unknown_set_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (ds, job) = (drawn(folder.path()), Job::new());
    let side = |set: &str| columns::side(&ds, set, Role::Found, &Wanted::by(&Kind::Bbox), &job);
    let error = side("").unwrap_err();
    assert!(error.to_string().contains("the set 'default' has no score"), "{error}");
    assert!(side("captions").is_err());
}
