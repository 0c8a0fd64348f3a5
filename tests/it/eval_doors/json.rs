//! COCO's results and their relatives.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use lensframe::eval::read::{ClassNumbers, PredictionOptions};

use super::{Desk, damage_every_byte, det};

/// A record of image `image`, given as JSON.
fn record(image: &str, class: i64) -> String {
    format!(r#"{{"image_id": {image}, "category_id": {class}, "bbox": [1, 2, 3, 4.5], "score": 0.5}}"#)
}

#[test]
fn a_list_a_whole_file_lines_and_instances_are_one() {
    let desk = Desk::new();
    let one = record("7", 3);
    let own = [det(7, "car", 0.5, [1.0, 2.0, 3.0, 4.5])];
    for text in [
        format!("[{one}]"),
        format!("\u{feff}\r\n[{one}]"),
        format!(r#"{{"info": {{}}, "annotations": [{one}], "images": [{{"id": 7, "file_name": "x.jpg"}}]}}"#),
        format!("{one}\n"),
        format!(r#"[{{"image_id": 7, "instances": [{one}]}}]"#),
    ] {
        // The name says nothing.
        assert_eq!(desk.found(&desk.put("predictions.bin", &text)), own, "{text}");
    }
    let two = format!("{one}\r\n{one}");
    assert_eq!(desk.found(&desk.put("two.jsonl", two)).len(), 2);
    assert_eq!(desk.found(&desk.put("none.json", "[]")), []);
}

#[test]
fn a_compressed_list_is_read() {
    let desk = Desk::new();
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    gz.write_all(format!("[{}]", record("7", 1)).as_bytes()).unwrap();
    let bytes = gz.finish().unwrap();
    assert_eq!(desk.found(&desk.put("a.json.gz", &bytes)).len(), 1);
    let error = desk.refused(&desk.put("b.json.gz", &bytes[..bytes.len() / 2]));
    assert!(error.to_string().contains("b.json.gz"), "{error}");
}

#[test]
fn images_named_by_text_are_found_and_unknown_ones_counted() {
    let desk = Desk::new();
    for name in ["b.x", "b.x.png", "val/b.x.png", "8"] {
        assert_eq!(desk.found(&desk.put("a.json", format!("[{}]", record(&format!("{name:?}"), 1))))[0].0, 8);
    }
    // As Ultralytics writes it: a text that is no number, or an id of its own beside the file's name.
    let text = format!("[{}, {}]", record("\"000007\"", 1), record("\"nowhere\"", 1));
    let comparison = desk.read(&desk.put("a.json", text), &PredictionOptions::default()).unwrap();
    assert_eq!((comparison.found.len(), comparison.rate.no_image), (1, 1));
    assert_eq!(comparison.remarks.count("found.image.by_name"), 1);
    let named =
        r#"[{"image_id": "k", "file_name": "c.jpg", "category_id": 1, "bbox": [1, 2, 3, 4], "score": 1}]"#;
    assert_eq!(desk.found(&desk.put("a.json", named))[0].0, 9);
}

#[test]
fn class_numbers_are_ids_unless_something_else_is_said() {
    let desk = Desk::new();
    let path = desk.put("a.json", format!("[{}, {}]", record("7", 0), record("7", 2)));
    let plain = desk.read(&path, &PredictionOptions::default()).unwrap();
    assert_eq!((plain.rate.no_class, plain.remarks.count("found.class.number")), (2, 1));
    let options = PredictionOptions { classes: ClassNumbers::ZeroBased, ..PredictionOptions::default() };
    let read = super::listed(&desk.read(&path, &options).unwrap());
    assert_eq!([read[0].1.as_str(), read[1].1.as_str()], ["person", "traffic light"]);
}

#[test]
fn a_score_for_all_makes_annotations_detections() {
    let desk = Desk::new();
    let path = desk.path("truth.json");
    assert!(desk.refused(&path).to_string().contains("result 0 has no \"score\""));
    let one = PredictionOptions { score: Some(1.0), ..PredictionOptions::default() };
    let read = super::listed(&desk.read(&path, &one).unwrap());
    assert_eq!(read, [det(7, "person", 1.0, [10.0, 10.0, 20.0, 20.0])]);
}

#[test]
fn what_is_no_list_of_results_says_so() {
    let desk = Desk::new();
    for (text, part) in [
        (r#"[{"image_id": 7, "bbox": [1, 2, 3, 4], "score": 1}]"#, "category_id"),
        (r#"[{"image_id": 7, "file_name": null, "category_id": 1, "score": 1}]"#, "result 0 has no \"bbox\""),
        (r#"[{"instances": [{"instances": []}]}]"#, "instances lie within instances"),
        ("", "the file is empty"),
        ("{", "ends"),
        ("\u{80}\u{4}", "known format"),
    ] {
        let error = desk.refused(&desk.put("a.json", text));
        assert!(error.to_string().contains(part), "{text}: {error}");
    }
    let pickle = desk.refused(&desk.put("results.pkl", b"\x80\x04\x95abc"));
    assert!(pickle.to_string().contains("a pickle of Python runs code"), "{pickle}");
    assert!(pickle.remedy_text().unwrap().contains("coco_instances_results.json"));
    let torch = desk.refused(&desk.put("instances_predictions.pth", b"PK\x03\x04....archive/data.pkl...."));
    assert!(torch.to_string().contains("an archive of torch"), "{torch}");
}

#[test]
fn a_list_that_is_damaged_never_does_worse_than_fail() {
    let desk = Desk::new();
    let text =
        format!(r#"{{"images": [{{"id": 7, "file_name": "é\n"}}], "annotations": [{}]}}"#, record("7", 3));
    let path = desk.path("a.json");
    damage_every_byte(&desk, text.as_bytes(), "a.json", &path, &PredictionOptions::default());
}
