//! Small random comparisons with what makes evaluators stumble: empty images, crowds and ignored truths, equal scores
//! and overlaps, classes without truths, and none.

use lensframe::eval::comparison::{ClassEntry, Comparison, ImageEntry};
use lensframe::eval::{Flags, ImageId, Objects};
use lensframe::random::Random;

/// Images in the order of their ids; classes 2n and 2n + 1 have one supercategory.
pub(super) fn draw(seed: u64, images: usize, classes: u64) -> Comparison {
    let mut random = Random::keyed(&[seed, 0xe44]);
    let counts: Vec<(usize, usize)> =
        (0..images).map(|_| (random.below(6) as usize, random.below(9) as usize)).collect();
    let mut truth = Objects::new(counts.iter().map(|(there, _)| *there)).unwrap();
    let mut found = Objects::new(counts.iter().map(|(_, own)| *own)).unwrap();
    let bbox = |random: &mut Random| {
        [random.below(30), random.below(30), 4 + random.below(30), 4 + random.below(30)].map(|n| n as f64)
    };
    for image in 0..images {
        for _ in truth.range(image) {
            truth.bbox.push(bbox(&mut random));
            // The last class has no truths where there are others.
            truth.label.push(random.below((classes - 1).max(1)) as u32);
            let (crowd, ignored) = (random.below(9) == 0, random.below(9) == 0);
            truth.flags.push(Flags { crowd, ignored: crowd || ignored, ..Flags::default() });
        }
        for _ in found.range(image) {
            let there = truth.range(image);
            let near = (!there.is_empty() && random.below(4) > 0)
                .then(|| there.start + random.below(there.len() as u64) as usize);
            let (mut own, label) = match near {
                Some(near) => (truth.bbox[near], truth.label[near]),
                None => (bbox(&mut random), random.below(classes) as u32),
            };
            own[random.below(4) as usize] += random.below(7) as f64;
            found.bbox.push(own);
            found.label.push(if random.below(4) == 0 { random.below(classes) as u32 } else { label });
            found.score.push(random.below(8) as f64 / 8.0);
        }
    }
    for side in [&mut truth, &mut found] {
        side.area = side.bbox.iter().map(|[_, _, w, h]| w * h).collect();
    }
    let class = |n: u64| ClassEntry {
        supercategory: Some(format!("group {}", n / 2)),
        ..ClassEntry::new((n as i64).into(), format!("class {n}"))
    };
    let entry = |n: usize| ImageEntry::new(ImageId::Int(n as i64 * 3 - 7));
    Comparison {
        images: (0..images).map(entry).collect(),
        classes: (0..classes).map(class).collect(),
        truth,
        found,
        ..Comparison::default()
    }
}

/// Intersection over union, or over the first box.
pub(super) fn iou(a: [f64; 4], b: [f64; 4], over_first: bool) -> f64 {
    let side = |at: usize| (a[at] + a[at + 2]).min(b[at] + b[at + 2]) - a[at].max(b[at]);
    let shared = side(0).max(0.0) * side(1).max(0.0);
    let area = |bbox: [f64; 4]| bbox[2] * bbox[3];
    shared / if over_first { area(a) } else { area(a) + area(b) - shared }
}

/// True if a truth does not count.
pub(super) fn ignored(comparison: &Comparison, truth: usize) -> bool {
    comparison.truth.flags(truth).ignored
}

/// Some images of a comparison.
pub(super) fn some(whole: &Comparison, images: &[usize]) -> Comparison {
    let pick = |side: &Objects| {
        let mut out = Objects::new(images.iter().map(|image| side.range(*image).len())).unwrap();
        for at in images.iter().flat_map(|image| side.range(*image)) {
            out.label.push(side.label[at]);
            out.bbox.push(side.bbox[at]);
            out.area.push(side.area[at]);
            out.score.extend(side.score.get(at));
            out.flags.extend(side.flags.get(at));
        }
        out
    };
    Comparison {
        images: images.iter().map(|image| whole.images[*image].clone()).collect(),
        classes: whole.classes.clone(),
        truth: pick(&whole.truth),
        found: pick(&whole.found),
        ..Comparison::default()
    }
}

/// The places of detections of an image, best first, of equal scores the first first.
pub(super) fn best_first(comparison: &Comparison, image: usize) -> Vec<usize> {
    let mut order: Vec<usize> = comparison.found.range(image).collect();
    order.sort_by(|a, b| comparison.found.score[*b].total_cmp(&comparison.found.score[*a]));
    order
}
