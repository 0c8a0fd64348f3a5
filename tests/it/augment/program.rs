//! `write` and `view --pipeline`, as a stranger uses them.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;

fn lensframe(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lensframe"));
    command.current_dir(folder).args(args).stdin(Stdio::null()).output().unwrap()
}

fn json(folder: &Path, args: &[&str]) -> Json {
    let output = lensframe(folder, &[args, &["--json"]].concat());
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn fails(folder: &Path, args: &[&str]) -> (i32, String) {
    let output = lensframe(folder, args);
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// A folder with a space in its name, and six drawn scenes in it.
fn drawn() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("a folder");
    std::fs::create_dir(&own).unwrap();
    json(&own, &["synth", "scenes.lf", "--count", "6", "--size", "160x120"]);
    (folder, own)
}

#[test]
fn tiles_crops_and_smaller_pictures_are_datasets_like_any_other() {
    let (_guard, folder) = drawn();
    let tiles = json(&folder, &["write", "scenes.lf", "my tiles.lf", "--tiles", "80x60", "--overlap", "10"]);
    assert_eq!((&tiles["of_rows"], &tiles["rows"]), (&Json::from(6), &Json::from(6 * 9)));
    json(&folder, &["write", "scenes.lf", "crops.lf", "--crops", "--margin", "0.2", "--encode", "png"]);
    json(
        &folder,
        &["write", "scenes.lf", "small.lf", "--max-side", "64", "--storage", "parquet", "--rows", ":4"],
    );
    for name in ["my tiles.lf", "crops.lf", "small.lf"] {
        assert_eq!(json(&folder, &["verify", name])["sound"], true, "{name}");
    }
    let small = json(&folder, &["head", "small.lf", "-n", "1"]);
    assert_eq!((&small["rows"][0]["width"], &small["rows"][0]["height"]), (&Json::from(64), &Json::from(48)));
    // COCO's own numbers come out moved, without what the source had declared in its words.
    json(&folder, &["export", "small.lf", "out", "--to", "coco"]);
    let sheet = json(&folder, &["view", "crops.lf", "--sample", "5", "-o", "crops.png"]);
    assert_eq!(sheet["rows"], 5);
}

#[test]
fn pipelines_are_drawn_as_often_as_wanted() {
    let (_guard, folder) = drawn();
    let steps = r#"{"steps": [{"op": "random_resized_crop", "size": 48}, {"op": "pad", "multiple": 64},
        {"op": "normalize", "mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2]}]}"#;
    std::fs::write(folder.join("train.json"), steps).unwrap();
    let args =
        ["view", "scenes.lf", "--pipeline", "train.json", "--rows", ":2", "--times", "3", "-o", "p.png"];
    assert_eq!(json(&folder, &args)["rows"], 6);
    let written =
        json(&folder, &["write", "scenes.lf", "drawn.lf", "--pipeline", "train.json", "--seed", "1"]);
    assert_eq!(written["pipeline"]["steps"][0]["op"], "random_resized_crop");
    let head = json(&folder, &["head", "drawn.lf", "-n", "6"]);
    assert!(head["rows"].as_array().unwrap().iter().all(|row| row["width"] == 64));
}

#[test]
fn what_cannot_be_is_told_in_a_line() {
    let (_guard, folder) = drawn();
    std::fs::write(folder.join("odd.toml"), "[[steps]]\nop = \"resise\"\nsize = 3\n").unwrap();
    let (code, err) = fails(&folder, &["write", "scenes.lf", "x.lf", "--pipeline", "odd.toml"]);
    assert!(
        code == 2 && err.contains("odd.toml") && err.contains("step 1") && err.contains("resize"),
        "{err}"
    );
    let (code, err) = fails(&folder, &["write", "scenes.lf", "x.lf", "--tiles", "64", "--overlap", "64"]);
    assert!(code == 2 && err.contains("overlap"), "{err}");
    assert_eq!(fails(&folder, &["write", "scenes.lf", "x.lf", "--tiles", "64", "--crops"]).0, 2);
    let (code, err) = fails(&folder, &["write", "scenes.lf#nope", "x.lf"]);
    assert!(code != 0 && err.contains("nope"), "{err}");
    let (code, err) = fails(&folder, &["write", "scenes.lf", "scenes.lf"]);
    assert!(code != 0 && err.contains("scenes.lf"), "{err}");
    assert_eq!(json(&folder, &["verify", "scenes.lf"])["sound"], true, "the source is what it was");
    assert!(!folder.join("x.lf").exists());
}

#[test]
fn a_damaged_picture_ends_it_or_is_left_out() {
    let (_guard, folder) = drawn();
    json(&folder, &["export", "scenes.lf", "coco", "--to", "coco", "--images", "copy"]);
    let mut files: Vec<_> = walk(&folder.join("coco"));
    files.sort();
    std::fs::write(&files[2], b"no picture at all").unwrap();
    let args = ["write", "coco", "small.lf", "--max-side", "40"];
    let (code, err) = fails(&folder, &args);
    assert!(code == 1 && err.contains("row"), "{err}");
    let done = json(&folder, &[&args[..], &["--skip"]].concat());
    assert_eq!((&done["rows"], &done["skipped"]), (&Json::from(5), &Json::from(1)));
    assert_eq!(json(&folder, &["verify", "small.lf"])["sound"], true);
}

/// The pictures in a folder.
fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(walk(&path)),
            false if path.extension().is_some_and(|own| own == "jpg" || own == "png") => found.push(path),
            false => {}
        }
    }
    found
}
