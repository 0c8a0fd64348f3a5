//! Cityscapes: real miniatures, drawn trees, odd numbers, and images in another place than the labels.

use std::path::Path;

use lensframe::convert::{self, ExportOptions, Images, ImportOptions, ImportSummary, cityscapes, format};
use lensframe::dataset::Value;
use lensframe::dataset::store::{self, Depth, Store};
use lensframe::error::ErrorKind;
use lensframe::image::LabelImage;
use lensframe::job::Job;
use serde_json::Value as Json;

struct Made {
    home: tempfile::TempDir,
    store: Store,
    summary: ImportSummary,
    job: Job,
}

impl Made {
    fn of(src: &Path, options: &ImportOptions) -> Made {
        let (home, job) = (tempfile::tempdir().unwrap(), Job::new());
        let dst = home.path().join("x.lf");
        let summary = cityscapes::import(src, &dst, options, &job).unwrap_or_else(|e| panic!("{e}"));
        let report = store::verify(&dst, Depth::Values, &job).unwrap();
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        Made { store: Store::open(&dst).unwrap(), home, summary, job }
    }

    fn column(&self, key: &str) -> Vec<Value> {
        self.store.dataset().column(key).unwrap().values()
    }

    /// The elements of the lists of a key.
    fn lists(&self, key: &str) -> Vec<Vec<Value>> {
        let list = |value: &Value| {
            let array = value.as_array().unwrap();
            (0..array.len()).map(|i| Value::of(array, i)).collect()
        };
        self.column(key).iter().map(list).collect()
    }

    fn ints(&self, key: &str) -> Vec<Vec<i64>> {
        self.lists(key).iter().map(|list| list.iter().map(|v| v.as_int().unwrap_or(-99)).collect()).collect()
    }

    fn codes(&self) -> Vec<(&'static str, u64)> {
        self.job.warnings().iter().map(|(code, count, _)| (code, count)).collect()
    }
}

fn texts(values: &[&str]) -> Vec<Value> {
    values.iter().map(|v| Value::from(*v)).collect()
}

#[test]
fn the_tree_with_bare_class_ids_is_four_images_of_classes() {
    let Some(data) = crate::data() else { return };
    let made = Made::of(&data.join("datumaro-cityscapes/instance-ids"), &ImportOptions::default());
    assert_eq!(made.summary.rows, 4);
    assert_eq!(made.column("split"), texts(&["train", "val", "test", "test"]));
    assert_eq!(made.column("sequence")[0], Value::from("defaultcity_000002"));
    assert_eq!(made.column("frame"), [45, 19, 31, 32].map(Value::Int));
    assert_eq!(
        (made.column("height")[0].clone(), made.column("width")[0].clone()),
        (Value::Int(1), Value::Int(5))
    );
    assert_eq!(made.column("attr.city"), texts(&["defaultcity"; 4]));
    let mut ids: Vec<i64> = made.ints("object_id").concat();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids, [1, 3, 12, 24, 27, 31]);
    // A bare id of a class that has instances is a group of them.
    for (ids, crowded) in made.ints("object_id").iter().zip(made.lists("crowded")) {
        let groups: Vec<Value> = ids.iter().map(|id| Value::Bool([24, 27, 31].contains(id))).collect();
        assert_eq!(crowded, groups);
    }
    assert_eq!(made.codes(), []);
    let path = made.column("img")[0].member("path").unwrap().clone();
    assert_eq!(path, Value::from("leftImg8bit/train/defaultcity/defaultcity_000002_000045_leftImg8bit.png"));
    assert!(made.store.dataset().keys().find("label_map").is_err());
    assert!(made.store.classes("").unwrap().len() == 35);
}

#[test]
fn odd_ids_are_told_and_kept() {
    let Some(data) = crate::data() else { return };
    let made = Made::of(&data.join("datumaro-cityscapes/train-ids"), &ImportOptions::default());
    let mut ids: Vec<i64> = made.ints("object_id").concat();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!([24_001, 27_001, 27_002, 31_001, 1024].map(|id| ids.contains(&id)), [true; 5], "{ids:?}");
    let classes = made.store.classes("").unwrap();
    for (ids, labels) in made.ints("object_id").iter().zip(made.ints("label")) {
        for (id, label) in ids.iter().zip(labels) {
            let class = if *id >= 1000 { id / 1000 } else { *id };
            let source = classes.get(label).unwrap().source_id.as_ref().unwrap().to_string();
            assert_eq!(source, class.to_string());
        }
    }
    assert_eq!(made.column("attr.label_map"), texts(&["labelTrainIds"; 4]));
    let count = |code: &str| made.job.warnings().count(code);
    // 1024 would be an instance of 'ego vehicle'; 19 is no train id.
    assert!(count("cityscapes.odd-instance") > 0 && count("cityscapes.unknown-label") > 0);
    let what: Vec<String> =
        made.job.warnings().iter().flat_map(|(_, _, w)| w.iter().map(|w| w.what.clone())).collect();
    assert!(what.contains(&"id 1024 is an instance of 'ego vehicle', which has none".to_owned()), "{what:?}");
    assert!(what.iter().any(|w| w.ends_with("have the train id 19, which no class has")), "{what:?}");
}

/// A tree of one image of 2 × 3 pixels, and its label and instance PNGs.
fn drawn(labels: [u8; 6], instances: [u16; 6]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rgb = LabelImage::rgb((2, 3), vec![[1, 2, 3]; 6]).unwrap();
    for (name, image) in [
        ("leftImg8bit/val/aachen/aachen_000001_000019_leftImg8bit.png", rgb),
        (
            "gtFine/val/aachen/aachen_000001_000019_gtFine_labelIds.png",
            LabelImage::gray8((2, 3), labels.to_vec()).unwrap(),
        ),
        (
            "gtFine/val/aachen/aachen_000001_000019_gtFine_instanceIds.png",
            LabelImage::gray16((2, 3), instances.to_vec()).unwrap(),
        ),
    ] {
        write(folder.path(), name, &image.encode().unwrap());
    }
    folder
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

const LABELS: [u8; 6] = [26, 26, 7, 26, 0, 7];
const INSTANCES: [u16; 6] = [26_000, 26_001, 7, 26, 0, 7];

#[test]
fn every_id_is_an_object_with_its_class_mask_and_extent() {
    let folder = drawn(LABELS, INSTANCES);
    write(folder.path(), "gtFine/val/aachen/aachen_000001_000019_gtFine_polygons.json", b"{}");
    write(folder.path(), "gtFine/val/aachen/aachen_000001_000019_gtFine_color.png", b"");
    let made = Made::of(folder.path(), &ImportOptions::default());
    assert_eq!(made.codes(), [("cityscapes.polygons", 1)]);
    assert_eq!(made.ints("object_id"), [[0, 7, 26, 26_000, 26_001]]);
    let names: Vec<&str> = made.ints("label")[0]
        .iter()
        .map(|label| made.store.classes("").unwrap().get(*label).unwrap().name.as_str())
        .collect();
    assert_eq!(names, ["unlabeled", "road", "car", "car", "car"]);
    assert_eq!(made.lists("crowded")[0], [false, false, true, false, false].map(Value::Bool));
    assert_eq!(made.lists("area")[0], [1.0, 2.0, 1.0, 1.0, 1.0].map(Value::Float));
    assert_eq!(made.column("image_id"), texts(&["aachen_000001_000019"]));
    assert_eq!(made.column("file_name"), texts(&["aachen/aachen_000001_000019_leftImg8bit.png"]));
    let stored = |key: &str| made.store.image_bytes(&made.column(key)[0]).unwrap().as_slice().to_vec();
    let file = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert_eq!(stored("label_map"), file("gtFine/val/aachen/aachen_000001_000019_gtFine_labelIds.png"));
    assert_eq!(stored("instance_map"), file("gtFine/val/aachen/aachen_000001_000019_gtFine_instanceIds.png"));
}

#[test]
fn pngs_that_disagree_are_told() {
    let mut labels = LABELS;
    labels[0] = 24;
    labels[4] = 200;
    let made = Made::of(drawn(labels, INSTANCES).path(), &ImportOptions::default());
    assert_eq!(made.codes(), [("cityscapes.disagree", 1), ("cityscapes.unknown-label", 1)]);
    let mut instances = INSTANCES;
    instances[4] = 99_001_u32 as u16; // 33465: class 33, bicycle
    let made = Made::of(drawn(LABELS, instances).path(), &ImportOptions::default());
    assert_eq!(made.codes(), [("cityscapes.disagree", 1)]);
    instances[4] = 60_001;
    let made = Made::of(drawn(LABELS, instances).path(), &ImportOptions::default());
    assert_eq!(made.codes(), [("cityscapes.disagree", 1), ("cityscapes.unknown-class", 1)]);
    assert_eq!(made.ints("label")[0].last(), Some(&-99));

    let folder = drawn(LABELS, INSTANCES);
    write(folder.path(), "gtFine/val/aachen/aachen_000001_000019_gtFine_instanceIds.png", b"no PNG");
    let made = Made::of(folder.path(), &ImportOptions::default());
    assert_eq!(made.codes(), [("cityscapes.png", 1)]);
    assert!(made.column("bbox")[0].is_null());
}

#[test]
fn images_may_be_in_another_place_than_the_labels() {
    let (whole, images) = (drawn(LABELS, INSTANCES), tempfile::tempdir().unwrap());
    std::fs::rename(whole.path().join("leftImg8bit"), images.path().join("leftImg8bit")).unwrap();
    let alone = Made::of(whole.path(), &ImportOptions::default());
    assert_eq!(alone.codes(), [("images.none", 1)]);
    assert_eq!(alone.column("height"), [Value::Int(2)]);
    let options = ImportOptions {
        images: Images::Embed,
        image_roots: vec![images.path().to_owned()],
        ..ImportOptions::default()
    };
    let made = Made::of(whole.path(), &options);
    assert_eq!((made.codes(), made.summary.images.embedded), (vec![], 1));
    assert!(!made.column("instance_map")[0].member("bytes").unwrap().is_null());
}

#[test]
fn it_is_found_out_and_splits_are_chosen() {
    let Some(data) = crate::data() else { return };
    let folder = data.join("datumaro-cityscapes/instance-ids");
    let found = convert::detect(&folder, &[], &Job::new()).unwrap();
    assert_eq!(
        (found.format.name(), found.why.as_str()),
        ("cityscapes", "folders of cities with 4 images, 4 of them with labels")
    );
    let options = |split: &str| ImportOptions { splits: vec![split.to_owned()], ..ImportOptions::default() };
    assert_eq!(Made::of(&folder, &options("test")).summary.rows, 2);
    let dst = tempfile::tempdir().unwrap();
    let e = cityscapes::import(&folder, &dst.path().join("x.lf"), &options("dev"), &Job::new()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Usage);
    assert!(e.to_string().contains("the splits are: train, val, test"), "{e}");
}

#[test]
fn its_objects_become_a_panoptic_file_and_annotations() {
    let made = Made::of(drawn(LABELS, INSTANCES).path(), &ImportOptions::default());
    let ds = made.store.dataset();
    for (to, name) in [("panoptic", "panoptic_val.json"), ("coco", "instances_val.json")] {
        let back = made.home.path().join(to);
        let summary = format(to)
            .unwrap()
            .export(&made.store, &ds, &back, &ExportOptions::default(), &made.job)
            .unwrap();
        assert_eq!(summary.objects, 5, "{to}");
        let file = std::fs::read(back.join("annotations").join(name)).unwrap();
        let file: Json = serde_json::from_slice(&file).unwrap();
        assert_eq!(file["categories"].as_array().unwrap().len(), 35);
    }
}
