//! Questions from the command line, over files of known formats.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value as Json, json};

fn lensframe(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lensframe")).args(args).stdin(Stdio::null()).output().unwrap()
}

fn ok(args: &[&str]) -> String {
    let output = lensframe(args);
    assert!(output.status.success(), "lensframe {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A COCO file with three images and four objects, and a dataset made of it.
fn coco(folder: &Path) -> (String, String) {
    let annotation = |id: u32, image: u32, class: u32, bbox: [f64; 4]| json!({"id": id, "image_id": image, "category_id": class, "bbox": bbox, "area": bbox[2] * bbox[3], "iscrowd": 0});
    let image = |id: u32, width: u32| json!({"id": id, "file_name": format!("{id}.jpg"), "width": width, "height": 480});
    let file = json!({
        "images": [image(1, 640), image(2, 320), image(3, 640)],
        "categories": [{"id": 1, "name": "person"}, {"id": 18, "name": "dog"}],
        "annotations": [
            annotation(1, 1, 1, [1.0, 2.0, 100.0, 200.0]),
            annotation(2, 1, 18, [5.0, 5.0, 10.0, 10.0]),
            annotation(3, 2, 1, [0.0, 0.0, 10.0, 10.0]),
            annotation(4, 2, 1, [0.0, 0.0, 300.0, 300.0]),
        ],
    });
    let (path, ds) = (folder.join("a b.json"), folder.join("a b.lf"));
    std::fs::write(&path, file.to_string()).unwrap();
    let (path, ds) = (path.to_str().unwrap().to_owned(), ds.to_str().unwrap().to_owned());
    ok(&["convert", &path, &ds, "--images", "none", "-q"]);
    (path, ds)
}

#[test]
fn a_file_and_the_dataset_made_of_it_answer_alike() {
    let folder = tempfile::tempdir().unwrap();
    let (file, ds) = coco(folder.path());
    let sql = "SELECT category, COUNT(*) AS n FROM objects GROUP BY category ORDER BY n DESC";
    let text = ok(&["query", &ds, sql]);
    assert_eq!(text, "category  n\nperson    3\ndog       1\n2 rows\n");
    assert_eq!(ok(&["query", &file, sql, "-q"]), text);
    let answer: Json = serde_json::from_str(&ok(&["query", &ds, sql, "--json"])).unwrap();
    assert_eq!(answer["rows"], json!([{"category": "person", "n": 3}, {"category": "dog", "n": 1}]));
}

#[test]
fn answers_are_written_in_the_form_that_their_name_says() {
    let folder = tempfile::tempdir().unwrap();
    let (file, ds) = coco(folder.path());
    let sql = "SELECT category, area FROM objects ORDER BY area, category LIMIT 2";
    for (name, want) in [
        ("a.csv", Some("category,area\ndog,100.0\nperson,100.0\n")),
        (
            "a.jsonl",
            Some("{\"category\":\"dog\",\"area\":100.0}\n{\"category\":\"person\",\"area\":100.0}\n"),
        ),
        ("a.parquet", None),
        ("a.arrow", None),
    ] {
        let out = folder.path().join(name);
        ok(&["query", &ds, sql, "-o", out.to_str().unwrap()]);
        match want {
            Some(want) => assert_eq!(std::fs::read_to_string(&out).unwrap(), want),
            None => assert!(std::fs::metadata(&out).unwrap().len() > 100),
        }
        let again = lensframe(&["query", &ds, sql, "-o", out.to_str().unwrap()]);
        assert_eq!(again.status.code(), Some(1), "what is there is not replaced");
    }
    assert_eq!(ok(&["query", &ds, sql, "-o", "-"]).lines().count(), 2);
    let odd = lensframe(&["query", &ds, sql, "-o", "a.xls"]);
    assert_eq!(odd.status.code(), Some(2));
    // What is asked is never written over.
    for (source, out) in [(&file, file.clone()), (&ds, format!("{ds}/x.csv"))] {
        let before = std::fs::read(&file).unwrap();
        let output = lensframe(&["query", source, sql, "-o", &out, "--force"]);
        assert_eq!((output.status.code(), std::fs::read(&file).unwrap()), (Some(2), before));
    }
    assert_eq!(lensframe(&["query", &format!("{ds}#pred"), sql]).status.code(), Some(2));
    let two = ["query", &ds, sql, "--with", &format!("b={ds}"), "--with", &format!("b={ds}")];
    assert_eq!(lensframe(&two).status.code(), Some(2));
}

#[test]
fn tables_of_other_programs_are_joined_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let (file, ds) = coco(folder.path());
    let table = folder.path().join("my scores.csv");
    std::fs::write(&table, "file,score\n1.jpg,0.5\n3.jpg,\n").unwrap();
    let with = format!("s={}", table.display());
    let sql =
        "SELECT images.image_id, s.score FROM images JOIN s ON images.file_name = s.file ORDER BY image_id";
    let text = ok(&["query", &ds, sql, "--with", &with]);
    assert_eq!(text, "image_id  score\n       1    0.5\n       3\n2 rows\n");
    assert_eq!(ok(&["query", &file, sql, "--with", &with, "-q"]), text);
    // What a question answered can be asked again.
    for name in ["answer.csv", "answer.parquet", "answer.arrow"] {
        let answer = folder.path().join(name);
        let answer = answer.to_str().unwrap();
        ok(&["query", &ds, sql, "--with", &with, "-o", answer]);
        assert_eq!(
            ok(&["query", answer, "SELECT COUNT(*) AS n FROM images WHERE score IS NULL"]),
            "n\n1\n1 row\n"
        );
    }
}

#[test]
fn what_is_exported_is_what_the_conditions_chose() {
    let folder = tempfile::tempdir().unwrap();
    let (_, ds) = coco(folder.path());
    let out = folder.path().join("out");
    let out = out.to_str().unwrap();
    ok(&[
        "export",
        &ds,
        out,
        "--to",
        "coco",
        "--having",
        "category = 'person' AND area > 1000",
        "--objects",
        "area > 1000",
    ]);
    let written = std::fs::read_dir(out).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        path.extension().is_some_and(|e| e == "json").then_some(path)
    });
    let written = written.or_else(|| Some(Path::new(out).join("annotations/instances.json"))).unwrap();
    let text = std::fs::read_to_string(&written).unwrap_or_else(|e| panic!("{}: {e}", written.display()));
    let written: Json = serde_json::from_str(&text).unwrap();
    let ids = |key: &str| {
        written[key].as_array().unwrap().iter().map(|v| v["id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((ids("images"), ids("annotations")), (vec![1, 2], vec![1, 4]));
}

#[test]
fn what_cannot_be_asked_is_refused_in_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let (_, ds) = coco(folder.path());
    for (sql, code) in [("SELECT widht FROM images", 1), ("DROP TABLE images", 1), ("SELECT", 2)] {
        let output = lensframe(&["query", &ds, sql]);
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), err.lines().count()), (Some(code), 1), "{sql}: {err}");
    }
}
