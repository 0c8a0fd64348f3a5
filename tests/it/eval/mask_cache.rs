//! Masks drawn once: the numbers stay, what is declared stays, and what is broken stays a matter of evaluating.

use std::path::Path;
use std::process::Command;

use lensframe::dataset::store::Store;
use lensframe::error::ErrorKind;
use lensframe::eval::cache_masks;
use lensframe::job::Job;
use serde_json::{Value, json};

fn run(folder: &Path, args: &[&str]) -> (bool, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_lensframe")).current_dir(folder).args(args).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (out.status.success(), text(&out.stdout), text(&out.stderr))
}

fn done(folder: &Path, args: &[&str]) -> String {
    let (ok, out, err) = run(folder, args);
    assert!(ok, "{args:?}: {err}");
    out
}

/// The headline without the facts about where it comes from.
fn numbers(folder: &Path, truth: &str) -> Value {
    let args = ["eval", "--gt", truth, "--pred", "a.lf@2#pred", "--metric", "coco/segm", "--json"];
    let report: Value = serde_json::from_str(&done(folder, &args)).unwrap();
    report["headline"].clone()
}

#[test]
fn cached_masks_give_the_same_numbers_and_are_found_sound() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    done(at, &["synth", "a.lf", "--count", "30", "--size", "120x90", "--detections"]);
    let before = numbers(at, "a.lf");
    assert!(before[0]["value"].as_f64().unwrap() > 0.1);
    let said = done(at, &["masks", "a.lf"]);
    assert!(said.contains("masks drawn and stored: version 3"), "{said}");
    done(at, &["masks", "a.lf#pred"]);
    assert_eq!(numbers(at, "a.lf"), before);
    let both = ["eval", "--gt", "a.lf", "--pred", "a.lf#pred", "--metric", "coco/segm", "--json"];
    let both: Value = serde_json::from_str(&done(at, &both)).unwrap();
    assert_eq!(both["headline"], before);
    done(at, &["verify", "a.lf"]);
    assert!(done(at, &["info", "a.lf"]).contains("mask "));
    let error = cache_masks(&at.join("a.lf"), "", &Job::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    let (ok, _, err) = run(at, &["masks", "a.lf@1"]);
    assert!(!ok && err.contains("old version"), "{err}");
    // What is written back has no word of the cache.
    done(at, &["export", "a.lf", "back", "--to", "coco", "--images", "none"]);
}

#[test]
fn a_file_is_converted_with_its_masks_and_broken_ones_are_left_to_the_evaluator() {
    let folder = tempfile::tempdir().unwrap();
    let square = |x: i64| json!([[x, x, x + 8, x, x + 8, x + 8, x, x + 8]]);
    let object = |id: i64, segmentation: Value| {
        json!({"id": id, "image_id": 1, "category_id": 1, "bbox": [1, 1, 8, 8], "area": 64, "iscrowd": 0,
            "segmentation": segmentation})
    };
    let truth = json!({
        "images": [{"id": 1, "file_name": "a.jpg", "height": 30, "width": 30}, {"id": 2, "file_name": "b.jpg", "height": 3, "width": 3}],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [object(1, square(1)), object(2, json!({"size": [30, 30], "counts": [5, 5]}))],
    });
    std::fs::write(folder.path().join("gt.json"), truth.to_string()).unwrap();
    let (ok, out, err) = run(folder.path(), &["convert", "gt.json", "gt.lf", "--images", "none", "--masks"]);
    assert!(ok && out.contains("1 mask drawn and stored, 1 object without one"), "{out} {err}");
    let ds = Store::open(&folder.path().join("gt.lf")).unwrap().dataset();
    assert!(ds.keys().find("mask").is_ok() && ds.keys().find("segmentation").is_ok());
}
