//! What the export promises of views of stored datasets: any order, any storage, nothing lost on the way.

use lensframe::convert::{ExportOptions, Images, ImportOptions, coco};
use lensframe::dataset::store::{Storage, Store};
use lensframe::dataset::{Align, Dataset, Key, Mapping};
use lensframe::job::Job;
use lensframe::schema::classes::ClassTable;
use lensframe::schema::field;
use serde_json::{Value as Json, json};

use super::made::view;
use super::{Work, all, json, losses};

fn import(work: &Work, name: &str, tree: &str, storage: Storage) -> Store {
    let src = work.path(&format!("{name}.json"));
    std::fs::write(&src, tree).unwrap();
    let options = ImportOptions { images: Images::None, storage, ..ImportOptions::default() };
    let dst = work.path(&format!("{name}.lf"));
    coco::import(&src, &dst, &options, &Job::new()).unwrap();
    Store::open(&dst).unwrap()
}

fn export(work: &Work, store: &Store, ds: &Dataset, options: &ExportOptions) -> (String, Vec<String>) {
    let out = work.path("out.json");
    let options = ExportOptions { replace: true, ..options.clone() };
    let summary = coco::export(store, ds, &out, &options, &Job::new()).unwrap();
    (std::fs::read_to_string(out).unwrap(), losses(&summary))
}

/// 3000 images, and annotations in an order that is neither theirs nor that of their images.
fn large() -> Json {
    let n = 3000;
    let images: Vec<Json> =
        (0..n).map(|i| json!({"id": i, "file_name": format!("{i}.jpg"), "height": 9, "width": 9})).collect();
    let annotations: Vec<Json> = (0..n * 2)
        .map(|k| json!({"id": k + 1, "image_id": (k * 1117) % n, "category_id": 1 + k % 2, "bbox": [k % 7, 1.5, 2.0, 3.0]}))
        .collect();
    json!({"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]})
}

#[test]
fn shuffled_views_of_either_storage_export_what_filtering_by_hand_gives() {
    let tree = large();
    for storage in [Storage::Arrow, Storage::Parquet] {
        let work = Work::new();
        let store = import(&work, "large", &tree.to_string(), storage);
        let ds = store.dataset().shuffle(5).slice(..2500).unwrap();
        let ids: Vec<i64> =
            ds.column("image_id").unwrap().values().iter().map(|v| v.as_int().unwrap()).collect();
        let (text, lost) = export(&work, &store, &ds, &ExportOptions::default());
        let got: Json = serde_json::from_str(&text).unwrap();
        let wanted: Vec<&Json> =
            ids.iter().map(|id| &tree["images"][usize::try_from(*id).unwrap()]).collect();
        assert_eq!(got["images"], json!(wanted));
        let kept: std::collections::HashSet<i64> = ids.into_iter().collect();
        let annotations = tree["annotations"].as_array().unwrap().iter();
        let wanted: Vec<&Json> =
            annotations.filter(|a| kept.contains(&a["image_id"].as_i64().unwrap())).collect();
        assert_eq!(got["annotations"], json!(wanted));
        assert_eq!(lost, [""; 0]);
    }
}

#[test]
fn what_has_no_key_is_passed_on_to_the_byte() {
    let work = Work::new();
    let deep = format!("{}1.50{}", "[".repeat(100), "]".repeat(100));
    let image =
        format!(r#"{{"id":1,"file_name":"a.jpg","height":1,"width":1,"deep":{deep},"e":["\u00e9\/"]}}"#);
    let object = r#"{"id":1,"image_id":1,"note":{"z":1e400,"a":-0},"n":[123456789012345678901234567890]}"#;
    let tree = format!(
        r#"{{"info":{{"v":1.10}},"images":[{image}],"annotations":[{object}],"more":"\ud83d\ude00"}}"#
    );
    let store = import(&work, "deep", &tree, Storage::Arrow);
    let (text, _) = export(&work, &store, &store.dataset(), &ExportOptions::default());
    assert_eq!(text, tree);
}

#[test]
fn image_members_called_like_those_of_annotations_come_back() {
    let work = Work::new();
    let image = |i: i64| json!({"id": i, "file_name": "a.jpg", "height": 1, "width": 1, "score": 0.5, "area": 7, "my.image_extra": "x", "bbox": [1]});
    let tree = json!({"images": [image(1), image(2)], "annotations": [], "categories": []}).to_string();
    let store = import(&work, "names", &tree, Storage::Arrow);
    let (text, _) = export(&work, &store, &store.dataset(), &ExportOptions::default());
    let values: [Json; 2] = [&text, &tree].map(|text| serde_json::from_str(text).unwrap());
    assert_eq!(values[0], values[1]);
}

#[test]
fn labels_follow_the_class_table_of_the_view() {
    let work = Work::new();
    let store = import(&work, "large", &large().to_string(), Storage::Arrow);
    let to = ClassTable::from_names(["b", "x", "a"]);
    let ds = store.dataset().align_classes(&to, &Align::by_name()).unwrap().slice(..10).unwrap();
    let (text, _) = export(&work, &store, &ds, &ExportOptions::default());
    let got: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(all(&got, "categories", "name"), json!(["b", "x", "a"]));
    let name = |a: &Json| {
        let id = &a["category_id"];
        got["categories"].as_array().unwrap().iter().find(|c| &c["id"] == id).unwrap()["name"].clone()
    };
    let before = |a: &Json| if a["id"].as_i64().unwrap() % 2 == 1 { "a" } else { "b" };
    for annotation in got["annotations"].as_array().unwrap() {
        assert_eq!(name(annotation), before(annotation));
    }
}

#[test]
fn rows_of_a_split_that_no_import_knew_get_a_file_and_ids_stay() {
    let work = Work::new();
    let folder = work.path("coco/annotations");
    std::fs::create_dir_all(&folder).unwrap();
    let tree = |id: i64| json!({"images": [{"id": id, "file_name": "a.jpg", "height": 2, "width": 2}], "annotations": [{"id": id, "image_id": id, "bbox": [0, 0, 1, 1], "category_id": 3}], "categories": [{"id": 3, "name": "c"}]});
    for (split, id) in [("train", 11), ("val", 12)] {
        std::fs::write(folder.join(format!("instances_{split}.json")), tree(id).to_string()).unwrap();
    }
    let options = ImportOptions { images: Images::None, ..ImportOptions::default() };
    coco::import(&work.path("coco"), &work.path("x.lf"), &options, &Job::new()).unwrap();
    let store = Store::open(&work.path("x.lf")).unwrap();
    let split = Key::arrow(field::row("split").unwrap());
    let mapping = Mapping::new([split], |values, _| match values[0].as_text() {
        Some("val") => Ok(vec!["test".into()]),
        _ => Ok(values.to_vec()),
    });
    let mapping = mapping.inputs("split");
    let ds = store.dataset().map_with(mapping.keep_others()).unwrap();
    let out = work.path("out");
    let summary = coco::export(&store, &ds, &out, &ExportOptions::default(), &Job::new()).unwrap();
    assert_eq!(summary.files, ["train", "test"].map(|s| out.join(format!("annotations/instances_{s}.json"))));
    let test = json(&summary.files[1]);
    assert_eq!((&test["images"][0]["id"], &test["categories"][0]["id"]), (&json!(12), &json!(3)));
    assert_eq!(test["annotations"][0]["area"], json!(1.0));
}

#[test]
fn values_of_any_type_are_written_and_what_json_cannot_say_is_counted() {
    let work = Work::new();
    let keys = [
        "image_id",
        "tags",
        "attr.big: row u64",
        "label",
        "bbox",
        "score",
        "attr.x: single",
        "attr.raw: bytes",
        "rbox",
    ];
    let rows = json!([
        {"image_id": 3, "tags": ["a", null], "attr.big": u64::MAX, "label": [0, 0], "bbox": [[0, 0, 1, 1], [0, 0, 1, 1]],
         "score": ["nan", 0.25], "attr.x": [0.1, null], "attr.raw": ["x", null], "rbox": [[1, 2, 3, 4, 0.5], null]},
    ]);
    let (tree, summary) = work.single(&view(&keys, &rows, Some(&["a"])));
    assert_eq!(tree["images"][0], json!({"id": 3, "tags": ["a", null], "big": u64::MAX}));
    assert_eq!(tree["annotations"][0]["x"].to_string(), "0.1");
    assert_eq!(tree["annotations"][0]["rbox"], json!([1.0, 2.0, 3.0, 4.0, 0.5]));
    assert_eq!(all(&tree, "annotations", "score"), json!([null, 0.25]));
    let lines = losses(&summary);
    assert!(
        lines.contains(&"attr.raw 1 lost".to_owned()) && lines.contains(&"score 1 lost".to_owned()),
        "{lines:?}"
    );
    assert!(summary.loss.to_string().contains("score, 1 value (as in row 0): JSON has no NaN"));
}

#[test]
fn a_known_file_is_filled_only_if_asked() {
    let work = Work::new();
    let object = |id: i64, area: Json| json!({"id": id, "image_id": 1, "category_id": 1, "bbox": [0.0, 0.0, 2.0, 3.0], "area": area});
    let mut bare = object(1, json!(null));
    bare.as_object_mut().unwrap().remove("area");
    let tree = json!({"images": [{"id": 1}], "annotations": [bare, object(2, json!(5.5))], "categories": [{"id": 1, "name": "a"}]});
    let store = import(&work, "fill", &tree.to_string(), Storage::Arrow);
    let export = |fill| {
        let options = ExportOptions { fill, ..ExportOptions::default() };
        serde_json::from_str::<Json>(&export(&work, &store, &store.dataset(), &options).0).unwrap()
    };
    assert_eq!(export(false), tree);
    assert_eq!(all(&export(true), "annotations", "area"), json!([6.0, 5.5]));
    assert_eq!(all(&export(true), "annotations", "iscrowd"), json!([0, 0]));
}

#[test]
fn rows_taken_twice_have_ids_of_their_own_the_second_time() {
    let work = Work::new();
    let store = import(&work, "large", &large().to_string(), Storage::Arrow);
    let ds = store.dataset().take(&[4, 4]).unwrap();
    let (text, lost) = export(&work, &store, &ds, &ExportOptions::default());
    let got: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(all(&got, "images", "id"), json!([4, 5]));
    assert_eq!(all(&got, "images", "original_image_id"), json!([null, 4]));
    let ids: Vec<i64> =
        got["annotations"].as_array().unwrap().iter().map(|a| a["id"].as_i64().unwrap()).collect();
    assert_eq!(ids.len(), 4);
    assert!(ids.iter().enumerate().all(|(n, id)| !ids[..n].contains(id)), "{ids:?}");
    assert_eq!(lost, ["image_id 1 changed", "object_id 2 changed"]);
}
