//! Small random scenes with many ties, as lists of images, and the ways they can be cut into batches.

use lensframe::eval::{Batch, Flags, ImageId, Objects};
use lensframe::random::Random;

/// A truth.
#[derive(Clone, Copy, Debug)]
pub(super) struct There {
    pub(super) label: u32,
    pub(super) bbox: [f64; 4],
    pub(super) flags: Flags,
}

/// A detection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) label: u32,
    pub(super) bbox: [f64; 4],
    pub(super) score: f64,
}

#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) id: i64,
    pub(super) there: Vec<There>,
    pub(super) found: Vec<Found>,
}

/// A box of small whole numbers or halves, so that overlaps are often equal, and often exactly a half.
fn small_box(random: &mut Random) -> [f64; 4] {
    let half = |random: &mut Random, n| random.below(n) as f64 / 2.0;
    [half(random, 16), half(random, 16), 1.0 + half(random, 12), 1.0 + half(random, 12)]
}

/// Images in the order of their ids. `flag` draws what is said of a truth.
pub(super) fn draw(seed: u64, images: u64, classes: u64, flag: impl Fn(&mut Random) -> Flags) -> Vec<Scene> {
    let mut random = Random::keyed(&[seed, 0x5ce]);
    (0..images)
        .map(|image| {
            let there: Vec<There> = (0..random.below(6))
                .map(|_| There {
                    label: random.below(classes) as u32,
                    bbox: small_box(&mut random),
                    flags: flag(&mut random),
                })
                .collect();
            let mut found: Vec<Found> = Vec::new();
            for _ in 0..random.below(9) {
                let near = random.below(there.len() as u64 + 2) as usize;
                let score = random.below(6) as f64 / 8.0;
                found.push(match there.get(near) {
                    Some(there) => {
                        let mut bbox = there.bbox;
                        bbox[random.below(4) as usize] += random.below(3) as f64 / 2.0;
                        Found { label: there.label, bbox, score }
                    }
                    None => {
                        Found { label: random.below(classes) as u32, bbox: small_box(&mut random), score }
                    }
                });
            }
            Scene { id: image as i64 * 3 - 5, there, found }
        })
        .collect()
}

/// Both sides of some images, as a batch has them.
pub(super) struct Sides {
    pub(super) images: Vec<ImageId>,
    pub(super) truth: Objects,
    pub(super) found: Objects,
}

impl Sides {
    pub(super) fn of(scenes: &[Scene]) -> Sides {
        let mut truth = Objects::new(scenes.iter().map(|scene| scene.there.len())).unwrap();
        let mut found = Objects::new(scenes.iter().map(|scene| scene.found.len())).unwrap();
        for there in scenes.iter().flat_map(|scene| &scene.there) {
            truth.label.push(there.label);
            truth.bbox.push(there.bbox);
            truth.area.push(there.bbox[2] * there.bbox[3]);
            truth.flags.push(there.flags);
        }
        for own in scenes.iter().flat_map(|scene| &scene.found) {
            found.label.push(own.label);
            found.bbox.push(own.bbox);
            found.area.push(own.bbox[2] * own.bbox[3]);
            found.score.push(own.score);
        }
        Sides { images: scenes.iter().map(|scene| ImageId::Int(scene.id)).collect(), truth, found }
    }

    pub(super) fn batch(&self) -> Batch<'_> {
        Batch { images: &self.images, truth: &self.truth, found: &self.found }
    }
}

/// The scenes in a random order, cut into random shards.
pub(super) fn shards(scenes: &[Scene], random: &mut Random) -> Vec<Vec<Scene>> {
    let mut scenes = scenes.to_vec();
    random.shuffle(&mut scenes);
    let mut shards = Vec::new();
    while !scenes.is_empty() {
        let rest = scenes.split_off(scenes.len().min(1 + random.below(4) as usize));
        shards.push(std::mem::replace(&mut scenes, rest));
    }
    shards
}
