//! [`Scores`]: panoptic quality of each class, and its means over all, things and stuff.

use super::evaluator::Options;
use super::matching::Seen;

/// What one class scores. A class without a segment on either side has 0 everywhere and is in no mean.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClassQuality {
    /// Σ IoU / (TP + FP/2 + FN/2).
    pub pq: f64,
    /// Σ IoU / TP; 0 without a match.
    pub sq: f64,
    /// TP / (TP + FP/2 + FN/2).
    pub rq: f64,
    /// Σ IoU of the matches.
    pub iou: f64,
    /// Matches.
    pub tp: u64,
    /// Predicted segments without a match that are not forgiven.
    pub fp: u64,
    /// True segments without a match, crowds left out.
    pub fn_: u64,
}

impl ClassQuality {
    /// True if there is a segment of the class that counts.
    pub fn is_seen(&self) -> bool {
        self.tp + self.fp + self.fn_ > 0
    }

    fn score(&mut self) {
        if self.is_seen() {
            let (tp, fp, missed) = (self.tp as f64, self.fp as f64, self.fn_ as f64);
            let size = tp + 0.5 * fp + 0.5 * missed;
            self.pq = self.iou / size;
            self.sq = if self.tp > 0 { self.iou / tp } else { 0.0 };
            self.rq = tp / size;
        }
    }
}

/// Means over classes; NaN where none of them has a segment (there the reference divides by zero).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// Mean of `pq`.
    pub pq: f64,
    /// Mean of `sq`.
    pub sq: f64,
    /// Mean of `rq`.
    pub rq: f64,
    /// Of how many classes.
    pub classes: usize,
}

/// The scores of a panoptic segmentation.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// How many images were seen.
    pub images: u64,
    /// Over all classes.
    pub all: Quality,
    /// Over classes whose segments are single objects.
    pub things: Quality,
    /// Over the others.
    pub stuff: Quality,
    /// By class.
    pub per_class: Vec<ClassQuality>,
    /// Predicted segments without a match that lie on void or their class's crowd.
    pub forgiven: u64,
    /// Pixels of the truth whose id is not void and not listed: they count against predictions.
    pub truth_unlisted: u64,
    /// Segments that the truth lists and has no pixel of: they count as missed.
    pub truth_unpainted: u64,
}

impl Scores {
    pub(super) fn of(images: &[&Seen], options: &Options) -> Scores {
        let mut per_class = vec![ClassQuality::default(); options.things.len()];
        for part in parts(images, options.processes.max(1)) {
            let mut sums = vec![0.0; per_class.len()];
            for image in part {
                for (label, iou) in &image.matches {
                    sums[*label as usize] += iou;
                    per_class[*label as usize].tp += 1;
                }
                image.wrong.iter().for_each(|label| per_class[*label as usize].fp += 1);
                image.missed.iter().for_each(|label| per_class[*label as usize].fn_ += 1);
            }
            per_class.iter_mut().zip(sums).for_each(|(class, sum)| class.iou += sum);
        }
        per_class.iter_mut().for_each(ClassQuality::score);
        let mean = |kind: Option<bool>| {
            let of_kind = options.things.iter().zip(&per_class);
            mean(of_kind.filter(|(thing, _)| kind.is_none_or(|kind| kind == **thing)).map(|(_, class)| class))
        };
        let count = |of: fn(&Seen) -> u64| images.iter().map(|image| of(image)).sum();
        Scores {
            images: images.len() as u64,
            all: mean(None),
            things: mean(Some(true)),
            stuff: mean(Some(false)),
            per_class,
            forgiven: count(|image| image.forgiven),
            truth_unlisted: count(|image| image.unlisted),
            truth_unpainted: count(|image| image.unpainted),
        }
    }
}

/// The images in this many parts, the first ones being one longer where it does not divide: numpy's `array_split`.
fn parts<T>(images: &[T], count: usize) -> impl Iterator<Item = &[T]> {
    let (each, longer) = (images.len() / count, images.len() % count);
    let start = move |part: usize| part * each + part.min(longer);
    (0..count).map(move |part| &images[start(part)..start(part + 1)])
}

fn mean<'a>(classes: impl Iterator<Item = &'a ClassQuality>) -> Quality {
    let (mut pq, mut sq, mut rq, mut count) = (0.0, 0.0, 0.0, 0);
    for class in classes.filter(|class| class.is_seen()) {
        pq += class.pq;
        sq += class.sq;
        rq += class.rq;
        count += 1;
    }
    let over = count as f64;
    Quality { pq: pq / over, sq: sq / over, rq: rq / over, classes: count }
}
