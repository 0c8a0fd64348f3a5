//! Rows that no COCO file made: what they become, that COCO's importer finds it again, what is reported.

use lensframe::convert::{ExportOptions, ImportOptions, coco};
use lensframe::dataset::store::Store;
use lensframe::dataset::{Column, Dataset, Key, Table, Value};
use lensframe::error::ErrorKind;
use lensframe::job::Job;
use serde_json::{Value as Json, json};

use super::made::view;
use super::{Work, all, json, losses};

const VOC: [&str; 17] = [
    "image_id: row text",
    "file_name",
    "split",
    "height",
    "width",
    "attr.folder: row text",
    "extra",
    "label_map",
    "label",
    "bbox",
    "difficult",
    "truncated",
    "occluded",
    "attr.pose: text",
    "attr.part: parts",
    "segmentation",
    "object_extra",
];

fn square(x: i64, side: i64) -> Json {
    json!([[x, 0, x + side, 0, x + side, side, x, side]])
}

/// Three images as an importer of Pascal VOC leaves them: text ids, no ids of objects, no area.
fn voc() -> Dataset {
    let rows = json!([
        {"image_id": "2007_000001", "file_name": "2007_000001.jpg", "split": "train", "height": 40, "width": 50,
         "attr.folder": "VOC2007", "label": [1, 0], "bbox": [[1, 2, 3, 4], [0, 0, 10, 10]],
         "difficult": [false, true], "truncated": [true, null], "occluded": [null, null],
         "attr.pose": ["Left", null], "label_map": {"path": "SegmentationClass/2007_000001.png"},
         "attr.part": [[{"name": "head", "bbox": [1, 2, 1, 1]}], null],
         "segmentation": [null, {"polygon": square(0, 10)}],
         "extra": "{\"owner\":{\"name\":\"é\"},\"@order\":[\"size\",\"object\"]}",
         "object_extra": ["{\"@declared\":{\"bndbox\":{\"xmin\":\"2.0\"}}}", "{\"id\":\"x7\",\"wear\":[1]}"]},
        {"image_id": "2007_000002", "file_name": "2007_000002.jpg", "split": "val", "height": 40, "width": 50},
        {"image_id": "2008/a b", "file_name": "a b.jpg", "split": "train", "height": 40, "width": 50,
         "label": [2], "bbox": [[5, 5, 2, 2]], "difficult": [true], "truncated": [false], "occluded": [true],
         "attr.pose": ["Rear"], "attr.part": [[]], "segmentation": [null], "object_extra": [null]},
    ]);
    view(&VOC, &rows, Some(&["aeroplane", "person", "tvmonitor"]))
}

#[test]
fn rows_of_pascal_voc_become_files_that_coco_tools_can_use() {
    let work = Work::new();
    let out = work.path("coco");
    let summary = coco::export(&work.store, &voc(), &out, &ExportOptions::default(), &Job::new()).unwrap();
    let names = ["instances_train", "image_info_val"].map(|n| out.join(format!("annotations/{n}.json")));
    assert_eq!(summary.files, names);
    let val = json(&summary.files[1]);
    assert_eq!(all(&val, "images", "original_image_id"), json!(["2007_000002"]));
    assert!(val.get("annotations").is_none(), "nobody looked at the row: that is not to have no objects");
    let train = json(&summary.files[0]);
    assert_eq!(
        train["images"][0],
        json!({"file_name": "2007_000001.jpg", "height": 40, "width": 50, "id": 1, "folder": "VOC2007",
               "original_image_id": "2007_000001", "owner": {"name": "é"}})
    );
    assert_eq!(all(&train, "images", "id"), json!([1, 3]), "numbers are those of the view's rows");
    assert_eq!(
        train["annotations"][0],
        json!({"area": 12.0, "iscrowd": 0, "image_id": 1, "bbox": [1.0, 2.0, 3.0, 4.0], "category_id": 2, "id": 1,
               "difficult": false, "truncated": true, "pose": "Left",
               "part": [{"name": "head", "bbox": [1.0, 2.0, 1.0, 1.0]}]})
    );
    assert_eq!(
        train["annotations"][1],
        json!({"segmentation": [[0.0, 0.0, 10.0, 0.0, 10.0, 10.0, 0.0, 10.0]], "area": 100.0, "iscrowd": 0,
               "image_id": 1, "bbox": [0.0, 0.0, 10.0, 10.0], "category_id": 1, "id": 2, "difficult": true,
               "object_extra.id": "x7", "wear": [1]})
    );
    assert_eq!(
        train["categories"],
        json!([{"id": 1, "name": "aeroplane"}, {"id": 2, "name": "person"}, {"id": 3, "name": "tvmonitor"}])
    );
    assert_eq!(
        losses(&summary),
        [
            "area 3 changed",
            "crowded 3 changed",
            "extra 1 lost",
            "image_id 3 changed",
            "label_map 1 lost",
            "object_extra 1 lost"
        ]
    );
}

#[test]
fn what_the_files_say_of_foreign_rows_is_found_again() {
    let work = Work::new();
    let out = work.path("coco");
    coco::export(&work.store, &voc(), &out, &ExportOptions::default(), &Job::new()).unwrap();
    coco::import(&out, &work.path("again.lf"), &ImportOptions::default(), &Job::new()).unwrap();
    let again = Store::open(&work.path("again.lf")).unwrap();
    let ds = again.dataset();
    let column = |key: &str| ds.column(key).unwrap_or_else(|e| panic!("{key}: {e}")).values();
    let names = ["2007_000001", "2008/a b", "2007_000002"].map(Value::from);
    assert_eq!(column("attr.original_image_id"), names);
    assert_eq!(column("attr.folder"), [Value::from("VOC2007"), Value::Null, Value::Null]);
    let whole = |ds: &Dataset, key: &str| ds.column(key).unwrap().values();
    let chosen = voc().take(&[0, 2, 1]).unwrap();
    for key in ["bbox", "label", "file_name", "height", "difficult", "truncated", "occluded", "attr.pose"] {
        assert_eq!(column(key), whole(&chosen, key), "{key}");
    }
    // Parts are no scalars: they stay with their record.
    let extra = format!("{:?}", column("object_extra"));
    assert!(extra.contains("head"), "{extra}");
}

#[test]
fn ids_that_repeat_or_are_absent_are_made_and_what_they_were_is_kept() {
    let work = Work::new();
    let keys = ["image_id", "file_name", "height", "width", "object_id", "label", "bbox"];
    let object = |id: Json| json!([id]);
    let row = |id: Json, object_id: Json| {
        json!({"image_id": id, "file_name": "a.jpg", "height": 9, "width": 9, "object_id": object(object_id),
               "label": [0], "bbox": [[0, 0, 1, 1]]})
    };
    let rows = json!([
        row(json!(7), json!(0)),
        row(json!(null), json!(5)),
        row(json!(7), json!(5)),
        row(json!(2), json!(null))
    ]);
    let (tree, summary) = work.single(&view(&keys, &rows, Some(&["a"])));
    assert_eq!(all(&tree, "images", "id"), json!([7, 8, 9, 2]));
    assert_eq!(all(&tree, "images", "original_image_id"), json!([null, null, 7, null]));
    assert_eq!(all(&tree, "annotations", "image_id"), json!([7, 8, 9, 2]));
    assert_eq!(all(&tree, "annotations", "id"), json!([6, 5, 7, 8]), "0 is no id for COCO's evaluation");
    assert_eq!(all(&tree, "annotations", "original_id"), json!([0, null, 5, null]));
    let said = ["image_id 1 changed", "image_id 1 changed", "object_id 1 changed"];
    let lines = losses(&summary);
    assert!(said.iter().all(|line| lines.iter().any(|l| l == line)), "{lines:?}");
    // The same image id in two splits is no repetition: each split is a file.
    let splits =
        json!([{"image_id": 1, "split": "a"}, {"image_id": 1, "split": "b"}, {"image_id": 1, "split": "b"}]);
    let ds = view(&["image_id", "split"], &splits, None);
    coco::export(&work.store, &ds, &work.path("s"), &ExportOptions::default(), &Job::new()).unwrap();
    assert_eq!(all(&json(&work.path("s/annotations/instances_a.json")), "images", "id"), json!([1]));
    assert_eq!(all(&json(&work.path("s/annotations/instances_b.json")), "images", "id"), json!([1, 2]));
}

#[test]
fn objects_that_coco_tools_fail_on_are_left_out_and_counted_with_their_row() {
    let work = Work::new();
    let keys = ["image_id", "label", "bbox", "segmentation"];
    let odd = json!({"polygon": [[0, 0, 4, 0, 4, 2, 0, 2], [1, 1, 2, 2]]});
    let mask = json!({"size": [2, 3], "counts": [2, 3, 1]});
    let damaged = json!({"size": [2, 3], "rle": "zzzz"});
    let rows = json!([{
        "image_id": 1,
        "label": [0, null, 5, 0, 0, 0, 0, -1],
        "bbox": [null, [0, 0, 1, 1], [0, 0, 1, 1], ["nan", 0, 1, 1], null, [0, 0, 2, 2], [0, 0, 3, 3], [0, 0, 1, 1]],
        "segmentation": [null, null, null, mask, odd, {"polygon": []}, damaged, null],
    }]);
    let (tree, summary) = work.single(&view(&keys, &rows, Some(&["a"])));
    assert_eq!(all(&tree, "annotations", "id"), json!([1, 2, 3, 4]));
    assert_eq!(
        all(&tree, "annotations", "bbox"),
        json!([[1.0, 0.0, 2.0, 2.0], [0.0, 0.0, 4.0, 2.0], [0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 3.0, 3.0]])
    );
    assert_eq!(all(&tree, "annotations", "area"), json!([3.0, 8.0, 4.0, 9.0]));
    assert_eq!(
        all(&tree, "annotations", "segmentation"),
        json!([{"counts": [2, 3, 1], "size": [2, 3]}, [[0.0, 0.0, 4.0, 0.0, 4.0, 2.0, 0.0, 2.0]], null, null])
    );
    let lines = losses(&summary);
    for line in
        ["label 3 lost", "bbox 1 lost", "bbox 2 changed", "segmentation 1 lost", "segmentation 2 lost"]
    {
        assert!(lines.iter().any(|l| l == line), "{line} in {lines:?}");
    }
    let text = summary.loss.to_string();
    assert!(
        text.contains("not written: label, 3 values (as in row 0): without one of the classes"),
        "{text}"
    );
}

#[test]
fn without_sizes_names_classes_or_labels_the_file_still_loads_and_the_report_says_it() {
    let work = Work::new();
    let rows = json!([{"file_name": "a.jpg", "label": [4, 2], "bbox": [[0, 0, 1, 1], [0, 0, 1, 1]]}, {"height": 4, "width": 4}]);
    let ds = view(&["file_name", "height", "width", "label", "bbox"], &rows, None);
    let (tree, summary) = work.single(&ds);
    assert_eq!(all(&tree, "images", "id"), json!([1]), "a row whose objects nobody looked at is not listed");
    assert_eq!(all(&tree, "annotations", "category_id"), json!([5, 3]));
    assert_eq!(tree["categories"], json!([{"id": 3, "name": "2"}, {"id": 5, "name": "4"}]));
    let lines = losses(&summary);
    for line in ["class names 2 changed", "height 1 lost", "width 1 lost", "rows 1 lost"] {
        assert!(lines.iter().any(|l| l == line), "{line} in {lines:?}");
    }
    let bare = json!([{"file_name": "a.jpg", "height": 4, "width": 4, "bbox": [[0, 0, 1, 1]]}]);
    let (tree, summary) = work.single(&view(&["file_name", "height", "width", "bbox"], &bare, None));
    assert_eq!(tree["categories"], json!([{"id": 1, "name": "object"}]));
    assert_eq!(all(&tree, "annotations", "category_id"), json!([1]));
    assert!(losses(&summary).contains(&"label 1 changed".to_owned()));
}

#[test]
fn captions_have_no_categories_and_points_without_visibility_are_seen() {
    let work = Work::new();
    let rows = json!([{"image_id": 4, "caption": ["a cat", "two dogs"]}]);
    let (tree, _) = work.single(&view(&["image_id", "caption"], &rows, None));
    assert!(tree.get("categories").is_none(), "pycocotools would ask each caption for its category");
    assert_eq!(tree["annotations"][1], json!({"id": 2, "image_id": 4, "caption": "two dogs"}));
    let rows = json!([{"image_id": 4, "label": [0], "bbox": [[0, 0, 9, 9]], "point": [[[1, 2], [3, 4.5]]]}]);
    let (tree, _) = work.single(&view(&["image_id", "label", "bbox", "point"], &rows, Some(&["person"])));
    assert_eq!(tree["annotations"][0]["keypoints"], json!([1, 2, 2, 3, 4.5, 2]));
    assert_eq!(tree["annotations"][0]["num_keypoints"], json!(2));
}

#[test]
fn sets_that_are_no_kind_of_coco_file_are_found_again_as_sets() {
    let work = Work::new();
    let field = |base: &str| Key::arrow(lensframe::schema::field::object("r50-v2", base).unwrap());
    let rows = json!([{"image_id": 5, "file_name": "a.jpg", "height": 9, "width": 9, "label": [0], "bbox": [[0, 0, 1, 1]], "score": [0.5]}]);
    let ds =
        view(&["image_id", "file_name", "height", "width", "label", "bbox", "score"], &rows, Some(&["a"]));
    let all_keys = ds.read_all(&lensframe::dataset::Access::default()).unwrap().columns;
    let names = ["label", "bbox", "score"];
    let mut columns: Vec<(Key, Column)> = ds.keys().iter().cloned().zip(all_keys.clone()).collect();
    columns.extend(names.map(field).into_iter().zip(all_keys.into_iter().skip(4)));
    let classes = ds.classes("").unwrap().clone();
    let table =
        Table::new(columns).unwrap().with_classes("", classes.clone()).with_classes("r50-v2", classes);
    let (out, again) = (work.path("out"), work.path("again.lf"));
    let options = ExportOptions::default();
    let summary = coco::export(&work.store, &Dataset::new(table), &out, &options, &Job::new()).unwrap();
    let files = ["instances", "r50-v2.instances"].map(|n| out.join(format!("annotations/{n}.json")));
    assert_eq!(summary.files, files);
    coco::import(&out, &again, &ImportOptions::default(), &Job::new()).unwrap();
    let store = Store::open(&again).unwrap();
    assert_eq!(store.sets().collect::<Vec<_>>(), ["", "r50-v2"]);
    let back = work.path("back");
    coco::export(&store, &store.dataset(), &back, &options, &Job::new()).unwrap();
    for file in &files {
        assert_eq!(json(file), json(&back.join(file.strip_prefix(&out).unwrap())));
    }
}

#[test]
fn labels_of_whole_images_become_category_ids() {
    let work = Work::new();
    let rows =
        json!([{"image_id": 1, "image_label": [0, 2]}, {"image_id": 2, "image_label": []}, {"image_id": 3}]);
    let ds = view(&["image_id", "image_label: row labels"], &rows, Some(&["a", "b", "c"]));
    let (tree, _) = work.single(&ds);
    assert_eq!(all(&tree, "images", "category_ids"), json!([[1, 3], [], null]));
}

#[test]
fn keys_that_have_no_arrow_type_are_counted() {
    let work = Work::new();
    let plain = Column::Values(vec![Value::from("x"), Value::Null]);
    let ds = Dataset::new(Table::new([(Key::values("note"), plain)]).unwrap());
    let (_, summary) = work.single(&ds);
    assert!(losses(&summary).contains(&"note 2 lost".to_owned()), "{}", summary.loss);
}

#[test]
fn embedded_images_are_written_below_their_split_and_no_name_leads_out() {
    let work = Work::new();
    let row = |id: i64, name: &str, bytes: &str| json!({"image_id": id, "file_name": name, "split": "train", "height": 1, "width": 1, "img": {"bytes": bytes}});
    let rows = json!([
        row(1, "a/b.jpg", "one"),
        row(2, "../c.jpg", "two"),
        row(3, "a/b.jpg", "three"),
        {"image_id": 4, "split": "train", "img": {"path": "d.jpg"}},
    ]);
    let ds = view(&["image_id", "file_name", "split", "height", "width", "img"], &rows, None);
    let (out, job) = (work.path("out"), Job::new());
    let summary = coco::export(&work.store, &ds, &out, &ExportOptions::default(), &job).unwrap();
    assert_eq!(summary.images, 1);
    assert_eq!(std::fs::read_to_string(out.join("images/train/a/b.jpg")).unwrap(), "one");
    assert!(!work.path("c.jpg").exists() && !out.join("images/c.jpg").exists());
    let warnings = job.warnings();
    let said: Vec<String> = warnings.iter().flat_map(|(_, _, all)| all).map(ToString::to_string).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].contains("row 1 key 'img'") && said[1].contains("'images/train/a/b.jpg' names more than one"),
        "{said:?}"
    );
    let (_, summary) = work.single(&ds);
    assert!(losses(&summary).contains(&"img 3 lost".to_owned()), "{}", summary.loss);
}

#[test]
fn a_split_whose_name_would_leave_the_folder_is_an_error_and_nothing_is_written() {
    let work = Work::new();
    let ds = view(&["image_id", "split"], &json!([{"image_id": 1, "split": "x/../../../y"}]), None);
    let out = work.path("out");
    let e = coco::export(&work.store, &ds, &out, &ExportOptions::default(), &Job::new()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Format);
    assert!(!out.exists());
}
