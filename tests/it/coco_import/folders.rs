//! Layouts: which files are read, how they are joined into rows, and what each says for itself.

use lensframe::convert::coco::import;
use lensframe::convert::{Images, ImportOptions};
use lensframe::dataset::Value;
use lensframe::dataset::store::{Storage, Store};
use lensframe::error::ErrorKind;
use lensframe::job::Job;
use serde_json::Value as Json;

use super::rebuild::{Whole, same};
use super::{folder_of, imported, imported_with, looks_coco};

const INSTANCES_VAL: &str = r#"{"images": [{"id": 40, "file_name": "b.jpg"}, {"id": 41, "file_name": "c.jpg"}],
    "annotations": [{"id": 1, "image_id": 41, "category_id": 2, "bbox": [1, 2, 3, 4]}],
    "categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}], "info": {"year": 2017}}"#;
const CAPTIONS_VAL: &str = r#"{"images": [{"id": 42, "file_name": "d.jpg"}, {"id": 40, "file_name": "b.jpg", "more": 1}],
    "annotations": [{"id": 9, "image_id": 40, "caption": "x"}, {"id": 8, "image_id": 42, "caption": "y"}]}"#;
const INFO_VAL: &str = r#"{"images": [{"id": 41,  "file_name": "c.jpg"}], "categories": []}"#;
const PANOPTIC_VAL: &str = r#"{"images": [{"id": 42, "file_name": "d.jpg"}, {"id": 41, "file_name": "c.jpg"}], "annotations":
    [{"segments_info": [{"id": 5, "category_id": 7, "area": 3}, {"id": 6}], "file_name": "c.png", "image_id": 41, "x": 1}],
    "categories": [{"id": 7, "name": "sky", "isthing": 0}]}"#;
const INSTANCES_TRAIN: &str = r#"{"images": [{"id": 40, "file_name": "z.jpg"}], "annotations": [],
    "categories": [{"id": 1, "name": "a"}, {"id": 3, "name": "c"}]}"#;

fn whole_folder() -> tempfile::TempDir {
    folder_of(&[
        ("annotations/instances_val.json", INSTANCES_VAL),
        ("annotations/captions_val.json", CAPTIONS_VAL),
        ("annotations/image_info_val.json", INFO_VAL),
        ("annotations/instances_train.json", INSTANCES_TRAIN),
        ("annotations/panoptic_val.json", PANOPTIC_VAL),
    ])
}

/// Every file of the residue comes back as its source was.
fn all_come_back(folder: &std::path::Path, whole: &Whole) {
    let files = whole.files();
    assert!(!files.is_empty());
    for (name, again) in files {
        let source: Json = serde_json::from_slice(&std::fs::read(folder.join(&name)).unwrap()).unwrap();
        assert!(same(&source, &again), "{name}\nin:  {source}\nout: {again}");
    }
}

#[test]
fn a_folder_is_one_dataset_of_splits_and_sets() {
    let folder = whole_folder();
    let (_home, store, summary, job) = imported(folder.path());
    let whole = Whole::of_store(&store);
    let column = |key: &str| (0..whole.rows()).map(|row| whole.value(key, row)).collect::<Vec<_>>();
    assert_eq!(column("image_id"), [40, 40, 41, 42].map(Value::Int));
    assert_eq!(column("split"), ["train", "val", "val", "val"].map(Value::from));
    assert_eq!(column("file_name"), ["z.jpg", "b.jpg", "c.jpg", "d.jpg"].map(Value::from));
    let ordinals = [Value::Null, Value::Int(1), Value::Null, Value::Int(0)];
    assert_eq!(column("captions.image_ordinal"), ordinals);
    assert_eq!(column("image_info.image_ordinal"), [Value::Null, Value::Null, Value::Int(0), Value::Null]);
    assert_eq!(
        whole.value("captions.image_extra", 1),
        Value::from(r#"{"id":40,"file_name":"b.jpg","more":1}"#)
    );
    // Not listed is null, listed without annotation is an empty list.
    assert!(whole.value("bbox", 3).is_null() && whole.value("captions.caption", 2).is_null());
    assert!(matches!(whole.value("bbox", 1), Value::Array(list) if list.is_empty()));
    assert_eq!(column("panoptic.record"), [Value::Null, Value::Null, Value::Int(0), Value::Null]);
    assert_eq!(whole.value("panoptic.file_name", 2), Value::from("c.png"));
    assert_eq!(whole.value("panoptic.extra", 2), Value::from(r#"{"x":1}"#));
    let segments = |row| match whole.value("panoptic.object_id", row) {
        Value::Array(ids) => Some(ids.len()),
        _ => None,
    };
    assert_eq!((0..4).map(segments).collect::<Vec<_>>(), [None, None, Some(2), Some(0)]);
    let objects = [("", 1), ("panoptic", 2), ("captions", 2)].map(|(set, n)| (set.to_owned(), n));
    assert_eq!(summary.objects, objects);
    assert_eq!((summary.rows, summary.files.len(), summary.orphans), (4, 5, 0));
    assert_eq!(job.warnings().total(), 0);
    assert_eq!(store.classes("").unwrap().names(), ["a", "c", "b"]);
    all_come_back(folder.path(), &whole);
}

#[test]
fn both_storages_hold_the_same() {
    let folder = whole_folder();
    let options = ImportOptions { images: Images::None, storage: Storage::Parquet, ..Default::default() };
    let (_home, store, ..) = imported_with(folder.path(), &options);
    all_come_back(folder.path(), &Whole::of_store(&store));
}

#[test]
fn splits_can_be_chosen_and_a_wrong_name_lists_the_right_ones() {
    let folder = whole_folder();
    let options = |name: &str| ImportOptions {
        images: Images::None,
        splits: vec![name.to_owned()],
        ..Default::default()
    };
    let (_home, store, ..) = imported_with(folder.path(), &options("train"));
    assert_eq!(store.dataset().len(), 1);
    let home = tempfile::tempdir().unwrap();
    let dst = home.path().join("a.lf");
    let e = import(folder.path(), &dst, &options("test"), &Job::new()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Usage);
    assert!(e.to_string().ends_with("there is no split 'test'; the splits are: train, val"), "{e}");
    assert!(!dst.exists());
}

#[test]
fn a_single_file_is_the_default_set_whatever_its_kind() {
    let folder = whole_folder();
    let (_home, store, ..) = imported(&folder.path().join("annotations/captions_val.json"));
    let whole = Whole::of_store(&store);
    assert_eq!(whole.value("split", 0), Value::from("val"));
    assert!(whole.has("caption") && !whole.has("captions.caption"));
    let options = ImportOptions { images: Images::None, splits: vec!["mine".into()], ..Default::default() };
    let (_home, store, ..) = imported_with(&folder.path().join("annotations/captions_val.json"), &options);
    assert_eq!(Whole::of_store(&store).value("split", 1), Value::from("mine"));
}

#[test]
fn files_beside_their_images_take_the_folders_for_splits() {
    let folder = folder_of(&[
        ("valid/_annotations.coco.json", INSTANCES_VAL),
        ("train/_annotations.coco.json", INSTANCES_TRAIN),
        ("train/z.jpg", "not really"),
    ]);
    let (_home, store, summary, _) = imported_with(folder.path(), &ImportOptions::default());
    let whole = Whole::of_store(&store);
    assert_eq!(whole.value("split", 0), Value::from("train"));
    assert_eq!(whole.value("split", 1), Value::from("valid"));
    assert_eq!(whole.value("img", 0).member("path"), Some(&Value::from("train/z.jpg")));
    assert_eq!((summary.images.linked, summary.images.absent), (1, 2));
    all_come_back(folder.path(), &whole);
}

#[test]
fn a_file_at_the_root_has_no_split() {
    let folder = folder_of(&[("annotations.json", INSTANCES_VAL), ("images/b.jpg", "x")]);
    let (_home, store, summary, _) = imported_with(folder.path(), &ImportOptions::default());
    let whole = Whole::of_store(&store);
    assert!(!whole.has("split"));
    assert_eq!(whole.value("img", 0).member("path"), Some(&Value::from("images/b.jpg")));
    assert!(whole.value("img", 1).is_null());
    assert_eq!(summary.images.folders[0].path, folder.path().join("images"));
    all_come_back(folder.path(), &whole);
}

#[test]
fn files_that_disagree_about_a_class_are_both_named() {
    let other = INSTANCES_TRAIN.replace("\"name\": \"a\"", "\"name\": \"q\"");
    let folder = folder_of(&[
        ("annotations/instances_val.json", INSTANCES_VAL),
        ("annotations/instances_train.json", &other),
    ]);
    let home = tempfile::tempdir().unwrap();
    let e =
        import(folder.path(), &home.path().join("a.lf"), &ImportOptions::default(), &Job::new()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch);
    let text = e.to_string();
    assert!(
        text.contains("instances_val.json") && text.contains("'q' in annotations/instances_train.json"),
        "{text}"
    );
}

#[test]
fn the_same_image_id_in_two_splits_is_two_rows() {
    let folder = whole_folder();
    let (_home, store, ..) = imported(folder.path());
    let whole = Whole::of_store(&store);
    assert_eq!((whole.value("image_id", 0), whole.value("image_id", 1)), (Value::Int(40), Value::Int(40)));
}

#[test]
fn a_dataset_that_exists_is_replaced_only_when_asked() {
    let folder = whole_folder();
    let (home, dst) = (tempfile::tempdir().unwrap(), "a.lf");
    let dst = home.path().join(dst);
    let options = ImportOptions { images: Images::None, ..Default::default() };
    import(folder.path(), &dst, &options, &Job::new()).unwrap();
    let e = import(folder.path(), &dst, &options, &Job::new()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::AlreadyExists, "{e}");
    let options = ImportOptions { replace: true, splits: vec!["val".into()], ..options };
    let summary = import(folder.path(), &dst, &options, &Job::new()).unwrap();
    assert_eq!((summary.version, Store::open(&dst).unwrap().dataset().len()), (2, 3));
}

#[test]
fn a_coco_path_is_recognised_and_others_are_not() {
    let folder = whole_folder();
    for path in ["", "annotations/instances_val.json", "annotations"] {
        assert!(looks_coco(&folder.path().join(path)), "{path}");
    }
    let other = folder_of(&[("a.json", "{\"x\": 1}"), ("b.txt", "hello")]);
    for path in ["", "a.json", "b.txt", "absent"] {
        assert!(!looks_coco(&other.path().join(path)), "{path}");
    }
}
