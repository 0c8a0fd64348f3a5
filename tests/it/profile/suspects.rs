//! What is planted is found, with its row and object; what is sound is left alone.

use lensframe::dataset::Value;
use lensframe::job::Job;
use lensframe::profile::{Options, Reading, Suspect};
use lensframe::schema::field;

use super::{boxes, keys, list, table};

/// One row of 100 × 80 (width × height) with these boxes, all of class 0.
fn found(bboxes: &[[f64; 4]], options: &Options) -> Vec<(Suspect, Vec<usize>)> {
    let fields = vec![
        field::row("height").unwrap(),
        field::row("width").unwrap(),
        field::object("", "bbox").unwrap(),
        field::object("", "label").unwrap(),
    ];
    let row = vec![Value::from(80), Value::from(100), boxes(bboxes), list(vec![0_i64; bboxes.len()])];
    let options = Options { images: Reading::None, top: 99, ..options.clone() };
    let profile = table(fields, vec![row], &["a"]).profile("d", &options, &Job::new()).unwrap();
    let objects = |found: &lensframe::profile::Suspects| {
        assert_eq!((found.count, found.images), (found.first.len() as u64, 1));
        found.first.iter().map(|one| one.object).collect()
    };
    profile.suspects.iter().map(|found| (found.kind, objects(found))).collect()
}

#[test]
fn every_kind_of_box_is_found_and_sound_ones_are_not() {
    let nan = f64::NAN;
    let bboxes = [
        [10.0, 10.0, 20.0, 20.0],
        [nan, 10.0, 20.0, 20.0],
        [10.0, 10.0, f64::INFINITY, 20.0],
        [10.0, 10.0, 0.0, 20.0],
        [10.0, 10.0, 5.0, -3.0],
        [100.0, 10.0, 5.0, 5.0],
        [-20.0, -20.0, 10.0, 10.0],
        [0.0, 0.0, 120.0, 30.0],
        [90.0, 10.0, 12.0, 10.0],
        [90.0, 10.0, 10.9, 10.0],
        [10.0, 10.0, 0.5, 5.0],
        [10.0, 10.0, 50.0, 2.0],
        [0.0, 0.0, 100.0, 80.0],
        [10.0, 10.0, 20.0, 20.0],
        [10.0, 10.0, 20.0, 20.5],
    ];
    assert_eq!(
        found(&bboxes, &Options::default()),
        [
            (Suspect::NotFinite, vec![1, 2]),
            (Suspect::Empty, vec![3, 4]),
            (Suspect::Outside, vec![5, 6]),
            (Suspect::Larger, vec![7]),
            (Suspect::Beyond, vec![8]),
            (Suspect::Twin, vec![13]),
            (Suspect::Tiny, vec![10]),
            (Suspect::Aspect, vec![11]),
            (Suspect::Whole, vec![12]),
        ]
    );
}

#[test]
fn where_suspicion_begins_can_be_said() {
    let bboxes = [[1.0, 1.0, 3.0, 9.0], [95.0, 5.0, 9.0, 9.0]];
    assert_eq!(found(&bboxes, &Options::default()), [(Suspect::Beyond, vec![1])]);
    let options = Options { tiny: 4.0, aspect: 2.5, slack: 5.0, ..Options::default() };
    assert_eq!(found(&bboxes, &options), [(Suspect::Tiny, vec![0]), (Suspect::Aspect, vec![0])]);
}

#[test]
fn areas_shapes_labels_and_boxes_that_are_not_there_are_found() {
    let fields =
        ["bbox", "label", "area", "segmentation"].map(|base| field::object("", base).unwrap()).to_vec();
    let bbox = |x: f64| list([x, 5.0, 40.0, 40.0]);
    let square = |side: f64| {
        let ring = list([0.0, 0.0, side, 0.0, side, side, 0.0, side]);
        let none = || Value::Null;
        let members = [("size", none()), ("polygon", list([ring])), ("counts", none()), ("rle", none())];
        Value::Record(members.map(|(name, value)| (name.to_owned(), value)).into())
    };
    let row = vec![
        Value::from(vec![bbox(0.0), bbox(1.0), bbox(2.0), Value::Null, bbox(3.0), bbox(4.0)]),
        Value::from(vec![0.into(), 7.into(), Value::Null, 0.into(), 1.into(), 1.into()]),
        list([1600.0, 100.0, 9000.0, 1.0, f64::NAN, 1500.0]),
        Value::from(vec![square(40.0), square(40.0), Value::Null, Value::Null, square(40.0), square(40.0)]),
    ];
    let profile = keys(&table(fields, vec![row], &["a", "b"]));
    let objects: Vec<(Suspect, Vec<usize>)> = profile
        .suspects
        .iter()
        .map(|found| (found.kind, found.first.iter().map(|one| one.object).collect()))
        .collect();
    assert_eq!(
        objects,
        [
            (Suspect::NoBox, vec![3]),
            (Suspect::Label, vec![1, 2]),
            (Suspect::Area, vec![1, 2, 4]),
            (Suspect::NoShape, vec![2, 3]),
        ]
    );
    let names: Vec<(&str, u64)> = profile.classes.iter().map(|c| (c.name.as_str(), c.objects)).collect();
    assert_eq!(names, [("a", 2), ("b", 2), ("(no class)", 1), ("class 7", 1)]);
    assert_eq!((profile.known_classes, profile.shaped), (2, 4));
}

#[test]
fn rotated_boxes_are_judged_by_what_they_cover() {
    let fields =
        vec![field::row("height").unwrap(), field::row("width").unwrap(), field::object("", "rbox").unwrap()];
    let turned = std::f64::consts::FRAC_PI_2;
    // Centre, sides, angle: upright it would leave the image below, turned it leaves to the right.
    let rboxes =
        [[50.0, 40.0, 90.0, 10.0, 0.0], [95.0, 40.0, 10.0, 60.0, turned], [50.0, 40.0, -1.0, 5.0, 0.3]];
    let row = vec![Value::from(80), Value::from(100), list(rboxes.map(list))];
    let profile = keys(&table(fields, vec![row], &[]));
    let kinds: Vec<(Suspect, usize)> =
        profile.suspects.iter().map(|found| (found.kind, found.first[0].object)).collect();
    assert_eq!(kinds, [(Suspect::Empty, 2), (Suspect::Beyond, 1)]);
    assert_eq!(profile.suspects[1].first[0].bbox.as_deref(), Some(&rboxes[1][..]));
    assert_eq!(profile.spreads.sides.count, 2);
}
