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
