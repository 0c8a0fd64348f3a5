//! `lensframe eval` as a person runs it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

pub(super) fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lensframe")).current_dir(folder).arg("eval").args(args).output().unwrap()
}

/// Two images, two classes, three detections, of which the last is of an image nobody knows.
pub(super) fn files(folder: &Path) {
    let truth = json!({
        "images": [{"id": 1, "file_name": "a/001.jpg", "height": 50, "width": 60}, {"id": 2, "file_name": "b.jpg"}],
        "categories": [{"id": 7, "name": "cat"}, {"id": 9, "name": "dog"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 7, "bbox": [0, 0, 10, 10], "area": 100, "iscrowd": 0},
            {"id": 2, "image_id": 2, "category_id": 9, "bbox": [5, 5, 20, 20], "area": 400, "iscrowd": 0},
        ],
    });
    let result = |image: Value, class: Value, bbox: [f64; 4], score: f64| json!({"image_id": image, "category_id": class, "bbox": bbox, "score": score});
    let found = json!([
        result(json!(1), json!(7), [0.0, 0.0, 10.0, 10.0], 0.9),
        result(json!(2), json!(9), [5.0, 5.0, 20.0, 11.0], 0.8),
        result(json!(3), json!(7), [0.0, 0.0, 10.0, 10.0], 0.7),
    ]);
    let named = json!([result(json!("001"), json!("cat"), [0.0, 0.0, 10.0, 10.0], 0.9)]);
    for (name, value) in [("gt.json", truth), ("dt.json", found), ("named.json", named)] {
        fs::write(folder.join(name), value.to_string()).unwrap();
    }
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn what_does_not_match_is_said_first_and_the_twelve_lines_follow() {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path());
    let out = run(folder.path(), &["--gt", "gt.json", "--pred", "dt.json"]);
    let said = text(&out.stdout);
    assert!(out.status.success(), "{}", text(&out.stderr));
    let (rate, lines) = (said.find("image 3").unwrap(), said.find(" Average Precision").unwrap());
    assert!(rate < lines, "{said}");
    assert_eq!(said.lines().filter(|line| line.contains("Average")).count(), 12);
    assert!(said.contains("maxDets=100 ] = 0.600"), "{said}");
}

#[test]
fn conditions_decide_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path());
    let with = |condition: &str| {
        run(folder.path(), &["--gt", "gt.json", "--pred", "dt.json", "--fail-if", condition])
    };
    assert_eq!(with("AP<0.5").status.code(), Some(0));
    let failed = with("AP<0.65");
    assert_eq!(failed.status.code(), Some(1));
    assert!(text(&failed.stderr).contains("AP is 0.59"), "{}", text(&failed.stderr));
    assert_eq!(with("APl<0.6").status.code(), Some(1), "a figure without a value passes no check");
    assert_eq!(with("mAP<0.6").status.code(), Some(2));
    assert_eq!(with("AP=0.6").status.code(), Some(2));
}

#[test]
fn names_match_where_ids_do_not() {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path());
    let sides = ["--gt", "gt.json", "--pred", "named.json", "--json"];
    let stranger = r#"[{"image_id": 5, "category_id": 7, "bbox": [0, 0, 10, 10], "score": 0.9}]"#;
    fs::write(folder.path().join("stranger.json"), stranger).unwrap();
    let by_id = run(folder.path(), &["--gt", "gt.json", "--pred", "stranger.json"]);
    assert_eq!(by_id.status.code(), Some(2), "{}", text(&by_id.stdout));
    assert!(text(&by_id.stderr).contains("--match-by"), "{}", text(&by_id.stderr));
    let by_name = run(folder.path(), &[&sides[..], &["--match-by", "stem", "--classes-by", "name"]].concat());
    let report: Value = serde_json::from_slice(&by_name.stdout).unwrap();
    let ap = &report["headline"][0];
    assert_eq!((ap["key"].as_str(), ap["unit"].as_str()), (Some("AP"), Some("share")));
    assert!((ap["value"].as_f64().unwrap() - 0.5).abs() < 1e-9, "{ap}");
}

#[test]
fn pages_and_arrays_are_written_and_never_over_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path());
    let args =
        ["--gt", "gt.json", "--pred", "dt.json", "--html", "r.html", "--latex", "r.tex", "--arrays", "out"];
    assert!(run(folder.path(), &args).status.success());
    let page = fs::read_to_string(folder.path().join("r.html")).unwrap();
    assert!(page.contains("cat") && page.contains("0.600"));
    assert!(fs::read(folder.path().join("out/precision.npy")).unwrap().starts_with(b"\x93NUMPY"));
    let again = run(folder.path(), &args);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("--force"));
}

#[test]
fn files_that_are_no_results_are_named_with_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path());
    for (content, wanted) in [
        ("{}", "result 0 has no \"image_id\""),
        ("[{\"image_id\": 1, \"category_id\": 7, \"bbox\": [0, 0, 1, 1]}]", "result 0 has no \"score\""),
        ("[{\"image_id\": 1, \"category_id\": 7, \"score\": 1}]", "result 0 has no \"bbox\""),
        ("[{\"image_id\": 1,", "file ends"),
        ("", "empty"),
    ] {
        fs::write(folder.path().join("bad.json"), content).unwrap();
        let out = run(folder.path(), &["--gt", "gt.json", "--pred", "bad.json"]);
        assert_eq!(out.status.code(), Some(1), "{content}");
        let said = text(&out.stderr);
        assert!(said.contains("bad.json") && said.contains(wanted), "{said}");
    }
    fs::write(folder.path().join("none.json"), "[]").unwrap();
    let out = run(folder.path(), &["--gt", "gt.json", "--pred", "none.json"]);
    assert!(text(&out.stdout).contains("= 0.000"), "no detections are an AP of 0");
}

/// A run of the program with any command.
fn program(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lensframe")).current_dir(folder).args(args).output().unwrap()
}

#[test]
fn intervals_slices_and_cuts_are_added_and_methods_compared() {
    let folder = tempfile::tempdir().unwrap();
    let done = |args: &[&str]| {
        let out = program(folder.path(), args);
        assert!(out.status.success(), "{args:?}: {}", text(&out.stderr));
        text(&out.stdout)
    };
    done(&["synth", "a.lf", "--count", "40", "--size", "96x96", "--val", "0.25", "--detections"]);
    let report = done(&[
        "eval",
        "--gt",
        "a.lf",
        "--pred",
        "a.lf#pred",
        "--bootstrap",
        "50",
        "--by",
        "split,height,split IN ('val', 'test')",
        "--cut",
        "0.5",
        "--json",
    ]);
    let report: Value = serde_json::from_str(&report).unwrap();
    let parts =
        report["breakdowns"].as_array().unwrap().iter().flat_map(|b| b["figures"].as_array().unwrap());
    let figures: Vec<&Value> = report["headline"].as_array().unwrap().iter().chain(parts).collect();
    let figure = |key: &str| *figures.iter().find(|f| f["key"] == key).unwrap_or_else(|| panic!("{key}"));
    let (ap, low, high) =
        (figure("AP")["value"].as_f64(), figure("AP")["low"].as_f64(), figure("AP")["high"].as_f64());
    assert!(low < ap && ap < high, "{:?}", figure("AP"));
    assert!(figure("F1")["value"].as_f64() >= figure("F1@0.5")["value"].as_f64());
    assert!(figure("ECE")["value"].as_f64().is_some_and(|ece| (0.0..1.0).contains(&ece)));
    let by = report["tables"].as_array().unwrap().iter().find(|t| t["name"] == "by split").unwrap();
    assert_eq!(by["columns"][0]["cells"], json!(["train", "val"]));
    assert_eq!(by["columns"][1]["cells"], json!([30, 10]));
    let tables = report["tables"].as_array().unwrap();
    let by = tables.iter().find(|t| t["name"] == "by split IN ('val', 'test')").unwrap();
    assert_eq!(by["columns"][0]["cells"], json!(["false", "true"]));
    assert_eq!(by["columns"][1]["cells"], json!([30, 10]));
    // The truth of the file and a copy of the predictions: no difference; a worse one: a difference.
    done(&[
        "eval",
        "--gt",
        "a.lf",
        "--pred",
        "a.lf#pred",
        "--html",
        "page with space.html",
        "--parquet",
        "a.parquet",
    ]);
    let said = done(&[
        "compare",
        "--gt",
        "a.lf",
        "--pred",
        "one=a.lf#pred",
        "--pred",
        "same=a.lf#pred",
        "--samples",
        "50",
    ]);
    assert!(
        said.contains("one") && said.contains("same") && said.contains("paired bootstrap over 50 samples"),
        "{said}"
    );
    let seeds =
        done(&["compare", "--gt", "a.lf", "--pred", "seeds=a.lf#pred,a.lf#pred", "--samples", "0", "--json"]);
    let seeds: Value = serde_json::from_str(&seeds).unwrap();
    let ap = &seeds["comparison"]["runs"][0]["figures"][0]["figure"];
    assert_eq!((ap["key"].as_str(), ap["spread"].as_f64()), (Some("AP"), Some(0.0)));
    let wrong = program(folder.path(), &["eval", "--gt", "a.lf", "--pred", "a.lf#pred", "--by", "splt"]);
    assert!(text(&wrong.stderr).contains("split"), "{}", text(&wrong.stderr));
    let wrong = program(
        folder.path(),
        &["eval", "--gt", "a.lf", "--pred", "a.lf#pred", "--metric", "voc/bbox", "--cut", "0.5"],
    );
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn predictions_of_other_tools_are_taken_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path());
    let write = |name: &str, content: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    // Image 1 is 60 × 50; classes are numbered from 0 in the order of their ids.
    write("labels with space/001.txt", "0 0.083333333 0.1 0.166666667 0.2 0.9\n");
    write(
        "found.csv",
        "file_name,label,score,x1,y1,x2,y2\na/001.jpg,cat,0.9,0,0,10,10\nb.jpg,dog,0.8,5,5,25,25\n",
    );
    write("results/comp4_det_test_cat.txt", "001 0.9 1 1 10 10\n");
    write(
        "ultralytics.json",
        r#"[{"image_id": "001", "file_name": "001.jpg", "category_id": 7, "bbox": [0, 0, 10, 10], "score": 0.9}]"#,
    );
    for (found, matching, ap) in [
        ("labels with space", &["--iou", "0.5"][..], 0.5),
        ("found.csv", &["--match-by", "file_name"][..], 1.0),
        ("results", &[][..], 0.5),
        ("ultralytics.json", &["--match-by", "stem"][..], 0.5),
    ] {
        let out = run(folder.path(), &[&["--gt", "gt.json", "--pred", found, "--json"], matching].concat());
        assert!(out.status.success(), "{found}: {}", text(&out.stderr));
        let report: Value = serde_json::from_slice(&out.stdout).unwrap();
        let value = report["headline"][0]["value"].as_f64().unwrap();
        assert!((value - ap).abs() < 1e-9, "{found}: {value}");
    }
    write("bare/001.txt", "0 0.083333333 0.1 0.166666667 0.2\n");
    let bare = run(folder.path(), &["--gt", "gt.json", "--pred", "bare"]);
    assert!(text(&bare.stderr).contains("--pred-score"), "{}", text(&bare.stderr));
    let scored =
        run(folder.path(), &["--gt", "gt.json", "--pred", "bare", "--pred-score", "1", "--iou", "0.5"]);
    assert!(scored.status.success(), "{}", text(&scored.stderr));
    let named = run(folder.path(), &["--gt", "gt.json", "--pred", "bare", "--pred-format", "yolov8"]);
    assert_eq!(named.status.code(), Some(2), "{}", text(&named.stderr));
}

#[test]
fn a_comparison_says_whose_numbers_it_has_and_what_they_cannot_show() {
    let folder = tempfile::tempdir().unwrap();
    let set = "a.lf#pred";
    assert!(
        program(folder.path(), &["synth", "a.lf", "--count", "12", "--size", "64x64", "--detections"])
            .status
            .success()
    );
    let compare = |args: &[&str]| program(folder.path(), &[&["compare", "--gt", "a.lf"], args].concat());
    let pair = ["--pred", "one=a.lf#pred", "--pred", "seeds=a.lf#pred,a.lf#pred"];
    let with = |more: &[&str]| compare(&[&pair[..], more].concat());
    let said = text(&with(&["--samples", "0"]).stdout);
    let of = |run: &str| {
        said.lines().any(|line| line.starts_with("AP ") && line.contains(run) && line.contains('±'))
    };
    assert!(of(" seeds ") && !of(" one "), "{said}");
    assert!(said.contains("one, the first of 2 runs") && !said.contains("--samples"), "{said}");

    // Lines are broken anywhere.
    let words = |out: Output| text(&out.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    let said = words(with(&["--samples", "10"]));
    assert!(said.contains("10 samples") && said.contains("--samples 40 is enough"), "{said}");
    assert!(!words(with(&["--samples", "40"])).contains("is enough"));

    for (condition, code, words) in [
        ("AP<2", 1, "AP of one is"),
        ("seeds/AP<2", 1, "AP of seeds is"),
        ("one/AP<0", 0, ""),
        ("AP<0", 0, ""),
        ("two/AP<2", 2, "RUN/KEY, with the runs one, seeds"),
    ] {
        let out = with(&["--samples", "0", "--fail-if", condition]);
        assert_eq!(out.status.code(), Some(code), "{condition}: {}", text(&out.stderr));
        assert!(text(&out.stderr).contains(words), "{condition}: {}", text(&out.stderr));
    }

    let alone = words(compare(&["--pred", set, "--samples", "5"]));
    assert!(alone.contains("1 method on a.lf") && !alone.contains("Holm"), "{alone}");
    let twins = words(compare(&["--pred", "x=a.lf#pred", "--pred", "x=a.lf#pred", "--samples", "0"]));
    assert!(twins.contains("there is a run \"x\" already") && twins.contains("x (2)"), "{twins}");
}
