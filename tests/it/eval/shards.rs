//! How the work was shared out cannot be seen in the result.

use lensframe::eval::coco::{Coco, Kind, Params, Tensors};
use lensframe::eval::{Batch, ImageId, Objects};
use lensframe::geometry::{Rle, Size};
use lensframe::job::Job;
use lensframe::random::Random;

use super::twin::scenes;

/// The objects of some of the images.
pub(super) fn part(objects: &Objects, images: &[usize]) -> Objects {
    let mut out = Objects::new(images.iter().map(|image| objects.range(*image).len())).unwrap();
    for at in images.iter().flat_map(|image| objects.range(*image)) {
        out.label.push(objects.label[at]);
        out.bbox.push(objects.bbox[at]);
        out.area.push(objects.area[at]);
        out.score.extend(objects.score.get(at));
        out.flags.extend(objects.flags.get(at));
    }
    let order: Vec<u32> = images.iter().flat_map(|image| objects.range(*image)).map(|at| at as u32).collect();
    if !objects.masks.is_empty() {
        out.masks = objects.masks.pick(&order);
    }
    out.points.each = objects.points.each;
    out.points.values = order.iter().flat_map(|at| objects.points.of(*at as usize)).copied().collect();
    out
}

pub(super) fn evaluated(
    ids: &[ImageId],
    truth: &Objects,
    found: &Objects,
    images: &[usize],
    job: &Job,
) -> Coco {
    evaluated_by(Kind::Bbox, (ids, truth, found), images, job)
}

fn evaluated_by(
    kind: Kind,
    (ids, truth, found): (&[ImageId], &Objects, &Objects),
    images: &[usize],
    job: &Job,
) -> Coco {
    let ids: Vec<ImageId> = images.iter().map(|image| ids[*image].clone()).collect();
    let mut coco = Coco::new(Params::new(kind), 4).unwrap();
    let (truth, found) = (part(truth, images), part(found, images));
    coco.update(&Batch { images: &ids, truth: &truth, found: &found }, job).unwrap();
    coco
}

fn bits(tensors: &Tensors) -> Vec<u64> {
    let all = tensors.precision.iter().chain(&tensors.recall).chain(&tensors.scores);
    all.map(|value| value.to_bits()).collect()
}

#[test]
fn a_hundred_orders_of_shards_and_one_or_two_threads_give_the_same_bits() {
    let (ids, truth, found) = scenes(5, 300, 4);
    let all: Vec<usize> = (0..300).collect();
    let one = Job::new().threads(1);
    let whole = bits(&evaluated(&ids, &truth, &found, &all, &one).finish_with_scores(&one).unwrap());
    let two = Job::new().threads(2);
    assert!(whole == bits(&evaluated(&ids, &truth, &found, &all, &two).finish_with_scores(&two).unwrap()));
    let mut random = Random::keyed(&[1]);
    for round in 0..100 {
        let mut order = all.clone();
        for n in (1..order.len()).rev() {
            order.swap(n, random.below(n as u64 + 1) as usize);
        }
        let mut shards: Vec<Coco> = order
            .chunks(1 + random.below(120) as usize)
            .map(|images| evaluated(&ids, &truth, &found, images, &one))
            .collect();
        // Merged as a tree, in the order in which they lie.
        while shards.len() > 1 {
            let mut right = shards.split_off(shards.len() / 2 + shards.len() % 2);
            for (left, right) in shards.iter_mut().zip(right.drain(..)) {
                left.merge(&right).unwrap();
            }
        }
        let merged = shards.pop().unwrap().finish_with_scores(&one).unwrap();
        assert!(whole == bits(&merged), "round {round}");
    }
}

/// Every object's box as a mask, and its corners and centre as points.
fn shaped(objects: &mut Objects) {
    for [x, y, w, h] in objects.bbox.clone() {
        let ring = [x, y, x + w, y, x + w * 0.9, y + h, x, y + h];
        let mask = Rle::from_polygons(Size::new(210, 210), &[ring]).unwrap();
        objects.masks.push_runs(Size::new(210, 210), mask.counts());
        for n in 0..17 {
            let n = f64::from(n);
            objects.points.values.push([x + w * n / 16.0, y + h * (n % 5.0) / 4.0, (n % 3.0).min(1.0) * 2.0]);
        }
    }
    objects.points.each = 17;
}

#[test]
fn a_hundred_orders_of_shards_give_the_same_bits_of_masks_and_points() {
    let (ids, mut truth, mut found) = scenes(6, 600, 4);
    [&mut truth, &mut found].into_iter().for_each(shaped);
    let (one, two) = (Job::new().threads(1), Job::new().threads(2));
    let sides = (ids.as_slice(), &truth, &found);
    for kind in [Kind::Segm, Kind::person()] {
        let all: Vec<usize> = (0..600).collect();
        let finish = |images: &[usize], job: &Job| {
            bits(&evaluated_by(kind.clone(), sides, images, job).finish_with_scores(job).unwrap())
        };
        assert!(finish(&all, &one) == finish(&all, &two), "{}", kind.name());
        let few = &all[..80];
        let whole = finish(few, &one);
        for round in 0..100 {
            let (mut order, mut random) = (few.to_vec(), Random::keyed(&[round, 2]));
            random.shuffle(&mut order);
            let parts = order.chunks(1 + random.below(30) as usize);
            let mut parts = parts.map(|part| evaluated_by(kind.clone(), sides, part, &one));
            let mut merged = parts.next().unwrap();
            parts.for_each(|part| merged.merge(&part).unwrap());
            assert!(whole == bits(&merged.finish_with_scores(&one).unwrap()), "{} {round}", kind.name());
        }
    }
}

#[test]
fn a_streamed_state_has_at_most_24_bytes_a_detection_in_memory_and_as_arrow() {
    // As many detections an image as detectors give, over 80 classes, on COCO's grid; matches are no part of it.
    let (images, each) = (300, 90);
    let mut random = Random::keyed(&[77]);
    let ids: Vec<ImageId> = (0..images).map(ImageId::Int).collect();
    let mut objects = |each: usize, scored: bool| {
        let mut out = Objects::new((0..images).map(|_| each)).unwrap();
        for _ in 0..images as usize * each {
            out.label.push(random.below(80).min(random.below(80)) as u32);
            out.bbox.push([0; 4].map(|_: i32| 5.0 + random.below(300) as f64));
            out.area.push(400.0);
            out.score.extend(scored.then(|| random.below(10_000) as f64 / 1e4));
        }
        out
    };
    let (truth, found) = (objects(7, false), objects(each, true));
    let job = Job::new();
    let mut coco = Coco::new(Params::new(Kind::Bbox), 80).unwrap();
    // Image by image, as they come.
    for image in 0..images as usize {
        let (truth, found) = (part(&truth, &[image]), part(&found, &[image]));
        coco.update(&Batch { images: &ids[image..=image], truth: &truth, found: &found }, &job).unwrap();
    }
    let detections = coco.outcomes().len();
    assert_eq!(detections, images as usize * each);
    let per = |bytes: usize| bytes as f64 / detections as f64;
    let (memory, arrow) = (per(coco.outcomes().bytes()), per(coco.to_arrow().unwrap().len()));
    assert!(memory > 8.0 && memory <= 24.0, "{memory} bytes a detection in memory");
    assert!(arrow > 8.0 && arrow <= 24.0, "{arrow} bytes a detection as Arrow");
}

#[test]
fn an_image_that_comes_twice_is_named() {
    let (ids, truth, found) = scenes(2, 10, 4);
    let job = Job::new();
    let mut coco = evaluated(&ids, &truth, &found, &[0, 1, 2], &job);
    coco.merge(&evaluated(&ids, &truth, &found, &[2, 3], &job)).unwrap();
    let error = coco.finish(&job).unwrap_err().to_string();
    assert!(error.contains(&format!("image {} was given twice", ids[2])), "{error}");
}

#[test]
fn a_state_goes_through_arrow_and_one_of_another_evaluation_is_refused() {
    let (ids, truth, found) = scenes(8, 120, 4);
    let all: Vec<usize> = (0..120).collect();
    let job = Job::new();
    let whole = bits(&evaluated(&ids, &truth, &found, &all, &job).finish_with_scores(&job).unwrap());
    // Three processes, each with its part.
    let states: Vec<Vec<u8>> =
        all.chunks(50).map(|part| evaluated(&ids, &truth, &found, part, &job).to_arrow().unwrap()).collect();
    let params = Params::new(Kind::Bbox);
    let mut merged = Coco::new(params.clone(), 4).unwrap();
    for state in states.iter().rev() {
        merged.merge(&Coco::from_arrow(params.clone(), 4, state).unwrap()).unwrap();
    }
    assert!(whole == bits(&merged.finish_with_scores(&job).unwrap()));
    assert_eq!(
        merged.to_arrow().unwrap(),
        Coco::from_arrow(params.clone(), 4, &merged.to_arrow().unwrap()).unwrap().to_arrow().unwrap()
    );
    // Small, on COCO's grid: 18 bytes a detection, 4 a cell, and what images and truths take.
    let detections = merged.outcomes().len();
    assert!(merged.outcomes().bytes() <= 22 * detections + 120 * 64 + 20 * truth.len(), "{detections}");
    let error = Coco::from_arrow(params.clone(), 5, &states[0]).unwrap_err().to_string();
    assert!(error.contains("another evaluation"), "{error}");
    let mut other = params.clone();
    other.thresholds.truncate(9);
    assert!(Coco::from_arrow(other, 4, &states[0]).is_err());
    // Damage is an error or gives numbers; it never panics.
    for at in (0..states[2].len()).step_by(7) {
        let mut damaged = states[2].clone();
        damaged[at] ^= 0x55;
        if let Ok(coco) = Coco::from_arrow(params.clone(), 4, &damaged) {
            let _ = coco.finish(&job);
        }
        assert!(Coco::from_arrow(params.clone(), 4, &states[2][..at]).is_err());
    }
}
