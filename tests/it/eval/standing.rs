//! Samples, slices and changes: the numbers that evaluating such images anew would give, without matching anew.

use lensframe::eval::coco::{Coco, Kind, Params, Standing, Summary};
use lensframe::eval::operating::{Calibration, Operating};
use lensframe::eval::resample::{Sampling, bootstrap};
use lensframe::eval::{Batch, ImageId, Objects};
use lensframe::job::Job;
use lensframe::random::Random;

use super::shards::{evaluated, part};
use super::twin::scenes;

fn bits(summary: &Summary) -> Vec<u64> {
    summary.stats().into_iter().map(f64::to_bits).collect()
}

/// Evaluates the images as often as the weights say, each copy under an id of its own behind that of the one before.
fn brute(ids: &[ImageId], truth: &Objects, found: &Objects, weights: &[u32]) -> Vec<u64> {
    let copies: Vec<usize> =
        weights.iter().enumerate().flat_map(|(image, n)| std::iter::repeat_n(image, *n as usize)).collect();
    let named: Vec<ImageId> = copies
        .iter()
        .enumerate()
        .map(|(n, image)| match &ids[*image] {
            ImageId::Int(id) => ImageId::Int(id * 100_000 + n as i64),
            ImageId::Text(_) => unreachable!(),
        })
        .collect();
    let (truth, found) = (part(truth, &copies), part(found, &copies));
    let params = Params::new(Kind::Bbox);
    let mut coco = Coco::new(params.clone(), 4).unwrap();
    coco.update(&Batch { images: &named, truth: &truth, found: &found }, &Job::new()).unwrap();
    bits(&Summary::of(&params, &coco.finish(&Job::new()).unwrap()))
}

/// Weights in the order in which the images were given, from those in the order of ids.
fn given(ids: &[ImageId], standing: &Standing, weights: &[u32]) -> Vec<u32> {
    ids.iter().map(|id| weights[standing.images().binary_search(id).unwrap()]).collect()
}

#[test]
fn samples_have_the_bits_of_sets_with_copies_of_their_images() {
    let (ids, truth, found) = scenes(11, 120, 4);
    let all: Vec<usize> = (0..ids.len()).collect();
    let coco = evaluated(&ids, &truth, &found, &all, &Job::new());
    let standing = Standing::of(&coco).unwrap();
    let whole = Summary::of(coco.params(), &coco.finish(&Job::new()).unwrap());
    assert_eq!(bits(&standing.whole()), bits(&whole));
    let sampling = Sampling::new(20, 3);
    for sample in 0..20 {
        let weights = sampling.weights(ids.len(), sample);
        let expected = brute(&ids, &truth, &found, &given(&ids, &standing, &weights));
        assert_eq!(bits(&standing.summary(&weights)), expected, "sample {sample}");
    }
    // A slice is a sample without copies, one without images has no numbers.
    let slice: Vec<u32> = (0..ids.len()).map(|n| u32::from(n % 3 == 0)).collect();
    assert_eq!(bits(&standing.summary(&slice)), brute(&ids, &truth, &found, &given(&ids, &standing, &slice)));
    assert!(standing.summary(&[]).lines.iter().all(|line| line.value.is_none()));
}

#[test]
fn images_that_changed_give_the_bits_of_a_fresh_evaluation() {
    let (ids, truth, found) = scenes(21, 200, 4);
    let (_, _, other) = scenes(22, 200, 4);
    let all: Vec<usize> = (0..ids.len()).collect();
    let changed: Vec<usize> = (0..ids.len()).filter(|image| image % 17 == 3).collect();
    let job = Job::new();
    let mut standing = Standing::of(&evaluated(&ids, &truth, &found, &all, &job)).unwrap();
    standing.replace(&evaluated(&ids, &truth, &other, &changed, &job)).unwrap();
    // The same from nothing: those images with the other detections.
    let mut coco = evaluated(&ids, &truth, &other, &changed, &job);
    let rest: Vec<usize> = all.iter().copied().filter(|image| !changed.contains(image)).collect();
    coco.merge(&evaluated(&ids, &truth, &found, &rest, &job)).unwrap();
    assert_eq!(bits(&standing.whole()), bits(&Standing::of(&coco).unwrap().whole()));
    // Back again.
    standing.replace(&evaluated(&ids, &truth, &found, &changed, &job)).unwrap();
    assert_eq!(
        bits(&standing.whole()),
        bits(&Standing::of(&evaluated(&ids, &truth, &found, &all, &job)).unwrap().whole())
    );

    let stranger = [ImageId::Int(-5)];
    let mut unknown = Coco::new(Params::new(Kind::Bbox), 4).unwrap();
    let (none, nothing) = (Objects::new([0]).unwrap(), Objects::new([0]).unwrap());
    unknown.update(&Batch { images: &stranger, truth: &none, found: &nothing }, &job).unwrap();
    let error = standing.replace(&unknown).unwrap_err().to_string();
    assert!(error.contains("image -5 is not known"), "{error}");
    let mut params = Params::new(Kind::Bbox);
    params.thresholds = vec![0.5];
    assert!(standing.replace(&Coco::new(params, 4).unwrap()).is_err());
}

#[test]
fn any_run_of_changes_gives_the_bits_of_a_fresh_evaluation() {
    let (ids, truth, found) = scenes(51, 150, 4);
    let sides = [found, scenes(52, 150, 4).2, scenes(53, 150, 4).2];
    let job = Job::new();
    let all: Vec<usize> = (0..ids.len()).collect();
    let mut standing = Standing::of(&evaluated(&ids, &truth, &sides[0], &all, &job)).unwrap();
    let mut state = vec![0usize; ids.len()];
    let mut random = Random::keyed(&[54]);
    for round in 0..40 {
        let side = random.below(3) as usize;
        // Now and then so many that everything is put in order anew.
        let share = if round % 9 == 8 { 3 } else { 40 };
        let some: Vec<usize> = all.iter().copied().filter(|_| random.below(share) == 0).collect();
        some.iter().for_each(|image| state[*image] = side);
        standing.replace(&evaluated(&ids, &truth, &sides[side], &some, &job)).unwrap();
        let mut coco = evaluated(&ids, &truth, &sides[0], &[], &job);
        for (number, side) in sides.iter().enumerate() {
            let own: Vec<usize> = all.iter().copied().filter(|image| state[*image] == number).collect();
            coco.merge(&evaluated(&ids, &truth, side, &own, &job)).unwrap();
        }
        let fresh = Summary::of(coco.params(), &coco.finish(&job).unwrap());
        assert_eq!(bits(&standing.whole()), bits(&fresh), "round {round}");
        let weights: Vec<u32> = all.iter().map(|_| random.below(3) as u32).collect();
        let anew = Standing::of(&coco).unwrap();
        assert_eq!(bits(&standing.summary(&weights)), bits(&anew.summary(&weights)), "round {round}");
        let sample =
            |of: &Standing| bootstrap(&[std::slice::from_ref(of)], &Sampling::new(2, round), &job).unwrap();
        assert_eq!(sample(&standing), sample(&anew), "round {round}");
    }
}

#[test]
fn paired_samples_tell_a_difference_from_none_whatever_the_threads() {
    let (ids, truth, found) = scenes(31, 150, 4);
    let all: Vec<usize> = (0..ids.len()).collect();
    let mut worse = found.clone();
    // Every third detection of the worse set lies elsewhere.
    worse.bbox.iter_mut().step_by(3).for_each(|bbox| bbox[0] += 500.0);
    let standing =
        |found: &Objects| Standing::of(&evaluated(&ids, &truth, found, &all, &Job::new())).unwrap();
    let (a, b, c) = (standing(&found), standing(&worse), standing(&found));
    let groups = [std::slice::from_ref(&a), std::slice::from_ref(&b), std::slice::from_ref(&c)];
    let sampling = Sampling::new(200, 5);
    let samples = bootstrap(&groups, &sampling, &Job::new().threads(1)).unwrap();
    assert_eq!(samples, bootstrap(&groups, &sampling, &Job::new().threads(2)).unwrap());
    let (low, high) = samples.interval(0, 0, 0.95).unwrap();
    let ap = samples.whole[0][0].unwrap();
    assert!(low < ap && ap < high && high - low < 0.2, "{low} {ap} {high}");
    let differs = samples.difference(1, 0, 0, 0.95).unwrap();
    assert!(differs.delta < 0.0 && differs.high < 0.0 && differs.p < 0.02, "{differs:?}");
    let same = samples.difference(2, 0, 0, 0.95).unwrap();
    assert_eq!((same.delta, same.low, same.high, same.p), (0.0, 0.0, 0.0, 1.0));
    // Clusters of ten images vary more than single images do.
    let clusters = Sampling { clusters: Some((0..150).map(|n| n / 50).collect()), ..sampling };
    let wide = bootstrap(&groups, &clusters, &Job::new()).unwrap();
    assert_eq!(wide.drawn.len(), 200);
    assert!(Sampling { clusters: Some(vec![0]), ..clusters }.weights(150, 0).iter().all(|n| *n == 1));
}

#[test]
fn cuts_count_what_a_plain_loop_counts() {
    let (ids, truth, found) = scenes(41, 80, 4);
    let all: Vec<usize> = (0..ids.len()).collect();
    let coco = evaluated(&ids, &truth, &found, &all, &Job::new());
    let operating = Operating::of(coco.outcomes(), 0, 4).unwrap();
    let outcomes = coco.outcomes();
    let counted = |cut: f64| {
        let kept =
            (0..outcomes.len()).filter(|d| outcomes.scores()[*d] >= cut).map(|d| outcomes.judged(d, 0));
        kept.fold((0, 0), |(tp, fp), judged| match (judged.ignored & 1, judged.hit & 1) {
            (1, _) => (tp, fp),
            (_, hit) => (tp + hit, fp + 1 - hit),
        })
    };
    for cut in [0.0, 0.25, 0.3, 0.9, 1.0] {
        let point = operating.all.at(cut);
        assert_eq!((point.tp, point.fp), counted(cut), "{cut}");
        let of_classes: u64 = operating.classes.iter().map(|sweep| sweep.at(cut).tp).sum();
        assert_eq!(of_classes, point.tp);
    }
    let best = operating.all.best().unwrap();
    for cut in (0..10).map(|n| f64::from(n) / 10.0) {
        assert!(operating.all.at(cut).f1() <= best.f1());
    }
    let calibration = Calibration::of(outcomes, 0, 10);
    let (tp, fp) = counted(f64::NEG_INFINITY);
    assert_eq!(calibration.bins.iter().map(|bin| bin.count).sum::<u64>(), tp + fp);
    assert_eq!(calibration.bins.iter().map(|bin| bin.right).sum::<u64>(), tp);
}
