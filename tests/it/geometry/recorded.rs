//! pycocotools' answers, bit for bit: recorded ones always, live ones where a Python with it is named.

use lensframe::geometry::rle::text;
use lensframe::geometry::{BBox, Rle, Size, coco_iou_matrix, coco_mask_iou, coco_mask_iou_matrix};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded")
}

/// The recorded cases of one file, each with its kind.
fn cases(file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder().join(file)).unwrap();
    let root: Value = serde_json::from_str(&text).unwrap();
    root["cases"].as_array().unwrap().clone()
}

fn of_kind<'a>(cases: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    cases.iter().filter(move |c| c["kind"] == kind)
}

fn get<T: serde::de::DeserializeOwned>(value: &Value, key: &str) -> T {
    T::deserialize(&value[key]).unwrap_or_else(|e| panic!("{key} of {value}: {e}"))
}

fn size(case: &Value) -> Size {
    let [height, width] = get(case, "size");
    Size::new(height, width)
}

fn flags(case: &Value) -> Vec<bool> {
    get::<Vec<u8>>(case, "crowd").into_iter().map(|c| c != 0).collect()
}

/// The same numbers in the same bits.
#[track_caller]
fn same_bits(got: &[f64], want: &[Vec<f64>], case: &Value) {
    let want: Vec<f64> = want.concat();
    let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(got), bits(&want), "{got:?} {want:?} {case}");
}

#[track_caller]
fn check_polygons(case: &Value, answer: &Value) {
    let mask = Rle::from_polygons(size(case), &get::<Vec<Vec<f64>>>(case, "rings")).unwrap();
    assert_eq!(mask.to_coco_string(), get::<String>(answer, "mask"), "{case}");
    assert_eq!(mask.area(), get::<u32>(answer, "area"), "{case}");
    assert_eq!(mask.bbox().to_array(), get::<[f64; 4]>(answer, "bbox"), "{case}");
}

#[test]
fn recorded_polygons_give_pycocotools_bits() {
    let all = cases("geometry_polygons.json");
    let mut filled = 0;
    for case in of_kind(&all, "polygons") {
        check_polygons(case, &case["answer"]);
        filled += u32::from(case["answer"]["area"] != 0);
    }
    assert!(filled > 200, "most cases fill something: {filled}");
}

#[test]
fn recorded_boxes_fill_pycocotools_bits() {
    let all = cases("geometry_polygons.json");
    let mut seen = 0;
    for case in of_kind(&all, "filled_box") {
        let [x, y, w, h] = get(case, "bbox");
        let mask = Rle::from_bbox(size(case), &BBox::try_new(x, y, w, h).unwrap()).unwrap();
        assert_eq!(mask.to_coco_string(), get::<String>(&case["answer"], "mask"), "{case}");
        seen += 1;
    }
    assert_eq!(seen, 60);
}

#[track_caller]
fn check_masks(case: &Value, answer: &Value) {
    let size = size(case);
    let masks = |key| -> Vec<Rle> {
        let lists: Vec<Vec<i64>> = get(case, key);
        lists.iter().map(|counts| Rle::from_list(size, counts).unwrap()).collect()
    };
    let (found, truth) = (masks("found"), masks("truth"));
    let strings: Vec<String> = get(answer, "found");
    assert_eq!(strings.len(), found.len());
    for (mask, string) in found.iter().zip(&strings) {
        assert_eq!(&mask.to_coco_string(), string, "{case}");
        assert_eq!(&Rle::from_coco_string(size, string.as_bytes()).unwrap(), mask);
    }
    let areas: Vec<u32> = found.iter().map(Rle::area).collect();
    assert_eq!(areas, get::<Vec<u32>>(answer, "area"), "{case}");
    let boxes: Vec<[f64; 4]> = found.iter().map(|m| m.bbox().to_array()).collect();
    assert_eq!(boxes, get::<Vec<[f64; 4]>>(answer, "bbox"), "{case}");

    let crowd = flags(case);
    let iou = coco_mask_iou_matrix(&found, &truth, &crowd).unwrap();
    same_bits(&iou, &get::<Vec<Vec<f64>>>(answer, "iou"), case);

    let all = || found.iter().chain(&truth);
    assert_eq!(Rle::union_all(all()).unwrap().to_coco_string(), get::<String>(answer, "union"), "{case}");
    let shared = Rle::intersection_all(all()).unwrap();
    assert_eq!(shared.to_coco_string(), get::<String>(answer, "intersection"), "{case}");
    let pairs = || found.iter().flat_map(|a| truth.iter().map(move |b| (a, b)));
    let unions: Vec<String> = pairs().map(|(a, b)| a.union(b).unwrap().to_coco_string()).collect();
    assert_eq!(unions, get::<Vec<String>>(answer, "pair_union"), "{case}");
    let shared: Vec<String> = pairs().map(|(a, b)| a.intersection(b).unwrap().to_coco_string()).collect();
    assert_eq!(shared, get::<Vec<String>>(answer, "pair_intersection"), "{case}");
}

#[test]
fn recorded_masks_give_pycocotools_strings_areas_boxes_merges_and_overlaps() {
    let all = cases("geometry_masks.json");
    let mut seen = 0;
    for case in of_kind(&all, "masks") {
        check_masks(case, &case["answer"]);
        seen += 1;
    }
    assert_eq!(seen, 120);
}

#[test]
fn runs_of_zero_inside_a_mask_are_read_as_pycocotools_reads_them() {
    let all = cases("geometry_masks.json");
    let mut loose = 0;
    for case in of_kind(&all, "loose") {
        let (counts, answer): (Vec<u32>, _) = (get(case, "counts"), &case["answer"]);
        let string: String = get(answer, "mask");
        assert_eq!(text::write(&counts), string, "written as they are: {case}");
        assert_eq!(text::parse(string.as_bytes()).unwrap(), counts, "read as they are: {case}");
        loose += u32::from(counts.iter().skip(1).any(|c| *c == 0));

        let mask = Rle::from_coco_string(size(case), string.as_bytes()).unwrap();
        let pixels: String = mask.to_pixels().unwrap().iter().map(u8::to_string).collect();
        assert_eq!(pixels, get::<String>(answer, "pixels"), "{case}");
        assert_eq!(mask.to_coco_string(), get::<String>(answer, "tight"), "{case}");
        assert_eq!(mask.area(), get::<u32>(answer, "area"), "{case}");
        let bbox: [f64; 4] = get(answer, "bbox");
        if mask.is_empty() && counts.len() > 1 {
            // The one answer we repair: without a pixel inside, the tool's unsigned subtraction wraps.
            assert!(bbox[2] > 4e9, "{case}");
            assert_eq!(mask.bbox(), BBox::default());
        } else {
            assert_eq!(mask.bbox().to_array(), bbox, "{case}");
        }
    }
    assert!(loose > 30, "most cases have runs of 0: {loose}");
}

#[track_caller]
fn check_boxes(case: &Value, answer: &Value) {
    let boxes = |key| get::<Vec<[f64; 4]>>(case, key);
    let iou = coco_iou_matrix(&boxes("found"), &boxes("truth"), &flags(case)).unwrap();
    same_bits(&iou, &get::<Vec<Vec<f64>>>(answer, "iou"), case);
}

#[test]
fn recorded_box_overlaps_have_pycocotools_bits() {
    let all = cases("geometry_boxes.json");
    assert_eq!(all.len(), 40);
    for case in &all {
        check_boxes(case, &case["answer"]);
    }
}

#[test]
fn masks_of_two_sizes_overlap_by_minus_one_only_where_their_boxes_meet() {
    let all = cases("geometry_masks.json");
    let case = of_kind(&all, "two_sizes").next().unwrap();
    let masks: Vec<Rle> = get::<Vec<Value>>(case, "masks")
        .iter()
        .map(|m| Rle::try_new(size(m), get(m, "counts")).unwrap())
        .collect();
    let iou = coco_mask_iou_matrix(&masks, &masks, &vec![false; masks.len()]).unwrap();
    same_bits(&iou, &get::<Vec<Vec<f64>>>(&case["answer"], "iou"), case);
    assert_eq!(
        (coco_mask_iou(&masks[0], &masks[1], false), coco_mask_iou(&masks[0], &masks[2], false)),
        (-1.0, 0.0)
    );
}

/// Asks pycocotools now; `None` where no Python is named.
fn ask(cases: &[Value]) -> Option<Vec<Value>> {
    let Some(python) = std::env::var_os("LENSFRAME_PEERS_PYTHON") else {
        eprintln!("not asked live: LENSFRAME_PEERS_PYTHON names no Python with pycocotools");
        return None;
    };
    let mut child = Command::new(python)
        .arg(folder().join("geometry.py"))
        .arg("answer")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&serde_json::to_vec(cases).unwrap()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "geometry.py answer failed");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn pycocotools_asked_live_gives_the_same_bits() {
    let span = prop_oneof![Just(1.0), Just(1.5), Just(4.0), Just(40.0)];
    let number = prop_oneof![
        (-400i32..1400).prop_map(|v| f64::from(v) / 1000.0),
        (-4i32..14).prop_map(|v| f64::from(v) / 10.0),
        -0.5f64..1.5,
    ];
    let ring = (span, 3usize..16).prop_flat_map(move |(span, n)| {
        prop::collection::vec(number.clone().prop_map(move |v| v * span), 2 * n)
    });
    let polygon = (1u32..90, 1u32..90, prop::collection::vec(ring, 1..4)).prop_map(|(h, w, rings)| {
        let scale = |ring: Vec<f64>| -> Vec<f64> {
            ring.iter().enumerate().map(|(i, v)| v * f64::from(if i % 2 == 0 { w } else { h })).collect()
        };
        let rings: Vec<Vec<f64>> = rings.into_iter().map(scale).collect();
        json!({"kind": "polygons", "size": [h, w], "rings": rings})
    });
    let masks = (1u32..40, 1u32..40).prop_flat_map(|(h, w)| {
        let mask = move || {
            prop::collection::vec(1u32..=h * 2, 0..60).prop_map(move |mut runs| {
                runs.insert(0, runs.len() as u32 % 2 * 3);
                super::twin::cut(&mut runs, h * w);
                runs
            })
        };
        let some = move || prop::collection::vec(mask(), 1..4);
        (some(), some()).prop_flat_map(move |(found, truth)| {
            prop::collection::vec(0u8..2, truth.len()).prop_map(move |crowd| {
                json!({"kind": "masks", "size": [h, w], "found": found, "truth": truth, "crowd": crowd})
            })
        })
    });
    let mut runner = TestRunner::deterministic();
    let mut draw = |n: usize, what: &BoxedStrategy<Value>| -> Vec<Value> {
        (0..n).map(|_| what.new_tree(&mut runner).unwrap().current()).collect()
    };
    let mut cases = draw(3000, &polygon.boxed());
    cases.extend(draw(1000, &masks.boxed()));
    let Some(answers) = ask(&cases) else { return };
    assert_eq!(answers.len(), cases.len());
    for (case, answer) in cases.iter().zip(&answers) {
        match case["kind"].as_str() {
            Some("polygons") => check_polygons(case, answer),
            _ => check_masks(case, answer),
        }
    }
}
