//! What is chosen by a question is evaluated as what is chosen from the files by hand.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value as Json, json};

fn ok(folder: &Path, args: &[&str]) -> String {
    let program = env!("CARGO_BIN_EXE_lensframe");
    let output = Command::new(program).current_dir(folder).args(args).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "lensframe {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A truth and detections near it, by a sequence that only looks random.
fn drawn() -> (Json, Json) {
    let mut state = 7u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let (mut images, mut truths, mut found) = (Vec::new(), Vec::new(), Vec::new());
    for id in 1..=60u64 {
        let width = 320 + 40 * next(10);
        images.push(json!({"id": id, "file_name": format!("{id}.jpg"), "width": width, "height": 480}));
        for _ in 0..next(8) {
            let (x, y, w, h, class) = (next(300), next(300), 8 + next(200), 8 + next(150), 1 + next(3));
            let number = truths.len() + 1;
            let crowd = u64::from(next(10) == 0);
            truths.push(json!({"id": number, "image_id": id, "category_id": class, "bbox": [x, y, w, h], "area": w * h, "iscrowd": crowd}));
            for _ in 0..next(3) {
                let bbox = [x + next(9), y + next(9), w + next(9), h + next(9)];
                let score = next(1000) as f64 / 1000.0;
                found.push(json!({"image_id": id, "category_id": class, "bbox": bbox, "score": score}));
            }
        }
    }
    let classes = json!([{"id": 1, "name": "a"}, {"id": 2, "name": "b"}, {"id": 3, "name": "c"}]);
    (json!({"images": images, "annotations": truths, "categories": classes}), json!(found))
}

#[test]
fn filtering_and_evaluating_is_evaluating_what_was_filtered_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (truth, found) = drawn();
    let wide = |image: &Json| image["width"].as_u64().unwrap() >= 480;
    let kept: Vec<u64> = truth["images"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|i| wide(i))
        .map(|i| i["id"].as_u64().unwrap())
        .collect();
    let of_kept = |list: &Json, key: &str| -> Json {
        list.as_array()
            .unwrap()
            .iter()
            .filter(|o| kept.contains(&o[key].as_u64().unwrap()))
            .cloned()
            .collect()
    };
    let mut by_hand = truth.clone();
    by_hand["images"] = of_kept(&truth["images"], "id");
    by_hand["annotations"] = of_kept(&truth["annotations"], "image_id");
    let by_hand_found = of_kept(&found, "image_id");
    for (name, json) in [("gt", &truth), ("dt", &found), ("hand_gt", &by_hand), ("hand_dt", &by_hand_found)] {
        std::fs::write(folder.join(format!("{name}.json")), json.to_string()).unwrap();
    }
    // Chosen rows as a dataset of their own, held against the detections of those images.
    let sql = "SELECT row FROM images WHERE width >= 480";
    let said = ok(folder, &["query", "gt.json", sql, "-o", "wide.lf", "-q"]);
    assert_eq!(said, format!("wide.lf: {} rows\n", kept.len()));
    let headline = |gt: &str, dt: &str| {
        let report: Json =
            serde_json::from_str(&ok(folder, &["eval", "--gt", gt, "--pred", dt, "--json", "-q"])).unwrap();
        report["headline"].clone()
    };
    let want = headline("hand_gt.json", "hand_dt.json");
    assert!(want[0]["value"].as_f64().unwrap() > 0.1 && kept.len() > 20, "{want}");
    assert_eq!(headline("wide.lf", "hand_dt.json"), want);
    // And as a condition of an export, read back.
    ok(folder, &["export", "gt.json", "out", "--to", "coco", "--where", "width >= 480", "-q"]);
    let written = std::fs::read_dir(folder.join("out")).unwrap().map(|entry| entry.unwrap().path());
    let instances = written.filter(|path| path.extension().is_some_and(|e| e == "json")).last().unwrap();
    assert_eq!(headline(instances.to_str().unwrap(), "hand_dt.json"), want);
}
