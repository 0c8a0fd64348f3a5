//! Classification: scikit-learn's answers, ties, and sharding.

use lensframe::dataset::Dataset;
use lensframe::error::ErrorKind;
use lensframe::eval::classification::{
    Average, Evaluator, Options, Over, Quality, Ties, ZeroDivision, multilabel, rows,
};
use lensframe::random::Random;
use serde_json::Value as Json;

use super::{float, floats, grid, recorded_json, same, sharded};

fn labels(list: &Json) -> Vec<u32> {
    list.as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as u32).collect()
}

fn scores(rows: &Json) -> Vec<f64> {
    let row = |row: &Json| row.as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect::<Vec<_>>();
    rows.as_array().unwrap().iter().flat_map(row).collect()
}

fn classes(case: &Json) -> u32 {
    case["classes"].as_u64().unwrap() as u32
}

/// `present`: lists have the classes that are there alone.
fn check(found: &Quality, want: &Json, present: bool, what: &str) {
    let there = |values: &[f64]| -> Vec<f64> {
        let keep = |at: &usize| !present || found.support[*at] + found.predicted[*at] > 0;
        (0..values.len()).filter(keep).map(|at| values[at]).collect()
    };
    for (name, list) in [("precision", &found.precision), ("recall", &found.recall), ("f1", &found.f1)] {
        same(&there(list), &floats(&want[name]), &format!("{what} {name}"));
    }
    let three = |average: &Average| [average.precision, average.recall, average.f1];
    for (name, average) in [("micro", &found.micro), ("macro", &found.macro_), ("weighted", &found.weighted)]
    {
        same(&three(average), &floats(&want[name]), &format!("{what} {name}"));
    }
}

#[test]
fn one_class_an_image_scores_as_in_scikit_learn() {
    let cases = recorded_json("eval_classification.json");
    for case in cases["single"].as_array().unwrap() {
        let rules = [
            ("present", Over::Present, ZeroDivision::Zero),
            ("all", Over::All, ZeroDivision::Zero),
            ("nan", Over::All, ZeroDivision::Nan),
        ];
        for (name, over, zero) in rules {
            let options = Options {
                top: vec![1, 2, 3],
                ties: Ties::HigherFirst,
                over,
                zero,
                ..Options::new(classes(case))
            };
            let mut evaluator = Evaluator::new(options);
            evaluator.update_scores(&labels(&case["truth"]), &scores(&case["scores"])).unwrap();
            let found = evaluator.finish();
            check(&found.quality, &case[name], over == Over::Present, name);
            same(&[found.accuracy], &[float(&case["accuracy"])], "accuracy");
            same(&[found.balanced_accuracy], &[float(&case["balanced"])], "balanced accuracy");
            let matrix: Vec<u64> = grid(&case["confusion"]).2.into_iter().map(|n| n as u64).collect();
            assert_eq!(found.matrix(), matrix);
            for top in &found.top {
                if let Some(want) = case["top"].get(top.k.to_string()) {
                    same(&[top.accuracy], &[float(want)], "top k");
                }
            }
            // Labels alone are the same but for what is behind the first.
            let mut by_label = Evaluator::new(evaluator.options().clone());
            by_label.update(&labels(&case["truth"]), &labels(&case["predicted"])).unwrap();
            assert_eq!(by_label.finish().confusion, found.confusion);
            assert!(by_label.finish().top.iter().all(|top| top.accuracy.is_nan()));
        }
    }
}

#[test]
fn several_classes_an_image_score_as_in_scikit_learn() {
    let cases = recorded_json("eval_classification.json");
    for case in cases["several"].as_array().unwrap() {
        let mut evaluator = multilabel::Evaluator::new(multilabel::Options::new(classes(case)));
        let truth: Vec<bool> = grid(&case["truth"]).2.into_iter().map(|flag| flag == 1).collect();
        evaluator.update(&truth, &scores(&case["scores"])).unwrap();
        let found = evaluator.finish();
        same(&found.average_precision, &floats(&case["ap"]), "average precision");
        same(&[found.micro_ap], &[float(&case["micro"])], "micro");
        same(&[found.macro_ap], &[float(&case["macro"])], "macro");
        same(&[found.weighted_ap], &[float(&case["weighted"])], "weighted");
        check(&found.quality, &case["quality"], false, "at the cut");
    }
}

#[test]
fn equal_scores_rank_by_label_either_way() {
    for (ties, accuracy) in [(Ties::LowerFirst, 0.5), (Ties::HigherFirst, 0.5)] {
        let options = Options { top: vec![1], ties, ..Options::new(2) };
        let mut evaluator = Evaluator::new(options);
        evaluator.update_scores(&[0, 1], &[0.5f32; 4]).unwrap();
        let found = evaluator.finish();
        assert_eq!((found.top[0].accuracy, found.accuracy), (accuracy, 0.5));
    }
    let first = |ties, truth| {
        let mut evaluator = Evaluator::new(Options { top: vec![1], ties, ..Options::new(3) });
        evaluator.update_scores(&[truth], &[1.0, 1.0, 0.0]).unwrap();
        evaluator.finish().top[0].accuracy
    };
    assert_eq!((first(Ties::LowerFirst, 0), first(Ties::LowerFirst, 1)), (1.0, 0.0));
    assert_eq!((first(Ties::HigherFirst, 0), first(Ties::HigherFirst, 1)), (0.0, 1.0));
}

#[test]
fn any_sharing_out_gives_the_same_bits() {
    let mut r = Random::keyed(&[10, 1]);
    let batches: Vec<(Vec<u32>, Vec<f64>)> = (0..17)
        .map(|_| {
            let n = r.below(5) as usize;
            let truth = (0..n).map(|_| r.below(6) as u32).collect();
            (truth, (0..n * 6).map(|_| if r.below(2) == 0 { r.unit() } else { 0.5 }).collect())
        })
        .collect();
    let one = || Evaluator::new(Options::new(6));
    let add = |evaluator: &mut Evaluator, (truth, scores): &(Vec<u32>, Vec<f64>)| {
        evaluator.update_scores(truth, scores).unwrap();
    };
    let many = || multilabel::Evaluator::new(multilabel::Options::new(6));
    let add_many = |evaluator: &mut multilabel::Evaluator, (truth, scores): &(Vec<u32>, Vec<f64>)| {
        let flags: Vec<bool> =
            truth.iter().flat_map(|label| (0..6).map(move |class| class % (label + 1) == 0)).collect();
        evaluator.update(&flags, scores).unwrap();
    };
    let (mut whole, mut whole_many) = (one(), many());
    batches.iter().for_each(|batch| add(&mut whole, batch));
    batches.iter().for_each(|batch| add_many(&mut whole_many, batch));
    for _ in 0..100 {
        assert_eq!(sharded(&mut r, &batches, one, add, |a, b| a.merge(b).unwrap()), whole);
        let found = sharded(&mut r, &batches, many, add_many, |a, b| a.merge(b).unwrap());
        assert_eq!(found.finish(), whole_many.finish());
    }
}

#[test]
fn what_does_not_fit_is_refused_with_its_position_and_changes_nothing() {
    let mut evaluator = Evaluator::new(Options::new(2));
    let e = evaluator.update(&[0, 1, 2], &[0, 0, 0]).unwrap_err();
    assert_eq!((e.kind(), e.place().row_number()), (ErrorKind::Index, Some(2)));
    assert!(e.to_string().contains("the truth has label 2 of 2 classes"), "{e}");
    assert_eq!(evaluator.update(&[0, 1], &[0, 5]).unwrap_err().place().row_number(), Some(1));
    assert_eq!(evaluator.update(&[0], &[0, 1]).unwrap_err().kind(), ErrorKind::Length);
    assert_eq!(evaluator.update_scores(&[0], &[0.5]).unwrap_err().kind(), ErrorKind::Length);
    let e = evaluator.update_scores(&[0, 1], &[0.5, 0.5, 0.1, f64::NAN]).unwrap_err();
    assert_eq!((e.kind(), e.place().row_number()), (ErrorKind::Format, Some(1)));
    assert_eq!(evaluator, Evaluator::new(Options::new(2)));
    assert!(evaluator.finish().accuracy.is_nan() && evaluator.finish().balanced_accuracy.is_nan());
    assert_eq!(evaluator.merge(Evaluator::new(Options::new(3))).unwrap_err().kind(), ErrorKind::Mismatch);
    let mut several = multilabel::Evaluator::new(multilabel::Options::new(2));
    assert_eq!(several.update(&[true; 3], &[0.5; 3]).unwrap_err().kind(), ErrorKind::Length);
    let e = several.update(&[true; 4], &[0.5, 0.5, f64::NAN, 0.5]).unwrap_err();
    assert_eq!((e.kind(), e.place().row_number()), (ErrorKind::Format, Some(1)));
    assert_eq!(several.finish().images, 0);
    several.update(&[], &[0.5f32; 0]).unwrap();
}

#[test]
fn labels_of_two_datasets_are_compared() {
    let truth = Dataset::zip([("image_label", vec![0i64, 1, 1])]).unwrap();
    let found = Dataset::zip([("net.image_label", vec![1i64, 1, 0, 7])]).unwrap();
    let (truth, found) = ((&truth, "image_label"), (&found, "net.image_label"));
    let scores = rows(truth, found, &[(0, 2), (1, 0), (2, 2)], &Options::new(2)).unwrap();
    assert_eq!((scores.matrix(), scores.accuracy), (vec![1, 0, 1, 1], 2.0 / 3.0));
    let e = rows(truth, found, &[(0, 3)], &Options::new(2)).unwrap_err();
    assert_eq!((e.place().row_number(), e.place().key_name()), (Some(3), Some("net.image_label")));
}
