//! Real files, with the facts that their README states, and the way back.

use lensframe::convert::{self, Coords, ExportImages, ImportOptions, Source, voc};
use lensframe::dataset::store::Store;
use lensframe::job::Job;
use serde_json::{Value as Json, json};

use super::{Case, assert_same_trees, files, value};

/// A case whose source is a copy of a real folder.
fn copy_of(name: &str) -> Option<Case> {
    let data = crate::data()?;
    let case = Case::new(&[]);
    for (file, bytes) in files(&data.join(name)) {
        if file != "LICENSE" {
            case.put(&file, &bytes);
        }
    }
    Some(case)
}

#[test]
fn the_small_devkit_of_datumaro() {
    let Some(case) = copy_of("datumaro-voc") else { return };
    let found = convert::detect(&case.src(), &[], &Job::new()).unwrap();
    assert_eq!(found.format.name(), "voc");
    assert_eq!(found.why, "Annotations/2007_000001.xml begins with <annotation>");
    let summary = case.import(&ImportOptions::default()).unwrap();
    assert_eq!((summary.rows, summary.images.linked), (2, 2));
    let store = case.store();
    let ds = store.dataset();
    assert_eq!(value(&ds, 0, "image_id"), "2007_000001");
    assert_eq!((value(&ds, 0, "split"), value(&ds, 1, "split")), (json!("train"), json!("test")));
    assert_eq!((value(&ds, 0, "width"), value(&ds, 0, "height")), (json!(20), json!(10)));
    assert_eq!(value(&ds, 0, "attr.segmented"), 1);
    // The devkit's rule: the first pixel is 1, and the far corner belongs to the box.
    assert_eq!(value(&ds, 0, "bbox"), json!([[0.0, 1.0, 3.0, 3.0], [3.0, 4.0, 3.0, 3.0]]));
    assert_eq!(value(&ds, 0, "label"), json!([7, 14]));
    assert_eq!(value(&ds, 0, "difficult"), json!([false, null]));
    assert_eq!(value(&ds, 0, "truncated"), json!([true, null]));
    assert_eq!(value(&ds, 0, "attr.pose"), json!(["Unspecified", null]));
    let parts = json!([null, [{"name": "head", "bbox": [4.5, 5.0, 3.0, 3.0]}]]);
    assert_eq!(value(&ds, 0, "attr.part"), parts);
    assert_eq!(value(&ds, 0, "attr.action.jumping"), json!([null, false]));
    assert_eq!(value(&ds, 0, "attr.action.walking"), json!([null, true]));
    let actions = ds.keys().iter().filter_map(|k| k.field()).filter(|f| f.name().starts_with("attr.action."));
    assert_eq!(actions.count(), 11);
    // Listed, without an annotation: not the same as one without objects.
    assert_eq!((value(&ds, 1, "bbox"), value(&ds, 1, "label")), (Json::Null, Json::Null));
    // RGB PNGs: the colours of VOC are the classes.
    assert_eq!(value(&ds, 0, "label_map"), json!({"path": "SegmentationClass/2007_000001.png"}));
    assert_eq!(value(&ds, 1, "label_map"), Json::Null);
    let labels = value(&ds, 0, "masks.label");
    assert!(!labels.as_array().unwrap().is_empty() && !labels.as_array().unwrap().contains(&Json::Null));
    assert_eq!(value(&ds, 1, "masks.label"), Json::Null);
    let names: Vec<&str> = store.views().collect();
    assert_eq!(names.len(), 30);
    assert_eq!(store.view("Main/bird_train").unwrap().len(), 1);
    assert_eq!(store.view("Main/cat_train").unwrap().len(), 0);
    assert_eq!(store.view("Segmentation/test").unwrap().len(), 1);
    assert_eq!(case.job.warnings().total(), 0);
    let summary = case.export(&ds, ExportImages::Copy).unwrap();
    assert!(summary.loss.is_empty(), "{}", summary.loss);
    assert_eq!((summary.rows, summary.objects, summary.images), (1, 2, 2));
    assert_same_trees(&files(&case.src()), &files(&case.out()));
}

#[test]
fn the_masks_of_the_small_devkit_are_those_of_its_pngs() {
    use lensframe::image::{LabelImage, MAX_LABEL_PIXELS, pack_id, voc_colormap};
    let Some(case) = copy_of("datumaro-voc") else { return };
    let ds = case.imported().dataset();
    // The plain way: each colour of the instances, pixel by pixel, and the colour of the class under it.
    let png = |folder: &str| {
        let bytes = std::fs::read(case.src().join(folder).join("2007_000001.png")).unwrap();
        LabelImage::decode(&bytes, MAX_LABEL_PIXELS).unwrap()
    };
    let (instances, classes) = (png("SegmentationObject"), png("SegmentationClass"));
    let (height, width) = instances.size();
    let colours: Vec<u32> = voc_colormap(256).into_iter().map(pack_id).collect();
    let index = |id: u32| colours.iter().position(|c| *c == id).unwrap();
    let (mut ids, mut areas, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for number in 1..255 {
        let all: Vec<usize> = instances
            .ids()
            .iter()
            .enumerate()
            .filter(|(_, id)| index(**id) == number)
            .map(|(i, _)| i)
            .collect();
        let Some(first) = all.first() else { continue };
        ids.push(json!(number));
        areas.push(json!(all.len() as f64));
        labels.push(json!(index(classes.ids()[*first]) - 1));
    }
    assert!(!ids.is_empty());
    assert_eq!(value(&ds, 0, "masks.object_id"), Json::Array(ids));
    assert_eq!(value(&ds, 0, "masks.area"), Json::Array(areas));
    assert_eq!(value(&ds, 0, "masks.label"), Json::Array(labels));
    let sizes = value(&ds, 0, "masks.segmentation");
    assert_eq!(sizes[0]["size"], json!([height, width]));
}

#[test]
fn the_fridge_objects() {
    let Some(case) = copy_of("fridge-voc") else { return };
    let source = Source::open(&case.src(), &[], &Job::new()).unwrap();
    assert!(source.file().is_none());
    let summary = case.import(&ImportOptions::default()).unwrap();
    assert_eq!((summary.rows, summary.objects[0].1, summary.images.linked), (6, 12, 6));
    let store = case.store();
    let ds = store.dataset();
    let names = store.classes("").unwrap().names();
    assert_eq!(names, ["can", "carton", "milk_bottle", "water_bottle"]);
    let (mut counts, mut sums) = ([0; 4], [0.0; 4]);
    for row in 0..6 {
        for label in value(&ds, row, "label").as_array().unwrap() {
            counts[label.as_u64().unwrap() as usize] += 1;
        }
        for bbox in value(&ds, row, "bbox").as_array().unwrap() {
            let [x, y, w, h] = [0, 1, 2, 3].map(|i| bbox[i].as_f64().unwrap());
            for (sum, corner) in sums.iter_mut().zip([x + 1.0, y + 1.0, x + w, y + h]) {
                *sum += corner;
            }
        }
        assert_eq!((value(&ds, row, "width"), value(&ds, row, "height")), (json!(499), json!(666)));
        // The path of another computer says nothing of where the photograph is.
        assert!(value(&ds, row, "attr.path").as_str().unwrap().starts_with("../images/"));
        assert_eq!(value(&ds, row, "img")["path"], json!(format!("images/1{row}.jpg")));
    }
    assert_eq!(counts, [3, 5, 2, 2]);
    assert_eq!(sums, [1893.0, 2694.0, 4053.0, 5835.0]);
    assert_eq!(case.job.warnings().total(), 0);
    case.export(&ds, ExportImages::Copy).unwrap();
    assert_same_trees(&files(&case.src()), &files(&case.out()));
}

#[test]
fn a_view_of_embedded_photographs_gives_them_back() {
    let Some(case) = copy_of("fridge-voc") else { return };
    let embed = ImportOptions { images: convert::Images::Embed, ..ImportOptions::default() };
    assert_eq!(case.import(&embed).unwrap().images.embedded, 6);
    let ds = Store::open(&case.dataset()).unwrap().dataset().take(&[4, 1]).unwrap();
    let summary = case.export(&ds, ExportImages::Auto).unwrap();
    assert_eq!((summary.rows, summary.images), (2, 2));
    let mut wanted = files(&case.src());
    wanted.retain(|name, _| name.contains("11.") || name.contains("14."));
    assert_same_trees(&wanted, &files(&case.out()));
}

#[test]
fn one_annotation_is_a_dataset_too() {
    let Some(case) = copy_of("fridge-voc") else { return };
    let file = case.src().join("annotations/12.xml");
    assert_eq!(convert::detect(&file, &[], &Job::new()).unwrap().format.name(), "voc");
    let options = ImportOptions { splits: vec!["mine".to_owned()], ..ImportOptions::default() };
    let summary = voc::import(&file, &case.dataset(), &options, &case.job).unwrap();
    assert_eq!((summary.rows, summary.images.linked), (1, 1));
    assert_eq!(value(&case.store().dataset(), 0, "split"), "mine");
}

#[test]
fn what_datumaro_reads_of_its_devkit_is_what_is_read_here() {
    let Some(case) = copy_of("datumaro-voc") else { return };
    let recorded: Json = serde_json::from_str(include_str!("../../recorded/voc_datumaro.json")).unwrap();
    // Datumaro takes corners as 0-based and the far one as beyond the box.
    let options = ImportOptions { coords: Coords::ZeroExclusive, ..ImportOptions::default() };
    case.import(&options).unwrap();
    let store = case.store();
    let ds = store.dataset();
    let names = |row, key: &str| -> Vec<Json> {
        let labels = value(&ds, row, key);
        let labels = labels.as_array().map(Vec::as_slice).unwrap_or_default();
        let table = store.classes("").unwrap();
        labels.iter().map(|l| json!(table.get(l.as_i64().unwrap()).unwrap().name)).collect()
    };
    assert_eq!(recorded.as_object().unwrap().len(), ds.len());
    for row in 0..ds.len() {
        let theirs = &recorded[value(&ds, row, "image_id").as_str().unwrap()];
        assert_eq!(theirs["split"], value(&ds, row, "split"));
        let boxes = theirs["boxes"].as_array().unwrap();
        assert_eq!(names(row, "label"), boxes.iter().map(|b| b["name"].clone()).collect::<Vec<_>>());
        for (at, theirs) in boxes.iter().enumerate() {
            assert_eq!(value(&ds, row, "bbox")[at], theirs["bbox"]);
            for flag in ["difficult", "truncated"] {
                // What nobody said it takes as no.
                let ours = value(&ds, row, flag)[at].as_bool().unwrap_or(false);
                assert_eq!(json!(ours), theirs[flag], "{flag}");
            }
        }
        let masks = theirs["masks"].as_array().unwrap();
        assert_eq!(names(row, "masks.label"), masks.iter().map(|m| m["name"].clone()).collect::<Vec<_>>());
        for (at, theirs) in masks.iter().enumerate() {
            assert_eq!(value(&ds, row, "masks.area")[at].as_f64(), theirs["area"].as_f64());
        }
    }
}
