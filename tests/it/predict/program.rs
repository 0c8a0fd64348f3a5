//! `predict` and `model`, as a stranger uses them: our own small detector on scenes it has never seen.

use std::path::{Path, PathBuf};
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

fn model() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/model/zoo/shapes.onnx");
    path.to_string_lossy().into_owned()
}

/// A folder with a space in its name, and drawn scenes in it.
fn drawn(count: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("a folder");
    std::fs::create_dir(&own).unwrap();
    let args =
        ["synth", "scenes.lf", "--count", count, "--size", "192x144", "--classes", "12", "--seed", "3"];
    json(&own, &args);
    (folder, own)
}

const PREDICT: [&str; 4] = ["predict", "scenes.lf", "--device", "cpu"];
const SHAPES: [&str; 2] = ["--recipe", "shapes"];

#[test]
fn the_detector_finds_the_shapes_and_is_scored_in_two_commands() {
    let (_guard, folder) = drawn("12");
    let said = json(&folder, &[&PREDICT[..], &SHAPES, &["--model", &model(), "--set", "net"]].concat());
    assert_eq!((&said["rows"], &said["skipped"], &said["device"]), (&12.into(), &0.into(), &"cpu".into()));
    let scores =
        json(&folder, &["eval", "--gt", "scenes.lf", "--pred", "scenes.lf#net", "--metric", "coco/bbox"]);
    let headline = scores["headline"].as_array().unwrap();
    let ap = headline.iter().find(|own| own["key"] == "AP").unwrap()["value"].as_f64().unwrap();
    assert!(ap > 0.4, "AP is {ap}");
    assert_eq!(json(&folder, &["verify", "scenes.lf"])["sound"], true);
}

#[test]
fn scored_as_it_comes_it_has_the_numbers_of_the_stored_set() {
    let (_guard, folder) = drawn("11");
    json(&folder, &[&PREDICT[..], &SHAPES, &["--model", &model(), "--set", "net"]].concat());
    for metric in ["coco/bbox", "voc07/bbox", "mmdet/map", "proposals"] {
        let known = lensframe(&folder, &["eval", "--list"]);
        if !String::from_utf8_lossy(&known.stdout).lines().any(|line| line.starts_with(metric)) {
            panic!("there is no protocol {metric}");
        }
        let stored =
            json(&folder, &["eval", "--gt", "scenes.lf", "--pred", "scenes.lf#net", "--metric", metric]);
        for batch in ["1", "4"] {
            let more =
                ["--model", &model(), "--metric", metric, "--batch", batch, "--html", "a.html", "--force"];
            let own = json(&folder, &[&PREDICT[..], &SHAPES, &more].concat());
            for part in ["headline", "classes", "coverage"] {
                assert_eq!(own[part], stored[part], "{metric}, {part}");
            }
            assert!(folder.join("a.html").is_file());
        }
    }
    // Stored and scored in one command.
    let both = ["--model", &model(), "--set", "both", "--metric", "coco/bbox"];
    let both = json(&folder, &[&PREDICT[..], &SHAPES, &both].concat());
    assert!(both["headline"][0]["value"].as_f64().unwrap() > 0.4);
    let (code, said) = fails(
        &folder,
        &[&PREDICT[..], &SHAPES, &["--model", &model(), "--metric", "coco/bbox", "--fail-if", "AP<0.99"]]
            .concat(),
    );
    assert!(code == 1 && said.contains("AP<0.99"), "{said}");
    let (_, said) = fails(
        &folder,
        &[&PREDICT[..], &SHAPES, &["--model", &model(), "--set", "x", "--html", "b.html"]].concat(),
    );
    assert!(said.contains("no report without a question"), "{said}");
}

#[test]
fn any_batch_and_any_number_of_threads_find_the_same() {
    let (_guard, folder) = drawn("5");
    for (set, batch, workers) in [("a", "1", "0"), ("b", "2", "2"), ("c", "5", "1")] {
        let more = ["--model", &model(), "--set", set, "--batch", batch, "--workers", workers];
        json(&folder, &[&PREDICT[..], &SHAPES, &more].concat());
    }
    let rows = json(&folder, &["head", "scenes.lf", "-n", "5"]);
    for row in rows["rows"].as_array().unwrap() {
        for key in ["bbox", "label", "score"] {
            assert_eq!(row[format!("a.{key}")], row[format!("b.{key}")]);
            assert_eq!(row[format!("a.{key}")], row[format!("c.{key}")]);
        }
    }
}

#[test]
fn how_often_the_best_class_is_right_is_what_the_stored_set_says() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let drawn = ["--size", "128x96", "--classes", "12", "--objects", "1", "--empty", "0", "--seed", "4"];
    json(folder, &[&["synth", "scenes.lf", "--count", "30"], &drawn[..]].concat());
    let model = model();
    let args = [&PREDICT[..], &SHAPES, &["--model", &model]].concat();
    // A picture in which nothing is found has no class to be right or wrong: it is found at any score.
    let all = [&args[..], &["--score", "0"]].concat();
    json(folder, &[&all[..], &["--set", "net"]].concat());
    let rows = json(folder, &["head", "scenes.lf", "-n", "30"]);
    let rows = rows["rows"].as_array().unwrap();
    let right = rows.iter().filter(|row| row["net.label"][0] == row["label"][0]).count();
    let said = json(folder, &[&all[..], &["--accuracy", "label", "--batch", "4"]].concat());
    let share = said["accuracy"].as_f64().unwrap();
    assert!((share - right as f64 / 30.0).abs() < 1e-12, "{right} of 30, {share}");
    assert!(share > 0.5, "{share}");
    // Reports, as `eval` writes them.
    json(folder, &[&all[..], &["--accuracy", "label", "--markdown", "a.md"]].concat());
    assert!(std::fs::read_to_string(folder.join("a.md")).unwrap().contains("accuracy"));
    json(folder, &[&["synth", "many.lf", "--count", "3", "--objects", "2"], &drawn[..4]].concat());
    let many = ["predict", "many.lf", "--device", "cpu", "--recipe", "shapes", "--model", &model];
    let (code, words) = fails(folder, &[&many[..], &["--accuracy", "label"]].concat());
    assert!(code == 1 && words.contains("a picture has to have one"), "{words}");
    let (code, words) = fails(folder, &[&many[..], &["--accuracy"]].concat());
    assert!(code == 1 && words.contains("image_label"), "{words}");
}

#[test]
fn what_a_model_calls_its_classes_is_no_name_of_the_label_map() {
    let (_guard, folder) = drawn("2");
    let sheet = |name: &str| {
        json(&folder, &["view", "scenes.lf", "-o", name, "--set", "label_map"]);
        std::fs::read(folder.join(name)).unwrap()
    };
    let before = sheet("before.png");
    json(&folder, &[&PREDICT[..], &SHAPES, &["--model", &model(), "--set", "net"]].concat());
    assert!(sheet("after.png") == before);
}

#[test]
fn a_run_goes_on_where_it_ended() {
    let (_guard, folder) = drawn("6");
    let half = ["--model", &model(), "--set", "net", "--where", "row < 3"];
    assert_eq!(json(&folder, &[&PREDICT[..], &SHAPES, &half].concat())["rows"], 3);
    let model = model();
    let whole = [&PREDICT[..], &SHAPES, &["--model", &model, "--set", "net"]].concat();
    let (code, words) = fails(&folder, &whole);
    assert!(code == 1 && words.contains("replace it, resume it"), "{words}");
    let said = json(&folder, &[&whole[..], &["--resume"]].concat());
    assert_eq!((&said["rows"], &said["there"]), (&3.into(), &3.into()));
    let said = json(&folder, &[&whole[..], &["--resume"]].concat());
    assert_eq!((&said["rows"], &said["there"]), (&0.into(), &6.into()));
    assert_eq!(json(&folder, &[&whole[..], &["--force"]].concat())["rows"], 6);
}

#[test]
fn what_makes_no_sense_is_said_with_a_remedy() {
    let (_guard, folder) = drawn("2");
    std::fs::copy(model(), folder.join("net.onnx")).unwrap();
    std::fs::write(folder.join("odd.onnx"), b"no network").unwrap();
    std::fs::write(folder.join("odd.toml"), "[input]\n").unwrap();
    let said = |more: &[&str]| fails(&folder, &[&PREDICT[..], more].concat());
    let (code, words) = said(&["--model", "net.onnx", "--set", "a"]);
    assert!(code == 2 && words.contains("name a recipe"), "{words}");
    let (code, words) = said(&["--model", "net.onnx", "--recipe", "yolo9000", "--set", "a"]);
    assert!(code == 1 && words.contains("yolov8"), "{words}");
    let (code, words) = said(&["--model", "net.onnx", "--recipe", "odd.toml", "--set", "a"]);
    assert!(code == 2 && words.contains("'output' is missing"), "{words}");
    let (code, words) = said(&["--model", "odd.onnx", "--recipe", "yolov8", "--set", "a"]);
    assert!(code == 1 && words.contains("odd.onnx"), "{words}");
    let (code, words) = said(&["--model", "none.onnx", "--recipe", "yolov8", "--set", "a"]);
    assert!(code == 1 && words.contains("none.onnx"), "{words}");
    // A recipe of another model: its output is looked for in vain, before anything runs.
    let (code, words) = said(&["--model", "net.onnx", "--recipe", "centerface", "--set", "a"]);
    assert!(code == 1 && words.contains("its outputs are"), "{words}");
    // A graph without its weights.
    let (code, words) = said(&["--model", "efficientnet-lite0", "--set", "a"]);
    assert!(code == 1 && words.contains("--weights") && words.len() < 400, "{words}");
    let (code, words) = said(&["--model", "net.onnx", "--recipe", "yolov8"]);
    assert!(code == 2 && words.contains("--set"), "{words}");
    let odd = [
        "predict",
        "scenes.lf",
        "--model",
        "net.onnx",
        "--recipe",
        "yolov8",
        "--set",
        "a",
        "--device",
        "tpu",
    ];
    let (code, words) = fails(&folder, &odd);
    assert!(code == 2 && words.contains("tpu"), "{words}");
    assert_eq!(json(&folder, &["log", "scenes.lf"])["versions"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_damaged_picture_is_left_out_if_asked() {
    let (_guard, folder) = drawn("3");
    json(&folder, &["export", "scenes.lf", "out", "--to", "coco"]);
    let images: Vec<PathBuf> = walk(&folder.join("out"));
    let first = images.iter().min().unwrap();
    let bytes = std::fs::read(first).unwrap();
    std::fs::write(first, &bytes[..bytes.len() / 3]).unwrap();
    json(&folder, &["convert", "out", "back.lf"]);
    let args =
        ["predict", "back.lf", "--device", "cpu", "--model", &model(), "--recipe", "shapes", "--set", "net"];
    let (code, words) = fails(&folder, &args);
    assert!(code == 1 && words.contains("row"), "{words}");
    let said = json(&folder, &[&args[..], &["--skip", "--resume"]].concat());
    let total = said["rows"].as_u64().unwrap() + said["there"].as_u64().unwrap();
    assert_eq!((total, &said["skipped"]), (2, &1.into()), "{said}");
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else if path.extension().is_some_and(|e| e == "png" || e == "jpg") {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_network_is_explained() {
    let (_guard, folder) = drawn("1");
    let info = json(&folder, &["model", "info", &model()]);
    assert!(info["weights"].as_u64().unwrap() > 10_000, "{info}");
    assert!(info["operators"]["Conv"].as_u64().unwrap() > 3, "{info}");
    let args = ["model", "explain", &model(), "--shape", "1,3,96,96", "--device", "cpu", "--time", "2"];
    let told = json(&folder, &args);
    assert!(told["flops"].as_u64().unwrap() > 1_000_000);
    assert_eq!(told["seconds"].as_array().map(Vec::len), Some(2));
    let nodes = told["nodes"].as_array().unwrap();
    assert!(nodes.iter().all(|node| node["device"] == "cpu"), "{told}");
    let kernels: Vec<&str> = nodes
        .iter()
        .filter(|node| node["operator"].as_str().is_some_and(|op| op.starts_with("Conv")))
        .filter_map(|node| node["kernel"].as_str())
        .collect();
    let ways = ["depthwise", "winograd", "implicit gemm", "implicit gemm, windows as rows"];
    assert!(kernels.len() > 3 && kernels.iter().all(|kernel| ways.contains(kernel)), "{kernels:?}");
    let (code, words) = fails(&folder, &["model", "explain", &model()]);
    assert!(code == 2 && words.contains("--shape"), "{words}");
    let names = json(&folder, &["model", "recipes"]);
    assert!(names["recipes"].as_array().unwrap().iter().any(|own| own["name"] == "centerface"));
}
