//! What records become, and that nothing of them is lost.

use lensframe::convert::coco::read_bytes;
use lensframe::dataset::Value;
use lensframe::job::Job;
use lensframe::random::Random;

use super::rebuild::{Whole, comes_back};

fn list(whole: &Whole, key: &str, row: usize) -> Vec<Value> {
    let Value::Array(list) = whole.value(key, row) else { return Vec::new() };
    (0..list.len()).map(|i| Value::of(&list, i)).collect()
}

/// A file of one image of 10 by 20 with these annotations.
fn annotated(annotations: &str) -> String {
    format!(
        r#"{{"images": [{{"id": 7, "file_name": "a.jpg", "height": 10, "width": 20}}],
            "annotations": [{annotations}],
            "categories": [{{"id": 4, "name": "cat"}}, {{"id": 9, "name": "dog", "supercategory": "animal"}}]}}"#
    )
}

#[test]
fn known_members_become_their_keys() {
    let (whole, job) = comes_back(&annotated(
        r#"{"id": 1, "image_id": 7, "category_id": 9, "bbox": [1, 2, 3.5, 4], "area": 7.25, "iscrowd": 0,
            "segmentation": [[1, 2, 3.5, 4, 5, 6]], "keypoints": [1, 2, 2, 0, 0, 0], "num_keypoints": 1},
           {"id": 2, "image_id": 7, "category_id": 4, "bbox": [0, 0, 1, 1], "area": 1.5, "iscrowd": 1,
            "segmentation": {"counts": [0, 20, 180], "size": [10, 20]}, "keypoints": [], "num_keypoints": 0}"#,
    ));
    assert_eq!(list(&whole, "label", 0), [Value::Int(1), Value::Int(0)]);
    assert_eq!(list(&whole, "object_id", 0), [Value::Int(1), Value::Int(2)]);
    assert_eq!(list(&whole, "crowded", 0), [Value::Bool(false), Value::Bool(true)]);
    assert_eq!(list(&whole, "area", 0), [Value::Float(7.25), Value::Float(1.5)]);
    assert_eq!(list(&whole, "object_extra", 0), [Value::Null, Value::Null]);
    assert!(!whole.has("ordinal") && !whole.has("score") && !whole.has("caption"));
    assert_eq!(job.warnings().total(), 0);
}

#[test]
fn absent_null_and_empty_are_three_things() {
    let (whole, _) = comes_back(&annotated(
        r#"{"id": 1, "image_id": 7, "segmentation": []}, {"id": 2, "image_id": 7, "segmentation": null},
           {"id": 3, "image_id": 7}"#,
    ));
    let extras = list(&whole, "object_extra", 0);
    assert_eq!(extras, [Value::Null, Value::from(r#"{"@declared":{"segmentation":null}}"#), Value::Null]);
    let shapes = list(&whole, "segmentation", 0);
    assert!(
        shapes[0].member("polygon").is_some_and(|p| !p.is_null())
            && shapes[1].is_null()
            && shapes[2].is_null()
    );
}

#[test]
fn numbers_come_back_as_they_were_written() {
    let mut records: Vec<String> = (0..20)
        .map(|i| format!(r#"{{"id": {i}, "image_id": 7, "bbox": [1, 2, 3, 4], "area": 3.0, "score": 0.5}}"#))
        .collect();
    records.push(r#"{"id": 20, "image_id": 7, "bbox": [1.0, 2, 3, 4], "area": 3, "score": 1}"#.to_owned());
    records.push(r#"{"id": 21, "image_id": 7, "bbox": [1, 2, 3.5, 4], "area": -0, "score": 1e3}"#.to_owned());
    records.push(
        r#"{"id": 22, "image_id": 7, "area": 9007199254740993, "score": 0.1000000000000000055}"#.to_owned(),
    );
    let (whole, _) = comes_back(&annotated(&records.join(",")));
    assert_eq!(whole.residue()["files"][0]["numbers"]["bbox"], "int");
    assert_eq!(whole.residue()["files"][0]["numbers"]["area"], "float");
    let extras = list(&whole, "object_extra", 0);
    assert_eq!(extras[20], Value::from(r#"{"@declared":{"bbox":[1.0,2,3,4],"area":3,"score":1}}"#));
    assert_eq!(extras[21], Value::from(r#"{"@declared":{"area":-0}}"#));
    assert_eq!(list(&whole, "area", 0)[20], Value::Float(3.0));
}

#[test]
fn ids_keep_64_bits_and_text_stays_text() {
    let (whole, _) = comes_back(
        r#"{"images": [{"id": 9007199254740993}], "annotations":
            [{"id": 9223372036854775807, "image_id": 9007199254740993}, {"id": "x", "image_id": 9007199254740993.0}]}"#,
    );
    assert_eq!(whole.value("image_id", 0), Value::Int(9_007_199_254_740_993));
    assert_eq!(list(&whole, "object_id", 0), [Value::Int(i64::MAX)]);
    let (whole, _) = comes_back(
        r#"{"images": [{"id": "a/1"}, {"id": "7"}], "annotations": [{"id": "q", "image_id": "7"}]}"#,
    );
    assert_eq!(whole.value("image_id", 1), Value::from("7"));
    assert_eq!(list(&whole, "object_id", 1), [Value::from("q")]);
}

#[test]
fn an_id_written_as_a_float_is_the_integer_and_comes_back_a_float() {
    let (whole, _) = comes_back(&annotated(r#"{"id": 1.0, "image_id": 7.0, "category_id": 4.0}"#));
    assert_eq!(list(&whole, "object_id", 0), [Value::Int(1)]);
    assert_eq!(list(&whole, "label", 0), [Value::Int(0)]);
}

#[test]
fn annotations_come_back_in_the_order_of_their_file() {
    let text = r#"{"annotations": [{"id": 1, "image_id": 5}, {"id": 2, "image_id": 7}, {"id": 3, "image_id": 5}],
        "images": [{"id": 7}, {"id": 5}, {"id": 6}]}"#;
    let (whole, _) = comes_back(text);
    assert_eq!(list(&whole, "ordinal", 1), [Value::Int(0), Value::Int(2)]);
    let Value::Array(none) = whole.value("object_id", 2) else {
        panic!("an image without annotations is not null")
    };
    assert_eq!(none.len(), 0);
}

#[test]
fn orphans_lie_in_the_residue_at_their_place() {
    let (whole, job) = comes_back(&annotated(
        r#"{"id": 1, "image_id": 8, "x": [1.50]}, {"id": 2, "image_id": 7}, {"id": 3}, null, {"id": 4, "image_id": {}}"#,
    ));
    assert_eq!(whole.residue()["files"][0]["orphans"][0][0], 0);
    assert_eq!(list(&whole, "object_id", 0), [Value::Int(2)]);
    assert_eq!(job.warnings().count("coco.orphan-annotation"), 4);
}

#[test]
fn common_unknown_members_become_keys_and_the_rest_is_text() {
    let (whole, _) = comes_back(
        r#"{"images": [{"id": 1, "license": 3, "coco_url": "http://x", "meta": {"a": [1, {"b": null}]}}],
            "annotations": [{"image_id": 1, "license": 5, "own": true, "attributes": {"x": 1}}], "odd": [1.0, 1]}"#,
    );
    assert_eq!(whole.value("attr.license", 0), Value::Int(3));
    assert_eq!(whole.value("attr.coco_url", 0), Value::from("http://x"));
    assert_eq!(whole.value("extra", 0), Value::from(r#"{"meta":{"a":[1,{"b":null}]}}"#));
    assert_eq!(list(&whole, "attr.own", 0), [Value::Bool(true)]);
    // `license` is the images' key in the default set.
    assert_eq!(list(&whole, "object_extra", 0), [Value::from(r#"{"license":5,"attributes":{"x":1}}"#)]);
}

#[test]
fn names_that_extra_uses_itself_come_back() {
    comes_back(
        r#"{"images": [{"id": 1, "@absent": ["id"], "@declared": 3}], "annotations":
        [{"image_id": 1, "@declared": {"bbox": 1}, "@absent": 2}]}"#,
    );
}

#[test]
fn the_number_of_keypoints_is_derived_or_kept() {
    let (whole, _) = comes_back(&annotated(
        r#"{"image_id": 7, "keypoints": [1, 2, 2], "num_keypoints": 1}, {"image_id": 7, "keypoints": [1, 2, 2]},
           {"image_id": 7, "keypoints": [1, 2, 2], "num_keypoints": 17}, {"image_id": 7, "num_keypoints": 0},
           {"image_id": 7, "keypoints": [1, 2, 0.75], "num_keypoints": 1}, {"image_id": 7, "num_keypoints": "x"}"#,
    ));
    let extras = list(&whole, "object_extra", 0);
    assert_eq!(extras[0], Value::Null);
    assert_eq!(extras[1], Value::from(r#"{"@absent":["num_keypoints"]}"#));
    assert_eq!(extras[2], Value::from(r#"{"@declared":{"num_keypoints":17}}"#));
}

#[test]
fn results_are_read_as_a_list() {
    let (whole, _) = comes_back(
        r#"[{"image_id": 42, "category_id": 18, "bbox": [258.15, 41.29, 348.26, 243.78], "score": 0.236},
            {"image_id": 7, "category_id": 2, "bbox": [1.0, 2.0, 3.5, 4.5], "score": 1.0},
            {"image_id": 42, "category_id": 2, "segmentation": {"size": [2, 2], "counts": "04"}, "score": 0.5}]"#,
    );
    assert_eq!(whole.value("image_id", 0), Value::Int(42));
    assert_eq!(list(&whole, "label", 0), [Value::Int(1), Value::Int(0)]);
    assert_eq!(list(&whole, "object_id", 0), [Value::Null, Value::Null]);
    assert!(!whole.has("file_name") && !whole.has("height"));
    assert_eq!(whole.residue()["files"][0]["layout"], "array");
}

#[test]
fn captions_without_categories_warn_of_nothing() {
    let (whole, job) = comes_back(
        r#"{"images": [{"id": 1}], "categories": [], "annotations":
            [{"id": 1, "image_id": 1, "category_id": 0, "caption": "h\u00e9\"\n\ud83d\ude00"}]}"#,
    );
    assert_eq!(list(&whole, "caption", 0), [Value::from("hé\"\n😀")]);
    assert!(!whole.has("label"));
    assert_eq!(job.warnings().total(), 0);
}

#[test]
fn an_empty_file_of_images_alone_has_no_object_keys() {
    let (whole, _) = comes_back(r#"{"images": [{"id": 1, "file_name": "a"}], "info": null}"#);
    assert!(!whole.has("object_id"));
    let (whole, _) = comes_back(r#"{"images": [], "annotations": [], "categories": []}"#);
    assert_eq!(whole.rows(), 0);
}

/// One of these, by chance.
fn pick<'a>(random: &mut Random, from: &[&'a str]) -> &'a str {
    from[usize::try_from(random.below(from.len() as u64)).unwrap()]
}

#[test]
fn odd_files_come_back() {
    let values = [
        "null",
        "true",
        "false",
        "0",
        "1",
        "-1",
        "3.0",
        "2.5",
        "-0",
        "-0.0",
        "1e3",
        "1E400",
        "9007199254740993",
        "12345678901234567890123",
        "\"\"",
        "\"7\"",
        "\"\\u00e9\\\"\"",
        "[]",
        "{}",
        "[1]",
        "[1,2,3,4]",
        "[1.0,2.0,3.0,4.0]",
        "[1,2.5,3,4]",
        "[-1,0,0,1e300]",
        "[[1,2,3,4,5,6]]",
        "[[1.0,2]]",
        "[[]]",
        "[[1],[2.5,3]]",
        "[[1,null]]",
        "{\"counts\":[1,2],\"size\":[1,3]}",
        "{\"size\":[1,3],\"counts\":\"03\"}",
        "{\"counts\":[1.0],\"size\":[1,3]}",
        "{\"counts\":[1],\"size\":[1,3],\"z\":0}",
        "[1,2,2,0,0,0]",
        "[1.5,2,1]",
        "[1,2,0.5]",
        "{\"a\":[{\"b\":[1.50,\"x\"]}]}",
    ];
    let names = [
        "id",
        "image_id",
        "category_id",
        "bbox",
        "area",
        "iscrowd",
        "segmentation",
        "keypoints",
        "num_keypoints",
        "caption",
        "score",
        "license",
        "own",
        "x.y",
        "@declared",
        "\\u0069d",
        "bb\\u006fx",
    ];
    let image_names = ["file_name", "height", "width", "license", "url", "@absent"];
    for seed in 0..3000 {
        let mut random = Random::keyed(&[17, seed]);
        let images: Vec<String> = (0..random.below(4))
            .map(|i| {
                let mut record = vec![format!("\"id\":{}", if random.below(8) == 0 { 0 } else { i })];
                for name in image_names {
                    if random.below(3) == 0 {
                        record.push(format!("\"{name}\": {}", pick(&mut random, &values)));
                    }
                }
                format!("{{{}}}", record.join(","))
            })
            .collect();
        let annotations: Vec<String> = (0..random.below(6))
            .map(|_| {
                let mut record = vec![format!("\"image_id\":{}", random.below(4))];
                for _ in 0..random.below(9) {
                    let name = pick(&mut random, &names);
                    let usual = match name {
                        "bbox" => "[1,2,3,4]",
                        "segmentation" => "[[1,2,3.5,4,5,6]]",
                        "category_id" | "id" => "1",
                        "keypoints" => "[1,2,2]",
                        _ => pick(&mut random, &values),
                    };
                    let value = if random.below(2) == 0 { usual } else { pick(&mut random, &values) };
                    // An id beyond 64 bits is an error by design.
                    if (name == "id" || name == "\\u0069d") && value.len() > 19 {
                        continue;
                    }
                    record.push(format!("\"{name}\" :{value}"));
                }
                format!("{{{}}}", record.join(" , "))
            })
            .collect();
        let (images, annotations) = (images.join(","), annotations.join(","));
        let categories = r#""categories":[{"id":1,"name":"a"},{"id":2,"name":"b","supercategory":null}]"#;
        let text = match random.below(3) {
            0 => format!(r#"{{"images":[{images}],"annotations":[{annotations}],{categories}}}"#),
            1 => format!(r#"{{"x":[1.0],"annotations":[{annotations}],"images":[{images}]}}"#),
            _ => format!(r#"{{{categories},"annotations":[{annotations}],"images":[{images}],"info":{{}}}}"#),
        };
        comes_back(&text);
    }
}

#[test]
fn of_members_that_come_twice_the_last_is_read() {
    let (whole, job) = comes_back(&annotated(
        r#"{"id": 1, "bbox": [1, 2, 3, 4], "image_id": 8, "id": 2, "bbox": [5, 6, 7, 8], "image_id": 7}"#,
    ));
    assert_eq!(list(&whole, "object_id", 0), [Value::Int(2)]);
    assert_eq!(job.warnings().count("coco.duplicate-member"), 1);
}

#[test]
fn many_rows_are_cut_into_batches_that_join_without_a_seam() {
    let polygon: Vec<String> = (0..200).map(|i| format!("{i}.25")).collect();
    let records: Vec<String> = (0..12_000)
        .map(|i| {
            format!(r#"{{"id": {i}, "image_id": {}, "segmentation": [[{}]]}}"#, i % 3000, polygon.join(","))
        })
        .collect();
    let images: Vec<String> = (0..3000).map(|i| format!(r#"{{"id": {i}}}"#)).collect();
    let text = format!(r#"{{"images": [{}], "annotations": [{}]}}"#, images.join(","), records.join(","));
    let tables = read_bytes(text.as_bytes(), &Job::new()).unwrap();
    assert!(tables.groups[0].batches.len() >= 2, "{} batches", tables.groups[0].batches.len());
    let whole = Whole::of_tables(&tables);
    assert_eq!(whole.rows(), 3000);
    assert_eq!(list(&whole, "object_id", 2999), [2999, 5999, 8999, 11999].map(Value::Int));
}
