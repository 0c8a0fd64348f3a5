//! What is counted is what a plain loop over rows counts, on any number of threads.

use std::collections::{BTreeMap, BTreeSet};

use lensframe::convert::{self, ImportOptions};
use lensframe::dataset::{Dataset, Value};
use lensframe::job::Job;
use lensframe::profile::{Options, Profile, Reading};
use lensframe::schema::field;
use lensframe::synth::{self, Scenes};

use super::{all, boxes, keys, list, table};

fn scenes(count: u64) -> Dataset {
    let options = synth::Options { count, height: 48.into(), width: 64.into(), ..synth::Options::default() };
    Dataset::new(Scenes::new(options, 11).unwrap())
}

/// The elements of a list.
fn elements(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(array) => (0..array.len()).map(|at| Value::of(array.as_ref(), at)).collect(),
        Value::List(values) => values.to_vec(),
        _ => Vec::new(),
    }
}

#[test]
fn counts_are_those_of_a_plain_loop() {
    let ds = scenes(60);
    let profile = keys(&ds);
    let rows = ds.select(["label", "bbox", "area", "crowded"]).unwrap().list().unwrap();
    let (mut objects, mut empty, mut annotated) = (0, 0, 0);
    let mut by_class: BTreeMap<i64, (u64, u64, u64, Vec<f64>)> = BTreeMap::new();
    let mut pairs: BTreeMap<(i64, i64), u64> = BTreeMap::new();
    let mut sides = Vec::new();
    for row in &rows {
        let [labels, bboxes, areas, crowds] = [0, 1, 2, 3].map(|at| elements(row.get(at).unwrap()));
        if row.get(0).unwrap().is_null() {
            continue;
        }
        annotated += 1;
        empty += u64::from(labels.is_empty());
        objects += labels.len() as u64;
        let mut present = BTreeSet::new();
        for (at, label) in labels.iter().enumerate() {
            let label = label.as_int().unwrap();
            let area = areas[at].as_float().unwrap();
            let sides_of: Vec<f64> = elements(&bboxes[at]).iter().map(|v| v.as_float().unwrap()).collect();
            sides.push((sides_of[2] * sides_of[3]).sqrt() as f32);
            let class = by_class.entry(label).or_default();
            class.0 += 1;
            class.1 += u64::from(present.insert(label));
            class.2 += u64::from(crowds[at] == Value::Bool(true));
            class.3.push(area);
        }
        for a in &present {
            for b in &present {
                *pairs.entry((*a, *b)).or_default() += 1;
            }
        }
    }
    assert_eq!((profile.rows, profile.annotated, profile.empty), (60, annotated, empty));
    assert!(objects > 100 && profile.objects == objects);
    assert_eq!((profile.classes.len(), profile.known_classes), (20, 20));
    for (label, class) in (0..).zip(&profile.classes) {
        let (count, images, crowds, mut areas) = by_class.remove(&label).unwrap_or_default();
        assert_eq!((class.objects, class.images, class.crowds), (count, images, crowds), "{}", class.name);
        areas.sort_by(f64::total_cmp);
        let at = |place: usize| f64::from(areas[place] as f32);
        let n = areas.len();
        let median = (n > 0).then(|| f64::midpoint(at((n - 1) / 2), at(n / 2)));
        assert_eq!(class.median, median);
        let small = areas.iter().filter(|area| **area < 1024.0).count() as u64;
        let medium = areas.iter().filter(|area| (1024.0..9216.0).contains(*area)).count() as u64;
        assert_eq!(class.sizes, [small, medium, count - small - medium]);
    }
    let together = &profile.together;
    for (a, one) in together.classes.iter().enumerate() {
        for (b, other) in together.classes.iter().enumerate() {
            let want = pairs.get(&(*one as i64, *other as i64)).copied().unwrap_or(0);
            assert_eq!(together.count(a, b), want, "{one} {other}");
        }
    }
    sides.sort_by(f32::total_cmp);
    let spread = &profile.spreads.sides;
    assert_eq!(
        (spread.count, spread.least, spread.most),
        (objects, f64::from(sides[0]), f64::from(sides[sides.len() - 1]))
    );
    let n = sides.len();
    assert_eq!(spread.median, f64::midpoint(f64::from(sides[(n - 1) / 2]), f64::from(sides[n / 2])));
    assert_eq!(profile.centres.iter().sum::<u64>(), objects);
    // Drawn truth is sound.
    assert_eq!(
        profile.suspects.iter().filter(|found| found.kind.name() != "whole image").count(),
        0,
        "{:?}",
        profile.suspects
    );
}

#[test]
fn threads_change_nothing() {
    let ds = scenes(40).repeat(250).unwrap();
    let options = Options { images: Reading::None, ..Options::default() };
    let one = ds.profile("d", &options, &Job::new().threads(1)).unwrap();
    let many = ds.profile("d", &options, &Job::new().threads(5)).unwrap();
    assert_eq!(one, many);
    assert_eq!(one.rows, 10_000);
}

#[test]
fn splits_and_labels_of_whole_images_are_counted() {
    let fields = vec![
        field::row("split").unwrap(),
        field::object("", "label").unwrap(),
        field::object("", "bbox").unwrap(),
    ];
    let row = |split: &str, labels: &[i64]| {
        let bbox = vec![[1.0, 1.0, 5.0, 5.0]; labels.len()];
        vec![Value::from(split), list(labels.iter().copied()), boxes(&bbox)]
    };
    let mut rows = vec![row("train", &[0, 0, 1]), row("val", &[2]), row("train", &[])];
    rows.push(vec![Value::from("val"), Value::Null, Value::Null]);
    let profile = keys(&table(fields, rows, &["a", "b", "c", "d"]));
    let splits: Vec<(&str, [u64; 4])> = profile
        .splits
        .iter()
        .map(|s| (s.name.as_str(), [s.images, s.annotated, s.empty, s.objects]))
        .collect();
    assert_eq!(splits, [("train", [2, 2, 1, 3]), ("val", [2, 1, 0, 1])]);
    assert_eq!(profile.classes[2].splits, [0, 1]);
    assert_eq!(profile.unused().map(|class| class.name.as_str()).collect::<Vec<_>>(), ["d"]);
    assert_eq!(profile.imbalance(), Some(2.0));
    let said = profile.report().warnings.join("\n");
    assert!(
        said.contains("in no other split than train: a, b") && said.contains("1 class without objects: d"),
        "{said}"
    );

    let rows = [0, 1, 1, 1].map(|label| vec![Value::from(label)]).to_vec();
    let whole = keys(&table(vec![field::row("image_label").unwrap()], rows, &["cat", "dog"]));
    let counts: Vec<(&str, u64)> = whole.classes.iter().map(|c| (c.name.as_str(), c.objects)).collect();
    assert_eq!(counts, [("cat", 1), ("dog", 3)]);
    assert_eq!(whole.set, None);
}

#[test]
fn real_data_has_the_counts_that_are_known_of_it() {
    let Some(data) = crate::data() else { return };
    let opened =
        |name: &str| convert::open(&data.join(name), &ImportOptions::default(), &Job::new()).unwrap();
    let photos = opened("coco-photos");
    let profile = all(&photos.store().dataset());
    assert_eq!((profile.rows, profile.objects, profile.empty, profile.known_classes), (6, 36, 1, 80));
    assert_eq!(profile.classes.iter().map(|class| class.crowds).sum::<u64>(), 1);
    let images = profile.images.as_ref().unwrap();
    assert_eq!((images.read, images.troubles[0].kind.name(), images.troubles[0].count), (2, "no image", 4));
    assert!(profile.suspects.is_empty(), "{:?}", profile.suspects);

    let fridge = opened("fridge-voc");
    let profile = all(&fridge.store().dataset());
    let mut classes: Vec<(&str, u64)> =
        profile.classes.iter().map(|c| (c.name.as_str(), c.objects)).collect();
    classes.sort_unstable();
    assert_eq!(classes, [("can", 3), ("carton", 5), ("milk_bottle", 2), ("water_bottle", 2)]);
    assert_eq!(profile.sizes, [((666, 499), 6)]);
    assert_eq!((profile.exact.as_ref().unwrap().groups, profile.near.as_ref().unwrap().groups), (0, 0));
}

#[test]
fn several_datasets_are_splits_and_share_classes_by_name() {
    let fields = || vec![field::row("file_name").unwrap(), field::object("", "label").unwrap()];
    let row = |name: &str, labels: &[i64]| vec![Value::from(name), list(labels.iter().copied())];
    let one = table(fields(), vec![row("a.jpg", &[0]), row("b.jpg", &[1, 1])], &["cat", "dog"]);
    let other = table(fields(), vec![row("b.jpg", &[0, 1])], &["dog", "cow"]);
    let options = Options { images: Reading::None, ..Options::default() };
    let profile = Profile::of(&[("x", &one), ("y", &other)], &options, &Job::new()).unwrap();
    let classes: Vec<(&str, u64, &[u64])> =
        profile.classes.iter().map(|c| (c.name.as_str(), c.objects, c.splits.as_slice())).collect();
    assert_eq!(classes, [("cat", 1, &[1, 0][..]), ("dog", 3, &[2, 1]), ("cow", 1, &[0, 1])]);
    let leak = &profile.leaks[0];
    assert_eq!((leak.key, leak.images), ("file_name", 1));
    let (before, after) = &leak.first[0];
    assert_eq!((before.member, before.row, after.member, after.row), (0, 1, 1, 0));
    assert_eq!((before.name.as_str(), after.split.as_str()), ("b.jpg", "y"));
    let twice = Profile::of(&[("x", &one), ("x", &one)], &options, &Job::new()).unwrap();
    assert_eq!(twice.datasets, ["x (1)", "x (2)"]);
    assert_eq!(twice.leaks[0].images, 2);
}
