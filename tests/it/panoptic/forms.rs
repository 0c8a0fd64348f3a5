//! Panoptic, detection and semantic form, from each to the others.

use std::path::Path;

use lensframe::convert::panoptic::{self, Numbers, Picture, SegmentIds};
use lensframe::convert::{ExportOptions, ImportOptions, format};
use lensframe::dataset::Value;
use lensframe::dataset::store::Store;
use lensframe::geometry::{Rle, Size};
use lensframe::image::{LabelImage, MAX_LABEL_PIXELS};
use lensframe::job::Job;
use lensframe::schema::classes::{Class, ClassTable, SourceId};
use serde_json::{Value as Json, json};

use super::{Made, folder_of, list, write};

const SAMPLES: [&str; 2] = ["000000142238", "000000439180"];

fn samples() -> Option<Made> {
    let data = crate::data()?;
    Some(Made::of(&data.join("panopticapi/panoptic_examples.json"), &ImportOptions::default()))
}

fn recorded(row: usize) -> Json {
    let all: Json = serde_json::from_str(include_str!("../../recorded/labels.json")).unwrap();
    all[format!("panopticapi/panoptic_examples/{}.png", SAMPLES[row])].clone()
}

fn json_of(path: &Path) -> Json {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn export(made: &Made, to: &str, name: &str) -> std::path::PathBuf {
    let back = made.home.path().join(name);
    let ds = made.store.dataset();
    format(to).unwrap().export(&made.store, &ds, &back, &ExportOptions::default(), &made.job).unwrap();
    back
}

#[test]
fn the_masks_of_the_samples_are_those_of_pycocotools() {
    let Some(made) = samples() else { return };
    let view = panoptic::detections(&made.store, &made.store.dataset(), "", false).unwrap();
    for row in 0..2 {
        let want = recorded(row);
        let want = want["segments"].as_array().unwrap();
        let ids = list(&made.value("object_id", row));
        let shapes = list(&view.column("segmentation").unwrap().value(row));
        assert_eq!((shapes.len(), ids.len()), (want.len() - 1, want.len() - 1), "all but void");
        for (id, shape) in ids.iter().zip(&shapes) {
            let segment = want.iter().find(|s| s[0].as_i64() == id.as_int()).unwrap();
            assert_eq!(shape.member("rle").unwrap().as_text(), segment[3].as_str());
        }
    }
}

#[test]
fn things_alone_are_the_segments_of_classes_that_are_things() {
    let Some(made) = samples() else { return };
    let ds = made.store.dataset();
    let (all, things) = (
        panoptic::detections(&made.store, &ds, "", false).unwrap(),
        panoptic::detections(&made.store, &ds, "", true).unwrap(),
    );
    let classes = made.store.classes("").unwrap();
    for row in 0..2 {
        let labels = list(&all.column("label").unwrap().value(row));
        let thing =
            |label: &&Value| classes.get(label.as_int().unwrap()).unwrap().extra["isthing"] == json!(1);
        let want: Vec<Value> = labels.iter().filter(thing).cloned().collect();
        assert!(!want.is_empty() && want.len() < labels.len());
        assert_eq!(list(&things.column("label").unwrap().value(row)), want);
        assert_eq!(list(&things.column("segmentation").unwrap().value(row)).len(), want.len());
    }
}

#[test]
fn the_classes_of_the_samples_are_those_of_the_converters() {
    let Some(made) = samples() else { return };
    let ds = made.store.dataset();
    for (numbers, at) in [(Numbers::SourceIds, 0), (Numbers::Labels, 1)] {
        let view = panoptic::semantics(&made.store, &ds, "", numbers).unwrap();
        for row in 0..2 {
            let png = view.column("label_map").unwrap().value(row);
            let png = made.store.image_bytes(&png).unwrap();
            let labels = LabelImage::decode(&png, MAX_LABEL_PIXELS).unwrap();
            let bytes: Vec<u8> = labels.ids().iter().flat_map(|id| id.to_le_bytes()).collect();
            assert_eq!(json!(crc32fast::hash(&bytes)), recorded(row)["semantic"][at], "{numbers:?}");
            // Person is label 0 and category 1, and is painted in its own colour.
            let person = [1, 0][at];
            assert_eq!(labels.palette().unwrap()[person], [220, 20, 60]);
        }
    }
}

#[test]
fn exported_to_coco_the_segments_are_annotations_and_come_back_as_the_same_pictures() {
    let Some(made) = samples() else { return };
    let coco = export(&made, "coco", "coco");
    let file = json_of(&coco.join("annotations/instances_examples.json"));
    let annotations = file["annotations"].as_array().unwrap();
    assert_eq!((annotations.len(), file["categories"].as_array().unwrap().len()), (50, 133));
    assert!(annotations.iter().all(|a| a["segmentation"]["counts"].is_string() && a["image_id"].is_i64()));

    let again = Made::of(&coco, &ImportOptions::default());
    let back = export(&again, "panoptic", "panoptic");
    let again = Made::of(&back, &ImportOptions::default());
    // Nothing disagrees with the painted PNGs.
    assert!(again.warnings().iter().all(|(code, _)| *code == "images.none"), "{:?}", again.warnings());
    for row in 0..2 {
        for key in ["label", "area", "bbox", "crowded"] {
            assert_eq!(again.value(key, row), made.value(key, row), "{key}");
        }
        let masks = |made: &Made| {
            let view = panoptic::detections(&made.store, &made.store.dataset(), "", false).unwrap();
            list(&view.column("segmentation").unwrap().value(row))
        };
        assert_eq!(masks(&again), masks(&made));
    }
}

#[test]
fn exported_to_panoptic_files_that_were_panoptic_are_as_they_were() {
    let Some(made) = samples() else { return };
    let back = export(&made, "panoptic", "back");
    let data = crate::data().unwrap().join("panopticapi/panoptic_examples.json");
    assert_eq!(json_of(&back.join("panoptic_examples.json")), json_of(&data));
    assert!(format("panoptic").is_ok() && format("labels").is_ok());
}

#[test]
fn semantic_pngs_and_what_their_numbers_mean_are_exported() {
    let Some(made) = samples() else { return };
    let back = export(&made, "labels", "labels");
    let legend = json_of(&back.join("labels.json"));
    assert_eq!((legend["void"].as_i64(), legend["classes"].as_array().unwrap().len()), (Some(255), 133));
    assert_eq!(legend["classes"][0], json!({"number": 0, "name": "person", "color": [220, 20, 60]}));
    for name in SAMPLES {
        let png = std::fs::read(back.join(format!("labels/examples/{name}.png"))).unwrap();
        assert!(LabelImage::decode(&png, MAX_LABEL_PIXELS).unwrap().palette().is_some());
    }
}

/// A COCO dataset of one image of 4 × 6 pixels with these segmentations.
fn drawn(shapes: &[Json]) -> Made {
    let annotations = shapes.iter().enumerate().map(|(n, shape)| {
        json!({"id": n + 1, "image_id": 7, "category_id": 3, "bbox": [0, 0, 1, 1], "area": 1, "iscrowd": 0, "segmentation": shape, "note": n})
    });
    let annotations: Vec<Json> = annotations.collect();
    let file = json!({
        "images": [{"id": 7, "file_name": "x/a.b.jpg", "height": 4, "width": 6}],
        "annotations": annotations, "categories": [{"id": 3, "name": "cat"}],
    });
    let folder = tempfile::tempdir().unwrap();
    write(&folder, "instances_val.json", file.to_string().as_bytes());
    Made::of(&folder.path().join("instances_val.json"), &ImportOptions::default())
}

#[test]
fn later_objects_cover_earlier_ones_and_all_that_is_lost_is_told() {
    let size = Size::new(4, 6);
    let rle = |runs: Vec<u32>| json!({"size": [4, 6], "counts": Rle::try_new(size, runs).unwrap().to_coco_string()});
    let made = drawn(&[
        rle(vec![0, 4, 20]),                               // covered by the last
        json!([[2.0, 0.0, 4.0, 0.0, 4.0, 4.0, 2.0, 4.0]]), // columns 2 and 3
        json!([]),                                         // no mask
        rle(vec![8, 4, 12]),                               // column 2: takes 4 pixels
        rle(vec![0, 8, 16]),                               // columns 0 and 1: takes 4 pixels
    ]);
    let back = export(&made, "panoptic", "back");
    let file = json_of(&back.join("annotations/panoptic_val.json"));
    let record = &file["annotations"][0];
    assert_eq!((record["image_id"].as_i64(), record["file_name"].as_str()), (Some(7), Some("x/a.b.png")));
    let segments = record["segments_info"].as_array().unwrap();
    let of = |name: &str| segments.iter().map(|s| s[name].clone()).collect::<Vec<Json>>();
    assert_eq!(of("area"), [json!(4), json!(4), json!(8)]);
    assert_eq!(of("bbox"), [json!([3, 0, 1, 4]), json!([2, 0, 1, 4]), json!([0, 0, 2, 4])]);
    assert_eq!(of("category_id"), vec![json!(3); 3]);
    assert_eq!(of("note"), [json!(1), json!(3), json!(4)]);
    let told: Vec<(&str, String)> =
        made.warnings().into_iter().filter(|(code, _)| code.starts_with("panoptic.")).collect();
    let want = [
        ("panoptic.covered", "1 objects are covered by later ones"),
        ("panoptic.no-mask", "1 objects have no mask of the image's size"),
        ("panoptic.overlap", "8 pixels are of more than one object"),
    ];
    assert_eq!(told, want.map(|(code, what)| (code, what.to_owned())));

    let ds = made.store.dataset();
    let summary = |to: &str| {
        let dst = made.home.path().join(format!("{to} again"));
        format(to).unwrap().export(&made.store, &ds, &dst, &ExportOptions::default(), &made.job).unwrap()
    };
    let lost =
        |to: &str, key: &str| summary(to).loss.iter().filter(|l| l.key == key).map(|l| l.values).sum::<u64>();
    assert_eq!((lost("labels", "objects"), lost("panoptic", "objects")), (5, 0));

    let again = Made::of(&back, &ImportOptions::default());
    assert_eq!(again.summary.objects, [(String::new(), 3)]);
    assert!(again.warnings().iter().all(|(code, _)| *code == "images.none"), "{:?}", again.warnings());
    let labels = LabelImage::decode(&again.painting(0), MAX_LABEL_PIXELS).unwrap();
    assert_eq!(labels.size(), (4, 6));
    let void = labels.ids().iter().filter(|id| **id == 0).count();
    assert_eq!(void, 8);
}

#[test]
fn a_png_that_cannot_be_read_leaves_its_segments_without_masks() {
    let folder = folder_of(&[5; 6], json!([{"id": 5, "category_id": 1, "bbox": [0, 0, 3, 2], "area": 6}]));
    write(&folder, "panoptic_val/a.png", b"no PNG");
    let made = Made::of(&folder.path().join("panoptic_val.json"), &ImportOptions::default());
    let back = export(&made, "coco", "back");
    let file = json_of(&back.join("annotations/instances_val.json"));
    assert_eq!(file["annotations"][0]["bbox"], json!([0.0, 0.0, 3.0, 2.0]));
    assert!(file["annotations"][0].get("segmentation").is_none());
    assert!(made.job.warnings().count("panoptic.png") > 0);
}

#[test]
fn instances_of_voc_become_a_panoptic_file() {
    let Some(data) = crate::data() else { return };
    let (home, job) = (tempfile::tempdir().unwrap(), Job::new());
    let (voc, back) = (home.path().join("voc.lf"), home.path().join("back"));
    format("voc").unwrap().import(&data.join("datumaro-voc"), &voc, &ImportOptions::default(), &job).unwrap();
    let store = Store::open(&voc).unwrap();
    let options = ExportOptions::default();
    let summary =
        format("panoptic").unwrap().export(&store, &store.dataset(), &back, &options, &job).unwrap();
    assert_eq!((summary.objects, summary.images), (1, 1));
    let made = Made::of(&back, &ImportOptions::default());
    assert!(made.warnings().iter().all(|(code, _)| *code == "images.none"), "{:?}", made.warnings());
    let row = (0..made.store.dataset().len()).find(|row| !made.value("panoptic", *row).is_null()).unwrap();
    assert_eq!(list(&made.value("area", row)), [Value::Float(200.0)]);
}

fn classes() -> ClassTable {
    let class = |name: &str, id: i64, thing: i64| Class {
        source_id: Some(SourceId::Int(id)),
        extra: [("isthing".to_owned(), json!(thing))].into_iter().collect(),
        ..Class::named(name)
    };
    ClassTable::new(vec![class("car", 26, 1), class("sky", 23, 0)])
}

#[test]
fn two_channels_are_read_and_written() {
    let colours = vec![[26, 1, 0], [26, 2, 0], [23, 0, 0], [0, 0, 0], [0, 7, 9], [26, 1, 0]];
    let png = LabelImage::rgb((2, 3), colours.clone()).unwrap().encode().unwrap();
    let picture = Picture::of_channels(&png, &classes(), 0).unwrap();
    let labels: Vec<_> = picture.segments().iter().map(|s| s.label).collect();
    assert_eq!(labels, [Some(1), Some(0), Some(0)]);
    let areas: Vec<u32> = picture.extents().unwrap().into_iter().flatten().map(|s| s.area).collect();
    assert_eq!(areas, [1, 2, 1]);
    assert_eq!((picture.ids()[3], picture.ids()[4]), (0, 0));

    let back = LabelImage::decode(&picture.to_channels(&classes(), 0).unwrap(), MAX_LABEL_PIXELS).unwrap();
    let mut want = colours;
    want[4] = [0, 0, 0];
    assert_eq!(back, LabelImage::rgb((2, 3), want).unwrap());

    let one = LabelImage::gray16((1, 3), vec![26_001, 23_000, 26_001]).unwrap().encode().unwrap();
    assert_eq!(Picture::of_channels(&one, &classes(), 0).unwrap().segments().len(), 2);
    let strange = LabelImage::gray16((1, 1), vec![9_000]).unwrap().encode().unwrap();
    let e = Picture::of_channels(&strange, &classes(), 0).unwrap_err();
    assert!(e.to_string().contains("no class with the id 9"), "{e}");
    assert_eq!(Picture::of_channels(&strange, &classes(), 9).unwrap().segments().len(), 0);
}

#[test]
fn segments_of_stuff_become_one_in_two_channels() {
    let size = Size::new(1, 4);
    let [a, b] = [vec![0, 1, 3], vec![1, 1, 2]].map(|runs| Rle::try_new(size, runs).unwrap());
    let objects = [(&a, Some(1), None), (&b, Some(1), None)];
    let (picture, _) = Picture::paint(size, objects, &mut SegmentIds::new(&classes())).unwrap();
    let png = picture.to_channels(&classes(), 255).unwrap();
    let colours = vec![[23, 0, 0], [23, 0, 0], [255, 0, 0], [255, 0, 0]];
    assert_eq!(
        LabelImage::decode(&png, MAX_LABEL_PIXELS).unwrap(),
        LabelImage::rgb((1, 4), colours).unwrap()
    );
}
