//! Confusion matrices: the tools' counts, plain twins, any sharing out of the work.

use lensframe::eval::coco::Kind;
use lensframe::eval::comparison::Comparison;
use lensframe::eval::errors::{Confusion, Counting};
use lensframe::eval::{Batch, ImageId};
use lensframe::job::Job;
use lensframe::random::Random;

use super::scenes::{best_first, draw, ignored, iou, some};
use super::{objects, recorded, rows};

fn counts(confusion: &Confusion) -> Vec<Vec<u64>> {
    let all = 0..=confusion.classes();
    all.clone().map(|truth| all.clone().map(|found| confusion.count(truth, found)).collect()).collect()
}

#[test]
fn counts_are_those_of_mmdetection_and_ultralytics() {
    let cases = recorded("eval_confusion.json");
    assert!(cases.len() > 30);
    for (n, case) in cases.iter().enumerate() {
        let images = case["images"].as_array().unwrap();
        let (truth, own) = (objects(&rows(images, "truth")), rows(images, "found"));
        let mut found = objects(&own);
        found.score = own.iter().flatten().map(|row| row[5]).collect();
        let ids: Vec<ImageId> = (0..images.len() as i64).map(ImageId::from).collect();
        let number = |tool: &str, key: &str| case[tool][key].as_f64();
        let thresholds = |tool: &str| (number(tool, "score").unwrap(), number(tool, "iou").unwrap());
        let (score, iou) = thresholds("mmdet");
        let nms = number("mmdet", "nms");
        let mmdet = Counting::Mmdet { score, iou, nms, ignored: false };
        let (score, iou) = thresholds("ultralytics");
        let standard = Counting::Standard { kind: Kind::Bbox, score, iou };
        for (tool, counting) in [("mmdet", mmdet), ("ultralytics", standard)] {
            let mut confusion = Confusion::new(counting, case["classes"].as_u64().unwrap() as usize).unwrap();
            confusion.update(&Batch { images: &ids, truth: &truth, found: &found }, &Job::new()).unwrap();
            let want: Vec<Vec<u64>> =
                serde_json::from_value::<Vec<Vec<u64>>>(case[tool]["counts"].clone()).unwrap();
            assert_eq!(counts(&confusion), want, "{tool}, case {n}");
        }
    }
}

/// MMDetection's counting without suppression: loops over all pairs.
fn every_pair(comparison: &Comparison, least: f64, near: f64, with_ignored: bool) -> Vec<Vec<u64>> {
    let (truth, found, classes) = (&comparison.truth, &comparison.found, comparison.classes.len());
    let mut want = vec![vec![0; classes + 1]; classes + 1];
    for image in 0..comparison.images.len() {
        let there: Vec<usize> =
            truth.range(image).filter(|t| with_ignored || !ignored(comparison, *t)).collect();
        let own: Vec<usize> = found.range(image).filter(|d| found.score[*d] >= least).collect();
        let meets = |t: usize, d: usize| iou(found.bbox[d], truth.bbox[t], false) >= near;
        for d in &own {
            for t in there.iter().filter(|t| meets(**t, *d)) {
                want[truth.label[*t] as usize][found.label[*d] as usize] += 1;
            }
            if !there.iter().any(|t| meets(*t, *d)) {
                want[classes][found.label[*d] as usize] += 1;
            }
        }
        for t in &there {
            if !own.iter().any(|d| meets(*t, *d) && found.label[*d] == truth.label[*t]) {
                want[truth.label[*t] as usize][classes] += 1;
            }
        }
    }
    want
}

/// The standard counting: who comes first takes what is best.
fn one_to_one(comparison: &Comparison, above: f64, near: f64) -> Vec<Vec<u64>> {
    let (truth, found, classes) = (&comparison.truth, &comparison.found, comparison.classes.len());
    let mut want = vec![vec![0; classes + 1]; classes + 1];
    for image in 0..comparison.images.len() {
        let mut free: Vec<usize> = truth.range(image).filter(|t| !ignored(comparison, *t)).collect();
        for d in best_first(comparison, image).into_iter().filter(|d| found.score[*d] > above) {
            let (label, mut best) = (found.label[d] as usize, (near, None));
            for (n, t) in free.iter().enumerate() {
                let own = iou(found.bbox[d], truth.bbox[*t], false);
                if own > best.0 {
                    best = (own, Some(n));
                }
            }
            let forgiven = truth.range(image).filter(|t| ignored(comparison, *t)).any(|t| {
                truth.label[t] as usize == label
                    && iou(found.bbox[d], truth.bbox[t], truth.flags(t).crowd) > near
            });
            match best.1 {
                Some(n) => want[truth.label[free.remove(n)] as usize][label] += 1,
                None if forgiven => {}
                None => want[classes][label] += 1,
            }
        }
        free.iter().for_each(|t| want[truth.label[*t] as usize][classes] += 1);
    }
    want
}

#[test]
fn both_ways_of_counting_have_the_counts_of_their_plain_twins() {
    for seed in 0..60 {
        let comparison = draw(seed, 12, 1 + seed % 4);
        for (score, near) in [(0.25, 0.5), (0.0, 0.25)] {
            let standard = Counting::Standard { kind: Kind::Bbox, score, iou: near };
            let got = Confusion::of(&comparison, standard, &Job::new()).unwrap();
            assert_eq!(counts(&got), one_to_one(&comparison, score, near), "standard, seed {seed}");
            for ignored in [false, true] {
                let mmdet = Counting::Mmdet { score, iou: near, nms: None, ignored };
                let got = Confusion::of(&comparison, mmdet, &Job::new()).unwrap();
                assert_eq!(counts(&got), every_pair(&comparison, score, near, ignored), "mmdet, seed {seed}");
            }
        }
    }
}

#[test]
fn every_truth_stands_once_in_the_standard_matrix_and_shards_add_up() {
    let mut random = Random::keyed(&[3]);
    for seed in 0..10 {
        let whole = draw(seed, 300, 4);
        let counting = || Counting::standard(Kind::Bbox);
        let one = Confusion::of(&whole, counting(), &Job::new().threads(1)).unwrap();
        let real = (0..whole.truth.len()).filter(|t| !ignored(&whole, *t));
        let of = |class: u32| real.clone().filter(|t| whole.truth.label[*t] == class).count() as u64;
        for class in 0..4 {
            assert_eq!((0..=4).map(|found| one.count(class, found)).sum::<u64>(), of(class as u32));
        }
        let mut order: Vec<usize> = (0..300).collect();
        random.shuffle(&mut order);
        let (left, right) = order.split_at(random.below(300) as usize);
        let mut merged = Confusion::of(&some(&whole, left), counting(), &Job::new()).unwrap();
        merged
            .merge(&Confusion::of(&some(&whole, right), counting(), &Job::new().threads(2)).unwrap())
            .unwrap();
        assert!(merged == one);
        assert!(merged.merge(&Confusion::new(Counting::mmdet(), 4).unwrap()).is_err());
    }
}

#[test]
fn the_matrix_of_a_report_names_its_rule_and_its_background() {
    let comparison = draw(5, 20, 3);
    let confusion = Confusion::of(&comparison, Counting::mmdet(), &Job::new()).unwrap();
    let matrix = confusion.matrix(["cat", "background", "dog"]);
    assert_eq!(matrix.rows, ["cat", "background", "dog", "(background)"]);
    assert_eq!(matrix.background.as_deref(), Some("(background)"));
    assert!(matrix.rule.contains("MMDetection") && matrix.rule.contains("0.3"), "{}", matrix.rule);
    assert_eq!(matrix.count(0, 2), confusion.count(0, 2));
    let sums: f64 = (0..=3).filter_map(|found| confusion.share(0, found)).sum();
    assert!((sums - 1.0).abs() < 1e-12 && confusion.share(2, 0).is_none(), "class 2 has no truths");
    let error = Confusion::new(Counting::Mmdet { score: f64::NAN, iou: 0.5, nms: None, ignored: false }, 3);
    assert!(error.unwrap_err().to_string().contains("not a number"));
    let mut unscored = comparison;
    unscored.found.score.clear();
    assert!(Confusion::of(&unscored, Counting::mmdet(), &Job::new()).is_err());
}
