//! Every protocol by its name, as a person runs it: files and drawn scenes in, the numbers out.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use lensframe::eval::protocol;
use serde_json::{Value, json};

fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lensframe")).current_dir(folder).arg("eval").args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The headline of a run, by key; a figure without a value is NaN.
fn headline(folder: &Path, args: &[&str]) -> std::collections::BTreeMap<String, f64> {
    let out = run(folder, &[args, &["--json"]].concat());
    assert!(out.status.success(), "{args:?}: {}", text(&out.stderr));
    let report: Value = serde_json::from_slice(&out.stdout).unwrap();
    let figures = report["headline"].as_array().unwrap().iter();
    figures
        .map(|f| (f["key"].as_str().unwrap().to_owned(), f["value"].as_f64().unwrap_or(f64::NAN)))
        .collect()
}

/// Two images with what LVIS knows of them. The second detection of a cow overlaps by 2/3; the third is on an image
/// of which nothing is known of cows.
fn files(folder: &Path) {
    let square = |x: i64, side: i64| json!([[x, x, x + side, x, x + side, x + side, x, x + side]]);
    let object = |id: i64, image: i64, class: i64, x: i64, side: i64| {
        json!({"id": id, "image_id": image, "category_id": class, "bbox": [x, x, side, side], "area": side * side,
            "iscrowd": 0, "segmentation": square(x, side)})
    };
    let image = |id: i64, negative: Value| {
        json!({"id": id, "file_name": format!("{id}.jpg"), "height": 100, "width": 100,
            "neg_category_ids": negative, "not_exhaustive_category_ids": []})
    };
    let truth = json!({
        "images": [image(1, json!([2])), image(2, json!([]))],
        "categories": [{"id": 1, "name": "cat", "frequency": "r"}, {"id": 2, "name": "dog", "frequency": "f"},
            {"id": 3, "name": "cow", "frequency": "c"}],
        "annotations": [object(1, 1, 1, 1, 20), object(2, 2, 3, 5, 30)],
    });
    let result = |image: i64, class: i64, bbox: [i64; 4], score: f64| json!({"image_id": image, "category_id": class, "bbox": bbox, "score": score});
    let found = json!([
        result(1, 1, [1, 1, 20, 20], 0.9),
        result(2, 3, [5, 5, 30, 20], 0.8),
        result(1, 3, [5, 5, 30, 20], 0.85),
        result(1, 2, [50, 50, 30, 20], 0.7),
    ]);
    fs::write(folder.join("gt.json"), truth.to_string()).unwrap();
    fs::write(folder.join("dt.json"), found.to_string()).unwrap();
}

#[test]
fn each_protocol_has_its_own_number_for_the_same_files() {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path());
    // Of the cow: one false detection before the true one, whose overlap is 2/3: right at 0.5 to 0.65.
    let cases = [
        ("coco/bbox", "AP", (1.0 + 0.5 * 0.4) / 2.0),
        // LVIS drops the false one, whose class is not known to be absent.
        ("lvis/bbox", "AP", (1.0 + 0.4) / 2.0),
        ("lvis/bbox", "APr", 1.0),
        ("lvis/bbox", "APc", 0.4),
        ("voc/bbox", "mAP", 0.75),
        ("voc07/bbox", "mAP", 0.75),
        ("mmdet/map", "AP50", 0.75),
        ("mmdet/map_voc07", "mAP", 0.75),
        // Unverified detections are dropped.
        ("open_images", "AP50", 1.0),
        ("open_images/challenge", "AP50", 1.0),
        ("open_images/mmdet", "AP50", 1.0),
        ("proposals", "AR@100", 0.7),
        ("proposals/fast", "AR@100", 0.7),
    ];
    for (metric, key, expected) in cases {
        let figures = headline(folder.path(), &["--gt", "gt.json", "--pred", "dt.json", "--metric", metric]);
        assert!((figures[key] - expected).abs() < 1e-7, "{metric} {key}: {figures:?}");
    }
}

#[test]
fn one_threshold_is_asked_of_protocols_that_have_one() {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path());
    let sides = ["--gt", "gt.json", "--pred", "dt.json"];
    let voc = headline(folder.path(), &[&sides[..], &["--metric", "voc/bbox", "--iou", "0.7"]].concat());
    assert_eq!(voc["mAP"], 0.5);
    for wrong in [["--metric", "voc/bbox", "--iou", "0.5,0.7"], ["--metric", "voc/bbox", "--max-dets", "10"]]
    {
        assert_eq!(run(folder.path(), &[&sides[..], &wrong].concat()).status.code(), Some(2), "{wrong:?}");
    }
    let unknown = run(folder.path(), &[&sides[..], &["--metric", "voc12"]].concat());
    assert!(text(&unknown.stderr).contains("voc07/bbox"), "{}", text(&unknown.stderr));
    let turned = run(folder.path(), &[&sides[..], &["--metric", "dota"]].concat());
    assert!(text(&turned.stderr).contains("rotated"), "{}", text(&turned.stderr));
    // What is listed can be named.
    let listed = text(&run(folder.path(), &["--list"]).stdout);
    assert!(protocol::known().iter().all(|known| listed.contains(known.name)));
}

#[test]
fn scenes_against_themselves_are_perfect_in_every_protocol_over_pixels_and_masks() {
    let folder = tempfile::tempdir().unwrap();
    let program = |args: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_lensframe"))
            .current_dir(folder.path())
            .args(args)
            .output()
            .unwrap();
        assert!(out.status.success(), "{args:?}: {}", text(&out.stderr));
    };
    program(&["synth", "a.lf", "--count", "8", "--size", "96x96", "--seed", "5", "--detections"]);
    program(&["synth", "b.lf", "--count", "8", "--size", "96x96", "--seed", "6"]);
    let of = |found: &str, metric: &str| {
        headline(folder.path(), &["--gt", "a.lf", "--pred", found, "--metric", metric])
    };
    let same = of("a.lf", "semantic");
    assert_eq!((same["mIoU"], same["aAcc"], same["fwIoU"]), (1.0, 1.0, 1.0));
    assert!(of("b.lf", "semantic")["mIoU"] < 0.6);
    // Boundaries are found less well than what lies within them.
    let (outer, whole) = (of("a.lf#pred", "coco/boundary")["AP"], of("a.lf#pred", "coco/segm")["AP"]);
    assert!(0.0 < outer && outer < whole, "{outer} {whole}");
    let same = of("a.lf", "panoptic");
    assert_eq!((same["PQ"], same["PQ_th"], same["RQ_st"]), (1.0, 1.0, 1.0));
    assert!(of("b.lf", "panoptic")["PQ"] < 0.6);
    let said = text(
        &run(folder.path(), &["--gt", "a.lf", "--pred", "a.lf#pred", "--metric", "coco/keypoints"]).stdout,
    );
    assert!(said.contains("points instead of 17") && said.contains("--sigmas"), "{said}");
    for metric in ["voc/bbox", "voc/segm", "coco/segm", "coco/keypoints"] {
        let sides = ["--gt", "a.lf", "--pred", "a.lf#pred", "--metric", metric];
        let sigmas = ["0.1"; 11].join(",");
        let points = ["--sigmas", &sigmas];
        let more = if metric == "coco/keypoints" { &points[..] } else { &[] };
        let figures = headline(folder.path(), &[&sides[..], more].concat());
        let first = figures.get("mAP").or_else(|| figures.get("AP")).copied().unwrap();
        assert!((0.02..0.98).contains(&first), "{metric}: {figures:?}");
    }
}
