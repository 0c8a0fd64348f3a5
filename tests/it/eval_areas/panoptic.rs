//! The panoptic evaluator: panopticapi's answers, what disagrees, and sharding.

use lensframe::convert::{ImportOptions, coco};
use lensframe::dataset::store::Store;
use lensframe::error::ErrorKind;
use lensframe::eval::panoptic::{Evaluator, Options, Painted, Panoptics, Scores, Segment, rows};
use lensframe::geometry::{LabelMap, Size};
use lensframe::image::{LabelImage, MAX_LABEL_PIXELS};
use lensframe::job::Job;
use lensframe::random::Random;
use serde_json::{Value as Json, json};

use super::{grid, recorded, sharded};

#[derive(Clone)]
struct Side {
    size: Size,
    ids: Vec<u32>,
    segments: Vec<Segment>,
}

impl Side {
    fn new(size: (u32, u32), ids: &[u32], segments: &[Segment]) -> Side {
        Side { size: Size::new(size.0, size.1), ids: ids.to_vec(), segments: segments.to_vec() }
    }

    fn recorded(image: &Json, side: &str) -> Side {
        let (height, width, ids) = grid(&image[side]);
        let segment = |s: &Json| {
            let number = |key: &str| s[key].as_u64().unwrap() as u32;
            let crowd = s["crowd"] == json!(true);
            Segment { id: number("id"), label: number("label"), area: s["area"].as_f64(), crowd }
        };
        let segments = image[format!("{side}_segments")].as_array().unwrap().iter().map(segment).collect();
        Side { size: Size::new(height, width), ids: ids.into_iter().map(|id| id as u32).collect(), segments }
    }

    fn painted(&self) -> Painted<'_> {
        Painted::new(LabelMap::try_new(self.size, &self.ids).unwrap(), &self.segments)
    }
}

fn evaluate(options: Options, images: &[(Side, Side)]) -> Scores {
    let mut evaluator = Evaluator::new(options);
    for (position, (truth, predicted)) in (0..).zip(images) {
        evaluator.update(position, "x", &truth.painted(), &predicted.painted()).unwrap();
    }
    evaluator.finish()
}

fn sides(case: &Json) -> Vec<(Side, Side)> {
    let images = case["images"].as_array().unwrap().iter();
    images.map(|image| (Side::recorded(image, "truth"), Side::recorded(image, "predicted"))).collect()
}

fn things(case: &Json) -> Vec<bool> {
    case["things"].as_array().unwrap().iter().map(|thing| thing.as_bool().unwrap()).collect()
}

#[test]
fn scores_are_those_of_panopticapi_to_the_bit() {
    let (mut matches, mut forgiven) = (0, 0);
    for case in &recorded("eval_panoptic.json") {
        let found = evaluate(Options::new(things(case)), &sides(case));
        let answer = &case["answer"];
        for (class, want) in found.per_class.iter().zip(answer["per_class"].as_array().unwrap()) {
            assert_eq!(json!([class.tp, class.fp, class.fn_]), want["counts"]);
            assert_eq!(Some(class.iou), want["iou"].as_f64());
            assert_eq!(json!([class.pq, class.sq, class.rq]), want["quality"]);
            matches += class.tp;
        }
        for (name, mean) in [("all", found.all), ("things", found.things), ("stuff", found.stuff)] {
            // The reference divides by zero where no class is seen; NaN here is null there.
            assert_eq!(json!([mean.pq, mean.sq, mean.rq]), answer[name]["quality"], "{name}");
            assert_eq!(json!(mean.classes), answer[name]["classes"]);
        }
        forgiven += found.forgiven;
    }
    assert!(matches > 40 && forgiven > 5, "{matches} matches, {forgiven} forgiven");
}

#[test]
fn any_sharing_out_gives_the_same_bits() {
    let cases = recorded("eval_panoptic.json");
    let images: Vec<(u64, (Side, Side))> =
        (0..).zip(cases.iter().filter(|case| things(case).len() == 5).flat_map(sides)).collect();
    let add = |evaluator: &mut Evaluator, (position, (truth, predicted)): &(u64, (Side, Side))| {
        evaluator.update(*position, "x", &truth.painted(), &predicted.painted()).unwrap();
    };
    let new = || Evaluator::new(Options::new(vec![true, false, true, false, true]));
    let mut whole = new();
    images.iter().for_each(|image| add(&mut whole, image));
    assert!(images.len() >= 8 && whole.finish().all.pq > 0.0);
    let mut r = Random::keyed(&[8, 1]);
    for _ in 0..100 {
        let found = sharded(&mut r, &images, new, add, |one, other| one.merge(other).unwrap());
        assert_eq!((&found, found.finish()), (&whole, whole.finish()));
    }
    // As many processes as images: sums of sums. Nearly the same, and counts exactly.
    let split = Options { processes: 4, ..whole.options().clone() };
    let pairs: Vec<(Side, Side)> = images.iter().map(|(_, sides)| sides.clone()).collect();
    let (one, four) = (whole.finish(), evaluate(split, &pairs));
    assert!((one.all.pq - four.all.pq).abs() < 1e-14 && one.all.rq == four.all.rq);
    let again = whole.clone();
    assert_eq!(whole.merge(again).unwrap_err().kind(), ErrorKind::Usage);
}

#[test]
fn half_is_no_match_and_more_than_half_is() {
    let truth = Side::new(
        (1, 4),
        &[1, 1, 2, 2],
        &[Segment::new(1, 0).with_area(2.0), Segment::new(2, 1).with_area(2.0)],
    );
    let half = Side::new((1, 4), &[7, 0, 8, 8], &[Segment::new(7, 0), Segment::new(8, 1)]);
    let found = evaluate(Options::new(vec![true, false]), &[(truth, half)]);
    // One pixel of two: IoU 1/2.
    assert_eq!((found.per_class[0].tp, found.per_class[0].fp, found.per_class[0].fn_), (0, 1, 1));
    assert_eq!((found.things.pq, found.stuff.pq, found.all.pq), (0.0, 1.0, 0.5));
}

#[test]
fn only_the_last_crowd_of_a_class_forgives() {
    let crowd = |id| Segment::new(id, 0).with_area(2.0).as_crowd();
    let predicted = Side::new((1, 4), &[9, 9, 0, 0], &[Segment::new(9, 0)]);
    for (order, wrong) in [([crowd(1), crowd(2)], 1), ([crowd(2), crowd(1)], 0)] {
        let truth = Side::new((1, 4), &[1, 1, 2, 2], &order);
        let found = evaluate(Options::new(vec![true]), &[(truth, predicted.clone())]);
        assert_eq!((found.per_class[0].fp, found.per_class[0].fn_, found.forgiven), (wrong, 0, 1 - wrong));
    }
}

#[test]
fn png_and_list_that_disagree_are_refused_by_image_and_segment() {
    let truth = Side::new((1, 2), &[1, 1], &[Segment::new(1, 0).with_area(2.0)]);
    let refused = |truth: &Side, predicted: &Side| {
        let mut evaluator = Evaluator::new(Options::new(vec![true]));
        let e = evaluator.update(0, "a.png", &truth.painted(), &predicted.painted()).unwrap_err();
        assert_eq!((e.place().file_name(), evaluator.finish().images), (Some("a.png"), 0));
        (e.kind(), e.to_string())
    };
    let unlisted = refused(&truth, &Side::new((1, 2), &[5, 6], &[Segment::new(5, 0)]));
    assert!(unlisted.1.contains("1 pixels of segment 6, which it does not list"), "{}", unlisted.1);
    let unpainted = refused(&truth, &Side::new((1, 2), &[5, 5], &[Segment::new(5, 0), Segment::new(6, 0)]));
    assert!(unpainted.1.contains("lists segment 6"), "{}", unpainted.1);
    let stranger = refused(&truth, &Side::new((1, 2), &[5, 5], &[Segment::new(5, 3)]));
    assert!(stranger.1.contains("label 3 of 1 classes"), "{}", stranger.1);
    assert_eq!(refused(&truth, &Side::new((2, 1), &[5, 5], &[Segment::new(5, 0)])).0, ErrorKind::Mismatch);
    let bare = Side { segments: vec![Segment::new(1, 0)], ..truth };
    let bare = refused(&bare, &Side::new((1, 2), &[5, 5], &[Segment::new(5, 0)]));
    assert!(bare.1.contains("segment 1 of the truth has no area"), "{}", bare.1);
    // The truth may disagree with itself: the reference says nothing, the scores do.
    let loose =
        Side::new((1, 2), &[3, 1], &[Segment::new(1, 0).with_area(1.0), Segment::new(4, 0).with_area(1.0)]);
    let found =
        evaluate(Options::new(vec![true]), &[(loose, Side::new((1, 2), &[0, 9], &[Segment::new(9, 0)]))]);
    assert_eq!((found.truth_unlisted, found.truth_unpainted, found.per_class[0].fn_), (1, 1, 1));
}

#[test]
fn nothing_seen_has_no_mean() {
    let found = evaluate(Options::new(vec![true]), &[]);
    assert!(found.all.pq.is_nan() && found.all.classes == 0 && !found.per_class[0].is_seen());
}

#[test]
fn real_pictures_against_themselves_are_perfect_and_datasets_are_read() {
    let Some(data) = crate::data() else { return };
    let (home, job) = (tempfile::tempdir().unwrap(), Job::new());
    let dst = home.path().join("x.lf");
    coco::import(&data.join("panopticapi/panoptic_examples.json"), &dst, &ImportOptions::default(), &job)
        .unwrap();
    let store = Store::open(&dst).unwrap();
    let ds = store.dataset();
    let side = Panoptics { dataset: &ds, key: "panoptic", set: "" };
    let found = rows(side, side, &[(0, 0), (1, 1)], &job).unwrap();
    assert_eq!((found.all.pq, found.things.pq, found.stuff.pq), (1.0, 1.0, 1.0));
    // 18 and 32 segments, of which 3 are crowds: these match nothing, and as predictions lie on themselves.
    assert_eq!(found.per_class.iter().map(|class| class.tp).sum::<u64>(), 47);
    assert_eq!(found.per_class.iter().map(|class| class.fp + class.fn_).sum::<u64>(), 0);
    assert_eq!((found.forgiven, found.truth_unlisted, found.truth_unpainted), (3, 0, 0));
    let e = rows(side, side, &[(0, 1)], &job).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Mismatch);
    // Void covers what the README of the data says.
    let void = |row: usize| {
        let labels = LabelImage::decode(&ds.image_file(row, "panoptic").unwrap(), MAX_LABEL_PIXELS).unwrap();
        labels.ids().iter().filter(|id| **id == 0).count()
    };
    assert_eq!((void(0), void(1)), (2712, 7189));
}
