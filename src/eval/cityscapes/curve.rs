//! The average precision of one class at one threshold.
//!
//! Every prediction is right, wrong or forgiven; every object found or missed. Which of equal scores comes first
//! does not matter, since the curve has one point a score.

use super::evaluator::{Options, Seen};

/// What is known of a class at a threshold.
#[derive(Default)]
struct Outcomes {
    /// Score, and whether it is right.
    scored: Vec<(f64, bool)>,
    /// Objects that nothing overlaps.
    missed: u64,
    objects: u64,
    predictions: u64,
}

/// The average precision: NaN without objects, 0 without predictions.
pub(super) fn average_precision(images: &[&Seen], options: &Options, class: u32, overlap: f64) -> f64 {
    let mut outcomes = Outcomes::default();
    images.iter().for_each(|image| collect(image, options.smallest, class, overlap, &mut outcomes));
    match (outcomes.objects, outcomes.predictions) {
        (0, _) => f64::NAN,
        (_, 0) => 0.0,
        _ => area(outcomes),
    }
}

fn collect(image: &Seen, smallest: u64, class: u32, overlap: f64, out: &mut Outcomes) {
    let asked = |object: usize| {
        let object = &image.objects[object];
        object.class == class && !object.group && object.pixels >= smallest
    };
    // The best score that overlaps each object.
    let mut best: Vec<Option<f64>> = vec![None; image.objects.len()];
    for found in image.found.iter().filter(|found| found.class == class) {
        out.predictions += 1;
        let (mut overlaps, mut excused) = (false, found.void);
        for (at, shared) in &found.shared {
            let object = &image.objects[*at as usize];
            let iou = *shared as f64 / (object.pixels + found.pixels - shared) as f64;
            if iou > overlap {
                overlaps = true;
                if asked(*at as usize) {
                    let held = &mut best[*at as usize];
                    if let Some(other) = held {
                        // The lower one of two for an object is wrong.
                        out.scored.push((other.min(found.score), false));
                    }
                    *held = Some(held.map_or(found.score, |other| other.max(found.score)));
                }
            }
            // A small group is both, and the original counts it twice.
            excused += if object.group { *shared } else { 0 };
            excused += if object.pixels < smallest { *shared } else { 0 };
        }
        if !overlaps && excused as f64 / found.pixels as f64 <= overlap {
            out.scored.push((found.score, false));
        }
    }
    for (_, best) in best.into_iter().enumerate().filter(|(at, _)| asked(*at)) {
        out.objects += 1;
        match best {
            Some(score) => out.scored.push((score, true)),
            None => out.missed += 1,
        }
    }
}

/// The sum over the curve: at each score the precision and recall of what scores at least as much.
fn area(outcomes: Outcomes) -> f64 {
    let Outcomes { mut scored, missed, .. } = outcomes;
    scored.sort_unstable_by(|(a, _), (b, _)| a.total_cmp(b));
    let rights = scored.iter().filter(|(_, right)| *right).count();
    let (mut precision, mut recall) = (Vec::new(), Vec::new());
    let mut below = 0; // right ones of lower scores
    for (at, (score, right)) in scored.iter().enumerate() {
        // −0 and 0 are one score.
        if at == 0 || scored[at - 1].0 != *score {
            let kept = rights - below;
            precision.push(kept as f64 / (scored.len() - at) as f64);
            recall.push(kept as f64 / (rights as u64 + missed) as f64);
        }
        below += usize::from(*right);
    }
    precision.push(1.0);
    recall.push(0.0);
    // A point's width is half the distance between its neighbours; both ends are their own neighbours.
    let at = |n: usize| recall.get(n).copied().unwrap_or(0.0);
    let widths = (0..recall.len()).map(|n| 0.5 * at(n.saturating_sub(1)) - 0.5 * at(n + 1));
    precision.iter().zip(widths).fold(0.0, |sum, (precision, width)| sum + precision * width)
}
