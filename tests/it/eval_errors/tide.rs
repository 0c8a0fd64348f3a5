//! TIDE's errors: tidecv's numbers, and any sharing out of the work.

use lensframe::eval::coco::Kind;
use lensframe::eval::comparison::Comparison;
use lensframe::eval::errors::{Mistake, Tide, TideParams};
use lensframe::eval::{Batch, Flags, ImageId, Objects};
use lensframe::geometry::Size;
use lensframe::job::Job;
use lensframe::random::Random;
use serde_json::Value;

use super::scenes::{best_first, draw, ignored, iou, some};
use super::{objects, recorded, rows};

/// The images of a case, both sides, boxes and the masks that are drawn of them.
fn sides(images: &[Value]) -> (Vec<ImageId>, Objects, Objects) {
    let ids = images.iter().map(|image| ImageId::Int(image["id"].as_i64().unwrap())).collect();
    let (there, own) = (rows(images, "truth"), rows(images, "found"));
    let (mut truth, mut found) = (objects(&there), objects(&own));
    for row in there.iter().flatten() {
        let crowd = row[5] == 1.0;
        truth.flags.push(Flags { crowd, ignored: crowd, ..Flags::default() });
    }
    found.score = own.iter().flatten().map(|row| row[5]).collect();
    for side in [&mut truth, &mut found] {
        for [x, y, w, h] in &side.bbox {
            let ring = [*x, *y, x + w, *y, x + w, y + h, *x, y + h];
            side.masks.push_polygons(Size::new(96, 96), [ring.as_slice()]);
        }
    }
    (ids, truth, found)
}

fn near(got: Option<f64>, want: &Value, what: &str) {
    match (got, want.as_f64()) {
        (None, None) => {}
        (Some(got), Some(want)) if (got - want).abs() < 1e-9 => {}
        _ => panic!("{what}: {got:?} is not {want}"),
    }
}

#[test]
fn costs_and_counts_of_errors_are_those_of_tidecv() {
    let cases = recorded("eval_tide.json");
    assert!(cases.len() > 50);
    for (n, case) in cases.iter().enumerate() {
        let (ids, truth, found) = sides(case["images"].as_array().unwrap());
        let kind = if case["mode"] == "mask" { Kind::Segm } else { Kind::Bbox };
        let params = TideParams {
            kind,
            positive: case["positive"].as_f64().unwrap(),
            background: case["background"].as_f64().unwrap(),
            cap: case["cap"].as_u64().unwrap() as u32,
        };
        let classes = case["classes"].as_u64().unwrap() as usize;
        let mut tide = Tide::new(params, classes).unwrap();
        tide.update(&Batch { images: &ids, truth: &truth, found: &found }, &Job::new()).unwrap();
        let losses = tide.finish(&Job::new()).unwrap();
        let want = &case["answer"];
        near(losses.ap, &want["ap"], &format!("AP of case {n}"));
        for mistake in Mistake::ALL {
            let loss = losses.of(mistake);
            let name = mistake.name();
            assert_eq!(Some(loss.count), want["counts"][name].as_u64(), "count of {name}, case {n}");
            near(loss.ap, &want["main"][name], &format!("{name} of case {n}"));
            let by_class: u64 = losses
                .classes
                .iter()
                .map(|class| class.counts[Mistake::ALL.iter().position(|m| *m == mistake).unwrap()])
                .sum();
            assert_eq!(by_class, loss.count);
        }
        near(losses.false_positives, &want["special"]["FalsePos"], &format!("FalsePos of case {n}"));
        near(losses.false_negatives, &want["special"]["FalseNeg"], &format!("FalseNeg of case {n}"));
        for (class, ap) in losses.classes.iter().zip(want["classes"].as_array().unwrap()) {
            near(class.ap, ap, &format!("AP of a class of case {n}"));
        }
    }
}

/// A detection or truth of the plain twin.
#[derive(Clone)]
struct Own {
    class: u32,
    score: f64,
    /// `None` if a crowd forgives it.
    used: Option<bool>,
    error: Option<(Mistake, Option<usize>)>,
}

/// (class, score, right) of every detection that is in the curve, and the class of every truth asked for.
type Points = (Vec<(u32, f64, bool)>, Vec<u32>);

/// The mean AP of these points, by the definition of each number.
fn mean_ap((points, truths): &Points, classes: u32) -> Option<f64> {
    let of = |class: u32| {
        let mut own: Vec<_> = points.iter().filter(|point| point.0 == class).collect();
        let there = truths.iter().filter(|truth| **truth == class).count();
        if own.is_empty() && there == 0 {
            return None;
        }
        own.sort_by(|a, b| b.1.total_cmp(&a.1));
        let hits = |n: usize| own[..n].iter().filter(|point| point.2).count();
        let reached = |n: usize, recall: usize| hits(n) as f64 / there as f64 >= recall as f64 / 100.0;
        let best = |recall: usize| {
            let reaching = (1..=own.len()).filter(|n| reached(*n, recall));
            reaching.map(|n| hits(n) as f64 / n as f64).fold(0.0, f64::max)
        };
        Some(if there == 0 { 0.0 } else { (0..=100).map(best).sum::<f64>() / 1.01 })
    };
    let aps: Vec<f64> = (0..classes).filter_map(of).collect();
    (!aps.is_empty()).then(|| aps.iter().sum::<f64>() / aps.len() as f64)
}

/// AP gained by mending each mistake, as a plain walk over images.
fn plain(comparison: &Comparison) -> (Option<f64>, Vec<Option<f64>>, [Option<f64>; 2]) {
    let (truth, classes) = (&comparison.truth, comparison.classes.len() as u32);
    let (mut base, mut rights, mut errors) = ((Vec::new(), Vec::new()), Vec::new(), Vec::new());
    let (mut missed, mut unfound) = (Vec::new(), Vec::new());
    for image in 0..comparison.images.len() {
        let (regions, real): (Vec<usize>, Vec<usize>) =
            truth.range(image).partition(|t| ignored(comparison, *t));
        let order: Vec<usize> = best_first(comparison, image).into_iter().take(100).collect();
        let over = |d: usize, t: usize| iou(comparison.found.bbox[d], truth.bbox[t], truth.flags(t).crowd);
        let greatest = |d: usize, holds: &dyn Fn(usize) -> bool| {
            let mut best = (0, 0.0);
            for (n, t) in real.iter().enumerate() {
                if holds(*t) && over(d, *t) > best.1 {
                    best = (n, over(d, *t));
                }
            }
            best
        };
        let mut taken: Vec<usize> = Vec::new();
        let mut own = Vec::new();
        for d in &order {
            let class = comparison.found.label[*d];
            let best = greatest(*d, &|t| truth.label[t] == class && !taken.contains(&t));
            let hit = best.1 >= 0.5;
            if hit {
                taken.push(real[best.0]);
            }
            let forgiven = regions.iter().any(|t| truth.label[*t] == class && over(*d, *t) > 0.5);
            let used = if hit {
                Some(true)
            } else if forgiven {
                None
            } else {
                Some(false)
            };
            own.push(Own { class, score: comparison.found.score[*d], used, error: None });
        }
        for (own, d) in own.iter_mut().zip(&order).filter(|(own, _)| own.used != Some(true)) {
            let same = |t: usize| truth.label[t] == own.class;
            let (near, other) = (greatest(*d, &same), greatest(*d, &|t| !same(t)));
            own.error = Some(if real.is_empty() {
                (Mistake::Bkg, None)
            } else if (0.1..=0.5).contains(&near.1) {
                (Mistake::Loc, Some(near.0))
            } else if other.1 >= 0.5 {
                (Mistake::Cls, Some(other.0))
            } else if greatest(*d, &|t| same(t) && taken.contains(&t)).1 >= 0.5 {
                (Mistake::Dupe, None)
            } else if greatest(*d, &|_| true).1 <= 0.1 {
                (Mistake::Bkg, None)
            } else {
                (Mistake::Both, None)
            });
        }
        let with = |own: &Own| own.error.and_then(|(_, t)| t).filter(|t| !taken.contains(&real[*t]));
        for (n, t) in real.iter().enumerate() {
            base.1.push(truth.label[*t]);
            if !taken.contains(t) {
                unfound.push(truth.label[*t]);
                if !own.iter().any(|own| with(own) == Some(n)) {
                    missed.push(truth.label[*t]);
                }
            }
        }
        for (n, one) in own.iter().enumerate() {
            match one.error {
                None => rights.push((one.class, one.score, true)),
                Some((mistake, _)) => {
                    // Of those that would be right with one truth, the first of the highest score.
                    let rival = |m: usize| with(&own[m]) == with(one) && (own[m].score > one.score || m < n);
                    let mended = with(one)
                        .filter(|_| !(0..own.len()).any(|m| m != n && rival(m) && own[m].score >= one.score));
                    let class = mended
                        .map(|t| if mistake == Mistake::Cls { truth.label[real[t]] } else { one.class });
                    errors.push((mistake, (one.class, one.score, false), one.used.is_some(), class));
                }
            }
            if let Some(right) = one.used {
                base.0.push((one.class, one.score, right));
            }
        }
    }
    let without = |all: &[u32], gone: &[u32]| {
        let mut left = all.to_vec();
        for class in gone {
            left.swap_remove(left.iter().position(|own| own == class).unwrap());
        }
        left
    };
    let mend = |wanted: Option<Mistake>, score: &dyn Fn(f64, bool) -> f64, truths: Vec<u32>| {
        let mut points = Vec::new();
        for (mistake, point, counts, class) in &errors {
            match class {
                _ if Some(*mistake) != wanted && !counts => {}
                _ if Some(*mistake) != wanted => points.push((point.0, score(point.1, false), false)),
                Some(class) => points.push((*class, point.1, true)),
                None => {}
            }
        }
        points.extend(rights.iter().map(|point| (point.0, score(point.1, true), true)));
        mean_ap(&(points, truths), classes)
    };
    let same = |score: f64, _: bool| score;
    let ap = mean_ap(&base, classes);
    let main = Mistake::ALL.map(|mistake| {
        let truths = if mistake == Mistake::Miss { without(&base.1, &missed) } else { base.1.clone() };
        Some((mend(Some(mistake), &same, truths)? - ap?).max(0.0))
    });
    let last = mend(None, &|_, right| f64::from(u8::from(right)), base.1.clone());
    let found = mend(None, &same, without(&base.1, &unfound));
    (ap, main.into(), [last, found].map(|mean| Some(mean? - ap?)))
}

#[test]
fn costs_of_errors_are_those_of_a_plain_walk() {
    let close = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-9,
        (a, b) => a == b,
    };
    for seed in 0..40 {
        let comparison = draw(seed, 8, 1 + seed % 4);
        let losses = Tide::of(&comparison, TideParams::new(Kind::Bbox), &Job::new()).unwrap();
        let (ap, main, [last, found]) = plain(&comparison);
        assert!(close(losses.ap, ap), "seed {seed}: {:?} {ap:?}", losses.ap);
        for (loss, want) in losses.main.iter().zip(&main) {
            assert!(close(loss.ap, *want), "{} of seed {seed}: {:?} {want:?}", loss.mistake.name(), loss.ap);
        }
        assert!(close(losses.false_positives, last), "FalsePos of seed {seed}");
        assert!(close(losses.false_negatives, found), "FalseNeg of seed {seed}");
    }
}

#[test]
fn shards_and_threads_do_not_change_what_errors_cost() {
    let whole = draw(11, 300, 5);
    let params = || TideParams::new(Kind::Bbox);
    let one = Tide::of(&whole, params(), &Job::new().threads(1)).unwrap();
    assert!(one == Tide::of(&whole, params(), &Job::new().threads(2)).unwrap());
    let mut random = Random::keyed(&[8]);
    for _ in 0..20 {
        let mut order: Vec<usize> = (0..300).collect();
        random.shuffle(&mut order);
        let mut merged = Tide::new(params(), 5).unwrap();
        for shard in order.chunks(1 + random.below(90) as usize) {
            let part = some(&whole, shard);
            let mut tide = Tide::new(params(), 5).unwrap();
            tide.update(&part.batch(&part.ids()), &Job::new()).unwrap();
            merged.merge(tide).unwrap();
        }
        assert!(merged.finish(&Job::new()).unwrap() == one);
    }
    let mut twice = Tide::new(params(), 5).unwrap();
    for _ in 0..2 {
        twice.update(&whole.batch(&whole.ids()), &Job::new()).unwrap();
    }
    assert!(twice.finish(&Job::new()).unwrap_err().to_string().contains("given twice"));
}

#[test]
fn without_detections_all_is_missed_and_costs_all_of_ap() {
    let mut objects = Objects::new([2, 1]).unwrap();
    (objects.label, objects.bbox) = (vec![0, 0, 1], vec![[0.0, 0.0, 10.0, 10.0]; 3]);
    let found = Objects::new([0, 0]).unwrap();
    let mut tide = Tide::new(TideParams::new(Kind::Bbox), 2).unwrap();
    let images = [1.into(), 2.into()];
    tide.update(&Batch { images: &images, truth: &objects, found: &found }, &Job::new()).unwrap();
    let losses = tide.finish(&Job::new()).unwrap();
    let miss = losses.of(Mistake::Miss);
    assert_eq!((losses.ap, miss.count, miss.ap), (Some(0.0), 3, Some(100.0)));
    assert_eq!((losses.false_negatives, losses.false_positives), (Some(100.0), Some(0.0)));
    assert!(losses.main.iter().filter(|loss| loss.mistake != Mistake::Miss).all(|loss| loss.ap == Some(0.0)));
}

#[test]
fn nothing_has_no_ap_and_wrong_parameters_are_refused() {
    let nothing = Tide::of(&draw(1, 0, 2), TideParams::new(Kind::Bbox), &Job::new()).unwrap();
    assert_eq!((nothing.ap, nothing.of(Mistake::Miss).ap, nothing.false_negatives), (None, None, None));
    for params in [
        TideParams { positive: f64::NAN, ..TideParams::new(Kind::Bbox) },
        TideParams { background: 0.6, ..TideParams::new(Kind::Bbox) },
        TideParams::new(Kind::person()),
    ] {
        assert!(Tide::new(params, 2).is_err());
    }
    let job = Job::new();
    job.cancel();
    assert!(Tide::of(&draw(1, 3, 2), TideParams::new(Kind::Bbox), &job).unwrap_err().is_cancelled());
}

#[test]
fn a_report_has_the_costs_as_bars_and_the_counts_by_class() {
    let comparison = draw(3, 40, 3);
    let losses = Tide::of(&comparison, TideParams::new(Kind::Bbox), &Job::new()).unwrap();
    let bars = losses.breakdown();
    let keys: Vec<&str> = bars.figures.iter().map(|figure| figure.key.as_str()).collect();
    assert_eq!(keys, ["Cls", "Loc", "Both", "Dupe", "Bkg", "Miss", "FalsePos", "FalseNeg"]);
    assert_eq!(bars.figures[1].value, losses.of(Mistake::Loc).ap.map(|ap| ap / 100.0));
    let table = losses.table(["a", "b", "c"]);
    assert_eq!(table.rows(), 3);
    let sum: f64 = (0..3).filter_map(|row| table.get("Bkg").unwrap().cells.number(row)).sum();
    assert_eq!(sum as u64, losses.of(Mistake::Bkg).count);
}
