//! Real COCO files, with the facts their README states, and every file made again from what was stored.

use std::path::Path;

use lensframe::convert::coco::import;
use lensframe::convert::{Images, ImportOptions};
use lensframe::dataset::Value;
use lensframe::job::Job;
use serde_json::Value as Json;

use super::rebuild::{Whole, same};
use super::{imported, imported_with, looks_coco, real_data};

fn list(whole: &Whole, key: &str, row: usize) -> Vec<Value> {
    let Value::Array(list) = whole.value(key, row) else { return Vec::new() };
    (0..list.len()).map(|i| Value::of(&list, i)).collect()
}

fn floats(value: &Value) -> Vec<f64> {
    let list = value.as_array().unwrap();
    (0..list.len()).map(|i| Value::of(list, i).as_float().unwrap()).collect()
}

fn all_come_back(folder: &Path, whole: &Whole, count: usize) {
    let files = whole.files();
    assert_eq!(files.len(), count);
    for (name, again) in files {
        let source: Json = serde_json::from_slice(&std::fs::read(folder.join(&name)).unwrap()).unwrap();
        assert!(same(&source, &again), "{name} does not come back");
    }
}

#[test]
fn the_small_coco_folder_of_datumaro() {
    let Some(data) = real_data() else { return };
    let folder = data.join("datumaro-coco");
    assert!(looks_coco(&folder));
    let (_home, store, summary, job) = imported_with(&folder, &ImportOptions::default());
    let whole = Whole::of_store(&store);
    assert_eq!((summary.rows, summary.files.len(), summary.images.linked), (2, 14, 2));
    assert_eq!((whole.value("image_id", 0), whole.value("image_id", 1)), (Value::Int(5), Value::Int(40)));
    assert_eq!(
        (whole.value("split", 0), whole.value("split", 1)),
        (Value::from("train"), Value::from("val"))
    );
    assert_eq!((whole.value("width", 0), whole.value("height", 0)), (Value::Int(10), Value::Int(5)));
    assert_eq!(whole.value("img", 1).member("path"), Some(&Value::from("images/val/b.jpg")));
    let ids: Vec<_> =
        store.classes("").unwrap().iter().map(|c| c.source_id.as_ref().unwrap().to_string()).collect();
    assert_eq!(ids, ["1", "2", "4"]);
    // The empty segmentation of the training image.
    assert_eq!(list(&whole, "segmentation", 0)[0].member("polygon").unwrap().as_array().unwrap().len(), 0);
    // The crowd's box says 1 by 9 while its mask spans 2 by 10: both as written.
    assert_eq!(list(&whole, "crowded", 1), [Value::Bool(false), Value::Bool(true)]);
    assert_eq!(floats(&list(&whole, "bbox", 1)[1]), [0.0, 0.0, 1.0, 9.0]);
    let counts = list(&whole, "segmentation", 1)[1].member("counts").unwrap().clone();
    assert_eq!(counts.as_array().unwrap().len(), 3);
    assert_eq!(list(&whole, "object_extra", 1)[0], Value::from(r#"{"attributes":{"x":1,"y":"hello"}}"#));
    let points = list(&whole, "person_keypoints.point", 1);
    assert_eq!(points[0].as_array().unwrap().len(), 3);
    assert_eq!(list(&whole, "captions.caption", 1), [Value::from("world"), Value::from("text")]);
    assert_eq!(
        list(&whole, "captions.object_extra", 1)[0],
        Value::from(r#"{"@declared":{"category_id":0}}"#)
    );
    assert_eq!(list(&whole, "labels.label", 1).len(), 2);
    assert_eq!(list(&whole, "stuff.object_id", 0), [Value::Int(7)]);
    assert!(!whole.has("image_info.object_id"));
    assert_eq!(
        (list(&whole, "panoptic.object_id", 0).len(), list(&whole, "panoptic.label", 1).len()),
        (1, 2)
    );
    // Its panoptic boxes are a pixel smaller than what its PNGs show.
    assert_eq!((job.warnings().total(), job.warnings().count("coco.panoptic-box")), (3, 3));
    all_come_back(&folder, &whole, 14);
}

#[test]
fn six_real_photographs_of_coco_2017() {
    let Some(data) = real_data() else { return };
    let folder = data.join("coco-photos");
    let options = ImportOptions { images: Images::Embed, ..ImportOptions::default() };
    let (_home, store, summary, job) = imported_with(&folder, &options);
    let whole = Whole::of_store(&store);
    assert_eq!((summary.rows, summary.objects[0].1), (6, 36));
    assert_eq!((summary.images.embedded, summary.images.absent), (2, 4));
    assert_eq!(store.classes("").unwrap().len(), 80);
    let row = (0..6).find(|r| whole.value("file_name", *r) == Value::from("000000343934.jpg")).unwrap();
    let bytes = std::fs::read(folder.join("images/000000343934.jpg")).unwrap();
    assert_eq!(store.image_bytes(&whole.value("img", row)).unwrap().as_slice(), bytes);
    let (mut crowds, mut polygons, mut parts, mut empty) = (0, 0, 0, 0);
    for row in 0..6 {
        let shapes = list(&whole, "segmentation", row);
        empty += usize::from(shapes.is_empty());
        for (i, shape) in shapes.iter().enumerate() {
            match shape.member("polygon").unwrap().as_array() {
                Some(rings) if rings.len() == 1 => polygons += 1,
                Some(_) => parts += 1,
                None => {
                    crowds += 1;
                    assert_eq!(list(&whole, "object_id", row)[i], Value::Int(904_400_464_689));
                    assert_eq!(list(&whole, "area", row)[i], Value::Float(890.0));
                    assert_eq!(shape.member("counts").unwrap().as_array().unwrap().len(), 121);
                    assert_eq!(floats(&list(&whole, "bbox", row)[i])[2..], [115.0, 126.0]);
                }
            }
        }
    }
    assert_eq!((crowds, polygons, parts, empty), (1, 34, 1, 1));
    assert_eq!(job.warnings().count("images.absent"), 4);
    all_come_back(&folder, &whole, 1);
}

#[test]
fn drawn_shapes_and_their_detections() {
    let Some(data) = real_data() else { return };
    let folder = data.join("shapes-coco");
    let (_home, store, summary, _) =
        imported_with(&folder.join("gt_dataset.json"), &ImportOptions::default());
    let whole = Whole::of_store(&store);
    assert_eq!((summary.rows, summary.objects[0].1, summary.images.linked), (3, 9, 3));
    assert_eq!(whole.value("file_name", 0), Value::from("img_3.jpg"));
    assert_eq!(store.classes("").unwrap().names(), ["cloud", "heart", "arrow", "star"]);
    all_come_back(&folder, &whole, 1);
    let (_home, store, summary, _) = imported(&folder.join("dt_dataset.json"));
    let whole = Whole::of_store(&store);
    assert_eq!(summary.objects[0].1, 9);
    assert!((0..whole.rows()).all(|row| list(&whole, "score", row).iter().all(|s| s.as_float().is_some())));
    all_come_back(&folder, &whole, 1);
    // Two files that both look like COCO: which one is meant has to be said.
    assert!(looks_coco(&folder));
    let e = import(&folder, Path::new("unused"), &ImportOptions::default(), &Job::new()).unwrap_err();
    assert!(e.to_string().contains("both look like COCO; name one of the files"), "{e}");
}

#[test]
fn image_information_without_annotations() {
    let Some(data) = real_data() else { return };
    let folder = data.join("panopticapi");
    let (_home, store, summary, _) = imported(&folder.join("images_info_examples.json"));
    let whole = Whole::of_store(&store);
    assert_eq!(summary.rows, 2);
    let sizes: Vec<_> = (0..2).map(|r| (whole.value("width", r), whole.value("height", r))).collect();
    assert!(
        sizes.contains(&(Value::Int(640), Value::Int(427)))
            && sizes.contains(&(Value::Int(640), Value::Int(360)))
    );
    all_come_back(&folder, &whole, 1);
}
