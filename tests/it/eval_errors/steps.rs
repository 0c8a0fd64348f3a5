//! COCO's error analysis: MMDetection's numbers through the doors of files, and a plain twin.

use lensframe::eval::coco::{AreaRange, Coco, Kind, Params};
use lensframe::eval::comparison::Comparison;
use lensframe::eval::errors::{Step, Steps, StepsParams};
use lensframe::eval::read::{Wanted, coco_results, coco_truth};
use lensframe::eval::{Flags, Matching, Objects, join};
use lensframe::job::Job;

use super::scenes::draw;
use super::{numbers, recorded};

fn near(got: f64, want: f64, what: &str) {
    assert!((got - want).abs() < 1e-12, "{what}: {got} is not {want}");
}

#[test]
fn files_give_the_precision_of_mmdetections_tool_at_every_step() {
    let folder = tempfile::tempdir().unwrap();
    let cases = recorded("eval_steps.json");
    assert!(cases.len() > 8);
    for (n, case) in cases.iter().enumerate() {
        let (gt, dt) = (folder.path().join("gt.json"), folder.path().join("dt.json"));
        std::fs::write(&gt, case["truth"].to_string()).unwrap();
        std::fs::write(&dt, case["results"].to_string()).unwrap();
        let kind = if case["kind"] == "segm" { Kind::Segm } else { Kind::Bbox };
        let wanted = Wanted::by(&kind);
        let sides = (coco_truth(&gt, &wanted).unwrap(), coco_results(&dt, &wanted).unwrap());
        let comparison = join(sides.0, sides.1, &Matching::default()).unwrap();
        let steps = Steps::of(&comparison, StepsParams::new(kind), &Job::new()).unwrap();
        assert!(steps.similar);
        let want = &case["answer"];
        for (step, s) in Step::ALL.into_iter().zip(0..) {
            let name = format!("{} of case {n}", step.name());
            for range in 0..4 {
                near(steps.ap(step, None, range).unwrap(), want["all"][range][s].as_f64().unwrap(), &name);
                for class in 0..steps.classes {
                    let own = want["classes"][class][range][s].as_f64().unwrap();
                    match steps.ap(step, Some(class), range) {
                        Some(ap) => near(ap, own, &name),
                        // The reference has a number where there is nothing to be found.
                        None => {
                            assert!(!steps.has_truths(class, range));
                            assert_eq!(own, f64::from(u8::from(step == Step::Fn)));
                        }
                    }
                }
            }
            for (r, points) in want["points"][s].as_array().unwrap().iter().enumerate() {
                for (class, ranges) in points.as_array().unwrap().iter().enumerate() {
                    for (range, value) in numbers(ranges).into_iter().enumerate() {
                        let place = ((s * 101 + r * 10) * steps.classes + class) * 4 + range;
                        near(steps.precision[place], value, &name);
                    }
                }
            }
        }
    }
}

/// Precision of a class at IoU 0.1 with truths that `forgiven` names made crowds of it: the whole comparison again.
fn again(
    comparison: &Comparison,
    class: u32,
    ranges: &[AreaRange],
    forgiven: impl Fn(u32) -> bool,
) -> Vec<f64> {
    let mut truth = comparison.truth.clone();
    for (label, flags) in truth.label.iter_mut().zip(&mut truth.flags) {
        if *label != class && forgiven(*label) {
            (*label, *flags) = (class, Flags { crowd: true, ignored: true, ..Flags::default() });
        }
    }
    let comparison = Comparison { truth, ..comparison.clone() };
    let base = Params::new(Kind::Bbox);
    let params = Params { thresholds: vec![0.1], caps: vec![100], ranges: ranges.to_vec(), ..base };
    let (recalls, count) = (params.recalls.len(), ranges.len());
    let mut coco = Coco::new(params, comparison.classes.len()).unwrap();
    coco.update(&comparison.batch(&comparison.ids()), &Job::new()).unwrap();
    let tensors = coco.finish(&Job::new()).unwrap();
    let value = |r, range| tensors.precision_at(0, r, class as usize, range, 0).unwrap_or(0.0);
    (0..recalls)
        .flat_map(|r| (0..count).map(move |range| (r, range)))
        .map(|(r, range)| value(r, range))
        .collect()
}

#[test]
fn forgiving_a_class_is_evaluating_all_again_with_other_truths_as_crowds() {
    for seed in 0..12 {
        let classes = 1 + seed % 5;
        let mut comparison = draw(seed, 15, classes);
        if seed == 7 {
            comparison.classes[1].supercategory = None;
        }
        let ranges = vec![AreaRange::new("all", 0.0, 1e10), AreaRange::new("small", 0.0, 200.0)];
        let params = StepsParams { ranges: ranges.clone(), ..StepsParams::new(Kind::Bbox) };
        let steps = Steps::of(&comparison, params, &Job::new().threads(2)).unwrap();
        let group = |class: u32| comparison.classes[class as usize].supercategory.clone();
        for class in 0..classes as u32 {
            let similar = |other: u32| group(class).is_some() && group(other) == group(class);
            let want =
                [again(&comparison, class, &ranges, similar), again(&comparison, class, &ranges, |_| true)];
            for (step, want) in [Step::Sim, Step::Oth].into_iter().zip(want) {
                for (n, want) in want.into_iter().enumerate() {
                    let (r, range) = (n / 2, n % 2);
                    let row = step as usize * 101 + r;
                    let place = (row * classes as usize + class as usize) * 2 + range;
                    assert_eq!(
                        steps.precision[place].to_bits(),
                        want.to_bits(),
                        "{} seed {seed}",
                        step.name()
                    );
                    let background = steps.precision[place + 101 * classes as usize * 2];
                    if step == Step::Oth {
                        assert_eq!(background, f64::from(u8::from(want > 0.0)));
                    }
                }
            }
        }
    }
}

#[test]
fn without_supercategories_nothing_is_similar_and_absent_classes_can_be_left_out() {
    let mut comparison = draw(4, 20, 3);
    comparison.classes.iter_mut().for_each(|class| class.supercategory = None);
    let of = |params| Steps::of(&comparison, params, &Job::new()).unwrap();
    let plain = of(StepsParams::new(Kind::Bbox));
    assert_eq!((plain.ap(Step::Sim, None, 0), plain.curve(Step::Sim, None, 0).len()), (None, 0));
    let bars = plain.breakdown(None, 0);
    assert_eq!((bars.figures[3].value, bars.figures[3].label.as_str()), (None, "no supercategories"));
    assert_eq!(plain.chart(None, 0).curves.len(), 6);
    assert!(plain.table(["a", "b", "c"], 0).get("Sim").is_none());
    // Class 2 is never there: the reference counts it as 0.
    assert_eq!((plain.ap(Step::C50, Some(2), 0), plain.has_truths(2, 0)), (None, false));
    let corrected = of(StepsParams { corrected: true, ..StepsParams::new(Kind::Bbox) });
    let (low, high) = (plain.ap(Step::Loc, None, 0).unwrap(), corrected.ap(Step::Loc, None, 0).unwrap());
    assert!(low > 0.0 && (low * 3.0 - high * 2.0).abs() < 1e-12, "{low} {high}");
    let error = Steps::of(&comparison, StepsParams::new(Kind::person()), &Job::new()).unwrap_err();
    assert!(error.to_string().contains("keypoints"), "{error}");
}

#[test]
fn nothing_at_all_has_no_numbers() {
    let nothing = Comparison {
        truth: Objects::new([]).unwrap(),
        found: Objects::new([]).unwrap(),
        ..Comparison::default()
    };
    let steps = Steps::of(&nothing, StepsParams::new(Kind::Bbox), &Job::new()).unwrap();
    assert!(Step::ALL.iter().all(|step| steps.ap(*step, None, 0).is_none()));
}
