//! How the work was shared out cannot be seen in the result.

use lensframe::eval::coco::{Coco, Kind, Params, Tensors};
use lensframe::eval::{Batch, ImageId, Objects};
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
    out
}

pub(super) fn evaluated(
    ids: &[ImageId],
    truth: &Objects,
    found: &Objects,
    images: &[usize],
    job: &Job,
) -> Coco {
    let ids: Vec<ImageId> = images.iter().map(|image| ids[*image].clone()).collect();
    let mut coco = Coco::new(Params::new(Kind::Bbox), 4).unwrap();
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
