//! Detections are what they say they are, against every object of their row.

use std::collections::BTreeMap;

use lensframe::dataset::store::{Depth, Store, WriterOptions};
use lensframe::dataset::{Dataset, Part, Value};
use lensframe::geometry::{BBox, Rle, Size};
use lensframe::job::Job;
use lensframe::synth::{Errors, Fault, Options, Scenes, Scores, Tally, add_detections, detections};

use super::agree::{floats, list, mask};
use super::{scenes, small};

const ERRORS: Errors =
    Errors { miss: 0.1, loc: 0.15, cls: 0.15, both: 0.1, dup: 0.2, bkg: 0.4, ..Errors::NONE };

fn with_detections(truth: &Dataset, errors: &Errors, seed: u64) -> Dataset {
    let made = detections(truth, "pred", errors, seed).unwrap();
    Dataset::zip([Part::from(truth), Part::from(&made)]).unwrap()
}

fn boxes(value: &Value) -> Vec<BBox> {
    let bbox = |v: &Value| {
        let [x, y, w, h] = floats(v)[..] else { panic!() };
        BBox::try_new(x, y, w, h).unwrap()
    };
    list(value).iter().map(bbox).collect()
}

#[test]
fn each_kind_is_what_it_says_among_all_objects_of_its_row() {
    let truth = scenes(Options { classes: 6, objects: lensframe::synth::Span::new(0, 8), ..small(120) });
    let errors = Errors { good: 0.7, ..ERRORS };
    let ds = with_detections(&truth, &errors, 3);
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let (mut missed, mut objects) = (0, 0);
    for row in 0..ds.len() {
        let row = ds.get(row).unwrap();
        let get = |key: &str| row.get(ds.keys().find(key).unwrap().0).unwrap().clone();
        let side = |key: &str| u32::try_from(get(key).as_int().unwrap()).unwrap();
        let size = Size::new(side("height"), side("width"));
        let (truth, labels, crowds) = (boxes(&get("bbox")), list(&get("label")), list(&get("crowded")));
        let masks: Vec<Rle> = list(&get("segmentation")).iter().map(|s| mask(s, size)).collect();
        let found = boxes(&get("pred.bbox"));
        let [found_labels, kinds, of, ious, scores, shapes, mask_ious] =
            ["label", "attr.error", "attr.truth", "attr.iou", "score", "segmentation", "attr.mask_iou"]
                .map(|base| list(&get(&format!("pred.{base}"))));
        let crowd = |n: usize| crowds[n] == Value::Bool(true);
        objects += (0..truth.len()).filter(|n| !crowd(*n)).count() as i64;
        missed += get("pred.missed").as_int().unwrap();
        assert!(scores.is_sorted_by(|a, b| a.as_float() >= b.as_float()), "the best first");
        let mut first: BTreeMap<i64, f64> = BTreeMap::new();
        for n in 0..found.len() {
            let kind = kinds[n].as_text().unwrap();
            *counts.entry(kind.to_owned()).or_default() += 1;
            let own = of[n].as_int().map(|at| at as usize);
            let right = own.is_some_and(|own| labels[own] == found_labels[n]);
            let iou = own.map_or(0.0, |own| found[n].iou(&truth[own]));
            assert_eq!(Some(iou), ious[n].as_float());
            let inside = found[n].clip(size);
            assert_eq!(inside, found[n], "within the picture");
            assert!(!own.is_some_and(crowd), "nothing is made of crowds");
            match kind {
                "ok" | "dup" => assert!(right && iou >= 0.7),
                "cls" => assert!(!right && iou >= 0.7),
                "loc" => assert!(right && (0.1..0.5).contains(&iou)),
                "both" => assert!(!right && (0.1..0.5).contains(&iou)),
                "bkg" => assert!(own.is_none() && truth.iter().all(|t| found[n].iou(t) < 0.1)),
                other => panic!("{other}"),
            }
            for (at, other) in truth.iter().enumerate() {
                let same = Some(at) != own && labels[at] == found_labels[n];
                if kind == "ok" {
                    assert!(!same || crowd(at) || found[n].iou(other) < iou, "its own object fits best");
                } else if same {
                    let part = if crowd(at) { found[n].iof(other) } else { found[n].iou(other) };
                    assert!(part < 0.1, "a {kind} on another object of its label");
                }
            }
            let made = mask(&shapes[n], size);
            match own {
                None => assert!(mask_ious[n].is_null()),
                Some(own) => {
                    let iou = made.iou(&masks[own]).unwrap();
                    assert_eq!(mask_ious[n].as_float(), Some(iou));
                    assert!(if ["loc", "both"].contains(&kind) { iou < 0.5 } else { iou >= 0.7 });
                }
            }
            if let (Some(own), "ok" | "dup") = (of[n].as_int(), kind) {
                // In order of scores the right one comes before its double.
                assert_eq!(first.insert(own, 0.0).is_some(), kind == "dup");
            }
        }
        let detected: std::collections::BTreeSet<i64> = of.iter().filter_map(Value::as_int).collect();
        assert_eq!(detected.len() as i64 + get("pred.missed").as_int().unwrap(), {
            (0..truth.len()).filter(|n| !crowd(*n)).count() as i64
        });
    }
    assert_eq!(counts.len(), 6, "{counts:?}");
    let tally = Tally::count(&ds, "pred", &Job::new()).unwrap();
    assert_eq!(tally.missed as i64, missed);
    for fault in Fault::ALL {
        assert_eq!(tally.of(fault), counts[fault.name()], "{}", fault.name());
    }
    // What finds no room is missed; still most of what was asked for is there.
    let share = |name: &str| counts[name] as f64 / objects as f64;
    assert!(share("loc") > 0.07 && share("cls") > 0.1 && share("ok") > 0.4, "{counts:?} of {objects}");
}

#[test]
fn without_errors_detections_are_the_truth() {
    let truth = scenes(Options { crowds: 0.0, ..small(20) });
    let ds = with_detections(&truth, &Errors::NONE, 1);
    for row in ds.list().unwrap() {
        let get = |key: &str| row.get(ds.keys().find(key).unwrap().0).unwrap().clone();
        let of: Vec<usize> =
            list(&get("pred.attr.truth")).iter().map(|v| v.as_int().unwrap() as usize).collect();
        for key in ["bbox", "label", "point", "visible"] {
            let (want, got) = (list(&get(key)), list(&get(&format!("pred.{key}"))));
            assert_eq!(got.len(), want.len());
            assert!(of.iter().zip(&got).all(|(at, got)| want[*at] == *got), "{key}");
        }
        let side = |key: &str| get(key).as_int().unwrap() as u32;
        let size = Size::new(side("height"), side("width"));
        let (want, got) = (list(&get("segmentation")), list(&get("pred.segmentation")));
        assert!(of.iter().zip(&got).all(|(at, got)| mask(&want[*at], size) == mask(got, size)));
    }
}

#[test]
fn the_same_seed_gives_the_same_detections_whatever_is_read_and_another_seed_others() {
    let truth = scenes(small(30));
    let of = |seed: u64| with_detections(&truth, &ERRORS, seed).select("pred.bbox").unwrap();
    let all = of(4).list().unwrap();
    assert_eq!(of(4).take(&[17]).unwrap().list().unwrap()[0], all[17]);
    assert_eq!(of(4).list().unwrap(), all);
    assert_ne!(of(5).list().unwrap(), all);
}

#[test]
fn scores_set_apart_are_apart() {
    let truth = scenes(small(30));
    let errors = Errors { scores: Scores::Separated(0.5), ..ERRORS };
    let ds = with_detections(&truth, &errors, 4);
    for row in ds.select(["pred.attr.error", "pred.score"]).unwrap().list().unwrap() {
        let [kinds, scores] = [0, 1].map(|at| list(row.get(at).unwrap()));
        for (kind, score) in kinds.iter().zip(scores) {
            assert_eq!(score.as_float().unwrap() >= 0.5, kind.as_text() == Some("ok"));
        }
    }
}

#[test]
fn stored_detections_are_a_set_of_their_own_and_equal_the_view() {
    let folder = tempfile::tempdir().unwrap();
    let (path, job) = (folder.path().join("a.lf"), Job::new());
    let scenes = Scenes::new(small(20), 2).unwrap();
    scenes.write(&path, WriterOptions::default(), &|_| true, &job).unwrap();
    let truth = Store::open(&path).unwrap().dataset();
    let made = detections(&truth, "pred", &ERRORS, 9).unwrap();
    let (tally, version) = add_detections(&path, "pred", &ERRORS, 9, &job).unwrap();
    assert_eq!(version, 2);
    let store = Store::open(&path).unwrap();
    assert!(store.verify(Depth::Values, &job).unwrap().is_sound());
    let names: Vec<&str> = made.keys().iter().filter_map(|key| key.name()).collect();
    assert_eq!(store.dataset().select(names).unwrap().list().unwrap(), made.list().unwrap());
    assert_eq!(Tally::count(&store.dataset(), "pred", &job).unwrap(), tally);
    assert_eq!(store.classes("pred"), store.classes(""));
    assert!(add_detections(&path, "pred", &ERRORS, 9, &job).is_err(), "the set is there");
}

#[test]
fn a_truth_without_classes_or_boxes_is_refused() {
    let bare =
        Dataset::zip([Part::from(("bbox", vec![Value::Null])), Part::from(("label", vec![Value::Null]))]);
    assert!(detections(&bare.unwrap(), "pred", &ERRORS, 0).is_err());
    let truth = scenes(small(1));
    assert!(detections(&truth.select(["label"]).unwrap(), "pred", &ERRORS, 0).is_err());
    assert!(detections(&truth, "", &ERRORS, 0).is_err() && detections(&truth, "a b", &ERRORS, 0).is_err());
    let wrong = Errors { miss: 2.0, ..ERRORS };
    assert!(detections(&truth, "pred", &wrong, 0).is_err());
}
