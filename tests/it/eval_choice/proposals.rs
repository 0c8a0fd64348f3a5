//! Recall of proposals: MMDetection's recorded answers, a plain twin, COCO's protocol with one class, shards.

use lensframe::eval::coco::{Coco, Kind, Params};
use lensframe::eval::mean_ap::Coordinates;
use lensframe::eval::proposals::{ProposalRecall, RecallParams, Recalls};
use lensframe::eval::voc::FarEdge;
use lensframe::eval::{Batch, Flags, ImageId, Objects};
use lensframe::job::Job;
use lensframe::random::Random;
use serde_json::Value;

use super::scenes::{Scene, Sides, draw, shards};
use super::{get, numbers, recorded, same};

/// Lists of x1, y1, x2, y2 (and a score) as objects. Differences of these corners are exact in doubles, and so is
/// what the evaluator adds to get the corners back.
fn objects(lists: &Value) -> Objects {
    let lists: Vec<Vec<Vec<f64>>> = serde_json::from_value(lists.clone()).unwrap();
    let mut out = Objects::new(lists.iter().map(Vec::len)).unwrap();
    for row in lists.iter().flatten() {
        out.label.push(0);
        out.bbox.push([row[0], row[1], row[2] - row[0], row[3] - row[1]]);
        out.score.extend(row.get(4));
    }
    out
}

#[test]
fn recorded_answers_of_mmdetection_come_out_bit_for_bit() {
    let mut compared = 0;
    for (number, case) in recorded("eval_recalls.json").iter().enumerate() {
        let legacy: bool = get(case, "legacy");
        let params = RecallParams {
            proposal_nums: get(case, "proposal_nums"),
            thresholds: get(case, "iou_thrs"),
            coordinates: if legacy { Coordinates::Legacy(FarEdge::Inclusive) } else { Coordinates::Plain },
        };
        let (truth, found) = (objects(&case["gts"]), objects(&case["proposals"]));
        let images: Vec<ImageId> = (0..truth.images() as i64).map(ImageId::Int).collect();
        let mut recalls = Recalls::new(params).unwrap();
        recalls.update(&Batch { images: &images, truth: &truth, found: &found }, &Job::new()).unwrap();
        let table = recalls.finish(&Job::new()).unwrap();
        let answer = &case["answer"];
        let wanted: Vec<f64> = answer["recalls"].as_array().unwrap().iter().flat_map(numbers).collect();
        assert!(same(&table.recalls.concat(), &wanted), "case {number}: {table:?} {answer}");
        assert!(same(&table.average, &numbers(&answer["ar"])), "case {number}: {table:?} {answer}");
        compared += wanted.len();
    }
    assert!(compared > 50, "{compared}");
}

/// The reference's procedure word for word: look through the whole matrix for every truth.
fn twin(scenes: &[Scene], n: usize, threshold: f64) -> f64 {
    let (mut all, mut reached) = (0, 0);
    for scene in scenes {
        let there: Vec<_> = scene.there.iter().filter(|t| !t.flags.crowd && !t.flags.ignored).collect();
        let mut own = scene.found.clone();
        own.sort_by(|a, b| b.score.partial_cmp(&a.score).unwrap());
        own.truncate(n);
        all += there.len();
        let mut free: Vec<Vec<bool>> = vec![vec![true; own.len()]; there.len()];
        for _ in 0..there.len().min(own.len()) {
            let mut best = (-1.0f32, 0, 0);
            for (t, there) in there.iter().enumerate() {
                for (d, own) in own.iter().enumerate() {
                    let (a, b) = (own.bbox.map(|v| v as f32), there.bbox.map(|v| v as f32));
                    let w = ((a[0] + a[2]).min(b[0] + b[2]) - a[0].max(b[0])).max(0.0);
                    let h = ((a[1] + a[3]).min(b[1] + b[3]) - a[1].max(b[1])).max(0.0);
                    let iou = w * h / (a[2] * a[3] + b[2] * b[3] - w * h);
                    if free[t][d] && iou > best.0 {
                        best = (iou, t, d);
                    }
                }
            }
            reached += usize::from(f64::from(best.0) >= threshold);
            free[best.1].fill(false);
            free.iter_mut().for_each(|row| row[best.2] = false);
        }
    }
    reached as f64 / all as f64
}

fn flags(random: &mut Random) -> Flags {
    Flags { ignored: random.below(5) == 0, crowd: random.below(7) == 0, ..Flags::default() }
}

fn params() -> RecallParams {
    RecallParams { proposal_nums: vec![1, 2, 5], thresholds: vec![0.5, 0.75, 0.3], ..RecallParams::new() }
}

fn evaluate(scenes: &[Scene], threads: usize) -> Recalls {
    let mut recalls = Recalls::new(params()).unwrap();
    recalls.update(&Sides::of(scenes).batch(), &Job::new().threads(threads)).unwrap();
    recalls
}

#[test]
fn random_scenes_with_ties_agree_with_a_plain_twin() {
    for seed in 0..60 {
        let scenes = draw(seed, 6, 3, flags);
        let table = evaluate(&scenes, 1).finish(&Job::new()).unwrap();
        for (n, row) in table.proposal_nums.iter().zip(&table.recalls) {
            for (threshold, recall) in table.thresholds.iter().zip(row) {
                let wanted = twin(&scenes, *n as usize, *threshold);
                assert!(same(&[*recall], &[wanted]), "seed {seed} {n} {threshold}: {recall} {wanted}");
            }
        }
    }
}

#[test]
fn shards_in_any_order_and_any_number_of_threads_change_no_bit() {
    let scenes = draw(5, 60, 3, flags);
    let many = draw(6, 400, 3, flags);
    assert_eq!(
        evaluate(&many, 1).finish(&Job::new()).unwrap(),
        evaluate(&many, 2).finish(&Job::new()).unwrap()
    );
    let whole = evaluate(&scenes, 1).finish(&Job::new()).unwrap();
    assert_eq!(evaluate(&scenes, 2).finish(&Job::new()).unwrap(), whole);
    for order in 0..100 {
        let mut parts = shards(&scenes, &mut Random::keyed(&[order])).into_iter().map(|s| evaluate(&s, 1));
        let mut joined = parts.next().unwrap();
        parts.for_each(|part| joined.merge(&part).unwrap());
        assert_eq!(joined.finish(&Job::new()).unwrap(), whole, "order {order}");
    }
    let mut twice = evaluate(&scenes[..1], 1);
    twice.merge(&evaluate(&scenes[..1], 1)).unwrap();
    assert!(twice.finish(&Job::new()).unwrap_err().to_string().contains("given twice"));
}

#[test]
fn shards_and_threads_change_no_bit_of_the_slow_kind_either() {
    let slow = |scenes: &[Scene], threads: usize| {
        let mut recall = ProposalRecall::new(&[1, 3, 10], 3).unwrap();
        recall.update(&Sides::of(scenes).batch(), &Job::new().threads(threads)).unwrap();
        recall
    };
    let many = draw(7, 600, 3, flags);
    let finish = |recall: ProposalRecall| recall.finish(&Job::new()).unwrap();
    assert_eq!(finish(slow(&many, 1)), finish(slow(&many, 2)));
    let few = &many[..60];
    let whole = finish(slow(few, 1));
    for order in 0..100 {
        let mut parts = shards(few, &mut Random::keyed(&[order])).into_iter().map(|shard| slow(&shard, 1));
        let mut joined = parts.next().unwrap();
        parts.for_each(|part| joined.merge(&part).unwrap());
        assert_eq!(finish(joined), whole, "order {order}");
    }
}

#[test]
fn the_slow_kind_is_cocos_recall_with_all_classes_as_one() {
    let scenes = draw(9, 30, 3, flags);
    let mut one = scenes.clone();
    for scene in &mut one {
        scene.there.iter_mut().for_each(|t| t.label = 0);
        scene.found.iter_mut().for_each(|d| d.label = 0);
        // Detections of one image are looked at class by class where scores are equal.
        let labels: Vec<u32> =
            scenes.iter().find(|s| s.id == scene.id).unwrap().found.iter().map(|d| d.label).collect();
        let mut order: Vec<usize> = (0..labels.len()).collect();
        order.sort_by_key(|d| labels[*d]);
        scene.found = order.iter().map(|d| scene.found[*d]).collect();
    }
    let mut recall = ProposalRecall::new(&[1, 3, 100], 3).unwrap();
    recall.update(&Sides::of(&scenes).batch(), &Job::new()).unwrap();
    let numbers = recall.finish(&Job::new()).unwrap();
    let mut coco = Coco::new(Params { caps: vec![1, 3, 100], ..Params::new(Kind::Bbox) }, 1).unwrap();
    coco.update(&Sides::of(&one).batch(), &Job::new()).unwrap();
    let tensors = coco.finish(&Job::new()).unwrap();
    let keys: Vec<&str> = numbers.numbers.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["AR@1", "AR@3", "AR@100", "AR_s@100", "AR_m@100", "AR_l@100"]);
    for (key, cap) in [("AR@1", 0), ("AR@3", 1), ("AR@100", 2)] {
        assert_eq!(numbers.get(key), tensors.mean_recall(None, 0, cap, None), "{key}");
        assert!(numbers.get(key).is_some_and(|recall| recall > 0.0));
    }
    assert_eq!(numbers.get("AR_s@100"), tensors.mean_recall(None, 1, 2, None));
    assert_eq!(numbers.get("AR_l@100"), None);
}
