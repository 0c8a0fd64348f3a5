//! PNG and record that do not say the same: told, and kept as they are.

use lensframe::convert::{ExportImages, ExportOptions, Images, ImportOptions, coco};
use lensframe::image::LabelImage;
use lensframe::job::Job;
use serde_json::{Value as Json, json};

use super::{Made, folder_of, record, write};

const IDS: [u32; 6] = [5, 5, 0, 300, 5, 0];

fn right() -> [Json; 2] {
    [
        json!({"id": 5, "category_id": 1, "iscrowd": 0, "bbox": [0, 0, 2, 2], "area": 3}),
        json!({"id": 300, "category_id": 9, "iscrowd": 0, "bbox": [0, 1, 1, 1], "area": 1}),
    ]
}

/// What is told of these segments over the PNG of [`IDS`].
fn told(segments: Vec<Json>) -> Vec<(&'static str, String)> {
    let folder = folder_of(&IDS, segments.into());
    let made = Made::of(&folder.path().join("panoptic_val.json"), &ImportOptions::default());
    made.warnings().into_iter().filter(|(code, _)| *code != "images.none").collect()
}

fn edited(name: &str, value: Json) -> Vec<Json> {
    let [mut a, b] = right();
    a[name] = value;
    vec![a, b]
}

#[test]
fn a_record_that_agrees_is_told_nothing_of() {
    assert_eq!(told(right().to_vec()), []);
}

#[test]
fn every_disagreement_is_told_with_both_sides() {
    let [a, b] = right();
    for (segments, code, what) in [
        (edited("area", json!(4)), "coco.panoptic-area", "segment 5 has 3 pixels, its area is declared 4"),
        (
            edited("bbox", json!([0, 0, 2, 1])),
            "coco.panoptic-box",
            "segment 5 spans [0.0, 0.0, 2.0, 2.0], its box is declared [0.0, 0.0, 2.0, 1.0]",
        ),
        (vec![a.clone()], "coco.panoptic-stray", "1 pixels have the id 300, which no segment has"),
        (
            vec![a.clone(), b.clone(), json!({"id": 6})],
            "coco.panoptic-no-pixels",
            "segment 6 has no pixels in the PNG",
        ),
        (vec![a.clone(), b.clone(), a], "coco.panoptic-duplicate", "two segments have the id 5"),
        (
            vec![b, right()[0].clone(), json!({"id": 16_777_221})],
            "coco.panoptic-no-pixels",
            "segment 16777221 has no pixels in the PNG",
        ),
    ] {
        assert_eq!(told(segments), [(code, what.to_owned())]);
    }
    let text = edited("id", json!("5"));
    let codes: Vec<_> = told(text).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["coco.panoptic-no-pixels", "coco.panoptic-stray"]);
}

#[test]
fn a_png_of_another_size_or_kind_and_what_is_no_png_are_told_and_kept() {
    let folder = folder_of(&IDS, right().to_vec().into());
    let [larger, gray] = [
        LabelImage::from_ids((3, 3), &[5, 5, 0, 300, 5, 0, 0, 0, 0]).unwrap(),
        LabelImage::gray16((2, 3), IDS.map(|id| id as u16).to_vec()).unwrap(),
    ];
    for (png, code) in [
        (larger.encode().unwrap(), "coco.panoptic-size"),
        (gray.encode().unwrap(), "coco.panoptic-colours"),
        (b"no PNG at all".to_vec(), "coco.panoptic-png"),
        (gray.encode().unwrap()[..40].to_vec(), "coco.panoptic-png"),
    ] {
        write(&folder, "panoptic_val/a.png", &png);
        for images in [Images::Auto, Images::Embed] {
            let options = ImportOptions { images, ..ImportOptions::default() };
            let made = Made::of(&folder.path().join("panoptic_val.json"), &options);
            let codes: Vec<_> = made.warnings().into_iter().map(|(code, _)| code).collect();
            assert_eq!(codes, [code, "images.none"]);
            assert_eq!(made.painting(0), png);
            let back = made.export(&ExportOptions { images: ExportImages::Copy, ..Default::default() });
            assert_eq!(std::fs::read(back.join("panoptic_val/a.png")).unwrap(), png);
        }
    }
}

#[test]
fn the_first_disagreement_stops_a_strict_job() {
    let folder = folder_of(&IDS, edited("area", json!(4)).into());
    write(&folder, "a.jpg", b"a photograph");
    let dst = folder.path().join("x.lf");
    let src = folder.path().join("panoptic_val.json");
    let options = ImportOptions { probe: false, ..ImportOptions::default() };
    let e = coco::import(&src, &dst, &options, &Job::new().strict(true)).unwrap_err();
    assert!(e.to_string().contains("panoptic_val/a.png: segment 5 has 3 pixels"), "{e}");
    assert!(!dst.exists());
}

#[test]
fn an_absent_png_is_told_once_a_row_and_an_absent_folder_once() {
    let mut file = record(right().to_vec().into());
    file["images"].as_array_mut().unwrap().push(json!({"id": 8}));
    for name in [json!("b.png"), json!("../a.png"), Json::Null] {
        let records = file["annotations"].as_array_mut().unwrap();
        records.truncate(1);
        records.push(json!({"image_id": 8, "file_name": name, "segments_info": []}));
        let folder = folder_of(&IDS, json!([]));
        write(&folder, "panoptic_val.json", file.to_string().as_bytes());
        let made = Made::of(&folder.path().join("panoptic_val.json"), &ImportOptions::default());
        let codes: Vec<_> = made.warnings().into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes, ["coco.panoptic-absent", "images.none"], "{name}");
        assert!(made.value("panoptic", 1).is_null() && !made.value("panoptic", 0).is_null());
        assert_eq!(made.job.warnings().count("coco.panoptic-absent"), 1);

        std::fs::remove_dir_all(folder.path().join("panoptic_val")).unwrap();
        let made = Made::of(&folder.path().join("panoptic_val.json"), &ImportOptions::default());
        assert_eq!(made.job.warnings().count("coco.panoptic-absent"), 1);
        assert!(made.store.dataset().keys().find("panoptic").is_err());
    }
}

#[test]
fn records_that_cannot_be_taken_apart_are_told_and_come_back() {
    let [a, b] = right();
    let mut file = record(json!([a, b]));
    let more = [
        json!({"image_id": 7, "file_name": "a.png", "segments_info": [b]}),
        json!({"image_id": 7, "file_name": "a.png"}),
        json!({"image_id": 7, "file_name": "a.png", "segments_info": [3]}),
        json!({"image_id": 1, "file_name": "a.png", "segments_info": []}),
        json!("no record"),
    ];
    file["annotations"].as_array_mut().unwrap().extend(more);
    let folder = folder_of(&IDS, json!([]));
    write(&folder, "panoptic_val.json", file.to_string().as_bytes());
    let made = Made::of(&folder.path().join("panoptic_val.json"), &ImportOptions::default());
    let count = |code: &str| made.job.warnings().count(code);
    assert_eq!((count("coco.duplicate-panoptic"), count("coco.panoptic-record")), (1, 3));
    assert_eq!((count("coco.orphan-annotation"), made.summary.orphans), (1, 5));
    // The last record of an image is its own.
    assert_eq!(super::list(&made.value("object_id", 0)).len(), 1);
    let back = made.export(&ExportOptions::default()).join("panoptic_val.json");
    assert_eq!(serde_json::from_slice::<Json>(&std::fs::read(back).unwrap()).unwrap(), file);
}
