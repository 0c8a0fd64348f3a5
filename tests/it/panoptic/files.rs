//! Real and made panoptic files: what they become, and that they come back.

use std::path::Path;

use lensframe::convert::{ExportImages, ExportOptions, Images, ImportOptions};
use lensframe::dataset::Value;
use lensframe::geometry::{LabelMap, Size};
use lensframe::image::{LabelImage, MAX_LABEL_PIXELS};
use lensframe::schema::axis::Axis;
use serde_json::{Value as Json, json};

use super::{Made, folder_of, list, record, write};

fn json_of(path: &Path) -> Json {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn the_panoptic_samples_are_a_dataset_of_segments() {
    let Some(data) = crate::data() else { return };
    let folder = data.join("panopticapi");
    let made = Made::of(&folder.join("panoptic_examples.json"), &ImportOptions::default());
    // The photographs are not there, and nothing else is amiss: every area and box is that of the PNG.
    assert_eq!(made.warnings().iter().map(|(code, _)| *code).collect::<Vec<_>>(), ["images.none"]);
    assert_eq!((made.summary.rows, &made.summary.objects[..]), (2, &[(String::new(), 50)][..]));
    let classes = made.store.classes("").unwrap();
    assert_eq!(classes.len(), 133);
    let things = classes.iter().filter(|class| class.extra.get("isthing") == Some(&json!(1))).count();
    assert_eq!(things, 80);

    let (mut crowds, mut counts, mut voids) = (0, Vec::new(), Vec::new());
    for row in 0..2 {
        let flags = list(&made.value("crowded", row));
        crowds += flags.iter().filter(|flag| **flag == Value::Bool(true)).count();
        counts.push(flags.len());
        let labels = LabelImage::decode(&made.painting(row), MAX_LABEL_PIXELS).unwrap();
        let (height, width) = labels.size();
        assert_eq!(
            (made.value("height", row), made.value("width", row)),
            (Value::Int(height.into()), Value::Int(width.into()))
        );
        let ids = labels.ids();
        voids.push(ids.iter().filter(|id| **id == 0).count());
        let found = LabelMap::try_new(Size::new(height, width), &ids).unwrap().segments();
        for (id, area) in list(&made.value("object_id", row)).iter().zip(list(&made.value("area", row))) {
            let segment = found.iter().find(|s| i64::from(s.id) == id.as_int().unwrap()).unwrap();
            assert_eq!(area, Value::Float(segment.area.into()));
        }
    }
    assert_eq!((crowds, counts, voids), (3, vec![18, 32], vec![2712, 7189]));
}

#[test]
fn pngs_come_back_byte_for_byte_linked_or_stored() {
    let Some(data) = crate::data() else { return };
    let folder = data.join("panopticapi");
    for (images, copied) in [
        (Images::Embed, ExportImages::Auto),
        (Images::Auto, ExportImages::Copy),
        (Images::Link, ExportImages::Copy),
    ] {
        let options = ImportOptions { images, ..ImportOptions::default() };
        let made = Made::of(&folder.join("panoptic_examples.json"), &options);
        let linked = made.value("panoptic", 0).member("path").is_some_and(|path| !path.is_null());
        assert_eq!(linked, images != Images::Embed);
        let back = made.export(&ExportOptions { images: copied, ..ExportOptions::default() });
        assert_eq!(
            json_of(&back.join("panoptic_examples.json")),
            json_of(&folder.join("panoptic_examples.json"))
        );
        for name in ["000000142238.png", "000000439180.png"] {
            let name = Path::new("panoptic_examples").join(name);
            assert_eq!(std::fs::read(back.join(&name)).unwrap(), std::fs::read(folder.join(&name)).unwrap());
        }
    }
}

#[test]
fn in_a_folder_of_coco_files_it_is_a_set_of_that_name() {
    let Some(data) = crate::data() else { return };
    let folder = data.join("datumaro-coco");
    let options = ImportOptions { images: Images::Embed, ..ImportOptions::default() };
    let made = Made::of(&folder, &options);
    let segments = made.summary.objects.iter().find(|(set, _)| set == "panoptic").unwrap();
    assert_eq!(segments.1, 3);
    assert_eq!(list(&made.value("panoptic.object_id", 1)), [Value::Int(7), Value::Int(20)]);
    assert_eq!(made.value("panoptic.file_name", 0), Value::from("a.png"));
    let ds = made.store.dataset();
    let axis = |key: &str| {
        let index = ds.keys().find(key).unwrap();
        Axis::of(ds.keys().iter().nth(index.0).unwrap().field().unwrap()).unwrap()
    };
    assert_eq!((axis("panoptic"), axis("panoptic.file_name")), (Axis::Row, Axis::Row));
    assert_eq!(axis("panoptic.bbox"), Axis::Object("panoptic".to_owned()));
    // Datumaro's boxes end at the last pixel, one short.
    let codes: Vec<_> = made.warnings().into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["coco.panoptic-box"; 3]);

    let back = made.export(&ExportOptions::default());
    for name in ["panoptic_train.json", "panoptic_val.json", "instances_val.json"] {
        assert_eq!(
            json_of(&back.join("annotations").join(name)),
            json_of(&folder.join("annotations").join(name))
        );
    }
    for name in ["annotations/panoptic_train/a.png", "annotations/panoptic_val/b.png", "images/val/b.jpg"] {
        assert_eq!(std::fs::read(back.join(name)).unwrap(), std::fs::read(folder.join(name)).unwrap());
    }
}

#[test]
fn a_file_of_any_name_is_panoptic_by_its_first_annotation() {
    let segments = json!([{"id": 5, "category_id": 1, "bbox": [0, 0, 2, 2], "area": 3, "iscrowd": 0}]);
    let folder = folder_of(&[5, 5, 0, 0, 5, 0], segments.clone());
    let mut file = record(segments);
    file["annotations"][0]["annotator"] = json!({"name": "x"});
    write(&folder, "mine.json", file.to_string().as_bytes());
    write(&folder, "a.png", &std::fs::read(folder.path().join("panoptic_val/a.png")).unwrap());
    let made = Made::of(&folder.path().join("mine.json"), &ImportOptions::default());
    assert_eq!(made.value("panoptic.extra", 0), Value::from(r#"{"annotator":{"name":"x"}}"#));
    assert_eq!(made.value("panoptic", 0).member("path"), Some(&Value::from("a.png")));
    let back = made.export(&ExportOptions::default());
    assert_eq!(json_of(&back.join("mine.json")), file);
}

#[test]
fn a_part_of_the_dataset_is_written_with_its_records_and_pngs_alone() {
    let Some(data) = crate::data() else { return };
    let made = Made::of(
        &data.join("panopticapi/panoptic_examples.json"),
        &ImportOptions { images: Images::Embed, ..ImportOptions::default() },
    );
    let back = made.home.path().join("part");
    let part = made.store.dataset().slice(1..).unwrap();
    let options = ExportOptions::default();
    let summary = lensframe::convert::coco::export(&made.store, &part, &back, &options, &made.job).unwrap();
    assert_eq!((summary.rows, summary.images), (1, 1));
    assert_eq!(json_of(&back.join("panoptic_examples.json"))["annotations"].as_array().unwrap().len(), 1);
}
