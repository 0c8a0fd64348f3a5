//! `eval_map`: MMDetection's recorded answers, a plain twin, shards.

use lensframe::eval::mean_ap::{
    Annotation, Coordinates, MeanAp, Params, Tables, Verdict, average_precision, eval_map,
};
use lensframe::eval::voc::FarEdge;
use lensframe::eval::{Batch, Flags};
use lensframe::job::Job;
use lensframe::random::Random;
use serde_json::Value;

use super::scenes::{Scene, Sides, draw, shards};
use super::{get, numbers, recorded, same};

fn annotations(case: &Value) -> Vec<Annotation> {
    let of = |image: &Value| Annotation {
        bboxes: get(image, "bboxes"),
        labels: get(image, "labels"),
        bboxes_ignore: get(image, "bboxes_ignore"),
        labels_ignore: get(image, "labels_ignore"),
    };
    case["annotations"].as_array().unwrap().iter().map(of).collect()
}

/// A row a range, or the values of the only one.
fn ranges(value: &Value) -> Vec<Vec<f64>> {
    match value.as_array() {
        Some(rows) if rows.iter().all(Value::is_array) && !rows.is_empty() => {
            rows.iter().map(numbers).collect()
        }
        Some(_) => vec![numbers(value)],
        None => vec![vec![super::number(value)]],
    }
}

#[test]
fn recorded_answers_of_mmdetection_come_out_bit_for_bit() {
    let cases = recorded("eval_map.json");
    assert_eq!(cases.len(), 20);
    for (number, case) in cases.iter().enumerate() {
        let legacy: bool = get(case, "legacy");
        let params = Params {
            verdict: if case["rule"] == "imagenet" { Verdict::ImageNet } else { Verdict::Default },
            thresholds: vec![get(case, "iou_thr")],
            scales: get(case, "scale_ranges"),
            coordinates: if legacy { Coordinates::Legacy(FarEdge::Inclusive) } else { Coordinates::Plain },
            eleven_points: get(case, "eleven"),
        };
        let found: Vec<Vec<Vec<[f32; 5]>>> = get(case, "det_results");
        let tables = eval_map(&found, &annotations(case), params).unwrap();
        let (table, answer) = (&tables.tables[0], &case["answer"]);
        assert!(
            same(&table.mean_ap, &numbers(&answer["mean_ap"])),
            "case {number}: {:?} {answer}",
            table.mean_ap
        );
        for (class, (row, wanted)) in
            table.classes.iter().zip(answer["classes"].as_array().unwrap()).enumerate()
        {
            let what = format!("case {number} class {class}");
            let flat = |value: &Value| ranges(value).concat();
            let ap: Vec<f64> = row.ap.iter().map(|ap| f64::from(*ap)).collect();
            assert!(same(&ap, &flat(&wanted["ap"])), "{what}: {ap:?} {wanted}");
            assert!(same(&row.recall.concat(), &flat(&wanted["recall"])), "{what}: {row:?} {wanted}");
            let precision: Vec<f64> = row.precision.concat().into_iter().map(f64::from).collect();
            assert!(same(&precision, &flat(&wanted["precision"])), "{what}");
            let gts: Vec<f64> = row.num_gts.iter().map(|n| *n as f64).collect();
            assert_eq!(gts, flat(&wanted["num_gts"]), "{what}");
            assert_eq!(row.num_dets as u64, get::<u64>(wanted, "num_dets"), "{what}");
        }
    }
}

/// The verdicts by nested loops: 1 true, 0 false, −1 neither; in descending scores.
fn twin(scenes: &[Scene], class: u32, params: &Params, threshold: f64, range: usize) -> (Vec<i32>, u64) {
    let extra = if params.coordinates == Coordinates::Plain { 0.0 } else { 1.0 };
    let corners = |b: [f64; 4]| {
        let [x, y, w, h] = b.map(|v| v as f32);
        if params.coordinates == Coordinates::Legacy(FarEdge::HalfOpen) {
            [x, y, x + w - 1.0, y + h - 1.0]
        } else {
            [x, y, x + w, y + h]
        }
    };
    let area = |c: [f32; 4]| (c[2] - c[0] + extra) * (c[3] - c[1] + extra);
    let inside = |a: f32| match &params.scales {
        None => true,
        Some(scales) => {
            let (least, greatest) = scales[range];
            a >= (least * least) as f32 && a < (greatest * greatest) as f32
        }
    };
    let mut rows = Vec::new();
    let mut truths = 0;
    for scene in scenes {
        let mut there: Vec<_> = scene.there.iter().filter(|t| t.label == class && !t.flags.crowd).collect();
        there.sort_by_key(|t| t.flags.ignored);
        let counts = |t: usize| !there[t].flags.ignored && inside(area(corners(there[t].bbox)));
        truths += (0..there.len()).filter(|t| counts(*t)).count() as u64;
        let mut own: Vec<_> = scene.found.iter().filter(|d| d.label == class).collect();
        own.sort_by(|a, b| b.score.partial_cmp(&a.score).unwrap());
        let mut taken = vec![false; there.len()];
        for (rank, d) in own.iter().enumerate() {
            let a = corners(d.bbox);
            let mut best: Option<(f32, usize)> = None;
            for t in 0..there.len() {
                let real = corners(there[t].bbox);
                let b = if params.verdict == Verdict::ImageNet { real.map(|v| v - 1.0) } else { real };
                let w = (a[2].min(b[2]) - a[0].max(b[0]) + extra).max(0.0);
                let h = (a[3].min(b[3]) - a[1].max(b[1]) + extra).max(0.0);
                let iou = w * h / (area(a) + area(b) - w * h).max(1e-6);
                let open = if params.verdict == Verdict::ImageNet {
                    let (gw, gh) = (real[2] - real[0] + extra, real[3] - real[1] + extra);
                    let least = ((gw * gh) / ((gw + 10.0) * (gh + 10.0))).min(threshold as f32);
                    !taken[t] && iou >= least
                } else {
                    true
                };
                if open && best.is_none_or(|(best, _)| iou > best) {
                    best = Some((iou, t));
                }
            }
            let reached =
                best.filter(|(iou, _)| params.verdict == Verdict::ImageNet || *iou >= threshold as f32);
            let verdict = match reached {
                Some((_, t)) if !counts(t) => {
                    taken[t] = true;
                    -1
                }
                Some((_, t)) if taken[t] => 0,
                Some((_, t)) => {
                    taken[t] = true;
                    1
                }
                None if inside(area(a)) => 0,
                None => -1,
            };
            rows.push((d.score, scene.id, rank, verdict));
        }
    }
    rows.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap().then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    (rows.into_iter().map(|row| row.3).collect(), truths)
}

fn flags(random: &mut Random) -> Flags {
    Flags { ignored: random.below(4) == 0, crowd: random.below(9) == 0, ..Flags::default() }
}

fn several(seed: u64) -> Params {
    Params {
        verdict: if seed.is_multiple_of(2) { Verdict::Default } else { Verdict::ImageNet },
        thresholds: vec![0.5, 0.75, 0.3],
        scales: (!seed.is_multiple_of(3)).then(|| vec![(0.0, 4.0), (4.0, 1e5), (0.0, 1e5)]),
        coordinates: match seed % 5 {
            0 | 1 => Coordinates::Plain,
            2 | 3 => Coordinates::Legacy(FarEdge::HalfOpen),
            _ => Coordinates::Legacy(FarEdge::Inclusive),
        },
        eleven_points: seed.is_multiple_of(7),
    }
}

fn evaluate(params: &Params, scenes: &[Scene], threads: usize) -> MeanAp {
    let sides = Sides::of(scenes);
    let mut map = MeanAp::new(params.clone(), 3).unwrap();
    map.update(&sides.batch(), &Job::new().threads(threads)).unwrap();
    map
}

#[test]
fn random_scenes_with_ties_agree_with_a_plain_twin() {
    let mut counted = 0;
    for seed in 0..60 {
        let (scenes, params) = (draw(seed, 7, 3, flags), several(seed));
        let tables = evaluate(&params, &scenes, 1).finish(&Job::new()).unwrap();
        for (table, threshold) in tables.tables.iter().zip(&params.thresholds) {
            for (class, row) in table.classes.iter().enumerate() {
                for range in 0..params.ranges() {
                    let what = format!("seed {seed} class {class} range {range} threshold {threshold}");
                    let (verdicts, truths) = twin(&scenes, class as u32, &params, *threshold, range);
                    assert_eq!((row.num_dets, row.num_gts[range]), (verdicts.len(), truths), "{what}");
                    let (mut tp, mut fp) = (0u32, 0u32);
                    for (at, verdict) in verdicts.iter().enumerate() {
                        (tp, fp) = (tp + u32::from(*verdict == 1), fp + u32::from(*verdict == 0));
                        let precision = tp as f32 / ((tp + fp) as f32).max(f32::EPSILON);
                        assert_eq!(row.precision[range][at], precision, "{what} at {at}");
                        if truths > 0 {
                            assert_eq!(
                                row.recall[range][at],
                                f64::from(tp) / truths as f64,
                                "{what} at {at}"
                            );
                        }
                    }
                    let ap =
                        average_precision(&row.recall[range], &row.precision[range], params.eleven_points);
                    assert_eq!(row.ap[range], ap);
                    counted += verdicts.len();
                }
            }
        }
    }
    assert!(counted > 5000, "{counted}");
}

#[test]
fn shards_in_any_order_and_any_number_of_threads_change_no_bit() {
    let (scenes, params) = (draw(11, 300, 3, flags), several(4));
    let finish = |map: MeanAp, threads| -> Tables { map.finish(&Job::new().threads(threads)).unwrap() };
    assert_eq!(finish(evaluate(&params, &scenes, 1), 1), finish(evaluate(&params, &scenes, 2), 2));
    let few = &scenes[..40];
    let whole = finish(evaluate(&params, few, 1), 1);
    for order in 0..100 {
        let mut parts =
            shards(few, &mut Random::keyed(&[order])).into_iter().map(|shard| evaluate(&params, &shard, 1));
        let mut joined = parts.next().unwrap();
        parts.for_each(|part| joined.merge(&part).unwrap());
        assert_eq!(finish(joined, 1), whole, "order {order}");
    }
}

#[test]
fn no_truth_at_all_is_zero_and_other_parameters_do_not_merge() {
    let scenes: Vec<Scene> =
        draw(3, 5, 3, flags).into_iter().map(|scene| Scene { there: Vec::new(), ..scene }).collect();
    let mut map = evaluate(&Params::new(), &scenes, 1);
    assert_eq!(map.finish(&Job::new()).unwrap().keys(), [("mAP".to_owned(), 0.0), ("AP50".to_owned(), 0.0)]);
    let other = MeanAp::new(Params::voc(2007), 3).unwrap();
    assert!(map.merge(&other).unwrap_err().to_string().contains("other parameters"));
}

#[test]
fn a_box_that_is_no_number_reaches_nothing() {
    let mut sides = Sides::of(&draw(1, 1, 1, |_| Flags::default()));
    sides.truth.bbox.fill([0.0, 0.0, 4.0, 4.0]);
    sides.found.bbox.fill([0.0, 0.0, f64::NAN, 4.0]);
    let mut map = MeanAp::new(Params::new(), 1).unwrap();
    let batch = Batch { images: &sides.images, truth: &sides.truth, found: &sides.found };
    map.update(&batch, &Job::new()).unwrap();
    let tables = map.finish(&Job::new()).unwrap();
    let row = &tables.tables[0].classes[0];
    assert!(row.num_gts[0] > 0 && row.num_dets > 0 && row.ap[0] == 0.0, "{row:?}");
}
