//! Input that is wrong, given to the program: a stated rule, which the report names, or an error with file, index and
//! key. Numbers by a rule are pycocotools 2.0.11's wherever it has any.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// What the program does of an input.
enum Want<'a> {
    /// AP to three decimals, or none, and what the report says of the rule; nothing if it needed none.
    Ap(Option<f64>, &'a str),
    /// The exit code, and parts of the message.
    Error(i32, &'a [&'a str]),
}
use Want::{Ap, Error};

fn truth() -> Value {
    let square = |x: f64, s: f64| json!([[x, x, x + s, x, x + s, x + s, x, x + s]]);
    json!({
        "images": [{"id": 1, "file_name": "a.jpg", "height": 100, "width": 100},
                   {"id": 2, "file_name": "b.jpg", "height": 100, "width": 100}],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 20], "area": 400, "iscrowd": 0,
             "segmentation": square(10.0, 20.0)},
            {"id": 2, "image_id": 2, "category_id": 1, "bbox": [50, 50, 40, 40], "area": 1600, "iscrowd": 0,
             "segmentation": square(50.0, 40.0)}],
    })
}

/// The first object exactly, the second to three quarters: AP 0.802.
fn found() -> Value {
    json!([{"image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 20], "score": 0.9},
           {"image_id": 2, "category_id": 1, "bbox": [50, 50, 40, 30], "score": 0.8}])
}

/// The same as masks: the second exactly.
fn masks() -> Value {
    let runs = |x: u32, s: u32| -> Vec<u32> {
        let mut runs = vec![x * 100 + x];
        (0..s).for_each(|column| runs.extend([s, if column + 1 < s { 100 - s } else { 0 }]));
        let sum: u32 = runs.iter().sum();
        runs.pop();
        runs.push(10_000 - sum);
        runs
    };
    let mask = |image: u32, x, s, score: f64| {
        json!({"image_id": image, "category_id": 1, "score": score,
               "segmentation": {"size": [100, 100], "counts": runs(x, s)}})
    };
    json!([mask(1, 10, 20, 0.9), mask(2, 50, 40, 0.8)])
}

/// A value with one place of it set; `null` takes it away.
fn with(mut value: Value, pointer: &str, set: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = value.pointer_mut(parent).unwrap();
    match (parent, set) {
        (Value::Object(members), Value::Null) => drop(members.remove(key)),
        (Value::Object(members), set) => drop(members.insert(key.to_owned(), set)),
        (Value::Array(list), set) if key == "-" => list.push(set),
        (Value::Array(list), set) => list[key.parse::<usize>().unwrap()] = set,
        _ => panic!("{pointer} leads nowhere"),
    }
    value
}

/// The value as a file has it. What JSON cannot hold is spelled `"@NaN"` here.
fn write(file: &Path, value: &Value) {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let text = ["NaN", "Infinity", "-Infinity", "null"]
        .into_iter()
        .fold(text, |text, word| text.replace(&format!("\"@{word}\""), word));
    fs::write(file, text).unwrap();
}

fn ask(metric: &str, gt: &Value, dt: &Value, want: &Want, what: &str) {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("gt.json"), gt);
    write(&folder.path().join("dt.json"), dt);
    let out = Command::new(env!("CARGO_BIN_EXE_lensframe"))
        .current_dir(folder.path())
        .args(["eval", "--gt", "gt.json", "--pred", "dt.json", "--metric", metric, "--json"])
        .output()
        .unwrap();
    let said = String::from_utf8(out.stderr).unwrap();
    match want {
        Ap(ap, rule) => {
            assert!(out.status.success(), "{what}: {said}");
            let text = String::from_utf8(out.stdout).unwrap();
            let report: Value = serde_json::from_str(&text).unwrap();
            let own = report["headline"][0]["value"].as_f64().map(|ap| (ap * 1000.0).round() / 1000.0);
            assert_eq!(own, *ap, "{what}: {text}");
            let cautions = report.get("warnings").map(Value::to_string).unwrap_or_default();
            let cautions = cautions + &report["coverage"].to_string();
            if rule.is_empty() {
                assert!(report.get("warnings").is_none(), "{what}: {cautions}");
            }
            assert!(cautions.contains(&rule.replace('"', "\\\"")), "{what}: {cautions}");
        }
        Error(code, parts) => {
            assert_eq!(out.status.code(), Some(*code), "{what}: {said}");
            for part in *parts {
                assert!(said.contains(part), "{what}: {said:?} does not say {part:?}");
            }
        }
    }
}

fn of_found(pointer: &str, cases: &[(Value, Want)]) {
    for (set, want) in cases {
        ask(
            "coco/bbox",
            &truth(),
            &with(found(), pointer, set.clone()),
            want,
            &format!("{pointer} is {set}"),
        );
    }
}

fn of_truth(pointer: &str, cases: &[(Value, Want)]) {
    for (set, want) in cases {
        ask(
            "coco/bbox",
            &with(truth(), pointer, set.clone()),
            &found(),
            want,
            &format!("{pointer} is {set}"),
        );
    }
}

#[test]
fn images_and_classes_that_are_not_listed_are_counted_and_named() {
    of_found("/1/image_id", &[(json!(99), Ap(Some(0.505), "image 99"))]);
    of_found("/1/category_id", &[(json!(7), Ap(Some(0.505), "class 7"))]);
    let left_out = "annotation 1 is of an image or category that is not listed: left out, as in pycocotools";
    of_truth("/annotations/1/image_id", &[(json!(99), Ap(Some(1.0), left_out))]);
    of_truth("/annotations/1/category_id", &[(json!(9), Ap(Some(1.0), left_out))]);
    of_truth("/images", &[(json!([]), Error(2, &["no detection is of an image of the truth", "dt.json"]))]);
}

#[test]
fn scores_that_are_no_numbers_are_refused_and_infinite_ones_ranked() {
    let rule = "the \"score\" of result 1 is not finite: scored as in pycocotools";
    let refused: &[&str] = &["dt.json line 1", "the \"score\" of result 1 is not a number"];
    of_found(
        "/1/score",
        &[
            (json!("@NaN"), Ap(Some(0.802), rule)),
            (json!("@Infinity"), Ap(Some(0.701), rule)),
            (json!("@-Infinity"), Ap(Some(0.802), rule)),
            (json!(true), Error(1, refused)),
            (json!("0.5"), Error(1, refused)),
            (json!("@null"), Error(1, refused)),
            (Value::Null, Error(1, &["dt.json line 1", "result 1 has no \"score\""])),
        ],
    );
}

#[test]
fn boxes_that_are_none_are_named_and_held_against_others_as_the_reference_does() {
    let refused: &[&str] = &["dt.json line 1", "the \"bbox\" of result 1 is not a list of four numbers"];
    let odd = |numbers: &'static str| -> &'static str { numbers };
    of_found(
        "/1/bbox",
        &[
            (
                json!(["@NaN", 50, 40, 30]),
                Ap(Some(0.802), odd("the \"bbox\" of result 1 is [NaN, 50.0, 40.0, 30.0]")),
            ),
            (json!(["@Infinity", 50, 40, 30]), Ap(Some(0.505), odd("the \"bbox\" of result 1 is [inf,"))),
            (
                json!([50, 50, -40, 30]),
                Ap(Some(0.505), odd("the \"bbox\" of result 1 is [50.0, 50.0, -40.0, 30.0]")),
            ),
            (json!([50, 50, 0, 30]), Ap(Some(0.505), "")),
            (json!([50, 50, 40]), Error(1, refused)),
            (json!([50, 50, 40, "30"]), Error(1, refused)),
            (json!("50 50 40 30"), Error(1, refused)),
            (json!([]), Error(1, refused)),
            (Value::Null, Error(1, &["dt.json line 1", "result 1 has no \"bbox\""])),
        ],
    );
    let empty = "annotation 1 has no \"bbox\": counted with an empty box";
    of_truth(
        "/annotations/1/bbox",
        &[
            (json!(["@NaN", 50, 40, 40]), Ap(Some(0.802), "the \"bbox\" of annotation 1 is [NaN, 50.0")),
            (json!([50, 50, -40, 40]), Ap(Some(0.505), "the \"bbox\" of annotation 1 is [50.0, 50.0, -40.0")),
            (json!([50, 50, 40]), Ap(Some(0.505), empty)),
            (Value::Null, Ap(Some(0.505), empty)),
        ],
    );
}

#[test]
fn areas_and_crowds_are_read_as_python_reads_them() {
    let own = "annotation 1 has no \"area\": taken from its box";
    of_truth(
        "/annotations/1/area",
        &[
            (json!("@NaN"), Ap(Some(0.802), "the \"area\" of annotation 1 is NaN")),
            (json!(-5), Ap(Some(1.0), "the \"area\" of annotation 1 is -5")),
            (json!("1600"), Ap(Some(0.802), own)),
            (Value::Null, Ap(Some(0.802), own)),
        ],
    );
    let (absent, odd) = (
        "annotation 1 has no \"iscrowd\": taken for 0",
        "the \"iscrowd\" of annotation 1 is text, or below 1",
    );
    of_truth(
        "/annotations/1/iscrowd",
        &[
            (Value::Null, Ap(Some(0.802), absent)),
            (json!([1]), Ap(Some(0.802), absent)),
            (json!(1), Ap(Some(1.0), "")),
            (json!("1"), Ap(Some(1.0), "")),
            (json!(true), Ap(Some(1.0), "")),
            (json!(false), Ap(Some(0.802), "")),
            // True in Python, and yet `int` of it is 0.
            (json!("0"), Ap(Some(1.0), odd)),
            (json!(0.5), Ap(Some(1.0), odd)),
        ],
    );
    // A crowd takes what lies on it; what is merely left out does not.
    let small = json!({"image_id": 2, "category_id": 1, "bbox": [55, 55, 10, 10], "score": 0.95});
    for (iscrowd, ap) in [(json!(1), 1.0), (json!("0"), 0.5), (json!(0.5), 0.5), (json!(0), 0.501)] {
        let gt = with(truth(), "/annotations/1/iscrowd", iscrowd.clone());
        let rule = if iscrowd == json!("0") || iscrowd == json!(0.5) { odd } else { "" };
        ask(
            "coco/bbox",
            &gt,
            &with(found(), "/-", small.clone()),
            &Ap(Some(ap), rule),
            &format!("iscrowd {iscrowd}"),
        );
    }
}

#[test]
fn ids_of_other_types_are_matched_and_ids_that_repeat_are_named() {
    let texts = |value: &Value| {
        let text = value.to_string().replace("\"image_id\":1", "\"image_id\":\"x1\"");
        let text = text
            .replace("\"image_id\":2", "\"image_id\":\"x2\"")
            .replace("\"id\":1,\"width", "\"id\":\"x1\",\"width");
        serde_json::from_str::<Value>(&text.replace("\"id\":2,\"width", "\"id\":\"x2\",\"width")).unwrap()
    };
    let gt = with(with(truth(), "/images/0/id", json!("x1")), "/images/1/id", json!("x2"));
    ask("coco/bbox", &texts(&gt), &texts(&found()), &Ap(Some(0.802), ""), "ids are texts");
    let digits = with(with(found(), "/0/image_id", json!("1")), "/1/image_id", json!("2"));
    ask("coco/bbox", &truth(), &digits, &Ap(Some(0.802), "image \"1\" is 1 of the truth"), "ids are digits");
    of_truth(
        "/annotations/1/id",
        &[
            (json!(1), Ap(Some(0.151), "2 annotations have the id 1")),
            (json!(0), Ap(Some(0.505), "an annotation has the id 0")),
        ],
    );
    let image = truth()["images"][0].clone();
    let twice = "is listed twice: the last of them counts, as in pycocotools";
    ask("coco/bbox", &with(truth(), "/images/-", image), &found(), &Ap(Some(0.802), twice), "an image twice");
    let class = truth()["categories"][0].clone();
    ask(
        "coco/bbox",
        &with(truth(), "/categories/-", class),
        &found(),
        &Ap(Some(0.802), twice),
        "a class twice",
    );
    // A detection that stands twice is two detections.
    let again = found()[0].clone();
    ask("coco/bbox", &truth(), &with(found(), "/-", again), &Ap(Some(0.703), ""), "a result twice");
    for key in ["image_id", "category_id"] {
        let missing = format!("result 1 has no {key:?}");
        of_found(&format!("/1/{key}"), &[(Value::Null, Error(1, &["dt.json line 1", &missing]))]);
        let missing = format!("an annotation has no {key:?}");
        of_truth(&format!("/annotations/1/{key}"), &[(Value::Null, Error(1, &["gt.json line 1", &missing]))]);
    }
}

#[test]
fn nothing_found_is_zero_and_nothing_there_is_no_number() {
    ask("coco/bbox", &truth(), &json!([]), &Ap(Some(0.0), ""), "no results");
    ask("coco/bbox", &with(truth(), "/annotations", json!([])), &found(), &Ap(None, ""), "no truth");
    ask("coco/bbox", &truth(), &json!(""), &Error(1, &["dt.json: the file is empty"]), "an empty file");
    let cut = found().to_string()[..60].to_owned();
    ask(
        "coco/bbox",
        &truth(),
        &json!(cut),
        &Error(1, &["dt.json line 1", "the file ends", "byte 60"]),
        "cut short",
    );
    ask(
        "coco/bbox",
        &json!([]),
        &found(),
        &Error(1, &["gt.json line 1", "expected '{'"]),
        "a list for the truth",
    );
}

#[test]
fn masks_that_are_none_are_named_with_file_index_and_key() {
    let segm = |gt: Value, dt: Value, want: Want, what: &str| ask("coco/segm", &gt, &dt, &want, what);
    segm(truth(), masks(), Ap(Some(1.0), ""), "masks");
    let of = |mask: Value| with(masks(), "/1/segmentation", mask);
    let runs = |counts: Value| json!({"size": [100, 100], "counts": counts});
    let named: &[&str] = &[
        "dt.json line 1",
        "the \"segmentation\" of result 1",
        "the runs have 10 pixels, the size 100x100 has 10000",
    ];
    segm(truth(), of(runs(json!([5, 5]))), Error(1, named), "runs that do not fill the size");
    let named: &[&str] = &["dt.json line 1", "the \"segmentation\" of result 1", "the character '~'"];
    segm(truth(), of(runs(json!("~~~"))), Error(1, named), "a string that is none");
    let size = json!({"size": [100], "counts": [10_000]});
    segm(
        truth(),
        of(size),
        Error(1, &["dt.json line 1", "the size of a mask is not [height, width]"]),
        "a size of one number",
    );
    segm(
        truth(),
        of(json!({"size": [100, 100]})),
        Error(1, &["dt.json line 1", "result 1 has no \"segmentation\""]),
        "no runs",
    );
    let gt = with(truth(), "/annotations/1/segmentation", runs(json!([5, 5])));
    segm(
        gt,
        masks(),
        Error(1, &["gt.json line 1", "the \"segmentation\" of annotation 1", "10 pixels"]),
        "of the truth",
    );
    let gt = with(truth(), "/annotations/1/segmentation", Value::Null);
    segm(
        gt,
        masks(),
        Error(1, &["gt.json line 1", "annotation 1 has no \"segmentation\""]),
        "a truth without",
    );
    // Masks of two sizes overlap nowhere, as in the reference.
    let small = json!({"size": [80, 100], "counts": [4000, 4000]});
    segm(truth(), of(small), Ap(Some(0.505), ""), "a mask of another size");
}

#[test]
fn results_of_another_kind_are_refused_or_stand_in_by_a_rule() {
    let box_for_mask = "result 1 has no segmentation: its box is taken for its mask, as in pycocotools";
    let mixed = with(masks(), "/1", found()[1].clone());
    ask("coco/segm", &truth(), &mixed, &Ap(Some(0.802), box_for_mask), "a box among masks");
    ask(
        "coco/bbox",
        &truth(),
        &masks(),
        &Error(1, &["dt.json line 1", "result 0 has no \"bbox\""]),
        "masks for boxes",
    );
    let mixed = with(found(), "/1", masks()[1].clone());
    ask(
        "coco/bbox",
        &truth(),
        &mixed,
        &Error(1, &["dt.json line 1", "result 1 has no \"bbox\""]),
        "a mask among boxes",
    );
    let none: &[&str] = &["dt.json line 1", "result 0 has no \"keypoints\" of 17 points"];
    ask("coco/keypoints", &truth(), &found(), &Error(1, none), "boxes for points");
    ask("dota", &truth(), &found(), &Error(1, &["rotated boxes", "rbox"]), "boxes for rotated ones");
}
