//! VOC: ChainerCV's recorded answers, the published golden tables, a plain twin, shards.

use lensframe::eval::matching::Reach;
use lensframe::eval::voc::{
    Curves, FarEdge, Kind, Params, Real, Scores, Voc, calc_detection_voc_ap, calc_detection_voc_prec_rec,
    calc_instance_segmentation_voc_prec_rec, eval_detection_voc, eval_instance_segmentation_voc,
};
use lensframe::eval::{Flags, Objects};
use lensframe::geometry::{Bitmap, Size};
use lensframe::job::Job;
use lensframe::random::Random;
use serde_json::Value;

use super::scenes::{Scene, Sides, draw, shards};
use super::{get, numbers, recorded, same};

type Lists<T> = Vec<Vec<T>>;

fn expect(answer: &Value, curves: &Curves, area: &Scores, eleven: &Scores, what: &str) {
    for (key, own) in [("prec", &curves.prec), ("rec", &curves.rec)] {
        let wanted = answer[key].as_array().unwrap();
        assert_eq!(own.len(), wanted.len(), "{what} {key}");
        for (class, (own, wanted)) in own.iter().zip(wanted).enumerate() {
            match own {
                None => assert!(wanted.is_null(), "{what} {key} {class}"),
                Some(own) => assert!(same(own, &numbers(wanted)), "{what} {key} {class}: {own:?} {wanted}"),
            }
        }
    }
    for (key, own) in [("area", area), ("eleven", eleven)] {
        let wanted = &answer[key];
        assert!(same(&own.ap, &numbers(&wanted["ap"])), "{what} {key}: {own:?} {wanted}");
        assert!(same(&[own.map], &[super::number(&wanted["map"])]), "{what} {key}: {own:?} {wanted}");
    }
}

fn boxes<T: Real>(case: &Value, what: &str) {
    let corners = |key: &str| -> Lists<[T; 4]> {
        let lists: Lists<[f64; 4]> = get(case, key);
        lists.iter().map(|list| list.iter().map(|b| b.map(T::nearest)).collect()).collect()
    };
    let (pred, gt) = (corners("pred_bboxes"), corners("gt_bboxes"));
    let labels: [Lists<u32>; 2] = [get(case, "pred_labels"), get(case, "gt_labels")];
    let scores: Lists<f64> = get(case, "pred_scores");
    let difficult: Option<Lists<bool>> = get(case, "gt_difficults");
    let (difficult, thresh) = (difficult.as_deref(), get(case, "iou_thresh"));
    let curves =
        calc_detection_voc_prec_rec(&pred, &labels[0], &scores, &gt, &labels[1], difficult, thresh).unwrap();
    let eval = |eleven| {
        eval_detection_voc(&pred, &labels[0], &scores, &gt, &labels[1], difficult, thresh, eleven).unwrap()
    };
    expect(&case["answer"], &curves, &eval(false), &eval(true), what);
}

fn bitmaps(lists: &Value) -> Lists<Bitmap> {
    let mask = |rows: &Value| {
        let rows: Vec<&[u8]> =
            rows.as_array().unwrap().iter().map(|r| r.as_str().unwrap().as_bytes()).collect();
        let size = Size::new(rows.len() as u32, rows[0].len() as u32);
        Bitmap::from_fn(size, |row, column| rows[row as usize][column as usize] == b'1').unwrap()
    };
    lists
        .as_array()
        .unwrap()
        .iter()
        .map(|masks| masks.as_array().unwrap().iter().map(mask).collect())
        .collect()
}

#[test]
fn boxes_and_masks_have_the_bits_of_chainercv() {
    let cases = recorded("eval_voc.json");
    assert_eq!(cases.len(), 26);
    for (number, case) in cases.iter().enumerate() {
        let what = format!("case {number}");
        if case["kind"] == "boxes" {
            match case["dtype"].as_str().unwrap() {
                "f4" => boxes::<f32>(case, &what),
                _ => boxes::<f64>(case, &what),
            }
            continue;
        }
        let (pred, gt) = (bitmaps(&case["pred_masks"]), bitmaps(&case["gt_masks"]));
        let labels: [Lists<u32>; 2] = [get(case, "pred_labels"), get(case, "gt_labels")];
        let (scores, thresh): (Lists<f64>, f64) = (get(case, "pred_scores"), get(case, "iou_thresh"));
        let curves =
            calc_instance_segmentation_voc_prec_rec(&pred, &labels[0], &scores, &gt, &labels[1], thresh)
                .unwrap();
        let eval = |eleven| {
            eval_instance_segmentation_voc(&pred, &labels[0], &scores, &gt, &labels[1], thresh, eleven)
                .unwrap()
        };
        expect(&case["answer"], &curves, &eval(false), &eval(true), &what);
    }
}

const NAN: f64 = f64::NAN;

fn curves(
    pred: (Lists<[f32; 4]>, Lists<u32>, Lists<f32>),
    gt: (Lists<[f32; 4]>, Lists<u32>, Lists<bool>),
    thresh: f64,
) -> (Vec<Option<Vec<f64>>>, Vec<Option<Vec<f64>>>) {
    let c =
        calc_detection_voc_prec_rec(&pred.0, &pred.1, &pred.2, &gt.0, &gt.1, Some(&gt.2), thresh).unwrap();
    (c.prec, c.rec)
}

fn all_same(own: &[Option<Vec<f64>>], wanted: &[Option<Vec<f64>>]) -> bool {
    own.len() == wanted.len()
        && own.iter().zip(wanted).all(|(own, wanted)| match (own, wanted) {
            (Some(own), Some(wanted)) => same(own, wanted),
            (own, wanted) => own.is_none() && wanted.is_none(),
        })
}

/// The published answers A to D of ChainerCV's own tests.
#[test]
fn the_golden_tables_of_boxes_come_out() {
    let pred = || {
        let boxes = vec![[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 2.0, 2.0], [0.3, 0.3, 0.5, 0.5]];
        (vec![boxes], vec![vec![0; 3]], vec![vec![0.8, 0.9, 1.0]])
    };
    let one = || (vec![vec![[0.0, 0.0, 1.0, 0.9]]], vec![vec![0]], vec![vec![false]]);
    let two = || {
        let boxes = vec![vec![[0.0, 0.0, 1.0, 0.9], [1.0, 1.0, 2.0, 2.0]]];
        (boxes, vec![vec![0, 0]], vec![vec![false, true]])
    };
    for gt in [one(), two()] {
        let (prec, rec) = curves(pred(), gt.clone(), 0.5);
        assert!(all_same(&prec, &[Some(vec![0.0, 0.0, 1.0 / 3.0])]), "{prec:?}");
        assert!(all_same(&rec, &[Some(vec![0.0, 0.0, 1.0])]), "{rec:?}");
        let (prec, rec) = curves(pred(), gt, 0.97);
        assert!(all_same(&prec, &[Some(vec![0.0; 3])]) && all_same(&rec, &[Some(vec![0.0; 3])]));
    }
    let b = |third| {
        (
            vec![
                vec![[0.0, 4.0, 1.0, 5.0], [0.0, 0.0, 1.0, 1.0]],
                vec![[0.0, 0.0, 2.0, 2.0], [2.0, 2.0, 3.0, 3.0], third],
            ],
            vec![vec![0, 0], vec![0, 2, 2]],
            vec![vec![1.0, 0.9], vec![0.7, 0.6, 0.8]],
        )
    };
    let gt = |difficult| {
        (
            vec![vec![[0.0, 0.0, 1.0, 1.0], [1.0, 0.0, 4.0, 4.0]], vec![[2.0, 2.0, 3.0, 3.0]]],
            vec![vec![0, 0], vec![2]],
            vec![vec![false, false], vec![difficult]],
        )
    };
    let first = (Some(vec![0.0, 0.5, 1.0 / 3.0]), Some(vec![0.0, 0.5, 0.5]));
    let (prec, rec) = curves(b([5.0, 5.0, 7.0, 7.0]), gt(false), 0.4);
    assert!(all_same(&prec, &[first.0.clone(), None, Some(vec![0.0, 0.5])]), "{prec:?}");
    assert!(all_same(&rec, &[first.1.clone(), None, Some(vec![0.0, 1.0])]), "{rec:?}");
    let (prec, rec) = curves(b([2.0, 2.0, 3.0, 3.0]), gt(true), 0.4);
    assert!(all_same(&prec, &[first.0.clone(), None, Some(vec![NAN, NAN])]), "{prec:?}");
    assert!(all_same(&rec, &[first.1.clone(), None, None]), "{rec:?}");

    let (prec, rec) = ([first.0, None, Some(vec![NAN, 0.5])], [first.1, None, Some(vec![0.0, 1.0])]);
    assert!(same(&calc_detection_voc_ap(&prec, &rec, false), &[0.25, NAN, 0.5]));
    let ap = calc_detection_voc_ap(&prec, &rec, true);
    assert!((ap[0] - 0.5 / 11.0 * 6.0).abs() < 1e-15 && ap[1].is_nan() && (ap[2] - 0.5).abs() < 1e-15);
}

#[test]
fn the_golden_masks_come_out() {
    let mask = |rows: [&str; 2]| {
        Bitmap::from_fn(Size::new(2, 2), |r, c| rows[r as usize].as_bytes()[c as usize] == b'T').unwrap()
    };
    let pred = vec![vec![mask(["FF", "TT"]), mask(["TT", "FT"]), mask(["TF", "TT"])]];
    let (gt, labels) = (vec![vec![mask(["TT", "FF"])]], vec![vec![0u32; 3]]);
    let curves =
        calc_instance_segmentation_voc_prec_rec(&pred, &labels, &[vec![0.8, 0.9, 1.0]], &gt, &[vec![0]], 0.5)
            .unwrap();
    assert_eq!(curves.prec, [Some(vec![0.0, 0.5, 1.0 / 3.0])]);
    assert_eq!(curves.rec, [Some(vec![0.0, 1.0, 1.0])]);

    // Golden K: rectangles y0, x0, y1, x1 in images of 6 × 6.
    let of = |[y0, x0, y1, x1]: [u32; 4]| {
        Bitmap::from_fn(Size::new(6, 6), |r, c| r >= y0 && r < y1 && c >= x0 && c < x1).unwrap()
    };
    let pred = [vec![of([0, 0, 3, 3]), of([2, 2, 6, 6])], vec![of([1, 1, 5, 4])]];
    let gt = [vec![of([0, 0, 3, 4]), of([3, 3, 6, 6])], vec![of([1, 1, 5, 5]), of([0, 0, 6, 6])]];
    let labels = ([vec![0, 1], vec![0]], [vec![0, 1], vec![0, 1]]);
    let scores = [vec![0.9f32, 0.5], vec![0.7]];
    let out = eval_instance_segmentation_voc(&pred, &labels.0, &scores, &gt, &labels.1, 0.5, false).unwrap();
    assert_eq!(out.ap, [1.0, 0.5]);
}

#[test]
fn golden_j_with_the_crowd_as_difficult() {
    let pred = [
        vec![[10.0f32, 10.0, 40.0, 40.0], [12.0, 12.0, 42.0, 40.0], [50.0, 50.0, 150.0, 160.0]],
        vec![[0.0, 0.0, 20.0, 20.0], [30.0, 30.0, 60.0, 60.0]],
        vec![[5.0, 5.0, 25.0, 25.0], [100.0, 100.0, 110.0, 110.0]],
    ];
    let gt = [
        vec![[10.0, 10.0, 40.0, 42.0], [50.0, 50.0, 150.0, 150.0]],
        vec![[0.0, 0.0, 20.0, 25.0], [28.0, 30.0, 60.0, 62.0], [0.0, 0.0, 100.0, 100.0]],
        vec![[5.0, 5.0, 25.0, 30.0]],
    ];
    let labels = ([vec![0, 0, 1], vec![0, 2], vec![1, 0]], [vec![0, 1], vec![0, 2, 0], vec![1]]);
    let scores = [vec![0.9f32, 0.8, 0.7], vec![0.6, 0.95], vec![0.5, 0.4]];
    let crowd = [vec![false; 2], vec![false, false, true], vec![false]];
    let eval = |eleven| {
        eval_detection_voc(&pred, &labels.0, &scores, &gt, &labels.1, Some(&crowd), 0.5, eleven).unwrap()
    };
    let near = |own: &[f64], wanted: &[f64]| own.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 5e-7);
    let area = eval(false);
    assert!(near(&area.ap, &[0.833333, 1.0, 1.0]) && near(&[area.map], &[0.944444]), "{area:?}");
    let eleven = eval(true);
    assert!(near(&eleven.ap, &[0.848485, 1.0, 1.0]), "{eleven:?}");
}

#[test]
fn no_label_at_all_is_an_empty_answer_and_lists_that_differ_are_named() {
    let none: [Vec<[f32; 4]>; 1] = [Vec::new()];
    let (labels, scores) = ([Vec::new()], [Vec::<f32>::new()]);
    let out = eval_detection_voc(&none, &labels, &scores, &none, &labels, None, 0.5, false).unwrap();
    assert!(out.ap.is_empty() && out.map.is_nan());
    let e = eval_detection_voc(&none, &[vec![0]], &scores, &none, &labels, None, 0.5, false).unwrap_err();
    assert_eq!(e.to_string(), "row 0: pred_labels has 1 objects, another list 0");
}

/// VOC by the book: x, y, w, h boxes, nested loops.
fn twin(scenes: &[Scene], class: u32, params: &Params) -> (Vec<f64>, Vec<f64>, usize) {
    let mut rows: Vec<(f64, i64, usize, i32)> = Vec::new();
    let mut positives = 0;
    for scene in scenes {
        let mut own: Vec<usize> = (0..scene.found.len()).filter(|d| scene.found[*d].label == class).collect();
        own.sort_by(|a, b| scene.found[*b].score.partial_cmp(&scene.found[*a].score).unwrap());
        let there: Vec<usize> = (0..scene.there.len()).filter(|t| scene.there[*t].label == class).collect();
        let difficult = |t: usize| scene.there[t].flags.ignored || scene.there[t].flags.crowd;
        positives += there.iter().filter(|t| !difficult(**t)).count();
        let mut taken = vec![false; scene.there.len()];
        for (rank, d) in own.into_iter().enumerate() {
            let more = if params.far_edge == FarEdge::Inclusive { 1.0 } else { 0.0 };
            let a = scene.found[d].bbox;
            let (mut best, mut chosen) = (f64::MIN, None);
            for t in &there {
                let b = scene.there[*t].bbox;
                let w = (a[0] + a[2] + more).min(b[0] + b[2] + more) - a[0].max(b[0]);
                let h = (a[1] + a[3] + more).min(b[1] + b[3] + more) - a[1].max(b[1]);
                let shared = if w > 0.0 && h > 0.0 { w * h } else { 0.0 };
                let area = |b: [f64; 4]| (b[2] + more) * (b[3] + more);
                let iou = shared / (area(a) + area(b) - shared);
                if iou > best {
                    (best, chosen) = (iou, Some(*t));
                }
            }
            let near =
                if params.reach == Reach::Above { best > params.threshold } else { best >= params.threshold };
            let verdict = match chosen.filter(|_| near) {
                None => 0,
                Some(t) if difficult(t) => -1,
                Some(t) => i32::from(!std::mem::replace(&mut taken[t], true)),
            };
            rows.push((scene.found[d].score, scene.id, rank, verdict));
        }
    }
    rows.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap().then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let (mut tp, mut fp) = (0.0, 0.0);
    let (mut prec, mut rec) = (Vec::new(), Vec::new());
    for (.., verdict) in rows {
        tp += f64::from(verdict == 1);
        fp += f64::from(verdict == 0);
        prec.push(tp / (fp + tp));
        rec.push(tp / positives as f64);
    }
    (prec, rec, positives)
}

fn flags(random: &mut Random) -> Flags {
    Flags { ignored: random.below(4) == 0, crowd: random.below(9) == 0, ..Flags::default() }
}

fn evaluate(params: Params, scenes: &[Scene], threads: usize) -> Voc {
    let sides = Sides::of(scenes);
    let mut voc = Voc::new(params, 3).unwrap();
    voc.update(&sides.batch(), &Job::new().threads(threads)).unwrap();
    voc
}

#[test]
fn random_scenes_with_ties_agree_with_a_plain_twin() {
    let mut counted = 0;
    for seed in 0..60 {
        let scenes = draw(seed, 7, 3, flags);
        let mut params = if seed % 2 == 0 { Params::new(Kind::Bbox) } else { Params::above(Kind::Bbox) };
        if seed % 3 == 0 {
            params.far_edge = FarEdge::Inclusive;
        }
        let curves = evaluate(params, &scenes, 1).finish(&Job::new()).unwrap();
        for class in 0..3 {
            let (prec, rec, positives) = twin(&scenes, class as u32, &params);
            let own = curves.prec[class].as_deref().unwrap_or_default();
            assert!(same(own, &prec), "seed {seed} class {class}: {own:?} {prec:?}");
            match &curves.rec[class] {
                Some(own) => assert!(same(own, &rec) && positives > 0, "seed {seed} class {class}"),
                None => assert_eq!(positives, 0, "seed {seed} class {class}"),
            }
            counted += prec.len();
        }
    }
    assert!(counted > 1000, "{counted}");
}

#[test]
fn shards_in_any_order_and_any_number_of_threads_change_no_bit() {
    let scenes = draw(7, 300, 3, flags);
    let params = Params::new(Kind::Bbox);
    let whole = evaluate(params, &scenes, 1).finish(&Job::new().threads(1)).unwrap();
    assert_eq!(
        evaluate(params, &scenes, 2).finish(&Job::new().threads(2)).unwrap().scores(true),
        whole.scores(true)
    );
    let few = &scenes[..40];
    let whole = evaluate(params, few, 1).finish(&Job::new()).unwrap();
    for order in 0..100 {
        let mut random = Random::keyed(&[order]);
        let mut parts = shards(few, &mut random).into_iter().map(|shard| evaluate(params, &shard, 1));
        let mut joined = parts.next().unwrap();
        parts.for_each(|part| joined.merge(&part).unwrap());
        let joined = joined.finish(&Job::new()).unwrap();
        assert!(all_same(&joined.prec, &whole.prec) && all_same(&joined.rec, &whole.rec), "order {order}");
    }
}

#[test]
fn masks_of_other_sizes_and_absent_columns_are_refused() {
    let mut voc = Voc::new(Params::new(Kind::Segm), 1).unwrap();
    let (mut truth, mut found) = (Objects::new([1]).unwrap(), Objects::new([1]).unwrap());
    (truth.label, found.label, found.score) = (vec![0], vec![0], vec![0.5]);
    let images = [1.into()];
    let update = |voc: &mut Voc, truth: &Objects, found: &Objects| {
        let batch = lensframe::eval::Batch { images: &images, truth, found };
        voc.update(&batch, &Job::new()).unwrap_err().to_string()
    };
    assert_eq!(update(&mut voc, &truth, &found), "the truths have no masks");
    truth.masks.push_runs(Size::new(1, 4), &[1, 3]);
    found.masks.push_runs(Size::new(4, 1), &[1, 3]);
    assert!(update(&mut voc, &truth, &found).contains("a mask of 4x1 is compared with one of 1x4"));
}
