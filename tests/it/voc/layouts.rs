//! Where files may lie, and what rows, splits and views come of it.

use lensframe::convert::{self, ExportImages, ImportOptions};
use lensframe::error::ErrorKind;
use lensframe::job::Job;
use serde_json::{Value as Json, json};

use super::{Case, assert_same_trees, files, value};

fn annotation(name: &str, class: &str) -> String {
    format!(
        "<annotation><filename>{name}</filename><object><name>{class}</name><bndbox><xmin>1</xmin><ymin>1</ymin>\
         <xmax>4</xmax><ymax>3</ymax></bndbox></object></annotation>"
    )
}

/// Ids, splits and photographs of all rows.
fn rows(case: &Case) -> Vec<(Json, Json, Json)> {
    let ds = case.store().dataset();
    let get = |row, key: &str| match ds.keys().find(key) {
        Ok(_) => value(&ds, row, key),
        Err(_) => Json::Null,
    };
    let path = |row| get(row, "img").get("path").cloned().unwrap_or(Json::Null);
    (0..ds.len()).map(|row| (get(row, "image_id"), get(row, "split"), path(row))).collect()
}

fn detected(case: &Case) -> &'static str {
    convert::detect(&case.src(), &[], &Job::new()).unwrap().format.name()
}

fn comes_back(case: &Case) {
    let summary = case.export(&case.store().dataset(), ExportImages::Copy).unwrap();
    assert!(summary.loss.is_empty(), "{}", summary.loss);
    assert_same_trees(&files(&case.src()), &files(&case.out()));
}

#[test]
fn a_devkit_with_years() {
    let case = Case::new(&[
        ("VOC2007/Annotations/000001.xml", &annotation("000001.jpg", "cat")),
        ("VOC2007/JPEGImages/000001.jpg", "7"),
        ("VOC2007/ImageSets/Main/trainval.txt", "000001\n"),
        ("VOC2007/ImageSets/Main/val.txt", "000001\n"),
        ("VOC2007/ImageSets/Main/cat_val.txt", "000001  1\n"),
        ("VOC2012/Annotations/000001.xml", &annotation("000001.jpg", "dog")),
        ("VOC2012/JPEGImages/000001.jpg", "12"),
        ("VOC2012/ImageSets/Main/train.txt", "000001\n"),
        ("VOC2012/ImageSets/Action/jumping_train.txt", "000001 1 1\n000001 2 -1\n"),
    ]);
    assert_eq!(detected(&case), "voc");
    let store = case.imported();
    let ds = store.dataset();
    assert_eq!((value(&ds, 0, "source"), value(&ds, 1, "source")), (json!("VOC2007"), json!("VOC2012")));
    assert_eq!(
        rows(&case),
        [
            (json!("000001"), json!("val"), json!("VOC2007/JPEGImages/000001.jpg")),
            (json!("000001"), json!("train"), json!("VOC2012/JPEGImages/000001.jpg")),
        ]
    );
    let mut views: Vec<&str> = store.views().collect();
    views.sort_unstable();
    assert_eq!(
        views,
        [
            "VOC2007/Main/cat_val",
            "VOC2007/Main/trainval",
            "VOC2007/Main/val",
            "VOC2012/Action/jumping_train",
            "VOC2012/Main/train",
        ]
    );
    assert_eq!(store.view("VOC2012/Action/jumping_train").unwrap().len(), 1);
    comes_back(&case);
}

#[test]
fn folders_of_splits_with_annotations_beside_photographs() {
    let case = Case::new(&[
        ("valid/b.xml", &annotation("b.jpg", "cat")),
        ("valid/b.jpg", "b"),
        ("train/a.xml", &annotation("a.jpg", "dog")),
        ("train/a.jpg", "a"),
        ("train/b.xml", &annotation("b.jpg", "dog")),
        ("train/b.jpg", "b"),
    ]);
    assert_eq!(detected(&case), "voc");
    case.imported();
    assert_eq!(
        rows(&case),
        [
            (json!("a"), json!("train"), json!("train/a.jpg")),
            (json!("b"), json!("train"), json!("train/b.jpg")),
            (json!("b"), json!("valid"), json!("valid/b.jpg")),
        ]
    );
    comes_back(&case);
}

#[test]
fn a_bare_folder_of_both_and_photographs_without_annotation() {
    let case = Case::new(&[
        ("a.xml", &annotation("a.jpg", "cat")),
        ("a.JPG", "a"),
        ("b.xml", &annotation("renamed.png", "cat")),
        ("renamed.png", "b"),
        ("c.jpeg", "c"),
        ("notes.txt", "x"),
    ]);
    case.imported();
    assert_eq!(
        rows(&case),
        [
            (json!("a"), Json::Null, json!("a.JPG")),
            (json!("b"), Json::Null, json!("renamed.png")),
            (json!("c"), Json::Null, json!("c.jpeg")),
        ]
    );
    let ds = case.store().dataset();
    assert_eq!(value(&ds, 0, "file_name"), "a.JPG");
    assert_eq!(value(&ds, 0, "extra"), r#"{"@declared":{"filename":"a.jpg"}}"#);
    assert_eq!((value(&ds, 2, "label"), value(&ds, 1, "label")), (Json::Null, json!([7])));
    std::fs::remove_file(case.src().join("notes.txt")).unwrap();
    comes_back(&case);
}

#[test]
fn annotations_in_folders_have_folders_in_their_ids() {
    let case = Case::new(&[
        ("Annotations/day/1.xml", &annotation("1.jpg", "cat")),
        ("Annotations/night/1.xml", &annotation("1.jpg", "cat")),
        ("JPEGImages/day/1.jpg", "d"),
        ("JPEGImages/night/1.jpg", "n"),
        ("ImageSets/Main/train.txt", "night/1\nday/1\n"),
    ]);
    case.imported();
    assert_eq!(
        rows(&case),
        [
            (json!("night/1"), json!("train"), json!("JPEGImages/night/1.jpg")),
            (json!("day/1"), json!("train"), json!("JPEGImages/day/1.jpg")),
        ]
    );
    comes_back(&case);
}

#[test]
fn a_label_map_says_the_classes_and_comes_back() {
    let case = Case::new(&[
        (
            "labelmap.txt",
            "# label:color_rgb:parts:actions\nbackground:0,0,0::\ndog:1,1,1::\ncat:2,2,2:head:run\n",
        ),
        ("Annotations/a.xml", &annotation("a.jpg", "cat")),
        ("ImageSets/Main/default.txt", "a\n"),
    ]);
    let store = case.imported();
    assert_eq!(store.classes("").unwrap().names(), ["dog", "cat"]);
    assert_eq!(value(&store.dataset(), 0, "label"), json!([1]));
    assert_eq!(value(&store.dataset(), 0, "split"), "default");
    comes_back(&case);
}

#[test]
fn lists_of_classes_are_labels_of_images_where_there_are_no_boxes() {
    let case = Case::new(&[
        ("JPEGImages/a.jpg", "a"),
        ("JPEGImages/b.jpg", "b"),
        ("ImageSets/Main/train.txt", "a\nb\n"),
        ("ImageSets/Main/cat_train.txt", "a 1\nb -1\n"),
        ("ImageSets/Main/dog_train.txt", "a 1\nb 0\n"),
    ]);
    let store = case.imported();
    let ds = store.dataset();
    assert_eq!((value(&ds, 0, "image_label"), value(&ds, 1, "image_label")), (json!([7, 11]), json!([])));
    comes_back(&case);
}

#[test]
fn only_the_splits_asked_for() {
    let case = Case::new(&[
        ("Annotations/a.xml", &annotation("a.jpg", "cat")),
        ("Annotations/b.xml", &annotation("b.jpg", "cat")),
        ("ImageSets/Main/train.txt", "a\n"),
        ("ImageSets/Main/val.txt", "b\n"),
        ("ImageSets/Main/trainval.txt", "a\nb\n"),
    ]);
    let split = |name: &str| ImportOptions { splits: vec![name.to_owned()], ..ImportOptions::default() };
    let e = case.import(&split("test")).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Usage);
    assert!(e.to_string().ends_with("the splits are: train, val"), "{e}");
    assert_eq!(case.import(&split("val")).unwrap().rows, 1);
    let store = case.store();
    assert_eq!(store.view("Main/trainval").unwrap().len(), 1);
    case.export(&store.dataset(), ExportImages::None).unwrap();
    let out = files(&case.out());
    assert_eq!(out["ImageSets/Main/trainval.txt"], b"b\n");
    assert!(out.contains_key("Annotations/b.xml") && !out.contains_key("Annotations/a.xml"));
}

#[test]
fn photographs_in_another_folder() {
    let case = Case::new(&[("Annotations/a.xml", &annotation("a.jpg", "cat"))]);
    let photos = case.dir.path().join("photos");
    std::fs::create_dir_all(photos.join("images")).unwrap();
    std::fs::write(photos.join("images/a.png"), "a").unwrap();
    let options = ImportOptions { image_roots: vec![photos], ..ImportOptions::default() };
    assert_eq!(case.import(&options).unwrap().images.linked, 1);
    let ds = case.store().dataset();
    assert_eq!(value(&ds, 0, "img"), json!({"path": "images/a.png"}));
    assert_eq!(value(&ds, 0, "file_name"), "a.png");
}
