//! Best and worst images: MMDetection's numbers of single images, and a plain twin of verdicts and cuts.

use lensframe::eval::coco::Kind;
use lensframe::eval::comparison::{ClassEntry, Comparison, ImageEntry};
use lensframe::eval::errors::{Fate, Rank, Ranking, Tally, Verdict, Verdicts, mean_aps};
use lensframe::eval::panoptic::{Evaluator, Options, Painted, Segment};
use lensframe::geometry::{LabelMap, Size};
use lensframe::job::Job;

use super::scenes::{best_first, draw, ignored, iou};
use super::{numbers, objects, recorded, rows};

#[test]
fn the_map_of_single_images_is_mmdetections() {
    let cases = recorded("eval_images.json");
    assert!(cases.len() > 20);
    for (n, case) in cases.iter().enumerate() {
        let images = case["images"].as_array().unwrap();
        let own = rows(images, "found");
        let mut found = objects(&own);
        found.score = own.iter().flatten().map(|row| row[5]).collect();
        let comparison = Comparison {
            images: (0..images.len() as i64).map(|n| ImageEntry::new(n.into())).collect(),
            classes: (0..case["classes"].as_i64().unwrap())
                .map(|n| ClassEntry::new(n.into(), n.to_string()))
                .collect(),
            truth: objects(&rows(images, "truth")),
            found,
            ..Comparison::default()
        };
        let want = numbers(&case["answer"]);
        assert_eq!(mean_aps(&comparison, &Job::new()).unwrap(), want, "case {n}");
        let ranking = Ranking::of(&comparison, &Kind::Bbox, Rank::MeanAp, &Job::new()).unwrap();
        let mut order: Vec<usize> = (0..want.len()).collect();
        order.sort_by(|a, b| want[*a].total_cmp(&want[*b]));
        assert_eq!(ranking.images.iter().map(|score| score.image).collect::<Vec<_>>(), order, "case {n}");
    }
}

/// COCO's matching of an image at IoU 0.5 with detections of a score of at least `cut` alone.
fn matched(comparison: &Comparison, image: usize, cut: f64) -> (Tally, Vec<(usize, usize)>) {
    let (truth, found) = (&comparison.truth, &comparison.found);
    let (mut tally, mut pairs, mut taken) = (Tally::default(), Vec::new(), Vec::new());
    for d in best_first(comparison, image).into_iter().filter(|d| found.score[*d] >= cut) {
        let mut best: Option<(bool, f64, usize)> = None;
        for t in truth.range(image).filter(|t| truth.label[*t] == found.label[d]) {
            let (crowd, real) = (truth.flags(t).crowd, !ignored(comparison, t));
            let own = iou(found.bbox[d], truth.bbox[t], crowd);
            let free = crowd || !taken.contains(&t);
            if free && own >= 0.5 && best.is_none_or(|(held, iou, _)| (real, own) >= (held, iou)) {
                best = Some((real, own, t));
            }
        }
        match best {
            Some((true, _, t)) => {
                tally.hits += 1;
                taken.push(t);
                pairs.push((d, t));
            }
            Some((false, _, t)) => taken.push(t),
            None => tally.wrong += 1,
        }
    }
    let real = truth.range(image).filter(|t| !ignored(comparison, *t));
    tally.missed = real.filter(|t| !taken.contains(t)).count() as u64;
    (tally, pairs)
}

#[test]
fn one_matching_serves_every_cut_and_the_best_cut_is_the_best_of_all() {
    for seed in 0..40 {
        let comparison = draw(seed, 15, 1 + seed % 4);
        let verdicts = Verdicts::of(&comparison, &Kind::Bbox, 0.5, 100, &Job::new()).unwrap();
        let (mut best, mut last) = (None::<(f64, f64)>, Vec::new());
        for cut in (0..8).rev().map(|n| f64::from(n) / 8.0) {
            let mut sum = Tally::default();
            last.clear();
            for image in 0..comparison.images.len() {
                let (want, pairs) = matched(&comparison, image, cut);
                assert_eq!(
                    verdicts.tally(&comparison, image, cut),
                    want,
                    "image {image}, cut {cut}, seed {seed}"
                );
                (sum.hits, sum.wrong) = (sum.hits + want.hits, sum.wrong + want.wrong);
                sum.missed += want.missed;
                last.extend(pairs);
            }
            if sum.hits + sum.wrong > 0 && best.is_none_or(|(_, f1)| sum.f1().unwrap() > f1) {
                best = Some((cut, sum.f1().unwrap()));
            }
        }
        for (d, t) in last {
            assert_eq!(
                (verdicts.found[d], verdicts.truth[t]),
                (Verdict::Hit(t as u32), Fate::Found(d as u32))
            );
        }
        let got = verdicts.best_cut(&comparison).map(|point| (point.cut, point.f1()));
        let there = verdicts.truth.iter().any(|fate| *fate != Fate::LeftOut);
        assert_eq!(got.filter(|(_, f1)| *f1 > 0.0), best.filter(|(_, f1)| there && *f1 > 0.0), "seed {seed}");
    }
}

#[test]
fn images_are_ordered_by_what_is_asked_for_and_no_image_is_at_both_ends() {
    let comparison = draw(9, 30, 3);
    for rank in [Rank::F1, Rank::Errors, Rank::MeanAp] {
        let one = Ranking::of(&comparison, &Kind::Bbox, rank, &Job::new().threads(1)).unwrap();
        let two = Ranking::of(&comparison, &Kind::Bbox, rank, &Job::new().threads(2)).unwrap();
        assert!(one == two);
        let values: Vec<f64> = one.images.iter().map(|score| score.value.unwrap_or(2.0)).collect();
        let sorted = match rank {
            Rank::Errors => values.is_sorted_by(|a, b| a >= b),
            _ => values.is_sorted(),
        };
        assert!(sorted, "{rank:?}: {values:?}");
        assert_eq!((one.worst(20).len(), one.best(20).len(), one.worst(4).len()), (15, 15, 4));
        assert_eq!(one.worst(4), &one.images[..4]);
        let table = one.table(&comparison, "worst images", one.worst(4));
        assert_eq!(table.rows(), 4);
        assert!(table.get("missed").is_some());
    }
}

#[test]
fn without_detections_every_truth_is_missed() {
    let mut comparison = draw(2, 6, 2);
    comparison.found = lensframe::eval::Objects::new([0; 6]).unwrap();
    let ranking = Ranking::of(&comparison, &Kind::Bbox, Rank::F1, &Job::new()).unwrap();
    assert_eq!(ranking.cut, f64::INFINITY);
    let real = (0..comparison.truth.len()).filter(|t| !ignored(&comparison, *t)).count() as u64;
    assert_eq!(ranking.images.iter().map(|score| score.tally.missed).sum::<u64>(), real);
    let nothing: Vec<_> = ranking.images.iter().filter(|score| score.value.is_none()).collect();
    assert!(nothing.iter().all(|score| score.tally == Tally::default()));
}

#[test]
fn panoptic_quality_of_single_images_is_that_of_evaluating_them_alone() {
    let size = Size::new(1, 4);
    let segment = |class| [Segment::new(7, class).with_area(2.0)];
    let images =
        [([7, 7, 0, 0], [7, 7, 7, 0], 0), ([0, 7, 7, 0], [7, 0, 0, 7], 1), ([7, 7, 0, 0], [7, 7, 0, 0], 1)];
    let add = |evaluator: &mut Evaluator, n: usize| {
        let (there, own, class) = &images[n];
        let painted = |pixels| Painted::new(LabelMap::try_new(size, pixels).unwrap(), &segment(*class));
        let (truth, found) = (painted(there), painted(own));
        evaluator.update(n as u64, "", &truth, &found).unwrap();
    };
    let new = || Evaluator::new(Options::new(vec![true, false]));
    let mut whole = new();
    (0..3).rev().for_each(|n| add(&mut whole, n));
    let by_image: Vec<(u64, f64)> = whole.by_image().map(|(n, scores)| (n, scores.all.pq)).collect();
    for (n, (position, quality)) in by_image.into_iter().enumerate() {
        let mut alone = new();
        add(&mut alone, n);
        assert_eq!((position, quality), (n as u64, alone.finish().all.pq));
        // What lies on void pixels is no fault.
        assert!(if n == 1 { quality < 1.0 } else { quality == 1.0 });
    }
}
