//! The program as a stranger uses it: run as a process, judged by exit code, stdout and what lies on disk.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;

fn lensframe(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lensframe")).args(args).stdin(Stdio::null()).output().unwrap()
}

fn ok(args: &[&str]) -> String {
    let output = lensframe(args);
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "lensframe {args:?}: {err}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(args: &[&str]) -> Json {
    let text = ok(args);
    assert_eq!(text.lines().count(), 1, "one object on one line: {text}");
    serde_json::from_str(&text).unwrap()
}

/// Runs what must fail; gives exit code and stderr.
fn fails(args: &[&str]) -> (i32, String) {
    let output = lensframe(args);
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// A drawn COCO folder at `folder/with space/coco`, and the folder.
fn drawn(folder: &Path) -> (PathBuf, String) {
    let demo = folder.join("with space é");
    ok(&["demo", demo.to_str().unwrap(), "--quiet"]);
    let coco = demo.join("coco").to_str().unwrap().to_owned();
    (demo, coco)
}

#[test]
fn the_demo_runs_twice_only_if_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let demo = folder.path().join("demo");
    let text = ok(&["demo", demo.to_str().unwrap()]);
    assert!(text.contains("no difference") && text.contains("sound"), "{text}");
    let (code, err) = fails(&["demo", demo.to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(err.contains("--force"), "{err}");
    ok(&["demo", demo.to_str().unwrap(), "--force"]);
}

#[test]
fn a_folder_that_is_not_a_demo_is_never_emptied() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("precious"), "x").unwrap();
    let (code, _) = fails(&["demo", folder.path().to_str().unwrap(), "--force"]);
    assert_eq!(code, 1);
    assert!(folder.path().join("precious").exists());
}

#[test]
fn usage_errors_exit_with_2_and_data_errors_with_1() {
    assert_eq!(fails(&["frobnicate"]).0, 2);
    assert_eq!(fails(&["head", "x.lf@seven"]).0, 2);
    let (code, err) = fails(&["info", "no/such.lf"]);
    assert_eq!(code, 1);
    assert!(err.contains("no/such.lf"), "{err}");
    assert!(ok(&["--help"]).contains("convert"));
    assert!(ok(&["completions", "bash"]).contains("lensframe"));
}

#[test]
fn every_command_prints_one_json_object_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (demo, coco) = drawn(folder.path());
    let lf = demo.join("mine.lf").to_str().unwrap().to_owned();
    let back = demo.join("again").to_str().unwrap().to_owned();
    assert_eq!(json(&["--json", "convert", &coco, &lf, "--images", "embed"])["rows"], 48);
    assert_eq!(json(&["info", &lf, "--json"])["splits"]["val"], 12);
    assert_eq!(json(&["head", &lf, "--json", "-n", "2"])["rows"].as_array().unwrap().len(), 2);
    assert_eq!(json(&["verify", &lf, "--json"])["sound"], true);
    assert_eq!(json(&["log", &lf, "--json"])["versions"].as_array().unwrap().len(), 1);
    assert_eq!(json(&["gc", &lf, "--json", "--now"])["removed"].as_array().unwrap().len(), 0);
    assert_eq!(json(&["export", &lf, &back, "--to", "coco", "--json"])["rows"], 48);
    assert!(json(&["formats", "--json"])["formats"].as_array().unwrap().iter().any(|f| f["name"] == "coco"));
}

#[test]
fn nothing_is_replaced_without_force_and_old_versions_still_open() {
    let folder = tempfile::tempdir().unwrap();
    let (demo, coco) = drawn(folder.path());
    let lf = demo.join("mine.lf").to_str().unwrap().to_owned();
    ok(&["convert", &coco, &lf]);
    let (code, err) = fails(&["convert", &coco, &lf]);
    assert_eq!(code, 1);
    assert!(err.contains("--force"), "{err}");
    ok(&["convert", &coco, &lf, "--force", "--split", "val"]);
    assert_eq!(json(&["info", &lf, "--json"])["rows"], 12);
    assert_eq!(json(&["info", &format!("{lf}@1"), "--json"])["rows"], 48);
    let back = demo.join("back2").to_str().unwrap().to_owned();
    ok(&["export", &lf, &back, "--to", "coco"]);
    assert_eq!(fails(&["export", &lf, &back, "--to", "coco"]).0, 1);
    ok(&["export", &lf, &back, "--to", "coco", "--force"]);
}

#[test]
fn a_slice_exports_its_rows_and_a_set_its_annotations() {
    let folder = tempfile::tempdir().unwrap();
    let (demo, _) = drawn(folder.path());
    let lf = demo.join("scenes.lf").to_str().unwrap().to_owned();
    let one = demo.join("one.json").to_str().unwrap().to_owned();
    ok(&["export", &format!("{lf}#captions"), &one, "--to", "coco", "--rows", ":10"]);
    let file: Json = serde_json::from_slice(&std::fs::read(&one).unwrap()).unwrap();
    assert_eq!(file["images"].as_array().unwrap().len(), 10);
    assert_eq!(file["annotations"].as_array().unwrap().len(), 20, "two captions an image");
    assert!(file["annotations"][0]["caption"].is_string());
}

#[test]
fn head_shows_the_keys_of_one_set() {
    let folder = tempfile::tempdir().unwrap();
    let (demo, _) = drawn(folder.path());
    let lf = format!("{}#captions", demo.join("scenes.lf").display());
    let row = &json(&["head", &lf, "--json", "-n", "1"])["rows"][0];
    assert!(row.get("captions.caption").is_some() && row.get("bbox").is_none(), "{row}");
    let (code, err) = fails(&["head", &demo.join("scenes.lf").to_string_lossy(), "--keys", "nope"]);
    assert_eq!(code, 1);
    assert!(err.contains("no key 'nope'") && err.contains("bbox"), "{err}");
}

#[test]
fn a_reader_that_goes_away_is_not_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let (demo, _) = drawn(folder.path());
    let mut child = Command::new(env!("CARGO_BIN_EXE_lensframe"))
        .args(["head", demo.join("scenes.lf").to_str().unwrap(), "-n", "48"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{:?}", output);
    assert!(output.stderr.is_empty());
}

#[test]
fn synth_draws_a_dataset_or_a_format_and_replaces_nothing_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (a, voc) = (at("a.lf"), at("voc"));
    fn synth<'a>(dst: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let small = ["--count", "5", "--size", "64x48", "--classes", "4", "--seed", "3"];
        ["synth", dst].into_iter().chain(small).chain(more.iter().copied()).collect()
    }
    let drawn = json(&synth(&a, &["--detections", "--json"]));
    assert_eq!((&drawn["rows"], &drawn["version"]), (&Json::from(5), &Json::from(2)));
    assert!(drawn["detections"]["ok"].is_u64());
    let info = json(&["info", &at("a.lf"), "--json"]);
    assert_eq!(info["rows"], 5);
    let (code, err) = fails(&synth(&a, &[]));
    assert!(code == 1 && err.contains("--force"), "{err}");
    ok(&synth(&a, &["--force"]));
    let exported = json(&synth(&voc, &["--to", "voc", "--images", "png", "--json"]));
    assert_eq!(exported["images"], 5);
    assert!(folder.path().join("voc/JPEGImages/000005.png").exists());
    assert_eq!(fails(&synth(&voc, &["--to", "voc"])).0, 1);
    assert_eq!(fails(&["synth", &at("b.lf"), "--classes", "2"]).0, 2);
    assert_eq!(fails(&["synth", &at("b.lf"), "--size", "64"]).0, 2);
    std::fs::write(at("options.json"), r#"{"count": 2, "height": {"from": 32, "to": 40}}"#).unwrap();
    let file = at("options.json");
    let drawn = json(&["synth", &at("b.lf"), "--options", &file, "--count", "3", "--json"]);
    assert_eq!(drawn["rows"], 3);
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_a_conversion_and_leaves_no_dataset() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("big.json");
    let mut text = String::from(
        r#"{"images": [{"id": 1, "file_name": "a.jpg", "height": 9, "width": 9}], "annotations": ["#,
    );
    for id in 0..400_000 {
        let comma = if id == 0 { "" } else { "," };
        text += &format!(
            r#"{comma}{{"id": {id}, "image_id": 1, "category_id": 1, "bbox": [1.5, 2.5, 3.5, 4.5], "area": 3.25, "segmentation": [[1.5,1.5,3.5,1.5,3.5,3.5]], "iscrowd": 0}}"#
        );
    }
    text += r#"], "categories": [{"id": 1, "name": "a"}]}"#;
    std::fs::write(&file, text).unwrap();
    let lf = folder.path().join("big.lf");
    let child = Command::new(env!("CARGO_BIN_EXE_lensframe"))
        .args(["convert", file.to_str().unwrap(), lf.to_str().unwrap()])
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(120));
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert!(err.contains("cancelled"), "{err}");
    assert_eq!(fails(&["info", lf.to_str().unwrap()]).0, 1);
    // And the same command then works.
    ok(&["convert", file.to_str().unwrap(), lf.to_str().unwrap()]);
}

#[test]
fn view_writes_a_sheet_and_replaces_nothing_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (ds, sheet) = (at("a b.lf"), at("sheet é.png"));
    ok(&["synth", &ds, "--count", "5", "--size", "64x48", "--classes", "4", "--detections", "--quiet"]);
    let drawn =
        json(&["view", &ds, "-o", &sheet, "--set", "default", "--set", "pred", "--tile", "64", "--json"]);
    assert_eq!((&drawn["rows"], &drawn["unreadable"]), (&Json::from(5), &Json::from(0)));
    let file = std::fs::read(&sheet).unwrap();
    let header = lensframe::image::probe(&file).unwrap();
    assert_eq!(Json::from(header.size.1), drawn["width"]);
    let (code, err) = fails(&["view", &ds, "-o", &sheet]);
    assert!(code == 1 && err.contains("--force"), "{err}");
    assert_eq!(std::fs::read(&sheet).unwrap(), file);
    let rows = json(&["view", &ds, "-o", &sheet, "--rows", "-2:", "--force", "--json"]);
    assert_eq!(rows["rows"], 2);
    let stdout = lensframe(&["view", &ds, "-o", "-", "--rows", ":1"]).stdout;
    assert!(stdout.starts_with(b"\x89PNG"));
    for (args, code) in [
        (&["--set", "nonsense", "-o", "x.png"][..], 1),
        (&["-o", "x.xyz"], 2),
        (&["--tile", "3", "-o", "x.png"], 2),
        (&["--color", "red", "-o", "x.png"], 2),
        (&["--rows", "7:9", "-o", "x.png"], 2),
    ] {
        let (found, err) = fails(&[&["view", &ds][..], args].concat());
        assert_eq!(found, code, "{args:?}: {err}");
    }
    assert!(!Path::new("x.png").exists());
}
