//! Two sides as people have them: splits, ids and names that do not agree, pipes and compressed files.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lensframe")).current_dir(folder).args(args).output().unwrap()
}

fn said(out: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
}

/// The first figure, and the warnings.
fn figure(folder: &Path, args: &[&str]) -> (f64, String) {
    let out = run(folder, &[args, &["--json"]].concat());
    assert!(out.status.success(), "{}", said(&out));
    let report: Value = serde_json::from_slice(&out.stdout).unwrap();
    // All found is 1 less the reference's smallest step.
    let ap = (report["headline"][0]["value"].as_f64().unwrap() * 1e9).round() / 1e9;
    (ap, report["warnings"].to_string())
}

/// A truth of two images and classes, and detections of the same objects, by the class ids and image ids given.
fn truth(classes: [i64; 2], images: [Value; 2]) -> Value {
    let object = |id: i64, image: &Value, class: i64| json!({"id": id, "image_id": image, "category_id": class, "bbox": [0, 0, 10, 10 + id], "area": 100, "iscrowd": 0});
    let image = |id: &Value| json!({"id": id, "file_name": format!("{id}.jpg"), "height": 50, "width": 50});
    json!({
        "images": images.iter().map(image).collect::<Vec<_>>(),
        "categories": [{"id": classes[0], "name": "cat"}, {"id": classes[1], "name": "dog"}],
        "annotations": [object(1, &images[0], classes[0]), object(2, &images[1], classes[1])],
    })
}

fn scored(mut truth: Value) -> Value {
    for object in truth["annotations"].as_array_mut().unwrap() {
        object["score"] = json!(0.9);
    }
    truth
}

fn save(folder: &Path, name: &str, value: &Value) {
    fs::write(folder.join(name), value.to_string()).unwrap();
}

#[test]
fn names_decide_where_both_sides_number_their_classes_differently() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, images) = (folder.path(), [json!(1), json!(2)]);
    save(folder, "gt.json", &truth([1, 2], images.clone()));
    save(folder, "shifted.json", &scored(truth([2, 1], images.clone())));
    let sides = ["eval", "--gt", "gt.json", "--pred", "shifted.json"];
    let (ap, report) = figure(folder, &sides);
    assert!(ap == 1.0 && report.contains("matched by name"), "{ap} {report}");
    let (ap, report) = figure(folder, &[&sides[..], &["--classes-by", "id"]].concat());
    assert!(ap == 0.0 && report.contains("class 2 is \\\"cat\\\""), "{ap} {report}");
    // Other names under the same ids are only other names.
    let mut renamed = scored(truth([1, 2], images));
    renamed["categories"][0]["name"] = json!("felis catus");
    save(folder, "renamed.json", &renamed);
    assert_eq!(figure(folder, &["eval", "--gt", "gt.json", "--pred", "renamed.json"]).0, 1.0);
    fs::write(folder.join("map.json"), r#"{"1": "lion", "2": "wolf"}"#).unwrap();
    let out = run(folder, &[&sides[..], &["--classes-by", "map.json"]].concat());
    assert!(!out.status.success() && said(&out).contains("cat"), "{}", said(&out));
}

#[test]
fn ids_match_as_text_and_as_numbers_from_both_sides_and_strict_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, images) in [("n", [json!(1), json!(2)]), ("t", [json!("1"), json!("2")])] {
        save(folder, &format!("gt-{name}.json"), &truth([1, 2], images.clone()));
        save(folder, &format!("dt-{name}.json"), &scored(truth([1, 2], images))["annotations"]);
    }
    for (gt, dt) in [("n", "n"), ("n", "t"), ("t", "n"), ("t", "t")] {
        let (gt, dt) = (format!("gt-{gt}.json"), format!("dt-{dt}.json"));
        let sides = ["eval", "--gt", gt.as_str(), "--pred", dt.as_str()];
        assert_eq!(figure(folder, &sides).0, 1.0, "{gt} {dt}");
        let out = run(folder, &[&sides[..], &["--strict"]].concat());
        assert_eq!(out.status.success(), gt[3..4] == dt[3..4], "{gt} {dt}: {}", said(&out));
    }
}

#[test]
fn splits_of_a_stored_dataset_are_those_of_its_export() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let size = ["--count", "12", "--size", "96x64", "--seed", "5"];
    let drawn = run(folder, &[&["synth", "sc.lf", "--detections"], &size[..]].concat());
    assert!(drawn.status.success(), "{}", said(&drawn));
    let exported = run(folder, &["export", "sc.lf", "coco", "--to", "coco", "--images", "none"]);
    assert!(exported.status.success(), "{}", said(&exported));
    let of = |gt: &str, split: &str| {
        figure(folder, &["eval", "--gt", gt, "--pred", "sc.lf#pred", "--split", split]).0
    };
    assert_eq!(of("sc.lf", "val"), of("coco", "val"));
    assert_ne!(of("sc.lf", "val"), figure(folder, &["eval", "--gt", "sc.lf", "--pred", "sc.lf#pred"]).0);
    let out = run(folder, &["eval", "--gt", "sc.lf", "--pred", "sc.lf#pred", "--split", "nope"]);
    assert!(!out.status.success() && said(&out).contains("train"), "{}", said(&out));
    let head = run(folder, &["head", "sc.lf", "--split", "val", "--json"]);
    let rows: Value = serde_json::from_slice(&head.stdout).unwrap();
    assert!(rows["of"].as_u64().unwrap() < 12, "{rows}");
}

#[test]
fn compressed_truths_and_pipes_are_read_and_streams_of_arrow_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let truth = truth([1, 2], [json!(1), json!(2)]);
    let results = scored(truth.clone())["annotations"].to_string();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(truth.to_string().as_bytes()).unwrap();
    fs::write(folder.join("gt.json.gz"), gz.finish().unwrap()).unwrap();
    fs::write(folder.join("dt.json"), &results).unwrap();
    assert_eq!(figure(folder, &["eval", "--gt", "gt.json.gz", "--pred", "dt.json"]).0, 1.0);
    fs::write(folder.join("stream.arrow"), b"\xff\xff\xff\xff\x10\x00\x00\x00").unwrap();
    let out = run(folder, &["eval", "--gt", "gt.json.gz", "--pred", "stream.arrow"]);
    assert!(said(&out).contains("stream"), "{}", said(&out));
    if !Command::new("mkfifo").arg(folder.join("pipe")).status().is_ok_and(|status| status.success()) {
        eprintln!("skipped: no mkfifo");
        return;
    }
    let pipe = folder.join("pipe");
    let writer = std::thread::spawn(move || fs::write(pipe, results).unwrap());
    assert_eq!(figure(folder, &["eval", "--gt", "gt.json.gz", "--pred", "pipe"]).0, 1.0);
    writer.join().unwrap();
}

#[test]
fn rows_without_a_label_image_are_left_out_and_counted() {
    let Some(data) = crate::data() else { return };
    let devkit = data.join("datumaro-voc");
    let devkit = devkit.to_str().unwrap();
    let out = run(&data, &["eval", "--gt", devkit, "--pred", devkit, "--metric", "semantic"]);
    assert!(out.status.success(), "{}", said(&out));
    assert!(said(&out).contains("left out"), "{}", said(&out));
}
