//! The program: JSON, a page, refusals, what several datasets share.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value as Json, json};

use lensframe::image::{Filter, Pixels};

use super::jpeg;

fn lensframe(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lensframe")).args(args).stdin(Stdio::null()).output().unwrap()
}

fn ok(args: &[&str]) -> String {
    let output = lensframe(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn fails(args: &[&str]) -> (i32, String) {
    let output = lensframe(args);
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// A picture of its own for each number.
fn drawn(n: u32) -> Pixels {
    let level =
        |y: u32, x: u32| ((x * (3 + n) + y * (7 * n + 2)) / 5 % 200 + (x / 20 * y / 20 * n) % 50) as u8;
    let data = (0..100).flat_map(|y| (0..140).flat_map(move |x| [level(y, x); 3])).collect();
    Pixels::new((100, 140), Default::default(), data).unwrap()
}

/// A COCO folder of two splits: the second has a copy of an image of the first, and a half of another.
fn coco(folder: &Path) {
    let write = |split: &str, files: Vec<Vec<u8>>| {
        let images = folder.join(format!("{split}2017"));
        std::fs::create_dir_all(&images).unwrap();
        std::fs::create_dir_all(folder.join("annotations")).unwrap();
        let (mut listed, mut annotations) = (Vec::new(), Vec::new());
        for (at, file) in files.iter().enumerate() {
            let name = format!("{split}{at}.jpg");
            std::fs::write(images.join(&name), file).unwrap();
            let (height, width) = lensframe::image::probe(file).unwrap().size;
            listed.push(json!({"id": at + 1, "file_name": name, "height": height, "width": width}));
            annotations.push(json!({"id": at + 1, "image_id": at + 1, "category_id": 1, "iscrowd": 0,
                "bbox": [10, 10, 30 + 200 * at, 20], "area": 600}));
        }
        let all =
            json!({"images": listed, "annotations": annotations, "categories": [{"id": 1, "name": "thing"}]});
        std::fs::write(folder.join(format!("annotations/instances_{split}2017.json")), all.to_string())
            .unwrap();
    };
    let half = drawn(2).resize((50, 70), Filter::Lanczos).unwrap();
    write("train", vec![jpeg(&drawn(1), 90), jpeg(&drawn(2), 90), jpeg(&drawn(9), 90)]);
    write("val", vec![jpeg(&drawn(1), 90), jpeg(&half, 80)]);
}

#[test]
fn json_tables_and_pages_are_written_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let source = at("coco");
    coco(Path::new(&source));
    let report: Json = serde_json::from_str(&ok(&["stats", &source, "--json", "-q"])).unwrap();
    let figure = |key: &str| {
        let headline = report["headline"].as_array().unwrap();
        headline.iter().find(|figure| figure["key"] == key).map(|figure| figure["value"].as_f64().unwrap())
    };
    assert_eq!(
        (figure("images"), figure("objects"), figure("leaks")),
        (Some(5.0), Some(5.0), Some(2.0)),
        "{report}"
    );
    assert_eq!((figure("exact_duplicates"), figure("near_duplicates")), (Some(1.0), Some(1.0)));
    assert!(report.get("pictures").is_none(), "programs have the rows");

    let page = at("page.html");
    let text = ok(&["stats", &source, "--html", &page, "-q"]);
    assert!(text.contains("where suspicious objects are") && text.contains("train0.jpg"), "{text}");
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(
        html.contains("exact duplicates: row 0 train0.jpg") && html.contains("data:image/jpeg"),
        "pictures"
    );
    let (code, err) = fails(&["stats", &source, "--html", &page]);
    assert!(code == 1 && err.contains("--force") && err.contains("stats: "), "{err}");
    ok(&["stats", &source, "--html", &page, "--force", "-q", "--images", "none"]);

    let stored = at("a.lf");
    ok(&["convert", &source, &stored, "-q"]);
    for name in ["dataset.json", "page.html"] {
        let inside = format!("{stored}/{name}");
        let (code, err) = fails(&["stats", &stored, "--html", &inside, "--force"]);
        assert!(code == 2 && err.contains("stored dataset"), "{name}: {err}");
    }
    let few = ok(&["stats", &stored, "--where", "split = 'train2017'", "--json", "-q"]);
    let few: Json = serde_json::from_str(&few).unwrap();
    assert_eq!(few["headline"][0]["value"], 3.0);

    let both = ok(&["stats", &stored, &source, "-q"]);
    assert!(both.contains("Profile of a.lf and coco") && both.contains("a.lf/train2017"), "{both}");
    let (code, err) = fails(&["stats", &source, "-q", "--fail-if", "leaks>0"]);
    assert!(code == 1 && err.contains("leaks is 2"), "{err}");
    assert!(ok(&["stats", "--help"]).contains("--distance"));
    assert_eq!(fails(&["stats"]).0, 2);
    assert_eq!(fails(&["stats", &source, "--distance", "40"]).0, 2);
    assert_eq!(fails(&["stats", &source, "--set", "nothing"]).0, 1);
}
