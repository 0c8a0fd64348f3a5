//! Open Images: MMDetection's recorded answers, a plain twin for both weights, shards.

use lensframe::eval::open_images::{Arithmetic, Groups, Hierarchy, OpenImages, OpenImagesScores, Params};
use lensframe::eval::{Batch, Flags, ImageId, Objects};
use lensframe::job::Job;
use lensframe::random::Random;
use serde_json::Value;

use super::scenes::{Found, Scene, Sides, There, draw, shards};
use super::{get, numbers, recorded, same};

/// The tree of the recorded cases: 0 > 1 > {2, 3}, 0 > 4, and 5 by itself.
fn tree() -> Hierarchy {
    Hierarchy::new(6, &[(1, 0), (2, 1), (3, 1), (4, 0)]).unwrap()
}

fn objects(images: &[Value], boxes: &str, labels: &str) -> Objects {
    let lists: Vec<Vec<[f64; 4]>> = images.iter().map(|image| get(image, boxes)).collect();
    let mut out = Objects::new(lists.iter().map(Vec::len)).unwrap();
    // Differences of single corners are exact in doubles.
    out.bbox = lists.iter().flatten().map(|[x1, y1, x2, y2]| [*x1, *y1, x2 - x1, y2 - y1]).collect();
    out.label = images.iter().flat_map(|image| get::<Vec<u32>>(image, labels)).collect();
    out
}

#[test]
fn recorded_answers_of_mmdetection_come_out_bit_for_bit() {
    let cases = recorded("eval_open_images.json");
    assert_eq!(cases.len(), 12);
    for (number, case) in cases.iter().enumerate() {
        let images = case["images"].as_array().unwrap();
        let (mut truth, mut found) =
            (objects(images, "bboxes", "labels"), objects(images, "pred", "pred_labels"));
        found.score = images.iter().flat_map(|image| get::<Vec<f64>>(image, "scores")).collect();
        let groups = images.iter().flat_map(|image| get::<Vec<bool>>(image, "group_of"));
        truth.flags = groups.map(|group| Flags { group, ..Flags::default() }).collect();
        let ids: Vec<ImageId> = (0..images.len() as i64).map(ImageId::Int).collect();
        let verified: Vec<Vec<u32>> = images.iter().map(|image| get(image, "verified")).collect();
        let threshold = get(case, "iou_thr");
        let params = Params {
            threshold,
            share: threshold,
            groups: if get(case, "group_of") { Groups::Counted } else { Groups::Plain },
            expand_found: get(case, "expand"),
            drop_unverified: get(case, "drop"),
            ..Params::mmdetection()
        };
        // Without the classes above, the reference does not spread the truths either.
        let tree = if params.expand_found { tree() } else { Hierarchy::flat(6) };
        let mut evaluator = OpenImages::new(params, tree).unwrap();
        let batch = Batch { images: &ids, truth: &truth, found: &found };
        evaluator.update(&batch, &verified, &Job::new()).unwrap();
        let (scores, answer) = (evaluator.finish(&Job::new()).unwrap(), &case["answer"]);
        let gts: Vec<u64> = scores.classes.iter().map(|class| class.num_gts).collect();
        assert_eq!(gts, get::<Vec<u64>>(answer, "num_gts"), "case {number}");
        let ap: Vec<f64> =
            scores.classes.iter().map(|class| if class.num_gts == 0 { 0.0 } else { class.ap }).collect();
        let wanted: Vec<f64> = numbers(&answer["ap"]);
        assert!(same(&ap, &wanted), "case {number}: {ap:?} {wanted:?}");
        assert_eq!(scores.mean.to_bits(), get::<f64>(answer, "mean_ap").to_bits(), "case {number}");
    }
}

fn verified(id: i64) -> Vec<u32> {
    let mut random = Random::keyed(&[id as u64, 3]);
    (0..6).filter(|_| random.below(3) == 0).collect()
}

/// Open Images by the book, in doubles: truths and detections spread, then nested loops.
fn twin(scenes: &[Scene], class: u32, params: &Params) -> (f64, u64) {
    let tree = tree();
    let mut rows: Vec<(f64, i64, usize, i32)> = Vec::new();
    let mut truths = 0;
    for scene in scenes {
        let holds = |label: u32| label == class || tree.above(label).contains(&class);
        let mut all: Vec<&There> = scene.there.iter().filter(|t| t.label == class).collect();
        all.extend(scene.there.iter().filter(|t| t.label != class && holds(t.label)));
        let known = !all.is_empty() || verified(scene.id).contains(&class);
        let mut own: Vec<&Found> = scene.found.iter().filter(|d| d.label == class).collect();
        if params.expand_found {
            let mut more: Vec<&Found> =
                scene.found.iter().filter(|d| d.label != class && holds(d.label)).collect();
            more.sort_by_key(|d| d.label);
            own.extend(more.into_iter().filter(|_| known));
        }
        if params.drop_unverified && !known {
            own.clear();
        }
        own.sort_by(|a, b| b.score.partial_cmp(&a.score).unwrap());
        let group = |t: &There| t.flags.group && params.groups != Groups::Plain;
        let single: Vec<&&There> = all.iter().filter(|t| !group(t)).collect();
        let groups: Vec<&&There> = all.iter().filter(|t| group(t)).collect();
        truths +=
            single.len() as u64 + if params.groups == Groups::Counted { groups.len() as u64 } else { 0 };
        let (mut taken, mut entered) = (vec![false; single.len()], vec![false; groups.len()]);
        for (rank, d) in own.iter().enumerate() {
            let best = |of: &[&&There], by_share: bool| {
                let mut best: Option<(f64, usize)> = None;
                for (t, there) in of.iter().enumerate() {
                    let (a, b) = (d.bbox, there.bbox);
                    let w = ((a[0] + a[2]).min(b[0] + b[2]) - a[0].max(b[0])).max(0.0);
                    let h = ((a[1] + a[3]).min(b[1] + b[3]) - a[1].max(b[1])).max(0.0);
                    let whole = if by_share { a[2] * a[3] } else { a[2] * a[3] + b[2] * b[3] - w * h };
                    if best.is_none_or(|(best, _)| w * h / whole > best) {
                        best = Some((w * h / whole, t));
                    }
                }
                best
            };
            let mut verdict = 0;
            if let Some((_, t)) = best(&single, false).filter(|(iou, _)| *iou >= params.threshold) {
                verdict = i32::from(!std::mem::replace(&mut taken[t], true));
            }
            if verdict == 0
                && let Some((_, t)) = best(&groups, true).filter(|(share, _)| *share >= params.share)
            {
                let first = !std::mem::replace(&mut entered[t], true);
                verdict = if first && params.groups == Groups::Counted { 1 } else { -1 };
            }
            rows.push((d.score, scene.id, rank, verdict));
        }
    }
    rows.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap().then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let (mut tp, mut fp) = (0.0, 0.0);
    let mut points = Vec::new();
    for (.., verdict) in rows {
        tp += f64::from(verdict == 1);
        fp += f64::from(verdict == 0);
        if verdict >= 0 {
            points.push((tp / truths as f64, tp / (tp + fp)));
        }
    }
    let (mut ap, mut before) = (0.0, 0.0);
    for (at, (recall, _)) in points.iter().enumerate() {
        let best = points[at..].iter().map(|(_, precision)| *precision).fold(0.0, f64::max);
        ap += (recall - before) * best;
        before = *recall;
    }
    (ap, truths)
}

fn flags(random: &mut Random) -> Flags {
    Flags { group: random.below(3) == 0, ..Flags::default() }
}

fn evaluate(params: Params, scenes: &[Scene], threads: usize) -> OpenImages {
    let labels: Vec<Vec<u32>> = scenes.iter().map(|scene| verified(scene.id)).collect();
    let mut evaluator = OpenImages::new(params, tree()).unwrap();
    evaluator.update(&Sides::of(scenes).batch(), &labels, &Job::new().threads(threads)).unwrap();
    evaluator
}

#[test]
fn random_scenes_with_ties_agree_with_a_plain_twin() {
    let mut counted = 0;
    for seed in 0..60 {
        let scenes = draw(seed, 6, 6, flags);
        let params = [
            Params::v2(),
            Params::challenge(),
            Params { arithmetic: Arithmetic::Double, ..Params::mmdetection() },
            Params { groups: Groups::Plain, drop_unverified: false, ..Params::v2() },
        ][seed as usize % 4];
        let scores = evaluate(params, &scenes, 1).finish(&Job::new()).unwrap();
        for (class, own) in scores.classes.iter().enumerate() {
            let (ap, truths) = twin(&scenes, class as u32, &params);
            assert_eq!(own.num_gts, truths, "seed {seed} class {class}");
            if truths == 0 {
                assert!(own.ap.is_nan(), "seed {seed} class {class}");
            } else {
                assert!((own.ap - ap).abs() < 1e-12, "seed {seed} class {class}: {} {ap}", own.ap);
                counted += 1;
            }
        }
    }
    assert!(counted > 150, "{counted}");
}

/// One group, two detections inside it, one outside; and a truth of a class below.
#[test]
fn a_group_counts_once_or_not_at_all() {
    let flags = Flags { group: true, ..Flags::default() };
    let there = vec![
        There { label: 1, bbox: [0.0, 0.0, 10.0, 10.0], flags },
        There { label: 1, bbox: [20.0, 0.0, 4.0, 4.0], flags: Flags::default() },
    ];
    let own = |x: f64, score| Found { label: 1, bbox: [x, 0.0, 4.0, 4.0], score };
    let scene =
        Scene { id: 1, there, found: vec![own(0.0, 0.9), own(5.0, 0.8), own(40.0, 0.7), own(20.0, 0.6)] };
    let of = |params| -> OpenImagesScores {
        evaluate(params, std::slice::from_ref(&scene), 1).finish(&Job::new()).unwrap()
    };
    let ignored = of(Params::v2());
    assert_eq!((ignored.classes[1].num_gts, ignored.classes[1].ap), (1, 0.5));
    let counted = of(Params::challenge());
    assert_eq!(counted.classes[1].num_gts, 2);
    assert!((counted.classes[1].ap - (0.5 + 0.5 * 2.0 / 3.0)).abs() < 1e-15);
    // The truths are also of class 0; the detections are, too, where the detector need not say so itself.
    assert_eq!((counted.classes[0].num_gts, counted.classes[0].num_dets), (2, 0));
    assert_eq!(of(Params::mmdetection()).classes[0].num_dets, 4);
}

#[test]
fn shards_in_any_order_and_any_number_of_threads_change_no_bit() {
    let (scenes, params) = (draw(2, 300, 6, flags), Params::mmdetection());
    let bits = |evaluator: OpenImages, threads| {
        let scores = evaluator.finish(&Job::new().threads(threads)).unwrap();
        let ap: Vec<u64> = scores.classes.iter().map(|class| class.ap.to_bits()).collect();
        (
            ap,
            scores.mean.to_bits(),
            scores.classes.iter().map(|class| class.recall.clone()).collect::<Vec<_>>(),
        )
    };
    assert_eq!(bits(evaluate(params, &scenes, 1), 1), bits(evaluate(params, &scenes, 2), 2));
    let few = &scenes[..40];
    let whole = bits(evaluate(params, few, 1), 1);
    for order in 0..100 {
        let mut parts =
            shards(few, &mut Random::keyed(&[order])).into_iter().map(|shard| evaluate(params, &shard, 1));
        let mut joined = parts.next().unwrap();
        parts.for_each(|part| joined.merge(&part).unwrap());
        assert_eq!(bits(joined, 1), whole, "order {order}");
    }
}
