//! Rotated boxes: shapely's recorded areas, VOC's rule over them by a plain twin, shards.

use lensframe::eval::Flags;
use lensframe::eval::matching::Reach;
use lensframe::eval::rotated::{RotatedAp, RotatedParams};
use lensframe::geometry::Rotated;
use lensframe::job::Job;
use lensframe::random::Random;

use super::scenes::{Scene, Sides, draw, shards};
use super::{numbers, recorded, same};

#[test]
fn shared_areas_are_those_of_shapely() {
    let cases = recorded("rotated.json");
    assert_eq!(cases.len(), 400);
    let mut apart = 0;
    for case in &cases {
        let of = |place: usize| Rotated(numbers(&case[place]).try_into().unwrap());
        let (a, b, shared, iou) = (of(0), of(1), case[2].as_f64().unwrap(), case[3].as_f64().unwrap());
        assert!((a.shared(&b) - shared).abs() < 1e-9, "{case}: {}", a.shared(&b));
        assert!((a.iou(&b) - iou).abs() < 1e-11, "{case}: {}", a.iou(&b));
        assert!((a.iou(&b) - b.iou(&a)).abs() < 1e-12);
        apart += usize::from(iou == 0.0);
    }
    assert!(apart > 5 && apart < 200, "{apart}");
}

/// The upright boxes of a scene, turned by a few angles.
fn turned(bbox: [f64; 4], score: f64) -> Rotated {
    let [x, y, w, h] = bbox;
    Rotated([x + w / 2.0, y + h / 2.0, w, h, (score * 8.0).rem_euclid(3.0) * 0.4])
}

fn boxes(scenes: &[Scene]) -> (Vec<Rotated>, Vec<Rotated>) {
    let there = scenes.iter().flat_map(|s| &s.there).map(|t| turned(t.bbox, 0.0)).collect();
    let own = scenes.iter().flat_map(|s| &s.found).map(|d| turned(d.bbox, d.score)).collect();
    (there, own)
}

fn evaluate(params: RotatedParams, scenes: &[Scene], threads: usize) -> RotatedAp {
    let (there, own) = boxes(scenes);
    let mut ap = RotatedAp::new(params, 3).unwrap();
    ap.update(&Sides::of(scenes).batch(), &there, &own, &Job::new().threads(threads)).unwrap();
    ap
}

fn twin(scenes: &[Scene], class: u32, params: RotatedParams) -> Vec<f64> {
    let mut rows = Vec::new();
    for scene in scenes {
        let there: Vec<_> = scene.there.iter().filter(|t| t.label == class).collect();
        let mut own: Vec<_> = scene.found.iter().filter(|d| d.label == class).collect();
        own.sort_by(|a, b| b.score.partial_cmp(&a.score).unwrap());
        let mut taken = vec![false; there.len()];
        for (rank, d) in own.iter().enumerate() {
            let mut best = (f64::MIN, 0);
            for (t, there) in there.iter().enumerate() {
                let iou = turned(d.bbox, d.score).iou(&turned(there.bbox, 0.0));
                if iou > best.0 {
                    best = (iou, t);
                }
            }
            let reached = match params.reach {
                Reach::AtLeast => best.0 >= params.threshold,
                Reach::Above => best.0 > params.threshold,
            };
            let verdict = match reached {
                false => 0,
                true if there[best.1].flags.ignored => -1,
                true => i32::from(!std::mem::replace(&mut taken[best.1], true)),
            };
            rows.push((d.score, scene.id, rank, verdict));
        }
    }
    rows.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap().then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let (mut tp, mut fp) = (0.0, 0.0);
    let count = |(.., verdict): (f64, i64, usize, i32)| {
        tp += f64::from(verdict == 1);
        fp += f64::from(verdict == 0);
        tp / (fp + tp)
    };
    rows.into_iter().map(count).collect()
}

fn flags(random: &mut Random) -> Flags {
    Flags { ignored: random.below(4) == 0, ..Flags::default() }
}

#[test]
fn random_scenes_agree_with_a_plain_twin() {
    for seed in 0..40 {
        let scenes = draw(seed, 7, 3, flags);
        let reach = if seed % 2 == 0 { Reach::AtLeast } else { Reach::Above };
        let params = RotatedParams { threshold: 0.5, reach };
        let curves = evaluate(params, &scenes, 1).finish(&Job::new()).unwrap();
        for class in 0..3 {
            let own = curves.prec[class].as_deref().unwrap_or_default();
            let wanted = twin(&scenes, class as u32, params);
            assert!(same(own, &wanted), "seed {seed} class {class}: {own:?} {wanted:?}");
        }
    }
}

#[test]
fn shards_in_any_order_and_any_number_of_threads_change_no_bit() {
    let scenes = draw(4, 200, 3, flags);
    let finish = |ap: RotatedAp| ap.finish(&Job::new()).unwrap().scores(false);
    let params = RotatedParams::default();
    assert_eq!(finish(evaluate(params, &scenes, 1)), finish(evaluate(params, &scenes, 2)));
    let few = &scenes[..40];
    let whole = finish(evaluate(params, few, 1));
    assert!(whole.map > 0.0);
    for order in 0..100 {
        let mut parts =
            shards(few, &mut Random::keyed(&[order])).into_iter().map(|shard| evaluate(params, &shard, 1));
        let mut joined = parts.next().unwrap();
        parts.for_each(|part| joined.merge(&part).unwrap());
        assert_eq!(finish(joined), whole, "order {order}");
    }
}

#[test]
fn boxes_that_are_too_few_are_refused() {
    let scenes = draw(4, 3, 3, flags);
    let mut ap = RotatedAp::new(RotatedParams::default(), 3).unwrap();
    let e = ap.update(&Sides::of(&scenes).batch(), &[], &[], &Job::new()).unwrap_err();
    assert!(e.to_string().contains("but 0 rotated boxes"), "{e}");
}
